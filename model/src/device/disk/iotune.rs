//! `<iotune>` and `<throttlegroup>`: limits of disk I/O.

use std::collections::HashSet;

use crate::Pos;
use crate::read::{El, Element, Reader};
use crate::write::Writer;

crate::rules! {
    /// No two throttle groups have the same name.
    THROTTLEGROUP_TWICE = "throttlegroup-twice": Xml, Read,
        "`<throttlegroup><group_name>` identifies the group for `<throttlefilter>`",
        help "rename one of the groups";
    /// A throttle group has a `<group_name>`.
    THROTTLEGROUP_NAME = "throttlegroup-name": Xml, Read,
        "`<throttlegroup><group_name>` identifies the group for `<throttlefilter>`",
        help "add `<group_name>`";
}

/// Defines the limits, one row each: documentation, and the name of field and element.
macro_rules! limits {
    ($($(#[doc = $doc:literal])+ $field:ident),+ $(,)?) => {
        /// `<iotune>`; 0 stands for no limit.
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct Iotune {
            /// Place of the element in the text.
            pub pos: Pos,
            $($(#[doc = $doc])+ pub $field: u64,)+
            /// `<group_name>`: disks with the same name share the limits.
            pub group_name: Option<String>,
        }

        impl Iotune {
            pub(crate) fn read(el: El<'_>, r: &mut Reader) -> Self {
                let mut tune = Self { pos: el.pos(), ..Self::default() };
                $(tune.$field = r.child_text(el, stringify!($field)).unwrap_or_default();)+
                tune.group_name = el.child_text("group_name");
                tune
            }
        }
    };
}

limits! {
    /// Bytes per second.
    total_bytes_sec,
    /// Bytes read per second.
    read_bytes_sec,
    /// Bytes written per second.
    write_bytes_sec,
    /// I/O operations per second.
    total_iops_sec,
    /// Read operations per second.
    read_iops_sec,
    /// Write operations per second.
    write_iops_sec,
    /// Bytes per second in a burst.
    total_bytes_sec_max,
    /// Bytes read per second in a burst.
    read_bytes_sec_max,
    /// Bytes written per second in a burst.
    write_bytes_sec_max,
    /// I/O operations per second in a burst.
    total_iops_sec_max,
    /// Read operations per second in a burst.
    read_iops_sec_max,
    /// Write operations per second in a burst.
    write_iops_sec_max,
    /// The size of an I/O operation, in bytes: a larger request counts as several operations.
    size_iops_sec,
    /// The longest burst of `total_bytes_sec_max`, in seconds.
    total_bytes_sec_max_length,
    /// The longest burst of `read_bytes_sec_max`, in seconds.
    read_bytes_sec_max_length,
    /// The longest burst of `write_bytes_sec_max`, in seconds.
    write_bytes_sec_max_length,
    /// The longest burst of `total_iops_sec_max`, in seconds.
    total_iops_sec_max_length,
    /// The longest burst of `read_iops_sec_max`, in seconds.
    read_iops_sec_max_length,
    /// The longest burst of `write_iops_sec_max`, in seconds.
    write_iops_sec_max_length,
}

impl Iotune {
    /// The limits with the names of their elements, in the order of the domain format.
    pub fn limits(&self) -> [(&'static str, u64); 19] {
        [
            ("total_bytes_sec", self.total_bytes_sec),
            ("read_bytes_sec", self.read_bytes_sec),
            ("write_bytes_sec", self.write_bytes_sec),
            ("total_iops_sec", self.total_iops_sec),
            ("read_iops_sec", self.read_iops_sec),
            ("write_iops_sec", self.write_iops_sec),
            ("total_bytes_sec_max", self.total_bytes_sec_max),
            ("read_bytes_sec_max", self.read_bytes_sec_max),
            ("write_bytes_sec_max", self.write_bytes_sec_max),
            ("total_iops_sec_max", self.total_iops_sec_max),
            ("read_iops_sec_max", self.read_iops_sec_max),
            ("write_iops_sec_max", self.write_iops_sec_max),
            ("size_iops_sec", self.size_iops_sec),
            ("total_bytes_sec_max_length", self.total_bytes_sec_max_length),
            ("read_bytes_sec_max_length", self.read_bytes_sec_max_length),
            ("write_bytes_sec_max_length", self.write_bytes_sec_max_length),
            ("total_iops_sec_max_length", self.total_iops_sec_max_length),
            ("read_iops_sec_max_length", self.read_iops_sec_max_length),
            ("write_iops_sec_max_length", self.write_iops_sec_max_length),
        ]
    }

    /// Whether it has neither a limit nor a group name.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether there is a limit other than the lengths of bursts.
    pub fn is_limited(&self) -> bool {
        self.limits().iter().take(13).any(|(_, limit)| *limit > 0)
    }

    pub(crate) fn write(&self, w: &mut Writer) {
        for (n, (name, limit)) in self.limits().into_iter().enumerate() {
            // `<group_name>` is between the limits and the lengths of bursts.
            if n == 13 {
                w.opt_text_element("group_name", self.group_name.as_ref());
            }
            if limit > 0 {
                w.text_element(name, limit);
            }
        }
    }
}

/// `<throttlegroup>`: limits that disks refer to by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ThrottleGroup(
    /// The limits; their `group_name` is the name of the group.
    pub Iotune,
);

impl ThrottleGroup {
    /// Reads the `<throttlegroups>` child of `domain`.
    pub(crate) fn read_all(domain: El<'_>, r: &mut Reader) -> Vec<Self> {
        let Some(list) = r.child_since("11.2", domain, "throttlegroups") else { return Vec::new() };
        let mut groups: Vec<Self> = Vec::new();
        let mut names: HashSet<String> = HashSet::new();
        for el in list.children("throttlegroup") {
            let Some(group) = Self::read(el, r) else { continue };
            if let Some(name) = &group.0.group_name
                && !names.insert(name.clone())
            {
                let message = format!("two `<throttlegroup>` have the name `{name}`");
                r.refuse(&THROTTLEGROUP_TWICE, el.pos(), message);
            }
            groups.push(group);
        }
        groups
    }
}

impl Element for ThrottleGroup {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let group = Self(Iotune::read(el, r));
        if group.0.group_name.is_none() {
            let message = "`<throttlegroup>` has no `group_name=`";
            r.refuse(&THROTTLEGROUP_NAME, el.pos(), message);
        }
        Some(group)
    }

    fn write(&self, w: &mut Writer) {
        w.element("throttlegroup").children(|w| self.0.write(w));
    }
}
