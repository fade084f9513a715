//! `<tpm>`: a trusted platform module.

use crate::info::DeviceInfo;
use crate::read::{El, Element, Reader, UNSUPPORTED_BEFORE_9_0, attr_place};
use crate::write::Writer;
use crate::{Class, Pos, YesNo};

use super::chardev_source::SourceMode;

crate::rules! {
    /// A guest has at most two TPMs.
    TPM_MOST = "tpm-most": Xml, Read,
        "`<tpm>`: a TPM and one of model `spapr-tpm-proxy`",
        help "remove the other `<tpm>` elements";
    /// The `<source>` of an external TPM is of type `unix`.
    TPM_EXTERNAL_TYPE = "tpm-external-type": Xml, Read,
        "`<backend type='external'><source type=>`: QEMU connects to the UNIX socket of swtpm",
        help "use `type='unix'`";
    /// The `secret` of an encrypted TPM state is a UUID.
    TPM_SECRET_UUID = "tpm-secret-uuid": Internal, Read,
        "`<backend type='emulator'><encryption secret=>`: the UUID of a secret that libvirt keeps",
        help "write the UUID of a secret, as `virsh secret-list` shows it";
    /// Each child of `<active_pcr_banks>` is a bank of platform configuration registers.
    TPM_PCR_BANK = "tpm-pcr-bank": Unsupported, Read, "`<active_pcr_banks>`: the hash algorithms of TPM 2.0",
        help "use `<sha1/>`, `<sha256/>`, `<sha384/>` or `<sha512/>`";
    /// A TPM has one `<backend>`.
    TPM_BACKEND_COUNT = "tpm-backend-count": Xml, Read, "`<tpm><backend>`",
        help "keep one `<backend>`";
}

spelled! {
    /// `model=`: the interface of the TPM to the guest.
    pub enum TpmModel {
        /// TPM Interface Specification.
        Tis = "tpm-tis",
        /// Command response buffer.
        Crb = "tpm-crb",
        /// Virtual I/O of pseries.
        Spapr = "tpm-spapr",
        /// The TPM proxy of pseries, for secure guests.
        SpaprProxy = "spapr-tpm-proxy",
    }
}

spelled! {
    /// `<backend type=>`: what provides the TPM.
    pub enum TpmBackendType {
        /// The TPM of the host.
        Passthrough = "passthrough",
        /// The emulator swtpm, which libvirt starts.
        Emulator = "emulator",
        /// A running emulator, which listens on a UNIX socket.
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
    /// The storage of the state of an emulated TPM (`<source type=>`).
    pub enum TpmStorage {
        /// A file.
        File = "file",
        /// A directory.
        Dir = "dir",
    }
}

spelled! {
    /// `<profile removeDisabled=>`: which algorithms are removed from a profile.
    pub enum TpmRemoveDisabled {
        /// Those that a test finds disabled by the host's cryptography library.
        Check = "check",
        /// Those that are disabled on a host in FIPS mode.
        FipsHost = "fips-host",
    }
}

spelled! {
    /// A bank of platform configuration registers, by its hash algorithm.
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

/// `<profile>`: the algorithms and commands of an emulated TPM.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TpmProfile {
    /// `source=`: the profile that a new TPM is created with.
    pub source: Option<String>,
    /// `removeDisabled=`: which algorithms are removed.
    pub remove_disabled: Option<TpmRemoveDisabled>,
    /// `name=` of the profile, in a running domain.
    pub name: Option<String>,
}

/// An emulated TPM.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TpmEmulator {
    /// `version=`
    pub version: Option<TpmVersion>,
    /// `persistent_state=`: whether the state is kept when a transient domain ends or a domain is undefined.
    pub persistent_state: Option<YesNo>,
    /// `debug=`: the log level.
    pub debug: Option<u32>,
    /// `<encryption secret=>`: the UUID of the secret that the state is encrypted with.
    pub secret: Option<String>,
    /// `<active_pcr_banks>`: the active banks of platform configuration registers.
    pub active_pcr_banks: Vec<PcrBank>,
    /// `<source type= path=>`: the storage of the state.
    pub storage: Option<(TpmStorage, String)>,
    /// `<profile>`
    pub profile: Option<TpmProfile>,
}

/// `<backend>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TpmBackend {
    /// `passthrough`
    Passthrough {
        /// `<device path=>` of the host's TPM.
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
    /// The part that all devices have: place, alias, address, boot order, option ROM.
    pub info: DeviceInfo,
    /// `model=`
    pub model: Option<TpmModel>,
    /// Place of `<backend>` in the text.
    pub backend_pos: Pos,
    /// `<backend>`
    pub backend: TpmBackend,
}

fn read_persistent_state(el: El<'_>, r: &mut Reader) -> Option<YesNo> {
    let text = el.get("persistent_state")?;
    let state = text.parse().ok();
    if state.is_none() {
        let message =
            format!("bad value `{text}` for `persistent_state` of `<backend>`: expected `yes` or `no`");
        r.refuse_as(
            crate::Class::Internal,
            &crate::read::ATTRIBUTE_VALUE,
            attr_place(el, "persistent_state"),
            message,
        );
    }
    state
}

impl TpmBackend {
    /// The `type=`.
    pub fn kind(&self) -> TpmBackendType {
        match self {
            Self::Passthrough { .. } => TpmBackendType::Passthrough,
            Self::Emulator(_) => TpmBackendType::Emulator,
            Self::External { .. } => TpmBackendType::External,
        }
    }

    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let source = el.child("source");
        Some(match r.required_as(Class::Xml, UNSUPPORTED_BEFORE_9_0, el, "type")? {
            TpmBackendType::Passthrough => {
                Self::Passthrough { path: el.child("device").and_then(|d| d.string("path")) }
            }
            TpmBackendType::Emulator => Self::Emulator(TpmEmulator::read(el, r)),
            TpmBackendType::External => {
                if let Some(source) = source
                    && source.get("type") != Some("unix")
                {
                    let message = format!(
                        "the `<source>` of an external `<tpm>` must be of type `unix`, not `{}`",
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
        // `default` is the same as no attribute.
        let version = r.attr_unless(UNSUPPORTED_BEFORE_9_0, el, "version", "default");
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
        // Without a secret the state is not encrypted.
        let secret = el.string("secret").filter(|secret| !secret.is_empty())?;
        let digits = secret.chars().filter(|c| *c != '-');
        if digits.clone().count() != 32 || !digits.clone().all(|c| c.is_ascii_hexdigit()) {
            let message = format!("`secret` of `<encryption>` is `{secret}`, expected a UUID");
            r.refuse(&TPM_SECRET_UUID, el.pos().attr("secret"), message);
            return None;
        }
        Some(secret)
    }

    fn read_banks(el: El<'_>, r: &mut Reader) -> Vec<PcrBank> {
        let mut banks: Vec<PcrBank> = Vec::new();
        for bank in
            r.child_since("7.10", el, "active_pcr_banks").into_iter().flat_map(El::every_of::<PcrBank>)
        {
            if let Ok(known) = bank.name().parse() {
                banks.push(known);
            } else {
                let message = format!("there is no PCR bank `{}`", bank.name());
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
        let model = r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "model");
        if let Some(extra) = el.children("backend").nth(1) {
            let message = "`<tpm>` has at most one `backend`";
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
