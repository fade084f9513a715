//! `<backingStore>`: the backing chain of an image.

use crate::device::storage::{Image, index, need_format};
use crate::read::{El, Reader};
use crate::write::Writer;

crate::rules! {
    /// A backing chain has at most 200 images.
    DISK_CHAIN_LENGTH = "disk-chain-length": Internal, Read,
        "`<backingStore>`: libvirt follows a backing chain no further",
        help "commit or merge images of the chain (`virsh blockcommit`)";
}

/// The most images in a backing chain, as in libvirt.
const MAX_CHAIN: usize = 200;

/// A backing chain: the images below the active image, the topmost first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BackingChain {
    /// `<backingStore>`, from the outermost to the innermost.
    pub images: Vec<Image>,
    /// Whether it ends in an empty `<backingStore/>`: the last image has no backing image, and none is looked for.
    pub ended: bool,
}

impl BackingChain {
    /// Reads the nested `<backingStore>` elements of `parent`.
    pub(crate) fn read(parent: El<'_>, r: &mut Reader) -> Self {
        let mut chain = Self::default();
        let mut at = parent;
        while let Some(el) = at.child("backingStore") {
            if el.get("type").is_none() {
                chain.ended = true;
                break;
            }
            let Some(kind) = r.attr(el, "type") else { break };
            if chain.images.len() == MAX_CHAIN {
                let message = format!("more than `{MAX_CHAIN}` images are in the chain of `<backingStore>`");
                r.refuse(&DISK_CHAIN_LENGTH, el.pos(), message);
                break;
            }
            need_format(el, r);
            r.need(el, "source");
            let mut image = Image::read(kind, el, r);
            image.read_format(el, r);
            image.index = index(el);
            chain.images.push(image);
            at = el;
        }
        chain
    }

    pub(crate) fn write(&self, w: &mut Writer) {
        self.write_from(0, w);
    }

    fn write_from(&self, n: usize, w: &mut Writer) {
        let Some(image) = self.images.get(n) else {
            if self.ended {
                w.element("backingStore").empty();
            }
            return;
        };
        w.element("backingStore").attr("type", image.kind()).opt("index", image.index).children(|w| {
            image.write_format(w);
            image.write_needed(false, w);
            self.write_from(n + 1, w);
        });
    }
}
