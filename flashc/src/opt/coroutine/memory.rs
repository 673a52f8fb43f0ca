//! Which stack slots must live in the frame: those whose contents are needed behind a `suspend` (something was done
//! with them before it, and what is done behind it does not begin by writing all of them), and those that somebody
//! else may know or whose address, once computed with, is needed there.

use super::bits::Bits;
use super::{Point, is_remade};
use crate::opt::effects::{AddressUse, Effects, use_of_address};
use crate::ssa::analysis::Cfg;
use crate::ssa::{Aux, Block, Function, InstData, Op, Slot, Value};
use rustc_hash::FxHashMap;

/// Slots that live in the frame, ascending.
pub fn slots_to_move(
    function: &Function,
    cfg: &Cfg,
    effects: &[Effects],
    points: &[Point],
    live_in: &[Bits],
) -> Vec<Slot> {
    if function.slots.is_empty() {
        return Vec::new();
    }
    let Addresses { of, mut moved } = addresses(function, cfg, effects);
    let (before, behind) = (used_before(function, cfg, &of), needed_behind(function, cfg, &of));
    for point in points {
        for (&value, slot) in &of {
            let is_computed = !is_remade(function, value);
            if is_computed && live_in[point.after.index()].contains(value.index()) {
                moved.insert(slot.index());
            }
        }
        let mut crossing = before[point.before.index()].clone();
        crossing.intersect(&behind[point.after.index()]);
        moved.unite(&crossing);
    }
    moved.iter().map(|index| Slot(index as u32)).collect()
}

struct Addresses {
    /// By value: the slot that it is an address in.
    of: FxHashMap<Value, Slot>,
    /// Slots whose address went where it cannot be followed.
    moved: Bits,
}

fn addresses(function: &Function, cfg: &Cfg, effects: &[Effects]) -> Addresses {
    let mut found = Addresses { of: FxHashMap::default(), moved: Bits::empty(function.slots.len()) };
    // Definitions come before uses in reverse postorder.
    for &block in &cfg.order {
        let data = function.block(block);
        for &inst in &data.insts {
            let data = function.inst(inst);
            if let Aux::Slot(slot) = data.aux {
                found.of.insert(data.results[0], slot);
            }
            for (operand, arg) in data.args.iter().enumerate() {
                let Some(&slot) = found.of.get(arg) else { continue };
                match use_of_address(effects, data, operand) {
                    AddressUse::Harmless => {}
                    AddressUse::Derives => found.of.extend(data.results.iter().map(|&result| (result, slot))),
                    AddressUse::Escapes => found.moved.insert(slot.index()),
                }
            }
        }
        data.terminator.for_each_value(|value| {
            if let Some(slot) = found.of.get(&value) {
                found.moved.insert(slot.index());
            }
        });
    }
    found
}

/// By block: the slots that something may have been done with when it ends.
fn used_before(function: &Function, cfg: &Cfg, of: &FxHashMap<Value, Slot>) -> Vec<Bits> {
    let count = function.slots.len();
    let own = |block: Block| {
        let insts = function.block(block).insts.iter();
        let used = insts.flat_map(|&inst| used_slots(function.inst(inst), of));
        Bits::of(count, used.map(Slot::index))
    };
    let mut at_end = vec![Bits::empty(count); function.blocks.len()];
    cfg.order.iter().for_each(|&block| at_end[block.index()] = own(block));
    let mut changed = true;
    while changed {
        changed = false;
        for &block in &cfg.order {
            let mut bits = at_end[block.index()].clone();
            cfg.predecessors(block).iter().for_each(|predecessor| bits.unite(&at_end[predecessor.index()]));
            if bits != at_end[block.index()] {
                at_end[block.index()] = bits;
                changed = true;
            }
        }
    }
    at_end
}

/// By block: the slots whose contents may be needed when it starts.
fn needed_behind(function: &Function, cfg: &Cfg, of: &FxHashMap<Value, Slot>) -> Vec<Bits> {
    let count = function.slots.len();
    let mut at_start = vec![Bits::empty(count); function.blocks.len()];
    let mut changed = true;
    while changed {
        changed = false;
        for &block in cfg.order.iter().rev() {
            let data = function.block(block);
            let mut bits = Bits::empty(count);
            data.terminator.targets().iter().for_each(|target| bits.unite(&at_start[target.block.index()]));
            for &inst in data.insts.iter().rev() {
                let data = function.inst(inst);
                let written = whole_slot_written(function, data);
                if let Some(slot) = written {
                    bits.remove(slot.index());
                }
                used_slots(data, of).filter(|slot| Some(*slot) != written).for_each(|slot| bits.insert(slot.index()));
            }
            if bits != at_start[block.index()] {
                at_start[block.index()] = bits;
                changed = true;
            }
        }
    }
    at_start
}

/// Slots that an instruction does something with; to compute an address is nothing.
fn used_slots<'a>(data: &'a InstData, of: &'a FxHashMap<Value, Slot>) -> impl Iterator<Item = Slot> + 'a {
    let args = if data.op == Op::PtrAdd { &[] } else { data.args.as_slice() };
    args.iter().filter_map(|arg| of.get(arg).copied())
}

/// The slot that an instruction fills, whatever was in it.
fn whole_slot_written(function: &Function, data: &InstData) -> Option<Slot> {
    let target = function.inst(function.def_inst(*data.args.first()?)?);
    let (Op::SlotAddr, &Aux::Slot(slot)) = (target.op, &target.aux) else { return None };
    let size = function.slots[slot.index()].size;
    // What is copied from must not be the slot itself: areas do not overlap.
    let is_whole = match (data.op, &data.aux) {
        (Op::Store, Aux::Mem(mem)) => mem.offset == 0 && data.ty.bytes() >= size && data.args[1] != data.args[0],
        (Op::Copy | Op::Zero, Aux::Bytes(bytes, _)) => *bytes >= size,
        _ => false,
    };
    is_whole.then_some(slot)
}
