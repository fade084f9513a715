//! Conventions: the differences between releases of libvirt that no capability flag decides, one row each.

use super::{Release, Span};

macro_rules! conventions {
    ($($(#[doc = $doc:literal])+ $variant:ident: $(since $since:literal)? $(until $until:literal)?;)*) => {
        /// A difference between releases of libvirt that no capability flag decides. A release has the convention or
        /// not.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Convention {
            $($(#[doc = $doc])+ $variant,)*
        }

        impl Convention {
            /// Every convention.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name, which is that of its row.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant),)* }
            }

            /// What a release with the convention does, and what others do.
            pub fn summary(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii(),)* }
            }

            /// The releases that have the convention.
            pub const fn releases(self) -> Span {
                match self {
                    $(Self::$variant => const { Span::ALWAYS $(.since($since))? $(.until($until))? },)*
                }
            }
        }

        impl Release {
            /// Whether this release has `convention`.
            pub const fn has(self, convention: Convention) -> bool {
                // One bit a release: it is asked for hundreds of times for a command line.
                let releases = match convention {
                    $(Convention::$variant => const { Convention::$variant.releases().bits() },)*
                };
                releases >> self.of_convention(convention as u16) & 1 == 1
            }
        }
    };
}

// A row states what a release with the convention does, then what others do. `since` is the version of libvirt that
// introduced it, `until` the first version without it. Where the exact version is not known, it is the earliest
// that is known to have it.
conventions! {
    /// The accelerator is the option `-accel kvm`, else the key `accel=` of `-machine`.
    AccelOption: since "7.10";
    /// Of the properties of `-machine`, those of key wrapping, features and IOMMU precede those of memory; else those of
    /// memory precede them.
    MachineFeaturesFirst: since "9.0";
    /// ACPI is switched by the key `acpi=` of `-machine` where the machine type has it.
    MachineAcpi: since "9.0";
    /// The PC speaker is the key `pcspk-audiodev=` of `-machine`, else `-soundhw pcspk`, which has no audio backend.
    PcSpeakerAudiodev: since "9.0";
    /// A listening socket is `server=on,wait=off`, else `server,nowait`.
    ServerOnWaitOff: since "9.0";
    /// Flags of character devices and SPICE are `key=on`, else the key alone.
    ExplicitOn: since "9.0";
    /// Memory devices follow the controllers on the command line, as some are on a bus; else they precede all devices.
    MemoryAfterControllers: since "9.0";
    /// The rules of the domain format on a device, which hold for all hypervisors, are checked before those of QEMU; else
    /// after them.
    FormatRulesFirst: since "9.0";
    /// Some rules of the domain format on disks are checked before all others, as the disk is read; else with the others.
    DiskRulesWhileReading: until "9.0";
    /// A new guest with more than 255 vCPUs gets an IOMMU, so that interrupts reach all of them.
    IommuForManyCpus: since "10.10";
    /// Without a model, a SCSI controller has that of the first other one with a model, where the machine does not decide; else
    /// an LSI where QEMU has it.
    ScsiModelOfOthers: since "12.9";
    /// Added controllers are sorted by index within their type, else appended.
    ControllersSorted: since "11.3";
    /// Added PCI controllers get their zPCI ids in the order of all devices, else after all others.
    ZpciInOrder: since "11.3";
    /// Devices are built as JSON, so that all numbers are decimal in `key=value` too; else some are hexadecimal.
    DecimalNumbers: since "7.9";
    /// USB ports are assigned in the order of all devices, else in one of USB devices that begins with host devices.
    UsbInDeviceOrder: since "11.3";
    /// A USB network device gets a port like every USB device.
    UsbNet: since "10.3";
    /// With an IOMMU in the guest, its memory is locked once for each host device that is mapped by VFIO, and in any case once
    /// for each NVMe disk and vDPA interface; else once for all of them.
    MemoryLockedForEach: since "8.7";
    /// An IOMMU has an alias and an address.
    IommuId: since "8.3";
    /// The options that all virtio devices have follow the name of the device; else each kind of device has its own
    /// order.
    VirtioOptionsFirst: since "9.0";
    /// `discard='no'` of memory is written as `discard-data=off`, else left out.
    ExplicitNoDiscard: since "9.0";
    /// Zeroes are detected in all images of a backing chain, else in the active one only.
    DetectZeroesInChain: since "9.0";
    /// The data file that the header of a qcow2 image names is a node of its own, else QEMU opens it.
    DataStore: since "10.10";
    /// `<maxMemory>` needs `slots=` for memory devices of every model, else for memory modules only.
    MaxMemoryNeedsSlots: until "9.5";
    /// `-mem-prealloc` follows `-mem-path`, else `-m`.
    PreallocWithPath: since "11.3";
    /// The memory size is `-m size=NNNk`, else `-m` with a number of MiB where there are no memory devices.
    MemorySizeKib: since "10.0";
    /// CPU model definitions mark features that were added or removed later, and removed ones are disabled explicitly.
    CpuDefinitionChanges: since "9.0";
    /// A CPU model that QEMU reports as usable is not compared with the host's CPU for `match='strict'` either.
    UsableCpuStrict: since "11.3";
    /// Of CPUID leaves 1 and 0x80000001, the features of `ecx` are listed before those of `edx`, else after them.
    CpuidEcxFirst: since "11.3";
    /// The closest CPU model is the one with the fewest disabled features, else with the shortest list of features.
    CpuDisabledPenalty: since "8.4";
    /// A machine has a floppy controller where QEMU has its bus, else every machine but `pseries` has one.
    FloppyByBus: since "11.4";
    /// The iTCO watchdog of the Q35 chipset is an implied device.
    ImpliedItco: since "9.1";
    /// x86 CPU features have QEMU's canonical names on every QEMU, else where a flag says that it knows them.
    CanonicalCpuNames: since "11.3";
    /// The x86 CPU features that follow from the vCPU topology, `ht` and `cmp_legacy`, are not properties of the CPU.
    TopologyFeatures: since "11.10";
    /// Hyper-V enlightenments are `hv-NAME=on`, else the name alone.
    HypervOn: since "9.0";
    /// `hv-crash` of the panic device `hyperv` is `hv-crash=on`, else the name alone.
    HypervCrashOn: since "12.9";
    /// The Arm board `versatilepb`, which has PCI, gets a USB controller; else no Arm machine does.
    VersatilepbUsb: since "11.3";
    /// The Arm board `versatilepb` has a PCI root bus whatever its CPU, else as a machine of architecture `armv6l` only.
    VersatilepbPciRoot: since "11.3";
    /// The MIPS machine `malta` has a PCI root bus.
    MaltaPciRoot: since "11.3";
    /// A `microvm` machine gets no USB controller.
    MicrovmNoUsb: since "11.3";
    /// Outside x86, the default USB controller of a QEMU without `piix3-usb-uhci` is `pci-ohci`, else there is none.
    UsbOhciDefault: since "11.3";
    /// USB controllers without a model are those of the machine, which `-usb` adds.
    UsbOption: until "11.3";
    /// A USB controller of model `none` has no address.
    UsbNoneNoAddress: since "11.3";
    /// The default SCSI controller of a machine with an ESP on the board is that one; else only where QEMU has no other
    /// default.
    BuiltinEspDefault: since "11.3";
    /// The backend of a host device is the character device `serial` or `parallel`, else `tty` or `parport`.
    ChardevSerial: since "9.0";
    /// Files of character devices are opened before the start and passed in descriptor sets.
    ChardevFileFdset: since "8.1";
    /// The address is the last property of a device; else each kind of device has its own order.
    AddressLast: since "9.0";
    /// An ISA serial port has `index=`.
    IsaSerialIndex: since "9.0";
    /// The audio backend is an `<audio>` element, possibly implied; else it is the environment variable
    /// `QEMU_AUDIO_DRV`.
    AudioElement: since "7.2";
    /// The number of heads of a QXL device precedes the sizes of its memory, else follows them.
    QxlHeadsFirst: since "9.0";
    /// The socket of a vhost-user video device directly precedes the device; else all sockets precede all video
    /// devices.
    VhostUserGpuTogether: since "11.3";
    /// The memory of a Bochs display is in bytes, else in KiB with the suffix `k`.
    BochsMemoryInBytes: since "9.0";
    /// The directory of a domain's channel sockets has the short name of the domain, else with the prefix `domain-`.
    ChannelDirPlain: since "9.7";
    /// `gic-version=` is for 64-bit Arm guests only, else for every QEMU with the property.
    GicVersionByArch: since "9.0";
    /// The object for launch security has the id `lsec0`, else `sev0`.
    LaunchSecurityIds: since "7.6";
    /// A panic device without a model is that of the machine, or none; else the ISA device.
    PanicByMachine: since "11.3";
    /// The character device and the descriptor sets of a TPM precede `-tpmdev`, else follow it.
    TpmBackendFirst: since "9.0";
    /// The descriptor sets of a TPM have `opaque=`.
    TpmFdsetOpaque: since "9.0";
    /// A virtiofs device has an id.
    VirtiofsDeviceId: since "7.1";
    /// The socket of virtiofsd is called `ALIAS-fs.sock`, else `ALIAS.vhost-fs.sock`.
    VirtiofsSocketName: since "7.1";
    /// `cache` is the last of the common properties of block nodes, else it precedes `read-only`.
    BlockdevCacheLast: since "11.3";
    /// The copy-on-read node has `discard=unmap`.
    CopyOnReadDiscard: since "7.6";
    /// A network disk of `-drive` is given as properties, else as a URI where possible.
    DriveNetworkProps: since "9.0";
    /// The name of an RBD image can have a namespace between pool and image.
    RbdNamespace: since "11.6";
    /// Firmware with `type='rom'` has the format `raw`, else only where the type is the default.
    RomFormat: since "12.9";
    /// The device of a shared disk has `share-rw=on` even where the disk is read-only.
    ShareRwAlways: since "9.0";
    /// `<vlan>` is supported on Linux bridges.
    BridgeVlan: since "11.0";
    /// The descriptor set of a vDPA interface is named after the alias of the interface, else after its path.
    VdpaByAlias: since "11.3";
    /// The default model of a vhost-user interface is virtio.
    VhostuserVirtio: since "11.3";
    /// `id=` is the last property of a network backend, else it precedes those of vhost-net.
    NetdevIdLast: since "9.0";
    /// A vhost-user interface needs shared guest memory when it is defined, else QEMU refuses it at the start.
    VhostUserNetShared: since "11.1";
    /// A `<seclabel>` without `type=` is ignored, and refused without `model=`; else it is dynamic.
    SeclabelWithoutType: since "9.0" until "12.9";
    /// `loadparm=` of the machine is for s390x guests, else for every QEMU with the property.
    LoadparmByArch: since "11.3";
    /// Arm `realview` boards have a USB controller of model `pci-ohci`, without a PCI bus.
    RealviewUsb: since "11.3" until "12.9";
    /// The preferred machine type of Arm and RISC-V is `virt`, as QEMU has no default there.
    PreferVirt: since "11.3";
    /// Transitional and non-transitional virtio devices can be on every bus, else on PCI only.
    TransitionalAnyBus: since "9.0";
    /// A new guest with a maximum memory size gets a guest NUMA cell, which memory devices need.
    NumaCellForHotplug: since "11.3";
    /// `<product>` is for IDE and SATA disks too.
    AtaProduct: since "11.3";
    /// A generated path of a channel's socket is in a directory of libvirt; else the name of its directory is enough.
    ChannelPathInDirs: since "9.7";
    /// A disk on a volume is looked up even where its `<source>` names no pool, else it is a drive without a medium.
    VolumeByName: since "9.0";
    /// Disks are sorted by bus before those without `bus=` get one, else afterwards.
    DisksSortedFirst: since "9.0";
    /// `<name>` and `<uuid>` are read before `<os><type>`, else after it.
    IdsBeforeType: since "9.0";
    /// User networking can use a slirp helper process.
    SlirpHelper: until "11.3";
    /// Whether a guest has ACPI sleep states and the HPET depends on the architecture, else on capability flags.
    PcTimersByArch: since "11.3";
    /// BIOS output on a serial port is the device `sga`, else the key `graphics=off` of `-machine`.
    SerialBiosDevice: until "9.0";
    /// Groups of system calls of `-sandbox` need the capability flags of the option and of the groups, else of the
    /// groups only.
    SandboxByGroups: since "9.0";
    /// The models `virtio-transitional` and `virtio-non-transitional` are refused for every input, else not for
    /// passed-through ones.
    InputHostOneModel: since "9.0";
    /// Firmware is selected when a domain is defined, else at the start.
    FirmwareWhenDefined: since "9.2";
    /// Firmware is selected by its features, formats and kind of variable store too, which the selection fills in; else by
    /// `secure=` and its paths only.
    FirmwareByFeatures: since "9.2";
    /// An empty `<serial>`, `<vendor>` or `<product>` of a disk is read as absent, else as an empty text.
    EmptyIdentityIsNone: since "9.0";
    /// QEMU 5.2 or later is needed.
    NeedsQemu5: since "10.6";
    /// QEMU 7.2 or later is needed.
    NeedsQemu7: since "12.4";
    /// A PC whose PCI root bus is not known is refused as such, else as a machine type that QEMU does not have.
    PciRootKnown: since "11.9";
    /// Firmware of every mapping and mode is selected, as far as `<loader>` and its variable store agree; else stateless
    /// firmware where `<loader stateless='yes'>` asks for it, and firmware with a separate variable store.
    FirmwareByMode: since "11.8";
    /// Links are followed where the paths of a document and of firmware descriptors are compared.
    FirmwareLinks: since "12.0";
    /// The secret of `<auth>` is looked up for every image, else for network sources only.
    AuthOfEveryImage: since "11.3";
    /// A variable store can have another format than its template, else firmware is chosen by the format.
    NvramFormatApart: since "12.0";
    /// A variable store is made from a template of its own format only, else the template is converted.
    NvramNotConverted: since "10.10";
    /// virtiofs supports `<readonly/>`.
    VirtiofsReadonly: since "11.0";
    /// `<readonly/>` is refused where `<source socket=>` names a virtiofsd that runs already, else it has no effect there.
    VirtiofsReadonlySocket: since "12.9";
    /// A read-only file system of `-fsdev` is `readonly=on`, else the key alone.
    FsdevReadonlyOn: since "12.9";
    /// A file system can have the driver `handle`, which QEMU 4.0 removed.
    FsHandle: until "12.2";
    /// The alias of a file system has the next free number, else the index of the file system.
    FsAliasNextFree: since "9.0";
    /// libvirt has CPU drivers for RISC-V and LoongArch, so that their guests can have CPU models.
    RiscvLoongarchCpus: since "11.3";
    /// Whether a PC has a PS/2 controller depends on a capability flag, else every PC is taken to have one.
    Ps2ByCapability: since "9.0";
    /// Of a `<geometry>` with a 0, the other numbers and `trans=` are properties of the device; else it is ignored.
    PartialGeometry: since "9.0";
    /// `removable=` is for SCSI disks as for USB disks.
    RemovableScsi: since "9.6";
    /// The Arm `virt` machine can have PCI Express expander buses, as Q35 can.
    ArmExpanderBus: since "9.0";
    /// `<target hotplug=>` is for `pci-root` too.
    PciRootHotplug: since "7.9";
    /// The watchdog model `ib700` is for i440FX machines only.
    Ib700OnI440fx: since "9.3";
    /// An interface of type `vdpa` can have several queues.
    VdpaMultiqueue: since "11.3";
    /// Where the machine aliases of a QEMU are dropped, the default machine type has the name of its alias; else its own.
    DroppedAliasIsDefault: since "9.0";
    /// Every Q35 machine since 2.4 has its floppy controller as a device; else only one whose name has a version.
    FloppyControllerOfAlias: since "9.0";
    /// The port of a socket that is a network backend is read before its address, else after it.
    SocketPortFirst: until "9.0";
    /// An emulated TPM is version 1.2 by default for the device `tpm-tis` of an x86 guest, else for every one whose document does
    /// not name the model `tpm-crb` or `tpm-spapr`.
    TpmVersionByDevice: since "9.0";
    /// `<loader readonly='no'>` of flash is writable, else any `readonly=` makes it read-only.
    FlashReadonlyByWord: since "9.0";
    /// Without a model, a USB controller is an xHCI controller on all architectures but x86 and s390, where QEMU has one;
    /// else on 64-bit Arm, POWER and LoongArch only. The one of an Arm board with PCI follows.
    UsbXhciFirst: since "11.9";
    /// A USB controller of s390 without a model is none even where it has an address, else then a PIIX3.
    S390UsbNone: since "11.9";
    /// The Arm boards with a USB controller are those with a PCI bus, else all of the families `versatilepb` and
    /// `realview`; of the latter, `realview-eb` is one with a PCI bus, else none is.
    ArmUsbWithPci: since "11.9";
    /// Architectures and machines with USB and a memory balloon are listed; else all but some have both.
    DefaultDevicesListed: since "12.1";
    /// A device that needs a PCI bus is refused where an Arm or RISC-V machine has none, else it is left without an address.
    PciNeedsBus: since "12.1";
    /// Without a model, a SCSI controller of an Arm or RISC-V `virt` machine is virtio-scsi, else an LSI where QEMU has it.
    VirtVirtioScsi: since "11.6";
    /// A USB disk has a model: a host adapter with a CD-ROM for CD-ROMs, else all are QEMU's `usb-storage`.
    UsbDiskModel: since "11.5";
    /// A target name such as `nvme0n1` is that of an NVMe disk, else of none.
    NvmeNames: since "11.5";
    /// `discard_granularity=` is the last property of a disk, and can be 0; else it follows the block sizes, and 0 is read as
    /// absent.
    DiscardGranularityLast: since "11.6";
    /// A throttle filter has `discard=unmap`.
    ThrottleDiscard: since "11.10";
    /// An IOMMU of model `virtio` has options, else none has.
    VirtioIommuOptions: since "12.1";
    /// An IOMMU follows the controllers on the command line, as it can name one; else it precedes them.
    IommuAfterControllers: since "11.10";
    /// An AMD IOMMU of a new guest with more than 255 vCPUs gets `xtsup=` and `intremap=`, as an Intel one gets `eim=`.
    AmdXtsup: since "12.2";
    /// The network devices `lan9118` and `scm91c111` are those on an Arm board (`-net nic`) and have no PCI address.
    BoardNicsWithoutPci: since "12.9";
    /// A virtio video device records which of QEMU's devices it is, else it is chosen at each start.
    VideoDevice: since "12.5";
    /// passt tells the guest routes, else none are told.
    PasstRoutes: since "12.2";
    /// QEMU is asked for the CPU `max` of TCG for every target, else only where the host could execute the guest's code
    /// itself.
    MaxCpuOfEveryTarget: since "12.9";
    /// The parts of the enlightenments `stimer` and `tlbflush` are looked for on the host too, else only the enlightenments.
    HypervParts: since "12.9";
    /// A drive whose medium was ejected has no number, else it has one of a block node that is not there, which is removed with
    /// the drive.
    EjectedUnnumbered: since "12.9";
    /// A floppy drive has no tray to be closed, else the one of a new medium is.
    FloppyWithoutTray: since "12.9";
    /// `tray='closed'` is refused for a hard disk too, else it is the same as no `tray=`.
    ClosedTrayGiven: since "12.9";
    /// The host must have VFIO for every PCI host device, else for those that do not name the driver `vfio`.
    VfioAlwaysNeeded: since "12.1";
}
