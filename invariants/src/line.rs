//! What holds for every command line: ids and addresses are unique, and QEMU reads of each option what was written.

use std::collections::{BTreeMap, BTreeSet};

use virtargv::CommandLine;

use crate::{Fault, fault, options};

/// Checks `line`. An id of `repeated` may be there twice: libvirt repeats it, and `check` warns of it.
///
/// # Errors
/// The first option with which something is wrong.
pub fn check(line: &CommandLine, repeated: &BTreeSet<String>) -> Result<(), Fault> {
    line.arguments.iter().try_for_each(options::check)?;
    unique(line, repeated)
}

/// Checks that no id and no address is used twice.
fn unique(line: &CommandLine, repeated: &BTreeSet<String>) -> Result<(), Fault> {
    let mut ids = BTreeMap::new();
    let mut places = BTreeMap::new();
    for argument in &line.arguments {
        let class = match argument.option.as_ref() {
            // Each of these options has its own namespace of ids.
            "-device" | "-object" | "-netdev" | "-chardev" | "-drive" | "-audiodev" | "-blockdev" => {
                argument.option.as_ref()
            }
            _ => continue,
        };
        let Some(text) = argument.value_text() else { continue };
        let props: BTreeMap<String, String> =
            options::read(&text).into_iter().filter_map(|(key, value)| Some((key?, value))).collect();
        let id = if class == "-blockdev" { "node-name" } else { "id" };
        if let Some(id) = props.get(id).filter(|id| !repeated.contains(*id)) {
            let before = ids.insert((class, id.clone()), text.clone());
            if let Some(before) = before {
                return Err(fault!("id-twice", "two have the id {id}: {before} and {text}"));
            }
        }
        if class == "-device"
            && let Some(place) = place(&props)
        {
            let before = places.insert(place.clone(), text.clone());
            if let Some(before) = before {
                return Err(fault!("address-twice", "two are at {place:?}: {before} and {text}"));
            }
        }
    }
    Ok(())
}

/// Where a device is.
fn place(props: &BTreeMap<String, String>) -> Option<Vec<String>> {
    const KEYS: &[&[&str]] = &[
        &["bus", "addr"],
        &["devno"],
        &["reg"],
        &["bus", "nr"],
        &["bus", "port"],
        &["bus", "channel", "scsi-id", "lun"],
        &["bus", "unit"],
    ];
    KEYS.iter().find_map(|keys| keys.iter().map(|key| Some(format!("{key}={}", props.get(*key)?))).collect())
}
