//! Whether firmware fits a domain.

use virtargv_model::os::{Firmware, FirmwareFeatureName, Loader, LoaderType};
use virtargv_model::security::LaunchSecurityKind;
use virtargv_model::{Domain, OnOff, YesNo};

use super::descriptor::{Descriptor, FlashMode, Mapping, matches};
use crate::Guest;

/// The bit of the SEV policy for encrypted CPU state (SEV-ES).
const SEV_ES: u32 = 1 << 2;

/// Whether `offer` fits the guest's architecture and machine type, its sleep states and its launch security.
pub(super) fn target(domain: &Domain, guest: &Guest, offer: &Descriptor) -> bool {
    let machine = offer
        .targets
        .iter()
        .any(|(arch, machine)| arch == guest.arch.qemu_name() && matches(machine, &guest.machine));
    let lifecycle = &domain.lifecycle;
    let sleeps = [(lifecycle.suspend_to_mem, "acpi-s3"), (lifecycle.suspend_to_disk, "acpi-s4")]
        .iter()
        .all(|(wanted, feature)| *wanted != Some(YesNo::Yes) || offer.has(feature));
    machine && sleeps && protection(domain, offer)
}

/// Whether `offer` fits the guest and its kind of firmware, and has the paths in the document.
fn common(domain: &Domain, guest: &Guest, offer: &Descriptor) -> bool {
    let loader = domain.os.loader.as_ref();
    let wanted = domain.os.firmware.or_else(|| {
        loader.and_then(|loader| loader.kind).map(|kind| match kind {
            LoaderType::Rom => Firmware::Bios,
            LoaderType::Pflash => Firmware::Efi,
        })
    });
    wanted.is_some_and(|wanted| offer.interfaces.contains(&wanted))
        && paths(domain, offer)
        && target(domain, guest, offer)
}

fn paths(domain: &Domain, offer: &Descriptor) -> bool {
    let loader = domain.os.loader.as_ref().and_then(|loader| loader.path.as_deref());
    let wanted_template = domain.os.nvram.as_ref().and_then(|nvram| nvram.template.as_deref());
    match &offer.mapping {
        Mapping::Flash { executable, template, .. } => {
            let template = template.as_ref().map(|file| file.path.as_str());
            loader.is_none_or(|path| path == executable.path)
                && (wanted_template.is_none() || wanted_template == template)
        }
        Mapping::Memory { path, .. } => loader.is_none_or(|wanted| wanted == path),
        Mapping::Kernel(path) => domain.os.direct.kernel.as_ref().is_none_or(|wanted| wanted == path),
    }
}

/// Whether the firmware supports the launch security of the guest.
fn protection(domain: &Domain, offer: &Descriptor) -> bool {
    match domain.security.launch.as_ref().map(|launch| &launch.kind) {
        Some(LaunchSecurityKind::Sev(sev)) => {
            offer.has("amd-sev") && (sev.policy & SEV_ES == 0 || offer.has("amd-sev-es"))
        }
        Some(LaunchSecurityKind::SevSnp(_)) => offer.has("amd-sev-snp"),
        Some(LaunchSecurityKind::Tdx(_)) => offer.has("intel-tdx"),
        Some(LaunchSecurityKind::S390Pv) | None => true,
    }
}

/// Whether SMM is switched off.
fn smm_off(domain: &Domain) -> bool {
    domain.features.smm.is_some_and(|smm| smm.state == Some(OnOff::Off))
}

/// Whether the firmware fits, by `secure=` and its paths.
pub(super) fn by_paths(domain: &Domain, guest: &Guest, offer: &Descriptor) -> bool {
    let secure = domain.os.loader.as_ref().is_some_and(|loader| loader.secure == Some(YesNo::Yes));
    common(domain, guest, offer)
        && (!secure || offer.has("secure-boot"))
        && !(smm_off(domain) && offer.has("requires-smm"))
}

/// Whether the firmware fits, by its features, formats and kind of variable store too.
pub(super) fn by_features(domain: &Domain, guest: &Guest, offer: &Descriptor) -> bool {
    let loader = domain.os.loader.clone().unwrap_or_default();
    common(domain, guest, offer) && features(domain, offer) && mapping(domain, &loader, offer)
}

/// Whether the firmware has the features in the document, and what `secure=` and SMM ask for.
pub(super) fn features(domain: &Domain, offer: &Descriptor) -> bool {
    let features = [
        (FirmwareFeatureName::SecureBoot, "secure-boot"),
        (FirmwareFeatureName::EnrolledKeys, "enrolled-keys"),
    ];
    let features = features.into_iter().all(|(name, feature)| {
        domain.os.firmware_feature(name).is_none_or(|wanted| wanted.is_yes() == offer.has(feature))
    });
    let secure = domain.os.loader.as_ref().and_then(|loader| loader.secure);
    // `secure=` stands for firmware that needs SMM.
    let smm = if offer.has("requires-smm") {
        !smm_off(domain) && secure != Some(YesNo::No)
    } else {
        secure != Some(YesNo::Yes)
    };
    features && smm
}

fn mapping(domain: &Domain, loader: &Loader, offer: &Descriptor) -> bool {
    let Mapping::Flash { mode, executable, template } = &offer.mapping else {
        // Firmware in ROM is read-only.
        return loader.kind != Some(LoaderType::Pflash) && loader.readonly != Some(YesNo::No);
    };
    let wanted_mode =
        if loader.stateless == Some(YesNo::Yes) { FlashMode::Stateless } else { FlashMode::Split };
    // The format of the variable store is asked of firmware only where the loader has neither a format nor a path.
    let of_store = domain.os.nvram.as_ref().and_then(|nvram| nvram.format).filter(|_| loader.path.is_none());
    let wanted = loader.format.or(of_store);
    *mode == wanted_mode
        && loader.kind != Some(LoaderType::Rom)
        && loader.readonly != Some(YesNo::No)
        && executable.format.is_some_and(|format| wanted.is_none_or(|wanted| wanted == format))
        && template.as_ref().is_none_or(|template| template.format.is_some())
}
