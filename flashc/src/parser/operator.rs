//! Operators between and before values, by precedence climbing. From loose to tight: assignment,
//! ranges, `??`, `||`, `&&`, comparisons and `is`, `|`, `^`, `&`, shifts, `+ -`, `* / %`, `as`, prefixes.

use super::Parser;
use crate::ast::{BinaryOp, Expr, ExprKind, UnaryOp};
use crate::diagnostics::Diagnostic;
use crate::lexer::TokenKind;
use crate::source::Span;

const COALESCE: u8 = 1;
const AND: u8 = 3;
const COMPARISON: u8 = 4;

/// The operator and how tightly it binds.
fn binary_operator(kind: TokenKind) -> Option<(BinaryOp, u8)> {
    Some(match kind {
        TokenKind::QuestionQuestion => (BinaryOp::Coalesce, COALESCE),
        TokenKind::PipePipe => (BinaryOp::Or, 2),
        TokenKind::AmpAmp => (BinaryOp::And, AND),
        TokenKind::EqualEqual => (BinaryOp::Eq, COMPARISON),
        TokenKind::BangEqual => (BinaryOp::Ne, COMPARISON),
        TokenKind::Less => (BinaryOp::Lt, COMPARISON),
        TokenKind::LessEqual => (BinaryOp::Le, COMPARISON),
        TokenKind::Greater => (BinaryOp::Gt, COMPARISON),
        TokenKind::GreaterEqual => (BinaryOp::Ge, COMPARISON),
        TokenKind::Pipe => (BinaryOp::BitOr, 5),
        TokenKind::Caret => (BinaryOp::BitXor, 6),
        TokenKind::Amp => (BinaryOp::BitAnd, 7),
        TokenKind::ShiftLeft => (BinaryOp::Shl, 8),
        TokenKind::ShiftRight => (BinaryOp::Shr, 8),
        TokenKind::ShiftRightLogical => (BinaryOp::Ushr, 8),
        TokenKind::Plus => (BinaryOp::Add, 9),
        TokenKind::Minus => (BinaryOp::Sub, 9),
        TokenKind::Star => (BinaryOp::Mul, 10),
        TokenKind::Slash => (BinaryOp::Div, 10),
        TokenKind::Percent => (BinaryOp::Rem, 10),
        _ => return None,
    })
}

/// `=` gives `Some(None)`, `+=` gives `Some(Some(Add))`.
fn assignment(kind: TokenKind) -> Option<Option<BinaryOp>> {
    Some(match kind {
        TokenKind::Equal => None,
        TokenKind::PlusEqual => Some(BinaryOp::Add),
        TokenKind::MinusEqual => Some(BinaryOp::Sub),
        TokenKind::StarEqual => Some(BinaryOp::Mul),
        TokenKind::SlashEqual => Some(BinaryOp::Div),
        TokenKind::PercentEqual => Some(BinaryOp::Rem),
        TokenKind::AmpEqual => Some(BinaryOp::BitAnd),
        TokenKind::PipeEqual => Some(BinaryOp::BitOr),
        TokenKind::CaretEqual => Some(BinaryOp::BitXor),
        TokenKind::ShiftLeftEqual => Some(BinaryOp::Shl),
        TokenKind::ShiftRightEqual => Some(BinaryOp::Shr),
        TokenKind::ShiftRightLogicalEqual => Some(BinaryOp::Ushr),
        TokenKind::AmpAmpEqual => Some(BinaryOp::And),
        TokenKind::PipePipeEqual => Some(BinaryOp::Or),
        TokenKind::QuestionQuestionEqual => Some(BinaryOp::Coalesce),
        _ => return None,
    })
}

impl Parser<'_> {
    /// Any expression, assignments too.
    pub(super) fn expression(&mut self) -> Expr {
        let start = self.span();
        let Some(height) = self.enter() else { return self.error_expr(start) };
        let left = self.range();
        let expr = self.assignment_from(left);
        let expr = if self.at_ternary() { self.ternary(&expr) } else { expr };
        self.leave(height);
        expr
    }

    /// In the head of `if`, `while`, `for`, `match`: no struct literal unless in brackets.
    pub(super) fn head_expression(&mut self) -> Expr {
        let no_struct = std::mem::replace(&mut self.no_struct, true);
        let expr = self.expression();
        self.no_struct = no_struct;
        expr
    }

    /// One part of a condition joined by `&&`.
    pub(super) fn condition_operand(&mut self) -> Expr {
        let no_struct = std::mem::replace(&mut self.no_struct, true);
        let start = self.span();
        let expr = match self.enter() {
            Some(height) => {
                let left = self.unary();
                let expr = self.binary_from(left, AND + 1);
                self.leave(height);
                expr
            }
            None => self.error_expr(start),
        };
        self.no_struct = no_struct;
        expr
    }

    /// The rest of an expression whose first operand has been parsed.
    pub(super) fn expression_from(&mut self, first: Expr) -> Expr {
        let left = self.binary_from(first, COALESCE);
        let left = self.range_from(left);
        let expr = self.assignment_from(left);
        if self.at_ternary() { self.ternary(&expr) } else { expr }
    }

    fn assignment_from(&mut self, target: Expr) -> Expr {
        let Some(op) = assignment(self.kind()) else { return target };
        let op_span = self.bump().span;
        let value = self.expression();
        if !self.grow() {
            return self.error_expr(target.span);
        }
        let span = target.span.to(value.span);
        let kind = ExprKind::Assign { op, op_span, target: Box::new(target), value: Box::new(value) };
        Expr { kind, span }
    }

    fn range(&mut self) -> Expr {
        let start = self.span();
        if !matches!(self.kind(), TokenKind::DotDot | TokenKind::DotDotEqual) {
            let first = self.unary();
            let left = self.binary_from(first, COALESCE);
            return self.range_from(left);
        }
        let inclusive = self.bump().kind == TokenKind::DotDotEqual;
        let end = self.range_end(inclusive);
        Expr { kind: ExprKind::Range { start: None, end, inclusive }, span: self.span_from(start) }
    }

    fn range_from(&mut self, left: Expr) -> Expr {
        let inclusive = match self.kind() {
            TokenKind::DotDot => false,
            TokenKind::DotDotEqual => true,
            _ => return left,
        };
        self.bump();
        let end = self.range_end(inclusive);
        if !self.grow() {
            return self.error_expr(left.span);
        }
        let span = self.span_from(left.span);
        Expr { kind: ExprKind::Range { start: Some(Box::new(left)), end, inclusive }, span }
    }

    fn range_end(&mut self, inclusive: bool) -> Option<Box<Expr>> {
        let is_body = self.no_struct && self.at(TokenKind::LeftBrace);
        if Parser::begins_expression(self.kind()) && !is_body {
            let first = self.unary();
            return Some(Box::new(self.binary_from(first, COALESCE)));
        }
        if inclusive {
            self.unexpected("the end of the range");
        }
        None
    }

    fn binary_from(&mut self, first: Expr, minimum: u8) -> Expr {
        let start = first.span;
        let mut left = first;
        loop {
            let kind = self.kind();
            if kind == TokenKind::As {
                self.bump();
                let ty = self.cast_type();
                if !self.grow() {
                    return self.error_expr(start);
                }
                left = Expr { kind: ExprKind::Cast { value: Box::new(left), ty }, span: self.span_from(start) };
                continue;
            }
            if kind == TokenKind::Is && minimum <= COMPARISON {
                self.bump();
                self.foreign_is_not(&left);
                let ty = self.cast_type();
                if !self.grow() {
                    return self.error_expr(start);
                }
                left = Expr { kind: ExprKind::Is { value: Box::new(left), ty }, span: self.span_from(start) };
                continue;
            }
            if minimum <= COMPARISON && self.foreign_test(&left) {
                if !self.grow() {
                    return self.error_expr(start);
                }
                left = self.error_expr(start);
                continue;
            }
            let Some((op, precedence)) = binary_operator(kind).or_else(|| self.word_operator()) else { return left };
            // `a && let b = c` belongs to the condition around.
            let joins_let = op == BinaryOp::And && self.peek_kind(1) == TokenKind::Let;
            if precedence < minimum || joins_let {
                return left;
            }
            if self.increment(&left) {
                continue;
            }
            self.tell_word_operator(op);
            let op_span = self.bump().span;
            let right = match op {
                BinaryOp::Coalesce => self.coalesce_operand(),
                _ => {
                    let first = self.unary();
                    self.binary_from(first, precedence + 1)
                }
            };
            if precedence == COMPARISON {
                self.check_chain(&left, op_span);
            }
            if !self.grow() {
                return self.error_expr(start);
            }
            let span = left.span.to(right.span);
            left = Expr { kind: ExprKind::Binary { op, op_span, left: Box::new(left), right: Box::new(right) }, span };
        }
    }

    /// `a ?? b ?? c` is `a ?? (b ?? c)`, so that only the last one need not be an optional.
    fn coalesce_operand(&mut self) -> Expr {
        let start = self.span();
        let Some(height) = self.enter() else { return self.error_expr(start) };
        let first = self.unary();
        let right = self.binary_from(first, COALESCE);
        self.leave(height);
        right
    }

    /// `a < b < c` does not mean what it seems to.
    fn check_chain(&mut self, left: &Expr, op_span: Span) {
        let ExprKind::Binary { op, op_span: first, .. } = &left.kind else { return };
        if !matches!(op, BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge) {
            return;
        }
        self.report(
            Diagnostic::error("E0108", op_span, "comparisons cannot be chained")
                .label("the left side is a `bool` already")
                .secondary(*first, "because of this comparison")
                .note("join two comparisons with `&&`, or put one in parentheses"),
        );
    }

    /// `i++` and `i--` as in C: told, and taken.
    fn increment(&mut self, operand: &Expr) -> bool {
        let (first, second) = (self.token(), self.peek(1));
        let doubled = matches!(first.kind, TokenKind::Plus | TokenKind::Minus)
            && second.kind == first.kind
            && first.span.end == second.span.start
            && !Parser::begins_expression(self.peek_kind(2));
        if !doubled {
            return false;
        }
        let sign = first.kind.text().unwrap_or_default();
        let span = first.span.to(second.span);
        let name = self.source(operand.span);
        self.report(Diagnostic::error("E0110", span, format!("Flash has no `{sign}{sign}`")).fix(
            span,
            format!("write `{name} {sign}= 1`"),
            format!(" {sign}= 1"),
        ));
        self.bump();
        self.bump();
        true
    }

    /// Prefix operators, then a value with what stands behind it.
    pub(super) fn unary(&mut self) -> Expr {
        let start = self.span();
        let op = match self.kind() {
            TokenKind::Minus => Some(UnaryOp::Neg),
            TokenKind::Bang => Some(UnaryOp::Not),
            TokenKind::Tilde => Some(UnaryOp::BitNot),
            TokenKind::Star => Some(UnaryOp::Deref),
            TokenKind::Amp => Some(UnaryOp::AddressOf),
            TokenKind::Ident(_) if self.at_word_not() => {
                self.tell_word_not();
                Some(UnaryOp::Not)
            }
            TokenKind::Await | TokenKind::Spawn => None,
            TokenKind::Try if self.peek_kind(1) == TokenKind::Question => None,
            TokenKind::Plus => {
                self.report(Diagnostic::error("E0110", start, "there is no `+` before a number").fix(
                    start,
                    "leave it out",
                    "",
                ));
                self.bump();
                return self.nested_unary();
            }
            _ => return self.postfix(),
        };
        let prefix = self.bump().kind;
        if prefix == TokenKind::Try {
            self.bump();
        }
        let operand = Box::new(self.nested_unary());
        let kind = match (op, prefix) {
            (Some(op), _) => ExprKind::Unary { op, operand },
            (None, TokenKind::Await) => ExprKind::Await(operand),
            (None, TokenKind::Spawn) => ExprKind::Spawn(operand),
            (None, _) => ExprKind::TryOptional(operand),
        };
        Expr { kind, span: self.span_from(start) }
    }

    fn nested_unary(&mut self) -> Expr {
        let start = self.span();
        let Some(height) = self.enter() else { return self.error_expr(start) };
        let expr = self.unary();
        self.leave(height);
        expr
    }

    /// Stands for what could not be parsed, from `start` to here.
    pub(super) fn error_expr(&self, start: Span) -> Expr {
        Expr { kind: ExprKind::Error, span: self.span_from(start) }
    }
}
