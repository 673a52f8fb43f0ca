//! Expressions: one function for each kind, here or in the file of its subject.

use super::control::Sink;
use super::emitter::Vals;
use super::function::FnBuilder;
use super::place::Place;
use crate::ssa::{Type, Value};
use crate::tir::{Const, Expr, ExprKind, Ty, TyKind};

impl<'a> FnBuilder<'_, 'a> {
    /// The value of an expression: its scalars, or the address of one of the memory class, which
    /// may be the place that it was read from (see `owned`).
    pub fn expr(&mut self, expr: &'a Expr) -> Vals {
        let ty = self.ty(expr.ty);
        if self.e.is_dead() {
            return self.dummy(ty);
        }
        let outer = self.e.loc();
        self.e.set_span(expr.span);
        let vals = self.expr_kind(expr, ty);
        self.e.set_loc(outer);
        vals
    }

    /// The value of an expression that is one scalar.
    pub fn one(&mut self, expr: &'a Expr) -> Value {
        let vals = self.expr(expr);
        self.first(&vals)
    }

    /// The first scalar. An expression that does not come back has none, and then anything will do.
    pub fn first(&mut self, vals: &[Value]) -> Value {
        match vals.first() {
            Some(&value) => value,
            None if self.e.is_dead() => self.e.iconst(Type::I64, 0),
            None => bug!("build: a value was expected of an expression that has none"),
        }
    }

    /// As `expr`, but a value of the memory class does not change when its origin does.
    pub fn owned(&mut self, expr: &'a Expr) -> Vals {
        let ty = self.ty(expr.ty);
        if !self.cx.is_memory(ty) || !self.is_place(expr) || self.is_constant_local(expr) {
            return self.expr(expr);
        }
        let temp = self.temp(ty);
        self.expr_into(expr, &temp);
        self.read(&temp)
    }

    /// A local that nobody can change.
    fn is_constant_local(&self, expr: &Expr) -> bool {
        let ExprKind::Local(id) = expr.kind else { return false };
        let local = &self.locals[id.index()];
        !local.is_mut && !local.is_shared && !local.is_addressed && !local.is_reference
    }

    fn expr_kind(&mut self, expr: &'a Expr, ty: Ty) -> Vals {
        match &expr.kind {
            ExprKind::Const(constant) => self.constant(constant, ty),
            ExprKind::Local(_)
            | ExprKind::Global(_)
            | ExprKind::Field { .. }
            | ExprKind::Index { .. }
            | ExprKind::Deref(_)
            | ExprKind::Narrow(_)
            | ExprKind::Downcast(_)
            | ExprKind::Unwrap(_) => {
                let place = self.place(expr);
                self.read(&place)
            }
            ExprKind::Assign { op, target, value } => {
                self.assign(*op, target, value);
                Vals::new()
            }
            ExprKind::AddressOf(target) => {
                let address = self.address_of(target);
                single(address)
            }
            ExprKind::Unary { op, operand } => {
                let operand_ty = self.ty(operand.ty);
                let value = self.one(operand);
                single(self.unary(*op, operand_ty, value))
            }
            ExprKind::Binary { op, left, right } => {
                let left_value = self.one(left);
                let right_value = self.one(right);
                single(self.binary(*op, ty, left_value, right_value))
            }
            ExprKind::Compare { op, left, right } => {
                let operand_ty = self.ty(left.ty);
                let left = self.owned(left);
                let right = self.expr(right);
                single(self.compare(*op, operand_ty, &left, &right))
            }
            ExprKind::And(left, right) => single(self.short_circuit(left, right, true)),
            ExprKind::Or(left, right) => single(self.short_circuit(left, right, false)),
            ExprKind::Concat(parts) => self.concat(parts),
            ExprKind::Show(value) => {
                let value_ty = self.ty(value.ty);
                let vals = self.expr(value);
                self.show(value_ty, &vals)
            }
            ExprKind::Convert(value) => {
                let from = self.ty(value.ty);
                let value = self.one(value);
                single(self.convert(value, from, ty))
            }
            ExprKind::ToInterface(value) => self.interface_value(value, ty),
            ExprKind::IsType { value, ty: wanted } => {
                let wanted = self.ty(*wanted);
                single(self.is_type_expr(value, wanted))
            }
            ExprKind::IsNull(value) => {
                let place = self.place(value);
                single(self.is_null(&place))
            }
            ExprKind::Call { callee, args } => self.call(callee, args, ty, None),
            ExprKind::FunctionValue { function, type_args } => single(self.function_value(*function, type_args)),
            ExprKind::Closure { function, captures } => single(self.closure(*function, captures)),
            ExprKind::Block { .. }
            | ExprKind::If { .. }
            | ExprKind::Match { .. }
            | ExprKind::Loop { .. }
            | ExprKind::Labelled { .. }
            | ExprKind::Try { .. }
            | ExprKind::Coalesce { .. } => {
                let sink = self.sink_for(ty);
                self.put(expr, &sink);
                self.take(&sink, ty)
            }
            ExprKind::Break { id, value } => {
                self.break_(*id, value.as_deref());
                self.dummy(ty)
            }
            ExprKind::Continue { id } => {
                self.continue_(*id);
                self.dummy(ty)
            }
            ExprKind::Return(value) => {
                self.return_(value.as_deref());
                self.dummy(ty)
            }
            ExprKind::Array(items) if matches!(self.cx.kind(ty), TyKind::Array(_)) => {
                single(self.array_literal(items, ty))
            }
            ExprKind::Repeat { value, count } if matches!(self.cx.kind(ty), TyKind::Array(_)) => {
                single(self.array_repeat(value, count, ty))
            }
            ExprKind::Tuple(_)
            | ExprKind::Array(_)
            | ExprKind::Repeat { .. }
            | ExprKind::Zero
            | ExprKind::New(_)
            | ExprKind::Variant { .. }
            | ExprKind::Wrap(_) => self.aggregate(expr, ty),
            ExprKind::Throw(error) => {
                self.throw(error);
                self.dummy(ty)
            }
            ExprKind::Await(promise) => self.await_(promise, ty, None),
        }
    }

    /// Evaluates an expression into memory that nothing else refers to yet.
    pub fn expr_into(&mut self, expr: &'a Expr, place: &Place) {
        let ty = self.ty(expr.ty);
        if self.e.is_dead() {
            return;
        }
        if !self.cx.is_memory(ty) {
            let vals = self.expr(expr);
            return self.write(place, &vals);
        }
        let outer = self.e.loc();
        self.e.set_span(expr.span);
        match &expr.kind {
            ExprKind::Tuple(_)
            | ExprKind::Array(_)
            | ExprKind::Repeat { .. }
            | ExprKind::Zero
            | ExprKind::New(_)
            | ExprKind::Variant { .. }
            | ExprKind::Wrap(_)
            | ExprKind::Const(_) => self.aggregate_into(expr, ty, place),
            ExprKind::Call { callee, args } => {
                let address = self.address(place);
                self.call(callee, args, ty, Some(address));
            }
            ExprKind::Block { .. }
            | ExprKind::If { .. }
            | ExprKind::Match { .. }
            | ExprKind::Loop { .. }
            | ExprKind::Labelled { .. }
            | ExprKind::Try { .. }
            | ExprKind::Coalesce { .. } => self.put(expr, &Sink::Memory(place.clone())),
            _ => {
                let vals = self.expr(expr);
                if !self.e.is_dead() {
                    self.write(place, &vals);
                }
            }
        }
        self.e.set_loc(outer);
    }

    pub fn constant(&mut self, constant: &Const, ty: Ty) -> Vals {
        match (constant, self.cx.kind(ty).clone()) {
            (Const::Void, _) => Vals::new(),
            (Const::Null, _) if self.cx.is_memory(ty) => {
                let temp = self.temp(ty);
                self.zero_place(&temp);
                self.read(&temp)
            }
            (Const::Null, _) => self.dummy(ty),
            (Const::Bool(value), _) => single(self.e.iconst(Type::I8, i64::from(*value))),
            (Const::Char(value), _) => single(self.e.iconst(Type::I32, i64::from(u32::from(*value)))),
            (Const::Int(value), _) => {
                let scalar = self.cx.scalars(ty).first().copied().unwrap_or(Type::I64);
                match scalar {
                    Type::F32 => single(self.float(f64::from(*value as f32), Type::F32)),
                    Type::F64 => single(self.float(*value as f64, Type::F64)),
                    _ => single(self.e.iconst(scalar, *value as i64)),
                }
            }
            (Const::Float(value), _) => {
                let scalar = self.cx.scalars(ty).first().copied().unwrap_or(Type::F64);
                single(self.float(*value, scalar))
            }
            (Const::Str(text), _) => self.text(text.as_str()),
            (Const::Some(value), TyKind::Optional(inner)) if !self.cx.is_memory(ty) => {
                let vals = self.constant(value, inner);
                self.wrap(inner, vals)
            }
            (Const::Aggregate(items), _) if !self.cx.is_memory(ty) => {
                let fields = self.cx.fields(ty);
                let fields = fields.fields.iter().zip(items);
                fields.flat_map(|(field, item)| self.constant(item, field.ty)).collect()
            }
            (Const::Variant(index, fields), _) => {
                let vals = self.constant_variant(ty, *index as usize, fields);
                self.leaves_value(ty, vals)
            }
            (Const::Some(_) | Const::Aggregate(_), _) => {
                let temp = self.temp(ty);
                self.constant_into(constant, ty, &temp);
                self.read(&temp)
            }
        }
    }

    fn float(&mut self, value: f64, ty: Type) -> Value {
        let bits = match ty {
            Type::F32 => i64::from((value as f32).to_bits()),
            _ => value.to_bits() as i64,
        };
        self.e.fconst(ty, bits)
    }

    /// A `str` known to the compiler.
    pub fn text(&mut self, text: &str) -> Vals {
        let data = self.cx.text(text);
        let address = self.e.data_addr(data);
        Vals::from_slice(&[address, self.e.iconst(Type::I64, text.len() as i64)])
    }
}

/// A value of one scalar.
pub fn single(value: Value) -> Vals {
    Vals::from_slice(&[value])
}
