//! Values made of values: tuples, structs, records, fixed arrays, optionals, enum variants, class
//! instances. Those of the scalar class are put together from scalars, others in memory.

use super::emitter::Vals;
use super::expr::single;
use super::function::FnBuilder;
use super::layout::VariantLayout;
use super::place::Place;
use crate::ssa::{Region, Type, Value};
use crate::tir::{Const, Expr, ExprKind, Ty, TyKind};

/// Fixed arrays of up to this many elements are written one by one.
const MAX_UNROLLED: u64 = 8;

impl<'a> FnBuilder<'_, 'a> {
    /// A value of a kind that `aggregate_into` knows.
    pub fn aggregate(&mut self, expr: &'a Expr, ty: Ty) -> Vals {
        if self.cx.is_class(ty) {
            return match &expr.kind {
                ExprKind::New(fields) => single(self.new_object(fields, ty)),
                _ => bug!("build: a class instance is made by `new` only"),
            };
        }
        if self.cx.is_memory(ty) {
            let temp = self.temp(ty);
            self.aggregate_into(expr, ty, &temp);
            return self.read(&temp);
        }
        match &expr.kind {
            ExprKind::Tuple(items) => items.iter().flat_map(|item| self.expr(item)).collect(),
            ExprKind::New(fields) => {
                let mut values = vec![Vals::new(); self.cx.fields(ty).fields.len()];
                for (index, value) in fields {
                    values[*index as usize] = self.expr(value);
                }
                values.into_iter().flatten().collect()
            }
            ExprKind::Variant { index, fields } => self.variant(ty, *index as usize, fields),
            ExprKind::Wrap(value) => {
                let inner = self.inner_ty(ty);
                let vals = self.expr(value);
                self.wrap(inner, vals)
            }
            ExprKind::Zero => self.dummy(ty),
            _ => bug!("build: a fixed array in scalars"),
        }
    }

    /// Writes a value of the memory class into memory that nothing else refers to yet.
    pub fn aggregate_into(&mut self, expr: &'a Expr, ty: Ty, place: &Place) {
        match &expr.kind {
            ExprKind::Const(constant) => self.constant_into(constant, ty, place),
            ExprKind::Tuple(items) => {
                for (index, item) in items.iter().enumerate() {
                    let field = self.field(place, index);
                    self.expr_into(item, &field);
                }
            }
            ExprKind::New(fields) => {
                for (index, value) in fields {
                    let field = self.field(place, *index as usize);
                    self.expr_into(value, &field);
                }
            }
            ExprKind::Variant { index, fields } => {
                let vals = self.variant(ty, *index as usize, fields);
                self.write_leaves(place, &vals);
            }
            ExprKind::Wrap(value) => {
                let inner = self.inner_ty(ty);
                let payload = self.payload(place);
                self.expr_into(value, &payload);
                self.set_tag(place, inner);
            }
            ExprKind::Zero => self.zero_place(place),
            ExprKind::Array(items) => self.fixed_literal(items, ty, place),
            ExprKind::Repeat { value, .. } => self.fixed_repeat(value, ty, place),
            _ => bug!("build: no aggregate"),
        }
    }

    /// Marks the optional in a place as not null.
    pub fn set_tag(&mut self, place: &Place, inner: Ty) {
        if self.cx.has_niche(inner) {
            return;
        }
        let one = self.e.iconst(Type::I8, 1);
        let tag = self.part(place, 0, 0, 0, Ty::BOOL);
        self.write(&tag, &[one]);
    }

    /// All leaves of a value of the memory class without fixed arrays.
    pub fn write_leaves(&mut self, place: &Place, vals: &[Value]) {
        let leaves = self.cx.layout(place.ty()).leaves.clone();
        let place = self.resolve(place);
        let Place::Memory { address, offset, area, .. } = place else { return };
        for (part, (leaf, &value)) in leaves.iter().zip(vals).enumerate() {
            let region = self.cx.region(area, part as u32);
            let mem = crate::ssa::Mem { offset: offset + leaf.offset as i32, region, readonly: false };
            self.e.store(leaf.ty, value, address, mem);
        }
    }

    /// As [`FnBuilder::variant`], of constants.
    pub fn constant_variant(&mut self, ty: Ty, index: usize, fields: &[Const]) -> Vals {
        let layout = self.cx.enum_layout(ty);
        let leaves: Vec<(usize, Value)> = match &layout.variants[index] {
            VariantLayout::Inline(places) => {
                let mut values = Vec::new();
                for (field, constant) in fields.iter().enumerate() {
                    let field_ty = self.variant_field_ty(ty, index, field);
                    values.extend(self.constant(constant, field_ty));
                }
                places.iter().flatten().copied().zip(values).collect()
            }
            VariantLayout::Boxed { leaf, contents } => {
                let descriptor = self.cx.cell_descriptor(*contents);
                let address = self.e.alloc(descriptor);
                let place = self.box_contents(address, *contents);
                for (index, constant) in fields.iter().enumerate() {
                    let to = self.field(&place, index);
                    self.constant_into(constant, to.ty(), &to);
                }
                vec![(*leaf, address)]
            }
        };
        self.variant_of_leaves(ty, index, &leaves)
    }

    /// A value given by all its leaves: those, or the address of memory with them.
    pub fn leaves_value(&mut self, ty: Ty, leaves: Vals) -> Vals {
        if !self.cx.is_memory(ty) {
            return leaves;
        }
        let temp = self.temp(ty);
        self.write_leaves(&temp, &leaves);
        self.read(&temp)
    }

    /// The leaves of an enum's variant.
    fn variant(&mut self, ty: Ty, index: usize, fields: &'a [Expr]) -> Vals {
        let layout = self.cx.enum_layout(ty);
        let fields: Vec<(usize, Value)> = match &layout.variants[index] {
            VariantLayout::Inline(places) => {
                let values: Vec<Vals> = fields.iter().map(|field| self.expr(field)).collect();
                let placed = places.iter().flatten().copied();
                placed.zip(values.into_iter().flatten()).collect()
            }
            VariantLayout::Boxed { leaf, contents } => vec![(*leaf, self.variant_box(fields, *contents))],
        };
        self.variant_of_leaves(ty, index, &fields)
    }

    /// The leaves of an enum's variant whose fields have these at these places.
    pub fn variant_of_leaves(&mut self, ty: Ty, index: usize, fields: &[(usize, Value)]) -> Vals {
        let layout = self.cx.enum_layout(ty);
        let tag = if layout.is_c_like { self.variant_value(ty, index) } else { index as i64 };
        let mut vals = Vals::from_slice(&[self.e.iconst(layout.tag, tag)]);
        for leaf in &layout.layout.leaves[1..] {
            vals.push(self.e.zero_of(leaf.ty));
        }
        for &(leaf, value) in fields {
            vals[leaf] = value;
        }
        vals
    }

    /// A new object with the fields of a variant. Nothing changes it later, so copies share it.
    fn variant_box(&mut self, fields: &'a [Expr], contents: Ty) -> Value {
        let types: Vec<Ty> = fields.iter().map(|field| self.ty(field.ty)).collect();
        let descriptor = self.cx.cell_descriptor(contents);
        if types.into_iter().any(|ty| self.cx.is_memory(ty)) {
            let address = self.e.alloc(descriptor);
            let place = self.box_contents(address, contents);
            for (index, field) in fields.iter().enumerate() {
                let to = self.field(&place, index);
                self.expr_into(field, &to);
            }
            return address;
        }
        let values: Vec<Vals> = fields.iter().map(|field| self.expr(field)).collect();
        let address = self.e.alloc(descriptor);
        let place = self.box_contents(address, contents);
        for (index, vals) in values.iter().enumerate() {
            let to = self.field(&place, index);
            self.write(&to, vals);
        }
        address
    }

    // Class instances.

    fn new_object(&mut self, fields: &'a [(u32, Expr)], ty: Ty) -> Value {
        let mut in_memory = false;
        for (_, value) in fields {
            let ty = self.ty(value.ty);
            in_memory |= self.cx.is_memory(ty);
        }
        let descriptor = self.cx.class_descriptor(ty);
        if in_memory {
            let object = self.e.alloc(descriptor);
            for (index, value) in fields {
                let field = self.object_field(object, ty, *index as usize);
                self.expr_into(value, &field);
            }
            return object;
        }
        let values: Vec<Vals> = fields.iter().map(|(_, value)| self.expr(value)).collect();
        let object = self.e.alloc(descriptor);
        for ((index, _), vals) in fields.iter().zip(&values) {
            let field = self.object_field(object, ty, *index as usize);
            self.write(&field, vals);
        }
        object
    }

    // Fixed arrays.

    fn fixed_parts(&self, ty: Ty) -> (Ty, u64) {
        match *self.cx.kind(ty) {
            TyKind::FixedArray(element, count) => (element, count),
            _ => bug!("build: `{}` is no fixed array", self.cx.type_name(ty)),
        }
    }

    fn fixed_literal(&mut self, items: &'a [Expr], ty: Ty, place: &Place) {
        let (element, _) = self.fixed_parts(ty);
        if let Some(bytes) = self.constant_items(items, element) {
            return self.copy_constant(bytes, element, place);
        }
        let place = self.resolve(place);
        for (index, item) in items.iter().enumerate() {
            let index = self.e.iconst(Type::I64, index as i64);
            let to = self.fixed_element(&place, index, element);
            self.expr_into(item, &to);
        }
    }

    fn fixed_repeat(&mut self, value: &'a Expr, ty: Ty, place: &Place) {
        let (element, count) = self.fixed_parts(ty);
        if is_zero(value) {
            return self.zero_place(place);
        }
        let vals = (!self.is_made_anew(value)).then(|| self.owned(value));
        let place = self.resolve(place);
        if count <= MAX_UNROLLED {
            for index in 0..count {
                let index = self.e.iconst(Type::I64, index as i64);
                let to = self.fixed_element(&place, index, element);
                self.fill_element(&to, value, vals.as_ref());
            }
            return;
        }
        let count = self.e.iconst(Type::I64, count as i64);
        self.count_loop(count, |this, index| {
            let to = this.fixed_element(&place, index, element);
            this.fill_element(&to, value, vals.as_ref());
        });
    }

    /// Writes an element of a repetition: the value, or what its expression gives once more.
    pub fn fill_element(&mut self, to: &Place, value: &'a Expr, vals: Option<&Vals>) {
        match vals {
            Some(vals) => self.write(to, vals),
            None => self.expr_into(value, to),
        }
    }

    /// Whether an expression is written as a new array or object (or as a value with one inside), of
    /// which `[v; n]` makes one for each element: `[[0; 3]; 2]` has two rows.
    pub fn is_made_anew(&mut self, expr: &'a Expr) -> bool {
        let ty = self.ty(expr.ty);
        match &expr.kind {
            ExprKind::Array(items) => {
                matches!(self.cx.kind(ty), TyKind::Array(_)) || items.iter().any(|item| self.is_made_anew(item))
            }
            ExprKind::Repeat { value, .. } => matches!(self.cx.kind(ty), TyKind::Array(_)) || self.is_made_anew(value),
            ExprKind::New(fields) => self.cx.is_class(ty) || fields.iter().any(|(_, value)| self.is_made_anew(value)),
            ExprKind::Tuple(items) => items.iter().any(|item| self.is_made_anew(item)),
            ExprKind::Wrap(value) => self.is_made_anew(value),
            _ => false,
        }
    }

    /// Runs code for each index from 0 to below `count`. The count is not negative.
    pub fn count_loop(&mut self, count: Value, body: impl FnOnce(&mut Self, Value)) {
        let var = self.e.new_var(Type::I64);
        let (header, inside, exit) = (self.e.new_block(), self.e.new_block(), self.e.new_block());
        let zero = self.e.iconst(Type::I64, 0);
        self.e.write_var(var, zero);
        self.e.jump(header);
        self.e.switch_to(header);
        let index = self.e.read_var(var);
        let goes_on = self.e.icmp(crate::ssa::IntCc::Slt, Type::I64, index, count);
        self.e.branch(goes_on, inside, exit);
        self.e.begin(inside);
        body(self, index);
        let one = self.e.iconst(Type::I64, 1);
        let next = self.e.binary(crate::ssa::Op::Iadd, Type::I64, index, one);
        self.e.write_var(var, next);
        self.e.jump(header);
        self.e.seal(header);
        self.e.begin(exit);
    }

    // Constants.

    /// Writes a constant of the memory class.
    pub fn constant_into(&mut self, constant: &Const, ty: Ty, place: &Place) {
        if !self.cx.is_memory(ty) {
            let vals = self.constant(constant, ty);
            return self.write(place, &vals);
        }
        match (constant, self.cx.kind(ty).clone()) {
            (Const::Null, _) => self.zero_place(place),
            (Const::Variant(index, fields), _) => {
                let vals = self.constant_variant(ty, *index as usize, fields);
                self.write_leaves(place, &vals);
            }
            (Const::Some(value), TyKind::Optional(inner)) => {
                let payload = self.payload(place);
                self.constant_into(value, inner, &payload);
                self.set_tag(place, inner);
            }
            (Const::Aggregate(items), TyKind::FixedArray(element, _)) => {
                let mut bytes = Vec::new();
                if items.iter().all(|item| self.encode(item, element, &mut bytes)) {
                    return self.copy_constant(bytes, element, place);
                }
                for (index, item) in items.iter().enumerate() {
                    let index = self.e.iconst(Type::I64, index as i64);
                    let to = self.fixed_element(place, index, element);
                    self.constant_into(item, element, &to);
                }
            }
            (Const::Aggregate(items), _) => {
                for (index, item) in items.iter().enumerate() {
                    let field = self.field(place, index);
                    self.constant_into(item, field.ty(), &field);
                }
            }
            _ => bug!("build: a scalar constant of the memory class"),
        }
    }

    /// Fills a place with bytes from read-only data.
    fn copy_constant(&mut self, bytes: Vec<u8>, element: Ty, place: &Place) {
        if bytes.iter().all(|&byte| byte == 0) {
            return self.zero_place(place);
        }
        let place = self.resolve(place);
        let region = match place {
            Place::Memory { area, .. } => self.cx.region(area, 0),
            _ => Region::ANY,
        };
        let to = self.address(&place);
        self.copy_bytes(bytes, element, to, region);
    }

    pub fn copy_bytes(&mut self, bytes: Vec<u8>, element: Ty, to: Value, region: Region) {
        let align = self.cx.layout(element).align;
        let count = bytes.len() as u32;
        let data = self.cx.constant(bytes, align);
        let from = self.e.data_addr(data);
        self.e.copy(to, from, count, region);
    }

    /// The bytes of elements that are all constant numbers.
    pub fn constant_items(&mut self, items: &'a [Expr], element: Ty) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        for item in items {
            let ExprKind::Const(constant) = &item.kind else { return None };
            if !self.encode(constant, element, &mut bytes) {
                return None;
            }
        }
        Some(bytes)
    }

    /// Appends a number's bytes; `false` for what is no number.
    fn encode(&mut self, constant: &Const, ty: Ty, bytes: &mut Vec<u8>) -> bool {
        let word = match (constant, self.cx.kind(ty)) {
            (Const::Bool(value), TyKind::Bool) => i64::from(*value),
            (Const::Char(value), TyKind::Char) => i64::from(u32::from(*value)),
            (Const::Int(value), TyKind::Int(_)) => *value as i64,
            (Const::Float(value), TyKind::Float(crate::tir::FloatTy::F64)) => value.to_bits() as i64,
            (Const::Float(value), TyKind::Float(crate::tir::FloatTy::F32)) => i64::from((*value as f32).to_bits()),
            _ => return false,
        };
        let size = self.cx.layout(ty).size as usize;
        bytes.extend_from_slice(&word.to_le_bytes()[..size]);
        true
    }
}

/// Whether all bytes of an expression's value are zero.
pub fn is_zero(expr: &Expr) -> bool {
    fn is_zero_const(constant: &Const) -> bool {
        match constant {
            Const::Void | Const::Null | Const::Bool(false) | Const::Int(0) | Const::Char('\0') => true,
            Const::Float(value) => value.to_bits() == 0,
            Const::Aggregate(items) => items.iter().all(is_zero_const),
            _ => false,
        }
    }
    match &expr.kind {
        ExprKind::Zero => true,
        ExprKind::Const(constant) => is_zero_const(constant),
        ExprKind::Tuple(items) => items.iter().all(is_zero),
        _ => false,
    }
}
