//! The parts of the document that not every version of libvirt writes.

use virtargv_model::{Span, Version};

macro_rules! parts {
    ($($(#[doc = $doc:literal])+ $variant:ident: $(since $since:literal)? $(until $until:literal)?;)*) => {
        /// A part of the document, or a way of writing it, that not every version of libvirt has.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Part {
            $($(#[doc = $doc])+ $variant,)*
        }

        impl Part {
            /// Whether `version` has it.
            pub(super) const fn is_in(self, version: Version) -> bool {
                match self {
                    $(Self::$variant => {
                        const SPAN: Span = Span::ALWAYS $(.since($since))? $(.until($until))?;
                        SPAN.contains_version(version)
                    })*
                }
            }
        }
    };
}

// As in the table of conventions: `since` is the first version with the part, or the earliest that is known to have it.
parts! {
    /// `<firmwareFeatures>` and `<varstore>` of `<os>`
    FirmwareFeatures: since "12.9";
    /// `migratable` of the modes `host-passthrough` and `maximum`
    Migratable: since "7.1";
    /// The mode `maximum`
    MaximumMode: since "7.1";
    /// The size of physical addresses in the mode `host-model`
    MaxPhysAddr: since "9.3";
    /// The features of the mode `host-model` are sorted by name, else in the order of the CPU definitions.
    FeaturesSorted: since "12.9";
    /// The feature `vmx-invvpid-single-context-noglobals`, by the name that QEMU has for it
    InvvpidNoglobals: since "11.3";
    /// `deprecated=` of a CPU model
    Deprecated: since "7.1";
    /// `vendor=` of a CPU model
    Vendor: since "9.0";
    /// Versioned CPU models (`Broadwell-v1`), which the definitions of earlier versions lack, and `canonical=`
    VersionedModels: since "10.9";
    /// `<blockers>` of a CPU model
    Blockers: since "10.9";
    /// CPU models are sorted by name, else in QEMU's order.
    ModelsSorted: since "10.9";
    /// `<memoryBacking>`
    MemoryBacking: since "8.6";
    /// `<graphics type='rdp'>`
    Rdp: since "11.1";
    /// `<enum name='iommufd'>` of `<hostdev>`
    HostdevIommufd: since "12.9";
    /// `<filesystem>`
    Filesystem: since "8.1";
    /// The driver `handle` of `<filesystem>`
    HandleDriver: until "12.9";
    /// `<tpm>`
    Tpm: since "8.6";
    /// `<redirdev>`, `<channel>`
    RedirdevAndChannel: since "9.0";
    /// `<crypto>`
    Crypto: since "9.0";
    /// `<interface>`
    Interface: since "9.2";
    /// `<panic>`
    Panic: since "10.7";
    /// `<console>`
    Console: since "12.9";
    /// `<async-teardown>`
    AsyncTeardown: since "9.6";
    /// `<s390-pv>` of s390 guests
    S390Pv: since "7.6";
    /// `<s390-pv>` of all guests
    S390PvEverywhere: since "12.9";
    /// `<ps2>`
    Ps2: since "10.7";
    /// `<tdx>`
    Tdx: since "11.6";
    /// `maxGuests` and `maxESGuests` of `<sev>`
    SevGuests: since "8.0";
    /// `<cpu0Id>` of `<sev>`
    SevCpu0: since "8.4";
    /// `<sgx>`
    Sgx: since "8.10";
    /// `<hyperv>`
    Hyperv: since "9.0";
    /// `<launchSecurity>`
    LaunchSecurity: since "10.5";
}
