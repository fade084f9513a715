//! Defaults of `<seclabel>`.

use virtargv_model::YesNo;
use virtargv_model::security::SeclabelType;

use crate::Work;

/// Fills in every `<seclabel>`, and removes what only a running domain has.
pub(crate) fn apply(work: &mut Work<'_>) {
    let only_one = work.domain.security.labels.len() == 1;
    for label in &mut work.domain.security.labels {
        if only_one {
            label.model.get_or_insert_with(|| work.host.config().security_driver.clone());
        }
        // The security driver `none` has no labels.
        if label.model.as_deref() == Some("none") {
            label.kind = Some(SeclabelType::None);
            label.relabel = None;
            label.label = None;
            label.base_label = None;
        }
        if !work.options.live {
            label.image_label = None;
        }
        match label.kind.get_or_insert(SeclabelType::Dynamic) {
            SeclabelType::Dynamic => label.relabel = Some(YesNo::Yes),
            SeclabelType::Static => {
                label.relabel.get_or_insert(YesNo::No);
            }
            SeclabelType::None => label.relabel = None,
        }
    }
}
