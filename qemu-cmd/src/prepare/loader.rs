//! Block nodes of firmware in flash.

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::storage::{Image, Location};
use virtargv_model::os::{FlashFormat, LoaderType, Nvram};
use virtargv_model::{Problem, YesNo};

use super::context::Prepare;
use super::storage::ImageFacts;

/// The block nodes of firmware in flash.
#[derive(Debug)]
pub(crate) struct Flash {
    /// The firmware.
    pub code: ImageFacts,
    /// Whether the firmware is read-only for the guest.
    pub readonly: bool,
    /// The variable store.
    pub vars: Option<ImageFacts>,
}

/// Prepares firmware in flash; `None` if it is not in flash, or this QEMU has no `-blockdev`.
pub(crate) fn prepare(cx: &mut Prepare<'_>) -> Result<Option<Box<Flash>>, Problem> {
    let os = &cx.domain.os;
    let loader = os.loader.as_ref().filter(|loader| loader.kind == Some(LoaderType::Pflash));
    let Some(loader) = loader.filter(|_| cx.has(Cap::Blockdev)) else { return Ok(None) };
    let is_readonly = match loader.readonly {
        Some(YesNo::No) => !cx.release().has(Convention::FlashReadonlyByWord),
        readonly => readonly.is_some(),
    };
    let format = loader.format.unwrap_or(FlashFormat::Raw);
    let location = Location::File { path: loader.path.clone(), fdgroup: None };
    let image = Image { pos: loader.pos, location, format: Some(format.into()), ..Image::default() };
    // libvirt emits a format node always, which has `read-only=`; the storage node below it has `auto-read-only=on`.
    let code = ImageFacts::named(cx, &image, "libvirt-pflash0", true)?;
    let vars = match os.nvram.as_ref().and_then(Nvram::image) {
        Some(image) => Some(ImageFacts::named(cx, &image, "libvirt-pflash1", false)?),
        None => None,
    };
    Ok(Some(Box::new(Flash { code, readonly: is_readonly, vars })))
}
