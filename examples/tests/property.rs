//! A property test over the model: a function of one's own that changes domains is tried with guests of every kind.
//!
//! The strategies of `virtargv-strategies` make the guests, and shrink one for which a property does not hold.

#![allow(clippy::missing_docs_in_private_items, reason = "an example")]

use proptest::prelude::{prop_assert, prop_assert_eq, proptest};
use virtargv_model::Domain;
use virtargv_model::device::disk::DiskDevice;
use virtargv_strategies::{domain, plausible_domain};

/// The function under test: makes a copy of a guest under another name that cannot write to the original's disks.
fn spectator(domain: &Domain) -> Domain {
    let mut copy = domain.clone();
    copy.name = domain.name.as_ref().map(|name| format!("{name}-copy"));
    copy.uuid = None;
    for disk in &mut copy.devices.disks {
        disk.readonly = true;
    }
    copy
}

proptest! {
    /// What is written is read again as it was, without a problem.
    #[test]
    fn a_copy_is_a_domain((_, original) in plausible_domain()) {
        let copy = spectator(&original);
        let again = virtargv_model::parse(&virtargv_model::format(&copy));
        prop_assert!(again.report.is_empty(), "{}", again.report);
        prop_assert_eq!(again.value.as_deref(), Some(&copy));
    }

    /// Nothing is lost, whatever a document says.
    #[test]
    fn a_copy_has_all_devices(original in domain()) {
        let copy = spectator(&original);
        prop_assert_eq!(copy.devices.disks.len(), original.devices.disks.len());
        prop_assert!(copy.devices.disks.iter().all(|disk| disk.readonly));
        prop_assert!(copy.name != original.name || original.name.is_none());
        let cdroms = |domain: &Domain| domain.devices.disks.iter().filter(|disk| disk.device == Some(DiskDevice::Cdrom)).count();
        prop_assert_eq!(cdroms(&copy), cdroms(&original));
    }
}
