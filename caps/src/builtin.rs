//! Capabilities of QEMU versions that are built into this crate.
//!
//! Each set was probed from a binary of a distribution; `caps/builtin/README.md` says which and how.

use crate::derive::{Conversation, DeriveError, derive};
use crate::{Accel, Cap, Caps, CpuModel, Release, Usable};

/// Defines the sets by their names, which are the names of their files.
macro_rules! sets {
    ($($name:literal),+ $(,)?) => {
        const SETS: &[(&str, &str)] = &[$(($name, include_str!(concat!("../builtin/", $name, ".xml")))),+];
    };
}

sets! {
    "qemu-7.2-x86_64", "qemu-10.0-x86_64", "qemu-11.1-x86_64",
    "qemu-7.2-aarch64", "qemu-10.0-aarch64", "qemu-11.1-aarch64",
    "qemu-7.2-ppc64", "qemu-10.0-ppc64", "qemu-11.1-ppc64",
    "qemu-7.2-s390x", "qemu-10.0-s390x", "qemu-11.1-s390x",
    "qemu-7.2-riscv64", "qemu-10.0-riscv64", "qemu-11.1-riscv64",
}

/// The names of the sets; of each architecture the newest QEMU is last.
pub fn names() -> impl Iterator<Item = &'static str> {
    SETS.iter().map(|(name, _)| *name)
}

/// The set `name` under `release`.
pub fn get(name: &str, release: Release) -> Option<Caps> {
    let (_, text) = SETS.iter().find(|(n, _)| *n == name)?;
    Caps::from_xml(text, release).ok()
}

/// Derives capabilities from `conversation` that hold on any host, with KVM.
///
/// Host-specific parts are left out: the expansion of the host's CPU, which CPU models the host supports, interrupt
/// controllers, memory encryption and enclaves. Where the host had no KVM, the machine types and CPU models of TCG are
/// taken for KVM too. The set has the flags of every release, so that each release finds its own.
///
/// # Errors
/// The conversation lacks a reply that the set needs.
pub fn generic(conversation: &Conversation) -> Result<Caps, DeriveError> {
    // The latest release has a spelling for every CPU model.
    let latest = Release::ALL.last().copied().unwrap_or_default();
    let caps = derive(conversation, latest)?;
    let mut edit = Caps::builder(caps.release(), caps.arch())
        .version(caps.version())
        .package(caps.package())
        .emulator(format!("/usr/bin/qemu-system-{}", caps.arch().qemu_name()))
        .set(Cap::Kvm);
    for release in Release::ALL {
        edit = edit.flags(derive(conversation, *release)?.listed_flags().iter());
    }
    for accel in [Accel::Kvm, Accel::Tcg] {
        let known = if caps.machines(accel).is_empty() { Accel::Tcg } else { accel };
        for machine in caps.machines(known) {
            edit = edit.machine(accel, machine.clone());
        }
        for model in caps.cpu_models(known) {
            let model = CpuModel { usable: Usable::Unknown, blockers: Vec::new(), ..model.clone() };
            edit = edit.cpu_model(accel, model);
        }
    }
    if let Some(cpu) = caps.host_cpu(Accel::Tcg) {
        edit = edit.host_cpu(Accel::Tcg, cpu.clone());
    }
    // It tells of QEMU alone, and the host decides too.
    Ok(edit.clear(Cap::TdxGuest).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_is_read_by_every_release() {
        for name in names() {
            for release in Release::ALL {
                let caps = get(name, *release).unwrap_or_else(|| panic!("{name} under {release}"));
                assert!(
                    caps.has(Cap::Kvm) && !caps.machines(Accel::Kvm).is_empty(),
                    "{name} under {release}"
                );
            }
        }
    }
}
