//! The context of emission. It imports no part of the command line, the parts import it.

use std::borrow::Cow;
use std::cell::RefCell;

use virtargv_caps::{Cap, Caps, Release};
use virtargv_host::DriverConfig;
use virtargv_model::device::DeviceId;
use virtargv_model::info::DeviceInfo;
use virtargv_model::{Domain, Pos};
use virtargv_resolve::Guest;

use super::overrides::Overrides;
use crate::argument::{ArgValue, Argument, Element, Origin};
use crate::helper::Helper;
use crate::needs::{Need, Needs, Process, Role};
use crate::prepare::Prepared;
use crate::prepare::address::ZpciNumbers;
use crate::prepare::descriptor::Passed;
use crate::prepare::device::{self, Device};
use crate::{After, CommandLine, Form, HostWork, Lifecycle, Props, Style, Text, Value, Work};

/// The number of arguments from which on properties are kept without room for more: time counts for a small guest, memory
/// for a large one.
const LONG: usize = 256;

/// The context that every part of the command line gets: the prepared domain, and the options so far.
pub(crate) struct Emit<'p> {
    /// The prepared domain.
    pub prepared: &'p Prepared<'p>,
    /// The command line so far.
    line: CommandLine,
    /// The origin of the next argument.
    origin: Origin,
    /// The alias of the device that is emitted, or the id of the object or monitor.
    owner: &'p str,
    /// The zPCI identifiers of the device that is emitted.
    zpci: Option<ZpciNumbers>,
    /// `<qemu:override>`, by device.
    overrides: Overrides<'p>,
    /// What the command line requires on the host so far; `need` adds to it.
    needs: RefCell<Needs>,
    /// The origins of `needs`, where parts of the command line are picked out by their origin.
    origins: Option<RefCell<Vec<Origin>>>,
}

impl<'p> Emit<'p> {
    /// An empty command line for `prepared`.
    pub fn new(prepared: &'p Prepared<'p>) -> Self {
        Self {
            prepared,
            // A small guest has about fifty, and most devices have one to three of their own.
            line: CommandLine {
                env: Vec::with_capacity(8),
                arguments: Vec::with_capacity(40 + prepared.domain.devices.count() * 3),
                ..CommandLine::default()
            },
            origin: Origin::Implied { by: "every guest" },
            owner: "",
            zpci: None,
            overrides: Overrides::of(&prepared.domain.qemu.overrides),
            needs: RefCell::default(),
            origins: None,
        }
    }

    /// As [`Emit::new`], for [`Emit::pick`].
    pub fn picking(prepared: &'p Prepared<'p>) -> Self {
        Self { origins: Some(RefCell::default()), ..Self::new(prepared) }
    }

    /// The command line with what comes from the devices for which `of` is true alone: arguments, commands and needs.
    pub fn pick(self, of: impl Fn(&Origin) -> bool) -> CommandLine {
        let origins = self.origins.map(RefCell::into_inner).unwrap_or_default();
        let mut origins = origins.iter();
        let mut needs = self.needs.into_inner();
        needs.retain(|| origins.next().is_some_and(&of));
        let mut line = CommandLine { needs: needs.into_list(), ..self.line };
        line.arguments.retain(|argument| of(&argument.origin));
        line.after.retain(|after| of(&after.origin));
        line
    }

    /// The command line.
    pub fn finish(self) -> CommandLine {
        let mut line = CommandLine { needs: self.needs.into_inner().into_list(), ..self.line };
        line.host.sort_by_key(|one| one.work);
        line
    }

    /// The domain.
    pub fn domain(&self) -> &'p Domain {
        &self.prepared.domain
    }

    /// Architecture, machine type and accelerator.
    pub fn guest(&self) -> &'p Guest {
        &self.prepared.guest
    }

    /// The capabilities of the QEMU binary.
    pub fn caps(&self) -> &'p Caps {
        &self.prepared.caps
    }

    /// The driver's settings.
    pub fn settings(&self) -> &'p DriverConfig {
        self.prepared.settings
    }

    /// The release whose behaviour is followed.
    pub fn release(&self) -> Release {
        self.prepared.caps.release()
    }

    /// The directory in which QEMU creates the domain's sockets.
    pub fn directory(&self) -> &'p str {
        &self.prepared.directories.domain
    }

    /// Whether the QEMU binary has the capability flag `cap`.
    pub fn has(&self, cap: Cap) -> bool {
        self.prepared.caps.has(cap)
    }
}

/// The origin of the arguments that follow.
impl<'p> Emit<'p> {
    /// The origin of the arguments that follow is this device.
    pub fn at<T: device::Element, F>(&mut self, device: Device<'p, T, F>) {
        self.origin = device_origin(device.id, device.element.info());
        self.owner = device.alias;
        self.zpci = device.address.pci().and_then(|slot| slot.zpci);
    }

    /// The origin is a device that has no alias: `<graphics>` or `<audio>`.
    pub fn at_nameless(&mut self, id: DeviceId, info: &'p DeviceInfo) {
        self.origin = device_origin(id, info);
        self.owner = id.kind.element();
        self.zpci = None;
    }

    /// The origin is the element below `<domain>` with this path.
    pub fn at_element(&mut self, path: &'static str) {
        self.from(Origin::Element(Element::Domain { pos: self.domain().pos, path }));
    }

    /// The origin is one of several elements of the same name, which is at `pos`.
    pub fn at_numbered(&mut self, path: &'static str, index: usize, pos: Pos) {
        self.from(Origin::Element(Element::Numbered { pos, path, index }));
    }

    /// The origin is `<domain>` itself.
    pub fn at_domain(&mut self) {
        self.at_element("");
    }

    /// No element asks for the arguments that follow; `by` is the reason for them.
    pub fn at_implied(&mut self, by: &'static str) {
        self.from(Origin::Implied { by });
    }

    /// The origin is the driver's setting `key`.
    pub fn at_setting(&mut self, key: &'static str) {
        self.from(Origin::Settings { key });
    }

    /// Sets an origin that is not a device.
    pub fn from(&mut self, origin: Origin) {
        self.origin = origin;
        self.owner = "";
        self.zpci = None;
    }

    /// Sets the id of an owner of descriptors that is not a device: QEMU's monitor, the object for IOMMUFD.
    pub fn owned_by(&mut self, owner: &'p str) {
        self.owner = owner;
    }
}

fn device_origin(id: DeviceId, info: &DeviceInfo) -> Origin {
    match info.implied.reason() {
        Some(by) => Origin::Implied { by },
        None => Origin::Element(Element::Device { id, pos: info.pos }),
    }
}

/// Adding options.
impl Emit<'_> {
    /// Adds an option without a value.
    pub fn flag(&mut self, option: &'static str) {
        self.add(option, ArgValue::None);
    }

    /// Adds an option with a text.
    pub fn option(&mut self, option: &'static str, value: impl Into<Text>) {
        self.add(option, ArgValue::Text(value.into()));
    }

    /// Adds an option with properties.
    pub fn props(&mut self, option: &'static str, props: Props, form: Form) {
        self.add(option, ArgValue::Props(props, form));
    }

    /// Adds `-global`, which sets a property of all devices of a driver; `property` is `DRIVER.PROPERTY`.
    pub fn global(&mut self, property: impl Into<Cow<'static, str>>, value: impl Into<Value>) {
        self.pairs("-global", Props::object().with(property, value));
    }

    /// Adds an option with properties as `value,key=value,...`.
    pub fn list(&mut self, option: &'static str, props: Props) {
        self.props(option, props, Form::Implied(Style::OnOff));
    }

    /// Adds an option with properties as `key=value,...`.
    pub fn pairs(&mut self, option: &'static str, props: Props) {
        self.props(option, props, Form::Pairs(Style::OnOff));
    }

    fn add(&mut self, option: &'static str, mut value: ArgValue) {
        if self.line.arguments.len() >= LONG
            && let ArgValue::Props(props, _) = &mut value
        {
            props.shrink();
        }
        self.line.arguments.push(Argument { option: Cow::Borrowed(option), value, origin: self.origin });
    }

    /// Adds a word of the document as it is.
    pub fn word(&mut self, word: &str) {
        self.line.arguments.push(Argument::word(word.to_owned(), self.origin));
    }

    /// Adds `-device`, for a PCI device with a zPCI address after its `zpci` device.
    pub fn device(&mut self, mut props: Props) {
        self.overrides.apply(&mut props);
        if let Some(ZpciNumbers { uid, fid }) = self.zpci
            && let Some(target) = props.text("id").filter(|id| id.as_str() == self.owner)
        {
            let zpci = Props::new("driver", "zpci")
                .with("uid", uid)
                .opt("fid", fid)
                .with("target", target.clone())
                .with("id", format!("zpci{uid}"));
            self.device_option(zpci);
        }
        self.device_option(props);
    }

    /// Adds `-device` for a memory device on a PCI bus. libvirt emits no `zpci` device for it.
    pub fn memory_device(&mut self, mut props: Props) {
        self.overrides.apply(&mut props);
        self.device_option(props);
    }

    fn device_option(&mut self, props: Props) {
        self.json_or("-device", props, Cap::DeviceJson, Style::OnOff);
    }

    /// Adds `-object`.
    pub fn object(&mut self, props: Props) {
        self.json_or("-object", props, Cap::ObjectJson, Style::YesNo);
    }

    /// Adds `-netdev`.
    pub fn netdev(&mut self, props: Props) {
        self.json_or("-netdev", props, Cap::NetdevJson, Style::OnOff);
    }

    fn json_or(&mut self, option: &'static str, props: Props, json: Cap, style: Style) {
        let form = if self.has(json) { Form::Json } else { Form::Implied(style) };
        self.props(option, props, form);
    }

    /// Adds `-blockdev`, which is JSON in every release.
    pub fn blockdev(&mut self, props: Props) {
        self.props("-blockdev", props, Form::Json);
    }

    /// Adds `-chardev`.
    pub fn chardev(&mut self, props: Props) {
        self.list("-chardev", props);
    }

    /// Sets an environment variable; one that was set before keeps its position in the list.
    pub fn env(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) {
        self.line.set_env(name, value);
    }

    /// As [`Emit::env`], for any number of variables.
    pub fn all_env<'v>(&mut self, variables: impl Iterator<Item = (&'v str, &'v str)>) {
        self.line.set_all_env(variables);
    }

    /// Passes on a variable of the driver's environment. Returns whether it is set there.
    pub fn pass_env(&mut self, name: &'static str) -> bool {
        let value = self.prepared.environment.get(name);
        if let Some(value) = value {
            self.env(name, value);
        }
        value.is_some()
    }

    /// Sets the path of the monitor's socket.
    pub fn monitor(&mut self, path: String) {
        self.line.monitor = path;
    }

    /// Sets what is done when the guest powers off, reboots or crashes.
    pub fn lifecycle(&mut self, lifecycle: Lifecycle) {
        self.line.lifecycle = lifecycle;
    }

    /// Adds a command that QEMU gets on its monitor after it has started.
    pub fn after(&mut self, command: &'static str, arguments: Props, why: &'static str) {
        self.line.after.push(After { command, arguments, why, origin: self.origin });
    }

    /// Adds work on the host, which few documents ask for.
    #[cold]
    pub fn host(&mut self, work: Work, what: String) {
        self.line.host.push(HostWork { work, what, origin: self.origin });
    }

    /// Sets the path of the QEMU binary.
    pub fn program(&mut self, path: &str) {
        path.clone_into(&mut self.line.program);
    }
}

/// Recording what the command line requires on the host.
impl Emit<'_> {
    /// Records `need`.
    pub fn need(&self, need: Need) {
        if let Some(origins) = &self.origins {
            origins.borrow_mut().push(self.origin);
        }
        self.needs.borrow_mut().add(need);
    }

    /// Records that `path` must exist.
    pub fn need_path(&self, path: &str, role: Role) {
        self.need(Need::Path { path: path.to_owned(), role });
    }

    /// Records that `process` must listen at `path`.
    pub fn need_listener(&self, path: &str, process: Process) {
        self.need_helper(path, process, None);
    }

    /// Records that `process` must listen at `path`; it is started as `helper` says.
    pub fn need_helper(&self, path: &str, process: Process, helper: Option<&Helper>) {
        let helper = helper.map(|helper| Box::new(helper.clone()));
        self.need(Need::Listener { path: path.to_owned(), process, helper });
    }

    /// Records that descriptor `number` is one of the group `group` that the caller passes.
    pub fn need_group(&self, number: u32, group: &str) {
        self.need(Need::Group { number, name: group.to_owned(), owner: self.owner.to_owned() });
    }

    /// The number of a descriptor that QEMU inherits, which is recorded as a need.
    pub fn pass(&self, passed: &Passed) -> u32 {
        let (number, what) = (passed.number, passed.what.clone());
        self.need(Need::Descriptor { number, what, owner: self.owner.to_owned() });
        number
    }

    /// The alias of the device that is emitted.
    pub fn owner(&self) -> &str {
        self.owner
    }
}
