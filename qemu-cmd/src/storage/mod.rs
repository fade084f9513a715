//! Images of disks as QEMU's block layer sees them: what is decided before anything is emitted (volumes looked up,
//! nodes named), and the steps from an [`Image`] to `-blockdev` nodes or the `file=` of a `-drive`.
//!
//! A disk is a chain of images, top first. Each has a node for its place (`libvirt-N-storage`), one for its format
//! (`libvirt-N-format`) where that is more than the bytes themselves, and one between them where only a slice of the
//! place is used.

mod curl;
mod drive;
mod format;
mod lone;
mod node;
mod objects;
mod protocol;
mod uri;
mod volume;

pub(crate) use drive::{add_file, add_format};
pub(crate) use lone::{named_image, scsi_hostdev};
pub(crate) use node::emit_chain;
pub(crate) use objects::{Ids, Objects, managed_helper};

use virtargv_caps::{Cap, Caps};
use virtargv_host::Host;
use virtargv_model::device::disk::{CacheMode, DetectZeroes, Discard, Disk, DiskBus, IoMode};
use virtargv_model::device::storage::{
    Encryption, EncryptionEngine, EncryptionFormat, Image, ImageFormat, Location, SourceType,
};
use virtargv_model::{Domain, OnOff, Problem};

use crate::text::text;

/// What was decided about the storage of a domain.
#[derive(Debug, Clone, Default)]
pub(crate) struct StoragePlan {
    /// One a disk.
    pub disks: Vec<DiskPlan>,
    /// The number of the first node that no disk has; SCSI host devices go on from it.
    pub next_node: u32,
}

/// What was decided about one disk.
#[derive(Debug, Clone, Default)]
pub(crate) struct DiskPlan {
    /// The names of each image's nodes, top first.
    pub images: Vec<ImageNodes>,
    /// The node that copies what is read into the top image.
    pub copy_on_read: Option<String>,
    /// The nodes of throttle filters, from the image up.
    pub filters: Vec<String>,
}

/// The names of an image's nodes.
#[derive(Debug, Clone, Default)]
pub(crate) struct ImageNodes {
    /// Its place.
    pub storage: String,
    /// The slice of the place that is used.
    pub slice: Option<String>,
    /// Its format.
    pub format: Option<String>,
    /// The nodes of its data store.
    pub data_store: Option<Box<ImageNodes>>,
}

impl ImageNodes {
    /// Names the nodes of `image`, counting `next` on.
    fn name(image: &Image, caps: &Caps, next: &mut u32) -> Self {
        let n = *next;
        *next = n.saturating_add(1);
        let has_format = needs_format(image, caps);
        let plain_format = has_format && is_plain(image);
        let has_slice = image.slice.is_some() && !plain_format;
        let data_store = image.data_store.as_deref().map(|store| Box::new(Self::name(store, caps, next)));
        Self {
            storage: text!("libvirt-", n, "-storage"),
            slice: has_slice.then(|| text!("libvirt-", n, "-slice-sto")),
            format: has_format.then(|| text!("libvirt-", n, "-format")),
            data_store,
        }
    }

    /// The node that stands for the image as a whole.
    pub fn top(&self) -> &str {
        self.format.as_deref().unwrap_or(self.below_format())
    }

    /// The node that the format's node reads.
    pub fn below_format(&self) -> &str {
        self.slice.as_deref().unwrap_or(&self.storage)
    }
}

impl DiskPlan {
    /// The node that the device gets, where there is one.
    pub fn top(&self) -> Option<&str> {
        let filter = self.filters.last().map(String::as_str);
        filter.or(self.copy_on_read.as_deref()).or(self.images.first().map(ImageNodes::top))
    }
}

/// How the images of a disk are to be read.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Access {
    /// The cache, where the document or sharing says so.
    pub cache: Option<CacheMode>,
    /// `<driver io=>`
    pub io: Option<IoMode>,
    /// `<driver discard=>`
    pub discard: Option<Discard>,
    /// `<driver detect_zeroes=>`, for the top image.
    pub detect_zeroes: Option<DetectZeroes>,
    /// `<driver discard_no_unref=>`
    pub discard_no_unref: Option<OnOff>,
    /// A folder is to look like a floppy.
    pub floppy: bool,
}

impl Access {
    /// How `disk` wants it.
    pub fn of(disk: &Disk) -> Self {
        let driver = &disk.driver;
        // Only an uncached image can be shared by several writers.
        let shared = (disk.shareable && !disk.readonly).then_some(CacheMode::None);
        // Without discarding, unmapping zeroes can only mean to write them as such.
        let detect_zeroes = match (driver.detect_zeroes, driver.discard) {
            (Some(DetectZeroes::Unmap), discard) if discard != Some(Discard::Unmap) => Some(DetectZeroes::On),
            (detect, _) => detect,
        };
        Self {
            cache: driver.cache.or(shared),
            io: driver.io,
            discard: driver.discard,
            detect_zeroes,
            discard_no_unref: driver.discard_no_unref,
            floppy: disk.device() == virtargv_model::device::disk::DiskDevice::Floppy,
        }
    }
}

/// Looks up volumes and names nodes.
pub(crate) fn plan(domain: &mut Domain, caps: &Caps, host: &dyn Host) -> Result<StoragePlan, Problem> {
    for disk in &mut domain.devices.disks {
        volume::look_up(disk, host)?;
    }
    let mut next = 1;
    let mut disks = vec![DiskPlan::default(); domain.devices.disks.len()];
    // Nodes are numbered from the last disk to the first.
    for (disk, plan) in domain.devices.disks.iter().zip(&mut disks).rev() {
        if has_nodes(disk, caps) {
            *plan = name_nodes(disk, caps, &mut next);
        }
    }
    Ok(StoragePlan { disks, next_node: next })
}

/// Whether the disk is made of nodes: cards in a slot of the board are not, nor is what a vhost-user process serves.
pub(crate) fn has_nodes(disk: &Disk, caps: &Caps) -> bool {
    caps.has(Cap::Blockdev) && disk.bus() != Some(DiskBus::Sd) && disk.image.kind() != SourceType::VhostUser
}

fn name_nodes(disk: &Disk, caps: &Caps, next: &mut u32) -> DiskPlan {
    let mut plan = DiskPlan::default();
    // A drive without a medium keeps its number.
    let images: Vec<ImageNodes> = disk.images().map(|i| ImageNodes::name(i, caps, next)).collect();
    if disk.image.is_empty() {
        return plan;
    }
    plan.images = images;
    if disk.driver.copy_on_read == Some(OnOff::On) {
        plan.copy_on_read = Some(format!("libvirt-CoR-{}", disk.dst()));
    }
    for _ in &disk.throttle_filters {
        plan.filters.push(format!("libvirt-{next}-filter"));
        *next = next.saturating_add(1);
    }
    plan
}

/// Whether a node for the format is needed above that for the place.
fn needs_format(image: &Image, caps: &Caps) -> bool {
    // A folder is read-only only by its format, and a descriptor has to be asked for as the format would.
    let by_place = match &image.location {
        Location::Dir { .. } => true,
        Location::File { fdgroup, .. } => fdgroup.is_some(),
        _ => false,
    };
    by_place || !is_plain(image) || !caps.has(Cap::BlockjobBackingMaskProtocol)
}

/// Whether the image is the bytes of the disk and nothing else.
fn is_plain(image: &Image) -> bool {
    matches!(image.format, None | Some(ImageFormat::Raw | ImageFormat::Fat)) && luks(image).is_none()
}

/// What QEMU is to decrypt as LUKS, if anything.
pub(crate) fn luks(image: &Image) -> Option<&Encryption> {
    let is_luks = |e: &&Encryption| e.format == EncryptionFormat::Luks && by_qemu(e) && !e.secrets.is_empty();
    image.encryption.as_deref().filter(is_luks)
}

/// Whether QEMU itself decrypts.
pub(crate) fn by_qemu(encryption: &Encryption) -> bool {
    encryption.engine != Some(EncryptionEngine::Librbd)
}
