//! What differs between two answers of `virsh domxml-to-native`.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

/// A pattern of this module.
#[expect(clippy::expect_used, reason = "the patterns are constants, which a test compiles")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a regular expression")
}

static DESCRIPTOR: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#""(fd|vhostfd)":"[0-9]+"|(?-u:\b)(fd|vhostfd)=[0-9]+"#));
static SECRET: LazyLock<Regex> = LazyLock::new(|| pattern(r#""(data|iv)":"[A-Za-z0-9+/=]+""#));
static TIME: LazyLock<Regex> = LazyLock::new(|| pattern("base=[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]+"));
static MAC: LazyLock<Regex> = LazyLock::new(|| pattern("52:54:00(:[0-9a-f]{2}){3}"));
static UUID: LazyLock<Regex> = LazyLock::new(|| pattern("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"));

/// The command line `args` without numbers of descriptors, and without what `varies` says differs.
pub fn comparable(args: &str, varies: impl Fn(&str) -> bool) -> String {
    // An argument that is no option stands on a line of its own there.
    let mut options: Vec<String> = Vec::new();
    for line in args.split(" \\\n") {
        match options.last_mut() {
            Some(option) if !line.starts_with('-') => *option = format!("{option} {line}"),
            _ => options.push(line.to_owned()),
        }
    }
    let mut out: Cow<'_, str> = options.join(" \\\n").into();
    let mut replace =
        |pattern: &Regex, with: &str| out = Cow::Owned(pattern.replace_all(&out, with).into_owned());
    replace(&DESCRIPTOR, "$1$2=F");
    if varies("iv") {
        replace(&SECRET, "$1=X");
    }
    if varies("time") {
        replace(&TIME, "base=T");
    }
    for what in ["mac", "genid"] {
        if varies(what) {
            replace(if what == "mac" { &MAC } else { &UUID }, what);
        }
    }
    out.into_owned()
}

/// The completed domain `xml` without what `varies` says differs.
pub fn comparable_domain(xml: &str, varies: impl Fn(&str) -> bool) -> Cow<'_, str> {
    match (varies("mac"), varies("genid")) {
        (true, _) => MAC.replace_all(xml, "mac"),
        (false, true) => UUID.replace_all(xml, "genid"),
        (false, false) => Cow::Borrowed(xml),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_left_out() {
        let check = |args, varies: &str, expected: &str| {
            assert_eq!(comparable(args, |what| what == varies), expected);
        };
        check(r#"{"type":"tap","fd":"31"} vhostfd=7,id=3"#, "", r#"{"type":"tap",fd=F} vhostfd=F,id=3"#);
        check(r#""data":"a+/=""#, "", r#""data":"a+/=""#);
        check(r#""data":"a+/=""#, "iv", "data=X");
        check("base=2026-11-29T00:00:00", "time", "base=T");
        check("mac=52:54:00:01:02:03", "mac", "mac=mac");
        check("-a 1 \\\nb", "", "-a 1 b");
        check("01234567-89ab-cdef-0123-456789abcdef", "genid", "genid");
    }
}
