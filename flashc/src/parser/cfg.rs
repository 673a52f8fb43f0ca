//! `#[cfg(...)]`: what does not hold for the target is left out of the tree, so that no later stage sees it: it is
//! not resolved, not imported, not checked. Its syntax must be right all the same.

use super::Parser;
use crate::ast::{Attribute, AttributeArg, Literal};
use crate::diagnostics::{Diagnostic, nearest, with_suggestion};
use crate::source::Span;

/// What `#[cfg(...)]` asks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    pub os: &'static str,
    pub arch: &'static str,
    /// The tests of the program are compiled too.
    pub test: bool,
}

const SYSTEMS: &[&str] = &["linux", "macos", "windows", "unknown"];
const ARCHITECTURES: &[&str] = &["x86_64", "aarch64", "unknown"];
const PREDICATES: &[&str] = &["os", "arch", "test", "any", "all", "not"];

/// The machine that the compiler runs on.
impl Default for Target {
    fn default() -> Target {
        let os = if cfg!(target_os = "windows") {
            "windows"
        } else if cfg!(target_os = "macos") {
            "macos"
        } else {
            "linux"
        };
        Target { os, arch: if cfg!(target_arch = "aarch64") { "aarch64" } else { "x86_64" }, test: false }
    }
}

impl Target {
    /// Whether every `#[cfg(...)]` among these holds.
    pub fn accepts(&self, attributes: &[Attribute]) -> bool {
        let mut cfgs = attributes.iter().filter(|a| a.name.name.as_str() == "cfg");
        cfgs.all(|a| a.args.iter().all(|arg| self.holds(arg)))
    }

    /// What is not understood holds: it has been reported.
    fn holds(&self, arg: &AttributeArg) -> bool {
        let Some(name) = arg.name else { return true };
        let inner = arg.args.as_deref().unwrap_or_default();
        match (name.name.as_str(), &arg.value) {
            ("os", Some(Literal::Str(os))) => os.as_str() == self.os,
            ("arch", Some(Literal::Str(arch))) => arch.as_str() == self.arch,
            ("test", None) => self.test,
            ("any", None) => inner.iter().any(|arg| self.holds(arg)),
            ("all", None) => inner.iter().all(|arg| self.holds(arg)),
            ("not", None) => !inner.iter().all(|arg| self.holds(arg)),
            _ => true,
        }
    }
}

impl Parser<'_> {
    /// Whether what carries these attributes belongs to the program.
    pub(super) fn is_kept(&self, attributes: &[Attribute]) -> bool {
        self.options.target.is_none_or(|target| target.accepts(attributes))
    }

    /// Reports what a `#[cfg(...)]` asks that nobody can answer.
    pub(super) fn check_cfg(&mut self, attribute: &Attribute) {
        if attribute.name.name.as_str() != "cfg" {
            return;
        }
        let mut problems = Vec::new();
        if attribute.args.is_empty() {
            problems.push(
                wrong(attribute.span, "`#[cfg]` needs a condition")
                    .note("write `#[cfg(os = \"linux\")]`, `#[cfg(test)]`, `#[cfg(not(arch = \"aarch64\"))]`"),
            );
        }
        attribute.args.iter().for_each(|arg| check_predicate(arg, &mut problems));
        self.diagnostics.extend(problems);
    }
}

fn wrong(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error("E0118", span, message)
}

fn check_predicate(arg: &AttributeArg, problems: &mut Vec<Diagnostic>) {
    let Some(name) = arg.name else {
        problems.push(wrong(arg.span, "a condition is expected, not a value"));
        return;
    };
    let text = name.name.as_str();
    let known = match text {
        "os" => Some(SYSTEMS),
        "arch" => Some(ARCHITECTURES),
        _ => None,
    };
    match (text, &arg.value, &arg.args) {
        ("os" | "arch", Some(Literal::Str(value)), None) => {
            let known = known.unwrap_or_default();
            if !known.contains(&value.as_str()) {
                let what = if text == "os" { "operating system" } else { "architecture" };
                let names: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
                let near = nearest(value.as_str(), known.iter().copied()).map(|near| format!("{text} = \"{near}\""));
                let diagnostic = wrong(arg.span, format!("there is no {what} `{value}`"))
                    .note(format!("known are {}", names.join(", ")));
                problems.push(with_suggestion(diagnostic, arg.span, near.as_deref()));
            }
        }
        ("os" | "arch", ..) => problems.push(wrong(arg.span, format!("write `{text} = \"...\"`"))),
        ("test", None, None) => {}
        ("test", ..) => problems.push(wrong(arg.span, "write `test` alone")),
        ("any" | "all", None, Some(inner)) => inner.iter().for_each(|arg| check_predicate(arg, problems)),
        ("not", None, Some(inner)) if inner.len() == 1 => {
            inner.iter().for_each(|arg| check_predicate(arg, problems));
        }
        ("not", ..) => problems.push(wrong(arg.span, "`not` takes one condition: `not(test)`")),
        ("any" | "all", ..) => problems.push(wrong(arg.span, format!("write `{text}(..., ...)`"))),
        _ => {
            let near = nearest(text, PREDICATES.iter().copied());
            let diagnostic = wrong(name.span, format!("`#[cfg]` knows nothing of `{text}`"))
                .note("it knows `os`, `arch`, `test`, `any(...)`, `all(...)` and `not(...)`");
            problems.push(with_suggestion(diagnostic, name.span, near));
        }
    }
}
