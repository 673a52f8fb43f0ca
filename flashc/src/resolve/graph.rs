//! The modules of a program and which of them import which: data that `driver::load` fills.
//! Parsed, not yet checked in any way.

use crate::ast;
use crate::source::{FileId, SourceMap, Symbol};
use rustc_hash::FxHashMap;

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
#[derive(Debug, Default)]
pub struct ModuleGraph {
    pub sources: SourceMap,
    pub modules: Vec<LoadedModule>,
    /// `None` when the entry file could not be read.
    pub entry: Option<ModuleIndex>,
    /// `std:prelude`, whose exports every module sees.
    pub prelude: Option<ModuleIndex>,
}

#[derive(Debug)]
pub struct LoadedModule {
    pub file: FileId,
    /// Last part of the path without `.fl`, or `std:fs`.
    pub name: Symbol,
    pub is_std: bool,
    /// `.json`: a module whose one export stands for the whole.
    pub is_document: bool,
    pub ast: ast::Module,
    /// Specifiers as written. `None`: not found, which has been reported.
    pub imports: FxHashMap<Symbol, Option<ModuleIndex>>,
}

impl ModuleGraph {
    pub fn module(&self, index: ModuleIndex) -> &LoadedModule {
        &self.modules[index.index()]
    }
}
