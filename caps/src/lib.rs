//! The capabilities of a QEMU binary under a release of libvirt: capability flags, machine types and CPU models.
//!
//! This crate knows nothing of a domain. [`Caps`] is read from a capabilities file ([`Caps::from_xml`]), derived from a
//! QMP conversation ([`derive`](mod@derive)), taken from the built-in sets ([`builtin`]) or listed by hand
//! ([`Caps::builder`]). [`Cap`] is the table of capability flags, one for each thing that QEMU can support;
//! [`Convention`] is the table of differences between releases that do not depend on QEMU.
//!
//! ```
//! use virtargv_caps::{Accel, Arch, Cap, Caps, Machine, Release};
//!
//! let caps = Caps::builder(Release::V7_0, Arch::X86_64)
//!     .flags([Cap::VirtioNetFailover])
//!     .machine(Accel::Tcg, Machine::named("pc"))
//!     .build();
//! assert!(caps.has(Cap::VirtioNetFailover));
//! assert_eq!(caps.require(Cap::Spice).unwrap_err().to_string(), "this QEMU lacks the feature `spice`");
//! ```

mod arch;
pub mod builtin;
mod caps;
mod cpu;
mod cpu_map;
pub mod derive;
pub mod feature_names;
mod file;
mod flags;
mod machine;
mod machines;
mod platform;
#[cfg(feature = "probe")]
pub mod probe;
pub mod qapi;
mod set;

pub use arch::{Arch, UnknownArch};
pub use caps::{Accel, Caps, CapsBuilder, MissingCap, UnknownAccel};
pub use cpu::{CpuModel, HostCpu, HostCpuProperty, PropertyValue, Usable};
pub use cpu_map::{
    CpuDefinitions, CpuFeatureDef, CpuMap, CpuMapError, CpuModelDef, CpuReport, CpuSpec, CpuVendor,
    CpuidLeaf, FeatureBits, FeaturePolicy, HostModels, Incompatible, NoBaseline, Pvr, Relation, Signature,
    Within, X86, is_native, is_passed_on,
};
pub use file::{CapsError, CapsErrorKind, FORMAT_VERSION};
pub use flags::{Cap, FlagState, UnknownCap};
pub use machine::{Machine, Tristate};
pub use platform::{Gic, GicVersion, Hyperv, ProbedOn, Sev, Sgx, SgxSection};
pub use set::{CapBits, CapSet};
pub use virtargv_model::{Convention, Release, UnknownRelease};
