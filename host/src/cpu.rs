//! The CPU of the host.

/// A CPU of the host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "described", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "described", serde(default, deny_unknown_fields))]
pub struct Processor {
    /// The model that describes it best, where its architecture has named models.
    pub model: Option<String>,
    /// The vendor, as CPU model definitions name vendors.
    pub vendor: Option<String>,
    /// The features that it has beyond its model, among them those that a later version of libvirt added to the model.
    pub features: Vec<String>,
    /// The number of sockets.
    pub sockets: u32,
    /// The number of cores in a socket.
    pub cores: u32,
    /// The number of threads in a core.
    pub threads: u32,
}

/// How many guests AMD SEV protects at the same time (CPUID leaf 0x8000001f).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "described", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "described", serde(deny_unknown_fields))]
pub struct SevGuests {
    /// Guests whose memory alone is encrypted.
    pub plain: u32,
    /// Guests whose CPU state is encrypted too (SEV-ES).
    pub encrypted_state: u32,
}

/// The time-stamp counter of an x86 CPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "described", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "described", serde(deny_unknown_fields))]
pub struct Tsc {
    /// Its frequency in Hz.
    pub frequency: u64,
    /// Whether guests can have another frequency, by scaling in hardware.
    pub scaling: bool,
}
