//! A value of a document stays a value: it adds no argument, option, key, environment variable or part of a URL.
//!
//! The document is run with a plain value at some place and then with a hostile one. Where both are accepted, the two command
//! lines may differ in texts only, and each text must be the plain one with the hostile value in the plain one's place,
//! in one of the escapes that QEMU undoes.

use virtargv::{ArgValue, CommandLine, Request};

use crate::{Fault, fault, options};

/// The plain value: letters and digits that no document has otherwise.
pub const PLAIN: &str = "qzx7";

/// Values that mean something to QEMU's parsers, to shells or in URLs.
pub const VALUES: &[&str] = &[
    "a,b=c",
    ",id=x",
    "a=b",
    "-S",
    "--daemonize",
    "a'b\"c",
    "a\nb",
    "a%2fb%s",
    "h@evil/x?y",
    "h:1@e#f",
    "a\\b:c",
    "$(id)`id`",
    "LD_PRELOAD=x",
    "{\"a\":1}",
    "json:{}",
    "a b",
];

/// Checks the document that `document` makes of a value, with `hostile` as the value.
///
/// # Errors
/// What the value becomes on the command line.
pub fn check(document: impl Fn(&str) -> String, hostile: &str, request: &Request<'_>) -> Result<(), Fault> {
    let Some(plain) = virtargv::run(&document(PLAIN), request).command_line else { return Ok(()) };
    check_against(&plain, &document(hostile), hostile, request)
}

/// As [`check`], where `plain` is the command line of the plain value, and `document` the document with the hostile one.
///
/// # Errors
/// As [`check`].
pub fn check_against(
    plain: &CommandLine,
    document: &str,
    hostile: &str,
    request: &Request<'_>,
) -> Result<(), Fault> {
    let Some(line) = virtargv::run(document, request).command_line else { return Ok(()) };
    compare(plain, &line, hostile)
        .map_err(|why| fault!("hostile", "{why}\nof the value {hostile:?} in:\n{document}"))
}

fn compare(plain: &CommandLine, line: &CommandLine, hostile: &str) -> Result<(), String> {
    let names =
        |line: &CommandLine| -> Vec<String> { line.env.iter().map(|(name, _)| name.to_string()).collect() };
    if names(plain) != names(line) {
        return Err(format!("other environment variables: {:?}", line.env));
    }
    for ((_, before), (name, after)) in plain.env.iter().zip(&line.env) {
        stands(before, after, hostile).map_err(|why| format!("{name}: {why}"))?;
    }
    stands(&plain.program, &line.program, hostile)?;
    // `<qemu:arg>` is a word of QEMU's own: whatever the document says.
    let is_own = |argument: &&virtargv::Argument| argument.value != ArgValue::Verbatim;
    let (before, after): (Vec<_>, Vec<_>) =
        (plain.arguments.iter().filter(is_own).collect(), line.arguments.iter().filter(is_own).collect());
    let shown = |all: &[&virtargv::Argument]| -> Vec<String> {
        all.iter().map(|argument| argument.option.to_string()).collect()
    };
    if shown(&before) != shown(&after) {
        return Err(format!("other options: {:?} for {:?}", shown(&after), shown(&before)));
    }
    for (before, after) in before.iter().zip(&after) {
        let (was, is) = (before.value_text().unwrap_or_default(), after.value_text().unwrap_or_default());
        let text = |argument: &virtargv::Argument| matches!(argument.value, ArgValue::Text(_));
        // What is not a list of properties, such as `-incoming` or `-spice`, is compared as a whole.
        let result = if text(before) && !was.contains('=') {
            stands(&was, &is, hostile)
        } else {
            same_keys(&was, &is, hostile)
        };
        result.map_err(|why| format!("{}: {why}", before.option))?;
    }
    Ok(())
}

fn same_keys(before: &str, after: &str, hostile: &str) -> Result<(), String> {
    let (was, is) = (options::read(before), options::read(after));
    let keys = |all: &[(Option<String>, String)]| -> Vec<Option<String>> {
        all.iter().map(|(key, _)| key.clone()).collect()
    };
    if keys(&was) != keys(&is) {
        return Err(format!("other keys: {after} for {before}"));
    }
    was.iter().zip(&is).try_for_each(|((key, before), (_, after))| {
        stands(before, after, hostile).map_err(|why| format!("`{}`: {why}", key.as_deref().unwrap_or("")))
    })
}

/// Checks that `after` is `before` with the hostile value in the place of the plain one.
fn stands(before: &str, after: &str, hostile: &str) -> Result<(), String> {
    if before == after || !before.contains(PLAIN) {
        // A value may choose another text of ours (a default, a number), which has then nothing of it.
        let leaks = before != after && !hostile.is_empty() && after.contains(hostile);
        return if leaks {
            Err(format!("it is in {after:?}, the plain one is not in {before:?}"))
        } else {
            Ok(())
        };
    }
    let escapes = [hostile.to_owned(), percent(hostile, false), percent(hostile, true), colons(hostile)];
    let of_url = url_place(before);
    let fits = |(at, escaped): (usize, &String)| {
        let bare = at == 0 && of_url && hostile.contains(['@', '/', '?', '#', '%', ':']);
        !bare && before.replace(PLAIN, escaped) == after
    };
    if escapes.iter().enumerate().any(fits) { Ok(()) } else { Err(format!("{after:?} for {before:?}")) }
}

/// Whether the plain value is a part of a URL, where characters have a meaning.
fn url_place(text: &str) -> bool {
    text.find("://").zip(text.find(PLAIN)).is_some_and(|(scheme, at)| scheme < at)
}

/// `text` with what is not allowed in a part of a URL as `%XX`; with `slashes`, the `/` too.
fn percent(text: &str, slashes: bool) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || byte == b'/' && !slashes;
        if plain {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// `text` as librados reads it in a list of settings: `:` and `\` after a `\`.
fn colons(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        if matches!(c, ':' | '\\' | '@' | '=') {
            out.push('\\');
        }
        out.push(c);
        out
    })
}
