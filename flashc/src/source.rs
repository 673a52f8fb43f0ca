//! Source texts and places in them: files, spans, line and column, interned names.
//! Holds text that the driver has read; reads nothing itself.

mod symbol;

pub use symbol::Symbol;

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

/// A file of a [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A range of bytes in one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    pub file: FileId,
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(file: FileId, start: usize, end: usize) -> Span {
        Span { file, start: start as u32, end: end as u32 }
    }

    /// From the start of `self` to the end of `other`.
    pub fn to(self, other: Span) -> Span {
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The empty span where this one ends.
    pub fn after(self) -> Span {
        Span { start: self.end, ..self }
    }
}

/// One source text.
#[derive(Debug)]
pub struct SourceFile {
    /// Path as the user gave it or as the importer's directory makes it; `std:fs` for std.
    pub path: String,
    pub text: Cow<'static, str>,
    /// Found when somebody asks for a line: of most files of std nobody does.
    line_starts: OnceLock<Vec<u32>>,
}

impl SourceFile {
    pub fn new(path: String, text: impl Into<Cow<'static, str>>) -> SourceFile {
        SourceFile { path, text: text.into(), line_starts: OnceLock::new() }
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let starts = self.text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i as u32 + 1);
            std::iter::once(0).chain(starts).collect()
        })
    }

    /// Line and column of a byte offset, both from 1; columns count scalar values.
    pub fn line_column(&self, offset: u32) -> (u32, u32) {
        let starts = self.line_starts();
        let line = starts.partition_point(|&start| start <= offset) - 1;
        let start = starts[line] as usize;
        let end = (offset as usize).min(self.text.len());
        let column = self.text.get(start..end).map_or(end.saturating_sub(start), |t| t.chars().count());
        (line as u32 + 1, column as u32 + 1)
    }

    /// Bytes of a line (from 0), with its end.
    pub fn line_range(&self, index: usize) -> Option<std::ops::Range<usize>> {
        let starts = self.line_starts();
        let start = *starts.get(index)? as usize;
        let end = starts.get(index + 1).map_or(self.text.len(), |&e| e as usize);
        Some(start..end)
    }

    pub fn line_count(&self) -> usize {
        self.line_starts().len()
    }

    /// The text of a line (from 1), without its end.
    pub fn line(&self, line: u32) -> &str {
        let index = line as usize - 1;
        let starts = self.line_starts();
        let start = starts[index] as usize;
        let end = starts.get(index + 1).map_or(self.text.len(), |&e| e as usize);
        self.text[start..end].trim_end_matches(['\n', '\r'])
    }
}

/// All files of a compilation.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<Arc<SourceFile>>,
}

impl SourceMap {
    pub fn add(&mut self, path: String, text: impl Into<Cow<'static, str>>) -> FileId {
        self.files.push(Arc::new(SourceFile::new(path, text)));
        FileId(self.files.len() as u32 - 1)
    }

    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(i, f)| (FileId(i as u32), &**f))
    }

    /// The module that a program starts with: the first that is not of std, as std's prelude is loaded before it.
    pub fn entry(&self) -> Option<&SourceFile> {
        let mut files = self.files.iter();
        files.find(|file| !file.path.starts_with("std:")).or(self.files.first()).map(|file| &**file)
    }

    pub fn text(&self, span: Span) -> &str {
        self.file(span.file).text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    pub fn line_column(&self, span: Span) -> (u32, u32) {
        self.file(span.file).line_column(span.start)
    }
}
