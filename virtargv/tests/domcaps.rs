//! Domain capabilities of built-in sets, which know no host, on hosts of which this or that is known.

#![allow(clippy::expect_used, reason = "a test that cannot be set up has failed")]

use std::collections::BTreeSet;
use std::sync::Arc;

use expect_test::{Expect, expect};
use virtargv::caps::{
    Accel, CpuMap, CpuModel, HostCpu, HostCpuProperty, PropertyValue, Sev, Tristate, Usable,
};
use virtargv::domcaps::{DomcapsRequest, domcaps};
use virtargv::host::SevGuests;
use virtargv::model::VirtType;
use virtargv::{Arch, Caps, FixedHost, Release, Request, builtin};

fn set(name: &str, release: Release) -> Caps {
    builtin::get(name, release).expect("a built-in set")
}

fn document(wanted: &DomcapsRequest, caps: &Caps, host: &FixedHost) -> String {
    domcaps(wanted, &Request::new(caps, host)).expect("domain capabilities").to_xml()
}

/// The section of `document` from the line `<name` on to its end.
fn section(document: &str, name: &str) -> String {
    let lines: Vec<&str> = document.lines().collect();
    let is_start = |line: &&str| {
        let rest = line.trim_start().strip_prefix('<').and_then(|rest| rest.strip_prefix(name));
        rest.is_some_and(|rest| rest.starts_with([' ', '>']))
    };
    let start = lines.iter().position(is_start).expect("the section");
    let first = lines.get(start).expect("a line");
    let indent = first.len() - first.trim_start().len();
    let end = lines.iter().skip(start).position(|line| {
        line.trim_start().starts_with("</") && line.len() - line.trim_start().len() == indent
    });
    let count = if first.ends_with("/>") { 1 } else { end.map_or(1, |end| end + 1) };
    lines
        .iter()
        .skip(start)
        .take(count)
        .map(|line| format!("{}\n", line.get(indent..).unwrap_or("")))
        .collect()
}

fn machine(name: &str) -> DomcapsRequest {
    DomcapsRequest { machine: Some(name.to_owned()), ..DomcapsRequest::default() }
}

fn host(arch: Arch) -> FixedHost {
    FixedHost { arch, ..FixedHost::default() }
}

#[test]
fn a_document_has_all_sections_in_their_order() {
    let caps = set("qemu-11.1-riscv64", Release::V12_9);
    let wanted = DomcapsRequest { virt_type: Some(VirtType::Qemu), ..DomcapsRequest::default() };
    expect![[""]].assert_eq(&document(&wanted, &caps, &host(Arch::X86_64)));
}

#[test]
fn words_follow_from_machine_and_qemu() {
    let check = |name: &str, arch: Arch, release, wanted: &str, what: &str, expected: Expect| {
        let told = document(&machine(wanted), &set(name, release), &host(arch));
        expected.assert_eq(&section(&told, what));
    };
    check("qemu-11.1-x86_64", Arch::X86_64, Release::V12_9, "pc", "disk", expect![[""]]);
    check("qemu-11.1-s390x", Arch::S390x, Release::V12_9, "s390-ccw-virtio", "disk", expect![[""]]);
    check("qemu-10.0-ppc64", Arch::Ppc64, Release::V11_3, "pseries", "disk", expect![[""]]);
    check("qemu-10.0-x86_64", Arch::X86_64, Release::V11_3, "q35", "panic", expect![[""]]);
    check("qemu-10.0-ppc64", Arch::Ppc64, Release::V11_3, "pseries", "panic", expect![[""]]);
    check("qemu-10.0-s390x", Arch::S390x, Release::V11_3, "s390-ccw-virtio", "video", expect![[""]]);
    check("qemu-10.0-s390x", Arch::S390x, Release::V11_3, "s390-ccw-virtio", "tpm", expect![[""]]);
    check("qemu-11.1-x86_64", Arch::X86_64, Release::V12_9, "q35", "filesystem", expect![[""]]);
    check("qemu-10.0-x86_64", Arch::X86_64, Release::V11_3, "q35", "filesystem", expect![[""]]);
    check("qemu-11.1-x86_64", Arch::X86_64, Release::V12_9, "q35", "hostdev", expect![[""]]);
    check("qemu-10.0-x86_64", Arch::X86_64, Release::V11_3, "microvm", "features", expect![[""]]);
    check("qemu-7.2-x86_64", Arch::X86_64, Release::V7_0, "pc", "features", expect![[""]]);
}

#[test]
fn the_host_limits_vcpus_under_kvm() {
    let caps = set("qemu-11.1-x86_64", Release::V12_9);
    let check = |virt_type, most, expected: &str| {
        let wanted = DomcapsRequest { virt_type: Some(virt_type), ..machine("q35") };
        let told = document(&wanted, &caps, &FixedHost { kvm_max_vcpus: most, ..FixedHost::default() });
        assert!(told.contains(expected), "{virt_type} {most:?}: {told}");
    };
    check(VirtType::Kvm, Some(710), "<vcpu max='710'/>");
    check(VirtType::Kvm, Some(u32::MAX), "<vcpu max='4096'/>");
    check(VirtType::Kvm, None, "<vcpu max='4096'/>");
    check(VirtType::Qemu, Some(710), "<vcpu max='4096'/>");
}

#[test]
fn devices_of_the_host() {
    let caps = set("qemu-10.0-x86_64", Release::V11_3);
    let check = |host: &FixedHost, what: &str, expected: Expect| {
        expected.assert_eq(&section(&document(&machine("q35"), &caps, host), what));
    };
    let without_swtpm = FixedHost {
        missing_tpm_versions: BTreeSet::from(["1.2".to_owned(), "2.0".to_owned()]),
        ..FixedHost::default()
    };
    check(&without_swtpm, "tpm", expect![[""]]);
    let one = FixedHost { missing_tpm_versions: BTreeSet::from(["1.2".to_owned()]), ..FixedHost::default() };
    check(&one, "tpm", expect![[""]]);
    check(&FixedHost { qemu_rdp: true, ..FixedHost::default() }, "graphics", expect![[""]]);
    check(&FixedHost { vfio: false, ..FixedHost::default() }, "hostdev", expect![[""]]);
}

#[test]
fn firmware_is_that_of_the_descriptors_for_the_machine() {
    let descriptor = |image: &str, machine: &str, features: &str| {
        format!(
            r#"{{"interface-types": ["uefi"], "mapping": {{"device": "flash", "executable": {{"filename": "{image}", "format": "raw"}},
            "nvram-template": {{"filename": "/fw/vars", "format": "raw"}}}},
            "targets": [{{"architecture": "x86_64", "machines": ["{machine}"]}}], "features": [{features}]}}"#
        )
    };
    let mut host = FixedHost::default();
    for (name, text) in [
        (
            "20-smm.json",
            descriptor("/fw/smm", "pc-q35-*", r#""requires-smm", "secure-boot", "enrolled-keys""#),
        ),
        ("30-plain.json", descriptor("/fw/plain", "pc-*", "")),
        ("40-again.json", descriptor("/fw/plain", "pc-*", "")),
    ] {
        host.files.insert(format!("/usr/share/qemu/firmware/{name}"), text);
    }
    let check = |name: &str, release, wanted: &str, host: &FixedHost, expected: Expect| {
        expected.assert_eq(&section(&document(&machine(wanted), &set(name, release), host), "os"));
    };
    check("qemu-11.1-x86_64", Release::V12_9, "q35", &host, expect![[""]]);
    check("qemu-10.0-x86_64", Release::V11_3, "pc", &host, expect![[""]]);
    // Without a descriptor for the machine, the images of the setting that are there.
    let mut host = FixedHost { images: Some([("/fw/old".to_owned(), vec![0])].into()), ..host };
    host.config.nvram = ["/fw/old", "/fw/gone"].map(|image| (image.to_owned(), "/fw/vars".to_owned())).into();
    check("qemu-10.0-x86_64", Release::V11_3, "microvm", &host, expect![[""]]);
}

/// Definitions of two models, one of which is another name of its version.
fn definitions() -> CpuMap {
    let file = |name: &str| {
        let text = match name {
            "index.xml" => {
                "<cpus><arch name='x86'><include filename='features'/><group><include filename='models'/></group></arch></cpus>"
            }
            "features" => {
                "<cpus><vendor name='Acme' string='AcmeAcmeAcme'/>
                <feature name='add'><cpuid eax_in='0x1' ecx='0x1'/></feature>
                <feature name='lahf_lm'><cpuid eax_in='0x80000001' ecx='0x1'/></feature></cpus>"
            }
            "models" => {
                "<cpus><model name='Anvil'><vendor name='Acme'/><feature name='add'/></model>
                <model name='Anvil-v1'><model name='Anvil'/></model><model name='Zero'/></cpus>"
            }
            _ => return None,
        };
        Some(text.to_owned())
    };
    CpuMap::parse(file).expect("definitions")
}

#[test]
fn cpus_follow_from_qemu_and_the_definitions() {
    let property =
        |name: &str, value| HostCpuProperty { name: name.into(), value, migratable: Tristate::Yes };
    let expansion = HostCpu {
        model: "base".into(),
        migratability: true,
        properties: vec![
            property("vendor", PropertyValue::Text("AcmeAcmeAcme".into())),
            property("lahf-lm", PropertyValue::Bool(true)),
            property("add", PropertyValue::Bool(true)),
        ],
        deprecated: Vec::new(),
    };
    let caps = |release| {
        let mut edit = set("qemu-10.0-x86_64", release).edit().retain_cpu_models(|_| false);
        for accel in [Accel::Kvm, Accel::Tcg] {
            for (name, blockers) in [
                ("Zero", vec![]),
                ("host", vec![]),
                ("Anvil-v1", vec!["lahf-lm", "add"]),
                ("Anvil", vec![]),
                ("Other", vec![]),
            ] {
                let usable = if blockers.is_empty() { Usable::Yes } else { Usable::No };
                let blockers = blockers.into_iter().map(Into::into).collect();
                edit = edit.cpu_model(accel, CpuModel { usable, blockers, ..CpuModel::named(name) });
            }
            edit = edit.host_cpu(accel, expansion.clone());
        }
        edit.build()
    };
    let host =
        FixedHost { cpu_map: Arc::new(definitions()), phys_addr_bits: Some(46), ..FixedHost::default() };
    let check = |release, virt_type, expected: Expect| {
        let wanted = DomcapsRequest { virt_type: Some(virt_type), ..machine("q35") };
        expected.assert_eq(&section(&document(&wanted, &caps(release), &host), "cpu"));
    };
    check(Release::V12_9, VirtType::Kvm, expect![[""]]);
    check(Release::V11_3, VirtType::Qemu, expect![[""]]);
    check(Release::V7_0, VirtType::Kvm, expect![[""]]);
}

#[test]
fn sev_tells_how_many_guests_the_host_protects() {
    let sev = Sev { cbitpos: 47, reduced_phys_bits: 1, cpu0_id: Some("aWQ=".into()), ..Sev::default() };
    let caps = set("qemu-10.0-x86_64", Release::V11_3).edit().sev(sev).build();
    let most = SevGuests { plain: 410, encrypted_state: 99 };
    let told =
        document(&machine("q35"), &caps, &FixedHost { sev_guests: Some(most), ..FixedHost::default() });
    expect![[""]].assert_eq(&(section(&told, "sev") + &section(&told, "launchSecurity")));
}

#[test]
fn what_the_host_does_not_know_is_named() {
    let caps = set("qemu-10.0-x86_64", Release::V11_3);
    let told =
        domcaps(&machine("q35"), &Request::new(&caps, &virtargv::host::NotKnown)).expect("capabilities");
    expect![[""]].assert_eq(&told.unknown.join("\n"));
}

#[test]
fn what_there_is_not_is_refused() {
    let caps = set("qemu-10.0-x86_64", Release::V11_3);
    let check = |wanted: DomcapsRequest, expected: &str| {
        let error = domcaps(&wanted, &Request::new(&caps, &FixedHost::default())).expect_err("an error");
        assert_eq!(error.to_string(), expected);
    };
    check(machine("q36"), "this QEMU has no machine type `q36`");
    let arch = DomcapsRequest { arch: Some(Arch::S390x), ..DomcapsRequest::default() };
    check(arch, "this QEMU is for architecture `x86_64` and does not run guests of `s390x`");
    let xen = DomcapsRequest { virt_type: Some(VirtType::Xen), ..DomcapsRequest::default() };
    check(xen, "QEMU has no guests of type `xen`");
}
