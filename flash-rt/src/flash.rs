//! `flash`: the one command.

fn main() {}
