//! What every part of the command line works with. It knows no part; the parts know it.

use std::borrow::Cow;
use std::cell::RefCell;

use virtargv_caps::{Cap, Caps, Release};
use virtargv_host::DriverConfig;
use virtargv_model::device::DeviceId;
use virtargv_model::info::DeviceInfo;
use virtargv_model::{Domain, Pos};
use virtargv_resolve::Guest;

use super::{implied, overrides};
use crate::argument::{ArgValue, Argument, Element, Origin};
use crate::needs::{Need, Needs, Process, Role};
use crate::prepare::Prepared;
use crate::prepare::address::ZpciNumbers;
use crate::prepare::descriptor::Passed;
use crate::prepare::device::{self, Device};
use crate::{CommandLine, Form, Props, Style, Text, Value};

/// What every part works with.
pub(crate) struct Emit<'p> {
    /// The domain and what was settled about it.
    pub prepared: &'p Prepared<'p>,
    /// What was emitted so far.
    line: CommandLine,
    /// What makes the next argument.
    origin: Origin,
    /// The id of the device that is emitted.
    owner: &'p str,
    /// The numbers by which an s390 guest knows it.
    zpci: Option<ZpciNumbers>,
    /// What the host has to have ready; add to it with `need`.
    needs: RefCell<Needs>,
}

impl<'p> Emit<'p> {
    /// Nothing is emitted yet.
    pub fn new(prepared: &'p Prepared<'p>) -> Self {
        Self {
            prepared,
            // A small guest has about fifty.
            line: CommandLine { arguments: Vec::with_capacity(64), ..CommandLine::default() },
            origin: Origin::Implied { by: "every guest" },
            owner: "",
            zpci: None,
            needs: RefCell::default(),
        }
    }

    /// The command line.
    pub fn finish(self) -> CommandLine {
        CommandLine { needs: self.needs.into_inner().into_list(), ..self.line }
    }

    /// The domain.
    pub fn domain(&self) -> &'p Domain {
        &self.prepared.domain
    }

    /// What kind of guest it is.
    pub fn guest(&self) -> &'p Guest {
        &self.prepared.guest
    }

    /// What the QEMU can do.
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

    /// The folder in which QEMU makes the domain's sockets.
    pub fn folder(&self) -> &'p str {
        &self.prepared.folders.domain
    }

    /// Whether the QEMU can do `cap`.
    pub fn has(&self, cap: Cap) -> bool {
        self.prepared.caps.has(cap)
    }
}

/// What makes the arguments that follow.
impl<'p> Emit<'p> {
    /// A device of the domain.
    pub fn at<T: device::Element, F>(&mut self, device: Device<'p, T, F>) {
        self.origin = self.device_origin(device.id, device.pos());
        self.owner = device.alias;
        self.zpci = device.address.pci().and_then(|slot| slot.zpci);
    }

    /// A device that has no id in QEMU: `<graphics>`, `<audio>`.
    pub fn at_nameless(&mut self, id: DeviceId, info: &'p DeviceInfo) {
        self.origin = self.device_origin(id, info.pos);
        self.owner = id.kind.element();
        self.zpci = None;
    }

    fn device_origin(&self, id: DeviceId, pos: Pos) -> Origin {
        match implied::device(self.domain(), id) {
            // A domain that was not read from a text has no positions at all.
            Some(by) if pos.offset().is_none() && self.domain().pos.offset().is_some() => {
                Origin::Implied { by }
            }
            _ => Origin::Element(Element::Device { id, pos }),
        }
    }

    /// An element below `<domain>`, by the names of elements from there.
    pub fn at_element(&mut self, path: &'static str) {
        self.from(Origin::Element(Element::Domain { pos: self.domain().pos, path }));
    }

    /// One of several elements of the same name; `pos` is where it stands.
    pub fn at_numbered(&mut self, path: &'static str, index: usize, pos: Pos) {
        self.from(Origin::Element(Element::Numbered { pos, path, index }));
    }

    /// `<domain>` itself.
    pub fn at_domain(&mut self) {
        self.at_element("");
    }

    /// Something that no element asks for.
    pub fn at_implied(&mut self, by: &'static str) {
        self.from(Origin::Implied { by });
    }

    /// A setting of the driver.
    pub fn at_setting(&mut self, key: &'static str) {
        self.from(Origin::Settings { key });
    }

    /// What is no device.
    pub fn from(&mut self, origin: Origin) {
        self.origin = origin;
        self.owner = "";
        self.zpci = None;
    }

    /// The id of what is no device but owns descriptors: QEMU's monitor.
    pub fn owned_by(&mut self, owner: &'p str) {
        self.owner = owner;
    }
}

/// Options.
impl Emit<'_> {
    /// An option alone.
    pub fn flag(&mut self, option: &'static str) {
        self.add(option, ArgValue::None);
    }

    /// An option with a text.
    pub fn option(&mut self, option: &'static str, value: impl Into<Text>) {
        self.add(option, ArgValue::Text(value.into()));
    }

    /// An option with properties.
    pub fn props(&mut self, option: &'static str, props: Props, form: Form) {
        self.add(option, ArgValue::Props(props, form));
    }

    /// `-global`: a property of all devices of a driver, as `driver.property`.
    pub fn global(&mut self, property: impl Into<Cow<'static, str>>, value: impl Into<Value>) {
        self.pairs("-global", Props::object().with(property, value));
    }

    /// An option with properties as `value,key=value,...`.
    pub fn list(&mut self, option: &'static str, props: Props) {
        self.props(option, props, Form::Implied(Style::OnOff));
    }

    /// An option with properties as `key=value,...`.
    pub fn pairs(&mut self, option: &'static str, props: Props) {
        self.props(option, props, Form::Pairs(Style::OnOff));
    }

    fn add(&mut self, option: &'static str, value: ArgValue) {
        self.line.arguments.push(Argument { option: Cow::Borrowed(option), value, origin: self.origin });
    }

    /// A word of the document as it is; with `operand` it belongs to the option before it.
    pub fn word(&mut self, word: &str, operand: bool) {
        self.line.arguments.push(Argument::word(word.to_owned(), operand, self.origin));
    }

    /// `-device`. Before a PCI device of an s390 guest goes the device that holds its numbers.
    pub fn device(&mut self, mut props: Props) {
        overrides::apply(&self.domain().qemu.overrides, self.release(), &mut props);
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

    /// `-device` for memory on a PCI bus, which s390 guests are given without a zPCI device for it.
    pub fn memory_device(&mut self, mut props: Props) {
        overrides::apply(&self.domain().qemu.overrides, self.release(), &mut props);
        self.device_option(props);
    }

    fn device_option(&mut self, props: Props) {
        self.json_or("-device", props, Cap::DeviceJson, Style::OnOff);
    }

    /// `-object`.
    pub fn object(&mut self, props: Props) {
        self.json_or("-object", props, Cap::ObjectJson, Style::YesNo);
    }

    /// `-netdev`.
    pub fn netdev(&mut self, props: Props) {
        self.json_or("-netdev", props, Cap::NetdevJson, Style::OnOff);
    }

    fn json_or(&mut self, option: &'static str, props: Props, json: Cap, style: Style) {
        let form = if self.has(json) { Form::Json } else { Form::Implied(style) };
        self.props(option, props, form);
    }

    /// `-blockdev`, which is JSON in both releases.
    pub fn blockdev(&mut self, props: Props) {
        self.props("-blockdev", props, Form::Json);
    }

    /// `-chardev`.
    pub fn chardev(&mut self, props: Props) {
        self.list("-chardev", props);
    }

    /// Sets an environment variable; one that was set before keeps its place.
    pub fn env(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.line.set_env(name, value);
    }

    /// Hands on a variable of the driver's environment, and says whether it is set.
    pub fn pass_env(&mut self, name: &'static str) -> bool {
        let value = self.prepared.environment.get(name);
        if let Some(value) = value {
            self.env(name, value);
        }
        value.is_some()
    }

    /// The path of the QEMU binary.
    pub fn program(&mut self, path: &str) {
        path.clone_into(&mut self.line.program);
    }
}

/// What the host has to have ready.
impl Emit<'_> {
    /// Says that the host has to have `need` ready.
    pub fn need(&self, need: Need) {
        self.needs.borrow_mut().add(need);
    }

    /// Says that `path` has to be there.
    pub fn need_path(&self, path: &str, role: Role) {
        self.need(Need::Path { path: path.to_owned(), role });
    }

    /// Says that `process` has to listen at `path`.
    pub fn need_listener(&self, path: &str, process: Process) {
        self.need(Need::Listener { path: path.to_owned(), process });
    }

    /// Says that descriptor `number` is one of those that the caller passed as `group`.
    pub fn need_group(&self, number: u32, group: &str) {
        self.need(Need::Group { number, name: group.to_owned(), owner: self.owner.to_owned() });
    }

    /// The number of a descriptor that QEMU inherits.
    pub fn pass(&self, passed: &Passed) -> u32 {
        let (number, what) = (passed.number, passed.what.clone());
        self.need(Need::Descriptor { number, what, owner: self.owner.to_owned() });
        number
    }

    /// The id of the device that is emitted.
    pub fn owner(&self) -> &str {
        self.owner
    }
}
