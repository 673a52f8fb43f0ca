//! `import data from "./data.json"`: a document becomes a module with one variable, whose value is written as
//! the literal that says the same and whose type follows from the contents: objects are records, arrays are
//! arrays of the type that their elements have in common, where a field that some lack is optional. What has
//! nothing in common is reported in the document.
//!
//! Numbers are `i32`, else `i64`, else `f64`. An empty array that nothing tells more of is a `[str]`, a lone
//! `null` a `str?`.

use crate::ast::{
    self, Expr, ExprKind, FieldInit, Ident, Item, ItemKind, Let, Literal, Module, Pattern, PatternKind, Stmt, StmtKind,
    TypeExpr, TypeExprKind, UnaryOp,
};
use crate::diagnostics::Diagnostic;
use crate::source::{FileId, Span, Symbol};
use indexmap::IndexMap;

/// How deep arrays and objects may stand inside each other.
const MAX_DEPTH: u32 = 100;

/// A value where it stands.
struct Value {
    kind: Kind,
    span: Span,
}

enum Kind {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(Symbol),
    Array(Vec<Value>),
    Object(IndexMap<Symbol, (Span, Value)>),
}

/// What is known of the type of values.
#[derive(Clone, Debug, PartialEq)]
enum Type {
    /// Nothing: elements of empty arrays.
    Unknown,
    Bool,
    I32,
    I64,
    F64,
    Str,
    Array(Box<Type>),
    Record(IndexMap<Symbol, Type>),
    Optional(Box<Type>),
}

type Found<T> = Result<T, Box<Diagnostic>>;

/// The module of a document. With a diagnostic it has no value.
pub(super) fn module(file: FileId, text: &str, name: Symbol) -> (Module, Vec<Diagnostic>) {
    let written = Reader { file, text, position: 0 }.document().and_then(|value| {
        let ty = type_of(&value)?;
        Ok((expression(&value, &ty), ty, value.span))
    });
    match written {
        Ok((value, ty, span)) => (Module { file, items: vec![variable(name, value, &ty, span)] }, Vec::new()),
        Err(diagnostic) => (Module { file, items: Vec::new() }, vec![*diagnostic]),
    }
}

fn variable(name: Symbol, value: Expr, ty: &Type, span: Span) -> Item {
    let start = Span { end: span.start, ..span };
    let pattern = Pattern { kind: PatternKind::Name { name: Ident { name, span: start }, is_mut: false }, span: start };
    let declaration = Let { is_mut: false, pattern, ty: Some(written(ty, start)), value: Some(value), otherwise: None };
    let stmt = Stmt { kind: StmtKind::Let(declaration), span };
    Item { attributes: Vec::new(), doc: None, export: Some(start), kind: ItemKind::Statement(stmt), span }
}

// Types.

fn type_of(value: &Value) -> Found<Type> {
    Ok(match &value.kind {
        Kind::Null => Type::Optional(Box::new(Type::Unknown)),
        Kind::Bool(_) => Type::Bool,
        Kind::Int(n) => {
            if i32::try_from(*n).is_ok() {
                Type::I32
            } else {
                Type::I64
            }
        }
        Kind::Float(_) => Type::F64,
        Kind::Str(_) => Type::Str,
        Kind::Array(elements) => {
            let mut joined = Type::Unknown;
            for (index, element) in elements.iter().enumerate() {
                let ty = type_of(element)?;
                joined = match join(&joined, &ty) {
                    Some(ty) => ty,
                    None => return Err(unlike(elements, index, &joined, &ty)),
                };
            }
            Type::Array(Box::new(joined))
        }
        Kind::Object(fields) => {
            let mut types = IndexMap::with_capacity(fields.len());
            for (name, (_, value)) in fields {
                types.insert(*name, type_of(value)?);
            }
            Type::Record(types)
        }
    })
}

/// Reports an element that has no type in common with those before it, at the place where they differ.
fn unlike(elements: &[Value], index: usize, before: &Type, own: &Type) -> Box<Diagnostic> {
    let element = &elements[index];
    let (mut span, mut before, mut own) = (element.span, before, own);
    let mut path = String::new();
    let mut value = element;
    // Down to the field that does not fit.
    while let (Type::Record(a), Type::Record(b), Kind::Object(fields)) = (before, own, &value.kind) {
        let misfit = fields.iter().find_map(|(name, (_, value))| {
            let (x, y) = (a.get(name)?, b.get(name)?);
            join(x, y).is_none().then_some((name, value, x, y))
        });
        let Some((name, inner, x, y)) = misfit else { break };
        path = format!("{path}.{name}");
        (span, before, own, value) = (inner.span, x, y, inner);
    }
    let what = if path.is_empty() { "the elements".to_owned() } else { format!("`{}` of the elements", &path[1..]) };
    let message = format!("{what} have no type in common: `{}` and `{}`", shown(before), shown(own));
    let first = elements.first().map_or(element.span, |first| first.span);
    Box::new(
        Diagnostic::error("E0211", span, message)
            .label(format!("this is `{}`", shown(own)))
            .secondary(Span { end: (first.start + 1).min(first.end), ..first }, "the first element")
            .note("read such a document with `json.parse(text)`, which gives a `Json` value"),
    )
}

/// The type of which both can be.
fn join(a: &Type, b: &Type) -> Option<Type> {
    Some(match (a, b) {
        (a, b) if a == b => a.clone(),
        (Type::Unknown, other) | (other, Type::Unknown) => other.clone(),
        (Type::Optional(a), Type::Optional(b)) => optional(join(a, b)?),
        (Type::Optional(a), b) | (b, Type::Optional(a)) => optional(join(a, b)?),
        (Type::I32, Type::I64) | (Type::I64, Type::I32) => Type::I64,
        (Type::I32 | Type::I64, Type::F64) | (Type::F64, Type::I32 | Type::I64) => Type::F64,
        (Type::Array(a), Type::Array(b)) => Type::Array(Box::new(join(a, b)?)),
        (Type::Record(a), Type::Record(b)) => {
            let mut fields = IndexMap::with_capacity(a.len());
            for (name, ty) in a {
                let joined = match b.get(name) {
                    Some(other) => join(ty, other)?,
                    None => optional(ty.clone()),
                };
                fields.insert(*name, joined);
            }
            for (name, ty) in b.iter().filter(|(name, _)| !a.contains_key(*name)) {
                fields.insert(*name, optional(ty.clone()));
            }
            Type::Record(fields)
        }
        _ => return None,
    })
}

fn optional(ty: Type) -> Type {
    match ty {
        Type::Optional(_) => ty,
        other => Type::Optional(Box::new(other)),
    }
}

fn shown(ty: &Type) -> String {
    match ty {
        Type::Unknown | Type::Str => "str".to_owned(),
        Type::Bool => "bool".to_owned(),
        Type::I32 => "i32".to_owned(),
        Type::I64 => "i64".to_owned(),
        Type::F64 => "f64".to_owned(),
        Type::Array(element) => format!("[{}]", shown(element)),
        Type::Optional(inner) if **inner == Type::Unknown => "null".to_owned(),
        Type::Optional(inner) => format!("{}?", shown(inner)),
        Type::Record(fields) => {
            let fields: Vec<String> =
                fields.iter().take(4).map(|(name, ty)| format!("{name}: {}", shown(ty))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
    }
}

/// The type as source.
fn written(ty: &Type, span: Span) -> TypeExpr {
    let named =
        |name: &str| TypeExprKind::Path { path: vec![Ident { name: Symbol::new(name), span }], args: Vec::new() };
    let kind = match ty {
        Type::Unknown | Type::Str => named("str"),
        Type::Bool => named("bool"),
        Type::I32 => named("i32"),
        Type::I64 => named("i64"),
        Type::F64 => named("f64"),
        Type::Array(element) => TypeExprKind::Array(Box::new(written(element, span))),
        Type::Optional(inner) => TypeExprKind::Optional(Box::new(written(inner, span))),
        Type::Record(fields) => TypeExprKind::Record(
            fields.iter().map(|(name, ty)| (Ident { name: *name, span }, written(ty, span))).collect(),
        ),
    };
    TypeExpr { kind, span }
}

// Values.

/// The value as source, for the type that it takes part in.
fn expression(value: &Value, ty: &Type) -> Expr {
    let span = value.span;
    let inner = match ty {
        Type::Optional(inner) => inner,
        other => other,
    };
    let literal = |literal| ExprKind::Literal(literal);
    let kind = match &value.kind {
        Kind::Null => literal(Literal::Null),
        Kind::Bool(value) => literal(Literal::Bool(*value)),
        Kind::Str(text) => literal(Literal::Str(*text)),
        Kind::Int(n) if *inner == Type::F64 => {
            number(Literal::Float { value: n.unsigned_abs() as f64, suffix: None }, *n < 0, span)
        }
        Kind::Int(n) => number(Literal::Int { value: u128::from(n.unsigned_abs()), suffix: None }, *n < 0, span),
        Kind::Float(x) => number(Literal::Float { value: x.abs(), suffix: None }, x.is_sign_negative(), span),
        Kind::Array(elements) => {
            let element = match inner {
                Type::Array(element) => element,
                other => other,
            };
            ExprKind::Array(elements.iter().map(|e| expression(e, element)).collect())
        }
        Kind::Object(fields) => {
            let types = match inner {
                Type::Record(types) => types.iter(),
                _ => return Expr { kind: ExprKind::Error, span },
            };
            let fields = types.map(|(name, ty)| match fields.get(name) {
                Some((key, value)) => {
                    FieldInit { name: Ident { name: *name, span: *key }, value: Some(expression(value, ty)) }
                }
                None => {
                    let null = Expr { kind: ExprKind::Literal(Literal::Null), span };
                    FieldInit { name: Ident { name: *name, span }, value: Some(null) }
                }
            });
            ExprKind::Struct { path: Vec::new(), args: Vec::new(), fields: fields.collect(), base: None }
        }
    };
    Expr { kind, span }
}

fn number(literal: Literal, negative: bool, span: Span) -> ExprKind {
    let kind = ExprKind::Literal(literal);
    if !negative {
        return kind;
    }
    ExprKind::Unary { op: UnaryOp::Neg, operand: Box::new(ast::Expr { kind, span }) }
}

// Text.

struct Reader<'t> {
    file: FileId,
    text: &'t str,
    position: usize,
}

impl Reader<'_> {
    fn document(mut self) -> Found<Value> {
        if self.text.starts_with('\u{feff}') {
            self.position = '\u{feff}'.len_utf8();
        }
        let value = self.value(0)?;
        self.space();
        if self.position < self.text.len() {
            return Err(self.wrong("the document ends before this"));
        }
        Ok(value)
    }

    fn byte(&self) -> u8 {
        self.text.as_bytes().get(self.position).copied().unwrap_or(0)
    }

    fn space(&mut self) {
        while matches!(self.byte(), b' ' | b'\t' | b'\n' | b'\r') {
            self.position += 1;
        }
    }

    fn span(&self, start: usize) -> Span {
        Span::new(self.file, start, self.position)
    }

    fn wrong(&self, message: impl Into<String>) -> Box<Diagnostic> {
        let next = self.text.get(self.position..).and_then(|rest| rest.chars().next());
        let end = self.position + next.map_or(0, char::len_utf8);
        let span = Span::new(self.file, self.position, end);
        Box::new(Diagnostic::error("E0210", span, message).note("this is not JSON"))
    }

    fn value(&mut self, depth: u32) -> Found<Value> {
        self.space();
        if depth > MAX_DEPTH {
            return Err(self.wrong("this is nested too deeply"));
        }
        let start = self.position;
        let kind = match self.byte() {
            b'{' => self.object(depth)?,
            b'[' => self.array(depth)?,
            b'"' => Kind::Str(Symbol::new(&self.string()?)),
            b'-' | b'0'..=b'9' => self.number()?,
            _ => {
                let rest = self.text.get(start..).unwrap_or("");
                let words = [("null", Kind::Null), ("true", Kind::Bool(true)), ("false", Kind::Bool(false))];
                let found = words.into_iter().find(|(word, _)| rest.starts_with(word));
                match found {
                    Some((word, kind)) => {
                        self.position += word.len();
                        kind
                    }
                    None if rest.is_empty() => return Err(self.wrong("a value is expected before the end")),
                    None if rest.starts_with('/') => return Err(self.wrong("JSON has no comments")),
                    None if rest.starts_with('\'') => return Err(self.wrong("texts stand in double quotes")),
                    None => return Err(self.wrong("a value is expected here")),
                }
            }
        };
        Ok(Value { kind, span: self.span(start) })
    }

    fn array(&mut self, depth: u32) -> Found<Kind> {
        let mut elements = Vec::new();
        self.position += 1;
        self.space();
        if self.byte() == b']' {
            self.position += 1;
            return Ok(Kind::Array(elements));
        }
        loop {
            elements.push(self.value(depth + 1)?);
            if self.ends(b']')? {
                return Ok(Kind::Array(elements));
            }
            self.no_trailing_comma(b']')?;
        }
    }

    fn object(&mut self, depth: u32) -> Found<Kind> {
        let mut fields: IndexMap<Symbol, (Span, Value)> = IndexMap::new();
        self.position += 1;
        self.space();
        if self.byte() == b'}' {
            self.position += 1;
            return Ok(Kind::Object(fields));
        }
        loop {
            self.space();
            let start = self.position;
            if self.byte() != b'"' {
                return Err(self.wrong("a name in double quotes is expected here"));
            }
            let name = Symbol::new(&self.string()?);
            let key = self.span(start);
            self.space();
            if self.byte() != b':' {
                return Err(self.wrong("`:` is expected here"));
            }
            self.position += 1;
            let value = self.value(depth + 1)?;
            if let Some((first, _)) = fields.get(&name) {
                return Err(Box::new(
                    Diagnostic::error("E0210", key, format!("`{name}` stands here twice"))
                        .secondary(*first, "the first one"),
                ));
            }
            fields.insert(name, (key, value));
            if self.ends(b'}')? {
                return Ok(Kind::Object(fields));
            }
            self.no_trailing_comma(b'}')?;
        }
    }

    /// Takes the closing bracket, or the comma before more.
    fn ends(&mut self, closing: u8) -> Found<bool> {
        self.space();
        match self.byte() {
            byte if byte == closing => {
                self.position += 1;
                Ok(true)
            }
            b',' => {
                self.position += 1;
                Ok(false)
            }
            _ => Err(self.wrong(format!("`,` or `{}` is expected here", char::from(closing)))),
        }
    }

    fn no_trailing_comma(&mut self, closing: u8) -> Found<()> {
        self.space();
        if self.byte() == closing {
            return Err(self.wrong("JSON has no comma before a closing bracket"));
        }
        Ok(())
    }

    /// The text's own parser takes care of escapes and of what a number may look like.
    fn string(&mut self) -> Found<String> {
        let start = self.position;
        self.position += 1;
        loop {
            match self.byte() {
                b'"' => break,
                b'\\' => self.position += 2,
                b'\n' | b'\r' => return Err(self.wrong("a text ends on its line")),
                0 if self.position >= self.text.len() => {
                    self.position = start;
                    return Err(self.wrong("this text is never closed"));
                }
                _ => self.position += 1,
            }
        }
        self.position += 1;
        let token = self.text.get(start..self.position).unwrap_or("");
        serde_json::from_str(token).map_err(|_| {
            let span = self.span(start);
            Box::new(Diagnostic::error("E0210", span, "this text has an escape or a character that JSON does not know"))
        })
    }

    fn number(&mut self) -> Found<Kind> {
        let start = self.position;
        while matches!(self.byte(), b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9') {
            self.position += 1;
        }
        let token = self.text.get(start..self.position).unwrap_or("");
        if let Ok(n) = serde_json::from_str::<i64>(token) {
            return Ok(Kind::Int(n));
        }
        match serde_json::from_str::<f64>(token) {
            Ok(x) if x.is_finite() => Ok(Kind::Float(x)),
            _ => Err(Box::new(Diagnostic::error("E0210", self.span(start), "this is no number of JSON"))),
        }
    }
}
