//! Whether firmware fits a domain.

use virtargv_model::os::{Firmware, FirmwareFeatureName, FlashFormat, Loader, LoaderType, Os};
use virtargv_model::security::LaunchSecurityKind;
use virtargv_model::{Domain, OnOff, YesNo};

use super::descriptor::{Descriptor, FlashMode, Mapping};
use super::unfit::{Fit, Unfit, require};
use crate::Guest;

/// The bit of the SEV policy for encrypted CPU state (SEV-ES).
const SEV_ES: u32 = 1 << 2;

/// Whether `offer` fits the guest's architecture and machine type, its sleep states and its launch security.
pub(super) fn target(domain: &Domain, guest: &Guest, offer: &Descriptor) -> Fit {
    require(offer.is_for(guest), || Unfit::Machine {
        targets: offer.targets.iter().map(|(arch, machine)| format!("{arch} {machine}")).collect(),
        guest: format!("{} {}", guest.arch.qemu_name(), guest.machine),
    })?;
    let lifecycle = &domain.lifecycle;
    let states = [
        (lifecycle.suspend_to_mem, "acpi-s3", "`<suspend-to-mem enabled='yes'>`"),
        (lifecycle.suspend_to_disk, "acpi-s4", "`<suspend-to-disk enabled='yes'>`"),
    ];
    for (wanted, feature, asked) in states {
        if wanted == Some(YesNo::Yes) {
            has(offer, feature, asked)?;
        }
    }
    protection(domain, offer)
}

/// Whether `offer` has a feature that `asked` asks for.
fn has(offer: &Descriptor, feature: &'static str, asked: &'static str) -> Fit {
    require(offer.has(feature), || Unfit::Lacks { feature, features: offer.features.clone(), asked })
}

/// That `offer` is of another kind than the document says.
pub(super) fn other_kind(os: &Os, offer: &Descriptor) -> Unfit {
    let wanted = match (os.firmware, os.loader.as_ref().and_then(|loader| loader.kind)) {
        (Some(kind), _) => format!("`<os firmware='{kind}'>`"),
        (None, Some(kind)) => format!("`<loader type='{kind}'>`"),
        (None, None) => "neither `<os firmware=>` nor `<loader type=>`".to_owned(),
    };
    Unfit::Kind { kinds: offer.interfaces.clone(), wanted }
}

/// That `offer` is mapped in another way than the document says.
pub(super) fn other_mapping(os: &Os, offer: &Descriptor) -> Unfit {
    let mapping = match &offer.mapping {
        Mapping::Flash { mode: FlashMode::Split, .. } => {
            "in flash, with its variables in a file of their own"
        }
        Mapping::Flash { mode: FlashMode::Combined, .. } => "in flash, with its variables in its image",
        Mapping::Flash { mode: FlashMode::Stateless, .. } => "in flash, without variables that are kept",
        Mapping::Memory { store: Some(_), .. } => "in ROM, with its variables in the device `uefi-vars`",
        Mapping::Memory { store: None, .. } => "in ROM, without variables that are kept",
        Mapping::Kernel(_) => "a kernel",
    };
    let mut wanted = Vec::new();
    if let Some(loader) = &os.loader {
        let kind = loader.kind.map(|kind| format!("type='{kind}'"));
        let flags = [("readonly", loader.readonly), ("stateless", loader.stateless)];
        let flags = flags.into_iter().filter_map(|(name, value)| Some(format!("{name}='{}'", value?)));
        let attributes: Vec<String> = kind.into_iter().chain(flags).collect();
        if !attributes.is_empty() {
            wanted.push(format!("`<loader {}>`", attributes.join(" ")));
        }
    }
    for (name, is_there) in [("nvram", os.nvram.is_some()), ("varstore", os.varstore.is_some())] {
        if is_there {
            wanted.push(format!("`<{name}>`"));
        }
    }
    let wanted =
        if wanted.is_empty() { "no `<loader>` that asks for it".to_owned() } else { wanted.join(", ") };
    Unfit::Mapping { mapping, wanted }
}

/// Whether the image or template `file` has a format that is known, and the `wanted` one where there is one.
pub(super) fn format(file: &'static str, format: Option<FlashFormat>, wanted: Option<FlashFormat>) -> Fit {
    let fits = format.is_some_and(|format| wanted.is_none_or(|wanted| wanted == format));
    require(fits, || Unfit::Format { file, format, wanted })
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
    let is_wanted = wanted.is_some_and(|wanted| offer.interfaces.contains(&wanted));
    require(is_wanted, || other_kind(&domain.os, offer))?;
    paths(domain, offer)?;
    target(domain, guest, offer)
}

fn paths(domain: &Domain, offer: &Descriptor) -> Fit {
    let loader = domain.os.loader.as_ref().and_then(|loader| loader.path.as_deref());
    let wanted_template = domain.os.nvram.as_ref().and_then(|nvram| nvram.template.as_deref());
    let is_file = |wanted: Option<&str>, path: &str| same_file(wanted, path, |wanted, path| wanted == path);
    match &offer.mapping {
        Mapping::Flash { executable, template, .. } => {
            is_file(loader, &executable.path)?;
            let template = template.as_ref().map(|file| file.path.as_str());
            same_template(wanted_template, template, |wanted, path| wanted == path)
        }
        Mapping::Memory { path, .. } => is_file(loader, path),
        Mapping::Kernel(path) => is_file(domain.os.direct.kernel.as_deref(), path),
    }
}

/// Whether the image `path` is the one in the document, where it names one; `same` compares two paths.
pub(super) fn same_file(wanted: Option<&str>, path: &str, same: impl Fn(&str, &str) -> bool) -> Fit {
    match wanted.filter(|wanted| !same(wanted, path)) {
        Some(wanted) => Err(Unfit::File { path: path.to_owned(), wanted: wanted.to_owned() }),
        None => Ok(()),
    }
}

/// Whether the template `path` is the one in the document, where it names one; `same` compares two paths.
pub(super) fn same_template(
    wanted: Option<&str>,
    path: Option<&str>,
    same: impl Fn(&str, &str) -> bool,
) -> Fit {
    match wanted.filter(|wanted| path.is_none_or(|path| !same(wanted, path))) {
        Some(wanted) => Err(Unfit::Template { path: path.map(str::to_owned), wanted: wanted.to_owned() }),
        None => Ok(()),
    }
}

/// Whether the firmware supports the launch security of the guest.
fn protection(domain: &Domain, offer: &Descriptor) -> Fit {
    match domain.security.launch.as_ref().map(|launch| &launch.kind) {
        Some(LaunchSecurityKind::Sev(sev)) => {
            has(offer, "amd-sev", "`<launchSecurity type='sev'>`")?;
            if sev.policy & SEV_ES == 0 {
                return Ok(());
            }
            has(offer, "amd-sev-es", "bit 2 of `<launchSecurity><policy>`")
        }
        Some(LaunchSecurityKind::SevSnp(_)) => has(offer, "amd-sev-snp", "`<launchSecurity type='sev-snp'>`"),
        Some(LaunchSecurityKind::Tdx(_)) => has(offer, "intel-tdx", "`<launchSecurity type='tdx'>`"),
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
    if secure {
        has(offer, "secure-boot", "`<loader secure='yes'>`")?;
    }
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
            (Some(true), false) => has(offer, feature, "`<firmware><feature enabled='yes'>`")?,
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
        return require(rom, || other_mapping(&domain.os, offer));
    };
    let wanted_mode =
        if loader.stateless == Some(YesNo::Yes) { FlashMode::Stateless } else { FlashMode::Split };
    let flash =
        *mode == wanted_mode && loader.kind != Some(LoaderType::Rom) && loader.readonly != Some(YesNo::No);
    require(flash, || other_mapping(&domain.os, offer))?;
    // The format of the variable store is asked of firmware only where the loader has neither a format nor a path.
    let of_store = domain.os.nvram.as_ref().and_then(|nvram| nvram.format).filter(|_| loader.path.is_none());
    format("image", executable.format, loader.format.or(of_store))?;
    template.as_ref().map_or(Ok(()), |template| format("template", template.format, None))
}
