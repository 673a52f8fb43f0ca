//! How big values may be. Offsets inside a value are 32-bit numbers in the stages after this one, so
//! a type above [`LIMIT`] must not get there: an index into it could reach any memory.
//!
//! A generic function is looked at once for each list of type arguments that the program uses, as
//! only those decide how big its values are. That is also where a function is found that needs
//! itself with ever larger type arguments, of which there would be no end of instances.

use crate::ast::RecordKind;
use crate::diagnostics::Diagnostic;
use crate::source::Span;
use crate::tir::contain::{self, DEEPEST};
use crate::tir::implementation::matches;
use crate::tir::walk::each_expr;
use crate::tir::{
    Body, Callee, ExprKind, FloatTy, FuncId, Function, NominalId, NominalKind, Program, Ty, TyKind, type_text,
};
use flash_abi::object::HEADER_SIZE;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::OnceCell;
use std::rc::Rc;

/// The most bytes that a value, an instance of a class or all top-level variables may take.
const LIMIT: u64 = 1 << 30;

/// Reports types that are too big, for functions from `first` on. The program must be free of other mistakes.
pub(super) fn check(program: &mut Program, first: usize) -> Vec<Diagnostic> {
    let uses = vec![OnceCell::new(); program.functions.len()];
    let mut sizes =
        Sizes { program, uses, known: FxHashMap::default(), diagnostics: Vec::new(), reported: FxHashSet::default() };
    sizes.globals();
    sizes.instances(first);
    sizes.diagnostics
}

/// What a function's body needs, in terms of its generic parameters.
#[derive(Default)]
struct Uses {
    types: Vec<(Ty, Span)>,
    calls: Vec<(FuncId, Vec<Ty>, Span)>,
    dispatches: Vec<Dispatch>,
    /// Have the same type arguments as the function itself.
    closures: Vec<FuncId>,
}

/// What is called of an interface: one method, or whatever a value made into it may be asked for.
struct Dispatch {
    interface: Ty,
    method: Option<u32>,
    /// The type that implements it, then the method's own type arguments.
    type_args: Vec<Ty>,
    span: Span,
}

impl Uses {
    fn of(function: &Function) -> Uses {
        let mut uses = Uses::default();
        let mut seen = FxHashSet::default();
        let mut add = |ty, span| {
            if seen.insert(ty) {
                uses.types.push((ty, span));
            }
        };
        add(function.result, function.span);
        function.locals.iter().for_each(|local| add(local.ty, local.span));
        let Body::Flash(body) = &function.body else { return uses };
        each_expr(body, &mut |expr| {
            add(expr.ty, expr.span);
            match &expr.kind {
                ExprKind::Call { callee: Callee::Function { function, type_args }, .. }
                | ExprKind::FunctionValue { function, type_args } => {
                    uses.calls.push((*function, type_args.clone(), expr.span));
                }
                ExprKind::Call { callee: Callee::Interface { interface, method, type_args }, .. } => {
                    let (interface, type_args) = (*interface, type_args.clone());
                    uses.dispatches.push(Dispatch { interface, method: Some(*method), type_args, span: expr.span });
                }
                ExprKind::ToInterface(value) => {
                    let (interface, type_args) = (expr.ty, vec![value.ty]);
                    uses.dispatches.push(Dispatch { interface, method: None, type_args, span: expr.span });
                }
                ExprKind::Closure { function, .. } => uses.closures.push(*function),
                _ => {}
            }
        });
        uses
    }
}

struct Sizes<'a> {
    program: &'a mut Program,
    /// By function, when it has been asked for.
    uses: Vec<OnceCell<Rc<Uses>>>,
    /// By type: size and alignment.
    known: FxHashMap<Ty, (u64, u64)>,
    diagnostics: Vec<Diagnostic>,
    reported: FxHashSet<Ty>,
}

impl Sizes<'_> {
    fn globals(&mut self) {
        let mut total: u64 = 0;
        for index in 0..self.program.globals.len() {
            let (ty, span) = (self.program.globals[index].ty, self.program.globals[index].span);
            let size = self.size(ty);
            if !self.value(ty, span, span) {
                continue;
            }
            total = total.saturating_add(size);
            if total > LIMIT {
                let message = format!("the top-level variables take more than {LIMIT} bytes");
                self.diagnostics.push(
                    Diagnostic::error("E0504", span, message)
                        .label("with this one")
                        .note("keep big tables in growable arrays, `[T]`"),
                );
                return;
            }
        }
    }

    fn uses(&self, id: FuncId) -> Rc<Uses> {
        self.uses[id.index()].get_or_init(|| Rc::new(Uses::of(&self.program.functions[id.index()]))).clone()
    }

    fn instances(&mut self, first: usize) {
        let mut seen: FxHashSet<(FuncId, Vec<Ty>)> = FxHashSet::default();
        let functions = self.program.functions.iter().enumerate().skip(first);
        let plain = functions.filter(|(_, f)| f.generics.is_empty()).map(|(index, _)| FuncId(index as u32));
        // With the place in plain code that all of it is for.
        let mut queue: Vec<(FuncId, Vec<Ty>, Option<Span>)> = plain.map(|id| (id, Vec::new(), None)).collect();
        let mut instances = Vec::new();
        while let Some((id, args, origin)) = queue.pop() {
            let uses = self.uses(id);
            for closure in &uses.closures {
                if !args.is_empty() && seen.insert((*closure, args.clone())) {
                    queue.push((*closure, args.clone(), origin));
                }
            }
            for dispatch in &uses.dispatches {
                let origin = origin.unwrap_or(dispatch.span);
                for (callee, type_args) in self.dispatched(dispatch, &args) {
                    if type_args.iter().any(|&ty| self.program.types.depth(ty) > DEEPEST) {
                        self.endless(callee, origin);
                        return;
                    }
                    if !type_args.is_empty() && seen.insert((callee, type_args.clone())) {
                        queue.push((callee, type_args, Some(origin)));
                    }
                }
            }
            for (callee, type_args, span) in &uses.calls {
                if type_args.is_empty() {
                    continue;
                }
                let type_args = self.program.types.substitute_all(type_args, &args);
                let origin = origin.unwrap_or(*span);
                if type_args.iter().any(|&ty| self.program.types.depth(ty) > DEEPEST) {
                    self.endless(*callee, origin);
                    return;
                }
                if seen.insert((*callee, type_args.clone())) {
                    queue.push((*callee, type_args, Some(origin)));
                }
            }
            instances.push((id, args, origin));
        }
        for (id, args, origin) in instances {
            for &(ty, span) in &self.uses(id).types {
                let ty = self.program.types.substitute(ty, &args);
                self.value(ty, span, origin.unwrap_or(span));
            }
        }
    }

    /// The functions that a call of an interface's method may be, in an instance with these type arguments.
    fn dispatched(&mut self, dispatch: &Dispatch, args: &[Ty]) -> Vec<(FuncId, Vec<Ty>)> {
        let interface = self.program.types.substitute(dispatch.interface, args);
        let given = self.program.types.substitute_all(&dispatch.type_args, args);
        let TyKind::Nominal(id, interface_args) = self.program.types.kind(interface).clone() else { return Vec::new() };
        let Some((&subject, own)) = given.split_first() else { return Vec::new() };
        let NominalKind::Interface { methods, .. } = &self.program.nominals[id.index()].kind else { return Vec::new() };
        for known in &self.program.impls {
            let mut found = vec![None; known.generics.len()];
            let types = &self.program.types;
            if !matches(types, known.interface, interface, &mut found)
                || !matches(types, known.target, subject, &mut found)
            {
                continue;
            }
            let found = found.into_iter().map(|ty| ty.unwrap_or(Ty::ERROR));
            let of_impl: Vec<Ty> = found.chain(own.iter().copied()).collect();
            let of_default: Vec<Ty> =
                interface_args.iter().copied().chain([subject]).chain(own.iter().copied()).collect();
            let wanted = (0..methods.len()).filter(|&index| dispatch.method.is_none_or(|m| m as usize == index));
            return wanted
                .map(|index| {
                    let function = known.methods[index];
                    let is_default = function == methods[index].function;
                    (function, if is_default { of_default.clone() } else { of_impl.clone() })
                })
                // What has type parameters of its own is not called without knowing the type.
                .filter(|(function, args)| self.program.functions[function.index()].generics.len() == args.len())
                .collect();
        }
        Vec::new()
    }

    /// A function that would need itself for ever.
    fn endless(&mut self, callee: FuncId, span: Span) {
        let function = &self.program.functions[callee.index()];
        let message = format!("`{}` calls itself with ever larger types", function.name);
        self.diagnostics.push(
            Diagnostic::error("E0505", span, message)
                .label("this call needs versions of it without end")
                .secondary(function.span, "it is compiled once for each list of type arguments"),
        );
    }

    /// Checks a type of which there is a value, and what it refers to directly. `span` is where the
    /// type stands, `origin` what in plain code made it so big.
    fn value(&mut self, ty: Ty, span: Span, origin: Span) -> bool {
        let mut size = self.size(ty);
        let mut of = ty;
        match *self.program.types.kind(ty) {
            TyKind::Nominal(id, ref args) if self.is_class(ty) => {
                let args = args.clone();
                size = self.record_size(id, &args);
            }
            TyKind::Array(element) => {
                of = element;
                size = self.size(element);
            }
            TyKind::Nominal(id, ref args) => {
                let args = args.clone();
                size = size.max(self.box_size(id, &args));
            }
            _ => {}
        }
        if size <= LIMIT {
            return true;
        }
        if self.reported.insert(of) {
            let name = type_text(self.program, of);
            let takes = if size == u64::MAX { "far more".to_owned() } else { format!("{size} bytes, more") };
            let message = format!("a `{name}` takes {takes} than the {LIMIT} bytes that a value may have");
            let mut diagnostic = Diagnostic::error("E0504", origin, message).label("too big");
            if span != origin {
                diagnostic = diagnostic.secondary(span, "because of this");
            }
            self.diagnostics.push(diagnostic.note("a growable array, `[T]`, can be as long as memory allows"));
        }
        false
    }

    fn is_class(&self, ty: Ty) -> bool {
        let TyKind::Nominal(id, _) = self.program.types.kind(ty) else { return false };
        matches!(self.program.nominals[id.index()].kind, NominalKind::Record { kind: RecordKind::Class, .. })
    }

    fn is_interface(&self, id: NominalId) -> bool {
        matches!(self.program.nominals[id.index()].kind, NominalKind::Interface { .. })
    }

    /// The bytes of a value.
    fn size(&mut self, ty: Ty) -> u64 {
        self.shape(ty).0
    }

    /// Size and alignment.
    fn shape(&mut self, ty: Ty) -> (u64, u64) {
        if let Some(&shape) = self.known.get(&ty) {
            return shape;
        }
        // For a type that contains itself, though that has been reported before.
        self.known.insert(ty, (u64::MAX, 1));
        let shape = self.find_shape(ty);
        self.known.insert(ty, shape);
        shape
    }

    fn find_shape(&mut self, ty: Ty) -> (u64, u64) {
        let scalar = |bytes: u64| (bytes, bytes);
        match self.program.types.kind(ty).clone() {
            TyKind::Void | TyKind::Never | TyKind::Param(..) | TyKind::Error => (0, 1),
            TyKind::Bool => scalar(1),
            TyKind::Char => scalar(4),
            TyKind::Int(int) => scalar(u64::from(int.bits() / 8)),
            TyKind::Float(FloatTy::F32) => scalar(4),
            TyKind::Str => (16, 8),
            TyKind::Float(_) | TyKind::Array(_) | TyKind::Function(..) | TyKind::Pointer(_) => scalar(8),
            TyKind::FixedArray(element, count) => {
                let (size, align) = self.shape(element);
                (size.saturating_mul(count), align)
            }
            // Where null is a value of its own, the optional is smaller by its tag.
            TyKind::Optional(inner) => {
                let (size, align) = self.shape(inner);
                (size.saturating_add(align), align)
            }
            TyKind::Tuple(types) => self.in_order(&types),
            TyKind::Record(fields) => self.in_order(&fields.iter().map(|&(_, ty)| ty).collect::<Vec<_>>()),
            TyKind::Nominal(..) if self.is_class(ty) => scalar(8),
            TyKind::Nominal(id, _) if self.is_interface(id) => (16, 8),
            TyKind::Nominal(id, args) => self.members(id, &args),
        }
    }

    /// Of an instance of a class.
    fn record_size(&mut self, id: NominalId, args: &[Ty]) -> u64 {
        self.members(id, args).0.saturating_add(u64::from(HEADER_SIZE))
    }

    /// Of a struct's or enum's values, or a class's fields. Variants share their room, so for an enum
    /// this is more than it takes.
    fn members(&mut self, id: NominalId, args: &[Ty]) -> (u64, u64) {
        let types: Vec<Ty> = match &self.program.nominals[id.index()].kind {
            NominalKind::Record { fields, .. } => fields.iter().map(|field| field.ty).collect(),
            NominalKind::Enum { variants } => {
                let count = variants.len();
                return self.enum_shape(id, args, count);
            }
            NominalKind::Interface { .. } => Vec::new(),
        };
        let types = self.program.types.substitute_all(&types, args);
        self.in_order(&types)
    }

    /// Of an enum: a tag, and what the largest of its variants needs.
    fn enum_shape(&mut self, id: NominalId, args: &[Ty], variants: usize) -> (u64, u64) {
        let ty = self.program.types.intern(TyKind::Nominal(id, args.to_vec()));
        let mut total = 8_u64;
        for index in 0..variants {
            let size = match contain::is_recursive(&mut self.program.types, &self.program.nominals, ty, index) {
                true => 8,
                false => self.variant_size(id, args, index),
            };
            total = total.saturating_add(size);
        }
        (round_up(total, 8), 8)
    }

    fn variant_size(&mut self, id: NominalId, args: &[Ty], variant: usize) -> u64 {
        let NominalKind::Enum { variants } = &self.program.nominals[id.index()].kind else { return 0 };
        let types: Vec<Ty> = variants[variant].fields.iter().map(|field| field.ty).collect();
        let types = self.program.types.substitute_all(&types, args);
        round_up(self.in_order(&types).0, 8)
    }

    /// The largest box that a value of this type refers to.
    fn box_size(&mut self, id: NominalId, args: &[Ty]) -> u64 {
        let NominalKind::Enum { variants } = &self.program.nominals[id.index()].kind else { return 0 };
        (0..variants.len()).map(|index| self.variant_size(id, args, index)).max().unwrap_or(0)
    }

    fn in_order(&mut self, types: &[Ty]) -> (u64, u64) {
        let (mut end, mut most) = (0, 1);
        for &ty in types {
            let (size, align) = self.shape(ty);
            end = round_up(end, align).saturating_add(size);
            most = align.max(most);
        }
        (round_up(end, most), most)
    }
}

fn round_up(offset: u64, align: u64) -> u64 {
    offset.checked_next_multiple_of(align).unwrap_or(u64::MAX)
}
