//! What the commands say on standard error: diagnostics and failures, for people or for tools.

use crate::diagnostics::{Diagnostic, Severity, render};
use crate::source::SourceMap;
use std::io::{IsTerminal, Write};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// With excerpts of the source, in colour on a terminal
    #[default]
    Human,
    /// A JSON object a line
    Json,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    Always,
    Never,
}

impl Color {
    fn is_on(self) -> bool {
        self.is_on_for(&std::io::stderr())
    }

    /// Whether to colour what goes to this stream.
    pub fn is_on_for(self, stream: &impl IsTerminal) -> bool {
        match self {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
        }
    }
}

/// How to speak.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reporter {
    pub format: Format,
    pub color: Color,
    pub no_warnings: bool,
    /// Warnings are errors.
    pub deny_warnings: bool,
    /// Diagnostics beyond these are only counted; 0 for no limit.
    pub limit: usize,
}

impl Reporter {
    /// Says the warnings of a program without errors. False when they are errors.
    pub fn warnings(self, warnings: &[Diagnostic], sources: &SourceMap) -> bool {
        if !self.deny_warnings || warnings.is_empty() {
            self.diagnostics(warnings, sources);
            return true;
        }
        let denied: Vec<Diagnostic> = warnings
            .iter()
            .map(|d| Diagnostic { severity: Severity::Error, ..d.clone() }.note("warnings are errors here"))
            .collect();
        self.diagnostics(&denied, sources);
        false
    }

    pub fn diagnostics(self, diagnostics: &[Diagnostic], sources: &SourceMap) {
        let errors_only: Vec<Diagnostic>;
        let diagnostics = if self.no_warnings {
            errors_only = diagnostics.iter().filter(|d| d.is_error()).cloned().collect();
            &errors_only
        } else {
            diagnostics
        };
        let text = match self.format {
            Format::Human => render::human_limited(diagnostics, sources, self.color.is_on(), self.limit),
            Format::Json => render::json(diagnostics, sources),
        };
        say(&text);
    }

    /// Something that is not about a place in a source: a file, a linker.
    pub fn error(self, message: &str) {
        match self.format {
            Format::Human if self.color.is_on() => say(&format!("\x1b[1;31merror\x1b[0m: {message}\n")),
            Format::Human => say(&format!("error: {message}\n")),
            Format::Json => {
                let object = serde_json::json!({ "severity": "error", "message": message });
                say(&format!("{object}\n"));
            }
        }
    }
}

/// Whoever closed standard error does not want to know.
fn say(text: &str) {
    let mut stderr = std::io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes());
    let _ = stderr.flush();
}
