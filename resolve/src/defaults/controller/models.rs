//! Default models of controllers.

use virtargv_caps::{Arch, Cap, Caps, Convention, Release};
use virtargv_model::device::controller::{ControllerKind, PciModel, ScsiModel, UsbModel};

use crate::{Guest, ReadOptions, Work};

/// Fills in the missing models.
pub(super) fn apply(work: &mut Work<'_>) {
    let (guest, caps, release, options) = (&work.guest, work.caps, work.release, work.options);
    let others = if release.has(Convention::ScsiModelOfOthers) { first_scsi_model(work) } else { None };
    for controller in &mut work.domain.devices.controllers {
        let addressed = controller.info.address.is_some();
        match &mut controller.kind {
            ControllerKind::Scsi(model) => {
                if matches!(model, None | Some(ScsiModel::Auto)) {
                    *model = scsi(guest, caps, release, others).or(*model);
                }
            }
            ControllerKind::Usb(usb) => {
                if usb.model.is_none() {
                    usb.model = usb_model(guest, caps, release, options, addressed);
                }
                if usb.model == Some(UsbModel::None) && release.has(Convention::UsbNoneNoAddress) {
                    controller.info.address = None;
                }
            }
            _ => {}
        }
    }
}

/// The model of the SCSI controller with the lowest index that has one.
fn first_scsi_model(work: &Work<'_>) -> Option<ScsiModel> {
    let controllers = work.domain.devices.controllers.iter();
    let with_model = controllers.filter(|c| c.scsi_model().is_some_and(|model| model != ScsiModel::Auto));
    with_model.min_by_key(|c| c.number())?.scsi_model()
}

/// The default model of a SCSI controller. `others` is the model that other controllers have.
fn scsi(guest: &Guest, caps: &Caps, release: Release, others: Option<ScsiModel>) -> Option<ScsiModel> {
    if guest.has_builtin_esp() && release.has(Convention::BuiltinEspDefault) {
        return Some(ScsiModel::Ncr53c90);
    }
    if guest.is_pseries() {
        return Some(ScsiModel::Ibmvscsi);
    }
    let virt = (guest.is_arm_virt() || guest.is_riscv_virt()) && release.has(Convention::VirtVirtioScsi);
    if guest.arch.is_s390() || guest.arch.is_loongarch() || virt {
        return Some(ScsiModel::VirtioScsi);
    }
    if others.is_some() {
        return others;
    }
    let known = [(Cap::ScsiLsi, ScsiModel::Lsilogic), (Cap::VirtioScsi, ScsiModel::VirtioScsi)];
    let found = known.into_iter().find(|(cap, _)| caps.has(*cap)).map(|(_, model)| model);
    found.or_else(|| guest.has_builtin_esp().then_some(ScsiModel::Ncr53c90))
}

/// The default model of a USB controller. `addressed` is whether it has an address.
fn usb_model(
    guest: &Guest,
    caps: &Caps,
    release: Release,
    options: ReadOptions,
    addressed: bool,
) -> Option<UsbModel> {
    let first =
        |known: &[(Cap, UsbModel)]| known.iter().find(|(cap, _)| caps.has(*cap)).map(|(_, model)| *model);
    let xhci = [(Cap::DeviceQemuXhci, UsbModel::QemuXhci), (Cap::NecUsbXhci, UsbModel::NecXhci)];
    let piix3 = first(&[(Cap::Piix3UsbUhci, UsbModel::Piix3Uhci)]);
    let ohci = release.has(Convention::UsbOhciDefault);
    match guest.arch {
        arch if arch.is_s390() => {
            // For compatibility, the element alone stands for no USB controller.
            if addressed && !release.has(Convention::S390UsbNone) { piix3 } else { Some(UsbModel::None) }
        }
        arch if arch.is_ppc64() => {
            // Existing guests keep the model that earlier releases gave them.
            let xhci = if options.abi_update { first(&xhci) } else { None };
            xhci.or_else(|| first(&[(Cap::PciOhci, UsbModel::PciOhci), (Cap::NecUsbXhci, UsbModel::NecXhci)]))
        }
        Arch::Aarch64 if !release.has(Convention::UsbXhciFirst) => first(&xhci).or(piix3),
        arch if arch.is_loongarch() => first(&xhci),
        arch if release.has(Convention::UsbXhciFirst) && !arch.is_x86() => {
            first(&xhci).or_else(|| first(&[(Cap::PciOhci, UsbModel::PciOhci)]))
        }
        arch if ohci && !arch.is_x86() => piix3.or_else(|| first(&[(Cap::PciOhci, UsbModel::PciOhci)])),
        _ => piix3,
    }
}

impl Guest {
    /// The name in QEMU of the bus of the PCI root `model`.
    pub fn first_pci_bus(&self, caps: &Caps, model: Option<PciModel>) -> &'static str {
        match model {
            Some(PciModel::PcieRoot) if self.has_numbered_pci_buses(caps) => "pcie.0",
            _ if self.has_numbered_pci_buses(caps) => "pci.0",
            _ => "pci",
        }
    }

    /// Whether PCI buses are called `pci.0`, `pci.1`, ... and not just `pci`.
    pub fn has_numbered_pci_buses(&self, caps: &Caps) -> bool {
        let arch = self.arch;
        if arch.is_ppc() {
            // QEMU 2.0 introduced the numbers, for this machine earlier. An unknown version is taken as recent.
            return caps.version() == 0
                || caps.version() >= 2_000_000
                || (self.machine == "ppce500" && caps.version() >= 1_006_000);
        }
        arch.is_x86()
            || arch.is_s390()
            || self.is_arm_virt()
            || self.is_riscv_virt()
            || self.is_loongarch_virt()
    }
}
