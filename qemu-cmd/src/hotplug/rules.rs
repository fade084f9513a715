//! The rules of attaching, detaching and changing devices while a guest runs.

virtargv_model::rules! {
    /// A device of this kind can be attached while a guest runs.
    KIND = "hotplug-kind": NotSupported, Build,
        "libvirt attaches disks, SCSI controllers, leases, interfaces, host devices, USB redirection, character devices, RNGs, memory, shared memory, watchdogs, inputs, vsocks and virtiofs; others are there from the start",
        help "add the device to the definition, and start the guest anew";
    /// A disk that is attached is on bus `virtio`, `scsi` or `usb`.
    DISK_BUS = "hotplug-disk-bus": NotSupported, Build,
        "`<target bus=>`: IDE, SATA and floppy controllers have their drives from the start",
        help "use `bus='virtio'`, `scsi` or `usb`";
    /// A watchdog that is attached is a PCI device.
    WATCHDOG_MODEL = "hotplug-watchdog-model": NotSupported, Build,
        "`<watchdog model=>`: `i6300esb` is the only model on a bus to which devices can be attached",
        help "use `model='i6300esb'`";
    /// The target of a disk that is attached is free.
    DISK_TARGET = "hotplug-disk-target": OperationFailed, Build,
        "`<target dev=>` names a disk of the guest", help "use another name in `dev=`";
    /// The address of a SCSI disk that is attached is free.
    DISK_ADDRESS = "hotplug-disk-address": InvalidOperation, Build,
        "`<address type='drive'>` is the unit on the controller",
        help "use another `unit=`, or leave the `<address>` out and use another `dev=` of `<target>`";
    /// A controller that is attached is a SCSI or virtio-serial controller.
    CONTROLLER_KIND = "hotplug-controller-kind": NotSupported, Build,
        "the buses of a guest are there from the start; only SCSI and virtio-serial controllers are attached",
        help "add the controller to the definition, and start the guest anew";
    /// A PCI controller is there from the start.
    CONTROLLER_PCI = "hotplug-controller-pci": Internal, Build,
        "`<controller type='pci'>`: its model in QEMU and its port are chosen when the domain is defined",
        help "add the controller to the definition, and start the guest anew";
    /// The index of a controller that is attached is free.
    CONTROLLER_INDEX = "hotplug-controller-index": OperationFailed, Build,
        "`<controller index=>` names a controller of its type", help "use another `index=`, or leave it out";
    /// An interface that is attached has a type that libvirt attaches.
    INTERFACE_TYPE = "hotplug-interface-type": NotSupported, Build,
        "libvirt attaches interfaces of the types `bridge`, `network`, `direct`, `ethernet`, `user`, `vhostuser`, `vdpa` and `hostdev`",
        help "use one of these types, or add the interface to the definition and start the guest anew";
    /// A file system that is attached is virtiofs.
    FILESYSTEM = "hotplug-filesystem": NotSupported, Build,
        "`<filesystem><driver type=>`: QEMU adds 9p devices at the start only",
        help "use `<driver type='virtiofs'/>`";
    /// An input device that is attached is on bus `usb` or `virtio`, or is an evdev device.
    INPUT_BUS = "hotplug-input-bus": NotSupported, Build,
        "`<input bus=>`: PS/2 devices are there from the start", help "use `bus='usb'` or `virtio`";
    /// A console that is attached is a virtio console.
    CONSOLE_TARGET = "hotplug-console-target": Unsupported, Build,
        "`<console><target type=>`: the other types are those of devices of the machine",
        help "use `<target type='virtio'/>`";
    /// A character device that is attached has a backend that QEMU can add.
    CHARDEV_BACKEND = "hotplug-chardev-backend": OperationFailed, Build,
        "libvirt adds no backends of the types `spiceport`, `pipe` and `stdio` to a running QEMU",
        help "use another backend, such as `unix` or `pty`";
    /// The memory of a guest stays within `<maxMemory>`.
    MEMORY_MAX = "hotplug-memory-max": Unsupported, Build,
        "`<maxMemory>`: the size of all memory with every device that is attached",
        help "attach a smaller device, or define the guest with a larger `<maxMemory>`";
    /// The position in the boot order is free.
    BOOT_ORDER = "hotplug-boot-order": Unsupported, Build,
        "`<boot order=>`: each position belongs to one device", help "use another `order=`";
    /// The boot order of a guest is given either for device classes or for devices.
    BOOT_TWO_WAYS = "hotplug-boot-two-ways": Unsupported, Build,
        "`<boot order=>` is the property `bootindex`, which `<os><boot dev=>` gives to the first device of each class; libvirt adds `<os><boot dev='hd'/>` where no device has an order",
        help "remove `<boot>` from the device";
    /// The secret of a device that is attached is encrypted with the key that the guest has.
    MASTER_KEY = "hotplug-master-key": Plain, Build,
        "QEMU decrypts secrets with the key that it got at its start, libvirt's file `master-key.aes` in the directory of the domain",
        help "give the key (`--master-key /var/lib/libvirt/qemu/domain-ID-NAME/master-key.aes`, `StartOptions::master_key`)";
    /// The devices of a running domain have aliases, by which QEMU's monitor knows them.
    ALIAS = "hotplug-alias-missing": InvalidOperation, Build,
        "`<alias name=>` is the id of a device in QEMU: libvirt gives it at the start, and a document that was only defined has none",
        help "take the document from `virsh dumpxml` of the running domain, libvirt's status file, or `virtargv resolve --with aliases`";
    /// The guest has the device that is detached or changed.
    MISSING = "hotplug-device-missing": DeviceMissing, Build,
        "a disk is found by its target, an interface by those of its MAC address, `<address>` and `<alias>` that are given, a controller by its index, a file system by its tag, a display by its type, others by everything that is described",
        help "pass the element as `virsh dumpxml` shows it";
    /// A description means one interface.
    AMBIGUOUS = "hotplug-device-ambiguous": OperationFailed, Build,
        "an interface is found by those of its MAC address, `<address>` and `<alias>` that are given", help "add the `<address>` or the `<alias>` of the interface";
    /// A device of this kind can be detached while a guest runs.
    DETACH_KIND = "hotplug-detach-kind": NotSupported, Build,
        "libvirt detaches the kinds of devices that it attaches",
        help "remove the device from the definition, and start the guest anew";
    /// A disk that is detached is on bus `virtio`, `scsi` or `usb`.
    DETACH_DISK = "hotplug-detach-disk": NotSupported, Build,
        "`<target bus=>`: drives of IDE, SATA and floppy controllers stay until the guest ends",
        help "remove the disk from the definition, or eject its medium with `virtargv update`";
    /// A controller that is detached is a SCSI controller.
    DETACH_CONTROLLER = "hotplug-detach-controller": NotSupported, Build,
        "other buses of a guest stay until it ends", help "remove the controller from the definition";
    /// No device is on a controller that is detached.
    CONTROLLER_BUSY = "hotplug-controller-busy": OperationFailed, Build,
        "a controller takes its devices with it", help "detach the devices on the controller first";
    /// A device of this kind can be changed while a guest runs.
    UPDATE_KIND = "hotplug-update-kind": Unsupported, Build,
        "disks, displays, interfaces and memory devices can be changed",
        help "detach the device and attach the other, or change the definition";
    /// A disk that is changed keeps its alias.
    UPDATE_ALIAS = "hotplug-update-alias": Forbidden, Build,
        "`<alias name=>` is the id of the device in QEMU; a disk is found by its target",
        help "remove `<alias>`, or give that of the running device";
    /// What is changed of a device is not fixed while the guest runs.
    FIXED = "hotplug-update-fixed": NotSupported, Build,
        "QEMU and the guest keep what a device has from its start",
        help "leave it as `virsh dumpxml` shows it, or change the definition";
    /// A drive whose medium is changed is a CD-ROM or floppy drive.
    MEDIUM = "hotplug-update-medium": Unsupported, Build, "`<disk device=>`: other disks have no medium",
        help "detach the disk and attach the other";
    /// An interface stays connected by the same kind of connection.
    INTERFACE_CONNECTION = "hotplug-update-connection": NotSupported, Build,
        "the host can put a tap device into another bridge; any other connection is one of QEMU",
        help "detach the interface and attach the other";
    /// A memory device that is changed is of model `virtio-mem`.
    MEMORY_REQUESTED = "hotplug-update-memory": NotSupported, Build, "`<requested>` of `<memory model='virtio-mem'>`",
        help "attach another memory device";
    /// The slot of a memory device that is attached is free.
    MEMORY_SLOT = "hotplug-memory-slot": Unsupported, Build, "`<address type='dimm' slot=>`",
        help "use another `slot=`, or leave the `<address>` out";
}
