//! `<redirdev>`.

use virtargv_model::YesNo;
use virtargv_model::device::redirdev::{RedirFilter, RedirRule};

use super::address;
use super::chardev_source::{self, HostEnd};
use crate::Props;
use crate::emit::{Done, Emit};

/// Emits `<redirdev>`.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    let devices = &e.domain().devices;
    let filter = devices.redir_filter.as_ref().filter(|filter| !filter.rules.is_empty()).map(filter_text);
    for redirdev in &devices.redirdevs {
        let alias = redirdev.info.alias.as_deref().unwrap_or_default();
        HostEnd::new(&redirdev.source, alias).spice_channel("usbredir").emit(e)?;
        let mut props = Props::new("driver", "usb-redir")
            .with("chardev", chardev_source::id(alias))
            .with("id", alias)
            .opt("filter", filter.as_ref());
        address::add_bootindex(&mut props, redirdev.info.boot.as_ref().map(|b| b.order));
        address::add(&mut props, e, &redirdev.info)?;
        e.device(&props);
    }
    Ok(())
}

/// `CLASS:VENDOR:PRODUCT:VERSION:ALLOW` for each rule, `-1` where anything fits.
fn filter_text(filter: &RedirFilter) -> String {
    let rules: Vec<String> = filter.rules.iter().map(rule_text).collect();
    rules.join("|")
}

fn rule_text(rule: &RedirRule) -> String {
    let any = || "-1".to_owned();
    let four = |n: Option<u16>| n.map_or_else(any, |n| format!("0x{n:04X}"));
    let class = rule.class.map_or_else(any, |n| format!("0x{n:02X}"));
    let (vendor, product, version) = (four(rule.vendor), four(rule.product), four(rule.version));
    let allow = u8::from(rule.allow == Some(YesNo::Yes));
    format!("{class}:{vendor}:{product}:{version}:{allow}")
}
