//! `test "name" { ... }`: a function without parameters, kept when the tests of the entry module are to run.

use super::Checker;
use super::awaiting::Waiting;
use super::body::{Frame, FrameResult};
use super::entity::ItemScope;
use super::flow;
use crate::ast::{self, ItemKind};
use crate::diagnostics::Diagnostic;
use crate::resolve::ModuleIndex;
use crate::source::{Span, Symbol};
use crate::tir::{self, Function, FunctionAttributes, Inline, Ty};
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

impl<'a> Checker<'a> {
    /// Every module's tests are checked, so that what they import counts as used; those of the entry module are
    /// kept where they are asked for. They run when everything else is there, so they take no part in its order.
    pub(super) fn check_tests(&mut self, module: ModuleIndex) {
        let graph = self.graph.clone();
        let is_kept = self.options.tests && graph.entry == Some(module);
        if self.is_std(module) && !is_kept && !self.options.all_of_std {
            return;
        }
        let mut seen: FxHashMap<Symbol, Span> = FxHashMap::default();
        for item in &graph.module(module).ast.items {
            let ItemKind::Test(test) = &item.kind else { continue };
            if let Some(first) = seen.insert(test.name.value, test.name.span) {
                self.report(
                    Diagnostic::error("E0205", test.name.span, format!("two tests are called `{}`", test.name.value))
                        .secondary(first, "the first one")
                        .note("a test is chosen and reported by its name"),
                );
            }
            self.check_test(module, test, is_kept);
        }
    }

    fn check_test(&mut self, module: ModuleIndex, test: &'a ast::Test, is_kept: bool) {
        let scope = Rc::new(ItemScope { module, generics: Vec::new(), self_ty: None, nested: Vec::new() });
        let mut unstable = FxHashSet::default();
        flow::unstable_names_in(&test.body, &mut unstable);
        let mut body = self.body(&scope, None);
        let frame = Frame::new(FrameResult::Known(Ty::VOID), Rc::new(unstable), 0, Waiting::Allowed);
        body.frames.push(frame);
        let mut value = body.function_body(&test.body);
        body.leave_scope(0);
        body.finish(&mut value);
        let locals = std::mem::take(&mut body.frame().locals);
        let has_errors = body.has_errors;
        let waits = body.frame().waits;
        body.publish_closures();
        if !is_kept {
            return;
        }
        let result = if waits { self.promise_of(Ty::VOID, test.name.span) } else { Ty::VOID };
        let function = self.reserve_function();
        self.tests.push(tir::Test { name: test.name.value, function });
        let compiled = Function {
            name: format!("test {:?}", test.name.value.as_str()),
            module: self.module_id(module),
            generics: Vec::new(),
            params: Vec::new(),
            result,
            locals,
            captures: Vec::new(),
            body: tir::Body::Flash(value),
            attributes: FunctionAttributes { inline: Inline::Never, is_async: waits, ..FunctionAttributes::default() },
            span: test.name.span,
        };
        self.publish(function, compiled, has_errors);
    }
}
