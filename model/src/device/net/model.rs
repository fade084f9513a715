//! `<model type=>` of a network card.

use std::fmt;

use crate::Spelled;
use crate::read::{El, Reader};

crate::rules! {
    /// The model name of a network card has letters, digits, `_` and `-` only.
    NET_MODEL_NAME = "net-model-name": InvalidArgument, Read,
        "`<interface><model type=>`: other names are passed to QEMU as the name of a device",
        help "correct `type=`, such as `virtio` or `e1000e`";
}

spelled! {
    /// Cards that the format knows by name. Letter case does not count when they are read.
    pub enum KnownModel {
        /// Xen's paravirtual card.
        Netfront = "netfront",
        /// Realtek 8139.
        Rtl8139 = "rtl8139",
        /// virtio.
        Virtio = "virtio",
        /// Intel 82540EM.
        E1000 = "e1000",
        /// Intel 82574L.
        E1000e = "e1000e",
        /// Intel 82576, with virtual functions.
        Igb = "igb",
        /// virtio, for guests that know only the old interface too.
        VirtioTransitional = "virtio-transitional",
        /// virtio, the new interface alone.
        VirtioNonTransitional = "virtio-non-transitional",
        /// A USB network adapter.
        UsbNet = "usb-net",
        /// The pseries virtual LAN.
        SpaprVlan = "spapr-vlan",
        /// SMSC LAN9118.
        Lan9118 = "lan9118",
        /// SMC91C111, which the format has always misspelt.
        Smc91c111 = "scm91c111",
        /// VMware's PCnet.
        Vlance = "vlance",
        /// VMware's paravirtual card.
        Vmxnet = "vmxnet",
        /// Its second version.
        Vmxnet2 = "vmxnet2",
        /// Its third version.
        Vmxnet3 = "vmxnet3",
        /// AMD PCnet-PCI II (VirtualBox).
        Am79c970a = "Am79C970A",
        /// AMD PCnet-FAST III (VirtualBox).
        Am79c973 = "Am79C973",
        /// Intel PRO/1000 MT Desktop (VirtualBox).
        I82540em = "82540EM",
        /// Intel PRO/1000 MT Server (VirtualBox).
        I82545em = "82545EM",
        /// Intel PRO/1000 T Server (VirtualBox).
        I82543gc = "82543GC",
    }
}

/// The card the guest sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NicModel {
    /// One that the format knows.
    Known(KnownModel),
    /// Any other, which is handed to QEMU as it is.
    Other(String),
}

impl NicModel {
    /// Takes a name for what it is.
    pub fn named(name: &str) -> Self {
        match KnownModel::ALL.iter().find(|m| m.as_str().eq_ignore_ascii_case(name)) {
            Some(known) => Self::Known(*known),
            None => Self::Other(name.to_owned()),
        }
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(known) => known.as_str(),
            Self::Other(name) => name,
        }
    }

    /// Whether it is one of the virtio cards.
    pub fn is_virtio(&self) -> bool {
        matches!(
            self,
            Self::Known(
                KnownModel::Virtio | KnownModel::VirtioTransitional | KnownModel::VirtioNonTransitional
            )
        )
    }

    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let name = el.get("type")?;
        if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
            let message = format!(
                "network card '{name}' has characters other than letters, digits, '_' and '-' in its name"
            );
            r.refuse(&NET_MODEL_NAME, el.pos().attr("type"), message);
            return None;
        }
        Some(Self::named(name)).filter(|_| !name.is_empty())
    }
}

impl From<KnownModel> for NicModel {
    fn from(known: KnownModel) -> Self {
        Self::Known(known)
    }
}

impl fmt::Display for NicModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
