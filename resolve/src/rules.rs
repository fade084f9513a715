//! The rules that completing a domain checks: the emulator fits the guest, addresses can be assigned, and firmware can be
//! found.

virtargv_model::rules! {
    /// The architecture of a domain is that of its emulator.
    ARCH = "os-arch": Unsupported, Validate,
        "`<os><type arch=>`: a QEMU binary emulates one architecture, and some their 32-bit or little-endian variant; libvirt fails before, with an XML error, where such a guest has no PCI bus for its devices",
        help "change `arch=`, or use the QEMU binary of that architecture";
    /// The machine type is one that the emulator has.
    MACHINE = "os-machine": Unsupported, Validate,
        "`<os><type machine=>`: `-machine type=`; a QEMU binary drops old versions of machine types; libvirt fails before, with an XML error, where such a guest has no PCI bus for its devices",
        help "set `machine=` to a type that `-machine help` lists, such as `q35`, `pc` or `virt`";
    /// A PC has a chipset whose PCI root bus is known.
    PCI_ROOT_UNKNOWN = "pci-root-unknown": Internal, Place,
        "`<os><type machine=>`: x86 machines other than `isapc` and `microvm` have the root bus of an i440FX or Q35",
        help "set `machine=` to `q35`, `pc` or one of their versions", since "11.9";
    /// The index of a PCI controller is below 1024.
    PCI_CONTROLLER_INDEX = "pci-controller-index": Internal, Place,
        "a limit of this project, which bounds memory and time; a PCI bus number has 8 bits, so QEMU has 256 buses at most",
        help "number the PCI controllers from 0 without gaps, or leave `index=` out";
    /// A PCI controller has a `model`.
    PCI_CONTROLLER_MODEL = "pci-controller-model": Internal, Place,
        "`<controller type='pci' model=>`: the kind of bus or port",
        help "add `model=`, such as `pcie-root-port` or `pci-bridge`";
    /// The `<target>` of a PCI controller fits its model, and a `pci-bridge` has a larger index than its bus.
    PCI_CONTROLLER_OPTIONS = "pci-controller-options": Unsupported, Place,
        "`<target>` of `<controller type='pci'>`: bus numbers of expander buses and host bridge numbers are limited",
        help "leave `<target>` and `index=` out, so that they are assigned";
    /// A PCI address is on an existing bus that accepts the device, and no two devices have the same.
    PCI_ADDRESS = "pci-address": Xml, Place,
        "`<address type='pci'>`: PCI and PCI Express buses accept different devices and slots",
        help "leave the `<address>` out, so that a free one is assigned";
    /// The `uid` of a zPCI address is 0x0001 to 0xffff.
    ZPCI_UID_RANGE = "zpci-uid-range": Xml, Place,
        "`<zpci uid=>`: the user-defined identifier of a PCI function on s390 has 16 bits and is not 0",
        help "use a number in range, or leave `uid=` out so that one is assigned";
    /// A device that is assigned a PCI address is a PCI device.
    NOT_PCI = "pci-no-device": Internal, Place,
        "libvirt assigns PCI addresses to interfaces, file systems, sound cards, video devices and memory balloons whatever their model is",
        help "use a model that is a PCI device in QEMU, or give the device an `<address>` of its bus";
    /// A USB address is on an existing bus and port, and no two devices have the same.
    USB_ADDRESS = "usb-address": Xml, Place, "`<address type='usb'>`: the ports of USB controllers and hubs",
        help "leave the `<address>` out, so that a free port is assigned";
    /// No two devices have the same CCW address.
    CCW_ADDRESS_TWICE = "ccw-address-twice": Xml, Place,
        "`<address type='ccw'>` identifies the device in the channel subsystem",
        help "leave the `<address>` of one of the devices out";
    /// There is a free CCW address for every device.
    CCW_ADDRESS_FULL = "ccw-address-full": Internal, Place, "a channel subsystem of s390 has 4 times 65536 devices",
        help "use fewer devices";
    /// No two devices have the same spapr-vio register.
    SPAPR_VIO_ADDRESS_TWICE = "spapr-vio-address-twice": Xml, Place,
        "`<address type='spapr-vio' reg=>` identifies the device on the virtual I/O bus of pseries",
        help "leave the `<address>` of one of the devices out";
    /// A virtio-serial port is on an existing controller, and no two channels have the same.
    VIRTIO_SERIAL_PORT = "virtio-serial-port": Xml, Place,
        "`<address type='virtio-serial'>`: the ports of virtio-serial controllers",
        help "leave the `<address>` out, so that a free port is assigned";
    /// The slot of a memory device is below the number of slots.
    MEMORY_DEVICE_SLOT_RANGE = "memory-device-slot-range": Xml, Place,
        "`<address type='dimm' slot=>`, `<maxMemory slots=>`: slots count from 0",
        help "raise `slots=` of `<maxMemory>`, or leave the `<address>` out";
    /// No two memory devices have the same slot.
    MEMORY_DEVICE_SLOT_TAKEN = "memory-device-slot-taken": Xml, Place,
        "`<address type='dimm' slot=>` identifies the memory module",
        help "leave the `<address>` of one of the devices out";
    /// There is a free slot for every memory device.
    MEMORY_DEVICE_SLOTS_FULL = "memory-device-slots-full": Internal, Place,
        "`<maxMemory slots=>`: the number of memory modules that fit",
        help "raise `slots=` of `<maxMemory>`";
    /// The target name of a disk without an address determines its address.
    DISK_NAME_UNKNOWN = "disk-name-unknown": Xml, Place,
        "`<target dev=>`: a prefix (`vd`, `sd`, `hd`, `fd`, `xvd`, `ubd`), then letters that number the disk",
        help "use a name of a prefix and letters, such as `vda` or `sdb`";
    /// The host has firmware with the kind and features that the document asks for.
    FIRMWARE_NOT_FOUND = "firmware-not-found": OperationFailed, Build,
        "`<os firmware=>`: firmware is selected by QEMU's firmware descriptors, in `/usr/share/qemu/firmware` and others",
        help "install firmware with these features, or ask for fewer features";
}
