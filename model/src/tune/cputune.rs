//! `<cputune>`: CPU shares, bandwidth, affinity and schedulers of the domain's threads.

use std::collections::BTreeMap;

use crate::read::{self, El, Element, INTERNAL_BEFORE_9_0, INTERNAL_BEFORE_11_3, Reader};
use crate::tune::{Iothreads, Resctrl};
use crate::write::Writer;
use crate::{Class, Message, NumberSet, Pos, Rule};

crate::rules! {
    /// A `<vcpusched>` names only vCPUs of the domain.
    SCHED_VCPU_MISSING = "sched-vcpu-missing": Xml, Read,
        "`<vcpusched vcpus=>` names vCPUs from 0 to the maximum in `<vcpu>` less 1",
        help "take the vCPU out of `vcpus=`, or raise `<vcpu>`";
    /// An `<iothreadsched>` names only iothreads of the domain.
    SCHED_IOTHREAD_MISSING = "sched-iothread-missing": Unsupported, Read,
        "`<iothreadsched iothreads=>` names iothreads by their id, which counts from 1",
        help "take the iothread out of `iothreads=`, or raise `<iothreads>`";
    /// A vCPU has one `<vcpupin>` at most.
    VCPUPIN_TWICE = "vcpupin-twice": Internal, Read, "`<vcpupin vcpu= cpuset=>`: one affinity for each vCPU",
        help "keep one `<vcpupin>` with all host CPUs in `cpuset=`";
    /// An `<iothreadpin>` names an iothread of the domain.
    IOTHREADPIN_MISSING = "iothreadpin-missing": Unsupported, Read,
        "`<iothreadpin iothread=>` names an iothread by its id, which counts from 1",
        help "use the id of an iothread, or raise `<iothreads>`";
    /// An iothread has one `<iothreadpin>` at most.
    IOTHREADPIN_TWICE = "iothreadpin-twice": Internal, Read,
        "`<iothreadpin iothread= cpuset=>`: one affinity for each iothread",
        help "keep one `<iothreadpin>` with all host CPUs in `cpuset=`";
    /// A `<cputune>` has one `<emulatorpin>` at most.
    EMULATORPIN_TWICE = "emulatorpin-twice": Xml, Read,
        "`<emulatorpin cpuset=>`: one affinity for all of QEMU's other threads",
        help "keep one `<emulatorpin>` with all host CPUs in `cpuset=`";
    /// A thread has one scheduler at most.
    SCHED_OVERLAP = "sched-overlap": Plain, Read,
        "`<vcpusched>` and `<iothreadsched>`: the kernel has one policy for each thread",
        help "name each vCPU or iothread in one element";
}

/// A CPU bandwidth period in microseconds, 1000 to 1 000 000; 0 is read as absent.
pub type Period = u64;

/// CPU time in each period, in microseconds, 1000 to 18 446 744 073 709 551; negative for no limit, 0 is read as
/// absent.
pub type Quota = i64;

/// `<cputune>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CpuTune {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `<shares>`: the weight of the domain against others.
    pub shares: Option<u64>,
    /// `<period>` of each vCPU.
    pub period: Option<Period>,
    /// `<quota>` of each vCPU.
    pub quota: Option<Quota>,
    /// `<global_period>` of the whole domain.
    pub global_period: Option<Period>,
    /// `<global_quota>` of the whole domain.
    pub global_quota: Option<Quota>,
    /// `<emulator_period>` of QEMU's other threads.
    pub emulator_period: Option<Period>,
    /// `<emulator_quota>` of QEMU's other threads.
    pub emulator_quota: Option<Quota>,
    /// `<iothread_period>` of each iothread.
    pub iothread_period: Option<Period>,
    /// `<iothread_quota>` of each iothread.
    pub iothread_quota: Option<Quota>,
    /// `<vcpupin>`: the host CPUs of each vCPU.
    pub vcpu_pins: Vec<VcpuPin>,
    /// `<emulatorpin cpuset=>`: the host CPUs of QEMU's other threads.
    pub emulator_pin: Option<NumberSet>,
    /// `<iothreadpin>`: the host CPUs of each iothread.
    pub iothread_pins: Vec<IothreadPin>,
    /// `<emulatorsched>`: the scheduler of QEMU's other threads.
    pub emulator_sched: Option<Sched>,
    /// `<vcpusched>`: vCPUs and their scheduler.
    pub vcpu_scheds: Vec<(NumberSet, Sched)>,
    /// `<iothreadsched>`: iothreads and their scheduler.
    pub iothread_scheds: Vec<(NumberSet, Sched)>,
    /// `<cachetune>`, `<memorytune>` and `<energytune>`: allocations and monitors of the host's resources.
    pub resctrls: Vec<Resctrl>,
}

/// `<vcpupin>`: the host CPUs that a vCPU is pinned to.
#[derive(Debug, Clone, PartialEq)]
pub struct VcpuPin {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `vcpu=`: the id of the vCPU, from 0.
    pub vcpu: u32,
    /// `cpuset=`: the host CPUs.
    pub cpuset: NumberSet,
}

/// `<iothreadpin>`: the host CPUs that an iothread is pinned to.
#[derive(Debug, Clone, PartialEq)]
pub struct IothreadPin {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `iothread=`: the id of the iothread, from 1.
    pub iothread: u32,
    /// `cpuset=`: the host CPUs.
    pub cpuset: NumberSet,
}

spelled! {
    /// A scheduling policy of Linux (`scheduler=`).
    pub enum Scheduler {
        /// `SCHED_BATCH`.
        Batch = "batch",
        /// `SCHED_IDLE`.
        Idle = "idle",
        /// `SCHED_FIFO`, a real-time policy.
        Fifo = "fifo",
        /// `SCHED_RR`, a real-time policy.
        Rr = "rr",
    }
}

/// The scheduler of a thread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sched {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `scheduler=`: the policy.
    pub scheduler: Scheduler,
    /// `priority=` of a real-time policy; 0 for others.
    pub priority: i32,
}

impl CpuTune {
    pub(crate) fn read(el: El<'_>, iothreads: &Iothreads, r: &mut Reader) -> Self {
        let mut tune = Self {
            pos: el.pos(),
            shares: r.child_text(el, "shares"),
            period: period(el, "period", r),
            quota: quota(el, "quota", r),
            global_period: period(el, "global_period", r),
            global_quota: quota(el, "global_quota", r),
            emulator_period: period(el, "emulator_period", r),
            emulator_quota: quota(el, "emulator_quota", r),
            iothread_period: period(el, "iothread_period", r),
            iothread_quota: quota(el, "iothread_quota", r),
            vcpu_pins: read::all(el, "vcpupin", r),
            emulator_pin: emulator_pin(el, r),
            iothread_pins: read::all(el, "iothreadpin", r),
            ..Self::default()
        };
        let threads = iothreads.complete().iter().map(|thread| thread.id).collect();
        tune.check_pins(&threads, r);
        tune.vcpu_scheds = scheds(el, "vcpusched", "vcpus", r);
        check_scheds(&tune.vcpu_scheds, "vcpusched", "vcpus", vcpus(el).as_ref(), r);
        tune.iothread_scheds = scheds(el, "iothreadsched", "iothreads", r);
        check_scheds(&tune.iothread_scheds, "iothreadsched", "iothreads", Some(&threads), r);
        tune.emulator_sched = el.child("emulatorsched").and_then(|e| Sched::read(e, r));
        tune.resctrls = Resctrl::read_all(el, vcpus(el).as_ref(), r);
        tune
    }

    /// Checks that each pinned iothread exists, and that no thread is pinned twice.
    fn check_pins(&self, iothreads: &NumberSet, r: &mut Reader) {
        let mut seen = BTreeMap::new();
        for VcpuPin { pos, vcpu, .. } in &self.vcpu_pins {
            if let Some(first) = seen.get(vcpu) {
                let message = format!("there is more than one `<vcpupin>` for the vCPU `{vcpu}`");
                let message = Message::new(message).with_first(Pos::attr(*first, "vcpu"));
                r.refuse(&VCPUPIN_TWICE, pos.attr("vcpu"), message);
            } else {
                seen.insert(*vcpu, *pos);
            }
        }
        let mut seen = BTreeMap::new();
        for IothreadPin { pos, iothread, .. } in &self.iothread_pins {
            if !iothreads.contains(*iothread) {
                let message = format!("there is no `iothread` `{iothread}` for `<iothreadpin>`");
                r.refuse(&IOTHREADPIN_MISSING, pos.attr("iothread"), message);
            } else if let Some(first) = seen.get(iothread) {
                let message = format!("there is more than one `<iothreadpin>` for the iothread `{iothread}`");
                let message = Message::new(message).with_first(Pos::attr(*first, "iothread"));
                r.refuse(&IOTHREADPIN_TWICE, pos.attr("iothread"), message);
            } else {
                seen.insert(*iothread, *pos);
            }
        }
    }

    pub(crate) fn write(&self, w: &mut Writer) {
        w.element("cputune").children_or_nothing(|w| {
            w.opt_text_element("shares", self.shares);
            w.opt_text_element("period", self.period);
            w.opt_text_element("quota", self.quota);
            w.opt_text_element("global_period", self.global_period);
            w.opt_text_element("global_quota", self.global_quota);
            w.opt_text_element("emulator_period", self.emulator_period);
            w.opt_text_element("emulator_quota", self.emulator_quota);
            w.opt_text_element("iothread_period", self.iothread_period);
            w.opt_text_element("iothread_quota", self.iothread_quota);
            read::write_all(&self.vcpu_pins, w);
            if let Some(cpuset) = &self.emulator_pin {
                w.element("emulatorpin").attr("cpuset", cpuset).empty();
            }
            read::write_all(&self.iothread_pins, w);
            if let Some(sched) = &self.emulator_sched {
                sched.write(w.element("emulatorsched"));
            }
            for (vcpus, sched) in &self.vcpu_scheds {
                sched.write(w.element("vcpusched").attr("vcpus", vcpus));
            }
            for (iothreads, sched) in &self.iothread_scheds {
                sched.write(w.element("iothreadsched").attr("iothreads", iothreads));
            }
            Resctrl::write_all(&self.resctrls, w);
        });
    }
}

/// A period element; 0 is read as absent.
fn period(el: El<'_>, name: &'static str, r: &mut Reader) -> Option<Period> {
    let child = el.child(name)?;
    let value: Period = r.text(child)?;
    Some(value).filter(|value| *value > 0)
}

/// A quota element; 0 is read as absent.
fn quota(el: El<'_>, name: &'static str, r: &mut Reader) -> Option<Quota> {
    let child = el.child(name)?;
    let value: Quota = r.text(child)?;
    Some(value).filter(|value| *value != 0)
}

fn emulator_pin(el: El<'_>, r: &mut Reader) -> Option<NumberSet> {
    if let Some(second) = el.children("emulatorpin").nth(1) {
        r.refuse_second(&EMULATORPIN_TWICE, second, "there is more than one `<emulatorpin>`");
    }
    cpuset(el.child("emulatorpin")?, r)
}

/// The mandatory `cpuset=`.
fn cpuset(el: El<'_>, r: &mut Reader) -> Option<NumberSet> {
    let classes = INTERNAL_BEFORE_11_3;
    r.required_as::<String>(classes, classes, el, "cpuset")?;
    r.number_set(Class::Unsupported, el, "cpuset")
}

/// The elements `name`, each with the set of threads in its attribute `threads`.
fn scheds(el: El<'_>, name: &'static str, threads: &'static str, r: &mut Reader) -> Vec<(NumberSet, Sched)> {
    let mut found = Vec::new();
    for child in el.children(name) {
        r.required::<String>(child, threads);
        let set = r.number_set(Class::Unsupported, child, threads);
        let sched = Sched::read(child, r);
        found.extend(set.zip(sched));
    }
    found
}

/// The vCPUs of the domain; `None` if the number in `<vcpu>` could not be read.
fn vcpus(cputune: El<'_>) -> Option<NumberSet> {
    let text = cputune.parent().and_then(|domain| domain.child_text("vcpu"));
    let count = text.map_or(Some(1), |text| <u32 as read::Value>::parse(&text).ok())?;
    let mut all = NumberSet::new();
    all.insert(0, count.checked_sub(1)?);
    Some(all)
}

/// Checks that each scheduled thread is one of `threads`, where these are known, and that no thread has two schedulers.
fn check_scheds(
    scheds: &[(NumberSet, Sched)],
    element: &'static str,
    attribute: &'static str,
    threads: Option<&NumberSet>,
    r: &mut Reader,
) {
    let mut seen = NumberSet::new();
    for (set, sched) in scheds {
        let missing = threads.and_then(|threads| {
            let mut missing = set.clone();
            missing.subtract(threads);
            missing.first()
        });
        let doubled = seen.overlaps(set);
        if let Some(missing) = missing.filter(|missing| !doubled || set.first() == Some(*missing)) {
            let (rule, thread): (&'static Rule, _) = if element == "vcpusched" {
                (&SCHED_VCPU_MISSING, "vCPU")
            } else {
                (&SCHED_IOTHREAD_MISSING, "iothread")
            };
            let message = format!("there is no `{thread}` `{missing}` for `{attribute}` of `<{element}>`");
            r.refuse(rule, sched.pos.attr(attribute), message);
        } else if doubled {
            let message = format!("attributes `{attribute}` of `<{element}>` name the same thread");
            r.refuse(&SCHED_OVERLAP, sched.pos.attr(attribute), message);
            return;
        }
        seen.union(set);
    }
}

impl Sched {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let classes = INTERNAL_BEFORE_9_0;
        let scheduler = r.required_as(classes, classes, el, "scheduler")?;
        let real_time = matches!(scheduler, Scheduler::Fifo | Scheduler::Rr);
        let priority = if real_time { r.required(el, "priority")? } else { 0 };
        Some(Self { pos: el.pos(), scheduler, priority })
    }

    fn write(&self, tag: crate::write::Tag<'_>) {
        let real_time = matches!(self.scheduler, Scheduler::Fifo | Scheduler::Rr);
        let priority = real_time.then_some(self.priority);
        tag.attr("scheduler", self.scheduler).opt("priority", priority).empty();
    }
}

impl Element for VcpuPin {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let vcpu = r.required(el, "vcpu");
        let cpuset = cpuset(el, r)?;
        Some(Self { pos: el.pos(), vcpu: vcpu?, cpuset })
    }

    fn write(&self, w: &mut Writer) {
        w.element("vcpupin").attr("vcpu", self.vcpu).attr("cpuset", &self.cpuset).empty();
    }
}

impl Element for IothreadPin {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let iothread = r.required(el, "iothread");
        let cpuset = cpuset(el, r)?;
        Some(Self { pos: el.pos(), iothread: iothread?, cpuset })
    }

    fn write(&self, w: &mut Writer) {
        w.element("iothreadpin").attr("iothread", self.iothread).attr("cpuset", &self.cpuset).empty();
    }
}
