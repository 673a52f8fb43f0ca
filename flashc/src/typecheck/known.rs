//! Interfaces of `std:interfaces` that the compiler knows: which there are, what is derived where nothing is
//! implemented, and what may not be implemented because it is derived for good.

use super::Checker;
use super::body::Body;
use super::bound::Outcome;
use super::entity::Entity;
use crate::ast::BinaryOp;
use crate::diagnostics::Diagnostic;
use crate::source::{Span, Symbol};
use crate::tir::eval::KnownIds;
use crate::tir::{Known, NominalId, Ty, TyKind};
use rustc_hash::FxHashSet;

/// The module that declares them.
const HOME: &str = "std:interfaces";

/// Where they are; nothing in a program without std.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownInterfaces {
    names: Vec<(&'static str, NominalId)>,
}

const NAMES: &[&str] = &["Show", "Eq", "Ord", "Hash", "Add", "Sub", "Mul", "Div", "Rem", "Neg", "Index", "IndexSet"];

impl KnownInterfaces {
    pub(super) fn get(&self, name: &str) -> Option<NominalId> {
        self.names.iter().find(|(known, _)| *known == name).map(|(_, id)| *id)
    }

    fn name_of(&self, id: NominalId) -> Option<&'static str> {
        self.names.iter().find(|(_, known)| *known == id).map(|(name, _)| *name)
    }

    /// For the evaluator of constants.
    pub(super) fn ids(&self) -> KnownIds {
        KnownIds { show: self.get("Show"), eq: self.get("Eq"), ord: self.get("Ord") }
    }

    /// What every type may have without implementing it.
    pub(super) fn is_derivable(&self, id: NominalId) -> bool {
        matches!(self.name_of(id), Some("Show" | "Eq" | "Ord" | "Hash"))
    }

    /// How many of an interface's type arguments decide which implementation is meant; `None`: all.
    pub(super) fn deciding_args(&self, id: NominalId) -> Option<usize> {
        match self.name_of(id)? {
            "Neg" => Some(0),
            "Add" | "Sub" | "Mul" | "Div" | "Rem" | "Index" | "IndexSet" => Some(1),
            _ => None,
        }
    }

    pub(super) fn is_known(&self, id: NominalId) -> bool {
        self.name_of(id).is_some()
    }
}

/// The interface of an operator.
pub(super) fn operator_interface(op: BinaryOp) -> Option<&'static str> {
    Some(match op {
        BinaryOp::Add => "Add",
        BinaryOp::Sub => "Sub",
        BinaryOp::Mul => "Mul",
        BinaryOp::Div => "Div",
        BinaryOp::Rem => "Rem",
        _ => return None,
    })
}

impl Checker<'_> {
    pub(super) fn find_known(&mut self) {
        self.find_promise();
        if !self.known.names.is_empty() {
            return;
        }
        let graph = self.graph.clone();
        let Some(home) = graph.modules.iter().position(|module| module.name.as_str() == HOME) else { return };
        for &name in NAMES {
            let def = self.resolved.modules[home].exports.get(&Symbol::new(name));
            if let Some(&def) = def
                && let Entity::Nominal(id) = self.entities[def.index()]
            {
                self.known.names.push((name, id));
            }
        }
    }

    /// What the rest of the compiler needs to know of them.
    pub(super) fn known_interfaces(&mut self) -> Known {
        let derived = |checker: &mut Checker<'_>, function: &str| {
            let home = checker.graph.modules.iter().position(|module| module.name.as_str() == HOME)?;
            let def = checker.resolved.modules[home].names.get(&Symbol::new(function))?;
            match checker.entities[def.index()] {
                Entity::Function(id) => Some(checker.func_id(id)),
                _ => None,
            }
        };
        let mut pair = |name: &str, function: &str| {
            let interface = self.known.get(name)?;
            Some((interface, derived(self, function)?))
        };
        Known {
            show: pair("Show", "derived_show"),
            eq: pair("Eq", "derived_equals"),
            ord: pair("Ord", "derived_compare"),
            hash: pair("Hash", "derived_hash"),
        }
    }

    /// Types whose own texts, equality and order the compiler writes: nothing may be implemented for them.
    pub(super) fn refuses_impl(&mut self, id: NominalId, interface: Ty, target: Ty, span: Span) -> bool {
        let Some(name @ ("Show" | "Eq" | "Ord" | "Hash")) = self.known.name_of(id) else { return false };
        let is_own = match self.types.kind(target) {
            TyKind::Nominal(..) | TyKind::Error => !self.is_interface_type(target),
            _ => false,
        };
        if is_own {
            return false;
        }
        let (interface, target_text) = (self.show(interface), self.show(target));
        let mut diagnostic =
            Diagnostic::error("E0397", span, format!("`{interface}` cannot be implemented for `{target_text}`"));
        diagnostic = match self.types.kind(target) {
            TyKind::Param(..) => diagnostic.label("that would be for all types at once"),
            _ if self.is_interface_type(target) => {
                diagnostic.label("what a value of it is decides").note("implement it for the types that implement it")
            }
            _ => diagnostic
                .label(format!("it has its own `{name}`"))
                .note("a struct around it, `struct Name { value: T }`, can have another"),
        };
        self.report(diagnostic);
        true
    }
}

impl Body<'_, '_> {
    /// Whether what a type does not implement itself is derived.
    pub(super) fn derives(&mut self, interface: Ty, subject: Ty) -> Outcome {
        let TyKind::Nominal(id, _) = *self.kind(interface) else { return Outcome::Fails };
        match self.cx.known.name_of(id) {
            Some("Show" | "Eq") => match self.kind(subject) {
                TyKind::Void | TyKind::Never => Outcome::Fails,
                _ => Outcome::Holds,
            },
            Some("Ord") => self.derives_order(subject, &mut FxHashSet::default()),
            Some("Hash") => self.derives_hash(subject, &mut FxHashSet::default()),
            _ => Outcome::Fails,
        }
    }

    /// Whether `<` compares values of the type.
    pub(super) fn has_order(&mut self, ty: Ty) -> bool {
        self.orders(ty, &mut FxHashSet::default()) != Outcome::Fails
    }

    fn orders(&mut self, ty: Ty, seen: &mut FxHashSet<Ty>) -> Outcome {
        let ty = self.shallow(ty);
        if self.implements_known("Ord", ty) { Outcome::Holds } else { self.derives_order(ty, seen) }
    }

    fn derives_order(&mut self, ty: Ty, seen: &mut FxHashSet<Ty>) -> Outcome {
        let ty = self.shallow(ty);
        match self.cx.types.kind(ty).clone() {
            TyKind::Int(_) | TyKind::Float(_) | TyKind::Char | TyKind::Str | TyKind::Bool | TyKind::Error => {
                Outcome::Holds
            }
            TyKind::Param(..) if self.is_unsolved(ty) => Outcome::Unknown,
            // The callers of std's own see to it.
            TyKind::Param(..) if self.is_std() => Outcome::Holds,
            TyKind::Void | TyKind::Never | TyKind::Function(..) | TyKind::Pointer(_) | TyKind::Param(..) => {
                Outcome::Fails
            }
            TyKind::Nominal(id, _) if self.cx.nominals[id.index()].is_reference() => Outcome::Fails,
            _ if !seen.insert(ty) => Outcome::Holds,
            _ => {
                let parts = self.parts_of(ty);
                self.all_of(parts, |this, part| this.orders(part, seen))
            }
        }
    }

    fn derives_hash(&mut self, ty: Ty, seen: &mut FxHashSet<Ty>) -> Outcome {
        let ty = self.shallow(ty);
        if self.is_unsolved(ty) {
            return Outcome::Unknown;
        }
        if matches!(self.kind(ty), TyKind::Void | TyKind::Never) {
            return Outcome::Fails;
        }
        if self.implements_known("Hash", ty) || !seen.insert(ty) {
            return Outcome::Holds;
        }
        if self.implements_known("Eq", ty) {
            // What it says is equal may not have equal parts.
            return Outcome::Fails;
        }
        let parts = match self.kind(ty) {
            TyKind::Nominal(id, _) if self.cx.nominals[id.index()].is_reference() => Vec::new(),
            _ => self.parts_of(ty),
        };
        self.all_of(parts, |this, part| this.derives_hash(part, seen))
    }

    fn all_of(&mut self, parts: Vec<Ty>, mut ask: impl FnMut(&mut Self, Ty) -> Outcome) -> Outcome {
        let mut all = Outcome::Holds;
        for part in parts {
            match ask(self, part) {
                Outcome::Holds => {}
                Outcome::Unknown => all = Outcome::Unknown,
                Outcome::Fails => return Outcome::Fails,
            }
        }
        all
    }

    /// The types of the values that one of this type is made of.
    fn parts_of(&mut self, ty: Ty) -> Vec<Ty> {
        match self.kind(ty).clone() {
            TyKind::Array(inner) | TyKind::FixedArray(inner, _) | TyKind::Optional(inner) => vec![inner],
            TyKind::Tuple(types) => types,
            TyKind::Record(fields) => fields.into_iter().map(|(_, ty)| ty).collect(),
            TyKind::Nominal(id, args) => {
                let fields: Vec<Ty> = self.cx.nominals[id.index()].all_fields().map(|field| field.ty).collect();
                self.cx.types.substitute_all(&fields, &args)
            }
            _ => Vec::new(),
        }
    }

    /// Whether a type has an implementation of a known interface, or a bound that says so.
    pub(super) fn implements_known(&mut self, name: &str, ty: Ty) -> bool {
        let Some(id) = self.cx.known.get(name) else { return false };
        if !matches!(self.kind(ty), TyKind::Nominal(..) | TyKind::Param(..)) {
            return false;
        }
        let interface = self.cx.types.intern(TyKind::Nominal(id, Vec::new()));
        self.bounds_of(ty).contains(&interface) || !self.impls_for(interface, ty).is_empty()
    }
}
