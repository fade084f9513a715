//! `virtargv attach`, `detach` and `update`.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use virtargv::render::escaped;
use virtargv::{Hotplug, MasterKey, Need, Refused, Report, Request, Source, UpdateOptions};

use crate::args::{AttachArgs, DetachArgs, DeviceArgs, HostChoice, HotplugFormat, UpdateArgs};
use crate::caps::Sets;
use crate::host::Chosen;
use crate::{Done, FINE, REFUSED, Unusable, check, input};

pub(crate) fn attach(args: &AttachArgs) -> Done {
    run(&args.of, virtargv::attach)
}

pub(crate) fn detach(args: &DetachArgs) -> Done {
    run(&args.of, virtargv::detach)
}

pub(crate) fn update(args: &UpdateArgs) -> Done {
    let options = UpdateOptions { force: args.force };
    run(&args.of, |domain, device, request| virtargv::update(domain, device, request, options))
}

fn run(args: &DeviceArgs, verb: impl FnOnce(&str, &str, &Request<'_>) -> Result<Hotplug, Refused>) -> Done {
    if args.domain == "-" && args.device == "-" {
        return Err(Unusable("only one of DOMAIN and DEVICE can be standard input".to_owned()));
    }
    let domain = input::read(&args.domain)?;
    let device = input::read(&args.device)?;
    let chosen = Chosen::load(&args.qemu.host, HostChoice::Here)?;
    let sets = Sets::new(&args.qemu);
    let arch = virtargv::arch_of(&domain);
    let set = sets.of(arch.unwrap_or(chosen.arch()))?;
    let key = args.master_key.as_deref().map(master_key).transpose()?;
    let done = chosen.with_request(arch, &set, |mut request| {
        request.start.master_key = key;
        verb(&domain, &device, &request)
    });
    let none = Report::new();
    let (of_domain, of_device) = match &done {
        Ok(done) => (&none, &done.warnings),
        Err(refused) => (&refused.domain, &refused.device),
    };
    let reports = [(&args.domain, &domain, of_domain), (&args.device, &device, of_device)];
    let code = if done.is_ok() { FINE } else { REFUSED };
    if args.format == HotplugFormat::Json && !args.domain_xml {
        let problems = reports.iter().flat_map(|(name, text, report)| {
            let mut problems = check::json_problems(&Source::new(text), report);
            for problem in problems.iter_mut().filter_map(Value::as_object_mut) {
                problem.insert("file".to_owned(), input::shown(name).into());
            }
            problems
        });
        anstream::println!("{:#}", to_json(done.as_ref().ok(), problems.collect()));
        return Ok(code);
    }
    for (name, text, report) in reports.iter().filter(|(.., report)| !report.is_empty()) {
        anstream::eprint!("{}", check::render(input::shown(name), &Source::new(text), report));
    }
    let Ok(done) = done else { return Ok(code) };
    if args.domain_xml {
        anstream::print!("{}", virtargv::model::format(&done.domain));
        return Ok(code);
    }
    anstream::eprint!("{}", notes(&done));
    for command in &done.commands {
        anstream::println!("{}", command.to_qmp());
    }
    Ok(code)
}

/// The master key in a file.
fn master_key(path: &Path) -> Result<MasterKey, Unusable> {
    let shown = path.display();
    let bytes = input::file(path).map_err(|why| Unusable(format!("{shown}: {why}")))?;
    let length = bytes.len();
    let key = bytes
        .try_into()
        .map_err(|_| Unusable(format!("{shown}: a master key has 32 bytes, not {length}")))?;
    Ok(MasterKey(key))
}

/// What the commands do not say: what they need, what is waited for, and what follows for a teaming pair.
fn notes(done: &Hotplug) -> String {
    let mut out = String::new();
    for need in &done.needs {
        let _ = writeln!(out, "# needs {}", escaped(&need.to_string()));
    }
    for (n, command) in (1..).zip(&done.commands) {
        if let Some(number) = command.fd {
            let _ = writeln!(out, "# command {n} is sent with descriptor {number} (SCM_RIGHTS)");
        }
        for argument in &command.from_reply {
            let _ = writeln!(out, "# command {n}: {}", escaped(&argument.to_string()));
        }
        if let Some(wait) = &command.wait {
            let _ = writeln!(out, "# after command {n} wait for {}", escaped(&wait.to_string()));
        }
    }
    for line in done.teaming.iter().flat_map(virtargv::TeamingPair::lines) {
        let _ = writeln!(out, "# {}", escaped(&line));
    }
    out
}

/// The object of [`HotplugFormat::Json`]; `done` is none where the device was refused.
fn to_json(done: Option<&Hotplug>, problems: Vec<Value>) -> Value {
    let commands = done.map(|done| done.commands.iter().map(virtargv::Command::to_json).collect::<Vec<_>>());
    let needs = done.map(|done| done.needs.iter().map(Need::to_json).collect::<Vec<_>>());
    let teaming =
        done.map(|done| done.teaming.iter().flat_map(virtargv::TeamingPair::lines).collect::<Vec<_>>());
    json!({
        "status": if done.is_some() { "accepted" } else { "refused" },
        "commands": commands,
        "needs": needs,
        "domain": done.map(|done| virtargv::model::format(&done.domain)),
        "teaming": teaming,
        "problems": problems,
    })
}
