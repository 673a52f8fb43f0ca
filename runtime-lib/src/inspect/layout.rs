//! Lays a value out: on one line when it fits, else a line for each part; arrays of many short elements in columns.

use super::{Group, Item, Node, Options, Style};
use unicode_width::UnicodeWidthStr;

/// Columns by which a level is indented.
const INDENT: usize = 2;
/// Arrays longer than this stand in columns rather than one element a line.
const LIST: usize = 6;
/// Columns that a table of elements has at most.
const MOST_COLUMNS: usize = 16;
/// How many times wider than high a table of elements is to be, in characters.
const RATIO: f64 = 4.0;

/// The value as text, whose first line begins behind `column` columns.
pub fn text(nodes: &[Node], options: &Options, column: usize) -> String {
    let mut writer = Writer { options, out: String::new() };
    writer.nodes(nodes, 0, column);
    writer.out
}

/// The parts on one line, without colours.
pub fn flat(nodes: &[Node]) -> String {
    let mut out = String::new();
    nodes.iter().for_each(|node| flat_node(node, &mut out));
    out
}

fn flat_node(node: &Node, out: &mut String) {
    match node {
        Node::Leaf(text, _) => out.push_str(text),
        Node::Group(group) => {
            out.push_str(&group.open);
            out.push_str(if group.is_spaced { " " } else { "" });
            for (index, item) in group.items.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                if !item.label.is_empty() {
                    item.label.iter().for_each(|node| flat_node(node, out));
                    out.push_str(": ");
                }
                item.value.iter().for_each(|node| flat_node(node, out));
            }
            if group.hidden > 0 {
                out.push_str(", ");
                out.push_str(&more(group.hidden));
            }
            out.push_str(if group.is_spaced { " " } else { "" });
            // `(1,)` is a tuple of one.
            out.push_str(&group.close);
        }
    }
}

fn more(hidden: usize) -> String {
    format!("... {hidden} more item{}", if hidden == 1 { "" } else { "s" })
}

/// Columns of the parts on one line; none when they have several lines in any case.
fn width(nodes: &[Node]) -> Option<usize> {
    let text = flat(nodes);
    (!text.contains('\n')).then(|| text.width())
}

struct Writer<'a> {
    options: &'a Options,
    out: String,
}

impl Writer<'_> {
    /// Writes parts that follow each other; lines after the first are indented by `indent`, and the first has `used`
    /// columns already.
    fn nodes(&mut self, nodes: &[Node], indent: usize, used: usize) {
        let fits = width(nodes).is_some_and(|width| used + width <= self.options.width);
        for node in nodes {
            match node {
                Node::Leaf(text, style) => self.leaf(text, *style, indent),
                Node::Group(group) if fits => self.on_one_line(group),
                Node::Group(group) => self.broken(group, indent, used),
            }
        }
    }

    fn leaf(&mut self, text: &str, style: Style, indent: usize) {
        let colour = match style {
            _ if !self.options.has_colours => "",
            Style::Plain => "",
            Style::Number => "\x1b[33m",
            Style::Text => "\x1b[32m",
            Style::Word => "\x1b[1m",
            Style::Special => "\x1b[36m",
        };
        self.out.push_str(colour);
        // What a type writes by itself may have several lines.
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                self.line(indent);
            }
            self.out.push_str(line);
        }
        self.out.push_str(if colour.is_empty() { "" } else { "\x1b[0m" });
    }

    fn line(&mut self, indent: usize) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    fn on_one_line(&mut self, group: &Group) {
        let space = if group.is_spaced { " " } else { "" };
        self.out.push_str(&group.open);
        self.out.push_str(space);
        for (index, item) in group.items.iter().enumerate() {
            self.out.push_str(if index > 0 { ", " } else { "" });
            self.label(item);
            for node in &item.value {
                match node {
                    Node::Leaf(text, style) => self.leaf(text, *style, 0),
                    Node::Group(group) => self.on_one_line(group),
                }
            }
        }
        if group.hidden > 0 {
            self.out.push_str(", ");
            self.leaf(&more(group.hidden), Style::Special, 0);
        }
        self.out.push_str(space);
        self.out.push_str(&group.close);
    }

    fn label(&mut self, item: &Item) -> usize {
        if item.label.is_empty() {
            return 0;
        }
        for node in &item.label {
            match node {
                Node::Leaf(text, style) => self.leaf(text, *style, 0),
                Node::Group(group) => self.on_one_line(group),
            }
        }
        self.out.push_str(": ");
        width(&item.label).unwrap_or(0) + 2
    }

    /// Over several lines. `used` columns stand before it: what fits into one line behind them does not come here.
    fn broken(&mut self, group: &Group, indent: usize, used: usize) {
        let alone = used + width_of(group).unwrap_or(usize::MAX / 2);
        if alone <= self.options.width {
            return self.on_one_line(group);
        }
        let inner = indent + INDENT;
        self.out.push_str(&group.open);
        let rows = rows(group, self.options.width.saturating_sub(inner));
        let count = rows.as_ref().map_or(group.items.len(), Vec::len);
        for index in 0..count {
            self.line(inner);
            let is_last = index + 1 == count && group.hidden == 0;
            match &rows {
                Some(rows) => self.row(&rows[index]),
                None => {
                    let item = &group.items[index];
                    let used = inner + self.label(item);
                    // The comma behind it takes a column, too.
                    self.nodes(&item.value, inner, used + usize::from(!is_last));
                }
            }
            self.out.push_str(if is_last { "" } else { "," });
        }
        if group.hidden > 0 {
            self.line(inner);
            self.leaf(&more(group.hidden), Style::Special, inner);
        }
        // A tuple of one keeps its comma.
        self.out.push_str(if group.close == ",)" { "," } else { "" });
        self.line(indent);
        self.out.push_str(group.close.trim_start_matches(','));
    }

    fn row(&mut self, cells: &[Cell]) {
        for (index, cell) in cells.iter().enumerate() {
            self.out.extend(std::iter::repeat_n(' ', cell.before));
            for node in cell.nodes {
                match node {
                    Node::Leaf(text, style) => self.leaf(text, *style, 0),
                    Node::Group(group) => self.on_one_line(group),
                }
            }
            if index + 1 < cells.len() {
                self.out.push(',');
                self.out.extend(std::iter::repeat_n(' ', cell.after + 1));
            }
        }
    }
}

fn width_of(group: &Group) -> Option<usize> {
    let mut out = String::new();
    out.push_str(&group.open);
    for item in &group.items {
        out.push_str("  ");
        if !item.label.is_empty() {
            out.push_str(&flat(&item.label));
            out.push_str(": ");
        }
        out.push_str(&flat(&item.value));
    }
    let extra = if group.hidden > 0 { more(group.hidden).len() + 2 } else { 0 };
    let spaces = if group.is_spaced { 2 } else { 0 };
    let commas = if group.items.is_empty() { 0 } else { 2 };
    (!out.contains('\n')).then(|| out.width() + group.close.width() + extra + spaces - commas)
}

/// An element in a table, with the spaces around it.
struct Cell<'a> {
    nodes: &'a [Node],
    before: usize,
    after: usize,
}

/// The elements of an array in rows and columns, when there are many and they are short.
fn rows(group: &Group, width: usize) -> Option<Vec<Vec<Cell<'_>>>> {
    let items = &group.items;
    if items.len() <= LIST || !group.open.ends_with('[') || items.iter().any(|item| !item.label.is_empty()) {
        return None;
    }
    let widths: Vec<usize> = items.iter().map(|item| self::width(&item.value)).collect::<Option<_>>()?;
    let widest = widths.iter().copied().max()? + 2;
    let total: usize = widths.iter().map(|width| width + 2).sum();
    // Only elements of about one size make a table.
    if widest * 3 >= width || (total as f64) / (widest as f64) <= items.len() as f64 / 4.0 {
        return None;
    }
    let element = (widest - 2).max(1) as f64;
    let square = (RATIO * element * items.len() as f64).sqrt() / element;
    let columns = (square.round() as usize).min((width + 2) / widest).min(MOST_COLUMNS);
    if columns <= 1 {
        return None;
    }
    let column_width = |column: usize| widths.iter().skip(column).step_by(columns).copied().max().unwrap_or(0);
    let column_widths: Vec<usize> = (0..columns).map(column_width).collect();
    let is_number = items.iter().all(|item| matches!(item.value[..], [Node::Leaf(_, Style::Number)]));
    let cells = items.iter().zip(&widths).enumerate().map(|(index, (item, width))| {
        let space = column_widths[index % columns] - width;
        let (before, after) = if is_number { (space, 0) } else { (0, space) };
        Cell { nodes: &item.value, before, after }
    });
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for (index, cell) in cells.enumerate() {
        if index % columns == 0 {
            rows.push(Vec::with_capacity(columns));
        }
        rows.last_mut()?.push(cell);
    }
    Some(rows)
}

#[cfg(test)]
mod tests {
    use super::super::tests::played;
    use super::*;

    const PLAIN: Options = Options { width: 30, ..Options::DEFAULT };

    #[test]
    fn short_values_stay_on_a_line() {
        let nodes = played(PLAIN, &["<P { x: ", "#1", ", name: ", "\"a", "> }"]);
        assert_eq!(text(&nodes, &PLAIN, 0), "P { x: 1, name: \"a\" }");
        let map = played(PLAIN, &["<[", "\"k", ":", "#1", ", ", "\"l", ":", "#2", ">]"]);
        assert_eq!(text(&map, &PLAIN, 0), "[\"k\": 1, \"l\": 2]");
        assert_eq!(text(&played(PLAIN, &["<(", "#1", ">,)"]), &PLAIN, 0), "(1,)");
    }

    #[test]
    fn wide_values_are_broken() {
        let script = ["<P { first: ", "\"aaaaaaaaaaaa", ", second: ", "<[", "#1", ", ", "#2", ">]", "> }"];
        let nodes = played(PLAIN, &script);
        assert_eq!(text(&nodes, &PLAIN, 0), "P {\n  first: \"aaaaaaaaaaaa\",\n  second: [1, 2]\n}");
        // It would fit, but not behind what stands there.
        let nodes = played(PLAIN, &["<[", "\"aaaaaaaaaa", ", ", "\"bbb", ">]"]);
        assert_eq!(text(&nodes, &PLAIN, 20), "[\n  \"aaaaaaaaaa\",\n  \"bbb\"\n]");
    }

    #[test]
    fn many_short_elements_stand_in_columns() {
        let mut script = vec!["<["];
        let numbers: Vec<String> = (1..=24).map(|n| format!("#{n}")).collect();
        for number in &numbers {
            script.extend([", ", number]);
        }
        script.remove(1);
        script.push(">]");
        let nodes = played(PLAIN, &script);
        let expected = "[\n   1,  2,  3,  4,  5,  6,  7,\n   8,  9, 10, 11, 12, 13, 14,\n  15, 16, 17, 18, 19, 20, 21,\n  22, 23, 24\n]";
        assert_eq!(text(&nodes, &PLAIN, 0), expected);
    }

    #[test]
    fn own_lines_are_indented() {
        let nodes = played(PLAIN, &["<P { x: ", "two\nlines", "> }"]);
        assert_eq!(text(&nodes, &PLAIN, 0), "P {\n  x: two\n  lines\n}");
    }

    #[test]
    fn colours_take_no_room() {
        let options = Options { has_colours: true, ..PLAIN };
        let nodes = played(options, &["<[", "#1", ", ", "\"a", ">]"]);
        assert_eq!(text(&nodes, &options, 0), "[\x1b[33m1\x1b[0m, \x1b[32m\"a\"\x1b[0m]");
    }
}
