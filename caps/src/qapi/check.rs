//! Checking a value against a type of a schema.

use serde_json::{Map, Value};

use super::mismatch::{Mismatch, Path, Wrong};
use super::scalar::is_range;
use super::schema::{Builtin, Member, Object, Schema, Type};

/// How scalars are written in a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As JSON: numbers are numbers, booleans are booleans.
    Json,
    /// As in a list `key=value,...`, whose scalars are all texts that QEMU converts ([`nested`](super::nested)). An integer
    /// can have the unit of a size, because the schema does not tell both apart; a key that is repeated is a list.
    Text,
}

/// The most steps of a path, and the most unions within unions: those of QEMU have a few.
const DEEPEST: usize = 64;

impl Schema {
    /// What is wrong with `value` as a value of the type `name`.
    ///
    /// A type that the schema does not have accepts everything.
    pub fn check(&self, name: &str, value: &Value, form: Form) -> Vec<Mismatch> {
        let mut checker = Checker { schema: self, form, found: Vec::new() };
        checker.value(name, value, &Path::ROOT);
        checker.found
    }
}

struct Checker<'s> {
    schema: &'s Schema,
    form: Form,
    found: Vec<Mismatch>,
}

impl<'s> Checker<'s> {
    fn value(&mut self, name: &str, value: &Value, path: &Path<'_>) {
        let Some(of) = self.schema.get(name) else { return };
        if path.depth() > DEEPEST {
            self.wrong_type(path, "a value of less depth", value);
            return;
        }
        // Of a key that is repeated, the last one counts where it is no list.
        let value = match (self.form, value, of) {
            (Form::Text, Value::Array(values), Type::Builtin(_) | Type::Enum(_) | Type::Alternate(_)) => {
                values.last().unwrap_or(value)
            }
            _ => value,
        };
        match of {
            Type::Builtin(builtin) => {
                if !builtin.accepts(value, self.form) {
                    self.wrong_type(path, builtin.described(), value);
                }
            }
            Type::Enum(words) => match value.as_str() {
                None => self.wrong_type(path, "a string", value),
                Some(text) => match words.iter().find(|word| *word.name == *text) {
                    Some(word) if word.is_deprecated => {
                        self.found.push(Mismatch::new(path, Wrong::Deprecated));
                    }
                    Some(_) => {}
                    None => {
                        let known = words.iter().map(|word| &*word.name);
                        self.found.push(Mismatch::word(path, text, known));
                    }
                },
            },
            Type::Array(element) => self.array(element, value, path),
            Type::Object(object) => match value {
                Value::Object(members) => self.object(object, members, path),
                // A list of structures with one string each is a repeated key with the strings.
                Value::String(_) if self.form == Form::Text && is_one_string(self.schema, object) => {}
                _ => self.wrong_type(path, "an object", value),
            },
            Type::Alternate(types) => self.alternate(types, value, path),
        }
    }

    fn wrong_type(&mut self, path: &Path<'_>, expected: &str, value: &Value) {
        let wrong = Wrong::Type { expected: expected.to_owned(), found: described(value) };
        self.found.push(Mismatch::new(path, wrong));
    }

    fn array(&mut self, element: &str, value: &Value, path: &Path<'_>) {
        match value {
            Value::Array(values) => {
                for (index, value) in values.iter().enumerate() {
                    self.element(element, value, &path.index(index));
                }
            }
            Value::Object(members) if self.form == Form::Text => {
                // `key.0=`, `key.1=`
                for (index, value) in members {
                    if index.parse::<usize>().is_ok() {
                        self.element(element, value, &path.member(index));
                    } else {
                        self.found.push(Mismatch::unknown(path, index, []));
                    }
                }
            }
            // A key that is there once. No list of lists can be written like that.
            Value::String(_)
                if self.form == Form::Text && !matches!(self.schema.get(element), Some(Type::Array(_))) =>
            {
                self.element(element, value, path);
            }
            _ => self.wrong_type(path, "an array", value),
        }
    }

    fn element(&mut self, element: &str, value: &Value, path: &Path<'_>) {
        let is_number = matches!(self.schema.get(element), Some(Type::Builtin(Builtin::Int)));
        match value.as_str() {
            Some(text) if self.form == Form::Text && is_number => {
                if !is_range(text) {
                    self.wrong_type(path, "an integer or a range of them", value);
                }
            }
            _ => self.value(element, value, path),
        }
    }

    fn alternate(&mut self, types: &[Box<str>], value: &Value, path: &Path<'_>) {
        let schema = self.schema;
        let fits = |name: &&str| match schema.get(name) {
            None => true,
            Some(Type::Builtin(builtin)) => builtin.accepts(value, self.form),
            Some(Type::Enum(_)) => value.is_string(),
            Some(Type::Array(_)) => value.is_array(),
            Some(Type::Object(_)) => value.is_object(),
            Some(Type::Alternate(_)) => false,
        };
        let fitting: Vec<&str> = types.iter().map(|name| &**name).filter(fits).collect();
        match fitting.as_slice() {
            [] => {
                let expected: Vec<&str> = types.iter().map(|name| kind(schema.get(name))).collect();
                self.wrong_type(path, &expected.join(" or "), value);
            }
            [one] => self.value(one, value, path),
            // Only texts fit several types, and it is enough if one of them accepts it.
            several => {
                let accepted = several.iter().any(|name| schema.check(name, value, self.form).is_empty());
                if !accepted && let Some(first) = several.first() {
                    self.value(first, value, path);
                }
            }
        }
    }

    fn object(&mut self, object: &'s Object, value: &Map<String, Value>, path: &Path<'_>) {
        let mut members = Vec::new();
        let is_whole = self.members(object, value, &mut members, 0);
        for member in &members {
            let at = path.member(&member.name);
            match value.get(&*member.name) {
                Some(value) => {
                    if member.is_deprecated {
                        self.found.push(Mismatch::new(&at, Wrong::Deprecated));
                    }
                    self.value(&member.of, value, &at);
                }
                None if member.is_optional => {}
                None => self.found.push(Mismatch::new(&at, Wrong::Missing)),
            }
        }
        // Without its variant, nobody knows what else a union has.
        if is_whole {
            for name in value.keys() {
                let known = || members.iter().map(|member| &*member.name);
                if !known().any(|known| known == name) {
                    self.found.push(Mismatch::unknown(path, name, known()));
                }
            }
        }
    }

    /// Collects the members of an object and of the variant that it is. Returns whether these are all.
    fn members(
        &self,
        object: &'s Object,
        value: &Map<String, Value>,
        members: &mut Vec<&'s Member>,
        depth: usize,
    ) -> bool {
        members.extend(&object.members);
        let Some(union) = &object.union else { return true };
        if depth > DEEPEST {
            return false;
        }
        // Of a key that is repeated, the last one counts.
        let tag = match value.get(&*union.tag) {
            Some(Value::Array(values)) if self.form == Form::Text => values.last(),
            tag => tag,
        };
        let Some(case) = tag.and_then(Value::as_str) else { return false };
        match union.variants.get(case).and_then(|name| self.schema.get(name)) {
            Some(Type::Object(variant)) => self.members(variant, value, members, depth + 1),
            // A case without members of its own, or none of the tag's words: the tag is then wrong.
            _ => self.is_case(object, &union.tag, case),
        }
    }

    /// Whether `case` is a word of the tag of `object`.
    fn is_case(&self, object: &Object, tag: &str, case: &str) -> bool {
        let member = object.members.iter().find(|member| *member.name == *tag);
        let of = member.and_then(|member| self.schema.get(&member.of));
        matches!(of, Some(Type::Enum(words)) if words.iter().any(|word| *word.name == *case))
    }
}

/// Whether an object has one member, which is a string.
fn is_one_string(schema: &Schema, object: &Object) -> bool {
    match (object.members.as_slice(), &object.union) {
        ([member], None) => matches!(schema.get(&member.of), Some(Type::Builtin(Builtin::Str))),
        _ => false,
    }
}

/// What a type is in JSON.
fn kind(of: Option<&Type>) -> &'static str {
    match of {
        None => "any value",
        Some(Type::Builtin(builtin)) => builtin.described(),
        Some(Type::Enum(_)) => "a string",
        Some(Type::Array(_)) => "an array",
        Some(Type::Object(_)) => "an object",
        Some(Type::Alternate(_)) => "one of several types",
    }
}

/// A value for people: a scalar as it is written, else what it is.
pub(crate) fn described(value: &Value) -> String {
    match value {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "an array".to_owned(),
        Value::String(text) => format!("the string `{text}`"),
        scalar => format!("`{scalar}`"),
    }
}
