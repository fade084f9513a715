//! Rules on `<filesystem>`.

use foldhash::HashMap;
use virtargv_caps::{Cap, Convention};
use virtargv_model::Message;
use virtargv_model::device::filesystem::{Filesystem, FsAccessMode, FsDriver, FsMultidevs, FsType};
use virtargv_model::info::Address;

use super::{vhost_user, virtio};
use crate::{Context, Findings, Rule};

virtargv_model::rules! {
    /// A guest boots from a file system with driver `virtiofs` only.
    FS_BOOT = "filesystem-boot": Unsupported, Validate,
        "`<filesystem><boot>`: `bootindex=` of `vhost-user-fs`",
        help "remove `<boot>`, or use `<driver type='virtiofs'/>`";
    /// The target of a virtiofs file system is one of its own.
    FS_TARGET_TWICE = "filesystem-target-twice": Unsupported, Validate,
        "`<filesystem><target dir=>`: the tag by which the guest mounts it",
        help "give one of them another `dir=`";
    /// The type of a file system is `mount`.
    FS_TYPE = "filesystem-type": Unsupported, Validate,
        "`<filesystem type=>`: 9p, virtiofs and MTP export a directory of the host",
        help "set `type='mount'`";
    /// QEMU has no space limits of a file system.
    FS_LIMITS = "filesystem-limits": Unsupported, Validate,
        "`<filesystem><space_hard_limit>` and `<space_soft_limit>`: for containers",
        help "remove both elements";
    /// The handling of several devices in one file system needs a QEMU that has it.
    FS_MULTIDEVS = "filesystem-multidevs": Unsupported, Validate,
        "`<filesystem multidevs=>`: `multidevs=` of `-fsdev`, new in QEMU 4.2",
        help "remove `multidevs=`, or use QEMU 4.2 or later";
    /// Modes of created files need a QEMU that has them.
    FS_CREATE_MODE_QEMU = "filesystem-create-mode-qemu": Unsupported, Validate,
        "`<filesystem fmode= dmode=>`: `fmode=` and `dmode=` of `-fsdev`",
        help "remove `fmode=` and `dmode=`, or use a QEMU that has them";
    /// Modes of created files need access mode `mapped`.
    FS_CREATE_MODE = "filesystem-create-mode": Unsupported, Validate,
        "`<filesystem accessmode= fmode= dmode=>`: `fmode=` and `dmode=` of `-fsdev` with `security_model=mapped`",
        help "set `accessmode='mapped'`, or remove `fmode=` and `dmode=`";
    /// Only a file system with driver `virtiofs` has a sandbox.
    FS_SANDBOX = "filesystem-sandbox": Unsupported, Validate,
        "`<filesystem><binary><sandbox>`: `--sandbox` of virtiofsd",
        help "remove `<sandbox>`, or use `<driver type='virtiofs'/>`";
    /// A file system with driver `handle` has access mode `passthrough`.
    FS_HANDLE = "filesystem-handle-accessmode": Unsupported, Validate,
        "`<filesystem accessmode=><driver type='handle'/>`: `-fsdev handle` has no `security_model=`",
        help "set `accessmode='passthrough'`";
    /// The driver of a file system is `path`, `virtiofs` or `mtp`; in earlier releases, `handle` too.
    FS_DRIVER = "filesystem-driver": Unsupported, Validate,
        "`<filesystem><driver type=>`: `loop`, `nbd` and `ploop` are for containers",
        help "use another `<driver type=>`";
    /// A file system with driver `virtiofs` has only the options of virtiofs.
    FS_VIRTIOFS = "filesystem-virtiofs-option": Unsupported, Validate,
        "`<filesystem><driver type='virtiofs'/>`: 9p's `accessmode=`, `multidevs=`, `fmode=` and the like are not options of virtiofsd, which libvirt's session daemon does not start; `<readonly/>` (since libvirt 11.0) is an option of a virtiofsd that libvirt starts",
        help "remove the option; in a session, name the socket of a virtiofsd that runs already; start that virtiofsd with `--readonly` in the place of `<readonly/>`";
    /// A file system with driver `virtiofs` needs a QEMU that has it.
    FS_VIRTIOFS_QEMU = "filesystem-virtiofs-qemu": Unsupported, Validate,
        "`<filesystem><driver type='virtiofs'/>`: `-device vhost-user-fs-pci`, new in QEMU 4.2",
        help "use `<driver type='path'/>`, or QEMU 4.2 or later";
    /// A file system with driver `mtp` needs a QEMU that has it.
    FS_MTP_QEMU = "filesystem-mtp-qemu": Unsupported, Validate,
        "`<filesystem><driver type='mtp'/>`: `-device usb-mtp`",
        help "use another driver, or a QEMU that has the device";
    /// The driver `handle` is one of early QEMUs.
    FS_DRIVER_HANDLE = "filesystem-driver-handle": Unsupported, Validate,
        "`<filesystem><driver type='handle'/>`: `-fsdev handle` was removed in QEMU 4.0",
        help "use `type='path'`, or driver `virtiofs`", since "12.2";
    /// Booting from virtiofs needs an address of type `pci`, and a QEMU that has it.
    FS_VIRTIOFS_BOOT = "filesystem-virtiofs-boot": Unsupported, Validate,
        "`<filesystem><boot>`: `bootindex=` of `vhost-user-fs-pci`",
        help "remove `<boot>`, use `<address type='pci'>`, or a QEMU that has it";
}

/// Checks every `<filesystem>` against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    // The first of each target so far, of all and of those with virtiofs.
    let mut all: HashMap<&str, &Filesystem> = HashMap::default();
    let mut virtiofs: HashMap<&str, &Filesystem> = HashMap::default();
    for fs in &cx.domain.devices.filesystems {
        let is_virtiofs = fs.driver == Some(FsDriver::Virtiofs);
        let pos = fs.info.pos;
        if fs.info.boot.is_some() && !is_virtiofs {
            let message = "a guest can boot from a `<filesystem>` with driver `virtiofs` only";
            out.refuse(&FS_BOOT, pos.path("boot"), message);
        }
        let twice = fs.target.as_deref().and_then(|target| {
            let earlier = if is_virtiofs { &all } else { &virtiofs };
            let twice = earlier.get(target).copied();
            all.entry(target).or_insert(fs);
            if is_virtiofs {
                virtiofs.entry(target).or_insert(fs);
            }
            twice
        });
        if let Some(target) = fs.target.as_ref()
            && let Some(other) = twice
        {
            let message = format!("`dir` `{target}` of `<target>` is given to another `<filesystem>` too");
            let message = Message::new(message).with_first(other.info.pos.path("target/@dir"));
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
                    out.refuse(&FS_MTP_QEMU, pos.path("driver/@type"), "this QEMU has no device `usb-mtp`");
                }
            }
            Some(FsDriver::Handle) if cx.release.has(Convention::FsHandle) => check_handle(fs, out),
            Some(FsDriver::Handle) => {
                let message = "driver `handle` of `<filesystem>` is not supported by QEMU since version 4.0";
                out.refuse(&FS_DRIVER_HANDLE, pos.path("driver/@type"), message);
            }
            Some(driver @ (FsDriver::Loop | FsDriver::Nbd | FsDriver::Ploop)) => {
                let message = format!("driver `{driver}` of `<filesystem>` is not supported by QEMU");
                out.refuse(&FS_DRIVER, pos.path("driver/@type"), message);
            }
            Some(FsDriver::Virtiofs) => check_virtiofs(cx, fs, out),
        }
    }
}

/// The options that do not depend on the driver.
fn check_general(cx: &Context<'_>, fs: &Filesystem, out: &mut Findings<'_>) {
    let pos = fs.info.pos;
    if let Some(kind) = fs.kind.filter(|k| *k != FsType::Mount) {
        let message = format!("type `{kind}` of `<filesystem>` is not supported by QEMU, only `mount` is");
        out.refuse(&FS_TYPE, pos.attr("type"), message);
    }
    if fs.space_hard_limit.is_some_and(|n| n > 0) || fs.space_soft_limit.is_some_and(|n| n > 0) {
        let message = "`space_hard_limit` and `space_soft_limit` of `<filesystem>` are not supported by QEMU";
        out.refuse(&FS_LIMITS, pos, message);
    }
    if let Some(multidevs) = fs.multidevs.filter(|m| *m != FsMultidevs::Default)
        && !cx.has(Cap::FsdevMultidevs)
    {
        let message = format!("`multidevs` (`{multidevs}`) is not supported by this QEMU");
        out.refuse(&FS_MULTIDEVS, pos.attr("multidevs"), message);
    }
    if fs.file_mode.is_some() || fs.dir_mode.is_some() {
        if !cx.has(Cap::FsdevCreatemode) {
            out.refuse(&FS_CREATE_MODE_QEMU, pos, "`fmode` and `dmode` are not supported by this QEMU");
        }
        if let Some(mode) = fs.access_mode.filter(|m| *m != FsAccessMode::Mapped) {
            let message = format!("`fmode` and `dmode` need accessmode `mapped`, not `{mode}`");
            out.refuse(&FS_CREATE_MODE, pos.attr("accessmode"), message);
        }
    }
    let sandbox = fs.binary.as_ref().and_then(|b| b.sandbox);
    if let Some(sandbox) = sandbox.filter(|_| fs.driver != Some(FsDriver::Virtiofs)) {
        let message = format!("a `sandbox` (`{sandbox}`) needs driver `virtiofs`");
        out.refuse(&FS_SANDBOX, pos.path("binary/sandbox"), message);
    }
}

fn check_handle(fs: &Filesystem, out: &mut Findings<'_>) {
    if let Some(mode) = fs.access_mode.filter(|m| *m != FsAccessMode::Passthrough) {
        let message = format!("driver `handle` needs accessmode `passthrough`, not `{mode}`");
        out.refuse(&FS_HANDLE, fs.info.pos.attr("accessmode"), message);
    }
}

fn check_virtiofs(cx: &Context<'_>, fs: &Filesystem, out: &mut Findings<'_>) {
    let pos = fs.info.pos;
    let mut unsupported = |given: bool, what: &str| {
        if given {
            let message = format!("a `<filesystem>` with driver `virtiofs` does not support {what}");
            out.refuse(&FS_VIRTIOFS, pos, message);
        }
    };
    let started = fs.source.socket.is_none();
    unsupported(fs.readonly && !cx.release.has(Convention::VirtiofsReadonly), "`<readonly/>`");
    unsupported(
        fs.readonly && !started && cx.release.has(Convention::VirtiofsReadonlySocket),
        "`<readonly/>` with `<source socket=>`",
    );
    unsupported(started && !cx.host.config().privileged, "starting virtiofsd in a session");
    unsupported(
        started && fs.access_mode.is_some_and(|m| m != FsAccessMode::Passthrough),
        "an `accessmode` other than `passthrough`",
    );
    unsupported(started && fs.write_policy.is_some(), "`wrpolicy`");
    unsupported(fs.model.is_some(), "`model`");
    unsupported(fs.format.is_some(), "`format`");
    unsupported(fs.multidevs.is_some_and(|m| m != FsMultidevs::Default), "`multidevs`");
    unsupported(fs.file_mode.is_some() || fs.dir_mode.is_some(), "`fmode` and `dmode`");
    if !cx.has(Cap::DeviceVhostUserFs) {
        out.refuse(&FS_VIRTIOFS_QEMU, pos, "this QEMU has no device `vhost-user-fs`");
    }
    vhost_user::check(cx, "virtiofs", pos, out);
    if fs.info.boot.is_some() {
        check_virtiofs_boot(cx, fs, out);
    }
}

fn check_virtiofs_boot(cx: &Context<'_>, fs: &Filesystem, out: &mut Findings<'_>) {
    let place = fs.info.pos.path("boot");
    let mut refuse = |rule: &'static Rule, message: &str| out.refuse(rule, place.clone(), message);
    if !cx.has(Cap::VhostUserFsBootindex) {
        refuse(&FS_VIRTIOFS_BOOT, "device `vhost-user-fs` of this QEMU has no `bootindex`");
    }
    if !matches!(fs.info.address, None | Some(Address::Pci(_))) {
        refuse(&FS_VIRTIOFS_BOOT, "booting from `virtiofs` needs an address of type `pci`");
    }
}
