//! Rules on `<iommu>`.

use virtargv_caps::Cap;
use virtargv_model::OnOff;
use virtargv_model::device::iommu::{Iommu, IommuModel};
use virtargv_model::features::IoApic;
use virtargv_model::info::Address;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// Interrupt remapping needs the I/O APIC in QEMU.
    SPLIT = "iommu-intremap-ioapic": Unsupported, Validate,
        "`<iommu><driver intremap='on'/>` and `<features><ioapic driver='qemu'/>`: `intel-iommu` remaps interrupts with `-machine kernel-irqchip=split` only",
        help "add `<ioapic driver='qemu'/>` to `<features>`";
    /// Extended interrupt mode needs interrupt remapping.
    EIM = "iommu-eim-intremap": Unsupported, Validate,
        "`<iommu><driver eim='on'/>`: `eim=on` and `intremap=on` of `intel-iommu`",
        help "set `intremap='on'` in `<driver>`";
    /// Only an IOMMU of model `intel` has options.
    OPTIONS = "iommu-options": Xml, Validate,
        "`<iommu><driver>`: properties of `intel-iommu`",
        help "remove `<driver>`, or use `model='intel'`",
        since "9.0";
    /// Only an IOMMU of model `virtio` has an address.
    ADDRESS = "iommu-address": Xml, Validate,
        "`<iommu><address>`: the others are part of the machine",
        help "remove the `<address>`",
        since "9.0";
    /// The model of an IOMMU is one of the machine type.
    MACHINE = "iommu-machine": Unsupported, Validate,
        "`<iommu model=>`: `intel` is of Q35, `smmuv3` of Arm `virt`, `virtio` of both",
        help "use the model of the machine type";
    /// The model of an IOMMU is one that this QEMU has.
    DEVICE = "iommu-device": Unsupported, Validate,
        "`<iommu model=>`: `intel-iommu`, `-machine iommu=smmuv3`, and `virtio-iommu-pci` with `boot-bypass=`",
        help "use another model, or a QEMU that has it";
    /// An IOMMU of model `virtio` has an address of type `pci`.
    VIRTIO_ADDRESS = "iommu-virtio-address": Unsupported, Validate,
        "`<iommu model='virtio'><address>`: `virtio-iommu-pci`",
        help "use `<address type='pci'>`, or remove the `<address>`";
    /// An IOMMU of model `virtio` needs ACPI.
    ACPI = "iommu-virtio-acpi": Unsupported, Validate,
        "`<iommu model='virtio'>`: the guest finds `virtio-iommu` by the ACPI table VIOT",
        help "add `<acpi/>` to `<features>`";
    /// An option of an IOMMU needs a QEMU that has it.
    OPTION = "iommu-option": Unsupported, Validate,
        "`<iommu><driver>`: properties of `intel-iommu` that came with later QEMUs",
        help "remove the attribute from `<driver>`, or use a QEMU that has it";
}

/// Checks `<iommu>` against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    for iommu in &cx.domain.devices.iommus {
        let Some(model) = iommu.model else { continue };
        format_rules(iommu, model, out);
        machine(cx, iommu, model, out);
        options(cx, iommu, out);
        together(cx, iommu, out);
    }
}

/// The rules of the domain format, which do not depend on QEMU.
fn format_rules(iommu: &Iommu, model: IommuModel, out: &mut Findings<'_>) {
    if model != IommuModel::Intel && !iommu.driver.is_empty() {
        let message = format!("options in 'driver' are not supported for an IOMMU of model '{model}'");
        out.refuse(&OPTIONS, iommu.info.pos.path("driver"), message);
    }
    if model != IommuModel::Virtio && iommu.info.address.is_some() {
        let message = format!("an 'address' is not supported for an IOMMU of model '{model}'");
        out.refuse(&ADDRESS, iommu.info.pos.path("address"), message);
    }
}

fn machine(cx: &Context<'_>, iommu: &Iommu, model: IommuModel, out: &mut Findings<'_>) {
    let guest = cx.guest;
    let place = iommu.info.pos.attr("model");
    let (fits, wanted, has) = match model {
        IommuModel::Intel => {
            let has = cx.has(Cap::DeviceIntelIommu) || cx.has(Cap::MachineIommu);
            (guest.is_q35(), "Q35", has)
        }
        IommuModel::Smmuv3 => (guest.is_arm_virt(), "Arm 'virt'", cx.has(Cap::MachineVirtIommu)),
        IommuModel::Virtio => {
            let has = cx.has(Cap::DeviceVirtioIommuPci);
            (guest.is_q35() || guest.is_arm_virt(), "Q35 or Arm 'virt'", has)
        }
    };
    if !fits {
        let message = format!(
            "an IOMMU of model '{model}' needs a {wanted} machine, not machine type '{}'",
            guest.machine
        );
        out.refuse(&MACHINE, place, message);
        return;
    }
    if !has {
        out.refuse(&DEVICE, place, format!("an IOMMU of model '{model}' is not supported by this QEMU"));
        return;
    }
    if model == IommuModel::Virtio {
        if !matches!(iommu.info.address, Some(Address::Pci(_))) {
            let message = format!("an IOMMU of model '{model}' needs an address of type 'pci'");
            out.refuse(&VIRTIO_ADDRESS, iommu.info.pos.path("address"), message);
        }
        if !cx.has(Cap::VirtioIommuBootBypass) {
            out.refuse(
                &DEVICE,
                place.clone(),
                format!("this QEMU has no 'boot-bypass' for an IOMMU of model '{model}'"),
            );
        }
        if !cx.domain.features.acpi {
            let message = format!("an IOMMU of model '{model}' needs 'acpi' among the 'features'");
            out.refuse(&ACPI, place, message);
        }
    }
}

fn options(cx: &Context<'_>, iommu: &Iommu, out: &mut Findings<'_>) {
    let driver = &iommu.driver;
    let rows = [
        ("intremap", driver.intremap.is_some(), Cap::IntelIommuIntremap),
        ("caching_mode", driver.caching_mode.is_some(), Cap::IntelIommuCachingMode),
        ("eim", driver.eim.is_some(), Cap::IntelIommuEim),
        ("iotlb", driver.iotlb.is_some(), Cap::IntelIommuDeviceIotlb),
        ("aw_bits", driver.aw_bits.is_some_and(|bits| bits > 0), Cap::IntelIommuAwBits),
        ("dma_translation", driver.dma_translation.is_some(), Cap::IntelIommuDmaTranslation),
    ];
    for (name, _, _) in rows.into_iter().filter(|(_, given, cap)| *given && !cx.has(*cap)) {
        let message = format!("'{name}' of an IOMMU is not supported by this QEMU");
        out.refuse(&OPTION, iommu.info.pos.path("driver"), message);
    }
}

/// Options that need others.
fn together(cx: &Context<'_>, iommu: &Iommu, out: &mut Findings<'_>) {
    let on = |switch: Option<OnOff>| switch == Some(OnOff::On);
    let driver = &iommu.driver;
    if on(driver.intremap) && cx.domain.features.ioapic != Some(IoApic::Qemu) {
        let message = "'intremap' of an IOMMU needs 'ioapic' with driver 'qemu' among the 'features'";
        out.refuse(&SPLIT, iommu.info.pos.path("driver/@intremap"), message);
    }
    if on(driver.eim) && !on(driver.intremap) {
        let message = "'eim' of an IOMMU needs 'intremap' to be 'on'";
        out.refuse(&EIM, iommu.info.pos.path("driver/@eim"), message);
    }
}
