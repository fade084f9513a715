//! Descriptors that QEMU inherits. Each has a number of its own.

use std::collections::BTreeMap;
use std::fmt;

use virtargv_host::{Descriptor, DescriptorGroup, Descriptors};

use crate::text::{Text, text};

/// A descriptor that QEMU inherits. `Emit::pass` gives its number and records it as a need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Passed {
    /// Its number in QEMU.
    pub(crate) number: u32,
    /// The file, device or socket that it is open for.
    pub(crate) what: Descriptor<String>,
}

/// A descriptor set with one descriptor (`-add-fd`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FdSet {
    /// Its number.
    pub number: u32,
    /// The descriptor in it.
    pub passed: Passed,
}

impl FdSet {
    /// The path that stands for the set, `/dev/fdset/N`.
    pub fn path(&self) -> Text {
        fdset_path(self.number)
    }
}

/// A descriptor set with the descriptors that the caller passed as a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GroupSet {
    /// Its number.
    pub number: u32,
    /// The name of the group.
    pub group: String,
    /// The numbers of the descriptors.
    pub descriptors: Vec<u32>,
    /// Whether they can be written.
    pub writable: bool,
}

impl GroupSet {
    /// The path that stands for the set, `/dev/fdset/N`.
    pub fn path(&self) -> Text {
        fdset_path(self.number)
    }
}

fn fdset_path(number: u32) -> Text {
    text!("/dev/fdset/", number)
}

/// What a number is in use for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Use {
    /// The caller passes it, for an incoming guest or in a group.
    Caller,
    /// A descriptor of the command line.
    Descriptor(Descriptor<String>),
}

/// A number that was answered for a descriptor although it is in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Twice {
    number: u32,
    first: Use,
    second: Descriptor<String>,
}

impl fmt::Display for Twice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, first, second } = self;
        write!(f, "the host gives descriptor number `{number}` to ")?;
        match first {
            Use::Caller => f.write_str("what the caller passes")?,
            Use::Descriptor(first) => write!(f, "{first}")?,
        }
        write!(f, " and to {second}")
    }
}

/// Assigns numbers to descriptors, in the order of the calls.
#[derive(Debug)]
pub(crate) struct Numbers<'h> {
    /// The numbers that the caller has decided on.
    known: &'h dyn Descriptors,
    /// Numbers that are in use.
    taken: BTreeMap<u32, Use>,
    /// The lowest number that can be free.
    next: u32,
    /// The number of the next set.
    next_set: u32,
}

impl<'h> Numbers<'h> {
    /// No number is in use except `reserved`, and no descriptor set from `next_set` on.
    pub fn new(known: &'h dyn Descriptors, reserved: impl IntoIterator<Item = u32>, next_set: u32) -> Self {
        let taken = reserved.into_iter().map(|number| (number, Use::Caller)).collect();
        Self { known, taken, next: known.first_free(), next_set }
    }

    /// A descriptor for `wanted`. The number that the caller has decided on must not be in use.
    pub fn pass(&mut self, wanted: &Descriptor<&str>) -> Result<Passed, Box<Twice>> {
        let number = self.known.number(wanted).unwrap_or_else(|| self.free());
        let what = wanted.owned();
        match self.taken.get(&number) {
            Some(first) if !self.known.repeats_numbers() => {
                Err(Box::new(Twice { number, first: first.clone(), second: what }))
            }
            _ => {
                self.taken.insert(number, Use::Descriptor(what.clone()));
                Ok(Passed { number, what })
            }
        }
    }

    /// A number that is not in use.
    fn free(&mut self) -> u32 {
        while self.taken.contains_key(&self.next) {
            self.next = self.next.saturating_add(1);
        }
        self.next
    }

    /// A new descriptor set with `passed` in it.
    pub fn set(&mut self, passed: Passed) -> FdSet {
        FdSet { number: self.next_set(), passed }
    }

    /// The descriptor set with the descriptors of `group`, with the number that is planned for it, or else a new one;
    /// `None` if the caller passed no such group.
    pub fn group(&mut self, group: &str, planned: Option<u32>) -> Option<GroupSet> {
        let DescriptorGroup { numbers: descriptors, writable } = self.known.group(group)?;
        let number = planned.unwrap_or_else(|| self.next_set());
        Some(GroupSet { number, group: group.to_owned(), descriptors, writable })
    }

    /// The numbers of the descriptors of `group`, which is no descriptor set.
    pub fn of_group(&self, group: &str) -> Option<Vec<u32>> {
        self.known.group(group).map(|group| group.numbers)
    }

    fn next_set(&mut self) -> u32 {
        let number = self.next_set;
        self.next_set = number.saturating_add(1);
        number
    }
}

#[cfg(test)]
mod tests {
    use virtargv_host::FreeDescriptors;

    use super::*;

    #[derive(Debug)]
    struct Vsock(u32);

    impl Descriptors for Vsock {
        fn number(&self, wanted: &Descriptor<&str>) -> Option<u32> {
            (*wanted == Descriptor::VhostVsock).then_some(self.0)
        }

        fn first_free(&self) -> u32 {
            self.0 + 1
        }
    }

    fn check(known: &dyn Descriptors, reserved: &[u32], expected: [u32; 3]) {
        let mut numbers = Numbers::new(known, reserved.iter().copied(), 0);
        let wanted = [Descriptor::VhostScsi, Descriptor::VhostVsock, Descriptor::VhostNet { queue: 0 }];
        assert_eq!(wanted.map(|wanted| numbers.pass(&wanted).map(|passed| passed.number)), expected.map(Ok));
    }

    #[test]
    fn each_number_is_assigned_once() {
        check(&FreeDescriptors, &[], [3, 4, 5]);
        check(&FreeDescriptors, &[4, 6], [3, 5, 7]);
        check(&Vsock(9), &[], [10, 9, 11]);
        check(&Vsock(4), &[3, 5], [6, 4, 7]);
    }

    #[test]
    fn a_number_in_use_is_refused() {
        let check = |reserved: &[u32], wanted: &[Descriptor<&str>], expected: &str| {
            let mut numbers = Numbers::new(&Vsock(9), reserved.iter().copied(), 0);
            let last = wanted.iter().map(|wanted| numbers.pass(wanted)).last();
            let twice = last.and_then(Result::err).map(|twice| twice.to_string());
            assert_eq!(twice.as_deref(), Some(expected));
        };
        let vsock = Descriptor::VhostVsock;
        check(
            &[],
            &[vsock, vsock],
            "the host gives descriptor number `9` to /dev/vhost-vsock, with the guest's context id set and to \
             /dev/vhost-vsock, with the guest's context id set",
        );
        check(
            &[9],
            &[vsock],
            "the host gives descriptor number `9` to what the caller passes and to /dev/vhost-vsock, with the guest's \
             context id set",
        );
    }
}
