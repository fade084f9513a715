//! `<video>`: what the document left open.

use virtargv_caps::Cap;
use virtargv_model::device::video::{Video, VideoModel};
use virtargv_model::info::DeviceInfo;

use crate::Work;

/// `vgamem=` of QXL in KiB.
const QXL_VGAMEM: u32 = 16 * 1024;

/// Gives a guest with a screen a graphics card, and every card its model, memory and monitors. The first is primary.
pub(crate) fn apply(work: &mut Work<'_>) {
    let model = usual_model(work);
    let devices = &mut work.domain.devices;
    if !devices.graphics.is_empty() && devices.videos.is_empty() {
        devices.videos.push(Video::default());
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
}

/// The model of a card that has none. `None` where the QEMU has nothing that fits.
fn usual_model(work: &Work<'_>) -> Option<VideoModel> {
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

fn complete(video: &mut Video, usual: Option<VideoModel>) {
    video.model = video.model.or(usual);
    video.heads.get_or_insert(1);
    let open = |size: Option<u32>| size.unwrap_or_default() == 0;
    if video.model == Some(VideoModel::Qxl) {
        if open(video.vgamem) {
            video.vgamem = Some(QXL_VGAMEM);
        }
        if open(video.ram) {
            video.ram = usual_memory(video.model);
        }
    }
    if open(video.vram) {
        video.vram = usual_memory(video.model);
    }
    video.ram = video.ram.map(power_of_two);
    video.vram = video.vram.map(power_of_two);
}

/// The memory of a card in KiB.
fn usual_memory(model: Option<VideoModel>) -> Option<u32> {
    match model? {
        VideoModel::Vga | VideoModel::Cirrus | VideoModel::Vmvga | VideoModel::Bochs => Some(16 * 1024),
        VideoModel::Xen => Some(4 * 1024),
        // The least that QEMU takes.
        VideoModel::Qxl => Some(64 * 1024),
        _ => None,
    }
}

/// The next power of two, or 0 where there is none.
fn power_of_two(size: u32) -> u32 {
    if size == 0 { 0 } else { size.checked_next_power_of_two().unwrap_or_default() }
}
