//! `<os>`, `<bootloader>`: firmware, kernel, boot order, and the machine type.

use crate::read::{
    self, AnyBase, El, Element, INTERNAL_BEFORE_9_0, PLAIN_BEFORE_9_0, Reader, UNSUPPORTED_BEFORE_9_0, Value,
    attr_place,
};
use crate::write::Writer;
use crate::{Class, Message, Pos, Spelled, YesNo};

pub(crate) mod loader;

pub use loader::{
    Firmware, FirmwareConflict, FirmwareFeature, FirmwareFeatureName, FlashFormat, Loader, LoaderType, Nvram,
    Varstore,
};

crate::rules! {
    /// An `<os>` has a `<type>`, unless the domain has a `<bootloader>`.
    OS_TYPE_MISSING = "os-type-missing": Xml, Read,
        "`<os><type>`: the kind of operating system, `hvm` for full virtualization",
        help "add `<type>hvm</type>` to `<os>`";
    /// The `<type>` of `<os>` is a kind of operating system of the domain format.
    OS_TYPE_UNKNOWN = "os-type-unknown": Unsupported, Read,
        "`<os><type>`: `hvm`, `xen`, `linux`, `exe`, `uml`, `xenpvh`",
        help "use `hvm`, the type that QEMU runs";
    /// An `<acpi>` of `<os>` has one `<table>`.
    OS_ACPI_TABLES = "os-acpi-tables": Xml, Read, "`<os><acpi><table>`: libvirt loaded a single ACPI table file",
        help "keep one `<table>`, or follow a later release", until "11.3";
    /// Of each type but `raw`, an `<acpi>` of `<os>` has one `<table>`.
    OS_ACPI_TABLE_TWICE = "os-acpi-table-twice": Xml, Read,
        "`<os><acpi><table type=>`: a guest looks for one table of a kind, such as its software licence",
        help "keep one `<table>` of the type", since "11.3";
    /// An `<os>` has an `<nvram>` or a `<varstore>`.
    OS_TWO_STORES = "os-two-stores": Xml, Read,
        "`<os><nvram>`, `<varstore>`: the UEFI variables are kept in flash, or by QEMU's device `uefi-vars`",
        help "remove one of them", since "12.1";
}

/// `<os>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Os {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `firmware=`: the kind of firmware to be selected automatically.
    pub firmware: Option<Firmware>,
    /// The text of `<type>`: `hvm` for full virtualization.
    pub os_type: Option<String>,
    /// `<type arch=>`, as written.
    pub arch: Option<String>,
    /// `<type machine=>`, as written: a machine type or one of its aliases.
    pub machine: Option<String>,
    /// Place of `<firmware>` in the text.
    pub features_pos: Pos,
    /// `<firmware><feature>`: features that the selected firmware must have or lack.
    pub firmware_features: Vec<FirmwareFeature>,
    /// `<loader>`
    pub loader: Option<Loader>,
    /// `<nvram>`
    pub nvram: Option<Nvram>,
    /// `<varstore>`
    pub varstore: Option<Varstore>,
    /// `<kernel>`, `<initrd>`, `<cmdline>`, `<dtb>`, `<root>`, `<shim>`: direct kernel boot.
    pub direct: DirectBoot,
    /// `<init>` and the elements beside it, for containers.
    pub init: Init,
    /// `<acpi><table>`
    pub acpi_tables: Vec<AcpiTable>,
    /// `<boot dev=>`, in order.
    pub boot_devs: Vec<BootDev>,
    /// `<bootmenu>`: the boot menu of the BIOS.
    pub boot_menu: Option<BootMenu>,
    /// `<smbios mode=>`: the source of the SMBIOS tables.
    pub smbios: Option<SmbiosMode>,
    /// `<bios useserial=>`: whether the BIOS uses the serial console. Any word but `yes` is read as `no`.
    pub use_serial: Option<YesNo>,
    /// `<bios rebootTimeout=>`: milliseconds until the BIOS reboots after a failed boot, 0 to 65535; -1 for never.
    pub reboot_timeout: Option<i32>,
    /// `<bootloader>`, a sibling of `<os>` (Xen): an empty text stands for the default boot loader.
    pub bootloader: Option<String>,
    /// `<bootloader_args>`
    pub bootloader_args: Option<String>,
}

/// Direct kernel boot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DirectBoot {
    /// `<kernel>`: the path of the kernel.
    pub kernel: Option<String>,
    /// `<initrd>`: the path of the initial ramdisk.
    pub initrd: Option<String>,
    /// `<cmdline>`: the command line of the kernel.
    pub cmdline: Option<String>,
    /// `<dtb>`: the path of a device tree blob.
    pub dtb: Option<String>,
    /// `<root>`: the root device (Xen).
    pub root: Option<String>,
    /// `<shim>`: the path of the shim that verifies the kernel under secure boot.
    pub shim: Option<String>,
}

/// What a container starts (`<init>` and the elements beside it).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Init {
    /// `<init>`
    pub path: Option<String>,
    /// `<initarg>`
    pub args: Vec<String>,
    /// `<initenv name=>`, name and value.
    pub env: Vec<(String, String)>,
    /// `<initdir>`
    pub dir: Option<String>,
    /// `<inituser>`
    pub user: Option<String>,
    /// `<initgroup>`
    pub group: Option<String>,
}

spelled! {
    /// A kind of boot device (`<boot dev=>`).
    pub enum BootDev {
        /// The first floppy.
        Floppy = "fd",
        /// The first hard disk.
        Disk = "hd",
        /// The first CD-ROM.
        Cdrom = "cdrom",
        /// The first network interface.
        Network = "network",
    }
}

/// `<bootmenu>`: the boot menu of the BIOS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BootMenu {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `enable=`. Before 9.0, any word but `yes` is read as `no`.
    pub enable: Option<YesNo>,
    /// `timeout=`, in milliseconds; read only with `enable='yes'`. A rule bounds it to 65535.
    pub timeout: Option<u32>,
}

spelled! {
    /// The source of the guest's SMBIOS tables (`<smbios mode=>`).
    pub enum SmbiosMode {
        /// QEMU's values.
        Emulate = "emulate",
        /// The host's values.
        Host = "host",
        /// The values of `<sysinfo>`.
        Sysinfo = "sysinfo",
    }
}

spelled! {
    /// The content of the file of an `<acpi><table>` (`type=`).
    pub enum AcpiTableType {
        /// One table with its header.
        Raw = "raw" since "11.2",
        /// Several tables with their headers, concatenated.
        RawSet = "rawset" since "11.2",
        /// The software licensing table.
        Slic = "slic",
        /// The Microsoft data management table.
        Msdm = "msdm" since "11.2",
    }
}

/// `<acpi><table>`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcpiTable {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `type=`
    pub kind: AcpiTableType,
    /// The path of the file.
    pub path: String,
}

/// The words for `<os><type>`; QEMU runs the first.
const OS_TYPES: &[&str] = &["hvm", "xen", "linux", "exe", "uml", "xenpvh"];

impl Os {
    /// Whether the firmware is in flash memory (`<loader type='pflash'>`), as UEFI is.
    pub fn has_flash(&self) -> bool {
        self.loader.as_ref().is_some_and(|loader| loader.kind == Some(LoaderType::Pflash))
    }

    /// Reads `<os><type>` and `<bootloader>`, which libvirt reads first of all.
    pub(crate) fn read_type(domain: El<'_>, r: &mut Reader) -> Self {
        let mut os = Self {
            bootloader: domain.child_text("bootloader"),
            bootloader_args: domain.child_text("bootloader_args"),
            ..Self::default()
        };
        let el = domain.child("os");
        os.pos = el.map(El::pos).unwrap_or_default();
        let kind = el.and_then(|el| el.child("type"));
        let text = |name| kind.and_then(|kind| kind.string(name)).filter(|text| !text.is_empty());
        os.arch = text("arch");
        os.machine = text("machine");
        os.os_type = kind.map(El::text).filter(|word| !word.is_empty());
        match (kind, &os.os_type) {
            (Some(kind), Some(word)) if !OS_TYPES.contains(&word.as_str()) => {
                let message = Message::new(format!("bad value `{word}` in `<type>`"));
                let message = message.with_words(kind.pos(), word, vec!["hvm"]);
                r.refuse(&OS_TYPE_UNKNOWN, kind.pos(), message);
            }
            (_, Some(_)) => {}
            // A domain with `<bootloader>` is a paravirtualized Xen guest.
            (_, None) if os.bootloader.is_some() => os.os_type = Some("xen".to_owned()),
            (_, None) => {
                let place = el.map_or(domain.pos().path("os/type"), |el| el.pos().path("type"));
                r.refuse(&OS_TYPE_MISSING, place, "`<os>` has no `<type>`");
            }
        }
        os
    }

    /// Reads how the guest boots, which libvirt reads just before the devices.
    pub(crate) fn read_boot(&mut self, domain: El<'_>, r: &mut Reader) {
        let Some(el) = domain.child("os") else { return };
        self.firmware = r.attr_as(PLAIN_BEFORE_9_0, el, "firmware");
        // Only a container has a program to start.
        if self.os_type.as_deref() == Some("exe") {
            self.init = Init::read(el);
        }
        self.direct = DirectBoot::read(el, r);
        if let Some(features) = r.child_since("7.2", el, "firmware") {
            self.features_pos = features.pos();
            self.firmware_features = read::all(features, "feature", r);
        }
        self.loader = read::one(el, "loader", r);
        self.nvram = read::one(el, "nvram", r);
        if let Some(varstore) = r.child_since("12.1", el, "varstore") {
            self.varstore = Varstore::read(varstore, r);
            if self.nvram.is_some() {
                r.refuse(&OS_TWO_STORES, varstore.pos(), "`<os>` has both a `<nvram>` and a `<varstore>`");
            }
        }
        if let Some(acpi) = el.child("acpi") {
            self.acpi_tables = read::all(acpi, "table", r);
            if let Some(second) = acpi.children("table").nth(1) {
                let message = "`<acpi>` has more than one `<table>`";
                r.refuse_second(&OS_ACPI_TABLES, second, message);
            }
            self.check_acpi_tables(r);
        }
        let boots = el.children("boot").take(BootDev::ALL.len());
        self.boot_devs = boots
            .filter_map(|boot| r.required_as(INTERNAL_BEFORE_9_0, UNSUPPORTED_BEFORE_9_0, boot, "dev"))
            .collect();
        self.boot_menu = read::one(el, "bootmenu", r);
        if let Some(bios) = el.child("bios") {
            // As for `<bootmenu enable=>`, libvirt takes any other word as no.
            self.use_serial = bios.get("useserial").map(|word| YesNo::from(word == "yes"));
            self.reboot_timeout = read_reboot_timeout(bios, r);
        }
    }

    fn check_acpi_tables(&self, r: &mut Reader) {
        let mut known = Vec::new();
        for table in self.acpi_tables.iter().filter(|table| table.kind != AcpiTableType::Raw) {
            if known.contains(&table.kind) {
                let message = format!("`<acpi>` has more than one `<table>` of type `{}`", table.kind);
                return r.refuse(&OS_ACPI_TABLE_TWICE, table.pos, message);
            }
            known.push(table.kind);
        }
    }

    /// Reads `<smbios>`, which libvirt reads after the devices.
    pub(crate) fn read_smbios(&mut self, domain: El<'_>, r: &mut Reader) {
        let smbios = domain.child("os").and_then(|el| el.child("smbios"));
        // Without `mode=` libvirt ignores the element.
        self.smbios = smbios.and_then(|smbios| r.attr_as(Class::Unsupported, smbios, "mode"));
    }

    pub(crate) fn write(&self, w: &mut Writer) {
        if let Some(bootloader) = &self.bootloader {
            w.text_element("bootloader", bootloader);
        }
        w.opt_text_element("bootloader_args", self.bootloader_args.as_ref());
        w.element("os").opt("firmware", self.firmware).children_or_nothing(|w| self.write_content(w));
    }

    fn write_content(&self, w: &mut Writer) {
        let tag = w.element("type").opt("arch", self.arch.as_ref()).opt("machine", self.machine.as_ref());
        match &self.os_type {
            Some(os_type) => tag.text(os_type),
            None => tag.children_or_nothing(|_| {}),
        }
        if !self.firmware_features.is_empty() {
            w.element("firmware").children(|w| read::write_all(&self.firmware_features, w));
        }
        self.init.write(w);
        read::write_opt(self.loader.as_ref(), w);
        read::write_opt(self.nvram.as_ref(), w);
        read::write_opt(self.varstore.as_ref(), w);
        self.direct.write(w);
        if !self.acpi_tables.is_empty() {
            w.element("acpi").children(|w| read::write_all(&self.acpi_tables, w));
        }
        for dev in &self.boot_devs {
            w.element("boot").attr("dev", dev).empty();
        }
        read::write_opt(self.boot_menu.as_ref(), w);
        if let Some(mode) = self.smbios {
            w.element("smbios").attr("mode", mode).empty();
        }
        if self.use_serial.is_some() || self.reboot_timeout.is_some() {
            w.element("bios")
                .opt("useserial", self.use_serial)
                .opt("rebootTimeout", self.reboot_timeout)
                .empty();
        }
    }
}

/// `<bios rebootTimeout=>`. A rule bounds it.
fn read_reboot_timeout(bios: El<'_>, r: &mut Reader) -> Option<i32> {
    let timeout = bios.get("rebootTimeout")?;
    let number = match timeout.trim_start().strip_prefix('-') {
        Some(digits) => digits.parse().ok().map(|number: i32| -number),
        None => AnyBase::<i32>::parse(timeout).ok().map(|number| number.0),
    };
    if number.is_none() {
        let message = format!("`rebootTimeout` of `<bios>` is `{timeout}`, expected a whole number");
        let place = attr_place(bios, "rebootTimeout");
        r.refuse_as(UNSUPPORTED_BEFORE_9_0, &read::ATTRIBUTE_VALUE, place, message);
    }
    number
}

impl DirectBoot {
    fn read(os: El<'_>, r: &Reader) -> Self {
        // An empty element is read as absent.
        let text = |name| os.child_text(name);
        Self {
            kernel: text("kernel"),
            initrd: text("initrd"),
            cmdline: text("cmdline"),
            dtb: text("dtb"),
            root: text("root"),
            shim: text("shim").filter(|_| r.knows("11.2")),
        }
    }

    fn write(&self, w: &mut Writer) {
        w.opt_text_element("kernel", self.kernel.as_ref());
        w.opt_text_element("initrd", self.initrd.as_ref());
        w.opt_text_element("cmdline", self.cmdline.as_ref());
        w.opt_text_element("shim", self.shim.as_ref());
        w.opt_text_element("dtb", self.dtb.as_ref());
        w.opt_text_element("root", self.root.as_ref());
    }
}

impl Init {
    fn read(os: El<'_>) -> Self {
        Self {
            path: os.child_text("init"),
            args: os.children("initarg").map(El::text).collect(),
            env: os
                .children("initenv")
                .map(|env| (env.string("name").unwrap_or_default(), env.text()))
                .collect(),
            dir: os.child_text("initdir"),
            user: os.child_text("inituser"),
            group: os.child_text("initgroup"),
        }
    }

    fn write(&self, w: &mut Writer) {
        w.opt_text_element("init", self.path.as_ref());
        for arg in &self.args {
            w.text_element("initarg", arg);
        }
        for (name, value) in &self.env {
            w.element("initenv").attr("name", name).text(value);
        }
        w.opt_text_element("initdir", self.dir.as_ref());
        w.opt_text_element("inituser", self.user.as_ref());
        w.opt_text_element("initgroup", self.group.as_ref());
    }
}

impl Element for BootMenu {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        // Earlier releases take any other word than "yes" as no. The timeout is ignored where there is no menu.
        let enable =
            if r.knows("9.0") { r.attr(el, "enable")? } else { YesNo::from(el.get("enable")? == "yes") };
        let timeout = el.get("timeout").filter(|_| enable.is_yes());
        let timeout = timeout.and_then(|_| r.attr_as::<AnyBase<u32>>(UNSUPPORTED_BEFORE_9_0, el, "timeout"));
        Some(Self { pos: el.pos(), enable: Some(enable), timeout: timeout.map(|number| number.0) })
    }

    fn write(&self, w: &mut Writer) {
        w.element("bootmenu").opt("enable", self.enable).opt("timeout", self.timeout).empty();
    }
}

impl Element for AcpiTable {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        Some(Self { pos: el.pos(), kind: r.required(el, "type")?, path: el.text() })
    }

    fn write(&self, w: &mut Writer) {
        w.element("table").attr("type", self.kind).text(&self.path);
    }
}
