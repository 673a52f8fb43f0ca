//! Turns loops that do nothing but store one byte, or zeros, into element after element into a call that
//! fills the memory.
//! Needs loops that test at the top, and bodies without checks: after `bounds`, before `rotate`. Keeps the loop,
//! which then goes round at most once; so the counter behind it is what it was.

use super::Context;
use super::facts::as_constant;
use crate::ssa::analysis::{Cfg, Dominators, Loops};
use crate::ssa::op::Class;
use crate::ssa::{Aux, Block, Function, Inst, IntCc, Mem, Op, Terminator, Type, Value};
use flash_abi::symbols::Rt;

/// Runs the pass. True when anything changed.
pub fn run(function: &mut Function, _: &Context<'_>) -> bool {
    let cfg = Cfg::new(function);
    let dominators = Dominators::new(function, &cfg);
    let loops = Loops::new(function, &cfg, &dominators);
    let found: Vec<Fill> = loops
        .loops
        .iter()
        .filter_map(|this| match this.blocks[..] {
            [header, body] if this.header == header => find(function, header, body),
            _ => None,
        })
        .collect();
    for fill in &found {
        replace(function, fill);
    }
    !found.is_empty()
}

/// A loop from a counter's value up to `end`, each round of which stores `value` at a base and `offset` and
/// `counter * size`.
struct Fill {
    body: Block,
    counter: Value,
    end: Value,
    store: Inst,
    offset: i32,
    size: u32,
    value: Value,
}

fn find(function: &Function, header: Block, body: Block) -> Option<Fill> {
    let &[counter] = &function.block(header).params[..] else { return None };
    let Terminator::Branch { condition, then, .. } = &function.block(header).terminator else { return None };
    let Terminator::Jump(back) = &function.block(body).terminator else { return None };
    if then.block != body || !function.block(body).params.is_empty() || function.value_type(counter) != Type::I64 {
        return None;
    }
    let is_local = |value: Value| {
        let made_in = |block: Block| function.def_inst(value).is_some_and(|i| function.block(block).insts.contains(&i));
        as_constant(function, value).is_none() && (value == counter || made_in(header) || made_in(body))
    };
    let test = function.inst(function.def_inst(*condition)?);
    let end = match (test.op, &test.aux, &test.args[..]) {
        (Op::Icmp, Aux::IntCc(IntCc::Slt), &[a, end]) if a == counter => end,
        (Op::Icmp, Aux::IntCc(IntCc::Sgt), &[end, a]) if a == counter => end,
        _ => return None,
    };
    let next = function.inst(function.def_inst(*back.args.first()?)?);
    let is_next = next.op == Op::Iadd && next.args[0] == counter && function.as_iconst(next.args[1]) == Some(1);
    if !is_next || is_local(end) {
        return None;
    }
    let mut store = None;
    for &inst in function.block(header).insts.iter().chain(&function.block(body).insts) {
        let data = function.inst(inst);
        match data.op.facts().class {
            Class::Pure => {}
            _ if data.op == Op::Store && store.is_none() => store = Some(inst),
            _ => return None,
        }
    }
    let store = store?;
    let data = function.inst(store);
    let (&Aux::Mem(Mem { offset, .. }), &[address, value]) = (&data.aux, &data.args[..]) else { return None };
    let size = data.ty.bytes();
    if is_local(value) || (size != 1 && as_constant(function, value) != Some(0)) {
        return None;
    }
    let address = function.inst(function.def_inst(address)?);
    let (Op::PtrAdd, &[base, index]) = (address.op, &address.args[..]) else { return None };
    (!is_local(base) && steps_by(function, index, counter, size)).then_some(Fill {
        body,
        counter,
        end,
        store,
        offset,
        size,
        value,
    })
}

/// Whether a value is the counter times the size.
fn steps_by(function: &Function, index: Value, counter: Value, size: u32) -> bool {
    if index == counter {
        return size == 1;
    }
    let Some(inst) = function.def_inst(index) else { return false };
    let data = function.inst(inst);
    match (data.op, &data.args[..]) {
        (Op::Imul, &[a, b]) => a == counter && function.as_iconst(b) == Some(i64::from(size)),
        (Op::Shl, &[a, b]) => a == counter && function.as_iconst(b) == Some(i64::from(size.trailing_zeros())),
        _ => false,
    }
}

fn replace(function: &mut Function, fill: &Fill) {
    let loc = function.inst(fill.store).loc;
    let address = function.inst(fill.store).args[0];
    let mut made = Vec::new();
    let mut make = |function: &mut Function, op, ty, args: &[Value], aux, results: &[Type]| {
        let inst = function.make_inst(op, ty, args.to_vec(), aux, results.to_vec(), loc);
        made.push(inst);
        function.inst(inst).results.first().copied()
    };
    let i64s = &[Type::I64][..];
    let mut bytes = make(function, Op::Isub, Type::I64, &[fill.end, fill.counter], Aux::None, i64s);
    if let (Some(count), true) = (bytes, fill.size > 1) {
        let size = make(function, Op::Iconst, Type::I64, &[], Aux::Imm(i64::from(fill.size)), i64s);
        bytes = size.and_then(|size| make(function, Op::Imul, Type::I64, &[count, size], Aux::None, i64s));
    }
    let offset = make(function, Op::Iconst, Type::I64, &[], Aux::Imm(i64::from(fill.offset)), i64s);
    let at = offset.and_then(|o| make(function, Op::PtrAdd, Type::Ptr, &[address, o], Aux::None, &[Type::Ptr]));
    let byte = if fill.size == 1 {
        Some(fill.value)
    } else {
        make(function, Op::Iconst, Type::I8, &[], Aux::Imm(0), &[Type::I8])
    };
    let (Some(at), Some(byte), Some(bytes)) = (at, byte, bytes) else { bug!("fills: no result") };
    make(function, Op::CallRt, Type::Ptr, &[at, byte, bytes], Aux::Rt(Rt::MemFill), &[]);
    let insts = &mut function.block_mut(fill.body).insts;
    let place = insts.iter().position(|&inst| inst == fill.store).unwrap_or(insts.len());
    insts.splice(place..=place, made);
    if let Terminator::Jump(back) = &mut function.block_mut(fill.body).terminator {
        back.args[0] = fill.end;
    }
}
