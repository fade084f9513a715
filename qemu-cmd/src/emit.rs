//! The options in the order in which the reference writes them.

use std::cell::RefCell;

use virtargv_caps::{Cap, Caps, Convention, Release};
use virtargv_host::Host;
use virtargv_model::{Domain, Kind, Place, Problem, Stage};
use virtargv_resolve::Guest;

use crate::needs::Needs;
use crate::{CommandLine, Options, Plan, Props, Style, device};

/// What every part works with.
pub(crate) struct Emit<'a> {
    /// The domain and what was decided about it.
    pub plan: &'a Plan,
    /// What the QEMU can do.
    pub caps: &'a Caps,
    /// The machine it is for.
    pub host: &'a dyn Host,
    /// What the caller wants of this start.
    pub options: &'a Options,
    /// What was written so far.
    pub line: CommandLine,
    /// The nodes of the machine's flash.
    pub flash: crate::firmware::Flash,
    /// Running numbers.
    pub counters: Counters,
    /// What the host has to have ready; add to it with `need`.
    pub(crate) needs: RefCell<Needs>,
}

/// Running numbers.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Descriptor sets (`-add-fd set=`).
    pub fdset: u32,
    /// Block nodes of SCSI units of the host, which follow those of disks.
    pub scsi_nodes: u32,
    /// Whether all memory is filled beforehand (`-mem-prealloc`).
    pub mem_prealloc: bool,
    /// Where the master key's object goes once a secret needs it, as an index of arguments.
    pub master_key_at: Option<usize>,
}

/// The result of a part.
pub(crate) type Done = Result<(), Problem>;

/// Every part of the command line, in order.
const PARTS: &[fn(&mut Emit<'_>) -> Done] = &[
    crate::env::emit,
    crate::name::emit,
    crate::qemu_ns::deprecation,
    crate::name::stopped,
    crate::secret::emit,
    crate::firmware::flash,
    crate::lifecycle::fips,
    crate::storage::managed_helper,
    crate::machine::emit,
    crate::machine::accel,
    crate::machine::tseg,
    crate::cpu::emit,
    crate::firmware::loader,
    crate::memory::emit,
    crate::smp::emit,
    crate::iothread::emit,
    device::disk::throttle_groups,
    crate::numa::emit,
    memory_devices_first,
    crate::display::uuid,
    crate::smbios::emit,
    crate::genid::emit,
    crate::display::emit,
    crate::monitor::emit,
    crate::clock::emit,
    crate::lifecycle::emit,
    crate::boot::emit,
    device::iommu::emit,
    device::controller::emit,
    memory_devices_after_controllers,
    device::hub::emit,
    device::disk::emit,
    device::filesystem::emit,
    device::net::emit,
    device::smartcard::emit,
    device::chardev::serials,
    device::chardev::parallels,
    device::chardev::channels,
    device::chardev::consoles,
    device::tpm::emit,
    device::input::emit,
    device::audio::emit,
    device::graphics::emit,
    device::video::emit,
    device::sound::emit,
    device::watchdog::emit,
    device::redirdev::emit,
    device::hostdev::emit,
    crate::incoming::emit,
    device::memballoon::emit,
    device::rng::emit,
    device::nvram::emit,
    crate::genid::vmcoreinfo,
    crate::security::emit,
    crate::qemu_ns::emit,
    crate::sandbox::emit,
    device::panic::emit,
    device::shmem::emit,
    device::vsock::emit,
    device::crypto::emit,
    device::pstore::emit,
    crate::lifecycle::teardown,
    crate::sandbox::messages,
];

/// Memory devices where they stand before the domain's other devices.
fn memory_devices_first(e: &mut Emit<'_>) -> Done {
    if e.release().has(Convention::MemoryAfterControllers) { Ok(()) } else { device::memory_device::emit(e) }
}

/// Memory devices where they may need a controller to sit on.
fn memory_devices_after_controllers(e: &mut Emit<'_>) -> Done {
    if e.release().has(Convention::MemoryAfterControllers) { device::memory_device::emit(e) } else { Ok(()) }
}

/// Runs the parts.
pub(crate) fn command_line(
    plan: &Plan,
    caps: &Caps,
    host: &dyn Host,
    options: &Options,
) -> Result<CommandLine, Problem> {
    let mut emit = Emit {
        plan,
        caps,
        host,
        options,
        line: CommandLine::default(),
        flash: crate::firmware::Flash::default(),
        counters: Counters::default(),
        needs: RefCell::default(),
    };
    for part in PARTS {
        part(&mut emit)?;
    }
    let mut line = emit.line;
    line.needs = emit.needs.into_inner().into_list();
    Ok(line)
}

impl<'a> Emit<'a> {
    /// The domain.
    pub fn domain(&self) -> &'a Domain {
        &self.plan.domain
    }

    /// What kind of guest it is.
    pub fn guest(&self) -> &'a Guest {
        &self.plan.guest
    }

    /// The release whose behaviour is followed.
    pub fn release(&self) -> Release {
        self.caps.release()
    }

    /// Whether the line runs without a launcher.
    pub fn is_standalone(&self) -> bool {
        self.plan.standalone.is_some()
    }

    /// Whether the QEMU can do `cap`.
    pub fn has(&self, cap: Cap) -> bool {
        self.caps.has(cap)
    }

    /// `-device`. Before a PCI device of an s390 guest goes the device that holds its numbers.
    pub fn device(&mut self, props: &Props) {
        let changed = crate::qemu_ns::overridden(self, props);
        let props = changed.as_ref().unwrap_or(props);
        if let Some(zpci) = device::address::zpci(self, props) {
            self.device_option(&zpci);
        }
        self.device_option(props);
    }

    /// `-device` for memory on a PCI bus, which s390 guests are given without a zPCI device for it.
    pub fn memory_device(&mut self, props: &Props) {
        let changed = crate::qemu_ns::overridden(self, props);
        self.device_option(changed.as_ref().unwrap_or(props));
    }

    fn device_option(&mut self, props: &Props) {
        let text = if self.has(Cap::DeviceJson) { props.to_json() } else { props.to_kv(Style::OnOff) };
        self.line.option("-device", text);
    }

    /// `-object`.
    pub fn object(&mut self, props: &Props) {
        let text = if self.has(Cap::ObjectJson) { props.to_json() } else { props.to_kv(Style::YesNo) };
        self.line.option("-object", text);
    }

    /// `-netdev`.
    pub fn netdev(&mut self, props: &Props) {
        let text = if self.has(Cap::NetdevJson) { props.to_json() } else { props.to_kv(Style::OnOff) };
        self.line.option("-netdev", text);
    }

    /// `-blockdev`, which is JSON in both releases.
    pub fn blockdev(&mut self, props: &Props) {
        self.line.option("-blockdev", props.to_json());
    }

    /// `-chardev`.
    pub fn chardev(&mut self, props: &Props) {
        self.line.option("-chardev", props.to_kv(Style::OnOff));
    }
}

/// A problem of this stage.
pub(crate) fn problem(
    kind: Kind,
    rule: &'static str,
    place: impl Into<Place>,
    message: impl Into<String>,
) -> Problem {
    Problem {
        rule: crate::rules::by_id(rule),
        kind,
        stage: Stage::Build,
        message: message.into(),
        place: place.into(),
    }
}
