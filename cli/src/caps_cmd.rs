//! `virtargv caps`: lists, shows, compares and probes capabilities sets.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;

use serde_json::{Value, json};
use virtargv::{Arch, Cap, Caps, Source, builtin};
use virtargv_caps::qapi::Replies;
use virtargv_caps::{Accel, Usable, probe};

use crate::args::{
    CapsCommand, CapsDiffArgs, CapsFormat, CapsProbeArgs, CapsRepliesArgs, CapsRequireArgs, CapsShowArgs,
    HostChoice,
};
use crate::caps::Set;
use crate::host::Chosen;
use crate::{Done, FINE, REFUSED, caps, check, input, probe_cache, verify};

pub(crate) fn run(command: &CapsCommand) -> Done {
    match command {
        CapsCommand::List(args) => list(args.format),
        CapsCommand::Show(args) => show(args),
        CapsCommand::Diff(args) => diff(args),
        CapsCommand::Probe(args) => print_probe(args),
        CapsCommand::Replies(args) => replies(args),
        CapsCommand::Require(args) => require(args),
    }
}

/// The version of QEMU as text: `10.0.2` for 10000002.
fn version(caps: &Caps) -> String {
    let v = caps.version();
    format!("{}.{}.{}", v / 1_000_000, v / 1000 % 1000, v % 1000)
}

fn list(format: CapsFormat) -> Done {
    let sets: Vec<(&str, Caps)> = builtin::names()
        .filter_map(|name| Some((name, builtin::get(name, virtargv::Release::default())?)))
        .collect();
    match format {
        CapsFormat::Text => {
            for (name, caps) in &sets {
                anstream::println!("builtin:{name:<24} QEMU {:<8} {}", version(caps), caps.package());
            }
        }
        CapsFormat::Json => {
            let sets: Vec<Value> = sets
                .iter()
                .map(|(name, caps)| {
                    json!({ "name": name, "version": version(caps), "arch": caps.arch().name(), "package": caps.package() })
                })
                .collect();
            anstream::println!("{:#}", Value::Array(sets));
        }
    }
    Ok(FINE)
}

fn show(args: &CapsShowArgs) -> Done {
    let caps = match &args.set {
        Some(set) => caps::named(set, args.release, args.refresh)?,
        None => caps::default_for(Arch::X86_64, args.release)?.1,
    };
    match args.format {
        CapsFormat::Text => anstream::print!("{}", text(&caps)),
        CapsFormat::Json => anstream::println!("{:#}", json(&caps)),
    }
    Ok(FINE)
}

fn text(caps: &Caps) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "QEMU {} for {}{}", version(caps), caps.arch(), package(caps));
    if !caps.emulator().is_empty() {
        let _ = writeln!(out, "binary: {}", caps.emulator());
    }
    let _ = writeln!(out, "\nFlags:");
    for cap in caps.listed_flags().iter() {
        let _ = writeln!(out, "  {:<44} {}", cap.name(), cap.summary());
    }
    for accel in Accel::ALL {
        let machines = caps.machines(accel);
        if !machines.is_empty() {
            let _ = writeln!(out, "\nMachines ({accel}):");
        }
        for machine in machines {
            let alias = machine.alias.as_deref().map(|a| format!(" (also `{a}`)")).unwrap_or_default();
            let mark = if machine.deprecated { ", deprecated" } else { "" };
            let _ = writeln!(out, "  {}{alias}: up to {} CPUs{mark}", machine.name, machine.max_cpus);
        }
        let models = caps.cpu_models(accel);
        if !models.is_empty() {
            let names: Vec<&str> =
                models.iter().filter(|m| m.usable != Usable::No).map(|m| &*m.name).collect();
            let _ = writeln!(out, "\nCPU models ({accel}): {}", names.join(" "));
            let unusable: Vec<&str> =
                models.iter().filter(|m| m.usable == Usable::No).map(|m| &*m.name).collect();
            if !unusable.is_empty() {
                let _ = writeln!(out, "  not on this host: {}", unusable.join(" "));
            }
        }
    }
    out
}

fn package(caps: &Caps) -> String {
    if caps.package().is_empty() { String::new() } else { format!(" ({})", caps.package()) }
}

fn json(caps: &Caps) -> Value {
    let per_accel: serde_json::Map<String, Value> = Accel::ALL
        .into_iter()
        .filter(|accel| !caps.machines(*accel).is_empty() || !caps.cpu_models(*accel).is_empty())
        .map(|accel| {
            let machines: Vec<Value> = caps
                .machines(accel)
                .iter()
                .map(|m| {
                    json!({
                        "name": m.name, "alias": m.alias, "max-cpus": m.max_cpus, "hotplug-cpus": m.hotplug_cpus,
                        "default-cpu": m.default_cpu, "default-ram-id": m.default_ram_id, "deprecated": m.deprecated,
                    })
                })
                .collect();
            let models: Vec<Value> = caps
                .cpu_models(accel)
                .iter()
                .map(|m| {
                    let usable = match m.usable {
                        Usable::Yes => json!(true),
                        Usable::No => json!(false),
                        Usable::Unknown => Value::Null,
                    };
                    json!({ "name": m.name, "usable": usable, "blockers": m.blockers, "deprecated": m.deprecated })
                })
                .collect();
            (accel.name().to_owned(), json!({ "machines": machines, "cpu-models": models }))
        })
        .collect();
    let flags: Vec<&str> = caps.listed_flags().iter().map(Cap::name).collect();
    json!({
        "version": version(caps), "arch": caps.arch().name(), "package": caps.package(),
        "emulator": caps.emulator(), "flags": flags, "accelerators": per_accel,
    })
}

/// The parts of a set that are compared, as words: flags, machine types and CPU models.
fn words(caps: &Caps) -> [(&'static str, BTreeSet<String>); 3] {
    let each = |names: &dyn Fn(Accel) -> Vec<String>| Accel::ALL.into_iter().flat_map(names).collect();
    [
        ("flags", caps.listed_flags().iter().map(|c| c.name().to_owned()).collect()),
        ("machines", each(&|a| caps.machines(a).iter().map(|m| format!("{a} {}", m.name)).collect())),
        ("cpu-models", each(&|a| caps.cpu_models(a).iter().map(|m| format!("{a} {}", m.name)).collect())),
    ]
}

fn diff(args: &CapsDiffArgs) -> Done {
    let (a, b) = (caps::named(&args.a, args.release, false)?, caps::named(&args.b, args.release, false)?);
    let mut object = serde_json::Map::new();
    for ((what, of_a), (_, of_b)) in words(&a).into_iter().zip(words(&b)) {
        let gone: Vec<&String> = of_a.difference(&of_b).collect();
        let new: Vec<&String> = of_b.difference(&of_a).collect();
        if args.format == CapsFormat::Json {
            object.insert(what.to_owned(), json!({ "only-a": gone, "only-b": new }));
            continue;
        }
        if !gone.is_empty() || !new.is_empty() {
            anstream::println!("{what}:");
        }
        for (sign, words) in [('-', gone), ('+', new)] {
            for word in words {
                anstream::println!("  {sign} {word}");
            }
        }
    }
    if args.format == CapsFormat::Json {
        anstream::println!("{:#}", Value::Object(object));
    }
    Ok(FINE)
}

fn print_probe(args: &CapsProbeArgs) -> Done {
    let caps = if args.generic {
        builtin::generic(&probe::converse(&args.path, probe::TIME)?)?
    } else {
        probe_cache::fresh(&args.path, args.release)?
    };
    anstream::print!("{}", caps.to_xml());
    Ok(FINE)
}

fn require(args: &CapsRequireArgs) -> Done {
    let text = input::read(&args.file)?;
    let chosen = Chosen::load(&args.host, HostChoice::None)?;
    let named = virtargv::arch_of(&text);
    let arch = named.unwrap_or_else(|| chosen.arch());
    let fitting = caps::builtin_for(arch, args.release);
    let (name, set) = if let Some(name) = &args.caps {
        (name.clone(), Set::named(name, args.release, false)?)
    } else {
        let (name, caps) = caps::default_for(arch, args.release)?;
        (format!("{name}, the default,"), Set { caps, program: None })
    };
    let flags = chosen.with_request(named, &set, |request| virtargv::required_flags(&text, &request));
    let flags = match flags {
        Ok(flags) => flags,
        Err(report) => {
            anstream::eprintln!("{} refuses it:", virtargv::render::escaped(&name));
            anstream::eprint!("{}", check::render(input::shown(&args.file), &Source::new(&text), &report));
            return Ok(REFUSED);
        }
    };
    let oldest = fitting.iter().find(|(_, caps)| flags.iter().all(|flag| caps.has(*flag)));
    match args.format {
        CapsFormat::Text => {
            for flag in &flags {
                anstream::println!("{:<44} {}", flag.name(), flag.summary());
            }
            if let Some((name, _)) = oldest {
                anstream::println!("oldest built-in QEMU that has them all: builtin:{name}");
            }
        }
        CapsFormat::Json => {
            let flags: Vec<&str> = flags.iter().map(|f| f.name()).collect();
            anstream::println!(
                "{:#}",
                json!({ "flags": flags, "oldest-builtin": oldest.map(|(name, _)| *name) })
            );
        }
    }
    Ok(FINE)
}

/// Prints what a binary says of its options and of all its types.
fn replies(args: &CapsRepliesArgs) -> Done {
    let conversation = probe::describe(&args.path, probe::Asked::All, verify::TIME)?;
    // Refused here rather than when it is used.
    Replies::of(&conversation)?;
    let mut out = std::io::stdout().lock();
    out.write_all(conversation.to_text().as_bytes())?;
    out.flush()?;
    Ok(FINE)
}
