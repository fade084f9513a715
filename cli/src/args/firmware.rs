//! The arguments of `virtargv firmware`.

use clap::{Args, ValueEnum};

use super::{QemuArgs, examples};

/// The layouts of a list of firmware.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FirmwareFormat {
    /// For people.
    Text,
    /// One JSON object (docs/firmware.md).
    Json,
}

#[derive(Debug, Args)]
#[command(after_help = examples::FIRMWARE)]
pub(crate) struct FirmwareArgs {
    #[command(flatten)]
    pub(crate) qemu: QemuArgs,
    /// The output format.
    #[arg(long, value_enum, default_value_t = FirmwareFormat::Text)]
    pub(crate) format: FirmwareFormat,
    /// Treat the document as a new definition, whose guest can get the defaults of new guests (libvirt's ABI update).
    #[arg(long)]
    pub(crate) abi_update: bool,
    /// The document; `-` is standard input.
    #[arg(value_name = "FILE|-")]
    pub(crate) file: String,
}
