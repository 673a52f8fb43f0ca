//! Puts the bodies of functions in place of calls, callees first. What is worth it is decided by size,
//! with bonuses for constant and closure arguments, loops, and single call sites; small functions that
//! call themselves take themselves in a few times. After each round the caller is cleaned up, so that
//! calls of closures become direct and are seen by the next round.
//! Needs no unreachable blocks. Makes of a function's locations scopes of the caller. Calls of a function to
//! itself that a `try` guards stay.

mod base_case;
mod copy;
mod cost;

use super::callgraph::CallGraph;
use super::{Context, clean_up};
use crate::ssa::analysis::{Cfg, Dominators, Loops};
use crate::ssa::{Aux, Block, FuncId, Function, Inst, Linkage, Module, Op, Signature, Terminator};
use cost::{Callee, Site};
use rayon::prelude::*;

/// A function is not made longer than this by inlining.
const MOST_INSTS: u32 = 6000;
/// Times that a function's calls are looked at.
const ROUNDS: u32 = 5;
/// A function that calls itself takes itself in as long as it is not longer than this afterwards.
const MOST_RECURSIVE_INSTS: u32 = 240;
/// Calls of a function to itself that constants decide, and how much longer each may make it.
const MOST_DECIDED_CALLS: u32 = 4;
const MOST_DECIDED_INSTS: u32 = 60;
/// The same when only the cases that end the recursion are taken in.
const MOST_GUARDED_INSTS: u32 = 300;

/// Runs the pass on the module.
pub fn run(module: &mut Module) {
    let graph = CallGraph::new(module);
    let signatures: Vec<Signature> = module.functions.iter().map(|f| f.signature.clone()).collect();
    let symbols: Vec<String> = module.functions.iter().map(|f| f.symbol.clone()).collect();
    let mut functions = std::mem::take(&mut module.functions);
    let context = Context { module, signatures: &signatures, symbols: &symbols, effects: &[] };
    // Functions of one level call only functions of lower levels, or their own group.
    let (levels, level_of) = levels(&graph);
    for level in levels {
        let mut taken: Vec<(FuncId, Function)> =
            level.iter().map(|&id| (id, std::mem::replace(&mut functions[id.index()], placeholder()))).collect();
        taken.par_iter_mut().filter(|(_, function)| !function.is_import()).for_each(|(id, function)| {
            Inliner { context: &context, graph: &graph, functions: &functions, level_of: &level_of, id: *id }
                .run(function);
        });
        for (id, function) in taken {
            functions[id.index()] = function;
        }
    }
    module.functions = functions;
}

/// Stands for a function while it is worked on.
fn placeholder() -> Function {
    Function::new(String::new(), Signature::default(), String::new())
}

/// The functions by how far they are above the ones that call nobody, and that height of each.
fn levels(graph: &CallGraph) -> (Vec<Vec<FuncId>>, Vec<usize>) {
    let mut level_of_group: Vec<usize> = Vec::with_capacity(graph.groups.len());
    let mut levels: Vec<Vec<FuncId>> = Vec::new();
    for (index, group) in graph.groups.iter().enumerate() {
        let callees = group.iter().flat_map(|id| &graph.callees[id.index()]);
        let below = callees.map(|callee| graph.group_of[callee.index()] as usize).filter(|&other| other != index);
        let level = below.map(|other| level_of_group[other] + 1).max().unwrap_or(0);
        level_of_group.push(level);
        if levels.len() <= level {
            levels.resize_with(level + 1, Vec::new);
        }
        levels[level].extend(group);
    }
    let level_of = graph.group_of.iter().map(|&group| level_of_group[group as usize]).collect();
    (levels, level_of)
}

struct Inliner<'a, 'b> {
    context: &'a Context<'b>,
    graph: &'a CallGraph,
    /// Finished, unless of the same level.
    functions: &'a [Function],
    /// By function.
    level_of: &'a [usize],
    id: FuncId,
}

impl Inliner<'_, '_> {
    fn run(&self, function: &mut Function) {
        for _ in 0..ROUNDS {
            let sites = self.chosen_sites(function);
            if sites.is_empty() {
                break;
            }
            for (block, inst, callee) in sites.into_iter().rev() {
                copy::inline_call(function, block, inst, &self.functions[callee.index()]);
            }
            clean_up(function, self.context);
        }
        self.unroll_recursion(function);
    }

    /// Calls to put bodies in place of, in the order of the layout.
    fn chosen_sites(&self, function: &Function) -> Vec<(Block, Inst, FuncId)> {
        let cfg = Cfg::new(function);
        let dominators = Dominators::new(function, &cfg);
        let loops = Loops::new(function, &cfg, &dominators);
        let mut size = cost::size(function);
        let mut chosen = Vec::new();
        for (block, inst, callee) in all_calls(function) {
            // A call that became direct may be of a function that is not finished.
            let is_finished = self.level_of[callee.index()] < self.level_of[self.id.index()];
            if !is_finished || self.graph.is_recursive(callee) || !cfg.is_reachable(block) {
                continue;
            }
            let body = &self.functions[callee.index()];
            if body.linkage != Linkage::Own {
                continue;
            }
            let is_only_call = self.graph.call_sites[callee.index()] == 1 && !self.graph.is_visible[callee.index()];
            let callee_facts = Callee { function: body, is_only_call };
            let is_cold = matches!(function.block(block).terminator, Terminator::Unreachable);
            let site = Site { caller: function, call: function.inst(inst), depth: loops.depth(block), is_cold };
            let added = cost::size(body);
            if cost::is_worth_it(&callee_facts, &site, added) && (size + added <= MOST_INSTS || added <= 12) {
                size += added;
                chosen.push((block, inst, callee));
            }
        }
        chosen
    }

    /// Copies of the function's own body for its calls to itself: the cases that end the recursion are
    /// then reached without a call.
    fn unroll_recursion(&self, function: &mut Function) {
        if !self.graph.callees[self.id.index()].contains(&self.id) || !cost::may_copy(function) {
            return;
        }
        self.take_in_decided_calls(function);
        let original = function.clone();
        let guard = base_case::of(&original, self.id);
        for _ in 0..2 {
            if !self.take_in_itself(function, &original, false, MOST_RECURSIVE_INSTS) {
                break;
            }
        }
        // The calls that are left are made only where they do not end at once.
        if let Some(guard) = guard {
            self.take_in_itself(function, &guard, true, MOST_GUARDED_INSTS);
        }
    }

    /// Takes the function in where constants given to itself decide that it does not call itself again, such as
    /// `move(1, from, to)`: tried, and kept when it is so.
    fn take_in_decided_calls(&self, function: &mut Function) {
        for _ in 0..MOST_DECIDED_CALLS {
            let own: Vec<(Block, Inst, FuncId)> = calls(function).filter(|(_, _, id)| *id == self.id).collect();
            let has_constant =
                |inst: Inst| function.inst(inst).args.iter().any(|&arg| function.as_iconst(arg).is_some());
            let taken = own.iter().filter(|(_, inst, _)| has_constant(*inst)).find_map(|&(block, inst, _)| {
                let mut trial = function.clone();
                copy::inline_call(&mut trial, block, inst, function);
                clean_up(&mut trial, self.context);
                let calls_left = calls(&trial).filter(|(_, _, id)| *id == self.id).count();
                let is_short = cost::size(&trial) <= cost::size(function) + MOST_DECIDED_INSTS;
                (calls_left < own.len() && is_short).then_some(trial)
            });
            match taken {
                Some(trial) => *function = trial,
                None => break,
            }
        }
    }

    /// Puts a body in place of every call of the function to itself, unless it gets too long.
    fn take_in_itself(&self, function: &mut Function, body: &Function, is_guard: bool, most: u32) -> bool {
        let sites: Vec<(Block, Inst, FuncId)> = calls(function).filter(|(_, _, id)| *id == self.id).collect();
        if sites.is_empty() || cost::size(function) + cost::size(body) * sites.len() as u32 > most {
            return false;
        }
        for (block, inst, _) in sites.into_iter().rev() {
            let (loc, first_new) = (function.inst(inst).loc, function.insts.len());
            copy::inline_call(function, block, inst, body);
            if is_guard {
                base_case::set_call_location(function, first_new, self.id, loc);
            }
        }
        clean_up(function, self.context);
        true
    }
}

/// Direct calls, without those that a `try` guards.
fn calls(function: &Function) -> impl Iterator<Item = (Block, Inst, FuncId)> {
    all_calls(function).filter(move |&(block, inst, _)| {
        let data = function.block(block);
        !matches!(data.terminator, Terminator::Try { .. }) || data.insts.last() != Some(&inst)
    })
}

/// Direct calls.
fn all_calls(function: &Function) -> impl Iterator<Item = (Block, Inst, FuncId)> {
    function.layout.iter().flat_map(move |&block| {
        let of_inst = move |&inst: &Inst| match function.inst(inst).aux {
            Aux::Function(id) if function.inst(inst).op == Op::Call => Some((block, inst, id)),
            _ => None,
        };
        function.block(block).insts.iter().filter_map(of_inst)
    })
}
