//! What is known at a point of a body: whether it can be reached, which variables may still be
//! without a value, which optionals are not null. Also the questions about syntax that this needs.

use crate::ast::{self, Expr, ExprKind, StmtKind};
use crate::source::Symbol;
use crate::tir::{LocalId, Ty};
use rustc_hash::FxHashSet;

/// Facts that hold at the point that is being checked.
#[derive(Clone, Debug, Default)]
pub(super) struct Flow {
    /// Control does not get here.
    pub(super) dead: bool,
    /// Optional locals that are not null, sorted.
    pub(super) non_null: Vec<LocalId>,
    /// Declared locals that may not have been assigned, sorted.
    pub(super) unassigned: Vec<LocalId>,
    /// Those of them that take one value only, and may have it, sorted.
    pub(super) settled: Vec<LocalId>,
    /// Locals of an interface type and what their value is of, sorted.
    pub(super) types: Vec<(LocalId, Ty)>,
}

impl Flow {
    /// What holds where two ways meet.
    pub(super) fn join(self, other: Flow) -> Flow {
        if self.dead {
            return other;
        }
        if other.dead {
            return self;
        }
        let mut non_null = self.non_null;
        non_null.retain(|id| other.non_null.binary_search(id).is_ok());
        let mut unassigned = self.unassigned;
        unassigned.extend(other.unassigned);
        unassigned.sort();
        unassigned.dedup();
        let mut settled = self.settled;
        settled.extend(other.settled);
        settled.sort();
        settled.dedup();
        let mut types = self.types;
        types.retain(|known| other.types.contains(known));
        Flow { dead: false, non_null, unassigned, settled, types }
    }

    pub(super) fn dead() -> Flow {
        Flow { dead: true, ..Flow::default() }
    }

    pub(super) fn is_non_null(&self, id: LocalId) -> bool {
        self.non_null.binary_search(&id).is_ok()
    }

    pub(super) fn add_non_null(&mut self, ids: &[LocalId]) {
        for id in ids {
            insert(&mut self.non_null, *id);
        }
    }

    /// What the local was, for it gets another value.
    pub(super) fn forget(&mut self, id: LocalId) {
        remove(&mut self.non_null, id);
        self.types.retain(|(known, _)| *known != id);
    }

    pub(super) fn known_type(&self, id: LocalId) -> Option<Ty> {
        self.types.iter().find(|(known, _)| *known == id).map(|(_, ty)| *ty)
    }

    pub(super) fn set_known_type(&mut self, ids: &[LocalId], ty: Ty) {
        for &id in ids {
            self.types.retain(|(known, _)| *known != id);
            let at = self.types.partition_point(|(known, _)| *known < id);
            self.types.insert(at, (id, ty));
        }
    }

    pub(super) fn set_unassigned(&mut self, id: LocalId) {
        insert(&mut self.unassigned, id);
    }

    /// Whether it was without a value until now.
    pub(super) fn set_assigned(&mut self, id: LocalId) -> bool {
        remove(&mut self.unassigned, id)
    }

    /// It takes its only value here. Whether it may have one already.
    pub(super) fn settle(&mut self, id: LocalId) -> bool {
        let known = self.is_settled(id);
        insert(&mut self.settled, id);
        known && !self.dead
    }

    pub(super) fn is_settled(&self, id: LocalId) -> bool {
        self.settled.binary_search(&id).is_ok()
    }

    pub(super) fn is_unassigned(&self, id: LocalId) -> bool {
        !self.dead && self.unassigned.binary_search(&id).is_ok()
    }
}

fn insert(ids: &mut Vec<LocalId>, id: LocalId) {
    if let Err(at) = ids.binary_search(&id) {
        ids.insert(at, id);
    }
}

fn remove(ids: &mut Vec<LocalId>, id: LocalId) -> bool {
    match ids.binary_search(&id) {
        Ok(at) => {
            ids.remove(at);
            true
        }
        Err(_) => false,
    }
}

/// Whether a function with this body, and no written result, may give a value: it has a tail
/// expression that is not obviously without value, or a `return e`.
pub(super) fn block_yields(block: &ast::Block) -> bool {
    tail_yields(block) || contains_return_value(block)
}

fn tail_yields(block: &ast::Block) -> bool {
    block.value.as_ref().is_some_and(|value| value_yields(value))
}

pub(super) fn value_yields(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::If(i) => i.otherwise.as_ref().is_some_and(|o| tail_yields(&i.then) || value_yields(o)),
        ExprKind::Block(block) | ExprKind::Unsafe(block) => tail_yields(block),
        ExprKind::Match { arms, .. } => arms.iter().any(|arm| value_yields(&arm.body)),
        ExprKind::While { .. } | ExprKind::For { .. } | ExprKind::Assign { .. } => false,
        ExprKind::Return(_) | ExprKind::Break { .. } | ExprKind::Continue { .. } | ExprKind::Throw(_) => false,
        ExprKind::Labelled { body, .. } if tail_yields(body) => true,
        ExprKind::Loop { body, .. } | ExprKind::Labelled { body, .. } => {
            let mut found = false;
            visit_block(body, &mut |e| {
                found |= matches!(&e.kind, ExprKind::Break { value: Some(_), .. });
                !found
            });
            found
        }
        ExprKind::Paren(inner) => value_yields(inner),
        ExprKind::Try { body, catches, .. } => {
            tail_yields(body) || catches.iter().any(|clause| tail_yields(&clause.body))
        }
        _ => true,
    }
}

/// What a closure's body tells of the type that it gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gives {
    Typed,
    /// `.Variant`, `[]`: must be told it.
    Untyped,
    /// `null`, perhaps beside others: it is an optional.
    Null,
}

/// What all the ends and `return`s of a closure's body tell.
pub(super) fn gives(body: &Expr) -> Gives {
    let mut found = end_gives(body);
    visit(body, &mut |e| {
        if let ExprKind::Return(Some(value)) = &e.kind {
            found = found.max(end_gives(value));
        }
        !matches!(&e.kind, ExprKind::Closure(_))
    });
    found
}

fn end_gives(expr: &Expr) -> Gives {
    let tail = |block: &ast::Block| block.value.as_ref().map_or(Gives::Typed, |value| end_gives(value));
    let untyped = |is: bool| if is { Gives::Untyped } else { Gives::Typed };
    match &strip(expr).kind {
        ExprKind::Literal(ast::Literal::Null) => Gives::Null,
        ExprKind::ShortVariant(_) | ExprKind::Closure(_) => Gives::Untyped,
        ExprKind::Array(elements) => untyped(elements.is_empty()),
        ExprKind::Map(entries) => untyped(entries.is_empty()),
        ExprKind::Call { callee, .. } => untyped(matches!(callee.kind, ExprKind::ShortVariant(_))),
        ExprKind::Struct { path, .. } => untyped(path.first().is_some_and(|first| first.name.as_str().is_empty())),
        ExprKind::If(i) => tail(&i.then).max(i.otherwise.as_ref().map_or(Gives::Typed, end_gives)),
        ExprKind::Match { arms, .. } => arms.iter().map(|arm| end_gives(&arm.body)).max().unwrap_or(Gives::Typed),
        ExprKind::Block(block) | ExprKind::Unsafe(block) => tail(block),
        _ => Gives::Typed,
    }
}

fn contains_return_value(block: &ast::Block) -> bool {
    let mut found = false;
    visit_block(block, &mut |e| {
        found |= matches!(&e.kind, ExprKind::Return(Some(_)));
        // A closure's `return` is its own.
        !found && !matches!(&e.kind, ExprKind::Closure(_) | ExprKind::Spawn(_))
    });
    found
}

/// Names that the block assigns to, or whose address it takes.
pub(super) fn assigned_names(block: &ast::Block, names: &mut FxHashSet<Symbol>) {
    visit_block(block, &mut |e| {
        note_assignment(e, names);
        true
    });
}

/// Whether the block may change the variable of this name or a part of it: it assigns to it, calls a method of it, takes
/// its address.
pub(super) fn may_change(block: &ast::Block, name: Symbol) -> bool {
    let mut found = false;
    visit_block(block, &mut |e| {
        found |= match &e.kind {
            ExprKind::Assign { target, .. } => has_root(target, name),
            ExprKind::Unary { op: ast::UnaryOp::AddressOf, operand } => has_root(operand, name),
            ExprKind::Call { callee, .. } => match &strip(callee).kind {
                ExprKind::Field { base, .. } => has_root(base, name),
                _ => false,
            },
            _ => false,
        };
        !found
    });
    found
}

/// Whether a place is this variable or lies in it.
fn has_root(place: &Expr, name: Symbol) -> bool {
    match &strip(place).kind {
        ExprKind::Name(found) => *found == name,
        ExprKind::Field { base, .. } | ExprKind::Index { base, .. } | ExprKind::Unwrap(base) => has_root(base, name),
        ExprKind::Tuple(parts) => parts.iter().any(|part| has_root(part, name)),
        _ => false,
    }
}

fn note_assignment(e: &Expr, names: &mut FxHashSet<Symbol>) {
    match &e.kind {
        ExprKind::Assign { target, .. } => {
            if let ExprKind::Name(name) = strip(target).kind {
                names.insert(name);
            }
        }
        ExprKind::Unary { op: ast::UnaryOp::AddressOf, operand } => {
            if let ExprKind::Name(name) = strip(operand).kind {
                names.insert(name);
            }
        }
        _ => {}
    }
}

/// Names that change in ways the order of the text does not show: assigned to inside closures, or
/// with their address taken.
pub(super) fn unstable_names(expr: &Expr, names: &mut FxHashSet<Symbol>) {
    visit(expr, &mut |e| {
        match &e.kind {
            ExprKind::Closure(closure) => visit(&closure.body, &mut |inner| {
                note_assignment(inner, names);
                true
            }),
            ExprKind::Spawn(body) => visit(body, &mut |inner| {
                note_assignment(inner, names);
                true
            }),
            ExprKind::Unary { op: ast::UnaryOp::AddressOf, .. } => note_assignment(e, names),
            _ => {}
        }
        true
    });
}

pub(super) fn unstable_names_in(block: &ast::Block, names: &mut FxHashSet<Symbol>) {
    visit_block(block, &mut |e| {
        if changes_unseen(e) {
            unstable_names(e, names);
            return false;
        }
        true
    });
}

/// A part that runs at another time than the text around it says, or gives an address away.
fn changes_unseen(e: &Expr) -> bool {
    let takes_address = matches!(&e.kind, ExprKind::Unary { op: ast::UnaryOp::AddressOf, .. });
    takes_address || matches!(&e.kind, ExprKind::Closure(_) | ExprKind::Spawn(_))
}

/// As [`unstable_names`], for a statement.
pub(super) fn unstable_in_stmt(stmt: &ast::Stmt, names: &mut FxHashSet<Symbol>) {
    visit_stmt(stmt, &mut |e| {
        if changes_unseen(e) {
            unstable_names(e, names);
            return false;
        }
        true
    });
}

/// Without parentheses.
pub(super) fn strip(mut expr: &Expr) -> &Expr {
    while let ExprKind::Paren(inner) = &expr.kind {
        expr = inner;
    }
    expr
}

/// Calls `f` with every expression of the block, outer ones first. Where it gives false, the parts of
/// that expression are left out. Bodies of items inside the block are not part of it.
pub(super) fn visit_block<'e>(block: &'e ast::Block, f: &mut dyn FnMut(&'e Expr) -> bool) {
    for stmt in &block.statements {
        visit_stmt(stmt, f);
    }
    if let Some(value) = &block.value {
        visit(value, f);
    }
}

fn visit_stmt<'e>(stmt: &'e ast::Stmt, f: &mut dyn FnMut(&'e Expr) -> bool) {
    match &stmt.kind {
        StmtKind::Let(l) => {
            if let Some(value) = &l.value {
                visit(value, f);
            }
            if let Some(otherwise) = &l.otherwise {
                visit_block(otherwise, f);
            }
        }
        StmtKind::Expr(e) | StmtKind::Using(_, e) => visit(e, f),
        StmtKind::Defer(inner) => visit_stmt(inner, f),
        StmtKind::Item(_) | StmtKind::Empty => {}
    }
}

fn visit_condition<'e>(condition: &'e ast::Condition, f: &mut dyn FnMut(&'e Expr) -> bool) {
    match condition {
        ast::Condition::Expr(e) | ast::Condition::Let { value: e, .. } => visit(e, f),
        ast::Condition::And(a, b) => {
            visit_condition(a, f);
            visit_condition(b, f);
        }
    }
}

/// As [`visit_block`], for an expression and its parts.
pub(super) fn visit<'e>(expr: &'e Expr, f: &mut dyn FnMut(&'e Expr) -> bool) {
    if !f(expr) {
        return;
    }
    match &expr.kind {
        ExprKind::Literal(_)
        | ExprKind::Name(_)
        | ExprKind::SelfValue
        | ExprKind::ShortVariant(_)
        | ExprKind::Continue { .. }
        | ExprKind::Import(_)
        | ExprKind::Error => {}
        ExprKind::Template(parts) => {
            for part in parts {
                if let ast::TemplatePart::Expr(e) = part {
                    visit(e, f);
                }
            }
        }
        ExprKind::Paren(e)
        | ExprKind::Spread(e)
        | ExprKind::Unary { operand: e, .. }
        | ExprKind::Cast { value: e, .. }
        | ExprKind::Is { value: e, .. }
        | ExprKind::Field { base: e, .. }
        | ExprKind::Unwrap(e)
        | ExprKind::Throw(e)
        | ExprKind::TryOptional(e)
        | ExprKind::Await(e)
        | ExprKind::Spawn(e)
        | ExprKind::TypeArgs { base: e, .. } => visit(e, f),
        ExprKind::Tuple(es) | ExprKind::Array(es) => es.iter().for_each(|e| visit(e, f)),
        ExprKind::ArrayRepeat { value: a, count: b }
        | ExprKind::Binary { left: a, right: b, .. }
        | ExprKind::Assign { target: a, value: b, .. }
        | ExprKind::Index { base: a, index: b, .. } => {
            visit(a, f);
            visit(b, f);
        }
        ExprKind::Map(entries) => {
            for (key, value) in entries {
                visit(key, f);
                visit(value, f);
            }
        }
        ExprKind::Struct { fields, base, .. } => {
            fields.iter().filter_map(|field| field.value.as_ref()).for_each(|e| visit(e, f));
            if let Some(base) = base {
                visit(base, f);
            }
        }
        ExprKind::Range { start, end, .. } => start.iter().chain(end).for_each(|e| visit(e, f)),
        ExprKind::Call { callee, args, .. } => {
            visit(callee, f);
            args.iter().for_each(|arg| visit(&arg.value, f));
        }
        ExprKind::Block(block)
        | ExprKind::Unsafe(block)
        | ExprKind::Loop { body: block, .. }
        | ExprKind::Labelled { body: block, .. } => visit_block(block, f),
        ExprKind::If(i) => {
            visit_condition(&i.condition, f);
            visit_block(&i.then, f);
            if let Some(otherwise) = &i.otherwise {
                visit(otherwise, f);
            }
        }
        ExprKind::Match { value, arms } => {
            visit(value, f);
            for arm in arms {
                if let Some(guard) = &arm.guard {
                    visit(guard, f);
                }
                visit(&arm.body, f);
            }
        }
        ExprKind::While { condition, body, .. } => {
            visit_condition(condition, f);
            visit_block(body, f);
        }
        ExprKind::For { iterable, body, .. } => {
            visit(iterable, f);
            visit_block(body, f);
        }
        ExprKind::Break { value, .. } | ExprKind::Return(value) => {
            if let Some(value) = value {
                visit(value, f);
            }
        }
        ExprKind::Try { body, catches, finally } => {
            visit_block(body, f);
            catches.iter().for_each(|c| visit_block(&c.body, f));
            if let Some(finally) = finally {
                visit_block(finally, f);
            }
        }
        ExprKind::Select(arms) => {
            for arm in arms {
                visit(&arm.value, f);
                visit(&arm.body, f);
            }
        }
        ExprKind::Closure(closure) => visit(&closure.body, f),
    }
}

/// As [`assigned_names`], for an expression.
pub(super) fn assigned_in(expr: &Expr, names: &mut FxHashSet<Symbol>) {
    visit(expr, &mut |e| {
        note_assignment(e, names);
        true
    });
}
