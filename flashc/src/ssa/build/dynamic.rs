//! Values of interface types: an object and a dispatch table. An instance of a class is its own
//! object; any other value is copied into a box. There is one table for each interface and type that
//! is made into it, so the table's address tells the type. Its words are addresses: of code for what a
//! [`Slot`] stands for, or of another table. Only words that something asks for are filled, when it is
//! known what was made into what; nothing else can be called.

use super::emitter::Vals;
use super::expr::single;
use super::function::FnBuilder;
use super::module::{Area, Instance, ModuleBuilder, Root};
use super::place::Place;
use crate::ssa::{Data, DataId, DataTarget, FuncId, Function, IntCc, Linkage, Mem, Op, Region, Signature, Type, Value};
use crate::tir::{Expr, NominalKind, Ty, TyKind};
use flash_abi::object::CELL_VALUE;
use indexmap::{IndexMap, IndexSet};

/// What a word of a dispatch table is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Slot {
    /// (buffer, object): writes the value as `Show` does, inside others or (`false`) by itself.
    Show(bool),
    /// (object, object) -> i8: whether two values of the table's type are equal.
    Equal,
    /// object -> i64
    Hash,
    /// The type's table for the n-th interface that this one builds upon.
    Super(u32),
    /// Takes the address for a result in memory (if it is one), the object, and the other arguments.
    Method(u32),
}

/// Words that every table begins with.
const FIXED_SLOTS: u32 = 4;

/// What is known of dispatch tables so far.
#[derive(Default)]
pub struct Tables {
    /// By interface and type.
    pub tables: IndexMap<(Ty, Ty), DataId>,
    /// Words that something reads, by interface.
    pub wanted: IndexSet<(Ty, Slot)>,
    pub filled: IndexSet<(DataId, Slot)>,
    /// Functions that find another interface's table: (from, to).
    pub casts: IndexMap<(Ty, Ty), FuncId>,
}

impl ModuleBuilder<'_> {
    pub fn is_interface(&self, ty: Ty) -> bool {
        let TyKind::Nominal(id, _) = self.kind(ty) else { return false };
        matches!(self.tree.nominals[id.index()].kind, NominalKind::Interface { .. })
    }

    /// The interfaces that one builds upon directly.
    fn supers(&mut self, interface: Ty) -> Vec<Ty> {
        let TyKind::Nominal(id, mut args) = self.kind(interface).clone() else { return Vec::new() };
        let NominalKind::Interface { supers, .. } = &self.tree.nominals[id.index()].kind else { return Vec::new() };
        args.push(interface);
        self.types.substitute_all(supers, &args)
    }

    /// How to get from an interface to one that it builds upon: the numbers of the steps.
    pub fn super_path(&mut self, from: Ty, to: Ty) -> Option<Vec<u32>> {
        if from == to {
            return Some(Vec::new());
        }
        for (index, next) in self.supers(from).into_iter().enumerate() {
            if let Some(mut path) = self.super_path(next, to) {
                path.insert(0, index as u32);
                return Some(path);
            }
        }
        None
    }

    fn slot_offset(&mut self, interface: Ty, slot: Slot) -> u32 {
        let index = match slot {
            Slot::Show(nested) => u32::from(nested),
            Slot::Equal => 2,
            Slot::Hash => 3,
            Slot::Super(index) => FIXED_SLOTS + index,
            Slot::Method(index) => FIXED_SLOTS + self.supers(interface).len() as u32 + index,
        };
        index * Type::Ptr.bytes()
    }

    /// The dispatch table of a type.
    pub fn table(&mut self, interface: Ty, target: Ty) -> DataId {
        if let Some(&id) = self.dispatch.tables.get(&(interface, target)) {
            return id;
        }
        let TyKind::Nominal(id, _) = *self.kind(interface) else { bug!("build: a table of no interface") };
        let NominalKind::Interface { methods, .. } = &self.tree.nominals[id.index()].kind else {
            bug!("build: a table of no interface")
        };
        let size = self.slot_offset(interface, Slot::Method(methods.len() as u32));
        let names = format!("{}.{}", self.type_name(interface), self.type_name(target));
        let name = format!("table.{names}.{}", self.dispatch.tables.len());
        let data = Data {
            name,
            bytes: vec![0; size as usize],
            align: Type::Ptr.bytes(),
            relocations: Vec::new(),
            is_import: false,
        };
        let id = self.add_data(data);
        self.dispatch.tables.insert((interface, target), id);
        id
    }

    /// The function that gives one interface's table for another's, or null.
    fn cast(&mut self, from: Ty, to: Ty) -> FuncId {
        if let Some(&id) = self.dispatch.casts.get(&(from, to)) {
            return id;
        }
        let id = self.reserve();
        self.dispatch.casts.insert((from, to), id);
        id
    }

    /// Fills what was asked for of the tables there are. True when that asks for more.
    pub fn complete_tables(&mut self) -> bool {
        let (tables, functions) = (self.dispatch.tables.len(), self.function_count());
        for index in 0..self.dispatch.casts.len() {
            let Some((&(from, to), _)) = self.dispatch.casts.get_index(index) else { continue };
            for (_, target) in self.cast_targets(from, to) {
                self.table(to, target);
            }
        }
        for table in 0..tables {
            let Some((&(interface, target), &data)) = self.dispatch.tables.get_index(table) else { continue };
            for wanted in 0..self.dispatch.wanted.len() {
                let Some(&(of, slot)) = self.dispatch.wanted.get_index(wanted) else { continue };
                if of == interface && self.dispatch.filled.insert((data, slot)) {
                    let offset = self.slot_offset(interface, slot);
                    let content = match slot {
                        Slot::Super(index) => {
                            let to = self.supers(interface)[index as usize];
                            DataTarget::Data(self.table(to, target))
                        }
                        _ => DataTarget::Function(self.instance(Instance::Dispatched(interface, slot, target))),
                    };
                    self.add_relocation(data, offset, content);
                }
            }
        }
        self.dispatch.tables.len() > tables || self.function_count() > functions
    }

    /// The types that were made into one interface and implement another too, with their tables.
    fn cast_targets(&mut self, from: Ty, to: Ty) -> Vec<(DataId, Ty)> {
        let known: Vec<(DataId, Ty)> = self
            .dispatch
            .tables
            .iter()
            .filter(|((interface, _), _)| *interface == from)
            .map(|(&(_, target), &data)| (data, target))
            .collect();
        // A boxed value of an interface is one of that interface only: see `is_type`.
        known.into_iter().filter(|&(_, target)| !self.is_interface(target) && self.implements(target, to)).collect()
    }

    /// Writes the functions that need to know all tables.
    pub fn write_casts(&mut self) {
        for index in 0..self.dispatch.casts.len() {
            let Some((&(from, to), &id)) = self.dispatch.casts.get_index(index) else { continue };
            let targets = self.cast_targets(from, to);
            let earlier = self.known_casts.get(index).copied();
            if earlier == Some(targets.len()) {
                continue;
            }
            let count = targets.len();
            let mut function = self.build_cast(from, to, targets);
            if self.session.is_some() {
                function.linkage = Linkage::Replaceable;
            }
            match earlier {
                // The one that all know by its name.
                Some(_) => {
                    function.symbol = self.symbol_of(id);
                    self.known_casts[index] = count;
                }
                None => self.known_casts.push(count),
            }
            self.define(id, function);
        }
    }

    pub fn cast_signature() -> Signature {
        Signature { params: vec![Type::Ptr], results: vec![Type::Ptr] }
    }

    fn build_cast(&mut self, from: Ty, to: Ty, targets: Vec<(DataId, Ty)>) -> Function {
        let name = format!("cast<{}, {}>", self.type_name(from), self.type_name(to));
        let pairs: Vec<(DataId, DataId)> =
            targets.into_iter().map(|(known, target)| (known, self.table(to, target))).collect();
        self.synthesize(name, Self::cast_signature(), |builder| {
            let table = builder.e.param(0);
            for (known, result) in pairs {
                let known = builder.e.data_addr(known);
                let same = builder.e.icmp(IntCc::Eq, Type::Ptr, table, known);
                let (found, next) = (builder.e.new_block(), builder.e.new_block());
                builder.e.branch(same, found, next);
                builder.e.begin(found);
                let result = builder.e.data_addr(result);
                builder.e.ret(&[result]);
                builder.e.begin(next);
            }
            let null = builder.e.iconst(Type::Ptr, 0);
            builder.e.ret(&[null]);
        })
    }

    /// The code of a slot, for one type.
    pub fn build_dispatched(&mut self, interface: Ty, slot: Slot, target: Ty) -> Function {
        let pointers = |count: usize| vec![Type::Ptr; count];
        match slot {
            Slot::Show(nested) => {
                let name = format!("show<{}>#dynamic", self.type_name(target));
                let signature = Signature { params: pointers(2), results: Vec::new() };
                self.synthesize(name, signature, |builder| {
                    let (buffer, object) = (builder.e.param(0), builder.e.param(1));
                    let vals = builder.unboxed(object, target);
                    builder.write_shown(buffer, target, &vals, nested);
                    builder.e.ret(&[]);
                })
            }
            Slot::Equal => {
                let name = format!("equal<{}>#dynamic", self.type_name(target));
                let signature = Signature { params: pointers(2), results: vec![Type::I8] };
                self.synthesize(name, signature, |builder| {
                    let (a, b) = (builder.e.param(0), builder.e.param(1));
                    let a = builder.unboxed(a, target);
                    let b = builder.unboxed(b, target);
                    let equal = builder.equal(target, &a, &b);
                    builder.e.ret(&[equal]);
                })
            }
            Slot::Hash => {
                let name = format!("hash<{}>#dynamic", self.type_name(target));
                let signature = Signature { params: pointers(1), results: vec![Type::I64] };
                self.synthesize(name, signature, |builder| {
                    let value = builder.e.param(0);
                    let value = builder.unboxed(value, target);
                    let hash = builder.hash(target, &value);
                    builder.e.ret(&[hash]);
                })
            }
            Slot::Method(method) => self.build_dispatched_method(interface, method, target),
            Slot::Super(_) => bug!("build: the code of another table"),
        }
    }

    /// What the table's method takes and gives; the interface's own type stands for `Self`.
    fn dispatched_signature(&mut self, interface: Ty, method: u32) -> (Signature, Vec<Ty>, Ty) {
        let TyKind::Nominal(id, mut args) = self.kind(interface).clone() else { bug!("build: no interface") };
        let tree = self.tree;
        let NominalKind::Interface { methods, .. } = &tree.nominals[id.index()].kind else {
            bug!("build: no interface")
        };
        args.push(interface);
        let function = &tree.functions[methods[method as usize].function.index()];
        let result = self.types.substitute(function.result, &args);
        let params = function.params.iter().skip(1).map(|param| function.locals[param.index()].ty);
        let params: Vec<Ty> = params.map(|ty| self.types.substitute(ty, &args)).collect();
        let mut signature = self.signature(&[], &[], result);
        signature.params.push(Type::Ptr);
        for &param in &params {
            signature.params.extend(self.scalars(param));
        }
        (signature, params, result)
    }

    fn build_dispatched_method(&mut self, interface: Ty, method: u32, target: Ty) -> Function {
        let (signature, params, result) = self.dispatched_signature(interface, method);
        let found = self.implementation(interface, method, vec![target]);
        let function = &self.tree.functions[found.function.index()];
        let span = function.span;
        let by_address = function.params.first().is_some_and(|param| function.locals[param.index()].is_reference);
        let name = format!("{}#dynamic", self.function_name(found.function, &found.type_args));
        // Without a name of its own it is no line of a trace: what it calls is.
        let func = self.synthesize_signature(name, signature, String::new());
        let mut builder = FnBuilder::new(self, func, span, result);
        let mut next = 0;
        let into = builder.cx.is_memory(result).then(|| builder.e.param(0));
        next += usize::from(into.is_some());
        let object = builder.take_params(&mut next, 1)[0];
        let receiver = if by_address && !builder.cx.is_class(target) {
            single(builder.e.ptr_offset(object, CELL_VALUE as i32))
        } else if by_address {
            // A default body, which takes any type's address: that of a copy of the reference.
            let place = Place::Value { vals: single(object), ty: target };
            single(builder.address(&place))
        } else {
            builder.unboxed_copy(object, target)
        };
        let mut args = vec![receiver];
        for ty in params {
            let count = builder.cx.scalars(ty).len();
            args.push(builder.take_params(&mut next, count));
        }
        let vals = builder.call_function(found.function, found.type_args, &args, result, into);
        let results = if into.is_some() { Vals::new() } else { vals };
        builder.e.ret(&results);
        builder.e.finish()
    }
}

impl<'a> FnBuilder<'_, 'a> {
    /// The value in an object that was made into an interface. One of the memory class is its address.
    fn unboxed(&mut self, object: Value, ty: Ty) -> Vals {
        if self.cx.is_class(ty) {
            return single(object);
        }
        let place = self.box_place(object, ty);
        self.read(&place)
    }

    /// As `unboxed`, but a value of the memory class does not change when the one in the box does.
    fn unboxed_copy(&mut self, object: Value, ty: Ty) -> Vals {
        let vals = self.unboxed(object, ty);
        if !self.cx.is_memory(ty) {
            return vals;
        }
        let temp = self.temp(ty);
        self.write(&temp, &vals);
        self.read(&temp)
    }

    fn box_place(&mut self, object: Value, ty: Ty) -> Place {
        let area = self.cx.area(Root::Cell(ty));
        Place::Memory { address: object, offset: CELL_VALUE as i32, area, ty, readonly: false }
    }

    /// A word of a dispatch table.
    fn table_word(&mut self, table: Value, interface: Ty, slot: Slot) -> Value {
        self.cx.dispatch.wanted.insert((interface, slot));
        let offset = self.cx.slot_offset(interface, slot) as i32;
        // Tables never change, as closures do not.
        self.e.load(Type::Ptr, table, Mem { offset, region: Region::CLOSURE, readonly: true })
    }

    /// A value as an interface's.
    pub fn interface_value(&mut self, value: &'a Expr, interface: Ty) -> Vals {
        let ty = self.ty(value.ty);
        if ty == interface {
            return self.expr(value);
        }
        if self.cx.is_interface(ty)
            && let Some(path) = self.cx.super_path(ty, interface)
        {
            let vals = self.expr(value);
            if self.e.is_dead() {
                return self.dummy(interface);
            }
            let table = self.super_table(vals[1], ty, &path);
            return Vals::from_slice(&[vals[0], table]);
        }
        let object = if self.cx.is_class(ty) {
            self.one(value)
        } else if self.cx.is_memory(ty) {
            let object = self.new_box(ty);
            let place = self.box_place(object, ty);
            self.expr_into(value, &place);
            object
        } else {
            let vals = self.expr(value);
            let object = self.new_box(ty);
            let place = self.box_place(object, ty);
            self.write(&place, &vals);
            object
        };
        if self.e.is_dead() {
            return self.dummy(interface);
        }
        let table = self.cx.table(interface, ty);
        Vals::from_slice(&[object, self.e.data_addr(table)])
    }

    fn new_box(&mut self, ty: Ty) -> Value {
        let descriptor = self.cx.box_descriptor(ty);
        self.e.alloc(descriptor)
    }

    fn super_table(&mut self, mut table: Value, mut interface: Ty, path: &[u32]) -> Value {
        for &step in path {
            table = self.table_word(table, interface, Slot::Super(step));
            interface = self.cx.supers(interface)[step as usize];
        }
        table
    }

    /// A method of an interface, on a value whose type is that interface or one that builds upon it.
    pub fn call_dynamic(
        &mut self,
        interface: Ty,
        method: u32,
        own: Ty,
        args: &[Vals],
        ty: Ty,
        into: Option<Value>,
    ) -> Vals {
        let Some((receiver, rest)) = args.split_first() else { bug!("build: a dynamic call without a receiver") };
        let receiver = match receiver.as_slice() {
            // `mut self` in a generic function: the address of the value.
            &[address] => {
                let place = Place::Memory { address, offset: 0, area: Area::ANY, ty: own, readonly: false };
                self.read(&place)
            }
            vals => vals.iter().copied().collect(),
        };
        let Some(path) = self.cx.super_path(own, interface) else {
            bug!("build: `{}` does not build upon `{}`", self.cx.type_name(own), self.cx.type_name(interface))
        };
        let table = self.super_table(receiver[1], own, &path);
        let code = self.table_word(table, interface, Slot::Method(method));
        let (signature, _, result) = self.cx.dispatched_signature(interface, method);
        let mut all = vec![single(receiver[0])];
        all.extend_from_slice(rest);
        let (values, _, address) = self.call_values(None, &all, result, into);
        let vals = self.e.call_indirect(code, &values, signature);
        if result == Ty::NEVER || ty == Ty::NEVER {
            self.e.unreachable();
        }
        self.call_result(vals, address)
    }

    /// Writes a value of an interface type to a buffer, as its own type is shown.
    pub fn show_dynamic(&mut self, buffer: Value, vals: &[Value], interface: Ty, nested: bool) {
        let code = self.table_word(vals[1], interface, Slot::Show(nested));
        let signature = Signature { params: vec![Type::Ptr; 2], results: Vec::new() };
        self.e.call_indirect(code, &[buffer, vals[0]], signature);
    }

    /// Whether two values of an interface type are of one type and equal. Only in a function of its own:
    /// returns.
    pub fn compare_dynamic(&mut self, a: &[Value], b: &[Value], interface: Ty) {
        let same = self.e.icmp(IntCc::Eq, Type::Ptr, a[1], b[1]);
        let no = self.e.iconst(Type::I8, 0);
        self.return_unless(same, no);
        let code = self.table_word(a[1], interface, Slot::Equal);
        let signature = Signature { params: vec![Type::Ptr; 2], results: vec![Type::I8] };
        let equal = self.e.call_indirect(code, &[a[0], b[0]], signature);
        self.e.ret(&equal);
    }

    /// The hash of a value of an interface type.
    pub fn hash_dynamic(&mut self, vals: &[Value], interface: Ty) -> Value {
        let code = self.table_word(vals[1], interface, Slot::Hash);
        let signature = Signature { params: vec![Type::Ptr], results: vec![Type::I64] };
        self.e.call_indirect(code, &[vals[0]], signature)[0]
    }

    // Which type a value is of.

    /// Whether a value is of a type, as a bool.
    pub fn is_type(&mut self, place: &Place, ty: Ty) -> Value {
        let from = place.ty();
        let yes = |this: &mut Self, holds: bool| this.e.iconst(Type::I8, i64::from(holds));
        if from == ty {
            return yes(self, true);
        }
        if let TyKind::Optional(inner) = *self.cx.kind(from) {
            if !self.cx.is_interface(inner) {
                return if inner == ty { self.is_some(place) } else { yes(self, false) };
            }
            if self.cx.is_interface(ty) && self.cx.super_path(inner, ty).is_some() {
                return self.is_some(place);
            }
            // Null has no table, so it is of no type.
            let payload = self.payload(place);
            return self.is_type(&payload, ty);
        }
        if !self.cx.is_interface(from) {
            let holds = self.cx.is_interface(ty) && self.cx.implements(from, ty);
            return yes(self, holds);
        }
        if self.cx.is_interface(ty) {
            if self.cx.super_path(from, ty).is_some() {
                return yes(self, true);
            }
            let table = self.read_leaf(place, 1);
            let found = self.cast_table(table, from, ty);
            let null = self.e.iconst(Type::Ptr, 0);
            let holds = self.e.icmp(IntCc::Ne, Type::Ptr, found, null);
            return match self.is_boxed_interface(table, from, ty) {
                Some(boxed) => self.e.binary(Op::Or, Type::I8, holds, boxed),
                None => holds,
            };
        }
        if !self.cx.implements(ty, from) {
            return yes(self, false);
        }
        let table = self.read_leaf(place, 1);
        let wanted = self.cx.table(from, ty);
        let wanted = self.e.data_addr(wanted);
        self.e.icmp(IntCc::Eq, Type::Ptr, table, wanted)
    }

    /// Whether what was made into `from` is a value of the interface `ty`, which implements it.
    fn is_boxed_interface(&mut self, table: Value, from: Ty, ty: Ty) -> Option<Value> {
        self.cx.find_impl(from, ty)?;
        let boxed = self.cx.table(from, ty);
        let boxed = self.e.data_addr(boxed);
        Some(self.e.icmp(IntCc::Eq, Type::Ptr, table, boxed))
    }

    fn cast_table(&mut self, table: Value, from: Ty, to: Ty) -> Value {
        let cast = self.cx.cast(from, to);
        let vals = self.e.call(cast, &[table], &[Type::Ptr]);
        self.first(&vals)
    }

    /// A value that is known to be of a type, as a place that is only read.
    pub fn downcast(&mut self, place: &Place, ty: Ty) -> Place {
        let from = place.ty();
        if from == ty {
            return place.clone();
        }
        if let TyKind::Optional(_) = *self.cx.kind(from) {
            let payload = self.payload(place);
            return self.downcast(&payload, ty);
        }
        if !self.cx.is_interface(from) {
            if self.cx.is_interface(ty) && self.cx.implements(from, ty) {
                let vals = self.read(place);
                let vals = self.box_value(&vals, from, ty);
                return Place::Value { vals, ty };
            }
            // In an instance of a generic function, where the test before it fails.
            self.e.unreachable();
            return Place::Value { vals: self.dummy(ty), ty };
        }
        let vals = self.read(place);
        if self.cx.is_interface(ty) {
            let table = match self.cx.super_path(from, ty) {
                Some(path) => self.super_table(vals[1], from, &path),
                None => {
                    if let Some(boxed) = self.is_boxed_interface(vals[1], from, ty) {
                        return self.unbox_or_cast(&vals, boxed, from, ty);
                    }
                    self.cast_table(vals[1], from, ty)
                }
            };
            return Place::Value { vals: Vals::from_slice(&[vals[0], table]), ty };
        }
        if self.cx.is_class(ty) {
            return Place::Value { vals: single(vals[0]), ty };
        }
        self.box_place(vals[0], ty)
    }

    /// The value of the interface `ty` that is in a box, if it is `boxed`, or else the value with another table.
    fn unbox_or_cast(&mut self, vals: &[Value], boxed: Value, from: Ty, ty: Ty) -> Place {
        let types = self.cx.scalars(ty);
        let var = self.e.new_vars(&types);
        let (unbox, cast, join) = (self.e.new_block(), self.e.new_block(), self.e.new_block());
        self.e.branch(boxed, unbox, cast);
        self.e.begin(unbox);
        let inside = self.box_place(vals[0], ty);
        let inside = self.read(&inside);
        self.e.write_var(var.part(0), inside[0]);
        self.e.write_var(var.part(1), inside[1]);
        self.e.jump(join);
        self.e.begin(cast);
        let table = self.cast_table(vals[1], from, ty);
        self.e.write_var(var.part(0), vals[0]);
        self.e.write_var(var.part(1), table);
        self.e.jump(join);
        self.e.begin(join);
        Place::Vars { first: var, ty }
    }

    fn box_value(&mut self, vals: &[Value], ty: Ty, interface: Ty) -> Vals {
        let object = if self.cx.is_class(ty) {
            self.first(vals)
        } else {
            let object = self.new_box(ty);
            let place = self.box_place(object, ty);
            self.write(&place, vals);
            object
        };
        let table = self.cx.table(interface, ty);
        Vals::from_slice(&[object, self.e.data_addr(table)])
    }

    /// `x is T` as an expression.
    pub fn is_type_expr(&mut self, value: &'a Expr, ty: Ty) -> Value {
        let place = self.place_or_value(value);
        self.is_type(&place, ty)
    }
}
