//! `<video>`.

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::video::{Video, VideoModel};
use virtargv_model::{OnOff, YesNo};

use super::{address, virtio};
use crate::emit::context::Emit;
use crate::needs::Process;
use crate::prepare::device::Device;
use crate::prepare::device::video::{Driver, Facts, GpuSocket};
use crate::text::{Text, text};
use crate::{Props, Value};

/// A video device that is emitted.
type VideoDevice<'p> = Device<'p, Video, Option<Facts>>;

/// Emits every `<video>`.
pub(crate) fn emit(e: &mut Emit<'_>) {
    let together = e.release().has(Convention::VhostUserGpuTogether);
    let videos = || e.prepared.videos().filter_map(|video| Some((video, video.facts.as_ref()?)));
    let all: Vec<_> = videos().collect();
    if !together {
        for (video, facts) in &all {
            gpu(e, *video, facts);
        }
    }
    for (video, facts) in all {
        if together {
            gpu(e, video, facts);
        }
        e.at(video);
        match facts.driver {
            Driver::Vga { name, driver } => vga(e, &video, name, driver),
            Driver::Device { name, on_bus, virtio } => {
                let mut props = if on_bus {
                    virtio::device(e, name, virtio::Variant::Plain, video.address, video.virtio)
                } else {
                    Props::new("driver", name)
                };
                if virtio && !on_bus {
                    virtio::early_options(&mut props, e, video.virtio);
                }
                video_device(e, video, props);
            }
        }
    }
}

/// Emits the character device of a vhost-user video device.
fn gpu<'p>(e: &mut Emit<'p>, video: VideoDevice<'p>, facts: &Facts) {
    e.at(video);
    let props = Props::new("backend", "socket").with("id", chardev_id(video));
    match &facts.gpu {
        None => {}
        Some(GpuSocket::Path(path)) => {
            e.need_listener(path, Process::VhostUser);
            e.chardev(props.with("path", path));
        }
        Some(GpuSocket::Passed(passed)) => {
            let fd = e.pass(passed);
            e.chardev(props.with("fd", fd));
        }
    }
}

fn chardev_id(video: VideoDevice<'_>) -> Text {
    text!("chr-vu-", video.alias)
}

fn video_device(e: &mut Emit<'_>, video: VideoDevice<'_>, mut props: Props) {
    props.set("id", video.alias);
    if video.model == Some(VideoModel::Virtio) && !video.is_vhost_user() && e.has(Cap::VirtioGpuVirgl) {
        props.set_opt("virgl", video.accel3d().map(YesNo::is_yes));
    }
    let heads_first = video.model != Some(VideoModel::Qxl) || e.release().has(Convention::QxlHeadsFirst);
    if heads_first {
        props.set_opt("max_outputs", heads(e, &video));
    }
    memory(e, video, &mut props);
    if !heads_first {
        props.set_opt("max_outputs", heads(e, &video));
    }
    props.set_opt("edid", video.edid.map(OnOff::is_on));
    if let Some(resolution) = video.resolution {
        props.set("xres", resolution.x).set("yres", resolution.y);
    }
    address::add(&mut props, e, video.address);
    virtio::late_options(&mut props, e, video.virtio);
    e.device(props);
}

/// `max_outputs=`, for models that can have more than one output.
fn heads(e: &Emit<'_>, video: &Video) -> Option<u32> {
    let able = match video.model {
        _ if video.is_vhost_user() => true,
        Some(VideoModel::Qxl) => e.has(Cap::QxlMaxOutputs),
        Some(VideoModel::Virtio) => e.has(Cap::VirtioGpuMaxOutputs),
        _ => false,
    };
    video.heads.filter(|heads| able && *heads > 0)
}

/// Adds the sizes of video memory.
fn memory(e: &Emit<'_>, video: VideoDevice<'_>, props: &mut Props) {
    let vram = video.vram.filter(|size| *size > 0);
    if video.model == Some(VideoModel::Qxl) {
        props.set_opt("ram_size", video.ram.filter(|size| *size > 0).map(bytes));
        props.set_opt("vram_size", vram.map(bytes));
        if e.has(Cap::QxlVram64) {
            // Without `vram64` QEMU has no 64-bit BAR for video memory.
            props.set("vram64_size_mb", video.vram64.map_or(0, |size| size / 1024));
        }
        if e.has(Cap::QxlVgamem) {
            props.set_opt("vgamem_mb", video.vgamem.map(|size| size / 1024));
        }
    } else if video.is_vhost_user() {
        props.set("chardev", chardev_id(video));
    } else if has_vgamem(e, &video) {
        props.set_opt("vgamem_mb", vram.map(|size| size / 1024));
    } else if video.model == Some(VideoModel::Bochs) {
        let size: Option<Value> = vram.map(|size| {
            if e.release().has(Convention::BochsMemoryInBytes) {
                bytes(size).into()
            } else {
                text!(size, "k").into()
            }
        });
        props.set_opt("vgamem", size);
    } else if video.model == Some(VideoModel::Virtio) {
        props.set_opt("blob", video.blob.map(OnOff::is_on));
    }
}

fn has_vgamem(e: &Emit<'_>, video: &Video) -> bool {
    match video.model {
        Some(VideoModel::Vga) => e.has(Cap::VgaVgamem),
        Some(VideoModel::Vmvga) => e.has(Cap::VmwareSvgaVgamem),
        _ => false,
    }
}

/// Converts KiB to bytes.
fn bytes(kib: u32) -> u64 {
    u64::from(kib) * 1024
}

/// Emits the primary video device as `-vga`, for QEMUs that need it so. Its properties are set by `-global`.
fn vga(e: &mut Emit<'_>, video: &Video, name: &'static str, driver: &'static str) {
    e.option("-vga", name);
    let some = |size: Option<u32>| size.filter(|size| *size > 0);
    let global = |e: &mut Emit<'_>, property: &'static str, value: Option<u64>| {
        if let Some(value) = value {
            e.global(text!(driver, ".", property), value);
        }
    };
    let mib = |size: Option<u32>| some(size).map(|size| u64::from(size / 1024));
    if video.model == Some(VideoModel::Qxl) && (some(video.ram).is_some() || some(video.vram).is_some()) {
        global(e, "ram_size", some(video.ram).map(bytes));
        global(e, "vram_size", some(video.vram).map(bytes));
        global(e, "vram64_size_mb", mib(video.vram64).filter(|_| e.has(Cap::QxlVram64)));
        global(e, "vgamem_mb", mib(video.vgamem).filter(|_| e.has(Cap::QxlVgamem)));
        global(e, "max_outputs", heads(e, video).map(u64::from));
    }
    if has_vgamem(e, video) {
        global(e, "vgamem_mb", mib(video.vram));
    }
}
