//! `<seclabel>` of a device's source: what overrides the domain's security label for one file.

use crate::read::{El, Element, Reader};
use crate::write::Writer;
use crate::{Kind, Pos, YesNo};

/// `<seclabel>` below a `<source>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceSeclabel {
    /// Where it stands.
    pub pos: Pos,
    /// `model=`: the security driver meant.
    pub model: Option<String>,
    /// `relabel=`; left out it is `yes`.
    pub relabel: Option<YesNo>,
    /// `labelskip=`: the file could not be labelled.
    pub labelskip: Option<YesNo>,
    /// `<label>`.
    pub label: Option<String>,
}

impl Element for SourceSeclabel {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let label = Self {
            pos: el.pos(),
            model: el.string("model"),
            relabel: r.attr(el, "relabel"),
            labelskip: r.attr(el, "labelskip"),
            label: el.child_text("label"),
        };
        if let Some(text) = &label.label
            && label.relabel == Some(YesNo::No)
        {
            let message = format!("element 'label' is '{text}', but attribute 'relabel' is 'no'");
            r.problem(Kind::Xml, "seclabel-relabel", el.pos().attr("relabel"), message);
        }
        Some(label)
    }

    fn write(&self, w: &mut Writer) {
        w.element("seclabel")
            .opt("model", self.model.as_ref())
            .opt("labelskip", self.labelskip)
            .opt("relabel", self.relabel)
            .children(|w| w.opt_text_element("label", self.label.as_ref()));
    }
}
