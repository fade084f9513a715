//! What an older release does not read: elements and attributes that came after it are passed over.

use virtargv_caps::Convention;
use virtargv_model::Domain;
use virtargv_model::device::Devices;
use virtargv_model::device::graphics::Display;
use virtargv_model::device::tpm::TpmBackend;
use virtargv_model::device::virtio::VirtioOptions;

use crate::Work;

/// Takes such words out.
pub(crate) fn apply(work: &mut Work<'_>) {
    if work.release.has(Convention::DeviceWords) {
        return;
    }
    forget_guest_words(&mut work.domain);
    forget_cpu_words(&mut work.domain);
    let devices = &mut work.domain.devices;
    devices.cryptos.clear();
    devices.pstores.clear();
    for (_, info) in devices.infos_mut() {
        info.acpi_index = None;
    }
    for options in virtio_options(devices) {
        options.page_per_vq = None;
    }
    forget_device_words(devices);
}

fn forget_guest_words(domain: &mut Domain) {
    let os = &mut domain.os;
    os.firmware_features.clear();
    os.direct.shim = None;
    if let Some(loader) = &mut os.loader {
        (loader.stateless, loader.format) = (None, None);
    }
    if let Some(nvram) = &mut os.nvram {
        (nvram.format, nvram.template_format) = (None, None);
        nvram.image = nvram.image.take().filter(|_| !nvram.typed);
        nvram.typed = false;
    }
    domain.memory.backing.allocation_threads = None;
    domain.tune.iothreads.default = None;
    if let Some(common) = domain.security.launch.as_mut().and_then(|launch| launch.kind.sev_common_mut()) {
        common.kernel_hashes = None;
    }
}

fn forget_cpu_words(domain: &mut Domain) {
    if let Some(cpu) = &mut domain.cpu {
        cpu.max_phys_addr = None;
        cpu.deprecated_features = None;
        if let Some(topology) = &mut cpu.topology {
            topology.clusters = None;
        }
    }
    if let Some(hyperv) = &mut domain.features.hyperv {
        hyperv.mode = None;
        for item in hyperv.items.iter_mut().filter(|item| item.extended.is_some()) {
            (item.direct, item.extended) = (None, None);
        }
    }
}

/// The options that all virtio devices have.
fn virtio_options(devices: &mut Devices) -> impl Iterator<Item = &mut VirtioOptions> {
    let none = std::iter::empty();
    none.chain(devices.controllers.iter_mut().map(|d| &mut d.driver.virtio))
        .chain(devices.disks.iter_mut().map(|d| &mut d.driver.virtio))
        .chain(devices.filesystems.iter_mut().map(|d| &mut d.virtio))
        .chain(devices.inputs.iter_mut().map(|d| &mut d.virtio))
        .chain(devices.sounds.iter_mut().map(|d| &mut d.virtio))
        .chain(devices.videos.iter_mut().map(|d| &mut d.virtio))
        .chain(devices.memballoons.iter_mut().map(|d| &mut d.virtio))
        .chain(devices.rngs.iter_mut().map(|d| &mut d.virtio))
        .chain(devices.vsocks.iter_mut().map(|d| &mut d.virtio))
}

fn forget_device_words(devices: &mut Devices) {
    for graphics in &mut devices.graphics {
        if let Display::Vnc(vnc) = &mut graphics.display {
            (vnc.power_control, vnc.audio) = (None, None);
        }
    }
    for video in &mut devices.videos {
        video.blob = None;
    }
    for sound in &mut devices.sounds {
        sound.multichannel = None;
    }
    for tpm in &mut devices.tpms {
        if let TpmBackend::Emulator(emulator) = &mut tpm.backend {
            emulator.active_pcr_banks.clear();
            (emulator.debug, emulator.storage, emulator.profile) = (None, None, None);
        }
    }
    for binary in devices.filesystems.iter_mut().filter_map(|fs| fs.binary.as_mut()) {
        (binary.sandbox, binary.thread_pool) = (None, None);
    }
}
