//! The context of preparing: what every step is given. Of the steps it imports only types.

use virtargv_caps::{Cap, Caps, Release};
use virtargv_host::{Descriptor, DriverConfig, Host, Runner, StartOptions};
use virtargv_model::device::controller::ControllerType;
use virtargv_model::device::{DeviceId, DeviceKind};
use virtargv_model::{Domain, Message, Place, Problem, Report, Rule, Stage};
use virtargv_resolve::Guest;

use super::Wanted;
use super::address::ControllerTable;
use super::descriptor::{Numbers, Passed, Twice};
use super::device::{ByDevice, Common, Device};
use super::directories::Directories;
use super::secret::{EncryptedSecret, MasterKey};
use super::storage::StorageNodes;
use crate::ident::Alias;
use crate::rules::DESCRIPTOR_TWICE;
use crate::text::Text;

/// The context that every step of preparing gets: the domain, the capabilities, the host, and what is prepared so far.
pub(crate) struct Prepare<'d> {
    /// The domain.
    pub domain: &'d Domain,
    /// Architecture, machine type and accelerator.
    pub guest: &'d Guest,
    /// The capabilities of the QEMU binary.
    pub caps: &'d Caps,
    /// The host.
    pub host: &'d dyn Host,
    /// The options of this start.
    pub options: &'d StartOptions,
    /// The directories of the domain's sockets and files.
    pub directories: &'d Directories,
    /// The controllers by type and index.
    pub controllers: &'d ControllerTable,
    /// Whether the CPU is prepared.
    pub cpu: Wanted,
    /// The alias and address of each device.
    pub common: &'d ByDevice<Common>,
    /// The numbers of descriptors and descriptor sets.
    pub numbers: Numbers<'d>,
    /// The node names of disks.
    pub nodes: &'d StorageNodes,
    /// How many interfaces with a tap device there are before which interface, as far as they were counted.
    pub taps: Counted,
    /// The number of the next block node of a SCSI host device.
    pub next_node: u32,
    /// Whether `-mem-prealloc` allocates all memory before the guest starts.
    pub preallocates: bool,
    /// The key that secrets are encrypted with.
    pub key: &'d MasterKey,
    /// Whether any secret was encrypted.
    pub encrypts: bool,
    /// The problems so far.
    pub report: &'d mut Report,
}

/// How many of the items before an index there are.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counted {
    /// The index.
    pub before: usize,
    /// How many.
    pub count: usize,
}

impl<'d> Prepare<'d> {
    /// Whether the QEMU binary has the capability flag `cap`.
    pub fn has(&self, cap: Cap) -> bool {
        self.caps.has(cap)
    }

    /// The release whose behaviour is followed.
    pub fn release(&self) -> Release {
        self.caps.release()
    }

    /// The driver's settings.
    pub fn settings(&self) -> &'d DriverConfig {
        self.host.config()
    }

    /// Whether the command line is for a shell, so that no descriptors are passed.
    pub fn is_for_shell(&self) -> bool {
        matches!(self.options.runner, Runner::Shell(_))
    }

    /// Whether the command line is to be read only.
    pub fn is_for_reader(&self) -> bool {
        self.options.runner == Runner::Reader
    }

    /// Whether QEMU is started by a launcher, which opens files and sockets for it.
    pub fn has_launcher(&self) -> bool {
        self.options.runner == Runner::Launcher
    }

    /// The alias of the first controller with this type and `index=`.
    pub fn controller(&self, kind: ControllerType, index: u32) -> Option<&'d Alias> {
        let at = self.controllers.get(kind, index)?;
        self.common.controllers.get(at).map(|common| &common.alias)
    }

    /// A descriptor for `wanted`, which the element at `place` needs.
    pub fn pass(&mut self, wanted: &Descriptor<&str>, place: impl Into<Place>) -> Result<Passed, Problem> {
        let release = self.release();
        let twice = |twice: Box<Twice>| DESCRIPTOR_TWICE.problem(release, place, twice.to_string());
        self.numbers.pass(wanted).map_err(twice)
    }

    /// Encrypts a secret, which gets the id `id` in QEMU, so that it is not readable on the command line.
    pub fn encrypt(&mut self, id: impl Into<Text>, value: &[u8]) -> EncryptedSecret {
        self.encrypts = true;
        self.key.secret(self.host, id.into(), value)
    }

    /// Prepares something that is not a device. If there is a problem, it is reported and the result is `None`.
    pub fn one<F>(&mut self, prepare: impl FnOnce(&mut Self) -> Result<F, Problem>) -> Option<F> {
        prepare(self).map_err(|problem| self.report.push(problem)).ok()
    }

    /// Prepares each of `elements`. Problems are reported, and their elements left out.
    pub fn each<T, F>(
        &mut self,
        kind: DeviceKind,
        elements: &'d [T],
        common: &'d [Common],
        prepare: impl Fn(&mut Self, Device<'d, T>) -> Result<F, Problem>,
    ) -> Vec<F> {
        let mut all = Vec::with_capacity(elements.len());
        for (index, (element, Common { alias, address, variant })) in elements.iter().zip(common).enumerate()
        {
            let id = DeviceId { kind, index };
            match prepare(self, Device { element, id, alias, address, variant: *variant, facts: &() }) {
                Ok(facts) => all.push(facts),
                Err(problem) => self.report.push(problem),
            }
        }
        all
    }
}

/// The problem of a domain that breaks `rule`, although validation checks it: validation can be skipped.
#[cold]
pub(crate) fn broken(
    release: Release,
    rule: &'static Rule,
    place: impl Into<Place>,
    message: impl Into<Message>,
) -> Problem {
    rule.problem(release, place, message).with_stage(Stage::Build)
}
