//! Which firmware of the host a document gets.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first failure")]

use expect_test::{Expect, expect};
use virtargv::firmware::firmware;
use virtargv::{DriverConfig, FixedHost, Release, Request, builtin};

/// A descriptor of flash with a variable store, with these features.
fn split(name: &str, machines: &str, features: &str) -> String {
    format!(
        r#"{{"interface-types": ["uefi"], "mapping": {{"device": "flash",
        "executable": {{"filename": "/fw/{name}.fd", "format": "raw"}},
        "nvram-template": {{"filename": "/fw/{name}.vars.fd", "format": "raw"}}}},
        "targets": [{{"architecture": "x86_64", "machines": ["{machines}"]}}], "features": [{features}]}}"#
    )
}

fn check(elements: (&str, &str), release: Release, expected: &Expect) {
    let (os, more) = elements;
    let config = DriverConfig::session("/home/user/.config/libvirt", "/run/user/1000/libvirt");
    let mut host = FixedHost { config, ..FixedHost::default() };
    host.env.insert("HOME".into(), "/home/user".into());
    for (path, text) in [
        ("/usr/share/qemu/firmware/10-arm.json", split("arm", "virt-*", "")),
        (
            "/usr/share/qemu/firmware/20-keys.json",
            split("keys", "pc-q35-*", r#""enrolled-keys", "requires-smm", "secure-boot""#),
        ),
        ("/etc/qemu/firmware/30-hidden.json", String::new()),
        ("/usr/share/qemu/firmware/30-hidden.json", split("hidden", "pc-q35-*", "")),
        ("/usr/share/qemu/firmware/40-plain.json", split("plain", "pc-q35-*", "")),
        ("/home/user/.config/qemu/firmware/50-own.json", split("own", "pc-q35-*", r#""acpi-s3""#)),
        ("/usr/share/qemu/firmware/50-own.json", split("plain", "pc-q35-*", "")),
    ] {
        host.files.insert(path.into(), text);
    }
    let caps = builtin::get("qemu-10.0-x86_64", release).unwrap();
    let text =
        format!("<domain type='kvm'><name>demo</name><memory unit='MiB'>64</memory>{os}{more}</domain>");
    let found = firmware(&text, &Request::new(&caps, &host)).unwrap_or_else(|error| panic!("{error}"));
    let offered = found.offered.iter().map(|one| format!("{}: {}\n", one.path, one.verdict));
    expected.assert_eq(&[format!("{}\n", found.asked), offered.collect()].concat());
}

const EFI: &str = "<os firmware='efi'><type arch='x86_64' machine='q35'>hvm</type></os>";

#[test]
fn the_first_that_fits_is_taken() {
    check(
        (EFI, ""),
        Release::V11_3,
        &expect![[r"
            the document asks for firmware of kind `efi`
            /usr/share/qemu/firmware/10-arm.json: does not fit: it is for `x86_64 virt-*`, and the guest has `x86_64 pc-q35-10.0`
            /usr/share/qemu/firmware/20-keys.json: taken
            /etc/qemu/firmware/30-hidden.json: empty, or no firmware descriptor
            /usr/share/qemu/firmware/30-hidden.json: hidden by `/etc/qemu/firmware/30-hidden.json`, which has the same name
            /usr/share/qemu/firmware/40-plain.json: fits, but one before it is taken
            /home/user/.config/qemu/firmware/50-own.json: fits, but one before it is taken
            /usr/share/qemu/firmware/50-own.json: hidden by `/home/user/.config/qemu/firmware/50-own.json`, which has the same name
        "]],
    );
}

#[test]
fn a_document_can_ask_for_features() {
    let os = "<os firmware='efi'><type arch='x86_64' machine='q35'>hvm</type>\
        <firmware><feature enabled='no' name='enrolled-keys'/></firmware></os>";
    check(
        (os, "<pm><suspend-to-mem enabled='yes'/></pm>"),
        Release::V11_3,
        &expect![[r"
            the document asks for firmware of kind `efi`
            /usr/share/qemu/firmware/10-arm.json: does not fit: it is for `x86_64 virt-*`, and the guest has `x86_64 pc-q35-10.0`
            /usr/share/qemu/firmware/20-keys.json: does not fit: it lacks the feature `acpi-s3`, which `<suspend-to-mem enabled='yes'>` asks for; it has `enrolled-keys`, `requires-smm`, `secure-boot`
            /etc/qemu/firmware/30-hidden.json: empty, or no firmware descriptor
            /usr/share/qemu/firmware/30-hidden.json: hidden by `/etc/qemu/firmware/30-hidden.json`, which has the same name
            /usr/share/qemu/firmware/40-plain.json: does not fit: it lacks the feature `acpi-s3`, which `<suspend-to-mem enabled='yes'>` asks for; it has none
            /home/user/.config/qemu/firmware/50-own.json: taken
            /usr/share/qemu/firmware/50-own.json: hidden by `/home/user/.config/qemu/firmware/50-own.json`, which has the same name
        "]],
    );
    check(
        (EFI, "<features><smm state='off'/></features>"),
        Release::V12_9,
        &expect![[r"
            the document asks for firmware of kind `efi`
            /usr/share/qemu/firmware/10-arm.json: does not fit: it is for `x86_64 virt-*`, and the guest has `x86_64 pc-q35-10.0`
            /usr/share/qemu/firmware/20-keys.json: does not fit: it has the feature `requires-smm`, and the document has `<smm state='off'>` or `<loader secure='no'>`
            /etc/qemu/firmware/30-hidden.json: empty, or no firmware descriptor
            /usr/share/qemu/firmware/30-hidden.json: hidden by `/etc/qemu/firmware/30-hidden.json`, which has the same name
            /usr/share/qemu/firmware/40-plain.json: taken
            /home/user/.config/qemu/firmware/50-own.json: fits, but one before it is taken
            /usr/share/qemu/firmware/50-own.json: hidden by `/home/user/.config/qemu/firmware/50-own.json`, which has the same name
        "]],
    );
}

#[test]
fn a_file_of_the_document_is_looked_up() {
    let os = "<os><type arch='x86_64' machine='q35'>hvm</type><loader readonly='yes' type='pflash'>/fw/plain.fd</loader></os>";
    check(
        (os, ""),
        Release::V11_3,
        &expect![[r"
            the document names the image `/fw/plain.fd`; a descriptor that fits says what it is, and without one it is used all the same
            /usr/share/qemu/firmware/10-arm.json: does not fit: its image is `/fw/arm.fd`, and the document names `/fw/plain.fd`
            /usr/share/qemu/firmware/20-keys.json: does not fit: its image is `/fw/keys.fd`, and the document names `/fw/plain.fd`
            /etc/qemu/firmware/30-hidden.json: empty, or no firmware descriptor
            /usr/share/qemu/firmware/30-hidden.json: hidden by `/etc/qemu/firmware/30-hidden.json`, which has the same name
            /usr/share/qemu/firmware/40-plain.json: taken
            /home/user/.config/qemu/firmware/50-own.json: does not fit: its image is `/fw/own.fd`, and the document names `/fw/plain.fd`
            /usr/share/qemu/firmware/50-own.json: hidden by `/home/user/.config/qemu/firmware/50-own.json`, which has the same name
        "]],
    );
}

#[test]
fn without_a_request_none_is_taken() {
    check(
        ("<os><type arch='x86_64' machine='q35'>hvm</type></os>", ""),
        Release::V12_9,
        &expect![[r"
            the document asks for no firmware: the guest has QEMU's own
            /usr/share/qemu/firmware/10-arm.json: not looked at
            /usr/share/qemu/firmware/20-keys.json: not looked at
            /etc/qemu/firmware/30-hidden.json: empty, or no firmware descriptor
            /usr/share/qemu/firmware/30-hidden.json: hidden by `/etc/qemu/firmware/30-hidden.json`, which has the same name
            /usr/share/qemu/firmware/40-plain.json: not looked at
            /home/user/.config/qemu/firmware/50-own.json: not looked at
            /usr/share/qemu/firmware/50-own.json: hidden by `/home/user/.config/qemu/firmware/50-own.json`, which has the same name
        "]],
    );
}
