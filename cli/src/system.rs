//! This machine as a host.

use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::{BuildHasher, Hasher};
use std::io::Read as _;

use virtargv_caps::Arch;
use virtargv_host::{Descriptor, DriverConfig, FixedHost, Host, HostError};

/// This machine, looked at but never touched: files are read, nothing is opened for QEMU. Descriptors are numbered as
/// the ones a launcher would pass, from what [`FixedHost`] says.
#[derive(Debug, Clone)]
pub struct SystemHost {
    plain: FixedHost,
}

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
        Self { plain }
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

    fn descriptor(&self, wanted: &Descriptor<'_>) -> Result<u32, HostError> {
        self.plain.descriptor(wanted)
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
}
