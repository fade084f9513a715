//! The arguments of `virtargv caps`.

use clap::{Args, Subcommand, ValueEnum};
use virtargv::Release;

use super::{HostArgs, examples, releases};

/// Show, compare and probe capabilities.
///
/// A set is named as for `--caps`: a capabilities file, `builtin:NAME`, or `probe:PATH` for a QEMU binary.
#[derive(Debug, Subcommand)]
#[command(after_help = examples::CAPS)]
pub(crate) enum CapsCommand {
    /// List the built-in sets.
    List(CapsListArgs),
    /// Show the content of a set.
    Show(CapsShowArgs),
    /// Compare two sets.
    Diff(CapsDiffArgs),
    /// Probe a QEMU binary and print its capabilities file.
    Probe(CapsProbeArgs),
    /// Print what a QEMU binary says that it accepts in its options, for `virtargv argv --verify=FILE`.
    ///
    /// It is a QMP conversation, a request or a reply on each line: the QAPI schema, the parameters of options, and the
    /// properties of all device and object types.
    Replies(CapsRepliesArgs),
    /// Show the flags that a document needs, and the oldest built-in QEMU that has all of them.
    Require(Box<CapsRequireArgs>),
}

/// The layouts of output on sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CapsFormat {
    /// For people.
    Text,
    /// One JSON value.
    Json,
}

#[derive(Debug, Args)]
#[command(after_help = examples::CAPS_LIST)]
pub(crate) struct CapsListArgs {
    /// The output format.
    #[arg(long, value_enum, default_value_t = CapsFormat::Text)]
    pub(crate) format: CapsFormat,
}

#[derive(Debug, Args)]
#[command(after_help = examples::CAPS_SHOW)]
pub(crate) struct CapsShowArgs {
    /// The output format.
    #[arg(long, value_enum, default_value_t = CapsFormat::Text)]
    pub(crate) format: CapsFormat,
    /// The libvirt release whose flags are shown.
    #[arg(long, value_name = "RELEASE", value_parser = releases(), default_value_t)]
    pub(crate) release: Release,
    /// Probe a binary even if its capabilities are in the cache.
    #[arg(long)]
    pub(crate) refresh: bool,
    /// The set [default: the newest built-in set for x86_64].
    #[arg(value_name = "SET")]
    pub(crate) set: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = examples::CAPS_DIFF)]
pub(crate) struct CapsDiffArgs {
    /// The output format.
    #[arg(long, value_enum, default_value_t = CapsFormat::Text)]
    pub(crate) format: CapsFormat,
    /// The libvirt release whose flags are compared.
    #[arg(long, value_name = "RELEASE", value_parser = releases(), default_value_t)]
    pub(crate) release: Release,
    /// The first set.
    #[arg(value_name = "A")]
    pub(crate) a: String,
    /// The second set.
    #[arg(value_name = "B")]
    pub(crate) b: String,
}

#[derive(Debug, Args)]
#[command(after_help = examples::CAPS_PROBE)]
pub(crate) struct CapsProbeArgs {
    /// The libvirt release whose flags are probed for.
    #[arg(long, value_name = "RELEASE", value_parser = releases(), default_value_t)]
    pub(crate) release: Release,
    /// Leave out what depends on this host, and list the flags of all releases, for use on other hosts.
    #[arg(long)]
    pub(crate) generic: bool,
    /// The QEMU binary.
    #[arg(value_name = "PATH")]
    pub(crate) path: std::path::PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = examples::CAPS_REPLIES)]
pub(crate) struct CapsRepliesArgs {
    /// The QEMU binary.
    #[arg(value_name = "PATH")]
    pub(crate) path: std::path::PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = examples::CAPS_REQUIRE)]
pub(crate) struct CapsRequireArgs {
    /// The output format.
    #[arg(long, value_enum, default_value_t = CapsFormat::Text)]
    pub(crate) format: CapsFormat,
    /// The release whose behaviour is followed.
    #[arg(long, value_name = "RELEASE", value_parser = releases(), default_value_t)]
    pub(crate) release: Release,
    /// The QEMU that is to run the document, as for `argv`; without it, the newest built-in set
    /// for its architecture.
    #[arg(long, value_name = "FILE|builtin:NAME|probe:PATH")]
    pub(crate) caps: Option<String>,
    #[command(flatten)]
    pub(crate) host: HostArgs,
    /// The document; `-` is standard input.
    #[arg(value_name = "FILE|-")]
    pub(crate) file: String,
}
