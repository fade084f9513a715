//! What every JSON object that the command prints begins with.

use serde_json::{Map, Value, json};
use virtargv::Release;

/// The version of this command.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// An object with `parts`: before them the version of its layout, the program, and the release of libvirt that is followed,
/// where there is one.
pub(crate) fn object(layout: u32, release: Option<Release>, parts: Value) -> Value {
    let mut object = Map::new();
    object.insert("version".to_owned(), json!(layout));
    object.insert("tool".to_owned(), json!({ "name": "virtargv", "version": VERSION }));
    object.extend(release.map(|release| ("release".to_owned(), json!(release.name()))));
    if let Value::Object(parts) = parts {
        object.extend(parts);
    }
    Value::Object(object)
}
