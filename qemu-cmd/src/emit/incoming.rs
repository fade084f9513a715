//! `-incoming`.

use super::context::Emit;
use crate::Text;
use crate::needs::Need;

/// Emits `-incoming`, the URI from which the guest's state is read.
pub(crate) fn emit(e: &mut Emit<'_>) {
    let Some(incoming) = e.prepared.incoming else { return };
    if let Some(number) = incoming.fd {
        e.need(Need::Incoming { number });
    }
    e.at_implied("the guest is started from a saved or migrated state");
    match incoming.fd {
        Some(fd) if incoming.uri == "stdio" => e.option("-incoming", format!("fd:{fd}")),
        _ => e.option("-incoming", Text::from(&incoming.uri)),
    }
}
