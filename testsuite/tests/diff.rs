//! What differs between two sides: no difference of our documents is without a reason, a side does not differ from itself, and the
//! differences of two sides are those of the same sides the other way round.

#![allow(clippy::disallowed_methods, reason = "tests look at files")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::collections::BTreeSet;
use std::path::Path;

use proptest::prelude::*;
use virtargv::diff::{Change, Diff, Extent, Part, Reason, Seen, Side, diff};
use virtargv::{Caps, FixedHost, Release, Request, builtin};
use virtargv_strategies::plausible;

/// The documents of the matrix for x86.
fn documents() -> Vec<(String, String)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("matrix");
    let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<(String, String)> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "xml"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .filter(|(_, text)| virtargv::arch_of(text) == Some(virtargv::Arch::X86_64))
        .collect();
    all.sort();
    all
}

fn caps(release: Release, qemu: &str) -> Caps {
    builtin::get(&format!("qemu-{qemu}-x86_64"), release).unwrap()
}

fn compare(text: &str, before: &Caps, after: &Caps) -> Diff {
    compare_texts([text, text], [before, after])
}

fn compare_texts([old, new]: [&str; 2], [before, after]: [&Caps; 2]) -> Diff {
    let host = FixedHost::default();
    let (before, after) = (Request::new(before, &host), Request::new(after, &host));
    let before = Side { text: old, request: before, machine: None };
    diff(&before, &Side { text: new, request: after, machine: None })
}

/// A difference: the part, the argument, the property, the values.
type Difference = (Part, String, String, Option<String>, Option<String>);

/// What differs, without the reasons.
fn differences(diff: &Diff) -> BTreeSet<Difference> {
    diff.changes
        .iter()
        .filter(|change| change.part != Part::Order && change.part != Part::Form)
        .map(|change| {
            let (argument, property) = (change.argument.clone(), change.property.clone());
            (change.part, argument, property, change.before.clone(), change.after.clone())
        })
        .collect()
}

fn mirrored(diff: &Diff) -> BTreeSet<Difference> {
    let swap = |(part, argument, property, before, after)| (part, argument, property, after, before);
    differences(diff).into_iter().map(swap).collect()
}

#[test]
fn every_difference_has_a_reason() {
    let sides = [
        (caps(Release::V7_0, "10.0"), caps(Release::V11_3, "10.0")),
        (caps(Release::V11_3, "10.0"), caps(Release::V12_9, "10.0")),
        (caps(Release::V12_9, "7.2"), caps(Release::V12_9, "11.1")),
        (caps(Release::V12_9, "11.1"), caps(Release::V7_0, "7.2")),
    ];
    let (mut unexplained, mut found) = (Vec::new(), 0);
    for (index, (name, text)) in documents().into_iter().enumerate() {
        // Each document under one pair of sides: there are enough of them.
        let (before, after) = sides.get(index % sides.len()).unwrap();
        let diff = compare(&text, before, after);
        found += diff.changes.len() + diff.abi.len();
        let changes = diff.changes.iter().filter(|change| change.reasons.is_empty());
        unexplained.extend(changes.map(|change| format!("{name}: {change:?}")));
        let rules = diff.abi.iter().filter(|incompatible| incompatible.reasons.is_empty());
        unexplained.extend(rules.map(|rule| format!("{name}: {}", rule.difference.problem)));
    }
    assert!(found > 1000, "{found}");
    assert_eq!(unexplained, Vec::<String>::new());
}

#[test]
fn a_difference_has_the_one_reason_that_it_has() {
    let text = "<domain type='kvm'><name>a</name><memory unit='MiB'>64</memory>
      <os><type arch='x86_64' machine='pc'>hvm</type></os></domain>";
    let release = caps(Release::V12_9, "11.1");
    let check = |before: &Caps, after: &Caps, argument: &str, seen: Seen, expected: &str| {
        let diff = compare(text, before, after);
        let change = diff.changes.iter().find(|change| change.argument == argument);
        let change = change.unwrap_or_else(|| panic!("{argument}: {:#?}", diff.changes));
        let reasons: Vec<String> = change.reasons.iter().map(ToString::to_string).collect();
        assert!(reasons.iter().any(|reason| reason.contains(expected)), "{argument}: {reasons:?}");
        assert_eq!((change.seen, reasons.len()), (seen, 1), "{argument}");
    };
    let monitor = "object-monitor-qmp";
    let without = release.edit().clear(monitor.parse().unwrap()).build();
    check(&without, &release, "-mon monitor", Seen::Host, monitor);
    let old = caps(Release::V7_0, "11.1");
    check(&old, &caps(Release::V11_3, "11.1"), "-accel", Seen::Host, "AccelOption");
}

#[test]
fn the_document_and_the_machine_type_are_reasons() {
    let text = "<domain type='kvm'><name>a</name><memory unit='MiB'>64</memory>
      <os><type arch='x86_64' machine='q35'>hvm</type></os></domain>";
    let (caps, host) = (caps(Release::V12_9, "11.1"), FixedHost::default());
    let other = text.replace(">64<", ">128<");
    let side = |text, machine| Side { text, request: Request::new(&caps, &host), machine };
    let check = |before: &Side<'_>, after: &Side<'_>, expected: Reason, rule: &str| {
        let diff = diff(before, after);
        assert!(diff.is_seen());
        assert!(diff.changes.iter().all(|change| change.reasons == [expected]), "{:#?}", diff.changes);
        let found = diff.abi.iter().find(|incompatible| incompatible.difference.problem.id() == rule);
        assert_eq!(found.map(|found| found.reasons.clone()), Some(vec![expected]));
    };
    check(&side(text, None), &side(&other, None), Reason::Document, "abi-memory");
    check(&side(text, None), &side(text, Some("pc-q35-9.0")), Reason::Machine, "abi-machine");
}

#[test]
fn whether_the_guest_sees_acpi_does_not_depend_on_the_option() {
    let with = "<domain type='kvm'><name>a</name><memory unit='MiB'>64</memory>
      <os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/></features></domain>";
    let without = with.replace("<acpi/>", "");
    let releases = [Release::V7_0, Release::V11_3];
    for (old, new) in releases.into_iter().flat_map(|old| releases.map(|new| (old, new))) {
        let (before, after) = (caps(old, "10.0"), caps(new, "10.0"));
        let check = |first: &str, second: &str, expected: Seen| {
            let diff = compare_texts([first, second], [&before, &after]);
            let is_acpi = |change: &&Change| change.argument == "-no-acpi" || change.property == "acpi";
            let found: Vec<_> = diff.changes.iter().filter(is_acpi).collect();
            assert!(found.iter().all(|change| change.seen == expected), "{old}..{new}: {found:#?}");
            let is_document = |change: &&Change| change.reasons.contains(&Reason::Document);
            assert_eq!(
                found.iter().all(is_document) && !found.is_empty(),
                expected == Seen::Guest,
                "{old}..{new}"
            );
        };
        check(with, with, Seen::Host);
        check(&without, &without, Seen::Host);
        check(with, &without, Seen::Guest);
        check(&without, with, Seen::Guest);
    }
}

#[test]
fn what_follows_from_a_refusal_is_no_difference() {
    let valid = "<domain type='kvm'><name>a</name><memory unit='MiB'>64</memory>
      <os><type arch='x86_64' machine='q35'>hvm</type></os>
      <devices><disk type='file'><source file='/a'/><target dev='vda' bus='virtio'/></disk></devices></domain>";
    let release = caps(Release::V12_9, "11.1");
    let check = |from: &str, to: &str, extent: Extent, expected: &[&str]| {
        let text = valid.replace(from, to);
        for texts in [[valid, text.as_str()], [&text, valid]] {
            let diff = compare_texts(texts, [&release, &release]);
            let rules: Vec<&str> = diff.changes.iter().map(|change| change.argument.as_str()).collect();
            assert_eq!((diff.extent, rules.as_slice(), diff.abi.len()), (extent, expected, 0), "{to}");
        }
    };
    // Refused while reading, while addresses are assigned, by a rule.
    check("bus='virtio'", "bus='none'", Extent::Problems, &["attribute-value"]);
    let far = "<address type='pci' bus='99' slot='1'/></disk>";
    check("</disk>", far, Extent::Problems, &["pci-address"]);
    check("dev='vda' bus='virtio'", "dev='hda' bus='ide'", Extent::Problems, &["controller-ide"]);
    check("nothing", "", Extent::Lines, &[]);
}

#[test]
fn the_other_way_round_the_reasons_are_the_same() {
    let text = "<domain type='kvm'><name>a</name><memory unit='MiB'>64</memory>
      <os><type arch='x86_64' machine='q35'>hvm</type></os>
      <devices><graphics type='vnc'/><video><model type='virtio'/></video></devices></domain>";
    let (old, new) = (caps(Release::V7_0, "11.1"), caps(Release::V12_9, "11.1"));
    let (there, back) = (compare(text, &old, &new), compare(text, &new, &old));
    let turned = |reason: &Reason| match *reason {
        Reason::Flag { cap, is_set } => Reason::Flag { cap, is_set: !is_set },
        other => other,
    };
    for change in there.changes.iter().filter(|change| change.part != Part::Order) {
        let is_same = |other: &&Change| {
            (other.part, &other.argument, &other.property)
                == (change.part, &change.argument, &change.property)
        };
        let other = back.changes.iter().find(is_same).unwrap();
        assert_eq!(other.reasons.iter().map(turned).collect::<Vec<_>>(), change.reasons, "{change:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_side_does_not_differ_from_itself((_, text) in plausible()) {
        let caps = caps(Release::V11_3, "10.0");
        let diff = compare(&text, &caps, &caps);
        prop_assert!(diff.is_empty(), "{:#?}", diff.changes);
    }

    #[test]
    fn the_other_way_round_the_same_differs((_, text) in plausible()) {
        let (old, new) = (caps(Release::V7_0, "7.2"), caps(Release::V12_9, "11.1"));
        let (there, back) = (compare(&text, &old, &new), compare(&text, &new, &old));
        prop_assert_eq!(differences(&there), mirrored(&back));
        prop_assert!(there.changes.iter().all(|change| !change.reasons.is_empty()));
    }
}
