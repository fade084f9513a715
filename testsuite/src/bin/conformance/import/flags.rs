//! `flags.tsv`: every capability flag of a release, from the enumeration and the names in its source.

use std::fmt::Write as _;

use super::fault::{Fault, NOT_KNOWN};
use super::token::{Kind, Token, group, tokens};

/// The header with the enumeration.
pub const HEADER: &str = "src/qemu/qemu_capabilities.h";
/// The source with the names, in the order of the enumeration.
pub const SOURCE: &str = "src/qemu/qemu_capabilities.c";

/// The table of the flags that `header` enumerates and `source` names.
pub fn table(header: &str, source: &str) -> Result<String, Fault> {
    let constants = constants(&tokens(header, HEADER).map_err(|fault| fault.of(HEADER))?);
    let names = names(&tokens(source, SOURCE).map_err(|fault| fault.of(SOURCE))?);
    if constants.is_empty() || constants.len() != names.len() {
        let what = format!("{} capability flags, but {} names in '{SOURCE}'", constants.len(), names.len());
        return Err(Fault::at(0, what, NOT_KNOWN).of(HEADER));
    }
    let mut table = "constant\tname\tretired\n".to_owned();
    for (constant, name) in constants.iter().zip(&names) {
        let (constant, retired) = match constant.strip_prefix("X_") {
            Some(constant) => (constant, "retired"),
            None => (constant.as_str(), ""),
        };
        _ = writeln!(table, "{constant}\t{name}\t{retired}");
    }
    Ok(table)
}

/// The members of the enumeration of flags, which ends with `QEMU_CAPS_LAST`.
fn constants(tokens: &[Token]) -> Vec<String> {
    let member = |word: &str| word.starts_with("QEMU_CAPS_") || word.starts_with("X_QEMU_CAPS_");
    let mut starts = (0..tokens.len()).filter(|at| {
        tokens.get(*at).is_some_and(|token| token.is('{'))
            && tokens.get(at + 1).and_then(Token::word).is_some_and(member)
    });
    let Some(list) = starts.next().and_then(|at| tokens.get(at..)) else { return Vec::new() };
    let list = list.get(..group(list)).unwrap_or(list);
    let members = list.iter().filter_map(Token::word).filter(|word| member(word));
    members.take_while(|word| *word != "QEMU_CAPS_LAST").map(str::to_owned).collect()
}

/// The names in `VIR_ENUM_IMPL(virQEMUCaps, ...)`.
fn names(tokens: &[Token]) -> Vec<String> {
    let mut starts = tokens.iter().enumerate().filter(|(at, token)| {
        token.word() == Some("VIR_ENUM_IMPL")
            && tokens.get(at + 2).and_then(Token::word) == Some("virQEMUCaps")
    });
    let Some(list) = starts.next().and_then(|(at, _)| tokens.get(at + 1..)) else { return Vec::new() };
    let list = list.get(..group(list)).unwrap_or(list);
    let texts = list.iter().filter_map(|token| match &token.kind {
        Kind::Text(text) => Some(text.clone()),
        _ => None,
    });
    texts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_and_names_go_together() {
        let header = "typedef enum { /* 0 */ X_QEMU_CAPS_OLD, /* old */ QEMU_CAPS_NEW, QEMU_CAPS_LAST } virQEMUCapsFlags;";
        let source = "VIR_ENUM_IMPL(virQEMUCaps, QEMU_CAPS_LAST, \"old\", /* X */ \"new\");";
        let expected = "constant\tname\tretired\nQEMU_CAPS_OLD\told\tretired\nQEMU_CAPS_NEW\tnew\t\n";
        assert_eq!(table(header, source).as_deref(), Ok(expected));
    }

    #[test]
    fn a_flag_without_a_name_is_a_fault() {
        let fault = table("enum { QEMU_CAPS_A, QEMU_CAPS_LAST };", "").unwrap_err().to_string();
        let expected =
            "src/qemu/qemu_capabilities.h: 1 capability flags, but 0 names in 'src/qemu/qemu_capabilities.c'";
        assert_eq!(fault.lines().next(), Some(expected));
    }
}
