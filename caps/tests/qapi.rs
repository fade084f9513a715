//! Checking values against a QAPI schema and properties. The schema is written for these tests.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

use serde_json::{Value, json};
use virtargv_caps::derive::Conversation;
use virtargv_caps::qapi::{
    Described, Form, Property, Replies, RepliesError, Schema, SchemaError, check_properties, nested, pairs,
};

/// A schema with a type of each kind. As in QEMU, names of types are numbers, and those of built-in types are not.
fn schema() -> Value {
    json!([
        { "meta-type": "command", "name": "store-add", "arg-type": "1", "ret-type": "0" },
        { "meta-type": "command", "name": "query-stores", "arg-type": "0", "ret-type": "[1]" },
        { "meta-type": "event", "name": "STORE_GONE", "arg-type": "0" },
        { "meta-type": "object", "name": "0", "members": [] },
        { "meta-type": "array", "name": "[1]", "element-type": "1" },
        { "meta-type": "object", "name": "1", "tag": "driver",
          "variants": [{ "case": "disk", "type": "3" }, { "case": "net", "type": "4" }],
          "members": [
            { "name": "driver", "type": "2" },
            { "name": "id", "type": "str" },
            { "name": "read-only", "type": "bool", "default": null },
            { "name": "old", "type": "bool", "default": null, "features": ["deprecated"] },
          ] },
        { "meta-type": "enum", "name": "2",
          "members": [{ "name": "disk" }, { "name": "net" }, { "name": "none" }],
          "values": ["disk", "net", "none"] },
        { "meta-type": "object", "name": "3", "members": [
            { "name": "path", "type": "str" },
            { "name": "size", "type": "int", "default": null },
            { "name": "ratio", "type": "number", "default": null },
            { "name": "below", "type": "5", "default": null },
            { "name": "cache", "type": "6", "default": null },
        ] },
        { "meta-type": "object", "name": "4", "members": [
            { "name": "servers", "type": "[7]" },
            { "name": "words", "type": "[8]", "default": null },
            { "name": "cpus", "type": "[int]", "default": null },
            { "name": "extra", "type": "any", "default": null },
        ] },
        { "meta-type": "alternate", "name": "5", "members": [{ "type": "1" }, { "type": "str" }, { "type": "null" }] },
        { "meta-type": "enum", "name": "6", "members": [{ "name": "on" }, { "name": "unsafe", "features": ["deprecated"] }],
          "values": ["on", "unsafe"] },
        { "meta-type": "array", "name": "[7]", "element-type": "7" },
        { "meta-type": "object", "name": "7", "members": [{ "name": "host", "type": "str" }, { "name": "port", "type": "int" }] },
        { "meta-type": "array", "name": "[8]", "element-type": "8" },
        { "meta-type": "object", "name": "8", "members": [{ "name": "str", "type": "str" }] },
        { "meta-type": "array", "name": "[int]", "element-type": "int" },
        { "meta-type": "builtin", "name": "str", "json-type": "string" },
        { "meta-type": "builtin", "name": "int", "json-type": "int" },
        { "meta-type": "builtin", "name": "number", "json-type": "number" },
        { "meta-type": "builtin", "name": "bool", "json-type": "boolean" },
        { "meta-type": "builtin", "name": "null", "json-type": "null" },
        { "meta-type": "builtin", "name": "any", "json-type": "value" },
    ])
}

/// What is wrong with `value` as arguments of `store-add`, with the help after a semicolon.
fn found(value: &Value, form: Form) -> Vec<String> {
    let schema = Schema::of(&schema()).unwrap();
    let found = schema.check(schema.arguments("store-add").unwrap(), value, form);
    let said = |help: Option<String>| help.map_or(String::new(), |help| format!("; {help}"));
    found.iter().map(|mismatch| format!("{mismatch}{}", said(mismatch.help()))).collect()
}

#[track_caller]
fn check(value: Value, expected: &[&str]) {
    assert_eq!(found(&value, Form::Json), expected, "{value}");
}

#[track_caller]
fn check_text(text: &str, expected: &[&str]) {
    let value = nested(&pairs(text, Some("driver")).unwrap()).unwrap();
    assert_eq!(found(&Value::Object(value), Form::Text), expected, "{text}");
}

#[test]
fn what_the_schema_has_is_accepted() {
    for value in [
        json!({ "driver": "disk", "id": "a", "path": "/x" }),
        json!({ "driver": "none", "id": "a" }),
        json!({ "driver": "disk", "id": "a", "path": "/x", "size": u64::MAX, "ratio": 1.5, "read-only": true }),
        json!({ "driver": "disk", "id": "a", "path": "/x", "size": -1, "ratio": 1, "cache": "on" }),
        json!({ "driver": "disk", "id": "a", "path": "/x", "below": "other" }),
        json!({ "driver": "disk", "id": "a", "path": "/x", "below": null }),
        json!({ "driver": "disk", "id": "a", "path": "/x", "below": { "driver": "disk", "id": "b", "path": "/y" } }),
        json!({ "driver": "net", "id": "a", "servers": [{ "host": "h", "port": 1 }], "extra": [1, { "x": null }] }),
        json!({ "driver": "net", "id": "a", "servers": [], "words": [{ "str": "w" }], "cpus": [0, 1] }),
    ] {
        check(value, &[]);
    }
}

#[test]
fn an_unknown_member_is_found_with_the_nearest_known_one() {
    check(
        json!({ "driver": "disk", "id": "a", "path": "/x", "sise": 1 }),
        &["`sise` is not known; did you mean `size`?"],
    );
    // The member of another variant.
    check(json!({ "driver": "disk", "id": "a", "path": "/x", "servers": [] }), &["`servers` is not known"]);
    check(json!({ "driver": "none", "id": "a", "path": "/x" }), &["`path` is not known"]);
    check(
        json!({ "driver": "disk", "id": "a", "path": "/x", "below": { "driver": "none", "id": "b", "far-off": 1 } }),
        &["`below.far-off` is not known"],
    );
    check(
        json!({ "driver": "net", "id": "a", "servers": [{ "host": "h", "port": 1 }, { "hots": "h", "port": 1 }] }),
        &["`servers.1.host` is missing", "`servers.1.hots` is not known; did you mean `host`?"],
    );
}

#[test]
fn a_missing_member_is_found() {
    check(json!({ "driver": "disk", "path": "/x" }), &["`id` is missing"]);
    check(json!({ "driver": "disk", "id": "a" }), &["`path` is missing"]);
    // Nobody knows what else belongs to it then.
    check(json!({ "id": "a", "path": "/x" }), &["`driver` is missing"]);
    check(
        json!({ "driver": "disk", "id": "a", "path": "/x", "below": { "driver": "disk", "id": "b" } }),
        &["`below.path` is missing"],
    );
}

#[test]
fn a_value_of_another_type_is_found() {
    let disk = |member: &str, value: Value| {
        let mut disk = json!({ "driver": "disk", "id": "a", "path": "/x" });
        disk[member] = value;
        disk
    };
    check(disk("id", json!(1)), &["`id` is `1`, which is not a string; QEMU expects a string"]);
    check(
        disk("size", json!("1")),
        &["`size` is the string `1`, which is not an integer; QEMU expects an integer"],
    );
    check(disk("size", json!(1.5)), &["`size` is `1.5`, which is not an integer; QEMU expects an integer"]);
    check(
        disk("ratio", json!("1")),
        &["`ratio` is the string `1`, which is not a number; QEMU expects a number"],
    );
    check(
        disk("read-only", json!("on")),
        &["`read-only` is the string `on`, which is not a boolean; QEMU expects a boolean"],
    );
    check(disk("path", json!({})), &["`path` is an object, which is not a string; QEMU expects a string"]);
    check(disk("cache", json!(true)), &["`cache` is `true`, which is not a string; QEMU expects a string"]);
    check(
        disk("below", json!(1)),
        &[
            "`below` is `1`, which is not an object or a string or null; QEMU expects an object or a string or null",
        ],
    );
    check(
        json!({ "driver": "net", "id": "a", "servers": { "host": "h", "port": 1 } }),
        &["`servers` is an object, which is not an array; QEMU expects an array"],
    );
    check(
        json!({ "driver": "net", "id": "a", "servers": ["h"] }),
        &["`servers.0` is the string `h`, which is not an object; QEMU expects an object"],
    );
    check(json!(["driver"]), &["the value is an array, which is not an object; QEMU expects an object"]);
}

#[test]
fn an_unknown_word_is_found() {
    check(
        json!({ "driver": "disc", "id": "a", "path": "/x" }),
        &["`driver` is `disc`, which is not one of its words; did you mean `disk`?"],
    );
    check(
        json!({ "driver": "disk", "id": "a", "path": "/x", "cache": "none" }),
        &["`cache` is `none`, which is not one of its words; QEMU accepts `on`, `unsafe`"],
    );
}

#[test]
fn deprecated_members_and_words_are_found_and_no_errors() {
    let value = json!({ "driver": "disk", "id": "a", "path": "/x", "old": true, "cache": "unsafe" });
    check(value.clone(), &["`old` is deprecated", "`cache` is deprecated"]);
    let schema = Schema::of(&schema()).unwrap();
    let found = schema.check(schema.arguments("store-add").unwrap(), &value, Form::Json);
    assert!(found.iter().all(|mismatch| !mismatch.is_error()));
}

#[test]
fn texts_are_converted_as_qemu_does() {
    check_text("disk,id=a,path=/x,size=0x10,ratio=1.5,read-only=on", &[]);
    check_text("disk,id=a,path=/x,size=10G,read-only=no,below=other", &[]);
    check_text("disk,id=a,path=a,,b,below.driver=disk,below.id=b,below.path=/y", &[]);
    check_text("net,id=a,servers.0.host=h,servers.0.port=1,words=one,words=two,cpus=0-3,cpus=7", &[]);
    // The last one of a key that is no list counts.
    check_text("none,id=a,driver=disk,path=x,path=y", &[]);
    check_text(
        "disk,id=a,path=/x,size=ten",
        &["`size` is the string `ten`, which is not an integer; QEMU expects an integer"],
    );
    check_text(
        "disk,id=a,path=/x,read-only=perhaps",
        &["`read-only` is the string `perhaps`, which is not a boolean; QEMU expects a boolean"],
    );
    check_text(
        "net,id=a,servers.0.host=h,servers.0.port=one",
        &["`servers.0.port` is the string `one`, which is not an integer; QEMU expects an integer"],
    );
    check_text(
        "net,id=a,servers.0.host=h,servers.0.port=1,cpus=0-x",
        &["`cpus` is the string `0-x`, which is not an integer or a range of them; \
             QEMU expects an integer or a range of them"],
    );
    check_text("disk,id=a,path=/x,pat=/y", &["`pat` is not known; did you mean `path`?"]);
}

#[test]
fn lists_that_qemu_cannot_read_are_refused() {
    let check = |text: &str, expected: &str| {
        let read = pairs(text, Some("driver")).and_then(|pairs| nested(&pairs));
        assert_eq!(read.unwrap_err().to_string(), expected, "{text}");
    };
    check("disk,=x", "an item has no key: `=x`");
    check("disk,path", "`path` has no value");
    check("disk,a=1,a.b=2", "`a.b` has a value and members too");
    check("disk,a.b=2,a=1", "`a` has a value and members too");
}

#[test]
fn a_schema_of_another_form_is_refused() {
    let check = |schema: Value, expected: SchemaError| assert_eq!(Schema::of(&schema).unwrap_err(), expected);
    check(json!({}), SchemaError::NotAList);
    let form = |member| SchemaError::Form { entity: "1".to_owned(), member };
    check(json!([{ "name": "1" }]), form("meta-type"));
    check(json!([{ "name": "1", "meta-type": "builtin", "json-type": "colour" }]), form("json-type"));
    check(json!([{ "name": "1", "meta-type": "object" }]), form("members"));
    check(json!([{ "name": "1", "meta-type": "object", "members": [], "tag": "x" }]), form("variants"));
    check(json!([{ "name": "1", "meta-type": "enum" }]), form("values"));
    check(json!([{ "name": "1", "meta-type": "array" }]), form("element-type"));
}

/// A file can say anything: types that contain themselves must not end the process.
#[test]
fn types_without_end_are_endured() {
    let schema = Schema::of(&json!([
        { "meta-type": "command", "name": "add", "arg-type": "1", "ret-type": "1" },
        { "meta-type": "object", "name": "1", "tag": "t", "variants": [{ "case": "a", "type": "1" }],
          "members": [{ "name": "t", "type": "2" }, { "name": "next", "type": "[3]", "default": null }] },
        { "meta-type": "enum", "name": "2", "values": ["a"] },
        { "meta-type": "array", "name": "[3]", "element-type": "[3]" },
        { "meta-type": "alternate", "name": "4", "members": [{ "type": "4" }] },
    ]))
    .unwrap();
    for form in [Form::Json, Form::Text] {
        let mut next = json!("x");
        for _ in 0..100 {
            next = json!([next]);
        }
        assert!(!schema.check("1", &json!({ "t": "a", "next": next }), form).is_empty());
        assert!(!schema.check("1", &json!({ "t": "a", "next": "x" }), form).is_empty());
        assert!(!schema.check("4", &json!("x"), form).is_empty());
    }
}

fn property(name: &str, of: &str) -> Property {
    Property { name: name.into(), of: of.into() }
}

#[test]
fn properties_are_checked_by_the_types_that_qom_names() {
    let properties = [
        property("mac", "str"),
        property("vectors", "uint32"),
        property("failover", "bool"),
        property("event_idx", "OnOffAuto"),
        property("addr", "int32"),
        property("iothread", "link<iothread>"),
        property("werror", "BlockdevOnError"),
    ];
    let check = |form: Form, name: &str, value: Value, is_accepted: bool| {
        let object = json!({ "driver": "x", name: value });
        let found = check_properties(&properties, &["driver"], object.as_object().unwrap(), form);
        assert_eq!(found.is_empty(), is_accepted, "{object} {form:?}: {found:?}");
    };
    for (name, accepted, refused) in [
        ("mac", json!("52:54:00:00:00:01"), json!(5)),
        ("vectors", json!(4), json!("4")),
        ("failover", json!(true), json!("on")),
        ("event_idx", json!("auto"), json!(true)),
        ("event_idx", json!("on"), json!("yes")),
        ("addr", json!("1e.0"), json!("xy")),
        ("addr", json!(-1), json!(true)),
        ("iothread", json!("io1"), json!(1)),
    ] {
        check(Form::Json, name, accepted, true);
        check(Form::Json, name, refused, false);
    }
    for (name, accepted, refused) in [
        ("vectors", "4", "four"),
        ("vectors", "0x4", "-"),
        ("failover", "off", "maybe"),
        ("event_idx", "auto", "maybe"),
        ("addr", "0x2.0x1", "slot"),
    ] {
        check(Form::Text, name, json!(accepted), true);
        check(Form::Text, name, json!(refused), false);
    }
    // Its words are told nowhere.
    check(Form::Json, "werror", json!("anything"), true);
    check(Form::Json, "vector", json!(4), false);
}

#[test]
fn replies_tell_types_that_are_missing_from_those_not_asked_for() {
    let recorded = format!(
        r#"{{"execute":"qmp_capabilities"}} {{"return":{{}}}}
        {{"execute":"query-version"}} {{"return":{{"qemu":{{"major":9,"minor":1,"micro":2}},"package":""}}}}
        {{"execute":"query-qmp-schema"}} {{"return":{}}}
        {{"execute":"query-command-line-options"}} {{"return":[{{"option":"mon","parameters":[
          {{"name":"mode","type":"string"}}]}},{{"option":"empty","parameters":[]}}]}}
        {{"execute":"qom-list-types"}} {{"return":[{{"name":"e1000"}},{{"name":"rtl8139"}},{{"name":"odd"}}]}}
        {{"execute":"device-list-properties","arguments":{{"typename":"e1000"}}}} {{"return":[{{"name":"mac","type":"str"}}]}}
        {{"execute":"device-list-properties","arguments":{{"typename":"odd"}}}} {{"error":{{"class":"GenericError"}}}}"#,
        schema()
    );
    let conversation = Conversation::parse(&recorded).unwrap();
    let replies = Replies::of(&conversation).unwrap();
    assert_eq!(replies.version(), "9.1.2");
    assert_eq!(replies.device("e1000"), Described::Properties(&[property("mac", "str")]));
    assert_eq!(replies.device("rtl8139"), Described::NotAsked);
    assert_eq!(replies.device("odd"), Described::NotAsked);
    assert_eq!(replies.device("e100"), Described::NoType);
    assert_eq!(replies.object("e1000"), Described::NotAsked);
    assert_eq!(replies.group("mon").map(<[Property]>::len), Some(1));
    assert_eq!((replies.group("empty"), replies.group("gone")), (None, None));
    assert!(replies.schema().cases("1").is_some_and(|cases| cases == ["disk", "net", "none"]));
    // What is written is read again.
    assert_eq!(Conversation::parse(&conversation.to_text()).unwrap(), conversation);

    let without = Conversation::parse(r#"{"execute":"qmp_capabilities"} {"return":{}}"#).unwrap();
    assert_eq!(Replies::of(&without).unwrap_err(), RepliesError::NoSchema);
}
