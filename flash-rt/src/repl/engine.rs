//! What the REPL asks of what evaluates: `session` implements it, unit tests have a fake. The main thread owns it; only
//! `waker` and `interrupter` are for other threads.

use std::path::Path;
use std::time::Duration;

/// What evaluates.
pub trait Engine {
    /// One entry: declarations, imports, statements, expressions.
    fn evaluate(&mut self, source: &str) -> Evaluation;

    /// The declarations and statements of a file, as if they had been typed; imports relative to the file.
    fn load(&mut self, path: &Path) -> Evaluation;

    /// Forgets everything that was defined.
    fn reset(&mut self);

    /// The type of an expression, which is not evaluated; or rendered diagnostics.
    fn type_of(&mut self, expression: &str) -> Result<String, String>;

    /// Documentation of a name (`fs.read_file`, `Map`, `double`): signature and text.
    fn documentation(&mut self, name: &str) -> Result<String, String>;

    fn assembly(&mut self, function: &str) -> Result<String, String>;

    fn ssa(&mut self, function: &str) -> Result<String, String>;

    /// What could stand at the end of this text: names, members behind a `.`, exports of a module, module names in an import.
    fn candidates(&mut self, text: &str) -> Vec<Candidate>;

    /// Runs the event loop until `wakes` gives true (asked after each turn), or returns at once when there is no loop. What
    /// `waker` gave ends a poll.
    fn attend(&mut self, wakes: &dyn Fn() -> bool) -> Attended;

    /// Ends a poll in `attend`, from any thread.
    fn waker(&self) -> Box<dyn Fn() + Send + Sync>;

    /// Stops the evaluation that runs, from any thread (Ctrl-C). Does nothing when none runs.
    fn interrupter(&self) -> Box<dyn Fn() + Send + Sync>;
}

/// Why `attend` returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attended {
    /// `wakes` gave true.
    Woken,
    /// Nothing is pending: only a request can make something happen.
    Idle,
}

/// What came of an entry. The program's own output has been written already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evaluation {
    /// What to print, each behind `=> `: `84`, `function double`, `module std:fs loaded`, `ok`. Values are rendered already
    /// (bounded, of several lines when large).
    pub results: Vec<String>,
    /// Rendered errors and warnings (with colour if asked for), printed before the results; empty when there are none.
    pub messages: String,
    pub failed: bool,
    pub compile_time: Duration,
    pub run_time: Duration,
}

/// A way to go on with what is being typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Replaces the last word.
    pub text: String,
    /// Its type or kind.
    pub description: String,
}
