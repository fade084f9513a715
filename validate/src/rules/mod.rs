//! The rules, one module a concept. [`CHECKS`] is the order in which they are held, [`TABLES`] is all there are.

use crate::{Context, Findings, Rule};

/// The checks, in the reference's order; within a stage this decides which problem comes first.
pub const CHECKS: &[fn(&Context<'_>, &mut Findings<'_>)] = &[];

/// Every rule there is, module by module.
pub static TABLES: &[&[&Rule]] = &[];
