//! What can be asked about a session without changing it: types, members, documentation, generated code.

use super::{Refusal, Session, State, entry};
use crate::resolve::{DefId, DefKind};
use crate::source::Symbol;
use crate::ssa::build::{BuildOptions, build_after};
use crate::ssa::text;
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
        let def = state.names().get(&Symbol::new(entry::LAST)).copied();
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

impl State<'_> {
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
