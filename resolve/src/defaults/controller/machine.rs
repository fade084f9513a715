//! The controllers that the machine has.

use virtargv_caps::{Arch, Cap, Convention};
use virtargv_model::Stage;
use virtargv_model::device::controller::{
    Controller, ControllerKind, ControllerType, Pci, PciModel, Usb, UsbModel,
};

use super::order::{add, add_missing};
use crate::{Work, rules};

/// The reason for the default USB controller.
const USB: &str = "the machine has USB unless <controller type='usb' model='none'/>";

/// Adds the controllers that the machine has.
pub(super) fn apply(work: &mut Work<'_>) {
    let controllers = &work.domain.devices.controllers;
    if !controllers.iter().any(|c| c.is(ControllerType::Usb, 0)) {
        match usb(work) {
            Implied::Nothing => {}
            Implied::Open => add_usb(work, None),
            Implied::Model(model) => add_usb(work, Some(model)),
        }
    }
    if work.guest.is_q35() {
        add_missing(work, ControllerKind::Sata, 0, "the chipset of Q35 machines has a SATA controller");
    }
    if let Some(root) = work.guest.pci_root(work.caps) {
        let pci = Pci { model: Some(root), ..Pci::default() };
        add_missing(work, ControllerKind::Pci(pci), 0, "the machine has a PCI root bus");
    } else if work.guest.is_pc_of_unknown_chipset() && work.release.has(Convention::PciRootKnown) {
        let rule = &rules::PCI_ROOT_UNKNOWN;
        // A machine type that QEMU does not have has no root bus either, which is not what is wrong with it.
        if let Some((place, message)) = work.guest.of_unknown_machine(&work.domain, work.caps) {
            let problem = rules::MACHINE.problem(work.release, place, message).with_stage(Stage::Place);
            work.push(problem.with_class(rule.class.of(work.release)));
            return;
        }
        let message = format!("machine type `{}` has PCI, but not a known PCI root bus", work.guest.machine);
        let place = work.domain.os.pos.path("type/@machine");
        work.refuse(rule, place, message);
    }
}

/// The default USB controller of a machine.
enum Implied {
    /// None.
    Nothing,
    /// A controller without a model, whose default is filled in.
    Open,
    /// A controller of a model.
    Model(UsbModel),
}

impl Implied {
    fn open(has: bool) -> Self {
        if has { Self::Open } else { Self::Nothing }
    }
}

fn usb(work: &Work<'_>) -> Implied {
    let (guest, caps) = (&work.guest, work.caps);
    if guest.is_q35() {
        // USB 3 where QEMU has it, else USB 2, else none.
        let known = [
            (Cap::DeviceQemuXhci, UsbModel::QemuXhci),
            (Cap::NecUsbXhci, UsbModel::NecXhci),
            (Cap::Ich9UsbEhci1, UsbModel::Ich9Ehci1),
        ];
        let found = known.into_iter().find(|(cap, _)| caps.has(*cap));
        return found.map_or(Implied::Nothing, |(_, model)| Implied::Model(model));
    }
    let arch = guest.arch;
    if arch.is_arm() && guest.is_arm_board_with_usb() {
        let open = work.release.has(Convention::UsbXhciFirst);
        return if open { Implied::Open } else { Implied::Model(UsbModel::PciOhci) };
    }
    if work.release.has(Convention::DefaultDevicesListed) {
        // s390 has the balloon only.
        return Implied::open(guest.has_default_devices() && !arch.is_s390());
    }
    let without = arch.is_arm()
        || arch.is_riscv()
        || arch.is_s390()
        || arch.is_loongarch()
        || arch == Arch::Sparc
        || guest.machine == "isapc"
        || (guest.machine == "microvm" && work.release.has(Convention::MicrovmNoUsb));
    Implied::open(!without)
}

/// Adds USB controller 0, with companion controllers for an ICH9 EHCI controller.
fn add_usb(work: &mut Work<'_>, model: Option<UsbModel>) {
    add(work, Controller::new(ControllerKind::Usb(Usb { model, ..Usb::default() }), 0), USB);
    if model != Some(UsbModel::Ich9Ehci1) {
        return;
    }
    for companion in [UsbModel::Ich9Uhci1, UsbModel::Ich9Uhci2, UsbModel::Ich9Uhci3] {
        let usb = Usb { model: Some(companion), ..Usb::default() };
        let mut controller = Controller::new(ControllerKind::Usb(usb), 0);
        controller.info.master_startport = companion.companion_port();
        add(work, controller, "the companions of a USB 2 controller serve USB 1 devices");
    }
}

impl crate::Guest {
    /// Whether libvirt takes the machine for a PC with PCI, and does not know its chipset.
    fn is_pc_of_unknown_chipset(&self) -> bool {
        let without = matches!(self.machine.as_str(), "isapc" | "microvm");
        self.arch.is_x86() && !self.is_i440fx() && !self.is_q35() && !without
    }

    /// The model of PCI controller 0 of the machine, where the machine has one.
    pub fn pci_root(&self, caps: &virtargv_caps::Caps) -> Option<PciModel> {
        let pcie = caps.has(Cap::ObjectGpex);
        match self.arch {
            arch if arch.is_x86() && self.is_q35() => Some(PciModel::PcieRoot),
            arch if arch.is_x86() => self.is_i440fx().then_some(PciModel::PciRoot),
            arch if arch.is_arm() && self.is_arm_virt() => pcie.then_some(PciModel::PcieRoot),
            arch if arch.is_arm() => {
                let any_cpu = self.release.has(Convention::VersatilepbPciRoot);
                let has = self.is_arm_board_with_pci() && (any_cpu || arch == Arch::Armv6l);
                has.then_some(PciModel::PciRoot)
            }
            arch if arch.is_riscv() => (self.is_riscv_virt() && pcie).then_some(PciModel::PcieRoot),
            arch if arch.is_loongarch() => Some(PciModel::PcieRoot),
            arch if arch.is_s390() => caps.has(Cap::DeviceZpci).then_some(PciModel::PciRoot),
            arch if arch.is_mips() => {
                let malta = self.machine == "malta" && self.release.has(Convention::MaltaPciRoot);
                malta.then_some(PciModel::PciRoot)
            }
            Arch::Alpha | Arch::Ppc | Arch::Ppcemb | Arch::Sh4 | Arch::Sh4eb | Arch::Sparc64 => {
                Some(PciModel::PciRoot)
            }
            arch if arch.is_ppc64() => Some(PciModel::PciRoot),
            _ => None,
        }
    }

    /// Whether a USB controller without model is the one that `-usb` adds.
    pub fn has_legacy_usb(&self) -> bool {
        let has_option = self.release.has(Convention::UsbOption);
        has_option && !(self.is_q35() || self.is_arm_virt() || self.is_riscv_virt())
    }

    /// Whether devices can have PCI addresses. Only Arm and RISC-V have machines that libvirt treats as having no PCI.
    pub(crate) fn supports_pci(&self, caps: &virtargv_caps::Caps) -> bool {
        if !(self.arch.is_arm() || self.arch.is_riscv()) {
            return true;
        }
        let virt = self.is_arm_virt() || self.is_riscv_virt();
        self.is_arm_board_with_pci() || (virt && caps.has(Cap::ObjectGpex))
    }

    /// Whether it is an Arm board with PCI.
    pub(crate) fn is_arm_board_with_pci(&self) -> bool {
        let realview = self.machine.starts_with("realview-eb") && self.release.has(Convention::ArmUsbWithPci);
        self.arch.is_arm() && (self.machine == "versatilepb" || realview)
    }

    /// Whether it is an Arm board with a USB controller.
    fn is_arm_board_with_usb(&self) -> bool {
        let by_pci = self.release.has(Convention::ArmUsbWithPci);
        let realview =
            self.machine.starts_with("realview-") && self.release.has(Convention::RealviewUsb) && !by_pci;
        self.is_arm_board_with_pci() && self.release.has(Convention::VersatilepbUsb) || realview
    }

    /// Whether the machine is one of those that have a memory balloon, and USB, unless the document says otherwise.
    pub(crate) fn has_default_devices(&self) -> bool {
        let arch = self.arch;
        let listed =
            matches!(arch, Arch::Alpha | Arch::Ppc | Arch::Ppcemb | Arch::Sh4 | Arch::Sh4eb | Arch::Sparc64);
        let pc = arch.is_x86() && self.machine != "isapc" && self.machine != "microvm";
        pc || listed || arch.is_ppc64() || arch.is_s390() || arch.is_mips()
    }
}
