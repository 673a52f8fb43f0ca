//! The REPL: `flash-rt` or `flash -i` without a program.

pub mod engine;
pub mod session;
