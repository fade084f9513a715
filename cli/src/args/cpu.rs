//! The arguments of `virtargv cpu`.

use clap::{Args, Subcommand, ValueEnum};
use virtargv::{Arch, Release};

use super::{HostArgs, HostChoice, QemuArgs, VirtType, examples, releases};

/// Compare CPUs, make one of several, and show all features of a CPU.
///
/// A FILE has the CPUs of a domain document, of `virsh capabilities`, of `virsh domcapabilities`, or bare `<cpu>` elements; `-` is
/// standard input.
#[derive(Debug, Subcommand)]
#[command(after_help = examples::CPU)]
pub(crate) enum CpuCommand {
    /// Print the CPU that runs on all hosts whose CPUs are given, as `virsh hypervisor-cpu-baseline` does.
    Baseline(Box<CpuBaselineArgs>),
    /// Compare a CPU with the one that QEMU gives its guests on the host, as `virsh hypervisor-cpu-compare` does.
    Compare(Box<CpuCompareArgs>),
    /// Print a CPU with all its features, and what blocks it on this QEMU.
    Expand(Box<CpuExpandArgs>),
}

/// The QEMU that is to run the CPUs, and its host.
#[derive(Debug, Args)]
pub(crate) struct HypervisorArgs {
    /// The capabilities of QEMU, which say what it has on the host: a capabilities file, such as libvirt keeps, `builtin:NAME`
    /// for a built-in set, in which no host's CPU is, or `probe:PATH` to probe a binary [default: the QEMU of this machine for
    /// the architecture, where there is one and --host is not given; else the newest built-in set].
    #[arg(long, value_name = "FILE|builtin:NAME|probe:PATH")]
    pub(crate) caps: Option<String>,
    /// The QEMU binary, which is probed: short for `--caps probe:PATH`.
    #[arg(long, value_name = "PATH", conflicts_with = "caps")]
    pub(crate) emulator: Option<String>,
    /// Probe the binary even if its capabilities are in the cache.
    #[arg(long)]
    pub(crate) refresh: bool,
    /// The libvirt release whose behaviour is followed.
    #[arg(long, value_name = "RELEASE", value_parser = releases(), default_value_t)]
    pub(crate) release: Release,
    /// The type of guests [default: kvm where QEMU and the host have it, else qemu].
    #[arg(long, value_enum)]
    pub(crate) virttype: Option<VirtType>,
    /// The architecture of guests [default: that of the capabilities, else of the host].
    #[arg(long, value_name = "ARCH")]
    pub(crate) arch: Option<Arch>,
    /// The machine type of guests, which QEMU must have.
    #[arg(long, value_name = "NAME")]
    pub(crate) machine: Option<String>,
    /// The machine that has CPU model definitions, and whose architecture decides whether KVM can run a guest: this one, one
    /// of the guests' architecture of which nothing is known, or the one that a file describes [default: here].
    #[arg(long, value_name = "here|none|FILE")]
    pub(crate) host: Option<HostChoice>,
    /// The directory of libvirt's CPU model definitions [default: /usr/share/libvirt/cpu_map].
    #[arg(long, value_name = "DIR")]
    pub(crate) cpu_map: Option<std::path::PathBuf>,
    /// The output format.
    #[arg(long, value_enum, default_value_t = CpuFormat::Text)]
    pub(crate) format: CpuFormat,
}

impl HypervisorArgs {
    /// The options of the commands for documents.
    pub(crate) fn qemu(&self) -> QemuArgs {
        let emulator = self.emulator.as_ref().map(|path| format!("probe:{path}"));
        QemuArgs {
            caps: emulator.or_else(|| self.caps.clone()),
            refresh: self.refresh,
            flags: Vec::new(),
            no_flags: Vec::new(),
            release: self.release,
            host: HostArgs { host: self.host.clone(), cpu_map: self.cpu_map.clone(), ..HostArgs::default() },
        }
    }
}

/// The layouts of output on CPUs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CpuFormat {
    /// `<cpu>` elements, or a line on each CPU.
    Text,
    /// One JSON object (docs/cpu.md).
    Json,
}

#[derive(Debug, Args)]
#[command(after_help = examples::CPU_BASELINE)]
pub(crate) struct CpuBaselineArgs {
    #[command(flatten)]
    pub(crate) hypervisor: HypervisorArgs,
    /// List the features of the model too.
    #[arg(long)]
    pub(crate) features: bool,
    /// Leave out features that block migration.
    #[arg(long)]
    pub(crate) migratable: bool,
    /// Let the CPUs alone decide, whatever QEMU has on the host.
    #[arg(long)]
    pub(crate) ignore_host: bool,
    /// A CPU model without changes, after those of the files (may be repeated).
    #[arg(long = "model", value_name = "NAME")]
    pub(crate) models: Vec<String>,
    /// The files with CPUs.
    #[arg(value_name = "FILE|-", required_unless_present = "models")]
    pub(crate) files: Vec<String>,
}

#[derive(Debug, Args)]
#[command(after_help = examples::CPU_COMPARE)]
pub(crate) struct CpuCompareArgs {
    #[command(flatten)]
    pub(crate) hypervisor: HypervisorArgs,
    /// Report an incompatible CPU as an error, with what the host lacks, instead of in a line of the result.
    #[arg(long)]
    pub(crate) error: bool,
    /// Refuse a `<cpu>` that the rules of the domain format refuse, or that has elements or attributes which libvirt ignores.
    #[arg(long)]
    pub(crate) validate: bool,
    /// The file with the CPU; the first one of several is compared.
    #[arg(value_name = "FILE|-")]
    pub(crate) file: String,
}

#[derive(Debug, Args)]
#[command(after_help = examples::CPU_EXPAND)]
pub(crate) struct CpuExpandArgs {
    #[command(flatten)]
    pub(crate) hypervisor: HypervisorArgs,
    /// A CPU model without changes, after those of the files (may be repeated).
    #[arg(long = "model", value_name = "NAME")]
    pub(crate) models: Vec<String>,
    /// The files with CPUs.
    #[arg(value_name = "FILE|-", required_unless_present = "models")]
    pub(crate) files: Vec<String>,
}
