//! Writing a capabilities file.

use bitflags::Flags as _;
use std::fmt::Write;

use super::FORMAT_VERSION;
use crate::{Accel, Caps, CpuModel, CpuidLeaf, HostCpu, Machine, PropertyValue, Sev, Sgx, Tristate, Usable};

impl Caps {
    /// Writes a capabilities file in libvirt's form, with `format='1'` on the root element. The times that libvirt
    /// keeps for its cache are left out, and sizes are in KiB. Control characters that XML does not have are escaped (`\u{1b}`). Where there are
    /// none, [`from_xml`](Self::from_xml) of the result returns equal capabilities.
    pub fn to_xml(&self) -> String {
        let details = self.details();
        let mut out = Writer(String::new());
        out.line(0, "qemuCaps", &[("format", Some(&FORMAT_VERSION.to_string()))], Body::Open);
        out.text(1, "emulator", &details.emulator);
        for (name, _) in self.listed_flags().iter_names() {
            out.line(1, "flag", &[("name", Some(name))], Body::Empty);
        }
        out.text(1, "version", &details.version.to_string());
        if let Some(version) = details.kvm_version {
            out.text(1, "kvmVersion", &version.to_string());
        }
        let host = &details.probed_on;
        out.text(1, "microcodeVersion", &host.microcode_version.to_string());
        if let Some(signature) = &host.signature {
            out.text(1, "hostCPUSignature", signature);
        }
        out.text(1, "package", &details.package);
        if let Some(version) = &host.kernel_version {
            out.text(1, "kernelVersion", version);
        }
        if !host.cpuid.is_empty() {
            out.cpuid(&host.cpuid);
        }
        out.text(1, "arch", self.arch().name());
        for accel in Accel::ALL {
            let part = details.accel(accel);
            if let Some(host_cpu) = &part.host_cpu {
                out.host_cpu(accel, host_cpu);
            }
            for model in &part.cpu_models {
                out.cpu(accel, model);
            }
            for machine in part.machines.as_slice() {
                out.machine(accel, machine);
            }
        }
        for gic in &details.gics {
            let attrs = [
                ("version", Some(gic.version.name())),
                ("kernel", Some(yes_no(gic.kernel))),
                ("emulated", Some(yes_no(gic.emulated))),
            ];
            out.line(1, "gic", &attrs, Body::Empty);
        }
        if let Some(sev) = &details.sev {
            out.sev(sev);
        }
        if let Some(sgx) = &details.sgx {
            out.sgx(sgx);
        }
        if let Some(hyperv) = &details.hyperv {
            out.line(1, "hypervCapabilities", &[("supported", Some("yes"))], Body::Open);
            for feature in &hyperv.features {
                out.line(2, "cap", &[("name", Some(feature))], Body::Empty);
            }
            let parts = [
                ("stimer_direct", hyperv.stimer_direct),
                ("tlbflush_direct", hyperv.tlbflush_direct),
                ("tlbflush_extended", hyperv.tlbflush_extended),
            ];
            for (name, state) in parts {
                match state {
                    Tristate::Absent => {}
                    Tristate::Yes => out.text(2, name, "on"),
                    Tristate::No => out.text(2, name, "off"),
                }
            }
            out.close(1, "hypervCapabilities");
        }
        out.close(0, "qemuCaps");
        out.0
    }
}

fn yes_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

/// The value of an attribute that is only written where it is `yes`.
fn if_yes(value: bool) -> Option<&'static str> {
    value.then_some("yes")
}

fn tristate(value: Tristate) -> Option<&'static str> {
    match value {
        Tristate::Absent => None,
        Tristate::Yes => Some("yes"),
        Tristate::No => Some("no"),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Body {
    Empty,
    Open,
}

struct Writer(String);

impl Writer {
    fn line(&mut self, depth: usize, name: &str, attrs: &[(&str, Option<&str>)], body: Body) {
        self.indent(depth);
        self.0.push('<');
        self.0.push_str(name);
        for (key, value) in attrs {
            if let Some(value) = value {
                self.0.push(' ');
                self.0.push_str(key);
                self.0.push_str("='");
                self.escaped(value);
                self.0.push('\'');
            }
        }
        self.0.push_str(if body == Body::Empty { "/>\n" } else { ">\n" });
    }

    fn close(&mut self, depth: usize, name: &str) {
        self.indent(depth);
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "</{name}>");
    }

    fn text(&mut self, depth: usize, name: &str, text: &str) {
        self.indent(depth);
        let _ = write!(self.0, "<{name}>");
        self.escaped(text);
        let _ = writeln!(self.0, "</{name}>");
    }

    fn indent(&mut self, depth: usize) {
        for _ in 0..depth {
            self.0.push_str("  ");
        }
    }

    fn escaped(&mut self, text: &str) {
        for char in text.chars() {
            match char {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '\'' => self.0.push_str("&apos;"),
                // A terminal would obey some of them.
                '\n' | '\t' | '\r' | '\u{7f}'..='\u{9f}' => {
                    let _ = write!(self.0, "&#{};", u32::from(char));
                }
                // XML has no other control characters.
                _ if char.is_control() || matches!(char, '\u{fffe}' | '\u{ffff}') => {
                    let _ = write!(self.0, "{}", char.escape_unicode());
                }
                _ => self.0.push(char),
            }
        }
    }

    fn cpuid(&mut self, leaves: &[CpuidLeaf]) {
        self.line(1, "cpudata", &[("arch", Some("x86"))], Body::Open);
        for leaf in leaves {
            let [eax, ebx, ecx, edx] = leaf.registers;
            let names = ["eax_in", "ecx_in", "eax", "ebx", "ecx", "edx"];
            let values = [leaf.leaf, leaf.subleaf, eax, ebx, ecx, edx].map(|value| format!("{value:#010x}"));
            let attrs: Vec<_> =
                names.into_iter().zip(values.iter().map(|value| Some(value.as_str()))).collect();
            self.line(2, "cpuid", &attrs, Body::Empty);
        }
        self.close(1, "cpudata");
    }

    fn host_cpu(&mut self, accel: Accel, host: &HostCpu) {
        let attrs = [
            ("type", Some(accel.name())),
            ("model", Some(&*host.model)),
            ("migratability", Some(yes_no(host.migratability))),
        ];
        self.line(1, "hostCPU", &attrs, Body::Open);
        for property in &host.properties {
            let number;
            let (kind, value) = match &property.value {
                PropertyValue::Bool(true) => ("boolean", "true"),
                PropertyValue::Bool(false) => ("boolean", "false"),
                PropertyValue::Text(text) => ("string", &**text),
                PropertyValue::Number(value) => {
                    number = value.to_string();
                    ("number", &*number)
                }
            };
            let attrs = [
                ("name", Some(&*property.name)),
                ("type", Some(kind)),
                ("value", Some(value)),
                ("migratable", tristate(property.migratable)),
            ];
            self.line(2, "property", &attrs, Body::Empty);
        }
        if !host.deprecated.is_empty() {
            self.line(2, "deprecatedFeatures", &[], Body::Open);
            for name in &host.deprecated {
                self.line(3, "property", &[("name", Some(name))], Body::Empty);
            }
            self.close(2, "deprecatedFeatures");
        }
        self.close(1, "hostCPU");
    }

    fn cpu(&mut self, accel: Accel, model: &CpuModel) {
        let usable = match model.usable {
            Usable::Unknown => None,
            Usable::Yes => Some("yes"),
            Usable::No => Some("no"),
        };
        let attrs = [
            ("type", Some(accel.name())),
            ("name", Some(&*model.name)),
            ("typename", model.typename.as_deref()),
            ("usable", usable),
            ("deprecated", if_yes(model.deprecated)),
            ("vendor", model.vendor.as_deref()),
        ];
        if model.blockers.is_empty() {
            return self.line(1, "cpu", &attrs, Body::Empty);
        }
        self.line(1, "cpu", &attrs, Body::Open);
        for blocker in &model.blockers {
            self.line(2, "blocker", &[("name", Some(blocker))], Body::Empty);
        }
        self.close(1, "cpu");
    }

    fn machine(&mut self, accel: Accel, machine: &Machine) {
        let max_cpus = machine.max_cpus.to_string();
        let attrs = [
            ("type", Some(accel.name())),
            ("name", Some(&*machine.name)),
            ("alias", machine.alias.as_deref()),
            ("hotplugCpus", if_yes(machine.hotplug_cpus)),
            ("maxCpus", Some(&*max_cpus)),
            ("default", if_yes(machine.is_default)),
            ("defaultCPU", machine.default_cpu.as_deref()),
            ("numaMemSupported", if_yes(machine.numa_mem_supported)),
            ("defaultRAMid", machine.default_ram_id.as_deref()),
            ("deprecated", if_yes(machine.deprecated)),
            ("acpi", tristate(machine.acpi)),
        ];
        self.line(1, "machine", &attrs, Body::Empty);
    }

    fn sev(&mut self, sev: &Sev) {
        self.line(1, "sev", &[], Body::Open);
        self.text(2, "cbitpos", &sev.cbitpos.to_string());
        self.text(2, "reducedPhysBits", &sev.reduced_phys_bits.to_string());
        self.text(2, "pdh", &sev.pdh);
        self.text(2, "certChain", &sev.cert_chain);
        if let Some(id) = &sev.cpu0_id {
            self.text(2, "cpu0Id", id);
        }
        self.close(1, "sev");
    }

    fn sgx(&mut self, sgx: &Sgx) {
        self.line(1, "sgx", &[("supported", Some("yes"))], Body::Open);
        self.text(2, "flc", yes_no(sgx.flc));
        self.text(2, "sgx1", yes_no(sgx.sgx1));
        self.text(2, "sgx2", yes_no(sgx.sgx2));
        self.text(2, "section_size", &sgx.section_size_kib.to_string());
        self.line(2, "sections", &[], Body::Open);
        for section in &sgx.sections {
            let (node, size) = (section.node.to_string(), section.size_kib.to_string());
            let attrs = [("node", Some(&*node)), ("size", Some(&*size)), ("unit", Some("KiB"))];
            self.line(3, "section", &attrs, Body::Empty);
        }
        self.close(2, "sections");
        self.close(1, "sgx");
    }
}
