//! Hashes of values, derived as `==` is: what is equal has equal hashes. A number is its own hash; what
//! has several parts is folded together by a function for its type. Tables mix a hash once more, with a
//! number that differs from process to process (see `std/map.fl`), so this need not spread it.

use super::function::FnBuilder;
use super::known::KnownInterface;
use super::module::{Instance, ModuleBuilder};
use super::place::Place;
use super::ssa_vars::Var;
use crate::ssa::{FloatCc, FuncId, Function, Op, Signature, Type, Value};
use crate::tir::{FloatTy, NominalKind, Ty, TyKind};
use flash_abi::symbols::Rt;

/// Odd, without a pattern in its bits.
const FACTOR: i64 = 0x9e6c_63d0_676a_9a99_u64 as i64;
/// By how much the parts before are turned when one is added, so that their order matters.
const TURN: i64 = 23;

impl FnBuilder<'_, '_> {
    /// The hash of a value, as an `i64`.
    pub fn hash(&mut self, ty: Ty, vals: &[Value]) -> Value {
        if let Some(method) = self.cx.own_method(KnownInterface::Hash, ty) {
            return self.call_own(method, ty, &[vals], Ty::U64)[0];
        }
        if self.cx.own_method(KnownInterface::Eq, ty).is_some() {
            // What it takes for equal is known to its method alone.
            return self.e.iconst(Type::I64, 0);
        }
        if let Some(hash) = self.hash_scalar(ty, vals) {
            return hash;
        }
        if self.cx.std_hook_id(ty, "hash_code").is_some()
            && let Some(hook) = self.cx.std_hook(ty, "hash_code")
        {
            return self.e.call(hook, vals, &[Type::I64])[0];
        }
        match *self.cx.kind(ty) {
            TyKind::Nominal(..) if self.cx.is_interface(ty) => self.hash_dynamic(vals, ty),
            TyKind::Str => self.e.call_rt(Rt::StrHash, vals)[0],
            _ => {
                let callee = self.cx.instance(Instance::Hash(ty));
                self.e.call(callee, vals, &[Type::I64])[0]
            }
        }
    }

    /// Of a value that is one scalar: the scalar.
    fn hash_scalar(&mut self, ty: Ty, vals: &[Value]) -> Option<Value> {
        let signed = match self.cx.kind(ty).clone() {
            TyKind::Void | TyKind::Never => return Some(self.e.iconst(Type::I64, 0)),
            TyKind::Float(float) => return Some(self.hash_float(float, vals[0])),
            TyKind::Int(int) => int.is_signed(),
            TyKind::Bool | TyKind::Char => false,
            TyKind::Function(..) | TyKind::Pointer(_) => return Some(self.e.bitcast(vals[0], Type::I64)),
            TyKind::Nominal(..) if self.has_identity(ty) => return Some(self.e.bitcast(vals[0], Type::I64)),
            TyKind::Nominal(..) if self.cx.is_enum(ty) && self.cx.enum_layout(ty).is_c_like => true,
            _ => return None,
        };
        Some(self.e.resize(vals[0], Type::I64, signed))
    }

    /// Both zeros are equal, and tables take all NaN for one.
    fn hash_float(&mut self, float: FloatTy, value: Value) -> Value {
        let wide = match float {
            FloatTy::F32 => self.e.convert(Op::Fpromote, Type::F32, Type::F64, value),
            FloatTy::F64 => value,
        };
        let zero = self.e.zero_of(Type::F64);
        let positive = self.e.binary(Op::Fadd, Type::F64, wide, zero);
        let bits = self.e.bitcast(positive, Type::I64);
        let nan = self.e.iconst(Type::I64, f64::NAN.to_bits() as i64);
        let is_nan = self.e.fcmp(FloatCc::Ne, Type::F64, wide, wide);
        self.e.select(Type::I64, is_nan, nan, bits)
    }

    /// Whether two keys are the same: equal, or both NaN.
    pub fn same_key(&mut self, ty: Ty, a: &[Value], b: &[Value]) -> Value {
        let equal = self.equal(ty, a, b);
        let (TyKind::Float(_), &[a], &[b]) = (self.cx.kind(ty), a, b) else { return equal };
        let scalar = self.e.type_of(a);
        let (a_nan, b_nan) = (self.e.fcmp(FloatCc::Ne, scalar, a, a), self.e.fcmp(FloatCc::Ne, scalar, b, b));
        let both = self.e.binary(Op::And, Type::I8, a_nan, b_nan);
        self.e.binary(Op::Or, Type::I8, equal, both)
    }

    /// Adds a hash to those before.
    fn fold_hash(&mut self, state: Var, hash: Value) {
        let before = self.e.read_var(state);
        let turn = self.e.iconst(Type::I64, TURN);
        let turned = self.e.binary(Op::Rotl, Type::I64, before, turn);
        let joined = self.e.binary(Op::Xor, Type::I64, turned, hash);
        let factor = self.e.iconst(Type::I64, FACTOR);
        let mixed = self.e.binary(Op::Imul, Type::I64, joined, factor);
        self.e.write_var(state, mixed);
    }

    fn fold_place(&mut self, state: Var, place: &Place) {
        let vals = self.read(place);
        let hash = self.hash(place.ty(), &vals);
        self.fold_hash(state, hash);
    }

    /// The body of a function that hashes a type.
    fn hash_all(&mut self, ty: Ty) {
        let count = self.cx.scalars(ty).len();
        let place = Place::Value { vals: self.take_params(&mut 0, count), ty };
        let state = self.e.new_var(Type::I64);
        let start = self.e.iconst(Type::I64, 0);
        self.e.write_var(state, start);
        match self.cx.kind(ty).clone() {
            TyKind::Array(element) => {
                let array = self.read_leaf(&place, 0);
                let length = self.array_len(array);
                self.fold_hash(state, length);
                self.count_loop(length, |this, index| {
                    let item = this.element_place(array, index, element);
                    this.fold_place(state, &item);
                });
            }
            TyKind::FixedArray(element, length) => {
                let length = self.e.iconst(Type::I64, length as i64);
                self.count_loop(length, |this, index| {
                    let item = this.fixed_element(&place, index, element);
                    this.fold_place(state, &item);
                });
            }
            TyKind::Optional(_) => {
                let is_some = self.is_some(&place);
                let (inside, join) = (self.e.new_block(), self.e.new_block());
                self.e.branch(is_some, inside, join);
                self.e.begin(inside);
                let payload = self.payload(&place);
                self.fold_place(state, &payload);
                self.e.jump(join);
                self.e.begin(join);
            }
            TyKind::Nominal(id, _) if matches!(self.cx.tree.nominals[id.index()].kind, NominalKind::Enum { .. }) => {
                self.hash_variants(state, &place);
            }
            TyKind::Tuple(_) | TyKind::Record(_) | TyKind::Nominal(..) => {
                for index in 0..self.cx.fields(ty).fields.len() {
                    let field = self.field(&place, index);
                    self.fold_place(state, &field);
                }
            }
            _ => self.fold_place(state, &place),
        }
        let hash = self.e.read_var(state);
        self.e.ret(&[hash]);
    }

    fn hash_variants(&mut self, state: Var, place: &Place) {
        let ty = place.ty();
        let tag = self.read_leaf(place, 0);
        let wide = self.e.resize(tag, Type::I64, true);
        self.fold_hash(state, wide);
        let join = self.e.new_block();
        for (variant, block) in self.variant_blocks(ty, tag, join) {
            self.e.begin(block);
            for field in 0..self.variant_field_count(ty, variant) {
                let field = self.variant_field(place, variant, field);
                self.fold_place(state, &field);
            }
            self.e.jump(join);
        }
        self.e.begin(join);
    }
}

impl ModuleBuilder<'_> {
    pub fn build_hash(&mut self, ty: Ty) -> Function {
        let name = format!("hash<{}>", self.type_name(ty));
        let signature = Signature { params: self.scalars(ty), results: vec![Type::I64] };
        self.synthesize(name, signature, |builder| builder.hash_all(ty))
    }

    /// The method of a class of std by which it wants to be shown, compared or hashed.
    pub fn std_hook(&mut self, ty: Ty, name: &str) -> Option<FuncId> {
        let function = self.std_hook_id(ty, name)?;
        let TyKind::Nominal(_, args) = self.kind(ty).clone() else { return None };
        Some(self.instance(Instance::Function(function, args)))
    }

    pub fn std_hook_id(&self, ty: Ty, name: &str) -> Option<crate::tir::FuncId> {
        let TyKind::Nominal(id, _) = *self.kind(ty) else { return None };
        let nominal = &self.tree.nominals[id.index()];
        if !self.is_class(ty) || !self.tree.modules[nominal.module.index()].name.as_str().starts_with("std:") {
            return None;
        }
        nominal.methods.iter().find(|(known, _)| known.as_str() == name).map(|&(_, function)| function)
    }
}
