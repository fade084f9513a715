//! Rules on `<loader>`, `<nvram>` and `<firmware>` of `<os>`.

use virtargv_caps::{Arch, Cap, Convention};
use virtargv_model::device::storage::SourceType;
use virtargv_model::os::{FirmwareConflict, Os};
use virtargv_model::{Message, Place, YesNo};

use crate::{Context, Findings};

virtargv_model::rules! {
    /// Firmware features are only asked for with firmware autoselection.
    FEATURES_WITHOUT_CHOICE = "firmware-features-manual": Plain, Validate,
        "`<os><firmware><feature>`: the features select among the host's firmware descriptors",
        help "add `firmware='efi'` to `<os>`, or remove `<firmware>`",
        since "8.6";
    /// Enrolled keys need secure boot.
    KEYS_WITHOUT_SECURE_BOOT = "firmware-enrolled-keys": Plain, Validate,
        "`<firmware><feature name='enrolled-keys'>`: the keys are what secure boot checks signatures with",
        help "set `<feature enabled='yes' name='secure-boot'/>`, or remove the feature `enrolled-keys`",
        since "8.6";
    /// Without firmware autoselection, a loader has a path.
    LOADER_PATH = "loader-path": Plain, Validate,
        "`<os><loader>`: without `firmware=` of `<os>`, libvirt loads the file that `<loader>` names",
        help "add the path to `<loader>`, or `firmware='efi'` to `<os>`";
    /// Without firmware autoselection, NVRAM goes with a loader that has a path.
    NVRAM_LOADER = "nvram-loader-path": Plain, Validate,
        "`<os><nvram>`: the variables of the firmware that `<loader>` names",
        help "add `<loader>` with its path, or `firmware='efi'` to `<os>`", since "8.6";
    /// Only UEFI firmware has NVRAM.
    NVRAM_FIRMWARE = "nvram-firmware": Plain, Validate,
        "`<os><nvram>`: the file of UEFI variables",
        help "remove `<nvram>`, or use `firmware='efi'`",
        since "8.6";
    /// A stateless loader has no NVRAM.
    STATELESS_NVRAM = "loader-stateless-nvram": Plain, Validate,
        "`<loader stateless='yes'>`: the firmware has no store for UEFI variables",
        help "remove `<nvram>`, or set `stateless='no'`",
        since "8.6";
    /// A loader with `stateless='no'` is UEFI firmware in flash.
    STATEFUL_TYPE = "loader-stateful-type": Plain, Validate,
        "`<loader stateless='no'>`: UEFI variables are kept in a flash device of their own",
        help "use `type='pflash'` and UEFI firmware, or remove `stateless=`",
        since "8.6", until "11.8";
    /// Firmware in ROM is read-only.
    WRITABLE_ROM = "loader-rom-readonly": Plain, Validate,
        "`<loader readonly='no'>`: the firmware keeps its UEFI variables in its own image, which is in flash",
        help "remove `readonly='no'`, or use `type='pflash'`", since "11.8";
    /// Firmware in ROM is a raw image.
    ROM_FORMAT = "loader-rom-format": Plain, Validate,
        "`<loader type='rom' format=>`: `-bios` takes a raw image",
        help "use `format='raw'` and such an image, or `type='pflash'`", since "11.8";
    /// A writable loader has no store for UEFI variables beside it.
    WRITABLE_STORE = "loader-writable-store": Plain, Validate,
        "`<loader readonly='no'>`: the firmware keeps its UEFI variables in its own image",
        help "remove `<nvram>` and `<varstore>`, or `readonly='no'`", since "11.8";
    /// Firmware in flash keeps its UEFI variables in `<nvram>`.
    TWO_STORES = "loader-flash-varstore": Plain, Validate,
        "`<os><varstore>`: QEMU's device `uefi-vars` is for firmware in ROM that is built for it",
        help "use `type='rom'` and such firmware, or `<nvram>` instead of `<varstore>`", since "12.1";
    /// The variable store of firmware in ROM needs a QEMU that keeps it.
    VARSTORE = "varstore-support": Unsupported, Validate,
        "`<os><varstore>`: QEMU's devices `uefi-vars-x64` and `uefi-vars-sysbus`",
        help "remove `<varstore>`, or use a QEMU that has the device", since "12.1";
    /// Secure boot needs a Q35 machine, the architecture x86_64 and SMM.
    SECURE_BOOT = "loader-secure": Unsupported, Validate,
        "`<loader secure='yes'>`: OVMF protects its variables by system management mode, which QEMU has on Q35 for 64-bit guests",
        help "use `machine='q35'`, `arch='x86_64'` and `<smm state='on'/>`";
    /// NVRAM has a source of type `file`, `block` or `network`.
    NVRAM_TYPE = "nvram-type": Unsupported, Validate,
        "`<nvram type=>`: the source becomes a writable block node of QEMU",
        help "use type `file`, `block` or `network`";
    /// The format of NVRAM is known.
    NVRAM_FORMAT = "nvram-format": Internal, Build,
        "`<os><nvram format=>`: `driver=` of the block node; without it the format is that of a read-only `<loader>`",
        help "set `readonly='yes'` on `<loader>`, or add `format='raw'` to `<nvram>`", since "9.2";
    /// NVRAM with a format has a path.
    NVRAM_PATH = "nvram-path": Internal, Build,
        "`<os><nvram format=>`: `filename=` of the block node; only a read-only `<loader>` gets a path",
        help "set `readonly='yes'` on `<loader>`, or write the path as the text of `<nvram>`", since "9.2";
    /// The source of NVRAM has no slices and no reservations.
    NVRAM_SOURCE = "nvram-source": Unsupported, Validate,
        "`<nvram><source>`: `<slices>` and `<reservations>` are for the sources of disks",
        help "remove `<slices>` and `<reservations>`";
}

/// Checks that `<loader>`, `<nvram>` and the features of `<firmware>` fit together.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let os = &cx.domain.os;
    let loader = os.loader.as_ref().map(|loader| loader.pos).unwrap_or_default();
    let nvram = os.nvram.as_ref().map(|nvram| nvram.pos).unwrap_or_default();
    let store = os.varstore.as_ref().map(|store| store.pos).unwrap_or_default();
    for conflict in os.firmware_conflicts(cx.release) {
        let (rule, place, message): (_, Place, _) = match conflict {
            FirmwareConflict::LoaderPathMissing => {
                (&LOADER_PATH, loader.into(), "`<loader>` needs a path where `<os>` has no `firmware=`")
            }
            FirmwareConflict::NvramWithoutLoader => (
                &NVRAM_LOADER,
                nvram.into(),
                "`<nvram>` needs a `<loader>` with a path where `<os>` has no `firmware=`",
            ),
            FirmwareConflict::KeysWithoutSecureBoot => (
                &KEYS_WITHOUT_SECURE_BOOT,
                os.features_pos.into(),
                "feature `enrolled-keys` is enabled while feature `secure-boot` is disabled",
            ),
            FirmwareConflict::NvramFirmware(firmware) => {
                let message = format!("firmware `{firmware}` has no store for UEFI variables");
                out.refuse(&NVRAM_FIRMWARE, if os.nvram.is_some() { nvram } else { store }, message);
                continue;
            }
            FirmwareConflict::RomFormat(format) => {
                let message = format!("the loader has the format `{format}`, but firmware in ROM is raw");
                out.refuse(&ROM_FORMAT, loader.attr("format"), message);
                continue;
            }
            FirmwareConflict::FeaturesWithoutChoice => (
                &FEATURES_WITHOUT_CHOICE,
                os.features_pos.into(),
                "features of `<firmware>` need `firmware=` of `<os>`",
            ),
            FirmwareConflict::StatelessTemplate => (
                &STATELESS_NVRAM,
                nvram.attr("template"),
                "the loader has `stateless='yes'`, but `<nvram>` has a template",
            ),
            FirmwareConflict::StatelessNvram => (
                &STATELESS_NVRAM,
                if os.nvram.is_some() { nvram } else { store }.into(),
                "the loader has `stateless='yes'`, but there is a store for UEFI variables",
            ),
            FirmwareConflict::StatefulType => (
                &STATEFUL_TYPE,
                loader.attr("stateless"),
                "the loader has `stateless='no'`, but is not of type `pflash`",
            ),
            FirmwareConflict::StatefulFirmware => (
                &STATEFUL_TYPE,
                loader.attr("stateless"),
                "the loader has `stateless='no'`, but its firmware is not UEFI",
            ),
            FirmwareConflict::WritableRom => (
                &WRITABLE_ROM,
                loader.attr("readonly"),
                "the loader has `readonly='no'`, but firmware in ROM is read-only",
            ),
            FirmwareConflict::WritableStore => (
                &WRITABLE_STORE,
                if os.nvram.is_some() { nvram } else { store }.into(),
                "the loader has `readonly='no'`, but there is a store for UEFI variables beside it",
            ),
            FirmwareConflict::TwoStores => (
                &TWO_STORES,
                store.into(),
                "firmware in flash has a `<nvram>`, so that `<varstore>` is a second store for UEFI variables",
            ),
        };
        out.refuse(rule, place, message);
    }
}

/// Checks that the machine supports secure boot.
pub(super) fn secure_boot(cx: &Context<'_>, out: &mut Findings<'_>) {
    let os = &cx.domain.os;
    let Some(loader) = os.loader.as_ref().filter(|loader| loader.secure == Some(YesNo::Yes)) else { return };
    let smm = cx.domain.features.smm.is_some_and(|smm| smm.state.is_some_and(virtargv_model::OnOff::is_on));
    let os_type = cx.domain.os.pos;
    let message = if !cx.guest.is_q35() {
        let message = Message::new(format!(
            "`secure='yes'` needs machine type `q35`, not `{}`, for secure boot",
            cx.guest.machine
        ));
        let place = os_type.path("type/@machine");
        message.with_label(place, "the machine type is here").with_help("set `machine='q35'`")
    } else if cx.guest.arch != Arch::X86_64 {
        let message = Message::new("`secure='yes'` needs the architecture `x86_64` for secure boot");
        let place = os_type.path("type/@arch");
        message.with_label(place, "the architecture is here").with_help("set `arch='x86_64'`")
    } else if os.firmware.is_none() && !smm {
        let message = Message::new("`secure='yes'` needs the feature `smm` for secure boot");
        match &cx.domain.features.smm {
            Some(smm) => message
                .with_label(smm.pos, "the feature is not on here")
                .with_help("set `<smm state='on'/>` in `<features>`"),
            None => message.with_help("add `<smm state='on'/>` to `<features>`"),
        }
    } else {
        return;
    };
    out.refuse(&SECURE_BOOT, loader.pos.attr("secure"), message);
}

/// Checks that the format of NVRAM is known: it is that of the loader, but a writable loader has no NVRAM of its own.
pub(super) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    let os = &cx.domain.os;
    let Some(nvram) = os.nvram.as_ref().filter(|_| os.has_flash()) else { return };
    let template = nvram.template.is_some() || nvram.template_format.is_some();
    let given = nvram.image.is_some() || (template && os.firmware.is_none());
    if given && nvram.format.is_none() && cx.release.has(Convention::FirmwareWhenDefined) {
        let message = "`<nvram>` has the format `none`, as firmware without `readonly='yes'` has no NVRAM";
        out.refuse(&NVRAM_FORMAT, nvram.pos.attr("format"), message);
    } else if nvram.format.is_some() && nvram.image.is_none() {
        let message = "`<nvram>` has a format, but no path for `filename` of its block node";
        out.refuse(&NVRAM_PATH, nvram.pos, message);
    }
}

/// Checks that QEMU can keep the variable store of firmware in ROM.
pub(super) fn varstore(cx: &Context<'_>, out: &mut Findings<'_>) {
    let Some(store) = cx.domain.os.varstore.as_ref().filter(|store| store.path.is_some()) else { return };
    if !cx.has(Cap::DeviceUefiVars) {
        out.refuse(&VARSTORE, store.pos, "`<varstore>` is not supported by this QEMU");
    }
}

/// Checks the source of `<nvram>`.
pub(super) fn nvram(os: &Os, out: &mut Findings<'_>) {
    let Some(image) = os.nvram.as_ref().and_then(|nvram| nvram.image.as_ref()) else { return };
    let kind = image.kind();
    if !matches!(kind, SourceType::File | SourceType::Block | SourceType::Network) {
        let message = format!("source type `{kind}` is not supported for `<nvram>`");
        out.refuse(&NVRAM_TYPE, image.pos, message);
    }
    if image.slice.is_some() || image.reservations.is_some() {
        let message = "slices and reservations are not supported for the source of `<nvram>`";
        out.refuse(&NVRAM_SOURCE, image.pos, message);
    }
}
