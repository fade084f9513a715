//! Who sees a difference: the guest, or the host alone.

use virtargv_caps::Cap;
use virtargv_model::Convention;

use super::{Change, Part, Reason};

/// Who sees a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Seen {
    /// The guest: its machine, CPU, memory, firmware, devices, their addresses and properties.
    Guest,
    /// The host alone: how the same guest is run.
    Host,
}

impl Seen {
    /// The stable word used in machine-readable output.
    pub fn id(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Host => "host",
        }
    }
}

/// The part of an option that the guest sees.
enum Sees {
    /// Nothing.
    Nothing,
    /// All but these properties, and those of objects with these names.
    AllBut(&'static [&'static str]),
    /// These properties alone.
    Only(&'static [&'static str]),
}

use Sees::{AllBut, Nothing, Only};

/// The options; of one that is not listed the guest sees everything.
const OPTIONS: &[(&str, Sees)] = &[
    ("-name", Nothing),
    ("-S", Nothing),
    ("-object", Nothing),
    ("-blockdev", Nothing),
    ("-netdev", Nothing),
    ("-chardev", Nothing),
    ("-fsdev", Nothing),
    ("-tpmdev", Nothing),
    ("-audiodev", Nothing),
    ("-mon", Nothing),
    ("-display", Nothing),
    ("-vnc", Nothing),
    ("-spice", Nothing),
    ("-sdl", Nothing),
    ("-nographic", Nothing),
    ("-sandbox", Nothing),
    ("-msg", Nothing),
    ("-pidfile", Nothing),
    ("-add-fd", Nothing),
    ("-incoming", Nothing),
    ("-no-shutdown", Nothing),
    ("-no-reboot", Nothing),
    ("-no-user-config", Nothing),
    ("-nodefconfig", Nothing),
    ("-overcommit", Nothing),
    ("-realtime", Nothing),
    ("-run-with", Nothing),
    ("-daemonize", Nothing),
    ("-mem-path", Nothing),
    ("-mem-prealloc", Nothing),
    ("-enable-fips", Nothing),
    ("-compat", Nothing),
    ("-drive", Only(&["if", "unit", "index", "readonly", "file"])),
    ("-accel", Only(&["", "accel", "kernel-irqchip"])),
    (
        "-machine",
        AllBut(&["dump-guest-core", "mem-merge", "memory-backend", "pcspk-audiodev", "memory-encryption"]),
    ),
    ("-numa", AllBut(&["memdev", "mem"])),
    ("-set", Nothing),
    ("-device", AllBut(HOST_PROPERTIES)),
];

/// The properties of devices that connect them with their backends, or say how they are run.
const HOST_PROPERTIES: &[&str] = &[
    "id",
    "drive",
    "netdev",
    "chardev",
    "chardevs",
    "audiodev",
    "memdev",
    "rng",
    "cryptodev",
    "fsdev",
    "tpmdev",
    "iothread",
    "iothread-vq-mapping",
    "share-rw",
    "werror",
    "rerror",
    "fd",
    "vhostfd",
    "vhost",
    "host",
    "sysfsdev",
    "hostbus",
    "hostaddr",
    "hostdevice",
    "hostport",
    "tx",
    "ioeventfd",
    "failover_pair_id",
    "evdev",
    "grab_all",
    "grab-toggle",
    "repeat",
    "display",
    "filter",
    "write-through",
    "page-sampling",
    "iommufd",
    "guest-reset",
    "memory",
    "boot_wwpn",
    "path",
    "qom-path",
    "x-disable-pcie",
    "prealloc",
    "dynamic-memslots",
    "rendernode",
    "db",
    "ccid-card",
    "streams",
    "ramfb",
];

/// Who sees a difference of `property` of the argument `name`, whose option is `option`.
pub(super) fn of(part: Part, option: &str, name: &str, property: &str) -> Seen {
    match part {
        Part::Order | Part::Environment | Part::Monitor | Part::Form => return Seen::Host,
        // The guest cannot be started on one side.
        Part::Problem => return Seen::Guest,
        Part::Argument | Part::Property => {}
    }
    // Its image is a block node of the host, but the guest runs what is in it.
    if option == "-blockdev" && name.contains("pflash") {
        let is_image = matches!(property, "" | "filename" | "read-only" | "driver") && part == Part::Property;
        return if is_image { Seen::Guest } else { Seen::Host };
    }
    let sees = OPTIONS.iter().find(|(known, _)| *known == option).map(|(_, sees)| sees);
    let is_of = |names: &[&str]| {
        let first = property.split('.').next().unwrap_or(property);
        names.contains(&first)
    };
    let is_seen = match sees {
        None => true,
        Some(Nothing) => false,
        Some(AllBut(host)) => part == Part::Argument || !is_of(host),
        Some(Only(guest)) => part == Part::Argument || is_of(guest),
    };
    if is_seen { Seen::Guest } else { Seen::Host }
}

/// The rules on what the guest does not see.
const HOST_RULES: &[&str] = &["abi-name", "abi-cpu-check", "abi-memory-source"];

/// Who sees a difference that breaks `rule`.
pub(super) fn of_rule(rule: &str) -> Seen {
    if HOST_RULES.contains(&rule) { Seen::Host } else { Seen::Guest }
}

/// The conventions that change how a guest is written or run, but nothing that it sees.
const RESTATING: &[Convention] = &[
    Convention::MachineFeaturesFirst,
    Convention::PcSpeakerAudiodev,
    Convention::ServerOnWaitOff,
    Convention::ExplicitOn,
    Convention::MemoryAfterControllers,
    Convention::DecimalNumbers,
    Convention::ExplicitNoDiscard,
    Convention::DetectZeroesInChain,
    Convention::DataStore,
    Convention::PreallocWithPath,
    Convention::MemorySizeKib,
    Convention::CpuidEcxFirst,
    Convention::CanonicalCpuNames,
    // QEMU derives these features from the topology.
    Convention::TopologyFeatures,
    Convention::HypervOn,
    Convention::HypervCrashOn,
    Convention::ChardevSerial,
    Convention::ChardevFileFdset,
    Convention::AddressLast,
    // The index is that of the port, which was numbered by its order.
    Convention::IsaSerialIndex,
    Convention::AudioElement,
    Convention::QxlHeadsFirst,
    Convention::VhostUserGpuTogether,
    Convention::BochsMemoryInBytes,
    Convention::ChannelDirPlain,
    Convention::LaunchSecurityIds,
    Convention::TpmBackendFirst,
    Convention::TpmFdsetOpaque,
    Convention::VirtiofsDeviceId,
    Convention::VirtiofsSocketName,
    Convention::BlockdevCacheLast,
    Convention::CopyOnReadDiscard,
    Convention::DriveNetworkProps,
    Convention::ShareRwAlways,
    Convention::VdpaByAlias,
    Convention::NetdevIdLast,
    Convention::SandboxByGroups,
    Convention::DiscardGranularityLast,
    Convention::ThrottleDiscard,
    Convention::IommuAfterControllers,
    Convention::FsdevReadonlyOn,
    Convention::FsAliasNextFree,
    Convention::PasstRoutes,
    Convention::SlirpHelper,
];

/// The flags by which the same guest is written in another way.
const RESTATING_FLAGS: &[Cap] = &[Cap::DeviceJson, Cap::ObjectJson, Cap::NetdevJson, Cap::ChardevJson];

/// The values that properties of options have where they are absent.
const DEFAULTS: &[(&str, &str, &str)] = &[("-smp", "dies", "1"), ("-smp", "clusters", "1")];

/// Who sees `change`, whose reasons are known.
pub(super) fn with_reasons(change: &Change) -> Seen {
    if change.part == Part::Problem || change.seen == Seen::Host || Setting::of(change).is_some() {
        return change.seen;
    }
    let restates = |reason: &Reason| match reason {
        Reason::Convention(convention) => RESTATING.contains(convention),
        Reason::Flag { cap, .. } => RESTATING_FLAGS.contains(cap),
        _ => false,
    };
    if !change.reasons.is_empty() && change.reasons.iter().all(restates) {
        return Seen::Host;
    }
    let is_default = DEFAULTS.iter().any(|(option, property, value)| {
        let values = [&change.before, &change.after];
        change.argument == *option
            && change.property == *property
            && values.iter().any(|value| value.is_none())
            && values.iter().any(|known| known.as_deref() == Some(*value))
    });
    if is_default { Seen::Host } else { Seen::Guest }
}

/// A setting of the guest that two options can make, so that only both together tell whether it differs.
pub(super) struct Setting {
    /// The property of `-machine` that makes it.
    pub(super) property: &'static str,
    /// The other option that makes it.
    pub(super) option: &'static str,
    /// The value that the option stands for; `None` for that of its property of the same name.
    says: Option<&'static str>,
    /// The value where neither is there.
    default: &'static str,
}

/// The settings that two options can make.
const SETTINGS: &[Setting] = &[
    Setting { property: "acpi", option: "-no-acpi", says: Some("off"), default: "on" },
    Setting { property: "hpet", option: "-no-hpet", says: Some("off"), default: "on" },
    Setting { property: "accel", option: "-accel", says: None, default: "tcg" },
];

impl Setting {
    /// The setting that `change` is a change of.
    pub(super) fn of(change: &Change) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| match change.part {
            Part::Argument => change.argument == setting.option,
            Part::Property => {
                change.property == setting.property
                    && ["-machine", setting.option].contains(&change.argument.as_str())
            }
            _ => false,
        })
    }

    /// The value: `by_machine` and `by_option` are those of the property of each option, `has_option` tells whether the other option
    /// is there.
    pub(super) fn said<'v>(
        &self,
        has_option: bool,
        by_option: Option<&'v str>,
        by_machine: Option<&'v str>,
    ) -> &'v str {
        let by_option = if has_option { self.says.or(by_option) } else { None };
        by_option.or(by_machine).unwrap_or(self.default)
    }
}

/// Whether both are changes of the same setting that two options can make.
pub(super) fn is_same_setting(change: &Change, other: &Change) -> bool {
    let property = |change| Setting::of(change).map(|setting| setting.property);
    property(change).is_some() && property(change) == property(other)
}
