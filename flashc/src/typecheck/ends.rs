//! Recursive functions without a written result that give nothing: those whose ends are calls, through whatever
//! others, of themselves. Decided by the text alone, before any body is checked; all else is inferred.

use super::Checker;
use super::entity::{Entity, FnId, ItemScope};
use super::flow::{self, strip};
use crate::ast::{self, Expr, ExprKind, PatternKind, StmtKind, TypeExprKind};
use crate::source::Symbol;
use crate::tir::TyKind;

impl<'a> Checker<'a> {
    /// Whether all that the function could give is what functions give that lead back to it, and nothing.
    pub(super) fn recurses_without_value(&mut self, id: FnId) -> bool {
        let mut recursive = false;
        self.gives_nothing(id, &mut vec![id], &mut recursive) && recursive
    }

    fn gives_nothing(&mut self, id: FnId, around: &mut Vec<FnId>, recursive: &mut bool) -> bool {
        let info = &self.functions[id.index()];
        let (ast, extern_block) = (info.ast, info.extern_block);
        if ast.is_async {
            return false;
        }
        if let Some(result) = &ast.result {
            return matches!(&result.kind, TypeExprKind::Path { path, .. }
                if matches!(path.as_slice(), [only] if only.name.as_str() == "void"));
        }
        let Some(body) = ast.body.as_ref().filter(|_| extern_block.is_none()) else { return true };
        let mut ends = Vec::new();
        block_ends(body, &mut ends);
        collect_returns(body, &mut ends);
        ends.into_iter().all(|end| {
            let Some(callee) = self.called(id, body, end) else { return false };
            if around.contains(&callee) {
                // Of itself, or of one that asks for this one.
                *recursive |= callee == around[0];
                return true;
            }
            around.push(callee);
            let nothing = self.gives_nothing(callee, around, recursive);
            around.pop();
            nothing
        })
    }

    /// The function that an end calls by its name, or as a method of `self`.
    fn called(&mut self, id: FnId, body: &'a ast::Block, end: &'a Expr) -> Option<FnId> {
        let ExprKind::Call { callee, .. } = &end.kind else { return None };
        let scope = self.functions[id.index()].scope.clone();
        let found = match &strip(callee).kind {
            ExprKind::Name(name) => {
                let is_param = |param: &ast::Param| binds(&param.pattern, *name);
                if self.functions[id.index()].ast.params.iter().any(is_param) || block_binds(body, *name) {
                    return None;
                }
                match self.named(&scope, *name)? {
                    Entity::Function(found) => found,
                    _ => return None,
                }
            }
            ExprKind::Field { base, name, optional: false } if matches!(base.kind, ExprKind::SelfValue) => {
                let TyKind::Nominal(owner, _) = self.types.kind(scope.self_ty?) else { return None };
                *self.nominals[owner.index()].methods.get(&name.name)?
            }
            _ => return None,
        };
        (!self.overloads.contains_key(&found)).then_some(found)
    }

    /// What a name stands for, without being used by that.
    fn named(&self, scope: &ItemScope, name: Symbol) -> Option<Entity> {
        if let Some(&(_, entity)) = scope.nested.iter().rev().find(|(n, _)| *n == name) {
            return Some(entity);
        }
        let def = self.resolved.lookup(scope.module, name)?;
        Some(self.entities[def.index()])
    }
}

/// The expressions whose values could be the block's.
fn block_ends<'e>(block: &'e ast::Block, ends: &mut Vec<&'e Expr>) {
    if let Some(value) = &block.value {
        expr_ends(value, ends);
    }
}

fn expr_ends<'e>(expr: &'e Expr, ends: &mut Vec<&'e Expr>) {
    if !flow::value_yields(expr) {
        return;
    }
    match &expr.kind {
        ExprKind::Paren(inner) => expr_ends(inner, ends),
        ExprKind::Block(block) | ExprKind::Unsafe(block) => block_ends(block, ends),
        ExprKind::If(i) => {
            block_ends(&i.then, ends);
            if let Some(otherwise) = &i.otherwise {
                expr_ends(otherwise, ends);
            }
        }
        ExprKind::Match { arms, .. } => arms.iter().for_each(|arm| expr_ends(&arm.body, ends)),
        _ => ends.push(expr),
    }
}

fn collect_returns<'e>(block: &'e ast::Block, ends: &mut Vec<&'e Expr>) {
    flow::visit_block(block, &mut |e| {
        if let ExprKind::Return(Some(value)) = &e.kind {
            expr_ends(value, ends);
        }
        !matches!(&e.kind, ExprKind::Closure(_))
    });
}

fn binds(pattern: &ast::Pattern, name: Symbol) -> bool {
    match &pattern.kind {
        PatternKind::Name { name: found, .. } | PatternKind::Typed { name: found, .. } => found.name == name,
        PatternKind::Tuple(parts) | PatternKind::Or(parts) => parts.iter().any(|part| binds(part, name)),
        PatternKind::Struct { fields, .. } => fields.iter().any(|field| match &field.pattern {
            Some(pattern) => binds(pattern, name),
            None => field.name.name == name,
        }),
        PatternKind::Variant { args, .. } => args.iter().flatten().any(|part| binds(part, name)),
        PatternKind::Binding { name: found, pattern, .. } => found.name == name || binds(pattern, name),
        PatternKind::Wildcard | PatternKind::Literal(_) | PatternKind::Range { .. } | PatternKind::Error => false,
    }
}

/// Whether anything in the block gives the name another meaning.
fn block_binds(block: &ast::Block, name: Symbol) -> bool {
    let mut found = statements_bind(block, name);
    flow::visit_block(block, &mut |e| {
        found |= match &e.kind {
            ExprKind::Block(block) | ExprKind::Unsafe(block) => statements_bind(block, name),
            ExprKind::Loop { body, .. } | ExprKind::Labelled { body, .. } => statements_bind(body, name),
            ExprKind::For { pattern, body, .. } => binds(pattern, name) || statements_bind(body, name),
            ExprKind::While { condition, body, .. } => condition_binds(condition, name) || statements_bind(body, name),
            ExprKind::If(i) => condition_binds(&i.condition, name) || statements_bind(&i.then, name),
            ExprKind::Match { arms, .. } => arms.iter().any(|arm| binds(&arm.pattern, name)),
            ExprKind::Closure(closure) => closure.params.iter().any(|param| binds(&param.pattern, name)),
            ExprKind::Select(arms) => arms.iter().any(|arm| arm.pattern.as_ref().is_some_and(|p| binds(p, name))),
            ExprKind::Try { body, catches, finally } => {
                statements_bind(body, name)
                    || catches.iter().any(|clause| {
                        clause.name.is_some_and(|found| found.name == name) || statements_bind(&clause.body, name)
                    })
                    || finally.as_ref().is_some_and(|block| statements_bind(block, name))
            }
            _ => false,
        };
        !found
    });
    found
}

fn statements_bind(block: &ast::Block, name: Symbol) -> bool {
    block.statements.iter().any(|stmt| match &stmt.kind {
        StmtKind::Let(l) => {
            binds(&l.pattern, name) || l.otherwise.as_ref().is_some_and(|block| statements_bind(block, name))
        }
        StmtKind::Using(found, _) => found.name == name,
        // What is declared inside has its own scope; its names are not looked at.
        StmtKind::Item(_) => true,
        StmtKind::Expr(_) | StmtKind::Defer(_) | StmtKind::Empty => false,
    })
}

fn condition_binds(condition: &ast::Condition, name: Symbol) -> bool {
    match condition {
        ast::Condition::Expr(_) => false,
        ast::Condition::Let { pattern, .. } => binds(pattern, name),
        ast::Condition::And(a, b) => condition_binds(a, name) || condition_binds(b, name),
    }
}
