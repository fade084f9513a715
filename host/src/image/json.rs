//! `json:{...}`: the options of QEMU's block drivers as JSON. Nested options can be written as `file.filename`.

use serde_json::{Map, Value};
use virtargv_model::YesNo;
use virtargv_model::device::info::PciAddress;
use virtargv_model::device::storage::{
    Cookie, Image, Location, NetHost, NetSource, NvmeSource, Protocol, Slice, SshIdentity,
};

use super::reference::{BadReference, Reference, local, network, port, rbd, tcp, unix};
use super::uri;

/// How many levels of options can be written with dots.
const LEVELS: usize = 8;

type Found = Result<Reference, BadReference>;

/// Reads the JSON after `json:`.
pub(super) fn read(text: &str) -> Found {
    let root: Value = serde_json::from_str(text)
        .map_err(|why| BadReference::internal(format!("`json:{text}` is not valid JSON: {why}")))?;
    let Value::Object(flat) = root else {
        return Err(BadReference::internal(format!("`json:{text}` is not a JSON object")));
    };
    let root = nested(flat).ok_or_else(|| {
        BadReference::internal(format!(
            "`json:{text}` gives an option twice, or nests more than `{LEVELS}` levels"
        ))
    })?;
    let options = Options { map: &root, text };
    let options = match options.object("file") {
        Some(file) if !root.contains_key("driver") => file,
        _ => options,
    };
    options.read(true)
}

/// Makes `{"a": {"b": 1}}` of `{"a.b": 1}`.
fn nested(flat: Map<String, Value>) -> Option<Map<String, Value>> {
    let mut root = Map::new();
    for (key, value) in flat {
        let keys: Vec<&str> = key.split('.').collect();
        let (last, path) = keys.split_last()?;
        if path.len() > LEVELS {
            return None;
        }
        let mut at = &mut root;
        for key in path {
            let below = at.entry((*key).to_owned()).or_insert_with(|| Value::Object(Map::new()));
            at = below.as_object_mut()?;
        }
        let value = match value {
            Value::Object(map) if path.is_empty() => Value::Object(nested(map)?),
            value => value,
        };
        if at.insert((*last).to_owned(), value).is_some() {
            return None;
        }
    }
    Some(root)
}

/// The options of one block driver, and the whole text for messages.
#[derive(Clone, Copy)]
struct Options<'j> {
    map: &'j Map<String, Value>,
    text: &'j str,
}

impl<'j> Options<'j> {
    fn read(self, allow_format: bool) -> Found {
        let driver = self.need("driver")?;
        match driver {
            "raw" if allow_format => self.raw(),
            "raw" => Err(self.wrong("has a format driver (`raw`) below another")),
            "file" => Ok(local(Location::File { path: Some(self.owned("filename")?), fdgroup: None })),
            "host_device" | "host_cdrom" => {
                Ok(local(Location::Block { path: Some(self.owned("filename")?) }))
            }
            "http" | "https" | "ftp" | "ftps" | "tftp" => self.curl(driver),
            "nbd" => self.nbd(),
            "rbd" => self.rbd(),
            "iscsi" => self.iscsi(),
            "ssh" => self.ssh(),
            "gluster" => self.gluster(),
            "sheepdog" => self.simple(Protocol::Sheepdog, "vdi"),
            "vxhs" => self.simple(Protocol::Vxhs, "vdisk-id"),
            "nfs" => self.nfs(),
            "nvme" => self.nvme(),
            other => {
                let message = format!(
                    "the name `json:{}` has the block driver `{other}`, which libvirt cannot describe",
                    self.text
                );
                Err(BadReference::internal(message))
            }
        }
    }

    fn wrong(self, what: &str) -> BadReference {
        BadReference::argument(format!("the name `json:{}` {what}", self.text))
    }

    fn get(self, key: &str) -> Option<&'j str> {
        self.map.get(key)?.as_str()
    }

    fn need(self, key: &str) -> Result<&'j str, BadReference> {
        self.get(key).ok_or_else(|| self.wrong(&format!("lacks `{key}`")))
    }

    fn owned(self, key: &str) -> Result<String, BadReference> {
        self.need(key).map(str::to_owned)
    }

    fn object(self, key: &str) -> Option<Self> {
        Some(Self { map: self.map.get(key)?.as_object()?, ..self })
    }

    /// A number, if it is given.
    fn number(self, key: &str) -> Result<Option<u64>, BadReference> {
        let number =
            |value: &Value| value.as_u64().ok_or_else(|| self.wrong(&format!("needs a number as `{key}`")));
        self.map.get(key).map(number).transpose()
    }

    /// A text or number as text.
    fn word(self, key: &str) -> Option<String> {
        match self.map.get(key)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// The objects of a list, which can be written as `KEY.0`, `KEY.1`.
    fn list(self, key: &str) -> Vec<Self> {
        let values: Vec<&Value> = match self.map.get(key) {
            Some(Value::Array(values)) => values.iter().collect(),
            Some(Value::Object(map)) => map.values().collect(),
            _ => Vec::new(),
        };
        values.into_iter().filter_map(|value| Some(Self { map: value.as_object()?, ..self })).collect()
    }

    fn raw(self) -> Found {
        let (offset, size) = (self.number("offset")?, self.number("size")?);
        let file = self.object("file").ok_or_else(|| self.wrong("lacks the object `file`"))?;
        let mut found = file.read(false)?;
        if let Reference::Image(image) = &mut found
            && (offset.is_some() || size.is_some())
        {
            image.slice = Some(Slice { offset: offset.unwrap_or(0), size: size.unwrap_or(0) });
        }
        Ok(found)
    }

    /// A server at a TCP port: `host` and `port`.
    fn inet(self) -> Result<NetHost, BadReference> {
        let number = self.word("port").map(|text| port(&text)).transpose()?;
        Ok(tcp(self.need("host")?, number))
    }

    /// A server: `type`, and the options of that type.
    fn server(self) -> Result<NetHost, BadReference> {
        match self.need("type")? {
            "tcp" | "inet" => self.inet(),
            "unix" => {
                let socket = self.get("path").or(self.get("socket"));
                Ok(unix(socket.ok_or_else(|| self.wrong("lacks the `path` of a socket"))?))
            }
            other => Err(BadReference::internal(format!(
                "the name `json:{}` has a server of type `{other}`, which libvirt cannot describe",
                self.text
            ))),
        }
    }

    fn need_server(self) -> Result<Self, BadReference> {
        self.object("server").ok_or_else(|| self.wrong("lacks the object `server`"))
    }

    /// A URI of `protocol`.
    fn uri(self, text: &str, protocol: Protocol) -> Found {
        let found = uri::read(text)?;
        if uri::protocol(text) == Some(protocol) {
            return Ok(found);
        }
        Err(self.wrong(&format!("has the URI `{text}`, which is not one of protocol `{protocol}`")))
    }

    fn curl(self, driver: &str) -> Found {
        let protocol = match driver {
            "http" => Protocol::Http,
            "https" => Protocol::Https,
            "ftp" => Protocol::Ftp,
            "ftps" => Protocol::Ftps,
            _ => Protocol::Tftp,
        };
        let mut found = self.uri(self.need("url")?, protocol)?;
        let Some(net) = source(&mut found) else { return Ok(found) };
        if matches!(protocol, Protocol::Https | Protocol::Ftps) {
            net.ssl_verify = match self.map.get("sslverify") {
                None => None,
                Some(Value::Bool(on)) => Some(if *on { YesNo::Yes } else { YesNo::No }),
                Some(Value::String(word)) if word == "off" => Some(YesNo::No),
                Some(_) => return Err(self.wrong("needs true or false as `sslverify`")),
            };
        }
        if matches!(protocol, Protocol::Http | Protocol::Https)
            && let Some(cookies) = self.get("cookie")
        {
            for cookie in cookies.split(';') {
                let (name, value) = cookie
                    .trim_start()
                    .split_once('=')
                    .ok_or_else(|| self.wrong("needs NAME=VALUE as `cookie`"))?;
                let (name, value) = (name.to_owned(), value.to_owned());
                net.cookies.push(Cookie { name, value, ..Cookie::default() });
            }
        }
        net.readahead = self.number("readahead")?.filter(|bytes| *bytes > 0);
        net.timeout = self.number("timeout")?.filter(|seconds| *seconds > 0);
        Ok(found)
    }

    fn nbd(self) -> Found {
        let host = match (self.object("server"), self.get("path")) {
            (Some(server), _) => server.server()?,
            (None, Some(socket)) => unix(socket),
            (None, None) => self.inet()?,
        };
        let name = self.get("export").map(str::to_owned);
        Ok(network(NetSource {
            protocol: Some(Protocol::Nbd),
            name,
            hosts: vec![host],
            ..NetSource::default()
        }))
    }

    fn rbd(self) -> Found {
        if let Some(text) = self.get("filename") {
            return rbd(text.strip_prefix("rbd:").unwrap_or(text)).map(network);
        }
        let name = Some(format!("{}/{}", self.need("pool")?, self.need("image")?));
        let hosts: Result<_, _> = self.list("server").into_iter().map(Self::inet).collect();
        Ok(network(NetSource {
            protocol: Some(Protocol::Rbd),
            name,
            hosts: hosts?,
            snapshot: self.get("snapshot").map(str::to_owned),
            config_file: self.get("conf").map(str::to_owned),
            ..NetSource::default()
        }))
    }

    fn iscsi(self) -> Found {
        if let Some(text) = self.get("filename") {
            return self.uri(text, Protocol::Iscsi);
        }
        if self.need("transport")? != "tcp" {
            return Err(self.wrong("has another `transport` than `tcp`"));
        }
        let portal = self.need("portal")?;
        let host = match portal.rsplit_once(':') {
            Some((host, number)) if !number.contains(']') => tcp(host, Some(port(number)?)),
            _ => tcp(portal, None),
        };
        let unit = self.word("lun").unwrap_or_else(|| "0".to_owned());
        let name = Some(format!("{}/{unit}", self.need("target")?));
        if self.get("user").is_some() || self.get("password").is_some() {
            return Ok(Reference::Opaque);
        }
        Ok(network(NetSource {
            protocol: Some(Protocol::Iscsi),
            name,
            hosts: vec![host],
            ..NetSource::default()
        }))
    }

    fn ssh(self) -> Found {
        let host = self.object("server").unwrap_or(self).inet()?;
        let user = self.get("user").map(str::to_owned);
        Ok(network(NetSource {
            protocol: Some(Protocol::Ssh),
            name: Some(self.owned("path")?),
            hosts: vec![host],
            ssh: user.map(|user| SshIdentity { username: Some(user), ..SshIdentity::default() }),
            ..NetSource::default()
        }))
    }

    fn gluster(self) -> Found {
        if let Some(text) = self.get("filename") {
            return self.uri(text, Protocol::Gluster);
        }
        let name = Some(format!("{}/{}", self.need("volume")?, self.need("path")?));
        let hosts: Vec<_> = self.list("server").into_iter().map(Self::server).collect::<Result<_, _>>()?;
        if hosts.is_empty() {
            return Err(self.wrong("lacks a `server`"));
        }
        Ok(network(NetSource { protocol: Some(Protocol::Gluster), name, hosts, ..NetSource::default() }))
    }

    /// A protocol with a name and a server.
    fn simple(self, protocol: Protocol, name: &str) -> Found {
        if let Some(text) = self.get("filename").filter(|_| protocol == Protocol::Sheepdog) {
            return self.uri(text, protocol);
        }
        let server = self.need_server()?;
        let host = if protocol == Protocol::Sheepdog { server.server()? } else { server.inet()? };
        let name = Some(self.owned(name)?);
        Ok(network(NetSource { protocol: Some(protocol), name, hosts: vec![host], ..NetSource::default() }))
    }

    fn nfs(self) -> Found {
        let host = self.need_server()?.inet()?;
        let id = |key| match self.number(key)? {
            Some(number) => Ok(Some(format!("+{number}"))),
            None => Err(self.wrong(&format!("lacks `{key}`"))),
        };
        Ok(network(NetSource {
            protocol: Some(Protocol::Nfs),
            nfs_user: id("user")?,
            nfs_group: id("group")?,
            name: Some(self.owned("path")?),
            hosts: vec![host],
            ..NetSource::default()
        }))
    }

    fn nvme(self) -> Found {
        let address = self.get("device").and_then(pci_address);
        let namespace = self.number("namespace")?.filter(|number| *number > 0);
        let (Some(address), Some(namespace)) = (address, namespace) else {
            return Err(self.wrong("needs a PCI address as `device` and a number as `namespace`"));
        };
        Ok(local(Location::Nvme(NvmeSource { managed: None, namespace, address })))
    }
}

fn source(found: &mut Reference) -> Option<&mut NetSource> {
    let Reference::Image(image) = found else { return None };
    let Image { location: Location::Network(net), .. } = &mut **image else { return None };
    Some(net)
}

/// `DOMAIN:BUS:SLOT.FUNCTION`, hexadecimal.
fn pci_address(text: &str) -> Option<PciAddress> {
    let hex = |text: &str| u32::from_str_radix(text, 16).ok();
    let (rest, function) = text.split_once('.')?;
    let mut parts = rest.split(':');
    let (domain, bus, slot) = (hex(parts.next()?)?, hex(parts.next()?)?, hex(parts.next()?)?);
    if parts.next().is_some() {
        return None;
    }
    Some(PciAddress { domain, bus, slot, function: hex(function)?, ..PciAddress::default() })
}
