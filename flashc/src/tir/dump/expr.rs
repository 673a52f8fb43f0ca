//! Expressions, statements and patterns of the typed tree as text.

use super::super::{Callee, Const, Expr, ExprKind, Pattern, PatternKind, Stmt, StmtKind};
use super::Dumper;

impl Dumper<'_> {
    pub(super) fn expr(&mut self, expr: &Expr) {
        let text = format!("{}: {}", self.head(&expr.kind), self.ty(expr.ty));
        self.node(&text, |d| d.children(&expr.kind));
    }

    /// The node itself on one line.
    fn head(&self, kind: &ExprKind) -> String {
        let sign = |op: &dyn std::fmt::Debug| format!("{op:?}").to_lowercase();
        match kind {
            ExprKind::Const(value) => format!("const {}", const_text(value)),
            ExprKind::Local(local) => format!("local {}", self.local(*local)),
            ExprKind::Global(id) => {
                let name = self.program.globals.get(id.index()).map_or("?", |g| g.name.as_str());
                format!("global {name}")
            }
            ExprKind::Field { index, .. } => format!("field {index}"),
            ExprKind::Index { .. } => "index".to_owned(),
            ExprKind::Deref(_) => "deref".to_owned(),
            ExprKind::Assign { op, .. } => match op {
                Some(op) => format!("assign {}", sign(op)),
                None => "assign".to_owned(),
            },
            ExprKind::AddressOf(_) => "address of".to_owned(),
            ExprKind::Unary { op, .. } => sign(op),
            ExprKind::Binary { op, .. } => sign(op),
            ExprKind::Compare { op, .. } => format!("compare {}", sign(op)),
            ExprKind::And(..) => "short and".to_owned(),
            ExprKind::Or(..) => "short or".to_owned(),
            ExprKind::Concat(_) => "concat".to_owned(),
            ExprKind::Show(_) => "show".to_owned(),
            ExprKind::Convert(_) => "convert".to_owned(),
            ExprKind::Wrap(_) => "wrap".to_owned(),
            ExprKind::Unwrap(_) => "unwrap".to_owned(),
            ExprKind::Narrow(_) => "narrow".to_owned(),
            ExprKind::ToInterface(_) => "to interface".to_owned(),
            ExprKind::IsType { ty, .. } => format!("is {}", self.ty(*ty)),
            ExprKind::Downcast(_) => "downcast".to_owned(),
            ExprKind::IsNull(_) => "is null".to_owned(),
            ExprKind::Coalesce { .. } => "coalesce".to_owned(),
            ExprKind::Tuple(_) => "tuple".to_owned(),
            ExprKind::Array(_) => "array".to_owned(),
            ExprKind::Repeat { .. } => "repeat".to_owned(),
            ExprKind::Zero => "zero".to_owned(),
            ExprKind::New(_) => "new".to_owned(),
            ExprKind::Variant { index, .. } => format!("variant {index}"),
            ExprKind::Call { callee, .. } => self.callee(callee),
            ExprKind::FunctionValue { function, type_args } => {
                format!("function {}{}", self.function_name(*function), self.types(type_args))
            }
            ExprKind::Closure { function, captures } => {
                let captures: Vec<String> = captures.iter().map(|&c| self.local(c)).collect();
                format!("closure {} [{}]", self.function_name(*function), captures.join(", "))
            }
            ExprKind::Block { .. } => "block".to_owned(),
            ExprKind::If { .. } => "if".to_owned(),
            ExprKind::Match { .. } => "match".to_owned(),
            ExprKind::Loop { id, .. } => format!("loop {}", id.0),
            ExprKind::Labelled { id, .. } => format!("labelled {}", id.0),
            ExprKind::Break { id, .. } => format!("break {}", id.0),
            ExprKind::Continue { id } => format!("continue {}", id.0),
            ExprKind::Return(_) => "return".to_owned(),
            ExprKind::Throw(_) => "throw".to_owned(),
            ExprKind::Try { .. } => "try".to_owned(),
            ExprKind::Await(_) => "await".to_owned(),
        }
    }

    fn callee(&self, callee: &Callee) -> String {
        match callee {
            Callee::Function { function, type_args } => {
                format!("call {}{}", self.function_name(*function), self.types(type_args))
            }
            Callee::Value(_) => "call value".to_owned(),
            Callee::Interface { interface, method, type_args } => {
                format!("call {}.{method}{}", self.ty(*interface), self.types(type_args))
            }
        }
    }

    fn children(&mut self, kind: &ExprKind) {
        match kind {
            ExprKind::Const(_)
            | ExprKind::Local(_)
            | ExprKind::Global(_)
            | ExprKind::Zero
            | ExprKind::FunctionValue { .. }
            | ExprKind::Closure { .. }
            | ExprKind::Continue { .. } => {}
            ExprKind::Field { base: inner, .. }
            | ExprKind::Deref(inner)
            | ExprKind::AddressOf(inner)
            | ExprKind::Unary { operand: inner, .. }
            | ExprKind::Show(inner)
            | ExprKind::Convert(inner)
            | ExprKind::Wrap(inner)
            | ExprKind::Unwrap(inner)
            | ExprKind::Narrow(inner)
            | ExprKind::ToInterface(inner)
            | ExprKind::IsType { value: inner, .. }
            | ExprKind::Downcast(inner)
            | ExprKind::IsNull(inner)
            | ExprKind::Throw(inner)
            | ExprKind::Labelled { body: inner, .. }
            | ExprKind::Await(inner) => self.expr(inner),
            ExprKind::Index { base: a, index: b }
            | ExprKind::Assign { target: a, value: b, .. }
            | ExprKind::Binary { left: a, right: b, .. }
            | ExprKind::Compare { left: a, right: b, .. }
            | ExprKind::And(a, b)
            | ExprKind::Or(a, b)
            | ExprKind::Coalesce { value: a, default: b }
            | ExprKind::Repeat { value: a, count: b } => {
                self.expr(a);
                self.expr(b);
            }
            ExprKind::Concat(parts)
            | ExprKind::Tuple(parts)
            | ExprKind::Array(parts)
            | ExprKind::Variant { fields: parts, .. } => parts.iter().for_each(|part| self.expr(part)),
            ExprKind::New(fields) => {
                for (index, value) in fields {
                    self.node(&format!("field {index}"), |d| d.expr(value));
                }
            }
            ExprKind::Call { callee, args } => {
                if let Callee::Value(value) = callee {
                    self.expr(value);
                }
                args.iter().for_each(|arg| self.expr(arg));
            }
            ExprKind::Block { statements, value } => {
                statements.iter().for_each(|stmt| self.stmt(stmt));
                self.optional("value", value.as_deref());
            }
            ExprKind::If { condition, then, otherwise } => {
                self.expr(condition);
                self.optional("then", Some(then));
                self.optional("else", otherwise.as_deref());
            }
            ExprKind::Match { value, arms } => {
                self.expr(value);
                for arm in arms {
                    let text = format!("arm {}", self.pattern(&arm.pattern));
                    self.node(&text, |d| {
                        d.optional("guard", arm.guard.as_ref());
                        d.expr(&arm.body);
                    });
                }
            }
            ExprKind::Loop { body, step, .. } => {
                self.expr(body);
                self.optional("step", step.as_deref());
            }
            ExprKind::Break { value, .. } | ExprKind::Return(value) => {
                if let Some(value) = value {
                    self.expr(value);
                }
            }
            ExprKind::Try { body, catches, finally } => {
                self.expr(body);
                for catch in catches {
                    let name = catch.local.map(|l| format!(" {}", self.local(l))).unwrap_or_default();
                    let ty = catch.ty.map(|t| format!(": {}", self.ty(t))).unwrap_or_default();
                    self.node(&format!("catch{name}{ty}"), |d| d.expr(&catch.body));
                }
                self.optional("finally", finally.as_deref());
            }
        }
    }

    fn optional(&mut self, name: &str, expr: Option<&Expr>) {
        if let Some(expr) = expr {
            self.node(name, |d| d.expr(expr));
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Let { pattern, value } => {
                let text = format!("let {}", self.pattern(pattern));
                self.node(&text, |d| d.expr(value));
            }
            StmtKind::Declare(local) => self.line(&format!("declare {}", self.local(*local))),
            StmtKind::Expr(expr) => self.expr(expr),
            StmtKind::Defer(expr) => self.node("defer", |d| d.expr(expr)),
        }
    }

    fn pattern(&self, pattern: &Pattern) -> String {
        let all = |parts: &[Pattern], separator: &str| {
            parts.iter().map(|p| self.pattern(p)).collect::<Vec<_>>().join(separator)
        };
        match &pattern.kind {
            PatternKind::Wildcard => "_".to_owned(),
            PatternKind::Bind(local, None) => self.local(*local),
            PatternKind::Bind(local, Some(inner)) => format!("{} @ {}", self.local(*local), self.pattern(inner)),
            PatternKind::Const(value) => const_text(value),
            PatternKind::Range(low, high) => {
                let side = |c: &Option<Const>| c.as_ref().map(const_text).unwrap_or_default();
                format!("{}..={}", side(low), side(high))
            }
            PatternKind::Some(inner) => format!("some {}", self.pattern(inner)),
            PatternKind::Type(inner) => format!("{}: {}", self.pattern(inner), self.ty(inner.ty)),
            PatternKind::Tuple(parts) => format!("({})", all(parts, ", ")),
            PatternKind::Fields(fields) => {
                let fields: Vec<String> = fields.iter().map(|(i, p)| format!("{i}: {}", self.pattern(p))).collect();
                format!("{{ {} }}", fields.join(", "))
            }
            PatternKind::Variant { index, fields } => format!("variant {index}({})", all(fields, ", ")),
            PatternKind::Or(choices) => format!("({})", all(choices, " | ")),
        }
    }
}

fn const_text(value: &Const) -> String {
    match value {
        Const::Void => "void".to_owned(),
        Const::Null => "null".to_owned(),
        Const::Bool(value) => value.to_string(),
        Const::Int(value) => value.to_string(),
        Const::Float(value) => format!("{value:?}"),
        Const::Char(value) => format!("{value:?}"),
        Const::Str(value) => format!("{value:?}"),
        Const::Aggregate(parts) => format!("({})", parts.iter().map(const_text).collect::<Vec<_>>().join(", ")),
        Const::Some(inner) => format!("some {}", const_text(inner)),
        Const::Variant(index, parts) => {
            format!("variant {index}({})", parts.iter().map(const_text).collect::<Vec<_>>().join(", "))
        }
    }
}
