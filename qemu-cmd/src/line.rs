//! The finished command line.

use crate::{Argument, Need};

/// Environment, program and arguments, as they would be given to `execve`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CommandLine {
    /// Environment variables in order; the process has no others.
    pub env: Vec<(String, String)>,
    /// The path of the QEMU binary.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<Argument>,
    /// What the host has to have ready, in the order of the options that lean on it.
    pub needs: Vec<Need>,
}

impl CommandLine {
    /// Sets an environment variable; one that was set before keeps its place.
    pub(crate) fn set_env(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let (name, value) = (name.into(), value.into());
        match self.env.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.env.push((name, value)),
        }
    }

    /// The arguments as the words that the process is started with.
    pub fn args(&self) -> Vec<String> {
        let mut words = Vec::with_capacity(self.arguments.len() * 2);
        for argument in &self.arguments {
            words.push(argument.option.clone().into_owned());
            words.extend(argument.value_text());
        }
        words
    }

    /// As a command that is ready to be spawned, with nothing but this environment.
    pub fn to_command(&self) -> std::process::Command {
        let mut command = std::process::Command::new(&self.program);
        command.env_clear().envs(self.env.iter().map(|(k, v)| (k, v))).args(self.args());
        command
    }
}
