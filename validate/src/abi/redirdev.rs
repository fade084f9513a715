//! `<redirdev>` and `<redirfilter>`.

use virtargv_model::Domain;
use virtargv_model::device::redirdev::{RedirRule, Redirdev};
use virtargv_model::info::DeviceInfo;

use super::compared::{self, At, Compared, Out, Row, Value, row};

virtargv_model::rules! {
    /// A redirected device keeps the type of its backend.
    SOURCE = "abi-redirdev-source": Unsupported, Validate,
        "`<redirdev type=>`: the redirected device comes from a SPICE client or from a socket",
        help "set `type=` as in the source";
    /// The filter of redirected devices keeps its rules.
    FILTER = "abi-redirfilter": Unsupported, Validate,
        "`<redirfilter><usbdev>`: `filter=` of `usb-redir`",
        help "give the target the `<redirfilter>` of the source, with its rules in the same order";
}

impl Compared for Redirdev {
    const ELEMENT: &'static str = "redirdev";
    const ROWS: &'static [Row<Self>] =
        &[row(&SOURCE, "@type", |device| Value::word(Some(device.source.kind())))];

    fn info(&self) -> &DeviceInfo {
        &self.info
    }
}

const RULES: &[Row<RedirRule>] = &[
    row(&FILTER, "usbdev/@class", |rule| hex(rule.class)),
    row(&FILTER, "usbdev/@vendor", |rule| hex(rule.vendor)),
    row(&FILTER, "usbdev/@product", |rule| hex(rule.product)),
    row(&FILTER, "usbdev/@version", |rule| hex(rule.version)),
    row(&FILTER, "usbdev/@allow", |rule| Value::word(rule.allow)),
];

fn hex(number: Option<impl Into<u64>>) -> Value {
    number.map_or(Value::Absent, |number| Value::Hex(number.into()))
}

/// Compares the filters.
pub(super) fn compare_filter(source: &Domain, target: &Domain, out: &mut Out) {
    let at = At::of("redirfilter", source.pos, target.pos);
    match (&source.devices.redir_filter, &target.devices.redir_filter) {
        (None, None) => {}
        (Some(before), Some(after)) => {
            if out.counts(&FILTER, &at, "<usbdev>", before.rules.len(), after.rules.len()) {
                for (before, after) in before.rules.iter().zip(&after.rules) {
                    out.rows(&at, RULES, before, after);
                }
            }
        }
        (before, after) => {
            out.counts(&compared::COUNT, &at, "<redirfilter>", before.iter().count(), after.iter().count());
        }
    }
}
