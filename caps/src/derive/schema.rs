//! Looking up paths in the QAPI schema (`query-qmp-schema`).
//!
//! A path starts with a command or event and continues through `arg-type` or `ret-type` into its types. A step is
//! `member`, `*member` (an optional member), `+case` (a variant of a union), `^value` (of an enumeration), `!type` (a
//! built-in JSON type), or `$feature` (of the entity reached).

use std::collections::{HashMap, HashSet};

use serde_json::Value;

/// The schema: entities by name.
pub(crate) struct Schema<'a> {
    entities: HashMap<&'a str, &'a Value>,
}

impl<'a> Schema<'a> {
    /// The schema in the reply to `query-qmp-schema`.
    pub(crate) fn of(reply: &'a Value) -> Option<Self> {
        let list = reply.as_array()?;
        let entities = list.iter().filter_map(|e| Some((text(e, "name")?, e))).collect();
        Some(Self { entities })
    }

    /// The names of the commands.
    pub(crate) fn commands(&self) -> HashSet<&'a str> {
        let commands = self.entities.iter().filter(|(_, e)| text(e, "meta-type") == Some("command"));
        commands.map(|(name, _)| *name).collect()
    }

    /// Whether the schema has `path`.
    pub(crate) fn has(&self, path: &str) -> bool {
        let mut steps = path.split('/');
        let Some(start) = steps.next().and_then(|name| self.entities.get(name)) else { return false };
        let mut at = Reached { features: start, named: Some(start) };
        for step in steps {
            let Some(next) = self.step(&at, step) else { return false };
            at = next;
        }
        true
    }

    fn step(&self, at: &Reached<'a>, step: &str) -> Option<Reached<'a>> {
        if let Some(feature) = step.strip_prefix('$') {
            let features = at.features.get("features")?.as_array()?;
            return features
                .iter()
                .any(|f| f.as_str() == Some(feature))
                .then_some(Reached { features: at.features, named: None });
        }
        let entity = at.named?;
        match text(entity, "meta-type")? {
            "command" | "event" => self.type_at(text(entity, step)?, None),
            "object" => self.in_object(entity, step),
            "enum" => in_enum(entity, step),
            "array" => self.step(&self.type_at(text(entity, "element-type")?, None)?, step),
            "alternate" => {
                let members = entity.get("members")?.as_array()?;
                members.iter().find_map(|m| self.step(&self.type_at(text(m, "type")?, None)?, step))
            }
            "builtin" => {
                let reached = Reached { features: entity, named: None };
                (step.strip_prefix('!') == text(entity, "json-type")).then_some(reached)
            }
            _ => None,
        }
    }

    fn in_object(&self, entity: &'a Value, step: &str) -> Option<Reached<'a>> {
        if let Some(case) = step.strip_prefix('+') {
            let variants = entity.get("variants")?.as_array()?;
            let variant = variants.iter().find(|v| text(v, "case") == Some(case))?;
            return self.type_at(text(variant, "type")?, None);
        }
        let (name, optional) = step.strip_prefix('*').map_or((step, false), |name| (name, true));
        let member = entity.get("members")?.as_array()?.iter().find(|m| text(m, "name") == Some(name))?;
        if optional && member.get("default").is_none() {
            return None;
        }
        self.type_at(text(member, "type")?, Some(member))
    }

    /// The type `name`. Where it is the type of `member`, features are those of the member.
    fn type_at(&self, name: &str, member: Option<&'a Value>) -> Option<Reached<'a>> {
        let entity = self.entities.get(name)?;
        Some(Reached { features: member.unwrap_or(entity), named: Some(entity) })
    }
}

/// The entity that a path has reached.
struct Reached<'a> {
    /// The entity or member with the features.
    features: &'a Value,
    /// The entity that the next step starts from, where there is one.
    named: Option<&'a Value>,
}

fn in_enum<'a>(entity: &'a Value, step: &str) -> Option<Reached<'a>> {
    let value = step.strip_prefix('^')?;
    if let Some(members) = entity.get("members").and_then(Value::as_array) {
        let member = members.iter().find(|m| text(m, "name") == Some(value))?;
        return Some(Reached { features: member, named: None });
    }
    let values = entity.get("values")?.as_array()?;
    values.iter().any(|v| v.as_str() == Some(value)).then_some(Reached { features: entity, named: None })
}

fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str)
}
