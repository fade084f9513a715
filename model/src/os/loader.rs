//! `<os firmware=>`, `<loader>`, `<nvram>`: the guest's firmware and where it keeps its variables.

use crate::read::{El, Element, Reader};
use crate::write::Writer;
use crate::{Pos, YesNo};

spelled! {
    /// A kind of firmware (`<os firmware=>`).
    pub enum Firmware {
        /// A traditional BIOS.
        Bios = "bios",
        /// UEFI.
        Efi = "efi",
    }
}

spelled! {
    /// What can be asked of a firmware (`<firmware><feature name=>`).
    pub enum FirmwareFeatureName {
        /// Keys that the distributions' boot loaders are signed with are in the variables from the start.
        EnrolledKeys = "enrolled-keys",
        /// Secure boot.
        SecureBoot = "secure-boot",
    }
}

/// `<firmware><feature>`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirmwareFeature {
    /// Where it stands.
    pub pos: Pos,
    /// `name=`
    pub name: FirmwareFeatureName,
    /// `enabled=`
    pub enabled: YesNo,
}

spelled! {
    /// How the machine holds a firmware (`<loader type=>`).
    pub enum LoaderType {
        /// Read-only memory.
        Rom = "rom",
        /// Flash.
        Pflash = "pflash",
    }
}

spelled! {
    /// The format of a flash image.
    pub enum FlashFormat {
        /// As it is.
        Raw = "raw",
        /// QCOW2.
        Qcow2 = "qcow2",
    }
}

/// `<loader>`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Loader {
    /// Where it stands.
    pub pos: Pos,
    /// `readonly=`
    pub readonly: Option<YesNo>,
    /// `secure=`: whether the firmware has secure boot, and so needs SMM.
    pub secure: Option<YesNo>,
    /// `type=`
    pub kind: Option<LoaderType>,
    /// `stateless=`: whether it does without variables that last.
    pub stateless: Option<YesNo>,
    /// `format=`
    pub format: Option<FlashFormat>,
    /// The path of the image.
    pub path: Option<String>,
}

/// `<nvram>`: where a flash firmware keeps its variables.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Nvram {
    /// Where it stands.
    pub pos: Pos,
    /// `template=`: what the image is first filled from.
    pub template: Option<String>,
    /// `templateFormat=`
    pub template_format: Option<FlashFormat>,
    /// `format=`
    pub format: Option<FlashFormat>,
    /// The path of the image, where it was given as the element's text.
    pub path: Option<String>,
}

impl Element for FirmwareFeature {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let (name, enabled) = (r.required(el, "name"), r.required(el, "enabled"));
        Some(Self { pos: el.pos(), name: name?, enabled: enabled? })
    }

    fn write(&self, w: &mut Writer) {
        w.element("feature").attr("enabled", self.enabled).attr("name", self.name).empty();
    }
}

impl Element for Loader {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        Some(Self {
            pos: el.pos(),
            readonly: r.attr(el, "readonly"),
            secure: r.attr(el, "secure"),
            kind: r.attr(el, "type"),
            stateless: r.attr(el, "stateless"),
            format: r.attr(el, "format"),
            path: Some(el.text()).filter(|path| !path.trim().is_empty()),
        })
    }

    fn write(&self, w: &mut Writer) {
        let tag = w
            .element("loader")
            .opt("readonly", self.readonly)
            .opt("secure", self.secure)
            .opt("type", self.kind)
            .opt("stateless", self.stateless)
            .opt("format", self.format);
        match &self.path {
            Some(path) => tag.text(path),
            None => tag.empty(),
        }
    }
}

impl Element for Nvram {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        Some(Self {
            pos: el.pos(),
            template: el.string("template"),
            template_format: r.attr(el, "templateFormat"),
            format: r.attr(el, "format"),
            path: Some(el.text()).filter(|path| !path.trim().is_empty()),
        })
    }

    fn write(&self, w: &mut Writer) {
        let tag = w
            .element("nvram")
            .opt("template", self.template.as_ref())
            .opt("templateFormat", self.template_format)
            .opt("format", self.format);
        match &self.path {
            Some(path) => tag.text(path),
            None => tag.empty(),
        }
    }
}
