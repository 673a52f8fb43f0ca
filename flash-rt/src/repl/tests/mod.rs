//! Sessions with an engine that only pretends.

mod fake;
mod piped;
mod terminal;
