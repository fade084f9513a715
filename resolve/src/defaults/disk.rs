//! Defaults of `<disk>`: bus and address by the target name, drivers, formats, ports.

use foldhash::HashMap;
use virtargv_caps::{Cap, Caps, Convention, Release};
use virtargv_host::ReadOptions;
use virtargv_model::device::disk::{
    Disk, DiskBus, DiskDevice, DiskModel, DiskName, DiskSnapshot, Iotune, NvmeName,
};
use virtargv_model::device::storage::{
    EncryptionEngine, Image, ImageFormat, Location, NetSource, Protocol, SourceType, Transport,
};
use virtargv_model::info::{Address, DriveAddress};
use virtargv_model::security::DeviceSeclabel;
use virtargv_model::{Place, Rule, YesNo};

use crate::{Work, rules};

/// Fills in every `<disk>`.
pub(crate) fn apply(work: &mut Work<'_>) {
    let (live, release) = (work.options.live, work.release);
    let empty_is_none = work.release.has(Convention::EmptyIdentityIsNone);
    let disks = &mut work.domain.devices.disks;
    // Where the bus is chosen later, the disks without one are sorted as those of a bus of their own.
    if work.release.has(Convention::DisksSortedFirst) {
        sort(disks);
    }
    for disk in disks.iter_mut() {
        let name = disk.target.dev.as_deref().unwrap_or("");
        disk.target.bus.get_or_insert_with(|| bus_of(disk.device, name, release));
    }
    if !work.release.has(Convention::DisksSortedFirst) {
        sort(disks);
    }
    for disk in disks.iter_mut() {
        if empty_is_none {
            for text in [&mut disk.serial, &mut disk.vendor, &mut disk.product] {
                *text = text.take().filter(|text| !text.is_empty());
            }
        }
        complete(disk, live);
        complete_model(disk, work.caps, work.options);
    }
    share_limits(disks);
    assign_addresses(work);
}

/// Copies the limits of a group to the disks that only name the group.
fn share_limits(disks: &mut [Disk]) {
    let mut limits: HashMap<String, Iotune> = HashMap::default();
    for tune in disks.iter().filter_map(|disk| disk.iotune.as_deref()).filter(|tune| tune.is_limited()) {
        if let Some(name) = &tune.group_name {
            limits.entry(name.clone()).or_insert_with(|| tune.clone());
        }
    }
    for tune in disks.iter_mut().filter_map(|disk| disk.iotune.as_deref_mut()).filter(|t| !t.is_limited()) {
        if let Some(shared) = tune.group_name.as_ref().and_then(|name| limits.get(name)) {
            *tune = shared.clone();
        }
    }
}

/// Assigns the addresses of disks on a controller by their target names.
fn assign_addresses(work: &mut Work<'_>) {
    let mut problems: Vec<(&'static Rule, Place, String)> = Vec::new();
    for disk in &mut work.domain.devices.disks {
        let Some(name) = disk.target.dev.as_deref().filter(|_| disk.info.address.is_none()) else { continue };
        let Some(named) = Named::of(name, work.release) else {
            let message = format!("`{name}` is not the name of a disk, and the disk has no `<address>`");
            problems.push((&rules::DISK_NAME_UNKNOWN, disk.target_pos.attr("dev"), message));
            continue;
        };
        let Some(at) = address(disk, named) else { continue };
        disk.info.address = Some(Address::Drive(at));
    }
    for (rule, place, message) in problems {
        work.refuse(rule, place, message);
    }
}

/// The default bus for a target name.
fn bus_of(device: Option<DiskDevice>, name: &str, release: Release) -> DiskBus {
    if device == Some(DiskDevice::Floppy) {
        return DiskBus::Fdc;
    }
    let prefixes =
        [("sd", DiskBus::Scsi), ("vd", DiskBus::Virtio), ("xvd", DiskBus::Xen), ("ubd", DiskBus::Uml)];
    if name.starts_with("nvme") && release.has(Convention::NvmeNames) {
        return DiskBus::Nvme;
    }
    prefixes.into_iter().find(|(p, _)| name.starts_with(p)).map_or(DiskBus::Ide, |(_, bus)| bus)
}

/// Sorts the disks: buses by their first disk, disks of a bus by target name, names that cannot be parsed first.
pub(crate) fn sort(disks: &mut [Disk]) {
    let mut order: HashMap<Option<DiskBus>, usize> = HashMap::default();
    for (n, disk) in disks.iter().enumerate() {
        order.entry(disk.bus()).or_insert(n);
    }
    let key = |disk: &Disk| (order.get(&disk.bus()).copied(), DiskName::index(disk.dst()));
    // Most documents have their disks in order, and disks are large to move.
    if !disks.is_sorted_by_key(key) {
        disks.sort_by_cached_key(key);
    }
}

fn complete(disk: &mut Disk, live: bool) {
    if disk.device() == DiskDevice::Cdrom {
        disk.readonly = true;
    }
    disk.device.get_or_insert(DiskDevice::Disk);
    disk.driver.name.get_or_insert_with(|| "qemu".to_owned());
    let kind = disk.image.kind();
    if disk.image.is_empty() && kind == SourceType::Network {
        disk.image.location = Location::empty(SourceType::File);
    }
    // The format of a volume is known after a look-up in its pool.
    if kind != SourceType::Volume {
        disk.image.format.get_or_insert(ImageFormat::Raw);
    }
    if kind == SourceType::VhostUser {
        disk.snapshot.get_or_insert(DiskSnapshot::No);
    }
    if disk.snapshot == Some(DiskSnapshot::No) && disk.readonly {
        disk.snapshot = None;
    }
    if kind == SourceType::Volume && !disk.auth_outside {
        disk.image.auth = None;
    }
    if !live {
        disk.mirror = None;
    }
    let Disk { image, backing, .. } = disk;
    for image in std::iter::once(image).chain(&mut backing.images) {
        complete_image(image, live);
        if let Some(store) = &mut image.data_store {
            complete_image(store, live);
        }
    }
}

/// Fills in the model of a USB disk. The one that makes a CD-ROM of it is another device to the guest, so that only a new
/// definition gets it.
fn complete_model(disk: &mut Disk, caps: &Caps, options: ReadOptions) {
    if disk.bus() != Some(DiskBus::Usb) || !caps.release().has(Convention::UsbDiskModel) {
        return;
    }
    let bot = (Cap::DeviceUsbBot, DiskModel::UsbBot);
    let storage = (Cap::DeviceUsbStorage, DiskModel::UsbStorage);
    let cdrom = disk.device() == DiskDevice::Cdrom && options.abi_update;
    let known = if cdrom { [bot, storage] } else { [storage, bot] };
    let found = known.into_iter().find(|(cap, _)| caps.has(*cap));
    disk.model = disk.model.or(found.map(|(_, model)| model));
}

fn complete_image(image: &mut Image, live: bool) {
    if !live {
        image.index = None;
        image.seclabels.retain_mut(complete_label);
    }
    if let Some(encryption) = &mut image.encryption {
        encryption.engine.get_or_insert(EncryptionEngine::Qemu);
    }
    if let Location::Network(net) = &mut image.location {
        complete_network(net);
    }
}

/// Fills in `relabel=`, and returns whether the label has an effect at the next start.
fn complete_label(label: &mut DeviceSeclabel) -> bool {
    label.label_skip = false;
    let relabel = *label.relabel.get_or_insert(YesNo::Yes);
    label.label.is_some() || relabel == YesNo::No
}

/// The default port of a protocol.
fn default_port(protocol: Protocol) -> Option<u32> {
    match protocol {
        Protocol::Http => Some(80),
        Protocol::Https => Some(443),
        Protocol::Ftp => Some(21),
        Protocol::Ftps => Some(990),
        Protocol::Tftp => Some(69),
        Protocol::Sheepdog => Some(7000),
        Protocol::Nbd => Some(10809),
        Protocol::Ssh => Some(22),
        Protocol::Iscsi => Some(3260),
        Protocol::Gluster => Some(24007),
        Protocol::Vxhs => Some(9999),
        // librbd tries several ports; NFS has no option for one.
        Protocol::Rbd | Protocol::Nfs => None,
    }
}

/// Fills in the default port of each server, and the logical unit of an iSCSI source.
pub fn complete_network(net: &mut NetSource) {
    let port = net.protocol.and_then(default_port);
    for host in &mut net.hosts {
        if host.transport() == Transport::Tcp && host.port.is_none_or(|p| p == 0) {
            host.port = port;
        }
    }
    // An iSCSI target without a LUN stands for LUN 0.
    if net.protocol == Some(Protocol::Iscsi)
        && let Some(name) = &mut net.name
        && !name.contains('/')
    {
        name.push_str("/0");
    }
}

/// What a target name says about the place of its disk.
#[derive(Debug, Clone, Copy)]
struct Named {
    /// The number of the disk, from 0; of an NVMe disk, that of its namespace.
    index: u32,
    /// The NVMe controller; 0 for a name of another kind.
    controller: u32,
}

impl Named {
    /// Reads `name`; `None` where it determines no place.
    fn of(name: &str, release: Release) -> Option<Self> {
        if let Some(index) = DiskName::index(name) {
            return Some(Self { index, controller: 0 });
        }
        let nvme = NvmeName::parse(without_partition(name)).filter(|_| release.has(Convention::NvmeNames))?;
        Some(Self { index: nvme.namespace.get() - 1, controller: nvme.controller })
    }
}

/// An NVMe name whose partition has no number is that of a namespace here; a later rule refuses it.
fn without_partition(name: &str) -> &str {
    name.strip_suffix('p').unwrap_or(name)
}

/// The address that a target name stands for. libvirt places 7 disks on a SCSI bus, as on a narrow one.
fn address(disk: &Disk, named: Named) -> Option<DriveAddress> {
    let n = named.index;
    let at = |controller, bus, unit| Some(DriveAddress { controller, bus, target: 0, unit });
    match disk.bus()? {
        DiskBus::Scsi => at(n / 7, 0, n % 7),
        DiskBus::Ide => at(n / 4, n % 4 / 2, n % 2),
        DiskBus::Sata => at(n / 6, 0, n % 6),
        DiskBus::Fdc => at(n / 2, 0, n % 2),
        DiskBus::Nvme => at(named.controller, 0, n),
        DiskBus::Virtio | DiskBus::Xen | DiskBus::Usb | DiskBus::Uml | DiskBus::Sd => None,
    }
}
