//! Rules on `<video>`.

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::video::{Video, VideoModel, VirtioVideo};
use virtargv_model::{Message, OnOff, YesNo};

use super::virtio;
use crate::{Context, Findings, offered};

/// The largest memory of a QXL device in KiB.
const QXL_LIMIT: u32 = u32::MAX / 1024;

virtargv_model::rules! {
    /// One video device is primary.
    PRIMARY_TWICE = "video-primary-twice": Unsupported, Validate,
        "`<video><model primary='yes'>`: the device that firmware and boot loader use",
        help "keep `primary='yes'` on one of them";
    /// A video device has a model where the guest has no default.
    NO_MODEL = "video-model-open": Internal, Validate,
        "`<video><model type=>`",
        help "add `<model type='virtio'/>` or another model",
        since "11.3";
    /// A video device of model `none` is the only one.
    NONE_ALONE = "video-none-alone": Unsupported, Validate,
        "`<video><model type='none'/>`: keeps the default video device away",
        help "remove it, or the other `<video>` elements";
    /// The model of a video device with driver `vhostuser` is `virtio`.
    VHOST_USER_MODEL = "video-vhost-user-model": Unsupported, Validate,
        "`<video><driver name='vhostuser'>`: `vhost-user-gpu` and `vhost-user-vga`",
        help "set `<model type='virtio'>`, or remove `<driver>`";
    /// Only a video device with driver `vhostuser` has a render node.
    RENDERNODE = "video-rendernode": Unsupported, Validate,
        "`<video><model><acceleration rendernode=>`: `--render-node` of the vhost-user daemon",
        help "remove `rendernode=`, or use `<driver name='vhostuser'/>`";
    /// A resolution has a width and a height above 0.
    RESOLUTION_ZERO = "video-resolution-zero": Unsupported, Validate,
        "`<video><model><resolution x= y=>`: `xres=` and `yres=`",
        help "set `x=` and `y=` to numbers of pixels, or remove `<resolution>`";
    /// Only a video device of model `qxl` has `ram=`, `vram64=` and `vgamem=`.
    QXL_MEMORY = "video-qxl-memory": Unsupported, Validate,
        "`<video><model ram= vram64= vgamem=>`: `ram_size=`, `vram64_size_mb=` and `vgamem_mb=` of `qxl`",
        help "remove the attribute, or use `type='qxl'`";
    /// A video device of model `ramfb` has no address.
    RAMFB_ADDRESS = "video-ramfb-address": Unsupported, Validate,
        "`<video><model type='ramfb'/><address>`: `-device ramfb` is on no bus",
        help "remove the `<address>`";
    /// Only a video device of model `virtio` has blob resources.
    BLOB_MODEL = "video-blob-model": Unsupported, Validate,
        "`<video><model blob=>`: `blob=` of `virtio-gpu`",
        help "remove `blob=`, or use `type='virtio'`";
    /// Only a video device of model `vga`, `bochs` or `virtio` tells the guest the capabilities of the display.
    EDID_MODEL = "video-edid-model": Unsupported, Validate,
        "`<video><model edid=>`: `edid=` of `VGA`, `bochs-display`, `virtio-vga` and `virtio-gpu`",
        help "remove `edid=`, or use a model that has it", since "11.7";
    /// The device of a virtio video device is one that this QEMU has, and fits its other options.
    DEVICE = "video-device": Unsupported, Validate,
        "`<video><model type='virtio' device=>`: those with VGA are for the primary device, those with 3D acceleration for `accel3d='yes'`, those of vhost-user for `<driver name='vhostuser'/>`",
        help "remove `device=`, so that a suitable one is chosen", since "12.5";
    /// The model of a video device is one that this QEMU has.
    MODEL = "video-model": Unsupported, Validate,
        "`<video><model type=>`: `VGA`, `cirrus-vga`, `vmware-svga`, `qxl-vga`, `virtio-vga`, `virtio-gpu`, `bochs-display` and `ramfb`",
        help "use another model, or a QEMU that has the device";
    /// The primary video device of a QEMU before 1.2 is a model of `-vga`.
    PRIMARY_MODEL = "video-primary-model": Internal, Build,
        "`<video><model type=>`: `-vga` has no `bochs-display` and no `ramfb`",
        help "use another model, or a QEMU since 1.2";
    /// Only video devices of model `qxl` and `virtio` can be secondary.
    SECONDARY = "video-secondary": Unsupported, Validate,
        "`<video><model primary='no'>`: the other devices are VGA cards with fixed I/O ports",
        help "make it the primary device, or use `type='virtio'`";
    /// Only video devices of model `qxl` and `virtio` have more than one head.
    HEADS = "video-heads": Unsupported, Validate,
        "`<video><model heads=>`: `max_outputs=` of `qxl` and `virtio-gpu`",
        help "set `heads='1'`, or use `type='virtio'`",
        since "9.0";
    /// QEMU has no 2D acceleration.
    ACCEL_2D = "video-accel2d": Unsupported, Validate,
        "`<video><model><acceleration accel2d=>`: for other hypervisors",
        help "remove `accel2d=`";
    /// The memory of a `qxl` device is at most 4194303 KiB.
    QXL_LARGE = "video-qxl-large": Overflow, Validate,
        "`<video><model type='qxl' ram= vram=>`: `ram_size=` and `vram_size=` are bytes in 32 bits",
        help "lower `ram=` and `vram=`";
    /// The `vgamem=` of a `qxl` device is a power of two of at least 1024 KiB.
    QXL_VGAMEM = "video-qxl-vgamem": Unsupported, Validate,
        "`<video><model type='qxl' vgamem=>`: `vgamem_mb=` counts MiB",
        help "set `vgamem=` to a value such as 16384";
    /// Only video devices of model `vga`, `qxl`, `virtio` and `bochs` have a resolution.
    RESOLUTION_MODEL = "video-resolution-model": Xml, Validate,
        "`<video><model><resolution>`: `xres=` and `yres=`",
        help "remove `<resolution>`, or use a model that has it";
    /// The memory of a `vga` or `vmvga` device is at least 1024 KiB.
    VGA_SMALL = "video-vga-small": Unsupported, Validate,
        "`<video><model vram=>`: `vgamem_mb=` counts MiB",
        help "set `vram=` to 1024 or more";
    /// A video device with driver `vhostuser` needs a QEMU that has it.
    VHOST_USER = "video-vhost-user": Unsupported, Validate,
        "`<video><driver name='vhostuser'/>`: `-device vhost-user-gpu`",
        help "remove `<driver>`, or use a QEMU that has the device";
    /// Only a video device of model `virtio` has 3D acceleration.
    ACCEL_3D_MODEL = "video-accel3d-model": Unsupported, Validate,
        "`<video><model><acceleration accel3d=>`: virgl is part of `virtio-gpu`",
        help "use `type='virtio'`, or remove `accel3d=`", until "12.9";
    /// 3D acceleration needs a QEMU that has it.
    ACCEL_3D = "video-accel3d": Unsupported, Validate,
        "`<video><model><acceleration accel3d='yes'/>`: `virgl=` of `virtio-gpu`, `virtio-gpu-gl-pci` and `virtio-vga-gl`",
        help "remove `accel3d=`, or use a QEMU that was built with virglrenderer";
    /// Blob resources need a QEMU that has them.
    BLOB = "video-blob": Unsupported, Validate,
        "`<video><model blob=>`: `blob=` of `virtio-gpu`, new in QEMU 6.1",
        help "remove `blob=`, or use QEMU 6.1 or later";
    /// Blob resources need guest memory from memory source `memfd`.
    BLOB_MEMFD = "video-blob-memfd": Unsupported, Validate,
        "`<memoryBacking><source type='memfd'/>`: Linux's udmabuf makes buffers of memfds",
        help "add `<source type='memfd'/>` to `<memoryBacking>`, or set `blob='off'`";
}

/// Checks every `<video>` against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let videos = &cx.domain.devices.videos;
    for video in videos {
        if cx.release.has(Convention::FormatRulesFirst) {
            common(cx, video, out);
            qemu(cx, video, out);
        } else {
            qemu(cx, video, out);
            common(cx, video, out);
        }
    }
    let mut primary = videos.iter().filter(|video| video.primary);
    if let (Some(first), Some(second)) = (primary.next(), primary.next()) {
        let message = Message::new("more than one `<video>` has `primary='yes'`");
        let message = message.with_first(first.info.pos.path("model/@primary"));
        out.refuse(&PRIMARY_TWICE, second.info.pos.path("model/@primary"), message);
    }
}

/// The rules of the domain format, which do not depend on QEMU.
fn common(cx: &Context<'_>, video: &Video, out: &mut Findings<'_>) {
    let videos = &cx.domain.devices.videos;
    let pos = video.info.pos;
    if video.model.is_none() {
        let message = "`<video>` has no `<model>`, and this guest has no default";
        out.refuse(&NO_MODEL, pos, message);
    }
    let model = video.model.unwrap_or(VideoModel::Default);
    if videos.len() > 1 && cx.known.has_no_video() {
        let message = "a `video` of model `none` must be the only one";
        out.refuse(&NONE_ALONE, pos.path("model/@type"), message);
    }
    if video.is_vhost_user() && model != VideoModel::Virtio {
        let message = format!("a `<video>` with driver `vhostuser` needs model `virtio`, not `{model}`");
        out.refuse(&VHOST_USER_MODEL, pos.path("driver/@name"), message);
    }
    let node = video.acceleration.as_ref().and_then(|accel| accel.rendernode.as_ref());
    if let Some(node) = node.filter(|_| !video.is_vhost_user()) {
        let message = format!("`rendernode` (`{node}`) needs driver `vhostuser`");
        out.refuse(&RENDERNODE, pos.path("model/acceleration/@rendernode"), message);
    }
    if let Some(resolution) = video.resolution.filter(|r| r.x == 0 || r.y == 0) {
        let message = format!(
            "`<resolution>` has `x='{}'` and `y='{}'`, both must be at least 1",
            resolution.x, resolution.y
        );
        out.refuse(&RESOLUTION_ZERO, pos.path("model/resolution"), message);
    }
    if model != VideoModel::Qxl {
        for (name, path, size) in [
            ("ram", "model/@ram", video.ram),
            ("vram64", "model/@vram64", video.vram64),
            ("vgamem", "model/@vgamem", video.vgamem),
        ] {
            if let Some(size) = size.filter(|size| *size > 0) {
                let message = format!("`{name}` (`{size}`) needs model `qxl`, not `{model}`");
                out.refuse(&QXL_MEMORY, pos.path(path), message);
            }
        }
    }
    placement(video, model, out);
}

/// Address, virtio options and blob resources of models that have none.
fn placement(video: &Video, model: VideoModel, out: &mut Findings<'_>) {
    let pos = video.info.pos;
    if model == VideoModel::Ramfb && video.info.address.is_some() {
        let message = "an `address` is not supported for a `video` of model `ramfb`";
        out.refuse(&RAMFB_ADDRESS, pos.path("address"), message);
    }
    if let Some(edid) = video.edid
        && !matches!(model, VideoModel::Vga | VideoModel::Bochs | VideoModel::Virtio)
    {
        let message = format!("`edid` (`{edid}`) is not supported for a `<video>` of model `{model}`");
        out.refuse(&EDID_MODEL, pos.path("model/@edid"), message);
    }
    if model != VideoModel::Virtio {
        virtio::absent(video.virtio, &pos.path("driver"), out);
        if let Some(blob) = video.blob {
            let message = format!("`blob` (`{blob}`) is not supported for a `<video>` of model `{model}`");
            out.refuse(&BLOB_MODEL, pos.path("model/@blob"), message);
        }
    }
}

/// The rules of QEMU.
fn qemu(cx: &Context<'_>, video: &Video, out: &mut Findings<'_>) {
    let model = video.model.unwrap_or(VideoModel::Default);
    if model == VideoModel::None {
        return;
    }
    let pos = video.info.pos;
    if !offered::video(|cap| cx.has(cap), model) {
        let message = format!("model `{model}` of `<video>` is not supported by this QEMU");
        return out.refuse(&MODEL, pos.path("model/@type"), message);
    }
    let many = matches!(model, VideoModel::Qxl | VideoModel::Virtio);
    if !many && !video.primary {
        let message = format!("a `<video>` of model `{model}` must be the primary one");
        out.refuse(&SECONDARY, pos.path("model/@type"), message);
    }
    if let Some(heads) = video.heads.filter(|heads| !many && *heads != 1) {
        let message = format!("`heads` is `{heads}`, it must be 1 for a `<video>` of model `{model}`");
        out.refuse(&HEADS, pos.path("model/@heads"), message);
    }
    if video.acceleration.as_ref().and_then(|accel| accel.accel2d) == Some(YesNo::Yes) {
        let message = "`accel2d` is `yes`, which QEMU does not support";
        out.refuse(&ACCEL_2D, pos.path("model/acceleration/@accel2d"), message);
    }
    memory(video, model, out);
    let resolution =
        matches!(model, VideoModel::Vga | VideoModel::Qxl | VideoModel::Virtio | VideoModel::Bochs);
    if video.resolution.is_some() && !resolution {
        let message = format!("a `<resolution>` is not supported for a `<video>` of model `{model}`");
        out.refuse(&RESOLUTION_MODEL, pos.path("model/resolution"), message);
    }
    acceleration(cx, video, model, out);
    if model == VideoModel::Virtio {
        virtio::available(cx, video.virtio, &pos.path("driver"), out);
        device(cx, video, out);
    }
    blob(cx, video, model, out);
}

/// Which of QEMU's devices a virtio video device is.
fn device(cx: &Context<'_>, video: &Video, out: &mut Findings<'_>) {
    let Some(device) = video.device else { return };
    let (vga, gl, vhost_user, cap) = match device {
        VirtioVideo::Vga => (true, false, false, Cap::DeviceVirtioVga),
        VirtioVideo::Gpu => (false, false, false, Cap::DeviceVirtioGpu),
        VirtioVideo::VgaGl => (true, true, false, Cap::VirtioVgaGl),
        VirtioVideo::GpuGl => (false, true, false, Cap::VirtioGpuGlPci),
        VirtioVideo::VhostUserVga => (true, false, true, Cap::DeviceVhostUserVga),
        VirtioVideo::VhostUserGpu => (false, false, true, Cap::DeviceVhostUserGpu),
    };
    let mut refuse = |what: &str| {
        let message = format!("device `{device}` of `<video>` {what}");
        out.refuse(&DEVICE, video.info.pos.path("model/@device"), message);
    };
    if vhost_user != video.is_vhost_user() {
        let wanted = if vhost_user { "needs driver `vhostuser`" } else { "is not for driver `vhostuser`" };
        return refuse(wanted);
    }
    if gl && video.accel3d() != Some(YesNo::Yes) {
        return refuse("needs 3D acceleration");
    }
    if vga && !video.primary {
        return refuse("is for the primary video device only");
    }
    if !cx.has(cap) {
        refuse("is not supported by this QEMU");
    }
}

fn memory(video: &Video, model: VideoModel, out: &mut Findings<'_>) {
    let pos = video.info.pos;
    if model == VideoModel::Qxl {
        for (name, path, size) in [("vram", "model/@vram", video.vram), ("ram", "model/@ram", video.ram)] {
            if let Some(size) = size.filter(|size| *size > QXL_LIMIT) {
                let message = format!("`{name}` is `{size}` KiB, it must be at most `{QXL_LIMIT}`");
                out.refuse(&QXL_LARGE, pos.path(path), message);
            }
        }
        if let Some(size) = video.vgamem.filter(|size| *size < 1024 || !size.is_power_of_two()) {
            let message = format!("`vgamem` is `{size}` KiB, it must be a power of two of at least `1024`");
            out.refuse(&QXL_VGAMEM, pos.path("model/@vgamem"), message);
        }
    }
    if matches!(model, VideoModel::Vga | VideoModel::Vmvga)
        && let Some(size) = video.vram.filter(|size| (1..1024).contains(size))
    {
        let message = format!("`vram` is `{size}` KiB, it must be at least `1024` for model `{model}`");
        out.refuse(&VGA_SMALL, pos.path("model/@vram"), message);
    }
}

fn acceleration(cx: &Context<'_>, video: &Video, model: VideoModel, out: &mut Findings<'_>) {
    let pos = video.info.pos;
    if video.is_vhost_user() {
        if model == VideoModel::Virtio && !cx.has(Cap::DeviceVhostUserGpu) {
            let message = "driver `vhostuser` of `<video>` needs a `vhost-user` device that this QEMU lacks";
            out.refuse(&VHOST_USER, pos.path("driver/@name"), message);
        }
    } else if video.accel3d() == Some(YesNo::Yes) {
        let place = pos.path("model/acceleration/@accel3d");
        if model != VideoModel::Virtio {
            let message = format!("`accel3d` is `yes`, which needs model `virtio`, not `{model}`");
            out.refuse(&ACCEL_3D_MODEL, place, message);
        } else if ![Cap::VirtioGpuVirgl, Cap::VirtioGpuGlPci, Cap::VirtioVgaGl]
            .into_iter()
            .any(|cap| cx.has(cap))
        {
            out.refuse(&ACCEL_3D, place, "`accel3d` is `yes`, which this QEMU does not support");
        }
    }
}

fn blob(cx: &Context<'_>, video: &Video, model: VideoModel, out: &mut Findings<'_>) {
    let Some(blob) = video.blob.filter(|_| model == VideoModel::Virtio) else { return };
    let place = video.info.pos.path("model/@blob");
    if !cx.has(Cap::VirtioGpuBlob) {
        let message = format!("`blob` (`{blob}`) is not supported by this QEMU");
        out.refuse(&BLOB, place, message);
    } else if blob == OnOff::On && !is_memfd(cx) {
        let message = "`blob` is `on`, which needs guest memory with a `<source>` of type `memfd`";
        out.refuse(&BLOB_MEMFD, place, message);
    }
}

fn is_memfd(cx: &Context<'_>) -> bool {
    use virtargv_model::memory::MemorySource;
    cx.domain.memory.backing.source == Some(MemorySource::Memfd)
}

/// Checks what libvirt finds only when it builds the command line.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    for video in cx.domain.devices.videos.iter().filter(|_| !cx.has(Cap::DeviceVideoPrimary)) {
        if let Some(model @ (VideoModel::Bochs | VideoModel::Ramfb)) = video.model
            && video.primary
        {
            let message = format!("`-vga` of this QEMU has no video card of model `{model}`");
            let place = video.info.pos.path("model/@type");
            out.refuse(&PRIMARY_MODEL, place, message);
        }
    }
}
