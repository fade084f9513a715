//! The tokens of C, as far as test lists and lists of flags use them.

use super::fault::Fault;

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// An identifier or keyword.
    Word(String),
    /// A string literal, without its quotes and escapes.
    Text(String),
    /// A number.
    Number(u64),
    /// Any other character. `->` is two of them.
    Mark(char),
}

/// A token and the line that it is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// The line, from 1.
    pub line: u32,
}

impl Token {
    /// The identifier, if it is one.
    pub fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Whether it is this character.
    pub fn is(&self, mark: char) -> bool {
        self.kind == Kind::Mark(mark)
    }
}

/// The tokens of `text`. Where it has line markers, as a preprocessor writes them, only those of `file` are kept, with the
/// lines that the markers name.
pub fn tokens(text: &str, file: &str) -> Result<Vec<Token>, Fault> {
    let mut lexer = Lexer { rest: text, line: 1, tokens: Vec::new() };
    let mut kept = true;
    let mut start = true;
    while let Some(c) = lexer.rest.chars().next() {
        if c == '\n' {
            lexer.advance(1);
            start = true;
            continue;
        }
        if c == '#' && start {
            let line = lexer.until('\n');
            if let Some((number, name)) = marker(line) {
                kept = name == file;
                // The marker is about the line after it.
                lexer.line = number.saturating_sub(1);
            }
            continue;
        }
        start &= c.is_whitespace();
        let before = lexer.tokens.len();
        lexer.one(c)?;
        if !kept {
            lexer.tokens.truncate(before);
        }
    }
    Ok(lexer.tokens)
}

/// The line and file of the line marker `# LINE "FILE"`.
fn marker(line: &str) -> Option<(u32, &str)> {
    let (number, rest) = line.trim_start_matches('#').trim_start().split_once(' ')?;
    Some((number.parse().ok()?, rest.split('"').nth(1)?))
}

struct Lexer<'a> {
    rest: &'a str,
    line: u32,
    tokens: Vec<Token>,
}

impl<'a> Lexer<'a> {
    /// Skips `bytes`, and counts the lines in them.
    fn advance(&mut self, bytes: usize) -> &'a str {
        let (skipped, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        let lines = skipped.bytes().filter(|byte| *byte == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.rest = rest;
        skipped
    }

    /// Skips what is before `end`.
    fn until(&mut self, end: char) -> &'a str {
        self.advance(self.rest.find(end).unwrap_or(self.rest.len()))
    }

    fn push(&mut self, kind: Kind, line: u32) {
        self.tokens.push(Token { kind, line });
    }

    /// Reads what begins with `c`: a token, a comment, or a space.
    fn one(&mut self, c: char) -> Result<(), Fault> {
        let line = self.line;
        if self.rest.starts_with("/*") {
            let end = self.rest.find("*/").map_or(self.rest.len(), |at| at + 2);
            self.advance(end);
        } else if self.rest.starts_with("//") {
            self.until('\n');
        } else if c == '"' {
            let text = self.text(line)?;
            self.push(Kind::Text(text), line);
        } else if c == '\'' {
            // A character constant: only that its quotes and braces are no marks matters.
            let end = self.rest.bytes().skip(2).position(|byte| byte == b'\'').map_or(1, |at| at + 3);
            self.advance(end);
        } else if c.is_ascii_alphanumeric() || c == '_' {
            let part = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let word = self.advance(self.rest.find(|c| !part(c)).unwrap_or(self.rest.len()));
            let number = word.trim_end_matches(['u', 'U', 'l', 'L']).parse();
            let kind = if c.is_ascii_digit() {
                number.map_or_else(|_| Kind::Word(word.to_owned()), Kind::Number)
            } else {
                Kind::Word(word.to_owned())
            };
            self.push(kind, line);
        } else {
            if !c.is_whitespace() && c != '\\' {
                self.push(Kind::Mark(c), line);
            }
            self.advance(c.len_utf8());
        }
        Ok(())
    }

    /// Reads a string literal.
    fn text(&mut self, line: u32) -> Result<String, Fault> {
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.advance(at + 1);
                    return Ok(text);
                }
                '\\' => match chars.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 't')) => text.push('\t'),
                    Some((_, c)) => text.push(c),
                    None => break,
                },
                c => text.push(c),
            }
        }
        Err(Fault::at(line, "a string literal has no end", "compare the file with that of the release"))
    }
}

/// The parts of `tokens` between the `separator`s that are not within brackets.
pub fn split(tokens: &[Token], separator: char) -> Vec<&[Token]> {
    let mut depth = 0usize;
    let parts = tokens.split(|token| {
        match token.kind {
            Kind::Mark('(' | '{' | '[') => depth += 1,
            Kind::Mark(')' | '}' | ']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && token.is(separator)
    });
    parts.collect()
}

/// The number of tokens of the bracketed group that `tokens` begin with, brackets included; all where it has no end.
pub fn group(tokens: &[Token]) -> usize {
    let mut depth = 0usize;
    let end = tokens.iter().position(|token| {
        match token.kind {
            Kind::Mark('(' | '{' | '[') => depth += 1,
            Kind::Mark(')' | '}' | ']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    });
    end.map_or(tokens.len(), |at| at + 1)
}

/// The text of adjacent string literals; `None` where there is anything else.
pub fn text(tokens: &[Token]) -> Option<String> {
    let parts = tokens.iter().map(|token| match &token.kind {
        Kind::Text(text) => Some(text.as_str()),
        _ => None,
    });
    if tokens.is_empty() { None } else { parts.collect() }
}

/// The one word that `tokens` are.
pub fn word(tokens: &[Token]) -> Option<&str> {
    match tokens {
        [token] => token.word(),
        _ => None,
    }
}

/// The tokens as a text for messages.
pub fn shown(tokens: &[Token]) -> String {
    let one = |token: &Token| match &token.kind {
        Kind::Word(word) => word.clone(),
        Kind::Text(text) => format!("{text:?}"),
        Kind::Number(number) => number.to_string(),
        Kind::Mark(mark) => mark.to_string(),
    };
    let mut text = String::new();
    for token in tokens {
        let next = one(token);
        let joins = |c: char| c.is_alphanumeric() || c == '_' || c == '"';
        if text.ends_with(joins) && next.starts_with(joins) {
            text.push(' ');
        }
        text.push_str(&next);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_a_file_with_their_lines() {
        let text =
            "# 1 \"other.h\"\nint hidden;\n# 7 \"list.c\"\nA(\"x\\\"\" /* no */ \"y\",\n 0x1, 12u); // no\n";
        let found = tokens(text, "list.c").unwrap();
        assert_eq!(shown(&found), r#"A("x\"" "y",0x1,12);"#);
        assert_eq!(found.iter().map(|t| t.line).collect::<Vec<_>>(), [7, 7, 7, 7, 7, 8, 8, 8, 8, 8]);
    }

    #[test]
    fn arguments_end_at_commas_outside_of_brackets() {
        let found = tokens("a, f(b, c), {d, e}", "").unwrap();
        let parts: Vec<String> = split(&found, ',').into_iter().map(shown).collect();
        assert_eq!(parts, ["a", "f(b,c)", "{d,e}"]);
    }

    #[test]
    fn an_open_string_is_a_fault() {
        let fault = tokens("x\n\"abc", "").unwrap_err().of("list.c").to_string();
        assert_eq!(fault.lines().next(), Some("list.c:2: a string literal has no end"));
    }
}
