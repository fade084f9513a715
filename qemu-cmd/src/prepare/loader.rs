//! Block nodes of firmware in flash.

use virtargv_caps::{Cap, Convention};
use virtargv_host::{DriverConfig, HostError};
use virtargv_model::device::storage::{Image, Location};
use virtargv_model::os::{FlashFormat, LoaderType, Nvram, Os};
use virtargv_model::{Pos, Problem, Release, Rule, YesNo};

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
    if let Some(nvram) = os.nvram.as_ref().filter(|_| cx.has_launcher()) {
        check_store(cx, nvram)?;
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

/// Checks that a variable store that is not there yet can be made: as a copy of its template, in the template's format.
fn check_store(cx: &Prepare<'_>, nvram: &Nvram) -> Result<(), Problem> {
    let release = cx.release();
    let os = &cx.domain.os;
    let loader = os.loader.as_ref();
    // A document without `<nvram>` has the one of its firmware.
    let pos =
        if nvram.pos.offset().is_some() { nvram.pos } else { loader.map_or(os.pos, |loader| loader.pos) };
    let refuse = |rule: &'static Rule, path: &'static str, message: String| {
        Err(rule.problem(release, pos.path(path), message))
    };
    match nvram.image.as_ref().map(|image| &image.location) {
        None => check_format(cx, nvram, pos),
        Some(Location::File { path: Some(path), .. }) if is_missing(cx, path) => {
            match template(os, cx.settings(), release) {
                None => {
                    let firmware = loader.and_then(|loader| loader.path.as_ref());
                    let firmware = firmware.map_or(String::new(), |path| format!(" for firmware `{path}`"));
                    let message = format!(
                        "the variable store `{path}` does not exist, and no template{firmware} is known to make it from"
                    );
                    refuse(&rules::NVRAM_TEMPLATE_UNKNOWN, "", message)
                }
                Some(template) if is_missing(cx, template) => {
                    let message = format!(
                        "the variable store `{path}` does not exist, and its template `{template}` does not exist either"
                    );
                    refuse(&rules::NVRAM_TEMPLATE_MISSING, "@template", message)
                }
                Some(_) => check_format(cx, nvram, pos),
            }
        }
        Some(Location::Block { path: Some(path) }) if is_missing(cx, path) => {
            let message = format!("the variable store is on the block device `{path}`, which does not exist");
            refuse(&rules::NVRAM_BLOCK, "source/@dev", message)
        }
        Some(_) => Ok(()),
    }
}

/// The template of the variable store. Earlier releases look it up in the driver's setting `nvram` when the domain starts.
pub(crate) fn template<'a>(os: &'a Os, settings: &'a DriverConfig, release: Release) -> Option<&'a String> {
    let code = os.loader.as_ref().and_then(|loader| loader.path.as_ref());
    let listed = || code.and_then(|code| settings.nvram_template(code));
    let given = os.nvram.as_ref().and_then(|nvram| nvram.template.as_ref());
    given.or_else(|| if release.has(Convention::FirmwareByFeatures) { None } else { listed() })
}

/// Whether the host says that there is nothing at `path`.
fn is_missing(cx: &Prepare<'_>, path: &str) -> bool {
    matches!(cx.host.files().stat(path), Err(HostError::NotFound { .. }))
}

/// Checks that a variable store that is to be made has the format of its template.
fn check_format(cx: &Prepare<'_>, nvram: &Nvram, pos: Pos) -> Result<(), Problem> {
    let Some(template) = nvram.template_format else { return Ok(()) };
    let release = cx.release();
    // In earlier releases a store without a format has that of its template.
    let format = nvram.format.or((!release.has(Convention::NvramFormatApart)).then_some(template));
    if format == Some(template) || !release.has(Convention::NvramNotConverted) {
        return Ok(());
    }
    let format = format.map_or("none".to_owned(), |format| format!("`{format}`"));
    let message = format!(
        "the format of the variable store is {format}, that of its template `{template}`, and the store is not there yet"
    );
    Err(rules::NVRAM_CONVERSION.problem(release, pos, message))
}
