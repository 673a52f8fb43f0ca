//! Says what came of the tests: for people, with what failed at the end, or for tools, a JSON object a line.

use super::Suite;
use super::diff::{self, Kind};
use super::failure::Failure;
use super::process::{Outcome, Run};
use flashc::driver::{Color, Reporter, TestBlock};
use serde_json::json;
use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// What came of a test.
#[derive(Clone, Debug)]
pub enum Verdict {
    Ran(Run),
    Ignored,
}

/// A test that took longer than this has its time beside it.
const SLOW: Duration = Duration::from_secs(1);

const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const BOLD: &str = "1";
const DIM: &str = "2";

/// Writes results as they come in, and remembers them for the end.
pub struct Presenter {
    is_json: bool,
    is_coloured: bool,
    reporter: Reporter,
    started: Instant,
    passed: usize,
    failed: usize,
    ignored: usize,
    /// Modules that do not compile.
    broken: usize,
    /// What is said of each failed test at the end.
    failures: Vec<String>,
}

impl Presenter {
    pub fn new(is_json: bool, color: Color, reporter: Reporter) -> Presenter {
        Presenter {
            is_json,
            is_coloured: !is_json && color.is_on_for(&std::io::stdout()),
            reporter,
            started: Instant::now(),
            passed: 0,
            failed: 0,
            ignored: 0,
            broken: 0,
            failures: Vec::new(),
        }
    }

    fn styled(&self, style: &str, text: &str) -> String {
        if self.is_coloured { format!("\x1b[{style}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// Only the names.
    pub fn list(&self, suites: &[Suite]) {
        for suite in suites {
            for (_, test) in &suite.tests {
                if self.is_json {
                    say(&format!(
                        "{}\n",
                        json!({
                            "type": "test", "file": suite.path.to_string_lossy(), "name": test.name,
                            "line": test.line, "column": test.column, "ignored": test.ignored.is_some(),
                        })
                    ));
                } else {
                    say(&format!("{}\n", super::discover::full_name(&suite.path, test)));
                }
            }
        }
    }

    /// The tests of this module follow.
    pub fn suite(&self, suite: &Suite) {
        if !self.is_json {
            say(&format!("{}\n", self.styled(BOLD, &suite.path.to_string_lossy())));
        }
    }

    /// The module does not compile.
    pub fn broken(&mut self, suite: &Suite, failure: &flashc::driver::Failure) {
        self.broken += 1;
        if self.is_json {
            let message = failure.to_string();
            let file = suite.path.to_string_lossy();
            say(&format!("{}\n", json!({ "type": "module", "file": file, "status": "failed", "message": message })));
        } else {
            self.suite(suite);
            say(&format!("  {}  the module does not compile\n", self.styled(RED, "FAILED")));
        }
        failure.report(self.reporter);
    }

    pub fn test(&mut self, suite: &Suite, test: &TestBlock, verdict: Verdict, timeout: Option<Duration>) {
        let (status, failure, run) = match verdict {
            Verdict::Ignored => ("ignored", None, None),
            Verdict::Ran(run) => {
                let (status, failure) = match &run.outcome {
                    Outcome::Passed => ("passed", None),
                    Outcome::Failed(report) => ("failed", Some(Failure::parse(report))),
                    Outcome::TimedOut => {
                        let limit = timeout.unwrap_or_default().as_secs_f64();
                        let message = format!("the test takes longer than {limit} s (see --timeout)");
                        ("timed out", Some(Failure { message, sides: None, trace: String::new() }))
                    }
                };
                (status, failure, Some(run))
            }
        };
        match status {
            "passed" => self.passed += 1,
            "ignored" => self.ignored += 1,
            _ => self.failed += 1,
        }
        if self.is_json {
            say(&format!("{}\n", as_json(suite, test, status, failure.as_ref(), run.as_ref())));
            return;
        }
        self.line(test, status, run.as_ref());
        if let (Some(failure), Some(run)) = (failure, run) {
            let text = self.explained(suite, test, &failure, &run);
            self.failures.push(text);
        }
    }

    fn line(&self, test: &TestBlock, status: &str, run: Option<&Run>) {
        let word = match status {
            "passed" => self.styled(GREEN, "ok"),
            "ignored" => self.styled(YELLOW, "ignored"),
            _ => self.styled(RED, "FAILED"),
        };
        let mut line = format!("  {word}  {}", test.name);
        if let Some(reason) = test.ignored.as_deref().filter(|reason| status == "ignored" && !reason.is_empty()) {
            line += &format!(": {reason}");
        }
        if let Some(run) = run.filter(|run| run.time > SLOW) {
            line += &self.styled(DIM, &format!(" ({})", shown(run.time)));
        }
        say(&format!("{line}\n"));
    }

    /// Everything about a failed test.
    fn explained(&self, suite: &Suite, test: &TestBlock, failure: &Failure, run: &Run) -> String {
        let title = format!("{}:{}: {}", suite.path.display(), test.line, test.name);
        let mut text = format!("{} {}\n", self.styled(RED, "FAILED"), self.styled(BOLD, &title));
        text += &format!("{}\n", failure.message);
        if let Some((left, right)) = &failure.sides {
            text += &self.sides(left, right);
        }
        if !failure.trace.is_empty() {
            text += &format!("{}\n", self.styled(DIM, &failure.trace));
        }
        if !run.output.is_empty() {
            text += &format!("{}\n", self.styled(BOLD, "output:"));
            for line in run.output.lines() {
                text += &format!("  {line}\n");
            }
        }
        text
    }

    fn sides(&self, left: &str, right: &str) -> String {
        let Some(lines) = diff::diff(left, right) else {
            let (left, right) = (self.styled(RED, left), self.styled(GREEN, right));
            return format!("  left: {left}\n right: {right}\n");
        };
        let legend = format!("{} {}", self.styled(RED, "- left"), self.styled(GREEN, "+ right"));
        let mut text = format!("  {legend}\n");
        for line in lines {
            text += &match line.kind {
                Kind::Same => format!("    {}\n", line.text),
                Kind::Left => format!("  {}\n", self.styled(RED, &format!("- {}", line.text))),
                Kind::Right => format!("  {}\n", self.styled(GREEN, &format!("+ {}", line.text))),
                Kind::Mark => format!("    {}\n", self.styled(YELLOW, &line.text)),
            };
        }
        text
    }

    /// The end: what failed, the counts, and the exit status.
    pub fn finish(&self) -> ExitCode {
        let time = self.started.elapsed();
        let is_good = self.failed == 0 && self.broken == 0;
        if self.is_json {
            say(&format!(
                "{}\n",
                json!({
                    "type": "summary", "passed": self.passed, "failed": self.failed, "ignored": self.ignored,
                    "broken_modules": self.broken, "duration_ms": milliseconds(time),
                })
            ));
        } else {
            for failure in &self.failures {
                say(&format!("\n{failure}"));
            }
            say(&self.summary(time));
        }
        if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    fn summary(&self, time: Duration) -> String {
        if self.passed + self.failed + self.ignored + self.broken == 0 {
            return "no tests\n".to_owned();
        }
        let mut parts = vec![format!("{} passed", self.passed)];
        if self.passed > 0 {
            parts[0] = self.styled(GREEN, &parts[0]);
        }
        if self.failed > 0 {
            parts.push(self.styled(RED, &format!("{} failed", self.failed)));
        }
        if self.ignored > 0 {
            parts.push(self.styled(YELLOW, &format!("{} ignored", self.ignored)));
        }
        match self.broken {
            0 => {}
            1 => parts.push(self.styled(RED, "1 module does not compile")),
            count => parts.push(self.styled(RED, &format!("{count} modules do not compile"))),
        }
        format!("\n{} in {}\n", parts.join(", "), shown(time))
    }
}

fn as_json(
    suite: &Suite,
    test: &TestBlock,
    status: &str,
    failure: Option<&Failure>,
    run: Option<&Run>,
) -> serde_json::Value {
    let mut object = json!({
        "type": "test", "file": suite.path.to_string_lossy(), "name": test.name,
        "line": test.line, "column": test.column, "status": status,
    });
    if let Some(reason) = test.ignored.as_deref().filter(|reason| status == "ignored" && !reason.is_empty()) {
        object["reason"] = json!(reason);
    }
    if let Some(run) = run {
        object["duration_ms"] = json!(milliseconds(run.time));
        if !run.output.is_empty() {
            object["output"] = json!(run.output);
        }
    }
    if let Some(failure) = failure {
        object["message"] = json!(failure.message);
        if let Some((left, right)) = &failure.sides {
            object["left"] = json!(left);
            object["right"] = json!(right);
        }
        if !failure.trace.is_empty() {
            object["trace"] = json!(failure.trace);
        }
    }
    object
}

fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

fn shown(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds < 1.0 => format!("{:.0} ms", seconds * 1000.0),
        seconds => format!("{seconds:.2} s"),
    }
}

/// Whoever closed standard output does not want to know.
fn say(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes());
    let _ = stdout.flush();
}
