//! A launcher of one's own: makes the command line of a document for a directory, opens what it needs where that is simple,
//! and prints the rest and the line.
//!
//! ```console
//! $ cargo run -p virtargv-examples --bin launcher examples/server.xml /tmp/guest
//! ```
//!
//! The crate `virtargv-launch` does all of it: tap devices, helper processes, the guest's start and what follows. A launcher
//! of one's own is for those who have these already (a supervisor, a sandbox, a network of their own) and need to know which
//! descriptor QEMU expects under which number.

#![allow(clippy::disallowed_methods, reason = "the program reads and creates files")]

use std::error::Error;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::Path;

use virtargv::host::{Descriptor, DriverConfig, Override};
use virtargv::{Arch, CommandLine, Format, Host, Layout, Need, Release, Request, Source, builtin};
use virtargv_system::SystemHost;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(directory)) = (arguments.next(), arguments.next()) else {
        return Err("usage: launcher DOCUMENT DIRECTORY".into());
    };
    let text = std::fs::read_to_string(path)?;
    let line = command_line(&text, &directory, &SystemHost::new(None))?;
    let ready = Ready::of(&line);
    for (number, what) in &ready.opened {
        println!(
            "# {what} is open as {}",
            number.map_or_else(|| "-".to_owned(), |number| number.to_string())
        );
    }
    for missing in &ready.missing {
        println!("# to be done: {missing}");
    }
    // To start QEMU, each descriptor goes to the child under its number: `CommandFdExt::fd_mappings` of the crate
    // `command-fds` does it without unsafe code.
    print!("{}", line.print_with(Format::Shell, &Layout::default()));
    Ok(())
}

/// The command line of a document, all of whose sockets and state are in `directory`.
fn command_line(text: &str, directory: &str, host: &dyn Host) -> Result<CommandLine, Box<dyn Error>> {
    let arch = virtargv::arch_of(text).unwrap_or(Arch::X86_64);
    let release = Release::default();
    let name = format!("qemu-11.1-{arch}");
    let caps = builtin::get(&name, release).ok_or_else(|| format!("there is no set '{name}'"))?;
    // Networks, pools, firmware and devices are those of the machine; the directories are ours.
    let config = DriverConfig::session(directory, directory);
    let host = Override::new(host).with_config(&config);
    virtargv::command_line(text, &Request::new(&caps, &host)).map_err(|report| {
        let source = Source::new(text);
        let line = |problem: &virtargv::Problem| source.locate(&problem.place).map_or(0, |frame| frame.line);
        let lines: Vec<String> =
            report.iter().map(|problem| format!("line {}: {problem}", line(problem))).collect();
        lines.join("\n").into()
    })
}

/// What could be made ready, and what could not.
#[derive(Default)]
struct Ready {
    /// The number that a descriptor has in QEMU, and what is ready.
    opened: Vec<(Option<u32>, String)>,
    /// What is left to be done, and why.
    missing: Vec<String>,
    /// The descriptors by their number in QEMU. They are closed when this is dropped.
    descriptors: Vec<(u32, OwnedFd)>,
}

impl Ready {
    fn of(line: &CommandLine) -> Self {
        let mut ready = Self::default();
        for need in &line.needs {
            match need {
                Need::Directory { path } => match std::fs::create_dir_all(path) {
                    Ok(()) => ready.opened.push((None, format!("the directory {path}"))),
                    Err(error) => ready.missing.push(format!("the directory {path}: {error}")),
                },
                Need::Descriptor { number, what, owner } => match open(what) {
                    Ok(descriptor) => {
                        ready.opened.push((Some(*number), format!("{what} for {owner}")));
                        ready.descriptors.push((*number, descriptor));
                    }
                    Err(error) => ready.missing.push(format!("descriptor {number} for {owner}: {error}")),
                },
                // Tap devices, helper processes, host devices, copies of templates, passed groups: see `virtargv-launch`.
                other => ready.missing.push(other.to_string()),
            }
        }
        ready
    }
}

/// Opens what a descriptor is for, where nothing has to be configured on the host.
fn open(what: &Descriptor<String>) -> std::io::Result<OwnedFd> {
    let writable = |path: &str| File::options().read(true).write(true).open(path).map(OwnedFd::from);
    match what {
        Descriptor::UnixListen { path } => {
            // A socket that an earlier run left behind.
            let _ = std::fs::remove_file(path);
            std::fs::create_dir_all(Path::new(path).parent().unwrap_or(Path::new("/")))?;
            UnixListener::bind(path).map(OwnedFd::from)
        }
        Descriptor::ChardevFile { path, append } | Descriptor::ChardevLog { path, append } => File::options()
            .create(true)
            .write(true)
            .append(*append)
            .truncate(!append)
            .open(path)
            .map(OwnedFd::from),
        Descriptor::VhostNet { .. } => writable("/dev/vhost-net"),
        Descriptor::VhostVsock => writable("/dev/vhost-vsock"),
        Descriptor::Tpm { path } | Descriptor::Vdpa { path } => writable(path),
        other => Err(std::io::Error::other(format!("{other} is not opened by this example"))),
    }
}

#[cfg(test)]
mod tests {
    use virtargv::FixedHost;

    use super::*;

    #[test]
    fn sockets_and_logs_are_open_under_their_numbers() {
        let directory = std::env::temp_dir().join(format!("virtargv-launcher-{}", std::process::id()));
        let text = "<domain type='qemu'><name>demo</name><memory unit='MiB'>64</memory>
          <os><type arch='x86_64' machine='q35'>hvm</type></os>
          <devices><serial type='pty'><log file='DIR/serial.log'/></serial>
            <channel type='unix'><target type='virtio' name='org.example.0'/></channel>
            <tpm model='tpm-crb'><backend type='emulator'/></tpm></devices></domain>"
            .replace("DIR", directory.to_str().unwrap());
        let line = command_line(&text, directory.to_str().unwrap(), &FixedHost::default()).unwrap();
        std::fs::create_dir_all(&directory).unwrap();
        let ready = Ready::of(&line);
        let mut wanted: Vec<u32> = line
            .needs
            .iter()
            .filter_map(|need| match need {
                Need::Descriptor { number, .. } => Some(*number),
                _ => None,
            })
            .collect();
        let mut open: Vec<u32> = ready.descriptors.iter().map(|(number, _)| *number).collect();
        wanted.sort_unstable();
        open.sort_unstable();
        assert_eq!(open, wanted, "{:?}", ready.missing);
        assert!(open.len() >= 3, "the monitor, the channel and the log: {:?}", ready.opened);
        assert!(ready.missing.iter().any(|missing| missing.contains("swtpm")), "{:?}", ready.missing);
        assert!(directory.join("serial.log").exists());
        std::fs::remove_dir_all(&directory).unwrap();
    }

    #[test]
    fn problems_have_their_line() {
        let error =
            command_line(include_str!("../../broken.xml"), "/tmp", &FixedHost::default()).unwrap_err();
        assert!(error.to_string().starts_with("line 3: "), "{error}");
    }
}
