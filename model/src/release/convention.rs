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
    AccelOption: since "11.3";
    /// A listening socket is `server=on,wait=off`; it was `server,nowait`.
    ServerOnWaitOff: since "11.3";
    /// The static expansion of an x86 host CPU is expanded once more, in full, for all spellings of its features.
    CpuExpansionTwice: until "11.3";
    /// Flags of character devices and spice are `key=on`; they were the bare key.
    ExplicitOn: since "11.3";
    /// Memory devices follow the controllers, as some sit on a bus; they stood before all devices.
    MemoryAfterControllers: since "11.3";
    /// Rules of the format are held on a device before those of QEMU; it was the other way round.
    FormatRulesFirst: since "11.3";
    /// A new guest with more than 255 CPUs gets the IOMMU by which interrupts reach all of them.
    IommuForManyCpus: since "11.3";
    /// Controllers are sorted by index within their type, those that are added too; these came last.
    ControllersSorted: since "11.3";
    /// PCI controllers that were added get their zPCI numbers among the others; they got them last.
    ZpciInOrder: since "11.3";
    /// Devices are made as JSON throughout, so that numbers are decimal in `k=v` too; some were hexadecimal.
    DecimalNumbers: since "11.3";
    /// A network card on USB gets its port like any USB device.
    UsbNet: since "11.3";
    /// An Intel IOMMU has an id.
    IommuId: since "11.3";
    /// Options that all virtio devices have follow the driver's name; they stood where each device had put them.
    VirtioOptionsFirst: since "11.3";
    /// Thread pools and polling of iothreads are part of the document (since 8.5 and 9.4).
    IothreadTuning: since "11.3";
    /// That content must be kept is said (`discard-data=off`) where the document says so.
    ExplicitNoDiscard: since "11.3";
    /// Memory devices need slots, whatever their kind.
    MaxMemoryNeedsSlots: until "11.3";
    /// That the guest cell of a memory device exists is a rule; it was found when the command line was built.
    MemoryDeviceCellRule: since "11.3";
    /// Model and size of shared memory are held against rules; that was done when the command line was built.
    ShmemRules: since "11.3";
    /// A host NUMA node that is not there is named as unsupported.
    NumaNodeUnsupported: since "11.3";
    /// `-mem-prealloc` goes with `-mem-path`; it stood by `-m`.
    PreallocWithPath: since "11.3";
    /// `-m size=NNNk`; it was `-m` with whole MiB where there are no memory devices.
    MemorySizeKib: since "11.3";
    /// CPU definitions keep a record of what was added to a model later and what was taken out, and the latter is named
    /// as off on the command line.
    CpuDefinitionChanges: since "11.3";
    /// Of CPUID leaves 1 and 0x80000001 the features of `ecx` are listed before those of `edx`; it was the other way
    /// round.
    CpuidEcxFirst: since "11.3";
    /// A named CPU model is chosen for few features that are off rather than for a short list (since 8.4).
    CpuDisabledPenalty: since "11.3";
    /// The watchdog that is part of the Q35 chipset is a device of every such guest.
    ImpliedItco: since "11.3";
    /// A named CPU under TCG is taken as it is, whatever the host's CPU.
    TcgCpuIsFree: since "11.3";
    /// Hyper-V enlightenments are `hv-...=on`; they were the bare name.
    HypervOn: since "11.3";
    /// Default USB and SCSI controllers follow the machine; once every architecture but a few had the PC's.
    UsbByMachine: since "11.3";
    /// A device or port of the host is a character device `serial` or `parallel`; it was `tty` or `parport`.
    ChardevSerial: since "11.3";
    /// Files that character devices write are opened beforehand and handed over in descriptor sets.
    ChardevFileFdset: since "11.3";
    /// The address ends a device's properties; it stood where each device had put it.
    AddressLast: since "11.3";
    /// A serial port on ISA is told which one it is (`index=`).
    IsaSerialIndex: since "11.3";
    /// Where a guest's sound goes is an `<audio>` of its own, if only an implied one; it was an environment variable.
    AudioElement: since "11.3";
    /// How many monitors a QXL card has precedes the sizes of its memory.
    QxlHeadsFirst: since "11.3";
    /// Every vhost-user graphics card's socket stands right before the card; they stood before all cards.
    VhostUserGpuTogether: since "11.3";
    /// Rules that hold for every hypervisor are held before those of QEMU; it was the other way round.
    CommonRulesFirst: since "11.3";
    /// The memory of a Bochs display is in bytes; it was in KiB with a `k`.
    BochsMemoryInBytes: since "11.3";
    /// The folder of a domain's channel sockets is called as the domain; it had `domain-` in front.
    ChannelDirPlain: since "11.3";
    /// The version of Arm's interrupt controller is a matter of 64 bit guests; it was one of the QEMU.
    GicVersionByArch: since "11.3";
    /// The object that protects a guest from its host is `lsec0`; it was `sev0`.
    LaunchSecurityIds: since "11.3";
    /// A document may change the properties of single devices.
    DeviceOverrides: since "11.3";
    /// A panic device of no model is what the machine has by nature, or nothing; it was the ISA one.
    PanicByMachine: since "11.3";
    /// What a TPM talks through stands before it, and its descriptor sets are told apart (`opaque=`).
    TpmBackendFirst: since "11.3";
    /// A virtiofs device has an id, and can be booted from.
    VirtiofsDeviceId: since "11.3";
    /// A switch of `-fsdev` is `key=on`; it was the bare key.
    FsdevExplicitOn: since "11.3";
    /// `cache` ends the properties all block nodes have; it stood before what tells whether they are written.
    BlockdevCacheLast: since "11.3";
    /// The node that copies on read passes discards on.
    CopyOnReadDiscard: since "11.3";
    /// A drive on a network is given as properties; a text was tried first.
    DriveNetworkProps: since "11.3";
    /// The name of a Ceph image may have a namespace between pool and image.
    RbdNamespace: since "11.3";
    /// A shared disk is shared by its device too where it cannot be written.
    ShareRwAlways: since "11.3";
    /// VLAN tags work on Linux bridges (since 11.0).
    BridgeVlan: since "11.3";
    /// A vDPA descriptor set is marked with the alias of its device, which may have several queues; it was marked with
    /// the path, and had one.
    VdpaByAlias: since "11.3";
    /// A network card behind vhost-user is a virtio one where no model is given.
    VhostuserVirtio: since "11.3";
    /// The IPv6 network of user networking has a prefix of 64 bits; it could have any other.
    UserIpv6Whole: since "11.3";
    /// Interfaces may ask for passt, forwarded ports and receive side scaling; devices of the host for a place in a pair
    /// of cards, a picture of a PCI device and what the guest may reset. These words were not read.
    InterfaceWords: since "11.3";
    /// Whether QEMU has user networking is asked; it was taken for granted.
    UserNetworkingAsked: since "11.3";
    /// A device of the host is given to a guest once.
    HostdevOnce: since "11.3";
    /// SCSI commands to a unit of the host are always filtered.
    SgioFiltered: since "11.3";
    /// `id=` ends a network back end; it stood before what vhost-net takes.
    NetdevIdLast: since "11.3";
    /// User networking may go through a slirp helper process.
    SlirpHelper: until "11.3";
    /// Sleep states and the event timer are a matter of the architecture; the QEMU was asked.
    PcTimersByArch: since "11.3";
    /// `kvm-hint-dedicated` is for guests that have the host's CPU itself.
    DedicatedNeedsHostCpu: until "11.3";
    /// The weight of a guest's CPU time has the range that control groups of the first version have.
    CpuSharesLimited: until "11.3";
    /// BIOS output on a serial port is a device (`sga`); it is a key of the machine.
    SerialBiosDevice: until "11.3";
    /// QEMU's sandbox is told groups of system calls wherever there is one; that was a feature of its own.
    SandboxByGroups: since "11.3";
    /// What a loader, its variables and the features of a firmware say has to fit together.
    FirmwareFitsTogether: since "11.3";
    /// A character device over spice is refused where there is no spice; it was left to QEMU.
    SpiceChardevNeedsSpice: since "11.3";
    /// Protocols of TCP that QEMU does not speak are refused; they were taken as raw.
    ChardevProtocolChecked: since "11.3";
    /// Passed-through inputs have one generation of virtio like all inputs; they could have either.
    InputHostOneModel: since "11.3";
    /// Firmware is picked when a domain is defined; it was when it was started.
    FirmwareWhenDefined: since "11.3";
    /// Disks are held to rules that came after 7.0: no protocols that QEMU lost, no empty USB drives, and the like.
    StricterDisks: since "11.3";
    /// A virtiofs daemon can keep the guest from writing.
    VirtiofsReadonly: since "11.3";
    /// A file system's alias is the next that is free; it was numbered by its place.
    FsAliasNextFree: since "11.3";
    /// Screens, cards, TPMs and the like are held to rules that came after 7.0: short VNC passwords, one monitor where
    /// there is but one, TPM 1.2 on PCs alone.
    StricterDevices: since "11.3";
    /// Words for CPUs, screens, sound, TPMs, character devices and small devices that came after 7.0 are read. Elements
    /// and attributes among them were passed over, values refused.
    DeviceWords: since "11.3";
    /// Guests of RISC-V and LoongArch may have a CPU of choice.
    LaterCpus: since "11.3";
    /// Whether there is a PS/2 controller is asked of the QEMU; every PC was taken to have one.
    Ps2Asked: since "11.3";
    /// Actions at a guest's end that QEMU cannot take are refused.
    LifecycleChecked: since "11.3";
}
