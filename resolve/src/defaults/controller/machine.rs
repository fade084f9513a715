//! Controllers that every guest of its kind has.

use virtargv_caps::{Arch, Cap, Convention};
use virtargv_model::device::controller::{
    Controller, ControllerKind, ControllerType, Pci, PciModel, Usb, UsbModel,
};

use super::order::{add_missing, insert};
use crate::Work;

/// Adds them.
pub(super) fn apply(work: &mut Work<'_>) {
    let controllers = &work.domain.devices.controllers;
    if !controllers.iter().any(|c| c.is(ControllerType::Usb, 0))
        && let Some(model) = usb(work)
    {
        add_usb(&mut work.domain.devices.controllers, model);
    }
    if work.guest.is_q35() {
        add_missing(&mut work.domain.devices.controllers, ControllerKind::Sata, 0);
    }
    if let Some(root) = work.guest.pci_root(work.caps) {
        let pci = Pci { model: Some(root), ..Pci::default() };
        add_missing(&mut work.domain.devices.controllers, ControllerKind::Pci(pci), 0);
    }
}

/// The USB controller the guest has: none, one whose model is chosen as if it were written, or one of a model.
fn usb(work: &Work<'_>) -> Option<Option<UsbModel>> {
    let (guest, caps) = (&work.guest, work.caps);
    if guest.is_q35() {
        // USB 3 where there is one, else USB 2, else nothing.
        let known = [
            (Cap::DeviceQemuXhci, UsbModel::QemuXhci),
            (Cap::NecUsbXhci, UsbModel::NecXhci),
            (Cap::Ich9UsbEhci1, UsbModel::Ich9Ehci1),
        ];
        return known.into_iter().find(|(cap, _)| caps.has(*cap)).map(|(_, model)| Some(model));
    }
    if caps.release().has(Convention::UsbByMachine) {
        return match guest.arch {
            arch if arch.is_arm() => guest.is_arm_board_with_pci().then_some(Some(UsbModel::PciOhci)),
            arch if arch.is_riscv() || arch.is_s390() || arch.is_loongarch() => None,
            Arch::Sparc => None,
            arch if arch.is_x86() => (guest.machine != "isapc" && guest.machine != "microvm").then_some(None),
            _ => Some(None),
        };
    }
    let without = guest.arch.is_arm() || guest.arch.is_riscv() || guest.arch.is_s390();
    (!without && guest.machine != "isapc").then_some(None)
}

/// Adds USB controller 0; one of USB 2 comes with its companions.
fn add_usb(controllers: &mut Vec<Controller>, model: Option<UsbModel>) {
    insert(controllers, Controller::new(ControllerKind::Usb(Usb { model, ports: None }), 0));
    if model != Some(UsbModel::Ich9Ehci1) {
        return;
    }
    for companion in [UsbModel::Ich9Uhci1, UsbModel::Ich9Uhci2, UsbModel::Ich9Uhci3] {
        let usb = Usb { model: Some(companion), ports: None };
        let mut controller = Controller::new(ControllerKind::Usb(usb), 0);
        controller.info.master_startport = companion.companion_port();
        insert(controllers, controller);
    }
}

impl crate::Guest {
    /// The PCI controller 0 that the machine has without being asked, if it has one.
    pub fn pci_root(&self, caps: &virtargv_caps::Caps) -> Option<PciModel> {
        let pcie = caps.has(Cap::ObjectGpex);
        match self.arch {
            arch if arch.is_x86() && self.is_q35() => Some(PciModel::PcieRoot),
            arch if arch.is_x86() => self.is_i440fx().then_some(PciModel::PciRoot),
            arch if arch.is_arm() && self.is_arm_virt() => pcie.then_some(PciModel::PcieRoot),
            arch if arch.is_arm() => {
                let has = if caps.release().has(Convention::UsbByMachine) {
                    self.is_arm_board_with_pci()
                } else {
                    self.machine == "versatilepb" && matches!(arch, Arch::Armv6l)
                };
                has.then_some(PciModel::PciRoot)
            }
            arch if arch.is_riscv() => (self.is_riscv_virt() && pcie).then_some(PciModel::PcieRoot),
            arch if arch.is_loongarch() => Some(PciModel::PcieRoot),
            arch if arch.is_s390() => caps.has(Cap::DeviceZpci).then_some(PciModel::PciRoot),
            arch if arch.is_mips() => {
                let malta = self.machine == "malta" && caps.release().has(Convention::UsbByMachine);
                malta.then_some(PciModel::PciRoot)
            }
            Arch::Alpha | Arch::Ppc | Arch::Ppcemb | Arch::Sh4 | Arch::Sh4eb | Arch::Sparc64 => {
                Some(PciModel::PciRoot)
            }
            arch if arch.is_ppc64() => Some(PciModel::PciRoot),
            _ => None,
        }
    }

    /// Whether devices can be given PCI addresses at all. Old releases knew it of Arm and RISC-V only.
    pub(crate) fn supports_pci(&self, caps: &virtargv_caps::Caps) -> bool {
        if !(self.arch.is_arm() || self.arch.is_riscv()) {
            return true;
        }
        let virt = self.is_arm_virt() || self.is_riscv_virt();
        self.machine == "versatilepb" || (virt && caps.has(Cap::ObjectGpex))
    }

    /// The Arm boards that have PCI.
    pub(crate) fn is_arm_board_with_pci(&self) -> bool {
        self.machine == "versatilepb"
    }
}
