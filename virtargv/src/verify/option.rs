//! The options that QEMU describes, and where.

/// Where QEMU describes the values of an option.
#[derive(Debug, Clone, Copy)]
pub(super) enum By {
    /// The arguments of this command of its schema.
    Arguments(&'static str),
    /// The reply to this command of its schema.
    Reply(&'static str),
    /// An element of the reply to this command of its schema.
    Element(&'static str),
    /// The arguments of `object-add`; the properties of the type for a QEMU whose schema leaves them open (before 6.0).
    Object,
    /// The properties of the device type.
    Device,
    /// The parameters of this group of `query-command-line-options`.
    Group(&'static str),
    /// JSON: the arguments of `chardev-add`. Else the parameters of the group `chardev`, whose names are not those of
    /// `chardev-add`.
    CharacterDevice,
}

/// An option that QEMU describes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spec {
    /// The option.
    pub(super) name: &'static str,
    /// Where its values are described.
    pub(super) by: By,
    /// The key of a first value that has none.
    pub(super) implied: Option<&'static str>,
    /// Whether a key that stands alone is `on`, and `noKEY` is `KEY=off`. Options that came later need a value.
    pub(super) has_switches: bool,
    /// First values for which the description does not hold.
    pub(super) except: &'static [&'static str],
}

const fn option(name: &'static str, by: By, implied: Option<&'static str>) -> Spec {
    let has_switches = !matches!(by, By::Reply(_) | By::Element(_));
    Spec { name, by, implied, has_switches, except: &[] }
}

/// The options that are checked, by name.
pub(super) static OPTIONS: &[Spec] = &[
    option("-action", By::Group("action"), None),
    option("-add-fd", By::Group("add-fd"), None),
    option("-audiodev", By::Element("query-audiodevs"), Some("driver")),
    Spec { has_switches: false, ..option("-blockdev", By::Arguments("blockdev-add"), Some("driver")) },
    option("-boot", By::Group("boot-opts"), Some("order")),
    option("-chardev", By::CharacterDevice, Some("backend")),
    option("-device", By::Device, Some("driver")),
    // `vnc` is an option of its own behind this one, and has no options in the schema.
    Spec { except: &["vnc"], ..option("-display", By::Reply("query-display-options"), Some("type")) },
    option("-fsdev", By::Group("fsdev"), Some("fsdriver")),
    option("-fw_cfg", By::Group("fw_cfg"), Some("name")),
    option("-icount", By::Group("icount"), Some("shift")),
    option("-m", By::Group("memory"), Some("size")),
    option("-mon", By::Group("mon"), Some("mode")),
    option("-msg", By::Group("msg"), None),
    option("-name", By::Group("name"), Some("guest")),
    option("-netdev", By::Arguments("netdev_add"), Some("type")),
    option("-numa", By::Arguments("set-numa-node"), Some("type")),
    option("-object", By::Object, Some("qom-type")),
    option("-overcommit", By::Group("overcommit"), None),
    option("-realtime", By::Group("realtime"), None),
    option("-rtc", By::Group("rtc"), None),
    option("-run-with", By::Group("run-with"), None),
    option("-sandbox", By::Group("sandbox"), Some("enable")),
    option("-smp", By::Group("smp-opts"), Some("cpus")),
    option("-spice", By::Group("spice"), None),
    option("-vnc", By::Group("vnc"), Some("vnc")),
];

/// The option `name`; `None` where QEMU does not describe its values.
pub(super) fn find(name: &str) -> Option<&'static Spec> {
    OPTIONS.iter().find(|option| option.name == name)
}
