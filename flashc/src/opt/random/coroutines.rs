//! Random coroutines, run whole and split: both must do the same. They suspend anywhere, in loops too, catch what calls
//! throw, and have values of all types, slots and addresses across their suspensions.

use super::*;
use crate::ssa::interp::{FRAME, IS_FINISHED, TURNS};

const TURN: Region = Region(11);
const STATE: Region = Region(12);
const GLOBALS: &str = "region r11 turns\nregion r12 state\n";

fn mem(region: Region, offset: i32) -> Aux {
    Aux::Mem(Mem { offset, region, readonly: false })
}

impl Generator<'_> {
    /// Something that only coroutines do.
    pub(super) fn wait(&mut self, depth: u32) {
        match self.rng.below(8) {
            0..4 => self.suspend(),
            4 => self.small_values(),
            5 => self.addresses(),
            6 if depth < 4 => self.try_call(depth),
            _ => self.turns(),
        }
    }

    fn suspend(&mut self) {
        let frame = self.emit(Op::CoroutineSelf, Type::Ptr, &[], Aux::None);
        let place = self.emit(Op::GlobalAddr, Type::Ptr, &[], Aux::Global(FRAME as u32));
        self.emit(Op::Store, Type::Ptr, &[place, frame], mem(STATE, 0));
        self.emit_with(Op::Suspend, Type::Ptr, &[], Aux::None, &[]);
    }

    /// How often it was suspended so far: what others change meanwhile is seen.
    fn turns(&mut self) {
        let place = self.emit(Op::GlobalAddr, Type::Ptr, &[], Aux::Global(TURNS as u32));
        let value = self.emit(Op::Load, Type::I64, &[place], mem(TURN, 0));
        self.set(value);
    }

    /// Values of the types that variables do not have, across a suspension.
    fn small_values(&mut self) {
        let wide = self.any(Type::I64);
        let short = self.emit(Op::Itrunc, Type::I16, &[wide], Aux::From(Type::I64));
        let byte = self.emit(Op::Itrunc, Type::I8, &[wide], Aux::From(Type::I64));
        let float = self.emit(Op::SintToFloat, Type::F32, &[wide], Aux::From(Type::I64));
        self.suspend();
        let sum = self.emit(Op::Sext, Type::I64, &[short], Aux::From(Type::I16));
        let other = self.emit(Op::Zext, Type::I64, &[byte], Aux::From(Type::I8));
        let bits = self.emit(Op::FloatToSint, Type::I64, &[float], Aux::From(Type::F32));
        let sum = self.emit(Op::Iadd, Type::I64, &[sum, other], Aux::None);
        let sum = self.emit(Op::Iadd, Type::I64, &[sum, bits], Aux::None);
        self.set(sum);
    }

    /// The address of an element of a slot, across a suspension; or one that a callee is told of.
    fn addresses(&mut self) {
        let index = self.any(Type::I64);
        let mask = self.emit(Op::Iconst, Type::I64, &[], Aux::Imm(7));
        let index = self.emit(Op::And, Type::I64, &[index, mask], Aux::None);
        let three = self.emit(Op::Iconst, Type::I64, &[], Aux::Imm(3));
        let offset = self.emit(Op::Shl, Type::I64, &[index, three], Aux::None);
        let base = self.emit(Op::SlotAddr, Type::Ptr, &[], Aux::Slot(Slot(0)));
        let address = self.emit(Op::PtrAdd, Type::Ptr, &[base, offset], Aux::None);
        let value = self.any(Type::I64);
        self.emit(Op::Store, Type::I64, &[address, value], mem(ELEMENTS, 0));
        self.suspend();
        let value = self.emit(Op::Load, Type::I64, &[address], mem(ELEMENTS, 0));
        self.set(value);
    }

    /// A call that may throw, with suspensions on both sides.
    fn try_call(&mut self, depth: u32) {
        let value = self.any(Type::I64);
        let null = self.emit(Op::Iconst, Type::Ptr, &[], Aux::Imm(0));
        self.emit_with(Op::CallRt, Type::Ptr, &[null, value], Aux::Rt(Rt::BufI64), &[]);
        let (normal, unwind, join) =
            (self.function.add_block(), self.function.add_block(), self.block_with_variables());
        let error = self.function.add_param(unwind, Type::Ptr);
        self.end(Terminator::Try { normal: BlockCall::new(normal, []), unwind: BlockCall::new(unwind, []) });
        let (variables, values, objects) = (self.variables.clone(), self.values.clone(), self.objects.clone());
        for side in [normal, unwind] {
            (self.variables, self.values, self.objects) = (variables.clone(), values.clone(), objects.clone());
            self.block = side;
            self.statements(depth + 1);
            if side == unwind {
                self.suspend();
                let bits = self.emit(Op::Bitcast, Type::I64, &[error], Aux::From(Type::Ptr));
                self.set(bits);
            }
            let call = self.target(join);
            self.end(Terminator::Jump(call));
        }
        (self.values, self.objects) = (values, objects);
        self.enter(join);
    }

    /// Says the result, and that there is nothing more to come.
    pub(super) fn finish(&mut self, value: Value) {
        let null = self.emit(Op::Iconst, Type::Ptr, &[], Aux::Imm(0));
        self.emit_with(Op::CallRt, Type::Ptr, &[null, value], Aux::Rt(Rt::BufI64), &[]);
        let place = self.emit(Op::GlobalAddr, Type::Ptr, &[], Aux::Global(IS_FINISHED as u32));
        let one = self.emit(Op::Iconst, Type::I64, &[], Aux::Imm(1));
        self.emit(Op::Store, Type::I64, &[place, one], mem(STATE, 0));
        self.end(Terminator::Return(SmallVec::new()));
    }
}

/// A module with a coroutine `wait` of two `i64` and an object, and functions that it calls.
fn waiting_module(seed: u64) -> Module {
    let mut rng = Rng(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    rng.next();
    let header = HEADER.replace("globals 32", "globals 56").replace("globals", &format!("{GLOBALS}globals"));
    let mut module = parse_module(&header).unwrap();
    for pair in 0..rng.below(3) {
        let earlier = module.functions.len();
        let plain = function(&mut rng, format!("f{pair}"), signature(), earlier);
        let code = function(&mut rng, format!("c{pair}"), closure_signature(), earlier);
        module.functions.extend([plain, code]);
    }
    let earlier = module.functions.len();
    let params = Signature { params: signature().params, results: Vec::new() };
    let wait = body(&mut rng, "wait".to_owned(), params, earlier, true);
    module.functions.push(wait);
    // Keeps the object that it is given.
    let start = Signature { params: vec![Type::I64, Type::I64], results: Vec::new() };
    let mut function = Function::new("start".to_owned(), start, "start".to_owned());
    function.locations.push(Location { file: crate::source::FileId(0), offset: 0, scope: ScopeId(0) });
    let entry = function.entry();
    let params = function.block(entry).params.clone();
    let object = function.make_inst(Op::Alloc, Type::Ptr, [], Aux::Descriptor(DescriptorId(0)), [Type::Ptr], LOC);
    let args = [params[0], params[1], function.inst(object).results[0]];
    let call = function.make_inst(Op::Call, Type::Ptr, args, Aux::Function(FuncId(earlier as u32)), [], LOC);
    function.block_mut(entry).insts.extend([object, call]);
    function.block_mut(entry).terminator = Terminator::Return(SmallVec::new());
    function.convention = Convention::ExportC;
    module.functions.push(function);
    module
}

fn outcomes_of_waiting(module: &Module) -> Vec<Outcome> {
    let start = module.functions.iter().position(|f| f.symbol == "start").unwrap();
    INPUTS.iter().map(|args| Interpreter::new(module, 50_000).run_coroutine(FuncId(start as u32), args)).collect()
}

#[test]
fn split_coroutines_do_the_same() {
    for seed in seeds() {
        let original = waiting_module(seed);
        if let Err(message) = verify(&original) {
            panic!("seed {seed}: generator: {message}");
        }
        let expected = outcomes_of_waiting(&original);
        for outcome in &expected {
            assert!(!matches!(outcome.end, End::Broken(_)), "seed {seed}: generator: {outcome:?}");
        }
        let mut split = original.clone();
        run_by_name(&mut split, "coroutine");
        if let Err(message) = verify(&split) {
            panic!("seed {seed}: split: {message}\n{}", text::print(&split));
        }
        let found = outcomes_of_waiting(&split);
        if !same(&expected, &found) {
            let place = expected.iter().zip(&found).position(|(a, b)| a != b);
            let (before, after) = (text::print(&original), text::print(&split));
            panic!("seed {seed}: input {place:?}\n{expected:?}\n{found:?}\n-- before\n{before}\n-- after\n{after}");
        }
        for level in [Level::None, Level::Full] {
            let mut module = original.clone();
            optimize(&mut module, level);
            let found = outcomes_of_waiting(&module);
            assert!(same(&expected, &found), "seed {seed}: {level:?}: {}", blame_for_waiting(seed));
        }
    }
}

/// Finds the pass after which the coroutine does something else.
fn blame_for_waiting(seed: u64) -> String {
    let mut module = waiting_module(seed);
    let expected = outcomes_of_waiting(&module);
    let mut previous = text::print(&module);
    for (number, pass) in PASSES.iter().enumerate() {
        crate::opt::run_pass(&mut module, pass);
        let (text, found) = (text::print(&module), outcomes_of_waiting(&module));
        if !same(&expected, &found) {
            let name = pass.name;
            return format!("{name} ({number}):\n{expected:?}\n{found:?}\n-- before\n{previous}\n-- after\n{text}");
        }
        previous = text;
    }
    "no single pass".to_owned()
}
