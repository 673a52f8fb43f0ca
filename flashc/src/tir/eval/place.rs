//! Reading and writing places: a local, and fields and elements inside of it. Places are walked by
//! reference, so that `a[i]` does not copy `a`.

use super::{Evaluator, Exit, Value};
use crate::source::Span;
use crate::tir::{BinaryOp, Const, Expr, ExprKind, LocalId};

/// A way into a value.
#[derive(Clone, Copy)]
enum Step {
    /// Field or element.
    Part(usize),
    /// The value of an optional.
    Inner,
}

pub(super) struct Place {
    root: LocalId,
    steps: Vec<Step>,
}

impl Evaluator<'_> {
    /// Of a local, field or element.
    pub(super) fn read(&mut self, expr: &Expr) -> Value {
        if let Some(place) = self.place(expr)? {
            return match self.find(&place) {
                Some(value) => Ok(value.clone()),
                None => self.not_constant(expr.span, "a variable from outside"),
            };
        }
        // Of a value that has no place, such as a call's result.
        let (base, index) = match &expr.kind {
            ExprKind::Field { base, index } => (base, *index as usize),
            ExprKind::Index { base, index } => {
                let value = self.eval(base)?;
                let length = self.length(&value, base.span)?;
                let index = self.checked_index(index, length)?;
                return self.part(value, index, expr.span);
            }
            _ => return self.not_constant(expr.span, "this place"),
        };
        let value = self.eval(base)?;
        self.part(value, index, expr.span)
    }

    fn part(&mut self, value: Const, index: usize, span: Span) -> Value {
        match value {
            Const::Aggregate(mut parts) if index < parts.len() => Ok(parts.swap_remove(index)),
            _ => self.not_constant(span, "a field of an object"),
        }
    }

    pub(super) fn assign(&mut self, op: Option<BinaryOp>, target: &Expr, value: &Expr) -> Value {
        let Some(place) = self.place(target)? else {
            return self.not_constant(target.span, "writing to this place");
        };
        let new = match op {
            None => self.eval(value)?,
            Some(op) => {
                let old = self.find(&place).cloned();
                let Some(old) = old else { return self.not_constant(target.span, "a variable from outside") };
                let operand = self.eval(value)?;
                self.apply(op, old, operand, target.ty, target.span)?
            }
        };
        self.write(&place, new, target.span)?;
        Ok(Const::Void)
    }

    /// The place that an expression names; `None` when it names none that the evaluator knows.
    pub(super) fn place(&mut self, expr: &Expr) -> Result<Option<Place>, Exit> {
        match &expr.kind {
            ExprKind::Local(root) => Ok(Some(Place { root: *root, steps: Vec::new() })),
            ExprKind::Field { base, index } => {
                let Some(mut place) = self.place(base)? else { return Ok(None) };
                place.steps.push(Step::Part(*index as usize));
                Ok(Some(place))
            }
            ExprKind::Index { base, index } => {
                let Some(mut place) = self.place(base)? else { return Ok(None) };
                let length = match self.find(&place) {
                    Some(Const::Aggregate(parts)) => parts.len(),
                    Some(_) => return self.not_constant(base.span, "a growable array"),
                    None => return self.not_constant(base.span, "a variable from outside"),
                };
                let index = self.checked_index(index, length)?;
                place.steps.push(Step::Part(index));
                Ok(Some(place))
            }
            ExprKind::Narrow(inner) => {
                let Some(mut place) = self.place(inner)? else { return Ok(None) };
                place.steps.push(Step::Inner);
                Ok(Some(place))
            }
            _ => Ok(None),
        }
    }

    fn length(&mut self, value: &Const, span: Span) -> Result<usize, Exit> {
        match value {
            Const::Aggregate(parts) => Ok(parts.len()),
            _ => self.not_constant(span, "a growable array"),
        }
    }

    fn checked_index(&mut self, index: &Expr, length: usize) -> Result<usize, Exit> {
        let value = self.int(index)?;
        match usize::try_from(value) {
            Ok(index) if index < length => Ok(index),
            _ => self.throws(index.span, format!("index {value} is out of bounds for length {length}")),
        }
    }

    fn find(&self, place: &Place) -> Option<&Const> {
        let mut value = self.frame.locals.get(place.root.index())?.as_ref()?;
        for step in &place.steps {
            value = match (step, value) {
                (Step::Part(index), Const::Aggregate(parts)) => parts.get(*index)?,
                (Step::Inner, Const::Some(inner)) => inner,
                _ => return None,
            };
        }
        Some(value)
    }

    pub(super) fn load(&mut self, place: &Place, span: Span) -> Value {
        match self.find(place) {
            Some(value) => Ok(value.clone()),
            None => self.not_constant(span, "a variable from outside"),
        }
    }

    pub(super) fn write(&mut self, place: &Place, new: Const, span: Span) -> Result<(), Exit> {
        if place.steps.is_empty() {
            self.set_local(place.root, Some(new));
            return Ok(());
        }
        let mut slot = self.frame.locals.get_mut(place.root.index()).and_then(Option::as_mut);
        for step in &place.steps {
            slot = match (step, slot) {
                (Step::Part(index), Some(Const::Aggregate(parts))) => parts.get_mut(*index),
                (Step::Inner, Some(Const::Some(inner))) => Some(inner),
                _ => None,
            };
        }
        match slot {
            Some(slot) => {
                *slot = new;
                Ok(())
            }
            None => self.not_constant(span, "writing to this place"),
        }
    }
}
