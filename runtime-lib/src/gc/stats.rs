//! FLASH_GC=stats: a line on standard error for each collection.

use super::blocks::{BLOCK, Swept};
use crate::report::Report;
use std::time::Duration;

/// Prints what one collection did.
pub fn print(number: usize, allocated: usize, live: usize, pause: Duration, swept: Swept) {
    let mut report = Report::new();
    report.text("gc ").number(number as u64 + 1).text(": allocated ");
    kilobytes(&mut report, allocated);
    report.text(", live ");
    kilobytes(&mut report, live);
    report.text(", blocks used ");
    kilobytes(&mut report, swept.used_blocks * BLOCK);
    report.text(" free ");
    kilobytes(&mut report, swept.free_blocks * BLOCK);
    report.text(", pause ").number(pause.as_micros() as u64).text(" us\n");
}

fn kilobytes(report: &mut Report, bytes: usize) {
    report.number((bytes >> 10) as u64).text(" KB");
}
