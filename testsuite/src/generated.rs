//! Generated documents, which break rules on size and are too large for fixtures.

use virtargv::{Caps, FixedHost, MAX_DOCUMENT, Release, Report, Request, builtin};

/// A generated document, with the rule that it breaks.
#[derive(Debug, Clone, Copy)]
pub struct Generated {
    /// The id of the rule.
    pub rule: &'static str,
    /// The built-in set of capabilities.
    pub qemu: &'static str,
    /// Generates the document.
    pub document: fn() -> String,
}

/// All generated documents.
pub const GENERATED: &[Generated] = &[
    Generated { rule: "document-size", qemu: "qemu-10.0-x86_64", document: too_long },
    Generated { rule: "ccw-address-full", qemu: "qemu-10.0-s390x", document: too_many_ccw_devices },
];

impl Generated {
    /// The problems of the document under the latest release.
    ///
    /// # Errors
    /// There is no such set of capabilities.
    pub fn report(&self) -> Result<Report, String> {
        let release = Release::default();
        let caps: Caps =
            builtin::get(self.qemu, release).ok_or_else(|| format!("no built-in set '{}'", self.qemu))?;
        Ok(virtargv::run(&(self.document)(), &Request::new(&caps, &FixedHost::default())).report)
    }
}

fn too_long() -> String {
    format!("<domain type='qemu'><!--{}--></domain>", " ".repeat(MAX_DOCUMENT))
}

/// One device more than the 4 * 65536 device numbers of a channel subsystem.
fn too_many_ccw_devices() -> String {
    let devices = "<input type='mouse' bus='virtio'/>".repeat(4 * 65536 + 1);
    format!(
        "<domain type='qemu'><name>full</name><memory>65536</memory>
           <os><type arch='s390x' machine='s390-ccw-virtio'>hvm</type></os>
           <devices>{devices}</devices></domain>"
    )
}
