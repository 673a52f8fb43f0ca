//! The optimiser: SSA to better SSA. [`PASSES`] is the order of passes with the reason for each
//! place; a pass is one file with one function `run`. Functions are optimised in parallel; what becomes
//! of one depends on the module only, never on the number of threads. In debug builds the verifier
//! runs after every pass.
//!
//! What all passes keep: the order of visible effects, and every failing check at its place among
//! them (an earlier check is never moved behind, a later one never before, a store or a call).

mod accumulate;
mod bounds;
mod branches;
mod callgraph;
mod closures;
mod compact;
mod coroutine;
mod dce;
mod dead_functions;
mod decided;
mod effects;
mod facts;
mod fills;
mod gvn;
mod inline;
mod licm;
mod memory;
mod promote;
#[cfg(test)]
pub(crate) mod random;
mod reaching;
mod rewrite;
mod rotate;
mod select;
mod simplify;
mod tailrec;
mod version;

use crate::ssa::verify::verify_with;
use crate::ssa::{Block, Function, Loc, Location, Module, ScopeId, Signature};
use effects::Effects;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// How much to optimise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// What the language promises only: tail calls of a function to itself are loops.
    None,
    #[default]
    Full,
}

/// What a pass may know besides its function.
pub(crate) struct Context<'a> {
    /// Its functions are elsewhere while passes run.
    pub module: &'a Module,
    /// Of the module's functions.
    pub signatures: &'a [Signature],
    pub symbols: &'a [String],
    /// Of the module's functions; empty as long as nothing is known.
    pub effects: &'a [Effects],
}

type FunctionPass = fn(&mut Function, &Context<'_>) -> bool;

/// A step of the optimiser.
#[derive(Clone, Copy)]
pub struct Pass {
    pub name: &'static str,
    work: Work,
    /// Why it stands here.
    pub reason: &'static str,
}

#[derive(Clone, Copy)]
enum Work {
    /// On each function by itself.
    Function(FunctionPass),
    /// On the module.
    Module(fn(&mut Module)),
}

const fn each(name: &'static str, pass: FunctionPass, reason: &'static str) -> Pass {
    Pass { name, work: Work::Function(pass), reason }
}

const fn whole(name: &'static str, pass: fn(&mut Module), reason: &'static str) -> Pass {
    Pass { name, work: Work::Module(pass), reason }
}

/// All passes of [`Level::Full`], in order.
pub const PASSES: &[Pass] = &[
    each("branches", branches::run, "unreachable blocks and redundant parameters would cost all others time"),
    each("simplify", simplify::run, "constants decide branches"),
    each("branches", branches::run, "simplify made conditions constant"),
    each("promote", promote::run, "variables in memory hide constants; before gvn, which then sees values"),
    each(
        "tailrec",
        tailrec::run,
        "promote has removed slots that would stand in the way; before functions are inlined",
    ),
    each("simplify", simplify::run, "promoted values may be constant"),
    each("branches", branches::run, "promotion adds parameters that may be redundant"),
    each("gvn", gvn::run, "needs no unreachable blocks; finds more after simplify's canonical forms"),
    each("dce", dce::run, "callees are small when they are measured for inlining"),
    whole("inline", inline::run, "cleans up what it changed; everything later works on larger functions"),
    whole("dead_functions", dead_functions::run, "after inlining, so that nothing below works on what is gone"),
    each("memory", memory::run, "needs gvn's equal addresses; uses summaries, which are best after inlining"),
    each("simplify", simplify::run, "loads became constants"),
    each("branches", branches::run, "constants decide branches"),
    each("gvn", gvn::run, "computations on forwarded loads became equal"),
    each("dce", dce::run, "what only the removed loads needed"),
    each("decided", decided::run, "iterators' `next` is inlined: whether there is a value is known where it is made"),
    each("branches", branches::run, "copies are jumps; `bounds` wants loops without them"),
    each("simplify", simplify::run, "parameters became constants"),
    each("bounds", bounds::run, "needs memory's equal lengths, and loops that test at the top"),
    each("simplify", simplify::run, "comparisons became constants"),
    each("branches", branches::run, "constants decide branches; rotate copies what is left"),
    each("fills", fills::run, "bounds has taken checks out of bodies; before rotate, which moves the tests"),
    each("rotate", rotate::run, "bounds has read the tests at the top"),
    each("branches", branches::run, "rotation splits blocks and adds parameters"),
    each("licm", licm::run, "needs bodies that run whenever their loop is entered"),
    each("accumulate", accumulate::run, "licm has taken the addresses out"),
    each("memory", memory::run, "the loads before a loop are known inside it"),
    each("gvn", gvn::run, "what was taken out of several loops is equal"),
    each(
        "version",
        version::run,
        "licm has taken out all that does not change; checks that are left cannot be removed",
    ),
    each("simplify", simplify::run, "tests before loops may be constant"),
    each("gvn", gvn::run, "tests before loops share what they compute"),
    each("branches", branches::run, "licm made blocks before loops that may be empty"),
    each("select", select::run, "licm has emptied the sides; nothing later looks at branches"),
    each("simplify", simplify::run, "selects of truth values"),
    each("branches", branches::run, "select leaves blocks to join"),
    each("dce", dce::run, "nothing is left for the code generator to remove"),
    whole("coroutine", coroutine::run, "needs no unneeded values, which it would keep across a suspend"),
    each("simplify", simplify::run, "frames and what is made again behind a suspend: offsets into loads and stores"),
    each("branches", branches::run, "what was made again may be redundant parameters"),
    each("gvn", gvn::run, "what is made again is made twice"),
    each("dce", dce::run, "what coroutine reads back and nobody uses"),
    each("compact", compact::run, "last: everything that is dead is known"),
];

/// The passes of [`Level::None`].
pub const NEEDED_PASSES: &[Pass] = &[
    each("branches", branches::run, "a call and the return of its result come together"),
    each("tailrec", tailrec::run, "the language promises it"),
    whole("coroutine", coroutine::run, "no code is generated for coroutines"),
    each("branches", branches::run, "what was made again may be redundant parameters"),
];

/// Optimises a module in place.
pub fn optimize(module: &mut Module, level: Level) {
    let passes = passes_of(level);
    let mut rest = passes;
    while let Some(first) = rest.first() {
        let count = match first.work {
            Work::Module(run) => {
                run(module);
                verify_after(module, first);
                1
            }
            // Passes on functions in a row run function by function: one is in the cache all the time.
            Work::Function(_) => {
                let count = rest.iter().take_while(|pass| matches!(pass.work, Work::Function(_))).count();
                run_on_functions(module, &rest[..count]);
                count
            }
        };
        rest = &rest[count..];
    }
}

/// As [`optimize`], and calls `observe` with the module before the first pass (by the name `build`)
/// and after each one, with its name.
pub fn optimize_with_trace(module: &mut Module, level: Level, mut observe: impl FnMut(&str, &Module)) {
    observe("build", module);
    for pass in passes_of(level) {
        run_pass(module, pass);
        observe(pass.name, module);
    }
}

/// Runs one pass by its name, for tests of it. False when there is none.
pub fn run_by_name(module: &mut Module, name: &str) -> bool {
    let pass = PASSES.iter().find(|pass| pass.name == name);
    if let Some(pass) = pass {
        run_pass(module, pass);
    }
    pass.is_some()
}

fn passes_of(level: Level) -> &'static [Pass] {
    match level {
        Level::None => NEEDED_PASSES,
        Level::Full => PASSES,
    }
}

fn run_pass(module: &mut Module, pass: &Pass) {
    match pass.work {
        Work::Module(run) => {
            run(module);
            verify_after(module, pass);
        }
        Work::Function(_) => run_on_functions(module, std::slice::from_ref(pass)),
    }
}

fn run_on_functions(module: &mut Module, passes: &[Pass]) {
    let effects = effects::summarize(module);
    let signatures: Vec<Signature> = module.functions.iter().map(|f| f.signature.clone()).collect();
    let symbols: Vec<String> = module.functions.iter().map(|f| f.symbol.clone()).collect();
    let mut functions = std::mem::take(&mut module.functions);
    let context = Context { module, signatures: &signatures, symbols: &symbols, effects: &effects };
    functions.par_iter_mut().filter(|function| !function.is_import()).for_each(|function| {
        // A pass that has nothing new to look at since it last ran is left out.
        let mut version = 0;
        let mut seen: FxHashMap<&str, u32> = FxHashMap::default();
        for pass in passes {
            let Work::Function(run) = pass.work else { crate::bug!("opt: {} is not for functions", pass.name) };
            if seen.get(pass.name) == Some(&version) {
                continue;
            }
            version += u32::from(run(function, &context));
            seen.insert(pass.name, version);
            if cfg!(debug_assertions) {
                verify_one(&context, function, pass.name);
            }
        }
    });
    module.functions = functions;
}

/// The sequence that makes a function small and canonical again after a change such as inlining.
pub(crate) fn clean_up(function: &mut Function, context: &Context<'_>) {
    branches::run(function, context);
    for _ in 0..4 {
        let mut changed = closures::run(function, context);
        changed |= simplify::run(function, context);
        changed |= promote::run(function, context);
        changed |= branches::run(function, context);
        changed |= gvn::run(function, context);
        dce::run(function, context);
        if !changed {
            break;
        }
    }
    branches::run(function, context);
}

fn verify_one(context: &Context<'_>, function: &Function, pass: &str) {
    if let Err(message) = verify_with(context.module, context.signatures, function) {
        let text = crate::ssa::text::print_function(context.module, function);
        crate::bug!("opt: after {pass}: {message}\n{text}");
    }
}

fn verify_after(module: &Module, pass: &Pass) {
    if cfg!(debug_assertions)
        && let Err(message) = crate::ssa::verify::verify(module)
    {
        crate::bug!("opt: after {}: {message}", pass.name);
    }
}

/// A place in the source for an instruction that a pass adds to a block.
fn location_of(function: &mut Function, block: Block) -> Loc {
    let data = function.block(block);
    if let Some(loc) = data.loc.or(data.insts.last().map(|&inst| function.inst(inst).loc)) {
        return loc;
    }
    if function.locations.is_empty() {
        let file = crate::source::FileId(0);
        function.locations.push(Location { file, offset: 0, scope: ScopeId(0) });
    }
    Loc(0)
}
