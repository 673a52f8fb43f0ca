//! Control: `if`, `match`, `while`, `loop`, `break`, `continue`, `return`.

use super::body::{Body, FrameResult, Loop, error_expr, void_expr};
use super::condition::{Test, fact_global};
use super::flow::{Flow, assigned_names};
use crate::ast::{self, Condition, Ident, If};
use crate::diagnostics::Diagnostic;
use crate::resolve::nearest;
use crate::source::Span;
use crate::tir::{Arm, Expr, ExprKind, LoopId, Pattern, PatternKind, Stmt, StmtKind, Ty, TyKind};
use rustc_hash::FxHashSet;

impl<'a> Body<'_, 'a> {
    pub(super) fn next_loop(&mut self) -> LoopId {
        let frame = self.frame();
        frame.next_loop += 1;
        LoopId(frame.next_loop - 1)
    }

    pub(super) fn if_expr(&mut self, i: &'a If, hint: Option<Ty>, span: Span) -> Expr {
        let Condition::Expr(condition) = &i.condition else {
            return self.if_let(i, hint, span);
        };
        let test = self.test(condition);
        *self.flow() = test.when_true;
        let then = self.block(&i.then, hint);
        let after_then = std::mem::replace(self.flow(), test.when_false);
        self.finish_if(test.value, then, after_then, i.otherwise.as_ref(), hint, span)
    }

    fn finish_if(
        &mut self,
        condition: Expr,
        then: Expr,
        after_then: Flow,
        otherwise: Option<&'a ast::Expr>,
        hint: Option<Ty>,
        span: Span,
    ) -> Expr {
        let condition = Box::new(condition);
        let Some(otherwise) = otherwise else {
            let after = std::mem::take(self.flow());
            *self.flow() = after_then.join(after);
            let then = self.discard(then);
            return Expr {
                kind: ExprKind::If { condition, then: Box::new(then), otherwise: None },
                ty: Ty::VOID,
                span,
            };
        };
        let otherwise = self.expr(otherwise, hint);
        let after = std::mem::take(self.flow());
        *self.flow() = after_then.join(after);
        let (branches, ty) = self.join_branches(vec![then, otherwise], hint);
        let [then, otherwise] = two(branches);
        let kind = ExprKind::If { condition, then: Box::new(then), otherwise: Some(Box::new(otherwise)) };
        Expr { kind, ty, span }
    }

    /// Conditions with `let`: `if let p = v { a } else { b }` is a match; longer ones leave a
    /// labelled block from the innermost place, and what stands behind is the `else`.
    fn if_let(&mut self, i: &'a If, hint: Option<Ty>, span: Span) -> Expr {
        let mark = self.names.len();
        let (steps, failed) = self.condition_steps(&i.condition);
        for step in &steps {
            if let Step::Let(pattern, _) = step {
                self.warn_always_matches(pattern);
            }
        }
        let then = self.block(&i.then, hint);
        self.leave_scope(mark);
        let after_then = std::mem::replace(self.flow(), failed);
        let otherwise = i.otherwise.as_ref().map(|o| self.expr(o, hint));
        let after = std::mem::take(self.flow());
        *self.flow() = after_then.join(after);
        let (then, otherwise, ty) = match otherwise {
            Some(otherwise) => {
                let (branches, ty) = self.join_branches(vec![then, otherwise], hint);
                let [then, otherwise] = two(branches);
                (then, otherwise, ty)
            }
            None => {
                let then = self.discard(then);
                (then, void_expr(span), Ty::VOID)
            }
        };
        self.build_if_let(steps, then, otherwise, ty, span)
    }

    /// The parts of a condition with `let`, in their order, and what holds when one of them fails.
    fn condition_steps(&mut self, condition: &'a Condition) -> (Vec<Step>, Flow) {
        let mut parts = Vec::new();
        flatten(condition, &mut parts);
        let mut failed = Flow::dead();
        let mut steps = Vec::new();
        for part in parts {
            match part {
                Condition::Expr(e) => {
                    let test = self.test(e);
                    failed = failed.join(test.when_false);
                    *self.flow() = test.when_true;
                    steps.push(Step::Test(test.value));
                }
                Condition::Let { pattern, value } => {
                    let value = super::assign::not_narrowed(self.expr(value, None));
                    let before = self.flow().clone();
                    failed = failed.join(before);
                    let narrowed = self.narrowable(&value);
                    let pattern = self.let_condition_pattern(pattern, value.ty, false);
                    if excludes_null(&pattern) {
                        self.flow().add_non_null(&narrowed);
                    }
                    steps.push(Step::Let(pattern, value));
                }
                Condition::And(..) => {}
            }
        }
        (steps, failed)
    }

    /// Reports a `while let` that nothing ends, and warns of parts that test nothing.
    fn require_end(&mut self, steps: &[Step]) {
        let always = |step: &Step| matches!(step, Step::Let(pattern, _) if self.always_matches(pattern));
        if let Some(Step::Let(pattern, value)) = steps.last()
            && steps.iter().all(always)
        {
            let (found, place, value) = (self.show(value.ty), pattern.span, value.span);
            self.report(
                Diagnostic::error("E0365", place, "this `while let` never ends: the pattern fits every value")
                    .label(format!("a `{found}` always fits"))
                    .secondary(value, format!("gives a `{found}`, which is never null"))
                    .note("`loop { let x = ...; }` is a loop that only `break` or `return` ends"),
            );
            return;
        }
        for step in steps {
            if let Step::Let(pattern, _) = step {
                self.warn_always_matches(pattern);
            }
        }
    }

    fn build_if_let(&mut self, mut steps: Vec<Step>, then: Expr, otherwise: Expr, ty: Ty, span: Span) -> Expr {
        if let [Step::Let(..)] = steps.as_slice()
            && let Some(Step::Let(pattern, value)) = steps.pop()
        {
            let value_ty = value.ty;
            let mut arms = vec![Arm { pattern, guard: None, body: then }];
            if !self.irrefutable(&arms[0].pattern) {
                let rest = Pattern { kind: PatternKind::Wildcard, ty: value_ty, span };
                arms.push(Arm { pattern: rest, guard: None, body: otherwise });
            }
            return Expr { kind: ExprKind::Match { value: Box::new(value), arms }, ty, span };
        }
        let id = self.next_loop();
        let no_value = matches!(self.shallow(ty), Ty::VOID | Ty::NEVER | Ty::ERROR);
        let mut inner = if self.shallow(then.ty) == Ty::NEVER {
            then
        } else if no_value {
            let leave = Expr { kind: ExprKind::Break { id, value: None }, ty: Ty::NEVER, span };
            super::assign::in_block(vec![Stmt { kind: StmtKind::Expr(then), span }], leave)
        } else {
            Expr { kind: ExprKind::Break { id, value: Some(Box::new(then)) }, ty: Ty::NEVER, span }
        };
        for step in steps.into_iter().rev() {
            inner = match step {
                Step::Test(condition) => {
                    let kind = ExprKind::If { condition: Box::new(condition), then: Box::new(inner), otherwise: None };
                    Expr { kind, ty: Ty::VOID, span }
                }
                Step::Let(pattern, value) => {
                    let rest = Pattern { kind: PatternKind::Wildcard, ty: value.ty, span };
                    let mut arms = vec![Arm { pattern, guard: None, body: inner }];
                    if !self.irrefutable(&arms[0].pattern) {
                        arms.push(Arm { pattern: rest, guard: None, body: void_expr(span) });
                    }
                    Expr { kind: ExprKind::Match { value: Box::new(value), arms }, ty: Ty::VOID, span }
                }
            };
        }
        let body = super::assign::in_block(vec![Stmt { kind: StmtKind::Expr(inner), span }], otherwise);
        let ty = if no_value { Ty::VOID } else { ty };
        Expr { kind: ExprKind::Labelled { id, body: Box::new(body) }, ty, span }
    }

    pub(super) fn match_expr(
        &mut self,
        value: &'a ast::Expr,
        arms: &'a [ast::Arm],
        hint: Option<Ty>,
        span: Span,
    ) -> Expr {
        let value = match self.expr(value, None) {
            // Known not to be null, but the arms may ask.
            Expr { kind: ExprKind::Narrow(inner), .. } if arms.iter().any(|arm| names_null(&arm.pattern)) => *inner,
            value => value,
        };
        let value_ty = self.deep(value.ty);
        if value_ty == Ty::VOID {
            return self.error("E0328", value.span, "this gives no value to match");
        }
        let narrowed = self.narrowable(&value);
        let before = self.flow().clone();
        let mut after = Flow::dead();
        let mut patterns = Vec::with_capacity(arms.len());
        let mut bodies = Vec::with_capacity(arms.len());
        let mut null_is_done = false;
        for arm in arms {
            *self.flow() = before.clone();
            let mark = self.names.len();
            let pattern = self.arm_pattern(&arm.pattern, value_ty, null_is_done);
            if null_is_done || excludes_null(&pattern) {
                self.flow().add_non_null(&narrowed);
            }
            let guard = arm.guard.as_ref().map(|guard| {
                let test = self.test(guard);
                *self.flow() = test.when_true;
                test.value
            });
            null_is_done |= guard.is_none() && covers_null(&pattern);
            let body = self.expr(&arm.body, hint);
            self.leave_scope(mark);
            let reached = std::mem::take(self.flow());
            after = after.join(reached);
            patterns.push((pattern, guard));
            bodies.push(body);
        }
        *self.flow() = after;
        if arms.is_empty() {
            self.flow().dead = true;
        }
        self.check_arms(&patterns, value_ty, span);
        let (bodies, ty) = self.join_branches(bodies, hint);
        let ty = if hint.is_some_and(|h| self.shallow(h) == Ty::VOID) && ty != Ty::NEVER { Ty::VOID } else { ty };
        let arms = patterns.into_iter().zip(bodies).map(|((pattern, guard), body)| {
            let body = if ty == Ty::VOID { self.discard(body) } else { body };
            Arm { pattern, guard, body }
        });
        let arms = arms.collect();
        Expr { kind: ExprKind::Match { value: Box::new(value), arms }, ty, span }
    }

    /// Forgets what a loop's body may change, before the loop.
    pub(super) fn enter_loop(&mut self, body: &ast::Block, condition: Option<&Condition>) {
        if self.flow().non_null.is_empty() && self.flow().types.is_empty() {
            return;
        }
        let mut names = FxHashSet::default();
        assigned_names(body, &mut names);
        if let Some(condition) = condition {
            condition_names(condition, &mut names);
        }
        let mut facts = std::mem::take(&mut self.flow().non_null);
        facts.retain(|&id| super::narrow::is_path_fact(id) || !names.contains(&self.name_of_fact(id)));
        self.flow().non_null = facts;
        let mut types = std::mem::take(&mut self.flow().types);
        types.retain(|&(id, _)| !names.contains(&self.name_of_fact(id)));
        self.flow().types = types;
    }

    fn name_of_fact(&mut self, id: crate::tir::LocalId) -> crate::source::Symbol {
        match fact_global(id) {
            Some(global) => self.cx.globals[global.index()].name,
            None => self.frame().locals[id.index()].name,
        }
    }

    pub(super) fn push_loop(&mut self, label: Option<Ident>, takes_value: bool, hint: Option<Ty>) -> LoopId {
        let id = self.next_loop();
        if let Some(label) = label
            && self.frame().loops.iter().any(|l| l.label == Some(label.name))
        {
            self.report(Diagnostic::warning(
                "W0107",
                label.span,
                format!("a loop around has the label `{}` too", label.name),
            ));
        }
        self.frame().loops.push(Loop {
            id,
            label: label.map(|l| l.name),
            unused_label: label.map(|l| l.span),
            takes_value,
            is_block: false,
            hint,
            value: None,
            exit: Flow::dead(),
            again: Flow::dead(),
            assigned: Vec::new(),
        });
        id
    }

    pub(super) fn pop_loop(&mut self) -> Loop {
        match self.frame().loops.pop() {
            Some(l) => {
                self.check_assigned_once(&l);
                if let (Some(span), Some(name)) = (l.unused_label, l.label)
                    && !name.as_str().starts_with('_')
                {
                    let name = name.as_str();
                    let colon = self.cx.graph.sources.file(span.file).text[span.end as usize..].find(':');
                    let end = span.end + colon.map_or(0, |at| at as u32 + 1);
                    self.report(Diagnostic::warning("W0111", span, format!("the label `'{name}` is never used")).fix(
                        Span { end, ..span },
                        "remove it",
                        "",
                    ));
                }
                l
            }
            None => crate::bug!("typecheck: no loop to leave"),
        }
    }

    /// At the end of a loop's body: where it goes on again, a `let x: T;` from outside that is assigned in here
    /// has no value yet.
    fn check_assigned_once(&mut self, l: &Loop) {
        if l.is_block || l.assigned.is_empty() {
            return;
        }
        let again = l.again.clone().join(self.flow().clone());
        for &(id, span) in &l.assigned {
            if !again.dead && again.is_settled(id) {
                self.already_assigned(id, span);
            }
        }
    }

    pub(super) fn while_loop(
        &mut self,
        label: Option<Ident>,
        condition: &'a Condition,
        body: &'a ast::Block,
        span: Span,
    ) -> Expr {
        self.enter_loop(body, Some(condition));
        let id = self.push_loop(label, false, None);
        let leave = Expr { kind: ExprKind::Break { id, value: None }, ty: Ty::NEVER, span };
        let (inner, failed) = match condition {
            Condition::Expr(condition) => {
                let Test { value, when_true, when_false } = self.test(condition);
                *self.flow() = when_true;
                let inner = self.block(body, Some(Ty::VOID));
                let inner = self.discard(inner);
                let always = matches!(value.kind, ExprKind::Const(crate::tir::Const::Bool(true)));
                let kind = if always {
                    inner.kind
                } else {
                    let (condition, then) = (Box::new(value), Box::new(inner));
                    ExprKind::If { condition, then, otherwise: Some(Box::new(leave)) }
                };
                (Expr { kind, ty: Ty::VOID, span }, when_false)
            }
            _ => self.while_let(condition, body, leave, span),
        };
        let Loop { exit, .. } = self.pop_loop();
        let after = failed.join(exit);
        let ty = if after.dead { Ty::NEVER } else { Ty::VOID };
        *self.flow() = after;
        Expr { kind: ExprKind::Loop { id, body: Box::new(inner), step: None }, ty, span }
    }

    /// `while let p = v { ... }`, possibly with `&&`.
    fn while_let(&mut self, condition: &'a Condition, body: &'a ast::Block, leave: Expr, span: Span) -> (Expr, Flow) {
        let mark = self.names.len();
        let (steps, failed) = self.condition_steps(condition);
        self.require_end(&steps);
        let inner = self.block(body, Some(Ty::VOID));
        let mut inner = self.discard(inner);
        self.leave_scope(mark);
        for step in steps.into_iter().rev() {
            inner = match step {
                Step::Test(condition) => {
                    let otherwise = Some(Box::new(leave.clone()));
                    let kind = ExprKind::If { condition: Box::new(condition), then: Box::new(inner), otherwise };
                    Expr { kind, ty: Ty::VOID, span }
                }
                Step::Let(pattern, value) => {
                    let rest = Pattern { kind: PatternKind::Wildcard, ty: value.ty, span };
                    let mut arms = vec![Arm { pattern, guard: None, body: inner }];
                    if !self.irrefutable(&arms[0].pattern) {
                        arms.push(Arm { pattern: rest, guard: None, body: leave.clone() });
                    }
                    Expr { kind: ExprKind::Match { value: Box::new(value), arms }, ty: Ty::VOID, span }
                }
            };
        }
        (inner, failed)
    }

    pub(super) fn loop_expr(
        &mut self,
        label: Option<Ident>,
        body: &'a ast::Block,
        hint: Option<Ty>,
        span: Span,
    ) -> Expr {
        self.enter_loop(body, None);
        let hint = hint.filter(|&h| self.shallow(h) != Ty::VOID && !self.is_unsolved(h));
        let id = self.push_loop(label, true, hint);
        let inner = self.block(body, Some(Ty::VOID));
        let inner = self.discard(inner);
        let Loop { exit, value, .. } = self.pop_loop();
        let ty = if exit.dead { Ty::NEVER } else { value.unwrap_or(Ty::VOID) };
        *self.flow() = exit;
        Expr { kind: ExprKind::Loop { id, body: Box::new(inner), step: None }, ty, span }
    }

    /// `'a: { ... }`: its value is that of its end, or of the `break 'a v` that leaves it.
    pub(super) fn labelled_block(&mut self, label: Ident, body: &'a ast::Block, hint: Option<Ty>, span: Span) -> Expr {
        let hint = hint.filter(|&h| self.shallow(h) != Ty::VOID && !self.is_unsolved(h));
        let id = self.push_loop(Some(label), true, hint);
        if let Some(block) = self.frame().loops.last_mut() {
            block.is_block = true;
        }
        let inner = self.block(body, hint);
        let Loop { exit, value, .. } = self.pop_loop();
        let end = self.shallow(inner.ty);
        let is_left = !exit.dead;
        let after = std::mem::take(self.flow());
        *self.flow() = after.join(exit);
        let (inner, ty) = match value {
            Some(ty) if end == Ty::NEVER => (inner, ty),
            Some(ty) if end == Ty::VOID => {
                let text = self.show(ty);
                let message = format!("the end of this block gives no value, but its `break`s give a `{text}`");
                (self.error("E0350", body.span, message), Ty::ERROR)
            }
            Some(ty) => (self.coerce(inner, ty), ty),
            None if is_left || end == Ty::VOID => (self.discard(inner), Ty::VOID),
            None => (inner, end),
        };
        Expr { kind: ExprKind::Labelled { id, body: Box::new(inner) }, ty, span }
    }

    pub(super) fn break_expr(&mut self, label: Option<Ident>, value: Option<&'a ast::Expr>, span: Span) -> Expr {
        let Some(index) = self.find_loop(label, "break", span) else {
            if let Some(value) = value {
                self.expr(value, None);
            }
            return error_expr(span);
        };
        let (id, hint, takes_value) = {
            let l = &self.frame().loops[index];
            (l.id, l.hint.or(l.value), l.takes_value)
        };
        let value = value.map(|value| (self.expr(value, hint), value.span));
        let known = self.frame().loops[index].value;
        let value = match value {
            Some((_, value_span)) if !takes_value => {
                self.report(
                    Diagnostic::error("E0350", value_span, "only `loop` takes a value from `break`")
                        .label("`while` and `for` may end without one"),
                );
                None
            }
            Some((value, _)) => {
                let ty = hint.unwrap_or(value.ty);
                let value = self.coerce(value, ty);
                self.frame().loops[index].value = Some(ty);
                Some(Box::new(value))
            }
            None => {
                if let Some(known) = known.or(self.frame().loops[index].hint.filter(|_| known.is_some())) {
                    let text = self.show(known);
                    self.error("E0350", span, format!("this `break` needs a value: the others give a `{text}`"));
                }
                None
            }
        };
        let flow = self.flow().clone();
        self.flow().dead = true;
        let l = &mut self.frame().loops[index];
        let exit = std::mem::take(&mut l.exit);
        l.exit = exit.join(flow);
        Expr { kind: ExprKind::Break { id, value }, ty: Ty::NEVER, span }
    }

    pub(super) fn continue_expr(&mut self, label: Option<Ident>, span: Span) -> Expr {
        let Some(index) = self.find_loop(label, "continue", span) else { return error_expr(span) };
        if self.frame().loops[index].is_block {
            return self.error("E0351", span, "`continue` goes on with a loop, and this label is a block's");
        }
        let flow = self.flow().clone();
        self.flow().dead = true;
        let l = &mut self.frame().loops[index];
        let again = std::mem::take(&mut l.again);
        l.again = again.join(flow);
        Expr { kind: ExprKind::Continue { id: l.id }, ty: Ty::NEVER, span }
    }

    fn find_loop(&mut self, label: Option<Ident>, what: &str, span: Span) -> Option<usize> {
        let frame = self.frame();
        let Some(label) = label else {
            let index = frame.loops.iter().rposition(|l| !l.is_block);
            if index.is_none() {
                match frame.unleavable {
                    Some(block) => self.error("E0361", span, format!("`{what}` cannot leave a `{block}`")),
                    None => self.error("E0351", span, format!("`{what}` stands outside of a loop")),
                };
            }
            return index;
        };
        if let Some(index) = frame.loops.iter().rposition(|l| l.label == Some(label.name)) {
            frame.loops[index].unused_label = None;
            return Some(index);
        }
        let labels: Vec<&str> = frame.loops.iter().filter_map(|l| l.label.map(|l| l.as_str())).collect();
        let near = nearest(label.name.as_str(), labels);
        let diagnostic = Diagnostic::error(
            "E0351",
            label.span,
            format!("there is no loop `'{}` around this", label.name.as_str().trim_start_matches('\'')),
        );
        self.report(match near {
            Some(near) => diagnostic.note(format!("did you mean `{near}`?")),
            None => diagnostic,
        });
        None
    }

    pub(super) fn return_expr(&mut self, value: Option<&'a ast::Expr>, span: Span) -> Expr {
        let result = self.frame().result;
        let value = match result {
            FrameResult::TopLevel => {
                if let Some(value) = value {
                    self.expr(value, None);
                }
                self.flow().dead = true;
                return self.error("E0352", span, "`return` stands outside of a function");
            }
            FrameResult::Known(ty) => match value {
                Some(value) if ty == Ty::VOID => {
                    let checked = self.expr(value, Some(Ty::VOID));
                    let found = self.result_type_of(checked.ty);
                    if !matches!(found, Ty::VOID | Ty::NEVER | Ty::ERROR) && self.frames.len() == 1 {
                        let text = self.show(found);
                        self.report(
                            Diagnostic::error("E0320", value.span, "this function gives no value")
                                .label(format!("this is a `{text}`"))
                                .note(format!("write `-> {text}` after its parameters")),
                        );
                    }
                    Some(self.discard_result(checked))
                }
                Some(value) => {
                    let value = self.expr(value, Some(ty));
                    Some(self.coerce_result(value, ty))
                }
                None => {
                    if !matches!(self.shallow(ty), Ty::VOID | Ty::ERROR) {
                        let text = self.show(ty);
                        self.error("E0320", span, format!("this function gives a `{text}`: `return` needs a value"));
                    }
                    None
                }
            },
            FrameResult::Unknown => {
                let hint = self.return_hint();
                let is_null =
                    |e: &ast::Expr| matches!(super::flow::strip(e).kind, ast::ExprKind::Literal(ast::Literal::Null));
                let checked = value.map(|value| self.expr(value, hint.filter(|_| !is_null(value))));
                let ty = checked.as_ref().map_or(Ty::VOID, |v| v.ty);
                self.note_return(ty, checked.as_ref().map_or(span, |v| v.span));
                checked
            }
        };
        self.flow().dead = true;
        // What gives nothing is done before.
        let value = match value {
            Some(value) if self.shallow(value.ty) == Ty::VOID => {
                let leave = Expr { kind: ExprKind::Return(None), ty: Ty::NEVER, span };
                let effect = Stmt { kind: StmtKind::Expr(value), span };
                return super::assign::in_block(vec![effect], leave);
            }
            other => other,
        };
        Expr { kind: ExprKind::Return(value.map(Box::new)), ty: Ty::NEVER, span }
    }

    /// Whether the pattern matches every value of its type.
    pub(super) fn irrefutable(&self, pattern: &Pattern) -> bool {
        match &pattern.kind {
            PatternKind::Wildcard | PatternKind::Bind(_, None) => true,
            PatternKind::Bind(_, Some(inner)) => self.irrefutable(inner),
            PatternKind::Tuple(parts) => parts.iter().all(|p| self.irrefutable(p)),
            PatternKind::Fields(fields) => fields.iter().all(|(_, p)| self.irrefutable(p)),
            PatternKind::Or(parts) => parts.iter().any(|p| self.irrefutable(p)),
            PatternKind::Variant { fields, .. } => {
                let only = match self.kind(pattern.ty) {
                    TyKind::Nominal(id, _) => self.cx.nominals[id.index()].variants.len() == 1,
                    _ => false,
                };
                only && fields.iter().all(|p| self.irrefutable(p))
            }
            PatternKind::Const(_) | PatternKind::Range(..) | PatternKind::Some(_) | PatternKind::Type(_) => {
                matches!(self.kind(pattern.ty), TyKind::Error)
            }
        }
    }
}

/// A part of a condition with `let`.
enum Step {
    Test(Expr),
    Let(Pattern, Expr),
}

fn flatten<'a>(condition: &'a Condition, parts: &mut Vec<&'a Condition>) {
    match condition {
        Condition::And(a, b) => {
            flatten(a, parts);
            flatten(b, parts);
        }
        other => parts.push(other),
    }
}

fn condition_names(condition: &Condition, names: &mut FxHashSet<crate::source::Symbol>) {
    match condition {
        Condition::And(a, b) => {
            condition_names(a, names);
            condition_names(b, names);
        }
        Condition::Expr(e) | Condition::Let { value: e, .. } => {
            super::flow::assigned_in(e, names);
        }
    }
}

fn two(mut branches: Vec<Expr>) -> [Expr; 2] {
    match (branches.pop(), branches.pop()) {
        (Some(second), Some(first)) => [first, second],
        _ => crate::bug!("typecheck: two branches are joined"),
    }
}

/// Matches no null.
pub(super) fn excludes_null(pattern: &Pattern) -> bool {
    match &pattern.kind {
        PatternKind::Some(_) | PatternKind::Type(_) => true,
        PatternKind::Bind(_, Some(inner)) => excludes_null(inner),
        PatternKind::Or(parts) => parts.iter().all(excludes_null),
        _ => false,
    }
}

/// Matches null, whatever else.
fn covers_null(pattern: &Pattern) -> bool {
    match &pattern.kind {
        PatternKind::Const(crate::tir::Const::Null) | PatternKind::Wildcard | PatternKind::Bind(_, None) => true,
        PatternKind::Bind(_, Some(inner)) => covers_null(inner),
        PatternKind::Or(parts) => parts.iter().any(covers_null),
        _ => false,
    }
}

/// Whether `null` is among the alternatives.
fn names_null(pattern: &ast::Pattern) -> bool {
    match &pattern.kind {
        ast::PatternKind::Literal(e) => {
            matches!(super::flow::strip(e).kind, ast::ExprKind::Literal(ast::Literal::Null))
        }
        ast::PatternKind::Or(parts) => parts.iter().any(names_null),
        ast::PatternKind::Binding { pattern, .. } => names_null(pattern),
        _ => false,
    }
}
