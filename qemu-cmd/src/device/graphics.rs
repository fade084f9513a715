//! `<graphics>`: `-display`, `-vnc`, `-spice`.

mod listen;
mod spice;
mod vnc;

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::graphics::{Dbus, Display, Gl, Graphics, GraphicsType};
use virtargv_model::{Kind, Problem, Spelled, YesNo};

use super::audio;
use crate::emit::{Done, Emit, problem};
use crate::needs::{Process, Role};
use crate::plan::short_name;
use crate::{Props, Style, Value};

/// Emits every `<graphics>`.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    let all = &e.domain().devices.graphics;
    one_of_each(all)?;
    for graphics in all {
        match &graphics.display {
            Display::Sdl { display, xauth, fullscreen, gl } => {
                if let Some(xauth) = xauth {
                    e.line.env("XAUTHORITY", xauth);
                }
                if let Some(display) = display {
                    e.line.env("DISPLAY", display);
                }
                sdl(e, *fullscreen, *gl);
            }
            Display::Vnc(vnc) => vnc::emit(e, graphics, vnc)?,
            Display::Spice(spice) => spice::emit(e, graphics, spice)?,
            Display::EglHeadless { rendernode } => {
                let node = match rendernode {
                    Some(node) => Some(node.clone()),
                    None if e.has(Cap::EglHeadlessRendernode) => Some(render_node(e, graphics)?),
                    None => None,
                };
                show(e, &Props::new("type", "egl-headless").opt("rendernode", node));
            }
            Display::Dbus(dbus) => self::dbus(e, graphics, dbus)?,
            // A process of its own serves it, through D-Bus.
            Display::Rdp(_) => {}
            Display::Desktop { .. } => {
                let message = "QEMU has no display of type 'desktop'";
                return Err(problem(Kind::Internal, "graphics-desktop", graphics.info.pos, message));
            }
        }
    }
    Ok(())
}

/// QEMU has but one display of each type that it knows itself.
fn one_of_each(all: &[Graphics]) -> Done {
    for kind in [
        GraphicsType::Sdl,
        GraphicsType::Vnc,
        GraphicsType::Spice,
        GraphicsType::EglHeadless,
        GraphicsType::Dbus,
    ] {
        if let Some(second) = all.iter().filter(|graphics| graphics.kind() == kind).nth(1) {
            let message = format!("there is more than one element 'graphics' of type '{kind}'");
            return Err(problem(Kind::Unsupported, "graphics-twice", second.info.pos, message));
        }
    }
    Ok(())
}

fn show(e: &mut Emit<'_>, display: &Props) {
    e.line.option("-display", display.to_kv(Style::OnOff));
}

fn sdl(e: &mut Emit<'_>, fullscreen: bool, gl: Option<YesNo>) {
    if !e.release().has(Convention::AudioElement) {
        // A window on the host may as well make sound there, by SDL or as the host has it.
        audio::by_environment(e, "", true);
        audio::pass(e, "SDL_AUDIODRIVER");
    }
    if fullscreen {
        e.line.arg("-full-screen");
    }
    show(e, &Props::new("type", "sdl").opt("gl", gl.map(YesNo::is_yes)));
}

fn dbus(e: &mut Emit<'_>, graphics: &Graphics, dbus: &Dbus) -> Done {
    let mut props = Props::new("type", "dbus");
    if dbus.p2p {
        props.set("p2p", true);
    } else {
        let own = || {
            let path = match &e.plan.standalone {
                Some(dir) => format!("{dir}/dbus.sock"),
                None => format!("{}/dbus/{}-dbus.sock", e.host.config().state_dir, short_name(e.domain())),
            };
            e.need_listener(&path, Process::Dbus);
            format!("unix:path={path}")
        };
        props.set("addr", dbus.address.clone().unwrap_or_else(own));
    }
    if let Some(gl) = &dbus.gl {
        props.set("gl", gl.enable.is_yes());
        props.set_opt("rendernode", node_of(e, graphics, gl)?);
    }
    if let Some(id) = dbus.audio {
        props.set_opt("audiodev", audio::id(e, Some(id), graphics.info.pos)?);
    }
    show(e, &props);
    Ok(())
}

/// The DRM device that a display renders on: its own, or any of the host's where it renders at all.
fn node_of(e: &Emit<'_>, graphics: &Graphics, gl: &Gl) -> Result<Option<String>, Problem> {
    match &gl.rendernode {
        Some(node) => Ok(Some(node.clone())),
        None if gl.enable.is_yes() => render_node(e, graphics).map(Some),
        None => Ok(None),
    }
}

fn render_node(e: &Emit<'_>, graphics: &Graphics) -> Result<String, Problem> {
    let node = e.host.devices().render_node().map_err(|error| {
        let message = format!("no DRM render node for graphics of type '{}': {error}", graphics.kind().as_str());
        problem(Kind::Internal, "graphics-render-node", graphics.info.pos, message)
    })?;
    e.need_path(&node, Role::Device);
    Ok(node)
}

/// A switch that is on, in the release's way.
fn switch(e: &Emit<'_>, props: &mut Props, key: &'static str, explicit: bool) {
    props.set(
        key,
        if explicit || e.release().has(Convention::ExplicitOn) { true.into() } else { Value::Bare },
    );
}
