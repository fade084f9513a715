//! Reading documents.

use std::io::Read as _;

use virtargv::MAX_DOCUMENT;

use crate::Unusable;

/// Reads the file `name`, or standard input for `-`, up to the maximum size of a document.
pub(crate) fn read(name: &str) -> Result<String, Unusable> {
    let mut bytes = Vec::new();
    // With one byte over the limit the parser refuses the document.
    let limit = MAX_DOCUMENT as u64 + 1;
    let read = if name == "-" {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(name).and_then(|f| f.take(limit).read_to_end(&mut bytes))
    };
    read.map_err(|e| Unusable(format!("cannot read '{name}': {e}")))?;
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        Unusable(format!("cannot read '{name}': not UTF-8 from byte {at} on"))
    })
}

/// The name of the file `name` in reports.
pub(crate) fn shown(name: &str) -> &str {
    if name == "-" { "<stdin>" } else { name }
}
