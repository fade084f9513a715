//! Displays, video devices and sound.

use virtargv::{Arch, Cap};

use super::NOTHING;
use crate::matrix::{Case, HostKind, Qemu, classic, modern};

/// A QEMU with displays without options.
const SHOWS: Qemu = Qemu::Flags(Arch::X86_64, &[Cap::Sdl, Cap::Vnc, Cap::Spice, Cap::EglHeadless]);

/// A QEMU whose SPICE has `gl=` and no `rendernode=`.
const SPICE_GL: Qemu = Qemu::Flags(Arch::X86_64, &[Cap::Spice, Cap::SpiceGl]);

/// A QEMU whose `virtio-gpu` has no options.
const PLAIN_VIRTIO_GPU: Qemu = Qemu::Flags(Arch::X86_64, &[Cap::DeviceVirtioGpu]);

/// A QEMU whose primary video device is given as `-vga`.
const BOCHS: Qemu = Qemu::Flags(Arch::X86_64, &[Cap::DeviceBochsDisplay]);

pub(super) const CASES: &[Case] = &[
    modern("spice-all-secure"),
    classic("spice-all-secure"),
    modern("graphics-vnc-socket").live(),
    modern("graphics-vnc-equals"),
    classic("graphics-vnc-socket").live(),
    modern("graphics-vnc-tcp").live(),
    modern("graphics-spice").live(),
    classic("graphics-spice").live(),
    modern("graphics-spice-tls"),
    modern("graphics-automatic-ports"),
    modern("graphics-egl-headless"),
    modern("graphics-dbus").live(),
    modern("graphics-problems").refused(),
    modern("graphics-twice").fails(),
    modern("video-cirrus").live(),
    modern("video-bochs").live(),
    modern("video-ramfb").live(),
    modern("video-vhost-user"),
    modern("video-vhost-user").standalone(),
    modern("sound-cards").live(),
    classic("sound-cards").live(),
    modern("sound-sb16").live(),
    modern("audio-problems").refused(),
    modern("graphics-bad-listens").refused(),
    modern("graphics-bad-passwords").refused(),
    modern("graphics-contradictions").refused(),
    modern("graphics-headless-pairs").refused(),
    modern("graphics-not-offered").on(SHOWS).refused(),
    classic("graphics-not-offered").on(SHOWS).refused(),
    modern("graphics-not-offered").on(NOTHING).variant("no-flags").refused(),
    classic("graphics-spice-node").on(SPICE_GL).refused(),
    modern("graphics-spice-no-tls").host(HostKind::Bare).refused(),
    modern("graphics-spice-secure-channel").host(HostKind::Bare).fails(),
    modern("graphics-spice-secure-mode").host(HostKind::Bare).fails(),
    modern("graphics-spice-tls-port-chosen").host(HostKind::Bare).fails(),
    modern("video-problems").refused(),
    modern("video-qxl-problems").refused(),
    modern("video-none-and-other").refused(),
    modern("video-not-offered").on(NOTHING).refused(),
    modern("video-virtio-not-offered").on(PLAIN_VIRTIO_GPU).refused(),
    modern("video-no-usual-card").on(NOTHING).refused(),
    modern("audio-bad-settings").refused(),
    modern("sound-problems").refused(),
    modern("sound-driver").live(),
    modern("sound-codec-untyped").refused(),
    modern("sound-ich7-placed").refused(),
    modern("graphics-two-listens").fails(),
    modern("graphics-no-such-network").fails(),
    modern("graphics-network-no-address").fails(),
    modern("graphics-spice-channels").fails(),
    modern("graphics-vnc-low-port").fails(),
    modern("graphics-vnc-no-key").host(HostKind::Bare).fails(),
    modern("video-vhost-user").native().fails(),
    modern("video-no-render-node").host(HostKind::Bare).fails(),
    modern("graphics-no-render-node").host(HostKind::Bare).fails(),
    modern("graphics-dbus-no-audio").fails(),
    classic("video-primary-not-offered").on(BOCHS).fails(),
    modern("graphics-desktop").refused(),
    modern("graphics-listens-twice").fails(),
];
