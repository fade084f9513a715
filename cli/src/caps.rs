//! Loading capabilities sets.

use virtargv::{Arch, Caps, Release, builtin};
use virtargv_host::{Answer, Host, HostError, Machine, Override};

use crate::args::QemuArgs;
use crate::{Unusable, probe_cache};

/// The default set.
pub(crate) const DEFAULT: &str = "builtin:qemu-10.0-x86_64";

/// Loads the set `name`: a capabilities file, `builtin:NAME` or `probe:PATH`.
pub(crate) fn named(name: &str, release: Release, refresh: bool) -> Result<Caps, Unusable> {
    if let Some(name) = name.strip_prefix("builtin:") {
        return builtin::get(name, release).ok_or_else(|| {
            let known: Vec<&str> = builtin::names().collect();
            Unusable(format!("there is no built-in set '{name}' (there are: {})", known.join(", ")))
        });
    }
    if let Some(path) = name.strip_prefix("probe:") {
        return probe_cache::probe(path.as_ref(), release, refresh);
    }
    let text = std::fs::read_to_string(name).map_err(|e| Unusable(format!("cannot read '{name}': {e}")))?;
    Caps::from_xml(&text, release).map_err(|e| Unusable(format!("{name}: {e}")))
}

/// The program of a document that names none: the binary that was probed. Other sets say nothing about where their
/// binary is on this machine.
pub(crate) struct Program(Option<String>);

impl Program {
    /// The program of the set `name`, whose capabilities are `caps`.
    pub(crate) fn of(name: &str, caps: &Caps) -> Self {
        Self(name.starts_with("probe:").then(|| caps.emulator().to_owned()))
    }

    /// `host` with this program.
    pub(crate) fn on<'h>(&'h self, host: &'h dyn Host) -> Override<'h> {
        Override::new(host).with_machine(self)
    }
}

impl Machine for Program {
    fn emulator(&self, _: Arch) -> Answer<String> {
        self.0.clone().ok_or(HostError::Unknown("the program"))
    }
}

/// Loads the set that the options name, with the flags that they add and remove.
pub(crate) fn load(args: &QemuArgs) -> Result<Caps, Unusable> {
    let caps = named(&args.caps, args.release, args.refresh)?;
    if args.flags.is_empty() && args.no_flags.is_empty() {
        return Ok(caps);
    }
    let mut edit = caps.edit();
    for &flag in &args.flags {
        edit = edit.set(flag);
    }
    for &flag in &args.no_flags {
        edit = edit.clear(flag);
    }
    Ok(edit.build())
}

#[cfg(test)]
mod tests {
    use virtargv_host::FixedHost;

    use super::*;

    #[test]
    fn a_probed_binary_is_the_program() {
        let check = |set: &str, expected: &str| {
            let caps = Caps::builder(Release::V11_3, Arch::X86_64).emulator("/opt/qemu").build();
            let machine = FixedHost { emulator_dir: "/usr/bin".to_owned(), ..FixedHost::default() };
            let program = Program::of(set, &caps);
            let answer = program.on(&machine).machine().emulator(Arch::X86_64);
            assert_eq!(answer.as_deref(), Ok(expected), "{set}");
        };
        check("probe:/opt/qemu", "/opt/qemu");
        check("caps.xml", "/usr/bin/qemu-system-x86_64");
        check("builtin:qemu-10.0-x86_64", "/usr/bin/qemu-system-x86_64");
    }
}
