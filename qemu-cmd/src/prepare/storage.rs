//! Images: looks up storage volumes, reads backing chains and names block nodes.
//!
//! A disk has a backing chain, top image first. Each image has a storage node (`libvirt-N-storage`), a format node
//! (`libvirt-N-format`) unless it is plain raw, and a slice node between them if only a part of the storage is used.

mod chain;
pub(crate) mod location;
pub(crate) mod objects;
mod shown;
mod uri;
mod volume;

use virtargv_caps::{Cap, Caps};
use virtargv_host::{Host, Request, Runner};
use virtargv_model::device::disk::{CacheMode, DetectZeroes, Discard, Disk, DiskBus, DiskDevice, IoMode};
use virtargv_model::device::storage::{
    EncryptionEngine, EncryptionFormat, Image, ImageFormat, Slice, SourceType,
};
use virtargv_model::{Domain, OnOff, Problem, Report, YesNo};
use virtargv_validate::rules::disk::source::needs_format_node;

use super::context::Prepare;
use crate::ident::NodeName;
use crate::text::text;
use chain::Found;
use location::Storage;
use objects::{Ids, Objects};

/// The node names of all disks.
#[derive(Debug, Clone, Default)]
pub(crate) struct StorageNodes {
    /// One item for each disk, in the order of the list.
    pub disks: Vec<DiskNodes>,
    /// The number of the next node, from which SCSI host devices are numbered.
    pub next: u32,
    /// The number of the next descriptor set. Those of images are numbered as their nodes are.
    pub next_set: u32,
}

/// The node names of a disk.
#[derive(Debug, Clone, Default)]
pub(crate) struct DiskNodes {
    /// The node names of each image, top image first.
    pub images: Vec<ImageNodes>,
    /// The node name of the copy-on-read filter.
    pub copy_on_read: Option<NodeName>,
    /// The node names of throttle filters, from the image up.
    pub filters: Vec<NodeName>,
}

/// The node names of an image.
#[derive(Debug, Clone)]
pub(crate) struct ImageNodes {
    /// The number in the names.
    pub number: u32,
    /// The storage node.
    pub storage: NodeName,
    /// The number of the descriptor set, of an image that is opened by descriptors of the caller.
    pub set: Option<u32>,
    /// The slice node.
    pub slice: Option<NodeName>,
    /// The format node.
    pub format: Option<NodeName>,
    /// The node names of its data store.
    pub data_store: Option<Box<ImageNodes>>,
}

/// What names block nodes and numbers descriptor sets.
struct Namer<'a> {
    caps: &'a Caps,
    host: &'a dyn Host,
    /// Whether images have the number that the document gives them, because their nodes are there.
    kept: bool,
    /// The number of the next node.
    next: u32,
    /// The number of the next descriptor set.
    next_set: u32,
}

impl Namer<'_> {
    /// Names the nodes of `image`. `readonly`: whether the guest only reads it.
    fn image(&mut self, image: &Image, readonly: bool) -> ImageNodes {
        let n = image.index.filter(|_| self.kept).unwrap_or(self.next);
        self.next = self.next.max(n.saturating_add(1));
        let set = image.fdgroup().map(|_| self.next_set);
        self.next_set = self.next_set.saturating_add(u32::from(set.is_some()));
        let has_format = needs_format_node(image, self.caps) || (readonly && self.opens_for_writing(image));
        let plain_format = has_format && image.is_plain();
        let has_slice = image.slice.is_some() && !plain_format;
        let data_store = image.data_store.as_deref().map(|store| Box::new(self.image(store, readonly)));
        ImageNodes {
            number: n,
            set,
            storage: text!("libvirt-", n, "-storage").into(),
            slice: has_slice.then(|| text!("libvirt-", n, "-slice-sto").into()),
            format: has_format.then(|| text!("libvirt-", n, "-format").into()),
            data_store,
        }
    }

    /// Whether QEMU opens the image by one descriptor for writing, even where the guest only reads. A format node then
    /// has `read-only=`.
    fn opens_for_writing(&self, image: &Image) -> bool {
        #[expect(clippy::disallowed_methods, reason = "only what the descriptors are is looked at")]
        let group = image.fdgroup().and_then(|group| self.host.descriptors().group(group));
        group.is_some_and(|group| group.writable && group.numbers.len() == 1)
    }

    /// Names the nodes of the images of `disk` from number `from` of its chain on.
    fn images(&mut self, disk: &Disk, from: usize) -> Vec<ImageNodes> {
        let images = disk.images().enumerate().skip(from);
        images.map(|(depth, image)| self.image(image, depth > 0 || disk.readonly)).collect()
    }
}

impl ImageNodes {
    /// The top node of the image.
    pub fn top(&self) -> &NodeName {
        self.format.as_ref().unwrap_or(self.below_format())
    }

    /// The node below the format node.
    pub fn below_format(&self) -> &NodeName {
        self.slice.as_ref().unwrap_or(&self.storage)
    }
}

/// Looks up storage volumes, reads the backing chains, and names the block nodes of all disks. A disk whose optional image
/// is missing is removed. Chains that cannot be read are reported, and stay as the document has them; for a command line that is to be read, none is read. `None` if a volume was
/// not found, which is reported.
pub(crate) fn name_all(
    domain: &mut Domain,
    caps: &Caps,
    request: &Request<'_>,
    report: &mut Report,
) -> Option<StorageNodes> {
    name_from(domain, caps, request, Counters { node: 1, set: 0 }, report)
}

/// The numbers of the next node and of the next descriptor set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counters {
    /// The number of the next node.
    pub node: u32,
    /// The number of the next descriptor set.
    pub set: u32,
}

/// The block nodes of disks that run: each image has the number that the document gives it, and no image is looked at.
pub(crate) fn name_running(
    domain: &Domain,
    caps: &Caps,
    request: &Request<'_>,
    from: Counters,
) -> StorageNodes {
    let mut namer = Namer { caps, host: request.host, kept: true, next: from.node, next_set: from.set };
    let of =
        |disk: &Disk| if has_nodes(disk, caps) { name_nodes(disk, &mut namer) } else { DiskNodes::default() };
    let disks = domain.devices.disks.iter().map(of).collect();
    StorageNodes { disks, next: namer.next, next_set: namer.next_set }
}

/// As [`name_all`], with the numbers from `from` on.
pub(crate) fn name_from(
    domain: &mut Domain,
    caps: &Caps,
    request: &Request<'_>,
    from: Counters,
    report: &mut Report,
) -> Option<StorageNodes> {
    let host = request.host;
    let list = &mut domain.devices.disks;
    let mut found = true;
    let mut looked_up = Vec::with_capacity(list.len());
    // libvirt looks up the volumes from the last disk to the first.
    for disk in list.iter_mut().rev() {
        let missing = match volume::look_up(disk, host, caps.release()) {
            Ok(()) => None,
            Err(problem) => Some(chain::without(disk, problem)),
        };
        if let Some(Err(problem)) = &missing {
            report.push(problem.clone());
            found = false;
        }
        looked_up.push(!matches!(missing, Some(Ok(Found::NoDisk))));
    }
    if !found {
        return None;
    }
    let mut keep = looked_up.iter().rev();
    list.retain(|_| keep.next() != Some(&false));
    let mut namer = Namer { caps, host, kept: false, next: from.node, next_set: from.set };
    let mut disks = vec![DiskNodes::default(); list.len()];
    // Nodes are numbered from the last disk to the first: at first those of images that the document has, then those of
    // images that are found on the host.
    for (disk, plan) in list.iter().zip(&mut disks).rev() {
        if has_nodes(disk, caps) {
            *plan = name_nodes(disk, &mut namer);
        }
    }
    let mut kept = vec![true; list.len()];
    let chains = if request.start.runner == Runner::Reader { &mut [][..] } else { list.as_mut_slice() };
    for ((disk, plan), kept) in chains.iter_mut().zip(&mut disks).zip(&mut kept).rev() {
        match chain::complete(disk, caps, host) {
            Ok(Found::Images) if !plan.images.is_empty() => name_found(disk, plan, &mut namer),
            Ok(Found::Images) => {}
            Ok(Found::NoMedium) => *plan = DiskNodes::default(),
            Ok(Found::NoDisk) => *kept = false,
            Err(problem) => report.push(problem),
        }
    }
    let mut keep = kept.iter();
    list.retain(|_| keep.next() != Some(&false));
    let mut keep = kept.iter();
    disks.retain(|_| keep.next() != Some(&false));
    Some(StorageNodes { disks, next: namer.next, next_set: namer.next_set })
}

/// Names the nodes of the images of `disk` that were found on the host.
fn name_found(disk: &Disk, plan: &mut DiskNodes, namer: &mut Namer<'_>) {
    for (depth, (image, nodes)) in disk.images().zip(&mut plan.images).enumerate() {
        if let (Some(store), None) = (&image.data_store, &nodes.data_store) {
            nodes.data_store = Some(Box::new(namer.image(store, depth > 0 || disk.readonly)));
        }
    }
    plan.images.extend(namer.images(disk, plan.images.len()));
}

/// Whether the disk has block nodes. SD cards and vhost-user disks have none.
fn has_nodes(disk: &Disk, caps: &Caps) -> bool {
    caps.has(Cap::Blockdev) && disk.bus() != Some(DiskBus::Sd) && disk.image.kind() != SourceType::VhostUser
}

fn name_nodes(disk: &Disk, namer: &mut Namer<'_>) -> DiskNodes {
    let mut plan = DiskNodes::default();
    // The number of a drive without a medium is not used for another disk.
    let images = namer.images(disk, 0);
    if disk.image.is_empty() {
        return plan;
    }
    plan.images = images;
    if disk.driver.copy_on_read == Some(OnOff::On) {
        plan.copy_on_read = Some(text!("libvirt-CoR-", disk.dst()).into());
    }
    for _ in &disk.throttle_filters {
        plan.filters.push(text!("libvirt-", namer.next, "-filter").into());
        namer.next = namer.next.saturating_add(1);
    }
    plan
}

/// Whether any of `disks` has `<reservations managed='yes'>`.
pub(crate) fn has_managed_reservations<'d>(disks: impl IntoIterator<Item = &'d Disk>) -> bool {
    disks.into_iter().flat_map(Disk::images).any(|image| {
        image.reservations.as_ref().is_some_and(|reservations| reservations.managed != Some(YesNo::No))
    })
}

/// How an image is given to QEMU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As block nodes (`-blockdev`).
    Node,
    /// As properties of `-drive` (`file.driver=`), with the names of earlier QEMUs.
    Drive,
    /// As an address in `file=` of `-drive`.
    Address,
}

/// A prepared image.
#[derive(Debug)]
pub(crate) struct ImageFacts {
    /// Its node names.
    pub nodes: ImageNodes,
    /// Where it is stored.
    pub storage: Storage,
    /// Its objects.
    pub objects: Objects,
    /// Its format; an image without one is raw.
    pub format: ImageFormat,
    /// The part of the storage that it uses.
    pub slice: Option<Slice>,
    /// The size of its metadata cache in bytes.
    pub metadata_cache: Option<u64>,
    /// What decrypts it; `None` for an image that is not encrypted.
    pub decrypts: Option<Decrypts>,
    /// Its data store, for an image with an external data file.
    pub data_store: Option<Box<ImageFacts>>,
}

/// What decrypts an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decrypts {
    /// QEMU, as LUKS.
    Qemu,
    /// librbd, from this format.
    Librbd(EncryptionFormat),
}

impl ImageFacts {
    /// Prepares `image`, with the node names `nodes`.
    pub fn of(cx: &mut Prepare<'_>, image: &Image, nodes: &ImageNodes) -> Result<Self, Problem> {
        let data_store = match (&image.data_store, &nodes.data_store) {
            (Some(store), Some(nodes)) => Some(Box::new(Self::of(cx, store, nodes)?)),
            _ => None,
        };
        let objects = Objects::of(cx, image, || Ids::of_nodes(nodes))?;
        let storage = Storage::of(cx, image, &objects, (&nodes.storage, nodes.set), Form::Node)?;
        let facts = Self::with_storage(image, nodes.clone(), storage, objects);
        Ok(Self { data_store, ..facts })
    }

    /// An image whose storage and objects are prepared.
    pub fn with_storage(image: &Image, nodes: ImageNodes, storage: Storage, objects: Objects) -> Self {
        Self {
            nodes,
            storage,
            objects,
            format: image.format.unwrap_or(ImageFormat::Raw),
            slice: image.slice,
            metadata_cache: image.metadata_cache,
            decrypts: decrypts(image),
            data_store: None,
        }
    }

    /// Prepares an image of firmware, which belongs to no disk, with the nodes `NAME-storage` and `NAME-format`. With
    /// `with_format` it has a format node even if it is plain raw.
    pub fn named(
        cx: &mut Prepare<'_>,
        image: &Image,
        name: &str,
        with_format: bool,
    ) -> Result<Self, Problem> {
        let with_format = with_format || needs_format_node(image, cx.caps);
        let nodes = ImageNodes {
            number: 0,
            storage: text!(name, "-storage").into(),
            set: None,
            slice: None,
            format: with_format.then(|| text!(name, "-format").into()),
            data_store: None,
        };
        Self::of(cx, image, &nodes)
    }
}

pub(crate) fn decrypts(image: &Image) -> Option<Decrypts> {
    if image.luks().is_some() {
        return Some(Decrypts::Qemu);
    }
    let encryption = image.encryption.as_deref()?;
    (encryption.engine == Some(EncryptionEngine::Librbd)).then_some(Decrypts::Librbd(encryption.format))
}

/// Cache, I/O and discard modes of the images of a disk.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Access {
    /// `<driver cache=>`; `none` for a shareable disk without it.
    pub cache: Option<CacheMode>,
    /// `<driver io=>`
    pub io: Option<IoMode>,
    /// `<driver discard=>`
    pub discard: Option<Discard>,
    /// `<driver detect_zeroes=>`
    pub detect_zeroes: Option<DetectZeroes>,
    /// `<driver discard_no_unref=>`
    pub discard_no_unref: Option<OnOff>,
    /// Whether a directory is presented as a floppy disk.
    pub floppy: bool,
}

impl Access {
    /// The modes of `disk`.
    pub fn of(disk: &Disk) -> Self {
        let driver = &disk.driver;
        // An image with several writers must not be cached on the host.
        let shared = (disk.shareable && !disk.readonly).then_some(CacheMode::None);
        // `detect_zeroes='unmap'` needs `discard='unmap'`; without that libvirt uses `on`.
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
