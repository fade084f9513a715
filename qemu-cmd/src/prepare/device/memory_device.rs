//! `<memory>` devices: the object of each.

use virtargv_model::Problem;
use virtargv_model::device::memory_device::MemoryDevice;

use super::Device;
use crate::prepare::context::Prepare;
use crate::prepare::memory::backend::{self, Backend, Wanted};

/// What is settled about a memory device.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The object that is its memory.
    pub backend: Backend,
    /// Whether the memory is taken before the guest starts.
    pub preallocated: bool,
}

/// Settles it.
pub(crate) fn prepare(cx: &mut Prepare<'_>, memory: Device<'_, MemoryDevice>) -> Result<Facts, Problem> {
    let wanted = Wanted::device(&memory, memory.alias);
    let preallocated = backend::is_preallocated(cx, &wanted)?;
    Ok(Facts { backend: backend::prepare(cx, &wanted)?, preallocated })
}
