//! `<bandwidth>`: the bandwidth limits of an interface.

use crate::read::{El, INTERNAL_BEFORE_9_0, Reader, UNSUPPORTED_BEFORE_11_3};
use crate::write::Writer;

crate::rules! {
    /// A `peak` or `burst` needs an `average`.
    NET_BANDWIDTH_PEAK_ALONE = "net-bandwidth-peak-alone": Unsupported, Read,
        "`<inbound>` and `<outbound>` of `<bandwidth>`: traffic above the average is limited by them",
        help "add `average=`, or remove `peak=` and `burst=`";
    /// The `<bandwidth>` of an interface has no `classID`.
    NET_BANDWIDTH_CLASS = "net-bandwidth-class": Plain, Read,
        "`<bandwidth classID=>`: libvirt assigns the class to a network port",
        help "remove `classID=`";
    /// A `<bandwidth>` has one `<inbound>` and one `<outbound>` at most.
    NET_BANDWIDTH_TWICE = "net-bandwidth-twice": Plain, Read, "`<bandwidth>`: one limit in each direction",
        help "keep one of them", until "11.3";
    /// An `<inbound>` or `<outbound>` has an `average` or a `floor`.
    NET_BANDWIDTH_AVERAGE = "net-bandwidth-average": Plain, Read,
        "`<bandwidth>`: KiB a second to be allowed or guaranteed",
        help "add `average=`";
    /// A `floor` is given only for `<inbound>` of an interface of type `network`.
    NET_BANDWIDTH_FLOOR = "net-bandwidth-floor": Unsupported, Read,
        "`<inbound floor=>`: the network's bridge guarantees the throughput",
        help "remove `floor=`";
}

/// `<bandwidth>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bandwidth {
    /// `classID=`: the traffic class of a network port.
    pub class_id: Option<u32>,
    /// `<inbound>`: from the host to the guest.
    pub inbound: Option<Rate>,
    /// `<outbound>`: from the guest.
    pub outbound: Option<Rate>,
}

/// The limits of one direction, in KiB per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rate {
    /// `average=`: the average rate.
    pub average: Option<u64>,
    /// `peak=`: the highest rate.
    pub peak: Option<u64>,
    /// `floor=`: the guaranteed rate (`<inbound>` of an interface of type `network`).
    pub floor: Option<u64>,
    /// `burst=`: the amount that can be sent at the peak rate, in KiB.
    pub burst: Option<u64>,
}

impl Bandwidth {
    /// Reads the `<bandwidth>` of an interface. `floor` is whether `floor=` is allowed.
    pub(super) fn of_interface(el: El<'_>, floor: bool, r: &mut Reader) -> Option<Self> {
        if let Some(class) = el.get("classID") {
            let message = format!("`classID` (`{class}`) of `<bandwidth>` is for network ports only");
            r.refuse(&NET_BANDWIDTH_CLASS, el.pos().attr("classID"), message);
        }
        for name in ["inbound", "outbound"] {
            if let Some(second) = el.children(name).nth(1) {
                let message = format!("`<bandwidth>` has `<{name}>` more than once");
                r.refuse_second(&NET_BANDWIDTH_TWICE, second, message);
            }
        }
        Self::read(el, floor, r)
            .map(|bandwidth| Self { class_id: None, ..bandwidth })
            .filter(|bandwidth| bandwidth.inbound.is_some() || bandwidth.outbound.is_some())
    }

    /// Reads `<bandwidth>`. `floor` is whether `floor=` is allowed.
    pub(crate) fn read(el: El<'_>, floor: bool, r: &mut Reader) -> Option<Self> {
        let class_id = r.attr_as(INTERNAL_BEFORE_9_0, el, "classID");
        let inbound = el.child("inbound").and_then(|c| Rate::read(c, floor, r));
        let outbound = el.child("outbound").and_then(|c| Rate::read(c, false, r));
        let any = inbound.is_some() || outbound.is_some() || class_id.is_some();
        any.then_some(Self { class_id, inbound, outbound })
    }

    pub(crate) fn write(&self, w: &mut Writer) {
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
        let mut value = |name| r.attr_as(UNSUPPORTED_BEFORE_11_3, el, name).filter(|rate| *rate > 0);
        let rate = Self {
            average: value("average"),
            peak: value("peak"),
            burst: value("burst"),
            floor: value("floor"),
        };
        let name = el.name();
        let given = |name| el.get(name).is_some();
        if !given("average") {
            if !given("floor") {
                let message = format!("`<{name}>` of `<bandwidth>` has neither `average=` nor `floor=`");
                r.refuse(&NET_BANDWIDTH_AVERAGE, el.pos(), message);
            } else if given("peak") || given("burst") {
                let message = format!("attributes `peak` and `burst` of `<{name}>` need its `average`");
                r.refuse(&NET_BANDWIDTH_PEAK_ALONE, el.pos(), message);
            }
        }
        if given("floor") && !floor {
            let message = format!("`floor` is not for `<{name}>` of this interface");
            r.refuse(&NET_BANDWIDTH_FLOOR, el.pos().attr("floor"), message);
        }
        Some(rate).filter(|rate| rate.average.is_some() || rate.floor.is_some())
    }
}
