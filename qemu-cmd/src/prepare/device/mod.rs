//! Preparing devices, one module for each kind. The file names are those in `emit/device`.

pub(crate) mod audio;
pub(crate) mod chardev;
pub(crate) mod chardev_source;
pub(crate) mod controller;
pub(crate) mod disk;
pub(crate) mod filesystem;
pub(crate) mod graphics;
pub(crate) mod hostdev;
pub(crate) mod iommu;
pub(crate) mod memballoon;
pub(crate) mod memory_device;
pub(crate) mod net;
pub(crate) mod panic;
pub(crate) mod redirdev;
pub(crate) mod rng;
pub(crate) mod shmem;
pub(crate) mod smartcard;
pub(crate) mod sound;
pub(crate) mod tpm;
pub(crate) mod video;
pub(crate) mod virtio;
pub(crate) mod vsock;
pub(crate) mod watchdog;

use virtargv_model::device::{DeviceId, DeviceKind};
use virtargv_model::info::DeviceInfo;
use virtargv_model::{Problem, device as model};

use self::chardev_source::CharBackend;
use self::virtio::Variant;
use super::Prepared;
use super::address::BusAddress;
use super::context::Prepare;
use crate::ident::Alias;

/// What every device with an alias has.
#[derive(Debug, Clone)]
pub(crate) struct Common {
    /// Its alias.
    pub alias: Alias,
    /// Its address.
    pub address: BusAddress,
    /// Its versions of virtio, if it is a virtio device.
    pub variant: Variant,
}

/// A prepared device.
#[derive(Debug)]
pub(crate) struct Device<'p, T, F = ()> {
    /// The element.
    pub element: &'p T,
    /// Its kind, and its index in the list of that kind.
    pub id: DeviceId,
    /// Its alias.
    pub alias: &'p Alias,
    /// Its address.
    pub address: &'p BusAddress,
    /// Its versions of virtio, if it is a virtio device.
    pub variant: Variant,
    /// What else is prepared for this kind of device.
    pub facts: &'p F,
}

impl<T, F> Clone for Device<'_, T, F> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T, F> Copy for Device<'_, T, F> {}

impl<T, F> std::ops::Deref for Device<'_, T, F> {
    type Target = T;
    fn deref(&self) -> &T {
        self.element
    }
}

/// A device with an `<alias>` and an `<address>`.
pub(crate) trait Element {
    /// Alias, address and other elements that all devices have.
    fn info(&self) -> &DeviceInfo;
    /// The versions of virtio of its model.
    fn variant(&self) -> Variant;
}

/// One row for each kind of device with an alias: the field of the domain's devices, the kind, the type, what is
/// prepared for such a device, the function that prepares it, and, after `virtio`, the one that tells its versions of
/// virtio.
macro_rules! devices {
    ($($field:ident: $kind:ident, $type:ty, $facts:ty, $prepare:expr $(, virtio $variant:expr)?;)+) => {
        /// One value for each device with an alias, kind by kind, in the order of the domain's lists.
        #[derive(Debug, Clone)]
        pub(crate) struct ByDevice<T> { $(pub $field: Vec<T>,)+ }

        impl<T> ByDevice<T> {
            /// The value of one device; `None` for a kind without aliases.
            pub fn get(&self, id: DeviceId) -> Option<&T> {
                match id.kind {
                    $(DeviceKind::$kind => self.$field.get(id.index),)+
                    _ => None,
                }
            }
        }

        /// What is prepared for each device besides alias and address.
        #[derive(Debug)]
        pub(crate) struct DeviceFacts { $($field: Vec<$facts>,)+ }

        impl DeviceFacts {
            /// Prepares all devices, in the order of the rows.
            pub fn prepare(cx: &mut Prepare<'_>) -> Self {
                Self { $($field: cx.each(
                    DeviceKind::$kind, &cx.domain.devices.$field, &cx.common.$field, $prepare,
                ),)+ }
            }
        }

        $(impl Element for $type {
            fn info(&self) -> &DeviceInfo {
                &self.info
            }
            fn variant(&self) -> Variant {
                let all: &[fn(&Self) -> Variant] = &[$($variant)?];
                all.first().map_or(Variant::Plain, |variant| variant(self))
            }
        })+

        impl Prepared<'_> {
            $(
                #[allow(dead_code, reason = "the rows are the same for every kind")]
                pub(crate) fn $field(&self) -> impl ExactSizeIterator<Item = Device<'_, $type, $facts>> {
                    let common = self.common.$field.iter().zip(&self.facts.devices.$field);
                    self.domain.devices.$field.iter().zip(common).enumerate().map(
                        |(index, (element, (common, facts)))| Device {
                            element,
                            id: DeviceId { kind: DeviceKind::$kind, index },
                            alias: &common.alias,
                            address: &common.address,
                            variant: common.variant,
                            facts,
                        },
                    )
                }
            )+
        }
    };
}

/// Prepares a device that has nothing besides alias and address.
fn nothing<T>(_: &mut Prepare<'_>, _: Device<'_, T>) -> Result<(), Problem> {
    Ok(())
}

// The order is that of the arguments, because descriptors are numbered in it.
devices! {
    memories: MemoryDevice, model::memory_device::MemoryDevice, memory_device::Facts, memory_device::prepare;
    iommus: Iommu, model::iommu::Iommu, iommu::Driver, iommu::prepare;
    controllers: Controller, model::controller::Controller, controller::Facts, controller::prepare;
    hubs: Hub, model::hub::Hub, (), nothing;
    disks: Disk, model::disk::Disk, Option<disk::Facts>, disk::prepare, virtio |disk| disk.model.into();
    filesystems: Filesystem, model::filesystem::Filesystem, filesystem::Facts, filesystem::prepare, virtio |fs| fs.model.into();
    interfaces: Interface, model::net::Interface, net::Facts, net::prepare, virtio |nic| nic.model.as_ref().into();
    smartcards: Smartcard, model::smartcard::Smartcard, smartcard::Card, smartcard::prepare;
    serials: Serial, model::chardev::Serial, Option<chardev::SerialFacts>, chardev::serial;
    parallels: Parallel, model::chardev::Parallel, CharBackend, chardev::parallel;
    channels: Channel, model::chardev::Channel, CharBackend, chardev::channel;
    consoles: Console, model::chardev::Console, Option<chardev::ConsoleFacts>, chardev::console;
    tpms: Tpm, model::tpm::Tpm, tpm::Facts, tpm::prepare;
    inputs: Input, model::input::Input, (), nothing, virtio |input| input.model.into();
    videos: Video, model::video::Video, Option<video::Facts>, video::prepare;
    sounds: Sound, model::sound::Sound, sound::Facts, sound::prepare;
    watchdogs: Watchdog, model::watchdog::Watchdog, watchdog::Facts, watchdog::prepare;
    redirdevs: Redirdev, model::redirdev::Redirdev, CharBackend, redirdev::prepare;
    hostdevs: Hostdev, model::hostdev::Hostdev, hostdev::Facts, hostdev::prepare, virtio |hostdev| (&hostdev.source).into();
    memballoons: Memballoon, model::memballoon::Memballoon, memballoon::Balloon, memballoon::prepare;
    rngs: Rng, model::rng::Rng, rng::Facts, rng::prepare, virtio |rng| rng.model.into();
    panics: Panic, model::panic::Panic, panic::Driver, panic::prepare;
    shmems: Shmem, model::shmem::Shmem, shmem::Facts, shmem::prepare;
    vsocks: Vsock, model::vsock::Vsock, vsock::Facts, vsock::prepare, virtio |vsock| vsock.model.into();
    cryptos: Crypto, model::crypto::Crypto, (), nothing;
    pstores: Pstore, model::pstore::Pstore, (), nothing;
}
