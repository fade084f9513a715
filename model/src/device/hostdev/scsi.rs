//! SCSI LUNs and SCSI host adapters of the host.

use crate::device::storage::{Auth, NetHost};
use crate::read::{self, AnyBase, El, INTERNAL_BEFORE_9_0, Reader, UNSUPPORTED_BEFORE_9_0};
use crate::write::Writer;
use crate::{Class, Pos, YesNo};

crate::rules! {
    /// The secret of an iSCSI host device is of type `iscsi`.
    HOSTDEV_ISCSI_SECRET = "hostdev-iscsi-secret": Unsupported, Read,
        "`<source protocol='iscsi'><auth><secret type=>`",
        help "use `type='iscsi'`";
    /// The `protocol` of a SCSI host device is `iscsi`, or absent for a host adapter.
    HOSTDEV_SCSI_PROTOCOL = "hostdev-scsi-protocol": Unsupported, Read, "`<hostdev type='scsi'><source protocol=>`",
        help "use `protocol='iscsi'`, or remove `protocol=` and add `<adapter>` and `<address>`";
    /// An iSCSI host device has exactly one `<host>`.
    HOSTDEV_ISCSI_HOST = "hostdev-iscsi-host": Xml, Read,
        "`<source protocol='iscsi'><host>`: the portal of the target",
        help "keep one `<host>` with `name=` and `port=`";
    /// The `protocol` of a SCSI host adapter is `vhost`.
    HOSTDEV_SCSI_HOST_PROTOCOL = "hostdev-scsi-host-protocol": Unsupported, Read,
        "`<hostdev type='scsi_host'><source protocol=>`: vhost-scsi is the one that the kernel offers",
        help "use `protocol='vhost'`";
    /// The `wwpn` of a SCSI host adapter is `naa.` and 16 hexadecimal digits.
    HOSTDEV_SCSI_HOST_WWPN = "hostdev-scsi-host-wwpn": Xml, Read,
        "`<hostdev type='scsi_host'><source wwpn=>`: the name of a vhost-scsi target",
        help "write a name as under `/sys/kernel/config/target/vhost`";
}

spelled! {
    /// `sgio=`: which SCSI commands of the guest the kernel passes to the host's device.
    pub enum SgIo {
        /// The commands that the kernel allows unprivileged processes.
        Filtered = "filtered",
        /// All commands.
        Unfiltered = "unfiltered",
    }
}

/// A SCSI LUN.
#[derive(Debug, Clone, PartialEq)]
pub struct ScsiDevice {
    /// Place of `<source>` in the text.
    pub pos: Pos,
    /// `sgio=`.
    pub sgio: Option<SgIo>,
    /// `rawio=`: whether QEMU gets the capability `CAP_SYS_RAWIO`.
    pub rawio: Option<YesNo>,
    /// `<source>` of the LUN.
    pub source: ScsiSource,
}

/// `<source>` of a SCSI LUN.
#[derive(Debug, Clone, PartialEq)]
pub enum ScsiSource {
    /// A LUN on a host adapter.
    Adapter(ScsiAdapter),
    /// A LUN of an iSCSI target.
    Iscsi(ScsiIscsi),
}

/// A LUN on a host adapter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScsiAdapter {
    /// `<adapter name=>`, such as `scsi_host0`.
    pub name: String,
    /// `bus=` of `<address>`.
    pub bus: u32,
    /// `target=`.
    pub target: u32,
    /// `unit=`.
    pub unit: u64,
}

/// A LUN of an iSCSI target.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScsiIscsi {
    /// `name=`: the name of the target (IQN) and, after a slash, the LUN.
    pub name: String,
    /// `<host>`: the portal; exactly one.
    pub hosts: Vec<NetHost>,
    /// `<auth>`.
    pub auth: Option<Auth>,
    /// `<initiator><iqn name=>`.
    pub initiator: Option<String>,
}

impl ScsiDevice {
    pub(super) fn read(el: El<'_>, source: El<'_>, r: &mut Reader) -> Option<Self> {
        let sgio = r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "sgio");
        let rawio = r.attr(el, "rawio");
        let place = match source.get("protocol") {
            None | Some("adapter") => ScsiSource::Adapter(ScsiAdapter::read(source, r)?),
            Some("iscsi") => ScsiSource::Iscsi(ScsiIscsi::read(source, r)?),
            Some(word) => {
                let message = format!("`protocol` of `<source>` is `{word}`, expected `adapter` or `iscsi`");
                r.refuse(&HOSTDEV_SCSI_PROTOCOL, source.pos().attr("protocol"), message);
                return None;
            }
        };
        Some(Self { pos: source.pos(), sgio, rawio, source: place })
    }

    pub(super) fn write(&self, w: &mut Writer) {
        match &self.source {
            ScsiSource::Adapter(a) => w.element("source").children(|w| {
                w.element("adapter").attr("name", &a.name).empty();
                w.element("address").attr("bus", a.bus).attr("target", a.target).attr("unit", a.unit).empty();
            }),
            ScsiSource::Iscsi(i) => {
                let tag = w.element("source").attr("protocol", "iscsi").attr("name", &i.name);
                tag.children(|w| {
                    read::write_all(&i.hosts, w);
                    read::write_opt(i.auth.as_ref(), w);
                    if let Some(iqn) = &i.initiator {
                        w.element("initiator").children(|w| w.element("iqn").attr("name", iqn).empty());
                    }
                });
            }
        }
    }
}

impl ScsiAdapter {
    fn read(source: El<'_>, r: &mut Reader) -> Option<Self> {
        let address = r.need(source, "address")?;
        let (bus, target) = (Self::number(address, "bus", r), Self::number(address, "target", r));
        let unit = Self::number(address, "unit", r);
        let adapter = r.need(source, "adapter")?;
        let name = r.required(adapter, "name")?;
        Some(Self { name, bus: bus?, target: target?, unit: unit? })
    }

    /// A mandatory part of the address.
    fn number<T: TryFrom<u64>>(el: El<'_>, name: &'static str, r: &mut Reader) -> Option<T> {
        if el.get(name).is_none() {
            let message = format!("`<{}>` has no `{name}=`: it needs `bus`, `target`, and `unit`", el.name());
            r.refuse(&crate::read::ATTRIBUTE_MISSING, el.pos(), message);
            return None;
        }
        r.attr_as::<AnyBase<T>>(INTERNAL_BEFORE_9_0, el, name).map(|number| number.0)
    }
}

/// The usage types of secrets, other than `iscsi`.
const SECRETS: [&str; 5] = ["none", "volume", "ceph", "tls", "vtpm"];

impl ScsiIscsi {
    fn read(source: El<'_>, r: &mut Reader) -> Option<Self> {
        let name = r.required(source, "name");
        let hosts: Vec<NetHost> = read::all(source, "host", r);
        if source.children("host").count() != 1 {
            let message = format!("an iSCSI LUN has exactly one `host`, this one has `{}`", hosts.len());
            r.refuse(&HOSTDEV_ISCSI_HOST, source.pos(), message);
        }
        let auth: Option<Auth> = read::one(source, "auth", r);
        if let Some(auth) = &auth
            && let kind = auth.secret_type.as_deref().unwrap_or_default()
            && kind != "iscsi"
        {
            let message = format!("`type` of `<secret>` is `{kind}`, an iSCSI LUN needs `iscsi`");
            let class = if SECRETS.contains(&kind) { Class::Internal } else { Class::Unsupported };
            r.refuse_as(class, &HOSTDEV_ISCSI_SECRET, auth.pos.path("secret/@type"), message);
        }
        let iqn = source.child("initiator").and_then(|i| i.child("iqn")).and_then(|i| i.string("name"));
        Some(Self { name: name?, hosts, auth, initiator: iqn })
    }
}

spelled! {
    /// `model=` of a SCSI host adapter.
    pub enum ScsiHostModel {
        /// virtio; QEMU chooses transitional or non-transitional by the bus.
        Virtio = "virtio",
        /// Transitional: virtio 0.9 and 1.0.
        VirtioTransitional = "virtio-transitional",
        /// Non-transitional: virtio 1.0 only.
        VirtioNonTransitional = "virtio-non-transitional",
    }
}

/// A SCSI host adapter in the host's kernel (vhost-scsi).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScsiHost {
    /// Place of `<source>` in the text.
    pub pos: Pos,
    /// `model=`.
    pub model: Option<ScsiHostModel>,
    /// `wwpn=`: the World Wide Port Name, `naa.` and 16 hexadecimal digits.
    pub wwpn: String,
}

impl ScsiHost {
    pub(super) fn read(el: El<'_>, source: El<'_>, r: &mut Reader) -> Option<Self> {
        let model = r.attr(el, "model");
        let protocol: String = r.required(source, "protocol")?;
        if protocol != "vhost" {
            let message = format!("`protocol` of `<source>` is `{protocol}`, expected `vhost`");
            r.refuse(&HOSTDEV_SCSI_HOST_PROTOCOL, source.pos().attr("protocol"), message);
        }
        let wwpn: String = r.required(source, "wwpn")?;
        let digits = wwpn.strip_prefix("naa.").unwrap_or_default();
        if digits.len() != 16 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            let message = format!("`wwpn` of `<source>` is `{wwpn}`, expected `naa.` and 16 digits");
            r.refuse(&HOSTDEV_SCSI_HOST_WWPN, source.pos().attr("wwpn"), message);
        }
        Some(Self { pos: source.pos(), model, wwpn })
    }

    pub(super) fn write(&self, w: &mut Writer) {
        w.element("source").attr("protocol", "vhost").attr("wwpn", &self.wwpn).empty();
    }
}
