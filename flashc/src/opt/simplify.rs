//! Folds constants and algebraic identities, instruction by instruction: one walk over the blocks in
//! reverse postorder. Also removes checks that are known to hold, folds loads of constant data, adds
//! constant offsets into loads and stores, and makes calls of known code direct.
//! Needs nothing. Keeps blocks and jumps: see `branches`. Does not merge equal values: see `gvn`.

use super::rewrite::{Replacements, drop_unwind, make_iconst, remove_unreachable};
use super::{Context, facts};
use crate::ssa::analysis::Cfg;
use crate::ssa::eval::{evaluate, signed_range, wrap};
use crate::ssa::op::Class;
use crate::ssa::{
    Aux, Block, DataId, DataTarget, FloatCc, Function, Inst, InstData, IntCc, Loc, Mem, Op, Terminator, Type, Value,
};
use smallvec::{SmallVec, smallvec};

/// Runs the pass. True when anything changed.
pub fn run(function: &mut Function, context: &Context<'_>) -> bool {
    let order = Cfg::new(function).order;
    let replacements = Replacements::new(function);
    let mut pass = Simplify { function, context, replacements, out: Vec::new(), changed: false };
    for block in order {
        pass.block(block);
    }
    let Simplify { function, replacements, changed, .. } = pass;
    replacements.apply(function);
    if changed {
        // What stood behind a check that always fails is gone, and others may have used it.
        remove_unreachable(function);
    }
    changed || replacements.is_changed()
}

/// What became of an instruction.
enum Outcome {
    Keep,
    /// Rewritten in place: look at it again.
    Again,
    /// Its results are these values; it goes.
    Values(SmallVec<[Value; 2]>),
    /// It goes, and had no results.
    Remove,
    /// A check that always fails: nothing behind it is reached.
    Fails,
}

use Outcome::{Again, Keep};

fn is(value: Value) -> Outcome {
    Outcome::Values(smallvec![value])
}

struct Simplify<'a, 'b> {
    function: &'a mut Function,
    context: &'a Context<'b>,
    replacements: Replacements,
    /// The current block's instructions so far.
    out: Vec<Inst>,
    changed: bool,
}

impl Simplify<'_, '_> {
    fn block(&mut self, block: Block) {
        let insts = std::mem::take(&mut self.function.block_mut(block).insts);
        let count = insts.len();
        let is_try = matches!(self.function.block(block).terminator, Terminator::Try { .. });
        for (index, inst) in insts.into_iter().enumerate() {
            let is_last_of_try = is_try && index + 1 == count;
            for arg in &mut self.function.insts[inst.index()].args {
                *arg = self.replacements.resolve(*arg);
            }
            // Each rewriting brings an instruction closer to canonical form; the bound is for bugs.
            let mut outcome = Again;
            for _ in 0..8 {
                outcome = self.inst(inst);
                if !matches!(outcome, Again) {
                    break;
                }
                self.changed = true;
            }
            match outcome {
                Keep | Again => self.out.push(inst),
                Outcome::Values(values) => {
                    self.changed = true;
                    let results = self.function.inst(inst).results.clone();
                    for (result, value) in results.into_iter().zip(values) {
                        self.replacements.replace(result, value);
                    }
                }
                Outcome::Remove => {
                    self.changed = true;
                    if is_last_of_try {
                        drop_unwind(self.function, block);
                    }
                }
                Outcome::Fails => {
                    self.out.push(inst);
                    let is_end = matches!(self.function.block(block).terminator, Terminator::Unreachable);
                    let is_done = is_try || (is_end && index + 1 == count);
                    if !is_done {
                        self.changed = true;
                        self.function.block_mut(block).terminator = Terminator::Unreachable;
                        break;
                    }
                }
            }
        }
        self.function.block_mut(block).insts = std::mem::take(&mut self.out);
    }

    fn data(&self, value: Value) -> Option<&InstData> {
        self.function.def_inst(value).map(|inst| self.function.inst(inst))
    }

    /// The operation and first two operands of a value's definition.
    fn made_by(&self, value: Value, op: Op) -> Option<(Value, Option<Value>)> {
        let data = self.data(value).filter(|data| data.op == op)?;
        Some((*data.args.first()?, data.args.get(1).copied()))
    }

    /// `op(x, constant)`
    fn with_constant(&self, value: Value, op: Op) -> Option<(Value, i64)> {
        let (left, right) = self.made_by(value, op)?;
        Some((left, self.function.as_iconst(right?)?))
    }

    fn iconst(&mut self, ty: Type, value: i64, loc: Loc) -> Value {
        let (inst, value) = make_iconst(self.function, ty, wrap(ty, value), loc);
        self.out.push(inst);
        value
    }

    fn emit(&mut self, op: Op, ty: Type, args: &[Value], aux: Aux, loc: Loc) -> Value {
        let results = op.facts().typing.results(ty);
        let inst = self.function.make_inst(op, ty, args.iter().copied(), aux, results, loc);
        self.out.push(inst);
        self.function.inst(inst).results[0]
    }

    /// Makes the instruction another one with the same results.
    fn become_op(&mut self, inst: Inst, op: Op, args: &[Value], aux: Aux) -> Outcome {
        let data = self.function.inst_mut(inst);
        (data.op, data.aux) = (op, aux);
        data.args = args.iter().copied().collect();
        Again
    }

    fn inst(&mut self, inst: Inst) -> Outcome {
        let (op, class) = {
            let data = self.function.inst(inst);
            (data.op, data.op.facts().class)
        };
        match class {
            Class::Pure if !self.function.inst(inst).args.is_empty() => match self.fold(inst) {
                Some(outcome) => outcome,
                None => self.identity(inst),
            },
            Class::Check => self.check(inst),
            Class::Read | Class::Write if matches!(op, Op::Load | Op::Store) => self.access(inst),
            Class::Call if op == Op::CallIndirect => self.call_indirect(inst),
            _ => Keep,
        }
    }

    /// All operands constant.
    fn fold(&mut self, inst: Inst) -> Option<Outcome> {
        let data = self.function.inst(inst);
        let constant = |&value: &Value| facts::as_constant(self.function, value);
        let args = data.args.iter().map(constant).collect::<Option<SmallVec<[i64; 3]>>>()?;
        let values = evaluate(data, &args)?;
        let (loc, results) = (data.loc, data.results.clone());
        let consts = results.iter().zip(values).map(|(&result, bits)| {
            let ty = self.function.value_type(result);
            if ty.is_float() { self.emit(Op::Fconst, ty, &[], Aux::Imm(bits), loc) } else { self.iconst(ty, bits, loc) }
        });
        Some(Outcome::Values(consts.collect()))
    }

    fn identity(&mut self, inst: Inst) -> Outcome {
        let data = self.function.inst(inst);
        let (op, ty, loc) = (data.op, data.ty, data.loc);
        match data.args[..] {
            [a] => self.unary(inst, op, ty, a),
            [a, b] if op.facts().commutative && facts::is_constant(self.function, a) => {
                // Both constant would have been folded, unless the result is not a number.
                if facts::is_constant(self.function, b) {
                    return Keep;
                }
                let aux = data.aux.clone();
                self.become_op(inst, op, &[b, a], aux)
            }
            [a, b] => match op {
                Op::Icmp => self.icmp(inst, ty, a, b),
                Op::Fcmp => Keep,
                Op::PtrAdd => self.ptr_add(inst, a, b, loc),
                _ if ty.is_float() => self.float(inst, op, ty, a, b, loc),
                _ => match self.function.as_iconst(b) {
                    Some(constant) => self.int_with_constant(inst, op, ty, a, constant, loc),
                    None => self.int(op, ty, a, b, loc),
                },
            },
            [condition, a, b] => self.select(inst, ty, condition, a, b),
            _ => Keep,
        }
    }

    fn unary(&mut self, inst: Inst, op: Op, ty: Type, a: Value) -> Outcome {
        match op {
            Op::Ineg | Op::Not | Op::Fneg => match self.made_by(a, op) {
                Some((inner, _)) => is(inner),
                None => Keep,
            },
            Op::Sext | Op::Zext | Op::Itrunc | Op::Bitcast => self.convert(inst, op, ty, a),
            _ => Keep,
        }
    }

    fn convert(&mut self, inst: Inst, op: Op, ty: Type, a: Value) -> Outcome {
        let Some(data) = self.data(a) else { return Keep };
        let (Aux::From(from), Some(&inner)) = (&data.aux, data.args.first()) else { return Keep };
        let (from, inner_op) = (*from, data.op);
        match (op, inner_op) {
            (Op::Sext, Op::Sext) | (Op::Zext, Op::Zext) | (Op::Itrunc, Op::Itrunc) => {
                self.become_op(inst, op, &[inner], Aux::From(from))
            }
            // Zeros above the sign bit: no difference.
            (Op::Sext, Op::Zext) => self.become_op(inst, Op::Zext, &[inner], Aux::From(from)),
            (Op::Itrunc, Op::Sext | Op::Zext) if from == ty => is(inner),
            (Op::Itrunc, Op::Sext | Op::Zext) if from.bytes() < ty.bytes() => {
                self.become_op(inst, inner_op, &[inner], Aux::From(from))
            }
            (Op::Itrunc, Op::Sext | Op::Zext) => self.become_op(inst, Op::Itrunc, &[inner], Aux::From(from)),
            (Op::Bitcast, Op::Bitcast) if from == ty => is(inner),
            (Op::Bitcast, Op::Bitcast) => self.become_op(inst, op, &[inner], Aux::From(from)),
            _ => Keep,
        }
    }

    /// No operand is constant.
    fn int(&mut self, op: Op, ty: Type, a: Value, b: Value, loc: Loc) -> Outcome {
        match op {
            Op::Isub | Op::Xor if a == b => is(self.iconst(ty, 0, loc)),
            Op::And | Op::Or | Op::Smin | Op::Smax | Op::Umin | Op::Umax if a == b => is(a),
            // (x + y) - y, (x + y) - x
            Op::Isub => match self.made_by(a, Op::Iadd) {
                Some((x, Some(y))) if y == b => is(x),
                Some((x, Some(y))) if x == b => is(y),
                _ => Keep,
            },
            _ => Keep,
        }
    }

    fn int_with_constant(&mut self, inst: Inst, op: Op, ty: Type, a: Value, constant: i64, loc: Loc) -> Outcome {
        let bits = i64::from(ty.bytes()) * 8;
        match (op, constant) {
            (Op::Iadd | Op::Isub | Op::Or | Op::Xor, 0) => return is(a),
            (Op::Imul | Op::Sdiv | Op::Udiv, 1) | (Op::And, -1) => return is(a),
            (Op::Imul | Op::And, 0) | (Op::Srem | Op::Urem, 1) => return is(self.iconst(ty, 0, loc)),
            (Op::Srem, -1) => return is(self.iconst(ty, 0, loc)),
            (Op::Or, -1) => return is(self.iconst(ty, -1, loc)),
            (Op::Xor, -1) => return self.become_op(inst, Op::Not, &[a], Aux::None),
            (Op::Imul | Op::Sdiv, -1) => return self.become_op(inst, Op::Ineg, &[a], Aux::None),
            (Op::Shl | Op::Sshr | Op::Ushr | Op::Rotl | Op::Rotr, count) if count & (bits - 1) == 0 => return is(a),
            (Op::Udiv, power) if power > 0 && power & (power - 1) == 0 => {
                let count = self.iconst(ty, i64::from(power.trailing_zeros()), loc);
                return self.become_op(inst, Op::Ushr, &[a, count], Aux::None);
            }
            (Op::Urem, power) if power > 0 && power & (power - 1) == 0 => {
                let mask = self.iconst(ty, power - 1, loc);
                return self.become_op(inst, Op::And, &[a, mask], Aux::None);
            }
            (Op::SaddOverflow | Op::SsubOverflow | Op::UaddOverflow | Op::UsubOverflow, 0) => {
                return Outcome::Values(smallvec![a, self.iconst(Type::I8, 0, loc)]);
            }
            (Op::SmulOverflow | Op::UmulOverflow, 1) => {
                return Outcome::Values(smallvec![a, self.iconst(Type::I8, 0, loc)]);
            }
            (Op::Xor, 1) if ty == Type::I8 && facts::is_bool(self.function, a) => {
                let zero = self.iconst(ty, 0, loc);
                return self.become_op(inst, Op::Icmp, &[a, zero], Aux::IntCc(IntCc::Eq));
            }
            (Op::Isub, _) => {
                let negative = self.iconst(ty, constant.wrapping_neg(), loc);
                return self.become_op(inst, Op::Iadd, &[a, negative], Aux::None);
            }
            _ => {}
        }
        // (x op c1) op c2
        if matches!(op, Op::Iadd | Op::Imul | Op::And | Op::Or | Op::Xor)
            && let Some((inner, first)) = self.with_constant(a, op)
        {
            let both = match op {
                Op::Iadd => first.wrapping_add(constant),
                Op::Imul => first.wrapping_mul(constant),
                Op::And => first & constant,
                Op::Or => first | constant,
                _ => first ^ constant,
            };
            let both = self.iconst(ty, both, loc);
            return self.become_op(inst, op, &[inner, both], Aux::None);
        }
        Keep
    }

    fn icmp(&mut self, inst: Inst, ty: Type, a: Value, b: Value) -> Outcome {
        let data = self.function.inst(inst);
        let (Aux::IntCc(cc), loc) = (&data.aux, data.loc) else { return Keep };
        let cc = *cc;
        if a == b {
            let holds = matches!(cc, IntCc::Eq | IntCc::Sle | IntCc::Sge | IntCc::Ule | IntCc::Uge);
            return is(self.iconst(Type::I8, i64::from(holds), loc));
        }
        if self.function.as_iconst(a).is_some() {
            if self.function.as_iconst(b).is_some() {
                return Keep;
            }
            return self.become_op(inst, Op::Icmp, &[b, a], Aux::IntCc(facts::swap(cc)));
        }
        let Some(constant) = self.function.as_iconst(b) else { return Keep };
        if ty == Type::Ptr {
            if constant == 0 && facts::is_nonnull(self.function, a) && matches!(cc, IntCc::Eq | IntCc::Ne) {
                return is(self.iconst(Type::I8, i64::from(cc == IntCc::Ne), loc));
            }
            return Keep;
        }
        if let Some(known) = always(cc, ty, constant) {
            return is(self.iconst(Type::I8, i64::from(known), loc));
        }
        // A comparison of a truth value with a truth value.
        if ty == Type::I8 && matches!(cc, IntCc::Eq | IntCc::Ne) && facts::is_bool(self.function, a) {
            return match (cc, constant) {
                (IntCc::Ne, 0) | (IntCc::Eq, 1) => is(a),
                (IntCc::Eq, 0) | (IntCc::Ne, 1) => self.negate(inst, a),
                _ => is(self.iconst(Type::I8, i64::from(cc == IntCc::Ne), loc)),
            };
        }
        if let Some(outcome) = self.icmp_of_order(inst, cc, a, constant) {
            return outcome;
        }
        // One canonical form for neighbours: `< c` rather than `<= c - 1`.
        let (least, greatest) = signed_range(ty);
        let (cc, constant) = match cc {
            IntCc::Sle if constant != greatest => (IntCc::Slt, constant + 1),
            IntCc::Sge if constant != least => (IntCc::Sgt, constant - 1),
            IntCc::Ule if constant != -1 => (IntCc::Ult, wrap(ty, constant.wrapping_add(1))),
            IntCc::Uge if constant != 0 => (IntCc::Ugt, wrap(ty, constant.wrapping_sub(1))),
            _ => return self.icmp_of_sum(inst, ty, cc, a, constant),
        };
        let constant = self.iconst(ty, constant, loc);
        self.become_op(inst, Op::Icmp, &[a, constant], Aux::IntCc(cc))
    }

    /// What `order` gives, `(x > y) - (x < y)`, compared with 0: a comparison of x and y.
    fn icmp_of_order(&mut self, inst: Inst, cc: IntCc, a: Value, constant: i64) -> Option<Outcome> {
        let cc = match (cc, constant) {
            (IntCc::Slt | IntCc::Sle | IntCc::Sgt | IntCc::Sge | IntCc::Eq | IntCc::Ne, 0) => cc,
            (IntCc::Slt, 1) => IntCc::Sle,
            (IntCc::Sgt, -1) => IntCc::Sge,
            _ => return None,
        };
        let of = |value: Value, op: Op| {
            self.function.def_inst(value).map(|inst| self.function.inst(inst)).filter(|data| data.op == op)
        };
        let difference = of(a, Op::Sext).map_or(a, |data| data.args[0]);
        let difference = of(difference, Op::Isub)?;
        let (more, less) = (of(difference.args[0], Op::Icmp)?, of(difference.args[1], Op::Icmp)?);
        let is_unsigned = match (&more.aux, &less.aux) {
            (Aux::IntCc(IntCc::Sgt), Aux::IntCc(IntCc::Slt)) => false,
            (Aux::IntCc(IntCc::Ugt), Aux::IntCc(IntCc::Ult)) => true,
            _ => return None,
        };
        if difference.ty != Type::I8 || more.args != less.args {
            return None;
        }
        let cc = match (cc, is_unsigned) {
            (IntCc::Slt, true) => IntCc::Ult,
            (IntCc::Sle, true) => IntCc::Ule,
            (IntCc::Sgt, true) => IntCc::Ugt,
            (IntCc::Sge, true) => IntCc::Uge,
            (cc, _) => cc,
        };
        let (ty, args) = (more.ty, more.args.clone());
        self.function.inst_mut(inst).ty = ty;
        Some(self.become_op(inst, Op::Icmp, &args, Aux::IntCc(cc)))
    }

    /// `x + c1 == c2`, `x - y == 0`
    fn icmp_of_sum(&mut self, inst: Inst, ty: Type, cc: IntCc, a: Value, constant: i64) -> Outcome {
        if !matches!(cc, IntCc::Eq | IntCc::Ne) {
            return Keep;
        }
        if let Some((inner, added)) = self.with_constant(a, Op::Iadd) {
            let loc = self.function.inst(inst).loc;
            let moved = self.iconst(ty, constant.wrapping_sub(added), loc);
            return self.become_op(inst, Op::Icmp, &[inner, moved], Aux::IntCc(cc));
        }
        match self.made_by(a, Op::Isub).or_else(|| self.made_by(a, Op::Xor)) {
            Some((x, Some(y))) if constant == 0 => self.become_op(inst, Op::Icmp, &[x, y], Aux::IntCc(cc)),
            _ => Keep,
        }
    }

    /// The instruction's result is the negation of a truth value.
    fn negate(&mut self, inst: Inst, value: Value) -> Outcome {
        let Some(data) = self.data(value) else { return Keep };
        match (data.op, &data.aux, &data.args[..]) {
            (Op::Icmp, Aux::IntCc(cc), &[a, b]) => {
                let (cc, ty) = (facts::invert(*cc), data.ty);
                self.function.inst_mut(inst).ty = ty;
                self.become_op(inst, Op::Icmp, &[a, b], Aux::IntCc(cc))
            }
            (Op::Fcmp, Aux::FloatCc(cc @ (FloatCc::Eq | FloatCc::Ne)), &[a, b]) => {
                let (cc, ty) = (if *cc == FloatCc::Eq { FloatCc::Ne } else { FloatCc::Eq }, data.ty);
                self.function.inst_mut(inst).ty = ty;
                self.become_op(inst, Op::Fcmp, &[a, b], Aux::FloatCc(cc))
            }
            _ => Keep,
        }
    }

    fn float(&mut self, inst: Inst, op: Op, ty: Type, a: Value, b: Value, loc: Loc) -> Outcome {
        let Some(bits) = facts::as_constant(self.function, b) else { return Keep };
        let number = if ty == Type::F32 { f64::from(f32::from_bits(bits as u32)) } else { f64::from_bits(bits as u64) };
        match op {
            Op::Fmul | Op::Fdiv if number == 1.0 => is(a),
            Op::Fmul if number == 2.0 => self.become_op(inst, Op::Fadd, &[a, a], Aux::None),
            // -0.0 is the sum's neutral element: 0.0 + -0.0 is 0.0.
            Op::Fadd if number == 0.0 && number.is_sign_negative() => is(a),
            Op::Fsub if number == 0.0 && number.is_sign_positive() => is(a),
            // Dividing by a power of two is multiplying by its inverse, exactly.
            Op::Fdiv => {
                let inverse = 1.0 / number;
                let limit = if ty == Type::F32 { f64::from(f32::MIN_POSITIVE) } else { f64::MIN_POSITIVE };
                let is_power = number.is_finite() && number.to_bits() & ((1 << 52) - 1) == 0 && number.abs() >= limit;
                if !is_power || inverse.abs() < limit {
                    return Keep;
                }
                let bits =
                    if ty == Type::F32 { i64::from((inverse as f32).to_bits()) } else { inverse.to_bits() as i64 };
                let inverse = self.emit(Op::Fconst, ty, &[], Aux::Imm(bits), loc);
                self.become_op(inst, Op::Fmul, &[a, inverse], Aux::None)
            }
            _ => Keep,
        }
    }

    fn select(&mut self, inst: Inst, ty: Type, condition: Value, a: Value, b: Value) -> Outcome {
        if a == b {
            return is(a);
        }
        if let Some(constant) = self.function.as_iconst(condition) {
            return is(if constant != 0 { a } else { b });
        }
        if ty == Type::I8 && facts::is_bool(self.function, condition) {
            match (self.function.as_iconst(a), self.function.as_iconst(b)) {
                (Some(1), Some(0)) => return is(condition),
                (Some(0), Some(1)) => {
                    let loc = self.function.inst(inst).loc;
                    let zero = self.iconst(Type::I8, 0, loc);
                    return self.become_op(inst, Op::Icmp, &[condition, zero], Aux::IntCc(IntCc::Eq));
                }
                _ => {}
            }
        }
        // select (x == 0), a, b: b first, without the comparison, when x is a truth value.
        if let Some(data) = self.data(condition)
            && data.op == Op::Icmp
            && data.ty == Type::I8
            && data.aux == Aux::IntCc(IntCc::Eq)
            && let [x, zero] = data.args[..]
            && self.function.as_iconst(zero) == Some(0)
        {
            return self.become_op(inst, Op::Select, &[x, b, a], Aux::None);
        }
        Keep
    }

    fn ptr_add(&mut self, inst: Inst, base: Value, offset: Value, loc: Loc) -> Outcome {
        if let Some(constant) = self.function.as_iconst(offset) {
            if constant == 0 {
                return is(base);
            }
            if let Some((inner, first)) = self.with_constant(base, Op::PtrAdd) {
                let both = self.iconst(Type::I64, first.wrapping_add(constant), loc);
                return self.become_op(inst, Op::PtrAdd, &[inner, both], Aux::None);
            }
            return Keep;
        }
        // The constant part last, where loads and stores take it in.
        if let Some((variable, constant)) = self.with_constant(offset, Op::Iadd) {
            let address = self.emit(Op::PtrAdd, Type::Ptr, &[base, variable], Aux::None, loc);
            let constant = self.iconst(Type::I64, constant, loc);
            return self.become_op(inst, Op::PtrAdd, &[address, constant], Aux::None);
        }
        Keep
    }

    fn check(&mut self, inst: Inst) -> Outcome {
        let data = self.function.inst(inst);
        let constant = |value: Value| self.function.as_iconst(value);
        let holds = match (data.op, &data.args[..]) {
            (Op::Bounds, &[index, length]) => match (constant(index), constant(length)) {
                (Some(index), Some(length)) => {
                    let ty = data.ty;
                    Some(crate::ssa::eval::unsigned(ty, index) < crate::ssa::eval::unsigned(ty, length))
                }
                (_, Some(0)) => Some(false),
                _ if index == length => Some(false),
                _ => None,
            },
            (Op::NonNull, &[pointer]) => match constant(pointer) {
                Some(address) => Some(address != 0),
                None if facts::is_nonnull(self.function, pointer) => Some(true),
                None => None,
            },
            (Op::NonZero, &[divisor]) => constant(divisor).map(|divisor| divisor != 0),
            (Op::NoOverflow, &[flag]) => constant(flag).map(|flag| flag == 0),
            _ => None,
        };
        match holds {
            Some(true) => Outcome::Remove,
            Some(false) => Outcome::Fails,
            None => Keep,
        }
    }

    /// A load or store: the address's constant part goes to the offset; constant data is read.
    fn access(&mut self, inst: Inst) -> Outcome {
        let data = self.function.inst(inst);
        let (Aux::Mem(mem), address) = (&data.aux, data.args[0]) else { return Keep };
        let mem = *mem;
        if let Some((base, constant)) = self.with_constant(address, Op::PtrAdd)
            && let Some(offset) = i64::from(mem.offset).checked_add(constant)
            && let Ok(offset) = i32::try_from(offset)
        {
            let data = self.function.inst_mut(inst);
            data.args[0] = base;
            data.aux = Aux::Mem(Mem { offset, ..mem });
            return Again;
        }
        let (op, ty) = (self.function.inst(inst).op, self.function.inst(inst).ty);
        if op == Op::Load
            && let Some(InstData { op: Op::DataAddr, aux: Aux::Data(id), .. }) = self.data(address)
        {
            return self.load_of_data(inst, *id, mem.offset, ty);
        }
        Keep
    }

    fn load_of_data(&mut self, inst: Inst, id: DataId, offset: i32, ty: Type) -> Outcome {
        let data = &self.context.module.data[id.index()];
        let Some(start) = usize::try_from(offset).ok().filter(|start| start + ty.bytes() as usize <= data.bytes.len())
        else {
            return Keep;
        };
        let end = start + ty.bytes() as usize;
        let overlapping = data.relocations.iter().find(|(at, _)| (*at as usize) < end && start < *at as usize + 8);
        if let Some(&(at, target)) = overlapping {
            if at as usize != start || ty != Type::Ptr {
                return Keep;
            }
            let (op, aux) = match target {
                DataTarget::Function(id) => (Op::FuncAddr, Aux::Function(id)),
                DataTarget::Data(id) => (Op::DataAddr, Aux::Data(id)),
                DataTarget::Descriptor(id) => (Op::DescriptorAddr, Aux::Descriptor(id)),
            };
            return self.become_op(inst, op, &[], aux);
        }
        let mut bytes = [0; 8];
        bytes[..end - start].copy_from_slice(&data.bytes[start..end]);
        let bits = i64::from_le_bytes(bytes);
        if ty.is_float() {
            self.become_op(inst, Op::Fconst, &[], Aux::Imm(bits))
        } else {
            self.become_op(inst, Op::Iconst, &[], Aux::Imm(wrap(ty, bits)))
        }
    }

    fn call_indirect(&mut self, inst: Inst) -> Outcome {
        let data = self.function.inst(inst);
        let Some(InstData { op: Op::FuncAddr, aux: Aux::Function(callee), .. }) = self.data(data.args[0]) else {
            return Keep;
        };
        let callee = *callee;
        match &data.aux {
            Aux::Signature(signature) if **signature == self.context.signatures[callee.index()] => {}
            _ => return Keep,
        }
        let args: SmallVec<[Value; 4]> = data.args[1..].iter().copied().collect();
        self.become_op(inst, Op::Call, &args, Aux::Function(callee))
    }
}

/// Comparisons with the ends of the range that always or never hold.
fn always(cc: IntCc, ty: Type, constant: i64) -> Option<bool> {
    let (least, greatest) = signed_range(ty);
    match (cc, constant) {
        (IntCc::Slt, c) if c == least => Some(false),
        (IntCc::Sge, c) if c == least => Some(true),
        (IntCc::Sgt, c) if c == greatest => Some(false),
        (IntCc::Sle, c) if c == greatest => Some(true),
        (IntCc::Ult, 0) | (IntCc::Ugt, -1) => Some(false),
        (IntCc::Uge, 0) | (IntCc::Ule, -1) => Some(true),
        _ => None,
    }
}
