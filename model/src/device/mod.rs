//! `<devices>`: one module for each kind of device.

pub mod audio;
pub mod chardev;
pub mod chardev_source;
pub mod controller;
pub mod crypto;
pub mod disk;
pub mod filesystem;
pub mod graphics;
pub mod hostdev;
pub mod hub;
pub mod info;
pub mod input;
pub mod iommu;
pub mod lease;
pub mod memballoon;
pub mod memory_device;
pub mod net;
pub mod nvram;
pub mod one;
pub mod panic;
pub mod pstore;
pub mod redirdev;
pub mod rng;
pub mod shmem;
pub mod smartcard;
pub mod sound;
pub mod storage;
pub mod tpm;
pub mod video;
pub mod virtio;
pub mod vsock;
pub mod watchdog;

use std::iter::Zip;
use std::ops::Range;
use std::{array, slice};

use crate::info::DeviceInfo;
use crate::read::{self, ByName, El, Element as _, Reader};
use crate::write::Writer;
use crate::{Release, Span};

/// Defines the kinds of devices, one row each: kind, type, field of [`Devices`], element, and the version of libvirt that added it.
///
/// The order is that in which libvirt iterates over the devices of a domain.
macro_rules! devices {
    ($($kind:ident = $module:ident::$type:ident, $field:ident, $element:literal $(since $since:expr)?;)+) => {
        /// The devices of a domain, each kind in document order.
        #[derive(Debug, Clone, PartialEq, Default)]
        pub struct Devices {
            /// `<emulator>`: the path of the QEMU binary.
            pub emulator: Option<String>,
            /// `<redirfilter>`: which USB devices may be redirected.
            pub redir_filter: Option<redirdev::RedirFilter>,
            $(
                #[doc = concat!("`<", $element, ">`.")]
                pub $field: Vec<$module::$type>,
            )+
        }

        /// The kind of a device.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum DeviceKind {
            $(
                #[doc = concat!("`<", $element, ">`.")]
                $kind,
            )+
        }

        impl DeviceKind {
            /// Every kind, in libvirt's order.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// The name of its element.
            pub fn element(self) -> &'static str {
                match self { $(Self::$kind => $element),+ }
            }

            /// The version of libvirt that added it; `None` for those that every release followed has.
            pub fn since(self) -> Option<&'static str> {
                match self { $(Self::$kind => None$(.or(Some($since)))?),+ }
            }

            /// Whether `release` has it.
            pub fn is_in(self, release: Release) -> bool {
                self.since().is_none_or(|since| Span::ALWAYS.since(since).contains(release))
            }
        }

        impl Devices {
            /// The number of devices.
            pub fn count(&self) -> usize {
                0 $(+ self.$field.len())+
            }

            /// The part that all devices have, of every device, in libvirt's order.
            pub fn infos(&self) -> Infos<'_> {
                let counts = [$(self.$field.len()),+];
                Infos { devices: self, kinds: DeviceKind::ALL.iter().zip(counts), ids: None }
            }

            /// Calls `each` with the part that all devices have, of every device, in libvirt's order.
            pub fn for_each_info(&self, each: &mut dyn FnMut(DeviceId, &DeviceInfo)) {
                $(for (index, device) in self.$field.iter().enumerate() {
                    each(DeviceId { kind: DeviceKind::$kind, index }, &device.info);
                })+
            }

            /// As [`Devices::for_each_info`], mutable.
            pub fn for_each_info_mut(&mut self, each: &mut dyn FnMut(DeviceId, &mut DeviceInfo)) {
                $(for (index, device) in self.$field.iter_mut().enumerate() {
                    each(DeviceId { kind: DeviceKind::$kind, index }, &mut device.info);
                })+
            }

            /// The part that all devices have, of one device.
            pub fn info(&self, id: DeviceId) -> Option<&DeviceInfo> {
                match id.kind { $(DeviceKind::$kind => self.$field.get(id.index).map(|d| &d.info)),+ }
            }

            /// The element of one device, written as in a document.
            pub fn to_xml(&self, id: DeviceId) -> Option<String> {
                let mut w = Writer::new();
                match id.kind { $(DeviceKind::$kind => self.$field.get(id.index)?.write(&mut w)),+ }
                Some(w.finish())
            }

            /// Moves the devices of `other` behind those that are here, kind by kind.
            pub fn append(&mut self, other: Self) {
                $(self.$field.extend(other.$field);)+
            }

            /// A copy of one device alone; none for a device that is not there.
            #[must_use]
            pub fn only(&self, id: DeviceId) -> Self {
                let mut one = Self::default();
                match id.kind {
                    $(DeviceKind::$kind => one.$field.extend(self.$field.get(id.index).cloned()),)+
                }
                one
            }

            /// Puts the first device of that kind of `other` in the place of device `id`. Nothing changes where either is not
            /// there.
            pub fn replace(&mut self, id: DeviceId, other: Self) {
                match id.kind {
                    $(DeviceKind::$kind => {
                        if let (Some(here), Some(new)) =
                            (self.$field.get_mut(id.index), other.$field.into_iter().next())
                        {
                            *here = new;
                        }
                    })+
                }
            }

            /// Removes a device. Nothing changes where it is not there.
            pub fn remove(&mut self, id: DeviceId) {
                match id.kind {
                    $(DeviceKind::$kind => {
                        if id.index < self.$field.len() {
                            self.$field.remove(id.index);
                        }
                    })+
                }
            }

            /// The number of devices of a kind.
            pub fn count_of(&self, kind: DeviceKind) -> usize {
                match kind { $(DeviceKind::$kind => self.$field.len()),+ }
            }

            /// Reads the single device `el`, by its name; `None` where no device has that name. A mandatory value that is missing
            /// is reported, and leaves no device.
            pub(crate) fn read_one(el: El<'_>, r: &mut Reader) -> Option<(DeviceKind, Self)> {
                let mut one = Self::default();
                match el.name() {
                    $($element => {
                        one.$field.extend($module::$type::read(el, r));
                        Some((DeviceKind::$kind, one))
                    })+
                    _ => None,
                }
            }

            /// As [`Devices::info`], mutable.
            pub fn info_mut(&mut self, id: DeviceId) -> Option<&mut DeviceInfo> {
                match id.kind { $(DeviceKind::$kind => self.$field.get_mut(id.index).map(|d| &mut d.info)),+ }
            }
        }
    };
}

/// Identifies a device of a domain: its kind, and its index among the devices of that kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeviceId {
    /// The kind.
    pub kind: DeviceKind,
    /// The index in the list of that kind in [`Devices`], from 0.
    pub index: usize,
}

/// The devices of a domain with the part that all devices have, see [`Devices::infos`].
#[derive(Debug, Clone)]
pub struct Infos<'d> {
    devices: &'d Devices,
    /// The kinds that are left, each with the number of its devices.
    kinds: Zip<slice::Iter<'static, DeviceKind>, array::IntoIter<usize, { DeviceKind::ALL.len() }>>,
    /// The kind that is iterated over, and the indexes that are left.
    ids: Option<(DeviceKind, Range<usize>)>,
}

impl<'d> Iterator for Infos<'d> {
    type Item = (DeviceId, &'d DeviceInfo);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((kind, indexes)) = &mut self.ids
                && let Some(index) = indexes.next()
            {
                let id = DeviceId { kind: *kind, index };
                return self.devices.info(id).map(|info| (id, info));
            }
            // Most guests have devices of few kinds.
            let (kind, count) = self.kinds.find(|(_, count)| *count > 0)?;
            self.ids = Some((*kind, 0..count));
        }
    }
}

devices! {
    Disk = disk::Disk, disks, "disk";
    Interface = net::Interface, interfaces, "interface";
    Sound = sound::Sound, sounds, "sound";
    Hostdev = hostdev::Hostdev, hostdevs, "hostdev";
    Video = video::Video, videos, "video";
    Controller = controller::Controller, controllers, "controller";
    Smartcard = smartcard::Smartcard, smartcards, "smartcard";
    Serial = chardev::Serial, serials, "serial";
    Parallel = chardev::Parallel, parallels, "parallel";
    Channel = chardev::Channel, channels, "channel";
    Console = chardev::Console, consoles, "console";
    Input = input::Input, inputs, "input";
    Filesystem = filesystem::Filesystem, filesystems, "filesystem";
    Watchdog = watchdog::Watchdog, watchdogs, "watchdog";
    Memballoon = memballoon::Memballoon, memballoons, "memballoon";
    Rng = rng::Rng, rngs, "rng";
    Nvram = nvram::Nvram, nvrams, "nvram";
    Hub = hub::Hub, hubs, "hub";
    Shmem = shmem::Shmem, shmems, "shmem";
    Tpm = tpm::Tpm, tpms, "tpm";
    Panic = panic::Panic, panics, "panic";
    MemoryDevice = memory_device::MemoryDevice, memories, "memory";
    Iommu = iommu::Iommu, iommus, "iommu";
    Vsock = vsock::Vsock, vsocks, "vsock";
    Crypto = crypto::Crypto, cryptos, "crypto" since crypto::SINCE;
    Pstore = pstore::Pstore, pstores, "pstore" since pstore::SINCE;
    Redirdev = redirdev::Redirdev, redirdevs, "redirdev";
    Graphics = graphics::Graphics, graphics, "graphics";
    Audio = audio::Audio, audios, "audio";
    Lease = lease::Lease, leases, "lease";
}

impl Devices {
    /// Reads the devices of `domain`. `before_memory` reads what libvirt reads between the devices
    /// for shared memory and those for memory.
    pub(crate) fn read(domain: El<'_>, r: &mut Reader, before_memory: impl FnOnce(&mut Reader)) -> Self {
        let Some(el) = domain.child("devices") else {
            before_memory(r);
            return Self::default();
        };
        let devices = ByName::of(el);
        // libvirt's order: it decides which problem comes first.
        let mut read = Self {
            emulator: el.child_text("emulator"),
            disks: devices.all("disk", r),
            controllers: devices.all("controller", r),
            leases: devices.all("lease", r),
            filesystems: devices.all("filesystem", r),
            interfaces: devices.all("interface", r),
            smartcards: devices.all("smartcard", r),
            parallels: devices.all("parallel", r),
            serials: devices.all("serial", r),
            consoles: devices.all("console", r),
            channels: devices.all("channel", r),
            inputs: devices.all("input", r),
            graphics: devices.all("graphics", r),
            sounds: devices.all("sound", r),
            audios: devices.all("audio", r),
            videos: video::Video::read_all(&devices, r),
            hostdevs: devices.all("hostdev", r),
            watchdogs: devices.at_most(1, &watchdog::WATCHDOG_SINGLE, "watchdog", r),
            memballoons: devices.at_most(1, &memballoon::MEMBALLOON_SINGLE, "memballoon", r),
            rngs: devices.all("rng", r),
            cryptos: devices.all_since(crypto::SINCE, "crypto", r),
            tpms: devices.at_most(2, &tpm::TPM_MOST, "tpm", r),
            nvrams: devices.at_most(1, &nvram::NVRAM_SINGLE, "nvram", r),
            hubs: devices.all("hub", r),
            redirdevs: devices.all("redirdev", r),
            redir_filter: redirdev::RedirFilter::read(&devices, r),
            panics: devices.all("panic", r),
            shmems: devices.all("shmem", r),
            ..Self::default()
        };
        before_memory(r);
        read.memories = devices.all("memory", r);
        read.iommus = devices.at_most(1, &iommu::IOMMU_SINGLE, "iommu", r);
        read.vsocks = devices.at_most(1, &vsock::VSOCK_SINGLE, "vsock", r);
        if r.knows(pstore::SINCE) {
            read.pstores = devices.at_most(1, &pstore::PSTORE_SINGLE, "pstore", r);
        }
        read
    }

    pub(crate) fn write(&self, w: &mut Writer) {
        // The order of the domain format.
        w.element("devices").children(|w| {
            w.opt_text_element("emulator", self.emulator.as_ref());
            read::write_all(&self.disks, w);
            read::write_all(&self.controllers, w);
            read::write_all(&self.leases, w);
            read::write_all(&self.filesystems, w);
            read::write_all(&self.interfaces, w);
            read::write_all(&self.smartcards, w);
            read::write_all(&self.serials, w);
            read::write_all(&self.parallels, w);
            read::write_all(&self.consoles, w);
            read::write_all(&self.channels, w);
            read::write_all(&self.inputs, w);
            read::write_all(&self.tpms, w);
            read::write_all(&self.graphics, w);
            read::write_all(&self.sounds, w);
            read::write_all(&self.audios, w);
            read::write_all(&self.videos, w);
            read::write_all(&self.hostdevs, w);
            read::write_all(&self.redirdevs, w);
            if let Some(filter) = &self.redir_filter {
                filter.write(w);
            }
            read::write_all(&self.hubs, w);
            read::write_all(&self.watchdogs, w);
            read::write_all(&self.memballoons, w);
            read::write_all(&self.rngs, w);
            read::write_all(&self.nvrams, w);
            read::write_all(&self.panics, w);
            read::write_all(&self.shmems, w);
            read::write_all(&self.memories, w);
            read::write_all(&self.cryptos, w);
            read::write_all(&self.iommus, w);
            read::write_all(&self.vsocks, w);
            read::write_all(&self.pstores, w);
        });
    }
}
