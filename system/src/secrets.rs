//! Secrets that libvirt keeps in files: a definition in `UUID.xml`, its value in `UUID.base64`. Secrets that are ephemeral
//! are in the memory of the daemon, and are not found here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::Document;
use virtargv_host::{Answer, HostError, SecretKey, SecretUse, Secrets, Uuid};
use virtargv_model::xml;

use crate::SystemHost;

/// What messages call a secret.
const SECRET: &str = "secret";

/// The largest value that is read, in bytes of its file.
const VALUE_LIMIT: u64 = 1 << 20;

/// `<usage>` of the definition of a secret.
#[derive(Debug, PartialEq, Eq)]
struct Usage {
    /// `type=`
    kind: String,
    /// What it is for: a path, a name.
    name: String,
}

impl Secrets for SystemHost {
    fn secret(&self, usage: SecretUse, key: SecretKey<'_>) -> Answer<Vec<u8>> {
        let uuid = match key {
            SecretKey::Uuid(uuid) => self.of_type(uuid, usage)?,
            SecretKey::Usage(name) => self.for_usage(usage, name)?,
        };
        let name = uuid.to_string();
        let path = format!("{}/{name}.base64", self.directories.secrets);
        let text = match self.root.bytes(SECRET, &name, &path, VALUE_LIMIT) {
            Err(HostError::NotFound { what, name }) => return Err(HostError::NoValue { what, name }),
            text => text?,
        };
        let value = STANDARD.decode(text.trim_ascii());
        value.map_err(|error| HostError::failed(SECRET, name, format!("its value is not in base64: {error}")))
    }
}

impl SystemHost {
    /// The secret `uuid`, which has to be for `usage`, or for no use in particular.
    fn of_type(&self, uuid: Uuid, usage: SecretUse) -> Answer<Uuid> {
        let name = uuid.to_string();
        let wanted = usage.as_str();
        match self.usage(uuid)? {
            Some(Usage { kind, .. }) if kind != wanted && kind != "none" => {
                Err(HostError::OtherType { what: SECRET, name, kind, wanted })
            }
            _ => Ok(uuid),
        }
    }

    /// The secret whose `<usage>` is `name`, of the type of `usage`.
    fn for_usage(&self, usage: SecretUse, name: &str) -> Answer<Uuid> {
        let not_found = || HostError::not_found(SECRET, name);
        let names = match self.root.names(&self.directories.secrets) {
            Err(HostError::NotFound { .. }) => return Err(not_found()),
            names => names?,
        };
        let is_it = |uuid: &Uuid| {
            // A definition that cannot be read is that of another secret, for all that is known.
            matches!(self.usage(*uuid), Ok(Some(found)) if found.kind == usage.as_str() && found.name == name)
        };
        let uuids = names.iter().filter_map(|name| Uuid::parse(name.strip_suffix(".xml")?));
        uuids.into_iter().find(is_it).ok_or_else(not_found)
    }

    /// The `<usage>` of the secret `uuid`.
    fn usage(&self, uuid: Uuid) -> Answer<Option<Usage>> {
        let name = uuid.to_string();
        let text = self.root.text(SECRET, &name, &format!("{}/{name}.xml", self.directories.secrets))?;
        if let Some((_, limit)) = xml::beyond_limits(&text) {
            return Err(HostError::failed(SECRET, name, limit));
        }
        read_usage(&text).map_err(|error| HostError::failed(SECRET, name, error))
    }
}

/// Reads the definition of a secret.
fn read_usage(text: &str) -> Result<Option<Usage>, roxmltree::Error> {
    let document = Document::parse(text)?;
    let usage = document.root_element().children().find(|child| child.has_tag_name("usage"));
    Ok(usage.and_then(|usage| {
        let kind = usage.attribute("type")?;
        let element = match kind {
            "volume" => "volume",
            "iscsi" => "target",
            _ => "name",
        };
        let name = usage.children().find(|child| child.has_tag_name(element));
        let name = name.and_then(|name| name.text()).unwrap_or_default();
        Some(Usage { kind: kind.to_owned(), name: name.to_owned() })
    }))
}
