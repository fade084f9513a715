//! The hosts of cases.

use std::collections::BTreeMap;
use std::sync::Arc;

use virtargv::{Arch, DriverConfig, FixedHost, Host, Release};
use virtargv_caps::CpuMap;
use virtargv_host::{
    Descriptor, Descriptors, Hugetlbfs, PortPurpose, Processor, SecretKey, SecretLookup, SecretUse, Tsc,
    UsbDevice, Volume, VolumeKind, VolumeLookup,
};
use virtargv_model::network::Network;
use virtargv_model::pool::StoragePool;
use virtargv_model::{Report, Uuid, network_port};

use crate::headers::{Qcow2, overlay};

/// A host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostKind {
    /// The host of most cases. Its CPU is not known.
    Usual,
    /// Without a render node, huge pages, TLS for SPICE, SCSI devices and TPM 1.2. The TLS keys of VNC and of character
    /// devices have a passphrase, whose secret does not exist.
    Bare,
    /// Other guests have all its TCP ports, and there is no vhost-net.
    Busy,
    /// With USB devices, of which two are of the same kind, without vhost-vsock; the network `routed` is not active.
    Devices,
    /// With a CPU of this architecture, and CPU definitions.
    Cpu(Arch),
    /// Whose launcher passes all descriptors of `/dev/vhost-net` and `/dev/vhost-vsock` under one number.
    OneDescriptor,
    /// With the images of documents that begin with `image-`.
    Images,
    /// With firmware of every mapping and mode.
    Firmware,
    /// A host whose architecture and settings are known, and nothing else.
    Unknown,
}

impl HostKind {
    /// The host of this kind. Directories of the driver depend on the release.
    pub fn host(self, release: Release) -> Box<dyn Host> {
        host(self, release)
    }

    /// What is special about it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Usual => "a host with firmware, storage pools, networks and secrets",
            Self::Bare => "a host without render node, huge pages, SCSI devices and TLS for SPICE",
            Self::Busy => "a host whose TCP ports are all in use",
            Self::Devices => "a host with USB devices and a network that is not active",
            Self::Cpu(_) => "a host whose CPU is known",
            Self::OneDescriptor => "a launcher that gives several descriptors one number",
            Self::Images => "a host with overlay images",
            Self::Firmware => "a host with firmware of every kind",
            Self::Unknown => "a host of which nothing is known",
        }
    }
}

/// The host of this kind. Directories of the driver depend on the release.
pub(super) fn host(kind: HostKind, release: Release) -> Box<dyn Host> {
    match kind {
        HostKind::Usual => Box::new(usual(release)),
        HostKind::Bare => Box::new(bare(release)),
        HostKind::Busy => Box::new(busy(release)),
        HostKind::Devices => Box::new(with_devices(release)),
        HostKind::Cpu(arch) => Box::new(with_cpu(arch, release)),
        HostKind::OneDescriptor => {
            Box::new(FixedHost { descriptors: Arc::new(OneDescriptor), ..usual(release) })
        }
        HostKind::Images => Box::new(with_images(release)),
        HostKind::Firmware => Box::new(with_firmware(release)),
        HostKind::Unknown => Box::<Unknown>::default(),
    }
}

/// Gives one number to several descriptors.
#[derive(Debug)]
struct OneDescriptor;

impl Descriptors for OneDescriptor {
    fn first_free(&self) -> u32 {
        4
    }

    fn number(&self, wanted: &Descriptor<&str>) -> Option<u32> {
        matches!(wanted, Descriptor::VhostNet { .. } | Descriptor::VhostVsock).then_some(3)
    }
}

/// Implements the required methods, and no subject.
#[derive(Debug, Default)]
struct Unknown {
    config: DriverConfig,
}

impl Host for Unknown {
    fn config(&self) -> &DriverConfig {
        &self.config
    }

    fn arch(&self) -> Arch {
        Arch::X86_64
    }

    fn random(&self, buffer: &mut [u8]) {
        buffer.fill(7);
    }
}

/// A host with three storage pools, three networks, a firmware with Secure Boot, 2 MiB and 1 GiB pages and two NUMA
/// nodes.
fn usual(release: Release) -> FixedHost {
    let mut host = FixedHost {
        now: 1_234_567_890,
        utc_offset: 7200,
        files: texts(&[
            ("/usr/share/qemu/firmware/30-plain.json", PLAIN_FIRMWARE),
            ("/usr/share/qemu/firmware/50-secure.json", SECURE_FIRMWARE),
        ]),
        free_vsock_cid: 11,
        render_node: Some("/dev/dri/renderD128".to_owned()),
        numa_nodes: vec![0, 1],
        numa_advice: vec![0, 1],
        scsi_generic: Some("sg0".to_owned()),
        pools: parsed(StoragePool::parse, &[("guests", DIR_POOL), ("lvm", LVM_POOL), ("units", ISCSI_POOL)]),
        volume: VolumeLookup::new(volume),
        networks: parsed(
            Network::parse,
            &[("bridged", BRIDGED), ("functions", FUNCTIONS), ("routed", ROUTED)],
        ),
        network_ports: parsed(network_port::parse, &[("routed", ROUTED_PORT)]),
        secret: SecretLookup::new(secret),
        ..FixedHost::default()
    };
    for (name, value) in [("PATH", "/bin"), ("USER", "test"), ("LOGNAME", "test"), ("HOME", "/home/test")] {
        host.env.insert(name.to_owned(), value.to_owned());
    }
    host.config.spice_tls = true;
    host.config.hugetlbfs = vec![
        Hugetlbfs { path: "/dev/hugepages".into(), size_kib: 2048, default: true },
        Hugetlbfs { path: "/mnt/huge-1G".into(), size_kib: 1 << 20, default: false },
    ];
    if release == Release::V7_0 {
        "/tmp/lib".clone_into(&mut host.config.lib_dir);
        "/tmp/channel".clone_into(&mut host.config.channel_target_dir);
    }
    host
}

fn bare(release: Release) -> FixedHost {
    let mut host = usual(release);
    let config = &mut host.config;
    config.spice_tls = false;
    config.hugetlbfs.clear();
    config.vnc_tls = true;
    config.vnc_tls_x509_secret_uuid = Uuid::parse(FORGOTTEN);
    config.chardev_tls_x509_secret_uuid = Uuid::parse(FORGOTTEN);
    host.render_node = None;
    host.scsi_generic = None;
    host.vfio = false;
    host.vhost_scsi = false;
    host.images = Some(BTreeMap::new());
    host.missing_tpm_versions.insert("1.2".to_owned());
    host
}

fn busy(release: Release) -> FixedHost {
    use PortPurpose::{Spice, SpiceTls, Vnc, VncWebsocket};
    // No display can have port 0.
    let free_ports = [Vnc, VncWebsocket, Spice, SpiceTls].map(|purpose| (purpose, 0)).into();
    FixedHost { free_ports, vhost_net: false, ..usual(release) }
}

fn with_firmware(release: Release) -> FixedHost {
    let mut host = usual(release);
    host.files = texts(&[
        ("/usr/share/qemu/firmware/20-combined.json", COMBINED_FIRMWARE),
        ("/usr/share/qemu/firmware/30-split.json", SPLIT_FIRMWARE),
        ("/usr/share/qemu/firmware/40-stateless.json", STATELESS_FIRMWARE),
        ("/usr/share/qemu/firmware/50-store.json", STORE_FIRMWARE),
    ]);
    host.links.insert("/firmware/split.link.fd".to_owned(), "/firmware/split.fd".to_owned());
    host
}

fn with_devices(release: Release) -> FixedHost {
    let device = |bus, device, product| UsbDevice {
        bus,
        device,
        port: Some(format!("1.{device}")),
        vendor: 0x1234,
        product,
    };
    let mut host = usual(release);
    host.usb_devices = Some(vec![device(1, 4, 0xbeef), device(1, 7, 0xcafe), device(2, 3, 0xcafe)]);
    host.vhost_vsock = false;
    host.network_ports.clear();
    host.inactive_networks.insert("routed".to_owned());
    host
}

fn with_cpu(arch: Arch, release: Release) -> FixedHost {
    let file = |name: &str| match name {
        "index.xml" => Some(CPU_INDEX.to_owned()),
        _ => Some(CPU_MODELS.to_owned()),
    };
    FixedHost {
        arch,
        cpu: Some(Processor { model: Some("plain".to_owned()), ..Processor::default() }),
        tsc: Some(Tsc { frequency: 2_000_000_000, scaling: false }),
        cpu_map: CpuMap::parse(file).map(Arc::new).unwrap_or_default(),
        ..usual(release)
    }
}

/// A host with overlays of several kinds in `/srv/images`, sound and unsound ones.
fn with_images(release: Release) -> FixedHost {
    let slice = r#"json:{"driver":"raw","offset":1048576,"size":65536,"file":{"driver":"file","filename":"/srv/images/base.raw"}}"#;
    let unknown = r#"json:{"driver":"qcow2","file":{"driver":"file","filename":"/srv/images/base.raw"}}"#;
    let luks = Qcow2 { encryption: 2, ..Qcow2::default() }.bytes();
    let with_data = Qcow2 { data_file: "data.raw", ..Qcow2::default() }.bytes();
    let damaged = Qcow2 { backing: "base.raw", claimed_length: Some(1 << 20), ..Qcow2::default() }.bytes();
    let images = [
        ("base.raw", b"no magic number".to_vec()),
        ("plain.qcow2", Qcow2::default().bytes()),
        ("middle.qcow2", overlay("base.raw", "raw")),
        ("top.qcow2", overlay("middle.qcow2", "qcow2")),
        ("sub/relative.qcow2", overlay("../middle.qcow2", "qcow2")),
        ("unstated.qcow2", overlay("plain.qcow2", "")),
        ("unstated-below.qcow2", overlay("middle.qcow2", "")),
        ("data.qcow2", with_data),
        ("data.raw", Vec::new()),
        ("vars.fd", Vec::new()),
        ("slice.qcow2", overlay(slice, "raw")),
        ("nbd.qcow2", overlay("nbd://store.example.org/export", "raw")),
        ("user.qcow2", overlay("ssh://me@store.example.org/x", "raw")),
        ("orphan.qcow2", overlay("lost.qcow2", "qcow2")),
        ("over-orphan.qcow2", overlay("orphan.qcow2", "qcow2")),
        ("loop-a.qcow2", overlay("loop-b.qcow2", "qcow2")),
        ("loop-b.qcow2", overlay("./loop-a.qcow2", "qcow2")),
        ("unknown.qcow2", overlay(unknown, "qcow2")),
        ("over-directory.qcow2", overlay("fat:/srv/share", "raw")),
        ("tftp.qcow2", overlay("tftp://store.example.org/x", "raw")),
        ("luks.qcow2", luks),
        ("over-luks.qcow2", overlay("luks.qcow2", "qcow2")),
        ("aes.qcow2", Qcow2 { encryption: 1, ..Qcow2::default() }.bytes()),
        ("damaged.qcow2", damaged),
    ];
    let images = images.into_iter().map(|(name, bytes)| (format!("/srv/images/{name}"), bytes));
    let images = images.chain([("/usr/share/OVMF/OVMF_VARS.fd".to_owned(), Vec::new())]);
    FixedHost { images: Some(images.collect()), ..usual(release) }
}

fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

/// The definitions below.
fn parsed<T>(parse: fn(&str) -> Result<T, Report>, pairs: &[(&str, &str)]) -> BTreeMap<String, T> {
    let definition = |&(name, text): &(&str, &str)| match parse(text) {
        Ok(value) => (name.to_owned(), value),
        #[expect(clippy::panic, reason = "the text is in this file")]
        Err(report) => panic!("the definition of '{name}': {report}"),
    };
    pairs.iter().map(definition).collect()
}

const DIR_POOL: &str = "<pool type='dir'><name>guests</name><target><path>/srv/pool</path></target></pool>";
const LVM_POOL: &str = "<pool type='logical'><name>lvm</name><source><name>lvm</name></source>\
    <target><path>/dev/lvm</path></target></pool>";
const ISCSI_POOL: &str = "<pool type='iscsi'><name>units</name><source><host name='store.example.org'/>\
    <device path='iqn.2025-01.org.example:disks'/></source><target><path>/dev/disk/by-path</path></target></pool>";
const BRIDGED: &str = "<network><name>bridged</name><forward mode='bridge'/><bridge name='br7'/></network>";
const FUNCTIONS: &str = "<network><name>functions</name><forward mode='hostdev' managed='yes'>\
    <address type='pci' domain='0' bus='5' slot='0' function='1'/>\
    <address type='pci' domain='0' bus='5' slot='0' function='2'/></forward>\
    <portgroup name='apart'><port isolated='yes'/></portgroup></network>";
const ROUTED: &str = "<network><name>routed</name><forward mode='route'/><bridge name='virbr7'/>\
    <ip address='192.0.2.1' prefix='24'/></network>";
const ROUTED_PORT: &str = "<networkport><uuid>8ff2b2a2-3a6e-4d6f-9d8c-6c3a8cb8a3d9</uuid>\
    <plug type='network' bridge='virbr7'/></networkport>";

const PLAIN_FIRMWARE: &str = r#"{
    "description": "UEFI",
    "interface-types": ["uefi"],
    "mapping": {
        "device": "flash",
        "executable": {"filename": "/usr/share/fw/code.fd", "format": "raw"},
        "nvram-template": {"filename": "/usr/share/fw/vars.fd", "format": "raw"}
    },
    "targets": [{"architecture": "x86_64", "machines": ["pc-i440fx-*", "pc-q35-*"]}],
    "features": ["acpi-s3", "amd-sev"],
    "tags": []
}"#;
const SECURE_FIRMWARE: &str = r#"{
    "description": "UEFI with Secure Boot",
    "interface-types": ["uefi"],
    "mapping": {
        "device": "flash",
        "executable": {"filename": "/usr/share/fw/code.secure.fd", "format": "raw"},
        "nvram-template": {"filename": "/usr/share/fw/vars.enrolled.fd", "format": "raw"}
    },
    "targets": [{"architecture": "x86_64", "machines": ["pc-q35-*"]}],
    "features": ["acpi-s3", "enrolled-keys", "requires-smm", "secure-boot", "verbose-dynamic"],
    "tags": []
}"#;

const CPU_INDEX: &str = "<cpus><arch name='x86'><include filename='models.xml'/></arch></cpus>";
const CPU_MODELS: &str = "<cpus>\
    <feature name='quick'><cpuid eax_in='0x01' ecx='0x00000001'/></feature>\
    <feature name='vmx-quick'><msr index='0x485' edx='0x00000001' eax='0x00000000'/></feature>\
    <model name='plain'/>\
    <model name='hasty'><feature name='quick'/></model>\
    </cpus>";

/// All volumes exist except `lost`.
fn volume(pool: &str, volume: &str) -> Option<Volume> {
    match (pool, volume) {
        (_, "lost") => None,
        ("lvm", name) => Some(Volume { kind: VolumeKind::Block, path: format!("/dev/lvm/{name}") }),
        (_, name) => Some(Volume { kind: VolumeKind::File, path: format!("/srv/pool/{name}") }),
    }
}

/// The UUID of a secret that does not exist.
const FORGOTTEN: &str = "c2d6b3a4-1f0e-4a57-8b6d-2e9f71c05d38";

/// All secrets exist except those of the usage `forgotten` and the UUID [`FORGOTTEN`].
fn secret(_: SecretUse, key: SecretKey<'_>) -> Option<Vec<u8>> {
    (!["forgotten", FORGOTTEN].contains(&key.to_string().as_str())).then(|| b"open sesame".to_vec())
}

const COMBINED_FIRMWARE: &str = r#"{
    "description": "UEFI",
    "interface-types": ["uefi"],
    "mapping": {"device": "flash", "mode": "combined", "executable": {"filename": "/firmware/combined.fd", "format": "raw"}},
    "targets": [{"architecture": "x86_64", "machines": ["pc-i440fx-*"]}],
    "features": [],
    "tags": []
}"#;
const SPLIT_FIRMWARE: &str = r#"{
    "description": "UEFI",
    "interface-types": ["uefi"],
    "mapping": {
        "device": "flash",
        "executable": {"filename": "/firmware/split.link.fd", "format": "raw"},
        "nvram-template": {"filename": "/firmware/split.vars.fd", "format": "raw"}
    },
    "targets": [{"architecture": "x86_64", "machines": ["pc-q35-*"]}],
    "features": [],
    "tags": []
}"#;
const STATELESS_FIRMWARE: &str = r#"{
    "description": "UEFI",
    "interface-types": ["uefi"],
    "mapping": {"device": "flash", "mode": "stateless", "executable": {"filename": "/firmware/stateless.fd", "format": "raw"}},
    "targets": [{"architecture": "x86_64", "machines": ["pc-q35-*"]}],
    "features": [],
    "tags": []
}"#;
const STORE_FIRMWARE: &str = r#"{
    "description": "UEFI",
    "interface-types": ["uefi"],
    "mapping": {
        "device": "memory",
        "filename": "/firmware/store.fd",
        "uefi-vars": {"template": "/firmware/store.json"}
    },
    "targets": [{"architecture": "x86_64", "machines": ["pc-q35-*"]}],
    "features": ["secure-boot", "host-uefi-vars"],
    "tags": []
}"#;
