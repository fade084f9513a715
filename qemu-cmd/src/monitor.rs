//! The monitor.

use virtargv_model::device::chardev_source::{Backend, ChardevSource, SourceMode, Unix};

use crate::device::chardev_source::HostEnd;
use crate::emit::{Done, Emit};

/// Emits the monitor's socket and the monitor.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    let path = format!("{}/monitor.sock", e.plan.domain_dir);
    let socket = Unix { mode: Some(SourceMode::Bind), path: Some(path), reconnect: None };
    let source = ChardevSource { backend: Backend::Unix(socket), ..ChardevSource::default() };
    HostEnd::new(&source, "monitor").emit(e)?;
    e.line.option("-mon", "chardev=charmonitor,id=monitor,mode=control");
    Ok(())
}
