//! How long each stage took, for `--time-passes`.

use std::time::Instant;

/// Measures from stage to stage. Writes to standard error, and only when asked for.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch {
    is_on: bool,
    last: Instant,
}

impl Stopwatch {
    pub fn start(is_on: bool) -> Stopwatch {
        Stopwatch { is_on, last: Instant::now() }
    }

    /// A stage has ended; the next one begins.
    pub fn stage(&mut self, name: &str) {
        if self.is_on {
            let now = Instant::now();
            eprintln!("{name:>10}: {:8.1} ms", now.duration_since(self.last).as_secs_f64() * 1000.0);
            self.last = now;
        }
    }
}
