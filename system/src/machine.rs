//! The machine and the environment of the process.

use virtargv_host::{Answer, Arch, HostError, Machine, PortPurpose};

use crate::SystemHost;

impl Machine for SystemHost {
    fn now(&self) -> Answer<i64> {
        Ok(self.now)
    }

    fn utc_offset(&self) -> Answer<i64> {
        Ok(self.utc_offset)
    }

    fn page_size(&self) -> Answer<u64> {
        u64::try_from(rustix::param::page_size()).map_err(|_| HostError::Unknown("the size of a memory page"))
    }

    fn fips(&self) -> Answer<bool> {
        Ok(self.root.word("/proc/sys/crypto/fips_enabled").is_some_and(|word| word == "1"))
    }

    fn env(&self, name: &str) -> Answer<Option<String>> {
        match std::env::var(name) {
            Ok(value) => Ok(Some(value)),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(error) => Err(HostError::failed("environment variable", name, error)),
        }
    }

    /// The kernel's lists of sockets tell which ports somebody listens on.
    fn port_is_free(&self, port: u16, _: PortPurpose) -> Answer<bool> {
        let mut listening = Vec::new();
        for list in ["/proc/net/tcp", "/proc/net/tcp6"] {
            match self.root.text("file", list, list) {
                // A kernel without IPv6 has one list.
                Err(HostError::NotFound { .. }) => {}
                text => listening.extend(text?.lines().filter_map(listening_port)),
            }
        }
        Ok(!listening.contains(&port))
    }

    /// The binary in `PATH`, or else the path where distributions install it, because a document can be checked on a
    /// machine without that QEMU.
    fn emulator(&self, arch: Arch) -> Answer<String> {
        let name = format!("qemu-system-{}", arch.qemu_name());
        let path = std::env::var_os("PATH");
        let dirs = path.iter().flat_map(std::env::split_paths);
        let found = dirs.map(|dir| dir.join(&name)).find(|path| self.root.path(path).is_file());
        let found = found.and_then(|path| path.to_str().map(str::to_owned));
        Ok(found.unwrap_or_else(|| format!("/usr/bin/{name}")))
    }
}

/// The port of a listening socket in a line of `/proc/net/tcp`; `None` for another line.
fn listening_port(line: &str) -> Option<u16> {
    const LISTEN: &str = "0A";
    let mut fields = line.split_ascii_whitespace().skip(1);
    let (local, state) = (fields.next()?, fields.nth(1)?);
    let (_, port) = local.rsplit_once(':').filter(|_| state == LISTEN)?;
    u16::from_str_radix(port, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::listening_port;

    #[test]
    fn listening_ports_are_read() {
        let check = |line: &str, port| assert_eq!(listening_port(line), port, "{line}");
        check("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid", None);
        check(
            "   0: 0100007F:170C 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0",
            Some(5900),
        );
        check("   1: 0100007F:170C 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0", None);
        check(
            "   0: 00000000000000000000000000000000:1A0A 00000000000000000000000000000000:0000 0A 0",
            Some(6666),
        );
        check("", None);
    }
}
