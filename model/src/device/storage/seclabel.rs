//! `<seclabel>` of a single source.

use crate::read::{El, Element, Reader};
use crate::write::Writer;
use crate::{Kind, Pos, YesNo};

/// `<seclabel>` below a `<source>`: how this one source is labelled, whatever holds for the domain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceLabel {
    /// Where it stands.
    pub pos: Pos,
    /// `model=`
    pub model: Option<String>,
    /// `relabel=`
    pub relabel: Option<YesNo>,
    /// `labelskip=`
    pub labelskip: Option<YesNo>,
    /// `<label>`
    pub label: Option<String>,
}

impl Element for SourceLabel {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let new = Self {
            pos: el.pos(),
            model: el.string("model"),
            relabel: r.attr(el, "relabel"),
            labelskip: r.attr(el, "labelskip"),
            label: el.child_text("label"),
        };
        let model = new.model.as_deref().unwrap_or("");
        if new.label.is_some() && new.relabel == Some(YesNo::No) {
            let message = format!("element 'label' is given for model '{model}' while relabel is 'no'");
            r.problem(Kind::Xml, "seclabel-label-without-relabel", el.pos(), message);
        }
        if new.label.is_none() && new.relabel == Some(YesNo::Yes) {
            let message = format!("element 'seclabel' asks to relabel without a 'label' for model={model}");
            r.problem(Kind::Xml, "seclabel-relabel-without-label", el.pos(), message);
        }
        Some(new)
    }

    fn write(&self, w: &mut Writer) {
        let tag = w.element("seclabel").opt("model", self.model.as_ref());
        if self.labelskip == Some(YesNo::Yes) {
            tag.attr("labelskip", YesNo::Yes).empty();
            return;
        }
        let tag = tag.opt("labelskip", self.labelskip).opt("relabel", self.relabel);
        tag.children(|w| w.opt_text_element("label", self.label.as_ref()));
    }
}

/// Reads all `<seclabel>` of a source and holds them against each other.
pub(super) fn read(el: El<'_>, r: &mut Reader) -> Vec<SourceLabel> {
    let labels: Vec<SourceLabel> = crate::read::all(el, "seclabel", r);
    for (n, label) in labels.iter().enumerate() {
        if labels.len() > 1 && label.model.is_none() {
            let message = "element 'seclabel' lacks its attribute 'model', which must be there among several";
            r.problem(Kind::Xml, "seclabel-model-missing", label.pos, message);
            break;
        }
        if labels.iter().take(n).any(|before| before.model == label.model) {
            let model = label.model.as_deref().unwrap_or("");
            let message = format!("element 'seclabel' for model '{model}' is given twice");
            r.problem(Kind::Xml, "seclabel-model-twice", label.pos.attr("model"), message);
        }
    }
    labels
}
