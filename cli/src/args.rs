//! The arguments of the command.

use std::num::NonZero;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use virtargv::{Arch, Cap, Release};
use virtargv_host::Uuid;

mod attributes;
mod caps;
mod cpu;
mod diff;
mod domcaps;
mod examples;
mod firmware;
mod hotplug;
mod virt_type;

pub(crate) use attributes::{AttributesFormat, ExplainAttributeArgs};
pub(crate) use caps::{
    CapsCommand, CapsDiffArgs, CapsFormat, CapsProbeArgs, CapsRepliesArgs, CapsRequireArgs, CapsShowArgs,
};
pub(crate) use firmware::{FirmwareArgs, FirmwareFormat};

pub(crate) use cpu::{CpuBaselineArgs, CpuCommand, CpuCompareArgs, CpuExpandArgs, CpuFormat, HypervisorArgs};
pub(crate) use diff::{DiffArgs, DiffFormat};
pub(crate) use domcaps::{DomcapsArgs, DomcapsFormat};
pub(crate) use hotplug::{AttachArgs, DetachArgs, DeviceArgs, HotplugFormat, UpdateArgs};
pub(crate) use virt_type::VirtType;

/// From a libvirt domain document to the exact QEMU command line, without a daemon.
#[derive(Debug, Parser)]
#[command(name = "virtargv", version, after_help = examples::ALL, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the QEMU command line for a domain document.
    Argv(ArgvArgs),
    /// Start the guest of a domain document, and stay until it ends.
    ///
    /// QEMU is started as libvirt starts it: with sockets, files and devices that are opened beforehand, without a shell.
    /// All that was created for the run is removed in the end, also after Ctrl-C. The master key of secrets is in a file
    /// that only the user can read. Variable stores of firmware stay.
    #[cfg(target_os = "linux")]
    Run(RunArgs),
    /// Report everything that is wrong with domain documents.
    Check(CheckArgs),
    /// Print the completed domain document, with defaults, implied devices and addresses, as libvirt defines it.
    Resolve(ResolveArgs),
    /// Show what changes for the guest and for its command line: between two documents, releases, QEMUs or machine types.
    Diff(DiffArgs),
    /// Print the commands for QEMU's monitor that attach a device to a running domain.
    Attach(AttachArgs),
    /// Print the commands for QEMU's monitor that detach a device from a running domain.
    Detach(DetachArgs),
    /// Print the commands for QEMU's monitor that change a device of a running domain: a medium, a password, a link, the size
    /// of virtio-mem.
    Update(UpdateArgs),
    /// Show each firmware descriptor of the host in libvirt's order: taken for a document, or why not.
    ///
    /// The exit code is 1 where the document asks for firmware and none fits.
    Firmware(FirmwareArgs),
    /// Print what a QEMU and a host offer to a kind of guest: firmware, CPUs, devices and features.
    ///
    /// It is the document that `virsh domcapabilities` prints, without a daemon. What only the host can say and does not know
    /// is left out, and told on standard error.
    Domcaps(DomcapsArgs),
    /// Show, compare and probe the capabilities of QEMU binaries.
    #[command(subcommand)]
    Caps(CapsCommand),
    /// Compare CPUs, make one that runs on several hosts, and show all features of a CPU.
    #[command(subcommand)]
    Cpu(CpuCommand),
    /// Describe this machine, for `--host`.
    #[command(subcommand)]
    Host(HostCommand),
    /// Explain rules: what must hold, why, and what to do; without an id, list all rules.
    Explain(ExplainArgs),
    /// Explain attributes of the domain format: where they go (command line, QEMU's monitor, host, nowhere), their values and
    /// releases; without a path, list all.
    ExplainAttribute(ExplainAttributeArgs),
    /// Print the completions of this command for a shell.
    Completions(CompletionsArgs),
    /// Print the man page of this command, or write those of all subcommands.
    Man(ManArgs),
}

/// The releases of libvirt that are followed, so that help and messages list them.
fn releases() -> impl TypedValueParser<Value = Release> {
    PossibleValuesParser::new(Release::ALL.iter().map(|release| release.name()))
        .try_map(|name| name.parse::<Release>())
}

/// The QEMU binary, the release and the host.
#[derive(Debug, Args)]
pub(crate) struct QemuArgs {
    /// The capabilities of QEMU: a capabilities file, `builtin:NAME` for a built-in set, or `probe:PATH` to probe a
    /// binary; `{arch}` in it stands for QEMU's name of the document's architecture [default: the newest
    /// built-in set for the document's architecture; for `run` the document's emulator is probed].
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
    #[command(flatten)]
    pub(crate) host: HostArgs,
}

/// The machine that a guest is to run on. The short forms say what they say on top of any machine.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Host")]
pub(crate) struct HostArgs {
    /// The machine: this one, one of which nothing is known, or the one that a file describes (see `virtargv host show`)
    /// [default: here; none for `check`].
    #[arg(long, value_name = "here|none|FILE")]
    pub(crate) host: Option<HostChoice>,
    /// The directory of libvirt's CPU model definitions, which `host-model` CPUs need [default: /usr/share/libvirt/cpu_map].
    #[arg(long, value_name = "DIR")]
    pub(crate) cpu_map: Option<std::path::PathBuf>,
    /// The architecture of the host, if it is not that of this machine.
    #[arg(long, value_name = "ARCH")]
    pub(crate) arch: Option<Arch>,
    /// A network: by the bridge that it connects interfaces to, or by the file of its definition (may be repeated).
    #[arg(long = "network", value_name = "NAME=bridge:BRIDGE|NAME=FILE")]
    pub(crate) networks: Vec<String>,
    /// A storage pool of type `dir`, whose volumes are the files in DIR (may be repeated).
    #[arg(long = "pool", value_name = "NAME=DIR")]
    pub(crate) pools: Vec<String>,
    /// The value of a secret, which is the content of FILE as it is (may be repeated).
    #[arg(long = "secret", value_name = "UUID=FILE|USAGE=FILE")]
    pub(crate) secrets: Vec<String>,
    /// The UUID of the domain, if the document has none.
    #[arg(long, value_name = "UUID", value_parser = uuid)]
    pub(crate) uuid: Option<Uuid>,
    /// The number of the domain, which is in the names of its directories [default: -1, as
    /// libvirt writes it before a start; for `run` the number of its process].
    #[arg(long, value_name = "NUMBER")]
    pub(crate) domain_id: Option<u32>,
    /// `clean`: an environment with nothing but a usual PATH, instead of that of this process.
    #[arg(long, value_enum)]
    pub(crate) env: Option<EnvChoice>,
    /// The time, in seconds since 1970-01-01 UTC; local time is then UTC.
    #[arg(long, value_name = "SECONDS")]
    pub(crate) now: Option<i64>,
    /// Make all that is random (MAC addresses, UUIDs, generation ids, keys and initialisation vectors) of this number. For
    /// output that is to be the same every time, and never for a guest with secrets: its keys follow from the number.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,
}

/// The machine that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HostChoice {
    /// This machine.
    Here,
    /// A machine of which nothing is known.
    None,
    /// The machine that this file describes.
    File(std::path::PathBuf),
}

impl From<&str> for HostChoice {
    fn from(text: &str) -> Self {
        match text {
            "here" => Self::Here,
            "none" => Self::None,
            file => Self::File(file.into()),
        }
    }
}

/// The environments that can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EnvChoice {
    /// Nothing but a usual PATH.
    Clean,
}

fn jobs(text: &str) -> Result<NonZero<u16>, String> {
    text.parse().map_err(|_| format!("a number from 1 to {} is expected", u16::MAX))
}

fn uuid(text: &str) -> Result<Uuid, String> {
    Uuid::parse(text).ok_or_else(|| "16 pairs of hexadecimal digits are expected".to_owned())
}

/// Describe machines.
#[derive(Debug, Subcommand)]
#[command(after_help = examples::HOST)]
pub(crate) enum HostCommand {
    /// Print the description of a machine as a file for `--host`.
    ///
    /// It has general facts, and all that the machine is asked while the documents are turned into command lines: images,
    /// networks, pools, devices. Without documents it has the images in /var/lib/libvirt/images instead, and the networks
    /// and pools that are defined. Values of secrets are left out.
    Show(HostShowArgs),
}

#[derive(Debug, Args)]
#[command(after_help = examples::HOST_SHOW)]
pub(crate) struct HostShowArgs {
    #[command(flatten)]
    pub(crate) qemu: QemuArgs,
    /// Include the values of secrets and passwords.
    #[arg(long)]
    pub(crate) with_secrets: bool,
    /// Leave out the definitions of CPU models, which are large; `--cpu-map` names them later.
    #[arg(long)]
    pub(crate) no_cpu_definitions: bool,
    /// Treat the documents as new definitions (libvirt's ABI update).
    #[arg(long)]
    pub(crate) abi_update: bool,
    /// The documents; `-` is standard input.
    #[arg(value_name = "FILE|-")]
    pub(crate) files: Vec<String>,
}

#[derive(Debug, Args)]
#[command(after_help = examples::ARGV)]
pub(crate) struct ArgvArgs {
    #[command(flatten)]
    pub(crate) qemu: QemuArgs,
    /// The output format.
    #[arg(long, value_enum, default_value_t = ArgvFormat::Args)]
    pub(crate) format: ArgvFormat,
    /// Print a command line that runs without a launcher: no descriptors are passed, tap devices are opened by name,
    /// sockets are in DIR (default: virtargv-NAME in $XDG_RUNTIME_DIR or in the system's directory for temporary
    /// files). The guest is paused until it gets `cont` on the monitor, DIR/monitor.sock. No file or directory is
    /// created.
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub(crate) standalone: Option<String>,
    /// Print what `virsh domxml-to-native qemu-argv` prints: every interface is of type `ethernet` with its MAC address,
    /// model and script only, sockets and files are given by path, and images are not opened.
    #[arg(long, conflicts_with_all = ["standalone", "explain_host"])]
    pub(crate) like_native: bool,
    /// List what the command line requires on the host: as comments before it, or as `needs` in JSON.
    #[arg(long)]
    pub(crate) explain_host: bool,
    /// Print before each option the element or default that it comes from, and what completing added to that element.
    #[arg(long)]
    pub(crate) explain: bool,
    /// Verify each option against what the QEMU says that it accepts: its QAPI schema, the parameters of its options, and
    /// the properties of its device and object types. The binary of `--caps probe:PATH` is asked, or FILE has its replies
    /// (`virtargv caps replies`). Nothing is printed if it does not accept an option; what it will drop is a warning.
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub(crate) verify: Option<String>,
    /// Treat the document as a new definition, whose guest can get the defaults of new guests (libvirt's ABI update).
    #[arg(long)]
    pub(crate) abi_update: bool,
    /// The document; `-` is standard input.
    #[arg(value_name = "FILE|-")]
    pub(crate) file: String,
}

#[derive(Debug, Args)]
#[command(after_help = examples::RESOLVE)]
pub(crate) struct ResolveArgs {
    #[command(flatten)]
    pub(crate) qemu: QemuArgs,
    /// Print passwords of displays and HTTP cookies too.
    #[arg(long)]
    pub(crate) security_info: bool,
    /// Insert what is completed into the text of the document, and keep the rest of it as it is: comments, layout, and
    /// elements that libvirt does not know.
    #[arg(long)]
    pub(crate) lossless: bool,
    /// The output format.
    #[arg(long, value_enum, default_value_t = ResolveFormat::Xml)]
    pub(crate) format: ResolveFormat,
    /// What is assigned at the start only (may be repeated).
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) with: Vec<With>,
    /// Treat the document as a new definition, whose guest can get the defaults of new guests (libvirt's ABI update).
    #[arg(long)]
    pub(crate) abi_update: bool,
    /// The document; `-` is standard input.
    #[arg(value_name = "FILE|-")]
    pub(crate) file: String,
}

/// The layouts of a completed document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ResolveFormat {
    /// The document.
    Xml,
    /// One JSON object with the document, the aliases and the problems (docs/resolve.md).
    Json,
}

/// What a completed document has besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum With {
    /// The alias of each device.
    Aliases,
}

#[cfg(target_os = "linux")]
#[derive(Debug, Args)]
#[command(after_help = examples::RUN)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) qemu: QemuArgs,
    /// Do not let the guest run: it waits for `cont` on QEMU's monitor.
    #[arg(long)]
    pub(crate) paused: bool,
    /// Only say what this machine lacks to start the guest.
    #[arg(long)]
    pub(crate) check: bool,
    /// The time in which QEMU must be ready, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) start_limit: u64,
    /// Treat the document as a new definition, whose guest can get the defaults of new guests (libvirt's ABI update).
    #[arg(long)]
    pub(crate) abi_update: bool,
    /// The document; `-` is standard input.
    #[arg(value_name = "FILE|-")]
    pub(crate) file: String,
}

/// The layouts of a command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ArgvFormat {
    /// Environment, program and options in shell quoting, one option a line.
    Args,
    /// One line in shell quoting.
    Shell,
    /// One object: `env`, `program`, `args`, and `arguments` with their properties and sources.
    Json,
    /// Program and arguments, each ended by NUL.
    Nul,
}

#[derive(Debug, Args)]
#[command(after_help = examples::CHECK)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) qemu: QemuArgs,
    #[command(flatten)]
    pub(crate) lints: crate::lints::LintArgs,
    /// Check, too, whether guests with teaming can migrate: that the virtio partner is there, and has the same MAC address.
    #[arg(long)]
    pub(crate) migration: bool,
    /// The output format.
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    pub(crate) format: CheckFormat,
    /// Apply the edits that are sure to mend a problem to the files; everything else stays as it is.
    #[arg(long)]
    pub(crate) fix: bool,
    /// With --fix: write no file, print what would be changed as a unified diff.
    #[arg(long, requires = "fix")]
    pub(crate) dry_run: bool,
    /// Print problems only: no summary, no progress.
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Skip named files, too, whose outermost element is not `<domain>`.
    #[arg(long)]
    pub(crate) domains_only: bool,
    /// The number of documents that are checked at the same time [default: the number of CPUs].
    #[arg(long, short, value_name = "NUMBER", value_parser = jobs)]
    pub(crate) jobs: Option<NonZero<u16>>,
    /// The documents; `-` is standard input. Of a directory these are all files `*.xml` in it and below whose outermost
    /// element is `<domain>`. A name with `*`, `?` or `[` that no file has is a pattern, in which `**` stands for any
    /// directories.
    #[arg(value_name = "FILE|DIR|PATTERN|-", required = true)]
    pub(crate) files: Vec<String>,
}

/// The layouts of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// For people: message, place, source excerpt.
    Text,
    /// One JSON object (docs/check.md).
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit's XML.
    Junit,
    /// Workflow commands of GitHub Actions.
    Github,
}

#[derive(Debug, Args)]
#[command(after_help = examples::EXPLAIN)]
pub(crate) struct ExplainArgs {
    /// List the lints, which `check --deny`, `--warn` and `--allow` take, and whether each is on by default.
    #[arg(long, conflicts_with = "rules")]
    pub(crate) lints: bool,
    /// The ids of rules, as a report shows them.
    #[arg(value_name = "RULE")]
    pub(crate) rules: Vec<String>,
}

#[derive(Debug, Args)]
#[command(after_help = examples::COMPLETIONS)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
#[command(after_help = examples::MAN)]
pub(crate) struct ManArgs {
    /// The directory that gets a page for each subcommand; it must exist.
    #[arg(value_name = "DIR")]
    pub(crate) dir: Option<std::path::PathBuf>,
}
