use virtargv::{FixedHost, Release, Report, Request, builtin};
use virtargv_benches::document;
fn kind(kind: &str, n: usize) -> String {
    use std::fmt::Write as _;
    if kind == "disk" {
        return document(n);
    }
    let mut d = String::new();
    for i in 0..n {
        let _ = match kind {
            "vdisk" => {
                let c = i;
                writeln!(
                    d,
                    "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/d{c}.img'/><target dev='vd{}' bus='virtio'/></disk>",
                    letters(i)
                )
            }
            "nic" => writeln!(
                d,
                "<interface type='user'><mac address='52:54:00:00:{:02x}:{:02x}'/><model type='virtio'/></interface>",
                i / 256,
                i % 256
            ),
            "channel" => {
                writeln!(d, "<channel type='unix'><target type='virtio' name='org.c{i}'/></channel>")
            }
            "serial" => writeln!(d, "<serial type='pty'><target type='isa-serial'/></serial>"),
            "usb" => writeln!(d, "<redirdev bus='usb' type='spicevmc'/>"),
            "input" => writeln!(d, "<input type='tablet' bus='usb'/>"),
            "chain" => {
                if i == 0 {
                    writeln!(
                        d,
                        "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/d.img'/>"
                    )
                } else {
                    writeln!(d, "<backingStore type='file'><format type='qcow2'/><source file='/b{i}.img'/>")
                }
            }
            "rng" => writeln!(d, "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>"),
            "fs" => writeln!(
                d,
                "<filesystem type='mount' accessmode='passthrough'><source dir='/s{i}'/><target dir='t{i}'/></filesystem>"
            ),
            "hostdev" => writeln!(
                d,
                "<hostdev mode='subsystem' type='usb'><source><vendor id='0x1234'/><product id='0x{i:04x}'/></source></hostdev>"
            ),
            "dimm" => writeln!(
                d,
                "<memory model='dimm'><target><size unit='MiB'>128</size><node>0</node></target></memory>"
            ),
            "shmem" => {
                writeln!(d, "<shmem name='s{i}'><model type='ivshmem-plain'/><size unit='M'>4</size></shmem>")
            }
            "vcpu" => Ok(()),
            "iothread" => Ok(()),
            "metadata" => Ok(()),
            "usbctl" => writeln!(d, "<controller type='usb' index='{i}' model='piix3-uhci'/>"),
            "scsictl" => writeln!(d, "<controller type='scsi' index='{i}' model='virtio-scsi'/>"),
            "pcictl" => writeln!(d, "<controller type='pci' index='{}' model='pcie-root-port'/>", i + 1),
            "pxbctl" => writeln!(d, "<controller type='pci' model='pcie-root-port'/>"),
            "scsidisk" => writeln!(
                d,
                "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/d{i}.img'/><target dev='sd{}' bus='scsi'/></disk>",
                letters(i)
            ),
            _ => panic!(),
        };
    }
    if kind == "chain" {
        for _ in 1..n {
            d.push_str("</backingStore>");
        }
        d.push_str("<target dev='vda' bus='virtio'/></disk>");
    }
    let (mut top, mut cpu) = (String::new(), String::new());
    if kind == "dimm" {
        top.push_str("<maxMemory slots='255' unit='TiB'>2</maxMemory>");
        cpu.push_str(
            "<cpu mode='host-passthrough'><numa><cell id='0' cpus='0-3' memory='4' unit='GiB'/></numa></cpu>",
        );
    }
    let v = if kind == "vcpu" { n } else { 4 };
    if kind == "iothread" {
        let _ = write!(top, "<iothreads>{n}</iothreads>");
    }
    let mut meta = String::new();
    if kind == "metadata" {
        meta.push_str("<metadata>");
        for i in 0..n {
            let _ = write!(meta, "<x:y xmlns:x='http://x{i}'><x:z a='b'/></x:y>");
        }
        meta.push_str("</metadata>");
    }
    format!(
        "<domain type='kvm'><name>bench</name><uuid>2b7e1516-28ae-42d2-a6ab-f7158809cf4f</uuid>{meta}{top}<memory unit='GiB'>4</memory><vcpu>{v}</vcpu><os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/><apic/></features>{cpu}<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>{d}</devices></domain>"
    )
}
fn letters(mut n: usize) -> String {
    let mut l = String::new();
    loop {
        l.insert(0, char::from(b'a' + (n % 26) as u8));
        if n < 26 {
            break;
        }
        n = n / 26 - 1;
    }
    l
}
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let (stage, size, iters): (&str, usize, usize) = (&a[1], a[2].parse().unwrap(), a[3].parse().unwrap());
    let k = a.get(4).map_or("disk", |s| s);
    let (caps, host) = (builtin::get("qemu-10.0-x86_64", Release::V11_3).unwrap(), FixedHost::default());
    let request = Request::new(&caps, &host);
    let text = kind(k, size);
    let work = |stage: &str| match stage {
        "bare" => {
            std::hint::black_box(roxmltree::Document::parse(&text).unwrap().descendants().count());
        }
        "model" => {
            std::hint::black_box(virtargv_model::parse(&text));
        }
        _ => match virtargv::command_line(&text, &request) {
            Ok(l) => {
                std::hint::black_box(l);
            }
            Err(e) => {
                eprintln!("ERR {:?}", e.iter().next().map(|p| p.message.clone()));
                std::process::exit(1)
            }
        },
    };
    if stage == "print" {
        for x in virtargv::command_line(&text, &request).unwrap().args {
            println!("{x}");
        }
        return;
    }
    let _ = Report::new();
    let t = std::time::Instant::now();
    let mut best = u128::MAX;
    for _ in 0..iters {
        let s = std::time::Instant::now();
        work(stage);
        best = best.min(s.elapsed().as_nanos());
    }
    eprintln!(
        "{k} {stage} {size}: best {best} ns, mean {} ns",
        if iters == 0 { 0 } else { t.elapsed().as_nanos() / iters as u128 }
    );
}
