//! Reading documents.

use std::io::{Error, Read as _};
use std::path::Path;

use virtargv::MAX_DOCUMENT;

use crate::Unusable;

/// The most bytes of a file other than a document: capabilities, definitions, the description of a host, secrets.
pub(crate) const MAX_FILE: u64 = 32 << 20;

/// Reads the file `name`, or standard input for `-`, up to the maximum size of a document.
pub(crate) fn read(name: &str) -> Result<String, Unusable> {
    let path = (name != "-").then(|| Path::new(name));
    let bytes = bytes(path).map_err(|e| Unusable(format!("cannot read `{name}`: {e}")))?;
    text(bytes).map_err(|(why, _)| Unusable(format!("cannot read `{name}`: {why}")))
}

/// The content of a file, or of standard input, up to the maximum size of a document.
pub(crate) fn bytes(path: Option<&Path>) -> Result<Vec<u8>, Error> {
    // With one byte over the limit the parser refuses the document.
    up_to(path, MAX_DOCUMENT as u64 + 1)
}

/// The first `limit` bytes of a file, or of standard input. A device such as `/dev/zero` or a pipe has no end.
fn up_to(path: Option<&Path>, limit: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    match path {
        None => std::io::stdin().lock().take(limit).read_to_end(&mut bytes)?,
        Some(path) => std::fs::File::open(path)?.take(limit).read_to_end(&mut bytes)?,
    };
    Ok(bytes)
}

/// The content of the file at `path`, which may have [`MAX_FILE`] bytes.
pub(crate) fn file(path: &Path) -> Result<Vec<u8>, Error> {
    let bytes = up_to(Some(path), MAX_FILE + 1)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(Error::other(format!("it has more than the {MAX_FILE} bytes that are read")));
    }
    Ok(bytes)
}

/// As [`file`], as a text.
pub(crate) fn text_file(path: &Path) -> Result<String, Error> {
    text(file(path)?).map_err(|(why, _)| Error::other(why))
}

/// The text that `bytes` are, or why they are none, with the text before the first byte that is not.
pub(crate) fn text(bytes: Vec<u8>) -> Result<String, (String, String)> {
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let mut before = e.into_bytes();
        before.truncate(at);
        let before = String::from_utf8_lossy(&before).into_owned();
        (format!("not UTF-8 from byte {at} on"), before)
    })
}

/// The name of standard input in reports.
pub(crate) const STDIN: &str = "<stdin>";

/// The name of the file `name` in reports.
pub(crate) fn shown(name: &str) -> &str {
    if name == "-" { STDIN } else { name }
}
