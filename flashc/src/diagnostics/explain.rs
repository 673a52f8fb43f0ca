//! What a code means, for `flashc explain`: the sections of `docs/diagnostics.md`.

const DOCUMENT: &str = include_str!("../../../docs/diagnostics.md");

/// One code in words.
#[derive(Clone, Copy, Debug)]
pub struct Explanation {
    pub code: &'static str,
    /// What it is, in a line.
    pub title: &'static str,
    /// Markdown, with an example where there is one.
    pub text: &'static str,
}

impl Explanation {
    /// The program in the text. A line `// file: NAME` begins another file of it.
    pub fn example(&self) -> Option<&'static str> {
        let (_, rest) = self.text.split_once("```\n")?;
        rest.split_once("```").map(|(program, _)| program)
    }
}

/// All of them, in the order of the document.
pub fn all() -> impl Iterator<Item = Explanation> {
    DOCUMENT.split("\n## ").skip(1).filter_map(|section| {
        let (heading, text) = section.split_once('\n')?;
        let (code, title) = heading.split_once(": ")?;
        Some(Explanation { code, title, text: text.trim() })
    })
}

/// The one of this code, whatever the case of its letter.
pub fn find(code: &str) -> Option<Explanation> {
    all().find(|explanation| explanation.code.eq_ignore_ascii_case(code))
}
