//! Rules that need the host's answers, or values that are derived from them. They are checked when a domain is
//! prepared.

virtargv_model::rules! {
    /// An interface with `<driver name='vhost'>` is on a host with vhost-net.
    NET_VHOST = "net-vhost": Unsupported, Build,
        "`<interface><driver name='vhost'>`: the device `/dev/vhost-net` of the host's kernel",
        help "load the kernel module `vhost_net`, or leave `name=` out";
    /// There is a free TCP port for a display with `autoport`.
    GRAPHICS_PORT = "graphics-port": Internal, Build,
        "`<graphics autoport= websocket=>`: the ports of the driver's settings `remote_display_port_min` and `remote_websocket_port_min` on",
        help "stop another guest, give a `port=`, or widen the range in `qemu.conf`";
    /// A TLS port of SPICE is chosen only where the driver's settings enable TLS.
    GRAPHICS_TLS_PORT = "graphics-spice-tls-port": Unsupported, Build,
        "`<graphics type='spice' tlsPort='-1'>`, and `autoport='yes'` with `defaultMode='secure'` or `<channel mode='secure'>`: `spice_tls` of `qemu.conf`",
        help "set `spice_tls = 1` in `qemu.conf`, use the mode `any` or `insecure`, or remove `tlsPort=`";
    /// The time of the host is known if the guest's clock is an offset from it.
    CLOCK_TIME = "clock-time": Internal, Build, "`<clock offset='variable'>`: an offset from the time of the host",
        help "use another `offset=`, or a host that knows its time";
    /// The NUMA nodes of automatic placement are known.
    NUMA_ADVICE = "numa-advice": Internal, Build, "`<numatune><memory placement='auto'>`: the NUMA nodes that numad advises",
        help "name NUMA nodes with `nodeset=`, or a host that knows the advice of numad";
    /// Each descriptor has a number of its own.
    DESCRIPTOR_TWICE = "descriptor-number-twice": Internal, Build,
        "QEMU inherits each descriptor under one number; two devices with one descriptor would use the same file",
        help "have the launcher pass each descriptor under a number of its own";
    /// A vhost-user GPU needs a start.
    NATIVE_VHOST_USER_GPU = "native-vhost-user-gpu": Internal, Build,
        "`virsh domxml-to-native` starts no process for `<video><driver name='vhostuser'>`",
        help "ask for the command line of a start";
    /// A disk on a vDPA device needs a start.
    NATIVE_VDPA = "native-vdpa": Internal, Build,
        "`virsh domxml-to-native` opens no `<source type='vhostvdpa'>`",
        help "ask for the command line of a start";
    /// The descriptors of a disk's file are passed as a group.
    STORAGE_FDGROUP = "storage-fdgroup": InvalidArgument, Build,
        "`<source fdgroup=>`: descriptors that a launcher passes under this name",
        help "pass the group, or use `file=` without `fdgroup=`";
    /// The descriptor of an IOMMUFD is passed as a group of one.
    IOMMUFD_GROUP = "iommufd-group": InvalidArgument, Build,
        "`<iommufd fdgroup=>`: the descriptor of `/dev/iommu` that a launcher passes under this name",
        help "pass one descriptor as the group, or remove `fdgroup=`", since "12.2";
    /// The secret of a disk's `<auth>` exists.
    STORAGE_AUTH_SECRET = "storage-auth-secret": SecretMissing, Build,
        "`<auth><secret>`: a secret of the host, by `uuid=` or `usage=`",
        help "define the secret and set its value";
    /// The secret of an encrypted image, a cookie or a TLS key exists.
    STORAGE_SECRET = "storage-secret": SecretMissing, Build,
        "`<encryption><secret>`, `<cookie>`, `nbd_tls_x509_secret_uuid`: a secret of the host",
        help "define the secret and set its value";
    /// The secret of an emulated TPM exists, is of usage `vtpm` and has a value.
    TPM_SECRET = "tpm-secret": SecretMissing, Build,
        "`<tpm><backend type='emulator'><encryption secret=>`: a secret of the host with usage `vtpm`, whose value encrypts the state that swtpm keeps",
        help "define the secret (`<usage type='vtpm'>`) and set its value";
    /// The storage pool of a disk is active and has the volume.
    STORAGE_POOL = "storage-pool": NotFound, Build,
        "`<source pool= volume=>`: a volume of an active storage pool of the host",
        help "define and start the pool, or use `type='file'` or `type='block'` with the path of the volume";
    /// The volume of an iSCSI pool in mode `direct` is named after its unit.
    STORAGE_ISCSI_VOLUME = "storage-iscsi-volume": Internal, Build,
        "`<source mode='direct' volume=>`: `unit:0:0:N` in a pool of type `iscsi`",
        help "use a name such as `unit:0:0:1`";
    /// The image of a disk, and each image of its backing chain, exists and can be read.
    STORAGE_IMAGE_MISSING = "storage-image-missing": Plain, Build,
        "`<disk><source>`, `<backingStore>`, backing files in headers of images",
        help "create the image or correct the path (`qemu-img rebase -u -b` in the header of an overlay), use `startupPolicy='optional'`, or ask no host for images (`--host none`)";
    /// The header of an image is whole.
    STORAGE_IMAGE_HEADER = "storage-image-header": Internal, Build,
        "headers of qcow2, qcow, QED and VMDK: names and extensions are in the first 33280 bytes, QEMU takes names up to 1023 bytes",
        help "look at the image with `qemu-img check`, or restore it";
    /// A backing chain has no loop and at most 200 images.
    STORAGE_CHAIN_LOOP = "storage-chain-loop": Internal, Build,
        "backing files in headers of images: libvirt follows a backing chain no further",
        help "correct the backing file (`qemu-img rebase -u -b`), or commit images of the chain (`qemu-img commit`)";
    /// The name of a backing file or data file in a header is one that libvirt can describe.
    STORAGE_REFERENCE = "storage-reference": Internal, Build,
        "names in headers of images: a path, a URI, `nbd:`, `rbd:` or `json:` with `driver` and its options",
        help "write another name (`qemu-img rebase -u -b`), or describe the chain with `<backingStore>`";
    /// The format of a backing image that has a backing image itself, or that cannot be read, is stated.
    STORAGE_BACKING_UNSTATED = "storage-backing-unstated": InvalidOperation, Build,
        "the backing format in the header of an overlay: a guest could write a header of its own into a raw image",
        help "state it (`qemu-img rebase -u -F`), or describe the chain with `<backingStore>`";
    /// A directory as backing image has the format `fat`.
    STORAGE_BACKING_DIRECTORY = "storage-backing-directory": Unsupported, Build,
        "backing files in headers of images: QEMU presents a directory as a FAT filesystem",
        help "correct the backing file (`qemu-img rebase -u -b`)";
    /// The secret of an encrypted backing image is given.
    STORAGE_BACKING_ENCRYPTED = "storage-backing-encrypted": Internal, Build,
        "LUKS in a backing image: `<backingStore><source><encryption>` has its secret",
        help "describe the chain with `<backingStore>`, and the secret in its `<encryption>`";
    /// An image is encrypted as its `<encryption>` says.
    STORAGE_ENCRYPTION_FORMAT = "storage-encryption-format": Xml, Build,
        "`<encryption format=>`: the encryption in the header of the image",
        help "correct `format=`";
    /// A CPU with properties has a model.
    CPU_NO_DEFAULT = "cpu-no-default": Unsupported, Build,
        "`<cpu>` without a model: QEMU's default CPU model is known for x86 only",
        help "add `<cpu mode='host-passthrough'/>` or a `<model>`";
    /// A CPU of mode `host-model` becomes a named model before the guest starts.
    CPU_HOST_MODEL_ARCH = "cpu-host-model-arch": Internal, Build,
        "`<cpu mode='host-model'>`: needs a CPU driver for the architecture",
        help "use `mode='host-passthrough'` or `mode='custom'`";
    /// CPU features of an s390 or Arm guest need a QEMU that expands CPU models.
    CPU_FEATURES_ARCH = "cpu-features-arch": Internal, Build,
        "`<cpu><feature>`: `query-cpu-model-expansion`",
        help "remove the features, or use a QEMU that has the command";
    /// A CPU feature is defined.
    CPU_FEATURE_UNKNOWN = "cpu-feature-unknown": Unsupported, Build,
        "`<cpu><feature name=>`: libvirt's CPU definitions (`/usr/share/libvirt/cpu_map`)",
        help "correct the name of the feature";
    /// A feature of nested virtualization needs a QEMU that reports unavailable features.
    CPU_FEATURE_VMX = "cpu-feature-vmx": Unsupported, Build,
        "`<cpu><feature name='vmx-...'>`: the QOM property `unavailable-features`, new in QEMU 4.2",
        help "remove the feature, or use QEMU 4.2 or later";
    /// The CPU mode is supported for the guest's architecture and accelerator on the host.
    CPU_MODE_OFFERED = "cpu-mode-offered": Unsupported, Build,
        "`<cpu mode=>`: `host-passthrough` and `host-model` need KVM or hvf on a host of the guest's architecture, `maximum` a QEMU that has it",
        help "use `mode='custom'` with a `<model>`";
    /// The host's CPU is known where the guest's CPU depends on it.
    CPU_HOST_UNKNOWN = "cpu-host-unknown": Unsupported, Build,
        "`<cpu mode='host-model'>`, `check=`: the host's CPU, as the capabilities or the host describe it",
        help "use capabilities that were probed on the host, or describe the host's CPU";
    /// The CPU of an s390 guest is not matched as a minimum.
    CPU_MATCH_ARCH = "cpu-match-arch": Unsupported, Build,
        "`<cpu match='minimum'>`: QEMU's s390 models cannot be extended to the host's",
        help "use `match='exact'`";
    /// A CPU feature of an s390 guest is required or disabled.
    CPU_POLICY_ARCH = "cpu-policy-arch": Unsupported, Build,
        "`<cpu><feature policy=>`: s390 has `require` and `disable` only",
        help "use `policy='require'` or `policy='disable'`";
    /// A CPU model without fallback is one that this QEMU has.
    CPU_MODEL_OFFERED = "cpu-model-offered": Unsupported, Build,
        "`<cpu><model fallback='forbid'>`: `query-cpu-definitions`",
        help "use a model that `virtargv caps show SET` lists, where SET is as for `--caps`";
    /// A CPU model that this QEMU does not have can be written as one that it has.
    CPU_MODEL_TRANSLATION = "cpu-model-translation": Internal, Build,
        "`<cpu><model>`: libvirt's CPU definitions, for x86 only",
        help "use a model that `virtargv caps show SET` lists, where SET is as for `--caps`";
    /// A CPU model is defined.
    CPU_MODEL_UNKNOWN = "cpu-model-unknown": Internal, Build,
        "`<cpu><model>`: libvirt's CPU definitions (`/usr/share/libvirt/cpu_map`)",
        help "use a model that `virtargv caps show SET` lists, where SET is as for `--caps`";
    /// The host's CPU has what the guest's CPU requires.
    CPU_INCOMPATIBLE = "cpu-incompatible": CpuIncompatible, Build,
        "`<cpu>`, `<feature policy='require'>`: features that the host, or QEMU on it, lacks",
        help "remove the features named, or use `policy='optional'`";
    /// The guest's time-stamp counter has the host's frequency where the host cannot scale it.
    CLOCK_TSC_FREQUENCY = "clock-tsc-frequency": Unsupported, Build,
        "`<timer name='tsc' frequency=>`: KVM takes a frequency within 250 ppm of the host's, or scales it in hardware",
        help "use a frequency in that range, or remove `frequency=`";
    /// Switching deprecated features needs a QEMU that reports them.
    CPU_DEPRECATED_FEATURES = "cpu-deprecated-features": Unsupported, Build,
        "`<cpu deprecated_features=>`: `deprecated-props` of `query-cpu-model-expansion`, new in QEMU 9.1",
        help "remove `deprecated_features=`, or use QEMU 9.1 or later";
    /// A CPU that depends on the host's needs CPU definitions.
    CPU_NO_DEFINITIONS = "cpu-no-definitions": OperationFailed, Build,
        "`<cpu mode='host-model'>`: libvirt's CPU definitions (`/usr/share/libvirt/cpu_map`)",
        help "install libvirt's CPU definitions, or name their directory (`--cpu-map`)";
    /// The host has a DRM render node for OpenGL.
    GRAPHICS_RENDER_NODE = "graphics-render-node": Internal, Build,
        "`<gl enable='yes'>`, `<graphics type='egl-headless'>`: `/dev/dri/renderD*`",
        help "name one with `<gl rendernode=>`, or remove `<gl>`";
    /// The network at whose address a display listens is known.
    GRAPHICS_NETWORK = "graphics-network": NoNetwork, Build,
        "`<listen type='network' network=>`: an active virtual network of the host",
        help "start the network, or use `<listen type='address'>`";
    /// The host has an address on the network at which a display listens.
    GRAPHICS_NETWORK_ADDRESS = "graphics-network-address": Internal, Build,
        "`<listen type='network'>`: the first `<ip>` of the network",
        help "use `<listen type='address'>`";
    /// The secret of the TLS key for VNC exists.
    GRAPHICS_VNC_TLS_SECRET = "graphics-vnc-tls-secret": SecretMissing, Build,
        "`vnc_tls_x509_secret_uuid` of `qemu.conf`",
        help "define the secret and set its value";
    /// PCI devices are given to guests by a host with VFIO.
    HOSTDEV_PASSTHROUGH = "hostdev-passthrough": Unsupported, Build,
        "`<hostdev type='pci'>`, `<interface type='hostdev'>`: `/sys/kernel/iommu_groups` and `/dev/vfio/vfio` of the host",
        help "turn on the IOMMU in firmware and kernel (`intel_iommu=on`), and load the module `vfio-pci`";
    /// The host has vhost-scsi for a SCSI host adapter.
    HOSTDEV_VHOST_SCSI = "hostdev-vhost-scsi": Unsupported, Build,
        "`<hostdev type='scsi_host'>`: `/dev/vhost-scsi`, which `vhostfd=` of `vhost-scsi-pci` is a descriptor of",
        help "load the module `vhost_scsi` on the host";
    /// The TPM of the host exists.
    TPM_DEVICE = "tpm-device": Plain, Build,
        "`<tpm><backend type='passthrough'><device path=>`: a TPM of the host",
        help "correct the path, or use `<backend type='emulator'>`";
    /// A variable store that is made from a template has the template's format.
    NVRAM_CONVERSION = "nvram-conversion": NotSupported, Build,
        "`<nvram templateFormat= format=>`: a new store is a copy of its template",
        help "create the file beforehand (`qemu-img convert -O FORMAT TEMPLATE FILE`), or use a template of that format";
    /// A template is known for a variable store that has to be made.
    NVRAM_TEMPLATE_UNKNOWN = "nvram-template-unknown": OperationFailed, Build,
        "`<nvram template=>`: a new store is a copy of it; else of the template of the firmware descriptor, or of `nvram` in `qemu.conf`",
        help "create the file of the variable store beforehand, or name its template with `<nvram template=>`";
    /// The template exists where the variable store has to be made.
    NVRAM_TEMPLATE_MISSING = "nvram-template-missing": Plain, Build,
        "`<nvram template=>`: a new store is a copy of its template",
        help "name a template that exists with `template=`, or create the file of the variable store beforehand";
    /// The block device of a variable store exists.
    NVRAM_BLOCK = "nvram-block-missing": InvalidArgument, Build,
        "`<nvram type='block'><source dev=>`: only a store in a file is made from its template",
        help "correct `dev=`, or create the device";
    /// The host has a DRM render node for a vhost-user video device with 3D acceleration.
    VIDEO_RENDER_NODE = "video-render-node": Internal, Build,
        "`<video><driver name='vhostuser'>` with `<acceleration accel3d='yes'>`: `/dev/dri/renderD*`",
        help "name one with `<acceleration rendernode=>`, or use `accel3d='no'`";
    /// The SCSI unit of a host device exists.
    HOSTDEV_SCSI_UNIT = "hostdev-scsi-unit": Internal, Build,
        "`<hostdev type='scsi'><source><adapter>`: a generic SCSI device of the host",
        help "correct `<adapter>` and `<address>`, see `lsscsi -g`";
    /// The USB device of a host device exists.
    HOSTDEV_USB_MISSING = "hostdev-usb-missing": Internal, Build,
        "`<hostdev type='usb'><source>`: a USB device of the host, by `<vendor>` and `<product>`, by `<address>`, or by all of them",
        help "plug the device in, correct what names it (see `lsusb`), or use `startupPolicy='optional'`";
    /// The vendor and product of a USB host device name one device.
    HOSTDEV_USB_SEVERAL = "hostdev-usb-several": OperationFailed, Build,
        "`<hostdev type='usb'><source><vendor>`, `<product>`: devices of the same kind have the same ids",
        help "add `<address bus= device=/>` to `<source>`, see `lsusb`";
    /// The host has vhost-vsock for the vsock device.
    VSOCK_VHOST = "vsock-vhost": Unsupported, Build,
        "`<vsock>`: `/dev/vhost-vsock`, which `vhostfd=` of `vhost-vsock-pci` is a descriptor of",
        help "load the module `vhost_vsock` on the host, or remove `<vsock>`";
    /// There is a free CID for the vsock device.
    VSOCK_HOST = "vsock-host": Internal, Build,
        "`<vsock><cid auto='yes'>`: a context id that no other guest has",
        help "use `<cid auto='no' address=>`";
    /// The secret of a TLS key for character devices exists.
    TLS_SECRET = "tls-secret": SecretMissing, Build,
        "`chardev_tls_x509_secret_uuid` of `qemu.conf`",
        help "define the secret and set its value";
    /// The size of memory can be rounded up to the step of the machine.
    MEMORY_SIZE_OVERFLOW = "memory-size-overflow": Unsupported, Build,
        "`<memory>`, `<maxMemory>`, `<cell memory=>`, `<target><size>`: steps of 1 MiB, of 256 MiB on pseries",
        help "use a smaller size";
    /// A memory backend needs a QEMU that has the object.
    MEMORY_BACKEND_MISSING = "memory-backend-missing": Unsupported, Build,
        "`<memoryBacking>`: `memory-backend-ram`, `memory-backend-file`, `memory-backend-memfd`",
        help "change `<source type=>` of `<memoryBacking>`, or use a QEMU that has the object";
    /// Memory whose content is discarded needs a QEMU that has it.
    MEMORY_DISCARD = "memory-discard": Unsupported, Build,
        "`<memoryBacking><discard>`, `discard=`: `discard-data=` of memory backends, new in QEMU 2.10",
        help "remove `<discard/>` or `discard=`, or use QEMU 2.10 or later";
    /// A NUMA node that memory is bound to exists on the host.
    NUMA_NODE_MISSING = "numa-node-missing": Unsupported (Internal before "9.0"), Build,
        "`<numatune><memory nodeset=>`, `<memnode nodeset=>`, `<source><nodemask>`: the host's NUMA nodes",
        help "use nodes that the host has, see `numactl -H`";
    /// The host has huge pages.
    HUGEPAGES_NOT_MOUNTED = "hugepages-not-mounted": Internal, Build,
        "`<memoryBacking><hugepages>`: a mounted hugetlbfs, `hugetlbfs_mount` of `qemu.conf`",
        help "mount hugetlbfs on the host, or remove `<hugepages>`";
    /// The host has huge pages of the size.
    HUGEPAGES_SIZE_NOT_MOUNTED = "hugepages-size-not-mounted": Internal, Build,
        "`<hugepages><page size=>`: a hugetlbfs mounted with this page size",
        help "use a size for which the host has a hugetlbfs";
}
