//! `<video>`: a video device of the guest.

use super::virtio::VirtioOptions;
use crate::info::DeviceInfo;
use crate::read::{ByName, El, Element, Reader, UNSUPPORTED_BEFORE_9_0, UNSUPPORTED_BEFORE_11_3};
use crate::write::Writer;
use crate::{OnOff, Pos, YesNo};

crate::rules! {
    /// An `<acceleration>` has at least one attribute.
    VIDEO_ACCELERATION_EMPTY = "video-acceleration-empty": Unsupported, Read,
        "`<video><model><acceleration accel2d= accel3d= rendernode=>`",
        help "add `accel3d='yes'` or another attribute, or remove `<acceleration>`";
}

spelled! {
    /// `<model type=>`.
    pub enum VideoModel {
        /// The default of the machine type. A completed domain has it only where the machine type has no default.
        Default = "default",
        /// Standard VGA.
        Vga = "vga",
        /// Cirrus Logic GD5446.
        Cirrus = "cirrus",
        /// VMware SVGA II.
        Vmvga = "vmvga",
        /// The paravirtual framebuffer of Xen.
        Xen = "xen" of "Xen",
        /// The video device of VirtualBox.
        Vbox = "vbox" of "VirtualBox",
        /// QXL, for SPICE.
        Qxl = "qxl",
        /// The video device of Parallels.
        Parallels = "parallels" of "Parallels",
        /// virtio-gpu.
        Virtio = "virtio",
        /// The framebuffer of UEFI (bhyve).
        Gop = "gop" of "bhyve",
        /// The guest has no video device, and no implied one.
        None = "none",
        /// Bochs display: without VGA compatibility.
        Bochs = "bochs",
        /// A framebuffer in the guest's memory, for early boot.
        Ramfb = "ramfb",
    }
}

spelled! {
    /// `<driver name=>`: what implements the device.
    pub enum VideoBackend {
        /// QEMU.
        Qemu = "qemu",
        /// A vhost-user process.
        Vhostuser = "vhostuser",
    }
}

spelled! {
    /// `<driver vgaconf=>`: the VGA compatibility (bhyve).
    pub enum VgaConf {
        /// I/O ports only.
        Io = "io",
        /// VGA.
        On = "on",
        /// No VGA.
        Off = "off",
    }
}

spelled! {
    /// `<model device=>`: which of QEMU's devices a virtio video device is.
    pub enum VirtioVideo {
        /// With VGA.
        Vga = "virtio-vga",
        /// Without VGA.
        Gpu = "virtio-gpu",
        /// With VGA and 3D acceleration.
        VgaGl = "virtio-vga-gl",
        /// Without VGA, with 3D acceleration.
        GpuGl = "virtio-gpu-gl",
        /// With VGA, in a vhost-user process.
        VhostUserVga = "vhost-user-vga",
        /// Without VGA, in a vhost-user process.
        VhostUserGpu = "vhost-user-gpu",
    }
}

/// `<acceleration>`: graphics acceleration.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Acceleration {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `accel3d=`.
    pub accel3d: Option<YesNo>,
    /// `accel2d=`.
    pub accel2d: Option<YesNo>,
    /// `rendernode=`: the DRM render node of a vhost-user process.
    pub rendernode: Option<String>,
}

/// `<resolution>`: the initial resolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Resolution {
    /// `x=` in pixels.
    pub x: u32,
    /// `y=` in pixels.
    pub y: u32,
}

/// `<video>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Video {
    /// The part that all devices have: place, alias, address, boot order, option ROM.
    pub info: DeviceInfo,
    /// `<driver name=>`.
    pub backend: Option<VideoBackend>,
    /// `<driver vgaconf=>`.
    pub vgaconf: Option<VgaConf>,
    /// The options of `<driver>` that all virtio devices have.
    pub virtio: VirtioOptions,
    /// `<model type=>`.
    pub model: Option<VideoModel>,
    /// `<model ram=>` in KiB (QXL).
    pub ram: Option<u32>,
    /// `<model vram=>` in KiB.
    pub vram: Option<u32>,
    /// `<model vram64=>` in KiB (QXL).
    pub vram64: Option<u32>,
    /// `<model vgamem=>` in KiB (QXL).
    pub vgamem: Option<u32>,
    /// `<model heads=>`: the number of monitors.
    pub heads: Option<u32>,
    /// `<model primary=>`: whether it is the primary video device.
    pub primary: bool,
    /// `<model blob=>`: whether blob resources, which avoid copies, are enabled (virtio).
    pub blob: Option<OnOff>,
    /// `<model edid=>`: whether the guest can read the capabilities of the display (EDID).
    pub edid: Option<OnOff>,
    /// `<model device=>` (virtio).
    pub device: Option<VirtioVideo>,
    /// `<acceleration>`.
    pub acceleration: Option<Acceleration>,
    /// `<resolution>`.
    pub resolution: Option<Resolution>,
}

impl Video {
    /// Whether a vhost-user process implements the device.
    pub fn is_vhost_user(&self) -> bool {
        self.backend == Some(VideoBackend::Vhostuser)
    }

    /// `<acceleration accel3d=>`.
    pub fn accel3d(&self) -> Option<YesNo> {
        self.acceleration.as_ref().and_then(|acceleration| acceleration.accel3d)
    }

    /// Reads every `<video>`; the primary device becomes the first.
    pub(crate) fn read_all(devices: &ByName<'_>, r: &mut Reader) -> Vec<Self> {
        let mut videos = devices.all::<Self>("video", r);
        videos.sort_by_key(|video| !video.primary);
        videos
    }
}

impl Element for Video {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let mut video = Self::default();
        if let Some(model) = el.child("model") {
            video.primary = r.attr(model, "primary") == Some(YesNo::Yes);
            video.acceleration = model.child("acceleration").and_then(|a| Acceleration::read(a, r));
            video.resolution = model.child("resolution").and_then(|resolution| {
                Some(Resolution { x: r.required(resolution, "x")?, y: r.required(resolution, "y")? })
            });
            video.model = r
                .attr_as(UNSUPPORTED_BEFORE_11_3, model, "type")
                .filter(|model| *model != VideoModel::Default);
            video.ram = size(model, "ram", r);
            video.vram = size(model, "vram", r);
            video.vram64 = size(model, "vram64", r);
            video.vgamem = size(model, "vgamem", r);
            video.heads = r.attr(model, "heads");
            video.blob = r.attr_since("9.2", model, "blob");
            video.edid = r.attr_since("11.7", model, "edid");
            if video.model == Some(VideoModel::Virtio) {
                video.device = r.attr_since("12.5", model, "device");
            }
        }
        if let Some(driver) = el.child("driver") {
            video.backend = r.attr_as(UNSUPPORTED_BEFORE_9_0, driver, "name");
            video.virtio = VirtioOptions::read(driver, r);
        }
        video.info = DeviceInfo::read(el, r);
        video.vgaconf =
            el.child("driver").and_then(|driver| r.attr_as(UNSUPPORTED_BEFORE_9_0, driver, "vgaconf"));
        Some(video)
    }

    fn write(&self, w: &mut Writer) {
        w.element("video").children(|w| {
            if !self.virtio.is_empty() || self.backend.is_some() || self.vgaconf.is_some() {
                self.virtio
                    .write(w.element("driver"))
                    .opt("name", self.backend)
                    .opt("vgaconf", self.vgaconf)
                    .empty();
            }
            self.write_model(w);
            self.info.write(w);
        });
    }
}

impl Video {
    fn write_model(&self, w: &mut Writer) {
        w.element("model")
            .attr("type", self.model.unwrap_or(VideoModel::Default))
            .opt("ram", self.ram)
            .opt("vram", self.vram)
            .opt("vram64", self.vram64)
            .opt("vgamem", self.vgamem)
            .opt("heads", self.heads)
            .opt("primary", self.primary.then_some(YesNo::Yes))
            .opt("blob", self.blob)
            .opt("edid", self.edid)
            .opt("device", self.device)
            .children(|w| {
                if let Some(accel) = &self.acceleration {
                    w.element("acceleration")
                        .opt("accel3d", accel.accel3d)
                        .opt("accel2d", accel.accel2d)
                        .opt("rendernode", accel.rendernode.as_ref())
                        .empty();
                }
                if let Some(resolution) = self.resolution {
                    w.element("resolution").attr("x", resolution.x).attr("y", resolution.y).empty();
                }
            });
    }
}

/// A size in KiB; 0 is read as absent.
fn size(model: El<'_>, name: &'static str, r: &mut Reader) -> Option<u32> {
    r.attr(model, name).filter(|size| *size > 0)
}

impl Acceleration {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let accel = Self {
            pos: el.pos(),
            rendernode: el.string("rendernode"),
            accel3d: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "accel3d"),
            accel2d: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "accel2d"),
        };
        if accel == Self::default() {
            if el.get("accel3d").or(el.get("accel2d")).is_none() {
                let message = "`<acceleration>` is empty: it needs one of `accel3d`, `accel2d`, `rendernode`";
                r.refuse(&VIDEO_ACCELERATION_EMPTY, el.pos(), message);
            }
            return None;
        }
        Some(accel)
    }
}
