//! Arguments that only QEMU knows.

use std::fmt;

use serde_json::{Value, json};

/// An argument of a command that is in the reply to a query before it. The reply is a list, of which one item has it. It shows
/// itself as a phrase.
///
/// Places in the arguments and in an item are JSON pointers (RFC 6901); `*` stands for any item of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FromReply {
    /// Where it is in the arguments of the command, such as `/options/size`.
    pub argument: &'static str,
    /// The command whose reply has it.
    pub query: &'static str,
    /// What tells the item from others.
    pub key: &'static str,
    /// What is there in the item.
    pub is: String,
    /// Where the value is in the item.
    pub value: &'static str,
}

impl FromReply {
    /// The value in `reply`, the value of `return`; `None` where no item is the one that is meant.
    pub fn find<'v>(&self, reply: &'v Value) -> Option<&'v Value> {
        let is_meant = |item: &&Value| has(item, self.key.trim_start_matches('/'), &self.is);
        reply.as_array()?.iter().find(is_meant)?.pointer(self.value)
    }

    /// Gives `command`, which is QMP, the argument with `value`; `None` where it has no object for it.
    pub(super) fn set(&self, command: &mut Value, value: Value) -> Option<()> {
        let (around, name) = self.argument.rsplit_once('/')?;
        let arguments = command.as_object_mut()?.entry("arguments").or_insert_with(|| json!({}));
        arguments.pointer_mut(around)?.as_object_mut()?.insert(name.to_owned(), value);
        Some(())
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "argument": self.argument,
            "query": self.query,
            "where": { "key": self.key, "is": self.is },
            "value": self.value,
        })
    }
}

/// Whether `value` has the text `is` at `pointer`, which does not begin with `/`.
fn has(value: &Value, pointer: &str, is: &str) -> bool {
    if pointer.is_empty() {
        return value == is;
    }
    let (step, rest) = pointer.split_once('/').unwrap_or((pointer, ""));
    match value {
        Value::Array(items) if step == "*" => items.iter().any(|item| has(item, rest, is)),
        other => other.get(step).is_some_and(|inner| has(inner, rest, is)),
    }
}

impl fmt::Display for FromReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { argument, query, key, is, value } = self;
        write!(f, "`{argument}` is `{value}` of the item in the reply to {query} whose `{key}` is `{is}`")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::FromReply;

    #[test]
    fn the_value_is_that_of_the_item_that_is_meant() {
        let set = |is: &str| FromReply {
            argument: "/fdset-id",
            query: "query-fdsets",
            key: "/fds/*/opaque",
            is: is.to_owned(),
            value: "/fdset-id",
        };
        let reply = json!([
            { "fdset-id": 1, "fds": [] },
            { "fdset-id": 3, "fds": [{ "fd": 7 }, { "fd": 9, "opaque": "a-source" }] },
        ]);
        assert_eq!(set("a-source").find(&reply), Some(&json!(3)));
        assert_eq!(set("b-source").find(&reply), None);
        assert_eq!(set("a-source").find(&json!({})), None);
    }
}
