//! Rules on `<driver>` of `<interface>`.

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::net::{Interface, InterfaceType};

use super::super::virtio;
use super::actual::Actual;
use crate::{Context, Findings};

virtargv_model::rules! {
    /// The sizes of a virtio interface's queues are powers of two.
    QUEUE_SIZE = "net-queue-size": Unsupported, Validate,
        "`<interface><driver rx_queue_size= tx_queue_size=>`: `rx_queue_size=` and `tx_queue_size=` of `virtio-net`",
        help "set the size to a power of two, such as 256, 512 or 1024";
    /// Receive side scaling needs a QEMU whose `virtio-net` has it.
    RSS = "net-rss": Unsupported, Validate,
        "`<interface><driver rss= rss_hash_report=>`: `rss=` and `hash=` of `virtio-net`",
        help "remove `rss=` and `rss_hash_report=` from `<driver>`, or use a QEMU that has them";
    /// Several queues need a tap device, vhost-user or vDPA.
    MULTIQUEUE = "net-multiqueue": Unsupported, Build,
        "`<interface><driver queues=>`: `queues=` of `-netdev tap`, `vhost-user` and `vhost-vdpa`",
        help "remove `queues=` from `<driver>`";
    /// Several queues of a vhost-user interface need a QEMU that has them.
    VHOSTUSER_MULTIQUEUE = "net-vhostuser-multiqueue": Unsupported, Build,
        "`<interface type='vhostuser'><driver queues=>`: `queues=` of `-netdev vhost-user`",
        help "remove `queues=` from `<driver>`, or use a QEMU that has it";
    /// An interface with a tap device has at most 256 queues.
    MULTIQUEUE_LIMIT = "net-multiqueue-limit": Unsupported, Build,
        "`<interface><driver queues=>`: a tap device of Linux takes 256 queues (`MAX_TAP_QUEUES`), macvtap too, each of which \
         is a descriptor of QEMU",
        help "set `queues=` to 256 or less; more queues than vCPUs bring nothing";
    /// A transmit mode needs a QEMU whose `virtio-net` has the property `tx`.
    TX_MODE = "net-tx-mode": Unsupported, Build,
        "`<interface><driver txmode=>`: `tx=` of `virtio-net`",
        help "remove `txmode=` from `<driver>`, or use a QEMU that has it";
    /// The sizes of a virtio interface's queues need a QEMU that has the properties.
    QUEUE_SIZE_OPTION = "net-queue-size-option": Unsupported, Validate,
        "`<interface><driver rx_queue_size= tx_queue_size=>`: `rx_queue_size=` (QEMU 2.8) and `tx_queue_size=` (QEMU 2.10) of `virtio-net`",
        help "remove the attribute from `<driver>`, or use a QEMU that has it";
}

/// The most queues of a tap or macvtap device (`MAX_TAP_QUEUES` of Linux).
const MOST_TAP_QUEUES: u32 = 256;

/// The options of a virtio interface's `<driver>`.
pub(super) fn check(cx: &Context<'_>, nic: &Interface, out: &mut Findings<'_>) {
    let driver = &nic.driver;
    let place = nic.info.pos.path("driver");
    if !nic.is_virtio() {
        return;
    }
    let sizes = [("rx_queue_size", driver.rx_queue_size), ("tx_queue_size", driver.tx_queue_size)];
    for (name, size) in sizes {
        if let Some(size) = size.filter(|s| !s.is_power_of_two()) {
            out.refuse(&QUEUE_SIZE, place.clone(), format!("`{name}` is `{size}`, not a power of two"));
        }
    }
    for (name, value) in [("rss", driver.rss), ("rss_hash_report", driver.rss_hash_report)] {
        if let Some(value) = value
            && !cx.has(Cap::VirtioNetRss)
        {
            let message = format!("this QEMU has no option `{name}` (`{value}`) for virtio interfaces");
            out.refuse(&RSS, place.clone(), message);
        }
    }
    virtio::available(cx, driver.virtio, &place, out);
}

/// Checks that what the interface is connected to has several queues.
pub(super) fn check_queues(actual: &Actual<'_>, out: &mut Findings<'_>) {
    let Actual { cx, nic, kind, name } = actual;
    let Some(queues) = nic.driver.queues else { return };
    let place = nic.info.pos.path("driver/@queues");
    let is_supported = kind.is_tap()
        || *kind == InterfaceType::Vhostuser
        || (*kind == InterfaceType::Vdpa && cx.release.has(Convention::VdpaMultiqueue));
    if !is_supported {
        let message = format!("`{queues}` queues of interface `{name}` are not supported for type `{kind}`");
        out.refuse(&MULTIQUEUE, place.clone(), message);
    }
    if kind.is_tap() && queues > MOST_TAP_QUEUES {
        let message =
            format!("interface `{name}` has `{queues}` queues, a tap device takes `{MOST_TAP_QUEUES}`");
        out.refuse(&MULTIQUEUE_LIMIT, place.clone(), message);
    }
    if *kind == InterfaceType::Vhostuser && !cx.has(Cap::VhostuserMultiqueue) {
        let message = format!(
            "`{queues}` queues of interface `{name}` are not supported by this QEMU for type `{kind}`"
        );
        out.refuse(&VHOSTUSER_MULTIQUEUE, place, message);
    }
}

/// Checks that this QEMU has the transmission mode of a virtio interface.
pub(super) fn check_tx_mode(cx: &Context<'_>, nic: &Interface, out: &mut Findings<'_>) {
    if let Some(mode) = nic.driver.tx_mode
        && !cx.has(Cap::VirtioTxAlg)
    {
        let message = format!("this QEMU has no option `tx` of virtio-net, which `txmode` `{mode}` needs");
        out.refuse(&TX_MODE, nic.info.pos.path("driver/@txmode"), message);
    }
}

/// Checks that this QEMU has the queue sizes of a virtio interface.
pub(super) fn check_queue_sizes(cx: &Context<'_>, nic: &Interface, out: &mut Findings<'_>) {
    if !nic.is_virtio() {
        return;
    }
    let driver = &nic.driver;
    let rows = [
        ("rx_queue_size", driver.rx_queue_size, Cap::VirtioNetRxQueueSize),
        ("tx_queue_size", driver.tx_queue_size, Cap::VirtioNetTxQueueSize),
    ];
    for (name, size, cap) in rows {
        if let Some(size) = size
            && !cx.has(cap)
        {
            let message = format!("this QEMU has no option `{name}` (`{size}`) of virtio-net");
            out.refuse(&QUEUE_SIZE_OPTION, nic.info.pos.path("driver"), message);
        }
    }
}
