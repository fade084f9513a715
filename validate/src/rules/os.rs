//! Rules on `<os>`, on the emulator, and on the boot order of devices.

pub mod loader;

use virtargv_caps::{Arch, Cap, Convention, Tristate};
use virtargv_model::device::DeviceId;
use virtargv_model::os::{AcpiTableType, Firmware};
use virtargv_model::{Domain, Message, Spelled, VirtType, YesNo};
use virtargv_resolve::accelerator_of;
use virtargv_resolve::rules::{ARCH, MACHINE};

use crate::{Context, Findings, offered};

virtargv_model::rules! {
    /// Every boot order is given to one device.
    BOOT_ORDER_TWICE = "boot-order-twice": Unsupported, Complete,
        "`<boot order=>` of a device: QEMU's property `bootindex` is unique",
        help "give each device an order of its own";
    /// The boot order is given either for device classes or for devices.
    BOOT_TWO_WAYS = "boot-two-ways": Unsupported, Complete,
        "`<boot order=>` of a device is QEMU's property `bootindex`, which `<os><boot dev=>` gives to the first device of each class",
        help "remove `<boot>` from `<os>`, or from the devices";
    /// The architecture is one that libvirt knows.
    ARCH_UNKNOWN = "os-arch-unknown": Unsupported, Read,
        "`<os><type arch=>`: the name of a guest architecture",
        help "use a name such as `x86_64`, `aarch64`, `ppc64`, `riscv64` or `s390x`";
    /// A container has an `<init>`.
    INIT_MISSING = "os-init-missing": Xml, Complete,
        "`<os><type>exe</type><init>`: the program that a container starts",
        help "set `<type>hvm</type>`, or add `<init>` for a driver of containers";
    /// The type of a guest is `hvm`.
    OS_TYPE = "os-type": Unsupported, Validate,
        "`<os><type>`: QEMU runs fully virtualized guests only",
        help "set `<type>hvm</type>`";
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
    /// A QEMU guest has no `<bootloader>`.
    BOOTLOADER = "os-bootloader": Unsupported, Validate,
        "`<bootloader>` is run on the host for paravirtualized Xen guests",
        help "remove `<bootloader>`, and boot from a device or by `<kernel>`";
    /// A reboot timeout is -1 or 0 to 65535 milliseconds.
    REBOOT_TIMEOUT_RANGE = "os-reboot-timeout-range": Unsupported, Validate (Read before "9.0"),
        "`<bios rebootTimeout=>`, `-boot reboot-timeout=` of QEMU",
        help "use a number of milliseconds up to 65535, or -1 for no reboot";
    /// A timeout of the boot menu is 0 to 65535 milliseconds.
    SPLASH_TIME_RANGE = "os-bootmenu-timeout-range": Unsupported, Validate (Read before "9.0"),
        "`<bootmenu timeout=>`: `-boot splash-time=` of QEMU has 16 bits",
        help "use a number of milliseconds up to 65535";
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
        help "remove `useserial=` from `<bios>`", since "9.0";
    /// Output of the BIOS on a serial port needs a QEMU with the device `sga`.
    USE_SERIAL_DEVICE = "os-bios-useserial-device": Internal, Validate,
        "`<bios useserial='yes'>`: `-device sga`, the serial graphics adapter",
        help "remove `useserial=` from `<bios>`, or use a QEMU with `sga`", until "9.0";
    /// Output of the BIOS on a serial port needs a `<serial>`.
    USE_SERIAL_PORT = "os-bios-useserial-port": Xml, Validate,
        "`<bios useserial='yes'>`: the first serial port of the guest",
        help "add `<serial type='pty'/>`, or remove `useserial=` from `<bios>`";
    /// A file of `<acpi>` holds one ACPI table.
    ACPI_TABLE = "os-acpi-table": Unsupported, Validate,
        "`<acpi><table type='rawset'>`: `-acpitable` takes one table; a concatenation of tables is for other hypervisors",
        help "use `type='raw'` with one file for each table";
    /// The path of an ACPI table has no `:`.
    ACPI_TABLE_PATH = "os-acpi-table-path": Unsupported, Build,
        "`<acpi><table>`: QEMU splits `file=` of `-acpitable` at `:` into several files, and has no escape for it",
        help "rename the file or its directory";
    /// The version of QEMU is one that libvirt drives.
    QEMU_VERSION = "qemu-version": Unsupported, Validate,
        "libvirt 10.6 needs QEMU 5.2, libvirt 12.4 needs QEMU 7.2: their probes ask what earlier ones do not answer",
        help "use a later QEMU, or follow an earlier release", since "10.6";
    /// A shim needs a kernel.
    SHIM_KERNEL = "os-shim-kernel": Unsupported, Validate,
        "`<os><shim>`: `-shim` loads a UEFI program that verifies the image of `-kernel`",
        help "add `<kernel>`, or remove `<shim>`", since "12.9";
    /// A shim needs a QEMU that has it.
    SHIM = "os-shim": Unsupported, Validate,
        "`<os><shim>`: `-shim` loads a UEFI program that verifies the image of `-kernel`",
        help "use a QEMU that has `-shim`, or remove `<shim>`";
}

/// Checks boot order, emulator, and ACPI with UEFI against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    if cx.domain.os.os_type.as_deref() == Some("exe") && cx.domain.os.init.path.is_none() {
        let message = "`<os>` of type `exe` has no `<init>`";
        out.refuse(&INIT_MISSING, cx.domain.os.pos.path("init"), message);
    }
    boot_order(cx.domain, out);
    emulator(cx, out);
    uefi(cx, out);
}

fn boot_order(domain: &Domain, out: &mut Findings<'_>) {
    let mut taken: Vec<(u32, DeviceId)> = Vec::new();
    domain
        .devices
        .for_each_info(&mut |id, info| taken.extend(info.boot.as_ref().map(|boot| (boot.order, id))));
    // The sort is stable: of two devices with the same order, the later one is reported.
    taken.sort_by_key(|(order, _)| *order);
    for ((order, first), (next, id)) in taken.iter().zip(taken.iter().skip(1)) {
        if order == next {
            let place = domain.devices.info(*id).map(|info| info.pos.path("boot/@order"));
            let message = Message::new(format!("boot order `{order}` is given to more than one device"));
            let first = domain.devices.info(*first).map(|info| info.pos.path("boot/@order"));
            let message = message.with_first(first.unwrap_or_default());
            out.refuse(&BOOT_ORDER_TWICE, place.unwrap_or_default(), message);
        }
    }
    if !domain.os.boot_devs.is_empty() && !taken.is_empty() {
        let of_device = taken.first().and_then(|(_, id)| domain.devices.info(*id));
        let message =
            Message::new("`<boot dev=>` of `<os>` cannot be used together with `<boot order=>` of a device");
        let message = message.with_label(
            of_device.map(|info| info.pos.path("boot")).unwrap_or_default(),
            "this device has a `<boot order=>`",
        );
        out.refuse(&BOOT_TWO_WAYS, domain.os.pos.path("boot"), message);
    }
}

/// Architecture, type of guest, accelerator and machine type that the emulator has.
fn emulator(cx: &Context<'_>, out: &mut Findings<'_>) {
    let Context { domain, guest, caps, .. } = cx;
    let os = &domain.os;
    if let Some(arch) = os.arch.as_deref().filter(|arch| arch.parse::<Arch>().is_err()) {
        let (place, known) = (os.pos.path("type/@arch"), Arch::ALL.iter().map(|arch| arch.name()));
        let message = Message::new(format!("unknown architecture `{arch}`"));
        let message = message.with_nearest(place.clone(), arch, known, ARCH_UNKNOWN.help);
        out.refuse(&ARCH_UNKNOWN, place, message);
        return;
    }
    let binary = domain.devices.emulator.as_deref().unwrap_or_else(|| caps.emulator());
    if let Some(os_type) = os.os_type.as_deref().filter(|os_type| *os_type != "hvm") {
        let message = format!("emulator `{binary}` does not support guests of type `{os_type}`");
        out.refuse(&OS_TYPE, os.pos.path("type"), message);
        return;
    }
    if let Some((place, message)) = guest.of_another_arch(domain, caps) {
        out.refuse(&ARCH, place, message);
        return;
    }
    let minimum = MINIMUM.iter().find(|(convention, _)| cx.release.has(*convention));
    if let Some((_, minimum)) = minimum.filter(|(_, minimum)| (1..*minimum).contains(&caps.version())) {
        let message = format!(
            "emulator `{binary}` is QEMU {}, libvirt {} needs {} or later",
            qemu_version(caps.version()),
            cx.release,
            qemu_version(*minimum)
        );
        out.refuse(&QEMU_VERSION, domain.pos.path("devices/emulator"), message);
        return;
    }
    let virt = domain.virt_type.unwrap_or(VirtType::Qemu);
    let has = |accel| offered::accelerator(|cap| caps.has(cap), accel);
    if !accelerator_of(virt).is_some_and(has) {
        let message = format!("emulator `{binary}` does not support domains of type `{virt}`");
        out.refuse(&super::domain::VIRT_TYPE, domain.pos.attr("type"), message);
        return;
    }
    if let Some((place, message)) = guest.of_unknown_machine(domain, caps) {
        out.refuse(&MACHINE, place, message);
    }
}

/// The least version of QEMU that a release drives, the latest first.
const MINIMUM: &[(Convention, u32)] =
    &[(Convention::NeedsQemu7, 7_002_000), (Convention::NeedsQemu5, 5_002_000)];

/// A version of QEMU as QEMU writes it.
fn qemu_version(version: u32) -> String {
    format!("{}.{}.{}", version / 1_000_000, version / 1000 % 1000, version % 1000)
}

/// ACPI and UEFI, which need each other on some architectures.
fn uefi(cx: &Context<'_>, out: &mut Findings<'_>) {
    let (os, features) = (&cx.domain.os, &cx.domain.features);
    let machine = cx.caps.machine(cx.guest.accel, &cx.guest.machine);
    if features.acpi && machine.is_some_and(|machine| machine.acpi == Tristate::No) {
        let message = format!("machine type `{}` has no ACPI", cx.guest.machine);
        out.refuse(&ACPI_MACHINE, features.pos.path("acpi"), message);
    }
    let uefi = os.firmware == Some(Firmware::Efi) || os.has_flash();
    if uefi && cx.guest.arch.is_x86() && !features.acpi {
        let message = "UEFI on this architecture needs the feature `acpi`";
        out.refuse(&UEFI_ACPI, os.pos, message);
    }
    if !uefi && cx.guest.arch == Arch::Aarch64 && features.acpi {
        let message = "the feature `acpi` on this architecture needs UEFI";
        out.refuse(&ACPI_UEFI, features.pos.path("acpi"), message);
    }
}

/// Checks that the BIOS can write to a serial port.
pub(crate) fn use_serial(cx: &Context<'_>, out: &mut Findings<'_>) {
    let os = &cx.domain.os;
    if os.use_serial != Some(YesNo::Yes) {
        return;
    }
    let place = || os.pos.path("bios/@useserial");
    if !cx.has(Cap::Sga) {
        out.refuse(&USE_SERIAL_DEVICE, place(), "`useserial` needs the device `sga`, which this QEMU lacks");
    }
    if !cx.guest.arch.is_x86() {
        let message = format!("`useserial` is not supported for architecture `{}`", cx.guest.arch);
        out.refuse(&USE_SERIAL, place(), message);
    }
    if cx.domain.devices.serials.is_empty() {
        out.refuse(&USE_SERIAL_PORT, place(), "`useserial` needs a serial port, there is none");
    }
}

/// Checks firmware, boot menu, ACPI tables and shim against the rules above.
pub(crate) fn boot(cx: &Context<'_>, out: &mut Findings<'_>) {
    let os = &cx.domain.os;
    if os.bootloader.is_some() || os.bootloader_args.is_some() {
        out.refuse(&BOOTLOADER, cx.domain.pos.path("bootloader"), "`<bootloader>` is not supported by QEMU");
    }
    loader::secure_boot(cx, out);
    loader::varstore(cx, out);
    loader::nvram(os, out);
    if let Some(timeout) = os.reboot_timeout.filter(|timeout| !(-1..=0xFFFF).contains(timeout)) {
        let message = format!("`rebootTimeout` of `<bios>` is `{timeout}`, expected -1 to 65535");
        out.refuse(&REBOOT_TIMEOUT_RANGE, os.pos.path("bios/@rebootTimeout"), message);
    }
    if let Some((menu, timeout)) = os.boot_menu.and_then(|menu| Some((menu, menu.timeout?)))
        && timeout > 0xFFFF
    {
        let message = format!("`timeout` of `<bootmenu>` is `{timeout}`, expected 0 to 65535");
        out.refuse(&SPLASH_TIME_RANGE, menu.pos.attr("timeout"), message);
    }
    if os.reboot_timeout.is_some() && !cx.has(Cap::RebootTimeout) {
        let message = "`rebootTimeout` is not supported by this QEMU";
        out.refuse(&REBOOT_TIMEOUT, os.pos.path("bios/@rebootTimeout"), message);
    }
    if let Some(menu) = os.boot_menu.filter(|menu| menu.timeout.is_some() && !cx.has(Cap::SplashTimeout)) {
        let message = "`timeout` of `<bootmenu>` is not supported by this QEMU";
        out.refuse(&SPLASH_TIME, menu.pos.attr("timeout"), message);
    }
    for table in os.acpi_tables.iter().filter(|table| table.kind == AcpiTableType::RawSet) {
        let message = format!("ACPI table type `{}` is not supported by QEMU", table.kind.as_str());
        out.refuse(&ACPI_TABLE, table.pos.attr("type"), message);
    }
    if os.direct.shim.is_some() {
        if os.direct.kernel.is_none() {
            out.refuse(&SHIM_KERNEL, os.pos.path("shim"), "`<shim>` needs a `<kernel>`");
        }
        if !cx.has(Cap::MachineShim) {
            out.refuse(&SHIM, os.pos.path("shim"), "`<shim>` is not supported by this QEMU");
        }
    }
}

/// Checks values that libvirt passes on as they are, and that QEMU would take for something else.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    loader::build(cx, out);
    for table in cx.domain.os.acpi_tables.iter().filter(|table| table.path.contains(':')) {
        let message = format!(
            "the path `{}` of `<table>` has a `:`, at which QEMU splits it into several files",
            table.path
        );
        out.refuse(&ACPI_TABLE_PATH, table.pos, message);
    }
}
