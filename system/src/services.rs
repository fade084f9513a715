//! Helper programs.

use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::{OFlags, fcntl_setfl};
use virtargv_host::{Answer, HostError, Services};

use crate::SystemHost;

/// The directories in which distributions install the plugins of nbdkit.
const PLUGIN_DIRS: &[&str] =
    &["/usr/lib/nbdkit/plugins", "/usr/lib64/nbdkit/plugins", "/usr/lib/x86_64-linux-gnu/nbdkit/plugins"];

/// Where libvirt looks for slirp-helper.
const SLIRP_HELPER: &str = "/usr/bin/slirp-helper";

/// How long swtpm has to say what it can do.
const SWTPM_TIME: Duration = Duration::from_secs(2);

/// The most that is read of what swtpm says, in bytes.
const SWTPM_LIMIT: u64 = 64 << 10;

impl Services for SystemHost {
    /// What swtpm says of itself. Without swtpm the answer is not known: a document can be checked on a machine without it.
    fn emulates_tpm(&self, version: &str) -> Answer<bool> {
        let unknown = HostError::Unknown("which TPMs swtpm emulates");
        let said = self.swtpm.get_or_init(|| swtpm_capabilities(&self.program("swtpm")?));
        let said = said.as_deref().ok_or(unknown.clone())?;
        // An early swtpm does not tell its versions.
        if !said.contains("\"tpm-1.2\"") && !said.contains("\"tpm-2.0\"") {
            return Err(unknown);
        }
        Ok(said.contains(&format!("\"tpm-{version}\"")))
    }

    fn nbdkit_plugin(&self, name: &str) -> Answer<bool> {
        // The name of a plugin comes from the project's tables, never from a document.
        let installed = |dir: &&str| self.root.exists(format!("{dir}/nbdkit-{name}-plugin.so"));
        Ok(self.program("nbdkit").is_some() && PLUGIN_DIRS.iter().any(installed))
    }

    fn slirp_helper(&self) -> Answer<bool> {
        Ok(self.root.exists(SLIRP_HELPER))
    }

    fn qemu_rdp(&self) -> Answer<bool> {
        Ok(self.program("qemu-rdp").is_some())
    }
}

impl SystemHost {
    /// The program of this name in `PATH`.
    pub(crate) fn program(&self, name: &str) -> Option<PathBuf> {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|dir| self.root.path(dir.join(name))).find(|path| path.is_file())
    }
}

/// What `swtpm socket --print-capabilities` prints; `None` if it fails, or takes longer than [`SWTPM_TIME`].
fn swtpm_capabilities(program: &Path) -> Option<String> {
    let mut command = Command::new(program);
    command.args(["socket", "--print-capabilities"]).stdin(Stdio::null()).stderr(Stdio::null());
    let mut child = command.stdout(Stdio::piped()).spawn().ok()?;
    let began = Instant::now();
    // What it says fits into the pipe, so that it does not wait for a reader.
    let status = loop {
        match child.try_wait() {
            Ok(None) if began.elapsed() < SWTPM_TIME => sleep(Duration::from_millis(2)),
            Ok(Some(status)) => break status,
            _ => {
                // It is waited for so that it does not stay behind as a zombie.
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    };
    // A process of its own that swtpm left behind can keep the pipe open, so that there is no end to wait for.
    let stdout = child.stdout.take()?;
    fcntl_setfl(&stdout, OFlags::NONBLOCK).ok()?;
    let mut said = Vec::new();
    match stdout.take(SWTPM_LIMIT).read_to_end(&mut said) {
        Err(error) if error.kind() != ErrorKind::WouldBlock => return None,
        _ => {}
    }
    status.success().then(|| String::from_utf8_lossy(&said).into_owned())
}
