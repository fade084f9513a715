//! `<mirror>`: the target of a block job of a running domain.

use super::BackingChain;
use crate::device::storage::{Image, ImageFormat, SourceType};
use crate::read::{El, Reader};
use crate::write::Writer;

spelled! {
    /// `job=` of `<mirror>`.
    pub enum MirrorJob {
        /// Block copy: the disk is copied into another image.
        Copy = "copy",
        /// Active commit: the active image is merged into an image of its backing chain.
        ActiveCommit = "active-commit",
    }
}

spelled! {
    /// `ready=` of `<mirror>`.
    pub enum MirrorState {
        /// Both images have the same content.
        Yes = "yes",
        /// The job is being aborted.
        Abort = "abort",
        /// The disk is being switched to the target.
        Pivot = "pivot",
    }
}

/// `<mirror>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mirror {
    /// `job=`
    pub job: Option<MirrorJob>,
    /// `ready=`
    pub ready: Option<MirrorState>,
    /// `format=` of the earlier form.
    pub old_format: Option<ImageFormat>,
    /// Whether the target is given by `file=`, the earlier form.
    pub old_form: bool,
    /// The target.
    pub image: Image,
    /// The backing chain of the target.
    pub backing: BackingChain,
}

impl Mirror {
    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Self {
        let kind = r.attr(el, "type").unwrap_or(SourceType::File);
        let mut mirror = Self {
            job: r.attr(el, "job"),
            ready: r.attr(el, "ready"),
            image: Image::read(kind, el, r),
            ..Self::default()
        };
        mirror.image.read_format(el, r);
        mirror.old_form = el.get("type").is_none();
        if mirror.old_form {
            mirror.old_format = r.attr(el, "format");
            let location = crate::device::storage::Location::File { path: el.string("file"), fdgroup: None };
            mirror.image = Image { location, ..Image::default() };
        } else {
            mirror.backing = BackingChain::read(el, r);
        }
        mirror
    }

    pub(super) fn write(&self, w: &mut Writer) {
        let tag = w.element("mirror");
        let tag = if self.old_form {
            tag.opt("file", self.image.path()).opt("format", self.old_format)
        } else {
            tag.attr("type", self.image.kind())
        };
        tag.opt("job", self.job).opt("ready", self.ready).children(|w| {
            if !self.old_form {
                self.image.write_format(w);
                self.image.write(true, true, true, w);
                self.backing.write(w);
            }
        });
    }
}
