//! Block nodes of firmware in flash.

use virtargv_caps::{Cap, Convention};
use virtargv_host::HostError;
use virtargv_model::device::storage::{Image, Location};
use virtargv_model::os::{FlashFormat, LoaderType, Nvram};
use virtargv_model::{Problem, YesNo};

use super::context::Prepare;
use super::storage::ImageFacts;
use crate::rules;

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
    if let Some(nvram) = &os.nvram {
        check_template(cx, nvram)?;
    }
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

/// Checks that a variable store that is yet to be made has the format of its template.
fn check_template(cx: &Prepare<'_>, nvram: &Nvram) -> Result<(), Problem> {
    let Some(template) = nvram.template_format else { return Ok(()) };
    let release = cx.release();
    // In earlier releases a store without a format has that of its template.
    let format = nvram.format.or((!release.has(Convention::NvramFormatApart)).then_some(template));
    if format == Some(template) || !cx.has_launcher() || !release.has(Convention::NvramNotConverted) {
        return Ok(());
    }
    let is_missing = match (&nvram.image, nvram.image.as_ref().and_then(Image::path)) {
        (_, Some(path)) => matches!(cx.host.files().stat(path), Err(HostError::NotFound { .. })),
        (Some(_), None) => false,
        (None, None) => true,
    };
    if !is_missing {
        return Ok(());
    }
    let format = format.map_or("none".to_owned(), |format| format!("`{format}`"));
    let message = format!(
        "the format of the variable store is {format}, that of its template `{template}`, and the store is not there yet"
    );
    Err(rules::NVRAM_CONVERSION.problem(release, nvram.pos.path(""), message))
}
