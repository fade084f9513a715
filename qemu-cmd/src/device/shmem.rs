//! `<shmem>`.

use virtargv_caps::Cap;
use virtargv_model::device::chardev_source::{Backend, ChardevSource, Unix};
use virtargv_model::device::shmem::{Shmem, ShmemModel, ShmemRole};
use virtargv_model::info::Address;
use virtargv_model::{Kind, OnOff};

use super::address;
use super::chardev_source::{self, HostEnd};
use crate::Props;
use crate::emit::{Done, Emit, problem};
use crate::needs::{Process, Role};

/// Emits `<shmem>`.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    for shmem in &e.domain().devices.shmems {
        check(e, shmem)?;
        let alias = shmem.info.alias.as_deref().unwrap_or_default();
        match shmem.model.unwrap_or(ShmemModel::Ivshmem) {
            ShmemModel::Ivshmem => legacy(e, shmem, alias)?,
            ShmemModel::IvshmemPlain => plain(e, shmem, alias)?,
            ShmemModel::IvshmemDoorbell => doorbell(e, shmem, alias)?,
        }
        if shmem.server.is_some() {
            server(e, shmem, alias)?;
        }
    }
    Ok(())
}

/// What an older release finds only here.
fn check(e: &Emit<'_>, shmem: &Shmem) -> Done {
    let place = shmem.info.pos;
    if let Some(size) = shmem.size {
        if !size.is_power_of_two() {
            let message = format!("the size of shared memory is '{size}' bytes, expected a power of two");
            return Err(problem(Kind::Xml, "shmem-size", place.path("size"), message));
        }
        if size < 1 << 20 {
            let message = format!("the size of shared memory is '{size}' bytes, expected 1 MiB at least");
            return Err(problem(Kind::Xml, "shmem-size", place.path("size"), message));
        }
    }
    if !matches!(shmem.info.address, None | Some(Address::Pci(_))) {
        let message = "shared memory can only have an address of type 'pci'";
        return Err(problem(Kind::Unsupported, "shmem-address", place.path("address/@type"), message));
    }
    let model = shmem.model.unwrap_or(ShmemModel::Ivshmem);
    let cap = match model {
        ShmemModel::Ivshmem => Cap::DeviceIvshmem,
        ShmemModel::IvshmemPlain => Cap::DeviceIvshmemPlain,
        ShmemModel::IvshmemDoorbell => Cap::DeviceIvshmemDoorbell,
    };
    if !e.has(cap) {
        let message = format!("this QEMU has no shared memory of the model '{model}'");
        return Err(problem(Kind::Unsupported, "shmem-model", place.path("model/@type"), message));
    }
    Ok(())
}

/// The device of old, which opens the memory itself or takes it from a server.
fn legacy(e: &mut Emit<'_>, shmem: &Shmem, alias: &str) -> Done {
    let mut props = Props::new("driver", "ivshmem").with("id", alias);
    props.set_opt("size", shmem.size.map(|size| format!("{}m", size >> 20)));
    if shmem.server.is_some() {
        props.set("chardev", chardev_source::id(alias));
    } else {
        e.need_path(&format!("/dev/shm/{}", shmem.name), Role::Memory);
        props.set("shm", shmem.name.as_str());
    }
    if shmem.msi.is_some() {
        props.set("msi", true);
    }
    interrupts(&mut props, shmem);
    device(e, shmem, props)
}

/// Memory alone: an object on a file in `/dev/shm`.
fn plain(e: &mut Emit<'_>, shmem: &Shmem, alias: &str) -> Done {
    let memory = format!("shmmem-{alias}");
    let path = format!("/dev/shm/{}", shmem.name);
    e.need_path(&path, Role::Memory);
    let object = Props::new("qom-type", "memory-backend-file")
        .with("id", memory.as_str())
        .with("mem-path", path)
        .with("size", shmem.size.unwrap_or_default())
        .with("share", true);
    e.object(&object);
    let mut props = Props::new("driver", "ivshmem-plain").with("id", alias).with("memdev", memory);
    match shmem.role {
        Some(ShmemRole::Master) => props.set("master", "on"),
        Some(ShmemRole::Peer) => props.set("master", "off"),
        None => &mut props,
    };
    device(e, shmem, props)
}

/// Memory and interrupts from a server.
fn doorbell(e: &mut Emit<'_>, shmem: &Shmem, alias: &str) -> Done {
    let mut props = Props::new("driver", "ivshmem-doorbell").with("id", alias);
    props.set("chardev", chardev_source::id(alias));
    interrupts(&mut props, shmem);
    device(e, shmem, props)
}

fn interrupts(props: &mut Props, shmem: &Shmem) {
    let msi = shmem.msi.unwrap_or_default();
    props.set_opt("vectors", msi.vectors);
    props.set_opt("ioeventfd", msi.ioeventfd.map(OnOff::is_on));
}

fn device(e: &mut Emit<'_>, shmem: &Shmem, mut props: Props) -> Done {
    address::add(&mut props, e, &shmem.info)?;
    e.device(&props);
    Ok(())
}

/// The socket of the server.
fn server(e: &mut Emit<'_>, shmem: &Shmem, alias: &str) -> Done {
    let given = shmem.server.as_ref().and_then(|server| server.path.clone());
    let path = given.unwrap_or_else(|| format!("/var/lib/libvirt/shmem-{}-sock", shmem.name));
    let source = ChardevSource {
        pos: shmem.info.pos,
        backend: Backend::Unix(Unix { path: Some(path), ..Unix::default() }),
        ..ChardevSource::default()
    };
    HostEnd::new(&source, alias).with_peer(Process::IvshmemServer).emit(e)
}
