//! The processes that QEMU connects to.

use std::fs;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use command_fds::{CommandFdExt as _, FdMapping};
use rustix::process::geteuid;
use virtargv_qemu_cmd::{Helper, Passt, Swtpm, VirtiofsdHelper};

use crate::child::{PAUSE, Process};
use crate::created::Created;
use crate::error::Error;
use crate::settings::Settings;
use crate::{program, tap};

/// The number of the descriptor that a helper gets.
const FD: i32 = 3;

/// The path of the helper's program; `None` if it is not installed.
pub(crate) fn program(helper: &Helper) -> Option<PathBuf> {
    match helper {
        Helper::Swtpm(_) => program::find("swtpm"),
        Helper::Virtiofsd(VirtiofsdHelper { program: Some(path), .. }) => {
            Some(PathBuf::from(path)).filter(|path| program::is_program(path))
        }
        Helper::Virtiofsd(_) => program::virtiofsd(),
        Helper::Passt(_) => program::find("passt"),
        _ => None,
    }
}

/// Starts the helper, and waits until its socket at `path` is there.
pub(crate) fn start(
    helper: &Helper,
    path: &str,
    settings: &Settings,
    created: &mut Created,
) -> Result<Process, Error> {
    let program = program(helper).unwrap_or_default();
    let path = Path::new(path);
    created.parents(path)?;
    remove_stale(path)?;
    created.file(path);
    let mut command = command(&program);
    match helper {
        Helper::Swtpm(tpm) => swtpm(&mut command, tpm, path, created)?,
        Helper::Virtiofsd(fs) => virtiofsd(&mut command, fs, path)?,
        Helper::Passt(passt) => self::passt(&mut command, passt, path),
        // `check` has refused what is not known here.
        _ => {}
    }
    let mut process = Process::start(command, &settings.message)?;
    let until = Instant::now() + settings.start_limit;
    while !path.exists() {
        if let Some(status) = process.ended() {
            let program = process.program().to_owned();
            return Err(Error::Helper { program, status, message: process.errors() });
        }
        if settings.interrupted() {
            return Err(Error::Interrupted);
        }
        if Instant::now() > until {
            let what = format!("the socket of `{}`", process.program());
            return Err(Error::TooSlow { what, limit: settings.start_limit, message: String::new() });
        }
        std::thread::sleep(PAUSE);
    }
    Ok(process)
}

/// The program with an environment of its own.
fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("LC_ALL", "C").env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    for name in ["HOME", "XDG_CONFIG_HOME"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.current_dir("/").stdout(Stdio::null());
    command
}

/// Removes a socket that a process left behind.
pub(crate) fn remove_stale(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::FileTypeExt as _;
    let is_socket = fs::symlink_metadata(path).is_ok_and(|meta| meta.file_type().is_socket());
    if is_socket {
        fs::remove_file(path).map_err(Error::open(format!("remove the socket `{}`", path.display())))?;
    }
    Ok(())
}

fn swtpm(command: &mut Command, tpm: &Swtpm, socket: &Path, created: &mut Created) -> Result<(), Error> {
    let state = Path::new(&tpm.state);
    let (directory, kind) =
        if tpm.file { (state.parent().unwrap_or(state), "backend-uri=file://") } else { (state, "dir=") };
    let fresh = if tpm.file { !state.exists() } else { is_empty(state) };
    created.parents(directory)?;
    if !directory.exists() {
        fs::create_dir(directory).map_err(Error::open(format!("create `{}`", directory.display())))?;
        if !tpm.keep {
            created.whole(directory);
        }
    }
    if fresh {
        set_up_swtpm(tpm)?;
    }
    command.arg("socket");
    command.args(["--ctrl", &format!("type=unixio,path={},mode=0600", socket.display())]);
    command.args(["--tpmstate", &format!("{kind}{},mode=0600", tpm.state)]);
    if let Some(level) = tpm.debug {
        command.args(["--log", &format!("fd=2,level={level}")]);
    }
    // It ends when QEMU closes the connection.
    command.arg("--terminate");
    if tpm.tpm2 {
        command.arg("--tpm2");
    }
    if let Some(passphrase) = passphrase(tpm)? {
        command.args(["--key", &format!("pwdfd={FD},mode=aes-256-cbc,kdf=pbkdf2,remove=false")]);
        pass(command, passphrase)?;
    }
    Ok(())
}

fn is_empty(directory: &Path) -> bool {
    fs::read_dir(directory).map_or(true, |mut entries| entries.next().is_none())
}

/// Makes the state of a new TPM.
fn set_up_swtpm(tpm: &Swtpm) -> Result<(), Error> {
    let setup = program::find("swtpm_setup").unwrap_or_else(|| "/usr/bin/swtpm_setup".into());
    let mut command = command(&setup);
    if tpm.tpm2 {
        command.arg("--tpm2");
    }
    let state = if tpm.file { format!("file://{}", tpm.state) } else { tpm.state.clone() };
    command.args(["--tpm-state", &state, "--vmid", &tpm.vmid, "--createek"]);
    command.args(["--lock-nvram", "--not-overwrite"]);
    if let Some(banks) = &tpm.pcr_banks {
        command.args(["--pcr-banks", banks]);
    }
    if let Some(profile) = &tpm.profile {
        command.args(["--profile-name", profile]);
    }
    if let Some(passphrase) = passphrase(tpm)? {
        command.args(["--pwdfile-fd", &FD.to_string(), "--cipher", "aes-256-cbc"]);
        pass(&mut command, passphrase)?;
    }
    tap::run(command)
}

/// The reading end of a pipe with the passphrase.
fn passphrase(tpm: &Swtpm) -> Result<Option<OwnedFd>, Error> {
    let Some(passphrase) = &tpm.passphrase else { return Ok(None) };
    let failed = || Error::open("hand the passphrase to swtpm");
    let (reader, mut writer) = std::io::pipe().map_err(failed())?;
    // A pipe holds at least a page without a reader.
    writer.write_all(passphrase.0.get(..4096).unwrap_or(&passphrase.0)).map_err(failed())?;
    Ok(Some(reader.into()))
}

/// Lets the command inherit the descriptor as number [`FD`].
fn pass(command: &mut Command, fd: OwnedFd) -> Result<(), Error> {
    let mapping = FdMapping { parent_fd: fd, child_fd: FD };
    let collision = |why| Error::open("pass a descriptor")(std::io::Error::other(why));
    command.fd_mappings(vec![mapping]).map_err(collision)?;
    Ok(())
}

fn virtiofsd(command: &mut Command, fs: &VirtiofsdHelper, socket: &Path) -> Result<(), Error> {
    let listener =
        UnixListener::bind(socket).map_err(Error::open(format!("listen at `{}`", socket.display())))?;
    command.arg(format!("--fd={FD}"));
    let mut options = format!("source={}", fs.directory.replace(',', "\\,"));
    for option in &fs.options {
        options.push(',');
        options.push_str(option);
    }
    command.args(["-o", &options]).args(&fs.words);
    pass(command, listener.into())
}

fn passt(command: &mut Command, passt: &Passt, socket: &Path) {
    command.args(["--foreground", "--one-off", "--quiet"]).arg("--socket").arg(socket);
    if geteuid().is_root() {
        // It would become the user `nobody`, who cannot make the socket. It runs as the user of QEMU.
        command.args(["--runas", "0:0"]);
    }
    if passt.vhost_user {
        command.arg("--vhost-user");
    }
    command.args(&passt.words);
}
