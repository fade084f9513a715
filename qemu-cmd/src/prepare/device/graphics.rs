//! `<graphics>`: where a display is served, and what it renders on.

mod listen;
pub(crate) mod spice;
pub(crate) mod vnc;

pub(crate) use listen::Endpoint;

use virtargv_caps::Cap;
use virtargv_model::Problem;
use virtargv_model::device::graphics::{Dbus, Display, Gl, Graphics};
use virtargv_validate::rules::graphics as rules;

use super::audio;
use crate::prepare::context::{Prepare, broken, problem};
use crate::text::Text;

/// What is settled about a display.
#[derive(Debug)]
pub(crate) enum Facts {
    /// A window on the host.
    Sdl,
    /// VNC.
    Vnc(vnc::Facts),
    /// SPICE.
    Spice(spice::Facts),
    /// No display; the DRM device that is rendered on, where QEMU is told one.
    EglHeadless(Option<RenderNode>),
    /// D-Bus.
    Dbus {
        /// The address of the bus; none where a client is handed in.
        bus: Option<Bus>,
        /// The DRM device that is rendered on.
        rendernode: Option<RenderNode>,
        /// The audio backend that is heard there.
        audiodev: Option<Text>,
    },
    /// RDP: a process of its own serves it, through D-Bus.
    Rdp,
}

/// A DRM device that is rendered on.
#[derive(Debug, Clone)]
pub(crate) struct RenderNode {
    /// Its path.
    pub path: Text,
    /// Whether it is the host's choice.
    pub chosen: bool,
}

/// A message bus.
#[derive(Debug)]
pub(crate) enum Bus {
    /// One of the document's, by its address.
    Given(Text),
    /// The guest's own, by its socket.
    Own(Text),
}

/// Settles all of them.
pub(crate) fn prepare(cx: &mut Prepare<'_>) -> Vec<Facts> {
    let mut all = Vec::with_capacity(cx.domain.devices.graphics.len());
    for graphics in &cx.domain.devices.graphics {
        match one(cx, graphics) {
            Ok(facts) => all.push(facts),
            Err(problem) => cx.report.push(problem),
        }
    }
    all
}

fn one(cx: &mut Prepare<'_>, graphics: &Graphics) -> Result<Facts, Problem> {
    Ok(match &graphics.display {
        Display::Sdl { .. } => Facts::Sdl,
        Display::Vnc(vnc) => Facts::Vnc(vnc::prepare(cx, graphics, vnc)?),
        Display::Spice(spice) => Facts::Spice(spice::prepare(cx, graphics, spice)?),
        Display::EglHeadless { rendernode: Some(node) } => Facts::EglHeadless(Some(RenderNode::given(node))),
        Display::EglHeadless { rendernode: None } if cx.has(Cap::EglHeadlessRendernode) => {
            Facts::EglHeadless(Some(RenderNode::chosen(cx, graphics)?))
        }
        Display::EglHeadless { rendernode: None } => Facts::EglHeadless(None),
        Display::Dbus(dbus) => self::dbus(cx, graphics, dbus)?,
        Display::Rdp(_) => Facts::Rdp,
        Display::Desktop { .. } => return Err(broken(&rules::DESKTOP, graphics.info.pos)),
    })
}

fn dbus(cx: &mut Prepare<'_>, graphics: &Graphics, dbus: &Dbus) -> Result<Facts, Problem> {
    let bus = match (&dbus.address, dbus.p2p) {
        (_, true) => None,
        (Some(address), false) => Some(Bus::Given(address.into())),
        (None, false) => Some(Bus::Own(match &cx.folders.standalone {
            Some(dir) => format!("{dir}/dbus.sock").into(),
            None => format!("{}/dbus/{}-dbus.sock", cx.settings().state_dir, cx.folders.mark).into(),
        })),
    };
    let rendernode = match &dbus.gl {
        Some(gl) => RenderNode::of(cx, graphics, gl)?,
        None => None,
    };
    let audiodev = match dbus.audio {
        Some(id) => audio::id(cx, Some(id), graphics.info.pos)?,
        None => None,
    };
    Ok(Facts::Dbus { bus, rendernode, audiodev })
}

impl RenderNode {
    /// The one that the document names.
    fn given(path: &String) -> Self {
        Self { path: path.into(), chosen: false }
    }

    /// Any of the host's.
    fn chosen(cx: &Prepare<'_>, graphics: &Graphics) -> Result<Self, Problem> {
        let path = cx.host.render_node().ok_or_else(|| {
            let kind = graphics.kind();
            let message = format!("the host has no DRM render node for graphics of type '{kind}'");
            problem(&crate::rules::GRAPHICS_RENDER_NODE, graphics.info.pos, message)
        })?;
        Ok(Self { path: path.into(), chosen: true })
    }

    /// The DRM device of a display: its own, or any of the host's where it renders at all.
    fn of(cx: &Prepare<'_>, graphics: &Graphics, gl: &Gl) -> Result<Option<Self>, Problem> {
        match &gl.rendernode {
            Some(node) => Ok(Some(Self::given(node))),
            None if gl.enable.is_yes() => Self::chosen(cx, graphics).map(Some),
            None => Ok(None),
        }
    }
}
