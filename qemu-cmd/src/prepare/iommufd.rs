//! `<iommufd>`: the IOMMUFD of the guest's host devices.

use virtargv_model::{Problem, YesNo};

use super::context::Prepare;

/// The object `iommufd` whose descriptor of `/dev/iommu` the caller passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Passed {
    /// The number of the descriptor; `None` in a command line that is to be read, for which none is passed.
    pub fd: Option<u32>,
}

/// Prepares a passed IOMMUFD; `None` where the document names no group.
pub(crate) fn prepare(cx: &mut Prepare<'_>) -> Result<Option<Passed>, Problem> {
    let element = cx.domain.tune.iommufd.as_ref().filter(|iommufd| iommufd.enabled == YesNo::Yes);
    let Some((pos, group)) = element.and_then(|iommufd| Some((iommufd.pos, iommufd.fdgroup.as_ref()?)))
    else {
        return Ok(None);
    };
    if cx.is_for_reader() {
        return Ok(Some(Passed { fd: None }));
    }
    match cx.numbers.passed(group).as_deref() {
        Some([fd]) => Ok(Some(Passed { fd: Some(*fd) })),
        found => {
            let count = found.map_or(0, <[u32]>::len);
            let message = format!("group '{group}' of element 'iommufd' has {count} descriptors, expected 1");
            Err(crate::rules::IOMMUFD_GROUP.problem(cx.release(), pos.attr("fdgroup"), message))
        }
    }
}
