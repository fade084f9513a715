//! What is decided at the start of a domain: aliases, addresses, node names, descriptors, sizes, what the host answers.
//!
//! [`prepare`] turns a validated domain into a [`Prepared`] one, of which emission only has to tell QEMU. It is the only
//! part of this crate that asks the host and that may refuse.

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
use virtargv_host::{DriverConfig, Host, Incoming, Request, StartOptions};
use virtargv_model::device::disk::Disk;
use virtargv_model::device::storage::Location;
use virtargv_model::{Domain, Outcome, Report};
use virtargv_resolve::Guest;
use virtargv_validate::{Validated, rules};

use crate::text::Text;
use address::ControllerTable;
use context::{Prepare, must};
use descriptor::Numbers;
use device::chardev_source::HostSide;
use device::{ByDevice, Common, DeviceFacts, graphics};
use env::Environment;
use firmware::Flash;
use folders::Folders;
use secret::MasterKey;
use security::SevBits;

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
    pub monitor: HostSide,
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
    fn settle(cx: &mut Prepare<'_>) -> Option<Self> {
        let flash = cx.one(firmware::settle);
        let sev = cx.one(|cx| security::settle(cx));
        let cpu = cx.one(|cx| cpu::settle(cx));
        let memory = cx.one(memory::settle);
        let path = format!("{}/monitor.sock", cx.folders.domain);
        let monitor = HostSide::listening(cx, &path);
        let devices = DeviceFacts::settle(cx);
        let graphics = graphics::settle(cx);
        if !cx.report.is_empty() {
            return None;
        }
        Some(Self { flash: flash?, sev: sev?, cpu: cpu?, memory: memory?, monitor, devices, graphics })
    }
}

/// Decides everything that is left to the start of the domain on this host. What the host could not answer, and what
/// does not go with its answers, is in the report.
pub fn prepare<'r>(validated: Outcome<Validated>, request: &'r Request<'_>) -> Outcome<Prepared<'r>> {
    validated.then(|validated, report| match settle(validated, request) {
        Ok(prepared) => Outcome { value: Some(prepared), report },
        Err(report) => Outcome { value: None, report },
    })
}

fn settle<'r>(validated: Validated, request: &'r Request<'_>) -> Result<Prepared<'r>, Report> {
    let (host, options) = (request.host, &request.start);
    let guest = validated.guest().clone();
    let caps = qemu_ns::changed_caps(validated.domain(), request.caps)?;
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
    let facts = Facts::settle(&mut cx);
    // A launcher writes the key's file for every guest; without one it is only asked for where a secret needs it.
    let with_key = caps.has(Cap::ObjectSecret) && (options.standalone.is_none() || cx.seals);
    let rtc_base = clock::base(host, &domain.clock).map_err(|problem| report.push(problem)).ok();
    let (Some(facts), Some(rtc_base)) = (facts, rtc_base) else { return Err(report) };
    let sound = !domain.devices.audios.is_empty() || !domain.devices.graphics.is_empty();
    Ok(Prepared {
        rtc_base,
        environment: Environment::of(host, sound),
        fips: host.machine().fips() == Ok(true),
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
    options: &StartOptions,
) -> Result<(), Report> {
    virtargv_resolve::pick_firmware(domain, guest, host, virtargv_resolve::ReadOptions::default())?;
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
fn reserved(domain: &Domain, host: &dyn Host, options: &StartOptions) -> Vec<u32> {
    let mut numbers: Vec<u32> = options.incoming.iter().filter_map(|incoming| incoming.fd).collect();
    for image in domain.devices.disks.iter().flat_map(Disk::images) {
        if let Location::File { fdgroup: Some(group), .. } = &image.location {
            #[expect(clippy::disallowed_methods, reason = "only the numbers are looked at")]
            numbers.extend(host.descriptors().group(group).into_iter().flatten());
        }
    }
    numbers
}
