//! `std:json.parse`: a function for each type reads its values by what `std/json.fl` offers. A struct's function
//! goes through the keys of the object once, finds each among its fields' names, and at the end looks after those
//! that were not there.

use super::emitter::Vals;
use super::expr::single;
use super::function::FnBuilder;
use super::json::{JsonField, Special};
use super::layout::{VariantLayout, int_type};
use super::module::{Area, Instance, ModuleBuilder};
use super::place::Place;
use super::ssa_vars::Var;
use crate::ssa::{Block, Function, Op, Type, Value};
use crate::tir::{FloatTy, IntTy, NominalKind, Ty, TyKind, Variant};

/// Fields that one word remembers as seen.
const WORD: usize = 64;

impl ModuleBuilder<'_> {
    pub fn build_json_read(&mut self, ty: Ty) -> Function {
        let name = format!("json_read<{}>", self.type_name(ty));
        let mut signature = self.signature(&[], &[], ty);
        signature.params.push(Type::Ptr);
        let is_memory = self.is_memory(ty);
        self.synthesize(name, signature, |builder| {
            let reader = single(builder.e.param(usize::from(is_memory)));
            let into = is_memory.then(|| {
                let address = builder.e.param(0);
                Place::Memory { address, offset: 0, area: Area::ANY, ty, readonly: false }
            });
            builder.read_json_parts(&reader, ty, into);
        })
    }
}

impl FnBuilder<'_, '_> {
    /// Reads a value of any type.
    pub fn json_read(&mut self, reader: &Vals, ty: Ty) -> Vals {
        if self.e.is_dead() {
            return self.dummy(ty);
        }
        let name = match *self.cx.kind(ty) {
            TyKind::Bool => "json_read_bool",
            TyKind::Char => "json_read_char",
            TyKind::Str => "json_read_str",
            TyKind::Float(FloatTy::F32) => "json_read_f32",
            TyKind::Float(FloatTy::F64) => "json_read_f64",
            TyKind::Int(IntTy::U64) => "json_read_u64",
            TyKind::Int(int) => {
                let (min, max) = (self.int_const(int.min() as i64), self.int_const(int.max() as i64));
                let what = self.text(int.name());
                let wide = self.json_call("json_read_int", Vec::new(), &[reader.clone(), min, max, what]);
                return single(self.e.resize(wide[0], int_type(int), int.is_signed()));
            }
            TyKind::Array(element) => {
                return self.json_call("json_read_array", vec![element], std::slice::from_ref(reader));
            }
            _ => match self.cx.json_special(ty) {
                Some(Special::Document) => "json_read_value",
                Some(special) => {
                    let TyKind::Nominal(_, args) = self.cx.kind(ty).clone() else { bug!("build: no special type") };
                    let name = if special == Special::Map { "json_read_map" } else { "json_read_set" };
                    return self.json_call(name, args, std::slice::from_ref(reader));
                }
                None => return self.call_json_read(reader, ty),
            },
        };
        self.json_call(name, Vec::new(), std::slice::from_ref(reader))
    }

    fn call_json_read(&mut self, reader: &Vals, ty: Ty) -> Vals {
        let callee = self.cx.instance(Instance::JsonRead(ty));
        let (values, results, address) = self.call_values(None, std::slice::from_ref(reader), ty, None);
        let vals = self.e.call(callee, &values, &results);
        self.call_result(vals, address)
    }

    /// The body of the function that reads a type; `into` is where a value of the memory class goes.
    fn read_json_parts(&mut self, reader: &Vals, ty: Ty, into: Option<Place>) {
        match self.cx.kind(ty).clone() {
            TyKind::Optional(inner) => self.read_json_optional(reader, inner, ty, into),
            TyKind::FixedArray(element, length) => {
                let Some(place) = into else { bug!("build: a fixed array in scalars") };
                self.read_json_fixed(reader, element, length, &place);
            }
            TyKind::Tuple(items) => {
                let homes = self.json_homes(&items, into.as_ref(), None);
                self.read_json_list(reader, &items, &homes);
                self.end_json_read(&homes, into.is_some());
            }
            TyKind::Record(_) => self.read_json_record(reader, ty, into),
            TyKind::Nominal(id, _) => match &self.cx.tree.nominals[id.index()].kind {
                NominalKind::Record { .. } => self.read_json_record(reader, ty, into),
                NominalKind::Enum { variants } => self.read_json_enum(reader, ty, variants, into),
                NominalKind::Interface { .. } => self.no_json(ty),
            },
            TyKind::Void | TyKind::Never | TyKind::Function(..) | TyKind::Pointer(_) => self.no_json(ty),
            _ => {
                let vals = self.json_read(reader, ty);
                self.e.ret(&vals);
            }
        }
    }

    fn read_json_optional(&mut self, reader: &Vals, inner: Ty, ty: Ty, into: Option<Place>) {
        let (null, some) = (self.e.new_block(), self.e.new_block());
        let is_null = self.json_call("json_take_null", Vec::new(), std::slice::from_ref(reader))[0];
        self.e.branch(is_null, null, some);
        self.e.begin(null);
        match &into {
            Some(place) => {
                self.zero_place(place);
                self.e.ret(&[]);
            }
            None => {
                let vals = self.dummy(ty);
                self.e.ret(&vals);
            }
        }
        self.e.begin(some);
        let vals = self.json_read(reader, inner);
        match &into {
            Some(place) => {
                let payload = self.payload(place);
                self.write(&payload, &vals);
                self.set_tag(place, inner);
                self.e.ret(&[]);
            }
            None => {
                let vals = self.wrap(inner, vals);
                self.e.ret(&vals);
            }
        }
    }

    fn read_json_fixed(&mut self, reader: &Vals, element: Ty, length: u64, place: &Place) {
        let what = self.text(&format!("an array of {length}"));
        let start = self.json_call("json_begin_array", Vec::new(), &[reader.clone(), what]);
        let count = self.e.iconst(Type::I64, length as i64);
        self.count_loop(count, |this, index| {
            let args = [reader.clone(), start.clone(), single(index), single(count)];
            this.json_call("json_need_item", Vec::new(), &args);
            let vals = this.json_read(reader, element);
            let to = this.fixed_element(place, index, element);
            this.write(&to, &vals);
        });
        self.json_call("json_end_items", Vec::new(), &[reader.clone(), start, single(count)]);
        self.e.ret(&[]);
    }

    /// Where the parts of a value are put as they are read: in the value's memory or the object, else in variables.
    fn json_homes(&mut self, types: &[Ty], into: Option<&Place>, object: Option<(Value, Ty)>) -> Vec<Place> {
        let mut homes = Vec::with_capacity(types.len());
        for (index, &ty) in types.iter().enumerate() {
            homes.push(match (into, object) {
                (Some(place), _) => self.field(place, index),
                (None, Some((object, class))) => self.object_field(object, class, index),
                (None, None) if self.cx.is_memory(ty) => self.temp(ty),
                (None, None) => {
                    let types = self.cx.scalars(ty);
                    let first = self.e.new_vars(&types);
                    let home = Place::Vars { first, ty };
                    let zero = self.dummy(ty);
                    self.write(&home, &zero);
                    home
                }
            });
        }
        homes
    }

    /// Gives what is in the homes, unless that is where it belongs already.
    fn end_json_read(&mut self, homes: &[Place], is_in_place: bool) {
        let vals: Vals =
            if is_in_place { Vals::new() } else { homes.iter().flat_map(|home| self.read(home)).collect() };
        self.e.ret(&vals);
    }

    fn read_json_home(&mut self, reader: &Vals, home: &Place) {
        let vals = self.json_read(reader, home.ty());
        self.write(home, &vals);
    }

    /// An array with one element for each home.
    fn read_json_list(&mut self, reader: &Vals, types: &[Ty], homes: &[Place]) {
        let what = self.text(&format!("an array of {}", types.len()));
        let start = self.json_call("json_begin_array", Vec::new(), &[reader.clone(), what]);
        let count = self.int_const(types.len() as i64);
        for (index, home) in homes.iter().enumerate() {
            let index = self.int_const(index as i64);
            let args = [reader.clone(), start.clone(), index, count.clone()];
            self.json_call("json_need_item", Vec::new(), &args);
            self.read_json_home(reader, home);
        }
        self.json_call("json_end_items", Vec::new(), &[reader.clone(), start, count]);
    }

    /// A struct, class or record: an object with its fields.
    fn read_json_record(&mut self, reader: &Vals, ty: Ty, into: Option<Place>) {
        let object = self.cx.is_class(ty).then(|| {
            let descriptor = self.cx.class_descriptor(ty);
            (self.e.alloc(descriptor), ty)
        });
        let fields = self.cx.json_fields(ty);
        let types: Vec<Ty> = fields.iter().map(|field| field.ty).collect();
        let homes = self.json_homes(&types, into.as_ref(), object);
        let type_args = self.nominal_args(ty);
        let what = self.cx.type_name(ty);
        self.read_json_fields(reader, &what, &fields, &homes, &type_args);
        match object {
            Some((object, _)) => self.e.ret(&[object]),
            None => self.end_json_read(&homes, into.is_some()),
        }
    }

    fn nominal_args(&self, ty: Ty) -> Vec<Ty> {
        match self.cx.kind(ty) {
            TyKind::Nominal(_, args) => args.clone(),
            _ => Vec::new(),
        }
    }

    fn read_json_fields(&mut self, reader: &Vals, what: &str, fields: &[JsonField], homes: &[Place], type_args: &[Ty]) {
        let seen: Vec<Var> = (0..fields.len().div_ceil(WORD)).map(|_| self.e.new_var(Type::I64)).collect();
        let zero = self.e.iconst(Type::I64, 0);
        for &word in &seen {
            self.e.write_var(word, zero);
        }
        let is_first = self.e.new_var(Type::I8);
        let one = self.e.iconst(Type::I8, 1);
        self.e.write_var(is_first, one);
        let what = self.text(what);
        let start = self.json_call("json_begin_object", Vec::new(), &[reader.clone(), what]);
        let (header, inside, exit) = (self.e.new_block(), self.e.new_block(), self.e.new_block());
        self.e.jump(header);
        self.e.switch_to(header);
        let first = self.e.read_var(is_first);
        let key = self.json_call("json_next_key", Vec::new(), &[reader.clone(), single(first)]);
        let is_end = self.e.is_zero(key[0]);
        self.e.branch(is_end, exit, inside);
        self.e.begin(inside);
        let none = self.e.iconst(Type::I8, 0);
        self.e.write_var(is_first, none);
        let cases: Vec<(&str, Block)> = fields.iter().map(|field| (field.name.as_str(), self.e.new_block())).collect();
        let unknown = self.e.new_block();
        self.switch_text(&key, &cases, unknown);
        for (index, &(_, block)) in cases.iter().enumerate() {
            self.e.begin(block);
            self.read_json_home(reader, &homes[index]);
            let bit = self.e.iconst(Type::I64, 1i64 << (index % WORD));
            let before = self.e.read_var(seen[index / WORD]);
            let now = self.e.binary(Op::Or, Type::I64, before, bit);
            self.e.write_var(seen[index / WORD], now);
            self.e.jump(header);
        }
        self.e.begin(unknown);
        self.json_call("json_skip_value", Vec::new(), std::slice::from_ref(reader));
        self.e.jump(header);
        self.e.seal(header);
        self.e.begin(exit);
        for (index, field) in fields.iter().enumerate() {
            let bit = self.e.iconst(Type::I64, 1i64 << (index % WORD));
            let word = self.e.read_var(seen[index / WORD]);
            let was_seen = self.e.binary(Op::And, Type::I64, word, bit);
            let (missing, next) = (self.e.new_block(), self.e.new_block());
            self.e.branch_nonzero(was_seen, next, missing);
            self.e.begin(missing);
            self.fill_json_field(reader, &start, field, &homes[index], type_args);
            self.e.jump(next);
            self.e.begin(next);
        }
    }

    /// A field that was not there.
    fn fill_json_field(&mut self, reader: &Vals, start: &Vals, field: &JsonField, home: &Place, type_args: &[Ty]) {
        if let Some(default) = field.default {
            let vals = self.call_function(default, type_args.to_vec(), &[], field.ty, None);
            self.write(home, &vals);
        } else if matches!(self.cx.kind(field.ty), TyKind::Optional(_)) {
            if self.cx.is_memory(field.ty) {
                self.zero_place(home);
            } else {
                let null = self.dummy(field.ty);
                self.write(home, &null);
            }
        } else {
            let name = self.text(&field.name);
            self.json_call("json_missing_field", Vec::new(), &[reader.clone(), start.clone(), name]);
        }
    }

    fn read_json_enum(&mut self, reader: &Vals, ty: Ty, variants: &[Variant], into: Option<Place>) {
        let what_name = self.cx.type_name(ty);
        let start = self.json_call("json_position", Vec::new(), std::slice::from_ref(reader));
        let what = self.text(&what_name);
        let name = self.json_call("json_begin_variant", Vec::new(), &[reader.clone(), what.clone()]);
        let names = self.variant_names(ty);
        let cases: Vec<(&str, Block)> = names.iter().map(|name| (name.as_str(), self.e.new_block())).collect();
        let unknown = self.e.new_block();
        self.switch_text(&name, &cases, unknown);
        for (index, &(_, block)) in cases.iter().enumerate() {
            self.e.begin(block);
            let needs_value = !variants[index].fields.is_empty();
            let needs = single(self.e.iconst(Type::I8, i64::from(needs_value)));
            let args = [reader.clone(), start.clone(), name.clone(), needs];
            self.json_call("json_check_variant", Vec::new(), &args);
            let leaves = self.read_json_variant(reader, ty, index, &variants[index]);
            if needs_value {
                self.json_call("json_end_variant", Vec::new(), std::slice::from_ref(reader));
            }
            let vals = self.variant_of_leaves(ty, index, &leaves);
            match &into {
                Some(place) => {
                    self.write_leaves(place, &vals);
                    self.e.ret(&[]);
                }
                None => self.e.ret(&vals),
            }
        }
        self.e.begin(unknown);
        let known = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let known = self.text(&known);
        self.json_call("json_unknown_variant", Vec::new(), &[reader.clone(), start, name, what, known]);
    }

    /// The fields of a variant (its only value, an array of them, or an object), by the leaves where they belong.
    fn read_json_variant(&mut self, reader: &Vals, ty: Ty, index: usize, variant: &Variant) -> Vec<(usize, Value)> {
        let types: Vec<Ty> = (0..variant.fields.len()).map(|field| self.variant_field_ty(ty, index, field)).collect();
        let layout = self.cx.enum_layout(ty);
        let (homes, boxed) = match &layout.variants[index] {
            VariantLayout::Inline(_) => (self.json_homes(&types, None, None), None),
            &VariantLayout::Boxed { leaf, contents } => {
                let descriptor = self.cx.cell_descriptor(contents);
                let address = self.e.alloc(descriptor);
                let contents = self.box_contents(address, contents);
                (self.json_homes(&types, Some(&contents), None), Some((leaf, address)))
            }
        };
        match &variant.fields[..] {
            [] => {}
            [only] if only.name.as_str() == "0" => self.read_json_home(reader, &homes[0]),
            [first, ..] if first.name.as_str() == "0" => self.read_json_list(reader, &types, &homes),
            fields => {
                let fields: Vec<JsonField> = fields
                    .iter()
                    .zip(&types)
                    .map(|(field, &ty)| JsonField { name: field.name.to_string(), ty, default: field.default })
                    .collect();
                let what = format!("{}.{}", self.cx.type_name(ty), variant.name);
                let type_args = self.nominal_args(ty);
                self.read_json_fields(reader, &what, &fields, &homes, &type_args);
            }
        }
        match (&layout.variants[index], boxed) {
            (VariantLayout::Inline(places), _) => {
                let values: Vec<Value> = homes.iter().flat_map(|home| self.read(home)).collect();
                places.iter().flatten().copied().zip(values).collect()
            }
            (VariantLayout::Boxed { .. }, boxed) => boxed.into_iter().collect(),
        }
    }
}
