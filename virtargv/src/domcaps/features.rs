//! `<features>`

use virtargv_caps::{Accel, Cap, GicVersion, Sgx};
use virtargv_host::SevGuests;
use virtargv_model::Spelled as _;
use virtargv_model::features::HypervFeature;
use virtargv_model::security::LaunchSecurityType;
use virtargv_validate::offered;

use super::{Part, Work};

/// `<features>`. A feature is `None` where the release does not print it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureCapabilities {
    /// `<gic>`: the versions of Arm's interrupt controller; without one it is not supported.
    pub gic: Vec<GicVersion>,
    /// `<vmcoreinfo>`
    pub vmcoreinfo: bool,
    /// `<genid>`
    pub genid: bool,
    /// `<backingStoreInput>`: whether `<backingStore>` of a disk decides on its backing chain.
    pub backing_store_input: bool,
    /// `<backup>`: whether there are incremental backups.
    pub backup: bool,
    /// `<async-teardown>`
    pub async_teardown: Option<bool>,
    /// `<s390-pv>`
    pub s390_pv: Option<bool>,
    /// `<ps2>`: whether the PS/2 controller can be disabled.
    pub ps2: Option<bool>,
    /// `<tdx>`
    pub tdx: Option<bool>,
    /// `<sev>`; `None` where it is not supported.
    pub sev: Option<SevCapabilities>,
    /// `<sgx>`: `None` where the release does not print it, `Some(None)` where it is not supported.
    pub sgx: Option<Option<Sgx>>,
    /// `<hyperv>`: the enlightenments, where they are known.
    pub hyperv: Option<Vec<HypervFeature>>,
    /// `<launchSecurity>`: the types; without one it is not supported.
    pub launch_security: Option<Vec<LaunchSecurityType>>,
}

/// `<sev>`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SevCapabilities {
    /// The bit of a page table entry that marks an encrypted page.
    pub cbitpos: u32,
    /// The number of physical address bits that encryption takes.
    pub reduced_phys_bits: u32,
    /// How many guests it protects; `None` where the host does not know, or the release does not print it.
    pub guests: Option<SevGuests>,
    /// The id of the first CPU, in base64.
    pub cpu0_id: Option<String>,
}

pub(super) fn features(work: &mut Work<'_>) -> FeatureCapabilities {
    let sev = sev(work);
    let types = || {
        work.words(|kind| {
            let is_sev = matches!(kind, LaunchSecurityType::Sev | LaunchSecurityType::SevSnp);
            offered::launch_security(|cap| work.has(cap), kind) && (!is_sev || sev.is_some())
        })
    };
    let launches = |kind| types().contains(&kind);
    let pv = work.writes(Part::S390PvEverywhere) || work.guest.arch.is_s390() && work.writes(Part::S390Pv);
    FeatureCapabilities {
        gic: gic(work),
        vmcoreinfo: work.has(Cap::DeviceVmcoreinfo),
        genid: work.has(Cap::DeviceVmgenid),
        backing_store_input: work.has(Cap::Blockdev),
        // The flag was retired later than the last version that ran such a QEMU.
        backup: if work.version == work.release.version() {
            work.has(Cap::IncrementalBackup)
        } else {
            work.caps.listed_flags().has(Cap::IncrementalBackup)
        },
        async_teardown: work.writes(Part::AsyncTeardown).then(|| work.has(Cap::RunWithAsyncTeardown)),
        s390_pv: pv.then(|| launches(LaunchSecurityType::S390Pv)),
        ps2: work
            .writes(Part::Ps2)
            .then(|| work.guest.has_ps2_controller() && work.has(Cap::MachineI8042Opt)),
        tdx: work.writes(Part::Tdx).then(|| launches(LaunchSecurityType::Tdx)),
        sgx: work.writes(Part::Sgx).then(|| work.caps.sgx().cloned()),
        hyperv: work
            .caps
            .hyperv()
            .filter(|_| work.writes(Part::Hyperv))
            .map(|known| work.words(|feature: HypervFeature| known.has(feature.as_str()))),
        launch_security: work.writes(Part::LaunchSecurity).then(types),
        sev,
    }
}

/// The versions that KVM provides, or QEMU emulates.
fn gic(work: &Work<'_>) -> Vec<GicVersion> {
    if !work.guest.is_arm_virt() {
        return Vec::new();
    }
    let offers = work.caps.gics().iter().filter(|gic| match work.guest.accel {
        Accel::Kvm => gic.kernel,
        Accel::Tcg => gic.emulated,
        Accel::Hvf => false,
    });
    let mut versions: Vec<GicVersion> = offers.map(|gic| gic.version).collect();
    versions.sort();
    versions
}

fn sev(work: &mut Work<'_>) -> Option<SevCapabilities> {
    let told = work.caps.sev()?.clone();
    let guests = if work.writes(Part::SevGuests) { work.ask(work.host.cpu().sev_guests()) } else { None };
    Some(SevCapabilities {
        cbitpos: told.cbitpos,
        reduced_phys_bits: told.reduced_phys_bits,
        guests,
        cpu0_id: told.cpu0_id.filter(|_| work.writes(Part::SevCpu0)).map(String::from),
    })
}
