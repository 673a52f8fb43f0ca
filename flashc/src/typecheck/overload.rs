//! Parameters whose type is a literal, `event: "close"`: inside they are plain values; a call must write one
//! of the literals, and so says which of several functions of one name it means.

use super::Checker;
use super::body::{Binding, Body};
use super::entity::{Entity, FnId, ParamInfo};
use super::flow::strip;
use crate::ast::{self, ExprKind as AstKind, Literal, UnaryOp};
use crate::diagnostics::{Diagnostic, nearest};
use crate::source::Span;
use crate::tir::{Const, Ty};

impl<'a> Checker<'a> {
    /// Takes a function for another one of that name, when literals tell them apart.
    pub(super) fn add_overload(&mut self, first: FnId, other: FnId) -> bool {
        let all = self.overloads.entry(first).or_default();
        let ast = self.functions[other.index()].ast;
        let distinct =
            std::iter::once(&first).chain(all.iter()).all(|id| self.functions[id.index()].ast.is_overload_of(ast));
        if distinct {
            all.push(other);
        }
        distinct
    }

    /// The type and the values of a parameter that lists literals.
    pub(super) fn literal_param(&mut self, literals: &[Literal], span: Span) -> (Ty, Vec<Const>) {
        let of = |literal: &Literal| match literal {
            Literal::Str(text) => (Ty::STR, Const::Str(*text)),
            Literal::Bool(value) => (Ty::BOOL, Const::Bool(*value)),
            Literal::Int { value, .. } => (Ty::I32, Const::Int(*value as i128)),
            _ => (Ty::ERROR, Const::Void),
        };
        let (types, values): (Vec<Ty>, Vec<Const>) = literals.iter().map(of).unzip();
        let ty = types.first().copied().unwrap_or(Ty::ERROR);
        if types.iter().any(|&other| other != ty) {
            self.error("E0316", span, "the literals of a parameter are all texts, all integers or all bools");
            return (Ty::ERROR, Vec::new());
        }
        (ty, values)
    }

    /// A function with its parameters, as an error lists it.
    pub(super) fn choice_text(&mut self, id: FnId) -> String {
        let signature = self.signature(id);
        let name = self.functions[id.index()].ast.name.name;
        let params: Vec<String> = signature.params.iter().map(|param| self.param_text(param)).collect();
        format!("fn {name}({})", params.join(", "))
    }

    /// As it is declared.
    pub(super) fn param_text(&self, param: &ParamInfo) -> String {
        let rest = if param.is_rest { "..." } else { "" };
        let default = if param.default.is_some() { " = ..." } else { "" };
        match param.literals.as_slice() {
            [] => format!("{}: {rest}{}{default}", param.name, self.show(param.ty)),
            literals => format!("{}: {}{default}", param.name, literals_text(literals, " | ")),
        }
    }
}

impl<'a> Body<'_, 'a> {
    /// The function that a call means: of several of one name the one whose literals are written. `None`:
    /// none, which is reported.
    pub(super) fn overload(&mut self, id: FnId, args: &'a [ast::Arg], span: Span) -> Option<FnId> {
        let mut choices = vec![id];
        choices.extend(self.cx.overloads.get(&id).into_iter().flatten());
        // One that takes any value is for those that the literals of the others leave.
        choices.sort_by_key(|&choice| {
            let signature = self.cx.signature(choice);
            std::cmp::Reverse(signature.params.iter().filter(|param| !param.literals.is_empty()).count())
        });
        if choices.len() == 1 && self.cx.signature(id).params.iter().all(|p| p.literals.is_empty()) {
            return Some(id);
        }
        let mut wrong = None;
        for &choice in &choices {
            match self.misfit(choice, args) {
                None => return Some(choice),
                Some(misfit) => {
                    wrong = Some(match wrong {
                        Some(first) => Misfit::or(first, misfit),
                        None => misfit,
                    });
                }
            }
        }
        self.report_misfit(&choices, wrong?, span);
        None
    }

    /// The argument that is not one of the literals.
    fn misfit(&mut self, id: FnId, args: &'a [ast::Arg]) -> Option<Misfit> {
        let signature = self.cx.signature(id);
        for (index, param) in signature.params.iter().enumerate() {
            if param.literals.is_empty() {
                continue;
            }
            let by_name = args.iter().find(|arg| arg.name.is_some_and(|name| name.name == param.name));
            let positional = || args.iter().take_while(|arg| arg.name.is_none()).nth(index);
            let Some(arg) = by_name.or_else(positional) else {
                // Without a default it is missed later, by all of them.
                continue;
            };
            match self.literal_argument(&arg.value) {
                None => return Some(Misfit { is_literal: false, span: arg.value.span, found: None }),
                Some(value) if !param.literals.contains(&value) => {
                    return Some(Misfit { is_literal: true, span: arg.value.span, found: Some(value) });
                }
                Some(_) => {}
            }
        }
        None
    }

    /// A literal, or the name of a constant.
    fn literal_argument(&mut self, value: &'a ast::Expr) -> Option<Const> {
        match &strip(value).kind {
            AstKind::Literal(Literal::Str(text)) => Some(Const::Str(*text)),
            AstKind::Literal(Literal::Bool(value)) => Some(Const::Bool(*value)),
            AstKind::Literal(Literal::Int { value, .. }) => Some(Const::Int(i128::try_from(*value).ok()?)),
            AstKind::Unary { op: UnaryOp::Neg, operand } => match self.literal_argument(operand)? {
                Const::Int(value) => Some(Const::Int(-value)),
                _ => None,
            },
            AstKind::Name(name) => match self.lookup(*name)? {
                Binding::Item(Entity::Const(id)) => self.cx.const_value(id).map(|(_, value)| value),
                _ => None,
            },
            _ => None,
        }
    }

    fn report_misfit(&mut self, choices: &[FnId], misfit: Misfit, span: Span) {
        let name = self.cx.functions[choices[0].index()].ast.name.name;
        let mut literals = Vec::new();
        for &choice in choices {
            let signature = self.cx.signature(choice);
            literals.extend(signature.params.iter().flat_map(|p| p.literals.clone()));
        }
        let list = literals_text(&literals, ", ");
        let mut diagnostic = match &misfit.found {
            None => Diagnostic::error("E0317", misfit.span, format!("`{name}` needs a literal here"))
                .label(format!("one of {list}"))
                .note("what it takes and gives depends on which one it is, so the compiler must see it"),
            Some(found) => {
                let text = literals_text(std::slice::from_ref(found), "");
                let mut diagnostic = Diagnostic::error("E0317", misfit.span, format!("`{name}` does not take {text}"))
                    .label(format!("one of {list} is expected"));
                let texts = || {
                    literals.iter().filter_map(|l| if let Const::Str(text) = l { Some(text.as_str()) } else { None })
                };
                if let Const::Str(found) = found
                    && let Some(near) = nearest(found.as_str(), texts())
                {
                    diagnostic = diagnostic.fix(misfit.span, format!("did you mean {near:?}?"), format!("{near:?}"));
                }
                diagnostic
            }
        };
        if choices.len() > 1 {
            for &choice in choices {
                let text = self.cx.choice_text(choice);
                diagnostic = diagnostic.note(format!("there is `{text}`"));
            }
        }
        if misfit.span.file != span.file {
            diagnostic = diagnostic.secondary(span, "in this call");
        }
        self.report(diagnostic);
    }
}

/// An argument that fits no literal.
struct Misfit {
    is_literal: bool,
    span: Span,
    found: Option<Const>,
}

impl Misfit {
    /// The one that tells more: a literal that none of the functions takes.
    fn or(self, other: Misfit) -> Misfit {
        if self.is_literal || !other.is_literal { self } else { other }
    }
}

fn literals_text(literals: &[Const], between: &str) -> String {
    let texts: Vec<String> = literals
        .iter()
        .map(|literal| match literal {
            Const::Str(text) => format!("{:?}", text.as_str()),
            Const::Int(value) => value.to_string(),
            Const::Bool(value) => value.to_string(),
            _ => "?".to_owned(),
        })
        .collect();
    texts.join(between)
}
