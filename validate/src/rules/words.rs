//! Values that the release followed does not know yet: it refuses them as it would any unknown word.

use virtargv_caps::Convention;
use virtargv_model::clock::{Offset, OffsetWord, TimerTrack};
use virtargv_model::cpu::CpuMode;
use virtargv_model::device::Devices;
use virtargv_model::device::audio::AudioType;
use virtargv_model::device::chardev::{SerialModel, SerialTarget};
use virtargv_model::device::chardev_source::{ChardevSource, SourceType};
use virtargv_model::device::filesystem::FsDriver;
use virtargv_model::device::graphics::GraphicsType;
use virtargv_model::device::input::InputType;
use virtargv_model::device::memory_device::MemoryModel;
use virtargv_model::device::panic::PanicModel;
use virtargv_model::device::sound::SoundModel;
use virtargv_model::device::tpm::TpmBackendType;
use virtargv_model::device::watchdog::WatchdogModel;
use virtargv_model::features::{Features, HypervFeature, KvmFeature};
use virtargv_model::os::AcpiTableType;
use virtargv_model::security::{LaunchSecurityKind, LaunchSecurityType};
use virtargv_model::tune::NumaMode;
use virtargv_model::{Domain, Place, Spelled};

use crate::{Context, Findings, Rule};

virtargv_model::rules! {
    /// A value is one that the release knows.
    UNKNOWN = "word-of-a-later-release": Unsupported, Read, "words that came to the domain format later";
    /// A display is one that the release knows.
    UNKNOWN_DISPLAY = "word-of-a-later-release-display": Internal, Read, "`<graphics type=>`";
    /// A word of the guest as a whole is one that the release knows.
    UNKNOWN_GUEST = "word-of-a-later-release-guest": Xml, Read, "`<launchSecurity type=>`, `<table type=>`, `<memory model=>`";
    /// A backend of sound is one that the release knows.
    UNKNOWN_AUDIO = "word-of-a-later-release-audio": Xml, Read, "`<audio type=>`";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    if cx.release.has(Convention::DeviceWords) {
        return;
    }
    let mut found = Words { out };
    if let Some(cpu) = cx.domain.cpu.as_ref().filter(|cpu| cpu.mode() == CpuMode::Maximum) {
        found.word(&UNKNOWN, "cpu", "mode", cpu.mode(), cpu.pos.attr("mode"));
    }
    guest(cx.domain, &mut found);
    features(&cx.domain.features, &mut found);
    character_devices(&cx.domain.devices, &mut found);
    devices(&cx.domain.devices, &mut found);
}

/// Where such words are put down.
struct Words<'a, 'b> {
    out: &'a mut Findings<'b>,
}

impl Words<'_, '_> {
    fn word(
        &mut self,
        rule: &'static Rule,
        element: &str,
        name: &str,
        word: impl Spelled,
        place: impl Into<Place>,
    ) {
        let word = word.as_str();
        let message = format!("attribute '{name}' of element '{element}' is '{word}', which came later");
        self.out.refuse(rule, place, message);
    }

    fn source(&mut self, source: &ChardevSource) {
        let kind = source.kind();
        if matches!(kind, SourceType::QemuVdagent | SourceType::Dbus) {
            let message = format!("a character device is of type '{kind}', which came later");
            self.out.refuse(&UNKNOWN, source.pos.attr("type"), message);
        }
    }
}

fn guest(domain: &Domain, found: &mut Words<'_, '_>) {
    if matches!(domain.clock.offset, Offset::Absolute(_)) {
        found.word(&UNKNOWN, "clock", "offset", OffsetWord::Absolute, domain.clock.pos.attr("offset"));
    }
    for timer in &domain.clock.timers {
        if let Some(track @ TimerTrack::Realtime) = timer.track {
            found.word(&UNKNOWN, "timer", "track", track, timer.pos.attr("track"));
        }
    }
    let tune = &domain.tune.numa;
    let modes = tune.memory.iter().map(|m| ("memory", m.mode, m.pos));
    for (element, mode, pos) in modes.chain(tune.nodes.iter().map(|n| ("memnode", n.mode, n.pos))) {
        if let Some(mode @ NumaMode::Restrictive) = mode {
            found.word(&UNKNOWN, element, "mode", mode, pos.attr("mode"));
        }
    }
    for table in domain.os.acpi_tables.iter().filter(|table| table.kind != AcpiTableType::Slic) {
        found.word(&UNKNOWN_GUEST, "table", "type", table.kind, table.pos.attr("type"));
    }
    if let Some(launch) = &domain.security.launch {
        let kind = match launch.kind {
            LaunchSecurityKind::Sev(_) => None,
            LaunchSecurityKind::SevSnp(_) => Some(LaunchSecurityType::SevSnp),
            LaunchSecurityKind::S390Pv => Some(LaunchSecurityType::S390Pv),
        };
        if let Some(kind) = kind {
            found.word(&UNKNOWN_GUEST, "launchSecurity", "type", kind, launch.pos.attr("type"));
        }
    }
    for memory in &domain.devices.memories {
        let model = memory.model();
        if !matches!(model, MemoryModel::Dimm | MemoryModel::Nvdimm) {
            found.word(&UNKNOWN_GUEST, "memory", "model", model, memory.info.pos.attr("model"));
        }
    }
}

fn features(features: &Features, found: &mut Words<'_, '_>) {
    let late = |feature: &HypervFeature| {
        matches!(feature, HypervFeature::Avic | HypervFeature::EmsrBitmap | HypervFeature::XmmInput)
    };
    for item in features.hyperv.iter().flat_map(|hyperv| &hyperv.items).filter(|item| late(&item.feature)) {
        let message = format!("element 'hyperv' holds '{}', which came later", item.feature);
        found.out.refuse(&UNKNOWN, item.pos, message);
    }
    let later = [
        ("tcg", features.tcg.is_some()),
        ("async-teardown", features.async_teardown.is_some()),
        ("ras", features.ras.is_some()),
        ("ps2", features.ps2.is_some()),
        ("aia", features.aia.is_some()),
    ];
    for (feature, _) in later.into_iter().filter(|(_, given)| *given) {
        let message = format!("element 'features' holds '{feature}', which came later");
        found.out.refuse(&UNKNOWN, features.pos.path(feature), message);
    }
    if let Some(kvm) = &features.kvm {
        for feature in [KvmFeature::PvIpi, KvmFeature::DirtyRing] {
            if kvm.get(feature).is_some() {
                let message = format!("element 'kvm' holds '{feature}', which came later");
                found.out.refuse(&UNKNOWN, kvm.pos, message);
            }
        }
    }
}

fn character_devices(devices: &Devices, found: &mut Words<'_, '_>) {
    for serial in &devices.serials {
        found.source(&serial.source);
        let place = serial.info.pos;
        if let Some(target @ SerialTarget::IsaDebug) = serial.target {
            found.word(&UNKNOWN, "target", "type", target, place.path("target/@type"));
        } else if let Some(model @ SerialModel::IsaDebugcon) = serial.model {
            found.word(&UNKNOWN, "model", "name", model, place.path("target/model/@name"));
        }
    }
    let others = devices.parallels.iter().map(|d| &d.source);
    let others = others.chain(devices.channels.iter().map(|d| &d.source));
    let others = others.chain(devices.consoles.iter().map(|d| &d.source));
    for source in others.chain(devices.redirdevs.iter().map(|d| &d.source)) {
        found.source(source);
    }
}

fn devices(devices: &Devices, found: &mut Words<'_, '_>) {
    for fs in &devices.filesystems {
        if let Some(driver @ FsDriver::Mtp) = fs.driver {
            found.word(&UNKNOWN, "driver", "type", driver, fs.info.pos.path("driver/@type"));
        }
    }
    for input in &devices.inputs {
        if let Some(kind @ InputType::Evdev) = input.kind {
            found.word(&UNKNOWN, "input", "type", kind, input.info.pos.attr("type"));
        }
    }
    for tpm in &devices.tpms {
        let kind = tpm.backend.kind();
        if kind == TpmBackendType::External {
            found.word(&UNKNOWN, "backend", "type", kind, tpm.backend_pos.attr("type"));
        }
    }
    for sound in devices.sounds.iter().filter(|sound| sound.model == SoundModel::Virtio) {
        found.word(&UNKNOWN, "sound", "model", sound.model, sound.info.pos.attr("model"));
    }
    for audio in devices.audios.iter().filter(|audio| audio.backend != AudioType::Oss) {
        found.word(&UNKNOWN_AUDIO, "audio", "type", audio.backend, audio.info.pos.attr("type"));
    }
    for graphics in devices.graphics.iter().filter(|graphics| graphics.kind() == GraphicsType::Dbus) {
        found.word(&UNKNOWN_DISPLAY, "graphics", "type", graphics.kind(), graphics.info.pos.attr("type"));
    }
    for watchdog in &devices.watchdogs {
        if let Some(model @ WatchdogModel::Itco) = watchdog.model {
            found.word(&UNKNOWN, "watchdog", "model", model, watchdog.info.pos.attr("model"));
        }
    }
    for panic in &devices.panics {
        if let Some(model @ PanicModel::Pvpanic) = panic.model {
            found.word(&UNKNOWN, "panic", "model", model, panic.info.pos.attr("model"));
        }
    }
}
