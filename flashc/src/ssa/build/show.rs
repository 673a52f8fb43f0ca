//! `Show`, and texts put together from parts. What is no single scalar is written to a text buffer
//! by a function for its type, in the form that the language says: `[1, 2]`, `P { x: 1 }`, `(1, true)`.

use super::emitter::Vals;
use super::function::FnBuilder;
use super::known::KnownInterface;
use super::module::{Instance, ModuleBuilder};
use super::place::Place;
use crate::ssa::{Block, Function, Signature, Type, Value};
use crate::tir::{Const, Expr, ExprKind, FloatTy, NominalKind, Ty, TyKind};
use flash_abi::symbols::Rt;

/// A part of a concatenation.
enum Part<'a> {
    Text(String),
    /// A `str`.
    Value(&'a Expr),
    /// Something to be shown.
    Shown(&'a Expr),
}

impl<'a> FnBuilder<'_, 'a> {
    /// Joins texts. More than two, or any that has to be shown first, go to one buffer directly; a
    /// first part that is a text already stays out of it, because the rest may be appended to it in place.
    pub fn concat(&mut self, exprs: &'a [Expr]) -> Vals {
        let mut parts = Vec::new();
        self.collect_parts(exprs, &mut parts);
        match &parts[..] {
            [] => return self.text(""),
            [part] => return self.part_value(part),
            [a @ (Part::Text(_) | Part::Value(_)), b @ (Part::Text(_) | Part::Value(_))] => {
                let a = self.part_value(a);
                let b = self.part_value(b);
                if self.e.is_dead() {
                    return self.dummy(Ty::STR);
                }
                return self.e.call_rt(Rt::StrConcat, &[a[0], a[1], b[0], b[1]]);
            }
            _ => {}
        }
        let (first, rest) = match &parts[..] {
            [first @ Part::Value(_), rest @ ..] => (Some(self.part_value(first)), rest),
            all => (None, all),
        };
        if self.e.is_dead() {
            return self.dummy(Ty::STR);
        }
        let buffer = self.e.call_rt(Rt::BufNew, &[])[0];
        for part in rest {
            match part {
                Part::Text(text) => self.write_text(buffer, text),
                Part::Value(expr) => {
                    let vals = self.expr(expr);
                    self.write_shown(buffer, Ty::STR, &vals, false);
                }
                Part::Shown(expr) => {
                    let ty = self.ty(expr.ty);
                    let vals = self.expr(expr);
                    self.write_shown(buffer, ty, &vals, false);
                }
            }
        }
        match first {
            Some(text) => self.e.call_rt(Rt::BufFinishAfter, &[buffer, text[0], text[1]]),
            None => self.e.call_rt(Rt::BufFinish, &[buffer]),
        }
    }

    /// Flattens concatenations inside and joins neighbouring constants.
    fn collect_parts(&mut self, exprs: &'a [Expr], parts: &mut Vec<Part<'a>>) {
        for expr in exprs {
            match &expr.kind {
                ExprKind::Concat(inner) => self.collect_parts(inner, parts),
                ExprKind::Const(Const::Str(text)) => match parts.last_mut() {
                    Some(Part::Text(before)) => before.push_str(text.as_str()),
                    _ if text.as_str().is_empty() => {}
                    _ => parts.push(Part::Text(text.as_str().to_string())),
                },
                ExprKind::Show(inner) if self.ty(inner.ty) == Ty::STR => {
                    self.collect_parts(std::slice::from_ref(&**inner), parts);
                }
                ExprKind::Show(inner) => parts.push(Part::Shown(inner)),
                _ => parts.push(Part::Value(expr)),
            }
        }
    }

    fn part_value(&mut self, part: &Part<'a>) -> Vals {
        match part {
            Part::Text(text) => self.text(text),
            Part::Value(expr) => self.expr(expr),
            Part::Shown(expr) => {
                let ty = self.ty(expr.ty);
                let vals = self.expr(expr);
                self.show(ty, &vals)
            }
        }
    }

    /// A value as a `str`.
    pub fn show(&mut self, ty: Ty, vals: &[Value]) -> Vals {
        if self.e.is_dead() {
            return self.dummy(Ty::STR);
        }
        if ty == Ty::STR {
            return vals.iter().copied().collect();
        }
        if let Some(own) = self.cx.own_method(KnownInterface::Show, ty) {
            return self.call_own(own, ty, &[vals], Ty::STR);
        }
        let buffer = self.e.call_rt(Rt::BufNew, &[])[0];
        self.write_shown(buffer, ty, vals, false);
        self.e.call_rt(Rt::BufFinish, &[buffer])
    }

    fn write_text(&mut self, buffer: Value, text: &str) {
        self.write_part(Rt::BufStr, buffer, text);
    }

    /// Writes a text that begins, separates or ends parts, or is a word: `console` lays values out by that.
    fn write_part(&mut self, rt: Rt, buffer: Value, text: &str) {
        let vals = self.text(text);
        self.e.call_rt(rt, &[buffer, vals[0], vals[1]]);
    }

    /// Writes a value to a buffer. Texts and chars are quoted when they are `nested` in something.
    pub fn write_shown(&mut self, buffer: Value, ty: Ty, vals: &[Value], nested: bool) {
        if self.e.is_dead() {
            return;
        }
        if let Some(own) = self.cx.own_method(KnownInterface::Show, ty) {
            return self.write_own(own, buffer, ty, vals);
        }
        let (rt, value) = match self.cx.kind(ty).clone() {
            TyKind::Void | TyKind::Never => return self.write_part(Rt::BufWord, buffer, "void"),
            TyKind::Function(..) => return self.write_part(Rt::BufWord, buffer, "fn"),
            TyKind::Int(int) => {
                let wide = self.e.resize(vals[0], Type::I64, int.is_signed());
                (if int.is_signed() { Rt::BufI64 } else { Rt::BufU64 }, wide)
            }
            TyKind::Float(FloatTy::F32) => (Rt::BufF32, vals[0]),
            TyKind::Float(FloatTy::F64) => (Rt::BufF64, vals[0]),
            TyKind::Bool => (Rt::BufBool, vals[0]),
            TyKind::Char => (if nested { Rt::BufQuotedChar } else { Rt::BufChar }, vals[0]),
            TyKind::Pointer(_) => (Rt::BufPtr, vals[0]),
            TyKind::Str => {
                let rt = if nested { Rt::BufQuoted } else { Rt::BufStr };
                self.e.call_rt(rt, &[buffer, vals[0], vals[1]]);
                return;
            }
            kind => {
                // An optional is shown as what is inside; everything else nests its parts.
                // So is a value of an interface.
                let nested = nested || !(matches!(kind, TyKind::Optional(_)) || self.cx.is_interface(ty));
                let callee = self.cx.instance(Instance::Show(ty, nested));
                let args: Vals = std::iter::once(buffer).chain(vals.iter().copied()).collect();
                self.e.call(callee, &args, &[]);
                return;
            }
        };
        self.e.call_rt(rt, &[buffer, value]);
    }

    fn write_place(&mut self, buffer: Value, place: &Place, nested: bool) {
        let vals = self.read(place);
        self.write_shown(buffer, place.ty(), &vals, nested);
    }

    /// The body of the function that shows a type.
    fn show_all(&mut self, ty: Ty, nested: bool) {
        let buffer = self.e.param(0);
        let count = self.cx.scalars(ty).len();
        let place = Place::Value { vals: self.take_params(&mut 1, count), ty };
        match self.cx.kind(ty).clone() {
            TyKind::Optional(_) => self.show_optional(buffer, &place, nested),
            TyKind::Array(element) => self.show_array(buffer, &place, element),
            TyKind::FixedArray(element, length) => {
                self.write_part(Rt::BufOpen, buffer, "[");
                let length = self.e.iconst(Type::I64, length as i64);
                self.show_elements(buffer, length, |this, index| this.fixed_element(&place, index, element));
                self.write_part(Rt::BufClose, buffer, "]");
            }
            TyKind::Tuple(items) => {
                self.write_part(Rt::BufOpen, buffer, "(");
                for index in 0..items.len() {
                    if index > 0 {
                        self.write_part(Rt::BufNext, buffer, ", ");
                    }
                    let item = self.field(&place, index);
                    self.write_place(buffer, &item, true);
                }
                self.write_part(Rt::BufClose, buffer, if items.len() == 1 { ",)" } else { ")" });
            }
            TyKind::Record(_) => self.show_fields(buffer, &place, ""),
            TyKind::Nominal(id, _) => {
                let tree = self.cx.tree;
                let nominal = &tree.nominals[id.index()];
                match &nominal.kind {
                    NominalKind::Record { .. } if self.cx.is_class(ty) => {
                        let object = self.read_leaf(&place, 0);
                        let hook = self.cx.std_hook(ty, "show_into");
                        self.show_once(buffer, object, |this| {
                            if let Some(hook) = hook {
                                this.e.call(hook, &[object, buffer], &[]);
                                return;
                            }
                            this.show_fields(buffer, &place, nominal.name.as_str());
                        });
                    }
                    NominalKind::Record { .. } => self.show_fields(buffer, &place, nominal.name.as_str()),
                    NominalKind::Enum { .. } => self.show_enum(buffer, &place),
                    NominalKind::Interface { .. } => {
                        let vals = self.read(&place);
                        self.show_dynamic(buffer, &vals, ty, nested);
                    }
                }
            }
            _ => self.write_place(buffer, &place, nested),
        }
        self.e.ret(&[]);
    }

    fn show_optional(&mut self, buffer: Value, place: &Place, nested: bool) {
        let (null, some, join) = (self.e.new_block(), self.e.new_block(), self.e.new_block());
        let is_null = self.is_null(place);
        self.e.branch(is_null, null, some);
        self.e.begin(null);
        self.write_part(Rt::BufWord, buffer, "null");
        self.e.jump(join);
        self.e.begin(some);
        let payload = self.payload(place);
        self.write_place(buffer, &payload, nested);
        self.e.jump(join);
        self.e.begin(join);
    }

    fn show_array(&mut self, buffer: Value, place: &Place, element: Ty) {
        let array = self.read_leaf(place, 0);
        let write = |this: &mut Self| {
            this.write_part(Rt::BufOpen, buffer, "[");
            let length = this.array_len(array);
            this.show_elements(buffer, length, |this, index| this.element_place(array, index, element));
            this.write_part(Rt::BufClose, buffer, "]");
        };
        // Only an array of something that may refer to it again can be part of itself.
        if self.may_refer(element) {
            self.show_once(buffer, array, write);
        } else {
            write(self);
        }
    }

    fn may_refer(&self, ty: Ty) -> bool {
        !matches!(
            self.cx.kind(ty),
            TyKind::Int(_)
                | TyKind::Float(_)
                | TyKind::Bool
                | TyKind::Char
                | TyKind::Str
                | TyKind::Function(..)
                | TyKind::Pointer(_)
        )
    }

    fn show_elements(&mut self, buffer: Value, length: Value, element: impl FnOnce(&mut Self, Value) -> Place) {
        self.count_loop(length, |this, index| {
            let (comma, item) = (this.e.new_block(), this.e.new_block());
            this.e.branch_nonzero(index, comma, item);
            this.e.begin(comma);
            this.write_part(Rt::BufNext, buffer, ", ");
            this.e.jump(item);
            this.e.begin(item);
            let place = element(this, index);
            this.write_place(buffer, &place, true);
        });
    }

    /// Writes an object, unless it is being written already.
    fn show_once(&mut self, buffer: Value, object: Value, write: impl FnOnce(&mut Self)) {
        let (inside, join): (Block, Block) = (self.e.new_block(), self.e.new_block());
        let is_new = self.e.call_rt(Rt::BufEnter, &[buffer, object])[0];
        self.e.branch(is_new, inside, join);
        self.e.begin(inside);
        write(self);
        self.e.call_rt(Rt::BufLeave, &[buffer]);
        self.e.jump(join);
        self.e.begin(join);
    }

    /// `P { x: 1, y: 2 }`
    fn show_fields(&mut self, buffer: Value, place: &Place, name: &str) {
        let fields: Vec<(String, Place)> = self
            .cx
            .field_names(place.ty())
            .into_iter()
            .enumerate()
            .map(|(index, name)| (name, self.field(place, index)))
            .collect();
        self.show_named(buffer, name, &fields);
    }

    fn show_named(&mut self, buffer: Value, name: &str, fields: &[(String, Place)]) {
        let mut before = if name.is_empty() { "{ ".to_string() } else { format!("{name} {{ ") };
        if fields.is_empty() {
            before.pop();
            before.push('}');
            return self.write_text(buffer, &before);
        }
        for (index, (field, place)) in fields.iter().enumerate() {
            if index > 0 {
                before = ", ".to_string();
            }
            before.push_str(field);
            before.push_str(": ");
            self.write_part(if index > 0 { Rt::BufNext } else { Rt::BufOpen }, buffer, &before);
            self.write_place(buffer, place, true);
        }
        self.write_part(Rt::BufClose, buffer, " }");
    }

    /// `Shape.Circle(1.0)`, `Shape.Rect { w: 1.0, h: 2.0 }`, `Shape.Empty`
    fn show_enum(&mut self, buffer: Value, place: &Place) {
        let ty = place.ty();
        let TyKind::Nominal(id, _) = *self.cx.kind(ty) else { return };
        let tree = self.cx.tree;
        let nominal = &tree.nominals[id.index()];
        let NominalKind::Enum { variants } = &nominal.kind else { return };
        let is_c_like = self.cx.enum_layout(ty).is_c_like;
        let tag = self.read_leaf(place, 0);
        let mut seen = rustc_hash::FxHashSet::default();
        let mut cases = Vec::new();
        for (index, variant) in variants.iter().enumerate() {
            let value = if is_c_like { variant.value } else { index as i64 };
            if seen.insert(value) {
                cases.push((index, value, self.e.new_block()));
            }
        }
        let (unknown, join) = (self.e.new_block(), self.e.new_block());
        let table: Vec<(i64, Block)> = cases.iter().map(|&(_, value, block)| (value, block)).collect();
        self.e.switch(tag, &table, unknown);
        for (index, _, block) in cases {
            self.e.begin(block);
            let variant = &variants[index];
            let name = format!("{}.{}", nominal.name, variant.name);
            let fields: Vec<(String, Place)> = (0..variant.fields.len())
                .map(|field| (variant.fields[field].name.to_string(), self.variant_field(place, index, field)))
                .collect();
            if fields.is_empty() {
                self.write_text(buffer, &name);
            } else if fields[0].0 == "0" {
                for (field, (_, place)) in fields.iter().enumerate() {
                    if field == 0 {
                        self.write_part(Rt::BufOpen, buffer, &format!("{name}("));
                    } else {
                        self.write_part(Rt::BufNext, buffer, ", ");
                    }
                    self.write_place(buffer, place, true);
                }
                self.write_part(Rt::BufClose, buffer, ")");
            } else {
                self.show_named(buffer, &name, &fields);
            }
            self.e.jump(join);
        }
        // An integer that is no variant's, by a conversion.
        self.e.begin(unknown);
        self.write_text(buffer, nominal.name.as_str());
        self.e.jump(join);
        self.e.begin(join);
    }
}

impl ModuleBuilder<'_> {
    pub fn build_show(&mut self, ty: Ty, nested: bool) -> Function {
        let name = format!("show<{}>", self.type_name(ty));
        let mut params = vec![Type::Ptr];
        params.extend(self.scalars(ty));
        let signature = Signature { params, results: Vec::new() };
        self.synthesize(name, signature, |builder| builder.show_all(ty, nested))
    }
}
