//! A host that answers with given values.

use std::collections::BTreeMap;

use virtargv_caps::Arch;

use crate::{Descriptor, DriverConfig, Host, HostError};

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

    fn descriptor(&self, wanted: &Descriptor<'_>) -> Result<u32, HostError> {
        Ok(match wanted {
            Descriptor::Tap { bridged: true, nth, .. } => 103u32.saturating_add(*nth),
            Descriptor::Tap { nth, .. } => 3u32.saturating_add(*nth),
            Descriptor::VhostNet { nth } => 45u32.saturating_add(*nth),
            Descriptor::Vdpa { .. } => 1732,
            Descriptor::VhostVsock => 6789,
            Descriptor::VhostScsi => 3,
            Descriptor::UnixListen { .. } | Descriptor::VhostUserGpu => 1729,
            Descriptor::ChardevFile { .. } => 1750,
            Descriptor::ChardevLog { .. } => 1751,
            Descriptor::Tpm { .. } => 1730,
            Descriptor::TpmCancel { .. } => 1731,
            Descriptor::SlirpHelper => 42,
        })
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
}
