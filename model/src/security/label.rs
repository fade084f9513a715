//! `<seclabel>` of domains and of devices.

use std::collections::HashMap;

use crate::read::{El, Element, Reader};
use crate::write::Writer;
use crate::{Convention, Pos, YesNo};

crate::rules! {
    /// A domain or device has one `<seclabel>` for each security model.
    SECLABEL_MODEL_TWICE = "seclabel-model-twice": Plain, Read,
        "`<seclabel model=>`: each security driver applies one label",
        help "keep one `<seclabel>` of that model";
    /// A `<seclabel>` with a label, and each of several, names its `model`.
    SECLABEL_MODEL_MISSING = "seclabel-model-missing": Xml, Read,
        "`<seclabel model=>` says which security driver the label is for",
        help "add `model=`, such as `model='selinux'` or `model='dac'`";
    /// A dynamic `<seclabel>` relabels, and one of type `none` does not.
    SECLABEL_RELABEL = "seclabel-relabel": Unsupported, Read, "`<seclabel type= relabel=>`",
        help "change or remove `relabel=`";
    /// A static `<seclabel>` has a `<label>`.
    SECLABEL_STATIC = "seclabel-static-label": Xml, Read, "`<seclabel type='static'><label>`",
        help "add a `<label>`, or use `type='dynamic'`";
    /// A `<seclabel>` of a device that relabels has a `<label>`.
    SECLABEL_LABEL_MISSING = "seclabel-label-missing": Xml, Read, "`<source><seclabel relabel='yes'><label>`",
        help "add a `<label>`, or use `relabel='no'`";
}

spelled! {
    /// How the label of a domain is chosen (`<seclabel type=>`).
    pub enum SeclabelType {
        /// libvirt generates it at each start.
        Dynamic = "dynamic",
        /// It is in the document.
        Static = "static",
        /// The domain has no label.
        None = "none",
    }
}

/// `<seclabel>` of a domain.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Seclabel {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `type=`
    pub kind: Option<SeclabelType>,
    /// `model=`: the security driver, such as `selinux`, `apparmor` or `dac`.
    pub model: Option<String>,
    /// `relabel=`: whether the domain's resources are relabeled.
    pub relabel: Option<YesNo>,
    /// `<label>`
    pub label: Option<String>,
    /// `<imagelabel>`: the label of the resources of a running domain.
    pub image_label: Option<String>,
    /// `<baselabel>`: the label that a dynamic label is generated from.
    pub base_label: Option<String>,
}

/// `<seclabel>` of the source of a device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeviceSeclabel {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `model=`
    pub model: Option<String>,
    /// `relabel=`
    pub relabel: Option<YesNo>,
    /// `labelskip='yes'`: the file system did not support labels.
    pub label_skip: bool,
    /// `<label>`
    pub label: Option<String>,
}

/// Reads the labels of a domain, one for each security model.
pub(super) fn read_all(domain: El<'_>, r: &mut Reader) -> Vec<Seclabel> {
    let mut labels: Vec<Seclabel> = Vec::new();
    let mut models: HashMap<String, Pos> = HashMap::new();
    // The places of labels without a type.
    let mut untyped = Vec::new();
    let no_type = r.release.has(Convention::SeclabelWithoutType);
    for el in domain.children("seclabel") {
        let Some(label) = Seclabel::read(el, r) else { continue };
        if el.get("type").is_some() || !no_type {
            label.check(r);
        }
        let model = label.model.as_deref();
        if let Some(model) = model
            && let Some(first) = crate::read::earlier(&mut models, model.to_owned(), label.pos)
        {
            let message = format!("the domain has more than one `<seclabel>` for model `{model}`");
            let message = crate::Message::new(message).with_first(first.attr("model"));
            r.refuse(&SECLABEL_MODEL_TWICE, el.pos().attr("model"), message);
            continue;
        }
        untyped.extend(el.get("type").is_none().then_some(label.pos.offset()));
        labels.push(label);
    }
    let unnamed = labels.iter().find(|label| label.model.is_none());
    if let Some(label) = unnamed.filter(|label| {
        labels.len() > 1 || label.needs_model(no_type && untyped.contains(&label.pos.offset()))
    }) {
        let message = "a `<seclabel>` with a label, or one of several, has no `model=`";
        r.refuse(&SECLABEL_MODEL_MISSING, label.pos, message);
    }
    labels.retain(|label| !no_type || label.kind.is_some());
    labels
}

impl Element for Seclabel {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let kind = r.attr(el, "type");
        let text = |name| el.child_text(name);
        let label = Self {
            pos: el.pos(),
            kind,
            model: el.string("model"),
            relabel: r.attr(el, "relabel"),
            label: text("label").filter(|_| kind == Some(SeclabelType::Static)),
            image_label: text("imagelabel"),
            base_label: text("baselabel").filter(|_| kind.is_none_or(|kind| kind == SeclabelType::Dynamic)),
        };
        Some(label)
    }

    fn write(&self, w: &mut Writer) {
        w.element("seclabel")
            .opt("type", self.kind)
            .opt("model", self.model.as_ref())
            .opt("relabel", self.relabel)
            .children(|w| {
                w.opt_text_element("label", self.label.as_ref());
                w.opt_text_element("imagelabel", self.image_label.as_ref());
                w.opt_text_element("baselabel", self.base_label.as_ref());
            });
    }
}

impl Seclabel {
    /// Whether the label cannot have the model of the host. `no_type`: whether a label without a type is not dynamic.
    fn needs_model(&self, no_type: bool) -> bool {
        match self.kind {
            Some(SeclabelType::None) => false,
            Some(SeclabelType::Static) => true,
            Some(SeclabelType::Dynamic) => self.base_label.is_some(),
            None => no_type || self.base_label.is_some(),
        }
    }

    fn check(&self, r: &mut Reader) {
        let kind = self.kind.unwrap_or(SeclabelType::Dynamic);
        let (rule, wrong) = match (kind, self.relabel) {
            (SeclabelType::Dynamic, Some(YesNo::No)) => (&SECLABEL_RELABEL, "needs `relabel='yes'`"),
            (SeclabelType::None, Some(YesNo::Yes)) => (&SECLABEL_RELABEL, "needs `relabel='no'`"),
            (SeclabelType::Static, _) if self.label.is_none() => (&SECLABEL_STATIC, "has no `<label>`"),
            _ => return,
        };
        let message = format!("`<seclabel>` with type `{kind}` {wrong}");
        r.refuse(rule, self.pos, message);
    }
}

impl DeviceSeclabel {
    /// Reads the labels of a device's source, one for each security model.
    pub fn read_all(el: El<'_>, r: &mut Reader) -> Vec<Self> {
        let mut labels: Vec<Self> = Vec::new();
        let mut models: HashMap<String, Pos> = HashMap::new();
        for child in el.children("seclabel") {
            let Some(label) = Self::read(child, r) else { continue };
            if let Some(model) = label.model.as_deref()
                && let Some(first) = crate::read::earlier(&mut models, model.to_owned(), label.pos)
            {
                let message = format!("the device has more than one `<seclabel>` for model `{model}`");
                let message = crate::Message::new(message).with_first(first.attr("model"));
                r.refuse(&SECLABEL_MODEL_TWICE, child.pos().attr("model"), message);
                continue;
            }
            labels.push(label);
        }
        if labels.len() > 1
            && let Some(label) = labels.iter().find(|label| label.model.is_none())
        {
            let message = "one of several `<seclabel>` of a device has no `model=`";
            r.refuse(&SECLABEL_MODEL_MISSING, label.pos, message);
        }
        labels
    }
}

impl Element for DeviceSeclabel {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let label = Self {
            pos: el.pos(),
            model: el.string("model"),
            relabel: r.attr(el, "relabel"),
            label_skip: r.lenient(el, "labelskip") == Some(YesNo::Yes),
            label: el.child_text("label"),
        };
        if label.relabel == Some(YesNo::Yes) && !label.label_skip && label.label.is_none() {
            let model = label.model.as_deref().unwrap_or("");
            let message = format!("`<seclabel>` of model `{model}` has `relabel='yes'` but no `<label>`");
            r.refuse(&SECLABEL_LABEL_MISSING, el.pos(), message);
        }
        // libvirt ignores `relabel=` beside `labelskip='yes'`.
        let relabel = label.relabel.filter(|_| !label.label_skip);
        Some(Self { relabel, ..label })
    }

    fn write(&self, w: &mut Writer) {
        let skip = self.label_skip.then_some("yes");
        let relabel = self.relabel;
        let tag = w.element("seclabel").opt("model", self.model.as_ref());
        tag.opt("labelskip", skip).opt("relabel", relabel).children(|w| {
            w.opt_text_element("label", self.label.as_ref());
        });
    }
}
