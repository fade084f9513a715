//! The machine that the process runs on, as a host. Its state is read, never changed.
//!
//! What libvirt knows (networks, storage pools, secrets, the driver's settings) is read from the files that its daemon keeps:
//! that of the system for root, that of the session for any other user. No daemon is asked.
//!
//! ```
//! use virtargv_host::Host;
//! use virtargv_system::SystemHost;
//!
//! let host = SystemHost::new(None);
//! assert!(host.machine().now().is_ok_and(|now| now > 1_700_000_000));
//! // A name of a document does not lead out of the directory of definitions.
//! let error = host.networks().network("../../passwd").unwrap_err();
//! assert_eq!(error.to_string(), "network `../../passwd` was not found");
//! ```

#![allow(clippy::disallowed_methods, reason = "this crate reads the state of the machine")]

mod cpu;
mod devices;
mod driver;
mod files;
mod machine;
mod networks;
mod numa;
mod root;
mod secrets;
mod services;
mod storage;

use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::{BuildHasher, Hasher};
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::OnceLock;

pub use cpu::{cpu_definitions, probed_on};
use driver::Directories;
pub use driver::{Driver, SettingsProblem};
use root::Root;
use virtargv_host::{Arch, DriverConfig, Host};

/// The machine that the process runs on. Files are read; no daemon is asked, and nothing is opened for QEMU.
#[derive(Debug, Clone)]
pub struct SystemHost {
    root: Root,
    directories: Directories,
    config: DriverConfig,
    problems: Vec<SettingsProblem>,
    arch: Arch,
    now: i64,
    utc_offset: i64,
    cpu_map_dir: PathBuf,
    cpu: cpu::CpuState,
    /// What swtpm says of itself, once it was asked.
    swtpm: OnceLock<Option<String>>,
}

/// The directory of libvirt's CPU definitions.
const CPU_MAP_DIR: &str = "/usr/share/libvirt/cpu_map";

impl SystemHost {
    /// The machine, with the libvirt of the user of this process; with `arch` instead of its own architecture.
    pub fn new(arch: Option<Arch>) -> Self {
        Self::at("/", &Driver::of_process(), arch)
    }

    /// The machine whose files are below `root`, with the libvirt of `driver`. Links below `root` are followed as they are.
    /// Its CPU, time and environment are those of this machine.
    pub fn at(root: impl Into<PathBuf>, driver: &Driver, arch: Option<Arch>) -> Self {
        let here = jiff::Zoned::now();
        let root = Root::new(root);
        let directories = Directories::of(driver, &root);
        let (config, problems) = directories.settings(driver, &root);
        Self {
            config,
            problems,
            directories,
            arch: arch.or_else(|| std::env::consts::ARCH.parse().ok()).unwrap_or(Arch::X86_64),
            now: here.timestamp().as_second(),
            utc_offset: i64::from(here.offset().seconds()),
            cpu_map_dir: root.path(CPU_MAP_DIR),
            cpu: cpu::CpuState::default(),
            swtpm: OnceLock::new(),
            root,
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

    /// What of the driver's settings could not be read. The settings that could be are in force.
    pub fn settings_problems(&self) -> &[SettingsProblem] {
        &self.problems
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
