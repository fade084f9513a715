//! Turns a validated domain into the QEMU command line.
//!
//! [`build`] gives devices their aliases, asks the host for what only it can say, and emits the options in one
//! ordered list (`PARTS` in `emit.rs`). Every value goes through the printer's escaping.
//!
//! ```
//! use virtargv_qemu_cmd::{Props, Style};
//! let device = Props::new("driver", "virtio-net-pci").with("netdev", "hostnet0").with("id", "a,b");
//! assert_eq!(device.to_kv(Style::OnOff), "virtio-net-pci,netdev=hostnet0,id=a,,b");
//! assert_eq!(device.to_json(), r#"{"driver":"virtio-net-pci","netdev":"hostnet0","id":"a,b"}"#);
//! ```

mod alias;
mod boot;
mod clock;
mod cpu;
mod device;
mod display;
mod emit;
mod env;
mod firmware;
mod genid;
mod incoming;
mod iothread;
mod lifecycle;
mod line;
mod machine;
mod memory;
mod monitor;
mod name;
mod needs;
mod numa;
mod plan;
mod print;
mod props;
mod qemu_ns;
pub mod rules;
mod sandbox;
mod secret;
mod security;
mod smbios;
mod smp;
mod storage;
mod text;
mod tls;

pub use line::CommandLine;
pub use needs::{Content, Joins, Need, Process, Role};
pub use plan::{Incoming, Options, Plan};
pub use print::{CLASSIC_WRAP, Format};
pub use props::{Props, Style, Value};

use virtargv_caps::Caps;
use virtargv_host::Host;
use virtargv_model::Report;
use virtargv_validate::Validated;

/// Builds the command line.
///
/// # Errors
/// What the host could not answer, or what only shows when the options are put together.
pub fn build(
    validated: Validated,
    caps: &Caps,
    host: &dyn Host,
    options: &Options,
) -> Result<CommandLine, Report> {
    let changed = qemu_ns::changed_caps(validated.domain(), caps).map_err(Report::from)?;
    let caps = changed.as_ref().unwrap_or(caps);
    let plan = Plan::make(validated, caps, host, options).map_err(Report::from)?;
    emit::command_line(&plan, caps, host, options).map_err(Report::from)
}
