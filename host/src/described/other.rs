//! `machine`, `cpu`, `numa` and `services`.

use virtargv_caps::{Arch, CpuMap};

use super::DescribedHost;
use crate::{Answer, Cpu, HostError, Machine, Numa, PortPurpose, Processor, Services, SevGuests, Tsc};

impl Machine for DescribedHost {
    fn now(&self) -> Answer<i64> {
        self.told.machine.now.ok_or(HostError::Unknown("the time"))
    }

    fn utc_offset(&self) -> Answer<i64> {
        self.told.machine.utc_offset.ok_or(HostError::Unknown("the time zone"))
    }

    fn page_size(&self) -> Answer<u64> {
        self.told.machine.page_size.ok_or(HostError::Unknown("the size of a memory page"))
    }

    fn fips(&self) -> Answer<bool> {
        self.told.machine.fips.ok_or(HostError::Unknown("whether its kernel is in FIPS mode"))
    }

    fn env(&self, name: &str) -> Answer<Option<String>> {
        let machine = &self.told.machine;
        match machine.env.get(name) {
            Some(value) => Ok(Some(value.clone())),
            None if machine.unset_env.contains(name) => Ok(None),
            None => Err(HostError::Unknown("the driver's environment")),
        }
    }

    /// A port is free for every purpose or for none.
    fn port_is_free(&self, port: u16, _: PortPurpose) -> Answer<bool> {
        self.told.machine.free_ports.get(&port).copied().ok_or(HostError::Unknown("which TCP ports are free"))
    }

    fn emulator(&self, arch: Arch) -> Answer<String> {
        let known = self.told.machine.emulators.get(arch.name());
        known.cloned().ok_or(HostError::Unknown("where its QEMU binaries are"))
    }
}

impl Cpu for DescribedHost {
    fn processor(&self) -> Answer<&Processor> {
        self.told.cpu.processor.as_ref().ok_or(HostError::Unknown("its CPU"))
    }

    fn tsc(&self) -> Answer<Tsc> {
        self.told.cpu.tsc.ok_or(HostError::Unknown("the frequency of its TSC"))
    }

    fn cpu_map(&self) -> Answer<&CpuMap> {
        self.cpu_map.as_ref().ok_or(HostError::Unknown("the definitions of CPU models"))
    }

    fn phys_addr_bits(&self) -> Answer<u32> {
        self.told.cpu.phys_addr_bits.ok_or(HostError::Unknown("how many bits its physical addresses have"))
    }

    fn kvm_max_vcpus(&self) -> Answer<u32> {
        self.told.cpu.kvm_max_vcpus.ok_or(HostError::Unknown("how many vCPUs its KVM gives a guest"))
    }

    fn sev_guests(&self) -> Answer<SevGuests> {
        self.told.cpu.sev_guests.ok_or(HostError::Unknown("how many guests AMD SEV protects"))
    }
}

impl Numa for DescribedHost {
    fn numa_nodes(&self) -> Answer<Vec<u32>> {
        self.told.numa.nodes.clone().ok_or(HostError::Unknown("its NUMA nodes"))
    }

    fn numa_advice(&self) -> Answer<Vec<u32>> {
        let advice = self.told.numa.advice.clone();
        advice.ok_or(HostError::Unknown("which NUMA nodes automatic placement advises"))
    }

    fn numa_node_of_cpu(&self, cpu: u32) -> Answer<u32> {
        let node = self.told.numa.node_of_cpu.get(&cpu).copied();
        node.ok_or(HostError::Unknown("the NUMA nodes of its CPUs"))
    }
}

impl Services for DescribedHost {
    fn emulates_tpm(&self, version: &str) -> Answer<bool> {
        let known = self.told.services.tpm_versions.get(version).copied();
        known.ok_or(HostError::Unknown("which TPMs swtpm emulates"))
    }

    fn tpm_emulator_socket(&self, domain: &str) -> Answer<String> {
        let known = self.told.services.tpm_sockets.get(domain).cloned();
        known.ok_or(HostError::Unknown("where swtpm listens"))
    }

    fn nbdkit_plugin(&self, name: &str) -> Answer<bool> {
        let known = self.told.services.nbdkit_plugins.get(name).copied();
        known.ok_or(HostError::Unknown("the plugins of nbdkit"))
    }

    fn slirp_helper(&self) -> Answer<bool> {
        self.told.services.slirp_helper.ok_or(HostError::Unknown("whether slirp-helper is installed"))
    }

    fn qemu_rdp(&self) -> Answer<bool> {
        self.told.services.qemu_rdp.ok_or(HostError::Unknown("whether qemu-rdp is installed"))
    }
}
