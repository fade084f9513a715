//! The types of a QAPI schema.

use foldhash::HashMap;
use serde_json::Value;

/// The error for a schema that is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// The reply to `query-qmp-schema` is not a list.
    #[error("the QAPI schema is not a list of entities")]
    NotAList,
    /// An entity lacks a member, or has one of another form.
    #[error("the entity `{entity}` of the QAPI schema has no `{member}` of the expected form")]
    Form {
        /// The name of the entity.
        entity: String,
        /// The member.
        member: &'static str,
    },
}

/// The QAPI schema of a QEMU, as in the reply to `query-qmp-schema`.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    types: HashMap<Box<str>, Type>,
    commands: HashMap<Box<str>, Command>,
}

/// A command: the names of the types of its arguments and of its reply.
#[derive(Debug, Clone)]
struct Command {
    arguments: Option<Box<str>>,
    returns: Option<Box<str>>,
}

/// A type. Other types are given by name.
#[derive(Debug, Clone)]
pub(crate) enum Type {
    Builtin(Builtin),
    Enum(Vec<Word>),
    Array(Box<str>),
    Object(Object),
    /// One of several types, which JSON tells apart.
    Alternate(Vec<Box<str>>),
}

/// A built-in type, by what it is in JSON. Numbers of all widths and sizes are `Int`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Builtin {
    Str,
    Int,
    Number,
    Bool,
    Null,
    Any,
}

impl Builtin {
    fn of(json_type: &str) -> Option<Self> {
        Some(match json_type {
            "string" => Self::Str,
            "int" => Self::Int,
            "number" => Self::Number,
            "boolean" => Self::Bool,
            "null" => Self::Null,
            "value" => Self::Any,
            _ => return None,
        })
    }

    /// Its name for people, with an article.
    pub(crate) fn described(self) -> &'static str {
        match self {
            Self::Str => "a string",
            Self::Int => "an integer",
            Self::Number => "a number",
            Self::Bool => "a boolean",
            Self::Null => "null",
            Self::Any => "any value",
        }
    }
}

/// A word of an enumeration.
#[derive(Debug, Clone)]
pub(crate) struct Word {
    pub(crate) name: Box<str>,
    pub(crate) is_deprecated: bool,
}

/// An object.
#[derive(Debug, Clone, Default)]
pub(crate) struct Object {
    pub(crate) members: Vec<Member>,
    /// For a union: the member that says which variant it is, and the variants.
    pub(crate) union: Option<Union>,
}

/// A member of an object.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) name: Box<str>,
    pub(crate) of: Box<str>,
    pub(crate) is_optional: bool,
    pub(crate) is_deprecated: bool,
}

/// The variants of a union.
#[derive(Debug, Clone)]
pub(crate) struct Union {
    pub(crate) tag: Box<str>,
    /// The type that has the further members of each case.
    pub(crate) variants: HashMap<Box<str>, Box<str>>,
}

impl Schema {
    /// The schema in the reply to `query-qmp-schema`.
    ///
    /// # Errors
    /// The reply has not the form that QEMU documents. Entities of kinds that are not known are left out.
    pub fn of(reply: &Value) -> Result<Self, SchemaError> {
        let mut schema = Self::default();
        for entity in reply.as_array().ok_or(SchemaError::NotAList)? {
            let reader = Reader { entity, name: text(entity, "name").unwrap_or_default() };
            let name = || reader.name.into();
            match reader.text("meta-type")? {
                "command" => {
                    let [arguments, returns] =
                        ["arg-type", "ret-type"].map(|member| text(entity, member).map(Into::into));
                    schema.commands.insert(name(), Command { arguments, returns });
                }
                kind => {
                    if let Some(of) = reader.type_of(kind)? {
                        schema.types.insert(name(), of);
                    }
                }
            }
        }
        Ok(schema)
    }

    /// The name of the type of the arguments of `command`; `None` where there is no such command.
    pub fn arguments(&self, command: &str) -> Option<&str> {
        self.commands.get(command)?.arguments.as_deref()
    }

    /// The name of the type of the reply to `command`; `None` where there is no such command.
    pub fn returns(&self, command: &str) -> Option<&str> {
        self.commands.get(command)?.returns.as_deref()
    }

    /// The name of the type of the elements of the array type `name`.
    pub fn element(&self, name: &str) -> Option<&str> {
        if let Type::Array(element) = self.get(name)? { Some(element) } else { None }
    }

    /// The name of the type of the member `member` of the object type `name`.
    pub fn member(&self, name: &str, member: &str) -> Option<&str> {
        let Type::Object(object) = self.get(name)? else { return None };
        object.members.iter().find(|known| *known.name == *member).map(|known| &*known.of)
    }

    /// The names of the members that all values of the object type `name` can have, whatever their variant.
    pub fn members<'s>(&'s self, name: &str) -> impl Iterator<Item = &'s str> {
        let object =
            self.get(name).and_then(|of| if let Type::Object(object) = of { Some(object) } else { None });
        object.into_iter().flat_map(|object| object.members.iter().map(|member| &*member.name))
    }

    /// The words of the tag of the union type `name`; `None` where it is no union.
    pub fn cases(&self, name: &str) -> Option<Vec<&str>> {
        let Type::Object(object) = self.get(name)? else { return None };
        let union = object.union.as_ref()?;
        let Type::Enum(words) = self.get(self.member(name, &union.tag)?)? else { return None };
        Some(words.iter().map(|word| &*word.name).collect())
    }

    /// The type `name`.
    pub(crate) fn get(&self, name: &str) -> Option<&Type> {
        self.types.get(name)
    }
}

/// An entity that is read.
struct Reader<'v> {
    entity: &'v Value,
    name: &'v str,
}

impl<'v> Reader<'v> {
    fn fault(&self, member: &'static str) -> SchemaError {
        SchemaError::Form { entity: self.name.to_owned(), member }
    }

    fn text(&self, member: &'static str) -> Result<&'v str, SchemaError> {
        text(self.entity, member).ok_or_else(|| self.fault(member))
    }

    fn list(&self, member: &'static str) -> Result<&'v [Value], SchemaError> {
        let list = self.entity.get(member).and_then(Value::as_array);
        list.map(Vec::as_slice).ok_or_else(|| self.fault(member))
    }

    /// The type; `None` for an event and for kinds of entities that are not known.
    fn type_of(&self, kind: &str) -> Result<Option<Type>, SchemaError> {
        Ok(Some(match kind {
            "builtin" => {
                Type::Builtin(Builtin::of(self.text("json-type")?).ok_or_else(|| self.fault("json-type"))?)
            }
            "enum" => Type::Enum(self.words()?),
            "array" => Type::Array(self.text("element-type")?.into()),
            "object" => Type::Object(self.object()?),
            "alternate" => {
                let of = |member| text(member, "type").map(Into::into);
                let types: Option<Vec<_>> = self.list("members")?.iter().map(of).collect();
                Type::Alternate(types.ok_or_else(|| self.fault("members"))?)
            }
            _ => return Ok(None),
        }))
    }

    /// The words of an enumeration. Before 6.2 there is only `values`, without features.
    fn words(&self) -> Result<Vec<Word>, SchemaError> {
        let words: Option<Vec<Word>> = match self.list("members") {
            Ok(members) => members
                .iter()
                .map(|word| {
                    Some(Word { name: text(word, "name")?.into(), is_deprecated: is_deprecated(word) })
                })
                .collect(),
            Err(_) => self
                .list("values")?
                .iter()
                .map(|word| Some(Word { name: word.as_str()?.into(), is_deprecated: false }))
                .collect(),
        };
        words.ok_or_else(|| self.fault("members"))
    }

    fn object(&self) -> Result<Object, SchemaError> {
        let member = |member: &Value| {
            Some(Member {
                name: text(member, "name")?.into(),
                of: text(member, "type")?.into(),
                // Every optional member has a `default`, whose value says nothing.
                is_optional: member.get("default").is_some(),
                is_deprecated: is_deprecated(member),
            })
        };
        let members: Option<Vec<Member>> = self.list("members")?.iter().map(member).collect();
        let members = members.ok_or_else(|| self.fault("members"))?;
        let union = match text(self.entity, "tag") {
            None => None,
            Some(tag) => {
                let case = |variant| Some((text(variant, "case")?.into(), text(variant, "type")?.into()));
                let variants: Option<HashMap<Box<str>, Box<str>>> =
                    self.list("variants")?.iter().map(case).collect();
                let variants = variants.ok_or_else(|| self.fault("variants"))?;
                Some(Union { tag: tag.into(), variants })
            }
        };
        Ok(Object { members, union })
    }
}

fn text<'v>(value: &'v Value, member: &str) -> Option<&'v str> {
    value.get(member).and_then(Value::as_str)
}

fn is_deprecated(entity: &Value) -> bool {
    let features = entity.get("features").and_then(Value::as_array).into_iter().flatten();
    features.into_iter().any(|feature| feature.as_str() == Some("deprecated"))
}
