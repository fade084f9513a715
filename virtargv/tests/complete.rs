//! Completed documents.

#![allow(clippy::expect_used, reason = "a test that cannot be set up has failed")]

use virtargv::{Completed, FixedHost, Release, Request, Secrets, builtin};

/// Calls `with` with the newest built-in QEMU, on a host of which nothing is known.
fn with_request<T>(with: impl FnOnce(&Request<'_>) -> T) -> T {
    let caps = builtin::get("qemu-11.1-x86_64", Release::V12_9).expect("a built-in set");
    with(&Request::new(&caps, &FixedHost::default()))
}

fn complete(text: &str) -> Completed {
    with_request(|request| virtargv::complete(text, request)).expect("it is accepted")
}

/// Checks the document `text` completed in its own words.
fn check(text: &str, expected: &str) {
    let completed = complete(text);
    let in_text = completed.in_text(text, Secrets::Hidden);
    assert_eq!(in_text, expected, "{in_text}");
    // What was inserted is what was missing.
    let again = complete(&in_text);
    assert_eq!(again.to_xml(Secrets::Hidden), completed.to_xml(Secrets::Hidden));
    assert_eq!(again.in_text(&in_text, Secrets::Hidden), in_text);
}

#[test]
fn what_is_missing_is_inserted_and_the_rest_is_kept() {
    check(
        "<?xml version='1.0'?>
<!-- ours -->
<domain type=\"kvm\" note='x'>
    <name>demo</name>   <!-- its name -->
    <uuid>0b6a5c2e-6a4b-4c8e-9a53-2b7a4f3e9d10</uuid>
    <memory unit='MiB'>512</memory>
    <os><type arch='x86_64' machine='pc'>hvm</type></os>
    <own:data xmlns:own='urn:own'><own:x/></own:data>
    <devices>
        <emulator>/usr/bin/qemu-system-x86_64</emulator>
        <!-- no USB -->
        <controller type='usb' model='none'/>
        <memballoon model='none'/>
        <disk type='file'>
            <source file='/a'/>  <target dev='vda'/>
        </disk>
    </devices>
</domain>
",
        "<?xml version='1.0'?>
<!-- ours -->
<domain type=\"kvm\" note='x'>
    <name>demo</name>   <!-- its name -->
    <uuid>0b6a5c2e-6a4b-4c8e-9a53-2b7a4f3e9d10</uuid>
    <memory unit='MiB'>512</memory>
    <currentMemory unit='KiB'>524288</currentMemory>
    <vcpu placement='static'>1</vcpu>
    <os><type arch='x86_64' machine='pc-i440fx-11.1'>hvm</type>
      <boot dev='hd'/></os>
    <cpu mode='custom' match='exact' check='none'>
      <model fallback='forbid'>qemu64</model>
    </cpu>
    <on_poweroff>destroy</on_poweroff>
    <on_reboot>restart</on_reboot>
    <on_crash>destroy</on_crash>
    <own:data xmlns:own='urn:own'><own:x/></own:data>
    <devices>
        <emulator>/usr/bin/qemu-system-x86_64</emulator>
        <!-- no USB -->
        <controller type='usb' model='none' index='0'/>
        <controller type='pci' index='0' model='pci-root'/>
        <input type='mouse' bus='ps2'/>
        <input type='keyboard' bus='ps2'/>
        <audio id='1' type='none'/>
        <memballoon model='none'/>
        <disk type='file' device='disk'>
            <driver name='qemu' type='raw'/>
            <source file='/a'/>  <target dev='vda' bus='virtio'/>
            <address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0'/>
        </disk>
    </devices>
</domain>
",
    );
}

#[test]
fn secrets_are_shown_where_they_are_asked_for() {
    let text = "<domain type='kvm'><name>demo</name><memory unit='MiB'>512</memory>
      <os><type arch='x86_64' machine='q35'>hvm</type></os>
      <devices><graphics type='vnc' passwd='secret' passwdValidTo='2030-01-01T00:00:00'/>
      <disk type='network' device='cdrom'><source protocol='https' name='a.iso'><host name='h' port='443'/>
      <cookies><cookie name='c'>secret</cookie></cookies></source><target dev='sda' bus='sata'/></disk></devices></domain>";
    let completed = complete(text);
    let check = |secrets, expected: usize| {
        assert_eq!(completed.to_xml(secrets).matches("secret").count(), expected);
        assert_eq!(completed.in_text(text, secrets).matches("secret").count(), expected);
    };
    check(Secrets::Shown, 2);
    check(Secrets::Hidden, 0);
}

#[test]
fn devices_get_the_aliases_of_the_start() {
    let text = "<domain type='kvm'><name>demo</name><memory unit='MiB'>512</memory>
      <os><type arch='x86_64' machine='q35'>hvm</type></os>
      <devices><disk><source file='/a'/><target dev='vda'/></disk>
      <interface type='user'><model type='virtio'/></interface><serial type='pty'><alias name='ua-mine'/></serial></devices></domain>";
    let mut completed = complete(text);
    with_request(|request| completed.assign_aliases(request)).expect("each has one");
    let xml = completed.to_xml(Secrets::Hidden);
    for alias in ["virtio-disk0", "net0", "ua-mine", "pcie.0", "balloon0"] {
        assert!(xml.contains(&format!("<alias name='{alias}'/>")), "{alias}: {xml}");
    }
}
