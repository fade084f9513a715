//! The machine types of a QEMU binary under one accelerator.

use foldhash::HashMap;

use crate::Machine;

/// Machine types, which are found by name and by alias: every stage asks for that of the guest, and there are some hundred.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Machines {
    list: Vec<Machine>,
    /// The index of the first machine type with a name.
    by_name: HashMap<Box<str>, usize>,
    /// The index of the first machine type with an alias.
    by_alias: HashMap<Box<str>, usize>,
}

impl Machines {
    /// Adds a machine type after the others.
    pub(crate) fn push(&mut self, machine: Machine) {
        let index = self.list.len();
        self.by_name.entry(machine.name.clone()).or_insert(index);
        if let Some(alias) = &machine.alias {
            self.by_alias.entry(alias.clone()).or_insert(index);
        }
        self.list.push(machine);
    }

    /// The machine types, in the order in which they were added.
    pub(crate) fn as_slice(&self) -> &[Machine] {
        &self.list
    }

    /// The machine types, by value.
    pub(crate) fn into_vec(self) -> Vec<Machine> {
        self.list
    }

    /// The machine type with the alias `alias`.
    pub(crate) fn with_alias(&self, alias: &str) -> Option<&Machine> {
        self.list.get(*self.by_alias.get(alias)?)
    }

    /// The machine type `name`.
    pub(crate) fn named(&self, name: &str) -> Option<&Machine> {
        self.list.get(*self.by_name.get(name)?)
    }
}

impl FromIterator<Machine> for Machines {
    fn from_iter<I: IntoIterator<Item = Machine>>(machines: I) -> Self {
        let mut all = Self::default();
        machines.into_iter().for_each(|machine| all.push(machine));
        all
    }
}
