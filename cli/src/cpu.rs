//! `virtargv cpu`: compares CPUs, makes one that runs on several hosts, and shows all features of a CPU.

mod json;

use std::io::Write as _;

use serde_json::Value;
use virtargv::cpu::{self, Definition, Expansion, Hypervisor, Options, Refusal, Relation};
use virtargv::render::escaped;
use virtargv::{Arch, Problem, Report, Source};
use virtargv_caps::Usable;

use crate::args::{
    CpuBaselineArgs, CpuCommand, CpuCompareArgs, CpuExpandArgs, CpuFormat, HostChoice, HypervisorArgs,
    QemuArgs,
};
use crate::caps::Set;
use crate::host::Chosen;
use crate::{Done, FINE, REFUSED, Unusable, caps, check, input};

pub(crate) fn run(command: &CpuCommand) -> Done {
    match command {
        CpuCommand::Baseline(args) => baseline(args),
        CpuCommand::Compare(args) => compare(args),
        CpuCommand::Expand(args) => expand(args),
    }
}

/// A text with CPUs.
struct File {
    name: String,
    text: String,
}

/// All CPUs that are given.
struct Given {
    files: Vec<File>,
    cpus: Vec<Definition>,
    /// The index of the file of each CPU.
    file_of: Vec<usize>,
}

/// A problem, and the index of the file in which it is.
struct Refused(usize, Report);

impl Refused {
    fn new(file: usize, problem: Problem) -> Self {
        let mut report = Report::new();
        report.push(problem);
        // What is not known here is an error: it is what was asked for.
        report.insist();
        Self(file, report)
    }
}

impl Given {
    /// Reads the files, and takes `models` as CPUs without changes.
    fn read(
        names: &[String],
        models: &[String],
        args: &HypervisorArgs,
    ) -> Result<(Self, Option<Refused>), Unusable> {
        let mut given = Self { files: Vec::new(), cpus: Vec::new(), file_of: Vec::new() };
        let mut refused = None;
        for (index, name) in names.iter().enumerate() {
            let text = input::read(name)?;
            match cpu::read(&text, args.release) {
                Ok(cpus) => {
                    given.file_of.resize(given.file_of.len() + cpus.len(), index);
                    given.cpus.extend(cpus);
                }
                Err(problem) => refused = refused.or(Some(Refused::new(index, problem))),
            }
            given.files.push(File { name: input::shown(name).to_owned(), text });
        }
        for model in models {
            given.file_of.push(given.files.len());
            given.files.push(File {
                name: "--model".to_owned(),
                text: format!("<cpu><model>{model}</model></cpu>"),
            });
            given.cpus.push(Definition::named(model));
        }
        Ok((given, refused))
    }

    fn file(&self, cpu: usize) -> usize {
        self.file_of.get(cpu).copied().unwrap_or(0)
    }

    fn refused(&self, refusal: Refusal) -> Refused {
        Refused::new(self.file(refusal.index), *refusal.problem)
    }

    /// Shows a problem on standard error.
    fn show(&self, Refused(file, report): &Refused) {
        let Some(File { name, text }) = self.files.get(*file) else { return };
        anstream::eprint!("{}", check::render(name, &Source::new(text), report));
    }

    /// The problems as JSON, each with the name of its file.
    fn problems(&self, refused: Option<&Refused>) -> Vec<Value> {
        let Some(Refused(file, report)) = refused else { return Vec::new() };
        let Some(File { name, text }) = self.files.get(*file) else { return Vec::new() };
        problems_of(name, text, report)
    }
}

/// The problems of a text as JSON, each with the name of its file.
fn problems_of(name: &str, text: &str, report: &Report) -> Vec<Value> {
    let mut problems = check::json_problems(&Source::new(text), report);
    for problem in problems.iter_mut().filter_map(Value::as_object_mut) {
        problem.insert("file".to_owned(), name.into());
    }
    problems
}

/// The capabilities: where no option names them, those of this machine's QEMU for the architecture, if it has one.
fn set(args: &HypervisorArgs, qemu: &QemuArgs, arch: Arch) -> Result<Set, Unusable> {
    let path = format!("/usr/bin/qemu-system-{}", arch.qemu_name());
    let is_here = matches!(args.host, None | Some(HostChoice::Here));
    let name = match &qemu.caps {
        Some(name) => Some(name.replace(caps::ARCH, arch.qemu_name())),
        None if is_here && std::path::Path::new(&path).is_file() => Some(format!("probe:{path}")),
        None => None,
    };
    caps::load(qemu, name.as_deref(), arch)
}

/// Calls `with` with the hypervisor of the options.
fn on_hypervisor<T>(
    args: &HypervisorArgs,
    given: &Given,
    with: impl FnOnce(&Hypervisor<'_>) -> Result<T, Refused>,
) -> Result<Result<T, Refused>, Unusable> {
    let qemu = args.qemu();
    let chosen = Chosen::load(&qemu.host, HostChoice::Here)?;
    let of_cpus = given.cpus.iter().find_map(|cpu| cpu.arch);
    let set = set(args, &qemu, args.arch.or(of_cpus).unwrap_or(chosen.arch()))?;
    let has = set.caps.arch();
    if let Some(arch) = args.arch.filter(|arch| !virtargv_resolve::runs(has, *arch)) {
        return Err(Unusable(format!(
            "--arch is `{arch}`, but the QEMU of --caps is for `{has}`: `{{arch}}` in --caps stands for QEMU's name of the \
             architecture"
        )));
    }
    let accel = args.virttype.map(Into::into);
    Ok(chosen.with_request(Some(has), &set, |request| {
        match Hypervisor::new(&request, accel, args.machine.as_deref()) {
            Ok(hypervisor) => with(&hypervisor),
            Err(problem) => Err(Refused::new(0, problem)),
        }
    }))
}

/// Writes one JSON object.
fn print_json(
    args: &HypervisorArgs,
    status: &str,
    parts: Value,
    problems: Vec<Value>,
) -> Result<(), Unusable> {
    let object = json::object(args.release, status, parts, problems);
    std::io::stdout().lock().write_all(format!("{object}\n").as_bytes())?;
    Ok(())
}

fn baseline(args: &CpuBaselineArgs) -> Done {
    let (given, unread) = Given::read(&args.files, &args.models, &args.hypervisor)?;
    let (features, migratable, ignore_host) = (args.features, args.migratable, args.ignore_host);
    let options = Options { features, migratable, ignore_host };
    let answer = match unread {
        Some(refused) => Err(refused),
        None => on_hypervisor(&args.hypervisor, &given, |hypervisor| {
            cpu::baseline(&given.cpus, hypervisor, options).map_err(|refusal| given.refused(refusal))
        })?,
    };
    for at in (0..given.cpus.len()).filter(|at| given.cpus.get(*at).is_some_and(|cpu| cpu.is_host)) {
        let name = given.files.get(given.file(at)).map_or("", |file| &file.name);
        anstream::eprintln!(
            "warning: {}: this is a host's own CPU, and its guests may not have all of it: `virsh domcapabilities` says what they \
             can have",
            escaped(name)
        );
    }
    let code = if answer.is_ok() { FINE } else { REFUSED };
    if args.hypervisor.format == CpuFormat::Json {
        let found = answer.as_ref().ok();
        let parts = json::baseline(found.map(|(cpu, limit)| (cpu, *limit)));
        let status = if answer.is_ok() { "found" } else { "refused" };
        print_json(&args.hypervisor, status, parts, given.problems(answer.as_ref().err()))?;
        return Ok(code);
    }
    match &answer {
        Ok((cpu, limit)) => {
            let xml = cpu::to_xml(cpu, virtargv::model::cpu::CpuMode::Custom, *limit);
            std::io::stdout().lock().write_all(xml.as_bytes())?;
        }
        Err(refused) => given.show(refused),
    }
    Ok(code)
}

fn compare(args: &CpuCompareArgs) -> Done {
    let (mut given, unread) = Given::read(std::slice::from_ref(&args.file), &[], &args.hypervisor)?;
    given.cpus.truncate(1);
    let release = args.hypervisor.release;
    if let (Some(cpu), true) = (given.cpus.first(), args.validate) {
        let text = given.files.first().map_or("", |file| &file.text);
        let (document, report) = cpu::validate(text, cpu, release);
        if !report.is_empty() {
            if args.hypervisor.format == CpuFormat::Json {
                let problems = problems_of(input::shown(&args.file), &document, &report);
                print_json(&args.hypervisor, "refused", json::compared(None), problems)?;
            } else {
                let name = format!("{}, as the CPU of a domain", input::shown(&args.file));
                anstream::eprint!("{}", check::render(&name, &Source::new(&document), &report));
            }
            return Ok(REFUSED);
        }
    }
    let answer = match (unread, given.cpus.first()) {
        (Some(refused), _) => Err(refused),
        (None, Some(first)) => on_hypervisor(&args.hypervisor, &given, |hypervisor| {
            cpu::compare(first, hypervisor).map_err(|refusal| given.refused(refusal))
        })?,
        (None, None) => return Ok(REFUSED),
    };
    let (relation, host, refused) = match answer {
        Ok(compared) => match compared.relation {
            Ok(relation) => (Some(relation), Some(compared.host), None),
            Err(refusal) => (None, Some(compared.host), Some(given.refused(refusal))),
        },
        Err(refused) => (None, None, Some(refused)),
    };
    let word = match (relation, &host) {
        (Some(Relation::Identical), _) => "identical",
        (Some(Relation::Superset), _) => "superset",
        (None, Some(_)) => "incompatible",
        (None, None) => "refused",
    };
    let code = if relation.is_some() { FINE } else { REFUSED };
    if args.hypervisor.format == CpuFormat::Json {
        print_json(&args.hypervisor, word, json::compared(host.as_ref()), given.problems(refused.as_ref()))?;
        return Ok(code);
    }
    match (relation, refused) {
        (Some(Relation::Identical), _) => {
            anstream::println!("identical: the hypervisor's CPU on this host has the same features");
        }
        (Some(Relation::Superset), _) => {
            anstream::println!(
                "superset: the hypervisor's CPU on this host has all features of it, and can have more"
            );
        }
        (None, Some(refused)) if args.error || host.is_none() => given.show(&refused),
        (None, refused) => {
            let why = refused.iter().flat_map(|Refused(_, report)| report.iter());
            let why: Vec<String> = why.map(|problem| escaped(&problem.message).into_owned()).collect();
            anstream::println!("incompatible: {}", why.join("; "));
        }
    }
    Ok(code)
}

fn expand(args: &CpuExpandArgs) -> Done {
    let (given, unread) = Given::read(&args.files, &args.models, &args.hypervisor)?;
    let answer = match unread {
        Some(refused) => Err(refused),
        None => on_hypervisor(&args.hypervisor, &given, |hypervisor| {
            let each = given.cpus.iter().enumerate();
            let each = each.map(|(index, cpu)| {
                cpu::expand(cpu, hypervisor).map_err(|refusal| given.refused(Refusal { index, ..refusal }))
            });
            each.collect::<Result<Vec<Expansion>, Refused>>()
        })?,
    };
    let code = if answer.is_ok() { FINE } else { REFUSED };
    if args.hypervisor.format == CpuFormat::Json {
        let cpus = answer.as_ref().map_or(&[][..], Vec::as_slice);
        let status = if answer.is_ok() { "expanded" } else { "refused" };
        print_json(&args.hypervisor, status, json::expanded(cpus), given.problems(answer.as_ref().err()))?;
        return Ok(code);
    }
    match &answer {
        Ok(cpus) => {
            for expansion in cpus {
                std::io::stdout().lock().write_all(xml(expansion).as_bytes())?;
                for line in notes(expansion) {
                    anstream::eprintln!("note: {}", escaped(&line));
                }
            }
        }
        Err(refused) => given.show(refused),
    }
    Ok(code)
}

fn xml(expansion: &Expansion) -> String {
    cpu::to_xml(&expansion.cpu, expansion.mode, None)
}

/// What there is to say of a CPU besides its features.
fn notes(expansion: &Expansion) -> Vec<String> {
    let name = expansion.cpu.model.clone().unwrap_or_else(|| expansion.mode.to_string());
    let mut lines = Vec::new();
    if !expansion.bases.is_empty() {
        lines.push(format!("`{name}` is defined as `{}` with changes", expansion.bases.join("`, that as `")));
    }
    if let Some(vendor) = &expansion.vendor {
        lines.push(format!("`{name}` is of vendor `{vendor}`"));
    }
    if !expansion.is_complete {
        lines.push(format!("the features of `{name}` itself are in QEMU alone, and not listed"));
    }
    match expansion.usable {
        None => lines.push(format!("this QEMU has no CPU model `{name}`")),
        Some(Usable::Unknown) => {
            lines.push(format!("the capabilities do not say whether the host supports `{name}`"));
        }
        Some(_) if expansion.blockers.is_empty() => lines.push("nothing blocks it on this QEMU".to_owned()),
        Some(_) => {}
    }
    if !expansion.blockers.is_empty() {
        lines.push(format!("blocked on this QEMU by: {}", expansion.blockers.join(", ")));
    }
    let bound = expansion.cpu.features.iter().zip(&expansion.features);
    let bound: Vec<&str> = bound
        .filter(|((_, policy), feature)| policy.enabled() == Some(true) && !feature.migratable)
        .map(|((name, _), _)| name.as_str())
        .collect();
    if !bound.is_empty() {
        lines.push(format!("a guest with these cannot migrate: {}", bound.join(", ")));
    }
    lines
}
