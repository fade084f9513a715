//! Checks that the product's sources use every row of its tables.

#![allow(clippy::disallowed_methods, reason = "the test reads the project's sources")]

use std::path::{Path, PathBuf};

use virtargv::Convention;

/// The crates of the product.
const CRATES: [&str; 9] =
    ["model", "caps", "host", "system", "resolve", "validate", "qemu-cmd", "virtargv", "cli"];

/// Every file of Rust below `directory`, except the one that defines the conventions.
fn files(directory: &Path, out: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            files(&path, out)?;
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !path.ends_with("release/convention.rs")
        {
            out.push(path);
        }
    }
    Ok(())
}

/// The lines of a source file that are code of the product: no comments, and nothing from its tests on, which are at the
/// end of a file.
fn code(source: &str) -> String {
    let product = source.split("\n#[cfg(test)]\n").next().unwrap_or_default();
    product
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// Whether `code` names the variant: `Convention::Name`, and no longer name.
fn names(code: &str, variant: &str) -> bool {
    code.split("Convention::").skip(1).any(|rest| {
        rest.strip_prefix(variant)
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    })
}

#[test]
fn every_convention_is_asked() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut all = Vec::new();
    for name in CRATES {
        files(&root.join(name).join("src"), &mut all).unwrap();
    }
    assert!(all.len() > CRATES.len(), "no sources below {}", root.display());
    let code: String = all.iter().map(|path| code(&std::fs::read_to_string(path).unwrap())).collect();
    let unasked: Vec<_> = Convention::ALL.iter().filter(|row| !names(&code, &format!("{row:?}"))).collect();
    assert!(unasked.is_empty(), "no code of the product asks for {unasked:?}");
}

#[test]
fn tests_comments_and_longer_names_ask_nothing() {
    let check = |source: &str, expected| assert_eq!(names(&code(source), "UsbNet"), expected, "{source}");
    check("if release.has(Convention::UsbNet) {", true);
    check("// has(Convention::UsbNet)", false);
    check("has(Convention::UsbNetwork)", false);
    check("fn f() {}\n\n#[cfg(test)]\nmod tests {\n has(Convention::UsbNet)\n}", false);
}
