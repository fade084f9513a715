//! The project's own matrix and property-test strategies. Nothing else depends on it.
//!
//! ```
//! use virtargv_testsuite::matrix::CASES;
//! assert!(CASES.iter().any(|case| case.name == "net-teaming"));
//! ```

pub mod matrix;
pub mod strategies;
