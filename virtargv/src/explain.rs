//! Explains arguments: the origin of each, and the values that completing added, with the reason for each.
//!
//! ```
//! use virtargv::{FixedHost, Release, Request, builtin, explain::Explainer};
//!
//! let text = "<domain type='kvm'><name>demo</name><memory unit='MiB'>512</memory>
//!   <os><type arch='x86_64' machine='q35'>hvm</type></os>
//!   <devices><rng model='virtio'><backend model='random'/></rng></devices></domain>";
//! let caps = builtin::get("qemu-11.1-x86_64", Release::V12_9).expect("a built-in set");
//! let outcome = virtargv::run(text, &Request::new(&caps, &FixedHost::default()));
//! let (line, completed) = (outcome.command_line.expect("a line"), outcome.resolved.expect("a domain"));
//! let explainer = Explainer::new(text, caps.release(), &completed);
//! let rng = line.arguments.iter().find(|argument| argument.id() == Some("rng0")).expect("an RNG");
//! assert_eq!(
//!     explainer.argument(rng),
//!     "devices/rng at 3:12; alias generated: 'rng0'; \
//!      PCI address assigned: <address type='pci' domain='0x0000' bus='0x03' slot='0x00' function='0x0'/>"
//! );
//! ```

mod reason;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use roxmltree::{Document, Node};
use virtargv_model::device::{DeviceId, DeviceKind};
use virtargv_model::{Domain, Pos, Release, Source};
use virtargv_qemu_cmd::{Argument, Element, Origin};

use reason::Reasons;

/// Explains the arguments of a command line.
#[derive(Debug)]
pub struct Explainer<'a> {
    source: Source<'a>,
    /// The document as written; `None` if it cannot be read, in which case there is no command line either.
    written: Option<Devices<'a>>,
    completed: Devices<'a>,
    /// What completing added to the elements of `<domain>` that are not devices, by the path below `<domain>`.
    parts: BTreeMap<String, Vec<Added>>,
    reasons: Reasons,
}

/// An attribute or element that completing added to an element.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Added {
    /// Its path below the element, such as `target/@bus`; empty for the element itself.
    path: String,
    /// Its text, on one line.
    text: String,
    /// The `type=` of an element.
    kind: Option<String>,
}

impl<'a> Explainer<'a> {
    /// An explainer for the command line of the document `text` under `release`, with its completed domain.
    pub fn new(text: &'a str, release: Release, completed: &'a Domain) -> Self {
        let written = virtargv_model::parse_as(text, release).value;
        let mut parts = BTreeMap::new();
        if let Some(written) = &written {
            let [written, completed] = [written, completed].map(virtargv_model::format);
            if let (Ok(written), Ok(completed)) = (Document::parse(&written), Document::parse(&completed)) {
                collect(written.root_element(), completed.root_element(), "", &mut parts);
            }
        }
        let written = written.map(|domain| Devices::new(Cow::Owned(*domain)));
        let reasons = Reasons::of(completed);
        let completed = Devices::new(Cow::Borrowed(completed));
        Self { source: Source::new(text), written, completed, parts, reasons }
    }

    /// The origin of `argument` on one line: the element with its line and column, the reason why it is implied, or the
    /// setting of the driver. After an element come the attributes and elements that completing added to it, by the
    /// reason for them, and the alias that was generated for a device.
    pub fn argument(&self, argument: &Argument) -> String {
        match argument.origin {
            Origin::Element(element) => self.element(&element, argument),
            Origin::Implied { by } => format!("implied: {by}"),
            Origin::Settings { key } => format!("setting of the driver: {key}"),
        }
    }

    fn element(&self, element: &Element, argument: &Argument) -> String {
        // The path of `<domain>` itself is `.`, for which its name is shown. It is also that of an element which is not
        // in the document.
        let path = self.source.path(&element.place()).filter(|path| path != ".");
        let is_written = path.is_some() || matches!(element, Element::Domain { path: "", .. });
        let mut out = path.unwrap_or_else(|| element.to_string());
        if let Some(frame) = self.source.locate(&element.place()).filter(|_| is_written) {
            let _ = write!(out, " at {}:{}", frame.line, frame.column);
        }
        let mut groups: Vec<(String, String)> = Vec::new();
        groups.extend(self.alias(element, argument).map(|alias| ("alias generated".to_owned(), alias)));
        let (name, added) = match element {
            Element::Device { id, pos } => (id.kind.element(), Cow::Owned(self.device(*id, *pos))),
            Element::Domain { path, .. } => {
                (*path, self.parts.get(*path).map_or(Cow::Owned(Vec::new()), Cow::Borrowed))
            }
            Element::Numbered { path, .. } => (*path, Cow::Owned(Vec::new())),
        };
        for added in added.iter() {
            let reason = self.reasons.of_added(name, added);
            match groups.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, texts)) => texts.extend([" ", &added.text]),
                None => groups.push((reason, added.text.clone())),
            }
        }
        for (reason, texts) in groups {
            let _ = write!(out, "; {reason}: {texts}");
        }
        out
    }

    /// The id of a device in QEMU, where the document has no alias for it.
    fn alias(&self, element: &Element, argument: &Argument) -> Option<String> {
        let Element::Device { id, pos } = element else { return None };
        let is_device = argument.option == "-device" && argument.props()?.text("driver")?.as_str() != "zpci";
        let has_alias = self.completed.get(id.kind, *pos)?.1;
        let id = argument.id().filter(|_| is_device && !has_alias)?;
        Some(format!("'{id}'"))
    }

    /// What completing added to the device at `pos`.
    fn device(&self, id: DeviceId, pos: Pos) -> Vec<Added> {
        let mut out = Vec::new();
        let Some(completed) = self.completed.to_xml(id.kind, pos) else { return out };
        let Ok(completed) = Document::parse(&completed) else { return out };
        let written = self.written.as_ref().and_then(|devices| devices.to_xml(id.kind, pos));
        match written.as_deref().map(Document::parse) {
            Some(Ok(written)) => compare(written.root_element(), completed.root_element(), "", &mut out),
            Some(Err(_)) => {}
            // Another element at this place stands for the device too.
            None => out.push(Added::element(completed.root_element(), String::new())),
        }
        out
    }
}

/// The devices of a domain, by kind and offset in the document: completing adds and sorts devices, so that their indexes
/// change.
#[derive(Debug)]
struct Devices<'a> {
    domain: Cow<'a, Domain>,
    ids: BTreeMap<(DeviceKind, Option<usize>), (DeviceId, bool)>,
}

impl<'a> Devices<'a> {
    fn new(domain: Cow<'a, Domain>) -> Self {
        let mut ids = BTreeMap::new();
        for (id, info) in domain.devices.infos() {
            ids.entry((id.kind, info.pos.offset())).or_insert((id, info.alias.is_some()));
        }
        Self { domain, ids }
    }

    /// The device at `pos`, and whether it has an alias.
    fn get(&self, kind: DeviceKind, pos: Pos) -> Option<(DeviceId, bool)> {
        self.ids.get(&(kind, pos.offset())).copied()
    }

    /// The element of the device at `pos`.
    fn to_xml(&self, kind: DeviceKind, pos: Pos) -> Option<String> {
        self.domain.devices.to_xml(self.get(kind, pos)?.0)
    }
}

/// Collects what the elements in `after` have and those in `before` have not, by path. Of several elements of one name it
/// is the first. Devices are left out, as each is explained by itself.
fn collect(before: Node<'_, '_>, after: Node<'_, '_>, path: &str, parts: &mut BTreeMap<String, Vec<Added>>) {
    let mut seen = BTreeSet::new();
    for child in after.children().filter(Node::is_element) {
        let name = child.tag_name().name();
        if !seen.insert(name) || (path.is_empty() && name == "devices") {
            continue;
        }
        let path = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
        let Some(same) = before.children().find(|other| other.tag_name().name() == name) else {
            parts.insert(path, vec![Added::element(child, String::new())]);
            continue;
        };
        let mut added = Vec::new();
        compare(same, child, "", &mut added);
        // If nothing was added to an element, nothing was added to the elements in it.
        if !added.is_empty() {
            collect(same, child, &path, parts);
            parts.insert(path, added);
        }
    }
}

/// Adds what `after` has and `before` has not, and a machine type for which `before` has an alias.
fn compare(before: Node<'_, '_>, after: Node<'_, '_>, path: &str, out: &mut Vec<Added>) {
    for attribute in after.attributes() {
        let (name, value) = (attribute.name(), attribute.value());
        let same = match before.attribute(name) {
            Some(before) => before == value || name != "machine",
            None => false,
        };
        if !same {
            let path = format!("{path}@{name}");
            out.push(Added { text: format!("{path}='{value}'"), path, kind: None });
        }
    }
    // The nth element of a name is compared with the nth element of that name before completing.
    let mut seen = BTreeSet::new();
    for child in after.children().filter(Node::is_element) {
        let name = child.tag_name().name();
        let mut nth = 0;
        while !seen.insert((name, nth)) {
            nth += 1;
        }
        let same =
            before.children().filter(|other| other.is_element() && other.tag_name().name() == name).nth(nth);
        match same {
            Some(other) => compare(other, child, &format!("{path}{name}/"), out),
            None => out.push(Added::element(child, format!("{path}{name}"))),
        }
    }
}

impl Added {
    /// The element `node`, which is at `path`.
    fn element(node: Node<'_, '_>, path: String) -> Self {
        let text = node.document().input_text().get(node.range()).unwrap_or_default();
        let kind = node.attribute("type").map(str::to_owned);
        Self { path, text: text.lines().map(str::trim).collect(), kind }
    }
}
