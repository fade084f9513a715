//! Firmware: block nodes for flash, `-bios`, and `-drive if=pflash`.

use virtargv_caps::Cap;
use virtargv_model::YesNo;
use virtargv_model::device::storage::Image;
use virtargv_model::os::LoaderType;

use super::context::Emit;
use super::storage::{Backing, emit_image};
use crate::needs::{Need, Role};
use crate::prepare::loader::template;
use crate::prepare::storage::Access;
use crate::{Props, Text};

/// Emits the block nodes of firmware in flash.
pub(crate) fn flash(e: &mut Emit<'_>) {
    let Some(flash) = &e.prepared.facts.flash else { return };
    e.at_element("os/loader");
    emit_image(e, &flash.code, Access::default(), flash.readonly, Backing::None);
    if let Some(vars) = &flash.vars {
        e.at_element("os/nvram");
        nvram_file(e);
        emit_image(e, vars, Access::default(), false, Backing::None);
    }
}

/// Records the file of the variable store as a need.
fn nvram_file(e: &Emit<'_>) {
    let Some(nvram) = &e.domain().os.nvram else { return };
    if let Some(path) = nvram.image.as_ref().and_then(Image::path) {
        let formats = nvram.template_format.zip(nvram.format).filter(|(from, to)| from != to);
        let convert = formats.map(|(from, to)| (from.into(), to.into()));
        let template = template(&e.domain().os, e.settings(), e.release()).cloned();
        e.need(Need::FromTemplate { path: path.to_owned(), template, convert });
    }
}

/// Emits the device that keeps the variables of firmware in ROM.
fn varstore(e: &mut Emit<'_>) {
    let Some(store) = &e.domain().os.varstore else { return };
    let Some(path) = &store.path else { return };
    e.at_element("os/varstore");
    e.need(Need::FromTemplate { path: path.clone(), template: store.template.clone(), convert: None });
    let driver = if e.guest().arch.is_x86() { "uefi-vars-x64" } else { "uefi-vars-sysbus" };
    e.device(Props::new("driver", driver).with("jsonfile", path.clone()));
}

/// Emits firmware without block nodes: `-bios`, or `-drive if=pflash`.
pub(crate) fn loader(e: &mut Emit<'_>) {
    let os = &e.domain().os;
    let Some(loader) = &os.loader else { return };
    e.at_element("os/loader");
    if loader.kind != Some(LoaderType::Pflash) {
        if let Some(path) = &loader.path {
            e.need_path(path, Role::File);
            e.option("-bios", Text::from(path));
        }
        varstore(e);
        return;
    }
    if loader.secure == Some(YesNo::Yes) {
        let props = Props::object().with("driver", "cfi.pflash01").with("property", "secure");
        e.pairs("-global", props.with("value", true));
    }
    if e.has(Cap::Blockdev) {
        return;
    }
    nvram_file(e);
    let nvram = os.nvram.as_ref().and_then(|nvram| nvram.image.as_ref()).and_then(Image::path);
    for (unit, path) in [(0u32, loader.path.as_deref()), (1, nvram)] {
        let Some(path) = path else { continue };
        if unit == 0 {
            e.need_path(path, Role::File);
        } else {
            e.at_element("os/nvram");
        }
        let mut props = Props::object().with("file", path.to_owned()).with("if", "pflash");
        props.set("format", "raw").set("unit", unit);
        if unit == 0 && loader.readonly == Some(YesNo::Yes) {
            props.set("readonly", true);
        }
        e.pairs("-drive", props);
    }
}
