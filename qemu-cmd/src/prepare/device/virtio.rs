//! The versions of virtio of a device.

use virtargv_model::device::controller::VirtioModel;
use virtargv_model::device::disk::DiskModel;
use virtargv_model::device::filesystem::FsModel;
use virtargv_model::device::hostdev::{HostdevSource, ScsiHostModel};
use virtargv_model::device::input::InputModel;
use virtargv_model::device::net::{KnownModel, NicModel};
use virtargv_model::device::rng::RngModel;
use virtargv_model::device::vsock::VsockModel;

/// The versions of virtio that a PCI device supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Variant {
    /// QEMU's default, which depends on the slot (`model='virtio'`, or no model).
    #[default]
    Plain,
    /// 0.9 and 1.0 (`model='virtio-transitional'`).
    Transitional,
    /// 1.0 alone (`model='virtio-non-transitional'`).
    NonTransitional,
}

/// The models of devices that have no others than virtio ones.
macro_rules! virtio_models {
    ($($model:ident,)+) => {$(
        impl From<Option<$model>> for Variant {
            fn from(model: Option<$model>) -> Self {
                match model {
                    None | Some($model::Virtio) => Self::Plain,
                    Some($model::VirtioTransitional) => Self::Transitional,
                    Some($model::VirtioNonTransitional) => Self::NonTransitional,
                }
            }
        }
    )+};
}

virtio_models! { FsModel, InputModel, RngModel, ScsiHostModel, VsockModel, }

impl From<Option<DiskModel>> for Variant {
    fn from(model: Option<DiskModel>) -> Self {
        match model {
            None | Some(DiskModel::Virtio | DiskModel::UsbStorage | DiskModel::UsbBot) => Self::Plain,
            Some(DiskModel::VirtioTransitional) => Self::Transitional,
            Some(DiskModel::VirtioNonTransitional) => Self::NonTransitional,
        }
    }
}

impl From<VirtioModel> for Variant {
    fn from(model: VirtioModel) -> Self {
        match model {
            VirtioModel::Virtio => Self::Plain,
            VirtioModel::Transitional => Self::Transitional,
            VirtioModel::NonTransitional => Self::NonTransitional,
        }
    }
}

impl From<Option<&NicModel>> for Variant {
    fn from(model: Option<&NicModel>) -> Self {
        match model {
            Some(NicModel::Known(KnownModel::VirtioTransitional)) => Self::Transitional,
            Some(NicModel::Known(KnownModel::VirtioNonTransitional)) => Self::NonTransitional,
            _ => Self::Plain,
        }
    }
}

impl From<&HostdevSource> for Variant {
    fn from(source: &HostdevSource) -> Self {
        match source {
            HostdevSource::ScsiHost(host) => host.model.into(),
            _ => Self::Plain,
        }
    }
}
