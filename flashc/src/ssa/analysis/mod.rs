//! Facts about one function that several passes need. Each is computed from scratch in about
//! linear time and holds until blocks or jumps change; nobody caches them.

pub mod cfg;
pub mod dominators;
pub mod loops;

pub use cfg::Cfg;
pub use dominators::Dominators;
pub use loops::Loops;
