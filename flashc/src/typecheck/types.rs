//! Written types to `Ty`: paths, aliases, generic arguments, array sizes.

use super::Checker;
use super::entity::{AliasId, Entity, ItemScope, State};
use crate::ast::{Ident, TypeExpr, TypeExprKind};
use crate::diagnostics::Diagnostic;
use crate::resolve::with_suggestion;
use crate::source::{Span, Symbol};
use crate::tir::{Const, NominalId, Ty, TyKind};

/// Names that types have everywhere.
pub(super) const BUILTIN_NAMES: &[&str] =
    &["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64", "bool", "char", "str", "void", "never"];

/// The built-in type of this name.
pub(super) fn builtin(name: Symbol) -> Option<Ty> {
    Some(match name.as_str() {
        "i8" => Ty::I8,
        "i16" => Ty::I16,
        "i32" => Ty::I32,
        "i64" => Ty::I64,
        "u8" => Ty::U8,
        "u16" => Ty::U16,
        "u32" => Ty::U32,
        "u64" => Ty::U64,
        "f32" => Ty::F32,
        "f64" => Ty::F64,
        "bool" => Ty::BOOL,
        "char" => Ty::CHAR,
        "str" => Ty::STR,
        "void" => Ty::VOID,
        "never" => Ty::NEVER,
        _ => return None,
    })
}

impl<'a> Checker<'a> {
    /// The type that is written here. Mistakes are reported and give `Ty::ERROR`.
    pub(super) fn type_expr(&mut self, scope: &ItemScope, expr: &'a TypeExpr) -> Ty {
        match &expr.kind {
            TypeExprKind::Path { path, args } => self.type_path(scope, path, args, expr.span),
            TypeExprKind::Array(element) => {
                let element = self.value_type(scope, element);
                self.types.array(element)
            }
            TypeExprKind::FixedArray(element, count) => {
                let element = self.value_type(scope, element);
                match self.array_size(scope, count) {
                    Some(count) if element != Ty::ERROR => self.types.intern(TyKind::FixedArray(element, count)),
                    _ => Ty::ERROR,
                }
            }
            TypeExprKind::Tuple(types) => {
                let types: Vec<Ty> = types.iter().map(|t| self.value_type(scope, t)).collect();
                if types.is_empty() {
                    return Ty::VOID;
                }
                self.types.intern(TyKind::Tuple(types))
            }
            TypeExprKind::Optional(inner) => {
                let ty = self.value_type(scope, inner);
                if let TyKind::Optional(_) = self.types.kind(ty) {
                    return ty;
                }
                if ty == Ty::ERROR { ty } else { self.types.optional(ty) }
            }
            TypeExprKind::Pointer(target) => {
                let target = self.type_expr(scope, target);
                self.types.pointer(target)
            }
            TypeExprKind::Function { params, result } => {
                let params = params.iter().map(|p| self.value_type(scope, p)).collect();
                let result = result.as_ref().map_or(Ty::VOID, |r| self.type_expr(scope, r));
                self.types.intern(TyKind::Function(params, result))
            }
            TypeExprKind::Record(fields) => {
                let mut types: Vec<(Symbol, Ty)> =
                    fields.iter().map(|(name, ty)| (name.name, self.value_type(scope, ty))).collect();
                types.sort_by_key(|(name, _)| name.as_str());
                self.types.intern(TyKind::Record(types))
            }
            TypeExprKind::Literals(_) => {
                self.report(
                    Diagnostic::error("E0316", expr.span, "a literal is a type of parameters only")
                        .label("not here")
                        .note("an `enum` names the values that something may have"),
                );
                Ty::ERROR
            }
            TypeExprKind::Error => {
                self.errors_before = true;
                Ty::ERROR
            }
        }
    }

    /// A type argument, which may be `void`: `Promise<void>`.
    pub(super) fn argument_type(&mut self, scope: &ItemScope, expr: &'a TypeExpr) -> Ty {
        let ty = self.type_expr(scope, expr);
        if ty == Ty::VOID { ty } else { self.value_type_of(ty, expr.span) }
    }

    /// A type that a variable can have: not `void`, not `never`.
    pub(super) fn value_type(&mut self, scope: &ItemScope, expr: &'a TypeExpr) -> Ty {
        let ty = self.type_expr(scope, expr);
        self.value_type_of(ty, expr.span)
    }

    fn value_type_of(&mut self, ty: Ty, span: Span) -> Ty {
        if ty == Ty::VOID || ty == Ty::NEVER {
            let name = self.show(ty);
            self.report(
                Diagnostic::error("E0301", span, format!("nothing can have the type `{name}`"))
                    .label("only results of functions may be of it"),
            );
            return Ty::ERROR;
        }
        ty
    }

    pub(super) fn not_built(&mut self, span: Span, what: &str) {
        let diagnostic = Diagnostic::error("E0900", span, format!("{what} are not built yet"));
        self.report(diagnostic.label("not supported yet"));
    }

    fn type_path(&mut self, scope: &ItemScope, path: &'a [Ident], args: &'a [TypeExpr], span: Span) -> Ty {
        let Some((last, modules)) = path.split_last() else { return Ty::ERROR };
        if modules.is_empty() {
            if let Some(index) = scope.generics.iter().rposition(|g| g.name == last.name) {
                self.no_type_args(args, span, last.name);
                return self.types.intern(TyKind::Param(index as u32, last.name));
            }
            if let (Some(ty), "Self") = (scope.self_ty, last.name.as_str()) {
                self.no_type_args(args, span, last.name);
                return ty;
            }
        }
        let entity = match self.path_entity(scope, path) {
            Some(entity) => entity,
            None => {
                let args_ok: Vec<Ty> = args.iter().map(|a| self.type_expr(scope, a)).collect();
                drop(args_ok);
                return Ty::ERROR;
            }
        };
        match entity {
            PathEntity::Builtin(ty) => {
                self.no_type_args(args, span, last.name);
                ty
            }
            PathEntity::Entity(Entity::Nominal(id)) => self.nominal_type(scope, id, args, span),
            PathEntity::Entity(Entity::Alias(id)) => self.alias_type(scope, id, args, span),
            PathEntity::Entity(Entity::Error) => Ty::ERROR,
            PathEntity::Entity(other) => {
                let what = entity_noun(other);
                self.report(
                    Diagnostic::error("E0302", span, format!("`{}` is {what}, not a type", last.name))
                        .label("a type is expected here"),
                );
                Ty::ERROR
            }
        }
    }

    /// What a path in a type or literal names. Reports and gives `None` when it is nothing.
    pub(super) fn path_entity(&mut self, scope: &ItemScope, path: &[Ident]) -> Option<PathEntity> {
        let (last, modules) = path.split_last()?;
        let Some((first, rest)) = modules.split_first() else {
            if let Some(entity) = self.lookup_item(scope, last.name) {
                self.warn_deprecated_entity(entity, last.name, last.span);
                return Some(PathEntity::Entity(entity));
            }
            if let Some(ty) = builtin(last.name) {
                return Some(PathEntity::Builtin(ty));
            }
            let later = match last.name.as_str() {
                "Map" | "Set" => Some("maps and sets"),
                "Promise" => Some("promises"),
                "Error" | "Show" | "Eq" | "Ord" | "Hash" | "Iterator" | "Iterable" | "Disposable" => Some("interfaces"),
                _ => None,
            };
            if let Some(what) = later {
                self.not_built(last.span, what);
                return None;
            }
            let diagnostic = Diagnostic::error("E0303", last.span, format!("there is no type `{}`", last.name))
                .label("not found in this module");
            let diagnostic = match super::hints::foreign_type(last.name) {
                Some(hint) => hint.add(diagnostic, last.span),
                None => with_suggestion(diagnostic, last.span, self.nearest_item(scope.module, last.name, true)),
            };
            self.report(diagnostic);
            return None;
        };
        let mut module = match self.lookup_item(scope, first.name) {
            Some(Entity::Module(module)) => module,
            Some(Entity::Error) => return None,
            _ => {
                self.error("E0304", first.span, format!("there is no module `{}` here", first.name));
                return None;
            }
        };
        for part in rest {
            match self.lookup_export(module, part.name) {
                Some(Entity::Module(inner)) => module = inner,
                _ => {
                    self.error("E0304", part.span, format!("there is no module `{}` here", part.name));
                    return None;
                }
            }
        }
        let Some(entity) = self.lookup_export(module, last.name) else {
            let near = self.nearest_export(module, last.name);
            let name = self.graph.module(module).name;
            let message = format!("the module `{name}` exports no `{}`", last.name);
            let diagnostic = Diagnostic::error("E0303", last.span, message).label("not exported");
            self.report(with_suggestion(diagnostic, last.span, near));
            return None;
        };
        self.warn_deprecated_entity(entity, last.name, last.span);
        Some(PathEntity::Entity(entity))
    }

    fn no_type_args(&mut self, args: &[TypeExpr], span: Span, name: Symbol) {
        if !args.is_empty() {
            self.error("E0305", span, format!("`{name}` takes no type arguments"));
        }
    }

    pub(super) fn nominal_type(&mut self, scope: &ItemScope, id: NominalId, args: &'a [TypeExpr], span: Span) -> Ty {
        self.nominal_type_for(scope, id, args, None, span)
    }

    /// As `nominal_type`, where type arguments that are left out may be the type that implements an interface.
    pub(super) fn nominal_type_for(
        &mut self,
        scope: &ItemScope,
        id: NominalId,
        args: &'a [TypeExpr],
        subject: Option<Ty>,
        span: Span,
    ) -> Ty {
        let mut args: Vec<Ty> = args.iter().map(|a| self.argument_type(scope, a)).collect();
        self.default_args(id, &mut args, subject);
        let info = &self.nominals[id.index()];
        let (name, wanted) = (info.name, info.scope.generics.len());
        if args.len() != wanted {
            self.wrong_type_args(span, name, wanted, args.len());
            return Ty::ERROR;
        }
        self.note_written(id, &args, scope, span);
        self.types.intern(TyKind::Nominal(id, args))
    }

    /// Adds the defaults of type arguments that are left out, as long as there are some.
    fn default_args(&mut self, id: NominalId, args: &mut Vec<Ty>, subject: Option<Ty>) {
        let info = &self.nominals[id.index()];
        let super::entity::Decl::Interface(decl) = info.decl else { return };
        let scope = ItemScope {
            module: info.scope.module,
            generics: info.scope.generics.clone(),
            self_ty: subject,
            nested: info.scope.nested.clone(),
        };
        for param in decl.generics.iter().skip(args.len()) {
            let Some(default) = &param.default else { return };
            let names_self = matches!(&default.kind, TypeExprKind::Path { path, .. }
                if matches!(path.as_slice(), [name] if name.name.as_str() == "Self"));
            if names_self && subject.is_none() {
                return;
            }
            let ty = self.value_type(&scope, default);
            // `Self` is a type of the place where the interface is named, not one of its parameters.
            let ty = if names_self { ty } else { self.types.substitute(ty, args) };
            args.push(ty);
        }
    }

    pub(super) fn wrong_type_args(&mut self, span: Span, name: Symbol, wanted: usize, given: usize) {
        let plural = if wanted == 1 { "" } else { "s" };
        let message = format!("`{name}` takes {wanted} type argument{plural}, not {given}");
        self.error("E0305", span, message);
    }

    fn alias_type(&mut self, scope: &ItemScope, id: AliasId, args: &'a [TypeExpr], span: Span) -> Ty {
        let args: Vec<Ty> = args.iter().map(|a| self.value_type(scope, a)).collect();
        let ty = self.alias(id);
        let info = &self.aliases[id.index()];
        let (name, wanted) = (info.ast.name.name, info.scope.generics.len());
        if args.len() != wanted {
            self.wrong_type_args(span, name, wanted, args.len());
            return Ty::ERROR;
        }
        self.types.substitute(ty, &args)
    }

    /// The type that an alias stands for.
    pub(super) fn alias(&mut self, id: AliasId) -> Ty {
        let info = &mut self.aliases[id.index()];
        match (info.ty, info.state) {
            (Some(ty), _) => ty,
            (None, State::Checking) => {
                let name = info.ast.name;
                info.ty = Some(Ty::ERROR);
                self.error("E0306", name.span, format!("the alias `{}` stands for itself", name.name));
                Ty::ERROR
            }
            (None, _) => {
                info.state = State::Checking;
                let (ast, scope) = (info.ast, info.scope.clone());
                let ty = self.type_expr(&scope, &ast.ty);
                let info = &mut self.aliases[id.index()];
                info.state = State::Done;
                *info.ty.get_or_insert(ty)
            }
        }
    }

    fn array_size(&mut self, scope: &ItemScope, expr: &'a crate::ast::Expr) -> Option<u64> {
        let (ty, value) = self.constant_expr(scope, expr, Some(Ty::I64))?;
        match value {
            Const::Int(n) if (0..=1 << 40).contains(&n) => Some(n as u64),
            Const::Int(n) => {
                let message = format!("an array cannot have {n} elements");
                self.error("E0503", expr.span, message);
                None
            }
            _ => {
                let found = self.show(ty);
                self.error("E0503", expr.span, format!("the size of an array is an integer, not `{found}`"));
                None
            }
        }
    }
}

/// What a path of a type or literal means.
#[derive(Clone, Copy, Debug)]
pub(super) enum PathEntity {
    Builtin(Ty),
    Entity(Entity),
}

pub(super) fn entity_noun(entity: Entity) -> &'static str {
    match entity {
        Entity::Function(_) => "a function",
        Entity::Const(_) => "a constant",
        Entity::Global(_) => "a variable",
        Entity::Nominal(_) | Entity::Alias(_) => "a type",
        Entity::Module(_) => "a module",
        Entity::Error => "unknown",
    }
}
