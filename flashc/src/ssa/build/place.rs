//! Places: where a value can be read, written, or have its address taken. A place is found first
//! and used later; an array's element is looked up (and its index checked) only when it is used,
//! because what is evaluated in between may grow the array.

use super::emitter::Vals;
use super::function::FnBuilder;
use super::module::{Area, Root};
use super::ssa_vars::Var;
use crate::ssa::{Loc, Mem, Op, Region, Type, Value};
use crate::tir::{Body, Callee, Expr, ExprKind, Intrinsic, Ty, TyKind};
use flash_abi::object::{ARRAY_DATA, ARRAY_LEN, CELL_VALUE};

#[derive(Clone, Debug)]
pub enum Place {
    /// A scalar-class local, or a part of it.
    Vars {
        first: Var,
        ty: Ty,
    },
    /// No place, but a value that can be looked into.
    Value {
        vals: Vals,
        ty: Ty,
    },
    Memory {
        address: Value,
        offset: i32,
        area: Area,
        ty: Ty,
        readonly: bool,
    },
    /// In an element of a `[T]`: `inner` bytes (if any) and `offset` behind its start.
    Element {
        array: Value,
        index: Value,
        element: Ty,
        inner: Option<Value>,
        offset: i32,
        area: Area,
        ty: Ty,
        loc: Loc,
    },
}

impl Place {
    pub fn ty(&self) -> Ty {
        match *self {
            Place::Vars { ty, .. } | Place::Value { ty, .. } | Place::Memory { ty, .. } | Place::Element { ty, .. } => {
                ty
            }
        }
    }
}

impl<'a> FnBuilder<'_, 'a> {
    /// Whether an expression is a place, so that reading it gives what others may change later.
    pub fn is_place(&mut self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Local(_) | ExprKind::Global(_) | ExprKind::Deref(_) => true,
            ExprKind::Field { base, .. } => {
                let ty = self.ty(base.ty);
                self.cx.is_class(ty) || self.is_place(base) || self.element_got(base).is_some()
            }
            ExprKind::Index { base, .. } => {
                let ty = self.ty(base.ty);
                matches!(self.cx.kind(ty), TyKind::Array(_)) || self.is_place(base)
            }
            ExprKind::Narrow(inner) | ExprKind::Unwrap(inner) => self.is_place(inner),
            // What is in a box may change.
            ExprKind::Downcast(_) => true,
            _ => false,
        }
    }

    /// Finds the place that an expression means, evaluating what it depends on.
    pub fn place(&mut self, expr: &'a Expr) -> Place {
        let outer = self.e.loc();
        self.e.set_span(expr.span);
        let place = self.place_kind(expr);
        self.e.set_loc(outer);
        place
    }

    fn place_kind(&mut self, expr: &'a Expr) -> Place {
        let ty = self.ty(expr.ty);
        match &expr.kind {
            ExprKind::Local(id) => self.local(*id),
            ExprKind::Global(id) => {
                let offset = self.cx.global_offset(*id);
                let address = self.e.global_addr(offset);
                let area = self.cx.area(Root::Global(*id));
                Place::Memory { address, offset: 0, area, ty, readonly: false }
            }
            ExprKind::Deref(pointer) => {
                let address = self.one(pointer);
                let size = self.cx.layout(ty).size;
                self.check_far_reach(address, size);
                Place::Memory { address, offset: 0, area: Area::ANY, ty, readonly: false }
            }
            ExprKind::Field { base, index } => {
                let base_ty = self.ty(base.ty);
                if self.cx.is_class(base_ty) {
                    let object = self.one(base);
                    let place = self.object_field(object, base_ty, *index as usize);
                    // Promises do not nest: a `Promise<T>` has no `T` in it where that is a promise.
                    if place.ty() != ty && self.cx.types.awaited(base_ty).is_some() {
                        bug!("build: a promise in a `{}`", self.cx.type_name(base_ty));
                    }
                    return place;
                }
                if let Some((array, at)) = self.element_got(base) {
                    let array = self.one(array);
                    let at = self.one(at);
                    let element = self.element_place(array, at, base_ty);
                    return self.field(&element, *index as usize);
                }
                let place = self.place(base);
                self.field(&place, *index as usize)
            }
            ExprKind::Index { base, index } => self.index_place(base, index),
            ExprKind::Narrow(inner) => {
                let place = self.place(inner);
                self.payload(&place)
            }
            ExprKind::Downcast(inner) => {
                let place = self.place_or_value(inner);
                self.downcast(&place, ty)
            }
            ExprKind::Unwrap(inner) => {
                let place = self.place_or_value(inner);
                self.check_not_null(&place);
                self.payload(&place)
            }
            _ => Place::Value { vals: self.expr(expr), ty },
        }
    }

    /// The array and index of an unchecked element of std's, which need not be read as a whole for a
    /// field of it.
    fn element_got<'e>(&self, expr: &'e Expr) -> Option<(&'e Expr, &'e Expr)> {
        let ExprKind::Call { callee: Callee::Function { function, .. }, args } = &expr.kind else { return None };
        match (&self.cx.tree.functions[function.index()].body, args.as_slice()) {
            (Body::Intrinsic(Intrinsic::ArrayGet), [array, index]) => Some((array, index)),
            _ => None,
        }
    }

    fn index_place(&mut self, base: &'a Expr, index: &'a Expr) -> Place {
        let base_ty = self.ty(base.ty);
        match *self.cx.kind(base_ty) {
            TyKind::Array(element) => {
                let array = self.one(base);
                let index = self.one(index);
                let area = self.cx.area(Root::Element(element));
                let loc = self.e.loc();
                Place::Element { array, index, element, inner: None, offset: 0, area, ty: element, loc }
            }
            TyKind::FixedArray(element, count) => {
                let place = self.place(base);
                let index = self.one(index);
                let count = self.e.iconst(Type::I64, count as i64);
                self.e.bounds(index, count);
                self.fixed_element(&place, index, element)
            }
            _ => bug!("build: indexing a value that is no array"),
        }
    }

    /// The element of a fixed array at an index that is known to be in it.
    pub fn fixed_element(&mut self, place: &Place, index: Value, element: Ty) -> Place {
        let size = self.cx.layout(element).size;
        match *place {
            Place::Memory { address, offset, area, readonly, .. } => {
                let area = Area::One(self.cx.region(area, 0));
                // A constant index is part of the offset, which memory operations have room for.
                let constant = self.e.as_iconst(index).and_then(|i| i.checked_mul(i64::from(size)));
                if let Some(inner) = constant.and_then(|bytes| i32::try_from(bytes + i64::from(offset)).ok()) {
                    return Place::Memory { address, offset: inner, area, ty: element, readonly };
                }
                let address = self.e.element_addr(address, index, size);
                Place::Memory { address, offset, area, ty: element, readonly }
            }
            Place::Element { array, index: outer, element: of, inner, offset, area, loc, .. } => {
                let area = Area::One(self.cx.region(area, 0));
                let size = self.e.iconst(Type::I64, i64::from(size));
                let mut bytes = self.e.binary(Op::Imul, Type::I64, index, size);
                if let Some(inner) = inner {
                    bytes = self.e.binary(Op::Iadd, Type::I64, inner, bytes);
                }
                Place::Element { array, index: outer, element: of, inner: Some(bytes), offset, area, ty: element, loc }
            }
            Place::Value { ref vals, .. } => {
                // The value of a memory-class type is its address.
                let address = self.first(vals);
                let address = self.e.element_addr(address, index, size);
                Place::Memory { address, offset: 0, area: Area::ANY, ty: element, readonly: false }
            }
            Place::Vars { .. } => bug!("build: a fixed array in variables"),
        }
    }

    /// A reference is null only when a module's variable is read before its `let` has run. Reaching into it faults,
    /// and the runtime says what happened; but not where the object is so large that the reach goes beyond the
    /// addresses that are never mapped.
    fn check_far_reach(&mut self, address: Value, size: u32) {
        const NEVER_MAPPED: u32 = 64 << 10;
        if size >= NEVER_MAPPED {
            self.e.check(Op::NonNull, address);
        }
    }

    /// A field of the object at an address.
    pub fn object_field(&mut self, object: Value, class: Ty, index: usize) -> Place {
        let size = self.cx.fields(class).size;
        self.check_far_reach(object, size);
        let field = self.cx.fields(class).fields[index];
        let area = self.cx.area(Root::Object(class)).at(field.part);
        Place::Memory { address: object, offset: field.offset as i32, area, ty: field.ty, readonly: false }
    }

    /// A field of a tuple, record, struct or class.
    pub fn field(&mut self, place: &Place, index: usize) -> Place {
        let ty = place.ty();
        if self.cx.is_class(ty) {
            let vals = self.read(place);
            let object = self.first(&vals);
            return self.object_field(object, ty, index);
        }
        let field = self.cx.fields(ty).fields[index];
        self.part(place, field.leaf, field.part, field.offset, field.ty)
    }

    /// The value inside an optional.
    pub fn payload(&mut self, place: &Place) -> Place {
        let ty = place.ty();
        let TyKind::Optional(inner) = *self.cx.kind(ty) else {
            return place.clone();
        };
        let (leaf, offset) = self.cx.payload(inner);
        self.part(place, leaf, leaf as u32, offset, inner)
    }

    /// A part of a place, by its first leaf, its first part and its byte offset.
    pub fn part(&mut self, place: &Place, leaf: usize, part: u32, by: u32, ty: Ty) -> Place {
        let by = by as i32;
        match *place {
            Place::Vars { first, .. } => Place::Vars { first: first.part(leaf), ty },
            Place::Value { ref vals, ty: whole } => {
                if self.cx.is_memory(whole) {
                    let address = self.first(vals);
                    return Place::Memory { address, offset: by, area: Area::ANY, ty, readonly: false };
                }
                let count = self.cx.scalars(ty).len();
                let vals = vals.iter().skip(leaf).take(count).copied().collect();
                Place::Value { vals, ty }
            }
            Place::Memory { address, offset, area, readonly, .. } => {
                Place::Memory { address, offset: offset + by, area: area.at(part), ty, readonly }
            }
            Place::Element { array, index, element, inner, offset, area, loc, .. } => {
                let (offset, area) = (offset + by, area.at(part));
                Place::Element { array, index, element, inner, offset, area, ty, loc }
            }
        }
    }

    /// An element's place in memory now, after the check of its index.
    pub fn resolve(&mut self, place: &Place) -> Place {
        let Place::Element { array, index, element, inner, offset, area, ty, loc } = *place else {
            return place.clone();
        };
        let outer = self.e.loc();
        self.e.set_loc(loc);
        let length = self.array_len(array);
        self.e.bounds(index, length);
        let mut address = self.element_address(array, index, element);
        if let Some(inner) = inner {
            address = self.e.ptr_add(address, inner);
        }
        self.e.set_loc(outer);
        Place::Memory { address, offset, area, ty, readonly: false }
    }

    pub fn array_len(&mut self, array: Value) -> Value {
        let mem = Mem { offset: ARRAY_LEN as i32, region: Region::ARRAY_LEN, readonly: false };
        self.e.load(Type::I64, array, mem)
    }

    pub fn array_data(&mut self, array: Value) -> Value {
        let mem = Mem { offset: ARRAY_DATA as i32, region: Region::ARRAY_DATA, readonly: false };
        self.e.load(Type::Ptr, array, mem)
    }

    pub fn element_address(&mut self, array: Value, index: Value, element: Ty) -> Value {
        let data = self.array_data(array);
        let size = self.cx.layout(element).size;
        self.e.element_addr(data, index, size)
    }

    /// An element of a `[T]` that is known to be there.
    pub fn element_place(&mut self, array: Value, index: Value, element: Ty) -> Place {
        let address = self.element_address(array, index, element);
        let area = self.cx.area(Root::Element(element));
        Place::Memory { address, offset: 0, area, ty: element, readonly: false }
    }

    /// The value in a place. One of the memory class is the place's address, and good only until
    /// something else is evaluated.
    pub fn read(&mut self, place: &Place) -> Vals {
        match place {
            Place::Value { vals, .. } => vals.clone(),
            Place::Vars { first, ty } => {
                let count = self.cx.scalars(*ty).len();
                (0..count).map(|index| self.e.read_var(first.part(index))).collect()
            }
            Place::Element { .. } => {
                let place = self.resolve(place);
                self.read(&place)
            }
            &Place::Memory { address, offset, area, ty, readonly } => {
                let layout = self.cx.layout(ty);
                if !layout.is_scalar {
                    return Vals::from_slice(&[self.e.ptr_offset(address, offset)]);
                }
                let mut vals = Vals::new();
                for (part, leaf) in layout.leaves.iter().enumerate() {
                    let region = self.cx.region(area, part as u32);
                    let mem = Mem { offset: offset + leaf.offset as i32, region, readonly };
                    vals.push(self.e.load(leaf.ty, address, mem));
                }
                vals
            }
        }
    }

    /// One leaf of the value in a place, also of one of the memory class.
    pub fn read_leaf(&mut self, place: &Place, index: usize) -> Value {
        match place {
            Place::Vars { first, .. } => self.e.read_var(first.part(index)),
            Place::Value { vals, ty } if !self.cx.is_memory(*ty) => {
                vals.get(index).copied().unwrap_or_else(|| self.first(vals))
            }
            Place::Element { .. } => {
                let place = self.resolve(place);
                self.read_leaf(&place, index)
            }
            Place::Value { .. } | Place::Memory { .. } => {
                let layout = self.cx.layout(place.ty());
                let (address, offset, area, readonly) = match *place {
                    Place::Memory { address, offset, area, readonly, .. } => (address, offset, area, readonly),
                    _ => (self.address(place), 0, Area::ANY, false),
                };
                // With a fixed array inside only an optional's tag is asked for: the first leaf.
                let (ty, at) = layout.leaves.get(index).map_or((Type::I8, 0), |leaf| (leaf.ty, leaf.offset));
                let region = self.cx.region(area, index as u32);
                self.e.load(ty, address, Mem { offset: offset + at as i32, region, readonly })
            }
        }
    }

    /// Puts a value (scalars, or the address of one of the memory class) into a place.
    pub fn write(&mut self, place: &Place, vals: &[Value]) {
        match *place {
            Place::Vars { first, .. } => {
                for (index, &value) in vals.iter().enumerate() {
                    self.e.write_var(first.part(index), value);
                }
            }
            Place::Element { .. } => {
                let place = self.resolve(place);
                self.write(&place, vals);
            }
            Place::Memory { address, offset, area, ty, .. } => {
                let layout = self.cx.layout(ty);
                if !layout.is_scalar {
                    let from = self.first(vals);
                    let to = self.e.ptr_offset(address, offset);
                    self.e.copy(to, from, layout.size, Region::ANY);
                    return;
                }
                for (part, (leaf, &value)) in layout.leaves.iter().zip(vals).enumerate() {
                    let region = self.cx.region(area, part as u32);
                    let mem = Mem { offset: offset + leaf.offset as i32, region, readonly: false };
                    self.e.store(leaf.ty, value, address, mem);
                }
            }
            Place::Value { .. } => {
                if !self.e.is_dead() {
                    bug!("build: assignment to a value that is no place");
                }
            }
        }
    }

    /// The address of a place; of a value that is no place, of a copy of it on the heap.
    pub fn address(&mut self, place: &Place) -> Value {
        match *place {
            Place::Memory { address, offset, .. } => self.e.ptr_offset(address, offset),
            Place::Element { .. } => {
                let place = self.resolve(place);
                self.address(&place)
            }
            Place::Value { ref vals, ty } if self.cx.is_memory(ty) => self.first(vals),
            Place::Value { ty, .. } | Place::Vars { ty, .. } => {
                let vals = self.read(place);
                let address = self.new_cell(ty);
                let area = self.cx.area(Root::Cell(ty));
                let offset = CELL_VALUE as i32;
                self.write(&Place::Memory { address, offset, area, ty, readonly: false }, &vals);
                self.e.ptr_offset(address, offset)
            }
        }
    }
}
