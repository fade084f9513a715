//! What libvirt does on the host for a guest, beside giving QEMU a command line.
//!
//! A [`Need`](crate::Need) is what QEMU cannot start without. Work is what the document asks for of the host itself: control groups,
//! affinity, labels, filters. QEMU runs without it, but not as the document says.

use std::fmt;

use serde_json::{Value, json};

use crate::Origin;

/// One thing that is done on the host.
#[derive(Debug, Clone, PartialEq)]
pub struct HostWork {
    /// Of which kind it is.
    pub work: Work,
    /// What is done, as a phrase with the values of the document.
    pub what: String,
    /// The element that asks for it.
    pub origin: Origin,
}

/// When something is done on the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum When {
    /// Before the process is made.
    Before,
    /// In or to the process, before it begins QEMU's program.
    Process,
    /// After QEMU has started and before the commands on its monitor, since the threads are then known.
    Threads,
    /// After the commands on the monitor, before the guest runs.
    Monitor,
    /// While the guest runs.
    Running,
}

impl When {
    /// Its name, as in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::Process => "process",
            Self::Threads => "threads",
            Self::Monitor => "monitor",
            Self::Running => "running",
        }
    }

    /// A phrase for people.
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Before => "before QEMU's process is made",
            Self::Process => "before QEMU's program begins",
            Self::Threads => "once QEMU's threads are known",
            Self::Monitor => "before the guest runs",
            Self::Running => "while the guest runs",
        }
    }
}

macro_rules! work {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal $when:ident;)*) => {
        /// The kinds of work, in libvirt's order.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Work {
            $($(#[doc = $doc])+ $variant,)*
        }

        impl Work {
            /// Its name, as in JSON.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// What it is, as a sentence for people.
            pub fn about(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc),+).trim_start(),)*
                }
            }

            /// The kind with this name, as in JSON.
            pub fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// When it is done.
            pub const fn when(self) -> When {
                match self {
                    $(Self::$variant => When::$when,)*
                }
            }
        }
    };
}

work! {
    /// A device of the host is taken from its driver, and given back in the end.
    Detach = "detach" Before;
    /// MAC address, VLAN and port profile of a host device are set through the physical function.
    HostInterface = "host-interface" Before;
    /// A network gives the interface a port.
    NetworkPort = "network-port" Before;
    /// An image that is missing is left out or refused.
    MissingImage = "missing-image" Before;
    /// The network device of the host is connected as the document says.
    Connect = "connect" Before;
    /// Traffic is limited.
    Bandwidth = "bandwidth" Before;
    /// Traffic is filtered.
    Filter = "filter" Before;
    /// Addresses and routes of the network device of the host.
    HostAddress = "host-address" Before;
    /// The process gets a capability of Linux.
    Capability = "capability" Process;
    /// The process is put in a control group.
    Partition = "partition" Process;
    /// Disk access is weighed or limited by the control group.
    BlockIo = "block-io" Process;
    /// Memory is limited by the control group.
    Memory = "memory" Process;
    /// CPU time is weighed or limited by the control group.
    CpuTime = "cpu-time" Process;
    /// Traffic of Fibre Channel is marked.
    FibreChannel = "fibre-channel" Process;
    /// Memory comes from NUMA nodes of the host.
    Nodes = "nodes" Process;
    /// Caches and memory bandwidth are allocated or monitored.
    Resctrl = "resctrl" Process;
    /// The process runs on CPUs of the host.
    Affinity = "affinity" Process;
    /// Process and files are labelled.
    Label = "label" Process;
    /// The kernel passes SCSI commands.
    ScsiCommands = "scsi-commands" Process;
    /// Leases and disks are locked against other hosts.
    Lock = "lock" Process;
    /// vCPUs are plugged, with what QEMU says of them.
    Vcpus = "vcpus" Threads;
    /// Threads run on CPUs of the host.
    ThreadAffinity = "thread-affinity" Threads;
    /// CPU time of threads is limited.
    ThreadTime = "thread-time" Threads;
    /// Threads have a scheduler.
    Scheduler = "scheduler" Threads;
    /// An image is covered by one that is thrown away.
    Transient = "transient" Monitor;
    /// Events of the CPU are counted.
    Perf = "perf" Running;
    /// The host follows the receive filters of the guest.
    RxFilters = "rx-filters" Running;
}

impl HostWork {
    /// The work as a JSON object.
    pub fn to_json(&self) -> Value {
        let element = match &self.origin {
            Origin::Element(element) => Some(element.to_string()),
            _ => None,
        };
        json!({
            "work": self.work.name(),
            "when": self.work.when().name(),
            "element": element,
            "text": self.what,
        })
    }
}

impl fmt::Display for HostWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.work.when().phrase(), self.what)
    }
}
