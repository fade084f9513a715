//! The alias and address of every device.

use virtargv_caps::{Caps, Convention};
use virtargv_model::device::net::{Interface, InterfaceType};
use virtargv_model::{Domain, Problem};
use virtargv_resolve::Guest;

use super::address::{Buses, ControllerTable};
use super::alias::{NextFree, by_index, disk, memories};
use super::device::{ByDevice, Common, Element, controller};
use crate::ident::Alias;

/// The alias of every device, that of the document or a generated one, and its address.
pub(crate) fn of_devices(
    domain: &Domain,
    guest: &Guest,
    caps: &Caps,
    table: &ControllerTable,
) -> Result<ByDevice<Common>, Problem> {
    let d = &domain.devices;
    let controllers: Vec<Alias> = controller::aliases(domain, guest, caps).collect();
    let buses = Buses { domain, guest, caps, table, aliases: &controllers };
    // An interface that is a host device has an alias such as `hostdev0`, and no `<hostdev>` has the same.
    let is_assigned = |nic: &Interface| nic.actual_kind() == InterfaceType::Hostdev;
    let of =
        |assigned| d.interfaces.iter().filter(move |nic| is_assigned(nic) == assigned).map(|nic| &nic.info);
    let mut net = NextFree::new("net", of(false));
    let mut hostdev = NextFree::new("hostdev", of(true).chain(d.hostdevs.iter().map(Element::info)));
    let disks = d.disks.iter().map(|element| {
        let alias = disk(element, d, table, caps.release())?;
        let address = buses.of(&element.info, element.bus());
        Ok(Common { alias, address, variant: element.variant() })
    });
    let interfaces = d
        .interfaces
        .iter()
        .map(|nic| if is_assigned(nic) { &mut hostdev } else { &mut net }.alias(&nic.info));
    Ok(ByDevice {
        memories: with(&buses, &d.memories, memories(&d.memories)),
        iommus: with(&buses, &d.iommus, by_index("iommu", &d.iommus)),
        controllers: with(&buses, &d.controllers, controllers.iter().cloned()),
        hubs: with(&buses, &d.hubs, by_index("hub", &d.hubs)),
        disks: disks.collect::<Result<_, Problem>>()?,
        filesystems: if caps.release().has(Convention::FsAliasNextFree) {
            with(&buses, &d.filesystems, NextFree::all("fs", &d.filesystems))
        } else {
            with(&buses, &d.filesystems, by_index("fs", &d.filesystems))
        },
        interfaces: with(&buses, &d.interfaces, interfaces),
        smartcards: with(&buses, &d.smartcards, by_index("smartcard", &d.smartcards)),
        serials: with(&buses, &d.serials, by_index("serial", &d.serials)),
        parallels: with(&buses, &d.parallels, by_index("parallel", &d.parallels)),
        channels: with(&buses, &d.channels, by_index("channel", &d.channels)),
        consoles: with(&buses, &d.consoles, by_index("console", &d.consoles)),
        tpms: with(&buses, &d.tpms, by_index("tpm", &d.tpms)),
        inputs: with(&buses, &d.inputs, by_index("input", &d.inputs)),
        videos: with(&buses, &d.videos, by_index("video", &d.videos)),
        sounds: with(&buses, &d.sounds, by_index("sound", &d.sounds)),
        watchdogs: with(&buses, &d.watchdogs, by_index("watchdog", &d.watchdogs)),
        redirdevs: with(&buses, &d.redirdevs, by_index("redir", &d.redirdevs)),
        // After the interfaces, which are numbered first.
        hostdevs: with(&buses, &d.hostdevs, d.hostdevs.iter().map(|device| hostdev.alias(&device.info))),
        memballoons: with(&buses, &d.memballoons, by_index("balloon", &d.memballoons)),
        rngs: with(&buses, &d.rngs, NextFree::all("rng", &d.rngs)),
        panics: with(&buses, &d.panics, by_index("panic", &d.panics)),
        shmems: with(&buses, &d.shmems, NextFree::all("shmem", &d.shmems)),
        vsocks: with(&buses, &d.vsocks, by_index("vsock", &d.vsocks)),
        cryptos: with(&buses, &d.cryptos, NextFree::all("crypto", &d.cryptos)),
        pstores: with(&buses, &d.pstores, by_index("pstore", &d.pstores)),
    })
}

/// The devices of one kind: their aliases with their addresses.
fn with<T: Element>(buses: &Buses<'_>, devices: &[T], aliases: impl Iterator<Item = Alias>) -> Vec<Common> {
    let common = |device: &T, alias| {
        let address = buses.of(device.info(), None);
        Common { alias, address, variant: device.variant() }
    };
    devices.iter().zip(aliases).map(|(device, alias)| common(device, alias)).collect()
}
