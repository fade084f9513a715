//! Completing documents in their own text, over the documents of the matrix.

#![allow(clippy::disallowed_methods, reason = "tests look at files")]

use std::path::Path;

use virtargv::{FixedHost, Release, Request, Secrets, builtin};

/// A document with a comment before every element, and with an element and an attribute that libvirt does not know.
fn with_own(text: &str) -> String {
    let text = text.replacen("</domain>", "<mine kept='1'/></domain>", 1);
    text.replace("\n  <", "\n  <!-- kept --><").replace("<!-- kept --></", "</")
}

/// The lines of a document: devices that were inserted can be in another place among those of the text.
fn lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

/// What completing inserts into a text is what was missing, and nothing of the text is lost.
#[test]
fn a_completed_text_says_what_the_completed_domain_says() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("matrix");
    let mut checked = 0;
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(directory).expect("the matrix").flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "xml") {
            continue;
        }
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let arch = virtargv::arch_of(&text).map_or("x86_64", |arch| arch.name());
        let Some(caps) = builtin::get(&format!("qemu-11.1-{arch}"), Release::V12_9) else { continue };
        let host = FixedHost::default();
        let request = Request::new(&caps, &host);
        let text = with_own(&text);
        let Ok(completed) = virtargv::complete(&text, &request) else { continue };
        let xml = completed.to_xml(Secrets::Shown);
        if virtargv::complete(&xml, &request).is_err() {
            // libvirt refuses its own document too, such as one with two USB controllers of model `none`.
            continue;
        }
        let in_text = completed.in_text(&text, Secrets::Shown);
        let kept = |text: &str| text.matches("<!-- kept -->").count() + text.matches("kept='1'").count();
        let same = virtargv::complete(&in_text, &request)
            .is_ok_and(|again| lines(&again.to_xml(Secrets::Shown)) == lines(&xml));
        if !same || kept(&in_text) != kept(&text) {
            wrong.push(path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default());
        }
        checked += 1;
    }
    assert!(checked > 200, "{checked}");
    assert!(wrong.is_empty(), "{} of {checked}: {wrong:?}", wrong.len());
}
