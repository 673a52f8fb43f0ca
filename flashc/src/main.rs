//! `flashc`: the compiler command.

fn main() {}
