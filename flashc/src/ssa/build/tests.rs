//! Builds small trees made by hand. What programs become is in the goldens (`tests/ssa`).

use super::{BuildOptions, build};
use crate::ast::RecordKind;
use crate::source::{FileId, SourceMap, Span, Symbol};
use crate::ssa::{text, verify};
use crate::tir::*;
use std::sync::Arc;

fn span() -> Span {
    Span::new(FileId(0), 0, 0)
}

fn expr(kind: ExprKind, ty: Ty) -> Expr {
    Expr { kind, ty, span: span() }
}

fn int(value: i128, ty: Ty) -> Expr {
    expr(ExprKind::Const(Const::Int(value)), ty)
}

fn local(id: u32, ty: Ty) -> Expr {
    expr(ExprKind::Local(LocalId(id)), ty)
}

fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    let ty = left.ty;
    expr(ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) }, ty)
}

fn compare(op: CompareOp, left: Expr, right: Expr) -> Expr {
    expr(ExprKind::Compare { op, left: Box::new(left), right: Box::new(right) }, Ty::BOOL)
}

fn call(function: u32, args: Vec<Expr>, ty: Ty) -> Expr {
    let callee = Callee::Function { function: FuncId(function), type_args: Vec::new() };
    expr(ExprKind::Call { callee, args }, ty)
}

fn stmt(kind: StmtKind) -> Stmt {
    Stmt { kind, span: span() }
}

fn assign(target: Expr, value: Expr) -> Stmt {
    let kind = ExprKind::Assign { op: None, target: Box::new(target), value: Box::new(value) };
    stmt(StmtKind::Expr(expr(kind, Ty::VOID)))
}

fn let_(id: u32, value: Expr) -> Stmt {
    let pattern = Pattern { kind: PatternKind::Bind(LocalId(id), None), ty: value.ty, span: span() };
    stmt(StmtKind::Let { pattern, value })
}

fn block(statements: Vec<Stmt>, value: Option<Expr>) -> Expr {
    let ty = value.as_ref().map_or(Ty::VOID, |value| value.ty);
    expr(ExprKind::Block { statements, value: value.map(Box::new) }, ty)
}

fn if_(condition: Expr, then: Expr, otherwise: Option<Expr>) -> Expr {
    let ty = otherwise.as_ref().map_or(Ty::VOID, |otherwise| otherwise.ty);
    let (condition, then) = (Box::new(condition), Box::new(then));
    expr(ExprKind::If { condition, then, otherwise: otherwise.map(Box::new) }, ty)
}

fn while_(condition: Expr, mut body: Vec<Stmt>) -> Expr {
    let leave = expr(ExprKind::Break { id: LoopId(0), value: None }, Ty::NEVER);
    body.insert(0, stmt(StmtKind::Expr(if_(condition, block(Vec::new(), None), Some(leave)))));
    expr(ExprKind::Loop { id: LoopId(0), body: Box::new(block(body, None)), step: None }, Ty::VOID)
}

fn function(name: &str, params: usize, locals: &[(Ty, &str)], result: Ty, body: Expr) -> Function {
    let locals = locals.iter().map(|&(ty, flags)| Local {
        name: Symbol::new("x"),
        ty,
        is_mut: flags.contains('m'),
        is_shared: flags.contains('s'),
        is_addressed: flags.contains('a'),
        is_reference: flags.contains('r'),
        span: span(),
    });
    Function {
        name: name.to_string(),
        module: ModuleId(0),
        generics: Vec::new(),
        params: (0..params as u32).map(LocalId).collect(),
        result,
        locals: locals.collect(),
        captures: Vec::new(),
        body: Body::Flash(body),
        attributes: FunctionAttributes::default(),
        span: span(),
    }
}

/// The text of a program whose `main` is function 0.
fn ssa(types: Types, functions: Vec<Function>, nominals: Vec<Nominal>) -> String {
    ssa_with(types, functions, nominals, BuildOptions::default())
}

fn ssa_with(types: Types, functions: Vec<Function>, nominals: Vec<Nominal>, options: BuildOptions) -> String {
    let mut sources = SourceMap::default();
    let file = sources.add("main.fl".to_string(), String::new());
    let program = Program {
        types,
        modules: vec![Module { file, name: Symbol::new("main") }],
        functions: functions.into_iter().map(Arc::new).collect(),
        globals: Vec::new(),
        nominals,
        impls: Vec::new(),
        known: crate::tir::Known::default(),
        initializers: Vec::new(),
        main: Some(FuncId(0)),
        tests: Vec::new(),
        lang: Default::default(),
        errors: None,
    };
    let module = build(program, options);
    if let Err(message) = verify::verify(&module) {
        panic!("{message}\n{}", text::print(&module));
    }
    text::print(&module)
}

/// The lines of one function.
fn function_text<'a>(text: &'a str, name: &str) -> &'a str {
    let start = text.find(&format!("function @{name}(")).unwrap_or_else(|| panic!("no {name} in\n{text}"));
    let end = text[start..].find("\n}").unwrap_or(text.len() - start);
    &text[start..start + end]
}

#[test]
fn loop_keeps_only_what_changes_as_parameters() {
    let i = || local(1, Ty::I32);
    let sum = || local(2, Ty::I32);
    let body = block(
        vec![
            let_(1, int(0, Ty::I32)),
            let_(2, int(0, Ty::I32)),
            stmt(StmtKind::Expr(while_(
                compare(CompareOp::Lt, i(), local(0, Ty::I32)),
                vec![
                    assign(sum(), binary(BinaryOp::Add, sum(), binary(BinaryOp::Div, i(), local(0, Ty::I32)))),
                    assign(i(), binary(BinaryOp::Add, i(), int(1, Ty::I32))),
                ],
            ))),
        ],
        Some(sum()),
    );
    let sum = function("sum", 1, &[(Ty::I32, ""), (Ty::I32, "m"), (Ty::I32, "m")], Ty::I32, body);
    let main = function("main", 0, &[], Ty::I32, call(1, vec![int(5, Ty::I32)], Ty::I32));
    let text = ssa(Types::default(), vec![main, sum], Vec::new());
    let sum = function_text(&text, "main.sum");
    let headers: Vec<&str> = sum.lines().filter(|line| line.starts_with('b') && line.contains('(')).collect();
    assert_eq!(headers.len(), 2, "only the entry and the loop have parameters\n{sum}");
    assert_eq!(headers[1].matches(": i32").count(), 2, "the limit does not change\n{sum}");
}

#[test]
fn self_call_in_return_position_is_a_jump() {
    let n = || local(0, Ty::I32);
    let body = if_(
        compare(CompareOp::Le, n(), int(0, Ty::I32)),
        local(1, Ty::I32),
        Some(call(
            1,
            vec![binary(BinaryOp::Sub, n(), int(1, Ty::I32)), binary(BinaryOp::Mul, local(1, Ty::I32), n())],
            Ty::I32,
        )),
    );
    let factorial = function("factorial", 2, &[(Ty::I32, ""), (Ty::I32, "")], Ty::I32, body);
    let main = function("main", 0, &[], Ty::I32, call(1, vec![int(5, Ty::I32), int(1, Ty::I32)], Ty::I32));
    let text = ssa(Types::default(), vec![main, factorial], Vec::new());
    assert!(!function_text(&text, "main.factorial").contains("call"), "{text}");
}

#[test]
fn deferred_code_runs_on_every_way_out() {
    let show = function("f", 1, &[(Ty::I32, "")], Ty::VOID, block(Vec::new(), None));
    let deferred = |value| stmt(StmtKind::Defer(call(1, vec![int(value, Ty::I32)], Ty::VOID)));
    let leave = expr(ExprKind::Return(None), Ty::NEVER);
    let condition = compare(CompareOp::Eq, int(1, Ty::I32), int(2, Ty::I32));
    let body = block(
        vec![
            deferred(1),
            stmt(StmtKind::Expr(block(vec![deferred(2), stmt(StmtKind::Expr(if_(condition, leave, None)))], None))),
        ],
        None,
    );
    let text = ssa(Types::default(), vec![function("main", 0, &[], Ty::VOID, body), show], Vec::new());
    let main = function_text(&text, "main.main");
    // Twice by `return`, twice at the ends, and where the second one throws.
    assert_eq!(main.matches("call @main.f").count(), 5, "{text}");
    assert_eq!(main.matches("flash_rethrow").count(), 1, "{text}");
}

#[test]
fn values_of_every_shape_verify() {
    let mut types = Types::default();
    let numbers = types.array(Ty::I32);
    let text_or_null = types.optional(Ty::STR);
    let number_or_null = types.optional(Ty::I64);
    let big = types.intern(TyKind::FixedArray(Ty::I64, 20));
    let point = types.intern(TyKind::Nominal(NominalId(0), Vec::new()));
    let node = types.intern(TyKind::Nominal(NominalId(1), Vec::new()));
    let node_or_null = types.optional(node);
    let pair = types.intern(TyKind::Tuple(vec![Ty::STR, number_or_null]));
    let pairs = types.array(pair);
    let field = |name: &str, ty| Field { name: Symbol::new(name), ty, default: None, is_private: false };
    let nominal = |name: &str, kind, fields| Nominal {
        name: Symbol::new(name),
        module: ModuleId(0),
        generics: Vec::new(),
        kind: NominalKind::Record { kind, fields },
        methods: Vec::new(),
        is_local: false,
        span: span(),
    };
    let nominals = vec![
        nominal("Point", RecordKind::Struct, vec![field("x", Ty::F64), field("big", big)]),
        nominal("Node", RecordKind::Class, vec![field("value", point), field("next", node_or_null)]),
    ];
    let text = |s: &str| expr(ExprKind::Const(Const::Str(Symbol::new(s))), Ty::STR);
    let float = || expr(ExprKind::Const(Const::Float(1.5)), Ty::F64);
    let wrap = |value: Expr, ty| expr(ExprKind::Wrap(Box::new(value)), ty);
    let null = |ty| expr(ExprKind::Const(Const::Null), ty);
    let show = |value: Expr| expr(ExprKind::Show(Box::new(value)), Ty::STR);
    let new_point = || expr(ExprKind::New(vec![(0, float()), (1, expr(ExprKind::Zero, big))]), point);
    let field_of = |base: Expr, index, ty| expr(ExprKind::Field { base: Box::new(base), index }, ty);
    let element = |base: Expr, index, ty| {
        expr(ExprKind::Index { base: Box::new(base), index: Box::new(int(index, Ty::I64)) }, ty)
    };
    let new_pair = || expr(ExprKind::Tuple(vec![text("a"), wrap(int(1, Ty::I64), number_or_null)]), pair);
    let local_pairs = || local(3, pairs);
    let body = block(
        vec![
            let_(0, expr(ExprKind::Array(vec![int(1, Ty::I32), int(2, Ty::I32)]), numbers)),
            let_(1, new_point()),
            let_(2, expr(ExprKind::New(vec![(0, local(1, point)), (1, null(node_or_null))]), node)),
            let_(3, expr(ExprKind::Array(vec![new_pair(), new_pair()]), pairs)),
            let_(4, wrap(text("x"), text_or_null)),
            assign(element(local(0, numbers), 1, Ty::I32), int(7, Ty::I32)),
            assign(
                element(field_of(field_of(local(2, node), 0, point), 1, big), 3, Ty::I64),
                element(field_of(local(1, point), 1, big), 5, Ty::I64),
            ),
            assign(field_of(local(2, node), 0, point), local(1, point)),
            assign(field_of(local(2, node), 1, node_or_null), wrap(local(2, node), node_or_null)),
            let_(5, element(local_pairs(), 0, pair)),
            let_(
                6,
                expr(
                    ExprKind::Concat(vec![
                        text("a"),
                        show(local_pairs()),
                        show(local(2, node)),
                        show(local(4, text_or_null)),
                        field_of(local(5, pair), 0, Ty::STR),
                    ]),
                    Ty::STR,
                ),
            ),
            let_(7, compare(CompareOp::Eq, local_pairs(), local_pairs())),
            let_(8, compare(CompareOp::Lt, local(1, point), local(1, point))),
            let_(
                9,
                expr(
                    ExprKind::Coalesce { value: Box::new(local(4, text_or_null)), default: Box::new(text("d")) },
                    Ty::STR,
                ),
            ),
            let_(
                10,
                expr(ExprKind::Unwrap(Box::new(field_of(element(local_pairs(), 1, pair), 1, number_or_null))), Ty::I64),
            ),
        ],
        None,
    );
    let locals = [
        (numbers, ""),
        (point, ""),
        (node, ""),
        (pairs, ""),
        (text_or_null, ""),
        (pair, "m"),
        (Ty::STR, "a"),
        (Ty::BOOL, ""),
        (Ty::BOOL, ""),
        (Ty::STR, ""),
        (Ty::I64, ""),
    ];
    let text = ssa(types, vec![function("main", 0, &locals, Ty::VOID, body)], nominals);
    for name in ["main.main", "show<[(str, i64?)]>", "show<Node>", "equal<[(str, i64?)]>", "order<Point>"] {
        assert!(text.contains(&format!("@{name}(")) || text.contains(&format!("@\"{name}\"(")), "{name}\n{text}");
    }
}

#[test]
fn closures_share_what_changes() {
    let mut types = Types::default();
    let fn_ty = types.intern(TyKind::Function(vec![Ty::I32], Ty::I32));
    let step = Expr {
        kind: ExprKind::Assign {
            op: Some(BinaryOp::Add),
            target: Box::new(local(1, Ty::I32)),
            value: Box::new(binary(BinaryOp::Add, local(0, Ty::I32), local(2, Ty::I32))),
        },
        ty: Ty::VOID,
        span: span(),
    };
    let mut closure = function(
        "<closure in main>",
        1,
        &[(Ty::I32, ""), (Ty::I32, "ms"), (Ty::I32, "")],
        Ty::I32,
        block(vec![stmt(StmtKind::Expr(step))], Some(local(1, Ty::I32))),
    );
    closure.captures = vec![LocalId(1), LocalId(2)];
    let make = expr(ExprKind::Closure { function: FuncId(1), captures: vec![LocalId(0), LocalId(1)] }, fn_ty);
    let callee = Callee::Value(Box::new(local(2, fn_ty)));
    let body = block(
        vec![let_(0, int(0, Ty::I32)), let_(1, int(5, Ty::I32)), let_(2, make)],
        Some(expr(ExprKind::Call { callee, args: vec![int(1, Ty::I32)] }, Ty::I32)),
    );
    let main = function("main", 0, &[(Ty::I32, "ms"), (Ty::I32, ""), (fn_ty, "")], Ty::I32, body);
    let text = ssa(types, vec![main, closure], Vec::new());
    assert!(text.contains("cell i32"), "{text}");
    assert!(function_text(&text, "main.main").contains("call_indirect"), "{text}");
}

#[test]
fn many_constants_are_a_switch() {
    let arm = |pattern, value| Arm {
        pattern: Pattern { kind: pattern, ty: Ty::I32, span: span() },
        guard: None,
        body: int(value, Ty::I32),
    };
    let constant = |value| PatternKind::Const(Const::Int(value));
    let either =
        PatternKind::Or([3, 4].iter().map(|&v| Pattern { kind: constant(v), ty: Ty::I32, span: span() }).collect());
    let arms = vec![
        arm(constant(1), 10),
        arm(constant(2), 20),
        arm(either, 30),
        arm(constant(-1), 40),
        arm(PatternKind::Wildcard, 0),
    ];
    let value = Box::new(local(0, Ty::I32));
    let pick = function("pick", 1, &[(Ty::I32, "")], Ty::I32, expr(ExprKind::Match { value, arms }, Ty::I32));
    let main = function("main", 0, &[], Ty::I32, call(1, vec![int(2, Ty::I32)], Ty::I32));
    let text = ssa(Types::default(), vec![main, pick], Vec::new());
    let pick = function_text(&text, "main.pick");
    assert!(pick.contains("switch v0"), "{pick}");
}

#[test]
fn overflow_checks_stand_where_a_result_may_not_fit() {
    let n = |id| local(id, Ty::I32);
    let negated = expr(ExprKind::Unary { op: UnaryOp::Neg, operand: Box::new(n(0)) }, Ty::I32);
    let body = binary(
        BinaryOp::Add,
        binary(BinaryOp::Mul, negated, n(1)),
        binary(BinaryOp::Div, binary(BinaryOp::Shl, n(0), n(1)), n(1)),
    );
    let f = function("f", 2, &[(Ty::I32, ""), (Ty::I32, "")], Ty::I32, body);
    let main = function("main", 0, &[], Ty::I32, call(1, vec![int(5, Ty::I32), int(1, Ty::I32)], Ty::I32));
    let functions = vec![main, f];
    let checked = BuildOptions { overflow_checks: true };
    let text = ssa_with(Types::default(), functions.clone(), Vec::new(), checked);
    let f = function_text(&text, "main.f");
    assert_eq!(f.matches("no_overflow").count(), 4, "negation, product, quotient and sum\n{f}");
    assert_eq!(f.matches("nonzero").count(), 1, "{f}");
    let wrapping = ssa(Types::default(), functions, Vec::new());
    assert!(!function_text(&wrapping, "main.f").contains("overflow"), "{wrapping}");
}
