//! The monitor.

use virtargv_caps::{Cap, Convention};
use virtargv_host::Descriptor;
use virtargv_model::{Kind, Pos};

use crate::Props;
use crate::emit::{Done, Emit, problem};

/// Emits the monitor's socket and the monitor.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    let path = format!("{}/monitor.sock", e.plan.domain_dir);
    let mut socket = Props::new("backend", "socket").with("id", "charmonitor");
    if e.has(Cap::ChardevFdPassCommandline) {
        let fd = e.host.descriptor(&Descriptor::UnixListen { path: &path }).map_err(|error| {
            problem(Kind::Internal, "monitor-socket", Pos::NONE, format!("no monitor socket: {error}"))
        })?;
        socket.set("fd", fd);
    } else {
        socket.set("path", path);
    }
    let mut text = socket.to_kv(crate::Style::OnOff);
    text.push_str(if e.release().has(Convention::ServerOnWaitOff) {
        ",server=on,wait=off"
    } else {
        ",server,nowait"
    });
    e.line.option("-chardev", text);
    e.line.option("-mon", "chardev=charmonitor,id=monitor,mode=control");
    Ok(())
}
