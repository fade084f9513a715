//! A document with a single device, such as `virsh attach-device` takes.

use super::{DeviceId, DeviceKind, Devices};
use crate::read::{self, El, Elements, Reader};
use crate::{Message, Outcome, Problem, Release, Report, Unread, names};

crate::rules! {
    /// The root element of a device document is a device.
    DEVICE_UNKNOWN = "device-unknown": Unsupported, Read,
        "the elements below `<devices>` that are devices of a guest",
        help "pass one element as it is below `<devices>`, such as `<disk>` or `<interface>`";
}

/// A device that was read alone.
#[derive(Debug, Clone, PartialEq)]
pub struct OneDevice {
    kind: DeviceKind,
    devices: Devices,
}

impl OneDevice {
    /// Device `id` of `devices`; `None` where it is not there.
    pub fn of(devices: &Devices, id: DeviceId) -> Option<Self> {
        devices.info(id)?;
        Some(Self { kind: id.kind, devices: devices.only(id) })
    }

    /// Its kind.
    pub fn kind(&self) -> DeviceKind {
        self.kind
    }

    /// Its id in [`OneDevice::devices`].
    pub fn id(&self) -> DeviceId {
        DeviceId { kind: self.kind, index: 0 }
    }

    /// The device, in the list of its kind.
    pub fn devices(&self) -> &Devices {
        &self.devices
    }

    /// As [`OneDevice::devices`], to be changed.
    pub fn devices_mut(&mut self) -> &mut Devices {
        &mut self.devices
    }

    /// As [`OneDevice::devices`], by value.
    pub fn into_devices(self) -> Devices {
        self.devices
    }
}

/// Reads the document of a device as `release` does. Its places are those of a text that stands `base` bytes behind the start
/// of another, so that both are told apart; 0 for the places in `text`.
///
/// ```
/// use virtargv_model::device::{DeviceKind, one::parse_device};
/// use virtargv_model::Release;
///
/// let read = parse_device("<rng model='virtio'><backend model='builtin'/></rng>", Release::V12_9, 0);
/// assert_eq!(read.value.map(|device| device.kind()), Some(DeviceKind::Rng));
/// ```
pub fn parse_device(text: &str, release: Release, base: usize) -> Outcome<OneDevice> {
    parse_with(text, release, base, |elements| elements, |_, _| ()).0
}

/// As [`parse_device`], with a warning or a note for every element and attribute of the text that was not read, see
/// [`names`].
///
/// ```
/// use virtargv_model::Release;
/// use virtargv_model::device::one::parse_device_with_names;
///
/// let text = "<rng model='virtio' modle='x'><backend model='builtin'/></rng>";
/// let (_, unread) = parse_device_with_names(text, Release::V12_9, 0);
/// assert_eq!(unread[0].message, "unknown attribute `modle` of `<rng>` is ignored");
/// ```
#[allow(clippy::redundant_closure_for_method_calls, reason = "the method is of one lifetime")]
pub fn parse_device_with_names(
    text: &str,
    release: Release,
    base: usize,
) -> (Outcome<OneDevice>, Vec<Problem>) {
    let unread = |elements: Elements<'_>, report: &Report| {
        names::unread(&elements, report, release, || questions(text, release))
    };
    let (outcome, problems) = parse_with(text, release, base, |elements| elements.recording(), unread);
    (outcome, problems.unwrap_or_default())
}

/// What the readers ask of the document `text` of a device; `None` where it cannot be read at all.
#[allow(
    clippy::redundant_closure_for_method_calls,
    clippy::redundant_closure,
    reason = "the methods are of one lifetime"
)]
fn questions(text: &str, release: Release) -> Option<names::Questions> {
    parse_with(
        text,
        release,
        0,
        |elements| elements.recording_names(),
        |elements, report| names::Questions::of(elements, report),
    )
    .1
}

/// Reads the document of a device: `before` is given its elements before they are read, and `after` when they were.
fn parse_with<T>(
    text: &str,
    release: Release,
    base: usize,
    before: impl FnOnce(Elements<'_>) -> Elements<'_>,
    after: impl FnOnce(Elements<'_>, &Report) -> T,
) -> (Outcome<OneDevice>, Option<T>) {
    let refused = |problem: Problem| (Outcome { value: None, report: problem.into() }, None);
    let mut tree = match read::tree_of(text, "device", base, release) {
        Ok(tree) => tree,
        Err(problem) => return refused(problem),
    };
    let elements = before(Elements::of_device(&mut tree, base));
    let Some(root) = elements.root() else { return (Outcome { value: None, report: Report::new() }, None) };
    let mut reader = Reader::new(release);
    let read = Devices::read_one(root, &mut reader);
    let Some((kind, devices)) = read.filter(|(kind, _)| kind.is_in(release)) else {
        return refused(unknown(root, release));
    };
    let mut report = reader.report;
    if !report.is_empty() {
        report.set_unread(Unread::of(report.iter(), &elements));
    }
    let after = after(elements, &report);
    let one = OneDevice { kind, devices };
    let value = one.devices.info(one.id()).is_some().then_some(one);
    (Outcome { value, report }, Some(after))
}

/// The problem of the root element `root`, which is no device under `release`.
fn unknown(root: El<'_>, release: Release) -> Problem {
    let name = root.name();
    let later = DeviceKind::ALL.iter().find(|kind| kind.element() == name).and_then(|kind| kind.since());
    if let Some(since) = later {
        let message =
            format!("`<{name}>` is a device since libvirt {since}; the release followed is {release}");
        return DEVICE_UNKNOWN
            .problem(release, root.pos(), message)
            .with_help("follow a release that has it");
    }
    let message = Message::new(format!("`<{name}>` is no device"));
    let known = DeviceKind::ALL.iter().filter(|kind| kind.is_in(release)).map(|kind| kind.element());
    let message = match crate::advice::nearest(name, known) {
        Some(near) => message.with_help(format!("did you mean `<{}>`?", near.word)),
        None => message,
    };
    DEVICE_UNKNOWN.problem(release, root.pos(), message)
}
