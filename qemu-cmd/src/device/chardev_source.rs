//! The host's end of a character device: `-chardev`, and what it needs before it (descriptors, TLS credentials).

use virtargv_caps::{Cap, Convention};
use virtargv_host::Descriptor;
use virtargv_model::device::chardev_source::{
    Backend, ChardevSource, MouseMode, Protocol, Reconnect, Tcp, Udp, Unix,
};
use virtargv_model::{Kind, OnOff, Problem, YesNo};

use crate::emit::{Done, Emit, problem};
use crate::needs::{Process, Role};
use crate::{Props, Value, tls};

/// A character device's host end that is to be emitted.
#[derive(Debug)]
pub(crate) struct HostEnd<'a> {
    source: &'a ChardevSource,
    /// The alias of the device it belongs to.
    alias: &'a str,
    /// The id of the character device.
    id: String,
    /// Which channel of spice it is, for `spicevmc`.
    spice_channel: &'static str,
    /// QEMU is to wait for the other side before it starts.
    waits: bool,
    /// Who listens at a socket that QEMU connects to.
    peer: Process,
}

impl<'a> HostEnd<'a> {
    /// The host's end of device `alias`.
    pub fn new(source: &'a ChardevSource, alias: &'a str) -> Self {
        Self { source, alias, id: id(alias), spice_channel: "vdagent", waits: false, peer: Process::Peer }
    }

    /// Gives the character device another id than the usual one.
    pub fn with_id(mut self, id: String) -> Self {
        self.id = id;
        self
    }

    /// Names the channel of spice that a `spicevmc` end is.
    pub fn spice_channel(mut self, name: &'static str) -> Self {
        self.spice_channel = name;
        self
    }

    /// Makes QEMU open a listening socket itself and wait for the other side (vhost-user).
    pub fn waiting(mut self) -> Self {
        self.waits = true;
        self
    }

    /// Tells who listens at a socket that QEMU connects to.
    pub fn with_peer(mut self, peer: Process) -> Self {
        self.peer = peer;
        self
    }

    /// Emits it.
    pub fn emit(&self, e: &mut Emit<'_>) -> Done {
        let mut backend = self.backend(e)?;
        self.log(e, &mut backend)?;
        let text =
            if e.has(Cap::ChardevJson) { backend.into_json(&self.id) } else { backend.into_kv(&self.id) };
        e.line.option("-chardev", text);
        Ok(())
    }

    fn backend(&self, e: &mut Emit<'_>) -> Result<Printed, Problem> {
        Ok(match &self.source.backend {
            Backend::Null => Printed::new("null"),
            Backend::Vc => Printed::new("vc"),
            Backend::Pty { .. } => Printed::new("pty"),
            Backend::Stdio => Printed::new("stdio"),
            Backend::Dev { path } => {
                e.need_path(path.as_deref().unwrap_or(""), Role::Device);
                let parallel = self.alias.starts_with("parallel");
                let name = match (e.release().has(Convention::ChardevSerial), parallel) {
                    (true, true) => "parallel",
                    (true, false) => "serial",
                    (false, true) => "parport",
                    (false, false) => "tty",
                };
                Printed::new(name).both("path", "device", path.as_deref().unwrap_or(""))
            }
            Backend::Pipe { path } => {
                e.need_path(path.as_deref().unwrap_or(""), Role::Device);
                Printed::new("pipe").both("path", "device", path.as_deref().unwrap_or(""))
            }
            Backend::File { path, append } => {
                let (path, append) =
                    self.written_file(e, path.as_deref().unwrap_or(""), *append, WrittenFile::Source)?;
                Printed::new("file").both("path", "out", path).both_opt("append", append.map(OnOff::is_on))
            }
            Backend::Udp(udp) => udp_backend(udp),
            Backend::Tcp(tcp) => self.tcp_backend(e, tcp)?,
            Backend::Unix(unix) => self.unix_backend(e, unix)?,
            Backend::SpiceVmc => Printed::new("spicevmc").both("name", "type", self.spice_channel),
            Backend::SpicePort { channel } => {
                Printed::new("spiceport").both("name", "fqdn", channel.as_deref().unwrap_or(""))
            }
            Backend::Dbus { channel } => {
                Printed::new("dbus").both("name", "name", channel.as_deref().unwrap_or(""))
            }
            Backend::QemuVdagent { mouse, copypaste } => {
                let clipboard = copypaste.map(YesNo::is_yes);
                let mouse = mouse.map(|m| m == MouseMode::Client);
                let mut printed = Printed::new("qemu-vdagent");
                printed.kv.set("name", "vdagent");
                printed.both_opt("clipboard", clipboard).both_opt("mouse", mouse)
            }
            Backend::Nmdm { .. } => {
                let message = format!("QEMU has no character device of type '{}'", self.source.kind());
                return Err(problem(Kind::Unsupported, "chardev-backend", self.source.pos, message));
            }
        })
    }

    fn tcp_backend(&self, e: &mut Emit<'_>, tcp: &Tcp) -> Result<Printed, Problem> {
        let (host, port) = (tcp.host.as_deref().unwrap_or(""), tcp.service.as_deref().unwrap_or(""));
        let mut printed = Printed::new("socket");
        printed.kv.set("host", host).set("port", port);
        printed.json.set("addr", inet(host, port));
        let telnet = tcp.protocol == Some(Protocol::Telnet);
        if telnet {
            switch(e, &mut printed.kv, "telnet");
        }
        printed.json.set("telnet", telnet);
        self.listen(e, &mut printed, tcp.listens());
        reconnect(e, &mut printed, tcp.reconnect.as_ref());
        // What the document leaves open is the host's policy.
        let wants_tls = tcp.tls.map_or(e.host.config().chardev_tls, YesNo::is_yes);
        if wants_tls {
            let credentials = tls::chardev(e, &self.id, tcp.listens(), self.source.pos)?;
            printed = printed.both("tls-creds", "tls-creds", credentials);
        }
        Ok(printed)
    }

    fn unix_backend(&self, e: &mut Emit<'_>, unix: &Unix) -> Result<Printed, Problem> {
        let path = unix.path.as_deref().unwrap_or("");
        let mut printed = Printed::new("socket");
        let passed = e.has(Cap::ChardevFdPassCommandline) && !e.is_standalone();
        if unix.listens() && !self.waits && passed {
            let fd = self.descriptor(e, &Descriptor::UnixListen { path })?;
            printed.kv.set("fd", fd);
            printed.json.set("addr", address("fd", Props::object().with("str", fd.to_string())));
        } else {
            if unix.listens() {
                e.need_path(path, Role::Output);
            } else {
                e.need_listener(path, self.peer);
            }
            printed.kv.set("path", path);
            printed.json.set("addr", address("unix", Props::object().with("path", path)));
        }
        self.listen(e, &mut printed, unix.listens());
        reconnect(e, &mut printed, unix.reconnect.as_ref());
        Ok(printed)
    }

    fn listen(&self, e: &Emit<'_>, printed: &mut Printed, listens: bool) {
        printed.json.set("server", listens);
        if !listens {
            return;
        }
        switch(e, &mut printed.kv, "server");
        if !self.waits {
            if e.release().has(Convention::ServerOnWaitOff) {
                printed.kv.set("wait", false);
            } else {
                printed.kv.set("nowait", Value::Bare);
            }
            printed.json.set("wait", false);
        }
    }

    /// Adds the log file.
    fn log(&self, e: &mut Emit<'_>, printed: &mut Printed) -> Done {
        let Some(log) = &self.source.log else { return Ok(()) };
        let Some(file) = log.file.as_deref() else { return Ok(()) };
        let (path, append) = self.written_file(e, file, log.append, WrittenFile::Log)?;
        let append = append.map(OnOff::is_on);
        for props in [&mut printed.kv, &mut printed.json] {
            props.set("logfile", path.as_str()).set_opt("logappend", append);
        }
        Ok(())
    }

    /// The path under which QEMU is to write a file, and whether it appends: where the log daemon opens the files,
    /// QEMU is handed a descriptor that appends anyway.
    fn written_file(
        &self,
        e: &mut Emit<'_>,
        path: &str,
        append: Option<OnOff>,
        what: WrittenFile,
    ) -> Result<(String, Option<OnOff>), Problem> {
        if !e.release().has(Convention::ChardevFileFdset) || e.is_standalone() {
            e.need_path(path, Role::Output);
            return Ok((path.to_owned(), append));
        }
        let wanted = match what {
            WrittenFile::Source => Descriptor::ChardevFile { path },
            WrittenFile::Log => Descriptor::ChardevLog { path },
        };
        let fd = self.descriptor(e, &wanted)?;
        Ok((add_fd(e, fd, Some(&format!("{}-{}", self.alias, what.suffix()))), Some(OnOff::On)))
    }

    fn descriptor(&self, e: &Emit<'_>, wanted: &Descriptor<&str>) -> Result<u32, Problem> {
        e.descriptor(wanted).map_err(|error| {
            let message = format!("no descriptor for the character device of '{}': {error}", self.alias);
            problem(Kind::Internal, "chardev-descriptor", self.source.pos, message)
        })
    }
}

/// A file that QEMU writes for a character device.
#[derive(Debug, Clone, Copy)]
enum WrittenFile {
    Source,
    Log,
}

impl WrittenFile {
    fn suffix(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Log => "log",
        }
    }
}

/// The id of the character device that belongs to device `alias`.
pub(crate) fn id(alias: &str) -> String {
    crate::text::text!("char", alias)
}

/// Emits `-add-fd` for a new set with `fd` alone in it, and gives the path that stands for it.
pub(crate) fn add_fd(e: &mut Emit<'_>, fd: u32, opaque: Option<&str>) -> String {
    let set = e.counters.fdset;
    e.counters.fdset = set.saturating_add(1);
    let option = Props::object().with("set", set).with("fd", fd).opt("opaque", opaque);
    e.line.option("-add-fd", option.to_kv(crate::Style::OnOff));
    format!("/dev/fdset/{set}")
}

/// A backend as both forms of `-chardev` want it.
struct Printed {
    name: &'static str,
    kv: Props,
    json: Props,
}

impl Printed {
    fn new(name: &'static str) -> Self {
        Self { name, kv: Props::object(), json: Props::object() }
    }

    /// Adds a property that the two forms name differently.
    fn both(mut self, kv: &'static str, json: &'static str, value: impl Into<Value>) -> Self {
        let value = value.into();
        self.kv.set(kv, value.clone());
        self.json.set(json, value);
        self
    }

    fn both_opt(mut self, key: &'static str, value: Option<bool>) -> Self {
        self.kv.set_opt(key, value);
        self.json.set_opt(key, value);
        self
    }

    fn into_kv(self, id: &str) -> String {
        let mut props = Props::new("backend", self.name).with("id", id);
        props.extend(self.kv);
        props.to_kv(crate::Style::OnOff)
    }

    fn into_json(self, id: &str) -> String {
        let backend = Props::object().with("type", self.name).with("data", self.json);
        Props::object().with("id", id).with("backend", backend).to_json()
    }
}

/// A switch that is on.
fn switch(e: &Emit<'_>, props: &mut Props, key: &'static str) {
    if e.release().has(Convention::ExplicitOn) {
        props.set(key, true);
    } else {
        props.set(key, Value::Bare);
    }
}

fn reconnect(e: &Emit<'_>, printed: &mut Printed, reconnect: Option<&Reconnect>) {
    let seconds = match reconnect {
        Some(Reconnect { enabled: Some(YesNo::Yes), timeout, .. }) => timeout.unwrap_or_default(),
        Some(Reconnect { enabled: Some(YesNo::No), .. }) => 0,
        _ => return,
    };
    for props in [&mut printed.kv, &mut printed.json] {
        if e.has(Cap::ChardevReconnectMiliseconds) {
            props.set("reconnect-ms", u64::from(seconds).saturating_mul(1000));
        } else {
            props.set("reconnect", seconds);
        }
    }
}

fn address(kind: &'static str, data: Props) -> Props {
    Props::object().with("type", kind).with("data", data)
}

fn inet(host: &str, port: &str) -> Props {
    address("inet", Props::object().with("host", host).with("port", port))
}

fn udp_backend(udp: &Udp) -> Printed {
    let text = |t: &Option<String>, default: &str| t.as_deref().unwrap_or(default).to_owned();
    let (host, port) = (text(&udp.connect_host, ""), text(&udp.connect_service, ""));
    let (local_host, local_port) = (text(&udp.bind_host, ""), text(&udp.bind_service, "0"));
    let mut printed = Printed::new("udp");
    printed.json.set("remote", inet(&host, &port));
    if udp.bind_host.is_some() || udp.bind_service.is_some() {
        printed.json.set("local", inet(&local_host, &local_port));
    }
    printed.kv.set("host", host).set("port", port).set("localaddr", local_host).set("localport", local_port);
    printed
}
