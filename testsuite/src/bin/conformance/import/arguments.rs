//! The arguments of a case: `ARG_X` with its values, and what they are in `cases.jsonl`.

use serde_json::{Map, Value};

use super::fault::{Fault, NOT_KNOWN};
use super::token::{Kind, Token, shown, text, word};
use crate::case::Expect;

/// The arguments of a case.
#[derive(Debug, Default)]
pub struct Arguments {
    /// The keys of `cases.jsonl` that they set, in their order.
    pub keys: Map<String, Value>,
    /// The variant of the capabilities (`+hvf`), which is part of the names of expected files.
    pub variant: String,
    flags: Vec<String>,
}

impl Arguments {
    /// What the case expects.
    pub fn expect(&self) -> Expect {
        // A list that names both means a case that is refused while the document is read.
        if self.has("FLAG_EXPECT_PARSE_ERROR") {
            Expect::ParseError
        } else if self.has("FLAG_EXPECT_FAILURE") {
            Expect::Failure
        } else {
            Expect::Argv
        }
    }

    fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|set| set == flag)
    }

    /// Reads the arguments.
    pub fn read(args: &[&[Token]], line: u32) -> Result<Self, Fault> {
        let mut list = List { args, line };
        let mut read = Self::default();
        while let Some(name) = list.next_word()? {
            if name == "ARG_END" {
                break;
            }
            read.one(name, &mut list)?;
        }
        for (flag, key) in FLAGS.iter().filter_map(|(flag, key)| Some((flag, (*key)?))) {
            if read.has(flag) {
                read.set(key, Value::Bool(true));
            }
        }
        Ok(read)
    }

    fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.keys.insert(key.to_owned(), value.into());
    }

    /// Reads the values of the argument `name`.
    fn one(&mut self, name: &str, list: &mut List<'_, '_>) -> Result<(), Fault> {
        match name {
            // The end of a list of flags that had an end of its own.
            "QEMU_CAPS_LAST" => {}
            "ARG_QEMU_CAPS" => self.set("flags", list.words(name, "QEMU_CAPS_LAST")?),
            "ARG_QEMU_CAPS_DEL" => self.set("flags_del", list.words(name, "QEMU_CAPS_LAST")?),
            "ARG_NBDKIT_CAPS" => self.set("nbdkit", list.words(name, "QEMU_NBDKIT_CAPS_LAST")?),
            "ARG_GIC" => self.set("gic", list.word(name)?),
            "ARG_HOST_OS" => self.set("host_os", list.word(name)?),
            "ARG_CAPS_HOST_CPU_MODEL" => self.set("host_cpu_model", list.word(name)?),
            "ARG_MIGRATE_FROM" => self.set("migrate_from", list.text(name)?),
            "ARG_MIGRATE_FD" => self.set("migrate_fd", list.number(name)?),
            "ARG_CAPS_ARCH" => self.set("caps_arch", list.text(name)?),
            "ARG_CAPS_VER" => self.set("caps_ver", list.text(name)?),
            "ARG_CAPS_VARIANT" => {
                self.variant = list.text(name)?;
                self.set("caps_variant", self.variant.clone());
            }
            // A later one replaces an earlier one.
            "ARG_FLAGS" => {
                self.flags = list.set(name, |flag| FLAGS.iter().any(|(known, _)| *known == flag))?;
            }
            "ARG_PARSEFLAGS" => {
                let flags = list.set(name, |flag| parse_flag(flag).is_some())?;
                let flags: Vec<&str> = flags.iter().filter_map(|flag| parse_flag(flag)).collect();
                self.set("parse_flags", flags);
            }
            "ARG_FD_GROUP" => self.descriptors(name, list)?,
            "ARG_VDPA_FD" => {
                let device = list.text(name)?;
                let number = list.number(name)?;
                self.member("vdpa_fds", device, number.into());
            }
            _ => return Err(Fault::at(list.line, format!("the argument '{name}' is not known"), NOT_KNOWN)),
        }
        Ok(())
    }

    /// Reads name, whether it may be written to (later releases only), number of descriptors, descriptors.
    fn descriptors(&mut self, name: &str, list: &mut List<'_, '_>) -> Result<(), Fault> {
        let group = list.text(name)?;
        let mut members = Map::new();
        if let Some(writable) = list.boolean() {
            members.insert("writable".to_owned(), writable.into());
        }
        let count = list.number(name)?;
        let numbers = (0..count).map(|_| list.number(name)).collect::<Result<Vec<u64>, _>>()?;
        members.insert("fds".to_owned(), numbers.into());
        self.member("fd_groups", group, members.into());
        Ok(())
    }

    /// Adds a member to the object of `key`.
    fn member(&mut self, key: &str, name: String, value: Value) {
        let object = self.keys.entry(key).or_insert_with(|| Map::new().into());
        if let Some(object) = object.as_object_mut() {
            object.insert(name, value);
        }
    }
}

/// What `ARG_FLAGS` may have, with the key of `cases.jsonl` that it sets.
const FLAGS: &[(&str, Option<&str>)] = &[
    ("FLAG_EXPECT_FAILURE", None),
    ("FLAG_EXPECT_PARSE_ERROR", None),
    ("FLAG_REAL_CAPS", None),
    ("FLAG_ALLOW_DUPLICATE_OUTPUT", None),
    ("FLAG_ALLOW_MISSING_INPUT", Some("missing_input")),
    ("FLAG_FIPS_HOST", Some("fips_host")),
    ("FLAG_SKIP_LEGACY_CPUS", Some("skip_legacy_cpus")),
    ("FLAG_SLIRP_HELPER", Some("slirp_helper")),
];

/// The word of `parse_flags` for a flag of libvirt's parser.
fn parse_flag(flag: &str) -> Option<&'static str> {
    match flag {
        "VIR_DOMAIN_DEF_PARSE_ABI_UPDATE" => Some("abi_update"),
        "VIR_DOMAIN_DEF_PARSE_SKIP_VALIDATE" => Some("skip_validate"),
        _ => None,
    }
}

/// The arguments that are not read yet.
struct List<'a, 'b> {
    args: &'b [&'a [Token]],
    line: u32,
}

impl<'a> List<'a, '_> {
    fn next(&mut self) -> Option<&'a [Token]> {
        let (first, rest) = self.args.split_first()?;
        self.args = rest;
        Some(first)
    }

    /// The name of the next argument.
    fn next_word(&mut self) -> Result<Option<&'a str>, Fault> {
        let Some(tokens) = self.next() else { return Ok(None) };
        match word(tokens) {
            Some(word) => Ok(Some(word)),
            None => Err(self.fault(format!("'{}' is where the name of an argument is due", shown(tokens)))),
        }
    }

    fn fault(&self, what: String) -> Fault {
        Fault::at(self.line, what, NOT_KNOWN)
    }

    /// The next value, as `read` understands it.
    fn value<T>(
        &mut self,
        name: &str,
        kind: &str,
        read: impl Fn(&'a [Token]) -> Option<T>,
    ) -> Result<T, Fault> {
        let value = self.next().unwrap_or_default();
        read(value).ok_or_else(|| self.fault(format!("'{}' of '{name}' is not {kind}", shown(value))))
    }

    fn word(&mut self, name: &str) -> Result<&'a str, Fault> {
        self.value(name, "a name", word)
    }

    fn text(&mut self, name: &str) -> Result<String, Fault> {
        self.value(name, "a string", text)
    }

    fn number(&mut self, name: &str) -> Result<u64, Fault> {
        let number = |tokens: &[Token]| match tokens {
            [Token { kind: Kind::Number(number), .. }] => Some(*number),
            _ => None,
        };
        self.value(name, "a number", number)
    }

    /// `true` or `false`, if one is next.
    fn boolean(&mut self) -> Option<bool> {
        let value = match self.args.first().copied().and_then(word)? {
            "true" => true,
            "false" => false,
            _ => return None,
        };
        self.next();
        Some(value)
    }

    /// The names up to `last`.
    fn words(&mut self, name: &str, last: &str) -> Result<Vec<&'a str>, Fault> {
        let mut words = Vec::new();
        loop {
            // An address is beyond all flags, so it ends the list: that of 7.0 has an architecture in one.
            if self.args.first().is_some_and(|value| text(value).is_some()) {
                self.next();
                return Ok(words);
            }
            match self.word(name)? {
                word if word == last => return Ok(words),
                word if word.starts_with("ARG_") => {
                    return Err(self.fault(format!("the list of '{name}' has no '{last}' before '{word}'")));
                }
                word => words.push(word),
            }
        }
    }

    /// The names that are joined by `|`, all of which are `known`.
    fn set(&mut self, name: &str, known: impl Fn(&str) -> bool) -> Result<Vec<String>, Fault> {
        let value = self.next().unwrap_or_default();
        if let [Token { kind: Kind::Number(0), .. }] = value {
            return Ok(Vec::new());
        }
        let one = |part: &[Token]| match word(part).filter(|word| known(word)) {
            Some(word) => Ok(word.to_owned()),
            None => Err(self.fault(format!("'{}' of '{name}' is not known", shown(part)))),
        };
        super::token::split(value, '|').into_iter().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::token::{split, tokens};

    fn read(list: &str) -> Result<String, String> {
        let tokens = tokens(list, "").unwrap();
        let read =
            Arguments::read(&split(&tokens, ','), 3).map_err(|fault| fault.of("list.c").to_string())?;
        let keys = serde_json::to_string(&read.keys).unwrap();
        Ok(format!("{} {keys}{}", read.expect().word(), read.variant))
    }

    #[test]
    fn arguments_become_keys() {
        let check = |list, expected| assert_eq!(read(list).as_deref(), Ok(expected), "{list}");
        check("ARG_END", "argv {}");
        check("ARG_QEMU_CAPS, QEMU_CAPS_LAST, QEMU_CAPS_LAST, ARG_END", r#"argv {"flags":[]}"#);
        check(
            "ARG_GIC, GIC_V2, ARG_QEMU_CAPS, A, B, QEMU_CAPS_LAST",
            r#"argv {"gic":"GIC_V2","flags":["A","B"]}"#,
        );
        check(
            "ARG_CAPS_ARCH, \"x\" \"y\", ARG_CAPS_VARIANT, \"+v\"",
            r#"argv {"caps_arch":"xy","caps_variant":"+v"}+v"#,
        );
        check("ARG_FLAGS, FLAG_EXPECT_FAILURE | FLAG_EXPECT_PARSE_ERROR", "parse_error {}");
        check(
            "ARG_FLAGS, FLAG_EXPECT_FAILURE, ARG_FLAGS, FLAG_SLIRP_HELPER",
            r#"argv {"slirp_helper":true}"#,
        );
        check("ARG_PARSEFLAGS, VIR_DOMAIN_DEF_PARSE_ABI_UPDATE", r#"argv {"parse_flags":["abi_update"]}"#);
        check(
            "ARG_MIGRATE_FROM, \"fd:7\", ARG_MIGRATE_FD, 7",
            r#"argv {"migrate_from":"fd:7","migrate_fd":7}"#,
        );
        check("ARG_VDPA_FD, \"/dev/v\", 9", r#"argv {"vdpa_fds":{"/dev/v":9}}"#);
        check(
            "ARG_FD_GROUP, \"a\", true, 2, 5, 6, ARG_FD_GROUP, \"b\", 1, 7",
            r#"argv {"fd_groups":{"a":{"writable":true,"fds":[5,6]},"b":{"fds":[7]}}}"#,
        );
        check("ARG_NBDKIT_CAPS, N, QEMU_NBDKIT_CAPS_LAST, ARG_END", r#"argv {"nbdkit":["N"]}"#);
    }

    #[test]
    fn what_is_not_understood_is_a_fault() {
        let check = |list, expected| {
            let fault = read(list).unwrap_err();
            assert_eq!(fault.lines().next(), Some(expected), "{list}");
        };
        check("ARG_NEW, 1", "list.c:3: the argument 'ARG_NEW' is not known");
        check("ARG_FLAGS, FLAG_NEW", "list.c:3: 'FLAG_NEW' of 'ARG_FLAGS' is not known");
        check("ARG_MIGRATE_FD, \"x\"", "list.c:3: '\"x\"' of 'ARG_MIGRATE_FD' is not a number");
        check("ARG_GIC", "list.c:3: '' of 'ARG_GIC' is not a name");
        check(
            "ARG_QEMU_CAPS, A, ARG_END",
            "list.c:3: the list of 'ARG_QEMU_CAPS' has no 'QEMU_CAPS_LAST' before 'ARG_END'",
        );
        check("\"x\"", "list.c:3: '\"x\"' is where the name of an argument is due");
    }
}
