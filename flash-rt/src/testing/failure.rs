//! What a failing test's process reported, taken apart: the message, the two sides of a comparison, the place with
//! the trace.

/// A failure, in parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// In words, without the sides.
    pub message: String,
    /// What stood on the left and on the right of a comparison.
    pub sides: Option<(String, String)>,
    /// `--> file:line:column` with the excerpt, and the trace.
    pub trace: String,
}

impl Failure {
    /// From the text of a report: `error: message`, then the place, then the trace.
    pub fn parse(report: &str) -> Failure {
        let report = report.strip_prefix("error: ").unwrap_or(report);
        let (message, trace) = report.split_at(place(report));
        let trace = trace.trim_end_matches('\n');
        let (message, sides) = sides(message.trim_end_matches('\n'));
        Failure { message: message.to_owned(), sides, trace: trace.to_owned() }
    }
}

/// Where the line with the place begins, or else the trace.
fn place(report: &str) -> usize {
    let starts = |wanted: &str| {
        let lines = report.split_inclusive('\n').scan(0, |at, line| {
            let start = *at;
            *at += line.len();
            Some((start, line))
        });
        // The message comes first and may hold anything, so the last one is meant.
        lines.filter(|(_, line)| line.trim_start_matches(' ').starts_with(wanted)).map(|(start, _)| start).last()
    };
    starts("--> ").or_else(|| report.find("\n  at ").map(|at| at + 1)).unwrap_or(report.len())
}

/// The two sides that `assert` adds to its message.
fn sides(message: &str) -> (&str, Option<(String, String)>) {
    const LEFT: &str = "\n  left: ";
    const RIGHT: &str = "\n right: ";
    let Some((head, rest)) = message.split_once(LEFT) else { return (message, None) };
    let Some((left, right)) = rest.split_once(RIGHT) else { return (message, None) };
    (head, Some((left.to_owned(), right.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_taken_apart() {
        let report = "error: assertion failed: a == b\nmessage: why\n  left: \"x\ny\"\n right: 2\n --> m.fl:3:5\n  |\n  at f (m.fl:3:5)\n";
        let failure = Failure::parse(report);
        assert_eq!(failure.message, "assertion failed: a == b\nmessage: why");
        assert_eq!(failure.sides, Some(("\"x\ny\"".to_owned(), "2".to_owned())));
        assert_eq!(failure.trace, " --> m.fl:3:5\n  |\n  at f (m.fl:3:5)");
    }

    #[test]
    fn what_is_missing_is_empty() {
        let failure = Failure::parse("something else");
        assert_eq!(failure, Failure { message: "something else".to_owned(), sides: None, trace: String::new() });
    }
}
