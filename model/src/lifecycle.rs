//! `<on_poweroff>`, `<on_reboot>`, `<on_crash>`, `<on_lockfailure>`, `<pm>`, `<perf>`.

use crate::read::{El, INTERNAL_BEFORE_9_0, Reader, UNSUPPORTED_BEFORE_9_0, Value};
use crate::write::Writer;
use crate::{Class, Pos, YesNo};

spelled! {
    /// The action on a lifecycle event (`<on_poweroff>`, `<on_reboot>`, `<on_crash>`).
    pub enum Action {
        /// The domain is terminated and its resources are released.
        Destroy = "destroy",
        /// The domain is terminated and started again.
        Restart = "restart",
        /// The domain is terminated and started again under a new name.
        RenameRestart = "rename-restart",
        /// The domain is terminated, and its resources are kept for analysis.
        Preserve = "preserve",
        /// The guest's memory is dumped, then as `destroy`.
        CoredumpDestroy = "coredump-destroy",
        /// The guest's memory is dumped, then as `restart`.
        CoredumpRestart = "coredump-restart",
        /// The guest goes on, and deals with its crash itself.
        PreserveRunning = "preserve-running" since "12.6",
    }
}

spelled! {
    /// The action when the lock manager loses a lock (`<on_lockfailure>`).
    pub enum LockFailureAction {
        /// The domain is powered off.
        Poweroff = "poweroff",
        /// The domain is terminated and started again.
        Restart = "restart",
        /// The guest is paused.
        Pause = "pause",
        /// Nothing.
        Ignore = "ignore",
    }
}

spelled! {
    /// A performance event of the host (`<perf><event name=>`).
    pub enum PerfEvent {
        /// Cache occupancy.
        Cmt = "cmt",
        /// Total memory bandwidth.
        Mbmt = "mbmt",
        /// Local memory bandwidth.
        Mbml = "mbml",
        /// CPU cycles.
        CpuCycles = "cpu_cycles",
        /// Instructions.
        Instructions = "instructions",
        /// Cache accesses.
        CacheReferences = "cache_references",
        /// Cache misses.
        CacheMisses = "cache_misses",
        /// Branches.
        BranchInstructions = "branch_instructions",
        /// Mispredicted branches.
        BranchMisses = "branch_misses",
        /// Bus cycles.
        BusCycles = "bus_cycles",
        /// Cycles stalled in the front end.
        StalledCyclesFrontend = "stalled_cycles_frontend",
        /// Cycles stalled in the back end.
        StalledCyclesBackend = "stalled_cycles_backend",
        /// Cycles at the nominal frequency.
        RefCpuCycles = "ref_cpu_cycles",
        /// CPU time.
        CpuClock = "cpu_clock",
        /// Task time.
        TaskClock = "task_clock",
        /// Page faults.
        PageFaults = "page_faults",
        /// Context switches.
        ContextSwitches = "context_switches",
        /// Migrations to another CPU.
        CpuMigrations = "cpu_migrations",
        /// Minor page faults.
        PageFaultsMin = "page_faults_min",
        /// Major page faults.
        PageFaultsMaj = "page_faults_maj",
        /// Unaligned accesses that the kernel handled.
        AlignmentFaults = "alignment_faults",
        /// Instructions that the kernel emulated.
        EmulationFaults = "emulation_faults",
    }
}

/// The actions on lifecycle events, the ACPI sleep states, and the performance events.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lifecycle {
    /// `<on_poweroff>`
    pub on_poweroff: Option<Action>,
    /// `<on_reboot>`
    pub on_reboot: Option<Action>,
    /// `<on_crash>`
    pub on_crash: Option<Action>,
    /// `<on_lockfailure>`
    pub on_lockfailure: Option<LockFailureAction>,
    /// Place of `<pm>` in the text.
    pub pm_pos: Pos,
    /// `<pm><suspend-to-mem enabled=>`: ACPI S3.
    pub suspend_to_mem: Option<YesNo>,
    /// `<pm><suspend-to-disk enabled=>`: ACPI S4.
    pub suspend_to_disk: Option<YesNo>,
    /// `<perf><event>`: the events in the order of [`PerfEvent`], each at most once.
    pub perf: Vec<(PerfEvent, YesNo)>,
}

/// The action in the child `name`; an unknown word is an unsupported configuration, as in libvirt.
fn action<T: Value>(domain: El<'_>, name: &str, r: &mut Reader) -> Option<T> {
    domain.child(name).and_then(|child| r.text_as(Class::Unsupported, child))
}

impl Lifecycle {
    pub(crate) fn read(domain: El<'_>, r: &mut Reader) -> Self {
        let pm = domain.child("pm");
        let enabled = |name: &str, r: &mut Reader| {
            let state = pm.and_then(|pm| pm.child(name))?;
            r.attr_as(INTERNAL_BEFORE_9_0, state, "enabled")
        };
        let mut lifecycle = Self {
            on_reboot: action(domain, "on_reboot", r),
            on_poweroff: action(domain, "on_poweroff", r),
            on_crash: action(domain, "on_crash", r),
            on_lockfailure: action(domain, "on_lockfailure", r),
            pm_pos: pm.map(El::pos).unwrap_or_default(),
            suspend_to_mem: enabled("suspend-to-mem", r),
            suspend_to_disk: enabled("suspend-to-disk", r),
            perf: Vec::new(),
        };
        for event in domain.child("perf").iter().flat_map(|perf| perf.children("event")) {
            let classes = UNSUPPORTED_BEFORE_9_0;
            let name = r.required_as(classes, classes, event, "name");
            if let (Some(name), Some(state)) = (name, r.required_as(classes, classes, event, "enabled")) {
                lifecycle.perf.retain(|(known, _)| *known != name);
                lifecycle.perf.push((name, state));
            }
        }
        lifecycle.perf.sort();
        lifecycle
    }

    pub(crate) fn write(&self, w: &mut Writer) {
        w.opt_text_element("on_poweroff", self.on_poweroff);
        w.opt_text_element("on_reboot", self.on_reboot);
        w.opt_text_element("on_crash", self.on_crash);
        w.opt_text_element("on_lockfailure", self.on_lockfailure);
        w.element("pm").children_or_nothing(|w| {
            for (name, state) in
                [("suspend-to-mem", self.suspend_to_mem), ("suspend-to-disk", self.suspend_to_disk)]
            {
                if let Some(state) = state {
                    w.element(name).attr("enabled", state).empty();
                }
            }
        });
        w.element("perf").children_or_nothing(|w| {
            for (name, state) in &self.perf {
                w.element("event").attr("name", name).attr("enabled", state).empty();
            }
        });
    }
}
