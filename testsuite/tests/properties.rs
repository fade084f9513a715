//! Properties of all documents and values.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use virtargv::{Argument, CommandLine, FixedHost, Format, Layout, Origin, Release, Request, Run};
use virtargv_host::{ConfHost, DriverConfig};
use virtargv_model::device::disk::DiskBus;
use virtargv_model::device::storage::Location;
use virtargv_model::os::Nvram;
use virtargv_model::sysinfo::SysinfoEntry;
use virtargv_qemu_cmd::{Props, Style, Value};
use virtargv_strategies::{Machine, document, noise, plausible};
use virtargv_testsuite::descriptors::check_descriptors;

/// A host without directories for TLS and without huge pages.
struct NoFiles;

impl ConfHost for NoFiles {
    fn exists(&self, _: &str) -> bool {
        false
    }

    fn huge_page_kib(&self, _: &str) -> Option<u64> {
        None
    }
}

/// Runs all stages on `text`.
fn run(text: &str, machine: Machine, release: Release) -> Run {
    let caps = machine.caps(release);
    let host = FixedHost { arch: machine.arch(), ..FixedHost::default() };
    let mut request = Request::new(&caps, &host);
    request.read.abi_update = text.len().is_multiple_of(2);
    virtargv::run(text, &request)
}

/// Renders the report and prints the command line in every format, none of which must panic.
fn show(text: &str, outcome: &Run) {
    let source = virtargv::Source::new(text);
    for problem in &outcome.report {
        let _ = (problem.to_string(), source.locate(&problem.place));
    }
    if let Some(line) = &outcome.command_line {
        let layout = Layout { wrap: Some(78), source: Some(&source) };
        let _ = (line.print_with(Format::Args, &layout), line.print_with(Format::JsonWithNeeds, &layout));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Any text is read as a `qemu.conf`, and its problems are on lines that it has.
    #[test]
    fn settings_are_read_from_any_text(text in "((user|vnc_tls|nvram|hugetlbfs_mount) ?= ?)?[a-z='\"\\[\\],;#\n0-9é-]{0,60}") {
        let mut config = DriverConfig::default();
        let lines = text.lines().count().max(1);
        for problem in config.apply(&text, &NoFiles) {
            prop_assert!(problem.line >= 1 && problem.line as usize <= lines + 1, "{problem} in {text:?}");
        }
    }

    /// No text makes any stage panic.
    #[test]
    fn noise_never_panics(text in noise()) {
        for release in Release::ALL {
            show(&text, &run(&text, Machine::Q35, *release));
        }
    }

    /// No document of elements of the domain format makes any stage panic, and its model is the same after writing and
    /// reading it.
    #[test]
    fn trees_never_panic_and_survive(text in document()) {
        for release in Release::ALL {
            for machine in [Machine::Pc, Machine::Ccw] {
                show(&text, &run(&text, machine, *release));
            }
        }
        survives(&text)?;
    }

    /// A guest of valid parts has no id and no address twice.
    #[test]
    fn ids_and_places_are_unique((machine, text) in plausible()) {
        survives(&text)?;
        for release in Release::ALL {
            let outcome = run(&text, machine, *release);
            show(&text, &outcome);
            if let Some(line) = outcome.command_line {
                unique(&line)?;
                prop_assert_eq!(check_descriptors(&line), Ok(()));
            }
        }
    }

    /// QEMU's option parser returns the properties that were written.
    #[test]
    fn options_are_escaped(pairs in vec((key(), ".{0,12}"), 0..8)) {
        let mut props = Props::new("driver", "virtio-net-pci");
        for (key, value) in &pairs {
            props.set(key.clone(), value);
        }
        let mut expected = vec![(None, "virtio-net-pci".to_owned())];
        expected.extend(pairs.iter().map(|(key, value)| (Some(key.clone()), value.clone())));
        prop_assert_eq!(qemu_options(&props.to_kv(Style::OnOff)), expected);
        let json: serde_json::Value = serde_json::from_str(&props.to_json()).unwrap();
        let mut last = BTreeMap::from([("driver".to_owned(), "virtio-net-pci".to_owned())]);
        last.extend(pairs);
        for (key, value) in last {
            prop_assert_eq!(json.get(&key).and_then(serde_json::Value::as_str), Some(value.as_str()));
        }
    }

    /// Nested values are the same in JSON and under their flat keys.
    #[test]
    fn nested_values_are_escaped(values in vec(".{0,8}", 1..4), number in any::<u64>(), switch in any::<bool>()) {
        let items: Vec<Value> = values.iter().map(Value::from).collect();
        let inner = Props::object().with("list", Value::Array(items)).with("number", number).with("switch", switch);
        let props = Props::new("driver", "null").with("inner", inner);
        let json: serde_json::Value = serde_json::from_str(&props.to_json()).unwrap();
        let read: BTreeMap<_, _> = qemu_options(&props.to_kv(Style::OnOff)).into_iter().collect();
        let flat = |key: &str| read.get(&Some(format!("inner.{key}"))).map(String::as_str);
        for (n, value) in values.iter().enumerate() {
            prop_assert_eq!(flat(&format!("list.{n}")), Some(value.as_str()));
            prop_assert_eq!(json["inner"]["list"][n].as_str(), Some(value.as_str()));
        }
        let shown = number.to_string();
        prop_assert_eq!(flat("number"), Some(shown.as_str()));
        prop_assert_eq!(flat("switch"), Some(if switch { "on" } else { "off" }));
        prop_assert_eq!(json["inner"]["number"].as_u64(), Some(number));
    }

    /// A shell parses the words that were printed.
    #[test]
    fn words_survive_a_shell(words in vec(word(), 0..8), value in word()) {
        let origin = Origin::Implied { by: "the test" };
        let word = |word: &String| Argument::word(word.clone(), origin);
        let arguments = words.iter().map(word).collect();
        let env = vec![("A".into(), value.clone())];
        let line = CommandLine { env, program: "/bin/q emu".into(), arguments, ..CommandLine::default() };
        for format in [Format::Args, Format::Shell] {
            let mut expected = vec![format!("A={value}"), "/bin/q emu".to_owned()];
            expected.extend(words.iter().cloned());
            let printed = line.print(format, None);
            prop_assert_eq!(shell_words(&printed), expected, "{}", printed);
        }
        let json: serde_json::Value = serde_json::from_str(&line.print(Format::Json, None)).unwrap();
        let args: Vec<&str> = json["args"].as_array().unwrap().iter().filter_map(|arg| arg.as_str()).collect();
        prop_assert_eq!(args, words);
    }
}

/// A word of a command line: any characters except NUL.
fn word() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~]{0,30}", "[a-z,=' \n\\\\$`\"]{0,20}", "\\PC{0,10}"]
}

/// The name of a property.
fn key() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9-]{0,8}".prop_filter("the implied key is added by the test", |key| key != "driver")
}

/// Checks that a domain is the same model after writing and reading, without a new problem.
fn survives(text: &str) -> Result<(), proptest::test_runner::TestCaseError> {
    let first = virtargv_model::parse(text);
    let Some(domain) = first.value else { return Ok(()) };
    let written = virtargv_model::format(&domain);
    let second = virtargv_model::parse(&written);
    let (domain, again) = (as_written(*domain), second.value.map(|again| as_written(*again)));
    if again.as_ref() != Some(&domain) {
        let lost = difference(&domain, again.as_ref());
        prop_assert!(false, "{}\nwritten as:\n{}", lost, written);
    }
    if first.report.is_empty() {
        prop_assert!(second.report.is_empty(), "{:?}\nwritten as:\n{}", second.report, written);
    }
    Ok(())
}

/// `domain` without what libvirt reads and uses, but does not write.
fn as_written(mut domain: virtargv::Domain) -> virtargv::Domain {
    for disk in &mut domain.devices.disks {
        if disk.image.is_empty() && disk.image.network().is_none() {
            // Without a `<source>`, a disk is read as of type `file`.
            disk.image.location = Location::default();
        }
        if disk.target.bus == Some(DiskBus::Scsi) {
            disk.target.removable = None;
        }
    }
    domain.os.nvram = domain.os.nvram.filter(|nvram| *nvram != Nvram::default());
    for entry in &mut domain.sysinfo.entries {
        if let SysinfoEntry::FwCfg(files) = entry {
            files.iter_mut().filter(|file| file.file.is_some()).for_each(|file| file.value = None);
        }
    }
    domain
}

/// The first fields in which two models differ, except places.
fn difference(before: &virtargv::Domain, after: Option<&virtargv::Domain>) -> String {
    let before = fields(&format!("{before:?}"));
    let after = fields(&after.map(|domain| format!("{domain:?}")).unwrap_or_default());
    let at = before.iter().zip(&after).position(|(x, y)| x != y).unwrap_or(0);
    let part = |all: &[String]| -> String {
        let fields: Vec<&str> =
            all.iter().take(at + 3).skip(at.saturating_sub(8)).map(String::as_str).collect();
        fields.join(", ")
    };
    format!("was {}\nis {}", part(&before), part(&after))
}

/// The fields of a value in its `Debug` form, without places.
fn fields(shown: &str) -> Vec<String> {
    shown.split(", ").filter(|field| !field.contains("Pos(")).map(str::to_owned).collect()
}

/// Checks that no id and no address is used twice.
fn unique(line: &CommandLine) -> Result<(), proptest::test_runner::TestCaseError> {
    let mut ids = BTreeMap::new();
    let mut places = BTreeMap::new();
    for pair in line.args().windows(2) {
        let [option, text] = pair else { continue };
        let class = match option.as_str() {
            // Each of these options has its own namespace of ids.
            "-device" | "-object" | "-netdev" | "-chardev" | "-drive" | "-audiodev" => option,
            _ => continue,
        };
        let props = properties(text);
        if let Some(id) = props.get("id") {
            let before = ids.insert((class.clone(), id.clone()), text.clone());
            prop_assert!(before.is_none(), "two have the id {}: {:?} and {}", id, before, text);
        }
        let at =
            |keys: &[&str]| -> Option<Vec<String>> { keys.iter().map(|k| props.get(*k).cloned()).collect() };
        let place = at(&["bus", "addr"])
            .or_else(|| at(&["devno"]))
            .or_else(|| at(&["reg"]))
            .or_else(|| at(&["bus", "nr"]))
            .or_else(|| at(&["bus", "port"]))
            .or_else(|| at(&["bus", "channel", "scsi-id", "lun"]))
            .or_else(|| at(&["bus", "unit"]));
        if let Some(place) = place {
            let before = places.insert(place.clone(), text.clone());
            prop_assert!(before.is_none(), "two are at {:?}: {:?} and {}", place, before, text);
        }
    }
    Ok(())
}

/// The properties of an option in either form, as text.
fn properties(text: &str) -> BTreeMap<String, String> {
    match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text) {
        Ok(members) => members
            .into_iter()
            .map(|(key, value)| (key, value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
            .collect(),
        Err(_) => qemu_options(text).into_iter().filter_map(|(key, value)| Some((key?, value))).collect(),
    }
}

/// Parses `value,key=value,...` as QEMU does: a value ends at a single comma, a doubled one is a comma of the value.
fn qemu_options(text: &str) -> Vec<(Option<String>, String)> {
    let mut options = Vec::new();
    let mut rest = text;
    while !rest.is_empty() || options.is_empty() {
        let key = rest.split_once('=').filter(|(key, _)| !key.contains(','));
        if let Some((_, after)) = key {
            rest = after;
        }
        let mut value = String::new();
        loop {
            let (part, after) =
                rest.split_once(',').map_or((rest, None), |(part, after)| (part, Some(after)));
            value.push_str(part);
            rest = after.unwrap_or_default();
            match after.and_then(|after| after.strip_prefix(',')) {
                Some(after) => {
                    value.push(',');
                    rest = after;
                }
                None => break,
            }
        }
        options.push((key.map(|(key, _)| key.to_owned()), value));
    }
    options
}

/// Splits a line into words as a POSIX shell does, with single quotes, backslashes and spaces only.
fn shell_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                let word = word.get_or_insert_default();
                word.extend(chars.by_ref().take_while(|c| *c != '\''));
            }
            '\\' => match chars.next() {
                Some('\n') | None => {}
                Some(c) => word.get_or_insert_default().push(c),
            },
            ' ' | '\n' | '\t' => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}
