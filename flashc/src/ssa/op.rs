//! The operations, and the one table of facts about each that every pass reads.

use super::Type;
use smallvec::{SmallVec, smallvec};

/// How an operation's types follow from `InstData::ty`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typing {
    /// Operands and the one result are of type `ty`.
    Same,
    /// Operands are of type `ty`, the result is `i8`.
    Test,
    /// Operand of the type in `Aux::From`, result `ty`.
    Convert,
    /// No operands; result `ty`.
    Make,
    /// (i8, ty, ty) -> ty
    Select,
    /// (ty, ty) -> (ty, i8)
    Overflow,
    /// (ptr) -> ty
    Load,
    /// (ptr, ty) -> nothing
    Store,
    /// (ptr, ptr) or (ptr) of `copy` and `zero` -> nothing
    Block,
    /// By the callee's signature.
    Call,
    /// Operands of `ty`, no result.
    Check,
    /// (ptr, i64) -> ptr
    Offset,
}

impl Typing {
    /// The types of the results; those of calls follow from the callee instead.
    pub fn results(self, ty: Type) -> SmallVec<[Type; 2]> {
        match self {
            Typing::Same | Typing::Convert | Typing::Make | Typing::Select | Typing::Load => smallvec![ty],
            Typing::Test => smallvec![Type::I8],
            Typing::Overflow => smallvec![ty, Type::I8],
            Typing::Offset => smallvec![Type::Ptr],
            Typing::Store | Typing::Block | Typing::Call | Typing::Check => SmallVec::new(),
        }
    }
}

/// What passes may do with an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Depends on its operands only: may be removed, merged, moved anywhere.
    Pure,
    /// Reads memory: may be removed; merged and moved as far as its region allows.
    Read,
    /// Writes memory.
    Write,
    /// Makes a new object: may be removed when the object is not used.
    Allocate,
    /// Fails the program (or throws) unless its condition holds; removed where it is known to hold.
    Check,
    /// Anything; a runtime function's `Effect` may say more.
    Call,
}

#[derive(Clone, Copy, Debug)]
pub struct Facts {
    pub name: &'static str,
    pub arity: Option<u8>,
    pub typing: Typing,
    pub class: Class,
    pub commutative: bool,
}

macro_rules! ops {
    ($($(#[$doc:meta])* $id:ident $name:literal $arity:expr, $typing:ident $class:ident $($commutative:ident)?;)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Op { $($(#[$doc])* $id),* }

        const FACTS: &[Facts] = &[$(Facts {
            name: $name,
            arity: $arity,
            typing: Typing::$typing,
            class: Class::$class,
            commutative: ops!(@flag $($commutative)?),
        }),*];

        impl Op {
            pub const ALL: &'static [Op] = &[$(Op::$id),*];
        }
    };
    (@flag commutative) => { true };
    (@flag) => { false };
}

const N0: Option<u8> = Some(0);
const N1: Option<u8> = Some(1);
const N2: Option<u8> = Some(2);
const N3: Option<u8> = Some(3);
const ANY: Option<u8> = None;

ops! {
    Iconst "iconst" N0, Make Pure;
    Fconst "fconst" N0, Make Pure;

    Iadd "iadd" N2, Same Pure commutative;
    Isub "isub" N2, Same Pure;
    Imul "imul" N2, Same Pure commutative;
    /// Divisor known not to be 0 (`nonzero` dominates); the least value by -1 wraps.
    Sdiv "sdiv" N2, Same Pure;
    Udiv "udiv" N2, Same Pure;
    /// Remainder with the dividend's sign.
    Srem "srem" N2, Same Pure;
    Urem "urem" N2, Same Pure;
    Ineg "ineg" N1, Same Pure;
    And "and" N2, Same Pure commutative;
    Or "or" N2, Same Pure commutative;
    Xor "xor" N2, Same Pure commutative;
    Not "not" N1, Same Pure;
    /// Shift counts are taken modulo the width.
    Shl "shl" N2, Same Pure;
    Sshr "sshr" N2, Same Pure;
    Ushr "ushr" N2, Same Pure;
    Rotl "rotl" N2, Same Pure;
    Rotr "rotr" N2, Same Pure;
    /// Of zero: the width.
    Clz "clz" N1, Same Pure;
    Ctz "ctz" N1, Same Pure;
    Popcnt "popcnt" N1, Same Pure;
    Smin "smin" N2, Same Pure commutative;
    Smax "smax" N2, Same Pure commutative;
    Umin "umin" N2, Same Pure commutative;
    Umax "umax" N2, Same Pure commutative;

    Fadd "fadd" N2, Same Pure commutative;
    Fsub "fsub" N2, Same Pure;
    Fmul "fmul" N2, Same Pure commutative;
    Fdiv "fdiv" N2, Same Pure;
    Fneg "fneg" N1, Same Pure;
    Fabs "fabs" N1, Same Pure;
    Sqrt "sqrt" N1, Same Pure;
    Floor "floor" N1, Same Pure;
    Ceil "ceil" N1, Same Pure;
    Ftrunc "ftrunc" N1, Same Pure;
    Nearest "nearest" N1, Same Pure;
    /// IEEE 754-2019 minimum and maximum: NaN if either is, -0 below +0.
    Fmin "fmin" N2, Same Pure commutative;
    Fmax "fmax" N2, Same Pure commutative;
    Fcopysign "fcopysign" N2, Same Pure;

    /// Aux: condition. Also for pointers.
    Icmp "icmp" N2, Test Pure;
    Fcmp "fcmp" N2, Test Pure;
    Select "select" N3, Select Pure;

    Sext "sext" N1, Convert Pure;
    Zext "zext" N1, Convert Pure;
    /// Keeps the low bits.
    Itrunc "itrunc" N1, Convert Pure;
    SintToFloat "sint_to_float" N1, Convert Pure;
    UintToFloat "uint_to_float" N1, Convert Pure;
    /// Saturating, NaN gives 0.
    FloatToSint "float_to_sint" N1, Convert Pure;
    FloatToUint "float_to_uint" N1, Convert Pure;
    Fpromote "fpromote" N1, Convert Pure;
    Fdemote "fdemote" N1, Convert Pure;
    /// Same size, other type (also between `i64` and `ptr`).
    Bitcast "bitcast" N1, Convert Pure;

    /// Wrapped result, and 1 when it does not fit.
    SaddOverflow "sadd_overflow" N2, Overflow Pure commutative;
    SsubOverflow "ssub_overflow" N2, Overflow Pure;
    SmulOverflow "smul_overflow" N2, Overflow Pure commutative;
    UaddOverflow "uadd_overflow" N2, Overflow Pure commutative;
    UsubOverflow "usub_overflow" N2, Overflow Pure;
    UmulOverflow "umul_overflow" N2, Overflow Pure commutative;

    /// Address and byte offset.
    PtrAdd "ptr_add" N2, Offset Pure;
    /// Address of a stack slot; slots are not zeroed.
    SlotAddr "slot_addr" N0, Make Pure;
    DataAddr "data_addr" N0, Make Pure;
    DescriptorAddr "descriptor_addr" N0, Make Pure;
    FuncAddr "func_addr" N0, Make Pure;
    ExternAddr "extern_addr" N0, Make Pure;
    GlobalAddr "global_addr" N0, Make Pure;
    /// The context.
    Context "context" N0, Make Pure;

    Load "load" N1, Load Read;
    Store "store" N2, Store Write;
    /// `copy to, from`: Aux bytes, a constant number; the areas do not overlap.
    Copy "copy" N2, Block Write;
    /// `zero to`: Aux bytes.
    Zero "zero" N1, Block Write;
    /// A zeroed object of the descriptor's fixed size with its header set.
    Alloc "alloc" N0, Make Allocate;

    /// `bounds index, length`: fails unless index < length, unsigned.
    Bounds "bounds" N2, Check Check;
    NonNull "nonnull" N1, Check Check;
    /// A divisor.
    NonZero "nonzero" N1, Check Check;
    /// Fails with "overflow" when the `i8` is not 0.
    NoOverflow "no_overflow" N1, Check Check;

    /// Aux: function.
    Call "call" ANY, Call Call;
    /// First operand: code address. Aux: the signature of the rest.
    CallIndirect "call_indirect" ANY, Call Call;
    /// Aux: runtime function; the context is added.
    CallRt "call_rt" ANY, Call Call;
    /// Aux: extern "C" function.
    CallExtern "call_extern" ANY, Call Call;

    /// The frame of this coroutine: a closure object of type `fn()` that goes on behind the last `suspend` when it
    /// is called. Only in coroutines.
    CoroutineSelf "coroutine_self" N0, Make Pure;
    /// Goes back to whoever started or resumed this coroutine; goes on here when its frame is called. Anything may have
    /// happened meanwhile, but nothing is thrown. Only in coroutines.
    Suspend "suspend" N0, Call Call;
}

impl Op {
    pub fn facts(self) -> &'static Facts {
        &FACTS[self as usize]
    }
}

/// Comparison of integers and addresses; `S` signed, `U` unsigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IntCc {
    Eq,
    Ne,
    Slt,
    Sle,
    Sgt,
    Sge,
    Ult,
    Ule,
    Ugt,
    Uge,
}

/// Comparison of floats; all are false on NaN, but `Ne` is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FloatCc {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}
