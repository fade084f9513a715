//! `<os>`: firmware.

use virtargv_host::HostError;
use virtargv_model::os::{Firmware, LoaderType};
use virtargv_model::{Spelled as _, YesNo};

use super::{Part, Work};

/// `<os>`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OsCapabilities {
    /// The kinds of firmware that `<os firmware=>` selects automatically.
    pub firmware: Vec<Firmware>,
    /// What the firmware can be asked for by `<firmware><feature>`; `None` where the release does not print it.
    pub firmware_features: Option<FirmwareFeatures>,
    /// `<loader>`
    pub loader: LoaderCapabilities,
    /// Whether firmware can have a variable store in QEMU's device `uefi-vars`; `None` where the release does not print it.
    pub varstore: Option<bool>,
}

/// The values of firmware features that some firmware has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirmwareFeatures {
    /// `secure-boot`
    pub secure_boot: Vec<YesNo>,
    /// `enrolled-keys`
    pub enrolled_keys: Vec<YesNo>,
}

/// `<loader>`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoaderCapabilities {
    /// The firmware images.
    pub images: Vec<String>,
    /// `type=`
    pub kinds: Vec<LoaderType>,
    /// `readonly=`
    pub readonly: Vec<YesNo>,
    /// `secure=`
    pub secure: Vec<YesNo>,
}

pub(super) fn os(work: &mut Work<'_>) -> OsCapabilities {
    let offered = virtargv_resolve::firmware_offered(&work.guest, work.host);
    let offered = offered.unwrap_or_else(|error| {
        work.unanswered(&error);
        virtargv_resolve::FirmwareOffered::default()
    });
    if offered.images.is_empty() && work.host.config().nvram.iter().any(|(image, _)| unknown(work, image)) {
        work.unanswered(&HostError::Unknown("its files"));
    }
    let values = |(yes, no): (bool, bool)| {
        [(yes, YesNo::Yes), (no, YesNo::No)].into_iter().filter_map(|(has, value)| has.then_some(value))
    };
    let tells_features = work.writes(Part::FirmwareFeatures);
    OsCapabilities {
        firmware_features: tells_features.then(|| FirmwareFeatures {
            secure_boot: values(offered.secure_boot).collect(),
            enrolled_keys: values(offered.enrolled_keys).collect(),
        }),
        varstore: tells_features
            .then(|| offered.has_varstore && work.caps.has(virtargv_caps::Cap::DeviceUefiVars)),
        firmware: offered.kinds,
        loader: LoaderCapabilities {
            images: offered.images,
            kinds: LoaderType::ALL.to_vec(),
            readonly: YesNo::ALL.to_vec(),
            secure: values((offered.needs_smm, true)).collect(),
        },
    }
}

fn unknown(work: &Work<'_>, image: &str) -> bool {
    matches!(work.host.files().stat(image), Err(HostError::Unknown(_)))
}
