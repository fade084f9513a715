//! A host that answers with given values.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use virtargv_caps::{Accel, Arch, CpuMap};
use virtargv_model::device::net::{Actual, NetworkSource};
use virtargv_model::info::PciAddress;
use virtargv_model::network::Network;
use virtargv_model::pool::StoragePool;

use crate::{
    Answer, Cpu, Descriptors, Devices, DriverConfig, FileKind, FileStat, Files, FreeDescriptors, Host,
    HostError, Machine, Networks, Numa, PciDevice, PortPurpose, Processor, SecretKey, SecretLookup,
    SecretUse, Secrets, Services, SevGuests, Storage, Tsc, UsbDevice, Volume, VolumeLookup,
};

/// Answers with given values; all else does not exist. Random bytes count up from 0, so that output is the same every
/// time.
///
/// ```
/// use virtargv_host::{FixedHost, Host, SecretKey, SecretLookup, SecretUse};
///
/// let host = FixedHost {
///     now: 1_234_567_890,
///     secret: SecretLookup::new(|_, key| (key == SecretKey::Usage("disks")).then(|| b"open sesame".to_vec())),
///     ..FixedHost::default()
/// };
/// assert_eq!(host.machine().now(), Ok(1_234_567_890));
/// let error = host.secrets().secret(SecretUse::Volume, SecretKey::Usage("tapes")).unwrap_err();
/// assert_eq!(error.to_string(), "secret `tapes` was not found");
/// ```
#[derive(Debug, Clone)]
pub struct FixedHost {
    /// The driver's settings.
    pub config: DriverConfig,
    /// The architecture of the host's CPU.
    pub arch: Arch,
    /// Seconds since 1970.
    pub now: i64,
    /// The size of a memory page in bytes.
    pub page_size: u64,
    /// How far local time is ahead of UTC, in seconds.
    pub utc_offset: i64,
    /// The driver's environment.
    pub env: BTreeMap<String, String>,
    /// Files by path.
    pub files: BTreeMap<String, String>,
    /// Images and block devices by path, without `.` and `..`. Without them, nothing is known of any image.
    pub images: Option<BTreeMap<String, Vec<u8>>>,
    /// The one free TCP port for a purpose; for other purposes, every port is free.
    pub free_ports: BTreeMap<PortPurpose, u16>,
    /// The directory where QEMU binaries are found, as `qemu-system-ARCH`.
    pub emulator_dir: String,
    /// The host's CPU.
    pub cpu: Option<Processor>,
    /// The time-stamp counter of the CPU; `None` for "not known".
    pub tsc: Option<Tsc>,
    /// The definitions of CPU models.
    pub cpu_map: Arc<CpuMap>,
    /// The number of bits of a physical address; `None` for "not known".
    pub phys_addr_bits: Option<u32>,
    /// The largest number of vCPUs that KVM gives a guest; `None` for "not known".
    pub kvm_max_vcpus: Option<u32>,
    /// How many guests AMD SEV protects; `None` for "not known".
    pub sev_guests: Option<SevGuests>,
    /// Whether the kernel is in FIPS mode.
    pub fips: bool,
    /// Whether there is a slirp helper.
    pub slirp_helper: bool,
    /// Whether there is qemu-rdp.
    pub qemu_rdp: bool,
    /// Whether there is vhost-net.
    pub vhost_net: bool,
    /// The vsock CID that is free.
    pub free_vsock_cid: u32,
    /// The versions of TPM that swtpm does not emulate.
    pub missing_tpm_versions: BTreeSet<String>,
    /// The numbers of descriptors that are passed to QEMU.
    pub descriptors: Arc<dyn Descriptors + Send + Sync>,
    /// The plugins of nbdkit, where there is one.
    pub nbdkit_plugins: BTreeSet<String>,
    /// PCI devices by address, such as `0000:01:00.0`.
    pub pci_devices: BTreeMap<String, PciDevice>,
    /// USB devices. Without them, nothing is known of any.
    pub usb_devices: Option<Vec<UsbDevice>>,
    /// Whether PCI devices can be given to guests (VFIO).
    pub vfio: bool,
    /// Whether `/dev/vhost-scsi` is there.
    pub vhost_scsi: bool,
    /// Whether `/dev/vhost-vsock` can be opened.
    pub vhost_vsock: bool,
    /// The NUMA nodes.
    pub numa_nodes: Vec<u32>,
    /// The NUMA nodes that automatic placement advises.
    pub numa_advice: Vec<u32>,
    /// How many CPUs each NUMA node has.
    pub cpus_per_node: u32,
    /// The CD-ROM drives by path.
    pub cdroms: BTreeSet<String>,
    /// Links among the files, with what they lead to.
    pub links: BTreeMap<String, String>,
    /// A DRM render node.
    pub render_node: Option<String>,
    /// The generic device of any SCSI unit.
    pub scsi_generic: Option<String>,
    /// The definitions of storage pools by name.
    pub pools: BTreeMap<String, StoragePool>,
    /// The storage pools that are defined but not active.
    pub inactive_pools: BTreeSet<String>,
    /// The volumes of storage pools.
    pub volume: VolumeLookup,
    /// The definitions of networks by name.
    pub networks: BTreeMap<String, Network>,
    /// The networks that are defined but not active.
    pub inactive_networks: BTreeSet<String>,
    /// The ports allocated for interfaces, by the name of the network.
    pub network_ports: BTreeMap<String, Actual>,
    /// The values of secrets.
    pub secret: SecretLookup,
}

impl Default for FixedHost {
    fn default() -> Self {
        Self {
            config: DriverConfig::default(),
            arch: Arch::X86_64,
            now: 0,
            page_size: 4096,
            utc_offset: 0,
            env: BTreeMap::new(),
            files: BTreeMap::new(),
            images: None,
            free_ports: BTreeMap::new(),
            emulator_dir: "/usr/bin".into(),
            cpu: None,
            tsc: None,
            cpu_map: Arc::default(),
            phys_addr_bits: None,
            kvm_max_vcpus: None,
            sev_guests: None,
            fips: false,
            slirp_helper: false,
            qemu_rdp: false,
            vhost_net: true,
            free_vsock_cid: 3,
            missing_tpm_versions: BTreeSet::new(),
            descriptors: Arc::new(FreeDescriptors),
            nbdkit_plugins: BTreeSet::new(),
            pci_devices: BTreeMap::new(),
            usb_devices: None,
            vfio: true,
            vhost_scsi: true,
            vhost_vsock: true,
            numa_nodes: vec![0],
            numa_advice: vec![0],
            cpus_per_node: 4,
            cdroms: BTreeSet::new(),
            links: BTreeMap::new(),
            render_node: None,
            scsi_generic: None,
            pools: BTreeMap::new(),
            inactive_pools: BTreeSet::new(),
            volume: VolumeLookup::new(|_, _| None),
            networks: BTreeMap::new(),
            inactive_networks: BTreeSet::new(),
            network_ports: BTreeMap::new(),
            secret: SecretLookup::new(|_, _| None),
        }
    }
}

impl Host for FixedHost {
    fn config(&self) -> &DriverConfig {
        &self.config
    }

    fn arch(&self) -> Arch {
        self.arch
    }

    fn random(&self, buffer: &mut [u8]) {
        for (byte, n) in buffer.iter_mut().zip((0..=u8::MAX).cycle()) {
            *byte = n;
        }
    }

    crate::answers_itself!();

    fn descriptors(&self) -> &dyn Descriptors {
        &*self.descriptors
    }
}

impl Machine for FixedHost {
    fn now(&self) -> Answer<i64> {
        Ok(self.now)
    }

    fn utc_offset(&self) -> Answer<i64> {
        Ok(self.utc_offset)
    }

    fn page_size(&self) -> Answer<u64> {
        Ok(self.page_size)
    }

    fn fips(&self) -> Answer<bool> {
        Ok(self.fips)
    }

    fn env(&self, name: &str) -> Answer<Option<String>> {
        Ok(self.env.get(name).cloned())
    }

    fn port_is_free(&self, port: u16, purpose: PortPurpose) -> Answer<bool> {
        Ok(self.free_ports.get(&purpose).is_none_or(|free| *free == port))
    }

    fn emulator(&self, arch: Arch) -> Answer<String> {
        Ok(format!("{}/qemu-system-{}", self.emulator_dir, arch.qemu_name()))
    }
}

impl Files for FixedHost {
    fn read_text(&self, path: &str) -> Answer<String> {
        given(&self.files, "file", path)
    }

    fn list(&self, path: &str) -> Answer<Vec<String>> {
        let directory = format!("{}/", path.trim_end_matches('/'));
        let below = self.files.keys().filter_map(|file| file.strip_prefix(&directory));
        let mut names: Vec<String> =
            below.filter_map(|rest| rest.split('/').next()).map(str::to_owned).collect();
        names.dedup();
        if names.is_empty() { Err(HostError::no_directory(path)) } else { Ok(names) }
    }

    fn stat(&self, path: &str) -> Answer<FileStat> {
        let image = self.image(path)?;
        Ok(FileStat { kind: FileKind::Regular, size: image.len() as u64 })
    }

    fn read_at(&self, path: &str, offset: u64, length: usize) -> Answer<Vec<u8>> {
        let image = self.image(path)?;
        let rest = usize::try_from(offset).ok().and_then(|offset| image.get(offset..)).unwrap_or_default();
        Ok(rest.iter().copied().take(length).collect())
    }

    fn real_path(&self, path: &str) -> Answer<String> {
        Ok(self.links.get(path).map_or(path, String::as_str).to_owned())
    }

    fn is_cdrom(&self, path: &str) -> Answer<bool> {
        Ok(self.cdroms.contains(path))
    }
}

impl FixedHost {
    fn image(&self, path: &str) -> Answer<&Vec<u8>> {
        let images = self.images.as_ref().ok_or(HostError::Unknown("its files"))?;
        let found = images.get(path).or_else(|| images.get(&crate::simplified(path)));
        found.ok_or_else(|| HostError::not_found("file", path))
    }
}

impl Cpu for FixedHost {
    fn processor(&self) -> Answer<&Processor> {
        self.cpu.as_ref().ok_or(HostError::Unknown("its CPU"))
    }

    fn tsc(&self) -> Answer<Tsc> {
        self.tsc.ok_or(HostError::Unknown("the frequency of its TSC"))
    }

    fn cpu_map(&self) -> Answer<&CpuMap> {
        Ok(&self.cpu_map)
    }

    fn phys_addr_bits(&self) -> Answer<u32> {
        self.phys_addr_bits.ok_or(HostError::Unknown("how many bits its physical addresses have"))
    }

    fn kvm_max_vcpus(&self) -> Answer<u32> {
        self.kvm_max_vcpus.ok_or(HostError::Unknown("how many vCPUs its KVM gives a guest"))
    }

    fn sev_guests(&self) -> Answer<SevGuests> {
        self.sev_guests.ok_or(HostError::Unknown("how many guests AMD SEV protects"))
    }
}

impl Numa for FixedHost {
    fn numa_nodes(&self) -> Answer<Vec<u32>> {
        Ok(self.numa_nodes.clone())
    }

    fn numa_advice(&self) -> Answer<Vec<u32>> {
        Ok(self.numa_advice.clone())
    }

    fn numa_node_of_cpu(&self, cpu: u32) -> Answer<u32> {
        cpu.checked_div(self.cpus_per_node).ok_or_else(|| HostError::not_found("CPU", cpu.to_string()))
    }
}

impl Devices for FixedHost {
    fn pci_device(&self, address: &PciAddress) -> Answer<PciDevice> {
        // The map has the devices of which something is known, not all devices.
        self.pci_devices.get(&address.to_string()).copied().ok_or(HostError::Unknown("its PCI devices"))
    }

    fn usb_devices(&self) -> Answer<Vec<UsbDevice>> {
        self.usb_devices.clone().ok_or(HostError::Unknown("its USB devices"))
    }

    fn scsi_generic(&self, adapter: &str, _: u32, _: u32, _: u64) -> Answer<String> {
        self.scsi_generic.clone().ok_or_else(|| HostError::not_found("SCSI host adapter", adapter))
    }

    fn render_node(&self) -> Answer<String> {
        self.render_node.clone().ok_or_else(|| HostError::not_found("DRM render node", "/dev/dri/renderD128"))
    }

    fn vhost_net(&self, accel: Accel) -> Answer<bool> {
        Ok(self.vhost_net && accel == Accel::Kvm)
    }

    fn vhost_vsock(&self) -> Answer<bool> {
        Ok(self.vhost_vsock)
    }

    fn vfio(&self) -> Answer<bool> {
        Ok(self.vfio)
    }

    fn vhost_scsi(&self) -> Answer<bool> {
        Ok(self.vhost_scsi)
    }

    fn free_vsock_cid(&self) -> Answer<u32> {
        Ok(self.free_vsock_cid)
    }
}

impl Storage for FixedHost {
    fn storage_pool(&self, name: &str) -> Answer<StoragePool> {
        if self.inactive_pools.contains(name) {
            return Err(HostError::Inactive { what: "storage pool", name: name.to_owned() });
        }
        given(&self.pools, "storage pool", name)
    }

    fn storage_volume(&self, pool: &str, volume: &str) -> Answer<Volume> {
        self.volume.find(pool, volume).ok_or_else(|| HostError::not_found("storage volume", volume))
    }
}

impl Networks for FixedHost {
    fn network(&self, name: &str) -> Answer<Network> {
        if self.inactive_networks.contains(name) {
            return Err(HostError::Inactive { what: "network", name: name.to_owned() });
        }
        given(&self.networks, "network", name)
    }

    fn network_port(&self, source: &NetworkSource) -> Answer<Actual> {
        given(&self.network_ports, "port of network", &source.network)
    }
}

impl Secrets for FixedHost {
    fn secret(&self, usage: SecretUse, key: SecretKey<'_>) -> Answer<Vec<u8>> {
        self.secret.find(usage, key).ok_or_else(|| HostError::not_found("secret", key.to_string()))
    }
}

impl Services for FixedHost {
    fn emulates_tpm(&self, version: &str) -> Answer<bool> {
        Ok(!self.missing_tpm_versions.contains(version))
    }

    fn nbdkit_plugin(&self, name: &str) -> Answer<bool> {
        Ok(self.nbdkit_plugins.contains(name))
    }

    fn slirp_helper(&self) -> Answer<bool> {
        Ok(self.slirp_helper)
    }

    fn qemu_rdp(&self) -> Answer<bool> {
        Ok(self.qemu_rdp)
    }
}

fn given<T: Clone>(map: &BTreeMap<String, T>, what: &'static str, name: &str) -> Answer<T> {
    map.get(name).cloned().ok_or_else(|| HostError::not_found(what, name))
}
