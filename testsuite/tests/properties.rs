//! Properties of all documents and values.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::test_runner::TestCaseError;
use virtargv::{Argument, CommandLine, FixedHost, Format, Layout, Origin, Release, Request, Run};
use virtargv_invariants::{document, options, reader, structured};
use virtargv_qemu_cmd::{Props, Style, Value};
use virtargv_strategies::{Machine, noise, plausible};
use virtargv_testsuite::descriptors::check_descriptors;

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
        prop_assert_eq!(reader::settings(&text), Ok(()));
    }

    /// No text makes any stage panic.
    #[test]
    fn noise_never_panics(text in noise()) {
        for release in Release::ALL {
            show(&text, &run(&text, Machine::Q35, *release));
        }
    }

    /// The invariants hold for documents of elements of the domain format.
    #[test]
    fn trees_keep_the_invariants(text in virtargv_strategies::document()) {
        for release in Release::ALL {
            for machine in [Machine::Pc, Machine::Ccw] {
                holds(&text, machine, *release)?;
            }
        }
    }

    /// The invariants hold for guests of valid parts, and their descriptors are numbered.
    #[test]
    fn guests_keep_the_invariants((machine, text) in plausible()) {
        for release in Release::ALL {
            holds(&text, machine, *release)?;
            if let Some(line) = run(&text, machine, *release).command_line {
                prop_assert_eq!(check_descriptors(&line), Ok(()));
            }
        }
    }

    /// The invariants hold for what the fuzz target of structured domains makes, with hostile values in them.
    #[test]
    fn hostile_values_stay_values(tape in vec(any::<u8>(), 8..160)) {
        for release in Release::ALL {
            structured::check(&tape, *release).map_err(|fault| TestCaseError::fail(fault.to_string()))?;
        }
    }

    /// The other readers keep their invariants with any text.
    #[test]
    fn readers_take_any_text(text in noise(), json in "[\\[\\]{}:,\"a-z0-9 ]{0,80}") {
        for text in [&text, &json] {
            let release = Release::default();
            let all = [
                reader::capabilities(text, release),
                reader::conversation(text, release),
                reader::cpu_definitions(text),
                reader::firmware(text, release),
                reader::description(text),
                reader::settings(text),
                reader::network(text),
                reader::pool(text),
                reader::image_header(text.as_bytes()),
            ];
            for fault in all.into_iter().filter_map(Result::err) {
                prop_assert!(false, "{fault} of {text:?}");
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
        prop_assert_eq!(options::parse(&props.to_kv(Style::OnOff)), expected);
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
        let inner = Props::object().with("list", items).with("number", number).with("switch", switch);
        let props = Props::new("driver", "null").with("inner", inner);
        let json: serde_json::Value = serde_json::from_str(&props.to_json()).unwrap();
        let read: BTreeMap<_, _> = options::parse(&props.to_kv(Style::OnOff)).into_iter().collect();
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

/// Checks the invariants of `text` as the document of a guest of `machine`.
fn holds(text: &str, machine: Machine, release: Release) -> Result<(), TestCaseError> {
    document::check(text, machine, release).map_err(|fault| TestCaseError::fail(fault.to_string()))
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
