//! Emitting the nodes of images.

use virtargv_caps::Convention;
use virtargv_model::device::disk::Disk;
use virtargv_model::device::storage::Image;

use super::format::{self, Below};
use super::objects::{Ids, Objects};
use super::protocol::{self, Form};
use super::{Access, DiskPlan, ImageNodes};
use crate::Props;
use crate::emit::{Done, Emit};

/// Emits all nodes of a disk: its images from the bottom up, then what lies on them.
pub(crate) fn emit_chain(e: &mut Emit<'_>, disk: &Disk, plan: &DiskPlan, alias: &str) -> Done {
    let access = Access::of(disk);
    let images: Vec<(&Image, &ImageNodes)> = disk.images().zip(&plan.images).collect();
    for (depth, (image, nodes)) in images.iter().enumerate().rev() {
        // What is written goes into the top image; only there zeroes are looked for.
        let readonly = depth > 0 || disk.readonly;
        let access = Access { detect_zeroes: access.detect_zeroes.filter(|_| depth == 0), ..access };
        let below = match images.get(depth.saturating_add(1)) {
            Some((_, nodes)) => Below::Node(nodes.top()),
            None if disk.backing.ended => Below::Nothing,
            None => Below::Unknown,
        };
        if let (Some(store), Some(store_nodes)) = (&image.data_store, &nodes.data_store) {
            emit_image(e, store, store_nodes, access, readonly, Below::Unknown, alias)?;
        }
        emit_image(e, image, nodes, access, readonly, below, alias)?;
    }
    let mut top = plan.images.first().map(ImageNodes::top).unwrap_or_default();
    if let Some(node) = &plan.copy_on_read {
        let mut props = Props::new("driver", "copy-on-read");
        props.set("node-name", node.as_str()).set("file", top);
        if e.release().has(Convention::CopyOnReadDiscard) {
            props.set("discard", "unmap");
        }
        e.blockdev(&props);
        top = node;
    }
    for (group, node) in disk.throttle_filters.iter().zip(&plan.filters) {
        let props = Props::new("driver", "throttle")
            .with("node-name", node.as_str())
            .with("throttle-group", format!("throttle-{group}"))
            .with("file", top);
        e.blockdev(&props);
        top = node;
    }
    Ok(())
}

/// Emits the nodes of one image, after the objects it needs.
pub(super) fn emit_image(
    e: &mut Emit<'_>,
    image: &Image,
    nodes: &ImageNodes,
    access: Access,
    readonly: bool,
    below: Below<'_>,
    alias: &str,
) -> Done {
    let objects = Objects::of(e, image, || Ids::of_nodes(nodes, alias))?;
    objects.emit(e);
    let mut place = protocol::props(e, image, access, &objects, &nodes.storage, Form::Node)?;
    place.set("node-name", nodes.storage.as_str());
    let is_top = nodes.format.is_none();
    let top_readonly = is_top.then_some(readonly);
    protocol::common(e, &mut place, access, top_readonly.filter(|_| nodes.slice.is_none()));
    e.blockdev(&place);
    if let (Some(node), Some(slice)) = (&nodes.slice, &image.slice) {
        let mut props = Props::new("driver", "raw");
        if e.release().has(Convention::BlockdevCacheLast) {
            props.set("file", nodes.storage.as_str());
            props.set("offset", slice.offset).set("size", slice.size).set("node-name", node.as_str());
            protocol::common(e, &mut props, access, top_readonly);
        } else {
            props.set("node-name", node.as_str()).set("offset", slice.offset).set("size", slice.size);
            props.set("file", nodes.storage.as_str());
            props.set("auto-read-only", true).set("discard", "unmap");
            protocol::add_cache(&mut props, access);
        }
        e.blockdev(&props);
    }
    if nodes.format.is_some() {
        let props = format::props(image, nodes, access, &objects, readonly, below)?;
        e.blockdev(&props);
    }
    Ok(())
}
