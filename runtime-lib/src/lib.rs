//! What is inside every running Flash program: the collector, entry and exit, failures, and the
//! natives of std. An rlib for `flash-rt`, a static library for executables.
//!
//! Rooms, by what they are built on: `memory` and `stdio` (the system), `process`, `program` (tables of compiled
//! code), `trace`, `report`, `testing`, `fail`, `unwind`, `uncaught`, `gc`, `thread`, `overflow`, `signals`, `entry`,
//! `event_loop`, `pool`, `worker`, `natives`, `symbols`. Assembly is in `asm/`.

pub mod native;

pub mod children;
pub mod entry;
pub mod environment;
pub mod event_loop;
pub mod fail;
pub mod gc;
pub mod inspect;
pub mod io_error;
pub mod memory;
pub mod natives;
mod overflow;
pub mod pool;
pub mod process;
pub mod program;
pub mod report;
pub mod session;
pub mod signals;
pub mod stdin;
pub mod stdio;
pub mod symbols;
pub mod testing;
pub mod thread;
pub mod trace;
mod uncaught;
mod unwind;
pub mod worker;

pub use entry::run_program;
pub use symbols::symbol_address;
