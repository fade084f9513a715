//! CPU definitions apart from any domain: the CPU that runs on all of some hosts ([`baseline`]), how a CPU relates to the one
//! that a QEMU gives its guests on the host ([`compare`]), and all features of a CPU ([`expand`]). They answer what `virsh
//! hypervisor-cpu-baseline` and `virsh hypervisor-cpu-compare` answer, from capabilities and libvirt's CPU definitions.
//!
//! ```
//! use virtargv::{FixedHost, Release, Request, builtin, cpu};
//!
//! let caps = builtin::get("qemu-11.1-x86_64", Release::V12_9).expect("a built-in set");
//! let host = FixedHost::default();
//! let request = Request::new(&caps, &host);
//! let hypervisor = cpu::Hypervisor::new(&request, None, None)?;
//! let cpus = cpu::read("<cpu><model>Westmere</model></cpu>", Release::V12_9)?;
//! // This host has no definitions of CPU models.
//! let refused = cpu::baseline(&cpus, &hypervisor, cpu::Options::default()).unwrap_err();
//! assert_eq!((refused.index, refused.problem.id()), (0, "cpu-no-definitions"));
//! # Ok::<(), virtargv::Problem>(())
//! ```

mod baseline;
mod compare;
mod expand;
mod question;
mod read;
pub mod rules;

use virtargv_caps::{Accel, CpuDefinitions, CpuMap, CpuSpec, HostModels, Incompatible, X86, is_native};
use virtargv_host::{Fact, HostError};
use virtargv_model::advice::{did_you_mean, nearest};
use virtargv_model::cpu::{CpuMatch, CpuMode};
use virtargv_model::write::Writer;
use virtargv_model::{Message, Place, Problem, Rule};
use virtargv_qemu_cmd::rules as start;
use virtargv_validate::offered;

use crate::Request;

pub use baseline::{Options, baseline};
pub use compare::{Comparison, compare};
pub use expand::{Expansion, Feature, Status, expand};
use question::Question;
pub use read::{Definition, read, validate};
pub use virtargv_caps::Relation;

/// A QEMU with an accelerator, on a host.
#[derive(Clone, Copy)]
pub struct Hypervisor<'a> {
    request: &'a Request<'a>,
    accel: Accel,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The index of the CPU that the problem is about, from 0; of the first where it is about all. Its place is in the text
    /// of that CPU.
    pub index: usize,
    /// The problem.
    pub problem: Box<Problem>,
}

impl<'a> Hypervisor<'a> {
    /// The QEMU of `request` with the accelerator `accel` and the machine type `machine`; without an accelerator, KVM where
    /// that QEMU has it on the host, else TCG.
    ///
    /// # Errors
    /// The QEMU has no such accelerator or machine type. The problem has no place.
    pub fn new(
        request: &'a Request<'a>,
        accel: Option<Accel>,
        machine: Option<&str>,
    ) -> Result<Self, Problem> {
        let caps = request.caps;
        let native = is_native(request.host.arch(), caps.arch());
        let accel = accel.unwrap_or_else(|| offered::default_accelerator(caps, request.host.arch()));
        let refuse = |rule: &'static Rule, message: String| {
            Err(rule.problem(request.release(), Place::default(), message))
        };
        let has = offered::accelerator(|cap| caps.has(cap), accel);
        if !has || (accel == Accel::Kvm && !native) {
            let (qemu, host) = (caps.arch(), request.host.arch());
            let message =
                format!("the QEMU for `{qemu}` has no guests of accelerator `{accel}` on a host of `{host}`");
            return refuse(&rules::VIRTTYPE, message);
        }
        if let Some(machine) = machine
            && caps.machine(accel, machine).is_none()
        {
            return refuse(&rules::MACHINE, format!("this QEMU has no machine type `{machine}`"));
        }
        Ok(Self { request, accel })
    }

    /// The accelerator.
    pub fn accel(&self) -> Accel {
        self.accel
    }

    /// libvirt's CPU definitions, where they are known.
    fn map(&self) -> Option<&'a CpuMap> {
        self.request.host.cpu().cpu_map().ok()
    }

    /// The CPU that this QEMU gives guests with `host-model` here; the host's own CPU where QEMU does not expand it is not one.
    fn host_models(&self) -> Option<HostModels> {
        let caps = self.request.caps;
        caps.host_cpu(self.accel)?;
        caps.host_models(self.accel, self.request.host.arch(), None, self.map())
    }

    fn x86(&self) -> Option<X86<'a>> {
        let definitions = self.map()?.x86();
        (!definitions.models().is_empty()).then(|| X86::new(definitions, self.request.release()))
    }

    fn refuse(
        &self,
        cpus: &[Definition],
        index: usize,
        rule: &'static Rule,
        message: impl Into<Message>,
    ) -> Refusal {
        let place = cpus.get(index).map(Definition::place).unwrap_or_default();
        Refusal { index, problem: Box::new(rule.problem(self.request.release(), place, message)) }
    }

    /// That libvirt's CPU definitions are not known, as an error: without them there is no answer.
    fn no_definitions(&self, cpus: &[Definition], index: usize) -> Refusal {
        let message = "libvirt's definitions of CPU models are not known here";
        let refusal = self.refuse(cpus, index, &start::CPU_NO_DEFINITIONS, message);
        match self.request.host.cpu().cpu_map() {
            Err(error @ HostError::Failed { .. }) => Refusal {
                problem: Box::new(Fact::CpuDefinitions.unanswered(&error, *refusal.problem)),
                index,
            },
            _ => refusal,
        }
    }

    /// That the CPU that this QEMU gives guests on the host is not known.
    fn no_host(&self, cpus: &[Definition]) -> Refusal {
        let (qemu, host, accel) = (self.request.caps.arch(), self.request.host.arch(), self.accel);
        if !is_native(host, qemu) {
            let message = format!("a QEMU for `{qemu}` has no host model on a host of `{host}`");
            return self.refuse(cpus, 0, &start::CPU_MODE_OFFERED, message);
        }
        let message = Message::new(format!(
            "the capabilities do not say what the host's CPU has with accelerator `{accel}`"
        ));
        let help = "use capabilities that were probed on the host: `--emulator`, or a capabilities file of its libvirt";
        self.refuse(cpus, 0, &start::CPU_HOST_UNKNOWN, message.with_help(help))
    }

    /// That a model or feature is not defined.
    fn unknown(&self, cpus: &[Definition], index: usize, why: &Incompatible) -> Refusal {
        let definitions = self.map().map(CpuMap::x86);
        let (rule, name, known): (_, _, Vec<&str>) = match why {
            Incompatible::UnknownModel(name) => {
                let models = definitions.into_iter().flat_map(CpuDefinitions::models);
                (&start::CPU_MODEL_UNKNOWN, name, models.map(|model| &*model.name).collect())
            }
            Incompatible::UnknownFeature(name) => {
                let features = definitions.into_iter().flat_map(CpuDefinitions::features);
                (&start::CPU_FEATURE_UNKNOWN, name, features.map(|feature| &*feature.name).collect())
            }
            _ => return self.refuse(cpus, index, &start::CPU_INCOMPATIBLE, why.to_string()),
        };
        let message = Message::new(why.to_string());
        let message = match did_you_mean(nearest(name, known)) {
            found if found.is_empty() => message,
            found => message.with_help(format!("{found} Else {}", rule.help)),
        };
        self.refuse(cpus, index, rule, message)
    }
}

/// A CPU as `virsh hypervisor-cpu-baseline` prints it: where it is of mode `custom`, an exact one.
pub fn to_xml(cpu: &CpuSpec, mode: CpuMode, address_limit: Option<u32>) -> String {
    let mut w = Writer::new();
    let matching = (mode == CpuMode::Custom).then_some(CpuMatch::Exact);
    w.element("cpu").attr("mode", mode).opt("match", matching).children(|w| {
        if let Some(model) = &cpu.model {
            w.element("model").attr("fallback", "forbid").text(model);
        }
        w.opt_text_element("vendor", cpu.vendor.as_ref());
        if let Some(limit) = address_limit {
            w.element("maxphysaddr").attr("mode", "passthrough").attr("limit", limit).empty();
        }
        for (name, policy) in &cpu.features {
            w.element("feature").attr("policy", policy.name()).attr("name", name).empty();
        }
    });
    w.finish()
}
