//! `flash-rt`: runs programs.

fn main() {}
