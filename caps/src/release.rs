//! Releases of the reference, and what they do differently regardless of QEMU.

use std::fmt;
use std::str::FromStr;

/// A release of libvirt whose output is reproduced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Release {
    /// 7.0.0.
    V7_0,
    /// 11.3.0, the default.
    #[default]
    V11_3,
}

impl Release {
    /// Every release, oldest first.
    pub const ALL: &'static [Self] = &[Self::V7_0, Self::V11_3];

    /// The spelling, such as `7.0`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V7_0 => "7.0",
            Self::V11_3 => "11.3",
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no release.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no release '{0}'; known are 7.0 and 11.3")]
pub struct UnknownRelease(pub String);

impl FromStr for Release {
    type Err = UnknownRelease;

    fn from_str(text: &str) -> Result<Self, UnknownRelease> {
        let found = Self::ALL.iter().copied().find(|release| release.name() == text);
        found.ok_or_else(|| UnknownRelease(text.to_owned()))
    }
}

macro_rules! conventions {
    ($($(#[doc = $doc:literal])+ $variant:ident: $v7_0:literal, $v11_3:literal;)*) => {
        /// A difference between releases that no capability flag drives.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Convention {
            $($(#[doc = $doc])+ $variant,)*
        }

        impl Convention {
            /// Every convention.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
        }

        impl Release {
            /// Whether this release follows `convention`.
            pub const fn has(self, convention: Convention) -> bool {
                match (convention, self) {
                    $((Convention::$variant, Self::V7_0) => $v7_0,
                    (Convention::$variant, Self::V11_3) => $v11_3,)*
                }
            }
        }
    };
}

// One row a difference: what the release does that has it, then whether 7.0 and 11.3 do.
conventions! {
    /// The accelerator is an option of its own (`-accel kvm`), no longer a key of `-machine`.
    AccelOption: false, true;
    /// A listening socket is `server=on,wait=off`; it was `server,nowait`.
    ServerOnWaitOff: false, true;
    /// The static expansion of an x86 host CPU is expanded once more, in full, for all spellings of its features.
    CpuExpansionTwice: true, false;
    /// Flags of character devices and spice are `key=on`; they were the bare key.
    ExplicitOn: false, true;
    /// Memory devices follow the controllers, as some sit on a bus; they stood before all devices.
    MemoryAfterControllers: false, true;
    /// Rules of the format are held on a device before those of QEMU; it was the other way round.
    FormatRulesFirst: false, true;
    /// A new guest with more than 255 CPUs gets the IOMMU by which interrupts reach all of them.
    IommuForManyCpus: false, true;
    /// Controllers are sorted by index within their type, those that are added too; these came last.
    ControllersSorted: false, true;
    /// PCI controllers that were added get their zPCI numbers among the others; they got them last.
    ZpciInOrder: false, true;
    /// Devices are made as JSON throughout, so that numbers are decimal in `k=v` too; some were hexadecimal.
    DecimalNumbers: false, true;
    /// A network card on USB gets its port like any USB device.
    UsbNet: false, true;
    /// An Intel IOMMU has an id.
    IommuId: false, true;
    /// Options that all virtio devices have follow the driver's name; they stood where each device had put them.
    VirtioOptionsFirst: false, true;
    /// Thread pools and polling of iothreads are part of the document (since 8.5 and 9.4).
    IothreadTuning: false, true;
    /// That content must be kept is said (`discard-data=off`) where the document says so.
    ExplicitNoDiscard: false, true;
    /// Memory devices need slots, whatever their kind.
    MaxMemoryNeedsSlots: true, false;
    /// That the guest cell of a memory device exists is a rule; it was found when the command line was built.
    MemoryDeviceCellRule: false, true;
    /// Model and size of shared memory are held against rules; that was done when the command line was built.
    ShmemRules: false, true;
    /// A value that an attribute cannot have is an XML error; many attributes had a class of their own.
    AttributeErrorsAreXml: false, true;
    /// A host NUMA node that is not there is named as unsupported.
    NumaNodeUnsupported: false, true;
    /// `-mem-prealloc` goes with `-mem-path`; it stood by `-m`.
    PreallocWithPath: false, true;
    /// `-m size=NNNk`; it was `-m` with whole MiB where there are no memory devices.
    MemorySizeKib: false, true;
    /// CPU definitions keep a record of what was added to a model later and what was taken out, and the latter is named
    /// as off on the command line.
    CpuDefinitionChanges: false, true;
    /// Of CPUID leaves 1 and 0x80000001 the features of `ecx` are listed before those of `edx`; it was the other way
    /// round.
    CpuidEcxFirst: false, true;
    /// A named CPU model is chosen for few features that are off rather than for a short list (since 8.4).
    CpuDisabledPenalty: false, true;
    /// The watchdog that is part of the Q35 chipset is a device of every such guest.
    ImpliedItco: false, true;
    /// A named CPU under TCG is taken as it is, whatever the host's CPU.
    TcgCpuIsFree: false, true;
    /// Hyper-V enlightenments are `hv-...=on`; they were the bare name.
    HypervOn: false, true;
    /// Default USB and SCSI controllers follow the machine; once every architecture but a few had the PC's.
    UsbByMachine: false, true;
    /// A device or port of the host is a character device `serial` or `parallel`; it was `tty` or `parport`.
    ChardevSerial: false, true;
    /// Files that character devices write are opened beforehand and handed over in descriptor sets.
    ChardevFileFdset: false, true;
    /// The address ends a device's properties; it stood where each device had put it.
    AddressLast: false, true;
    /// A serial port on ISA is told which one it is (`index=`).
    IsaSerialIndex: false, true;
    /// Where a guest's sound goes is an `<audio>` of its own, if only an implied one; it was an environment variable.
    AudioElement: false, true;
    /// How many monitors a QXL card has precedes the sizes of its memory.
    QxlHeadsFirst: false, true;
    /// Every vhost-user graphics card's socket stands right before the card; they stood before all cards.
    VhostUserGpuTogether: false, true;
    /// Rules that hold for every hypervisor are held before those of QEMU; it was the other way round.
    CommonRulesFirst: false, true;
    /// The memory of a Bochs display is in bytes; it was in KiB with a `k`.
    BochsMemoryInBytes: false, true;
    /// The folder of a domain's channel sockets is called as the domain; it had `domain-` in front.
    ChannelDirPlain: false, true;
    /// The version of Arm's interrupt controller is a matter of 64 bit guests; it was one of the QEMU.
    GicVersionByArch: false, true;
    /// The object that protects a guest from its host is `lsec0`; it was `sev0`.
    LaunchSecurityIds: false, true;
    /// A document may change the properties of single devices.
    DeviceOverrides: false, true;
    /// A panic device of no model is what the machine has by nature, or nothing; it was the ISA one.
    PanicByMachine: false, true;
    /// What a TPM talks through stands before it, and its descriptor sets are told apart (`opaque=`).
    TpmBackendFirst: false, true;
    /// A virtiofs device has an id, and can be booted from.
    VirtiofsDeviceId: false, true;
    /// A switch of `-fsdev` is `key=on`; it was the bare key.
    FsdevExplicitOn: false, true;
    /// `cache` ends the properties all block nodes have; it stood before what tells whether they are written.
    BlockdevCacheLast: false, true;
    /// The node that copies on read passes discards on.
    CopyOnReadDiscard: false, true;
    /// A drive on a network is given as properties; a text was tried first.
    DriveNetworkProps: false, true;
    /// The name of a Ceph image may have a namespace between pool and image.
    RbdNamespace: false, true;
    /// A shared disk is shared by its device too where it cannot be written.
    ShareRwAlways: false, true;
    /// VLAN tags work on Linux bridges (since 11.0).
    BridgeVlan: false, true;
    /// A vDPA descriptor set is marked with the alias of its device, which may have several queues; it was marked with
    /// the path, and had one.
    VdpaByAlias: false, true;
    /// A network card behind vhost-user is a virtio one where no model is given.
    VhostuserVirtio: false, true;
    /// The IPv6 network of user networking has a prefix of 64 bits; it could have any other.
    UserIpv6Whole: false, true;
    /// Interfaces may ask for passt, forwarded ports and receive side scaling; devices of the host for a place in a pair
    /// of cards, a picture of a PCI device and what the guest may reset. These words were not read.
    InterfaceWords: false, true;
    /// Whether QEMU has user networking is asked; it was taken for granted.
    UserNetworkingAsked: false, true;
    /// A device of the host is given to a guest once.
    HostdevOnce: false, true;
    /// SCSI commands to a unit of the host are always filtered.
    SgioFiltered: false, true;
    /// `id=` ends a network back end; it stood before what vhost-net takes.
    NetdevIdLast: false, true;
    /// User networking may go through a slirp helper process.
    SlirpHelper: true, false;
    /// Sleep states and the event timer are a matter of the architecture; the QEMU was asked.
    PcTimersByArch: false, true;
    /// `kvm-hint-dedicated` is for guests that have the host's CPU itself.
    DedicatedNeedsHostCpu: true, false;
    /// The weight of a guest's CPU time has the range that control groups of the first version have.
    CpuSharesLimited: true, false;
    /// BIOS output on a serial port is a device (`sga`); it is a key of the machine.
    SerialBiosDevice: true, false;
    /// QEMU's sandbox is told groups of system calls wherever there is one; that was a feature of its own.
    SandboxByGroups: false, true;
    /// What a loader, its variables and the features of a firmware say has to fit together.
    FirmwareFitsTogether: false, true;
    /// A character device over spice is refused where there is no spice; it was left to QEMU.
    SpiceChardevNeedsSpice: false, true;
    /// Protocols of TCP that QEMU does not speak are refused; they were taken as raw.
    ChardevProtocolChecked: false, true;
    /// Passed-through inputs have one generation of virtio like all inputs; they could have either.
    InputHostOneModel: false, true;
    /// Firmware is picked when a domain is defined; it was when it was started.
    FirmwareWhenDefined: false, true;
    /// Disks are held to rules that came after 7.0: no protocols that QEMU lost, no empty USB drives, and the like.
    StricterDisks: false, true;
    /// A virtiofs daemon can keep the guest from writing.
    VirtiofsReadonly: false, true;
    /// A file system's alias is the next that is free; it was numbered by its place.
    FsAliasNextFree: false, true;
    /// Screens, cards, TPMs and the like are held to rules that came after 7.0: short VNC passwords, one monitor where
    /// there is but one, TPM 1.2 on PCs alone.
    StricterDevices: false, true;
    /// Words for CPUs, screens, sound, TPMs, character devices and small devices that came after 7.0 are read. Elements
    /// and attributes among them were passed over, values refused.
    DeviceWords: false, true;
    /// What a QEMU lacks for random numbers, smartcards, redirected devices and USB keyboards is found by the rules; it
    /// was when the command line was built.
    SmallDeviceRules: false, true;
    /// Guests of RISC-V and LoongArch may have a CPU of choice.
    LaterCpus: false, true;
    /// Whether there is a PS/2 controller is asked of the QEMU; every PC was taken to have one.
    Ps2Asked: false, true;
    /// Actions at a guest's end that QEMU cannot take are refused.
    LifecycleChecked: false, true;
}
