//! The project's own matrix, and what tests of several crates need. No other crate depends on this one.
//!
//! ```
//! use virtargv_testsuite::matrix;
//! assert!(matrix::cases().any(|case| case.name == "net-teaming"));
//! ```

pub mod attributes;
pub mod definitions;
pub mod descriptors;
pub mod examples;
pub mod generated;
pub mod headers;
pub mod hotplug;
pub mod images;
pub mod matrix;
pub mod pretend;

use virtargv::Release;

/// The width in characters at which the files of libvirt's tests break command lines, in the releases that do. It is
/// `wrap` of [`Layout`](virtargv::Layout).
pub fn wrap(release: Release) -> Option<usize> {
    (release == Release::V7_0).then_some(78)
}
