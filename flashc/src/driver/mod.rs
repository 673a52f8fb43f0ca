//! What the commands do with the stages, and all of the compiler's reading and writing of files.

pub mod cli;
mod dependencies;
mod document;
mod link;
pub mod load;
mod output;
mod package;
pub mod pipeline;
mod report;
pub mod session;
mod stack;
pub mod stdlib;
mod tests;
mod timing;

pub use pipeline::{
    Checked, CompileOptions, Compiled, Failure, Object, check, compile, compile_to_object, compile_to_object_with,
    generate,
};
pub use report::{Color, Format, Reporter};
pub use tests::{TestBlock, tests_of};
