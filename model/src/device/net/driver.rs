//! `<driver>` of a virtio network device.

use crate::OnOff;
use crate::device::virtio::VirtioOptions;
use crate::read::{El, PLAIN_BEFORE_9_0, Reader, UNSUPPORTED_BEFORE_9_0};
use crate::write::{Tag, Writer};

spelled! {
    /// `name=`: what processes the packets on the host.
    pub enum DriverName {
        /// QEMU.
        Qemu = "qemu",
        /// The kernel (vhost-net).
        Vhost = "vhost",
    }
}

spelled! {
    /// `txmode=`: how packets are transmitted.
    pub enum TxMode {
        /// Asynchronously, in a bottom half of QEMU (`tx=bh`).
        Iothread = "iothread",
        /// After a delay, by a timer of QEMU (`tx=timer`).
        Timer = "timer",
    }
}

/// `<driver>` of a virtio network device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Driver {
    /// `name=`.
    pub name: Option<DriverName>,
    /// `txmode=`.
    pub tx_mode: Option<TxMode>,
    /// `ioeventfd=`.
    pub ioeventfd: Option<OnOff>,
    /// `event_idx=`.
    pub event_idx: Option<OnOff>,
    /// `queues=`: the number of queue pairs; 0 and 1 are read as absent.
    pub queues: Option<u32>,
    /// `rx_queue_size=`: the number of descriptors of a receive queue; 0 is read as absent.
    pub rx_queue_size: Option<u32>,
    /// `tx_queue_size=`: the number of descriptors of a transmit queue; 0 is read as absent.
    pub tx_queue_size: Option<u32>,
    /// `rss=`: receive side scaling.
    pub rss: Option<OnOff>,
    /// `rss_hash_report=`: whether the hash of a packet is reported to the guest.
    pub rss_hash_report: Option<OnOff>,
    /// The options that all virtio devices have.
    pub virtio: VirtioOptions,
    /// `<host>`: offloads that the host offers.
    pub host: HostOffloads,
    /// `<guest>`: offloads that the guest can use.
    pub guest: GuestOffloads,
}

/// `<host>` of `<driver>`: offloads for packets from the guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HostOffloads {
    /// `csum=`: checksums.
    pub csum: Option<OnOff>,
    /// `gso=`: generic segmentation offload.
    pub gso: Option<OnOff>,
    /// `tso4=`: TCP segmentation offload over IPv4.
    pub tso4: Option<OnOff>,
    /// `tso6=`: TCP segmentation offload over IPv6.
    pub tso6: Option<OnOff>,
    /// `ecn=`: explicit congestion notification.
    pub ecn: Option<OnOff>,
    /// `ufo=`: UDP fragmentation offload.
    pub ufo: Option<OnOff>,
    /// `mrg_rxbuf=`: mergeable receive buffers.
    pub mrg_rxbuf: Option<OnOff>,
}

/// `<guest>` of `<driver>`: offloads for packets to the guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GuestOffloads {
    /// `csum=`: checksums.
    pub csum: Option<OnOff>,
    /// `tso4=`: TCP segmentation offload over IPv4.
    pub tso4: Option<OnOff>,
    /// `tso6=`: TCP segmentation offload over IPv6.
    pub tso6: Option<OnOff>,
    /// `ecn=`: explicit congestion notification.
    pub ecn: Option<OnOff>,
    /// `ufo=`: UDP fragmentation offload.
    pub ufo: Option<OnOff>,
}

impl Driver {
    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Self {
        Self {
            virtio: VirtioOptions::read(el, r),
            name: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "name"),
            tx_mode: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "txmode"),
            ioeventfd: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "ioeventfd"),
            event_idx: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "event_idx"),
            queues: r.attr_as(PLAIN_BEFORE_9_0, el, "queues").filter(|q| *q > 1),
            rx_queue_size: positive(r.attr_as(PLAIN_BEFORE_9_0, el, "rx_queue_size")),
            tx_queue_size: positive(r.attr_as(PLAIN_BEFORE_9_0, el, "tx_queue_size")),
            rss: r.attr_since("8.3", el, "rss"),
            rss_hash_report: r.attr_since("8.3", el, "rss_hash_report"),
            host: el.child("host").map(|h| HostOffloads::read(h, r)).unwrap_or_default(),
            guest: el.child("guest").map(|g| GuestOffloads::read(g, r)).unwrap_or_default(),
        }
    }

    pub(super) fn write(&self, w: &mut Writer) {
        if *self == Self::default() {
            return;
        }
        let tag = w
            .element("driver")
            .opt("name", self.name)
            .opt("txmode", self.tx_mode)
            .opt("ioeventfd", self.ioeventfd)
            .opt("event_idx", self.event_idx)
            .opt("queues", self.queues)
            .opt("rx_queue_size", self.rx_queue_size)
            .opt("tx_queue_size", self.tx_queue_size)
            .opt("rss", self.rss)
            .opt("rss_hash_report", self.rss_hash_report);
        self.virtio.write(tag).children(|w| {
            if self.host != HostOffloads::default() {
                self.host.write(w.element("host")).empty();
            }
            if self.guest != GuestOffloads::default() {
                self.guest.write(w.element("guest")).empty();
            }
        });
    }
}

/// A queue size; 0 is read as absent.
fn positive(size: Option<u32>) -> Option<u32> {
    size.filter(|s| *s > 0)
}

impl HostOffloads {
    fn read(el: El<'_>, r: &mut Reader) -> Self {
        Self {
            csum: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "csum"),
            gso: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "gso"),
            tso4: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "tso4"),
            tso6: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "tso6"),
            ecn: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "ecn"),
            ufo: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "ufo"),
            mrg_rxbuf: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "mrg_rxbuf"),
        }
    }

    fn write(self, tag: Tag<'_>) -> Tag<'_> {
        tag.opt("csum", self.csum)
            .opt("gso", self.gso)
            .opt("tso4", self.tso4)
            .opt("tso6", self.tso6)
            .opt("ecn", self.ecn)
            .opt("ufo", self.ufo)
            .opt("mrg_rxbuf", self.mrg_rxbuf)
    }
}

impl GuestOffloads {
    fn read(el: El<'_>, r: &mut Reader) -> Self {
        Self {
            csum: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "csum"),
            tso4: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "tso4"),
            tso6: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "tso6"),
            ecn: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "ecn"),
            ufo: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "ufo"),
        }
    }

    fn write(self, tag: Tag<'_>) -> Tag<'_> {
        tag.opt("csum", self.csum)
            .opt("tso4", self.tso4)
            .opt("tso6", self.tso6)
            .opt("ecn", self.ecn)
            .opt("ufo", self.ufo)
    }
}
