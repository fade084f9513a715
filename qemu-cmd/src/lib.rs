//! Turns a validated domain into the QEMU command line.
//!
//! [`prepare`] decides what is left to the start of the domain, such as aliases, node names and descriptors, and asks
//! the host. [`emit()`] turns the prepared domain into typed arguments, each with its origin. [`CommandLine::print`]
//! escapes and prints them.
//!
//! ```
//! use virtargv_qemu_cmd::{Props, Style};
//! let device = Props::new("driver", "virtio-net-pci").with("netdev", "hostnet0").with("id", "a,b");
//! assert_eq!(device.to_kv(Style::OnOff), "virtio-net-pci,netdev=hostnet0,id=a,,b");
//! assert_eq!(device.to_json(), r#"{"driver":"virtio-net-pci","netdev":"hostnet0","id":"a,b"}"#);
//! ```

mod after;
mod argument;
mod emit;
mod helper;
mod host_work;
pub mod hotplug;
mod ident;
mod limit;
mod line;
mod needs;
mod prepare;
mod print;
mod props;
pub mod rules;
mod tap;
mod text;

pub use after::{After, Lifecycle};
pub use argument::{ArgValue, Argument, Element, Origin};
pub use emit::emit;
pub use helper::{Helper, Passt, Swtpm, VirtiofsdHelper};
pub use host_work::{HostWork, When, Work};
pub use ident::{Alias, NodeName, Wwn};
pub use limit::Resource;
pub use line::CommandLine;
pub use needs::{Content, Need, Process, Role};
pub use prepare::{Prepared, assign_aliases, prepare};
pub use print::{Format, Layout};
pub use props::{Form, Props, Style, Value};
pub use tap::TapDevice;
pub use text::Text;
pub use virtargv_host::{Descriptor, DomainId, Incoming, Joins, Runner, StartOptions};
pub use virtargv_model::lifecycle::Action;

use virtargv_host::Request;
use virtargv_model::Outcome;
use virtargv_validate::Validated;

/// Prepares the domain and emits its command line. The report has the problems with a start on the host of `request`. There
/// is no command line where the report has one, be it a note.
pub fn build(validated: Outcome<Validated>, request: &Request<'_>) -> Outcome<CommandLine> {
    emit(prepare(validated, request))
}
