//! `-drive`: location and format of an image in one option.

use virtargv_model::Spelled;
use virtargv_model::device::storage::ImageFormat;

use super::location::{self, NodeContext, gluster_debug};
use super::objects;
use crate::Props;
use crate::emit::context::Emit;
use crate::needs::Role;
use crate::prepare::device::disk::DriveImage;
use crate::prepare::storage::location::Storage;
use crate::prepare::storage::{Access, Form};
use crate::text::text;

/// Emits the objects of an image, and adds `file=` or `file.driver=` with its properties.
pub(crate) fn add_image(e: &mut Emit<'_>, props: &mut Props, image: &DriveImage, access: Access) {
    objects::emit(e, &image.objects);
    match &image.storage {
        Storage::Address { address, gluster } => {
            props.set("file", address.clone());
            if let Some(secret) = image.objects.auth.as_ref().and_then(|login| login.object()) {
                props.set("file.password-secret", secret.id.clone());
            }
            if *gluster {
                props.set_opt("file.debug", gluster_debug(e));
            }
        }
        Storage::File(path) | Storage::Block { path, .. } => {
            e.need_path(path, Role::Image);
            props.set("file", path.clone());
            add_helper(props, image);
        }
        Storage::Dir(path) => {
            e.need_path(path, Role::Image);
            let kind = if access.floppy { "floppy:" } else { "" };
            props.set("file", text!("fat:", kind, path));
            add_helper(props, image);
        }
        storage => {
            let form = if matches!(storage, Storage::Network(_)) { image.form } else { Form::Drive };
            let context = NodeContext { access, objects: &image.objects, decrypts: None, node: "", form };
            let file = location::props(e, storage, context);
            props.set("file", file);
        }
    }
}

fn add_helper(props: &mut Props, image: &DriveImage) {
    let helper = image.objects.reservations.as_deref();
    props.set_opt("file.pr-manager", helper.map(|helper| helper.id.clone()));
}

/// Adds `format=` and the secret of an encrypted image.
pub(crate) fn add_format(props: &mut Props, image: &DriveImage) {
    let mut format = image.format.map(Spelled::as_str);
    if image.luks
        && let Some(secret) = image.objects.encryption.first()
    {
        if image.format == Some(ImageFormat::Raw) {
            props.set("key-secret", secret.id.clone());
            format = Some("luks");
        } else {
            props.set("encrypt.format", "luks").set("encrypt.key-secret", secret.id.clone());
        }
    }
    if !matches!(image.storage, Storage::Dir(_)) {
        props.set_opt("format", format);
    }
}
