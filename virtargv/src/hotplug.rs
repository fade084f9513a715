//! Attaching, detaching and changing devices of a running domain.

use virtargv_host::{DomainId, Request, Runner, StartOptions};
use virtargv_model::device::DeviceId;
use virtargv_model::device::one::{OneDevice, parse_device_with_names};
use virtargv_model::status::{Running, parse_running};
use virtargv_model::{Outcome, Problem, Report};
use virtargv_qemu_cmd::hotplug::{self, Hotplug, Purpose, UpdateOptions};
use virtargv_resolve::Attached;
use virtargv_validate::lint::{self, Levels};

use crate::words;

/// Why a device cannot be attached, detached or changed. The places of each report are in the text that it is about.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Refused {
    /// The problems of the running domain.
    pub domain: Report,
    /// The problems of the device, and what is probably a mistake in it ([`Hotplug::warnings`]).
    pub device: Report,
}

impl Refused {
    /// The problems in `report` of a device whose places are behind `base`.
    fn of(report: &Report, base: usize) -> Self {
        let mut refused = Self::default();
        for problem in report {
            match problem.clone().within(base) {
                Some(problem) => refused.device.push(problem),
                None => refused.domain.push(problem.clone()),
            }
        }
        // Without what the host does not know there are no commands.
        refused.domain.insist();
        refused.device.insist();
        refused
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.domain.is_empty(), self.device.is_empty()) {
            (false, false) => write!(f, "{}\n{}", self.domain, self.device),
            (true, _) => self.device.fmt(f),
            (_, true) => self.domain.fmt(f),
        }
    }
}

impl std::error::Error for Refused {}

/// The commands that attach the device in the text `device` to the running domain in the text `domain`: its document with
/// aliases (`virsh dumpxml`), or its status file.
///
/// # Errors
/// What is wrong with either text, and why the device cannot be attached.
///
/// ```
/// use virtargv::{FixedHost, Release, Request, builtin};
///
/// let caps = builtin::get("qemu-11.1-x86_64", Release::V12_9).expect("a built-in set");
/// let host = FixedHost::default();
/// let domain = "<domain type='kvm' id='1'><name>demo</name><memory unit='MiB'>512</memory>
///   <os><type arch='x86_64' machine='q35'>hvm</type></os>
///   <devices>
///     <controller type='pci' index='0' model='pcie-root'><alias name='pcie.0'/></controller>
///     <controller type='pci' index='1' model='pcie-root-port'>
///       <model name='pcie-root-port'/><target chassis='1' port='0x8'/><alias name='pci.1'/>
///       <address type='pci' domain='0' bus='0' slot='1' function='0'/>
///     </controller>
///   </devices></domain>";
/// let rng = "<rng model='virtio'><backend model='builtin'/></rng>";
/// let done = virtargv::attach(domain, rng, &Request::new(&caps, &host))?;
/// let commands: Vec<String> = done.commands.iter().map(|command| command.to_qmp().to_string()).collect();
/// assert_eq!(commands[0], r#"{"execute":"object-add","arguments":{"qom-type":"rng-builtin","id":"objrng0"}}"#);
/// assert!(commands[1].contains(r#""bus":"pci.1""#));
/// # Ok::<(), virtargv::Refused>(())
/// ```
pub fn attach(domain: &str, device: &str, request: &Request<'_>) -> Result<Hotplug, Refused> {
    narrowed(domain, device, |device| attach_once(domain, device, request))
}

fn attach_once(domain: &str, device: &str, request: &Request<'_>) -> Result<Hotplug, Refused> {
    let base = domain.len();
    let mut running = running(domain, request)?;
    let request = live(&running, request);
    let release = request.release();
    hotplug::check_running(&running.domain, release).map_err(|problem| Refused::of(&problem.into(), base))?;
    let (device, mut warnings) = parse_device_with_names(device, release, base);
    warnings.extend(lints(&mut running, &device, base, &request));
    warned(attach_to(running, device, base, &request), warnings, base)
}

/// The commands that attach `device`, whose places are behind `base`, to `running`.
fn attach_to(
    mut running: Running,
    device: Outcome<OneDevice>,
    base: usize,
    request: &Request<'_>,
) -> Result<Hotplug, Refused> {
    if let Some(device) = &device.value {
        let refused = hotplug::check_attach_kind(&running.domain, device, request.release());
        if !refused.is_empty() {
            return Err(Refused::of(&refused, base));
        }
    }
    number_as_started(&mut running, &device, request, base)?;
    let attached = virtargv_resolve::attach(running.domain.clone(), device, base, request);
    let check = |attached: &Attached| {
        let devices = &attached.resolved.domain().devices;
        hotplug::check_attach(&running.domain, devices, attached.device, request.release())
    };
    let more = attached.value.as_ref().map(check).unwrap_or_default();
    let mut valid = virtargv_validate::validate_device(attached, base, request);
    if valid.value.is_none() {
        // What cannot be attached is told with what is wrong with it.
        valid.report.extend(more.iter().cloned());
    }
    done(hotplug::attach(&running, valid, request), base, request)
}

/// The commands that detach the device of the running domain in the text `domain` that the text `device` describes. The domain
/// afterwards is without it once `DEVICE_DELETED` has come.
///
/// # Errors
/// What is wrong with either text, and why the device cannot be detached.
///
/// ```
/// use virtargv::{FixedHost, Release, Request, builtin};
///
/// let caps = builtin::get("qemu-11.1-x86_64", Release::V12_9).expect("a built-in set");
/// let host = FixedHost::default();
/// let domain = "<domain type='kvm' id='1'><name>demo</name><memory unit='MiB'>512</memory>
///   <os><type arch='x86_64' machine='q35'>hvm</type></os>
///   <devices>
///     <controller type='pci' index='0' model='pcie-root'><alias name='pcie.0'/></controller>
///     <rng model='virtio'><backend model='builtin'/><alias name='rng0'/>
///       <address type='pci' domain='0' bus='0' slot='3' function='0'/></rng>
///   </devices></domain>";
/// let rng = "<rng model='virtio'><backend model='builtin'/></rng>";
/// let done = virtargv::detach(domain, rng, &Request::new(&caps, &host))?;
/// assert_eq!(done.commands[0].execute, "device_del");
/// assert_eq!(done.commands[0].wait.as_ref().map(|wait| wait.event), Some("DEVICE_DELETED"));
/// assert_eq!(done.commands[1].execute, "object-del");
/// # Ok::<(), virtargv::Refused>(())
/// ```
pub fn detach(domain: &str, device: &str, request: &Request<'_>) -> Result<Hotplug, Refused> {
    narrowed(domain, device, |device| detach_once(domain, device, request))
}

fn detach_once(domain: &str, device: &str, request: &Request<'_>) -> Result<Hotplug, Refused> {
    let base = domain.len();
    let mut running = running(domain, request)?;
    let request = live(&running, request);
    let (device, warnings) = parse_device_with_names(device, request.release(), base);
    let detached = number_as_started(&mut running, &device, &request, base).and_then(|()| {
        let device = virtargv_resolve::complete_device(&running.domain, device, base, &request);
        done(hotplug::detach(&running, device, &request), base, &request)
    });
    warned(detached, warnings, base)
}

/// The commands that change a device of the running domain in the text `domain` to what the text `device` describes.
///
/// # Errors
/// What is wrong with either text, and why the device cannot be changed so.
///
/// ```
/// use virtargv::{FixedHost, Release, Request, UpdateOptions, builtin};
///
/// let caps = builtin::get("qemu-11.1-x86_64", Release::V12_9).expect("a built-in set");
/// let host = FixedHost::default();
/// let nic = "<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/>
///   <alias name='net0'/><address type='pci' domain='0' bus='0' slot='3' function='0'/></interface>";
/// let domain = format!("<domain type='kvm' id='1'><name>demo</name><memory unit='MiB'>512</memory>
///   <os><type arch='x86_64' machine='q35'>hvm</type></os>
///   <devices><controller type='pci' index='0' model='pcie-root'><alias name='pcie.0'/></controller>{nic}</devices></domain>");
/// let down = "<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/><link state='down'/></interface>";
/// let done = virtargv::update(&domain, down, &Request::new(&caps, &host), UpdateOptions::default())?;
/// assert_eq!(done.commands[0].to_qmp().to_string(), r#"{"execute":"set_link","arguments":{"name":"net0","up":false}}"#);
/// # Ok::<(), virtargv::Refused>(())
/// ```
pub fn update(
    domain: &str,
    device: &str,
    request: &Request<'_>,
    options: UpdateOptions,
) -> Result<Hotplug, Refused> {
    narrowed(domain, device, |device| update_once(domain, device, request, options))
}

fn update_once(
    domain: &str,
    device: &str,
    request: &Request<'_>,
    options: UpdateOptions,
) -> Result<Hotplug, Refused> {
    let base = domain.len();
    let mut running = running(domain, request)?;
    let request = live(&running, request);
    let (device, mut warnings) = parse_device_with_names(device, request.release(), base);
    warnings.extend(lints(&mut running, &device, base, &request));
    warned(update_of(running, device, base, &request, options), warnings, base)
}

/// The commands that change a device of `running` to `device`, whose places are behind `base`.
fn update_of(
    mut running: Running,
    device: Outcome<OneDevice>,
    base: usize,
    request: &Request<'_>,
    options: UpdateOptions,
) -> Result<Hotplug, Refused> {
    let release = request.release();
    number_as_started(&mut running, &device, request, base)?;
    let device = virtargv_resolve::complete_device(&running.domain, device, base, request);
    let replaced = device.then(|device, mut report| {
        let found = hotplug::check_update(&device, release)
            .and_then(|()| hotplug::find(&running.domain.devices, &device, Purpose::Change, release))
            .and_then(|id| hotplug::check_alias(&running.domain, id, release).map(|()| id))
            .and_then(|id| hotplug::check_drive(&running.domain, id, &device, release).map(|()| id));
        let id = match found {
            Ok(id) => id,
            Err(problem) => {
                report.push(problem);
                return Outcome { value: None, report };
            }
        };
        let replaced = virtargv_resolve::replace_device(running.domain.clone(), &device, id, request);
        Outcome { value: Some(replaced), report }
    });
    let valid = virtargv_validate::validate_device(replaced, base, request);
    done(hotplug::update(&running, valid, request, options), base, request)
}

/// What `verb` does with the text `device`. Where it is refused, the help of its bad values has those words only that the running
/// domain in the text `domain` and the rest of the device allow.
fn narrowed(
    domain: &str,
    device: &str,
    verb: impl Fn(&str) -> Result<Hotplug, Refused>,
) -> Result<Hotplug, Refused> {
    let mut done = verb(device);
    if let Err(refused) = &mut done {
        let problems = |device: &str| verb(device).err().map(|refused| refused.device).unwrap_or_default();
        words::narrow(device, domain.len().saturating_add(device.len()), &mut refused.device, problems);
    }
    done
}

/// What the lints say of `device`, whose places are behind `base`, in `running`.
fn lints(
    running: &mut Running,
    device: &Outcome<OneDevice>,
    base: usize,
    request: &Request<'_>,
) -> Vec<Problem> {
    let Some(device) = &device.value else { return Vec::new() };
    let devices = &mut running.domain.devices;
    let id = DeviceId { kind: device.kind(), index: devices.count_of(device.kind()) };
    devices.append(device.devices().clone());
    let mut found = lint::check_running(&running.domain, request);
    running.domain.devices.remove(id);
    found.retain(|problem| problem.place.element.offset().is_some_and(|at| at >= base));
    found
}

/// `done` with those of `warnings` about the device, whose places are behind `base`, that are on by default.
fn warned(done: Result<Hotplug, Refused>, warnings: Vec<Problem>, base: usize) -> Result<Hotplug, Refused> {
    let levels = Levels::default();
    let shown = warnings.into_iter().filter_map(|warning| levels.apply(warning.within(base)?));
    match done {
        Ok(mut done) => {
            done.warnings.extend(shown);
            Ok(done)
        }
        Err(mut refused) => {
            let errors = crate::refused_at(&refused.device);
            refused.device.extend(shown.filter(|warning| !crate::follows(warning, &errors)));
            Err(refused)
        }
    }
}

/// The running domain in the text `domain`.
fn running(domain: &str, request: &Request<'_>) -> Result<Running, Refused> {
    parse_running(domain, request.release())
        .into_result()
        .map_err(|report| Refused { domain: report, device: Report::new() })
}

/// Numbers the images of `running` as a start does, where the document has no numbers and `device` has to do with them.
fn number_as_started(
    running: &mut Running,
    device: &Outcome<OneDevice>,
    request: &Request<'_>,
    base: usize,
) -> Result<(), Refused> {
    let Some(device) = &device.value else { return Ok(()) };
    hotplug::number_as_started(running, device.kind(), request).map_err(|report| Refused::of(&report, base))
}

/// The request with what is known of the running domain.
fn live<'r>(running: &Running, request: &Request<'r>) -> Request<'r> {
    let id = running.domain.id.and_then(|id| u32::try_from(id).ok());
    let domain_id = id.map_or(request.start.domain_id, DomainId::Assigned);
    let start = StartOptions { incoming: None, runner: Runner::Launcher, domain_id, ..request.start.clone() };
    Request { start, ..request.clone() }
}

fn done(outcome: Outcome<Hotplug>, base: usize, request: &Request<'_>) -> Result<Hotplug, Refused> {
    match outcome.value {
        Some(done) if outcome.report.is_empty() => {
            // No release writes everything that it uses.
            let domain = Box::new(virtargv_resolve::document(&done.domain, request.release()));
            Ok(Hotplug { domain, ..done })
        }
        _ => Err(Refused::of(&outcome.report, base)),
    }
}
