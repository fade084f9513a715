//! `<source protocol=>`: an image that QEMU accesses over a network protocol.

use super::{Reconnect, required_text};
use crate::read::{El, Element, Reader, UNSUPPORTED_BEFORE_9_0, all, write_all};
use crate::write::{Tag, Writer};
use crate::{Class, Pos, YesNo};

crate::rules! {
    /// A `<host>` has a `socket` if and only if its transport is `unix`.
    STORAGE_HOST_SOCKET = "storage-host-socket": Xml, Read, "`<source><host transport= socket=>`",
        help "add `socket=` with `transport='unix'`, or use `name=` and `port=`";
    /// A `<cookie>` has a value.
    STORAGE_COOKIE_VALUE = "storage-cookie-value": Xml, Read,
        "`<cookies><cookie name=>`: sent with HTTP requests as `name=value`",
        help "write the value into the element, or remove the `<cookie>`";
    /// The `<identity>` of an SSH source has a `keyfile` or an `agentsock`.
    STORAGE_SSH_IDENTITY = "storage-ssh-identity": Xml, Read,
        "`<source protocol='ssh'><identity>`: how the user is authenticated",
        help "add `keyfile=` or `agentsock=`";
    /// A network source has a `name`, unless its protocol is `nbd`.
    STORAGE_SOURCE_NAME = "storage-source-name": Xml, Read,
        "`<source protocol= name=>`: what the protocol calls the image",
        help "add `name=`";
    /// The `name` of a Gluster or RBD source has a `/` after its first part.
    STORAGE_SOURCE_SPLIT = "storage-source-split": Xml, Read,
        "`<source protocol='gluster' name='volume/path'>`, `<source protocol='rbd' name='pool/image'>`",
        help "write the volume or pool before the image, such as `pool/image`";
}

spelled! {
    /// `protocol=` of `<source>`.
    pub enum Protocol {
        /// Network block device.
        Nbd = "nbd",
        /// Ceph RADOS block device.
        Rbd = "rbd",
        /// Sheepdog.
        Sheepdog = "sheepdog",
        /// GlusterFS.
        Gluster = "gluster",
        /// iSCSI.
        Iscsi = "iscsi",
        /// HTTP.
        Http = "http",
        /// HTTP over TLS.
        Https = "https",
        /// FTP.
        Ftp = "ftp",
        /// FTP over TLS.
        Ftps = "ftps",
        /// TFTP.
        Tftp = "tftp",
        /// SSH.
        Ssh = "ssh",
        /// Veritas HyperScale.
        Vxhs = "vxhs",
        /// NFS.
        Nfs = "nfs",
    }
}

spelled! {
    /// `transport=` of `<host>`.
    pub enum Transport {
        /// TCP.
        Tcp = "tcp",
        /// A UNIX socket.
        Unix = "unix",
        /// RDMA.
        Rdma = "rdma",
    }
}

/// `<host>`: a server of the image.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NetHost {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `transport=`
    pub transport: Option<Transport>,
    /// `name=`
    pub name: Option<String>,
    /// `port=`
    pub port: Option<u32>,
    /// `socket=`: the path of the UNIX socket.
    pub socket: Option<String>,
}

impl NetHost {
    /// The transport; without `transport=`, TCP.
    pub fn transport(&self) -> Transport {
        self.transport.unwrap_or(Transport::Tcp)
    }
}

impl Element for NetHost {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let transport: Option<Transport> = r.attr_as(Class::Unsupported, el, "transport");
        let mut host = Self { pos: el.pos(), transport, socket: el.string("socket"), ..Self::default() };
        if host.transport() == Transport::Unix {
            if host.socket.is_none() {
                let message = "`<host>` with transport `unix` has no `socket=`";
                r.refuse(&STORAGE_HOST_SOCKET, el.pos(), message);
            }
            return Some(host);
        }
        if host.socket.is_some() {
            let message = format!("transport `{}` of `<host>` has no `socket`", host.transport());
            r.refuse(&STORAGE_HOST_SOCKET, el.pos().attr("socket"), message);
        }
        host.name = r.required(el, "name");
        host.port = r.attr_as::<u16>(Class::InvalidArgument, el, "port").map(u32::from);
        Some(host)
    }

    fn write(&self, w: &mut Writer) {
        w.element("host")
            .opt("name", self.name.as_ref())
            .opt("port", self.port)
            .opt("transport", self.transport.filter(|t| *t != Transport::Tcp))
            .opt("socket", self.socket.as_ref())
            .empty();
    }
}

/// `<cookie>`: an HTTP cookie.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cookie {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `name=`
    pub name: String,
    /// The text: the value.
    pub value: String,
}

impl Element for Cookie {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let name = required_text(el, "name", r)?;
        let value = el.text();
        if value.is_empty() {
            let message = format!("`<cookie>` with the name `{name}` has no value");
            r.refuse(&STORAGE_COOKIE_VALUE, el.pos(), message);
        }
        Some(Self { pos: el.pos(), name, value })
    }

    fn write(&self, w: &mut Writer) {
        w.element("cookie").attr("name", &self.name).text(&self.value);
    }
}

/// `<identity>` of an SSH source.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SshIdentity {
    /// `username=`
    pub username: Option<String>,
    /// `keyfile=`: the path of the private key.
    pub keyfile: Option<String>,
    /// `agentsock=`: the path of the socket of an SSH agent.
    pub agentsock: Option<String>,
}

impl SshIdentity {
    fn read(el: El<'_>, r: &mut Reader) -> Self {
        let ssh = Self {
            username: required_text(el, "username", r),
            keyfile: el.string("keyfile"),
            agentsock: el.string("agentsock"),
        };
        if ssh.keyfile.is_none() && ssh.agentsock.is_none() {
            let message = "`<identity>` has neither a `keyfile` nor an `agentsock`";
            r.refuse(&STORAGE_SSH_IDENTITY, el.pos(), message);
        }
        ssh
    }
}

/// The source of an image that QEMU accesses over a network protocol.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NetSource {
    /// `protocol=`
    pub protocol: Option<Protocol>,
    /// `name=`: the name of the image in the protocol.
    pub name: Option<String>,
    /// `query=`: the query of an HTTP URL.
    pub query: Option<String>,
    /// `tls=`: whether the connection is encrypted.
    pub tls: Option<YesNo>,
    /// `tlsHostname=`: the name that the server's certificate must have.
    pub tls_hostname: Option<String>,
    /// `<host>`: the servers.
    pub hosts: Vec<NetHost>,
    /// `<snapshot name=>` (rbd).
    pub snapshot: Option<String>,
    /// `<config file=>` (rbd).
    pub config_file: Option<String>,
    /// `<initiator><iqn name=>` (iscsi).
    pub initiator: Option<String>,
    /// `<ssl verify=>`: whether the certificate is verified (https, ftps).
    pub ssl_verify: Option<YesNo>,
    /// `<cookies>` (http, https).
    pub cookies: Vec<Cookie>,
    /// `<readahead size=>`, in bytes (http, https, ftp, ftps); 0 is read as absent.
    pub readahead: Option<u64>,
    /// `<timeout seconds=>` (http, https, ftp, ftps); 0 is read as absent.
    pub timeout: Option<u64>,
    /// `<reconnect>` (nbd).
    pub reconnect: Option<Reconnect>,
    /// `<identity user=>` (nfs).
    pub nfs_user: Option<String>,
    /// `<identity group=>` (nfs).
    pub nfs_group: Option<String>,
    /// `<knownHosts path=>` (ssh).
    pub known_hosts: Option<String>,
    /// `<identity>` (ssh).
    pub ssh: Option<SshIdentity>,
}

/// The version of libvirt since which the name of an RBD image can have a namespace.
const RBD_NAMESPACES: &str = "11.6";

/// Whether no part of the name of an RBD image is empty: pool, namespace where there is one, and image. Before there were
/// namespaces, what follows the pool is the image, whatever it is.
fn is_rbd(name: &str, r: &Reader) -> bool {
    let Some((_, rest)) = name.split_once('/').filter(|_| r.knows(RBD_NAMESPACES)) else { return true };
    match rest.split_once('/') {
        Some((namespace, image)) => !namespace.is_empty() && !image.is_empty(),
        None => !rest.is_empty(),
    }
}

impl NetSource {
    pub(crate) fn read(el: El<'_>, r: &mut Reader) -> Self {
        let protocol: Option<Protocol> = r.required_as(Class::Xml, UNSUPPORTED_BEFORE_9_0, el, "protocol");
        let mut net = Self {
            protocol,
            name: el.string("name"),
            tls: r.attr(el, "tls"),
            tls_hostname: r.string_since("8.2", el, "tlsHostname"),
            ..Self::default()
        };
        if matches!(protocol, Some(Protocol::Http | Protocol::Https)) {
            net.query = el.string("query");
        }
        if net.name.is_none() && !matches!(protocol, None | Some(Protocol::Nbd)) {
            let message = "`<source>` with a network protocol has no `name=`";
            r.refuse(&STORAGE_SOURCE_NAME, el.pos(), message);
        }
        if let (Some(Protocol::Gluster | Protocol::Rbd), Some(name)) = (protocol, &net.name)
            && !(name.find('/').is_some_and(|at| at > 0)
                && (protocol == Some(Protocol::Gluster) || is_rbd(name, r)))
        {
            let parts = if r.knows(RBD_NAMESPACES) && protocol == Some(Protocol::Rbd) {
                "is not `pool/image` or `pool/namespace/image`"
            } else {
                "has no `/` between pool and image"
            };
            let message = format!("the name `{name}` of `<source>` {parts}");
            r.refuse(&STORAGE_SOURCE_SPLIT, el.pos().attr("name"), message);
        }
        // libvirt reads an empty name as absent.
        net.name = net.name.filter(|name| !name.is_empty());
        net.snapshot = el.child("snapshot").and_then(|s| s.string("name")).filter(|name| !name.is_empty());
        net.config_file = el.child("config").and_then(|c| c.string("file")).filter(|file| !file.is_empty());
        if protocol == Some(Protocol::Nbd) {
            net.reconnect = r.child_since("9.2", el, "reconnect").and_then(|c| Reconnect::read(c, r));
        }
        net.hosts = all(el, "host", r);
        let iqn = el.child("initiator").and_then(|i| i.child("iqn")).and_then(|i| i.string("name"));
        net.initiator = iqn.filter(|name| !name.is_empty());
        net.read_http(el, r);
        net.read_identity(el, r);
        net
    }

    /// Reads the children for HTTP and FTP; libvirt ignores them for other protocols.
    fn read_http(&mut self, el: El<'_>, r: &mut Reader) {
        let (http, ftp, tls) = match self.protocol {
            Some(Protocol::Http) => (true, false, false),
            Some(Protocol::Https) => (true, false, true),
            Some(Protocol::Ftp) => (false, true, false),
            Some(Protocol::Ftps) => (false, true, true),
            _ => return,
        };
        if tls {
            self.ssl_verify = el.child("ssl").and_then(|s| r.attr(s, "verify"));
        }
        if http {
            self.cookies = el.child("cookies").map(|c| all(c, "cookie", r)).unwrap_or_default();
        }
        if http || ftp {
            let mut number = |child, name| el.child(child).and_then(|c| r.attr(c, name)).filter(|n| *n > 0);
            self.readahead = number("readahead", "size");
            self.timeout = number("timeout", "seconds");
        }
    }

    fn read_identity(&mut self, el: El<'_>, r: &mut Reader) {
        let identity = el.child("identity");
        match self.protocol {
            Some(Protocol::Nfs) => {
                self.nfs_user = identity.and_then(|i| i.string("user"));
                self.nfs_group = identity.and_then(|i| i.string("group"));
            }
            Some(Protocol::Ssh) => {
                self.known_hosts =
                    r.child_since("9.8", el, "knownHosts").and_then(|k| required_text(k, "path", r));
                self.ssh = identity.filter(|_| r.knows("9.8")).map(|i| SshIdentity::read(i, r));
            }
            _ => {}
        }
    }

    pub(super) fn write_attributes<'w>(&self, tag: Tag<'w>) -> Tag<'w> {
        tag.opt("protocol", self.protocol)
            .opt("name", self.name.as_ref())
            .opt("query", self.query.as_ref())
            .opt("tls", self.tls)
            .opt("tlsHostname", self.tls_hostname.as_ref())
    }

    pub(super) fn write_children(&self, w: &mut Writer) {
        write_all(&self.hosts, w);
        write_with_attr(w, "snapshot", "name", self.snapshot.as_ref());
        write_with_attr(w, "config", "file", self.config_file.as_ref());
        if let Some(iqn) = &self.initiator {
            w.element("initiator").children(|w| w.element("iqn").attr("name", iqn).empty());
        }
        write_with_attr(w, "ssl", "verify", self.ssl_verify);
        if !self.cookies.is_empty() {
            w.element("cookies").children(|w| write_all(&self.cookies, w));
        }
        write_with_attr(w, "readahead", "size", self.readahead);
        write_with_attr(w, "timeout", "seconds", self.timeout);
        if let Some(reconnect) = &self.reconnect {
            reconnect.write(w);
        }
        if self.nfs_user.is_some() || self.nfs_group.is_some() {
            w.element("identity")
                .opt("user", self.nfs_user.as_ref())
                .opt("group", self.nfs_group.as_ref())
                .empty();
        }
        write_with_attr(w, "knownHosts", "path", self.known_hosts.as_ref());
        if let Some(ssh) = &self.ssh {
            w.element("identity")
                .opt("username", ssh.username.as_ref())
                .opt("keyfile", ssh.keyfile.as_ref())
                .opt("agentsock", ssh.agentsock.as_ref())
                .empty();
        }
    }
}

/// Writes `<name attr='value'/>` where there is a value.
fn write_with_attr(w: &mut Writer, name: &str, attr: &str, value: Option<impl std::fmt::Display>) {
    if let Some(value) = value {
        w.element(name).attr(attr, value).empty();
    }
}
