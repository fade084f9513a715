//! The format node of an image.

use virtargv_model::device::storage::ImageFormat;
use virtargv_model::{OnOff, Spelled};
use virtargv_validate::rules::disk::source::has_backing;

use super::location::add_cache;
use super::node::Backing;
use crate::prepare::storage::{Access, Decrypts, ImageFacts};
use crate::{NodeName, Props, Text, Value};

/// The properties of the format node `name` of `image`.
pub(super) fn props(
    image: &ImageFacts,
    name: &NodeName,
    access: Access,
    readonly: bool,
    backing: Backing<'_>,
) -> Props {
    let nodes = &image.nodes;
    let mut props = Props::object().with("node-name", name);
    props.set("read-only", readonly);
    props.set_opt("discard", access.discard.map(Spelled::as_str));
    props.set_opt("detect-zeroes", access.detect_zeroes.map(Spelled::as_str));
    add_cache(&mut props, access);
    driver(&mut props, image, access);
    if nodes.slice.is_none()
        && let Some(slice) = &image.slice
    {
        props.set("offset", slice.offset).set("size", slice.size);
    }
    props.set_opt("data-file", image.data_store.as_ref().map(|store| store.nodes.top()));
    props.set("file", nodes.below_format());
    match backing {
        Backing::Node(name) if has_backing(image.format) => {
            props.set("backing", name);
        }
        Backing::None if has_backing(image.format) => {
            props.set("backing", Value::Null);
        }
        _ => {}
    }
    props
}

/// Adds the driver and its properties.
fn driver(props: &mut Props, image: &ImageFacts, access: Access) {
    let luks = image.decrypts == Some(Decrypts::Qemu);
    let secret = || image.objects.encryption.first().map(|secret| secret.id.clone());
    match image.format {
        ImageFormat::Raw if luks => {
            props.set("driver", "luks").set_opt("key-secret", secret());
        }
        ImageFormat::Raw | ImageFormat::Fat => {
            props.set("driver", "raw");
        }
        ImageFormat::Qcow2 => {
            props.set("driver", "qcow2");
            props.set_opt("encrypt", luks.then(|| encryption(secret())));
            props.set_opt("cache-size", image.metadata_cache);
            props.set_opt("discard-no-unref", access.discard_no_unref.map(OnOff::is_on));
        }
        ImageFormat::Qcow => {
            props.set("driver", "qcow").set_opt("encrypt", luks.then(|| encryption(secret())));
        }
        // QEMU's name for format `ploop`.
        ImageFormat::Ploop => {
            props.set("driver", "parallels");
        }
        other => {
            props.set("driver", other.as_str());
        }
    }
}

/// `encrypt=` of a qcow or qcow2 image.
fn encryption(secret: Option<Text>) -> Props {
    Props::object().with("format", "luks").opt("key-secret", secret)
}
