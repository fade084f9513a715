//! TCP ports of the host.

/// What a TCP port is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PortPurpose {
    /// A VNC display.
    Vnc,
    /// WebSocket connections to a VNC display.
    VncWebsocket,
    /// Plain connections to a SPICE display.
    Spice,
    /// TLS connections to a SPICE display.
    SpiceTls,
}
