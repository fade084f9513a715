//! Rules on `<shmem>`.

use virtargv_caps::Cap;
use virtargv_model::device::shmem::{Shmem, ShmemModel};
use virtargv_model::info::Address;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// Interrupts of shared memory need a server.
    MSI = "shmem-msi-without-server": Xml, Complete,
        "`<shmem><msi>`: the ivshmem server passes the descriptors by which guests interrupt each other",
        help "add `<server path=>`, or remove `<msi>`";
    /// Shared memory of model `ivshmem-doorbell` has a server.
    SERVER_NEEDED = "shmem-server-needed": Unsupported, Complete,
        "`<shmem><model type='ivshmem-doorbell'/><server>`: `chardev=` of `ivshmem-doorbell`",
        help "add `<server path=>`, or use `type='ivshmem-plain'`";
    /// Shared memory of model `ivshmem-plain` has no server.
    SERVER_UNUSED = "shmem-server-unused": Unsupported, Complete,
        "`<shmem><model type='ivshmem-plain'/><server>`: `ivshmem-plain` takes a memory backend only",
        help "remove `<server>`, or use `type='ivshmem-doorbell'`";
    /// Shared memory of model `ivshmem-doorbell` has no size.
    SIZE_UNUSED = "shmem-size-unused": Unsupported, Complete,
        "`<shmem><model type='ivshmem-doorbell'/><size>`: the ivshmem server passes the memory",
        help "remove `<size>`";
    /// The name of shared memory is that of a file.
    NAME = "shmem-name": Xml, Validate,
        "`<shmem name=>`: a file in `/dev/shm`",
        help "use a name without `/`, other than `.` and `..`";
    /// The size of shared memory is a power of two of at least 1 MiB.
    SIZE = "shmem-size": Xml, Validate (Build before "11.3"),
        "`<shmem><size>`: the size of a PCI BAR",
        help "use a size such as 4 MiB";
    /// The model of shared memory is one that this QEMU has.
    MODEL = "shmem-model": Unsupported, Validate,
        "`<shmem><model type=>`: `ivshmem`, `ivshmem-plain` and `ivshmem-doorbell`",
        help "use another `type=`, or a QEMU that has the device";
    /// Shared memory has an address of type `pci`.
    ADDRESS = "shmem-address": Unsupported, Build,
        "`<shmem><address type=>`: `ivshmem` is a PCI device",
        help "use `type='pci'`, or remove the `<address>`";
}

/// Checks every `<shmem>` against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    for shmem in &cx.domain.devices.shmems {
        server(shmem, out);
        if shmem.name.contains('/') || shmem.name == "." || shmem.name == ".." {
            let message = format!("`name` of `<shmem>` is `{}`, it must be a file name", shmem.name);
            out.refuse(&NAME, shmem.info.pos.attr("name"), message);
        }
        if let Some(size) = shmem.size.filter(|size| !size.is_power_of_two() || *size < 1 << 20) {
            let message = format!(
                "`<size>` of `<shmem>` is `{size}` bytes, it must be a power of two of at least 1 MiB"
            );
            out.refuse(&SIZE, shmem.info.pos.path("size"), message);
        }
        model(cx, shmem, out);
    }
}

fn server(shmem: &Shmem, out: &mut Findings<'_>) {
    let model = shmem.model.unwrap_or(ShmemModel::Ivshmem);
    let place = shmem.info.pos.path("model/@type");
    if shmem.msi.is_some() && shmem.server.is_none() {
        let message = "`<msi>` of `<shmem>` needs a `server`";
        out.refuse(&MSI, shmem.info.pos.path("msi"), message);
    } else if model == ShmemModel::IvshmemDoorbell && shmem.server.is_none() {
        out.refuse(&SERVER_NEEDED, place, format!("shared memory of model `{model}` needs a `server`"));
    } else if model == ShmemModel::IvshmemPlain && shmem.server.is_some() {
        out.refuse(
            &SERVER_UNUSED,
            place,
            format!("a `server` is not supported for shared memory of model `{model}`"),
        );
    } else if model == ShmemModel::IvshmemDoorbell && shmem.size.is_some() {
        let message =
            format!("a `size` is not supported for shared memory of model `{model}`, the server has it");
        out.refuse(&SIZE_UNUSED, shmem.info.pos.path("size"), message);
    }
}

fn model(cx: &Context<'_>, shmem: &Shmem, out: &mut Findings<'_>) {
    let model = shmem.model.unwrap_or(ShmemModel::Ivshmem);
    let cap = match model {
        ShmemModel::Ivshmem => Cap::DeviceIvshmem,
        ShmemModel::IvshmemPlain => Cap::DeviceIvshmemPlain,
        ShmemModel::IvshmemDoorbell => Cap::DeviceIvshmemDoorbell,
    };
    if !cx.has(cap) {
        let message = format!("shared memory of model `{model}` is not supported by this QEMU");
        out.refuse(&MODEL, shmem.info.pos.path("model/@type"), message);
    }
}

/// Checks what libvirt finds only when it builds the command line.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    for shmem in &cx.domain.devices.shmems {
        let place = shmem.info.pos;
        if !matches!(shmem.info.address, None | Some(Address::Pci(_))) {
            let message = "shared memory can only have an address of type `pci`";
            out.refuse(&ADDRESS, place.path("address/@type"), message);
        }
    }
}
