//! The rules that are found broken while a command line is prepared.

virtargv_model::rules! {
    /// The host knows the time, where the guest's clock is an offset from it.
    CLOCK_TIME = "clock-time": Internal, Build, "`<clock offset='variable'>` is an offset from the time of the host",
        help "use another `offset=`, or let the host answer with its time";
    /// The host knows which NUMA nodes automatic placement advises.
    NUMA_ADVICE = "numa-advice": Internal, Build, "`<numatune>` with `placement='auto'`: numad advises NUMA nodes",
        help "name NUMA nodes with `nodeset=`, or let the host answer with its advice";
    /// The CPU of the host has every feature that a guest of CPU mode `host-model` or `custom` requires.
    CPU_INCOMPATIBLE = "cpu-incompatible": CpuIncompatible, Build, "`<feature policy='require'>` of `<cpu>`",
        help "leave the features out that the host's CPU does not have, or use `policy='optional'`";
    /// A CPU model is defined.
    CPU_MODEL_UNKNOWN = "cpu-model-unknown": Internal, Build, "libvirt's CPU model definitions",
        help "use a model that `virtargv caps show` lists";
    /// A USB controller is of a model that QEMU has.
    USB_MODEL = "usb-model": Unsupported, Build, "`<controller type='usb' model=>`",
        help "use `model='qemu-xhci'`";
    /// A USB controller has a model.
    USB_MODEL_MISSING = "usb-model-missing": Unsupported, Build, "`<controller type='usb' model=>`: this machine has no default",
        help "add `model='qemu-xhci'`";
    /// Only the USB controllers that QEMU lets choose their number of ports have one.
    USB_PORTS = "usb-ports": Unsupported, Build, "`p2=` and `p3=` of `nec-usb-xhci` and `qemu-xhci`",
        help "leave `ports=` out, or use `model='qemu-xhci'`";
    /// TODO unlisted
    UNLISTED = "unlisted": Internal, Build, "TODO";
    /// TODO address-controller
    ADDRESS_CONTROLLER = "address-controller": Internal, Build, "TODO";
    /// TODO audio-missing
    AUDIO_MISSING = "audio-missing": Internal, Build, "TODO";
    /// TODO channel-spicevmc-name
    CHANNEL_SPICEVMC_NAME = "channel-spicevmc-name": Unsupported, Build, "TODO";
    /// TODO channel-target-type
    CHANNEL_TARGET_TYPE = "channel-target-type": Plain, Build, "TODO";
    /// TODO chardev-backend
    CHARDEV_BACKEND = "chardev-backend": Unsupported, Build, "TODO";
    /// TODO chardev-descriptor
    CHARDEV_DESCRIPTOR = "chardev-descriptor": Internal, Build, "TODO";
    /// TODO console-target
    CONSOLE_TARGET = "console-target": Unsupported, Build, "TODO";
    /// TODO controller-ide
    CONTROLLER_IDE = "controller-ide": Unsupported, Build, "TODO";
    /// TODO controller-pci-model
    CONTROLLER_PCI_MODEL = "controller-pci-model": Internal, Build, "TODO";
    /// TODO controller-scsi-model
    CONTROLLER_SCSI_MODEL = "controller-scsi-model": Unsupported, Build, "TODO";
    /// TODO controller-type
    CONTROLLER_TYPE = "controller-type": Unsupported, Build, "TODO";
    /// TODO cpu-architecture
    CPU_ARCHITECTURE = "cpu-architecture": NoDriver, Build, "TODO";
    /// TODO cpu-deprecated-features
    CPU_DEPRECATED_FEATURES = "cpu-deprecated-features": Unsupported, Build, "TODO";
    /// TODO cpu-feature-unknown
    CPU_FEATURE_UNKNOWN = "cpu-feature-unknown": Unsupported, Build, "TODO";
    /// TODO cpu-feature-vmx
    CPU_FEATURE_VMX = "cpu-feature-vmx": Unsupported, Build, "TODO";
    /// TODO cpu-features-arch
    CPU_FEATURES_ARCH = "cpu-features-arch": Internal, Build, "TODO";
    /// TODO cpu-host-model-arch
    CPU_HOST_MODEL_ARCH = "cpu-host-model-arch": Internal, Build, "TODO";
    /// TODO cpu-host-unknown
    CPU_HOST_UNKNOWN = "cpu-host-unknown": CpuIncompatible, Build, "TODO";
    /// TODO cpu-match-arch
    CPU_MATCH_ARCH = "cpu-match-arch": Unsupported, Build, "TODO";
    /// TODO cpu-mode-offered
    CPU_MODE_OFFERED = "cpu-mode-offered": Unsupported, Build, "TODO";
    /// TODO cpu-model-offered
    CPU_MODEL_OFFERED = "cpu-model-offered": Unsupported, Build, "TODO";
    /// TODO cpu-model-translation
    CPU_MODEL_TRANSLATION = "cpu-model-translation": NoDriver, Build, "TODO";
    /// TODO cpu-no-default
    CPU_NO_DEFAULT = "cpu-no-default": Unsupported, Build, "TODO";
    /// TODO cpu-no-definitions
    CPU_NO_DEFINITIONS = "cpu-no-definitions": OperationFailed, Build, "TODO";
    /// TODO cpu-policy-arch
    CPU_POLICY_ARCH = "cpu-policy-arch": Unsupported, Build, "TODO";
    /// TODO disk-bus
    DISK_BUS = "disk-bus": Internal, Build, "TODO";
    /// TODO disk-floppy-pseries
    DISK_FLOPPY_PSERIES = "disk-floppy-pseries": Unsupported, Build, "TODO";
    /// TODO disk-sd-name
    DISK_SD_NAME = "disk-sd-name": Internal, Build, "TODO";
    /// TODO disk-tray-block
    DISK_TRAY_BLOCK = "disk-tray-block": Unsupported, Build, "TODO";
    /// TODO disk-wwn
    DISK_WWN = "disk-wwn": InvalidArgument, Build, "TODO";
    /// TODO filesystem-handle
    FILESYSTEM_HANDLE = "filesystem-handle": Unsupported, Build, "TODO";
    /// TODO gic-version
    GIC_VERSION = "gic-version": Unsupported, Build, "TODO";
    /// TODO graphics-desktop
    GRAPHICS_DESKTOP = "graphics-desktop": Internal, Build, "TODO";
    /// TODO graphics-listen-missing
    GRAPHICS_LISTEN_MISSING = "graphics-listen-missing": Internal, Build, "TODO";
    /// TODO graphics-listen-twice
    GRAPHICS_LISTEN_TWICE = "graphics-listen-twice": Unsupported, Build, "TODO";
    /// TODO graphics-network
    GRAPHICS_NETWORK = "graphics-network": Internal, Build, "TODO";
    /// TODO graphics-network-address
    GRAPHICS_NETWORK_ADDRESS = "graphics-network-address": Internal, Build, "TODO";
    /// TODO graphics-render-node
    GRAPHICS_RENDER_NODE = "graphics-render-node": Internal, Build, "TODO";
    /// TODO graphics-spice-channel
    GRAPHICS_SPICE_CHANNEL = "graphics-spice-channel": Unsupported, Build, "TODO";
    /// TODO graphics-twice
    GRAPHICS_TWICE = "graphics-twice": Unsupported, Build, "TODO";
    /// TODO graphics-vnc-port
    GRAPHICS_VNC_PORT = "graphics-vnc-port": Unsupported, Build, "TODO";
    /// TODO graphics-vnc-tls-secret
    GRAPHICS_VNC_TLS_SECRET = "graphics-vnc-tls-secret": SecretMissing, Build, "TODO";
    /// TODO hostdev-mode
    HOSTDEV_MODE = "hostdev-mode": Unsupported, Build, "TODO";
    /// TODO hostdev-scsi-address
    HOSTDEV_SCSI_ADDRESS = "hostdev-scsi-address": Internal, Build, "TODO";
    /// TODO hostdev-scsi-unit
    HOSTDEV_SCSI_UNIT = "hostdev-scsi-unit": Internal, Build, "TODO";
    /// TODO hostdev-usb-address
    HOSTDEV_USB_ADDRESS = "hostdev-usb-address": Internal, Build, "TODO";
    /// TODO hostdev-vhost-scsi
    HOSTDEV_VHOST_SCSI = "hostdev-vhost-scsi": Internal, Build, "TODO";
    /// TODO hugepages-not-mounted
    HUGEPAGES_NOT_MOUNTED = "hugepages-not-mounted": Internal, Build, "TODO";
    /// TODO hugepages-size-not-mounted
    HUGEPAGES_SIZE_NOT_MOUNTED = "hugepages-size-not-mounted": Internal, Build, "TODO";
    /// TODO iothread-missing
    IOTHREAD_MISSING = "iothread-missing": Unsupported, Build, "TODO";
    /// TODO keywrap
    KEYWRAP = "keywrap": Unsupported, Build, "TODO";
    /// TODO memory-backend-missing
    MEMORY_BACKEND_MISSING = "memory-backend-missing": Unsupported, Build, "TODO";
    /// TODO memory-device-cell
    MEMORY_DEVICE_CELL = "memory-device-cell": Unsupported, Build, "TODO";
    /// TODO memory-discard
    MEMORY_DISCARD = "memory-discard": Unsupported, Build, "TODO";
    /// TODO memory-size-overflow
    MEMORY_SIZE_OVERFLOW = "memory-size-overflow": Unsupported, Build, "TODO";
    /// TODO net-backend
    NET_BACKEND = "net-backend": Unsupported, Build, "TODO";
    /// TODO net-descriptor
    NET_DESCRIPTOR = "net-descriptor": Internal, Build, "TODO";
    /// TODO net-script
    NET_SCRIPT = "net-script": Unsupported, Build, "TODO";
    /// TODO net-vhostuser-board
    NET_VHOSTUSER_BOARD = "net-vhostuser-board": Unsupported, Build, "TODO";
    /// TODO numa-distances-limit
    NUMA_DISTANCES_LIMIT = "numa-distances-limit": Unsupported, Build, "TODO";
    /// TODO numa-no-vcpus
    NUMA_NO_VCPUS = "numa-no-vcpus": Unsupported, Build, "TODO";
    /// TODO numa-node-missing
    NUMA_NODE_MISSING = "numa-node-missing": Unsupported, Build, "TODO";
    /// TODO nvdimm-align
    NVDIMM_ALIGN = "nvdimm-align": Unsupported, Build, "TODO";
    /// TODO nvdimm-pmem
    NVDIMM_PMEM = "nvdimm-pmem": Unsupported, Build, "TODO";
    /// TODO qemu-capability
    QEMU_CAPABILITY = "qemu-capability": Internal, Build, "TODO";
    /// TODO rom-needs-pci
    ROM_NEEDS_PCI = "rom-needs-pci": Unsupported, Build, "TODO";
    /// TODO serial-model
    SERIAL_MODEL = "serial-model": Internal, Build, "TODO";
    /// TODO serial-model-missing
    SERIAL_MODEL_MISSING = "serial-model-missing": Unsupported, Build, "TODO";
    /// TODO shmem-address
    SHMEM_ADDRESS = "shmem-address": Unsupported, Build, "TODO";
    /// TODO shmem-model
    SHMEM_MODEL = "shmem-model": Unsupported, Build, "TODO";
    /// TODO shmem-size
    SHMEM_SIZE = "shmem-size": Xml, Build, "TODO";
    /// TODO smbios-base-boards
    SMBIOS_BASE_BOARDS = "smbios-base-boards": Unsupported, Build, "TODO";
    /// TODO smbios-source
    SMBIOS_SOURCE = "smbios-source": Unsupported, Build, "TODO";
    /// TODO sound-model
    SOUND_MODEL = "sound-model": Internal, Build, "TODO";
    /// TODO storage-auth-secret
    STORAGE_AUTH_SECRET = "storage-auth-secret": SecretMissing, Build, "TODO";
    /// TODO storage-backing-format
    STORAGE_BACKING_FORMAT = "storage-backing-format": Unsupported, Build, "TODO";
    /// TODO storage-drive
    STORAGE_DRIVE = "storage-drive": Internal, Build, "TODO";
    /// TODO storage-fdgroup
    STORAGE_FDGROUP = "storage-fdgroup": InvalidArgument, Build, "TODO";
    /// TODO storage-iscsi-unit
    STORAGE_ISCSI_UNIT = "storage-iscsi-unit": Internal, Build, "TODO";
    /// TODO storage-iscsi-volume
    STORAGE_ISCSI_VOLUME = "storage-iscsi-volume": Internal, Build, "TODO";
    /// TODO storage-nbd-tls
    STORAGE_NBD_TLS = "storage-nbd-tls": Unsupported, Build, "TODO";
    /// TODO storage-nfs-identity
    STORAGE_NFS_IDENTITY = "storage-nfs-identity": Internal, Build, "TODO";
    /// TODO storage-node
    STORAGE_NODE = "storage-node": Internal, Build, "TODO";
    /// TODO storage-one-host
    STORAGE_ONE_HOST = "storage-one-host": Internal, Build, "TODO";
    /// TODO storage-pool
    STORAGE_POOL = "storage-pool": Unsupported, Build, "TODO";
    /// TODO storage-protocol
    STORAGE_PROTOCOL = "storage-protocol": Internal, Build, "TODO";
    /// TODO storage-rbd-colon
    STORAGE_RBD_COLON = "storage-rbd-colon": Unsupported, Build, "TODO";
    /// TODO storage-secret
    STORAGE_SECRET = "storage-secret": SecretMissing, Build, "TODO";
    /// TODO storage-transport
    STORAGE_TRANSPORT = "storage-transport": Internal, Build, "TODO";
    /// TODO storage-vdpa
    STORAGE_VDPA = "storage-vdpa": Internal, Build, "TODO";
    /// TODO tls-objects
    TLS_OBJECTS = "tls-objects": Unsupported, Build, "TODO";
    /// TODO tls-secret
    TLS_SECRET = "tls-secret": SecretMissing, Build, "TODO";
    /// TODO tpm-descriptor
    TPM_DESCRIPTOR = "tpm-descriptor": Internal, Build, "TODO";
    /// TODO usb-legacy-twice
    USB_LEGACY_TWICE = "usb-legacy-twice": Unsupported, Build, "TODO";
    /// TODO vcpu-topology-level
    VCPU_TOPOLOGY_LEVEL = "vcpu-topology-level": Unsupported, Build, "TODO";
    /// TODO video-model
    VIDEO_MODEL = "video-model": Internal, Build, "TODO";
    /// TODO video-vhost-user-socket
    VIDEO_VHOST_USER_SOCKET = "video-vhost-user-socket": OperationFailed, Build, "TODO";
    /// TODO virtio-address
    VIRTIO_ADDRESS = "virtio-address": Internal, Build, "TODO";
    /// TODO virtio-port-address
    VIRTIO_PORT_ADDRESS = "virtio-port-address": Internal, Build, "TODO";
    /// TODO virtio-transitional
    VIRTIO_TRANSITIONAL = "virtio-transitional": Unsupported, Build, "TODO";
    /// TODO vsock-host
    VSOCK_HOST = "vsock-host": Internal, Build, "TODO";
}

/// The rule `id`.
pub(crate) fn by_id(id: &str) -> &'static virtargv_model::Rule {
    ALL.iter().copied().find(|rule| rule.id == id).unwrap_or(&UNLISTED)
}
