//! `<mac>`: the MAC address of an interface.

use std::fmt;

use crate::YesNo;
use crate::hex;
use crate::read::{El, Element, Reader, Value};
use crate::write::Writer;

crate::rules! {
    /// The MAC address of an interface is a unicast address.
    NET_MAC_MULTICAST = "net-mac-multicast": Xml, Read,
        "`<mac address=>`: the lowest bit of the first byte marks a multicast address",
        help "make the first byte even, such as `52:54:00:...`";
}

/// A MAC address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct MacAddress(pub [u8; 6]);

impl MacAddress {
    /// Whether it is a multicast address.
    pub fn is_multicast(self) -> bool {
        let [first, ..] = self.0;
        first & 1 == 1
    }
}

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, byte) in self.0.into_iter().enumerate() {
            if n > 0 {
                f.write_str(":")?;
            }
            f.write_str(hex::pair(&mut [0; 2], byte))?;
        }
        Ok(())
    }
}

impl Value for MacAddress {
    fn parse(text: &str) -> Result<Self, String> {
        let mut bytes = [0; 6];
        let mut parts = text.split(':');
        let mut valid = true;
        for byte in &mut bytes {
            let part = parts.next().unwrap_or("");
            valid &= matches!(part.len(), 1 | 2) && part.bytes().all(|b| b.is_ascii_hexdigit());
            *byte = u8::from_str_radix(part, 16).unwrap_or_default();
        }
        if valid && parts.next().is_none() {
            Ok(Self(bytes))
        } else {
            Err("expected six hexadecimal bytes with colons between them".to_owned())
        }
    }
}

spelled! {
    /// `type=` of `<mac>` (VMware).
    pub enum MacType {
        /// The hypervisor generated it.
        Generated = "generated",
        /// The user chose it.
        Static = "static",
    }
}

/// `<mac>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mac {
    /// `address=`; all zero where one is to be generated.
    pub address: MacAddress,
    /// `type=`.
    pub kind: Option<MacType>,
    /// `check=`: whether VMware checks that the address is in the range of its type.
    pub check: Option<YesNo>,
}

impl Element for Mac {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let address: MacAddress = match el.get("address") {
            Some(_) => r.attr(el, "address")?,
            None => MacAddress::default(),
        };
        if address.is_multicast() {
            let message =
                format!("address `{address}` of `<mac>` is a multicast address, expected a unicast one");
            r.refuse(&NET_MAC_MULTICAST, el.pos().attr("address"), message);
            return None;
        }
        let (kind, check) = (r.attr(el, "type"), r.attr(el, "check"));
        Some(Self { address, kind, check })
    }

    fn write(&self, w: &mut Writer) {
        w.element("mac")
            .attr("address", self.address)
            .opt("type", self.kind)
            .opt("check", self.check)
            .empty();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(MacAddress::parse(text).ok().map(|m| m.to_string()).as_deref(), expected, "{text}");
    }

    #[test]
    fn addresses() {
        check("52:54:00:0a:0B:ff", Some("52:54:00:0a:0b:ff"));
        check("2:4:0:a:b:f", Some("02:04:00:0a:0b:0f"));
        check("52:54:00:0a:0b", None);
        check("52:54:00:0a:0b:0c:0d", None);
        check("52:54:00:0a:0b:100", None);
        check("52:54:00:0a:0b:+1", None);
        check("", None);
    }
}
