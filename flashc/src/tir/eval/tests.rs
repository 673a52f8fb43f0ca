//! The evaluator on small trees made by hand.

use super::*;
use crate::source::FileId;
use crate::tir::{Body, Callee, CompareOp, FunctionAttributes, Local, ModuleId, Pattern, PatternKind};
use std::sync::Arc;

fn span() -> Span {
    Span::new(FileId(0), 0, 1)
}

fn expr(kind: ExprKind, ty: Ty) -> Expr {
    Expr { kind, ty, span: span() }
}

fn int(value: i128) -> Expr {
    expr(ExprKind::Const(Const::Int(value)), Ty::I32)
}

fn local(index: u32, ty: Ty) -> Expr {
    expr(ExprKind::Local(LocalId(index)), ty)
}

fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    let ty = left.ty;
    expr(ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) }, ty)
}

fn compare(op: CompareOp, left: Expr, right: Expr) -> Expr {
    expr(ExprKind::Compare { op, left: Box::new(left), right: Box::new(right) }, Ty::BOOL)
}

fn choose(condition: Expr, then: Expr, otherwise: Expr) -> Expr {
    let ty = then.ty;
    let otherwise = Some(Box::new(otherwise));
    expr(ExprKind::If { condition: Box::new(condition), then: Box::new(then), otherwise }, ty)
}

fn call(function: u32, args: Vec<Expr>) -> Expr {
    let callee = Callee::Function { function: FuncId(function), type_args: Vec::new() };
    expr(ExprKind::Call { callee, args }, Ty::I32)
}

fn assign(op: Option<BinaryOp>, target: Expr, value: Expr) -> Stmt {
    let kind = ExprKind::Assign { op, target: Box::new(target), value: Box::new(value) };
    Stmt { kind: StmtKind::Expr(expr(kind, Ty::VOID)), span: span() }
}

fn declare(index: u32, value: Expr) -> Stmt {
    let pattern = Pattern { kind: PatternKind::Bind(LocalId(index), None), ty: value.ty, span: span() };
    Stmt { kind: StmtKind::Let { pattern, value }, span: span() }
}

fn function(name: &str, params: usize, is_reference: bool, body: Expr) -> Option<Function> {
    let param = Local {
        name: Symbol::new("n"),
        ty: Ty::I32,
        is_mut: false,
        is_shared: false,
        is_addressed: false,
        is_reference,
        span: span(),
    };
    Some(Function {
        name: name.to_owned(),
        module: ModuleId(0),
        generics: Vec::new(),
        params: (0..params as u32).map(LocalId).collect(),
        result: Ty::I32,
        locals: vec![param; params],
        captures: Vec::new(),
        body: Body::Flash(body),
        attributes: FunctionAttributes::default(),
        span: span(),
    })
}

fn run(functions: &[Option<Function>], types: &Types, expr: &Expr) -> Result<Const, EvalError> {
    let functions: Vec<Option<Arc<Function>>> = functions.iter().map(|f| f.clone().map(Arc::new)).collect();
    evaluate(
        View {
            types,
            functions: &functions,
            nominals: &[],
            impls: &[],
            known: KnownIds::default(),
            max_steps: MAX_STEPS,
        },
        expr,
    )
}

/// `if n <= 1 { 1 } else { n * f(n - 1) }`, and the same with `return`.
fn factorial() -> Option<Function> {
    let n = || local(0, Ty::I32);
    let rest = binary(BinaryOp::Mul, n(), call(0, vec![binary(BinaryOp::Sub, n(), int(1))]));
    let leave = expr(ExprKind::Return(Some(Box::new(int(1)))), Ty::NEVER);
    function("factorial", 1, false, choose(compare(CompareOp::Le, n(), int(1)), leave, rest))
}

#[test]
fn functions_call_themselves() {
    let functions = [factorial()];
    assert_eq!(run(&functions, &Types::default(), &call(0, vec![int(10)])), Ok(Const::Int(3_628_800)));
    assert_eq!(run(&functions, &Types::default(), &call(0, vec![int(2000)])), Ok(Const::Int(0)));
    // Wraps as i32 does.
    assert_eq!(run(&functions, &Types::default(), &call(0, vec![int(13)])), Ok(Const::Int(1_932_053_504)));
}

#[test]
fn endless_recursion_and_loops_end() {
    let again = function("again", 1, false, call(0, vec![local(0, Ty::I32)]));
    let error = run(&[again], &Types::default(), &call(0, vec![int(1)])).unwrap_err();
    assert_eq!(error.kind, EvalErrorKind::TooDeep);
    assert_eq!(error.calls.first().map(|(name, _)| name.as_str()), Some("again"));
    let body = expr(ExprKind::Block { statements: Vec::new(), value: None }, Ty::VOID);
    let endless = expr(ExprKind::Loop { id: LoopId(0), body: Box::new(body), step: None }, Ty::NEVER);
    assert_eq!(run(&[], &Types::default(), &endless).unwrap_err().kind, EvalErrorKind::TooLong(MAX_STEPS));
}

#[test]
fn failures_are_data() {
    let zero = binary(BinaryOp::Div, int(1), int(0));
    let error = run(&[], &Types::default(), &zero).unwrap_err();
    assert_eq!(error.message(), "the constant cannot be computed: division by zero");
    assert_eq!(
        run(&[None], &Types::default(), &call(0, vec![])).unwrap_err().kind,
        EvalErrorKind::Unchecked(FuncId(0))
    );
    let global = expr(ExprKind::Global(crate::tir::GlobalId(0)), Ty::I32);
    assert!(run(&[], &Types::default(), &global).unwrap_err().message().starts_with("not constant"));
}

/// `let a = [0; 4]; let i = 0; loop { if i >= 4 { break } a[i] += i * i } step { i += 1 }; a`
#[test]
fn loops_write_arrays() {
    let mut types = Types::default();
    let array = types.intern(TyKind::FixedArray(Ty::I32, 4));
    let i = || expr(ExprKind::Local(LocalId(1)), Ty::I64);
    let constant = |value| expr(ExprKind::Const(Const::Int(value)), Ty::I64);
    let element =
        |index: Expr| expr(ExprKind::Index { base: Box::new(local(0, array)), index: Box::new(index) }, Ty::I32);
    let leave = expr(ExprKind::Break { id: LoopId(0), value: None }, Ty::NEVER);
    let body = ExprKind::Block {
        statements: vec![
            Stmt {
                kind: StmtKind::Expr(choose(
                    compare(CompareOp::Ge, i(), constant(4)),
                    leave,
                    expr(ExprKind::Const(Const::Void), Ty::VOID),
                )),
                span: span(),
            },
            assign(Some(BinaryOp::Add), element(i()), binary(BinaryOp::Mul, i(), i())),
        ],
        value: None,
    };
    let step = ExprKind::Block { statements: vec![assign(Some(BinaryOp::Add), i(), constant(1))], value: None };
    let count = ExprKind::Loop {
        id: LoopId(0),
        body: Box::new(expr(body, Ty::VOID)),
        step: Some(Box::new(expr(step, Ty::VOID))),
    };
    let zeros = expr(ExprKind::Repeat { value: Box::new(int(0)), count: Box::new(constant(4)) }, array);
    let program = |last: Expr| {
        let statements = vec![
            declare(0, zeros.clone()),
            declare(1, constant(0)),
            Stmt { kind: StmtKind::Expr(expr(count.clone(), Ty::VOID)), span: span() },
        ];
        let ty = last.ty;
        expr(ExprKind::Block { statements, value: Some(Box::new(last)) }, ty)
    };
    let squares = Const::Aggregate([0, 1, 4, 9].map(Const::Int).to_vec());
    assert_eq!(run(&[], &types, &program(local(0, array))), Ok(squares));
    let error = run(&[], &types, &program(element(i()))).unwrap_err();
    assert_eq!(error.kind, EvalErrorKind::Throws("index 4 is out of bounds for length 4".to_owned()));
    let shown = expr(ExprKind::Show(Box::new(local(0, array))), Ty::STR);
    assert_eq!(run(&[], &types, &program(shown)), Ok(Const::Str(Symbol::new("[0, 1, 4, 9]"))));
}

#[test]
fn references_write_back() {
    let bump = expr(
        ExprKind::Block {
            statements: vec![assign(Some(BinaryOp::Add), local(0, Ty::I32), int(5))],
            value: Some(Box::new(int(0))),
        },
        Ty::I32,
    );
    let functions = [function("bump", 1, true, bump)];
    let address = expr(ExprKind::AddressOf(Box::new(local(3, Ty::I32))), Ty::I32);
    let statements = vec![declare(3, int(1)), Stmt { kind: StmtKind::Expr(call(0, vec![address])), span: span() }];
    let program = expr(ExprKind::Block { statements, value: Some(Box::new(local(3, Ty::I32))) }, Ty::I32);
    assert_eq!(run(&functions, &Types::default(), &program), Ok(Const::Int(6)));
}
