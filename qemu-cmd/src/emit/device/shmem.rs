//! `<shmem>`.

use virtargv_model::OnOff;
use virtargv_model::device::shmem::{Shmem, ShmemRole};

use super::address;
use super::chardev_source::{self, Chardev};
use crate::Props;
use crate::emit::context::Emit;
use crate::needs::Role;
use crate::prepare::device::Device;
use crate::prepare::device::shmem::{Facts, LegacyMemory};
use crate::text::{Text, text};

/// A `<shmem>` that is emitted.
type ShmemDevice<'p> = Device<'p, Shmem, Facts>;

/// Emits every `<shmem>`: the device, then its server.
pub(crate) fn emit(e: &mut Emit<'_>) {
    for shmem in e.prepared.shmems() {
        e.at(shmem);
        let (mut props, server) = match shmem.facts {
            Facts::Legacy { size, memory } => {
                let server = if let LegacyMemory::Server(server) = memory { Some(server) } else { None };
                (legacy(e, shmem, *size, memory), server)
            }
            Facts::Plain { size, path } => (plain(e, shmem, *size, path), None),
            Facts::Doorbell(server) => (doorbell(shmem), Some(server)),
        };
        address::add(&mut props, e, shmem.address);
        e.device(props);
        if let Some(server) = server {
            Chardev::new(server, shmem.alias).emit(e);
        }
    }
}

/// The properties of `ivshmem`, the device before QEMU 2.6.
fn legacy(e: &Emit<'_>, shmem: ShmemDevice<'_>, size: u64, memory: &LegacyMemory) -> Props {
    let mut props = Props::new("driver", "ivshmem").with("id", shmem.alias);
    props.set("size", text!(size >> 20, "m"));
    match memory {
        LegacyMemory::Server(_) => props.set("chardev", chardev_source::id(shmem.alias)),
        LegacyMemory::File { path, name } => {
            e.need_path(path, Role::Memory);
            props.set("shm", name.clone())
        }
    };
    if shmem.msi.is_some() {
        props.set("msi", true);
    }
    interrupts(&mut props, &shmem);
    props
}

/// The properties of `ivshmem-plain`, after its memory backend, a file in `/dev/shm`.
fn plain(e: &mut Emit<'_>, shmem: ShmemDevice<'_>, size: u64, path: &Text) -> Props {
    let memory = text!("shmmem-", shmem.alias);
    e.need_path(path, Role::Memory);
    let object = Props::new("qom-type", "memory-backend-file")
        .with("id", memory.clone())
        .with("mem-path", path.clone())
        .with("size", size)
        .with("share", true);
    e.object(object);
    let role = shmem.role.map(|role| if role == ShmemRole::Master { "on" } else { "off" });
    let props = Props::new("driver", "ivshmem-plain").with("id", shmem.alias).with("memdev", memory);
    props.opt("master", role)
}

/// The properties of `ivshmem-doorbell`, which gets memory and interrupts from a server.
fn doorbell(shmem: ShmemDevice<'_>) -> Props {
    let mut props = Props::new("driver", "ivshmem-doorbell").with("id", shmem.alias);
    props.set("chardev", chardev_source::id(shmem.alias));
    interrupts(&mut props, &shmem);
    props
}

fn interrupts(props: &mut Props, shmem: &Shmem) {
    if let Some(msi) = shmem.msi {
        props.set_opt("vectors", msi.vectors);
        props.set_opt("ioeventfd", msi.ioeventfd.map(OnOff::is_on));
    }
}
