//! Verifying command lines against replies that are written for these tests.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use serde_json::{Value, json};
use virtargv::caps::derive::Conversation;
use virtargv::caps::qapi::Replies;
use virtargv::qemu_cmd::{Form, Props, Style, Value as Given};
use virtargv::verify::{self, Verified, Why};
use virtargv::{ArgValue, Argument, CommandLine, FixedHost, Origin, Release, Request, Severity, builtin};

/// The replies of a small QEMU.
fn replies() -> Replies {
    let text = json!({ "meta-type": "builtin", "name": "str", "json-type": "string" });
    let schema = json!([
        text,
        { "meta-type": "builtin", "name": "bool", "json-type": "boolean" },
        { "meta-type": "builtin", "name": "int", "json-type": "int" },
        { "meta-type": "object", "name": "0", "members": [] },
        { "meta-type": "command", "name": "netdev_add", "arg-type": "1", "ret-type": "0" },
        { "meta-type": "command", "name": "blockdev-add", "arg-type": "1", "ret-type": "0" },
        { "meta-type": "object", "name": "1", "tag": "type",
          "variants": [{ "case": "user", "type": "3" }, { "case": "hubport", "type": "4" }],
          "members": [{ "name": "type", "type": "2" }, { "name": "id", "type": "str" }] },
        { "meta-type": "enum", "name": "2", "values": ["user", "hubport"] },
        { "meta-type": "object", "name": "3", "members": [
            { "name": "restrict", "type": "bool", "default": null },
            { "name": "vlan", "type": "int", "default": null, "features": ["deprecated"] }] },
        { "meta-type": "object", "name": "4", "members": [{ "name": "hubid", "type": "int" }] },
        { "meta-type": "command", "name": "object-add", "arg-type": "5", "ret-type": "0" },
        { "meta-type": "object", "name": "5", "members": [
            { "name": "qom-type", "type": "str" }, { "name": "id", "type": "str" }] },
        { "meta-type": "command", "name": "chardev-add", "arg-type": "6", "ret-type": "0" },
        { "meta-type": "object", "name": "6", "members": [
            { "name": "id", "type": "str" }, { "name": "backend", "type": "7" }] },
        { "meta-type": "object", "name": "7", "tag": "type", "members": [{ "name": "type", "type": "8" }],
          "variants": [{ "case": "socket", "type": "0" }, { "case": "null", "type": "0" }] },
        { "meta-type": "enum", "name": "8", "values": ["socket", "null"] },
    ]);
    let parameters = |names: &[(&str, &str)]| -> Vec<Value> {
        names.iter().map(|(name, of)| json!({ "name": name, "type": of })).collect()
    };
    let options = json!([
        { "option": "chardev", "parameters": parameters(&[
            ("backend", "string"), ("path", "string"), ("server", "boolean"), ("wait", "boolean"), ("to", "number")]) },
        { "option": "mon", "parameters": parameters(&[("chardev", "string"), ("mode", "string")]) },
    ]);
    let names = |names: &[&str]| -> Vec<Value> { names.iter().map(|name| json!({ "name": name })).collect() };
    let recorded = [
        ("qmp_capabilities", json!({}), json!({})),
        ("query-version", json!({}), json!({ "qemu": { "major": 5, "minor": 2, "micro": 0 } })),
        ("query-qmp-schema", json!({}), schema),
        ("query-command-line-options", json!({}), options),
        ("qom-list-types", json!({}), names(&["e1000", "rtl8139", "iothread"]).into()),
        (
            "device-list-properties",
            json!({ "typename": "e1000" }),
            parameters(&[("mac", "str"), ("netdev", "str"), ("addr", "int32"), ("mq", "bool")]).into(),
        ),
        (
            "qom-list-properties",
            json!({ "typename": "iothread" }),
            parameters(&[("poll-max-ns", "int")]).into(),
        ),
    ];
    let line = |(command, arguments, reply): &(&str, Value, Value)| {
        format!("{}\n{}\n", json!({ "execute": command, "arguments": arguments }), json!({ "return": reply }))
    };
    Replies::of(&Conversation::parse(&recorded.iter().map(line).collect::<String>()).unwrap()).unwrap()
}

/// A line of words of `<qemu:arg>`.
fn verify_words(words: &[&str]) -> Verified {
    let argument = |word: &&str| Argument::word((*word).to_owned(), Origin::Implied { by: "a test" });
    let line = CommandLine { arguments: words.iter().map(argument).collect(), ..CommandLine::default() };
    verify::verify(&line, &replies())
}

/// Checks what is found in an option: the rule and the member.
#[track_caller]
fn check(option: &str, value: &str, expected: &[(&str, &str)]) {
    let verified = verify_words(&[option, value]);
    assert_eq!((verified.checked, verified.unchecked.as_slice()), (1, &[][..]), "{option} {value}");
    let found: Vec<_> =
        verified.report.iter().map(|problem| (problem.id(), problem.message.as_str())).collect();
    assert_eq!(found.len(), expected.len(), "{option} {value}: {found:?}");
    for ((id, message), (rule, member)) in found.iter().zip(expected) {
        assert_eq!(id, rule, "{option} {value}: {message}");
        assert!(message.contains(&format!("5.2.0: {member}")), "{option} {value}: {message}");
    }
}

#[test]
fn options_in_json_are_verified() {
    check("-netdev", r#"{"type":"user","id":"n","restrict":true}"#, &[]);
    check("-netdev", r#"{"type":"user","id":"n","restrict":"on"}"#, &[("qemu-member-type", "`restrict`")]);
    check("-netdev", r#"{"type":"user","id":"n","hubid":1}"#, &[("qemu-member-unknown", "`hubid`")]);
    check("-netdev", r#"{"type":"hubport","id":"n"}"#, &[("qemu-member-missing", "`hubid`")]);
    check("-netdev", r#"{"type":"usr","id":"n"}"#, &[("qemu-word-unknown", "`type`")]);
    check("-netdev", r#"{"type":"user","id":"n","vlan":1}"#, &[("qemu-member-deprecated", "`vlan`")]);
    check("-netdev", r#"{"type":"user""#, &[("qemu-option-form", "the value is not JSON")]);
    check("-device", r#"{"driver":"e1000","mac":"x","id":"a","bus":"pci.0","addr":"0x2"}"#, &[]);
    check("-device", r#"{"driver":"e1000","mak":"x"}"#, &[("qemu-member-unknown", "`mak`")]);
    check("-device", r#"{"driver":"e1000","mq":"on"}"#, &[("qemu-member-type", "`mq`")]);
    check("-device", r#"{"driver":"e100"}"#, &[("qemu-word-unknown", "`driver`")]);
    check("-device", r#"{"mac":"x"}"#, &[("qemu-member-missing", "`driver`")]);
    check(
        "-object",
        r#"{"qom-type":"iothread","id":"i","poll-max-ns":true}"#,
        &[("qemu-member-type", "`poll-max-ns`")],
    );
    check("-chardev", r#"{"id":"c","backend":{"type":"nul"}}"#, &[("qemu-word-unknown", "`backend.type`")]);
    check("-mon", r#"{"chardev":"c"}"#, &[("qemu-option-form", "the option takes no JSON")]);
}

#[test]
fn options_in_lists_are_verified() {
    check("-netdev", "user,id=n,restrict=on", &[]);
    check("--netdev", "type=user,id=n,restrict=off", &[]);
    check("-netdev", "user,id=n,restrict=2", &[("qemu-member-type", "`restrict`")]);
    check("-netdev", "user,id=n,restrict", &[]);
    check("-netdev", "user,id=n,norestrict", &[]);
    check("-netdev", "user,id=n,nowhere", &[("qemu-member-unknown", "`where`")]);
    check("-blockdev", "type=user,id=n,restrict", &[("qemu-option-form", "`restrict` has no value")]);
    check("-device", "e1000,id=a,mq,addr=0x1.0x7", &[]);
    check("-device", "e1000,nomq,macc=1", &[("qemu-member-unknown", "`macc`")]);
    check("-object", "iothread,id=i,poll-max-ns=1k", &[]);
    check("-object", "iothread,id=i,pol-max-ns=1", &[("qemu-member-unknown", "`pol-max-ns`")]);
    check("-object", "iothraed,id=i", &[("qemu-word-unknown", "`qom-type`")]);
    check("-chardev", "socket,id=c,path=/a,,b,server,nowait", &[]);
    check("-chardev", "socket,id=c,pth=/a", &[("qemu-member-unknown", "`pth`")]);
    check("-chardev", "socket,id=c,server=maybe", &[("qemu-member-type", "`server`")]);
    check("-chardev", "socket,id=c,to=x", &[("qemu-member-type", "`to`")]);
    check("-chardev", "sockt,id=c", &[("qemu-word-unknown", "`backend`")]);
    check("-chardev", "null", &[("qemu-member-missing", "`id`")]);
    check("-mon", "chardev=c,mod=control", &[("qemu-member-unknown", "`mod`")]);
}

#[test]
fn what_was_not_checked_is_told() {
    let verified = verify_words(&["-cpu", "host", "-S", "-device", "rtl8139", "-rtc", "base=utc"]);
    let unchecked: Vec<_> = verified.unchecked.iter().map(|it| (it.option.as_str(), &it.why)).collect();
    let expected = [
        ("-cpu", &Why::NotDescribed),
        ("-S", &Why::NotDescribed),
        ("-device", &Why::NoProperties("rtl8139".to_owned())),
        ("-rtc", &Why::NotByThisQemu),
    ];
    assert_eq!(unchecked, expected);
    assert_eq!((verified.checked, verified.report.len()), (0, 0));
}

#[test]
fn the_types_that_have_to_be_asked_for_are_those_on_the_line() {
    let argument = |word: &str| Argument::word(word.to_owned(), Origin::Implied { by: "a test" });
    let words =
        ["-device", r#"{"driver":"a"}"#, "-device", "b,id=x", "-device", "id=x,driver=c", "-object", "d"];
    let line = CommandLine { arguments: words.map(argument).into(), ..CommandLine::default() };
    let types = verify::types(&line);
    assert_eq!(types.devices.into_iter().collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(types.objects.into_iter().collect::<Vec<_>>(), ["d"]);
}

/// Every member of an option is looked at: a change of any one of them is found.
#[test]
fn each_changed_member_is_found() {
    let options = [
        ("-netdev", Props::new("type", "user").with("id", "n").with("restrict", true)),
        ("-netdev", Props::new("type", "hubport").with("id", "n").with("hubid", 1u32)),
        ("-device", Props::new("driver", "e1000").with("mac", "x").with("mq", true).with("netdev", "n")),
        ("-object", Props::new("qom-type", "iothread").with("id", "i").with("poll-max-ns", 1u32)),
        ("-chardev", Props::new("backend", "socket").with("id", "c").with("server", true).with("to", 1u32)),
    ];
    let refused = |option: &'static str, props: Props, form: Form| {
        let origin = Origin::Implied { by: "a test" };
        let argument = Argument { option: option.into(), value: ArgValue::Props(props, form), origin };
        let line = CommandLine { arguments: vec![argument], ..CommandLine::default() };
        let verified = verify::verify(&line, &replies());
        assert_eq!(verified.checked, 1);
        verified.report.refuses()
    };
    let mut changed = 0;
    for (option, props) in options {
        let forms = if option == "-chardev" {
            &[Form::Pairs(Style::OnOff)][..]
        } else {
            &[Form::Json, Form::Pairs(Style::OnOff)]
        };
        for &form in forms {
            assert!(!refused(option, props.clone(), form), "{option} {props:?}");
            for (changed_key, value) in props.iter() {
                let rebuilt = |change: &dyn Fn(&str, &Given) -> (String, Given)| {
                    let mut rebuilt = Props::object();
                    for (key, value) in props.iter() {
                        let (key, value) = if key == changed_key {
                            change(key, value)
                        } else {
                            (key.to_owned(), value.clone())
                        };
                        rebuilt.set(key, value);
                    }
                    rebuilt
                };
                let renamed = rebuilt(&|key, value| (format!("{key}x"), value.clone()));
                assert!(refused(option, renamed, form), "{option} {props:?}: {changed_key} renamed");
                let is_text = matches!(value, Given::Str(_));
                if form == Form::Json || !is_text {
                    let other = if is_text { Given::Bool(true) } else { Given::from("perhaps") };
                    let retyped = rebuilt(&|key, _| (key.to_owned(), other.clone()));
                    // Names of devices and objects need not be there for each option.
                    if changed_key != "id" || option == "-netdev" {
                        assert!(
                            refused(option, retyped, form),
                            "{option} {props:?}: {changed_key} of another type"
                        );
                    }
                }
                changed += 1;
            }
        }
    }
    assert!(changed > 25, "{changed}");
}

/// A problem is at the element that the option comes from.
#[test]
fn problems_have_the_place_of_their_element() {
    let text = "<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>x</name>\n\
        <memory unit='MiB'>512</memory><os><type arch='x86_64' machine='pc'>hvm</type></os>\n\
        <devices><interface type='user'><model type='e1000'/><boot order='1'/></interface></devices>\n\
        <qemu:commandline><qemu:arg value='-netdev'/><qemu:arg value='user,id=n,vlans=1'/></qemu:commandline>\n\
        </domain>";
    let caps = builtin::get("qemu-10.0-x86_64", Release::V12_9).unwrap();
    let line = virtargv::command_line(text, &Request::new(&caps, &FixedHost::default())).unwrap();
    let verified = verify::verify(&line, &replies());
    let source = virtargv::Source::new(text);
    let lines: Vec<_> = verified
        .report
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .filter_map(|problem| {
            Some((source.locate(&problem.place)?.line, problem.id(), problem.help().to_owned()))
        })
        .collect();
    let expected = (4, "qemu-member-unknown", "did you mean `vlan`?".to_owned());
    assert!(lines.contains(&expected), "{lines:?}\n{}", verified.report);
    // The device of the small QEMU has no `bootindex`.
    assert!(lines.iter().any(|(line, id, _)| (*line, *id) == (3, "qemu-member-unknown")), "{lines:?}");
}
