//! Random trees of elements of the domain format.

use std::fmt::Write as _;

use virtargv_model::escaped;

use super::{Names, ODD, Words};

/// Random numbers that are read one after the other; after the end all are 0.
#[derive(Debug)]
pub struct Tape<'t> {
    choices: &'t [u16],
    at: usize,
    /// A value for every second attribute.
    ask: Option<&'static str>,
}

impl<'t> Tape<'t> {
    /// A tape of these numbers.
    pub fn new(choices: &'t [u16]) -> Self {
        Self { choices, at: 0, ask: None }
    }

    /// A tape on which every second value of an attribute is `ask`.
    pub fn asking(choices: &'t [u16], ask: &'static str) -> Self {
        Self { ask: Some(ask), ..Self::new(choices) }
    }

    /// Whether all numbers are read.
    pub fn is_over(&self) -> bool {
        self.at >= self.choices.len()
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        let choice = self.choices.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(choice).checked_rem(end).unwrap_or(0)
    }

    /// One of `all`.
    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len()))
    }

    /// True in `percent` of 100 cases; false after the end of the tape.
    pub fn chance(&mut self, percent: usize) -> bool {
        !self.is_over() && self.below(100) >= 100 - percent.min(100)
    }
}

/// An element.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    /// Its name.
    pub name: String,
    /// Its attributes.
    pub attributes: Vec<(String, String)>,
    /// Its text.
    pub text: String,
    /// Its children.
    pub children: Vec<Tree>,
}

/// The maximum depth of a tree.
const DEPTH: usize = 8;
/// The elements of the namespace `qemu` below `<domain>`.
const FOREIGN: [&str; 4] = ["commandline", "capabilities", "override", "deprecation"];

/// Generates a `<domain>`.
pub fn grow(tape: &mut Tape<'_>, words: &Words) -> Tree {
    let mut domain = element(tape, words, "", "domain", 0);
    domain.attributes.retain(|(name, _)| name != "type");
    let kinds = ["kvm", "qemu", "hvf", "xen", "?"];
    let kind = kinds.get(tape.below(8)).copied().unwrap_or("kvm");
    domain.attributes.insert(0, ("type".into(), kind.into()));
    for (name, fallback) in [("name", "guest"), ("memory", "524288"), ("vcpu", "4")] {
        if !domain.children.iter().any(|child| child.name == name) && !tape.chance(3) {
            domain.children.push(Tree { name: name.into(), text: fallback.into(), ..Tree::default() });
        }
    }
    if !domain.children.iter().any(|child| child.name == "os") {
        domain.children.push(os(tape));
    }
    domain
}

fn os(tape: &mut Tape<'_>) -> Tree {
    let all = [
        ("x86_64", "pc"),
        ("x86_64", "q35"),
        ("aarch64", "virt"),
        ("ppc64", "pseries"),
        ("s390x", "s390-ccw-virtio"),
        ("riscv64", "virt"),
        ("i686", "isapc"),
        ("loongarch64", "virt"),
    ];
    let (arch, machine) = tape.pick(&all).copied().unwrap_or(("x86_64", "pc"));
    let attributes = vec![("arch".into(), arch.into()), ("machine".into(), machine.into())];
    let kind = Tree { name: "type".into(), attributes, text: "hvm".into(), children: Vec::new() };
    Tree { name: "os".into(), children: vec![kind], ..Tree::default() }
}

fn element(tape: &mut Tape<'_>, words: &Words, parent: &str, name: &str, depth: usize) -> Tree {
    let mut tree = Tree { name: name.into(), ..Tree::default() };
    let Some(row) = Names::table().row(parent, name) else {
        tree.text = text(tape);
        return tree;
    };
    for attribute in &row.attributes {
        // Attributes that other ones depend on are present more often.
        let percent =
            if matches!(*attribute, "type" | "model" | "device" | "bus" | "mode" | "id") { 85 } else { 40 };
        if tape.chance(percent) {
            tree.attributes.push(((*attribute).into(), value(tape, words, name, attribute)));
        }
    }
    if row.children.is_empty() || depth >= DEPTH {
        if tape.chance(40) {
            tree.text = text(tape);
        }
        return tree;
    }
    let wanted = match name {
        "domain" => 8,
        "devices" => 12,
        _ => 4,
    };
    for _ in 0..tape.below(wanted + 1) {
        if let Some(child) = tape.pick(&row.children) {
            tree.children.push(element(tape, words, name, child, depth + 1));
        }
    }
    if name == "domain" && !tree.children.iter().any(|child| child.name == "devices") {
        tree.children.push(element(tape, words, name, "devices", depth + 1));
    }
    tree
}

fn value(tape: &mut Tape<'_>, words: &Words, element: &str, attribute: &str) -> String {
    if let Some(ask) = tape.ask.filter(|_| tape.below(2) == 0) {
        return ask.into();
    }
    let known = words.of(element, attribute);
    if !known.is_empty() && tape.below(8) != 0 {
        return tape.pick(known).cloned().unwrap_or_default();
    }
    if tape.below(3) != 0 { tape.below(5).to_string() } else { odd(tape) }
}

fn text(tape: &mut Tape<'_>) -> String {
    if tape.below(3) == 0 { odd(tape) } else { tape.below(2048).to_string() }
}

fn odd(tape: &mut Tape<'_>) -> String {
    tape.pick(ODD).copied().unwrap_or_default().into()
}

impl Tree {
    /// The tree as a document.
    pub fn to_xml(&self) -> String {
        let mut out = String::new();
        let foreign = self.children.iter().any(|child| FOREIGN.contains(&child.name.as_str()));
        let space = " xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'";
        self.write(&mut out, "", if foreign && self.name == "domain" { space } else { "" });
        out
    }

    fn write(&self, out: &mut String, prefix: &str, namespace: &str) {
        let _ = write!(out, "<{prefix}{}{namespace}", self.name);
        for (name, value) in &self.attributes {
            let _ = write!(out, " {name}='{}'", escaped(value, Some('\'')));
        }
        if self.text.is_empty() && self.children.is_empty() {
            out.push_str("/>");
            return;
        }
        let _ = write!(out, ">{}", escaped(&self.text, Some('\'')));
        for child in &self.children {
            let own = self.name == "domain" && FOREIGN.contains(&child.name.as_str());
            child.write(out, if own { "qemu:" } else { prefix }, "");
        }
        let _ = write!(out, "</{prefix}{}>", self.name);
    }
}
