//! The host for which the expected output of a corpus was made.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;
use virtargv::{Arch, DriverConfig, FixedHost, Release};
use virtargv_host::{
    DescriptorGroup, Hugetlbfs, PciDevice, Processor, SecretKey, SecretLookup, SecretUse, Volume, VolumeKind,
    VolumeLookup,
};
use virtargv_model::Uuid;
use virtargv_model::device::graphics::Display;
use virtargv_model::device::net::{Actual, NetworkSource, Source};
use virtargv_testsuite::pretend::{PretendedDescriptors, pretended_ports};

use crate::case::Case;
use crate::corpus::Corpus;

/// The architecture of the host of `case`: the one it names, or that of its QEMU.
pub fn arch(case: &Case) -> Arch {
    let named = case.text("host_arch").and_then(|name| name.strip_prefix("VIR_ARCH_"));
    let name = named.map(str::to_ascii_lowercase).or_else(|| case.text("caps_arch").map(str::to_owned));
    name.and_then(|name| name.parse().ok()).unwrap_or(Arch::X86_64)
}

/// The host of `case`.
pub fn host(corpus: &Corpus, case: &Case, document: &str) -> Result<FixedHost, String> {
    let mut host = FixedHost {
        config: config(corpus, case)?,
        arch: arch(case),
        now: 1_234_567_890,
        utc_offset: -1800,
        files: corpus.files.clone(),
        cpu: processor(case),
        cpu_map: corpus.cpu_map.clone(),
        fips: case.is("fips_host"),
        slirp_helper: case.is("slirp_helper"),
        missing_tpm_versions: missing_tpm_versions(case),
        free_vsock_cid: 42,
        free_ports: pretended_ports(),
        descriptors: Arc::new(descriptors(case)),
        nbdkit_plugins: nbdkit_plugins(case),
        pci_devices: pci_devices(),
        numa_nodes: (0..8).collect(),
        numa_advice: (0..4).collect(),
        cdroms: ["/dev/cdrom".to_owned()].into(),
        render_node: Some("/dev/dri/foo".to_owned()),
        scsi_generic: Some("sg0".to_owned()),
        pools: corpus.pools.clone(),
        inactive_pools: ["inactive".to_owned()].into(),
        volume: VolumeLookup::new(volume),
        networks: corpus.networks.clone(),
        secret: SecretLookup::new(secret),
        ..FixedHost::default()
    };
    for (name, value) in
        [("PATH", "/bin"), ("USER", "test"), ("LOGNAME", "test"), ("HOME", "/home/test"), ("LC_ALL", "C")]
    {
        host.env.insert(name.to_owned(), value.to_owned());
    }
    for (name, value) in case.members("env") {
        host.env.insert(name.to_owned(), value.as_str().unwrap_or("").to_owned());
    }
    add_network_ports(corpus, document, &mut host);
    host.config.spice_tls |= chooses_tls_port(document);
    if corpus.release == Release::V7_0 {
        bridge_networks(document, &mut host);
    }
    Ok(host)
}

/// The variable by which libvirt's tests say which version of TPM swtpm emulates. Without it, it emulates both.
const TPM_VERSION: &str = "VIR_TEST_MOCK_FAKE_TPM_VERSION";

/// The versions of TPM that swtpm does not emulate.
fn missing_tpm_versions(case: &Case) -> BTreeSet<String> {
    let told = case.members("env").find_map(|(name, value)| value.as_str().filter(|_| name == TPM_VERSION));
    let missing =
        told.into_iter().flat_map(|told| ["1.2", "2.0"].into_iter().filter(|it| !told.contains(it)));
    missing.map(str::to_owned).collect()
}

/// The numbers of descriptors, with those that the case passes.
fn descriptors(case: &Case) -> PretendedDescriptors {
    let group = |group: &Value| DescriptorGroup {
        numbers: group["fds"].as_array().into_iter().flatten().filter_map(fd).collect(),
        writable: group["writable"] == true,
    };
    let vdpa = case.members("vdpa_fds").filter_map(|(path, number)| Some((path.to_owned(), fd(number)?)));
    PretendedDescriptors {
        groups: case.members("fd_groups").map(|(name, fds)| (name.to_owned(), group(fds))).collect(),
        vdpa: vdpa.collect(),
    }
}

/// Whether a SPICE display wants a TLS port to be chosen. libvirt's tests take fixed ports, and do not see that TLS is disabled; which
/// ports are wanted does not change where it is enabled.
fn chooses_tls_port(document: &str) -> bool {
    let domain = virtargv_model::parse(document).value;
    domain.is_some_and(|domain| {
        domain.devices.graphics.iter().any(|graphics| match &graphics.display {
            Display::Spice(spice) => spice.autoports(false).1,
            _ => false,
        })
    })
}

/// The networks of the set for 7.0: every network connects interfaces to a bridge.
fn bridge_networks(document: &str, host: &mut FixedHost) {
    for part in document.split("network=").skip(1) {
        let name = part.split(['\'', '"']).nth(1).unwrap_or_default();
        let bridge = NetworkSource { network: "virbr0".to_owned(), ..NetworkSource::default() };
        let port = Actual { source: Source::Network(bridge), ..Actual::default() };
        host.network_ports.entry(name.to_owned()).or_insert(port);
    }
}

/// Adds networks named `NET;PORT`: the network, and the port that it creates.
fn add_network_ports(corpus: &Corpus, document: &str, host: &mut FixedHost) {
    for asked in document.split(['\'', '"']) {
        let Some((network, port)) = asked.split_once(';') else { continue };
        if let Some(definition) = corpus.networks.get(network) {
            host.networks.insert(asked.to_owned(), definition.clone());
            if let Some(port) = corpus.ports.get(port) {
                host.network_ports.insert(asked.to_owned(), port.clone());
            }
        }
    }
}

fn volume(_: &str, name: &str) -> Option<Volume> {
    if name == "nonexistent" {
        return None;
    }
    let (word, path) = name.split_once('+').unwrap_or(("block", name));
    let kind = match word {
        "file" => VolumeKind::File,
        "block" => VolumeKind::Block,
        "dir" => VolumeKind::Dir,
        "network" => VolumeKind::Network,
        "netdir" => VolumeKind::NetDir,
        "ploop" => VolumeKind::Ploop,
        _ => return None,
    };
    Some(Volume { kind, path: format!("/some/{word}/device/{path}") })
}

fn secret(usage: SecretUse, key: SecretKey<'_>) -> Option<Vec<u8>> {
    let there = match (usage, key) {
        (SecretUse::Ceph, SecretKey::Usage(name)) => {
            ["mycluster_myname", "client.admin secret"].contains(&name)
        }
        (SecretUse::Volume, SecretKey::Usage(name)) => name.starts_with("/storage/guest_disks/"),
        _ => true,
    };
    there.then(|| b"AQCVn5hO6HzFAhAAq0NCv8jtJcIcE+HOBlMQ1A".to_vec())
}

fn fd(number: &Value) -> Option<u32> {
    number.as_u64().and_then(|n| u32::try_from(n).ok())
}

fn nbdkit_plugins(case: &Case) -> BTreeSet<String> {
    let flags = case.texts("nbdkit");
    flags
        .filter_map(|flag| flag.strip_prefix("QEMU_NBDKIT_CAPS_PLUGIN_"))
        .map(str::to_ascii_lowercase)
        .collect()
}

/// The CPU of the host: model, features, cores and threads.
fn processor(case: &Case) -> Option<Processor> {
    let named = case.text("host_cpu").or(case.text("host_cpu_model"));
    let x86 = |model: &str, features: &str, threads| Processor {
        model: Some(model.to_owned()),
        vendor: Some("Intel".to_owned()),
        features: features.split(' ').map(str::to_owned).collect(),
        sockets: 1,
        cores: 2,
        threads,
    };
    let other = |model: Option<&str>, cores, threads| Processor {
        model: model.map(str::to_owned),
        vendor: None,
        features: vec![],
        sockets: 1,
        cores,
        threads,
    };
    match (named, arch(case)) {
        (Some("cpuHaswell" | "QEMU_CPU_DEF_HASWELL"), _) => Some(x86(
            "Haswell",
            "vme ds acpi ss ht tm pbe dtes64 monitor ds_cpl vmx smx est tm2 xtpr pdcm osxsave f16c rdrand cmt \
             pdpe1gb abm invtsc lahf_lm",
            2,
        )),
        (Some("cpuPower9" | "QEMU_CPU_DEF_POWER9"), _) => Some(other(Some("POWER9"), 16, 1)),
        (Some("QEMU_CPU_DEF_POWER10"), _) => Some(other(Some("POWER10"), 16, 1)),
        (_, arch) if arch.is_x86() => {
            Some(x86("core2duo", "ds acpi ss ht tm pbe ds_cpl vmx est tm2 cx16 xtpr lahf_lm", 1))
        }
        (_, arch) if arch.is_ppc64() => Some(other(Some("POWER8"), 8, 8)),
        (_, Arch::Aarch64) => Some(other(None, 4, 1)),
        (_, Arch::Armv7l) => Some(other(None, 1, 1)),
        _ => None,
    }
}

/// The driver's settings: those of the set, with the changes of the case.
fn config(corpus: &Corpus, case: &Case) -> Result<DriverConfig, String> {
    let huge = |path: &str, size_kib, default| Hugetlbfs { path: path.into(), size_kib, default };
    let mut config = DriverConfig {
        hugetlbfs: vec![huge("/dev/hugepages2M", 2048, true), huge("/dev/hugepages1G", 1 << 20, false)],
        ..DriverConfig::default()
    };
    // The settings of libvirt's tests, which later releases changed once.
    if corpus.release == Release::V7_0 {
        config.lib_dir = "/tmp/lib".into();
        config.channel_target_dir = "/tmp/channel".into();
        config.vxhs_tls_x509_cert_dir = Some("/etc/pki/libvirt-vxhs/dummy,path".into());
        config.nbd_tls_x509_cert_dir = Some("/etc/pki/libvirt-nbd/dummy,path".into());
        config.spice_tls = true;
    } else {
        config.vnc_sasl_dir = Some("/etc/sasl2".into());
        config.spice_sasl_dir = Some("/etc/sasl2".into());
    }
    config.spice_password = Some("123456".into());
    let every = corpus.settings.iter().map(|(key, value)| (key.as_str(), value));
    for (key, value) in every.chain(case.members("config")) {
        set(&mut config, key, value)?;
    }
    Ok(config)
}

fn set(config: &mut DriverConfig, key: &str, value: &Value) -> Result<(), String> {
    let yes = value.as_bool().unwrap_or(false);
    let text = value.as_str().map(str::to_owned);
    let uuid =
        || value.as_str().map(|text| Uuid::parse(text).ok_or(format!("'{text}' is no UUID"))).transpose();
    match key {
        "libDir" => config.lib_dir = text.unwrap_or_default(),
        "channelTargetDir" => config.channel_target_dir = text.unwrap_or_default(),
        // Directories below the one of the driver's state, and those of what no command line is for.
        "passtStateDir"
        | "dbusStateDir"
        | "rdpStateDir"
        | "migrateTLSx509certdir"
        | "backupTLSx509certdir" => {}
        "rdpTLSx509certdir" => config.rdp_tls_x509_cert_dir = text,
        "defaultTLSx509certdir" => config.default_tls_x509_cert_dir = text.unwrap_or_default(),
        "memoryBackingDir" => config.memory_backing_dir = text.unwrap_or_default(),
        "nvramDir" => config.nvram_dir = text.unwrap_or_default(),
        "vncTLSx509certdir" => config.vnc_tls_x509_cert_dir = text,
        "vncTLSx509secretUUID" => config.vnc_tls_x509_secret_uuid = uuid()?,
        "vncTLS" => config.vnc_tls = yes,
        "vncTLSx509verify" => config.vnc_tls_x509_verify = yes,
        "vncPassword" => config.vnc_password = text,
        "vncSASL" => config.vnc_sasl = yes,
        "vncSASLdir" => config.vnc_sasl_dir = text,
        "vncAutoUnixSocket" => config.vnc_auto_unix_socket = yes,
        "vncAllowHostAudio" => config.vnc_allow_host_audio = yes,
        "nogfxAllowHostAudio" => config.nographics_allow_host_audio = yes,
        "spiceTLS" => config.spice_tls = yes,
        "spiceTLSx509certdir" => config.spice_tls_x509_cert_dir = text,
        "spicePassword" => config.spice_password = text,
        "spiceSASL" => config.spice_sasl = yes,
        "spiceSASLdir" => config.spice_sasl_dir = text,
        "spiceAutoUnixSocket" => config.spice_auto_unix_socket = yes,
        "chardevTLS" => config.chardev_tls = yes,
        "chardevTLSx509certdir" => config.chardev_tls_x509_cert_dir = text,
        "chardevTLSx509verify" => config.chardev_tls_x509_verify = yes,
        "chardevTLSx509secretUUID" => config.chardev_tls_x509_secret_uuid = uuid()?,
        "vxhsTLS" => config.vxhs_tls = yes,
        "vxhsTLSx509certdir" => config.vxhs_tls_x509_cert_dir = text,
        "vxhsTLSx509secretUUID" => config.vxhs_tls_x509_secret_uuid = uuid()?,
        "nbdTLS" => config.nbd_tls = yes,
        "nbdTLSx509certdir" => config.nbd_tls_x509_cert_dir = text,
        "nbdTLSx509secretUUID" => config.nbd_tls_x509_secret_uuid = uuid()?,
        "dumpGuestCore" => config.dump_guest_core = yes,
        "storageUseNbdkit" => config.storage_use_nbdkit = yes,
        other => return Err(format!("the runner does not know the setting '{other}'")),
    }
    Ok(())
}

/// The PCI devices of the host that are in IOMMU groups. Others do not exist.
fn pci_devices() -> BTreeMap<String, PciDevice> {
    let groups = [(0, ["0001:01:00.0", "0001:01:00.1"].as_slice()), (1, &["0005:90:01.0", "0005:90:01.1"])];
    let of_group =
        groups.into_iter().flat_map(|(group, list)| list.iter().map(move |address| (address, group)));
    let device = |group| PciDevice { express: true, iommu_group: Some(group) };
    of_group.map(|(address, group)| ((*address).to_owned(), device(group))).collect()
}
