//! `<throttlegroups>`: the limits of each group.

use virtargv_model::device::disk::{Iotune, THROTTLEGROUP_NAME};
use virtargv_model::{Pos, Problem};

use super::context::{Prepare, broken};
use crate::text::{Text, text};

/// A prepared throttle group.
#[derive(Debug)]
pub(crate) struct Group {
    /// Place of the `<throttlegroup>` in the text.
    pub pos: Pos,
    /// The id of the object.
    pub id: Text,
    /// The limits, with QEMU's names.
    pub limits: Vec<(String, u64)>,
}

/// Prepares every `<throttlegroup>`.
pub(crate) fn prepare(cx: &Prepare<'_>) -> Result<Vec<Group>, Problem> {
    let groups = cx.domain.throttle_groups.iter();
    groups
        .map(|group| {
            let name = group.0.group_name.as_ref().ok_or_else(|| {
                let message = "`<throttlegroup>` has no `group_name=`";
                broken(cx.release(), &THROTTLEGROUP_NAME, cx.domain.pos.path("throttlegroups"), message)
            })?;
            // libvirt leaves out lengths of bursts that are 0.
            let limits = limits(&group.0).filter(|(limit, value)| *value > 0 || !limit.ends_with("-length"));
            Ok(Group { pos: group.0.pos, id: throttle_group_id(name), limits: limits.collect() })
        })
        .collect()
}

/// The id of the throttle group `name`.
pub(crate) fn throttle_group_id(name: &str) -> Text {
    text!("throttle-", name)
}

/// The limits with QEMU's names, in QEMU's order.
pub(crate) fn limits(tune: &Iotune) -> impl Iterator<Item = (String, u64)> {
    tune.limits().into_iter().map(|(name, value)| (qemu_name(name), value))
}

/// QEMU's name of a limit of `<iotune>`: `total_bytes_sec_max` is `bps-total-max`.
fn qemu_name(name: &str) -> String {
    if name == "size_iops_sec" {
        return "iops-size".to_owned();
    }
    let (which, rest) = name.split_once('_').unwrap_or(("", name));
    let (unit, rest) = match rest.strip_prefix("bytes_sec") {
        Some(rest) => ("bps", rest),
        None => ("iops", rest.strip_prefix("iops_sec").unwrap_or(rest)),
    };
    [unit, "-", which, &rest.replace('_', "-")].concat()
}

#[cfg(test)]
mod tests {
    use super::qemu_name;

    fn check(name: &str, expected: &str) {
        assert_eq!(qemu_name(name), expected);
    }

    #[test]
    fn limits_have_other_names_in_qemu() {
        check("total_bytes_sec", "bps-total");
        check("read_iops_sec_max", "iops-read-max");
        check("write_bytes_sec_max_length", "bps-write-max-length");
        check("size_iops_sec", "iops-size");
    }
}
