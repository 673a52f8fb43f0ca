//! Makes a failing program smaller while it still fails: leaves out lines and blocks, puts a block's inside in its place, and
//! puts a part of an expression in its place. Knows nothing of the language but brackets, so most of what it tries
//! does not compile; that is found out quickly.

/// The smallest program that was found for which `fails` holds.
pub fn shrink(text: String, fails: &mut dyn FnMut(&str) -> bool) -> String {
    let mut best = text;
    loop {
        let before = best.len();
        chunks(&mut best, fails);
        blocks(&mut best, fails);
        groups(&mut best, fails);
        if best.len() == before {
            return best;
        }
    }
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

/// How many more brackets open than close, outside of texts and characters.
fn depth(line: &str) -> i32 {
    brackets(line).iter().map(|&(_, c)| if "([{".contains(c) { 1 } else { -1 }).sum()
}

fn brackets(line: &str) -> Vec<(usize, char)> {
    let mut found = Vec::new();
    let mut chars = line.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                while let Some((_, c)) = chars.next() {
                    match c {
                        '\\' => drop(chars.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            '\'' => {
                // A character or a label.
                let rest = &line[at + 1..];
                let length = if let Some(escape) = rest.strip_prefix('\\') {
                    escape.find('\'').map(|end| end + 1)
                } else {
                    rest.chars().next().map(char::len_utf8).filter(|&len| rest[len..].starts_with('\''))
                };
                if let Some(length) = length {
                    while chars.peek().is_some_and(|&(next, _)| next <= at + 1 + length) {
                        chars.next();
                    }
                }
            }
            '(' | '[' | '{' | ')' | ']' | '}' => found.push((at, c)),
            _ => {}
        }
    }
    found
}

/// The end of the statement or item that starts at a line: the line after it.
fn end_of(lines: &[&str], start: usize) -> Option<usize> {
    let mut open = 0;
    for (index, line) in lines.iter().enumerate().skip(start) {
        open += depth(line);
        if open < 0 {
            return None;
        }
        if open == 0 {
            return Some(index + 1);
        }
    }
    None
}

/// Leaves out runs of statements, long ones first.
fn chunks(best: &mut String, fails: &mut dyn FnMut(&str) -> bool) {
    let mut size = (lines(best).len() / 2).max(1);
    loop {
        let mut start = 0;
        while start < lines(best).len() {
            let all = lines(best);
            let mut end = start;
            // As many whole statements as have about that many lines.
            while end < all.len() && end - start < size {
                match end_of(&all, end) {
                    Some(next) => end = next,
                    None => break,
                }
            }
            if end > start {
                let candidate = without(&all, start, end, &[]);
                if fails(&candidate) {
                    *best = candidate;
                    continue;
                }
            }
            start += 1;
        }
        if size == 1 {
            return;
        }
        size /= 2;
    }
}

fn without(all: &[&str], start: usize, end: usize, instead: &[&str]) -> String {
    let kept: Vec<&str> = all[..start].iter().chain(instead).chain(&all[end..]).copied().collect();
    kept.join("\n") + "\n"
}

/// Puts what is inside of a block in its place.
fn blocks(best: &mut String, fails: &mut dyn FnMut(&str) -> bool) {
    let mut start = 0;
    while start < lines(best).len() {
        let all = lines(best);
        if let Some(end) = end_of(&all, start)
            && end > start + 1
        {
            let candidate = without(&all, start, end, &all[start + 1..end - 1]);
            if fails(&candidate) {
                *best = candidate;
                continue;
            }
        }
        start += 1;
    }
}

/// Puts something simpler in the place of what stands in brackets, line by line, outer ones first.
fn groups(best: &mut String, fails: &mut dyn FnMut(&str) -> bool) {
    let mut index = 0;
    while index < lines(best).len() {
        let mut group = 0;
        loop {
            let all = lines(best);
            let line = all[index].to_owned();
            let pairs = pairs(&line);
            let Some(&(open, close)) = pairs.get(group) else { break };
            let mut smaller = Vec::new();
            let replace = |with: &str| format!("{}{with}{}", &line[..open], &line[close + 1..]);
            // Inner groups, and parts between separators, in the place of the whole.
            for &(o, c) in pairs.iter().filter(|&&(o, c)| o > open && c < close) {
                smaller.push(replace(&line[o..=c]));
                // With the name of what is called.
                let name = line[..o]
                    .rfind(|c: char| !c.is_alphanumeric() && c != '_')
                    .map_or(0, |at| at + line[at..].chars().next().map_or(1, char::len_utf8));
                if name < o && name > open {
                    smaller.push(replace(&line[name..=c]));
                }
            }
            let inside = &line[open + 1..close];
            let (left, right) = (&line[open..=open], &line[close..=close]);
            for part in inside.split(' ').filter(|part| !part.is_empty() && depth(part) == 0) {
                let part = part.trim_end_matches(',');
                smaller.push(replace(&format!("{left}{part}{right}")));
            }
            smaller.push(replace(&format!("{left}{right}")));
            smaller.retain(|candidate| candidate.len() < line.len());
            smaller.sort_by_key(String::len);
            smaller.dedup();
            let mut is_better = false;
            for candidate in smaller.into_iter().take(60) {
                let text = without(&all, index, index + 1, &[&candidate]);
                if fails(&text) {
                    *best = text;
                    is_better = true;
                    break;
                }
            }
            if !is_better {
                group += 1;
            }
        }
        index += 1;
    }
}

/// Brackets of one line that belong together, by their start.
fn pairs(line: &str) -> Vec<(usize, usize)> {
    let mut open = Vec::new();
    let mut found = Vec::new();
    for (at, c) in brackets(line) {
        if "([{".contains(c) {
            open.push(at);
        } else if let Some(start) = open.pop() {
            found.push((start, at));
        }
    }
    found.sort_unstable();
    found
}
