//! What happens to older definitions when a name is defined again. A function of the same type takes the place of the
//! old one wherever that is called, also by code that is waiting. Anything else makes what names it be checked again,
//! as if its text had been typed again; what then no longer fits stays with the old definition, and the user is told.

use super::{Front, Refusal, Session, State};
use crate::ast::{Item, ItemKind};
use crate::lexer::{self, TokenKind};
use crate::resolve::DefId;
use crate::source::{SourceMap, Span, Symbol};
use crate::ssa::build::Loaded;
use crate::tir::{self, FuncId};
use crate::typecheck;
use rustc_hash::{FxHashMap, FxHashSet};
use std::path::Path;
use std::rc::Rc;

/// Texts of what has been defined, and in whose places functions have come.
#[derive(Clone, Default)]
pub struct Definitions {
    texts: Vec<Rc<Text>>,
    /// By name: earlier functions that the present one stands for.
    families: FxHashMap<Symbol, Vec<FuncId>>,
}

/// An item that was typed.
pub struct Text {
    /// None of an `impl`.
    name: Option<Symbol>,
    pub text: String,
    mentions: FxHashSet<Symbol>,
}

/// What an entry does to older definitions.
#[derive(Default)]
pub struct Redefined {
    /// Functions whose place another one takes.
    taken: Vec<(Vec<FuncId>, FuncId)>,
    pub notes: Vec<String>,
}

/// Names that an entry defines and that were defined before.
#[derive(Default)]
struct Again {
    /// Functions of one type: name, old and new.
    same: Vec<(Symbol, FuncId, FuncId)>,
    changed: FxHashSet<Symbol>,
}

impl Redefined {
    /// Who calls an older function in the typed tree calls the newer one.
    pub fn redirect(&self, program: &mut tir::Program, checker: &mut typecheck::Session<'_>) {
        for (older, new) in &self.taken {
            for old in older {
                program.functions[old.index()] = program.functions[new.index()].clone();
                checker.redirect(*old, *new);
            }
        }
    }

    /// Link names of code of older functions, and what takes its place.
    pub fn with_code(&self, loaded: &Loaded) -> Vec<(String, FuncId)> {
        let pairs = self.taken.iter().flat_map(|(older, new)| older.iter().map(|old| (*old, *new)));
        pairs.filter_map(|(old, new)| Some((loaded.symbol(old)?.to_owned(), new))).collect()
    }
}

impl Definitions {
    /// What names one of these, directly or through others, in the order in which it was typed; without what has one of
    /// the names in `own`, which is typed again.
    fn dependents(&self, changed: &FxHashSet<Symbol>, own: &FxHashSet<Symbol>) -> Vec<Rc<Text>> {
        let mut names = changed.clone();
        let mut found = vec![false; self.texts.len()];
        loop {
            let before = names.len() + found.iter().filter(|found| **found).count();
            for (text, found) in self.texts.iter().zip(&mut found) {
                let is_own = text.name.is_some_and(|name| own.contains(&name));
                if !*found && !is_own && !text.mentions.is_disjoint(&names) {
                    *found = true;
                    names.extend(text.name);
                }
            }
            if names.len() + found.iter().filter(|found| **found).count() == before {
                break;
            }
        }
        self.texts.iter().zip(found).filter(|(_, found)| *found).map(|(text, _)| text.clone()).collect()
    }

    /// Remembers the items of an entry.
    fn add(&mut self, items: &[Item], sources: &SourceMap) {
        for item in items {
            let Some(name) = name_of(item) else { continue };
            let start = item.attributes.first().map_or(item.span, |attribute| attribute.span.to(item.span));
            let text = sources.text(start).to_owned();
            self.texts.retain(|known| if name.is_some() { known.name != name } else { known.text != text });
            self.texts.push(Rc::new(Text { name, mentions: words(&text, item.span), text }));
        }
    }
}

/// The name of an item that may be typed again for what it names: `Some(None)` of one without.
fn name_of(item: &Item) -> Option<Option<Symbol>> {
    Some(match &item.kind {
        ItemKind::Function(function) => Some(function.name.name),
        ItemKind::Const(constant) => Some(constant.name.name),
        ItemKind::Record(decl) => Some(decl.name.name),
        ItemKind::Enum(decl) => Some(decl.name.name),
        ItemKind::Interface(decl) => Some(decl.name.name),
        ItemKind::Alias(alias) => Some(alias.name.name),
        ItemKind::Impl(_) => None,
        ItemKind::Import(_)
        | ItemKind::Export { .. }
        | ItemKind::Extern(_)
        | ItemKind::Test(_)
        | ItemKind::Statement(_) => return None,
    })
}

fn words(text: &str, span: Span) -> FxHashSet<Symbol> {
    let (tokens, _) = lexer::lex(span.file, text);
    let names = tokens.iter().filter_map(|token| match token.kind {
        TokenKind::Ident(name) => Some(name),
        _ => None,
    });
    names.collect()
}

impl<'a> Session<'a> {
    /// Sees to what an entry, which has been checked, defines again.
    pub(super) fn redefine(
        &self,
        state: State<'a>,
        front: Front,
        path: &Path,
        text: &str,
    ) -> Result<(State<'a>, Front, Redefined), Refusal> {
        let (mut state, mut front) = (state, front);
        let mut again = state.again(&self.state.visible);
        let mut redefined = Redefined::default();
        let dependents = self.state.definitions.dependents(&again.changed, &state.own_names());
        if !dependents.is_empty() {
            let (kept, left) = self.fitting(path, text, dependents);
            let names = left.iter().filter_map(|text| text.name);
            redefined.notes.extend(names.map(|name| format!("`{name}` still uses the earlier definition")));
            if !kept.is_empty() {
                state = self.state.clone();
                front = state.check(path, text, &kept)?;
                again.same = state.again(&self.state.visible).same;
            }
        }
        for &name in &again.changed {
            state.definitions.families.remove(&name);
            if let Some(&old) = self.state.visible.get(&name) {
                redefined.notes.extend(state.leave_behind(name, old, &self.state.visible));
            }
        }
        for (name, old, new) in again.same {
            let family = state.definitions.families.entry(name).or_default();
            family.push(old);
            redefined.taken.push((family.clone(), new));
        }
        if let Some(entry) = state.loader.graph.entry {
            let items = &state.loader.graph.module(entry).ast.items;
            state.definitions.add(items, &state.loader.graph.sources);
        }
        Ok((state, front, redefined))
    }

    /// Which of these texts can stand behind the entry's, and which cannot.
    fn fitting(&self, path: &Path, text: &str, dependents: Vec<Rc<Text>>) -> (Vec<Rc<Text>>, Vec<Rc<Text>>) {
        let fits = |texts: &[Rc<Text>]| self.state.clone().check(path, text, texts).is_ok();
        if fits(&dependents) {
            return (dependents, Vec::new());
        }
        let (mut kept, mut left) = (Vec::new(), Vec::new());
        for dependent in dependents {
            kept.push(dependent);
            if !fits(&kept) {
                left.extend(kept.pop());
            }
        }
        (kept, left)
    }
}

impl State<'_> {
    /// Names that the entry defines itself.
    fn own_names(&self) -> FxHashSet<Symbol> {
        self.own_definitions().into_iter().map(|(name, _)| name).collect()
    }

    fn own_definitions(&self) -> Vec<(Symbol, DefId)> {
        let Some(entry) = self.loader.graph.entry else { return Vec::new() };
        let is_own = |def: DefId| self.resolved.def(def).module == entry;
        let mut own: Vec<(Symbol, DefId)> = self.names().into_iter().filter(|&(_, def)| is_own(def)).collect();
        own.sort_by_key(|&(_, def)| def);
        own
    }

    fn again(&mut self, visible: &FxHashMap<Symbol, DefId>) -> Again {
        let mut again = Again::default();
        for (name, def) in self.own_definitions() {
            let Some(&old) = visible.get(&name) else { continue };
            match (self.checker.function(old), self.checker.function(def)) {
                (Some((old, old_type)), Some((new, new_type))) if old_type == new_type => {
                    again.same.push((name, old, new));
                }
                _ if self.definitions.texts.iter().any(|text| text.name == Some(name)) => {
                    again.changed.insert(name);
                }
                // A variable: what names it keeps the one that it named.
                _ => {}
            }
        }
        again
    }

    /// An older type gets another name, by which the variables that still hold its values are told.
    fn leave_behind(&mut self, name: Symbol, old: DefId, visible: &FxHashMap<Symbol, DefId>) -> Vec<String> {
        let earlier = format!("earlier {name}");
        if !self.checker.rename_type(old, Symbol::new(&earlier)) {
            return Vec::new();
        }
        let own = self.own_names();
        let mut notes: Vec<String> = visible
            .iter()
            .filter(|(variable, _)| !own.contains(variable) && variable.as_str() != super::entry::LAST)
            .filter_map(|(variable, &def)| Some((variable, self.checker.variable_type(def)?)))
            .filter(|(_, ty)| ty.contains(&earlier))
            .map(|(variable, ty)| format!("`{variable}` is still of the type `{ty}`"))
            .collect();
        notes.sort();
        notes
    }
}
