//! What follows the start of QEMU, and what is done on the host.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first failure")]

use expect_test::{Expect, expect};
use virtargv::{FixedHost, Release, Request, builtin};

fn check((qemu, machine): (&str, &str), (elements, devices): (&str, &str), expected: &Expect) {
    let caps = builtin::get(qemu, Release::V11_3).unwrap();
    let host = FixedHost { arch: caps.arch(), ..FixedHost::default() };
    let arch = caps.arch();
    let text = format!(
        "<domain type='kvm'><name>demo</name><memory unit='GiB'>2</memory><os><type arch='{arch}' \
         machine='{machine}'>hvm</type></os>{elements}<devices>{devices}<memballoon model='none'/></devices></domain>"
    );
    let run = virtargv::run(&text, &Request::new(&caps, &host));
    let line = run.command_line.unwrap_or_else(|| panic!("{text}: {:?}", run.report));
    expected.assert_eq(&line.explain_work());
}

const Q35: (&str, &str) = ("qemu-10.0-x86_64", "q35");

/// Four vCPUs, of which the second and the third can be unplugged, plugged in the opposite order.
const PLUGGED: &str = "<vcpu>4</vcpu><vcpus><vcpu id='0' enabled='yes' hotpluggable='no' order='1'/>\
    <vcpu id='1' enabled='yes' hotpluggable='yes' order='3'/><vcpu id='2' enabled='yes' hotpluggable='yes' order='2'/>\
    <vcpu id='3' enabled='no' hotpluggable='yes'/></vcpus>";

#[test]
fn vcpus_are_plugged_in_their_order() {
    check(
        Q35,
        (PLUGGED, ""),
        &expect![[r#"
        on QEMU's monitor: {"execute":"device_add","arguments":{"driver":"qemu64-x86_64-cpu","id":"vcpu2","core-id":0,"thread-id":0,"socket-id":2},"id":"a vCPU that can be unplugged is not one of `-smp`"} (vcpus/vcpu[3])
        on QEMU's monitor: {"execute":"device_add","arguments":{"driver":"qemu64-x86_64-cpu","id":"vcpu1","core-id":0,"thread-id":0,"socket-id":1},"id":"a vCPU that can be unplugged is not one of `-smp`"} (vcpus/vcpu[2])
    "#]],
    );
    let topology = "<cpu mode='custom' match='exact'><model>Skylake-Client</model>\
        <topology sockets='1' cores='2' threads='2'/><numa><cell id='0' cpus='0-1' memory='1' unit='GiB'/>\
        <cell id='1' cpus='2-3' memory='1' unit='GiB'/></numa></cpu>";
    check(
        Q35,
        (&[PLUGGED, topology].concat(), ""),
        &expect![[r#"
        on QEMU's monitor: {"execute":"device_add","arguments":{"driver":"Skylake-Client-x86_64-cpu","id":"vcpu2","core-id":1,"thread-id":0,"socket-id":0,"node-id":1},"id":"a vCPU that can be unplugged is not one of `-smp`"} (vcpus/vcpu[3])
        on QEMU's monitor: {"execute":"device_add","arguments":{"driver":"Skylake-Client-x86_64-cpu","id":"vcpu1","core-id":0,"thread-id":1,"socket-id":0,"node-id":0},"id":"a vCPU that can be unplugged is not one of `-smp`"} (vcpus/vcpu[2])
    "#]],
    );
    let pinned = "<cputune><vcpupin vcpu='1' cpuset='3'/></cputune>";
    check(
        Q35,
        (&[PLUGGED, pinned].concat(), ""),
        &expect![[r#"
        on QEMU's monitor: {"execute":"device_add","arguments":{"driver":"qemu64-x86_64-cpu","id":"vcpu2","core-id":0,"thread-id":0,"socket-id":2},"id":"a vCPU that can be unplugged is not one of `-smp`"} (vcpus/vcpu[3])
        on QEMU's monitor: {"execute":"device_add","arguments":{"driver":"qemu64-x86_64-cpu","id":"vcpu1","core-id":0,"thread-id":0,"socket-id":1},"id":"a vCPU that can be unplugged is not one of `-smp`"} (vcpus/vcpu[2])
        once QEMU's threads are known: vCPU 1 runs on the host's CPUs 3 (cputune/vcpupin[1])
    "#]],
    );
    check(
        ("qemu-10.0-s390x", "s390-ccw-virtio"),
        (PLUGGED, ""),
        &expect![[r#"
        on QEMU's monitor: {"execute":"device_add","arguments":{"driver":"qemu-s390x-cpu","id":"vcpu2","core-id":2},"id":"a vCPU that can be unplugged is not one of `-smp`"} (vcpus/vcpu[3])
        on QEMU's monitor: {"execute":"device_add","arguments":{"driver":"qemu-s390x-cpu","id":"vcpu1","core-id":1},"id":"a vCPU that can be unplugged is not one of `-smp`"} (vcpus/vcpu[2])
    "#]],
    );
    check(
        ("qemu-10.0-ppc64", "pseries"),
        (PLUGGED, ""),
        &expect![[r"
        once QEMU's threads are known: vCPU 2 is plugged by `device_add`, as QEMU answers to `query-hotpluggable-cpus` (vcpus/vcpu[3])
        once QEMU's threads are known: vCPU 1 is plugged by `device_add`, as QEMU answers to `query-hotpluggable-cpus` (vcpus/vcpu[2])
    "]],
    );
}

#[test]
fn work_is_in_the_order_of_a_start() {
    let elements = "<vcpu>2</vcpu><cputune><shares>9</shares><vcpupin vcpu='1' cpuset='3'/>\
        <vcpusched vcpus='0' scheduler='fifo' priority='2'/></cputune><memtune><soft_limit>2048</soft_limit></memtune>\
        <numatune><memory mode='strict' nodeset='0'/></numatune><perf><event name='cmt' enabled='yes'/></perf>\
        <seclabel type='dynamic' model='dac' relabel='yes'><baselabel>qemu:qemu</baselabel></seclabel>";
    let devices = "<interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br0'/><model type='virtio'/>\
        <bandwidth><inbound average='100'/></bandwidth><link state='down'/></interface>\
        <hostdev mode='subsystem' type='pci' managed='yes'><source><address bus='0x07'/></source></hostdev>\
        <disk type='file'><source file='/a'/><target dev='vda' bus='virtio'/><transient/></disk>";
    check(
        Q35,
        (elements, devices),
        &expect![[r#"
        before QEMU's process is made: the PCI device 0000:07:00.0 is taken from its driver on the host and bound to vfio-pci (devices/hostdev[1])
        before QEMU's process is made: traffic of `net0` is limited: inbound average='100' (devices/interface[1])
        before QEMU's program begins: memory is limited, where the host is short of it, to 2048 KiB (memtune)
        before QEMU's program begins: CPU time has the weight 9 (cputune)
        before QEMU's program begins: the process is limited to the host's NUMA nodes 0, mode strict (numatune/memory)
        before QEMU's program begins: the process and its files get a label of dac made of `qemu:qemu` type='dynamic' relabel='yes' (seclabel[1])
        once QEMU's threads are known: vCPU 1 runs on the host's CPUs 3 (cputune/vcpupin[1])
        once QEMU's threads are known: the vCPUs 0 have the scheduler fifo with the priority 2 (cputune/vcpusched[1])
        on QEMU's monitor: {"execute":"set_link","arguments":{"name":"net0","up":false},"id":"no option of a network device has the state of its link"} (devices/interface[1])
        before the guest runs: a new image covers that of `vda` and is removed in the end (devices/disk[1])
        while the guest runs: cmt are counted (perf)
    "#]],
    );
}

#[test]
fn an_ordinary_guest_needs_no_work() {
    check(
        Q35,
        ("", "<disk type='file'><source file='/a'/><target dev='vda' bus='virtio'/></disk>"),
        &expect![[""]],
    );
}
