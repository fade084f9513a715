//! The objects of an image: secrets, TLS credentials, `pr-manager-helper`.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use virtargv_caps::{Cap, Convention};
use virtargv_host::{Fact, HostError, SecretKey, SecretUse};
use virtargv_model::device::storage::{
    Auth, EncryptionEngine, EncryptionFormat, Image, NetSource, Protocol, SecretRef,
};
use virtargv_model::{Class, Problem, YesNo};

use super::ImageNodes;
use crate::prepare::context::Prepare;
use crate::prepare::secret::EncryptedSecret;
use crate::prepare::tls::Credentials;
use crate::text::Text;

/// The id of the `pr-manager-helper` that libvirt manages.
pub(crate) const MANAGED_HELPER: &str = "pr-helper0";

/// The user name and secret of a network source (`<auth>`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Login {
    /// The user name.
    pub username: Text,
    /// The secret.
    pub secret: LoginSecret,
}

/// The form in which QEMU gets the secret of a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LoginSecret {
    /// An encrypted secret object.
    Object(EncryptedSecret),
    /// Plain, for a driver that takes no secret object.
    Plain(Vec<u8>),
}

impl Login {
    /// The value of `password-secret=`: the id of the object, or the plain secret.
    pub fn secret(&self) -> Text {
        match &self.secret {
            LoginSecret::Object(encrypted) => encrypted.id.clone(),
            LoginSecret::Plain(value) => String::from_utf8_lossy(value).into_owned().into(),
        }
    }

    /// The secret object; `None` for a plain secret.
    pub fn object(&self) -> Option<&EncryptedSecret> {
        if let LoginSecret::Object(encrypted) = &self.secret { Some(encrypted) } else { None }
    }

    /// The plain secret in base64; `None` for an object.
    pub fn base64(&self) -> Option<String> {
        if let LoginSecret::Plain(value) = &self.secret { Some(BASE64_STANDARD.encode(value)) } else { None }
    }

    /// The login in a URI: `user`, or `user:secret`.
    pub fn in_address(&self) -> String {
        match &self.secret {
            LoginSecret::Object(_) => self.username.as_str().to_owned(),
            LoginSecret::Plain(value) => format!("{}:{}", self.username, String::from_utf8_lossy(value)),
        }
    }
}

/// The helper of an image with `<reservations>`, which handles SCSI persistent reservations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PrHelper {
    /// The id of its `pr-manager-helper`.
    pub id: Text,
    /// The socket at which it listens; `None` for the managed one, whose object all images share.
    pub path: Option<Text>,
}

/// The ids of the objects of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ids {
    /// The secret of `<auth>`.
    auth: String,
    /// The secrets of `<encryption>`, without their numbers.
    encryption: String,
    /// The cookies.
    cookies: String,
    /// The TLS credentials.
    tls: String,
    /// The `pr-manager-helper`.
    reservations: String,
}

impl Ids {
    /// The ids for an image with block nodes.
    pub fn of_nodes(nodes: &ImageNodes) -> Self {
        let storage = &nodes.storage;
        Self {
            auth: format!("{storage}-auth-secret0"),
            encryption: format!("{}-encryption-secret", nodes.format.as_ref().unwrap_or(storage)),
            cookies: format!("{storage}-httpcookie-secret0"),
            tls: format!("obj{storage}_tls0"),
            reservations: format!("pr-helper-{storage}"),
        }
    }

    /// The ids for a `-drive` of the disk `alias`.
    pub fn of_drive(alias: &str) -> Self {
        Self {
            auth: format!("{alias}-auth-secret0"),
            encryption: format!("{alias}-encryption-secret"),
            cookies: format!("{alias}-httpcookie-secret0"),
            tls: format!("obj{alias}_tls0"),
            reservations: format!("pr-helper-{alias}"),
        }
    }

    /// The ids for a SCSI host device: `name` is its node name, or its alias without block nodes.
    pub fn of_hostdev(name: &str) -> Self {
        Self { auth: format!("{name}-secret0"), ..Self::of_drive(name) }
    }
}

/// The objects of one image. Each is rare, and of images there can be thousands: what an image does not have takes a pointer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Objects {
    /// The login of `<auth>`.
    pub auth: Option<Box<Login>>,
    /// The secrets of `<encryption>`, outermost layer first.
    pub encryption: Vec<EncryptedSecret>,
    /// The cookies.
    pub cookies: Option<Box<EncryptedSecret>>,
    /// The TLS credentials.
    pub tls: Option<Box<Credentials>>,
    /// The helper of `<reservations>`.
    pub reservations: Option<Box<PrHelper>>,
    /// Whether nbdkit reads the image for QEMU. It then gets the secrets, rather than QEMU.
    pub nbdkit: bool,
}

impl Objects {
    /// Prepares the objects of `image`, and asks the host for its secrets.
    pub fn of(cx: &mut Prepare<'_>, image: &Image, ids: impl FnOnce() -> Ids) -> Result<Self, Problem> {
        let mut objects = Self::default();
        if image.reservations.is_none()
            && image.encryption.is_none()
            && image.auth.is_none()
            && image.network().is_none()
        {
            return Ok(objects);
        }
        let ids = ids();
        if let Some(reservations) = &image.reservations {
            objects.reservations = Some(Box::new(if reservations.managed == Some(YesNo::No) {
                let path = reservations.path.as_ref().map(Text::from);
                PrHelper { id: ids.reservations.clone().into(), path }
            } else {
                PrHelper { id: MANAGED_HELPER.into(), path: None }
            }));
        }
        if let Some(net) = image.network() {
            objects.nbdkit = uses_nbdkit(cx, net);
            if !objects.nbdkit {
                objects.add_login(cx, image, &ids)?;
                objects.add_network(cx, image, net, &ids)?;
            }
        } else if !image.is_empty() && cx.release().has(Convention::AuthOfEveryImage) {
            // QEMU's drivers of local images do not use it.
            objects.add_login(cx, image, &ids)?;
        }
        objects.add_encryption(cx, image, &ids)?;
        Ok(objects)
    }

    fn add_login(&mut self, cx: &mut Prepare<'_>, image: &Image, ids: &Ids) -> Result<(), Problem> {
        let Some(auth) = &image.auth else { return Ok(()) };
        let protocol = image.network().and_then(|net| net.protocol);
        let value = login(cx, protocol, auth)?;
        let secret = if takes_secret_object(cx, protocol) {
            LoginSecret::Object(cx.encrypt(ids.auth.clone(), &value))
        } else {
            LoginSecret::Plain(value)
        };
        self.auth = Some(Box::new(Login { username: Text::from(&auth.username), secret }));
        Ok(())
    }

    fn add_network(
        &mut self,
        cx: &mut Prepare<'_>,
        image: &Image,
        net: &NetSource,
        ids: &Ids,
    ) -> Result<(), Problem> {
        if !net.cookies.is_empty() {
            let pairs: Vec<String> = net.cookies.iter().map(|c| format!("{}={}", c.name, c.value)).collect();
            self.cookies = Some(Box::new(cx.encrypt(ids.cookies.clone(), pairs.join("; ").as_bytes())));
        }
        let settings = cx.settings();
        let (by_settings, dir, uuid) = match net.protocol {
            Some(Protocol::Nbd) => {
                (settings.nbd_tls, &settings.nbd_tls_x509_cert_dir, &settings.nbd_tls_x509_secret_uuid)
            }
            Some(Protocol::Vxhs) => {
                (settings.vxhs_tls, &settings.vxhs_tls_x509_cert_dir, &settings.vxhs_tls_x509_secret_uuid)
            }
            _ => return Ok(()),
        };
        if !net.tls.map_or(by_settings, YesNo::is_yes) {
            return Ok(());
        }
        let secret = match uuid {
            Some(uuid) => {
                let value = ask(cx, SecretUse::Tls, SecretKey::Uuid(*uuid), image)?;
                Some(cx.encrypt(format!("{}-secret0", ids.tls), &value))
            }
            None => None,
        };
        let dir = Text::from(dir.as_ref().unwrap_or(&settings.default_tls_x509_cert_dir));
        let id = ids.tls.clone().into();
        self.tls = Some(Box::new(Credentials { id, dir, listens: false, verify: true, secret }));
        Ok(())
    }

    fn add_encryption(&mut self, cx: &mut Prepare<'_>, image: &Image, ids: &Ids) -> Result<(), Problem> {
        let Some(encryption) = &image.encryption else { return Ok(()) };
        let used = match encryption.format {
            EncryptionFormat::Luks => true,
            EncryptionFormat::Luks2 | EncryptionFormat::LuksAny => {
                encryption.engine == Some(EncryptionEngine::Librbd)
            }
            // QEMU decrypts LUKS only.
            EncryptionFormat::Default | EncryptionFormat::Qcow => false,
        };
        if !used {
            return Ok(());
        }
        for (n, passphrase) in encryption.secrets.iter().enumerate() {
            let value = ask(cx, SecretUse::Volume, key(&passphrase.0), image)?;
            let encrypted = cx.encrypt(format!("{}{n}", ids.encryption), &value);
            self.encryption.push(encrypted);
        }
        Ok(())
    }
}

/// Whether nbdkit reads a network source for QEMU.
fn uses_nbdkit(cx: &Prepare<'_>, net: &NetSource) -> bool {
    let plugin = match net.protocol {
        Some(Protocol::Http | Protocol::Https | Protocol::Ftp | Protocol::Ftps | Protocol::Tftp) => "curl",
        Some(Protocol::Ssh) => "ssh",
        _ => return false,
    };
    cx.settings().storage_use_nbdkit && cx.host.services().nbdkit_plugin(plugin) == Ok(true)
}

/// Whether QEMU's driver of the protocol has `password-secret=`.
fn takes_secret_object(cx: &Prepare<'_>, protocol: Option<Protocol>) -> bool {
    cx.has(Cap::ObjectSecret) && (protocol != Some(Protocol::Iscsi) || cx.has(Cap::IscsiPasswordSecret))
}

fn login(cx: &Prepare<'_>, protocol: Option<Protocol>, auth: &Auth) -> Result<Vec<u8>, Problem> {
    let usage = if protocol == Some(Protocol::Rbd) { SecretUse::Ceph } else { SecretUse::Iscsi };
    let key = key(&auth.secret);
    cx.host.secrets().secret(usage, key).map_err(|error: HostError| {
        let message = error.about("secret", &key.to_string());
        let problem =
            crate::rules::STORAGE_AUTH_SECRET.problem(cx.release(), auth.pos.path("secret"), message);
        Fact::Secret(key).unanswered(&error, of_class(problem, &error))
    })
}

fn ask(cx: &Prepare<'_>, usage: SecretUse, key: SecretKey<'_>, image: &Image) -> Result<Vec<u8>, Problem> {
    cx.host.secrets().secret(usage, key).map_err(|error| {
        let message = error.about("secret", &key.to_string());
        let problem = crate::rules::STORAGE_SECRET.problem(cx.release(), image.pos, message);
        Fact::Secret(key).unanswered(&error, of_class(problem, &error))
    })
}

/// A secret that exists is not missing.
pub(crate) fn of_class(problem: Problem, error: &HostError) -> Problem {
    match error {
        HostError::OtherType { .. } => problem.with_class(Class::InvalidArgument),
        HostError::Failed { .. } => problem.with_class(Class::Internal),
        _ => problem,
    }
}

fn key(secret: &SecretRef) -> SecretKey<'_> {
    match secret {
        SecretRef::Uuid(uuid) => SecretKey::Uuid(*uuid),
        SecretRef::Usage(usage) => SecretKey::Usage(usage),
    }
}
