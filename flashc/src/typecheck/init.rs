//! The order in which modules and their top-level values come to life: what each needs, and the
//! mistakes of needing what comes later.

use super::Checker;
use crate::diagnostics::Diagnostic;
use crate::source::Span;
use crate::tir::{FuncId, GlobalId};
use rustc_hash::{FxHashMap, FxHashSet};

/// Something whose running reads globals and calls functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Needer {
    Function(FuncId),
    Global(GlobalId),
    /// A top-level statement: module and position.
    Statement(u32, u32),
}

#[derive(Clone, Debug, Default)]
pub(super) struct Needs {
    edges: FxHashMap<Needer, Vec<(Needer, Span)>>,
}

impl Needs {
    pub(super) fn add(&mut self, from: Needer, to: Needer, span: Span) {
        let edges = self.edges.entry(from).or_default();
        if !edges.iter().any(|(known, _)| *known == to) {
            edges.push((to, span));
        }
    }

    fn of(&self, needer: Needer) -> &[(Needer, Span)] {
        self.edges.get(&needer).map_or(&[], |edges| edges.as_slice())
    }
}

/// A step of top-level execution, in the order of the program.
pub(super) struct Step {
    pub(super) needer: Needer,
    /// Globals that have their values behind it.
    pub(super) gives: Vec<GlobalId>,
    pub(super) span: Span,
}

impl Checker<'_> {
    /// Reports every step that needs a global which a later step gives, with the way it gets there.
    pub(super) fn check_initialisation(&mut self, steps: &[Step]) {
        let mut position: FxHashMap<GlobalId, usize> = FxHashMap::default();
        for (index, step) in steps.iter().enumerate() {
            for global in &step.gives {
                position.insert(*global, index);
            }
        }
        for (index, step) in steps.iter().enumerate() {
            let mut seen = FxHashSet::default();
            let mut path = Vec::new();
            if let Some(late) = self.find_late(step.needer, index, &position, &mut seen, &mut path) {
                self.report_late(step, late, &path);
            }
        }
    }

    /// A global given at or after step `index` that `needer` reads; `path` is how.
    fn find_late(
        &self,
        needer: Needer,
        index: usize,
        position: &FxHashMap<GlobalId, usize>,
        seen: &mut FxHashSet<Needer>,
        path: &mut Vec<(Needer, Span)>,
    ) -> Option<GlobalId> {
        if path.len() > 200 {
            return None;
        }
        for &(to, span) in self.needs.of(needer) {
            if !seen.insert(to) {
                continue;
            }
            path.push((to, span));
            match to {
                Needer::Global(global) => {
                    if position.get(&global).is_some_and(|&at| at >= index) {
                        return Some(global);
                    }
                }
                Needer::Function(_) | Needer::Statement(..) => {
                    if let Some(found) = self.find_late(to, index, position, seen, path) {
                        return Some(found);
                    }
                }
            }
            path.pop();
        }
        None
    }

    fn report_late(&mut self, step: &Step, late: GlobalId, path: &[(Needer, Span)]) {
        let global = &self.globals[late.index()];
        let (name, declared) = (global.name, global.span);
        let itself = step.gives.contains(&late);
        let words: Vec<String> = path.iter().map(|(needer, _)| self.needer_words(*needer)).collect();
        let start = self.needer_words(step.needer);
        let own = match step.gives.first() {
            Some(own) => format!("`{}`", self.globals[own.index()].name),
            None => "this statement".to_owned(),
        };
        // The other one needs this one too: a cycle between modules.
        let back = !itself && step.gives.iter().any(|own| self.reaches(late, *own));
        let message = if itself {
            format!("the value of `{name}` needs itself")
        } else if back {
            format!("the top-level values {own} and `{name}` need each other")
        } else {
            format!("{own} needs `{name}`, which has no value yet")
        };
        let span = path.first().map_or(step.span, |(_, span)| *span);
        let mut diagnostic = Diagnostic::error("E0370", span, message).label("needed here");
        for (needer, place) in path.iter().skip(1) {
            diagnostic = diagnostic.secondary(*place, format!("through {}", self.needer_words(*needer)));
        }
        diagnostic = diagnostic.secondary(declared, format!("`{name}` gets its value here"));
        if !words.is_empty() {
            let start = if own.starts_with('`') { &own } else { &start };
            diagnostic = diagnostic.note(format!("the path: {start} -> {}", words.join(" -> ")));
        }
        self.report(diagnostic);
    }

    fn reaches(&self, from: GlobalId, to: GlobalId) -> bool {
        let mut seen = FxHashSet::default();
        let mut stack = vec![Needer::Global(from)];
        while let Some(needer) = stack.pop() {
            for (next, _) in self.needs.of(needer) {
                if *next == Needer::Global(to) {
                    return true;
                }
                if seen.insert(*next) {
                    stack.push(*next);
                }
            }
        }
        false
    }

    fn needer_words(&self, needer: Needer) -> String {
        match needer {
            Needer::Global(id) => format!("`{}`", self.globals[id.index()].name),
            Needer::Function(func) => match self.written.get(&func).map(|id| &self.functions[id.index()]) {
                Some(info) => match info.owner {
                    Some(owner) => format!("`{owner}.{}`", info.ast.name.name),
                    None => format!("`{}`", info.ast.name.name),
                },
                None => "a default value".to_owned(),
            },
            Needer::Statement(..) => "this statement".to_owned(),
        }
    }
}
