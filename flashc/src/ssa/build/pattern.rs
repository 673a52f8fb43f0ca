//! `match`: arms are tried in order, their patterns tested part by part; one on constants only
//! becomes a `switch`.

use super::control::Sink;
use super::emitter::Vals;
use super::function::FnBuilder;
use super::layout::VariantLayout;
use super::module::Root;
use super::place::Place;
use crate::ssa::{Block, FloatCc, IntCc, Type, Value};
use crate::tir::{Arm, CompareOp, Const, Expr, LocalId, NominalKind, Pattern, PatternKind, Ty, TyKind};
use flash_abi::object::CELL_VALUE;

/// From this many constants on a `match` is a `switch`.
const MIN_SWITCH: usize = 4;

impl<'a> FnBuilder<'_, 'a> {
    pub fn match_(&mut self, value: &'a Expr, arms: &'a [Arm], sink: &Sink) {
        let place = self.place_or_value(value);
        if self.e.is_dead() {
            return;
        }
        if self.match_by_switch(&place, arms, sink) {
            return;
        }
        let join = self.e.new_block();
        for arm in arms {
            let next = self.e.new_block();
            self.test(&place, &arm.pattern, next);
            if let Some(guard) = &arm.guard {
                let body = self.e.new_block();
                self.condition(guard, body, next);
                self.e.begin(body);
            }
            self.put(&arm.body, sink);
            self.e.jump(join);
            self.e.begin(next);
            if self.e.is_dead() {
                break;
            }
        }
        // The match is exhaustive.
        self.e.unreachable();
        self.e.begin(join);
    }

    // By switch.

    fn match_by_switch(&mut self, place: &Place, arms: &'a [Arm], sink: &Sink) -> bool {
        let is_integer = match self.cx.kind(place.ty()) {
            TyKind::Int(_) | TyKind::Char => true,
            TyKind::Nominal(..) => self.cx.is_enum(place.ty()),
            _ => false,
        };
        if !is_integer {
            return false;
        }
        let mut cases: Vec<Vec<i64>> = Vec::new();
        let mut default = None;
        for (index, arm) in arms.iter().enumerate() {
            let mut constants = Vec::new();
            let is_last = match self.constants_of(&arm.pattern, place.ty(), &mut constants) {
                _ if arm.guard.is_some() => return false,
                None => return false,
                Some(covers_all) => covers_all,
            };
            cases.push(constants);
            if is_last {
                default = Some(index);
                break;
            }
        }
        if cases.iter().map(Vec::len).sum::<usize>() < MIN_SWITCH {
            return false;
        }
        let tag = self.read_leaf(place, 0);
        let blocks: Vec<Block> = cases.iter().map(|_| self.e.new_block()).collect();
        let (join, otherwise) = (self.e.new_block(), self.e.new_block());
        let mut seen = rustc_hash::FxHashSet::default();
        let mut table = Vec::new();
        for (constants, &block) in cases.iter().zip(&blocks) {
            table.extend(constants.iter().filter(|&&constant| seen.insert(constant)).map(|&case| (case, block)));
        }
        self.e.switch(tag, &table, default.map_or(otherwise, |index| blocks[index]));
        for (arm, &block) in arms.iter().zip(&blocks) {
            self.e.begin(block);
            if self.e.is_dead() {
                continue;
            }
            self.bind_switched(place, tag, &arm.pattern);
            self.put(&arm.body, sink);
            self.e.jump(join);
        }
        self.e.in_cold_block(otherwise, |e| e.unreachable());
        self.e.begin(join);
        true
    }

    /// Collects the integers that a pattern matches. `Some(true)`: it matches everything. `None`: it
    /// is not made of integers only.
    fn constants_of(&mut self, pattern: &Pattern, ty: Ty, constants: &mut Vec<i64>) -> Option<bool> {
        match &pattern.kind {
            PatternKind::Wildcard | PatternKind::Bind(_, None) => Some(true),
            PatternKind::Bind(_, Some(inner)) => self.constants_of(inner, ty, constants),
            PatternKind::Const(constant) => {
                let number = match constant {
                    Const::Int(value) => *value as i64,
                    Const::Char(value) => i64::from(u32::from(*value)),
                    _ => return None,
                };
                // As the tag's type holds it: sign-extended.
                constants.push(match self.cx.scalars(ty).first() {
                    Some(Type::I8) => i64::from(number as i8),
                    Some(Type::I16) => i64::from(number as i16),
                    Some(Type::I32) => i64::from(number as i32),
                    _ => number,
                });
                Some(false)
            }
            PatternKind::Variant { index, fields } if fields.iter().all(is_simple) => {
                let layout = self.cx.enum_layout(ty);
                let index = *index as usize;
                constants.push(if layout.is_c_like { self.variant_value(ty, index) } else { index as i64 });
                Some(false)
            }
            PatternKind::Or(patterns) => {
                for pattern in patterns {
                    if self.constants_of(pattern, ty, constants)? {
                        return Some(true);
                    }
                }
                Some(false)
            }
            _ => None,
        }
    }

    /// Binds what a pattern names, when a switch has found that it matches.
    fn bind_switched(&mut self, place: &Place, tag: Value, pattern: &'a Pattern) {
        match &pattern.kind {
            PatternKind::Bind(local, inner) => {
                let vals = match place {
                    Place::Value { vals, .. } if vals.len() == 1 => Vals::from_slice(&[tag]),
                    _ => self.read(place),
                };
                self.bind_local(*local, &vals);
                if let Some(inner) = inner {
                    self.bind_switched(place, tag, inner);
                }
            }
            PatternKind::Variant { .. } => self.bind(place, pattern),
            _ => {}
        }
    }

    // One after the other.

    /// Binds a pattern that cannot fail.
    pub fn bind(&mut self, place: &Place, pattern: &'a Pattern) {
        let never = self.e.new_block();
        self.test(place, pattern, never);
        self.e.in_cold_block(never, |e| e.unreachable());
    }

    pub fn bind_local(&mut self, local: LocalId, vals: &[Value]) {
        self.declare(local);
        let place = self.local(local);
        self.write(&place, vals);
    }

    /// Goes on when the pattern matches, with its names bound, and else to `fail`.
    fn test(&mut self, place: &Place, pattern: &'a Pattern, fail: Block) {
        if self.e.is_dead() {
            return;
        }
        match &pattern.kind {
            PatternKind::Wildcard => {}
            PatternKind::Bind(local, inner) => {
                if let Some(inner) = inner {
                    self.test(place, inner, fail);
                }
                let vals = self.read(place);
                self.bind_local(*local, &vals);
            }
            PatternKind::Const(constant) => {
                let holds = self.equals_constant(place, constant);
                self.require(holds, fail);
            }
            PatternKind::Range(low, high) => {
                let vals = self.read(place);
                let value = self.first(&vals);
                for (bound, op) in [(low, CompareOp::Ge), (high, CompareOp::Le)] {
                    if let Some(bound) = bound {
                        let bound = self.constant(bound, place.ty());
                        let holds = self.compare(op, place.ty(), &[value], &bound);
                        self.require(holds, fail);
                    }
                }
            }
            PatternKind::Some(inner) => {
                if matches!(self.cx.kind(place.ty()), TyKind::Optional(_)) {
                    let is_some = self.is_some(place);
                    self.require(is_some, fail);
                }
                let payload = self.payload(place);
                self.test(&payload, inner, fail);
            }
            PatternKind::Type(inner) => {
                let ty = self.ty(inner.ty);
                let holds = self.is_type(place, ty);
                self.require(holds, fail);
                if self.e.is_dead() {
                    return;
                }
                let found = self.downcast(place, ty);
                self.test(&found, inner, fail);
            }
            PatternKind::Tuple(patterns) => {
                for (index, pattern) in patterns.iter().enumerate() {
                    let field = self.field(place, index);
                    self.test(&field, pattern, fail);
                }
            }
            PatternKind::Fields(fields) => {
                for (index, pattern) in fields {
                    let field = self.field(place, *index as usize);
                    self.test(&field, pattern, fail);
                }
            }
            PatternKind::Variant { index, fields } => self.test_variant(place, *index as usize, fields, fail),
            PatternKind::Or(patterns) => self.test_any(place, patterns, fail),
        }
    }

    fn require(&mut self, holds: Value, fail: Block) {
        let goes_on = self.e.new_block();
        self.e.branch(holds, goes_on, fail);
        self.e.begin(goes_on);
    }

    fn test_any(&mut self, place: &Place, patterns: &'a [Pattern], fail: Block) {
        let matched = self.e.new_block();
        for pattern in patterns {
            let next = self.e.new_block();
            self.test(place, pattern, next);
            self.e.jump(matched);
            self.e.begin(next);
        }
        self.e.jump(fail);
        self.e.begin(matched);
    }

    fn test_variant(&mut self, place: &Place, index: usize, fields: &'a [Pattern], fail: Block) {
        let ty = place.ty();
        let layout = self.cx.enum_layout(ty);
        let expected = if layout.is_c_like { self.variant_value(ty, index) } else { index as i64 };
        let tag = self.read_leaf(place, 0);
        let expected = self.e.iconst(layout.tag, expected);
        let holds = self.e.icmp(IntCc::Eq, layout.tag, tag, expected);
        self.require(holds, fail);
        for (field, pattern) in fields.iter().enumerate() {
            let value = self.variant_field(place, index, field);
            self.test(&value, pattern, fail);
        }
    }

    /// A field of a variant that a value is known to be.
    pub fn variant_field(&mut self, place: &Place, index: usize, field: usize) -> Place {
        let ty = place.ty();
        let layout = self.cx.enum_layout(ty);
        match &layout.variants[index] {
            VariantLayout::Inline(places) => {
                let vals = places[field].iter().map(|&leaf| self.read_leaf(place, leaf)).collect();
                let field_ty = self.variant_field_ty(ty, index, field);
                Place::Value { vals, ty: field_ty }
            }
            VariantLayout::Boxed { leaf, contents } => {
                let address = self.read_leaf(place, *leaf);
                let contents = self.box_contents(address, *contents);
                self.field(&contents, field)
            }
        }
    }

    /// What is in the box of a variant.
    pub fn box_contents(&mut self, address: Value, contents: Ty) -> Place {
        let area = self.cx.area(Root::Cell(contents));
        Place::Memory { address, offset: CELL_VALUE as i32, area, ty: contents, readonly: false }
    }

    pub fn variant_field_count(&mut self, ty: Ty, index: usize) -> usize {
        let TyKind::Nominal(id, _) = *self.cx.kind(ty) else { bug!("build: a variant of no enum") };
        match &self.cx.tree.nominals[id.index()].kind {
            NominalKind::Enum { variants } => variants[index].fields.len(),
            _ => bug!("build: a variant of no enum"),
        }
    }

    pub fn variant_field_ty(&mut self, ty: Ty, index: usize, field: usize) -> Ty {
        let TyKind::Nominal(id, args) = self.cx.kind(ty).clone() else { bug!("build: a variant of no enum") };
        match &self.cx.tree.nominals[id.index()].kind {
            NominalKind::Enum { variants } => self.cx.types.substitute(variants[index].fields[field].ty, &args),
            _ => bug!("build: a variant of no enum"),
        }
    }

    /// The integer that `as` gives for a variant.
    pub fn variant_value(&self, ty: Ty, index: usize) -> i64 {
        let TyKind::Nominal(id, _) = self.cx.kind(ty) else { bug!("build: a variant of no enum") };
        match &self.cx.tree.nominals[id.index()].kind {
            NominalKind::Enum { variants } => variants[index].value,
            _ => bug!("build: a variant of no enum"),
        }
    }

    /// Whether a value equals a constant of a pattern.
    fn equals_constant(&mut self, place: &Place, constant: &Const) -> Value {
        let ty = place.ty();
        match (constant, self.cx.kind(ty).clone()) {
            (Const::Null, TyKind::Optional(_)) => self.is_null(place),
            (Const::Some(inner), TyKind::Optional(_)) => self.optional_equals(place, inner),
            // A constant of the payload's type stands for one that is not null.
            (_, TyKind::Optional(_)) => self.optional_equals(place, constant),
            (Const::Float(value), TyKind::Float(_)) if value.is_nan() => {
                let vals = self.read(place);
                let scalar = self.cx.scalars(ty)[0];
                self.e.fcmp(FloatCc::Ne, scalar, vals[0], vals[0])
            }
            _ => {
                let vals = self.read(place);
                let constant = self.constant(constant, ty);
                self.equal(ty, &vals, &constant)
            }
        }
    }

    fn optional_equals(&mut self, place: &Place, constant: &Const) -> Value {
        let var = self.e.new_var(Type::I8);
        let (some, join) = (self.e.new_block(), self.e.new_block());
        let is_some = self.is_some(place);
        let no = self.e.iconst(Type::I8, 0);
        self.e.write_var(var, no);
        self.e.branch(is_some, some, join);
        self.e.begin(some);
        let payload = self.payload(place);
        let equal = self.equals_constant(&payload, constant);
        self.e.write_var(var, equal);
        self.e.jump(join);
        self.e.begin(join);
        self.e.read_var(var)
    }
}

/// Matches whatever is there.
fn is_simple(pattern: &Pattern) -> bool {
    matches!(pattern.kind, PatternKind::Wildcard | PatternKind::Bind(_, None))
}
