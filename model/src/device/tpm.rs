//! `<tpm>`.

use crate::info::DeviceInfo;
use crate::read::{El, Element, ONCE_UNSUPPORTED, Reader, attr_place};
use crate::write::Writer;
use crate::{Kind, Pos, YesNo};

use super::chardev_source::SourceMode;

crate::rules! {
    /// TODO tpm-external-type
    TPM_EXTERNAL_TYPE = "tpm-external-type": Xml, Read, "TODO";
    /// TODO tpm-secret-uuid
    TPM_SECRET_UUID = "tpm-secret-uuid": Internal, Read, "TODO";
    /// TODO tpm-pcr-bank
    TPM_PCR_BANK = "tpm-pcr-bank": Unsupported, Read, "TODO";
    /// TODO tpm-backend-count
    TPM_BACKEND_COUNT = "tpm-backend-count": Xml, Read, "TODO";
}

spelled! {
    /// `model=`.
    pub enum TpmModel {
        /// TPM Interface Specification.
        Tis = "tpm-tis",
        /// Command response buffer.
        Crb = "tpm-crb",
        /// Virtual I/O of POWER.
        Spapr = "tpm-spapr",
        /// For the ultravisor of POWER.
        SpaprProxy = "spapr-tpm-proxy",
    }
}

spelled! {
    /// `<backend type=>`.
    pub enum TpmBackendType {
        /// The host's own.
        Passthrough = "passthrough",
        /// swtpm, started for this guest.
        Emulator = "emulator",
        /// Something that already listens.
        External = "external" since "9.0",
    }
}

spelled! {
    /// `version=` of an emulated TPM.
    pub enum TpmVersion {
        /// 1.2
        V1_2 = "1.2",
        /// 2.0
        V2_0 = "2.0",
    }
}

spelled! {
    /// What the state of an emulated TPM is kept in (`<source type=>`).
    pub enum TpmStorage {
        /// A file.
        File = "file",
        /// A folder.
        Dir = "dir",
    }
}

spelled! {
    /// `<profile removeDisabled=>`: what is done about algorithms that the host does not offer.
    pub enum TpmRemoveDisabled {
        /// Those that were found missing are left out.
        Check = "check",
        /// Those that a host in FIPS mode lacks are left out.
        FipsHost = "fips-host",
    }
}

spelled! {
    /// A bank of platform configuration registers, by its hash.
    pub enum PcrBank {
        /// SHA-1
        Sha1 = "sha1",
        /// SHA-256
        Sha256 = "sha256",
        /// SHA-384
        Sha384 = "sha384",
        /// SHA-512
        Sha512 = "sha512",
    }
}

/// `<profile>`: which algorithms an emulated TPM offers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TpmProfile {
    /// `source=`
    pub source: Option<String>,
    /// `removeDisabled=`
    pub remove_disabled: Option<TpmRemoveDisabled>,
    /// `name=`
    pub name: Option<String>,
}

/// An emulated TPM.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TpmEmulator {
    /// `version=`
    pub version: Option<TpmVersion>,
    /// `persistent_state=`: its state outlives a definition that is removed.
    pub persistent_state: Option<YesNo>,
    /// `debug=`: how much is logged.
    pub debug: Option<u32>,
    /// `<encryption secret=>`: the UUID of the secret that the state is encrypted with.
    pub secret: Option<String>,
    /// `<active_pcr_banks>`
    pub active_pcr_banks: Vec<PcrBank>,
    /// `<source type= path=>`
    pub storage: Option<(TpmStorage, String)>,
    /// `<profile>`
    pub profile: Option<TpmProfile>,
}

/// `<backend>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TpmBackend {
    /// `passthrough`
    Passthrough {
        /// `<device path=>`
        path: Option<String>,
    },
    /// `emulator`
    Emulator(TpmEmulator),
    /// `external`
    External {
        /// `<source mode=>`
        mode: Option<SourceMode>,
        /// `<source path=>`
        path: Option<String>,
    },
}

/// `<tpm>`.
#[derive(Debug, Clone, PartialEq)]
pub struct Tpm {
    /// What all devices have: place, alias, address, boot order.
    pub info: DeviceInfo,
    /// `model=`
    pub model: Option<TpmModel>,
    /// Where `<backend>` stands.
    pub backend_pos: Pos,
    /// `<backend>`
    pub backend: TpmBackend,
}

fn read_persistent_state(el: El<'_>, r: &mut Reader) -> Option<YesNo> {
    let text = el.get("persistent_state")?;
    let state = text.parse().ok();
    if state.is_none() {
        let message = format!(
            "bad value '{text}' for attribute 'persistent_state' of element 'backend': expected 'yes' or 'no'"
        );
        r.refuse_as(
            crate::Kind::Internal,
            &crate::read::ATTRIBUTE_VALUE,
            attr_place(el, "persistent_state"),
            message,
        );
    }
    state
}

impl TpmBackend {
    /// Its `type=`.
    pub fn kind(&self) -> TpmBackendType {
        match self {
            Self::Passthrough { .. } => TpmBackendType::Passthrough,
            Self::Emulator(_) => TpmBackendType::Emulator,
            Self::External { .. } => TpmBackendType::External,
        }
    }

    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let source = el.child("source");
        Some(match r.required_as(Kind::Xml, ONCE_UNSUPPORTED, el, "type")? {
            TpmBackendType::Passthrough => {
                Self::Passthrough { path: el.child("device").and_then(|d| d.string("path")) }
            }
            TpmBackendType::Emulator => Self::Emulator(TpmEmulator::read(el, r)),
            TpmBackendType::External => {
                if let Some(source) = source
                    && source.get("type") != Some("unix")
                {
                    let message = format!(
                        "the 'source' of an external 'tpm' is of type 'unix', not '{}'",
                        source.get("type").unwrap_or("")
                    );
                    r.refuse(&TPM_EXTERNAL_TYPE, source.pos().attr("type"), message);
                }
                Self::External {
                    mode: source.and_then(|s| r.attr(s, "mode")),
                    path: source.and_then(|s| s.string("path")),
                }
            }
        })
    }

    fn write(&self, w: &mut Writer) {
        let tag = w.element("backend").attr("type", self.kind());
        match self {
            Self::Passthrough { path } => {
                tag.children(|w| w.element("device").opt("path", path.as_ref()).children_or_nothing(|_| {}));
            }
            Self::Emulator(emulator) => tag
                .opt("version", emulator.version)
                .opt("persistent_state", emulator.persistent_state)
                .opt("debug", emulator.debug)
                .children(|w| emulator.write(w)),
            Self::External { mode, path } => tag.children(|w| {
                let source = w.element("source").attr("type", "unix");
                source.opt("mode", *mode).opt("path", path.as_ref()).empty();
            }),
        }
    }
}

impl TpmEmulator {
    fn read(el: El<'_>, r: &mut Reader) -> Self {
        // What is chosen for itself may be written as such.
        let version = if el.get("version") == Some("default") {
            None
        } else {
            r.attr_as(ONCE_UNSUPPORTED, el, "version")
        };
        let storage = r.child_since("10.10", el, "source").and_then(|s| {
            let kind = r.required(s, "type");
            Some((kind?, r.required(s, "path")?))
        });
        Self {
            version,
            persistent_state: read_persistent_state(el, r),
            debug: r.attr_since("10.5", el, "debug"),
            secret: el.child("encryption").and_then(|e| Self::read_secret(e, r)),
            active_pcr_banks: Self::read_banks(el, r),
            storage,
            profile: r.child_since("10.10", el, "profile").map(|p| TpmProfile {
                source: p.string("source"),
                remove_disabled: r.attr(p, "removeDisabled"),
                name: p.string("name"),
            }),
        }
    }

    fn read_secret(el: El<'_>, r: &mut Reader) -> Option<String> {
        let secret: String = r.required(el, "secret")?;
        let digits = secret.chars().filter(|c| *c != '-');
        if digits.clone().count() != 32 || !digits.clone().all(|c| c.is_ascii_hexdigit()) {
            let message =
                format!("attribute 'secret' of element 'encryption' is '{secret}', expected a UUID");
            r.refuse(&TPM_SECRET_UUID, el.pos().attr("secret"), message);
            return None;
        }
        Some(secret)
    }

    fn read_banks(el: El<'_>, r: &mut Reader) -> Vec<PcrBank> {
        let mut banks: Vec<PcrBank> = Vec::new();
        for bank in r.child_since("7.10", el, "active_pcr_banks").into_iter().flat_map(El::elements) {
            if let Ok(known) = bank.name().parse() {
                banks.push(known);
            } else {
                let message = format!("there is no bank of registers '{}'", bank.name());
                r.refuse(&TPM_PCR_BANK, bank.pos(), message);
            }
        }
        banks.sort_unstable();
        banks.dedup();
        banks
    }

    fn write(&self, w: &mut Writer) {
        if let Some(secret) = &self.secret {
            w.element("encryption").attr("secret", secret).empty();
        }
        if !self.active_pcr_banks.is_empty() {
            w.element("active_pcr_banks").children(|w| {
                for bank in &self.active_pcr_banks {
                    w.element(crate::Spelled::as_str(*bank)).empty();
                }
            });
        }
        if let Some((kind, path)) = &self.storage {
            w.element("source").attr("type", kind).attr("path", path).empty();
        }
        if let Some(profile) = &self.profile {
            w.element("profile")
                .opt("source", profile.source.as_ref())
                .opt("removeDisabled", profile.remove_disabled)
                .opt("name", profile.name.as_ref())
                .empty();
        }
    }
}

impl Element for Tpm {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let model = r.attr_as(ONCE_UNSUPPORTED, el, "model");
        if let Some(extra) = el.children("backend").nth(1) {
            let message = "element 'tpm' has at most one 'backend'";
            r.refuse(&TPM_BACKEND_COUNT, extra.pos(), message);
        }
        let at = r.need(el, "backend");
        let backend = at.and_then(|b| TpmBackend::read(b, r));
        let info = DeviceInfo::read(el, r);
        let backend_pos = at.map(El::pos).unwrap_or_default();
        Some(Self { info, model, backend_pos, backend: backend? })
    }

    fn write(&self, w: &mut Writer) {
        w.element("tpm").opt("model", self.model).children(|w| {
            self.backend.write(w);
            self.info.write(w);
        });
    }
}
