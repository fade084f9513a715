//! `<os firmware=>`, `<loader>`, `<nvram>`: the guest's firmware and where it keeps its variables.

use super::Os;
use crate::device::storage::{Image, ImageFormat, Location};
use crate::read::{El, Element, ONCE_PLAIN, Reader};
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
    /// Where it is: the text of the element, or its `<source>`.
    pub image: Option<Image>,
    /// Whether `type=` says what kind of place it is, and `<source>` where.
    pub typed: bool,
}

impl Nvram {
    /// Whether more is said than what it is filled from.
    pub fn is_given(&self) -> bool {
        self.image.is_some() || self.format.is_some()
    }

    /// The image with its format.
    pub fn image(&self) -> Option<Image> {
        let format = self.format.unwrap_or(FlashFormat::Raw);
        self.image.clone().map(|image| Image { format: Some(format.into()), ..image })
    }
}

impl From<FlashFormat> for ImageFormat {
    fn from(format: FlashFormat) -> Self {
        match format {
            FlashFormat::Raw => Self::Raw,
            FlashFormat::Qcow2 => Self::Qcow2,
        }
    }
}

/// What does not fit together in what a domain says of its firmware.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirmwareConflict {
    /// Keys are asked for, but no secure boot.
    KeysWithoutSecureBoot,
    /// Variables are given to a firmware that keeps none.
    NvramFirmware(Firmware),
    /// Features are asked for, but no firmware is to be picked.
    FeaturesWithoutChoice,
    /// No firmware is to be picked, and the loader has no path.
    LoaderPathMissing,
    /// Variables are given, but neither a loader nor a choice of one.
    NvramWithoutLoader,
    /// Variables have a template, but are not to be kept.
    StatelessTemplate,
    /// Variables have a place, but are not to be kept.
    StatelessNvram,
    /// Variables are to be kept, but the loader is not flash.
    StatefulType,
    /// Variables are to be kept, but the firmware is no UEFI.
    StatefulFirmware,
}

impl Os {
    /// What does not fit together, in the order in which the reference would have stopped.
    pub fn firmware_conflicts(&self) -> Vec<FirmwareConflict> {
        let mut found = Vec::new();
        if let Some(firmware) = self.firmware {
            if self.firmware_feature(FirmwareFeatureName::EnrolledKeys) == Some(YesNo::Yes)
                && self.firmware_feature(FirmwareFeatureName::SecureBoot) == Some(YesNo::No)
            {
                found.push(FirmwareConflict::KeysWithoutSecureBoot);
            }
            if firmware != Firmware::Efi && self.nvram.as_ref().is_some_and(Nvram::is_given) {
                found.push(FirmwareConflict::NvramFirmware(firmware));
            }
        } else {
            if !self.firmware_features.is_empty() {
                found.push(FirmwareConflict::FeaturesWithoutChoice);
            }
            match &self.loader {
                Some(loader) if loader.path.is_none() => found.push(FirmwareConflict::LoaderPathMissing),
                None if self.nvram.is_some() => found.push(FirmwareConflict::NvramWithoutLoader),
                _ => {}
            }
        }
        match self.loader.as_ref().and_then(|loader| loader.stateless) {
            Some(YesNo::Yes) => {
                if self.nvram.as_ref().is_some_and(|nvram| nvram.template.is_some()) {
                    found.push(FirmwareConflict::StatelessTemplate);
                } else if self.nvram.is_some() {
                    found.push(FirmwareConflict::StatelessNvram);
                }
            }
            Some(YesNo::No) => match self.firmware {
                None if !self.has_flash() => found.push(FirmwareConflict::StatefulType),
                Some(Firmware::Bios) => found.push(FirmwareConflict::StatefulFirmware),
                _ => {}
            },
            None => {}
        }
        found
    }

    /// What is asked of one feature of the firmware.
    pub fn firmware_feature(&self, name: FirmwareFeatureName) -> Option<YesNo> {
        self.firmware_features.iter().find(|feature| feature.name == name).map(|feature| feature.enabled)
    }
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
            readonly: r.attr_as(ONCE_PLAIN, el, "readonly"),
            secure: r.attr_as(ONCE_PLAIN, el, "secure"),
            kind: r.attr_as(ONCE_PLAIN, el, "type"),
            stateless: r.attr_since("8.6", el, "stateless"),
            format: r.attr_since("9.2", el, "format"),
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
        let kind = r.attr_since("8.5", el, "type");
        let path = Some(el.text()).filter(|path| !path.trim().is_empty());
        let image = match kind {
            Some(kind) => {
                r.need(el, "source").map(|_| Image::read(kind, el, r)).filter(Image::says_something)
            }
            None => path.map(|path| Image {
                pos: el.pos(),
                location: Location::File { path: Some(path), fdgroup: None },
                ..Image::default()
            }),
        };
        Some(Self {
            pos: el.pos(),
            template: el.string("template"),
            template_format: r.attr_since("10.10", el, "templateFormat"),
            format: r.attr_since("9.2", el, "format"),
            typed: kind.is_some() && image.is_some(),
            image,
        })
    }

    fn write(&self, w: &mut Writer) {
        let kind = self.image.as_ref().filter(|_| self.typed).map(Image::kind);
        let tag = w
            .element("nvram")
            .opt("template", self.template.as_ref())
            .opt("templateFormat", self.template_format)
            .opt("type", kind)
            .opt("format", self.format);
        match &self.image {
            Some(image) if self.typed => tag.children(|w| image.write(true, true, true, w)),
            Some(image) => tag.text(image.path().unwrap_or_default()),
            None => tag.empty(),
        }
    }
}
