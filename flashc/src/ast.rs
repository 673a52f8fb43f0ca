//! The syntax tree: what the parser understood of one file, untyped and unresolved.
//!
//! Every node has a span. The parser always gives a tree; where the text made no sense there is an
//! `Error` node, for which a diagnostic has been reported. The tree covers the whole language;
//! what a later stage does not support yet it must refuse with a diagnostic.
//!
//! A path whose first name is empty stands for the type that is known from outside:
//! `.Rect { w, h }` has the path `["", "Rect"]`, and so has the type in `x is .Rect`.
//!
//! Trees are never deeper than `parser::MAX_HEIGHT` and a few hundred, so recursion over them is safe.

mod body;
mod dump;
mod overload;

pub use body::{Body, ParseBody};
pub use dump::dump;

use crate::source::{FileId, Span, Symbol};

/// One parsed file. Items and top-level statements stand in source order.
#[derive(Clone, Debug)]
pub struct Module {
    pub file: FileId,
    /// Text of `//!`-less leading `///` is attached to items; a module has no doc of its own.
    pub items: Vec<Item>,
}

/// A name where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ident {
    pub name: Symbol,
    pub span: Span,
}

/// `#[name(args)]`
#[derive(Clone, Debug)]
pub struct Attribute {
    pub name: Ident,
    /// `os = "linux"` is a named argument, `"text"` a positional one.
    pub args: Vec<AttributeArg>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct AttributeArg {
    pub name: Option<Ident>,
    /// A literal (string, number, bool), or `None` for a bare name.
    pub value: Option<Literal>,
    /// `any(...)`: arguments of its own.
    pub args: Option<Vec<AttributeArg>>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Item {
    pub attributes: Vec<Attribute>,
    /// Markdown of the `///` lines before, without the slashes.
    pub doc: Option<String>,
    /// Where `export` stands.
    pub export: Option<Span>,
    pub kind: ItemKind,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum ItemKind {
    Import(Import),
    /// `export { a, b as c };` or `export { a } from "./m.fl";`
    Export {
        names: Vec<ImportName>,
        from: Option<StrLiteral>,
    },
    Function(Function),
    Const(Const),
    /// `struct` and `class`
    Record(TypeDecl),
    Enum(Enum),
    Interface(Interface),
    Impl(Impl),
    Alias(Alias),
    Extern(ExternBlock),
    Test(Test),
    /// A top-level statement, or an item's stand-in inside a block.
    Statement(Stmt),
}

#[derive(Clone, Debug)]
pub struct StrLiteral {
    pub value: Symbol,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Import {
    pub names: ImportNames,
    pub from: StrLiteral,
}

#[derive(Clone, Debug)]
pub enum ImportNames {
    /// `import fs from "std:fs"`
    Namespace(Ident),
    /// `import { a, b as c } from "./m.fl"`
    Names(Vec<ImportName>),
    /// `import "./m.fl"`, for its effects
    None,
}

/// `name` or `name as alias`
#[derive(Clone, Copy, Debug)]
pub struct ImportName {
    pub name: Ident,
    pub alias: Option<Ident>,
}

impl ImportName {
    /// The name that it has in the importing module.
    pub fn local(&self) -> Ident {
        self.alias.unwrap_or(self.name)
    }
}

#[derive(Clone, Debug)]
pub struct Function {
    pub name: Ident,
    pub generics: Vec<GenericParam>,
    pub params: Vec<Param>,
    /// What stands behind `->`.
    pub result: Option<TypeExpr>,
    /// `None` for declarations: in `extern`, in interfaces, and intrinsics of std.
    pub body: Option<Body>,
    pub is_async: bool,
    pub is_unsafe: bool,
    /// `export extern "C" fn`: the ABI's name.
    pub extern_abi: Option<StrLiteral>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct GenericParam {
    pub name: Ident,
    /// `T: A + B`
    pub bounds: Vec<TypeExpr>,
    /// `T = A`: what it is where no type argument stands. Of interfaces only.
    pub default: Option<TypeExpr>,
}

#[derive(Clone, Debug)]
pub struct Param {
    /// `self`, `mut self`: a name pattern called `self` without a type.
    pub pattern: Pattern,
    pub ty: Option<TypeExpr>,
    pub default: Option<Expr>,
    /// `rest: ...[T]`
    pub is_rest: bool,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Const {
    pub name: Ident,
    pub ty: Option<TypeExpr>,
    pub value: Expr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    Struct,
    Class,
}

#[derive(Clone, Debug)]
pub struct TypeDecl {
    pub kind: RecordKind,
    pub name: Ident,
    pub generics: Vec<GenericParam>,
    pub fields: Vec<FieldDecl>,
    pub methods: Vec<Method>,
}

#[derive(Clone, Debug)]
pub struct FieldDecl {
    pub attributes: Vec<Attribute>,
    pub doc: Option<String>,
    pub is_private: bool,
    pub name: Ident,
    pub ty: TypeExpr,
    pub default: Option<Expr>,
}

/// A function inside a type, interface or impl. Static when its first parameter is not `self`.
#[derive(Clone, Debug)]
pub struct Method {
    pub attributes: Vec<Attribute>,
    pub doc: Option<String>,
    pub is_private: bool,
    pub function: Function,
}

#[derive(Clone, Debug)]
pub struct Enum {
    pub name: Ident,
    pub generics: Vec<GenericParam>,
    pub variants: Vec<Variant>,
    pub methods: Vec<Method>,
}

#[derive(Clone, Debug)]
pub struct Variant {
    pub doc: Option<String>,
    pub name: Ident,
    pub fields: VariantFields,
    /// `Ok = 0`
    pub value: Option<Expr>,
}

#[derive(Clone, Debug)]
pub enum VariantFields {
    None,
    Positional(Vec<TypeExpr>),
    Named(Vec<FieldDecl>),
}

#[derive(Clone, Debug)]
pub struct Interface {
    pub name: Ident,
    pub generics: Vec<GenericParam>,
    /// Interfaces that an implementor must implement too.
    pub supers: Vec<TypeExpr>,
    pub methods: Vec<Method>,
}

/// `impl<T> Show for P<T> { ... }`, or without `for` (built-in types, in std only).
#[derive(Clone, Debug)]
pub struct Impl {
    pub generics: Vec<GenericParam>,
    pub interface: Option<TypeExpr>,
    pub target: TypeExpr,
    /// `impl i8, i16 { ... }`: more types that get the same, in std only.
    pub more_targets: Vec<TypeExpr>,
    pub methods: Vec<Method>,
}

#[derive(Clone, Debug)]
pub struct Alias {
    pub name: Ident,
    pub generics: Vec<GenericParam>,
    pub ty: TypeExpr,
}

/// `extern "C" { fn ...; }`
#[derive(Clone, Debug)]
pub struct ExternBlock {
    pub abi: StrLiteral,
    pub functions: Vec<Method>,
}

#[derive(Clone, Debug)]
pub struct Test {
    pub name: StrLiteral,
    pub body: Block,
}

#[derive(Clone, Debug)]
pub struct TypeExpr {
    pub kind: TypeExprKind,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum TypeExprKind {
    /// `i32`, `Point`, `fs.Stat`, `Map<K, V>`: the path's names and the last one's arguments.
    Path {
        path: Vec<Ident>,
        args: Vec<TypeExpr>,
    },
    /// `[T]`
    Array(Box<TypeExpr>),
    /// `[T; N]`
    FixedArray(Box<TypeExpr>, Box<Expr>),
    Tuple(Vec<TypeExpr>),
    /// `T?`
    Optional(Box<TypeExpr>),
    /// `*T`
    Pointer(Box<TypeExpr>),
    /// `fn(A, B) -> C`; names of parameters are allowed and ignored.
    Function {
        params: Vec<TypeExpr>,
        result: Option<Box<TypeExpr>>,
    },
    /// `{ name: str, n: i32 }`
    Record(Vec<(Ident, TypeExpr)>),
    /// The values that a parameter may have: `"read" | "write"`, `1`, `true`.
    Literals(Vec<Literal>),
    Error,
}

/// Statements, then perhaps a value.
#[derive(Clone, Debug)]
pub struct Block {
    pub statements: Vec<Stmt>,
    /// The last expression without `;`.
    pub value: Option<Box<Expr>>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Stmt {
    pub kind: StmtKind,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum StmtKind {
    Let(Let),
    Expr(Expr),
    /// A function, type or constant declared inside a block.
    Item(Box<Item>),
    Defer(Box<Stmt>),
    /// `using x = e;`
    Using(Ident, Expr),
    /// A lone `;`.
    Empty,
}

#[derive(Clone, Debug)]
pub struct Let {
    /// `let mut x` makes every name of the pattern mutable.
    pub is_mut: bool,
    pub pattern: Pattern,
    pub ty: Option<TypeExpr>,
    pub value: Option<Expr>,
    /// `let p = e else { ... };`: where to go when the pattern does not match.
    pub otherwise: Option<Block>,
}

#[derive(Clone, Debug)]
pub struct Pattern {
    pub kind: PatternKind,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum PatternKind {
    Wildcard,
    /// `x`, `mut x`, or the name of a constant or variant: the resolver tells.
    Name {
        name: Ident,
        is_mut: bool,
    },
    /// `x: T`, `_: T` (the name `_`), where what is matched may be of several types
    Typed {
        name: Ident,
        is_mut: bool,
        ty: Box<TypeExpr>,
    },
    /// `-1`, `"a"`, `'c'`, `true`, `null`
    Literal(Box<Expr>),
    /// `a..b`, `a..=b`, open at either side
    Range {
        start: Option<Box<Expr>>,
        end: Option<Box<Expr>>,
        inclusive: bool,
    },
    Tuple(Vec<Pattern>),
    /// `P { x, y: p, .. }`
    Struct {
        path: Vec<Ident>,
        fields: Vec<FieldPattern>,
        has_rest: bool,
    },
    /// `Shape.Circle(r)`, `.Circle(r)` (empty path before the name), `.Empty`
    Variant {
        path: Vec<Ident>,
        name: Ident,
        args: Option<Vec<Pattern>>,
    },
    /// `a | b`
    Or(Vec<Pattern>),
    /// `x @ p`
    Binding {
        name: Ident,
        is_mut: bool,
        pattern: Box<Pattern>,
    },
    Error,
}

/// `x` or `x: pattern`
#[derive(Clone, Debug)]
pub struct FieldPattern {
    pub name: Ident,
    pub pattern: Option<Pattern>,
}

#[derive(Clone, Debug)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum Literal {
    /// Value, and the suffix if one stands there (`7u8`). Negation is a unary operator.
    Int {
        value: u128,
        suffix: Option<Symbol>,
    },
    Float {
        value: f64,
        suffix: Option<Symbol>,
    },
    Bool(bool),
    Char(char),
    Str(Symbol),
    /// `b"..."`
    Bytes(Vec<u8>),
    Null,
}

#[derive(Clone, Debug)]
pub enum ExprKind {
    Literal(Literal),
    Template(Vec<TemplatePart>),
    Name(Symbol),
    /// `self`
    SelfValue,
    Paren(Box<Expr>),
    Tuple(Vec<Expr>),
    /// `[a, b]`, `[...xs, b]`
    Array(Vec<Expr>),
    /// `...xs`: an element of an array literal, nowhere else.
    Spread(Box<Expr>),
    /// `[value; count]`
    ArrayRepeat {
        value: Box<Expr>,
        count: Box<Expr>,
    },
    /// `["a": 1]`, `[:]`
    Map(Vec<(Expr, Expr)>),
    /// `P { x: 1, y, ..base }`; an empty path is a record literal.
    Struct {
        path: Vec<Ident>,
        args: Vec<TypeExpr>,
        fields: Vec<FieldInit>,
        base: Option<Box<Expr>>,
    },
    /// `.Circle`, where the type is known; a call around it gives its arguments.
    ShortVariant(Ident),
    Unary {
        op: UnaryOp,
        operand: Box<Expr>,
    },
    Binary {
        op: BinaryOp,
        op_span: Span,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// `a = b`, `a += b`
    Assign {
        op: Option<BinaryOp>,
        op_span: Span,
        target: Box<Expr>,
        value: Box<Expr>,
    },
    /// `a..b`, open at either side
    Range {
        start: Option<Box<Expr>>,
        end: Option<Box<Expr>>,
        inclusive: bool,
    },
    Cast {
        value: Box<Expr>,
        ty: TypeExpr,
    },
    /// `x is T` (also `x is .Variant`, as a pattern)
    Is {
        value: Box<Expr>,
        ty: TypeExpr,
    },
    Call {
        callee: Box<Expr>,
        type_args: Vec<TypeExpr>,
        args: Vec<Arg>,
    },
    /// `a.b`, `a?.b`; tuple fields are `t.0`
    Field {
        base: Box<Expr>,
        name: Ident,
        optional: bool,
    },
    /// `a[i]`, `a?.[i]`
    Index {
        base: Box<Expr>,
        index: Box<Expr>,
        optional: bool,
    },
    /// `x!`
    Unwrap(Box<Expr>),
    Block(Block),
    /// `'a: { ... }`, which `break 'a` leaves
    Labelled {
        label: Ident,
        body: Block,
    },
    Unsafe(Block),
    If(Box<If>),
    Match {
        value: Box<Expr>,
        arms: Vec<Arm>,
    },
    While {
        label: Option<Ident>,
        condition: Box<Condition>,
        body: Block,
    },
    Loop {
        label: Option<Ident>,
        body: Block,
    },
    For {
        label: Option<Ident>,
        pattern: Pattern,
        iterable: Box<Expr>,
        is_await: bool,
        body: Block,
    },
    Break {
        label: Option<Ident>,
        value: Option<Box<Expr>>,
    },
    Continue {
        label: Option<Ident>,
    },
    Return(Option<Box<Expr>>),
    Throw(Box<Expr>),
    Try {
        body: Block,
        catches: Vec<Catch>,
        finally: Option<Block>,
    },
    /// `try? e`
    TryOptional(Box<Expr>),
    Await(Box<Expr>),
    Spawn(Box<Expr>),
    Select(Vec<SelectArm>),
    /// `await import("./m.fl")` without the await
    Import(StrLiteral),
    Closure(Box<Closure>),
    /// `Map<str, i32>` before `.new()`, or a generic function as a value: `max<i32>`.
    TypeArgs {
        base: Box<Expr>,
        args: Vec<TypeExpr>,
    },
    Error,
}

#[derive(Clone, Debug)]
pub enum TemplatePart {
    Text(Symbol),
    Expr(Expr),
}

#[derive(Clone, Debug)]
pub struct FieldInit {
    pub name: Ident,
    /// `None` for the shorthand `P { x }`.
    pub value: Option<Expr>,
}

/// An argument, by position or by name.
#[derive(Clone, Debug)]
pub struct Arg {
    pub name: Option<Ident>,
    /// `...xs` spreads an array into a rest parameter.
    pub spread: bool,
    pub value: Expr,
}

#[derive(Clone, Debug)]
pub struct If {
    pub condition: Condition,
    pub then: Block,
    /// A block or another `if`.
    pub otherwise: Option<Expr>,
}

/// `e`, or `let p = e`, possibly joined by `&&`.
#[derive(Clone, Debug)]
pub enum Condition {
    Expr(Expr),
    Let { pattern: Pattern, value: Expr },
    And(Box<Condition>, Box<Condition>),
}

#[derive(Clone, Debug)]
pub struct Arm {
    pub pattern: Pattern,
    pub guard: Option<Expr>,
    pub body: Expr,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Catch {
    pub name: Option<Ident>,
    pub ty: Option<TypeExpr>,
    pub body: Block,
}

#[derive(Clone, Debug)]
pub struct SelectArm {
    pub pattern: Option<Pattern>,
    pub value: Expr,
    pub body: Expr,
}

#[derive(Clone, Debug)]
pub struct Closure {
    pub params: Vec<Param>,
    pub result: Option<TypeExpr>,
    /// A block for `fn(x) { }`, any expression for `fn(x) => e`.
    pub body: Expr,
    pub is_async: bool,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `-x`
    Neg,
    /// `!x`
    Not,
    /// `~x`
    BitNot,
    /// `*p`
    Deref,
    /// `&x`
    AddressOf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    BitAnd,
    BitOr,
    BitXor,
    Shl,
    /// `>>`: arithmetic for signed, logical for unsigned.
    Shr,
    /// `>>>`: logical always.
    Ushr,
    And,
    Or,
    /// `??`
    Coalesce,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}
