//! Rules on the options that the `<driver>` of every virtio device has.

use virtargv_caps::Cap;
use virtargv_model::device::controller::{ControllerKind, ScsiModel, VirtioModel};
use virtargv_model::device::disk::{DiskBus, DiskModel};
use virtargv_model::device::filesystem::{FsDriver, FsModel};
use virtargv_model::device::hostdev::{HostdevSource, ScsiHostModel};
use virtargv_model::device::input::{InputBus, InputModel, InputType};
use virtargv_model::device::memballoon::MemballoonModel;
use virtargv_model::device::net::{InterfaceType, KnownModel, NicModel};
use virtargv_model::device::rng::RngModel;
use virtargv_model::device::sound::SoundModel;
use virtargv_model::device::virtio::VirtioOptions;
use virtargv_model::device::vsock::VsockModel;
use virtargv_model::info::{Address, DeviceInfo};
use virtargv_model::{Domain, OnOff, Place, YesNo};

use crate::{Context, Findings, Rule};

virtargv_model::rules! {
    /// Access to memory through an IOMMU needs a QEMU that has it for virtio devices.
    IOMMU = "virtio-iommu": Unsupported, Validate,
        "`<driver iommu=>`: `iommu_platform=` of virtio devices",
        help "remove `iommu=` from `<driver>`, or use a QEMU that has it";
    /// Address translation services need a QEMU that has them for virtio devices.
    ATS = "virtio-ats": Unsupported, Validate,
        "`<driver ats=>`: `ats=` of virtio PCI devices",
        help "remove `ats=` from `<driver>`, or use a QEMU that has it";
    /// Packed virtqueues need a QEMU that has them.
    PACKED = "virtio-packed": Unsupported, Validate,
        "`<driver packed=>`: `packed=` of virtio devices, new in QEMU 4.2",
        help "remove `packed=` from `<driver>`, or use QEMU 4.2 or later";
    /// Only a virtio device has `iommu=`, `ats=`, `packed=` and `page_per_vq=`.
    ABSENT = "virtio-options": Unsupported, Validate,
        "`<driver>`: properties that all virtio devices of QEMU have, and no others",
        help "remove the attribute from `<driver>`, or use the virtio model of the device";
    /// A virtio device has an address of type `pci`, `ccw`, `virtio-mmio` or `virtio-s390`.
    ADDRESS = "virtio-address": Internal, Build,
        "`<address type=>`: `virtio-*-pci`, `virtio-*-ccw`, `virtio-*-device` and `virtio-*-s390`",
        help "use the type of the machine, or remove the `<address>`";
    /// A non-transitional virtio device needs a QEMU that has it.
    NON_TRANSITIONAL = "virtio-transitional": Unsupported, Build,
        "`model='virtio-non-transitional'`: `virtio-*-pci-non-transitional`, or `disable-legacy=` of `virtio-*-pci`; on a conventional PCI bus every QEMU has transitional devices",
        help "use `model='virtio'`, or a QEMU that has them";
}

/// Name, value, rule and capability of each option. `page_per_vq` needs no capability.
fn rows(options: VirtioOptions) -> [(&'static str, Option<OnOff>, &'static Rule, Cap); 3] {
    [
        ("iommu", options.iommu, &IOMMU, Cap::VirtioPciIommuPlatform),
        ("ats", options.ats, &ATS, Cap::VirtioPciAts),
        ("packed", options.packed, &PACKED, Cap::VirtioPackedQueues),
    ]
}

/// Checks that this QEMU has the options of the virtio device at `place`.
pub(crate) fn available(cx: &Context<'_>, options: VirtioOptions, place: &Place, out: &mut Findings<'_>) {
    for (name, value, rule, cap) in rows(options) {
        if let Some(value) = value
            && !cx.has(cap)
        {
            let message =
                format!("option '{name}' ('{value}') of virtio devices is not supported by this QEMU");
            out.refuse(rule, place.clone(), message);
        }
    }
}

/// Checks that the device at `place`, which is no virtio device, has none of the options.
pub(crate) fn absent(options: VirtioOptions, place: &Place, out: &mut Findings<'_>) {
    let named = rows(options).map(|(name, value, ..)| (name, value));
    for (name, value) in named.into_iter().chain([("page_per_vq", options.page_per_vq)]) {
        if let Some(value) = value {
            let message =
                format!("option '{name}' ('{value}') of 'driver' is only supported for virtio devices");
            out.refuse(&ABSENT, place.clone(), message);
        }
    }
}

/// A virtio device of the domain.
struct Used<'d> {
    info: &'d DeviceInfo,
    /// Whether its model is non-transitional.
    modern: bool,
}

/// Checks what libvirt finds only when it builds the command line.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    let supported = cx.has(Cap::VirtioPciTransitional) || cx.has(Cap::VirtioPciDisableLegacy);
    for Used { info, modern } in used(cx.domain) {
        let placed = matches!(
            info.address,
            Some(Address::Pci(_) | Address::Ccw(_) | Address::VirtioMmio | Address::VirtioS390)
        );
        if info.address.is_none() && !out.is_placed() {
            continue;
        }
        if !placed {
            let message = "a virtio device has an address of a type that virtio devices cannot have";
            out.refuse(&ADDRESS, info.pos.path("address"), message);
        } else if modern && info.pci().is_some() && !supported {
            let message = "the model 'virtio-non-transitional' is not supported by this QEMU";
            out.refuse(&NON_TRANSITIONAL, info.pos, message);
        }
    }
}

/// The virtio devices, in the order of their options.
fn used(domain: &Domain) -> Vec<Used<'_>> {
    let d = &domain.devices;
    let mut all = Vec::new();
    let mut add = |info, modern| all.push(Used { info, modern });
    for c in &d.controllers {
        match &c.kind {
            ControllerKind::Scsi(Some(ScsiModel::VirtioScsi | ScsiModel::VirtioTransitional)) => {
                add(&c.info, false);
            }
            ControllerKind::Scsi(Some(ScsiModel::VirtioNonTransitional)) => add(&c.info, true),
            ControllerKind::VirtioSerial(serial) => {
                add(&c.info, serial.model == Some(VirtioModel::NonTransitional));
            }
            _ => {}
        }
    }
    for disk in d.disks.iter().filter(|disk| disk.bus() == Some(DiskBus::Virtio)) {
        let later = disk.transient.is_some_and(|t| t.share_backing == Some(YesNo::Yes));
        if !later {
            add(&disk.info, disk.model == Some(DiskModel::VirtioNonTransitional));
        }
    }
    for fs in &d.filesystems {
        if matches!(fs.driver, None | Some(FsDriver::Path | FsDriver::Handle | FsDriver::Virtiofs)) {
            add(&fs.info, fs.model == Some(FsModel::VirtioNonTransitional));
        }
    }
    for nic in
        d.interfaces.iter().filter(|nic| nic.is_virtio() && nic.actual_kind() != InterfaceType::Hostdev)
    {
        // On Arm, a network device with another address is the one on the board.
        let on_board =
            domain.os.arch.as_deref().is_some_and(|arch| arch.starts_with("arm") || arch == "aarch64")
                && !matches!(nic.info.address, Some(Address::Pci(_) | Address::VirtioMmio));
        if !on_board {
            add(&nic.info, nic.model == Some(NicModel::Known(KnownModel::VirtioNonTransitional)));
        }
    }
    for input in &d.inputs {
        if input.bus == Some(InputBus::Virtio) && input.kind.is_some_and(|kind| kind != InputType::Evdev) {
            add(&input.info, input.model == Some(InputModel::VirtioNonTransitional));
        }
    }
    for sound in d.sounds.iter().filter(|sound| sound.model == SoundModel::Virtio) {
        add(&sound.info, false);
    }
    for hostdev in &d.hostdevs {
        if let HostdevSource::ScsiHost(host) = &hostdev.source {
            add(&hostdev.info, host.model == Some(ScsiHostModel::VirtioNonTransitional));
        }
    }
    for balloon in &d.memballoons {
        match balloon.model {
            Some(MemballoonModel::Virtio | MemballoonModel::VirtioTransitional) => add(&balloon.info, false),
            Some(MemballoonModel::VirtioNonTransitional) => add(&balloon.info, true),
            Some(MemballoonModel::Xen | MemballoonModel::None) | None => {}
        }
    }
    for rng in &d.rngs {
        add(&rng.info, rng.model == Some(RngModel::VirtioNonTransitional));
    }
    for vsock in &d.vsocks {
        add(&vsock.info, vsock.model == Some(VsockModel::VirtioNonTransitional));
    }
    d.cryptos.iter().for_each(|crypto| add(&crypto.info, false));
    all
}
