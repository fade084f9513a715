//! `<zpci>`: the ids by which s390 guests know PCI functions.

use foldhash::HashSet;
use virtargv_model::Class;
use virtargv_model::device::{DeviceId, DeviceKind};
use virtargv_model::info::{Address, Zpci};

use super::{Placer, Refused};
use crate::rules;

/// The used ids.
#[derive(Debug, Default)]
pub(super) struct Ids {
    uids: HashSet<u32>,
    fids: HashSet<u32>,
    /// The lowest uid and fid that can be free.
    low: (u32, u32),
}

impl Ids {
    /// Takes the ids of `zpci`; missing ids are chosen.
    fn take(&mut self, zpci: Zpci) -> Result<Zpci, String> {
        let (low_uid, low_fid) = self.low;
        let uid = zpci.uid.or_else(|| (low_uid.max(1)..=0xffff).find(|uid| !self.uids.contains(uid)));
        let fid = zpci.fid.or_else(|| (low_fid..=u32::MAX).find(|fid| !self.fids.contains(fid)));
        let (Some(uid), Some(fid)) = (uid, fid) else {
            return Err("there is no free `uid` or `fid` for a `zpci` address".to_owned());
        };
        if zpci.uid.is_none() {
            self.low.0 = uid;
        }
        if zpci.fid.is_none() {
            self.low.1 = fid;
        }
        if !self.uids.insert(uid) {
            return Err(format!("two devices have the zpci `uid='{uid:#06x}'`"));
        }
        if !self.fids.insert(fid) {
            return Err(format!("two devices have the zpci `fid='{fid:#010x}'`"));
        }
        Ok(Zpci { uid: Some(uid), fid: Some(fid) })
    }
}

impl Placer<'_, '_> {
    /// Takes the ids in the document, and completes those of which it has one.
    pub(super) fn collect_zpci(&mut self) -> Result<(), Refused> {
        self.each_zpci(|_, zpci| zpci.uid.is_some() || zpci.fid.is_some(), true)
    }

    /// Chooses the ids of all other PCI devices, except of the PCI controllers with the indexes `later`: those that
    /// were added get theirs after all others.
    pub(super) fn complete_zpci(&mut self, later: &[u32]) -> Result<(), Refused> {
        let store = !self.buses.grows();
        let controllers = self.devices().controllers.iter().enumerate();
        let later: Vec<usize> = controllers
            .filter(|(_, c)| c.pci().is_some() && later.contains(&c.number()))
            .map(|(index, _)| index)
            .collect();
        let skipped = |id: DeviceId| id.kind == DeviceKind::Controller && later.contains(&id.index);
        self.each_zpci(|id, zpci| !skipped(id) && (zpci.uid.is_none() || zpci.fid.is_none()), store)
    }

    fn each_zpci(&mut self, wanted: impl Fn(DeviceId, &Zpci) -> bool, store: bool) -> Result<(), Refused> {
        if self.zpci.is_none() {
            return Ok(());
        }
        let on_pci: Vec<(DeviceId, Zpci)> = self
            .devices()
            .infos()
            .filter(|(id, _)| !is_chardev(id.kind))
            .filter_map(|(id, info)| Some((id, info.pci()?.zpci.unwrap_or_default())))
            .filter(|(id, zpci)| wanted(*id, zpci))
            .collect();
        for (id, zpci) in on_pci {
            if let Some(uid) = zpci.uid.filter(|uid| !(1..=0xFFFF).contains(uid)) {
                let info = self.work.domain.devices.info(id);
                let place = info.map(|info| info.pos.path("address/zpci/@uid")).unwrap_or_default();
                let message = format!("zpci address has `uid='{uid:#06x}'`, expected `0x0001` to `0xffff`");
                self.work.refuse(&rules::ZPCI_UID_RANGE, place, message);
                return Err(Refused);
            }
            let Some(ids) = &mut self.zpci else { continue };
            let taken = ids.take(zpci).map_err(|message| self.refused(id, Class::Internal, message))?;
            if store
                && let Some(info) = self.work.domain.devices.info_mut(id)
                && let Some(Address::Pci(pci)) = &mut info.address
            {
                pci.zpci = Some(taken);
            }
        }
        Ok(())
    }
}

/// Whether it is a character device, which has no zPCI ids.
fn is_chardev(kind: DeviceKind) -> bool {
    matches!(kind, DeviceKind::Serial | DeviceKind::Parallel | DeviceKind::Channel | DeviceKind::Console)
}
