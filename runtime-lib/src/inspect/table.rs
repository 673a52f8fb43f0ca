//! `console.table`: an array or map of values with fields as a table, a row for each and a column for each field.

use super::layout::{flat, text};
use super::{Node, Options};
use unicode_width::UnicodeWidthStr;

/// Where a value without fields stands.
const VALUES: &str = "Values";
const INDEX: &str = "(index)";

/// The value as a table of these columns, or of all when there are none; a value that has no rows as it is.
pub fn table(nodes: &[Node], columns: &[&str], options: &Options) -> String {
    let [Node::Group(whole)] = nodes else { return text(nodes, options, 0) };
    let mut names: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
    let mut has_values = false;
    let mut rows: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for (index, item) in whole.items.iter().enumerate() {
        let mut cells = Vec::new();
        match &item.value[..] {
            [Node::Group(row)] => {
                for (index, cell) in row.items.iter().enumerate() {
                    let name = if cell.label.is_empty() { index.to_string() } else { unquoted(flat(&cell.label)) };
                    if columns.is_empty() && !names.contains(&name) {
                        names.push(name.clone());
                    }
                    cells.push((name, flat(&cell.value)));
                }
            }
            value => {
                has_values = true;
                cells.push((VALUES.to_owned(), flat(value)));
            }
        }
        let label = if item.label.is_empty() { index.to_string() } else { unquoted(flat(&item.label)) };
        rows.push((label, cells));
    }
    if has_values {
        names.push(VALUES.to_owned());
    }
    let header: Vec<String> = std::iter::once(INDEX.to_owned()).chain(names.iter().cloned()).collect();
    let lines: Vec<Vec<String>> = rows
        .into_iter()
        .map(|(label, cells)| {
            let cell = |name: &String| cells.iter().find(|(n, _)| n == name).map_or_else(String::new, |c| c.1.clone());
            std::iter::once(label).chain(names.iter().map(cell)).collect()
        })
        .collect();
    let mut out = drawn(&header, &lines);
    if whole.hidden > 0 {
        out.push_str(&format!("\n... {} more rows", whole.hidden));
    }
    out
}

/// A map's key without its quotes.
fn unquoted(label: String) -> String {
    match label.strip_prefix('"').and_then(|label| label.strip_suffix('"')) {
        Some(inner) if !inner.contains('\\') => inner.to_owned(),
        _ => label,
    }
}

fn drawn(header: &[String], lines: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let all = std::iter::once(header).chain(lines.iter().map(Vec::as_slice));
        all.filter_map(|line| line.get(column)).map(|cell| cell.width()).max().unwrap_or(0) + 2
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let rule = |left: &str, middle: &str, right: &str| {
        let dashes: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
        format!("{left}{}{right}", dashes.join(middle))
    };
    let row = |cells: &[String]| {
        let cell = |(text, width): (&String, &usize)| format!(" {text}{}", " ".repeat(width - 1 - text.width()));
        let cells: Vec<String> = cells.iter().zip(&widths).map(cell).collect();
        format!("│{}│", cells.join("│"))
    };
    let mut all = vec![rule("┌", "┬", "┐"), row(header), rule("├", "┼", "┤")];
    all.extend(lines.iter().map(|line| row(line)));
    all.push(rule("└", "┴", "┘"));
    all.join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::tests::played;
    use super::*;

    #[test]
    fn rows_and_columns() {
        let script = ["<[", "<P { x: ", "#1", ", y: ", "\"a", "> }", ", ", "<P { x: ", "#22", "> }", ">]"];
        let nodes = played(Options::DEFAULT, &script);
        let expected = "\
┌─────────┬────┬─────┐
│ (index) │ x  │ y   │
├─────────┼────┼─────┤
│ 0       │ 1  │ \"a\" │
│ 1       │ 22 │     │
└─────────┴────┴─────┘";
        assert_eq!(table(&nodes, &[], &Options::DEFAULT), expected);
        assert!(!table(&nodes, &["y"], &Options::DEFAULT).contains("22"));
    }

    #[test]
    fn values_without_fields() {
        let nodes = played(Options::DEFAULT, &["<[", "\"k", ":", "#1", ">]"]);
        assert!(table(&nodes, &[], &Options::DEFAULT).contains("│ k       │ 1      │"));
        assert_eq!(table(&played(Options::DEFAULT, &["#1"]), &[], &Options::DEFAULT), "1");
    }
}
