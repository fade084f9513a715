//! Preparing: decides what is left to the start of a domain, such as aliases, node names, descriptors and memory sizes.
//!
//! [`prepare`] turns a validated domain into a [`Prepared`] one, which emission turns into options. It is the only part
//! of this crate that asks the host and that can refuse a domain.

pub(crate) mod address;
mod alias;
mod alone;
mod boot;
mod clock;
mod common;
mod context;
mod cpu;
pub(crate) mod descriptor;
pub(crate) mod device;
mod directories;
pub(crate) mod env;
pub(crate) mod iommufd;
mod limits;
pub(crate) mod loader;
pub(crate) mod memory;
pub(crate) mod qemu_ns;
pub(crate) mod secret;
pub(crate) mod security;
pub(crate) mod storage;
pub(crate) mod throttle;
pub(crate) mod tls;
pub(crate) mod vcpu;

use foldhash::HashMap;
use virtargv_caps::{Cap, Caps, Release};
use virtargv_host::{DriverConfig, Host, Incoming, Request, Runner, StartOptions};
use virtargv_model::device::DeviceId;
use virtargv_model::device::disk::Disk;
use virtargv_model::device::hostdev::InterfaceDevice;
use virtargv_model::device::net::{Interface, Source};
use virtargv_model::{Domain, NAME_MISSING, Outcome, Place, Problem, Report};
use virtargv_resolve::Guest;
use virtargv_validate::Validated;

use crate::Need;
use crate::ident::Alias;
use crate::text::Text;
use address::ControllerTable;
pub(crate) use alone::{Alone, alone};
use context::{Counted, Prepare, broken};
use descriptor::Numbers;
use device::chardev_source::CharBackend;
use device::{ByDevice, Common, DeviceFacts, graphics};
use directories::Directories;
use env::Environment;
use loader::Flash;
use secret::MasterKey;
use storage::StorageNodes;

/// A domain ready to be emitted. Only [`prepare`] makes one.
#[derive(Debug)]
pub struct Prepared<'r> {
    /// The domain, with what is changed at the start.
    pub(crate) domain: Box<Domain>,
    /// Architecture, machine type and accelerator.
    pub(crate) guest: Guest,
    /// The capabilities of the QEMU binary, with the changes of `<qemu:capabilities>`.
    pub(crate) caps: Caps,
    /// The driver's settings.
    pub(crate) settings: &'r DriverConfig,
    /// The source of the state of an incoming guest.
    pub(crate) incoming: Option<&'r Incoming>,
    /// The directories of the domain's sockets and files.
    pub(crate) directories: Directories,
    /// The alias and address of each device.
    pub(crate) common: ByDevice<Common>,
    /// What else is prepared.
    pub(crate) facts: Facts,
    /// The path of the QEMU binary.
    pub(crate) program: String,
    /// Variables of the driver's environment.
    pub(crate) environment: Environment,
    /// Whether the host's kernel is in FIPS mode.
    pub(crate) fips: bool,
    /// `base=` of `-rtc`.
    pub(crate) rtc_base: Text,
    /// The key that secrets are encrypted with; `None` if it is not emitted.
    pub(crate) master_key: Option<MasterKey>,
    /// Whether any secret is encrypted with it.
    pub(crate) encrypts: bool,
}

/// What is prepared besides aliases and addresses.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The block nodes of firmware in flash.
    pub flash: Option<Box<Flash>>,
    /// `<launchSecurity>`.
    pub security: Option<security::Facts>,
    /// The throttle groups.
    pub throttle_groups: Vec<throttle::Group>,
    /// The CPU; `None` for the default of the machine type.
    pub cpu: Option<cpu::Facts>,
    /// The numbers of `-smp`.
    pub vcpu: vcpu::Facts,
    /// Memory and NUMA cells.
    pub memory: memory::Facts,
    /// The socket of QEMU's monitor.
    pub monitor: CharBackend,
    /// The object for IOMMUFD, where it is used.
    pub iommufd: Option<iommufd::Iommu>,
    /// Devices that have an alias.
    pub devices: DeviceFacts,
    /// Displays.
    pub graphics: Vec<graphics::Facts>,
    /// The limits of QEMU's process.
    pub limits: Vec<Need>,
}

impl Prepared<'_> {
    /// The domain, with what is changed at the start.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The alias of a device; `None` for a device without one, such as a display.
    pub fn alias(&self, id: DeviceId) -> Option<&Alias> {
        self.common.get(id).map(|common| &common.alias)
    }

    /// The domain's name.
    pub(crate) fn name(&self) -> &str {
        &self.directories.name
    }
}

impl Facts {
    /// Prepares everything, in the order of the arguments, because descriptors are numbered in it. `None` if there is a
    /// problem, which is reported.
    fn prepare(cx: &mut Prepare<'_>) -> Option<Self> {
        let flash = cx.one(loader::prepare);
        let security = cx.one(|cx| security::prepare(cx));
        let cpu = match cx.cpu {
            Wanted::Yes => cx.one(|cx| cpu::prepare(cx)),
            Wanted::Unknown => None,
            Wanted::No => Some(None),
        };
        let memory = cx.one(memory::prepare);
        let throttle_groups = cx.one(|cx| throttle::prepare(cx));
        let path = [&cx.directories.domain, "/monitor.sock"].concat();
        let monitor = cx.one(|cx| CharBackend::listening(cx, &path, cx.domain.pos));
        let iommufd = cx.one(iommufd::prepare);
        let devices = DeviceFacts::prepare(cx);
        let graphics = graphics::prepare(cx);
        if !cx.report.is_empty() {
            return None;
        }
        Some(Self {
            flash: flash?,
            security: security?,
            throttle_groups: throttle_groups?,
            cpu: cpu?,
            vcpu: vcpu::prepare(cx),
            memory: memory?,
            monitor: monitor?,
            iommufd: iommufd?,
            devices,
            graphics,
            limits: limits::prepare(cx.domain, cx.guest, cx.release(), cx.host.config()),
        })
    }
}

/// Decides everything that is left to the start of the domain on this host. What the host could not answer, and what
/// does not go with its answers, is in the report.
pub fn prepare<'r>(validated: Outcome<Validated>, request: &'r Request<'_>) -> Outcome<Box<Prepared<'r>>> {
    validated.then(|validated, mut report| match prepare_valid(validated, request) {
        Ok(prepared) => Outcome { value: report.is_empty().then_some(prepared), report },
        Err(problems) => {
            // What validating has noted is not known here either.
            let mut notes: HashMap<_, Vec<&Place>> = HashMap::default();
            for note in &report {
                let places = notes.entry(key(note)).or_default();
                if places.last().is_none_or(|last| **last != note.place) {
                    places.push(&note.place);
                }
            }
            let noted = |problem: &Problem| {
                notes.get(&key(problem)).is_some_and(|places| places.contains(&&problem.place))
            };
            let more: Vec<Problem> = problems.iter().filter(|problem| !noted(problem)).cloned().collect();
            report.extend(more);
            Outcome { value: None, report }
        }
    })
}

/// What the same problems have in common; there are few others with it.
fn key(problem: &Problem) -> (&'static str, Option<usize>, &'static str) {
    (problem.id(), problem.place.element.offset(), problem.place.path)
}

/// Gives every device of a completed domain the alias that it gets at the start.
///
/// # Errors
/// A disk has no bus, of which its alias would be made.
pub fn assign_aliases(domain: &mut Domain, guest: &Guest, caps: &Caps) -> Result<(), Problem> {
    let common = common::of_devices(domain, guest, caps, &ControllerTable::of(domain))?;
    domain.devices.for_each_info_mut(&mut |id, info| {
        if let Some(common) = common.get(id) {
            info.alias = Some(common.alias.to_string());
        }
    });
    Ok(())
}

fn prepare_valid<'r>(validated: Validated, request: &'r Request<'_>) -> Result<Box<Prepared<'r>>, Report> {
    let host = request.host;
    let guest = validated.guest().clone();
    let caps = qemu_ns::changed_caps(validated.domain(), request.caps)?;
    let mut domain = validated.into_domain();
    let name = domain
        .name
        .clone()
        .filter(|name| !name.is_empty())
        .ok_or_else(|| broken(caps.release(), &NAME_MISSING, domain.pos, "`<domain>` lacks `<name>`"))?;
    let mut report = Report::new();
    if request.start.runner == Runner::Reader {
        let request = Request { caps: &caps, ..request.clone() };
        report.extend(check_assigned(&domain, host, caps.release()));
        domain = virtargv_resolve::strip_interfaces(domain, &guest, &request, &mut report);
    }
    let has_cpu = start(&mut domain, &name, &guest, &caps, request, &mut report);
    let Some(nodes) = storage::name_all(&mut domain, &caps, request, &mut report) else { return Err(report) };
    let cpu = if has_cpu { Wanted::Yes } else { Wanted::Unknown };
    assemble(Parts { domain, name, guest, caps, nodes, cpu, report }, request)
}

/// Whether the CPU is prepared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// It is.
    Yes,
    /// It could not be decided, which was reported.
    Unknown,
    /// It is not part of what is emitted.
    No,
}

/// A domain with everything that is decided before its devices are prepared one by one.
struct Parts {
    domain: Box<Domain>,
    name: String,
    guest: Guest,
    caps: Caps,
    nodes: StorageNodes,
    cpu: Wanted,
    /// The problems so far.
    report: Report,
}

/// Prepares the rest of a domain.
fn assemble<'r>(parts: Parts, request: &'r Request<'_>) -> Result<Box<Prepared<'r>>, Report> {
    let Parts { domain, name, guest, caps, nodes, cpu, mut report } = parts;
    let (host, options) = (request.host, &request.start);
    let controllers = ControllerTable::of(&domain);
    let common = common::of_devices(&domain, &guest, &caps, &controllers)?;
    let directories = Directories::of(name, host.config(), options);
    let given = options.master_key.as_ref().map(MasterKey::of);
    let key = given.unwrap_or_else(|| MasterKey::generate(host));
    #[expect(clippy::disallowed_methods, reason = "descriptors are numbered here only")]
    let numbers = Numbers::new(host.descriptors(), reserved(&domain, host, options), nodes.next_set);
    let mut cx = Prepare {
        domain: &domain,
        guest: &guest,
        caps: &caps,
        host,
        options,
        directories: &directories,
        controllers: &controllers,
        common: &common,
        numbers,
        cpu,
        nodes: &nodes,
        taps: Counted::default(),
        next_node: nodes.next,
        preallocates: false,
        key: &key,
        encrypts: false,
        report: &mut report,
    };
    let facts = Facts::prepare(&mut cx);
    // A launcher writes the file of the key for every guest. Without one the key is emitted only if a secret needs it.
    let encrypts = cx.encrypts;
    let with_key = caps.has(Cap::ObjectSecret) && (!cx.is_for_shell() || encrypts);
    let rtc_base =
        clock::base(host, &domain.clock, caps.release()).map_err(|problem| report.push(problem)).ok();
    let (Some(facts), Some(rtc_base)) = (facts, rtc_base) else { return Err(report) };
    let sound = !domain.devices.audios.is_empty() || !domain.devices.graphics.is_empty();
    let program = domain.devices.emulator.clone().unwrap_or_else(|| caps.emulator().to_owned());
    Ok(Box::new(Prepared {
        rtc_base,
        program,
        environment: Environment::of(host, sound),
        fips: host.machine().fips() == Ok(true),
        domain,
        guest,
        caps,
        settings: host.config(),
        incoming: options.incoming.as_ref(),
        directories,
        common,
        facts,
        master_key: with_key.then_some(key),
        encrypts,
    }))
}

/// The problems of interfaces that are PCI host devices, on a host without VFIO. They are found before the interfaces are
/// replaced for a line that is to be read.
fn check_assigned(domain: &Domain, host: &dyn Host, release: Release) -> Vec<Problem> {
    let check = |nic: &Interface| match nic.actual_source() {
        Source::Hostdev(device) => match &device.device {
            InterfaceDevice::Pci(pci) => device::hostdev::check_vfio(host, release, pci, nic.info.pos).err(),
            InterfaceDevice::Usb(_) => None,
        },
        _ => None,
    };
    domain.devices.interfaces.iter().filter_map(check).collect()
}

/// Applies the changes of a start to the domain with the name `name`, and reports what cannot be changed. Returns whether the CPU is known.
fn start(
    domain: &mut Domain,
    name: &str,
    guest: &Guest,
    caps: &Caps,
    request: &Request<'_>,
    report: &mut Report,
) -> bool {
    let host = request.host;
    let mut step = |done: Result<(), Problem>| done.map_err(|problem| report.push(problem)).is_ok();
    step(cpu::check_tsc(domain, host, caps.release()));
    step(virtargv_resolve::pick_firmware(
        domain,
        name,
        guest,
        host,
        virtargv_resolve::ReadOptions::default(),
    ));
    let has_cpu = step(cpu::update(domain, guest, caps, host));
    boot::assign_order(domain);
    if request.start.incoming.is_none() {
        // The memory sizes of an incoming guest are not changed.
        step(memory::align(domain, guest, caps.release()));
    }
    step(virtargv_resolve::usb_at_start(domain, caps.release()));
    has_cpu
}

/// The numbers of descriptors that the caller has passed.
fn reserved(domain: &Domain, host: &dyn Host, options: &StartOptions) -> Vec<u32> {
    let mut numbers: Vec<u32> = options.incoming.iter().filter_map(|incoming| incoming.fd).collect();
    let of_images = domain.devices.disks.iter().flat_map(Disk::images).filter_map(|image| image.fdgroup());
    let of_iommufd = domain.iommufd.as_ref().and_then(|iommufd| iommufd.fdgroup.as_deref());
    for group in of_images.chain(of_iommufd) {
        #[expect(clippy::disallowed_methods, reason = "only the numbers are looked at")]
        numbers.extend(host.descriptors().group(group).unwrap_or_default().numbers);
    }
    numbers
}
