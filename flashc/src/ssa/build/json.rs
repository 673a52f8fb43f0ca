//! What reading and writing JSON have in common: which types have a form of their own, calls of `std:json`'s
//! functions, and the keys of maps, which JSON writes as texts.

use super::emitter::Vals;
use super::expr::single;
use super::function::FnBuilder;
use super::module::{Instance, ModuleBuilder};
use super::place::Place;
use crate::source::Symbol;
use crate::ssa::{Block, Function, IntCc, Mem, Op, Region, Signature, Type, Value};
use crate::tir::{self, IntTy, NominalKind, Ty, TyKind};
use flash_abi::symbols::Rt;

/// A type of std whose form in JSON is not that of its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// `std:json.Json`
    Document,
    Map,
    Set,
}

/// A field of a type that JSON writes as an object.
pub struct JsonField {
    pub name: String,
    pub ty: Ty,
    /// Gives the value when it is left out.
    pub default: Option<tir::FuncId>,
}

impl ModuleBuilder<'_> {
    pub fn json_special(&self, ty: Ty) -> Option<Special> {
        let TyKind::Nominal(id, _) = self.kind(ty) else { return None };
        let nominal = &self.tree.nominals[id.index()];
        let module = self.tree.modules[nominal.module.index()].name.as_str();
        match (module, nominal.name.as_str()) {
            ("std:json", "Json") => Some(Special::Document),
            ("std:map", "Map") => Some(Special::Map),
            ("std:set", "Set") => Some(Special::Set),
            _ => None,
        }
    }

    /// The fields of a struct, class or record.
    pub fn json_fields(&mut self, ty: Ty) -> Vec<JsonField> {
        let names = self.field_names(ty);
        let types: Vec<Ty> = self.fields(ty).fields.iter().map(|field| field.ty).collect();
        let tree = self.tree;
        let defaults: Vec<Option<tir::FuncId>> = match self.kind(ty) {
            TyKind::Nominal(id, _) => match &tree.nominals[id.index()].kind {
                NominalKind::Record { fields, .. } => fields.iter().map(|field| field.default).collect(),
                _ => bug!("build: JSON fields of no record"),
            },
            _ => vec![None; names.len()],
        };
        let fields = names.into_iter().zip(types).zip(defaults);
        fields.map(|((name, ty), default)| JsonField { name, ty, default }).collect()
    }

    pub fn build_json_key(&mut self, ty: Ty) -> Function {
        let name = format!("json_key<{}>", self.type_name(ty));
        let signature = Signature { params: self.scalars(ty), results: self.scalars(Ty::STR) };
        self.synthesize(name, signature, |builder| builder.enum_key(ty))
    }

    pub fn build_json_read_key(&mut self, ty: Ty) -> Function {
        let name = format!("json_read_key<{}>", self.type_name(ty));
        let mut params = vec![Type::Ptr];
        params.extend(self.scalars(Ty::STR));
        let signature = Signature { params, results: self.scalars(ty) };
        self.synthesize(name, signature, |builder| builder.read_enum_key(ty))
    }
}

impl FnBuilder<'_, '_> {
    /// Calls the function of `std:json` that is marked with this name.
    pub fn json_call(&mut self, name: &str, type_args: Vec<Ty>, args: &[Vals]) -> Vals {
        let tree = self.cx.tree;
        let Some(&id) = tree.lang.get(&Symbol::new(name)) else { bug!("build: std has no `{}`", name) };
        let result = self.cx.types.substitute(tree.functions[id.index()].result, &type_args);
        self.call_function(id, type_args, args, result, None)
    }

    pub fn int_const(&mut self, value: i64) -> Vals {
        single(self.e.iconst(Type::I64, value))
    }

    /// Goes to the block of the name that a text is, or to `otherwise`: by length, then by content.
    pub fn switch_text(&mut self, text: &[Value], names: &[(&str, Block)], otherwise: Block) {
        let mut by_length: Vec<(usize, Vec<(&str, Block)>)> = Vec::new();
        for &(name, block) in names {
            match by_length.iter_mut().find(|(length, _)| *length == name.len()) {
                Some((_, same)) => same.push((name, block)),
                None => by_length.push((name.len(), vec![(name, block)])),
            }
        }
        let tests: Vec<Block> = by_length.iter().map(|_| self.e.new_block()).collect();
        let cases: Vec<(i64, Block)> =
            by_length.iter().zip(&tests).map(|((length, _), &block)| (*length as i64, block)).collect();
        self.e.switch(text[1], &cases, otherwise);
        for ((_, names), test) in by_length.iter().zip(tests) {
            self.e.begin(test);
            for &(name, block) in names {
                let next = self.e.new_block();
                let is_equal = self.equals_bytes(text[0], name.as_bytes());
                self.e.branch(is_equal, block, next);
                self.e.begin(next);
            }
            self.e.jump(otherwise);
        }
    }

    /// Whether as many bytes at an address are these: compared in words, the last of which may overlap.
    fn equals_bytes(&mut self, address: Value, bytes: &[u8]) -> Value {
        let mut is_equal = None;
        let mut at = 0;
        while at < bytes.len() {
            let left = bytes.len() - at;
            let (ty, size) = match left {
                8.. => (Type::I64, 8),
                _ if bytes.len() >= 8 => (Type::I64, 8),
                4.. => (Type::I32, 4),
                _ if bytes.len() >= 4 => (Type::I32, 4),
                2.. => (Type::I16, 2),
                _ => (Type::I8, 1),
            };
            let start = at.min(bytes.len() - size);
            let mut word = [0; 8];
            word[..size].copy_from_slice(&bytes[start..start + size]);
            let mem = Mem { offset: start as i32, region: Region::STR_BYTES, readonly: true };
            let found = self.e.load(ty, address, mem);
            let wanted = self.e.iconst(ty, i64::from_le_bytes(word));
            let same = self.e.icmp(IntCc::Eq, ty, found, wanted);
            is_equal = Some(match is_equal {
                Some(before) => self.e.binary(Op::And, Type::I8, before, same),
                None => same,
            });
            at = start + size;
        }
        is_equal.unwrap_or_else(|| self.e.iconst(Type::I8, 1))
    }

    // Keys of maps.

    /// The text that stands for a map's key.
    pub fn json_key(&mut self, ty: Ty, vals: &[Value]) -> Vals {
        if !self.cx.is_enum(ty) {
            return self.show(ty, vals);
        }
        let callee = self.cx.instance(Instance::JsonKey(ty));
        let results = self.cx.scalars(Ty::STR);
        self.e.call(callee, vals, &results)
    }

    /// The name of the variant of an enum without values.
    fn enum_key(&mut self, ty: Ty) {
        let count = self.cx.scalars(ty).len();
        let place = Place::Value { vals: self.take_params(&mut 0, count), ty };
        let tag = self.read_leaf(&place, 0);
        let cases: Vec<(String, i64, Block)> = self
            .variant_names(ty)
            .into_iter()
            .enumerate()
            .map(|(index, name)| (name, self.variant_value(ty, index), self.e.new_block()))
            .collect();
        let unknown = self.e.new_block();
        let table: Vec<(i64, Block)> = cases.iter().map(|&(_, value, block)| (value, block)).collect();
        self.e.switch(tag, &table, unknown);
        for (name, _, block) in cases {
            self.e.begin(block);
            let text = self.text(&name);
            self.e.ret(&text);
        }
        // An integer that is no variant's, by a conversion.
        self.e.begin(unknown);
        let text = self.show(ty, &[tag]);
        self.e.ret(&text);
    }

    /// The map's key that a text stands for.
    pub fn json_read_key(&mut self, ty: Ty, reader: Value, key: &[Value]) -> Vals {
        let reader = single(reader);
        let text = Vals::from_slice(key);
        match *self.cx.kind(ty) {
            TyKind::Str => text,
            TyKind::Bool => self.json_call("json_key_bool", Vec::new(), &[reader, text]),
            TyKind::Char => self.json_call("json_key_char", Vec::new(), &[reader, text]),
            TyKind::Int(IntTy::U64) => self.json_call("json_key_u64", Vec::new(), &[reader, text]),
            TyKind::Int(int) => {
                let (min, max) = (self.int_const(int.min() as i64), self.int_const(int.max() as i64));
                let what = self.text(int.name());
                let wide = self.json_call("json_key_int", Vec::new(), &[reader, text, min, max, what]);
                single(self.e.resize(wide[0], super::layout::int_type(int), int.is_signed()))
            }
            _ => {
                let callee = self.cx.instance(Instance::JsonReadKey(ty));
                let args: Vals = reader.into_iter().chain(text).collect();
                let results = self.cx.scalars(ty);
                self.e.call(callee, &args, &results)
            }
        }
    }

    fn read_enum_key(&mut self, ty: Ty) {
        let reader = self.e.param(0);
        let key = self.take_params(&mut 1, 2);
        let names = self.variant_names(ty);
        let cases: Vec<(&str, Block)> = names.iter().map(|name| (name.as_str(), self.e.new_block())).collect();
        let unknown = self.e.new_block();
        self.switch_text(&key, &cases, unknown);
        for (index, &(_, block)) in cases.iter().enumerate() {
            self.e.begin(block);
            let vals = self.variant_of_leaves(ty, index, &[]);
            self.e.ret(&vals);
        }
        self.e.begin(unknown);
        let what = self.cx.type_name(ty);
        let what = self.text(&what);
        self.json_call("json_wrong_key", Vec::new(), &[single(reader), key, what]);
    }

    pub fn variant_names(&self, ty: Ty) -> Vec<String> {
        let TyKind::Nominal(id, _) = self.cx.kind(ty) else { bug!("build: variants of no enum") };
        match &self.cx.tree.nominals[id.index()].kind {
            NominalKind::Enum { variants } => variants.iter().map(|variant| variant.name.to_string()).collect(),
            _ => bug!("build: variants of no enum"),
        }
    }

    /// Ends the block: JSON has no form for this type, which typecheck has refused.
    pub fn no_json(&mut self, ty: Ty) {
        let text = self.text(&format!("`{}` has no form in JSON", self.cx.type_name(ty)));
        self.e.fail(Rt::FailPanic, text[0], Some(text[1]));
    }
}
