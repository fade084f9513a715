//! What a host can be asked, subject by subject. Every question has a default answer: "not known".

use virtargv_caps::{Accel, Arch, CpuMap};
use virtargv_model::device::net::{Actual, NetworkSource};
use virtargv_model::info::PciAddress;
use virtargv_model::network::Network;
use virtargv_model::pool::StoragePool;

use crate::answer::{Answer, HostError};
use crate::{
    FileStat, PciDevice, PortPurpose, Processor, SecretKey, SecretUse, SevGuests, Tsc, UsbDevice, Volume,
};

/// Defines the subjects: their traits, in which each method without a body of its own answers "not known", and their
/// implementations for a host that knows nothing and for [`Override`](crate::Override).
macro_rules! subjects {
    ($(
        $(#[$meta:meta])*
        trait $subject:ident by $with:ident {
            $(
                $(#[$method_meta:meta])*
                fn $method:ident($($arg:ident: $type:ty),*) -> $value:ty: $unknown:literal;
            )+
        }
    )+) => {
        $(
            $(#[$meta])*
            pub trait $subject {
                $(
                    $(#[$method_meta])*
                    fn $method(&self $(, $arg: $type)*) -> Answer<$value> {
                        $(let _ = $arg;)*
                        Err(HostError::Unknown($unknown))
                    }
                )+
            }

            impl $subject for crate::NotKnown {}

            impl $subject for crate::Override<'_> {
                $(
                    fn $method(&self $(, $arg: $type)*) -> Answer<$value> {
                        match self.$with.map(|over| over.$method($($arg),*)) {
                            None | Some(Err(HostError::Unknown(_))) => self.under.$with().$method($($arg),*),
                            Some(answer) => answer,
                        }
                    }
                )+
            }
        )+
    };
}

subjects! {
    /// The machine and the driver's process on it.
    trait Machine by machine {
        /// The time, in seconds since 1970-01-01 UTC.
        fn now() -> i64: "the time";
        /// How far local time is ahead of UTC, in seconds.
        fn utc_offset() -> i64: "the time zone";
        /// The size of a memory page in bytes.
        fn page_size() -> u64: "the size of a memory page";
        /// Whether the kernel is in FIPS mode.
        fn fips() -> bool: "whether its kernel is in FIPS mode";
        /// The value of an environment variable of the driver; `None` if it is not set.
        fn env(name: &str) -> Option<String>: "the driver's environment";
        /// Whether nothing listens on TCP port `port`, which is to serve `purpose`.
        fn port_is_free(port: u16, purpose: PortPurpose) -> bool: "which TCP ports are free";
        /// The path of the QEMU binary for guests of `arch`.
        fn emulator(arch: Arch) -> String: "where its QEMU binaries are";
    }

    /// Files, among them firmware and its descriptors.
    trait Files by files {
        /// The text of the file at `path`.
        fn read_text(path: &str) -> String: "its files";
        /// The names in the directory `path`, sorted.
        fn list(path: &str) -> Vec<String>: "its files";
        /// The kind and size of the file at `path`.
        fn stat(path: &str) -> FileStat: "its files";
        /// At most `length` bytes of the file or block device at `path`, from byte `offset` on; fewer at its end.
        fn read_at(path: &str, offset: u64, length: usize) -> Vec<u8>: "its files";
        /// The absolute path of the file at `path` with all links followed.
        fn real_path(path: &str) -> String: "where links lead";
        /// Whether the device at `path` is a CD-ROM drive.
        fn is_cdrom(path: &str) -> bool: "whether the device is a CD-ROM drive";
    }

    /// The CPU.
    trait Cpu by cpu {
        /// The CPU of the host.
        fn processor() -> &Processor: "its CPU";
        /// The time-stamp counter of an x86 CPU that has an invariant one.
        fn tsc() -> Tsc: "the frequency of its TSC";
        /// libvirt's definitions of CPU models.
        fn cpu_map() -> &CpuMap: "the definitions of CPU models";
        /// The number of bits of a physical address.
        fn phys_addr_bits() -> u32: "how many bits its physical addresses have";
        /// The largest number of vCPUs that KVM gives a guest.
        fn kvm_max_vcpus() -> u32: "how many vCPUs its KVM gives a guest";
        /// How many guests AMD SEV protects at the same time.
        fn sev_guests() -> SevGuests: "how many guests AMD SEV protects";
    }

    /// NUMA nodes of the host.
    trait Numa by numa {
        /// The numbers of the NUMA nodes.
        fn numa_nodes() -> Vec<u32>: "its NUMA nodes";
        /// The NUMA nodes that automatic placement (numad) advises for the guest.
        fn numa_advice() -> Vec<u32>: "which NUMA nodes automatic placement advises";
        /// The NUMA node that a CPU of the host belongs to.
        fn numa_node_of_cpu(cpu: u32) -> u32: "the NUMA nodes of its CPUs";
    }

    /// Devices of the host.
    trait Devices by devices {
        /// The PCI device at `address`.
        fn pci_device(address: &PciAddress) -> PciDevice: "its PCI devices";
        /// The USB devices, by bus and device number.
        fn usb_devices() -> Vec<UsbDevice>: "its USB devices";
        /// The generic device (`sg0`) of a SCSI unit at adapter, bus, target and unit.
        fn scsi_generic(adapter: &str, bus: u32, target: u32, unit: u64) -> String: "its SCSI devices";
        /// The path of a DRM render node.
        fn render_node() -> String: "its DRM render nodes";
        /// Whether vhost-net serves guests that run under `accel`.
        fn vhost_net(accel: Accel) -> bool: "whether vhost-net can be used";
        /// Whether vhost-vsock can be used.
        fn vhost_vsock() -> bool: "whether vhost-vsock can be used";
        /// Whether PCI devices can be given to guests (VFIO): there is an IOMMU.
        fn vfio() -> bool: "whether PCI devices can be given to guests";
        /// Whether vhost-scsi can be used.
        fn vhost_scsi() -> bool: "whether vhost-scsi can be used";
        /// A vsock CID that no other guest has.
        fn free_vsock_cid() -> u32: "which vsock CIDs are free";
    }

    /// Storage pools and their volumes.
    trait Storage by storage {
        /// The definition of an active storage pool.
        fn storage_pool(name: &str) -> StoragePool: "its storage pools";
        /// A volume of a storage pool.
        fn storage_volume(pool: &str, volume: &str) -> Volume: "its storage volumes";
    }

    /// Virtual networks.
    trait Networks by networks {
        /// The definition of a network.
        fn network(name: &str) -> Network: "its networks";
        /// The port that the network allocated for an interface with this source. Where the host does not know it, the
        /// port is derived from the definition of the network.
        fn network_port(source: &NetworkSource) -> Actual: "the ports of networks";
    }

    /// Secrets.
    trait Secrets by secrets {
        /// The value of a secret.
        fn secret(usage: SecretUse, key: SecretKey<'_>) -> Vec<u8>: "its secrets";
    }

    /// Helper programs.
    trait Services by services {
        /// Whether swtpm emulates a TPM of `version` (`1.2`, `2.0`).
        fn emulates_tpm(version: &str) -> bool: "which TPMs swtpm emulates";
        /// The UNIX socket of the emulated TPM of `domain` (a short name), where it is not in the driver's `stateDir`.
        fn tpm_emulator_socket(domain: &str) -> String: "where swtpm listens";
        /// Whether nbdkit is installed with this plugin (`curl`, `ssh`).
        fn nbdkit_plugin(name: &str) -> bool: "the plugins of nbdkit";
        /// Whether user networking goes through a slirp-helper process.
        fn slirp_helper() -> bool: "whether slirp-helper is installed";
        /// Whether qemu-rdp, which serves `<graphics type='rdp'>`, is installed.
        fn qemu_rdp() -> bool: "whether qemu-rdp is installed";
    }
}
