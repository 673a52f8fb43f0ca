//! Random modules, run before and after the optimiser: both must do the same. Programs are
//! structured (branches, bounded loops, calls of earlier functions, closures, objects, slots, globals,
//! checks), since random jumps mostly make loops that never end.

use super::{Level, PASSES, optimize, run_by_name};
use crate::ssa::interp::{End, Interpreter, Outcome};
use crate::ssa::parse::parse_module;
use crate::ssa::verify::verify;
use crate::ssa::*;
use flash_abi::symbols::Rt;
use smallvec::SmallVec;

mod coroutines;

struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        ((self.next() >> 33) as usize) % limit.max(1)
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn constant(&mut self, ty: Type) -> i64 {
        let value = match self.below(6) {
            0 => 0,
            1 => 1,
            2 => -1,
            3 => self.below(20) as i64,
            4 => [i64::MIN, i64::MAX, 127, 128, 255, i64::from(i32::MIN), i64::from(i32::MAX)][self.below(7)],
            _ => self.next() as i64 >> self.below(60),
        };
        eval::wrap(ty, value)
    }
}

const LOC: Loc = Loc(0);
const FIELD_A: Region = Region(7);
const FIELD_B: Region = Region(8);
const GLOBAL: Region = Region(9);
const ELEMENTS: Region = Region(10);
const HEADER: &str = "region r7 a\nregion r8 b\nregion r9 global\nregion r10 elements\nglobals 32 []\n\
     descriptor t0 \"object\" fixed 32 []\ndescriptor t1 \"closure\" fixed 32 []\n";

struct Generator<'a> {
    rng: &'a mut Rng,
    function: Function,
    block: Block,
    earlier: usize,
    /// The variables: assigned to, merged at joins. The first ones are of these types.
    variables: Vec<Value>,
    /// Values of this scope besides.
    values: Vec<Value>,
    objects: Vec<Value>,
    size: u32,
    is_coroutine: bool,
}

const VARIABLES: [Type; 6] = [Type::I64, Type::I64, Type::I64, Type::I32, Type::I8, Type::F64];

fn signature() -> Signature {
    Signature { params: vec![Type::I64, Type::I64, Type::Ptr], results: vec![Type::I64] }
}

/// A closure's code: the closure first.
fn closure_signature() -> Signature {
    Signature { params: vec![Type::Ptr, Type::I64], results: vec![Type::I64] }
}

impl Generator<'_> {
    fn emit(&mut self, op: Op, ty: Type, args: &[Value], aux: Aux) -> Value {
        let results = op.facts().typing.results(ty);
        self.emit_with(op, ty, args, aux, &results).unwrap_or(Value(0))
    }

    fn emit_with(&mut self, op: Op, ty: Type, args: &[Value], aux: Aux, results: &[Type]) -> Option<Value> {
        let inst = self.function.make_inst(op, ty, args.iter().copied(), aux, results.iter().copied(), LOC);
        self.function.block_mut(self.block).insts.push(inst);
        self.function.inst(inst).results.first().copied()
    }

    fn constant(&mut self, ty: Type) -> Value {
        if ty == Type::F64 {
            let value = [0.0, -0.0, 1.0, 2.0, 0.5, -3.25, 1e300, f64::INFINITY][self.rng.below(8)];
            return self.emit(Op::Fconst, ty, &[], Aux::Imm(f64::to_bits(value) as i64));
        }
        let value = self.rng.constant(ty);
        self.emit(Op::Iconst, ty, &[], Aux::Imm(value))
    }

    fn any(&mut self, ty: Type) -> Value {
        let all = self.variables.iter().chain(&self.values).copied();
        let fitting: Vec<Value> = all.filter(|&v| self.function.value_type(v) == ty).collect();
        if fitting.is_empty() || self.rng.chance(20) {
            return self.constant(ty);
        }
        fitting[self.rng.below(fitting.len())]
    }

    fn object(&mut self) -> Value {
        self.objects[self.rng.below(self.objects.len())]
    }

    fn set(&mut self, value: Value) {
        let ty = self.function.value_type(value);
        if self.rng.chance(60) {
            let places: Vec<usize> = (0..VARIABLES.len()).filter(|&i| VARIABLES[i] == ty).collect();
            if !places.is_empty() {
                let place = places[self.rng.below(places.len())];
                self.variables[place] = value;
                return;
            }
        }
        self.values.push(value);
    }

    fn condition(&mut self) -> Value {
        match self.rng.below(5) {
            0 => {
                let (a, b) = (self.any(Type::F64), self.any(Type::F64));
                let cc = FloatCc::ALL[self.rng.below(6)];
                self.emit(Op::Fcmp, Type::F64, &[a, b], Aux::FloatCc(cc))
            }
            1 => self.any(Type::I8),
            n => {
                let ty = if n == 2 { Type::I32 } else { Type::I64 };
                let (a, b) = (self.any(ty), self.any(ty));
                let cc = IntCc::ALL[self.rng.below(10)];
                self.emit(Op::Icmp, ty, &[a, b], Aux::IntCc(cc))
            }
        }
    }

    fn arithmetic(&mut self) {
        const BINARY: [Op; 18] = [
            Op::Iadd,
            Op::Iadd,
            Op::Isub,
            Op::Imul,
            Op::And,
            Op::Or,
            Op::Xor,
            Op::Shl,
            Op::Sshr,
            Op::Ushr,
            Op::Rotl,
            Op::Rotr,
            Op::Smin,
            Op::Smax,
            Op::Umin,
            Op::Umax,
            Op::Iadd,
            Op::Isub,
        ];
        const FLOAT: [Op; 7] = [Op::Fadd, Op::Fsub, Op::Fmul, Op::Fdiv, Op::Fmin, Op::Fmax, Op::Fcopysign];
        const UNARY: [Op; 5] = [Op::Ineg, Op::Not, Op::Clz, Op::Ctz, Op::Popcnt];
        let ty = [Type::I64, Type::I64, Type::I32, Type::I8][self.rng.below(4)];
        let (a, b) = (self.any(ty), self.any(ty));
        let value = match self.rng.below(12) {
            0 => {
                let (a, b, op) = (self.any(Type::F64), self.any(Type::F64), FLOAT[self.rng.below(7)]);
                self.emit(op, Type::F64, &[a, b], Aux::None)
            }
            1 => {
                let op = UNARY[self.rng.below(5)];
                self.emit(op, ty, &[a], Aux::None)
            }
            2 => {
                let a = self.any(Type::I32);
                let op = [Op::Sext, Op::Zext][self.rng.below(2)];
                self.emit(op, Type::I64, &[a], Aux::From(Type::I32))
            }
            3 => {
                let a = self.any(Type::I64);
                let to = [Type::I8, Type::I32][self.rng.below(2)];
                self.emit(Op::Itrunc, to, &[a], Aux::From(Type::I64))
            }
            4 => {
                let condition = self.condition();
                self.emit(Op::Select, ty, &[condition, a, b], Aux::None)
            }
            5 => {
                self.emit(Op::NonZero, ty, &[b], Aux::None);
                let op = [Op::Sdiv, Op::Udiv, Op::Srem, Op::Urem][self.rng.below(4)];
                self.emit(op, ty, &[a, b], Aux::None)
            }
            6 => {
                let op = [Op::SaddOverflow, Op::SsubOverflow, Op::SmulOverflow, Op::UaddOverflow, Op::UsubOverflow];
                let op = op[self.rng.below(5)];
                let sum = self.emit(op, ty, &[a, b], Aux::None);
                let flag = Value(sum.0 + 1);
                if self.rng.chance(20) {
                    self.emit(Op::NoOverflow, Type::I8, &[flag], Aux::None);
                }
                self.set(flag);
                sum
            }
            7 => {
                let a = self.any(Type::I64);
                self.emit(Op::SintToFloat, Type::F64, &[a], Aux::From(Type::I64))
            }
            8 => {
                let a = self.any(Type::F64);
                self.emit(Op::FloatToSint, Type::I64, &[a], Aux::From(Type::F64))
            }
            _ => {
                let op = BINARY[self.rng.below(18)];
                self.emit(op, ty, &[a, b], Aux::None)
            }
        };
        self.set(value);
    }

    fn memory(&mut self) {
        let (region, offset) = [(FIELD_A, 8), (FIELD_B, 16)][self.rng.below(2)];
        let mem = |region, offset| Aux::Mem(Mem { offset, region, readonly: false });
        match self.rng.below(8) {
            0 => {
                let object = self.emit(Op::Alloc, Type::Ptr, &[], Aux::Descriptor(DescriptorId(0)));
                self.objects.push(object);
            }
            1 | 2 => {
                let (object, value) = (self.object(), self.any(Type::I64));
                self.emit(Op::Store, Type::I64, &[object, value], mem(region, offset));
            }
            3 => {
                let offset = [0, 8][self.rng.below(2)];
                let address = self.emit(Op::GlobalAddr, Type::Ptr, &[], Aux::Global(offset));
                if self.rng.chance(50) {
                    let value = self.any(Type::I64);
                    self.emit(Op::Store, Type::I64, &[address, value], mem(GLOBAL, 0));
                } else {
                    let value = self.emit(Op::Load, Type::I64, &[address], mem(GLOBAL, 0));
                    self.set(value);
                }
            }
            4 | 5 => {
                // An element of slot 0, an array of 8.
                let index = self.any(Type::I64);
                let length = self.emit(Op::Iconst, Type::I64, &[], Aux::Imm(8));
                let index = if self.rng.chance(70) {
                    let mask = self.emit(Op::Iconst, Type::I64, &[], Aux::Imm(7));
                    self.emit(Op::And, Type::I64, &[index, mask], Aux::None)
                } else {
                    index
                };
                self.emit(Op::Bounds, Type::I64, &[index, length], Aux::None);
                let three = self.emit(Op::Iconst, Type::I64, &[], Aux::Imm(3));
                let offset = self.emit(Op::Shl, Type::I64, &[index, three], Aux::None);
                let base = self.emit(Op::SlotAddr, Type::Ptr, &[], Aux::Slot(Slot(0)));
                let address = self.emit(Op::PtrAdd, Type::Ptr, &[base, offset], Aux::None);
                if self.rng.chance(50) {
                    let value = self.any(Type::I64);
                    self.emit(Op::Store, Type::I64, &[address, value], mem(ELEMENTS, 0));
                } else {
                    let value = self.emit(Op::Load, Type::I64, &[address], mem(ELEMENTS, 0));
                    self.set(value);
                }
            }
            6 => {
                // A variable in memory.
                let base = self.emit(Op::SlotAddr, Type::Ptr, &[], Aux::Slot(Slot(1)));
                if self.rng.chance(50) {
                    let value = self.any(Type::I64);
                    self.emit(Op::Store, Type::I64, &[base, value], mem(Region::STACK, 0));
                } else {
                    let value = self.emit(Op::Load, Type::I64, &[base], mem(Region::STACK, 0));
                    self.set(value);
                }
            }
            _ => {
                let object = self.object();
                let value = self.emit(Op::Load, Type::I64, &[object], mem(region, offset));
                self.set(value);
            }
        }
    }

    fn call(&mut self) {
        let (a, b, object) = (self.any(Type::I64), self.any(Type::I64), self.object());
        if self.rng.chance(40) || self.earlier == 0 {
            let null = self.emit(Op::Iconst, Type::Ptr, &[], Aux::Imm(0));
            self.emit_with(Op::CallRt, Type::Ptr, &[null, a], Aux::Rt(Rt::BufI64), &[]);
            return;
        }
        // Functions come in pairs: a plain one, then a closure's code.
        let pair = self.rng.below(self.earlier / 2);
        if self.rng.chance(50) {
            let aux = Aux::Function(FuncId(pair as u32 * 2));
            let value = self.emit_with(Op::Call, Type::Ptr, &[a, b, object], aux, &[Type::I64]);
            self.set(value.unwrap_or(a));
            return;
        }
        let mem = |offset, readonly| Aux::Mem(Mem { offset, region: Region::CLOSURE, readonly });
        let closure = self.emit(Op::Alloc, Type::Ptr, &[], Aux::Descriptor(DescriptorId(1)));
        let code = self.emit(Op::FuncAddr, Type::Ptr, &[], Aux::Function(FuncId(pair as u32 * 2 + 1)));
        self.emit(Op::Store, Type::Ptr, &[closure, code], mem(8, false));
        self.emit(Op::Store, Type::I64, &[closure, a], mem(16, false));
        self.emit(Op::Store, Type::Ptr, &[closure, object], mem(24, false));
        let code = self.emit(Op::Load, Type::Ptr, &[closure], mem(8, true));
        let aux = Aux::Signature(Box::new(closure_signature()));
        let value = self.emit_with(Op::CallIndirect, Type::Ptr, &[code, closure, b], aux, &[Type::I64]);
        self.set(value.unwrap_or(a));
    }

    fn target(&mut self, block: Block) -> BlockCall {
        BlockCall::new(block, self.variables.clone())
    }

    fn block_with_variables(&mut self) -> Block {
        let block = self.function.add_block();
        for ty in VARIABLES {
            self.function.add_param(block, ty);
        }
        block
    }

    fn enter(&mut self, block: Block) {
        self.block = block;
        self.variables = self.function.block(block).params[..VARIABLES.len()].to_vec();
    }

    fn end(&mut self, terminator: Terminator) {
        let block = self.block;
        self.function.block_mut(block).terminator = terminator;
    }

    fn leave(&mut self, value: Value) {
        if self.is_coroutine {
            return self.finish(value);
        }
        self.end(Terminator::Return(SmallVec::from_slice(&[value])));
    }

    fn if_else(&mut self, depth: u32) {
        let condition = self.condition();
        let (then, otherwise, join) =
            (self.function.add_block(), self.function.add_block(), self.block_with_variables());
        self.end(Terminator::Branch {
            condition,
            then: BlockCall::new(then, []),
            otherwise: BlockCall::new(otherwise, []),
        });
        let (variables, values, objects) = (self.variables.clone(), self.values.clone(), self.objects.clone());
        for side in [then, otherwise] {
            (self.variables, self.values, self.objects) = (variables.clone(), values.clone(), objects.clone());
            self.block = side;
            let ends = self.rng.chance(8);
            self.statements(depth + 1);
            if ends {
                let value = self.any(Type::I64);
                self.leave(value);
            } else {
                let call = self.target(join);
                self.end(Terminator::Jump(call));
            }
        }
        (self.values, self.objects) = (values, objects);
        self.enter(join);
    }

    fn switch(&mut self, depth: u32) {
        let value = self.any(Type::I32);
        let join = self.block_with_variables();
        let cases: Vec<(i64, Block)> = (0..3).map(|case| (case, self.function.add_block())).collect();
        let calls = cases.iter().map(|&(case, block)| (case, BlockCall::new(block, []))).collect();
        let default = self.target(join);
        self.end(Terminator::Switch { value, cases: calls, default });
        let (variables, values, objects) = (self.variables.clone(), self.values.clone(), self.objects.clone());
        for (_, block) in cases {
            (self.variables, self.values, self.objects) = (variables.clone(), values.clone(), objects.clone());
            self.block = block;
            self.statements(depth + 2);
            let call = self.target(join);
            self.end(Terminator::Jump(call));
        }
        (self.values, self.objects) = (values, objects);
        self.enter(join);
    }

    /// `for i in 0..n`, tested at the top.
    fn counted_loop(&mut self, depth: u32) {
        let (header, body, exit) = (self.block_with_variables(), self.function.add_block(), self.function.add_block());
        let counter = self.function.add_param(header, Type::I64);
        let zero = self.emit(Op::Iconst, Type::I64, &[], Aux::Imm(0));
        let limit = self.rng.below(9) as i64;
        let mut limit = self.emit(Op::Iconst, Type::I64, &[], Aux::Imm(limit));
        if self.rng.chance(30) {
            let any = self.any(Type::I64);
            let seven = self.emit(Op::Iconst, Type::I64, &[], Aux::Imm(7));
            limit = self.emit(Op::And, Type::I64, &[any, seven], Aux::None);
        }
        let mut call = self.target(header);
        call.args.push(zero);
        self.end(Terminator::Jump(call));
        self.enter(header);
        let condition = self.emit(Op::Icmp, Type::I64, &[counter, limit], Aux::IntCc(IntCc::Slt));
        self.end(Terminator::Branch { condition, then: BlockCall::new(body, []), otherwise: BlockCall::new(exit, []) });
        let after = (self.variables.clone(), self.values.clone(), self.objects.clone());
        self.block = body;
        self.values.push(counter);
        self.statements(depth + 1);
        if self.rng.chance(15) {
            // break: leaves by the exit with the header's variables.
            let (condition, next) = (self.condition(), self.function.add_block());
            self.end(Terminator::Branch {
                condition,
                then: BlockCall::new(exit, []),
                otherwise: BlockCall::new(next, []),
            });
            self.block = next;
        }
        let one = self.emit(Op::Iconst, Type::I64, &[], Aux::Imm(1));
        let next = self.emit(Op::Iadd, Type::I64, &[counter, one], Aux::None);
        let mut call = self.target(header);
        call.args.push(next);
        self.end(Terminator::Jump(call));
        (self.variables, self.values, self.objects) = after;
        self.values.push(counter);
        self.block = exit;
    }

    fn statements(&mut self, depth: u32) {
        for _ in 0..1 + self.rng.below(5) {
            if self.size == 0 {
                return;
            }
            self.size -= 1;
            if self.is_coroutine && self.rng.chance(20) {
                self.wait(depth);
                continue;
            }
            match self.rng.below(20) {
                0..9 => self.arithmetic(),
                9..14 => self.memory(),
                14..16 => self.call(),
                16 | 17 if depth < 4 => self.if_else(depth),
                18 if depth < 3 => self.counted_loop(depth),
                19 if depth < 3 => self.switch(depth),
                _ => self.arithmetic(),
            }
        }
    }
}

fn function(rng: &mut Rng, symbol: String, signature: Signature, earlier: usize) -> Function {
    body(rng, symbol, signature, earlier, false)
}

fn body(rng: &mut Rng, symbol: String, signature: Signature, earlier: usize, is_coroutine: bool) -> Function {
    let is_closure = signature == closure_signature();
    let mut function = Function::new(symbol.clone(), signature, symbol);
    function.locations.push(Location { file: crate::source::FileId(0), offset: 0, scope: ScopeId(0) });
    function.is_coroutine = is_coroutine;
    function.slots = vec![SlotData { size: 64, align: 8 }, SlotData { size: 8, align: 8 }];
    let (block, size) = (function.entry(), 8 + rng.below(40) as u32);
    let params = function.block(block).params.clone();
    let mut generator = Generator {
        rng,
        function,
        block,
        earlier,
        variables: Vec::new(),
        values: Vec::new(),
        objects: Vec::new(),
        size,
        is_coroutine,
    };
    // Slots are not zeroed: reading them before would be undefined.
    for (slot, bytes) in [(0, 64), (1, 8)] {
        let address = generator.emit(Op::SlotAddr, Type::Ptr, &[], Aux::Slot(Slot(slot)));
        generator.emit(Op::Zero, Type::Ptr, &[address], Aux::Bytes(bytes, Region::ANY));
    }
    if is_closure {
        let mem = |offset| Aux::Mem(Mem { offset, region: Region::CLOSURE, readonly: true });
        let captured = generator.emit(Op::Load, Type::I64, &[params[0]], mem(16));
        let object = generator.emit(Op::Load, Type::Ptr, &[params[0]], mem(24));
        generator.values.extend([captured, params[1]]);
        generator.objects.push(object);
    } else {
        generator.values.extend([params[0], params[1]]);
        generator.objects.push(params[2]);
    }
    for ty in VARIABLES {
        let value = generator.constant(ty);
        generator.variables.push(value);
    }
    while generator.size > 0 {
        generator.statements(0);
    }
    let result = generator.any(Type::I64);
    generator.leave(result);
    generator.function
}

/// A module with a function `start` of two `i64`, exported to C.
pub(crate) fn module(seed: u64) -> Module {
    let mut rng = Rng(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    rng.next();
    let mut module = parse_module(HEADER).unwrap();
    for pair in 0..1 + rng.below(3) {
        let earlier = module.functions.len();
        let plain = function(&mut rng, format!("f{pair}"), signature(), earlier);
        let code = function(&mut rng, format!("c{pair}"), closure_signature(), earlier);
        module.functions.extend([plain, code]);
    }
    // The one that is run: makes the object that the others are given.
    let last = FuncId(module.functions.len() as u32 - 2);
    let start = Signature { params: vec![Type::I64, Type::I64], results: vec![Type::I64] };
    let mut function = Function::new("start".to_owned(), start, "start".to_owned());
    function.locations.push(Location { file: crate::source::FileId(0), offset: 0, scope: ScopeId(0) });
    let entry = function.entry();
    let params = function.block(entry).params.clone();
    let object = function.make_inst(Op::Alloc, Type::Ptr, [], Aux::Descriptor(DescriptorId(0)), [Type::Ptr], LOC);
    let args = [params[0], params[1], function.inst(object).results[0]];
    let call = function.make_inst(Op::Call, Type::Ptr, args, Aux::Function(last), [Type::I64], LOC);
    let result = function.inst(call).results[0];
    function.block_mut(entry).insts.extend([object, call]);
    function.block_mut(entry).terminator = Terminator::Return(SmallVec::from_slice(&[result]));
    function.convention = Convention::ExportC;
    module.functions.push(function);
    module
}

pub(crate) const INPUTS: [[i64; 2]; 4] = [[0, 0], [1, -1], [5, 3], [i64::MIN, 1000]];

/// What `start` does on each of the inputs.
pub(crate) fn outcomes(module: &Module) -> Vec<Outcome> {
    let start = module.functions.iter().position(|f| f.symbol == "start").unwrap();
    INPUTS.iter().map(|args| Interpreter::new(module, 50_000).run(FuncId(start as u32), args)).collect()
}

fn same(before: &[Outcome], after: &[Outcome]) -> bool {
    before.iter().zip(after).all(|(b, a)| b.end == End::OutOfFuel || a.end == End::OutOfFuel || a == b)
}

/// Finds the pass after which the module does something else.
fn blame(seed: u64) -> String {
    let mut module = module(seed);
    let expected = outcomes(&module);
    let mut previous = text::print(&module);
    for (number, pass) in PASSES.iter().enumerate() {
        super::run_pass(&mut module, pass);
        let text = text::print(&module);
        let found = outcomes(&module);
        if !same(&expected, &found) {
            let place = expected.iter().zip(&found).position(|(a, b)| a != b);
            return format!(
                "{} (number {number}): input {place:?}\nexpected {expected:?}\nfound {found:?}\n\
                 -- before\n{previous}\n-- after\n{text}",
                pass.name
            );
        }
        previous = text;
    }
    "no single pass".to_owned()
}

fn seeds() -> std::ops::Range<u64> {
    let count = std::env::var("FLASH_FUZZ").ok().and_then(|count| count.parse().ok()).unwrap_or(150);
    let start = std::env::var("FLASH_FUZZ_START").ok().and_then(|start| start.parse().ok()).unwrap_or(1);
    start..start + count
}

#[test]
fn optimised_random_modules_do_the_same() {
    for seed in seeds() {
        let mut module = module(seed);
        if let Err(message) = verify(&module) {
            panic!("seed {seed}: generator: {message}");
        }
        let expected = outcomes(&module);
        for outcome in &expected {
            assert!(
                !matches!(outcome.end, End::Broken(_)),
                "seed {seed}: generator: {outcome:?}\n{}",
                text::print(&module)
            );
        }
        optimize(&mut module, Level::Full);
        let found = outcomes(&module);
        assert!(same(&expected, &found), "seed {seed}: {}", blame(seed));
    }
}

#[test]
fn random_modules_read_back() {
    for seed in seeds() {
        let module = module(seed);
        let text = text::print(&module);
        assert_eq!(text::print(&parse_module(&text).unwrap()), text);
    }
}

#[test]
fn every_pass_alone_keeps_the_meaning() {
    for seed in seeds().take(60) {
        let original = module(seed);
        let expected = outcomes(&original);
        for pass in PASSES {
            let mut module = original.clone();
            run_by_name(&mut module, pass.name);
            assert!(same(&expected, &outcomes(&module)), "seed {seed}: {}", pass.name);
        }
    }
}

#[test]
fn thread_count_does_not_matter() {
    let with_threads = |seed, count| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build().unwrap();
        let mut module = module(seed);
        pool.install(|| optimize(&mut module, Level::Full));
        text::print(&module)
    };
    for seed in 1..6 {
        assert_eq!(with_threads(seed, 1), with_threads(seed, 4));
    }
}

/// Functions that call themselves, which the random ones do not.
#[test]
fn recursion_keeps_its_meaning() {
    let text = "entry @start\n\
        function @fib(i64) -> i64 {\nb0(v0: i64):\n v1 = iconst.i64 2\n v2 = icmp.i64 slt v0, v1\n branch v2, b1, b2\nb1:\n \
        return v0\nb2:\n v3 = iconst.i64 -1\n v4 = iadd.i64 v0, v3\n v5 = call @fib(v4)\n v6 = iconst.i64 -2\n \
        v7 = iadd.i64 v0, v6\n v8 = call @fib(v7)\n v9 = iadd.i64 v5, v8\n return v9\n}\n\
        function @ackermann(i64, i64) -> i64 {\nb0(v0: i64, v1: i64):\n v2 = iconst.i64 1\n v9 = iconst.i64 -1\n v3 = iconst.i64 0\n \
        v4 = icmp.i64 eq v0, v3\n branch v4, b1, b2\nb1:\n v5 = iadd.i64 v1, v2\n return v5\nb2:\n v6 = icmp.i64 eq v1, v3\n \
        v10 = iadd.i64 v0, v9\n branch v6, b3, b4\nb3:\n v7 = call @ackermann(v10, v2)\n return v7\nb4:\n v11 = iadd.i64 v1, v9\n \
        v12 = call @ackermann(v0, v11)\n v13 = call @ackermann(v10, v12)\n return v13\n}\n\
        function @start() -> i64 {\nb0:\n v0 = iconst.i64 12\n v1 = call @fib(v0)\n v2 = iconst.i64 2\n v3 = iconst.i64 3\n \
        v4 = call @ackermann(v2, v3)\n v5 = iadd.i64 v1, v4\n return v5\n}\n";
    let mut module = parse_module(text).unwrap();
    optimize(&mut module, Level::Full);
    let start = module.functions.iter().position(|f| f.symbol == "start").unwrap();
    let outcome = Interpreter::new(&module, 1_000_000).run(FuncId(start as u32), &[]);
    assert_eq!(outcome.end, End::Returned(vec![144 + 9]));
}
