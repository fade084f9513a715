//! Whether firmware fits a domain.

use virtargv_model::os::{Firmware, FirmwareFeatureName, Loader, LoaderType};
use virtargv_model::security::LaunchSecurityKind;
use virtargv_model::{Domain, OnOff, YesNo};

use super::descriptor::{Descriptor, FlashMode, Mapping};
use super::unfit::{Fit, Unfit, require};
use crate::Guest;

/// The bit of the SEV policy for encrypted CPU state (SEV-ES).
const SEV_ES: u32 = 1 << 2;

/// Whether `offer` fits the guest's architecture and machine type, its sleep states and its launch security.
pub(super) fn target(domain: &Domain, guest: &Guest, offer: &Descriptor) -> Fit {
    require(offer.is_for(guest), || Unfit::Machine)?;
    let lifecycle = &domain.lifecycle;
    for (wanted, feature) in [(lifecycle.suspend_to_mem, "acpi-s3"), (lifecycle.suspend_to_disk, "acpi-s4")] {
        require(wanted != Some(YesNo::Yes) || offer.has(feature), || Unfit::Lacks { feature })?;
    }
    protection(domain, offer)
}

/// Whether `offer` fits the guest and its kind of firmware, and has the paths in the document.
fn common(domain: &Domain, guest: &Guest, offer: &Descriptor) -> Fit {
    let loader = domain.os.loader.as_ref();
    let wanted = domain.os.firmware.or_else(|| {
        loader.and_then(|loader| loader.kind).map(|kind| match kind {
            LoaderType::Rom => Firmware::Bios,
            LoaderType::Pflash => Firmware::Efi,
        })
    });
    require(wanted.is_some_and(|wanted| offer.interfaces.contains(&wanted)), || Unfit::Kind)?;
    paths(domain, offer)?;
    target(domain, guest, offer)
}

fn paths(domain: &Domain, offer: &Descriptor) -> Fit {
    let loader = domain.os.loader.as_ref().and_then(|loader| loader.path.as_deref());
    let wanted_template = domain.os.nvram.as_ref().and_then(|nvram| nvram.template.as_deref());
    let is_file = |wanted: Option<&str>, path: &str| {
        require(wanted.is_none_or(|wanted| wanted == path), || Unfit::File { path: path.to_owned() })
    };
    match &offer.mapping {
        Mapping::Flash { executable, template, .. } => {
            is_file(loader, &executable.path)?;
            let template = template.as_ref().map(|file| file.path.as_str());
            require(wanted_template.is_none() || wanted_template == template, || Unfit::Template {
                path: template.map(str::to_owned),
            })
        }
        Mapping::Memory { path, .. } => is_file(loader, path),
        Mapping::Kernel(path) => is_file(domain.os.direct.kernel.as_deref(), path),
    }
}

/// Whether the firmware supports the launch security of the guest.
fn protection(domain: &Domain, offer: &Descriptor) -> Fit {
    let has = |feature| require(offer.has(feature), || Unfit::Lacks { feature });
    match domain.security.launch.as_ref().map(|launch| &launch.kind) {
        Some(LaunchSecurityKind::Sev(sev)) => {
            has("amd-sev")?;
            if sev.policy & SEV_ES == 0 { Ok(()) } else { has("amd-sev-es") }
        }
        Some(LaunchSecurityKind::SevSnp(_)) => has("amd-sev-snp"),
        Some(LaunchSecurityKind::Tdx(_)) => has("intel-tdx"),
        Some(LaunchSecurityKind::S390Pv) | None => Ok(()),
    }
}

/// Whether SMM is switched off.
fn smm_off(domain: &Domain) -> bool {
    domain.features.smm.is_some_and(|smm| smm.state == Some(OnOff::Off))
}

/// Whether the firmware fits, by `secure=` and its paths.
pub(super) fn by_paths(domain: &Domain, guest: &Guest, offer: &Descriptor) -> Fit {
    let secure = domain.os.loader.as_ref().is_some_and(|loader| loader.secure == Some(YesNo::Yes));
    common(domain, guest, offer)?;
    require(!secure || offer.has("secure-boot"), || Unfit::Lacks { feature: "secure-boot" })?;
    require(!(smm_off(domain) && offer.has("requires-smm")), || Unfit::NeedsSmm)
}

/// Whether the firmware fits, by its features, formats and kind of variable store too.
pub(super) fn by_features(domain: &Domain, guest: &Guest, offer: &Descriptor) -> Fit {
    let loader = domain.os.loader.clone().unwrap_or_default();
    common(domain, guest, offer)?;
    features(domain, offer)?;
    mapping(domain, &loader, offer)
}

/// Whether the firmware has the features in the document, and what `secure=` and SMM ask for.
pub(super) fn features(domain: &Domain, offer: &Descriptor) -> Fit {
    let features = [
        (FirmwareFeatureName::SecureBoot, "secure-boot"),
        (FirmwareFeatureName::EnrolledKeys, "enrolled-keys"),
    ];
    for (name, feature) in features {
        match (domain.os.firmware_feature(name).map(YesNo::is_yes), offer.has(feature)) {
            (Some(true), false) => return Err(Unfit::Lacks { feature }),
            (Some(false), true) => return Err(Unfit::Has { feature }),
            _ => {}
        }
    }
    let secure = domain.os.loader.as_ref().and_then(|loader| loader.secure);
    // `secure=` stands for firmware that needs SMM.
    if offer.has("requires-smm") {
        require(!smm_off(domain) && secure != Some(YesNo::No), || Unfit::NeedsSmm)
    } else {
        require(secure != Some(YesNo::Yes), || Unfit::NoSmm)
    }
}

fn mapping(domain: &Domain, loader: &Loader, offer: &Descriptor) -> Fit {
    let Mapping::Flash { mode, executable, template } = &offer.mapping else {
        // Firmware in ROM is read-only.
        let rom = loader.kind != Some(LoaderType::Pflash) && loader.readonly != Some(YesNo::No);
        return require(rom, || Unfit::Mapping);
    };
    let wanted_mode =
        if loader.stateless == Some(YesNo::Yes) { FlashMode::Stateless } else { FlashMode::Split };
    let flash =
        *mode == wanted_mode && loader.kind != Some(LoaderType::Rom) && loader.readonly != Some(YesNo::No);
    require(flash, || Unfit::Mapping)?;
    // The format of the variable store is asked of firmware only where the loader has neither a format nor a path.
    let of_store = domain.os.nvram.as_ref().and_then(|nvram| nvram.format).filter(|_| loader.path.is_none());
    let wanted = loader.format.or(of_store);
    let formats = executable.format.is_some_and(|format| wanted.is_none_or(|wanted| wanted == format))
        && template.as_ref().is_none_or(|template| template.format.is_some());
    require(formats, || Unfit::Format)
}
