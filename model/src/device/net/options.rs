//! `<link>`, `<target>`, `<guest>`, `<teaming>`, `<filterref>`, `<vlan>` and `<coalesce>` of an interface.

use crate::read::{self, El, Element, Reader};
use crate::write::Writer;
use crate::{Class, Pos, YesNo};

crate::rules! {
    /// A `<vlan>` has at least one `<tag>`.
    NET_VLAN_TAG = "net-vlan-tag": Xml, Read, "`<vlan><tag id=>`",
        help "add a `<tag>` with `id=`, or remove `<vlan>`";
    /// A `<vlan>` has one native VLAN at most.
    NET_VLAN_NATIVE = "net-vlan-native": Xml, Read, "`<tag nativeMode=>`: untagged traffic belongs to one VLAN",
        help "keep `nativeMode=` on one `<tag>`";
    /// A `<vlan>` with several tags or a native VLAN is a trunk.
    NET_VLAN_TRUNK = "net-vlan-trunk": Xml, Read,
        "`<vlan trunk=>`: `yes`, or `no` for a single tag without `nativeMode`",
        help "use `trunk='yes'`, or leave `trunk=` out";
    /// A VLAN id is at most 4095.
    NET_VLAN_ID = "net-vlan-id": Xml, Read, "`<tag id=>`: the VLAN id of IEEE 802.1Q has 12 bits",
        help "use an id from 0 to 4095";
    /// The number of coalesced frames is below 2^32.
    NET_COALESCE_RANGE = "net-coalesce-range": Overflow, Read,
        "`<coalesce><rx><frames max=>`: rx-frames of the kernel's ethtool interface has 32 bits",
        help "use a smaller number";
}

spelled! {
    /// `state=` of `<link>`: the state of the virtual link.
    pub enum LinkState {
        /// The cable is connected.
        Up = "up",
        /// The cable is disconnected.
        Down = "down",
    }
}

/// `<target>`: the network device on the host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Target {
    /// `dev=`: the name.
    pub dev: Option<String>,
    /// `managed=`: whether libvirt creates and removes the device (type `ethernet`).
    pub managed: Option<YesNo>,
}

impl Target {
    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let target = Self { dev: el.string("dev"), managed: r.attr(el, "managed") };
        (target != Self::default()).then_some(target)
    }

    pub(super) fn write(&self, w: &mut Writer) {
        w.element("target").opt("dev", self.dev.as_ref()).opt("managed", self.managed).empty();
    }
}

/// `<guest>`: names of the network device in a container.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GuestNames {
    /// `dev=`: the requested name.
    pub dev: Option<String>,
    /// `actual=`: the name in a running container.
    pub actual: Option<String>,
}

impl GuestNames {
    pub(super) fn read(el: El<'_>) -> Self {
        let given = |name| el.string(name).filter(|n| !n.is_empty());
        Self { dev: given("dev"), actual: given("actual") }
    }

    pub(super) fn write(&self, w: &mut Writer) {
        w.element("guest").opt("dev", self.dev.as_ref()).opt("actual", self.actual.as_ref()).empty();
    }
}

spelled! {
    /// `type=` of `<teaming>`: the role in a teaming pair.
    pub enum TeamingType {
        /// The virtio interface, which is always present.
        Persistent = "persistent",
        /// The assigned host device, which is unplugged for migration.
        Transient = "transient",
    }
}

/// `<teaming>`: the role of an interface or host device in a teaming pair (virtio failover).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Teaming {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `type=`; `None` only where it could not be read.
    pub kind: Option<TeamingType>,
    /// `persistent=`: the alias of the persistent interface.
    pub persistent: Option<String>,
}

impl Teaming {
    /// The alias of the persistent interface, of a transient one.
    pub fn pair(&self) -> Option<&str> {
        self.persistent.as_deref().filter(|_| self.kind == Some(TeamingType::Transient))
    }
}

impl Element for Teaming {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        // Without a type, libvirt keeps only `persistent=`, which has no effect.
        let kind = r.attr_as(Class::Unsupported, el, "type")?;
        Some(Self { pos: el.pos(), kind: Some(kind), persistent: el.string("persistent") })
    }

    fn write(&self, w: &mut Writer) {
        w.element("teaming").opt("type", self.kind).opt("persistent", self.persistent.as_ref()).empty();
    }
}

/// `<filterref>`: the network filter of an interface.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FilterRef {
    /// `filter=`: the name of the filter.
    pub filter: String,
    /// `<parameter>`: variables of the filter, sorted by name.
    pub parameters: Vec<FilterParameter>,
}

/// `<parameter>` of `<filterref>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FilterParameter {
    /// `name=`.
    pub name: String,
    /// `value=`.
    pub value: String,
}

impl Element for FilterRef {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let filter = el.string("filter")?;
        let mut parameters: Vec<FilterParameter> = read::all(el, "parameter", r);
        parameters.sort_by(|a, b| a.name.cmp(&b.name));
        Some(Self { filter, parameters })
    }

    fn write(&self, w: &mut Writer) {
        w.element("filterref")
            .attr("filter", &self.filter)
            .children(|w| read::write_all(&self.parameters, w));
    }
}

impl Element for FilterParameter {
    fn read(el: El<'_>, _: &mut Reader) -> Option<Self> {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let name = el.string("name").filter(|n| n.chars().all(word))?;
        Some(Self { name, value: el.string("value")? })
    }

    fn write(&self, w: &mut Writer) {
        w.element("parameter").attr("name", &self.name).attr("value", &self.value).empty();
    }
}

spelled! {
    /// `nativeMode=` of a VLAN tag: whether packets of the native VLAN are tagged.
    pub enum NativeMode {
        /// They are tagged.
        Tagged = "tagged",
        /// They are untagged.
        Untagged = "untagged",
    }
}

/// `<vlan>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Vlan {
    /// `trunk='yes'`: whether packets pass with their tags (a trunk port). It is implied by several tags.
    pub trunk: bool,
    /// `<tag>`: the VLANs, one or more.
    pub tags: Vec<VlanTag>,
}

/// `<tag>` of `<vlan>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VlanTag {
    /// `id=`: the VLAN id, 0 to 4095.
    pub id: u32,
    /// `nativeMode=`, for the native VLAN.
    pub native: Option<NativeMode>,
}

impl Element for Vlan {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let tags: Vec<VlanTag> = read::all(el, "tag", r);
        if el.child("tag").is_none() {
            let message = "`<vlan>` has no `<tag>`";
            r.refuse(&NET_VLAN_TAG, el.pos(), message);
            return None;
        }
        if tags.is_empty() {
            return None;
        }
        let natives = tags.iter().filter(|t| t.native.is_some()).count();
        if natives > 1 {
            let message = "`<vlan>` has more than one `<tag>` with `nativeMode=`";
            r.refuse(&NET_VLAN_NATIVE, el.pos(), message);
        }
        let word = el.get("trunk").filter(|word| !word.is_empty());
        let must_be_trunk = natives > 0 || tags.len() > 1;
        let trunk = word.is_some_and(|word| word.eq_ignore_ascii_case("yes"));
        let bad = word.is_some_and(|word| must_be_trunk || !word.eq_ignore_ascii_case("no"));
        if bad && !trunk {
            let word = word.unwrap_or_default();
            let message = format!("`trunk` of `<vlan>` is `{word}`, expected `yes`");
            r.refuse(&NET_VLAN_TRUNK, el.pos().attr("trunk"), message);
        }
        Some(Self { trunk: trunk || tags.len() > 1, tags })
    }

    fn write(&self, w: &mut Writer) {
        let trunk = self.trunk.then_some(YesNo::Yes);
        w.element("vlan").opt("trunk", trunk).children(|w| read::write_all(&self.tags, w));
    }
}

impl Element for VlanTag {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let id: u32 = r.required(el, "id")?;
        if id > 4095 {
            let message = format!("`id` of `<tag>` is `{id}`, the limit is `4095`");
            r.refuse(&NET_VLAN_ID, el.pos().attr("id"), message);
            return None;
        }
        Some(Self { id, native: r.attr_as(Class::Unsupported, el, "nativeMode") })
    }

    fn write(&self, w: &mut Writer) {
        w.element("tag").attr("id", self.id).opt("nativeMode", self.native).empty();
    }
}

/// `<coalesce>`: interrupt coalescing of the tap device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Coalesce {
    /// `<rx><frames max=>`: the most packets before an interrupt, from 1; 0 is read as absent.
    pub rx_max_frames: u32,
}

impl Coalesce {
    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let frames = el.child("rx").and_then(|rx| rx.child("frames"));
        let max: u64 = r.attr_as(Class::Plain, frames.filter(|f| f.get("max") != Some(""))?, "max")?;
        let Ok(rx_max_frames) = u32::try_from(max) else {
            let message = format!("`max` of `<frames>` is `{max}`, the limit is `{}`", u32::MAX);
            r.refuse(&NET_COALESCE_RANGE, el.pos().path("rx/frames/@max"), message);
            return None;
        };
        // libvirt does not write 0.
        Some(Self { rx_max_frames }).filter(|coalesce| coalesce.rx_max_frames > 0)
    }

    pub(super) fn write(self, w: &mut Writer) {
        w.element("coalesce").children(|w| {
            w.element("rx").children(|w| w.element("frames").attr("max", self.rx_max_frames).empty());
        });
    }
}
