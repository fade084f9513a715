//! Images that no disk has: a SCSI host device's, a firmware's.

use virtargv_caps::Cap;
use virtargv_model::Problem;
use virtargv_model::device::storage::Image;

use super::drive::add_file;
use super::format::Below;
use super::node::emit_image;
use super::objects::{Ids, Objects};
use super::protocol::{self, Form};
use super::{Access, ImageNodes};
use crate::emit::Emit;
use crate::{Props, Style};

/// Emits what a SCSI host device with that alias reads, and gives what its `drive=` is. `nth` counts these devices from
/// 0; `image` is its device node on the host or its iSCSI unit.
pub(crate) fn scsi_hostdev(
    e: &mut Emit<'_>,
    image: &Image,
    alias: &str,
    nth: u32,
    readonly: bool,
) -> Result<String, Problem> {
    if e.has(Cap::BlockdevHostdevScsi) {
        let node = format!("libvirt-{}-backend", e.plan.storage.next_node.saturating_add(nth));
        let objects = Objects::of(e, image, || Ids::of_hostdev(&node))?;
        objects.emit(e);
        let mut place = protocol::props(e, image, Access::default(), &objects, &node, Form::Node)?;
        place.set("node-name", node.as_str()).set("read-only", readonly);
        e.blockdev(&place);
        return Ok(node);
    }
    let drive = format!("drive-{alias}");
    let objects = Objects::of(e, image, || Ids::of_hostdev(alias))?;
    objects.emit(e);
    let mut props = Props::object();
    add_file(e, &mut props, image, Access::default(), &objects)?;
    props.set("if", "none").set("format", "raw").set("id", drive.as_str());
    if readonly {
        props.set("readonly", true);
    }
    e.line.option("-drive", props.to_pairs(Style::OnOff));
    Ok(drive)
}

/// Emits the nodes of an image that is no disk's, such as a firmware: `NAME-storage`, and `NAME-format` where
/// `with_format` asks for one or the image is more than its bytes. Gives the node that stands for it.
pub(crate) fn named_image(
    e: &mut Emit<'_>,
    image: &Image,
    name: &str,
    readonly: bool,
    with_format: bool,
) -> Result<String, Problem> {
    let with_format = with_format || super::needs_format(image, e.caps);
    let nodes = ImageNodes {
        storage: format!("{name}-storage"),
        format: with_format.then(|| format!("{name}-format")),
        ..ImageNodes::default()
    };
    emit_image(e, image, &nodes, Access::default(), readonly, Below::Nothing, name)?;
    Ok(nodes.top().to_owned())
}
