//! What a command line requires on the host.
//!
//! Code that emits an argument which requires something outside QEMU records a [`Need`] by `Emit::need`. `Emit::pass`
//! is the only way to the number of a descriptor, and records that descriptor. A launcher walks the list and provides
//! each need; the `Display` of [`Need`] is for people.

use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use foldhash::{HashSet, HashSetExt};
use serde_json::{Map, Value, json};
use virtargv_host::{Descriptor, Joins};
use virtargv_model::Spelled as _;
use virtargv_model::device::storage::ImageFormat;

use crate::helper::Helper;
use crate::limit::Resource;
use crate::tap::TapDevice;

/// One thing that a command line requires on the host.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Need {
    /// A directory in which QEMU creates sockets and files.
    Directory {
        /// Its path.
        path: String,
    },
    /// A file with exactly this content.
    Content {
        /// Its path.
        path: String,
        /// Its content.
        content: Content,
        /// Its purpose, as a phrase.
        purpose: &'static str,
    },
    /// An open descriptor that QEMU inherits.
    Descriptor {
        /// Its number in QEMU.
        number: u32,
        /// The file, device or socket that it is open for.
        what: Descriptor<String>,
        /// The alias of the device that uses it; `monitor` for QEMU's monitor.
        owner: String,
    },
    /// An open descriptor that the caller passes as one of a group (`<source fdgroup=>`).
    Group {
        /// Its number in QEMU.
        number: u32,
        /// The name of the group.
        name: String,
        /// The alias of the disk that uses it.
        owner: String,
    },
    /// An open descriptor from which QEMU reads the state of an incoming guest.
    Incoming {
        /// Its number in QEMU.
        number: u32,
    },
    /// A process that listens at a UNIX socket.
    Listener {
        /// The path of the socket.
        path: String,
        /// The process.
        process: Process,
        /// How it is started; `None` for a process that is not the launcher's: the user starts it.
        helper: Option<Box<Helper>>,
    },
    /// A file, directory or device that must exist.
    Path {
        /// Its path.
        path: String,
        /// What QEMU does with it.
        role: Role,
    },
    /// A file that the launcher copies from a template if it does not exist.
    FromTemplate {
        /// Its path.
        path: String,
        /// The path of the template; `None` where there is none, and the file must exist.
        template: Option<String>,
        /// The formats of template and file, where they differ: the file is made by `qemu-img convert`.
        convert: Option<(ImageFormat, ImageFormat)>,
    },
    /// A tap device.
    Tap {
        /// Its name; `None` where the host chooses one.
        name: Option<String>,
        /// The number of its queues, at least 1.
        queues: u32,
        /// What it is connected to on the host.
        joins: Joins<String>,
        /// How it is made.
        device: Box<TapDevice>,
        /// The alias of the interface that uses it.
        owner: String,
    },
    /// A PCI host device that is bound to `vfio-pci`.
    Vfio {
        /// Its address, `DOMAIN:BUS:SLOT.FUNCTION`.
        address: String,
    },
    /// A limit of resources of QEMU's process. libvirt sets it, soft and hard, before QEMU begins.
    Limit {
        /// What is limited.
        resource: Resource,
        /// The limit in the unit of the resource; `None` for no limit.
        limit: Option<u64>,
        /// What the number comes from, as a phrase.
        why: Cow<'static, str>,
    },
    /// A mounted hugetlbfs with free pages.
    HugePages {
        /// The directory of this domain on it.
        path: String,
        /// The size of a page in KiB.
        size_kib: u64,
    },
}

/// Bytes that can be secret. `Debug` shows their number only.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Content(pub Vec<u8>);

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({} bytes)", self.0.len())
    }
}

/// The processes that QEMU connects to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Process {
    /// `swtpm`, an emulated TPM.
    Swtpm,
    /// `virtiofsd`
    Virtiofsd,
    /// `passt`
    Passt,
    /// `nbdkit`
    Nbdkit,
    /// `qemu-pr-helper`
    PrHelper,
    /// A vhost-user backend of an interface, disk or video device.
    VhostUser,
    /// `ivshmem-server`
    IvshmemServer,
    /// A D-Bus daemon.
    Dbus,
    /// The other end of a character device, whichever process that is.
    Peer,
}

impl Process {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Swtpm => "swtpm",
            Self::Virtiofsd => "virtiofsd",
            Self::Passt => "passt",
            Self::Nbdkit => "nbdkit",
            Self::PrHelper => "qemu-pr-helper",
            Self::VhostUser => "vhost-user",
            Self::IvshmemServer => "ivshmem-server",
            Self::Dbus => "dbus-daemon",
            Self::Peer => "peer",
        }
    }
}

/// What QEMU does with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Role {
    /// QEMU opens the image of a disk.
    Image,
    /// QEMU reads the file: firmware, kernel, initrd, device tree, ACPI table, option ROM.
    File,
    /// QEMU shares the directory with the guest.
    Share,
    /// QEMU opens the device.
    Device,
    /// QEMU reads certificates and keys in the directory.
    Certificates,
    /// QEMU maps the file, or a file in the directory, as guest memory.
    Memory,
    /// QEMU creates the file or socket.
    Output,
}

impl Role {
    /// The role in one word, as in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::File => "file",
            Self::Share => "share",
            Self::Device => "device",
            Self::Certificates => "certificates",
            Self::Memory => "memory",
            Self::Output => "output",
        }
    }
}

impl Need {
    fn directory(&self) -> Option<&str> {
        if let Self::Directory { path } = self { Some(path) } else { None }
    }

    /// The kind of need in one word, as in JSON.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Directory { .. } => "directory",
            Self::Content { .. } => "content",
            Self::Descriptor { .. } => "descriptor",
            Self::Group { .. } => "group",
            Self::Incoming { .. } => "incoming",
            Self::Listener { .. } => "listener",
            Self::Path { .. } => "path",
            Self::FromTemplate { .. } => "from-template",
            Self::Tap { .. } => "tap",
            Self::Vfio { .. } => "vfio",
            Self::HugePages { .. } => "huge-pages",
            Self::Limit { .. } => "limit",
        }
    }

    /// What needs of a kind (in one word, as in JSON) are, as a sentence for people.
    pub fn about(kind: &str) -> Option<&'static str> {
        Some(match kind {
            "directory" => "A directory is there in which QEMU creates sockets and files.",
            "content" => "A file is written that QEMU reads.",
            "descriptor" => "A file, device or socket is opened, and QEMU inherits its descriptor.",
            "group" => "QEMU inherits a descriptor that the caller has opened.",
            "incoming" => "QEMU inherits the descriptor from which it reads the state of the guest.",
            "listener" => "A process listens at a UNIX socket.",
            "path" => "A file, directory or device is there.",
            "from-template" => "A file is copied from its template where it is not there.",
            "tap" => "A tap device is made and connected.",
            "vfio" => "A PCI device is bound to `vfio-pci`.",
            "huge-pages" => "A hugetlbfs is mounted.",
            "limit" => "A resource of QEMU's process is limited.",
            _ => return None,
        })
    }

    /// The need as a JSON object: `need` (its kind), its fields, and `text`, the same for people.
    pub fn to_json(&self) -> Value {
        let mut out = Map::new();
        out.insert("need".into(), self.kind().into());
        let mut put = |key: &str, value: Value| out.insert(key.into(), value);
        match self {
            Self::Directory { path } => drop(put("path", path.as_str().into())),
            Self::Content { path, content, purpose } => {
                put("path", path.as_str().into());
                put("purpose", (*purpose).into());
                put("base64", BASE64_STANDARD.encode(&content.0).into());
            }
            Self::Descriptor { number, what, owner } => {
                put("number", (*number).into());
                put("what", what.kind().into());
                put("owner", owner.as_str().into());
                put("path", json!(what.path()));
                if let Some(queue) = what.queue() {
                    put("queue", queue.into());
                }
                if let Descriptor::Tap { name, joins, .. } = what {
                    put("name", json!(name));
                    put("joins", joins_json(joins));
                }
            }
            Self::Group { number, name, owner } => {
                put("number", (*number).into());
                put("name", name.as_str().into());
                put("owner", owner.as_str().into());
            }
            Self::Incoming { number } => drop(put("number", (*number).into())),
            Self::Listener { path, process, helper } => {
                put("path", path.as_str().into());
                put("process", process.name().into());
                if let Some(helper) = helper {
                    put("start", helper.to_json());
                }
            }
            Self::Path { path, role } => {
                put("path", path.as_str().into());
                put("role", role.name().into());
            }
            Self::FromTemplate { path, template, convert } => {
                put("path", path.as_str().into());
                put("template", json!(template));
                if let Some((from, to)) = convert {
                    put("convert", json!([from.as_str(), to.as_str()]));
                }
            }
            Self::Tap { name, queues, joins, device, owner } => {
                put("name", json!(name));
                put("queues", (*queues).into());
                put("joins", joins_json(joins));
                put("device", device.to_json());
                put("owner", owner.as_str().into());
            }
            Self::Vfio { address } => drop(put("address", address.as_str().into())),
            Self::HugePages { path, size_kib } => {
                put("path", path.as_str().into());
                put("size_kib", (*size_kib).into());
            }
            Self::Limit { resource, limit, why } => {
                put("resource", resource.name().into());
                put("rlimit", resource.rlimit().into());
                put("limit", json!(limit));
                put("why", (&**why).into());
            }
        }
        out.insert("text".into(), self.to_string().into());
        Value::Object(out)
    }
}

fn joins_json(joins: &Joins<String>) -> Value {
    let (kind, name) = joins.parts();
    json!({ "kind": kind, "name": name })
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory { path } => write!(f, "a directory `{path}` that QEMU can write to"),
            Self::Content { path, content, purpose } if content.0.is_empty() => {
                write!(f, "an empty file `{path}` ({purpose})")
            }
            Self::Content { path, content, purpose } => {
                let data = BASE64_STANDARD.encode(&content.0);
                write!(
                    f,
                    "a file `{path}` ({purpose}) with these {} bytes, in base64: {data}",
                    content.0.len()
                )
            }
            Self::Descriptor { number, what, owner } => {
                write!(f, "descriptor {number}: {what}, for `{owner}`")
            }
            Self::Group { number, name, owner } => {
                write!(f, "descriptor {number}: one of the group `{name}`, for `{owner}`")
            }
            Self::Incoming { number } => {
                write!(f, "descriptor {number}: open for reading the state of the guest")
            }
            Self::Listener { path, process: Process::Peer, .. } => {
                write!(f, "a process that listens at `{path}`")
            }
            Self::Listener { path, process: Process::VhostUser, .. } => {
                write!(f, "a vhost-user backend that listens at `{path}`")
            }
            Self::Listener { path, process, .. } => {
                write!(f, "a {} process that listens at `{path}`", process.name())
            }
            Self::Path { path, role } => match role {
                Role::Image => write!(f, "the image `{path}`"),
                Role::File => write!(f, "the file `{path}`, to be read by QEMU"),
                Role::Share => write!(f, "the directory `{path}`, to be shared with the guest"),
                Role::Device => write!(f, "the device `{path}`, to be opened by QEMU"),
                Role::Certificates => write!(f, "certificates and keys in the directory `{path}`"),
                Role::Memory => write!(f, "`{path}`, to be mapped as guest memory"),
                Role::Output => write!(f, "a directory in which QEMU can create `{path}`"),
            },
            Self::FromTemplate { path, template: Some(template), convert } => {
                write!(f, "a file `{path}`, or else a copy of `{template}`")?;
                match convert {
                    Some((from, to)) => write!(f, ", converted from {from} to {to}"),
                    None => Ok(()),
                }
            }
            Self::FromTemplate { path, template: None, .. } => write!(f, "a file `{path}`"),
            Self::Tap { name, queues, joins, device: _, owner } => {
                match name {
                    Some(name) => write!(f, "a tap device `{name}`")?,
                    None => f.write_str("a tap device")?,
                }
                if *queues != 1 {
                    write!(f, " with {queues} queues")?;
                }
                if *joins != Joins::Nothing {
                    write!(f, ", {joins}")?;
                }
                write!(f, ", for `{owner}`")
            }
            Self::Vfio { address } => write!(f, "the PCI device {address}, bound to vfio-pci"),
            Self::HugePages { path, size_kib } => {
                write!(f, "a directory `{path}` on a mounted hugetlbfs with free pages of {size_kib} KiB")
            }
            Self::Limit { resource, limit: Some(limit), why } => {
                write!(f, "a limit of {limit} {} ({}): {why}", resource.counted(), resource.rlimit())
            }
            Self::Limit { resource, limit: None, why } => {
                write!(f, "no limit of {} ({}): {why}", resource.phrase(), resource.rlimit())
            }
        }
    }
}

/// The needs that are recorded so far.
#[derive(Debug, Default)]
pub(crate) struct Needs(Vec<Need>);

impl Needs {
    /// Adds a need.
    pub fn add(&mut self, need: Need) {
        self.0.push(need);
    }

    /// Keeps the needs for which `keep` is true, which is called for each in their order.
    pub fn retain(&mut self, mut keep: impl FnMut() -> bool) {
        self.0.retain(|_| keep());
    }

    /// The recorded needs, each once, in the order in which they were first recorded. Files that QEMU creates in a
    /// directory of the list are left out.
    pub fn into_list(self) -> Vec<Need> {
        let mut list = self.0;
        let kept: Vec<bool> = {
            let directories: HashSet<&str> = list.iter().filter_map(Need::directory).collect();
            let implied = |need: &Need| match need {
                Need::Path { path, role: Role::Output } => {
                    path.rsplit_once('/').is_some_and(|(directory, _)| directories.contains(directory))
                }
                _ => false,
            };
            let mut seen = HashSet::with_capacity(list.len());
            list.iter().map(|need| !implied(need) && seen.insert(need)).collect()
        };
        let mut kept = kept.into_iter();
        list.retain(|_| kept.next().unwrap_or(true));
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_need_is_listed_once() {
        let directory = |path: &str| Need::Directory { path: path.into() };
        let output = |path: &str| Need::Path { path: path.into(), role: Role::Output };
        let needs = vec![output("/a/x"), directory("/a"), output("/c/x"), directory("/b"), directory("/a")];
        assert_eq!(Needs(needs).into_list(), [directory("/a"), output("/c/x"), directory("/b")]);
    }

    #[test]
    fn content_does_not_get_into_logs() {
        let need = Need::Content { path: "/k".into(), content: Content(vec![7; 32]), purpose: "key" };
        assert!(!format!("{need:?}").contains('7'));
        assert_eq!(need.to_json()["base64"], "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=");
    }
}
