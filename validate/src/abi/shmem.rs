//! `<shmem>`.

use virtargv_model::device::shmem::Shmem;
use virtargv_model::info::DeviceInfo;

use super::compared::{Compared, Row, Value, row};

virtargv_model::rules! {
    /// Shared memory keeps its role.
    ROLE = "abi-shmem-role": Unsupported, Validate,
        "`<shmem role=>`: whether the memory is migrated with the guest, `master=` of `ivshmem-plain`",
        help "set `role=` as in the source", since "7.1";
    /// Shared memory keeps its model.
    MODEL = "abi-shmem-model": Unsupported, Validate,
        "`<shmem><model type=>`",
        help "set `type=` of `<model>` as in the source";
    /// Shared memory keeps its size.
    SIZE = "abi-shmem-size": Unsupported, Validate,
        "`<shmem><size>`: the size of a BAR",
        help "set `<size>` as in the source";
    /// Shared memory is behind a server in both definitions or in neither.
    SERVER = "abi-shmem-server": Unsupported, Validate,
        "`<shmem><server>`",
        help "add or remove `<server>` as in the source";
    /// Shared memory keeps its interrupts.
    MSI = "abi-shmem-msi": Unsupported, Validate,
        "`<shmem><msi vectors= ioeventfd=>`",
        help "set `<msi>` as in the source";
}

impl Compared for Shmem {
    const ELEMENT: &'static str = "shmem";
    const ROWS: &'static [Row<Self>] = &[
        row(&ROLE, "@role", |shmem| Value::word(shmem.role)),
        row(&MODEL, "model/@type", |shmem| Value::word(shmem.model)),
        row(&SIZE, "size", |shmem| Value::bytes(shmem.size)),
        row(&SERVER, "server", |shmem| Value::there(shmem.server.is_some())),
        row(&MSI, "msi", |shmem| Value::there(shmem.msi.is_some())),
        row(&MSI, "msi/@vectors", |shmem| Value::or_zero(shmem.msi.as_ref().and_then(|msi| msi.vectors))),
        row(&MSI, "msi/@ioeventfd", |shmem| Value::word(shmem.msi.as_ref().and_then(|msi| msi.ioeventfd))),
    ];

    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn name(&self) -> Option<String> {
        Some(self.name.clone())
    }
}
