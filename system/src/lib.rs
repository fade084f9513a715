//! The machine that the process runs on, as a host. Its state is read, never changed.
//!
//! ```
//! use virtargv_host::Host;
//! use virtargv_system::SystemHost;
//!
//! let host = SystemHost::new(None);
//! assert!(host.machine().now().is_ok_and(|now| now > 1_700_000_000));
//! // No libvirt daemon is asked, so the values of secrets are not known.
//! let secret = host.secrets().secret(virtargv_host::SecretUse::Tls, virtargv_host::SecretKey::Usage("keys"));
//! assert!(secret.unwrap_err().is_unknown());
//! ```

#![allow(clippy::disallowed_methods, reason = "this crate reads the state of the machine")]

mod cpu;

use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::{BuildHasher, Hasher};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

pub use cpu::probed_on;
use virtargv_host::{
    Accel, Answer, Arch, CpuMap, Devices, DriverConfig, FileKind, FileStat, Files, Host, HostError, Machine,
    Networks, Numa, PciDevice, PortPurpose, Secrets, Services, Storage, UsbDevice,
};
use virtargv_model::Report;
use virtargv_model::info::PciAddress;
use virtargv_model::network::Network;
use virtargv_model::pool::StoragePool;

/// The machine that the process runs on. Files are read; no daemon is asked, and nothing is opened for QEMU.
#[derive(Debug, Clone)]
pub struct SystemHost {
    config: DriverConfig,
    arch: Arch,
    now: i64,
    utc_offset: i64,
    cpu_map_dir: PathBuf,
    cpu: cpu::CpuState,
}

/// The directory of libvirt's CPU definitions.
const CPU_MAP_DIR: &str = "/usr/share/libvirt/cpu_map";

/// The directories in which distributions install the plugins of nbdkit.
const PLUGIN_DIRS: &[&str] =
    &["/usr/lib/nbdkit/plugins", "/usr/lib64/nbdkit/plugins", "/usr/lib/x86_64-linux-gnu/nbdkit/plugins"];

/// USB devices in sysfs.
const USB_DEVICES: &str = "/sys/bus/usb/devices";

/// The NUMA nodes in sysfs.
const NODES: &str = "/sys/devices/system/node";

impl SystemHost {
    /// The machine; with `arch` instead of its own architecture.
    pub fn new(arch: Option<Arch>) -> Self {
        let here = jiff::Zoned::now();
        Self {
            config: DriverConfig::default(),
            arch: arch.or_else(|| std::env::consts::ARCH.parse().ok()).unwrap_or(Arch::X86_64),
            now: here.timestamp().as_second(),
            utc_offset: i64::from(here.offset().seconds()),
            cpu_map_dir: CPU_MAP_DIR.into(),
            cpu: cpu::CpuState::default(),
        }
    }

    /// Sets the directory of the CPU definitions (`index.xml` and the files that it includes), by default
    /// `/usr/share/libvirt/cpu_map`. Mode `host-model` needs them.
    #[must_use]
    pub fn with_cpu_map(self, dir: impl Into<PathBuf>) -> Self {
        Self { cpu_map_dir: dir.into(), cpu: cpu::CpuState::default(), ..self }
    }

    /// The driver's settings, for changes.
    pub fn config_mut(&mut self) -> &mut DriverConfig {
        &mut self.config
    }

    fn read_cpu_map(&self) -> Answer<CpuMap> {
        let what = "directory of CPU model definitions";
        let dir = self.cpu_map_dir.display();
        if !self.cpu_map_dir.is_dir() {
            return Err(HostError::not_found(what, dir.to_string()));
        }
        let file = |name: &str| {
            // Files outside of the directory are not read, whatever the index contains.
            let inside = !name.contains("..") && !name.starts_with('/');
            inside.then(|| fs::read_to_string(self.cpu_map_dir.join(name)).ok()).flatten()
        };
        CpuMap::parse(file).map_err(|error| HostError::failed(what, dir.to_string(), error))
    }
}

impl Host for SystemHost {
    fn config(&self) -> &DriverConfig {
        &self.config
    }

    fn arch(&self) -> Arch {
        self.arch
    }

    fn random(&self, buffer: &mut [u8]) {
        let filled = fs::File::open("/dev/urandom").and_then(|mut f| f.read_exact(buffer));
        if filled.is_err() {
            // Without the device, the keys of the standard library's hasher are random too.
            for chunk in buffer.chunks_mut(8) {
                let word = RandomState::new().build_hasher().finish().to_le_bytes();
                for (to, from) in chunk.iter_mut().zip(word) {
                    *to = from;
                }
            }
        }
    }

    virtargv_host::answers_itself!();
}

impl Machine for SystemHost {
    fn now(&self) -> Answer<i64> {
        Ok(self.now)
    }

    fn utc_offset(&self) -> Answer<i64> {
        Ok(self.utc_offset)
    }

    fn page_size(&self) -> Answer<u64> {
        u64::try_from(rustix::param::page_size()).map_err(|_| HostError::Unknown("the size of a memory page"))
    }

    fn fips(&self) -> Answer<bool> {
        Ok(self.read_text("/proc/sys/crypto/fips_enabled").is_ok_and(|text| text.trim() == "1"))
    }

    fn env(&self, name: &str) -> Answer<Option<String>> {
        match std::env::var(name) {
            Ok(value) => Ok(Some(value)),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(error) => Err(HostError::failed("environment variable", name, error)),
        }
    }

    /// The kernel's lists of sockets tell which ports somebody listens on.
    fn port_is_free(&self, port: u16, _: PortPurpose) -> Answer<bool> {
        let mut listening = Vec::new();
        for list in ["/proc/net/tcp", "/proc/net/tcp6"] {
            match self.read_text(list) {
                // A kernel without IPv6 has one list.
                Err(HostError::NotFound { .. }) => {}
                text => listening.extend(text?.lines().filter_map(listening_port)),
            }
        }
        Ok(!listening.contains(&port))
    }

    /// The binary in `PATH`, or else the path where distributions install it, because a document can be checked on a
    /// machine without that QEMU.
    fn emulator(&self, arch: Arch) -> Answer<String> {
        let name = format!("qemu-system-{}", arch.qemu_name());
        let path = std::env::var_os("PATH");
        let dirs = path.iter().flat_map(std::env::split_paths);
        let found = dirs.map(|dir| dir.join(&name)).find(|path| path.is_file());
        let found = found.and_then(|path| path.to_str().map(str::to_owned));
        Ok(found.unwrap_or_else(|| format!("/usr/bin/{name}")))
    }
}

impl Files for SystemHost {
    fn read_text(&self, path: &str) -> Answer<String> {
        fs::read_to_string(path).map_err(|error| from_io("file", path, &error))
    }

    fn list(&self, path: &str) -> Answer<Vec<String>> {
        let entries = fs::read_dir(path).map_err(|error| from_io("directory", path, &error))?;
        let mut names: Vec<String> =
            entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        names.sort_unstable();
        Ok(names)
    }

    fn stat(&self, path: &str) -> Answer<FileStat> {
        let found = fs::metadata(path).map_err(|error| from_io("file", path, &error))?;
        let kind = found.file_type();
        let stat = |kind, size| Ok(FileStat { kind, size });
        if kind.is_file() {
            stat(FileKind::Regular, found.len())
        } else if kind.is_block_device() {
            let mut device = fs::File::open(path).map_err(|error| from_io("device", path, &error))?;
            let size = device.seek(SeekFrom::End(0)).map_err(|error| from_io("device", path, &error))?;
            stat(FileKind::Block, size)
        } else if kind.is_dir() {
            stat(FileKind::Directory, 0)
        } else {
            stat(FileKind::Other, 0)
        }
    }

    fn read_at(&self, path: &str, offset: u64, length: usize) -> Answer<Vec<u8>> {
        // Opening a pipe would wait for its other end.
        if self.stat(path)?.kind == FileKind::Other {
            return Err(HostError::failed("file", path, "it is neither a file nor a block device"));
        }
        let read = || {
            let mut file = fs::File::open(path)?;
            file.seek(SeekFrom::Start(offset))?;
            let mut bytes = Vec::new();
            file.take(length as u64).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        read().map_err(|error| from_io("file", path, &error))
    }

    fn is_cdrom(&self, path: &str) -> Answer<bool> {
        let real = fs::canonicalize(path).map_err(|error| from_io("device", path, &error))?;
        Ok(real.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("sr")))
    }
}

impl Numa for SystemHost {
    /// A kernel without NUMA support has node 0 only.
    fn numa_nodes(&self) -> Answer<Vec<u32>> {
        let names = match self.list(NODES) {
            Err(HostError::NotFound { .. }) => return Ok(vec![0]),
            names => names?,
        };
        let mut nodes: Vec<u32> =
            names.iter().filter_map(|name| name.strip_prefix("node")?.parse().ok()).collect();
        nodes.sort_unstable();
        Ok(nodes)
    }

    /// All nodes: numad is not asked.
    fn numa_advice(&self) -> Answer<Vec<u32>> {
        self.numa_nodes()
    }

    fn numa_node_of_cpu(&self, cpu: u32) -> Answer<u32> {
        let name = format!("cpu{cpu}");
        let has =
            |node: &u32| self.list(&format!("{NODES}/node{node}")).is_ok_and(|names| names.contains(&name));
        self.numa_nodes()?.into_iter().find(has).ok_or_else(|| HostError::not_found("CPU", name))
    }
}

impl Devices for SystemHost {
    fn pci_device(&self, address: &PciAddress) -> Answer<PciDevice> {
        let name = address.to_string();
        let directory = Path::new("/sys/bus/pci/devices").join(&name);
        // Conventional PCI devices have no more than 256 bytes of configuration.
        let config =
            fs::metadata(directory.join("config")).map_err(|error| from_io("PCI device", &name, &error))?;
        let group = fs::read_link(directory.join("iommu_group")).ok();
        let iommu_group = group.and_then(|link| link.file_name()?.to_str()?.parse().ok());
        Ok(PciDevice { express: config.len() > 256, iommu_group })
    }

    fn scsi_generic(&self, adapter: &str, bus: u32, target: u32, unit: u64) -> Answer<String> {
        let not_found = || HostError::not_found("SCSI host adapter", adapter);
        let host = adapter.strip_prefix("scsi_host").and_then(|number| number.parse().ok());
        let host: u32 = host.ok_or_else(not_found)?;
        let dir = format!("/sys/bus/scsi/devices/{host}:{bus}:{target}:{unit}/scsi_generic");
        self.list(&dir)?.into_iter().next().ok_or_else(not_found)
    }

    fn render_node(&self) -> Answer<String> {
        let names = self.list("/dev/dri")?;
        let node = names.into_iter().find(|name| name.starts_with("renderD"));
        node.map(|node| format!("/dev/dri/{node}"))
            .ok_or_else(|| HostError::not_found("DRM render node", "/dev/dri/renderD128"))
    }

    /// vhost-net is for guests that run under KVM, where its device can be opened.
    fn vhost_net(&self, accel: Accel) -> Answer<bool> {
        Ok(accel == Accel::Kvm && can_open("/dev/vhost-net"))
    }

    fn vhost_vsock(&self) -> Answer<bool> {
        Ok(can_open("/dev/vhost-vsock"))
    }

    fn usb_devices(&self) -> Answer<Vec<UsbDevice>> {
        let names = match self.list(USB_DEVICES) {
            Err(HostError::NotFound { .. }) => return Ok(Vec::new()),
            names => names?,
        };
        let mut devices: Vec<UsbDevice> = names.iter().filter_map(|name| usb_device(name)).collect();
        devices.sort_unstable();
        Ok(devices)
    }

    /// CID 3, the first that a guest can have: which CIDs other guests use is not known.
    fn free_vsock_cid(&self) -> Answer<u32> {
        Ok(3)
    }
}

impl Storage for SystemHost {
    fn storage_pool(&self, name: &str) -> Answer<StoragePool> {
        defined("/etc/libvirt/storage", "storage pool", name, StoragePool::parse)
    }
}

impl Networks for SystemHost {
    fn network(&self, name: &str) -> Answer<Network> {
        defined("/etc/libvirt/qemu/networks", "network", name, Network::parse)
    }
}

impl Secrets for SystemHost {}

impl Services for SystemHost {
    fn nbdkit_plugin(&self, name: &str) -> Answer<bool> {
        // The name of a plugin comes from the project's tables, never from a document.
        let installed = |dir: &&str| Path::new(&format!("{dir}/nbdkit-{name}-plugin.so")).exists();
        Ok(PLUGIN_DIRS.iter().any(installed))
    }

    /// Never: a command line without slirp-helper runs on every machine.
    fn slirp_helper(&self) -> Answer<bool> {
        Ok(false)
    }
}

/// The port of a listening socket in a line of `/proc/net/tcp`; `None` for another line.
fn listening_port(line: &str) -> Option<u16> {
    const LISTEN: &str = "0A";
    let mut fields = line.split_ascii_whitespace().skip(1);
    let (local, state) = (fields.next()?, fields.nth(1)?);
    let (_, port) = local.rsplit_once(':').filter(|_| state == LISTEN)?;
    u16::from_str_radix(port, 16).ok()
}

/// Whether the device at `path` can be opened for reading and writing.
fn can_open(path: &str) -> bool {
    fs::OpenOptions::new().read(true).write(true).open(path).is_ok()
}

/// The USB device with this name in sysfs; `None` for an interface of a device.
fn usb_device(name: &str) -> Option<UsbDevice> {
    let attribute = |attribute: &str| fs::read_to_string(format!("{USB_DEVICES}/{name}/{attribute}")).ok();
    let decimal = |text: String| text.trim().parse().ok();
    let hexadecimal = |text: String| u16::from_str_radix(text.trim(), 16).ok();
    Some(UsbDevice {
        bus: decimal(attribute("busnum")?)?,
        device: decimal(attribute("devnum")?)?,
        vendor: hexadecimal(attribute("idVendor")?)?,
        product: hexadecimal(attribute("idProduct")?)?,
    })
}

/// Reads the definition of `name` in `dir`, a directory of the libvirt daemon of this machine.
fn defined<T>(
    dir: &str,
    what: &'static str,
    name: &str,
    parse: impl Fn(&str) -> Result<T, Report>,
) -> Answer<T> {
    // A name of the document must not leave the directory.
    if name.is_empty() || name.contains('/') || name.starts_with('.') {
        return Err(HostError::not_found(what, name));
    }
    let text =
        fs::read_to_string(format!("{dir}/{name}.xml")).map_err(|error| from_io(what, name, &error))?;
    parse(&text).map_err(|report| HostError::failed(what, name, report))
}

fn from_io(what: &'static str, name: &str, error: &std::io::Error) -> HostError {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => HostError::not_found(what, name),
        _ => HostError::failed(what, name, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_read_or_the_error_is_reported() {
        let dir = std::env::temp_dir().join(format!("virtargv-system-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("good.xml"), "<pool type='dir'/>").unwrap();
        fs::write(dir.join("bad.xml"), "<pool>").unwrap();
        let path = dir.to_str().unwrap();
        let read = |name| defined(path, "storage pool", name, StoragePool::parse);
        assert!(read("good").is_ok());
        assert!(matches!(read("bad"), Err(HostError::Failed { .. })));
        for name in ["gone", "", "..", "../good", ".good"] {
            assert_eq!(read(name), Err(HostError::not_found("storage pool", name)));
        }
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn listening_ports_are_read() {
        let check = |line: &str, port| assert_eq!(listening_port(line), port, "{line}");
        check("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid", None);
        check(
            "   0: 0100007F:170C 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0",
            Some(5900),
        );
        check("   1: 0100007F:170C 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0", None);
        check(
            "   0: 00000000000000000000000000000000:1A0A 00000000000000000000000000000000:0000 0A 0",
            Some(6666),
        );
        check("", None);
    }

    #[test]
    fn missing_files_are_not_found() {
        let host = SystemHost::new(Some(Arch::X86_64)).with_cpu_map("/nonexistent");
        assert!(matches!(host.cpu().cpu_map(), Err(HostError::NotFound { .. })));
        assert!(matches!(host.list("/nonexistent"), Err(HostError::NotFound { .. })));
    }
}
