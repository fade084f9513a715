//! A host whose answers are kept.

use std::cell::RefCell;

use virtargv_caps::{Accel, Arch, CpuMap};
use virtargv_model::device::net::{Actual, NetworkSource};
use virtargv_model::info::PciAddress;
use virtargv_model::network::Network;
use virtargv_model::network_port;
use virtargv_model::pool::StoragePool;

use crate::described::{Failure, File, Net, Pci, Pool, Secret, StoredVolume, Unit, scsi_key};
use crate::{
    Answer, Cpu, Description, Descriptors, Devices, DriverConfig, FileStat, Files, Host, HostError, Machine,
    Networks, Numa, PciDevice, PortPurpose, Processor, SecretKey, SecretUse, Secrets, Services, SevGuests,
    Storage, Tsc, UsbDevice, Volume,
};

/// Another host, whose every answer is kept, errors included. What the stages ask it while they turn documents into command
/// lines is what a [`DescribedHost`](crate::DescribedHost) has to answer to make the same command lines.
///
/// ```
/// use virtargv_host::{DescribedHost, FixedHost, Host, Recorder, Seeded};
///
/// let machine = FixedHost { page_size: 65536, ..FixedHost::default() };
/// let recorder = Recorder::new(&machine);
/// assert_eq!(recorder.machine().page_size(), Ok(65536));
/// let host = DescribedHost::new(recorder.finish(), Box::new(Seeded::new(1)))?;
/// assert_eq!(host.machine().page_size(), Ok(65536));
/// // Nobody has asked for the time.
/// assert!(host.machine().now().is_err());
/// # Ok::<(), virtargv_host::DescriptionError>(())
/// ```
pub struct Recorder<'h> {
    under: &'h dyn Host,
    kept: RefCell<Description>,
    wants_cpu_map: std::cell::Cell<bool>,
}

impl<'h> Recorder<'h> {
    /// Keeps the answers of `under`.
    pub fn new(under: &'h dyn Host) -> Self {
        let kept = Description::new(under.arch(), under.config().clone());
        Self { under, kept: RefCell::new(kept), wants_cpu_map: false.into() }
    }

    /// Keeps the answers of `under` in addition to those that `kept` has.
    pub fn resume(under: &'h dyn Host, kept: Description) -> Self {
        Self { under, kept: RefCell::new(kept), wants_cpu_map: false.into() }
    }

    /// Whether the CPU definitions were asked for. Their text is not kept, because a host answers without it: see
    /// [`Description::define_cpus`].
    pub fn wants_cpu_map(&self) -> bool {
        self.wants_cpu_map.get()
    }

    /// What was answered. The values of secrets are included, see [`Description::drop_secrets`].
    pub fn finish(self) -> Description {
        self.kept.into_inner()
    }

    /// Keeps the value of an answer.
    fn keep<T>(&self, answer: Answer<T>, keep: impl FnOnce(&mut Description, &T)) -> Answer<T> {
        if let Ok(value) = &answer {
            keep(&mut self.kept.borrow_mut(), value);
        }
        answer
    }

    /// Keeps what a file is or has, or why it could not be looked at.
    fn keep_file<T>(&self, path: &str, answer: Answer<T>, keep: impl FnOnce(&mut File, &T)) -> Answer<T> {
        let mut kept = self.kept.borrow_mut();
        match &answer {
            Ok(value) => keep(kept.files.entry(path.to_owned()).or_default(), value),
            Err(error) => {
                if let Some(failure) = Failure::of(error) {
                    kept.fail_file(path, failure);
                }
            }
        }
        answer
    }

    /// Keeps an answer in the entry `key` of a map: with `value` what there is, with `fail` why there is nothing. Nothing
    /// is kept where the host does not know.
    fn keep_entry<T, E: Default>(
        &self,
        answer: Answer<T>,
        entry: impl FnOnce(&mut Description) -> &mut E,
        value: impl FnOnce(&mut E, &T),
        fail: impl FnOnce(&mut E, Failure),
    ) -> Answer<T> {
        let mut kept = self.kept.borrow_mut();
        match &answer {
            Ok(found) => value(entry(&mut kept), found),
            Err(error) => {
                if let Some(failure) = Failure::of(error) {
                    fail(entry(&mut kept), failure);
                }
            }
        }
        answer
    }
}

impl Host for Recorder<'_> {
    fn config(&self) -> &DriverConfig {
        self.under.config()
    }

    fn arch(&self) -> Arch {
        self.under.arch()
    }

    fn random(&self, buffer: &mut [u8]) {
        self.under.random(buffer);
    }

    crate::answers_itself!();

    #[expect(clippy::disallowed_methods, reason = "the same question, passed on")]
    fn descriptors(&self) -> &dyn Descriptors {
        self.under.descriptors()
    }
}

impl Machine for Recorder<'_> {
    fn now(&self) -> Answer<i64> {
        self.keep(self.under.machine().now(), |kept, now| kept.machine.now = Some(*now))
    }

    fn utc_offset(&self) -> Answer<i64> {
        self.keep(self.under.machine().utc_offset(), |kept, offset| kept.machine.utc_offset = Some(*offset))
    }

    fn page_size(&self) -> Answer<u64> {
        self.keep(self.under.machine().page_size(), |kept, size| kept.machine.page_size = Some(*size))
    }

    fn fips(&self) -> Answer<bool> {
        self.keep(self.under.machine().fips(), |kept, fips| kept.machine.fips = Some(*fips))
    }

    fn env(&self, name: &str) -> Answer<Option<String>> {
        self.keep(self.under.machine().env(name), |kept, value| match value {
            Some(value) => _ = kept.machine.env.insert(name.to_owned(), value.clone()),
            None => _ = kept.machine.unset_env.insert(name.to_owned()),
        })
    }

    fn port_is_free(&self, port: u16, purpose: PortPurpose) -> Answer<bool> {
        self.keep(self.under.machine().port_is_free(port, purpose), |kept, free| {
            kept.machine.free_ports.insert(port, *free);
        })
    }

    fn emulator(&self, arch: Arch) -> Answer<String> {
        self.keep(self.under.machine().emulator(arch), |kept, path| {
            kept.machine.emulators.insert(arch.name().to_owned(), path.clone());
        })
    }
}

impl Files for Recorder<'_> {
    fn read_text(&self, path: &str) -> Answer<String> {
        let answer = self.under.files().read_text(path);
        self.keep_file(path, answer, |file, text| file.text = Some(text.clone()))
    }

    fn list(&self, path: &str) -> Answer<Vec<String>> {
        let answer = self.under.files().list(path);
        self.keep_file(path, answer, |file, names| file.names = Some(names.clone()))
    }

    fn stat(&self, path: &str) -> Answer<FileStat> {
        let answer = self.under.files().stat(path);
        self.keep_file(path, answer, |file, stat| {
            (file.kind, file.size) = (Some(stat.kind), Some(stat.size));
        })
    }

    fn read_at(&self, path: &str, offset: u64, length: usize) -> Answer<Vec<u8>> {
        let answer = self.under.files().read_at(path, offset, length);
        self.keep_file(path, answer, |file, bytes| file.add(offset, length, bytes))
    }

    fn real_path(&self, path: &str) -> Answer<String> {
        let answer = self.under.files().real_path(path);
        self.keep_file(path, answer, |file, real| file.real = Some(real.clone()))
    }

    fn is_cdrom(&self, path: &str) -> Answer<bool> {
        let answer = self.under.files().is_cdrom(path);
        self.keep_file(path, answer, |file, cdrom| file.cdrom = Some(*cdrom))
    }
}

impl Cpu for Recorder<'_> {
    fn tsc(&self) -> Answer<Tsc> {
        self.keep(self.under.cpu().tsc(), |kept, tsc| kept.cpu.tsc = Some(*tsc))
    }

    fn processor(&self) -> Answer<&Processor> {
        self.keep(self.under.cpu().processor(), |kept, cpu| kept.cpu.processor = Some((*cpu).clone()))
    }

    fn phys_addr_bits(&self) -> Answer<u32> {
        self.keep(self.under.cpu().phys_addr_bits(), |kept, bits| kept.cpu.phys_addr_bits = Some(*bits))
    }

    fn kvm_max_vcpus(&self) -> Answer<u32> {
        self.keep(self.under.cpu().kvm_max_vcpus(), |kept, most| kept.cpu.kvm_max_vcpus = Some(*most))
    }

    fn sev_guests(&self) -> Answer<SevGuests> {
        self.keep(self.under.cpu().sev_guests(), |kept, most| kept.cpu.sev_guests = Some(*most))
    }

    fn cpu_map(&self) -> Answer<&CpuMap> {
        self.wants_cpu_map.set(true);
        self.under.cpu().cpu_map()
    }
}

impl Numa for Recorder<'_> {
    fn numa_nodes(&self) -> Answer<Vec<u32>> {
        self.keep(self.under.numa().numa_nodes(), |kept, nodes| kept.numa.nodes = Some(nodes.clone()))
    }

    fn numa_advice(&self) -> Answer<Vec<u32>> {
        self.keep(self.under.numa().numa_advice(), |kept, nodes| kept.numa.advice = Some(nodes.clone()))
    }

    fn numa_node_of_cpu(&self, cpu: u32) -> Answer<u32> {
        self.keep(self.under.numa().numa_node_of_cpu(cpu), |kept, node| {
            kept.numa.node_of_cpu.insert(cpu, *node);
        })
    }
}

impl Devices for Recorder<'_> {
    fn pci_device(&self, address: &PciAddress) -> Answer<PciDevice> {
        self.keep_entry(
            self.under.devices().pci_device(address),
            |kept| kept.devices.pci.entry(address.to_string()).or_default(),
            |entry: &mut Pci, device| {
                (entry.express, entry.iommu_group) = (Some(device.express), device.iommu_group);
            },
            |entry, failure| entry.error = Some(failure),
        )
    }

    fn usb_devices(&self) -> Answer<Vec<UsbDevice>> {
        let answer = self.under.devices().usb_devices();
        let mut kept = self.kept.borrow_mut();
        match &answer {
            Ok(devices) => kept.devices.usb = Some(devices.clone()),
            Err(error) => kept.devices.usb_error = Failure::of(error),
        }
        answer
    }

    fn scsi_generic(&self, adapter: &str, bus: u32, target: u32, unit: u64) -> Answer<String> {
        let answer = self.under.devices().scsi_generic(adapter, bus, target, unit);
        if let Some(found) = Unit::of(&answer) {
            let key = scsi_key(adapter, bus, target, unit);
            self.kept.borrow_mut().devices.scsi.insert(key, found);
        }
        answer
    }

    fn render_node(&self) -> Answer<String> {
        let answer = self.under.devices().render_node();
        if let Some(node) = Unit::of(&answer) {
            self.kept.borrow_mut().devices.render_node = Some(node);
        }
        answer
    }

    fn vhost_net(&self, accel: Accel) -> Answer<bool> {
        self.keep(self.under.devices().vhost_net(accel), |kept, there| {
            kept.devices.vhost_net.insert(accel.to_string(), *there);
        })
    }

    fn vhost_vsock(&self) -> Answer<bool> {
        self.keep(self.under.devices().vhost_vsock(), |kept, there| kept.devices.vhost_vsock = Some(*there))
    }

    fn vfio(&self) -> Answer<bool> {
        self.keep(self.under.devices().vfio(), |kept, there| kept.devices.vfio = Some(*there))
    }

    fn vhost_scsi(&self) -> Answer<bool> {
        self.keep(self.under.devices().vhost_scsi(), |kept, there| kept.devices.vhost_scsi = Some(*there))
    }

    fn free_vsock_cid(&self) -> Answer<u32> {
        self.keep(self.under.devices().free_vsock_cid(), |kept, cid| kept.devices.free_vsock_cid = Some(*cid))
    }
}

impl Storage for Recorder<'_> {
    fn storage_pool(&self, name: &str) -> Answer<StoragePool> {
        self.keep_entry(
            self.under.storage().storage_pool(name),
            |kept| kept.storage.entry(name.to_owned()).or_default(),
            |entry: &mut Pool, pool| entry.xml = Some(pool.to_xml()),
            |entry, failure| entry.error = Some(failure),
        )
    }

    fn storage_volume(&self, pool: &str, volume: &str) -> Answer<Volume> {
        self.keep_entry(
            self.under.storage().storage_volume(pool, volume),
            |kept| {
                let pool = kept.storage.entry(pool.to_owned()).or_default();
                pool.volumes.entry(volume.to_owned()).or_default()
            },
            |entry: &mut StoredVolume, volume| {
                (entry.kind, entry.path) = (Some(volume.kind), Some(volume.path.clone()));
            },
            |entry, failure| entry.error = Some(failure),
        )
    }
}

impl Networks for Recorder<'_> {
    fn network(&self, name: &str) -> Answer<Network> {
        self.keep_entry(
            self.under.networks().network(name),
            |kept| kept.networks.entry(name.to_owned()).or_default(),
            |entry: &mut Net, network| entry.xml = Some(network.to_xml()),
            |entry, failure| entry.error = Some(failure),
        )
    }

    /// A port that cannot be found is not kept: it is then made from the definition of the network, as it is where the host
    /// does not know it.
    fn network_port(&self, source: &NetworkSource) -> Answer<Actual> {
        self.keep(self.under.networks().network_port(source), |kept, actual| {
            let net = kept.networks.entry(source.network.clone()).or_default();
            let group = source.portgroup.clone().unwrap_or_default();
            net.ports.insert(group, network_port::to_xml(actual));
        })
    }
}

impl Secrets for Recorder<'_> {
    fn secret(&self, usage: SecretUse, key: SecretKey<'_>) -> Answer<Vec<u8>> {
        let answer = self.under.secrets().secret(usage, key);
        let mut secret = Secret::asked(usage, key);
        match &answer {
            Ok(value) => secret.set(value),
            Err(error) => secret.error = Failure::of(error),
        }
        let mut kept = self.kept.borrow_mut();
        if !matches!(answer, Err(HostError::Unknown(_))) && !kept.secrets.contains(&secret) {
            kept.secrets.push(secret);
        }
        answer
    }
}

impl Services for Recorder<'_> {
    fn emulates_tpm(&self, version: &str) -> Answer<bool> {
        self.keep(self.under.services().emulates_tpm(version), |kept, there| {
            kept.services.tpm_versions.insert(version.to_owned(), *there);
        })
    }

    fn tpm_emulator_socket(&self, domain: &str) -> Answer<String> {
        self.keep(self.under.services().tpm_emulator_socket(domain), |kept, path| {
            kept.services.tpm_sockets.insert(domain.to_owned(), path.clone());
        })
    }

    fn nbdkit_plugin(&self, name: &str) -> Answer<bool> {
        self.keep(self.under.services().nbdkit_plugin(name), |kept, there| {
            kept.services.nbdkit_plugins.insert(name.to_owned(), *there);
        })
    }

    fn slirp_helper(&self) -> Answer<bool> {
        self.keep(self.under.services().slirp_helper(), |kept, there| {
            kept.services.slirp_helper = Some(*there);
        })
    }

    fn qemu_rdp(&self) -> Answer<bool> {
        self.keep(self.under.services().qemu_rdp(), |kept, there| kept.services.qemu_rdp = Some(*there))
    }
}
