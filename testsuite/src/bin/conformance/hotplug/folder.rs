//! What the folder of a recorded host tells beyond its description: `images.txt` (`ls -lR`, then what `qemu-img info` says of
//! each image), and the networks that guests run on (`net-NAME.xml`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use virtargv::host::{Answer, FileKind, FileStat, Files, HostError, Networks};
use virtargv::model::device::disk::Disk;
use virtargv::model::device::net::{Actual, NetworkSource};
use virtargv::model::device::storage::ImageFormat;
use virtargv::model::network::Network;
use virtargv::model::status::parse_running;
use virtargv::{Host, Release};
use virtargv_testsuite::headers::Qcow2;

use crate::corpus::read;
use crate::daemon::Daemon;

/// An image: its size and its first bytes.
struct Image {
    size: u64,
    header: Vec<u8>,
}

/// The facts of a host's folder, over those of its description.
pub struct Folder<'d> {
    daemon: &'d Daemon,
    images: BTreeMap<String, Image>,
    networks: BTreeMap<String, Network>,
}

impl<'d> Folder<'d> {
    /// The folder `dir` of the host of `daemon`; `domains` are the documents of guests that ran on it.
    pub fn load(dir: &Path, daemon: &'d Daemon, domains: &[String]) -> Result<Self, String> {
        let text = read(&dir.join("images.txt"))?;
        let used: BTreeSet<&str> = domains
            .iter()
            .flat_map(|text| text.split("network='").skip(1))
            .filter_map(|rest| rest.split('\'').next())
            .collect();
        let mut networks = BTreeMap::new();
        for name in used {
            let path = dir.join(format!("net-{name}.xml"));
            if path.exists() {
                let network =
                    Network::parse(&read(&path)?).map_err(|e| format!("{}: {e}", path.display()))?;
                networks.insert(name.to_owned(), network);
            }
        }
        let mut images = images(&text);
        for disk in domains.iter().flat_map(|text| disks(text)) {
            // An image that a guest uses without a backing image.
            if let Some(path) =
                disk.image.path().filter(|_| disk.backing.ended && disk.backing.images.is_empty())
            {
                let qcow2 = disk.image.format == Some(ImageFormat::Qcow2);
                let header = if qcow2 { Qcow2::default().bytes() } else { Vec::new() };
                images.entry(path.to_owned()).or_insert(Image { size: 1 << 20, header });
            }
        }
        Ok(Self { daemon, images, networks })
    }
}

/// The disks of a running domain.
pub fn disks(text: &str) -> Vec<Disk> {
    let running = parse_running(text, Release::default()).value;
    running.map(|running| running.domain.devices.disks).unwrap_or_default()
}

/// The images that the listing has.
fn images(text: &str) -> BTreeMap<String, Image> {
    let (listing, infos) = text.split_once("\n== ").unwrap_or((text, ""));
    let mut out = BTreeMap::new();
    let mut directory = "/img".to_owned();
    for line in listing.lines() {
        if let Some(name) = line.strip_suffix(':') {
            directory = match name.strip_prefix('.') {
                Some(below) => format!("/img{below}"),
                None => name.to_owned(),
            };
            continue;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let (Some(mode), Some(size), Some(name)) = (words.get(1), words.get(5), words.last()) else {
            continue;
        };
        if mode.starts_with('-') {
            let size = size.parse().unwrap_or_default();
            out.insert(format!("{directory}/{name}"), Image { size, header: Vec::new() });
        }
    }
    for info in infos.split("\n== ") {
        let name = info.lines().next().unwrap_or_default();
        if let Some(image) = out.get_mut(&format!("/img/{name}")) {
            image.header = header(info);
        }
    }
    out
}

/// The header of a qcow2 image, as `qemu-img info` shows it; empty for other images.
fn header(info: &str) -> Vec<u8> {
    let value = |key: &str| {
        info.lines().find_map(|line| line.trim_start().strip_prefix(key)).map(|value| value.trim().to_owned())
    };
    let missing = info.split("Could not open '").nth(1).and_then(|rest| rest.split('\'').next());
    if value("file format:").as_deref() != Some("qcow2") && missing.is_none() {
        return Vec::new();
    }
    let backing = value("backing file:").or(missing.map(str::to_owned)).unwrap_or_default();
    let backing = backing.split(" (actual path:").next().unwrap_or_default();
    let format = value("backing file format:").unwrap_or_default();
    let format = if missing.is_some() { "qcow2".to_owned() } else { format };
    let data_file = value("data file:").unwrap_or_default();
    let encryption = if info.contains("\nencrypted: yes") { 2 } else { 0 };
    Qcow2 { backing, format: &format, data_file: &data_file, encryption, claimed_length: None }.bytes()
}

/// What neither the description nor the listing has is not there, in the directories that the listing is of.
fn listed(path: &str) -> bool {
    ["/img/", "/pool/", "/dev/sd"].iter().any(|directory| path.starts_with(directory))
}

impl Files for Folder<'_> {
    fn read_text(&self, path: &str) -> Answer<String> {
        self.daemon.host.files().read_text(path)
    }

    fn list(&self, path: &str) -> Answer<Vec<String>> {
        self.daemon.host.files().list(path)
    }

    fn stat(&self, path: &str) -> Answer<FileStat> {
        let known = self.daemon.host.files().stat(path);
        match (known, self.images.get(&plain(path))) {
            (Err(error), Some(image)) if error.is_unknown() => {
                Ok(FileStat { kind: FileKind::Regular, size: image.size })
            }
            (Err(error), None) if error.is_unknown() && listed(path) => {
                Err(HostError::not_found("file", path))
            }
            (known, _) => known,
        }
    }

    fn read_at(&self, path: &str, offset: u64, length: usize) -> Answer<Vec<u8>> {
        let known = self.daemon.host.files().read_at(path, offset, length);
        match (known, self.images.get(&plain(path))) {
            (Err(error), Some(image)) if error.is_unknown() => {
                let mut bytes = image.header.clone();
                bytes.resize(
                    bytes.len().max(usize::try_from(image.size).unwrap_or(usize::MAX).min(40_000)),
                    0,
                );
                let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                Ok(bytes.into_iter().skip(from).take(length).collect())
            }
            (known, _) => known,
        }
    }

    fn real_path(&self, path: &str) -> Answer<String> {
        self.daemon.host.files().real_path(path)
    }

    fn is_cdrom(&self, path: &str) -> Answer<bool> {
        self.daemon.host.files().is_cdrom(path)
    }
}

/// The path without `..`.
fn plain(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            ".." => _ = parts.pop(),
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

impl Networks for Folder<'_> {
    fn network(&self, name: &str) -> Answer<Network> {
        match self.networks.get(name) {
            Some(network) => Ok(network.clone()),
            None => self.daemon.network(name),
        }
    }

    fn network_port(&self, source: &NetworkSource) -> Answer<Actual> {
        self.daemon.network_port(source)
    }
}
