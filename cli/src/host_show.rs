//! `virtargv host show`: describes a machine as a file for `--host`.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use virtargv::model::write::Writer;
use virtargv::{Arch, Host, Request};
use virtargv_caps::{Accel, CpuMap};
use virtargv_host::{Description, FileKind, Recorder};

use crate::args::{HostChoice, HostCommand, HostShowArgs};
use crate::caps::Sets;
use crate::host::Chosen;
use crate::{Done, FINE, Unusable, input};

/// Where libvirt keeps images, and the definitions of networks and storage pools.
const IMAGES: &str = "/var/lib/libvirt/images";
const NETWORKS: &str = "/etc/libvirt/qemu/networks";
const POOLS: &str = "/etc/libvirt/storage";

/// Directories with descriptors of firmware and of vhost-user programs.
const DESCRIPTORS: &[&str] =
    &["/etc/qemu/firmware", "/usr/share/qemu/firmware", "/etc/qemu/vhost-user", "/usr/share/qemu/vhost-user"];

/// Variables of the environment that can reach QEMU.
const VARIABLES: &[&str] =
    &["LD_PRELOAD", "LD_LIBRARY_PATH", "PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "QEMU_AUDIO_DRV"];

/// The maximum number of CPUs whose NUMA nodes are asked for.
const CPUS: u32 = 8192;

pub(crate) fn run(command: &HostCommand) -> Done {
    let HostCommand::Show(args) = command;
    let chosen = Chosen::load(&args.qemu.host, HostChoice::Here)?;
    let sets = Sets::new(&args.qemu);
    let texts = args.files.iter().map(|file| input::read(file)).collect::<Result<Vec<_>, _>>()?;
    let plain = image_document(None);
    let arch = virtargv::arch_of(&plain);
    let set = sets.of(arch.unwrap_or(chosen.arch()))?;
    let mut description = chosen.with_request(arch, &set, |request| {
        let recorder = Recorder::new(request.host);
        general(&recorder);
        if texts.is_empty() {
            defined(request.host, &recorder);
            for document in images(request.host) {
                follow(&document, &request, &recorder, args);
            }
        }
        follow(&plain, &request, &recorder, args);
        finish(recorder, args, texts.is_empty())
    })?;
    for text in &texts {
        let arch = virtargv::arch_of(text);
        let set = sets.of(arch.unwrap_or(chosen.arch()))?;
        description = chosen.with_request(arch, &set, |request| {
            let recorder = Recorder::resume(request.host, description);
            follow(text, &request, &recorder, args);
            finish(recorder, args, false)
        })?;
    }
    if !args.with_secrets {
        for name in description.drop_secrets() {
            anstream::eprintln!("virtargv: the setting `{name}` is left out; --with-secrets writes it");
        }
    }
    // Not by `anstream`, which removes control characters from what it writes.
    std::io::stdout().lock().write_all(description.to_json().as_bytes())?;
    Ok(FINE)
}

/// Turns a document into a command line, for the questions that the host is asked.
fn follow(text: &str, request: &Request<'_>, recorder: &Recorder<'_>, args: &HostShowArgs) {
    let mut request = Request { host: recorder, ..request.clone() };
    request.read.abi_update = args.abi_update;
    let _ = virtargv::run(text, &request);
}

/// Asks for what documents ask of any machine.
fn general(host: &dyn Host) {
    let machine = host.machine();
    let _ = (machine.page_size(), machine.fips(), machine.utc_offset(), machine.now());
    for name in VARIABLES {
        let _ = machine.env(name);
    }
    for arch in [Arch::X86_64, Arch::I686, Arch::Aarch64, Arch::Ppc64, Arch::Riscv64, Arch::S390x] {
        let _ = machine.emulator(arch);
    }
    let files = host.files();
    for directory in DESCRIPTORS {
        for name in files.list(directory).unwrap_or_default() {
            let _ = files.read_text(&format!("{directory}/{name}"));
        }
    }
    let cpu = host.cpu();
    let _ = (cpu.processor(), cpu.phys_addr_bits(), cpu.kvm_max_vcpus(), cpu.sev_guests());
    let (numa, devices, services) = (host.numa(), host.devices(), host.services());
    let _ = (numa.numa_nodes(), numa.numa_advice());
    let _ = (0..CPUS).take_while(|cpu| numa.numa_node_of_cpu(*cpu).is_ok()).count();
    let _ = (devices.usb_devices(), devices.render_node(), devices.vhost_vsock(), devices.free_vsock_cid());
    let _ = (devices.vfio(), devices.vhost_scsi());
    let _ = (devices.vhost_net(Accel::Kvm), devices.vhost_net(Accel::Tcg));
    let _ = (services.emulates_tpm("1.2"), services.emulates_tpm("2.0"), services.slirp_helper());
    let _ = services.qemu_rdp();
    let _ = (services.nbdkit_plugin("curl"), services.nbdkit_plugin("ssh"));
}

/// Asks for the networks and storage pools that are defined in libvirt's own directories, and for the images that are
/// volumes of a pool. `host` is looked at, `recorder` is asked.
fn defined(host: &dyn Host, recorder: &dyn Host) {
    let names = |directory: &str| {
        let names = host.files().list(directory).unwrap_or_default();
        names.into_iter().filter_map(|name| name.strip_suffix(".xml").map(str::to_owned))
    };
    for name in names(NETWORKS) {
        let _ = recorder.networks().network(&name);
    }
    let images = host.files().list(IMAGES).unwrap_or_default();
    for pool in names(POOLS) {
        let _ = recorder.storage().storage_pool(&pool);
        for image in &images {
            if host.storage().storage_volume(&pool, image).is_ok() {
                let _ = recorder.storage().storage_volume(&pool, image);
            }
        }
    }
}

/// Documents that have the images in [`IMAGES`] as disks, so that whatever the start of a guest reads of them is read.
fn images(host: &dyn Host) -> Vec<String> {
    let files = host.files();
    let paths = files.list(IMAGES).unwrap_or_default().into_iter().map(|name| format!("{IMAGES}/{name}"));
    let is_image = |path: &String| files.stat(path).is_ok_and(|stat| stat.kind == FileKind::Regular);
    let documents = paths
        .filter(is_image)
        .flat_map(|path| ["raw", "qcow2"].map(|format| image_document(Some((&path, format)))));
    documents.collect()
}

/// A guest with nothing but this image.
fn image_document(image: Option<(&str, &str)>) -> String {
    let mut w = Writer::new();
    w.element("domain").attr("type", "qemu").children(|w| {
        w.text_element("name", "show");
        w.element("memory").attr("unit", "MiB").text(64);
        w.element("os").children(|w| w.text_element("type", "hvm"));
        w.element("devices").children(|w| {
            if let Some((path, format)) = image {
                w.element("disk").attr("type", "file").attr("device", "disk").children(|w| {
                    w.element("driver").attr("name", "qemu").attr("type", format).empty();
                    w.element("source").attr("file", path).empty();
                    w.element("target").attr("dev", "vda").attr("bus", "virtio").empty();
                });
            }
        });
    });
    w.finish()
}

/// The description, with the CPU definitions where documents need them or `always`.
fn finish(recorder: Recorder<'_>, args: &HostShowArgs, always: bool) -> Result<Description, Unusable> {
    let wanted = (always || recorder.wants_cpu_map()) && !args.no_cpu_definitions;
    let mut description = recorder.finish();
    if wanted && !description.defines_cpus() {
        let directory = args.qemu.host.cpu_map.as_deref().unwrap_or(Path::new("/usr/share/libvirt/cpu_map"));
        let mut texts = BTreeMap::new();
        let read = CpuMap::parse(|name| {
            let text = virtargv_system::cpu_definitions(directory, name)?;
            texts.insert(name.to_owned(), text.clone());
            Some(text)
        });
        // Definitions that are missing or cannot be read stay unknown.
        if read.is_ok() {
            description.define_cpus(texts);
        }
    }
    Ok(description)
}
