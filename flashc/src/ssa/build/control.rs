//! Control flow: blocks and what is deferred in them, `if`, loops, `break`, `return`. Where the value
//! of a branch goes is said by a [`Sink`], so that branches meet without block parameters of their own
//! and a call in return position is seen as one.

use super::emitter::{Handler, Vals};
use super::function::FnBuilder;
use super::place::Place;
use super::ssa_vars::Var;
use crate::ssa::{Block, Value};
use crate::tir::{Body, Callee, CompareOp, Const, Expr, ExprKind, LoopId, Pattern, PatternKind, Stmt, StmtKind, Ty};
use crate::tir::{LocalId, UnaryOp};

/// Where an expression's value goes.
#[derive(Clone, Debug)]
pub enum Sink {
    Discard,
    Vars(Var),
    Memory(Place),
    /// It is the function's result.
    Return,
}

/// What runs when its block is left.
#[derive(Clone, Copy, Debug)]
pub struct Deferred<'a> {
    expr: &'a Expr,
    /// Where what it throws goes, however the block is left.
    outer: Option<Handler>,
    /// Where the block is left by an error.
    own: Handler,
}

/// A loop or labelled block that we are in.
#[derive(Clone, Debug)]
pub struct Target {
    id: LoopId,
    break_block: Block,
    continue_block: Option<Block>,
    sink: Sink,
    /// Number of scopes outside of it.
    depth: usize,
}

impl<'a> FnBuilder<'_, 'a> {
    /// A new sink for a value of this type; `take` reads it.
    pub fn sink_for(&mut self, ty: Ty) -> Sink {
        if self.cx.is_memory(ty) {
            return Sink::Memory(self.temp(ty));
        }
        let types = self.cx.scalars(ty);
        if types.is_empty() { Sink::Discard } else { Sink::Vars(self.e.new_vars(&types)) }
    }

    pub fn take(&mut self, sink: &Sink, ty: Ty) -> Vals {
        match sink {
            Sink::Vars(first) => self.read(&Place::Vars { first: *first, ty }),
            Sink::Memory(place) => self.read(place),
            Sink::Discard | Sink::Return => Vals::new(),
        }
    }

    /// Evaluates an expression whose value goes somewhere. Behind one that goes to `Return`, the
    /// place is dead, unless nothing was returned because there is no value.
    pub fn put(&mut self, expr: &'a Expr, sink: &Sink) {
        if self.e.is_dead() {
            return;
        }
        let outer = self.e.loc();
        self.e.set_span(expr.span);
        match &expr.kind {
            ExprKind::Block { statements, value } => self.block(statements, value.as_deref(), sink),
            ExprKind::If { condition, then, otherwise } => self.if_(condition, then, otherwise.as_deref(), sink),
            ExprKind::Match { value, arms } => self.match_(value, arms, sink),
            ExprKind::Loop { id, body, step } => self.loop_(*id, body, step.as_deref(), sink),
            ExprKind::Labelled { id, body } => self.labelled(*id, body, sink),
            ExprKind::Coalesce { value, default } => self.coalesce(value, default, sink),
            ExprKind::Try { body, catches, finally } => self.try_(body, catches, finally.as_deref(), sink),
            _ => match sink {
                Sink::Discard => {
                    self.expr(expr);
                }
                Sink::Vars(first) => {
                    let ty = self.ty(expr.ty);
                    let vals = self.expr(expr);
                    self.write(&Place::Vars { first: *first, ty }, &vals);
                }
                Sink::Memory(place) => self.expr_into(expr, place),
                Sink::Return => self.return_expr(expr),
            },
        }
        self.e.set_loc(outer);
    }

    /// Puts a value that is there already.
    pub fn put_vals(&mut self, vals: Vals, ty: Ty, sink: &Sink) {
        match sink {
            Sink::Discard => {}
            Sink::Vars(first) => self.write(&Place::Vars { first: *first, ty }, &vals),
            Sink::Memory(place) => self.write(place, &vals),
            Sink::Return if self.promise.is_some() => self.return_settled(vals, ty),
            Sink::Return => self.return_vals(vals),
        }
    }

    // Blocks.

    fn block(&mut self, statements: &'a [Stmt], value: Option<&'a Expr>, sink: &Sink) {
        self.in_scope(|this| {
            for statement in statements {
                if this.e.is_dead() {
                    break;
                }
                this.statement(statement);
            }
            if let Some(value) = value {
                this.put(value, sink);
            }
        });
    }

    /// Runs what `write` defers, however that is left.
    pub fn in_scope(&mut self, write: impl FnOnce(&mut Self)) {
        let outer = self.e.handler();
        self.scopes.push(Vec::new());
        write(self);
        self.run_deferred(self.scopes.len() - 1);
        self.e.set_handler(outer);
        let deferred = self.scopes.pop().unwrap_or_default();
        if deferred.is_empty() {
            return;
        }
        let (join, loc) = (self.e.new_block(), self.e.loc());
        self.e.jump(join);
        for deferred in deferred.into_iter().rev() {
            if let Some(error) = self.e.begin_handler(deferred.own) {
                let handler = self.e.set_handler(deferred.outer);
                self.put(deferred.expr, &Sink::Discard);
                self.e.throw_on(error);
                self.e.set_handler(handler);
            }
        }
        self.e.set_loc(loc);
        self.e.begin(join);
    }

    /// From here on to its end, leaving the scope runs the expression.
    pub fn defer(&mut self, expr: &'a Expr) {
        let own = self.e.new_handler();
        let outer = self.e.set_handler(Some(own));
        match self.scopes.last_mut() {
            Some(scope) => scope.push(Deferred { expr, outer, own }),
            None => bug!("build: defer outside of a block"),
        }
    }

    fn statement(&mut self, statement: &'a Stmt) {
        self.e.set_span(statement.span);
        match &statement.kind {
            StmtKind::Let { pattern, value } => self.let_(pattern, value),
            StmtKind::Declare(local) => {
                self.declare(*local);
            }
            StmtKind::Expr(expr) => self.put(expr, &Sink::Discard),
            StmtKind::Defer(expr) => self.defer(expr),
        }
    }

    fn let_(&mut self, pattern: &'a Pattern, value: &'a Expr) {
        let PatternKind::Bind(local, None) = &pattern.kind else {
            let ty = self.ty(value.ty);
            let place = if self.is_place(value) && self.cx.is_memory(ty) {
                self.place(value)
            } else {
                Place::Value { vals: self.expr(value), ty }
            };
            return self.bind(&place, pattern);
        };
        self.let_local(*local, value);
    }

    fn let_local(&mut self, local: LocalId, value: &'a Expr) {
        let ty = self.local_ty(local);
        if self.cx.is_memory(ty) {
            let is_zero = self.declare(local);
            if is_zero && matches!(value.kind, ExprKind::Zero) {
                return;
            }
            let place = self.local(local);
            self.put(value, &Sink::Memory(place));
        } else {
            let vals = self.expr(value);
            self.declare(local);
            let place = self.local(local);
            self.write(&place, &vals);
        }
    }

    /// Runs what is deferred in the scopes from `depth` on, innermost first, last one first.
    pub fn run_deferred(&mut self, depth: usize) {
        if self.scopes[depth..].iter().all(Vec::is_empty) {
            return;
        }
        // What is deferred runs outside of the scopes that are being left.
        let left = self.scopes.split_off(depth);
        let loc = self.e.loc();
        for index in (0..left.len()).rev() {
            for deferred in left[index].iter().rev() {
                if self.e.is_dead() {
                    break;
                }
                let handler = self.e.set_handler(deferred.outer);
                self.put(deferred.expr, &Sink::Discard);
                self.e.set_handler(handler);
            }
        }
        self.e.set_loc(loc);
        self.scopes.extend(left);
    }

    // Conditions.

    fn if_(&mut self, condition: &'a Expr, then: &'a Expr, otherwise: Option<&'a Expr>, sink: &Sink) {
        let then_block = self.e.new_block();
        let join = self.e.new_block();
        let else_block = if otherwise.is_some() { self.e.new_block() } else { join };
        self.condition(condition, then_block, else_block);
        self.e.begin(then_block);
        self.put(then, sink);
        self.e.jump(join);
        if let Some(otherwise) = otherwise {
            self.e.begin(else_block);
            self.put(otherwise, sink);
            self.e.jump(join);
        }
        self.e.begin(join);
    }

    /// Goes to `then` or `otherwise` by a bool; `&&`, `||` and `!` in it become jumps.
    pub fn condition(&mut self, expr: &'a Expr, then: Block, otherwise: Block) {
        if self.e.is_dead() {
            return;
        }
        let outer = self.e.loc();
        self.e.set_span(expr.span);
        match &expr.kind {
            ExprKind::And(left, right) => {
                let middle = self.e.new_block();
                self.condition(left, middle, otherwise);
                self.e.begin(middle);
                self.condition(right, then, otherwise);
            }
            ExprKind::Or(left, right) => {
                let middle = self.e.new_block();
                self.condition(left, then, middle);
                self.e.begin(middle);
                self.condition(right, then, otherwise);
            }
            ExprKind::Unary { op: UnaryOp::Not, operand } => self.condition(operand, otherwise, then),
            ExprKind::Compare { op: op @ (CompareOp::Eq | CompareOp::Ne), left, right } if left.ty == Ty::STR => {
                let left = self.expr(left);
                let right = self.expr(right);
                match op {
                    CompareOp::Eq => self.branch_equal_str(&left, &right, then, otherwise),
                    _ => self.branch_equal_str(&left, &right, otherwise, then),
                }
            }
            ExprKind::Const(Const::Bool(value)) => self.e.jump(if *value { then } else { otherwise }),
            _ => {
                let value = self.one(expr);
                self.e.branch(value, then, otherwise);
            }
        }
        self.e.set_loc(outer);
    }

    /// `&&` and `||` as a value.
    pub fn short_circuit(&mut self, left: &'a Expr, right: &'a Expr, is_and: bool) -> Value {
        let var = self.e.new_var(crate::ssa::Type::I8);
        let (rest, join) = (self.e.new_block(), self.e.new_block());
        let left = self.one(left);
        self.e.write_var(var, left);
        if is_and {
            self.e.branch(left, rest, join);
        } else {
            self.e.branch(left, join, rest);
        }
        self.e.begin(rest);
        let right = self.one(right);
        self.e.write_var(var, right);
        self.e.jump(join);
        self.e.begin(join);
        self.e.read_var(var)
    }

    // Loops.

    fn loop_(&mut self, id: LoopId, body: &'a Expr, step: Option<&'a Expr>, sink: &Sink) {
        let (header, exit) = (self.e.new_block(), self.e.new_block());
        let step_block = if step.is_some() { self.e.new_block() } else { header };
        self.e.jump(header);
        self.e.switch_to(header);
        self.enter(id, exit, Some(step_block), sink);
        self.put(body, &Sink::Discard);
        self.e.jump(step_block);
        if let Some(step) = step {
            self.e.begin(step_block);
            // It may leave the loop too.
            self.put(step, &Sink::Discard);
            self.e.jump(header);
        }
        self.targets.pop();
        self.e.seal(header);
        self.e.begin(exit);
    }

    fn labelled(&mut self, id: LoopId, body: &'a Expr, sink: &Sink) {
        let exit = self.e.new_block();
        self.enter(id, exit, None, sink);
        self.put(body, sink);
        self.targets.pop();
        self.e.jump(exit);
        self.e.begin(exit);
    }

    fn enter(&mut self, id: LoopId, break_block: Block, continue_block: Option<Block>, sink: &Sink) {
        let depth = self.scopes.len();
        self.targets.push(Target { id, break_block, continue_block, sink: sink.clone(), depth });
    }

    fn target(&self, id: LoopId) -> Target {
        match self.targets.iter().rfind(|target| target.id == id) {
            Some(target) => target.clone(),
            None => bug!("build: break or continue of a loop we are not in"),
        }
    }

    pub fn break_(&mut self, id: LoopId, value: Option<&'a Expr>) {
        let target = self.target(id);
        if let Some(value) = value {
            self.put(value, &target.sink);
        }
        if !self.e.is_dead() {
            self.run_deferred(target.depth);
            self.e.jump(target.break_block);
        }
    }

    pub fn continue_(&mut self, id: LoopId) {
        let target = self.target(id);
        let Some(block) = target.continue_block else { bug!("build: continue of a block that is no loop") };
        self.run_deferred(target.depth);
        self.e.jump(block);
    }

    // Return.

    pub fn return_(&mut self, value: Option<&'a Expr>) {
        if let Some(value) = value {
            self.put(value, &Sink::Return);
        }
        self.return_vals(Vals::new());
    }

    /// Returns the value of an expression that is no control flow itself.
    fn return_expr(&mut self, expr: &'a Expr) {
        if self.try_tail_call(expr) {
            return;
        }
        if self.promise.is_some() {
            let ty = self.ty(expr.ty);
            let vals = self.owned(expr);
            return self.return_settled(vals, ty);
        }
        if let Some(address) = self.result_ptr {
            let result = self.result_place(address);
            self.expr_into(expr, &result);
            if !self.e.is_dead() {
                self.run_deferred(0);
                self.e.ret(&[]);
            }
            return;
        }
        let vals = self.expr(expr);
        self.return_vals(vals);
    }

    fn result_place(&self, address: Value) -> Place {
        let area = super::module::Area::ANY;
        Place::Memory { address, offset: 0, area, ty: self.result, readonly: false }
    }

    pub fn return_vals(&mut self, vals: Vals) {
        if self.e.is_dead() {
            return;
        }
        if self.promise.is_some() {
            return self.return_settled(vals, Ty::VOID);
        }
        if let (Some(address), [_]) = (self.result_ptr, &vals[..]) {
            let result = self.result_place(address);
            self.write(&result, &vals);
        }
        self.run_deferred(0);
        let count = if self.result_ptr.is_some() { 0 } else { self.cx.scalars(self.result).len() };
        if vals.len() < count {
            // Only behind something that does not come back, which the tree did not say.
            self.e.unreachable();
        }
        self.e.ret(&vals[..count.min(vals.len())]);
    }

    // Tail calls.

    fn is_self_call(&mut self, expr: &Expr) -> bool {
        let ExprKind::Call { callee: Callee::Function { function, type_args }, .. } = &expr.kind else { return false };
        Some(*function) == self.id
            && type_args.len() == self.type_args.len()
            && type_args.iter().enumerate().all(|(index, &ty)| self.ty(ty) == self.type_args[index])
    }

    /// Whether the function may call itself in return position and go to its start instead.
    pub fn has_tail_call(&mut self, body: &'a Expr) -> bool {
        let Some(id) = self.id else { return false };
        let function = &self.cx.tree.functions[id.index()];
        if !function.captures.is_empty() || !matches!(function.body, Body::Flash(_)) || !self.params_are_private(id) {
            return false;
        }
        self.finds_tail_call(body, true)
    }

    /// Looks where `put` and `return_` will meet it. Deferred code only makes it find too much.
    fn finds_tail_call(&mut self, expr: &'a Expr, is_last: bool) -> bool {
        match &expr.kind {
            ExprKind::Call { .. } => is_last && self.is_self_call(expr),
            ExprKind::Return(Some(value)) => self.finds_tail_call(value, true),
            ExprKind::Block { statements, value } => {
                let in_statement = |this: &mut Self, statement: &'a Stmt| match &statement.kind {
                    StmtKind::Expr(expr) | StmtKind::Let { value: expr, .. } => this.finds_tail_call(expr, false),
                    StmtKind::Declare(_) | StmtKind::Defer(_) => false,
                };
                statements.iter().any(|statement| in_statement(self, statement))
                    || value.as_deref().is_some_and(|value| self.finds_tail_call(value, is_last))
            }
            ExprKind::If { then, otherwise, .. } => {
                self.finds_tail_call(then, is_last)
                    || otherwise.as_deref().is_some_and(|expr| self.finds_tail_call(expr, is_last))
            }
            ExprKind::Match { arms, .. } => arms.iter().any(|arm| self.finds_tail_call(&arm.body, is_last)),
            ExprKind::Loop { body, .. } | ExprKind::Labelled { body, .. } => self.finds_tail_call(body, is_last),
            ExprKind::Break { value: Some(value), .. } => self.finds_tail_call(value, is_last),
            ExprKind::Coalesce { default, .. } => self.finds_tail_call(default, is_last),
            _ => false,
        }
    }

    /// Turns a call of the function itself in return position into a jump to its start.
    fn try_tail_call(&mut self, expr: &'a Expr) -> bool {
        let Some(tail) = self.tail else { return false };
        let ExprKind::Call { args, .. } = &expr.kind else { return false };
        if !self.is_self_call(expr) || self.e.handler().is_some() || self.scopes.iter().any(|scope| !scope.is_empty()) {
            return false;
        }
        let Some(id) = self.id else { return false };
        let params = &self.cx.tree.functions[id.index()].params;
        let values: Vec<Vals> = args.iter().map(|arg| self.expr(arg)).collect();
        for (&param, vals) in params.iter().zip(&values) {
            if self.locals[param.index()].is_reference {
                self.rebind_reference(param, vals);
            } else {
                let place = self.local(param);
                self.write(&place, vals);
            }
        }
        self.e.jump(tail.header);
        true
    }
}
