//! Takes coroutines apart: one becomes a *start*, which makes the frame, and a *resume*, the closure code of the
//! frame, which goes on behind the `suspend` that the frame's state names. What lives across a `suspend` is put in
//! the frame there and read back behind it; values keep to SSA in between (`reaching`).
//! Needs everything else about the function to be done: what follows only cleans up. Coroutines that never
//! suspend become plain functions.
//!
//! Laid out like a closure: header, code, state, then what `frame` says. While the coroutine runs the frame's values
//! mean nothing; when it is finished they are gone, so that it keeps nothing alive.

mod bits;
mod frame;
mod liveness;
mod memory;

use super::effects::{self, Effects};
use super::reaching::{Frontiers, Variable, using_blocks};
use super::rewrite::{Replacements, count_uses, homes, make_iconst, make_zero, remove_unreachable};
use crate::ssa::analysis::{Cfg, Dominators};
use crate::ssa::op::{Class, Typing};
use crate::ssa::{
    Aux, Block, BlockCall, Descriptor, DescriptorId, FuncId, Function, Inst, Loc, Location, Mem, Module, Op, Part,
    Region, ScopeId, Signature, Slot, Terminator, Type, Value,
};
use bits::Bits;
use flash_abi::object::{CLOSURE_CODE, KIND_FIXED};
use flash_abi::symbols::Rt;
use frame::Frame;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// Offset in a frame of the number (`i32`) of the `suspend` that it waits at.
const STATE: u32 = 16;
/// Bytes of a slot in the frame that are cleared when the coroutine is finished; longer ones stay as they are.
const MOST_CLEARED: u32 = 256;
/// State of a frame that was made just now, and of one whose coroutine is finished.
const STARTED: i64 = 0;
const FINISHED: i64 = -1;

/// Runs the pass on the module.
pub fn run(module: &mut Module) {
    if !module.functions.iter().any(|function| function.is_coroutine) {
        return;
    }
    let mut found = Vec::new();
    for (index, function) in module.functions.iter_mut().enumerate().filter(|(_, function)| function.is_coroutine) {
        remove_unreachable(function);
        function.is_coroutine = needs_frame(function);
        if function.is_coroutine {
            found.push(index);
        }
    }
    let effects = effects::summarize(module);
    let (first_function, first_descriptor) = (module.functions.len() as u32, module.descriptors.len() as u32);
    let found: Vec<(usize, usize)> = found.into_iter().enumerate().collect();
    let split = |(): &mut (), &(number, index): &(usize, usize)| {
        let resume = FuncId(first_function + number as u32);
        let descriptor = DescriptorId(first_descriptor + number as u32);
        Splitter::new(module.functions[index].clone(), &effects).split(resume, descriptor)
    };
    let parts: Vec<Parts> = crate::parallel::map_with(&found, || (), split);
    for ((_, index), Parts { start, resume, frame }) in found.into_iter().zip(parts) {
        module.functions[index] = start;
        module.functions.push(resume);
        module.descriptors.push(frame);
    }
}

fn needs_frame(function: &Function) -> bool {
    let insts = function.layout.iter().flat_map(|&block| &function.block(block).insts);
    insts.into_iter().any(|&inst| matches!(function.inst(inst).op, Op::Suspend | Op::CoroutineSelf))
}

/// What a coroutine becomes.
struct Parts {
    start: Function,
    resume: Function,
    frame: Descriptor,
}

/// A `suspend`: the block that ended before it, and the one that begins behind it. Its state is its place in the
/// list, from 1.
struct Point {
    before: Block,
    after: Block,
    loc: Loc,
}

/// Whether a value can be made again anywhere: it needs no place in the frame.
fn is_remade(function: &Function, value: Value) -> bool {
    function.def_inst(value).is_some_and(|inst| {
        let facts = function.inst(inst).op.facts();
        (facts.typing, facts.class) == (Typing::Make, Class::Pure)
    })
}

struct Splitter<'a> {
    function: Function,
    effects: &'a [Effects],
    points: Vec<Point>,
    /// The parameter of the resume function.
    frame: Value,
}

impl<'a> Splitter<'a> {
    fn new(mut function: Function, effects: &'a [Effects]) -> Splitter<'a> {
        let points = cut(&mut function);
        Splitter { function, effects, points, frame: Value(u32::MAX) }
    }

    fn split(mut self, resume: FuncId, descriptor: DescriptorId) -> Parts {
        let symbol = self.function.symbol.clone();
        let entry = self.function.entry();
        let loc = super::location_of(&mut self.function, entry);
        let cfg = Cfg::new(&self.function);
        let live_in = liveness::live_in(&self.function, &cfg);
        let live = self.live_across(&live_in);
        let moved = memory::slots_to_move(&self.function, &cfg, self.effects, &self.points, &live_in);
        let mut params: Vec<Value> = self.function.block(entry).params.clone();
        let uses = count_uses(&self.function);
        params.retain(|param| uses[param.index()] > 0);
        let frame = Frame::new(&self.function, &params, &live, &moved);
        let start = self.start(&params, &frame, resume, descriptor, loc);

        let saves = self.saves(&cfg, &live, &params, &frame);
        let finishes = self.dirty_at_ends(&cfg, &live, &params, &frame);
        self.enter(&params, &frame, loc);
        self.move_slots(&moved, &frame);
        for (index, save) in saves.into_iter().enumerate() {
            self.suspend(index, &save, &frame);
        }
        for (block, dirty) in finishes {
            self.finish(block, &dirty, &frame);
        }
        self.repair(&live, &frame);
        self.function.symbol = format!("{symbol}.resume");
        self.function.signature = Signature { params: vec![Type::Ptr], results: Vec::new() };
        self.function.is_coroutine = false;
        self.function.part = Part::Resume;
        self.function.hint = crate::ssa::Hint::InlineNever;
        let name = self.function.scopes.first().map_or(&symbol, |scope| &scope.function);
        let descriptor = Descriptor {
            name: format!("async {name}"),
            kind: KIND_FIXED,
            // Whoever would resume the copy is not there.
            is_local: true,
            size: frame.size,
            slots: frame.pointers(),
        };
        Parts { start, resume: self.function, frame: descriptor }
    }

    /// By point: the values that are needed behind it and cannot be made again, and all that are needed.
    fn live_across(&self, live_in: &[Bits]) -> Vec<Live> {
        let of_point = |point: &Point| {
            let (remade, kept) = live_in[point.after.index()]
                .iter()
                .map(|index| Value(index as u32))
                .partition(|&value| is_remade(&self.function, value));
            Live { kept, remade }
        };
        self.points.iter().map(of_point).collect()
    }

    /// The function in the coroutine's place.
    fn start(
        &self,
        params: &[Value],
        frame: &Frame,
        resume: FuncId,
        descriptor: DescriptorId,
        Loc(loc): Loc,
    ) -> Function {
        let body = &self.function;
        // Nobody wrote it: traces name the resumed function only.
        let mut start = Function::new(body.symbol.clone(), body.signature.clone(), String::new());
        (start.hint, start.part) = (body.hint, Part::Start);
        let Location { file, offset, .. } = body.locations[loc as usize];
        start.locations.push(Location { file, offset, scope: ScopeId(0) });
        let (entry, loc) = (start.entry(), Loc(0));
        let own: Vec<Value> = start.block(entry).params.clone();
        let mut out = Out { function: &mut start, insts: Vec::new(), loc };
        let object = out.value(Op::Alloc, Type::Ptr, &[], Aux::Descriptor(descriptor));
        let code = out.value(Op::FuncAddr, Type::Ptr, &[], Aux::Function(resume));
        let aux = Aux::Mem(Mem { offset: CLOSURE_CODE as i32, region: Region::CLOSURE, readonly: false });
        out.none(Op::Store, Type::Ptr, &[object, code], aux);
        for param in params {
            let place = body.block(body.entry()).params.iter().position(|other| other == param);
            let (Some(&value), Some(offset)) = (place.and_then(|place| own.get(place)), frame.offset(*param)) else {
                bug!("coroutine: {param} is no parameter of {}", body.symbol)
            };
            out.store(object, offset, value);
        }
        out.none(Op::Call, Type::Ptr, &[object], Aux::Function(resume));
        let insts = out.insts;
        let data = start.block_mut(entry);
        (data.insts, data.terminator, data.loc) = (insts, Terminator::Return(SmallVec::new()), Some(loc));
        start
    }

    /// By point: what to store there. Values that are in the frame already, and unchanged since, stay; slots that
    /// still have a pointer which nobody needs are cleared.
    fn saves(&self, cfg: &Cfg, live: &[Live], params: &[Value], frame: &Frame) -> Vec<Save> {
        let stored = self.stored_at_end(cfg, live, params);
        let dirty = self.dirty_at_end(cfg, live, params, frame);
        let of_point = |(point, live): (&Point, &Live)| {
            let stored = &stored[point.before.index()];
            let values = live.kept.iter().copied().filter(|value| !stored.contains(value.index())).collect();
            let mut cleared = dirty[point.before.index()].clone();
            live.kept.iter().filter_map(|&value| frame.pointer_slot(value)).for_each(|slot| cleared.remove(slot));
            Save { values, cleared: cleared.iter().collect() }
        };
        self.points.iter().zip(live).map(of_point).collect()
    }

    /// By block: the values that their frame slots certainly hold when it ends.
    fn stored_at_end(&self, cfg: &Cfg, live: &[Live], params: &[Value]) -> Vec<Bits> {
        let function = &self.function;
        let count = function.values.len();
        let mut at_start: Vec<Bits> = vec![Bits::full(count); function.blocks.len()];
        at_start[function.entry().index()] = Bits::of(count, params.iter().map(|value| value.index()));
        let fixed = self.fixed_starts(live, |live| Bits::of(count, live.kept.iter().map(|value| value.index())));
        for (&block, bits) in &fixed {
            at_start[block.index()] = bits.clone();
        }
        let end = |at_start: &[Bits], block: Block| {
            let mut bits = at_start[block.index()].clone();
            if block != function.entry() {
                function.block(block).params.iter().for_each(|param| bits.remove(param.index()));
            }
            for &inst in &function.block(block).insts {
                function.inst(inst).results.iter().for_each(|result| bits.remove(result.index()));
            }
            bits
        };
        let mut changed = true;
        while changed {
            changed = false;
            for &block in cfg.order.iter().skip(1).filter(|block| !fixed.contains_key(block)) {
                let mut bits = at_start[block.index()].clone();
                for &predecessor in cfg.predecessors(block) {
                    bits.intersect(&end(&at_start, predecessor));
                }
                if bits != at_start[block.index()] {
                    at_start[block.index()] = bits;
                    changed = true;
                }
            }
        }
        (0..function.blocks.len()).map(|index| end(&at_start, Block(index as u32))).collect()
    }

    /// By block: the pointer slots of the frame that may hold anything when it ends.
    fn dirty_at_end(&self, cfg: &Cfg, live: &[Live], params: &[Value], frame: &Frame) -> Vec<Bits> {
        let function = &self.function;
        let count = frame.pointer_count();
        let of_values =
            |values: &[Value]| Bits::of(count, values.iter().filter_map(|&value| frame.pointer_slot(value)));
        let mut dirty = vec![Bits::empty(count); function.blocks.len()];
        dirty[function.entry().index()] = of_values(params);
        let fixed = self.fixed_starts(live, |live| of_values(&live.kept));
        for (&block, bits) in &fixed {
            dirty[block.index()] = bits.clone();
        }
        let mut changed = true;
        while changed {
            changed = false;
            for &block in cfg.order.iter().skip(1).filter(|block| !fixed.contains_key(block)) {
                let mut bits = dirty[block.index()].clone();
                cfg.predecessors(block).iter().for_each(|predecessor| bits.unite(&dirty[predecessor.index()]));
                if bits != dirty[block.index()] {
                    dirty[block.index()] = bits;
                    changed = true;
                }
            }
        }
        dirty
    }

    /// Facts at the start of the blocks behind points.
    fn fixed_starts(&self, live: &[Live], fact: impl Fn(&Live) -> Bits) -> FxHashMap<Block, Bits> {
        self.points.iter().zip(live).map(|(point, live)| (point.after, fact(live))).collect()
    }

    /// Blocks that return, with the pointer slots that may hold anything there.
    fn dirty_at_ends(&self, cfg: &Cfg, live: &[Live], params: &[Value], frame: &Frame) -> Vec<(Block, Bits)> {
        let dirty = self.dirty_at_end(cfg, live, params, frame);
        let returns = |block: &Block| matches!(self.function.block(*block).terminator, Terminator::Return(_));
        cfg.order.iter().copied().filter(returns).map(|block| (block, dirty[block.index()].clone())).collect()
    }

    /// A new entry that goes to the block that the state names; the old one reads its parameters from the frame.
    fn enter(&mut self, params: &[Value], frame: &Frame, loc: Loc) {
        let old = self.function.entry();
        let entry = self.function.add_block();
        self.function.layout.pop();
        self.function.layout.insert(0, entry);
        self.frame = self.function.add_param(entry, Type::Ptr);
        let object = self.frame;
        // Parameters that are defined by loads now: the old values stand for the loaded ones.
        let old_params = std::mem::take(&mut self.function.block_mut(old).params);
        let mut replacements = Replacements::new(&self.function);
        let mut out = Out { function: &mut self.function, insts: Vec::new(), loc };
        for param in old_params {
            if let Some(offset) = frame.offset(param).filter(|_| params.contains(&param)) {
                let ty = out.function.value_type(param);
                out.load_as(object, offset, ty, param);
            }
        }
        let insts = out.insts;
        self.function.block_mut(old).insts.splice(0..0, insts);

        let unknown = self.function.add_block();
        let mut out = Out { function: &mut self.function, insts: Vec::new(), loc };
        let state = out.load(object, STATE, Type::I32);
        let insts = std::mem::take(&mut out.insts);
        out.none(Op::CallRt, Type::Ptr, &[], Aux::Rt(Rt::FailUnreachable));
        let fails = out.insts;
        let behind = self.points.iter().enumerate().map(|(index, point)| (state_of(index), point.after));
        let cases = std::iter::once((STARTED, old)).chain(behind);
        let cases = cases.map(|(state, block)| (state, BlockCall::new(block, []))).collect();
        let data = self.function.block_mut(entry);
        data.insts = insts;
        data.terminator = Terminator::Switch { value: state, cases, default: BlockCall::new(unknown, []) };
        data.loc = Some(loc);
        let data = self.function.block_mut(unknown);
        (data.insts, data.terminator, data.loc) = (fails, Terminator::Unreachable, Some(loc));

        for &block in &self.function.layout.clone() {
            let mut insts = std::mem::take(&mut self.function.block_mut(block).insts);
            insts.retain(|&inst| {
                let data = self.function.inst(inst);
                if data.op == Op::CoroutineSelf {
                    replacements.replace(data.results[0], object);
                }
                data.op != Op::CoroutineSelf
            });
            self.function.block_mut(block).insts = insts;
        }
        replacements.apply(&mut self.function);
    }

    /// Makes addresses of slots that live in the frame addresses in it.
    fn move_slots(&mut self, moved: &[Slot], frame: &Frame) {
        if moved.is_empty() {
            return;
        }
        for &block in &self.function.layout.clone() {
            let mut out = Vec::new();
            for inst in std::mem::take(&mut self.function.block_mut(block).insts) {
                let offset = match self.function.inst(inst).aux {
                    Aux::Slot(slot) => frame.slot_offset(slot),
                    _ => None,
                };
                if let Some(offset) = offset {
                    let loc = self.function.inst(inst).loc;
                    let (number, value) = make_iconst(&mut self.function, Type::I64, i64::from(offset), loc);
                    out.push(number);
                    let object = self.frame;
                    let data = self.function.inst_mut(inst);
                    (data.op, data.aux) = (Op::PtrAdd, Aux::None);
                    data.args = SmallVec::from_slice(&[object, value]);
                }
                out.push(inst);
            }
            self.function.block_mut(block).insts = out;
        }
    }

    /// Stores what must be kept, and returns.
    fn suspend(&mut self, index: usize, save: &Save, frame: &Frame) {
        let Point { before, loc, .. } = self.points[index];
        let object = self.frame;
        let mut out = Out { function: &mut self.function, insts: Vec::new(), loc };
        for &value in &save.values {
            let Some(offset) = frame.offset(value) else { bug!("coroutine: {value} has no place in the frame") };
            out.store(object, offset, value);
        }
        for &slot in &save.cleared {
            out.clear(object, frame.pointer_offset(slot));
        }
        out.set_state(object, state_of(index));
        let insts = out.insts;
        let data = self.function.block_mut(before);
        data.insts.extend(insts);
        (data.terminator, data.loc) = (Terminator::Return(SmallVec::new()), Some(loc));
    }

    /// Before a return for good: the frame leads nowhere any more, and cannot be resumed.
    fn finish(&mut self, block: Block, dirty: &Bits, frame: &Frame) {
        let loc = super::location_of(&mut self.function, block);
        let object = self.frame;
        let mut out = Out { function: &mut self.function, insts: Vec::new(), loc };
        for slot in dirty.iter() {
            out.clear(object, frame.pointer_offset(slot));
        }
        for (offset, bytes) in frame.moved_ranges().filter(|(_, bytes)| *bytes <= MOST_CLEARED) {
            let address = out.offset(object, offset);
            out.none(Op::Zero, Type::Ptr, &[address], Aux::Bytes(bytes, Region::ANY));
        }
        out.set_state(object, FINISHED);
        let insts = out.insts;
        self.function.block_mut(block).insts.extend(insts);
    }

    /// Reads values back behind each point, and lets every use take the definition that reaches it.
    fn repair(&mut self, live: &[Live], frame: &Frame) {
        let mut again: FxHashMap<Value, FxHashMap<Block, Value>> = FxHashMap::default();
        for (index, live) in live.iter().enumerate() {
            let Point { after, loc, .. } = self.points[index];
            let object = self.frame;
            let mut insts = Vec::new();
            for &value in &live.kept {
                let Some(offset) = frame.offset(value) else { bug!("coroutine: {value} has no place in the frame") };
                let ty = self.function.value_type(value);
                let mut out = Out { function: &mut self.function, insts: Vec::new(), loc };
                let read = out.load(object, offset, ty);
                insts.append(&mut out.insts);
                again.entry(value).or_default().insert(after, read);
            }
            for &value in &live.remade {
                let made = self.remake(value, &mut insts);
                again.entry(value).or_default().insert(after, made);
            }
            self.function.block_mut(after).insts.splice(0..0, insts);
        }
        let cfg = Cfg::new(&self.function);
        let dominators = Dominators::new(&self.function, &cfg);
        let frontiers = Frontiers::new(&self.function, &cfg, &dominators);
        let home = homes(&self.function, &cfg);
        let mut values: Vec<Value> = again.keys().copied().collect();
        values.sort_unstable();
        let mut uses = using_blocks(&self.function, &cfg, |value, block| {
            again.contains_key(&value) && home[value.index()] != Some(block)
        });
        for value in values {
            let Some(mut definitions) = again.remove(&value) else { continue };
            let behind = definitions.clone();
            // The frame itself, which `coroutine_self` was, is known everywhere.
            let Some(own) = home[value.index()] else { continue };
            definitions.insert(own, value);
            let ty = self.function.value_type(value);
            let mut variable = Variable::new(&cfg, &dominators, &frontiers, ty, definitions);
            for block in uses.remove(&value).unwrap_or_default() {
                let reaching = match behind.get(&block) {
                    Some(&read) => read,
                    None => variable.at_start(&mut self.function, block),
                };
                replace_in(&mut self.function, block, value, reaching);
            }
            variable.finish(&mut self.function);
        }
    }

    /// Makes a value again that needs no operands, or the address of a slot in the frame.
    fn remake(&mut self, value: Value, insts: &mut Vec<Inst>) -> Value {
        let Some(inst) = self.function.def_inst(value) else { return value };
        let data = self.function.inst(inst).clone();
        let mut out = Out { function: &mut self.function, insts: Vec::new(), loc: data.loc };
        let made = match data.op {
            Op::CoroutineSelf => self.frame,
            Op::PtrAdd => {
                let offset = out.function.as_iconst(data.args[1]).unwrap_or_default();
                out.offset(self.frame, offset as u32)
            }
            op => out.value(op, data.ty, &[], data.aux),
        };
        insts.append(&mut out.insts);
        made
    }
}

/// What is needed behind a point.
struct Live {
    /// In the frame.
    kept: Vec<Value>,
    /// Made again.
    remade: Vec<Value>,
}

/// What happens at a point.
struct Save {
    values: Vec<Value>,
    /// Pointer slots that are set to null.
    cleared: Vec<usize>,
}

fn state_of(point: usize) -> i64 {
    point as i64 + 1
}

/// Ends blocks before each `suspend`; for now the first part jumps to the second.
fn cut(function: &mut Function) -> Vec<Point> {
    let mut points = Vec::new();
    let mut layout = Vec::new();
    for first in function.layout.clone() {
        layout.push(first);
        let mut before = first;
        let is_suspend = |function: &Function, inst: Inst| function.inst(inst).op == Op::Suspend;
        while let Some(place) = function.block(before).insts.iter().position(|&inst| is_suspend(function, inst)) {
            let after = function.add_block();
            layout.push(after);
            let data = function.block_mut(before);
            let rest = data.insts.split_off(place + 1);
            let suspend = data.insts.pop();
            let terminator = std::mem::replace(&mut data.terminator, Terminator::Jump(BlockCall::new(after, [])));
            let terminator_loc = data.loc.take();
            let loc = suspend.map_or(Loc(0), |inst| function.inst(inst).loc);
            let data = function.block_mut(after);
            (data.insts, data.terminator, data.loc) = (rest, terminator, terminator_loc);
            points.push(Point { before, after, loc });
            before = after;
        }
    }
    function.layout = layout;
    points
}

fn replace_in(function: &mut Function, block: Block, old: Value, new: Value) {
    for &inst in &function.blocks[block.index()].insts {
        function.insts[inst.index()].args.iter_mut().filter(|arg| **arg == old).for_each(|arg| *arg = new);
    }
    function.block_mut(block).terminator.for_each_value_mut(|used| {
        if *used == old {
            *used = new;
        }
    });
}

/// Instructions on their way into a block.
struct Out<'a> {
    function: &'a mut Function,
    insts: Vec<Inst>,
    loc: Loc,
}

impl Out<'_> {
    fn none(&mut self, op: Op, ty: Type, args: &[Value], aux: Aux) {
        let inst = self.function.make_inst(op, ty, args.iter().copied(), aux, [], self.loc);
        self.insts.push(inst);
    }

    fn value(&mut self, op: Op, ty: Type, args: &[Value], aux: Aux) -> Value {
        let inst = self.function.make_inst(op, ty, args.iter().copied(), aux, [ty], self.loc);
        self.insts.push(inst);
        self.function.inst(inst).results[0]
    }

    fn offset(&mut self, object: Value, offset: u32) -> Value {
        let (inst, number) = make_iconst(self.function, Type::I64, i64::from(offset), self.loc);
        self.insts.push(inst);
        self.value(Op::PtrAdd, Type::Ptr, &[object, number], Aux::None)
    }

    fn place(offset: u32) -> Aux {
        Aux::Mem(Mem { offset: offset as i32, region: Region::STACK, readonly: false })
    }

    fn load(&mut self, object: Value, offset: u32, ty: Type) -> Value {
        self.value(Op::Load, ty, &[object], Out::place(offset))
    }

    /// As `load`, for a value that exists and has lost its definition.
    fn load_as(&mut self, object: Value, offset: u32, ty: Type, value: Value) {
        let inst = self.function.make_inst(Op::Load, ty, [object], Out::place(offset), [], self.loc);
        self.function.inst_mut(inst).results.push(value);
        self.function.values[value.index()].def = crate::ssa::ValueDef::Result(inst, 0);
        self.insts.push(inst);
    }

    fn store(&mut self, object: Value, offset: u32, value: Value) {
        let ty = self.function.value_type(value);
        self.none(Op::Store, ty, &[object, value], Out::place(offset));
    }

    fn clear(&mut self, object: Value, offset: u32) {
        let (inst, null) = make_zero(self.function, Type::Ptr, self.loc);
        self.insts.push(inst);
        self.store(object, offset, null);
    }

    fn set_state(&mut self, object: Value, state: i64) {
        let (inst, state) = make_iconst(self.function, Type::I32, state, self.loc);
        self.insts.push(inst);
        self.store(object, STATE, state);
    }
}
