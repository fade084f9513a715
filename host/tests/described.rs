//! Descriptions of hosts: the example of the documentation, and what is refused.

#![cfg(feature = "described")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use expect_test::{Expect, expect};
use virtargv_caps::{Accel, Arch};
use virtargv_host::{
    DescribedHost, Description, FileKind, FileStat, Host, HostError, PortPurpose, Recorder, SecretKey,
    SecretUse, Seeded, Uuid, VolumeKind,
};
use virtargv_model::device::net::{NetworkSource, Source};
use virtargv_model::info::PciAddress;

/// The example in the documentation of the format.
fn example() -> &'static str {
    let text = include_str!("../../docs/host.md");
    text.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example")
}

fn host(text: &str) -> DescribedHost {
    DescribedHost::new(Description::parse(text).unwrap(), Box::new(Seeded::new(1))).unwrap()
}

#[test]
fn settings_are_those_of_a_new_installation_where_they_are_left_out() {
    let host = host(example());
    assert_eq!((host.arch(), host.config().vnc_listen.as_str()), (Arch::X86_64, "0.0.0.0"));
    assert_eq!(host.config().spice_listen, "127.0.0.1");
}

#[test]
fn machine() {
    let host = host(example());
    let machine = host.machine();
    assert_eq!((machine.now(), machine.utc_offset()), (Ok(1_767_225_600), Ok(3600)));
    assert_eq!((machine.page_size(), machine.fips()), (Ok(4096), Ok(false)));
    assert_eq!(machine.env("PATH"), Ok(Some("/usr/bin:/bin".to_owned())));
    assert_eq!(machine.env("HOME"), Ok(None));
    assert!(machine.env("LOGNAME").unwrap_err().is_unknown());
    let port = |port| machine.port_is_free(port, PortPurpose::Vnc);
    assert_eq!((port(5900), port(5901)), (Ok(false), Ok(true)));
    assert!(port(5902).unwrap_err().is_unknown());
    assert_eq!(machine.emulator(Arch::X86_64), Ok("/usr/bin/qemu-system-x86_64".to_owned()));
    assert!(machine.emulator(Arch::S390x).unwrap_err().is_unknown());
}

#[test]
fn files() {
    let host = host(example());
    let files = host.files();
    assert_eq!(
        files.list("/etc/qemu/firmware"),
        Err(HostError::not_found("directory", "/etc/qemu/firmware"))
    );
    assert_eq!(files.list("/usr/share/qemu/firmware"), Ok(vec!["60-ovmf.json".to_owned()]));
    assert!(files.read_text("/usr/share/qemu/firmware/60-ovmf.json").unwrap().contains("uefi"));
    let image = "/srv/images/a.raw";
    assert_eq!(files.stat(image), Ok(FileStat { kind: FileKind::Regular, size: 1 << 20 }));
    assert_eq!(files.read_at(image, 0, 4), Ok(b"RAW!".to_vec()));
    assert_eq!(files.read_at(image, 1, 2), Ok(b"AW".to_vec()));
    assert!(files.read_at(image, 0, 5).unwrap_err().is_unknown());
    assert_eq!(files.read_at(image, 1 << 20, 5), Ok(Vec::new()));
    let secret = "/srv/images/secret.raw";
    assert_eq!(files.stat(secret), Err(HostError::failed("file", secret, "Permission denied")));
    assert_eq!(files.is_cdrom("/dev/sr0"), Ok(true));
    assert!(files.stat("/other").unwrap_err().is_unknown());
}

#[test]
fn cpu_and_numa() {
    let host = host(example());
    assert_eq!(host.cpu().processor().map(|cpu| (cpu.cores, cpu.model.as_deref())), Ok((4, Some("Haswell"))));
    assert!(host.cpu().cpu_map().is_ok());
    assert_eq!((host.numa().numa_nodes(), host.numa().numa_advice()), (Ok(vec![0, 1]), Ok(vec![0])));
    assert_eq!(host.numa().numa_node_of_cpu(1), Ok(1));
    assert!(host.numa().numa_node_of_cpu(2).unwrap_err().is_unknown());
}

#[test]
fn devices() {
    let host = host(example());
    let devices = host.devices();
    let pci = |bus| devices.pci_device(&PciAddress { bus, ..PciAddress::default() });
    assert_eq!(pci(1).map(|device| device.iommu_group), Ok(Some(7)));
    assert_eq!(pci(2).map(|device| device.express), Err(HostError::not_found("PCI device", "0000:02:00.0")));
    assert!(pci(3).unwrap_err().is_unknown());
    assert_eq!(devices.usb_devices().unwrap()[0].product, 0x5678);
    assert_eq!(devices.scsi_generic("scsi_host0", 0, 1, 2), Ok("sg3".to_owned()));
    assert!(devices.scsi_generic("scsi_host0", 0, 1, 3).unwrap_err().is_unknown());
    assert_eq!(devices.render_node(), Ok("/dev/dri/renderD128".to_owned()));
    assert_eq!((devices.vhost_net(Accel::Kvm), devices.vhost_vsock()), (Ok(true), Ok(true)));
    assert_eq!((devices.vfio(), devices.vhost_scsi()), (Ok(true), Ok(false)));
    assert_eq!(devices.free_vsock_cid(), Ok(3));
}

#[test]
fn storage() {
    let host = host(example());
    let storage = host.storage();
    assert!(storage.storage_pool("images").is_ok());
    let inactive = HostError::Inactive { what: "storage pool", name: "tapes".to_owned() };
    assert_eq!(storage.storage_pool("tapes").map(|pool| pool.kind), Err(inactive));
    assert_eq!(storage.storage_volume("images", "a.raw").map(|volume| volume.kind), Ok(VolumeKind::File));
    let missing = storage.storage_volume("images", "b.raw").unwrap_err();
    assert_eq!(missing, HostError::not_found("storage volume", "b.raw"));
    assert!(storage.storage_volume("images", "c.raw").unwrap_err().is_unknown());
}

#[test]
fn networks() {
    let host = host(example());
    let networks = host.networks();
    assert_eq!(networks.network("default").map(|network| network.bridge), Ok(Some("virbr0".to_owned())));
    assert_eq!(networks.network("gone").map(|_| ()), Err(HostError::not_found("network", "gone")));
    assert!(networks.network("other").unwrap_err().is_unknown());
    let port = |network: &str| {
        let source = NetworkSource { network: network.to_owned(), ..NetworkSource::default() };
        networks.network_port(&source).map(|actual| actual.source)
    };
    assert_eq!(port("pool"), Ok(Source::Bridge { bridge: "br1".to_owned() }));
    assert!(port("default").unwrap_err().is_unknown());
}

#[test]
fn secrets_and_services() {
    let host = host(example());
    let uuid = Uuid::parse("0b6a5c2e-6a4b-4c8e-9a53-2b7a4f3e9d10").unwrap();
    let secret = |usage, key| host.secrets().secret(usage, key);
    assert_eq!(secret(SecretUse::Tls, SecretKey::Uuid(uuid)), Ok(b"open sesame".to_vec()));
    let image = SecretKey::Usage("/srv/images/a.raw");
    assert_eq!(secret(SecretUse::Volume, image), Err(HostError::not_found("secret", "/srv/images/a.raw")));
    assert!(secret(SecretUse::Tls, image).unwrap_err().is_unknown());
    let services = host.services();
    assert_eq!((services.emulates_tpm("1.2"), services.emulates_tpm("2.0")), (Ok(false), Ok(true)));
    assert_eq!(services.tpm_emulator_socket("-1-demo"), Ok("/run/swtpm.sock".to_owned()));
    assert_eq!((services.nbdkit_plugin("curl"), services.slirp_helper()), (Ok(true), Ok(false)));
    assert!(services.nbdkit_plugin("ssh").unwrap_err().is_unknown());
}

#[test]
fn what_is_written_is_read_again() {
    let told = Description::parse(example()).unwrap();
    assert_eq!(Description::parse(&told.to_json()), Ok(told));
}

#[test]
fn secrets_are_dropped() {
    let text = example().replace("\"vnc_listen\": \"0.0.0.0\"", "\"vnc_password\": \"open\"");
    let mut told = Description::parse(&text).unwrap();
    assert_eq!(told.drop_secrets(), ["vnc_password"]);
    let text = told.to_json();
    assert!(!text.contains("b3BlbiBzZXNhbWU=") && !text.contains("\"open\""), "{text}");
    assert!(text.contains("/srv/images/a.raw"), "{text}");
}

#[test]
fn answers_and_errors_are_kept() {
    let under = host(example());
    let recorder = Recorder::new(&under);
    let ask = |host: &dyn Host| {
        let usb = host.devices().usb_devices();
        let files = host.files();
        let image = files.read_at("/srv/images/a.raw", 0, 4);
        let missing = (files.stat("/srv/images/secret.raw"), files.list("/etc/qemu/firmware"));
        let network = host.networks().network("pool");
        let volumes = ["a.raw", "b.raw", "c.raw"].map(|name| host.storage().storage_volume("images", name));
        let pools = ["images", "tapes", "other"].map(|name| host.storage().storage_pool(name));
        let pci =
            [1, 2, 3].map(|bus| host.devices().pci_device(&PciAddress { bus, ..PciAddress::default() }));
        format!("{usb:?} {image:?} {missing:?} {network:?} {volumes:?} {pools:?} {pci:?}")
    };
    let first = ask(&recorder);
    let kept = recorder.finish();
    assert_eq!(ask(&DescribedHost::new(kept, Box::new(Seeded::new(1))).unwrap()), first);
}

#[test]
fn what_is_no_description_is_refused() {
    let check = |text: &str, expected: Expect| {
        let host =
            Description::parse(text).and_then(|told| DescribedHost::new(told, Box::new(Seeded::new(1))));
        expected.assert_eq(&host.map(|_| ()).unwrap_err().to_string());
    };
    check("{", expect!["line 1, column 1: EOF while parsing an object"]);
    check(
        "{\"version\": 2, \"arch\": \"x86_64\"}",
        expect![[r#""version" is 2, this program reads version 1"#]],
    );
    check("{\"version\": 1}", expect!["line 1, column 14: missing field 'arch'"]);
    check("{\"version\": 1, \"arch\": \"x86\"}", expect!["line 1, column 29: 'x86' is no architecture"]);
    check(
        "{\"version\": 1,\n \"arch\": \"x86_64\", \"name\": 1}",
        expect![
            "line 2, column 25: unknown field 'name', expected one of 'version', 'arch', 'settings', 'machine', 'files', 'cpu', 'numa', 'devices', 'storage', 'networks', 'secrets', 'services'"
        ],
    );
    check(
        "{\"version\": 1, \"arch\": \"x86_64\", \"machine\": {\n\"page\": 1}}",
        expect![
            "line 2, column 6: unknown field 'page', expected one of 'now', 'utc_offset', 'page_size', 'fips', 'env', 'unset_env', 'free_ports', 'emulators'"
        ],
    );
    check(
        "{\"version\": 1, \"arch\": \"x86_64\", \"files\": {\"/a\": {\"bytes\": {\"0\": \"?\"}}}}",
        expect!["line 1, column 69: no base64: Invalid symbol 63, offset 0."],
    );
    check(
        "{\"version\": 1, \"arch\": \"x86_64\", \"networks\": {\"a\": {\"xml\": \"<pool/>\"}}}",
        expect!["networks.a.xml: XML error: the definition of a network has the root `<network>`"],
    );
    check(
        "{\"version\": 1, \"arch\": \"x86_64\", \"storage\": {\"a\": {\"xml\": \"<pool\"}}}",
        expect!["storage.a.xml: XML error: there is no element in the text"],
    );
    check(
        "{\"version\": 1, \"arch\": \"x86_64\", \"cpu\": {\"definitions\": {}}}",
        expect!["cpu.definitions: index.xml:1:1: the file is missing"],
    );
}
