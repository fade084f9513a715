//! The reasons for what completing added.

use virtargv_model::{Domain, Spelled};

use super::Added;

/// What the reasons name: the machine type and the CPU mode of the completed domain.
#[derive(Debug)]
pub(super) struct Reasons {
    machine: String,
    cpu_mode: &'static str,
}

/// Where a value comes from that the document does not have.
enum Kind {
    /// It is chosen so that no two devices have the same.
    Assigned,
    /// The machine type or its architecture has it.
    Machine,
    /// It follows from this.
    From(&'static str),
    /// The domain format has a default.
    Format,
}

impl Reasons {
    /// The reasons for what was added to `completed`.
    pub fn of(completed: &Domain) -> Self {
        Self {
            machine: completed.os.machine.clone().unwrap_or_default(),
            cpu_mode: completed.cpu.as_ref().map_or("custom", |cpu| cpu.mode().as_str()),
        }
    }

    /// The reason for `added`, which was added to the element `name` (a device, or a path below `<domain>`).
    pub fn of_added(&self, name: &str, added: &Added) -> String {
        let path = added.path.as_str();
        if let ("address", Some(kind)) = (path, &added.kind) {
            return format!("{} address assigned", address(kind));
        }
        if path.starts_with("address/") {
            return "address assigned".to_owned();
        }
        match (name, path) {
            ("cpu", "") => return format!("default CPU of machine '{}'", self.machine),
            ("cpu", _) if !path.starts_with("topology") => {
                return format!("default of <cpu mode='{}'>", self.cpu_mode);
            }
            _ => {}
        }
        match kind(name, path) {
            Kind::Assigned => "number assigned".to_owned(),
            Kind::Machine => format!("default of machine '{}'", self.machine),
            Kind::From(what) => what.to_owned(),
            Kind::Format => "default of the domain format".to_owned(),
        }
    }
}

fn kind(name: &str, path: &str) -> Kind {
    match (name, path) {
        ("os/type", "@machine") => Kind::From("machine type of the alias"),
        ("os/type", _) => Kind::From("default of the host"),
        ("serial", "") => Kind::From("implied by this element"),
        ("genid", _) => Kind::From("generated"),
        ("memory" | "currentMemory", "") => Kind::From("sum of the NUMA cells"),
        ("interface", "mac" | "mac/@address") => Kind::From("MAC address generated"),
        ("disk", "target/@bus") => Kind::From("follows from the name of the target"),
        ("controller", "@index" | "target" | "target/@chassis" | "target/@chassisNr" | "target/@port")
        | ("serial" | "parallel" | "console", "target/@port") => Kind::Assigned,
        ("controller", "@model" | "model" | "model/@name")
        | ("input", "@bus")
        | ("panic" | "tpm" | "memballoon", "@model")
        | ("video", "model" | "model/@type")
        | ("serial", "target" | "target/@type" | "target/model" | "target/model/@name")
        | ("features/gic", _) => Kind::Machine,
        ("video", path) if path.starts_with("model/") => Kind::From("default of the video model"),
        _ => Kind::Format,
    }
}

/// The name of a type of address.
fn address(kind: &str) -> &str {
    match kind {
        "pci" => "PCI",
        "usb" => "USB",
        "ccid" => "CCID",
        "ccw" => "CCW",
        "dimm" => "memory slot",
        "isa" => "ISA",
        other => other,
    }
}
