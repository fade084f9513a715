//! A QMP conversation: requests and their replies, in sessions.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use serde_json::{Deserializer, Value, json};

/// The largest text that is read, in bytes. Recorded conversations have up to two million.
const MAX_TEXT: usize = 64 << 20;

/// The error for a text that is not a QMP conversation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConversationError {
    /// The text is not a sequence of JSON values.
    #[error("line {line}, column {column}: {what}")]
    Json {
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// The message of the JSON parser.
        what: String,
    },
    /// The text exceeds the size limit.
    #[error("the text has {0} bytes, which exceeds the limit")]
    TooLarge(usize),
    /// A request has no `execute`.
    #[error("value {0} must be a request, but has no `execute`")]
    NoRequest(usize),
    /// A reply has neither `return` nor `error`.
    #[error("value {0} must be a reply, but has neither `return` nor `error`")]
    NoReply(usize),
    /// A reply has the `id` of another request.
    #[error("value {0} is the reply to another request: its `id` differs")]
    OutOfOrder(usize),
}

/// A request and its reply.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// `execute` of the request.
    pub command: String,
    /// `arguments` of the request; `null` where there are none.
    pub arguments: Value,
    /// `return` of the reply, or its `error`.
    pub reply: Result<Value, Value>,
}

/// The exchanges of a connection, from one `qmp_capabilities` to the next.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Session {
    exchanges: Vec<Exchange>,
    /// The indexes of the exchanges with each command.
    by_command: HashMap<String, Vec<usize>>,
}

/// A QMP conversation: a session with the best accelerator, and where that is not TCG, a second one with TCG.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conversation {
    sessions: Vec<Session>,
}

impl Conversation {
    /// An empty conversation.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a recorded conversation: JSON values, requests and replies in turn. A last request without a reply is left
    /// out, as the connection ended there.
    ///
    /// # Errors
    /// The text is not a QMP conversation.
    pub fn parse(text: &str) -> Result<Self, ConversationError> {
        if text.len() > MAX_TEXT {
            return Err(ConversationError::TooLarge(text.len()));
        }
        let mut values = Vec::new();
        for value in Deserializer::from_str(text).into_iter::<Value>() {
            values.push(value.map_err(|e| ConversationError::Json {
                line: e.line(),
                column: e.column(),
                what: e.to_string(),
            })?);
        }
        let asked: HashSet<String> = values.iter().step_by(2).filter_map(id).collect();
        let mut conversation = Self::new();
        let mut request: Option<Value> = None;
        for (n, value) in (1..).zip(values) {
            match request.take() {
                None if value.get("execute").is_some_and(Value::is_string) => request = Some(value),
                None => return Err(ConversationError::NoRequest(n)),
                Some(request) => {
                    // Some recordings have ids of no request at all, which are ignored.
                    let theirs = id(&value);
                    if theirs != id(&request) && theirs.is_some_and(|id| asked.contains(&id)) {
                        return Err(ConversationError::OutOfOrder(n));
                    }
                    conversation.push(exchange(request, value, n)?);
                }
            }
        }
        Ok(conversation)
    }

    /// The conversation as [`parse`](Self::parse) reads it: a request or a reply on each line.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for exchange in self.sessions.iter().flat_map(Session::exchanges) {
            let mut request = json!({ "execute": exchange.command });
            if let (Some(request), false) = (request.as_object_mut(), exchange.arguments.is_null()) {
                request.insert("arguments".to_owned(), exchange.arguments.clone());
            }
            let _ = match &exchange.reply {
                Ok(value) => writeln!(text, "{request}\n{{\"return\":{value}}}"),
                Err(error) => writeln!(text, "{request}\n{{\"error\":{error}}}"),
            };
        }
        text
    }

    /// Adds an exchange; `qmp_capabilities` starts a session.
    pub fn push(&mut self, exchange: Exchange) {
        if exchange.command == "qmp_capabilities" || self.sessions.is_empty() {
            self.sessions.push(Session::default());
        }
        if let Some(session) = self.sessions.last_mut() {
            let at = session.exchanges.len();
            session.by_command.entry(exchange.command.clone()).or_default().push(at);
            session.exchanges.push(exchange);
        }
    }

    /// The sessions, in order.
    pub fn sessions(&self) -> &[Session] {
        &self.sessions
    }
}

fn id(value: &Value) -> Option<String> {
    value.get("id").map(Value::to_string)
}

fn exchange(mut request: Value, mut reply: Value, n: usize) -> Result<Exchange, ConversationError> {
    let command = request.get("execute").and_then(Value::as_str).unwrap_or_default().to_owned();
    let arguments = request.get_mut("arguments").map(Value::take).unwrap_or_default();
    let reply = if let Some(value) = reply.get_mut("return") {
        Ok(value.take())
    } else if let Some(error) = reply.get_mut("error") {
        Err(error.take())
    } else {
        return Err(ConversationError::NoReply(n));
    };
    Ok(Exchange { command, arguments, reply })
}

impl Session {
    /// The exchanges, in order.
    pub fn exchanges(&self) -> &[Exchange] {
        &self.exchanges
    }

    fn with<'s>(&'s self, command: &str) -> impl Iterator<Item = &'s Exchange> {
        let at = self.by_command.get(command).map(Vec::as_slice).unwrap_or_default();
        at.iter().filter_map(|&i| self.exchanges.get(i))
    }

    /// The first successful reply to `command`.
    pub fn reply(&self, command: &str) -> Option<&Value> {
        self.with(command).find_map(|e| e.reply.as_ref().ok())
    }

    /// The first successful reply to `command` with these arguments.
    pub fn reply_to(&self, command: &str, arguments: &Value) -> Option<&Value> {
        self.with(command).filter(|e| e.arguments == *arguments).find_map(|e| e.reply.as_ref().ok())
    }

    /// The class of the first error of `command`.
    pub fn error_class(&self, command: &str) -> Option<&str> {
        self.with(command).find_map(|e| e.reply.as_ref().err()?.get("class")?.as_str())
    }

    /// The arguments of the requests with `command`.
    pub fn arguments_of<'s>(&'s self, command: &str) -> impl Iterator<Item = &'s Value> {
        self.with(command).map(|e| &e.arguments)
    }

    /// The successful replies to `command`, each after its arguments.
    pub fn replies<'s>(&'s self, command: &str) -> impl Iterator<Item = (&'s Value, &'s Value)> {
        self.with(command).filter_map(|e| Some((&e.arguments, e.reply.as_ref().ok()?)))
    }
}
