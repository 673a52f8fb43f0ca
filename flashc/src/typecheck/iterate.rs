//! `for`: over ranges of integers, arrays, text, and whatever has `next(self) -> T?`.

use super::body::Body;
use super::text::let_local;
use crate::ast::{self, ExprKind as AstKind, Ident};
use crate::diagnostics::Diagnostic;
use crate::source::{Span, Symbol};
use crate::tir::{
    self, Arm, Callee, CompareOp, Const, Expr, ExprKind, Intrinsic, LocalId, LoopId, Pattern, PatternKind, Stmt,
    StmtKind, Ty, TyKind,
};

impl<'a> Body<'_, 'a> {
    pub(super) fn for_loop(
        &mut self,
        label: Option<Ident>,
        pattern: &'a ast::Pattern,
        iterable: &'a ast::Expr,
        body: &'a ast::Block,
        span: Span,
    ) -> Expr {
        if let AstKind::Range { start, end, inclusive } = &super::flow::strip(iterable).kind {
            return self.for_range(label, pattern, start.as_deref(), end.as_deref(), *inclusive, body, span);
        }
        let value = self.expr(iterable, None);
        let value = self.lazily(value);
        let value = self.auto_deref(value);
        let ty = self.deep(value.ty);
        match self.cx.types.kind(ty).clone() {
            TyKind::Array(element) => self.for_array(label, pattern, value, element, None, body, span),
            TyKind::FixedArray(element, count) => {
                self.for_array(label, pattern, value, element, Some(count), body, span)
            }
            TyKind::Str if self.has_text_methods() => self.for_text(label, pattern, value, body, span),
            TyKind::Error | TyKind::Never => {
                self.has_errors = true;
                self.for_unknown(label, pattern, body, span)
            }
            _ => self.for_methods(label, pattern, value, body, span),
        }
    }

    /// `for await x in s`: over what gives promises of values, or an array or iterator of promises.
    pub(super) fn for_await(
        &mut self,
        label: Option<Ident>,
        pattern: &'a ast::Pattern,
        iterable: &'a ast::Expr,
        body: &'a ast::Block,
        span: Span,
    ) -> Expr {
        self.require_waiting(span);
        let value = self.expr(iterable, None);
        let value = self.auto_deref(value);
        let (ty, value_span) = (self.deep(value.ty), value.span);
        let name = |text: &str| Ident { name: Symbol::new(text), span: value_span };
        let is_named = matches!(self.cx.types.kind(ty), TyKind::Nominal(..) | TyKind::Param(..));
        let value = if is_named && self.has_method(ty, name("async_iterator")) {
            self.method_call(value, name("async_iterator"), &[], &[], None, value_span)
        } else {
            value
        };
        self.waits_for_items = true;
        let looped = match self.cx.types.kind(ty).clone() {
            TyKind::Array(element) => self.for_array(label, pattern, value, element, None, body, span),
            TyKind::FixedArray(element, count) => {
                self.for_array(label, pattern, value, element, Some(count), body, span)
            }
            TyKind::Error | TyKind::Never => {
                self.waits_for_items = false;
                self.has_errors = true;
                self.for_unknown(label, pattern, body, span)
            }
            _ => self.for_methods(label, pattern, value, body, span),
        };
        self.waits_for_items = false;
        looped
    }

    /// `for c in text.chars()` needs no array: a method of std says by `#[lazy("name")]` which other one gives the same values
    /// one by one.
    fn lazily(&mut self, value: Expr) -> Expr {
        let ExprKind::Call { callee: Callee::Function { function, type_args }, .. } = &value.kind else { return value };
        let Some(&id) = self.cx.written.get(function) else { return value };
        let info = &self.cx.functions[id.index()];
        let (Some(name), Some(owner)) = (super::attributes::text(info.attributes, "lazy"), info.scope.self_ty) else {
            return value;
        };
        let Some(lazy) = self.method_of(owner, name) else { return value };
        let type_args = type_args.clone();
        match value.kind {
            ExprKind::Call { args, .. } => self.std_call(lazy, &type_args, args, value.span),
            _ => value,
        }
    }

    /// The body of a loop over something that made no sense, for the mistakes inside it.
    fn for_unknown(
        &mut self,
        label: Option<Ident>,
        pattern: &'a ast::Pattern,
        body: &'a ast::Block,
        span: Span,
    ) -> Expr {
        self.enter_loop(body, None);
        let before = self.flow().clone();
        self.push_loop(label, false, None);
        let mark = self.names.len();
        self.binding_pattern(pattern, Ty::ERROR, false);
        self.block(body, Some(Ty::VOID));
        self.leave_scope(mark);
        let exit = self.pop_loop().exit;
        *self.flow() = before.join(exit);
        super::body::error_expr(span)
    }

    /// The loop's pattern and body: `{ let pattern = value; body }`.
    fn for_body(&mut self, pattern: &'a ast::Pattern, value: Expr, body: &'a ast::Block) -> Expr {
        let mark = self.names.len();
        let value = self.loop_item(value);
        let ty = value.ty;
        let pattern_span = pattern.span;
        let pattern = self.binding_pattern(pattern, ty, false);
        let inner = self.block(body, Some(Ty::VOID));
        let inner = self.discard(inner);
        self.leave_scope(mark);
        let bind = Stmt { kind: StmtKind::Let { pattern, value }, span: pattern_span };
        let span = inner.span;
        // One block, not a block in a block.
        match inner.kind {
            ExprKind::Block { mut statements, value: None } => {
                statements.insert(0, bind);
                Expr { kind: ExprKind::Block { statements, value: None }, ..inner }
            }
            kind => super::assign::in_block(vec![bind], Expr { kind, ty: inner.ty, span }),
        }
    }

    /// What a loop gives its pattern: in `for await` over promises, what they are for.
    fn loop_item(&mut self, value: Expr) -> Expr {
        if !std::mem::take(&mut self.waits_for_items) {
            return value;
        }
        let ty = self.shallow(value.ty);
        if self.awaited_type(ty).is_some() {
            let span = value.span;
            return self.await_promise(value, span);
        }
        if ty != Ty::ERROR {
            let found = self.show(ty);
            self.report(
                Diagnostic::error("E0421", value.span, format!("the elements are no promises, but of type `{found}`"))
                    .label("`for await` waits for each")
                    .note("a plain `for` loops over them"),
            );
        }
        super::body::error_expr(value.span)
    }

    fn for_range(
        &mut self,
        label: Option<Ident>,
        pattern: &'a ast::Pattern,
        start: Option<&'a ast::Expr>,
        end: Option<&'a ast::Expr>,
        inclusive: bool,
        body: &'a ast::Block,
        span: Span,
    ) -> Expr {
        let Some(start) = start else {
            self.error("E0353", span, "a range that is looped over needs a start");
            return self.for_unknown(label, pattern, body, span);
        };
        let Some((first, last, ty)) = self.range_ends(start, end, None) else {
            return self.for_unknown(label, pattern, body, span);
        };
        if ty == Ty::CHAR {
            let value = self.range_value_of(first, last, inclusive, ty, span);
            return self.for_methods(label, pattern, value, body, span);
        }
        let mut statements = Vec::new();
        let counter = self.add_local(Symbol::new("counter"), ty, true, pattern.span, false);
        statements.push(let_local(counter, first));
        let last = last.map(|l| self.keep_fixed(l, "end", &mut statements));
        self.enter_loop(body, None);
        let before = self.flow().clone();
        let id = self.push_loop(label, false, None);
        let current = self.local(counter, pattern.span);
        let inner = self.for_body(pattern, current, body);
        let exit = self.pop_loop().exit;
        // An endless range is left by `break` alone.
        *self.flow() = if last.is_some() { before.join(exit) } else { exit };
        let endless = self.flow().dead;
        let make = CountedLoop { id, counter, ty, span };
        let looped = match last {
            None => {
                let step = self.increment(counter, ty, span);
                Expr {
                    kind: ExprKind::Loop { id, body: Box::new(inner), step: Some(Box::new(step)) },
                    ty: if endless { Ty::NEVER } else { Ty::VOID },
                    span,
                }
            }
            Some(last) if inclusive => self.inclusive_loop(make, last, inner),
            Some(last) => self.exclusive_loop(make, last, inner),
        };
        super::assign::in_block(statements, looped)
    }

    /// As `keep`, but never a variable that could change meanwhile.
    fn keep_fixed(&mut self, value: Expr, name: &str, statements: &mut Vec<Stmt>) -> Expr {
        self.keep(value, name, statements)
    }

    /// A loop over the integers from `counter` on, which has its first value, to below `last`.
    pub(super) fn counted_loop(&mut self, id: LoopId, counter: LocalId, last: Expr, body: Expr, span: Span) -> Expr {
        self.exclusive_loop(CountedLoop { id, counter, ty: last.ty, span }, last, body)
    }

    /// `loop { if counter < last { body } else { break } } step counter += 1`
    fn exclusive_loop(&mut self, make: CountedLoop, last: Expr, inner: Expr) -> Expr {
        let CountedLoop { id, counter, ty, span } = make;
        let current = self.local(counter, span);
        let condition = Box::new(compare(CompareOp::Lt, current, last, span));
        let body = if_else_break(condition, inner, id, span);
        let step = self.increment(counter, ty, span);
        Expr { kind: ExprKind::Loop { id, body: Box::new(body), step: Some(Box::new(step)) }, ty: Ty::VOID, span }
    }

    /// `if counter <= last { loop { body } step if counter == last { break } else { counter += 1 } }`,
    /// which does not overflow when the last one is the type's largest.
    fn inclusive_loop(&mut self, make: CountedLoop, last: Expr, inner: Expr) -> Expr {
        let CountedLoop { id, counter, ty, span } = make;
        let current = self.local(counter, span);
        let done = compare(CompareOp::Eq, current.clone(), last.clone(), span);
        let leave = Expr { kind: ExprKind::Break { id, value: None }, ty: Ty::NEVER, span };
        let more = self.increment(counter, ty, span);
        let kind = ExprKind::If { condition: Box::new(done), then: Box::new(leave), otherwise: Some(Box::new(more)) };
        let step = Some(Box::new(Expr { kind, ty: Ty::VOID, span }));
        let looped = Expr { kind: ExprKind::Loop { id, body: Box::new(inner), step }, ty: Ty::VOID, span };
        let condition = Box::new(compare(CompareOp::Le, current, last, span));
        let kind = ExprKind::If { condition, then: Box::new(looped), otherwise: None };
        Expr { kind, ty: Ty::VOID, span }
    }

    /// `counter += 1`
    fn increment(&mut self, counter: LocalId, ty: Ty, span: Span) -> Expr {
        let target = Box::new(self.local(counter, span));
        let value = Box::new(Expr { kind: ExprKind::Const(Const::Int(1)), ty, span });
        Expr { kind: ExprKind::Assign { op: Some(tir::BinaryOp::Add), target, value }, ty: Ty::VOID, span }
    }

    /// By index. The length of a growable array is read every time, since the body may change it.
    fn for_array(
        &mut self,
        label: Option<Ident>,
        pattern: &'a ast::Pattern,
        array: Expr,
        element: Ty,
        fixed: Option<u64>,
        body: &'a ast::Block,
        span: Span,
    ) -> Expr {
        let mut statements = Vec::new();
        // A fixed array is a value: the loop goes over what it was before, which it need not copy when nothing changes it.
        let array = if fixed.is_some() && self.stays(&array, body) {
            array
        } else {
            self.keep(array, "array", &mut statements)
        };
        let counter = self.add_local(Symbol::new("index"), Ty::I64, true, pattern.span, false);
        let zero = Expr { kind: ExprKind::Const(Const::Int(0)), ty: Ty::I64, span };
        statements.push(let_local(counter, zero));
        self.enter_loop(body, None);
        let before = self.flow().clone();
        let id = self.push_loop(label, false, None);
        let index = self.local(counter, pattern.span);
        let (value, length) = match fixed {
            Some(count) => {
                let kind = ExprKind::Index { base: Box::new(array), index: Box::new(index) };
                let value = Expr { kind, ty: element, span: pattern.span };
                (value, Expr { kind: ExprKind::Const(Const::Int(i128::from(count))), ty: Ty::I64, span })
            }
            None => {
                // The index has just been compared with the length.
                let value = self.intrinsic_call(
                    Intrinsic::ArrayGet,
                    element,
                    vec![array.clone(), index],
                    element,
                    pattern.span,
                );
                (value, self.intrinsic_call(Intrinsic::ArrayLen, element, vec![array], Ty::I64, span))
            }
        };
        let inner = self.for_body(pattern, value, body);
        let exit = self.pop_loop().exit;
        *self.flow() = before.join(exit);
        let looped = self.exclusive_loop(CountedLoop { id, counter, ty: Ty::I64, span }, length, inner);
        super::assign::in_block(statements, looped)
    }

    /// Whether a variable surely keeps its value while the loop's body runs.
    fn stays(&mut self, variable: &Expr, body: &ast::Block) -> bool {
        match variable.kind {
            ExprKind::Local(id) => {
                let frame = self.frame();
                let local = &frame.locals[id.index()];
                if !local.is_mut && !local.is_reference {
                    return true;
                }
                // In a loop around, what stands further below may have made closures and pointers to it before.
                let known = !local.is_reference && !local.is_shared && !local.is_addressed && frame.loops.is_empty();
                known && !super::flow::may_change(body, local.name)
            }
            ExprKind::Global(id) => !self.cx.globals[id.index()].is_mut,
            _ => false,
        }
    }

    fn has_text_methods(&self) -> bool {
        let char_at = self.method_of(Ty::STR, Symbol::new("char_at"));
        char_at.is_some() && self.method_of(Ty::CHAR, Symbol::new("utf8_len")).is_some()
    }

    /// By character: `loop { match text.char_at(at) { Some(c) => { at += c.utf8_len(); body } _ => break } }`
    fn for_text(
        &mut self,
        label: Option<Ident>,
        pattern: &'a ast::Pattern,
        text: Expr,
        body: &'a ast::Block,
        span: Span,
    ) -> Expr {
        let text_span = text.span;
        let mut statements = Vec::new();
        let text = self.keep(text, "text", &mut statements);
        let counter = self.add_local(Symbol::new("at"), Ty::I64, true, pattern.span, false);
        let zero = Expr { kind: ExprKind::Const(Const::Int(0)), ty: Ty::I64, span };
        statements.push(let_local(counter, zero));
        self.enter_loop(body, None);
        let before = self.flow().clone();
        let id = self.push_loop(label, false, None);
        let at = self.local(counter, text_span);
        let item = self.std_method(text, "char_at", vec![at], text_span);
        let local = self.temp("char", Ty::CHAR, pattern.span);
        let found = self.local(local, pattern.span);
        let size = self.std_method(found.clone(), "utf8_len", Vec::new(), text_span);
        let target = Box::new(self.local(counter, text_span));
        let kind = ExprKind::Assign { op: Some(tir::BinaryOp::Add), target, value: Box::new(size) };
        let advance = Expr { kind, ty: Ty::VOID, span: text_span };
        let inner = self.for_body(pattern, found, body);
        let exit = self.pop_loop().exit;
        *self.flow() = before.join(exit);
        let inner = super::assign::in_block(vec![Stmt { kind: StmtKind::Expr(advance), span: text_span }], inner);
        let leave = Expr { kind: ExprKind::Break { id, value: None }, ty: Ty::NEVER, span };
        let matched = self.match_optional(item, local, Ty::CHAR, inner, leave, Ty::VOID, span);
        let looped = Expr { kind: ExprKind::Loop { id, body: Box::new(matched), step: None }, ty: Ty::VOID, span };
        super::assign::in_block(statements, looped)
    }

    /// A call of a method of std without generics, with all its arguments.
    fn std_method(&mut self, receiver: Expr, name: &str, args: Vec<Expr>, span: Span) -> Expr {
        let Some(id) = self.method_of(receiver.ty, Symbol::new(name)) else { return super::body::error_expr(span) };
        let ty = self.cx.result_of(id, span);
        let function = self.cx.func_id(id);
        let callee = Callee::Function { function, type_args: Vec::new() };
        let mut values = vec![receiver];
        values.extend(args);
        Expr { kind: ExprKind::Call { callee, args: values }, ty, span }
    }

    pub(super) fn intrinsic_call(
        &mut self,
        intrinsic: Intrinsic,
        param: Ty,
        args: Vec<Expr>,
        ty: Ty,
        span: Span,
    ) -> Expr {
        let function = self.cx.intrinsic(intrinsic);
        let callee = Callee::Function { function, type_args: vec![param] };
        Expr { kind: ExprKind::Call { callee, args }, ty, span }
    }

    /// Values that have `next(self) -> T?`, or `iter(self)` or `chars(self)` that gives something to
    /// loop over.
    fn for_methods(
        &mut self,
        label: Option<Ident>,
        pattern: &'a ast::Pattern,
        value: Expr,
        body: &'a ast::Block,
        span: Span,
    ) -> Expr {
        let ty = self.shallow(value.ty);
        let value_span = value.span;
        let name = |text: &str| Ident { name: Symbol::new(text), span: value_span };
        if self.has_method(ty, name("next")) {
            return self.for_next(label, pattern, value, body, span);
        }
        for makes in ["iterator", "iter"] {
            if self.has_method(ty, name(makes)) {
                let made = self.method_call(value, name(makes), &[], &[], None, value_span);
                let made_ty = self.deep(made.ty);
                return match *self.cx.types.kind(made_ty) {
                    TyKind::Array(element) => self.for_array(label, pattern, made, element, None, body, span),
                    TyKind::Nominal(..) | TyKind::Param(..) if made_ty != ty => {
                        self.for_methods(label, pattern, made, body, span)
                    }
                    _ => self.not_iterable(label, pattern, made_ty, value_span, body, span),
                };
            }
        }
        self.not_iterable(label, pattern, ty, value.span, body, span)
    }

    /// A method of the type itself, or one that an interface gives it.
    fn has_method(&mut self, ty: Ty, name: Ident) -> bool {
        let mut found = self.method_of(ty, name.name).is_some();
        if !found {
            // Nothing is called yet, so no type is asked for.
            self.attempt(false, |this| {
                found = matches!(this.interface_method_of(ty, name), Ok(Some(_)));
                false
            });
        }
        found
    }

    fn not_iterable(
        &mut self,
        label: Option<Ident>,
        pattern: &'a ast::Pattern,
        ty: Ty,
        value_span: Span,
        body: &'a ast::Block,
        span: Span,
    ) -> Expr {
        let found = self.show(ty);
        let mut diagnostic = Diagnostic::error("E0354", value_span, format!("a `{found}` cannot be looped over"))
            .label("a range, an array or something with `next(self) -> T?` is expected");
        if self.cx.types.as_int(ty).is_some() {
            let text = self.cx.graph.sources.text(value_span).to_owned();
            diagnostic = diagnostic.fix(value_span, "for a count, write a range", format!("0..{text}"));
        }
        self.report(diagnostic);
        self.for_unknown(label, pattern, body, span)
    }

    /// `loop { match it.next() { Some(pattern) => body, _ => break } }`
    fn for_next(
        &mut self,
        label: Option<Ident>,
        pattern: &'a ast::Pattern,
        value: Expr,
        body: &'a ast::Block,
        span: Span,
    ) -> Expr {
        let (ty, value_span) = (value.ty, value.span);
        let mut statements = Vec::new();
        let iterator = self.add_local(Symbol::new("iterator"), ty, true, value_span, false);
        statements.push(let_local(iterator, value));
        self.enter_loop(body, None);
        let before = self.flow().clone();
        let id = self.push_loop(label, false, None);
        let receiver = self.local(iterator, value_span);
        let next = Ident { name: Symbol::new("next"), span: value_span };
        let item = self.method_call(receiver, next, &[], &[], None, value_span);
        let item = match self.awaited_type(item.ty) {
            Some(_) if std::mem::take(&mut self.waits_for_items) => self.await_promise(item, value_span),
            _ => item,
        };
        let item_ty = self.deep(item.ty);
        let TyKind::Optional(element) = *self.cx.types.kind(item_ty) else {
            self.pop_loop();
            *self.flow() = before;
            return self.not_iterable(label, pattern, ty, value_span, body, span);
        };
        let local = self.temp("item", element, pattern.span);
        let found = self.local(local, pattern.span);
        let inner = self.for_body(pattern, found, body);
        let exit = self.pop_loop().exit;
        *self.flow() = before.join(exit);
        let bind = Pattern { kind: PatternKind::Bind(local, None), ty: element, span: pattern.span };
        let some = Pattern { kind: PatternKind::Some(Box::new(bind)), ty: item_ty, span: pattern.span };
        let rest = Pattern { kind: PatternKind::Wildcard, ty: item_ty, span };
        let leave = Expr { kind: ExprKind::Break { id, value: None }, ty: Ty::NEVER, span };
        let arms =
            vec![Arm { pattern: some, guard: None, body: inner }, Arm { pattern: rest, guard: None, body: leave }];
        let matched = Expr { kind: ExprKind::Match { value: Box::new(item), arms }, ty: Ty::VOID, span };
        let looped = Expr { kind: ExprKind::Loop { id, body: Box::new(matched), step: None }, ty: Ty::VOID, span };
        super::assign::in_block(statements, looped)
    }
}

struct CountedLoop {
    id: LoopId,
    counter: LocalId,
    ty: Ty,
    span: Span,
}

fn compare(op: CompareOp, left: Expr, right: Expr, span: Span) -> Expr {
    Expr { kind: ExprKind::Compare { op, left: Box::new(left), right: Box::new(right) }, ty: Ty::BOOL, span }
}

fn if_else_break(condition: Box<Expr>, then: Expr, id: LoopId, span: Span) -> Expr {
    let leave = Expr { kind: ExprKind::Break { id, value: None }, ty: Ty::NEVER, span };
    let kind = ExprKind::If { condition, then: Box::new(then), otherwise: Some(Box::new(leave)) };
    Expr { kind, ty: Ty::VOID, span }
}
