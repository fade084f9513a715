//! `<redirdev>` and `<redirfilter>`: USB devices that are redirected over a character device.

use super::chardev_source::{ChardevSource, SourceType};
use crate::info::{Address, DeviceInfo};
use crate::read::{self, AnyBase, ByName, El, Element, INTERNAL_BEFORE_9_0, Reader};
use crate::write::Writer;
use crate::{Class, YesNo};

crate::rules! {
    /// A redirected device has an address of type `usb`.
    REDIRDEV_ADDRESS = "redirdev-address": Xml, Read, "`<redirdev bus='usb'><address type=>`",
        help "use `type='usb'`, or leave the `<address>` out";
    /// A domain has one `<redirfilter>` at most.
    REDIRFILTER_COUNT = "redirfilter-count": Internal, Read,
        "`<redirfilter>`: one list of rules for all redirected devices",
        help "put all `<usbdev>` into one `<redirfilter>`";
    /// The `version` of a `<usbdev>` is two numbers below 100 with a dot between them.
    USBDEV_VERSION = "usbdev-version": Xml, Read,
        "`<redirfilter><usbdev version=>`: the USB device release number (bcdDevice)",
        help "write a version such as `1.10`, or `-1` for any";
}

spelled! {
    /// `bus=`.
    pub enum RedirdevBus {
        /// USB.
        Usb = "usb",
    }
}

/// `<redirdev>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Redirdev {
    /// The part that all devices have: place, alias, address, boot order, option ROM.
    pub info: DeviceInfo,
    /// `bus=`; without it, USB.
    pub bus: Option<RedirdevBus>,
    /// The backend on the host.
    pub source: ChardevSource,
}

impl Element for Redirdev {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let unsupported = Class::Unsupported;
        let bus = r.attr_as(unsupported, el, "bus");
        let kind = r.required_as(Class::Internal, unsupported, el, "type").unwrap_or(SourceType::Null);
        let source = ChardevSource::read(el, kind, r);
        let info = DeviceInfo::read(el, r);
        if !matches!(info.address, None | Some(Address::Usb(_))) {
            let message = "the `address` of a `<redirdev>` must be of type `usb`";
            r.refuse(&REDIRDEV_ADDRESS, el.pos().path("address/@type"), message);
        }
        Some(Self { info, bus, source })
    }

    fn write(&self, w: &mut Writer) {
        w.element("redirdev").opt("bus", self.bus).attr("type", self.source.kind()).open_children(|w| {
            self.source.write(w);
            self.info.write(w);
        });
    }
}

/// `<redirfilter>`: which devices can be redirected. The first rule that matches decides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RedirFilter {
    /// `<usbdev>`
    pub rules: Vec<RedirRule>,
}

/// `<usbdev>` of a filter. An attribute that is absent or `-1` matches any device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RedirRule {
    /// `class=`: the USB device class.
    pub class: Option<u8>,
    /// `vendor=`: the USB vendor id.
    pub vendor: Option<u16>,
    /// `product=`: the USB product id.
    pub product: Option<u16>,
    /// `version=`: the device release number in binary-coded decimals; 1.09 is 0x0109.
    pub version: Option<u16>,
    /// `allow=`: whether a matching device can be redirected.
    pub allow: Option<YesNo>,
}

impl RedirFilter {
    /// Reads the `<redirfilter>`, of which there is at most one.
    pub(crate) fn read(devices: &ByName<'_>, r: &mut Reader) -> Option<Self> {
        let filters = devices.elements("redirfilter");
        let first = filters.first()?;
        if let Some(extra) = filters.get(1) {
            let message = "a guest has at most one `redirfilter`";
            r.refuse(&REDIRFILTER_COUNT, extra.pos(), message);
        }
        Some(Self { rules: read::all(*first, "usbdev", r) })
    }

    /// Writes `<redirfilter>`.
    pub(crate) fn write(&self, w: &mut Writer) {
        w.element("redirfilter").children(|w| read::write_all(&self.rules, w));
    }
}

/// A number in C notation; `-1` is read as absent.
fn number<T: TryFrom<u64>>(el: El<'_>, name: &'static str, r: &mut Reader) -> Option<T> {
    el.get(name).filter(|text| *text != "-1")?;
    r.attr_as::<AnyBase<T>>(INTERNAL_BEFORE_9_0, el, name).map(|n| n.0)
}

/// Parses `MAJOR.MINOR`, each below 100.
fn version(el: El<'_>, r: &mut Reader) -> Option<u16> {
    let text = el.get("version").filter(|t| *t != "-1")?;
    let part = |t: &str| t.parse::<u16>().ok().filter(|n| *n < 100).map(|n| ((n / 10) << 4) | (n % 10));
    let parsed = text.split_once('.').and_then(|(major, minor)| {
        // A single digit after the dot stands for tenths.
        let minor = if minor.len() == 1 { format!("{minor}0") } else { minor.to_owned() };
        Some(part(major)? << 8 | part(&minor)?)
    });
    if parsed.is_none() {
        let message = format!("bad value `{text}` for `version` of `<usbdev>`");
        r.refuse(&USBDEV_VERSION, el.pos().attr("version"), message);
    }
    parsed
}

impl Element for RedirRule {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        Some(Self {
            class: number(el, "class", r),
            vendor: number(el, "vendor", r),
            product: number(el, "product", r),
            version: version(el, r),
            allow: r.required(el, "allow"),
        })
    }

    fn write(&self, w: &mut Writer) {
        let hex4 = |n: u16| format!("0x{n:04X}");
        let version = self.version.map(|v| format!("{:x}.{:02x}", v >> 8, v & 0xFF));
        w.element("usbdev")
            .opt("class", self.class.map(|n| format!("0x{n:02X}")))
            .opt("vendor", self.vendor.map(hex4))
            .opt("product", self.product.map(hex4))
            .opt("version", version)
            .opt("allow", self.allow)
            .empty();
    }
}

#[cfg(test)]
mod tests {
    use crate::read::{Element, Reader};

    /// `version` as it is read, and as it is written again.
    fn check(version: &str, expected: Option<(u16, &str)>) {
        let text = format!("<usbdev version='{version}' allow='yes'/>");
        let mut tree = crate::read::tree(&text).ok().unwrap();
        let elements = crate::read::Elements::of(&mut tree);
        let mut r = Reader::default();
        let rule = super::RedirRule::read(elements.root().unwrap(), &mut r).unwrap();
        assert_eq!(rule.version, expected.map(|(number, _)| number), "{version}");
        assert_eq!(r.report.is_empty(), expected.is_some() || version == "-1", "{version}");
        let mut w = crate::write::Writer::new();
        rule.write(&mut w);
        let written = expected.map_or("<usbdev ".to_owned(), |(_, v)| format!("version='{v}'"));
        assert!(w.finish().contains(&written), "{version}");
    }

    #[test]
    fn versions_are_binary_coded_decimals() {
        check("1.09", Some((0x0109, "1.09")));
        check("9.4", Some((0x0940, "9.40")));
        check("12.34", Some((0x1234, "12.34")));
        check("-1", None);
        check("100.0", None);
        check("1", None);
    }
}
