//! The guest's firmware: flash nodes, `-bios`, flash drives.

use virtargv_caps::Cap;
use virtargv_model::YesNo;
use virtargv_model::device::storage::{Image, Location};
use virtargv_model::os::{FlashFormat, Loader, LoaderType, Nvram};

use crate::emit::{Done, Emit};
use crate::needs::{Need, Role};
use crate::storage::named_image;
use crate::{Props, Style};

/// The nodes that the machine's flash is made of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flash {
    /// The firmware itself.
    pub code: Option<String>,
    /// Its variables.
    pub vars: Option<String>,
}

/// Emits the nodes of the firmware in flash.
pub(crate) fn flash(e: &mut Emit<'_>) -> Done {
    let os = &e.domain().os;
    let Some(loader) = flash_loader(e) else { return Ok(()) };
    if !e.has(Cap::Blockdev) {
        return Ok(());
    }
    let format = loader.format.unwrap_or(FlashFormat::Raw);
    let location = Location::File { path: loader.path.clone(), fdgroup: None };
    let image = Image { pos: loader.pos, location, format: Some(format.into()), ..Image::default() };
    let readonly = loader.readonly == Some(YesNo::Yes);
    // The place is opened for what the node above it allows, so there is always one.
    e.flash.code = Some(named_image(e, &image, "libvirt-pflash0", readonly, true)?);
    if let Some(image) = os.nvram.as_ref().and_then(Nvram::image) {
        nvram_file(e);
        e.flash.vars = Some(named_image(e, &image, "libvirt-pflash1", false, false)?);
    }
    Ok(())
}

/// The variables are kept in a file of the guest's own.
fn nvram_file(e: &Emit<'_>) {
    let Some(nvram) = &e.domain().os.nvram else { return };
    if let Some(path) = nvram.image.as_ref().and_then(Image::path) {
        e.need(Need::FromTemplate { path: path.to_owned(), template: nvram.template.clone() });
    }
}

fn flash_loader<'a>(e: &Emit<'a>) -> Option<&'a Loader> {
    e.plan.domain.os.loader.as_ref().filter(|loader| loader.kind == Some(LoaderType::Pflash))
}

/// Emits the firmware that is no node: in read-only memory, or in flash made of drives.
pub(crate) fn loader(e: &mut Emit<'_>) -> Done {
    let os = &e.domain().os;
    let Some(loader) = &os.loader else { return Ok(()) };
    if loader.kind != Some(LoaderType::Pflash) {
        if let Some(path) = &loader.path {
            e.need_path(path, Role::File);
            e.line.option("-bios", path);
        }
        return Ok(());
    }
    if loader.secure == Some(YesNo::Yes) {
        e.line.option("-global", "driver=cfi.pflash01,property=secure,value=on");
    }
    if e.has(Cap::Blockdev) {
        return Ok(());
    }
    nvram_file(e);
    let nvram = os.nvram.as_ref().and_then(|nvram| nvram.image.as_ref()).and_then(Image::path);
    for (unit, path) in [(0u32, loader.path.as_deref()), (1, nvram)] {
        let Some(path) = path else { continue };
        if unit == 0 {
            e.need_path(path, Role::File);
        }
        let mut props = Props::object().with("file", path).with("if", "pflash").with("format", "raw");
        props.set("unit", unit);
        if unit == 0 && loader.readonly == Some(YesNo::Yes) {
            props.set("readonly", true);
        }
        e.line.option("-drive", props.to_pairs(Style::OnOff));
    }
    Ok(())
}
