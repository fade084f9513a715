//! `<auth>` and `<encryption>`: who asks for an image, and what its data is encrypted with.

use crate::read::{El, Element, Reader, all};
use crate::write::Writer;
use crate::{Kind, Pos};

crate::rules! {
    /// TODO secret-reference
    SECRET_REFERENCE = "secret-reference": Xml, Read, "TODO";
    /// TODO storage-auth-type
    STORAGE_AUTH_TYPE = "storage-auth-type": Unsupported, Read, "TODO";
    /// TODO encryption-ivgen
    ENCRYPTION_IVGEN = "encryption-ivgen": Xml, Read, "TODO";
}

/// How a secret is named.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SecretRef {
    /// `uuid=`
    Uuid(String),
    /// `usage=`
    Usage(String),
}

impl SecretRef {
    /// Reads `uuid=` or `usage=`; exactly one of them must be there.
    pub(crate) fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let problem = |r: &mut Reader, kind, message: String| {
            r.refuse_as(kind, &SECRET_REFERENCE, el.pos(), message);
            None
        };
        match (el.get("uuid"), el.get("usage")) {
            (Some(uuid), None) => match crate::domain::uuid(uuid) {
                Some(uuid) => Some(Self::Uuid(uuid)),
                None => problem(r, Kind::Xml, format!("malformed uuid '{uuid}' of element 'secret'")),
            },
            (None, Some(usage)) => Some(Self::Usage(usage.to_owned())),
            (None, None) => problem(r, Kind::Xml, "element 'secret' has neither 'uuid' nor 'usage'".into()),
            (Some(_), Some(_)) => {
                problem(r, Kind::Xml, "element 'secret' has both 'uuid' and 'usage'".into())
            }
        }
    }

    fn attribute(&self) -> (&'static str, &str) {
        match self {
            Self::Uuid(uuid) => ("uuid", uuid),
            Self::Usage(usage) => ("usage", usage),
        }
    }
}

/// `<auth>`: the user an image is asked for as, and the secret that proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auth {
    /// Where it stands.
    pub pos: Pos,
    /// `username=`
    pub username: String,
    /// `<secret type=>`: what the secret is for (`ceph`, `iscsi`).
    pub secret_type: Option<String>,
    /// `<secret uuid=>` or `<secret usage=>`.
    pub secret: SecretRef,
}

impl Element for Auth {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let username = super::filled(el, "username", r);
        if let Some(kind) = el.get("type").filter(|kind| !["", "none", "chap", "ceph"].contains(kind)) {
            let message =
                format!("attribute 'type' of element 'auth' is '{kind}', 'chap' and 'ceph' are known");
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
        /// Left open.
        Default = "default",
        /// qcow's own, long unsafe.
        Qcow = "qcow",
        /// LUKS version 1.
        Luks = "luks",
        /// LUKS version 2.
        Luks2 = "luks2" since "7.9",
        /// LUKS, whatever version is found.
        LuksAny = "luks-any" since "9.3",
    }
}

spelled! {
    /// `engine=` of `<encryption>`: what decrypts.
    pub enum EncryptionEngine {
        /// QEMU.
        Qemu = "qemu",
        /// The library that talks to Ceph.
        Librbd = "librbd",
    }
}

/// `<encryption>`.
#[derive(Debug, Clone, PartialEq)]
pub struct Encryption {
    /// Where it stands.
    pub pos: Pos,
    /// `format=`
    pub format: EncryptionFormat,
    /// `engine=`
    pub engine: Option<EncryptionEngine>,
    /// `<secret>`s: more than one for layers of encryption.
    pub secrets: Vec<Passphrase>,
    /// `<cipher>`, only of use when a volume is made.
    pub cipher: Option<Cipher>,
    /// `<ivgen>`, likewise.
    pub ivgen: Option<IvGen>,
}

impl Element for Encryption {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let format = r.required_as(Kind::Xml, Kind::Unsupported, el, "format");
        let engine = r.attr_since("7.9", el, "engine");
        let secrets = all(el, "secret", r);
        // Other formats say in the image how they are encrypted.
        let makes = format == Some(EncryptionFormat::Luks);
        let cipher = el.child("cipher").filter(|_| makes).map(|c| Cipher {
            name: r.required(c, "name"),
            size: r.required(c, "size"),
            mode: c.string("mode"),
            hash: c.string("hash"),
        });
        let ivgen = el.child("ivgen").filter(|_| makes).map(|i| {
            if cipher.is_none() {
                let message = "element 'ivgen' goes with a 'cipher'";
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
    /// Which secret it is.
    pub SecretRef,
);

impl Element for Passphrase {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let kind: Option<PassphraseType> = r.required_as(Kind::Xml, Kind::Unsupported, el, "type");
        let secret = SecretRef::read(el, r);
        kind?;
        secret.map(Self)
    }

    fn write(&self, w: &mut Writer) {
        let (name, value) = self.0.attribute();
        w.element("secret").attr("type", PassphraseType::Passphrase).attr(name, value).empty();
    }
}

/// `<cipher>`.
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

/// `<ivgen>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IvGen {
    /// `name=`
    pub name: Option<String>,
    /// `hash=`
    pub hash: Option<String>,
}
