//! The guest's firmware in flash: the nodes it is made of.

use virtargv_caps::Cap;
use virtargv_model::device::storage::{Image, Location};
use virtargv_model::os::{FlashFormat, LoaderType, Nvram};
use virtargv_model::{Problem, YesNo};

use super::context::Prepare;
use super::storage::ImageFacts;

/// The nodes of the machine's flash.
#[derive(Debug)]
pub(crate) struct Flash {
    /// The firmware itself.
    pub code: ImageFacts,
    /// Whether the guest cannot write the firmware.
    pub readonly: bool,
    /// Its variables.
    pub vars: Option<ImageFacts>,
}

/// Settles them, where the firmware is in flash that is made of nodes.
pub(crate) fn prepare(cx: &mut Prepare<'_>) -> Result<Option<Flash>, Problem> {
    let os = &cx.domain.os;
    let loader = os.loader.as_ref().filter(|loader| loader.kind == Some(LoaderType::Pflash));
    let Some(loader) = loader.filter(|_| cx.has(Cap::Blockdev)) else { return Ok(None) };
    let format = loader.format.unwrap_or(FlashFormat::Raw);
    let location = Location::File { path: loader.path.clone(), fdgroup: None };
    let image = Image { pos: loader.pos, location, format: Some(format.into()), ..Image::default() };
    // The place is opened for what the node above it allows, so there is always one.
    let code = ImageFacts::named(cx, &image, "libvirt-pflash0", true)?;
    let vars = match os.nvram.as_ref().and_then(Nvram::image) {
        Some(image) => Some(ImageFacts::named(cx, &image, "libvirt-pflash1", false)?),
        None => None,
    };
    Ok(Some(Flash { code, readonly: loader.readonly == Some(YesNo::Yes), vars }))
}
