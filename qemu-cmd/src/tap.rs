//! How a tap device is made.

use serde_json::{Value, json};
use virtargv_model::Spelled;
use virtargv_model::device::net::BridgeMode;

/// What a launcher must know to make a tap device.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TapDevice {
    /// The MAC address of the guest's end, `52:54:00:...`; `None` if the document has none.
    pub mac: Option<String>,
    /// The MTU in bytes; `None` for the kernel's default.
    pub mtu: Option<u32>,
    /// Whether packets have a virtio header (`IFF_VNET_HDR`): for a virtio device of the guest.
    pub virtio: bool,
    /// Whether the launcher makes the device, and removes it in the end; otherwise it exists already
    /// (`<target managed='no'>`).
    pub managed: bool,
    /// The bridge that the device is put in; `None` where there is none or it is not known.
    pub bridge: Option<String>,
    /// The mode of a macvtap device; `None` for others, and for libvirt's default, VEPA.
    pub mode: Option<BridgeMode>,
    /// The script that sets the device up (`<script path=>`), called with its name.
    pub script: Option<String>,
    /// The script that is called when the guest ends (`<downscript path=>`).
    pub downscript: Option<String>,
}

impl TapDevice {
    /// The mode of a macvtap device in the kernel's words.
    pub const fn macvtap_mode(&self) -> &'static str {
        match self.mode {
            None | Some(BridgeMode::Vepa) => "vepa",
            Some(BridgeMode::Bridge) => "bridge",
            Some(BridgeMode::Private) => "private",
            Some(BridgeMode::Passthrough) => "passthru",
        }
    }

    /// The device as a JSON object.
    pub fn to_json(&self) -> Value {
        json!({
            "mac": self.mac,
            "mtu": self.mtu,
            "virtio": self.virtio,
            "managed": self.managed,
            "bridge": self.bridge,
            "mode": self.mode.map(Spelled::as_str),
            "script": self.script,
            "downscript": self.downscript,
        })
    }
}
