//! Reading a capabilities file.

use bitflags::Flags as _;
use std::str::FromStr;

use roxmltree::{Document, Node, ParsingOptions};
use virtargv_model::xml;

use super::{CapsError, CapsErrorKind, FORMAT_VERSION};
use crate::{
    Accel, Arch, CapSet, Caps, CapsBuilder, CpuModel, CpuidLeaf, Gic, GicVersion, HostCpu, HostCpuProperty,
    Hyperv, Machine, PropertyValue, Release, Sev, Sgx, SgxSection, Tristate, Usable,
};

/// The largest file that is read, in bytes. Files of libvirt have about half a megabyte.
const MAX_LENGTH: usize = 32 << 20;
const MAX_NODES: u32 = 2_000_000;

type Read<T> = Result<T, CapsError>;
type Elem<'a, 'd> = Node<'a, 'd>;

impl Caps {
    /// Reads a capabilities file in libvirt's form (of releases 7.0 to 11.3) or in the form of
    /// [`to_xml`](Self::to_xml). Unknown elements are ignored.
    ///
    /// # Errors
    /// The text is not a capabilities file, or has a flag that no release has.
    pub fn from_xml(text: &str, release: Release) -> Result<Self, CapsError> {
        let fail = |line, column, kind| Err(CapsError { line, column, kind });
        if text.len() > MAX_LENGTH {
            return fail(1, 1, CapsErrorKind::TooLong(MAX_LENGTH));
        }
        if let Some((offset, limit)) = xml::beyond_limits(text) {
            let before = text.get(..offset).unwrap_or_default();
            let start = before.rfind('\n').map_or(0, |end| end + 1);
            let row = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
            let column = before.get(start..).unwrap_or_default().chars().count() + 1;
            let number = |count| u32::try_from(count).unwrap_or(u32::MAX);
            return fail(number(row), number(column), CapsErrorKind::Xml(limit.to_string()));
        }
        let options = ParsingOptions { nodes_limit: MAX_NODES, ..ParsingOptions::default() };
        let document = match Document::parse_with_options(text, options) {
            Ok(document) => document,
            Err(error) => {
                let pos = error.pos();
                return fail(
                    pos.row,
                    pos.col,
                    CapsErrorKind::Xml(without_place(&error.to_string()).to_owned()),
                );
            }
        };
        read_root(document.root_element(), release)
    }
}

/// The parser's text without its place, which the error has.
fn without_place(text: &str) -> &str {
    text.rsplit_once(" at ").map_or(text, |(what, _)| what)
}

fn err<T>(node: Elem<'_, '_>, kind: CapsErrorKind) -> Read<T> {
    let pos = node.document().text_pos_at(node.range().start);
    Err(CapsError { line: pos.row, column: pos.col, kind })
}

fn name(node: Elem<'_, '_>) -> String {
    node.tag_name().name().to_owned()
}

fn bad<T>(node: Elem<'_, '_>, what: &'static str, value: &str) -> Read<T> {
    err(node, CapsErrorKind::Value { element: name(node), what, value: value.to_owned() })
}

fn attr<'a>(node: Elem<'a, '_>, attribute: &'static str) -> Read<&'a str> {
    match node.attribute(attribute) {
        Some(value) => Ok(value),
        None => err(node, CapsErrorKind::MissingAttribute { element: name(node), attribute }),
    }
}

fn opt_text(node: Elem<'_, '_>, attribute: &str) -> Option<Box<str>> {
    node.attribute(attribute).map(Into::into)
}

fn parsed<T: FromStr>(node: Elem<'_, '_>, attribute: &'static str) -> Read<T> {
    let value = attr(node, attribute)?;
    value.parse().or_else(|_| bad(node, attribute, value))
}

fn tristate(node: Elem<'_, '_>, attribute: &'static str) -> Read<Tristate> {
    match node.attribute(attribute) {
        None => Ok(Tristate::Absent),
        Some("yes") => Ok(Tristate::Yes),
        Some("no") => Ok(Tristate::No),
        Some(value) => bad(node, attribute, value),
    }
}

fn flag(node: Elem<'_, '_>, attribute: &'static str) -> Read<bool> {
    Ok(tristate(node, attribute)?.is_yes())
}

/// `on` or `off` in the child `name`.
fn switch(node: Elem<'_, '_>, name: &'static str) -> Read<Tristate> {
    let Some(child) = elements(node).find(|child| child.has_tag_name(name)) else {
        return Ok(Tristate::Absent);
    };
    match content(child) {
        "on" => Ok(Tristate::Yes),
        "off" => Ok(Tristate::No),
        value => bad(child, "content", value),
    }
}

/// The text of an element, without surrounding white space.
fn content<'a>(node: Elem<'a, '_>) -> &'a str {
    node.text().unwrap_or_default().trim()
}

fn content_parsed<T: FromStr>(node: Elem<'_, '_>) -> Read<T> {
    content(node).parse().or_else(|_| bad(node, "content", content(node)))
}

fn content_yes(node: Elem<'_, '_>) -> Read<bool> {
    match content(node) {
        "yes" => Ok(true),
        "no" => Ok(false),
        value => bad(node, "content", value),
    }
}

fn elements<'a, 'd>(node: Elem<'a, 'd>) -> impl Iterator<Item = Elem<'a, 'd>> {
    node.children().filter(Node::is_element)
}

fn read_root(root: Elem<'_, '_>, release: Release) -> Read<Caps> {
    if !root.has_tag_name("qemuCaps") {
        return err(root, CapsErrorKind::Root(name(root)));
    }
    if let Some(version) = root.attribute("format") {
        match version.parse::<u32>() {
            Ok(known) if known <= FORMAT_VERSION => {}
            Ok(_) => return err(root, CapsErrorKind::FormatVersion(version.to_owned())),
            Err(_) => return bad(root, "format", version),
        }
    }
    let Some(arch) = elements(root).find(|node| node.has_tag_name("arch")) else {
        return err(root, CapsErrorKind::MissingElement("arch"));
    };
    let mut builder = Caps::builder(release, content_parsed::<Arch>(arch)?);
    for node in elements(root) {
        read_element(node, &mut builder)?;
    }
    Ok(builder.build())
}

fn read_element(node: Elem<'_, '_>, builder: &mut CapsBuilder) -> Read<()> {
    let details = builder.details_mut();
    match node.tag_name().name() {
        "emulator" => details.emulator = content(node).into(),
        "version" => details.version = content_parsed(node)?,
        "kvmVersion" => details.kvm_version = Some(content_parsed(node)?),
        "microcodeVersion" => details.probed_on.microcode_version = content_parsed(node)?,
        "hostCPUSignature" => details.probed_on.signature = Some(content(node).into()),
        "kernelVersion" => details.probed_on.kernel_version = Some(content(node).into()),
        "cpudata" => details.probed_on.cpuid = read_cpuid(node)?,
        "package" => details.package = content(node).into(),
        "flag" => builder.listed = builder.listed | read_flag(node)?,
        "cpu" => {
            let accel = parsed::<Accel>(node, "type")?;
            details.accel_mut(accel).cpu_models.push(read_cpu(node)?);
        }
        "machine" => {
            let accel = parsed::<Accel>(node, "type")?;
            details.accel_mut(accel).machines.push(read_machine(node)?);
        }
        "hostCPU" => {
            let accel = parsed::<Accel>(node, "type")?;
            details.accel_mut(accel).host_cpu = Some(read_host_cpu(node)?);
        }
        "gic" => details.gics.push(read_gic(node)?),
        "sev" => details.sev = Some(read_sev(node)?),
        "sgx" if flag(node, "supported")? => details.sgx = Some(read_sgx(node)?),
        "hypervCapabilities" if flag(node, "supported")? => {
            let names = elements(node).filter(|cap| cap.has_tag_name("cap"));
            let features = names.map(|cap| attr(cap, "name").map(Into::into)).collect::<Read<_>>()?;
            details.hyperv = Some(Hyperv {
                features,
                stimer_direct: switch(node, "stimer_direct")?,
                tlbflush_direct: switch(node, "tlbflush_direct")?,
                tlbflush_extended: switch(node, "tlbflush_extended")?,
            });
        }
        _ => {}
    }
    Ok(())
}

fn read_flag(node: Elem<'_, '_>) -> Read<CapSet> {
    let name = attr(node, "name")?;
    match CapSet::from_name(name) {
        Some(flag) => Ok(flag),
        None => err(node, CapsErrorKind::UnknownFlag(name.to_owned())),
    }
}

fn read_cpuid(node: Elem<'_, '_>) -> Read<Vec<CpuidLeaf>> {
    let leaves = elements(node).filter(|leaf| leaf.has_tag_name("cpuid"));
    let read = |leaf| {
        Ok(CpuidLeaf {
            leaf: hexadecimal(leaf, "eax_in")?,
            subleaf: hexadecimal(leaf, "ecx_in")?,
            registers: [
                hexadecimal(leaf, "eax")?,
                hexadecimal(leaf, "ebx")?,
                hexadecimal(leaf, "ecx")?,
                hexadecimal(leaf, "edx")?,
            ],
        })
    };
    leaves.map(read).collect()
}

/// A number with the prefix `0x`.
fn hexadecimal(node: Elem<'_, '_>, attribute: &'static str) -> Read<u32> {
    let value = attr(node, attribute)?;
    let number = value.strip_prefix("0x").and_then(|digits| u32::from_str_radix(digits, 16).ok());
    number.map_or_else(|| bad(node, attribute, value), Ok)
}

fn read_cpu(node: Elem<'_, '_>) -> Read<CpuModel> {
    let usable = match node.attribute("usable") {
        None | Some("unknown") => Usable::Unknown,
        Some("yes") => Usable::Yes,
        Some("no") => Usable::No,
        Some(value) => return bad(node, "usable", value),
    };
    let blockers = elements(node).filter(|child| child.has_tag_name("blocker"));
    Ok(CpuModel {
        name: attr(node, "name")?.into(),
        typename: opt_text(node, "typename"),
        usable,
        blockers: blockers.map(|blocker| attr(blocker, "name").map(Into::into)).collect::<Read<_>>()?,
        deprecated: flag(node, "deprecated")?,
        vendor: opt_text(node, "vendor"),
    })
}

fn read_machine(node: Elem<'_, '_>) -> Read<Machine> {
    Ok(Machine {
        name: attr(node, "name")?.into(),
        alias: opt_text(node, "alias"),
        max_cpus: if node.has_attribute("maxCpus") { parsed(node, "maxCpus")? } else { 0 },
        hotplug_cpus: flag(node, "hotplugCpus")?,
        default_cpu: opt_text(node, "defaultCPU"),
        numa_mem_supported: flag(node, "numaMemSupported")?,
        default_ram_id: opt_text(node, "defaultRAMid"),
        deprecated: flag(node, "deprecated")?,
        acpi: tristate(node, "acpi")?,
        is_default: flag(node, "default")?,
    })
}

fn read_host_cpu(node: Elem<'_, '_>) -> Read<HostCpu> {
    let mut host = HostCpu {
        model: attr(node, "model")?.into(),
        migratability: flag(node, "migratability")?,
        ..HostCpu::default()
    };
    for child in elements(node) {
        match child.tag_name().name() {
            "property" => host.properties.push(read_property(child)?),
            "deprecatedFeatures" => {
                for property in elements(child) {
                    host.deprecated.push(attr(property, "name")?.into());
                }
            }
            _ => {}
        }
    }
    Ok(host)
}

fn read_property(node: Elem<'_, '_>) -> Read<HostCpuProperty> {
    let value = match attr(node, "type")? {
        "boolean" => match attr(node, "value")? {
            "true" => PropertyValue::Bool(true),
            "false" => PropertyValue::Bool(false),
            value => return bad(node, "value", value),
        },
        "string" => PropertyValue::Text(attr(node, "value")?.into()),
        "number" => PropertyValue::Number(parsed(node, "value")?),
        value => return bad(node, "type", value),
    };
    Ok(HostCpuProperty { name: attr(node, "name")?.into(), value, migratable: tristate(node, "migratable")? })
}

fn read_gic(node: Elem<'_, '_>) -> Read<Gic> {
    let version = attr(node, "version")?;
    match GicVersion::from_name(version) {
        Some(version) => {
            Ok(Gic { version, kernel: flag(node, "kernel")?, emulated: flag(node, "emulated")? })
        }
        None => bad(node, "version", version),
    }
}

fn read_sev(node: Elem<'_, '_>) -> Read<Sev> {
    let mut sev = Sev::default();
    for child in elements(node) {
        match child.tag_name().name() {
            "cbitpos" => sev.cbitpos = content_parsed(child)?,
            "reducedPhysBits" => sev.reduced_phys_bits = content_parsed(child)?,
            "pdh" => sev.pdh = content(child).into(),
            "certChain" => sev.cert_chain = content(child).into(),
            "cpu0Id" => sev.cpu0_id = Some(content(child).into()),
            _ => {}
        }
    }
    Ok(sev)
}

fn read_sgx(node: Elem<'_, '_>) -> Read<Sgx> {
    let mut sgx = Sgx::default();
    for child in elements(node) {
        match child.tag_name().name() {
            "flc" => sgx.flc = content_yes(child)?,
            "sgx1" => sgx.sgx1 = content_yes(child)?,
            "sgx2" => sgx.sgx2 = content_yes(child)?,
            "section_size" => sgx.section_size_kib = content_parsed(child)?,
            "sections" => {
                for section in elements(child) {
                    let section =
                        SgxSection { node: parsed(section, "node")?, size_kib: parsed(section, "size")? };
                    sgx.sections.push(section);
                }
            }
            _ => {}
        }
    }
    Ok(sgx)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "the recorded sets are files")]
mod tests {
    use super::*;
    use crate::ProbedOn;

    fn check(text: &str, expected: &str) {
        let actual = match Caps::from_xml(text, Release::V11_3) {
            Ok(caps) => format!("{} {:?}", caps.arch(), caps.listed_flags()),
            Err(error) => error.to_string(),
        };
        assert_eq!(actual, expected);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        check("<qemuCaps>\n<arch>x86_64</arch><flag name='spice'/></qemuCaps>", r#"x86_64 {"spice"}"#);
        check("<qemuCaps>\n  <arch>z80</arch></qemuCaps>", "2:3: `z80` is not a valid content of `<arch>`");
        check(
            "<caps/>",
            "1:1: this is not a capabilities file: the root element is `<caps>`, not `<qemuCaps>`",
        );
        check("<qemuCaps/>", "1:1: `<arch>` is missing");
        check(
            "<qemuCaps format='2'/>",
            "1:1: the form `2` is not known; a later version of this program wrote the file",
        );
        check(
            "<qemuCaps><arch>ppc64</arch>\n<flag name='warp'/></qemuCaps>",
            "2:1: there is no capability flag `warp`",
        );
        check("<qemuCaps><arch>ppc64</arch><cpu type='kvm'/></qemuCaps>", "1:29: `<cpu>` lacks `name`");
        check(
            "<qemuCaps><arch>ppc64</arch><version>99999999999</version></qemuCaps>",
            "1:29: `99999999999` is not a valid content of `<version>`",
        );
        check(
            "<qemuCaps><arch>ppc64</arch><cpudata><cpuid eax_in='7'/></cpudata></qemuCaps>",
            "1:38: `7` is not a valid eax_in of `<cpuid>`",
        );
        check(
            "<qemuCaps><arch>x86_64</arch><hypervCapabilities supported='yes'>\n<stimer_direct>yes</stimer_direct>\
             </hypervCapabilities></qemuCaps>",
            "2:1: `yes` is not a valid content of `<stimer_direct>`",
        );
    }

    #[test]
    fn what_xml_cannot_hold_is_escaped() {
        let check = |package: &str, expected: &str| {
            let caps = Caps::builder(Release::V11_3, Arch::X86_64).package(package).build();
            assert_eq!(Caps::from_xml(&caps.to_xml(), Release::V11_3).unwrap().package(), expected);
        };
        check("one & 'two' <three>", "one & 'two' <three>");
        check("pkg\x7f\x1b[31mX\x01", "pkg\x7f\\u{1b}[31mX\\u{1}");
        check("a\u{9b}b\u{fffe}c", "a\u{9b}b\\u{fffe}c");
    }

    #[test]
    fn the_host_of_the_probe_is_kept() {
        let host = ProbedOn {
            microcode_version: 7,
            signature: Some("Acme, One, family: 6".into()),
            kernel_version: Some("6.1 #1".into()),
            cpuid: vec![CpuidLeaf { leaf: 0x8000_0001, subleaf: 2, registers: [0, 1, 2, 0xffff_ffff] }],
        };
        let caps = Caps::builder(Release::V11_3, Arch::X86_64).probed_on(host.clone()).build();
        assert_eq!(*Caps::from_xml(&caps.to_xml(), Release::V11_3).unwrap().probed_on(), host);
    }

    #[test]
    fn parts_of_enlightenments_are_kept() {
        let hyperv = Hyperv {
            features: vec!["stimer".into()],
            stimer_direct: Tristate::Yes,
            tlbflush_direct: Tristate::No,
            tlbflush_extended: Tristate::Absent,
        };
        let caps = Caps::builder(Release::V12_9, Arch::X86_64).hyperv(hyperv.clone()).build();
        assert_eq!(Caps::from_xml(&caps.to_xml(), Release::V12_9).unwrap().hyperv(), Some(&hyperv));
    }

    /// Reads every capabilities file of the corpus, where there is one.
    #[test]
    fn files_of_the_reference_survive_writing() {
        for (set, release) in [("classic", Release::V7_0), ("modern", Release::V11_3)] {
            let dir = format!("{}/../../shared/corpus/{set}/capabilities", env!("CARGO_MANIFEST_DIR"));
            let Ok(files) = std::fs::read_dir(dir) else {
                return;
            };
            for path in files.map(|file| file.unwrap().path()) {
                if path.extension().is_some_and(|extension| extension == "xml") {
                    let caps = Caps::from_xml(&std::fs::read_to_string(&path).unwrap(), release).unwrap();
                    assert_eq!(Caps::from_xml(&caps.to_xml(), release), Ok(caps), "{}", path.display());
                }
            }
        }
    }
}
