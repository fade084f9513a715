//! Which words of the domain format a QEMU offers, as its capability flags tell. The rules refuse the others, and the domain
//! capabilities list these.
//!
//! Each function takes what tells whether QEMU has a flag, such as `|cap| caps.has(cap)`.
//!
//! ```
//! use virtargv_caps::{Release, builtin};
//! use virtargv_model::device::video::VideoModel;
//! use virtargv_validate::offered;
//!
//! let caps = builtin::get("qemu-11.1-s390x", Release::V12_9).unwrap();
//! assert!(offered::video(|cap| caps.has(cap), VideoModel::Virtio));
//! assert!(!offered::video(|cap| caps.has(cap), VideoModel::Qxl));
//! ```

use virtargv_caps::{Accel, Arch, Cap, Caps, Convention, Release, is_native};
use virtargv_model::device::crypto::CryptoBackend;
use virtargv_model::device::graphics::GraphicsType;
use virtargv_model::device::panic::PanicModel;
use virtargv_model::device::rng::RngBackendModel;
use virtargv_model::device::tpm::{TpmBackendType, TpmModel};
use virtargv_model::device::video::VideoModel;
use virtargv_model::security::LaunchSecurityType;
use virtargv_resolve::Guest;

/// Whether QEMU has the accelerator.
pub fn accelerator(has: impl Fn(Cap) -> bool, accel: Accel) -> bool {
    has(match accel {
        Accel::Tcg => Cap::Tcg,
        Accel::Kvm => Cap::Kvm,
        Accel::Hvf => Cap::Hvf,
    })
}

/// The accelerator of a guest for which none is asked: KVM where QEMU has it and the host's CPU executes the guest's code
/// natively, else TCG, whether or not QEMU has that.
///
/// ```
/// use virtargv_caps::{Accel, Arch, Caps, Release};
/// use virtargv_validate::offered;
///
/// let caps = Caps::builder(Release::V12_9, Arch::X86_64).set(virtargv_caps::Cap::Kvm).build();
/// assert_eq!(offered::default_accelerator(&caps, Arch::X86_64), Accel::Kvm);
/// assert_eq!(offered::default_accelerator(&caps, Arch::Aarch64), Accel::Tcg);
/// ```
pub fn default_accelerator(caps: &Caps, host: Arch) -> Accel {
    let kvm = accelerator(|cap| caps.has(cap), Accel::Kvm) && is_native(host, caps.arch());
    if kvm { Accel::Kvm } else { Accel::Tcg }
}

/// Whether QEMU has the display `<graphics type=>`.
pub fn display(has: impl Fn(Cap) -> bool, kind: GraphicsType) -> bool {
    match kind {
        GraphicsType::Sdl => has(Cap::Sdl),
        GraphicsType::Vnc => has(Cap::Vnc),
        GraphicsType::Spice => has(Cap::Spice),
        GraphicsType::EglHeadless => has(Cap::EglHeadless),
        GraphicsType::Dbus | GraphicsType::Rdp => has(Cap::DisplayDbus),
        GraphicsType::Desktop => false,
    }
}

/// Whether QEMU has the video device `<video><model type=>`. The model `none` is no device, and always there.
pub fn video(has: impl Fn(Cap) -> bool, model: VideoModel) -> bool {
    match model {
        VideoModel::Vga => has(Cap::DeviceVga),
        VideoModel::Cirrus => has(Cap::DeviceCirrusVga),
        VideoModel::Vmvga => has(Cap::DeviceVmwareSvga),
        VideoModel::Qxl => has(Cap::DeviceQxl),
        VideoModel::Virtio => has(Cap::DeviceVirtioGpu),
        VideoModel::Bochs => has(Cap::DeviceBochsDisplay),
        VideoModel::Ramfb => has(Cap::DeviceRamfb),
        VideoModel::None => true,
        VideoModel::Default
        | VideoModel::Xen
        | VideoModel::Vbox
        | VideoModel::Parallels
        | VideoModel::Gop => false,
    }
}

/// Whether QEMU has the backend `<rng><backend model=>`.
pub fn rng_backend(has: impl Fn(Cap) -> bool, model: RngBackendModel) -> bool {
    has(match model {
        RngBackendModel::Random => Cap::ObjectRngRandom,
        RngBackendModel::Egd => Cap::ObjectRngEgd,
        RngBackendModel::Builtin => Cap::ObjectRngBuiltin,
    })
}

/// Whether QEMU has the backend `<tpm><backend type=>`. An external one is an emulator that libvirt does not start.
pub fn tpm_backend(has: impl Fn(Cap) -> bool, kind: TpmBackendType) -> bool {
    has(match kind {
        TpmBackendType::Passthrough => Cap::DeviceTpmPassthrough,
        TpmBackendType::Emulator | TpmBackendType::External => Cap::DeviceTpmEmulator,
    })
}

/// Whether QEMU has the device `<tpm model=>`.
pub fn tpm(has: impl Fn(Cap) -> bool, model: TpmModel) -> bool {
    has(match model {
        TpmModel::Tis => Cap::DeviceTpmTis,
        TpmModel::Crb => Cap::DeviceTpmCrb,
        TpmModel::Spapr => Cap::DeviceTpmSpapr,
        TpmModel::SpaprProxy => Cap::DeviceSpaprTpmProxy,
    })
}

/// Whether QEMU has the device `<panic model=>`. Those that are a part of the machine need none.
pub fn panic(has: impl Fn(Cap) -> bool, model: PanicModel) -> bool {
    match model {
        PanicModel::Isa => has(Cap::DevicePanic),
        PanicModel::Pvpanic => has(Cap::DevicePanicPci),
        PanicModel::S390 | PanicModel::Hyperv | PanicModel::Pseries => true,
    }
}

/// Whether the machine can have the device `<panic model=>`.
pub fn panic_on(guest: &Guest, model: PanicModel) -> bool {
    match model {
        PanicModel::S390 => guest.arch.is_s390(),
        PanicModel::Hyperv => guest.arch.is_x86(),
        PanicModel::Pseries => guest.is_pseries(),
        PanicModel::Isa | PanicModel::Pvpanic => true,
    }
}

/// Whether QEMU has the backend `<crypto><backend model=>`.
pub fn crypto_backend(has: impl Fn(Cap) -> bool, model: CryptoBackend) -> bool {
    has(match model {
        CryptoBackend::Builtin => Cap::DeviceVirtioCrypto,
        CryptoBackend::Lkcf => Cap::ObjectCryptoLkcf,
    })
}

/// Whether the machine has a floppy controller: by the bus that QEMU has, under releases without that flag by the machine.
pub fn floppy(has: impl Fn(Cap) -> bool, guest: &Guest, release: Release) -> bool {
    (has(Cap::BusFloppy) || !release.has(Convention::FloppyByBus)) && !guest.is_pseries()
}

/// Whether QEMU can launch a guest with `<launchSecurity type=>`.
pub fn launch_security(has: impl Fn(Cap) -> bool, kind: LaunchSecurityType) -> bool {
    match kind {
        LaunchSecurityType::Sev => has(Cap::SevGuest),
        LaunchSecurityType::SevSnp => has(Cap::SevSnpGuest),
        LaunchSecurityType::Tdx => has(Cap::TdxGuest),
        LaunchSecurityType::S390Pv => {
            has(Cap::S390PvGuest) && has(Cap::MachineConfidentalGuestSupport) && has(Cap::Kvm)
        }
    }
}
