//! `<virtualport>`: the port of a physical or virtual switch.

use crate::read::{AnyBase, El, Element, Reader, UNSUPPORTED_BEFORE_11_3};
use crate::write::Writer;
use crate::{Spelled, Uuid};

crate::rules! {
    /// A `<virtualport>` has only parameters of its type.
    NET_VIRTUALPORT_EXTRA = "net-virtualport-extra": Xml, Read,
        "802.1Qbg: `managerid`, `typeid`, `typeidversion`, `instanceid`; 802.1Qbh: `profileid`; openvswitch: `interfaceid`, `profileid`; midonet: `interfaceid`",
        help "remove the parameter, or change `type=`";
    /// A `<virtualport>` has the parameters that its type needs.
    NET_VIRTUALPORT_MISSING = "net-virtualport-missing": Xml, Read,
        "802.1Qbg: `managerid`, `typeid`, `typeidversion`; 802.1Qbh: `profileid`; midonet: `interfaceid`",
        help "add the parameter to `<parameters>`";
    /// A `typeid` is at most 16777215.
    NET_VIRTUALPORT_TYPEID = "net-virtualport-typeid": Xml, Read,
        "`<virtualport><parameters typeid=>`: the VSI type id of 802.1Qbg has 24 bits",
        help "use a smaller number";
    /// A `profileid` has at most 39 bytes.
    NET_VIRTUALPORT_PROFILEID = "net-virtualport-profileid": Xml, Read,
        "`<virtualport><parameters profileid=>`: the port profile of 802.1Qbh has 40 bytes with the terminating 0",
        help "shorten the name of the profile";
    /// An `instanceid` or `interfaceid` is a UUID.
    NET_VIRTUALPORT_UUID = "net-virtualport-uuid": Xml, Read, "`<virtualport><parameters instanceid= interfaceid=>`",
        help "write a UUID, or leave it out so that one is generated";
}

spelled! {
    /// `type=` of `<virtualport>`: the kind of switch.
    pub enum VirtualPortType {
        /// IEEE 802.1Qbg.
        Qbg = "802.1Qbg",
        /// IEEE 802.1Qbh.
        Qbh = "802.1Qbh",
        /// Open vSwitch.
        OpenVswitch = "openvswitch",
        /// MidoNet.
        Midonet = "midonet",
    }
}

impl VirtualPortType {
    /// The parameters of this type.
    fn allowed(self) -> &'static [&'static str] {
        match self {
            Self::Qbg => &["managerid", "typeid", "typeidversion", "instanceid"],
            Self::Qbh => &["profileid"],
            Self::OpenVswitch => &["interfaceid", "profileid"],
            Self::Midonet => &["interfaceid"],
        }
    }

    /// The mandatory parameters of this type.
    fn required(self) -> &'static [&'static str] {
        match self {
            Self::Qbg => &["managerid", "typeid", "typeidversion"],
            Self::Qbh => &["profileid"],
            Self::OpenVswitch => &[],
            Self::Midonet => &["interfaceid"],
        }
    }
}

const PARAMETERS: [&str; 6] =
    ["managerid", "typeid", "typeidversion", "instanceid", "interfaceid", "profileid"];

/// `<virtualport>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VirtualPort {
    /// `type=`; an interface of type `network` can leave it to the virtual network.
    pub kind: Option<VirtualPortType>,
    /// `managerid=` of `<parameters>` (802.1Qbg).
    pub manager_id: Option<u8>,
    /// `typeid=`, 0 to 16777215 (802.1Qbg).
    pub type_id: Option<u32>,
    /// `typeidversion=` (802.1Qbg).
    pub type_id_version: Option<u8>,
    /// `instanceid=` (802.1Qbg).
    pub instance_id: Option<Uuid>,
    /// `interfaceid=` (Open vSwitch, MidoNet).
    pub interface_id: Option<Uuid>,
    /// `profileid=`, at most 39 bytes (802.1Qbh, Open vSwitch).
    pub profile_id: Option<String>,
}

impl VirtualPort {
    /// Reads a virtual port that its virtual network can complete.
    pub(super) fn read_partial(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let kind: Option<VirtualPortType> = match el.get("type") {
            None => None,
            Some(_) => Some(r.attr_as(UNSUPPORTED_BEFORE_11_3, el, "type")?),
        };
        let Some(p) = el.child("parameters") else { return Some(Self { kind, ..Self::default() }) };
        if let Some(kind) = kind {
            let extra = PARAMETERS.iter().find(|n| p.get(n).is_some() && !kind.allowed().contains(n));
            if let Some(name) = extra {
                let message = format!("parameter `{name}` is not for `<virtualport>` of type `{kind}`");
                r.refuse(&NET_VIRTUALPORT_EXTRA, p.pos(), message);
            }
        }
        Some(Self {
            kind,
            manager_id: number(p, "managerid", r),
            type_id: number(p, "typeid", r).filter(|id| fits_24_bits(*id, p, r)),
            type_id_version: number(p, "typeidversion", r),
            instance_id: uuid(p, "instanceid", r),
            interface_id: uuid(p, "interfaceid", r),
            profile_id: p.string("profileid").filter(|id| fits_39_bytes(id, p, r)),
        })
    }

    /// Reads a virtual port, with its type and all mandatory parameters.
    pub(super) fn read_complete(el: El<'_>, r: &mut Reader) -> Option<Self> {
        if el.get("type").is_none() {
            let message = "`<virtualport>` has no `type=`";
            r.refuse(&crate::read::ATTRIBUTE_MISSING, el.pos(), message);
            return None;
        }
        let port = Self::read_partial(el, r)?;
        let given = |name: &&&str| el.child("parameters").is_some_and(|p| p.get(name).is_some());
        let needed = port.kind.map(VirtualPortType::required).unwrap_or_default();
        if let Some(name) = needed.iter().find(|n| !given(n)) {
            let kind = port.kind.map(Spelled::as_str).unwrap_or_default();
            let message = format!("`<virtualport>` of type `{kind}` has no parameter `{name}=`");
            r.refuse(&NET_VIRTUALPORT_MISSING, el.pos(), message);
        }
        Some(port)
    }

    fn has_parameters(&self) -> bool {
        *self != Self { kind: self.kind, ..Self::default() }
    }
}

impl Element for VirtualPort {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        Self::read_partial(el, r)
    }

    fn write(&self, w: &mut Writer) {
        w.element("virtualport").opt("type", self.kind).children(|w| {
            if self.has_parameters() {
                w.element("parameters")
                    .opt("managerid", self.manager_id)
                    .opt("typeid", self.type_id)
                    .opt("typeidversion", self.type_id_version)
                    .opt("instanceid", self.instance_id)
                    .opt("interfaceid", self.interface_id)
                    .opt("profileid", self.profile_id.as_ref())
                    .empty();
            }
        });
    }
}

fn number<T: TryFrom<u64>>(el: El<'_>, name: &'static str, r: &mut Reader) -> Option<T> {
    r.attr::<AnyBase<T>>(el, name).map(|number| number.0)
}

fn fits_24_bits(id: u32, el: El<'_>, r: &mut Reader) -> bool {
    let fits = id <= 0xFF_FFFF;
    if !fits {
        let message = format!("parameter `typeid` is `{id}`, expected at most 16777215");
        r.refuse(&NET_VIRTUALPORT_TYPEID, el.pos().attr("typeid"), message);
    }
    fits
}

fn fits_39_bytes(id: &str, el: El<'_>, r: &mut Reader) -> bool {
    let fits = id.len() < 40;
    if !fits {
        let message = format!("parameter `profileid` is `{id}`, expected at most 39 bytes");
        r.refuse(&NET_VIRTUALPORT_PROFILEID, el.pos().attr("profileid"), message);
    }
    fits
}

fn uuid(el: El<'_>, name: &'static str, r: &mut Reader) -> Option<Uuid> {
    let text = el.get(name)?;
    let uuid = Uuid::parse(text);
    if uuid.is_none() {
        let message = format!("parameter `{name}` is `{text}`, expected a UUID");
        r.refuse(&NET_VIRTUALPORT_UUID, el.pos().attr(name), message);
    }
    uuid
}
