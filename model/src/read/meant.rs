//! What is probably meant, or what to write, where a value of an attribute or text is a bad one.

/// What to write where an attribute of an element, or the text of one (with an empty name), has to be a number. Of attributes
/// with one meaning everywhere the element is empty. Where there is no row, it is "a whole number".
const NUMBERS: &[(&str, &str, &str)] = &[
    ("vcpu", "", "expected the number of vCPUs, such as `4`"),
    ("iothreads", "", "expected the number of I/O threads, such as `1`"),
    ("mtu", "size", "expected a number of bytes, such as `1500`"),
    ("driver", "queues", "expected the number of queues, such as that of the vCPUs"),
    ("graphics", "port", "expected a port such as `5900`, or use `autoport='yes'` without `port=`"),
    ("graphics", "tlsPort", "expected a port such as `5901`, or use `autoport='yes'` without `tlsPort=`"),
    ("target", "port", "expected the number of the port in the guest, from `0`"),
    ("", "port", "expected a port from `1` to `65535`"),
    ("boot", "order", "expected a number from `1`: the device with the lowest is tried first"),
];

/// What is expected in place of a text that is no number, as `expected` says, for the attribute `name` of `element`.
pub(super) fn expected<'a>(element: &str, name: &str, expected: &'a str) -> &'a str {
    if expected != WHOLE {
        return expected;
    }
    let mut rows =
        NUMBERS.iter().filter(|(of, attribute, _)| *attribute == name && (of.is_empty() || *of == element));
    rows.next().map_or(expected, |(_, _, what)| what)
}

/// What is expected where no number is.
pub(super) const WHOLE: &str = "expected a whole number";

/// Values that are often written into the wrong attribute: element, attribute, value, and what is meant.
const ELSEWHERE: &[(&str, &str, &str, &str)] = &[
    ("controller", "type", "virtio-scsi", "`type='scsi' model='virtio-scsi'`"),
    ("controller", "type", "ahci", "`type='sata'`"),
    ("controller", "type", "xhci", "`type='usb' model='qemu-xhci'`"),
    ("controller", "type", "pcie-root-port", "`type='pci' model='pcie-root-port'`"),
    ("target", "bus", "virtio-scsi", "`bus='scsi'` with `<controller type='scsi' model='virtio-scsi'/>`"),
];

/// What is meant with `value` of the attribute `name` of `element`, where it belongs elsewhere.
pub(super) fn instead(element: &str, name: &str, value: &str) -> Option<&'static str> {
    let mut rows = ELSEWHERE.iter().filter(|(of, attribute, ..)| (*of, *attribute) == (element, name));
    rows.find(|(_, _, written, _)| *written == value).map(|(.., meant)| *meant)
}
