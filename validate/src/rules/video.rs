//! Rules on `<video>`.

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::video::{Video, VideoModel};
use virtargv_model::{Kind, OnOff, Stage, YesNo};

use super::virtio;
use crate::{Context, Findings};

/// The largest memory of a QXL card in KiB.
const QXL_LIMIT: u32 = u32::MAX / 1024;

crate::rules! {
    /// One graphics card is primary.
    PRIMARY_TWICE = "video-primary-twice": Unsupported, Validate, "a guest starts on one screen";
    /// There is a usual graphics card for the machine, or the document names one.
    NO_MODEL = "video-model-open": Internal, Validate, "`<model type=>`";
    /// "No graphics card" is no card among others.
    NONE_ALONE = "video-none-alone": Unsupported, Validate, "`<model type='none'>` keeps implied cards away";
    /// Only virtio-gpu is done by a vhost-user process.
    VHOST_USER_MODEL = "video-vhost-user-model": Unsupported, Validate, "devices `vhost-user-gpu`, `vhost-user-vga`";
    /// A vhost-user process renders on a device of choice; QEMU does not.
    RENDERNODE = "video-rendernode": Unsupported, Validate, "an option of the vhost-user process";
    /// A resolution has pixels.
    RESOLUTION_ZERO = "video-resolution-zero": Unsupported, Validate, "properties `xres` and `yres`";
    /// Only QXL has these kinds of memory.
    QXL_MEMORY = "video-qxl-memory": Unsupported, Validate, "properties `ram_size`, `vram64_size_mb`, `vgamem_mb`";
    /// A framebuffer in RAM has no address.
    RAMFB_ADDRESS = "video-ramfb-address": Unsupported, Validate, "device `ramfb` sits on no bus";
    /// Only virtio maps memory of the host.
    BLOB_MODEL = "video-blob-model": Unsupported, Validate, "property `blob`";
    /// The model is one that this QEMU has.
    MODEL = "video-model": Unsupported, Validate, "devices `VGA`, `cirrus-vga`, `qxl`, ...";
    /// Only QXL and virtio are more than the primary card.
    SECONDARY = "video-secondary": Unsupported, Validate, "the other devices are VGA cards";
    /// Only QXL and virtio have more than one monitor.
    HEADS = "video-heads": Unsupported, Validate, "property `max_outputs`";
    /// QEMU has no acceleration in two dimensions.
    ACCEL_2D = "video-accel2d": Unsupported, Validate, "it is a setting of other hypervisors";
    /// QXL's memory is of a size that QEMU takes.
    QXL_LARGE = "video-qxl-large": Overflow, Validate, "properties `ram_size` and `vram_size` are in bytes, 32 bits wide";
    /// QXL's framebuffer is at least 1 MiB, and a power of two.
    QXL_VGAMEM = "video-qxl-vgamem": Unsupported, Validate, "property `vgamem_mb`";
    /// Only some models start in a resolution of choice.
    RESOLUTION_MODEL = "video-resolution-model": Xml, Validate, "properties `xres` and `yres`";
    /// VGA has at least 1 MiB.
    VGA_SMALL = "video-vga-small": Unsupported, Validate, "property `vgamem_mb`";
    /// A vhost-user process does the work only where this QEMU lets it.
    VHOST_USER = "video-vhost-user": Unsupported, Validate, "device `vhost-user-gpu`";
    /// Only virtio renders in three dimensions.
    ACCEL_3D_MODEL = "video-accel3d-model": Unsupported, Validate, "virgl is part of virtio-gpu";
    /// Rendering in three dimensions is asked for only where this QEMU can.
    ACCEL_3D = "video-accel3d": Unsupported, Validate, "property `virgl`, devices `virtio-gpu-gl-pci`, `virtio-vga-gl`";
    /// Memory of the host is mapped only where this QEMU can.
    BLOB = "video-blob": Unsupported, Validate, "property `blob`";
    /// Memory of the host is mapped only into a guest whose own is a memfd.
    BLOB_MEMFD = "video-blob-memfd": Unsupported, Validate, "udmabuf wants memfds";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let videos = &cx.domain.devices.videos;
    for video in videos {
        if cx.guest.release.has(Convention::CommonRulesFirst) {
            common(cx, video, out);
            qemu(cx, video, out);
        } else {
            qemu(cx, video, out);
            common(cx, video, out);
        }
    }
    if let Some(second) = videos.iter().filter(|video| video.primary).nth(1) {
        let message = "more than one element 'video' is 'primary'";
        out.refuse(&PRIMARY_TWICE, second.info.pos.path("model/@primary"), message);
    }
}

/// What holds whoever runs the guest.
fn common(cx: &Context<'_>, video: &Video, out: &mut Findings<'_>) {
    let videos = &cx.domain.devices.videos;
    let pos = video.info.pos;
    if video.model.is_none() && cx.guest.release.has(Convention::CommonRulesFirst) {
        let message = "element 'video' has no 'model', and there is none that is usual for this guest";
        out.refuse(&NO_MODEL, pos, message);
    }
    let model = video.model.unwrap_or(VideoModel::Default);
    if videos.len() > 1 && videos.iter().any(|video| video.model == Some(VideoModel::None)) {
        let message = "a 'video' of model 'none' is not the only one";
        out.refuse(&NONE_ALONE, pos.path("model/@type"), message);
    }
    if video.is_vhost_user() && model != VideoModel::Virtio {
        let message = format!("a 'video' with driver 'vhostuser' is of model '{model}', not of 'virtio'");
        out.refuse(&VHOST_USER_MODEL, pos.path("driver/@name"), message);
    }
    let node = video.acceleration.as_ref().and_then(|accel| accel.rendernode.as_ref());
    if let Some(node) = node.filter(|_| !video.is_vhost_user()) {
        let message = format!("attribute 'rendernode' is '{node}', but the driver is not 'vhostuser'");
        out.refuse(&RENDERNODE, pos.path("model/acceleration/@rendernode"), message);
    }
    if let Some(resolution) = video.resolution.filter(|r| r.x == 0 || r.y == 0) {
        let message = format!("element 'resolution' has x='{}' and y='{}'", resolution.x, resolution.y);
        out.refuse(&RESOLUTION_ZERO, pos.path("model/resolution"), message);
    }
    if model != VideoModel::Qxl {
        for (name, path, size) in [
            ("ram", "model/@ram", video.ram),
            ("vram64", "model/@vram64", video.vram64),
            ("vgamem", "model/@vgamem", video.vgamem),
        ] {
            if let Some(size) = size.filter(|size| *size > 0) {
                let message =
                    format!("attribute '{name}' is '{size}', which is for model 'qxl', not for '{model}'");
                out.refuse(&QXL_MEMORY, pos.path(path), message);
            }
        }
    }
    placement(video, model, out);
}

fn placement(video: &Video, model: VideoModel, out: &mut Findings<'_>) {
    let pos = video.info.pos;
    if model == VideoModel::Ramfb && video.info.address.is_some() {
        let message = "a 'video' of model 'ramfb' has an 'address'";
        out.refuse(&RAMFB_ADDRESS, pos.path("address"), message);
    }
    if model != VideoModel::Virtio {
        virtio::absent(video.virtio, &pos.path("driver"), out);
        if let Some(blob) = video.blob {
            let message =
                format!("attribute 'blob' is '{blob}', which a 'video' of model '{model}' cannot have");
            out.refuse(&BLOB_MODEL, pos.path("model/@blob"), message);
        }
    }
}

/// What QEMU asks.
fn qemu(cx: &Context<'_>, video: &Video, out: &mut Findings<'_>) {
    let model = video.model.unwrap_or(VideoModel::Default);
    if model == VideoModel::None {
        return;
    }
    let pos = video.info.pos;
    if !has_model(cx, model) {
        let message = format!("this QEMU has no graphics card for model '{model}' of element 'video'");
        return out.refuse(&MODEL, pos.path("model/@type"), message);
    }
    let many = matches!(model, VideoModel::Qxl | VideoModel::Virtio);
    let stricter = cx.follows(Convention::StricterDevices);
    if !many && !video.primary {
        let message = format!("a 'video' of model '{model}' is not the primary one");
        out.refuse(&SECONDARY, pos.path("model/@type"), message);
    }
    if let Some(heads) = video.heads.filter(|heads| stricter && !many && *heads != 1) {
        let message = format!("attribute 'heads' is '{heads}', a 'video' of model '{model}' has one monitor");
        out.refuse(&HEADS, pos.path("model/@heads"), message);
    }
    if video.acceleration.as_ref().and_then(|accel| accel.accel2d) == Some(YesNo::Yes) {
        let message = "attribute 'accel2d' is 'yes', which QEMU cannot do";
        out.refuse(&ACCEL_2D, pos.path("model/acceleration/@accel2d"), message);
    }
    memory(video, model, out);
    let resolution =
        matches!(model, VideoModel::Vga | VideoModel::Qxl | VideoModel::Virtio | VideoModel::Bochs);
    if video.resolution.is_some() && !resolution {
        let message = format!("a 'video' of model '{model}' cannot start in a 'resolution' of choice");
        out.refuse(&RESOLUTION_MODEL, pos.path("model/resolution"), message);
    }
    acceleration(cx, video, model, out);
    if model == VideoModel::Virtio {
        virtio::available(cx, video.virtio, &pos.path("driver"), out);
    }
    blob(cx, video, model, out);
}

fn has_model(cx: &Context<'_>, model: VideoModel) -> bool {
    match model {
        VideoModel::Vga => cx.has(Cap::DeviceVga),
        VideoModel::Cirrus => cx.has(Cap::DeviceCirrusVga),
        VideoModel::Vmvga => cx.has(Cap::DeviceVmwareSvga),
        VideoModel::Qxl => cx.has(Cap::DeviceQxl),
        VideoModel::Virtio => cx.has(Cap::DeviceVirtioGpu),
        VideoModel::Bochs => cx.has(Cap::DeviceBochsDisplay),
        VideoModel::Ramfb => cx.has(Cap::DeviceRamfb),
        VideoModel::None => true,
        VideoModel::Default
        | VideoModel::Xen
        | VideoModel::Vbox
        | VideoModel::Parallels
        | VideoModel::Gop => false,
    }
}

fn memory(video: &Video, model: VideoModel, out: &mut Findings<'_>) {
    let pos = video.info.pos;
    if model == VideoModel::Qxl {
        for (name, path, size) in [("vram", "model/@vram", video.vram), ("ram", "model/@ram", video.ram)] {
            if let Some(size) = size.filter(|size| *size > QXL_LIMIT) {
                let message = format!("attribute '{name}' is '{size}' KiB, the limit is '{QXL_LIMIT}'");
                out.refuse(&QXL_LARGE, pos.path(path), message);
            }
        }
        if let Some(size) = video.vgamem.filter(|size| *size < 1024 || !size.is_power_of_two()) {
            let message = format!("attribute 'vgamem' is '{size}' KiB, not a power of two from '1024' up");
            out.refuse(&QXL_VGAMEM, pos.path("model/@vgamem"), message);
        }
    }
    if matches!(model, VideoModel::Vga | VideoModel::Vmvga)
        && let Some(size) = video.vram.filter(|size| (1..1024).contains(size))
    {
        let message = format!("attribute 'vram' is '{size}' KiB, model '{model}' has at least '1024'");
        out.refuse(&VGA_SMALL, pos.path("model/@vram"), message);
    }
}

fn acceleration(cx: &Context<'_>, video: &Video, model: VideoModel, out: &mut Findings<'_>) {
    let pos = video.info.pos;
    if video.is_vhost_user() {
        if model == VideoModel::Virtio && !cx.has(Cap::DeviceVhostUserGpu) {
            let message = "a 'video' has driver 'vhostuser', this QEMU has no 'vhost-user' graphics card";
            out.refuse(&VHOST_USER, pos.path("driver/@name"), message);
        }
    } else if video.accel3d() == Some(YesNo::Yes) {
        let place = pos.path("model/acceleration/@accel3d");
        if model != VideoModel::Virtio {
            let message = format!("attribute 'accel3d' is 'yes', the model is '{model}', not 'virtio'");
            out.refuse(&ACCEL_3D_MODEL, place, message);
        } else if ![Cap::VirtioGpuVirgl, Cap::VirtioGpuGlPci, Cap::VirtioVgaGl]
            .into_iter()
            .any(|cap| cx.has(cap))
        {
            out.refuse(&ACCEL_3D, place, "attribute 'accel3d' is 'yes', which this QEMU cannot do");
        }
    }
}

fn blob(cx: &Context<'_>, video: &Video, model: VideoModel, out: &mut Findings<'_>) {
    let Some(blob) = video.blob.filter(|_| model == VideoModel::Virtio) else { return };
    let place = video.info.pos.path("model/@blob");
    if !cx.has(Cap::VirtioGpuBlob) {
        let message = format!("attribute 'blob' is '{blob}', which this QEMU cannot do");
        out.refuse(&BLOB, place, message);
    } else if blob == OnOff::On && !is_memfd(cx) {
        let message = "attribute 'blob' is 'on', but the guest's memory has no 'source' of type 'memfd'";
        out.refuse(&BLOB_MEMFD, place, message);
    }
}

fn is_memfd(cx: &Context<'_>) -> bool {
    use virtargv_model::memory::MemorySource;
    cx.domain.memory.backing.source == Some(MemorySource::Memfd)
}

/// Holds what is only found while the line is built.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    for video in cx.domain.devices.videos.iter().filter(|_| !cx.has(Cap::DeviceVideoPrimary)) {
        if let Some(model @ (VideoModel::Bochs | VideoModel::Ramfb)) = video.model
            && video.primary
        {
            let message = format!("'-vga' of this QEMU has no video card of model '{model}'");
            let place = video.info.pos.path("model/@type");
            out.refuse_as(Kind::Internal, Stage::Build, &MODEL, place, message);
        }
    }
}
