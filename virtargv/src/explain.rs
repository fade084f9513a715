//! Explains arguments: the origin of each, and the values that completing added.
//!
//! ```
//! use virtargv::{FixedHost, Release, Request, builtin, explain::Explainer};
//!
//! let text = "<domain type='kvm'><name>demo</name><memory unit='MiB'>512</memory>
//!   <os><type arch='x86_64' machine='q35'>hvm</type></os>
//!   <devices><rng model='virtio'><backend model='random'/></rng></devices></domain>";
//! let caps = builtin::get("qemu-10.0-x86_64", Release::V11_3).expect("a built-in set");
//! let outcome = virtargv::run(text, &Request::new(&caps, &FixedHost::default()));
//! let (line, completed) = (outcome.command_line.expect("a line"), outcome.resolved.expect("a domain"));
//! let explainer = Explainer::new(text, caps.release(), &completed);
//! let rng = line.arguments.iter().find(|argument| argument.id() == Some("rng0")).expect("an RNG");
//! assert_eq!(
//!     explainer.argument(rng),
//!     "devices/rng at 3:12; completed: <address type='pci' domain='0x0000' bus='0x03' slot='0x00' function='0x0'/>"
//! );
//! ```

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use roxmltree::{Document, Node};
use virtargv_model::device::{DeviceId, DeviceKind};
use virtargv_model::{Domain, Pos, Release, Source};
use virtargv_qemu_cmd::{Argument, Element, Origin};

/// Explains the arguments of a command line.
#[derive(Debug)]
pub struct Explainer<'a> {
    source: Source<'a>,
    /// The document as written; `None` if it cannot be read, in which case there is no command line either.
    written: Option<Devices<'a>>,
    completed: Devices<'a>,
    /// The attributes and elements that completing added to the elements of `<domain>` that are not devices, by the path
    /// below `<domain>`.
    parts: BTreeMap<String, Vec<String>>,
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
        let written = written.map(|domain| Devices::new(Cow::Owned(domain)));
        Self { source: Source::new(text), written, completed: Devices::new(Cow::Borrowed(completed)), parts }
    }

    /// The origin of `argument` on one line: the element with its line and column, the reason why it is implied, or the
    /// setting of the driver. After an element come the attributes and elements that completing added to it.
    pub fn argument(&self, argument: &Argument) -> String {
        match argument.origin {
            Origin::Element(element) => self.element(&element),
            Origin::Implied { by } => format!("implied: {by}"),
            Origin::Settings { key } => format!("setting of the driver: {key}"),
        }
    }

    fn element(&self, element: &Element) -> String {
        // The path of `<domain>` itself is `.`, for which its name is shown.
        let path = self.source.path(&element.place()).filter(|path| path != ".");
        let mut out = path.unwrap_or_else(|| element.to_string());
        if let Some(frame) = self.source.locate(&element.place()) {
            let _ = write!(out, " at {}:{}", frame.line, frame.column);
        }
        let completed = match element {
            Element::Device { id, pos } => self.device(*id, *pos),
            Element::Domain { path, .. } => self.parts.get(*path).cloned().unwrap_or_default(),
            Element::Numbered { .. } => Vec::new(),
        };
        if !completed.is_empty() {
            let _ = write!(out, "; completed: {}", completed.join(" "));
        }
        out
    }

    /// The attributes and elements that completing added to the device at `pos`.
    fn device(&self, id: DeviceId, pos: Pos) -> Vec<String> {
        let mut out = Vec::new();
        let written = self.written.as_ref().and_then(|devices| devices.to_xml(id.kind, pos));
        if let (Some(written), Some(completed)) = (written, self.completed.to_xml(id.kind, pos))
            && let (Ok(written), Ok(completed)) = (Document::parse(&written), Document::parse(&completed))
        {
            compare(written.root_element(), completed.root_element(), "", &mut out);
        }
        out
    }
}

/// The devices of a domain, by kind and offset in the document: completing adds and sorts devices, so that their indexes
/// change.
#[derive(Debug)]
struct Devices<'a> {
    domain: Cow<'a, Domain>,
    ids: BTreeMap<(DeviceKind, Option<usize>), DeviceId>,
}

impl<'a> Devices<'a> {
    fn new(domain: Cow<'a, Domain>) -> Self {
        let mut ids = BTreeMap::new();
        for (id, info) in domain.devices.infos() {
            ids.entry((id.kind, info.pos.offset())).or_insert(id);
        }
        Self { domain, ids }
    }

    /// The element of the device at `pos`.
    fn to_xml(&self, kind: DeviceKind, pos: Pos) -> Option<String> {
        let id = self.ids.get(&(kind, pos.offset()))?;
        self.domain.devices.to_xml(*id)
    }
}

/// Collects what the elements in `after` have and those in `before` have not, by path. Of several elements of one name it
/// is the first. Devices are left out, as each is explained by itself.
fn collect(before: Node<'_, '_>, after: Node<'_, '_>, path: &str, parts: &mut BTreeMap<String, Vec<String>>) {
    let mut seen = BTreeSet::new();
    for child in after.children().filter(Node::is_element) {
        let name = child.tag_name().name();
        if !seen.insert(name) || (path.is_empty() && name == "devices") {
            continue;
        }
        let same = before.children().find(|other| other.tag_name().name() == name);
        let Some(same) = same else { continue };
        let mut added = Vec::new();
        compare(same, child, "", &mut added);
        let path = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
        // If nothing was added to an element, nothing was added to the elements in it.
        if !added.is_empty() {
            collect(same, child, &path, parts);
            parts.insert(path, added);
        }
    }
}

fn compare(before: Node<'_, '_>, after: Node<'_, '_>, path: &str, out: &mut Vec<String>) {
    for attribute in after.attributes() {
        if before.attribute(attribute.name()).is_none() {
            out.push(format!("{path}@{}='{}'", attribute.name(), attribute.value()));
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
            None => out.push(on_one_line(child)),
        }
    }
}

/// An element as text, on one line.
fn on_one_line(node: Node<'_, '_>) -> String {
    let text = node.document().input_text().get(node.range()).unwrap_or_default();
    text.lines().map(str::trim).collect()
}
