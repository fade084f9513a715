//! The last part of each help text: examples and exit codes. The tests below parse every example.

/// The exit codes of commands that judge one document.
macro_rules! exit_codes {
    () => {
        "\nExit codes: 0 success, 1 the document was refused, 2 wrong usage or unreadable input."
    };
}

/// The exit codes of commands that judge none.
macro_rules! plain_exit_codes {
    () => {
        "\nExit codes: 0 success, 2 wrong usage or unreadable input."
    };
}

pub(super) const ALL: &str = concat!(
    "\
Examples:
  virtargv argv guest.xml                            the command line under the latest release
  virtargv argv --release 7.0 --format json -        the same as JSON, document on standard input
  virtargv argv --caps caps.xml --no-flag kvm g.xml  for the QEMU that caps.xml describes, without KVM
  virtargv argv --caps probe:/usr/bin/qemu-system-x86_64 guest.xml
  virtargv argv --standalone=/run/demo --explain-host guest.xml
                                                     a command line without a launcher, and what it requires
  virtargv argv --explain guest.xml                  each option with its origin
  virtargv argv --network default=bridge:virbr0 guest.xml
                                                     with a network that this machine does not have
  virtargv diff --release 7.0..12.9 guest.xml        what changes with another release of libvirt
  virtargv cpu baseline host-a.xml host-b.xml        the CPU that runs on both hosts
  virtargv domcaps --machine q35                     what QEMU and this machine offer to a guest
  virtargv host show guest.xml > host.json           what this machine is asked for the document
  virtargv argv --host host.json guest.xml           the same command line on any other machine
  virtargv run guest.xml                             start the guest, and stay until it ends
  virtargv check /etc/libvirt/qemu                   every problem of many documents
  virtargv caps require guest.xml                    the flags that it needs, and the oldest QEMU with them
  virtargv explain net-teaming-transient-type        what a rule requires, and why
  virtargv explain-attribute disk/driver/@cache      where an attribute goes
  virtargv firmware guest.xml                        which firmware of the host it gets, and why not the others
",
    exit_codes!()
);

pub(super) const ARGV: &str = concat!(
    "\
Examples:
  virtargv argv guest.xml                      environment, program and options, one option a line
  virtargv argv --release 11.3 guest.xml       as libvirt 11.3 makes it
  virtargv argv --format json guest.xml        with the properties and the origin of each argument
  virtargv argv --explain guest.xml            before each option what it comes from
  virtargv argv --caps builtin:qemu-10.0-x86_64 --host none guest.xml
                                               for that QEMU, on a host of which nothing is known
  virtargv argv --standalone=/run/demo guest.xml
                                               a command line that a shell can run
  virtargv argv --verify --caps probe:/usr/bin/qemu-system-x86_64 guest.xml
                                               with each option checked against that QEMU's own schema
  virtargv argv --verify=qemu.replies --caps caps.xml guest.xml
                                               the same with recorded replies, on any machine
  virsh dumpxml demo | virtargv argv -         of a domain that libvirt knows
",
    "\nExit codes: 0 success, 1 the document was refused, or QEMU does not accept an option (`--verify`), 2 wrong usage or \
     unreadable input."
);

pub(super) const DIFF: &str = concat!(
    "\
Examples:
  virtargv diff old.xml new.xml                      two documents
  virtargv diff --release 7.0..12.9 guest.xml        one document under two releases of libvirt
  virtargv diff --caps builtin:qemu-7.2-x86_64 --caps probe:/usr/bin/qemu-system-x86_64 guest.xml
                                                     the same with two QEMUs
  virtargv diff --machine pc-q35-9.0..pc-q35-10.0 guest.xml
                                                     with two machine types
  virtargv diff --release 11.3..12.9 /etc/libvirt/qemu
                                                     many documents: a summary by kind of change
  virtargv diff --release 7.0..12.9 --guest --format json guest.xml
                                                     only what the guest sees, as JSON
",
    "\nExit codes: 0 the guest sees no change, 1 the guest sees a change, 2 wrong usage,\nunreadable input, or no document has a command line on any side."
);

pub(super) const ATTACH: &str = concat!(
    "\
Examples:
  virtargv attach /run/libvirt/qemu/demo.xml disk.xml
                                               the commands, one a line, for a QMP socket
  virsh dumpxml --security-info demo | virtargv attach - nic.xml
                                               for a domain that libvirt runs
  virtargv attach --format json demo.xml nic.xml
                                               with descriptors, what takes each back, and the domain afterwards
  virtargv attach --domain-xml demo.xml disk.xml > after.xml
                                               the domain afterwards
",
    exit_codes!()
);

pub(super) const DETACH: &str = concat!(
    "\
Examples:
  virtargv detach demo.xml disk.xml            the device goes first, its backend when DEVICE_DELETED has come
  virtargv detach --domain-xml demo.xml disk.xml
                                               the domain afterwards
",
    exit_codes!()
);

pub(super) const UPDATE: &str = concat!(
    "\
Examples:
  virtargv update demo.xml cdrom.xml           another medium, or none
  virtargv update --force demo.xml cdrom.xml   although the guest has locked the tray
",
    exit_codes!()
);

pub(super) const DOMCAPS: &str = concat!(
    "\
Examples:
  virtargv domcaps                             as `virsh domcapabilities`, for this machine
  virtargv domcaps --machine q35 --virttype kvm --host host.json
                                               on the machine that host.json describes
  virtargv domcaps --caps probe:/usr/bin/qemu-system-aarch64 --arch aarch64 --machine virt
                                               of another QEMU
  virtargv domcaps --release 11.3 --format json --host none
                                               as libvirt 11.3, of no machine in particular, as JSON
",
    plain_exit_codes!()
);

pub(super) const RESOLVE: &str = concat!(
    "\
Examples:
  virtargv resolve guest.xml                   as `virsh define` and `virsh dumpxml --inactive`
  virtargv resolve --lossless guest.xml > completed.xml
                                               with the comments and the layout of guest.xml
  virtargv resolve --with aliases guest.xml    with the alias that each device gets at the start
  virtargv resolve --release 11.3 --host none guest.xml
                                               as libvirt 11.3, on a machine of which nothing is known
",
    exit_codes!()
);

#[cfg(target_os = "linux")]
pub(super) const RUN: &str = "\
Examples:
  virtargv run guest.xml                       start the guest, and stay until it ends
  virtargv run --check guest.xml               what this machine lacks to start it
  virtargv run --paused guest.xml              it waits for `cont` on QEMU's monitor
  virtargv run --caps probe:/opt/qemu/bin/qemu-system-x86_64 guest.xml

Exit codes: 0 the guest ended by itself, 1 the document was refused, 2 wrong usage or unreadable input, 3 the guest cannot be
started here or QEMU failed, 130 interrupted.";

pub(super) const CHECK: &str = "\
Examples:
  virtargv check guest.xml                     every problem, with its place
  virtargv check /etc/libvirt/qemu             all domain documents in a directory and below
  virtargv check 'vms/**/*.xml' --quiet        those whose names have a pattern; problems only
  virtargv check --format sarif vms > check.sarif
                                               for code scanning; json, junit and github are the other formats
  virtargv check --release 11.3 --caps builtin:qemu-10.0-x86_64 guest.xml
                                               for another libvirt and QEMU
  virtargv check --host here guest.xml         with what this machine has: networks, pools, firmware
  virtargv check --fix --dry-run guest.xml     a diff of what can be mended for sure
  virsh dumpxml demo | virtargv check -        of a domain that libvirt knows

Exit codes: 0 no document is refused (there can be warnings and notes), 1 a document is refused, 2 wrong usage, or a file
cannot be read or checked; all others are checked even so.";

pub(super) const CAPS: &str = concat!(
    "\
Examples:
  virtargv caps list                           the built-in sets
  virtargv caps show builtin:qemu-11.1-x86_64  what that QEMU can do
  virtargv caps probe /usr/bin/qemu-system-x86_64 > caps.xml
                                               ask a binary, for `--caps caps.xml` on any machine
  virtargv caps require guest.xml              the flags that a document needs
",
    plain_exit_codes!()
);

pub(super) const CAPS_LIST: &str = concat!(
    "\
Examples:
  virtargv caps list                           their names and versions
  virtargv caps list --format json             the same as JSON
",
    plain_exit_codes!()
);

pub(super) const CAPS_SHOW: &str = concat!(
    "\
Examples:
  virtargv caps show builtin:qemu-11.1-x86_64  a built-in set
  virtargv caps show --format json caps.xml    the set of a capabilities file
  virtargv caps show --release 11.3 probe:/usr/bin/qemu-system-x86_64
                                               what libvirt 11.3 sees of a binary
",
    plain_exit_codes!()
);

pub(super) const CAPS_DIFF: &str = concat!(
    "\
Examples:
  virtargv caps diff builtin:qemu-10.0-x86_64 builtin:qemu-11.1-x86_64
  virtargv caps diff --format json caps.xml probe:/usr/bin/qemu-system-x86_64
",
    plain_exit_codes!()
);

pub(super) const CAPS_PROBE: &str = concat!(
    "\
Examples:
  virtargv caps probe /usr/bin/qemu-system-x86_64 > caps.xml
  virtargv caps probe --generic /usr/bin/qemu-system-aarch64
                                               without what depends on this host
",
    plain_exit_codes!()
);

pub(super) const CAPS_REPLIES: &str = concat!(
    "\
Examples:
  virtargv caps replies /usr/bin/qemu-system-x86_64 > qemu.replies
  virtargv argv --verify=qemu.replies guest.xml
                                               with each option checked against them
  virtargv caps replies /opt/qemu/bin/qemu-system-aarch64 > aarch64.replies
",
    plain_exit_codes!()
);

pub(super) const CAPS_REQUIRE: &str = concat!(
    "\
Examples:
  virtargv caps require guest.xml              the flags, and the oldest built-in QEMU that has all
  virtargv caps require --format json --caps builtin:qemu-10.0-x86_64 guest.xml
",
    exit_codes!()
);

pub(super) const CPU: &str = concat!(
    "\
Examples:
  virtargv cpu baseline a.xml b.xml            the CPU that runs on the hosts of both
  virtargv cpu compare guest.xml               whether this host can run the CPU of a guest
  virtargv cpu expand --model EPYC-v4          all features of a model
",
    plain_exit_codes!()
);

pub(super) const CPU_BASELINE: &str = concat!(
    "\
Examples:
  virtargv cpu baseline a.xml b.xml            of `virsh domcapabilities` of two hosts, for guests on this one
  virtargv cpu baseline --migratable --features a.xml b.xml
                                               with all features listed, but those that block migration
  virtargv cpu baseline --caps caps.xml --cpu-map cpu_map --host none a.xml b.xml
                                               for the QEMU and host of a capabilities file
  virtargv cpu baseline --ignore-host --model EPYC-Rome --model EPYC-Milan
                                               what two models have in common, on any host
",
    "\nExit codes: 0 success, 1 there is no such CPU, 2 wrong usage or unreadable input."
);

pub(super) const CPU_COMPARE: &str = concat!(
    "\
Examples:
  virtargv cpu compare guest.xml               identical, superset or incompatible, and why
  virtargv cpu compare --error --validate guest.xml
                                               with an error, and the document's own errors
  virtargv cpu compare --virttype qemu --format json guest.xml
                                               for guests without KVM, as JSON
",
    "\nExit codes: 0 the host has what the CPU requires, 1 it does not, or they cannot be compared, 2 wrong usage or \
     unreadable input."
);

pub(super) const CPU_EXPAND: &str = concat!(
    "\
Examples:
  virtargv cpu expand guest.xml                the CPU of a guest with all features
  virtargv cpu expand --model Cascadelake-Server-v5
                                               of a version of a model
  virtargv cpu expand --caps builtin:qemu-10.0-x86_64 --format json guest.xml
                                               with what blocks it on that QEMU, as JSON
",
    "\nExit codes: 0 success, 1 a CPU cannot be expanded, 2 wrong usage or unreadable input."
);

pub(super) const HOST: &str = concat!(
    "\
Examples:
  virtargv host show > host.json               this machine, with its images, networks and pools
  virtargv host show guest.xml > host.json     what it is asked for a document
",
    plain_exit_codes!()
);

pub(super) const HOST_SHOW: &str = concat!(
    "\
Examples:
  virtargv host show > host.json               this machine, with its images, networks and pools
  virtargv host show a.xml b.xml > host.json   what it is asked for these documents
  virtargv host show --no-cpu-definitions guest.xml
                                               a small file; `--cpu-map` names the definitions later
",
    plain_exit_codes!()
);

pub(super) const EXPLAIN: &str = concat!(
    "\
Examples:
  virtargv explain                             all rules
  virtargv explain net-teaming-transient-type  what a rule requires, why, and what to do
",
    plain_exit_codes!()
);

pub(super) const EXPLAIN_ATTRIBUTE: &str = concat!(
    "\
Examples:
  virtargv explain-attribute                       all attributes, and where each goes
  virtargv explain-attribute disk/driver/@cache    one: its place, option, values and releases
  virtargv explain-attribute cputune --format json an element with all its attributes
                                                   (docs/attributes.md describes the places and the JSON)
",
    plain_exit_codes!()
);

pub(super) const FIRMWARE: &str = concat!(
    "\
Examples:
  virtargv firmware guest.xml                     each firmware of this machine: taken, or why not
  virtargv firmware --host host.json guest.xml    those of another machine
                                                  (docs/firmware.md describes the verdicts and the JSON)
",
    exit_codes!()
);

pub(super) const COMPLETIONS: &str = concat!(
    "\
Examples:
  virtargv completions bash > ~/.local/share/bash-completion/completions/virtargv
  virtargv completions zsh > ~/.zfunc/_virtargv
  virtargv completions fish > ~/.config/fish/completions/virtargv.fish
",
    plain_exit_codes!()
);

pub(super) const MAN: &str = concat!(
    "\
Examples:
  virtargv man | man -l -                      read the page of the command
  virtargv man /usr/local/share/man/man1       install those of all subcommands
",
    plain_exit_codes!()
);

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory as _, Parser as _};

    use super::super::Cli;

    /// Calls `check` with `command` and every subcommand.
    fn each(command: &Command, check: &mut impl FnMut(&Command)) {
        check(command);
        command.get_subcommands().for_each(|sub| each(sub, check));
    }

    /// The words after `virtargv` of an example line; `None` for a line that only goes on with a comment.
    fn words(line: &str) -> Option<Vec<&str>> {
        // The comment is two spaces away. What comes before a pipe is another command, what comes after it too.
        let command = line.trim_start().split("  ").next()?;
        let ours = command.split(" | ").find(|part| part.starts_with("virtargv "))?;
        let ours = ours.split(" > ").next()?;
        Some(ours.split(' ').map(|word| word.trim_matches('\'')).collect())
    }

    #[test]
    fn each_help_has_examples_that_parse() {
        let mut checked = 0;
        each(&Cli::command(), &mut |command| {
            let name = command.get_name();
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let (_, examples) =
                help.split_once("Examples:\n").unwrap_or_else(|| panic!("{name}: no examples"));
            let (examples, rest) = examples.split_once("\n\n").unwrap_or_else(|| panic!("{name}: no end"));
            assert!(rest.starts_with("Exit codes: 0 "), "{name}: {rest}");
            let mut own = 0;
            for line in examples.lines() {
                let Some(words) = words(line) else {
                    assert!(line.starts_with("        "), "{name}: neither command nor comment: {line}");
                    continue;
                };
                if let Err(why) = Cli::try_parse_from(&words) {
                    panic!("{name}: {line}\n{why}");
                }
                own += usize::from(name == "virtargv" || words.contains(&name));
                checked += 1;
            }
            assert!(own > 1, "{name}: too few examples");
        });
        assert!(checked > 30, "{checked}");
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }
}
