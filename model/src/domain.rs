//! The `<domain>` element.

use crate::device::disk::ThrottleGroup;
use crate::device::filesystem::id_map::IdMap;
use crate::read;
use crate::read::{El, Elements, LONG_INTERNAL, LONG_UNSUPPORTED, MAX_DOCUMENT, Reader};
use crate::write::Writer;
use crate::{
    Devices, Place, Pos, Release, Report, Rule, clock::Clock, cpu::Cpu, features::Features,
    lifecycle::Lifecycle, memory::Memory, numa::Numa, os::Os, qemu_ns::QemuNamespace, security::Security,
    sysinfo::Sysinfo, tune::Tune, vcpu::Vcpus,
};

crate::rules! {
    /// A document has at most 16 MiB.
    DOCUMENT_SIZE = "document-size": Xml, Read, "a limit of this project, which bounds memory and time",
        help "split or shorten the document";
    /// A document is well-formed XML.
    NOT_XML = "xml": Plain, Read, "the XML recommendation; document type declarations are not read",
        help "mend the markup at the place shown";
    /// The outermost element is `<domain>`.
    ROOT_ELEMENT = "root-element": Xml, Read, "the domain format", help "pass a domain document";
    /// TODO title-newline
    TITLE_NEWLINE = "title-newline": Xml, Read, "TODO";
    /// TODO sysinfo-uuid-mismatch
    SYSINFO_UUID_MISMATCH = "sysinfo-uuid-mismatch": Plain, Read, "TODO";
    /// TODO uuid
    UUID = "uuid": Internal, Read, "TODO";
}

spelled! {
    /// The hypervisor a domain is for (`<domain type=>`).
    pub enum VirtType {
        /// QEMU without acceleration (TCG).
        Qemu = "qemu",
        /// QEMU with KQEMU, long gone.
        Kqemu = "kqemu",
        /// QEMU with KVM.
        Kvm = "kvm",
        /// Xen.
        Xen = "xen",
        /// Linux containers.
        Lxc = "lxc",
        /// User-mode Linux.
        Uml = "uml",
        /// OpenVZ.
        Openvz = "openvz",
        /// The reference's test driver.
        Test = "test",
        /// VMware ESX.
        Vmware = "vmware",
        /// Microsoft Hyper-V.
        Hyperv = "hyperv",
        /// VirtualBox.
        Vbox = "vbox",
        /// IBM PowerVM.
        Phyp = "phyp",
        /// Parallels.
        Parallels = "parallels",
        /// FreeBSD bhyve.
        Bhyve = "bhyve",
        /// Virtuozzo.
        Vz = "vz",
        /// QEMU with the macOS Hypervisor framework.
        Hvf = "hvf" since "8.1",
    }
}

/// A domain as its document states it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Domain {
    /// Where `<domain>` stands.
    pub pos: Pos,
    /// `type=`: the hypervisor.
    pub virt_type: Option<VirtType>,
    /// `id=`: the number of a running domain.
    pub id: Option<i32>,
    /// `<name>`.
    pub name: Option<String>,
    /// `<uuid>`, in its usual lower-case form with dashes.
    pub uuid: Option<String>,
    /// `<genid>`: `Some(None)` where the element is empty and a value is to be generated.
    pub genid: Option<Option<String>>,
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
    /// `<iothreads>`, `<cputune>`, `<numatune>`, `<blkiotune>`, `<memtune>`, `<resource>`.
    pub tune: Tune,
    /// `<throttlegroups>`.
    pub throttle_groups: Vec<ThrottleGroup>,
    /// `<sysinfo>`.
    pub sysinfo: Sysinfo,
    /// `<os>` and `<bootloader>`.
    pub os: Os,
    /// `<idmap>`: which of a container's users are which of the host's.
    pub id_map: Option<IdMap>,
    /// `<features>`.
    pub features: Features,
    /// `<cpu>`, without its `<numa>`.
    pub cpu: Option<Cpu>,
    /// `<cpu><numa>`.
    pub numa: Numa,
    /// `<clock>`.
    pub clock: Clock,
    /// `<on_poweroff>` and its like, `<pm>`, `<perf>`.
    pub lifecycle: Lifecycle,
    /// `<devices>`.
    pub devices: Devices,
    /// `<seclabel>`, `<launchSecurity>`, `<keywrap>`.
    pub security: Security,
    /// The elements of the `qemu:` namespace.
    pub qemu: QemuNamespace,
}

/// What [`parse`] gives: the domain as far as it could be read, and what was wrong with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// `None` only where the text is not XML or its root is not `<domain>`.
    pub domain: Option<Domain>,
    /// The problems of reading.
    pub report: Report,
}

/// Reads a domain document as `release` does: words that came later are refused, elements and attributes that came later
/// are passed over. It never fails as a whole: what cannot be read is reported and left out.
pub fn parse(text: &str, release: Release) -> Parsed {
    if text.len() > MAX_DOCUMENT {
        let message =
            format!("the document has {} bytes, more than the '{MAX_DOCUMENT}' that are read", text.len());
        return refused(&DOCUMENT_SIZE, release, Place::byte(0), message);
    }
    let tree = match read::tree(text) {
        Ok(tree) => tree,
        Err(error) => {
            return refused(&NOT_XML, release, Place::byte(error.offset), error.message);
        }
    };
    let elements = Elements::of(&tree);
    let Some(root) = elements.root().filter(|root| root.name() == "domain") else {
        let root = tree.root_element();
        let message = format!("the root element is '{}', expected 'domain'", root.tag_name().name());
        return refused(&ROOT_ELEMENT, release, Pos::at(root.range().start).into(), message);
    };
    let mut reader = Reader::new(release);
    let domain = Domain::read(root, &mut reader);
    Parsed { domain: Some(domain), report: reader.report }
}

/// Writes a domain document.
pub fn format(domain: &Domain) -> String {
    let mut w = Writer::new();
    domain.write(&mut w);
    w.finish()
}

fn refused(rule: &'static Rule, release: Release, place: Place, message: String) -> Parsed {
    Parsed { domain: None, report: rule.problem(release, place, message).into() }
}

impl Domain {
    fn read(el: El<'_>, r: &mut Reader) -> Self {
        // The order is the reference's: it decides which problem comes first.
        let mut domain = Self {
            pos: el.pos(),
            virt_type: r.required_as(LONG_INTERNAL, LONG_UNSUPPORTED, el, "type"),
            id: r.attr(el, "id"),
            name: el.child_text("name"),
            uuid: read_uuid(el, "uuid", r),
            genid: read_genid(el, r),
            title: el.child_text("title"),
            description: el.child_text("description"),
            metadata: el.child("metadata").map(crate::metadata::read),
            os: Os::read(el, r),
            id_map: read::one(el, "idmap", r),
            memory: Memory::read(el, r),
            vcpus: Vcpus::read(el, r),
            tune: Tune::read(el, r),
            cpu: read::one(el, "cpu", r),
            numa: Numa::read(el, r),
            security: Security::read(el, r),
            features: Features::read(el, r),
            lifecycle: Lifecycle::read(el, r),
            clock: Clock::read(el, r),
            throttle_groups: ThrottleGroup::read_all(el, r),
            devices: Devices::read(el, r),
            sysinfo: Sysinfo::read(el, r),
            qemu: QemuNamespace::read(el, r),
        };
        domain.check_title(el, r);
        domain.match_uuids(r);
        domain
    }

    fn check_title(&self, el: El<'_>, r: &mut Reader) {
        if let (Some(title), Some(child)) = (&self.title, el.child("title"))
            && title.contains('\n')
        {
            r.refuse(&TITLE_NEWLINE, child.pos(), "element 'title' is more than one line");
        }
    }

    /// The UUID and that of `<sysinfo>` are one: where only one is given the other follows.
    fn match_uuids(&mut self, r: &mut Reader) {
        let Some(system) = self.sysinfo.smbios().and_then(|smbios| smbios.system.as_ref()) else { return };
        let Some(found) = system.get("uuid") else { return };
        match &self.uuid {
            None => self.uuid = Some(found.to_owned()),
            Some(uuid) if uuid == found => {}
            Some(uuid) => {
                let message = format!("element 'uuid' is '{uuid}', entry 'uuid' of 'sysinfo' is '{found}'");
                r.refuse(&SYSINFO_UUID_MISMATCH, system.pos, message);
            }
        }
    }

    fn write(&self, w: &mut Writer) {
        let tag = w.element("domain").opt("type", self.virt_type).opt("id", self.id);
        let tag = self.qemu.write_namespace(tag);
        tag.children(|w| {
            w.opt_text_element("name", self.name.as_ref());
            w.opt_text_element("uuid", self.uuid.as_ref());
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
            self.tune.write(w);
            if !self.throttle_groups.is_empty() {
                w.element("throttlegroups").children(|w| read::write_all(&self.throttle_groups, w));
            }
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

    /// `<cpu>` holds what two parts of the model describe.
    fn write_cpu(&self, w: &mut Writer) {
        Cpu::write_with(self.cpu.as_ref(), |w| self.numa.write(w), w);
    }
}

/// `<genid>`: a UUID, or empty where one is to be made.
#[allow(clippy::option_option)] // An element that is there may be empty.
fn read_genid(el: El<'_>, r: &mut Reader) -> Option<Option<String>> {
    let empty = el.child("genid")?.text().trim().is_empty();
    Some(if empty { None } else { read_uuid(el, "genid", r) })
}

/// The text of a UUID element.
fn read_uuid(el: El<'_>, name: &'static str, r: &mut Reader) -> Option<String> {
    let child = el.child(name)?;
    let text = child.text();
    let found = uuid(&text);
    if found.is_none() {
        r.refuse(&UUID, child.pos(), format!("malformed value '{text}' of element '{name}'"));
    }
    found
}

/// A UUID with or without dashes, brought to its usual form.
pub(crate) fn uuid(text: &str) -> Option<String> {
    let digits: String = text.trim().chars().filter(|c| *c != '-').collect::<String>().to_ascii_lowercase();
    if digits.len() != 32 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
    let joined: Vec<&str> = parts.into_iter().filter_map(|p| digits.get(p)).collect();
    Some(joined.join("-"))
}
