//! `-incoming`.

use crate::emit::{Done, Emit};
use crate::needs::Need;

/// Emits where the guest's state comes from.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    if let Some(incoming) = &e.options.incoming {
        if let Some(number) = incoming.fd {
            e.need(Need::Incoming { number });
        }
        let uri = match incoming.fd {
            Some(fd) if incoming.uri == "stdio" => format!("fd:{fd}"),
            _ => incoming.uri.clone(),
        };
        e.line.option("-incoming", uri);
    }
    Ok(())
}
