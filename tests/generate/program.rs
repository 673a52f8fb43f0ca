//! Whole programs: types, interfaces, functions, methods, and what calls them.

use super::types::{I32, Ty};
use super::{Callable, Generator};

const PRELUDE: &str = include_str!("prelude.fl");

impl Generator {
    pub fn program(&mut self, seed: u64) -> String {
        self.is_risky = self.rng.chance(50);
        self.declare_types();
        let types = self.print_types();
        let mut functions = self.interface();
        let globals = self.globals();
        for _ in 0..self.rng.between(1, 3) {
            functions += &self.function();
        }
        functions += &self.methods();
        for _ in 0..self.rng.between(1, 3) {
            functions += &self.function();
        }
        let calls = self.calls();
        let after = self.reports_globals();
        format!("// Seed {seed}.\n{PRELUDE}{types}{globals}{functions}{calls}{after}println(\"end\", lines, sum);\n")
    }

    /// Top-level variables, which stay in scope for everything that is not pure.
    fn globals(&mut self) -> String {
        for _ in 0..self.rng.below(4) {
            let ty = self.data_type(1);
            let (name, value) = (self.fresh("g"), self.literal(&ty));
            self.line(&format!("let mut {name}: {} = {value};", ty.name()));
            self.declare(&name, &ty, true);
        }
        std::mem::take(&mut self.out)
    }

    fn reports_globals(&mut self) -> String {
        for var in self.scope.clone() {
            self.line(&format!("println({});", var.name));
        }
        std::mem::take(&mut self.out)
    }

    /// Writes a function body: its text and cost.
    fn body(
        &mut self,
        params: &[(String, Ty)],
        receiver: Option<(&Ty, bool)>,
        result: &Ty,
        depth: usize,
    ) -> (String, u64) {
        let globals = if self.is_pure { std::mem::take(&mut self.scope) } else { Vec::new() };
        (self.cost, self.times, self.budget) = (1, 1, self.rng.between(3, 16));
        self.result = Some(result.clone());
        self.scoped(|g| {
            if let Some((ty, is_mutable)) = receiver {
                g.declare("self", ty, is_mutable);
            }
            for (name, ty) in params {
                g.declare(name, ty, false);
            }
            while g.budget > 0 {
                g.indent += 1;
                g.statement(depth);
                g.indent -= 1;
            }
            let value = g.expr(result, 3);
            g.line(&format!("    return {value};"));
        });
        if self.is_pure {
            self.scope = globals;
        }
        self.result = None;
        (std::mem::take(&mut self.out), self.cost)
    }

    fn params(&mut self, most: usize) -> Vec<(String, Ty)> {
        (0..self.rng.below(most + 1))
            .map(|_| {
                let ty = self.data_type(1);
                (self.fresh("a"), ty)
            })
            .collect()
    }

    fn function(&mut self) -> String {
        let is_risky = self.is_risky;
        self.is_pure = self.rng.chance(40);
        self.is_risky &= !self.is_pure;
        let is_recursive = self.rng.chance(20);
        let name = self.fresh("fun");
        let mut params = self.params(4);
        if is_recursive {
            params.insert(0, ("depth".into(), I32));
        }
        let result = self.data_type(1);
        let mut callable = Callable {
            name: name.clone(),
            params: params.iter().map(|(_, ty)| ty.clone()).collect(),
            result: result.clone(),
            is_pure: self.is_pure,
            cost: 0,
            is_method: false,
            is_mutating: false,
            is_recursive,
        };
        if is_recursive {
            self.recursion = Some((callable.clone(), 2));
        }
        let (body, cost) = self.body(&params, None, &result, 3);
        self.recursion = None;
        let base = if is_recursive {
            format!("    if depth <= 0 {{ return {}; }}\n", self.scoped_literal(&result))
        } else {
            String::new()
        };
        callable.cost = if is_recursive { cost * 32 } else { cost };
        self.callables.push(callable);
        let attribute = self.rng.pick(&["", "", "", "#[noinline]\n", "#[inline]\n"]);
        let list: Vec<_> = params.iter().map(|(name, ty)| format!("{name}: {}", ty.name())).collect();
        (self.is_pure, self.is_risky) = (false, is_risky);
        format!("{attribute}fn {name}({}) -> {} {{\n{base}{body}}}\n", list.join(", "), result.name())
    }

    /// A literal where no variables are.
    fn scoped_literal(&mut self, ty: &Ty) -> String {
        let scope = std::mem::take(&mut self.scope);
        let text = self.literal(ty);
        self.scope = scope;
        text
    }

    /// Methods of structs, classes and enums, given by interfaces of their own.
    fn methods(&mut self) -> String {
        let mut text = String::new();
        let mut types: Vec<Ty> = (0..self.structs.len()).map(Ty::Struct).collect();
        types.extend((0..self.classes.len()).map(Ty::Class));
        types.extend((0..self.enums.len()).map(Ty::Enum));
        for ty in types {
            if !self.rng.chance(60) {
                continue;
            }
            let is_mutating = matches!(ty, Ty::Struct(_)) && self.rng.chance(50);
            let (name, interface) = (self.fresh("method"), self.fresh("I"));
            let (params, result) = (self.params(2), self.data_type(1));
            let (body, cost) = self.body(&params, Some((&ty, is_mutating)), &result, 2);
            let list: String = params.iter().map(|(name, ty)| format!(", {name}: {}", ty.name())).collect();
            let signature =
                format!("fn {name}({}self{list}) -> {}", if is_mutating { "mut " } else { "" }, result.name());
            text += &format!("interface {interface} {{ {signature}; }}\n");
            text += &format!("impl {interface} for {} {{\n{signature} {{\n{body}}}\n}}\n", ty.name());
            let mut all = vec![ty.clone()];
            all.extend(params.into_iter().map(|(_, ty)| ty));
            self.callables.push(Callable {
                name,
                params: all,
                result,
                is_pure: false,
                cost,
                is_method: true,
                is_mutating,
                is_recursive: false,
            });
        }
        text
    }

    /// An interface that several types implement, and a generic function over it.
    fn interface(&mut self) -> String {
        let (interface, method, default, function) =
            (self.fresh("I"), self.fresh("m"), self.fresh("d"), self.fresh("over"));
        let (param, result) = (self.data_type(0), self.data_type(1));
        let list = format!("self, a: {}", param.name());
        let mut text = format!(
            "interface {interface} {{\n    fn {method}({list}) -> {r};\n    fn {default}({list}) -> {r} {{ return pick(sum % 2 == 0, self.{method}(a), self.{method}(a)); }}\n}}\n",
            r = result.name()
        );
        let seven = self.literal(&result);
        let mut types = vec![Ty::Str, Ty::Tuple(vec![I32, Ty::F64])];
        types.extend((0..self.structs.len()).map(Ty::Struct));
        types.extend((0..self.enums.len()).map(Ty::Enum));
        types.extend((0..self.classes.len()).map(Ty::Class));
        let dynamic = self.fresh("dynamic");
        for ty in types {
            if !self.rng.chance(60) {
                continue;
            }
            self.scope.clear();
            self.declare("self", &ty, false);
            self.declare("a", &param, false);
            let value = self.expr(&result, 4);
            self.scope.clear();
            text += &format!(
                "impl {interface} for {} {{ fn {method}({list}) -> {} {{ return {value}; }} }}\n",
                ty.name(),
                result.name()
            );
            let mut callable = Callable {
                name: function.clone(),
                params: vec![ty, param.clone()],
                result: result.clone(),
                is_pure: false,
                cost: 12,
                is_method: false,
                is_mutating: false,
                is_recursive: false,
            };
            self.callables.push(callable.clone());
            callable.name = dynamic.clone();
            self.callables.push(callable.clone());
            callable.name = default.clone();
            callable.is_method = true;
            self.callables.push(callable);
        }
        text += &format!(
            "fn {dynamic}(x: {interface}, a: {p}) -> {r} {{\n    let all: [{interface}] = [x, 7i16, x];\n    let mut r = x.{method}(a);\n    for y in all {{ if y is i16 {{ sum += 1; }} r = pick(sum % 2 == 0, y.{default}(a), r); }}\n    return r;\n}}\nimpl {interface} for i16 {{ fn {method}({list}) -> {r} {{ return {seven}; }} }}\n\
            fn {function}<T: {interface}>(x: T, a: {}) -> {} {{\n    let r = x.{default}(a);\n    return pick(sum % 3 == 0, r, x.{method}(a));\n}}\n",
            param.name(),
            result.name(),
            p = param.name(),
            r = result.name(),
        );
        text
    }

    /// Calls every function a few times; those that are pure also while compiling.
    fn calls(&mut self) -> String {
        let mut constants = String::new();
        for callable in self.callables.clone() {
            if callable.is_mutating {
                continue;
            }
            for _ in 0..self.rng.between(1, 2) {
                (self.cost, self.times) = (0, 1);
                let scope = std::mem::take(&mut self.scope);
                self.is_pure = callable.is_pure;
                let call = self.call_of(&callable, 1);
                self.is_pure = false;
                self.scope = scope;
                let shown = self.fresh("r");
                // Now and then a failure ends the program.
                let is_caught = !callable.is_pure && self.rng.chance(97);
                if is_caught {
                    self.line("try {");
                }
                self.line(&format!("let {shown} = {call};"));
                self.line(&format!("println(\"{}\", {shown});", callable.name));
                if is_caught {
                    self.line("} catch e { println(\"caught\", e.message()); }");
                }
                if callable.is_pure && self.is_constant(&callable.result) {
                    let name = self.fresh("K");
                    constants += &format!("const {name}: {} = {call};\n", callable.result.name());
                    self.line(&format!(
                        "if `${{{name}}}` != `${{{shown}}}` {{ println(\"CONSTANT DIFFERS\", {name}); }}"
                    ));
                }
            }
        }
        let calls = std::mem::take(&mut self.out);
        if self.rng.chance(50) {
            format!("{constants}fn calls() {{\n{calls}}}\ncalls();\n")
        } else {
            format!("{constants}{calls}")
        }
    }
}
