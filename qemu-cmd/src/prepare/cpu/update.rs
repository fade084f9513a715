//! The CPU on this host: expands `host-model`, optional features and models that QEMU does not have.

use virtargv_caps::{
    Accel, Cap, Caps, CpuSpec, FeaturePolicy as Policy, HostModels, Incompatible, Release, X86,
    feature_names, is_native, is_passed_on,
};
use virtargv_host::{Fact, Host, HostError};
use virtargv_model::advice::{did_you_mean, nearest};
use virtargv_model::cpu::{Cpu, CpuCheck, CpuFallback, CpuFeature, CpuMatch, CpuMode, FeaturePolicy};
use virtargv_model::{Class, Domain, Message, Problem, Severity};
use virtargv_resolve::Guest;

pub(super) type Done = Result<(), Problem>;

/// The context of the steps.
pub(super) struct Cx<'a> {
    pub(super) guest: &'a Guest,
    pub(super) caps: &'a Caps,
    pub(super) host: &'a dyn Host,
    pub(super) models: Option<HostModels>,
}

/// Expands the CPU of `domain` to a model and features that QEMU has.
pub(crate) fn update(domain: &mut Domain, guest: &Guest, caps: &Caps, host: &dyn Host) -> Done {
    let Some(cpu) = domain.cpu.as_mut().filter(|cpu| cpu.names_a_cpu()) else { return Ok(()) };
    let mut cx = Cx { guest, caps, host, models: None };
    cx.check_features(cpu)?;
    if cx.needs_host_models(cpu) {
        let spec = host.cpu().processor().ok().and_then(host_spec);
        cx.models = caps.host_models(guest.accel, host.arch(), spec.as_ref(), host.cpu().cpu_map().ok());
    }
    cx.check_mode(cpu)?;
    cx.check_forbidden(cpu)?;
    if host.arch().is_ppc64() {
        convert_old_power(cpu);
    }
    if !cpu.is_native() {
        let asked = cpu.model.name.clone().unwrap_or_default();
        cx.adapt(cpu).map_err(|problem| cx.with_model(problem, &asked))?;
        cpu.model.fallback = Some(CpuFallback::Forbid);
    }
    cpu.features.retain(|feature| is_passed_on(guest.arch, &feature.name));
    if guest.arch.is_x86() {
        cx.drop_unknown(cpu);
    }
    cx.set_deprecated(cpu)
}

/// The host's CPU as a model and additional features.
fn host_spec(cpu: &virtargv_host::Processor) -> Option<CpuSpec> {
    let model = cpu.model.as_deref()?;
    let vendor = cpu.vendor.clone();
    let features = cpu.features.iter().map(String::as_str);
    Some(CpuSpec { vendor, ..CpuSpec::host(model, "", features) })
}

impl Cx<'_> {
    fn needs_host_models(&self, cpu: &Cpu) -> bool {
        match cpu.mode() {
            CpuMode::HostModel => true,
            CpuMode::HostPassthrough | CpuMode::Maximum => false,
            CpuMode::Custom => {
                cpu.check == Some(CpuCheck::Partial) && !self.is_usable(cpu)
                    || self.forbids(cpu)
                    || cpu.matching == Some(CpuMatch::Minimum)
                    || cpu.features.iter().any(|feature| feature.policy == FeaturePolicy::Optional)
            }
        }
    }

    pub(super) fn x86(&self) -> Option<X86<'_>> {
        let definitions = self.host.cpu().cpu_map().ok().and_then(|map| map.of(self.guest.arch))?;
        let defined = self.guest.arch.is_x86() && !definitions.models().is_empty();
        defined.then(|| X86::new(definitions, self.caps.release()))
    }

    /// Checks that all features are defined.
    fn check_features(&self, cpu: &Cpu) -> Done {
        let Some(definitions) = self.host.cpu().cpu_map().ok().and_then(|map| map.of(self.guest.arch)) else {
            return Ok(());
        };
        if definitions.features().is_empty() {
            return Ok(());
        }
        for feature in &cpu.features {
            if definitions.feature(&feature.name).is_none() {
                let (rule, place) = (&crate::rules::CPU_FEATURE_UNKNOWN, feature.pos.attr("name"));
                let known = definitions.features().iter().map(|defined| &*defined.name);
                let message = Message::new(format!("CPU feature `{}` is not defined", feature.name));
                let message = message.with_nearest(place.clone(), &feature.name, known, rule.help);
                return Err(rule.problem(self.caps.release(), place, message));
            }
            if feature.name.starts_with("vmx-") && !self.caps.has(Cap::CpuUnavailableFeatures) {
                let message =
                    format!("CPU feature `{}` needs a QEMU that reports unavailable features", feature.name);
                return Err(crate::rules::CPU_FEATURE_VMX.problem(
                    self.caps.release(),
                    feature.pos.attr("name"),
                    message,
                ));
            }
        }
        Ok(())
    }

    fn check_mode(&self, cpu: &Cpu) -> Done {
        let offered = match cpu.mode() {
            CpuMode::HostPassthrough => {
                self.guest.accel != Accel::Tcg && is_native(self.host.arch(), self.caps.arch())
            }
            CpuMode::HostModel => self.models.is_some(),
            CpuMode::Maximum => self.caps.has(Cap::CpuMax),
            CpuMode::Custom => !self.caps.cpu_models(self.guest.accel).is_empty(),
        };
        if offered {
            return Ok(());
        }
        let message = format!(
            "CPU mode `{}` is not supported for architecture `{}` and accelerator `{}` on a host of architecture `{}`",
            cpu.mode(),
            self.guest.arch,
            self.guest.accel,
            self.host.arch()
        );
        let place = cpu.pos.attr("mode");
        let problem = crate::rules::CPU_MODE_OFFERED.problem(self.caps.release(), place, message);
        Err(if cpu.mode() == CpuMode::HostModel { self.unanswered(problem) } else { problem })
    }

    /// `problem`, which is that there are no CPU definitions of the architecture.
    fn without_definitions(&self, problem: Problem) -> Problem {
        match self.host.cpu().cpu_map() {
            Err(error) if self.guest.arch.is_x86() => undefined(&error, problem),
            _ => problem,
        }
    }

    fn unknown_host(&self, cpu: &Cpu) -> Problem {
        let message = "the CPU of the host is not known, on which the guest's CPU depends";
        self.unanswered(crate::rules::CPU_HOST_UNKNOWN.problem(self.caps.release(), cpu.pos, message))
    }

    /// `problem`, which is that the CPU of the host is needed and not known: a note where the host could tell.
    fn unanswered(&self, problem: Problem) -> Problem {
        if !is_native(self.host.arch(), self.caps.arch()) {
            return problem;
        }
        match (self.host.cpu().processor(), self.host.cpu().cpu_map()) {
            (Err(error @ HostError::Unknown(_)), _) => Fact::Cpu.unanswered(&error, problem),
            (_, Err(error)) if self.guest.arch.is_x86() => undefined(&error, problem),
            (Err(error), _) => Fact::Cpu.unanswered(&error, problem),
            _ => problem,
        }
    }

    /// Compares the CPU with the host's, and translates it to a model that QEMU has.
    fn adapt(&self, cpu: &mut Cpu) -> Done {
        let mut spec = to_spec(cpu);
        if cpu.check == Some(CpuCheck::Partial)
            && !self.is_usable(cpu)
            && let Some(x86) = self.x86()
        {
            self.compare(x86, cpu, &spec)?;
        }
        self.check_compatible_power(cpu)?;
        self.apply_host(cpu, &mut spec)?;
        from_spec(cpu, spec);
        if cpu.mode() == CpuMode::Custom {
            self.translate(cpu)?;
        }
        Ok(())
    }

    /// Applies what depends on the host: optional features, `host-model`, and the features that `match='minimum'` adds.
    fn apply_host(&self, cpu: &mut Cpu, spec: &mut CpuSpec) -> Done {
        let from_host = cpu.mode() == CpuMode::HostModel || cpu.matching == Some(CpuMatch::Minimum);
        let relative = from_host || spec.features.iter().any(|(_, policy)| *policy == Policy::Optional);
        let arch = self.guest.arch;
        if arch.is_x86() {
            let Some(x86) = self.x86() else {
                let followed = follow_undefined(cpu, relative, self.caps.release());
                return followed.map_err(|problem| self.without_definitions(problem));
            };
            if relative {
                let Some(models) = &self.models else { return Err(self.unknown_host(cpu)) };
                x86.settle_optional(spec, &models.migratable)
                    .map_err(|error| incompatible(cpu, &error, self.caps.release()))?;
                if from_host {
                    take_host(cpu, spec, &models.migratable);
                }
            }
            return x86.disable_removed(spec).map_err(|error| incompatible(cpu, &error, self.caps.release()));
        }
        if arch.is_s390() {
            if relative {
                self.check_s390(cpu)?;
            }
            if cpu.mode() == CpuMode::HostModel {
                let Some(models) = &self.models else { return Err(self.unknown_host(cpu)) };
                take_host(cpu, spec, &models.migratable);
            }
        } else if relative && arch.is_arm() && cpu.mode() == CpuMode::HostModel {
            let Some(models) = &self.models else { return Err(self.unknown_host(cpu)) };
            take_host(cpu, spec, &models.migratable);
        } else if relative && arch.is_ppc64() {
            cpu.matching = Some(CpuMatch::Exact);
        }
        Ok(())
    }

    /// Checks that the host's POWER CPU has the compatibility mode that `host-model` of a guest names.
    fn check_compatible_power(&self, cpu: &Cpu) -> Done {
        let wanted = cpu.model.name.as_deref().filter(|_| {
            self.guest.arch.is_ppc64()
                && self.guest.accel == Accel::Kvm
                && cpu.mode() == CpuMode::HostModel
                && cpu.check == Some(CpuCheck::Partial)
        });
        let Some(wanted) = wanted else { return Ok(()) };
        let host = self.host.cpu().processor().ok().and_then(|host| host.model.clone());
        let Some(host) = host else { return Err(self.unknown_host(cpu)) };
        let version =
            |name: &str, prefix: &str| name.strip_prefix(prefix).and_then(|n| n.parse::<u32>().ok());
        if version(wanted, "power").is_none() || version(wanted, "power") <= version(&host, "POWER") {
            return Ok(());
        }
        let message = format!("the host's CPU `{host}` has no compatibility mode `{wanted}`");
        let problem = crate::rules::CPU_INCOMPATIBLE.problem(self.caps.release(), cpu.model.pos, message);
        // libvirt's message is the words of the class alone.
        Err(problem.with_class(Class::Plain))
    }

    fn check_s390(&self, cpu: &Cpu) -> Done {
        if cpu.mode() == CpuMode::Custom && cpu.matching == Some(CpuMatch::Minimum) {
            let message = format!(
                "match `{}` is not supported for architecture `{}`",
                CpuMatch::Minimum,
                self.guest.arch
            );
            return Err(crate::rules::CPU_MATCH_ARCH.problem(
                self.caps.release(),
                cpu.pos.attr("match"),
                message,
            ));
        }
        let odd = cpu
            .features
            .iter()
            .find(|feature| !matches!(feature.policy, FeaturePolicy::Require | FeaturePolicy::Disable));
        if let Some(feature) = odd {
            let message = format!(
                "CPU feature `{}` has policy `{}`, architecture `{}` supports `require` and `disable` only",
                feature.name, feature.policy, self.guest.arch
            );
            return Err(crate::rules::CPU_POLICY_ARCH.problem(self.caps.release(), feature.pos, message));
        }
        Ok(())
    }

    /// Translates a model that QEMU does not have to one that it has, with additional features.
    fn translate(&self, cpu: &mut Cpu) -> Done {
        let offered = self.caps.cpu_models(self.guest.accel);
        let Some(name) = cpu.model.name.as_deref() else { return Ok(()) };
        if offered.is_empty() || offered.iter().any(|model| &*model.name == name) {
            return Ok(());
        }
        let fallback = cpu.model.fallback.or(cpu.model.unwritten_fallback);
        if fallback == Some(CpuFallback::Forbid) {
            let message = Message::new(format!("this QEMU has no CPU model `{name}`"));
            // A model that is not defined either is not known with another fallback.
            let is_defined = self.host.cpu().cpu_map().ok().and_then(|map| map.of(self.guest.arch));
            let is_defined = is_defined.is_some_and(|definitions| definitions.model(name).is_some());
            let rule = &crate::rules::CPU_MODEL_OFFERED;
            let message = if is_defined {
                message.with_help(format!("{}, or `fallback='allow'`", rule.help))
            } else {
                message
            };
            return Err(rule.problem(self.caps.release(), cpu.model.pos, message));
        }
        let Some(x86) = self.x86() else {
            let message = format!(
                "this QEMU has no CPU model `{name}`, and there are no CPU model definitions of libvirt to translate it by"
            );
            let problem =
                crate::rules::CPU_MODEL_TRANSLATION.problem(self.caps.release(), cpu.model.pos, message);
            return Err(self.without_definitions(problem.with_class(Class::NoDriver)));
        };
        match x86.translate(&to_spec(cpu), offered) {
            Ok(Some(spec)) => {
                from_spec(cpu, spec);
                Ok(())
            }
            Ok(None) => {
                let message = format!("this QEMU has no CPU model to which `{name}` can be translated");
                Err(crate::rules::CPU_MODEL_TRANSLATION.problem(self.caps.release(), cpu.model.pos, message))
            }
            Err(error) => Err(incompatible(cpu, &error, self.caps.release())),
        }
    }

    /// `problem`, with the CPU model of this QEMU that is nearest to the one that is asked for, where it is about that.
    fn with_model(&self, problem: Problem, asked: &str) -> Problem {
        use crate::rules::{CPU_MODEL_OFFERED, CPU_MODEL_TRANSLATION, CPU_MODEL_UNKNOWN};
        let rules = [&CPU_MODEL_OFFERED, &CPU_MODEL_TRANSLATION, &CPU_MODEL_UNKNOWN];
        let known = self.caps.cpu_models(self.guest.accel).iter().map(|model| &*model.name);
        if !rules.iter().any(|rule| rule.id == problem.id()) {
            return problem;
        }
        let mut problem = problem;
        if problem.severity == Severity::Note {
            problem.message = format!("this QEMU has no CPU model `{asked}`, and {}", problem.message);
        }
        match nearest(asked, known) {
            found @ Some(_) => {
                let help = format!("{} Else {}", did_you_mean(found), problem.help());
                problem.with_help(help)
            }
            None => problem,
        }
    }

    /// Removes disabled features that QEMU does not have.
    fn drop_unknown(&self, cpu: &mut Cpu) {
        let Some(host) = self.caps.host_cpu(self.guest.accel) else { return };
        if host.properties.is_empty() {
            return;
        }
        cpu.features.retain(|feature| {
            !matches!(feature.policy, FeaturePolicy::Disable | FeaturePolicy::Forbid)
                || host
                    .properties
                    .iter()
                    .any(|property| feature_names::from_qemu(&property.name) == feature.name)
        });
    }

    /// Applies `deprecated_features=`, which switches all deprecated features on or off.
    fn set_deprecated(&self, cpu: &mut Cpu) -> Done {
        let Some(wanted) = cpu.deprecated_features else { return Ok(()) };
        if !self.caps.has(Cap::QueryCpuModelExpansionDeprecatedProps) {
            let message = "`deprecated_features` needs a QEMU that reports deprecated features";
            let place = cpu.pos.attr("deprecated_features");
            return Err(crate::rules::CPU_DEPRECATED_FEATURES.problem(self.caps.release(), place, message));
        }
        let policy = if wanted.is_on() { FeaturePolicy::Require } else { FeaturePolicy::Disable };
        for name in self.caps.host_cpu(self.guest.accel).into_iter().flat_map(|host| &host.deprecated) {
            match cpu.features.iter_mut().find(|feature| *feature.name == **name) {
                Some(feature) => feature.policy = policy,
                None => {
                    cpu.features.push(CpuFeature { pos: cpu.pos, name: name.to_string(), policy });
                }
            }
        }
        Ok(())
    }
}

/// Refuses a CPU that depends on the host's, where there are no CPU definitions.
fn follow_undefined(cpu: &Cpu, relative: bool, release: Release) -> Done {
    if !relative {
        return Ok(());
    }
    let message = format!(
        "a CPU of mode `{}` that depends on the host's needs CPU definitions, there are none",
        cpu.mode()
    );
    Err(crate::rules::CPU_NO_DEFINITIONS.problem(release, cpu.pos, message))
}

/// `problem`, which is that there are no CPU definitions: a note where the host has not been told where they are.
fn undefined(error: &HostError, problem: Problem) -> Problem {
    match error {
        HostError::NotFound { .. } => Fact::CpuDefinitions.note(problem),
        _ => Fact::CpuDefinitions.unanswered(error, problem),
    }
}

pub(super) fn incompatible(cpu: &Cpu, error: &Incompatible, release: Release) -> Problem {
    let message = error.to_string();
    match error {
        Incompatible::UnknownModel(_) => crate::rules::CPU_MODEL_UNKNOWN.problem(release, cpu.pos, message),
        Incompatible::UnknownFeature(_) => {
            crate::rules::CPU_FEATURE_UNKNOWN.problem(release, cpu.pos, message).with_class(Class::Internal)
        }
        _ => crate::rules::CPU_INCOMPATIBLE.problem(release, cpu.pos, message),
    }
}

/// Replaces the CPU by the host's, with the features of the document.
fn take_host(cpu: &mut Cpu, spec: &mut CpuSpec, host: &CpuSpec) {
    let changes = std::mem::take(&mut spec.features);
    *spec = host.clone();
    for (name, policy) in changes {
        spec.set(&name, policy);
    }
    cpu.mode = Some(CpuMode::Custom);
    cpu.matching = Some(CpuMatch::Exact);
}

/// Replaces names of POWER steppings, which QEMU does not have any more, by their model.
fn convert_old_power(cpu: &mut Cpu) {
    let name = match cpu.model.name.as_deref() {
        Some("POWER7_v2.1" | "POWER7_v2.3" | "POWER7+_v2.1") => "POWER7",
        Some("POWER8_v1.0" | "POWER8E_v1.0" | "POWER8E") => "POWER8",
        _ => return,
    };
    cpu.model.name = Some(name.to_owned());
}

pub(super) fn to_spec(cpu: &Cpu) -> CpuSpec {
    let policy = |policy| match policy {
        FeaturePolicy::Force => Policy::Force,
        FeaturePolicy::Require => Policy::Require,
        FeaturePolicy::Optional => Policy::Optional,
        FeaturePolicy::Disable => Policy::Disable,
        FeaturePolicy::Forbid => Policy::Forbid,
    };
    let features = cpu.features.iter().map(|feature| (feature.name.clone(), policy(feature.policy)));
    CpuSpec { model: cpu.model.name.clone(), vendor: cpu.vendor.clone(), features: features.collect() }
}

fn from_spec(cpu: &mut Cpu, spec: CpuSpec) {
    let policy = |policy| match policy {
        Policy::Force => FeaturePolicy::Force,
        Policy::Require => FeaturePolicy::Require,
        Policy::Optional => FeaturePolicy::Optional,
        Policy::Disable => FeaturePolicy::Disable,
        Policy::Forbid => FeaturePolicy::Forbid,
    };
    cpu.model.name = spec.model;
    cpu.vendor = spec.vendor;
    let pos = cpu.pos;
    cpu.features = spec
        .features
        .into_iter()
        .map(|(name, asked)| CpuFeature { pos, name, policy: policy(asked) })
        .collect();
}
