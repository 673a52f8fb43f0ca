//! What calls may do: summaries of the module's functions, computed callees first, and the questions
//! that passes ask about an instruction. Without a summary a call may do anything.

use super::Context;
use super::callgraph::CallGraph;
use super::facts::base_and_offset;
use crate::ssa::analysis::Cfg;
use crate::ssa::op::Class;
use crate::ssa::{Aux, FuncId, Function, InstData, Linkage, Module, Op, Region, Type, Value};
use flash_abi::symbols::Effect;
use rustc_hash::{FxHashMap, FxHashSet};

/// A set of regions that are written.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Writes {
    #[default]
    Everything,
    Only(FxHashSet<Region>),
}

impl Writes {
    pub fn nothing() -> Writes {
        Writes::Only(FxHashSet::default())
    }

    pub fn add(&mut self, region: Region) {
        match self {
            Writes::Only(_) if region == Region::ANY => *self = Writes::Everything,
            Writes::Only(regions) => {
                regions.insert(region);
            }
            Writes::Everything => {}
        }
    }

    pub fn add_all(&mut self, other: &Writes) {
        match other {
            Writes::Everything => *self = Writes::Everything,
            Writes::Only(regions) => regions.iter().for_each(|&region| self.add(region)),
        }
    }

    /// Whether memory of the region may change.
    pub fn may_write(&self, region: Region) -> bool {
        match self {
            Writes::Everything => true,
            Writes::Only(regions) if region == Region::ANY => !regions.is_empty(),
            Writes::Only(regions) => regions.contains(&region),
        }
    }

    pub fn is_nothing(&self) -> bool {
        matches!(self, Writes::Only(regions) if regions.is_empty())
    }
}

/// The summary of a function.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    /// What it writes of the memory that its caller knows.
    pub writes: Writes,
    /// It comes back, whatever it is given, and neither fails nor throws.
    pub is_total: bool,
    /// By parameter: whether the address may be found anywhere after the call; true for all without
    /// a summary (an empty list).
    pub escapes: Vec<bool>,
}

impl Effects {
    pub fn escapes(&self, param: usize) -> bool {
        self.escapes.get(param).copied().unwrap_or(true)
    }
}

/// Summaries of all functions.
pub fn summarize(module: &Module) -> Vec<Effects> {
    let graph = CallGraph::new(module);
    let mut summaries = vec![Effects::default(); module.functions.len()];
    for group in &graph.groups {
        // Members of a group that call each other are taken as unknown where they do.
        for &id in group {
            let summary = summarize_function(module.functions.get(id.index()), &summaries, graph.is_recursive(id));
            summaries[id.index()] = summary;
        }
    }
    summaries
}

fn summarize_function(function: Option<&Function>, summaries: &[Effects], is_recursive: bool) -> Effects {
    let Some(function) = function.filter(|function| function.linkage == Linkage::Own) else {
        return Effects::default();
    };
    let cfg = Cfg::new(function);
    let is_acyclic = cfg.order.iter().all(|&block| {
        function.block(block).terminator.targets().iter().all(|t| cfg.position(t.block) > cfg.position(block))
    });
    let mut effects = Effects { writes: Writes::nothing(), is_total: is_acyclic && !is_recursive, escapes: Vec::new() };
    for &block in &cfg.order {
        for &inst in &function.block(block).insts {
            let data = function.inst(inst);
            let mut writes = Writes::nothing();
            add_writes(summaries, data, &mut writes);
            // Slots of this function are gone when it returns.
            if writes_own_slot(function, data) {
                writes = Writes::nothing();
            }
            effects.writes.add_all(&writes);
            effects.is_total &= match data.op.facts().class {
                Class::Check => false,
                Class::Call => call_is_total(summaries, data),
                _ => true,
            };
        }
        effects.is_total &= !matches!(function.block(block).terminator, crate::ssa::Terminator::Unreachable);
    }
    let params = &function.block(function.entry()).params;
    if function.is_coroutine {
        // It keeps what it was given until it is done, and others run meanwhile.
        return Effects { escapes: vec![true; params.len()], ..effects };
    }
    effects.escapes = params.iter().map(|&param| escapes(function, &cfg, summaries, param)).collect();
    effects
}

fn writes_own_slot(function: &Function, data: &InstData) -> bool {
    data.op.facts().class == Class::Write && {
        let (base, _) = base_and_offset(function, data.args[0]);
        function.def_inst(base).is_some_and(|inst| function.inst(inst).op == Op::SlotAddr)
    }
}

/// Whether an address may be known to anyone else after what this function does with it.
fn escapes(function: &Function, cfg: &Cfg, summaries: &[Effects], param: Value) -> bool {
    if function.value_type(param) != Type::Ptr {
        return true;
    }
    let mut aliases = FxHashSet::default();
    aliases.insert(param);
    for &block in &cfg.order {
        let data = function.block(block);
        for &inst in &data.insts {
            let data = function.inst(inst);
            for (index, arg) in data.args.iter().enumerate() {
                if !aliases.contains(arg) {
                    continue;
                }
                match use_of_address(summaries, data, index) {
                    AddressUse::Harmless => {}
                    AddressUse::Derives => aliases.extend(data.results.iter().copied()),
                    AddressUse::Escapes => return true,
                }
            }
        }
        let mut found = false;
        data.terminator.for_each_value(|value| found |= aliases.contains(&value));
        if found {
            return true;
        }
    }
    false
}

/// What an instruction does with an address that is its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressUse {
    /// Reads or writes there, compares, or hands it to someone who forgets it.
    Harmless,
    /// The result is an address in the same object.
    Derives,
    Escapes,
}

pub fn use_of_address(summaries: &[Effects], data: &InstData, operand: usize) -> AddressUse {
    match data.op {
        Op::Load | Op::Copy | Op::Zero | Op::NonNull | Op::Icmp => AddressUse::Harmless,
        Op::Store if operand == 0 => AddressUse::Harmless,
        Op::PtrAdd if operand == 0 => AddressUse::Derives,
        Op::Call => match data.aux {
            Aux::Function(id) if summaries.get(id.index()).is_some_and(|s| !s.escapes(operand)) => AddressUse::Harmless,
            _ => AddressUse::Escapes,
        },
        Op::CallRt => match &data.aux {
            Aux::Rt(rt) if matches!(rt.symbol().effect, Effect::Reads | Effect::Pure) => {
                let gives_address = data.results.is_empty();
                if gives_address { AddressUse::Harmless } else { AddressUse::Escapes }
            }
            _ => AddressUse::Escapes,
        },
        _ => AddressUse::Escapes,
    }
}

fn call_is_total(summaries: &[Effects], data: &InstData) -> bool {
    match &data.aux {
        Aux::Function(id) => summaries.get(id.index()).is_some_and(|summary| summary.is_total),
        Aux::Rt(rt) => matches!(rt.symbol().effect, Effect::Pure | Effect::Reads | Effect::Allocates),
        _ => false,
    }
}

/// Adds the regions that an instruction may write.
pub fn add_writes(summaries: &[Effects], data: &InstData, writes: &mut Writes) {
    match (data.op.facts().class, &data.aux) {
        (Class::Write, Aux::Mem(mem)) => writes.add(mem.region),
        (Class::Write, Aux::Bytes(_, region)) => writes.add(*region),
        (Class::Write, _) => *writes = Writes::Everything,
        (Class::Call, Aux::Function(id)) => match summaries.get(id.index()) {
            Some(summary) => {
                writes.add_all(&summary.writes);
                // Slots of this function that it was given have other regions there.
                if !summary.writes.is_nothing() {
                    writes.add(Region::STACK);
                }
            }
            None => *writes = Writes::Everything,
        },
        (Class::Call, Aux::Rt(rt)) => match rt.symbol().effect {
            Effect::Pure | Effect::Reads | Effect::Allocates | Effect::Never => {}
            Effect::Any => *writes = Writes::Everything,
        },
        (Class::Call, _) => *writes = Writes::Everything,
        _ => {}
    }
}

/// Whether an instruction may be removed when its results are not used.
pub fn is_removable(context: &Context<'_>, data: &InstData) -> bool {
    match data.op.facts().class {
        Class::Pure | Class::Read | Class::Allocate => true,
        Class::Write | Class::Check => false,
        Class::Call => match data.aux {
            Aux::Function(FuncId(index)) => {
                context.effects.get(index as usize).is_some_and(|s| s.is_total && s.writes.is_nothing())
            }
            _ => call_is_total(context.effects, data),
        },
    }
}

/// Whether others may see that an instruction ran: it writes, calls, or may fail.
pub fn is_visible(context: &Context<'_>, data: &InstData) -> bool {
    match data.op.facts().class {
        Class::Pure | Class::Read | Class::Allocate => false,
        Class::Write | Class::Check => true,
        Class::Call => !is_removable(context, data),
    }
}

/// Addresses of objects made here (`alloc`s and stack slots) that nobody else ever knows. Of a slot,
/// every address is named.
pub fn private_objects(function: &Function, cfg: &Cfg, summaries: &[Effects]) -> FxHashSet<Value> {
    // By address: the inst or the slot that it belongs to.
    let mut origin: FxHashMap<Value, (bool, u32)> = FxHashMap::default();
    let mut seen: FxHashSet<(bool, u32)> = FxHashSet::default();
    for &block in &cfg.order {
        let data = function.block(block);
        for &inst in &data.insts {
            let data = function.inst(inst);
            match (data.op, &data.aux) {
                (Op::Alloc, _) => drop(origin.insert(data.results[0], (false, inst.0))),
                (Op::SlotAddr, Aux::Slot(slot)) => drop(origin.insert(data.results[0], (true, slot.0))),
                _ => {
                    for (operand, arg) in data.args.iter().enumerate() {
                        let Some(&object) = origin.get(arg) else { continue };
                        match use_of_address(summaries, data, operand) {
                            AddressUse::Harmless => {}
                            AddressUse::Derives => drop(origin.insert(data.results[0], object)),
                            AddressUse::Escapes => drop(seen.insert(object)),
                        }
                    }
                }
            }
        }
        data.terminator.for_each_value(|value| seen.extend(origin.get(&value)));
    }
    origin.into_iter().filter(|(_, object)| !seen.contains(object)).map(|(value, _)| value).collect()
}
