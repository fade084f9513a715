//! Selecting firmware by how it is mapped into the guest, and where its variables are.

use virtargv_caps::Convention;
use virtargv_host::Host;
use virtargv_model::os::{Firmware, Loader, LoaderType, Os};
use virtargv_model::{Domain, Release, YesNo};

use super::descriptor::{Descriptor, FlashMode, Mapping};
use super::fit::{self, other_kind, other_mapping, same_file, same_template};
use super::unfit::{Fit, require};
use crate::Guest;

/// Whether the firmware fits.
pub(super) fn fits(domain: &Domain, guest: &Guest, host: &dyn Host, offer: &Descriptor) -> Fit {
    let release = guest.release;
    require(kind(&domain.os, offer), || other_kind(&domain.os, offer))?;
    fit::target(domain, guest, offer)?;
    fit::features(domain, offer)?;
    paths(domain, host, release, offer)?;
    match &offer.mapping {
        Mapping::Flash { mode, .. } => {
            require(flash(&domain.os, *mode), || other_mapping(&domain.os, offer))?;
            formats(&domain.os, release, offer)
        }
        Mapping::Memory { store, .. } => {
            require(memory(&domain.os, store.is_some()), || other_mapping(&domain.os, offer))
        }
        Mapping::Kernel(_) => Ok(()),
    }
}

/// Whether the firmware is of the kind in the document; without `firmware=`, flash is for UEFI.
fn kind(os: &Os, offer: &Descriptor) -> bool {
    match (os.firmware, os.loader.as_ref().and_then(|loader| loader.kind)) {
        (Some(wanted), _) => offer.interfaces.contains(&wanted),
        (None, Some(LoaderType::Pflash)) => offer.interfaces.contains(&Firmware::Efi),
        (None, Some(LoaderType::Rom)) => !offer.interfaces.is_empty(),
        (None, None) => false,
    }
}

/// Whether the firmware has the paths in the document.
fn paths(domain: &Domain, host: &dyn Host, release: Release, offer: &Descriptor) -> Fit {
    let links = release.has(Convention::FirmwareLinks);
    let real = |path: &str| host.files().real_path(path).unwrap_or_else(|_| path.to_owned());
    let same = |wanted: &str, path: &str| wanted == path || (links && real(wanted) == real(path));
    let os = &domain.os;
    let loader = os.loader.as_ref().and_then(|loader| loader.path.as_deref());
    match &offer.mapping {
        Mapping::Flash { executable, template, .. } => {
            let wanted = os.nvram.as_ref().and_then(|nvram| nvram.template.as_deref());
            same_file(loader, &executable.path, same)?;
            same_template(wanted, template.as_ref().map(|file| file.path.as_str()), same)
        }
        Mapping::Memory { path, store } => {
            let wanted = os.varstore.as_ref().and_then(|store| store.template.as_deref());
            same_file(loader, path, same)?;
            same_template(wanted, store.as_deref(), same)
        }
        Mapping::Kernel(path) => same_file(os.direct.kernel.as_deref(), path, |wanted, path| wanted == path),
    }
}

/// Whether firmware in flash of this mode fits.
fn flash(os: &Os, mode: FlashMode) -> bool {
    let loader = os.loader.as_ref();
    let (stateless, readonly) = (loader.and_then(|l| l.stateless), loader.and_then(|l| l.readonly));
    if loader.is_some_and(|loader| loader.kind == Some(LoaderType::Rom)) || os.varstore.is_some() {
        return false;
    }
    match mode {
        FlashMode::Split => stateless != Some(YesNo::Yes) && readonly != Some(YesNo::No),
        FlashMode::Stateless => {
            stateless != Some(YesNo::No) && readonly != Some(YesNo::No) && os.nvram.is_none()
        }
        // An empty `<nvram>` asks for nothing.
        FlashMode::Combined => {
            let store =
                os.nvram.as_ref().is_some_and(|nvram| nvram.is_given() || nvram.template_format.is_some());
            stateless != Some(YesNo::Yes) && readonly != Some(YesNo::Yes) && !store
        }
    }
}

/// Whether firmware in ROM, with or without a variable store, fits.
fn memory(os: &Os, has_store: bool) -> bool {
    let loader = os.loader.as_ref();
    let stateless = loader.and_then(|loader| loader.stateless);
    let rom = loader
        .is_none_or(|loader| loader.kind != Some(LoaderType::Pflash) && loader.readonly != Some(YesNo::No));
    let fits = if has_store {
        stateless != Some(YesNo::Yes)
    } else {
        stateless != Some(YesNo::No) && os.varstore.is_none()
    };
    rom && fits && os.nvram.is_none()
}

/// Whether the images have the formats in the document. A variable store is made in its own format, so that it says
/// something about its template only where nothing else does.
fn formats(os: &Os, release: Release, offer: &Descriptor) -> Fit {
    let Mapping::Flash { executable, template, .. } = &offer.mapping else { return Ok(()) };
    let loader = os.loader.as_ref();
    let nvram = os.nvram.as_ref();
    let told = loader.is_some_and(|loader| loader.path.is_some() || loader.format.is_some())
        || nvram.is_some_and(|nvram| nvram.template.is_some() || nvram.template_format.is_some());
    let of_store = nvram.and_then(|nvram| nvram.format);
    let of_store = of_store.filter(|_| !told || !release.has(Convention::NvramFormatApart));
    let wanted = nvram.and_then(|nvram| nvram.template_format).or(of_store);
    fit::format("image", executable.format, loader.and_then(|loader| loader.format))?;
    template.as_ref().map_or(Ok(()), |template| fit::format("template", template.format, wanted))
}

/// Says what the mode of the selected firmware implies.
pub(super) fn take_mode(loader: &mut Loader, mode: FlashMode) {
    loader.readonly = Some(if mode == FlashMode::Combined { YesNo::No } else { YesNo::Yes });
    if mode == FlashMode::Stateless {
        loader.stateless = Some(YesNo::Yes);
    }
}

/// Fills in the format of the template, and the path of the variable store of firmware in ROM.
pub(super) fn complete_stores(os: &mut Os, name: Option<&str>, host: &dyn Host) {
    let Some(loader) = &os.loader else { return };
    if let Some(nvram) = os.nvram.as_mut().filter(|nvram| nvram.template.is_some()) {
        nvram.template_format = nvram.template_format.or(loader.format);
    }
    let stateful = loader.kind == Some(LoaderType::Rom) && loader.stateless != Some(YesNo::Yes);
    if let (Some(store), Some(name), true) = (&mut os.varstore, name, stateful) {
        store.path.get_or_insert_with(|| format!("{}/{name}.json", host.config().varstore_dir));
    }
}
