//! `<bandwidth>`: limits of an interface.

use crate::Kind;
use crate::read::{El, Reader};
use crate::write::Writer;

/// The largest rate that is taken, in KiB a second: what fits 64 bits in bits a second.
const MAX_RATE: u64 = 1 << 54;

/// `<bandwidth>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bandwidth {
    /// `classID=`: the class a network gave the interface.
    pub class_id: Option<u32>,
    /// `<inbound>`: from the host to the guest.
    pub inbound: Option<Rate>,
    /// `<outbound>`: from the guest.
    pub outbound: Option<Rate>,
}

/// Limits in one direction, in KiB a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rate {
    /// `average=`.
    pub average: Option<u64>,
    /// `peak=`.
    pub peak: Option<u64>,
    /// `floor=`: what is guaranteed (`<inbound>` of a network's interface).
    pub floor: Option<u64>,
    /// `burst=`: what may be sent at peak rate, in KiB.
    pub burst: Option<u64>,
}

impl Bandwidth {
    /// Reads it; `floor` says whether `floor=` may be asked for here.
    pub(crate) fn read(el: El<'_>, floor: bool, r: &mut Reader) -> Option<Self> {
        let class_id = r.attr(el, "classID");
        let inbound = el.child("inbound").and_then(|c| Rate::read(c, floor, r));
        let outbound = el.child("outbound").and_then(|c| Rate::read(c, false, r));
        let any = inbound.is_some() || outbound.is_some() || class_id.is_some();
        any.then_some(Self { class_id, inbound, outbound })
    }

    pub(super) fn write(&self, w: &mut Writer) {
        w.element("bandwidth").opt("classID", self.class_id).children(|w| {
            for (name, rate) in [("inbound", self.inbound), ("outbound", self.outbound)] {
                if let Some(rate) = rate {
                    w.element(name)
                        .opt("average", rate.average)
                        .opt("peak", rate.peak)
                        .opt("floor", rate.floor)
                        .opt("burst", rate.burst)
                        .empty();
                }
            }
        });
    }
}

impl Rate {
    fn read(el: El<'_>, floor: bool, r: &mut Reader) -> Option<Self> {
        let mut value = |name| Self::value(el, name, r);
        let rate = Self {
            average: value("average"),
            peak: value("peak"),
            floor: value("floor"),
            burst: value("burst"),
        };
        let name = el.name();
        if rate.floor.is_some() && !floor {
            let message = format!("attribute 'floor' does not go with element '{name}' of this interface");
            r.problem(Kind::Unsupported, "net-bandwidth-floor", el.pos().attr("floor"), message);
        }
        let needed = if rate.peak.is_some() || rate.burst.is_some() { rate.average } else { rate.floor };
        if rate.average.is_none() && needed.is_none() {
            let message =
                format!("element '{name}' of 'bandwidth' needs its attribute 'average' (or 'floor' alone)");
            r.problem(Kind::Xml, "net-bandwidth-average", el.pos(), message);
            return None;
        }
        Some(rate)
    }

    /// A rate from 1 to [`MAX_RATE`].
    fn value(el: El<'_>, name: &'static str, r: &mut Reader) -> Option<u64> {
        let value: u64 = r.attr(el, name)?;
        if (1..=MAX_RATE).contains(&value) {
            return Some(value);
        }
        let message = format!("attribute '{name}' of element '{}' is '{value}', out of range", el.name());
        r.problem(Kind::Xml, "net-bandwidth-range", el.pos().attr(name), message);
        None
    }
}
