//! An entry as bytes: magic, digest of all that follows, then lists and the object, all lengths `u32`, little-endian.

use super::inputs::Input;
use super::{Hash, digest};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 8] = b"flashobj";
const HEAD: usize = MAGIC.len() + size_of::<Hash>();

const TEXT: u8 = 0;
const UNREADABLE: u8 = 1;
const CANONICAL: u8 = 2;

/// A compiled program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What the compiler read.
    pub inputs: Vec<Input>,
    /// It had warnings: whoever wants to see them has to compile again.
    pub has_warnings: bool,
    /// C libraries to load.
    pub libraries: Vec<String>,
    /// The object file.
    pub object: Vec<u8>,
}

impl Entry {
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.object.len() + 4096);
        out.extend_from_slice(MAGIC);
        out.resize(HEAD, 0);
        out.push(u8::from(self.has_warnings));
        put_count(&mut out, self.inputs.len());
        for input in &self.inputs {
            match input {
                Input::Text(path, hash) => {
                    out.push(TEXT);
                    put_path(&mut out, path);
                    out.extend_from_slice(hash);
                }
                Input::Unreadable(path) => {
                    out.push(UNREADABLE);
                    put_path(&mut out, path);
                }
                Input::Canonical(path, canonical) => {
                    out.push(CANONICAL);
                    put_path(&mut out, path);
                    put_path(&mut out, canonical);
                }
            }
        }
        put_count(&mut out, self.libraries.len());
        for library in &self.libraries {
            put(&mut out, library.as_bytes());
        }
        put(&mut out, &self.object);
        let hash = digest(&out[HEAD..]);
        out[MAGIC.len()..HEAD].copy_from_slice(&hash);
        out
    }

    /// `None` for anything that [`Entry::to_bytes`] did not write.
    pub fn from_bytes(bytes: &[u8]) -> Option<Entry> {
        let (head, rest) = bytes.split_at_checked(HEAD)?;
        let (magic, hash) = head.split_at_checked(MAGIC.len())?;
        if magic != MAGIC || digest(rest) != hash {
            return None;
        }
        let mut input = Cursor(rest);
        let has_warnings = input.byte()? != 0;
        let inputs = (0..input.count()?).map(|_| input.input()).collect::<Option<_>>()?;
        let libraries = (0..input.count()?)
            .map(|_| Some(std::str::from_utf8(input.bytes()?).ok()?.to_owned()))
            .collect::<Option<_>>()?;
        let object = input.bytes()?.to_vec();
        Some(Entry { inputs, has_warnings, libraries, object })
    }
}

fn put_count(out: &mut Vec<u8>, count: usize) {
    // Objects are at most 1 GiB and lists short; a count that did not fit would only make the entry unreadable.
    out.extend_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
}

fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    put_count(out, bytes.len());
    out.extend_from_slice(bytes);
}

fn put_path(out: &mut Vec<u8>, path: &Path) {
    put(out, path.as_os_str().as_bytes());
}

/// What is left to read.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn count(&mut self) -> Option<usize> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?) as usize)
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let count = self.count()?;
        self.take(count)
    }

    fn path(&mut self) -> Option<PathBuf> {
        Some(PathBuf::from(OsStr::from_bytes(self.bytes()?)))
    }

    fn input(&mut self) -> Option<Input> {
        Some(match self.byte()? {
            TEXT => Input::Text(self.path()?, self.take(size_of::<Hash>())?.try_into().ok()?),
            UNREADABLE => Input::Unreadable(self.path()?),
            CANONICAL => Input::Canonical(self.path()?, self.path()?),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        let path = PathBuf::from("a/b.fl");
        Entry {
            inputs: vec![
                Input::Text(path.clone(), digest(b"let x = 1;")),
                Input::Canonical(path.clone(), "/a/b.fl".into()),
                Input::Unreadable("flash.toml".into()),
            ],
            has_warnings: true,
            libraries: vec!["m".to_owned()],
            object: (0..=255).collect(),
        }
    }

    #[test]
    fn an_entry_comes_back() {
        assert_eq!(Entry::from_bytes(&entry().to_bytes()), Some(entry()));
    }

    #[test]
    fn a_damaged_entry_is_none() {
        let bytes = entry().to_bytes();
        for index in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[index] ^= 1;
            assert_eq!(Entry::from_bytes(&damaged), None, "byte {index}");
            assert_eq!(Entry::from_bytes(&bytes[..index]), None, "cut at {index}");
        }
    }
}
