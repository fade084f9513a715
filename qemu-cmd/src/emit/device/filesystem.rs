//! `<filesystem>`: 9p, virtiofs and MTP.

use virtargv_caps::Convention;
use virtargv_model::device::filesystem::{Filesystem, FsMultidevs};
use virtargv_model::{Release, Spelled};

use super::address;
use super::chardev_source::Chardev;
use super::virtio;
use crate::emit::context::Emit;
use crate::needs::Role;
use crate::prepare::device::Device;
use crate::prepare::device::chardev_source::CharBackend;
use crate::prepare::device::filesystem::{Facts, NinePDriver};
use crate::text::{Text, text};
use crate::{Props, Value};

/// A filesystem that is emitted.
type FsDevice<'p> = Device<'p, Filesystem, Facts>;

/// Emits every `<filesystem>`.
pub(crate) fn emit(e: &mut Emit<'_>) {
    for fs in e.prepared.filesystems() {
        e.at(fs);
        let props = match fs.facts {
            Facts::Virtiofs(socket) => virtiofs(e, fs, socket),
            Facts::NineP(driver) => {
                need_directory(e, fs);
                let backend = ninep_backend(fs, *driver, e.release());
                e.list("-fsdev", backend);
                ninep_device(e, fs)
            }
            Facts::Mtp => {
                need_directory(e, fs);
                mtp(e, fs)
            }
            Facts::Nothing => continue,
        };
        e.device(props);
    }
}

fn need_directory(e: &mut Emit<'_>, fs: FsDevice<'_>) {
    if let Some(path) = &fs.source.path {
        e.need_path(path, Role::Share);
    }
}

/// The properties of `-fsdev`, the backend of 9p.
fn ninep_backend(fs: FsDevice<'_>, driver: NinePDriver, release: Release) -> Props {
    let mut props = match driver {
        NinePDriver::Handle => Props::new("fsdriver", "handle"),
        NinePDriver::Local { security } => Props::new("fsdriver", "local")
            .with("security_model", security)
            .opt("multidevs", fs.multidevs.filter(|m| *m != FsMultidevs::Default).map(Spelled::as_str))
            .opt("fmode", fs.file_mode.map(|m| m.to_string()))
            .opt("dmode", fs.dir_mode.map(|m| m.to_string())),
    };
    props.set_opt("writeout", fs.write_policy.map(Spelled::as_str));
    props.set("id", ninep_id(fs)).set_opt("path", fs.source.path.as_ref());
    if fs.readonly {
        let on = release.has(Convention::FsdevReadonlyOn);
        props.set("readonly", if on { Value::Bool(true) } else { Value::Bare });
    }
    props
}

fn ninep_id(fs: FsDevice<'_>) -> Text {
    text!("fsdev-", fs.alias)
}

fn ninep_device(e: &Emit<'_>, fs: FsDevice<'_>) -> Props {
    let mut props = virtio::device(e, "virtio-9p", fs.variant, fs.address, fs.virtio);
    props.set("id", fs.alias).set("fsdev", ninep_id(fs)).set_opt("mount_tag", fs.target.as_ref());
    virtio::late_options(&mut props, e, fs.virtio);
    address::add(&mut props, e, fs.address);
    props
}

/// Emits virtiofs: the socket of virtiofsd, and the device.
fn virtiofs(e: &mut Emit<'_>, fs: FsDevice<'_>, socket: &CharBackend) -> Props {
    let chardev = Chardev::new(socket, fs.alias).with_id(text!("chr-vu-", fs.alias)).emit(e);
    let mut props = virtio::device(e, "vhost-user-fs", fs.variant, fs.address, fs.virtio);
    if e.release().has(Convention::VirtiofsDeviceId) {
        props.set("id", fs.alias);
    }
    props.set("chardev", chardev);
    props.set_opt("queue-size", fs.queue_size.filter(|n| *n > 0)).set_opt("tag", fs.target.as_ref());
    virtio::late_options(&mut props, e, fs.virtio);
    address::add_bootindex(&mut props, &fs.info);
    address::add(&mut props, e, fs.address);
    props
}

/// The properties of an MTP device, which is on USB.
fn mtp(e: &Emit<'_>, fs: FsDevice<'_>) -> Props {
    let mut props = Props::new("driver", "usb-mtp")
        .with("id", fs.alias)
        .opt("rootdir", fs.source.path.as_ref())
        .opt("desc", fs.target.as_ref())
        .with("readonly", fs.readonly);
    address::add(&mut props, e, fs.address);
    props
}
