//! The body of one instance: where its parameters and locals live, and how it begins and ends.

use super::control::{Deferred, Sink, Target};
use super::emitter::{Emitter, Handler, Vals};
use super::module::{Area, Instance, ModuleBuilder, Root};
use super::place::Place;
use super::ssa_vars::Var;
use crate::source::Span;
use crate::ssa::{Block, Function, Hint, Mem, Region, Signature, Slot, Type, Value};
use crate::tir::{self, Body, Inline, Local, LocalId, Ty};
use flash_abi::object::{BUFFER_DATA, CELL_VALUE, CLOSURE_CAPTURES, SLOT_EXACT};
use flash_abi::symbols::Rt;

/// A value of the memory class that is bigger than this many bytes lives in a heap buffer.
const MAX_SLOT_SIZE: u32 = 64 * 1024;

/// The home of a local.
#[derive(Clone, Copy, Debug)]
pub enum Storage {
    /// In SSA values, from this variable on.
    Vars(Var),
    /// In a heap cell whose address the variable holds.
    Cell(Var),
    Slot(Slot),
    /// In a heap buffer; the variable holds the address of its data.
    Large(Var),
    /// In memory of somebody else, whose address the variable holds.
    Borrowed(Var, Area),
}

/// The promise of a coroutine.
#[derive(Clone, Copy, Debug)]
pub struct Pending {
    pub promise: Value,
    /// Where what the body throws goes: there the promise is rejected.
    pub handler: Handler,
}

/// Where a function that calls itself in return position goes instead.
#[derive(Clone, Copy, Debug)]
pub struct TailLoop {
    pub header: Block,
}

pub struct FnBuilder<'m, 'a> {
    pub cx: &'m mut ModuleBuilder<'a>,
    pub e: Emitter,
    pub type_args: Vec<Ty>,
    /// What is built, if it comes from a function of the tree.
    pub id: Option<tir::FuncId>,
    pub locals: &'a [Local],
    storage: Vec<Option<Storage>>,
    pub result: Ty,
    /// Where a result of the memory class goes.
    pub result_ptr: Option<Value>,
    /// Loops and labelled blocks that we are in, innermost last.
    pub targets: Vec<Target>,
    /// For each block we are in, what is deferred in it.
    pub scopes: Vec<Vec<Deferred<'a>>>,
    pub tail: Option<TailLoop>,
    /// Of a coroutine: what it settles when it is done, and what the promise is for.
    pub promise: Option<Pending>,
    /// Errors that clauses around have caught: the local, and what the handler was given.
    pub caught: Vec<(LocalId, Var)>,
}

/// A closure object's contents: offset of each capture, size, descriptor slots.
pub struct Captures {
    pub offsets: Vec<u32>,
    pub size: u32,
    pub slots: Vec<u32>,
}

impl<'a> ModuleBuilder<'a> {
    pub fn signature(&mut self, first: &[Type], params: &[Ty], result: Ty) -> Signature {
        let mut signature = Signature { params: first.to_vec(), results: Vec::new() };
        if self.is_memory(result) {
            signature.params.push(Type::Ptr);
        } else {
            signature.results = self.scalars(result);
        }
        for &param in params {
            signature.params.extend(self.scalars(param));
        }
        signature
    }

    /// Of a function's instance; `first` is the closure object, where there is one.
    pub fn function_signature(&mut self, id: tir::FuncId, type_args: &[Ty], first: &[Type]) -> Signature {
        let function = &self.tree.functions[id.index()];
        let result = self.types.substitute(function.result, type_args);
        let mut signature = self.signature(first, &[], result);
        for &param in &function.params {
            let local = &function.locals[param.index()];
            if local.is_reference {
                signature.params.push(Type::Ptr);
            } else {
                let ty = self.types.substitute(local.ty, type_args);
                signature.params.extend(self.scalars(ty));
            }
        }
        signature
    }

    /// `main.fib`, `std:array.push<i32>`
    pub fn function_name(&self, id: tir::FuncId, type_args: &[Ty]) -> String {
        let function = &self.tree.functions[id.index()];
        let module = self.tree.modules[function.module.index()].name;
        match type_args {
            [] => format!("{module}.{}", function.name),
            _ => format!("{module}.{}<{}>", function.name, self.type_names(type_args)),
        }
    }

    /// How a closure's object is laid out. A shared local's capture is its cell.
    pub fn captures(&mut self, id: tir::FuncId, type_args: &[Ty]) -> Captures {
        let function = &self.tree.functions[id.index()];
        let mut captures = Captures { offsets: Vec::new(), size: CLOSURE_CAPTURES, slots: Vec::new() };
        for &capture in &function.captures {
            let local = &function.locals[capture.index()];
            let ty = self.types.substitute(local.ty, type_args);
            let is_address = local.is_shared || local.is_reference;
            let layout = self.layout(ty);
            let (size, align) = if is_address { (8, 8) } else { (layout.size, layout.align) };
            let offset = captures.size.saturating_add(align - 1) / align * align;
            if local.is_shared {
                captures.slots.push(offset | SLOT_EXACT);
            } else if local.is_reference {
                captures.slots.push(offset);
            } else {
                self.pointer_slots(ty, offset, &mut captures.slots);
            }
            captures.offsets.push(offset);
            captures.size = offset.saturating_add(size);
        }
        captures
    }

    /// A function of the tree without its body, and what it gives.
    pub fn declare(&mut self, id: tir::FuncId, type_args: &[Ty], is_closure: bool) -> (Function, Ty) {
        let source = &self.tree.functions[id.index()];
        let first: &[Type] = if is_closure { &[Type::Ptr] } else { &[] };
        let signature = self.function_signature(id, type_args, first);
        let name = self.function_name(id, type_args);
        let mut func = Function::new(self.unique_symbol(name), signature, source.name.clone());
        func.hint = hint_of(source);
        func.linkage = self.linkage(id, is_closure);
        (func, self.types.substitute(source.result, type_args))
    }

    /// Writes the body of a function of the tree.
    pub fn build_function(&mut self, id: tir::FuncId, type_args: Vec<Ty>, is_closure: bool) -> Function {
        let tree = self.tree;
        let source = &tree.functions[id.index()];
        let Body::Flash(body) = &source.body else { bug!("build: `{}` has no body", source.name) };
        if source.attributes.is_async {
            return self.build_async(id, type_args, is_closure);
        }
        let (func, result) = self.declare(id, &type_args, is_closure);
        let mut builder = FnBuilder::new(self, func, source.span, result);
        builder.set_source(id, type_args);
        let mut next = 0;
        if is_closure {
            let closure = builder.e.param(0);
            next = 1;
            builder.load_captures(id, closure);
        }
        if builder.cx.is_memory(result) {
            builder.result_ptr = Some(builder.e.param(next));
            next += 1;
        }
        for &param in &source.params {
            builder.bind_param(param, &mut next);
        }
        if builder.has_tail_call(body) {
            let header = builder.e.new_block();
            builder.e.jump(header);
            builder.e.switch_to(header);
            builder.tail = Some(TailLoop { header });
        }
        builder.put(body, &Sink::Return);
        builder.e.set_span(source.span.after());
        builder.return_vals(Vals::new());
        if let Some(tail) = builder.tail {
            builder.e.seal(tail.header);
        }
        builder.e.finish()
    }

    /// A function without locals that the compiler makes up.
    pub fn synthesize(
        &mut self,
        name: String,
        signature: Signature,
        write: impl FnOnce(&mut FnBuilder<'_, 'a>),
    ) -> Function {
        let symbol = self.unique_symbol(name.clone());
        let span = self.nowhere();
        let func = Function::new(symbol, signature, name);
        let mut builder = FnBuilder::new(self, func, span, Ty::VOID);
        write(&mut builder);
        builder.e.finish()
    }

    /// Writes the body of an instance.
    pub fn build_instance(&mut self, instance: Instance) -> Function {
        match instance {
            Instance::Function(id, type_args) => self.build_function(id, type_args, false),
            Instance::Closure(id, type_args) => self.build_function(id, type_args, true),
            Instance::Coroutine(id, type_args, is_closure) => self.build_coroutine(id, type_args, is_closure),
            Instance::Thunk(id, type_args) => self.build_thunk(id, type_args),
            Instance::Show(ty, nested) => self.build_show(ty, nested),
            Instance::JsonWrite(ty) => self.build_json_write(ty),
            Instance::JsonRead(ty) => self.build_json_read(ty),
            Instance::JsonKey(ty) => self.build_json_key(ty),
            Instance::JsonReadKey(ty) => self.build_json_read_key(ty),
            Instance::Equal(ty) => self.build_equal(ty),
            Instance::Order(ty) => self.build_order(ty),
            Instance::Hash(ty) => self.build_hash(ty),
            Instance::Dispatched(interface, slot, target) => self.build_dispatched(interface, slot, target),
            Instance::Entry => self.build_entry(),
            Instance::Start => self.build_start(),
            Instance::Describe => self.build_describe(),
            Instance::ExportC(id) => self.build_export(id),
        }
    }
}

/// What is asked of the inliner.
pub fn hint_of(source: &tir::Function) -> Hint {
    match source.attributes.inline {
        _ if source.attributes.cold => Hint::Cold,
        Inline::Auto => Hint::None,
        Inline::Always => Hint::InlineAlways,
        Inline::Never => Hint::InlineNever,
    }
}

impl<'m, 'a> FnBuilder<'m, 'a> {
    /// What follows is the body of this function.
    pub fn set_source(&mut self, id: tir::FuncId, type_args: Vec<Ty>) {
        self.type_args = type_args;
        self.id = Some(id);
        self.locals = &self.cx.tree.functions[id.index()].locals;
        self.storage = vec![None; self.locals.len()];
    }

    pub fn new(cx: &'m mut ModuleBuilder<'a>, func: Function, span: Span, result: Ty) -> FnBuilder<'m, 'a> {
        FnBuilder {
            cx,
            e: Emitter::new(func, span),
            type_args: Vec::new(),
            id: None,
            locals: &[],
            storage: Vec::new(),
            result,
            result_ptr: None,
            targets: Vec::new(),
            scopes: Vec::new(),
            tail: None,
            promise: None,
            caught: Vec::new(),
        }
    }

    /// A type of the body, with this instance's type arguments.
    pub fn ty(&mut self, ty: Ty) -> Ty {
        self.cx.types.substitute(ty, &self.type_args)
    }

    pub fn local_ty(&mut self, id: LocalId) -> Ty {
        self.ty(self.locals[id.index()].ty)
    }

    /// The next `count` values of a list of parameters.
    pub fn take_params(&self, next: &mut usize, count: usize) -> Vals {
        let vals = self.e.params()[*next..*next + count].iter().copied().collect();
        *next += count;
        vals
    }

    pub fn bind_param(&mut self, id: LocalId, next: &mut usize) {
        let local = &self.locals[id.index()];
        if local.is_reference {
            let vals = self.take_params(next, 1);
            let var = self.e.new_var(Type::Ptr);
            self.e.write_var(var, vals[0]);
            self.storage[id.index()] = Some(Storage::Borrowed(var, Area::ANY));
            return;
        }
        let ty = self.local_ty(id);
        let count = self.cx.scalars(ty).len();
        let vals = self.take_params(next, count);
        // The caller's copy is ours to read; a parameter that changes needs one of its own.
        // (Who called a coroutine is gone when it goes on.)
        let is_fixed = !local.is_mut && !local.is_shared && !local.is_addressed && self.promise.is_none();
        if self.cx.is_memory(ty) && is_fixed {
            let var = self.e.new_var(Type::Ptr);
            self.e.write_var(var, vals[0]);
            self.storage[id.index()] = Some(Storage::Borrowed(var, Area::ANY));
            return;
        }
        self.declare(id);
        let place = self.local(id);
        self.write(&place, &vals);
    }

    pub fn load_captures(&mut self, id: tir::FuncId, closure: Value) {
        let function = &self.cx.tree.functions[id.index()];
        let type_args = self.type_args.clone();
        let captures = self.cx.captures(id, &type_args);
        for (&capture, &offset) in function.captures.iter().zip(&captures.offsets) {
            let local = &function.locals[capture.index()];
            let ty = self.local_ty(capture);
            let area = Area::One(Region::CLOSURE);
            if local.is_shared || local.is_reference {
                let mem = Mem { offset: offset as i32, region: Region::CLOSURE, readonly: true };
                let address = self.e.load(Type::Ptr, closure, mem);
                let var = self.e.new_var(Type::Ptr);
                self.e.write_var(var, address);
                let borrowed = Storage::Borrowed(var, Area::ANY);
                let storage = if local.is_shared { Storage::Cell(var) } else { borrowed };
                self.storage[capture.index()] = Some(storage);
                continue;
            }
            let captured = Place::Memory { address: closure, offset: offset as i32, area, ty, readonly: true };
            if self.cx.is_memory(ty) && !local.is_addressed {
                let var = self.e.new_var(Type::Ptr);
                let address = self.e.ptr_offset(closure, offset as i32);
                self.e.write_var(var, address);
                self.storage[capture.index()] = Some(Storage::Borrowed(var, area));
                continue;
            }
            self.declare(capture);
            let place = self.local(capture);
            let vals = self.read(&captured);
            self.write(&place, &vals);
        }
    }

    fn storage(&mut self, id: LocalId) -> Storage {
        if let Some(storage) = self.storage[id.index()] {
            return storage;
        }
        let local = &self.locals[id.index()];
        let ty = self.local_ty(id);
        let storage = if local.is_shared || local.is_addressed {
            Storage::Cell(self.e.new_var(Type::Ptr))
        } else if self.cx.is_memory(ty) {
            let layout = self.cx.layout(ty);
            if layout.size > MAX_SLOT_SIZE {
                Storage::Large(self.e.new_var(Type::Ptr))
            } else {
                Storage::Slot(self.e.new_slot(layout.size, layout.align))
            }
        } else {
            let types = self.cx.scalars(ty);
            Storage::Vars(self.e.new_vars(&types))
        };
        self.storage[id.index()] = Some(storage);
        storage
    }

    /// Makes a local's home, each time its declaration is reached. Says whether the home is zero.
    pub fn declare(&mut self, id: LocalId) -> bool {
        let ty = self.local_ty(id);
        match self.storage(id) {
            Storage::Cell(var) => {
                let cell = self.new_cell(ty);
                self.e.write_var(var, cell);
                true
            }
            Storage::Large(var) => {
                let data = self.new_large(ty);
                self.e.write_var(var, data);
                true
            }
            Storage::Vars(_) | Storage::Slot(_) | Storage::Borrowed(..) => false,
        }
    }

    pub fn new_cell(&mut self, ty: Ty) -> Value {
        let descriptor = self.cx.cell_descriptor(ty);
        self.e.alloc(descriptor)
    }

    /// Zeroed memory for one value, in a heap buffer.
    fn new_large(&mut self, ty: Ty) -> Value {
        let descriptor = self.cx.buffer_descriptor(ty);
        let descriptor = self.e.descriptor_addr(descriptor);
        let one = self.e.iconst(Type::I64, 1);
        let buffer = self.e.call_rt(Rt::AllocBuffer, &[descriptor, one])[0];
        self.e.ptr_offset(buffer, BUFFER_DATA as i32)
    }

    pub fn local(&mut self, id: LocalId) -> Place {
        let ty = self.local_ty(id);
        let memory = |address, area| Place::Memory { address, offset: 0, area, ty, readonly: false };
        match self.storage(id) {
            Storage::Vars(first) => Place::Vars { first, ty },
            Storage::Cell(var) => {
                let address = self.e.read_var(var);
                let area = self.cx.area(Root::Cell(ty));
                Place::Memory { address, offset: CELL_VALUE as i32, area, ty, readonly: false }
            }
            Storage::Slot(slot) => memory(self.e.slot_addr(slot), Area::One(Region::STACK)),
            Storage::Large(var) => memory(self.e.read_var(var), self.cx.area(Root::Large(ty))),
            Storage::Borrowed(var, area) => memory(self.e.read_var(var), area),
        }
    }

    /// The cell of a shared local, or the address that a reference is: what a closure captures.
    pub fn local_address(&mut self, id: LocalId) -> Value {
        match self.storage(id) {
            Storage::Cell(var) | Storage::Borrowed(var, _) | Storage::Large(var) => self.e.read_var(var),
            Storage::Slot(slot) => self.e.slot_addr(slot),
            Storage::Vars(_) => bug!("build: a local without address is captured as shared"),
        }
    }

    /// Lets a `mut self` parameter mean another value from here on.
    pub fn rebind_reference(&mut self, id: LocalId, vals: &[Value]) {
        let address = self.first(vals);
        match self.storage(id) {
            Storage::Borrowed(var, _) => self.e.write_var(var, address),
            _ => bug!("build: a reference that is not borrowed"),
        }
    }

    /// Whether assigning the parameters anew means the same as a call: nobody else sees them.
    pub fn params_are_private(&self, id: tir::FuncId) -> bool {
        self.cx.tree.functions[id.index()].params.iter().all(|param| {
            let storage = self.storage[param.index()];
            matches!(storage, Some(Storage::Vars(_)))
                || (self.locals[param.index()].is_reference && matches!(storage, Some(Storage::Borrowed(..))))
        })
    }

    /// Memory for a value of the memory class that nobody else sees.
    pub fn temp(&mut self, ty: Ty) -> Place {
        let layout = self.cx.layout(ty);
        let (address, area) = if layout.size > MAX_SLOT_SIZE {
            (self.new_large(ty), self.cx.area(Root::Large(ty)))
        } else {
            let slot = self.e.new_slot(layout.size, layout.align);
            (self.e.slot_addr(slot), Area::One(Region::STACK))
        };
        Place::Memory { address, offset: 0, area, ty, readonly: false }
    }

    /// Values of a type, for code that is never reached.
    pub fn dummy(&mut self, ty: Ty) -> Vals {
        let types = self.cx.scalars(ty);
        types.into_iter().map(|ty| self.e.zero_of(ty)).collect()
    }
}
