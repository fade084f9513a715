//! Making alike what differs between two starts of the same guest: numbers of domains and descriptors, what is random, the
//! time.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// A pattern of this module.
#[expect(clippy::expect_used, reason = "the patterns are constants, which a test compiles")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a regular expression")
}

/// Declares patterns, each compiled once.
macro_rules! patterns {
    ($($name:ident = $text:literal;)+) => {
        $(static $name: LazyLock<Regex> = LazyLock::new(|| pattern($text));)+
    };
}

patterns! {
    DOMAIN = "domain--?[0-9]+-";
    HELPER = "/(swtpm|passt|slirp|dbus|ram|hugepages/libvirt/qemu)/-?[0-9]+-";
    FD_IN_JSON = r#""(fd|vhostfd)":"[0-9]+""#;
    FD = r"(^|[^[:word:]])(fd|vhostfd|opaque)=[0-9]+";
    FDS = r#""(fds|vhostfds)":"([0-9:]+)""#;
    SECRET = r#""(data|iv)":"[A-Za-z0-9+/=]+""#;
    FD_SET = "/dev/fdset/[0-9]+";
    SET = "^set=[0-9]+,";
    BASE = "^base=[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]+$";
    UUID = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
    MAC = "52:54:00(:[0-9a-f]{2}){3}";
    NUMBERS = r#""(?:fd|vhostfd)":"([0-9]+)"|(?:^|[^[:word:]])(?:fd|vhostfd)=([0-9]+)|"(?:fds|vhostfds)":"([0-9:]+)""#;
    QUOTED = r"(?:^|[^[:alpha:]])'([^'\n]{1,60})'";
}

/// The words with what differs from start to start replaced. `document` says what it leaves open.
pub fn words(words: &[String], document: &str) -> Vec<String> {
    let random_uuid = !document.contains("<uuid>");
    let random_mac = document.contains("<interface") && !document.contains("<mac");
    let at_start = document.contains("offset='variable'");
    let one = |word: &String| {
        let mut out = DOMAIN.replace_all(word, "domain-N-").into_owned();
        let mut replace = |pattern: &Regex, with: &str| out = pattern.replace_all(&out, with).into_owned();
        replace(&HELPER, "/$1/N-");
        replace(&FD_IN_JSON, r#""$1":"F""#);
        replace(&FD, "$1$2=F");
        replace(&FD_SET, "/dev/fdset/S");
        replace(&SET, "set=S,");
        if word.contains(r#""qom-type":"secret""#) {
            replace(&SECRET, r#""$1":"X""#);
        }
        if at_start {
            replace(&BASE, "base=T");
        }
        if random_uuid {
            replace(&UUID, "UUID");
        }
        if random_mac {
            replace(&MAC, "MAC");
        }
        let count = |found: &Captures<'_>| {
            let numbers = found.get(2).map_or(0, |list| list.as_str().matches(':').count() + 1);
            format!(r#""{}":"F*{numbers}""#, found.get(1).map_or("", |name| name.as_str()))
        };
        FDS.replace_all(&out, count).into_owned()
    };
    words.iter().map(one).collect()
}

/// The words of a command line, an option with its value on one line.
pub fn lines(command: &[String], document: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut open = false;
    for (n, word) in words(command, document).into_iter().enumerate() {
        let is_option = n > 0 && word.starts_with('-');
        if let Some(option) = out.last_mut().filter(|_| open && !is_option) {
            *option = format!("{option} {word}");
            open = false;
        } else {
            out.push(word);
            open = is_option;
        }
    }
    out
}

/// The numbers of descriptors that are named more than once.
pub fn repeated(command: &[String]) -> Vec<String> {
    let named = |word: &String| -> Vec<String> {
        let lists = NUMBERS
            .captures_iter(word)
            .filter_map(|found| (1..=3).find_map(|n| found.get(n)).map(|list| list.as_str().to_owned()));
        lists.flat_map(|list| list.split(':').map(str::to_owned).collect::<Vec<_>>()).collect()
    };
    let mut numbers: Vec<String> = command.iter().flat_map(named).collect();
    numbers.sort();
    let mut twice: Vec<String> = numbers
        .windows(2)
        .filter(|pair| pair.first() == pair.last())
        .filter_map(<[String]>::first)
        .cloned()
        .collect();
    twice.dedup();
    twice
}

/// The classes of messages that are compared.
const CLASSES: &[&str] = &[
    "XML error",
    "unsupported configuration",
    "internal error",
    "invalid argument",
    "Requested operation is not valid",
    "operation failed",
];

/// Whether our report has the class and all quoted values of libvirt's message.
pub fn reason(theirs: &str, ours: &str) -> bool {
    let class =
        CLASSES.iter().find(|class| theirs.strip_prefix(**class).is_some_and(|rest| rest.starts_with(':')));
    let same_class = class.is_none_or(|class| ours.contains(&format!("{class}:")));
    let value = |found: Captures<'_>| found.get(1).is_none_or(|value| ours.contains(value.as_str()));
    same_class && QUOTED.captures_iter(theirs).all(value)
}

#[cfg(test)]
mod tests {
    use super::{lines, reason, repeated, words};

    fn owned(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn what_differs_between_starts_is_alike() {
        let check = |word: &str, document: &str, expected: &str| {
            assert_eq!(words(&owned(&[word]), document), [expected]);
        };
        check("/var/lib/libvirt/qemu/domain-41-net/x", "", "/var/lib/libvirt/qemu/domain-N-net/x");
        check("/run/libvirt/qemu/swtpm/-1-a.sock", "", "/run/libvirt/qemu/swtpm/N-a.sock");
        check(r#"{"fd":"31","id":"n"}"#, "", r#"{"fd":"F","id":"n"}"#);
        check(r#"{"fds":"3:4:5"}"#, "", r#"{"fds":"F*3"}"#);
        check("socket,fd=7,server=on", "", "socket,fd=F,server=on");
        check(r#"{"qom-type":"secret","data":"aa=="}"#, "", r#"{"qom-type":"secret","data":"X"}"#);
        check(r#"{"qom-type":"other","data":"aa=="}"#, "", r#"{"qom-type":"other","data":"aa=="}"#);
        check("set=3,fd=9,opaque=0", "", "set=S,fd=F,opaque=F");
        let uuid = "0b6a5c2e-6a4b-4c8e-9a53-2b7a4f3e9d10";
        check(uuid, "", "UUID");
        check(uuid, "<uuid>", uuid);
        check("mac=52:54:00:11:22:33", "<interface", "mac=MAC");
        check("base=2026-01-02T03:04:05", "offset='variable'", "base=T");
    }

    #[test]
    fn options_have_their_values() {
        let line = lines(&owned(&["qemu", "-no-acpi", "-name", "a", "-S"]), "");
        assert_eq!(line, ["qemu", "-no-acpi", "-name a", "-S"]);
    }

    #[test]
    fn descriptors_named_twice_are_found() {
        assert_eq!(repeated(&owned(&["fd=3", r#"{"vhostfds":"4:3"}"#])), ["3"]);
        assert!(repeated(&owned(&["fd=3", r#"{"vhostfds":"4:5"}"#])).is_empty());
    }

    #[test]
    fn reasons_have_class_and_values() {
        assert!(reason("internal error: no 'x'", "error: internal error: there is no 'x' here"));
        assert!(!reason("internal error: no 'x'", "error: XML error: there is no 'x' here"));
        assert!(!reason("internal error: no 'x'", "error: internal error: there is no 'y' here"));
    }
}
