//! What the Flash compiler and the Flash runtime must agree on: how a heap object looks, how a
//! type describes itself to the collector, what a thread's context holds, which tables a program
//! carries, and which symbols the runtime offers. Neither side imports the other; both import this.
//! There is no behaviour here, only layout.

#![no_std]

pub mod context;
pub mod object;
pub mod program;
pub mod symbols;

/// Raised whenever anything in this crate changes its meaning. A program built for another
/// version is refused by the runtime, and a cached object of another version is recompiled.
pub const ABI_VERSION: u32 = 4;
