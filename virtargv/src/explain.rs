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

use std::collections::BTreeSet;
use std::fmt::Write as _;

use virtargv_model::device::DeviceId;
use virtargv_model::{Domain, Pos, Release, Source};
use virtargv_qemu_cmd::{Argument, Element, Origin};

/// Explains the arguments of a command line.
#[derive(Debug)]
pub struct Explainer<'a> {
    source: Source<'a>,
    /// The document as written; `None` if it cannot be read, which gives no command line.
    written: Option<Domain>,
    completed: &'a Domain,
    /// The written and the completed domain as documents, for elements that are not devices.
    texts: [String; 2],
}

impl<'a> Explainer<'a> {
    /// An explainer for the command line of the document `text` under `release`, with its completed domain.
    pub fn new(text: &'a str, release: Release, completed: &'a Domain) -> Self {
        let written = virtargv_model::parse_as(text, release).value;
        let texts = [
            written.as_ref().map(virtargv_model::format).unwrap_or_default(),
            virtargv_model::format(completed),
        ];
        Self { source: Source::new(text), written, completed, texts }
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
            Element::Domain { path, .. } => self.part(path),
            Element::Numbered { .. } => Vec::new(),
        };
        if !completed.is_empty() {
            let _ = write!(out, "; completed: {}", completed.join(" "));
        }
        out
    }

    /// The attributes and elements that completing added to the device at `pos`.
    fn device(&self, id: DeviceId, pos: Pos) -> Vec<String> {
        let same = |domain: &Domain| {
            let mut devices = domain.devices.infos();
            let found =
                devices.find(|(other, info)| other.kind == id.kind && info.pos.offset() == pos.offset());
            found.and_then(|(id, _)| domain.devices.to_xml(id))
        };
        let written = self.written.as_ref().and_then(same);
        let completed = same(self.completed);
        match (written, completed) {
            (Some(written), Some(completed)) => added(&written, &completed, &[]),
            _ => Vec::new(),
        }
    }

    /// The attributes and elements that completing added to the element at `path` below `<domain>`.
    fn part(&self, path: &str) -> Vec<String> {
        let [written, completed] = &self.texts;
        let path: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
        // The list for `<domain>` itself would be that of all elements.
        if path.is_empty() { Vec::new() } else { added(written, completed, &path) }
    }
}

/// The attributes and elements that the element at `path` has in the document `completed` and not in `written`.
fn added(written: &str, completed: &str, path: &[&str]) -> Vec<String> {
    let (Ok(written), Ok(completed)) =
        (roxmltree::Document::parse(written), roxmltree::Document::parse(completed))
    else {
        return Vec::new();
    };
    let mut out = Vec::new();
    let at = |tree: roxmltree::Node<'_, '_>| descend(tree, path).map(|node| node.id());
    if let (Some(before), Some(after)) = (at(written.root_element()), at(completed.root_element()))
        && let (Some(before), Some(after)) = (written.get_node(before), completed.get_node(after))
    {
        compare(before, after, "", &mut out);
    }
    out
}

fn descend<'a, 't>(node: roxmltree::Node<'a, 't>, path: &[&str]) -> Option<roxmltree::Node<'a, 't>> {
    path.iter().try_fold(node, |node, name| node.children().find(|child| child.has_tag_name(*name)))
}

fn compare(
    before: roxmltree::Node<'_, '_>,
    after: roxmltree::Node<'_, '_>,
    path: &str,
    out: &mut Vec<String>,
) {
    for attribute in after.attributes() {
        if before.attribute(attribute.name()).is_none() {
            out.push(format!("{path}@{}='{}'", attribute.name(), attribute.value()));
        }
    }
    // The nth element of a name is compared with the nth element of that name before completing.
    let mut seen = BTreeSet::new();
    for child in after.children().filter(roxmltree::Node::is_element) {
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
fn on_one_line(node: roxmltree::Node<'_, '_>) -> String {
    let text = node.document().input_text().get(node.range()).unwrap_or_default();
    text.lines().map(str::trim).collect()
}
