//! Lints on channels.

use virtargv_model::Edit;
use virtargv_model::advice::Message;
use virtargv_model::device::chardev::ChannelTarget;
use virtargv_model::device::chardev_source::SourceType;

use super::{Context, Found};

virtargv_model::rules! {
    /// A virtio channel has a name.
    UNNAMED = "channel-unnamed": Plain, Validate,
        "`<channel><target type='virtio' name=>`: the guest agent looks for the port of its name, and libvirt knows the agent's channel by it",
        help "add `name='org.qemu.guest_agent.0'` for the guest agent, or the name that the program in the guest looks for", severity Warning;
}

pub(super) fn check(cx: &Context<'_>, out: &mut Found) {
    for channel in &cx.domain.devices.channels {
        let ChannelTarget::Virtio { name: None, .. } = &channel.target else { continue };
        // libvirt gives the channel of SPICE's agent its name.
        if [SourceType::SpiceVmc, SourceType::QemuVdagent].contains(&channel.source.kind()) {
            continue;
        }
        let message = Message::new("the virtio channel has no name, so no program in the guest finds it");
        let edit = Edit::attribute(channel.info.pos.path("target"), "name", "org.qemu.guest_agent.0");
        let is_for_agent = cx.domain.devices.channels.len() == 1 && channel.source.kind() == SourceType::Unix;
        out.push(
            &UNNAMED,
            channel.info.pos.path("target"),
            if is_for_agent { message.with_edit(edit) } else { message },
        );
    }
}
