//! Images of disks, before anything is emitted: volumes of storage pools are looked up and nodes of the block layer
//! named.
//!
//! A disk is a chain of images, top first. Each has a node for its place (`libvirt-N-storage`), one for its format
//! (`libvirt-N-format`) where that is more than the bytes themselves, and one between them where only a slice of the
//! place is used.

pub(crate) mod objects;
pub(crate) mod place;
mod uri;
mod volume;

use virtargv_caps::{Cap, Caps};
use virtargv_host::Host;
use virtargv_model::device::disk::{CacheMode, DetectZeroes, Discard, Disk, DiskBus, DiskDevice, IoMode};
use virtargv_model::device::storage::{
    Encryption, EncryptionEngine, EncryptionFormat, Image, ImageFormat, Location, Slice, SourceType,
};
use virtargv_model::{Domain, OnOff, Problem, YesNo};

use super::context::Prepare;
use crate::ident::NodeName;
use crate::text::text;
use objects::{Ids, Objects};
use place::Storage;

/// The names of the nodes of a domain's disks.
#[derive(Debug, Clone, Default)]
pub(crate) struct StorageNodes {
    /// One a disk.
    pub disks: Vec<DiskNodes>,
    /// The number of the first node that no disk has; SCSI host devices go on from it.
    pub next: u32,
}

/// The names of the nodes of a disk.
#[derive(Debug, Clone, Default)]
pub(crate) struct DiskNodes {
    /// The names of each image's nodes, top first.
    pub images: Vec<ImageNodes>,
    /// The node that copies what is read into the top image.
    pub copy_on_read: Option<NodeName>,
    /// The nodes of throttle filters, from the image up.
    pub filters: Vec<NodeName>,
}

/// The names of an image's nodes.
#[derive(Debug, Clone)]
pub(crate) struct ImageNodes {
    /// Its place.
    pub storage: NodeName,
    /// The slice of the place that is used.
    pub slice: Option<NodeName>,
    /// Its format.
    pub format: Option<NodeName>,
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
            storage: text!("libvirt-", n, "-storage").into(),
            slice: has_slice.then(|| text!("libvirt-", n, "-slice-sto").into()),
            format: has_format.then(|| text!("libvirt-", n, "-format").into()),
            data_store,
        }
    }

    /// The node that stands for the image as a whole.
    pub fn top(&self) -> &NodeName {
        self.format.as_ref().unwrap_or(self.below_format())
    }

    /// The node that the format's node reads.
    pub fn below_format(&self) -> &NodeName {
        self.slice.as_ref().unwrap_or(&self.storage)
    }
}

/// Looks up volumes and names nodes.
pub(crate) fn name_all(domain: &mut Domain, caps: &Caps, host: &dyn Host) -> Result<StorageNodes, Problem> {
    for disk in &mut domain.devices.disks {
        volume::look_up(disk, host)?;
    }
    let mut next = 1;
    let mut disks = vec![DiskNodes::default(); domain.devices.disks.len()];
    // Nodes are numbered from the last disk to the first.
    for (disk, plan) in domain.devices.disks.iter().zip(&mut disks).rev() {
        if has_nodes(disk, caps) {
            *plan = name_nodes(disk, caps, &mut next);
        }
    }
    Ok(StorageNodes { disks, next })
}

/// Whether the disk is made of nodes: cards in a slot of the board are not, nor is what a vhost-user process serves.
fn has_nodes(disk: &Disk, caps: &Caps) -> bool {
    caps.has(Cap::Blockdev) && disk.bus() != Some(DiskBus::Sd) && disk.image.kind() != SourceType::VhostUser
}

fn name_nodes(disk: &Disk, caps: &Caps, next: &mut u32) -> DiskNodes {
    let mut plan = DiskNodes::default();
    // A drive without a medium keeps its number.
    let images: Vec<ImageNodes> = disk.images().map(|i| ImageNodes::name(i, caps, next)).collect();
    if disk.image.is_empty() {
        return plan;
    }
    plan.images = images;
    if disk.driver.copy_on_read == Some(OnOff::On) {
        plan.copy_on_read = Some(text!("libvirt-CoR-", disk.dst()).into());
    }
    for _ in &disk.throttle_filters {
        plan.filters.push(text!("libvirt-", *next, "-filter").into());
        *next = next.saturating_add(1);
    }
    plan
}

/// Whether any image of a disk counts on the helper for persistent reservations that is started with the guest.
pub(crate) fn has_managed_reservations(domain: &Domain) -> bool {
    domain.devices.disks.iter().flat_map(Disk::images).any(|image| {
        image.reservations.as_ref().is_some_and(|reservations| reservations.managed != Some(YesNo::No))
    })
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
fn luks(image: &Image) -> Option<&Encryption> {
    let is_luks = |e: &&Encryption| e.format == EncryptionFormat::Luks && by_qemu(e) && !e.secrets.is_empty();
    image.encryption.as_deref().filter(is_luks)
}

/// Whether QEMU itself decrypts.
fn by_qemu(encryption: &Encryption) -> bool {
    encryption.engine != Some(EncryptionEngine::Librbd)
}

/// How QEMU is told where an image is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As a node of the block layer.
    Node,
    /// As `file.` properties of a drive, with the words of QEMU's older releases.
    Drive,
    /// As an address in `file=` of a drive.
    Address,
}

/// What is settled about an image.
#[derive(Debug)]
pub(crate) struct ImageFacts {
    /// The names of its nodes.
    pub nodes: ImageNodes,
    /// Where it is.
    pub storage: Storage,
    /// The objects that it needs.
    pub objects: Objects,
    /// Its format.
    pub format: Option<ImageFormat>,
    /// The part of the place that it is in.
    pub slice: Option<Slice>,
    /// The size of the cache for its metadata in bytes.
    pub metadata_cache: Option<u64>,
    /// Who decrypts it.
    pub decrypts: Option<Decrypts>,
    /// The file that its data is in.
    pub data_store: Option<Box<ImageFacts>>,
}

/// Who decrypts an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decrypts {
    /// QEMU, as LUKS.
    Qemu,
    /// Ceph's library, from this format.
    Librbd(EncryptionFormat),
}

impl ImageFacts {
    /// Settles `image`, whose nodes are called `nodes`, for the disk `alias`.
    pub fn of(cx: &mut Prepare<'_>, image: &Image, nodes: &ImageNodes, alias: &str) -> Result<Self, Problem> {
        let data_store = match (&image.data_store, &nodes.data_store) {
            (Some(store), Some(nodes)) => Some(Box::new(Self::of(cx, store, nodes, alias)?)),
            _ => None,
        };
        let objects = Objects::of(cx, image, || Ids::of_nodes(nodes, alias))?;
        let storage = Storage::of(cx, image, &objects, &nodes.storage, Form::Node)?;
        let facts = Self::with_storage(image, nodes.clone(), storage, objects);
        Ok(Self { data_store, ..facts })
    }

    /// An image of which place and objects are settled already.
    pub fn with_storage(image: &Image, nodes: ImageNodes, storage: Storage, objects: Objects) -> Self {
        Self {
            nodes,
            storage,
            objects,
            format: image.format,
            slice: image.slice,
            metadata_cache: image.metadata_cache,
            decrypts: decrypts(image),
            data_store: None,
        }
    }

    /// The images of a firmware, which no disk has: nodes `NAME-storage`, and `NAME-format` where `with_format` asks
    /// for one or the image is more than its bytes.
    pub fn named(
        cx: &mut Prepare<'_>,
        image: &Image,
        name: &str,
        with_format: bool,
    ) -> Result<Self, Problem> {
        let with_format = with_format || needs_format(image, cx.caps);
        let nodes = ImageNodes {
            storage: text!(name, "-storage").into(),
            slice: None,
            format: with_format.then(|| text!(name, "-format").into()),
            data_store: None,
        };
        Self::of(cx, image, &nodes, name)
    }
}

pub(crate) fn decrypts(image: &Image) -> Option<Decrypts> {
    if luks(image).is_some() {
        return Some(Decrypts::Qemu);
    }
    let encryption = image.encryption.as_deref()?;
    (encryption.engine == Some(EncryptionEngine::Librbd)).then_some(Decrypts::Librbd(encryption.format))
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
            floppy: disk.device() == DiskDevice::Floppy,
        }
    }
}
