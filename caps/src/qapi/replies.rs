//! What a QEMU says of its options, types and properties.

use std::collections::BTreeSet;

use foldhash::HashMap;
use serde_json::Value;

use super::aliases::device_type;
use super::properties::Property;
use super::schema::{Schema, SchemaError};
use crate::derive::Conversation;

/// The error for a conversation that does not say what a QEMU accepts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RepliesError {
    /// There is no successful reply to `query-qmp-schema`: QEMU has it since 2.5.
    #[error("the conversation has no successful reply to `query-qmp-schema`")]
    NoSchema,
    /// The schema has another form.
    #[error(transparent)]
    Schema(#[from] SchemaError),
}

/// What a QEMU says of its options, types and properties.
#[derive(Debug, Clone, Default)]
pub struct Replies {
    schema: Schema,
    version: String,
    /// The parameters of options, by the name of their group.
    groups: HashMap<Box<str>, Vec<Property>>,
    /// The names of all types that can be created.
    types: BTreeSet<Box<str>>,
    devices: HashMap<Box<str>, Vec<Property>>,
    objects: HashMap<Box<str>, Vec<Property>>,
}

/// What is said of the properties of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Described<'r> {
    /// Its properties.
    Properties(&'r [Property]),
    /// QEMU was not asked for its properties, or did not answer.
    NotAsked,
    /// QEMU has no such type.
    NoType,
}

impl Replies {
    /// What is in `conversation`, recorded or from a probe.
    ///
    /// # Errors
    /// There is no schema. All else can be missing, and is then not checked.
    pub fn of(conversation: &Conversation) -> Result<Self, RepliesError> {
        let sessions = conversation.sessions();
        let reply = |command: &str| sessions.iter().find_map(|session| session.reply(command));
        let schema = Schema::of(reply("query-qmp-schema").ok_or(RepliesError::NoSchema)?)?;
        let number = |key: &str| reply("query-version")?.get("qemu")?.get(key)?.as_u64();
        let version = ["major", "minor", "micro"].map(|key| number(key).unwrap_or_default().to_string());
        let listed = |command: &'static str| {
            let asked = sessions.iter().flat_map(move |session| session.replies(command));
            let properties = asked.filter_map(|(arguments, reply)| {
                Some((arguments.get("typename")?.as_str()?.into(), Property::list(reply)?))
            });
            properties.collect()
        };
        Ok(Self {
            schema,
            version: version.join("."),
            groups: reply("query-command-line-options").map(groups).unwrap_or_default(),
            types: reply("qom-list-types").map(names).unwrap_or_default(),
            devices: listed("device-list-properties"),
            objects: listed("qom-list-properties"),
        })
    }

    /// The QAPI schema.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The version of QEMU, such as `10.0.2`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The parameters of the options of `group`; `None` where QEMU lists none.
    pub fn group(&self, group: &str) -> Option<&[Property]> {
        self.groups.get(group).map(Vec::as_slice).filter(|parameters| !parameters.is_empty())
    }

    /// The names of all types that can be created.
    pub fn types(&self) -> impl Iterator<Item = &str> + Clone {
        self.types.iter().map(|name| &**name)
    }

    /// The properties of the device type `name`, which can be one of the names that only `-device` takes (`virtio-blk`).
    pub fn device(&self, name: &str) -> Described<'_> {
        let of = device_type(name, |of| self.types.contains(of));
        self.described(&self.devices, of.as_deref().unwrap_or(name))
    }

    /// The properties of the object type `name`.
    pub fn object(&self, name: &str) -> Described<'_> {
        self.described(&self.objects, name)
    }

    fn described<'r>(&'r self, of: &'r HashMap<Box<str>, Vec<Property>>, name: &str) -> Described<'r> {
        match of.get(name) {
            Some(properties) => Described::Properties(properties),
            None if self.types.is_empty() || self.types.contains(name) => Described::NotAsked,
            None => Described::NoType,
        }
    }
}

fn groups(reply: &Value) -> HashMap<Box<str>, Vec<Property>> {
    let group = |entry: &Value| {
        let parameters = Property::list(entry.get("parameters")?)?;
        Some((entry.get("option")?.as_str()?.into(), parameters))
    };
    reply.as_array().into_iter().flatten().filter_map(group).collect()
}

fn names(reply: &Value) -> BTreeSet<Box<str>> {
    let name = |entry: &Value| Some(entry.get("name")?.as_str()?.into());
    reply.as_array().into_iter().flatten().filter_map(name).collect()
}
