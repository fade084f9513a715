//! Rules on `<iommu>`.

use virtargv_caps::{Cap, Convention};
use virtargv_model::OnOff;
use virtargv_model::device::iommu::{Iommu, IommuModel};
use virtargv_model::features::IoApic;
use virtargv_model::info::Address;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// A guest has one IOMMU at most.
    ONE = "iommu-one": Xml, Complete, "iommu";
    /// An Intel IOMMU that remaps interrupts has part of the interrupt controller in QEMU.
    SPLIT = "iommu-intremap-ioapic": Unsupported, Validate, "iommu/driver/@intremap, features/ioapic/@driver";
    /// Interrupts to many CPUs are remapped ones.
    EIM = "iommu-eim-intremap": Unsupported, Validate, "iommu/driver/@eim, iommu/driver/@intremap";
    /// The options are those of an Intel IOMMU.
    OPTIONS = "iommu-options": Xml, Validate, "iommu/driver";
    /// Only a virtio IOMMU has an address.
    ADDRESS = "iommu-address": Xml, Validate, "iommu/address";
    /// Each IOMMU is for the machines that have it.
    MACHINE = "iommu-machine": Unsupported, Validate, "iommu/@model";
    /// An IOMMU needs a QEMU that has it.
    DEVICE = "iommu-device": Unsupported, Validate, "iommu/@model; intel-iommu, virtio-iommu-pci";
    /// A virtio IOMMU is on PCI.
    VIRTIO_ADDRESS = "iommu-virtio-address": Unsupported, Validate, "iommu/address";
    /// A virtio IOMMU is announced by ACPI.
    ACPI = "iommu-virtio-acpi": Unsupported, Validate, "iommu[@model='virtio'], features/acpi";
    /// An option of an IOMMU needs a QEMU that has it.
    OPTION = "iommu-option": Unsupported, Validate, "iommu/driver";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let iommus = &cx.domain.devices.iommus;
    if let Some(second) = iommus.get(1) {
        out.refuse(&ONE, second.info.pos, "a domain has one 'iommu' at most");
    }
    for iommu in iommus {
        let Some(model) = iommu.model else { continue };
        let format_first = cx.release.has(Convention::FormatRulesFirst);
        if format_first {
            format_rules(iommu, model, out);
        }
        machine(cx, iommu, model, out);
        options(cx, iommu, out);
        together(cx, iommu, out);
    }
}

/// Rules that hang on no QEMU, which older releases do not have.
fn format_rules(iommu: &Iommu, model: IommuModel, out: &mut Findings<'_>) {
    if model != IommuModel::Intel && !iommu.driver.is_empty() {
        let message = format!("an IOMMU of model '{model}' has no options in 'driver'");
        out.refuse(&OPTIONS, iommu.info.pos.path("driver"), message);
    }
    if model != IommuModel::Virtio && iommu.info.address.is_some() {
        let message = format!("an IOMMU of model '{model}' has no 'address'");
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
            (guest.is_q35() || guest.is_arm_virt(), "Q35 and Arm 'virt'", has)
        }
    };
    if !fits {
        let message = format!(
            "an IOMMU of model '{model}' is for {wanted} machines, not for machine type '{}'",
            guest.machine
        );
        out.refuse(&MACHINE, place, message);
        return;
    }
    if !has {
        out.refuse(&DEVICE, place, format!("this QEMU has no IOMMU of model '{model}'"));
        return;
    }
    if model == IommuModel::Virtio {
        if !matches!(iommu.info.address, Some(Address::Pci(_))) {
            let message = format!("an IOMMU of model '{model}' has an address of another type than 'pci'");
            out.refuse(&VIRTIO_ADDRESS, iommu.info.pos.path("address"), message);
        }
        if !cx.has(Cap::VirtioIommuBootBypass) {
            out.refuse(
                &DEVICE,
                place.clone(),
                format!("this QEMU has no bypass for an IOMMU of model '{model}'"),
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
        let message = format!("this QEMU takes no '{name}' for an IOMMU");
        out.refuse(&OPTION, iommu.info.pos.path("driver"), message);
    }
}

/// What has to be there too.
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
