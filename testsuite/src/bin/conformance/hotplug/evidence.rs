//! Recordings that say nothing of libvirt: by the kind of reason.

/// A kind of reason: it, and what the messages of refusals for it have in them.
const REASONS: &[(&str, &[&str])] = &[
    (
        "the host lacks host devices",
        &[
            "VFIO",
            "/sys/bus/usb",
            "/sys/bus/scsi",
            "/dev/vhost-scsi",
            "vhost-vsock device",
            "/dev/vhost-vdpa",
            "macvtap",
            "/dev/input/",
            "SG_IO",
        ],
    ),
    ("the host's network lacks it", &["tc qdisc", "adding vlan filter", "Cannot get interface MTU"]),
    ("the host has no free huge pages", &["Cannot allocate memory"]),
    ("nobody listens at the socket", &["Failed to connect", "unable to stat"]),
    ("the guest had died", &["domain is not running", "End of file", "Timed out"]),
];

/// Guests of which the recording says that some actions are no evidence, by the beginnings of ids.
const IDS: &[(&str, &str)] = &[("q35-graphics-spice-", "SPICE has no password on this guest")];

/// Why the case is no evidence; `None` where it is.
pub fn left_out(id: &str, error: Option<&str>) -> Option<&'static str> {
    let error = error?;
    let by_id = IDS.iter().find(|(begin, _)| id.starts_with(begin)).map(|(_, why)| *why);
    let by_message = || {
        let found = REASONS.iter().find(|(_, parts)| parts.iter().any(|part| error.contains(part)));
        found.map(|(why, _)| *why)
    };
    by_id.or_else(by_message)
}
