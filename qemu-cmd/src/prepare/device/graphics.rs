//! `<graphics>`: addresses, TLS and render nodes.

mod listen;
mod ports;
pub(crate) mod spice;
pub(crate) mod vnc;

pub(crate) use listen::Endpoint;

use virtargv_caps::Cap;
use virtargv_host::Fact;
use virtargv_model::device::graphics::{Dbus, Display, Gl, Graphics};
use virtargv_model::{Class, Problem};
use virtargv_validate::rules::graphics as rules;

use self::ports::Ports;
use super::audio;
use crate::prepare::context::{Prepare, broken};
use crate::text::Text;

/// A prepared display.
#[derive(Debug)]
pub(crate) enum Facts {
    /// SDL, a window on the host.
    Sdl,
    /// VNC.
    Vnc(vnc::Facts),
    /// SPICE.
    Spice(spice::Facts),
    /// Rendering without a display, on this DRM render node.
    EglHeadless(Option<RenderNode>),
    /// D-Bus.
    Dbus {
        /// The bus; `None` for a peer-to-peer connection.
        bus: Option<Bus>,
        /// The DRM render node.
        rendernode: Option<RenderNode>,
        /// The id of the audio backend.
        audiodev: Option<Text>,
    },
    /// RDP, which the process qemu-rdp serves through D-Bus.
    Rdp,
}

/// A DRM render node.
#[derive(Debug, Clone)]
pub(crate) struct RenderNode {
    /// Its path.
    pub path: Text,
    /// Whether the host chose it, rather than the document.
    pub chosen: bool,
}

/// The bus of a D-Bus display.
#[derive(Debug)]
pub(crate) enum Bus {
    /// The bus with this address, from the document.
    Given(Text),
    /// The bus that libvirt starts for the domain, by the path of its socket.
    Own(Text),
}

/// Prepares every `<graphics>`.
pub(crate) fn prepare(cx: &mut Prepare<'_>) -> Vec<Facts> {
    let mut all = Vec::with_capacity(cx.domain.devices.graphics.len());
    let mut ports = Ports::of(cx.domain);
    for graphics in &cx.domain.devices.graphics {
        match one(cx, graphics, &mut ports) {
            Ok(facts) => all.push(facts),
            Err(problem) => cx.report.push(problem),
        }
    }
    all
}

fn one(cx: &mut Prepare<'_>, graphics: &Graphics, ports: &mut Ports) -> Result<Facts, Problem> {
    Ok(match &graphics.display {
        Display::Sdl { .. } => Facts::Sdl,
        Display::Vnc(vnc) => Facts::Vnc(vnc::prepare(cx, graphics, vnc, ports)?),
        Display::Spice(spice) => Facts::Spice(spice::prepare(cx, graphics, spice, ports)?),
        Display::EglHeadless { rendernode: Some(node) } => Facts::EglHeadless(Some(RenderNode::given(node))),
        Display::EglHeadless { rendernode: None } if cx.has(Cap::EglHeadlessRendernode) => {
            Facts::EglHeadless(Some(RenderNode::chosen(cx, graphics)?))
        }
        Display::EglHeadless { rendernode: None } => Facts::EglHeadless(None),
        Display::Dbus(dbus) => self::dbus(cx, graphics, dbus)?,
        Display::Rdp(_) => Facts::Rdp,
        Display::Desktop { .. } => {
            let message = "`<graphics>` has type `desktop`, which QEMU does not have";
            return Err(broken(cx.release(), &rules::TYPE, graphics.info.pos.path("@type"), message));
        }
    })
}

fn dbus(cx: &mut Prepare<'_>, graphics: &Graphics, dbus: &Dbus) -> Result<Facts, Problem> {
    let bus = match (&dbus.address, dbus.p2p) {
        (_, true) => None,
        (Some(address), false) => Some(Bus::Given(address.into())),
        (None, false) => Some(Bus::Own(match &cx.directories.shell {
            Some(dir) => format!("{dir}/dbus.sock").into(),
            None => format!("{}/dbus/{}-dbus.sock", cx.settings().state_dir, cx.directories.mark).into(),
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
    /// The render node that the document names.
    fn given(path: &String) -> Self {
        Self { path: path.into(), chosen: false }
    }

    /// The render node that the host chooses.
    fn chosen(cx: &Prepare<'_>, graphics: &Graphics) -> Result<Self, Problem> {
        let path = cx.host.devices().render_node().map_err(|error| {
            let kind = graphics.kind();
            let message = format!("`<graphics>` of type `{kind}` needs a DRM render node: {error}");
            let place = graphics.info.pos;
            let mut problem = crate::rules::GRAPHICS_RENDER_NODE.problem(cx.release(), place, message);
            if error.is_missing_directory() {
                problem = problem.with_class(Class::Plain);
            }
            Fact::RenderNode.unanswered(&error, problem)
        })?;
        Ok(Self { path: path.into(), chosen: true })
    }

    /// The render node of a display: the one of the document, or the host's choice if the display uses OpenGL.
    fn of(cx: &Prepare<'_>, graphics: &Graphics, gl: &Gl) -> Result<Option<Self>, Problem> {
        match &gl.rendernode {
            Some(node) => Ok(Some(Self::given(node))),
            None if gl.enable.is_yes() => Self::chosen(cx, graphics).map(Some),
            None => Ok(None),
        }
    }
}
