//! `<devices>`: the words of each device.

use virtargv_caps::Cap;
use virtargv_model::device::chardev_source::SourceType;
use virtargv_model::device::crypto::{CryptoBackend, CryptoModel, CryptoType};
use virtargv_model::device::disk::{DiskBus, DiskDevice, DiskModel};
use virtargv_model::device::filesystem::FsDriver;
use virtargv_model::device::graphics::GraphicsType;
use virtargv_model::device::hostdev::{HostdevMode, HostdevType};
use virtargv_model::device::net::BackendType;
use virtargv_model::device::panic::PanicModel;
use virtargv_model::device::redirdev::RedirdevBus;
use virtargv_model::device::rng::{RngBackendModel, RngModel};
use virtargv_model::device::storage::StartupPolicy;
use virtargv_model::device::tpm::{TpmBackendType, TpmModel, TpmVersion};
use virtargv_model::device::video::VideoModel;
use virtargv_model::{Spelled, YesNo};
use virtargv_validate::offered;

use super::{Part, Work};

/// `<devices>`. A device is `None` where the release does not print it, and a list without words where it is not supported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceCapabilities {
    /// `<disk>`
    pub disk: DiskCapabilities,
    /// `<graphics>`: the types.
    pub graphics: Vec<GraphicsType>,
    /// `<video>`: the models.
    pub video: Vec<VideoModel>,
    /// `<hostdev>`
    pub hostdev: HostdevCapabilities,
    /// `<rng>`
    pub rng: RngCapabilities,
    /// `<filesystem>`: the drivers.
    pub filesystem: Option<Vec<FsDriver>>,
    /// `<tpm>`
    pub tpm: Option<TpmCapabilities>,
    /// `<redirdev>`: the buses.
    pub redirdev: Option<Vec<RedirdevBus>>,
    /// `<channel>`: the types.
    pub channel: Option<Vec<SourceType>>,
    /// `<crypto>`
    pub crypto: Option<CryptoCapabilities>,
    /// `<interface>`: the backends.
    pub interface: Option<Vec<BackendType>>,
    /// `<panic>`: the models.
    pub panic: Option<Vec<PanicModel>>,
    /// `<console>`: the types.
    pub console: Option<Vec<SourceType>>,
}

/// `<disk>`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskCapabilities {
    /// `device=`
    pub device: Vec<DiskDevice>,
    /// `<target bus=>`
    pub bus: Vec<DiskBus>,
    /// `model=`
    pub model: Vec<DiskModel>,
}

/// `<hostdev>`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostdevCapabilities {
    /// `mode=`
    pub mode: Vec<HostdevMode>,
    /// `<source startupPolicy=>`; `default` stands for none.
    pub startup_policy: Vec<&'static str>,
    /// `type=` in mode `subsystem`.
    pub subsys_type: Vec<HostdevType>,
    /// `<driver name=>` of PCI devices; `default` stands for none. Without VFIO on the host there is none.
    pub pci_backend: Vec<&'static str>,
    /// `<driver iommufd=>`; `None` where the release does not print them.
    pub iommufd: Option<Vec<YesNo>>,
}

/// `<rng>`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RngCapabilities {
    /// `model=`
    pub model: Vec<RngModel>,
    /// `<backend model=>`
    pub backend: Vec<RngBackendModel>,
}

/// `<tpm>`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TpmCapabilities {
    /// `model=`
    pub model: Vec<TpmModel>,
    /// `<backend type=>`
    pub backend: Vec<TpmBackendType>,
    /// `<backend version=>` of an emulator.
    pub version: Vec<TpmVersion>,
}

impl TpmCapabilities {
    /// Whether a guest can have a TPM.
    pub fn is_supported(&self) -> bool {
        !self.model.is_empty() && !self.backend.is_empty()
    }
}

/// `<crypto>`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CryptoCapabilities {
    /// `model=`
    pub model: Vec<CryptoModel>,
    /// `type=`
    pub kind: Vec<CryptoType>,
    /// `<backend model=>`
    pub backend: Vec<CryptoBackend>,
}

pub(super) fn devices(work: &mut Work<'_>) -> DeviceCapabilities {
    let told = |part: Part| work.writes(part);
    let (filesystem, redirdev) = (told(Part::Filesystem), told(Part::RedirdevAndChannel));
    let (crypto, interface) = (told(Part::Crypto), told(Part::Interface));
    let (panic, console, tpm) = (told(Part::Panic), told(Part::Console), told(Part::Tpm));
    DeviceCapabilities {
        disk: disk(work),
        graphics: graphics(work),
        video: work.words(|model| offered::video(|cap| work.has(cap), model)),
        hostdev: hostdev(work),
        rng: RngCapabilities {
            model: virtio(work, Cap::DeviceVirtioRng),
            backend: work.words(|model| offered::rng_backend(|cap| work.has(cap), model)),
        },
        filesystem: filesystem.then(|| filesystems(work)),
        tpm: tpm.then(|| self::tpm(work)),
        redirdev: redirdev.then(|| work.words(|_: RedirdevBus| work.has(Cap::UsbRedir))),
        channel: redirdev.then(|| {
            work.words(|kind| match kind {
                SourceType::Pty | SourceType::Unix => true,
                SourceType::SpiceVmc => work.has(Cap::Spice),
                _ => false,
            })
        }),
        crypto: crypto.then(|| CryptoCapabilities {
            model: work.words(|_| work.has(Cap::DeviceVirtioCrypto)),
            kind: CryptoType::ALL.to_vec(),
            // QEMU's own backend is told even where there is no device for it.
            backend: work.words(|model| {
                model == CryptoBackend::Builtin || offered::crypto_backend(|cap| work.has(cap), model)
            }),
        }),
        interface: interface.then(|| {
            work.words(|kind| match kind {
                BackendType::Default => true,
                BackendType::Passt => work.has(Cap::NetdevStream),
            })
        }),
        panic: panic.then(|| {
            work.words(|model| {
                offered::panic_on(&work.guest, model) && offered::panic(|cap| work.has(cap), model)
            })
        }),
        console: console.then(|| {
            work.words(|kind| match kind {
                SourceType::SpiceVmc | SourceType::SpicePort => work.has(Cap::Spice),
                SourceType::QemuVdagent => work.has(Cap::ChardevQemuVdagent),
                _ => true,
            })
        }),
    }
}

fn disk(work: &Work<'_>) -> DiskCapabilities {
    let floppy = offered::floppy(|cap| work.has(cap), &work.guest, work.release);
    let bus = |bus| match bus {
        DiskBus::Ide => work.guest.has_builtin_ide(),
        DiskBus::Fdc => floppy,
        DiskBus::Scsi | DiskBus::Virtio => true,
        DiskBus::Usb => work.has(Cap::DeviceUsbStorage),
        DiskBus::Sata => work.has(Cap::Ich9Ahci),
        DiskBus::Nvme => work.has(Cap::DeviceNvme) && work.has(Cap::DeviceNvmeNs),
        DiskBus::Xen | DiskBus::Uml | DiskBus::Sd => false,
    };
    DiskCapabilities {
        device: work.words(|device| device != DiskDevice::Floppy || floppy),
        bus: work.words(bus),
        model: work.words(|model| match model {
            DiskModel::Virtio => true,
            DiskModel::VirtioTransitional | DiskModel::VirtioNonTransitional => {
                work.has(Cap::VirtioPciTransitional)
            }
            DiskModel::UsbStorage | DiskModel::UsbBot => false,
        }),
    }
}

/// The models of a virtio device, which QEMU has where it has `device`.
fn virtio(work: &Work<'_>, device: Cap) -> Vec<RngModel> {
    work.words(|model| {
        work.has(device) && (model == RngModel::Virtio || work.has(Cap::VirtioPciTransitional))
    })
}

fn graphics(work: &mut Work<'_>) -> Vec<GraphicsType> {
    let has = |work: &Work<'_>, kind| offered::display(|cap| work.has(cap), kind);
    let rdp = has(work, GraphicsType::Rdp)
        && work.writes(Part::Rdp)
        && work.ask(work.host.services().qemu_rdp()).unwrap_or(false);
    work.words(|kind| if kind == GraphicsType::Rdp { rdp } else { has(work, kind) })
}

/// The USB controllers, of which one is needed for USB devices.
const USB_CONTROLLERS: &[Cap] = &[
    Cap::Piix3UsbUhci,
    Cap::Piix4UsbUhci,
    Cap::UsbEhci,
    Cap::Ich9UsbEhci1,
    Cap::Vt82c686bUsbUhci,
    Cap::PciOhci,
    Cap::NecUsbXhci,
    Cap::DeviceQemuXhci,
];

fn hostdev(work: &mut Work<'_>) -> HostdevCapabilities {
    let vfio = work.has(Cap::DeviceVfioPci) && work.ask(work.host.devices().vfio()).unwrap_or(false);
    let iommufd = work.has(Cap::Iommufd) && work.host.files().stat("/dev/iommu").is_ok();
    HostdevCapabilities {
        mode: work.words(|_| true),
        startup_policy: std::iter::once("default")
            .chain(StartupPolicy::ALL.iter().map(|policy| policy.as_str()))
            .collect(),
        subsys_type: work.words(|kind| match kind {
            HostdevType::Usb => USB_CONTROLLERS.iter().any(|cap| work.has(*cap)),
            HostdevType::Pci | HostdevType::Scsi => true,
            _ => false,
        }),
        pci_backend: if vfio { vec!["default", "vfio"] } else { Vec::new() },
        iommufd: work
            .writes(Part::HostdevIommufd)
            .then(|| if iommufd { YesNo::ALL.to_vec() } else { vec![YesNo::No] }),
    }
}

fn filesystems(work: &Work<'_>) -> Vec<FsDriver> {
    work.words(|driver| match driver {
        FsDriver::Path => true,
        FsDriver::Handle => work.writes(Part::HandleDriver),
        FsDriver::Virtiofs => work.has(Cap::DeviceVhostUserFs),
        _ => false,
    })
}

fn tpm(work: &mut Work<'_>) -> TpmCapabilities {
    let model = work.words(|model| offered::tpm(|cap| work.has(cap), model));
    let backends: Vec<TpmBackendType> = work.words(|kind| offered::tpm_backend(|cap| work.has(cap), kind));
    let mut version = Vec::new();
    if !model.is_empty() && backends.contains(&TpmBackendType::Emulator) {
        for known in TpmVersion::ALL {
            if work.ask(work.host.services().emulates_tpm(known.as_str())).unwrap_or(false) {
                version.push(*known);
            }
        }
    }
    // An emulator is swtpm, which the host has where it emulates some version.
    let backend = backends
        .into_iter()
        .filter(|kind| *kind != TpmBackendType::Emulator || !version.is_empty())
        .collect();
    TpmCapabilities { model, backend, version }
}
