//! `<smartcard>`: a smartcard in a CCID reader.

use super::chardev_source::{ChardevSource, SourceType};
use crate::Class;
use crate::info::{Address, DeviceInfo};
use crate::read::{El, Element, Reader, UNSUPPORTED_BEFORE_9_0};
use crate::write::Writer;

crate::rules! {
    /// A smartcard of mode `host-certificates` has three `<certificate>`.
    SMARTCARD_CERTIFICATES = "smartcard-certificates": Xml, Read,
        "`<smartcard mode='host-certificates'>`: QEMU's emulated card has three certificates (`cert1=` to `cert3=`)",
        help "add or remove `<certificate>` elements";
    /// The `<database>` of a smartcard is an absolute path.
    SMARTCARD_DATABASE = "smartcard-database": Xml, Read,
        "`<smartcard mode='host-certificates'><database>`: the directory of the NSS database",
        help "write a path that starts with `/`";
    /// A smartcard has an address of type `ccid`.
    SMARTCARD_ADDRESS = "smartcard-address": Unsupported, Read,
        "`<smartcard><address type=>`: smartcards are in slots of a CCID controller",
        help "use `type='ccid'`, or leave the `<address>` out";
}

spelled! {
    /// `mode=`: where the card is.
    pub enum SmartcardMode {
        /// A physical card of the host.
        Host = "host",
        /// A card that QEMU emulates with certificates of the host.
        HostCertificates = "host-certificates",
        /// A card behind a character device, such as a SPICE client's.
        Passthrough = "passthrough",
    }
}

/// `mode=`, with the settings of that mode.
#[derive(Debug, Clone, PartialEq)]
pub enum Card {
    /// `mode='host'`
    Host,
    /// `mode='host-certificates'`
    HostCertificates {
        /// `<certificate>`: the names of the three certificates.
        certificates: Vec<String>,
        /// `<database>`: the directory of the NSS database, an absolute path.
        database: Option<String>,
    },
    /// `mode='passthrough'`
    Passthrough(ChardevSource),
}

/// `<smartcard>`.
#[derive(Debug, Clone, PartialEq)]
pub struct Smartcard {
    /// The part that all devices have: place, alias, address, boot order, option ROM.
    pub info: DeviceInfo,
    /// `mode=`, with the settings of that mode.
    pub card: Card,
}

impl Card {
    /// The `mode=`.
    pub fn mode(&self) -> SmartcardMode {
        match self {
            Self::Host => SmartcardMode::Host,
            Self::HostCertificates { .. } => SmartcardMode::HostCertificates,
            Self::Passthrough(_) => SmartcardMode::Passthrough,
        }
    }

    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        match r.required_as::<SmartcardMode>(Class::Xml, UNSUPPORTED_BEFORE_9_0, el, "mode")? {
            SmartcardMode::Host => Some(Self::Host),
            SmartcardMode::HostCertificates => {
                let certificates: Vec<String> = el.children("certificate").map(El::text).collect();
                if certificates.len() != 3 {
                    let message = format!(
                        "a `<smartcard>` of mode `host-certificates` needs three `certificate`, not `{}`",
                        certificates.len()
                    );
                    r.refuse(&SMARTCARD_CERTIFICATES, el.pos(), message);
                }
                let database = el.child("database").map(El::text);
                if let Some(path) = database.as_deref().filter(|p| !p.starts_with('/')) {
                    let message = format!("`<database>` is `{path}`, expected an absolute path");
                    r.refuse(&SMARTCARD_DATABASE, el.pos().path("database"), message);
                }
                Some(Self::HostCertificates { certificates, database })
            }
            SmartcardMode::Passthrough => {
                let kind = r.required_as::<SourceType>(Class::Xml, Class::Unsupported, el, "type")?;
                Some(Self::Passthrough(ChardevSource::read(el, kind, r)))
            }
        }
    }
}

impl Element for Smartcard {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let card = Card::read(el, r);
        let info = DeviceInfo::read(el, r);
        if !matches!(info.address, None | Some(Address::Ccid(_))) {
            let message = "the `address` of a `smartcard` must be of type `ccid`";
            r.refuse(&SMARTCARD_ADDRESS, el.pos().path("address/@type"), message);
        }
        Some(Self { info, card: card? })
    }

    fn write(&self, w: &mut Writer) {
        let tag = w.element("smartcard").attr("mode", self.card.mode());
        let tag = match &self.card {
            Card::Passthrough(source) => tag.attr("type", source.kind()),
            _ => tag,
        };
        tag.children(|w| {
            match &self.card {
                Card::Host => {}
                Card::HostCertificates { certificates, database } => {
                    for certificate in certificates {
                        w.text_element("certificate", certificate);
                    }
                    w.opt_text_element("database", database.as_ref());
                }
                Card::Passthrough(source) => source.write(w),
            }
            self.info.write(w);
        });
    }
}
