//! Rules on what a domain is and what it boots from: `<name>`, `<genid>`, `<os>` and the boot order of devices.

use virtargv_caps::{Arch, Cap, Convention, Tristate};
use virtargv_model::device::DeviceId;
use virtargv_model::device::storage::SourceType;
use virtargv_model::os::{AcpiTableType, Firmware, FirmwareConflict, Os};
use virtargv_model::{Domain, Place, Spelled, VirtType, YesNo};

use crate::{Context, Findings};

virtargv_model::rules! {
    /// A domain has a name.
    NAME_MISSING = "name-missing": Plain, Read,
        "`<name>`: QEMU's `-name`, and the name of the domain's files and folders",
        help "add `<name>` with a text that is not empty";
    /// The name of a domain has no slash and no line break.
    NAME_CHARS = "name-characters": Xml, Validate,
        "`<name>`: files and folders of the domain are named after it",
        help "remove the character from `<name>`";
    /// Every boot order is given to one device.
    BOOT_ORDER_TWICE = "boot-order-twice": Xml, Complete,
        "`<boot order=>` of a device: QEMU's property `bootindex` is unique",
        help "give each device an order of its own";
    /// The boot order is given either for device classes or for devices.
    BOOT_TWO_WAYS = "boot-two-ways": Unsupported, Complete,
        "`<os><boot dev=>` is `-boot order=`, `<boot order=>` of a device is `bootindex=`; QEMU's firmware follows one of them",
        help "remove `<boot>` from `<os>`, or from the devices";
    /// The architecture is one that libvirt knows.
    ARCH_UNKNOWN = "os-arch-unknown": Unsupported, Read,
        "`<os><type arch=>`: the name of a guest architecture",
        help "use a name such as `x86_64`, `aarch64`, `ppc64`, `riscv64` or `s390x`";
    /// The architecture of a domain is that of its emulator.
    ARCH = "os-arch": Unsupported, Validate,
        "`<os><type arch=>`: a QEMU binary emulates one architecture, and some their 32-bit or little-endian variant",
        help "change `arch=`, or use the QEMU binary of that architecture";
    /// The type of a domain is an accelerator that its emulator has.
    VIRT_TYPE = "domain-type": Unsupported, Validate,
        "`<domain type=>`: `kvm`, `hvf` and `qemu` (TCG) are `-accel` of QEMU",
        help "set `type='qemu'` or `type='kvm'`, or use a QEMU that was built with the accelerator";
    /// The type of a guest is `hvm`.
    OS_TYPE = "os-type": Unsupported, Validate,
        "`<os><type>`: QEMU runs fully virtualized guests only",
        help "set `<type>hvm</type>`";
    /// The machine type is one that the emulator has.
    MACHINE = "os-machine": Unsupported, Validate,
        "`<os><type machine=>`: `-machine type=`; a QEMU binary drops old versions of machine types",
        help "set `machine=` to a type that `-machine help` lists, such as `q35`, `pc` or `virt`";
    /// Firmware features are only asked for with firmware autoselection.
    FEATURES_WITHOUT_CHOICE = "firmware-features-manual": Plain, Validate,
        "`<os><firmware><feature>`: the features select among the host's firmware descriptors",
        help "add `firmware='efi'` to `<os>`, or remove `<firmware>`";
    /// Enrolled keys need secure boot.
    KEYS_WITHOUT_SECURE_BOOT = "firmware-enrolled-keys": Plain, Validate,
        "`<firmware><feature name='enrolled-keys'>`: the keys are what secure boot checks signatures with",
        help "set `<feature enabled='yes' name='secure-boot'/>`, or remove the feature `enrolled-keys`";
    /// Without firmware autoselection, a loader has a path.
    LOADER_PATH = "loader-path": Plain, Validate,
        "`<os><loader>`: without `firmware=` of `<os>`, libvirt loads the file that `<loader>` names",
        help "add the path to `<loader>`, or `firmware='efi'` to `<os>`";
    /// Only UEFI firmware has NVRAM.
    NVRAM_FIRMWARE = "nvram-firmware": Plain, Validate,
        "`<os><nvram>`: the file of UEFI variables",
        help "remove `<nvram>`, or use `firmware='efi'`";
    /// A stateless loader has no NVRAM.
    STATELESS_NVRAM = "loader-stateless-nvram": Plain, Validate,
        "`<loader stateless='yes'>`: the firmware has no store for UEFI variables",
        help "remove `<nvram>`, or set `stateless='no'`";
    /// A loader with `stateless='no'` is UEFI firmware in flash.
    STATEFUL_TYPE = "loader-stateful-type": Plain, Validate,
        "`<loader stateless='no'>`: UEFI variables are kept in a flash device of their own",
        help "use `type='pflash'` and UEFI firmware, or remove `stateless=`";
    /// ACPI needs a machine type that has it.
    ACPI_MACHINE = "features-acpi-machine": Unsupported, Validate,
        "`<features><acpi/>`: the property `acpi` of the machine",
        help "remove `<acpi/>` from `<features>`, or use another machine type";
    /// UEFI on x86 needs ACPI.
    UEFI_ACPI = "firmware-uefi-acpi": Unsupported, Validate,
        "`<features><acpi/>`: OVMF takes the devices of the guest from QEMU's ACPI tables",
        help "add `<acpi/>` to `<features>`";
    /// ACPI on aarch64 needs UEFI.
    ACPI_UEFI = "features-acpi-uefi": Unsupported, Validate,
        "`<features><acpi/>`: only UEFI firmware hands the ACPI tables to an aarch64 guest",
        help "add `firmware='efi'` to `<os>`, or remove `<acpi/>` from `<features>`";
    /// Secure boot needs a Q35 machine, the architecture x86_64 and SMM.
    SECURE_BOOT = "loader-secure": Unsupported, Validate,
        "`<loader secure='yes'>`: OVMF protects its variables by system management mode, which QEMU has on Q35 for 64-bit guests",
        help "use `machine='q35'` and `arch='x86_64'`, and add `<smm state='on'/>` to `<features>`";
    /// A QEMU guest has no `<bootloader>`.
    BOOTLOADER = "os-bootloader": Unsupported, Validate,
        "`<bootloader>` is run on the host for paravirtualized Xen guests",
        help "remove `<bootloader>`, and boot from a device or by `<kernel>`";
    /// A reboot timeout needs a QEMU that has it.
    REBOOT_TIMEOUT = "os-reboot-timeout": Unsupported, Validate,
        "`<bios rebootTimeout=>`: `-boot reboot-timeout=`",
        help "remove `rebootTimeout=` from `<bios>`, or use a QEMU that has it";
    /// A timeout of the boot menu needs a QEMU that has it.
    SPLASH_TIME = "os-bootmenu-timeout": Unsupported, Validate,
        "`<bootmenu timeout=>`: `-boot splash-time=`",
        help "remove `timeout=` from `<bootmenu>`, or use a QEMU that has it";
    /// Output of the BIOS on a serial port needs an x86 guest.
    USE_SERIAL = "os-bios-useserial": Unsupported, Validate,
        "`<bios useserial='yes'>`: `-machine graphics=off` makes SeaBIOS use the serial port",
        help "remove `useserial=` from `<bios>`";
    /// Output of the BIOS on a serial port needs a QEMU with the device `sga` (in early releases).
    USE_SERIAL_DEVICE = "os-bios-useserial-device": Internal, Validate,
        "`<bios useserial='yes'>`: `-device sga`, the serial graphics adapter",
        help "remove `useserial=` from `<bios>`, or use a QEMU with `sga`";
    /// Output of the BIOS on a serial port needs a `<serial>`.
    USE_SERIAL_PORT = "os-bios-useserial-port": Xml, Validate,
        "`<bios useserial='yes'>`: the first serial port of the guest",
        help "add `<serial type='pty'/>`, or remove `useserial=` from `<bios>`";
    /// NVRAM has a source of type `file`, `block` or `network`.
    NVRAM_TYPE = "nvram-type": Unsupported, Validate,
        "`<nvram type=>`: the source becomes a writable block node of QEMU",
        help "use one of these types";
    /// The source of NVRAM has no slices and no reservations.
    NVRAM_SOURCE = "nvram-source": Unsupported, Validate,
        "`<nvram><source>`: `<slices>` and `<reservations>` are for the sources of disks",
        help "remove `<slices>` and `<reservations>`";
    /// An ACPI table is given one a file.
    ACPI_TABLE = "os-acpi-table": Unsupported, Validate,
        "`<acpi><table type='rawset'>`: `-acpitable` takes one table; a concatenation of tables is for other hypervisors",
        help "use `type='raw'` with one file for each table";
    /// A shim needs a kernel, and a QEMU that has it.
    SHIM = "os-shim": Unsupported, Validate,
        "`<os><shim>`: `-shim` loads a UEFI program that verifies the image of `-kernel`",
        help "add `<kernel>`, use a QEMU that has `-shim`, or remove `<shim>`";
    /// A generation id needs a QEMU with the device `vmgenid`.
    GENID = "genid": Unsupported, Validate,
        "`<genid>`: `-device vmgenid`",
        help "remove `<genid>`, or use a QEMU that has the device";
}

/// Checks name, boot order, emulator, ACPI with UEFI, and the output of the BIOS against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    identity(cx.domain, out);
    boot_order(cx.domain, out);
    emulator(cx, out);
    uefi(cx, out);
    if cx.domain.genid.is_some() && !cx.has(Cap::DeviceVmgenid) {
        out.refuse(
            &GENID,
            cx.domain.pos.path("genid"),
            "this QEMU has no device 'vmgenid', which 'genid' needs",
        );
    }
    use_serial(cx, out);
}

fn identity(domain: &Domain, out: &mut Findings<'_>) {
    match domain.name.as_deref() {
        None | Some("") => out.refuse(&NAME_MISSING, domain.pos, "the domain lacks its element 'name'"),
        Some(name) => {
            if let Some(c) = name.chars().find(|c| matches!(c, '/' | '\n')) {
                let message = format!("element 'name' is '{name}', it must not contain '{c}'");
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
    // The sort is stable: of two devices with the same order, the later one is reported.
    taken.sort_by_key(|(order, _)| *order);
    for ((order, _), (next, id)) in taken.iter().zip(taken.iter().skip(1)) {
        if order == next {
            let place = domain.devices.info(*id).map(|info| info.pos.path("boot/@order"));
            let message = format!("boot order '{order}' is given to more than one device");
            out.refuse(&BOOT_ORDER_TWICE, place.unwrap_or_default(), message);
        }
    }
    if !domain.os.boot_devs.is_empty() && !taken.is_empty() {
        let message = "elements 'boot' of 'os' exclude elements 'boot' of devices";
        out.refuse(&BOOT_TWO_WAYS, domain.os.pos.path("boot"), message);
    }
}

/// Architecture, type of guest, accelerator and machine type that the emulator has.
fn emulator(cx: &Context<'_>, out: &mut Findings<'_>) {
    let Context { domain, guest, caps, .. } = cx;
    let os = &domain.os;
    if let Some(arch) = os.arch.as_deref().filter(|arch| arch.parse::<Arch>().is_err()) {
        let message = format!("architecture '{arch}' is not known");
        out.refuse(&ARCH_UNKNOWN, os.pos.path("type/@arch"), message);
        return;
    }
    let binary = domain.devices.emulator.as_deref().unwrap_or_else(|| caps.emulator());
    if let Some(os_type) = os.os_type.as_deref().filter(|os_type| *os_type != "hvm") {
        let message = format!("emulator '{binary}' does not support guests of type '{os_type}'");
        out.refuse(&OS_TYPE, os.pos.path("type"), message);
        return;
    }
    if !runs_arch(caps.arch(), guest.arch) {
        let message = format!("emulator '{binary}' does not support architecture '{}'", guest.arch);
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
        let message = format!("emulator '{binary}' does not support domains of type '{virt}'");
        out.refuse(&VIRT_TYPE, domain.pos.attr("type"), message);
        return;
    }
    let known = caps.machines(guest.accel);
    if !known.is_empty() && caps.machine(guest.accel, &guest.machine).is_none() {
        let message = format!("emulator '{binary}' has no machine type '{}'", guest.machine);
        out.refuse(&MACHINE, os.pos.path("type/@machine"), message);
    }
}

/// Whether a QEMU binary of architecture `binary` runs guests of architecture `guest`.
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

/// Checks that `<loader>`, `<nvram>` and the features of `<firmware>` fit together.
pub(crate) fn firmware(cx: &Context<'_>, out: &mut Findings<'_>) {
    let os = &cx.domain.os;
    let loader = os.loader.as_ref().map(|loader| loader.pos).unwrap_or_default();
    let nvram = os.nvram.as_ref().map(|nvram| nvram.pos).unwrap_or_default();
    for conflict in os.firmware_conflicts() {
        let (rule, place, message): (_, Place, _) = match conflict {
            FirmwareConflict::LoaderPathMissing => (
                &LOADER_PATH,
                loader.into(),
                "element 'loader' needs a path where 'os' has no attribute 'firmware'",
            ),
            // Early releases check the path of the loader only.
            _ if !cx.release.has(Convention::FirmwareFitsTogether) => continue,
            FirmwareConflict::NvramWithoutLoader => (
                &LOADER_PATH,
                nvram.into(),
                "element 'nvram' needs a 'loader' with a path where 'os' has no attribute 'firmware'",
            ),
            FirmwareConflict::KeysWithoutSecureBoot => (
                &KEYS_WITHOUT_SECURE_BOOT,
                os.features_pos.into(),
                "feature 'enrolled-keys' is enabled while feature 'secure-boot' is disabled",
            ),
            FirmwareConflict::NvramFirmware(firmware) => {
                let message = format!("element 'nvram' is not supported for firmware '{firmware}'");
                out.refuse(&NVRAM_FIRMWARE, nvram, message);
                continue;
            }
            FirmwareConflict::FeaturesWithoutChoice => (
                &FEATURES_WITHOUT_CHOICE,
                os.features_pos.into(),
                "features of element 'firmware' need the attribute 'firmware' of 'os'",
            ),
            FirmwareConflict::StatelessTemplate => (
                &STATELESS_NVRAM,
                nvram.attr("template"),
                "the loader has stateless='yes', but element 'nvram' has a template",
            ),
            FirmwareConflict::StatelessNvram => (
                &STATELESS_NVRAM,
                nvram.into(),
                "the loader has stateless='yes', but there is an element 'nvram'",
            ),
            FirmwareConflict::StatefulType => (
                &STATEFUL_TYPE,
                loader.attr("stateless"),
                "the loader has stateless='no', but is not of type 'pflash'",
            ),
            FirmwareConflict::StatefulFirmware => (
                &STATEFUL_TYPE,
                loader.attr("stateless"),
                "the loader has stateless='no', but its firmware is not UEFI",
            ),
        };
        out.refuse(rule, place, message);
    }
}

/// ACPI and UEFI, which need each other on some architectures.
fn uefi(cx: &Context<'_>, out: &mut Findings<'_>) {
    let (os, features) = (&cx.domain.os, &cx.domain.features);
    let machine = cx.caps.machine(cx.guest.accel, &cx.guest.machine);
    if features.acpi && machine.is_some_and(|machine| machine.acpi == Tristate::No) {
        let message = format!("machine type '{}' has no ACPI", cx.guest.machine);
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
        out.refuse(rule, place, "'useserial' is not supported by this QEMU for this architecture");
    } else if cx.domain.devices.serials.is_empty() {
        out.refuse(&USE_SERIAL_PORT, place, "attribute 'useserial' needs a serial port, there is none");
    }
}

/// Checks firmware, boot menu, ACPI tables and shim against the rules above.
pub(crate) fn boot(cx: &Context<'_>, out: &mut Findings<'_>) {
    let os = &cx.domain.os;
    if os.bootloader.is_some() || os.bootloader_args.is_some() {
        out.refuse(
            &BOOTLOADER,
            cx.domain.pos.path("bootloader"),
            "element 'bootloader' is not supported by QEMU",
        );
    }
    secure_boot(cx, out);
    nvram(os, out);
    if os.reboot_timeout.is_some() && !cx.has(Cap::RebootTimeout) {
        let message = "'rebootTimeout' is not supported by this QEMU";
        out.refuse(&REBOOT_TIMEOUT, os.pos.path("bios/@rebootTimeout"), message);
    }
    if let Some(menu) = os.boot_menu.filter(|menu| menu.timeout.is_some() && !cx.has(Cap::SplashTimeout)) {
        let message = "'timeout' of element 'bootmenu' is not supported by this QEMU";
        out.refuse(&SPLASH_TIME, menu.pos.attr("timeout"), message);
    }
    for table in os.acpi_tables.iter().filter(|table| table.kind == AcpiTableType::RawSet) {
        let message = format!("ACPI table type '{}' is not supported by QEMU", table.kind.as_str());
        out.refuse(&ACPI_TABLE, table.pos.attr("type"), message);
    }
    if os.direct.shim.is_some() {
        let message = if os.direct.kernel.is_none() {
            "element 'shim' needs an element 'kernel'"
        } else if !cx.has(Cap::MachineShim) {
            "element 'shim' is not supported by this QEMU"
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
        let message = format!("source type '{kind}' is not supported for element 'nvram'");
        out.refuse(&NVRAM_TYPE, image.pos, message);
    }
    if image.slice.is_some() || image.reservations.is_some() {
        let message = "slices and reservations are not supported for the source of element 'nvram'";
        out.refuse(&NVRAM_SOURCE, image.pos, message);
    }
}
