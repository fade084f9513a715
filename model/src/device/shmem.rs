//! `<shmem>`: memory that is shared with other guests or the host.

use crate::info::DeviceInfo;
use crate::read::{El, Element, Reader};
use crate::write::Writer;
use crate::{OnOff, Pos};

spelled! {
    /// `<model type=>`.
    pub enum ShmemModel {
        /// The legacy device, with or without a server.
        Ivshmem = "ivshmem",
        /// Memory only.
        IvshmemPlain = "ivshmem-plain",
        /// Memory and interrupts, with a server.
        IvshmemDoorbell = "ivshmem-doorbell",
    }
}

spelled! {
    /// `role=`: what happens to the memory when the guest migrates.
    pub enum ShmemRole {
        /// The memory migrates with this guest.
        Master = "master",
        /// The memory does not migrate: the device must be unplugged first.
        Peer = "peer",
    }
}

/// `<shmem>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shmem {
    /// The part that all devices have: place, alias, address, boot order, option ROM.
    pub info: DeviceInfo,
    /// `name=` of the memory on the host.
    pub name: String,
    /// `role=`
    pub role: Option<ShmemRole>,
    /// `<model type=>`
    pub model: Option<ShmemModel>,
    /// `<size>`, in bytes; 0 is read as absent.
    pub size: Option<u64>,
    /// `<server>`: the server that provides the memory.
    pub server: Option<ShmemServer>,
    /// `<msi>`: message-signaled interrupts.
    pub msi: Option<ShmemMsi>,
}

/// `<shmem><server>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShmemServer {
    /// `path=` of the UNIX socket.
    pub path: Option<String>,
}

/// `<shmem><msi>`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ShmemMsi {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `vectors=`: the number of vectors; 0 is read as absent.
    pub vectors: Option<u32>,
    /// `ioeventfd=`
    pub ioeventfd: Option<OnOff>,
}

impl Element for Shmem {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let model = el.child("model").and_then(|e| r.attr(e, "type"));
        let name = r.required::<String>(el, "name").unwrap_or_default();
        let role = r.attr(el, "role");
        let size = el.child("size").and_then(|e| r.bytes(e, 1)).filter(|size| *size > 0);
        let server = el
            .child("server")
            .map(|e| ShmemServer { path: e.string("path").filter(|path| !path.is_empty()) });
        let msi = el.child("msi").map(|e| ShmemMsi {
            pos: e.pos(),
            vectors: r.attr(e, "vectors").filter(|vectors| *vectors > 0),
            ioeventfd: r.attr(e, "ioeventfd"),
        });
        Some(Self { info: DeviceInfo::read(el, r), name, role, model, size, server, msi })
    }

    fn write(&self, w: &mut Writer) {
        w.element("shmem").attr("name", &self.name).opt("role", self.role).children(|w| {
            if let Some(model) = self.model {
                w.element("model").attr("type", model).empty();
            }
            match self.size {
                Some(size) if size % (1 << 20) == 0 => {
                    w.element("size").attr("unit", "M").text(size >> 20);
                }
                Some(size) => w.element("size").attr("unit", "bytes").text(size),
                None => {}
            }
            if let Some(server) = &self.server {
                w.element("server").opt("path", server.path.as_ref()).empty();
            }
            if let Some(msi) = &self.msi {
                w.element("msi").opt("vectors", msi.vectors).opt("ioeventfd", msi.ioeventfd).empty();
            }
            self.info.write(w);
        });
    }
}
