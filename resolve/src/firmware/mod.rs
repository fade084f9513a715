//! Selecting firmware: for a domain with `<os firmware=>`, and the properties of firmware that a domain names.
//!
//! QEMU's firmware descriptors describe the firmware on the host ([`descriptor`]). The first one that fits the document
//! is selected.

mod available;
mod by_mode;
mod descriptor;
mod fit;
mod offered;
mod unfit;

pub use available::{FirmwareOffered, available};
pub use offered::{Asked, OfferedFirmware, Selection, Verdict, offered};
pub use unfit::Unfit;

use descriptor::{Descriptor, FlashMode, Mapping};
use virtargv_caps::Convention;
use virtargv_host::{Fact, Host, HostError};
use virtargv_model::device::storage::{Image, Location};
use virtargv_model::features::Smm;
use virtargv_model::os::{FirmwareFeature, FirmwareFeatureName, FlashFormat, Loader, LoaderType, Nvram, Os};
use virtargv_model::{Domain, OnOff, Pos, Problem, Release, Stage, YesNo};

use crate::{Guest, ReadOptions, Work, rules};

/// Selects firmware when a domain is defined. That there is none is reported at the start.
pub(crate) fn complete(work: &mut Work<'_>) {
    if !work.release.has(Convention::FirmwareWhenDefined) {
        return;
    }
    let os = &mut work.domain.os;
    if !work.options.abi_update {
        keep_earlier_selection(os);
    }
    if complete_file(os, work.release) {
        by_mode::complete_stores(os, work.domain.name.as_deref(), work.host);
        return;
    }
    let name = work.domain.name.clone();
    match select(&mut work.domain, name.as_deref(), &work.guest, work.host, work.options) {
        // A new definition is refused. One that exists is kept, and its start selects again and reports the problem.
        Err(problem) if work.options.abi_update => work.push(problem.with_stage(Stage::Place)),
        _ => {}
    }
}

/// Fills in kind and format of a file that the document names. Returns whether it is taken as it is, as a file without `type=` is.
fn complete_file(os: &mut Os, release: Release) -> bool {
    let Some(loader) = os.loader.as_mut().filter(|loader| loader.path.is_some() && os.firmware.is_none())
    else {
        return false;
    };
    let by_default = loader.kind.is_none();
    let rom = *loader.kind.get_or_insert(LoaderType::Rom) == LoaderType::Rom;
    if by_default || (rom && release.has(Convention::RomFormat)) {
        loader.format.get_or_insert(FlashFormat::Raw);
    }
    by_default && release.has(Convention::FirmwareByMode)
}

/// Fills in what existing definitions from earlier releases imply: the raw format, and no features of firmware that the
/// document names.
fn keep_earlier_selection(os: &mut Os) {
    if os.firmware.is_none() {
        os.firmware_features.clear();
        return;
    }
    if os.nvram.as_ref().is_none_or(|nvram| nvram.format.is_none()) {
        os.loader.get_or_insert_default().format.get_or_insert(FlashFormat::Raw);
    }
}

/// Selects firmware for the domain with the name `name`, at the latest at the start of the guest. A selection in the
/// document is kept.
///
/// # Errors
/// The host has no firmware that fits the document.
pub fn pick(
    domain: &mut Domain,
    name: &str,
    guest: &Guest,
    host: &dyn Host,
    options: ReadOptions,
) -> Result<(), Problem> {
    select(domain, Some(name), guest, host, options)
}

/// Selects firmware. A domain without a name, which validation refuses, gets no variable store.
fn select(
    domain: &mut Domain,
    name: Option<&str>,
    guest: &Guest,
    host: &dyn Host,
    options: ReadOptions,
) -> Result<(), Problem> {
    if guest.release.has(Convention::FirmwareByFeatures) {
        select_by_features(domain, name, guest, host, options)
    } else {
        select_by_paths(domain, name, guest, host)
    }
}

fn not_found(os: &Os, release: Release) -> Problem {
    let kind = os.firmware.map_or("", virtargv_model::Spelled::as_str);
    let message = format!("the host has no firmware of kind `{kind}` that fits the document");
    rules::FIRMWARE_NOT_FOUND.problem(release, os.pos.attr("firmware"), message)
}

fn unanswered(os: &Os, release: Release, error: &HostError) -> Problem {
    let kind = os.firmware.map_or("", virtargv_model::Spelled::as_str);
    let message = format!("no firmware of kind `{kind}` can be chosen: {error}");
    let problem = rules::FIRMWARE_NOT_FOUND.problem(release, os.pos.attr("firmware"), message);
    Fact::Firmware.unanswered(error, problem)
}

/// Selects firmware by all that its descriptor says, which is filled in.
fn select_by_features(
    domain: &mut Domain,
    name: Option<&str>,
    guest: &Guest,
    host: &dyn Host,
    options: ReadOptions,
) -> Result<(), Problem> {
    let by_mode = guest.release.has(Convention::FirmwareByMode);
    if !is_asked(&domain.os, guest.release) {
        return Ok(());
    }
    let offered = match descriptor::all(host) {
        Err(error) if domain.os.firmware.is_some() => {
            return Err(unanswered(&domain.os, guest.release, &error));
        }
        offered => offered.unwrap_or_else(|_| Vec::new()),
    };
    if let Some(found) = offered.iter().find(|offer| fits(domain, guest, host, offer).is_ok()) {
        take(domain, found, by_mode);
    } else if domain.os.firmware.is_some() {
        return Err(not_found(&domain.os, guest.release));
    } else if let Some(loader) = &mut domain.os.loader {
        take_listed(loader, &mut domain.os.nvram, host, guest.release);
        loader.format.get_or_insert(FlashFormat::Raw);
    }
    if by_mode {
        by_mode::complete_stores(&mut domain.os, name, host);
    }
    if let Some(name) = name {
        ensure_nvram(&mut domain.os, name, host, options, guest.release);
    }
    Ok(())
}

/// Whether descriptors are looked at: for `<os firmware=>`, and for a file whose properties they tell. Rules report contradictions in the
/// document.
fn is_asked(os: &Os, release: Release) -> bool {
    if !release.has(Convention::FirmwareByFeatures) {
        return os.firmware.is_some();
    }
    let by_mode = release.has(Convention::FirmwareByMode);
    let rom = os.loader.as_ref().is_none_or(|loader| !by_mode && loader.kind == Some(LoaderType::Rom));
    os.firmware_conflicts(release).is_empty() && (os.firmware.is_some() || !rom)
}

/// Whether the firmware fits the document.
fn fits(domain: &Domain, guest: &Guest, host: &dyn Host, offer: &Descriptor) -> unfit::Fit {
    if guest.release.has(Convention::FirmwareByMode) {
        by_mode::fits(domain, guest, host, offer)
    } else if guest.release.has(Convention::FirmwareByFeatures) {
        fit::by_features(domain, guest, offer)
    } else {
        fit::by_paths(domain, guest, offer)
    }
}

/// Fills in the selected firmware.
fn take(domain: &mut Domain, found: &Descriptor, by_mode: bool) {
    let os = &mut domain.os;
    match &found.mapping {
        Mapping::Flash { mode, executable, template } => {
            let loader = os.loader.get_or_insert_default();
            loader.kind = Some(LoaderType::Pflash);
            loader.readonly = Some(YesNo::Yes);
            if by_mode {
                by_mode::take_mode(loader, *mode);
            }
            loader.format = executable.format;
            loader.path = Some(executable.path.clone());
            if *mode == FlashMode::Split {
                let nvram = os.nvram.get_or_insert_default();
                // Only a local variable store can be copied from a template.
                let local = nvram.image.as_ref().is_none_or(|image| image.network().is_none());
                let template = template.as_ref().filter(|_| local);
                nvram.template = template.map(|file| file.path.clone());
                nvram.template_format = template.and_then(|file| file.format);
            }
        }
        Mapping::Kernel(path) => os.direct.kernel = Some(path.clone()),
        Mapping::Memory { path, store } => {
            let loader = os.loader.get_or_insert_default();
            loader.kind = Some(LoaderType::Rom);
            loader.format = Some(FlashFormat::Raw);
            loader.path = Some(path.clone());
            if let Some(template) = store.as_ref().filter(|_| by_mode) {
                os.varstore.get_or_insert_default().template = Some(template.clone());
            }
        }
    }
    if found.has("requires-smm") {
        domain.features.smm.get_or_insert_with(Smm::default).state = Some(OnOff::On);
        os.loader.get_or_insert_default().secure = Some(YesNo::Yes);
    }
    if os.firmware.is_none() {
        os.firmware = found.interfaces.first().copied();
    }
    if os.firmware.is_some() {
        set_features(os, found);
    }
}

/// Fills in the features of the firmware. `enrolled-keys` is not known of a variable store without a template.
fn set_features(os: &mut Os, found: &Descriptor) {
    let feature = |name, enabled: bool| FirmwareFeature { pos: Pos::NONE, name, enabled: enabled.into() };
    let secure_boot = feature(FirmwareFeatureName::SecureBoot, found.has("secure-boot"));
    let keys = feature(FirmwareFeatureName::EnrolledKeys, found.has("enrolled-keys"));
    let stateless = os.loader.as_ref().is_some_and(|loader| loader.stateless == Some(YesNo::Yes));
    let template = os.nvram.as_ref().is_some_and(|nvram| nvram.template.is_some());
    os.firmware_features =
        if os.has_flash() && !stateless && !template { vec![secure_boot] } else { vec![keys, secure_boot] };
}

/// Looks up firmware without a descriptor in the list of the driver's settings (`nvram`).
fn take_listed(loader: &mut Loader, nvram: &mut Option<Nvram>, host: &dyn Host, release: Release) {
    // The listed templates are raw.
    let raw = nvram.as_ref().is_none_or(|nvram| nvram.template_format != Some(FlashFormat::Qcow2));
    let listed = (raw || !release.has(Convention::NvramFormatApart))
        && loader.kind == Some(LoaderType::Pflash)
        && loader.readonly != Some(YesNo::No)
        && loader.stateless != Some(YesNo::Yes)
        && loader.format.is_none_or(|format| format == FlashFormat::Raw);
    let code = loader.path.as_ref().filter(|_| listed);
    let Some(vars) = code.and_then(|code| host.config().nvram_template(code)) else { return };
    loader.readonly = Some(YesNo::Yes);
    loader.format = Some(FlashFormat::Raw);
    let nvram = nvram.get_or_insert_default();
    nvram.template.get_or_insert_with(|| vars.clone());
    nvram.template_format = Some(FlashFormat::Raw);
}

/// Fills in the path of the variable store.
fn ensure_nvram(os: &mut Os, name: &str, host: &dyn Host, options: ReadOptions, release: Release) {
    let Some(loader) = os.loader.as_ref() else { return };
    let kept = loader.kind == Some(LoaderType::Pflash)
        && loader.readonly == Some(YesNo::Yes)
        && loader.stateless != Some(YesNo::Yes);
    if !kept {
        return;
    }
    let nvram = os.nvram.get_or_insert_default();
    let apart = release.has(Convention::NvramFormatApart);
    nvram.format = nvram.format.or(nvram.template_format).or(loader.format);
    if nvram.image.as_ref().is_some_and(|image| !image.is_empty()) {
        return;
    }
    if !apart {
        nvram.format = nvram.template_format.or(loader.format);
    }
    let extension = match nvram.format {
        // Existing definitions keep the extension of earlier releases.
        Some(FlashFormat::Raw) if options.abi_update && ends_with(nvram, ".raw") => ".raw",
        Some(FlashFormat::Raw) => ".fd",
        Some(FlashFormat::Qcow2) => ".qcow2",
        None => "",
    };
    set_path(nvram, format!("{}/{name}_VARS{extension}", host.config().nvram_dir));
}

fn ends_with(nvram: &Nvram, extension: &str) -> bool {
    nvram.template.as_ref().is_some_and(|template| template.ends_with(extension))
}

fn set_path(nvram: &mut Nvram, path: String) {
    let location = Location::File { path: Some(path), fdgroup: None };
    nvram.image = Some(Image { location, ..Image::default() });
    nvram.typed = false;
}

/// Selects firmware by `secure=` and its paths, and fills in the paths.
fn select_by_paths(
    domain: &mut Domain,
    name: Option<&str>,
    guest: &Guest,
    host: &dyn Host,
) -> Result<(), Problem> {
    if domain.os.firmware.is_some() {
        let offered = descriptor::all(host).map_err(|error| unanswered(&domain.os, guest.release, &error))?;
        let Some(found) = offered.iter().find(|offer| fits(domain, guest, host, offer).is_ok()) else {
            return Err(not_found(&domain.os, guest.release));
        };
        let os = &mut domain.os;
        match &found.mapping {
            Mapping::Flash { executable, template, .. } => {
                let loader = os.loader.get_or_insert_default();
                loader.kind = Some(LoaderType::Pflash);
                loader.readonly = Some(YesNo::Yes);
                loader.path = Some(executable.path.clone());
                os.nvram.get_or_insert_default().template = template.as_ref().map(|file| file.path.clone());
            }
            Mapping::Kernel(path) => os.direct.kernel = Some(path.clone()),
            Mapping::Memory { path, .. } => {
                let loader = os.loader.get_or_insert_default();
                loader.kind = Some(LoaderType::Rom);
                loader.path = Some(path.clone());
            }
        }
        if found.has("requires-smm") {
            domain.features.smm.get_or_insert_with(Smm::default).state.get_or_insert(OnOff::On);
        }
    }
    let os = &mut domain.os;
    let flash = os
        .loader
        .as_ref()
        .is_some_and(|loader| loader.kind == Some(LoaderType::Pflash) && loader.readonly == Some(YesNo::Yes));
    if let Some(name) = name
        && flash
        && os.nvram.as_ref().is_none_or(|nvram| nvram.image.is_none())
    {
        set_path(os.nvram.get_or_insert_default(), format!("{}/{name}_VARS.fd", host.config().nvram_dir));
    }
    Ok(())
}
