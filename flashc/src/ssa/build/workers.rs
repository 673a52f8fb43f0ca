//! What threads of `std:worker` need of the compiler: which objects belong to their thread and cannot be copied to
//! another heap, which module variables a new thread gets a copy of, and how it initialises the others.

use super::function::FnBuilder;
use super::known::KnownInterface;
use super::module::ModuleBuilder;
use crate::ssa::{Data, DataId, Value};
use crate::tir::{GlobalId, Ty, TyKind};

/// Name of the data that `Intrinsic::CopiedGlobals` gives the address of.
const COPIED_GLOBALS: &str = "flash.copied_globals";

impl ModuleBuilder<'_> {
    /// Whether the instances of a class cannot be copied to another heap.
    pub fn is_local_class(&mut self, ty: Ty) -> bool {
        let TyKind::Nominal(id, args) = self.kind(ty).clone() else { return false };
        let nominal = &self.tree.nominals[id.index()];
        let module = self.tree.modules[nominal.module.index()].name;
        // Where a key is found depends on its hash, which must be the same there.
        let is_table = matches!(module.as_str(), "std:map" | "std:set");
        nominal.is_local || (is_table && args.first().is_some_and(|&key| !self.hashes_by_value(key)))
    }

    /// Whether a type's hashes are those of what it says, and never addresses.
    fn hashes_by_value(&mut self, ty: Ty) -> bool {
        match self.kind(ty).clone() {
            TyKind::Int(_) | TyKind::Float(_) | TyKind::Bool | TyKind::Char | TyKind::Str | TyKind::Void => true,
            TyKind::Array(inner) | TyKind::FixedArray(inner, _) | TyKind::Optional(inner) => {
                self.hashes_by_value(inner)
            }
            TyKind::Tuple(parts) => parts.into_iter().all(|part| self.hashes_by_value(part)),
            TyKind::Record(fields) => fields.into_iter().all(|(_, field)| self.hashes_by_value(field)),
            TyKind::Nominal(..) if self.is_interface(ty) => false,
            TyKind::Nominal(..)
                if self.own_method(KnownInterface::Hash, ty).is_some()
                    || self.own_method(KnownInterface::Eq, ty).is_some() =>
            {
                true
            }
            TyKind::Nominal(..) if self.is_class(ty) => false,
            TyKind::Nominal(..) if self.is_enum(ty) => self.enum_layout(ty).is_c_like,
            TyKind::Nominal(..) => {
                let fields = self.fields(ty);
                fields.fields.iter().all(|field| self.hashes_by_value(field.ty))
            }
            _ => false,
        }
    }

    /// The ranges of the globals area with the variables of the program's own modules; its bytes are written when all
    /// are known.
    pub fn copied_globals(&mut self) -> DataId {
        if let Some(id) = self.copied_globals {
            return id;
        }
        let data = Data {
            name: COPIED_GLOBALS.to_owned(),
            bytes: vec![0; 8],
            align: 8,
            relocations: Vec::new(),
            is_import: false,
        };
        let id = self.add_data(data);
        self.copied_globals = Some(id);
        id
    }

    /// A count, then pairs of offset and size, ascending.
    pub fn copied_ranges(&mut self) -> Vec<u8> {
        let mut own: Vec<(u32, u32)> = Vec::new();
        for (id, offset) in self.global_offsets() {
            let global = &self.tree.globals[id.index()];
            let module = self.tree.modules[global.module.index()].name;
            if !module.as_str().starts_with("std:") {
                own.push((offset, self.layout(global.ty).size));
            }
        }
        own.sort_unstable();
        let mut bytes = (own.len() as u64).to_le_bytes().to_vec();
        own.iter().for_each(|(offset, size)| bytes.extend([offset.to_le_bytes(), size.to_le_bytes()].concat()));
        bytes
    }

    fn global_offsets(&self) -> Vec<(GlobalId, u32)> {
        self.globals.iter().map(|(&id, &offset)| (id, offset)).collect()
    }
}

impl FnBuilder<'_, '_> {
    /// Runs the initializers of std's modules, in order: what a new thread has of its own.
    pub fn initialize_std(&mut self) {
        let tree = self.cx.tree;
        for &initializer in &tree.initializers {
            let function = &tree.functions[initializer.index()];
            if tree.modules[function.module.index()].name.as_str().starts_with("std:") {
                self.call_function(initializer, Vec::new(), &[], Ty::VOID, None);
            }
        }
    }

    /// The address of the ranges.
    pub fn copied_globals_address(&mut self) -> Value {
        let id = self.cx.copied_globals();
        self.e.data_addr(id)
    }
}
