//! Deriving capabilities from a QMP conversation with a QEMU binary.
//!
//! [`Conversation`] has the requests and their replies, recorded or from a probe; [`derive()`] makes [`Caps`] of it.
//! The table in `derive/table.rs` has the condition of each capability flag.

mod conversation;
mod cpu;
mod machine;
mod platform;
mod schema;
mod table;

use std::collections::HashSet;

pub use conversation::{Conversation, ConversationError, Exchange, Session};
use serde_json::{Value, json};

use crate::{Accel, Arch, Caps, CapsBuilder, Release};
use schema::Schema;

/// The error for a conversation from which capabilities cannot be derived.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeriveError {
    /// A command was not sent, or QEMU did not reply or returned an error.
    #[error("the conversation has no successful reply to `{0}`")]
    Missing(&'static str),
    /// A reply does not have the form that QEMU documents.
    #[error("the reply to `{0}` does not have the expected form")]
    Form(&'static str),
    /// The target is not a known architecture.
    #[error("the target of QEMU is `{0}`, which is not a known architecture")]
    Target(String),
}

/// The condition for a capability flag.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Probe {
    /// QEMU has this QMP command.
    Command(&'static str),
    /// The command was sent, and its reply is not an error.
    Answers(&'static str),
    /// QEMU has this QOM type.
    Type(&'static str),
    /// A device type has this property.
    Property(&'static str, &'static str),
    /// A boolean property of a device type is off by default.
    DefaultOff(&'static str, &'static str),
    /// An object type has this property.
    ObjectProperty(&'static str, &'static str),
    /// The machine type, or the newest one of its family, has this property.
    MachineProperty(&'static str, &'static str),
    /// QEMU has this command-line option; with a second name, the option has this parameter.
    Option(&'static str, &'static str),
    /// QEMU has this migration capability.
    Migration(&'static str),
    /// QEMU has this TPM backend.
    TpmType(&'static str),
    /// QEMU has this TPM frontend.
    TpmModel(&'static str),
    /// The QAPI schema has this path.
    Schema(&'static str),
    /// QEMU has this CPU model.
    CpuModel(&'static str),
    /// The target is one of these.
    Target(&'static [&'static str]),
    /// QEMU has this version or a later one.
    Since(u32),
    /// QEMU has an earlier version than this.
    Before(u32),
    /// QEMU can use KVM.
    Kvm,
    /// The first session used the Hypervisor framework: QEMU says so, or a version that cannot say so used an accelerator
    /// other than KVM and TCG.
    Hvf,
    /// The first session used this accelerator, in the words of a QEMU that can be asked.
    Accelerator(&'static str),
    /// The error of `block-commit` shows that it looks for the device first, as versions do that can commit the active
    /// layer.
    ActiveCommit,
    /// All of these conditions.
    All(&'static [Probe]),
    /// One of these conditions.
    Any(&'static [Probe]),
    /// Not this condition.
    Not(&'static Probe),
}

/// Derives capabilities from `conversation`. `release` decides which flags are probed for.
///
/// # Errors
/// A reply is missing or does not have the expected form.
pub fn derive(conversation: &Conversation, release: Release) -> Result<Caps, DeriveError> {
    let session = conversation.sessions().first().ok_or(DeriveError::Missing("qmp_capabilities"))?;
    let facts = Facts::gather(conversation, session)?;
    let arch =
        Arch::from_qemu_name(&facts.target).ok_or_else(|| DeriveError::Target(facts.target.clone()))?;
    let mut builder = Caps::builder(release, arch).version(facts.version).package(facts.package.clone());
    let live = table::ROWS.iter().filter(|(cap, _)| cap.state(release).is_live());
    builder = builder.flags(live.filter(|(_, probe)| facts.holds(probe)).map(|(cap, _)| *cap));
    builder = platform::add(builder, &facts, release);
    let first = facts.accel();
    if let Some(first) = first {
        builder = per_accel(builder, first, session, arch, release)?;
    }
    if first != Some(Accel::Tcg)
        && let Some(second) = conversation.sessions().get(1)
    {
        builder = per_accel(builder, Accel::Tcg, second, arch, release)?;
    }
    Ok(builder.build())
}

/// Adds machine types and CPUs, which depend on the accelerator of the session.
fn per_accel(
    mut builder: CapsBuilder,
    accel: Accel,
    session: &Session,
    arch: Arch,
    release: Release,
) -> Result<CapsBuilder, DeriveError> {
    for machine in machine::machines(session, arch, release)? {
        builder = builder.machine(accel, machine);
    }
    for model in cpu::models(session, arch, release) {
        builder = builder.cpu_model(accel, model);
    }
    if let Some(host) = cpu::host(session, accel, arch) {
        builder = builder.host_cpu(accel, host);
    }
    Ok(builder)
}

/// The replies of the first session, indexed for look-ups.
pub(crate) struct Facts<'a> {
    pub(crate) session: &'a Session,
    sessions: usize,
    version: u32,
    package: String,
    target: String,
    commands: HashSet<&'a str>,
    types: HashSet<&'a str>,
    schema: Option<Schema<'a>>,
}

impl<'a> Facts<'a> {
    fn gather(conversation: &Conversation, session: &'a Session) -> Result<Self, DeriveError> {
        let version = need(session, "query-version")?;
        let number = |part: &str| {
            let n = version.get("qemu").and_then(|q| q.get(part)).and_then(Value::as_u64);
            n.and_then(|n| u32::try_from(n).ok())
                .filter(|n| *n < 1000)
                .ok_or(DeriveError::Form("query-version"))
        };
        let target = need(session, "query-target")?.get("arch").and_then(Value::as_str);
        let schema = session.reply("query-qmp-schema").and_then(Schema::of);
        let listed = session.reply("query-commands").map(|list| names(list, "name").collect());
        let commands = listed.or_else(|| schema.as_ref().map(Schema::commands));
        Ok(Self {
            session,
            sessions: conversation.sessions().len(),
            version: number("major")? * 1_000_000 + number("minor")? * 1000 + number("micro")?,
            package: version.get("package").and_then(Value::as_str).unwrap_or_default().to_owned(),
            target: target.ok_or(DeriveError::Form("query-target"))?.to_owned(),
            commands: commands.ok_or(DeriveError::Missing("query-qmp-schema"))?,
            types: names(need(session, "qom-list-types")?, "name").collect(),
            schema,
        })
    }

    /// The accelerator of the first session; `None` for one whose machine types and CPU models capabilities do not have.
    fn accel(&self) -> Option<Accel> {
        if self.kvm() {
            Some(Accel::Kvm)
        } else if self.hvf() {
            Some(Accel::Hvf)
        } else if self.enabled().is_none_or(|name| matches!(name, "tcg" | "qtest")) {
            Some(Accel::Tcg)
        } else {
            None
        }
    }

    /// Whether the condition `probe` holds.
    fn holds(&self, probe: &Probe) -> bool {
        match *probe {
            Probe::Command(name) => self.commands.contains(name),
            Probe::Answers(command) => self.session.reply(command).is_some(),
            Probe::Type(name) => self.types.contains(name),
            Probe::Property(of, name) => self.property("device-list-properties", of, name).is_some(),
            Probe::DefaultOff(of, name) => self
                .property("device-list-properties", of, name)
                .is_some_and(|p| p.get("default-value") == Some(&Value::Bool(false))),
            Probe::ObjectProperty(of, name) => self.property("qom-list-properties", of, name).is_some(),
            Probe::MachineProperty(family, name) => self.machine_property(family, name),
            Probe::Option(option, parameter) => self.option(option, parameter),
            Probe::Migration(name) => self.lists("query-migrate-capabilities", "capability", name),
            Probe::TpmType(name) => self.words("query-tpm-types", name),
            Probe::TpmModel(name) => self.words("query-tpm-models", name),
            Probe::Schema(path) => self.schema.as_ref().is_some_and(|s| s.has(path)),
            Probe::CpuModel(name) => self.lists("query-cpu-definitions", "name", name),
            Probe::Target(targets) => targets.contains(&self.target.as_str()),
            Probe::Since(version) => self.version >= version,
            Probe::Before(version) => self.version < version,
            Probe::Kvm => self.kvm(),
            Probe::Hvf => self.hvf(),
            Probe::Accelerator(name) => self.enabled() == Some(name),
            Probe::ActiveCommit => self.session.error_class("block-commit") == Some("DeviceNotFound"),
            Probe::All(probes) => probes.iter().all(|p| self.holds(p)),
            Probe::Any(probes) => probes.iter().any(|p| self.holds(p)),
            Probe::Not(probe) => !self.holds(probe),
        }
    }

    fn kvm(&self) -> bool {
        let is = |reply: &Value, key| reply.get(key) == Some(&Value::Bool(true));
        self.enabled() == Some("kvm")
            || self.session.reply("query-kvm").is_some_and(|r| is(r, "enabled") && is(r, "present"))
    }

    fn hvf(&self) -> bool {
        self.enabled().map_or(!self.kvm() && self.sessions > 1, |name| name == "hvf")
    }

    /// The accelerator that QEMU says it uses.
    fn enabled(&self) -> Option<&'a str> {
        self.session.reply("query-accelerators")?.get("enabled")?.as_str()
    }

    fn property(&self, command: &str, of: &str, name: &str) -> Option<&'a Value> {
        let list = self.session.reply_to(command, &json!({ "typename": of }))?;
        list.as_array()?.iter().find(|p| p.get("name").and_then(Value::as_str) == Some(name))
    }

    fn machine_property(&self, family: &str, name: &str) -> bool {
        let mut asked = self.session.arguments_of("qom-list-properties");
        asked.any(|arguments| {
            let Some(typename) = arguments.get("typename").and_then(Value::as_str) else { return false };
            let machine = typename.strip_suffix("-machine").and_then(|m| m.strip_prefix(family));
            machine.is_some_and(|version| version.is_empty() || version.starts_with('-'))
                && self.property("qom-list-properties", typename, name).is_some()
        })
    }

    fn option(&self, option: &str, parameter: &str) -> bool {
        let options = self.session.reply("query-command-line-options").and_then(Value::as_array);
        options.into_iter().flatten().any(|o| {
            o.get("option").and_then(Value::as_str) == Some(option)
                && (parameter.is_empty()
                    || o.get("parameters").is_some_and(|list| names(list, "name").any(|n| n == parameter)))
        })
    }

    fn lists(&self, command: &str, key: &str, name: &str) -> bool {
        self.session.reply(command).is_some_and(|list| names(list, key).any(|n| n == name))
    }

    fn words(&self, command: &str, word: &str) -> bool {
        let list = self.session.reply(command).and_then(Value::as_array);
        list.into_iter().flatten().any(|w| w.as_str() == Some(word))
    }
}

/// The mandatory reply to `command`.
fn need<'a>(session: &'a Session, command: &'static str) -> Result<&'a Value, DeriveError> {
    session.reply(command).ok_or(DeriveError::Missing(command))
}

/// The strings at `key` of a list of objects.
fn names<'a>(list: &'a Value, key: &str) -> impl Iterator<Item = &'a str> {
    list.as_array().into_iter().flatten().filter_map(move |o| o.get(key).and_then(Value::as_str))
}

/// The queries of type properties that the table of conditions needs: command and type.
pub fn questions() -> impl Iterator<Item = (&'static str, &'static str)> {
    fn collect(probe: &Probe, out: &mut Vec<(&'static str, &'static str)>) {
        match *probe {
            Probe::Property(of, _) | Probe::DefaultOff(of, _) => out.push(("device-list-properties", of)),
            Probe::ObjectProperty(of, _) => out.push(("qom-list-properties", of)),
            Probe::All(probes) | Probe::Any(probes) => probes.iter().for_each(|p| collect(p, out)),
            Probe::Not(probe) => collect(probe, out),
            _ => {}
        }
    }
    let mut out = Vec::new();
    for (_, probe) in table::ROWS {
        collect(probe, &mut out);
    }
    out.sort_unstable();
    out.dedup();
    out.into_iter()
}

/// The machine type families whose properties the table of conditions needs.
pub fn machine_families() -> impl Iterator<Item = &'static str> {
    let mut out: Vec<&str> = table::ROWS
        .iter()
        .filter_map(
            |(_, probe)| if let Probe::MachineProperty(family, _) = probe { Some(*family) } else { None },
        )
        .collect();
    out.sort_unstable();
    out.dedup();
    out.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cap;

    #[test]
    fn every_flag_has_one_row() {
        let mut seen = HashSet::new();
        for (cap, _) in table::ROWS {
            assert!(seen.insert(*cap), "{cap} has two rows");
        }
        let without: Vec<Cap> = Cap::ALL
            .iter()
            .copied()
            .filter(|c| Release::ALL.iter().any(|r| c.state(*r).is_live()) && !seen.contains(c))
            .collect();
        let names: Vec<&str> = without.iter().map(|c| c.name()).collect();
        assert_eq!(names, ["virtio-s390", "incremental-backup", "blockdev-reopen", "chardev.json"]);
    }
}
