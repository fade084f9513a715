//! Lints on `<qemu:commandline>`.

use virtargv_model::advice::Message;
use virtargv_model::qemu_ns::QemuArg;
use virtargv_model::{Problem, Release};

virtargv_model::rules! {
    /// `<qemu:commandline>` does not repeat or contradict the command line.
    TWICE = "qemu-argument-twice": Plain, Build,
        "QEMU takes the last of an option that it has once, and refuses a second object or device with an id",
        help "remove the arguments, or the part of the document that gives the option", severity Warning;
}

/// The options that QEMU takes several times, each with something else.
const REPEATED: &[&str] = &[
    "-acpitable",
    "-add-fd",
    "-audiodev",
    "-blockdev",
    "-chardev",
    "-cdrom",
    "-compat",
    "-d",
    "-device",
    "-display",
    "-drive",
    "-fsdev",
    "-fw_cfg",
    "-global",
    "-hda",
    "-incoming",
    "-machine",
    "-M",
    "-mon",
    "-monitor",
    "-msg",
    "-net",
    "-netdev",
    "-nic",
    "-numa",
    "-object",
    "-overcommit",
    "-parallel",
    "-plugin",
    "-qmp",
    "-sandbox",
    "-serial",
    "-set",
    "-smbios",
    "-spice",
    "-tpmdev",
    "-trace",
    "-usbdevice",
    "-virtfs",
    "-vnc",
];

/// The options whose value has an id that may be used once.
const WITH_ID: &[&str] = &["-blockdev", "-chardev", "-device", "-fsdev", "-netdev", "-object", "-tpmdev"];

/// The warnings about the arguments `args` of `<qemu:commandline>`, where `line` are the options of the command line without
/// them, each with its value.
pub fn check_line(args: &[QemuArg], line: &[(&str, Option<String>)], release: Release) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (at, arg) in args.iter().enumerate() {
        // `--name` is `-name` to QEMU.
        let option = arg.value.strip_prefix('-').filter(|rest| rest.starts_with('-')).unwrap_or(&arg.value);
        if !option.starts_with('-') {
            continue;
        }
        let value = args.get(at + 1).map(|next| next.value.as_str());
        let mut same = line.iter().filter(|(known, _)| *known == option);
        let message = if REPEATED.contains(&option) {
            same.find_map(|(_, known)| {
                let (value, known) = (value?, known.as_deref()?);
                if value == known {
                    return Some(format!("the command line has `{option} {value}` already"));
                }
                let id = id_of(value).filter(|_| WITH_ID.contains(&option))?;
                (id_of(known) == Some(id)).then(|| {
                    format!("the command line has `{option}` with the id `{id}` already, for which QEMU does not start")
                })
            })
        } else {
            same.next().map(|(_, known)| match known {
                Some(known) if value == Some(known) => {
                    format!("the command line has `{option} {known}` already")
                }
                Some(known) => {
                    format!("the command line has `{option} {known}` already; QEMU takes this one, which is the last")
                }
                None => format!("the command line has `{option}` already"),
            })
        };
        problems.extend(message.map(|message| TWICE.problem(release, arg.pos, Message::new(message))));
    }
    problems
}

/// The id in a value: `id=` or `"id":` of an object, in either form of properties.
fn id_of(value: &str) -> Option<&str> {
    let value = value.trim();
    if value.starts_with('{') {
        let rest = value.split("\"id\":\"").nth(1).or_else(|| value.split("\"node-name\":\"").nth(1))?;
        return rest.split('"').next();
    }
    value.split(',').find_map(|part| part.strip_prefix("id=").or_else(|| part.strip_prefix("node-name=")))
}
