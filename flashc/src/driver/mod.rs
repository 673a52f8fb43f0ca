//! What the commands do with the stages, and all of the compiler's reading and writing of files.

pub mod cli;
mod dependencies;
mod link;
pub mod load;
mod output;
pub mod pipeline;
mod report;
mod stack;
pub mod stdlib;
mod tests;
mod timing;

pub use pipeline::{CompileOptions, Compiled, Failure, Object, compile, compile_to_object};
pub use report::{Color, Format, Reporter};
pub use tests::{TestBlock, tests_of};
