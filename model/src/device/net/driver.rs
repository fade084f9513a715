//! `<driver>` of a virtio network card.

use crate::OnOff;
use crate::device::virtio::VirtioOptions;
use crate::read::{El, ONCE_PLAIN, ONCE_UNSUPPORTED, Reader};
use crate::write::{Tag, Writer};

spelled! {
    /// `name=`: who moves the packets.
    pub enum DriverName {
        /// QEMU itself.
        Qemu = "qemu",
        /// The kernel.
        Vhost = "vhost",
    }
}

spelled! {
    /// `txmode=`: how packets leave.
    pub enum TxMode {
        /// In an I/O thread (QEMU's `bh`).
        Iothread = "iothread",
        /// In the vCPU's thread, after a delay.
        Timer = "timer",
    }
}

/// `<driver>` of a virtio network card.
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
    /// `queues=`, 2 or more: one is what there is anyway.
    pub queues: Option<u32>,
    /// `rx_queue_size=`, in descriptors.
    pub rx_queue_size: Option<u32>,
    /// `tx_queue_size=`, in descriptors.
    pub tx_queue_size: Option<u32>,
    /// `rss=`: receive side scaling.
    pub rss: Option<OnOff>,
    /// `rss_hash_report=`: whether the guest sees the hash.
    pub rss_hash_report: Option<OnOff>,
    /// What every virtio device may ask for.
    pub virtio: VirtioOptions,
    /// `<host>`: what the host offers.
    pub host: HostOffloads,
    /// `<guest>`: what the guest may take.
    pub guest: GuestOffloads,
}

/// `<host>` of `<driver>`: offloads towards the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HostOffloads {
    /// `csum=`
    pub csum: Option<OnOff>,
    /// `gso=`
    pub gso: Option<OnOff>,
    /// `tso4=`
    pub tso4: Option<OnOff>,
    /// `tso6=`
    pub tso6: Option<OnOff>,
    /// `ecn=`
    pub ecn: Option<OnOff>,
    /// `ufo=`
    pub ufo: Option<OnOff>,
    /// `mrg_rxbuf=`
    pub mrg_rxbuf: Option<OnOff>,
}

/// `<guest>` of `<driver>`: offloads towards the guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GuestOffloads {
    /// `csum=`
    pub csum: Option<OnOff>,
    /// `tso4=`
    pub tso4: Option<OnOff>,
    /// `tso6=`
    pub tso6: Option<OnOff>,
    /// `ecn=`
    pub ecn: Option<OnOff>,
    /// `ufo=`
    pub ufo: Option<OnOff>,
}

impl Driver {
    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Self {
        Self {
            virtio: VirtioOptions::read(el, r),
            name: r.attr_as(ONCE_UNSUPPORTED, el, "name"),
            tx_mode: r.attr_as(ONCE_UNSUPPORTED, el, "txmode"),
            ioeventfd: r.attr_as(ONCE_UNSUPPORTED, el, "ioeventfd"),
            event_idx: r.attr_as(ONCE_UNSUPPORTED, el, "event_idx"),
            queues: r.attr_as(ONCE_PLAIN, el, "queues").filter(|q| *q > 1),
            rx_queue_size: positive(r.attr_as(ONCE_PLAIN, el, "rx_queue_size")),
            tx_queue_size: positive(r.attr_as(ONCE_PLAIN, el, "tx_queue_size")),
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

/// Zero is "not given".
fn positive(size: Option<u32>) -> Option<u32> {
    size.filter(|s| *s > 0)
}

impl HostOffloads {
    fn read(el: El<'_>, r: &mut Reader) -> Self {
        Self {
            csum: r.attr_as(ONCE_UNSUPPORTED, el, "csum"),
            gso: r.attr_as(ONCE_UNSUPPORTED, el, "gso"),
            tso4: r.attr_as(ONCE_UNSUPPORTED, el, "tso4"),
            tso6: r.attr_as(ONCE_UNSUPPORTED, el, "tso6"),
            ecn: r.attr_as(ONCE_UNSUPPORTED, el, "ecn"),
            ufo: r.attr_as(ONCE_UNSUPPORTED, el, "ufo"),
            mrg_rxbuf: r.attr_as(ONCE_UNSUPPORTED, el, "mrg_rxbuf"),
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
            csum: r.attr_as(ONCE_UNSUPPORTED, el, "csum"),
            tso4: r.attr_as(ONCE_UNSUPPORTED, el, "tso4"),
            tso6: r.attr_as(ONCE_UNSUPPORTED, el, "tso6"),
            ecn: r.attr_as(ONCE_UNSUPPORTED, el, "ecn"),
            ufo: r.attr_as(ONCE_UNSUPPORTED, el, "ufo"),
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
