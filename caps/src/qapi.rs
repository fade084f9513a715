//! What a QEMU accepts in the values of its command-line options, as it says itself over QMP.
//!
//! [`Replies`] has what was recorded or asked of a binary: the QAPI schema (`query-qmp-schema`), the parameters of options
//! (`query-command-line-options`), the QOM types (`qom-list-types`), and the properties of device and object types
//! (`device-list-properties`, `qom-list-properties`). [`Schema::check`] checks a value against a type of the schema,
//! [`check_properties`] against properties, each with the member that is wrong and the word that is probably meant.
//!
//! ```
//! use serde_json::json;
//! use virtargv_caps::qapi::{Form, Schema};
//!
//! let schema = Schema::of(&json!([
//!     { "meta-type": "command", "name": "netdev_add", "arg-type": "1", "ret-type": "0" },
//!     { "meta-type": "object", "name": "1", "members": [{ "name": "id", "type": "str" }] },
//!     { "meta-type": "builtin", "name": "str", "json-type": "string" },
//! ]))?;
//! let netdev = schema.arguments("netdev_add").expect("the command has arguments");
//! let found = schema.check(netdev, &json!({ "id": "net0", "ide": 1 }), Form::Json);
//! assert_eq!(found[0].to_string(), "`ide` is not known");
//! assert_eq!(found[0].help().as_deref(), Some("did you mean `id`?"));
//! # Ok::<(), virtargv_caps::qapi::SchemaError>(())
//! ```

mod aliases;
mod check;
mod mismatch;
mod options;
mod properties;
mod replies;
mod scalar;
mod schema;

#[cfg(feature = "probe")]
pub(crate) use aliases::device_type;
pub use check::Form;
pub use mismatch::{Mismatch, Wrong};
pub use options::{Malformed, Pair, nested, pairs};
pub use properties::{Property, check_properties};
pub use replies::{Described, Replies, RepliesError};
pub use schema::{Schema, SchemaError};
