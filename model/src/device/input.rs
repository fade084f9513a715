//! `<input>`: an input device.

use super::virtio::VirtioOptions;
use crate::info::{Address, DeviceInfo};
use crate::read::{El, Element, Reader};
use crate::write::Writer;
use crate::{Class, OnOff, Stage};

crate::rules! {
    /// An input device on USB has an address of type `usb`.
    INPUT_USB_ADDRESS = "input-usb-address": Xml, Read, "`<input bus='usb'><address type=>`",
        help "use `type='usb'`, or leave the `<address>` out";
    /// The bus of an input is one that has its type.
    INPUT_BUS = "input-bus": Internal, Validate (Read before "9.0"),
        "`<input type= bus=>`: bus `ps2` has mouse and keyboard, bus `xen` is for Xen",
        help "use bus `usb` or `virtio`";
    /// An input that is a device of the host has a `<source>` with the path of the device.
    INPUT_SOURCE = "input-source": Xml, Read,
        "`<input type='passthrough'><source evdev=>`, `<input type='evdev'><source dev=>`",
        help "add `<source>` with a path such as `/dev/input/event0`";
}

spelled! {
    /// `type=`.
    pub enum InputType {
        /// A mouse.
        Mouse = "mouse",
        /// A tablet, which reports absolute positions.
        Tablet = "tablet",
        /// A keyboard.
        Keyboard = "keyboard",
        /// An evdev device of the host, passed through as a virtio device.
        Passthrough = "passthrough",
        /// An evdev device of the host, whose events the guest's input devices get.
        Evdev = "evdev" since "7.4",
    }
}

spelled! {
    /// `bus=`.
    pub enum InputBus {
        /// PS/2.
        Ps2 = "ps2",
        /// USB.
        Usb = "usb",
        /// Xen's paravirtual input.
        Xen = "xen" of "Xen",
        /// The input bus of Parallels.
        Parallels = "parallels" of "Parallels",
        /// virtio.
        Virtio = "virtio",
    }
}

spelled! {
    /// `model=`, of virtio input.
    pub enum InputModel {
        /// virtio; QEMU chooses transitional or non-transitional by the bus.
        Virtio = "virtio",
        /// Transitional: virtio 0.9 and 1.0.
        VirtioTransitional = "virtio-transitional",
        /// Non-transitional: virtio 1.0 only.
        VirtioNonTransitional = "virtio-non-transitional",
    }
}

spelled! {
    /// `<source grab=>`: which devices are grabbed together.
    pub enum Grab {
        /// All evdev inputs of the guest.
        All = "all",
    }
}

spelled! {
    /// `<source grabToggle=>`: the key combination that grabs and releases the input.
    pub enum GrabToggle {
        /// Both control keys.
        CtrlCtrl = "ctrl-ctrl",
        /// Both alt keys.
        AltAlt = "alt-alt",
        /// Both shift keys.
        ShiftShift = "shift-shift",
        /// Both meta keys.
        MetaMeta = "meta-meta",
        /// Scroll lock.
        Scrolllock = "scrolllock",
        /// Control and scroll lock.
        CtrlScrolllock = "ctrl-scrolllock",
    }
}

/// `<source>` of an input that is a device of the host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InputSource {
    /// `evdev=` (passthrough) or `dev=` (evdev): the path of the device.
    pub evdev: Option<String>,
    /// `grab=`
    pub grab: Option<Grab>,
    /// `grabToggle=`
    pub grab_toggle: Option<GrabToggle>,
    /// `repeat=`: whether keys repeat automatically.
    pub repeat: Option<OnOff>,
}

/// `<input>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Input {
    /// The part that all devices have: place, alias, address, boot order, option ROM.
    pub info: DeviceInfo,
    /// `type=`
    pub kind: Option<InputType>,
    /// `bus=`; an evdev input has none.
    pub bus: Option<InputBus>,
    /// `model=`
    pub model: Option<InputModel>,
    /// `<source>`
    pub source: InputSource,
    /// `<driver>`
    pub virtio: VirtioOptions,
}

impl Input {
    /// What is wrong with the bus of the input, if it is none that has its type (see [`INPUT_BUS`]). Which releases find
    /// that while they read the document, and which later, is the stage of the rule.
    pub fn bus_problem(&self) -> Option<String> {
        let (kind, bus) = (self.kind?, self.bus?);
        let fits = match bus {
            InputBus::Ps2 => matches!(kind, InputType::Mouse | InputType::Keyboard),
            InputBus::Xen => false,
            // Bus `parallels` is not checked, and such an input is not emitted.
            InputBus::Usb | InputBus::Virtio | InputBus::Parallels => true,
        };
        (!fits).then(|| format!("an `<input>` of type `{kind}` is not supported on bus `{bus}`"))
    }
}

impl Element for Input {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let internal = Class::Internal;
        let kind: Option<InputType> = r.required_as(internal, Class::Unsupported, el, "type");
        let mut input = Self {
            kind,
            model: r.attr_as(Class::Unsupported, el, "model"),
            bus: r.attr_as(Class::Unsupported, el, "bus"),
            ..Self::default()
        };
        if let Some(message) = input.bus_problem()
            && INPUT_BUS.stage.of(r.release) == Stage::Read
        {
            r.refuse(&INPUT_BUS, el.pos().attr("bus"), message);
        }
        input.info = DeviceInfo::read(el, r);
        if input.bus == Some(InputBus::Usb) && !matches!(input.info.address, None | Some(Address::Usb(_))) {
            let message = "the `address` of an `input` on bus `usb` must be of type `usb`";
            r.refuse(&INPUT_USB_ADDRESS, el.pos().path("address/@type"), message);
        }
        let source = el.child("source");
        match kind {
            Some(InputType::Evdev) => {
                let Some(source) = source.filter(|s| s.get("dev").is_some()) else {
                    missing_source(el, "dev", r);
                    return Some(input);
                };
                input.source = InputSource {
                    evdev: source.string("dev"),
                    grab: r.attr(source, "grab"),
                    grab_toggle: r.attr_since("7.6", source, "grabToggle"),
                    repeat: r.attr(source, "repeat"),
                };
            }
            // Later releases ignore the source of other types.
            Some(InputType::Passthrough) | None => {
                input.source.evdev = source.and_then(|s| s.string("evdev"));
            }
            Some(_) if r.knows("9.0") => {}
            Some(_) => input.source.evdev = source.and_then(|s| s.string("evdev")),
        }
        if kind == Some(InputType::Passthrough) && input.source.evdev.is_none() {
            missing_source(el, "evdev", r);
        }
        input.virtio = VirtioOptions::read_child(el, r);
        Some(input)
    }

    fn write(&self, w: &mut Writer) {
        let evdev = self.kind == Some(InputType::Evdev);
        w.element("input").opt("type", self.kind).opt("bus", self.bus).opt("model", self.model).children(
            |w| {
                self.virtio.write(w.element("driver")).children_or_nothing(|_| {});
                let name = if evdev { "dev" } else { "evdev" };
                w.element("source")
                    .opt(name, self.source.evdev.as_ref())
                    .opt("grab", self.source.grab)
                    .opt("grabToggle", self.source.grab_toggle)
                    .opt("repeat", self.source.repeat)
                    .children_or_nothing(|_| {});
                self.info.write(w);
            },
        );
    }
}

/// Reports that the input has no path. Later releases read a missing `<source>` as absent.
fn missing_source(el: El<'_>, name: &str, r: &mut Reader) {
    if el.child("source").is_none() && r.knows("9.0") {
        return;
    }
    let message = format!("an `<input>` that is a device of the host has no `<source {name}=>`");
    r.refuse(&INPUT_SOURCE, el.pos(), message);
}
