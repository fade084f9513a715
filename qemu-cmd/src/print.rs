//! Printing command lines.
//!
//! ```
//! use virtargv_qemu_cmd::{Argument, CommandLine, Format, Origin};
//! let word = |word: &'static str| Argument::word(word, Origin::Implied { by: "this example" });
//! let line = CommandLine {
//!     env: vec![("LC_ALL".into(), "C".into())],
//!     program: "/usr/bin/qemu".into(),
//!     arguments: vec![word("-name"), word("it's"), word("-S")],
//!     ..CommandLine::default()
//! };
//! assert_eq!(line.print(Format::Args, None), "LC_ALL=C \\\n/usr/bin/qemu \\\n-name 'it'\\''s' \\\n-S\n");
//! assert_eq!(line.print(Format::Shell, None), "LC_ALL=C /usr/bin/qemu -name 'it'\\''s' -S\n");
//! ```

use std::fmt::Write as _;

use virtargv_model::{Source, one_line};

use crate::props::json_string;
use crate::text::count_bytes;
use crate::{ArgValue, Argument, CommandLine, Form, Origin, When};

/// The forms in which a command line is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Shell quoting, one option a line, lines ended by ` \`.
    Args,
    /// Shell quoting, all on one line.
    Shell,
    /// One JSON object: `env` (object), `program`, `args` (array), and `arguments`: for each option an object of
    /// `option`, `value` (as printed), `properties` (as JSON has them), `id`, `source`. A word of `<qemu:arg>` is a value
    /// without an option. A source is one of `{"element": path, "line": n, "column": n}`, `{"implied": by what}`,
    /// `{"settings": name}`; fields that do not apply are `null`.
    Json,
    /// Like `Json`, with `needs` (array, see [`Need::to_json`](crate::Need::to_json)), `monitor` (the path of its socket) and
    /// `after` (array of QMP commands, see [`After::to_json`](crate::After::to_json)) and `host` (what is
    /// done on the host, see [`HostWork::to_json`](crate::HostWork::to_json)). It has the master key and passwords.
    JsonWithNeeds,
    /// Program and arguments, each ended by NUL; the environment is left out.
    Nul,
}

/// The layout of a printed command line.
#[derive(Debug, Clone, Copy, Default)]
pub struct Layout<'s> {
    /// The width in characters at which [`Format::Args`] breaks an option: after the last comma that fits, else after a
    /// colon, else after a space. The continuation is not indented. It is for reading only: a shell takes a break
    /// inside quotes as part of the word.
    pub wrap: Option<usize>,
    /// The document's text, in which [`Format::Json`] looks up the paths, lines and columns of elements.
    pub source: Option<&'s Source<'s>>,
}

impl CommandLine {
    /// The command line as text. For `wrap`, see [`Layout::wrap`].
    pub fn print(&self, format: Format, wrap: Option<usize>) -> String {
        self.print_with(format, &Layout { wrap, source: None })
    }

    /// The command line as text, in the given layout.
    pub fn print_with(&self, format: Format, layout: &Layout<'_>) -> String {
        // A typical option has some hundred bytes.
        let mut out = String::with_capacity(256 + self.arguments.len() * 128);
        match format {
            Format::Args => self.write_shell(" \\\n", layout.wrap, &mut out),
            Format::Shell => self.write_shell(" ", None, &mut out),
            Format::Json => self.write_json(false, layout.source, &mut out),
            Format::JsonWithNeeds => self.write_json(true, layout.source, &mut out),
            Format::Nul => self.write_nul(&mut out),
        }
        out
    }

    /// The environment and the program with shell quoting, without options, laid out as in [`Format::Args`].
    pub fn print_program(&self) -> String {
        let mut out = String::new();
        self.write_program(" \\\n", &mut out);
        out.push('\n');
        out
    }

    /// Writes the environment and the program with shell quoting, and `separator` before the program.
    fn write_program(&self, separator: &str, out: &mut String) {
        for (name, value) in &self.env {
            out.push_str(name);
            out.push('=');
            shell_word(value, out);
            out.push_str(separator);
        }
        let start = out.len();
        shell_word(&self.program, out);
        // Without quotes the first word can be an assignment, or a word of the shell's grammar.
        if out.len() - start == self.program.len() && is_of_grammar(&self.program) {
            out.insert(start, '\'');
            out.push('\'');
        }
    }

    /// Writes the words with shell quoting, and `separator` before each option.
    fn write_shell(&self, separator: &str, wrap: Option<usize>, out: &mut String) {
        self.write_program(separator, out);
        let mut start = out.len();
        for argument in &self.arguments {
            if argument.continues() {
                out.push(' ');
            } else {
                wrap_from(start, wrap, out);
                out.push_str(separator);
                start = out.len();
            }
            argument.write_shell(out);
        }
        wrap_from(start, wrap, out);
        out.push('\n');
    }

    fn write_nul(&self, out: &mut String) {
        out.push_str(&self.program);
        out.push('\0');
        for argument in &self.arguments {
            out.push_str(&argument.option);
            out.push('\0');
            if argument.write_value(out) {
                out.push('\0');
            }
        }
    }

    /// What follows the start, and the work on the host, as text for people, one a line: when, what, and the element.
    pub fn explain_work(&self) -> String {
        let mut out = String::new();
        let mut line = |text: &str, origin: &Origin| {
            let element = match origin {
                Origin::Element(element) => format!(" ({element})"),
                _ => String::new(),
            };
            out.push_str(&one_line(&[text, &element].concat()));
            out.push('\n');
        };
        // vCPUs are plugged first, then threads are dealt with, then the other commands follow.
        let plugs = self.after.iter().take_while(|after| after.command == "device_add").count();
        let (plugs, commands) = self.after.split_at_checked(plugs).unwrap_or((&self.after, &[]));
        let mut work = self.host.iter().peekable();
        for (limit, commands) in [(When::Process, plugs), (When::Threads, commands), (When::Running, &[])] {
            while let Some(one) = work.next_if(|one| one.work.when() <= limit) {
                line(&one.to_string(), &one.origin);
            }
            for after in commands {
                line(&format!("on QEMU's monitor: {}", after.to_json()), &after.origin);
            }
        }
        out
    }

    /// The needs as text for people, one a line.
    pub fn explain(&self) -> String {
        let mut out = String::new();
        for need in &self.needs {
            // A path can contain line breaks.
            out.push_str(&one_line(&need.to_string()));
            out.push('\n');
        }
        out
    }

    fn write_json(&self, with_needs: bool, source: Option<&Source<'_>>, out: &mut String) {
        out.push_str("{\"env\":{");
        separated(&self.env, out, |(name, value), out| {
            json_string(out, name);
            out.push(':');
            json_string(out, value);
        });
        out.push_str("},\"program\":");
        json_string(out, &self.program);
        out.push_str(",\"args\":[");
        let mut value = String::new();
        separated(&self.arguments, out, |argument, out| {
            json_string(out, &argument.option);
            value.clear();
            if argument.write_value(&mut value) {
                out.push(',');
                json_string(out, &value);
            }
        });
        out.push_str("],\"arguments\":[");
        separated(&self.arguments, out, |argument, out| json_argument(argument, source, &mut value, out));
        out.push(']');
        if with_needs {
            out.push_str(",\"needs\":[");
            separated(&self.needs, out, |need, out| {
                let _ = write!(out, "{}", need.to_json());
            });
            out.push_str("],\"monitor\":");
            json_string(out, &self.monitor);
            out.push_str(",\"after\":[");
            separated(&self.after, out, |after, out| {
                let _ = write!(out, "{}", after.to_json());
            });
            out.push_str("],\"host\":[");
            separated(&self.host, out, |work, out| {
                let _ = write!(out, "{}", work.to_json());
            });
            out.push(']');
        }
        out.push_str("}\n");
    }
}

impl Argument {
    /// Whether a listing shows it on the line of the argument before it: a word of the document that does not look like
    /// an option.
    fn continues(&self) -> bool {
        self.value == ArgValue::Verbatim && !self.option.starts_with('-')
    }

    /// The option and its value with shell quoting.
    pub fn print(&self) -> String {
        let mut out = String::new();
        self.write_shell(&mut out);
        out
    }

    /// Writes the option and its value with shell quoting.
    fn write_shell(&self, out: &mut String) {
        shell_word(&self.option, out);
        let end = out.len();
        out.push(' ');
        if let ArgValue::Props(props, Form::Json) = &self.value {
            // The braces are special, so it is quoted in any case.
            out.push('\'');
            let start = out.len();
            props.write(Form::Json, out);
            escape_from(start, out);
            out.push('\'');
            return;
        }
        let start = out.len();
        if self.write_value(out) {
            quote_from(start, out);
        } else {
            out.truncate(end);
        }
    }
}

/// Writes `items` with commas between them.
fn separated<T>(items: &[T], out: &mut String, mut each: impl FnMut(&T, &mut String)) {
    for (n, item) in items.iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        each(item, out);
    }
}

/// Writes one element of `arguments`. `value` is a buffer for its value.
fn json_argument(argument: &Argument, source: Option<&Source<'_>>, value: &mut String, out: &mut String) {
    let string_or_null = |text: Option<&str>, out: &mut String| match text {
        Some(text) => json_string(out, text),
        None => out.push_str("null"),
    };
    value.clear();
    let has_value = argument.write_value(value);
    let (option, shown) = if argument.value == ArgValue::Verbatim {
        (None, Some(&*argument.option))
    } else {
        (Some(&*argument.option), has_value.then_some(value.as_str()))
    };
    out.push_str("{\"option\":");
    string_or_null(option, out);
    out.push_str(",\"value\":");
    string_or_null(shown, out);
    out.push_str(",\"properties\":");
    match argument.props() {
        Some(props) => props.write_grouped(out),
        None => out.push_str("null"),
    }
    out.push_str(",\"id\":");
    string_or_null(argument.id(), out);
    out.push_str(",\"source\":{");
    match argument.origin {
        Origin::Element(element) => {
            let place = element.place();
            let path = source.and_then(|source| source.path(&place)).unwrap_or_else(|| element.to_string());
            out.push_str("\"element\":");
            json_string(out, &path);
            match source.and_then(|source| source.locate(&place)) {
                Some(frame) => {
                    let _ = write!(out, ",\"line\":{},\"column\":{}", frame.line, frame.column);
                }
                None => out.push_str(",\"line\":null,\"column\":null"),
            }
        }
        Origin::Implied { by } => {
            out.push_str("\"implied\":");
            json_string(out, by);
        }
        Origin::Settings { key } => {
            out.push_str("\"settings\":");
            json_string(out, key);
        }
    }
    out.push_str("}}");
}

/// Whether libvirt quotes a word with this byte for a shell.
const fn is_special(byte: u8) -> bool {
    matches!(
        byte,
        b'\r'
            | b'\t'
            | b'\n'
            | b' '
            | b'!'
            | b'"'
            | b'#'
            | b'$'
            | b'&'
            | b'\''
            | b'('
            | b')'
            | b'*'
            | b';'
            | b'<'
            | b'>'
            | b'?'
            | b'['
            | b'\\'
            | b']'
            | b'^'
            | b'`'
            | b'{'
            | b'|'
            | b'}'
            | b'~'
    )
}

/// For each byte, whether it [is special](is_special).
#[allow(clippy::indexing_slicing, reason = "evaluated at compile time")]
const SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut byte = u8::MAX;
    loop {
        special[byte as usize] = is_special(byte);
        if byte == 0 {
            break special;
        }
        byte -= 1;
    }
};

/// The words that a shell does not take for the name of a command.
const RESERVED: &[&str] = &[
    "!", "[[", "]]", "case", "coproc", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if",
    "in", "select", "then", "time", "until", "while", "{", "}",
];

/// Whether a shell would not take `word` for the name of a command, unless it is quoted: an assignment or a reserved word.
fn is_of_grammar(word: &str) -> bool {
    word.contains('=') || RESERVED.contains(&word)
}

/// Writes one word, in single quotes if any character is special to a POSIX shell.
fn shell_word(word: &str, out: &mut String) {
    let start = out.len();
    out.push_str(word);
    quote_from(start, out);
}

/// Puts the word that is in `out` from byte `start` on in single quotes, if any character is special to a POSIX shell.
fn quote_from(start: usize, out: &mut String) {
    let word = out.get(start..).unwrap_or_default();
    if !word.is_empty() && !word.bytes().any(|byte| SPECIAL.get(usize::from(byte)) == Some(&true)) {
        return;
    }
    escape_from(start, out);
    out.insert(start, '\'');
    out.push('\'');
}

/// Makes the text that is in `out` from byte `start` on one that can be between single quotes.
fn escape_from(start: usize, out: &mut String) {
    let word = out.get(start..).unwrap_or_default();
    if count_bytes(word, |byte| byte == b'\'') > 0 {
        let escaped = word.replace('\'', r"'\''");
        out.truncate(start);
        out.push_str(&escaped);
    }
}

/// Breaks the text in `out` from byte `start` on at `wrap` characters.
fn wrap_from(start: usize, wrap: Option<usize>, out: &mut String) {
    let Some(width) = wrap else { return };
    if let Some(line) = out.get(start..)
        && too_long(line, width).is_some()
    {
        let line = wrapped(line, width);
        out.truncate(start);
        out.push_str(&line);
    }
}

/// Breaks `line` into pieces of at most `width` characters, and one for the line break.
fn wrapped(line: &str, width: usize) -> String {
    let mut out = String::with_capacity(line.len() + line.len() / 32);
    let mut rest = line;
    while let Some((window, limit)) = too_long(rest, width) {
        let nice = [',', ':', ' '].into_iter().find_map(|c| window.rfind(c));
        let (piece, tail) = match nice.or_else(|| rest.find(',')).and_then(|at| rest.split_at_checked(at + 1))
        {
            Some(split) => split,
            None => rest.split_at_checked(limit).unwrap_or((rest, "")),
        };
        out.push_str(piece);
        out.push_str("\\\n");
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// The window of `text` in which a break is looked for, and the byte offset at which `width` characters end. `None`
/// where `text` has no more characters.
fn too_long(text: &str, width: usize) -> Option<(&str, usize)> {
    let (limit, next) = text.char_indices().nth(width)?;
    Some((text.get(..limit + next.len_utf8())?, limit.max(1)))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "the test starts a shell")]
mod tests {
    use super::*;
    use crate::argument::Element;
    use crate::{Props, Style};

    fn line(program: &str, words: &[&'static str]) -> CommandLine {
        let origin = Origin::Implied { by: "the test" };
        let arguments = words.iter().map(|word| Argument::word(*word, origin)).collect();
        CommandLine { program: program.into(), arguments, ..CommandLine::default() }
    }

    #[test]
    fn long_options_are_broken_after_separators() {
        let check = |line: &str, width, expected: &str| assert_eq!(wrapped(line, width), expected);
        check("-a b,c", 10, "-a b,c");
        check("-a bbb,ccc,ddd", 10, "-a bbb,ccc,\\\nddd");
        check("-a bbb:ccc:ddd", 10, "-a bbb:ccc:\\\nddd");
        check("-a bbbbbbbbbbbbb", 10, "-a \\\nbbbbbbbbbb\\\nbbb");
        check("-abbbbbbbbbbb,b", 10, "-abbbbbbbbbbb,\\\nb");
        check("-äääääääääääää", 10, "-äääääääää\\\nääää");
    }

    #[test]
    fn a_shell_parses_every_word_unchanged() {
        let words = [
            "%s\\0", "", "a b", "it's", "$(x)", "`x`", "a\nb", "~", "{1..3}", "#", "a=b,c", "*", "-", "é'",
            "\u{1}",
        ];
        let line = line("printf", &words);
        for format in [Format::Args, Format::Shell] {
            let output =
                std::process::Command::new("sh").arg("-c").arg(line.print(format, None)).output().unwrap();
            let expected: String = words.iter().skip(1).flat_map(|w| [w, "\0"]).collect();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
        }
    }

    #[test]
    fn the_first_word_is_a_program_to_a_shell() {
        let check = |program: &str, expected: &str| {
            for format in [Format::Args, Format::Shell] {
                let printed = line(program, &[]).print(format, None);
                assert_eq!(printed.trim_end(), expected);
                let script = format!("PATH=/nowhere\n{printed}");
                let output = std::process::Command::new("sh").arg("-c").arg(script).output().unwrap();
                assert_eq!(output.status.code(), Some(127), "{program} is looked for");
            }
        };
        check("/nowhere/qemu", "/nowhere/qemu");
        check("LD_PRELOAD=/tmp/x.so", "'LD_PRELOAD=/tmp/x.so'");
        check("A+=b", "'A+=b'");
        check("if", "'if'");
        check("!", "'!'");
        check("{", "'{'");
        check("it's=b", r"'it'\''s=b'");
    }

    #[test]
    fn json_and_nul() {
        let mut line = line("/q", &["-x", "a\"b"]);
        line.env = vec![("A".into(), "1".into())];
        let element = Element::Domain { pos: virtargv_model::Pos::NONE, path: "os" };
        line.arguments.push(Argument {
            option: "-o".into(),
            value: ArgValue::Props(Props::new("t", "v").with("id", "i,j"), Form::Implied(Style::OnOff)),
            origin: Origin::Element(element),
        });
        let printed: serde_json::Value = serde_json::from_str(&line.print(Format::Json, None)).unwrap();
        let implied = serde_json::json!({"implied": "the test"});
        let expected = serde_json::json!({
            "env": {"A": "1"},
            "program": "/q",
            "args": ["-x", "a\"b", "-o", "v,id=i,,j"],
            "arguments": [
                {"option": null, "value": "-x", "properties": null, "id": null, "source": implied},
                {"option": null, "value": "a\"b", "properties": null, "id": null, "source": implied},
                {
                    "option": "-o", "value": "v,id=i,,j", "properties": {"t": "v", "id": "i,j"}, "id": "i,j",
                    "source": {"element": "os", "line": null, "column": null}
                }
            ]
        });
        assert_eq!(printed, expected);
        assert_eq!(line.print(Format::Nul, None), "/q\0-x\0a\"b\0-o\0v,id=i,,j\0");
    }
}
