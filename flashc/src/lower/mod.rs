//! From optimised SSA to machine code, by Cranelift: one function at a time, in parallel, then the
//! tables of `flash_abi::program` around them. Output depends on the module and the options only,
//! never on the number of threads. Changes no SSA; writes no file (see `emit`).

mod calls;
mod checks;
mod code;
mod extents;
mod floats;
mod function;
mod handlers;
mod inst;
pub mod machine;
mod memory;
mod names;
mod program;
mod rounding;
mod tables;
mod target;
mod wrappers;

pub use program::{clif_text, lower};
pub use target::{Cpu, LowerError, LowerOptions, Optimize, check_options};
