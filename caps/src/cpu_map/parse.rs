//! Reading libvirt's CPU model definitions.

use roxmltree::{Document, Node, ParsingOptions};
use virtargv_model::xml;

use super::{
    CpuDefinitions, CpuFeatureDef, CpuMap, CpuMapError, CpuModelDef, CpuVendor, FeatureBits, FeatureId,
    FeatureSet, Pvr, Signature,
};

const INDEX: &str = "index.xml";
const MAX_LENGTH: usize = 4 << 20;
const MAX_FILES: usize = 4096;
const MAX_FEATURES: usize = 4096;
const MAX_MODELS: usize = 4096;

impl CpuMap {
    /// Reads `index.xml` and the files that it includes. `read` returns the text of a file by its name, `None` where it
    /// does not exist.
    ///
    /// # Errors
    /// The first problem of a file, with its place.
    pub fn parse(mut read: impl FnMut(&str) -> Option<String>) -> Result<Self, CpuMapError> {
        let mut map = Self::default();
        let index = load(INDEX, &mut read)?;
        let document = parse(INDEX, &index)?;
        let mut files = 0;
        for arch in elements(document.root_element(), "arch") {
            let cx = Cx { file: INDEX, node: arch };
            let definitions = match cx.attr("name")? {
                "x86" => &mut map.x86,
                "ppc64" => &mut map.ppc64,
                "arm" => &mut map.arm,
                _ => continue,
            };
            // <include> is a child of <arch> or of its groups.
            for include in arch.descendants().filter(|node| node.has_tag_name("include")) {
                files += 1;
                let cx = Cx { file: INDEX, node: include };
                if files > MAX_FILES {
                    return cx.fail("too many files are included");
                }
                let name = cx.attr("filename")?;
                let text = load(name, &mut read)?;
                let document = parse(name, &text)?;
                for node in document.root_element().children().filter(Node::is_element) {
                    definitions.read(Cx { file: name, node })?;
                }
            }
        }
        Ok(map)
    }
}

fn load(name: &str, read: &mut impl FnMut(&str) -> Option<String>) -> Result<String, CpuMapError> {
    let error = |message: &str| CpuMapError {
        file: name.to_owned(),
        line: 1,
        column: 1,
        message: message.to_owned(),
    };
    let text = read(name).ok_or_else(|| error("the file is missing"))?;
    if text.len() > MAX_LENGTH { Err(error("the file is too long")) } else { Ok(text) }
}

fn parse<'a>(file: &str, text: &'a str) -> Result<Document<'a>, CpuMapError> {
    if let Some((_, limit)) = xml::beyond_limits(text) {
        return Err(CpuMapError { file: file.to_owned(), line: 1, column: 1, message: limit.to_string() });
    }
    let options = ParsingOptions { nodes_limit: 1_000_000, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|error| {
        let pos = error.pos();
        CpuMapError { file: file.to_owned(), line: pos.row, column: pos.col, message: error.to_string() }
    })
}

fn elements<'a, 'd>(node: Node<'a, 'd>, name: &'static str) -> impl Iterator<Item = Node<'a, 'd>> {
    node.children().filter(move |child| child.has_tag_name(name))
}

/// An element and its file.
#[derive(Clone, Copy)]
struct Cx<'a, 'd, 'f> {
    file: &'f str,
    node: Node<'a, 'd>,
}

impl<'a, 'd: 'a> Cx<'a, 'd, '_> {
    fn fail<T>(self, message: impl Into<String>) -> Result<T, CpuMapError> {
        let pos = self.node.document().text_pos_at(self.node.range().start);
        let (file, line, column) = (self.file.to_owned(), pos.row, pos.col);
        Err(CpuMapError { file, line, column, message: message.into() })
    }

    fn with(self, node: Node<'a, 'd>) -> Self {
        Self { node, ..self }
    }

    fn attr(self, name: &str) -> Result<&'a str, CpuMapError> {
        match self.node.attribute(name) {
            Some(value) => Ok(value),
            None => self.fail(format!("`<{}>` lacks `{name}`", self.node.tag_name().name())),
        }
    }

    /// A number, decimal or hexadecimal with `0x`; `default` where the attribute is absent.
    fn number(self, name: &str, default: Option<u32>) -> Result<u32, CpuMapError> {
        if let (Some(default), None) = (default, self.node.attribute(name)) {
            return Ok(default);
        }
        let text = self.attr(name)?;
        let number = match text.strip_prefix("0x") {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => text.parse(),
        };
        number.or_else(|_| self.fail(format!("`{text}` is not a valid `{name}`")))
    }
}

impl CpuDefinitions {
    fn read(&mut self, cx: Cx<'_, '_, '_>) -> Result<(), CpuMapError> {
        match cx.node.tag_name().name() {
            "vendor" => {
                let string = cx.node.attribute("string").or_else(|| cx.node.attribute("value"));
                self.vendors
                    .push(CpuVendor { name: cx.attr("name")?.into(), string: string.map(Into::into) });
            }
            "feature" => self.read_feature(cx)?,
            "model" => self.read_model(cx)?,
            _ => {}
        }
        Ok(())
    }

    fn read_feature(&mut self, cx: Cx<'_, '_, '_>) -> Result<(), CpuMapError> {
        let name: Box<str> = cx.attr("name")?.into();
        let mut bits = Vec::new();
        for node in cx.node.children().filter(Node::is_element) {
            let item = cx.with(node);
            match node.tag_name().name() {
                "cpuid" => bits.push(FeatureBits::Cpuid {
                    leaf: item.number("eax_in", None)?,
                    subleaf: item.number("ecx_in", Some(0))?,
                    registers: [
                        item.number("eax", Some(0))?,
                        item.number("ebx", Some(0))?,
                        item.number("ecx", Some(0))?,
                        item.number("edx", Some(0))?,
                    ],
                }),
                "msr" => bits.push(FeatureBits::Msr {
                    index: item.number("index", None)?,
                    bits: u64::from(item.number("edx", Some(0))?) << 32
                        | u64::from(item.number("eax", Some(0))?),
                }),
                _ => {}
            }
        }
        if self.features.len() >= MAX_FEATURES {
            return cx.fail("there are too many features");
        }
        let id =
            FeatureId::try_from(self.features.len()).or_else(|_| cx.fail("there are too many features"))?;
        if self.feature_by_name.insert(name.clone(), id).is_some() {
            return cx.fail(format!("feature `{name}` is defined twice"));
        }
        self.features.push(CpuFeatureDef {
            name,
            migratable: cx.node.attribute("migratable") != Some("no"),
            bits,
        });
        Ok(())
    }

    fn read_model(&mut self, cx: Cx<'_, '_, '_>) -> Result<(), CpuMapError> {
        let name: Box<str> = cx.attr("name")?.into();
        let mut model = CpuModelDef {
            name: name.clone(),
            base: None,
            vendor: None,
            signatures: Vec::new(),
            pvrs: Vec::new(),
            decode_host: true,
            decode_guest: true,
            canonical: None,
            partial_check: false,
            features: FeatureSet::default(),
            added: FeatureSet::default(),
            removed: Vec::new(),
        };
        // The base model is read first, whatever the order of the elements.
        if let Some(node) = elements(cx.node, "model").next() {
            let base = cx.with(node).attr("name")?;
            let Some(base) = self.model(base) else {
                return cx.with(node).fail(format!("model `{base}` is not defined before this one"));
            };
            // What changed in the base model does not concern this one, whose features are all of QEMU's version.
            model = CpuModelDef {
                name: name.clone(),
                base: Some(base.name.clone()),
                canonical: None,
                partial_check: false,
                removed: Vec::new(),
                ..base.clone()
            };
            let base = base.name.clone();
            if let Some(base) = self.model_by_name.get(&base).and_then(|at| self.models.get_mut(*at)) {
                base.canonical.get_or_insert_with(|| name.clone());
            }
        }
        if elements(cx.node, "signature").next().is_some() {
            model.signatures.clear();
        }
        for node in cx.node.children().filter(Node::is_element) {
            self.read_part(cx.with(node), &mut model)?;
        }
        if self.models.len() >= MAX_MODELS {
            return cx.fail("there are too many models");
        }
        if self.model_by_name.insert(name.clone(), self.models.len()).is_some() {
            return cx.fail(format!("model `{name}` is defined twice"));
        }
        self.models.push(model);
        Ok(())
    }

    fn read_part(&self, cx: Cx<'_, '_, '_>, model: &mut CpuModelDef) -> Result<(), CpuMapError> {
        match cx.node.tag_name().name() {
            "check" => model.partial_check = cx.attr("partial")? == "compat",
            "decode" => {
                model.decode_host = cx.attr("host")? == "on";
                model.decode_guest = cx.attr("guest")? == "on";
            }
            "vendor" => model.vendor = Some(cx.attr("name")?.into()),
            "signature" => model.signatures.push(read_signature(cx)?),
            "pvr" => model
                .pvrs
                .push(Pvr { value: cx.number("value", None)?, mask: cx.number("mask", Some(u32::MAX))? }),
            "feature" => {
                let name = cx.attr("name")?;
                let Some(id) = self.feature_id(name) else {
                    return cx.fail(format!("feature `{name}` is not defined"));
                };
                if cx.node.attribute("removed") == Some("yes") {
                    model.removed.push(id);
                } else {
                    let (set, other) = if cx.node.attribute("added") == Some("yes") {
                        (&mut model.added, &mut model.features)
                    } else {
                        (&mut model.features, &mut model.added)
                    };
                    set.insert(id);
                    other.remove(id);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn read_signature(cx: Cx<'_, '_, '_>) -> Result<Signature, CpuMapError> {
    let mut steppings = u16::MAX;
    if let Some(text) = cx.node.attribute("stepping") {
        steppings = 0;
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (Ok(first), Ok(last @ ..=15)) = (first.trim().parse::<u32>(), last.trim().parse::<u32>())
            else {
                return cx.fail(format!("`{text}` is not a valid `stepping`"));
            };
            for stepping in first..=last {
                steppings |= 1 << stepping;
            }
        }
    }
    Ok(Signature { family: cx.number("family", None)?, model: cx.number("model", None)?, steppings })
}
