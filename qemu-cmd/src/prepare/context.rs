//! What every step of preparing works with. It knows no step; the steps know it.

use virtargv_caps::{Cap, Caps, Release};
use virtargv_host::{DriverConfig, Host};
use virtargv_model::device::controller::ControllerType;
use virtargv_model::device::{DeviceId, DeviceKind};
use virtargv_model::{Domain, Place, Problem, Report, Rule, Stage};
use virtargv_resolve::Guest;

use super::Options;
use super::address::ControllerTable;
use super::descriptor::Numbers;
use super::device::{ByDevice, Common, Device};
use super::folders::Folders;
use super::secret::{MasterKey, Sealed};
use super::storage::StorageNodes;
use crate::ident::Alias;
use crate::text::Text;

/// The domain as it is started, and whoever can answer what it leaves open.
pub(crate) struct Prepare<'d> {
    /// The domain.
    pub domain: &'d Domain,
    /// What kind of guest it is.
    pub guest: &'d Guest,
    /// What the QEMU can do.
    pub caps: &'d Caps,
    /// The machine it is for.
    pub host: &'d dyn Host,
    /// What the caller wants of this start.
    pub options: &'d Options,
    /// Where the domain's sockets and files are.
    pub folders: &'d Folders,
    /// Where controllers are found.
    pub controllers: &'d ControllerTable,
    /// The alias and address of each device.
    pub common: &'d ByDevice<Common>,
    /// The numbers of descriptors and their sets.
    pub numbers: Numbers<'d>,
    /// The names of the nodes of disks.
    pub nodes: &'d StorageNodes,
    /// The number of the next node of what is no disk.
    pub next_node: u32,
    /// Whether all memory is taken before the guest starts by an option of its own.
    pub preallocates: bool,
    /// What secrets are encrypted with.
    pub key: &'d MasterKey,
    /// Whether any secret was.
    pub seals: bool,
    /// What stands against a start.
    pub report: &'d mut Report,
}

impl<'d> Prepare<'d> {
    /// Whether the QEMU can do `cap`.
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

    /// Whether the line runs without a launcher.
    pub fn is_standalone(&self) -> bool {
        self.options.standalone.is_some()
    }

    /// The alias of the first controller of a type with an index.
    pub fn controller(&self, kind: ControllerType, index: u32) -> Option<&'d Alias> {
        let at = self.controllers.get(kind, index)?;
        self.common.controllers.get(at).map(|common| &common.alias)
    }

    /// A secret for QEMU under the id `id`, encrypted so that it does not show on the command line.
    pub fn seal(&mut self, id: impl Into<Text>, value: &[u8]) -> Sealed {
        self.seals = true;
        self.key.seal(self.host, id.into(), value)
    }

    /// Settles what is no device, and puts down what stands against it.
    pub fn one<F>(&mut self, prepare: impl FnOnce(&mut Self) -> Result<F, Problem>) -> Option<F> {
        prepare(self).map_err(|problem| self.report.push(problem)).ok()
    }

    /// Settles each of `elements`, and puts down what stands against it.
    pub fn each<T, F>(
        &mut self,
        kind: DeviceKind,
        elements: &'d [T],
        common: &'d [Common],
        prepare: impl Fn(&mut Self, Device<'d, T>) -> Result<F, Problem>,
    ) -> Vec<F> {
        let mut all = Vec::with_capacity(elements.len());
        for (index, (element, Common { alias, address })) in elements.iter().zip(common).enumerate() {
            let id = DeviceId { kind, index };
            match prepare(self, Device { element, id, alias, address, facts: &() }) {
                Ok(facts) => all.push(facts),
                Err(problem) => self.report.push(problem),
            }
        }
        all
    }
}

/// What `rule` keeps there in every validated domain. A domain that was taken unchecked may lack it.
pub(crate) fn must<T>(value: Option<T>, rule: &'static Rule, place: impl Into<Place>) -> Result<T, Problem> {
    value.ok_or_else(|| broken(rule, place))
}

/// A rule that was not held.
pub(crate) fn broken(rule: &'static Rule, place: impl Into<Place>) -> Problem {
    Problem { stage: Stage::Build, ..problem(rule, place, rule.summary) }
}

/// A problem of this stage, of the class that current releases give it.
pub(crate) fn problem(rule: &'static Rule, place: impl Into<Place>, message: impl Into<String>) -> Problem {
    rule.problem(Release::default(), place, message)
}
