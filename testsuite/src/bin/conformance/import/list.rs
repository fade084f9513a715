//! The cases of a test list, with the state that the statements between them have built up.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use super::arguments::Arguments;
use super::fault::{Fault, NOT_KNOWN};
use super::statement::{Statement, not_understood};
use super::token::{Kind, Token, shown, text, word};
use crate::case::Expect;

/// A case of the list.
pub struct Listed {
    /// Its object in `cases.jsonl`.
    pub keys: Map<String, Value>,
    /// Its id.
    pub id: String,
    /// The expected outcome.
    pub expect: Expect,
    /// The files that it needs.
    pub files: Vec<String>,
    /// The line that runs it.
    pub line: u32,
}

/// What a release's test list is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// The source file.
    pub list: &'static str,
    /// The directory of the documents and of what is expected of them.
    pub data: &'static str,
    /// Whether a completed domain is expected as well.
    pub completes: bool,
}

/// The forms: one list for documents and command lines from 10.0 on, a list for command lines alone before.
pub const FORMS: [Form; 2] = [
    Form { list: "tests/qemuxmlconftest.c", data: "tests/qemuxmlconfdata", completes: true },
    Form { list: "tests/qemuxml2argvtest.c", data: "tests/qemuxml2argvdata", completes: false },
];

/// The cases that `statements` run, in the order in which they run.
pub fn cases(form: Form, statements: &[Statement<'_>]) -> Result<Vec<Listed>, Fault> {
    let mut reader = Reader::new(form);
    for statement in statements {
        reader.one(statement)?;
    }
    if reader.cases.is_empty() {
        return Err(Fault::at(0, "the list runs no case", NOT_KNOWN));
    }
    Ok(reader.cases)
}

/// The settings that `statements` of the function that makes the driver of the tests assign.
pub fn driver_settings(statements: &[Statement<'_>]) -> Map<String, Value> {
    let assigned = statements.iter().filter_map(|statement| match statement {
        Statement::Assign { targets, value, .. } => Some((*targets.first()?, setting_value(value)?)),
        _ => None,
    });
    assigned.filter_map(|(target, value)| Some((setting(target)?.to_owned(), value))).collect()
}

/// A case that is being defined.
#[derive(Default)]
struct Next {
    name: Option<String>,
    suffix: Option<String>,
    arguments: Option<Arguments>,
}

/// What has been read, and the state of the test program after it.
struct Reader {
    form: Form,
    /// Settings of the driver that the list assigns, `null` where it frees one.
    settings: Map<String, Value>,
    env: BTreeMap<String, String>,
    /// The environment of every case: that of the first.
    base_env: Option<BTreeMap<String, String>>,
    host_arch: Option<String>,
    host_cpu: Option<String>,
    next: Next,
    /// How many cases have had an id.
    numbers: HashMap<String, usize>,
    /// A statement since the last case that is not understood. After the last case it does not matter.
    pending: Option<Fault>,
    cases: Vec<Listed>,
}

impl Reader {
    fn new(form: Form) -> Self {
        Self {
            form,
            settings: Map::new(),
            env: BTreeMap::new(),
            base_env: None,
            host_arch: None,
            host_cpu: None,
            next: Next::default(),
            numbers: HashMap::new(),
            pending: None,
            cases: Vec::new(),
        }
    }

    fn one(&mut self, statement: &Statement<'_>) -> Result<(), Fault> {
        match statement {
            Statement::Call { name, args, line } => self.call(name, args, *line)?,
            Statement::Assign { targets, value, line } => self.assign(targets, value, *line),
            Statement::Other { line, text } => self.unknown(*line, text.clone()),
        }
        Ok(())
    }

    /// Remembers a statement that is not understood. Those before the first case prepare the host that the runner
    /// pretends to be.
    fn unknown(&mut self, line: u32, text: String) {
        if !self.cases.is_empty() && self.pending.is_none() {
            self.pending = Some(not_understood(line, &text));
        }
    }

    fn call(&mut self, name: &str, args: &[&[Token]], line: u32) -> Result<(), Fault> {
        let whole = || format!("{name}({})", args.iter().map(|arg| shown(arg)).collect::<Vec<_>>().join(","));
        let missing = || not_understood(line, &whole());
        match (name, args) {
            ("testRun", [title, suffix, _, _, list @ ..]) => {
                self.next.name = Some(text(title).ok_or_else(missing)?);
                self.next.suffix = Some(text(suffix).ok_or_else(missing)?);
                self.next.arguments = Some(Arguments::read(list, line)?);
                self.run(line)?;
            }
            ("testQemuInfoSetArgs", [_, _, list @ ..]) => {
                self.next.arguments = Some(Arguments::read(list, line)?);
            }
            ("testInfoSetPaths", [_, suffix]) => {
                self.next.suffix = Some(text(suffix).ok_or_else(missing)?);
            }
            ("virTestRun" | "virTestRunLog", _) => self.run(line)?,
            ("testQemuInfoClear" | "testQemuInfoFree", _) => {}
            ("g_setenv" | "setenv", [key, value, _]) => match (text(key), text(value)) {
                (Some(key), Some(value)) => _ = self.env.insert(key, value),
                _ => self.unknown(line, whole()),
            },
            ("g_unsetenv" | "unsetenv", [key]) => match text(key) {
                Some(key) => _ = self.env.remove(&key),
                None => self.unknown(line, whole()),
            },
            ("VIR_FREE", [what]) => match setting(what) {
                Some(key) => _ = self.settings.insert(key.to_owned(), Value::Null),
                None => self.unknown(line, whole()),
            },
            ("qemuTestSetHostArch", [_, arch]) => {
                let arch = word(arch).ok_or_else(missing)?;
                self.host_arch = Some(arch).filter(|arch| *arch != "VIR_ARCH_NONE").map(str::to_owned);
                self.host_cpu = None;
            }
            ("qemuTestSetHostCPU", [_, .., cpu]) => {
                let cpu = host_cpu(cpu).ok_or_else(missing)?;
                self.host_cpu = Some(cpu).filter(|cpu| *cpu != "NULL").map(str::to_owned);
            }
            (name, _) if name.starts_with("DO_TEST") => {
                let what = format!("the macro '{name}' is not defined");
                return Err(Fault::at(line, what, NOT_KNOWN));
            }
            _ => self.unknown(line, whole()),
        }
        Ok(())
    }

    fn assign(&mut self, targets: &[&[Token]], value: &[Token], line: u32) {
        let keys: Option<Vec<&str>> = targets.iter().map(|target| setting(target)).collect();
        match (keys, setting_value(value)) {
            (Some(keys), Some(value)) => {
                for key in keys {
                    self.settings.insert(key.to_owned(), value.clone());
                }
            }
            // The initial value of the description of a case.
            (None, _) if initial_name(value).is_some() => self.next.name = initial_name(value),
            (keys, _) => {
                // Settings of other types are not settings of a case: those of the list are the runner's.
                for key in keys.into_iter().flatten() {
                    self.settings.remove(key);
                }
                let parts: Vec<String> = targets.iter().copied().chain([value]).map(shown).collect();
                self.unknown(line, parts.join(" = "));
            }
        }
    }

    /// Adds the case that the statements so far have defined.
    fn run(&mut self, line: u32) -> Result<(), Fault> {
        if let Some(fault) = self.pending.take() {
            return Err(fault);
        }
        let next = std::mem::take(&mut self.next);
        let (Some(name), Some(suffix), Some(arguments)) = (next.name, next.suffix, next.arguments) else {
            return Err(Fault::at(line, "a case without a name, a suffix or arguments is run", NOT_KNOWN));
        };
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.+,:=@".contains(c)) || name.starts_with('.')
        {
            let what = format!("the name of the case '{name}' is no file name");
            return Err(Fault::at(line, what, "a name is the beginning of the names of the case's files"));
        }
        let case = self.listed(&name, &suffix, arguments, line)?;
        self.cases.push(case);
        Ok(())
    }

    fn listed(&mut self, name: &str, suffix: &str, arguments: Arguments, line: u32) -> Result<Listed, Fault> {
        let stem = format!("{name}{suffix}{}", arguments.variant);
        let number = self.numbers.entry(stem.clone()).or_default();
        *number += 1;
        let id = if *number == 1 { stem.clone() } else { format!("{stem}#{number}") };
        let expect = arguments.expect();
        let input = format!("{name}.xml");
        let expected = format!("{stem}.{}", if expect == Expect::Argv { "args" } else { "err" });
        let completed = (self.form.completes && expect != Expect::ParseError).then(|| format!("{stem}.xml"));
        let mut keys = Map::new();
        let mut set = |key: &str, value: Value| keys.insert(key.to_owned(), value);
        set("id", id.clone().into());
        set("name", name.into());
        set("expect", expect.word().into());
        set("input", input.clone().into());
        set("expected", expected.clone().into());
        if let Some(completed) = &completed {
            set("expected_xml", completed.clone().into());
        }
        let missing_input = arguments.keys.contains_key("missing_input");
        // Without any, the whole set of flags is empty.
        let real = arguments.keys.contains_key("caps_arch") || arguments.keys.contains_key("flags");
        for (key, value) in arguments.keys {
            set(&key, value);
        }
        if !real {
            set("flags", Value::Array(Vec::new()));
        }
        if let Some(env) = self.changed_env(line)? {
            set("env", env);
        }
        set("config", self.settings.clone().into());
        if let Some(arch) = &self.host_arch {
            set("host_arch", arch.clone().into());
        }
        if let Some(cpu) = &self.host_cpu {
            set("host_cpu", cpu.clone().into());
        }
        let input = Some(input).filter(|_| !missing_input);
        let files = input.into_iter().chain([expected]).chain(completed).collect();
        Ok(Listed { keys, id, expect, files, line })
    }

    /// The variables that are set for the case at `line` and not for every case.
    fn changed_env(&mut self, line: u32) -> Result<Option<Value>, Fault> {
        let base = self.base_env.get_or_insert_with(|| self.env.clone());
        if let Some(gone) = base.keys().find(|key| !self.env.contains_key(*key)) {
            let what =
                format!("the environment variable '{gone}', which every case has, is unset for this one");
            return Err(Fault::at(line, what, NOT_KNOWN));
        }
        let changed = self.env.iter().filter(|(key, value)| base.get(*key) != Some(value));
        let changed: Map<String, Value> =
            changed.map(|(key, value)| (key.clone(), value.clone().into())).collect();
        Ok(if changed.is_empty() { None } else { Some(changed.into()) })
    }
}

/// The `X` of `driver.config->X`, `driver->config->X` and `cfg->X`.
fn setting(tokens: &[Token]) -> Option<&str> {
    let (name, path) = tokens.split_last()?;
    let known = ["driver.config->", "driver->config->", "cfg->"].contains(&shown(path).as_str());
    known.then(|| name.word()).flatten()
}

/// The value of a setting: yes or no, or a text.
fn setting_value(tokens: &[Token]) -> Option<Value> {
    match tokens {
        [Token { kind: Kind::Number(number @ (0 | 1)), .. }] => Some((*number == 1).into()),
        [copy, open, inner @ .., close]
            if copy.word() == Some("g_strdup") && open.is('(') && close.is(')') =>
        {
            text(inner).map(Value::from)
        }
        _ => match word(tokens)? {
            "true" | "TRUE" => Some(true.into()),
            "false" | "FALSE" => Some(false.into()),
            "NULL" => Some(Value::Null),
            _ => None,
        },
    }
}

/// The text of `.name` in the initial value `{ .name = "..." }`.
fn initial_name(value: &[Token]) -> Option<String> {
    let [open, dot, name, equals, rest @ .., close] = value else { return None };
    let ours = open.is('{') && dot.is('.') && name.word() == Some("name") && equals.is('=') && close.is('}');
    ours.then(|| text(super::token::split(rest, ',').first()?)).flatten()
}

/// The name of the CPU definition that is given for the host; `NULL` is its default.
fn host_cpu(tokens: &[Token]) -> Option<&str> {
    match tokens {
        [function, open, name, close]
            if function.word() == Some("qemuTestGetCPUDef") && open.is('(') && close.is(')') =>
        {
            name.word()
        }
        _ => word(tokens),
    }
}
