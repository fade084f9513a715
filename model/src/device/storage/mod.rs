//! Images: where an image is and how it is stored. `<disk>`, `<backingStore>`, `<mirror>`, `<dataStore>` and `<nvram>`
//! have images.

pub(crate) mod encryption;
pub(crate) mod network;
pub(crate) mod parts;

pub use encryption::{
    Auth, Cipher, Encryption, EncryptionEngine, EncryptionFormat, IvGen, Passphrase, SecretRef,
};
pub use network::{Cookie, NetHost, NetSource, Protocol, SshIdentity, Transport};
pub use parts::{NvmeSource, PoolMode, Reconnect, Reservations, Slice, VhostUserSource, VolumeSource};

use crate::Pos;
use crate::read::{El, Element, Reader, UNSUPPORTED_BEFORE_9_0, write_all, write_opt};
use crate::security::DeviceSeclabel;
use crate::write::{Tag, Writer};

spelled! {
    /// `type=` of `<disk>`, `<backingStore>`, `<mirror>`, `<dataStore>` and `<nvram>`: the kind of storage of an image.
    pub enum SourceType {
        /// A file.
        File = "file",
        /// A block device of the host.
        Block = "block",
        /// A directory, which the guest sees as a FAT volume.
        Dir = "dir",
        /// A network protocol of QEMU.
        Network = "network",
        /// A volume of a storage pool.
        Volume = "volume",
        /// A namespace of an NVMe controller, which QEMU drives by VFIO.
        Nvme = "nvme",
        /// A vhost-user process.
        VhostUser = "vhostuser" since "7.1",
        /// A vDPA block device.
        VhostVdpa = "vhostvdpa" since "9.8",
        /// A device of FreeBSD's CAM Target Layer (bhyve).
        Ctl = "ctl" since "12.0" of "bhyve",
    }
}

spelled! {
    /// The format of an image (`<driver type=>`, `<format type=>`).
    pub enum ImageFormat {
        /// Raw.
        Raw = "raw",
        /// A directory.
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
        /// A FAT volume that QEMU makes of a directory.
        Fat = "fat",
        /// Virtual hard disk.
        Vhd = "vhd",
        /// Parallels.
        Ploop = "ploop",
        /// User-mode Linux copy on write.
        Cow = "cow",
        /// QEMU copy on write, version 1.
        Qcow = "qcow",
        /// QEMU copy on write, versions 2 and 3.
        Qcow2 = "qcow2",
        /// QEMU enhanced disk.
        Qed = "qed",
        /// VMware.
        Vmdk = "vmdk",
    }
}

spelled! {
    /// `startupPolicy=`: what happens where the image is missing at the start.
    pub enum StartupPolicy {
        /// The start fails.
        Mandatory = "mandatory",
        /// The start fails, but the image can be missing after a migration or restore.
        Requisite = "requisite",
        /// The drive is empty.
        Optional = "optional",
    }
}

/// The location of an image: `type=` and `<source>`.
#[derive(Debug, Clone, PartialEq)]
pub enum Location {
    /// `type='file'`
    File {
        /// `file=`
        path: Option<String>,
        /// `fdgroup=`: the name of a group of descriptors to be used for the file.
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
    /// `type='ctl'`, which QEMU cannot use.
    Ctl {
        /// `dev=`
        path: Option<String>,
    },
}

impl Default for Location {
    fn default() -> Self {
        Self::File { path: None, fdgroup: None }
    }
}

/// An image: its location, its format, and the settings of its storage.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Image {
    /// Place in the text of `<source>`, or without it, of its parent.
    pub pos: Pos,
    /// The location.
    pub location: Location,
    /// `<driver type=>` or `<format type=>`.
    pub format: Option<ImageFormat>,
    /// `<metadata_cache><max_size>`: the size limit of QEMU's cache of qcow2 metadata, in bytes.
    pub metadata_cache: Option<u64>,
    /// `index=`: the number of the image in a running domain.
    pub index: Option<u32>,
    /// `startupPolicy=`: what happens where the image is missing.
    pub startup_policy: Option<StartupPolicy>,
    /// `<slices><slice type='storage'>`: the part of the storage that holds the image.
    pub slice: Option<Slice>,
    /// `<seclabel>` of the image.
    pub seclabels: Vec<DeviceSeclabel>,
    /// `<auth>`: the user and the secret.
    pub auth: Option<Box<Auth>>,
    /// `<encryption>`.
    pub encryption: Option<Box<Encryption>>,
    /// `<reservations>`: the helper for SCSI persistent reservations.
    pub reservations: Option<Box<Reservations>>,
    /// `<dataStore>`: the data file of a qcow2 image.
    pub data_store: Option<Box<Image>>,
}

impl Image {
    /// `fdgroup=`: the name of the descriptors by which the image is opened.
    pub fn fdgroup(&self) -> Option<&str> {
        match &self.location {
            Location::File { fdgroup, .. } => fdgroup.as_deref(),
            _ => None,
        }
    }

    /// The `type=`: the kind of storage.
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
            Location::Ctl { .. } => SourceType::Ctl,
        }
    }

    /// The path of a file, device, directory or socket, or the name of the image in a network protocol.
    pub fn path(&self) -> Option<&str> {
        match &self.location {
            Location::File { path, .. }
            | Location::Block { path }
            | Location::Dir { path }
            | Location::VhostVdpa { path }
            | Location::Ctl { path } => path.as_deref(),
            Location::Network(net) => net.name.as_deref(),
            Location::VhostUser(socket) => socket.path.as_deref(),
            Location::Volume(_) | Location::Nvme(_) => None,
        }
    }

    /// The network source, for type `network`.
    pub fn network(&self) -> Option<&NetSource> {
        match &self.location {
            Location::Network(net) => Some(net),
            _ => None,
        }
    }

    /// Whether the content of the disk is that of the storage: format `raw`, without encryption.
    pub fn is_plain(&self) -> bool {
        matches!(self.format, None | Some(ImageFormat::Raw | ImageFormat::Fat)) && self.luks().is_none()
    }

    /// The encryption that QEMU decrypts as LUKS.
    pub fn luks(&self) -> Option<&Encryption> {
        self.encryption.as_deref().filter(|encryption| encryption.is_luks_of_qemu())
    }

    /// Whether there is no image, as in a drive without a medium.
    pub fn is_empty(&self) -> bool {
        match &self.location {
            Location::File { path, .. }
            | Location::Block { path }
            | Location::Dir { path }
            | Location::Ctl { path } => path.is_none(),
            Location::Network(net) => net.protocol.is_none(),
            Location::Volume(volume) => volume.pool.is_none(),
            Location::Nvme(_) | Location::VhostUser(_) | Location::VhostVdpa { .. } => false,
        }
    }

    /// Reads `<source>` of `parent`, for storage of type `kind`.
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
        let reservations = el.child("reservations").map(|p| Box::new(Reservations::read(p, r)));
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
            startup_policy: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "startupPolicy"),
            slice,
            seclabels,
            auth,
            encryption,
            reservations,
            data_store,
        }
    }

    /// Reads `<format>` of `parent`.
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

    /// Whether [`Image::write`] writes a `<source>`.
    pub(crate) fn writes_source(&self) -> bool {
        let mut w = Writer::new();
        self.write(true, true, true, &mut w);
        !w.finish().is_empty()
    }

    /// Writes `<source>` where one is needed, be it empty: without it the document would be refused, or the type of the
    /// source lost.
    pub(crate) fn write_needed(&self, with_index: bool, w: &mut Writer) {
        if self.writes_source() {
            self.write(true, true, with_index, w);
        } else {
            w.element("source").empty();
        }
    }

    /// Writes `<source>`, with `<auth>` and `<encryption>` where they are to be its children and `index=` where it is
    /// to be its attribute.
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
                    store.write_needed(true, w);
                });
            }
        });
    }
}

impl Location {
    /// An empty location of type `kind`.
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
            SourceType::Ctl => Self::Ctl { path: None },
        }
    }

    fn read(kind: SourceType, el: El<'_>, r: &mut Reader) -> Self {
        // libvirt reads an empty path as absent.
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
            SourceType::VhostVdpa => Self::VhostVdpa { path: required_text(el, "dev", r) },
            SourceType::Ctl => Self::Ctl { path: el.string("dev") },
        }
    }

    fn write_attributes<'w>(&self, tag: Tag<'w>) -> Tag<'w> {
        match self {
            Self::File { path, fdgroup } => tag.opt("file", path.as_ref()).opt("fdgroup", fdgroup.as_ref()),
            Self::Block { path } | Self::VhostVdpa { path } | Self::Ctl { path } => {
                tag.opt("dev", path.as_ref())
            }
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

/// `<metadata_cache><max_size>`, in bytes; 0 is read as absent.
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

/// A mandatory attribute that must not be empty.
pub(crate) fn required_text(el: El<'_>, name: &'static str, r: &mut Reader) -> Option<String> {
    let value: Option<String> = r.attr(el, name).filter(|value: &String| !value.is_empty());
    if value.is_none() {
        r.refuse(&crate::read::ATTRIBUTE_MISSING, el.pos(), crate::read::missing_attribute(el, name));
    }
    value
}

/// Refuses an image without `<format type=>`.
pub(crate) fn need_format(el: El<'_>, r: &mut Reader) {
    if let Some(format) = r.need(el, "format") {
        r.required::<String>(format, "type");
    }
}

/// `index=`: the number of an image in a running domain. It has no meaning in other documents, so bad values are not
/// reported.
pub(crate) fn index(el: El<'_>) -> Option<u32> {
    Reader::default().attr(el, "index")
}
