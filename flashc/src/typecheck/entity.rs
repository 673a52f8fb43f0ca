//! What the checker knows of every named thing: functions, types, globals, constants.

use crate::ast::{self, Attribute};
use crate::resolve::ModuleIndex;
use crate::source::{Span, Symbol};
use crate::tir::{Const, FuncId, GenericParam, GlobalId, IntTy, NominalId, Ty, TyKind};
use std::rc::Rc;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Entity {
    Function(FnId),
    Const(ConstId),
    Global(GlobalId),
    Nominal(NominalId),
    Alias(AliasId),
    Module(ModuleIndex),
    /// Reported already.
    Error,
}

macro_rules! ids {
    ($($name:ident)*) => {
        $(#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(super) struct $name(pub(super) u32);
        impl $name {
            pub(super) fn index(self) -> usize { self.0 as usize }
        })*
    };
}

ids! { FnId ConstId AliasId }

/// Where an item stands: what its types may name.
#[derive(Debug)]
pub(super) struct ItemScope {
    pub(super) module: ModuleIndex,
    pub(super) generics: Vec<GenericParam>,
    /// `Self`
    pub(super) self_ty: Option<Ty>,
    /// Items of the blocks around, when it stands in a function.
    pub(super) nested: Vec<(Symbol, Entity)>,
}

/// A written function, a method or a declaration.
#[derive(Clone, Debug)]
pub(super) struct FunctionInfo<'a> {
    pub(super) ast: &'a ast::Function,
    pub(super) attributes: &'a [Attribute],
    pub(super) scope: Rc<ItemScope>,
    /// Type whose method it is, as errors and stack traces write it.
    pub(super) owner: Option<Symbol>,
    /// `"C"` or `"flash"` when declared in an `extern` block.
    pub(super) extern_block: Option<Symbol>,
    pub(super) is_private: bool,
    pub(super) exported: bool,
    pub(super) signature: Option<Rc<Signature>>,
    pub(super) state: State,
    /// The inferred result, when none is written.
    pub(super) inferred: Option<Ty>,
    pub(super) func: Option<FuncId>,
    pub(super) special: Special,
    /// The interface whose method it declares, and which one.
    pub(super) interface: Option<(NominalId, u32)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Pending,
    Checking,
    Done,
}

/// Functions that calls treat in their own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Special {
    None,
    /// `#[format_args]`: arguments of any number and type become one text.
    FormatArgs,
    /// `#[assert]`
    Assert,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SelfKind {
    /// A static or free function.
    None,
    Value,
    /// `mut self` of a value type: the argument is an address.
    Reference,
}

#[derive(Clone, Debug)]
pub(super) struct Signature {
    pub(super) self_kind: SelfKind,
    /// Without `self`.
    pub(super) params: Vec<ParamInfo>,
    /// `None`: to be inferred from the body.
    pub(super) result: Option<Ty>,
    pub(super) is_unsafe: bool,
}

#[derive(Clone, Debug)]
pub(super) struct ParamInfo {
    pub(super) name: Symbol,
    pub(super) ty: Ty,
    /// The only values it may have, when its type lists them.
    pub(super) literals: Vec<Const>,
    /// Function that gives the value when it is left out, and how many of the parameters before
    /// it takes.
    pub(super) default: Option<FuncId>,
    pub(super) default_takes: u32,
    pub(super) is_rest: bool,
}

#[derive(Clone, Debug)]
pub(super) struct GlobalInfo<'a> {
    pub(super) name: Symbol,
    pub(super) module: ModuleIndex,
    pub(super) declaration: &'a ast::Let,
    pub(super) is_mut: bool,
    pub(super) span: Span,
    pub(super) ty: Option<Ty>,
    /// Its type is being found, which needs its value's.
    pub(super) in_progress: bool,
}

#[derive(Clone, Debug)]
pub(super) struct ConstInfo<'a> {
    pub(super) ast: &'a ast::Const,
    pub(super) scope: Rc<ItemScope>,
    pub(super) state: State,
    pub(super) value: Option<(Ty, Const)>,
}

#[derive(Clone, Debug)]
pub(super) struct AliasInfo<'a> {
    pub(super) ast: &'a ast::Alias,
    pub(super) scope: Rc<ItemScope>,
    pub(super) state: State,
    pub(super) ty: Option<Ty>,
}

#[derive(Clone, Debug)]
pub(super) struct NominalInfo<'a> {
    pub(super) name: Symbol,
    pub(super) module: ModuleIndex,
    pub(super) span: Span,
    pub(super) scope: Rc<ItemScope>,
    pub(super) decl: Decl<'a>,
    /// Of a struct or class.
    pub(super) fields: Vec<FieldInfo<'a>>,
    /// Of an enum.
    pub(super) variants: Vec<VariantInfo<'a>>,
    pub(super) methods: rustc_hash::FxHashMap<Symbol, FnId>,
    /// Of an interface: what it declares, in order, and the interfaces that it builds upon.
    pub(super) declared: Vec<FnId>,
    pub(super) supers: Vec<Ty>,
}

/// `impl Interface for Target`.
#[derive(Clone, Debug)]
pub(super) struct ImplInfo {
    pub(super) generics: Vec<GenericParam>,
    pub(super) interface: Ty,
    pub(super) target: Ty,
    /// One for each method of the interface; `None` after a mistake.
    pub(super) methods: Vec<Option<FnId>>,
    pub(super) span: Span,
}

#[derive(Clone, Debug)]
pub(super) struct FieldInfo<'a> {
    pub(super) name: Symbol,
    pub(super) ty: Ty,
    pub(super) is_private: bool,
    pub(super) default: Option<(&'a ast::Expr, FuncId)>,
    pub(super) span: Span,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Decl<'a> {
    Record(&'a ast::TypeDecl),
    Enum(&'a ast::Enum),
    Interface(&'a ast::Interface),
}

#[derive(Clone, Debug)]
pub(super) struct VariantInfo<'a> {
    pub(super) name: Symbol,
    /// Positional ones are called `0`, `1`, ...
    pub(super) fields: Vec<FieldInfo<'a>>,
    pub(super) is_named: bool,
    pub(super) value: i64,
    pub(super) span: Span,
}

impl<'a> NominalInfo<'a> {
    pub(super) fn is_class(&self) -> bool {
        matches!(self.decl, Decl::Record(decl) if decl.kind == ast::RecordKind::Class)
    }

    pub(super) fn is_interface(&self) -> bool {
        matches!(self.decl, Decl::Interface(_))
    }

    /// A value refers to an object: a class, or an interface as a type.
    pub(super) fn is_reference(&self) -> bool {
        self.is_class() || self.is_interface()
    }

    pub(super) fn is_enum(&self) -> bool {
        matches!(self.decl, Decl::Enum(_))
    }

    /// Fields of a struct, or of all variants.
    pub(super) fn all_fields(&self) -> impl Iterator<Item = &FieldInfo<'a>> {
        self.fields.iter().chain(self.variants.iter().flat_map(|v| &v.fields))
    }

    /// A variant has no values: the enum is a number with names.
    pub(super) fn is_c_like(&self) -> bool {
        self.is_enum() && self.variants.iter().all(|v| v.fields.is_empty())
    }
}

/// Work that is left.
#[derive(Clone, Debug)]
pub(super) enum Job<'a> {
    Function(FnId),
    /// The value of a parameter or field that is left out.
    Default {
        func: FuncId,
        name: String,
        /// The parameters before, when the value depends on them.
        params: Vec<(Symbol, Ty)>,
        ty: Ty,
        expr: &'a ast::Expr,
        scope: Rc<ItemScope>,
    },
}

/// The outermost part of a built-in type, by which its methods are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Head {
    Array,
    FixedArray,
    Str,
    Bool,
    Char,
    Int(IntTy),
    F32,
    F64,
    Optional,
    Pointer,
}

impl Head {
    pub(super) fn of(kind: &TyKind) -> Option<Head> {
        Some(match kind {
            TyKind::Array(_) => Head::Array,
            TyKind::FixedArray(..) => Head::FixedArray,
            TyKind::Str => Head::Str,
            TyKind::Bool => Head::Bool,
            TyKind::Char => Head::Char,
            TyKind::Int(int) => Head::Int(*int),
            TyKind::Float(crate::tir::FloatTy::F32) => Head::F32,
            TyKind::Float(crate::tir::FloatTy::F64) => Head::F64,
            TyKind::Optional(_) => Head::Optional,
            TyKind::Pointer(_) => Head::Pointer,
            _ => return None,
        })
    }
}
