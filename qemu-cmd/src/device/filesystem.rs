//! `<filesystem>`: 9p, virtiofs and MTP.

use virtargv_caps::Convention;
use virtargv_model::device::chardev_source::{Backend, ChardevSource, SourceMode, Unix};
use virtargv_model::device::filesystem::{Filesystem, FsAccessMode, FsDriver, FsModel, FsMultidevs};
use virtargv_model::{Kind, Problem, Spelled};

use super::address;
use super::chardev_source::HostEnd;
use super::virtio::{self, Variant};
use crate::emit::{Done, Emit, problem};
use crate::needs::{Process, Role};
use crate::{Props, Style, Value};

/// Emits `<filesystem>`.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    for fs in &e.domain().devices.filesystems {
        let alias = fs.info.alias.as_deref().unwrap_or_default();
        if let Some(path) = fs.source.path.as_deref().filter(|_| fs.driver != Some(FsDriver::Virtiofs)) {
            e.need_path(path, Role::Share);
        }
        let props = match fs.driver {
            None | Some(FsDriver::Path | FsDriver::Handle) => {
                let backend = ninep_backend(e, fs, alias)?;
                e.line.option("-fsdev", backend.to_kv(Style::OnOff));
                ninep_device(e, fs, alias)?
            }
            Some(FsDriver::Virtiofs) => virtiofs(e, fs, alias)?,
            Some(FsDriver::Mtp) => mtp(e, fs, alias)?,
            Some(FsDriver::Loop | FsDriver::Nbd | FsDriver::Ploop) => continue,
        };
        e.device(&props);
    }
    Ok(())
}

fn variant(fs: &Filesystem) -> Variant {
    match fs.model {
        None | Some(FsModel::Virtio) => Variant::Plain,
        Some(FsModel::VirtioTransitional) => Variant::Transitional,
        Some(FsModel::VirtioNonTransitional) => Variant::NonTransitional,
    }
}

/// The host's side of 9p (`-fsdev`).
fn ninep_backend(e: &Emit<'_>, fs: &Filesystem, alias: &str) -> Result<Props, Problem> {
    let mode = fs.access_mode.unwrap_or(FsAccessMode::Passthrough);
    let mut props = if fs.driver == Some(FsDriver::Handle) {
        if mode != FsAccessMode::Passthrough {
            let message = format!("a 'filesystem' by 'handle' has accessmode 'passthrough', not '{mode}'");
            return Err(problem(
                Kind::Unsupported,
                "filesystem-handle",
                fs.info.pos.attr("accessmode"),
                message,
            ));
        }
        Props::new("fsdriver", "handle")
    } else {
        let security = match mode {
            FsAccessMode::Passthrough => "passthrough",
            FsAccessMode::Mapped => "mapped",
            FsAccessMode::Squash => "none",
        };
        Props::new("fsdriver", "local")
            .with("security_model", security)
            .opt("fmode", fs.file_mode.map(|m| m.to_string()))
            .opt("dmode", fs.dir_mode.map(|m| m.to_string()))
            .opt("multidevs", fs.multidevs.filter(|m| *m != FsMultidevs::Default).map(Spelled::as_str))
    };
    props.set_opt("writeout", fs.write_policy.map(Spelled::as_str));
    props.set("id", format!("fsdev-{alias}")).set_opt("path", fs.source.path.as_ref());
    if fs.readonly {
        let on = if e.release().has(Convention::FsdevExplicitOn) { true.into() } else { Value::Bare };
        props.set("readonly", on);
    }
    Ok(props)
}

fn ninep_device(e: &Emit<'_>, fs: &Filesystem, alias: &str) -> Result<Props, Problem> {
    let mut props = virtio::device(e, "virtio-9p", variant(fs), &fs.info, fs.virtio)?;
    props.set("id", alias).set("fsdev", format!("fsdev-{alias}")).set_opt("mount_tag", fs.target.as_ref());
    virtio::late_options(&mut props, e, fs.virtio);
    address::add(&mut props, e, &fs.info)?;
    Ok(props)
}

/// virtiofs: a daemon at the other end of a socket.
fn virtiofs(e: &mut Emit<'_>, fs: &Filesystem, alias: &str) -> Result<Props, Problem> {
    let newer = e.release().has(Convention::VirtiofsDeviceId);
    let path = fs.source.socket.clone().unwrap_or_else(|| {
        let ending = if newer { "-fs.sock" } else { ".vhost-fs.sock" };
        format!("{}/{alias}{ending}", e.plan.domain_dir)
    });
    let socket = Unix { mode: Some(SourceMode::Connect), path: Some(path), reconnect: None };
    let source = ChardevSource { backend: Backend::Unix(socket), ..ChardevSource::default() };
    let chardev = format!("chr-vu-{alias}");
    HostEnd::new(&source, alias).with_id(chardev.clone()).with_peer(Process::Virtiofsd).emit(e)?;

    let mut props = virtio::device(e, "vhost-user-fs", variant(fs), &fs.info, fs.virtio)?;
    if newer {
        props.set("id", alias);
    }
    props.set("chardev", chardev);
    props.set_opt("queue-size", fs.queue_size.filter(|n| *n > 0)).set_opt("tag", fs.target.as_ref());
    virtio::late_options(&mut props, e, fs.virtio);
    if newer {
        address::add_bootindex(&mut props, fs.info.boot.as_ref().map(|b| b.order));
    }
    address::add(&mut props, e, &fs.info)?;
    Ok(props)
}

/// MTP, a USB device.
fn mtp(e: &Emit<'_>, fs: &Filesystem, alias: &str) -> Result<Props, Problem> {
    let mut props = Props::new("driver", "usb-mtp")
        .with("id", alias)
        .opt("rootdir", fs.source.path.as_ref())
        .opt("desc", fs.target.as_ref())
        .with("readonly", fs.readonly);
    address::add(&mut props, e, &fs.info)?;
    Ok(props)
}
