//! `<panic>`.

use virtargv_model::device::panic::PanicModel;
use virtargv_model::info::Address;

use super::address;
use crate::Props;
use crate::emit::context::Emit;

/// Emits every `<panic>` that is a device. Models `pseries`, `hyperv` and `s390` are part of firmware or CPU.
pub(crate) fn emit(e: &mut Emit<'_>) {
    for panic in e.prepared.panics() {
        e.at(panic);
        match panic.model {
            Some(PanicModel::Isa) => {
                let mut props = Props::new("driver", "pvpanic");
                if let Some(Address::Isa(isa)) = panic.info.address {
                    props.set_opt("ioport", isa.iobase);
                }
                e.device(props);
            }
            Some(PanicModel::Pvpanic) => {
                let mut props = Props::new("driver", "pvpanic-pci");
                address::add(&mut props, e, panic.address);
                e.device(props);
            }
            Some(PanicModel::Pseries | PanicModel::Hyperv | PanicModel::S390) | None => {}
        }
    }
}
