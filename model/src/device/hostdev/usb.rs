//! A USB device of the host.

use crate::Pos;
use crate::read::{AnyBase, El, ONCE_INTERNAL, ONCE_UNSUPPORTED, Reader, hex};
use crate::write::Writer;

crate::rules! {
    /// TODO hostdev-usb-product
    HOSTDEV_USB_PRODUCT = "hostdev-usb-product": Internal, Read, "TODO";
    /// TODO hostdev-usb-vendor
    HOSTDEV_USB_VENDOR = "hostdev-usb-vendor": Xml (Internal before "7.3"), Read, "TODO";
}

spelled! {
    /// `startupPolicy=`: what happens where the device is not there.
    pub enum UsbStartup {
        /// The guest does not run without it.
        Mandatory = "mandatory",
        /// It may be missing after a migration.
        Requisite = "requisite",
        /// It may be missing.
        Optional = "optional",
    }
}

spelled! {
    /// `guestReset=`: whether the guest may reset the device.
    pub enum GuestReset {
        /// Never.
        Off = "off",
        /// While the device has no address yet.
        Uninitialized = "uninitialized",
        /// Always.
        On = "on",
    }
}

/// A USB device of the host: by what it is, or by where it is plugged in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UsbDevice {
    /// Where `<source>` stands.
    pub pos: Pos,
    /// `startupPolicy=` of `<source>`.
    pub startup: Option<UsbStartup>,
    /// `guestReset=` of `<source>`.
    pub guest_reset: Option<GuestReset>,
    /// `<vendor id=>` and `<product id=>`.
    pub product: Option<(u32, u32)>,
    /// `<address bus= device=>`.
    pub address: Option<(u32, u32)>,
}

impl UsbDevice {
    pub(super) fn read(source: El<'_>, r: &mut Reader) -> Self {
        super::refuse_unknown(source, "usb", &["vendor", "product", "address"], r);
        Self {
            pos: source.pos(),
            startup: r.attr_as(ONCE_UNSUPPORTED, source, "startupPolicy"),
            guest_reset: r.attr_since("8.6", source, "guestReset"),
            product: Self::read_product(source, r),
            address: source.child("address").and_then(|a| {
                let bus: Option<AnyBase<u32>> = r.required_as(ONCE_INTERNAL, ONCE_INTERNAL, a, "bus");
                let device: Option<AnyBase<u32>> = r.required_as(ONCE_INTERNAL, ONCE_INTERNAL, a, "device");
                Some((bus?.0, device?.0))
            }),
        }
    }

    fn read_product(source: El<'_>, r: &mut Reader) -> Option<(u32, u32)> {
        let (vendor, product) = (source.child("vendor"), source.child("product"));
        let there = vendor.or(product)?;
        let (Some(vendor), Some(product)) = (vendor, product) else {
            let message = "a USB device has both 'vendor' and 'product', or neither";
            r.refuse(&HOSTDEV_USB_PRODUCT, there.pos(), message);
            return None;
        };
        let id: Option<AnyBase<u32>> = r.required_as(ONCE_INTERNAL, ONCE_INTERNAL, vendor, "id");
        if id == Some(AnyBase(0)) {
            let message = "attribute 'id' of element 'vendor' is '0', no vendor has it";
            r.refuse(&HOSTDEV_USB_VENDOR, vendor.pos().attr("id"), message);
        }
        let product: Option<AnyBase<u32>> = r.required_as(ONCE_INTERNAL, ONCE_INTERNAL, product, "id");
        Some((id?.0, product?.0))
    }

    /// Writes it; `kind` is the `type=` of the address, where it is written.
    pub(super) fn write(&self, kind: Option<&str>, w: &mut Writer) {
        let tag = w.element("source").opt("startupPolicy", self.startup);
        tag.opt("guestReset", self.guest_reset).children(|w| {
            if let Some((vendor, product)) = self.product {
                w.element("vendor").attr("id", hex(vendor, 4)).empty();
                w.element("product").attr("id", hex(product, 4)).empty();
            }
            if let Some((bus, device)) = self.address {
                w.element("address").opt("type", kind).attr("bus", bus).attr("device", device).empty();
            }
        });
    }
}
