//! `<video>`: device and vhost-user socket.

use virtargv_caps::Cap;
use virtargv_host::{Descriptor, HostError};
use virtargv_model::device::video::{Video, VideoModel, VirtioVideo};
use virtargv_model::{Class, Problem, YesNo};
use virtargv_resolve::virtio_video_device;
use virtargv_validate::rules::video as rules;

use super::Device;
use crate::prepare::context::{Prepare, broken};
use crate::prepare::descriptor::Passed;

/// A prepared video device.
#[derive(Debug)]
pub(crate) struct Facts {
    /// Its driver.
    pub driver: Driver,
    /// The socket of its vhost-user process; `None` for other drivers.
    pub gpu: Option<GpuSocket>,
}

/// The driver of a video device.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Driver {
    /// A device.
    Device {
        /// The driver's name, or its prefix.
        name: &'static str,
        /// Whether the suffix of the bus, such as `-pci`, is added to the name.
        on_bus: bool,
        /// Whether it has the options of virtio devices.
        virtio: bool,
    },
    /// The primary video device as `-vga`. Its properties are set by `-global`.
    Vga {
        /// The value of `-vga`.
        name: &'static str,
        /// The driver, for `-global`.
        driver: &'static str,
    },
}

/// How QEMU connects to a vhost-user-gpu process.
#[derive(Debug)]
pub(crate) enum GpuSocket {
    /// It inherits one end of a socket pair.
    Passed(Passed),
    /// It connects to the socket with this path.
    Path(String),
}

/// Prepares a `<video>`; `None` for model `none`.
pub(crate) fn prepare(cx: &mut Prepare<'_>, video: Device<'_, Video>) -> Result<Option<Facts>, Problem> {
    let refused =
        |message: String| broken(cx.release(), &rules::MODEL, video.info.pos.path("model/@type"), message);
    let model = video.model.ok_or_else(|| refused("`<video>` has no `<model>`".to_owned()))?;
    if model == VideoModel::None {
        return Ok(None);
    }
    let by_option = video.primary && !cx.has(Cap::DeviceVideoPrimary);
    let driver = if by_option { vga(model) } else { device(cx, &video, model) };
    let driver = driver.ok_or_else(|| {
        refused(format!("`<video>` has model `{model}`, for which this QEMU has no device"))
    })?;
    if video.is_vhost_user() {
        check_render_node(cx, &video)?;
    }
    let gpu = match &cx.directories.shell {
        _ if !video.is_vhost_user() => None,
        _ if cx.is_for_reader() => {
            let message = "`<video>` has a vhost-user device, whose process is not started for a command line \
                           that is to be read";
            return Err(crate::rules::NATIVE_VHOST_USER_GPU.problem(cx.release(), video.info.pos, message));
        }
        Some(dir) => Some(GpuSocket::Path(format!("{dir}/{}-gpu.sock", video.alias))),
        None => Some(GpuSocket::Passed(cx.pass(&Descriptor::VhostUserGpu, video.info.pos)?)),
    };
    Ok(Some(Facts { driver, gpu }))
}

/// Checks that the host has a render node where the process of a vhost-user device needs one and the document names none.
fn check_render_node(cx: &Prepare<'_>, video: &Video) -> Result<(), Problem> {
    let named = video.acceleration.as_ref().is_some_and(|acceleration| acceleration.rendernode.is_some());
    if video.accel3d() != Some(YesNo::Yes) || named {
        return Ok(());
    }
    match cx.host.devices().render_node() {
        Ok(_) | Err(HostError::Unknown(_)) => Ok(()),
        Err(error) => {
            let message = format!("the vhost-user device of `<video>` needs a DRM render node: {error}");
            let problem = crate::rules::VIDEO_RENDER_NODE.problem(cx.release(), video.info.pos, message);
            Err(if error.is_missing_directory() { problem.with_class(Class::Plain) } else { problem })
        }
    }
}

fn vga(model: VideoModel) -> Option<Driver> {
    let (name, driver) = match model {
        VideoModel::Vga => ("std", "VGA"),
        VideoModel::Cirrus => ("cirrus", "cirrus-vga"),
        VideoModel::Vmvga => ("vmware", "vmware-svga"),
        VideoModel::Qxl => ("qxl", "qxl-vga"),
        VideoModel::Virtio => ("virtio", "virtio-vga"),
        _ => return None,
    };
    Some(Driver::Vga { name, driver })
}

/// The driver for `-device`. A primary video device has VGA compatibility, if QEMU has such a driver.
fn device(cx: &Prepare<'_>, video: &Video, model: VideoModel) -> Option<Driver> {
    let plain = |name| Some(Driver::Device { name, on_bus: false, virtio: false });
    let virtio = |name, on_bus| Some(Driver::Device { name, on_bus, virtio: true });
    if model == VideoModel::Virtio || video.is_vhost_user() {
        let device = video.device.unwrap_or_else(|| virtio_video_device(video, cx.caps));
        return match device {
            VirtioVideo::VhostUserVga => plain("vhost-user-vga"),
            VirtioVideo::VhostUserGpu => virtio("vhost-user-gpu", true),
            VirtioVideo::VgaGl => virtio("virtio-vga-gl", false),
            VirtioVideo::Vga => virtio("virtio-vga", false),
            VirtioVideo::GpuGl => virtio("virtio-gpu-gl", true),
            VirtioVideo::Gpu => virtio("virtio-gpu", true),
        };
    }
    match (model, video.primary) {
        (VideoModel::Vga, true) => plain("VGA"),
        (VideoModel::Cirrus, true) => plain("cirrus-vga"),
        (VideoModel::Vmvga, true) => plain("vmware-svga"),
        (VideoModel::Qxl, true) => plain("qxl-vga"),
        (VideoModel::Qxl, false) => plain("qxl"),
        (VideoModel::Bochs, true) => plain("bochs-display"),
        (VideoModel::Ramfb, true) => plain("ramfb"),
        _ => None,
    }
}
