//! The domain itself.

use virtargv_model::Domain;

use super::compared::{At, Out, Row, Value, row};

virtargv_model::rules! {
    /// The guest keeps its hypervisor.
    TYPE = "abi-domain-type": Unsupported, Validate,
        "`<domain type=>`: the state of a guest of KVM is not that of one that is emulated",
        help "set `type=` as in the source";
    /// The guest keeps its UUID.
    UUID = "abi-uuid": Unsupported, Validate,
        "`<uuid>`: the guest reads it from the SMBIOS table of type 1, and libvirt knows the domain by it",
        help "set `<uuid>` as in the source";
    /// The guest keeps whether it has a generation id.
    GENID_PRESENT = "abi-genid-present": Unsupported, Validate,
        "`<genid>`: the device `vmgenid`",
        help "add or remove `<genid>` as in the source";
    /// The guest keeps its generation id.
    GENID = "abi-genid": Unsupported, Validate,
        "`<genid>`: a guest whose id changes takes itself for a clone or an older snapshot",
        help "set `<genid>` as in the source";
    /// The guest keeps its name.
    NAME = "abi-name": Unsupported, Validate,
        "`<name>`: the guest does not see it, but QEMU's files on the host are named after it",
        help "set `<name>` as in the source, and rename the domain with `virsh domrename`";
}

const ROWS: &[Row<Domain>] = &[
    row(&TYPE, "@type", |domain| Value::word(domain.virt_type)),
    row(&UUID, "uuid", |domain| Value::text(domain.uuid.as_ref())),
    row(&GENID_PRESENT, "genid", |domain| Value::there(domain.genid.is_some())),
];

const NAMES: &[Row<Domain>] = &[row(&NAME, "name", |domain| Value::text(domain.name.as_ref()))];

/// Compares the children of `<domain>` that have no file of their own.
pub(super) fn compare(source: &Domain, target: &Domain, out: &mut Out) {
    let at = At::of("domain", source.pos, target.pos);
    out.rows(&at, ROWS, source, target);
    if let (Some(before), Some(after)) = (&source.genid, &target.genid) {
        let text = |id: &Option<virtargv_model::Uuid>| Value::text(id.as_ref());
        out.value(&GENID, &at, "genid", &text(before), &text(after));
    }
    out.rows(&at, NAMES, source, target);
}
