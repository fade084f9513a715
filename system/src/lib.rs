//! This machine as a host: what it has is looked up, never changed.
//!
//! ```
//! use virtargv_host::Host;
//! use virtargv_system::SystemHost;
//!
//! let host = SystemHost::new(None);
//! assert!(host.now() > 1_700_000_000);
//! ```

#![allow(clippy::disallowed_methods, reason = "this machine is looked at here")]

use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::{BuildHasher, Hasher};
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::OnceLock;

use virtargv_caps::{Arch, CpuMap};
use virtargv_host::{
    DriverConfig, FixedHost, Host, HostError, PciDevice, Processor, SecretKey, SecretUse, Volume,
};

/// This machine, looked at but never touched: files are read, nothing is opened for QEMU. Descriptors are numbered as
/// the ones a launcher would pass, from what [`FixedHost`] says.
#[derive(Debug, Clone)]
pub struct SystemHost {
    plain: FixedHost,
    cpu_map_dir: PathBuf,
    /// Read when it is first asked for: few documents need it.
    cpu_map: OnceLock<CpuMap>,
}

/// Where libvirt installs its definitions of CPU models.
const CPU_MAP_DIR: &str = "/usr/share/libvirt/cpu_map";

impl SystemHost {
    /// This machine, or one like it with another CPU architecture.
    pub fn new(arch: Option<Arch>) -> Self {
        let here = jiff::Zoned::now();
        let arch = arch.or_else(|| std::env::consts::ARCH.parse().ok()).unwrap_or(Arch::X86_64);
        let plain = FixedHost {
            arch,
            now: here.timestamp().as_second(),
            utc_offset: i64::from(here.offset().seconds()),
            ..FixedHost::default()
        };
        Self { plain, cpu_map_dir: CPU_MAP_DIR.into(), cpu_map: OnceLock::new() }
    }

    /// The same with the definitions of CPU models (`index.xml` and what it includes) in another folder than
    /// `/usr/share/libvirt/cpu_map`. Where there are none, a `host-model` CPU cannot be told.
    #[must_use]
    pub fn with_cpu_map(self, dir: impl Into<PathBuf>) -> Self {
        Self { cpu_map_dir: dir.into(), cpu_map: OnceLock::new(), ..self }
    }

    /// The settings, to be changed.
    pub fn config_mut(&mut self) -> &mut DriverConfig {
        &mut self.plain.config
    }
}

impl Host for SystemHost {
    fn config(&self) -> &DriverConfig {
        self.plain.config()
    }

    fn arch(&self) -> Arch {
        self.plain.arch()
    }

    fn now(&self) -> i64 {
        self.plain.now()
    }

    fn utc_offset(&self) -> i64 {
        self.plain.utc_offset()
    }

    fn random(&self, buffer: &mut [u8]) {
        let filled = fs::File::open("/dev/urandom").and_then(|mut f| f.read_exact(buffer));
        if filled.is_err() {
            // Where there is no such device, the standard library's hasher keys are random too.
            for chunk in buffer.chunks_mut(8) {
                let word = RandomState::new().build_hasher().finish().to_le_bytes();
                for (to, from) in chunk.iter_mut().zip(word) {
                    *to = from;
                }
            }
        }
    }

    fn env(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn emulator(&self, arch: Arch) -> Option<String> {
        let name = format!("qemu-system-{}", arch.qemu_name());
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&path).map(|dir| dir.join(&name)).find(|p| p.is_file());
        // A document may be worked on where that QEMU is not installed.
        found.and_then(|p| p.to_str().map(str::to_owned)).or_else(|| self.plain.emulator(arch))
    }

    fn pci_device(&self, address: &str) -> Option<PciDevice> {
        if !address.bytes().all(|b| b.is_ascii_hexdigit() || b == b':' || b == b'.') {
            return None;
        }
        let folder = std::path::Path::new("/sys/bus/pci/devices").join(address);
        // Conventional devices have no more than 256 bytes of configuration.
        let express = fs::metadata(folder.join("config")).ok()?.len() > 256;
        let group = fs::read_link(folder.join("iommu_group")).ok();
        let iommu_group = group.and_then(|link| link.file_name()?.to_str()?.parse().ok());
        Some(PciDevice { express, iommu_group })
    }

    fn read_text(&self, path: &str) -> Option<String> {
        fs::read_to_string(path).ok()
    }

    fn list(&self, path: &str) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(path)
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        names.sort_unstable();
        names
    }

    fn exists(&self, path: &str) -> bool {
        fs::exists(path).unwrap_or(false)
    }

    fn cpu(&self) -> Option<&Processor> {
        self.plain.cpu()
    }

    fn cpu_map(&self) -> &CpuMap {
        self.cpu_map.get_or_init(|| {
            let file = |name: &str| {
                // The index names files of its own folder.
                let inside = !name.contains("..") && !name.starts_with('/');
                inside.then(|| fs::read_to_string(self.cpu_map_dir.join(name)).ok()).flatten()
            };
            CpuMap::parse(file).unwrap_or_default()
        })
    }

    fn fips(&self) -> bool {
        self.read_text("/proc/sys/crypto/fips_enabled").is_some_and(|t| t.trim() == "1")
    }

    fn slirp_helper(&self) -> bool {
        self.plain.slirp_helper()
    }

    /// Only a daemon that keeps the address could tell; the first is as good as any.
    fn free_vsock_cid(&self) -> Result<u32, HostError> {
        self.plain.free_vsock_cid()
    }

    fn nbdkit_plugin(&self, name: &str) -> bool {
        // A plugin's name comes from this project's tables, never from a document.
        PLUGIN_DIRS.iter().any(|dir| self.exists(&format!("{dir}/nbdkit-{name}-plugin.so")))
    }

    /// A helper is never run: its path may come from a document that nobody has looked at.
    fn helper_capabilities(&self, binary: &str) -> Option<String> {
        self.plain.helper_capabilities(binary)
    }

    fn numa_nodes(&self) -> Vec<u32> {
        let mut nodes: Vec<u32> = self
            .list("/sys/devices/system/node")
            .iter()
            .filter_map(|name| name.strip_prefix("node")?.parse().ok())
            .collect();
        nodes.sort_unstable();
        if nodes.is_empty() { self.plain.numa_nodes() } else { nodes }
    }

    fn numa_advice(&self) -> Vec<u32> {
        self.numa_nodes()
    }

    fn is_cdrom(&self, path: &str) -> bool {
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.into());
        real.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.starts_with("sr"))
    }

    fn render_node(&self) -> Option<String> {
        let node = self.list("/dev/dri").into_iter().find(|n| n.starts_with("renderD"))?;
        Some(format!("/dev/dri/{node}"))
    }

    fn scsi_generic(&self, adapter: &str, bus: u32, target: u32, unit: u64) -> Result<String, HostError> {
        let not_found = || HostError::NotFound { what: "SCSI host adapter", name: adapter.to_owned() };
        let host = adapter.strip_prefix("scsi_host").ok_or_else(not_found)?;
        let host: u32 = host.parse().map_err(|_| not_found())?;
        let dir = format!("/sys/bus/scsi/devices/{host}:{bus}:{target}:{unit}/scsi_generic");
        self.list(&dir).into_iter().next().ok_or_else(not_found)
    }

    fn storage_pool(&self, name: &str) -> Result<String, HostError> {
        defined("/etc/libvirt/storage", "storage pool", name)
    }

    fn storage_volume(&self, pool: &str, volume: &str) -> Result<Volume, HostError> {
        self.plain.storage_volume(pool, volume)
    }

    fn network(&self, name: &str) -> Result<String, HostError> {
        defined("/etc/libvirt/qemu/networks", "network", name)
    }

    fn network_port(&self, network: &str) -> Result<String, HostError> {
        self.plain.network_port(network)
    }

    fn secret(&self, usage: SecretUse, key: SecretKey<'_>) -> Result<Vec<u8>, HostError> {
        self.plain.secret(usage, key)
    }
}

/// Where distributions keep the plugins of nbdkit.
const PLUGIN_DIRS: &[&str] =
    &["/usr/lib/nbdkit/plugins", "/usr/lib64/nbdkit/plugins", "/usr/lib/x86_64-linux-gnu/nbdkit/plugins"];

/// The definition of `name` that a libvirt daemon on this machine keeps.
fn defined(dir: &str, what: &'static str, name: &str) -> Result<String, HostError> {
    let not_found = || HostError::NotFound { what, name: name.to_owned() };
    // A name is one component of a path, whatever the document says.
    if name.is_empty() || name.contains('/') || name.starts_with('.') {
        return Err(not_found());
    }
    fs::read_to_string(format!("{dir}/{name}.xml")).map_err(|_| not_found())
}
