//! Rules on `<filesystem>`.

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::filesystem::{Filesystem, FsAccessMode, FsDriver, FsMultidevs, FsType};
use virtargv_model::info::Address;

use super::{vhost_user, virtio};
use crate::{Context, Findings, Rule};

virtargv_model::rules! {
    /// A guest can boot from virtiofs alone.
    FS_BOOT = "filesystem-boot": Unsupported, Validate, "`bootindex=` of `vhost-user-fs`";
    /// A virtiofs tag names one file system.
    FS_TARGET_TWICE = "filesystem-target-twice": Unsupported, Validate, "the guest mounts by the tag";
    /// QEMU shows the guest folders of the host.
    FS_TYPE = "filesystem-type": Unsupported, Validate, "`-fsdev` and virtiofsd have folders";
    /// QEMU sets no limits on a file system.
    FS_LIMITS = "filesystem-limits": Unsupported, Validate, "`-fsdev` has no quota";
    /// Several devices in one tree are handled by a QEMU that can.
    FS_MULTIDEVS = "filesystem-multidevs": Unsupported, Validate, "`multidevs=` of `-fsdev`";
    /// Permissions of what is made are set by a QEMU that can.
    FS_CREATE_MODE_QEMU = "filesystem-create-mode-qemu": Unsupported, Validate, "`fmode=` and `dmode=` of `-fsdev`";
    /// Permissions of what is made go with mapped owners.
    FS_CREATE_MODE = "filesystem-create-mode": Unsupported, Validate, "`fmode=` and `dmode=` of `-fsdev` with `security_model=mapped`";
    /// Only virtiofs has a daemon to be locked up.
    FS_SANDBOX = "filesystem-sandbox": Unsupported, Validate, "`--sandbox` of virtiofsd";
    /// By handle, files are opened as the guest's users.
    FS_HANDLE = "filesystem-handle-accessmode": Unsupported, Validate, "`-fsdev handle`";
    /// A file system is served by a driver that QEMU has.
    FS_DRIVER = "filesystem-driver": Unsupported, Validate, "9p, virtiofs and MTP";
    /// virtiofs does not have what 9p has.
    FS_VIRTIOFS = "filesystem-virtiofs-option": Unsupported, Validate, "options of virtiofsd";
    /// virtiofs is asked of a QEMU that has it.
    FS_VIRTIOFS_QEMU = "filesystem-virtiofs-qemu": Unsupported, Validate, "`vhost-user-fs`";
    /// MTP is asked of a QEMU that has it.
    FS_MTP_QEMU = "filesystem-mtp-qemu": Unsupported, Validate, "`usb-mtp`";
    /// Booting from virtiofs is asked of a QEMU that can.
    FS_VIRTIOFS_BOOT = "filesystem-virtiofs-boot": Unsupported, Validate, "`bootindex=` of `vhost-user-fs-pci`";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let filesystems = &cx.domain.devices.filesystems;
    for (n, fs) in filesystems.iter().enumerate() {
        let earlier = filesystems.get(..n).unwrap_or_default();
        let is_virtiofs = fs.driver == Some(FsDriver::Virtiofs);
        let pos = fs.info.pos;
        if fs.info.boot.is_some() && !is_virtiofs {
            let message = "a guest boots from a 'filesystem' with driver 'virtiofs' only";
            out.refuse(&FS_BOOT, pos.path("boot"), message);
        }
        let twice = earlier.iter().any(|other| {
            (is_virtiofs || other.driver == Some(FsDriver::Virtiofs)) && other.target == fs.target
        });
        if let Some(target) = fs.target.as_ref().filter(|_| twice) {
            let message = format!("'target' with dir '{target}' is that of another 'filesystem'");
            out.refuse(&FS_TARGET_TWICE, pos.path("target/@dir"), message);
        }
        if fs.driver != Some(FsDriver::Mtp) {
            virtio::available(cx, fs.virtio, &pos.path("driver"), out);
        }
        check_general(cx, fs, out);
        match fs.driver {
            None | Some(FsDriver::Path) => {}
            Some(FsDriver::Mtp) => {
                if !cx.has(Cap::DeviceUsbMtp) {
                    out.refuse(&FS_MTP_QEMU, pos.path("driver/@type"), "this QEMU has no device 'usb-mtp'");
                }
            }
            Some(FsDriver::Handle) => check_handle(fs, out),
            Some(driver @ (FsDriver::Loop | FsDriver::Nbd | FsDriver::Ploop)) => {
                let message = format!("QEMU has no 'filesystem' with driver '{driver}'");
                out.refuse(&FS_DRIVER, pos.path("driver/@type"), message);
            }
            Some(FsDriver::Virtiofs) => check_virtiofs(cx, fs, out),
        }
    }
}

fn check_general(cx: &Context<'_>, fs: &Filesystem, out: &mut Findings<'_>) {
    let pos = fs.info.pos;
    if let Some(kind) = fs.kind.filter(|k| *k != FsType::Mount) {
        let message = format!("QEMU has no 'filesystem' of type '{kind}', only 'mount'");
        out.refuse(&FS_TYPE, pos.attr("type"), message);
    }
    if fs.space_hard_limit.is_some_and(|n| n > 0) || fs.space_soft_limit.is_some_and(|n| n > 0) {
        let message = "QEMU has no 'space_hard_limit' and 'space_soft_limit' on a 'filesystem'";
        out.refuse(&FS_LIMITS, pos, message);
    }
    if let Some(multidevs) = fs.multidevs.filter(|m| *m != FsMultidevs::Default)
        && !cx.has(Cap::FsdevMultidevs)
    {
        let message = format!("this QEMU has no 'multidevs', it is '{multidevs}'");
        out.refuse(&FS_MULTIDEVS, pos.attr("multidevs"), message);
    }
    if fs.file_mode.is_some() || fs.dir_mode.is_some() {
        if !cx.has(Cap::FsdevCreatemode) {
            out.refuse(&FS_CREATE_MODE_QEMU, pos, "this QEMU has no 'fmode' and 'dmode'");
        }
        if let Some(mode) = fs.access_mode.filter(|m| *m != FsAccessMode::Mapped) {
            let message = format!("'fmode' and 'dmode' go with accessmode 'mapped', not '{mode}'");
            out.refuse(&FS_CREATE_MODE, pos.attr("accessmode"), message);
        }
    }
    let sandbox = fs.binary.as_ref().and_then(|b| b.sandbox);
    if let Some(sandbox) = sandbox.filter(|_| fs.driver != Some(FsDriver::Virtiofs)) {
        let message = format!("a 'sandbox' ('{sandbox}') goes with driver 'virtiofs'");
        out.refuse(&FS_SANDBOX, pos.path("binary/sandbox"), message);
    }
}

fn check_handle(fs: &Filesystem, out: &mut Findings<'_>) {
    if let Some(mode) = fs.access_mode.filter(|m| *m != FsAccessMode::Passthrough) {
        let message = format!("driver 'handle' goes with accessmode 'passthrough', not '{mode}'");
        out.refuse(&FS_HANDLE, fs.info.pos.attr("accessmode"), message);
    }
}

fn check_virtiofs(cx: &Context<'_>, fs: &Filesystem, out: &mut Findings<'_>) {
    let pos = fs.info.pos;
    let mut lacks = |broken: bool, what: &str| {
        if broken {
            let message = format!("a 'filesystem' with driver 'virtiofs' has no {what}");
            out.refuse(&FS_VIRTIOFS, pos, message);
        }
    };
    let started = fs.source.socket.is_none();
    lacks(fs.readonly && !cx.release.has(Convention::VirtiofsReadonly), "'readonly'");
    lacks(started && !cx.host.config().privileged, "daemon in a session");
    lacks(
        started && fs.access_mode.is_some_and(|m| m != FsAccessMode::Passthrough),
        "'accessmode' but 'passthrough'",
    );
    lacks(started && fs.write_policy.is_some(), "'wrpolicy'");
    lacks(fs.model.is_some(), "'model'");
    lacks(fs.format.is_some(), "'format'");
    lacks(fs.multidevs.is_some_and(|m| m != FsMultidevs::Default), "'multidevs'");
    lacks(fs.file_mode.is_some() || fs.dir_mode.is_some(), "'fmode' and 'dmode'");
    if !cx.has(Cap::DeviceVhostUserFs) {
        out.refuse(&FS_VIRTIOFS_QEMU, pos, "this QEMU has no device 'vhost-user-fs'");
    }
    vhost_user::check(cx, "virtiofs", pos, out);
    if fs.info.boot.is_some() {
        check_virtiofs_boot(cx, fs, out);
    }
}

fn check_virtiofs_boot(cx: &Context<'_>, fs: &Filesystem, out: &mut Findings<'_>) {
    let place = fs.info.pos.path("boot");
    let mut refuse = |rule: &'static Rule, message: &str| out.refuse(rule, place.clone(), message);
    if !cx.release.has(Convention::VirtiofsDeviceId) || !cx.has(Cap::VhostUserFsBootindex) {
        refuse(&FS_VIRTIOFS_BOOT, "device 'vhost-user-fs' of this QEMU has no 'bootindex'");
    }
    if !matches!(fs.info.address, None | Some(Address::Pci(_))) {
        refuse(&FS_VIRTIOFS_BOOT, "a guest boots from 'virtiofs' on 'pci' only");
    }
}
