//! `<panic>`: its driver.

use virtargv_model::Problem;
use virtargv_model::device::panic::{Panic, PanicModel};
use virtargv_model::info::Address;
use virtargv_validate::rules::panic as rules;

use super::Device;
use crate::prepare::context::{Prepare, broken};

/// The driver of a panic device.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Driver {
    /// It is part of firmware or CPU: models `pseries`, `hyperv` and `s390`.
    BuiltIn,
    /// `pvpanic`, on ISA.
    Isa {
        /// Its I/O port; `None` for QEMU's default.
        ioport: Option<u32>,
    },
    /// `pvpanic-pci`.
    Pci,
}

/// Prepares a `<panic>`.
pub(crate) fn prepare(cx: &mut Prepare<'_>, panic: Device<'_, Panic>) -> Result<Driver, Problem> {
    let model = panic.model.ok_or_else(|| {
        let message = "`<panic>` has no `model=`, and the machine type has no default";
        broken(cx.release(), &rules::PANIC_MODEL, panic.info.pos, message)
    })?;
    Ok(match model {
        PanicModel::Isa => Driver::Isa {
            ioport: match panic.info.address {
                Some(Address::Isa(isa)) => isa.iobase,
                _ => None,
            },
        },
        PanicModel::Pvpanic => Driver::Pci,
        PanicModel::Pseries | PanicModel::Hyperv | PanicModel::S390 => Driver::BuiltIn,
    })
}
