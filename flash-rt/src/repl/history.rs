//! Earlier entries, across sessions: a file of one line for each, to which every entry is appended at once, so that a
//! crash loses none and several sessions can share it. Searching is reedline's.

use reedline::{FileBackedHistory, History, HistoryItem, HistoryItemId, HistorySessionId, Result, SearchQuery};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// How many entries are kept.
const CAPACITY: usize = 10_000;
/// The file may grow to twice as many before it is written anew.
const MOST_IN_FILE: usize = 2 * CAPACITY;

pub struct PersistentHistory {
    entries: FileBackedHistory,
    file: Option<File>,
}

/// `$XDG_STATE_HOME/flash/history`, or in `~/.local/state`.
fn path() -> Option<PathBuf> {
    let from = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = from("XDG_STATE_HOME").or_else(|| Some(from("HOME")?.join(".local/state")))?;
    Some(state.join("flash/history"))
}

impl PersistentHistory {
    /// The user's history; one that ends with the session where there can be no file.
    pub fn open() -> Result<PersistentHistory> {
        let opened = path().and_then(|path| PersistentHistory::open_at(&path).ok());
        opened.map_or_else(|| Ok(PersistentHistory { entries: FileBackedHistory::new(CAPACITY)?, file: None }), Ok)
    }

    fn open_at(path: &Path) -> Result<PersistentHistory> {
        if let Some(directory) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        }
        let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
        let mut entries = FileBackedHistory::new(CAPACITY)?;
        file.lock()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().collect();
        let kept = lines.get(lines.len().saturating_sub(CAPACITY)..).unwrap_or_default();
        if lines.len() > MOST_IN_FILE {
            file.set_len(0)?;
            file.write_all((kept.join("\n") + "\n").as_bytes())?;
        } else if !bytes.is_empty() && !bytes.ends_with(b"\n") {
            // Somebody was cut short.
            file.seek(SeekFrom::End(0))?;
            file.write_all(b"\n")?;
        }
        file.unlock()?;
        for line in kept {
            entries.save(HistoryItem::from_command_line(decoded(line)))?;
        }
        Ok(PersistentHistory { entries, file: Some(file) })
    }

    fn append(&mut self, entry: &str) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.lock()?;
        // In one piece.
        let written = file.write_all((encoded(entry) + "\n").as_bytes());
        file.unlock()?;
        written
    }
}

/// On one line.
fn encoded(entry: &str) -> String {
    entry.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r")
}

fn decoded(line: &str) -> String {
    let mut entry = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => entry.push('\n'),
                Some('r') => entry.push('\r'),
                other => entry.extend(other),
            },
            c => entry.push(c),
        }
    }
    entry
}

impl History for PersistentHistory {
    fn save(&mut self, item: HistoryItem) -> Result<HistoryItem> {
        let saved = self.entries.save(item)?;
        // One that is the same as the last is not kept.
        if saved.id.is_some() {
            self.append(&saved.command_line)?;
        }
        Ok(saved)
    }

    fn load(&self, id: HistoryItemId) -> Result<HistoryItem> {
        self.entries.load(id)
    }

    fn count(&self, query: SearchQuery) -> Result<i64> {
        self.entries.count(query)
    }

    fn search(&self, query: SearchQuery) -> Result<Vec<HistoryItem>> {
        self.entries.search(query)
    }

    fn update(&mut self, id: HistoryItemId, updater: &dyn Fn(HistoryItem) -> HistoryItem) -> Result<()> {
        self.entries.update(id, updater)
    }

    fn clear(&mut self) -> Result<()> {
        if let Some(file) = &self.file {
            file.set_len(0)?;
        }
        self.entries.clear()
    }

    fn delete(&mut self, id: HistoryItemId) -> Result<()> {
        self.entries.delete(id)
    }

    /// Every entry has been written already.
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn session(&self) -> Option<HistorySessionId> {
        self.entries.session()
    }
}

#[cfg(test)]
mod tests {
    use super::{CAPACITY, MOST_IN_FILE, PersistentHistory, decoded, encoded};
    use reedline::{History, HistoryItem, SearchDirection, SearchQuery};
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    fn all(at: &Path) -> Vec<String> {
        let history = PersistentHistory::open_at(at).expect("a history");
        let found = history.search(SearchQuery::everything(SearchDirection::Forward, None)).expect("entries");
        found.into_iter().map(|item| item.command_line).collect()
    }

    fn save(history: &mut PersistentHistory, entry: &str) {
        history.save(HistoryItem::from_command_line(entry)).expect("a saved entry");
    }

    #[test]
    fn entries_are_one_line_each() {
        for entry in ["a", "a\nb", "a\\nb", "\\", "\"<\\n>\"", "a\r\nb", ""] {
            assert!(!encoded(entry).contains('\n'));
            assert_eq!(decoded(&encoded(entry)), entry);
        }
    }

    #[test]
    fn sessions_share_a_private_file() {
        let directory = tempfile::tempdir().expect("a directory");
        let at = directory.path().join("state/flash/history");
        let mut first = PersistentHistory::open_at(&at).expect("a history");
        let mut second = PersistentHistory::open_at(&at).expect("a history");
        save(&mut first, "fn f() {\n    1\n}");
        save(&mut second, "1 + 1");
        save(&mut second, "1 + 1");
        // Nothing was closed: a crash loses nothing.
        assert_eq!(all(&at), ["fn f() {\n    1\n}", "1 + 1"]);
        let mode = |path: &Path| fs::metadata(path).expect("its data").permissions().mode() & 0o777;
        assert_eq!(mode(&at), 0o600);
        assert_eq!(mode(at.parent().expect("its directory")), 0o700);
    }

    #[test]
    fn the_file_is_bounded_and_what_is_broken_is_no_obstacle() {
        let directory = tempfile::tempdir().expect("a directory");
        let at = directory.path().join("history");
        let text: String = (0..MOST_IN_FILE + 5).map(|number| format!("{number}\n")).collect();
        fs::write(&at, text).expect("a file");
        let entries = all(&at);
        assert_eq!(entries.len(), CAPACITY);
        assert_eq!(entries.last().map(String::as_str), Some((MOST_IN_FILE + 4).to_string().as_str()));
        assert_eq!(fs::read_to_string(&at).expect("a file").lines().count(), CAPACITY);
        fs::write(&at, b"a\n\xff\xfe\ncut").expect("a file");
        let mut history = PersistentHistory::open_at(&at).expect("a history");
        save(&mut history, "b");
        assert_eq!(all(&at), ["a", "\u{fffd}\u{fffd}", "cut", "b"]);
    }
}
