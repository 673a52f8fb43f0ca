//! Diagnostics as text: for people (through codespan-reporting) and for tools (a JSON object a
//! line). Both are sorted by place and without doubles.

use super::{Diagnostic, Severity};
use crate::source::{FileId, SourceMap, Span};
use codespan_reporting::diagnostic as codespan;
use codespan_reporting::files::{Error, Files};
use codespan_reporting::term;
use serde::Serialize;
use std::fmt::Write as _;
use std::ops::Range;

/// Lines longer than this (in bytes) are not shown: nobody wrote them by hand.
const WIDEST_LINE: usize = 2000;

/// For people, with a last line that counts. Empty when there is nothing to say.
pub fn human(diagnostics: &[Diagnostic], sources: &SourceMap, color: bool) -> String {
    human_limited(diagnostics, sources, color, 0)
}

/// As [`human`], with at most so many shown (0: all), errors first; the last line counts all of them.
pub fn human_limited(diagnostics: &[Diagnostic], sources: &SourceMap, color: bool, limit: usize) -> String {
    let sorted = sorted(diagnostics);
    if sorted.is_empty() {
        return String::new();
    }
    let files = View(sources);
    let config = term::Config { tab_width: 4, ..term::Config::default() };
    let mut out = String::new();
    let shown = shown(&sorted, limit);
    for diagnostic in &shown {
        let rendered = to_codespan(diagnostic);
        if is_wide(diagnostic, sources) {
            without_excerpt(&mut out, diagnostic, sources);
            continue;
        }
        if color {
            let mut buffer = term::termcolor::Buffer::ansi();
            if term::emit_to_write_style(&mut buffer, &config, &files, &rendered).is_ok() {
                out.push_str(&String::from_utf8_lossy(buffer.as_slice()));
                continue;
            }
        } else if let Ok(text) = term::emit_into_string(&config, &files, &rendered) {
            out.push_str(&text);
            continue;
        }
        // A place outside of its file; never seen, but the message matters more.
        without_excerpt(&mut out, diagnostic, sources);
    }
    if shown.len() < sorted.len() {
        let _ = writeln!(out, "... and {} more", sorted.len() - shown.len());
    }
    out.push_str(&summary(&sorted));
    out
}

/// The first of them; where not all are shown, warnings give way to errors.
fn shown<'d>(sorted: &[&'d Diagnostic], limit: usize) -> Vec<&'d Diagnostic> {
    if limit == 0 || sorted.len() <= limit {
        return sorted.to_vec();
    }
    let errors = sorted.iter().filter(|d| d.is_error()).count().min(limit);
    let mut left = (errors, limit - errors);
    let mut take = |d: &&&Diagnostic| {
        let left = if d.is_error() { &mut left.0 } else { &mut left.1 };
        let taken = *left > 0;
        *left = left.saturating_sub(1);
        taken
    };
    sorted.iter().filter(|d| take(d)).copied().collect()
}

/// For tools: one object a line. Columns count Unicode scalar values, from 1; `end` is exclusive.
pub fn json(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    let mut out = String::new();
    for diagnostic in sorted(diagnostics) {
        let place = Place::of(diagnostic.span, sources);
        let message = Message {
            code: diagnostic.code,
            severity: severity_text(diagnostic.severity),
            message: &diagnostic.message,
            place,
            label: &diagnostic.label,
            secondary: diagnostic
                .secondary
                .iter()
                .map(|(span, label)| Labelled { place: Place::of(*span, sources), label })
                .collect(),
            notes: &diagnostic.notes,
            fix: diagnostic.fix.as_ref().map(|fix| JsonFix {
                message: &fix.message,
                place: Place::of(fix.span, sources),
                replacement: &fix.replacement,
            }),
        };
        match serde_json::to_string(&message) {
            Ok(line) => out.push_str(&line),
            Err(error) => bug!("diagnostics: {error}"),
        }
        out.push('\n');
    }
    out
}

/// By file and place; equal ones once.
fn sorted(diagnostics: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by(|a, b| {
        (a.span.file, a.span.start, a.span.end, a.code, &a.message).cmp(&(
            b.span.file,
            b.span.start,
            b.span.end,
            b.code,
            &b.message,
        ))
    });
    sorted.dedup_by(|a, b| a.span == b.span && a.code == b.code && a.message == b.message);
    sorted
}

/// Does it stand on a line that nobody would want to see whole?
fn is_wide(diagnostic: &Diagnostic, sources: &SourceMap) -> bool {
    let spans = diagnostic.secondary.iter().map(|(span, _)| span).chain([&diagnostic.span]);
    spans.into_iter().any(|span| {
        let file = sources.file(span.file);
        let line = file.line_column(span.start).0 as usize - 1;
        file.line_range(line).is_none_or(|range| range.len() > WIDEST_LINE)
    })
}

fn without_excerpt(out: &mut String, diagnostic: &Diagnostic, sources: &SourceMap) {
    let Diagnostic { severity, code, message, span, .. } = diagnostic;
    let (line, column) = sources.line_column(*span);
    let path = &sources.file(span.file).path;
    let _ = writeln!(out, "{}[{code}]: {message}\n  --> {path}:{line}:{column}", severity_text(*severity));
    for note in &diagnostic.notes {
        let _ = writeln!(out, "  = note: {note}");
    }
    if let Some(fix) = &diagnostic.fix {
        let _ = writeln!(out, "  = help: {}", fix.message);
    }
    out.push('\n');
}

fn summary(diagnostics: &[&Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|d| d.is_error()).count();
    let warnings = diagnostics.len() - errors;
    let count = |n: usize, what: &str| match n {
        0 => None,
        1 => Some(format!("1 {what}")),
        n => Some(format!("{n} {what}s")),
    };
    let parts: Vec<String> = [count(errors, "error"), count(warnings, "warning")].into_iter().flatten().collect();
    format!("{}\n", parts.join(", "))
}

fn severity_text(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn to_codespan(diagnostic: &Diagnostic) -> codespan::Diagnostic<FileId> {
    let severity = match diagnostic.severity {
        Severity::Error => codespan::Severity::Error,
        Severity::Warning => codespan::Severity::Warning,
    };
    let range = |span: Span| span.start as usize..span.end as usize;
    let mut labels =
        vec![codespan::Label::primary(diagnostic.span.file, range(diagnostic.span)).with_message(&diagnostic.label)];
    for (span, label) in &diagnostic.secondary {
        labels.push(codespan::Label::secondary(span.file, range(*span)).with_message(label));
    }
    let mut notes: Vec<String> = diagnostic.notes.iter().map(|note| format!("note: {note}")).collect();
    if let Some(fix) = &diagnostic.fix {
        notes.push(format!("help: {}", fix.message));
    }
    codespan::Diagnostic::new(severity)
        .with_code(diagnostic.code)
        .with_message(&diagnostic.message)
        .with_labels(labels)
        .with_notes(notes)
}

#[derive(Serialize)]
struct Message<'a> {
    code: &'a str,
    severity: &'a str,
    message: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
    #[serde(skip_serializing_if = "str::is_empty")]
    label: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    secondary: Vec<Labelled<'a>>,
    notes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<JsonFix<'a>>,
}

#[derive(Serialize)]
struct Labelled<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    label: &'a str,
}

#[derive(Serialize)]
struct JsonFix<'a> {
    message: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
    replacement: &'a str,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    end: End,
    /// Bytes from the beginning of the file.
    offset: u32,
    length: u32,
}

#[derive(Serialize)]
struct End {
    line: u32,
    column: u32,
}

impl Place<'_> {
    fn of(span: Span, sources: &SourceMap) -> Place<'_> {
        let file = sources.file(span.file);
        let (line, column) = file.line_column(span.start);
        let (end_line, end_column) = file.line_column(span.end);
        let end = End { line: end_line, column: end_column };
        Place { file: &file.path, line, column, end, offset: span.start, length: span.end - span.start }
    }
}

/// The sources as codespan wants to see them.
struct View<'a>(&'a SourceMap);

impl<'a> Files<'a> for View<'a> {
    type FileId = FileId;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: FileId) -> Result<&'a str, Error> {
        Ok(&self.0.file(id).path)
    }

    fn source(&'a self, id: FileId) -> Result<&'a str, Error> {
        Ok(&self.0.file(id).text)
    }

    fn line_index(&'a self, id: FileId, byte: usize) -> Result<usize, Error> {
        Ok(self.0.file(id).line_column(byte.min(u32::MAX as usize) as u32).0 as usize - 1)
    }

    fn line_range(&'a self, id: FileId, line: usize) -> Result<Range<usize>, Error> {
        let file = self.0.file(id);
        file.line_range(line).ok_or(Error::LineTooLarge { given: line, max: file.line_count() })
    }
}
