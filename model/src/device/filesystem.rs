//! `<filesystem>`: a directory or file system of the host that the guest mounts.

pub mod id_map;
pub mod virtiofsd;

use self::id_map::IdMap;
use self::virtiofsd::Virtiofsd;
use super::virtio::VirtioOptions;
use crate::info::DeviceInfo;
use crate::read::{self, El, Element, Reader, UNSUPPORTED_BEFORE_9_0, Value};
use crate::write::Writer;

crate::rules! {
    /// A file system has a `<source>`, unless its type is `ram`.
    FILESYSTEM_SOURCE = "filesystem-source": Plain, Read, "`<filesystem><source>`: what the guest mounts",
        help "add `<source dir=>` with a directory of the host";
    /// A file system has a `<target>` with `dir`.
    FILESYSTEM_TARGET = "filesystem-target": Plain, Read,
        "`<filesystem><target dir=>`: the mount tag that the guest mounts it by",
        help "add `<target dir=>`";
}

spelled! {
    /// `type=`: what the guest mounts.
    pub enum FsType {
        /// A directory of the host.
        Mount = "mount",
        /// A block device of the host.
        Block = "block",
        /// An image file.
        File = "file",
        /// A template of OpenVZ.
        Template = "template",
        /// An in-memory file system (tmpfs).
        Ram = "ram",
        /// A directory of the guest, bound to another directory.
        Bind = "bind",
        /// A volume of a storage pool.
        Volume = "volume",
    }
}

spelled! {
    /// `<driver type=>`: how the guest accesses the file system.
    pub enum FsDriver {
        /// 9p, files by path.
        Path = "path",
        /// 9p, files by handle.
        Handle = "handle",
        /// A loop device.
        Loop = "loop" of "LXC",
        /// A network block device.
        Nbd = "nbd" of "LXC",
        /// Ploop.
        Ploop = "ploop" of "Virtuozzo",
        /// Media transfer protocol over USB.
        Mtp = "mtp" since "10.2",
        /// virtiofs.
        Virtiofs = "virtiofs",
    }
}

spelled! {
    /// `accessmode=`: the permissions with which files are created and opened (9p).
    pub enum FsAccessMode {
        /// With the guest's users.
        Passthrough = "passthrough",
        /// With the user of QEMU; the guest's users are kept in extended attributes.
        Mapped = "mapped",
        /// With the guest's users; failures to change the owner are ignored.
        Squash = "squash",
    }
}

spelled! {
    /// `multidevs=`: how file ids of several host devices in one directory are kept apart (9p).
    pub enum FsMultidevs {
        /// As the default of QEMU.
        Default = "default",
        /// Inode numbers are remapped.
        Remap = "remap",
        /// Access to the other devices is denied.
        Forbid = "forbid",
        /// QEMU logs a warning.
        Warn = "warn",
    }
}

spelled! {
    /// `model=`.
    pub enum FsModel {
        /// virtio; QEMU chooses transitional or non-transitional by the bus.
        Virtio = "virtio",
        /// Transitional: virtio 0.9 and 1.0.
        VirtioTransitional = "virtio-transitional",
        /// Non-transitional: virtio 1.0 only.
        VirtioNonTransitional = "virtio-non-transitional",
    }
}

spelled! {
    /// `<driver wrpolicy=>`: the write policy.
    pub enum FsWritePolicy {
        /// Writes are flushed to the disk immediately.
        Immediate = "immediate",
    }
}

/// Permission bits, in octal notation up to 0777.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreateMode(pub u32);

impl Value for CreateMode {
    fn parse(text: &str) -> Result<Self, String> {
        match u32::from_str_radix(text, 8) {
            Ok(mode) if mode <= 0o777 => Ok(Self(mode)),
            _ => Err("expected an octal number up to 0777".to_owned()),
        }
    }
}

impl std::fmt::Display for CreateMode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

/// `<source>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FsSource {
    /// `dir=`, `file=`, `dev=`, `name=` or `volume=`, depending on the type.
    pub path: Option<String>,
    /// `pool=` of a volume.
    pub pool: Option<String>,
    /// `socket=`: the UNIX socket of a running virtiofs daemon.
    pub socket: Option<String>,
    /// `usage=`: the size of an in-memory file system, in bytes.
    pub usage: Option<u64>,
}

/// `<filesystem>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filesystem {
    /// The part that all devices have: place, alias, address, boot order, option ROM.
    pub info: DeviceInfo,
    /// `type=`; without it, `mount`.
    pub kind: Option<FsType>,
    /// `accessmode=`
    pub access_mode: Option<FsAccessMode>,
    /// `multidevs=`
    pub multidevs: Option<FsMultidevs>,
    /// `model=`
    pub model: Option<FsModel>,
    /// `fmode=`: permissions of new files (9p).
    pub file_mode: Option<CreateMode>,
    /// `dmode=`: permissions of new directories (9p).
    pub dir_mode: Option<CreateMode>,
    /// `<driver type=>`
    pub driver: Option<FsDriver>,
    /// `<driver format=>`: the image format.
    pub format: Option<String>,
    /// `<driver wrpolicy=>`
    pub write_policy: Option<FsWritePolicy>,
    /// `<driver queue=>`: the number of entries of the virtqueue (virtiofs).
    pub queue_size: Option<u64>,
    /// The options of `<driver>` that all virtio devices have.
    pub virtio: VirtioOptions,
    /// `<binary>`: the virtiofs daemon.
    pub binary: Option<Virtiofsd>,
    /// `<idmap>`: the ids of the host for those of the guest (virtiofs).
    pub id_map: Option<IdMap>,
    /// `<source>`
    pub source: FsSource,
    /// `<target dir=>`: the mount tag.
    pub target: Option<String>,
    /// `<readonly>`
    pub readonly: bool,
    /// `<space_hard_limit>`, in bytes.
    pub space_hard_limit: Option<u64>,
    /// `<space_soft_limit>`, in bytes.
    pub space_soft_limit: Option<u64>,
}

impl FsSource {
    /// The attribute with the path, for a source of type `kind`.
    fn path_attribute(kind: FsType) -> &'static str {
        match kind {
            FsType::Mount | FsType::Bind => "dir",
            FsType::File => "file",
            FsType::Block => "dev",
            FsType::Template => "name",
            FsType::Ram => "",
            FsType::Volume => "volume",
        }
    }

    fn read(el: El<'_>, kind: FsType, r: &mut Reader) -> Self {
        let mut source = Self {
            path: el.string(Self::path_attribute(kind)),
            pool: el.string("pool"),
            socket: r.string_since("7.3", el, "socket"),
            usage: None,
        };
        let needs_path = !matches!(kind, FsType::Ram | FsType::Volume);
        if needs_path && source.path.is_none() && source.socket.is_none() {
            let name = Self::path_attribute(kind);
            let message = format!("`<source>` of a filesystem of type `{kind}` has no `{name}=`");
            r.refuse(&FILESYSTEM_SOURCE, el.pos(), message);
        }
        if kind == FsType::Ram {
            let usage = el.get("usage").unwrap_or("");
            source.usage = r.scaled(el, usage, el.get("units"), 1024);
        }
        source
    }

    fn write(&self, kind: FsType, w: &mut Writer) {
        w.element("source")
            .opt("pool", self.pool.as_ref())
            .opt(Self::path_attribute(kind), self.path.as_ref())
            .opt("socket", self.socket.as_ref())
            .opt("usage", self.usage.map(|u| u.div_ceil(1024)))
            .opt("units", self.usage.map(|_| "KiB"))
            .children_or_nothing(|_| {});
    }
}

impl Element for Filesystem {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let kind = r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "type");
        let mut fs = Self {
            kind,
            access_mode: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "accessmode"),
            file_mode: r.attr(el, "fmode").filter(|mode| *mode != CreateMode(0)),
            dir_mode: r.attr(el, "dmode").filter(|mode| *mode != CreateMode(0)),
            model: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "model"),
            multidevs: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "multidevs"),
            space_hard_limit: el.child("space_hard_limit").and_then(|e| r.bytes(e, 1)),
            space_soft_limit: el.child("space_soft_limit").and_then(|e| r.bytes(e, 1)),
            ..Self::default()
        };
        match el.child("source") {
            Some(source) => fs.source = FsSource::read(source, kind.unwrap_or(FsType::Mount), r),
            None if kind == Some(FsType::Ram) => {}
            None => {
                let message = "`<filesystem>` has no `<source>`";
                r.refuse(&FILESYSTEM_SOURCE, el.pos(), message);
            }
        }
        fs.target = el.child("target").and_then(|t| t.string("dir"));
        if fs.target.is_none() {
            let message = "`<filesystem>` has no `<target dir=>`";
            r.refuse(&FILESYSTEM_TARGET, el.pos(), message);
        }
        fs.readonly = el.child("readonly").is_some();
        if let Some(driver) = el.child("driver") {
            fs.driver = r.attr_as(UNSUPPORTED_BEFORE_9_0, driver, "type");
            fs.write_policy = r.attr_as(UNSUPPORTED_BEFORE_9_0, driver, "wrpolicy");
            fs.format = driver.string("format");
            fs.queue_size = r.attr(driver, "queue");
            fs.virtio = VirtioOptions::read(driver, r);
        }
        fs.binary = read::one(el, "binary", r).filter(|binary| *binary != Virtiofsd::default());
        fs.id_map = r.child_since("10.0", el, "idmap").and_then(|map| IdMap::read(map, r));
        fs.info = DeviceInfo::read(el, r);
        Some(fs)
    }

    fn write(&self, w: &mut Writer) {
        let kind = self.kind.unwrap_or(FsType::Mount);
        w.element("filesystem")
            .opt("type", self.kind)
            .opt("accessmode", self.access_mode)
            .opt("multidevs", self.multidevs)
            .opt("model", self.model)
            .opt("fmode", self.file_mode)
            .opt("dmode", self.dir_mode)
            .children(|w| self.write_children(kind, w));
    }
}

impl Filesystem {
    fn write_children(&self, kind: FsType, w: &mut Writer) {
        let driver = w
            .element("driver")
            .opt("type", self.driver)
            .opt("format", self.format.as_ref())
            .opt("wrpolicy", self.write_policy)
            .opt("queue", self.queue_size);
        self.virtio.write(driver).children_or_nothing(|_| {});
        read::write_opt(self.binary.as_ref(), w);
        read::write_opt(self.id_map.as_ref(), w);
        self.source.write(kind, w);
        w.element("target").opt("dir", self.target.as_ref()).children_or_nothing(|_| {});
        if self.readonly {
            w.element("readonly").empty();
        }
        self.info.write(w);
        for (name, limit) in
            [("space_hard_limit", self.space_hard_limit), ("space_soft_limit", self.space_soft_limit)]
        {
            if let Some(bytes) = limit {
                w.element(name).attr("unit", "bytes").text(bytes);
            }
        }
    }
}
