//! A host that answers with given values.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use virtargv_caps::{Accel, Arch, CpuMap};

use crate::{
    Descriptors, DriverConfig, FreeDescriptors, Host, HostError, PciDevice, Processor, SecretKey, SecretUse,
    Volume,
};

/// Answers with what it was given. Random bytes count up from 0, so that output is the same every time.
#[derive(Debug, Clone)]
pub struct FixedHost {
    /// The driver's settings.
    pub config: DriverConfig,
    /// The architecture of the host's CPU.
    pub arch: Arch,
    /// Seconds since 1970.
    pub now: i64,
    /// How far local time is ahead of UTC, in seconds.
    pub utc_offset: i64,
    /// The driver's environment.
    pub env: BTreeMap<String, String>,
    /// Files by path.
    pub files: BTreeMap<String, String>,
    /// The folder where QEMU binaries are found, as `qemu-system-ARCH`.
    pub emulator_dir: String,
    /// The host's CPU.
    pub cpu: Option<Processor>,
    /// The definitions of CPU models.
    pub cpu_map: Arc<CpuMap>,
    /// Whether the kernel is in FIPS mode.
    pub fips: bool,
    /// Whether there is a slirp helper.
    pub slirp_helper: bool,
    /// The vsock address that is free.
    pub free_vsock_cid: u32,
    /// The versions of TPM that swtpm does not emulate.
    pub missing_tpm_versions: BTreeSet<String>,
    /// The socket of an emulated TPM; where there is none given it is in the driver's state folder.
    pub tpm_emulator_socket: Option<String>,
    /// What is known of descriptors before a line is made.
    pub descriptors: Arc<dyn Descriptors + Send + Sync>,
    /// The plugins of nbdkit, where there is one.
    pub nbdkit_plugins: BTreeSet<String>,
    /// What vhost-user helpers say of themselves, by path.
    pub helper_capabilities: BTreeMap<String, String>,
    /// PCI devices by address.
    pub pci_devices: BTreeMap<String, PciDevice>,
    /// The NUMA nodes.
    pub numa_nodes: Vec<u32>,
    /// The NUMA nodes that automatic placement advises.
    pub numa_advice: Vec<u32>,
    /// How many CPUs each NUMA node has.
    pub cpus_per_node: u32,
    /// The CD-ROM drives by path.
    pub cdroms: BTreeSet<String>,
    /// A DRM render node.
    pub render_node: Option<String>,
    /// Whether the kernel moves the packets of all guests, and not only of those that KVM runs.
    pub vhost_net_for_all: bool,
    /// The generic device of any SCSI unit.
    pub scsi_generic: Option<String>,
    /// The definitions of storage pools by name.
    pub pools: BTreeMap<String, Arc<str>>,
    /// The storage pools that are defined but not active.
    pub inactive_pools: BTreeSet<String>,
    /// The volume of that name in that pool.
    pub volume: fn(pool: &str, volume: &str) -> Option<Volume>,
    /// The definitions of networks by name.
    pub networks: BTreeMap<String, Arc<str>>,
    /// The ports made for interfaces, by the name of the network.
    pub network_ports: BTreeMap<String, Arc<str>>,
    /// The value of a secret.
    pub secret: fn(usage: SecretUse, key: SecretKey<'_>) -> Option<Vec<u8>>,
}

impl Default for FixedHost {
    fn default() -> Self {
        Self {
            config: DriverConfig::default(),
            arch: Arch::X86_64,
            now: 0,
            utc_offset: 0,
            env: BTreeMap::new(),
            files: BTreeMap::new(),
            emulator_dir: "/usr/bin".into(),
            cpu: None,
            cpu_map: Arc::default(),
            fips: false,
            slirp_helper: false,
            free_vsock_cid: 3,
            missing_tpm_versions: BTreeSet::new(),
            tpm_emulator_socket: None,
            descriptors: Arc::new(FreeDescriptors),
            nbdkit_plugins: BTreeSet::new(),
            helper_capabilities: BTreeMap::new(),
            pci_devices: BTreeMap::new(),
            numa_nodes: vec![0],
            numa_advice: vec![0],
            cpus_per_node: 4,
            cdroms: BTreeSet::new(),
            render_node: None,
            vhost_net_for_all: false,
            scsi_generic: None,
            pools: BTreeMap::new(),
            inactive_pools: BTreeSet::new(),
            volume: |_, _| None,
            networks: BTreeMap::new(),
            network_ports: BTreeMap::new(),
            secret: |_, _| None,
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

    fn now(&self) -> i64 {
        self.now
    }

    fn utc_offset(&self) -> i64 {
        self.utc_offset
    }

    fn random(&self, buffer: &mut [u8]) {
        for (byte, n) in buffer.iter_mut().zip((0..=u8::MAX).cycle()) {
            *byte = n;
        }
    }

    fn env(&self, name: &str) -> Option<String> {
        self.env.get(name).cloned()
    }

    fn emulator(&self, arch: Arch) -> Option<String> {
        Some(format!("{}/qemu-system-{}", self.emulator_dir, arch.qemu_name()))
    }

    fn descriptors(&self) -> &dyn Descriptors {
        &*self.descriptors
    }

    fn pci_device(&self, address: &str) -> Option<PciDevice> {
        self.pci_devices.get(address).copied()
    }

    fn read_text(&self, path: &str) -> Option<String> {
        self.files.get(path).cloned()
    }

    fn list(&self, path: &str) -> Vec<String> {
        let folder = format!("{}/", path.trim_end_matches('/'));
        let mut names: Vec<String> = self
            .files
            .keys()
            .filter_map(|f| f.strip_prefix(&folder))
            .filter_map(|rest| rest.split('/').next())
            .map(str::to_owned)
            .collect();
        names.dedup();
        names
    }

    fn exists(&self, path: &str) -> bool {
        self.files.contains_key(path) || !self.list(path).is_empty()
    }
    fn cpu(&self) -> Option<&Processor> {
        self.cpu.as_ref()
    }

    fn cpu_map(&self) -> &CpuMap {
        &self.cpu_map
    }

    fn fips(&self) -> bool {
        self.fips
    }

    fn slirp_helper(&self) -> bool {
        self.slirp_helper
    }

    fn free_vsock_cid(&self) -> Result<u32, HostError> {
        Ok(self.free_vsock_cid)
    }

    fn emulates_tpm(&self, version: &str) -> bool {
        !self.missing_tpm_versions.contains(version)
    }

    fn tpm_emulator_socket(&self, domain: &str) -> String {
        match &self.tpm_emulator_socket {
            Some(path) => path.clone(),
            None => format!("{}/swtpm/{domain}-swtpm.sock", self.config.state_dir),
        }
    }

    fn nbdkit_plugin(&self, name: &str) -> bool {
        self.nbdkit_plugins.contains(name)
    }

    fn helper_capabilities(&self, binary: &str) -> Option<String> {
        self.helper_capabilities.get(binary).cloned()
    }

    fn numa_nodes(&self) -> Vec<u32> {
        self.numa_nodes.clone()
    }

    fn numa_advice(&self) -> Vec<u32> {
        self.numa_advice.clone()
    }

    fn numa_node_of_cpu(&self, cpu: u32) -> Option<u32> {
        cpu.checked_div(self.cpus_per_node)
    }

    fn is_cdrom(&self, path: &str) -> bool {
        self.cdroms.contains(path)
    }

    fn vhost_net(&self, accel: Accel) -> bool {
        self.vhost_net_for_all || accel == Accel::Kvm
    }

    fn render_node(&self) -> Option<String> {
        self.render_node.clone()
    }

    fn scsi_generic(&self, adapter: &str, _: u32, _: u32, _: u64) -> Result<String, HostError> {
        self.scsi_generic.clone().ok_or_else(|| not_found("SCSI host adapter", adapter))
    }

    fn storage_pool(&self, name: &str) -> Result<String, HostError> {
        if self.inactive_pools.contains(name) {
            return Err(HostError::Inactive { what: "storage pool", name: name.to_owned() });
        }
        given(&self.pools, "storage pool", name)
    }

    fn storage_volume(&self, pool: &str, volume: &str) -> Result<Volume, HostError> {
        (self.volume)(pool, volume).ok_or_else(|| not_found("storage volume", volume))
    }

    fn network(&self, name: &str) -> Result<String, HostError> {
        given(&self.networks, "network", name)
    }

    fn network_port(&self, network: &str) -> Result<String, HostError> {
        given(&self.network_ports, "port of network", network)
    }

    fn secret(&self, usage: SecretUse, key: SecretKey<'_>) -> Result<Vec<u8>, HostError> {
        let (SecretKey::Uuid(name) | SecretKey::Usage(name)) = key;
        (self.secret)(usage, key).ok_or_else(|| not_found("secret", name))
    }
}

fn not_found(what: &'static str, name: &str) -> HostError {
    HostError::NotFound { what, name: name.to_owned() }
}

fn given(map: &BTreeMap<String, Arc<str>>, what: &'static str, name: &str) -> Result<String, HostError> {
    map.get(name).map(std::string::ToString::to_string).ok_or_else(|| not_found(what, name))
}
