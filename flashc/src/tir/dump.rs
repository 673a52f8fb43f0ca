//! The typed tree as text: a node a line with its type, indented. Functions of std are left out:
//! every program has them.

mod expr;

use super::{Body, FuncId, Function, GenericParam, LocalId, NominalKind, Program, Ty, TyKind, Types};
use crate::source::Symbol;
use std::fmt::Write as _;

/// The whole program, without std.
pub fn dump(program: &Program) -> String {
    let mut dumper = Dumper { program, out: String::new(), depth: 0, function: None };
    for (index, global) in program.globals.iter().enumerate() {
        if !dumper.is_std(global.module.index()) {
            let mutable = if global.is_mut { "mut " } else { "" };
            let ty = dumper.ty(global.ty);
            dumper.line(&format!("global g{index} {mutable}{}: {ty}", global.name));
        }
    }
    for nominal in &program.nominals {
        if !dumper.is_std(nominal.module.index()) {
            dumper.nominal(nominal);
        }
    }
    for (index, function) in program.functions.iter().enumerate() {
        if !dumper.is_std(function.module.index()) {
            dumper.function(FuncId(index as u32), function);
        }
    }
    dumper.out
}

/// A type as it would be written in Flash.
pub fn type_text(program: &Program, ty: Ty) -> String {
    let text = |ty: Ty| type_text(program, ty);
    let list = |types: &[Ty]| types.iter().map(|&t| text(t)).collect::<Vec<_>>().join(", ");
    match program.types.kind(ty) {
        TyKind::Array(element) => format!("[{}]", text(*element)),
        TyKind::FixedArray(element, count) => format!("[{}; {count}]", text(*element)),
        TyKind::Tuple(parts) if parts.len() == 1 => format!("({},)", list(parts)),
        TyKind::Tuple(parts) => format!("({})", list(parts)),
        TyKind::Record(fields) => {
            let fields: Vec<String> = fields.iter().map(|(name, ty)| format!("{name}: {}", text(*ty))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
        TyKind::Optional(inner) => match program.types.kind(*inner) {
            TyKind::Pointer(_) | TyKind::Function(..) => format!("({})?", text(*inner)),
            _ => format!("{}?", text(*inner)),
        },
        TyKind::Pointer(target) => format!("*{}", text(*target)),
        TyKind::Function(params, result) => format!("fn({}) -> {}", list(params), text(*result)),
        TyKind::Nominal(id, args) => {
            let name = program.nominals.get(id.index()).map_or("<unknown>", |n| n.name.as_str());
            if args.is_empty() { name.to_owned() } else { format!("{name}<{}>", list(args)) }
        }
        _ => scalar_text(&program.types, ty),
    }
}

fn scalar_text(types: &Types, ty: Ty) -> String {
    match types.kind(ty) {
        TyKind::Void => "void".to_owned(),
        TyKind::Never => "never".to_owned(),
        TyKind::Bool => "bool".to_owned(),
        TyKind::Char => "char".to_owned(),
        TyKind::Str => "str".to_owned(),
        TyKind::Int(int) => int.name().to_owned(),
        TyKind::Float(super::FloatTy::F32) => "f32".to_owned(),
        TyKind::Float(super::FloatTy::F64) => "f64".to_owned(),
        TyKind::Param(_, name) => name.to_string(),
        _ => "<error>".to_owned(),
    }
}

struct Dumper<'a> {
    program: &'a Program,
    out: String,
    depth: usize,
    /// Whose locals are meant.
    function: Option<&'a Function>,
}

impl<'a> Dumper<'a> {
    fn is_std(&self, module: usize) -> bool {
        self.program.modules.get(module).is_some_and(|m| m.name.as_str().starts_with("std:"))
    }

    fn line(&mut self, text: &str) {
        for _ in 0..self.depth {
            self.out.push_str("  ");
        }
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn node(&mut self, text: &str, inside: impl FnOnce(&mut Dumper<'a>)) {
        self.line(text);
        self.depth += 1;
        inside(self);
        self.depth -= 1;
    }

    fn ty(&self, ty: Ty) -> String {
        type_text(self.program, ty)
    }

    fn types(&self, types: &[Ty]) -> String {
        if types.is_empty() {
            return String::new();
        }
        format!("<{}>", types.iter().map(|&t| self.ty(t)).collect::<Vec<_>>().join(", "))
    }

    /// Name and number, since names repeat.
    fn local(&self, local: LocalId) -> String {
        let known = self.function.and_then(|f| f.locals.get(local.index()));
        format!("{}.{}", known.map_or("?", |l| l.name.as_str()), local.0)
    }

    fn function_name(&self, id: FuncId) -> String {
        self.program.functions.get(id.index()).map_or_else(|| format!("<function {}>", id.0), |f| f.name.clone())
    }

    fn generics(&self, generics: &[GenericParam]) -> String {
        if generics.is_empty() {
            return String::new();
        }
        let one = |g: &GenericParam| {
            let bounds: Vec<String> = g.bounds.iter().map(|&b| self.ty(b)).collect();
            let bounds = if bounds.is_empty() { String::new() } else { format!(": {}", bounds.join(" + ")) };
            format!("{}{bounds}", g.name)
        };
        format!("<{}>", generics.iter().map(one).collect::<Vec<_>>().join(", "))
    }

    fn nominal(&mut self, nominal: &super::Nominal) {
        let generics = self.generics(&nominal.generics);
        let field = |d: &Dumper<'_>, name: Symbol, ty: Ty| format!("{name}: {}", d.ty(ty));
        match &nominal.kind {
            NominalKind::Record { kind, fields } => {
                let kind = match kind {
                    crate::ast::RecordKind::Struct => "struct",
                    crate::ast::RecordKind::Class => "class",
                };
                self.node(&format!("{kind} {}{generics}", nominal.name), |d| {
                    for f in fields {
                        let default = f.default.map(|id| format!(" = {}", d.function_name(id))).unwrap_or_default();
                        d.line(&(field(d, f.name, f.ty) + &default));
                    }
                });
            }
            NominalKind::Enum { variants } => self.node(&format!("enum {}{generics}", nominal.name), |d| {
                for variant in variants {
                    let fields: Vec<String> = variant.fields.iter().map(|f| field(d, f.name, f.ty)).collect();
                    d.line(&format!("{}({}) = {}", variant.name, fields.join(", "), variant.value));
                }
            }),
            NominalKind::Interface { methods, .. } => {
                self.node(&format!("interface {}{generics}", nominal.name), |d| {
                    methods.iter().for_each(|method| d.line(method.name.as_str()));
                })
            }
        }
    }

    fn function(&mut self, id: FuncId, function: &'a Function) {
        self.function = Some(function);
        let params: Vec<String> = function
            .params
            .iter()
            .map(|&p| {
                let ty = function.locals.get(p.index()).map(|l| self.ty(l.ty)).unwrap_or_default();
                format!("{}: {ty}", self.local(p))
            })
            .collect();
        let mut text = format!("fn {}{}", function.name, self.generics(&function.generics));
        let _ = write!(text, "({}) -> {}", params.join(", "), self.ty(function.result));
        if !function.captures.is_empty() {
            let captures: Vec<String> = function.captures.iter().map(|&c| self.local(c)).collect();
            let _ = write!(text, " captures {}", captures.join(", "));
        }
        if self.program.main == Some(id) {
            text.push_str(" [main]");
        }
        if self.program.initializers.contains(&id) {
            text.push_str(" [initializer]");
        }
        self.node(&text, |d| {
            for (index, local) in function.locals.iter().enumerate() {
                let flags: String = [
                    (local.is_mut, " mut"),
                    (local.is_shared, " shared"),
                    (local.is_addressed, " addressed"),
                    (local.is_reference, " reference"),
                ]
                .into_iter()
                .filter_map(|(set, name)| set.then_some(name))
                .collect();
                let is_param = function.params.contains(&LocalId(index as u32));
                if !is_param || !flags.is_empty() {
                    let ty = d.ty(local.ty);
                    d.line(&format!("local {}: {ty}{flags}", d.local(LocalId(index as u32))));
                }
            }
            match &function.body {
                Body::Flash(body) => d.expr(body),
                Body::ExternC { symbol } => d.line(&format!("extern \"C\" {symbol}")),
                Body::Native(native) => d.line(&format!("native {native:?}")),
                Body::Declared => d.line("declared"),
                Body::Intrinsic(intrinsic) => d.line(&format!("intrinsic {intrinsic:?}")),
            }
        });
        self.function = None;
    }
}
