//! The ways a command line is printed.
//!
//! ```
//! use virtargv_qemu_cmd::{CommandLine, Format};
//! let line = CommandLine {
//!     env: vec![("LC_ALL".into(), "C".into())],
//!     program: "/usr/bin/qemu".into(),
//!     args: vec!["-name".into(), "it's".into(), "-S".into()],
//!     ..CommandLine::default()
//! };
//! assert_eq!(line.print(Format::Args, None), "LC_ALL=C \\\n/usr/bin/qemu \\\n-name 'it'\\''s' \\\n-S\n");
//! assert_eq!(line.print(Format::Shell, None), "LC_ALL=C /usr/bin/qemu -name 'it'\\''s' -S\n");
//! ```

use std::borrow::Cow;

use crate::CommandLine;

/// A layout of a command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Shell quoting, one option a line, lines ended by ` \`.
    Args,
    /// Shell quoting, all on one line.
    Shell,
    /// One JSON object: `env` (object), `program`, `args` (array).
    Json,
    /// The same with `needs` (array, see [`Need::to_json`](crate::Need::to_json)).
    JsonWithNeeds,
    /// Program and arguments, each ended by NUL; the environment is left out.
    Nul,
}

/// Where the reference's own listings break long lines.
pub const CLASSIC_WRAP: usize = 78;

impl CommandLine {
    /// The command line as text. With `wrap`, [`Format::Args`] breaks an option of more than that many characters
    /// (best [`CLASSIC_WRAP`]) after its last comma that fits, else after a colon, else after a space; the
    /// continuation is not indented. That is the layout of listings for people: quotes are broken like anything else,
    /// where a shell takes the break for text. The other formats take no notice of it.
    pub fn print(&self, format: Format, wrap: Option<usize>) -> String {
        match format {
            Format::Args => {
                let mut lines = self.words_by_line();
                if let Some(width) = wrap {
                    let options = lines.iter_mut().skip(self.env.len() + 1);
                    options.for_each(|line| *line = wrapped(line, width));
                }
                lines.join(" \\\n") + "\n"
            }
            Format::Shell => self.words_by_line().join(" ") + "\n",
            Format::Json => self.json(false),
            Format::JsonWithNeeds => self.json(true),
            Format::Nul => {
                let words = std::iter::once(&self.program).chain(&self.args);
                words.flat_map(|word| [word.as_str(), "\0"]).collect()
            }
        }
    }

    /// Quoted words: each variable, the program, and each option with what follows it.
    fn words_by_line(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.env.iter().map(|(k, v)| format!("{k}={}", shell_word(v))).collect();
        lines.push(shell_word(&self.program).into_owned());
        for arg in &self.args {
            let word = shell_word(arg);
            match lines.last_mut() {
                Some(line) if !arg.starts_with('-') => {
                    line.push(' ');
                    line.push_str(&word);
                }
                _ => lines.push(word.into_owned()),
            }
        }
        lines
    }

    /// What the host has to have ready, one need a line.
    pub fn explain(&self) -> String {
        let mut out = String::new();
        for need in &self.needs {
            // A path may hold anything; a line is a line.
            for c in need.to_string().chars() {
                if c.is_control() { out.extend(c.escape_default()) } else { out.push(c) }
            }
            out.push('\n');
        }
        out
    }

    fn json(&self, with_needs: bool) -> String {
        let text = |s: &str| serde_json::Value::from(s).to_string();
        let env: Vec<String> = self.env.iter().map(|(k, v)| format!("{}:{}", text(k), text(v))).collect();
        let args: Vec<String> = self.args.iter().map(|arg| text(arg)).collect();
        let program = text(&self.program);
        let needs = if with_needs {
            let needs: Vec<String> = self.needs.iter().map(|need| need.to_json().to_string()).collect();
            format!(",\"needs\":[{}]", needs.join(","))
        } else {
            String::new()
        };
        let (env, args) = (env.join(","), args.join(","));
        format!("{{\"env\":{{{env}}},\"program\":{program},\"args\":[{args}]{needs}}}\n")
    }
}

/// What makes the reference quote a word for a shell.
const SHELL_SPECIAL: &str = "\r\t\n !\"#$&'()*;<>?[\\]^`{|}~";

/// One word as a POSIX shell reads it back: in single quotes where any character is special.
fn shell_word(word: &str) -> Cow<'_, str> {
    if !word.is_empty() && !word.contains(|c| SHELL_SPECIAL.contains(c)) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
}

/// `line` in pieces of at most `width` characters and one for the break, where there is a place for a break.
fn wrapped(line: &str, width: usize) -> String {
    let mut pieces = Vec::new();
    let mut rest = line;
    while let Some((window, limit)) = too_long(rest, width) {
        let nice = [',', ':', ' '].into_iter().find_map(|c| window.rfind(c));
        let (piece, tail) = match nice.or_else(|| rest.find(',')).and_then(|at| rest.split_at_checked(at + 1))
        {
            Some(split) => split,
            None => rest.split_at_checked(limit).unwrap_or((rest, "")),
        };
        pieces.push(piece);
        rest = tail;
    }
    pieces.push(rest);
    pieces.join("\\\n")
}

/// Where `text` has more than `width` characters: the window in which a break is sought, and the byte at which
/// `width` characters end.
fn too_long(text: &str, width: usize) -> Option<(&str, usize)> {
    let (limit, next) = text.char_indices().nth(width)?;
    Some((text.get(..limit + next.len_utf8())?, limit.max(1)))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a shell is asked what it reads")]
mod tests {
    use super::*;

    #[test]
    fn long_options_are_broken_where_they_may_be() {
        let check = |line: &str, width, expected: &str| assert_eq!(wrapped(line, width), expected);
        check("-a b,c", 10, "-a b,c");
        check("-a bbb,ccc,ddd", 10, "-a bbb,ccc,\\\nddd");
        check("-a bbb:ccc:ddd", 10, "-a bbb:ccc:\\\nddd");
        check("-a bbbbbbbbbbbbb", 10, "-a \\\nbbbbbbbbbb\\\nbbb");
        check("-abbbbbbbbbbb,b", 10, "-abbbbbbbbbbb,\\\nb");
        check("-äääääääääääää", 10, "-äääääääää\\\nääää");
    }

    #[test]
    fn a_shell_reads_back_every_word() {
        let words =
            ["", "a b", "it's", "$(x)", "`x`", "a\nb", "~", "{1..3}", "#", "a=b,c", "*", "-", "é'", "\u{1}"];
        let line = CommandLine {
            env: vec![],
            program: "printf".into(),
            args: std::iter::once("%s\\0").chain(words).map(str::to_owned).collect(),
            ..CommandLine::default()
        };
        for format in [Format::Args, Format::Shell] {
            let output =
                std::process::Command::new("sh").arg("-c").arg(line.print(format, None)).output().unwrap();
            let expected: String = words.iter().flat_map(|w| [w, "\0"]).collect();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
        }
    }

    #[test]
    fn json_and_nul() {
        let line = CommandLine {
            env: vec![("A".into(), "1".into())],
            program: "/q".into(),
            args: vec!["-x".into(), "a\"b".into()],
            ..CommandLine::default()
        };
        assert_eq!(
            line.print(Format::Json, None),
            "{\"env\":{\"A\":\"1\"},\"program\":\"/q\",\"args\":[\"-x\",\"a\\\"b\"]}\n"
        );
        assert_eq!(line.print(Format::Nul, None), "/q\0-x\0a\"b\0");
    }
}
