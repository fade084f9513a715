//! Files in the syntax of libvirt's configuration files: `qemu.conf`.
//!
//! A statement is `key = value`, ended by the end of the line or `;`. A value is a string in `'...'` or `"..."` on one line or
//! in `"""..."""` over several, a whole number, or a list `[ value, value ]`, which can go over several lines. `#` begins a
//! comment where a statement can begin, and after a value. Nothing is escaped inside of a string.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use virtargv_model::Uuid;

/// The longest file that is read, in bytes: that of libvirt.
const MAX_LENGTH: usize = 10 << 20;

/// How deep lists can be nested. No setting has a list in a list.
const MAX_DEPTH: u32 = 8;

/// What is wrong in a `qemu.conf`. libvirt's driver does not start with such a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct ConfProblem {
    /// The line, from 1.
    pub line: u32,
    /// What is wrong there.
    pub message: String,
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value<'t> {
    /// A string.
    Text(&'t str),
    /// A number without `-`.
    Unsigned(u64),
    /// A number with `-`.
    Signed(i64),
    /// A list.
    List(Vec<Value<'t>>),
}

/// What the value is, for messages.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "the string `{}`", shorten(text)),
            Self::Unsigned(number) => write!(f, "the number `{number}`"),
            Self::Signed(number) => write!(f, "the number `{number}`"),
            Self::List(_) => f.write_str("a list"),
        }
    }
}

/// At most 60 characters of `text`.
fn shorten(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(60) {
        Some((end, _)) => Cow::Owned(format!("{}...", text.get(..end).unwrap_or_default())),
        None => Cow::Borrowed(text),
    }
}

/// The settings of a file by key, each with its line. Of a key that is there twice, the first counts, as for libvirt.
#[derive(Debug, Default)]
pub(super) struct Conf<'t> {
    settings: HashMap<&'t str, (u32, Value<'t>)>,
    problems: Vec<ConfProblem>,
}

impl<'t> Conf<'t> {
    /// Reads a file. What comes before an error of syntax is kept.
    pub fn parse(text: &'t str) -> Self {
        let mut conf = Self::default();
        if text.len() > MAX_LENGTH {
            let message = format!("the file has `{}` bytes, more than `{MAX_LENGTH}`", text.len());
            conf.problems.push(ConfProblem { line: 1, message });
            return conf;
        }
        let mut parser = Parser { rest: text, line: 1 };
        loop {
            match parser.statement() {
                Ok(Some((key, line, value))) => {
                    if let Entry::Vacant(entry) = conf.settings.entry(key) {
                        entry.insert((line, value));
                    }
                }
                Ok(None) => return conf,
                Err(problem) => {
                    conf.problems.push(problem);
                    return conf;
                }
            }
        }
    }

    /// The problems so far, by line.
    pub fn into_problems(mut self) -> Vec<ConfProblem> {
        self.problems.sort_by_key(|problem| problem.line);
        self.problems
    }

    /// The value of `key` that `read` makes of it; a problem where `read` refuses it, because `wanted` is wanted.
    fn get<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        read: impl Fn(&Value<'t>) -> Option<T>,
    ) -> Option<T> {
        let (line, value) = self.settings.get(key)?;
        let made = read(value);
        if made.is_none() {
            let message = format!("`{key}` is {value}, it must be {wanted}");
            self.problems.push(ConfProblem { line: *line, message });
        }
        made
    }

    /// A setting that is 0 or 1.
    pub fn flag(&mut self, key: &'static str) -> Option<bool> {
        self.get(key, "`0` or `1`", |value| match value {
            Value::Unsigned(0) => Some(false),
            Value::Unsigned(1) => Some(true),
            _ => None,
        })
    }

    /// A whole number of 32 bits.
    pub fn integer(&mut self, key: &'static str) -> Option<i32> {
        self.get(key, "a whole number of 32 bits", |value| match value {
            Value::Unsigned(number) => i32::try_from(*number).ok(),
            Value::Signed(number) => i32::try_from(*number).ok(),
            _ => None,
        })
    }

    /// A whole number of 32 bits that is not negative.
    pub fn count(&mut self, key: &'static str) -> Option<u32> {
        self.get(key, "a whole number of 32 bits, not negative", |value| match value {
            Value::Unsigned(number) => u32::try_from(*number).ok(),
            _ => None,
        })
    }

    /// Sets `size` to a size in bytes, or to `None` for the string `unlimited`.
    pub fn size(&mut self, key: &'static str, size: &mut Option<u64>) {
        let unlimited = self.get(key, "a number of bytes or the string `unlimited`", |value| match value {
            Value::Unsigned(number) => Some((false, *number)),
            Value::Text("unlimited") => Some((true, 0)),
            _ => None,
        });
        if let Some((unlimited, number)) = unlimited {
            *size = (!unlimited).then_some(number);
        }
    }

    /// The first and last port of a range: `min` is at least `lowest`, `max` at least `min`.
    pub fn ports(&mut self, (min, max): (&'static str, &'static str), range: &mut (u16, u16), lowest: u16) {
        let port = |value: &Value<'t>| match value {
            Value::Unsigned(number) => u16::try_from(*number).ok(),
            _ => None,
        };
        let wanted = format!("a port from `{lowest}` on");
        let first = self.get(min, &wanted, |value| port(value).filter(|port| *port >= lowest));
        let first = first.unwrap_or(range.0);
        let wanted = format!("a port from `{first}` on");
        let last = self.get(max, &wanted, |value| port(value).filter(|port| *port >= first));
        *range = (first, last.unwrap_or(range.1));
    }

    /// A string.
    pub fn text(&mut self, key: &'static str) -> Option<String> {
        self.get(key, "a string in quotes", |value| match value {
            Value::Text(text) => Some((*text).to_owned()),
            _ => None,
        })
    }

    /// A UUID in a string.
    pub fn uuid(&mut self, key: &'static str) -> Option<Uuid> {
        self.get(key, "a UUID in quotes", |value| match value {
            Value::Text(text) => Uuid::parse(text),
            _ => None,
        })
    }

    /// A list of what `read` makes of strings. With `or_one`, a string is a list of one.
    pub fn list<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        or_one: bool,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<Vec<T>> {
        let item = |value: &Value<'t>| match value {
            Value::Text(text) => read(text),
            _ => None,
        };
        self.get(key, wanted, |value| match value {
            Value::List(values) => values.iter().map(item).collect(),
            Value::Text(text) if or_one => Some(vec![read(text)?]),
            _ => None,
        })
    }
}

struct Parser<'t> {
    rest: &'t str,
    line: u32,
}

impl<'t> Parser<'t> {
    fn fail<T>(&self, message: impl Into<String>) -> Result<T, ConfProblem> {
        Err(ConfProblem { line: self.line, message: message.into() })
    }

    /// Takes the first `length` bytes; `length` is that of a part of the rest, so that it ends between characters.
    fn take(&mut self, length: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        let lines = taken.bytes().filter(|byte| *byte == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.rest = rest;
        taken
    }

    /// Takes characters while `accept` does.
    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'t str {
        let length = self.rest.find(|c| !accept(c)).unwrap_or(self.rest.len());
        self.take(length)
    }

    /// Takes `text` if the rest begins with it.
    fn eat(&mut self, text: &str) -> bool {
        let there = self.rest.starts_with(text);
        if there {
            self.take(text.len());
        }
        there
    }

    fn skip_blanks(&mut self) {
        self.take_while(is_blank);
    }

    fn skip_lines(&mut self) {
        self.take_while(|c| is_blank(c) || is_end(c));
    }

    fn skip_comment(&mut self) {
        if self.rest.starts_with('#') {
            self.take_while(|c| !is_end(c));
        }
    }

    /// The next statement with its line; `None` at the end.
    fn statement(&mut self) -> Result<Option<(&'t str, u32, Value<'t>)>, ConfProblem> {
        self.skip_lines();
        while self.rest.starts_with('#') {
            self.skip_comment();
            self.skip_lines();
        }
        if self.rest.is_empty() {
            return Ok(None);
        }
        let line = self.line;
        if !self.rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return self.fail(format!("`{}` is not the name of a setting", self.here()));
        }
        let key = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
        self.skip_blanks();
        if !self.eat("=") {
            return self.fail(format!("`{}` lacks `=` and a value", shorten(key)));
        }
        let value = self.value(0)?;
        self.skip_blanks();
        self.skip_comment();
        if !self.rest.is_empty() && !self.rest.starts_with(is_end) && !self.eat(";") {
            let message = format!("`{}` follows the value of `{}`", self.here(), shorten(key));
            return self.fail(message);
        }
        Ok(Some((key, line, value)))
    }

    /// What comes next on the line, for messages.
    fn here(&self) -> Cow<'t, str> {
        shorten(self.rest.lines().next().unwrap_or_default())
    }

    fn value(&mut self, depth: u32) -> Result<Value<'t>, ConfProblem> {
        self.skip_blanks();
        match self.rest.chars().next() {
            Some('"') if self.rest.starts_with("\"\"\"") => self.string("\"\"\"", |_| false),
            Some('"') => self.string("\"", is_end),
            Some('\'') => self.string("'", is_end),
            Some('[') => self.list(depth),
            Some('0'..='9' | '-' | '+') => self.number(),
            _ => self.fail("a value is missing: a string in quotes, a number, or a list in `[ ]`"),
        }
    }

    /// A string in `quote`, which a character that `ends` accepts cannot be in.
    fn string(&mut self, quote: &str, ends: fn(char) -> bool) -> Result<Value<'t>, ConfProblem> {
        let inside = self.rest.get(quote.len()..).unwrap_or_default();
        let text = inside.find(quote).and_then(|length| inside.get(..length));
        let Some(text) = text.filter(|text| !text.contains(ends)) else {
            return self.fail(format!("a string lacks its closing {quote}"));
        };
        self.take(quote.len());
        self.take(text.len());
        self.take(quote.len());
        Ok(Value::Text(text))
    }

    fn number(&mut self) -> Result<Value<'t>, ConfProblem> {
        let negative = self.rest.starts_with('-');
        if negative || self.rest.starts_with('+') {
            self.take(1);
        }
        let digits = self.take_while(|c| c.is_ascii_digit());
        let value = if negative {
            digits.parse().ok().and_then(i64::checked_neg).map(Value::Signed)
        } else {
            digits.parse().ok().map(Value::Unsigned)
        };
        match value {
            Some(value) => Ok(value),
            None if digits.is_empty() => self.fail("a number lacks its digits"),
            None => self.fail(format!("the number `{}` is too large", shorten(digits))),
        }
    }

    fn list(&mut self, depth: u32) -> Result<Value<'t>, ConfProblem> {
        if depth == MAX_DEPTH {
            return self.fail(format!("lists are nested more than `{MAX_DEPTH}` deep"));
        }
        let opened = self.line;
        self.take(1);
        let mut values = Vec::new();
        loop {
            self.skip_lines();
            if self.eat("]") {
                return Ok(Value::List(values));
            }
            if self.rest.is_empty() {
                return Err(ConfProblem { line: opened, message: "a list lacks its closing ]".to_owned() });
            }
            if !values.is_empty() && !self.eat(",") {
                return self.fail(format!("a list has `{}` where `,` or `]` must be", self.here()));
            }
            self.skip_lines();
            // A comma after the last value is allowed.
            if values.is_empty() || !self.rest.starts_with(']') {
                values.push(self.value(depth + 1)?);
            }
        }
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

fn is_end(c: char) -> bool {
    matches!(c, '\n' | '\r')
}
