//! Functions of one name: they are told apart by parameters whose type is a literal.

use super::{Function, Literal, TypeExprKind};

impl Function {
    /// Whether some parameter takes literals in both functions, and none of them in both; or literals in one and any other
    /// value in the other: then calls say which of the two is meant.
    pub fn is_overload_of(&self, other: &Function) -> bool {
        self.params.iter().zip(&other.params).any(|(a, b)| match (a.literals(), b.literals()) {
            (Some(a), Some(b)) => !a.iter().any(|a| b.iter().any(|b| a.equals(b))),
            // One of them may be for all other values.
            (Some(literals), None) => b.takes_all_like(literals),
            (None, Some(literals)) => a.takes_all_like(literals),
            (None, None) => false,
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

    /// Whether its type is that of these literals.
    fn takes_all_like(&self, literals: &[Literal]) -> bool {
        let name = match literals.first() {
            Some(Literal::Str(_)) => "str",
            Some(Literal::Int { .. }) => "i32",
            Some(Literal::Bool(_)) => "bool",
            _ => return false,
        };
        matches!(self.ty.as_ref().map(|ty| &ty.kind), Some(TypeExprKind::Path { path, args })
            if args.is_empty() && matches!(path.as_slice(), [only] if only.name.as_str() == name))
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
