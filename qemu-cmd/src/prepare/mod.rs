//! What is decided at the start of a domain: aliases, addresses, node names, descriptors, sizes, what the host answers.
//!
//! [`prepare`] turns a validated domain into a [`Prepared`] one, of which emission only has to tell QEMU. It is the
//! only part of this crate that asks the host and that may refuse.

pub(crate) mod address;
mod alias;
mod boot;
mod clock;
mod context;
mod cpu;
pub(crate) mod descriptor;
pub(crate) mod device;
pub(crate) mod env;
pub(crate) mod firmware;
mod folders;
pub(crate) mod memory;
mod qemu_ns;
pub(crate) mod secret;
pub(crate) mod security;
pub(crate) mod storage;
pub(crate) mod tls;

use virtargv_caps::{Cap, Caps};
use virtargv_host::{DriverConfig, Host};
use virtargv_model::device::disk::Disk;
use virtargv_model::device::storage::Location;
use virtargv_model::{Domain, Report};
use virtargv_resolve::Guest;
use virtargv_validate::{Validated, rules};

use crate::text::Text;
use address::ControllerTable;
use context::{Prepare, must};
use descriptor::Numbers;
use device::chardev_source::CharBackend;
use device::{ByDevice, Common, DeviceFacts, graphics};
use env::Environment;
use firmware::Flash;
use folders::Folders;
use secret::MasterKey;
use security::SevBits;

/// What the caller wants of this start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The guest's state comes from somewhere else.
    pub incoming: Option<Incoming>,
    /// The line is to run without a launcher: no descriptors are passed, and the domain's sockets are in this folder.
    pub standalone: Option<String>,
}

/// Where the state of a guest comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// `tcp:...`, `unix:...`, `exec:...`, `fd:...`, `stdio`.
    pub uri: String,
    /// The descriptor to read from, for `stdio` and `fd`.
    pub fd: Option<u32>,
}

/// A domain ready to be emitted. Only [`prepare`] makes one.
#[derive(Debug)]
pub struct Prepared<'r> {
    /// The domain as it is started.
    pub(crate) domain: Domain,
    /// What kind of guest it is.
    pub(crate) guest: Guest,
    /// What the QEMU can do, as the document may have changed it.
    pub(crate) caps: Caps,
    /// The driver's settings.
    pub(crate) settings: &'r DriverConfig,
    /// Where the guest's state comes from.
    pub(crate) incoming: Option<&'r Incoming>,
    /// Where the domain's sockets and files are.
    pub(crate) folders: Folders,
    /// The alias and address of each device.
    pub(crate) common: ByDevice<Common>,
    /// What else is settled.
    pub(crate) facts: Facts,
    /// Variables of the driver's environment.
    pub(crate) environment: Environment,
    /// Whether the host's kernel is in FIPS mode.
    pub(crate) fips: bool,
    /// What the guest's clock starts with.
    pub(crate) rtc_base: Text,
    /// The key that secrets are encrypted with, where QEMU is given it.
    pub(crate) master_key: Option<MasterKey>,
}

/// What is settled about a domain besides aliases and addresses.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The nodes of the machine's flash.
    pub flash: Option<Flash>,
    /// What SEV does to addresses.
    pub sev: Option<SevBits>,
    /// The CPU; none where QEMU takes what the machine has by itself.
    pub cpu: Option<cpu::Facts>,
    /// Memory and NUMA cells.
    pub memory: memory::Facts,
    /// The socket of QEMU's monitor.
    pub monitor: CharBackend,
    /// Devices that have an id.
    pub devices: DeviceFacts,
    /// Displays.
    pub graphics: Vec<graphics::Facts>,
}

impl Prepared<'_> {
    /// The domain's name.
    pub(crate) fn name(&self) -> &str {
        &self.folders.name
    }
}

impl Facts {
    /// Settles everything, in the order of the arguments: descriptors are numbered in it. None where something stands
    /// against it.
    fn prepare(cx: &mut Prepare<'_>) -> Option<Self> {
        let flash = cx.one(firmware::prepare);
        let sev = cx.one(|cx| security::prepare(cx));
        let cpu = cx.one(|cx| cpu::prepare(cx));
        let memory = cx.one(memory::prepare);
        let path = format!("{}/monitor.sock", cx.folders.domain);
        let monitor = CharBackend::listening(cx, &path);
        let devices = DeviceFacts::prepare(cx);
        let graphics = graphics::prepare(cx);
        if !cx.report.is_empty() {
            return None;
        }
        Some(Self { flash: flash?, sev: sev?, cpu: cpu?, memory: memory?, monitor, devices, graphics })
    }
}

/// Decides everything that is left to the start of `validated` on this host.
///
/// # Errors
/// What the host could not answer, or what does not go with its answers.
pub fn prepare<'r>(
    validated: Validated,
    caps: &Caps,
    host: &'r dyn Host,
    options: &'r Options,
) -> Result<Prepared<'r>, Report> {
    let guest = validated.guest().clone();
    let caps = qemu_ns::changed_caps(validated.domain(), caps)?;
    let mut domain = validated.into_domain();
    start(&mut domain, &guest, &caps, host, options)?;
    let nodes = storage::name_all(&mut domain, &caps, host)?;
    let mut report = Report::new();
    let controllers = ControllerTable::of(&domain);
    let common = common(&domain, &guest, &caps, &controllers);
    let name = must(domain.name.as_deref(), &rules::domain::NAME_MISSING, domain.pos)?;
    let folders = Folders::of(name, host.config(), options);
    let key = MasterKey::draw(host);
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    let numbers = Numbers::new(host.descriptors(), reserved(&domain, host, options));
    let mut cx = Prepare {
        domain: &domain,
        guest: &guest,
        caps: &caps,
        host,
        options,
        folders: &folders,
        controllers: &controllers,
        common: &common,
        numbers,
        nodes: &nodes,
        next_node: nodes.next,
        preallocates: false,
        key: &key,
        seals: false,
        report: &mut report,
    };
    let facts = Facts::prepare(&mut cx);
    // A launcher writes the key's file for every guest; without one it is only asked for where a secret needs it.
    let with_key = caps.has(Cap::ObjectSecret) && (options.standalone.is_none() || cx.seals);
    let Some(facts) = facts else { return Err(report) };
    let sound = !domain.devices.audios.is_empty() || !domain.devices.graphics.is_empty();
    Ok(Prepared {
        rtc_base: clock::base(host, &domain.clock.offset),
        environment: Environment::of(host, sound),
        fips: host.fips(),
        domain,
        guest,
        caps,
        settings: host.config(),
        incoming: options.incoming.as_ref(),
        folders,
        common,
        facts,
        master_key: with_key.then_some(key),
    })
}

/// Changes the domain to what is started.
fn start(
    domain: &mut Domain,
    guest: &Guest,
    caps: &Caps,
    host: &dyn Host,
    options: &Options,
) -> Result<(), Report> {
    virtargv_resolve::pick_firmware(domain, guest, host, virtargv_resolve::Options::default())?;
    cpu::update(domain, guest, caps, host)?;
    boot::assign_order(domain);
    if options.incoming.is_none() {
        // A guest that comes from elsewhere keeps its sizes.
        memory::align(domain, guest)?;
    }
    virtargv_resolve::usb_at_start(domain, caps.release())?;
    Ok(())
}

/// The alias and address of every device.
fn common(domain: &Domain, guest: &Guest, caps: &Caps, table: &ControllerTable) -> ByDevice<Common> {
    let aliases = alias::assign(domain, guest, caps, caps.release(), table);
    let buses = address::Buses { domain, guest, caps, table, aliases: &aliases.controllers };
    let addresses = address::of_devices(&buses);
    ByDevice::join(aliases, addresses)
}

/// The numbers of descriptors that the caller has passed.
fn reserved(domain: &Domain, host: &dyn Host, options: &Options) -> Vec<u32> {
    let mut numbers: Vec<u32> = options.incoming.iter().filter_map(|incoming| incoming.fd).collect();
    for image in domain.devices.disks.iter().flat_map(Disk::images) {
        if let Location::File { fdgroup: Some(group), .. } = &image.location {
            #[expect(clippy::disallowed_methods, reason = "only the numbers are looked at")]
            numbers.extend(host.descriptors().group(group).into_iter().flatten());
        }
    }
    numbers
}
