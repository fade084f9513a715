//! `<statistics>` of a disk's `<driver>`: what QEMU collects besides the common counters.

use std::num::NonZeroU32;

use crate::read::{El, Reader};
use crate::write::Writer;
use crate::{Pos, Spelled};

crate::rules! {
    /// The type of a latency histogram is known.
    DISK_HISTOGRAM_TYPE = "disk-latency-histogram-type": Unsupported, Read,
        "`<latency-histogram type=>`: the kinds of requests for which QEMU has a histogram",
        help "use `read`, `write`, `zone` or `flush`, or leave `type=` out for all of them", since "12.1";
    /// A disk has one latency histogram of each type.
    DISK_HISTOGRAM_TWICE = "disk-latency-histogram-twice": Unsupported, Read,
        "`<latency-histogram type=>`: QEMU has one histogram for each kind of requests",
        help "keep one of them", since "12.1";
    /// A latency histogram has bins, in ascending order.
    DISK_HISTOGRAM_ORDER = "disk-latency-histogram-order": Unsupported, Read,
        "`<latency-histogram><bin start=>`: each bin ends where the next one starts",
        help "sort the bins by `start=`, and give each another", since "12.1";
    /// A latency histogram has bins.
    DISK_HISTOGRAM_EMPTY = "disk-latency-histogram-empty": Xml, Read,
        "`<latency-histogram><bin start=>`: the boundaries of the histogram, in nanoseconds",
        help "add a `<bin>`, or remove the `<latency-histogram>`", since "12.1";
}

spelled! {
    /// `type=` of `<latency-histogram>`: the requests that it counts.
    pub enum LatencyType {
        /// Reads.
        Read = "read",
        /// Writes.
        Write = "write",
        /// Operations on zones of a zoned device.
        Zone = "zone",
        /// Flushes.
        Flush = "flush",
    }
}

/// `<statistics>`. Only the intervals are on the command line; histograms are set up by commands after the start.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Statistics {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `<statistic interval=>`: intervals over which QEMU collects statistics, in seconds.
    pub intervals: Vec<NonZeroU32>,
    /// `<latency-histogram>`: at most one without a type, and one of each type.
    pub histograms: Vec<LatencyHistogram>,
}

/// `<latency-histogram>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatencyHistogram {
    /// `type=`; `None` for the requests of all types that have none of their own.
    pub requests: Option<LatencyType>,
    /// `<bin start=>`: where the bins after the first start, in nanoseconds, ascending. The first one starts at 0.
    pub bins: Vec<u64>,
}

impl Statistics {
    /// Reads the `<statistics>` child of a `<driver>`; `None` for one with nothing in it.
    pub(super) fn read(driver: El<'_>, r: &mut Reader) -> Option<Box<Self>> {
        let el = r.child_since("11.9", driver, "statistics")?;
        let mut statistics = Self { pos: el.pos(), ..Self::default() };
        for child in el.children("statistic") {
            statistics.intervals.extend(r.required::<NonZeroU32>(child, "interval"));
        }
        if r.knows("12.1") {
            for child in el.children("latency-histogram") {
                statistics.add(child, r);
            }
        }
        (!statistics.is_empty()).then(|| Box::new(statistics))
    }

    fn is_empty(&self) -> bool {
        self.intervals.is_empty() && self.histograms.is_empty()
    }

    fn add(&mut self, el: El<'_>, r: &mut Reader) {
        let requests = match el.get("type") {
            None => None,
            Some(word) => {
                let found = LatencyType::from_word(word);
                if found.is_none() {
                    let message =
                        format!("`type` of `<latency-histogram>` is `{word}`, which is no kind of requests");
                    r.refuse(&DISK_HISTOGRAM_TYPE, el.pos().attr("type"), message);
                    return;
                }
                found
            }
        };
        let bins: Vec<u64> = el.children("bin").filter_map(|bin| r.required(bin, "start")).collect();
        if el.child("bin").is_none() {
            r.refuse(&DISK_HISTOGRAM_EMPTY, el.pos(), "`<latency-histogram>` has no `<bin>`");
        }
        if let Some(pair) = bins.windows(2).find(|pair| matches!(pair, [before, after] if before >= after)) {
            let shown: Vec<String> = pair.iter().map(|start| format!("`{start}`")).collect();
            let message =
                format!("`start` of `<bin>` of `<latency-histogram>` is not ascending: {}", shown.join(", "));
            r.refuse(&DISK_HISTOGRAM_ORDER, el.pos().path("bin/@start"), message);
        }
        if self.histograms.iter().any(|histogram| histogram.requests == requests) {
            let which = requests.map_or("no type", Spelled::as_str);
            let message = format!("`<statistics>` has two `<latency-histogram>` of `{which}`");
            r.refuse(&DISK_HISTOGRAM_TWICE, el.pos(), message);
        }
        let bins: Vec<u64> = bins.into_iter().skip_while(|start| *start == 0).collect();
        // One bin is no histogram.
        if !bins.is_empty() {
            self.histograms.push(LatencyHistogram { requests, bins });
        }
    }

    pub(super) fn write(&self, w: &mut Writer) {
        if self.is_empty() {
            return;
        }
        w.element("statistics").children(|w| {
            for interval in &self.intervals {
                w.element("statistic").attr("interval", interval).empty();
            }
            for histogram in &self.histograms {
                w.element("latency-histogram").opt("type", histogram.requests).children(|w| {
                    for start in [0].iter().chain(&histogram.bins) {
                        w.element("bin").attr("start", start).empty();
                    }
                });
            }
        });
    }
}
