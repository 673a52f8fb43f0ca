//! `==`, `<` and their like: scalars in place, everything else by a function for its type that
//! compares part by part (derived equality and lexicographic order). Classes and functions have
//! identity.

use super::emitter::Vals;
use super::function::FnBuilder;
use super::known::KnownInterface;
use super::module::{Instance, ModuleBuilder};
use super::place::Place;
use crate::ssa::{Block, FloatCc, Function, IntCc, Op, Signature, Type, Value};
use crate::tir::{CompareOp, NominalKind, Ty, TyKind};
use flash_abi::symbols::Rt;

impl<'a> FnBuilder<'_, 'a> {
    /// Any comparison, as a bool.
    pub fn compare(&mut self, op: CompareOp, ty: Ty, a: &[Value], b: &[Value]) -> Value {
        match op {
            CompareOp::Eq => return self.equal(ty, a, b),
            CompareOp::Ne => {
                if let Some(value) = self.compare_scalars(op, ty, a, b) {
                    return value;
                }
                let equal = self.equal(ty, a, b);
                return self.e.not_bool(equal);
            }
            _ => {}
        }
        if let Some(value) = self.compare_scalars(op, ty, a, b) {
            return value;
        }
        let order = self.order(ty, a, b);
        let zero = self.e.iconst(Type::I32, 0);
        self.e.icmp(int_cc(op, true), Type::I32, order, zero)
    }

    /// A comparison of values that are one scalar, and compare as that.
    fn compare_scalars(&mut self, op: CompareOp, ty: Ty, a: &[Value], b: &[Value]) -> Option<Value> {
        let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
        let which = if equality { KnownInterface::Eq } else { KnownInterface::Ord };
        if self.cx.own_method(which, ty).is_some() {
            return None;
        }
        let signed = match self.cx.kind(ty).clone() {
            TyKind::Float(_) => {
                let (a, b) = (self.first(a), self.first(b));
                let scalar = self.e.type_of(a);
                return Some(self.e.fcmp(float_cc(op), scalar, a, b));
            }
            TyKind::Int(int) => int.is_signed(),
            TyKind::Bool | TyKind::Char | TyKind::Function(..) | TyKind::Pointer(_) => false,
            TyKind::Nominal(..) if self.has_identity(ty) => false,
            TyKind::Nominal(..) if self.cx.is_enum(ty) && self.cx.enum_layout(ty).is_c_like => true,
            // One of these may be null, which is an address like any other.
            TyKind::Optional(inner) if self.cx.has_niche(inner) && self.has_identity(inner) => false,
            _ => return None,
        };
        let (a, b) = (self.first(a), self.first(b));
        let scalar = self.e.type_of(a);
        Some(self.e.icmp(int_cc(op, signed), scalar, a, b))
    }

    pub fn has_identity(&mut self, ty: Ty) -> bool {
        matches!(self.cx.kind(ty), TyKind::Function(..) | TyKind::Pointer(_))
            || (self.cx.is_class(ty)
                && self.cx.own_method(KnownInterface::Eq, ty).is_none()
                && self.cx.std_hook_id(ty, "equals").is_none())
    }

    /// `a == b` as a bool.
    pub fn equal(&mut self, ty: Ty, a: &[Value], b: &[Value]) -> Value {
        if let Some(value) = self.compare_scalars(CompareOp::Eq, ty, a, b) {
            return value;
        }
        if let Some(own) = self.cx.own_method(KnownInterface::Eq, ty) {
            let vals = self.call_own(own, ty, &[a, b], Ty::BOOL);
            return self.first(&vals);
        }
        match self.cx.kind(ty).clone() {
            TyKind::Void | TyKind::Never => self.e.iconst(Type::I8, 1),
            TyKind::Str => self.equal_str(a, b),
            _ if self.is_flat(ty) => self.equal_leaves(ty, a, b),
            _ if self.cx.std_hook_id(ty, "equals").is_some() => self.equal_by_hook(ty, a, b),
            _ => {
                let callee = self.cx.instance(Instance::Equal(ty));
                let args: Vals = a.iter().chain(b).copied().collect();
                let vals = self.e.call(callee, &args, &[Type::I8]);
                self.first(&vals)
            }
        }
    }

    /// One object is equal to itself without being looked at.
    fn equal_by_hook(&mut self, ty: Ty, a: &[Value], b: &[Value]) -> Value {
        let (Some(hook), &[a], &[b]) = (self.cx.std_hook(ty, "equals"), a, b) else {
            bug!("build: `{}` is no class of std", self.cx.type_name(ty))
        };
        let var = self.e.new_var(Type::I8);
        let (two, join) = (self.e.new_block(), self.e.new_block());
        let same = self.e.icmp(IntCc::Eq, Type::Ptr, a, b);
        self.e.write_var(var, same);
        self.e.branch(same, join, two);
        self.e.begin(two);
        let equal = self.e.call(hook, &[a, b], &[Type::I8])[0];
        self.e.write_var(var, equal);
        self.e.jump(join);
        self.e.begin(join);
        self.e.read_var(var)
    }

    /// Texts of different length need not be looked at.
    fn equal_str(&mut self, a: &[Value], b: &[Value]) -> Value {
        let (&[a_data, a_len], &[b_data, b_len]) = (a, b) else { return self.e.iconst(Type::I8, 0) };
        let var = self.e.new_var(Type::I8);
        let (same_length, join) = (self.e.new_block(), self.e.new_block());
        let lengths = self.e.icmp(IntCc::Eq, Type::I64, a_len, b_len);
        self.e.write_var(var, lengths);
        self.e.branch(lengths, same_length, join);
        self.e.begin(same_length);
        let bytes = self.e.call_rt(Rt::StrEq, &[a_data, a_len, b_data, b_len])[0];
        self.e.write_var(var, bytes);
        self.e.jump(join);
        self.e.begin(join);
        self.e.read_var(var)
    }

    /// As `equal_str`, for a condition.
    pub fn branch_equal_str(&mut self, a: &[Value], b: &[Value], equal: Block, different: Block) {
        let (&[a_data, a_len], &[b_data, b_len]) = (a, b) else { return };
        let same_length = self.e.new_block();
        let lengths = self.e.icmp(IntCc::Eq, Type::I64, a_len, b_len);
        self.e.branch(lengths, same_length, different);
        self.e.begin(same_length);
        let bytes = self.e.call_rt(Rt::StrEq, &[a_data, a_len, b_data, b_len])[0];
        self.e.branch(bytes, equal, different);
    }

    /// A struct or tuple of the scalar class whose leaves all compare as scalars.
    fn is_flat(&mut self, ty: Ty) -> bool {
        if self.cx.is_memory(ty) || self.cx.own_method(KnownInterface::Eq, ty).is_some() {
            return false;
        }
        match self.cx.kind(ty).clone() {
            TyKind::Int(_)
            | TyKind::Float(_)
            | TyKind::Bool
            | TyKind::Char
            | TyKind::Function(..)
            | TyKind::Pointer(_) => true,
            TyKind::Optional(inner) => self.has_identity(inner),
            TyKind::Nominal(..) if self.cx.is_class(ty) => self.has_identity(ty),
            TyKind::Nominal(..) if self.cx.is_interface(ty) => false,
            TyKind::Nominal(..) if self.cx.is_enum(ty) => self.cx.enum_layout(ty).is_c_like,
            TyKind::Nominal(..) | TyKind::Tuple(_) | TyKind::Record(_) => {
                let fields = self.cx.fields(ty);
                fields.fields.iter().all(|field| self.is_flat(field.ty))
            }
            _ => false,
        }
    }

    fn equal_leaves(&mut self, ty: Ty, a: &[Value], b: &[Value]) -> Value {
        let mut all = None;
        for (index, scalar) in self.cx.scalars(ty).into_iter().enumerate() {
            let (a, b) = (a[index], b[index]);
            let same = if scalar.is_float() {
                self.e.fcmp(FloatCc::Eq, scalar, a, b)
            } else {
                self.e.icmp(IntCc::Eq, scalar, a, b)
            };
            all = Some(match all {
                Some(all) => self.e.binary(Op::And, Type::I8, all, same),
                None => same,
            });
        }
        all.unwrap_or_else(|| self.e.iconst(Type::I8, 1))
    }

    /// -1, 0 or 1 as an `i32`.
    pub fn order(&mut self, ty: Ty, a: &[Value], b: &[Value]) -> Value {
        if let Some(own) = self.cx.own_method(KnownInterface::Ord, ty) {
            let vals = self.call_own(own, ty, &[a, b], Ty::I32);
            return self.first(&vals);
        }
        if let Some(more) = self.compare_scalars(CompareOp::Gt, ty, a, b) {
            let less = self.compare_scalars(CompareOp::Lt, ty, a, b).unwrap_or(more);
            let order = self.e.binary(Op::Isub, Type::I8, more, less);
            return self.e.resize(order, Type::I32, true);
        }
        match self.cx.kind(ty).clone() {
            TyKind::Void | TyKind::Never => self.e.iconst(Type::I32, 0),
            TyKind::Str => {
                let args: Vals = a.iter().chain(b).copied().collect();
                let vals = self.e.call_rt(Rt::StrCompare, &args);
                self.first(&vals)
            }
            _ => {
                let callee = self.cx.instance(Instance::Order(ty));
                let args: Vals = a.iter().chain(b).copied().collect();
                let vals = self.e.call(callee, &args, &[Type::I32]);
                self.first(&vals)
            }
        }
    }

    /// Compares what lies in two places of one type: returns from the function when they differ,
    /// goes on when not.
    fn compare_part(&mut self, a: &Place, b: &Place, ordered: bool) {
        let ty = a.ty();
        let a = self.read(a);
        let b = self.read(b);
        let (same, result) = if ordered {
            let order = self.order(ty, &a, &b);
            let zero = self.e.iconst(Type::I32, 0);
            (self.e.icmp(IntCc::Eq, Type::I32, order, zero), order)
        } else {
            (self.equal(ty, &a, &b), self.e.iconst(Type::I8, 0))
        };
        self.return_unless(same, result);
    }

    pub fn return_unless(&mut self, condition: Value, result: Value) {
        let (goes_on, leaves) = (self.e.new_block(), self.e.new_block());
        self.e.branch(condition, goes_on, leaves);
        self.e.begin(leaves);
        self.e.ret(&[result]);
        self.e.begin(goes_on);
    }

    /// The result for values whose numbers (lengths, tags) differ.
    fn different(&mut self, a: Value, b: Value, ordered: bool) -> Value {
        if !ordered {
            return self.e.iconst(Type::I8, 0);
        }
        let ty = self.e.type_of(a);
        let less = self.e.icmp(IntCc::Slt, ty, a, b);
        let (minus_one, one) = (self.e.iconst(Type::I32, -1), self.e.iconst(Type::I32, 1));
        self.e.select(Type::I32, less, minus_one, one)
    }

    fn compare_numbers(&mut self, a: Value, b: Value, ordered: bool) {
        let ty = self.e.type_of(a);
        let same = self.e.icmp(IntCc::Eq, ty, a, b);
        let result = self.different(a, b, ordered);
        self.return_unless(same, result);
    }

    fn compare_fields(&mut self, a: &Place, b: &Place, ordered: bool) {
        for index in 0..self.cx.fields(a.ty()).fields.len() {
            let (a, b) = (self.field(a, index), self.field(b, index));
            self.compare_part(&a, &b, ordered);
        }
    }

    fn compare_optionals(&mut self, a: &Place, b: &Place, ordered: bool) {
        let (a_some, b_some) = (self.is_some(a), self.is_some(b));
        self.compare_numbers(a_some, b_some, ordered);
        let (inside, join) = (self.e.new_block(), self.e.new_block());
        self.e.branch(a_some, inside, join);
        self.e.begin(inside);
        let (a, b) = (self.payload(a), self.payload(b));
        self.compare_part(&a, &b, ordered);
        self.e.jump(join);
        self.e.begin(join);
    }

    fn compare_arrays(&mut self, a: &Place, b: &Place, element: Ty, ordered: bool) {
        let (a, b) = (self.read_leaf(a, 0), self.read_leaf(b, 0));
        let (a_len, b_len) = (self.array_len(a), self.array_len(b));
        let count = if ordered {
            self.e.binary(Op::Smin, Type::I64, a_len, b_len)
        } else {
            self.compare_numbers(a_len, b_len, false);
            a_len
        };
        self.count_loop(count, |this, index| {
            let (a, b) = (this.element_place(a, index, element), this.element_place(b, index, element));
            this.compare_part(&a, &b, ordered);
        });
        if ordered {
            self.compare_numbers(a_len, b_len, true);
        }
    }

    fn compare_variants(&mut self, a: &Place, b: &Place, ordered: bool) {
        let ty = a.ty();
        let (a_tag, b_tag) = (self.read_leaf(a, 0), self.read_leaf(b, 0));
        self.compare_numbers(a_tag, b_tag, ordered);
        let join = self.e.new_block();
        let blocks = self.variant_blocks(ty, a_tag, join);
        for (variant, block) in blocks {
            self.e.begin(block);
            for field in 0..self.variant_field_count(ty, variant) {
                let (a, b) = (self.variant_field(a, variant, field), self.variant_field(b, variant, field));
                self.compare_part(&a, &b, ordered);
            }
            self.e.jump(join);
        }
        self.e.begin(join);
    }

    /// Goes by an enum's tag to a block for each variant that has fields, or to `otherwise`.
    pub fn variant_blocks(&mut self, ty: Ty, tag: Value, otherwise: Block) -> Vec<(usize, Block)> {
        let count = self.cx.enum_layout(ty).variants.len();
        let with_fields: Vec<usize> = (0..count).filter(|&index| self.variant_field_count(ty, index) > 0).collect();
        let blocks: Vec<(usize, Block)> = with_fields.into_iter().map(|index| (index, self.e.new_block())).collect();
        let cases: Vec<(i64, Block)> = blocks.iter().map(|&(index, block)| (index as i64, block)).collect();
        self.e.switch(tag, &cases, otherwise);
        blocks
    }

    /// The body of a comparison function.
    fn compare_all(&mut self, ty: Ty, ordered: bool) {
        let count = self.cx.scalars(ty).len();
        let mut next = 0;
        let a = Place::Value { vals: self.take_params(&mut next, count), ty };
        let b = Place::Value { vals: self.take_params(&mut next, count), ty };
        match self.cx.kind(ty).clone() {
            TyKind::Array(element) => self.compare_arrays(&a, &b, element, ordered),
            TyKind::FixedArray(element, length) => {
                let length = self.e.iconst(Type::I64, length as i64);
                self.count_loop(length, |this, index| {
                    let (a, b) = (this.fixed_element(&a, index, element), this.fixed_element(&b, index, element));
                    this.compare_part(&a, &b, ordered);
                });
            }
            TyKind::Optional(_) => self.compare_optionals(&a, &b, ordered),
            TyKind::Nominal(id, _) if matches!(self.cx.tree.nominals[id.index()].kind, NominalKind::Enum { .. }) => {
                self.compare_variants(&a, &b, ordered);
            }
            TyKind::Nominal(..) if self.cx.is_interface(ty) => {
                let (a, b) = (self.read(&a), self.read(&b));
                return self.compare_dynamic(&a, &b, ty);
            }
            TyKind::Tuple(_) | TyKind::Record(_) | TyKind::Nominal(..) => self.compare_fields(&a, &b, ordered),
            _ => self.compare_part(&a, &b, ordered),
        }
        let same = if ordered { self.e.iconst(Type::I32, 0) } else { self.e.iconst(Type::I8, 1) };
        self.e.ret(&[same]);
    }
}

impl ModuleBuilder<'_> {
    pub fn build_equal(&mut self, ty: Ty) -> Function {
        let name = format!("equal<{}>", self.type_name(ty));
        let signature = self.comparison_signature(ty, Type::I8);
        self.synthesize(name, signature, |builder| builder.compare_all(ty, false))
    }

    pub fn build_order(&mut self, ty: Ty) -> Function {
        let name = format!("order<{}>", self.type_name(ty));
        let signature = self.comparison_signature(ty, Type::I32);
        self.synthesize(name, signature, |builder| builder.compare_all(ty, true))
    }

    fn comparison_signature(&mut self, ty: Ty, result: Type) -> Signature {
        let mut params = self.scalars(ty);
        params.extend_from_within(..);
        Signature { params, results: vec![result] }
    }
}

fn int_cc(op: CompareOp, signed: bool) -> IntCc {
    match (op, signed) {
        (CompareOp::Eq, _) => IntCc::Eq,
        (CompareOp::Ne, _) => IntCc::Ne,
        (CompareOp::Lt, true) => IntCc::Slt,
        (CompareOp::Le, true) => IntCc::Sle,
        (CompareOp::Gt, true) => IntCc::Sgt,
        (CompareOp::Ge, true) => IntCc::Sge,
        (CompareOp::Lt, false) => IntCc::Ult,
        (CompareOp::Le, false) => IntCc::Ule,
        (CompareOp::Gt, false) => IntCc::Ugt,
        (CompareOp::Ge, false) => IntCc::Uge,
    }
}

fn float_cc(op: CompareOp) -> FloatCc {
    match op {
        CompareOp::Eq => FloatCc::Eq,
        CompareOp::Ne => FloatCc::Ne,
        CompareOp::Lt => FloatCc::Lt,
        CompareOp::Le => FloatCc::Le,
        CompareOp::Gt => FloatCc::Gt,
        CompareOp::Ge => FloatCc::Ge,
    }
}
