//! The modules of a program and which of them import which: data that `driver::load` fills.
//! Parsed, not yet checked in any way.

use crate::ast;
use crate::source::{FileId, SourceMap, Symbol};
use rustc_hash::FxHashMap;
use std::cell::{Cell, OnceCell};
use std::rc::Rc;

/// Where the trees of modules live: they stay in place while more come.
#[derive(Debug, Default)]
pub struct Trees {
    /// Each twice as long as the one before.
    rows: [OnceCell<Box<[OnceCell<ast::Module>]>>; 26],
    len: Cell<usize>,
}

/// Trees in the first row.
const FIRST_ROW: usize = 64;

impl Trees {
    pub fn add(&self, tree: ast::Module) -> &ast::Module {
        // Row `r` begins at `FIRST_ROW * (2^r - 1)`.
        let place = self.len.get() / FIRST_ROW + 1;
        let row = place.ilog2() as usize;
        let length = FIRST_ROW << row;
        let index = self.len.get() - FIRST_ROW * ((1 << row) - 1);
        self.len.set(self.len.get() + 1);
        let cells = self.rows[row].get_or_init(|| (0..length).map(|_| OnceCell::new()).collect());
        cells[index].get_or_init(|| tree)
    }
}

/// Index in [`ModuleGraph::modules`], and of the same module in `tir::Program::modules`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleIndex(pub u32);

impl ModuleIndex {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Every module that the entry module reaches, dependencies before the modules that import them
/// (where modules import each other, the one that was reached first comes last).
#[derive(Clone, Debug, Default)]
pub struct ModuleGraph<'a> {
    pub sources: SourceMap,
    pub modules: Vec<Rc<LoadedModule<'a>>>,
    /// `None` when the entry file could not be read.
    pub entry: Option<ModuleIndex>,
    /// `std:prelude`, whose exports every module sees.
    pub prelude: Option<ModuleIndex>,
}

#[derive(Clone, Debug)]
pub struct LoadedModule<'a> {
    pub file: FileId,
    /// Last part of the path without `.fl`, or `std:fs`.
    pub name: Symbol,
    pub is_std: bool,
    /// `.json`: a module whose one export stands for the whole.
    pub is_document: bool,
    pub ast: &'a ast::Module,
    /// Specifiers as written. `None`: not found, which has been reported.
    pub imports: FxHashMap<Symbol, Option<ModuleIndex>>,
}

impl<'a> ModuleGraph<'a> {
    pub fn module(&self, index: ModuleIndex) -> &LoadedModule<'a> {
        &self.modules[index.index()]
    }
}
