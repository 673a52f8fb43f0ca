//! Lowering, seen from outside: SSA text to an object, linked with a C program that stands in for
//! the runtime, run, and looked at.

mod harness;
mod operations;
mod programs;
mod tables;
mod throwing;
