//! Devices, one module each.

pub(crate) mod audio;
pub(crate) mod chardev;
pub(crate) mod controller;
pub(crate) mod crypto;
pub(crate) mod disk;
pub(crate) mod filesystem;
pub(crate) mod graphics;
pub(crate) mod hostdev;
pub(crate) mod hub;
pub(crate) mod input;
pub(crate) mod iommu;
pub(crate) mod memballoon;
pub(crate) mod memory_device;
pub(crate) mod net;
pub(crate) mod nvram;
pub(crate) mod panic;
pub(crate) mod pstore;
pub(crate) mod redirdev;
pub(crate) mod rng;
pub(crate) mod shmem;
pub(crate) mod smartcard;
pub(crate) mod sound;
pub(crate) mod tpm;
pub(crate) mod video;
pub(crate) mod vsock;
pub(crate) mod watchdog;
