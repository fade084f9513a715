//! The node of an image's format.

use virtargv_model::device::storage::{Encryption, EncryptionEngine, Image, ImageFormat};
use virtargv_model::{Kind, OnOff, Problem, Spelled};

use super::objects::Objects;
use super::protocol::add_cache;
use super::{Access, ImageNodes, luks};
use crate::emit::problem;
use crate::{Props, Value};

/// What is below an image.
#[derive(Debug, Clone, Copy)]
pub(super) enum Below<'a> {
    /// The document does not say; QEMU looks into the image.
    Unknown,
    /// Nothing.
    Nothing,
    /// The image of this node.
    Node(&'a str),
}

/// The node of the format of `image`.
pub(super) fn props(
    image: &Image,
    nodes: &ImageNodes,
    access: Access,
    objects: &Objects,
    readonly: bool,
    below: Below<'_>,
) -> Result<Props, Problem> {
    let mut props = Props::object().with("node-name", nodes.format.as_deref().unwrap_or(""));
    props.set("read-only", readonly);
    props.set_opt("discard", access.discard.map(Spelled::as_str));
    props.set_opt("detect-zeroes", access.detect_zeroes.map(Spelled::as_str));
    add_cache(&mut props, access);
    driver(&mut props, image, access, objects);
    if nodes.slice.is_none()
        && let Some(slice) = &image.slice
    {
        props.set("offset", slice.offset).set("size", slice.size);
    }
    props.set_opt("data-file", nodes.data_store.as_ref().map(|s| s.top()));
    props.set("file", nodes.below_format());
    match below {
        Below::Node(_) if !has_backing(image.format) => {
            let format = image.format.unwrap_or(ImageFormat::Raw);
            let message = format!("an image of format '{format}' cannot lie on a 'backingStore'");
            return Err(problem(Kind::Unsupported, "storage-backing-format", image.pos, message));
        }
        Below::Node(name) => {
            props.set("backing", name);
        }
        Below::Nothing if has_backing(image.format) => {
            props.set("backing", Value::Null);
        }
        _ => {}
    }
    Ok(props)
}

/// The driver and its own properties.
fn driver(props: &mut Props, image: &Image, access: Access, objects: &Objects) {
    let secret = objects.encryption.first().map(|s| s.id.as_str());
    match image.format {
        None | Some(ImageFormat::Raw) if luks(image).is_some() => {
            props.set("driver", "luks").set_opt("key-secret", secret);
        }
        None | Some(ImageFormat::Raw | ImageFormat::Fat) => {
            props.set("driver", "raw");
        }
        Some(ImageFormat::Qcow2) => {
            props.set("driver", "qcow2");
            props.set_opt("encrypt", encryption(image, secret));
            props.set_opt("cache-size", image.metadata_cache);
            props.set_opt("discard-no-unref", access.discard_no_unref.map(OnOff::is_on));
        }
        Some(ImageFormat::Qcow) => {
            props.set("driver", "qcow").set_opt("encrypt", encryption(image, secret));
        }
        // QEMU calls it by its maker.
        Some(ImageFormat::Ploop) => {
            props.set("driver", "parallels");
        }
        Some(other) => {
            props.set("driver", other.as_str());
        }
    }
}

/// Whether images of the format can lie on others.
fn has_backing(format: Option<ImageFormat>) -> bool {
    matches!(
        format,
        Some(
            ImageFormat::Cow | ImageFormat::Qcow | ImageFormat::Qcow2 | ImageFormat::Qed | ImageFormat::Vmdk
        )
    )
}

/// How a qcow or qcow2 image is encrypted.
fn encryption(image: &Image, secret: Option<&str>) -> Option<Props> {
    luks(image)?;
    Some(Props::object().with("format", "luks").opt("key-secret", secret))
}

/// How Ceph's library is to decrypt: one layer inside the other.
pub(super) fn rbd_encryption(image: &Image, objects: &Objects) -> Option<Props> {
    let encryption: &Encryption =
        image.encryption.as_deref().filter(|e| e.engine == Some(EncryptionEngine::Librbd))?;
    let mut nested: Option<Props> = None;
    for secret in objects.encryption.iter().rev() {
        let layer = Props::object()
            .with("format", encryption.format.as_str())
            .with("key-secret", secret.id.as_str())
            .opt("parent", nested);
        nested = Some(layer);
    }
    nested
}
