//! `virtargv explain`: the rules, told.

use crate::args::ExplainArgs;
use crate::{Done, FINE, Unusable};

pub(crate) fn run(args: &ExplainArgs) -> Done {
    let mut rules = virtargv::rules();
    match &args.rule {
        None => {
            for rule in rules {
                anstream::println!("{:<44} {}", rule.id, rule.summary);
            }
        }
        Some(id) => {
            let rule = rules.find(|r| r.id == id).ok_or_else(|| {
                Unusable(format!("there is no rule '{id}' (list them with 'virtargv explain')"))
            })?;
            anstream::println!(
                "{} ({})\n\n{}\n\nWhy: {}",
                rule.id,
                rule.class.now().as_str(),
                rule.summary,
                rule.reason
            );
        }
    }
    Ok(FINE)
}
