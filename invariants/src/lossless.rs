//! Writing and completing lose nothing: a document that was written again means what it meant, and a completed one is
//! accepted and stays as it is.

use virtargv::{Arch, Domain, DriverConfig, Format, Host, Outcome, Report, Request, Run};
use virtargv_host::{Cpu, Descriptors, Devices, Files, Machine, Networks, Numa, Secrets, Services, Storage};
use virtargv_model::device::controller::UsbModel;
use virtargv_model::device::disk::{Disk, DiskBus};
use virtargv_model::device::storage::Location;
use virtargv_model::os::Nvram;
use virtargv_model::sysinfo::SysinfoEntry;

use crate::{Fault, fault};

/// A host whose random bytes are the same whenever they are asked for, so that two runs can be compared.
struct Still<'h>(&'h dyn Host);

impl Host for Still<'_> {
    fn config(&self) -> &DriverConfig {
        self.0.config()
    }

    fn arch(&self) -> Arch {
        self.0.arch()
    }

    fn random(&self, buffer: &mut [u8]) {
        buffer.iter_mut().zip((0..=u8::MAX).cycle()).for_each(|(byte, next)| *byte = next);
    }

    fn machine(&self) -> &dyn Machine {
        self.0.machine()
    }

    fn files(&self) -> &dyn Files {
        self.0.files()
    }

    fn cpu(&self) -> &dyn Cpu {
        self.0.cpu()
    }

    fn numa(&self) -> &dyn Numa {
        self.0.numa()
    }

    fn devices(&self) -> &dyn Devices {
        self.0.devices()
    }

    fn storage(&self) -> &dyn Storage {
        self.0.storage()
    }

    fn networks(&self) -> &dyn Networks {
        self.0.networks()
    }

    fn secrets(&self) -> &dyn Secrets {
        self.0.secrets()
    }

    fn services(&self) -> &dyn Services {
        self.0.services()
    }

    #[allow(clippy::disallowed_methods, reason = "it is passed on, no number is taken")]
    fn descriptors(&self) -> &dyn Descriptors {
        self.0.descriptors()
    }
}

/// Checks `text`, if it can be read, and its completed domain, if it is accepted.
///
/// # Errors
/// What is lost, or what completing twice changes.
pub fn check(text: &str, request: &Request<'_>) -> Result<(), Fault> {
    let still = Still(request.host);
    let request = &Request { host: &still, ..request.clone() };
    let first = &virtargv::run(text, request);
    let read = virtargv_model::parse_as(text, request.release());
    written(&read, request)?;
    if first.report.refuses() {
        return Ok(());
    }
    if let Some(domain) = &read.value {
        let text = virtargv_model::format(domain);
        same(first, &virtargv::run(&text, request))
            .map_err(|why| fault!("written", "{why}\nwritten as:\n{text}"))?;
    }
    let Some(text) = first.document(request.release()).filter(|_| !is_lost_by_libvirt_too(first)) else {
        return Ok(());
    };
    let again = virtargv::run(&text, request);
    let twice = again.document(request.release()).unwrap_or_default();
    if twice != text {
        let difference = lines(&text, &twice);
        // libvirt sorts some disks only when it reads them again, and so changes the order in its own documents.
        if sorted(&text) != sorted(&twice)
            || virtargv::run(&twice, request).document(request.release()) != Some(twice)
        {
            return Err(fault!("completed-twice", "{difference}\ncompleted as:\n{text}"));
        }
        return Ok(());
    }
    same(first, &again).map_err(|why| fault!("completed", "{why}\ncompleted as:\n{text}"))
}

/// Whether libvirt loses something of the domain itself when it reads what it wrote. Beside a USB controller of model `none`
/// with an index other than 0 it adds the default one, and refuses the two together. What else is lost is in the documentation
/// of [`virtargv_resolve::document`].
fn is_lost_by_libvirt_too(first: &Run) -> bool {
    let Some(domain) = &first.resolved else { return false };
    let (disks, controllers) = (&domain.devices.disks, &domain.devices.controllers);
    let is_removable =
        |disk: &Disk| disk.target.removable.is_some() && disk.target.bus == Some(DiskBus::Scsi);
    // A disk of another type without a medium is written without a `<source>`, and read again as of type `file`.
    let is_without_source = |disk: &Disk| {
        let has_own = matches!(disk.image.location, Location::File { .. } | Location::Volume(_));
        disk.image.is_empty() && !has_own
    };
    let has_none = controllers.iter().any(|it| it.usb_model() == Some(UsbModel::None));
    let usb = controllers.iter().filter(|it| it.usb().is_some()).count();
    let has_both = |entry: &SysinfoEntry| match entry {
        SysinfoEntry::FwCfg(files) => files.iter().any(|file| file.file.is_some() && file.value.is_some()),
        SysinfoEntry::Smbios(_) => false,
    };
    has_none && usb > 1
        || disks.iter().any(|disk| is_removable(disk) || is_without_source(disk))
        || domain.sysinfo.entries.iter().any(has_both)
}

/// The lines of a text, sorted, without the backslash that continues a command line.
fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().map(|line| line.trim_end_matches(" \\")).collect();
    lines.sort_unstable();
    lines
}

/// Checks that a domain is the same model after writing and reading, without a new problem.
fn written(read: &Outcome<Box<Domain>>, request: &Request<'_>) -> Result<(), Fault> {
    let Some(domain) = read.value.as_ref().filter(|_| !read.report.refuses()) else { return Ok(()) };
    let text = virtargv_model::format(domain);
    let second = virtargv_model::parse_as(&text, request.release());
    let before = as_written((**domain).clone());
    let after = second.value.map(|again| as_written(*again));
    if after.as_ref() != Some(&before) {
        let lost = difference(&before, after.as_ref());
        return Err(fault!("model", "{lost}\nwritten as:\n{text}"));
    }
    if read.report.is_empty() && !second.report.is_empty() {
        return Err(fault!("model-report", "{}\nwritten as:\n{text}", second.report));
    }
    Ok(())
}

/// `domain` without what libvirt reads and uses, but does not write.
fn as_written(mut domain: Domain) -> Domain {
    for disk in &mut domain.devices.disks {
        if disk.image.is_empty() && disk.image.network().is_none() {
            // Without a `<source>`, a disk is read as of type `file`.
            disk.image.location = Location::default();
        }
    }
    domain.os.nvram = domain.os.nvram.filter(|nvram| *nvram != Nvram::default());
    domain
}

/// Checks that `second` has the command line of `first`, or the same problems.
fn same(first: &Run, second: &Run) -> Result<(), String> {
    match (&first.command_line, &second.command_line) {
        (Some(before), Some(after)) => {
            let (before, after) = (before.print(Format::Args, None), after.print(Format::Args, None));
            // Earlier releases sort the controllers when they read them, and append those that they add.
            if before == after || sorted(&before) == sorted(&after) {
                Ok(())
            } else {
                Err(lines(&before, &after))
            }
        }
        (Some(_), None) => Err(format!("refused:\n{}", second.report)),
        (None, Some(_)) => Err("it has a command line, which it had not".to_owned()),
        (None, None) if ids(&first.report) == ids(&second.report) => Ok(()),
        (None, None) => Err(format!("had the problems:\n{}has:\n{}", first.report, second.report)),
    }
}

fn ids(report: &Report) -> Vec<&'static str> {
    report.iter().map(virtargv::Problem::id).collect()
}

/// The lines that only one of two texts has.
fn lines(before: &str, after: &str) -> String {
    let (was, is): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let missing = was.iter().filter(|line| !is.contains(line)).map(|line| format!("- {line}"));
    let extra = is.iter().filter(|line| !was.contains(line)).map(|line| format!("+ {line}"));
    let lines: Vec<String> = missing.chain(extra).collect();
    if lines.is_empty() { "the same lines in another order".to_owned() } else { lines.join("\n") }
}

/// The first fields in which two models differ, except places.
fn difference(before: &Domain, after: Option<&Domain>) -> String {
    let before = fields(&format!("{before:?}"));
    let after = fields(&after.map(|domain| format!("{domain:?}")).unwrap_or_default());
    let at = before.iter().zip(&after).position(|(x, y)| x != y).unwrap_or(0);
    let part = |all: &[String]| -> String {
        let fields: Vec<&str> =
            all.iter().take(at + 3).skip(at.saturating_sub(8)).map(String::as_str).collect();
        fields.join(", ")
    };
    format!("was {}\nis {}", part(&before), part(&after))
}

/// The fields of a value in its `Debug` form, without places.
fn fields(shown: &str) -> Vec<String> {
    shown.split(", ").filter(|field| !field.contains("Pos(")).map(str::to_owned).collect()
}
