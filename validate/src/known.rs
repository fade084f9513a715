//! What rules look up for every device: tables of the completed domain, each made when a rule first asks for it.
//!
//! A rule that searched the domain for each device would take square time.

use std::cell::OnceCell;

use foldhash::{HashMap, HashSet};
use virtargv_model::Domain;
use virtargv_model::device::audio::Audio;
use virtargv_model::device::controller::{Controller, ControllerType};
use virtargv_model::device::graphics::{Graphics, GraphicsType};
use virtargv_model::device::video::VideoModel;

/// The tables.
pub(crate) struct Known<'a> {
    domain: &'a Domain,
    /// The index of the first `<audio>` with each id.
    audios: OnceCell<HashMap<u32, usize>>,
    iothreads: OnceCell<HashSet<u32>>,
    throttle_groups: OnceCell<HashSet<String>>,
    displays: OnceCell<HashSet<GraphicsType>>,
    /// Whether there is a video device of model `none`.
    no_video: OnceCell<bool>,
    /// The index of the first controller of each type with each `index=`.
    controllers: OnceCell<HashMap<(ControllerType, u32), usize>>,
    /// The `index=` of the USB controllers that are no companions.
    masters: OnceCell<HashSet<Option<u32>>>,
}

impl<'a> Known<'a> {
    pub(crate) fn of(domain: &'a Domain) -> Self {
        Self {
            domain,
            audios: OnceCell::new(),
            iothreads: OnceCell::new(),
            throttle_groups: OnceCell::new(),
            displays: OnceCell::new(),
            no_video: OnceCell::new(),
            controllers: OnceCell::new(),
            masters: OnceCell::new(),
        }
    }

    /// The first `<audio>` with this id.
    pub(crate) fn audio(&self, id: u32) -> Option<&'a Audio> {
        let all = &self.domain.devices.audios;
        // Of several with an id the first stays.
        let indexes = || all.iter().enumerate().rev().map(|(index, audio)| (audio.id, index)).collect();
        all.get(*self.audios.get_or_init(indexes).get(&id)?)
    }

    /// Whether `<iothreadids>` has an iothread with this id.
    pub(crate) fn has_iothread(&self, id: u32) -> bool {
        let all = || self.domain.tune.iothreads.list.iter().map(|thread| thread.id).collect();
        self.iothreads.get_or_init(all).contains(&id)
    }

    /// Whether `<throttlegroups>` has a group of this name.
    pub(crate) fn has_throttle_group(&self, name: &str) -> bool {
        let all = || {
            let names = self.domain.throttle_groups.iter().map(|group| group.0.group_name.clone());
            names.flatten().collect()
        };
        self.throttle_groups.get_or_init(all).contains(name)
    }

    /// Whether there is a `<video>` of model `none`.
    pub(crate) fn has_no_video(&self) -> bool {
        let mut videos = self.domain.devices.videos.iter();
        *self.no_video.get_or_init(|| videos.any(|video| video.model == Some(VideoModel::None)))
    }

    /// The first controller of this type with this `index=`.
    pub(crate) fn controller(&self, kind: ControllerType, index: u32) -> Option<&'a Controller> {
        let all = &self.domain.devices.controllers;
        let keys = || {
            let keys = all.iter().enumerate().rev();
            keys.filter_map(|(at, c)| Some(((c.controller_type(), c.index?), at))).collect()
        };
        all.get(*self.controllers.get_or_init(keys).get(&(kind, index))?)
    }

    /// Whether there is a USB controller with this `index=` that is no companion.
    pub(crate) fn has_usb_master(&self, index: Option<u32>) -> bool {
        let all = || {
            let usb = self.domain.devices.controllers.iter().filter(|controller| controller.usb().is_some());
            let masters = usb.filter(|controller| controller.info.master_startport.is_none());
            masters.map(|controller| controller.index).collect()
        };
        self.masters.get_or_init(all).contains(&index)
    }

    /// Whether there is a `<graphics>` of this type.
    pub(crate) fn has_display(&self, kind: GraphicsType) -> bool {
        let all = || self.domain.devices.graphics.iter().map(Graphics::kind).collect();
        self.displays.get_or_init(all).contains(&kind)
    }
}
