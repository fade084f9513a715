//! `<iotune>` and `<throttlegroup>`: limits on what a disk may do in a second.

use crate::Pos;
use crate::read::{El, Element, Reader};
use crate::write::Writer;

crate::rules! {
    /// TODO throttlegroup-twice
    THROTTLEGROUP_TWICE = "throttlegroup-twice": Xml, Read, "TODO";
    /// TODO throttlegroup-name
    THROTTLEGROUP_NAME = "throttlegroup-name": Xml, Read, "TODO";
}

/// One row a limit: field, element, doc.
macro_rules! limits {
    ($($(#[doc = $doc:literal])+ $field:ident),+ $(,)?) => {
        /// `<iotune>`: 0 is no limit.
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct Iotune {
            /// Where it stands.
            pub pos: Pos,
            $($(#[doc = $doc])+ pub $field: u64,)+
            /// `<group_name>`: disks of one name share the limits.
            pub group_name: Option<String>,
        }

        impl Iotune {
            pub(crate) fn read(el: El<'_>, r: &mut Reader) -> Self {
                let mut tune = Self { pos: el.pos(), ..Self::default() };
                $(tune.$field = r.child_text(el, stringify!($field)).unwrap_or_default();)+
                tune.group_name = el.child_text("group_name").filter(|name| !name.is_empty());
                tune
            }
        }
    };
}

limits! {
    /// Bytes a second.
    total_bytes_sec,
    /// Bytes read a second.
    read_bytes_sec,
    /// Bytes written a second.
    write_bytes_sec,
    /// Requests a second.
    total_iops_sec,
    /// Reads a second.
    read_iops_sec,
    /// Writes a second.
    write_iops_sec,
    /// Bytes a second in a burst.
    total_bytes_sec_max,
    /// Bytes read a second in a burst.
    read_bytes_sec_max,
    /// Bytes written a second in a burst.
    write_bytes_sec_max,
    /// Requests a second in a burst.
    total_iops_sec_max,
    /// Reads a second in a burst.
    read_iops_sec_max,
    /// Writes a second in a burst.
    write_iops_sec_max,
    /// A request counts as several, one for each so many bytes.
    size_iops_sec,
    /// How long a burst may last, in seconds.
    total_bytes_sec_max_length,
    /// The same for bytes read.
    read_bytes_sec_max_length,
    /// The same for bytes written.
    write_bytes_sec_max_length,
    /// The same for requests.
    total_iops_sec_max_length,
    /// The same for reads.
    read_iops_sec_max_length,
    /// The same for writes.
    write_iops_sec_max_length,
}

impl Iotune {
    /// Every limit with its name, in the order of the format.
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

    /// Whether it limits nothing and names no group.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether there is a limit of any kind, the length of bursts aside.
    pub fn is_limited(&self) -> bool {
        self.limits().iter().take(13).any(|(_, limit)| *limit > 0)
    }

    pub(crate) fn write(&self, w: &mut Writer) {
        for (n, (name, limit)) in self.limits().into_iter().enumerate() {
            // The name of the group stands between the limits and the lengths of bursts.
            if n == 13 {
                w.opt_text_element("group_name", self.group_name.as_ref());
            }
            if limit > 0 {
                w.text_element(name, limit);
            }
        }
    }
}

/// `<throttlegroup>`: limits that disks pass by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ThrottleGroup(
    /// The limits; the group is called by their `group_name`.
    pub Iotune,
);

impl ThrottleGroup {
    /// Reads the `<throttlegroups>` child of `domain`.
    pub(crate) fn read_all(domain: El<'_>, r: &mut Reader) -> Vec<Self> {
        let Some(list) = r.child_since("11.2", domain, "throttlegroups") else { return Vec::new() };
        let mut groups: Vec<Self> = Vec::new();
        for el in list.children("throttlegroup") {
            let Some(group) = Self::read(el, r) else { continue };
            let name = &group.0.group_name;
            if let Some(name) = name.as_ref().filter(|_| groups.iter().any(|g| g.0.group_name == *name)) {
                let message = format!("two elements 'throttlegroup' are called '{name}'");
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
            let message = "element 'throttlegroup' lacks its 'group_name'";
            r.refuse(&THROTTLEGROUP_NAME, el.pos(), message);
        }
        Some(group)
    }

    fn write(&self, w: &mut Writer) {
        w.element("throttlegroup").children(|w| self.0.write(w));
    }
}
