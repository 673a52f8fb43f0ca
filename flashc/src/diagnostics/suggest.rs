//! "Did you mean": the nearest of some names by edit distance.

use super::Diagnostic;
use crate::source::Span;

/// The candidate that a typing mistake most likely meant, if one is near enough.
pub fn nearest<'s>(name: &str, candidates: impl IntoIterator<Item = &'s str>) -> Option<&'s str> {
    let length = name.chars().count();
    let limit = if length < 3 { 0 } else { (length / 3).max(1) };
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        if candidate == name || candidate.is_empty() {
            continue;
        }
        // Each change makes at most four bytes of difference, and of ASCII one, unless only underscores differ.
        let is_plain = name.is_ascii() && candidate.is_ascii() && !name.contains('_') && !candidate.contains('_');
        if candidate.len().abs_diff(name.len()) > if is_plain { limit } else { limit * 4 } {
            continue;
        }
        let distance = if candidate.eq_ignore_ascii_case(name) || same_without_underscores(candidate, name) {
            0
        } else {
            distance(name, candidate)
        };
        let better = best.is_none_or(|(d, text)| distance < d || (distance == d && candidate < text));
        if distance <= limit && better {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Adds "did you mean" and the fix to a diagnostic.
pub fn with_suggestion(diagnostic: Diagnostic, span: Span, near: Option<&str>) -> Diagnostic {
    match near {
        Some(near) => diagnostic.fix(span, format!("did you mean `{near}`?"), near),
        None => diagnostic,
    }
}

/// `readFile` and `read_file`.
fn same_without_underscores(a: &str, b: &str) -> bool {
    let fold = |text: &str| text.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect::<String>();
    (a.contains('_') || b.contains('_')) && fold(a) == fold(b)
}

/// Insertions, deletions, replacements and swaps of neighbours that make `b` from `a`.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let width = b.len() + 1;
    let mut rows = vec![0usize; (a.len() + 1) * width];
    for (j, cell) in rows.iter_mut().enumerate().take(width) {
        *cell = j;
    }
    for i in 1..=a.len() {
        rows[i * width] = i;
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            let mut least = rows[(i - 1) * width + j - 1] + change;
            least = least.min(rows[(i - 1) * width + j] + 1).min(rows[i * width + j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[(i - 2) * width + j - 2] + 1);
            }
            rows[i * width + j] = least;
        }
    }
    rows[a.len() * width + b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_typing_mistakes() {
        assert_eq!(nearest("lenght", ["length", "width"]), Some("length"));
        assert_eq!(nearest("readFile", ["read_file", "write_file"]), Some("read_file"));
        assert_eq!(nearest("x", ["abc", "yz"]), None);
        assert_eq!(nearest("prinln", ["println", "print"]), Some("println"));
    }
}
