//! From machine code to files: ELF and COFF objects, NASM text, debug information, unwind tables.
//!
//! All roads start at one [`MachineProgram`](crate::lower::machine::MachineProgram) that
//! [`normalize`] has seen, write the same `.text`, and name things by [`link_name`].

pub mod dwarf;
pub mod nasm;
mod normalize;
pub mod object;
#[cfg(test)]
mod random;
pub mod section;
mod symbol;
pub mod unwind;

pub use normalize::{normalize, normalize_function};
pub use symbol::link_name;
