//! One case of a corpus, a line of `cases.jsonl`.

use serde_json::Value;

/// The expected outcome of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expect {
    /// A command line.
    Argv,
    /// It is refused while it is read, completed or validated.
    ParseError,
    /// It is refused when the command line is built.
    Failure,
}

impl Expect {
    /// The corpus's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Argv => "argv",
            Self::ParseError => "parse_error",
            Self::Failure => "failure",
        }
    }
}

/// A case.
#[derive(Debug)]
pub struct Case {
    /// Its unique id.
    pub id: String,
    /// The expected outcome.
    pub expect: Expect,
    /// The line, for keys that are read where they are used.
    raw: Value,
}

impl Case {
    /// Reads a line of `cases.jsonl`.
    pub fn parse(line: &str) -> Result<Self, String> {
        let raw: Value = serde_json::from_str(line).map_err(|e| format!("a case is not JSON: {e}"))?;
        let text =
            |key: &str| raw.get(key).and_then(Value::as_str).ok_or_else(|| format!("a case without '{key}'"));
        let expect = match text("expect")? {
            "argv" => Expect::Argv,
            "parse_error" => Expect::ParseError,
            "failure" => Expect::Failure,
            other => return Err(format!("a case expects '{other}'")),
        };
        Ok(Self { id: text("id")?.to_owned(), expect, raw })
    }

    /// The text of `key`.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.raw.get(key).and_then(Value::as_str)
    }

    /// Whether `key` is present and true.
    pub fn is(&self, key: &str) -> bool {
        self.raw.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    /// The number of `key`.
    pub fn number(&self, key: &str) -> Option<u32> {
        self.raw.get(key).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok())
    }

    /// The texts in the list of `key`.
    pub fn texts(&self, key: &str) -> impl Iterator<Item = &str> {
        self.raw.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    /// The members of the object of `key`.
    pub fn members(&self, key: &str) -> impl Iterator<Item = (&str, &Value)> {
        self.raw.get(key).and_then(Value::as_object).into_iter().flatten().map(|(k, v)| (k.as_str(), v))
    }
}
