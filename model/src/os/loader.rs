//! `<os firmware=>`, `<loader>`, `<nvram>`: the guest's firmware and its variable store.

use super::Os;
use crate::device::storage::{Image, ImageFormat, Location};
use crate::read::{El, Element, PLAIN_BEFORE_9_0, Reader};
use crate::write::Writer;
use crate::{Convention, Pos, Release, YesNo};

crate::rules! {
    /// An `<nvram>` with a type has a source.
    NVRAM_SOURCE = "nvram-source-missing": Plain, Read,
        "`<nvram type=><source>`: where the UEFI variables are kept",
        help "add `<source>`, or remove `type=` and write the path as the text of `<nvram>`", since "8.5";
}

spelled! {
    /// A kind of firmware (`<os firmware=>`).
    pub enum Firmware {
        /// Legacy BIOS.
        Bios = "bios",
        /// UEFI.
        Efi = "efi",
    }
}

spelled! {
    /// A feature of firmware (`<firmware><feature name=>`).
    pub enum FirmwareFeatureName {
        /// The variable store template has the keys that operating systems' boot loaders are signed with.
        EnrolledKeys = "enrolled-keys",
        /// Secure boot.
        SecureBoot = "secure-boot",
    }
}

/// `<firmware><feature>`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirmwareFeature {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `name=`: the feature.
    pub name: FirmwareFeatureName,
    /// `enabled=`: whether the firmware must have or lack the feature.
    pub enabled: YesNo,
}

spelled! {
    /// How the firmware is mapped into the guest (`<loader type=>`).
    pub enum LoaderType {
        /// Read-only memory.
        Rom = "rom",
        /// Flash memory.
        Pflash = "pflash",
    }
}

spelled! {
    /// The image format of firmware and variable store (`format=`).
    pub enum FlashFormat {
        /// Raw.
        Raw = "raw",
        /// QCOW2.
        Qcow2 = "qcow2",
    }
}

/// `<loader>`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Loader {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `readonly=`: whether the image is read-only.
    pub readonly: Option<YesNo>,
    /// `secure=`: whether the firmware implements secure boot, which needs SMM.
    pub secure: Option<YesNo>,
    /// `type=`: ROM or flash memory.
    pub kind: Option<LoaderType>,
    /// `stateless=`: whether the firmware has no persistent variable store.
    pub stateless: Option<YesNo>,
    /// `format=`
    pub format: Option<FlashFormat>,
    /// The text: the path of the image.
    pub path: Option<String>,
}

/// `<nvram>`: the variable store of a firmware in flash memory.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Nvram {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `template=`: the file that a new variable store is copied from.
    pub template: Option<String>,
    /// `templateFormat=`
    pub template_format: Option<FlashFormat>,
    /// `format=`
    pub format: Option<FlashFormat>,
    /// The image: the text of the element is its path, or `<source>` describes it.
    pub image: Option<Image>,
    /// Whether `type=` and `<source>` describe the image, rather than the text.
    pub typed: bool,
}

/// `<varstore>`: the variable store of a firmware in ROM, kept by QEMU's device `uefi-vars`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Varstore {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `template=`: the file that a new variable store is copied from.
    pub template: Option<String>,
    /// `path=`: the file, in JSON.
    pub path: Option<String>,
}

impl Nvram {
    /// Whether it has an image or a format, and not a template only.
    pub fn is_given(&self) -> bool {
        self.image.is_some() || self.format.is_some()
    }

    /// The image with its format, raw where the document names none.
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

/// A contradiction in the description of the firmware.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirmwareConflict {
    /// The feature `enrolled-keys` is enabled and `secure-boot` is disabled.
    KeysWithoutSecureBoot,
    /// There is an `<nvram>`, but the kind of firmware has no variable store.
    NvramFirmware(Firmware),
    /// There are `<feature>`s, but no `firmware=` to be selected.
    FeaturesWithoutChoice,
    /// The `<loader>` has no path, and there is no `firmware=` to be selected.
    LoaderPathMissing,
    /// There is an `<nvram>`, but neither a `<loader>` nor `firmware=`.
    NvramWithoutLoader,
    /// The `<nvram>` has a template, but the firmware is stateless.
    StatelessTemplate,
    /// There is an `<nvram>`, but the firmware is stateless.
    StatelessNvram,
    /// The loader is `stateless='no'`, but not in flash memory.
    StatefulType,
    /// The loader is `stateless='no'`, but the firmware is not UEFI.
    StatefulFirmware,
    /// The loader is in ROM, but writable.
    WritableRom,
    /// The loader is in ROM, but has the format of a disk image.
    RomFormat(FlashFormat),
    /// There is a variable store, but the firmware keeps its variables in its own writable image.
    WritableStore,
    /// There is an `<nvram>` beside the `<varstore>`: firmware in flash has an `<nvram>`.
    TwoStores,
}

impl Os {
    /// The contradictions in the description of the firmware, in the order of `release`.
    pub fn firmware_conflicts(&self, release: Release) -> Vec<FirmwareConflict> {
        let mut found = Vec::new();
        let by_mode = release.has(Convention::FirmwareByMode);
        if let Some(firmware) = self.firmware {
            if self.firmware_feature(FirmwareFeatureName::EnrolledKeys) == Some(YesNo::Yes)
                && self.firmware_feature(FirmwareFeatureName::SecureBoot) == Some(YesNo::No)
            {
                found.push(FirmwareConflict::KeysWithoutSecureBoot);
            }
            if firmware != Firmware::Efi && (self.nvram.is_some() || self.varstore.is_some()) {
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
        if let Some(loader) = &self.loader {
            if by_mode {
                self.mode_conflicts(loader, &mut found);
            } else {
                self.stateless_conflicts(loader, &mut found);
            }
        }
        found
    }

    /// The contradictions between `stateless=` and the rest.
    fn stateless_conflicts(&self, loader: &Loader, found: &mut Vec<FirmwareConflict>) {
        match loader.stateless {
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
    }

    /// The contradictions between how the firmware is mapped, and where its variables are.
    fn mode_conflicts(&self, loader: &Loader, found: &mut Vec<FirmwareConflict>) {
        let kind = loader.kind.or(self.firmware.is_none().then_some(LoaderType::Rom));
        let writable = loader.readonly == Some(YesNo::No);
        if kind == Some(LoaderType::Rom) {
            if writable {
                found.push(FirmwareConflict::WritableRom);
            }
            found.extend(
                loader.format.filter(|format| *format != FlashFormat::Raw).map(FirmwareConflict::RomFormat),
            );
        }
        if self.nvram.is_none() && self.varstore.is_none() {
            return;
        }
        if loader.stateless == Some(YesNo::Yes) {
            found.push(FirmwareConflict::StatelessNvram);
        }
        if writable {
            found.push(FirmwareConflict::WritableStore);
        }
        // A read-only image in flash gets an `<nvram>`.
        if kind == Some(LoaderType::Pflash) && loader.readonly == Some(YesNo::Yes) && self.varstore.is_some()
        {
            found.push(FirmwareConflict::TwoStores);
        }
    }

    /// The `enabled=` of a feature, where the document has the feature.
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
            readonly: r.attr_as(PLAIN_BEFORE_9_0, el, "readonly"),
            secure: r.attr_as(PLAIN_BEFORE_9_0, el, "secure"),
            kind: r.attr_as(PLAIN_BEFORE_9_0, el, "type"),
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

impl Element for Varstore {
    fn read(el: El<'_>, _: &mut Reader) -> Option<Self> {
        Some(Self { pos: el.pos(), template: el.string("template"), path: el.string("path") })
    }

    fn write(&self, w: &mut Writer) {
        w.element("varstore").opt("template", self.template.as_ref()).opt("path", self.path.as_ref()).empty();
    }
}

impl Element for Nvram {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let kind = r.attr_since("8.5", el, "type");
        let path = Some(el.text()).filter(|path| !path.trim().is_empty());
        let image = match kind {
            Some(_) if el.child("source").is_none() => {
                r.refuse(&NVRAM_SOURCE, el.pos(), "`<nvram>` with a type has no `<source>`");
                None
            }
            Some(kind) => Some(Image::read(kind, el, r)).filter(Image::writes_source),
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
            // libvirt leaves an empty element out.
            None => tag.children_or_nothing(|_| {}),
        }
    }
}
