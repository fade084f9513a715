//! `--deny`, `--warn` and `--allow`: the levels of lints.

use clap::builder::TypedValueParser;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use virtargv::{Level, Levels};

/// The levels of lints, in the order of the command line: what comes later counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct LintArgs {
    /// The levels.
    pub(crate) levels: Levels,
}

/// The options, each with its level and what it does.
const OPTIONS: [(&str, Level, &str); 3] = [
    ("deny", Level::Deny, "Refuse documents of which a lint has something to say (may be repeated)"),
    ("warn", Level::Warn, "Warn of it; `advice` are the lints that are off by default (may be repeated)"),
    ("allow", Level::Allow, "Say nothing of it (may be repeated)"),
];

/// A parser of the id of a lint or a group.
fn lint() -> impl TypedValueParser<Value = String> {
    // The list is too long for the help text.
    clap::builder::StringValueParser::new().try_map(|id| Levels::default().set(&id, Level::Warn).map(|()| id))
}

impl Args for LintArgs {
    fn augment_args(command: Command) -> Command {
        OPTIONS.iter().fold(command, |command, (name, _, help)| {
            let arg = Arg::new(*name).long(*name).value_name("LINT|warnings|advice").help(*help);
            command.arg(arg.action(ArgAction::Append).value_parser(lint()).help_heading("Lints"))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for LintArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut given: Vec<(usize, String, Level)> = Vec::new();
        for (name, level, _) in OPTIONS {
            let ids = matches.get_many::<String>(name).into_iter().flatten().cloned();
            let at = matches.indices_of(name).into_iter().flatten();
            given.extend(at.zip(ids).map(|(at, id)| (at, id, level)));
        }
        given.sort_by_key(|(at, _, _)| *at);
        let mut levels = Levels::default();
        for (_, id, level) in given {
            let wrong =
                |error| clap::Error::raw(clap::error::ErrorKind::ValueValidation, format!("{error}\n"));
            levels.set(&id, level).map_err(wrong)?;
        }
        Ok(Self { levels })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, Command, FromArgMatches as _};
    use virtargv::{Level, rules};

    use super::LintArgs;

    #[test]
    fn what_comes_later_counts() {
        let check = |args: &[&str], expected: Level| {
            let command = LintArgs::augment_args(Command::new("check").no_binary_name(true));
            let args = LintArgs::from_arg_matches(&command.get_matches_from(args)).unwrap();
            let rule = rules().find(|rule| rule.id == "machine-alias").unwrap();
            assert_eq!(args.levels.of(rule), expected);
        };
        check(&[], Level::Allow);
        check(&["--warn", "machine-alias"], Level::Warn);
        check(&["--warn", "advice", "--deny", "warnings"], Level::Deny);
        check(&["--deny", "warnings", "--warn", "advice", "--allow", "machine-alias"], Level::Allow);
        check(&["--allow", "machine-alias", "--deny", "machine-alias"], Level::Deny);
    }
}
