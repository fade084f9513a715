//! `<filesystem>`.

pub mod id_map;
pub mod virtiofsd;

use self::id_map::IdMap;
use self::virtiofsd::Virtiofsd;
use super::virtio::VirtioOptions;
use crate::info::DeviceInfo;
use crate::read::{self, El, Element, ONCE_UNSUPPORTED, Reader, Value};
use crate::write::Writer;

crate::rules! {
    /// TODO filesystem-source
    FILESYSTEM_SOURCE = "filesystem-source": Plain, Read, "TODO";
    /// TODO filesystem-target
    FILESYSTEM_TARGET = "filesystem-target": Plain, Read, "TODO";
}

spelled! {
    /// `type=`.
    pub enum FsType {
        /// A folder of the host.
        Mount = "mount",
        /// A block device of the host.
        Block = "block",
        /// A file with an image.
        File = "file",
        /// A template of OpenVZ.
        Template = "template",
        /// Memory.
        Ram = "ram",
        /// A folder of the guest.
        Bind = "bind",
        /// A volume of a storage pool.
        Volume = "volume",
    }
}

spelled! {
    /// `<driver type=>`.
    pub enum FsDriver {
        /// 9p, by path.
        Path = "path",
        /// 9p, by handle.
        Handle = "handle",
        /// A loop device.
        Loop = "loop",
        /// A network block device.
        Nbd = "nbd",
        /// Ploop.
        Ploop = "ploop",
        /// Media transfer protocol over USB.
        Mtp = "mtp" since "10.2",
        /// virtiofs.
        Virtiofs = "virtiofs",
    }
}

spelled! {
    /// `accessmode=`: as whom files are opened.
    pub enum FsAccessMode {
        /// As the guest's users.
        Passthrough = "passthrough",
        /// As QEMU's user, the guest's users kept in attributes.
        Mapped = "mapped",
        /// As the guest's users, as far as that goes.
        Squash = "squash",
    }
}

spelled! {
    /// `multidevs=`: what is done about several devices in one tree.
    pub enum FsMultidevs {
        /// As QEMU does by default.
        Default = "default",
        /// Inode numbers are changed.
        Remap = "remap",
        /// The others are kept from the guest.
        Forbid = "forbid",
        /// A warning.
        Warn = "warn",
    }
}

spelled! {
    /// `model=`.
    pub enum FsModel {
        /// virtio, the generation that QEMU prefers.
        Virtio = "virtio",
        /// virtio of both generations.
        VirtioTransitional = "virtio-transitional",
        /// virtio 1 only.
        VirtioNonTransitional = "virtio-non-transitional",
    }
}

spelled! {
    /// `<driver wrpolicy=>`.
    pub enum FsWritePolicy {
        /// What is written goes to the disk at once.
        Immediate = "immediate",
    }
}

/// Permission bits, written in octal.
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
    /// `dir=`, `file=`, `dev=`, `name=` or `volume=`, as the type has it.
    pub path: Option<String>,
    /// `pool=` of a volume.
    pub pool: Option<String>,
    /// `socket=`: where a virtiofs daemon already listens.
    pub socket: Option<String>,
    /// `usage=` of memory, in bytes.
    pub usage: Option<u64>,
}

/// `<filesystem>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filesystem {
    /// What all devices have: place, alias, address, boot order.
    pub info: DeviceInfo,
    /// `type=`; left out it is `mount`.
    pub kind: Option<FsType>,
    /// `accessmode=`
    pub access_mode: Option<FsAccessMode>,
    /// `multidevs=`
    pub multidevs: Option<FsMultidevs>,
    /// `model=`
    pub model: Option<FsModel>,
    /// `fmode=`: permissions of files that are made.
    pub file_mode: Option<CreateMode>,
    /// `dmode=`: permissions of folders that are made.
    pub dir_mode: Option<CreateMode>,
    /// `<driver type=>`
    pub driver: Option<FsDriver>,
    /// `<driver format=>`
    pub format: Option<String>,
    /// `<driver wrpolicy=>`
    pub write_policy: Option<FsWritePolicy>,
    /// `<driver queue=>`
    pub queue_size: Option<u64>,
    /// `<driver>`
    pub virtio: VirtioOptions,
    /// `<binary>`
    pub binary: Option<Virtiofsd>,
    /// `<idmap>`
    pub id_map: Option<IdMap>,
    /// `<source>`
    pub source: FsSource,
    /// `<target dir=>`
    pub target: Option<String>,
    /// `<readonly>`
    pub readonly: bool,
    /// `<space_hard_limit>`, in bytes.
    pub space_hard_limit: Option<u64>,
    /// `<space_soft_limit>`, in bytes.
    pub space_soft_limit: Option<u64>,
}

impl FsSource {
    /// What holds the path of a source of this type.
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
            let message =
                format!("element 'source' of a filesystem of type '{kind}' lacks its attribute '{name}'");
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
        let kind = r.attr_as(ONCE_UNSUPPORTED, el, "type");
        let mut fs = Self {
            kind,
            access_mode: r.attr_as(ONCE_UNSUPPORTED, el, "accessmode"),
            file_mode: r.attr(el, "fmode").filter(|mode| *mode != CreateMode(0)),
            dir_mode: r.attr(el, "dmode").filter(|mode| *mode != CreateMode(0)),
            model: r.attr_as(ONCE_UNSUPPORTED, el, "model"),
            multidevs: r.attr_as(ONCE_UNSUPPORTED, el, "multidevs"),
            space_hard_limit: el.child("space_hard_limit").and_then(|e| r.bytes(e, 1)),
            space_soft_limit: el.child("space_soft_limit").and_then(|e| r.bytes(e, 1)),
            ..Self::default()
        };
        match el.child("source") {
            Some(source) => fs.source = FsSource::read(source, kind.unwrap_or(FsType::Mount), r),
            None if kind == Some(FsType::Ram) => {}
            None => {
                let message = "element 'filesystem' lacks its child 'source'";
                r.refuse(&FILESYSTEM_SOURCE, el.pos(), message);
            }
        }
        fs.target = el.child("target").and_then(|t| t.string("dir"));
        if fs.target.is_none() {
            let message = "element 'filesystem' lacks its 'target' with attribute 'dir'";
            r.refuse(&FILESYSTEM_TARGET, el.pos(), message);
        }
        fs.readonly = el.child("readonly").is_some();
        if let Some(driver) = el.child("driver") {
            fs.driver = r.attr_as(ONCE_UNSUPPORTED, driver, "type");
            fs.write_policy = r.attr_as(ONCE_UNSUPPORTED, driver, "wrpolicy");
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
