//! The arguments of `attach`, `detach` and `update`.

use clap::{Args, ValueEnum};

use super::{QemuArgs, examples};

/// The running domain and the device.
#[derive(Debug, Args)]
pub(crate) struct DeviceArgs {
    #[command(flatten)]
    pub(crate) qemu: QemuArgs,
    /// The output format.
    #[arg(long, value_enum, default_value_t = HotplugFormat::Qmp)]
    pub(crate) format: HotplugFormat,
    /// Print the domain as it is afterwards, instead of the commands.
    #[arg(long, conflicts_with = "format")]
    pub(crate) domain_xml: bool,
    /// The file with the master key of the guest, which devices with secrets need:
    /// `/var/lib/libvirt/qemu/domain-ID-NAME/master-key.aes`.
    #[arg(long, value_name = "FILE")]
    pub(crate) master_key: Option<std::path::PathBuf>,
    /// The running domain: its document with aliases (`virsh dumpxml --security-info`), or libvirt's status file of it
    /// (`/run/libvirt/qemu/NAME.xml`), which has the numbers of block nodes too; `-` is standard input.
    #[arg(value_name = "DOMAIN")]
    pub(crate) domain: String,
    /// The device, one element as it is below `<devices>`; `-` is standard input.
    #[arg(value_name = "DEVICE")]
    pub(crate) device: String,
}

#[derive(Debug, Args)]
#[command(after_help = examples::ATTACH)]
pub(crate) struct AttachArgs {
    #[command(flatten)]
    pub(crate) of: DeviceArgs,
}

#[derive(Debug, Args)]
#[command(after_help = examples::DETACH)]
pub(crate) struct DetachArgs {
    #[command(flatten)]
    pub(crate) of: DeviceArgs,
}

#[derive(Debug, Args)]
#[command(after_help = examples::UPDATE)]
pub(crate) struct UpdateArgs {
    #[command(flatten)]
    pub(crate) of: DeviceArgs,
    /// Open the tray of a CD-ROM drive although the guest has locked it.
    #[arg(long)]
    pub(crate) force: bool,
}

/// The layouts of commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum HotplugFormat {
    /// A command a line, as QEMU's monitor reads it; on standard error what it does not say.
    Qmp,
    /// One object: `status`, `commands`, each with its descriptor, what is waited for and what takes it back, `needs`, `domain`,
    /// `teaming`, `problems`.
    Json,
}
