//! `<redirdev>`.

use virtargv_model::YesNo;
use virtargv_model::device::redirdev::{RedirFilter, RedirRule};

use super::address;
use super::chardev_source::Chardev;
use crate::Props;
use crate::emit::context::Emit;

/// Emits every `<redirdev>`.
pub(crate) fn emit(e: &mut Emit<'_>) {
    let devices = &e.domain().devices;
    let filter = devices.redir_filter.as_ref().filter(|filter| !filter.rules.is_empty()).map(filter_text);
    for redirdev in e.prepared.redirdevs() {
        e.at(redirdev);
        let alias = redirdev.alias;
        let chardev = Chardev::new(redirdev.facts, alias).spice_channel("usbredir").emit(e);
        let mut props = Props::new("driver", "usb-redir")
            .with("chardev", chardev)
            .with("id", alias)
            .opt("filter", filter.clone());
        address::add_bootindex(&mut props, &redirdev.info);
        address::add(&mut props, e, redirdev.address);
        e.device(props);
    }
}

/// `filter=`: `CLASS:VENDOR:PRODUCT:VERSION:ALLOW` for each rule, where `-1` matches any value.
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
