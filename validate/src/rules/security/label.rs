//! Rules on `<seclabel>` of the domain and of sources.

use virtargv_model::YesNo;
use virtargv_model::security::DeviceSeclabel;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// A security label of a source needs a domain that relabels.
    RELABEL = "disk-relabel": Unsupported, Validate,
        "`<source><seclabel>`: a label of one source overrides that of the domain with the same model, which must not have `relabel='no'`",
        help "set `relabel='yes'` on the domain's `<seclabel>`, or remove the label of the source";
}

/// A security label of a source overrides that of the domain, which has to relabel.
pub(in crate::rules) fn check<'a>(
    cx: &Context<'_>,
    labels: impl IntoIterator<Item = &'a DeviceSeclabel>,
    out: &mut Findings<'_>,
) {
    for label in labels {
        let overridden = cx.domain.security.labels.iter().filter(|domain| domain.model == label.model);
        if overridden.into_iter().any(|domain| domain.relabel == Some(YesNo::No)) {
            let message = "`<seclabel>` of a source needs `relabel='yes'` on the `seclabel` of the domain";
            out.refuse(&RELABEL, label.pos, message);
        }
    }
}
