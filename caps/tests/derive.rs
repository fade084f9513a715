//! A small QMP conversation: complete, truncated, reordered, and with errors as replies.

#![allow(clippy::disallowed_methods, reason = "tests look at files and start programs")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where it fails"
)]

use serde_json::{Value, json};
use virtargv_caps::derive::{Conversation, ConversationError, DeriveError, Exchange, derive};
use virtargv_caps::{Accel, Arch, Cap, Caps, Release, Tristate, Usable};

const SMALL: &str = include_str!("small.replies");

fn small() -> Conversation {
    Conversation::parse(SMALL).unwrap()
}

/// The conversation with each exchange put through `change`, in which it may be dropped.
fn changed(mut change: impl FnMut(&Exchange) -> Option<Exchange>) -> Conversation {
    let mut conversation = Conversation::new();
    for session in small().sessions() {
        session.exchanges().iter().filter_map(&mut change).for_each(|exchange| conversation.push(exchange));
    }
    conversation
}

fn caps(conversation: &Conversation) -> Result<Caps, DeriveError> {
    derive(conversation, Release::V11_3)
}

#[test]
fn the_whole_of_it() {
    let caps = caps(&small()).unwrap();
    assert_eq!((caps.arch(), caps.version()), (Arch::X86_64, 9_001_002));
    for cap in [Cap::Kvm, Cap::VirtioNetFailover, Cap::DeviceVfioPci, Cap::BootStrict, Cap::ScreendumpDevice]
    {
        assert!(caps.has(cap), "{cap}");
    }
    assert!(!caps.has(Cap::DeviceTpmCrb), "nothing was said of it");
    let names = |accel| -> Vec<&str> { caps.machines(accel).iter().map(|m| &*m.name).collect() };
    assert_eq!(names(Accel::Kvm), ["pc-small", "isapc"]);
    assert_eq!(names(Accel::Tcg), ["pc-small"]);
    let usable: Vec<_> = caps.cpu_models(Accel::Kvm).iter().map(|m| (&*m.name, m.usable)).collect();
    assert_eq!(usable, [("Plain", Usable::Yes), ("Fancy", Usable::No)]);
}

/// The small conversation with `more` questions and replies at the end of the first session, under libvirt 12.9.
fn with(more: &[(&str, Value, Value)]) -> Caps {
    let mut conversation = Conversation::new();
    for (session, more) in small().sessions().iter().zip([more, &[]]) {
        session.exchanges().iter().cloned().for_each(|exchange| conversation.push(exchange));
        for (command, arguments, reply) in more.iter().cloned() {
            conversation.push(Exchange { command: command.to_owned(), arguments, reply: Ok(reply) });
        }
    }
    derive(&conversation, Release::V12_9).unwrap()
}

#[test]
fn the_accelerator_is_the_one_that_qemu_names() {
    let check = |enabled: &str, kvm: bool, flags: &[Cap], accels: &[Accel]| {
        let accelerators = json!({ "enabled": enabled, "present": ["kvm", "mshv", "tcg"] });
        let mut conversation = Conversation::new();
        for session in small().sessions() {
            for exchange in session.exchanges() {
                let mut exchange = exchange.clone();
                if exchange.command == "query-kvm" {
                    exchange.reply = Ok(json!({ "enabled": kvm, "present": true }));
                    conversation.push(Exchange {
                        command: "query-accelerators".into(),
                        arguments: Value::Null,
                        reply: Ok(accelerators.clone()),
                    });
                }
                conversation.push(exchange);
            }
        }
        let caps = derive(&conversation, Release::V12_9).unwrap();
        let found: Vec<Cap> =
            [Cap::Kvm, Cap::Hvf, Cap::Mshv].into_iter().filter(|cap| caps.has(*cap)).collect();
        assert_eq!(found, flags, "{enabled}");
        let found: Vec<Accel> =
            Accel::ALL.into_iter().filter(|accel| !caps.machines(*accel).is_empty()).collect();
        assert_eq!(found, accels, "{enabled}");
    };
    check("kvm", true, &[Cap::Kvm], &[Accel::Kvm, Accel::Tcg]);
    check("hvf", false, &[Cap::Hvf], &[Accel::Tcg, Accel::Hvf]);
    check("mshv", false, &[Cap::Mshv], &[Accel::Tcg]);
    check("tcg", false, &[], &[Accel::Tcg]);
}

#[test]
fn all_deprecated_features_are_those_of_the_full_expansion() {
    let expansion = |deprecated: Value| json!({ "model": { "name": "host", "props": { "te": true } }, "deprecated-props": deprecated });
    let asked = |kind: &str| json!({ "type": kind, "model": { "name": "host" } });
    let plain = ("query-cpu-model-expansion", asked("static"), expansion(json!(["te"])));
    let full = ("query-cpu-model-expansion", asked("full"), expansion(json!(["te", "cte"])));
    let check = |more: &[(&str, Value, Value)], deprecated: &[&str]| {
        let caps = with(more);
        let found: Vec<&str> =
            caps.host_cpu(Accel::Kvm).unwrap().deprecated.iter().map(|name| &**name).collect();
        assert_eq!(found, deprecated);
    };
    check(std::slice::from_ref(&plain), &["te"]);
    check(&[plain, full], &["te", "cte"]);
}

#[test]
fn parts_of_enlightenments_are_those_of_the_passthrough() {
    let arguments =
        json!({ "type": "full", "model": { "name": "host", "props": { "hv-passthrough": true } } });
    let props = json!({ "hv-stimer": true, "hv-stimer-direct": true, "hv-tlbflush-direct": false });
    let reply = json!({ "model": { "name": "host", "props": props } });
    let caps = with(&[("query-cpu-model-expansion", arguments, reply)]);
    let hyperv = caps.hyperv().unwrap();
    assert!(hyperv.has("stimer") && hyperv.stimer_direct.is_yes() && hyperv.tlbflush_direct.is_no());
    assert_eq!(hyperv.tlbflush_extended, Tristate::Absent);
}

#[test]
fn text_that_ends_anywhere() {
    for (at, _) in SMALL.char_indices() {
        // A conversation that ends within a JSON value cannot be parsed; one that ends between two values is shorter.
        match Conversation::parse(&SMALL[..at]) {
            Ok(shorter) => drop(caps(&shorter)),
            Err(why) => assert!(matches!(why, ConversationError::Json { .. }), "{at}: {why}"),
        }
    }
}

#[test]
fn a_connection_that_ends_early() {
    let lengths: Vec<usize> = small().sessions().iter().map(|session| session.exchanges().len()).collect();
    let first = lengths[0];
    let mut flags = 0;
    for length in 0..=lengths.iter().sum() {
        let mut taken = 0..length;
        match caps(&changed(|exchange| taken.next().map(|_| exchange.clone()))) {
            // A second session must have the replies for its accelerator.
            Err(DeriveError::Missing(_)) => assert!(flags == 0 || length > first),
            Err(other) => panic!("{length}: {other}"),
            Ok(caps) => {
                let now = caps.flags().iter().count();
                assert!(now >= flags, "more answers tell of more");
                flags = now;
            }
        }
    }
    assert!(flags > 0);
}

#[test]
fn any_answer_may_be_an_error() {
    let refusal = json!({ "class": "GenericError", "desc": "no" });
    let needed = ["query-version", "query-target", "query-qmp-schema", "qom-list-types", "query-machines"];
    for session in small().sessions() {
        for refused in session.exchanges() {
            let command = refused.command.as_str();
            let result = caps(&changed(|exchange| {
                let reply =
                    if exchange.command == command { Err(refusal.clone()) } else { exchange.reply.clone() };
                Some(Exchange { reply, ..exchange.clone() })
            }));
            match result {
                Ok(_) => assert!(!needed.contains(&command), "{command}"),
                Err(DeriveError::Missing(missing)) => assert_eq!(missing, command),
                Err(other) => panic!("{command}: {other}"),
            }
        }
    }
}

#[test]
fn any_answer_may_be_nonsense() {
    let deep = (0..100).fold(json!([]), |inner, _| json!([inner]));
    for nonsense in [json!(null), json!(7), json!("text"), json!([null, 7, [], {}]), json!({ "a": {} }), deep]
    {
        for session in small().sessions() {
            for spoilt in session.exchanges() {
                let result = caps(&changed(|exchange| {
                    let hit = exchange.command == spoilt.command;
                    let reply = if hit { Ok(nonsense.clone()) } else { exchange.reply.clone() };
                    Some(Exchange { reply, ..exchange.clone() })
                }));
                if let Err(DeriveError::Missing(named) | DeriveError::Form(named)) = result {
                    assert_eq!(named, spoilt.command);
                }
            }
        }
    }
}

#[test]
fn questions_in_another_order() {
    let sessions = small().sessions().to_vec();
    let mut conversation = Conversation::new();
    for session in &sessions {
        let (greeting, rest) = session.exchanges().split_first().unwrap();
        conversation.push(greeting.clone());
        rest.iter().rev().for_each(|exchange| conversation.push(exchange.clone()));
    }
    assert_eq!(caps(&conversation).unwrap().to_xml(), caps(&small()).unwrap().to_xml());
}

#[test]
fn answers_in_another_order() {
    let mut values: Vec<Value> =
        serde_json::Deserializer::from_str(SMALL).into_iter().map(Result::unwrap).collect();
    values.swap(3, 5);
    let text = values.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    assert_eq!(Conversation::parse(&text), Err(ConversationError::OutOfOrder(4)));
    values.swap(3, 5);
    values.swap(2, 3);
    let text = values.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    assert_eq!(Conversation::parse(&text), Err(ConversationError::NoRequest(3)));
}

#[test]
fn versions_and_targets_that_cannot_be() {
    let with = |command: &str, reply: Value| {
        caps(&changed(|exchange| {
            let hit = exchange.command == command;
            Some(Exchange {
                reply: if hit { Ok(reply.clone()) } else { exchange.reply.clone() },
                ..exchange.clone()
            })
        }))
    };
    for major in [json!(-1), json!(4_294_967_296_u64), json!(5000), json!("9"), json!(9.5)] {
        let version = json!({ "qemu": { "major": major, "minor": 0, "micro": 0 } });
        assert_eq!(with("query-version", version), Err(DeriveError::Form("query-version")));
    }
    let target = with("query-target", json!({ "arch": "pdp11" }));
    assert_eq!(target, Err(DeriveError::Target("pdp11".into())));
}
