//! A pre-flight service: a domain document in, its problems out.
//!
//! ```console
//! $ cargo run -p virtargv-examples --bin preflight &
//! $ curl --data-binary @examples/broken.xml http://127.0.0.1:8642/
//! ```
//!
//! It needs no QEMU and no libvirt, and asks nothing of the machine: the built-in set of capabilities is taken that runs the
//! document's architecture. A real service would use a web framework; what matters here is [`problems`].

#![allow(clippy::disallowed_methods, reason = "the program is a server")]

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};
use virtargv::{Arch, FixedHost, MAX_DOCUMENT, Release, Request, Source, builtin};

/// How long a client may take for its request.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest header of a request.
const LONGEST_HEADER: u64 = 16 * 1024;

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8642".to_owned());
    let listener = TcpListener::bind(address)?;
    println!("listening at http://{}/", listener.local_addr()?);
    for stream in listener.incoming() {
        // One thread a client: a document takes less than a millisecond.
        std::thread::spawn(move || {
            if let Err(error) = stream.and_then(|stream| answer(&stream)) {
                eprintln!("{error}");
            }
        });
    }
    Ok(())
}

/// All problems of a document under the latest release that is followed.
fn problems(text: &str) -> Value {
    let arch = virtargv::arch_of(text).unwrap_or(Arch::X86_64);
    let Some(caps) = builtin::get(&format!("qemu-11.1-{arch}"), Release::default()) else {
        return json!({ "error": format!("no QEMU is known for architecture {arch}") });
    };
    // A host that knows nothing but its architecture: what only a host could say is a note.
    let host = FixedHost { arch, ..FixedHost::default() };
    let report = virtargv::run(text, &Request::new(&caps, &host)).report;
    let source = Source::new(text);
    let problems = source.by_place(&report).into_iter().map(|(frame, problem)| {
        json!({
            "rule": problem.id(),
            "severity": problem.severity.id(),
            "message": problem.message,
            "help": problem.rule.help,
            "line": frame.as_ref().map(|frame| frame.line),
            "column": frame.as_ref().map(|frame| frame.column),
        })
    });
    json!({ "refused": report.refuses(), "problems": problems.collect::<Vec<_>>() })
}

/// Reads one request and answers it.
fn answer(mut stream: &TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let (status, body) = match document(stream) {
        Ok(text) => ("200 OK", problems(&text)),
        Err(error) => ("400 Bad Request", json!({ "error": error.to_string() })),
    };
    let body = format!("{body:#}\n");
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// The body of a request, as text.
fn document(stream: &TcpStream) -> std::io::Result<String> {
    let mut reader = BufReader::new(stream);
    let mut length = 0u64;
    let mut header = (&mut reader).take(LONGEST_HEADER);
    loop {
        let mut line = String::new();
        if header.read_line(&mut line)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let Some((name, value)) = line.split_once(':') else {
            if line.trim().is_empty() {
                break;
            }
            continue;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().map_err(Error::other)?;
        }
    }
    if length > MAX_DOCUMENT as u64 {
        return Err(Error::other(format!("a document has at most {MAX_DOCUMENT} bytes")));
    }
    let mut text = String::new();
    reader.take(length).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The status line and the body of the answer to a request.
    fn ask(request: &str) -> (String, Value) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.write_all(request.as_bytes()).unwrap();
        client.shutdown(std::net::Shutdown::Write).unwrap();
        answer(&listener.accept().unwrap().0).unwrap();
        let mut all = String::new();
        client.read_to_string(&mut all).unwrap();
        let (head, body) = all.split_once("\r\n\r\n").unwrap();
        (head.lines().next().unwrap().to_owned(), serde_json::from_str(body).unwrap())
    }

    #[test]
    fn documents_are_answered() {
        let check = |text: &str, rules: &[&str]| {
            let (status, answer) =
                ask(&format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{text}", text.len()));
            assert_eq!(status, "HTTP/1.1 200 OK");
            assert_eq!(answer["refused"], !rules.is_empty(), "{answer:#}");
            let found = answer["problems"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|problem| problem["severity"] == "error");
            assert_eq!(found.map(|problem| problem["rule"].as_str().unwrap()).collect::<Vec<_>>(), rules);
        };
        check(include_str!("../../server.xml"), &[]);
        check("<domain", &["xml"]);
        check(include_str!("../../broken.xml"), &["unit", "attribute-value", "net-teaming-persistent-model"]);
    }

    #[test]
    fn other_requests_are_refused() {
        let check = |request: &str| assert_eq!(ask(request).0, "HTTP/1.1 400 Bad Request", "{request}");
        check("");
        check("POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n");
        check("POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n");
    }
}
