//! What only the host can say.

use std::fmt;

use virtargv_model::Problem;

use crate::{HostError, SecretKey};

/// Something of the host that a document depends on. Where the host does not know it, the document cannot be judged by
/// it: [`Fact::unanswered`] makes a note of that, never an error of the document.
///
/// The text of a fact says that it is not known and how to make it known, by the options of the command.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fact<'a> {
    /// The definition of a network.
    Network(&'a str),
    /// The definition of a storage pool.
    Pool(&'a str),
    /// A volume of a storage pool.
    Volume {
        /// The name of the pool.
        pool: &'a str,
        /// The name of the volume.
        name: &'a str,
    },
    /// The value of a secret.
    Secret(SecretKey<'a>),
    /// The CPU.
    Cpu,
    /// libvirt's definitions of CPU models.
    CpuDefinitions,
    /// The firmware that is installed.
    Firmware,
    /// The USB devices.
    UsbDevices,
    /// A unit of a SCSI host adapter.
    ScsiUnit(&'a str),
    /// A DRM render node.
    RenderNode,
    /// The time and the time zone.
    Time,
    /// The NUMA nodes that automatic placement advises.
    NumaAdvice,
    /// A vsock CID that is free.
    VsockCid,
}

impl Fact<'_> {
    /// The problem of a document that needs this fact, which the host answers with `error`: a note where the host does not
    /// know it; else `problem`, which says why if the host failed to answer.
    #[cold]
    pub fn unanswered(&self, error: &HostError, mut problem: Problem) -> Problem {
        match error {
            HostError::Unknown(_) => self.note(problem),
            HostError::Failed { why, .. } if !problem.message.contains(why.as_str()) => {
                problem.message = format!("{}: {error}", problem.message);
                problem
            }
            _ => problem,
        }
    }
}

impl Fact<'_> {
    /// `problem` as a note that this is not known, with the help how to make it known.
    pub fn note(&self, problem: Problem) -> Problem {
        let text = self.to_string();
        match text.split_once("; ") {
            Some((message, help)) => problem.into_note(message.to_owned()).with_help(help),
            None => problem.into_note(text),
        }
    }
}

/// That it is not known, and how to make it known.
impl fmt::Display for Fact<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = "describe it with --host";
        match self {
            Self::Network(name) => {
                write!(f, "network `{name}` is not known here; describe it with --network or --host")
            }
            Self::Pool(name) => {
                write!(f, "storage pool `{name}` is not known here; describe it with --pool or --host")
            }
            Self::Volume { pool, name } => {
                write!(f, "volume `{name}` of storage pool `{pool}` is not known here; ")?;
                f.write_str("describe the pool with --pool or --host")
            }
            Self::Secret(key) => {
                write!(f, "secret `{key}` is not known here; give its value with --secret or --host")
            }
            Self::Cpu => f.write_str(
                "the CPU that the guest gets is not checked: the CPU of the host is not known; check on that host with \
                 `--caps probe:PATH`, the path of its QEMU, or describe its CPU in a file for `--host`",
            ),
            Self::CpuDefinitions => {
                f.write_str("libvirt's definitions of CPU models are not known here; name their directory with ")?;
                f.write_str("`--cpu-map`, or describe them in a file for `--host`")
            }
            Self::Firmware => write!(f, "the firmware of the host is not known here; {host}"),
            Self::UsbDevices => {
                f.write_str("the USB devices of the host are not known here; describe them with --host")
            }
            Self::ScsiUnit(adapter) => {
                write!(f, "the units of SCSI host adapter `{adapter}` are not known here; ")?;
                f.write_str("describe them with --host")
            }
            Self::RenderNode => write!(f, "the DRM render node of the host is not known here; {host}"),
            Self::Time => f.write_str(
                "the time of the host is not known here; give it with --now, or describe it with --host",
            ),
            Self::NumaAdvice => f.write_str(
                "the advice of automatic NUMA placement is not known here; describe it with --host",
            ),
            Self::VsockCid => write!(f, "a free vsock CID is not known here; {host}"),
        }
    }
}
