//! The documents that the arguments of `check` name: files, directories, patterns, standard input.

use std::iter;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

/// A document to check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Input {
    /// Standard input.
    Stdin,
    /// A file that is named, or that a pattern names.
    Named(PathBuf),
    /// A file that was found in a directory, and that need not be a domain document.
    Found(PathBuf),
    /// Something that is none: its name, and why.
    Missing(String, String),
}

/// The inputs that `args` name, one after the other: they are looked up when they are asked for.
pub(crate) fn inputs(args: &[String]) -> impl Iterator<Item = Input> + Send + '_ {
    args.iter().flat_map(|arg| inputs_of(arg))
}

fn inputs_of(arg: &str) -> Box<dyn Iterator<Item = Input> + Send + '_> {
    if arg == "-" {
        return Box::new(iter::once(Input::Stdin));
    }
    let path = Path::new(arg);
    let is_pattern = arg.contains(['*', '?', '[']) && path.symlink_metadata().is_err();
    if !is_pattern {
        return of_path(path.to_owned());
    }
    let missing = |why: String| -> Box<dyn Iterator<Item = Input> + Send> {
        Box::new(iter::once(Input::Missing(arg.to_owned(), why)))
    };
    let mut paths = match glob::glob(arg) {
        Ok(paths) => paths.peekable(),
        Err(why) => return missing(format!("it is not a pattern: {why}")),
    };
    if paths.peek().is_none() {
        return missing("no file has a name of this pattern".to_owned());
    }
    Box::new(paths.flat_map(|found| match found {
        Ok(path) => of_path(path),
        Err(why) => {
            let name = why.path().display().to_string();
            Box::new(iter::once(Input::Missing(name, format!("cannot look into it: {}", why.error()))))
        }
    }))
}

/// The file `path`, or the XML files in the directory `path` and below, sorted by name.
fn of_path(path: PathBuf) -> Box<dyn Iterator<Item = Input> + Send> {
    if !path.is_dir() {
        return Box::new(iter::once(Input::Named(path)));
    }
    let entries = WalkDir::new(path).sort_by_file_name().into_iter();
    Box::new(entries.filter_map(|entry| match entry {
        Ok(entry) => is_xml_file(&entry).then(|| Input::Found(entry.into_path())),
        Err(why) => {
            let name = why.path().map_or_else(String::new, |path| path.display().to_string());
            let why = why.io_error().map_or_else(|| why.to_string(), ToString::to_string);
            Some(Input::Missing(name, format!("cannot look into it: {why}")))
        }
    }))
}

/// Whether a directory entry is a file `*.xml`, or a link to one. A FIFO is none: whoever opens it waits.
fn is_xml_file(entry: &DirEntry) -> bool {
    let is_xml = entry.path().extension().is_some_and(|extension| extension == "xml");
    let kind = entry.file_type();
    // A link that leads nowhere is reported by whoever reads it.
    let is_link_to_file = || kind.is_symlink() && entry.path().metadata().map_or(true, |m| m.is_file());
    is_xml && (kind.is_file() || is_link_to_file())
}

/// The name of the outermost element of `text`, which need not be well-formed after its start; `None` if no element comes
/// first.
pub(crate) fn root(text: &str) -> Option<&str> {
    let mut rest = text.trim_start_matches('\u{feff}');
    loop {
        rest = rest.trim_start();
        let end = ["<?", "<!--", "<!"].into_iter().find(|open| rest.starts_with(open));
        let close = match end {
            Some("<?") => "?>",
            Some("<!--") => "-->",
            Some(_) => ">",
            None => break,
        };
        rest = rest.split_once(close)?.1;
    }
    let name = rest.strip_prefix('<')?;
    let end = name.find(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/')).unwrap_or(name.len());
    name.get(..end).filter(|name| name.starts_with(|c: char| c.is_alphabetic() || c == '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outermost_element_is_found() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(root(text), expected, "{text}");
        check("<domain type='kvm'>", Some("domain"));
        check("<domain>", Some("domain"));
        check("<domain", Some("domain"));
        check("<domainsnapshot/>", Some("domainsnapshot"));
        check("\u{feff}<?xml version='1.0'?>\n<!-- <network> -->\n<domain", Some("domain"));
        check("<!DOCTYPE domain>\n<domain/>", Some("domain"));
        check("<!-- <domain> ", None);
        check("<?xml", None);
        check("text<domain/>", None);
        check("</domain>", None);
        check("", None);
    }

    #[test]
    fn directories_and_patterns_give_sorted_files() {
        let dir = std::env::temp_dir().join(format!("virtargv-files-{}", std::process::id()));
        let names = ["b.xml", "a.xml", "sub/c.xml", "sub/d.txt", "e[1].xml"];
        std::fs::create_dir_all(dir.join("sub")).unwrap();
        for name in names {
            std::fs::write(dir.join(name), "").unwrap();
        }
        let check = |args: &[&str], expected: &[&str]| {
            let args: Vec<String> =
                args.iter().map(|arg| arg.replace("DIR", dir.to_str().unwrap())).collect();
            let found: Vec<String> = inputs(&args)
                .map(|input| format!("{input:?}").replace(&format!("{}/", dir.display()), ""))
                .collect();
            assert_eq!(found, expected, "{args:?}");
        };
        let all = ["Found(\"a.xml\")", "Found(\"b.xml\")", "Found(\"e[1].xml\")", "Found(\"sub/c.xml\")"];
        check(&["DIR"], &all);
        check(&["-", "DIR/b.xml", "DIR/sub"], &["Stdin", "Named(\"b.xml\")", "Found(\"sub/c.xml\")"]);
        check(&["DIR/*.xml"], &["Named(\"a.xml\")", "Named(\"b.xml\")", "Named(\"e[1].xml\")"]);
        check(&["DIR/**/c*"], &["Named(\"sub/c.xml\")"]);
        check(&["DIR/s*"], &["Found(\"sub/c.xml\")"]);
        check(&["DIR/e[1].xml"], &["Named(\"e[1].xml\")"]);
        check(&["DIR/no.xml"], &["Named(\"no.xml\")"]);
        check(&["DIR/no*"], &["Missing(\"no*\", \"no file has a name of this pattern\")"]);
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
