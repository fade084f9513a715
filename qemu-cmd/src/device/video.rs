//! `<video>`: the guest's graphics cards.

use virtargv_caps::{Cap, Convention};
use virtargv_host::Descriptor;
use virtargv_model::device::video::{Video, VideoModel};
use virtargv_model::{Kind, OnOff, Problem, YesNo};

use super::{address, virtio};
use crate::emit::{Done, Emit, problem};
use crate::needs::Process;
use crate::{Props, Value};

/// Emits every `<video>`.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    let together = e.release().has(Convention::VhostUserGpuTogether);
    let videos = e.domain().devices.videos.iter().filter(|video| video.model != Some(VideoModel::None));
    if !together {
        for video in videos.clone() {
            vhost_user(e, video)?;
        }
    }
    for video in videos {
        if together {
            vhost_user(e, video)?;
        }
        if video.primary && !e.has(Cap::DeviceVideoPrimary) {
            vga(e, video)?;
        } else {
            card(e, video)?;
        }
    }
    Ok(())
}

/// The socket of the process that does the work of a card.
fn vhost_user(e: &mut Emit<'_>, video: &Video) -> Done {
    if !video.is_vhost_user() {
        return Ok(());
    }
    if e.is_standalone() {
        let path = format!("{}/{}-gpu.sock", e.plan.domain_dir, alias(video));
        e.need_listener(&path, Process::VhostUser);
        e.chardev(&Props::new("backend", "socket").with("id", chardev_id(video)).with("path", path));
        return Ok(());
    }
    let fd = e.descriptor(&Descriptor::VhostUserGpu).map_err(|error| {
        problem(Kind::OperationFailed, "video-vhost-user-socket", video.info.pos, error.to_string())
    })?;
    let props = Props::new("backend", "socket").with("id", chardev_id(video)).with("fd", fd);
    e.chardev(&props);
    Ok(())
}

fn chardev_id(video: &Video) -> String {
    format!("chr-vu-{}", alias(video))
}

fn alias(video: &Video) -> &str {
    video.info.alias.as_deref().unwrap_or_default()
}

/// Which device a card is.
struct Driver {
    /// The driver's name, or what it begins with.
    name: &'static str,
    /// The name ends in that of the bus.
    on_bus: bool,
    /// It takes the options of virtio devices.
    virtio: bool,
}

/// A primary card is one with VGA, where QEMU has it.
fn driver(e: &Emit<'_>, video: &Video) -> Result<Driver, Problem> {
    let plain = |name| Some(Driver { name, on_bus: false, virtio: false });
    let virtio = |name, on_bus| Some(Driver { name, on_bus, virtio: true });
    let gl = |cap| video.accel3d() == Some(YesNo::Yes) && e.has(cap);
    let model = video.model.unwrap_or(VideoModel::Default);
    let found = match (model, is_vga(e, video)) {
        (_, true) if video.is_vhost_user() => plain("vhost-user-vga"),
        (_, false) if video.is_vhost_user() => virtio("vhost-user-gpu", true),
        (VideoModel::Vga, true) => plain("VGA"),
        (VideoModel::Cirrus, true) => plain("cirrus-vga"),
        (VideoModel::Vmvga, true) => plain("vmware-svga"),
        (VideoModel::Qxl, true) => plain("qxl-vga"),
        (VideoModel::Qxl, false) => plain("qxl"),
        (VideoModel::Virtio, true) if gl(Cap::VirtioVgaGl) => virtio("virtio-vga-gl", false),
        (VideoModel::Virtio, true) => virtio("virtio-vga", false),
        (VideoModel::Virtio, false) if gl(Cap::VirtioGpuGlPci) => virtio("virtio-gpu-gl", true),
        (VideoModel::Virtio, false) => virtio("virtio-gpu", true),
        (VideoModel::Bochs, true) => plain("bochs-display"),
        (VideoModel::Ramfb, true) => plain("ramfb"),
        _ => None,
    };
    found.ok_or_else(|| no_device(video, model))
}

fn no_device(video: &Video, model: VideoModel) -> Problem {
    let message = format!("QEMU has no device for a video card of model '{model}' in this place");
    problem(Kind::Internal, "video-model", video.info.pos.path("model/@type"), message)
}

fn is_vga(e: &Emit<'_>, video: &Video) -> bool {
    let able = match video.model {
        Some(VideoModel::Virtio) if video.is_vhost_user() => e.has(Cap::DeviceVhostUserVga),
        Some(VideoModel::Virtio) => e.has(Cap::DeviceVirtioVga),
        _ => true,
    };
    video.primary && able
}

fn card(e: &mut Emit<'_>, video: &Video) -> Done {
    let driver = driver(e, video)?;
    let mut props = if driver.on_bus {
        virtio::device(e, driver.name, virtio::Variant::Plain, &video.info, video.virtio)?
    } else {
        let mut props = Props::new("driver", driver.name);
        if driver.virtio {
            virtio::early_options(&mut props, e, video.virtio);
        }
        props
    };
    props.set("id", alias(video));
    if video.model == Some(VideoModel::Virtio) && !video.is_vhost_user() && e.has(Cap::VirtioGpuVirgl) {
        props.set_opt("virgl", video.accel3d().map(YesNo::is_yes));
    }
    let heads_first = video.model != Some(VideoModel::Qxl) || e.release().has(Convention::QxlHeadsFirst);
    if heads_first {
        props.set_opt("max_outputs", heads(e, video));
    }
    memory(e, video, &mut props);
    if !heads_first {
        props.set_opt("max_outputs", heads(e, video));
    }
    if let Some(resolution) = video.resolution {
        props.set("xres", resolution.x).set("yres", resolution.y);
    }
    address::add(&mut props, e, &video.info)?;
    virtio::late_options(&mut props, e, video.virtio);
    e.device(&props);
    Ok(())
}

/// How many monitors, for models that can have more than one.
fn heads(e: &Emit<'_>, video: &Video) -> Option<u32> {
    let able = match video.model {
        _ if video.is_vhost_user() => true,
        Some(VideoModel::Qxl) => e.has(Cap::QxlMaxOutputs),
        Some(VideoModel::Virtio) => e.has(Cap::VirtioGpuMaxOutputs),
        _ => false,
    };
    video.heads.filter(|heads| able && *heads > 0)
}

/// What a card has instead of, or for, memory.
fn memory(e: &Emit<'_>, video: &Video, props: &mut Props) {
    let vram = video.vram.filter(|size| *size > 0);
    if video.model == Some(VideoModel::Qxl) {
        props.set_opt("ram_size", video.ram.filter(|size| *size > 0).map(bytes));
        props.set_opt("vram_size", vram.map(bytes));
        if e.has(Cap::QxlVram64) {
            props.set("vram64_size_mb", video.vram64.unwrap_or_default() / 1024);
        }
        if e.has(Cap::QxlVgamem) {
            props.set("vgamem_mb", video.vgamem.unwrap_or_default() / 1024);
        }
    } else if video.is_vhost_user() {
        props.set("chardev", chardev_id(video));
    } else if has_vgamem(e, video) {
        props.set_opt("vgamem_mb", vram.map(|size| size / 1024));
    } else if video.model == Some(VideoModel::Bochs) {
        let size = vram.map(|size| {
            if e.release().has(Convention::BochsMemoryInBytes) {
                bytes(size).into()
            } else {
                Value::Str(format!("{size}k"))
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

/// KiB in bytes.
fn bytes(kib: u32) -> u64 {
    u64::from(kib) * 1024
}

/// `-vga`, the older way to have a primary card; what it would have as properties is set for all devices of its driver.
fn vga(e: &mut Emit<'_>, video: &Video) -> Done {
    let (name, driver) = match video.model.unwrap_or(VideoModel::Default) {
        VideoModel::Vga => ("std", "VGA"),
        VideoModel::Cirrus => ("cirrus", "cirrus-vga"),
        VideoModel::Vmvga => ("vmware", "vmware-svga"),
        VideoModel::Qxl => ("qxl", "qxl-vga"),
        VideoModel::Virtio => ("virtio", "virtio-vga"),
        model => return Err(no_device(video, model)),
    };
    e.line.option("-vga", name);
    let some = |size: Option<u32>| size.filter(|size| *size > 0);
    let global = |e: &mut Emit<'_>, property: &'static str, value: Option<u64>| {
        if let Some(value) = value {
            e.line.option("-global", format!("{driver}.{property}={value}"));
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
    Ok(())
}
