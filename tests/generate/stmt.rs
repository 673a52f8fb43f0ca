//! Statements: declarations, assignments to all kinds of places, branches, loops that end, and `defer`.

use super::Generator;
use super::types::{I32, I64, Ty};

impl Generator {
    /// Statements of a block, with variables of their own.
    pub fn block(&mut self, most: usize, depth: usize) {
        self.scoped(|g| g.statements(most, depth));
    }

    fn statements(&mut self, most: usize, depth: usize) {
        self.indent += 1;
        for _ in 0..self.rng.between(1, most) {
            if self.budget == 0 {
                break;
            }
            self.statement(depth);
        }
        self.indent -= 1;
    }

    pub fn statement(&mut self, depth: usize) {
        self.budget = self.budget.saturating_sub(1);
        self.cost += self.times;
        let can_nest = depth > 0 && self.budget > 1;
        match self.rng.below(42) {
            0..=6 => self.variable(),
            7..=13 => self.assignment(),
            14..=16 if !self.is_pure => {
                let ty = self.data_type(2);
                self.report(&ty);
            }
            17 | 18 if can_nest => self.branch(depth),
            19 if can_nest => self.match_statement(depth),
            20..=22 if can_nest && self.times <= 64 => self.loop_statement(depth),
            23 if can_nest => {
                self.line("{");
                self.block(3, depth - 1);
                self.line("}");
            }
            24 if !self.loops.is_empty() => {
                let condition = self.expr(&Ty::Bool, 2);
                let word = self.rng.pick(&["break", "continue"]);
                let label = if self.rng.chance(50) {
                    format!(" {}", self.rng.choose(&self.loops.clone()))
                } else {
                    String::new()
                };
                self.line(&format!("if {condition} {{ {word}{label}; }}"));
            }
            25 => {
                let Some(result) = self.result.clone() else { return };
                if !self.rng.chance(40) {
                    return;
                }
                let (condition, value) = (self.expr(&Ty::Bool, 2), self.expr(&result, 2));
                self.line(&format!("if {condition} {{ return {value}; }}"));
            }
            26 => self.deferred(),
            27 => self.destructure(),
            28 if !self.is_pure => self.mutate_array(),
            29 if !self.is_pure => self.pointer(),
            30 | 31 if !self.is_pure => self.closure_statement(depth),
            32 => self.loop_value(),
            33 if !self.is_pure => self.mutating_call(),
            34 => self.late_variable(),
            35..=37 if can_nest && !self.is_pure => self.try_statement(depth),
            38 if !self.is_pure => {
                if self.rng.chance(50) {
                    self.mutate_map()
                } else {
                    self.mutate_set()
                }
            }
            39 if can_nest && !self.is_pure => self.using(depth),
            _ => self.optional_statement(depth),
        }
    }

    /// Prints a value.
    pub fn report(&mut self, ty: &Ty) {
        let (tag, value) = (self.rng.below(10_000), self.expr(ty, 3));
        self.line(&format!("say({tag}, `${{{value}}}`);"));
    }

    fn variable(&mut self) {
        let ty = self.variable_type();
        let value = self.expr(&ty, 3);
        self.let_variable(&ty, &value);
    }

    fn let_variable(&mut self, ty: &Ty, value: &str) {
        // Now and then a name is used again.
        let old: Vec<String> = self.scope.iter().map(|v| v.name.clone()).filter(|n| n.starts_with('v')).collect();
        let name = if !old.is_empty() && self.rng.chance(6) { self.rng.choose(&old).clone() } else { self.fresh("v") };
        let is_mutable = self.rng.chance(65);
        let annotation = if self.rng.chance(50) { format!(": {}", ty.name()) } else { String::new() };
        self.line(&format!("let {}{name}{annotation} = {value};", if is_mutable { "mut " } else { "" }));
        self.declare(&name, ty, is_mutable);
    }

    /// A place that can be written, with computed indices in it.
    fn target(&mut self) -> Option<(String, Ty)> {
        let writable: Vec<_> = self.places().into_iter().filter(|(_, _, writable)| *writable).collect();
        if writable.is_empty() {
            return None;
        }
        let (text, ty, _) = self.rng.choose(&writable).clone();
        match &ty {
            Ty::Fixed(item, count) if self.rng.chance(80) => {
                let index = self.rng.pick(&["u8", "u32", "u64", "u16"]);
                let index_type = Ty::int(index[1..].parse().expect("bits"), false);
                let index = self.expr(&index_type, 2);
                Some((format!("{text}[{index} % {count}]"), (**item).clone()))
            }
            _ => Some((text, ty)),
        }
    }

    fn assignment(&mut self) {
        let Some((target, ty)) = self.target() else { return self.variable() };
        let statement = self.assign(&target, &ty);
        self.line(&statement);
    }

    fn assign(&mut self, target: &str, ty: &Ty) -> String {
        if self.rng.chance(60) {
            match ty {
                Ty::Int(_) => {
                    let operator = self.rng.pick(&["+=", "-=", "*=", "^=", "&=", "|=", "<<=", ">>=", ">>>="]);
                    return format!("{target} {operator} {};", self.expr(ty, 2));
                }
                Ty::F32 | Ty::F64 => {
                    let operator = self.rng.pick(&["+=", "-=", "*=", "/="]);
                    return format!("{target} {operator} {};", self.expr(ty, 2));
                }
                Ty::Str => {
                    let other = self.data_type(0);
                    return format!("{target} = clip({target} + {});", self.expr(&other, 2));
                }
                _ => {}
            }
        }
        format!("{target} = {};", self.expr(ty, 3))
    }

    fn branch(&mut self, depth: usize) {
        let condition = self.expr(&Ty::Bool, 3);
        self.line(&format!("if {condition} {{"));
        self.block(3, depth - 1);
        if self.rng.chance(30) {
            let condition = self.expr(&Ty::Bool, 2);
            self.line(&format!("}} else if {condition} {{"));
            self.block(2, depth - 1);
        }
        if self.rng.chance(50) {
            self.line("} else {");
            self.block(3, depth - 1);
        }
        self.line("}");
    }

    fn match_statement(&mut self, depth: usize) {
        let enums: Vec<_> =
            self.places().into_iter().filter(|(_, ty, _)| matches!(ty, Ty::Enum(_) | Ty::Choice(..))).collect();
        // Bodies are blocks of their own, printed in one line each.
        let mut body = |g: &mut Generator, _: usize| {
            let (out, indent) = (std::mem::take(&mut g.out), std::mem::replace(&mut g.indent, 0));
            g.block(2, depth - 1);
            let text = std::mem::replace(&mut g.out, out);
            g.indent = indent;
            format!("{{ {} }}", text.lines().map(str::trim).collect::<Vec<_>>().join(" "))
        };
        let (value, arms) = if !enums.is_empty() && self.rng.chance(60) {
            let (text, of, _) = self.rng.choose(&enums).clone();
            (text, self.variant_arms(&of, 2, &mut body))
        } else {
            let of = self.int_type();
            (self.expr(&of, 2), self.value_arms(&of, 2, &mut body))
        };
        self.line(&format!("match {value} {{"));
        self.indent += 1;
        for arm in arms {
            self.line(&arm);
        }
        self.indent -= 1;
        self.line("}");
    }

    fn loop_statement(&mut self, depth: usize) {
        let label = self.fresh("'l");
        let shown = if self.rng.chance(50) { format!("{label}: ") } else { String::new() };
        let inner = |g: &mut Generator, times: u64| {
            if !shown.is_empty() {
                g.loops.push(label.clone());
            }
            g.repeated(times, |g| g.block(4, depth - 1));
            if !shown.is_empty() {
                g.loops.pop();
            }
        };
        match self.rng.below(if self.is_pure { 6 } else { 9 }) {
            0 | 1 => {
                let (name, bound) = (self.fresh("i"), self.rng.between(0, 9));
                let (dots, ty) = (self.rng.pick(&["..", "..="]), self.int_type());
                let Ty::Int(int) = ty else { unreachable!() };
                let first = self.rng.below(bound + 1);
                self.line(&format!("{shown}for {name} in {first}{}{dots}{bound}{} {{", int.name(), int.name()));
                self.scoped(|g| {
                    g.declare(&name, &ty, false);
                    inner(g, 8);
                });
            }
            2 => {
                // `continue` must not skip the step.
                let (name, bound) = (self.fresh("w"), self.rng.between(1, 8));
                let condition = self.expr(&Ty::Bool, 2);
                self.line(&format!("let mut {name} = 0;"));
                self.line(&format!("{shown}while {name} < {bound} && {condition} {{"));
                let step = self.rng.between(1, 2);
                self.line(&format!("    {name} += {step};"));
                self.scoped(|g| {
                    g.declare(&name, &I32, false);
                    inner(g, 8);
                });
                self.line("}");
                self.declare(&name, &I32, false);
                return;
            }
            3 => {
                let (name, bound) = (self.fresh("w"), self.rng.between(1, 8));
                self.line(&format!("let mut {name} = {bound};"));
                self.line(&format!("{shown}loop {{"));
                self.line(&format!("    {name} -= 1;"));
                self.line(&format!("    if {name} < 0 {{ break; }}"));
                self.scoped(|g| {
                    g.declare(&name, &I32, false);
                    inner(g, 8);
                });
            }
            4 => {
                let text = self.expr(&Ty::Str, 2);
                let name = self.fresh("c");
                self.line(&format!("{shown}for {name} in clip({text}) {{"));
                self.scoped(|g| {
                    g.declare(&name, &Ty::Char, false);
                    inner(g, 10);
                });
            }
            5 => {
                // A value: what the body does to the variable does not matter.
                let (item, count) = (self.data_type(1), self.rng.between(1, 4));
                let (list, name) = (self.expr(&Ty::Fixed(Box::new(item.clone()), count), 2), self.fresh("x"));
                self.line(&format!("{shown}for {name} in {list} {{"));
                self.scoped(|g| {
                    g.declare(&name, &item, false);
                    inner(g, 4);
                });
            }
            6 => {
                let item = self.data_type(1);
                let array = Ty::Array(Box::new(item.clone()));
                let (list, name) = (self.expr(&array, 3), self.fresh("x"));
                self.line(&format!("{shown}for {name} in {list} {{"));
                self.scoped(|g| {
                    g.declare(&name, &item, false);
                    inner(g, 8);
                });
            }
            _ => self.index_loop(&shown, &label, depth),
        }
        self.line("}");
    }

    /// A loop over the indices of an array, as people write it: checks can be left out of such loops, or cannot.
    fn index_loop(&mut self, shown: &str, label: &str, depth: usize) {
        let item = self.data_type(0);
        let array = Ty::Array(Box::new(item.clone()));
        let (list, value) = (self.fresh("v"), self.expr(&array, 3));
        self.line(&format!("let {list}: {} = {value};", array.name()));
        self.declare(&list, &array, false);
        let index = self.fresh("i");
        let step = self.rng.between(1, 2);
        let (header, has_step) = match self.rng.below(5) {
            0 => (format!("for {index} in 0..{list}.len() {{"), false),
            1 => (format!("for {index} in 1..{list}.len() {{"), false),
            2 => (format!("for {index} in 0..({list}.len() - 1) {{"), false),
            3 => {
                self.line(&format!("let mut {index}: i64 = 0;"));
                (format!("while {index} < {list}.len() {{"), true)
            }
            _ => {
                self.line(&format!("let mut {index} = {list}.len() - 1;"));
                (format!("while {index} >= 0 {{"), true)
            }
        };
        let is_down = header.contains(">= 0");
        let has_label = !shown.is_empty() && !has_step;
        self.line(&format!("{}{header}", if has_label { shown } else { "" }));
        let (tag, offset) =
            (self.rng.below(1000), if self.rng.chance(60) { "" } else { self.rng.pick(&[" + 1", " - 1", " * 2"]) });
        let at = format!("{index}{offset}");
        self.line(&format!("    if {at} >= 0 && {at} < {list}.len() {{ say({tag}, `${{{list}[{at}]}}`); }}"));
        self.scoped(|g| {
            g.declare(&index, &I64, false);
            let new = g.expr(&item, 2);
            // Evaluating the value may make the array shorter.
            g.line(&format!("    if {index} < {list}.len() {{ let e = {new}; if {index} < {list}.len() {{ {list}[{index}] = e; }} }}"));
            if has_label {
                g.loops.push(label.to_owned());
            }
            if !has_step {
                g.repeated(8, |g| g.block(2, depth - 1));
            }
            if has_label {
                g.loops.pop();
            }
        });
        if has_step {
            self.line(&format!("    {index} {} {};", if is_down { "-=" } else { "+=" }, step));
        }
    }

    fn deferred(&mut self) {
        let Some((target, ty)) = self.target() else { return };
        let loops = std::mem::take(&mut self.loops);
        let statement = self.assign(&target, &ty);
        self.loops = loops;
        self.line(&format!("defer {statement}"));
    }

    fn destructure(&mut self) {
        let (a, b) = (self.data_type(1), self.data_type(1));
        let (x, y) = (self.fresh("v"), self.fresh("v"));
        let value = self.expr(&Ty::Tuple(vec![a.clone(), b.clone()]), 3);
        self.line(&format!("let ({x}, {y}) = {value};"));
        self.declare(&x, &a, false);
        self.declare(&y, &b, false);
        if !self.structs.is_empty() && self.rng.chance(40) {
            let index = self.rng.below(self.structs.len());
            let ty = Ty::Struct(index);
            if self.is_pure && !self.is_constant(&ty) {
                return;
            }
            let value = self.expr(&ty, 2);
            let name = self.fresh("v");
            let field = self.structs[index].fields[0].clone();
            let rest = if self.structs[index].fields.len() > 1 { ", .." } else { "" };
            self.line(&format!("let S{index} {{ {}: {name}{rest} }} = {value};", field.name));
            self.declare(&name, &field.ty, false);
        }
    }

    /// What fails is caught, or passes through a `finally`.
    fn try_statement(&mut self, depth: usize) {
        let is_risky = std::mem::replace(&mut self.is_risky, true);
        let tag = self.rng.below(1000);
        self.line("try {");
        self.scoped(|g| {
            g.statements(3, depth - 1);
            if g.rng.chance(40) {
                let condition = g.expr(&Ty::Bool, 2);
                let text = g.expr(&Ty::Str, 1);
                let thrown = if g.rng.chance(50) { text } else { format!("Error({text})") };
                g.line(&format!("    if {condition} {{ throw {thrown}; }}"));
            }
        });
        self.is_risky = is_risky;
        let kind = self.rng.below(6);
        if kind == 0 {
            self.line(&format!("}} catch e: DivisionError {{ say({tag}, \"division\");"));
            self.block(2, depth - 1);
            self.line(&format!("}} catch e: BoundsError {{ say({tag}, `bounds ${{e.index}} ${{e.length}}`);"));
        }
        // Without it, what fails leaves the function.
        if kind != 1 || !is_risky {
            self.line(&format!("}} catch e {{ say({tag}, e.message());"));
            self.block(2, depth - 1);
        }
        if kind == 1 || self.rng.chance(30) {
            self.line(&format!("}} finally {{ say({tag}, \"finally\");"));
            // Control does not leave a `finally`.
            let (loops, result) = (std::mem::take(&mut self.loops), self.result.take());
            self.block(2, 0);
            (self.loops, self.result) = (loops, result);
        }
        self.line("}");
    }

    fn mutate_map(&mut self) {
        let maps: Vec<_> = self.places().into_iter().filter(|(_, ty, _)| matches!(ty, Ty::Map(..))).collect();
        if maps.is_empty() {
            return self.variable();
        }
        let (map, ty, _) = self.rng.choose(&maps).clone();
        let Ty::Map(key, value) = ty else { unreachable!() };
        let at = self.expr(&key, 2);
        let text = match self.rng.below(5) {
            0 | 1 => format!("if {map}.len() < 20 {{ {map}.set({at}, {}); }}", self.expr(&value, 2)),
            2 => format!("{map}.delete({at});"),
            3 => format!("say({}, `${{{map}.has({at})}}`);", self.rng.below(1000)),
            _ => {
                let (k, v) = (self.fresh("k"), self.fresh("v"));
                format!("for ({k}, {v}) in {map} {{ say({}, `${{{k}}}: ${{{v}}}`); }}", self.rng.below(1000))
            }
        };
        self.line(&text);
    }

    fn mutate_set(&mut self) {
        let sets: Vec<_> = self.places().into_iter().filter(|(_, ty, _)| matches!(ty, Ty::Set(_))).collect();
        if sets.is_empty() {
            return self.variable();
        }
        let (set, ty, _) = self.rng.choose(&sets).clone();
        let Ty::Set(item) = &ty else { unreachable!() };
        let value = self.expr(item, 2);
        let text = match self.rng.below(6) {
            0 | 1 => format!("if {set}.len() < 20 {{ {set}.add({value}); }}"),
            2 => format!("{set}.delete({value});"),
            3 => format!("say({}, `${{{set}.has({value})}} ${{{set}.len()}}`);", self.rng.below(1000)),
            4 => {
                let method = self.rng.pick(&["union", "intersection", "difference"]);
                format!("say({}, `${{{set}.{method}({})}}`);", self.rng.below(1000), self.expr(&ty, 2))
            }
            _ => {
                let name = self.fresh("k");
                format!("for {name} in {set} {{ say({}, `${{{name}}}`); }}", self.rng.below(1000))
            }
        };
        self.line(&text);
    }

    /// A block with something that is disposed of at its end.
    fn using(&mut self, depth: usize) {
        let name = self.fresh("u");
        self.line("{");
        let tag = self.rng.below(1000);
        self.line(&format!("    using _{name} = Guard {{ tag: {tag} }};"));
        self.block(3, depth - 1);
        self.line("}");
    }

    fn mutate_array(&mut self) {
        let arrays: Vec<_> = self.places().into_iter().filter(|(_, ty, _)| matches!(ty, Ty::Array(_))).collect();
        if arrays.is_empty() {
            return self.variable();
        }
        let (list, ty, _) = self.rng.choose(&arrays).clone();
        let Ty::Array(item) = ty else { unreachable!() };
        let value = self.expr(&item, 3);
        let text = match self.rng.below(8) {
            0..=2 => format!("if {list}.len() < 20 {{ {list}.push({value}); }}"),
            3 => format!("if {list}.len() > 0 {{ {list}[{list}.len() - 1] = {value}; }}"),
            4 => format!("{list}.fill({value}, {}, {});", self.rng.below(4), self.rng.below(8)),
            5 => format!("if {list}.len() < 20 {{ {list}.insert({list}.len() / 2, {value}); }}"),
            6 if item.is_int() => format!("{list}.sort();"),
            _ => format!("if {list}.len() > 1 {{ {list}.swap(0, {list}.len() - 1); }}"),
        };
        self.line(&text);
    }

    fn pointer(&mut self) {
        let Some((target, ty)) = self.target() else { return };
        if matches!(ty, Ty::Function(..) | Ty::Pointer(_)) || target.contains("(*") {
            return;
        }
        if self.rng.chance(40) {
            let same: Vec<String> = self
                .places()
                .into_iter()
                .filter(|(_, t, writable)| *writable && *t == ty)
                .map(|(text, ..)| text)
                .collect();
            if !same.is_empty() {
                let other = self.rng.choose(&same).clone();
                return self.line(&format!("exchange(&{target}, &{other});"));
            }
        }
        let name = self.fresh("p");
        self.line(&format!("let {name} = &{target};"));
        self.declare(&name, &Ty::Pointer(Box::new(ty)), false);
    }

    /// A closure with statements, that changes what it captures.
    fn closure_statement(&mut self, depth: usize) {
        let (param, result) = (self.data_type(0), self.data_type(1));
        let (name, arg) = (self.fresh("f"), self.fresh("a"));
        self.line(&format!("let {name} = fn({arg}: {}) -> {} {{", param.name(), result.name()));
        let loops = std::mem::take(&mut self.loops);
        let recursion = self.recursion.take();
        let outer = self.result.replace(result.clone());
        self.scoped(|g| {
            g.hide_mutable_self();
            g.declare(&arg, &param, false);
            g.repeated(8, |g| {
                g.statements(3, depth.min(1));
                let value = g.expr(&result, 2);
                g.indent += 1;
                g.line(&format!("return {value};"));
                g.indent -= 1;
            });
        });
        (self.loops, self.recursion, self.result) = (loops, recursion, outer);
        self.line("};");
        self.declare(&name, &Ty::Function(vec![param], Box::new(result)), false);
    }

    fn loop_value(&mut self) {
        let ty = self.data_type(1);
        let (name, counter) = (self.fresh("v"), self.fresh("w"));
        let (value, step, bound) = (self.expr(&ty, 2), self.rng.between(1, 3), self.rng.between(1, 9));
        let condition = self.repeated(8, |g| g.expr(&Ty::Bool, 2));
        self.line(&format!("let mut {counter} = 0;"));
        self.line(&format!("let {name}: {} = loop {{", ty.name()));
        self.line(&format!("    {counter} += {step};"));
        self.line(&format!("    if {counter} > {bound} || {condition} {{ break {value}; }}"));
        self.line("};");
        self.declare(&name, &ty, false);
        self.declare(&counter, &I32, false);
    }

    fn mutating_call(&mut self) {
        let methods: Vec<_> = self.callables.iter().filter(|c| c.is_mutating).cloned().collect();
        if methods.is_empty() {
            return self.variable();
        }
        let mut method = self.rng.choose(&methods).clone();
        let receiver = method.params.remove(0);
        let writable: Vec<String> = self
            .places()
            .into_iter()
            .filter(|(_, ty, writable)| *writable && *ty == receiver)
            .map(|(text, ..)| text)
            .collect();
        if writable.is_empty() || self.cost + method.cost * self.times > super::MAX_COST {
            return self.variable();
        }
        self.cost += method.cost * self.times;
        let place = self.rng.choose(&writable).clone();
        let args: Vec<_> = method.params.iter().map(|ty| self.expr(ty, 2)).collect();
        let value = format!("{place}.{}({})", method.name, args.join(", "));
        self.let_variable(&method.result.clone(), &value);
    }

    /// A variable that gets its value later.
    fn late_variable(&mut self) {
        let (ty, name) = (self.data_type(1), self.fresh("v"));
        let condition = self.expr(&Ty::Bool, 2);
        let (a, b) = (self.expr(&ty, 2), self.expr(&ty, 2));
        let keyword = if matches!(ty, Ty::Fixed(..)) { "let mut" } else { "let" };
        self.line(&format!("{keyword} {name}: {};", ty.name()));
        self.line(&format!("if {condition} {{ {name} = {a}; }} else {{ {name} = {b}; }}"));
        self.declare(&name, &ty, false);
    }

    fn optional_statement(&mut self, depth: usize) {
        let ty = self.data_type(1);
        if matches!(ty, Ty::Optional(_)) || depth == 0 {
            return self.variable();
        }
        let optional = Ty::Optional(Box::new(ty.clone()));
        let (name, value) = (self.fresh("n"), self.expr(&optional, 3));
        if self.rng.chance(50) {
            self.line(&format!("if let {name} = {value} {{"));
            self.scoped(|g| {
                g.declare(&name, &ty, false);
                g.block(2, depth - 1);
            });
        } else {
            // Narrowed by a test.
            self.line(&format!("let {name}: {} = {value};", optional.name()));
            self.line(&format!("if {name} != null {{"));
            self.scoped(|g| {
                g.declare(&name, &ty, false);
                g.block(2, depth - 1);
            });
        }
        if self.rng.chance(50) {
            self.line("} else {");
            self.block(2, depth - 1);
        }
        self.line("}");
    }
}
