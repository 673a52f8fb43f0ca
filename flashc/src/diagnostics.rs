//! Diagnostics as data: code, severity, message, labelled places, notes and a fix.
//! Rendering is in `render`; the words of a diagnostic stand where it is found.

pub mod explain;
pub mod render;
mod suggest;

pub use suggest::{nearest, with_suggestion};

use crate::source::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    Error,
    Warning,
}

/// A mistake of the user's, or something worth a warning.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    pub severity: Severity,
    /// `E0412`, `W0003`. E00xx lexer, E01xx parser, E02xx resolve, E03xx and E04xx typecheck,
    /// E05xx constants, E09xx not built yet; W01xx warnings.
    pub code: &'static str,
    pub message: String,
    /// The place, and what to write below it (may be empty).
    pub span: Span,
    pub label: String,
    /// Further places with words.
    pub secondary: Vec<(Span, String)>,
    pub notes: Vec<String>,
    pub fix: Option<Fix>,
}

/// A replacement that would mend the mistake.
#[derive(Clone, Debug)]
pub struct Fix {
    /// "write `;` here"
    pub message: String,
    pub span: Span,
    pub replacement: String,
}

impl Diagnostic {
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            code,
            message: message.into(),
            span,
            label: String::new(),
            secondary: Vec::new(),
            notes: Vec::new(),
            fix: None,
        }
    }

    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, span, message) }
    }

    pub fn label(mut self, text: impl Into<String>) -> Diagnostic {
        self.label = text.into();
        self
    }

    pub fn secondary(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.secondary.push((span, text.into()));
        self
    }

    pub fn note(mut self, text: impl Into<String>) -> Diagnostic {
        self.notes.push(text.into());
        self
    }

    pub fn fix(mut self, span: Span, message: impl Into<String>, replacement: impl Into<String>) -> Diagnostic {
        self.fix = Some(Fix { message: message.into(), span, replacement: replacement.into() });
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
