//! `<listen>`: the address or socket that a remote display listens on.

use crate::read::{El, Reader, UNSUPPORTED_BEFORE_9_0, attr_place};
use crate::write::Writer;
use crate::{Class, Pos};

crate::rules! {
    /// A `<listen>` has a `network` or `socket` only of its type.
    GRAPHICS_LISTEN_ATTRIBUTE = "graphics-listen-attribute": Xml, Read, "`<listen type= network= socket=>`",
        help "remove the attribute, or use `type='network'` or `type='socket'`";
    /// The `listen` or `socket` of `<graphics>` equals that of its first `<listen>`.
    GRAPHICS_LISTEN_DIFFERS = "graphics-listen-differs": Unsupported, Read,
        "`<graphics listen=>` and `<graphics socket=>` are earlier forms of the first `<listen>`",
        help "remove the attribute of `<graphics>`";
}

spelled! {
    /// `type=` of `<listen>`.
    pub enum ListenType {
        /// The display does not listen; clients get a descriptor (`virsh domdisplay`, `openGraphicsFD`).
        None = "none",
        /// On an address of the host.
        Address = "address",
        /// On the address of the host on a virtual network.
        Network = "network",
        /// On a UNIX socket.
        Socket = "socket",
    }
}

/// `<listen>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `type=`: what it listens on.
    pub kind: ListenType,
    /// `address=`, for type `address`; without it, the default of the driver's settings.
    pub address: Option<String>,
    /// `network=`, for type `network`: the name of the virtual network.
    pub network: Option<String>,
    /// `socket=`, for type `socket`; without it, a socket in the domain's directory.
    pub socket: Option<String>,
}

/// The `<listen>` elements of a remote display: one or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listens {
    /// The first one.
    pub first: Listen,
    /// All others.
    pub others: Vec<Listen>,
}

/// One on the address of the driver's settings, as for a display without `<listen>`.
impl Default for Listens {
    fn default() -> Self {
        Self::from(Listen::new(Pos::default(), ListenType::Address))
    }
}

impl From<Listen> for Listens {
    fn from(first: Listen) -> Self {
        Self { first, others: Vec::new() }
    }
}

impl Listens {
    /// All of them, in the order of the document.
    pub fn iter(&self) -> impl Iterator<Item = &Listen> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// All of them, in the order of the document, mutable.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Listen> {
        std::iter::once(&mut self.first).chain(&mut self.others)
    }

    /// Reads every `<listen>` of `graphics`. Without an element, the attributes `listen` and `socket` (VNC) of
    /// `<graphics>` make one; beside an element, they must equal those of the first.
    pub(super) fn read(graphics: El<'_>, vnc: bool, r: &mut Reader) -> Self {
        let mut all: Vec<Listen> = Vec::new();
        for el in graphics.children("listen") {
            let parent = all.is_empty().then_some(graphics);
            all.extend(Listen::read(el, parent, r));
        }
        let socket = graphics.string("socket").filter(|_| vnc);
        let mut all = all.into_iter();
        let Some(mut first) = all.next() else {
            let kind = if socket.is_some() { ListenType::Socket } else { ListenType::Address };
            let address = graphics.string("listen").filter(|a| !a.is_empty() && socket.is_none());
            let socket = socket.filter(|socket| !socket.is_empty());
            return Self::from(Listen { address, socket, ..Listen::new(graphics.pos(), kind) });
        };
        if let Some(socket) = socket
            && first.is_tcp()
        {
            let socket = Some(socket).filter(|socket| !socket.is_empty());
            first = Listen { socket, ..Listen::new(first.pos, ListenType::Socket) };
        }
        Self { first, others: all.collect() }
    }
}

impl Listen {
    fn new(pos: Pos, kind: ListenType) -> Self {
        Self { pos, kind, address: None, network: None, socket: None }
    }

    /// Whether it listens on TCP.
    pub fn is_tcp(&self) -> bool {
        matches!(self.kind, ListenType::Address | ListenType::Network)
    }

    fn read(el: El<'_>, parent: Option<El<'_>>, r: &mut Reader) -> Option<Self> {
        let kind: ListenType = r.required_as(Class::Xml, UNSUPPORTED_BEFORE_9_0, el, "type")?;
        let mut listen = Self::new(el.pos(), kind);
        let of_graphics = |name| parent.and_then(|graphics| graphics.string(name));
        match kind {
            ListenType::Address => {
                check_equal(el, "address", parent, "listen", r);
                listen.address =
                    el.string("address").or_else(|| of_graphics("listen")).filter(|a| !a.is_empty());
            }
            ListenType::Socket => {
                check_equal(el, "socket", parent, "socket", r);
                listen.socket =
                    el.string("socket").or_else(|| of_graphics("socket")).filter(|s| !s.is_empty());
            }
            ListenType::Network => listen.network = el.string("network").filter(|n| !n.is_empty()),
            ListenType::None => {}
        }
        for (name, wanted) in [("network", ListenType::Network), ("socket", ListenType::Socket)] {
            if el.get(name).is_some_and(|value| !value.is_empty()) && kind != wanted {
                let message = format!("`{name}` of `<listen>` is for type `{wanted}`, the type is `{kind}`");
                r.refuse(&GRAPHICS_LISTEN_ATTRIBUTE, attr_place(el, name), message);
            }
        }
        Some(listen)
    }

    pub(super) fn write(&self, w: &mut Writer) {
        w.element("listen")
            .attr("type", self.kind)
            .opt("address", self.address.as_ref())
            .opt("network", self.network.as_ref())
            .opt("socket", self.socket.as_ref())
            .empty();
    }
}

/// Checks that an attribute of `<graphics>` equals that of its first `<listen>`.
fn check_equal(
    el: El<'_>,
    name: &'static str,
    parent: Option<El<'_>>,
    graphics_name: &'static str,
    r: &mut Reader,
) {
    let Some(graphics) = parent else { return };
    if let (Some(value), Some(other)) = (el.get(name), graphics.get(graphics_name))
        && value != other
    {
        let message = format!(
            "`{graphics_name}` of `<graphics>` is `{other}`, but the first `listen` has `{name}` `{value}`"
        );
        r.refuse(&GRAPHICS_LISTEN_DIFFERS, attr_place(graphics, graphics_name), message);
    }
}
