//! `<seclabel>`, `<launchSecurity>`, `<keywrap>`.

use crate::read::{self, AnyBase, El, Element, Reader, UNSUPPORTED_BEFORE_9_0, hex};
use crate::write::Writer;
use crate::{OnOff, Pos, YesNo};

pub(crate) mod label;

pub use label::{DeviceSeclabel, Seclabel, SeclabelType};

crate::rules! {
    /// A `<keywrap>` names each cipher once.
    KEYWRAP_CIPHER_TWICE = "keywrap-cipher-twice": Internal, Read,
        "`<keywrap><cipher name=>`: one state for `aes` and one for `dea`",
        help "keep one `<cipher>` of that name";
    /// A TDX guest has one quote generation service at most.
    TDX_QUOTES_TWICE = "tdx-quote-service-twice": Xml, Read,
        "`<launchSecurity type='tdx'><quoteGenerationService>`: `quote-generation-socket=` of `tdx-guest`",
        help "keep one `<quoteGenerationService>`", since "11.6";
}

/// `<seclabel>`, `<launchSecurity>`, `<keywrap>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Security {
    /// `<seclabel>`, one for each security model.
    pub labels: Vec<Seclabel>,
    /// `<launchSecurity>`
    pub launch: Option<LaunchSecurity>,
    /// Place of `<keywrap>` in the text.
    pub keywrap_pos: Pos,
    /// `<keywrap><cipher>`: the ciphers whose keys the guest can have wrapped (s390).
    pub keywrap: Keywrap,
}

/// `<keywrap>`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Keywrap {
    /// `<cipher name='aes' state=>`
    pub aes: Option<OnOff>,
    /// `<cipher name='dea' state=>`
    pub dea: Option<OnOff>,
}

spelled! {
    /// How the guest is protected from the host (`<launchSecurity type=>`).
    pub enum LaunchSecurityType {
        /// AMD Secure Encrypted Virtualization.
        Sev = "sev",
        /// AMD SEV with Secure Nested Paging.
        SevSnp = "sev-snp" since "10.5",
        /// IBM Secure Execution (protected virtualization).
        S390Pv = "s390-pv" since "7.6",
        /// Intel Trust Domain Extensions.
        Tdx = "tdx" since "11.6",
    }
}

spelled! {
    /// A cipher whose keys can be wrapped.
    pub enum KeywrapCipher {
        /// AES.
        Aes = "aes",
        /// DEA and TDEA.
        Dea = "dea",
    }
}

/// `<launchSecurity>`
#[derive(Debug, Clone, PartialEq)]
pub struct LaunchSecurity {
    /// Place of the element in the text.
    pub pos: Pos,
    /// The kind of protection and its settings.
    pub kind: LaunchSecurityKind,
}

/// The kind of launch security, with its settings.
#[derive(Debug, Clone, PartialEq)]
pub enum LaunchSecurityKind {
    /// `type='sev'`
    Sev(Sev),
    /// `type='sev-snp'`
    SevSnp(Box<SevSnp>),
    /// `type='s390-pv'`
    S390Pv,
    /// `type='tdx'`
    Tdx(Box<Tdx>),
}

impl LaunchSecurityKind {
    /// The settings that SEV and SEV-SNP have in common; `None` for other types.
    pub fn sev(&self) -> Option<&SevCommon> {
        match self {
            Self::Sev(sev) => Some(&sev.common),
            Self::SevSnp(snp) => Some(&snp.common),
            Self::S390Pv | Self::Tdx(_) => None,
        }
    }
}

/// The settings that SEV and SEV-SNP share.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SevCommon {
    /// `kernelHashes=`: whether the hashes of a directly booted kernel are measured.
    pub kernel_hashes: Option<YesNo>,
    /// `<cbitpos>`: the bit of a page table entry that marks an encrypted page.
    pub cbitpos: Option<u32>,
    /// `<reducedPhysBits>`: the number of physical address bits that encryption takes.
    pub reduced_phys_bits: Option<u32>,
}

/// AMD SEV.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sev {
    /// The settings that SEV-SNP has too.
    pub common: SevCommon,
    /// `<policy>`: the guest policy bits.
    pub policy: u32,
    /// `<dhCert>`: the guest owner's Diffie-Hellman key, in base64.
    pub dh_cert: Option<String>,
    /// `<session>`: the guest owner's session blob, in base64.
    pub session: Option<String>,
}

/// AMD SEV-SNP.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SevSnp {
    /// The settings that SEV has too.
    pub common: SevCommon,
    /// `authorKey=`: whether `<idAuth>` has an author key.
    pub author_key: Option<YesNo>,
    /// `vcek=`: whether the guest can choose the versioned chip endorsement key.
    pub vcek: Option<YesNo>,
    /// `<policy>`: the guest policy bits.
    pub policy: u64,
    /// `<guestVisibleWorkarounds>`, 16 bytes in base64.
    pub guest_visible_workarounds: Option<String>,
    /// `<idBlock>`: the ID block, 96 bytes in base64.
    pub id_block: Option<String>,
    /// `<idAuth>`: the ID authentication information, in base64.
    pub id_auth: Option<String>,
    /// `<hostData>`: data that the host gives the guest, 32 bytes in base64.
    pub host_data: Option<String>,
}

/// Intel TDX.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tdx {
    /// `<policy>`: the attributes of the trust domain, of which bits 0 (debug) and 28 (no #VE on pending pages) can be set.
    pub policy: Option<u64>,
    /// `<mrConfigId>`: the id of a configuration that is not the owner's, a SHA-384 digest in base64.
    pub mr_config_id: Option<String>,
    /// `<mrOwner>`: the id of the owner, a SHA-384 digest in base64.
    pub mr_owner: Option<String>,
    /// `<mrOwnerConfig>`: the id of a configuration of the owner, a SHA-384 digest in base64.
    pub mr_owner_config: Option<String>,
    /// `<quoteGenerationService>`: the service that signs the guest's reports.
    pub quotes: Option<QuoteService>,
}

/// `<quoteGenerationService>`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QuoteService {
    /// `path=`: its UNIX socket; without it, [`QuoteService::DEFAULT_PATH`].
    pub path: Option<String>,
}

impl QuoteService {
    /// The usual path of the service's socket.
    pub const DEFAULT_PATH: &str = "/var/run/tdx-qgs/qgs.socket";
}

impl LaunchSecurityKind {
    /// The settings that SEV and SEV-SNP share.
    pub fn sev_common_mut(&mut self) -> Option<&mut SevCommon> {
        match self {
            Self::Sev(sev) => Some(&mut sev.common),
            Self::SevSnp(snp) => Some(&mut snp.common),
            Self::S390Pv | Self::Tdx(_) => None,
        }
    }
}

impl Security {
    /// Reads `<seclabel>`, which libvirt reads before the devices.
    pub(crate) fn read_labels(domain: El<'_>, r: &mut Reader) -> Self {
        Self { labels: label::read_all(domain, r), ..Self::default() }
    }

    /// Reads `<launchSecurity>`, which libvirt reads among the devices.
    pub(crate) fn read_launch(&mut self, domain: El<'_>, r: &mut Reader) {
        self.launch = read::one(domain, "launchSecurity", r);
    }

    /// Reads `<keywrap>`, which libvirt reads after the devices.
    pub(crate) fn read_keywrap(&mut self, domain: El<'_>, r: &mut Reader) {
        if let Some(keywrap) = domain.child("keywrap") {
            self.keywrap_pos = keywrap.pos();
            self.keywrap = Keywrap::read(keywrap, r);
        }
    }

    pub(crate) fn write(&self, w: &mut Writer) {
        read::write_all(&self.labels, w);
        self.keywrap.write(w);
        read::write_opt(self.launch.as_ref(), w);
    }
}

impl Keywrap {
    fn read(el: El<'_>, r: &mut Reader) -> Self {
        let mut keywrap = Self::default();
        for cipher in el.children("cipher") {
            let classes = UNSUPPORTED_BEFORE_9_0;
            let name = r.required_as(classes, classes, cipher, "name");
            let state = r.required_as(classes, classes, cipher, "state");
            let (Some(name), Some(state)) = (name, state) else { continue };
            let slot = match name {
                KeywrapCipher::Aes => &mut keywrap.aes,
                KeywrapCipher::Dea => &mut keywrap.dea,
            };
            if slot.is_some() {
                let message = format!("`<keywrap>` has the cipher `{name}` more than once");
                r.refuse(&KEYWRAP_CIPHER_TWICE, cipher.pos(), message);
            }
            *slot = Some(state);
        }
        keywrap
    }

    fn write(self, w: &mut Writer) {
        w.element("keywrap").children_or_nothing(|w| {
            for (name, state) in [(KeywrapCipher::Aes, self.aes), (KeywrapCipher::Dea, self.dea)] {
                if let Some(state) = state {
                    w.element("cipher").attr("name", name).attr("state", state).empty();
                }
            }
        });
    }
}

impl Element for LaunchSecurity {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let kind = match r.required(el, "type")? {
            LaunchSecurityType::Sev => LaunchSecurityKind::Sev(Sev::read(el, r)),
            LaunchSecurityType::SevSnp => LaunchSecurityKind::SevSnp(Box::new(SevSnp::read(el, r))),
            LaunchSecurityType::S390Pv => LaunchSecurityKind::S390Pv,
            LaunchSecurityType::Tdx => LaunchSecurityKind::Tdx(Box::new(Tdx::read(el, r))),
        };
        Some(Self { pos: el.pos(), kind })
    }

    fn write(&self, w: &mut Writer) {
        let tag = w.element("launchSecurity");
        match &self.kind {
            LaunchSecurityKind::Sev(sev) => tag
                .attr("type", LaunchSecurityType::Sev)
                .opt("kernelHashes", sev.common.kernel_hashes)
                .children(|w| sev.write(w)),
            LaunchSecurityKind::SevSnp(snp) => tag
                .attr("type", LaunchSecurityType::SevSnp)
                .opt("kernelHashes", snp.common.kernel_hashes)
                .opt("authorKey", snp.author_key)
                .opt("vcek", snp.vcek)
                .children(|w| snp.write(w)),
            LaunchSecurityKind::S390Pv => tag.attr("type", LaunchSecurityType::S390Pv).empty(),
            LaunchSecurityKind::Tdx(tdx) => {
                tag.attr("type", LaunchSecurityType::Tdx).children(|w| tdx.write(w));
            }
        }
    }
}

/// The text of the mandatory `<policy>`.
fn read_policy<T: TryFrom<u64>>(el: El<'_>, r: &mut Reader) -> Option<T> {
    let policy = r.need(el, "policy")?;
    r.text::<AnyBase<T>>(policy).map(|number| number.0)
}

impl SevCommon {
    fn read(el: El<'_>, r: &mut Reader) -> Self {
        Self {
            kernel_hashes: r.attr_since("8.0", el, "kernelHashes"),
            cbitpos: r.child_text(el, "cbitpos"),
            reduced_phys_bits: r.child_text(el, "reducedPhysBits"),
        }
    }

    fn write(&self, w: &mut Writer) {
        w.opt_text_element("cbitpos", self.cbitpos);
        w.opt_text_element("reducedPhysBits", self.reduced_phys_bits);
    }
}

impl Sev {
    fn read(el: El<'_>, r: &mut Reader) -> Self {
        Self {
            policy: read_policy(el, r).unwrap_or_default(),
            common: SevCommon::read(el, r),
            dh_cert: el.child_text("dhCert"),
            session: el.child_text("session"),
        }
    }

    fn write(&self, w: &mut Writer) {
        self.common.write(w);
        w.text_element("policy", hex(self.policy, 4));
        w.opt_text_element("dhCert", self.dh_cert.as_ref());
        w.opt_text_element("session", self.session.as_ref());
    }
}

impl SevSnp {
    fn read(el: El<'_>, r: &mut Reader) -> Self {
        Self {
            common: SevCommon::read(el, r),
            author_key: r.attr(el, "authorKey"),
            vcek: r.attr(el, "vcek"),
            policy: read_policy(el, r).unwrap_or_default(),
            guest_visible_workarounds: el.child_text("guestVisibleWorkarounds"),
            id_block: el.child_text("idBlock"),
            id_auth: el.child_text("idAuth"),
            host_data: el.child_text("hostData"),
        }
    }

    fn write(&self, w: &mut Writer) {
        self.common.write(w);
        w.text_element("policy", hex(self.policy, 8));
        w.opt_text_element("guestVisibleWorkarounds", self.guest_visible_workarounds.as_ref());
        w.opt_text_element("idBlock", self.id_block.as_ref());
        w.opt_text_element("idAuth", self.id_auth.as_ref());
        w.opt_text_element("hostData", self.host_data.as_ref());
    }
}

impl Tdx {
    fn read(el: El<'_>, r: &mut Reader) -> Self {
        if let Some(second) = el.children("quoteGenerationService").nth(1) {
            let message = "`<launchSecurity>` has more than one `<quoteGenerationService>`";
            r.refuse_second(&TDX_QUOTES_TWICE, second, message);
        }
        Self {
            policy: r.child_text::<AnyBase<u64>>(el, "policy").map(|number| number.0),
            mr_config_id: el.child_text("mrConfigId"),
            mr_owner: el.child_text("mrOwner"),
            mr_owner_config: el.child_text("mrOwnerConfig"),
            quotes: el.child("quoteGenerationService").map(|el| QuoteService { path: el.string("path") }),
        }
    }

    fn write(&self, w: &mut Writer) {
        w.opt_text_element("policy", self.policy.map(|policy| hex(policy, 1)));
        w.opt_text_element("mrConfigId", self.mr_config_id.as_ref());
        w.opt_text_element("mrOwner", self.mr_owner.as_ref());
        w.opt_text_element("mrOwnerConfig", self.mr_owner_config.as_ref());
        if let Some(quotes) = &self.quotes {
            w.element("quoteGenerationService").opt("path", quotes.path.as_ref()).empty();
        }
    }
}
