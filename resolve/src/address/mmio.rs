//! virtio devices of Arm and RISC-V machines: on PCI where the machine has PCI Express, else memory-mapped
//! (virtio-mmio).

use virtargv_caps::{Arch, Cap};
use virtargv_model::device::controller::{ControllerType, PciModel};
use virtargv_model::info::{Address, PciAddress};

use super::default_virtio;
use crate::Work;

/// Chooses PCI or virtio-mmio for all virtio devices without an address.
pub(super) fn assign(work: &mut Work<'_>) {
    let guest = &work.guest;
    let arch = matches!(guest.arch, Arch::Armv6l | Arch::Armv7l | Arch::Aarch64) || guest.arch.is_riscv();
    let board = guest.machine.starts_with("vexpress-") || guest.is_arm_virt() || guest.is_riscv_virt();
    if !arch || !board {
        return;
    }
    let devices = &work.domain.devices;
    let pcie = devices
        .controllers
        .iter()
        .any(|c| c.is(ControllerType::Pci, 0) && c.pci_model() == Some(PciModel::PcieRoot));
    let ports = work.caps.has(Cap::DevicePcieRootPort) || work.caps.has(Cap::DeviceIoh3420);
    // A guest with one virtio-mmio device keeps using virtio-mmio.
    let has_mmio = devices.infos().any(|(_, info)| info.address == Some(Address::VirtioMmio));
    if pcie && ports && !has_mmio {
        default_virtio(work, &Address::Pci(PciAddress::default()), false);
    } else if work.caps.has(Cap::DeviceVirtioMmio) {
        default_virtio(work, &Address::VirtioMmio, false);
    }
}
