//! Text: templates, `+` with a `str`, arguments that are printed, and `assert`.

use super::body::Body;
use super::entity::FnId;
use crate::ast::{self, TemplatePart};
use crate::diagnostics::Diagnostic;
use crate::source::{Span, Symbol};
use crate::tir::{self, Callee, CompareOp, Const, Expr, ExprKind, Pattern, PatternKind, Stmt, StmtKind, Ty, TyKind};

impl<'a> Body<'_, 'a> {
    pub(super) fn template(&mut self, parts: &'a [TemplatePart], span: Span) -> Expr {
        let mut texts = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                TemplatePart::Text(text) => texts.push(text_const(*text, span)),
                TemplatePart::Expr(e) => {
                    let value = self.expr(e, None);
                    texts.push(self.shown(value));
                }
            }
        }
        join_texts(texts, span)
    }

    /// `a + b` with a text on either side.
    pub(super) fn concat(&mut self, left: Expr, right: Expr, span: Span) -> Expr {
        let mut parts = Vec::new();
        for side in [left, right] {
            let side = self.shown(side);
            // `a + b + c` is one joining.
            match side.kind {
                ExprKind::Concat(inner) => parts.extend(inner),
                _ => parts.push(side),
            }
        }
        join_texts(parts, span)
    }

    /// The value as `Show` writes it.
    pub(super) fn shown(&mut self, value: Expr) -> Expr {
        self.shown_by(value, None)
    }

    /// The value as a generic function of std makes text of it, or as `Show` writes it. A text is itself.
    fn shown_by(&mut self, value: Expr, by: Option<FnId>) -> Expr {
        let ty = self.shallow(value.ty);
        if ty == Ty::STR || ty == Ty::ERROR || ty == Ty::NEVER {
            return Expr { ty: if ty == Ty::ERROR { Ty::STR } else { ty }, ..value };
        }
        let span = value.span;
        if ty == Ty::VOID {
            return self.error("E0328", span, "this gives no value to be shown");
        }
        if let (TyKind::Optional(inner), ExprKind::Const(Const::Null)) = (self.kind(ty).clone(), &value.kind)
            && self.is_unsolved(inner)
        {
            // `null` of any type is shown so.
            self.unify(inner, Ty::BOOL);
        }
        if let Some(by) = by {
            let function = self.cx.func_id(by);
            self.note_call(function, span);
            let callee = Callee::Function { function, type_args: vec![ty] };
            return Expr { kind: ExprKind::Call { callee, args: vec![value] }, ty: Ty::STR, span };
        }
        Expr { kind: ExprKind::Show(Box::new(value)), ty: Ty::STR, span }
    }

    /// Arguments of a `#[format_args]` function as one text, with spaces between; each as a function of std writes it, when
    /// there is one.
    pub(super) fn format_args(&mut self, args: &'a [ast::Arg], by: Option<FnId>, span: Span) -> Expr {
        let mut parts = Vec::new();
        for (index, arg) in args.iter().enumerate() {
            if let Some(name) = arg.name {
                self.error("E0329", name.span, format!("there is no parameter `{}`", name.name));
            }
            if arg.spread {
                self.report(
                    Diagnostic::error("E0354", arg.value.span, "what is printed is written one by one")
                        .note("`xs.join(\" \")` is the text of all elements"),
                );
            }
            if index > 0 {
                parts.push(text_const(Symbol::new(" "), span));
            }
            let value = self.expr(&arg.value, None);
            let value = self.shown_by(value, by);
            match value.kind {
                ExprKind::Concat(inner) => parts.extend(inner),
                _ => parts.push(value),
            }
        }
        join_texts(parts, span)
    }

    /// `assert(condition, message)`: the failing one shows its text, and both sides of a comparison.
    pub(super) fn assert_call(&mut self, args: &'a [ast::Arg], span: Span) -> Expr {
        let named = |name: &str| args.iter().find(|a| a.name.is_some_and(|n| n.name.as_str() == name));
        let positional = |index: usize| args.get(index).filter(|a| a.name.is_none());
        let Some(condition) = positional(0).or_else(|| named("condition")) else {
            return self.error("E0329", span, "`assert` needs a condition");
        };
        if args.len() > 2 {
            self.error("E0329", span, "`assert` takes a condition and a message");
        }
        let source = Symbol::new(self.cx.graph.sources.text(condition.value.span));
        let test = self.expr(&condition.value, Some(Ty::BOOL));
        let test = self.coerce(test, Ty::BOOL);
        let mut statements = Vec::new();
        let mut parts = vec![text_const(source, span)];
        if let Some(message) = positional(1).or_else(|| named("message")) {
            // Evaluated only when the assertion fails.
            let message = self.expr(&message.value, Some(Ty::STR));
            let message = self.shown(message);
            parts.push(text_const(Symbol::new("\nmessage: "), span));
            parts.push(message);
        }
        let test = match test.kind {
            ExprKind::Compare { op, left, right } if !is_bool_const(&right) => {
                let left = self.keep(*left, "left", &mut statements);
                let right = self.keep(*right, "right", &mut statements);
                for (label, side) in [("\n  left: ", &left), ("\n right: ", &right)] {
                    parts.push(text_const(Symbol::new(label), span));
                    parts.push(self.quoted(side.clone()));
                }
                compare(op, left, right, test.span)
            }
            kind => Expr { kind, ..test },
        };
        let function = self.cx.intrinsic(tir::Intrinsic::AssertFailed);
        let callee = Callee::Function { function, type_args: Vec::new() };
        let text = join_texts(parts, span);
        let fail = Expr { kind: ExprKind::Call { callee, args: vec![text] }, ty: Ty::NEVER, span };
        let condition = Box::new(super::operator::not(test));
        let check =
            Expr { kind: ExprKind::If { condition, then: Box::new(fail), otherwise: None }, ty: Ty::VOID, span };
        if statements.is_empty() {
            return check;
        }
        statements.push(Stmt { kind: StmtKind::Expr(check), span });
        Expr { kind: ExprKind::Block { statements, value: None }, ty: Ty::VOID, span }
    }

    /// A text in quotes, so that `"1"` and `1` look different; other values as they are.
    fn quoted(&mut self, value: Expr) -> Expr {
        let span = value.span;
        if self.shallow(value.ty) != Ty::STR {
            return self.shown(value);
        }
        let quote = || text_const(Symbol::new("\""), span);
        join_texts(vec![quote(), value, quote()], span)
    }

    /// The value in a local, so that it is evaluated once; constants and locals stay.
    pub(super) fn keep(&mut self, value: Expr, name: &str, statements: &mut Vec<Stmt>) -> Expr {
        let (ty, span) = (value.ty, value.span);
        if matches!(value.kind, ExprKind::Const(_)) || self.is_fixed_local(&value) {
            return value;
        }
        let local = self.temp(name, ty, span);
        statements.push(let_local(local, value));
        self.local(local, span)
    }

    fn is_fixed_local(&mut self, value: &Expr) -> bool {
        match &value.kind {
            ExprKind::Local(id) => {
                let id = *id;
                !self.frame().locals[id.index()].is_mut
            }
            ExprKind::Narrow(inner) | ExprKind::Downcast(inner) => self.is_fixed_local(inner),
            _ => false,
        }
    }
}

/// `let local = value;`
pub(super) fn let_local(local: tir::LocalId, value: Expr) -> Stmt {
    let (ty, span) = (value.ty, value.span);
    let pattern = Pattern { kind: PatternKind::Bind(local, None), ty, span };
    Stmt { kind: StmtKind::Let { pattern, value }, span }
}

fn compare(op: CompareOp, left: Expr, right: Expr, span: Span) -> Expr {
    Expr { kind: ExprKind::Compare { op, left: Box::new(left), right: Box::new(right) }, ty: Ty::BOOL, span }
}

fn is_bool_const(e: &Expr) -> bool {
    matches!(e.kind, ExprKind::Const(Const::Bool(_)))
}

pub(super) fn text_const(text: Symbol, span: Span) -> Expr {
    Expr { kind: ExprKind::Const(Const::Str(text)), ty: Ty::STR, span }
}

/// The parts as one text; neighbouring constants are one.
pub(super) fn join_texts(parts: Vec<Expr>, span: Span) -> Expr {
    let mut joined: Vec<Expr> = Vec::with_capacity(parts.len());
    for part in parts {
        if let ExprKind::Const(Const::Str(text)) = &part.kind {
            if text.as_str().is_empty() {
                continue;
            }
            if let Some(Expr { kind: ExprKind::Const(Const::Str(last)), .. }) = joined.last_mut() {
                *last = Symbol::new(&format!("{last}{text}"));
                continue;
            }
        }
        joined.push(part);
    }
    match joined.len() {
        0 => text_const(Symbol::new(""), span),
        1 => joined.remove(0),
        _ => Expr { kind: ExprKind::Concat(joined), ty: Ty::STR, span },
    }
}
