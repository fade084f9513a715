//! `<os>`.

use virtargv_model::os::{Os, SmbiosMode};
use virtargv_model::{Domain, Spelled};

use super::compared::{At, Out, Row, Value, row};

virtargv_model::rules! {
    /// The guest keeps its architecture.
    ARCH = "abi-arch": Unsupported, Validate,
        "`<os><type arch=>`: the QEMU binary",
        help "set `arch=` as in the source";
    /// The guest keeps its machine type.
    MACHINE = "abi-machine": Unsupported, Validate,
        "`<os><type machine=>`: a versioned machine type decides the board and the defaults of every device",
        help "set `machine=` as in the source, with its version; a guest gets another machine type when it is started anew";
    /// The guest keeps where its SMBIOS tables come from.
    SMBIOS = "abi-smbios-mode": Unsupported, Validate,
        "`<os><smbios mode=>`",
        help "set `mode=` of `<smbios>` as in the source";
}

const ROWS: &[Row<Os>] = &[
    row(&ARCH, "type/@arch", |os| Value::text(os.arch.as_ref())),
    row(&MACHINE, "type/@machine", |os| Value::text(os.machine.as_ref())),
    row(&SMBIOS, "smbios/@mode", |os| Value::Word(os.smbios.map_or("none", SmbiosMode::as_str))),
];

/// Compares `<os>`.
pub(super) fn compare(source: &Domain, target: &Domain, out: &mut Out) {
    let at = At::of("os", source.os.pos, target.os.pos);
    out.rows(&at, ROWS, &source.os, &target.os);
}
