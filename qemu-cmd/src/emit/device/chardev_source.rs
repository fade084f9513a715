//! The backend of a character device: `-chardev`, after its descriptors (`-add-fd`) and TLS credentials.

use virtargv_caps::{Cap, Convention};

use crate::emit::context::Emit;
use crate::emit::tls;
use crate::needs::Role;
use crate::prepare::descriptor::FdSet;
use crate::prepare::device::chardev_source::{
    CharBackend, CharBackendKind, Inet, Stream, UnixSocket, Written,
};
use crate::text::{Text, text};
use crate::{Form, Props, Style, Value};

/// A backend that is emitted.
#[derive(Debug, Clone)]
pub(crate) struct Chardev<'a> {
    backend: &'a CharBackend,
    /// The id of the character device.
    id: Text,
    /// The SPICE channel of a backend of type `spicevmc`.
    spice_channel: &'static str,
    /// Whether the device is a parallel port.
    parallel: bool,
}

impl<'a> Chardev<'a> {
    /// The backend of device `alias`.
    pub fn new(backend: &'a CharBackend, alias: &str) -> Self {
        Self { backend, id: id(alias), spice_channel: "vdagent", parallel: false }
    }

    /// Sets another id than `char` and the alias.
    pub fn with_id(self, id: impl Into<Text>) -> Self {
        Self { id: id.into(), ..self }
    }

    /// Sets the SPICE channel of a backend of type `spicevmc`.
    pub fn spice_channel(self, name: &'static str) -> Self {
        Self { spice_channel: name, ..self }
    }

    /// Sets that the device is a parallel port.
    pub fn parallel(self) -> Self {
        Self { parallel: true, ..self }
    }

    /// Emits `-chardev`. Returns its id.
    pub fn emit(self, e: &mut Emit<'_>) -> Text {
        let mut list = self.backend(e);
        if let Some(log) = &self.backend.log {
            let (path, append) = written(e, log);
            list.props.set("logfile", path).set_opt("logappend", append);
        }
        let (props, form) = list.finish(&self.id);
        e.props("-chardev", props, form);
        self.id
    }

    fn backend(&self, e: &mut Emit<'_>) -> List {
        let list = |name| List::new(e.has(Cap::ChardevJson), name, &self.id);
        match &self.backend.kind {
            CharBackendKind::Null => list("null"),
            CharBackendKind::Vc => list("vc"),
            CharBackendKind::Pty => list("pty"),
            CharBackendKind::Stdio => list("stdio"),
            CharBackendKind::Device(path) => {
                e.need_path(path, Role::Device);
                let name = match (e.release().has(Convention::ChardevSerial), self.parallel) {
                    (true, true) => "parallel",
                    (true, false) => "serial",
                    (false, true) => "parport",
                    (false, false) => "tty",
                };
                list(name).both("path", "device", path.clone())
            }
            CharBackendKind::Pipe(path) => {
                e.need_path(path, Role::Device);
                list("pipe").both("path", "device", path.clone())
            }
            CharBackendKind::File(file) => {
                let list = list("file");
                let (path, append) = written(e, file);
                let mut list = list.both("path", "out", path);
                list.props.set_opt("append", append);
                list
            }
            CharBackendKind::Udp { remote, local } => udp(list("udp"), remote, local.as_ref()),
            CharBackendKind::Tcp { at, telnet, stream, tls } => {
                let mut list = list("socket");
                list.inet_address(at);
                if list.json {
                    list.props.set("telnet", *telnet);
                } else if *telnet {
                    list.switch(e, "telnet");
                }
                list.stream(e, *stream);
                if let Some(credentials) = tls {
                    tls::emit(e, credentials);
                    list.props.set("tls-creds", credentials.id.clone());
                }
                list
            }
            CharBackendKind::Unix { socket, stream } => unix(e, list("socket"), socket, *stream),
            CharBackendKind::SpiceVmc => list("spicevmc").both("name", "type", self.spice_channel),
            CharBackendKind::SpicePort(name) => list("spiceport").both("name", "fqdn", name.clone()),
            CharBackendKind::Dbus(name) => list("dbus").both("name", "name", name.clone()),
            CharBackendKind::QemuVdagent { clipboard, mouse } => {
                let mut list = list("qemu-vdagent");
                if !list.json {
                    list.props.set("name", "vdagent");
                }
                list.props.set_opt("clipboard", *clipboard).set_opt("mouse", *mouse);
                list
            }
        }
    }
}

fn unix(e: &mut Emit<'_>, mut list: List, socket: &UnixSocket, stream: Stream) -> List {
    match socket {
        UnixSocket::Passed(passed) => {
            let fd = e.pass(passed);
            list.address("fd", "fd", "str", fd);
        }
        UnixSocket::Path { path, peer, helper } => {
            if stream.listens {
                e.need_path(path, Role::Output);
            } else {
                e.need_helper(path, *peer, helper.as_deref());
            }
            list.address("unix", "path", "path", path.clone());
        }
    }
    list.stream(e, stream);
    list
}

fn udp(mut list: List, remote: &Inet, local: Option<&Inet>) -> List {
    let empty = || (Text::from(""), Text::from("0"));
    if list.json {
        list.props.set("remote", inet(remote)).set_opt("local", local.map(inet));
    } else {
        let (host, port) = local.map_or_else(empty, |local| (local.host.clone(), local.port.clone()));
        list.props.set("host", remote.host.clone()).set("port", remote.port.clone());
        list.props.set("localaddr", host).set("localport", port);
    }
    list
}

/// The path of a file that QEMU writes, and whether it appends.
fn written(e: &mut Emit<'_>, file: &Written) -> (Text, Option<bool>) {
    match file {
        Written::Path { path, append } => {
            e.need_path(path, Role::Output);
            (path.clone(), *append)
        }
        Written::Passed { set, opaque } => {
            add_fd(e, set, Some(opaque.clone()));
            (set.path(), Some(true))
        }
    }
}

/// The id of the backend of device `alias`.
pub(crate) fn id(alias: &str) -> Text {
    text!("char", alias)
}

/// Emits `-add-fd` for a descriptor set; `opaque` is a comment on its descriptor.
pub(crate) fn add_fd(e: &mut Emit<'_>, set: &FdSet, opaque: Option<Text>) {
    let fd = e.pass(&set.passed);
    e.pairs("-add-fd", Props::object().with("set", set.number).with("fd", fd).opt("opaque", opaque));
}

/// The properties of a backend so far, in the form of `-chardev` that this QEMU reads.
struct List {
    /// Whether the form is JSON; otherwise it is `key=value`.
    json: bool,
    name: &'static str,
    props: Props,
}

impl List {
    fn new(json: bool, name: &'static str, id: &Text) -> Self {
        let props = if json { Props::object() } else { Props::new("backend", name).with("id", id.clone()) };
        Self { json, name, props }
    }

    /// Adds a property that the two forms name differently.
    fn both(mut self, kv: &'static str, json: &'static str, value: impl Into<Value>) -> Self {
        self.props.set(if self.json { json } else { kv }, value);
        self
    }

    /// Adds the address of a socket with one property: in JSON as `member` of an address of type `kind`.
    fn address(
        &mut self,
        kind: &'static str,
        key: &'static str,
        member: &'static str,
        value: impl Into<Value>,
    ) {
        let value = value.into();
        if self.json {
            // In JSON a descriptor is a string.
            let value = if let Value::Uint(number) = value { text!(number).into() } else { value };
            self.props.set("addr", address(kind, Props::object().with(member, value)));
        } else {
            self.props.set(key, value);
        }
    }

    fn inet_address(&mut self, at: &Inet) {
        if self.json {
            self.props.set("addr", inet(at));
        } else {
            self.props.set("host", at.host.clone()).set("port", at.port.clone());
        }
    }

    fn stream(&mut self, e: &Emit<'_>, stream: Stream) {
        if self.json {
            self.props.set("server", stream.listens);
        } else if stream.listens {
            self.switch(e, "server");
        }
        if stream.listens && !stream.waits {
            if self.json || e.release().has(Convention::ServerOnWaitOff) {
                self.props.set("wait", false);
            } else {
                self.props.set("nowait", Value::Bare);
            }
        }
        add_reconnect(e, &mut self.props, stream.reconnect);
    }

    /// Adds a boolean property that is on, in the `key=value` form.
    fn switch(&mut self, e: &Emit<'_>, key: &'static str) {
        let explicit = e.release().has(Convention::ExplicitOn);
        self.props.set(key, if explicit { true.into() } else { Value::Bare });
    }

    fn finish(self, id: &Text) -> (Props, Form) {
        if !self.json {
            return (self.props, Form::Implied(Style::OnOff));
        }
        let backend = Props::object().with("type", self.name).with("data", self.props);
        (Props::object().with("id", id.clone()).with("backend", backend), Form::Json)
    }
}

/// Adds `reconnect=` (seconds) or `reconnect-ms=`, whichever this QEMU has.
pub(crate) fn add_reconnect(e: &Emit<'_>, props: &mut Props, seconds: Option<u32>) {
    let Some(seconds) = seconds else { return };
    if e.has(Cap::ChardevReconnectMiliseconds) {
        props.set("reconnect-ms", u64::from(seconds).saturating_mul(1000));
    } else {
        props.set("reconnect", seconds);
    }
}

fn address(kind: &'static str, data: Props) -> Props {
    Props::object().with("type", kind).with("data", data)
}

fn inet(at: &Inet) -> Props {
    address("inet", Props::object().with("host", at.host.clone()).with("port", at.port.clone()))
}
