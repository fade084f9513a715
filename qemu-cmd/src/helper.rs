//! The processes that a launcher starts before QEMU, as the document describes them.

use std::net::IpAddr;

use serde_json::{Map, Value, json};
use virtargv_model::device::filesystem::Filesystem;
use virtargv_model::device::filesystem::id_map::IdMap;
use virtargv_model::device::filesystem::virtiofsd::Virtiofsd;
use virtargv_model::device::net::PortForward;
use virtargv_model::device::tpm::{PcrBank, TpmStorage};
use virtargv_model::{OnOff, Spelled, YesNo};

use crate::needs::{Content, Process};

/// How a process that QEMU connects to is started.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Helper {
    /// swtpm
    Swtpm(Swtpm),
    /// virtiofsd
    Virtiofsd(VirtiofsdHelper),
    /// passt
    Passt(Passt),
}

/// swtpm: an emulated TPM.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Swtpm {
    /// Whether it is a TPM 2.0; otherwise it is a TPM 1.2.
    pub tpm2: bool,
    /// The path of the state.
    pub state: String,
    /// Whether the state is one file; otherwise it is a directory.
    pub file: bool,
    /// Whether the state is kept when the guest ends: `persistent_state='yes'`, or a `<source>` of its own.
    pub keep: bool,
    /// The name of the guest and its UUID, `NAME:UUID`, which are in the certificates of a new TPM.
    pub vmid: String,
    /// The active banks of platform configuration registers, separated by commas; `None` for those of swtpm.
    pub pcr_banks: Option<String>,
    /// The UUID of the secret that the state is encrypted with.
    pub secret: Option<String>,
    /// The passphrase that the secret has; `None` if there is none or the host does not know the secret.
    pub passphrase: Option<Content>,
    /// The profile that a new TPM is created with.
    pub profile: Option<String>,
    /// The log level of `<backend debug=>`.
    pub debug: Option<u32>,
}

/// virtiofsd: shares a directory with the guest.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VirtiofsdHelper {
    /// The path of the program; `None` for the installed one.
    pub program: Option<String>,
    /// The directory that is shared.
    pub directory: String,
    /// The settings as one list of `-o`, but `source=`: `cache=`, `xattr`, `no_flock` and others.
    pub options: Vec<String>,
    /// The options that are words of their own, such as `--thread-pool-size=4`.
    pub words: Vec<String>,
}

/// passt: connects the guest to the networks of the host as a user process.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Passt {
    /// Whether QEMU connects by vhost-user; otherwise by a stream socket.
    pub vhost_user: bool,
    /// The options after socket and mode, in libvirt's order: device, log, names, addresses, gateways, ports.
    pub words: Vec<String>,
}

impl Helper {
    /// The kind of process.
    pub const fn process(&self) -> Process {
        match self {
            Self::Swtpm(_) => Process::Swtpm,
            Self::Virtiofsd(_) => Process::Virtiofsd,
            Self::Passt(_) => Process::Passt,
        }
    }

    /// The helper as a JSON object, without secrets.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Swtpm(tpm) => json!({
                "version": if tpm.tpm2 { "2.0" } else { "1.2" },
                "state": tpm.state,
                "file": tpm.file,
                "keep": tpm.keep,
                "pcr_banks": tpm.pcr_banks,
                "secret": tpm.secret,
                "profile": tpm.profile,
            }),
            Self::Virtiofsd(fs) => json!({
                "program": fs.program,
                "directory": fs.directory,
                "options": fs.options,
                "words": fs.words,
            }),
            Self::Passt(passt) => {
                let mut out = Map::new();
                out.insert("vhost_user".into(), passt.vhost_user.into());
                out.insert("words".into(), json!(passt.words));
                Value::Object(out)
            }
        }
    }
}

/// Whether the storage of an emulated TPM is a file.
pub(crate) const fn is_file(storage: TpmStorage) -> bool {
    matches!(storage, TpmStorage::File)
}

/// The banks as swtpm_setup takes them.
pub(crate) fn pcr_banks(banks: &[PcrBank]) -> Option<String> {
    let names: Vec<&str> = banks.iter().map(|bank| bank.as_str()).collect();
    (!names.is_empty()).then(|| names.join(","))
}

impl VirtiofsdHelper {
    /// The virtiofsd of a `<filesystem>` that shares `directory`.
    pub(crate) fn of(fs: &Filesystem, directory: &str) -> Self {
        let none = Virtiofsd::default();
        let binary = fs.binary.as_ref().unwrap_or(&none);
        let mut options = Vec::new();
        if let Some(cache) = binary.cache {
            options.push(format!("cache={}", cache.as_str()));
        }
        if let Some(sandbox) = binary.sandbox {
            options.push(format!("sandbox={}", sandbox.as_str()));
        }
        let switches = [("xattr", binary.xattr), ("flock", binary.flock), ("posix_lock", binary.posix_lock)];
        for (name, switch) in switches {
            match switch {
                Some(OnOff::On) => options.push(name.to_owned()),
                Some(OnOff::Off) => options.push(format!("no_{name}")),
                None => {}
            }
        }
        let mut words = Vec::new();
        if let Some(size) = binary.thread_pool {
            words.push(format!("--thread-pool-size={size}"));
        }
        if let Some(max) = binary.open_files {
            words.push(format!("--rlimit-nofile={max}"));
        }
        if fs.readonly {
            words.push("--readonly".to_owned());
        }
        if let Some(map) = &fs.id_map {
            id_map(map, &mut words);
        }
        Self { program: binary.path.clone(), directory: directory.to_owned(), options, words }
    }
}

/// The ids of the guest that are others on the host.
fn id_map(map: &IdMap, words: &mut Vec<String>) {
    for (option, ranges) in [("--translate-uid", &map.users), ("--translate-gid", &map.groups)] {
        for range in ranges {
            words.push(option.to_owned());
            words.push(format!("map:{}:{}:{}", range.start, range.target, range.count));
        }
    }
}

/// Words of passt.
impl Passt {
    /// The addresses that the guest is given.
    pub(crate) fn address(words: &mut Vec<String>, address: IpAddr, prefix: Option<u32>) {
        words.extend(["--address".to_owned(), address.to_string()]);
        if let (IpAddr::V4(_), Some(prefix)) = (address, prefix) {
            words.extend(["--netmask".to_owned(), prefix.to_string()]);
        }
    }

    /// A `<portForward>`: `--tcp-ports [ADDRESS][%DEVICE]/[~]START[-END][:TO[-END]],...`.
    pub(crate) fn ports(words: &mut Vec<String>, forward: &PortForward) {
        words.push(format!("--{}-ports", forward.proto.as_str()));
        let mut value = String::new();
        if let Some(address) = forward.address {
            value.push_str(&address.to_string());
        }
        if let Some(dev) = &forward.dev {
            value.push('%');
            value.push_str(dev);
        }
        let bound = !value.is_empty();
        if bound {
            value.push('/');
        }
        let mut ranges = Vec::with_capacity(forward.ranges.len());
        for range in &forward.ranges {
            let Some(start) = range.start else { continue };
            let length = range.end.and_then(|end| end.checked_sub(start)).filter(|length| *length > 0);
            let span = |first: u32| match length {
                Some(length) => format!("{first}-{}", first.saturating_add(length)),
                None => first.to_string(),
            };
            let not = if range.exclude == Some(YesNo::Yes) { "~" } else { "" };
            let to = range.to.map(|to| format!(":{}", span(to))).unwrap_or_default();
            ranges.push(format!("{not}{}{to}", span(start)));
        }
        if ranges.is_empty() {
            ranges.push(if bound { "~0" } else { "all" }.to_owned());
        }
        value.push_str(&ranges.join(","));
        words.push(value);
    }
}

#[cfg(test)]
mod tests {
    use virtargv_model::device::net::{PortRange, Protocol};

    use super::*;

    fn check(forward: &PortForward, expected: &str) {
        let mut words = Vec::new();
        Passt::ports(&mut words, forward);
        assert_eq!(words.join(" "), expected);
    }

    #[test]
    fn ports_are_written_as_passt_reads_them() {
        let range = |start, end, to| PortRange { start: Some(start), end, to, ..PortRange::default() };
        let forward = |proto, ranges| PortForward { proto, address: None, dev: None, ranges };
        let not = PortRange { exclude: Some(YesNo::Yes), ..range(90, None, None) };
        check(&forward(Protocol::Tcp, vec![range(80, None, Some(8080))]), "--tcp-ports 80:8080");
        check(
            &forward(Protocol::Udp, vec![range(80, Some(99), Some(180)), not]),
            "--udp-ports 80-99:180-199,~90",
        );
        check(&forward(Protocol::Tcp, vec![]), "--tcp-ports all");
        let bound = PortForward {
            address: Some(IpAddr::from([127, 0, 0, 1])),
            dev: Some("eth0".into()),
            ..forward(Protocol::Tcp, vec![range(22, None, None)])
        };
        check(&bound, "--tcp-ports 127.0.0.1%eth0/22");
    }
}
