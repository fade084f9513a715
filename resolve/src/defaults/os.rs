//! Defaults of `<os>`, `<uuid>` and `<emulator>`.

use virtargv_caps::Arch;
use virtargv_host::Host;
use virtargv_model::os::BootDev;
use virtargv_model::{Domain, Implied, Uuid, VirtType};

use crate::Work;

/// Fills in architecture, machine type, UUID and emulator.
pub(super) fn apply(work: &mut Work<'_>) {
    if !work.options.live {
        drop_generated_aliases(&mut work.domain);
        work.domain.id = None;
    }
    let os = &mut work.domain.os;
    match os.os_type.as_deref() {
        None => os.os_type = Some("hvm".into()),
        // An earlier word for paravirtualized Xen guests.
        Some("linux") if work.domain.virt_type == Some(VirtType::Xen) => os.os_type = Some("xen".into()),
        Some(_) => {}
    }
    // A rule refuses an unknown architecture.
    if os.arch.as_deref().is_none_or(|arch| arch.parse::<Arch>().is_ok()) {
        os.arch = Some(work.guest.arch.name().into());
    }
    os.machine = Some(work.guest.machine.clone());
    boot(&mut work.domain);
    let host = work.host;
    if let Some(genid @ None) = &mut work.domain.genid {
        *genid = Some(random_uuid(host));
    }
    if work.domain.uuid.is_none() {
        work.domain.uuid = Some(work.options.uuid.unwrap_or_else(|| random_uuid(host)));
        work.domain.uuid_implied = Implied::by("a domain has a UUID");
    }
    if work.domain.devices.emulator.is_none() {
        // Where the host does not know its QEMU, it is the one that the capabilities were taken from.
        let path =
            host.machine().emulator(work.guest.arch).unwrap_or_else(|_| work.caps.emulator().to_owned());
        work.domain.devices.emulator = Some(path);
    }
    crate::firmware::complete(work);
}

/// Removes generated aliases, which come from a running domain. User aliases (`ua-`) are kept.
fn drop_generated_aliases(domain: &mut Domain) {
    domain.devices.for_each_info_mut(&mut |_, info| {
        let own =
            info.alias.as_deref().and_then(|alias| alias.strip_prefix("ua-")).is_some_and(|rest| {
                rest.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
            });
        if !own {
            info.alias = None;
        }
    });
}

/// Fills in the boot order: without one, the guest boots from the first disk.
fn boot(domain: &mut Domain) {
    let hvm = domain.os.os_type.as_deref() == Some("hvm");
    let per_device = domain.devices.infos().any(|(_, info)| info.boot.is_some());
    if hvm && domain.os.boot_devs.is_empty() && !per_device {
        domain.os.boot_devs.push(BootDev::Disk);
    }
}

/// Generates a random UUID.
pub(super) fn random_uuid(host: &dyn Host) -> Uuid {
    let mut bytes = [0; 16];
    host.random(&mut bytes);
    Uuid::from_random(bytes)
}
