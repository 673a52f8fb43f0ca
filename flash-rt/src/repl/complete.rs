//! Names that go on with what is being typed: commands of the REPL, files behind `:load`, and what the engine knows.

use super::commands;
use super::engine::Candidate;
use super::service::Client;
use flashc::lexer::{self, TokenKind};
use flashc::source::FileId;
use reedline::{Completer, CompletionResult, Span, Suggestion};
use std::path::Path;
use std::time::Duration;

/// Longer nobody waits: the engine is busy with something else.
const PATIENCE: Duration = Duration::from_millis(500);
/// More would not be looked at.
const MOST_CANDIDATES: usize = 500;
/// A longer description is cut.
const MOST_DESCRIPTION: usize = 60;

pub struct Completion {
    client: Client,
}

impl Completion {
    pub fn new(client: Client) -> Completion {
        Completion { client }
    }

    /// Where the text to be replaced begins, and with what.
    fn find(&self, text: &str) -> (usize, Vec<Candidate>) {
        if let Some(path) = text.trim_start().strip_prefix(":load ") {
            let path = path.trim_start();
            return (text.len() - path.len(), files(path));
        }
        let code = commands::code_of(text).or_else(|| argument(text));
        if code.is_none() && commands::is_command(text) {
            let start = text.len() - text.trim_start().len();
            return (start, named(text.trim_start()));
        }
        let code = code.map_or(text, |(_, code)| code);
        let start = text.len() - code.len() + word_start(code);
        // Before the first word of a line Tab indents.
        if code.rsplit('\n').next().is_some_and(|line| line.trim().is_empty()) && text.contains('\n') {
            return (text.len(), vec![Candidate { text: "    ".to_owned(), description: String::new() }]);
        }
        let code = code.to_owned();
        let found = self.client.ask_within(PATIENCE, move |engine| engine.candidates(&code));
        (start, found.unwrap_or_default())
    }
}

impl Completer for Completion {
    fn complete(&mut self, line: &str, pos: usize) -> CompletionResult {
        let Some(text) = line.get(..pos) else { return CompletionResult::fresh([]) };
        let (start, mut candidates) = self.find(text);
        candidates.truncate(MOST_CANDIDATES);
        let suggestions: Vec<Suggestion> = candidates
            .into_iter()
            .map(|candidate| Suggestion {
                value: candidate.text,
                description: Some(short(candidate.description)).filter(|text| !text.is_empty()),
                span: Span::new(start, pos),
                ..Suggestion::default()
            })
            .collect();
        CompletionResult::fresh(suggestions)
    }
}

/// Where the last word of the text begins, which candidates replace: all that stands behind the quote in a string that
/// is open, otherwise the name at the end.
pub fn word_start(text: &str) -> usize {
    let (tokens, mistakes) = lexer::lex(FileId(0), text);
    let last = tokens.iter().rev().find(|token| token.kind != TokenKind::Eof);
    if let (Some(token), Some(mistake)) = (last, mistakes.last())
        && let TokenKind::Str(_) = token.kind
        && mistake.code == "E0003"
        && mistake.span.start == token.span.start
        && token.span.end as usize == text.len()
    {
        return mistake.span.end as usize;
    }
    let is_part = |c: char| c == '_' || c.is_alphanumeric();
    text.len() - text.chars().rev().take_while(|c| is_part(*c)).map(char::len_utf8).sum::<usize>()
}

/// The argument of a command that takes a name.
fn argument(text: &str) -> Option<(usize, &str)> {
    let start = text.len() - text.trim_start().len();
    let name =
        [":doc ", ":asm ", ":ssa "].into_iter().find(|name| text.get(start..).is_some_and(|t| t.starts_with(name)))?;
    Some((start + name.len(), text.get(start + name.len()..)?))
}

fn named(prefix: &str) -> Vec<Candidate> {
    let names = commands::names().filter(|(name, _)| name.starts_with(prefix));
    names.map(|(name, help)| Candidate { text: name, description: help.to_owned() }).collect()
}

/// Files and directories whose path begins so.
fn files(prefix: &str) -> Vec<Candidate> {
    let (directory, name) = prefix.rsplit_once('/').map_or(("", prefix), |(directory, name)| (directory, name));
    let shown = if prefix.contains('/') { format!("{directory}/") } else { String::new() };
    let Ok(entries) = std::fs::read_dir(if shown.is_empty() { Path::new(".") } else { Path::new(&shown) }) else {
        return Vec::new();
    };
    let mut found: Vec<Candidate> = entries
        .flatten()
        .filter_map(|entry| {
            let file = entry.file_name().into_string().ok()?;
            let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let is_wanted = file.starts_with(name)
                && (is_directory || file.ends_with(".fl"))
                && (!file.starts_with('.') || name.starts_with('.'));
            let end = if is_directory { "/" } else { "" };
            is_wanted.then(|| Candidate { text: format!("{shown}{file}{end}"), description: String::new() })
        })
        .collect();
    found.sort_by(|a, b| a.text.cmp(&b.text));
    found
}

/// The first line, cut where it is long.
fn short(text: String) -> String {
    let line = text.lines().next().unwrap_or("");
    if line.chars().count() <= MOST_DESCRIPTION {
        return line.to_owned();
    }
    line.chars().take(MOST_DESCRIPTION - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::{files, named, short, word_start};

    #[test]
    fn the_last_word_is_replaced() {
        for (text, word) in [
            ("", ""),
            ("fs.re", "re"),
            ("fs.", ""),
            ("let x = dou", "dou"),
            ("f(größe", "größe"),
            ("import fs from \"std:f", "std:f"),
            ("import fs from \"./lib/a-b", "./lib/a-b"),
            ("\"a\" + b", "b"),
            ("`a ${nam", "nam"),
        ] {
            assert_eq!(&text[word_start(text)..], word, "{text}");
        }
    }

    #[test]
    fn commands_are_found_by_their_beginning() {
        let names = |prefix| named(prefix).into_iter().map(|found| found.text).collect::<Vec<_>>();
        assert_eq!(names(":t"), [":type", ":time"]);
        assert!(names(":").len() > 5);
        assert!(names(":x").is_empty());
    }

    #[test]
    fn modules_and_directories_can_be_loaded() {
        let directory = tempfile::tempdir().expect("a directory");
        let root = directory.path().to_str().expect("a path").to_owned();
        for file in ["b.fl", "a.fl", "a.txt", ".hidden.fl"] {
            std::fs::write(directory.path().join(file), "").expect("a file");
        }
        std::fs::create_dir(directory.path().join("aa")).expect("a directory");
        let found: Vec<String> = files(&format!("{root}/a")).into_iter().map(|found| found.text).collect();
        assert_eq!(found, [format!("{root}/a.fl"), format!("{root}/aa/")]);
        assert!(files("/nowhere/at/all").is_empty());
    }

    #[test]
    fn descriptions_are_short() {
        assert_eq!(short("fn(i32) -> i32\nmore".to_owned()), "fn(i32) -> i32");
        assert_eq!(short("é".repeat(100)).chars().count(), 60);
    }
}
