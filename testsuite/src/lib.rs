//! The project's own matrix, and strategies for property tests. No other crate depends on this one.
//!
//! ```
//! use virtargv_testsuite::matrix;
//! assert!(matrix::cases().any(|case| case.name == "net-teaming"));
//! ```

pub mod definitions;
pub mod descriptors;
pub mod generated;
pub mod matrix;
pub mod pretend;
pub mod strategies;
