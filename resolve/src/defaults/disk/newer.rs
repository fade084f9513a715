//! What older releases do not know of disks: they pass over it as over any word that is not theirs.

use virtargv_model::device::disk::{BlockIo, Disk};
use virtargv_model::device::storage::{Image, Location};

/// Takes it out of `disk`.
pub(super) fn forget(disk: &mut Disk) {
    let driver = &mut disk.driver;
    driver.queue_size = None;
    driver.discard_no_unref = None;
    driver.iothreads.clear();
    disk.target.rotation_rate = None;
    disk.throttle_filters.clear();
    if let Some(transient) = &mut disk.transient {
        transient.share_backing = None;
    }
    if let Some(sizes) = &mut disk.blockio {
        sizes.discard_granularity = None;
    }
    disk.blockio = disk.blockio.filter(|sizes| *sizes != BlockIo::default());
    forget_of_image(&mut disk.image);
    disk.backing.images.iter_mut().for_each(forget_of_image);
}

fn forget_of_image(image: &mut Image) {
    image.data_store = None;
    if let Some(encryption) = &mut image.encryption {
        encryption.engine = None;
    }
    match &mut image.location {
        Location::File { fdgroup, .. } => *fdgroup = None,
        Location::Network(net) => {
            net.tls_hostname = None;
            net.reconnect = None;
            net.known_hosts = None;
            net.ssh = None;
        }
        _ => {}
    }
}
