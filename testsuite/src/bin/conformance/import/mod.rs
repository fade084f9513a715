//! Makes a set of a libvirt source tree: reads its test list, and copies what the cases need.
//!
//! The stages, a file each: the tree is opened (`tree`), the list is expanded by a C preprocessor (`preprocess`) and
//! taken apart into tokens (`token`) and statements (`statement`); the statements that set something up and those that run
//! a case become cases (`list`, `arguments`); the set is written beside its place and moved there when it is whole.

mod arguments;
mod fault;
mod flags;
mod list;
mod preprocess;
mod statement;
mod token;
mod tree;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::case::{Case, Expect};
use crate::corpus::matrix_of;
use fault::{Fault, NOT_KNOWN};
use list::Listed;
use tree::{COPIED, Tree, in_set};

/// The function of a list that runs its cases.
const MAIN: &str = "mymain";

/// The header with what lists share. It need not exist.
const HEADER: &str = "tests/testutilsqemu.h";

/// What is imported, and to where.
#[derive(clap::Args)]
pub struct Import {
    /// The source tree, an unpacked source package.
    #[arg(value_name = "LIBVIRT-SOURCE")]
    source: PathBuf,
    /// The directory of the set. It must not exist.
    out: PathBuf,
}

/// The source with the function that makes the driver of the tests. It need not exist.
const DRIVER: (&str, &str) = ("tests/testutilsqemu.c", "qemuTestDriverInit");

/// Imports, and returns a line about what was.
pub fn import(args: &Import) -> Result<String, String> {
    whole(args).map_err(|fault| fault.to_string())
}

fn whole(args: &Import) -> Result<String, Fault> {
    let place = Place::free(&args.out)?;
    let tree = Tree::open(&args.source)?;
    let mut cases = read_list(&tree)?;
    // Ids in order, as the lists of what agrees have them.
    cases.sort_by(|a, b| a.id.cmp(&b.id));
    write_set(&tree, &cases, &place.temporary).and_then(|()| place.take()).inspect_err(|_| {
        // A failure to remove what was begun says nothing beyond the fault itself.
        _ = std::fs::remove_dir_all(&place.temporary);
    })?;
    let count = |expect| cases.iter().filter(|case| case.expect == expect).count();
    Ok(format!(
        "{}: {} cases of libvirt {} ({} command lines, {} refused while read, {} while built)",
        args.out.display(),
        cases.len(),
        tree.release,
        count(Expect::Argv),
        count(Expect::ParseError),
        count(Expect::Failure),
    ))
}

/// The cases of the list, in its order.
fn read_list(tree: &Tree) -> Result<Vec<Listed>, Fault> {
    let file = tree.form.list;
    let text = tree.text(file)?;
    let headers = match tree.text(HEADER) {
        Ok(text) => vec![(HEADER.to_owned(), text)],
        Err(_) => Vec::new(),
    };
    let expanded = preprocess::expand(file, &text, &headers)?;
    let read = || {
        let tokens = token::tokens(&expanded, file)?;
        let body = statement::body(&tokens, MAIN)
            .ok_or_else(|| Fault::at(0, format!("there is no function '{MAIN}'"), NOT_KNOWN))?;
        list::cases(tree.form, &statement::statements(body)?)
    };
    read().map_err(|fault| fault.of(file))
}

/// The settings that the driver of the tests has in every case.
fn driver_settings(tree: &Tree) -> Result<Map<String, Value>, Fault> {
    let (file, function) = DRIVER;
    let Ok(text) = tree.text(file) else { return Ok(Map::new()) };
    let read = || {
        let tokens = token::tokens(&text, file)?;
        let statements = statement::statements(statement::body(&tokens, function).unwrap_or_default())?;
        Ok(list::driver_settings(&statements))
    };
    read().map_err(|fault: Fault| fault.of(file))
}

/// Writes the set into `out`.
fn write_set(tree: &Tree, cases: &[Listed], out: &Path) -> Result<(), Fault> {
    let mut lines = String::new();
    let mut documents = BTreeSet::new();
    let mut wrapped = false;
    for listed in cases {
        let line = serde_json::to_string(&listed.keys).unwrap_or_default();
        // What the runner cannot read is not written.
        let case =
            Case::parse(&line).map_err(|what| Fault::at(listed.line, what, NOT_KNOWN).of(tree.form.list))?;
        lines.push_str(&line);
        lines.push('\n');
        for file in listed.files.iter().filter(|file| !documents.contains(*file)) {
            let from = format!("{}/{file}", tree.form.data);
            let bytes = tree.bytes(&from).map_err(|fault| {
                let what = format!("the case '{}' needs a file: {}", case.id, fault.what());
                Fault::at(listed.line, what, "unpack the source package again, whole").of(tree.form.list)
            })?;
            wrapped |=
                listed.expect == Expect::Argv && bytes.windows(WRAPPED.len()).any(|bytes| bytes == WRAPPED);
            write(&out.join("domains").join(file), &bytes)?;
        }
        documents.extend(&listed.files);
    }
    write(&out.join("cases.jsonl"), lines.as_bytes())?;
    for copied in COPIED {
        for path in tree.files(copied.from).iter().filter(|path| copied.has(path)) {
            let (name, bytes) = in_set(path, tree.bytes(&format!("{}/{path}", copied.from))?)?;
            write(&out.join(copied.to).join(name), &bytes)?;
        }
    }
    let table = flags::table(&tree.text(flags::HEADER)?, &tree.text(flags::SOURCE)?)?;
    write(&out.join("flags.tsv"), table.as_bytes())?;
    write(&out.join("set.json"), format!("{}\n", description(tree, wrapped)?).as_bytes())
}

/// A break within an option, which lists before 7.1 have in their command lines.
const WRAPPED: &[u8] = b",\\\n";

/// `set.json` of the set of `tree`.
fn description(tree: &Tree, wrapped: bool) -> Result<Value, Fault> {
    // The releases that are followed have names of two numbers.
    let release = tree.release.split('.').take(2).collect::<Vec<_>>().join(".");
    let config = driver_settings(tree)?;
    let matrix = matrix_of(&release);
    let mut set = json!({
        "release": release, "base": ".", "cpu_models": "cpu-models", "config": config, "wrapped": wrapped,
    });
    if let (Some(name), Some(set)) = (matrix, set.as_object_mut()) {
        set.insert("name".to_owned(), name.into());
    }
    Ok(set)
}

/// Where a set is written, and where it is moved to.
struct Place {
    temporary: PathBuf,
    out: PathBuf,
}

impl Place {
    /// The place `out`, which is free.
    fn free(out: &Path) -> Result<Self, Fault> {
        if out.symlink_metadata().is_ok() {
            let what = format!("'{}' exists already", out.display());
            return Err(Fault::new(what, "name a directory that does not exist, or remove it"));
        }
        let name = out.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| {
            Fault::new(format!("'{}' does not end with a name", out.display()), "name a new directory")
        })?;
        let temporary = out.with_file_name(format!(".{name}.{}", std::process::id()));
        Ok(Self { temporary, out: out.to_owned() })
    }

    /// Moves what was written to its place.
    fn take(&self) -> Result<(), Fault> {
        std::fs::rename(&self.temporary, &self.out).map_err(|error| cannot_write(&self.out, &error))
    }
}

/// Writes a file, and the directories that it is in.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let directory = path.parent().unwrap_or(path);
    std::fs::create_dir_all(directory).map_err(|error| cannot_write(directory, &error))?;
    std::fs::write(path, bytes).map_err(|error| cannot_write(path, &error))
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Fault {
    Fault::new(
        format!("'{}' cannot be written: {error}", path.display()),
        "name a directory that can be written to",
    )
}
