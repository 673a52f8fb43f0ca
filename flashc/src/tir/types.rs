//! Types, interned: equal types have equal ids. Also substitution of type parameters.

use super::NominalId;
use crate::source::Symbol;
use rustc_hash::FxHashMap;

/// An interned type of one [`Types`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ty(pub u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IntTy {
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
}

impl IntTy {
    pub const ALL: [IntTy; 8] =
        [IntTy::I8, IntTy::I16, IntTy::I32, IntTy::I64, IntTy::U8, IntTy::U16, IntTy::U32, IntTy::U64];

    pub fn bits(self) -> u32 {
        match self {
            IntTy::I8 | IntTy::U8 => 8,
            IntTy::I16 | IntTy::U16 => 16,
            IntTy::I32 | IntTy::U32 => 32,
            IntTy::I64 | IntTy::U64 => 64,
        }
    }

    pub fn is_signed(self) -> bool {
        matches!(self, IntTy::I8 | IntTy::I16 | IntTy::I32 | IntTy::I64)
    }

    pub fn min(self) -> i128 {
        if self.is_signed() { -(1 << (self.bits() - 1)) } else { 0 }
    }

    pub fn max(self) -> i128 {
        (1 << (self.bits() - u32::from(self.is_signed()))) - 1
    }

    /// The value modulo 2^bits, in this type's range.
    pub fn wrap(self, value: i128) -> i128 {
        let shift = 128 - self.bits();
        if self.is_signed() { (value << shift) >> shift } else { ((value as u128) << shift >> shift) as i128 }
    }

    pub fn name(self) -> &'static str {
        match self {
            IntTy::I8 => "i8",
            IntTy::I16 => "i16",
            IntTy::I32 => "i32",
            IntTy::I64 => "i64",
            IntTy::U8 => "u8",
            IntTy::U16 => "u16",
            IntTy::U32 => "u32",
            IntTy::U64 => "u64",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FloatTy {
    F32,
    F64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TyKind {
    Void,
    /// Of expressions that do not come back.
    Never,
    Bool,
    Char,
    Int(IntTy),
    Float(FloatTy),
    Str,
    /// `[T]`
    Array(Ty),
    /// `[T; N]`
    FixedArray(Ty, u64),
    Tuple(Vec<Ty>),
    /// `{ name: T }`, fields sorted by name.
    Record(Vec<(Symbol, Ty)>),
    Optional(Ty),
    Pointer(Ty),
    Function(Vec<Ty>, Ty),
    /// Struct, class, enum or interface (as a dynamic type) with its type arguments.
    Nominal(NominalId, Vec<Ty>),
    /// The i-th generic parameter of the function or type it stands in.
    Param(u32, Symbol),
    /// After a reported error; fits everything. Never in a program without errors.
    Error,
}

/// The interner.
#[derive(Clone, Debug)]
pub struct Types {
    kinds: Vec<TyKind>,
    /// By type: how deeply its parts are nested.
    depths: Vec<u32>,
    ids: FxHashMap<TyKind, Ty>,
    /// The class `Promise`, where there is one.
    promise: Option<NominalId>,
}

macro_rules! fixed_types {
    ($($name:ident = $index:literal => $kind:expr;)*) => {
        impl Ty {
            $(pub const $name: Ty = Ty($index);)*
        }

        impl Default for Types {
            fn default() -> Types {
                let mut types = Types::empty();
                $(debug_assert_eq!(types.intern($kind), Ty::$name);
                types.intern($kind);)*
                types
            }
        }
    };
}

fixed_types! {
    VOID = 0 => TyKind::Void;
    NEVER = 1 => TyKind::Never;
    BOOL = 2 => TyKind::Bool;
    CHAR = 3 => TyKind::Char;
    STR = 4 => TyKind::Str;
    ERROR = 5 => TyKind::Error;
    I8 = 6 => TyKind::Int(IntTy::I8);
    I16 = 7 => TyKind::Int(IntTy::I16);
    I32 = 8 => TyKind::Int(IntTy::I32);
    I64 = 9 => TyKind::Int(IntTy::I64);
    U8 = 10 => TyKind::Int(IntTy::U8);
    U16 = 11 => TyKind::Int(IntTy::U16);
    U32 = 12 => TyKind::Int(IntTy::U32);
    U64 = 13 => TyKind::Int(IntTy::U64);
    F32 = 14 => TyKind::Float(FloatTy::F32);
    F64 = 15 => TyKind::Float(FloatTy::F64);
}

impl Types {
    fn empty() -> Types {
        Types { kinds: Vec::new(), depths: Vec::new(), ids: FxHashMap::default(), promise: None }
    }

    /// The type of this kind. Promises never nest: a promise of a promise is that promise. A function that takes
    /// nothing, where something is `void`, does not take it.
    pub fn intern(&mut self, mut kind: TyKind) -> Ty {
        if let TyKind::Function(params, _) = &mut kind {
            params.retain(|&param| param != Ty::VOID);
        }
        if let TyKind::Nominal(id, args) = &kind
            && self.promise == Some(*id)
            && let [inner] = args[..]
            && self.awaited(inner).is_some()
        {
            return inner;
        }
        if let Some(&ty) = self.ids.get(&kind) {
            return ty;
        }
        let ty = Ty(self.kinds.len() as u32);
        self.depths.push(self.depth_of(&kind));
        self.kinds.push(kind.clone());
        self.ids.insert(kind, ty);
        ty
    }

    fn depth_of(&self, kind: &TyKind) -> u32 {
        let deepest = |all: &[Ty]| all.iter().map(|&ty| self.depth(ty) + 1).max().unwrap_or(0);
        match kind {
            TyKind::Array(t) | TyKind::FixedArray(t, _) | TyKind::Optional(t) | TyKind::Pointer(t) => deepest(&[*t]),
            TyKind::Tuple(all) | TyKind::Nominal(_, all) => deepest(all),
            TyKind::Record(fields) => fields.iter().map(|&(_, ty)| self.depth(ty) + 1).max().unwrap_or(0),
            TyKind::Function(params, result) => deepest(params).max(self.depth(*result) + 1),
            _ => 0,
        }
    }

    /// How deeply the parts of a type are nested.
    pub fn depth(&self, ty: Ty) -> u32 {
        self.depths[ty.0 as usize]
    }

    pub fn kind(&self, ty: Ty) -> &TyKind {
        &self.kinds[ty.0 as usize]
    }

    /// The types that an array, optional, pointer, tuple or record is made of; of any other type none.
    pub fn elements(&self, ty: Ty) -> Vec<Ty> {
        match self.kind(ty) {
            TyKind::Array(of) | TyKind::FixedArray(of, _) | TyKind::Optional(of) | TyKind::Pointer(of) => vec![*of],
            TyKind::Tuple(types) => types.clone(),
            TyKind::Record(fields) => fields.iter().map(|(_, ty)| *ty).collect(),
            _ => Vec::new(),
        }
    }

    pub fn int(&self, int: IntTy) -> Ty {
        match int {
            IntTy::I8 => Ty::I8,
            IntTy::I16 => Ty::I16,
            IntTy::I32 => Ty::I32,
            IntTy::I64 => Ty::I64,
            IntTy::U8 => Ty::U8,
            IntTy::U16 => Ty::U16,
            IntTy::U32 => Ty::U32,
            IntTy::U64 => Ty::U64,
        }
    }

    pub fn optional(&mut self, inner: Ty) -> Ty {
        self.intern(TyKind::Optional(inner))
    }

    /// From here on this class is `Promise`.
    pub fn set_promise(&mut self, id: NominalId) {
        self.promise = Some(id);
    }

    /// `Promise<T>`, where there is such a class.
    pub fn promise(&mut self, inner: Ty) -> Option<Ty> {
        let id = self.promise?;
        Some(self.intern(TyKind::Nominal(id, vec![inner])))
    }

    /// `T` of a `Promise<T>`.
    pub fn awaited(&self, ty: Ty) -> Option<Ty> {
        match self.kind(ty) {
            TyKind::Nominal(id, args) if self.promise == Some(*id) => args.first().copied(),
            _ => None,
        }
    }

    pub fn array(&mut self, element: Ty) -> Ty {
        self.intern(TyKind::Array(element))
    }

    pub fn pointer(&mut self, target: Ty) -> Ty {
        self.intern(TyKind::Pointer(target))
    }

    /// The type with `Param(i)` replaced by `args[i]`.
    pub fn substitute(&mut self, ty: Ty, args: &[Ty]) -> Ty {
        if args.is_empty() {
            return ty;
        }
        let kind = match self.kind(ty).clone() {
            TyKind::Param(index, _) => return args.get(index as usize).copied().unwrap_or(ty),
            TyKind::Array(t) => TyKind::Array(self.substitute(t, args)),
            TyKind::FixedArray(t, n) => TyKind::FixedArray(self.substitute(t, args), n),
            TyKind::Tuple(ts) => TyKind::Tuple(self.substitute_all(&ts, args)),
            TyKind::Record(fields) => {
                TyKind::Record(fields.iter().map(|&(name, t)| (name, self.substitute(t, args))).collect())
            }
            TyKind::Optional(t) => TyKind::Optional(self.substitute(t, args)),
            TyKind::Pointer(t) => TyKind::Pointer(self.substitute(t, args)),
            TyKind::Function(params, result) => {
                TyKind::Function(self.substitute_all(&params, args), self.substitute(result, args))
            }
            TyKind::Nominal(id, ts) => TyKind::Nominal(id, self.substitute_all(&ts, args)),
            TyKind::Void
            | TyKind::Never
            | TyKind::Bool
            | TyKind::Char
            | TyKind::Int(_)
            | TyKind::Float(_)
            | TyKind::Str
            | TyKind::Error => return ty,
        };
        self.intern(kind)
    }

    pub fn substitute_all(&mut self, types: &[Ty], args: &[Ty]) -> Vec<Ty> {
        types.iter().map(|&t| self.substitute(t, args)).collect()
    }

    pub fn as_int(&self, ty: Ty) -> Option<IntTy> {
        match self.kind(ty) {
            TyKind::Int(int) => Some(*int),
            _ => None,
        }
    }

    pub fn is_float(&self, ty: Ty) -> bool {
        matches!(self.kind(ty), TyKind::Float(_))
    }

    pub fn is_numeric(&self, ty: Ty) -> bool {
        matches!(self.kind(ty), TyKind::Int(_) | TyKind::Float(_))
    }
}
