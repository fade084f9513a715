//! The CPU, and libvirt's definitions of CPU models.

use std::fs;

use virtargv_host::{Answer, Cpu, CpuMap, HostError};

use crate::SystemHost;

impl Cpu for SystemHost {
    fn cpu_map(&self) -> Answer<&CpuMap> {
        self.cpu_map.get_or_init(|| self.read_cpu_map()).as_ref().map_err(Clone::clone)
    }
}

impl SystemHost {
    fn read_cpu_map(&self) -> Answer<CpuMap> {
        let what = "directory of CPU model definitions";
        let dir = self.cpu_map_dir.display();
        if !self.cpu_map_dir.is_dir() {
            return Err(HostError::not_found(what, dir.to_string()));
        }
        let file = |name: &str| {
            // Files outside of the directory are not read, whatever the index contains.
            let inside = !name.contains("..") && !name.starts_with('/');
            inside.then(|| fs::read_to_string(self.cpu_map_dir.join(name)).ok()).flatten()
        };
        CpuMap::parse(file).map_err(|error| HostError::failed(what, dir.to_string(), error))
    }
}
