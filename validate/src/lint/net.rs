//! Lints on interfaces.

use virtargv_caps::Cap;
use virtargv_model::advice::Message;
use virtargv_model::device::net::{InterfaceType, KnownModel, NicModel};

use super::{Context, Found};

virtargv_model::rules! {
    /// The model of a network device is one that QEMU has.
    MODEL = "nic-model-unknown": Plain, Validate,
        "a model that libvirt does not know is passed to QEMU as the name of a device; QEMU does not start where it has none of that name",
        help "use a model that QEMU has, such as `virtio` or `e1000e`", severity Warning;
}

/// The network devices of QEMU, all machine types and versions, by the names that the domain format has for them.
const MODELS: &[&str] = &[
    "virtio",
    "virtio-transitional",
    "virtio-non-transitional",
    "e1000",
    "e1000-82544gc",
    "e1000-82545em",
    "e1000e",
    "igb",
    "i82550",
    "i82551",
    "i82557a",
    "i82557b",
    "i82557c",
    "i82558a",
    "i82558b",
    "i82559a",
    "i82559b",
    "i82559c",
    "i82559er",
    "i82562",
    "i82801",
    "ne2k_isa",
    "ne2k_pci",
    "pcnet",
    "rocker",
    "rtl8139",
    "spapr-vlan",
    "sungem",
    "sunhme",
    "tulip",
    "usb-net",
    "vmxnet3",
    // Devices of boards, which take no `-device`.
    "allwinner-sun8i-emac",
    "cadence_gem",
    "dp8393x",
    "fsl-etsec",
    "eTSEC",
    "ftgmac100",
    "imx.enet",
    "lan9118",
    "lance",
    "mcf_fec",
    "mipsnet",
    "npcm7xx-emc",
    "open_eth",
    "scm91c111",
    "smc91c111",
    "stellaris_enet",
    "xgmac",
    "xlnx.xps-ethernetlite",
    "virtio-net-pci",
    "virtio-net-pci-transitional",
    "virtio-net-pci-non-transitional",
    "virtio-net-device",
    "virtio-net-ccw",
    "xen-net-device",
];

pub(super) fn check(cx: &Context<'_>, out: &mut Found) {
    for nic in &cx.domain.devices.interfaces {
        let Some(model) = &nic.model else { continue };
        if nic.kind() == InterfaceType::Hostdev {
            continue;
        }
        let name = model.as_str();
        let lacks_flag = match model {
            NicModel::Known(KnownModel::Rtl8139) => lacks(cx, Cap::DeviceRtl8139),
            NicModel::Known(KnownModel::E1000) => lacks(cx, Cap::DeviceE1000),
            _ => false,
        };
        if MODELS.iter().any(|known| known.eq_ignore_ascii_case(name)) && !lacks_flag {
            continue;
        }
        let place = nic.info.pos.path("model/@type");
        let message = Message::new(format!("this QEMU has no NIC model `{name}`"));
        out.push(&MODEL, place.clone(), message.with_nearest(place, name, MODELS.iter().copied(), ""));
    }
}

/// Whether the QEMU is known to have no such device. Sets of flags that were made by hand say nothing of it.
fn lacks(cx: &Context<'_>, cap: Cap) -> bool {
    cx.caps.version() > 0 && cx.guest.is_run_by(cx.caps) && !cx.caps.has(cap)
}
