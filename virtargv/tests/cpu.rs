//! CPUs apart from any domain: reading, baselines, comparisons, and all features.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first failure")]

use std::sync::Arc;

use virtargv::cpu::{self, Definition, Hypervisor, Options, Relation, Status};
use virtargv::{Arch, Caps, FixedHost, Release, Request};
use virtargv_caps::{
    Accel, Cap, CpuMap, CpuModel, HostCpu, HostCpuProperty, Machine, PropertyValue, Tristate, Usable,
};

const DEFINITIONS: &str = "<cpus><vendor name='Acme' string='AcmeAcmeAcme'/>
    <feature name='add'><cpuid eax_in='1' edx='1'/></feature>
    <feature name='sub'><cpuid eax_in='1' edx='2'/></feature>
    <feature name='mul'><cpuid eax_in='7' ebx='1'/></feature>
    <feature name='div'><cpuid eax_in='7' ebx='2'/></feature>
    <feature name='tick' migratable='no'><cpuid eax_in='0x80000007' edx='0x100'/></feature>
    <model name='Early'><check partial='compat'/><signature family='6' model='1'/><vendor name='Acme'/>
      <feature name='add'/><feature name='sub'/></model>
    <model name='Late'><model name='Early'/><feature name='mul'/></model>
    <model name='Late-v2'><model name='Late'/><feature name='div'/></model></cpus>";

/// A host with `add`, `sub` and `tick`, on which QEMU can run `Early`, and `Late` for want of `mul` not.
fn with_host<T>(arch: Arch, with: impl FnOnce(&Request<'_>) -> T) -> T {
    let map = CpuMap::parse(|name| {
        Some(match name {
            "index.xml" => "<cpus><arch name='x86'><include filename='all'/></arch></cpus>".to_owned(),
            _ => DEFINITIONS.to_owned(),
        })
    });
    let property = |name: &str, on, migratable| HostCpuProperty {
        name: name.into(),
        value: PropertyValue::Bool(on),
        migratable,
    };
    let properties = vec![
        property("add", true, Tristate::Yes),
        property("sub", true, Tristate::Yes),
        property("mul", false, Tristate::Absent),
        property("div", false, Tristate::Absent),
        property("tick", true, Tristate::No),
        HostCpuProperty {
            name: "vendor".into(),
            value: PropertyValue::Text("AcmeAcmeAcme".into()),
            migratable: Tristate::Absent,
        },
    ];
    let host = HostCpu { migratability: true, properties, ..HostCpu::default() };
    let mut late = CpuModel { usable: Usable::No, ..CpuModel::named("Late") };
    late.blockers = vec!["mul".into()];
    let caps = Caps::builder(Release::V12_9, arch)
        .set(Cap::Tcg)
        .set(Cap::Kvm)
        .machine(Accel::Kvm, Machine::named("q35"))
        .cpu_model(Accel::Kvm, CpuModel { usable: Usable::Yes, ..CpuModel::named("Early") })
        .cpu_model(Accel::Kvm, late)
        .cpu_model(Accel::Tcg, CpuModel::named("Early"))
        .host_cpu(Accel::Kvm, host)
        .build();
    let machine = FixedHost { arch, cpu_map: Arc::new(map.unwrap()), ..FixedHost::default() };
    with(&Request::new(&caps, &machine))
}

fn read(text: &str) -> Vec<Definition> {
    cpu::read(text, Release::V12_9).unwrap()
}

#[test]
fn cpus_are_found_where_commands_write_them() {
    let check = |text: &str, expected: &[&str]| {
        let shown: Vec<String> = read(text)
            .iter()
            .map(|found| {
                assert_eq!(text[found.range.clone()].chars().next(), Some('<'));
                let host = if found.is_host { " of a host" } else { "" };
                let features =
                    found.cpu.features.iter().map(|(name, policy)| format!(" {} {name}", policy.name()));
                format!(
                    "{} {}{host}{}",
                    found.mode,
                    found.cpu.model.as_deref().unwrap_or("-"),
                    features.collect::<String>()
                )
            })
            .collect();
        assert_eq!(shown, expected, "{text}");
    };
    check("<cpu><model>A</model></cpu>\n<cpu mode='host-model'/>", &["custom A", "host-model -"]);
    check(
        "<?xml version='1.0'?>\n<domain><cpu><model> A </model><feature name='x'/><numa><cell cpus='0'/></numa></cpu></domain>",
        &["custom A require x"],
    );
    check(
        "<capabilities><host><cpu><arch>x86_64</arch><model>A</model><feature name='x'/></cpu></host>
          <topology><cells><cell><cpus><cpu id='0'/></cpus></cell></cells></topology></capabilities>",
        &["custom A of a host require x"],
    );
    check(
        "<domainCapabilities><cpu><mode name='host-passthrough' supported='yes'/>
          <mode name='host-model' supported='yes'><model fallback='forbid'>A</model><feature policy='disable' name='x'/></mode>
          <mode name='custom' supported='yes'><model>B</model></mode></cpu></domainCapabilities>
         <?xml version='1.0'?><domainsnapshot><domain><cpu><model>C</model></cpu></domain></domainsnapshot>",
        &["custom A disable x", "custom C"],
    );
}

#[test]
fn files_without_a_cpu_that_can_be_read_are_refused() {
    let check = |text: &str, id: &str, message: &str, at: Option<usize>| {
        let problem = cpu::read(text, Release::V12_9).unwrap_err();
        assert_eq!(
            (problem.id(), problem.message.as_str(), problem.place.element.offset()),
            (id, message, at)
        );
    };
    check("", "cpu-file-empty", "there is no CPU in it", Some(0));
    check("<domain><name>x</name></domain>", "cpu-file-empty", "there is no CPU in it", Some(0));
    check(
        "<cpu>\n<model></cpu>",
        "cpu-file-xml",
        "this is not XML: expected 'model' tag, not 'cpu'",
        Some(13),
    );
    check(
        "<cpu match='exact'><arch>x86_64</arch></cpu>",
        "cpu-host-match",
        "`<cpu>` has `<arch>` and `match`",
        Some(0),
    );
    check("<cpu match='loose'/>", "cpu-word", "there is no `match='loose'`", Some(0));
    check("<cpu mode='best'/>", "cpu-word", "there is no `mode='best'`", Some(0));
    check("<cpu><feature/></cpu>", "cpu-feature-name", "`<feature>` has no `name`", Some(5));
    check("<cpu><feature name='x' policy='try'/></cpu>", "cpu-word", "there is no `policy='try'`", Some(5));
    check(
        "<cpu><feature name='x'/><feature name='x'/></cpu>",
        "cpu-feature-name",
        "CPU feature `x` is given twice",
        Some(24),
    );
}

fn baseline(text: &str, options: Options) -> String {
    with_host(Arch::X86_64, |request| {
        let hypervisor = Hypervisor::new(request, None, None).unwrap();
        match cpu::baseline(&read(text), &hypervisor, options) {
            Ok((found, limit)) => cpu::to_xml(&found, virtargv::model::cpu::CpuMode::Custom, limit),
            Err(refusal) => format!("{}: {}", refusal.index, refusal.problem.id()),
        }
    })
}

#[test]
fn a_baseline_is_what_the_hypervisor_can_run() {
    let check =
        |text: &str, options, expected: expect_test::Expect| expected.assert_eq(&baseline(text, options));
    let plain = Options::default();
    let late = "<cpu><model>Late</model></cpu>";
    check(
        &late.repeat(2),
        plain,
        expect_test::expect![[r"
        <cpu mode='custom' match='exact'>
          <model fallback='forbid'>Late</model>
          <feature policy='disable' name='mul'/>
        </cpu>
    "]],
    );
    check(
        &late.repeat(2),
        Options { features: true, ..plain },
        expect_test::expect![[r"
        <cpu mode='custom' match='exact'>
          <model fallback='forbid'>Late</model>
          <feature policy='require' name='add'/>
          <feature policy='disable' name='mul'/>
          <feature policy='require' name='sub'/>
        </cpu>
    "]],
    );
    let tick = "<cpu><model>Early</model><vendor>Acme</vendor><maxphysaddr mode='passthrough' limit='46'/>
      <feature name='tick'/></cpu>
      <cpu><model>Early</model><vendor>Acme</vendor><maxphysaddr mode='passthrough' limit='40'/><feature name='tick'/></cpu>";
    check(
        tick,
        plain,
        expect_test::expect![[r"
        <cpu mode='custom' match='exact'>
          <model fallback='forbid'>Early</model>
          <vendor>Acme</vendor>
          <maxphysaddr mode='passthrough' limit='40'/>
          <feature policy='require' name='tick'/>
        </cpu>
    "]],
    );
    check(
        tick,
        Options { migratable: true, ..plain },
        expect_test::expect![[r"
        <cpu mode='custom' match='exact'>
          <model fallback='forbid'>Early</model>
          <vendor>Acme</vendor>
          <maxphysaddr mode='passthrough' limit='40'/>
        </cpu>
    "]],
    );
    let versions = "<cpu><model>Late-v2</model></cpu><cpu><model>Late-v2</model></cpu>";
    check(
        versions,
        Options { ignore_host: true, ..plain },
        expect_test::expect![[r"
        <cpu mode='custom' match='exact'>
          <model fallback='forbid'>Late-v2</model>
        </cpu>
    "]],
    );
}

#[test]
fn what_has_no_baseline_is_refused_at_its_cpu() {
    let check = |text: &str, ignore_host, expected: &str| {
        assert_eq!(baseline(text, Options { ignore_host, ..Options::default() }), expected, "{text}");
    };
    check("<cpu><model>Early</model></cpu><cpu mode='host-model'/>", false, "1: cpu-model-named");
    check("<cpu><model>Early</model></cpu><cpu><model>Erly</model></cpu>", false, "1: cpu-model-unknown");
    check("<cpu><model>Early</model><feature name='pow'/></cpu>", false, "0: cpu-feature-unknown");
    check("<cpu><model>Early</model><vendor>Zeta</vendor></cpu>", false, "0: cpu-vendor-defined");
    check("<cpu><model>Early</model></cpu>", true, "0: cpu-ignore-host-one");
    let off = "<feature policy='disable' name='add'/><feature policy='disable' name='sub'/>";
    check(&format!("<cpu><model>Early</model>{off}</cpu>"), false, "0: cpu-nothing-common");
}

#[test]
fn other_hypervisors_and_architectures_are_told_apart() {
    let check = |arch, accel, machine, expected: &str| {
        let id = with_host(arch, |request| {
            let hypervisor = match Hypervisor::new(request, accel, machine) {
                Ok(hypervisor) => hypervisor,
                Err(problem) => return problem.id().to_owned(),
            };
            let cpus = read("<cpu><model>Early</model></cpu>");
            let found = cpu::baseline(&cpus, &hypervisor, Options::default());
            found.map_or_else(|refusal| refusal.problem.id().to_owned(), |_| "fine".to_owned())
        });
        assert_eq!(id, expected);
    };
    check(Arch::X86_64, None, Some("q35"), "fine");
    check(Arch::X86_64, None, Some("pc"), "cpu-machine");
    check(Arch::X86_64, Some(Accel::Hvf), None, "cpu-virttype");
    check(Arch::X86_64, Some(Accel::Tcg), None, "cpu-host-unknown");
    check(Arch::S390x, None, None, "cpu-asks-qemu");
    check(Arch::Aarch64, None, None, "cpu-baseline-arch");
}

#[test]
fn a_cpu_is_compared_with_what_the_hypervisor_has_on_the_host() {
    let check = |text: &str, expected: Result<Relation, &str>| {
        let found = with_host(Arch::X86_64, |request| {
            let hypervisor = Hypervisor::new(request, None, None).unwrap();
            cpu::compare(&read(text)[0], &hypervisor).unwrap().relation
        });
        assert_eq!(
            found.map_err(|refusal| refusal.problem.message),
            expected.map_err(str::to_owned),
            "{text}"
        );
    };
    let lacks = |names| Err(names);
    // QEMU says that it can run the model; how much more the host has is not looked at.
    check("<cpu><model>Early</model></cpu>", Ok(Relation::Superset));
    check("<cpu><model>Early</model><feature name='tick'/></cpu>", Ok(Relation::Identical));
    check(
        "<cpu><model>Early</model><feature name='mul'/></cpu>",
        lacks("the CPU of the host lacks required features: mul"),
    );
    check("<cpu><model>Early</model><feature policy='optional' name='mul'/></cpu>", Ok(Relation::Superset));
    check(
        "<cpu match='strict'><model>Early</model><feature policy='force' name='add'/></cpu>",
        lacks("the CPU of the host has additional features, which a strict match excludes: tick"),
    );
    check(
        "<cpu><model>Early</model><feature policy='forbid' name='tick'/></cpu>",
        lacks("the CPU of the host has forbidden features: tick"),
    );
    check("<cpu><model>Late</model></cpu>", lacks("the CPU of the host lacks required features: mul"));
    check("<cpu><model>Late</model><feature policy='disable' name='mul'/></cpu>", Ok(Relation::Superset));
    check(
        "<cpu><arch>aarch64</arch><model>Early</model></cpu>",
        lacks("the CPU is of architecture `aarch64`, the host's is of x86"),
    );
}

#[test]
fn all_features_of_a_cpu_are_told_with_what_blocks_it() {
    let check = |text: &str, expected: &str| {
        let shown = with_host(Arch::X86_64, |request| {
            let hypervisor = Hypervisor::new(request, None, None).unwrap();
            let found = match cpu::expand(&read(text)[0], &hypervisor) {
                Ok(found) => found,
                Err(refusal) => return refusal.problem.id().to_owned(),
            };
            let features = found.cpu.features.iter().zip(&found.features);
            let features = features.map(|((name, policy), feature)| {
                let status = if feature.status == Status::Available { "" } else { "!" };
                let bound = if feature.migratable { "" } else { " bound" };
                format!("{} {status}{name}{bound}", policy.name())
            });
            let name = found.cpu.model.clone().unwrap_or_else(|| found.mode.to_string());
            let features: Vec<String> = features.collect();
            format!("{name} {:?} [{}] blocked {:?}", found.bases, features.join(", "), found.blockers)
        });
        assert_eq!(shown, expected);
    };
    check("<cpu><model>Early</model></cpu>", "Early [] [require add, require sub] blocked []");
    check(
        "<cpu><model>Late</model></cpu>",
        "Late [\"Early\"] [require add, require !mul, require sub] blocked [\"mul\"]",
    );
    check(
        "<cpu><model>Late</model><feature policy='disable' name='mul'/><feature name='div'/></cpu>",
        "Late [\"Early\"] [require add, require !div, disable !mul, require sub] blocked [\"div\"]",
    );
    check(
        "<cpu><model>Late-v2</model></cpu>",
        "Late-v2 [\"Late\", \"Early\"] [require add, require !div, require !mul, require sub] blocked [\"div\", \"mul\"]",
    );
    check(
        "<cpu mode='host-model'><feature policy='require' name='tick'/></cpu>",
        "Early [] [require add, require sub, require tick bound] blocked []",
    );
    check("<cpu mode='host-passthrough'/>", "host-passthrough [] [require add, require sub] blocked []");
    check(
        "<cpu mode='maximum' migratable='off'><feature policy='require' name='mul'/></cpu>",
        "maximum [] [require add, require !mul, require sub, require tick bound] blocked [\"mul\"]",
    );
    check("<cpu/>", "cpu-model-named");
    check("<cpu><model>Never</model></cpu>", "cpu-model-unknown");
}

#[test]
fn a_cpu_is_validated_as_that_of_a_domain() {
    let check = |text: &str, expected: &[&str]| {
        let (_, report) = cpu::validate(text, &read(text)[0], Release::V12_9);
        let ids: Vec<&str> = report.iter().map(virtargv::Problem::id).collect();
        assert_eq!(ids, expected, "{text}");
    };
    check("<cpu><model>Early</model></cpu>", &[]);
    check("<cpu><modell>Early</modell></cpu>", &["unknown-element"]);
    check("<cpu><model>Early</model><feature name='x' polcy='force'/></cpu>", &["unknown-attribute"]);
    check("<cpu><model vendor_id='short'>Early</model></cpu>", &["cpu-vendor-id"]);
    check("<capabilities><host><cpu><arch>x86_64</arch></cpu></host></capabilities>", &[]);
}
