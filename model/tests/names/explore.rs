//! The names that the readers know, found by asking them: every element and attribute that any branch of a reader asks for.
//!
//! A reader asks for a name only where it needs it: for the `<source>` of a network disk, for `protocol=`; for that of a file,
//! for `file=`. [`explore`] makes documents until every branch was taken: it begins with the shortest document, and adds to
//! each document the children and attributes that its readers asked for and did not find, an attribute with each of the words
//! that it can have. A document from which a new question came is added to in turn. What needs several values at once is in
//! the documents of the matrix, which are asked too.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write as _;

use virtargv_model::Release;
use virtargv_model::names::Questions;
use virtargv_model::read::Question;

/// For each element, called by its name and that of the element around it, the names that it is asked for.
#[derive(Debug, Default)]
pub struct Names {
    elements: BTreeMap<(String, String), BTreeMap<String, Known>>,
    /// The words of attributes, and of the texts of elements, by the path of either.
    words: BTreeMap<String, Vec<&'static str>>,
}

/// What is known of a name.
#[derive(Debug, Default, Clone)]
struct Known {
    /// The releases whose readers ask for it.
    releases: BTreeSet<Release>,
    /// The version of libvirt that it came with.
    since: Option<&'static str>,
}

impl Names {
    /// The names of all releases: those that exploring finds, and those that `documents` are asked for.
    pub fn of(documents: &[String]) -> Self {
        let mut names = Self::default();
        for release in Release::ALL.iter().copied() {
            names.explore(release);
            for questions in documents.iter().filter_map(|text| Questions::ask(text, release)) {
                names.add(&questions, release);
            }
        }
        names
    }

    /// Adds what a document was asked for. Whether there was something new.
    fn add(&mut self, questions: &Questions, release: Release) {
        for (at, question) in &questions.asked {
            let (around, name) = element(questions, *at);
            let listed = match question {
                Question::Words(attribute, words) => Some((format!("{around}/{name}/@{attribute}"), words)),
                Question::TextWords(words) => Some((format!("{around}/{name}"), words)),
                _ => None,
            };
            if let Some((path, words)) = listed {
                let known = self.words.entry(path).or_default();
                let more: Vec<_> = words.iter().copied().filter(|word| !known.contains(word)).collect();
                known.extend(more);
            }
            let entry = self.elements.entry(element(questions, *at)).or_default();
            match question {
                Question::Child(name) => _ = entry.entry(name.clone()).or_default().releases.insert(release),
                Question::Attribute(name) => {
                    entry.entry(format!("@{name}")).or_default().releases.insert(release);
                }
                Question::Since(name, since) => {
                    for name in [name.clone(), format!("@{name}")] {
                        if let Some(known) = entry.get_mut(&name) {
                            known.since = Some(since);
                        }
                    }
                }
                Question::List(_) | Question::Words(..) | Question::TextWords(_) => {}
            }
        }
        // Children that are read whatever their name is.
        for (at, element) in questions.elements.iter().enumerate().filter(|(_, element)| element.is_read) {
            self.elements.entry(self::element(questions, at)).or_default();
            if let Some(around) = element.around
                && let Some(outer) = questions.elements.get(around)
                && outer.is_read
            {
                let of =
                    outer.around.and_then(|at| questions.elements.get(at)).map_or("", |outer| &outer.name);
                let entry = self.elements.entry((of.to_owned(), outer.name.clone())).or_default();
                entry.entry(element.name.clone()).or_default().releases.insert(release);
            }
        }
    }

    /// Asks documents that are made for it.
    fn explore(&mut self, release: Release) {
        let mut answered: HashSet<String> = HashSet::new();
        let mut known: HashSet<String> = HashSet::new();
        let mut open = vec![(Node::new("domain").with("type", "qemu"), Vec::new())];
        while let Some((document, changed)) = open.pop() {
            let Some(questions) = Questions::ask(&document.to_text(), release) else { continue };
            self.add(&questions, release);
            let paths = document.paths();
            let asked = questions.asked.iter().filter_map(|(at, question)| Some((paths.get(*at)?, question)));
            let mut is_new = false;
            for ((_, _, element), question) in asked.clone() {
                is_new |= known.insert(format!("{element}{question:?}"));
            }
            if !is_new {
                continue;
            }
            // What is in the same section or device as the element that was changed.
            let top: Vec<usize> = changed.iter().copied().take(document.depth_of_parts(&changed)).collect();
            for ((path, shown, _), question) in asked {
                if path.starts_with(&top) && answered.insert(format!("{shown}{question:?}")) {
                    open.extend(document.answers(path, question));
                }
            }
        }
    }

    /// The words, one attribute or text a line.
    pub fn words_to_text(&self) -> String {
        let listed = self.words.iter().filter(|(_, words)| !words.is_empty());
        let mut out = String::new();
        for (path, words) in listed {
            let _ = writeln!(out, "{path} {}", words.join(" "));
        }
        out
    }

    /// The list, one element a line.
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        let latest = Release::ALL.last().copied();
        for ((around, name), names) in &self.elements {
            let _ = write!(out, "{around}/{name}");
            for (name, known) in names {
                let _ = write!(out, " {name}");
                // What another branch asks for under the earliest release was there before.
                let first = known.releases.first().filter(|first| Some(*first) != Release::ALL.first());
                match (first, known.since) {
                    (Some(_), Some(since)) => _ = write!(out, ">={since}"),
                    (Some(first), None) => _ = write!(out, ">{first}"),
                    (None, _) => {}
                }
                if known.releases.last().copied() != latest
                    && let Some(last) = known.releases.last()
                {
                    let _ = write!(out, "<{last}");
                }
            }
            out.push('\n');
        }
        out
    }
}

/// How an element is called: by the name of the element around it, and its own.
fn element(questions: &Questions, at: usize) -> (String, String) {
    let around = questions.elements.get(at).and_then(|element| element.around);
    let name = |at: usize| questions.elements.get(at).map_or("", |element| &element.name).to_owned();
    (around.map(name).unwrap_or_default(), name(at))
}

/// An element of a document that is made.
#[derive(Debug, Clone)]
struct Node {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Node>,
}

/// The values of attributes that have no list of words.
const VALUES: &[&str] = &["1", "3e3fce45-4f53-4fa7-bb32-11f34168b82b"];

/// The most attributes with a word that the elements around a place have.
const MOST_WORDS: usize = 2;

impl Node {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), attributes: Vec::new(), text: String::new(), children: Vec::new() }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        match self.attributes.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => value.clone_into(known),
            None => self.attributes.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    fn to_text(&self) -> String {
        let mut out = format!("<{}", self.name);
        if self.name == "domain" {
            let _ = write!(out, " xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'");
        }
        for (name, value) in &self.attributes {
            let _ = write!(out, " {name}='{value}'");
        }
        let inner: String = self.children.iter().map(Self::to_text).collect();
        let _ = write!(out, ">{}{inner}</{}>", self.text, self.name);
        out
    }

    /// The elements in document order: the indexes that lead there, and the names and words on the way.
    fn paths(&self) -> Vec<(Vec<usize>, String, String)> {
        let mut out = Vec::new();
        self.add_paths(String::new(), &mut Vec::new(), "", &mut out);
        out
    }

    fn add_paths(
        &self,
        around: String,
        at: &mut Vec<usize>,
        shown: &str,
        out: &mut Vec<(Vec<usize>, String, String)>,
    ) {
        let mut name = self.name.clone();
        if !at.is_empty() {
            for (attribute, value) in
                self.attributes.iter().filter(|(_, value)| !VALUES.contains(&value.as_str()))
            {
                let _ = write!(name, "[{attribute}={value}]");
            }
        }
        let shown = format!("{shown}/{name}");
        // The `type=` of an element mostly decides what is asked for; with all words there would be too many documents.
        let kind = self.attributes.iter().find(|(attribute, _)| attribute == "type");
        let kind = kind.map_or("", |(_, value)| value);
        out.push((at.clone(), shown.clone(), format!("{around}/{}[{kind}]", self.name)));
        for (index, child) in self.children.iter().enumerate() {
            at.push(index);
            child.add_paths(self.name.clone(), at, &shown, out);
            at.pop();
        }
    }

    /// How many steps of `path` lead to a section, or to a device.
    fn depth_of_parts(&self, path: &[usize]) -> usize {
        let first = path.first().and_then(|index| self.children.get(*index));
        if first.is_some_and(|first| first.name == "devices") { 2 } else { 1 }
    }

    /// The element that `path` leads to.
    fn at(&mut self, path: &[usize]) -> Option<&mut Self> {
        path.iter().try_fold(self, |node, index| node.children.get_mut(*index))
    }

    /// The number of attributes with a word on the way.
    fn words_on(&self, path: &[usize]) -> usize {
        let (mut node, mut count) = (self, 0);
        for index in path {
            let Some(child) = node.children.get(*index) else { break };
            count += child.attributes.iter().filter(|(_, value)| !VALUES.contains(&value.as_str())).count();
            node = child;
        }
        count
    }

    fn names_on(&self, path: &[usize]) -> Vec<&str> {
        let mut node = self;
        let mut names = vec![self.name.as_str()];
        for index in path {
            let Some(child) = node.children.get(*index) else { break };
            names.push(&child.name);
            node = child;
        }
        names
    }

    /// The document with each of the answers that `question` can have.
    fn answers(&self, path: &[usize], question: &Question) -> Vec<(Self, Vec<usize>)> {
        let mut answers = Vec::new();
        let mut answer = |change: &dyn Fn(&mut Self)| {
            let mut document = self.clone();
            if let Some(node) = document.at(path) {
                change(node);
                answers.push((document, path.to_vec()));
            }
        };
        let around = self.names_on(path);
        let here = self.clone().at(path).cloned();
        let Some(here) = here else { return answers };
        let on_way = self.words_on(path);
        match question {
            Question::Child(name) => {
                let deep = around.iter().filter(|known| **known == name).count() > 1;
                if !deep && around.len() < 9 && !here.children.iter().any(|child| child.name == *name) {
                    answer(&|node| node.children.push(Self::new(name)));
                }
            }
            Question::Attribute(name) => {
                let given = here.attributes.iter().find(|(known, _)| known == name);
                if given.is_none() && here.attributes.len() < 8 {
                    for value in VALUES {
                        answer(&|node| *node = node.clone().with(name, value));
                    }
                }
            }
            Question::Words(name, words) => {
                let is_word = |value: &str| !VALUES.contains(&value);
                let given = here.attributes.iter().any(|(known, value)| known == name && is_word(value));
                if on_way < MOST_WORDS && !given {
                    for word in words {
                        answer(&|node| *node = node.clone().with(name, word));
                    }
                }
            }
            Question::TextWords(words) => {
                if here.text.is_empty() {
                    for word in words.iter().chain(VALUES) {
                        answer(&|node| (*word).clone_into(&mut node.text));
                    }
                }
            }
            Question::List(_) | Question::Since(..) => {}
        }
        answers
    }
}
