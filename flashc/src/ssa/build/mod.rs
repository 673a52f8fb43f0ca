//! From the typed tree to SSA. Starts at the program's roots (top levels, `main`, what C may call)
//! and writes each function that they reach once for each list of type arguments, so generics are
//! gone afterwards, and so are aggregates: see [`layout`] for what becomes of them.
//!
//! `module` holds what all functions share, `function` begins and ends one, `emitter` writes
//! instructions, `ssa_vars` finds out which value a variable has; the other files have a subject of
//! the language each. Nothing here optimises: escape analysis, for one, is `opt`'s.

mod aggregate;
mod arith;
mod array;
mod assign;
mod call;
mod compare;
mod control;
mod convert;
mod coroutine;
mod dynamic;
mod emitter;
mod entry;
mod errors;
mod expr;
mod function;
mod hash;
mod interface;
mod intrinsic;
mod json;
mod json_read;
mod json_write;
mod known;
mod layout;
mod loaded;
mod module;
mod names;
mod optional;
mod pattern;
mod place;
mod show;
mod ssa_vars;
#[cfg(test)]
mod tests;
mod workers;

use crate::ssa::Module;
use crate::tir;
pub use loaded::Loaded;
use module::{Instance, ModuleBuilder, Tree};

#[derive(Clone, Copy, Debug, Default)]
pub struct BuildOptions {
    /// Integer `+`, `-`, `*` and negation fail when the result does not fit.
    pub overflow_checks: bool,
}

/// The whole program as SSA. The same tree always gives the same module.
pub fn build(program: tir::Program, options: BuildOptions) -> Module {
    build_after(program, options, None).0
}

/// As [`build`], of a session's next module: without what is `loaded`, to which it adds what this module holds. Gives
/// the types back.
/// Code of what is `needed` is made although nothing asks for it.
pub fn build_after(
    program: tir::Program,
    options: BuildOptions,
    loaded: Option<(&mut Loaded, &[tir::FuncId])>,
) -> (Module, tir::Types) {
    let tir::Program {
        types,
        modules,
        functions,
        globals,
        nominals,
        impls,
        known,
        initializers,
        main,
        tests,
        lang,
        errors,
    } = program;
    let tree = Tree { modules, functions, globals, nominals, impls, known, initializers, main, tests, lang, errors };
    let mut builder = ModuleBuilder::new(&tree, types, options);
    let mut loaded = loaded;
    if let Some((loaded, needed)) = &mut loaded {
        builder.import(loaded);
        for &id in *needed {
            builder.instance(Instance::Function(id, Vec::new()));
        }
    }
    if tree.main.is_some() || !tree.initializers.is_empty() || !tree.tests.is_empty() {
        let entry = builder.instance(Instance::Entry);
        builder.set_entry(entry);
    }
    for (index, function) in tree.functions.iter().enumerate() {
        if function.attributes.export_c.is_some() {
            builder.instance(Instance::ExportC(tir::FuncId(index as u32)));
        }
    }
    loop {
        while let Some((id, instance)) = builder.next_unwritten() {
            let function = builder.build_instance(instance);
            builder.define(id, function);
        }
        // Errors ask for tables, and tables for functions, which may have handlers.
        let has_more_errors = builder.complete_errors();
        if !builder.complete_tables() && !has_more_errors {
            break;
        }
    }
    builder.write_casts();
    if let Some((loaded, _)) = loaded {
        builder.export(loaded);
    }
    builder.finish()
}
