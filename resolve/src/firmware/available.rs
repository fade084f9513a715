//! The firmware that a host has for a kind of guest, whatever a document asks for.

use virtargv_host::{Answer, Host, HostError};
use virtargv_model::os::Firmware;

use super::descriptor::{self, Descriptor, Mapping};
use crate::Guest;

/// What the firmware descriptors of a host offer to a kind of guest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FirmwareOffered {
    /// The kinds for `<os firmware=>`, in the order of the domain format.
    pub kinds: Vec<Firmware>,
    /// The images for `<loader>`, those of earlier descriptors first. Without descriptors for the guest, they are those of
    /// the driver's setting `nvram` that are there.
    pub images: Vec<String>,
    /// Whether some firmware needs system management mode (`<loader secure='yes'>`).
    pub needs_smm: bool,
    /// Whether some firmware has secure boot, and whether some has not; none of both without descriptors for the guest.
    pub secure_boot: (bool, bool),
    /// The same for keys that are enrolled in its template of the variable store.
    pub enrolled_keys: (bool, bool),
    /// Whether some firmware has a variable store for QEMU's device `uefi-vars` (`<varstore>`).
    pub has_varstore: bool,
}

/// The firmware of `host` for `guest`.
///
/// # Errors
/// Where the host does not know its files. A single image is taken to be there where a descriptor names it and the host does not
/// know; one of the setting `nvram` is not.
pub fn available(guest: &Guest, host: &dyn Host) -> Answer<FirmwareOffered> {
    let descriptors = descriptor::all(host)?;
    let mut offered = FirmwareOffered::default();
    let mut pairs = 0_usize;
    for descriptor in descriptors.iter().filter(|descriptor| descriptor.is_for(guest)) {
        offered.add(descriptor, host, &mut pairs);
    }
    if pairs == 0 {
        let listed = host.config().nvram.iter().map(|(image, _)| image);
        let there = listed.filter(|image| host.files().stat(image).is_ok());
        offered.images = there.cloned().collect();
        offered.images.dedup();
    }
    offered.kinds.sort();
    offered.kinds.dedup();
    Ok(offered)
}

impl FirmwareOffered {
    fn add(&mut self, descriptor: &Descriptor, host: &dyn Host, pairs: &mut usize) {
        self.kinds.extend(&descriptor.interfaces);
        self.needs_smm |= descriptor.has("requires-smm");
        for (feature, told) in
            [("secure-boot", &mut self.secure_boot), ("enrolled-keys", &mut self.enrolled_keys)]
        {
            if descriptor.has(feature) {
                told.0 = true;
            } else {
                told.1 = true;
            }
        }
        let image = match &descriptor.mapping {
            Mapping::Flash { executable, .. } => &executable.path,
            Mapping::Memory { path, store } => {
                self.has_varstore |= store.is_some();
                path
            }
            Mapping::Kernel(_) => return,
        };
        *pairs = pairs.saturating_add(1);
        let missing =
            matches!(host.files().stat(image), Err(HostError::NotFound { .. } | HostError::Failed { .. }));
        if !missing && !self.images.contains(image) {
            self.images.push(image.clone());
        }
    }
}
