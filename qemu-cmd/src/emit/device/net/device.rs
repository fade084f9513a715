//! The network device: `-device`, or `-net nic` for the one on the board.

use virtargv_caps::{Cap, Convention};
use virtargv_model::OnOff;
use virtargv_model::device::net::{TeamingType, TxMode};

use super::{NicDevice, backend};
use crate::Props;
use crate::emit::context::Emit;
use crate::emit::device::address;
use crate::emit::device::virtio;
use crate::prepare::address::BusAddress;
use crate::prepare::device::net::NetDevice;
use crate::text::Text;

/// The properties of the network device.
pub(super) fn props(e: &Emit<'_>, nic: NicDevice<'_>, device: &NetDevice) -> Props {
    let info = &nic.info;
    let mut props = if let NetDevice::Device(driver) = device {
        Props::new("driver", driver.clone())
    } else {
        let mut props = virtio::device(e, "virtio-net", nic.variant, nic.address, nic.driver.virtio);
        virtio_props(e, nic, &mut props);
        props
    };
    props.set("netdev", backend::id(nic.alias)).set("id", nic.alias);
    props.set_opt("mac", nic.mac.map(|m| Text::from(m.address)));
    if e.release().has(Convention::AddressLast) {
        address::add_boot(e, &mut props, info);
        address::add(&mut props, e, nic.address);
        address::add_rom(e, &mut props, info);
    } else {
        address::add(&mut props, e, nic.address);
        address::add_rom(e, &mut props, info);
        address::add_boot(e, &mut props, info);
        if nic.is_virtio() {
            virtio::late_options(&mut props, e, nic.driver.virtio);
        }
    }
    props
}

fn virtio_props(e: &Emit<'_>, nic: NicDevice<'_>, props: &mut Props) {
    let driver = &nic.driver;
    props.set_opt(
        "tx",
        driver.tx_mode.map(|mode| match mode {
            TxMode::Iothread => "bh",
            TxMode::Timer => "timer",
        }),
    );
    let (host, guest) = (driver.host, driver.guest);
    let switches = [
        ("ioeventfd", driver.ioeventfd.filter(|_| e.has(Cap::VirtioIoeventfd))),
        ("event_idx", driver.event_idx.filter(|_| e.has(Cap::VirtioNetEventIdx))),
        ("csum", host.csum),
        ("gso", host.gso),
        ("host_tso4", host.tso4),
        ("host_tso6", host.tso6),
        ("host_ecn", host.ecn),
        ("host_ufo", host.ufo),
        ("mrg_rxbuf", host.mrg_rxbuf),
        ("guest_csum", guest.csum),
        ("guest_tso4", guest.tso4),
        ("guest_tso6", guest.tso6),
        ("guest_ecn", guest.ecn),
        ("guest_ufo", guest.ufo),
    ];
    for (name, value) in switches {
        props.set_opt(name, value.map(OnOff::is_on));
    }
    if let Some(queues) = driver.queues {
        props.set("mq", true);
        // libvirt sets two vectors for each queue pair, and two for configuration and control. CCW devices have none.
        if !matches!(nic.address, BusAddress::Ccw(_)) {
            props.set("vectors", u64::from(queues) * 2 + 2);
        }
    }
    props.set_opt("rx_queue_size", driver.rx_queue_size);
    props.set_opt("tx_queue_size", driver.tx_queue_size);
    props.set_opt("rss", driver.rss.map(OnOff::is_on));
    props.set_opt("hash", driver.rss_hash_report.map(OnOff::is_on));
    props.set_opt("host_mtu", nic.mtu.filter(|mtu| *mtu > 0));
    if nic.teaming_type() == Some(TeamingType::Persistent) {
        props.set("failover", true);
    }
}

/// The properties of `-net nic`, for the network device on the board.
pub(super) fn on_board(nic: NicDevice<'_>) -> Props {
    let model = nic.model.as_ref().map(|model| model.as_str().to_owned());
    Props::new("type", "nic")
        .opt("macaddr", nic.mac.map(|m| Text::from(m.address)))
        .with("netdev", backend::id(nic.alias))
        .opt("model", model)
        .with("id", nic.alias)
}
