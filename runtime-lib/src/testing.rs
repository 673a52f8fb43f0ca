//! A process that runs one test of a program: which one, and where its failure is reported. The runner (`flash-rt
//! test`) starts such a process for each test, so whatever a test does to its process is done to itself alone.

use crate::report;
use std::sync::atomic::{AtomicI64, Ordering};

/// No test: the process runs a program.
const NONE: i64 = -1;

static INDEX: AtomicI64 = AtomicI64::new(NONE);

/// Makes this process one that runs a test. Failures are reported on a file descriptor of their own, so that
/// they stay apart from what the test writes to standard error.
pub fn choose(index: usize, report_fd: i32) {
    INDEX.store(index as i64, Ordering::Relaxed);
    report::redirect(report_fd);
}

/// Whether this process runs a test.
pub fn is_test() -> bool {
    INDEX.load(Ordering::Relaxed) != NONE
}

crate::native! {
    /// Which of the program's tests to run.
    fn flash_test_index(_ctx: *mut flash_abi::context::Context) -> i64 {
        INDEX.load(Ordering::Relaxed)
    }
}
