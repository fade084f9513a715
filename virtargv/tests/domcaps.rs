//! Domain capabilities of built-in sets, which know no host, on hosts of which this or that is known.

#![allow(clippy::expect_used, reason = "a test that cannot be set up has failed")]
#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]
#![allow(clippy::too_many_lines, reason = "most lines are what is expected")]

use std::collections::BTreeSet;
use std::sync::Arc;

use expect_test::{Expect, expect};
use virtargv::caps::{
    Accel, CpuMap, CpuModel, HostCpu, HostCpuProperty, PropertyValue, Sev, Tristate, Usable,
};
use virtargv::domcaps::{DomcapsRequest, domcaps};
use virtargv::host::SevGuests;
use virtargv::model::VirtType;
use virtargv::{Arch, Caps, DriverConfig, FixedHost, Host, Release, Request, builtin};

/// A host of which nothing is known.
struct Nowhere(DriverConfig);

impl Host for Nowhere {
    fn config(&self) -> &DriverConfig {
        &self.0
    }

    fn arch(&self) -> Arch {
        Arch::X86_64
    }

    fn random(&self, _: &mut [u8]) {}
}

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
    lines.iter().skip(start).take(count).flat_map(|line| [line.get(indent..).unwrap_or(""), "\n"]).collect()
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
    expect![[r#"
        <domainCapabilities>
          <path>/usr/bin/qemu-system-riscv64</path>
          <domain>qemu</domain>
          <machine>virt</machine>
          <arch>riscv64</arch>
          <vcpu max='512'/>
          <iothreads supported='yes'/>
          <os supported='yes'>
            <enum name='firmware'/>
            <firmwareFeatures supported='yes'>
              <enum name='secureBoot'/>
              <enum name='enrolledKeys'/>
            </firmwareFeatures>
            <loader supported='yes'>
              <enum name='type'>
                <value>rom</value>
                <value>pflash</value>
              </enum>
              <enum name='readonly'>
                <value>yes</value>
                <value>no</value>
              </enum>
              <enum name='secure'>
                <value>no</value>
              </enum>
            </loader>
            <varstore supported='no'/>
          </os>
          <cpu>
            <mode name='host-passthrough' supported='no'/>
            <mode name='maximum' supported='yes'>
              <enum name='maximumMigratable'>
                <value>on</value>
                <value>off</value>
              </enum>
            </mode>
            <mode name='host-model' supported='no'/>
            <mode name='custom' supported='yes'>
              <model usable='unknown' vendor='unknown'>lowrisc-ibex</model>
              <model usable='unknown' vendor='unknown'>max</model>
              <model usable='unknown' vendor='unknown'>max32</model>
              <model usable='unknown' vendor='unknown'>mips-p8700</model>
              <model usable='unknown' vendor='unknown'>rv32</model>
              <model usable='unknown' vendor='unknown'>rv32e</model>
              <model usable='unknown' vendor='unknown'>rv32i</model>
              <model usable='unknown' vendor='unknown'>rv64</model>
              <model usable='unknown' vendor='unknown'>rv64e</model>
              <model usable='unknown' vendor='unknown'>rv64i</model>
              <model usable='unknown' vendor='unknown'>rva22s64</model>
              <model usable='unknown' vendor='unknown'>rva22u64</model>
              <model usable='unknown' vendor='unknown'>rva23s64</model>
              <model usable='unknown' vendor='unknown'>rva23u64</model>
              <model usable='unknown' vendor='unknown'>shakti-c</model>
              <model usable='unknown' vendor='unknown'>sifive-e31</model>
              <model usable='unknown' vendor='unknown'>sifive-e34</model>
              <model usable='unknown' vendor='unknown'>sifive-e51</model>
              <model usable='unknown' vendor='unknown'>sifive-u34</model>
              <model usable='unknown' vendor='unknown'>sifive-u54</model>
              <model usable='unknown' vendor='unknown'>thead-c906</model>
              <model usable='unknown' vendor='unknown'>thead-c908</model>
              <model usable='unknown' vendor='unknown'>thead-c908v</model>
              <model usable='unknown' vendor='unknown'>tt-ascalon</model>
              <model usable='unknown' vendor='unknown'>veyron-v1</model>
              <model usable='unknown' vendor='unknown'>x-rv128</model>
              <model usable='unknown' vendor='unknown'>xiangshan-kunminghu</model>
              <model usable='unknown' vendor='unknown'>xiangshan-nanhu</model>
            </mode>
          </cpu>
          <memoryBacking supported='yes'>
            <enum name='sourceType'>
              <value>file</value>
              <value>anonymous</value>
              <value>memfd</value>
            </enum>
          </memoryBacking>
          <devices>
            <disk supported='yes'>
              <enum name='diskDevice'>
                <value>disk</value>
                <value>cdrom</value>
                <value>lun</value>
              </enum>
              <enum name='bus'>
                <value>scsi</value>
                <value>virtio</value>
                <value>usb</value>
                <value>sata</value>
                <value>nvme</value>
              </enum>
              <enum name='model'>
                <value>virtio</value>
                <value>virtio-transitional</value>
                <value>virtio-non-transitional</value>
              </enum>
            </disk>
            <graphics supported='yes'>
              <enum name='type'>
                <value>sdl</value>
                <value>vnc</value>
                <value>spice</value>
                <value>egl-headless</value>
                <value>dbus</value>
              </enum>
            </graphics>
            <video supported='yes'>
              <enum name='modelType'>
                <value>vga</value>
                <value>cirrus</value>
                <value>virtio</value>
                <value>none</value>
                <value>bochs</value>
                <value>ramfb</value>
              </enum>
            </video>
            <hostdev supported='yes'>
              <enum name='mode'>
                <value>subsystem</value>
              </enum>
              <enum name='startupPolicy'>
                <value>default</value>
                <value>mandatory</value>
                <value>requisite</value>
                <value>optional</value>
              </enum>
              <enum name='subsysType'>
                <value>usb</value>
                <value>pci</value>
                <value>scsi</value>
              </enum>
              <enum name='capsType'/>
              <enum name='pciBackend'>
                <value>default</value>
                <value>vfio</value>
              </enum>
              <enum name='iommufd'>
                <value>no</value>
              </enum>
            </hostdev>
            <rng supported='yes'>
              <enum name='model'>
                <value>virtio</value>
                <value>virtio-transitional</value>
                <value>virtio-non-transitional</value>
              </enum>
              <enum name='backendModel'>
                <value>random</value>
                <value>egd</value>
                <value>builtin</value>
              </enum>
            </rng>
            <filesystem supported='yes'>
              <enum name='driverType'>
                <value>path</value>
                <value>virtiofs</value>
              </enum>
            </filesystem>
            <tpm supported='yes'>
              <enum name='model'>
                <value>tpm-tis</value>
              </enum>
              <enum name='backendModel'>
                <value>passthrough</value>
                <value>emulator</value>
                <value>external</value>
              </enum>
              <enum name='backendVersion'>
                <value>1.2</value>
                <value>2.0</value>
              </enum>
            </tpm>
            <redirdev supported='yes'>
              <enum name='bus'>
                <value>usb</value>
              </enum>
            </redirdev>
            <channel supported='yes'>
              <enum name='type'>
                <value>pty</value>
                <value>unix</value>
                <value>spicevmc</value>
              </enum>
            </channel>
            <crypto supported='yes'>
              <enum name='model'>
                <value>virtio</value>
              </enum>
              <enum name='type'>
                <value>qemu</value>
              </enum>
              <enum name='backendModel'>
                <value>builtin</value>
              </enum>
            </crypto>
            <interface supported='yes'>
              <enum name='backendType'>
                <value>default</value>
                <value>passt</value>
              </enum>
            </interface>
            <panic supported='yes'>
              <enum name='model'>
                <value>pvpanic</value>
              </enum>
            </panic>
            <console supported='yes'>
              <enum name='type'>
                <value>null</value>
                <value>vc</value>
                <value>pty</value>
                <value>dev</value>
                <value>file</value>
                <value>pipe</value>
                <value>stdio</value>
                <value>udp</value>
                <value>tcp</value>
                <value>unix</value>
                <value>spicevmc</value>
                <value>spiceport</value>
                <value>qemu-vdagent</value>
                <value>dbus</value>
              </enum>
            </console>
          </devices>
          <features>
            <gic supported='no'/>
            <vmcoreinfo supported='yes'/>
            <genid supported='no'/>
            <backingStoreInput supported='yes'/>
            <backup supported='yes'/>
            <async-teardown supported='yes'/>
            <s390-pv supported='no'/>
            <ps2 supported='no'/>
            <tdx supported='no'/>
            <sev supported='no'/>
            <sgx supported='no'/>
            <launchSecurity supported='no'/>
          </features>
        </domainCapabilities>
    "#]]
    .assert_eq(&document(&wanted, &caps, &host(Arch::X86_64)));
}

#[test]
fn words_follow_from_machine_and_qemu() {
    let check = |name: &str, arch: Arch, release, wanted: &str, what: &str, expected: Expect| {
        let told = document(&machine(wanted), &set(name, release), &host(arch));
        expected.assert_eq(&section(&told, what));
    };
    check(
        "qemu-11.1-x86_64",
        Arch::X86_64,
        Release::V12_9,
        "pc",
        "disk",
        expect![[r#"
        <disk supported='yes'>
          <enum name='diskDevice'>
            <value>disk</value>
            <value>cdrom</value>
            <value>floppy</value>
            <value>lun</value>
          </enum>
          <enum name='bus'>
            <value>ide</value>
            <value>fdc</value>
            <value>scsi</value>
            <value>virtio</value>
            <value>usb</value>
            <value>sata</value>
            <value>nvme</value>
          </enum>
          <enum name='model'>
            <value>virtio</value>
            <value>virtio-transitional</value>
            <value>virtio-non-transitional</value>
          </enum>
        </disk>
    "#]],
    );
    check(
        "qemu-11.1-s390x",
        Arch::S390x,
        Release::V12_9,
        "s390-ccw-virtio",
        "disk",
        expect![[r#"
        <disk supported='yes'>
          <enum name='diskDevice'>
            <value>disk</value>
            <value>cdrom</value>
            <value>lun</value>
          </enum>
          <enum name='bus'>
            <value>scsi</value>
            <value>virtio</value>
            <value>usb</value>
            <value>nvme</value>
          </enum>
          <enum name='model'>
            <value>virtio</value>
            <value>virtio-transitional</value>
            <value>virtio-non-transitional</value>
          </enum>
        </disk>
    "#]],
    );
    check(
        "qemu-10.0-ppc64",
        Arch::Ppc64,
        Release::V11_3,
        "pseries",
        "disk",
        expect![[r#"
        <disk supported='yes'>
          <enum name='diskDevice'>
            <value>disk</value>
            <value>cdrom</value>
            <value>lun</value>
          </enum>
          <enum name='bus'>
            <value>scsi</value>
            <value>virtio</value>
            <value>usb</value>
            <value>sata</value>
          </enum>
          <enum name='model'>
            <value>virtio</value>
            <value>virtio-transitional</value>
            <value>virtio-non-transitional</value>
          </enum>
        </disk>
    "#]],
    );
    check(
        "qemu-10.0-x86_64",
        Arch::X86_64,
        Release::V11_3,
        "q35",
        "panic",
        expect![[r#"
        <panic supported='yes'>
          <enum name='model'>
            <value>isa</value>
            <value>hyperv</value>
            <value>pvpanic</value>
          </enum>
        </panic>
    "#]],
    );
    check(
        "qemu-10.0-ppc64",
        Arch::Ppc64,
        Release::V11_3,
        "pseries",
        "panic",
        expect![[r#"
        <panic supported='yes'>
          <enum name='model'>
            <value>pseries</value>
            <value>pvpanic</value>
          </enum>
        </panic>
    "#]],
    );
    check(
        "qemu-10.0-s390x",
        Arch::S390x,
        Release::V11_3,
        "s390-ccw-virtio",
        "video",
        expect![[r#"
        <video supported='yes'>
          <enum name='modelType'>
            <value>virtio</value>
            <value>none</value>
          </enum>
        </video>
    "#]],
    );
    check(
        "qemu-10.0-s390x",
        Arch::S390x,
        Release::V11_3,
        "s390-ccw-virtio",
        "tpm",
        expect![[r#"
        <tpm supported='no'/>
    "#]],
    );
    check(
        "qemu-11.1-x86_64",
        Arch::X86_64,
        Release::V12_9,
        "q35",
        "filesystem",
        expect![[r#"
        <filesystem supported='yes'>
          <enum name='driverType'>
            <value>path</value>
            <value>virtiofs</value>
          </enum>
        </filesystem>
    "#]],
    );
    check(
        "qemu-10.0-x86_64",
        Arch::X86_64,
        Release::V11_3,
        "q35",
        "filesystem",
        expect![[r#"
        <filesystem supported='yes'>
          <enum name='driverType'>
            <value>path</value>
            <value>handle</value>
            <value>virtiofs</value>
          </enum>
        </filesystem>
    "#]],
    );
    check(
        "qemu-11.1-x86_64",
        Arch::X86_64,
        Release::V12_9,
        "q35",
        "hostdev",
        expect![[r#"
        <hostdev supported='yes'>
          <enum name='mode'>
            <value>subsystem</value>
          </enum>
          <enum name='startupPolicy'>
            <value>default</value>
            <value>mandatory</value>
            <value>requisite</value>
            <value>optional</value>
          </enum>
          <enum name='subsysType'>
            <value>usb</value>
            <value>pci</value>
            <value>scsi</value>
          </enum>
          <enum name='capsType'/>
          <enum name='pciBackend'>
            <value>default</value>
            <value>vfio</value>
          </enum>
          <enum name='iommufd'>
            <value>no</value>
          </enum>
        </hostdev>
    "#]],
    );
    check(
        "qemu-10.0-x86_64",
        Arch::X86_64,
        Release::V11_3,
        "microvm",
        "features",
        expect![[r#"
        <features>
          <gic supported='no'/>
          <vmcoreinfo supported='yes'/>
          <genid supported='yes'/>
          <backingStoreInput supported='yes'/>
          <backup supported='yes'/>
          <async-teardown supported='yes'/>
          <ps2 supported='no'/>
          <sev supported='no'/>
          <sgx supported='no'/>
          <launchSecurity supported='no'/>
        </features>
    "#]],
    );
    check(
        "qemu-7.2-x86_64",
        Arch::X86_64,
        Release::V7_0,
        "pc",
        "features",
        expect![[r#"
        <features>
          <gic supported='no'/>
          <vmcoreinfo supported='yes'/>
          <genid supported='yes'/>
          <backingStoreInput supported='yes'/>
          <backup supported='no'/>
          <sev supported='no'/>
        </features>
    "#]],
    );
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
    check(
        &without_swtpm,
        "tpm",
        expect![[r#"
        <tpm supported='yes'>
          <enum name='model'>
            <value>tpm-tis</value>
            <value>tpm-crb</value>
          </enum>
          <enum name='backendModel'>
            <value>passthrough</value>
            <value>external</value>
          </enum>
          <enum name='backendVersion'/>
        </tpm>
    "#]],
    );
    let one = FixedHost { missing_tpm_versions: BTreeSet::from(["1.2".to_owned()]), ..FixedHost::default() };
    check(
        &one,
        "tpm",
        expect![[r#"
        <tpm supported='yes'>
          <enum name='model'>
            <value>tpm-tis</value>
            <value>tpm-crb</value>
          </enum>
          <enum name='backendModel'>
            <value>passthrough</value>
            <value>emulator</value>
            <value>external</value>
          </enum>
          <enum name='backendVersion'>
            <value>2.0</value>
          </enum>
        </tpm>
    "#]],
    );
    check(
        &FixedHost { qemu_rdp: true, ..FixedHost::default() },
        "graphics",
        expect![[r#"
        <graphics supported='yes'>
          <enum name='type'>
            <value>sdl</value>
            <value>vnc</value>
            <value>rdp</value>
            <value>spice</value>
            <value>egl-headless</value>
            <value>dbus</value>
          </enum>
        </graphics>
    "#]],
    );
    check(
        &FixedHost { vfio: false, ..FixedHost::default() },
        "hostdev",
        expect![[r#"
        <hostdev supported='yes'>
          <enum name='mode'>
            <value>subsystem</value>
          </enum>
          <enum name='startupPolicy'>
            <value>default</value>
            <value>mandatory</value>
            <value>requisite</value>
            <value>optional</value>
          </enum>
          <enum name='subsysType'>
            <value>usb</value>
            <value>pci</value>
            <value>scsi</value>
          </enum>
          <enum name='capsType'/>
          <enum name='pciBackend'/>
        </hostdev>
    "#]],
    );
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
    check(
        "qemu-11.1-x86_64",
        Release::V12_9,
        "q35",
        &host,
        expect![[r#"
        <os supported='yes'>
          <enum name='firmware'>
            <value>efi</value>
          </enum>
          <firmwareFeatures supported='yes'>
            <enum name='secureBoot'>
              <value>yes</value>
              <value>no</value>
            </enum>
            <enum name='enrolledKeys'>
              <value>yes</value>
              <value>no</value>
            </enum>
          </firmwareFeatures>
          <loader supported='yes'>
            <value>/fw/smm</value>
            <value>/fw/plain</value>
            <enum name='type'>
              <value>rom</value>
              <value>pflash</value>
            </enum>
            <enum name='readonly'>
              <value>yes</value>
              <value>no</value>
            </enum>
            <enum name='secure'>
              <value>yes</value>
              <value>no</value>
            </enum>
          </loader>
          <varstore supported='no'/>
        </os>
    "#]],
    );
    check(
        "qemu-10.0-x86_64",
        Release::V11_3,
        "pc",
        &host,
        expect![[r#"
        <os supported='yes'>
          <enum name='firmware'>
            <value>efi</value>
          </enum>
          <loader supported='yes'>
            <value>/fw/plain</value>
            <enum name='type'>
              <value>rom</value>
              <value>pflash</value>
            </enum>
            <enum name='readonly'>
              <value>yes</value>
              <value>no</value>
            </enum>
            <enum name='secure'>
              <value>no</value>
            </enum>
          </loader>
        </os>
    "#]],
    );
    // Without a descriptor for the machine, the images of the setting that are there.
    let mut host = FixedHost { images: Some([("/fw/old".to_owned(), vec![0])].into()), ..host };
    host.config.nvram = ["/fw/old", "/fw/gone"].map(|image| (image.to_owned(), "/fw/vars".to_owned())).into();
    check(
        "qemu-10.0-x86_64",
        Release::V11_3,
        "microvm",
        &host,
        expect![[r#"
        <os supported='yes'>
          <enum name='firmware'/>
          <loader supported='yes'>
            <value>/fw/old</value>
            <enum name='type'>
              <value>rom</value>
              <value>pflash</value>
            </enum>
            <enum name='readonly'>
              <value>yes</value>
              <value>no</value>
            </enum>
            <enum name='secure'>
              <value>no</value>
            </enum>
          </loader>
        </os>
    "#]],
    );
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

#[test]
fn sev_tells_how_many_guests_the_host_protects() {
    let sev = Sev { cbitpos: 47, reduced_phys_bits: 1, cpu0_id: Some("aWQ=".into()), ..Sev::default() };
    let caps = set("qemu-10.0-x86_64", Release::V11_3).edit().sev(sev).build();
    let most = SevGuests { plain: 410, encrypted_state: 99 };
    let told =
        document(&machine("q35"), &caps, &FixedHost { sev_guests: Some(most), ..FixedHost::default() });
    expect![[r#"
        <sev supported='yes'>
          <cbitpos>47</cbitpos>
          <reducedPhysBits>1</reducedPhysBits>
          <maxGuests>410</maxGuests>
          <maxESGuests>99</maxESGuests>
          <cpu0Id>aWQ=</cpu0Id>
        </sev>
        <launchSecurity supported='no'/>
    "#]]
    .assert_eq(&(section(&told, "sev") + &section(&told, "launchSecurity")));
}

#[test]
fn what_the_host_does_not_know_is_named() {
    let nowhere = Nowhere(DriverConfig::default());
    let caps = set("qemu-10.0-x86_64", Release::V11_3);
    let told = domcaps(&machine("q35"), &Request::new(&caps, &nowhere)).expect("capabilities");
    expect![[r#"
        how many vCPUs its KVM gives a guest
        its files
        the definitions of CPU models
        whether qemu-rdp is installed
        whether PCI devices can be given to guests
        which TPMs swtpm emulates"#]]
    .assert_eq(&told.unknown.join("\n"));
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
