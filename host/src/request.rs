//! What every stage gets besides the result of the stage before.

use std::fmt;

use virtargv_caps::{Caps, Release};
use virtargv_model::Uuid;

use crate::Host;

/// The context of all stages: what a command line depends on besides the document.
///
/// ```
/// use virtargv_caps::{Arch, Caps};
/// use virtargv_host::{FixedHost, Request};
/// use virtargv_model::Release;
///
/// let caps = Caps::builder(Release::V7_0, Arch::X86_64).build();
/// let host = FixedHost::default();
/// let mut request = Request::new(&caps, &host);
/// request.read.abi_update = true;
/// assert_eq!(request.release(), Release::V7_0);
/// ```
#[derive(Clone)]
pub struct Request<'a> {
    /// The capabilities of the QEMU binary, under the release of libvirt that is followed.
    pub caps: &'a Caps,
    /// The machine the guest is to run on.
    pub host: &'a dyn Host,
    /// How the document is to be read.
    pub read: ReadOptions,
    /// The options of this start.
    pub start: StartOptions,
    /// Whether rules are checked when the guest is started, rather than when the document is read.
    pub skip_validate: bool,
}

impl<'a> Request<'a> {
    /// A plain start of a guest whose document is read as it is.
    pub fn new(caps: &'a Caps, host: &'a dyn Host) -> Self {
        Self {
            caps,
            host,
            read: ReadOptions::default(),
            start: StartOptions::default(),
            skip_validate: false,
        }
    }

    /// The release of libvirt that is followed.
    pub fn release(&self) -> Release {
        self.caps.release()
    }
}

/// How a document is to be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// The document is a new definition, so that its guest can get the defaults of new guests (libvirt's `ABI_UPDATE`).
    pub abi_update: bool,
    /// The document is that of a running guest or of a migration, so that nothing that the guest sees may change.
    pub live: bool,
    /// The UUID of the domain, if its document has none; without one it is random.
    pub uuid: Option<Uuid>,
}

/// The options of a start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StartOptions {
    /// Where the guest's state comes from, for a guest that is migrated or restored.
    pub incoming: Option<Incoming>,
    /// What runs the command line.
    pub runner: Runner,
    /// The number that the domain has while it runs.
    pub domain_id: DomainId,
    /// The key that the guest's secrets are encrypted with; without one it is random. A guest that runs has one already.
    pub master_key: Option<MasterKey>,
}

/// The AES-256 key that the secrets of a guest are encrypted with. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey(pub [u8; 32]);

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey")
    }
}

/// What runs a command line, which decides what the command line can count on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Runner {
    /// A launcher: it opens descriptors, starts helper processes, and talks to QEMU, as libvirt does.
    #[default]
    Launcher,
    /// A shell: no descriptors are passed, and the domain's sockets are in this directory.
    Shell(String),
    /// Nothing: the command line is to be read, as that of `virsh domxml-to-native`. Every interface is one of type
    /// `ethernet`, of which only MAC address, model and script are kept, sockets and files are given by path, and images
    /// are not opened.
    Reader,
}

impl Runner {
    /// The directory of a command line for a shell.
    pub fn directory(&self) -> Option<&str> {
        match self {
            Self::Shell(directory) => Some(directory),
            Self::Launcher | Self::Reader => None,
        }
    }
}

/// The number of a running domain (`<domain id=>`). It is in the names of the domain's directories and sockets, so that two
/// runs of a domain have none in common.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum DomainId {
    /// The domain does not run yet; libvirt writes -1.
    #[default]
    NotAssigned,
    /// The number that whoever starts the domain has given it.
    Assigned(u32),
}

impl fmt::Display for DomainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAssigned => f.write_str("-1"),
            Self::Assigned(number) => number.fmt(f),
        }
    }
}

/// Where the state of a guest comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// `tcp:...`, `unix:...`, `exec:...`, `fd:...`, `stdio`.
    pub uri: String,
    /// The descriptor to read from, for `stdio` and `fd`.
    pub fd: Option<u32>,
}
