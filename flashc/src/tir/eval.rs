//! The evaluator of constants: runs typed expressions while compiling, for `const`, lengths of
//! arrays, defaults, and what the checker wants to know. Follows calls into functions; computes with
//! the arithmetic of [`arith`](super::arith). Knows values (scalars, texts, tuples, structs, fixed
//! arrays, optionals); what has identity (`[T]`, classes, closures, pointers) is not constant.
//!
//! Bounded: [`MAX_STEPS`] steps, [`MAX_DEPTH`] levels. Failures are data.

mod call;
mod compare;
mod native;
mod own;
mod pattern;
mod place;
mod show;
#[cfg(test)]
mod tests;

pub use own::KnownImpl;

use super::{
    Arm, BinaryOp, Const, Expr, ExprKind, FuncId, Function, IntTy, LocalId, LoopId, Nominal, NominalId, Stmt, StmtKind,
    Ty, TyKind, Types, UnaryOp, arith,
};
use crate::source::{Span, Symbol};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

/// Expressions evaluated before giving up, unless `--const-steps` says otherwise.
pub const MAX_STEPS: u64 = 10_000_000;
/// Expressions inside each other, through calls too; a call counts [`CALL_DEPTH`] times.
pub const MAX_DEPTH: u32 = 20_000;
const CALL_DEPTH: u32 = 4;
/// So deep without a stack of its own, and what that stack has for one level.
const SHALLOW_DEPTH: u32 = 200;
const STACK_PER_LEVEL: usize = 6 << 10;
/// Elements of all arrays and texts made before giving up.
const MAX_SIZE: u64 = 64 << 20;

/// What the evaluator may look at.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub types: &'a Types,
    /// By `FuncId`; `None` (or nothing) for those that are not checked yet.
    pub functions: &'a [Option<Arc<Function>>],
    /// By `NominalId`; may be empty, then structs are not shown and have no default values.
    pub nominals: &'a [Nominal],
    /// Expressions evaluated before giving up.
    pub max_steps: u64,
    /// What the program implements.
    pub impls: &'a [KnownImpl],
    pub known: KnownIds,
}

/// The interfaces that decide how values are shown and compared.
#[derive(Clone, Copy, Debug, Default)]
pub struct KnownIds {
    pub show: Option<NominalId>,
    pub eq: Option<NominalId>,
    pub ord: Option<NominalId>,
}

/// Why there is no value.
#[derive(Clone, Debug, PartialEq)]
pub struct EvalError {
    pub kind: EvalErrorKind,
    /// The innermost place.
    pub span: Span,
    /// Calls on the way there, innermost first: the function and the place of the call.
    pub calls: Vec<(String, Span)>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum EvalErrorKind {
    /// Something that only a running program can do: "reading the variable `x`".
    NotConstant(String),
    /// What a running program would throw: "division by zero".
    Throws(String),
    /// After that many steps.
    TooLong(u64),
    TooDeep,
    TooLarge,
    /// The function is not in the view (yet).
    Unchecked(FuncId),
    /// The method of an implementation that nothing has asked for yet: index in the view, and which one.
    Unplaced(usize, u32),
}

impl EvalError {
    /// For the message of a diagnostic.
    pub fn message(&self) -> String {
        match &self.kind {
            EvalErrorKind::NotConstant(what) => format!("not constant: {what}"),
            EvalErrorKind::Throws(what) => format!("the constant cannot be computed: {what}"),
            EvalErrorKind::TooLong(steps) => format!("not constant: it takes more than {steps} steps"),
            EvalErrorKind::TooDeep => "not constant: it calls itself too deeply".to_owned(),
            EvalErrorKind::TooLarge => "not constant: the value is too large".to_owned(),
            EvalErrorKind::Unchecked(_) | EvalErrorKind::Unplaced(..) => {
                "not constant: it calls a function that depends on it".to_owned()
            }
        }
    }
}

/// The value of an expression without free locals.
pub fn evaluate(view: View<'_>, expr: &Expr) -> Result<Const, EvalError> {
    let shallow = evaluate_to(view, expr, SHALLOW_DEPTH);
    if !matches!(&shallow, Err(error) if error.kind == EvalErrorKind::TooDeep) {
        return shallow;
    }
    // Once more, on a stack that is large enough. Memory is taken only as deep as it goes.
    let deep = std::thread::scope(|scope| {
        let size = MAX_DEPTH as usize * STACK_PER_LEVEL;
        let thread = std::thread::Builder::new().stack_size(size);
        let thread = thread.spawn_scoped(scope, || evaluate_to(view, expr, MAX_DEPTH)).ok()?;
        Some(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    deep.unwrap_or(shallow)
}

fn evaluate_to(view: View<'_>, expr: &Expr, max_depth: u32) -> Result<Const, EvalError> {
    let mut evaluator = Evaluator {
        view,
        types: Cow::Borrowed(view.types),
        frame: Frame::default(),
        steps: 0,
        depth: 0,
        max_depth,
        size: 0,
        calls: Vec::new(),
    };
    match evaluator.eval(expr) {
        Ok(value) => Ok(value),
        Err(Exit::Error(error)) => Err(*error),
        Err(_) => Err(evaluator.error(expr.span, EvalErrorKind::NotConstant("leaving what is around".to_owned()))),
    }
}

/// One call's variables.
#[derive(Default)]
struct Frame {
    /// By `LocalId`; `None` before it is assigned.
    locals: Vec<Option<Const>>,
    /// Of the function, without parameters of types left.
    type_args: Vec<Ty>,
}

/// Why an expression gave no value.
enum Exit {
    Break(LoopId, Const),
    Continue(LoopId),
    Return(Const),
    Error(Box<EvalError>),
}

type Value = Result<Const, Exit>;

struct Evaluator<'a> {
    view: View<'a>,
    /// Grows only when generic functions are called with composed types.
    types: Cow<'a, Types>,
    frame: Frame,
    steps: u64,
    depth: u32,
    max_depth: u32,
    size: u64,
    calls: Vec<(String, Span)>,
}

impl Evaluator<'_> {
    fn error(&self, span: Span, kind: EvalErrorKind) -> EvalError {
        EvalError { kind, span, calls: self.calls.iter().rev().take(8).cloned().collect() }
    }

    fn fail<T>(&self, span: Span, kind: EvalErrorKind) -> Result<T, Exit> {
        Err(Exit::Error(Box::new(self.error(span, kind))))
    }

    fn not_constant<T>(&self, span: Span, what: &str) -> Result<T, Exit> {
        self.fail(span, EvalErrorKind::NotConstant(what.to_owned()))
    }

    fn throws<T>(&self, span: Span, what: impl Into<String>) -> Result<T, Exit> {
        self.fail(span, EvalErrorKind::Throws(what.into()))
    }

    /// Accounts for that many elements or bytes.
    fn grow(&mut self, span: Span, size: u64) -> Result<(), Exit> {
        self.size = self.size.saturating_add(size);
        if self.size > MAX_SIZE { self.fail(span, EvalErrorKind::TooLarge) } else { Ok(()) }
    }

    /// The type, with this call's arguments for parameters.
    fn resolve(&mut self, ty: Ty) -> Ty {
        match self.types.kind(ty) {
            TyKind::Param(index, _) => self.frame.type_args.get(*index as usize).copied().unwrap_or(ty),
            TyKind::Int(_) | TyKind::Float(_) | TyKind::Bool | TyKind::Char | TyKind::Str | TyKind::Void => ty,
            _ if self.frame.type_args.is_empty() => ty,
            _ => {
                let args = self.frame.type_args.clone();
                self.types.to_mut().substitute(ty, &args)
            }
        }
    }

    fn kind(&mut self, ty: Ty) -> TyKind {
        let ty = self.resolve(ty);
        self.types.kind(ty).clone()
    }

    fn eval(&mut self, expr: &Expr) -> Value {
        self.steps += 1;
        if self.steps > self.view.max_steps {
            let steps = self.view.max_steps;
            return self.fail(expr.span, EvalErrorKind::TooLong(steps));
        }
        if self.depth >= self.max_depth {
            return self.fail(expr.span, EvalErrorKind::TooDeep);
        }
        self.depth += 1;
        let value = self.eval_kind(expr);
        self.depth -= 1;
        value
    }

    // One small function for each group keeps the frames of the recursion small.
    fn eval_kind(&mut self, expr: &Expr) -> Value {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Const(value) => Ok(value.clone()),
            ExprKind::Local(_) | ExprKind::Field { .. } | ExprKind::Index { .. } => self.read(expr),
            ExprKind::Global(_) => self.not_constant(span, "a variable of a module"),
            ExprKind::Deref(_) | ExprKind::AddressOf(_) => self.not_constant(span, "a pointer"),
            ExprKind::Assign { op, target, value } => self.assign(*op, target, value),
            ExprKind::Unary { op, operand } => self.unary(*op, operand, expr.ty),
            ExprKind::Binary { op, left, right } => self.binary(*op, left, right, expr),
            ExprKind::Compare { op, left, right } => self.compare(*op, left, right),
            ExprKind::And(left, right) => {
                if self.truth(left)? {
                    self.eval(right)
                } else {
                    Ok(Const::Bool(false))
                }
            }
            ExprKind::Or(left, right) => {
                if self.truth(left)? {
                    Ok(Const::Bool(true))
                } else {
                    self.eval(right)
                }
            }
            ExprKind::Concat(parts) => self.concat(parts, span),
            ExprKind::Show(operand) => self.show_expr(operand),
            ExprKind::Convert(operand) => self.convert(operand, expr.ty, span),
            ExprKind::Wrap(inner) => Ok(Const::Some(Box::new(self.eval(inner)?))),
            ExprKind::Unwrap(inner) | ExprKind::Narrow(inner) => match self.eval(inner)? {
                Const::Some(value) => Ok(*value),
                _ => self.throws(span, "the value is null"),
            },
            ExprKind::ToInterface(_) | ExprKind::IsType { .. } | ExprKind::Downcast(_) => {
                self.not_constant(span, "a value of an interface type")
            }
            ExprKind::IsNull(inner) => Ok(Const::Bool(matches!(self.eval(inner)?, Const::Null))),
            ExprKind::Coalesce { value, default } => self.coalesce(value, default, expr.ty),
            ExprKind::Tuple(parts) => self.aggregate(parts, span),
            ExprKind::Array(parts) => match self.kind(expr.ty) {
                TyKind::FixedArray(..) => self.aggregate(parts, span),
                _ => self.not_constant(span, "a growable array"),
            },
            ExprKind::Repeat { value, .. } => self.repeat(value, expr.ty, span),
            ExprKind::Zero => self.zero(expr.ty, span),
            ExprKind::New(fields) => self.new_record(fields, expr.ty, span),
            ExprKind::Variant { index, fields } => self.variant(*index, fields, expr.ty, span),
            ExprKind::Call { callee, args } => self.call(callee, args, span),
            ExprKind::FunctionValue { .. } | ExprKind::Closure { .. } => {
                self.not_constant(span, "a function as a value")
            }
            ExprKind::Block { statements, value } => self.block(statements, value.as_deref()),
            ExprKind::If { condition, then, otherwise } => {
                if self.truth(condition)? {
                    return self.eval(then);
                }
                otherwise.as_ref().map_or(Ok(Const::Void), |e| self.eval(e))
            }
            ExprKind::Match { value, arms } => self.match_expr(value, arms, span),
            ExprKind::Loop { id, body, step } => self.run_loop(*id, body, step.as_deref()),
            ExprKind::Labelled { id, body } => match self.eval(body) {
                Err(Exit::Break(left, value)) if left == *id => Ok(value),
                other => other,
            },
            ExprKind::Break { id, value } => {
                let value = self.optional(value.as_deref())?;
                Err(Exit::Break(*id, value))
            }
            ExprKind::Continue { id } => Err(Exit::Continue(*id)),
            ExprKind::Return(value) => {
                let value = self.optional(value.as_deref())?;
                Err(Exit::Return(value))
            }
            ExprKind::Throw(_) => self.throws(span, "an error is thrown"),
            ExprKind::Try { .. } => self.not_constant(span, "`try`"),
            ExprKind::Await(_) => self.not_constant(span, "`await`"),
        }
    }

    fn optional(&mut self, expr: Option<&Expr>) -> Value {
        expr.map_or(Ok(Const::Void), |e| self.eval(e))
    }

    fn truth(&mut self, expr: &Expr) -> Result<bool, Exit> {
        match self.eval(expr)? {
            Const::Bool(value) => Ok(value),
            other => bug!("eval: a condition is {other:?}"),
        }
    }

    fn int(&mut self, expr: &Expr) -> Result<i128, Exit> {
        match self.eval(expr)? {
            Const::Int(value) => Ok(value),
            other => bug!("eval: an integer is {other:?}"),
        }
    }

    fn unary(&mut self, op: UnaryOp, operand: &Expr, ty: Ty) -> Value {
        let value = self.eval(operand)?;
        Ok(match (op, value, self.kind(ty)) {
            (UnaryOp::Not, Const::Bool(value), _) => Const::Bool(!value),
            (UnaryOp::Neg, Const::Int(value), TyKind::Int(int)) => Const::Int(arith::neg(int, value)),
            (UnaryOp::BitNot, Const::Int(value), TyKind::Int(int)) => Const::Int(arith::bit_not(int, value)),
            (UnaryOp::Neg, Const::Float(value), _) => Const::Float(-value),
            (op, ..) => return self.not_constant(operand.span, &format!("{op:?} of this type")),
        })
    }

    fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr, whole: &Expr) -> Value {
        let a = self.eval(left)?;
        let b = self.eval(right)?;
        self.apply(op, a, b, whole.ty, whole.span)
    }

    fn apply(&mut self, op: BinaryOp, a: Const, b: Const, ty: Ty, span: Span) -> Value {
        match (a, b, self.kind(ty)) {
            (Const::Int(a), Const::Int(b), TyKind::Int(int)) => match int_binary(op, int, a, b) {
                Some(value) => Ok(Const::Int(value)),
                None => self.throws(span, "division by zero"),
            },
            (Const::Float(a), Const::Float(b), TyKind::Float(float)) => Ok(Const::Float(match op {
                BinaryOp::Add => arith::float_add(float, a, b),
                BinaryOp::Sub => arith::float_sub(float, a, b),
                BinaryOp::Mul => arith::float_mul(float, a, b),
                BinaryOp::Div => arith::float_div(float, a, b),
                BinaryOp::Rem => arith::float_rem(float, a, b),
                _ => bug!("eval: {op:?} of floats"),
            })),
            (Const::Bool(a), Const::Bool(b), _) => Ok(Const::Bool(match op {
                BinaryOp::And => a & b,
                BinaryOp::Or => a | b,
                BinaryOp::Xor => a ^ b,
                _ => bug!("eval: {op:?} of bools"),
            })),
            _ => self.not_constant(span, "this operator on these types"),
        }
    }

    fn concat(&mut self, parts: &[Expr], span: Span) -> Value {
        let mut text = String::new();
        for part in parts {
            match self.eval(part)? {
                Const::Str(part) => text.push_str(part.as_str()),
                other => bug!("eval: a text is {other:?}"),
            }
            self.grow(span, text.len() as u64 / 8)?;
        }
        Ok(Const::Str(Symbol::new(&text)))
    }

    fn show_expr(&mut self, operand: &Expr) -> Value {
        let value = self.eval(operand)?;
        let text = self.show(&value, operand.ty, false, operand.span)?;
        Ok(Const::Str(Symbol::new(&text)))
    }

    fn convert(&mut self, operand: &Expr, to: Ty, span: Span) -> Value {
        let value = self.eval(operand)?;
        Ok(match (value, self.kind(to)) {
            (Const::Int(value), TyKind::Int(int)) => Const::Int(int.wrap(value)),
            (Const::Int(value), TyKind::Float(float)) => Const::Float(arith::int_to_float(float, value)),
            (Const::Float(value), TyKind::Int(int)) => Const::Int(arith::float_to_int(int, value)),
            (Const::Float(value), TyKind::Float(float)) => Const::Float(arith::round(float, value)),
            (Const::Bool(value), TyKind::Int(_)) => Const::Int(i128::from(value)),
            (Const::Char(value), TyKind::Int(int)) => Const::Int(int.wrap(i128::from(value as u32))),
            (Const::Int(value), TyKind::Char) => match u32::try_from(value).ok().and_then(char::from_u32) {
                Some(c) => Const::Char(c),
                None => return self.throws(span, format!("{value} is no `char`")),
            },
            (value, kind)
                if matches!((&value, &kind), (Const::Bool(_), TyKind::Bool) | (Const::Char(_), TyKind::Char)) =>
            {
                value
            }
            _ => return self.not_constant(span, "this conversion"),
        })
    }

    fn coalesce(&mut self, value: &Expr, default: &Expr, ty: Ty) -> Value {
        match self.eval(value)? {
            Const::Some(inner) => {
                // `T? ?? T?` stays an optional.
                let stays = matches!(self.kind(ty), TyKind::Optional(_)) && self.resolve(ty) == self.resolve(value.ty);
                Ok(if stays { Const::Some(inner) } else { *inner })
            }
            _ => self.eval(default),
        }
    }

    fn aggregate(&mut self, parts: &[Expr], span: Span) -> Value {
        self.grow(span, parts.len() as u64)?;
        let parts: Result<Vec<Const>, Exit> = parts.iter().map(|part| self.eval(part)).collect();
        Ok(Const::Aggregate(parts?))
    }

    fn repeat(&mut self, value: &Expr, ty: Ty, span: Span) -> Value {
        let TyKind::FixedArray(_, count) = self.kind(ty) else {
            return self.not_constant(span, "a growable array");
        };
        let value = self.eval(value)?;
        self.grow(span, count.saturating_mul(1 + leaves(&value)))?;
        Ok(Const::Aggregate(vec![value; count as usize]))
    }

    fn zero(&mut self, ty: Ty, span: Span) -> Value {
        Ok(match self.kind(ty) {
            TyKind::Int(_) => Const::Int(0),
            TyKind::Float(_) => Const::Float(0.0),
            TyKind::Bool => Const::Bool(false),
            TyKind::Char => Const::Char('\0'),
            TyKind::FixedArray(element, count) => {
                let value = self.zero(element, span)?;
                self.grow(span, count.saturating_mul(1 + leaves(&value)))?;
                Const::Aggregate(vec![value; count as usize])
            }
            _ => return self.not_constant(span, "a value that is not given"),
        })
    }

    fn new_record(&mut self, fields: &[(u32, Expr)], ty: Ty, span: Span) -> Value {
        if let TyKind::Nominal(id, _) = self.kind(ty)
            && let Some(nominal) = self.view.nominals.get(id.index())
            && matches!(nominal.kind, super::NominalKind::Record { kind: crate::ast::RecordKind::Class, .. })
        {
            return self.not_constant(span, "an object of a class");
        }
        let mut values = vec![Const::Void; fields.len()];
        for (index, value) in fields {
            let value = self.eval(value)?;
            match values.get_mut(*index as usize) {
                Some(slot) => *slot = value,
                None => bug!("eval: field {index} of {} fields", fields.len()),
            }
        }
        Ok(Const::Aggregate(values))
    }

    /// The value of a C-like enum is the variant's number.
    fn variant(&mut self, index: u32, fields: &[Expr], ty: Ty, span: Span) -> Value {
        if fields.is_empty()
            && let TyKind::Nominal(id, _) = self.kind(ty)
            && let Some(nominal) = self.view.nominals.get(id.index())
            && let super::NominalKind::Enum { variants } = &nominal.kind
            && variants.iter().all(|v| v.fields.is_empty())
            && let Some(variant) = variants.get(index as usize)
        {
            return Ok(Const::Int(i128::from(variant.value)));
        }
        match self.aggregate(fields, span)? {
            Const::Aggregate(values) => Ok(Const::Variant(index, values)),
            other => bug!("eval: fields are {other:?}"),
        }
    }

    fn block(&mut self, statements: &[Stmt], value: Option<&Expr>) -> Value {
        let mut deferred: Vec<&Expr> = Vec::new();
        let result = self.run_block(statements, value, &mut deferred);
        // What failed has no value, whatever is deferred.
        if !matches!(result, Err(Exit::Error(_))) {
            for expr in deferred.into_iter().rev() {
                self.eval(expr)?;
            }
        }
        result
    }

    fn run_block<'e>(&mut self, statements: &'e [Stmt], value: Option<&Expr>, deferred: &mut Vec<&'e Expr>) -> Value {
        for stmt in statements {
            match &stmt.kind {
                StmtKind::Let { pattern, value } => {
                    let value = self.eval(value)?;
                    if !self.matches(pattern, &value) {
                        bug!("eval: a `let` does not match");
                    }
                }
                StmtKind::Declare(local) => self.set_local(*local, None),
                StmtKind::Expr(expr) => {
                    self.eval(expr)?;
                }
                StmtKind::Defer(expr) => deferred.push(expr),
            }
        }
        self.optional(value)
    }

    fn match_expr(&mut self, value: &Expr, arms: &[Arm], span: Span) -> Value {
        let value = self.eval(value)?;
        for arm in arms {
            if !self.matches(&arm.pattern, &value) {
                continue;
            }
            let passes = match &arm.guard {
                Some(guard) => self.truth(guard)?,
                None => true,
            };
            if passes {
                return self.eval(&arm.body);
            }
        }
        self.not_constant(span, "a value that no arm matches")
    }

    fn run_loop(&mut self, id: LoopId, body: &Expr, step: Option<&Expr>) -> Value {
        loop {
            match self.eval(body) {
                Ok(_) => {}
                Err(Exit::Continue(again)) if again == id => {}
                Err(Exit::Break(left, value)) if left == id => return Ok(value),
                Err(exit) => return Err(exit),
            }
            // The step of `a..=b` leaves the loop before it goes beyond `b`.
            match step.map_or(Ok(Const::Void), |step| self.eval(step)) {
                Err(Exit::Break(left, value)) if left == id => return Ok(value),
                Err(exit) => return Err(exit),
                Ok(_) => {}
            }
        }
    }

    fn set_local(&mut self, local: LocalId, value: Option<Const>) {
        let index = local.index();
        if self.frame.locals.len() <= index {
            self.frame.locals.resize(index + 1, None);
        }
        self.frame.locals[index] = value;
    }
}

/// `None` for division by zero.
pub fn int_binary(op: BinaryOp, int: IntTy, a: i128, b: i128) -> Option<i128> {
    Some(match op {
        BinaryOp::Add => arith::add(int, a, b),
        BinaryOp::Sub => arith::sub(int, a, b),
        BinaryOp::Mul => arith::mul(int, a, b),
        BinaryOp::Div => return arith::div(int, a, b),
        BinaryOp::Rem => return arith::rem(int, a, b),
        BinaryOp::And => a & b,
        BinaryOp::Or => a | b,
        BinaryOp::Xor => int.wrap(a ^ b),
        BinaryOp::Shl => arith::shl(int, a, b),
        BinaryOp::Shr => arith::shr(int, a, b),
        BinaryOp::Ushr => arith::ushr(int, a, b),
    })
}

/// Of values of one type; `None` where a NaN is met.
fn order(a: &Const, b: &Const) -> Option<Ordering> {
    match (a, b) {
        (Const::Int(a), Const::Int(b)) => Some(a.cmp(b)),
        (Const::Float(a), Const::Float(b)) => a.partial_cmp(b),
        (Const::Bool(a), Const::Bool(b)) => Some(a.cmp(b)),
        (Const::Char(a), Const::Char(b)) => Some(a.cmp(b)),
        (Const::Str(a), Const::Str(b)) => Some(a.as_str().cmp(b.as_str())),
        (Const::Null, Const::Null) | (Const::Void, Const::Void) => Some(Ordering::Equal),
        (Const::Null, _) => Some(Ordering::Less),
        (_, Const::Null) => Some(Ordering::Greater),
        (Const::Some(a), Const::Some(b)) => order(a, b),
        (Const::Aggregate(a), Const::Aggregate(b)) => {
            for (a, b) in a.iter().zip(b) {
                match order(a, b) {
                    Some(Ordering::Equal) => {}
                    other => return other,
                }
            }
            Some(a.len().cmp(&b.len()))
        }
        (Const::Variant(i, a), Const::Variant(j, b)) => match i.cmp(j) {
            Ordering::Equal => {
                let parts = a.iter().zip(b).map(|(a, b)| order(a, b));
                parts.into_iter().find(|order| *order != Some(Ordering::Equal)).unwrap_or(Some(Ordering::Equal))
            }
            other => Some(other),
        },
        (a, b) => bug!("eval: comparing {a:?} with {b:?}"),
    }
}

fn leaves(value: &Const) -> u64 {
    match value {
        Const::Aggregate(parts) | Const::Variant(_, parts) => parts.iter().map(|part| 1 + leaves(part)).sum(),
        Const::Some(inner) => 1 + leaves(inner),
        _ => 0,
    }
}
