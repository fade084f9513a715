//! The finished command line.

use std::borrow::Cow;

use foldhash::HashMap;

use crate::{After, Argument, HostWork, Lifecycle, Need};

/// Environment, path of the binary and arguments, as they are given to `execve`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CommandLine {
    /// The environment variables, in libvirt's order; the process has no others.
    pub env: Vec<(Cow<'static, str>, String)>,
    /// The path of the QEMU binary.
    pub program: String,
    /// The arguments.
    pub arguments: Vec<Argument>,
    /// What the command line requires on the host, in the order of the arguments that refer to it.
    pub needs: Vec<Need>,
    /// The path of the UNIX socket of QEMU's monitor (QMP).
    pub monitor: String,
    /// The commands that QEMU is given on its monitor after it has started, before the guest runs, in this order.
    pub after: Vec<After>,
    /// What is done on the host beside, in libvirt's order.
    pub host: Vec<HostWork>,
    /// What is done when the guest powers off, reboots or crashes.
    pub lifecycle: Lifecycle,
}

impl CommandLine {
    /// Sets an environment variable; one that was set before keeps its position in the list.
    pub(crate) fn set_env(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) {
        let (name, value) = (name.into(), value.into());
        match self.env.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.env.push((name, value)),
        }
    }

    /// Sets many environment variables in turn.
    pub(crate) fn set_all_env<'v>(&mut self, variables: impl Iterator<Item = (&'v str, &'v str)>) {
        let mut variables = variables.peekable();
        // The table is for many; most guests have none.
        if variables.peek().is_none() {
            return;
        }
        let known = self.env.iter().zip(0..).map(|((name, _), at)| (name.to_string(), at));
        let mut places: HashMap<String, usize> = known.collect();
        for (name, value) in variables {
            let at = places.get(name).copied();
            if let Some((_, known)) = at.and_then(|at| self.env.get_mut(at)) {
                value.clone_into(known);
            } else {
                places.insert(name.to_owned(), self.env.len());
                self.env.push((Cow::Owned(name.to_owned()), value.to_owned()));
            }
        }
    }

    /// The arguments as words: option and value are two.
    pub fn args(&self) -> Vec<String> {
        let mut words = Vec::with_capacity(self.arguments.len() * 2);
        for argument in &self.arguments {
            words.push(argument.option.clone().into_owned());
            words.extend(argument.value_text());
        }
        words
    }

    /// The command line as a command that can be spawned, with this environment alone.
    pub fn to_command(&self) -> std::process::Command {
        let mut command = std::process::Command::new(&self.program);
        command.env_clear().envs(self.env.iter().map(|(k, v)| (&**k, v))).args(self.args());
        command
    }
}
