//! Rules on what a domain is and what it starts from: `<name>`, `<type>`, `<os>`.

use virtargv_caps::{Arch, Cap, Convention, Tristate};
use virtargv_model::device::DeviceId;
use virtargv_model::device::storage::SourceType;
use virtargv_model::os::{AcpiTableType, Firmware, FirmwareConflict, Os};
use virtargv_model::{Domain, Place, Spelled, VirtType, YesNo};

use crate::{Context, Findings};

virtargv_model::rules! {
    /// A domain has a name.
    NAME_MISSING = "name-missing": Plain, Read, "`<name>`";
    /// A name can be part of a path.
    NAME_CHARS = "name-characters": Xml, Validate, "files of a domain are named after it";
    /// Two devices do not have the same place in the boot order.
    BOOT_ORDER_TWICE = "boot-order-twice": Xml, Complete, "the device property `bootindex` is unique";
    /// Either kinds of devices or devices are given a place in the boot order.
    BOOT_TWO_WAYS = "boot-two-ways": Unsupported, Complete, "`<os><boot>` and `<boot order=>` exclude each other";
    /// An architecture is one that there is.
    ARCH_UNKNOWN = "os-arch-unknown": Unsupported, Read, "`<type arch=>`";
    /// A document is for a QEMU of its architecture.
    ARCH = "os-arch": Unsupported, Validate, "a QEMU binary emulates one architecture";
    /// A document is for an accelerator that this QEMU has.
    VIRT_TYPE = "domain-type": Unsupported, Validate, "`<domain type=>`";
    /// QEMU runs whole machines.
    OS_TYPE = "os-type": Unsupported, Validate, "`<os><type>`";
    /// A document is for a machine that this QEMU has.
    MACHINE = "os-machine": Unsupported, Validate, "`<type machine=>`";
    /// Firmware is picked by features only where it is picked.
    FEATURES_WITHOUT_CHOICE = "firmware-features-manual": Plain, Validate, "`<firmware>` goes with `<os firmware=>`";
    /// Keys are of use to secure boot only.
    KEYS_WITHOUT_SECURE_BOOT = "firmware-enrolled-keys": Plain, Validate, "`<firmware><feature>`";
    /// A loader has a path where none is picked.
    LOADER_PATH = "loader-path": Plain, Validate, "`<loader>`";
    /// Only UEFI keeps variables.
    NVRAM_FIRMWARE = "nvram-firmware": Plain, Validate, "`<nvram>`";
    /// Firmware without variables has nowhere to keep them.
    STATELESS_NVRAM = "loader-stateless-nvram": Plain, Validate, "`<loader stateless=>`";
    /// Only flash firmware keeps variables.
    STATEFUL_TYPE = "loader-stateful-type": Plain, Validate, "`<loader stateless=>`";
    /// ACPI needs a machine that has it.
    ACPI_MACHINE = "features-acpi-machine": Unsupported, Validate, "property `acpi` of the machine";
    /// UEFI needs ACPI on x86.
    UEFI_ACPI = "firmware-uefi-acpi": Unsupported, Validate, "OVMF finds devices through ACPI";
    /// ACPI needs UEFI on 64 bit Arm.
    ACPI_UEFI = "features-acpi-uefi": Unsupported, Validate, "the tables are handed over by UEFI";
    /// Secure boot needs a Q35 machine, 64 bits and SMM.
    SECURE_BOOT = "loader-secure": Unsupported, Validate, "OVMF keeps its variables in SMM";
    /// QEMU has no boot loader of its own.
    BOOTLOADER = "os-bootloader": Unsupported, Validate, "`<bootloader>` is Xen's";
    /// A reboot timeout needs a QEMU that has one.
    REBOOT_TIMEOUT = "os-reboot-timeout": Unsupported, Validate, "`-boot reboot-timeout=`";
    /// A timeout of the boot menu needs a QEMU that has one.
    SPLASH_TIME = "os-bootmenu-timeout": Unsupported, Validate, "`-boot splash-time=`";
    /// BIOS output on a serial port is for x86 and a QEMU that can.
    USE_SERIAL = "os-bios-useserial": Unsupported, Validate, "`-machine graphics=`";
    /// BIOS output on a serial port was a device of its own.
    USE_SERIAL_DEVICE = "os-bios-useserial-device": Internal, Validate, "device `sga`";
    /// BIOS output needs a serial port to go to.
    USE_SERIAL_PORT = "os-bios-useserial-port": Xml, Validate, "`<serial>`";
    /// Variables are in a file, a block device or on the network.
    NVRAM_TYPE = "nvram-type": Unsupported, Validate, "a block node that can be written";
    /// Variables are all of their image, and nobody reserves it.
    NVRAM_SOURCE = "nvram-source": Unsupported, Validate, "`<nvram><source>`";
    /// ACPI tables come one a file.
    ACPI_TABLE = "os-acpi-table": Unsupported, Validate, "`-acpitable` takes one table";
    /// A shim starts a kernel, and needs a QEMU that can.
    SHIM = "os-shim": Unsupported, Validate, "`-shim`";
    /// A generation id needs a QEMU that has one.
    GENID = "genid": Unsupported, Validate, "device `vmgenid`";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    identity(cx.domain, out);
    boot_order(cx.domain, out);
    emulator(cx, out);
    uefi(cx, out);
    if cx.domain.genid.is_some() && !cx.has(Cap::DeviceVmgenid) {
        out.refuse(&GENID, cx.domain.pos.path("genid"), "this QEMU cannot do what 'genid' asks for");
    }
    use_serial(cx, out);
}

fn identity(domain: &Domain, out: &mut Findings<'_>) {
    match domain.name.as_deref() {
        None | Some("") => out.refuse(&NAME_MISSING, domain.pos, "the domain lacks its element 'name'"),
        Some(name) => {
            if let Some(c) = name.chars().find(|c| matches!(c, '/' | '\n')) {
                let message = format!("element 'name' is '{name}', it must not have a '{c}'");
                out.refuse(&NAME_CHARS, domain.pos.path("name"), message);
            }
        }
    }
}

fn boot_order(domain: &Domain, out: &mut Findings<'_>) {
    let mut taken: Vec<(u32, DeviceId)> = Vec::new();
    for (id, info) in domain.devices.infos() {
        let Some(boot) = &info.boot else { continue };
        taken.push((boot.order, id));
    }
    // A stable sort: among equals the later one in the document's walk is at fault.
    taken.sort_by_key(|(order, _)| *order);
    for ((order, _), (next, id)) in taken.iter().zip(taken.iter().skip(1)) {
        if order == next {
            let place = domain.devices.info(*id).map(|info| info.pos.path("boot/@order"));
            let message = format!("boot order '{order}' is given to more than one device");
            out.refuse(&BOOT_ORDER_TWICE, place.unwrap_or_default(), message);
        }
    }
    if !domain.os.boot_devs.is_empty() && !taken.is_empty() {
        let message = "element 'os' has children 'boot' while devices have a 'boot' of their own";
        out.refuse(&BOOT_TWO_WAYS, domain.os.pos.path("boot"), message);
    }
}

/// What the binary emulates at all.
fn emulator(cx: &Context<'_>, out: &mut Findings<'_>) {
    let Context { domain, guest, caps, .. } = cx;
    let os = &domain.os;
    if let Some(arch) = os.arch.as_deref().filter(|arch| arch.parse::<Arch>().is_err()) {
        let message = format!("there is no architecture '{arch}'");
        out.refuse(&ARCH_UNKNOWN, os.pos.path("type/@arch"), message);
        return;
    }
    let binary = domain.devices.emulator.as_deref().unwrap_or_else(|| caps.emulator());
    if let Some(os_type) = os.os_type.as_deref().filter(|os_type| *os_type != "hvm") {
        let message = format!("emulator '{binary}' does not run guests of type '{os_type}'");
        out.refuse(&OS_TYPE, os.pos.path("type"), message);
        return;
    }
    if !runs_arch(caps.arch(), guest.arch) {
        let message = format!("emulator '{binary}' does not run architecture '{}'", guest.arch);
        out.refuse(&ARCH, os.pos.path("type/@arch"), message);
        return;
    }
    let virt = domain.virt_type.unwrap_or(VirtType::Qemu);
    let runs = match virt {
        VirtType::Qemu => caps.has(Cap::Tcg),
        VirtType::Kvm => caps.has(Cap::Kvm),
        VirtType::Hvf => caps.has(Cap::Hvf),
        _ => false,
    };
    if !runs {
        let message = format!("emulator '{binary}' does not run domains of type '{virt}'");
        out.refuse(&VIRT_TYPE, domain.pos.attr("type"), message);
        return;
    }
    let known = caps.machines(guest.accel);
    if !known.is_empty() && caps.machine(guest.accel, &guest.machine).is_none() {
        let message = format!("emulator '{binary}' has no machine '{}'", guest.machine);
        out.refuse(&MACHINE, os.pos.path("type/@machine"), message);
    }
}

/// Whether a binary for `binary` also runs guests of `guest`.
fn runs_arch(binary: Arch, guest: Arch) -> bool {
    binary == guest
        || matches!(
            (binary, guest),
            (Arch::X86_64, Arch::I686)
                | (Arch::Aarch64, Arch::Armv7l)
                | (Arch::Armv7l, Arch::Armv6l)
                | (Arch::Ppc64, Arch::Ppc64le)
        )
}

/// What loader, variables and features of a firmware say of one another.
pub(crate) fn firmware(cx: &Context<'_>, out: &mut Findings<'_>) {
    let os = &cx.domain.os;
    let loader = os.loader.as_ref().map(|loader| loader.pos).unwrap_or_default();
    let nvram = os.nvram.as_ref().map(|nvram| nvram.pos).unwrap_or_default();
    for conflict in os.firmware_conflicts() {
        let (rule, place, message): (_, Place, _) = match conflict {
            FirmwareConflict::LoaderPathMissing => (
                &LOADER_PATH,
                loader.into(),
                "element 'loader' has no path while no firmware is to be picked",
            ),
            // What follows was not known, or did not matter, to older releases.
            _ if !cx.release.has(Convention::FirmwareFitsTogether) => continue,
            FirmwareConflict::NvramWithoutLoader => (
                &LOADER_PATH,
                nvram.into(),
                "there is an element 'nvram' but no 'loader', and no firmware is to be picked",
            ),
            FirmwareConflict::KeysWithoutSecureBoot => (
                &KEYS_WITHOUT_SECURE_BOOT,
                os.features_pos.into(),
                "feature 'enrolled-keys' is asked for while feature 'secure-boot' is not wanted",
            ),
            FirmwareConflict::NvramFirmware(firmware) => {
                let message = format!("firmware of kind '{firmware}' has no use for an element 'nvram'");
                out.refuse(&NVRAM_FIRMWARE, nvram, message);
                continue;
            }
            FirmwareConflict::FeaturesWithoutChoice => (
                &FEATURES_WITHOUT_CHOICE,
                os.features_pos.into(),
                "element 'firmware' asks for features while no firmware is to be picked",
            ),
            FirmwareConflict::StatelessTemplate => (
                &STATELESS_NVRAM,
                nvram.attr("template"),
                "the loader has stateless='yes' but element 'nvram' has a template",
            ),
            FirmwareConflict::StatelessNvram => (
                &STATELESS_NVRAM,
                nvram.into(),
                "the loader has stateless='yes' but there is an element 'nvram'",
            ),
            FirmwareConflict::StatefulType => (
                &STATEFUL_TYPE,
                loader.attr("stateless"),
                "the loader has stateless='no' but is not of type 'pflash'",
            ),
            FirmwareConflict::StatefulFirmware => (
                &STATEFUL_TYPE,
                loader.attr("stateless"),
                "the loader has stateless='no' but its firmware is no UEFI",
            ),
        };
        out.refuse(rule, place, message);
    }
}

fn uefi(cx: &Context<'_>, out: &mut Findings<'_>) {
    let (os, features) = (&cx.domain.os, &cx.domain.features);
    let machine = cx.caps.machine(cx.guest.accel, &cx.guest.machine);
    if features.acpi && machine.is_some_and(|machine| machine.acpi == Tristate::No) {
        let message = format!("machine '{}' has no ACPI", cx.guest.machine);
        out.refuse(&ACPI_MACHINE, features.pos.path("acpi"), message);
    }
    let uefi = os.firmware == Some(Firmware::Efi) || os.has_flash();
    if uefi && cx.guest.arch.is_x86() && !features.acpi {
        let message = "UEFI on this architecture needs the feature 'acpi'";
        out.refuse(&UEFI_ACPI, os.pos, message);
    }
    if !uefi && cx.guest.arch == Arch::Aarch64 && features.acpi {
        let message = "the feature 'acpi' on this architecture needs UEFI";
        out.refuse(&ACPI_UEFI, features.pos.path("acpi"), message);
    }
}

fn use_serial(cx: &Context<'_>, out: &mut Findings<'_>) {
    let os = &cx.domain.os;
    if os.use_serial != Some(YesNo::Yes) {
        return;
    }
    let place = os.pos.path("bios/@useserial");
    let device = cx.release.has(Convention::SerialBiosDevice);
    if device && !cx.has(Cap::Sga) || !device && !cx.guest.arch.is_x86() {
        let rule = if device { &USE_SERIAL_DEVICE } else { &USE_SERIAL };
        out.refuse(rule, place, "this QEMU cannot do what 'useserial' asks for");
    } else if cx.domain.devices.serials.is_empty() {
        out.refuse(&USE_SERIAL_PORT, place, "attribute 'useserial' asks for a serial port, there is none");
    }
}

/// What the guest starts from.
pub(crate) fn boot(cx: &Context<'_>, out: &mut Findings<'_>) {
    let os = &cx.domain.os;
    if os.bootloader.is_some() || os.bootloader_args.is_some() {
        out.refuse(&BOOTLOADER, cx.domain.pos.path("bootloader"), "QEMU knows no element 'bootloader'");
    }
    secure_boot(cx, out);
    nvram(os, out);
    if os.reboot_timeout.is_some() && !cx.has(Cap::RebootTimeout) {
        let message = "this QEMU has no use for 'rebootTimeout'";
        out.refuse(&REBOOT_TIMEOUT, os.pos.path("bios/@rebootTimeout"), message);
    }
    if let Some(menu) = os.boot_menu.filter(|menu| menu.timeout.is_some() && !cx.has(Cap::SplashTimeout)) {
        let message = "this QEMU has no use for the 'timeout' of element 'bootmenu'";
        out.refuse(&SPLASH_TIME, menu.pos.attr("timeout"), message);
    }
    for table in os.acpi_tables.iter().filter(|table| table.kind == AcpiTableType::RawSet) {
        let message = format!("QEMU takes no ACPI table of type '{}'", table.kind.as_str());
        out.refuse(&ACPI_TABLE, table.pos.attr("type"), message);
    }
    if os.direct.shim.is_some() {
        let message = if os.direct.kernel.is_none() {
            "element 'shim' goes with an element 'kernel'"
        } else if !cx.has(Cap::MachineShim) {
            "this QEMU has no use for element 'shim'"
        } else {
            return;
        };
        out.refuse(&SHIM, os.pos.path("shim"), message);
    }
}

fn secure_boot(cx: &Context<'_>, out: &mut Findings<'_>) {
    let os = &cx.domain.os;
    let Some(loader) = os.loader.as_ref().filter(|loader| loader.secure == Some(YesNo::Yes)) else { return };
    let smm = cx.domain.features.smm.is_some_and(|smm| smm.state.is_some_and(virtargv_model::OnOff::is_on));
    let message = if !cx.guest.is_q35() {
        "secure boot needs a machine of type 'q35'"
    } else if cx.guest.arch != Arch::X86_64 {
        "secure boot needs the architecture 'x86_64'"
    } else if os.firmware.is_none() && !smm {
        "secure boot needs the feature 'smm'"
    } else {
        return;
    };
    out.refuse(&SECURE_BOOT, loader.pos.attr("secure"), message);
}

fn nvram(os: &Os, out: &mut Findings<'_>) {
    let Some(image) = os.nvram.as_ref().and_then(|nvram| nvram.image.as_ref()) else { return };
    let kind = image.kind();
    if !matches!(kind, SourceType::File | SourceType::Block | SourceType::Network) {
        let message = format!("variables cannot be in a place of type '{kind}'");
        out.refuse(&NVRAM_TYPE, image.pos, message);
    }
    if image.slice.is_some() || image.reservations.is_some() {
        let message = "the image of element 'nvram' has no slices and no reservations";
        out.refuse(&NVRAM_SOURCE, image.pos, message);
    }
}
