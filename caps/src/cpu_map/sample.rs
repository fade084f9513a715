//! CPU definitions for tests.

use super::{CpuMap, CpuSpec};

/// Two generations of a vendor's CPUs and a generic one; `swap` was removed from `Late`, `fold` was added to it.
pub(super) fn map() -> CpuMap {
    let file = |name: &str| {
        Some(match name {
            "index.xml" => {
                "<cpus><arch name='x86'><include filename='f.xml'/><group><include filename='m.xml'/></group></arch></cpus>"
            }
            "f.xml" => {
                "<cpus><vendor name='Acme' string='AcmeAcmeAcme'/>
                <feature name='add'><cpuid eax_in='0x1' ecx='0x1'/></feature>
                <feature name='sub'><cpuid eax_in='0x1' edx='0x1'/></feature>
                <feature name='mul'><cpuid eax_in='0x7' ebx='0x1'/></feature>
                <feature name='swap'><cpuid eax_in='0x7' ebx='0x2'/></feature>
                <feature name='fold'><cpuid eax_in='0x7' ebx='0x4'/></feature>
                <feature name='tick' migratable='no'><cpuid eax_in='0x80000007' edx='0x100'/></feature></cpus>"
            }
            "m.xml" => {
                "<cpus><model name='Plain'><feature name='add'/></model>
                <model name='Early'><signature family='6' model='1'/><vendor name='Acme'/>
                  <feature name='add'/><feature name='sub'/></model>
                <model name='Late'><model name='Early'/><signature family='6' model='2' stepping='0-3'/>
                  <feature name='mul'/><feature name='fold' added='yes'/><feature name='swap' removed='yes'/></model></cpus>"
            }
            _ => return None,
        }
        .to_owned())
    };
    CpuMap::parse(file).unwrap()
}

/// The model, and its features with their policies as `+` or `-`.
pub(super) fn show(cpu: &CpuSpec) -> String {
    let mut text = cpu.model.clone().unwrap_or_default();
    for (name, policy) in &cpu.features {
        text += if policy.enabled() == Some(true) { " +" } else { " -" };
        text += name;
    }
    text
}
