//! What a compilation read: a reader that writes down what it was asked for and what the answer was.

use super::{Hash, digest};
use flashc::driver::load::{FileReader, Reader};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// A question to the file system, and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A file with contents of this digest.
    Text(PathBuf, Hash),
    /// No file, or none that is UTF-8 text.
    Unreadable(PathBuf),
    /// A path and the one path of that file.
    Canonical(PathBuf, PathBuf),
}

impl Input {
    /// Whether the answer is still the same.
    pub fn holds(&self) -> bool {
        match self {
            Input::Text(path, hash) => std::fs::read(path).is_ok_and(|bytes| digest(&bytes) == *hash),
            Input::Unreadable(path) => FileReader.read(path).is_err(),
            Input::Canonical(path, canonical) => FileReader.canonical(path) == *canonical,
        }
    }
}

/// Reads for the compiler and remembers it. A text that is in no file is part of the key, not an input.
pub struct Recorder<'a> {
    reader: &'a (dyn Reader + Sync),
    text: Option<&'a Path>,
    inputs: Mutex<Vec<Input>>,
}

impl<'a> Recorder<'a> {
    /// `text`: the name of what is in no file.
    pub fn new(reader: &'a (dyn Reader + Sync), text: Option<&'a Path>) -> Recorder<'a> {
        Recorder { reader, text, inputs: Mutex::default() }
    }

    fn record(&self, path: &Path, input: impl FnOnce() -> Input) {
        if self.text != Some(path) {
            self.inputs.lock().unwrap_or_else(PoisonError::into_inner).push(input());
        }
    }

    pub fn into_inputs(self) -> Vec<Input> {
        self.inputs.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader for Recorder<'_> {
    fn read(&self, path: &Path) -> io::Result<String> {
        let answer = self.reader.read(path);
        self.record(path, || match &answer {
            Ok(text) => Input::Text(path.to_owned(), digest(text.as_bytes())),
            Err(_) => Input::Unreadable(path.to_owned()),
        });
        answer
    }

    fn canonical(&self, path: &Path) -> PathBuf {
        let canonical = self.reader.canonical(path);
        self.record(path, || Input::Canonical(path.to_owned(), canonical.clone()));
        canonical
    }

    // Only asked for suggestions, by programs that are wrong: these are not kept.
    fn modules_in(&self, directory: &Path) -> Vec<String> {
        self.reader.modules_in(directory)
    }
}
