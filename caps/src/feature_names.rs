//! x86 CPU features that QEMU and the domain format spell differently.

/// The name in the domain format, and the name in QEMU.
const X86: &[(&str, &str)] = &[
    ("cmp_legacy", "cmp-legacy"),
    ("ds_cpl", "ds-cpl"),
    ("fxsr_opt", "fxsr-opt"),
    ("kvm_pv_eoi", "kvm-pv-eoi"),
    ("kvm_pv_unhalt", "kvm-pv-unhalt"),
    ("lahf_lm", "lahf-lm"),
    ("nodeid_msr", "nodeid-msr"),
    ("pclmuldq", "pclmulqdq"),
    ("perfctr_core", "perfctr-core"),
    ("perfctr_nb", "perfctr-nb"),
    ("tsc_adjust", "tsc-adjust"),
    ("vmx-invvpid-single-context-noglobals", "vmx-invept-single-context-noglobals"),
];

/// The name in the domain format of the x86 feature that QEMU calls `name`.
pub fn from_qemu(name: &str) -> &str {
    X86.iter().find(|(_, qemu)| *qemu == name).map_or(name, |(ours, _)| ours)
}

/// The name in QEMU of the x86 feature that the domain format calls `name`.
pub fn to_qemu(name: &str) -> &str {
    X86.iter().find(|(ours, _)| *ours == name).map_or(name, |(_, qemu)| qemu)
}
