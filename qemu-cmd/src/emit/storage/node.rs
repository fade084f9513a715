//! `-blockdev`: the nodes of a backing chain.

use virtargv_caps::Convention;

use super::location::{self, NodeContext, Opened};
use super::{format, objects};
use crate::emit::context::Emit;
use crate::prepare::device::disk::Chain;
use crate::prepare::storage::location::Storage;
use crate::prepare::storage::{Access, Form, ImageFacts};
use crate::{NodeName, Props};

/// The backing image of an image.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Backing<'a> {
    /// It is not in the document; QEMU reads it from the image.
    Unknown,
    /// There is none.
    None,
    /// The image of this node.
    Node(&'a NodeName),
}

/// Emits all nodes of a disk: its images from the base of the backing chain up, then the filters on them.
pub(crate) fn emit_chain(e: &mut Emit<'_>, chain: &Chain, access: Access, readonly: bool) {
    for (depth, image) in chain.images.iter().enumerate().rev() {
        let readonly = depth > 0 || readonly;
        let detects = depth == 0 || e.release().has(Convention::DetectZeroesInChain);
        let access = Access { detect_zeroes: access.detect_zeroes.filter(|_| detects), ..access };
        let backing = match chain.images.get(depth.saturating_add(1)) {
            Some(image) => Backing::Node(image.nodes.top()),
            None if chain.ended => Backing::None,
            None => Backing::Unknown,
        };
        if let Some(store) = &image.data_store {
            emit_image(e, store, access, readonly, Backing::Unknown);
        }
        emit_image(e, image, access, readonly, backing);
    }
    let Some(mut top) = chain.images.first().map(|image| image.nodes.top()) else { return };
    if let Some(node) = &chain.copy_on_read {
        let mut props = Props::new("driver", "copy-on-read").with("node-name", node).with("file", top);
        if e.release().has(Convention::CopyOnReadDiscard) {
            props.set("discard", "unmap");
        }
        e.blockdev(props);
        top = node;
    }
    for (group, node) in &chain.filters {
        let mut props = Props::new("driver", "throttle").with("node-name", node);
        props.set("throttle-group", group.clone()).set("file", top);
        if e.release().has(Convention::ThrottleDiscard) {
            props.set("discard", "unmap");
        }
        e.blockdev(props);
        top = node;
    }
}

/// Emits the nodes of one image, after its objects.
pub(crate) fn emit_image(
    e: &mut Emit<'_>,
    image: &ImageFacts,
    access: Access,
    readonly: bool,
    backing: Backing<'_>,
) {
    objects::emit(e, &image.objects);
    let nodes = &image.nodes;
    let mut storage = storage_node(e, image, access);
    let top = if nodes.format.is_none() { Opened::Top { readonly } } else { Opened::Below };
    let opened = match &image.storage {
        _ if nodes.slice.is_none() && nodes.format.is_none() => top,
        Storage::Group(set) if set.descriptors.len() == 1 => {
            Opened::ByDescriptor { readonly: readonly && !set.writable }
        }
        _ => Opened::Below,
    };
    location::common(e, &mut storage, access, opened);
    e.blockdev(storage);
    if let (Some(node), Some(slice)) = (&nodes.slice, &image.slice) {
        let mut props = Props::new("driver", "raw");
        if e.release().has(Convention::BlockdevCacheLast) {
            props.set("file", &nodes.storage);
            props.set("offset", slice.offset).set("size", slice.size).set("node-name", node);
            location::common(e, &mut props, access, top);
        } else {
            props.set("node-name", node).set("offset", slice.offset).set("size", slice.size);
            props.set("file", &nodes.storage);
            props.set("auto-read-only", true).set("discard", "unmap");
            location::add_cache(&mut props, access);
        }
        e.blockdev(props);
    }
    if let Some(name) = &nodes.format {
        e.blockdev(format::props(image, name, access, readonly, backing));
    }
}

/// The properties of the storage node of an image, without those that all nodes have.
pub(crate) fn storage_node(e: &mut Emit<'_>, image: &ImageFacts, access: Access) -> Props {
    let context = NodeContext {
        access,
        objects: &image.objects,
        decrypts: image.decrypts,
        node: &image.nodes.storage,
        form: Form::Node,
    };
    location::props(e, &image.storage, context).with("node-name", &image.nodes.storage)
}
