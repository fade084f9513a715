//! What releases of libvirt do differently regardless of QEMU: one row a difference.

use super::{Release, Span};

macro_rules! conventions {
    ($($(#[doc = $doc:literal])+ $variant:ident: $(since $since:literal)? $(until $until:literal)?;)*) => {
        /// A difference between releases that no capability flag drives.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Convention {
            $($(#[doc = $doc])+ $variant,)*
        }

        impl Convention {
            /// Every convention.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The releases that have it.
            pub const fn releases(self) -> Span {
                match self {
                    $(Self::$variant => const { Span::ALWAYS $(.since($since))? $(.until($until))? },)*
                }
            }
        }

        impl Release {
            /// Whether this release follows `convention`.
            pub const fn has(self, convention: Convention) -> bool {
                convention.releases().contains(self)
            }
        }
    };
}

// One row a difference, in the words of the newer behaviour. `since` is the version of libvirt that brought it, `until`
// the first that no longer does so; where the exact version is not known, the first release followed that has it.
conventions! {
    /// The accelerator is an option of its own (`-accel kvm`), no longer a key of `-machine`.
    AccelOption: since "7.10";
    /// A listening socket is `server=on,wait=off`; it was `server,nowait`.
    ServerOnWaitOff: since "9.0";
    /// The static expansion of an x86 host CPU is expanded once more, in full, for all spellings of its features.
    CpuExpansionTwice: until "9.0";
    /// Flags of character devices and spice are `key=on`; they were the bare key.
    ExplicitOn: since "9.0";
    /// Memory devices follow the controllers, as some sit on a bus; they stood before all devices.
    MemoryAfterControllers: since "9.0";
    /// Rules of the format are held on a device before those of QEMU; it was the other way round.
    FormatRulesFirst: since "9.0";
    /// A new guest with more than 255 CPUs gets the IOMMU by which interrupts reach all of them.
    IommuForManyCpus: since "10.10";
    /// Controllers are sorted by index within their type, those that are added too; these came last.
    ControllersSorted: since "11.3";
    /// PCI controllers that were added get their zPCI numbers among the others; they got them last.
    ZpciInOrder: since "11.3";
    /// Devices are made as JSON throughout, so that numbers are decimal in `k=v` too; some were hexadecimal.
    DecimalNumbers: since "7.9";
    /// A network card on USB gets its port like any USB device.
    UsbNet: since "10.3";
    /// An Intel IOMMU has an id.
    IommuId: since "8.3";
    /// Options that all virtio devices have follow the driver's name; they stood where each device had put them.
    VirtioOptionsFirst: since "9.0";
    /// Thread pools and polling of iothreads are part of the document (since 8.5 and 9.4).
    IothreadTuning: since "8.5";
    /// That content must be kept is said (`discard-data=off`) where the document says so.
    ExplicitNoDiscard: since "9.0";
    /// Memory devices need slots, whatever their kind.
    MaxMemoryNeedsSlots: until "9.5";
    /// A host NUMA node that is not there is named as unsupported.
    NumaNodeUnsupported: since "9.0";
    /// `-mem-prealloc` goes with `-mem-path`; it stood by `-m`.
    PreallocWithPath: since "11.3";
    /// `-m size=NNNk`; it was `-m` with whole MiB where there are no memory devices.
    MemorySizeKib: since "10.0";
    /// CPU definitions keep a record of what was added to a model later and what was taken out, and the latter is named
    /// as off on the command line.
    CpuDefinitionChanges: since "9.0";
    /// Of CPUID leaves 1 and 0x80000001 the features of `ecx` are listed before those of `edx`; it was the other way
    /// round.
    CpuidEcxFirst: since "11.3";
    /// A named CPU model is chosen for few features that are off rather than for a short list (since 8.4).
    CpuDisabledPenalty: since "8.4";
    /// The watchdog that is part of the Q35 chipset is a device of every such guest.
    ImpliedItco: since "9.1";
    /// A named CPU under TCG is taken as it is, whatever the host's CPU.
    TcgCpuIsFree: since "11.3";
    /// Hyper-V enlightenments are `hv-...=on`; they were the bare name.
    HypervOn: since "9.0";
    /// Default USB and SCSI controllers follow the machine; once every architecture but a few had the PC's.
    UsbByMachine: since "11.3";
    /// A device or port of the host is a character device `serial` or `parallel`; it was `tty` or `parport`.
    ChardevSerial: since "9.0";
    /// Files that character devices write are opened beforehand and handed over in descriptor sets.
    ChardevFileFdset: since "8.1";
    /// The address ends a device's properties; it stood where each device had put it.
    AddressLast: since "9.0";
    /// A serial port on ISA is told which one it is (`index=`).
    IsaSerialIndex: since "9.0";
    /// Where a guest's sound goes is an `<audio>` of its own, if only an implied one; it was an environment variable.
    AudioElement: since "7.2";
    /// How many monitors a QXL card has precedes the sizes of its memory.
    QxlHeadsFirst: since "9.0";
    /// Every vhost-user graphics card's socket stands right before the card; they stood before all cards.
    VhostUserGpuTogether: since "11.3";
    /// Rules that hold for every hypervisor are held before those of QEMU; it was the other way round.
    CommonRulesFirst: since "9.0";
    /// The memory of a Bochs display is in bytes; it was in KiB with a `k`.
    BochsMemoryInBytes: since "9.0";
    /// The folder of a domain's channel sockets is called as the domain; it had `domain-` in front.
    ChannelDirPlain: since "9.7";
    /// The version of Arm's interrupt controller is a matter of 64 bit guests; it was one of the QEMU.
    GicVersionByArch: since "9.0";
    /// The object that protects a guest from its host is `lsec0`; it was `sev0`.
    LaunchSecurityIds: since "7.6";
    /// A document may change the properties of single devices.
    DeviceOverrides: since "8.2";
    /// A panic device of no model is what the machine has by nature, or nothing; it was the ISA one.
    PanicByMachine: since "11.3";
    /// What a TPM talks through stands before it, and its descriptor sets are told apart (`opaque=`).
    TpmBackendFirst: since "9.0";
    /// A virtiofs device has an id, and can be booted from.
    VirtiofsDeviceId: since "7.1";
    /// A switch of `-fsdev` is `key=on`; it was the bare key.
    FsdevExplicitOn: since "11.3";
    /// `cache` ends the properties all block nodes have; it stood before what tells whether they are written.
    BlockdevCacheLast: since "11.3";
    /// The node that copies on read passes discards on.
    CopyOnReadDiscard: since "7.6";
    /// A drive on a network is given as properties; a text was tried first.
    DriveNetworkProps: since "9.0";
    /// The name of a Ceph image may have a namespace between pool and image.
    RbdNamespace: since "11.3";
    /// A shared disk is shared by its device too where it cannot be written.
    ShareRwAlways: since "9.0";
    /// VLAN tags work on Linux bridges (since 11.0).
    BridgeVlan: since "11.0";
    /// A vDPA descriptor set is marked with the alias of its device; it was marked with the path.
    VdpaByAlias: since "11.3";
    /// A network card behind vhost-user is a virtio one where no model is given.
    VhostuserVirtio: since "11.3";
    /// `id=` ends a network back end; it stood before what vhost-net takes.
    NetdevIdLast: since "9.0";
    /// User networking may go through a slirp helper process.
    SlirpHelper: until "11.3";
    /// Sleep states and the event timer are a matter of the architecture; the QEMU was asked.
    PcTimersByArch: since "11.3";
    /// BIOS output on a serial port is a device (`sga`); it is a key of the machine.
    SerialBiosDevice: until "9.0";
    /// QEMU's sandbox is told groups of system calls wherever there is one; that was a feature of its own.
    SandboxByGroups: since "9.0";
    /// Passed-through inputs have one generation of virtio like all inputs; they could have either.
    InputHostOneModel: since "9.0";
    /// Firmware is picked when a domain is defined; it was when it was started.
    FirmwareWhenDefined: since "9.2";
    /// An empty `<serial>`, `<vendor>` or `<product>` of a disk is none; it was an empty text.
    EmptyIdentityIsNone: since "9.0";
    /// A virtiofs daemon can keep the guest from writing.
    VirtiofsReadonly: since "11.0";
    /// A file system's alias is the next that is free; it was numbered by its place.
    FsAliasNextFree: since "9.0";
    /// Guests of RISC-V and LoongArch may have a CPU of choice.
    LaterCpus: since "11.3";
    /// Whether there is a PS/2 controller is asked of the QEMU; every PC was taken to have one.
    Ps2Asked: since "9.0";
    /// A disk's geometry may leave out cylinders, heads or sectors.
    PartialGeometry: since "9.0";
    /// A SCSI disk may be removable, like a USB disk.
    RemovableScsi: since "9.6";
    /// Arm's `virt` machine takes PCIe expander buses, like Q35.
    ArmExpanderBus: since "9.0";
    /// Hotplug of devices on `pci-root` can be switched off.
    PciRootHotplug: since "7.9";
    /// A watchdog of model `ib700` is for i440FX machines.
    Ib700OnI440fx: since "9.3";
    /// An interface of type `vdpa` may have several queues.
    VdpaMultiqueue: since "11.3";
}
