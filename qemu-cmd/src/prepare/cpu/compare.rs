//! Comparing the guest's CPU with the host's: `check=` and `policy='forbid'`.

use virtargv_caps::{Accel, Convention, CpuModel, CpuSpec, HostModels, Incompatible, Usable, X86};
use virtargv_model::Class;
use virtargv_model::cpu::{Cpu, CpuCheck, CpuMatch, CpuMode, FeaturePolicy};

use super::update::{Cx, Done, incompatible, to_spec};

impl Cx<'_> {
    /// Whether features that the CPU forbids are looked for on the host.
    pub(super) fn forbids(&self, cpu: &Cpu) -> bool {
        self.guest.accel == Accel::Kvm
            && matches!(cpu.check, Some(CpuCheck::Partial | CpuCheck::Full))
            && cpu.features.iter().any(|feature| feature.policy == FeaturePolicy::Forbid)
    }

    /// Checks that QEMU does not report forbidden features of the host, before anything else is compared.
    pub(super) fn check_forbidden(&self, cpu: &Cpu) -> Done {
        let (Some(models), Some(x86), true) = (&self.models, self.x86(), self.forbids(cpu)) else {
            return Ok(());
        };
        let spec = to_spec(cpu);
        let found = match x86.first_forbidden(models, &spec) {
            Ok(None) => return Ok(()),
            Ok(Some(name)) => Incompatible::Forbidden(name.to_owned()),
            Err(error) => error,
        };
        Err(incompatible(cpu, &found, self.caps.release()))
    }

    /// Whether QEMU reports that the host supports the model. It does not matter then what features the definition of the
    /// model has; the answer holds for the model without further features.
    pub(super) fn is_usable(&self, cpu: &Cpu) -> bool {
        let name = cpu.model.name.as_deref().filter(|_| cpu.mode() == CpuMode::Custom);
        if cpu.matching == Some(CpuMatch::Strict) && !self.caps.release().has(Convention::UsableCpuStrict) {
            return false;
        }
        let plain = cpu.features.iter().all(|feature| feature.policy == FeaturePolicy::Disable);
        let offered = name.and_then(|name| self.caps.cpu_model(self.guest.accel, name));
        plain && offered.is_some_and(|model| model.usable == Usable::Yes)
    }

    /// Compares the CPU with the host's, as `check='partial'` asks for.
    pub(super) fn compare(&self, x86: X86<'_>, cpu: &Cpu, spec: &CpuSpec) -> Done {
        let Some(models) = &self.models else {
            let message = "the CPU of the host is not known, so the guest's CPU cannot be compared with it";
            return Err(crate::rules::CPU_HOST_UNKNOWN
                .problem(self.caps.release(), cpu.pos, message)
                .with_class(Class::CpuIncompatible));
        };
        let Some(name) = cpu.model.name.as_deref() else {
            return self.compare_known(x86, models, cpu, spec);
        };
        let offered = self.caps.cpu_model(self.guest.accel, name);
        if x86.has_model(name) || offered.is_none_or(|model| model.usable != Usable::No) {
            return self.compare_known(x86, models, cpu, spec);
        }
        // libvirt looks up a model that QEMU lists as not usable in another way, whose message has another class.
        let error = Incompatible::UnknownModel(name.to_owned());
        Err(incompatible(cpu, &error, self.caps.release()).with_class(Class::InvalidArgument))
    }

    fn compare_known(&self, x86: X86<'_>, models: &HostModels, cpu: &Cpu, spec: &CpuSpec) -> Done {
        let strict = cpu.matching == Some(CpuMatch::Strict);
        match self.deciding_model(cpu) {
            None => x86.compare(models, spec, strict).map(drop),
            Some(offered) => x86.compare_offered(models, spec, offered),
        }
        .map_err(|error| incompatible(cpu, &error, self.caps.release()))
    }

    /// The model in the capabilities, if it decides whether the CPU can run on the host: libvirt trusts it rather than
    /// the CPU definition for models that it added recently.
    fn deciding_model(&self, cpu: &Cpu) -> Option<&CpuModel> {
        let name = cpu.model.name.as_deref()?;
        let definition =
            self.host.cpu().cpu_map().ok().and_then(|map| map.of(self.guest.arch))?.model(name)?;
        if definition.partial_check || !self.caps.release().has(Convention::CpuDefinitionChanges) {
            return None;
        }
        let offered = self.caps.cpu_model(self.guest.accel, name)?;
        (offered.usable != Usable::Unknown).then_some(offered)
    }
}
