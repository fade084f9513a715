//! `-machine`, `-accel`, `-global mch.extended-tseg-mbytes=`.

use virtargv_caps::{Accel, Arch, Cap, Convention};
use virtargv_model::device::memory_device::MemoryModel;
use virtargv_model::features::{Features, IoApic};
use virtargv_model::security::Keywrap;
use virtargv_model::{Kib, OnOff, Spelled, YesNo, clock::TimerName, cpu::CpuMode};

use super::context::Emit;
use super::device::sound;
use crate::prepare::device::iommu::{Driver, MachineIommu};
use crate::prepare::device::memory_device::Kind;
use crate::prepare::memory::Main;
use crate::{Props, Text};

/// Emits `-machine`.
pub(crate) fn emit(e: &mut Emit<'_>) {
    let mut props = Props::new("type", &e.guest().machine);
    if !e.release().has(Convention::AccelOption) {
        props.set("accel", e.guest().accel.name());
    }
    props.set("usb", false);
    if e.release().has(Convention::MachineFeaturesFirst) {
        keywrap(e, &mut props);
        chipset(&e.domain().features, &mut props);
        gic(e, &mut props);
        if e.domain().features.virtualization {
            props.set("virtualization", true);
        }
        features(&e.domain().features, &mut props);
        iommu(e, &mut props);
        memory(e, &mut props);
        guest_memory(e, &mut props);
        memory_backend(e, &mut props);
        start(e, &mut props);
        protection(e, &mut props);
        flash(e, &mut props);
        hmat(e, &mut props);
    } else {
        chipset(&e.domain().features, &mut props);
        memory(e, &mut props);
        keywrap(e, &mut props);
        gic(e, &mut props);
        iommu(e, &mut props);
        guest_memory(e, &mut props);
        if e.domain().features.virtualization {
            props.set("virtualization", true);
        }
        features(&e.domain().features, &mut props);
        start(e, &mut props);
        protection(e, &mut props);
        flash(e, &mut props);
        hmat(e, &mut props);
        memory_backend(e, &mut props);
    }
    sound::pc_speaker(e, &mut props);
    late(e, &mut props);
    e.at_element("os/type");
    e.list("-machine", props);
}

/// Adds `vmport=`, `smm=` and `i8042=`.
fn chipset(features: &Features, props: &mut Props) {
    state(props, "vmport", features.vmport);
    state(props, "smm", features.smm.and_then(|smm| smm.state));
    state(props, "i8042", features.ps2);
}

/// Adds `gic-version=`. QEMU without the property has version 2.
fn gic(e: &Emit<'_>, props: &mut Props) {
    let by_arch = !e.release().has(Convention::GicVersionByArch) || e.caps().arch() == Arch::Aarch64;
    if e.has(Cap::MachVirtGicVersion) && by_arch {
        let version = e.domain().features.gic.and_then(|gic| gic.version);
        props.set_opt("gic-version", version.map(Spelled::as_str));
    }
}

/// Adds the properties that machine types of one architecture have.
fn features(features: &Features, props: &mut Props) {
    match features.ioapic {
        Some(IoApic::Qemu) => props.set("kernel_irqchip", "split"),
        Some(IoApic::Kvm) => props.set("kernel_irqchip", true),
        None => props,
    };
    if let Some(hpt) = &features.hpt {
        props.set_opt("resize-hpt", hpt.resizing.map(Spelled::as_str));
        let size = hpt.max_page_size.filter(|size| size.0 > 0);
        props.set_opt("cap-hpt-max-page-size", size.map(|size| format!("{}k", size.0)));
    }
    state(props, "cap-htm", features.htm);
    state(props, "cap-nested-hv", features.nested_hv);
    state(props, "cap-ccf-assist", features.ccf_assist);
    props.set_opt("cap-cfpc", features.cfpc.map(Spelled::as_str));
    props.set_opt("cap-sbbc", features.sbbc.map(Spelled::as_str));
    props.set_opt("cap-ibs", features.ibs.map(Spelled::as_str));
    state(props, "ras", features.ras);
    props.set_opt("aia", features.aia.map(Spelled::as_str));
}

/// Adds `dump-guest-core=` and `mem-merge=`.
fn memory(e: &Emit<'_>, props: &mut Props) {
    let memory = &e.domain().memory;
    let dump = memory.dump_core.map_or(e.settings().dump_guest_core, OnOff::is_on);
    props.set("dump-guest-core", dump);
    if memory.backing.nosharepages {
        props.set("mem-merge", false);
    }
}

/// Adds `iommu=`, for IOMMUs that are part of the machine.
fn iommu(e: &Emit<'_>, props: &mut Props) {
    let machine = e.prepared.iommus().find_map(|iommu| match iommu.facts {
        Driver::Machine(iommu) => Some(iommu),
        _ => None,
    });
    if let Some(iommu) = machine {
        match iommu {
            MachineIommu::Intel => props.set("iommu", true),
            MachineIommu::Smmuv3 => props.set("iommu", "smmuv3"),
        };
    }
}

/// Adds `nvdimm=` and `sgx-epc.*=`.
fn guest_memory(e: &Emit<'_>, props: &mut Props) {
    let memories = &e.domain().devices.memories;
    if memories.iter().any(|memory| memory.model() == MemoryModel::Nvdimm) {
        props.set("nvdimm", true);
    }
    let sections = e.prepared.memories().filter_map(|memory| match memory.facts.kind {
        Kind::Epc { node } => Some((&memory.facts.backend.id, node)),
        Kind::Device { .. } => None,
    });
    for (n, (id, node)) in sections.enumerate() {
        props.set(format!("sgx-epc.{n}.memdev"), id.clone());
        props.set(format!("sgx-epc.{n}.node"), node);
    }
}

/// Adds `memory-backend=`, the memory backend of main memory. Its id is that of the machine's RAM block.
fn memory_backend(e: &Emit<'_>, props: &mut Props) {
    if let Main::Object(backend) = &e.prepared.facts.memory.main {
        props.set("memory-backend", backend.id.clone());
    }
}

/// Adds `aes-key-wrap=` and `dea-key-wrap=`.
fn keywrap(e: &Emit<'_>, props: &mut Props) {
    let Keywrap { aes, dea } = e.domain().security.keywrap;
    state(props, "aes-key-wrap", aes);
    state(props, "dea-key-wrap", dea);
}

/// Adds `max-cpu-compat=` and `loadparm=`.
fn start(e: &Emit<'_>, props: &mut Props) {
    if let Some(cpu) = &e.domain().cpu
        && cpu.mode() == CpuMode::HostModel
        && e.guest().is_pseries()
        && e.has(Cap::MachinePseriesMaxCpuCompat)
    {
        props.set_opt("max-cpu-compat", cpu.model.name.as_ref());
    }
    let can_load = e.guest().arch.is_s390() || !e.release().has(Convention::LoadparmByArch);
    if can_load && e.has(Cap::Loadparm) && !e.has(Cap::VirtioCcwDeviceLoadparm) {
        props.set_opt("loadparm", loadparm(e).map(Text::from));
    }
}

/// The `loadparm=` of the first boot device.
fn loadparm<'a>(e: &Emit<'a>) -> Option<&'a String> {
    let devices = &e.domain().devices;
    let disks = devices.disks.iter().map(|disk| &disk.info);
    let nets = devices.interfaces.iter().map(|net| &net.info);
    let hostdevs = devices.hostdevs.iter().map(|hostdev| &hostdev.info);
    let boots = disks.chain(nets).chain(hostdevs).filter_map(|info| info.boot.as_ref());
    boots.filter(|boot| boot.order == 1).find_map(|boot| boot.loadparm.as_ref())
}

/// Adds `memory-encryption=` or `confidential-guest-support=`.
fn protection(e: &Emit<'_>, props: &mut Props) {
    if e.domain().security.launch.is_none() {
        return;
    }
    let key = if e.has(Cap::MachineConfidentalGuestSupport) {
        "confidential-guest-support"
    } else {
        "memory-encryption"
    };
    props.set(key, super::security::object_id(e));
}

/// Adds `pflash0=` and `pflash1=`.
fn flash(e: &Emit<'_>, props: &mut Props) {
    let Some(flash) = &e.prepared.facts.flash else { return };
    props.set("pflash0", flash.code.nodes.top());
    props.set_opt("pflash1", flash.vars.as_ref().map(|vars| vars.nodes.top()));
}

/// Adds `hmat=`.
fn hmat(e: &Emit<'_>, props: &mut Props) {
    if e.prepared.facts.memory.numa.as_ref().is_some_and(|numa| numa.hmat) {
        props.set("hmat", true);
    }
}

/// Adds the properties that libvirt emits last.
fn late(e: &Emit<'_>, props: &mut Props) {
    let domain = e.domain();
    if domain.os.use_serial == Some(YesNo::Yes) && !e.release().has(Convention::SerialBiosDevice) {
        props.set("graphics", false);
    }
    if e.has(Cap::MachineHpet) {
        // A timer that is in the document twice is on the line twice, and QEMU takes the last.
        for timer in domain.clock.timers.iter().filter(|timer| timer.name == TimerName::Hpet) {
            props.set_opt("hpet", timer.present.map(YesNo::is_yes));
        }
    }
    let machine = e.caps().machine(e.guest().accel, &e.guest().machine);
    if e.release().has(Convention::MachineAcpi) && machine.is_some_and(|machine| machine.acpi.is_yes()) {
        props.set("acpi", domain.features.acpi);
    }
}

/// Emits `-accel`.
pub(crate) fn accel(e: &mut Emit<'_>) {
    if !e.release().has(Convention::AccelOption) {
        return;
    }
    let mut props = Props::new("accel", e.guest().accel.name());
    let features = &e.domain().features;
    match e.guest().accel {
        Accel::Tcg => {
            let cache = features.tcg.and_then(|tcg| tcg.tb_cache).filter(|cache| cache.0 > 0);
            props.set_opt("tb-size", cache.map(Kib::mib));
        }
        Accel::Kvm => {
            let size = features.kvm.as_ref().and_then(|kvm| kvm.dirty_ring_size);
            props.set_opt("dirty-ring-size", size);
        }
        Accel::Hvf => {}
    }
    e.at_domain();
    e.list("-accel", props);
}

/// Emits the size of the TSEG of a Q35 machine.
pub(crate) fn tseg(e: &mut Emit<'_>) {
    if let Some(bytes) = e.domain().features.smm.and_then(|smm| smm.tseg) {
        e.at_element("features/smm/tseg");
        e.global("mch.extended-tseg-mbytes", bytes >> 20);
    }
}

fn state(props: &mut Props, name: &'static str, state: Option<OnOff>) {
    props.set_opt(name, state.map(OnOff::is_on));
}
