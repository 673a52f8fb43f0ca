//! Natives of `std:regex`: compiling patterns, finding matches, writing replacements. Compiled patterns lie in a bounded
//! table of the thread (see `cache`); a native that does not find one any more says so, and `std:regex` compiles it again.

use super::cache::Cache;
use super::{NULL_TEXT, new_text, problem, text};
use crate::native;
use flash_abi::context::Context;
use flash_abi::object::Str;
use regex::{Captures, Regex, RegexBuilder};
use std::cell::RefCell;
use std::rc::Rc;

/// Compiled patterns that a thread keeps.
const KEPT: usize = 256;

thread_local! {
    static PATTERNS: RefCell<Cache<Regex>> = const { RefCell::new(Cache::new(KEPT)) };
}

// Flags, as in `std:regex`.
const IGNORE_CASE: i32 = 1;
const MULTI_LINE: i32 = 2;
const DOT_ALL: i32 = 4;
const VERBOSE: i32 = 8;

/// What finding says when the pattern is not there any more.
const GONE: i32 = -1;

native! {
    /// (pattern, flags) -> stamp, or 0 and a problem.
    fn flash_regex_compile(_ctx: *mut Context, pattern: *const u8, pattern_len: i64, flags: i32) -> i64 {
        // SAFETY: a live text.
        let pattern = unsafe { text(pattern, pattern_len) };
        let built = RegexBuilder::new(pattern)
            .case_insensitive(flags & IGNORE_CASE != 0)
            .multi_line(flags & MULTI_LINE != 0)
            .dot_matches_new_line(flags & DOT_ALL != 0)
            .ignore_whitespace(flags & VERBOSE != 0)
            .build();
        match built {
            Ok(regex) => PATTERNS.with_borrow_mut(|patterns| patterns.insert(regex)),
            Err(error) => {
                let (reason, place) = explain(&error, pattern);
                problem::keep(reason, place);
                0
            }
        }
    }

    /// (stamp) -> the groups' names with NUL between them, empty for those that have none; null when it is gone.
    fn flash_regex_groups(ctx: *mut Context, stamp: i64) -> Str {
        let Some(regex) = compiled(stamp) else { return NULL_TEXT };
        let names: Vec<&str> = regex.capture_names().map(Option::unwrap_or_default).collect();
        // SAFETY: this thread's context.
        unsafe { new_text(ctx, &names.join("\0")) }
    }

    /// (stamp, text, start, places, count) -> 1 found, 0 not, -1 the pattern is gone. Writes start and end of the whole
    /// match and of as many groups as there is room for; -1 for those that do not take part.
    fn flash_regex_find(
        _ctx: *mut Context, stamp: i64, a: *const u8, a_len: i64, start: i64, places: *mut i64, count: i64,
    ) -> i32 {
        let Some(regex) = compiled(stamp) else { return GONE };
        // SAFETY: a live text, and an array of `count` elements.
        let (whole, places) = unsafe { (text(a, a_len), std::slice::from_raw_parts_mut(places, count.max(0) as usize)) };
        let Some(start) = usize::try_from(start).ok().filter(|&start| start <= whole.len()) else { return 0 };
        i32::from(find(&regex, whole, start, places))
    }

    /// (stamp, text, template, how many times at most) -> the text with replacements, or null: the pattern is gone, or there
    /// is a problem with the template, whose place is above -1 then.
    fn flash_regex_replace(
        ctx: *mut Context, stamp: i64, a: *const u8, a_len: i64, template: *const u8, template_len: i64, limit: i64,
    ) -> Str {
        let Some(regex) = compiled(stamp) else {
            problem::keep("", usize::MAX);
            return NULL_TEXT;
        };
        // SAFETY: live texts, and this thread's context.
        unsafe {
            let (whole, template) = (text(a, a_len), text(template, template_len));
            match parse_template(template, &regex) {
                Ok(parts) => match replace(&regex, whole, &parts, limit) {
                    Some(made) => new_text(ctx, &made),
                    None => Str { data: a, len: a_len },
                },
                Err((words, place)) => {
                    problem::keep(words, place);
                    NULL_TEXT
                }
            }
        }
    }

    /// The text with all that has a meaning in patterns escaped.
    fn flash_regex_escape(ctx: *mut Context, a: *const u8, a_len: i64) -> Str {
        // SAFETY: a live text, and this thread's context.
        unsafe { new_text(ctx, &regex::escape(text(a, a_len))) }
    }
}

fn compiled(stamp: i64) -> Option<Rc<Regex>> {
    PATTERNS.with_borrow_mut(|patterns| patterns.get(stamp))
}

fn find(regex: &Regex, text: &str, start: usize, places: &mut [i64]) -> bool {
    match places {
        [] => regex.is_match_at(text, start),
        [from, to] => {
            let Some(found) = regex.find_at(text, start) else { return false };
            (*from, *to) = (found.start() as i64, found.end() as i64);
            true
        }
        _ => {
            let mut locations = regex.capture_locations();
            if regex.captures_read_at(&mut locations, text, start).is_none() {
                return false;
            }
            for (group, pair) in places.chunks_mut(2).enumerate() {
                let (from, to) = locations.get(group).map_or((-1, -1), |(from, to)| (from as i64, to as i64));
                pair[0] = from;
                if let Some(end) = pair.get_mut(1) {
                    *end = to;
                }
            }
            true
        }
    }
}

/// A part of a template.
#[derive(Debug, PartialEq)]
enum Part<'t> {
    Text(&'t str),
    Group(usize),
}

/// Takes a template apart: `$1`, `$<name>`, `${name}`, `$&` for the whole match, `$$` for `$`. A `$` before anything else
/// is itself.
fn parse_template<'t>(template: &'t str, regex: &Regex) -> Result<Vec<Part<'t>>, (String, usize)> {
    let mut parts = Vec::new();
    let mut plain = 0;
    let mut at = 0;
    while let Some(dollar) = template[at..].find('$').map(|found| found + at) {
        let rest = &template[dollar + 1..];
        let (part, len) = match rest.bytes().next() {
            Some(b'$') => (Part::Text("$"), 1),
            Some(b'&') => (Part::Group(0), 1),
            Some(open @ (b'<' | b'{')) => {
                let close = if open == b'<' { '>' } else { '}' };
                let Some(end) = rest.find(close) else {
                    return Err((format!("`{close}` is missing"), dollar));
                };
                let name = &rest[1..end];
                let group = name.parse().ok().filter(|&group| group < regex.captures_len());
                let named = || regex.capture_names().position(|known| known == Some(name));
                match group.or_else(named) {
                    Some(group) => (Part::Group(group), end + 1),
                    None => return Err((format!("the pattern has no group `{name}`"), dollar)),
                }
            }
            Some(b'0'..=b'9') => {
                let group = |len: usize| {
                    let digits = rest.get(..len).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
                    digits.parse::<usize>().ok().filter(|&group| group < regex.captures_len()).map(|group| (group, len))
                };
                match group(2).or_else(|| group(1)) {
                    Some((group, len)) => (Part::Group(group), len),
                    None => return Err((format!("the pattern has no group {}", &rest[..1]), dollar)),
                }
            }
            _ => {
                at = dollar + 1;
                continue;
            }
        };
        if plain < dollar {
            parts.push(Part::Text(&template[plain..dollar]));
        }
        parts.push(part);
        at = dollar + 1 + len;
        plain = at;
    }
    if plain < template.len() {
        parts.push(Part::Text(&template[plain..]));
    }
    Ok(parts)
}

/// The text with its first matches replaced, or nothing when there are none.
fn replace(regex: &Regex, text: &str, template: &[Part<'_>], limit: i64) -> Option<String> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut made = String::new();
    let mut last = 0;
    let mut count = 0;
    let needs_groups = template.iter().any(|part| matches!(part, Part::Group(1..)));
    let mut push = |from: usize, to: usize, captures: Option<&Captures<'_>>| {
        made.push_str(&text[last..from]);
        for part in template {
            match part {
                Part::Text(text) => made.push_str(text),
                Part::Group(0) => made.push_str(&text[from..to]),
                Part::Group(group) => {
                    made.push_str(captures.and_then(|c| c.get(*group)).map_or("", |found| found.as_str()));
                }
            }
        }
        last = to;
        count += 1;
    };
    if needs_groups {
        for captures in regex.captures_iter(text).take(limit) {
            if let Some(whole) = captures.get(0) {
                push(whole.start(), whole.end(), Some(&captures));
            }
        }
    } else {
        for whole in regex.find_iter(text).take(limit) {
            push(whole.start(), whole.end(), None);
        }
    }
    (count > 0).then(|| made + &text[last..])
}

/// Reason and place of what is wrong with a pattern, from the library's report: the pattern's lines, a line with carets below
/// the one that is wrong, and `error: ` with the reason.
fn explain(error: &regex::Error, pattern: &str) -> (String, usize) {
    let regex::Error::Syntax(report) = error else {
        return (error.to_string().trim_end_matches('.').to_owned(), 0);
    };
    let lines: Vec<&str> = report.lines().collect();
    let reason = lines.iter().rev().find_map(|line| line.strip_prefix("error: ")).unwrap_or("it is not a pattern");
    let carets = lines.iter().position(|line| line.contains('^') && line.chars().all(|c| c == ' ' || c == '^'));
    let place = carets.and_then(|at| {
        let above = *lines.get(at.checked_sub(1)?)?;
        let column = lines[at].find('^')?;
        // Of several lines each has its number before it; a single one is indented.
        let (number, shown) = match above.split_once(": ") {
            Some((number, _)) if pattern.contains('\n') => (number.trim().parse::<usize>().ok()?, number.len() + 2),
            _ => (1, 4),
        };
        let line_start: usize = pattern.split_inclusive('\n').take(number - 1).map(str::len).sum();
        let line = pattern.get(line_start..)?;
        let offset: usize = line.chars().take(column.checked_sub(shown)?).map(char::len_utf8).sum();
        Some(line_start + offset)
    });
    (reason.to_owned(), place.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_patterns_have_a_place() {
        let place = |pattern: &str| explain(&Regex::new(pattern).expect_err("a wrong pattern"), pattern);
        assert_eq!(place("ab(c"), ("unclosed group".to_owned(), 2));
        assert_eq!(place("é[z-a]").1, 3);
        assert_eq!(place("(?x)a\n(b").1, 6);
        assert_eq!(place(r"a\8"), ("backreferences are not supported".to_owned(), 1));
        assert!(place(r"\w{1000}{1000}").0.contains("size limit"));
    }

    #[test]
    fn templates() {
        let regex = Regex::new(r"(?<key>\w+)=(\w+)").expect("a pattern");
        assert_eq!(
            parse_template("$2:$<key>$$ $&$", &regex),
            Ok(vec![
                Part::Group(2),
                Part::Text(":"),
                Part::Group(1),
                Part::Text("$"),
                Part::Text(" "),
                Part::Group(0),
                Part::Text("$")
            ])
        );
        assert_eq!(parse_template("x$9", &regex), Err(("the pattern has no group 9".to_owned(), 1)));
        assert_eq!(parse_template("${no}", &regex), Err(("the pattern has no group `no`".to_owned(), 0)));
        let parts = parse_template("$2=${key}", &regex).expect("a template");
        assert_eq!(replace(&regex, "a=1, b=2", &parts, -1).as_deref(), Some("1=a, 2=b"));
        assert_eq!(replace(&regex, "a=1, b=2", &parts, 1).as_deref(), Some("1=a, b=2"));
        assert_eq!(replace(&regex, "none", &parts, -1), None);
    }
}
