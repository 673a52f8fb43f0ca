//! What is inside every running Flash program: the collector, entry and exit, failures, and the
//! natives of std. An rlib for `flash-rt`, a static library for executables.
//!
//! Rooms, each naming only earlier ones where it can: `native` (how natives are declared), `stdio`,
//! `process`, `gc`, `fail`, `natives`.

pub mod native;

pub mod fail;
pub mod gc;
pub mod natives;
pub mod process;
pub mod stdio;
