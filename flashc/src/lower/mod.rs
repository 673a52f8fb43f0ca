//! From optimised SSA to machine code, by Cranelift.

pub mod machine;
