//! Types of everything: from resolved modules to the typed tree, with all sugar gone.
//!
//! Declarations are collected first; bodies are checked in source order, those of functions whose
//! result is inferred when it is needed, those of std when something uses them. Every body has its
//! own inference variables, and none is left when it is done. `Ty::ERROR` stands where a mistake has
//! been reported and fits everything, so mistakes do not cascade.

mod arguments;
mod assign;
mod attributes;
mod awaiting;
mod body;
mod bound;
mod call;
mod capture;
mod chain;
mod closure;
mod collect;
mod condition;
mod constant;
mod construct;
mod control;
mod convert;
mod destructure;
mod dynamic;
mod ends;
mod entity;
mod errors;
mod exhaustive;
mod expr;
mod finite;
mod fixed;
mod flow;
mod hints;
mod infer;
mod init;
mod interface;
mod iterate;
mod json;
mod known;
mod limits;
mod lint;
mod map;
mod method;
mod names;
mod narrow;
mod operator;
mod operator_call;
mod overflow;
mod overload;
mod pattern;
mod place;
mod program;
mod range;
mod record;
mod result;
mod session;
mod size;
mod spread;
mod stmt;
mod tasks;
mod test_block;
mod text;
mod types;
mod variant;
mod zonk;

use crate::diagnostics::{Diagnostic, Severity};
use crate::resolve::{ModuleGraph, ModuleIndex, Resolved};
use crate::source::{Span, Symbol};
use crate::tir::{self, FuncId, Ty, Types};
pub use session::{Session, UNNAMED};

use entity::{AliasInfo, ConstInfo, Entity, FnId, FunctionInfo, GlobalInfo, Head, ImplInfo, Job, NominalInfo};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

/// Checks a whole program. With an error among the diagnostics the program must not be used.
pub fn check<'a>(graph: ModuleGraph<'a>, resolved: Resolved<'a>, options: &Options) -> (tir::Program, Vec<Diagnostic>) {
    let mut checker = Checker::new(options.clone());
    (checker.graph, checker.resolved) = (Rc::new(graph), Rc::new(resolved));
    checker.collect();
    checker.check_all();
    let had_errors = checker.errors_before;
    let (mut program, mut diagnostics) = checker.finish();
    if !had_errors && diagnostics.iter().all(|d| d.severity != Severity::Error) {
        diagnostics.append(&mut size::check(&mut program, 0));
    }
    (program, diagnostics)
}

/// What the checker is asked for beside the program.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Check every body of std too, not only those that the program uses.
    pub all_of_std: bool,
    /// How many expressions a constant may take, where it is not [`tir::eval::MAX_STEPS`].
    pub const_steps: Option<u64>,
    /// Keep the entry module's tests, and run them in the place of `main`.
    pub tests: bool,
    /// The entry modules are what was typed into a session, one after the other, and are as one.
    pub session: bool,
}

/// How much of everything has been checked before.
#[derive(Clone, Copy, Debug, Default)]
struct First {
    module: usize,
    def: usize,
    function: usize,
    constant: usize,
    alias: usize,
    nominal: usize,
    implementation: usize,
}

/// Everything known about the program so far.
#[derive(Clone)]
struct Checker<'a> {
    graph: Rc<ModuleGraph<'a>>,
    resolved: Rc<Resolved<'a>>,
    /// What is new in them.
    first: First,
    /// What was typed into a session.
    entries: FxHashSet<ModuleIndex>,
    options: Options,
    types: Types,
    diagnostics: Vec<Diagnostic>,
    /// While positive, diagnostics are dropped: an expression is checked for its type only.
    quiet: u32,
    /// By `DefId`.
    entities: Vec<Entity>,
    functions: Vec<FunctionInfo<'a>>,
    globals: Vec<GlobalInfo<'a>>,
    consts: Vec<ConstInfo<'a>>,
    nominals: Vec<NominalInfo<'a>>,
    /// The same for the evaluator of constants, made when it is asked.
    finished_nominals: Vec<tir::Nominal>,
    /// Implementations, as the evaluator of constants takes them.
    evaluated_impls: Vec<tir::eval::KnownImpl>,
    aliases: Vec<AliasInfo<'a>>,
    impls: Vec<ImplInfo>,
    known: known::KnownInterfaces,
    /// All declarations have their entity, so that bounds can be understood.
    all_named: bool,
    /// Written types whose arguments have not been checked against the bounds yet.
    written_bounds: Vec<interface::WrittenBound>,
    /// Other functions of one name, by the first.
    overloads: FxHashMap<FnId, Vec<FnId>>,
    /// Methods of built-in types.
    builtin_methods: FxHashMap<(Head, Symbol), FnId>,
    /// Written functions by their place in the typed tree.
    written: FxHashMap<FuncId, FnId>,
    /// Top-level variables by where their names stand.
    global_at: FxHashMap<Span, tir::GlobalId>,
    /// Functions of the typed tree; `None` until the body has been checked.
    output: Vec<Option<Arc<tir::Function>>>,
    /// Earlier stages have reported errors.
    errors_before: bool,
    /// Functions with mistakes in them, which have no output.
    broken: FxHashSet<FuncId>,
    /// Functions made for `tir::Intrinsic`s that the desugaring uses.
    intrinsics: Vec<(tir::Intrinsic, FuncId)>,
    initializers: Vec<FuncId>,
    tests: Vec<tir::Test>,
    queue: VecDeque<Job<'a>>,
    used_imports: FxHashSet<(ModuleIndex, Symbol)>,
    /// By module: top-level names that functions assign to.
    unstable_globals: FxHashMap<ModuleIndex, Rc<FxHashSet<Symbol>>>,
    /// What is used, for the warnings about what is not.
    usage: lint::Usage,
    /// What every body reads and calls, for the order of initialisation.
    needs: init::Needs,
}

impl<'a> Checker<'a> {
    fn new(options: Options) -> Checker<'a> {
        Checker {
            graph: Rc::default(),
            resolved: Rc::default(),
            first: First::default(),
            entries: FxHashSet::default(),
            options,
            types: Types::default(),
            diagnostics: Vec::new(),
            quiet: 0,
            entities: Vec::new(),
            functions: Vec::new(),
            globals: Vec::new(),
            consts: Vec::new(),
            nominals: Vec::new(),
            finished_nominals: Vec::new(),
            evaluated_impls: Vec::new(),
            aliases: Vec::new(),
            impls: Vec::new(),
            known: known::KnownInterfaces::default(),
            all_named: false,
            written_bounds: Vec::new(),
            overloads: FxHashMap::default(),
            builtin_methods: FxHashMap::default(),
            written: FxHashMap::default(),
            global_at: FxHashMap::default(),
            output: Vec::new(),
            errors_before: false,
            broken: FxHashSet::default(),
            intrinsics: Vec::new(),
            initializers: Vec::new(),
            tests: Vec::new(),
            queue: VecDeque::new(),
            used_imports: FxHashSet::default(),
            unstable_globals: FxHashMap::default(),
            usage: lint::Usage::default(),
            needs: init::Needs::default(),
        }
    }

    /// Whether what belongs to one module alone is the other's too.
    fn is_home(&self, home: ModuleIndex, module: ModuleIndex) -> bool {
        home == module || (self.entries.contains(&home) && self.entries.contains(&module))
    }

    /// Indices of the modules that have not been checked yet.
    fn new_modules(&self) -> std::ops::Range<usize> {
        self.first.module..self.graph.modules.len()
    }

    fn report(&mut self, mut diagnostic: Diagnostic) {
        if self.quiet > 0 || (diagnostic.severity == Severity::Warning && self.is_std_file(diagnostic.span)) {
            return;
        }
        names::mend_articles(&mut diagnostic);
        self.diagnostics.push(diagnostic);
    }

    fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.report(Diagnostic::error(code, span, message));
    }

    fn is_std(&self, module: ModuleIndex) -> bool {
        self.graph.module(module).is_std
    }

    fn is_std_file(&self, span: Span) -> bool {
        self.graph.modules.iter().any(|m| m.file == span.file && m.is_std)
    }

    fn module_id(&self, module: ModuleIndex) -> tir::ModuleId {
        tir::ModuleId(module.0)
    }

    /// The function that writes an intrinsic in place, made on first use.
    fn intrinsic(&mut self, intrinsic: tir::Intrinsic) -> FuncId {
        if let Some((_, id)) = self.intrinsics.iter().find(|(i, _)| *i == intrinsic) {
            return *id;
        }
        let id = self.reserve_function();
        self.intrinsics.push((intrinsic, id));
        let function = program::intrinsic_function(&mut self.types, intrinsic);
        self.output[id.index()] = Some(Arc::new(function));
        id
    }

    fn reserve_function(&mut self) -> FuncId {
        self.output.push(None);
        FuncId(self.output.len() as u32 - 1)
    }

    fn is_copy_by_value(&self, ty: Ty) -> bool {
        match self.types.kind(ty) {
            tir::TyKind::FixedArray(..) | tir::TyKind::Tuple(_) | tir::TyKind::Record(_) => true,
            tir::TyKind::Nominal(id, _) => !self.nominals[id.index()].is_reference(),
            _ => false,
        }
    }
}
