//! Displays, graphics cards, sound.

use crate::matrix::{Case, classic, modern};

pub(super) const CASES: &[Case] = &[
    modern("graphics-vnc-socket").live(),
    classic("graphics-vnc-socket").live(),
    modern("graphics-vnc-tcp").live(),
    modern("graphics-spice").live(),
    classic("graphics-spice").live(),
    modern("graphics-spice-tls"),
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
];
