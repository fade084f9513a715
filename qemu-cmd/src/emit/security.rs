//! `<launchSecurity>`.

use virtargv_caps::Convention;
use virtargv_model::YesNo;
use virtargv_model::security::{QuoteService, Sev, SevSnp, Tdx};

use super::context::Emit;
use crate::needs::{Content, Need, Role};
use crate::prepare::security::{Facts, SevBits};
use crate::{Props, Value};

/// The id of the `<launchSecurity>` object.
pub(crate) fn object_id(e: &Emit<'_>) -> &'static str {
    if e.release().has(Convention::LaunchSecurityIds) { "lsec0" } else { "sev0" }
}

/// Emits the `<launchSecurity>` object.
pub(crate) fn emit(e: &mut Emit<'_>) {
    let Some(launch) = &e.prepared.facts.security else { return };
    let id = object_id(e);
    let object = match launch {
        Facts::Sev(bits, sev) => self::sev(e, id, *bits, sev),
        Facts::SevSnp(bits, snp) => sev_snp(e, id, *bits, snp),
        Facts::Tdx(tdx) => self::tdx(e, id, tdx),
        Facts::S390Pv => Props::new("qom-type", "s390-pv-guest").with("id", id),
    };
    e.at_element("launchSecurity");
    e.object(object);
}

/// Adds `cbitpos=` and `reduced-phys-bits=`.
fn add_bits(e: &Emit<'_>, props: &mut Props, bits: SevBits) {
    e.need_path("/dev/sev", Role::Device);
    props.set("cbitpos", bits.cbitpos).set("reduced-phys-bits", bits.reduced_phys_bits);
}

fn sev(e: &Emit<'_>, id: &'static str, bits: SevBits, sev: &Sev) -> Props {
    let dir = e.directory();
    let file = |name: &str, content: Option<&String>| {
        let path = format!("{dir}/{name}.base64");
        let bytes = Content(content?.clone().into_bytes());
        e.need(Need::Content {
            path: path.clone(),
            content: bytes,
            purpose: "for the launch of a SEV guest",
        });
        Some(path)
    };
    let mut props = Props::new("qom-type", "sev-guest").with("id", id);
    add_bits(e, &mut props, bits);
    props
        .with("policy", Value::Hex(sev.policy.into()))
        .opt("dh-cert-file", file("dh_cert", sev.dh_cert.as_ref()))
        .opt("session-file", file("session", sev.session.as_ref()))
        .opt("kernel-hashes", sev.common.kernel_hashes.map(YesNo::is_yes))
}

fn sev_snp(e: &Emit<'_>, id: &'static str, bits: SevBits, snp: &SevSnp) -> Props {
    let mut props = Props::new("qom-type", "sev-snp-guest").with("id", id);
    add_bits(e, &mut props, bits);
    props
        .opt("kernel-hashes", snp.common.kernel_hashes.map(YesNo::is_yes))
        .with("policy", Value::Hex(snp.policy))
        .opt("guest-visible-workarounds", snp.guest_visible_workarounds.as_ref())
        .opt("id-block", snp.id_block.as_ref())
        .opt("id-auth", snp.id_auth.as_ref())
        .opt("host-data", snp.host_data.as_ref())
        .opt("author-key-enabled", snp.author_key.map(YesNo::is_yes))
        .opt("vcek-disabled", snp.vcek.map(|vcek| !vcek.is_yes()))
}

fn tdx(e: &Emit<'_>, id: &'static str, tdx: &Tdx) -> Props {
    let socket = tdx.quotes.as_ref().map(|quotes| {
        let path = quotes.path.as_deref().unwrap_or(QuoteService::DEFAULT_PATH);
        e.need_path(path, Role::Device);
        Props::new("type", "unix").with("path", path.to_owned())
    });
    Props::new("qom-type", "tdx-guest")
        .with("id", id)
        .opt("mrconfigid", tdx.mr_config_id.as_ref())
        .opt("mrowner", tdx.mr_owner.as_ref())
        .opt("mrownerconfig", tdx.mr_owner_config.as_ref())
        .opt("quote-generation-socket", socket)
        .opt("attributes", tdx.policy)
}
