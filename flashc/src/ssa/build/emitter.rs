//! Writes instructions at a place: the current block and the current source location. Knows the
//! machine level only, nothing of Flash's types. After a terminator, until the next
//! [`Emitter::switch_to`] a reachable block, the place is dead: what is written there goes nowhere.

use super::ssa_vars::{Graph, Var};
use crate::source::Span;
use crate::ssa::{
    Aux, Block, BlockCall, DataId, DescriptorId, ExternId, FloatCc, FuncId, Function, IntCc, Loc, Location, Mem, Op,
    Region, ScopeId, Signature, Slot, SlotData, Terminator, Type, Value,
};
use flash_abi::context;
use flash_abi::symbols::{Effect, Rt};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// Scalars that together are one value.
pub type Vals = SmallVec<[Value; 4]>;

/// Where what is thrown goes: a block that only calls and checks lead to, and the code behind it, to which others
/// may jump with an error that they were given.
#[derive(Clone, Copy, Debug)]
pub struct Handler {
    landing: Block,
    given: Value,
    body: Block,
    error: Var,
}

pub struct Emitter {
    graph: Graph,
    block: Block,
    dead: bool,
    /// Where what is thrown here goes; none: out of the function.
    handler: Option<Handler>,
    /// Blocks in the order in which they were begun, and those that belong at the end.
    order: Vec<Block>,
    cold: Vec<Block>,
    loc: Loc,
    locs: FxHashMap<Location, Loc>,
}

impl Emitter {
    pub fn new(func: Function, span: Span) -> Emitter {
        let entry = func.entry();
        let mut emitter = Emitter {
            graph: Graph::new(func),
            block: entry,
            dead: false,
            handler: None,
            order: vec![entry],
            cold: Vec::new(),
            loc: Loc(0),
            locs: FxHashMap::default(),
        };
        emitter.set_span(span);
        emitter
    }

    pub fn finish(mut self) -> Function {
        self.order.append(&mut self.cold);
        self.graph.finish(&self.order)
    }

    pub fn param(&self, index: usize) -> Value {
        self.graph.func.block(self.graph.func.entry()).params[index]
    }

    pub fn params(&self) -> &[Value] {
        &self.graph.func.block(self.graph.func.entry()).params
    }

    pub fn type_of(&self, value: Value) -> Type {
        self.graph.func.value_type(value)
    }

    /// The integer that a value is, if it is a constant.
    pub fn as_iconst(&self, value: Value) -> Option<i64> {
        self.graph.func.as_iconst(value)
    }

    // Source locations.

    pub fn loc(&self) -> Loc {
        self.loc
    }

    pub fn set_loc(&mut self, loc: Loc) {
        self.loc = loc;
    }

    /// What follows stands at the start of this span.
    pub fn set_span(&mut self, span: Span) {
        let location = Location { file: span.file, offset: span.start, scope: ScopeId(0) };
        let locations = &mut self.graph.func.locations;
        self.loc = *self.locs.entry(location).or_insert_with(|| {
            locations.push(location);
            Loc(locations.len() as u32 - 1)
        });
    }

    // Blocks.

    pub fn new_block(&mut self) -> Block {
        self.graph.new_block()
    }

    /// A handler, to be written by [`Emitter::begin_handler`] when all that may throw to it is there.
    pub fn new_handler(&mut self) -> Handler {
        let (landing, given) = self.graph.new_landing();
        Handler { landing, given, body: self.new_block(), error: self.new_var(Type::Ptr) }
    }

    /// Goes on in a handler, with the error in hand; none when nothing gets there.
    pub fn begin_handler(&mut self, handler: Handler) -> Option<Value> {
        self.begin(handler.landing);
        self.write_var(handler.error, handler.given);
        self.jump(handler.body);
        self.begin(handler.body);
        (!self.dead).then(|| self.read_var(handler.error))
    }

    /// Throws on what a handler was given, to where what is thrown here goes.
    pub fn throw_on(&mut self, error: Value) {
        match self.handler {
            Some(handler) => {
                self.write_var(handler.error, error);
                self.jump(handler.body);
            }
            None => self.fail(Rt::Rethrow, error, None),
        }
    }

    /// From now on what is thrown goes there; gives where it went before.
    pub fn set_handler(&mut self, handler: Option<Handler>) -> Option<Handler> {
        std::mem::replace(&mut self.handler, handler)
    }

    pub fn handler(&self) -> Option<Handler> {
        self.handler
    }

    pub fn is_dead(&self) -> bool {
        self.dead
    }

    pub fn switch_to(&mut self, block: Block) {
        self.block = block;
        self.dead = self.graph.is_sealed(block) && !self.graph.has_preds(block);
        if !self.dead {
            self.order.push(block);
        }
    }

    pub fn seal(&mut self, block: Block) {
        self.graph.seal(block);
    }

    /// Seals a block and goes on there.
    pub fn begin(&mut self, block: Block) {
        self.seal(block);
        self.switch_to(block);
    }

    /// Writes a block that is seldom reached, behind all others, and comes back. It must end in a
    /// terminator. All jumps to it are there.
    pub fn in_cold_block(&mut self, block: Block, write: impl FnOnce(&mut Emitter)) {
        let (here, dead) = (self.block, self.dead);
        self.graph.seal(block);
        self.block = block;
        self.dead = !self.graph.has_preds(block);
        if !self.dead {
            self.cold.push(block);
        }
        write(self);
        (self.block, self.dead) = (here, dead);
    }

    fn terminate(&mut self, terminator: Terminator) {
        if !self.dead {
            self.graph.terminate(self.block, terminator, self.loc);
            self.dead = true;
        }
    }

    pub fn jump(&mut self, block: Block) {
        self.terminate(Terminator::Jump(BlockCall::new(block, [])));
    }

    pub fn branch(&mut self, condition: Value, then: Block, otherwise: Block) {
        let (then, otherwise) = (BlockCall::new(then, []), BlockCall::new(otherwise, []));
        self.terminate(Terminator::Branch { condition, then, otherwise });
    }

    /// To `then` when an integer is not zero.
    pub fn branch_nonzero(&mut self, value: Value, then: Block, otherwise: Block) {
        let is_zero = self.is_zero(value);
        self.branch(is_zero, otherwise, then);
    }

    pub fn switch(&mut self, value: Value, cases: &[(i64, Block)], default: Block) {
        let cases = cases.iter().map(|&(case, block)| (case, BlockCall::new(block, []))).collect();
        self.terminate(Terminator::Switch { value, cases, default: BlockCall::new(default, []) });
    }

    pub fn ret(&mut self, values: &[Value]) {
        self.terminate(Terminator::Return(values.iter().copied().collect()));
    }

    pub fn unreachable(&mut self) {
        self.terminate(Terminator::Unreachable);
    }

    // Variables.

    pub fn new_var(&mut self, ty: Type) -> Var {
        self.graph.new_var(ty)
    }

    pub fn new_vars(&mut self, types: &[Type]) -> Var {
        self.graph.new_vars(types)
    }

    pub fn write_var(&mut self, var: Var, value: Value) {
        if !self.dead {
            self.graph.write_var(self.block, var, value);
        }
    }

    pub fn read_var(&mut self, var: Var) -> Value {
        self.graph.read_var(self.block, var)
    }

    // Instructions.

    fn inst(
        &mut self,
        op: Op,
        ty: Type,
        args: impl IntoIterator<Item = Value>,
        aux: Aux,
        results: impl IntoIterator<Item = Type>,
    ) -> SmallVec<[Value; 2]> {
        let inst = self.graph.func.make_inst(op, ty, args, aux, results, self.loc);
        if !self.dead {
            self.graph.func.block_mut(self.block).insts.push(inst);
            if let Some(handler) = self.handler
                && self.graph.func.inst(inst).may_throw()
            {
                let next = self.new_block();
                let (normal, unwind) = (BlockCall::new(next, []), BlockCall::new(handler.landing, []));
                self.terminate(Terminator::Try { normal, unwind });
                self.begin(next);
            }
        }
        self.graph.func.inst(inst).results.clone()
    }

    fn value(&mut self, op: Op, ty: Type, args: impl IntoIterator<Item = Value>, aux: Aux, result: Type) -> Value {
        self.inst(op, ty, args, aux, [result])[0]
    }

    pub fn iconst(&mut self, ty: Type, value: i64) -> Value {
        let value = match ty {
            Type::I8 => i64::from(value as i8),
            Type::I16 => i64::from(value as i16),
            Type::I32 => i64::from(value as i32),
            _ => value,
        };
        self.value(Op::Iconst, ty, [], Aux::Imm(value), ty)
    }

    pub fn fconst(&mut self, ty: Type, bits: i64) -> Value {
        self.value(Op::Fconst, ty, [], Aux::Imm(bits), ty)
    }

    /// Zero, null, false.
    pub fn zero_of(&mut self, ty: Type) -> Value {
        if ty.is_float() { self.fconst(ty, 0) } else { self.iconst(ty, 0) }
    }

    /// Operand and result of one type.
    pub fn unary(&mut self, op: Op, ty: Type, a: Value) -> Value {
        self.value(op, ty, [a], Aux::None, ty)
    }

    pub fn binary(&mut self, op: Op, ty: Type, a: Value, b: Value) -> Value {
        self.value(op, ty, [a, b], Aux::None, ty)
    }

    pub fn overflow(&mut self, op: Op, ty: Type, a: Value, b: Value) -> (Value, Value) {
        let results = self.inst(op, ty, [a, b], Aux::None, [ty, Type::I8]);
        (results[0], results[1])
    }

    pub fn icmp(&mut self, cc: IntCc, ty: Type, a: Value, b: Value) -> Value {
        self.value(Op::Icmp, ty, [a, b], Aux::IntCc(cc), Type::I8)
    }

    pub fn fcmp(&mut self, cc: FloatCc, ty: Type, a: Value, b: Value) -> Value {
        self.value(Op::Fcmp, ty, [a, b], Aux::FloatCc(cc), Type::I8)
    }

    /// Whether an integer or address is zero.
    pub fn is_zero(&mut self, value: Value) -> Value {
        let ty = self.type_of(value);
        let zero = self.iconst(ty, 0);
        self.icmp(IntCc::Eq, ty, value, zero)
    }

    pub fn select(&mut self, ty: Type, condition: Value, then: Value, otherwise: Value) -> Value {
        self.value(Op::Select, ty, [condition, then, otherwise], Aux::None, ty)
    }

    /// `!b` of a bool.
    pub fn not_bool(&mut self, value: Value) -> Value {
        let one = self.iconst(Type::I8, 1);
        self.binary(Op::Xor, Type::I8, value, one)
    }

    pub fn convert(&mut self, op: Op, from: Type, to: Type, value: Value) -> Value {
        self.value(op, to, [value], Aux::From(from), to)
    }

    /// To a wider or narrower integer type, or the same.
    pub fn resize(&mut self, value: Value, to: Type, signed: bool) -> Value {
        let from = self.type_of(value);
        let op = match from.bytes().cmp(&to.bytes()) {
            std::cmp::Ordering::Equal => return value,
            std::cmp::Ordering::Greater => Op::Itrunc,
            std::cmp::Ordering::Less if signed => Op::Sext,
            std::cmp::Ordering::Less => Op::Zext,
        };
        self.convert(op, from, to, value)
    }

    pub fn bitcast(&mut self, value: Value, to: Type) -> Value {
        let from = self.type_of(value);
        if from == to { value } else { self.convert(Op::Bitcast, from, to, value) }
    }

    // Memory.

    pub fn load(&mut self, ty: Type, address: Value, mem: Mem) -> Value {
        self.value(Op::Load, ty, [address], Aux::Mem(mem), ty)
    }

    pub fn store(&mut self, ty: Type, value: Value, address: Value, mem: Mem) {
        self.inst(Op::Store, ty, [address, value], Aux::Mem(mem), []);
    }

    pub fn ptr_add(&mut self, address: Value, offset: Value) -> Value {
        self.value(Op::PtrAdd, Type::Ptr, [address, offset], Aux::None, Type::Ptr)
    }

    pub fn ptr_offset(&mut self, address: Value, offset: i32) -> Value {
        if offset == 0 {
            return address;
        }
        let offset = self.iconst(Type::I64, i64::from(offset));
        self.ptr_add(address, offset)
    }

    /// `address + index * size`
    pub fn element_addr(&mut self, address: Value, index: Value, size: u32) -> Value {
        let offset = if size == 1 {
            index
        } else {
            let size = self.iconst(Type::I64, i64::from(size));
            self.binary(Op::Imul, Type::I64, index, size)
        };
        self.ptr_add(address, offset)
    }

    pub fn copy(&mut self, to: Value, from: Value, bytes: u32, region: Region) {
        if bytes > 0 {
            self.inst(Op::Copy, Type::Ptr, [to, from], Aux::Bytes(bytes, region), []);
        }
    }

    pub fn zero(&mut self, to: Value, bytes: u32, region: Region) {
        if bytes > 0 {
            self.inst(Op::Zero, Type::Ptr, [to], Aux::Bytes(bytes, region), []);
        }
    }

    pub fn alloc(&mut self, descriptor: DescriptorId) -> Value {
        self.value(Op::Alloc, Type::Ptr, [], Aux::Descriptor(descriptor), Type::Ptr)
    }

    pub fn new_slot(&mut self, size: u32, align: u32) -> Slot {
        self.graph.func.slots.push(SlotData { size, align });
        Slot(self.graph.func.slots.len() as u32 - 1)
    }

    pub fn slot_addr(&mut self, slot: Slot) -> Value {
        self.value(Op::SlotAddr, Type::Ptr, [], Aux::Slot(slot), Type::Ptr)
    }

    pub fn data_addr(&mut self, data: DataId) -> Value {
        self.value(Op::DataAddr, Type::Ptr, [], Aux::Data(data), Type::Ptr)
    }

    pub fn descriptor_addr(&mut self, descriptor: DescriptorId) -> Value {
        self.value(Op::DescriptorAddr, Type::Ptr, [], Aux::Descriptor(descriptor), Type::Ptr)
    }

    pub fn func_addr(&mut self, func: FuncId) -> Value {
        self.value(Op::FuncAddr, Type::Ptr, [], Aux::Function(func), Type::Ptr)
    }

    pub fn global_addr(&mut self, offset: u32) -> Value {
        self.value(Op::GlobalAddr, Type::Ptr, [], Aux::Global(offset), Type::Ptr)
    }

    // Checks and calls.

    pub fn bounds(&mut self, index: Value, length: Value) {
        self.inst(Op::Bounds, Type::I64, [index, length], Aux::None, []);
    }

    /// `nonnull`, `nonzero`, `no_overflow`.
    pub fn check(&mut self, op: Op, value: Value) {
        let ty = self.type_of(value);
        self.inst(op, ty, [value], Aux::None, []);
    }

    pub fn call(&mut self, func: FuncId, args: &[Value], results: &[Type]) -> Vals {
        let ty = call_type(results);
        let args = args.iter().copied();
        self.inst(Op::Call, ty, args, Aux::Function(func), results.iter().copied()).into_iter().collect()
    }

    pub fn call_indirect(&mut self, code: Value, args: &[Value], signature: Signature) -> Vals {
        let ty = call_type(&signature.results);
        let results = signature.results.clone();
        let args = std::iter::once(code).chain(args.iter().copied());
        self.inst(Op::CallIndirect, ty, args, Aux::Signature(Box::new(signature)), results).into_iter().collect()
    }

    pub fn call_extern(&mut self, callee: ExternId, args: &[Value], results: &[Type]) -> Vals {
        let ty = call_type(results);
        let args = args.iter().copied();
        self.inst(Op::CallExtern, ty, args, Aux::Extern(callee), results.iter().copied()).into_iter().collect()
    }

    /// Calls a runtime function; the place is dead behind one that does not come back.
    pub fn call_rt(&mut self, rt: Rt, args: &[Value]) -> Vals {
        let symbol = rt.symbol();
        let results: SmallVec<[Type; 2]> = symbol.results.iter().map(|&ty| Type::from_abi(ty)).collect();
        let ty = call_type(&results);
        let values = self.inst(Op::CallRt, ty, args.iter().copied(), Aux::Rt(rt), results).into_iter().collect();
        if symbol.effect == Effect::Never {
            self.unreachable();
        }
        values
    }

    /// The frame of the coroutine that this is: a function value that goes on behind the last `suspend`.
    pub fn coroutine_self(&mut self) -> Value {
        self.value(Op::CoroutineSelf, Type::Ptr, [], Aux::None, Type::Ptr)
    }

    /// Goes on when the coroutine is resumed.
    pub fn suspend(&mut self) {
        self.inst(Op::Suspend, Type::I64, [], Aux::None, []);
    }

    /// The address of this thread's context.
    pub fn context(&mut self) -> Value {
        self.value(Op::Context, Type::Ptr, [], Aux::None, Type::Ptr)
    }

    /// Fails through the runtime function, with two 64-bit words about it, and ends the block.
    pub fn fail(&mut self, rt: Rt, a: Value, b: Option<Value>) {
        let context = self.context();
        for (value, offset) in [(Some(a), context::FAIL_A), (b, context::FAIL_B)] {
            if let Some(value) = value {
                let ty = self.type_of(value);
                let mem = Mem { offset: offset as i32, region: Region::ANY, readonly: false };
                self.store(ty, value, context, mem);
            }
        }
        self.call_rt(rt, &[]);
        self.unreachable();
    }
}

/// What `InstData::ty` of a call is: its first result's type.
fn call_type(results: &[Type]) -> Type {
    results.first().copied().unwrap_or(Type::I64)
}
