//! `<iommufd>`: whether host devices are mapped by IOMMUFD, the kernel's interface that follows VFIO's containers.

use crate::read::{El, Reader};
use crate::write::Writer;
use crate::{Pos, YesNo};

crate::rules! {
    /// There is at most one `<iommufd>`.
    IOMMUFD_TWICE = "iommufd-twice": Xml, Read, "`<domain><iommufd>`", help "keep one of them", since "12.2";
}

/// `<iommufd>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Iommufd {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `enabled=`: whether PCI host devices that do not say otherwise use IOMMUFD.
    pub enabled: Option<YesNo>,
    /// `fdgroup=`: the name of the group with the descriptor of `/dev/iommu` that the caller passes.
    pub fdgroup: Option<String>,
}

impl Iommufd {
    pub(crate) fn read(domain: El<'_>, r: &mut Reader) -> Option<Self> {
        let el = r.child_since("12.2", domain, "iommufd")?;
        if let Some(second) = domain.children("iommufd").nth(1) {
            r.refuse_second(&IOMMUFD_TWICE, second, "there is more than one `<iommufd>`");
        }
        Some(Self { pos: el.pos(), enabled: r.required(el, "enabled"), fdgroup: el.string("fdgroup") })
    }

    pub(crate) fn write(&self, w: &mut Writer) {
        w.element("iommufd").opt("enabled", self.enabled).opt("fdgroup", self.fdgroup.as_ref()).empty();
    }
}
