//! Rules on the options that the `<driver>` of every virtio device has.

use virtargv_caps::{Cap, Convention};
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
use virtargv_model::{Domain, OnOff, Place, Spelled, YesNo};

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
    /// A transitional or non-transitional virtio device has an address of type `pci`.
    VERSION_ADDRESS = "virtio-transitional-address": Unsupported, Build,
        "`model='virtio-transitional'` and `model='virtio-non-transitional'`: `virtio-*-pci` alone has kinds for the versions of virtio",
        help "use `model='virtio'`";
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
                format!("option `{name}` (`{value}`) of virtio devices is not supported by this QEMU");
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
                format!("option `{name}` (`{value}`) of `driver` is only supported for virtio devices");
            out.refuse(&ABSENT, place.clone(), message);
        }
    }
}

/// A virtio device of the domain.
struct Used<'d> {
    info: &'d DeviceInfo,
    /// The version of virtio that its model asks for.
    version: VirtioVersion,
}

/// The versions of virtio that the model of a device asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum VirtioVersion {
    /// Those of the bus (`model='virtio'`).
    OfBus,
    /// 0.9 and 1.0.
    Transitional,
    /// 1.0 only.
    NonTransitional,
}

impl VirtioVersion {
    /// That of `model`, where these are the words for the two kinds.
    fn of<T: PartialEq>(model: Option<&T>, transitional: &T, non_transitional: &T) -> Self {
        match model {
            Some(model) if model == transitional => Self::Transitional,
            Some(model) if model == non_transitional => Self::NonTransitional,
            _ => Self::OfBus,
        }
    }
}

/// Checks what libvirt finds only when it builds the command line.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    let supported = cx.has(Cap::VirtioPciTransitional) || cx.has(Cap::VirtioPciDisableLegacy);
    for Used { info, version } in used(cx.domain) {
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
        } else if version != VirtioVersion::OfBus
            && info.pci().is_none()
            && !cx.release.has(Convention::TransitionalAnyBus)
        {
            let kind = info.address.as_ref().map_or("", |address| Spelled::as_str(address.kind()));
            let message = format!(
                "models `virtio-transitional` and `virtio-non-transitional` need an address of type `pci`, not `{kind}`"
            );
            out.refuse(&VERSION_ADDRESS, info.pos.path("address/@type"), message);
        } else if version == VirtioVersion::NonTransitional && !supported {
            let message = "the model `virtio-non-transitional` is not supported by this QEMU";
            out.refuse(&NON_TRANSITIONAL, info.pos, message);
        }
    }
}

/// The virtio devices, in the order of their options.
fn used(domain: &Domain) -> Vec<Used<'_>> {
    let d = &domain.devices;
    let mut all = Vec::new();
    let mut add = |info, version| all.push(Used { info, version });
    for c in &d.controllers {
        match &c.kind {
            ControllerKind::Scsi(Some(
                model @ (ScsiModel::VirtioScsi
                | ScsiModel::VirtioTransitional
                | ScsiModel::VirtioNonTransitional),
            )) => {
                let (old, new) = (ScsiModel::VirtioTransitional, ScsiModel::VirtioNonTransitional);
                add(&c.info, VirtioVersion::of(Some(model), &old, &new));
            }
            ControllerKind::VirtioSerial(serial) => {
                let (old, new) = (VirtioModel::Transitional, VirtioModel::NonTransitional);
                add(&c.info, VirtioVersion::of(serial.model.as_ref(), &old, &new));
            }
            _ => {}
        }
    }
    for disk in d.disks.iter().filter(|disk| disk.bus() == Some(DiskBus::Virtio)) {
        let later = disk.transient.is_some_and(|t| t.share_backing == Some(YesNo::Yes));
        if !later {
            let (old, new) = (DiskModel::VirtioTransitional, DiskModel::VirtioNonTransitional);
            add(&disk.info, VirtioVersion::of(disk.model.as_ref(), &old, &new));
        }
    }
    for fs in &d.filesystems {
        if matches!(fs.driver, None | Some(FsDriver::Path | FsDriver::Handle | FsDriver::Virtiofs)) {
            let (old, new) = (FsModel::VirtioTransitional, FsModel::VirtioNonTransitional);
            add(&fs.info, VirtioVersion::of(fs.model.as_ref(), &old, &new));
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
            let (old, new) = (KnownModel::VirtioTransitional, KnownModel::VirtioNonTransitional);
            let (old, new) = (NicModel::Known(old), NicModel::Known(new));
            add(&nic.info, VirtioVersion::of(nic.model.as_ref(), &old, &new));
        }
    }
    for input in &d.inputs {
        if input.bus == Some(InputBus::Virtio) && input.kind.is_some_and(|kind| kind != InputType::Evdev) {
            let (old, new) = (InputModel::VirtioTransitional, InputModel::VirtioNonTransitional);
            add(&input.info, VirtioVersion::of(input.model.as_ref(), &old, &new));
        }
    }
    for sound in d.sounds.iter().filter(|sound| sound.model == SoundModel::Virtio) {
        add(&sound.info, VirtioVersion::OfBus);
    }
    for hostdev in &d.hostdevs {
        if let HostdevSource::ScsiHost(host) = &hostdev.source {
            let (old, new) = (ScsiHostModel::VirtioTransitional, ScsiHostModel::VirtioNonTransitional);
            add(&hostdev.info, VirtioVersion::of(host.model.as_ref(), &old, &new));
        }
    }
    for balloon in &d.memballoons {
        if !matches!(balloon.model, Some(MemballoonModel::Xen | MemballoonModel::None) | None) {
            let (old, new) = (MemballoonModel::VirtioTransitional, MemballoonModel::VirtioNonTransitional);
            add(&balloon.info, VirtioVersion::of(balloon.model.as_ref(), &old, &new));
        }
    }
    for rng in &d.rngs {
        let (old, new) = (RngModel::VirtioTransitional, RngModel::VirtioNonTransitional);
        add(&rng.info, VirtioVersion::of(rng.model.as_ref(), &old, &new));
    }
    for vsock in &d.vsocks {
        let (old, new) = (VsockModel::VirtioTransitional, VsockModel::VirtioNonTransitional);
        add(&vsock.info, VirtioVersion::of(vsock.model.as_ref(), &old, &new));
    }
    d.cryptos.iter().for_each(|crypto| add(&crypto.info, VirtioVersion::OfBus));
    all
}
