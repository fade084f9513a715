//! Where an image of a disk is and how it is stored: what `<disk>`, `<backingStore>`, `<mirror>` and `<dataStore>`
//! have in common.

pub(crate) mod encryption;
pub(crate) mod network;
pub(crate) mod parts;

pub use encryption::{
    Auth, Cipher, Encryption, EncryptionEngine, EncryptionFormat, IvGen, Passphrase, SecretRef,
};
pub use network::{Cookie, NetHost, NetSource, Protocol, SshIdentity, Transport};
pub use parts::{NvmeSource, PoolMode, Reconnect, Reservations, Slice, VhostUserSource, VolumeSource};

use crate::read::{El, Element, ONCE_UNSUPPORTED, Reader, write_all, write_opt};
use crate::security::DeviceSeclabel;
use crate::write::{Tag, Writer};
use crate::{Classes, Pos};

spelled! {
    /// `type=` of `<disk>`, `<backingStore>`, `<mirror>`, `<dataStore>`: what kind of place an image is in.
    pub enum SourceType {
        /// A file.
        File = "file",
        /// A block device of the host.
        Block = "block",
        /// A folder, shown to the guest as a FAT volume.
        Dir = "dir",
        /// A network protocol that QEMU speaks.
        Network = "network",
        /// A volume of a storage pool.
        Volume = "volume",
        /// A namespace of an NVMe drive, driven by QEMU itself.
        Nvme = "nvme",
        /// A process that serves virtio requests over a UNIX socket.
        VhostUser = "vhostuser" since "7.1",
        /// A vDPA block device.
        VhostVdpa = "vhostvdpa" since "9.8",
    }
}

spelled! {
    /// The format of an image (`<driver type=>`, `<format type=>`).
    pub enum ImageFormat {
        /// The bytes of the disk and nothing else.
        Raw = "raw",
        /// A folder.
        Dir = "dir",
        /// Bochs.
        Bochs = "bochs",
        /// Compressed loop.
        Cloop = "cloop",
        /// Apple disk image.
        Dmg = "dmg",
        /// ISO 9660.
        Iso = "iso",
        /// Microsoft Virtual PC.
        Vpc = "vpc",
        /// VirtualBox.
        Vdi = "vdi",
        /// A FAT volume made of a folder.
        Fat = "fat",
        /// Virtual hard disk.
        Vhd = "vhd",
        /// Parallels.
        Ploop = "ploop",
        /// User-mode Linux copy on write.
        Cow = "cow",
        /// QEMU copy on write, the first version.
        Qcow = "qcow",
        /// QEMU copy on write.
        Qcow2 = "qcow2",
        /// QEMU enhanced disk.
        Qed = "qed",
        /// VMware.
        Vmdk = "vmdk",
    }
}

spelled! {
    /// `startupPolicy=`: what to do where the image is not there when the guest starts.
    pub enum StartupPolicy {
        /// Fail.
        Mandatory = "mandatory",
        /// Fail at the first start, go on without it later.
        Requisite = "requisite",
        /// Go on without it.
        Optional = "optional",
    }
}

/// The place of an image.
#[derive(Debug, Clone, PartialEq)]
pub enum Location {
    /// `type='file'`
    File {
        /// `file=`
        path: Option<String>,
        /// `fdgroup=`: the name of a set of descriptors that stand for the file.
        fdgroup: Option<String>,
    },
    /// `type='block'`
    Block {
        /// `dev=`
        path: Option<String>,
    },
    /// `type='dir'`
    Dir {
        /// `dir=`
        path: Option<String>,
    },
    /// `type='network'`
    Network(Box<NetSource>),
    /// `type='volume'`
    Volume(VolumeSource),
    /// `type='nvme'`
    Nvme(NvmeSource),
    /// `type='vhostuser'`
    VhostUser(VhostUserSource),
    /// `type='vhostvdpa'`
    VhostVdpa {
        /// `dev=`
        path: Option<String>,
    },
}

impl Default for Location {
    fn default() -> Self {
        Self::File { path: None, fdgroup: None }
    }
}

/// An image: where it is, its format, and what belongs to reading it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Image {
    /// Where `<source>` stands, or the element that should hold it.
    pub pos: Pos,
    /// Where it is.
    pub location: Location,
    /// `<driver type=>` or `<format type=>`.
    pub format: Option<ImageFormat>,
    /// `<metadata_cache><max_size>`: the most memory for qcow2 tables, in bytes.
    pub metadata_cache: Option<u64>,
    /// `index=`: the number of the image in a running guest.
    pub index: Option<u32>,
    /// `startupPolicy=`.
    pub startup_policy: Option<StartupPolicy>,
    /// `<slices><slice type='storage'>`: the part of the place that holds the image.
    pub slice: Option<Slice>,
    /// `<seclabel>`s of the image alone.
    pub seclabels: Vec<DeviceSeclabel>,
    /// `<auth>`: who asks for it.
    pub auth: Option<Box<Auth>>,
    /// `<encryption>`.
    pub encryption: Option<Box<Encryption>>,
    /// `<reservations>`: how SCSI persistent reservations are made.
    pub reservations: Option<Reservations>,
    /// `<dataStore>`: where a qcow2 image keeps the guest's data, itself without another such.
    pub data_store: Option<Box<Image>>,
}

impl Image {
    /// What kind of place it is in.
    pub fn kind(&self) -> SourceType {
        match self.location {
            Location::File { .. } => SourceType::File,
            Location::Block { .. } => SourceType::Block,
            Location::Dir { .. } => SourceType::Dir,
            Location::Network(_) => SourceType::Network,
            Location::Volume(_) => SourceType::Volume,
            Location::Nvme(_) => SourceType::Nvme,
            Location::VhostUser(_) => SourceType::VhostUser,
            Location::VhostVdpa { .. } => SourceType::VhostVdpa,
        }
    }

    /// The path of a file, device or folder, or the name a network protocol has for the image.
    pub fn path(&self) -> Option<&str> {
        match &self.location {
            Location::File { path, .. }
            | Location::Block { path }
            | Location::Dir { path }
            | Location::VhostVdpa { path } => path.as_deref(),
            Location::Network(net) => net.name.as_deref(),
            Location::VhostUser(socket) => socket.path.as_deref(),
            Location::Volume(_) | Location::Nvme(_) => None,
        }
    }

    /// The network part, where there is one.
    pub fn network(&self) -> Option<&NetSource> {
        match &self.location {
            Location::Network(net) => Some(net),
            _ => None,
        }
    }

    /// Whether nothing is there, as in a drive without a medium.
    pub fn is_empty(&self) -> bool {
        match &self.location {
            Location::File { path, .. } | Location::Block { path } | Location::Dir { path } => path.is_none(),
            Location::Network(net) => net.protocol.is_none(),
            Location::Volume(volume) => volume.pool.is_none(),
            Location::Nvme(_) | Location::VhostUser(_) | Location::VhostVdpa { .. } => false,
        }
    }

    /// Reads `<source>` below `parent` for an image of the given kind.
    pub(crate) fn read(kind: SourceType, parent: El<'_>, r: &mut Reader) -> Self {
        Self::read_nested(kind, parent, true, r)
    }

    fn read_nested(kind: SourceType, parent: El<'_>, with_store: bool, r: &mut Reader) -> Self {
        let Some(el) = parent.child("source") else {
            return Self { pos: parent.pos(), location: Location::empty(kind), ..Self::default() };
        };
        let location = Location::read(kind, el, r);
        let slice = parts::read_slice(el, r);
        let auth = el.child("auth").and_then(|a| Auth::read(a, r)).map(Box::new);
        let encryption = el.child("encryption").and_then(|e| Encryption::read(e, r)).map(Box::new);
        let reservations = el.child("reservations").map(|p| Reservations::read(p, r));
        let seclabels = DeviceSeclabel::read_all(el, r);
        let data_store = r.child_since("10.10", el, "dataStore").filter(|_| with_store).map(|d| {
            let kind = r.required(d, "type").unwrap_or(SourceType::File);
            need_format(d, r);
            r.need(d, "source");
            let mut image = Self::read_nested(kind, d, false, r);
            image.read_format(d, r);
            Box::new(image)
        });
        Self {
            pos: el.pos(),
            location,
            format: None,
            metadata_cache: None,
            index: index(el),
            startup_policy: r.attr_as(ONCE_UNSUPPORTED, el, "startupPolicy"),
            slice,
            seclabels,
            auth,
            encryption,
            reservations,
            data_store,
        }
    }

    /// Reads `<format>` below `parent`.
    pub(crate) fn read_format(&mut self, parent: El<'_>, r: &mut Reader) {
        if let Some(format) = parent.child("format") {
            self.format = r.attr(format, "type");
            self.metadata_cache = read_metadata_cache(format, r).filter(|_| self.format.is_some());
        }
    }

    /// Writes `<format>`.
    pub(crate) fn write_format(&self, w: &mut Writer) {
        if let Some(format) = self.format {
            w.element("format")
                .attr("type", format)
                .children(|w| write_metadata_cache(self.metadata_cache, w));
        }
    }

    /// Whether there would be a `<source>` for it.
    pub(crate) fn says_something(&self) -> bool {
        let mut w = Writer::new();
        self.write(true, true, true, &mut w);
        !w.finish().is_empty()
    }

    /// Writes `<source>`; `auth` and `encryption` only where they are to be children of it, `index` where it is to be
    /// an attribute of it.
    pub(crate) fn write(&self, with_auth: bool, with_encryption: bool, with_index: bool, w: &mut Writer) {
        let tag = self.location.write_attributes(w.element("source"));
        let index = self.index.filter(|_| with_index);
        let tag = tag.opt("startupPolicy", self.startup_policy).opt("index", index);
        tag.children_or_nothing(|w| {
            self.location.write_children(w);
            if let Some(slice) = &self.slice {
                slice.write(w);
            }
            write_all(&self.seclabels, w);
            write_opt(self.auth.as_deref().filter(|_| with_auth), w);
            write_opt(self.encryption.as_deref().filter(|_| with_encryption), w);
            if let Some(reservations) = &self.reservations {
                reservations.write(w);
            }
            if let Some(store) = &self.data_store {
                w.element("dataStore").attr("type", store.kind()).children(|w| {
                    store.write_format(w);
                    store.write(true, true, true, w);
                });
            }
        });
    }
}

impl Location {
    /// Nothing, of the given kind.
    pub fn empty(kind: SourceType) -> Self {
        match kind {
            SourceType::File => Self::default(),
            SourceType::Block => Self::Block { path: None },
            SourceType::Dir => Self::Dir { path: None },
            SourceType::Network => Self::Network(Box::default()),
            SourceType::Volume => Self::Volume(VolumeSource::default()),
            SourceType::Nvme => Self::Nvme(NvmeSource::default()),
            SourceType::VhostUser => Self::VhostUser(VhostUserSource::default()),
            SourceType::VhostVdpa => Self::VhostVdpa { path: None },
        }
    }

    fn read(kind: SourceType, el: El<'_>, r: &mut Reader) -> Self {
        // The reference takes an empty path as none.
        let path = |name: &str| el.string(name).filter(|p| !p.is_empty());
        match kind {
            SourceType::File => {
                Self::File { path: path("file"), fdgroup: r.string_since("9.0", el, "fdgroup") }
            }
            SourceType::Block => Self::Block { path: path("dev") },
            SourceType::Dir => Self::Dir { path: path("dir") },
            SourceType::Network => Self::Network(Box::new(NetSource::read(el, r))),
            SourceType::Volume => Self::Volume(VolumeSource::read(el, r)),
            SourceType::Nvme => Self::Nvme(NvmeSource::read(el, r)),
            SourceType::VhostUser => Self::VhostUser(VhostUserSource::read(el, r)),
            SourceType::VhostVdpa => Self::VhostVdpa { path: filled(el, "dev", r) },
        }
    }

    fn write_attributes<'w>(&self, tag: Tag<'w>) -> Tag<'w> {
        match self {
            Self::File { path, fdgroup } => tag.opt("file", path.as_ref()).opt("fdgroup", fdgroup.as_ref()),
            Self::Block { path } | Self::VhostVdpa { path } => tag.opt("dev", path.as_ref()),
            Self::Dir { path } => tag.opt("dir", path.as_ref()),
            Self::Network(net) => net.write_attributes(tag),
            Self::Volume(volume) => volume.write_attributes(tag),
            Self::Nvme(nvme) => nvme.write_attributes(tag),
            Self::VhostUser(socket) => socket.write_attributes(tag),
        }
    }

    fn write_children(&self, w: &mut Writer) {
        match self {
            Self::Network(net) => net.write_children(w),
            Self::Nvme(nvme) => nvme.write_children(w),
            Self::VhostUser(socket) => socket.write_children(w),
            _ => {}
        }
    }
}

/// `<metadata_cache><max_size>`, in bytes; a size of nothing is not kept.
pub(crate) fn read_metadata_cache(parent: El<'_>, r: &mut Reader) -> Option<u64> {
    let size = parent.child("metadata_cache")?.child("max_size")?;
    r.bytes(size, 1).filter(|bytes| *bytes > 0)
}

/// Writes `<metadata_cache>`.
pub(crate) fn write_metadata_cache(bytes: Option<u64>, w: &mut Writer) {
    if let Some(bytes) = bytes {
        w.element("metadata_cache").children(|w| w.element("max_size").attr("unit", "bytes").text(bytes));
    }
}

/// An attribute where `neutral` is a word for leaving it open; `classes` are those of a bad value, as in
/// [`Reader::attr_as`].
pub(crate) fn optional_word<T: crate::read::Value>(
    classes: impl Into<Classes>,
    el: El<'_>,
    name: &'static str,
    neutral: &str,
    r: &mut Reader,
) -> Option<T> {
    if el.get(name) == Some(neutral) { None } else { r.attr_as(classes, el, name) }
}

/// An attribute that must be there and must not be empty.
pub(crate) fn filled(el: El<'_>, name: &'static str, r: &mut Reader) -> Option<String> {
    let value: Option<String> = r.attr(el, name).filter(|value: &String| !value.is_empty());
    if value.is_none() {
        let message = format!("element '{}' lacks a value for its attribute '{name}'", el.name());
        r.refuse(&crate::read::ATTRIBUTE_MISSING, el.pos(), message);
    }
    value
}

/// Refuses an image of a chain without the format it is stored in.
pub(crate) fn need_format(el: El<'_>, r: &mut Reader) {
    if let Some(format) = r.need(el, "format") {
        r.required::<String>(format, "type");
    }
}

/// `index=`: QEMU's number for an image in a running guest. It says nothing of any other, so no value of it is wrong.
pub(crate) fn index(el: El<'_>) -> Option<u32> {
    Reader::default().attr(el, "index")
}
