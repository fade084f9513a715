//! `<graphics>`: `-display`, `-vnc`, `-spice`.

mod spice;
mod vnc;

use virtargv_caps::Convention;
use virtargv_model::YesNo;
use virtargv_model::device::graphics::{Dbus, Display};
use virtargv_model::device::{DeviceId, DeviceKind};

use super::audio;
use crate::emit::context::Emit;
use crate::needs::{Process, Role};
use crate::prepare::device::graphics::{Bus, Facts, RenderNode};
use crate::{Props, Text, Value};

/// Emits every `<graphics>`.
pub(crate) fn emit(e: &mut Emit<'_>) {
    let displays = e.domain().devices.graphics.iter().zip(&e.prepared.facts.graphics);
    for (index, (graphics, facts)) in displays.enumerate() {
        e.at_nameless(DeviceId { kind: DeviceKind::Graphics, index }, &graphics.info);
        match (&graphics.display, facts) {
            (Display::Sdl { display, xauth, fullscreen, gl }, _) => {
                if let Some(xauth) = xauth {
                    e.env("XAUTHORITY", xauth);
                }
                if let Some(display) = display {
                    e.env("DISPLAY", display);
                }
                sdl(e, *fullscreen, *gl);
            }
            (Display::Vnc(vnc), Facts::Vnc(facts)) => vnc::emit(e, vnc, facts),
            (Display::Spice(spice), Facts::Spice(facts)) => spice::emit(e, spice, facts),
            (_, Facts::EglHeadless(node)) => {
                let props =
                    Props::new("type", "egl-headless").opt("rendernode", node.as_ref().map(|n| path(e, n)));
                show(e, props);
            }
            (Display::Dbus(dbus), Facts::Dbus { bus, rendernode, audiodev }) => {
                self::dbus(e, dbus, bus.as_ref(), rendernode.as_ref(), audiodev.clone());
            }
            // RDP is served by the process qemu-rdp, which uses D-Bus.
            _ => {}
        }
    }
}

fn show(e: &mut Emit<'_>, display: Props) {
    e.list("-display", display);
}

fn sdl(e: &mut Emit<'_>, fullscreen: bool, gl: Option<YesNo>) {
    if !e.release().has(Convention::AudioElement) {
        // With a window on the host, libvirt leaves the audio backend to the driver's environment, or to SDL.
        audio::by_environment(e, "", true);
        e.pass_env("SDL_AUDIODRIVER");
    }
    if fullscreen {
        e.flag("-full-screen");
    }
    show(e, Props::new("type", "sdl").opt("gl", gl.map(YesNo::is_yes)));
}

fn dbus(
    e: &mut Emit<'_>,
    dbus: &Dbus,
    bus: Option<&Bus>,
    rendernode: Option<&RenderNode>,
    audiodev: Option<Text>,
) {
    let mut props = Props::new("type", "dbus");
    match bus {
        None => props.set("p2p", true),
        Some(Bus::Given(address)) => props.set("addr", address.clone()),
        Some(Bus::Own(path)) => {
            e.need_listener(path, Process::Dbus);
            props.set("addr", format!("unix:path={path}"))
        }
    };
    props.set_opt("gl", dbus.gl.as_ref().map(|gl| gl.enable.is_yes()));
    props.set_opt("rendernode", rendernode.map(|node| path(e, node)));
    props.set_opt("audiodev", audiodev);
    show(e, props);
}

/// The path of a DRM render node, which is recorded as a need.
fn path(e: &Emit<'_>, node: &RenderNode) -> Text {
    if node.chosen {
        e.need_path(&node.path, Role::Device);
    }
    node.path.clone()
}

/// Adds a boolean property that is on: `key=on`, or the key alone in earlier releases of libvirt.
fn switch(e: &Emit<'_>, props: &mut Props, key: &'static str, explicit: bool) {
    let explicit = explicit || e.release().has(Convention::ExplicitOn);
    props.set(key, if explicit { true.into() } else { Value::Bare });
}
