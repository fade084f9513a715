//! Rules on `<iommu>`.

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::iommu::{Granule, Iommu, IommuDriver, IommuModel};
use virtargv_model::features::IoApic;
use virtargv_model::info::Address;
use virtargv_model::{Message, OnOff};

use crate::{Context, Findings};

virtargv_model::rules! {
    /// Interrupt remapping needs the I/O APIC in QEMU.
    SPLIT = "iommu-intremap-ioapic": Unsupported, Validate,
        "`<iommu><driver intremap='on'/>` and `<features><ioapic driver='qemu'/>`: `intel-iommu` and `amd-iommu` remap interrupts with `-machine kernel-irqchip=split` only",
        help "add `<ioapic driver='qemu'/>` to `<features>`";
    /// Extended interrupt mode needs interrupt remapping.
    EIM = "iommu-eim-intremap": Unsupported, Validate,
        "`<iommu><driver eim='on'/>`: `eim=on` and `intremap=on` of `intel-iommu`",
        help "set `intremap='on'` in `<driver>`";
    /// An option of an IOMMU is one of its model.
    OPTIONS = "iommu-options": Xml, Validate,
        "`<iommu><driver>`: properties of `intel-iommu`, `amd-iommu`, `virtio-iommu` and `arm-smmuv3`; libvirt lets `passthrough=` and `xtsup=` of `virtio` pass, without effect",
        help "remove the option from `<driver>`, or use the model that has it",
        since "9.0";
    /// Options of an accelerated SMMUv3 need acceleration.
    ACCEL = "iommu-accel": Xml, Validate,
        "`<iommu model='smmuv3'><driver ats= ril= ssidsize= oas= cmdqv=>`: what the guest sees of the host's SMMUv3, which needs `accel=on` of `arm-smmuv3`",
        help "set `accel='on'` in `<driver>`, or remove the other attributes", since "12.7";
    /// The granule of an IOMMU is 4, 8, 16 or 64 KiB.
    GRANULE = "iommu-granule-size": Unsupported, Validate,
        "`<iommu><driver><granule size=>`: `granule=` of `virtio-iommu` is `4k`, `8k`, `16k` or `64k`",
        help "use 4, 8, 16 or 64 KiB, or `mode='host'`", since "12.1";
    /// Only an IOMMU of model `virtio` or `amd` has an address.
    ADDRESS = "iommu-address": Xml, Validate,
        "`<iommu><address>`: the others are part of the machine",
        help "remove the `<address>`",
        since "9.0";
    /// The model of an IOMMU is one of the machine type.
    MACHINE = "iommu-machine": Unsupported, Validate,
        "`<iommu model=>`: `intel` and `amd` are of Q35, `smmuv3` of Arm `virt`, `virtio` of both",
        help "use a model of the machine type";
    /// The model of an IOMMU is one that this QEMU has.
    DEVICE = "iommu-device": Unsupported, Validate,
        "`<iommu model=>`: `intel-iommu`, `amd-iommu` with `pci-id=`, `-machine iommu=smmuv3`, `arm-smmuv3`, and `virtio-iommu-pci` with `boot-bypass=`",
        help "use another model, or a QEMU that has it";
    /// An IOMMU of model `virtio` or `amd` has an address of type `pci`.
    PCI_ADDRESS = "iommu-pci-address": Unsupported, Validate,
        "`<iommu model=><address>`: `virtio-iommu-pci` and `AMDVI-PCI`",
        help "use `<address type='pci'>`, or remove the `<address>`";
    /// An IOMMU of model `virtio` needs ACPI.
    ACPI = "iommu-virtio-acpi": Unsupported, Validate,
        "`<iommu model='virtio'>`: the guest finds `virtio-iommu` by the ACPI table VIOT",
        help "add `<acpi/>` to `<features>`";
    /// An option of an IOMMU needs a QEMU that has it.
    OPTION = "iommu-option": Unsupported, Validate,
        "`<iommu><driver>`: properties of the device that came with later QEMUs",
        help "remove the attribute from `<driver>`, or use a QEMU that has it";
    /// The PCI bus of an IOMMU exists.
    PCI_BUS = "iommu-pci-bus": Internal, Build,
        "`<iommu model='smmuv3'><driver pciBus=>`: `primary-bus=` of `arm-smmuv3`, the index of a PCI controller",
        help "add the `<controller type='pci'>`, or change `pciBus=`", since "11.10";
}

/// Checks `<iommu>` against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    for iommu in &cx.domain.devices.iommus {
        let Some(model) = iommu.model else { continue };
        format_rules(cx, iommu, model, out);
        machine(cx, iommu, model, out);
        options(cx, iommu, model, out);
        together(cx, iommu, out);
    }
}

/// The attributes of a `<driver>` that are given, but for the granule.
fn given(driver: &IommuDriver) -> impl Iterator<Item = &'static str> {
    let all = [
        ("intremap", driver.intremap.is_some()),
        ("caching_mode", driver.caching_mode.is_some()),
        ("eim", driver.eim.is_some()),
        ("iotlb", driver.iotlb.is_some()),
        ("aw_bits", driver.aw_bits.is_some()),
        ("dma_translation", driver.dma_translation.is_some()),
        ("xtsup", driver.xtsup.is_some()),
        ("passthrough", driver.passthrough.is_some()),
        ("pciBus", driver.pci_bus.is_some()),
        ("accel", driver.accel.is_some()),
        ("cmdqv", driver.cmdqv.is_some()),
        ("ats", driver.ats.is_some()),
        ("ril", driver.ril.is_some()),
        ("ssidsize", driver.ssidsize.is_some()),
        ("oas", driver.oas.is_some()),
        ("granule", driver.granule.is_some()),
    ];
    all.into_iter().filter(|(_, given)| *given).map(|(name, _)| name)
}

/// The options of a model.
fn of_model(cx: &Context<'_>, model: IommuModel) -> &'static [&'static str] {
    match model {
        IommuModel::Intel => &["intremap", "caching_mode", "eim", "iotlb", "aw_bits", "dma_translation"],
        IommuModel::Amd => &["intremap", "iotlb", "xtsup", "passthrough"],
        IommuModel::Virtio if cx.release.has(Convention::VirtioIommuOptions) => {
            &["aw_bits", "granule", "xtsup", "passthrough"]
        }
        IommuModel::Virtio => &[],
        IommuModel::Smmuv3 => &["pciBus", "accel", "cmdqv", "ats", "ril", "ssidsize", "oas"],
    }
}

/// The options of an SMMUv3 that need `accel='on'`.
const ACCELERATED: [&str; 5] = ["cmdqv", "ats", "ril", "ssidsize", "oas"];

/// The rules of the domain format, which do not depend on QEMU.
fn format_rules(cx: &Context<'_>, iommu: &Iommu, model: IommuModel, out: &mut Findings<'_>) {
    let driver = &iommu.driver;
    let known = of_model(cx, model);
    for name in given(driver).filter(|name| !known.contains(name)) {
        let message =
            format!("the option `{name}` in `<driver>` is not supported for an IOMMU of model `{model}`");
        out.refuse(&OPTIONS, iommu.info.pos.path("driver"), message);
    }
    if model == IommuModel::Smmuv3
        && driver.accel != Some(OnOff::On)
        && let Some(name) = given(driver).find(|name| ACCELERATED.contains(name))
    {
        let message = format!("`{name}` of an IOMMU of model `{model}` needs `accel` to be `on`");
        out.refuse(&ACCEL, iommu.info.pos.path("driver"), message);
    }
    if !is_pci(model) && iommu.info.address.is_some() {
        let message = format!("an `<address>` is not supported for an IOMMU of model `{model}`");
        out.refuse(&ADDRESS, iommu.info.pos.path("address"), message);
    }
}

/// Whether an IOMMU of `model` is a PCI device.
fn is_pci(model: IommuModel) -> bool {
    matches!(model, IommuModel::Virtio | IommuModel::Amd)
}

fn machine(cx: &Context<'_>, iommu: &Iommu, model: IommuModel, out: &mut Findings<'_>) {
    let guest = cx.guest;
    let place = iommu.info.pos.attr("model");
    let (fits, wanted, has) = match model {
        IommuModel::Intel => {
            let has = cx.has(Cap::DeviceIntelIommu) || cx.has(Cap::MachineIommu);
            (guest.is_q35(), "`q35`", has)
        }
        IommuModel::Amd => (guest.is_q35(), "`q35`", cx.has(Cap::AmdIommu) && cx.has(Cap::AmdIommuPciId)),
        IommuModel::Smmuv3 => {
            let cap =
                if iommu.driver.pci_bus.is_some() { Cap::DeviceArmSmmuv3 } else { Cap::MachineVirtIommu };
            (guest.is_arm_virt(), "`virt` on Arm", cx.has(cap))
        }
        IommuModel::Virtio => {
            let has = cx.has(Cap::DeviceVirtioIommuPci);
            (guest.is_q35() || guest.is_arm_virt(), "`q35`, or `virt` on Arm", has)
        }
    };
    if !fits {
        let message =
            format!("an IOMMU of model `{model}` needs a machine of type {wanted}, not `{}`", guest.machine);
        let help = if guest.is_q35() {
            "use `model='intel'` or `model='amd'`, or `model='virtio'` with `<acpi/>` in `<features>`"
        } else if guest.is_arm_virt() {
            "use `model='smmuv3'`, or `model='virtio'` with `<acpi/>` in `<features>`"
        } else {
            "remove the `<iommu>`, or use machine type `q35` or, on Arm, `virt`"
        };
        out.refuse(&MACHINE, place, Message::new(message).with_help(help));
        return;
    }
    if !has {
        out.refuse(&DEVICE, place, format!("an IOMMU of model `{model}` is not supported by this QEMU"));
        return;
    }
    if is_pci(model) && !matches!(iommu.info.address, Some(Address::Pci(_))) {
        let message = format!("an IOMMU of model `{model}` needs an address of type `pci`");
        out.refuse(&PCI_ADDRESS, iommu.info.pos.path("address"), message);
    }
    if model == IommuModel::Virtio {
        if !cx.has(Cap::VirtioIommuBootBypass) {
            out.refuse(
                &DEVICE,
                place.clone(),
                format!("this QEMU has no `boot-bypass` for an IOMMU of model `{model}`"),
            );
        }
        if !cx.domain.features.acpi {
            let message = format!("an IOMMU of model `{model}` needs `<acpi/>` in `<features>`");
            out.refuse(&ACPI, place, message);
        }
    }
}

fn options(cx: &Context<'_>, iommu: &Iommu, model: IommuModel, out: &mut Findings<'_>) {
    let driver = &iommu.driver;
    let intel = [
        ("intremap", driver.intremap.is_some(), Cap::IntelIommuIntremap),
        ("caching_mode", driver.caching_mode.is_some(), Cap::IntelIommuCachingMode),
        ("eim", driver.eim.is_some(), Cap::IntelIommuEim),
        ("iotlb", driver.iotlb.is_some(), Cap::IntelIommuDeviceIotlb),
        ("aw_bits", driver.aw_bits.is_some_and(|bits| bits > 0), Cap::IntelIommuAwBits),
        ("dma_translation", driver.dma_translation.is_some(), Cap::IntelIommuDmaTranslation),
    ];
    let amd = [("xtsup", driver.xtsup.is_some(), Cap::AmdIommuXtsup)];
    let virtio = [("aw_bits", driver.aw_bits.is_some_and(|bits| bits > 0), Cap::VirtioIommuAwBits)];
    let smmuv3 = [
        ("accel", driver.accel.is_some(), Cap::ArmSmmuv3Accel),
        ("cmdqv", driver.cmdqv.is_some(), Cap::ArmSmmuv3Cmdqv),
    ];
    let rows: &[(&str, bool, Cap)] = match model {
        IommuModel::Intel => &intel,
        IommuModel::Amd => &amd,
        IommuModel::Virtio => &virtio,
        IommuModel::Smmuv3 => &smmuv3,
    };
    let known = of_model(cx, model);
    let lacking = rows.iter().filter(|(name, given, cap)| *given && known.contains(name) && !cx.has(*cap));
    for (name, _, _) in lacking {
        let message = format!("`{name}` of an IOMMU is not supported by this QEMU");
        out.refuse(&OPTION, iommu.info.pos.path("driver"), message);
    }
    if let Some(Granule::Size(size)) = driver.granule.filter(|_| model == IommuModel::Virtio)
        && ![4, 8, 16, 64].contains(&size.0)
    {
        let message = format!("the `granule` of an IOMMU is `{}` KiB, it must be 4, 8, 16 or 64 KiB", size.0);
        out.refuse(&GRANULE, iommu.info.pos.path("driver/granule"), message);
    }
}

/// Options that need others.
fn together(cx: &Context<'_>, iommu: &Iommu, out: &mut Findings<'_>) {
    let on = |switch: Option<OnOff>| switch == Some(OnOff::On);
    let driver = &iommu.driver;
    if on(driver.intremap) && cx.domain.features.ioapic != Some(IoApic::Qemu) {
        let message = "`intremap` of an IOMMU needs `ioapic` with driver `qemu` among the `<features>`";
        out.refuse(&SPLIT, iommu.info.pos.path("driver/@intremap"), message);
    }
    if on(driver.eim) && !on(driver.intremap) {
        let message = "`eim` of an IOMMU needs `intremap` to be `on`";
        out.refuse(&EIM, iommu.info.pos.path("driver/@eim"), message);
    }
}
