//! Values as `console` writes them: what `Show` wrote to a buffer, laid out over several lines when it is wide, with
//! colours on a terminal, and cut when it is long or deep. While a value is shown, a [`Recorder`] notes where its parts
//! begin and end; from that comes a tree of [`Node`]s, which [`layout`] and [`table`] turn into text.

pub mod layout;
pub mod table;

/// How a value is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub has_colours: bool,
    /// Levels that are shown; those further inside are `[...]`.
    pub depth: usize,
    /// Columns that a line may take.
    pub width: usize,
    /// Elements of an array that are shown.
    pub items: usize,
    /// Bytes of a text that are shown, at most.
    pub text_bytes: usize,
}

impl Options {
    pub const DEFAULT: Options = Options { has_colours: false, depth: 5, width: 72, items: 100, text_bytes: 10_000 };
}

/// What kind of word stands somewhere, which says its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Plain,
    Number,
    Text,
    /// `null`
    Word,
    /// `[Circular]`, and what is left out.
    Special,
}

/// A part of a value.
#[derive(Debug, PartialEq)]
pub enum Node {
    Leaf(String, Style),
    Group(Group),
}

/// What stands in brackets.
#[derive(Debug, PartialEq)]
pub struct Group {
    /// With its bracket, without spaces: `[`, `P {`, `Shape.Circle(`.
    pub open: String,
    pub close: String,
    /// A space inside the brackets, when it stands on one line.
    pub is_spaced: bool,
    pub items: Vec<Item>,
    /// Items that are not shown.
    pub hidden: usize,
}

/// What stands between commas.
#[derive(Debug, Default, PartialEq)]
pub struct Item {
    /// A field's name, or a map's key.
    pub label: Vec<Node>,
    pub value: Vec<Node>,
}

/// Notes the parts while `Show` writes them. The buffer's text is only what was written since the last mark.
#[derive(Debug)]
pub struct Recorder {
    options: Options,
    /// The item being written at each level; the outermost is the value itself.
    open: Vec<Level>,
    /// How many levels are open below one that is not shown.
    muted: usize,
}

#[derive(Debug)]
struct Level {
    group: Group,
    item: Item,
    /// Named fields are shown all, however many they are.
    has_names: bool,
    /// The rest of the group is not shown.
    is_full: bool,
}

impl Level {
    fn new(open: &str, is_spaced: bool) -> Level {
        let group = Group { open: open.to_owned(), close: String::new(), is_spaced, items: Vec::new(), hidden: 0 };
        Level { group, item: Item::default(), has_names: false, is_full: false }
    }

    fn end_item(&mut self) {
        let item = std::mem::take(&mut self.item);
        if self.is_full {
            self.group.hidden += 1;
        } else {
            self.group.items.push(item);
        }
    }
}

impl Recorder {
    pub fn new(options: Options) -> Recorder {
        Recorder { options, open: vec![Level::new("", false)], muted: 0 }
    }

    fn is_muted(&self) -> bool {
        self.muted > 0 || self.open.last().is_some_and(|level| level.is_full)
    }

    /// What was written since the last mark is a word of this kind.
    pub fn word(&mut self, text: &mut Vec<u8>, style: Style) {
        if !text.is_empty() {
            if !self.is_muted()
                && let Some(level) = self.open.last_mut()
            {
                let mut word = String::from_utf8_lossy(text).into_owned();
                if style == Style::Text {
                    shorten(&mut word, self.options.text_bytes);
                }
                level.item.value.push(Node::Leaf(word, style));
            }
            text.clear();
        }
    }

    /// A group begins: `P { x: `, `[`.
    pub fn open(&mut self, text: &mut Vec<u8>, opening: &str) {
        self.word(text, Style::Plain);
        if self.is_muted() || self.open.len() > self.options.depth {
            if self.muted == 0 && !self.is_muted() {
                let name = opening.find(['{', '[', '(']).map_or("", |at| &opening[..at]);
                let short = if opening.contains('{') { format!("{name}{{...}}") } else { format!("{name}[...]") };
                let short = if opening.contains('(') { format!("{name}(...)") } else { short };
                if let Some(level) = self.open.last_mut() {
                    level.item.value.push(Node::Leaf(short, Style::Special));
                }
            }
            self.muted += 1;
            return;
        }
        let bracket = opening.find(['{', '[', '(']).map_or(opening.len(), |at| at + 1);
        let (name, label) = opening.split_at(bracket);
        self.open.push(Level::new(name, label.starts_with(' ')));
        self.label(label);
    }

    /// The next item of a group: `, y: `, `, `.
    pub fn next(&mut self, text: &mut Vec<u8>, separator: &str) {
        self.word(text, Style::Plain);
        if self.muted > 0 {
            return;
        }
        let limit = self.options.items;
        if let Some(level) = self.open.last_mut() {
            level.end_item();
            level.is_full = !level.has_names && level.group.items.len() >= limit;
        }
        self.label(separator.trim_start_matches(','));
    }

    /// What was written of the item is its key.
    pub fn colon(&mut self, text: &mut Vec<u8>) {
        self.word(text, Style::Plain);
        if !self.is_muted()
            && let Some(level) = self.open.last_mut()
        {
            level.item.label = std::mem::take(&mut level.item.value);
        }
    }

    /// The group ends: ` }`, `]`.
    pub fn close(&mut self, text: &mut Vec<u8>, closing: &str) {
        self.word(text, Style::Plain);
        if self.muted > 0 {
            self.muted -= 1;
            return;
        }
        if self.open.len() > 1
            && let Some(mut level) = self.open.pop()
        {
            level.end_item();
            level.group.close = closing.trim_start().to_owned();
            if let Some(above) = self.open.last_mut() {
                above.item.value.push(Node::Group(level.group));
            }
        }
    }

    /// The whole value.
    pub fn finish(mut self, text: &mut Vec<u8>) -> (Vec<Node>, Options) {
        self.word(text, Style::Plain);
        // Whatever was left open is closed: nothing that was shown is lost.
        while self.open.len() > 1 {
            self.muted = 0;
            self.close(text, "");
        }
        (self.open.pop().map_or_else(Vec::new, |level| level.item.value), self.options)
    }

    fn label(&mut self, text: &str) {
        let name = text.trim().trim_end_matches(':');
        if let Some(level) = self.open.last_mut()
            && !name.is_empty()
        {
            level.has_names = true;
            level.item.label = vec![Node::Leaf(name.to_owned(), Style::Plain)];
        }
    }
}

/// Cuts a text in quotes.
fn shorten(text: &mut String, bytes: usize) {
    if text.len() <= bytes + 2 {
        return;
    }
    let end = text.floor_char_boundary(bytes + 1);
    let left = text[end..].chars().count() - 1;
    text.truncate(end);
    text.push_str(&format!("\"... {left} more character{}", if left == 1 { "" } else { "s" }));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays what compiled code writes: words between marks.
    pub(super) fn played(options: Options, script: &[&str]) -> Vec<Node> {
        let mut recorder = Recorder::new(options);
        let mut text = Vec::new();
        for step in script {
            match step.split_at(1) {
                ("<", opening) => recorder.open(&mut text, opening),
                (",", rest) => recorder.next(&mut text, &format!(",{rest}")),
                (":", _) => recorder.colon(&mut text),
                (">", closing) => recorder.close(&mut text, closing),
                ("#", number) => {
                    text.extend_from_slice(number.as_bytes());
                    recorder.word(&mut text, Style::Number);
                }
                ("\"", word) => {
                    text.extend_from_slice(format!("\"{word}\"").as_bytes());
                    recorder.word(&mut text, Style::Text);
                }
                _ => text.extend_from_slice(step.as_bytes()),
            }
        }
        recorder.finish(&mut text).0
    }

    #[test]
    fn long_and_deep_values_are_cut() {
        let options = Options { items: 2, depth: 2, ..Options::DEFAULT };
        let nodes = played(options, &["<[", "#1", ", ", "#2", ", ", "#3", ", ", "#4", ">]"]);
        assert_eq!(layout::text(&nodes, &options, 0), "[1, 2, ... 2 more items]");
        let nodes = played(options, &["<[", "<[", "<P { x: ", "<[", "#1", ">]", "> }", ">]", ", ", "#7", ">]"]);
        assert_eq!(layout::text(&nodes, &options, 0), "[[P {...}], 7]");
        let options = Options { text_bytes: 3, ..Options::DEFAULT };
        assert_eq!(layout::text(&played(options, &["\"abcdef"]), &options, 0), "\"abc\"... 3 more characters");
    }

    #[test]
    fn what_is_not_closed_is_kept() {
        let nodes = played(Options::DEFAULT, &["<[", "#1", ", ", "own text"]);
        assert_eq!(layout::text(&nodes, &Options::DEFAULT, 0), "[1, own text");
    }
}
