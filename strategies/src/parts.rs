//! Guests of parts that match their machine type, so that most of them give a command line.

use virtargv_caps::{Accel, Arch, Cap, Caps, Machine as MachineType, Release};

use super::Tape;

/// A machine type of generated guests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Machine {
    /// `pc`
    Pc,
    /// `q35`
    Q35,
    /// Arm `virt`
    Virt,
    /// `pseries`
    Pseries,
    /// `s390-ccw-virtio`
    Ccw,
}

impl Machine {
    const ALL: [Self; 5] = [Self::Pc, Self::Q35, Self::Virt, Self::Pseries, Self::Ccw];

    /// The machine type of the document `text`, by the words in it; [`Machine::Pc`] where it has none of the others'.
    pub fn of_document(text: &str) -> Self {
        const WORDS: &[(&str, Machine)] =
            &[("s390", Ccw), ("pseries", Pseries), ("aarch64", Virt), ("q35", Q35)];
        let found = WORDS.iter().find(|(word, _)| text.contains(word));
        found.map_or(Self::Pc, |(_, machine)| *machine)
    }

    /// Its architecture.
    pub fn arch(self) -> Arch {
        match self {
            Self::Pc | Self::Q35 => Arch::X86_64,
            Self::Virt => Arch::Aarch64,
            Self::Pseries => Arch::Ppc64,
            Self::Ccw => Arch::S390x,
        }
    }

    /// The name of its machine type.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pc => "pc",
            Self::Q35 => "q35",
            Self::Virt => "virt",
            Self::Pseries => "pseries",
            Self::Ccw => "s390-ccw-virtio",
        }
    }

    /// Capabilities with all flags of `release`.
    pub fn caps(self, release: Release) -> Caps {
        let mut builder =
            Caps::builder(release, self.arch()).flags(Cap::ALL.iter().copied()).version(9_000_000);
        for accel in [Accel::Kvm, Accel::Tcg] {
            let machine = MachineType {
                max_cpus: 255,
                hotplug_cpus: true,
                default_ram_id: Some("machine.ram".into()),
                ..MachineType::named(self.name())
            };
            builder = builder.machine(accel, machine);
        }
        builder.build()
    }
}

/// A part of a guest: its machine types (empty for all), and its text. `{n}` is a number that no other part has,
/// `{dev}` that number as letters.
struct Part(&'static [Machine], &'static str);

use Machine::{Ccw, Pc, Pseries, Q35, Virt};

/// Machines with PCI.
const PCI: &[Machine] = &[Pc, Q35, Virt, Pseries];

/// The children of `<devices>`.
const DEVICES: &[Part] = &[
    Part(
        &[],
        "<disk type='file' device='disk'><source file='/img/{n}.raw'/><target dev='vd{dev}' bus='virtio'/></disk>",
    ),
    Part(
        &[],
        "<disk type='block' device='disk'><driver name='qemu' type='raw' cache='none' io='native'/>\
        <source dev='/dev/vg/{n}'/><target dev='sd{dev}' bus='scsi'/></disk>",
    ),
    Part(&[], "<disk type='file' device='cdrom'><target dev='sd{dev}' bus='scsi'/><readonly/></disk>"),
    Part(
        &[Q35],
        "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/img/a,b{n}'/>\
        <target dev='sd{dev}' bus='sata'/></disk>",
    ),
    Part(
        PCI,
        "<disk type='file' device='disk'><source file='/img/usb{n}'/><target dev='sd{dev}' bus='usb'/></disk>",
    ),
    Part(
        &[],
        "<disk type='network' device='disk'><driver name='qemu' type='raw'/>\
        <source protocol='nbd' name='x{n}'><host name='192.0.2.{n}' port='10809'/></source>\
        <target dev='vd{dev}' bus='virtio'/></disk>",
    ),
    Part(&[], "<interface type='user'><model type='virtio'/></interface>"),
    Part(PCI, "<interface type='user'><model type='e1000'/></interface>"),
    Part(
        &[],
        "<interface type='user'><mac address='52:54:00:00:01:{x}'/><model type='virtio'/>\
        <alias name='ua-nic{n}'/></interface>",
    ),
    Part(PCI, "<controller type='usb' index='{n}' model='qemu-xhci'/>"),
    Part(&[Pc, Q35], "<controller type='usb' index='{n}' model='ich9-ehci1'/>"),
    Part(&[], "<controller type='scsi' index='{n}' model='virtio-scsi'/>"),
    Part(&[], "<controller type='virtio-serial' index='{n}'/>"),
    Part(&[Q35, Virt], "<controller type='pci' index='{n}' model='pcie-root-port'/>"),
    Part(&[Pc], "<controller type='pci' index='{n}' model='pci-bridge'/>"),
    Part(&[Q35], "<controller type='pci' index='{n}' model='pcie-to-pci-bridge'/>"),
    Part(&[Pc, Q35], "<serial type='pty'/>"),
    Part(
        &[Pc, Q35],
        "<serial type='tcp'><source mode='bind' host='::1' service='{n}'/><protocol type='telnet'/></serial>",
    ),
    Part(&[], "<console type='pty'><target type='virtio'/></console>"),
    Part(&[], "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.{n}'/></channel>"),
    Part(PCI, "<input type='tablet' bus='usb'/>"),
    Part(PCI, "<input type='keyboard' bus='virtio'/>"),
    Part(PCI, "<graphics type='vnc' port='-1' autoport='yes'/>"),
    Part(PCI, "<graphics type='spice' port='{port}'/>"),
    Part(PCI, "<video><model type='virtio' heads='1'/></video>"),
    Part(&[Pc, Q35], "<sound model='ich6'/>"),
    Part(&[Pc, Q35], "<sound model='ac97'/>"),
    Part(
        PCI,
        "<hostdev mode='subsystem' type='pci' managed='yes'><source>\
        <address domain='0' bus='{n}' slot='2' function='1'/></source></hostdev>",
    ),
    Part(
        PCI,
        "<hostdev mode='subsystem' type='usb'><source><address bus='1' device='{n}'/></source></hostdev>",
    ),
    Part(PCI, "<hub type='usb'/>"),
    Part(PCI, "<redirdev bus='usb' type='tcp'><source mode='connect' host='h' service='{n}'/></redirdev>"),
    Part(&[Pc, Q35], "<watchdog model='i6300esb' action='reset'/>"),
    Part(&[], "<memballoon model='virtio'/>"),
    Part(&[], "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>"),
    Part(
        &[],
        "<rng model='virtio'><rate bytes='123' period='1{n}'/><backend model='random'>/dev/random</backend></rng>",
    ),
    Part(&[], "<vsock model='virtio'><cid auto='no' address='{cid}'/></vsock>"),
    Part(PCI, "<shmem name='shared{n}'><model type='ivshmem-plain'/><size unit='M'>4</size></shmem>"),
    Part(PCI, "<memory model='dimm'><target><size unit='MiB'>512</size><node>0</node></target></memory>"),
    Part(
        PCI,
        "<memory model='nvdimm'><source><path>/tmp/nv{n}</path></source>\
        <target><size unit='MiB'>512</size><node>0</node><label><size unit='KiB'>128</size></label></target></memory>",
    ),
    Part(
        &[],
        "<filesystem type='mount' accessmode='mapped'><source dir='/srv/{n}'/><target dir='tag{n}'/></filesystem>",
    ),
    Part(&[Pc, Q35], "<tpm model='tpm-tis'><backend type='emulator' version='2.0'/></tpm>"),
    Part(&[Pc, Q35], "<panic model='isa'/>"),
    Part(&[Q35], "<iommu model='intel'/>"),
    Part(
        PCI,
        "<disk type='file' device='disk'><source file='/img/at{n}'/><target dev='vd{dev}' bus='virtio'/>\
        <address type='pci' domain='0' bus='0' slot='{slot}' function='0'/></disk>",
    ),
];

/// The prefixes of devices that a guest has at most once.
const ONCE: &[&str] = &[
    "<memballoon",
    "<vsock",
    "<tpm",
    "<iommu",
    "<watchdog",
    "<panic",
    "<graphics type='vnc'",
    "<graphics type='spice'",
];

/// Siblings of `<devices>`, each at most once.
const DOMAIN: &[Part] = &[
    Part(&[], "<iothreads>3</iothreads>"),
    Part(&[], "<memoryBacking><hugepages/></memoryBacking>"),
    Part(&[], "<memtune><hard_limit unit='GiB'>20</hard_limit></memtune>"),
    Part(&[Pc, Q35], "<features><acpi/><apic/><pae/></features>"),
    Part(&[], "<clock offset='utc'/>"),
    Part(&[], "<on_crash>preserve</on_crash>"),
    Part(&[], "<cputune><shares>512</shares><vcpupin vcpu='1' cpuset='2'/></cputune>"),
    Part(&[], "<title>it's a, \"title\"</title>"),
];

/// Generates a guest.
pub fn guest(tape: &mut Tape<'_>) -> (Machine, String) {
    let machine = tape.pick(&Machine::ALL).copied().unwrap_or(Pc);
    let memory = 1 << 20;
    let mut devices = String::new();
    if machine == Virt {
        // This machine type has no default USB controller.
        devices.push_str("<controller type='usb' index='0' model='qemu-xhci'/>");
    }
    let mut grown = 0u32;
    let mut number = 0;
    while !tape.is_over() {
        let Some(Part(machines, text)) = tape.pick(DEVICES) else { break };
        if !machines.is_empty() && !machines.contains(&machine) {
            continue;
        }
        if ONCE.iter().any(|tag| text.starts_with(tag) && devices.contains(tag)) {
            continue;
        }
        number += 1;
        grown += u32::from(text.starts_with("<memory "));
        devices.push_str(&filled(text, number, tape));
    }
    let mut domain = String::new();
    for Part(machines, text) in DOMAIN {
        if tape.chance(30) && (machines.is_empty() || machines.contains(&machine)) {
            domain.push_str(text);
        }
    }
    let cells = if grown > 0 {
        domain.push_str("<maxMemory slots='64' unit='GiB'>64</maxMemory>");
        format!("<cpu><numa><cell id='0' cpus='0-3' memory='{memory}' unit='KiB'/></numa></cpu>")
    } else {
        String::new()
    };
    let text = format!(
        "<domain type='qemu'><name>guest, it's one</name><uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>\
         <memory unit='KiB'>{}</memory><vcpu>4</vcpu><os><type arch='{}' machine='{}'>hvm</type></os>\
         {cells}{domain}<devices>{devices}</devices></domain>",
        memory + grown * 512 * 1024,
        machine.arch(),
        machine.name(),
    );
    (machine, text)
}

fn filled(text: &str, number: u32, tape: &mut Tape<'_>) -> String {
    let mut letters = String::new();
    let mut rest = number;
    loop {
        letters.insert(0, char::from(b'a' + u8::try_from(rest % 26).unwrap_or(0)));
        rest /= 26;
        if rest == 0 {
            break;
        }
        rest -= 1;
    }
    text.replace("{n}", &number.to_string())
        .replace("{x}", &format!("{:02x}", number % 256))
        .replace("{dev}", &letters)
        .replace("{port}", &(5900 + number).to_string())
        .replace("{cid}", &(3 + number).to_string())
        .replace("{slot}", &(4 + tape.below(24)).to_string())
}
