//! Defaults of `<redirdev>`.

use virtargv_model::device::chardev_source::Backend;
use virtargv_model::device::redirdev::RedirdevBus;

use super::chardev::complete_source;
use crate::Work;

/// The default channel of USB devices that are redirected over D-Bus.
const DBUS_CHANNEL: &str = "org.qemu.usbredir";

/// Fills in every `<redirdev>`.
pub(crate) fn apply(work: &mut Work<'_>) {
    let live = work.options.live;
    for redirdev in &mut work.domain.devices.redirdevs {
        redirdev.bus.get_or_insert(RedirdevBus::Usb);
        complete_source(&mut redirdev.source, live);
        if let Backend::Dbus { channel } = &mut redirdev.source.backend {
            channel.get_or_insert_with(|| DBUS_CHANNEL.to_owned());
        }
    }
}
