//! `std:json.stringify`: a function for each type writes its values to a writer of the runtime. Structs, classes and
//! records become objects, tuples and arrays arrays, enums the name of their variant or an object with that name.

use super::emitter::Vals;
use super::expr::single;
use super::function::FnBuilder;
use super::json::Special;
use super::module::{Instance, ModuleBuilder};
use super::place::Place;
use crate::ssa::{Block, Function, Signature, Type, Value};
use crate::tir::{FloatTy, IntTy, NominalKind, Ty, TyKind};
use flash_abi::symbols::Rt;

impl ModuleBuilder<'_> {
    pub fn build_json_write(&mut self, ty: Ty) -> Function {
        let name = format!("json_write<{}>", self.type_name(ty));
        let mut params = vec![Type::Ptr];
        params.extend(self.scalars(ty));
        let signature = Signature { params, results: Vec::new() };
        self.synthesize(name, signature, |builder| {
            let writer = builder.e.param(0);
            let count = builder.cx.scalars(ty).len();
            let place = Place::Value { vals: builder.take_params(&mut 1, count), ty };
            builder.write_json_parts(writer, &place);
            builder.e.ret(&[]);
        })
    }
}

impl FnBuilder<'_, '_> {
    /// Writes a value of any type.
    pub fn json_write(&mut self, writer: Value, ty: Ty, vals: &[Value]) {
        if self.e.is_dead() {
            return;
        }
        let (rt, value) = match *self.cx.kind(ty) {
            TyKind::Int(int) => {
                let wide = self.e.resize(vals[0], Type::I64, int.is_signed());
                (if int == IntTy::U64 { Rt::JsonU64 } else { Rt::JsonI64 }, wide)
            }
            TyKind::Float(FloatTy::F32) => (Rt::JsonF32, vals[0]),
            TyKind::Float(FloatTy::F64) => (Rt::JsonF64, vals[0]),
            TyKind::Bool => (Rt::JsonBool, vals[0]),
            TyKind::Char => (Rt::JsonChar, vals[0]),
            TyKind::Str => {
                self.e.call_rt(Rt::JsonStr, &[writer, vals[0], vals[1]]);
                return;
            }
            _ if self.cx.json_special(ty) == Some(Special::Document) => {
                self.json_call("json_write_value", Vec::new(), &[single(writer), vals.iter().copied().collect()]);
                return;
            }
            _ => {
                let callee = self.cx.instance(Instance::JsonWrite(ty));
                let args: Vals = std::iter::once(writer).chain(vals.iter().copied()).collect();
                self.e.call(callee, &args, &[]);
                return;
            }
        };
        self.e.call_rt(rt, &[writer, value]);
    }

    fn json_write_place(&mut self, writer: Value, place: &Place) {
        let vals = self.read(place);
        self.json_write(writer, place.ty(), &vals);
    }

    /// The body of the function that writes a type.
    fn write_json_parts(&mut self, writer: Value, place: &Place) {
        let ty = place.ty();
        match self.cx.kind(ty).clone() {
            TyKind::Optional(_) => self.write_json_optional(writer, place),
            TyKind::Array(element) => {
                let array = self.read_leaf(place, 0);
                self.json_once(writer, array, |this| {
                    let length = this.array_len(array);
                    this.write_json_items(writer, length, |this, index| this.element_place(array, index, element));
                });
            }
            TyKind::FixedArray(element, length) => {
                let length = self.e.iconst(Type::I64, length as i64);
                self.write_json_items(writer, length, |this, index| this.fixed_element(place, index, element));
            }
            TyKind::Tuple(items) => {
                let items: Vec<Place> = (0..items.len()).map(|index| self.field(place, index)).collect();
                self.write_json_list(writer, &items);
            }
            TyKind::Record(_) => self.write_json_fields(writer, place),
            TyKind::Nominal(id, args) => match (self.cx.json_special(ty), &self.cx.tree.nominals[id.index()].kind) {
                (Some(Special::Map), _) => {
                    let map = self.read_leaf(place, 0);
                    self.json_once(writer, map, |this| {
                        this.json_call("json_write_map", args, &[single(writer), single(map)]);
                    });
                }
                (Some(Special::Set), _) => {
                    let set = self.read_leaf(place, 0);
                    self.json_call("json_write_set", args, &[single(writer), single(set)]);
                }
                (_, NominalKind::Record { .. }) if self.cx.is_class(ty) => {
                    let object = self.read_leaf(place, 0);
                    self.json_once(writer, object, |this| this.write_json_fields(writer, place));
                }
                (_, NominalKind::Record { .. }) => self.write_json_fields(writer, place),
                (_, NominalKind::Enum { .. }) => self.write_json_enum(writer, place),
                (_, NominalKind::Interface { .. }) => self.no_json(ty),
            },
            TyKind::Void | TyKind::Never | TyKind::Function(..) | TyKind::Pointer(_) => self.no_json(ty),
            _ => self.json_write_place(writer, place),
        }
    }

    fn write_json_optional(&mut self, writer: Value, place: &Place) {
        let (null, some, join) = (self.e.new_block(), self.e.new_block(), self.e.new_block());
        let is_null = self.is_null(place);
        self.e.branch(is_null, null, some);
        self.e.begin(null);
        self.e.call_rt(Rt::JsonNull, &[writer]);
        self.e.jump(join);
        self.e.begin(some);
        let payload = self.payload(place);
        self.json_write_place(writer, &payload);
        self.e.jump(join);
        self.e.begin(join);
    }

    /// Writes an object, unless it is being written already, which the writer remembers as an error.
    fn json_once(&mut self, writer: Value, object: Value, write: impl FnOnce(&mut Self)) {
        let (inside, join): (Block, Block) = (self.e.new_block(), self.e.new_block());
        let is_new = self.e.call_rt(Rt::JsonEnter, &[writer, object])[0];
        self.e.branch(is_new, inside, join);
        self.e.begin(inside);
        write(self);
        self.e.call_rt(Rt::JsonLeave, &[writer]);
        self.e.jump(join);
        self.e.begin(join);
    }

    fn json_bracket(&mut self, writer: Value, rt: Rt, bracket: u8) {
        let bracket = self.e.iconst(Type::I8, i64::from(bracket));
        self.e.call_rt(rt, &[writer, bracket]);
    }

    fn write_json_items(&mut self, writer: Value, length: Value, item: impl FnOnce(&mut Self, Value) -> Place) {
        self.json_bracket(writer, Rt::JsonOpen, b'[');
        self.count_loop(length, |this, index| {
            this.e.call_rt(Rt::JsonItem, &[writer]);
            let place = item(this, index);
            this.json_write_place(writer, &place);
        });
        self.json_bracket(writer, Rt::JsonClose, b']');
    }

    fn write_json_list(&mut self, writer: Value, items: &[Place]) {
        self.json_bracket(writer, Rt::JsonOpen, b'[');
        for item in items {
            self.e.call_rt(Rt::JsonItem, &[writer]);
            self.json_write_place(writer, item);
        }
        self.json_bracket(writer, Rt::JsonClose, b']');
    }

    fn write_json_fields(&mut self, writer: Value, place: &Place) {
        let names = self.cx.field_names(place.ty());
        let fields: Vec<(String, Place)> =
            names.into_iter().enumerate().map(|(index, name)| (name, self.field(place, index))).collect();
        self.write_json_named(writer, &fields);
    }

    fn write_json_named(&mut self, writer: Value, fields: &[(String, Place)]) {
        self.json_bracket(writer, Rt::JsonOpen, b'{');
        for (name, place) in fields {
            self.json_field(writer, name);
            self.json_write_place(writer, place);
        }
        self.json_bracket(writer, Rt::JsonClose, b'}');
    }

    /// A name needs no escapes.
    fn json_field(&mut self, writer: Value, name: &str) {
        let quoted = self.text(&format!("\"{name}\""));
        self.e.call_rt(Rt::JsonField, &[writer, quoted[0], quoted[1]]);
    }

    /// `"Empty"`, `{"Circle": 1.0}`, `{"Line": [1, 2]}`, `{"Rect": {"w": 1, "h": 2}}`
    fn write_json_enum(&mut self, writer: Value, place: &Place) {
        let ty = place.ty();
        let TyKind::Nominal(id, _) = *self.cx.kind(ty) else { return };
        let tree = self.cx.tree;
        let NominalKind::Enum { variants } = &tree.nominals[id.index()].kind else { return };
        let is_c_like = self.cx.enum_layout(ty).is_c_like;
        let tag = self.read_leaf(place, 0);
        let cases: Vec<(i64, Block)> = (0..variants.len())
            .map(|index| (if is_c_like { variants[index].value } else { index as i64 }, self.e.new_block()))
            .collect();
        let (unknown, join) = (self.e.new_block(), self.e.new_block());
        self.e.switch(tag, &cases, unknown);
        for (index, (_, block)) in cases.into_iter().enumerate() {
            self.e.begin(block);
            let variant = &variants[index];
            let fields: Vec<(String, Place)> = (0..variant.fields.len())
                .map(|field| (variant.fields[field].name.to_string(), self.variant_field(place, index, field)))
                .collect();
            if fields.is_empty() {
                let name = self.text(variant.name.as_str());
                self.e.call_rt(Rt::JsonStr, &[writer, name[0], name[1]]);
                self.e.jump(join);
                continue;
            }
            self.json_bracket(writer, Rt::JsonOpen, b'{');
            self.json_field(writer, variant.name.as_str());
            match &fields[..] {
                [(name, only)] if name == "0" => self.json_write_place(writer, only),
                [(name, _), ..] if name == "0" => {
                    let items: Vec<Place> = fields.into_iter().map(|(_, place)| place).collect();
                    self.write_json_list(writer, &items);
                }
                _ => self.write_json_named(writer, &fields),
            }
            self.json_bracket(writer, Rt::JsonClose, b'}');
            self.e.jump(join);
        }
        // An integer that is no variant's, by a conversion.
        self.e.begin(unknown);
        let wide = self.e.resize(tag, Type::I64, true);
        self.e.call_rt(Rt::JsonI64, &[writer, wide]);
        self.e.jump(join);
        self.e.begin(join);
    }
}
