//! Functions of one name: they are told apart by parameters whose type is a literal.

use super::{Function, Literal, TypeExprKind};

impl Function {
    /// Whether some parameter takes literals in both functions, and none of them in both: then calls say
    /// which of the two is meant.
    pub fn is_overload_of(&self, other: &Function) -> bool {
        self.params.iter().zip(&other.params).any(|(a, b)| match (a.literals(), b.literals()) {
            (Some(a), Some(b)) => !a.iter().any(|a| b.iter().any(|b| a.equals(b))),
            _ => false,
        })
    }
}

impl super::Param {
    /// The values that its type lists.
    pub fn literals(&self) -> Option<&[Literal]> {
        match &self.ty.as_ref()?.kind {
            TypeExprKind::Literals(literals) => Some(literals),
            _ => None,
        }
    }
}

impl Literal {
    /// Whether these are one text, integer or bool.
    pub fn equals(&self, other: &Literal) -> bool {
        match (self, other) {
            (Literal::Str(a), Literal::Str(b)) => a == b,
            (Literal::Int { value: a, .. }, Literal::Int { value: b, .. }) => a == b,
            (Literal::Bool(a), Literal::Bool(b)) => a == b,
            _ => false,
        }
    }
}
