//! Reading documents.

use std::io::Read as _;

use virtargv::MAX_DOCUMENT;

use crate::Unusable;

/// The text of the file `name`, `-` being standard input. No more is read than a document may have.
pub(crate) fn read(name: &str) -> Result<String, Unusable> {
    let mut bytes = Vec::new();
    // One byte over the limit is enough for the parser to refuse it.
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

/// How `name` is shown in reports.
pub(crate) fn shown(name: &str) -> &str {
    if name == "-" { "<stdin>" } else { name }
}
