//! The SSA form: functions of basic blocks with parameters, over machine-level types.
//!
//! Invariants (checked by `verify`): every value is defined once and its definition dominates its
//! uses; a block ends in one terminator; operand and result types are what [`op::Facts`] says;
//! block arguments match the parameters. The entry block has the function's parameters and no
//! predecessors. `Inst`s and `Value`s that no block names any more are dead and may stay in the
//! arenas; block order is `Function::layout`.
//!
//! Aggregates do not exist here: `build` takes them apart into scalars or puts them in memory.

pub mod analysis;
pub mod build;
pub mod eval;
#[cfg(test)]
pub(crate) mod interp;
pub mod op;
pub mod parse;
pub mod text;
pub mod verify;

use crate::source::FileId;
use flash_abi::symbols::{AbiType, Effect, Rt};
pub use op::{FloatCc, IntCc, Op};
use smallvec::SmallVec;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {
        $($(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);
        impl $name {
            pub fn index(self) -> usize { self.0 as usize }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}{}", $prefix, self.0)
            }
        }
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        })*
    };
}

ids! {
    /// In a [`Function`].
    Value = "v";
    Inst = "i";
    Block = "b";
    Slot = "s";
    /// In [`Function::locations`].
    Loc = "l";
    /// In [`Function::scopes`].
    ScopeId = "scope";
    /// In a [`Module`].
    FuncId = "f";
    DataId = "d";
    DescriptorId = "t";
    ExternId = "x";
    /// A set of memory that other regions' accesses never touch: a field of a type, an array's
    /// elements of a type, a global. [`Region::ANY`] may touch everything.
    Region = "r";
}

impl Region {
    pub const ANY: Region = Region(0);
    /// Array headers' data pointer, length and capacity, whatever the element.
    pub const ARRAY_DATA: Region = Region(1);
    pub const ARRAY_LEN: Region = Region(2);
    pub const ARRAY_CAPACITY: Region = Region(3);
    /// Code address and captures of closures: never change once made.
    pub const CLOSURE: Region = Region(4);
    /// Bytes of strings: never change once made.
    pub const STR_BYTES: Region = Region(5);
    /// Stack slots of this function.
    pub const STACK: Region = Region(6);
    /// Values of cells are in regions by type, as fields are; the first free number.
    pub const FIRST_FREE: u32 = 7;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type {
    I8,
    I16,
    I32,
    I64,
    F32,
    F64,
    /// An address: of a heap object, inside one, of the stack, of data, or null.
    Ptr,
}

impl Type {
    pub const fn bytes(self) -> u32 {
        match self {
            Type::I8 => 1,
            Type::I16 => 2,
            Type::I32 | Type::F32 => 4,
            Type::I64 | Type::F64 | Type::Ptr => 8,
        }
    }

    pub const fn is_int(self) -> bool {
        matches!(self, Type::I8 | Type::I16 | Type::I32 | Type::I64)
    }

    pub const fn is_float(self) -> bool {
        matches!(self, Type::F32 | Type::F64)
    }

    pub const fn name(self) -> &'static str {
        match self {
            Type::I8 => "i8",
            Type::I16 => "i16",
            Type::I32 => "i32",
            Type::I64 => "i64",
            Type::F32 => "f32",
            Type::F64 => "f64",
            Type::Ptr => "ptr",
        }
    }

    /// The type of a runtime function's parameter or result.
    pub const fn from_abi(ty: AbiType) -> Type {
        match ty {
            AbiType::I8 => Type::I8,
            AbiType::I16 => Type::I16,
            AbiType::I32 => Type::I32,
            AbiType::I64 => Type::I64,
            AbiType::F32 => Type::F32,
            AbiType::F64 => Type::F64,
            AbiType::Ptr => Type::Ptr,
        }
    }
}

/// A whole program, ready for optimisation and code generation.
#[derive(Clone, Debug, Default)]
pub struct Module {
    pub functions: Vec<Function>,
    pub data: Vec<Data>,
    pub descriptors: Vec<Descriptor>,
    pub externs: Vec<Extern>,
    /// Names of regions, for the text form; index is the region's number.
    pub regions: Vec<String>,
    /// Bytes of the globals area, and the offsets of pointers in it.
    pub globals_size: u32,
    pub globals_pointers: Vec<u32>,
    /// Runs all initializers, then `main`, and returns the exit code (`i64`). `None` for a library.
    pub entry: Option<FuncId>,
    /// As `flash_abi::program::Program` says: what failing checks become, where a handler may take it, and the
    /// function that asks an error about itself.
    pub errors: Option<DataId>,
    pub describe: Option<FuncId>,
}

/// Constant bytes in read-only data. `relocations`: an 8-byte address at each offset.
#[derive(Clone, Debug, PartialEq)]
pub struct Data {
    /// Unique, deterministic link name (`str.3`, `closure.main.double`).
    pub name: String,
    pub bytes: Vec<u8>,
    pub align: u32,
    pub relocations: Vec<(u32, DataTarget)>,
    /// It lies in an earlier module of the session, and the addresses are put into it there.
    pub is_import: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataTarget {
    Function(FuncId),
    Data(DataId),
    Descriptor(DescriptorId),
}

/// A type descriptor, in terms of `flash_abi::object`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Descriptor {
    pub name: String,
    pub kind: u8,
    /// The objects cannot be copied to another heap (`DESCRIPTOR_LOCAL`).
    pub is_local: bool,
    pub size: u32,
    /// As `flash_abi::object::Descriptor`'s slots, with `SLOT_EXACT`.
    pub slots: Vec<u32>,
}

/// A function of `extern "C"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extern {
    pub symbol: String,
    pub signature: Signature,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Signature {
    pub params: Vec<Type>,
    pub results: Vec<Type>,
}

#[derive(Clone, Debug)]
pub struct Function {
    /// Unique, deterministic link name: `main.fib`, `std:array.push<i32>`.
    pub symbol: String,
    pub signature: Signature,
    pub convention: Convention,
    pub linkage: Linkage,
    pub hint: Hint,
    /// May `suspend`: has no results, and is taken apart by `opt::coroutine` before code is generated.
    pub is_coroutine: bool,
    pub part: Part,
    pub blocks: Vec<BlockData>,
    /// Blocks that exist, in emission order; the first is the entry.
    pub layout: Vec<Block>,
    pub insts: Vec<InstData>,
    pub values: Vec<ValueData>,
    pub slots: Vec<SlotData>,
    pub locations: Vec<Location>,
    pub scopes: Vec<Scope>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Convention {
    /// Between Flash functions: context in the pinned register, several results in registers.
    #[default]
    Flash,
    /// Called from C: sets the pinned register up (`export extern "C"`). The link name is public.
    ExportC,
}

/// Where a function's code is. Only sessions have others than their own: see `ssa::build::Loaded`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Linkage {
    #[default]
    Own,
    /// Here, until a later module of the session has another for the same name: nothing is known of its body.
    Replaceable,
    /// In an earlier module of the session: there are no blocks.
    Import,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hint {
    #[default]
    None,
    InlineAlways,
    InlineNever,
    /// Rarely called, never worth inlining.
    Cold,
}

/// What of a coroutine that was taken apart a function is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    #[default]
    None,
    /// Makes the frame.
    Start,
    /// The closure code of the frame.
    Resume,
}

/// A place in the source and the inlined call it belongs to. Lines and columns are found from the
/// offset when tables are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    pub file: FileId,
    /// Byte offset in the file.
    pub offset: u32,
    pub scope: ScopeId,
}

/// Scope 0 is the function itself; others are functions that were inlined.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    /// Name for stack traces.
    pub function: String,
    /// The call's place; `None` for scope 0.
    pub inlined_at: Option<Loc>,
}

#[derive(Clone, Debug, Default)]
pub struct BlockData {
    pub params: Vec<Value>,
    pub insts: Vec<Inst>,
    pub terminator: Terminator,
    /// Where the terminator stands in the source.
    pub loc: Option<Loc>,
}

#[derive(Clone, Copy, Debug)]
pub struct ValueData {
    pub ty: Type,
    pub def: ValueDef,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueDef {
    Result(Inst, u32),
    Param(Block, u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotData {
    pub size: u32,
    pub align: u32,
}

#[derive(Clone, Debug)]
pub struct InstData {
    pub op: Op,
    /// The type that the operation works in; see [`op::Facts::typing`].
    pub ty: Type,
    pub args: SmallVec<[Value; 3]>,
    pub results: SmallVec<[Value; 2]>,
    pub aux: Aux,
    pub loc: Loc,
}

impl InstData {
    /// Whether it may go on at a handler. Runtime functions that come back, and C, throw nothing.
    pub fn may_throw(&self) -> bool {
        match (self.op, &self.aux) {
            (Op::Call | Op::CallIndirect, _) => true,
            (Op::CallRt, Aux::Rt(rt)) => {
                rt.may_throw() || (rt.symbol().effect == Effect::Never && rt.symbol().params.is_empty())
            }
            _ => self.op.facts().class == op::Class::Check,
        }
    }
}

/// What an operation needs besides values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Aux {
    None,
    /// `iconst`: sign-extended from the type. `fconst`: the bits.
    Imm(i64),
    IntCc(IntCc),
    FloatCc(FloatCc),
    Mem(Mem),
    Slot(Slot),
    Function(FuncId),
    Extern(ExternId),
    Data(DataId),
    Descriptor(DescriptorId),
    /// `global_addr`: byte offset in the globals area.
    Global(u32),
    Rt(Rt),
    /// `call_indirect`
    Signature(Box<Signature>),
    /// `copy`, `zero`: number of bytes and the region written (and read).
    Bytes(u32, Region),
    /// Conversions: the operand's type.
    From(Type),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mem {
    pub offset: i32,
    pub region: Region,
    /// Whoever reads it at any time after it was first reached reads the same: may be moved and merged.
    pub readonly: bool,
}

/// A jump's target and the values for its parameters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BlockCall {
    pub block: Block,
    pub args: SmallVec<[Value; 4]>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Terminator {
    Jump(BlockCall),
    /// To `then` when the `i8` condition is not 0.
    Branch {
        condition: Value,
        then: BlockCall,
        otherwise: BlockCall,
    },
    /// On an integer; cases are distinct.
    Switch {
        value: Value,
        cases: Vec<(i64, BlockCall)>,
        default: BlockCall,
    },
    Return(SmallVec<[Value; 2]>),
    /// The block's last instruction may throw: then control goes to `unwind`, whose last
    /// parameter, a `ptr` beyond the arguments given here, is the error.
    Try {
        normal: BlockCall,
        unwind: BlockCall,
    },
    /// Never reached: after a call that does not come back.
    #[default]
    Unreachable,
}

impl Terminator {
    /// The jumps it may take, in order.
    pub fn targets(&self) -> SmallVec<[&BlockCall; 2]> {
        let mut targets = SmallVec::new();
        match self {
            Terminator::Jump(target) => targets.push(target),
            Terminator::Branch { then, otherwise, .. } => targets.extend([then, otherwise]),
            Terminator::Switch { cases, default, .. } => {
                targets.extend(cases.iter().map(|(_, target)| target));
                targets.push(default);
            }
            Terminator::Try { normal, unwind } => targets.extend([normal, unwind]),
            Terminator::Return(_) | Terminator::Unreachable => {}
        }
        targets
    }

    pub fn targets_mut(&mut self) -> SmallVec<[&mut BlockCall; 2]> {
        let mut targets = SmallVec::new();
        match self {
            Terminator::Jump(target) => targets.push(target),
            Terminator::Branch { then, otherwise, .. } => targets.extend([then, otherwise]),
            Terminator::Switch { cases, default, .. } => {
                targets.extend(cases.iter_mut().map(|(_, target)| target));
                targets.push(default);
            }
            Terminator::Try { normal, unwind } => targets.extend([normal, unwind]),
            Terminator::Return(_) | Terminator::Unreachable => {}
        }
        targets
    }

    /// Every value that it uses, block arguments too.
    pub fn for_each_value(&self, mut f: impl FnMut(Value)) {
        match self {
            Terminator::Branch { condition, .. } => f(*condition),
            Terminator::Switch { value, .. } => f(*value),
            Terminator::Return(values) => values.iter().copied().for_each(&mut f),
            Terminator::Jump(_) | Terminator::Try { .. } | Terminator::Unreachable => {}
        }
        for target in self.targets() {
            target.args.iter().copied().for_each(&mut f);
        }
    }

    pub fn for_each_value_mut(&mut self, mut f: impl FnMut(&mut Value)) {
        match self {
            Terminator::Branch { condition, .. } => f(condition),
            Terminator::Switch { value, .. } => f(value),
            Terminator::Return(values) => values.iter_mut().for_each(&mut f),
            Terminator::Jump(_) | Terminator::Try { .. } | Terminator::Unreachable => {}
        }
        for target in self.targets_mut() {
            target.args.iter_mut().for_each(&mut f);
        }
    }
}

impl BlockCall {
    pub fn new(block: Block, args: impl IntoIterator<Item = Value>) -> BlockCall {
        BlockCall { block, args: args.into_iter().collect() }
    }
}

impl Function {
    /// A function with an empty entry block that has the signature's parameters.
    pub fn new(symbol: String, signature: Signature, scope: String) -> Function {
        let params = signature.params.clone();
        let mut function = Function {
            symbol,
            signature,
            convention: Convention::default(),
            linkage: Linkage::default(),
            hint: Hint::default(),
            is_coroutine: false,
            part: Part::default(),
            blocks: Vec::new(),
            layout: Vec::new(),
            insts: Vec::new(),
            values: Vec::new(),
            slots: Vec::new(),
            locations: Vec::new(),
            scopes: vec![Scope { function: scope, inlined_at: None }],
        };
        let entry = function.add_block();
        for ty in params {
            function.add_param(entry, ty);
        }
        function
    }

    /// One whose code is in an earlier module.
    pub fn import(symbol: String, signature: Signature) -> Function {
        let mut function = Function::new(symbol, signature, String::new());
        function.linkage = Linkage::Import;
        function.layout.clear();
        function
    }

    pub fn is_replaceable(&self) -> bool {
        self.linkage == Linkage::Replaceable
    }

    pub fn is_import(&self) -> bool {
        self.linkage == Linkage::Import
    }

    pub fn entry(&self) -> Block {
        self.layout[0]
    }

    /// A new block at the end of the layout.
    pub fn add_block(&mut self) -> Block {
        let block = Block(self.blocks.len() as u32);
        self.blocks.push(BlockData::default());
        self.layout.push(block);
        block
    }

    pub fn add_param(&mut self, block: Block, ty: Type) -> Value {
        let index = self.blocks[block.index()].params.len() as u32;
        let value = self.add_value(ty, ValueDef::Param(block, index));
        self.blocks[block.index()].params.push(value);
        value
    }

    pub fn add_value(&mut self, ty: Type, def: ValueDef) -> Value {
        self.values.push(ValueData { ty, def });
        Value(self.values.len() as u32 - 1)
    }

    /// Makes an instruction with fresh results of the given types; the caller puts it in a block.
    pub fn make_inst(
        &mut self,
        op: Op,
        ty: Type,
        args: impl IntoIterator<Item = Value>,
        aux: Aux,
        results: impl IntoIterator<Item = Type>,
        loc: Loc,
    ) -> Inst {
        let inst = Inst(self.insts.len() as u32);
        let args = args.into_iter().collect();
        self.insts.push(InstData { op, ty, args, results: SmallVec::new(), aux, loc });
        for (index, ty) in results.into_iter().enumerate() {
            let value = self.add_value(ty, ValueDef::Result(inst, index as u32));
            self.insts[inst.index()].results.push(value);
        }
        inst
    }

    pub fn value_type(&self, value: Value) -> Type {
        self.values[value.index()].ty
    }

    pub fn block(&self, block: Block) -> &BlockData {
        &self.blocks[block.index()]
    }

    pub fn block_mut(&mut self, block: Block) -> &mut BlockData {
        &mut self.blocks[block.index()]
    }

    pub fn inst(&self, inst: Inst) -> &InstData {
        &self.insts[inst.index()]
    }

    pub fn inst_mut(&mut self, inst: Inst) -> &mut InstData {
        &mut self.insts[inst.index()]
    }

    /// The instruction that defines a value, unless it is a block parameter.
    pub fn def_inst(&self, value: Value) -> Option<Inst> {
        match self.values[value.index()].def {
            ValueDef::Result(inst, _) => Some(inst),
            ValueDef::Param(..) => None,
        }
    }

    /// The integer that a value is, if an `iconst` makes it.
    pub fn as_iconst(&self, value: Value) -> Option<i64> {
        match self.inst(self.def_inst(value)?) {
            InstData { op: Op::Iconst, aux: Aux::Imm(imm), .. } => Some(*imm),
            _ => None,
        }
    }
}
