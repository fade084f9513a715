//! The test list as a C preprocessor expands it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use super::fault::Fault;

/// Expands the macros of `list`, the text of `file`, with those that `headers` (name and text) define. Nothing is included
/// from elsewhere: macros that are defined in other files stay as they are. Everything optional counts as built in.
pub fn expand(file: &str, list: &str, headers: &[(String, String)]) -> Result<String, Fault> {
    let mut input = String::new();
    for name in build_options(list) {
        _ = writeln!(input, "#define {name} 1");
    }
    for (name, text) in headers.iter().map(|(n, t)| (n.as_str(), t.as_str())).chain([(file, list)]) {
        _ = writeln!(input, "#line 1 \"{name}\"");
        for line in text.lines() {
            // An empty line in its place keeps the numbers of lines.
            let included =
                line.trim_start().strip_prefix('#').is_some_and(|d| d.trim_start().starts_with("include"));
            let kept = if included { "" } else { line };
            input.push_str(kept);
            input.push('\n');
        }
    }
    run(&input)
}

/// The names `WITH_X` of build options that occur in `text`.
fn build_options(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("WITH_")).collect()
}

/// Runs the preprocessor, `$CC -E` or `cc -E`.
fn run(input: &str) -> Result<String, Fault> {
    let help = "install a C compiler, or name one in the environment variable CC";
    let program = std::env::var("CC").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "cc".to_owned());
    let fault = |what: String| Fault::new(format!("the C preprocessor '{program} -E' {what}"), help);
    let mut child = Command::new(&program)
        .args(["-E", "-undef", "-x", "c", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| fault(format!("cannot be started: {error}")))?;
    let pipe = child.stdin.take();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || pipe.map_or(Ok(()), |mut pipe| pipe.write_all(input.as_bytes())));
    let output = child.wait_with_output().map_err(|error| fault(format!("cannot be read: {error}")))?;
    _ = writer.join();
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        return Err(fault(format!("failed: {}", message.lines().next().unwrap_or_default())));
    }
    String::from_utf8(output.stdout).map_err(|error| fault(format!("printed no text: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::token;

    #[test]
    fn macros_are_expanded_and_lines_are_kept() {
        let header = ("util.h".to_owned(), "#define ANSWER \"1\" \".\"\n".to_owned());
        let list = "#include <config.h>\n#if WITH_THING\n# define CASE(n, ...) run(n, __VA_ARGS__)\n#endif\n\
                    CASE(\"a\",\n ANSWER);\nUNKNOWN(2);\n";
        let text = expand("list.c", list, &[header]).unwrap();
        let tokens = token::tokens(&text, "list.c").unwrap();
        assert_eq!(token::shown(&tokens), r#"run("a","1" ".");UNKNOWN(2);"#);
        assert_eq!(tokens.last().map(|t| t.line), Some(7));
    }
}
