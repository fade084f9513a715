//! Defaults of `<video>`.

use virtargv_caps::{Cap, Caps, Convention};
use virtargv_model::YesNo;
use virtargv_model::device::video::{Video, VideoModel, VirtioVideo};
use virtargv_model::info::DeviceInfo;

use crate::Work;

/// The default `vgamem=` of QXL, in KiB.
const QXL_VGAMEM: u32 = 16 * 1024;

/// Adds a video device to a guest with a display, and fills in model, memory and heads of every video device. The first
/// one becomes the primary device.
pub(crate) fn apply(work: &mut Work<'_>) {
    let model = default_model(work);
    let devices = &mut work.domain.devices;
    if !devices.graphics.is_empty() && devices.videos.is_empty() {
        let info = DeviceInfo::implied("<graphics> needs a video device");
        devices.videos = vec![Video { info, ..Video::default() }];
    }
    for video in &mut devices.videos {
        complete(video, model);
    }
    if let Some(first) = devices.videos.first_mut() {
        if first.model == Some(VideoModel::None) {
            let info =
                DeviceInfo { alias: first.info.alias.take(), pos: first.info.pos, ..DeviceInfo::default() };
            *first = Video { model: Some(VideoModel::None), info, ..Video::default() };
        } else {
            first.primary = true;
        }
    }
    if work.release.has(Convention::VideoDevice) {
        for video in devices.videos.iter_mut().filter(|video| video.model == Some(VideoModel::Virtio)) {
            video.device = Some(video.device.unwrap_or_else(|| virtio_device(video, work.caps)));
        }
    }
}

/// Which of QEMU's devices a virtio video device is: the primary one has VGA, where QEMU has such a device.
pub fn virtio_device(video: &Video, caps: &Caps) -> VirtioVideo {
    let (vhost_user, gl) = (video.is_vhost_user(), video.accel3d() == Some(YesNo::Yes));
    let vga_cap = if vhost_user { Cap::DeviceVhostUserVga } else { Cap::DeviceVirtioVga };
    match video.primary && caps.has(vga_cap) {
        true if vhost_user => VirtioVideo::VhostUserVga,
        false if vhost_user => VirtioVideo::VhostUserGpu,
        true if gl && caps.has(Cap::VirtioVgaGl) => VirtioVideo::VgaGl,
        true => VirtioVideo::Vga,
        false if gl && caps.has(Cap::VirtioGpuGlPci) => VirtioVideo::GpuGl,
        false => VirtioVideo::Gpu,
    }
}

/// The default model of video devices; `None` where the QEMU binary has no suitable one.
fn default_model(work: &Work<'_>) -> Option<VideoModel> {
    let guest = &work.guest;
    if guest.arch.is_ppc64() {
        Some(VideoModel::Vga)
    } else if guest.is_arm_virt()
        || guest.is_loongarch_virt()
        || guest.is_riscv_virt()
        || guest.arch.is_s390()
    {
        Some(VideoModel::Virtio)
    } else if work.caps.has(Cap::DeviceCirrusVga) {
        Some(VideoModel::Cirrus)
    } else if work.caps.has(Cap::DeviceVga) {
        Some(VideoModel::Vga)
    } else {
        None
    }
}

fn complete(video: &mut Video, default: Option<VideoModel>) {
    video.model = video.model.or(default);
    video.heads.get_or_insert(1);
    let open = |size: Option<u32>| size.unwrap_or_default() == 0;
    if video.model == Some(VideoModel::Qxl) {
        if open(video.vgamem) {
            video.vgamem = Some(QXL_VGAMEM);
        }
        if open(video.ram) {
            video.ram = default_memory(video.model);
        }
    }
    if open(video.vram) {
        video.vram = default_memory(video.model);
    }
    video.ram = video.ram.map(power_of_two);
    video.vram = video.vram.map(power_of_two);
}

/// The default memory of a video device, in KiB.
fn default_memory(model: Option<VideoModel>) -> Option<u32> {
    match model? {
        VideoModel::Vga | VideoModel::Cirrus | VideoModel::Vmvga | VideoModel::Bochs => Some(16 * 1024),
        VideoModel::Xen => Some(4 * 1024),
        // The least size that QEMU accepts.
        VideoModel::Qxl => Some(64 * 1024),
        _ => None,
    }
}

/// The next power of two; 0 for 0 and where it does not fit.
fn power_of_two(size: u32) -> u32 {
    if size == 0 { 0 } else { size.checked_next_power_of_two().unwrap_or_default() }
}
