//! The objects an image needs before it: secrets, TLS credentials, a helper for persistent reservations.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use virtargv_caps::Cap;
use virtargv_host::{SecretKey, SecretUse};
use virtargv_model::device::storage::{
    Auth, EncryptionEngine, EncryptionFormat, Image, NetSource, Protocol, SecretRef,
};
use virtargv_model::{Kind, Problem, YesNo};

use super::ImageNodes;
use crate::emit::{Emit, problem};
use crate::needs::Process;
use crate::{Props, secret, tls};

/// The helper for persistent reservations that is started with the guest.
const MANAGED_HELPER: &str = "pr-helper0";

/// A value that QEMU gets in an object of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sealed {
    /// The object's id.
    pub id: String,
    value: Vec<u8>,
}

/// Who asks for an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Login {
    /// The user.
    pub username: String,
    /// The secret; `None` of an id where QEMU has no objects for secrets, so that it has to be written out.
    id: Option<String>,
    value: Vec<u8>,
}

impl Login {
    /// What a property for the secret holds: its object, or the secret itself where there are no objects.
    pub fn secret(&self) -> String {
        self.id.clone().unwrap_or_else(|| self.plain())
    }

    /// Whether the secret is an object.
    pub fn is_object(&self) -> bool {
        self.id.is_some()
    }

    /// The secret as a text.
    pub fn plain(&self) -> String {
        String::from_utf8_lossy(&self.value).into_owned()
    }

    /// The secret in base64.
    pub fn base64(&self) -> String {
        BASE64_STANDARD.encode(&self.value)
    }
}

/// The ids of an image's objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ids {
    /// Of the secret of `<auth>`.
    pub auth: String,
    /// Of the secrets of `<encryption>`, without their numbers.
    pub encryption: String,
    /// Of the cookies.
    pub cookies: String,
    /// Of the TLS credentials.
    pub tls: String,
    /// Of the helper for persistent reservations.
    pub reservations: String,
}

impl Ids {
    /// Those of an image with nodes, for a disk of that alias.
    pub fn of_nodes(nodes: &ImageNodes, alias: &str) -> Self {
        let storage = &nodes.storage;
        Self {
            auth: format!("{storage}-auth-secret0"),
            encryption: format!("{}-encryption-secret", nodes.top_of_image()),
            cookies: format!("{storage}-httpcookie-secret0"),
            tls: format!("obj{storage}_tls0"),
            reservations: format!("pr-helper-{alias}"),
        }
    }

    /// Those of a drive, which has the alias of its disk.
    pub fn of_drive(alias: &str) -> Self {
        Self {
            auth: format!("{alias}-auth-secret0"),
            encryption: format!("{alias}-encryption-secret"),
            cookies: format!("{alias}-httpcookie-secret0"),
            tls: format!("obj{alias}_tls0"),
            reservations: format!("pr-helper-{alias}"),
        }
    }

    /// Those of a host device: `name` is its node, or its alias where it has none.
    pub fn of_hostdev(name: &str) -> Self {
        Self { auth: format!("{name}-secret0"), ..Self::of_drive(name) }
    }
}

impl ImageNodes {
    /// The node that decrypts: that of the format, or of the place.
    fn top_of_image(&self) -> &str {
        self.format.as_deref().unwrap_or(&self.storage)
    }
}

/// The objects of one image.
#[derive(Debug, Clone, Default)]
pub(crate) struct Objects {
    /// The secret of `<auth>`.
    pub auth: Option<Login>,
    /// The secrets of `<encryption>`, outermost layer first.
    pub encryption: Vec<Sealed>,
    /// The cookies.
    pub cookies: Option<Sealed>,
    /// The id of the TLS credentials.
    pub tls: Option<String>,
    /// The id of the helper for persistent reservations.
    pub reservations: Option<String>,
    reservations_path: Option<String>,
    tls_dir: String,
    tls_secret: Option<Sealed>,
    /// nbdkit reads the image for QEMU; secrets are its business then.
    pub nbdkit: bool,
}

impl Objects {
    /// Asks the host for all that `image` needs.
    pub fn of(e: &Emit<'_>, image: &Image, ids: impl FnOnce() -> Ids) -> Result<Self, Problem> {
        let mut objects = Self::default();
        if image.reservations.is_none() && image.encryption.is_none() && image.network().is_none() {
            return Ok(objects);
        }
        let ids = &ids();
        if let Some(reservations) = &image.reservations {
            let managed = reservations.managed != Some(YesNo::No);
            objects.reservations =
                Some(if managed { MANAGED_HELPER.to_owned() } else { ids.reservations.clone() });
            objects.reservations_path = reservations.path.clone().filter(|_| !managed);
        }
        if let Some(net) = image.network() {
            objects.nbdkit = uses_nbdkit(e, net);
            if !objects.nbdkit {
                objects.add_network(e, image, net, ids)?;
            }
        }
        objects.add_encryption(e, image, ids)?;
        Ok(objects)
    }

    fn add_network(
        &mut self,
        e: &Emit<'_>,
        image: &Image,
        net: &NetSource,
        ids: &Ids,
    ) -> Result<(), Problem> {
        if let Some(auth) = &image.auth {
            self.auth = Some(Login {
                username: auth.username.clone(),
                id: takes_secret_object(e, net).then(|| ids.auth.clone()),
                value: login(e, net, auth)?,
            });
        }
        if !net.cookies.is_empty() {
            let pairs: Vec<String> = net.cookies.iter().map(|c| format!("{}={}", c.name, c.value)).collect();
            self.cookies = Some(Sealed { id: ids.cookies.clone(), value: pairs.join("; ").into_bytes() });
        }
        let config = e.host.config();
        let (by_config, dir, uuid) = match net.protocol {
            Some(Protocol::Nbd) => {
                (config.nbd_tls, &config.nbd_tls_x509_cert_dir, &config.nbd_tls_x509_secret_uuid)
            }
            Some(Protocol::Vxhs) => {
                (config.vxhs_tls, &config.vxhs_tls_x509_cert_dir, &config.vxhs_tls_x509_secret_uuid)
            }
            _ => return Ok(()),
        };
        if net.tls.map_or(by_config, YesNo::is_yes) {
            if net.protocol == Some(Protocol::Nbd) && !e.has(Cap::NbdTls) {
                let message = "this QEMU speaks no TLS with protocol 'nbd'";
                return Err(problem(Kind::Unsupported, "storage-nbd-tls", image.pos, message));
            }
            tls::need_objects(e, image.pos)?;
            self.tls = Some(ids.tls.clone());
            self.tls_dir.clone_from(dir.as_ref().unwrap_or(&config.default_tls_x509_cert_dir));
            if let Some(uuid) = uuid {
                let value = ask(e, SecretUse::Tls, SecretKey::Uuid(uuid), image)?;
                self.tls_secret = Some(Sealed { id: format!("{}-secret0", ids.tls), value });
            }
        }
        Ok(())
    }

    fn add_encryption(&mut self, e: &Emit<'_>, image: &Image, ids: &Ids) -> Result<(), Problem> {
        let Some(encryption) = &image.encryption else { return Ok(()) };
        let used = match encryption.format {
            EncryptionFormat::Luks => true,
            EncryptionFormat::Luks2 | EncryptionFormat::LuksAny => {
                encryption.engine == Some(EncryptionEngine::Librbd)
            }
            // What is not LUKS is never decrypted.
            EncryptionFormat::Default | EncryptionFormat::Qcow => false,
        };
        if !used {
            return Ok(());
        }
        for (n, passphrase) in encryption.secrets.iter().enumerate() {
            let value = ask(e, SecretUse::Volume, key(&passphrase.0), image)?;
            self.encryption.push(Sealed { id: format!("{}{n}", ids.encryption), value });
        }
        Ok(())
    }

    /// Emits them.
    pub fn emit(&self, e: &mut Emit<'_>) {
        if let (Some(id), Some(path)) = (&self.reservations, &self.reservations_path) {
            e.need_listener(path, Process::PrHelper);
            e.object(&helper(id, path));
        }
        let auth = self.auth.iter().filter_map(|a| Some((a.id.as_deref()?, a.value.as_slice())));
        let others = self.cookies.iter().chain(&self.encryption).chain(&self.tls_secret);
        let others = others.map(|s| (s.id.as_str(), s.value.as_slice()));
        for (id, value) in auth.chain(others).collect::<Vec<_>>() {
            let object = secret::sealed(e, id, value);
            e.object(&object);
        }
        if let Some(id) = &self.tls {
            let password = self.tls_secret.as_ref().map(|s| s.id.as_str());
            let credentials = tls::x509(e, id, &self.tls_dir, false, true, password);
            e.object(&credentials);
        }
    }
}

/// Whether nbdkit reads the source for QEMU.
fn uses_nbdkit(e: &Emit<'_>, net: &NetSource) -> bool {
    let plugin = match net.protocol {
        Some(Protocol::Http | Protocol::Https | Protocol::Ftp | Protocol::Ftps | Protocol::Tftp) => "curl",
        Some(Protocol::Ssh) => "ssh",
        _ => return false,
    };
    e.host.config().storage_use_nbdkit && e.host.services().nbdkit_plugin(plugin) == Ok(true)
}

/// Whether the driver of a protocol takes the secret as an object.
fn takes_secret_object(e: &Emit<'_>, net: &NetSource) -> bool {
    e.has(Cap::ObjectSecret) && (net.protocol != Some(Protocol::Iscsi) || e.has(Cap::IscsiPasswordSecret))
}

fn login(e: &Emit<'_>, net: &NetSource, auth: &Auth) -> Result<Vec<u8>, Problem> {
    let usage = if net.protocol == Some(Protocol::Rbd) { SecretUse::Ceph } else { SecretUse::Iscsi };
    e.host.secrets().secret(usage, key(&auth.secret)).map_err(|error| {
        problem(Kind::SecretMissing, "storage-auth-secret", auth.pos.path("secret"), error.to_string())
    })
}

fn ask(e: &Emit<'_>, usage: SecretUse, key: SecretKey<'_>, image: &Image) -> Result<Vec<u8>, Problem> {
    e.host
        .secrets()
        .secret(usage, key)
        .map_err(|error| problem(Kind::SecretMissing, "storage-secret", image.pos, error.to_string()))
}

fn key(secret: &SecretRef) -> SecretKey<'_> {
    match secret {
        SecretRef::Uuid(uuid) => SecretKey::Uuid(uuid),
        SecretRef::Usage(usage) => SecretKey::Usage(usage),
    }
}

fn helper(id: &str, path: &str) -> Props {
    Props::new("qom-type", "pr-manager-helper").with("id", id).with("path", path)
}

/// Emits the helper for persistent reservations that is started with the guest, where a disk needs it.
pub(crate) fn managed_helper(e: &mut Emit<'_>) -> crate::emit::Done {
    let disks = &e.domain().devices.disks;
    let mut reservations = disks.iter().flat_map(virtargv_model::device::disk::Disk::images);
    let needed =
        reservations.any(|image| image.reservations.as_ref().is_some_and(|r| r.managed != Some(YesNo::No)));
    if needed {
        let path = format!("{}/{MANAGED_HELPER}.sock", e.plan.domain_dir);
        e.need_listener(&path, Process::PrHelper);
        e.object(&helper(MANAGED_HELPER, &path));
    }
    Ok(())
}
