//! `--domcaps DIR`: domain capabilities that libvirt told, against ours.
//!
//! Files `domcaps-ARCH-TYPE-MACHINE.xml` are those of a real libvirt: DIR is `host/RELEASE`, with the capabilities of its QEMUs in
//! `qmp-caps`, the CPU definitions in `cpu_map`, and the host is that of `--live`. Files `qemu_VERSION[-KIND].ARCH[+VARIANT].xml` are
//! those of libvirt's own tests; the set of the corpus with their capabilities is beside the directory above DIR.

use std::collections::BTreeMap;
use std::path::Path;

use virtargv::domcaps::{DomainCapabilities, DomcapsRequest, domcaps};
use virtargv::{Arch, Caps, FixedHost, Host, Override, Release, Request};
use virtargv_caps::derive::{Conversation, derive};
use virtargv_host::SevGuests;
use virtargv_model::VirtType;

use crate::case::Case;
use crate::corpus::{Corpus, read};
use crate::daemon::Daemon;
use crate::diff::{self, Line};
use crate::ratchet::Ratchet;
use crate::{Args, glob, host};

/// A recorded document and ours.
struct Verdict {
    name: String,
    arch: String,
    expected: String,
    ours: String,
}

impl Verdict {
    fn agrees(&self) -> bool {
        self.expected == self.ours
    }
}

/// Compares all documents in `dir`. Returns whether all of the ratchet agree.
pub fn measure(args: &Args, dir: &Path) -> Result<bool, String> {
    let dir = std::fs::canonicalize(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&dir).map_err(|e| format!("{}: {e}", dir.display()))?.flatten() {
        let name = entry.file_name().into_string().unwrap_or_default();
        let name = name.strip_suffix(".xml").map(str::to_owned);
        names.extend(name.filter(|name| name.starts_with("domcaps-") || name.starts_with("qemu_")));
    }
    names.sort();
    let is_live = names.iter().any(|name| name.starts_with("domcaps-"));
    let label = dir.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let pattern = args.diff.as_deref().or(args.only.as_deref()).unwrap_or("*");
    names.retain(|name| glob(pattern, name));
    let verdicts = if is_live { live(args, &dir, &label, &names)? } else { recorded(&dir, &names)? };
    let set = if is_live { format!("domcaps-{label}") } else { "domcaps".to_owned() };
    judge(args, &set, &verdicts)
}

fn judge(args: &Args, set: &str, verdicts: &[Verdict]) -> Result<bool, String> {
    let mut ratchet = Ratchet::load(set);
    if args.bless {
        if args.only.is_some() || args.diff.is_some() {
            return Err("--bless takes a whole set".to_owned());
        }
        ratchet.bless(verdicts.iter().filter(|v| v.agrees()).map(|v| v.name.as_str()))?;
    }
    let mut fine = true;
    let mut by_arch: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for verdict in verdicts {
        let count = by_arch.entry(&verdict.arch).or_default();
        count.1 += 1;
        count.0 += usize::from(verdict.agrees());
        let lost = !verdict.agrees() && ratchet.holds(&verdict.name);
        fine &= !lost;
        if args.diff.is_some() {
            println!("{}", verdict.name);
            print_difference(&verdict.expected, &verdict.ours);
        } else if lost || args.failing && !verdict.agrees() {
            let (want, got) = diff::first(&verdict.expected, &verdict.ours);
            let lines = diff::differing(&verdict.expected, &verdict.ours);
            println!("{}: {lines} lines differ\n  - {want}\n  + {got}", verdict.name);
        }
    }
    for (arch, (agree, all)) in &by_arch {
        println!("{arch:<12} {agree:>5} / {all}");
    }
    let passed = verdicts.iter().filter(|verdict| verdict.agrees()).count();
    println!("{passed} passed, {} failed", verdicts.len() - passed);
    Ok(fine)
}

fn print_difference(expected: &str, ours: &str) {
    for line in diff::lines(expected, ours) {
        match line {
            Line::Both(_) => {}
            Line::Expected(text) => println!("- {text}"),
            Line::Got(text) => println!("+ {text}"),
        }
    }
}

/// What `wanted` gets; a text that says why where there is nothing.
fn ours(wanted: &DomcapsRequest, caps: &Caps, host: &dyn Host) -> Result<DomainCapabilities, String> {
    domcaps(wanted, &Request::new(caps, host)).map_err(|error| error.to_string())
}

fn virt_type(word: &str) -> Result<VirtType, String> {
    word.parse().map_err(|_| format!("`{word}` is no type of hypervisor"))
}

/// The documents of a real libvirt.
fn live(args: &Args, dir: &Path, label: &str, names: &[String]) -> Result<Vec<Verdict>, String> {
    let release: Release = label.parse().map_err(|e| format!("{}: {e}", dir.display()))?;
    let definitions = dir.join("cpu_map");
    let daemon = match &args.host {
        Some(file) => Daemon::described(file, &definitions),
        None => Daemon::load(release, &definitions),
    }?;
    let host = Override::new(&daemon.host).with_cpu(&daemon);
    let mut verdicts = Vec::new();
    for name in names {
        let parts: Vec<&str> = name.splitn(4, '-').collect();
        let [_, arch, kind, machine] = parts.as_slice() else { return Err(format!("{name}: not a name")) };
        let path = dir.join("qmp-caps").join(format!("qemu-system-{arch}.xml"));
        let caps = Caps::from_xml(&read(&path)?, release).map_err(|e| format!("{}: {e}", path.display()))?;
        let wanted = DomcapsRequest {
            arch: arch.parse().ok(),
            virt_type: Some(virt_type(kind)?),
            machine: Some((*machine).to_owned()),
            emulator: Some(format!("/usr/bin/qemu-system-{arch}")),
        };
        verdicts.push(verdict(dir, name, arch, ours(&wanted, &caps, &host))?);
    }
    Ok(verdicts)
}

fn verdict(
    dir: &Path,
    name: &str,
    arch: &str,
    ours: Result<DomainCapabilities, String>,
) -> Result<Verdict, String> {
    let expected = read(&dir.join(format!("{name}.xml")))?;
    Ok(Verdict {
        name: name.to_owned(),
        arch: arch.to_owned(),
        expected: expected.trim_end().to_owned(),
        ours: ours.map_or_else(|why| why, |told| told.to_xml().trim_end().to_owned()),
    })
}

/// The documents of libvirt's own tests.
fn recorded(dir: &Path, names: &[String]) -> Result<Vec<Verdict>, String> {
    let sets = dir.join("../..");
    let corpus = Corpus::load(&sets.join("modern"), None)?;
    names.iter().map(|name| one_recorded(dir, &sets, &corpus, name)).collect()
}

fn one_recorded(dir: &Path, sets: &Path, corpus: &Corpus, name: &str) -> Result<Verdict, String> {
    let fault = || format!("{name}: not a name");
    let rest = name.strip_prefix("qemu_").ok_or_else(fault)?;
    let (version, of_arch) = rest.rsplit_once('.').ok_or_else(fault)?;
    let (version, words) = version.split_once('-').unwrap_or((version, ""));
    let arch = of_arch.split('+').next().unwrap_or(of_arch);
    let caps = caps_of(sets, corpus.release, version, of_arch)?;
    let mut kind = VirtType::Kvm;
    let mut machine = None;
    for word in words.split('-').filter(|word| !word.is_empty()) {
        match word {
            "tcg" => kind = VirtType::Qemu,
            "hvf" => kind = VirtType::Hvf,
            machine_type => machine = Some(machine_type.to_owned()),
        }
    }
    let wanted = DomcapsRequest {
        arch: arch.parse().ok(),
        virt_type: Some(kind),
        machine,
        emulator: Some(format!("/usr/bin/qemu-system-{arch}")),
    };
    let host = pretended(corpus, arch, version)?;
    let told = ours(&wanted, &caps, &host).map(|mut told| {
        // libvirt's tests replace what they find of the machine that they run on.
        told.os.loader.images =
            vec!["/obviously/fake/firmware1.fd".to_owned(), "/obviously/fake/firmware2.fd".to_owned()];
        told.devices.hostdev.pci_backend = vec!["default", "vfio"];
        told
    });
    verdict(dir, name, arch, told)
}

/// The capabilities of a QEMU. The files of the earlier set are of an earlier libvirt, which had fewer flags: there the recorded
/// conversation with the QEMU tells all.
fn caps_of(sets: &Path, release: Release, version: &str, of_arch: &str) -> Result<Caps, String> {
    let modern = sets.join("modern/capabilities").join(format!("caps_{version}_{of_arch}.xml"));
    if modern.exists() {
        return Caps::from_xml(&read(&modern)?, release).map_err(|e| format!("{}: {e}", modern.display()));
    }
    let path = sets.join("classic/capabilities").join(format!("caps_{version}.{of_arch}.replies"));
    let fault = |why: String| format!("{}: {why}", path.display());
    let conversation = Conversation::parse(&read(&path)?).map_err(|e| fault(e.to_string()))?;
    derive(&conversation, release).map_err(|e| fault(e.to_string()))
}

/// The host of libvirt's tests of domain capabilities: that of a case, and what only they ask of it.
fn pretended(corpus: &Corpus, arch: &str, version: &str) -> Result<FixedHost, String> {
    // The versions of TPM are pretended by the age of QEMU.
    let tpm = match version.split('.').next() {
        Some("4" | "5") => "1.2",
        Some("6") => "1.2, 2.0",
        _ => "2.0",
    };
    let line = serde_json::json!({
        "id": "domcaps", "expect": "argv", "caps_arch": arch, "env": { "VIR_TEST_MOCK_FAKE_TPM_VERSION": tpm },
    });
    let case = Case::parse(&line.to_string())?;
    let parsed: Arch = arch.parse().map_err(|_| format!("no architecture `{arch}`"))?;
    Ok(FixedHost {
        arch: parsed,
        phys_addr_bits: Some(64),
        kvm_max_vcpus: Some(i32::MAX.unsigned_abs()),
        sev_guests: Some(SevGuests { plain: 59, encrypted_state: 450 }),
        qemu_rdp: true,
        ..host::host(corpus, &case, "")?
    })
}
