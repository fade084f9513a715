//! The `<domain>` element.

use crate::device::disk::ThrottleGroup;
use crate::device::filesystem::id_map::IdMap;
use crate::iommufd::Iommufd;
use crate::read;
use crate::read::{El, Elements, Reader};
use crate::write::Writer;
use crate::{
    Class, Convention, Devices, Implied, Message, Outcome, Pos, Problem, Release, Report, Uuid, clock::Clock,
    cpu::Cpu, features::Features, lifecycle::Lifecycle, memory::Memory, names, numa::Numa, os::Os,
    qemu_ns::QemuNamespace, security::Security, sysinfo::Sysinfo, tune::Tune, vcpu::Vcpus,
};

crate::rules! {
    /// A document has at most 16 MiB.
    DOCUMENT_SIZE = "document-size": Xml, Read, "a limit of this project, which bounds memory and time",
        help "split or shorten the document";
    /// A document is well-formed XML.
    NOT_XML = "xml": Plain, Read, "the XML recommendation; document type declarations are not read",
        help "correct the markup at the place shown";
    /// The root element is `<domain>`.
    ROOT_ELEMENT = "root-element": Xml, Read, "the domain format",
        help "pass a domain document, such as the output of `virsh dumpxml --inactive`";
    /// A domain has a name.
    NAME_MISSING = "name-missing": Plain, Read,
        "`<name>`: QEMU's `-name`, and the name of the domain's files and directories",
        help "add `<name>` with a text that is not empty";
    /// The `<title>` of a domain has one line.
    TITLE_NEWLINE = "title-newline": Xml, Read,
        "`<title>` is a short description; a longer one goes into `<description>`",
        help "remove the line break, or move the text to `<description>`";
    /// The `uuid` entry of `<sysinfo>` equals the `<hwuuid>` of the domain, or else its `<uuid>`.
    SYSINFO_UUID_MISMATCH = "sysinfo-uuid-mismatch": Plain, Read,
        "the SMBIOS system table tells the guest the UUID of its domain",
        help "give both the same UUID, or remove one of them";
    /// An `<idmap>` maps users and groups.
    ID_MAP_HALF = "idmap-half": Unsupported, Read,
        "`<idmap><uid>` and `<gid>`: a user namespace has both maps",
        help "add the other map, or remove `<idmap>`";
    /// The text of `<uuid>`, `<hwuuid>` or `<genid>` is a UUID.
    UUID = "uuid": Internal, Read, "`<uuid>` has the form of RFC 4122: 32 hexadecimal digits, with or without dashes",
        help "write 32 hexadecimal digits, as `uuidgen` prints them, or remove the element so that a UUID is generated";
}

spelled! {
    /// The hypervisor of a domain (`<domain type=>`).
    pub enum VirtType {
        /// QEMU without acceleration (TCG).
        Qemu = "qemu",
        /// QEMU with the KQEMU accelerator, which QEMU no longer has.
        Kqemu = "kqemu" of "QEMU's former accelerator",
        /// QEMU with KVM.
        Kvm = "kvm",
        /// Xen.
        Xen = "xen" of "Xen",
        /// Linux containers.
        Lxc = "lxc" of "LXC",
        /// User-mode Linux.
        Uml = "uml" of "UML",
        /// OpenVZ.
        Openvz = "openvz" of "OpenVZ",
        /// The test driver of libvirt.
        Test = "test" of "libvirt's test driver",
        /// VMware ESX.
        Vmware = "vmware" of "VMware",
        /// Microsoft Hyper-V.
        Hyperv = "hyperv" of "Hyper-V",
        /// VirtualBox.
        Vbox = "vbox" of "VirtualBox",
        /// IBM PowerVM.
        Phyp = "phyp" of "PowerVM",
        /// Parallels.
        Parallels = "parallels" of "Parallels",
        /// FreeBSD bhyve.
        Bhyve = "bhyve" of "bhyve",
        /// Virtuozzo.
        Vz = "vz" of "Virtuozzo",
        /// QEMU with the macOS Hypervisor framework.
        Hvf = "hvf" since "8.1",
    }
}

/// A domain as its document states it (`<domain>`).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Domain {
    /// Place of `<domain>` in the text.
    pub pos: Pos,
    /// `type=`: the hypervisor.
    pub virt_type: Option<VirtType>,
    /// `id=`: the number of a running domain.
    pub id: Option<i32>,
    /// `<name>`.
    pub name: Option<String>,
    /// `<uuid>`
    pub uuid: Option<Uuid>,
    /// `<hwuuid>`: the UUID that the guest sees, where it is not that of the domain.
    pub hwuuid: Option<Uuid>,
    /// Why there is a UUID, where the document has none.
    pub uuid_implied: Implied,
    /// `<genid>`, a UUID: `Some(None)` where the element is empty and a value is to be generated.
    pub genid: Option<Option<Uuid>>,
    /// `<title>`.
    pub title: Option<String>,
    /// `<description>`.
    pub description: Option<String>,
    /// `<metadata>`: one element of each application's namespace, as XML.
    pub metadata: Option<String>,
    /// `<maxMemory>`, `<memory>`, `<currentMemory>`, `<memoryBacking>`.
    pub memory: Memory,
    /// `<vcpu>` and `<vcpus>`.
    pub vcpus: Vcpus,
    /// `<iothreads>`, `<cputune>`, `<numatune>`, `<blkiotune>`, `<memtune>`, `<iommufd>`, `<resource>`.
    pub tune: Tune,
    /// `<throttlegroups>`.
    pub throttle_groups: Vec<ThrottleGroup>,
    /// `<sysinfo>`.
    pub sysinfo: Sysinfo,
    /// `<os>` and `<bootloader>`.
    pub os: Os,
    /// `<idmap>`: the user and group ids of the host for those of a container.
    pub id_map: Option<IdMap>,
    /// `<features>`.
    pub features: Features,
    /// `<cpu>`, without its `<numa>`.
    pub cpu: Option<Cpu>,
    /// `<cpu><numa>`.
    pub numa: Numa,
    /// `<clock>`.
    pub clock: Clock,
    /// `<on_poweroff>`, `<on_reboot>`, `<on_crash>`, `<on_lockfailure>`, `<pm>`, `<perf>`.
    pub lifecycle: Lifecycle,
    /// `<iommufd>`.
    pub iommufd: Option<Iommufd>,
    /// `<devices>`.
    pub devices: Devices,
    /// `<seclabel>`, `<launchSecurity>`, `<keywrap>`.
    pub security: Security,
    /// The elements of the `qemu:` namespace.
    pub qemu: QemuNamespace,
}

/// Reads a domain document as the default [`Release`] does, see [`parse_as`].
pub fn parse(text: &str) -> Outcome<Box<Domain>> {
    parse_as(text, Release::default())
}

/// Reads a domain document as `release` does: it refuses words that a later release added, and ignores elements and
/// attributes that a later release added. A value that cannot be read is reported and left out. There is no value only
/// where the text is not XML or its root is not `<domain>`. A domain is some kilobytes, which are not copied from stage to
/// stage.
pub fn parse_as(text: &str, release: Release) -> Outcome<Box<Domain>> {
    parse_with(text, release, |elements| elements, |_, _| ()).0
}

/// As [`parse_as`], with a warning or a note for every element and attribute of the text that was not read, see
/// [`names`](crate::names).
#[allow(clippy::redundant_closure_for_method_calls, reason = "the method is of one lifetime")]
pub fn parse_with_names(text: &str, release: Release) -> (Outcome<Box<Domain>>, Vec<Problem>) {
    let unread = |elements: Elements<'_>, report: &Report| {
        names::unread(&elements, report, release, || questions(text, release))
    };
    let (outcome, problems) = parse_with(text, release, |elements| elements.recording(), unread);
    (outcome, problems.unwrap_or_default())
}

/// What the readers ask of the document `text`; `None` where it cannot be read at all.
#[allow(
    clippy::redundant_closure_for_method_calls,
    clippy::redundant_closure,
    reason = "the methods are of one lifetime"
)]
pub(crate) fn questions(text: &str, release: Release) -> Option<names::Questions> {
    parse_with(
        text,
        release,
        |elements| elements.recording_names(),
        |elements, report| names::Questions::of(elements, report),
    )
    .1
}

/// Reads a domain document: `before` is given its elements before they are read, and `after` when they were.
fn parse_with<T>(
    text: &str,
    release: Release,
    before: impl FnOnce(Elements<'_>) -> Elements<'_>,
    after: impl FnOnce(Elements<'_>, &Report) -> T,
) -> (Outcome<Box<Domain>>, Option<T>) {
    let mut tree = match read::tree_of(text, "document", 0, release) {
        Ok(tree) => tree,
        Err(problem) => return (Outcome { value: None, report: problem.into() }, None),
    };
    let elements = before(Elements::of(&mut tree));
    let Some(root) = elements.root().filter(|root| root.name() == "domain") else {
        let name = elements.root().map_or("", El::name);
        let message = Message::new(format!("the root element is `<{name}>`, expected `<domain>`"));
        let message = match crate::advice::nearest(name, ["domain"]) {
            Some(_) => message.with_help(format!("did you mean `<domain>`? Else {}", ROOT_ELEMENT.help)),
            None => message,
        };
        let pos = elements.root().map_or(Pos::NONE, El::pos);
        let report = ROOT_ELEMENT.problem(release, pos, message).into();
        return (Outcome { value: None, report }, None);
    };
    let mut reader = Reader::new(release);
    let domain = Domain::read(root, &mut reader);
    let report = read::report_of(reader, &elements);
    let after = after(elements, &report);
    (Outcome { value: Some(domain), report }, Some(after))
}

/// Writes a domain document, in libvirt's layout.
pub fn format(domain: &Domain) -> String {
    let mut w = Writer::new();
    domain.write(&mut w);
    w.finish()
}

impl Domain {
    /// Removes passwords of displays and HTTP cookies, which `virsh dumpxml` shows with `--security-info` only.
    pub fn hide_secrets(&mut self) {
        self.devices.graphics.iter_mut().for_each(crate::device::graphics::Graphics::hide_secrets);
        self.devices.disks.iter_mut().for_each(crate::device::disk::Disk::hide_secrets);
    }

    pub(crate) fn read(el: El<'_>, r: &mut Reader) -> Box<Self> {
        // libvirt's order: it decides which problem comes first.
        let ids_first = r.release.has(Convention::IdsBeforeType);
        let mut domain = Box::<Self>::default();
        domain.pos = el.pos();
        if !ids_first {
            domain.virt_type = read_type(el, r);
            domain.id = r.attr(el, "id");
            domain.os = Os::read_type(el, r);
        }
        domain.name = read_name(el, r);
        domain.uuid = read_uuid(el, "uuid", r);
        // A UUID of zeroes is none.
        let hwuuid = r.child_since("11.7", el, "hwuuid").and_then(|_| read_uuid(el, "hwuuid", r));
        domain.hwuuid = hwuuid.filter(|uuid| !uuid.is_nil());
        domain.genid = read_genid(el, r);
        if ids_first {
            domain.virt_type = read_type(el, r);
            domain.id = r.attr(el, "id");
            domain.os = Os::read_type(el, r);
        }
        domain.title = read_title(el, r);
        domain.description = el.child_text("description");
        domain.metadata = el.child("metadata").and_then(crate::metadata::read);
        domain.security = Security::read_labels(el, r);
        domain.memory = Memory::read(el, r);
        domain.tune.read_memory(el, r);
        domain.vcpus = Vcpus::read(el, r);
        domain.tune.read_cpus(el, r);
        domain.cpu = read::one(el, "cpu", r);
        domain.numa = Numa::read(el, r);
        domain.tune.read_numa(el, r);
        domain.features = Features::read(el, r);
        domain.lifecycle = Lifecycle::read(el, r);
        domain.clock = Clock::read(el, r);
        domain.os.read_boot(el, r);
        domain.throttle_groups = ThrottleGroup::read_all(el, r);
        domain.iommufd = Iommufd::read(el, r);
        domain.devices = Devices::read(el, r, |r| domain.security.read_launch(el, r));
        domain.id_map = read::one(el, "idmap", r);
        if let Some(map) = domain.id_map.as_ref().filter(|map| map.users.is_empty() != map.groups.is_empty())
        {
            let missing = if map.users.is_empty() { "uid" } else { "gid" };
            let message = format!("`<idmap>` has no `<{missing}>`");
            r.refuse(&ID_MAP_HALF, el.pos().path("idmap"), message);
        }
        domain.sysinfo = Sysinfo::read(el, r);
        domain.match_uuids(r);
        domain.os.read_smbios(el, r);
        domain.security.read_keywrap(el, r);
        domain.qemu = QemuNamespace::read(el, r);
        domain
    }

    /// Takes the UUID of `<sysinfo>` where there is no `<uuid>`, and checks that the two are equal.
    fn match_uuids(&mut self, r: &mut Reader) {
        let Some(system) = self.sysinfo.smbios().and_then(|smbios| smbios.system.as_ref()) else { return };
        let Some(found) = system.uuid() else { return };
        match self.uuid {
            None => self.uuid = Some(found),
            Some(uuid) if self.hwuuid.unwrap_or(uuid) == found => {}
            Some(uuid) => {
                let (element, uuid) = self.hwuuid.map_or(("uuid", uuid), |hwuuid| ("hwuuid", hwuuid));
                let message = format!("`<{element}>` is `{uuid}`, entry `uuid` of `sysinfo` is `{found}`");
                r.refuse(&SYSINFO_UUID_MISMATCH, system.pos, message);
            }
        }
    }

    fn write(&self, w: &mut Writer) {
        let tag = w.element("domain").opt("type", self.virt_type).opt("id", self.id);
        let tag = self.qemu.write_namespace(tag);
        tag.children(|w| {
            w.opt_text_element("name", self.name.as_ref());
            w.opt_text_element("uuid", self.uuid);
            w.opt_text_element("hwuuid", self.hwuuid);
            match &self.genid {
                Some(Some(genid)) => w.text_element("genid", genid),
                Some(None) => w.element("genid").empty(),
                None => {}
            }
            w.opt_text_element("title", self.title.as_ref());
            w.opt_text_element("description", self.description.as_ref());
            if let Some(metadata) = &self.metadata {
                w.raw(metadata);
            }
            self.memory.write(w);
            self.tune.write_before_vcpus(w);
            self.memory.backing.write(w);
            self.vcpus.write(w);
            self.tune.iothreads.write(w);
            if !self.throttle_groups.is_empty() {
                w.element("throttlegroups").children(|w| read::write_all(&self.throttle_groups, w));
            }
            self.tune.write_after_iothreads(w);
            if let Some(iommufd) = &self.iommufd {
                iommufd.write(w);
            }
            self.tune.write_resource(w);
            self.sysinfo.write(w);
            self.os.write(w);
            read::write_opt(self.id_map.as_ref(), w);
            self.features.write(w);
            self.write_cpu(w);
            self.clock.write(w);
            self.lifecycle.write(w);
            self.devices.write(w);
            self.security.write(w);
            self.qemu.write(w);
        });
    }

    /// Writes `<cpu>`, whose `<numa>` the model keeps in [`Domain::numa`].
    fn write_cpu(&self, w: &mut Writer) {
        Cpu::write_with(self.cpu.as_ref(), |w| self.numa.write(w), w);
    }
}

/// `<genid>`: a UUID, or empty where one is to be generated.
#[allow(clippy::option_option)] // The element may be present and empty.
fn read_genid(el: El<'_>, r: &mut Reader) -> Option<Option<Uuid>> {
    let empty = el.child("genid")?.text().trim().is_empty();
    Some(if empty { None } else { read_uuid(el, "genid", r) })
}

/// `type=`; an empty text is read as absent.
fn read_type(el: El<'_>, r: &mut Reader) -> Option<VirtType> {
    if el.get("type") == Some("") {
        let message = "`<domain>` has an empty `type`";
        r.refuse_as(Class::Internal, &read::ATTRIBUTE_MISSING, el.pos().attr("type"), message);
        return None;
    }
    r.required_as(Class::Internal, Class::Unsupported, el, "type")
}

/// `<name>`.
fn read_name(el: El<'_>, r: &mut Reader) -> Option<String> {
    let name = el.child_text("name");
    if name.is_none() {
        let (place, message) = match el.child("name") {
            Some(empty) => (empty.pos(), "the domain's `<name>` is empty"),
            None => (el.pos(), "the domain has no `<name>`"),
        };
        r.refuse(&NAME_MISSING, place, message);
    }
    name
}

/// `<title>`, of one line.
fn read_title(el: El<'_>, r: &mut Reader) -> Option<String> {
    let title = el.child_text("title");
    if title.as_ref().is_some_and(|title| title.contains('\n')) {
        let place = el.child("title").unwrap_or(el).pos();
        r.refuse(&TITLE_NEWLINE, place, "`<title>` is more than one line");
    }
    title
}

/// The text of the child `name` as a UUID; an empty text is read as absent.
fn read_uuid(el: El<'_>, name: &'static str, r: &mut Reader) -> Option<Uuid> {
    let child = el.child(name)?;
    let text = child.text();
    if text.is_empty() {
        return None;
    }
    let found = Uuid::parse(&text);
    if found.is_none() {
        r.refuse(&UUID, child.pos(), format!("bad value `{text}` in `<{name}>`"));
    }
    found
}
