//! The arguments of `virtargv domcaps`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use virtargv::{Arch, Cap, Release};

use super::{HostArgs, HostChoice, QemuArgs, VirtType, examples, releases};

#[derive(Debug, Args)]
#[command(after_help = examples::DOMCAPS)]
pub(crate) struct DomcapsArgs {
    /// The architecture of the guest [default: that of the host].
    #[arg(long, value_name = "ARCH")]
    pub(crate) arch: Option<Arch>,
    /// The machine type or machine alias [default: that of a guest whose document names none].
    #[arg(long, value_name = "NAME")]
    pub(crate) machine: Option<String>,
    /// The type of hypervisor [default: kvm where QEMU and the host have it, else qemu].
    #[arg(long, value_enum, value_name = "TYPE")]
    pub(crate) virttype: Option<VirtType>,
    /// The path of the QEMU binary [default: that of a guest whose document names none].
    #[arg(long, value_name = "PATH")]
    pub(crate) emulator: Option<String>,
    /// The output format.
    #[arg(long, value_enum, default_value_t = DomcapsFormat::Xml)]
    pub(crate) format: DomcapsFormat,
    /// The capabilities of QEMU, as for `argv` [default: the newest built-in set for the architecture].
    #[arg(long, value_name = "FILE|builtin:NAME|probe:PATH")]
    pub(crate) caps: Option<String>,
    /// Probe the binary even if its capabilities are in the cache.
    #[arg(long)]
    pub(crate) refresh: bool,
    /// Add a capability flag, by name or constant (may be repeated).
    #[arg(long = "flag", value_name = "NAME")]
    pub(crate) flags: Vec<Cap>,
    /// Take a capability flag away (may be repeated).
    #[arg(long = "no-flag", value_name = "NAME")]
    pub(crate) no_flags: Vec<Cap>,
    /// The libvirt release whose behaviour is followed.
    #[arg(long, value_name = "RELEASE", value_parser = releases(), default_value_t)]
    pub(crate) release: Release,
    /// The machine, as for `argv`: this one, one of which nothing is known, or the one that a file describes.
    #[arg(long, value_name = "here|none|FILE", default_value = "here")]
    pub(crate) host: HostChoice,
    /// The directory of libvirt's CPU model definitions [default: /usr/share/libvirt/cpu_map].
    #[arg(long, value_name = "DIR")]
    pub(crate) cpu_map: Option<PathBuf>,
}

/// The layouts of domain capabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DomcapsFormat {
    /// The document of `virsh domcapabilities`.
    Xml,
    /// One JSON object (docs/domcaps.md).
    Json,
}

impl DomcapsArgs {
    /// The same choices as the other commands have them.
    pub(crate) fn qemu(&self) -> QemuArgs {
        QemuArgs {
            caps: self.caps.clone(),
            refresh: self.refresh,
            flags: self.flags.clone(),
            no_flags: self.no_flags.clone(),
            release: self.release,
            host: HostArgs {
                host: Some(self.host.clone()),
                cpu_map: self.cpu_map.clone(),
                ..HostArgs::default()
            },
        }
    }
}
