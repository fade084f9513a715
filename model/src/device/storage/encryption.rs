//! `<auth>` and `<encryption>`: the authentication for an image, and the encryption of its data.

use std::fmt;

use crate::read::{El, Element, Reader, all};
use crate::write::Writer;
use crate::{Class, Pos, Uuid};

crate::rules! {
    /// A `<secret>` has either a `uuid` or a `usage`.
    SECRET_REFERENCE = "secret-reference": Xml, Read,
        "`<secret uuid=>` or `<secret usage=>` identifies a secret that libvirt keeps",
        help "give one of the two; `uuid=` has 32 hexadecimal digits";
    /// The `type` of an `<auth>` is `chap` or `ceph`.
    STORAGE_AUTH_TYPE = "storage-auth-type": Unsupported, Read,
        "`<auth type=>`: the authentication of iSCSI and of Ceph",
        help "use `chap` or `ceph`, or leave `type=` out";
    /// An `<ivgen>` is given beside a `<cipher>`.
    ENCRYPTION_IVGEN = "encryption-ivgen": Xml, Read,
        "`<encryption format='luks'>`: the generator of initialization vectors belongs to a cipher",
        help "add `<cipher>`, or remove `<ivgen>`";
}

/// A reference to a secret of libvirt (`<secret>`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SecretRef {
    /// `uuid=`: the UUID of the secret.
    Uuid(Uuid),
    /// `usage=`: the usage name of the secret.
    Usage(String),
}

impl SecretRef {
    /// Reads `uuid=` or `usage=`, of which exactly one must be given.
    pub(crate) fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let problem = |r: &mut Reader, class, message: String| {
            r.refuse_as(class, &SECRET_REFERENCE, el.pos(), message);
            None
        };
        match (el.get("uuid"), el.get("usage")) {
            (Some(uuid), None) => match Uuid::parse(uuid) {
                Some(uuid) => Some(Self::Uuid(uuid)),
                None => problem(r, Class::Xml, format!("malformed uuid `{uuid}` of `<secret>`")),
            },
            (None, Some(usage)) => Some(Self::Usage(usage.to_owned())),
            (None, None) => problem(r, Class::Xml, "`<secret>` has neither `uuid` nor `usage`".into()),
            (Some(_), Some(_)) => problem(r, Class::Xml, "`<secret>` has both `uuid` and `usage`".into()),
        }
    }

    fn attribute(&self) -> (&'static str, &dyn fmt::Display) {
        match self {
            Self::Uuid(uuid) => ("uuid", uuid),
            Self::Usage(usage) => ("usage", usage),
        }
    }
}

/// `<auth>`: the user and the secret by which QEMU authenticates to a storage server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auth {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `username=`
    pub username: String,
    /// `<secret type=>`: the usage type of the secret (`ceph`, `iscsi`).
    pub secret_type: Option<String>,
    /// `<secret uuid=>` or `<secret usage=>`.
    pub secret: SecretRef,
}

impl Element for Auth {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let username = super::required_text(el, "username", r);
        if let Some(kind) = el.get("type").filter(|kind| !["", "none", "chap", "ceph"].contains(kind)) {
            let message = format!("`type` of `<auth>` is `{kind}`, expected `chap` or `ceph`");
            r.refuse(&STORAGE_AUTH_TYPE, el.pos().attr("type"), message);
        }
        let secret_el = r.need(el, "secret")?;
        let secret = SecretRef::read(secret_el, r);
        Some(Self {
            pos: el.pos(),
            username: username?,
            secret_type: secret_el.string("type"),
            secret: secret?,
        })
    }

    fn write(&self, w: &mut Writer) {
        w.element("auth").attr("username", &self.username).children(|w| {
            let (name, value) = self.secret.attribute();
            w.element("secret").opt("type", self.secret_type.as_ref()).attr(name, value).empty();
        });
    }
}

spelled! {
    /// `format=` of `<encryption>`.
    pub enum EncryptionFormat {
        /// As the hypervisor chooses.
        Default = "default",
        /// The encryption of qcow, which is not secure.
        Qcow = "qcow",
        /// LUKS version 1.
        Luks = "luks",
        /// LUKS version 2.
        Luks2 = "luks2" since "7.9",
        /// LUKS, in the version of the image.
        LuksAny = "luks-any" since "9.3",
    }
}

spelled! {
    /// `engine=` of `<encryption>`: what encrypts and decrypts.
    pub enum EncryptionEngine {
        /// QEMU.
        Qemu = "qemu",
        /// The Ceph library librbd.
        Librbd = "librbd",
    }
}

/// `<encryption>`.
#[derive(Debug, Clone, PartialEq)]
pub struct Encryption {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `format=`
    pub format: EncryptionFormat,
    /// `engine=`
    pub engine: Option<EncryptionEngine>,
    /// `<secret>`: the passphrases; several for layered encryption (librbd).
    pub secrets: Vec<Passphrase>,
    /// `<cipher>`, which only the creation of a volume uses.
    pub cipher: Option<Cipher>,
    /// `<ivgen>`, which only the creation of a volume uses.
    pub ivgen: Option<IvGen>,
}

impl Encryption {
    /// Whether QEMU itself decrypts it as LUKS, rather than librbd.
    pub(super) fn is_luks_of_qemu(&self) -> bool {
        self.format == EncryptionFormat::Luks
            && self.engine != Some(EncryptionEngine::Librbd)
            && !self.secrets.is_empty()
    }
}

impl Element for Encryption {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let format = r.required_as(Class::Xml, Class::Unsupported, el, "format");
        let engine = r.attr_since("7.9", el, "engine");
        let secrets = all(el, "secret", r);
        // libvirt reads `<cipher>` and `<ivgen>` for LUKS only.
        let luks = format == Some(EncryptionFormat::Luks);
        let cipher = el.child("cipher").filter(|_| luks).map(|c| Cipher {
            name: r.required(c, "name"),
            size: r.required(c, "size"),
            mode: c.string("mode"),
            hash: c.string("hash"),
        });
        let ivgen = el.child("ivgen").filter(|_| luks).map(|i| {
            if cipher.is_none() {
                let message = "`<ivgen>` needs a `<cipher>`";
                r.refuse(&ENCRYPTION_IVGEN, i.pos(), message);
            }
            IvGen { name: r.required(i, "name"), hash: i.string("hash") }
        });
        Some(Self { pos: el.pos(), format: format?, engine, secrets, cipher, ivgen })
    }

    fn write(&self, w: &mut Writer) {
        let tag = w.element("encryption").attr("format", self.format).opt("engine", self.engine);
        tag.children(|w| {
            crate::read::write_all(&self.secrets, w);
            if let Some(cipher) = &self.cipher {
                w.element("cipher")
                    .opt("name", cipher.name.as_ref())
                    .opt("size", cipher.size)
                    .opt("mode", cipher.mode.as_ref())
                    .opt("hash", cipher.hash.as_ref())
                    .empty();
            }
            if let Some(ivgen) = &self.ivgen {
                w.element("ivgen").opt("name", ivgen.name.as_ref()).opt("hash", ivgen.hash.as_ref()).empty();
            }
        });
    }
}

spelled! {
    /// `type=` of an encryption's `<secret>`.
    pub enum PassphraseType {
        /// A passphrase.
        Passphrase = "passphrase",
    }
}

/// `<secret type='passphrase'>` of `<encryption>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passphrase(
    /// The secret.
    pub SecretRef,
);

impl Element for Passphrase {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let kind: Option<PassphraseType> = r.required_as(Class::Xml, Class::Unsupported, el, "type");
        let secret = SecretRef::read(el, r);
        kind?;
        secret.map(Self)
    }

    fn write(&self, w: &mut Writer) {
        let (name, value) = self.0.attribute();
        w.element("secret").attr("type", PassphraseType::Passphrase).attr(name, value).empty();
    }
}

/// `<cipher>`: the cipher of a new LUKS volume.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cipher {
    /// `name=`
    pub name: Option<String>,
    /// `size=`, in bits.
    pub size: Option<u32>,
    /// `mode=`
    pub mode: Option<String>,
    /// `hash=`
    pub hash: Option<String>,
}

/// `<ivgen>`: the generator of initialization vectors of a new LUKS volume.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IvGen {
    /// `name=`
    pub name: Option<String>,
    /// `hash=`
    pub hash: Option<String>,
}
