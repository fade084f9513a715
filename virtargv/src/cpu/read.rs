//! Reading CPUs out of the files in which they are.

use std::ops::Range;

use roxmltree::{Document, Node, ParsingOptions};
use virtargv_caps::{Arch, CpuSpec, FeaturePolicy};
use virtargv_model::cpu::{CpuMatch, CpuMode};
use virtargv_model::{Message, Place, Problem, Release, Report, Rule, xml};

use super::rules;

/// The most nodes of a file with CPUs.
const MAX_NODES: u32 = 1_000_000;
/// How deep elements that hold documents are looked into, such as `<domainsnapshot>`.
const MAX_DEPTH: usize = 4;

/// A CPU as a file has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// The bytes of its element in the text.
    pub range: Range<usize>,
    /// Whether it is a host's own CPU (`<arch>` in it, as `virsh capabilities` has), and not one for guests.
    pub is_host: bool,
    /// `mode=`; `custom` for a host's own CPU and for a host model of `virsh domcapabilities`, which is written out there.
    pub mode: CpuMode,
    /// Whether features that block migration are left out of the host's CPU (`migratable='off'` takes them).
    pub migratable: bool,
    /// `match=`.
    pub matching: Option<CpuMatch>,
    /// `<arch>`, where it is known.
    pub arch: Option<Arch>,
    /// Model, vendor and features.
    pub cpu: CpuSpec,
    /// The most bits of a physical address that are taken from the host (`<maxphysaddr mode='passthrough' limit=>`).
    pub address_limit: Option<u32>,
}

impl Definition {
    /// The model `name` of a guest without changes.
    pub fn named(name: &str) -> Self {
        let cpu = CpuSpec { model: Some(name.to_owned()), ..CpuSpec::default() };
        Self {
            range: 0..0,
            is_host: false,
            mode: CpuMode::Custom,
            migratable: true,
            matching: None,
            arch: None,
            cpu,
            address_limit: None,
        }
    }

    /// Its place in the text.
    pub fn place(&self) -> Place {
        // Its start tag begins there; the whole element can have hundreds of lines.
        Place::byte(self.range.start)
    }
}

/// The CPUs in `text`: of a domain document, of `virsh capabilities` (the host's), of `virsh domcapabilities` (the host model)
/// or bare `<cpu>` elements, in their order.
///
/// ```
/// use virtargv::{Release, cpu};
///
/// let text = "<cpu><model>Westmere</model><feature policy='disable' name='aes'/></cpu>
///   <domain type='kvm'><cpu mode='host-model'/></domain>";
/// let cpus = cpu::read(text, Release::V12_9)?;
/// assert_eq!(cpus.len(), 2);
/// assert_eq!(cpus[0].cpu.model.as_deref(), Some("Westmere"));
/// # Ok::<(), virtargv::Problem>(())
/// ```
///
/// # Errors
/// Why there is none, or what is wrong with the first that cannot be read.
pub fn read(text: &str, release: Release) -> Result<Vec<Definition>, Problem> {
    let refuse =
        |rule: &'static Rule, at, message: String| Err(rule.problem(release, Place::byte(at), message));
    if let Some((at, limit)) = xml::beyond_limits(text) {
        return refuse(&rules::TEXT, at, limit.to_string());
    }
    let wrapped = wrap(text);
    let options = ParsingOptions { nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document = match Document::parse_with_options(&wrapped, options) {
        Ok(document) => document,
        Err(error) => {
            let at = byte_at(&wrapped, error.pos()).saturating_sub(OPEN.len()).min(text.len());
            // Its own message has the position in the wrapped text.
            let message = error.to_string();
            let message = message.split(" at ").next().unwrap_or_default();
            return refuse(&rules::TEXT, at, format!("this is not XML: {message}"));
        }
    };
    let mut found = Vec::new();
    collect(document.root_element(), 0, &mut found);
    if found.is_empty() {
        return refuse(&rules::NONE, 0, "there is no CPU in it".to_owned());
    }
    found.into_iter().map(|node| one(node, release)).collect()
}

/// What the rules of reading a domain say of the CPU, and elements and attributes of it that libvirt does not read, as `virsh
/// hypervisor-cpu-compare --validate` asks for, with the document that they are places in. A host's own CPU is not validated, nor
/// a host model of `virsh domcapabilities`: libvirt has written them.
pub fn validate(text: &str, cpu: &Definition, release: Release) -> (String, Report) {
    let element = text.get(cpu.range.clone()).unwrap_or_default();
    if cpu.is_host || !element.starts_with("<cpu") {
        return (String::new(), Report::new());
    }
    let document = format!(
        "<domain type='kvm'><name>cpu</name><memory>65536</memory><os><type>hvm</type></os>\n{element}\n</domain>\n"
    );
    let (read, names) = virtargv_model::parse_with_names(&document, release);
    let mut report = read.report;
    report.extend(names);
    report.insist();
    (document, report)
}

const OPEN: &str = "<c>";

/// `text` as the content of one element. Declarations and document types, which are at the start of a document only, become
/// spaces, so that every byte stays at its place.
fn wrap(text: &str) -> String {
    let mut rest = text;
    let mut wrapped = String::with_capacity(text.len() + 7);
    wrapped.push_str(OPEN);
    let is_declaration = |text: &str| text.starts_with("<?xml ") || text.starts_with("<!DOCTYPE ");
    let next = |rest: &str| {
        let mut tags = rest.match_indices('<').map(|(at, _)| at);
        tags.find(|at| rest.get(*at..).is_some_and(is_declaration))
    };
    while let Some(at) = next(rest) {
        let (before, declaration) = rest.split_at(at);
        let len = declaration.find('>').map_or(declaration.len(), |end| end + 1);
        let (declaration, after) = declaration.split_at(len);
        wrapped.push_str(before);
        wrapped.extend(declaration.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        rest = after;
    }
    wrapped.push_str(rest);
    wrapped.push_str("</c>");
    wrapped
}

/// The byte offset of a line and column.
fn byte_at(text: &str, pos: roxmltree::TextPos) -> usize {
    let lines = usize::try_from(pos.row.saturating_sub(1)).unwrap_or(0);
    let line: usize = text.split_inclusive('\n').take(lines).map(str::len).sum();
    let columns = usize::try_from(pos.col.saturating_sub(1)).unwrap_or(0);
    let rest = text.get(line..).unwrap_or_default();
    line + rest.chars().take(columns).map(char::len_utf8).sum::<usize>()
}

fn child<'a, 'd>(node: Node<'a, 'd>, name: &'static str) -> Option<Node<'a, 'd>> {
    node.children().find(|child| child.has_tag_name(name))
}

/// The elements below `node` that describe a CPU.
fn collect<'a, 'd>(node: Node<'a, 'd>, depth: usize, found: &mut Vec<Node<'a, 'd>>) {
    for element in node.children().filter(Node::is_element) {
        match element.tag_name().name() {
            "cpu" => found.push(element),
            "domain" => found.extend(child(element, "cpu")),
            "capabilities" => found.extend(child(element, "host").and_then(|host| child(host, "cpu"))),
            "domainCapabilities" => {
                let modes = child(element, "cpu").into_iter().flat_map(|cpu| cpu.children());
                found.extend(modes.filter(|mode| is_host_model(*mode)));
            }
            _ if depth < MAX_DEPTH => collect(element, depth + 1, found),
            _ => {}
        }
    }
}

/// Whether an element of `virsh domcapabilities` is a host model that is supported.
fn is_host_model(mode: Node<'_, '_>) -> bool {
    mode.has_tag_name("mode")
        && mode.attribute("name") == Some("host-model")
        && mode.attribute("supported") == Some("yes")
}

fn text_of(node: Node<'_, '_>, name: &'static str) -> Option<String> {
    let text = child(node, name)?.text().unwrap_or_default().trim();
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

fn one(node: Node<'_, '_>, release: Release) -> Result<Definition, Problem> {
    let start = |node: Node<'_, '_>| node.range().start.saturating_sub(OPEN.len());
    let refuse = |rule: &'static Rule, node, message: String| {
        Err(rule.problem(release, Place::byte(start(node)), Message::new(message)))
    };
    let is_host = child(node, "arch").is_some();
    let match_word = node.attribute("match").filter(|_| node.has_tag_name("cpu"));
    if is_host && match_word.is_some() {
        return refuse(&rules::HOST_MATCH, node, "`<cpu>` has `<arch>` and `match`".to_owned());
    }
    let matching = match match_word.map(|word| (word, word.parse::<CpuMatch>())) {
        Some((word, Err(_))) => return refuse(&rules::WORD, node, format!("there is no `match='{word}'`")),
        Some((_, Ok(matching))) => Some(matching),
        None => None,
    };
    let mode = match node.attribute("mode").filter(|_| !is_host).map(|word| (word, word.parse::<CpuMode>())) {
        Some((word, Err(_))) => return refuse(&rules::WORD, node, format!("there is no `mode='{word}'`")),
        Some((_, Ok(mode))) => mode,
        None => CpuMode::Custom,
    };
    let mut cpu =
        CpuSpec { model: text_of(node, "model"), vendor: text_of(node, "vendor"), features: Vec::new() };
    let mut names = std::collections::HashSet::new();
    for feature in node.children().filter(|child| child.has_tag_name("feature")) {
        let Some(name) = feature.attribute("name").filter(|name| !name.is_empty()) else {
            return refuse(&rules::FEATURE_NAME, feature, "`<feature>` has no `name`".to_owned());
        };
        if !names.insert(name) {
            return refuse(&rules::FEATURE_NAME, feature, format!("CPU feature `{name}` is given twice"));
        }
        // A host's own CPU has features without a policy.
        let word = feature.attribute("policy").filter(|_| !is_host).unwrap_or(FeaturePolicy::Require.name());
        let Some(policy) = FeaturePolicy::ALL.into_iter().find(|policy| policy.name() == word) else {
            return refuse(&rules::WORD, feature, format!("there is no `policy='{word}'`"));
        };
        cpu.features.push((name.to_owned(), policy));
    }
    let limit = child(node, "maxphysaddr").filter(|addr| addr.attribute("mode") == Some("passthrough"));
    let range = node.range();
    Ok(Definition {
        range: start(node)..range.end.saturating_sub(OPEN.len()),
        is_host,
        mode,
        migratable: node.attribute("migratable") != Some("off"),
        matching,
        arch: text_of(node, "arch").and_then(|arch| arch.parse().ok()),
        cpu,
        address_limit: limit.and_then(|addr| addr.attribute("limit")?.parse().ok()),
    })
}
