//! Inference variables of one body, and unification. A variable is `TyKind::Param` with an index
//! from [`INFER_BASE`] on, so that substitution leaves it alone; `zonk` replaces it by its solution.

use super::body::Body;
use crate::source::{Span, Symbol};
use crate::tir::{Ty, TyKind};

pub(super) const INFER_BASE: u32 = 1 << 31;

/// The variables of a body.
#[derive(Default)]
pub(super) struct Infer {
    vars: Vec<Var>,
    /// Variables in the order they were solved, so that an attempt can be undone.
    trail: Vec<u32>,
}

struct Var {
    solution: Option<Ty>,
    /// Where it arose, and what it stands for.
    span: Span,
    name: Symbol,
}

impl Infer {
    pub(super) fn is_empty(&self) -> bool {
        self.vars.is_empty()
    }
}

impl Body<'_, '_> {
    pub(super) fn fresh(&mut self, name: Symbol, span: Span) -> Ty {
        let index = self.infer.vars.len() as u32;
        self.infer.vars.push(Var { solution: None, span, name });
        self.cx.types.intern(TyKind::Param(INFER_BASE + index, Symbol::new("_")))
    }

    fn var(&self, ty: Ty) -> Option<u32> {
        match self.cx.types.kind(ty) {
            TyKind::Param(index, _) if *index >= INFER_BASE => Some(index - INFER_BASE),
            _ => None,
        }
    }

    pub(super) fn is_unsolved(&self, ty: Ty) -> bool {
        self.var(self.shallow(ty)).is_some()
    }

    /// A variable that a literal argument will solve when nothing else does.
    pub(super) fn awaits_literal(&self, ty: Ty) -> bool {
        let ty = self.shallow(ty);
        self.var(ty).is_some() && self.literal_vars.iter().any(|&(var, _)| self.shallow(var) == ty)
    }

    /// The type's outermost part, which is needed now: a variable that waits for a literal takes the
    /// literal's type.
    pub(super) fn settle(&mut self, ty: Ty) -> Ty {
        let ty = self.shallow(ty);
        if self.var(ty).is_some()
            && let Some(&(_, default)) = self.literal_vars.iter().find(|&&(var, _)| self.shallow(var) == ty)
        {
            self.unify(ty, default);
        }
        self.shallow(ty)
    }

    /// The type with its outermost part known, if it is.
    pub(super) fn shallow(&self, mut ty: Ty) -> Ty {
        while let Some(var) = self.var(ty) {
            match self.infer.vars[var as usize].solution {
                Some(solution) => ty = solution,
                None => break,
            }
        }
        // A promise of what has turned out to be a promise is that promise.
        if let Some(inner) = self.cx.types.awaited(ty)
            && self.var(inner).is_some()
        {
            let inner = self.shallow(inner);
            if self.cx.types.awaited(inner).is_some() {
                return inner;
            }
        }
        ty
    }

    /// The outermost part of a type, solutions followed.
    pub(super) fn kind(&self, ty: Ty) -> &TyKind {
        self.cx.types.kind(self.shallow(ty))
    }

    /// The type with all that is solved put in.
    pub(super) fn deep(&mut self, ty: Ty) -> Ty {
        if self.infer.is_empty() {
            return ty;
        }
        let ty = self.shallow(ty);
        let kind = match self.cx.types.kind(ty).clone() {
            TyKind::Array(t) => TyKind::Array(self.deep(t)),
            TyKind::FixedArray(t, n) => TyKind::FixedArray(self.deep(t), n),
            TyKind::Tuple(ts) => TyKind::Tuple(self.deep_all(&ts)),
            TyKind::Record(fields) => TyKind::Record(fields.into_iter().map(|(n, t)| (n, self.deep(t))).collect()),
            TyKind::Optional(t) => TyKind::Optional(self.deep(t)),
            TyKind::Pointer(t) => TyKind::Pointer(self.deep(t)),
            TyKind::Function(params, result) => TyKind::Function(self.deep_all(&params), self.deep(result)),
            TyKind::Nominal(_, ref args) if args.is_empty() => return ty,
            TyKind::Nominal(id, args) => TyKind::Nominal(id, self.deep_all(&args)),
            _ => return ty,
        };
        self.cx.types.intern(kind)
    }

    pub(super) fn deep_all(&mut self, types: &[Ty]) -> Vec<Ty> {
        types.iter().map(|&t| self.deep(t)).collect()
    }

    /// Whether a variable without solution is in the type.
    pub(super) fn has_unsolved(&self, ty: Ty) -> bool {
        if self.infer.is_empty() {
            return false;
        }
        match self.kind(ty) {
            TyKind::Param(index, _) => *index >= INFER_BASE,
            TyKind::Array(t) | TyKind::FixedArray(t, _) | TyKind::Optional(t) | TyKind::Pointer(t) => {
                self.has_unsolved(*t)
            }
            TyKind::Tuple(ts) | TyKind::Nominal(_, ts) => ts.iter().any(|&t| self.has_unsolved(t)),
            TyKind::Record(fields) => fields.iter().any(|&(_, t)| self.has_unsolved(t)),
            TyKind::Function(params, result) => {
                params.iter().any(|&t| self.has_unsolved(t)) || self.has_unsolved(*result)
            }
            _ => false,
        }
    }

    /// Whether each variable without solution in a type is in another one as well.
    pub(super) fn has_all_unsolved_of(&self, ty: Ty, other: Ty) -> bool {
        let all = |types: &[Ty]| types.iter().all(|&ty| self.has_all_unsolved_of(ty, other));
        match self.kind(ty) {
            TyKind::Param(index, _) => *index < INFER_BASE || self.occurs(*index - INFER_BASE, other),
            TyKind::Array(t) | TyKind::FixedArray(t, _) | TyKind::Optional(t) | TyKind::Pointer(t) => all(&[*t]),
            TyKind::Tuple(ts) | TyKind::Nominal(_, ts) => all(ts),
            TyKind::Record(fields) => fields.iter().all(|&(_, t)| all(&[t])),
            TyKind::Function(params, result) => all(params) && all(&[*result]),
            _ => true,
        }
    }

    /// Runs an attempt, and undoes what it has solved when it gives `false` or is only a trial.
    pub(super) fn attempt(&mut self, keep: bool, f: impl FnOnce(&mut Self) -> bool) -> bool {
        let (vars, mark) = (self.infer.vars.len(), self.infer.trail.len());
        let fits = f(self);
        if !fits || !keep {
            for index in self.infer.trail.drain(mark..) {
                self.infer.vars[index as usize].solution = None;
            }
            self.infer.vars.truncate(vars);
        }
        fits
    }

    /// Makes two types equal, if they can be.
    pub(super) fn unify(&mut self, a: Ty, b: Ty) -> bool {
        let mark = self.infer.trail.len();
        if self.unify_inner(a, b) {
            return true;
        }
        for index in self.infer.trail.drain(mark..) {
            self.infer.vars[index as usize].solution = None;
        }
        false
    }

    fn unify_inner(&mut self, a: Ty, b: Ty) -> bool {
        let (a, b) = (self.shallow(a), self.shallow(b));
        if a == b || a == Ty::ERROR || b == Ty::ERROR {
            return true;
        }
        if let Some(var) = self.var(a) {
            return self.solve(var, b);
        }
        if let Some(var) = self.var(b) {
            return self.solve(var, a);
        }
        if let (Some(a), Some(b)) = (self.awaited_type(a), self.awaited_type(b)) {
            return self.unify_inner(a, b);
        }
        match (self.cx.types.kind(a).clone(), self.cx.types.kind(b).clone()) {
            (TyKind::Array(a), TyKind::Array(b))
            | (TyKind::Optional(a), TyKind::Optional(b))
            | (TyKind::Pointer(a), TyKind::Pointer(b)) => self.unify_inner(a, b),
            (TyKind::FixedArray(a, n), TyKind::FixedArray(b, m)) => n == m && self.unify_inner(a, b),
            (TyKind::Tuple(a), TyKind::Tuple(b)) => self.unify_all(&a, &b),
            (TyKind::Record(a), TyKind::Record(b)) => {
                a.len() == b.len() && a.iter().zip(&b).all(|((n, t), (m, u))| n == m && self.unify_inner(*t, *u))
            }
            (TyKind::Function(mut a, r), TyKind::Function(mut b, s)) => {
                if a.len() != b.len() {
                    // What has turned out to be `void` is no parameter.
                    a.retain(|&ty| self.shallow(ty) != Ty::VOID);
                    b.retain(|&ty| self.shallow(ty) != Ty::VOID);
                }
                self.unify_all(&a, &b) && self.unify_inner(r, s)
            }
            (TyKind::Nominal(a, x), TyKind::Nominal(b, y)) => a == b && self.unify_all(&x, &y),
            _ => false,
        }
    }

    fn unify_all(&mut self, a: &[Ty], b: &[Ty]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| self.unify_inner(a, b))
    }

    fn solve(&mut self, var: u32, ty: Ty) -> bool {
        if ty == Ty::NEVER || self.occurs(var, ty) {
            return false;
        }
        self.infer.vars[var as usize].solution = Some(ty);
        self.infer.trail.push(var);
        true
    }

    fn occurs(&self, var: u32, ty: Ty) -> bool {
        match self.kind(ty) {
            TyKind::Param(index, _) => *index >= INFER_BASE && index - INFER_BASE == var,
            TyKind::Array(t) | TyKind::FixedArray(t, _) | TyKind::Optional(t) | TyKind::Pointer(t) => {
                self.occurs(var, *t)
            }
            TyKind::Tuple(ts) | TyKind::Nominal(_, ts) => ts.iter().any(|&t| self.occurs(var, t)),
            TyKind::Record(fields) => fields.iter().any(|&(_, t)| self.occurs(var, t)),
            TyKind::Function(params, result) => {
                params.iter().any(|&t| self.occurs(var, t)) || self.occurs(var, *result)
            }
            _ => false,
        }
    }

    /// Reports the variables that nothing solved and makes them `Ty::ERROR`.
    pub(super) fn finish_inference(&mut self) {
        let mut reported = false;
        for index in 0..self.infer.vars.len() {
            let Var { solution: None, span, name } = self.infer.vars[index] else { continue };
            self.infer.vars[index].solution = Some(Ty::ERROR);
            if !std::mem::replace(&mut reported, true) && !self.has_errors {
                let message = match name.as_str() {
                    "element" => "the type of the array's elements is not known".to_owned(),
                    "null" => "the type of this `null` is not known".to_owned(),
                    name => format!("the type `{name}` cannot be inferred"),
                };
                self.report(
                    crate::diagnostics::Diagnostic::error("E0311", span, message)
                        .label("write the type, for example `let x: T = ...`"),
                );
            }
        }
    }
}
