//! Hotplug: what the monitor of a running QEMU is told so that a device is attached, detached or changed.
//!
//! The commands for attaching come from the command line: the domain is emitted with the device, and the arguments that come
//! from the device are turned into commands (`convert.rs`). What the monitor needs otherwise is a row of a table with its
//! reason.

mod after;
mod attach;
mod check;
mod command;
mod convert;
mod detach;
mod find;
mod nodes;
mod reply;
mod rows;
pub mod rules;
mod runs;
mod teaming;
mod transient;
mod update;

pub use attach::attach;
pub use check::{
    attach as check_attach, attach_kind as check_attach_kind, update_drive as check_drive,
    update_kind as check_update,
};
pub use command::{Command, Wait};
pub use detach::detach;
pub use find::{Purpose, find};
pub use nodes::number_as_started;
pub use reply::FromReply;
pub use runs::{check_alias, check_running};
pub use teaming::TeamingPair;
pub use update::{UpdateOptions, update};

use virtargv_model::{Domain, Report};

use crate::Need;

/// How a device of a running domain is attached, detached or changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Hotplug {
    /// The commands for QEMU's monitor, in order.
    pub commands: Vec<Command>,
    /// What has to be ready on the host before the first of them.
    pub needs: Vec<Need>,
    /// The domain afterwards, as its document is then.
    pub domain: Box<Domain>,
    /// The teaming pair of the device, where it is the transient device of one.
    pub teaming: Option<TeamingPair>,
    /// What is probably a mistake in the document of the device: elements and attributes that are ignored, and lints.
    pub warnings: Report,
}

impl Hotplug {
    /// `commands`, which count on `needs`, and the domain after them.
    fn new(commands: Vec<Command>, needs: Vec<Need>, domain: Box<Domain>) -> Self {
        Self { commands, needs, domain, teaming: None, warnings: Report::new() }
    }
}
