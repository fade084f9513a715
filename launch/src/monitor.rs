//! QEMU's monitor: QMP over a UNIX socket, with a limit for everything.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use virtargv_model::one_line;

use crate::error::Error;

/// The longest message that is read, in bytes.
const MAX_MESSAGE: usize = 16 << 20;
/// The most events that are kept until somebody asks for them; earlier ones are dropped.
const MAX_EVENTS: usize = 1024;
/// How long one read waits, so that an interrupt is seen.
const TICK: Duration = Duration::from_millis(50);

/// A connection to QEMU's monitor.
#[derive(Debug)]
pub struct Monitor {
    stream: UnixStream,
    /// What was read and is not a whole message yet.
    buffer: Vec<u8>,
    events: VecDeque<Value>,
    /// The time in which each command must be answered.
    limit: Duration,
    closed: bool,
    /// The number of the last command, so that a late answer is not taken for that of another.
    asked: u64,
}

impl Monitor {
    pub(crate) fn new(stream: UnixStream, limit: Duration) -> Result<Self, Error> {
        stream.set_read_timeout(Some(TICK)).map_err(Error::open("set up the monitor's socket"))?;
        stream.set_write_timeout(Some(limit)).map_err(Error::open("set up the monitor's socket"))?;
        Ok(Self { stream, buffer: Vec::new(), events: VecDeque::new(), limit, closed: false, asked: 0 })
    }

    /// Gives QEMU a command and waits for its answer, the value of `return`. `arguments` is an object, or null for none.
    ///
    /// # Errors
    /// QEMU refuses it, does not answer within the limit of the start, or has ended.
    pub fn ask(&mut self, command: &str, arguments: &Value) -> Result<Value, Error> {
        self.ask_while(command, arguments, &mut || Ok(()))
    }

    /// As [`ask`](Self::ask); what `watch` returns ends the waiting.
    pub(crate) fn ask_while(
        &mut self,
        command: &str,
        arguments: &Value,
        watch: &mut dyn FnMut() -> Result<(), Error>,
    ) -> Result<Value, Error> {
        self.asked = self.asked.wrapping_add(1);
        let id = json!(self.asked);
        let mut request = json!({ "execute": command, "id": id });
        if let (Some(request), false) = (request.as_object_mut(), arguments.is_null()) {
            request.insert("arguments".to_owned(), arguments.clone());
        }
        self.stream.write_all(format!("{request}\n").as_bytes()).map_err(|why| {
            self.closed = true;
            Error::Monitor { why: why.to_string() }
        })?;
        let until = Instant::now() + self.limit;
        loop {
            watch()?;
            let Some(mut message) = self.read()? else {
                if Instant::now() > until {
                    let what = format!("QEMU's answer to `{command}`");
                    return Err(Error::TooSlow { what, limit: self.limit, message: String::new() });
                }
                continue;
            };
            if message.get("event").is_none() && message.get("id") != Some(&id) {
                continue;
            }
            if let Some(error) = message.get("error") {
                let text = error.get("desc").and_then(Value::as_str).unwrap_or_default();
                return Err(Error::Refused { command: command.to_owned(), why: one_line(text) });
            }
            if let Some(value) = message.get_mut("return") {
                return Ok(value.take());
            }
            self.keep(message);
        }
    }

    /// Gives QEMU a command without waiting for its answer.
    pub(crate) fn send(&mut self, command: &str) -> std::io::Result<()> {
        self.stream.write_all(format!("{}\n", json!({ "execute": command })).as_bytes())
    }

    /// The next event; `None` if there is none yet. Waits for a moment.
    ///
    /// # Errors
    /// The connection is closed, as when QEMU ends.
    pub fn event(&mut self) -> Result<Option<Value>, Error> {
        if let Some(event) = self.events.pop_front() {
            return Ok(Some(event));
        }
        if let Some(message) = self.read()? {
            self.keep(message);
        }
        Ok(self.events.pop_front())
    }

    /// Closes the connection.
    pub(crate) fn close(&mut self) {
        // A connection that QEMU has closed already is as closed as it should be.
        let _ = self.stream.shutdown(Shutdown::Both);
        self.closed = true;
    }

    /// Whether the connection is closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    fn keep(&mut self, message: Value) {
        if message.get("event").is_some() {
            if self.events.len() >= MAX_EVENTS {
                self.events.pop_front();
            }
            self.events.push_back(message);
        }
    }

    /// The next message; `None` if there is no whole one yet. Waits for a moment.
    pub(crate) fn read(&mut self) -> Result<Option<Value>, Error> {
        if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
            return self.message(end).map(Some);
        }
        let mut chunk = [0; 8192];
        match self.stream.read(&mut chunk) {
            Ok(0) => self.fail("QEMU has closed it"),
            Ok(length) => {
                self.buffer.extend(chunk.iter().take(length));
                match self.buffer.iter().position(|byte| *byte == b'\n') {
                    Some(end) => self.message(end).map(Some),
                    None if self.buffer.len() > MAX_MESSAGE => self.fail("a message exceeds 16 MiB"),
                    None => Ok(None),
                }
            }
            Err(why)
                if [ErrorKind::WouldBlock, ErrorKind::TimedOut, ErrorKind::Interrupted]
                    .contains(&why.kind()) =>
            {
                Ok(None)
            }
            Err(why) => self.fail(&why.to_string()),
        }
    }

    fn message(&mut self, end: usize) -> Result<Value, Error> {
        let line: Vec<u8> = self.buffer.drain(..=end).collect();
        serde_json::from_slice(&line).map_err(|why| Error::Monitor { why: format!("no QMP: {why}") })
    }

    fn fail<T>(&mut self, why: &str) -> Result<T, Error> {
        self.closed = true;
        Err(Error::Monitor { why: why.to_owned() })
    }
}
