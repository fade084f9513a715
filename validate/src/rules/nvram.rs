//! Rules on `<nvram>`.

use virtargv_caps::Cap;
use virtargv_model::info::Address;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// There is one NVRAM device.
    NVRAM_SINGLE = "nvram-single": Xml, Complete, "the machine has one";
    /// Only pseries machines have an NVRAM device.
    NVRAM_MACHINE = "nvram-machine": Unsupported, Validate, "`spapr-nvram`";
    /// The NVRAM device is on the virtual I/O bus.
    NVRAM_ADDRESS = "nvram-address": Xml, Validate, "`reg=` of `spapr-nvram`";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let nvrams = &cx.domain.devices.nvrams;
    if let Some(extra) = nvrams.get(1) {
        out.refuse(&NVRAM_SINGLE, extra.info.pos, "a guest has one device 'nvram'");
    }
    for nvram in nvrams {
        if !cx.guest.is_pseries() || !cx.has(Cap::DeviceNvram) {
            let message = format!("machine '{}' of this QEMU has no device 'nvram'", cx.guest.machine);
            out.refuse(&NVRAM_MACHINE, nvram.info.pos, message);
        } else if !matches!(nvram.info.address, Some(Address::SpaprVio { reg: Some(_) })) {
            let message = "the 'address' of a device 'nvram' is of type 'spapr-vio'";
            out.refuse(&NVRAM_ADDRESS, nvram.info.pos.path("address"), message);
        }
    }
}
