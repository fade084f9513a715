//! USB devices of the host.

use crate::Pos;
use crate::read::{AnyBase, El, INTERNAL_BEFORE_9_0, Reader, UNSUPPORTED_BEFORE_9_0, hex};
use crate::write::Writer;

crate::rules! {
    /// A USB host device has both `<vendor>` and `<product>`, or neither.
    HOSTDEV_USB_PRODUCT = "hostdev-usb-product": Internal, Read, "`<hostdev type='usb'><source>`: USB ids are pairs",
        help "add the missing element, or use `<address bus= device=>`";
    /// The address of a USB host device has a device number or a port.
    HOSTDEV_USB_PLACE = "hostdev-usb-place": Internal, Read,
        "`<source><address bus= device= port=>`: the device on its bus, by number or by port",
        help "give one of them, see `lsusb -t`", since "12.9";
    /// The vendor id of a USB host device is not 0.
    HOSTDEV_USB_VENDOR = "hostdev-usb-vendor": Xml (Internal before "9.0"), Read,
        "`<source><vendor id=>`: no vendor has the USB id 0",
        help "use the vendor id that `lsusb` shows";
}

spelled! {
    /// `startupPolicy=`: what happens where the device is missing at the start.
    pub enum UsbStartup {
        /// The start fails.
        Mandatory = "mandatory",
        /// The start fails, but the device can be missing after a migration or restore.
        Requisite = "requisite",
        /// The device is left out.
        Optional = "optional",
    }
}

spelled! {
    /// `guestReset=`: whether resets by the guest reach the device.
    pub enum GuestReset {
        /// Never.
        Off = "off",
        /// Only while the device is not initialized.
        Uninitialized = "uninitialized",
        /// Always.
        On = "on",
    }
}

/// A USB device of the host, by vendor and product or by address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UsbDevice {
    /// Place of `<source>` in the text.
    pub pos: Pos,
    /// `startupPolicy=` of `<source>`.
    pub startup: Option<UsbStartup>,
    /// `guestReset=` of `<source>`.
    pub guest_reset: Option<GuestReset>,
    /// `<vendor id=>` and `<product id=>`.
    pub product: Option<(u32, u32)>,
    /// `<address>` on the host.
    pub address: Option<UsbHostAddress>,
}

/// `<address>` of a USB device on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsbHostAddress {
    /// `bus=`.
    pub bus: u32,
    /// `device=` or `port=`.
    pub at: UsbHostPlace,
}

/// Where a USB device is on its bus of the host.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum UsbHostPlace {
    /// `device=`: the number that the kernel gave it when it was plugged in.
    Device(u32),
    /// `port=`: the ports of the root hub and further hubs, such as `1.2`, as in sysfs.
    Port(String),
}

impl UsbHostAddress {
    /// The numbers of bus and device; `None` for an address with a port.
    pub fn numbers(&self) -> Option<(u32, u32)> {
        match self.at {
            UsbHostPlace::Device(device) => Some((self.bus, device)),
            UsbHostPlace::Port(_) => None,
        }
    }

    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let bus: Option<AnyBase<u32>> = r.required_as(INTERNAL_BEFORE_9_0, INTERNAL_BEFORE_9_0, el, "bus");
        let port = r.string_since("12.9", el, "port").filter(|port| !port.is_empty());
        let at = match (el.get("device"), port) {
            (Some(_), Some(port)) => {
                let message =
                    format!("`<address>` of a USB device has both `device=` and `port=` (`{port}`)");
                r.refuse(&HOSTDEV_USB_PLACE, el.pos(), message);
                None
            }
            (None, Some(port)) => Some(UsbHostPlace::Port(port)),
            (None, None) if r.knows("12.9") => {
                let message = "`<address>` of a USB device has neither `device=` nor `port=`";
                r.refuse(&HOSTDEV_USB_PLACE, el.pos(), message);
                None
            }
            (_, None) => {
                let device: Option<AnyBase<u32>> =
                    r.required_as(INTERNAL_BEFORE_9_0, INTERNAL_BEFORE_9_0, el, "device");
                device.map(|device| UsbHostPlace::Device(device.0))
            }
        };
        Some(Self { bus: bus?.0, at: at? })
    }
}

impl UsbDevice {
    /// Whether vendor and product or an address name the device. An address of 0 names none.
    pub fn is_named(&self) -> bool {
        let by_address = self.address.as_ref().is_some_and(|address| address.numbers() != Some((0, 0)));
        self.product.is_some() || by_address
    }

    pub(super) fn read(source: El<'_>, r: &mut Reader) -> Self {
        super::refuse_unknown(source, "usb", &["vendor", "product", "address"], r);
        Self {
            pos: source.pos(),
            startup: r.attr_as(UNSUPPORTED_BEFORE_9_0, source, "startupPolicy"),
            guest_reset: r.attr_since("8.6", source, "guestReset"),
            product: Self::read_product(source, r),
            address: source.child("address").and_then(|a| UsbHostAddress::read(a, r)),
        }
    }

    fn read_product(source: El<'_>, r: &mut Reader) -> Option<(u32, u32)> {
        let (vendor, product) = (source.child("vendor"), source.child("product"));
        let there = vendor.or(product)?;
        let (Some(vendor), Some(product)) = (vendor, product) else {
            let message = "a USB device has both `vendor` and `product`, or neither";
            r.refuse(&HOSTDEV_USB_PRODUCT, there.pos(), message);
            return None;
        };
        let id: Option<AnyBase<u32>> = r.required_as(INTERNAL_BEFORE_9_0, INTERNAL_BEFORE_9_0, vendor, "id");
        if id == Some(AnyBase(0)) {
            let message = "`id` of `<vendor>` is `0`, which is not the id of a vendor";
            r.refuse(&HOSTDEV_USB_VENDOR, vendor.pos().attr("id"), message);
        }
        let product: Option<AnyBase<u32>> =
            r.required_as(INTERNAL_BEFORE_9_0, INTERNAL_BEFORE_9_0, product, "id");
        Some((id?.0, product?.0))
    }

    /// Writes `<source>`. `kind` is the `type=` of the address, where it is written.
    pub(super) fn write(&self, kind: Option<&str>, w: &mut Writer) {
        let tag = w.element("source").opt("startupPolicy", self.startup);
        tag.opt("guestReset", self.guest_reset).children(|w| {
            if let Some((vendor, product)) = self.product {
                w.element("vendor").attr("id", hex(vendor, 4)).empty();
                w.element("product").attr("id", hex(product, 4)).empty();
            }
            if let Some(UsbHostAddress { bus, at }) = &self.address {
                let tag = w.element("address").opt("type", kind).attr("bus", bus);
                match at {
                    UsbHostPlace::Device(device) => tag.attr("device", device).empty(),
                    UsbHostPlace::Port(port) => tag.attr("port", port).empty(),
                }
            }
        });
    }
}
