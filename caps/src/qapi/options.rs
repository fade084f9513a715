//! The list `key=value,...` of an option.

use serde_json::{Map, Value};

/// A key of a list with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair<'t> {
    /// The key; the implied one where the first item has none.
    pub key: &'t str,
    /// The value, with doubled commas read as one; `None` where the key stands alone.
    pub value: Option<String>,
}

/// The error for a list that QEMU cannot read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// An item has no key.
    #[error("an item has no key: `{0}`")]
    NoKey(String),
    /// A key stands alone where it needs a value.
    #[error("`{0}` has no value")]
    NoValue(String),
    /// A key has a value and members too, such as `a=1,a.b=2`.
    #[error("`{0}` has a value and members too")]
    Both(String),
}

/// The items of `text`. The first can be the value of the key `implied`, without it. A key can stand alone; what it means
/// then depends on the option.
///
/// ```
/// use virtargv_caps::qapi::{Pair, pairs};
///
/// let items = pairs("socket,path=a,,b,wait", Some("backend"))?;
/// let shown: Vec<_> = items.iter().map(|pair| (pair.key, pair.value.as_deref())).collect();
/// assert_eq!(shown, [("backend", Some("socket")), ("path", Some("a,b")), ("wait", None)]);
/// # Ok::<(), virtargv_caps::qapi::Malformed>(())
/// ```
///
/// # Errors
/// An item has no key.
pub fn pairs<'t>(text: &'t str, implied: Option<&'t str>) -> Result<Vec<Pair<'t>>, Malformed> {
    let mut pairs = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(['=', ',']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        match (after.strip_prefix('='), implied.filter(|_| pairs.is_empty())) {
            (Some(_), _) | (None, None) if word.is_empty() => {
                return Err(Malformed::NoKey(rest.to_owned()));
            }
            (Some(after), _) => {
                let (value, after) = value(after);
                pairs.push(Pair { key: word, value: Some(value) });
                rest = after;
            }
            // A first value that has commas goes on after them.
            (None, Some(implied)) => {
                let (value, after) = value(rest);
                pairs.push(Pair { key: implied, value: Some(value) });
                rest = after;
            }
            (None, None) => {
                pairs.push(Pair { key: word, value: None });
                rest = after.strip_prefix(',').unwrap_or(after);
            }
        }
    }
    Ok(pairs)
}

/// The value at the start of `text` up to a single comma, and what comes after it.
fn value(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut rest = text;
    while let Some((part, after)) = rest.split_once(',') {
        value.push_str(part);
        match after.strip_prefix(',') {
            Some(after) => {
                value.push(',');
                rest = after;
            }
            None => return (value, after),
        }
    }
    value.push_str(rest);
    (value, "")
}

/// `pairs` as an object: `a.b=` is the member `b` of `a`, a key that is repeated has an array of its values. All scalars are
/// texts.
///
/// # Errors
/// A key stands alone, or has members too.
pub fn nested(pairs: &[Pair<'_>]) -> Result<Map<String, Value>, Malformed> {
    let mut object = Map::new();
    for pair in pairs {
        let value = pair.value.as_deref().ok_or_else(|| Malformed::NoValue(pair.key.to_owned()))?;
        insert(&mut object, pair.key, value)?;
    }
    Ok(object)
}

fn insert(object: &mut Map<String, Value>, key: &str, value: &str) -> Result<(), Malformed> {
    let both = || Malformed::Both(key.to_owned());
    let mut at = object;
    let mut steps: Vec<&str> = key.split('.').collect();
    let last = steps.pop().unwrap_or(key);
    for step in steps {
        let below = at.entry(step).or_insert_with(|| Value::Object(Map::new()));
        at = below.as_object_mut().ok_or_else(both)?;
    }
    match at.get_mut(last) {
        None => _ = at.insert(last.to_owned(), value.into()),
        Some(Value::Object(_)) => return Err(both()),
        Some(Value::Array(values)) => values.push(value.into()),
        Some(one) => *one = Value::Array(vec![one.take(), value.into()]),
    }
    Ok(())
}
