//! The answers of a host that implements no subject, and of an override.

use virtargv_host::{
    Accel, Answer, Arch, DriverConfig, FixedHost, Host, HostError, Machine, NotKnown, Override, PortPurpose,
    SecretKey, SecretUse, Secrets,
};
use virtargv_model::device::net::NetworkSource;
use virtargv_model::info::PciAddress;

/// Answers no question of any subject.
#[derive(Default)]
struct Told(DriverConfig);

impl Host for Told {
    fn config(&self) -> &DriverConfig {
        &self.0
    }

    fn arch(&self) -> Arch {
        Arch::S390x
    }

    fn random(&self, buffer: &mut [u8]) {
        buffer.fill(1);
    }
}

/// Every question of every subject to `host`, with what it is answered; values are not shown.
fn answers(host: &dyn Host) -> Vec<(&'static str, Option<HostError>)> {
    let (machine, files, numa, devices) = (host.machine(), host.files(), host.numa(), host.devices());
    let (storage, networks, services) = (host.storage(), host.networks(), host.services());
    vec![
        ("now", machine.now().err()),
        ("utc_offset", machine.utc_offset().err()),
        ("page_size", machine.page_size().err()),
        ("fips", machine.fips().err()),
        ("env", machine.env("PATH").err()),
        ("port_is_free", machine.port_is_free(5900, PortPurpose::Vnc).err()),
        ("emulator", machine.emulator(Arch::X86_64).err()),
        ("read_text", files.read_text("/etc/hosts").err()),
        ("list", files.list("/etc").err()),
        ("stat", files.stat("/etc").err()),
        ("read_at", files.read_at("/etc/hosts", 0, 1).err()),
        ("real_path", files.real_path("/f").err()),
        ("is_cdrom", files.is_cdrom("/dev/sr0").err()),
        ("processor", host.cpu().processor().err()),
        ("tsc", host.cpu().tsc().err()),
        ("cpu_map", host.cpu().cpu_map().err()),
        ("numa_nodes", numa.numa_nodes().err()),
        ("numa_advice", numa.numa_advice().err()),
        ("numa_node_of_cpu", numa.numa_node_of_cpu(0).err()),
        ("pci_device", devices.pci_device(&PciAddress::default()).err()),
        ("usb_devices", devices.usb_devices().err()),
        ("scsi_generic", devices.scsi_generic("scsi_host0", 0, 0, 0).err()),
        ("render_node", devices.render_node().err()),
        ("vhost_net", devices.vhost_net(Accel::Kvm).err()),
        ("vhost_vsock", devices.vhost_vsock().err()),
        ("vfio", devices.vfio().err()),
        ("vhost_scsi", devices.vhost_scsi().err()),
        ("free_vsock_cid", devices.free_vsock_cid().err()),
        ("storage_pool", storage.storage_pool("guests").err()),
        ("storage_volume", storage.storage_volume("guests", "disk").err()),
        ("network", networks.network("default").err()),
        ("network_port", networks.network_port(&NetworkSource::default()).err()),
        ("secret", host.secrets().secret(SecretUse::Tls, SecretKey::Usage("disks")).err()),
        ("emulates_tpm", services.emulates_tpm("2.0").err()),
        ("tpm_emulator_socket", services.tpm_emulator_socket("-1-demo").err()),
        ("nbdkit_plugin", services.nbdkit_plugin("curl").err()),
        ("slirp_helper", services.slirp_helper().err()),
    ]
}

#[test]
fn every_answer_is_not_known_by_default() {
    let host = Told::default();
    for (question, error) in answers(&host) {
        assert!(error.is_some_and(|error| error.is_unknown()), "{question}");
    }
}

#[test]
fn what_is_not_known_over_is_asked_below() {
    let (known, told) = (FixedHost::default(), Told::default());
    let over = Override::new(&known)
        .with_machine(&NotKnown)
        .with_files(&NotKnown)
        .with_cpu(&NotKnown)
        .with_numa(&NotKnown)
        .with_devices(&NotKnown)
        .with_storage(&NotKnown)
        .with_networks(&NotKnown)
        .with_secrets(&NotKnown)
        .with_services(&NotKnown);
    assert_eq!(answers(&over), answers(&known));
    let over = Override::new(&told)
        .with_machine(&known)
        .with_files(&known)
        .with_cpu(&known)
        .with_numa(&known)
        .with_devices(&known)
        .with_storage(&known)
        .with_networks(&known)
        .with_secrets(&known)
        .with_services(&known);
    assert_eq!(answers(&over), answers(&known));
}

/// Knows the time and one secret, and that another is not there.
struct TimeAndSecrets;

impl Machine for TimeAndSecrets {
    fn now(&self) -> Answer<i64> {
        Ok(5)
    }
}

impl Secrets for TimeAndSecrets {
    fn secret(&self, _: SecretUse, key: SecretKey<'_>) -> Answer<Vec<u8>> {
        match key {
            SecretKey::Usage("mine") => Ok(vec![1]),
            SecretKey::Usage("gone") => Err(HostError::not_found("secret", "gone")),
            _ => Err(HostError::Unknown("other secrets")),
        }
    }
}

#[test]
fn single_answers_are_replaced() {
    let below = FixedHost {
        secret: virtargv_host::SecretLookup::new(|_, _| Some(vec![2])),
        page_size: 65536,
        ..FixedHost::default()
    };
    let config = DriverConfig { privileged: false, ..DriverConfig::default() };
    let host = Override::new(&below)
        .with_machine(&TimeAndSecrets)
        .with_secrets(&TimeAndSecrets)
        .with_config(&config)
        .with_arch(Arch::Ppc64);
    assert_eq!((host.machine().now(), host.machine().page_size()), (Ok(5), Ok(65536)));
    assert!(!host.config().privileged);
    assert_eq!(host.arch(), Arch::Ppc64);
    for (name, value) in
        [("mine", Ok(vec![1])), ("gone", Err(HostError::not_found("secret", "gone"))), ("other", Ok(vec![2]))]
    {
        assert_eq!(host.secrets().secret(SecretUse::Tls, SecretKey::Usage(name)), value, "{name}");
    }
    // An override can be overridden.
    let again = Override::new(&host).with_arch(Arch::S390x);
    assert_eq!((again.arch(), again.machine().now()), (Arch::S390x, Ok(5)));
}
