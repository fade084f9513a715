//! The finished command line.

use crate::Need;

/// Environment, program and arguments, as they would be given to `execve`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CommandLine {
    /// Environment variables in order; the process has no others.
    pub env: Vec<(String, String)>,
    /// The path of the QEMU binary.
    pub program: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// What the host has to have ready, in the order of the options that lean on it.
    pub needs: Vec<Need>,
}

impl CommandLine {
    /// Sets an environment variable; one that was set before keeps its place.
    pub(crate) fn env(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let (name, value) = (name.into(), value.into());
        match self.env.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.env.push((name, value)),
        }
    }

    /// Adds a lone argument.
    pub(crate) fn arg(&mut self, arg: impl Into<String>) {
        self.args.push(arg.into());
    }

    /// Adds an option and its value.
    pub(crate) fn option(&mut self, name: &str, value: impl Into<String>) {
        self.args.push(name.to_owned());
        self.args.push(value.into());
    }

    /// As a command that is ready to be spawned, with nothing but this environment.
    pub fn to_command(&self) -> std::process::Command {
        let mut command = std::process::Command::new(&self.program);
        command.env_clear().envs(self.env.iter().map(|(k, v)| (k, v))).args(&self.args);
        command
    }
}
