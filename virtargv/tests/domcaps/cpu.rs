//! `<cpu>`: modes and models.

use std::sync::Arc;

use expect_test::{Expect, expect};
use virtargv::caps::{Accel, CpuMap, CpuModel, HostCpu, HostCpuProperty, PropertyValue, Tristate, Usable};
use virtargv::domcaps::DomcapsRequest;
use virtargv::model::VirtType;
use virtargv::{FixedHost, Release};

use crate::common::{document, machine, section, set};

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
    check(
        Release::V12_9,
        VirtType::Kvm,
        expect![[r#"
        <cpu>
          <mode name='host-passthrough' supported='yes'>
            <enum name='hostPassthroughMigratable'>
              <value>on</value>
              <value>off</value>
            </enum>
          </mode>
          <mode name='maximum' supported='yes'>
            <enum name='maximumMigratable'>
              <value>on</value>
              <value>off</value>
            </enum>
          </mode>
          <mode name='host-model' supported='yes'>
            <model fallback='forbid'>Anvil</model>
            <vendor>Acme</vendor>
            <maxphysaddr mode='passthrough' limit='46'/>
            <feature policy='require' name='lahf_lm'/>
          </mode>
          <mode name='custom' supported='yes'>
            <model usable='yes' vendor='Acme' canonical='Anvil-v1'>Anvil</model>
            <model usable='no' vendor='Acme'>Anvil-v1</model>
            <blockers model='Anvil-v1'>
              <feature name='add'/>
              <feature name='lahf_lm'/>
            </blockers>
            <model usable='yes' vendor='unknown'>Zero</model>
          </mode>
        </cpu>
    "#]],
    );
    check(
        Release::V11_3,
        VirtType::Qemu,
        expect![[r#"
        <cpu>
          <mode name='host-passthrough' supported='no'/>
          <mode name='maximum' supported='yes'>
            <enum name='maximumMigratable'>
              <value>on</value>
              <value>off</value>
            </enum>
          </mode>
          <mode name='host-model' supported='yes'>
            <model fallback='forbid'>Anvil</model>
            <vendor>Acme</vendor>
            <feature policy='require' name='lahf_lm'/>
          </mode>
          <mode name='custom' supported='yes'>
            <model usable='yes' vendor='Acme' canonical='Anvil-v1'>Anvil</model>
            <model usable='no' vendor='Acme'>Anvil-v1</model>
            <blockers model='Anvil-v1'>
              <feature name='add'/>
              <feature name='lahf_lm'/>
            </blockers>
            <model usable='yes' vendor='unknown'>Zero</model>
          </mode>
        </cpu>
    "#]],
    );
    check(
        Release::V7_0,
        VirtType::Kvm,
        expect![[r#"
        <cpu>
          <mode name='host-passthrough' supported='yes'/>
          <mode name='host-model' supported='yes'>
            <model fallback='forbid'>Anvil</model>
            <vendor>Acme</vendor>
            <feature policy='require' name='lahf_lm'/>
          </mode>
          <mode name='custom' supported='yes'>
            <model usable='yes'>Zero</model>
            <model usable='yes'>Anvil</model>
          </mode>
        </cpu>
    "#]],
    );
}
