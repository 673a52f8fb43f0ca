//! Optionals: making them, asking whether they are null, looking inside.

use super::control::Sink;
use super::emitter::Vals;
use super::function::FnBuilder;
use super::place::Place;
use crate::ssa::{IntCc, Op, Type, Value};
use crate::tir::{Expr, Ty, TyKind};
use flash_abi::symbols::Rt;

impl<'a> FnBuilder<'_, 'a> {
    pub fn inner_ty(&self, optional: Ty) -> Ty {
        match *self.cx.kind(optional) {
            TyKind::Optional(inner) => inner,
            _ => bug!("build: `{}` is no optional", self.cx.type_name(optional)),
        }
    }

    /// The optional of a scalar-class value that is not null.
    pub fn wrap(&mut self, inner: Ty, vals: Vals) -> Vals {
        if self.cx.has_niche(inner) {
            return vals;
        }
        let mut wrapped = Vals::from_slice(&[self.e.iconst(Type::I8, 1)]);
        wrapped.extend(vals);
        wrapped
    }

    /// The word that is zero when an optional is null: its tag or its address.
    fn flag(&mut self, place: &Place) -> Value {
        self.read_leaf(place, 0)
    }

    /// Whether an optional is null, as a bool. What is no optional never is.
    pub fn is_null(&mut self, place: &Place) -> Value {
        if !matches!(self.cx.kind(place.ty()), TyKind::Optional(_)) {
            return self.e.iconst(Type::I8, 0);
        }
        let flag = self.flag(place);
        self.e.is_zero(flag)
    }

    /// Whether an optional is not null, as a condition to branch on.
    pub fn is_some(&mut self, place: &Place) -> Value {
        let flag = self.flag(place);
        if self.e.type_of(flag) == Type::I8 {
            return flag;
        }
        let null = self.e.iconst(Type::Ptr, 0);
        self.e.icmp(IntCc::Ne, Type::Ptr, flag, null)
    }

    pub fn check_not_null(&mut self, place: &Place) {
        if matches!(self.cx.kind(place.ty()), TyKind::Optional(_)) {
            let flag = self.flag(place);
            if self.e.type_of(flag) == Type::Ptr {
                return self.e.check(Op::NonNull, flag);
            }
            let (fails, goes_on) = (self.e.new_block(), self.e.new_block());
            self.e.branch(flag, goes_on, fails);
            self.e.in_cold_block(fails, |e| {
                e.call_rt(Rt::FailNull, &[]);
            });
            self.e.begin(goes_on);
        }
    }

    /// `a ?? b`; when `b` is an optional too, so is the result.
    pub fn coalesce(&mut self, value: &'a Expr, default: &'a Expr, sink: &Sink) {
        let place = self.place_or_value(value);
        let (null_block, some_block, join) = (self.e.new_block(), self.e.new_block(), self.e.new_block());
        let is_null = self.is_null(&place);
        self.e.branch(is_null, null_block, some_block);
        self.e.begin(some_block);
        // With a default that may be null itself the result is as optional as the value.
        let given = if self.ty(default.ty) == place.ty() { place } else { self.payload(&place) };
        let vals = self.read(&given);
        self.put_vals(vals, given.ty(), sink);
        self.e.jump(join);
        self.e.begin(null_block);
        self.put(default, sink);
        self.e.jump(join);
        self.e.begin(join);
    }

    /// What an expression gives, to be looked into at once: in its place when it is big, else read.
    pub fn place_or_value(&mut self, expr: &'a Expr) -> Place {
        let ty = self.ty(expr.ty);
        if self.cx.is_memory(ty) {
            let place = self.place(expr);
            return self.resolve(&place);
        }
        Place::Value { vals: self.expr(expr), ty }
    }
}
