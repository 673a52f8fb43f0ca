//! The Flash compiler. Each room is a stage (or what stages share) and names only earlier ones:
//!
//! `source diagnostics lexer ast parser resolve tir typecheck ssa opt lower emit driver`
//!
//! IO happens in `driver` only. `tests/tidy.rs` checks both.

/// A broken invariant: a bug of the compiler, never a user's problem.
#[macro_export]
macro_rules! bug {
    ($($arg:tt)*) => {
        panic!("compiler bug: {}", format_args!($($arg)*))
    };
}

mod parallel;

pub mod source;

pub mod diagnostics;

pub mod lexer;

pub mod ast;

pub mod parser;

pub mod resolve;

pub mod tir;

pub mod typecheck;

pub mod ssa;

pub mod opt;

pub mod lower;

pub mod emit;

pub mod driver;
