//! What is asked of CPUs, and for which architectures there is an answer.

use virtargv_model::Message;

use super::{Definition, Hypervisor, Refusal, rules};

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    /// The CPU that runs on all of some hosts.
    Baseline,
    /// How a CPU relates to the host's.
    Compare,
    /// All features of a CPU.
    Expand,
}

impl Question {
    /// What is made.
    const fn name(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Compare => "comparison",
            Self::Expand => "expansion",
        }
    }

    /// The command that asks libvirt.
    const fn virsh(self) -> &'static str {
        match self {
            Self::Baseline => "virsh hypervisor-cpu-baseline",
            Self::Compare => "virsh hypervisor-cpu-compare",
            Self::Expand => "virsh hypervisor-cpu-baseline --features",
        }
    }

    /// Checks that CPUs of the architecture of the hypervisor can be compared here.
    pub(super) fn check_arch(self, cpus: &[Definition], hypervisor: &Hypervisor<'_>) -> Result<(), Refusal> {
        let arch = hypervisor.request.caps.arch();
        if arch.is_x86() {
            return Ok(());
        }
        if arch.is_s390() {
            return Err(self.asks_qemu(cpus, hypervisor));
        }
        let message = format!("libvirt has no {} of CPUs of `{arch}`", self.name());
        Err(hypervisor.refuse(cpus, 0, &rules::ARCH, message))
    }

    /// That libvirt asks a running QEMU, which is not done here.
    pub(super) fn asks_qemu(self, cpus: &[Definition], hypervisor: &Hypervisor<'_>) -> Refusal {
        let (arch, name) = (hypervisor.request.caps.arch(), self.name());
        let message = format!(
            "the {name} of CPUs of `{arch}` is the answer of a running QEMU to `query-cpu-model-{name}`, which is not asked here"
        );
        let help = format!("run `{}` with this file on a host of `{arch}`", self.virsh());
        hypervisor.refuse(cpus, 0, &rules::ASKS_QEMU, Message::new(message).with_help(help))
    }
}
