//! Rules on `<shmem>`.

use virtargv_caps::{Cap, Convention};
use virtargv_model::Stage;
use virtargv_model::device::shmem::{Shmem, ShmemModel};
use virtargv_model::info::Address;

use crate::{Context, Findings};

crate::rules! {
    /// Interrupts of shared memory come from a server.
    MSI = "shmem-msi-without-server": Xml, Complete, "domain format: <msi>";
    /// The model needs a server.
    SERVER_NEEDED = "shmem-server-needed": Unsupported, Complete, "QEMU: ivshmem-doorbell takes a socket";
    /// The model has no server.
    SERVER_UNUSED = "shmem-server-unused": Unsupported, Complete, "QEMU: ivshmem-plain takes a memory object";
    /// The server knows the size.
    SIZE_UNUSED = "shmem-size-unused": Unsupported, Complete, "QEMU: ivshmem-doorbell has no size";
    /// The name is one of a file.
    NAME = "shmem-name": Xml, Validate, "it names a file in /dev/shm";
    /// Its size is a power of two, a MiB at least.
    SIZE = "shmem-size": Xml, Validate, "it is a PCI BAR";
    /// The QEMU has the model.
    MODEL = "shmem-model": Unsupported, Validate, "QEMU: ivshmem, ivshmem-plain, ivshmem-doorbell";
    /// Shared memory is on PCI.
    ADDRESS = "shmem-address": Unsupported, Build, "QEMU: ivshmem is a PCI device";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    for shmem in &cx.domain.devices.shmems {
        server(shmem, out);
        if shmem.name.contains('/') || shmem.name == "." || shmem.name == ".." {
            let message =
                format!("attribute 'name' of element 'shmem' is '{}', expected a file's name", shmem.name);
            out.refuse(&NAME, shmem.info.pos.attr("name"), message);
        }
        if !cx.caps.release().has(Convention::ShmemRules) {
            continue;
        }
        if let Some(size) = shmem.size.filter(|size| !size.is_power_of_two() || *size < 1 << 20) {
            let message = format!(
                "element 'size' of element 'shmem' is '{size}' bytes, expected a power of two from 1 MiB"
            );
            out.refuse(&SIZE, shmem.info.pos.path("size"), message);
        }
        model(cx, shmem, Stage::Validate, out);
    }
}

fn server(shmem: &Shmem, out: &mut Findings<'_>) {
    let model = shmem.model.unwrap_or(ShmemModel::Ivshmem);
    let place = shmem.info.pos.path("model/@type");
    if shmem.msi.is_some() && shmem.server.is_none() {
        let message = "element 'msi' of element 'shmem' needs a 'server'";
        out.refuse(&MSI, shmem.info.pos.path("msi"), message);
    } else if model == ShmemModel::IvshmemDoorbell && shmem.server.is_none() {
        out.refuse(&SERVER_NEEDED, place, format!("shared memory of the model '{model}' needs a 'server'"));
    } else if model == ShmemModel::IvshmemPlain && shmem.server.is_some() {
        out.refuse(&SERVER_UNUSED, place, format!("shared memory of the model '{model}' has no 'server'"));
    } else if model == ShmemModel::IvshmemDoorbell && shmem.size.is_some() {
        let message = format!("shared memory of the model '{model}' has no 'size' but its server's");
        out.refuse(&SIZE_UNUSED, shmem.info.pos.path("size"), message);
    }
}

fn model(cx: &Context<'_>, shmem: &Shmem, stage: Stage, out: &mut Findings<'_>) {
    let model = shmem.model.unwrap_or(ShmemModel::Ivshmem);
    let cap = match model {
        ShmemModel::Ivshmem => Cap::DeviceIvshmem,
        ShmemModel::IvshmemPlain => Cap::DeviceIvshmemPlain,
        ShmemModel::IvshmemDoorbell => Cap::DeviceIvshmemDoorbell,
    };
    if !cx.has(cap) {
        let message = format!("this QEMU has no shared memory of the model '{model}'");
        out.refuse_at(stage, &MODEL, shmem.info.pos.path("model/@type"), message);
    }
}

/// Holds what is only found while the line is built; older releases find more there.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    let older = !cx.follows(Convention::ShmemRules);
    for shmem in &cx.domain.devices.shmems {
        let place = shmem.info.pos;
        if let Some(size) = shmem.size.filter(|_| older) {
            let expected = match size {
                _ if !size.is_power_of_two() => Some("a power of two"),
                _ if size < 1 << 20 => Some("1 MiB at least"),
                _ => None,
            };
            if let Some(expected) = expected {
                let message = format!("the size of shared memory is '{size}' bytes, expected {expected}");
                out.refuse_at(Stage::Build, &SIZE, place.path("size"), message);
            }
        }
        if !matches!(shmem.info.address, None | Some(Address::Pci(_))) {
            let message = "shared memory can only have an address of type 'pci'";
            out.refuse(&ADDRESS, place.path("address/@type"), message);
        }
        if older {
            model(cx, shmem, Stage::Build, out);
        }
    }
}
