//! Declarations: gives every definition its entity, then finds fields, methods and signatures.
//! Signatures of std's functions are found when something uses them.

use super::Checker;
use super::attributes;
use super::entity::{
    AliasInfo, ConstInfo, Decl, Entity, FieldInfo, FnId, FunctionInfo, GlobalInfo, Head, ItemScope, Job, NominalInfo,
    ParamInfo, SelfKind, Signature, State, VariantInfo,
};
use crate::ast::{self, Attribute, ItemKind, PatternKind};
use crate::diagnostics::Diagnostic;
use crate::resolve::{DefKind, FunctionDef, ModuleIndex};
use crate::source::{Span, Symbol};
use crate::tir::{self, Const, FuncId, GenericParam, GlobalId, NominalId, Ty, TyKind};
use rustc_hash::FxHashMap;
use std::rc::Rc;

impl<'a> Checker<'a> {
    /// All declarations of all modules.
    pub(super) fn collect(&mut self) {
        let resolved = self.resolved.clone();
        let first = self.first;
        let scopes: Vec<Rc<ItemScope>> =
            self.new_modules().map(|module| Rc::new(module_scope(ModuleIndex(module as u32)))).collect();
        for def in &resolved.defs[first.def..] {
            // The prelude may have come to export more.
            let own_scope = def.module.index().checked_sub(first.module).map(|module| scopes[module].clone());
            let scope = &own_scope.unwrap_or_else(|| Rc::new(module_scope(def.module)));
            let entity = match def.kind {
                DefKind::Function(f) => Entity::Function(self.declare_function(f, scope, def.exported)),
                DefKind::Const(c) => self.declare_const(c, scope),
                DefKind::Global(l, is_mut) => {
                    self.globals.push(GlobalInfo {
                        name: def.name,
                        module: def.module,
                        declaration: l,
                        is_mut,
                        span: def.span,
                        ty: None,
                        in_progress: false,
                    });
                    let id = GlobalId(self.globals.len() as u32 - 1);
                    self.global_at.insert(def.span, id);
                    Entity::Global(id)
                }
                DefKind::Record(decl) => self.declare_record(decl, scope),
                DefKind::Enum(decl) => self.declare_enum(decl, scope),
                DefKind::Interface(decl) => self.declare_interface(decl, scope),
                DefKind::Alias(alias) => self.declare_alias(alias, scope),
                DefKind::Namespace(Some(module)) => Entity::Module(module),
                DefKind::Namespace(None) | DefKind::Missing => Entity::Error,
            };
            self.errors_before |= entity == Entity::Error;
            self.entities.push(entity);
        }
        self.collect_overloads();
        self.find_known();
        self.collect_deprecated();
        self.warn_hidden_items();
        self.resolve_all_bounds();
        self.collect_members(first.nominal);
        self.collect_impls(&scopes);
        self.check_impls();
        for index in first.alias..self.aliases.len() {
            self.alias(super::entity::AliasId(index as u32));
        }
        for index in first.function..self.functions.len() {
            let id = FnId(index as u32);
            if !self.is_std(self.functions[index].scope.module) || self.options.all_of_std {
                self.func_id(id);
            }
        }
    }

    /// Functions of modules that share a name.
    fn collect_overloads(&mut self) {
        let resolved = self.resolved.clone();
        for scope in &resolved.modules[self.first.module..] {
            for &(first, other) in &scope.overloads {
                let (Entity::Function(first), Entity::Function(other)) =
                    (self.entities[first.index()], self.entities[other.index()])
                else {
                    continue;
                };
                if !self.add_overload(first, other) {
                    self.not_told_apart(first, other);
                }
            }
        }
    }

    fn not_told_apart(&mut self, first: FnId, other: FnId) {
        let (name, first) = (self.functions[other.index()].ast.name, self.functions[first.index()].ast.name.span);
        self.report(
            Diagnostic::error("E0307", name.span, format!("`{}` takes literals that another one takes too", name.name))
                .secondary(first, "the first one"),
        );
    }

    pub(super) fn declare_function(&mut self, def: FunctionDef<'a>, scope: &Rc<ItemScope>, exported: bool) -> FnId {
        let scope = self.with_generics(scope, &def.function.generics);
        self.add_function(def, scope, None, exported, false)
    }

    pub(super) fn add_function(
        &mut self,
        def: FunctionDef<'a>,
        scope: Rc<ItemScope>,
        owner: Option<Symbol>,
        exported: bool,
        is_private: bool,
    ) -> FnId {
        self.functions.push(FunctionInfo {
            ast: def.function,
            attributes: def.attributes,
            scope,
            owner,
            extern_block: def.extern_block,
            is_private,
            exported,
            signature: None,
            state: State::Pending,
            inferred: None,
            func: None,
            special: attributes::special(def.attributes),
            interface: None,
        });
        FnId(self.functions.len() as u32 - 1)
    }

    pub(super) fn declare_const(&mut self, ast: &'a ast::Const, scope: &Rc<ItemScope>) -> Entity {
        self.consts.push(ConstInfo { ast, scope: scope.clone(), state: State::Pending, value: None });
        Entity::Const(super::entity::ConstId(self.consts.len() as u32 - 1))
    }

    pub(super) fn declare_alias(&mut self, ast: &'a ast::Alias, scope: &Rc<ItemScope>) -> Entity {
        let scope = self.with_generics(scope, &ast.generics);
        self.aliases.push(AliasInfo { ast, scope, state: State::Pending, ty: None });
        Entity::Alias(super::entity::AliasId(self.aliases.len() as u32 - 1))
    }

    pub(super) fn declare_record(&mut self, decl: &'a ast::TypeDecl, scope: &Rc<ItemScope>) -> Entity {
        self.declare_nominal(decl.name, &decl.generics, Decl::Record(decl), scope)
    }

    pub(super) fn declare_enum(&mut self, decl: &'a ast::Enum, scope: &Rc<ItemScope>) -> Entity {
        self.declare_nominal(decl.name, &decl.generics, Decl::Enum(decl), scope)
    }

    pub(super) fn declare_nominal(
        &mut self,
        name: ast::Ident,
        generics: &'a [ast::GenericParam],
        decl: Decl<'a>,
        scope: &Rc<ItemScope>,
    ) -> Entity {
        let id = NominalId(self.nominals.len() as u32);
        let generics = self.with_generics(scope, generics);
        let args = generic_types(&mut self.types, generics.generics.len(), &generics.generics);
        let self_ty = self.types.intern(TyKind::Nominal(id, args));
        let inner = ItemScope {
            module: generics.module,
            generics: generics.generics.clone(),
            self_ty: Some(self_ty),
            nested: generics.nested.clone(),
        };
        self.nominals.push(NominalInfo {
            name: name.name,
            module: scope.module,
            span: name.span,
            scope: Rc::new(inner),
            decl,
            fields: Vec::new(),
            variants: Vec::new(),
            methods: FxHashMap::default(),
            declared: Vec::new(),
            supers: Vec::new(),
        });
        Entity::Nominal(id)
    }

    /// The scope with more generic parameters.
    pub(super) fn with_generics(&mut self, scope: &Rc<ItemScope>, generics: &'a [ast::GenericParam]) -> Rc<ItemScope> {
        if generics.is_empty() {
            return scope.clone();
        }
        let mut all = scope.generics.clone();
        all.extend(generics.iter().map(|param| GenericParam { name: param.name.name, bounds: Vec::new() }));
        let scope =
            ItemScope { module: scope.module, generics: all, self_ty: scope.self_ty, nested: scope.nested.clone() };
        let scope = Rc::new(scope);
        if self.all_named { self.with_bounds(&scope, generics) } else { scope }
    }

    /// Fields and methods of the nominal types from `first` on.
    pub(super) fn collect_members(&mut self, first: usize) {
        for index in first..self.nominals.len() {
            self.collect_fields(NominalId(index as u32));
        }
        for index in first..self.nominals.len() {
            self.check_finite(NominalId(index as u32));
        }
    }

    fn collect_fields(&mut self, id: NominalId) {
        let outer = self.usage.current.replace(Entity::Nominal(id));
        self.collect_own_members(id);
        self.usage.current = outer;
    }

    fn collect_own_members(&mut self, id: NominalId) {
        let info = &self.nominals[id.index()];
        let (scope, owner) = (info.scope.clone(), info.name);
        let mut seen: FxHashMap<Symbol, Span> = FxHashMap::default();
        let methods = match info.decl {
            Decl::Record(decl) => {
                let fields = self.fields(&decl.fields, owner.as_str(), &scope, &mut seen);
                self.nominals[id.index()].fields = fields;
                &decl.methods
            }
            Decl::Enum(decl) => {
                self.collect_variants(id, decl, &scope, &mut seen);
                &decl.methods
            }
            Decl::Interface(decl) => {
                self.collect_interface(id, decl, &scope, &mut seen);
                return;
            }
        };
        for method in methods {
            let def = FunctionDef { function: &method.function, attributes: &method.attributes, extern_block: None };
            let inner = self.with_generics(&scope, &method.function.generics);
            let function = self.add_function(def, inner, Some(owner), false, method.is_private);
            let name = method.function.name;
            let first = self.nominals[id.index()].methods.get(&name.name).copied();
            if first.is_some_and(|first| self.add_overload(first, function)) {
                continue;
            }
            if self.is_new_member(owner.as_str(), name, &mut seen) {
                self.nominals[id.index()].methods.insert(name.name, function);
            }
        }
    }

    /// Reports a second member of one name.
    pub(super) fn is_new_member(&mut self, owner: &str, name: ast::Ident, seen: &mut FxHashMap<Symbol, Span>) -> bool {
        let Some(first) = seen.insert(name.name, name.span) else { return true };
        self.report(
            Diagnostic::error("E0307", name.span, format!("`{owner}` has two members `{}`", name.name))
                .secondary(first, "the first one"),
        );
        false
    }

    fn fields(
        &mut self,
        fields: &'a [ast::FieldDecl],
        owner: &str,
        scope: &Rc<ItemScope>,
        seen: &mut FxHashMap<Symbol, Span>,
    ) -> Vec<FieldInfo<'a>> {
        let mut infos = Vec::with_capacity(fields.len());
        for field in fields {
            if !self.is_new_member(owner, field.name, seen) {
                continue;
            }
            let ty = self.value_type(scope, &field.ty);
            let default = field.default.as_ref().map(|expr| {
                let func = self.reserve_function();
                let name = format!("{owner}.{} (default)", field.name.name);
                let params = Vec::new();
                self.queue.push_back(Job::Default { func, name, params, ty, expr, scope: scope.clone() });
                (expr, func)
            });
            infos.push(FieldInfo {
                name: field.name.name,
                ty,
                is_private: field.is_private,
                default,
                span: field.name.span,
            });
        }
        infos
    }

    fn collect_variants(
        &mut self,
        id: NominalId,
        decl: &'a ast::Enum,
        scope: &Rc<ItemScope>,
        seen: &mut FxHashMap<Symbol, Span>,
    ) {
        let owner = decl.name.name;
        if decl.variants.is_empty() {
            self.error("E0393", decl.name.span, format!("the enum `{owner}` has no variants"));
        }
        let mut next: i64 = 0;
        for variant in &decl.variants {
            if !self.is_new_member(owner.as_str(), variant.name, seen) {
                continue;
            }
            let (fields, is_named) = match &variant.fields {
                ast::VariantFields::None => (Vec::new(), false),
                ast::VariantFields::Positional(types) => {
                    let fields = types.iter().enumerate().map(|(at, ty)| FieldInfo {
                        name: Symbol::new(&at.to_string()),
                        ty: self.value_type(scope, ty),
                        is_private: false,
                        default: None,
                        span: ty.span,
                    });
                    (fields.collect(), false)
                }
                ast::VariantFields::Named(fields) => {
                    let full = format!("{owner}.{}", variant.name.name);
                    (self.fields(fields, &full, scope, &mut FxHashMap::default()), true)
                }
            };
            if let Some(value) = &variant.value {
                match self.constant_expr(scope, value, Some(Ty::I64)) {
                    Some((_, Const::Int(value))) if i64::try_from(value).is_ok() => next = value as i64,
                    Some(_) => self.error("E0393", value.span, "the value of a variant is an `i64`"),
                    None => {}
                }
            }
            if let Some(other) = self.nominals[id.index()].variants.iter().find(|v| v.value == next) {
                let (first, name) = (other.span, other.name);
                self.report(
                    Diagnostic::error("E0393", variant.name.span, format!("two variants have the value {next}"))
                        .secondary(first, format!("`{name}` has it too")),
                );
            }
            let info = VariantInfo { name: variant.name.name, fields, is_named, value: next, span: variant.name.span };
            self.nominals[id.index()].variants.push(info);
            next = next.wrapping_add(1);
        }
    }

    fn collect_impls(&mut self, scopes: &[Rc<ItemScope>]) {
        let graph = self.graph.clone();
        for (module, scope) in graph.modules[self.first.module..].iter().zip(scopes) {
            let ast = module.ast;
            for item in &ast.items {
                let ItemKind::Impl(block) = &item.kind else { continue };
                if let (Some(more), false) = (block.more_targets.first(), module.is_std) {
                    self.report(
                        Diagnostic::error("E0309", more.span, "an `impl` is for one type")
                            .label("write another `impl` for this one"),
                    );
                }
                for target in std::iter::once(&block.target).chain(&block.more_targets) {
                    match &block.interface {
                        Some(interface) => self.collect_interface_impl(block, interface, target, scope),
                        None => self.collect_impl(block, target, scope, module.is_std),
                    }
                }
            }
        }
    }

    fn collect_impl(&mut self, block: &'a ast::Impl, written: &'a ast::TypeExpr, scope: &Rc<ItemScope>, is_std: bool) {
        let generic = self.with_generics(scope, &block.generics);
        let target = self.value_type(&generic, written);
        if target == Ty::ERROR {
            return;
        }
        let inner = Rc::new(ItemScope {
            module: generic.module,
            generics: generic.generics.clone(),
            self_ty: Some(target),
            nested: Vec::new(),
        });
        let owner = Symbol::new(&self.show(target));
        let head = Head::of(self.types.kind(target));
        let nominal = match self.types.kind(target) {
            TyKind::Nominal(id, _) => Some(*id),
            _ => None,
        };
        let own_type = nominal.is_some_and(|id| self.is_home(self.nominals[id.index()].module, scope.module));
        let may_have = own_type || (is_std && head.is_some());
        if !may_have {
            self.report(
                Diagnostic::error("E0309", written.span, format!("`{owner}` cannot get methods here"))
                    .label("only types of this module can"),
            );
            return;
        }
        for method in &block.methods {
            let def = FunctionDef { function: &method.function, attributes: &method.attributes, extern_block: None };
            let method_scope = self.with_generics(&inner, &method.function.generics);
            let function = self.add_function(def, method_scope, Some(owner), false, method.is_private);
            let name = method.function.name;
            let known = match (nominal, head) {
                (Some(id), _) => self.nominals[id.index()].methods.get(&name.name).copied(),
                (None, Some(head)) => self.builtin_methods.get(&(head, name.name)).copied(),
                (None, None) => None,
            };
            if known.is_some_and(|first| self.add_overload(first, function)) {
                continue;
            }
            let previous = match (nominal, head) {
                (Some(id), _) => self.nominals[id.index()].methods.insert(name.name, function),
                (None, Some(head)) => self.builtin_methods.insert((head, name.name), function),
                (None, None) => None,
            };
            if let Some(previous) = previous {
                let first = self.functions[previous.index()].ast.name.span;
                self.report(
                    Diagnostic::error("E0307", name.span, format!("`{owner}` has two members `{}`", name.name))
                        .secondary(first, "the first one"),
                );
            }
        }
    }

    /// The parameters and the written result of a function.
    pub(super) fn signature(&mut self, id: FnId) -> Rc<Signature> {
        let info = &self.functions[id.index()];
        if let Some(signature) = &info.signature {
            return signature.clone();
        }
        let (ast, scope) = (info.ast, info.scope.clone());
        let is_extern = info.extern_block.is_some() || attributes::find(info.attributes, "intrinsic").is_some();
        let mut self_kind = SelfKind::None;
        let mut params = Vec::new();
        for (index, param) in ast.params.iter().enumerate() {
            if index == 0
                && let (Some(is_mut), Some(self_ty)) = (self_param(param), scope.self_ty)
            {
                let by_reference = is_mut && self.has_identity_by_address(self_ty);
                self_kind = if by_reference { SelfKind::Reference } else { SelfKind::Value };
                continue;
            }
            let info = self.param(id, param, &params, &scope);
            params.push(info);
        }
        let result = match &ast.result {
            Some(result) => Some(self.type_expr(&scope, result)),
            None if is_extern || ast.body.as_ref().is_none_or(|body| !super::flow::block_yields(body)) => {
                Some(Ty::VOID)
            }
            None if self.recurses_without_value(id) => Some(Ty::VOID),
            None => None,
        };
        let result = match result {
            Some(result) if ast.is_async => Some(self.promise_of(result, ast.name.span)),
            result => result,
        };
        let signature = Rc::new(Signature { self_kind, params, result, is_unsafe: ast.is_unsafe });
        self.functions[id.index()].signature = Some(signature.clone());
        signature
    }

    /// `mut self` of such a type is an address: a change must reach the caller's value.
    pub(super) fn has_identity_by_address(&self, ty: Ty) -> bool {
        match self.types.kind(ty) {
            TyKind::Nominal(id, _) => !self.nominals[id.index()].is_reference(),
            TyKind::Array(_) | TyKind::Pointer(_) => false,
            _ => true,
        }
    }

    fn param(&mut self, id: FnId, param: &'a ast::Param, before: &[ParamInfo], scope: &Rc<ItemScope>) -> ParamInfo {
        let name = match &param.pattern.kind {
            PatternKind::Name { name, .. } => name.name,
            _ => Symbol::new("_"),
        };
        let mut literals = Vec::new();
        let ty = match &param.ty {
            Some(ty) if let Some(written) = param.literals() => {
                let (ty, values) = self.literal_param(written, ty.span);
                literals = values;
                ty
            }
            Some(ty) => self.value_type(scope, ty),
            None if name.as_str() == "self" => {
                self.error("E0310", param.span, "`self` is the first parameter of a method");
                Ty::ERROR
            }
            None => {
                self.report(
                    Diagnostic::error("E0310", param.span, format!("the parameter `{name}` needs a type"))
                        .label(format!("write `{name}: T`")),
                );
                Ty::ERROR
            }
        };
        if param.is_rest && ty != Ty::ERROR && !matches!(self.types.kind(ty), TyKind::Array(_)) {
            self.error("E0310", param.span, "a rest parameter is an array: `...[T]`");
        }
        let default_takes = match &param.default {
            Some(expr) if names_any(expr, before) => before.len() as u32,
            _ => 0,
        };
        let default = param.default.as_ref().map(|expr| {
            let func = self.reserve_function();
            let params = before.iter().take(default_takes as usize).map(|p| (p.name, p.ty)).collect();
            let info = &self.functions[id.index()];
            let owner = info.owner.map(|o| format!("{o}.")).unwrap_or_default();
            let name = format!("{owner}{} (default of {name})", info.ast.name.name);
            self.queue.push_back(Job::Default { func, name, params, ty, expr, scope: scope.clone() });
            func
        });
        ParamInfo { name, ty, literals, default, default_takes, is_rest: param.is_rest }
    }

    /// The function's place in the typed tree. Its body will be checked.
    pub(super) fn func_id(&mut self, id: FnId) -> FuncId {
        if let Some(func) = self.functions[id.index()].func {
            return func;
        }
        let func = self.reserve_function();
        self.functions[id.index()].func = Some(func);
        self.written.insert(func, id);
        self.signature(id);
        self.queue.push_back(Job::Function(id));
        self.need_hooks(id);
        func
    }

    /// Whoever uses a method of one of std's types may have its values compared, hashed and shown:
    /// `ssa::build` calls these methods where they are.
    fn need_hooks(&mut self, id: FnId) {
        let scope = self.functions[id.index()].scope.clone();
        let Some(TyKind::Nominal(nominal, _)) = scope.self_ty.map(|ty| self.types.kind(ty)) else { return };
        let info = &self.nominals[nominal.index()];
        if !self.is_std(info.module) || info.is_interface() {
            return;
        }
        let hooks = tir::STD_HOOKS.map(|name| info.methods.get(&Symbol::new(name)).copied());
        for hook in hooks.into_iter().flatten() {
            self.func_id(hook);
        }
    }
}

/// Whether a default names one of the parameters before it.
fn names_any(expr: &ast::Expr, params: &[ParamInfo]) -> bool {
    let mut found = false;
    super::flow::visit(expr, &mut |e| {
        found |= matches!(e.kind, ast::ExprKind::Name(name) if params.iter().any(|p| p.name == name));
        !found
    });
    found
}

/// `self` or `mut self`, and which.
pub(super) fn self_param(param: &ast::Param) -> Option<bool> {
    match &param.pattern.kind {
        PatternKind::Name { name, is_mut } if name.name.as_str() == "self" && param.ty.is_none() => Some(*is_mut),
        _ => None,
    }
}

fn module_scope(module: ModuleIndex) -> ItemScope {
    ItemScope { module, generics: Vec::new(), self_ty: None, nested: Vec::new() }
}

/// `Param(0)`, `Param(1)`, ... of these generics.
pub(super) fn generic_types(types: &mut crate::tir::Types, count: usize, generics: &[GenericParam]) -> Vec<Ty> {
    (0..count).map(|i| types.intern(TyKind::Param(i as u32, generics[i].name))).collect()
}

/// Whether an attribute of this name stands among these.
pub(super) fn has_attribute(attributes: &[Attribute], name: &str) -> bool {
    attributes::find(attributes, name).is_some()
}
