//! The domain document of libvirt as a typed model: parse it, change it, write it back.
//!
//! The model is the document *as written*: what the document leaves out is `None`. It knows neither QEMU nor a machine
//! type. Every element keeps its place in the text ([`Pos`]), so that a problem that a later stage finds can be shown
//! in the text ([`Source`]).
//!
//! ```
//! let text = "<domain type='kvm'><name>demo</name><memory unit='MiB'>512</memory>
//!   <os><type arch='x86_64' machine='q35'>hvm</type></os></domain>";
//! let parsed = virtargv_model::parse(text);
//! assert!(parsed.report.is_empty());
//! let domain = parsed.value.unwrap();
//! assert_eq!(domain.name.as_deref(), Some("demo"));
//! assert_eq!(domain.memory.size.map(|kib| kib.0), Some(512 * 1024));
//! let again = virtargv_model::parse(&virtargv_model::format(&domain));
//! assert_eq!(again.value, Some(domain));
//! ```

#[macro_use]
mod spelling;
pub mod status;

pub mod advice;
pub mod clock;
pub mod cpu;
pub mod device;
mod domain;
pub mod features;
mod hex;
pub mod iommufd;
pub mod lifecycle;
pub mod memory;
mod merge;
mod metadata;
pub mod names;
pub mod network;
pub mod network_port;
pub mod numa;
mod number_set;
mod one_line;
pub mod os;
mod outcome;
mod place;
pub mod pool;
mod problem;
pub mod qemu_ns;
pub mod read;
mod release;
mod rule;
pub mod rules;
pub mod security;
pub mod sysinfo;
pub mod tune;
pub mod units;
mod unread;
mod uuid;
pub mod vcpu;
pub mod write;
pub mod xml;

pub use advice::{Change, Edit, Label, Message};
pub use device::{Devices, info};
pub use domain::{Domain, NAME_MISSING, VirtType, format, parse, parse_as, parse_with_names};
pub use merge::complete_text;
pub use number_set::NumberSet;
pub use one_line::one_line;
pub use outcome::Outcome;
pub use place::{Frame, Implied, Place, Pos, Source};
pub use problem::{Class, Problem, Problems, Report, Stage};
pub use release::{Convention, Release, Span, UnknownRelease, Version};
pub use rule::{ByRelease, Classes, Rule, Severity};
pub use spelling::{OnOff, Spelled, Unknown, YesNo};
pub use units::Kib;
pub use unread::Unread;
pub use uuid::Uuid;
pub use write::escaped;
