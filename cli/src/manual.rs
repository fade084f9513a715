//! `virtargv completions` and `virtargv man`: both are made from the definition of the arguments.

use std::io::Write as _;

use clap::CommandFactory as _;

use crate::args::{Cli, CompletionsArgs, ManArgs};
use crate::{Done, FINE, Unusable};

/// Prints the completions for a shell.
pub(crate) fn completions(args: &CompletionsArgs) -> Done {
    // Into memory first: writing to a closed pipe would be a panic.
    let mut out = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "virtargv", &mut out);
    print(&out)
}

/// Prints the page of the command, or writes all pages.
pub(crate) fn pages(args: &ManArgs) -> Done {
    let Some(dir) = &args.dir else {
        let mut out = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut out)?;
        return print(&out);
    };
    clap_mangen::generate_to(Cli::command(), dir)
        .map_err(|why| Unusable(format!("cannot write man pages to `{}`: {why}", dir.display())))?;
    Ok(FINE)
}

fn print(text: &[u8]) -> Done {
    let mut out = std::io::stdout().lock();
    out.write_all(text)?;
    out.flush()?;
    Ok(FINE)
}
