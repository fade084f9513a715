//! `-machine`, `-accel`, `-global mch.extended-tseg-mbytes=`.

use virtargv_caps::{Accel, Arch, Cap, Convention};
use virtargv_model::device::iommu::IommuModel;
use virtargv_model::device::memory_device::MemoryModel;
use virtargv_model::features::{Features, GicVersion, IoApic};
use virtargv_model::security::Keywrap;
use virtargv_model::{Kib, Kind, OnOff, Spelled, YesNo, clock::TimerName, cpu::CpuMode};

use crate::emit::{Done, Emit, problem};
use crate::{Props, Style};

/// Emits `-machine`.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    let mut props = Props::new("type", e.guest().machine.as_str());
    // Where the accelerator is a key of the machine, the keys follow an older order.
    if e.release().has(Convention::AccelOption) {
        props.set("usb", false);
        keywrap(e, &mut props)?;
        chipset(&e.domain().features, &mut props);
        features(e, &mut props)?;
        iommu(e, &mut props);
        memory(e, &mut props);
        guest_memory(e, &mut props);
        memory_backend(e, &mut props);
        start(e, &mut props);
        protection(e, &mut props);
        flash(e, &mut props);
        hmat(e, &mut props);
        crate::device::sound::pc_speaker(e, &mut props)?;
        late(e, &mut props);
    } else {
        props.set("accel", e.guest().accel.name());
        props.set("usb", false);
        chipset(&e.domain().features, &mut props);
        memory(e, &mut props);
        keywrap(e, &mut props)?;
        gic(e, &mut props)?;
        iommu(e, &mut props);
        guest_memory(e, &mut props);
        features_of_machine(&e.domain().features, &mut props);
        start(e, &mut props);
        protection(e, &mut props);
        flash(e, &mut props);
        hmat(e, &mut props);
        memory_backend(e, &mut props);
    }
    let text = props.to_kv(Style::OnOff);
    e.line.option("-machine", text);
    Ok(())
}

/// `vmport=`, `smm=`, `i8042=`.
fn chipset(features: &Features, props: &mut Props) {
    state(props, "vmport", features.vmport);
    state(props, "smm", features.smm.and_then(|smm| smm.state));
    state(props, "i8042", features.ps2);
}

fn features(e: &Emit<'_>, props: &mut Props) -> Done {
    gic(e, props)?;
    features_of_machine(&e.domain().features, props);
    Ok(())
}

/// `gic-version=`. Without the property version 2 is what a guest gets anyway.
fn gic(e: &Emit<'_>, props: &mut Props) -> Done {
    let Some(version) = e.domain().features.gic.and_then(|gic| gic.version) else { return Ok(()) };
    let by_arch = !e.release().has(Convention::GicVersionByArch) || e.caps.arch() == Arch::Aarch64;
    if e.has(Cap::MachVirtGicVersion) && by_arch {
        props.set("gic-version", version.as_str());
    } else if version != GicVersion::V2 {
        let message = format!("this QEMU cannot be told the version '{version}' of element 'gic'");
        return Err(problem(Kind::Unsupported, "gic-version", e.domain().features.pos.path("gic"), message));
    }
    Ok(())
}

/// What some machines of one architecture have.
fn features_of_machine(features: &Features, props: &mut Props) {
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

/// `dump-guest-core=`, `mem-merge=`.
fn memory(e: &Emit<'_>, props: &mut Props) {
    let memory = &e.domain().memory;
    let dump = memory.dump_core.map_or(e.host.config().dump_guest_core, OnOff::is_on);
    props.set("dump-guest-core", dump);
    if memory.backing.nosharepages {
        props.set("mem-merge", false);
    }
}

/// `iommu=`: the IOMMUs that are part of the machine.
fn iommu(e: &Emit<'_>, props: &mut Props) {
    match e.domain().devices.iommus.first().and_then(|iommu| iommu.model) {
        Some(IommuModel::Intel) if !e.has(Cap::DeviceIntelIommu) => {
            props.set("iommu", true);
        }
        Some(IommuModel::Smmuv3) => {
            props.set("iommu", "smmuv3");
        }
        _ => {}
    }
}

/// `nvdimm=`, `sgx-epc.*=`: memory devices that are part of the machine.
fn guest_memory(e: &Emit<'_>, props: &mut Props) {
    let memories = &e.domain().devices.memories;
    if memories.iter().any(|memory| memory.model() == MemoryModel::Nvdimm) {
        props.set("nvdimm", true);
    }
    let enclaves = memories.iter().filter(|memory| memory.model() == MemoryModel::SgxEpc);
    for (n, memory) in enclaves.enumerate() {
        let alias = memory.info.alias.as_deref().unwrap_or_default();
        props.set(format!("sgx-epc.{n}.memdev"), format!("mem{alias}"));
        props.set(format!("sgx-epc.{n}.node"), memory.target.node.unwrap_or_default());
    }
}

/// `memory-backend=`: main memory is an object of its own under the id that the machine has always used for it.
fn memory_backend(e: &Emit<'_>, props: &mut Props) {
    if e.domain().numa.cells.is_empty() {
        props.set_opt("memory-backend", default_ram_id(e));
    }
}

/// The id of the machine's main memory, where this QEMU tells it.
pub(crate) fn default_ram_id<'a>(e: &Emit<'a>) -> Option<&'a str> {
    let machine = e.caps.machine(e.plan.guest.accel, &e.plan.guest.machine)?;
    machine.default_ram_id.as_deref()
}

/// `aes-key-wrap=`, `dea-key-wrap=`.
fn keywrap(e: &Emit<'_>, props: &mut Props) -> Done {
    let Keywrap { aes, dea } = e.domain().security.keywrap;
    for (name, cap, wanted) in
        [("aes-key-wrap", Cap::AesKeyWrap, aes), ("dea-key-wrap", Cap::DeaKeyWrap, dea)]
    {
        if wanted.is_some() && !e.has(cap) {
            let message = format!("this QEMU does not know '{name}'");
            return Err(problem(Kind::Unsupported, "keywrap", e.domain().security.keywrap_pos, message));
        }
        state(props, name, wanted);
    }
    Ok(())
}

/// `max-cpu-compat=`, `loadparm=`.
fn start(e: &Emit<'_>, props: &mut Props) {
    if let Some(cpu) = &e.domain().cpu
        && cpu.mode() == CpuMode::HostModel
        && e.guest().is_pseries()
        && e.has(Cap::MachinePseriesMaxCpuCompat)
    {
        props.set_opt("max-cpu-compat", cpu.model.name.as_ref());
    }
    if e.has(Cap::Loadparm) && !e.has(Cap::VirtioCcwDeviceLoadparm) {
        props.set_opt("loadparm", loadparm(e));
    }
}

/// `loadparm=` of the device that is started from first.
fn loadparm<'a>(e: &Emit<'a>) -> Option<&'a str> {
    let devices = &e.plan.domain.devices;
    let disks = devices.disks.iter().map(|disk| &disk.info);
    let nets = devices.interfaces.iter().map(|net| &net.info);
    let hostdevs = devices.hostdevs.iter().map(|hostdev| &hostdev.info);
    let boots = disks.chain(nets).chain(hostdevs).filter_map(|info| info.boot.as_ref());
    boots.filter(|boot| boot.order == 1).find_map(|boot| boot.loadparm.as_deref())
}

/// What keeps the guest from its host.
fn protection(e: &Emit<'_>, props: &mut Props) {
    if e.domain().security.launch.is_none() {
        return;
    }
    let key = if e.has(Cap::MachineConfidentalGuestSupport) {
        "confidential-guest-support"
    } else {
        "memory-encryption"
    };
    props.set(key, crate::security::object_id(e));
}

/// `pflash0=`, `pflash1=`.
fn flash(e: &Emit<'_>, props: &mut Props) {
    props.set_opt("pflash0", e.flash.code.as_ref());
    props.set_opt("pflash1", e.flash.vars.as_ref());
}

/// `hmat=`: memory is described by latency and bandwidth.
fn hmat(e: &Emit<'_>, props: &mut Props) {
    let numa = &e.domain().numa;
    if !numa.interconnects.is_empty() || numa.cells.iter().any(|cell| !cell.caches.is_empty()) {
        props.set("hmat", true);
    }
}

/// What came to be keys of the machine late.
fn late(e: &Emit<'_>, props: &mut Props) {
    let domain = e.domain();
    if domain.os.use_serial == Some(YesNo::Yes) {
        props.set("graphics", false);
    }
    if e.has(Cap::MachineHpet) {
        let hpet = domain.clock.timer(TimerName::Hpet).and_then(|timer| timer.present);
        props.set_opt("hpet", hpet.map(YesNo::is_yes));
    }
    let machine = e.caps.machine(e.plan.guest.accel, &e.plan.guest.machine);
    if machine.is_some_and(|machine| machine.acpi.is_yes()) {
        props.set("acpi", domain.features.acpi);
    }
}

/// Emits `-accel`.
pub(crate) fn accel(e: &mut Emit<'_>) -> Done {
    if !e.release().has(Convention::AccelOption) {
        return Ok(());
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
    e.line.option("-accel", props.to_kv(Style::OnOff));
    Ok(())
}

/// Emits the size of the SMM memory of a Q35 machine.
pub(crate) fn tseg(e: &mut Emit<'_>) -> Done {
    if let Some(bytes) = e.domain().features.smm.and_then(|smm| smm.tseg) {
        e.line.option("-global", format!("mch.extended-tseg-mbytes={}", bytes >> 20));
    }
    Ok(())
}

fn state(props: &mut Props, name: &'static str, state: Option<OnOff>) {
    props.set_opt(name, state.map(OnOff::is_on));
}
