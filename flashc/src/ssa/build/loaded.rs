//! What a session's earlier modules hold, so that a later one refers to it: code of instances, dispatch tables, the
//! places of variables. A table's words are filled as later modules ask for them, and functions that must know all
//! tables (casts) are written again when there are more; see [`Linkage`].

use super::dynamic::Slot;
use super::module::{Instance, ModuleBuilder};
use crate::ssa::{Data, DataId, FuncId, Function, Linkage, Module, Signature};
use crate::tir::{self, GlobalId, Ty};
use indexmap::{IndexMap, IndexSet};
use rustc_hash::{FxHashMap, FxHashSet};

/// Of a session, so far.
#[derive(Clone, Default)]
pub struct Loaded {
    instances: FxHashMap<Instance, Code>,
    /// How many functions have asked for a link name.
    symbols: FxHashMap<String, u32>,
    /// By interface and type.
    tables: IndexMap<(Ty, Ty), Table>,
    wanted: IndexSet<(Ty, Slot)>,
    casts: IndexMap<(Ty, Ty), Cast>,
    globals: FxHashMap<GlobalId, u32>,
    globals_size: u32,
    globals_pointers: Vec<u32>,
}

/// A function of an earlier module.
#[derive(Clone)]
pub struct Code {
    symbol: String,
    signature: Signature,
}

#[derive(Clone)]
struct Table {
    name: String,
    size: usize,
    filled: Vec<Slot>,
}

#[derive(Clone)]
struct Cast {
    symbol: String,
    /// The tables that it knows.
    known: usize,
}

impl Loaded {
    /// The link name of a plain function, if there is code of it.
    pub fn symbol(&self, function: tir::FuncId) -> Option<&str> {
        self.instances.get(&Instance::Function(function, Vec::new())).map(|code| code.symbol.as_str())
    }

    /// Has the code of a plain function made again.
    pub fn forget(&mut self, function: tir::FuncId) {
        self.instances.remove(&Instance::Function(function, Vec::new()));
    }

    /// Forgets what optimisation has removed from the module that was built last.
    pub fn keep(&mut self, module: &Module, first: &FxHashSet<String>) {
        let there: FxHashSet<&str> = module.functions.iter().map(|function| function.symbol.as_str()).collect();
        self.instances.retain(|_, code| first.contains(&code.symbol) || there.contains(code.symbol.as_str()));
    }

    /// The link names of all code.
    pub fn symbols(&self) -> FxHashSet<String> {
        self.instances.values().map(|code| code.symbol.clone()).collect()
    }
}

impl ModuleBuilder<'_> {
    /// Takes over what there is: before anything is built.
    pub fn import(&mut self, loaded: &mut Loaded) {
        self.symbols = std::mem::take(&mut loaded.symbols);
        self.globals = std::mem::take(&mut loaded.globals);
        self.set_globals(loaded.globals_size, std::mem::take(&mut loaded.globals_pointers));
        for (&key, table) in &loaded.tables {
            let data = Data {
                name: table.name.clone(),
                bytes: vec![0; table.size],
                align: 8,
                relocations: Vec::new(),
                is_import: true,
            };
            let id = self.add_data(data);
            self.dispatch.tables.insert(key, id);
            self.dispatch.filled.extend(table.filled.iter().map(|&slot| (id, slot)));
        }
        self.dispatch.wanted = std::mem::take(&mut loaded.wanted);
        for (&key, cast) in &loaded.casts {
            let signature = Self::cast_signature();
            let id = self.reserve();
            self.define(id, Function::import(cast.symbol.clone(), signature));
            self.dispatch.casts.insert(key, id);
        }
        self.session = Some(std::mem::take(&mut loaded.instances));
        self.known_casts = loaded.casts.values().map(|cast| cast.known).collect();
    }

    /// The code of an instance in an earlier module.
    pub fn imported(&mut self, instance: &Instance) -> Option<FuncId> {
        let code = self.session.as_ref()?.get(instance)?;
        let function = Function::import(code.symbol.clone(), code.signature.clone());
        let id = self.reserve();
        self.define(id, function);
        Some(id)
    }

    /// Whether a function of the tree can have another in its place later: one that was typed into a session.
    pub fn linkage(&self, id: tir::FuncId, is_closure: bool) -> Linkage {
        let function = &self.tree.functions[id.index()];
        let is_plain = function.generics.is_empty() && !is_closure && !self.is_std(function.module);
        if self.session.is_some() && is_plain { Linkage::Replaceable } else { Linkage::Own }
    }

    fn is_std(&self, module: tir::ModuleId) -> bool {
        self.tree.modules[module.index()].name.as_str().starts_with("std:")
    }

    /// What there is from now on.
    pub fn export(&mut self, loaded: &mut Loaded) {
        let Some(mut instances) = self.session.take() else { return };
        for (instance, symbol, signature) in self.built_instances() {
            if !matches!(instance, Instance::Entry | Instance::Start) {
                instances.insert(instance, Code { symbol, signature });
            }
        }
        loaded.instances = instances;
        loaded.symbols = std::mem::take(&mut self.symbols);
        loaded.globals = std::mem::take(&mut self.globals);
        (loaded.globals_size, loaded.globals_pointers) = self.globals();
        let mut filled: FxHashMap<DataId, Vec<Slot>> = FxHashMap::default();
        for &(table, slot) in &self.dispatch.filled {
            filled.entry(table).or_default().push(slot);
        }
        for (&key, &id) in &self.dispatch.tables {
            let filled = filled.remove(&id).unwrap_or_default();
            let (name, size) = self.data_name(id);
            loaded.tables.insert(key, Table { name, size, filled });
        }
        loaded.wanted = std::mem::take(&mut self.dispatch.wanted);
        let counts = std::mem::take(&mut self.known_casts);
        for ((&key, &id), known) in self.dispatch.casts.iter().zip(counts) {
            loaded.casts.insert(key, Cast { symbol: self.symbol_of(id), known });
        }
    }
}
