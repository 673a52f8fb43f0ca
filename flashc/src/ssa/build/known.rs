//! `Show`, `Eq`, `Ord` and `Hash` where a type implements them itself: then its method is called, wherever a value
//! of the type is shown, compared or hashed, also inside of others. All else is derived.

use super::emitter::Vals;
use super::function::FnBuilder;
use super::module::ModuleBuilder;
use crate::ssa::Value;
use crate::tir::{self, NominalId, NominalKind, Ty, TyKind};
use rustc_hash::FxHashSet;

/// Interfaces that every type may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KnownInterface {
    Show,
    Eq,
    Ord,
    Hash,
}

/// A function with its type arguments.
pub type Method = (tir::FuncId, Vec<Ty>);

impl ModuleBuilder<'_> {
    fn known(&self, which: KnownInterface) -> Option<(NominalId, tir::FuncId)> {
        let known = &self.tree.known;
        match which {
            KnownInterface::Show => known.show,
            KnownInterface::Eq => known.eq,
            KnownInterface::Ord => known.ord,
            KnownInterface::Hash => known.hash,
        }
    }

    /// The one that an interface is.
    pub fn known_interface(&self, interface: Ty) -> Option<KnownInterface> {
        let TyKind::Nominal(id, _) = self.kind(interface) else { return None };
        [KnownInterface::Show, KnownInterface::Eq, KnownInterface::Ord, KnownInterface::Hash]
            .into_iter()
            .find(|&which| self.known(which).is_some_and(|(known, _)| known == *id))
    }

    /// What the method of a known interface is for a type that does not implement it.
    pub fn derived_method(&self, interface: Ty) -> Option<tir::FuncId> {
        let which = self.known_interface(interface)?;
        self.known(which).map(|(_, function)| function)
    }

    /// The method by which a type implements a known interface itself.
    pub fn own_method(&mut self, which: KnownInterface, ty: Ty) -> Option<Method> {
        // Nothing but these can implement one.
        if !matches!(self.kind(ty), TyKind::Nominal(..)) || self.is_interface(ty) {
            return None;
        }
        if let Some(known) = self.own_methods.get(&(which, ty)) {
            return known.clone();
        }
        let method = self.find_own_method(which, ty);
        self.own_methods.insert((which, ty), method.clone());
        method
    }

    fn find_own_method(&mut self, which: KnownInterface, ty: Ty) -> Option<Method> {
        let (id, _) = self.known(which)?;
        let interface = self.types.intern(TyKind::Nominal(id, Vec::new()));
        let (known, found) = self.find_impl(interface, ty)?;
        let function = *self.tree.impls[known].methods.first()?;
        if function == tir::FuncId::UNCHECKED {
            bug!("build: `{}` for `{}` has not been checked", self.type_name(interface), self.type_name(ty));
        }
        Some((function, found))
    }

    /// Whether a type has a known interface without implementing it.
    pub fn derives(&mut self, ty: Ty, interface: Ty) -> bool {
        match self.known_interface(interface) {
            Some(KnownInterface::Show | KnownInterface::Eq) => true,
            Some(which @ (KnownInterface::Ord | KnownInterface::Hash)) => {
                self.derives_parts(which, ty, &mut FxHashSet::default())
            }
            None => false,
        }
    }

    fn derives_parts(&mut self, which: KnownInterface, ty: Ty, seen: &mut FxHashSet<Ty>) -> bool {
        if !seen.insert(ty) || self.own_method(which, ty).is_some() {
            return true;
        }
        if which == KnownInterface::Hash && self.own_method(KnownInterface::Eq, ty).is_some() {
            return false;
        }
        let parts: Vec<Ty> = match self.kind(ty).clone() {
            TyKind::Void | TyKind::Never => return false,
            TyKind::Function(..) | TyKind::Pointer(_) => return which == KnownInterface::Hash,
            TyKind::Array(inner) | TyKind::FixedArray(inner, _) | TyKind::Optional(inner) => vec![inner],
            TyKind::Tuple(types) => types,
            TyKind::Record(fields) => fields.into_iter().map(|(_, ty)| ty).collect(),
            TyKind::Nominal(..) if self.is_class(ty) || self.is_interface(ty) => return which == KnownInterface::Hash,
            TyKind::Nominal(id, args) => {
                let fields: Vec<Ty> = match &self.tree.nominals[id.index()].kind {
                    NominalKind::Record { fields, .. } => fields.iter().map(|field| field.ty).collect(),
                    NominalKind::Enum { variants } => {
                        variants.iter().flat_map(|variant| &variant.fields).map(|field| field.ty).collect()
                    }
                    NominalKind::Interface { .. } => Vec::new(),
                };
                self.types.substitute_all(&fields, &args)
            }
            _ => Vec::new(),
        };
        parts.into_iter().all(|part| self.derives_parts(which, part, seen))
    }
}

impl FnBuilder<'_, '_> {
    /// Calls the method of a known interface. Values of the memory class are copied: the method may change
    /// what they were read from.
    pub fn call_own(&mut self, (function, type_args): Method, ty: Ty, values: &[&[Value]], result: Ty) -> Vals {
        let mut args = Vec::with_capacity(values.len());
        for vals in values {
            if self.cx.is_memory(ty) {
                let temp = self.temp(ty);
                self.write(&temp, vals);
                args.push(self.read(&temp));
            } else {
                args.push(vals.iter().copied().collect());
            }
        }
        self.call_function(function, type_args, &args, result, None)
    }

    /// Writes the text that a type's own `Show` gives.
    pub fn write_own(&mut self, method: Method, buffer: Value, ty: Ty, vals: &[Value]) {
        let text = self.call_own(method, ty, &[vals], Ty::STR);
        self.write_shown(buffer, Ty::STR, &text, false);
    }
}
