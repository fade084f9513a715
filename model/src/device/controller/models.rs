//! Types and models of controllers.

spelled! {
    /// `type=` of a `<controller>`.
    pub enum ControllerType {
        /// IDE.
        Ide = "ide",
        /// Floppy drives.
        Fdc = "fdc",
        /// SCSI.
        Scsi = "scsi",
        /// SATA.
        Sata = "sata",
        /// virtio-serial ports.
        VirtioSerial = "virtio-serial",
        /// Smartcard readers.
        Ccid = "ccid",
        /// USB.
        Usb = "usb",
        /// A PCI bus.
        Pci = "pci",
        /// Xen's bus.
        Xenbus = "xenbus",
        /// ISA.
        Isa = "isa",
    }
}

spelled! {
    /// `model=` of an IDE controller.
    pub enum IdeModel {
        /// Of the PIIX3 chip.
        Piix3 = "piix3",
        /// Of the PIIX4 chip.
        Piix4 = "piix4",
        /// Of the ICH6 chip.
        Ich6 = "ich6",
    }
}

spelled! {
    /// `model=` of a SCSI controller.
    pub enum ScsiModel {
        /// The hypervisor's choice.
        Auto = "auto",
        /// BusLogic.
        Buslogic = "buslogic",
        /// LSI 53C895A.
        Lsilogic = "lsilogic",
        /// LSI SAS1068.
        Lsisas1068 = "lsisas1068",
        /// VMware PVSCSI.
        Vmpvscsi = "vmpvscsi",
        /// IBM VSCSI (pseries).
        Ibmvscsi = "ibmvscsi",
        /// virtio-scsi.
        VirtioScsi = "virtio-scsi",
        /// LSI SAS1078.
        Lsisas1078 = "lsisas1078",
        /// virtio-scsi of both virtio 0.9 and 1.0.
        VirtioTransitional = "virtio-transitional",
        /// virtio-scsi of virtio 1.0 only.
        VirtioNonTransitional = "virtio-non-transitional",
        /// NCR 53C90 (ESP).
        Ncr53c90 = "ncr53c90",
        /// AMD 53C974 as Tekram DC-390.
        Dc390 = "dc390",
        /// AMD 53C974.
        Am53c974 = "am53c974",
    }
}

spelled! {
    /// `model=` of a controller or device that has virtio models alone.
    pub enum VirtioModel {
        /// virtio as the bus offers it.
        Virtio = "virtio",
        /// Both virtio 0.9 and 1.0.
        Transitional = "virtio-transitional",
        /// virtio 1.0 only.
        NonTransitional = "virtio-non-transitional",
    }
}

spelled! {
    /// `model=` of a USB controller.
    pub enum UsbModel {
        /// USB 1.1 of the PIIX3 chip.
        Piix3Uhci = "piix3-uhci",
        /// USB 1.1 of the PIIX4 chip.
        Piix4Uhci = "piix4-uhci",
        /// USB 2.0.
        Ehci = "ehci",
        /// USB 2.0 of the ICH9 chip.
        Ich9Ehci1 = "ich9-ehci1",
        /// First USB 1.1 companion of [`UsbModel::Ich9Ehci1`].
        Ich9Uhci1 = "ich9-uhci1",
        /// Second companion.
        Ich9Uhci2 = "ich9-uhci2",
        /// Third companion.
        Ich9Uhci3 = "ich9-uhci3",
        /// USB 1.1 of the VT82C686B chip.
        Vt82c686bUhci = "vt82c686b-uhci",
        /// USB 1.1, Open HCI.
        PciOhci = "pci-ohci",
        /// USB 3.0 of NEC.
        NecXhci = "nec-xhci",
        /// Xen's para-virtual USB 1.1.
        Qusb1 = "qusb1",
        /// Xen's para-virtual USB 2.0.
        Qusb2 = "qusb2",
        /// USB 3.0.
        QemuXhci = "qemu-xhci",
        /// No USB at all in this guest.
        None = "none",
    }
}

spelled! {
    /// `model=` of a PCI controller.
    pub enum PciModel {
        /// The root of a PCI hierarchy.
        PciRoot = "pci-root",
        /// The root of a PCI Express hierarchy.
        PcieRoot = "pcie-root",
        /// A PCI bridge on PCI.
        PciBridge = "pci-bridge",
        /// A PCI bridge on the root of PCI Express, with a PCI bus that cannot be hotplugged.
        DmiToPciBridge = "dmi-to-pci-bridge",
        /// A PCI bridge on PCI Express.
        PcieToPciBridge = "pcie-to-pci-bridge",
        /// A port of the root complex.
        PcieRootPort = "pcie-root-port",
        /// The upper side of a switch.
        PcieSwitchUpstreamPort = "pcie-switch-upstream-port",
        /// A lower side of a switch.
        PcieSwitchDownstreamPort = "pcie-switch-downstream-port",
        /// A second root bus of PCI.
        PciExpanderBus = "pci-expander-bus",
        /// A second root bus of PCI Express.
        PcieExpanderBus = "pcie-expander-bus",
    }
}

spelled! {
    /// `<model name=>` of a PCI controller: the QEMU device.
    pub enum PciName {
        /// For `pci-bridge`.
        PciBridge = "pci-bridge",
        /// For `dmi-to-pci-bridge`.
        I82801b11Bridge = "i82801b11-bridge",
        /// For `pcie-root-port`, by Intel.
        Ioh3420 = "ioh3420",
        /// For `pcie-switch-upstream-port`.
        X3130Upstream = "x3130-upstream",
        /// For `pcie-switch-downstream-port`.
        Xio3130Downstream = "xio3130-downstream",
        /// For `pci-expander-bus`.
        Pxb = "pxb",
        /// For `pcie-expander-bus`.
        PxbPcie = "pxb-pcie",
        /// For `pcie-root-port`.
        PcieRootPort = "pcie-root-port",
        /// For `pci-root` on pseries.
        SpaprPciHostBridge = "spapr-pci-host-bridge",
        /// For `pcie-to-pci-bridge`.
        PciePciBridge = "pcie-pci-bridge",
    }
}

impl ControllerType {
    /// Whether there is more than one model of it.
    pub fn has_models(self) -> bool {
        matches!(self, Self::Ide | Self::Scsi | Self::VirtioSerial | Self::Usb | Self::Pci)
    }
}

impl UsbModel {
    /// The port of the master where a companion's own ports start, by custom.
    pub fn companion_port(self) -> Option<u32> {
        match self {
            Self::Ich9Uhci1 => Some(0),
            Self::Ich9Uhci2 => Some(2),
            Self::Ich9Uhci3 => Some(4),
            _ => None,
        }
    }
}
