//! The whole module: every function through Cranelift, in parallel, then text layout and tables.

use super::code::{Identity, collect};
use super::function::{self, Environment};
use super::machine::{MachineFunction, MachineProgram};
use super::names::Names;
use super::target::{LowerError, LowerOptions, Machine};
use super::wrappers::Wrapper;
use super::{names, tables};
use crate::source::SourceMap;
use crate::ssa::{self, FuncId, Module};
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::{CodegenError, Context};
use cranelift_frontend::FunctionBuilderContext;
use indexmap::IndexSet;
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use std::fmt::Write;

/// Compiles a module. Fails on what a user can ask for and the target cannot do, such as a frame
/// of a gigabyte or an unknown processor.
pub fn lower(module: &Module, sources: &SourceMap, options: &LowerOptions) -> Result<MachineProgram, LowerError> {
    let machine = Machine::new(options)?;
    let names = Names::new(module);
    let env = Environment { module, names: &names, machine: &machine };
    let functions = compile_all(env, sources, &jobs(env), options.threads)?;
    assemble(env, sources, functions)
}

/// Cranelift's IR of every function as text, before Cranelift optimises it.
pub fn clif_text(module: &Module, options: &LowerOptions) -> Result<String, LowerError> {
    let machine = Machine::new(options)?;
    let names = Names::new(module);
    let env = Environment { module, names: &names, machine: &machine };
    let mut worker = Worker::new();
    let mut text = String::new();
    for job in jobs(env) {
        worker.build(env, job);
        let symbol = job.identity(env).symbol;
        // Writing to a string cannot fail.
        let _ = writeln!(text, "; {symbol}\n{}", worker.context.func.display());
    }
    Ok(text)
}

/// One function to compile.
#[derive(Clone, Copy)]
enum Job {
    Function(FuncId),
    Wrapper(Wrapper),
}

fn jobs(env: Environment<'_>) -> Vec<Job> {
    let functions = env.module.functions.iter().enumerate().filter(|(_, function)| !function.is_import());
    let functions = functions.map(|(index, _)| Job::Function(FuncId(index as u32)));
    functions.chain(Wrapper::all(env).into_iter().map(Job::Wrapper)).collect()
}

impl Job {
    fn identity(self, env: Environment<'_>) -> Identity<'_> {
        match self {
            Job::Function(id) => {
                let ssa = &env.module.functions[id.index()];
                let name = ssa.scopes.first().map_or(&ssa.symbol, |scope| &scope.function).clone();
                let symbol = env.names.symbol(names::Target::Function(id)).to_owned();
                Identity { symbol, name, is_public: false, ssa: Some(ssa) }
            }
            Job::Wrapper(wrapper) => Identity {
                symbol: wrapper.symbol(env),
                name: wrapper.name(env),
                is_public: wrapper.is_public(),
                ssa: None,
            },
        }
    }
}

/// With fewer functions, threads cost more than they save.
const PARALLEL_FROM: usize = 16;
/// Cranelift recurses over expressions.
const WORKER_STACK: usize = 16 << 20;

fn compile_all(
    env: Environment<'_>,
    sources: &SourceMap,
    jobs: &[Job],
    threads: usize,
) -> Result<Vec<MachineFunction>, LowerError> {
    let one_by_one = || {
        let mut worker = Worker::new();
        jobs.iter().map(|&job| worker.compile(env, sources, job)).collect()
    };
    if threads == 1 || jobs.len() < PARALLEL_FROM {
        return one_by_one();
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(WORKER_STACK).build();
    match pool {
        // Results come in the order of the jobs, whoever did them.
        Ok(pool) => pool.install(|| {
            let compiled: Vec<_> =
                jobs.par_iter().map_init(Worker::new, |worker, &job| worker.compile(env, sources, job)).collect();
            // The first failure in module order, not in time.
            compiled.into_iter().collect()
        }),
        // The system gives no more threads.
        Err(_) => one_by_one(),
    }
}

/// What a thread keeps between functions.
struct Worker {
    context: Context,
    builder: FunctionBuilderContext,
}

/// A frame that no stack of ours holds; Cranelift's own limit is not far above.
const LARGEST_FRAME: u64 = 64 << 20;

impl Worker {
    fn new() -> Worker {
        Worker { context: Context::new(), builder: FunctionBuilderContext::new() }
    }

    /// Makes the Cranelift function in the context, and gives its size in instructions.
    fn build(&mut self, env: Environment<'_>, job: Job) -> usize {
        self.context.clear();
        match job {
            Job::Function(id) => function::build(env, id, &mut self.builder, &mut self.context.func),
            Job::Wrapper(wrapper) => {
                wrapper.build(env, &mut self.builder, &mut self.context.func);
                0
            }
        }
    }

    fn compile(&mut self, env: Environment<'_>, sources: &SourceMap, job: Job) -> Result<MachineFunction, LowerError> {
        let identity = job.identity(env);
        if let Some(ssa) = identity.ssa {
            check_frame(ssa)?;
        }
        let size = self.build(env, job);
        let isa = env.machine.isa_for(size);
        match self.context.compile(isa, &mut ControlPlane::default()).map_err(|error| error.inner) {
            Ok(_) => {}
            Err(error @ (CodegenError::CodeTooLarge | CodegenError::ImplLimitExceeded)) => {
                return Err(LowerError::TooLarge { function: identity.name, what: error.to_string() });
            }
            Err(error) => {
                let text = cranelift_codegen::print_errors::pretty_error(&self.context.func, error);
                bug!("lower: {}: {text}", identity.symbol)
            }
        }
        let Some(compiled) = self.context.take_compiled_code() else { bug!("lower: no code of {}", identity.symbol) };
        Ok(collect(env, sources, identity, isa, &self.context.func, &compiled))
    }
}

fn check_frame(ssa: &ssa::Function) -> Result<(), LowerError> {
    let size: u64 = ssa.slots.iter().map(|slot| u64::from(slot.size)).sum();
    if size <= LARGEST_FRAME {
        return Ok(());
    }
    let function = ssa.scopes.first().map_or(&ssa.symbol, |scope| &scope.function).clone();
    let what = format!("its variables need {size} bytes of stack, more than {LARGEST_FRAME}");
    Err(LowerError::TooLarge { function, what })
}

/// Lays the text out and puts data, tables and imports beside it.
fn assemble(
    env: Environment<'_>,
    sources: &SourceMap,
    mut functions: Vec<MachineFunction>,
) -> Result<MachineProgram, LowerError> {
    let mut text_size = 0_u32;
    for function in &mut functions {
        text_size = text_size.next_multiple_of(function.align);
        function.text_offset = text_size;
        text_size += function.code.len() as u32;
    }
    let data = tables::build(env, sources, &functions, text_size);

    let mut defined = FxHashSet::default();
    for symbol in functions.iter().map(|f| &f.symbol).chain(data.iter().map(|d| &d.symbol)) {
        if !defined.insert(&**symbol) {
            let symbol = symbol.trim_end_matches(names::FLASH_SUFFIX).to_owned();
            return Err(LowerError::Duplicate { symbol });
        }
    }
    let in_code = functions.iter().flat_map(|f| &f.relocations);
    let in_data = data.iter().flat_map(|d| &d.relocations);
    let wanted = in_code.chain(in_data).map(|relocation| &*relocation.symbol);
    let imports: IndexSet<&str> = wanted.filter(|symbol| !defined.contains(symbol)).collect();
    let imports = imports.into_iter().map(str::to_owned).collect();
    Ok(MachineProgram { target: env.machine.triple.clone(), functions, data, imports, text_size })
}
