//! Compiles what is typed into a session, an entry at a time: each becomes a module that sees the names of those before
//! it, and an object that refers to their code and variables by name. An entry with mistakes changes nothing.

mod definitions;
mod entry;
mod queries;

pub use crate::parallel::STACK_SIZE;
pub use entry::needs_semicolon;
pub use queries::Member;

use super::load::{FileReader, Loader};
use super::pipeline::{CompileOptions, cfg_target, linked_libraries};
use crate::diagnostics::Diagnostic;
use crate::emit::link_name;
use crate::emit::object::ObjectOptions;
use crate::resolve::{DefId, DefKind, Resolved, Trees};
use crate::source::{SourceMap, Symbol};
use crate::ssa::build::{BuildOptions, Loaded, build_after};
use crate::{emit, lower, opt, tir, typecheck};
use definitions::{Definitions, Redefined, Text};
use rustc_hash::FxHashMap;
use std::path::Path;
use std::rc::Rc;

/// What a session imports before anything is typed.
const START: &str = "import \"std:session\";";
/// An entry that runs the event loop; see `std:session`.
const ATTEND: &str = "import { attend } from \"std:session\"; attend();";

/// An entry, compiled.
#[derive(Debug)]
pub struct Entry {
    pub object: Vec<u8>,
    /// Functions of the object whose calls must reach what takes their place later: link names.
    pub replaceable: Vec<String>,
    /// From now on calls of the first of each pair reach the second.
    pub replaced: Vec<(String, String)>,
    /// What was declared or imported, in words: `function double`.
    pub declared: Vec<String>,
    /// Whether something runs.
    pub has_statements: bool,
    /// What the user should know of older definitions.
    pub notes: Vec<String>,
    pub warnings: Vec<Diagnostic>,
    pub sources: SourceMap,
    /// C libraries that the `#[link]`s of new modules name.
    pub libraries: Vec<String>,
}

/// Why an entry is none.
#[derive(Debug)]
pub enum Refusal {
    Mistakes(Vec<Diagnostic>, SourceMap),
    /// The target cannot do it.
    Target(String),
}

/// A session's compiler. It recurses as the compiler does: it wants a thread with a stack of [`STACK_SIZE`].
pub struct Session<'a> {
    state: State<'a>,
    options: CompileOptions,
    /// Names of variables that the last entry gave values to, and what all names stood for before.
    last_values: Vec<Symbol>,
    before: FxHashMap<Symbol, DefId>,
    entries: u32,
}

/// All that an entry changes.
#[derive(Clone)]
struct State<'a> {
    loader: Loader<'static, 'a>,
    resolved: Rc<Resolved<'a>>,
    checker: typecheck::Session<'a>,
    loaded: Loaded,
    /// What names stand for at the prompt.
    visible: FxHashMap<Symbol, DefId>,
    definitions: Definitions,
}

/// An entry that has been checked.
struct Front {
    program: tir::Program,
    warnings: Vec<Diagnostic>,
    declared: Vec<String>,
    has_statements: bool,
    /// C libraries that new modules name.
    libraries: Vec<String>,
}

impl<'a> Session<'a> {
    /// An empty session, and the objects that are to be run before its entries, and to run the event loop.
    pub fn start(trees: &'a Trees, options: CompileOptions) -> Result<(Session<'a>, Entry, Entry), Refusal> {
        let target = cfg_target(&options.target, false);
        let state = State {
            loader: Loader::new(&FileReader, target, trees),
            resolved: Rc::default(),
            checker: typecheck::Session::default(),
            loaded: Loaded::default(),
            visible: FxHashMap::default(),
            definitions: Definitions::default(),
        };
        let (last_values, before) = (Vec::new(), FxHashMap::default());
        let mut session = Session { state, options, last_values, before, entries: 0 };
        let start = session.enter(Path::new("session"), START)?;
        let attend = session.enter(Path::new("session"), ATTEND)?;
        session.state.visible.clear();
        session.entries = 0;
        Ok((session, start, attend))
    }

    /// What the next entry is called in messages.
    pub fn next_name(&self) -> String {
        format!("entry {}", self.entries + 1)
    }

    /// Compiles an entry. Imports are relative to the directory of `path`.
    pub fn enter(&mut self, path: &Path, text: &str) -> Result<Entry, Refusal> {
        let mut state = self.state.clone();
        let front = state.check(path, text, &[])?;
        let (mut state, front, redefined) = self.redefine(state, front, path, text)?;
        let entry = state.generate(front, redefined, &self.options)?;
        self.entries += 1;
        self.last_values = state.values();
        self.before = std::mem::take(&mut self.state.visible);
        self.state = state;
        Ok(entry)
    }

    /// The last entry did not come to its end: its variables have no values.
    pub fn forget_values(&mut self) {
        for name in self.last_values.drain(..) {
            match self.before.get(&name) {
                Some(&def) => self.state.visible.insert(name, def),
                None => self.state.visible.remove(&name),
            };
        }
    }
}

impl<'a> State<'a> {
    /// Reads and checks an entry, with texts of older definitions behind it, and makes it part of the state.
    fn check(&mut self, path: &Path, text: &str, older: &[Rc<Text>]) -> Result<Front, Refusal> {
        let mut declared = Vec::new();
        let mut has_statements = false;
        let whole = older.iter().fold(text.to_owned(), |whole, older| whole + "\n" + &older.text);
        let first_new = self.loader.graph.modules.len();
        let mut diagnostics = self.loader.load_edited(path, whole, |tree| {
            declared = entry::declared(tree, text.len());
            has_statements = entry::name_value(tree, text.len());
        });
        // A copy stays behind, for when this goes wrong.
        let resolved = Rc::make_mut(&mut self.resolved);
        diagnostics.extend(resolved.extend(&self.loader.graph, &self.visible));
        let (mut program, more) = self.checker.extend(self.loader.graph.clone(), self.resolved.clone());
        diagnostics.extend(more);
        if diagnostics.iter().any(Diagnostic::is_error) {
            return Err(Refusal::Mistakes(diagnostics, self.loader.graph.sources.clone()));
        }
        self.checker.set_types(std::mem::take(&mut program.types));
        let libraries = linked_libraries(&self.loader.graph.modules[first_new..]);
        Ok(Front { program, warnings: diagnostics, declared, has_statements, libraries })
    }

    /// The names of the entry that was checked last.
    fn names(&self) -> FxHashMap<Symbol, DefId> {
        let entry = self.loader.graph.entry.map(|entry| &self.resolved.modules[entry.index()].names);
        entry.cloned().unwrap_or_default()
    }

    /// Makes the object, and the entry's names visible.
    fn generate(&mut self, front: Front, redefined: Redefined, options: &CompileOptions) -> Result<Entry, Refusal> {
        let Front { mut program, warnings, declared, has_statements, libraries } = front;
        redefined.redirect(&mut program, &mut self.checker);
        program.types = self.checker.take_types();
        let earlier = self.loaded.symbols();
        let older = redefined.with_code(&self.loaded);
        let needed: Vec<tir::FuncId> = older.iter().map(|(_, new)| *new).collect();
        let build_options = BuildOptions { overflow_checks: options.overflow_checks };
        let (mut module, types) = build_after(program, build_options, Some((&mut self.loaded, &needed)));
        self.checker.set_types(types);
        opt::optimize(&mut module, options.level);
        self.loaded.keep(&module, &earlier);
        let sources = self.loader.graph.sources.clone();
        let refused = |error: lower::LowerError| Refusal::Target(error.to_string());
        // What is asked to be shown as assembly is made for that: see `queries`.
        let lower_options = lower::LowerOptions { printable: false, ..options.lower_options() };
        let mut machine = lower::lower(&module, &sources, &lower_options).map_err(refused)?;
        machine.functions.iter_mut().for_each(|function| function.is_public = true);
        machine.data.iter_mut().for_each(|data| data.is_public = true);
        let replaceable = module.functions.iter().filter(|function| function.is_replaceable());
        let replaceable: Vec<String> = replaceable.map(|function| function.symbol.clone()).collect();
        let object_options = ObjectOptions { debug: None, file: "session", interposable: &replaceable };
        let object = emit::object::write(&machine, &object_options);
        let newer = |id: tir::FuncId| self.loaded.symbol(id).map(link_name);
        let replaced = older.into_iter().filter_map(|(old, new)| Some((link_name(&old), newer(new)?))).collect();
        let replaceable = replaceable.iter().map(|symbol| link_name(symbol)).collect();
        self.show_names();
        let notes = redefined.notes;
        Ok(Entry { object, replaceable, replaced, declared, has_statements, notes, warnings, sources, libraries })
    }

    /// The prompt sees what the entry sees.
    fn show_names(&mut self) {
        let mut names = self.names();
        if let Some(value) = names.remove(&Symbol::new(typecheck::UNNAMED))
            && !self.checker.is_void(value)
        {
            names.insert(Symbol::new(entry::LAST), value);
        }
        self.visible = names;
    }

    /// Variables of the entry that was checked last.
    fn values(&self) -> Vec<Symbol> {
        let Some(entry) = self.loader.graph.entry else { return Vec::new() };
        let is_value = |def: DefId| {
            let def = self.resolved.def(def);
            def.module == entry && matches!(def.kind, DefKind::Global(..))
        };
        let names = self.names().into_iter().filter(|&(_, def)| is_value(def)).map(|(name, _)| name);
        names.map(|name| if name.as_str() == typecheck::UNNAMED { Symbol::new(entry::LAST) } else { name }).collect()
    }
}
