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
        Xenbus = "xenbus" of "Xen",
        /// ISA.
        Isa = "isa",
        /// NVMe.
        Nvme = "nvme" since "11.5",
    }
}

spelled! {
    /// `model=` of an IDE controller.
    pub enum IdeModel {
        /// IDE of the PIIX3.
        Piix3 = "piix3",
        /// IDE of the PIIX4.
        Piix4 = "piix4",
        /// IDE of the ICH6.
        Ich6 = "ich6",
    }
}

spelled! {
    /// `model=` of a SCSI controller.
    pub enum ScsiModel {
        /// The default of the hypervisor.
        Auto = "auto",
        /// BusLogic.
        Buslogic = "buslogic" of "VMware",
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
        /// virtio-scsi, transitional: virtio 0.9 and 1.0.
        VirtioTransitional = "virtio-transitional",
        /// virtio-scsi, non-transitional: virtio 1.0 only.
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
    /// `model=` of a controller or device that has virtio models only.
    pub enum VirtioModel {
        /// virtio; QEMU chooses transitional or non-transitional by the bus.
        Virtio = "virtio",
        /// Transitional: virtio 0.9 and 1.0.
        Transitional = "virtio-transitional",
        /// Non-transitional: virtio 1.0 only.
        NonTransitional = "virtio-non-transitional",
    }
}

spelled! {
    /// `model=` of a USB controller.
    pub enum UsbModel {
        /// USB 1.1 of the PIIX3 (UHCI).
        Piix3Uhci = "piix3-uhci",
        /// USB 1.1 of the PIIX4 (UHCI).
        Piix4Uhci = "piix4-uhci",
        /// USB 2.0 (EHCI).
        Ehci = "ehci",
        /// USB 2.0 of the ICH9 (EHCI).
        Ich9Ehci1 = "ich9-ehci1",
        /// First USB 1.1 companion of [`UsbModel::Ich9Ehci1`].
        Ich9Uhci1 = "ich9-uhci1",
        /// Second companion.
        Ich9Uhci2 = "ich9-uhci2",
        /// Third companion.
        Ich9Uhci3 = "ich9-uhci3",
        /// USB 1.1 of the VT82C686B (UHCI).
        Vt82c686bUhci = "vt82c686b-uhci",
        /// USB 1.1 (OHCI).
        PciOhci = "pci-ohci",
        /// USB 3.0 of NEC (xHCI).
        NecXhci = "nec-xhci",
        /// Xen's paravirtual USB 1.1.
        Qusb1 = "qusb1" of "Xen",
        /// Xen's paravirtual USB 2.0.
        Qusb2 = "qusb2" of "Xen",
        /// USB 3.0 of QEMU (xHCI).
        QemuXhci = "qemu-xhci",
        /// The guest has no USB controller.
        None = "none",
    }
}

spelled! {
    /// `model=` of a PCI controller.
    pub enum PciModel {
        /// The PCI root bus, or a host bridge of pseries.
        PciRoot = "pci-root",
        /// The PCI Express root complex.
        PcieRoot = "pcie-root",
        /// A PCI-to-PCI bridge.
        PciBridge = "pci-bridge",
        /// A bridge from the PCI Express root complex to a PCI bus without hotplug.
        DmiToPciBridge = "dmi-to-pci-bridge",
        /// A bridge from a PCI Express port to a PCI bus.
        PcieToPciBridge = "pcie-to-pci-bridge",
        /// A PCI Express root port.
        PcieRootPort = "pcie-root-port",
        /// The upstream port of a PCI Express switch.
        PcieSwitchUpstreamPort = "pcie-switch-upstream-port",
        /// A downstream port of a PCI Express switch.
        PcieSwitchDownstreamPort = "pcie-switch-downstream-port",
        /// A PCI expander bus: an additional root bus, which can be in a NUMA cell.
        PciExpanderBus = "pci-expander-bus",
        /// A PCI Express expander bus.
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
        /// For `pcie-root-port`: an Intel port.
        Ioh3420 = "ioh3420",
        /// For `pcie-switch-upstream-port`.
        X3130Upstream = "x3130-upstream",
        /// For `pcie-switch-downstream-port`.
        Xio3130Downstream = "xio3130-downstream",
        /// For `pci-expander-bus`.
        Pxb = "pxb",
        /// For `pcie-expander-bus`.
        PxbPcie = "pxb-pcie",
        /// For `pcie-root-port`: QEMU's generic port.
        PcieRootPort = "pcie-root-port",
        /// For `pci-root` on pseries.
        SpaprPciHostBridge = "spapr-pci-host-bridge",
        /// For `pcie-to-pci-bridge`.
        PciePciBridge = "pcie-pci-bridge",
    }
}

impl ControllerType {
    /// Whether controllers of the type have models.
    pub fn has_models(self) -> bool {
        matches!(self, Self::Ide | Self::Scsi | Self::VirtioSerial | Self::Usb | Self::Pci)
    }
}

impl UsbModel {
    /// The default `<master startport=>` of a companion controller: its first port on the EHCI controller.
    pub fn companion_port(self) -> Option<u32> {
        match self {
            Self::Ich9Uhci1 => Some(0),
            Self::Ich9Uhci2 => Some(2),
            Self::Ich9Uhci3 => Some(4),
            _ => None,
        }
    }
}
