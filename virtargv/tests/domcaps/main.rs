//! Domain capabilities of built-in sets, which know no host, on hosts of which this or that is known.

#![allow(clippy::expect_used, reason = "a test that cannot be set up has failed")]
#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]
#![allow(clippy::too_many_lines, reason = "most lines are what is expected")]

mod common;
mod cpu;
mod devices;
mod document;
mod os;
mod words;

use common::{Nowhere, document, machine, section, set};
use expect_test::expect;
use virtargv::caps::{Accel, Cap, Sev};
use virtargv::domcaps::{DomcapsRequest, domcaps};
use virtargv::host::SevGuests;
use virtargv::model::VirtType;
use virtargv::{Arch, DriverConfig, FixedHost, Release, Request};

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

/// Without a type of hypervisor, `domcaps` and `cpu` take the same accelerator, and say the same of a QEMU that lacks it.
#[test]
fn the_accelerator_is_chosen_and_looked_up_by_one_rule() {
    let check = |arch, lacks: &[Cap], wanted: Option<VirtType>, expected: (&str, bool)| {
        let caps = set("qemu-11.1-x86_64", Release::V12_9);
        let caps = lacks.iter().fold(caps.edit(), |caps, cap| caps.clear(*cap)).build();
        let host = FixedHost { arch, ..FixedHost::default() };
        let request = Request::new(&caps, &host);
        let told =
            domcaps(&DomcapsRequest { virt_type: wanted, ..machine("q35") }, &request).expect("capabilities");
        assert_eq!(
            (told.virt_type.to_string().as_str(), told.has_accelerator),
            expected,
            "{arch} {lacks:?} {wanted:?}"
        );
        let accel = virtargv::resolve::accelerator_of(told.virt_type).expect("an accelerator");
        match virtargv::cpu::Hypervisor::new(&request, wanted.map(|_| accel), None) {
            Ok(hypervisor) => assert!(told.has_accelerator && hypervisor.accel() == accel),
            Err(problem) => {
                assert!(!told.has_accelerator || (accel, arch) == (Accel::Kvm, Arch::S390x), "{problem}");
            }
        }
    };
    let (x86, s390x) = (Arch::X86_64, Arch::S390x);
    check(x86, &[], None, ("kvm", true));
    check(s390x, &[], None, ("qemu", true));
    check(x86, &[Cap::Kvm], None, ("qemu", true));
    check(x86, &[Cap::Tcg], None, ("kvm", true));
    check(x86, &[Cap::Kvm, Cap::Tcg], None, ("qemu", false));
    check(x86, &[Cap::Tcg], Some(VirtType::Qemu), ("qemu", false));
    check(x86, &[Cap::Kvm], Some(VirtType::Kvm), ("kvm", false));
    check(x86, &[], Some(VirtType::Hvf), ("hvf", false));
    check(s390x, &[], Some(VirtType::Kvm), ("kvm", true));
}
