//! Debug information before the tools that read it.

use crate::lower::machine::{SourceFrame, SourcePlace};
use crate::source::FileId;

/// The place that a Cranelift source location stands for in these tests: a line of file 0.
pub fn place(line: u32) -> SourcePlace {
    SourcePlace { frames: vec![SourceFrame { file: FileId(0), line, column: 1, function: "main.f".into() }] }
}
