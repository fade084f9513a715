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

/// What of an option the guest sees.
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
    ("-uuid", AllBut(&[])),
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
        // A guest that cannot be started on one side sees that.
        Part::Problem => return Seen::Guest,
        Part::Argument | Part::Property => {}
    }
    // The firmware is on a block device of the host.
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

/// The rules on what no guest sees: libvirt compares it for reasons of its own.
const HOST_RULES: &[&str] = &["abi-name", "abi-cpu-check", "abi-memory-source"];

/// Who sees a difference that breaks `rule`.
pub(super) fn of_rule(rule: &str) -> Seen {
    if HOST_RULES.contains(&rule) { Seen::Host } else { Seen::Guest }
}

/// The conventions by which the same guest is written in another way, or run in another way.
const RESTATING: &[Convention] = &[
    Convention::AccelOption,
    Convention::MachineFeaturesFirst,
    Convention::MachineAcpi,
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
const RESTATING_FLAGS: &[Cap] =
    &[Cap::MachineHpet, Cap::DeviceJson, Cap::ObjectJson, Cap::NetdevJson, Cap::ChardevJson];

/// What an option means without a property: a value that is given only later says the same.
const DEFAULTS: &[(&str, &str, &str)] = &[("-smp", "dies", "1"), ("-smp", "clusters", "1")];

/// Who sees `change`, whose reasons are known.
pub(super) fn in_the_end(change: &Change) -> Seen {
    if change.part == Part::Problem || change.seen == Seen::Host {
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

/// Options that say the same as a property of `-machine`.
const SAID_BY_OPTION: &[(&str, &str, &str)] = &[("-no-acpi", "acpi", "off"), ("-no-hpet", "hpet", "off")];

/// Takes what one side says with an option and the other with a property of `-machine` as the same for the guest.
pub(super) fn pair_up(changes: &mut [Change]) {
    for (option, property, value) in SAID_BY_OPTION {
        let is_option = |change: &Change| change.part == Part::Argument && change.argument == *option;
        let is_property = |change: &Change| change.argument == "-machine" && change.property == *property;
        let gone = |change: &Change| change.after.is_none();
        let option_gone = changes.iter().find(|change| is_option(change)).map(gone);
        let property_gone = changes.iter().find(|change| is_property(change)).filter(|change| {
            let values = (change.before.as_deref(), change.after.as_deref());
            values == (None, Some(value)) || values == (Some(value), None)
        });
        if option_gone.zip(property_gone.map(gone)).is_some_and(|(option, property)| option != property) {
            let same = changes.iter_mut().filter(|change| is_option(change) || is_property(change));
            same.for_each(|change| change.seen = Seen::Host);
        }
    }
}
