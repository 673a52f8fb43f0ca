//! The difference of two shown values, for people: texts of several lines by line, long collections by element,
//! long single lines by what has changed in them. Short values are not worth one.

use similar::{Algorithm, ChangeTag, TextDiff};

/// From this many characters on, two sides are hard to compare by eye.
const LONG: usize = 48;
/// Lines around a change that are shown.
const CONTEXT: usize = 3;

/// A line of a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub kind: Kind,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Same,
    /// Only on the left.
    Left,
    /// Only on the right.
    Right,
    /// Marks below a line what is different in it, or stands for lines left out.
    Mark,
}

/// The difference, when it helps.
pub fn diff(left: &str, right: &str) -> Option<Vec<Line>> {
    let is_long = |text: &str| text.contains('\n') || text.chars().count() > LONG;
    if left == right || !(is_long(left) || is_long(right)) {
        return None;
    }
    let lines = if left.contains('\n') || right.contains('\n') {
        by_line(left, right)
    } else if is_collection(left) && is_collection(right) {
        by_line(&broken(left), &broken(right))
    } else {
        within_line(left, right)
    };
    Some(lines)
}

fn by_line(left: &str, right: &str) -> Vec<Line> {
    let (left, right) = (left.lines().collect::<Vec<_>>(), right.lines().collect::<Vec<_>>());
    let diff = TextDiff::configure().algorithm(Algorithm::Patience).diff_slices(&left, &right);
    let mut lines = Vec::new();
    for (number, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        let skipped = group.first().is_some_and(|op| op.old_range().start > 0);
        if number > 0 || skipped {
            lines.push(Line { kind: Kind::Mark, text: "...".to_owned() });
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let kind = match change.tag() {
                ChangeTag::Equal => Kind::Same,
                ChangeTag::Delete => Kind::Left,
                ChangeTag::Insert => Kind::Right,
            };
            lines.push(Line { kind, text: change.value().to_owned() });
        }
    }
    lines
}

/// Both lines, each with marks below what the other one does not have.
fn within_line(left: &str, right: &str) -> Vec<Line> {
    let diff = TextDiff::from_chars(left, right);
    let side = |kind: Kind, own: ChangeTag| {
        let mut marks = String::new();
        for change in diff.iter_all_changes() {
            let count = change.value().chars().count();
            if change.tag() == own {
                marks.extend(std::iter::repeat_n('^', count));
            } else if change.tag() == ChangeTag::Equal {
                marks.extend(std::iter::repeat_n(' ', count));
            }
        }
        let text = if kind == Kind::Left { left } else { right };
        let mut lines = vec![Line { kind, text: text.to_owned() }];
        let marks = marks.trim_end();
        if !marks.is_empty() {
            lines.push(Line { kind: Kind::Mark, text: marks.to_owned() });
        }
        lines
    };
    let mut lines = side(Kind::Left, ChangeTag::Delete);
    lines.extend(side(Kind::Right, ChangeTag::Insert));
    lines
}

fn is_collection(text: &str) -> bool {
    text.ends_with([']', '}', ')']) && text.contains([',', '{'])
}

/// A shown value with a line for each element, indented by nesting.
fn broken(text: &str) -> String {
    let mut out = String::new();
    let mut depth = 0usize;
    let mut quote = None;
    let mut chars = text.chars().peekable();
    let new_line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    while let Some(c) = chars.next() {
        if let Some(end) = quote {
            out.push(c);
            if c == '\\' {
                out.extend(chars.next());
            } else if c == end {
                quote = None;
            }
            continue;
        }
        match c {
            '"' | '\'' => {
                quote = Some(c);
                out.push(c);
            }
            '[' | '{' | '(' => {
                out.push(c);
                while chars.next_if_eq(&' ').is_some() {}
                if chars.peek().is_some_and(|next| matches!(next, ']' | '}' | ')')) {
                    out.extend(chars.next());
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            ']' | '}' | ')' => {
                while out.ends_with(' ') {
                    out.pop();
                }
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                while chars.next_if_eq(&' ').is_some() {}
                new_line(&mut out, depth);
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(left: &str, right: &str) -> Vec<String> {
        let sign = |kind| match kind {
            Kind::Same => ' ',
            Kind::Left => '-',
            Kind::Right => '+',
            Kind::Mark => '?',
        };
        let lines = diff(left, right).unwrap_or_default();
        lines.iter().map(|line| format!("{}{}", sign(line.kind), line.text)).collect()
    }

    #[test]
    fn short_values_have_none() {
        assert_eq!(diff("1", "2"), None);
        let long = "x".repeat(100);
        assert_eq!(diff(&long, &long), None);
    }

    #[test]
    fn lines_are_compared() {
        assert_eq!(shown("a\nb\nc", "a\nx\nc"), [" a", "-b", "+x", " c"]);
    }

    #[test]
    fn far_lines_are_left_out() {
        let many = |changed: &str| {
            (0..20).map(|i| if i == 10 { changed.into() } else { i.to_string() }).collect::<Vec<_>>().join("\n")
        };
        let lines = shown(&many("left"), &many("right"));
        assert_eq!(lines, ["?...", " 7", " 8", " 9", "-left", "+right", " 11", " 12", " 13"]);
    }

    #[test]
    fn elements_are_compared() {
        let left = "[P { name: \"a, b\", n: 1 }, P { name: \"long enough to count\", n: 2 }]";
        let right = left.replace("n: 2", "n: 3");
        let lines = shown(left, &right);
        assert!(lines.contains(&"-    n: 2".to_owned()) && lines.contains(&"+    n: 3".to_owned()), "{lines:?}");
        assert!(lines.iter().any(|line| line.contains("a, b")) || lines.len() < 9, "{lines:?}");
    }

    #[test]
    fn changes_in_a_line_are_marked() {
        let left = "\"the quick brown fox jumps over the lazy dog today\"";
        let lines = shown(left, &left.replace("lazy", "last"));
        assert_eq!(lines[0], format!("-{left}"));
        assert!(lines[1].starts_with('?') && lines[1].contains('^'), "{lines:?}");
    }
}
