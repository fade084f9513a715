//! Backing chains: reads the images that a document does not name from the headers of those that it names.
//!
//! The host answers whether an image exists, and hands out its first bytes. Where it does not know, a chain stays as the
//! document has it, and QEMU looks for further images itself.

use std::borrow::Cow;

use virtargv_caps::{Cap, Convention, Release};
use virtargv_host::image::{BackingFile, BackingFormat, HEADER_LENGTH, Header, Reference, reference};
use virtargv_host::{FileKind, Host, HostError, simplified};
use virtargv_model::device::disk::{Disk, DiskDevice};
use virtargv_model::device::storage::{
    EncryptionFormat, Image, ImageFormat, Location, Protocol, SourceType, StartupPolicy,
};
use virtargv_model::{Pos, Problem, Rule};
use virtargv_validate::rules::disk::image::QEMU_LACKS;
use virtargv_validate::rules::disk::source::has_backing;

use super::shown::{shown, shown_chain};
use crate::prepare::context::broken;
use crate::rules;

/// The most images in a backing chain, as in libvirt.
const MAX_IMAGES: usize = 200;
/// The longest path that Linux opens, in bytes.
const MAX_PATH: usize = 4096;

/// What became of a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Its images are used.
    Images,
    /// Its drive has no medium, because an optional image cannot be used.
    NoMedium,
    /// It is left out, because an optional image cannot be used.
    NoDisk,
}

/// Completes the backing chain of `disk` with the images that their headers name.
pub(super) fn complete(
    disk: &mut Disk,
    caps: &virtargv_caps::Caps,
    host: &dyn Host,
) -> Result<Found, Problem> {
    if disk.image.is_empty() || disk.image.kind() == SourceType::VhostUser {
        return Ok(Found::Images);
    }
    let mut chain = ChainReader {
        host,
        release: caps.release(),
        tftp: !caps.has(Cap::Blockdev),
        pos: disk.image.pos,
        names: Vec::new(),
    };
    match chain.complete(disk) {
        Ok(()) => Ok(Found::Images),
        Err(problem) => without(disk, problem),
    }
}

/// What becomes of a disk whose image is not found, as `problem` says: an optional image leaves an empty drive or no disk.
pub(super) fn without(disk: &mut Disk, problem: Problem) -> Result<Found, Problem> {
    match (disk.image.startup_policy, disk.device()) {
        (Some(StartupPolicy::Optional), DiskDevice::Cdrom | DiskDevice::Floppy) => {
            disk.image.location = Location::empty(SourceType::File);
            disk.backing.images.clear();
            Ok(Found::NoMedium)
        }
        (Some(StartupPolicy::Optional), _) => Ok(Found::NoDisk),
        _ => Err(problem),
    }
}

/// Reads the images of one disk.
struct ChainReader<'h> {
    host: &'h dyn Host,
    release: Release,
    /// Whether QEMU has the protocol `tftp`.
    tftp: bool,
    /// Place of the disk's image.
    pos: Pos,
    /// The images so far, for messages.
    names: Vec<String>,
}

/// An image whose header can be read.
struct Readable<'p> {
    path: Cow<'p, str>,
    /// The format, where it is stated.
    format: Option<ImageFormat>,
}

impl ChainReader<'_> {
    fn complete(&mut self, disk: &mut Disk) -> Result<(), Problem> {
        let format = disk.image.format.unwrap_or(ImageFormat::Raw);
        if let Some(path) = local_path(&disk.image)
            && !has_backing(format)
        {
            self.exists(path)?;
            return Ok(());
        }
        let count = disk.backing.images.len();
        for (depth, image) in disk.images().enumerate() {
            // A message about one image needs no chain.
            if count > 0 {
                self.names.push(name(image));
            }
            // The last image is opened below, or it is not looked at.
            if depth < count
                && let Some(path) = local_path(image)
            {
                self.exists(path)?;
            }
        }
        if disk.backing.ended {
            return Ok(());
        }
        let last = disk.backing.images.last_mut().unwrap_or(&mut disk.image);
        let Some(Some(mut header)) = readable(last).map(|image| self.header(&image)).transpose()? else {
            return Ok(());
        };
        self.check_encryption(last, header.encryption)?;
        if count == 0 {
            self.names.push(name(last));
        }
        loop {
            let last = disk.backing.images.last_mut().unwrap_or(&mut disk.image);
            let Some(beside) = local_path(last).map(str::to_owned) else { return Ok(()) };
            if let Some(data_file) = &header.data_file {
                self.add_data_store(last, data_file, &beside)?;
            }
            let Some(backing) = header.backing else {
                disk.backing.ended = true;
                return Ok(());
            };
            let Some((image, found)) = self.backing(&backing, &beside)? else { return Ok(()) };
            disk.backing.images.push(image);
            let Some(found) = found else { return Ok(()) };
            header = found;
        }
    }

    fn refuse(&self, rule: &'static Rule, message: String) -> Problem {
        let message = if self.names.len() > 1 {
            format!("{message} ({})", shown_chain(&self.names, ""))
        } else {
            message
        };
        rule.problem(self.release, self.pos, message)
    }

    /// What is at `path`; `None` if the host does not know.
    fn exists(&self, path: &str) -> Result<Option<FileKind>, Problem> {
        // The driver runs in `/`.
        let absolute =
            if path.starts_with('/') { Cow::Borrowed(path) } else { Cow::Owned(format!("/{path}")) };
        let found = if path.len() > MAX_PATH {
            Err(HostError::failed("file", shown(path), format!("its path is longer than `{MAX_PATH}` bytes")))
        } else {
            self.host.files().stat(&absolute)
        };
        match found {
            Ok(found) => Ok(Some(found.kind)),
            Err(HostError::Unknown(_)) => Ok(None),
            Err(error) => Err(self.unusable(path, &error)),
        }
    }

    /// The problem that the image at `path` is missing or cannot be read.
    fn unusable(&self, path: &str, error: &HostError) -> Problem {
        let path = shown(path);
        let (why, mark) = match error {
            HostError::NotFound { .. } => ("was not found".to_owned(), " (missing)"),
            HostError::Failed { why, .. } => (format!("cannot be read: {why}"), " (not readable)"),
            other => (format!("cannot be read: {other}"), " (not readable)"),
        };
        let message = match self.names.as_slice() {
            [] | [_] => format!("image `{path}` {why}"),
            [top, ..] => format!(
                "backing image `{path}` of image `{}` {why} ({})",
                shown(top),
                shown_chain(&self.names, mark)
            ),
        };
        rules::STORAGE_IMAGE_MISSING.problem(self.release, self.pos, message)
    }

    /// The header of an image; `None` if the host does not know it.
    fn header(&self, image: &Readable<'_>) -> Result<Option<Header>, Problem> {
        match self.exists(&image.path)? {
            None => return Ok(None),
            Some(FileKind::Directory) => {
                let error = HostError::failed("file", &*image.path, "it is a directory");
                return Err(self.unusable(&image.path, &error));
            }
            // libvirt would wait for the other end of a pipe.
            Some(FileKind::Other) => {
                let format = image.format.unwrap_or(ImageFormat::Raw);
                return Ok(Some(Header { format, encryption: None, backing: None, data_file: None }));
            }
            Some(FileKind::Regular | FileKind::Block) => {}
        }
        let bytes = match self.host.files().read_at(&image.path, 0, HEADER_LENGTH) {
            Ok(bytes) => bytes,
            Err(HostError::Unknown(_)) => return Ok(None),
            Err(error) => return Err(self.unusable(&image.path, &error)),
        };
        Header::read(image.format, &bytes).map(Some).map_err(|why| {
            self.refuse(
                &rules::STORAGE_IMAGE_HEADER,
                format!("the header of image `{}` is damaged: {why}", shown(&image.path)),
            )
        })
    }

    /// The backing image that a header names, and its own header where that can be read. `None` if nothing can be said
    /// of it.
    fn backing(
        &mut self,
        backing: &BackingFile,
        beside: &str,
    ) -> Result<Option<(Image, Option<Header>)>, Problem> {
        let Some(mut image) = self.resolve(&backing.name, beside)? else { return Ok(None) };
        self.enter(&image)?;
        if let Some(path) = readable(&image).map(|image| image.path.into_owned()) {
            let kind = self.exists(&path)?;
            update_kind(&mut image, path, kind);
        }
        image.format = backing.format.stated();
        let Some(readable) = readable(&image) else {
            if image.format.is_none() {
                return Err(self.unstated(&backing.name, beside));
            }
            self.check_unread(&image)?;
            return Ok(Some((image, None)));
        };
        let Some(header) = self.header(&readable)? else {
            // Without a format there is no node.
            return Ok(image.format.is_some().then_some((image, None)));
        };
        if backing.format == BackingFormat::Unstated && header.backing.is_some() {
            return Err(self.unstated(&backing.name, beside));
        }
        image.format = Some(header.format);
        self.check_encryption(&image, header.encryption)?;
        Ok(Some((image, Some(header))))
    }

    /// The problem that the header of the image `beside` names a backing image, and not its format.
    fn unstated(&self, name: &str, beside: &str) -> Problem {
        let message = format!(
            "the header of image `{}` does not state the format of its backing image `{}`",
            shown(beside),
            shown(name)
        );
        self.refuse(&rules::STORAGE_BACKING_UNSTATED, message)
    }

    /// The image that `name` refers to; `None` if the domain format cannot describe it.
    fn resolve(&self, name: &str, beside: &str) -> Result<Option<Image>, Problem> {
        let found = reference(name, beside).map_err(|why| {
            let message = format!("in the header of image `{}`, {}", shown(beside), shown(&why.message));
            self.refuse(&rules::STORAGE_REFERENCE, message).with_class(why.class)
        })?;
        let Reference::Image(mut image) = found else { return Ok(None) };
        image.pos = self.pos;
        if let Location::Network(net) = &mut image.location {
            virtargv_resolve::complete_network(net);
        }
        Ok(Some(*image))
    }

    /// Adds an image to the chain, which must neither be in it nor make it too long.
    fn enter(&mut self, image: &Image) -> Result<(), Problem> {
        let new = name(image);
        // Links are not followed: a loop over a link ends at the greatest length of a chain.
        let place = simplified(&new);
        let again = readable(image).is_some() && self.names.iter().any(|name| simplified(name) == place);
        self.names.push(new);
        if again {
            let message = format!("the backing chain of image `{}` is a loop", self.top());
            return Err(self.refuse(&rules::STORAGE_CHAIN_LOOP, message));
        }
        if self.names.len() > MAX_IMAGES {
            let message =
                format!("the backing chain of image `{}` has more than `{MAX_IMAGES}` images", self.top());
            return Err(self.refuse(&rules::STORAGE_CHAIN_LOOP, message));
        }
        Ok(())
    }

    fn top(&self) -> String {
        self.names.first().map(|name| shown(name)).unwrap_or_default()
    }

    /// Checks a backing image whose header is not read.
    fn check_unread(&self, image: &Image) -> Result<(), Problem> {
        let name = name(image);
        let format = image.format.unwrap_or(ImageFormat::Raw);
        if matches!(image.location, Location::Dir { .. }) && format != ImageFormat::Fat {
            let message = format!(
                "backing image `{}` is of type `dir`, which needs the format `fat`, not `{format}`",
                shown(&name)
            );
            return Err(self.refuse(&rules::STORAGE_BACKING_DIRECTORY, message));
        }
        if let Some(Protocol::Tftp) = image.network().and_then(|net| net.protocol)
            && !self.tftp
        {
            let message = format!("backing image `{}`: this QEMU has no protocol `tftp`", shown(&name));
            return Err(broken(self.release, &QEMU_LACKS, self.pos, message));
        }
        Ok(())
    }

    /// Checks that an encrypted backing image has a secret, and that an image is encrypted as its `<encryption>` says.
    fn check_encryption(&self, image: &Image, found: Option<EncryptionFormat>) -> Result<(), Problem> {
        let Some(found) = found else { return Ok(()) };
        let path = shown(&name(image));
        match &image.encryption {
            Some(given) if given.format != found => {
                let message = format!(
                    "image `{path}` is encrypted in format `{found}`, its `<encryption>` has format `{}`",
                    given.format
                );
                Err(self.refuse(&rules::STORAGE_ENCRYPTION_FORMAT, message))
            }
            None if self.names.len() > 1 => {
                let message = format!("backing image `{path}` is encrypted, and its secret is not known");
                Err(self.refuse(&rules::STORAGE_BACKING_ENCRYPTED, message))
            }
            _ => Ok(()),
        }
    }

    /// Adds the data file that a header names, unless the document gives a `<dataStore>`.
    fn add_data_store(&self, image: &mut Image, name: &str, beside: &str) -> Result<(), Problem> {
        if image.data_store.is_some() || !self.release.has(Convention::DataStore) {
            return Ok(());
        }
        let Some(mut store) = self.resolve(name, beside)? else { return Ok(()) };
        if let Some(path) = local_path(&store).map(str::to_owned) {
            // QEMU reports a missing data file; libvirt does not look for it.
            let kind = self.host.files().stat(&path).ok().map(|found| found.kind);
            update_kind(&mut store, path, kind);
        }
        store.format = Some(ImageFormat::Raw);
        image.data_store = Some(Box::new(store));
        Ok(())
    }
}

/// The path of an image on the host; `None` for other images, and for files that are passed as descriptors.
fn local_path(image: &Image) -> Option<&str> {
    match &image.location {
        Location::File { path, fdgroup: None } | Location::Block { path } | Location::Dir { path } => {
            path.as_deref()
        }
        _ => None,
    }
}

/// The image, if it is one whose header libvirt reads.
fn readable(image: &Image) -> Option<Readable<'_>> {
    let path = local_path(image).filter(|_| !matches!(image.location, Location::Dir { .. }))?;
    Some(Readable { path: path.into(), format: image.format })
}

/// Makes a file that is a block device or a directory an image of that type.
fn update_kind(image: &mut Image, path: String, kind: Option<FileKind>) {
    match (&image.location, kind) {
        (Location::File { .. }, Some(FileKind::Block)) => {
            image.location = Location::Block { path: Some(path) }
        }
        (Location::File { .. }, Some(FileKind::Directory)) => {
            image.location = Location::Dir { path: Some(path) }
        }
        _ => {}
    }
}

/// The name of an image in messages: its path, or `PROTOCOL:NAME`.
fn name(image: &Image) -> String {
    match (&image.location, image.path()) {
        (Location::Network(net), path) => {
            let protocol = net.protocol.map(|protocol| protocol.to_string()).unwrap_or_default();
            format!("{protocol}:{}", path.unwrap_or_default())
        }
        (Location::Nvme(nvme), _) => format!("nvme:{}", nvme.address),
        (_, path) => path.unwrap_or_default().to_owned(),
    }
}
