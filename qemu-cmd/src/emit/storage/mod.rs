//! Images in QEMU's block layer: the nodes of a backing chain (`-blockdev`), or `file=` of `-drive`.

mod drive;
mod format;
mod location;
mod node;
mod objects;

pub(crate) use drive::{add_format, add_image};
pub(crate) use node::{Backing, emit_chain, emit_image, storage_node};
pub(crate) use objects::{MANAGED_RESERVATIONS, emit as emit_objects, managed_helper};
