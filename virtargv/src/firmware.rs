//! Which firmware of the host a document gets, and why not the others.

use std::fmt;

use virtargv_host::HostError;
use virtargv_model::{Report, parse_as};
use virtargv_resolve::{Guest, offered_firmware};

pub use virtargv_resolve::{AskedFirmware, FirmwareSelection, OfferedFirmware, Unfit, Verdict};

use crate::Request;

/// Why it is not known which firmware is taken.
#[derive(Debug)]
pub enum FirmwareError {
    /// The document cannot be read.
    Document(Report),
    /// The host does not know its files.
    Host(HostError),
}

impl fmt::Display for FirmwareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document(report) => match report.first() {
                Some(problem) => problem.fmt(f),
                None => f.write_str("the document cannot be read"),
            },
            Self::Host(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for FirmwareError {}

/// What the document `text` says of its firmware, and the firmware descriptors of the host in the order in which libvirt tries them,
/// each taken or with the reason why not.
///
/// ```
/// use virtargv::firmware::firmware;
/// use virtargv::{FixedHost, Release, Request, builtin};
///
/// let caps = builtin::get("qemu-11.1-x86_64", Release::V12_9).expect("a built-in set");
/// let mut host = FixedHost::default();
/// let descriptor = r#"{"interface-types": ["bios"], "mapping": {"device": "memory", "filename": "/bios"},
///   "targets": [{"architecture": "x86_64", "machines": ["pc-q35-*"]}], "features": []}"#;
/// host.files.insert("/usr/share/qemu/firmware/10-bios.json".into(), descriptor.into());
/// let text = "<domain type='kvm'><name>demo</name><memory unit='MiB'>512</memory>
///   <os firmware='efi'><type arch='x86_64' machine='q35'>hvm</type></os></domain>";
/// let found = firmware(text, &Request::new(&caps, &host))?;
/// assert_eq!(found.asked.to_string(), "the document asks for firmware of kind `efi`");
/// let bios = &found.offered[0];
/// assert_eq!(bios.path, "/usr/share/qemu/firmware/10-bios.json");
/// assert_eq!(
///     bios.verdict.to_string(),
///     "does not fit: its kind is `bios`, and the document has `<os firmware='efi'>`"
/// );
/// # Ok::<(), virtargv::firmware::FirmwareError>(())
/// ```
///
/// # Errors
/// The document cannot be read, or the host does not know its files.
pub fn firmware(text: &str, request: &Request<'_>) -> Result<FirmwareSelection, FirmwareError> {
    let read = parse_as(text, request.release());
    let Some(domain) = read.value.filter(|_| read.report.is_empty()) else {
        return Err(FirmwareError::Document(read.report));
    };
    let guest = Guest::of(&domain, request.caps, request.host.arch());
    offered_firmware(&domain, &guest, request.host, request.read).map_err(FirmwareError::Host)
}
