//! The typed tree: what typecheck made of all modules. Nothing in it is unresolved or untyped;
//! sugar is gone (`while`, `for`, `if let`, method syntax, implicit conversions, defaults, named
//! arguments, `?.`). Generic functions stay generic: `TyKind::Param` is replaced when `ssa::build`
//! makes an instance (see [`Types::substitute`]).
//!
//! Where the language leaves the order of evaluation to the tree, children are evaluated in the
//! order of the fields of their node.

pub mod arith;
pub mod contain;
mod dump;
pub mod eval;
pub mod implementation;
mod types;
pub mod walk;

pub use dump::{dump, type_text};
pub use types::{FloatTy, IntTy, Ty, TyKind, Types};

use crate::ast::RecordKind;
use crate::source::{FileId, Span, Symbol};
use flash_abi::symbols::Rt;
use rustc_hash::FxHashMap;
use std::sync::Arc;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $($(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);
        impl $name {
            pub fn index(self) -> usize { self.0 as usize }
        })*
    };
}

ids! {
    /// Index in [`Program::functions`].
    FuncId;
    /// Index in [`Program::globals`].
    GlobalId;
    /// Index in [`Program::nominals`].
    NominalId;
    /// Index in [`Program::modules`].
    ModuleId;
    /// Index in [`Function::locals`].
    LocalId;
    /// A loop or labelled block, unique in its function; `Break` and `Continue` name it.
    LoopId;
}

/// A checked program: everything that its entry module reaches by imports.
#[derive(Clone, Debug)]
pub struct Program {
    pub types: Types,
    pub modules: Vec<Module>,
    pub functions: Vec<Arc<Function>>,
    pub globals: Vec<Global>,
    pub nominals: Vec<Nominal>,
    pub impls: Vec<Impl>,
    pub known: Known,
    /// One function a module that has top-level statements, dependencies first.
    pub initializers: Vec<FuncId>,
    pub main: Option<FuncId>,
    /// The entry module's tests, where they are asked for: then one of them runs instead of `main`.
    pub tests: Vec<Test>,
    /// Functions of std that `ssa::build` calls, by their `#[lang("name")]`.
    pub lang: FxHashMap<Symbol, FuncId>,
    /// None in a program that is made without std.
    pub errors: Option<Errors>,
}

/// What is known of errors.
#[derive(Clone, Debug)]
pub struct Errors {
    /// The interface `Error`: what is thrown is a value of it.
    pub interface: Ty,
    /// The classes that failing checks throw, in the order of `flash_abi::program::ERROR_CLASSES`.
    pub classes: Vec<Ty>,
    /// The class `Thrown`: what a handler is given, an error with its trace.
    pub thrown: Ty,
}

/// `test "name" { ... }`
#[derive(Clone, Debug)]
pub struct Test {
    pub name: Symbol,
    pub function: FuncId,
}

#[derive(Clone, Debug)]
pub struct Module {
    pub file: FileId,
    /// Last part of the path without `.fl`, or `std:fs`: the first part of symbol names.
    pub name: Symbol,
}

/// A module-level `let`. Assigned by its module's initializer; zero before.
#[derive(Clone, Debug)]
pub struct Global {
    pub name: Symbol,
    pub module: ModuleId,
    pub ty: Ty,
    pub is_mut: bool,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Function {
    /// As a stack trace shows it: `fib`, `Point.len`, `<closure in main>`, `<top level>`.
    pub name: String,
    pub module: ModuleId,
    /// `TyKind::Param(i)` in the signature and body is the i-th of these. A method's list starts
    /// with its type's, a closure's is its parent's.
    pub generics: Vec<GenericParam>,
    /// Locals that are the parameters, in order; `self` first.
    pub params: Vec<LocalId>,
    /// Of an async function: `Promise<T>`, where its body gives a `T` or a `Promise<T>`; or void, when nobody waits.
    pub result: Ty,
    pub locals: Vec<Local>,
    /// Locals of a closure that come from the enclosing function, in the order of
    /// [`ExprKind::Closure`]'s `captures`.
    pub captures: Vec<LocalId>,
    pub body: Body,
    pub attributes: FunctionAttributes,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct GenericParam {
    pub name: Symbol,
    /// Interface types that the argument implements.
    pub bounds: Vec<Ty>,
}

#[derive(Clone, Debug)]
pub enum Body {
    /// A value of the result type; `Return` leaves early.
    Flash(Expr),
    /// `extern "C"`: link name.
    ExternC { symbol: Symbol },
    /// `extern "flash"`: a native of the runtime.
    Native(Rt),
    /// An operation that `ssa::build` writes in place.
    Intrinsic(Intrinsic),
    /// A method of an interface without a default: only `Callee::Interface` names it.
    Declared,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FunctionAttributes {
    pub inline: Inline,
    /// `export extern "C" fn`: also callable from C under this link name.
    pub export_c: Option<Symbol>,
    pub is_async: bool,
    /// Of std, where a type parameter `T` only stands as `Promise<T>`: it is never a promise, but what that is for.
    pub flattens: bool,
    /// Never returns, and is not worth optimising for (`panic`).
    pub cold: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Inline {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Clone, Debug)]
pub struct Local {
    pub name: Symbol,
    pub ty: Ty,
    pub is_mut: bool,
    /// Captured by a closure and mutable: lives in a cell that both share.
    pub is_shared: bool,
    /// Its address is taken by `&x` or by a `mut self` call.
    pub is_addressed: bool,
    /// A `mut self` parameter: the argument is the address of the caller's value, and reading or
    /// writing the local reads or writes there. `ty` is the value's type.
    pub is_reference: bool,
    pub span: Span,
}

impl Local {
    /// One that is neither changed nor shared nor addressed.
    pub fn plain(name: Symbol, ty: Ty, span: Span) -> Local {
        Local { name, ty, is_mut: false, is_shared: false, is_addressed: false, is_reference: false, span }
    }
}

/// A struct, class, enum or interface.
#[derive(Clone, Debug)]
pub struct Nominal {
    pub name: Symbol,
    pub module: ModuleId,
    pub generics: Vec<GenericParam>,
    pub kind: NominalKind,
    pub methods: Vec<(Symbol, FuncId)>,
    /// A class of std whose instances stand for something of their thread (`#[local]`): they are not copied to others.
    pub is_local: bool,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum NominalKind {
    Record {
        kind: RecordKind,
        fields: Vec<Field>,
    },
    Enum {
        variants: Vec<Variant>,
    },
    /// Methods in the order of a dispatch table; the interfaces that it builds upon, where the
    /// parameter behind the interface's own is `Self`.
    Interface {
        methods: Vec<InterfaceMethod>,
        supers: Vec<Ty>,
    },
}

#[derive(Clone, Debug)]
pub struct Field {
    pub name: Symbol,
    pub ty: Ty,
    /// A function without parameters that gives the value when it is left out.
    pub default: Option<FuncId>,
    pub is_private: bool,
}

#[derive(Clone, Debug)]
pub struct Variant {
    pub name: Symbol,
    /// Positional fields are called `0`, `1`, ...
    pub fields: Vec<Field>,
    /// The integer that `as` gives.
    pub value: i64,
}

#[derive(Clone, Debug)]
pub struct InterfaceMethod {
    pub name: Symbol,
    /// The declaration, or the default body.
    pub function: FuncId,
    pub has_default: bool,
}

/// Interfaces that every type has: the interface, and the generic function that is its method where a type
/// does not implement it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known {
    pub show: Option<(NominalId, FuncId)>,
    pub eq: Option<(NominalId, FuncId)>,
    pub ord: Option<(NominalId, FuncId)>,
    pub hash: Option<(NominalId, FuncId)>,
}

/// `impl Interface for Target`.
#[derive(Clone, Debug)]
pub struct Impl {
    pub generics: Vec<GenericParam>,
    pub interface: Ty,
    pub target: Ty,
    /// One for each of the interface's methods, in its order.
    pub methods: Vec<FuncId>,
}

#[derive(Clone, Debug)]
pub struct Expr {
    pub kind: ExprKind,
    pub ty: Ty,
    pub span: Span,
}

/// A value known to the compiler. Its type is beside it.
#[derive(Clone, Debug, PartialEq)]
pub enum Const {
    Void,
    Null,
    Bool(bool),
    /// Of any integer type, sign- or zero-extended; also C-like enums' values.
    Int(i128),
    /// Of `f64`, or an exactly represented `f32`.
    Float(f64),
    Char(char),
    Str(Symbol),
    /// Tuples, structs and fixed arrays.
    Aggregate(Vec<Const>),
    /// An optional that is not null.
    Some(Box<Const>),
    /// Of an enum some variant of which has fields: which one, and its fields. (Others are integers.)
    Variant(u32, Vec<Const>),
}

#[derive(Clone, Debug)]
pub enum ExprKind {
    Const(Const),

    // Places: may be read, assigned to, or have their address taken.
    Local(LocalId),
    Global(GlobalId),
    /// Of a struct, class, tuple or record value.
    Field {
        base: Box<Expr>,
        index: u32,
    },
    /// Of `[T]` or `[T; N]` (checked). The index is an `i64`.
    Index {
        base: Box<Expr>,
        index: Box<Expr>,
    },
    /// `*p`
    Deref(Box<Expr>),

    /// Writes and gives void. With an operator: reads, applies, writes, evaluating the place once;
    /// the operand types are the place's.
    Assign {
        op: Option<BinaryOp>,
        target: Box<Expr>,
        value: Box<Expr>,
    },
    /// The place's address; of a value that is no place, the address of a copy.
    AddressOf(Box<Expr>),

    Unary {
        op: UnaryOp,
        operand: Box<Expr>,
    },
    /// Both operands have one type, the result has it too. (Shift counts: same type, masked.)
    Binary {
        op: BinaryOp,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// Any type on both sides, the same one; structural unless `Eq` or `Ord` is implemented. Gives bool.
    Compare {
        op: CompareOp,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// Short-circuit, on bools.
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    /// Texts to join; every part is a `str`.
    Concat(Vec<Expr>),
    /// `Show` of any value, as a `str`. A `str` itself is shown without quotes.
    Show(Box<Expr>),
    /// Between numbers, `char`, `bool`, C-like enums and raw pointers, from the operand's type to this
    /// expression's. Integers wrap, floats to integers saturate, integers to `char` are checked.
    Convert(Box<Expr>),

    // Values of interface types.
    /// A value of a type that implements it, or of an interface that builds upon it, as this interface.
    ToInterface(Box<Expr>),
    /// Whether a value, of an interface or an optional one, is of this type. Gives bool.
    IsType {
        value: Box<Expr>,
        ty: Ty,
    },
    /// Such a value, known to be of this expression's type.
    Downcast(Box<Expr>),

    // Optionals.
    /// `T` to `T?`
    Wrap(Box<Expr>),
    /// `x!`: fails when null.
    Unwrap(Box<Expr>),
    /// A narrowed optional, known not to be null.
    Narrow(Box<Expr>),
    IsNull(Box<Expr>),
    /// `a ?? b`
    Coalesce {
        value: Box<Expr>,
        default: Box<Expr>,
    },

    // Making values.
    Tuple(Vec<Expr>),
    /// `[a, b]` as `[T]` or `[T; N]`, by this expression's type.
    Array(Vec<Expr>),
    /// `[v; n]`, likewise; the count is an `i64`, constant for `[T; N]`.
    Repeat {
        value: Box<Expr>,
        count: Box<Expr>,
    },
    /// A fixed array of numbers that was not given a value.
    Zero,
    /// A struct, class or record. In the order of evaluation: field index and value; every field is there.
    New(Vec<(u32, Expr)>),
    Variant {
        index: u32,
        fields: Vec<Expr>,
    },

    // Functions.
    Call {
        callee: Callee,
        args: Vec<Expr>,
    },
    /// A named function as a value.
    FunctionValue {
        function: FuncId,
        type_args: Vec<Ty>,
    },
    /// A closure over locals of this function. A shared local gives its cell, others their value.
    Closure {
        function: FuncId,
        captures: Vec<LocalId>,
    },

    // Control.
    Block {
        statements: Vec<Stmt>,
        value: Option<Box<Expr>>,
    },
    If {
        condition: Box<Expr>,
        then: Box<Expr>,
        otherwise: Option<Box<Expr>>,
    },
    /// Arms are tried in order; the match is exhaustive.
    Match {
        value: Box<Expr>,
        arms: Vec<Arm>,
    },
    /// Runs the body, then `step`, for ever. `Continue` goes to `step`; `Break` leaves.
    Loop {
        id: LoopId,
        body: Box<Expr>,
        step: Option<Box<Expr>>,
    },
    /// A block that `Break` leaves with a value.
    Labelled {
        id: LoopId,
        body: Box<Expr>,
    },
    Break {
        id: LoopId,
        value: Option<Box<Expr>>,
    },
    Continue {
        id: LoopId,
    },
    Return(Option<Box<Expr>>),
    /// Of a value of `Error`, or of a `Thrown`, which keeps its trace.
    Throw(Box<Expr>),
    /// The body; when it throws, the first clause that takes the error; and then, however all that is left, `finally`.
    Try {
        body: Box<Expr>,
        catches: Vec<Catch>,
        finally: Option<Box<Expr>>,
    },
    /// Of a promise, in an async function: waits until it is settled, and gives its value or throws.
    Await(Box<Expr>),
}

#[derive(Clone, Debug)]
pub enum Callee {
    Function {
        function: FuncId,
        type_args: Vec<Ty>,
    },
    /// A value of function type.
    Value(Box<Expr>),
    /// The `method`-th of an interface. The first of the type arguments is the type that implements it
    /// (or the interface's own: a dynamic value), the others are the method's.
    Interface {
        interface: Ty,
        method: u32,
        type_args: Vec<Ty>,
    },
}

#[derive(Clone, Debug)]
pub struct Stmt {
    pub kind: StmtKind,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum StmtKind {
    /// The pattern cannot fail.
    Let {
        pattern: Pattern,
        value: Expr,
    },
    /// A variable that is assigned before it is read.
    Declare(LocalId),
    Expr(Expr),
    /// Runs when the enclosing block is left, by any way, last one first.
    Defer(Expr),
}

#[derive(Clone, Debug)]
pub struct Arm {
    pub pattern: Pattern,
    pub guard: Option<Expr>,
    pub body: Expr,
}

#[derive(Clone, Debug)]
pub struct Catch {
    pub local: Option<LocalId>,
    /// The local's type, which implements `Error`. `None` catches everything, and the local is an `Error`;
    /// [`Errors::thrown`] catches everything too.
    pub ty: Option<Ty>,
    pub body: Expr,
}

#[derive(Clone, Debug)]
pub struct Pattern {
    pub kind: PatternKind,
    /// Type of the value that is matched.
    pub ty: Ty,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum PatternKind {
    Wildcard,
    /// Binds the value, if the pattern inside matches too.
    Bind(LocalId, Option<Box<Pattern>>),
    /// Equal to this scalar or string; `Const::Null` for a null optional.
    Const(Const),
    /// Inclusive on both sides; numbers and chars.
    Range(Option<Const>, Option<Const>),
    /// An optional that is not null, and its value.
    Some(Box<Pattern>),
    Tuple(Vec<Pattern>),
    /// Field index and pattern, of a struct or class.
    Fields(Vec<(u32, Pattern)>),
    Variant {
        index: u32,
        fields: Vec<Pattern>,
    },
    /// A value of an interface type that is of the inner pattern's type.
    Type(Box<Pattern>),
    Or(Vec<Pattern>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    Neg,
    /// Of a bool.
    Not,
    BitNot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    /// Integers: fails on zero.
    Div,
    Rem,
    And,
    Or,
    Xor,
    Shl,
    /// Arithmetic for signed, logical for unsigned.
    Shr,
    /// Logical.
    Ushr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompareOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// Methods by which a class of std says how its instances are shown (in a text buffer), compared and
/// hashed: `show_into(self, buffer: *u8)`, `equals(self, other: Self) -> bool`, `hash_code(self) -> u64`.
pub const STD_HOOKS: [&str; 3] = ["show_into", "equals", "hash_code"];

/// Operations that std declares without a body as `#[intrinsic("name")] fn ...;`. `T` is the first
/// generic parameter of the declaration. None checks anything: std does, in Flash, before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Intrinsic {
    /// `[T]` -> i64
    ArrayLen,
    /// `[T]` -> i64
    ArrayCapacity,
    /// (`[T]`, i64): sets the length; elements must be there.
    ArraySetLen,
    /// (`[T]`, i64): room for at least that many elements.
    ArrayReserve,
    /// (`[T]`, i64) -> T
    ArrayGet,
    /// (`[T]`, i64, T)
    ArraySet,
    /// (`[T]`, to: i64, from: i64, count: i64): moves elements within, or from another array.
    ArrayMove,
    /// (to: `[T]`, to: i64, from: `[T]`, from: i64, count: i64)
    ArrayCopy,
    /// str -> i64, in bytes
    StrLen,
    /// (str, i64) -> u8
    StrByte,
    /// (str, start: i64, end: i64) -> str, sharing storage
    StrSlice,
    /// f64 -> f64 (also for f32)
    Sqrt,
    Floor,
    Ceil,
    Trunc,
    /// To the nearest, ties to even.
    Nearest,
    Abs,
    Min,
    Max,
    CopySign,
    /// f64 -> u64, f32 -> u32
    ToBits,
    FromBits,
    /// (T, T) -> T: of any numbers, as `+` and `*`.
    Plus,
    Times,
    /// 0 and 1 of any type of number.
    Zero,
    One,
    /// T -> (T, bool): wrapped result and whether it overflowed.
    AddOverflow,
    SubOverflow,
    MulOverflow,
    CountOnes,
    LeadingZeros,
    TrailingZeros,
    RotateLeft,
    RotateRight,
    /// `*T` arithmetic and raw memory, for `unsafe` code: (`*T`, i64) -> `*T`
    PointerOffset,
    /// `*T` -> i64
    PointerAddress,
    /// i64 -> `*T`
    PointerFromAddress,
    /// str -> address of its bytes, as i64
    StrAddress,
    /// Bytes that a `T` takes in memory.
    SizeOf,
    /// T -> str, as `Show` (what `to_str` is).
    Show,
    /// (T, T) -> bool / i32
    Equal,
    /// (T, T) -> bool: as `Equal`, but NaN is equal to NaN.
    SameKey,
    /// T -> u64: equal values give equal numbers; not mixed well.
    Hash,
    /// (`*u8`, T): writes the value to a text buffer as `Show` does inside others.
    ShowInto,
    /// (`*u8`, T): as `ShowInto`, not inside of anything: a text has no quotes.
    ShowAlone,
    /// T -> T: the key as tables keep it; -0.0 is 0.0.
    PlainKey,
    /// (`[T]`, i64) -> `*T`
    ArrayPointer,
    /// (`[T]`, i64): the element becomes all zero, and keeps nothing alive.
    ArrayZero,
    /// (Reader) -> T: reads a value of std:json.
    JsonRead,
    /// (writer, T): writes one.
    JsonWrite,
    /// K -> str: the key of an object that a map's key is.
    JsonKey,
    /// (Reader, str) -> K: the map's key that an object's key is.
    JsonReadKey,
    /// (`Promise<T>`, T): settles a promise with a value, or has it follow the promise that the value is.
    PromiseSettle,
    /// T -> `Promise<T>`: a promise that is fulfilled with the value; a promise is itself.
    PromiseOf,
    /// `Promise<T>` -> T: the value of a fulfilled promise; the promise itself where `T` is one.
    PromiseValue,
    /// bool: whether the type argument is a promise.
    IsPromise,
    /// Runs the initializers of std's modules again, in a thread that has just been made.
    InitializeStd,
    /// -> `*u8`: the ranges of the globals area that hold the variables of the program's own modules.
    CopiedGlobals,
    /// str -> never
    Panic,
    /// Text, address and length in the fail operands -> never
    AssertFailed,
}
