//! Expressions of a wanted type. Every one says its own type (literals have suffixes), so it may stand anywhere, and
//! stands in parentheses where it must.

use super::types::{I32, I64, Ty, U64};
use super::{Callable, Generator, MAX_COST};

impl Generator {
    pub fn expr(&mut self, ty: &Ty, depth: usize) -> String {
        if depth == 0 || self.rng.chance(12) {
            return self.leaf(ty);
        }
        let depth = depth - 1;
        if self.rng.chance(45) {
            return self.specific(ty, depth);
        }
        match self.rng.below(15) {
            0 | 1 => self.leaf(ty),
            2 => format!(
                "(if {} {{ {} }} else {{ {} }})",
                self.expr(&Ty::Bool, depth),
                self.expr(ty, depth),
                self.expr(ty, depth)
            ),
            3 => self.scoped(|g| g.block_expr(ty, depth)),
            4 => self.match_expr(ty, depth),
            5 | 6 => self.call(ty, depth),
            7 => self.generic_call(ty, depth),
            8 if !self.is_pure => {
                let tag = self.rng.below(1000);
                format!("tap({tag}, {})", self.expr(ty, depth))
            }
            9 => {
                let optional = Ty::Optional(Box::new(ty.clone()));
                if matches!(ty, Ty::Optional(_)) {
                    return format!("({} ?? {})", self.expr(ty, depth), self.expr(ty, depth));
                }
                if matches!(ty, Ty::Function(..)) {
                    return self.leaf(ty);
                }
                let value = self.expr(&optional, depth);
                match self.rng.below(4) {
                    0 => {
                        let name = self.fresh("n");
                        let body = self.scoped(|g| {
                            g.declare(&name, ty, false);
                            g.expr(ty, depth)
                        });
                        format!("(if let {name} = {value} {{ {body} }} else {{ {} }})", self.expr(ty, depth))
                    }
                    1 if self.is_risky && self.rng.chance(15) => format!("({value})!"),
                    _ => format!("({value} ?? {})", self.expr(ty, depth)),
                }
            }
            10 if !self.is_pure => self.array_element(ty, depth),
            11 if !self.is_pure && !matches!(ty, Ty::Optional(_) | Ty::Function(..)) => self.attempt(ty, depth),
            12 if !self.is_pure && !matches!(ty, Ty::Optional(_)) && self.is_json(ty) => {
                // What has no form, as NaN, is an error.
                format!("((try? through_json({})) ?? {})", self.expr(ty, depth), self.expr(ty, depth))
            }
            _ => self.specific(ty, depth),
        }
    }

    /// What may fail, with another value for that.
    fn attempt(&mut self, ty: &Ty, depth: usize) -> String {
        let is_risky = std::mem::replace(&mut self.is_risky, true);
        let value = if self.rng.chance(30) {
            let (condition, thrown) = (self.expr(&Ty::Bool, depth), self.expr(&Ty::Str, depth));
            format!("(if {condition} {{ throw {thrown} }} else {{ {} }})", self.expr(ty, depth))
        } else {
            self.expr(ty, depth + 1)
        };
        self.is_risky = is_risky;
        format!("((try? {value}) ?? {})", self.expr(ty, depth))
    }

    /// A variable, a part of one, or a literal.
    pub fn leaf(&mut self, ty: &Ty) -> String {
        if self.rng.chance(80) {
            let places: Vec<String> =
                self.places().into_iter().filter(|(_, t, _)| t == ty).map(|(text, ..)| text).collect();
            if !places.is_empty() {
                return self.rng.choose(&places).clone();
            }
        }
        self.literal(ty)
    }

    /// What can be read: text, type, and whether it can be written.
    pub fn places(&self) -> Vec<(String, Ty, bool)> {
        let mut found = Vec::new();
        for var in self.visible() {
            self.parts(var.name.clone(), &var.ty, var.is_mutable, 2, &mut found);
        }
        found
    }

    fn parts(&self, text: String, ty: &Ty, writable: bool, depth: usize, found: &mut Vec<(String, Ty, bool)>) {
        if depth > 0 {
            let mut part = |suffix: String, ty: &Ty, writable: bool| {
                self.parts(format!("{text}{suffix}"), ty, writable, depth - 1, found);
            };
            match ty {
                Ty::Tuple(parts) => {
                    for (index, ty) in parts.iter().enumerate() {
                        part(format!(".{index}"), ty, writable);
                    }
                }
                Ty::Fixed(item, count) => part(format!("[{}]", count / 2), item, writable),
                Ty::Struct(index) => {
                    for field in &self.structs[*index].fields {
                        part(format!(".{}", field.name), &field.ty, writable);
                    }
                }
                Ty::Class(index) => {
                    for field in &self.classes[*index].fields {
                        part(format!(".{}", field.name), &field.ty, true);
                    }
                }
                Ty::Duo(a, b) | Ty::Anonymous(a, b) => {
                    part(".a".into(), a, writable);
                    part(".b".into(), b, writable);
                }
                Ty::Cell(value) => part(".value".into(), value, true),
                Ty::Pointer(target) => self.parts(format!("(*{text})"), target, true, depth - 1, found),
                _ => {}
            }
        }
        found.push((text, ty.clone(), writable));
    }

    fn block_expr(&mut self, ty: &Ty, depth: usize) -> String {
        let mut text = String::from("({ ");
        for _ in 0..self.rng.between(1, 2) {
            let var = self.data_type(1);
            let (name, value) = (self.fresh("t"), self.expr(&var, depth));
            let is_mutable = self.rng.chance(50);
            text += &format!("let {}{name}: {} = {value}; ", if is_mutable { "mut " } else { "" }, var.name());
            self.declare(&name, &var, is_mutable);
            if is_mutable && var.is_int() && self.rng.chance(60) {
                text += &format!("{name} += {}; ", self.expr(&var, depth));
            }
        }
        text + &format!("{} }})", self.expr(ty, depth))
    }

    fn match_expr(&mut self, ty: &Ty, depth: usize) -> String {
        let enums: Vec<_> =
            self.places().into_iter().filter(|(_, ty, _)| matches!(ty, Ty::Enum(_) | Ty::Choice(..))).collect();
        if !enums.is_empty() && self.rng.chance(60) {
            let (text, of, _) = self.rng.choose(&enums).clone();
            let arms = self.variant_arms(&of, depth, &mut |g, depth| g.expr(ty, depth));
            return format!("(match {text} {{ {} }})", arms.join(", "));
        }
        if self.rng.chance(25) {
            let of = self.int_type();
            let name = self.fresh("n");
            let value = format!("({}, {})", self.expr(&of, depth), self.expr(&Ty::Bool, depth));
            let first = format!("({}, true) => {}", self.small_pattern(), self.expr(ty, depth));
            let second = self.scoped(|g| {
                g.declare(&name, &of, false);
                let (condition, body) = (g.expr(&Ty::Bool, depth), g.expr(ty, depth));
                format!("({name}, false) if {condition} => {body}")
            });
            return format!("(match {value} {{ {first}, {second}, _ => {} }})", self.expr(ty, depth));
        }
        let of = if self.rng.chance(80) { self.int_type() } else { Ty::Str };
        let value = self.expr(&of, depth);
        let arms = self.value_arms(&of, depth, &mut |g, depth| g.expr(ty, depth));
        format!("(match {value} {{ {} }})", arms.join(", "))
    }

    fn small_pattern(&mut self) -> String {
        self.rng.pick(&["0", "1", "1 | 3", "2..=5", "7", "0..100"]).to_owned()
    }

    /// Arms for every variant of an enum.
    pub fn variant_arms(
        &mut self,
        of: &Ty,
        depth: usize,
        body: &mut dyn FnMut(&mut Generator, usize) -> String,
    ) -> Vec<String> {
        let variants: Vec<(String, Vec<Ty>, bool)> = match of {
            Ty::Enum(index) => {
                self.enums[*index].variants.iter().map(|v| (v.name.clone(), v.fields.clone(), v.is_named)).collect()
            }
            Ty::Choice(a, b) => vec![
                ("Left".into(), vec![(**a).clone()], false),
                ("Right".into(), vec![(**b).clone()], false),
                ("Neither".into(), vec![], false),
            ],
            _ => unreachable!("{of:?}"),
        };
        let mut arms = Vec::new();
        let count = variants.len();
        let cut = if count > 1 && self.rng.chance(30) { self.rng.between(1, count - 1) } else { count };
        for (name, fields, is_named) in &variants[..cut] {
            if self.rng.chance(25) {
                arms.push(self.scoped(|g| {
                    let pattern = g.variant_pattern(name, fields, *is_named);
                    let condition = g.expr(&Ty::Bool, depth);
                    format!("{pattern} if {condition} => {}", body(g, depth))
                }));
            }
            arms.push(self.scoped(|g| {
                let pattern = g.variant_pattern(name, fields, *is_named);
                format!("{pattern} => {}", body(g, depth))
            }));
        }
        if cut < count {
            arms.push(format!("_ => {}", body(self, depth)));
        }
        arms
    }

    fn variant_pattern(&mut self, name: &str, fields: &[Ty], is_named: bool) -> String {
        let mut parts = Vec::new();
        for (index, ty) in fields.iter().enumerate() {
            let part = if self.rng.chance(70) {
                let binding = self.fresh("n");
                self.declare(&binding, ty, false);
                binding
            } else {
                "_".into()
            };
            parts.push(if is_named { format!("x{index}: {part}") } else { part });
        }
        match (fields.is_empty(), is_named) {
            (true, _) => format!(".{name}"),
            (_, true) => format!(".{name} {{ {} }}", parts.join(", ")),
            _ => format!(".{name}({})", parts.join(", ")),
        }
    }

    /// Arms over integers or texts, the last for the rest.
    pub fn value_arms(
        &mut self,
        of: &Ty,
        depth: usize,
        body: &mut dyn FnMut(&mut Generator, usize) -> String,
    ) -> Vec<String> {
        let patterns: &[&str] = if *of == Ty::Str {
            &["\"a\"", "\"b\" | \"ab\"", "\"\"", "\"é\""]
        } else {
            &["0", "1 | 3", "4..=9", "10..50", "100", "127"]
        };
        let mut arms = Vec::new();
        for pattern in patterns {
            if self.rng.chance(40) {
                arms.push(format!("{pattern} => {}", body(self, depth)));
            }
        }
        if self.rng.chance(40) {
            arms.push(self.scoped(|g| {
                let name = g.fresh("n");
                g.declare(&name, of, false);
                let condition = g.expr(&Ty::Bool, depth);
                format!("{name} if {condition} => {}", body(g, depth))
            }));
        }
        arms.push(format!("_ => {}", body(self, depth)));
        arms
    }

    /// Whether a call fits in what the function may cost; if so it is counted.
    fn affords(&mut self, cost: u64) -> bool {
        let cost = self.times.saturating_mul(cost);
        if self.cost + cost > MAX_COST {
            return false;
        }
        self.cost += cost;
        true
    }

    fn call(&mut self, ty: &Ty, depth: usize) -> String {
        if let Some((own, calls)) = self.recursion.clone()
            && own.result == *ty
            && calls > 0
            && self.times == 1
        {
            self.recursion = Some((own.clone(), calls - 1));
            let mut args = vec!["depth - 1".to_owned()];
            args.extend(own.params[1..].iter().map(|ty| self.expr(ty, depth)));
            return format!("{}({})", own.name, args.join(", "));
        }
        let fits = |c: &&Callable| c.result == *ty && (c.is_pure || !self.is_pure) && !c.is_mutating;
        let candidates: Vec<Callable> = self.callables.iter().filter(fits).cloned().collect();
        let functions: Vec<(String, Ty, bool)> =
            self.places().into_iter().filter(|(_, t, _)| matches!(t, Ty::Function(_, r) if **r == *ty)).collect();
        if !functions.is_empty() && self.rng.chance(40) && self.affords(8) {
            let (text, of, _) = self.rng.choose(&functions).clone();
            let Ty::Function(params, _) = of else { unreachable!() };
            let args: Vec<_> = params.iter().map(|ty| self.expr(ty, depth)).collect();
            return format!("({text})({})", args.join(", "));
        }
        if candidates.is_empty() {
            return self.specific(ty, depth);
        }
        let callable = self.rng.choose(&candidates).clone();
        if !self.affords(callable.cost) {
            return self.leaf(ty);
        }
        self.call_of(&callable, depth)
    }

    pub fn call_of(&mut self, callable: &Callable, depth: usize) -> String {
        let mut args: Vec<String> = Vec::new();
        for (index, ty) in callable.params.iter().enumerate() {
            let is_depth = index == 0 && callable.is_recursive;
            args.push(if is_depth { self.rng.between(0, 4).to_string() } else { self.expr(ty, depth.min(2)) });
        }
        if callable.is_method {
            let receiver = args.remove(0);
            return format!("({receiver}).{}({})", callable.name, args.join(", "));
        }
        format!("{}({})", callable.name, args.join(", "))
    }

    fn generic_call(&mut self, ty: &Ty, depth: usize) -> String {
        let other = if self.rng.chance(60) { self.data_type(0) } else { self.data_type(1) };
        let kinds = if self.is_pure { 5 } else { 13 };
        match self.rng.below(kinds) {
            0 => format!("id({})", self.expr(ty, depth)),
            1 => format!("pick({}, {}, {})", self.expr(&Ty::Bool, depth), self.expr(ty, depth), self.expr(ty, depth)),
            2 => format!("first_of({}, {})", self.expr(ty, depth), self.expr(&other, depth)),
            3 => format!("second_of({}, {})", self.expr(&other, depth), self.expr(ty, depth)),
            4 => format!("opaque({})", self.expr(ty, depth)),
            5 if matches!(ty, Ty::Optional(_)) => self.leaf(ty),
            5 => {
                let optional = Ty::Optional(Box::new(ty.clone()));
                format!("either({}, {})", self.expr(&optional, depth), self.expr(ty, depth))
            }
            6 => {
                let choice = Ty::Choice(Box::new(ty.clone()), Box::new(other));
                format!("left_or({}, {})", self.expr(&choice, depth), self.expr(ty, depth))
            }
            7 => {
                let (f, a) = (self.closure(std::slice::from_ref(&other), ty, depth), self.expr(&other, depth));
                format!("apply({f}, {a})")
            }
            8 => format!("twice({}, {})", self.closure(std::slice::from_ref(ty), ty, depth), self.expr(ty, depth)),
            9 => {
                let middle = self.data_type(0);
                let f = self.closure(std::slice::from_ref(&other), &middle, depth);
                let g = self.closure(&[middle], ty, depth);
                format!("compose({f}, {g})({})", self.expr(&other, depth))
            }
            10 => {
                let cell = Ty::Cell(Box::new(ty.clone()));
                format!("({}).swap({})", self.expr(&cell, depth), self.expr(ty, depth))
            }
            11 => {
                let list = Ty::Array(Box::new(other.clone()));
                let list = self.expr(&list, depth);
                let f = self.closure(&[ty.clone(), other], ty, depth);
                format!("({list}).reduce({f}, {})", self.expr(ty, depth))
            }
            _ => {
                let writable: Vec<String> = self
                    .places()
                    .into_iter()
                    .filter(|(_, t, writable)| *writable && t == ty)
                    .map(|(text, ..)| text)
                    .collect();
                if writable.is_empty() {
                    return self.leaf(ty);
                }
                let place = self.rng.choose(&writable).clone();
                format!("put(&{place}, {})", self.expr(ty, depth))
            }
        }
    }

    /// Closures cannot use it: a variable of a type that nothing has takes its place.
    pub fn hide_mutable_self(&mut self) {
        if self.scope.iter().any(|var| var.name == "self" && var.is_mutable) {
            self.declare("self", &Ty::Tuple(Vec::new()), false);
        }
    }

    /// A closure that is called a few times.
    pub fn closure(&mut self, params: &[Ty], result: &Ty, depth: usize) -> String {
        let names: Vec<String> = params.iter().map(|_| self.fresh("a")).collect();
        let (loops, recursion) = (std::mem::take(&mut self.loops), self.recursion.take());
        let result_before = self.result.replace(result.clone());
        let body = self.scoped(|g| {
            g.hide_mutable_self();
            for (name, ty) in names.iter().zip(params) {
                g.declare(name, ty, false);
            }
            g.repeated(8, |g| g.expr(result, depth))
        });
        (self.loops, self.recursion, self.result) = (loops, recursion, result_before);
        let list: Vec<_> = names.iter().zip(params).map(|(name, ty)| format!("{name}: {}", ty.name())).collect();
        match self.rng.below(3) {
            0 => format!("fn({}) => {body}", list.join(", ")),
            1 => format!("fn({}) {{ return {body}; }}", list.join(", ")),
            _ => format!("fn({}) -> {} {{ return {body}; }}", list.join(", "), result.name()),
        }
    }

    fn array_element(&mut self, ty: &Ty, depth: usize) -> String {
        if self.rng.chance(25) && !matches!(ty, Ty::Optional(_)) {
            let key = if self.rng.chance(70) { self.int_type() } else { Ty::Str };
            let map = Ty::Map(Box::new(key.clone()), Box::new(ty.clone()));
            let (map, at) = (self.expr(&map, depth), self.expr(&key, depth));
            return format!("(({map}).get({at}) ?? {})", self.expr(ty, depth));
        }
        let array = Ty::Array(Box::new(ty.clone()));
        let list = self.expr(&array, depth);
        let index_type = self.int_type();
        let index = self.expr(&index_type, depth);
        match self.rng.below(5) {
            0 if self.is_risky && self.rng.chance(15) => format!("({list})[{index}]"),
            1 if !matches!(ty, Ty::Optional(_)) => {
                let f = self.closure(std::slice::from_ref(ty), &Ty::Bool, depth);
                format!("(({list}).find({f}) ?? {})", self.expr(ty, depth))
            }
            2 => {
                let (count, at) = (self.rng.between(1, 6), self.expr(ty, depth));
                let index = self.expr(&U64, depth);
                format!("[{at}; {count}][{index} % {count}]")
            }
            _ => format!("element({list}, {} as i64, {})", index, self.expr(ty, depth)),
        }
    }

    /// A value of a composed type from values of its parts.
    pub fn build(&mut self, ty: &Ty, depth: usize) -> String {
        match ty {
            Ty::Tuple(parts) => {
                format!("({})", parts.iter().map(|ty| self.expr(ty, depth)).collect::<Vec<_>>().join(", "))
            }
            Ty::Optional(inner) => {
                if self.rng.chance(40) {
                    format!("none<{}>()", inner.name())
                } else {
                    format!("some({})", self.expr(inner, depth))
                }
            }
            Ty::Array(item) => {
                let count = self.rng.below(4);
                if count == 0 {
                    return format!("({{ let e: {} = []; e }})", ty.name());
                }
                if self.rng.chance(15) {
                    return format!("[{}; {}]", self.expr(item, depth), self.rng.below(6));
                }
                format!("[{}]", (0..count).map(|_| self.expr(item, depth)).collect::<Vec<_>>().join(", "))
            }
            Ty::Fixed(item, count) => {
                let name = ty.name();
                if self.rng.chance(30) {
                    return format!("({{ let e: {name} = [{}; {count}]; e }})", self.expr(item, depth));
                }
                let items: Vec<_> = (0..*count).map(|_| self.expr(item, depth)).collect();
                format!("({{ let e: {name} = [{}]; e }})", items.join(", "))
            }
            Ty::Struct(index) => {
                let record = self.structs[*index].clone();
                self.record(&record, ty, depth, true)
            }
            Ty::Class(index) => {
                let record = self.classes[*index].clone();
                self.record(&record, ty, depth, false)
            }
            Ty::Enum(index) => {
                let (name, variants) = (self.enums[*index].name.clone(), self.enums[*index].variants.clone());
                let variant = self.rng.choose(&variants).clone();
                let values: Vec<_> = variant.fields.iter().map(|ty| self.expr(ty, depth)).collect();
                match (values.is_empty(), variant.is_named) {
                    (true, _) => format!("{name}.{}", variant.name),
                    (_, true) => {
                        let values: Vec<_> = values.iter().enumerate().map(|(i, v)| format!("x{i}: {v}")).collect();
                        format!("({name}.{} {{ {} }})", variant.name, values.join(", "))
                    }
                    _ => format!("{name}.{}({})", variant.name, values.join(", ")),
                }
            }
            Ty::Duo(a, b) => {
                if self.rng.chance(20) {
                    let other = Ty::Duo(b.clone(), a.clone());
                    return format!("swapped({})", self.expr(&other, depth));
                }
                format!("(Duo {{ a: {}, b: {} }})", self.expr(a, depth), self.expr(b, depth))
            }
            Ty::Anonymous(a, b) => format!("({{ a: {}, b: {} }})", self.expr(a, depth), self.expr(b, depth)),
            Ty::Map(key, value) => {
                let count = self.rng.below(4);
                if count == 0 {
                    return format!("({{ let e: {} = [:]; e }})", ty.name());
                }
                let entry = |g: &mut Generator| format!("{}: {}", g.expr(key, depth.min(1)), g.expr(value, depth));
                let entries: Vec<_> = (0..count).map(|_| entry(self)).collect();
                format!("[{}]", entries.join(", "))
            }
            Ty::Set(item) => {
                let count = self.rng.below(4);
                if count == 0 {
                    return format!("({{ let e: {} = Set.new(); e }})", ty.name());
                }
                let items: Vec<_> = (0..count).map(|_| self.expr(item, depth.min(1))).collect();
                format!("Set.from([{}])", items.join(", "))
            }
            Ty::Cell(a) => format!("(Cell {{ value: {} }})", self.expr(a, depth)),
            Ty::Choice(a, b) => {
                let value = match self.rng.below(5) {
                    0 => ".Neither".to_owned(),
                    1 | 2 => format!(".Left({})", self.expr(a, depth)),
                    _ => format!(".Right({})", self.expr(b, depth)),
                };
                format!("({{ let e: {} = {value}; e }})", ty.name())
            }
            Ty::Function(params, result) => self.closure(params, result, depth),
            Ty::Pointer(_) => unreachable!("pointers are only variables"),
            _ => self.literal(ty),
        }
    }

    fn record(&mut self, record: &super::Record, ty: &Ty, depth: usize, may_update: bool) -> String {
        let is_update = may_update && depth > 0 && self.rng.chance(25);
        let mut fields = Vec::new();
        for field in &record.fields {
            let leaves_out = is_update && self.rng.chance(60) || field.default.is_some() && self.rng.chance(50);
            if !leaves_out {
                fields.push(format!("{}: {}", field.name, self.expr(&field.ty, depth.min(1))));
            }
        }
        if is_update {
            fields.push(format!("..{}", self.expr(ty, depth - 1)));
        }
        format!("({} {{ {} }})", record.name, fields.join(", "))
    }

    /// An expression that only this type has.
    pub fn specific(&mut self, ty: &Ty, depth: usize) -> String {
        match ty {
            Ty::Int(int) => self.integer(*int, depth),
            Ty::F64 | Ty::F32 => self.float(ty, depth),
            Ty::Bool => self.boolean(depth),
            Ty::Char => match self.rng.below(4) {
                0 => format!("({} as char)", self.expr(&Ty::int(8, false), depth)),
                1 if !self.is_pure => format!("{}.to_upper_case()", self.expr(&Ty::Char, depth)),
                2 if !self.is_pure => format!("(({}).char_at(0) ?? {})", self.expr(&Ty::Str, depth), self.leaf(ty)),
                _ => self.leaf(ty),
            },
            Ty::Str => self.text(depth),
            Ty::Array(item) => self.array(ty, item, depth),
            Ty::Optional(inner) if !self.is_pure && self.rng.chance(50) => {
                let array = Ty::Array(inner.clone());
                let list = self.expr(&array, depth);
                match self.rng.below(5) {
                    0 => format!("({list}).pop()"),
                    1 => format!("({list}).first()"),
                    2 => format!("({list}).shift()"),
                    3 => format!("({list}).find({})", self.closure(&[(**inner).clone()], &Ty::Bool, depth)),
                    _ => format!("({list}).at({})", self.expr(&I64, depth)),
                }
            }
            Ty::Optional(inner) if inner.is_int() && self.rng.chance(50) => {
                let method =
                    self.rng.pick(&["checked_add", "checked_sub", "checked_mul", "checked_div", "checked_rem"]);
                format!("({}).{method}({})", self.expr(inner, depth), self.expr(inner, depth))
            }
            _ => self.build(ty, depth),
        }
    }

    fn integer(&mut self, int: super::types::Int, depth: usize) -> String {
        let ty = Ty::Int(int);
        let name = int.name();
        let a = self.expr(&ty, depth);
        match self.rng.below(22) {
            0..=4 => format!("({a} {} {})", self.rng.pick(&["+", "-", "*"]), self.expr(&ty, depth)),
            5 | 6 => format!("({a} {} {})", self.rng.pick(&["&", "|", "^"]), self.expr(&ty, depth)),
            7 | 8 => {
                let count = if self.rng.chance(50) { self.rng.below(70).to_string() } else { self.expr(&I32, depth) };
                format!("({a} {} {count})", self.rng.pick(&["<<", ">>", ">>>"]))
            }
            9 | 10 => {
                let operator = self.rng.pick(&["/", "%"]);
                let b = self.expr(&ty, depth);
                if self.is_risky && self.rng.chance(15) {
                    return format!("({a} {operator} {b})");
                }
                if self.rng.chance(40) {
                    let divisor = self.rng.pick(&["1", "2", "3", "7", "10", "16", "100", "127"]);
                    return format!("({a} {operator} {divisor})");
                }
                format!("({a} {operator} ({b} | 1))")
            }
            11 if int.signed => format!("(-{a})"),
            12 => format!("(~{a})"),
            13..=15 => {
                let from = self.scalar_type();
                if from == Ty::Char && int.bits < 32 {
                    return a;
                }
                format!("({} as {name})", self.expr(&from, depth))
            }
            16 => {
                let method = self.rng.pick(&["min", "max", "saturating_add", "saturating_sub", "wrapping_mul"]);
                format!("({a}).{method}({})", self.expr(&ty, depth))
            }
            17 if int.signed => {
                let method = self.rng.pick(&["abs", "sign"]);
                format!("({a}).{method}()")
            }
            18 if !self.is_pure => {
                let method = self.rng.pick(&["count_ones", "leading_zeros", "trailing_zeros"]);
                format!("(({a}).{method}() as {name})")
            }
            19 if !self.is_pure => {
                let (method, count) = (self.rng.pick(&["rotate_left", "rotate_right"]), self.rng.below(64));
                format!("({a}).{method}({count})")
            }
            20 => format!("(({}).len() as {name})", self.expr(&Ty::Str, depth)),
            21 if !self.is_pure && self.rng.chance(30) => self.sum(int, depth),
            21 if !self.is_pure && self.rng.chance(30) => {
                let (key, value) = (self.int_type(), self.data_type(0));
                let map = Ty::Map(Box::new(key), Box::new(value));
                format!("(({}).len() as {name})", self.expr(&map, depth))
            }
            21 if !self.is_pure => {
                let item = self.data_type(0);
                let array = Ty::Array(Box::new(item.clone()));
                let list = self.expr(&array, depth);
                match self.rng.below(3) {
                    0 => format!("(({list}).index_of({}) as {name})", self.expr(&item, depth)),
                    1 => format!("(({list}).count({}) as {name})", self.closure(&[item], &Ty::Bool, depth)),
                    _ => format!("(({list}).len() as {name})"),
                }
            }
            _ => format!("(({a} + {}) * {})", self.expr(&ty, depth), self.leaf(&ty)),
        }
    }

    fn float(&mut self, ty: &Ty, depth: usize) -> String {
        let a = self.expr(ty, depth);
        match self.rng.below(10) {
            0..=4 => format!("({a} {} {})", self.rng.pick(&["+", "-", "*", "/"]), self.expr(ty, depth)),
            5 => format!("(-{a})"),
            6 | 7 => {
                let from = if self.rng.chance(70) { self.int_type() } else { Ty::F64 };
                format!("({} as {})", self.expr(&from, depth), ty.name())
            }
            8 if !self.is_pure => {
                format!("({a}).{}()", self.rng.pick(&["floor", "ceil", "abs", "trunc", "sqrt", "round"]))
            }
            _ if !self.is_pure => format!("({a}).{}({})", self.rng.pick(&["min", "max"]), self.expr(ty, depth)),
            _ => a,
        }
    }

    fn boolean(&mut self, depth: usize) -> String {
        match self.rng.below(11) {
            10 if !self.is_pure => {
                let item = self.data_type(0);
                let set = Ty::Set(Box::new(item.clone()));
                format!("({}).has({})", self.expr(&set, depth), self.expr(&item, depth))
            }
            0 | 1 => format!(
                "({} {} {})",
                self.expr(&Ty::Bool, depth),
                self.rng.pick(&["&&", "||"]),
                self.expr(&Ty::Bool, depth)
            ),
            2 => format!("(!{})", self.expr(&Ty::Bool, depth)),
            3 => {
                let ty = self.data_type(1);
                let operator = self.rng.pick(&["==", "!="]);
                format!("({} {operator} {})", self.expr(&ty, depth), self.expr(&ty, depth))
            }
            4 => {
                let ty = Ty::Optional(Box::new(self.data_type(0)));
                format!("({} {} null)", self.expr(&ty, depth), self.rng.pick(&["==", "!="]))
            }
            5 if !self.is_pure => {
                let method = self.rng.pick(&["starts_with", "ends_with", "includes"]);
                format!("({}).{method}({})", self.expr(&Ty::Str, depth), self.expr(&Ty::Str, depth))
            }
            _ => {
                let ty = if self.rng.chance(20) { Ty::Str } else { self.scalar_type() };
                let operator = self.rng.pick(&["<", "<=", ">", ">=", "==", "!="]);
                format!("({} {operator} {})", self.expr(&ty, depth), self.expr(&ty, depth))
            }
        }
    }

    fn text(&mut self, depth: usize) -> String {
        let a = self.expr(&Ty::Str, depth);
        let other = self.data_type(1);
        let kinds = if self.is_pure { 4 } else { 10 };
        match self.rng.below(kinds) {
            0 => format!("clip({a} + {})", self.expr(&other, depth)),
            1 => format!("clip({} + {a})", self.expr(&other, depth)),
            2 | 3 => format!("clip(`<${{{}}}|${{{a}}}>`)", self.expr(&other, depth)),
            4 => format!("({a}).{}()", self.rng.pick(&["to_upper_case", "to_lower_case", "trim"])),
            5 => format!("clip(({a}).repeat({}))", self.rng.below(4)),
            6 => format!("clip(({a}).replace({}, {}))", self.leaf(&Ty::Str), self.leaf(&Ty::Str)),
            7 => format!("clip(({}).join({a}))", self.expr(&Ty::Array(Box::new(other)), depth)),
            8 => format!("(({a}).split(\"a\").at({}) ?? {})", self.expr(&I64, depth), self.leaf(&Ty::Str)),
            _ => format!("clip(({}).to_str())", self.expr(&other, depth)),
        }
    }

    /// An array by a chain of lazy iterators.
    fn chain(&mut self, item: &Ty, depth: usize) -> String {
        let from = if self.rng.chance(50) { item.clone() } else { self.data_type(0) };
        let mut text = if from.is_int() && self.rng.chance(40) {
            let (first, last) = (self.rng.below(20), self.rng.below(20));
            let Ty::Int(int) = from else { unreachable!() };
            let name = int.name();
            format!("({first}{name}{}{last}{name})", self.rng.pick(&["..", "..="]))
        } else {
            format!("({}).iter()", self.expr(&Ty::Array(Box::new(from.clone())), depth))
        };
        for _ in 0..self.rng.below(4) {
            let count = self.rng.below(6);
            text += &match self.rng.below(9) {
                0 | 1 => format!(".filter({})", self.closure(std::slice::from_ref(&from), &Ty::Bool, depth)),
                2 => format!(".take({count})"),
                3 => format!(".skip({count})"),
                4 => format!(".step_by({})", count + 1),
                5 => format!(".take_while({})", self.closure(std::slice::from_ref(&from), &Ty::Bool, depth)),
                6 => format!(".chain(({}).iter())", self.expr(&Ty::Array(Box::new(from.clone())), depth)),
                7 => format!(".map({})", self.closure(std::slice::from_ref(&from), &from, depth)),
                _ => format!(".enumerate().filter(fn(e) => e.0 % 3 != {}).map(fn(e) => e.1)", self.rng.below(3)),
            };
        }
        if *item != from {
            text += &format!(".map({})", self.closure(std::slice::from_ref(&from), item, depth));
        }
        format!("{text}.take(20).collect()")
    }

    /// A number that all elements of something give.
    fn sum(&mut self, int: super::types::Int, depth: usize) -> String {
        let (ty, item) = (Ty::Int(int), self.data_type(0));
        let list = self.expr(&Ty::Array(Box::new(item.clone())), depth);
        let each = self.closure(&[item], &ty, depth);
        match self.rng.below(3) {
            0 => format!("({list}).iter().map({each}).sum()"),
            1 => format!("(({list}).iter().map({each}).max() ?? {})", self.leaf(&ty)),
            _ => {
                let f = self.closure(&[ty.clone(), ty.clone()], &ty, depth);
                format!("({list}).iter().map({each}).reduce({f}, {})", self.leaf(&ty))
            }
        }
    }

    fn array(&mut self, ty: &Ty, item: &Ty, depth: usize) -> String {
        let list = self.leaf(ty);
        match self.rng.below(13) {
            9..=11 => self.chain(item, depth),
            0 => {
                let from = self.data_type(0);
                let source = Ty::Array(Box::new(from.clone()));
                let source = self.expr(&source, depth);
                format!("({source}).map({})", self.closure(&[from], item, depth))
            }
            1 => format!("({list}).filter({})", self.closure(std::slice::from_ref(item), &Ty::Bool, depth)),
            2 => format!("({list}).slice({}, {})", self.expr(&I64, depth), self.expr(&I64, depth)),
            3 => format!("({list}).concat({}).slice(0, 12)", self.expr(ty, depth)),
            4 => format!("({list}).copy()"),
            5 => format!("({list}).reverse()"),
            6 if item.is_int() => format!("({list}).copy().sort()"),
            _ => self.build(ty, depth),
        }
    }
}
