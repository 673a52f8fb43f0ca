//! What can be asked about a session without changing it: types, members, documentation, generated code.

use super::super::stdlib;
use super::{Refusal, Session, State};
use crate::resolve::{DefId, DefKind};
use crate::source::{Span, Symbol};
use crate::ssa::build::{BuildOptions, build_after};
use crate::ssa::text;
use crate::typecheck::UNNAMED;
use crate::{emit, lower, opt};
use std::path::Path;

/// Something that can be named, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub name: String,
    pub description: String,
}

impl<'a> Session<'a> {
    /// The type of an expression, which is not evaluated.
    pub fn type_of(&self, expression: &str) -> Result<String, Refusal> {
        let (state, def) = self.value_of(expression)?;
        Ok(state.checker.variable_type(def).unwrap_or_else(|| "void".to_owned()))
    }

    /// A state in which the value of an expression has a name.
    fn value_of(&self, expression: &str) -> Result<(State<'a>, DefId), Refusal> {
        let mut state = self.state.clone();
        state.check(Path::new("expression"), &format!("{expression}\n;"), &[])?;
        let def = state.names().get(&Symbol::new(UNNAMED)).copied();
        match def {
            Some(def) => Ok((state, def)),
            None => Err(Refusal::Target("this is no expression".to_owned())),
        }
    }

    /// What may stand behind `receiver.`: members of a value, or exports of a module.
    pub fn members(&self, receiver: &str) -> Vec<Member> {
        if let Some(&def) = self.state.visible.get(&Symbol::new(receiver))
            && let DefKind::Namespace(Some(module)) = self.state.resolved.def(def).kind
        {
            let exports = &self.state.resolved.modules[module.index()].exports;
            return self.state.described(exports.iter());
        }
        let Ok((state, def)) = self.value_of(receiver) else { return Vec::new() };
        let mut members: Vec<Member> = state
            .checker
            .members(def)
            .into_iter()
            .map(|(name, description)| Member { name: name.as_str().to_owned(), description })
            .collect();
        members.sort_by(|a, b| a.name.cmp(&b.name));
        members
    }

    /// Names at the prompt, and those that every module sees.
    pub fn names(&self) -> Vec<Member> {
        let names = self.state.visible.iter();
        self.state.described(names.chain(self.state.resolved.prelude.iter()))
    }

    /// What can stand at the end of a text: in the place of its last word.
    pub fn completions(&self, text: &str) -> Vec<Member> {
        let is_word = |c: char| c == '_' || c.is_alphanumeric();
        let word = text.rsplit(|c| !is_word(c)).next().unwrap_or("");
        let before = &text[..text.len() - word.len()];
        if let Some(start) = before.strip_suffix("std:").and_then(|before| before.strip_suffix('"'))
            && start.trim_end().ends_with(|c: char| c.is_alphabetic())
        {
            let modules = stdlib::FILES.iter().filter(|(name, _)| name.starts_with(word));
            let member = |name: &str| Member { name: name.to_owned(), description: "module".to_owned() };
            return modules.map(|(name, _)| member(name)).collect();
        }
        let mut found = match before.strip_suffix('.') {
            Some(receiver) => self.members(operand(receiver)),
            None => self.names(),
        };
        found.retain(|member| member.name.starts_with(word) && (!word.is_empty() || !member.name.starts_with('_')));
        found
    }

    /// The text above a definition, and how it begins.
    pub fn documentation(&self, name: &str) -> Result<String, Refusal> {
        let missing = || Refusal::Target(format!("there is no `{name}` here"));
        let (module, last) = match name.split_once('.') {
            Some((module, last)) => (Some(module), last),
            None => (None, name),
        };
        let visible = |name: &str| {
            let name = Symbol::new(name);
            self.state.visible.get(&name).or_else(|| self.state.resolved.prelude.get(&name)).copied()
        };
        let def = match module {
            None => visible(last).ok_or_else(missing)?,
            Some(module) => {
                let outer = visible(module).ok_or_else(missing)?;
                let DefKind::Namespace(Some(module)) = self.state.resolved.def(outer).kind else {
                    return self.method_documentation(outer, last).ok_or_else(missing);
                };
                let exports = &self.state.resolved.modules[module.index()].exports;
                exports.get(&Symbol::new(last)).copied().ok_or_else(missing)?
            }
        };
        let text = self.text_above(self.state.resolved.def(def).span);
        Ok(format!("{}\n{}", self.state.heading(def), indented(&text)))
    }

    /// The `///` lines above the line of a name. (The trees of std have none: see `lexer::lex_outline`.)
    fn text_above(&self, name: Span) -> String {
        let text = &self.state.loader.graph.sources.file(name.file).text;
        let before = text.get(..name.start as usize).unwrap_or_default();
        let mut lines = Vec::new();
        // The first is what stands before the name.
        for line in before.lines().rev().skip(1).map(str::trim) {
            match line.strip_prefix("///") {
                Some(words) if !words.starts_with('/') => lines.push(words.strip_prefix(' ').unwrap_or(words)),
                _ if lines.is_empty() && line.starts_with("#[") => {}
                _ => break,
            }
        }
        lines.reverse();
        lines.join("\n")
    }

    /// Of a method of a type.
    fn method_documentation(&self, def: DefId, method: &str) -> Option<String> {
        let methods = match self.state.resolved.def(def).kind {
            DefKind::Record(decl) => &decl.methods,
            DefKind::Enum(decl) => &decl.methods,
            _ => return None,
        };
        let found = methods.iter().find(|known| known.function.name.name.as_str() == method)?;
        let heading = self.state.checker.text_of(&found.function);
        Some(format!("{heading}\n{}", indented(&self.text_above(found.function.name.span))))
    }

    /// The code of a function as it is now: NASM text, or with `is_ssa` what it is made from.
    pub fn code_of(&self, function: &str, is_ssa: bool) -> Result<String, Refusal> {
        let missing = || Refusal::Target(format!("there is no function `{function}` here"));
        let mut state = self.state.clone();
        let def = *state.visible.get(&Symbol::new(function)).ok_or_else(missing)?;
        let (id, _) = state.checker.function(def).ok_or_else(|| {
            Refusal::Target(format!("`{function}` is no function, or a generic one: it has no code of its own"))
        })?;
        // Nothing new: what is known already.
        let mut program = state.check(Path::new("nothing"), "", &[])?.program;
        program.types = state.checker.take_types();
        state.loaded.forget(id);
        let options = BuildOptions { overflow_checks: self.options.overflow_checks };
        let (mut module, _) = build_after(program, options, Some((&mut state.loaded, &[id])));
        opt::optimize(&mut module, self.options.level);
        let Some(symbol) = state.loaded.symbol(id).map(str::to_owned) else { return Err(missing()) };
        if is_ssa {
            let found = module.functions.iter().find(|function| function.symbol == symbol);
            return found.map(|function| text::print_function(&module, function)).ok_or_else(missing);
        }
        let sources = &state.loader.graph.sources;
        let refused = |error: lower::LowerError| Refusal::Target(error.to_string());
        let mut machine = lower::lower(&module, sources, &self.options.lower_options()).map_err(refused)?;
        emit::normalize(&mut machine);
        machine.functions.retain(|function| function.symbol == symbol);
        machine.data.clear();
        machine.imports.clear();
        Ok(emit::nasm::print(&machine, sources))
    }
}

/// The operand that ends a text: names, members, calls and indices behind each other, or a literal.
fn operand(text: &str) -> &str {
    let mut depth = 0;
    let mut quote = None;
    let mut start = text.len();
    for (at, c) in text.char_indices().rev() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '`' | '\'') => quote = Some(c),
            (None, ')' | ']' | '}') => depth += 1,
            (None, '(' | '[' | '{') if depth > 0 => depth -= 1,
            (None, c) if depth > 0 || c == '_' || c == '.' || c.is_alphanumeric() => {}
            _ => break,
        }
        start = at;
    }
    &text[start..]
}

/// As the text under a heading.
fn indented(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") }).collect()
}

impl State<'_> {
    /// What a definition is, in a line.
    fn heading(&self, def: DefId) -> String {
        let found = self.resolved.def(def);
        match found.kind {
            DefKind::Function(_) => self.description(def),
            _ => format!("{} {}", self.description(def), found.name),
        }
    }

    fn described<'n>(&self, names: impl Iterator<Item = (&'n Symbol, &'n DefId)>) -> Vec<Member> {
        let mut members: Vec<Member> = names
            .map(|(name, &def)| Member { name: name.as_str().to_owned(), description: self.description(def) })
            .collect();
        members.sort_by(|a, b| a.name.cmp(&b.name));
        members.dedup_by(|a, b| a.name == b.name);
        members
    }

    fn description(&self, def: DefId) -> String {
        match self.resolved.def(def).kind {
            DefKind::Function(_) => self.checker.function_text(def).unwrap_or_else(|| "function".to_owned()),
            DefKind::Global(..) => self.checker.variable_type(def).unwrap_or_else(|| "variable".to_owned()),
            DefKind::Const(_) => "constant".to_owned(),
            DefKind::Record(decl) => match decl.kind {
                crate::ast::RecordKind::Struct => "struct".to_owned(),
                crate::ast::RecordKind::Class => "class".to_owned(),
            },
            DefKind::Enum(_) => "enum".to_owned(),
            DefKind::Interface(_) => "interface".to_owned(),
            DefKind::Alias(_) => "type".to_owned(),
            DefKind::Namespace(_) => "module".to_owned(),
            DefKind::Missing => String::new(),
        }
    }
}
