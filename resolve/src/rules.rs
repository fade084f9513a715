//! The rules on what can be placed or found while a domain is completed.

virtargv_model::rules! {
    /// A PCI controller's index is at most 255.
    PCI_CONTROLLER_INDEX = "pci-controller-index": Internal, Place, "`<controller type='pci' index=>`: a bus number has eight bits",
        help "number the PCI controllers from 0 without gaps";
    /// A PCI controller has a model.
    PCI_CONTROLLER_MODEL = "pci-controller-model": Internal, Place, "`<controller type='pci' model=>`",
        help "add `model=`, such as `pcie-root-port` or `pci-bridge`";
    /// The options of a PCI controller fit its model and its place.
    PCI_CONTROLLER_OPTIONS = "pci-controller-options": Unsupported, Place, "`<target>` of `<controller type='pci'>`",
        help "leave `<target>` out, so that it is filled in";
    /// A PCI address is on a bus that there is, takes the device, and is free.
    PCI_ADDRESS = "pci-address": Xml, Place, "`<address type='pci'>`",
        help "leave the `<address>` out, so that a free one is given";
    /// A USB address is on a bus and port that there are and that are free.
    USB_ADDRESS = "usb-address": Xml, Place, "`<address type='usb'>`",
        help "leave the `<address>` out, so that a free port is given";
    /// No two devices have the same CCW address.
    CCW_ADDRESS_TWICE = "ccw-address-twice": Xml, Place, "`<address type='ccw'>`",
        help "leave the `<address>` out of one of them";
    /// There is a free CCW address for every device.
    CCW_ADDRESS_FULL = "ccw-address-full": Internal, Place, "a channel subsystem has 4 times 65536 devices",
        help "use fewer devices";
    /// No two devices have the same spapr-vio register.
    SPAPR_VIO_ADDRESS_TWICE = "spapr-vio-address-twice": Xml, Place, "`<address type='spapr-vio'>`",
        help "leave the `<address>` out of one of them";
    /// A virtio-serial port is on a controller that there is, and is free.
    VIRTIO_SERIAL_PORT = "virtio-serial-port": Xml, Place, "`<address type='virtio-serial'>`",
        help "leave the `<address>` out, so that a free port is given";
    /// A memory device's slot is below the number of slots.
    MEMORY_DEVICE_SLOT_RANGE = "memory-device-slot-range": Xml, Place, "`<address type='dimm' slot=>`, `<maxMemory slots=>`",
        help "raise `slots=` of `<maxMemory>`, or leave the `<address>` out";
    /// No two memory devices have the same slot.
    MEMORY_DEVICE_SLOT_TAKEN = "memory-device-slot-taken": Xml, Place, "`<address type='dimm' slot=>`",
        help "leave the `<address>` out of one of them";
    /// There is a free slot for every memory device.
    MEMORY_DEVICE_SLOTS_FULL = "memory-device-slots-full": Internal, Place, "`<maxMemory slots=>`",
        help "raise `slots=` of `<maxMemory>`";
    /// The name of a disk tells its place on the bus.
    DISK_NAME_UNKNOWN = "disk-name-unknown": Xml, Place, "`<target dev=>`: names such as `vda`, `sdb`, `hdc`",
        help "use a name such as `vda`";
    /// A disk is not where a SCSI host device is.
    DISK_HOSTDEV_ADDRESS = "disk-hostdev-address": Unsupported, Place, "`<target dev=>` of a SCSI disk gives its address",
        help "use another `dev=` or give the disk an `<address>`";
    /// There is firmware on the host that is what the document asks for.
    FIRMWARE_NOT_FOUND = "firmware-not-found": OperationFailed, Build, "firmware descriptors, `/usr/share/qemu/firmware`",
        help "install firmware with the features asked for, or ask for fewer";
}
