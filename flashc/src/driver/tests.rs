//! The `test` blocks of a module, without compiling it: for those who list, choose and report tests.

use super::load::entry_text;
use super::pipeline::cfg_target;
use crate::ast::{Attribute, ItemKind, Literal};
use crate::parser::ParseOptions;
use crate::{lexer, parser, source::SourceMap};
use std::io;
use std::path::Path;
use target_lexicon::Triple;

/// A `test` block. Its place in the list is the number by which the compiled program knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestBlock {
    pub name: String,
    /// Of the name, from 1.
    pub line: u32,
    pub column: u32,
    /// `#[ignore]`, with the reason if there is one.
    pub ignored: Option<String>,
}

/// The tests of the module at this path, in source order. Texts that are not right give what can be understood;
/// compiling says what is wrong with them.
pub fn tests_of(path: &Path) -> io::Result<Vec<TestBlock>> {
    let text = entry_text(path, &super::load::FileReader)?;
    // Most modules have no tests: do not parse those.
    if !text.contains("test") {
        return Ok(Vec::new());
    }
    let mut sources = SourceMap::default();
    let file = sources.add(path.to_string_lossy().into_owned(), text);
    let text = &sources.file(file).text;
    let module = super::stack::with_stack(0, || {
        let (tokens, _) = lexer::lex(file, text);
        let target = Some(cfg_target(&Triple::host(), true));
        parser::parse_with(file, text, tokens, ParseOptions { target, ..ParseOptions::default() }).0
    });
    let mut tests = Vec::new();
    for item in &module.items {
        let ItemKind::Test(test) = &item.kind else { continue };
        let (line, column) = sources.line_column(test.name.span);
        tests.push(TestBlock { name: test.name.value.to_string(), line, column, ignored: ignored(&item.attributes) });
    }
    Ok(tests)
}

fn ignored(attributes: &[Attribute]) -> Option<String> {
    let attribute = attributes.iter().find(|attribute| attribute.name.name.as_str() == "ignore")?;
    let reason = attribute.args.iter().find_map(|arg| match &arg.value {
        Some(Literal::Str(text)) => Some(text.to_string()),
        _ => None,
    });
    Some(reason.unwrap_or_default())
}
