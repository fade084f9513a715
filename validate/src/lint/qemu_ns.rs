//! Lints on `<qemu:commandline>`.

use foldhash::HashMap;
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
    let known = Line::of(line);
    for (at, arg) in args.iter().enumerate() {
        // `--name` is `-name` to QEMU.
        let option = arg.value.strip_prefix('-').filter(|rest| rest.starts_with('-')).unwrap_or(&arg.value);
        if !option.starts_with('-') {
            continue;
        }
        let value = args.get(at + 1).map(|next| next.value.as_str());
        let message = if REPEATED.contains(&option) {
            value.and_then(|value| known.repeats(option, value))
        } else {
            known.options.get(option).map(|known| match known {
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

/// What the command line has, to be looked up for each argument.
struct Line<'a> {
    /// The value of the first of each option.
    options: HashMap<&'a str, Option<&'a str>>,
    /// The place of each option with its value.
    values: HashMap<(&'a str, &'a str), usize>,
    /// The place of each option with the id in its value, of [`WITH_ID`].
    ids: HashMap<(&'a str, &'a str), usize>,
}

impl<'a> Line<'a> {
    fn of(line: &'a [(&'a str, Option<String>)]) -> Self {
        let mut all =
            Self { options: HashMap::default(), values: HashMap::default(), ids: HashMap::default() };
        for (at, (option, value)) in line.iter().enumerate() {
            all.options.entry(option).or_insert(value.as_deref());
            let Some(value) = value.as_deref() else { continue };
            all.values.entry((option, value)).or_insert(at);
            if WITH_ID.contains(option)
                && let Some(id) = id_of(value)
            {
                all.ids.entry((option, id)).or_insert(at);
            }
        }
        all
    }

    /// What `option`, one of [`REPEATED`], repeats with `value`.
    fn repeats(&self, option: &str, value: &str) -> Option<String> {
        let same = self.values.get(&(option, value));
        let id = id_of(value).and_then(|id| Some((self.ids.get(&(option, id))?, id)));
        match (same, id) {
            (Some(same), id) if id.is_none_or(|(at, _)| same <= at) => {
                Some(format!("the command line has `{option} {value}` already"))
            }
            (_, Some((_, id))) => Some(format!(
                "the command line has `{option}` with the id `{id}` already, for which QEMU does not start"
            )),
            _ => None,
        }
    }
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
