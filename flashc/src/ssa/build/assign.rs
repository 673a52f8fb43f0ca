//! Assignment, plain and compound, and taking addresses.

use super::function::FnBuilder;
use super::module::Root;
use super::place::Place;
use crate::ssa::{Region, Value};
use crate::tir::{BinaryOp, Expr, ExprKind, StmtKind};
use flash_abi::object::CELL_VALUE;

impl<'a> FnBuilder<'_, 'a> {
    pub fn assign(&mut self, op: Option<BinaryOp>, target: &'a Expr, value: &'a Expr) {
        let place = self.place(target);
        let Some(op) = op else {
            let vals = self.expr(value);
            return self.write(&place, &vals);
        };
        // An element found before the value is evaluated is still there afterwards when nothing in
        // between can change an array.
        let resolved = self.resolve(&place);
        let old = self.read(&resolved);
        let old = self.first(&old);
        let operand = self.one(value);
        let new = self.binary(op, place.ty(), old, operand);
        let place = if is_quiet(value) { resolved } else { place };
        self.write(&place, &[new]);
    }

    pub fn address_of(&mut self, target: &'a Expr) -> Value {
        let place = self.place(target);
        if let Place::Value { ref vals, ty } = place
            && self.cx.is_memory(ty)
        {
            // The value may be in a slot of this function, which the pointer outlives.
            let address = self.new_cell(ty);
            let area = self.cx.area(Root::Cell(ty));
            let cell = Place::Memory { address, offset: CELL_VALUE as i32, area, ty, readonly: false };
            self.write(&cell, vals);
            return self.address(&cell);
        }
        self.address(&place)
    }

    /// Makes a place all zero.
    pub fn zero_place(&mut self, place: &Place) {
        let ty = place.ty();
        let bytes = self.cx.layout(ty).size;
        let place = self.resolve(place);
        if let Place::Memory { area, .. } = place {
            let region = match self.cx.layout(ty).parts {
                1 => self.cx.region(area, 0),
                _ if area == super::module::Area::One(Region::STACK) => Region::STACK,
                _ => Region::ANY,
            };
            let address = self.address(&place);
            self.e.zero(address, bytes, region);
        } else {
            let vals = self.dummy(ty);
            self.write(&place, &vals);
        }
    }
}

/// Whether evaluating an expression surely changes no array's length or buffer.
fn is_quiet(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Const(_) | ExprKind::Local(_) | ExprKind::Global(_) | ExprKind::Zero => true,
        ExprKind::Field { base: inner, .. }
        | ExprKind::Deref(inner)
        | ExprKind::Unary { operand: inner, .. }
        | ExprKind::Convert(inner)
        | ExprKind::Wrap(inner)
        | ExprKind::Unwrap(inner)
        | ExprKind::Narrow(inner)
        | ExprKind::Downcast(inner)
        | ExprKind::IsNull(inner) => is_quiet(inner),
        ExprKind::Index { base: left, index: right }
        | ExprKind::Binary { left, right, .. }
        | ExprKind::Compare { left, right, .. }
        | ExprKind::And(left, right)
        | ExprKind::Or(left, right)
        | ExprKind::Coalesce { value: left, default: right } => is_quiet(left) && is_quiet(right),
        ExprKind::If { condition, then, otherwise } => {
            is_quiet(condition) && is_quiet(then) && otherwise.as_deref().is_none_or(is_quiet)
        }
        ExprKind::Block { statements, value } => {
            let is_quiet_statement = |kind: &StmtKind| matches!(kind, StmtKind::Expr(expr) if is_quiet(expr));
            statements.iter().all(|statement| is_quiet_statement(&statement.kind))
                && value.as_deref().is_none_or(is_quiet)
        }
        _ => false,
    }
}
