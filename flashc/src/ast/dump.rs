//! The tree as text: a node a line, indented, names and values behind the kind. Without places,
//! so that a golden survives an edit above it.

mod decl;

use super::*;
use std::fmt::Write as _;

/// The whole module.
pub fn dump(module: &Module) -> String {
    let mut dumper = Dumper { out: String::new(), depth: 0 };
    for item in &module.items {
        dumper.item(item);
    }
    dumper.out
}

struct Dumper {
    out: String,
    depth: usize,
}

impl Dumper {
    fn line(&mut self, text: impl AsRef<str>) {
        for _ in 0..self.depth {
            self.out.push_str("  ");
        }
        self.out.push_str(text.as_ref());
        self.out.push('\n');
    }

    /// A line, and what stands one level deeper.
    fn node(&mut self, text: impl AsRef<str>, inside: impl FnOnce(&mut Dumper)) {
        self.line(text);
        self.depth += 1;
        inside(self);
        self.depth -= 1;
    }

    fn block(&mut self, name: &str, block: &Block) {
        self.node(name, |d| {
            for stmt in &block.statements {
                d.stmt(stmt);
            }
            if let Some(value) = &block.value {
                d.labelled("value", value);
            }
        });
    }

    fn labelled(&mut self, name: &str, expr: &Expr) {
        self.node(name, |d| d.expr(expr));
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Let(declared) => {
                let Let { is_mut, pattern, ty, value, otherwise } = declared;
                let mut text = format!("let {}{}", mut_text(*is_mut), pattern_text(pattern));
                if let Some(ty) = ty {
                    let _ = write!(text, ": {}", type_text(ty));
                }
                self.node(text, |d| {
                    if let Some(value) = value {
                        d.expr(value);
                    }
                    if let Some(otherwise) = otherwise {
                        d.block("else", otherwise);
                    }
                });
            }
            StmtKind::Expr(expr) => self.node("statement", |d| d.expr(expr)),
            StmtKind::Item(item) => self.item(item),
            StmtKind::Defer(inner) => self.node("defer", |d| d.stmt(inner)),
            StmtKind::Using(name, value) => self.labelled(&format!("using {}", name.name), value),
            StmtKind::Empty => self.line("empty"),
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Literal(literal) => self.line(literal_text(literal)),
            ExprKind::Template(parts) => self.node("template", |d| {
                for part in parts {
                    match part {
                        TemplatePart::Text(text) => d.line(format!("text {text:?}")),
                        TemplatePart::Expr(expr) => d.expr(expr),
                    }
                }
            }),
            ExprKind::Name(name) => self.line(format!("name {name}")),
            ExprKind::SelfValue => self.line("self"),
            ExprKind::Paren(inner) => self.labelled("paren", inner),
            ExprKind::Tuple(parts) => self.list("tuple", parts),
            ExprKind::Array(parts) => self.list("array", parts),
            ExprKind::Spread(inner) => self.labelled("spread", inner),
            ExprKind::Labelled { label, body } => self.block(&format!("block{}", label_text(Some(*label))), body),
            ExprKind::ArrayRepeat { value, count } => self.pair("repeat", value, count),
            ExprKind::Map(pairs) => self.node("map", |d| {
                for (key, value) in pairs {
                    d.pair("entry", key, value);
                }
            }),
            ExprKind::Struct { path, args, fields, base } => {
                let text = match path.is_empty() {
                    true => "record".to_owned(),
                    false => format!("struct {}{}", path_text(path), type_args_text(args)),
                };
                self.node(text, |d| {
                    for field in fields {
                        d.node(format!("field {}", field.name.name), |d| {
                            if let Some(value) = &field.value {
                                d.expr(value);
                            }
                        });
                    }
                    if let Some(base) = base {
                        d.labelled("base", base);
                    }
                });
            }
            ExprKind::ShortVariant(name) => self.line(format!("variant .{}", name.name)),
            ExprKind::Unary { op, operand } => self.labelled(&format!("unary {}", unary_text(*op)), operand),
            ExprKind::Binary { op, left, right, .. } => self.pair(&format!("binary {}", op.text()), left, right),
            ExprKind::Assign { op, target, value, .. } => {
                self.pair(&format!("assign {}=", op.map_or("", BinaryOp::text)), target, value);
            }
            ExprKind::Range { start, end, inclusive } => {
                self.node(if *inclusive { "range ..=" } else { "range .." }, |d| {
                    d.optional("start", start.as_deref());
                    d.optional("end", end.as_deref());
                });
            }
            ExprKind::Cast { value, ty } => self.labelled(&format!("as {}", type_text(ty)), value),
            ExprKind::Is { value, ty } => self.labelled(&format!("is {}", type_text(ty)), value),
            ExprKind::Call { callee, type_args, args } => {
                self.node(format!("call{}", type_args_text(type_args)), |d| {
                    d.expr(callee);
                    for arg in args {
                        let spread = if arg.spread { " ..." } else { "" };
                        let name = arg.name.map(|n| format!(" {}:", n.name)).unwrap_or_default();
                        d.labelled(&format!("arg{name}{spread}"), &arg.value);
                    }
                });
            }
            ExprKind::Field { base, name, optional } => {
                self.labelled(&format!("field {}{}", if *optional { "?." } else { "." }, name.name), base);
            }
            ExprKind::Index { base, index, optional } => {
                self.pair(if *optional { "index ?." } else { "index" }, base, index);
            }
            ExprKind::Unwrap(inner) => self.labelled("unwrap", inner),
            ExprKind::Block(block) => self.block("block", block),
            ExprKind::Unsafe(block) => self.block("unsafe", block),
            ExprKind::If(choice) => self.node("if", |d| {
                d.condition(&choice.condition);
                d.block("then", &choice.then);
                d.optional("else", choice.otherwise.as_ref());
            }),
            ExprKind::Match { value, arms } => self.node("match", |d| {
                d.expr(value);
                for arm in arms {
                    d.node(format!("arm {}", pattern_text(&arm.pattern)), |d| {
                        d.optional("guard", arm.guard.as_ref());
                        d.expr(&arm.body);
                    });
                }
            }),
            ExprKind::While { label, condition, body } => self.node(format!("while{}", label_text(*label)), |d| {
                d.condition(condition);
                d.block("body", body);
            }),
            ExprKind::Loop { label, body } => self.block(&format!("loop{}", label_text(*label)), body),
            ExprKind::For { label, pattern, iterable, is_await, body } => {
                let wait = if *is_await { " await" } else { "" };
                self.node(format!("for{wait}{} {}", label_text(*label), pattern_text(pattern)), |d| {
                    d.expr(iterable);
                    d.block("body", body);
                });
            }
            ExprKind::Break { label, value } => {
                self.node(format!("break{}", label_text(*label)), |d| {
                    if let Some(value) = value {
                        d.expr(value);
                    }
                });
            }
            ExprKind::Continue { label } => self.line(format!("continue{}", label_text(*label))),
            ExprKind::Return(value) => self.node("return", |d| {
                if let Some(value) = value {
                    d.expr(value);
                }
            }),
            ExprKind::Throw(value) => self.labelled("throw", value),
            ExprKind::Try { body, catches, finally } => self.node("try", |d| {
                d.block("body", body);
                for catch in catches {
                    let name = catch.name.map(|n| format!(" {}", n.name)).unwrap_or_default();
                    let ty = catch.ty.as_ref().map(|t| format!(": {}", type_text(t))).unwrap_or_default();
                    d.block(&format!("catch{name}{ty}"), &catch.body);
                }
                if let Some(finally) = finally {
                    d.block("finally", finally);
                }
            }),
            ExprKind::TryOptional(value) => self.labelled("try?", value),
            ExprKind::Await(value) => self.labelled("await", value),
            ExprKind::Spawn(value) => self.labelled("spawn", value),
            ExprKind::Select(arms) => self.node("select", |d| {
                for arm in arms {
                    let pattern = arm.pattern.as_ref().map(|p| format!(" {}", pattern_text(p))).unwrap_or_default();
                    d.pair(&format!("arm{pattern}"), &arm.value, &arm.body);
                }
            }),
            ExprKind::Import(from) => self.line(format!("import {:?}", from.value)),
            ExprKind::Closure(closure) => {
                let prefix = if closure.is_async { "async " } else { "" };
                let result = result_text(closure.result.as_ref());
                self.node(format!("{prefix}closure ({}){result}", params_text(&closure.params)), |d| {
                    d.defaults(&closure.params);
                    d.expr(&closure.body);
                });
            }
            ExprKind::TypeArgs { base, args } => self.labelled(&format!("type args {}", type_args_text(args)), base),
            ExprKind::Error => self.line("error"),
        }
    }

    fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::Expr(expr) => self.labelled("condition", expr),
            Condition::Let { pattern, value } => {
                self.labelled(&format!("condition let {}", pattern_text(pattern)), value);
            }
            Condition::And(left, right) => {
                self.condition(left);
                self.condition(right);
            }
        }
    }

    fn list(&mut self, name: &str, parts: &[Expr]) {
        self.node(name, |d| parts.iter().for_each(|p| d.expr(p)));
    }

    fn pair(&mut self, name: &str, first: &Expr, second: &Expr) {
        self.node(name, |d| {
            d.expr(first);
            d.expr(second);
        });
    }

    fn optional(&mut self, name: &str, expr: Option<&Expr>) {
        if let Some(expr) = expr {
            self.labelled(name, expr);
        }
    }

    fn defaults(&mut self, params: &[Param]) {
        for param in params {
            if let Some(default) = &param.default {
                self.labelled(&format!("default of {}", pattern_text(&param.pattern)), default);
            }
        }
    }
}

impl BinaryOp {
    /// As it is written.
    pub fn text(self) -> &'static str {
        match self {
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::Rem => "%",
            BinaryOp::BitAnd => "&",
            BinaryOp::BitOr => "|",
            BinaryOp::BitXor => "^",
            BinaryOp::Shl => "<<",
            BinaryOp::Shr => ">>",
            BinaryOp::Ushr => ">>>",
            BinaryOp::And => "&&",
            BinaryOp::Or => "||",
            BinaryOp::Coalesce => "??",
            BinaryOp::Eq => "==",
            BinaryOp::Ne => "!=",
            BinaryOp::Lt => "<",
            BinaryOp::Le => "<=",
            BinaryOp::Gt => ">",
            BinaryOp::Ge => ">=",
        }
    }
}

fn unary_text(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Neg => "-",
        UnaryOp::Not => "!",
        UnaryOp::BitNot => "~",
        UnaryOp::Deref => "*",
        UnaryOp::AddressOf => "&",
    }
}

fn mut_text(is_mut: bool) -> &'static str {
    if is_mut { "mut " } else { "" }
}

fn label_text(label: Option<Ident>) -> String {
    label.map(|l| format!(" '{}", l.name)).unwrap_or_default()
}

fn result_text(result: Option<&TypeExpr>) -> String {
    result.map(|t| format!(" -> {}", type_text(t))).unwrap_or_default()
}

fn path_text(path: &[Ident]) -> String {
    path.iter().map(|i| i.name.as_str()).collect::<Vec<_>>().join(".")
}

fn join<T>(parts: &[T], text: impl Fn(&T) -> String) -> String {
    parts.iter().map(text).collect::<Vec<_>>().join(", ")
}

fn type_args_text(args: &[TypeExpr]) -> String {
    if args.is_empty() { String::new() } else { format!("<{}>", join(args, type_text)) }
}

fn params_text(params: &[Param]) -> String {
    join(params, |p| {
        let rest = if p.is_rest { "..." } else { "" };
        let ty = p.ty.as_ref().map(|t| format!(": {rest}{}", type_text(t))).unwrap_or_default();
        let default = if p.default.is_some() { " = _" } else { "" };
        format!("{}{ty}{default}", pattern_text(&p.pattern))
    })
}

fn literal_text(literal: &Literal) -> String {
    let suffix = |s: &Option<Symbol>| s.map(|s| format!(" {s}")).unwrap_or_default();
    match literal {
        Literal::Int { value, suffix: s } => format!("int {value}{}", suffix(s)),
        Literal::Float { value, suffix: s } => format!("float {value:?}{}", suffix(s)),
        Literal::Bool(value) => format!("bool {value}"),
        Literal::Char(value) => format!("char {value:?}"),
        Literal::Str(value) => format!("str {value:?}"),
        Literal::Bytes(value) => format!("bytes {value:?}"),
        Literal::Null => "null".to_owned(),
    }
}

/// The type as it would be written.
pub(crate) fn type_text(ty: &TypeExpr) -> String {
    match &ty.kind {
        TypeExprKind::Path { path, args } => format!("{}{}", path_text(path), type_args_text(args)),
        TypeExprKind::Array(element) => format!("[{}]", type_text(element)),
        TypeExprKind::FixedArray(element, count) => format!("[{}; {}]", type_text(element), short_text(count)),
        TypeExprKind::Tuple(parts) if parts.len() == 1 => format!("({},)", type_text(&parts[0])),
        TypeExprKind::Tuple(parts) => format!("({})", join(parts, type_text)),
        TypeExprKind::Optional(inner) => match inner.kind {
            TypeExprKind::Function { .. } | TypeExprKind::Pointer(_) => format!("({})?", type_text(inner)),
            _ => format!("{}?", type_text(inner)),
        },
        TypeExprKind::Pointer(target) => format!("*{}", type_text(target)),
        TypeExprKind::Function { params, result } => {
            format!("fn({}){}", join(params, type_text), result_text(result.as_deref()))
        }
        TypeExprKind::Record(fields) => {
            format!("{{ {} }}", join(fields, |(name, ty)| format!("{}: {}", name.name, type_text(ty))))
        }
        TypeExprKind::Literals(literals) => {
            let texts: Vec<String> = literals.iter().map(literal_text).collect();
            texts.join(" | ")
        }
        TypeExprKind::Error => "<error>".to_owned(),
    }
}

/// An expression inside of a type or pattern, on one line.
fn short_text(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Literal(Literal::Int { value, suffix }) => {
            format!("{value}{}", suffix.map(|s| s.as_str()).unwrap_or_default())
        }
        ExprKind::Literal(Literal::Float { value, .. }) => format!("{value:?}"),
        ExprKind::Literal(Literal::Bool(value)) => value.to_string(),
        ExprKind::Literal(Literal::Char(value)) => format!("{value:?}"),
        ExprKind::Literal(Literal::Str(value)) => format!("{value:?}"),
        ExprKind::Literal(Literal::Bytes(value)) => format!("b{value:?}"),
        ExprKind::Literal(Literal::Null) => "null".to_owned(),
        ExprKind::Name(name) => name.to_string(),
        ExprKind::Unary { op, operand } => format!("{}{}", unary_text(*op), short_text(operand)),
        ExprKind::Binary { op, left, right, .. } => {
            format!("({} {} {})", short_text(left), op.text(), short_text(right))
        }
        ExprKind::Paren(inner) => short_text(inner),
        _ => "<expression>".to_owned(),
    }
}

fn pattern_text(pattern: &Pattern) -> String {
    match &pattern.kind {
        PatternKind::Wildcard => "_".to_owned(),
        PatternKind::Name { name, is_mut } => format!("{}{}", mut_text(*is_mut), name.name),
        PatternKind::Literal(value) => short_text(value),
        PatternKind::Range { start, end, inclusive } => {
            let side = |e: &Option<Box<Expr>>| e.as_deref().map(short_text).unwrap_or_default();
            format!("{}{}{}", side(start), if *inclusive { "..=" } else { ".." }, side(end))
        }
        PatternKind::Tuple(parts) if parts.len() == 1 => format!("({},)", pattern_text(&parts[0])),
        PatternKind::Tuple(parts) => format!("({})", join(parts, pattern_text)),
        PatternKind::Struct { path, fields, has_rest } => {
            let mut parts: Vec<String> = fields
                .iter()
                .map(|f| match &f.pattern {
                    Some(pattern) => format!("{}: {}", f.name.name, pattern_text(pattern)),
                    None => f.name.name.to_string(),
                })
                .collect();
            if *has_rest {
                parts.push("..".to_owned());
            }
            format!("{} {{ {} }}", path_text(path), parts.join(", "))
        }
        PatternKind::Variant { path, name, args } => {
            let args = args.as_ref().map(|a| format!("({})", join(a, pattern_text))).unwrap_or_default();
            format!("{}.{}{args}", path_text(path), name.name)
        }
        PatternKind::Or(choices) => choices.iter().map(pattern_text).collect::<Vec<_>>().join(" | "),
        PatternKind::Typed { name, is_mut, ty } => format!("{}{}: {}", mut_text(*is_mut), name.name, type_text(ty)),
        PatternKind::Binding { name, is_mut, pattern } => {
            format!("{}{} @ ({})", mut_text(*is_mut), name.name, pattern_text(pattern))
        }
        PatternKind::Error => "<error>".to_owned(),
    }
}
