//! The module that is being built: which instances there are and which still have to be written,
//! descriptors, constant data, memory regions, the globals area. Everything gets its number when it
//! is first asked for; the order in which bodies are written is fixed, so numbers are too.

use super::BuildOptions;
use super::dynamic::{Slot, Tables};
use super::errors::Errors;
use super::known::{KnownInterface, Method};
use super::layout::{EnumLayout, Fields, Layout};
use super::loaded::Code;
use crate::source::{FileId, Span, Symbol};
use crate::ssa::text::FIXED_REGIONS;
use crate::ssa::{
    Data, DataId, DataTarget, Descriptor, DescriptorId, Extern, ExternId, FuncId, Function, Module, Region, Signature,
};
use crate::tir::{self, GlobalId, Ty, Types};
use flash_abi::object::{
    ARRAY_DATA, ARRAY_SIZE, CELL_VALUE, CLOSURE_CAPTURES, CLOSURE_CODE, KIND_BUFFER, KIND_FIXED, OBJECT_ALIGN,
    SLOT_EXACT,
};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

/// The program without its types, which grow while it is built.
pub struct Tree {
    pub modules: Vec<tir::Module>,
    pub functions: Vec<Arc<tir::Function>>,
    pub globals: Vec<tir::Global>,
    pub nominals: Vec<tir::Nominal>,
    pub impls: Vec<tir::Impl>,
    pub known: tir::Known,
    pub initializers: Vec<tir::FuncId>,
    pub main: Option<tir::FuncId>,
    pub tests: Vec<tir::Test>,
    pub lang: FxHashMap<Symbol, tir::FuncId>,
    pub errors: Option<tir::Errors>,
}

/// A function of the result, by what it is made from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Instance {
    /// A function with its type arguments.
    Function(tir::FuncId, Vec<Ty>),
    /// A closure's code: takes the closure object first.
    Closure(tir::FuncId, Vec<Ty>),
    /// The body of an async function, or (`true`) closure: takes the promise that it settles first.
    Coroutine(tir::FuncId, Vec<Ty>, bool),
    /// Takes a closure object, ignores it and calls the function.
    Thunk(tir::FuncId, Vec<Ty>),
    /// (buffer, value): writes the value as `Show` does inside others, or (`false`) by itself.
    Show(Ty, bool),
    /// (writer, value): writes the value as JSON.
    JsonWrite(Ty),
    /// Reader -> value
    JsonRead(Ty),
    /// Key of a map -> str
    JsonKey(Ty),
    /// (Reader, str) -> key of a map
    JsonReadKey(Ty),
    /// (a, b) -> i8
    Equal(Ty),
    /// (a, b) -> i32: -1, 0 or 1.
    Order(Ty),
    /// value -> i64
    Hash(Ty),
    /// What a word of the dispatch table for (interface, type) calls.
    Dispatched(Ty, Slot, Ty),
    /// The program's entry.
    Entry,
    /// What the entry waits for, where a top level, a test or `main` is async: settles a promise with the exit code.
    Start,
    /// What the runtime asks an error by.
    Describe,
    /// What C calls.
    ExportC(tir::FuncId),
}

/// Memory that has regions of its own for its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Root {
    /// Objects of a class.
    Object(Ty),
    /// Elements of arrays.
    Element(Ty),
    /// The value of a cell.
    Cell(Ty),
    /// A local variable that is too big for the stack.
    Large(Ty),
    Global(GlobalId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RootId(u32);

/// Which regions a piece of memory lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// Everything in one region.
    One(Region),
    /// From this part of a root on.
    Parts(RootId, u32),
}

impl Area {
    pub const ANY: Area = Area::One(Region::ANY);

    /// From a later part on.
    pub fn at(self, part: u32) -> Area {
        match self {
            Area::One(_) => self,
            Area::Parts(root, first) => Area::Parts(root, first + part),
        }
    }
}

pub struct ModuleBuilder<'a> {
    pub tree: &'a Tree,
    pub types: Types,
    pub options: BuildOptions,
    pub layouts: FxHashMap<Ty, Rc<Layout>>,
    pub fields: FxHashMap<Ty, Rc<Fields>>,
    pub enums: FxHashMap<Ty, Rc<EnumLayout>>,
    module: Module,
    functions: Vec<Option<Function>>,
    instances: FxHashMap<Instance, FuncId>,
    /// Instances whose body is not written yet.
    queue: VecDeque<(FuncId, Instance)>,
    pub symbols: FxHashMap<String, u32>,
    descriptors: FxHashMap<Descriptor, DescriptorId>,
    texts: FxHashMap<Vec<u8>, DataId>,
    constants: FxHashMap<(Vec<u8>, u32), DataId>,
    closures: FxHashMap<FuncId, DataId>,
    externs: FxHashMap<Symbol, ExternId>,
    roots: Vec<(Root, FxHashMap<u32, Region>)>,
    root_ids: FxHashMap<Root, RootId>,
    pub globals: FxHashMap<GlobalId, u32>,
    /// See `workers`.
    pub copied_globals: Option<DataId>,
    pub dispatch: Tables,
    pub own_methods: FxHashMap<(KnownInterface, Ty), Option<Method>>,
    pub errors: Errors,
    /// In a session: code in earlier modules.
    pub session: Option<FxHashMap<Instance, Code>>,
    /// By cast: how many tables it knew when it was written.
    pub known_casts: Vec<usize>,
}

impl<'a> ModuleBuilder<'a> {
    pub fn new(tree: &'a Tree, types: Types, options: BuildOptions) -> ModuleBuilder<'a> {
        let module = Module { regions: FIXED_REGIONS.map(String::from).to_vec(), ..Module::default() };
        ModuleBuilder {
            tree,
            types,
            options,
            layouts: FxHashMap::default(),
            fields: FxHashMap::default(),
            enums: FxHashMap::default(),
            module,
            functions: Vec::new(),
            instances: FxHashMap::default(),
            queue: VecDeque::new(),
            symbols: FxHashMap::default(),
            descriptors: FxHashMap::default(),
            texts: FxHashMap::default(),
            constants: FxHashMap::default(),
            closures: FxHashMap::default(),
            externs: FxHashMap::default(),
            roots: Vec::new(),
            root_ids: FxHashMap::default(),
            globals: FxHashMap::default(),
            copied_globals: None,
            dispatch: Tables::default(),
            own_methods: FxHashMap::default(),
            errors: Errors::default(),
            session: None,
            known_casts: Vec::new(),
        }
    }

    /// The function of an instance; its body is written later if it is new.
    pub fn instance(&mut self, instance: Instance) -> FuncId {
        if let Some(&id) = self.instances.get(&instance) {
            return id;
        }
        if let Some(id) = self.imported(&instance) {
            self.instances.insert(instance, id);
            return id;
        }
        let id = self.reserve();
        self.instances.insert(instance.clone(), id);
        self.queue.push_back((id, instance));
        id
    }

    /// A function that is defined later.
    pub fn reserve(&mut self) -> FuncId {
        self.functions.push(None);
        FuncId(self.functions.len() as u32 - 1)
    }

    pub fn function_count(&self) -> usize {
        self.functions.len()
    }

    pub fn next_unwritten(&mut self) -> Option<(FuncId, Instance)> {
        self.queue.pop_front()
    }

    pub fn define(&mut self, id: FuncId, function: Function) {
        self.note_handlers(&function);
        self.functions[id.index()] = Some(function);
    }

    pub fn set_entry(&mut self, id: FuncId) {
        self.module.entry = Some(id);
    }

    pub fn described(&self) -> Option<FuncId> {
        self.module.describe
    }

    pub fn set_describe(&mut self, id: FuncId) {
        self.module.describe = Some(id);
    }

    pub fn set_errors(&mut self, id: DataId) {
        self.module.errors = Some(id);
    }

    /// The instances whose code is in this module.
    pub fn built_instances(&self) -> Vec<(Instance, String, Signature)> {
        let built = self.instances.iter().filter_map(|(instance, id)| {
            let function = self.functions[id.index()].as_ref().filter(|function| !function.is_import())?;
            Some((instance.clone(), function.symbol.clone(), function.signature.clone()))
        });
        built.collect()
    }

    pub fn symbol_of(&self, id: FuncId) -> String {
        self.functions[id.index()].as_ref().map(|function| function.symbol.clone()).unwrap_or_default()
    }

    pub fn data_name(&self, id: DataId) -> (String, usize) {
        let data = &self.module.data[id.index()];
        (data.name.clone(), data.bytes.len())
    }

    pub fn globals(&self) -> (u32, Vec<u32>) {
        (self.module.globals_size, self.module.globals_pointers.clone())
    }

    pub fn set_globals(&mut self, size: u32, pointers: Vec<u32>) {
        (self.module.globals_size, self.module.globals_pointers) = (size, pointers);
    }

    /// The module, and the types.
    pub fn finish(mut self) -> (Module, Types) {
        if let Some(id) = self.copied_globals {
            self.module.data[id.index()].bytes = self.copied_ranges();
        }
        let functions = self.functions.into_iter().enumerate();
        for data in &mut self.module.data {
            data.relocations.sort_by_key(|(offset, _)| *offset);
        }
        let defined = functions.map(|(i, f)| f.unwrap_or_else(|| bug!("build: function {} was not written", i)));
        self.module.functions = defined.collect();
        (self.module, self.types)
    }

    /// A link name that no other function has; equal ones get a number.
    pub fn unique_symbol(&mut self, name: String) -> String {
        let count = self.symbols.entry(name.clone()).or_insert(0);
        *count += 1;
        match *count {
            1 => name,
            number => self.unique_symbol(format!("{name}#{number}")),
        }
    }

    /// Where code without a source of its own stands: at the start of the first module.
    pub fn nowhere(&self) -> Span {
        Span::new(self.tree.modules.first().map_or(FileId(0), |module| module.file), 0, 0)
    }

    // Data.

    /// The bytes of a `str`; never empty, so that the address is a real one.
    pub fn text(&mut self, text: &str) -> DataId {
        let bytes = if text.is_empty() { vec![0] } else { text.as_bytes().to_vec() };
        if let Some(&id) = self.texts.get(&bytes) {
            return id;
        }
        let name = format!("str.{}", self.texts.len());
        let id =
            self.add_data(Data { name, bytes: bytes.clone(), align: 1, relocations: Vec::new(), is_import: false });
        self.texts.insert(bytes, id);
        id
    }

    /// Read-only bytes without addresses in them.
    pub fn constant(&mut self, bytes: Vec<u8>, align: u32) -> DataId {
        if let Some(&id) = self.constants.get(&(bytes.clone(), align)) {
            return id;
        }
        let name = format!("const.{}", self.constants.len());
        let id = self.add_data(Data { name, bytes: bytes.clone(), align, relocations: Vec::new(), is_import: false });
        self.constants.insert((bytes, align), id);
        id
    }

    /// The closure object of code that captures nothing. `name`: the function's.
    pub fn static_closure(&mut self, code: FuncId, name: &str) -> DataId {
        if let Some(&id) = self.closures.get(&code) {
            return id;
        }
        let descriptor = self.closure_descriptor(name, CLOSURE_CAPTURES, Vec::new());
        let relocations = vec![(0, DataTarget::Descriptor(descriptor)), (CLOSURE_CODE, DataTarget::Function(code))];
        let name = format!("closure.{name}.{}", self.closures.len());
        let bytes = vec![0; CLOSURE_CAPTURES as usize];
        let id = self.add_data(Data { name, bytes, align: OBJECT_ALIGN, relocations, is_import: false });
        self.closures.insert(code, id);
        id
    }

    pub fn add_data(&mut self, data: Data) -> DataId {
        self.module.data.push(data);
        DataId(self.module.data.len() as u32 - 1)
    }

    /// Puts an address into data.
    pub fn add_relocation(&mut self, data: DataId, offset: u32, target: DataTarget) {
        self.module.data[data.index()].relocations.push((offset, target));
    }

    pub fn external(&mut self, symbol: Symbol, signature: Signature) -> ExternId {
        if let Some(&id) = self.externs.get(&symbol) {
            return id;
        }
        let id = ExternId(self.module.externs.len() as u32);
        self.module.externs.push(Extern { symbol: symbol.to_string(), signature });
        self.externs.insert(symbol, id);
        id
    }

    // Descriptors.

    fn descriptor(&mut self, name: String, kind: u8, size: u32, slots: Vec<u32>) -> DescriptorId {
        self.add_descriptor(Descriptor { name, kind, is_local: false, size, slots })
    }

    fn add_descriptor(&mut self, descriptor: Descriptor) -> DescriptorId {
        if let Some(&id) = self.descriptors.get(&descriptor) {
            return id;
        }
        let id = DescriptorId(self.module.descriptors.len() as u32);
        self.module.descriptors.push(descriptor.clone());
        self.descriptors.insert(descriptor, id);
        id
    }

    /// Of the instances of a class.
    pub fn class_descriptor(&mut self, ty: Ty) -> DescriptorId {
        let fields = self.fields(ty);
        let mut slots = Vec::new();
        for field in &fields.fields {
            self.pointer_slots(field.ty, field.offset, &mut slots);
        }
        let (name, is_local) = (self.type_name(ty), self.is_local_class(ty));
        self.add_descriptor(Descriptor { name, kind: KIND_FIXED, is_local, size: fields.size, slots })
    }

    /// Of a cell that holds a value of this type.
    pub fn cell_descriptor(&mut self, ty: Ty) -> DescriptorId {
        let mut slots = Vec::new();
        self.pointer_slots(ty, CELL_VALUE, &mut slots);
        let size = object_size(CELL_VALUE.saturating_add(self.layout(ty).size));
        let name = format!("cell {}", self.type_name(ty));
        self.descriptor(name, KIND_FIXED, size, slots)
    }

    /// Of the object that a value is when it is made into an interface. Its name is the type's.
    pub fn box_descriptor(&mut self, ty: Ty) -> DescriptorId {
        let mut slots = Vec::new();
        self.pointer_slots(ty, CELL_VALUE, &mut slots);
        let size = object_size(CELL_VALUE.saturating_add(self.layout(ty).size));
        let name = self.type_name(ty);
        self.descriptor(name, KIND_FIXED, size, slots)
    }

    /// Of the header object that a `[T]` is.
    pub fn array_descriptor(&mut self, element: Ty) -> DescriptorId {
        let name = format!("[{}]", self.type_name(element));
        self.descriptor(name, KIND_FIXED, ARRAY_SIZE, vec![ARRAY_DATA])
    }

    /// Of the buffer of a `[T]`, or of anything that holds elements of this type.
    pub fn buffer_descriptor(&mut self, element: Ty) -> DescriptorId {
        let mut slots = Vec::new();
        self.pointer_slots(element, 0, &mut slots);
        let size = self.layout(element).size;
        let name = format!("buffer {}", self.type_name(element));
        self.descriptor(name, KIND_BUFFER, size, slots)
    }

    /// Of a closure object of this size (rounded up here).
    pub fn closure_descriptor(&mut self, name: &str, size: u32, slots: Vec<u32>) -> DescriptorId {
        self.descriptor(format!("fn {name}"), KIND_FIXED, object_size(size), slots)
    }

    // Memory.

    pub fn area(&mut self, root: Root) -> Area {
        let id = *self.root_ids.entry(root).or_insert_with(|| {
            self.roots.push((root, FxHashMap::default()));
            RootId(self.roots.len() as u32 - 1)
        });
        Area::Parts(id, 0)
    }

    /// The region of an area's `part`-th part.
    pub fn region(&mut self, area: Area, part: u32) -> Region {
        let (id, part) = match area {
            Area::One(region) => return region,
            Area::Parts(id, first) => (id.0 as usize, first + part),
        };
        if let Some(&region) = self.roots[id].1.get(&part) {
            return region;
        }
        let name = self.region_name(self.roots[id].0, part);
        let region = Region(self.module.regions.len() as u32);
        self.module.regions.push(name);
        self.roots[id].1.insert(part, region);
        region
    }

    fn region_name(&mut self, root: Root, part: u32) -> String {
        match root {
            Root::Object(ty) => format!("{}{}", self.type_name(ty), self.field_part_name(ty, part)),
            Root::Element(ty) => format!("[{}]{}", self.type_name(ty), self.part_name(ty, part)),
            Root::Cell(ty) => format!("cell {}{}", self.type_name(ty), self.part_name(ty, part)),
            Root::Large(ty) => format!("local {}{}", self.type_name(ty), self.part_name(ty, part)),
            Root::Global(id) => {
                let global = &self.tree.globals[id.index()];
                let module = self.tree.modules[global.module.index()].name;
                format!("{module}.{}{}", global.name, self.part_name(global.ty, part))
            }
        }
    }

    /// The offset of a global in the globals area.
    pub fn global_offset(&mut self, id: GlobalId) -> u32 {
        if let Some(&offset) = self.globals.get(&id) {
            return offset;
        }
        let ty = self.tree.globals[id.index()].ty;
        let layout = self.layout(ty);
        let offset = self.module.globals_size.saturating_add(layout.align - 1) / layout.align * layout.align;
        self.module.globals_size = offset.saturating_add(layout.size);
        let mut slots = Vec::new();
        self.pointer_slots(ty, offset, &mut slots);
        self.module.globals_pointers.extend(slots.iter().map(|slot| slot & !SLOT_EXACT));
        self.globals.insert(id, offset);
        offset
    }
}

fn object_size(size: u32) -> u32 {
    size.saturating_add(OBJECT_ALIGN - 1) / OBJECT_ALIGN * OBJECT_ALIGN
}
