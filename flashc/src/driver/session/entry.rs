//! What an entry is made of, and what becomes of its last expression.

use crate::ast::{Item, ItemKind, Let, Module, Pattern, PatternKind, RecordKind, StmtKind};
use crate::source::{FileId, Span, Symbol};
use crate::typecheck::UNNAMED;
use crate::{ast, lexer, parser};

/// What the prompt calls the value of the last entry that is an expression.
pub const LAST: &str = "_";

/// What a module declares and imports in its text before `end`, in words.
pub fn declared(tree: &Module, end: usize) -> Vec<String> {
    tree.items.iter().filter(|item| (item.span.start as usize) < end).filter_map(words).collect()
}

fn words(item: &Item) -> Option<String> {
    Some(match &item.kind {
        ItemKind::Import(import) => format!("module {} loaded", import.from.value),
        ItemKind::Export { from: Some(from), .. } => format!("module {} loaded", from.value),
        ItemKind::Function(function) => format!("function {}", function.name.name),
        ItemKind::Const(constant) => format!("constant {}", constant.name.name),
        ItemKind::Record(decl) => match decl.kind {
            RecordKind::Struct => format!("struct {}", decl.name.name),
            RecordKind::Class => format!("class {}", decl.name.name),
        },
        ItemKind::Enum(decl) => format!("enum {}", decl.name.name),
        ItemKind::Interface(decl) => format!("interface {}", decl.name.name),
        ItemKind::Alias(alias) => format!("type {}", alias.name.name),
        ItemKind::Impl(block) => {
            let of = block.interface.is_some();
            format!("{} added", if of { "implementation" } else { "methods" })
        }
        ItemKind::Test(test) => format!("test {}", test.name.value),
        ItemKind::Extern(_) | ItemKind::Export { .. } | ItemKind::Statement(_) => return None,
    })
}

/// Gives the value of the last statement a name, if it is an expression and what the text before `end` ends in. Whether
/// there are statements.
pub fn name_value(tree: &mut Module, end: usize) -> bool {
    let has_statements = tree.items.iter().any(|item| matches!(item.kind, ItemKind::Statement(_)));
    let last = tree.items.iter_mut().rfind(|item| (item.span.start as usize) < end);
    let Some(Item { kind: ItemKind::Statement(stmt), .. }) = last else { return has_statements };
    let span = stmt.span;
    let StmtKind::Expr(value) = &stmt.kind else { return has_statements };
    if matches!(value.kind, ast::ExprKind::Assign { .. }) {
        return has_statements;
    }
    let place = Span { end: span.start, ..span };
    let name = ast::Ident { name: Symbol::new(UNNAMED), span: place };
    let pattern = Pattern { kind: PatternKind::Name { name, is_mut: false }, span: place };
    let value = Some(value.clone());
    stmt.kind = StmtKind::Let(Let { is_mut: false, pattern, ty: None, value, otherwise: None });
    has_statements
}

/// Whether an entry is right, or at least better, with a semicolon at its end.
pub fn needs_semicolon(text: &str) -> bool {
    let mistakes = |text: &str| {
        let (tokens, mut diagnostics) = lexer::lex(FileId(0), text);
        diagnostics.extend(parser::parse(FileId(0), text, tokens).1);
        diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count()
    };
    let (plain, ended) = (mistakes(text), mistakes(&format!("{text}\n;")));
    plain > 0 && ended < plain
}
