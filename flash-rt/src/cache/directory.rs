//! Where entries lie: one file each, in a directory that is the user's alone. Written under another name and renamed,
//! so that processes may come and go as they like; the least recently used go when there are too many.

use super::{Entry, Key};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Most bytes that all entries take.
const LIMIT: u64 = 256 << 20;
/// What is left of them after a clean-up, so that not every program cleans up.
const KEPT: u64 = LIMIT / 4 * 3;
/// An entry's time of last use is written down at most this often.
const USE_GRAIN: Duration = Duration::from_secs(3600);
/// Files under other names are being written; those older than this were given up.
const GIVEN_UP: Duration = Duration::from_secs(600);
const EXTENSION: &str = "flashobj";

/// A cache directory that may be trusted.
#[derive(Clone, Debug)]
pub struct Directory {
    path: PathBuf,
}

/// What a cache takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub entries: u64,
    pub bytes: u64,
    /// Most bytes that it may take.
    pub limit: u64,
}

/// A file of the cache.
struct Kept {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
}

impl Directory {
    /// Where the cache belongs: `FLASH_CACHE_DIR`, or `flash` in the system's directory for caches.
    pub fn place() -> Result<PathBuf, String> {
        let given = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        given("FLASH_CACHE_DIR")
            .or_else(|| given("XDG_CACHE_HOME").filter(|path| path.is_absolute()).map(|path| path.join("flash")))
            .or_else(|| given("HOME").map(|home| home.join(".cache/flash")))
            .ok_or_else(|| "there is no place for a cache: neither FLASH_CACHE_DIR nor HOME is set".to_owned())
    }

    /// Opens it, makes it if it is not there. An error says why it cannot be trusted or made.
    pub fn open() -> Result<Directory, String> {
        let path = Directory::place()?;
        let failed = |error: io::Error| format!("cannot use the cache directory `{}`: {error}", path.display());
        if let Err(error) = fs::DirBuilder::new().recursive(true).mode(0o700).create(&path) {
            return Err(failed(error));
        }
        let metadata = fs::symlink_metadata(&path).map_err(failed)?;
        // SAFETY: asks the system, no memory involved.
        let me = unsafe { libc::geteuid() };
        if !metadata.is_dir() || metadata.uid() != me {
            return Err(format!("the cache directory `{}` is not yours: it is not used", path.display()));
        }
        if metadata.mode() & 0o077 != 0 {
            return Err(format!(
                "the cache directory `{0}` is open to others, so it is not used: `chmod 700 {0}`",
                path.display()
            ));
        }
        Ok(Directory { path })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    fn file(&self, key: Key) -> PathBuf {
        self.path.join(format!("{key}.{EXTENSION}"))
    }

    /// The program of this key, if its sources are what they were.
    pub fn find(&self, key: Key) -> Option<Entry> {
        let path = self.file(key);
        let flags = libc::O_NOFOLLOW | libc::O_CLOEXEC | libc::O_NONBLOCK;
        let mut file = OpenOptions::new().read(true).custom_flags(flags).open(path).ok()?;
        let metadata = file.metadata().ok()?;
        // SAFETY: asks the system, no memory involved.
        let is_mine = metadata.uid() == unsafe { libc::geteuid() } && metadata.mode() & 0o022 == 0;
        if !metadata.is_file() || !is_mine || metadata.len() > LIMIT {
            return None;
        }
        let mut bytes = Vec::with_capacity(metadata.len() as usize);
        file.read_to_end(&mut bytes).ok()?;
        let entry = Entry::from_bytes(&bytes)?;
        if !entry.inputs.iter().all(super::inputs::Input::holds) {
            return None;
        }
        note_use(&file, metadata.modified().ok());
        Some(entry)
    }

    /// Keeps a program. Nobody sees half of it.
    pub fn store(&self, key: Key, entry: &Entry) -> io::Result<()> {
        let bytes = entry.to_bytes();
        if bytes.len() as u64 > LIMIT / 4 {
            return Ok(());
        }
        let mut file = tempfile::NamedTempFile::new_in(&self.path)?;
        file.write_all(&bytes)?;
        file.persist(self.file(key)).map_err(|error| error.error)?;
        self.shrink()
    }

    /// Removes the least recently used entries when there are too many, and what was given up half-written.
    fn shrink(&self) -> io::Result<()> {
        let (mut entries, others) = self.files()?;
        let is_old = |kept: &Kept| kept.used.elapsed().is_ok_and(|age| age > GIVEN_UP);
        others.iter().filter(|kept| is_old(kept)).for_each(|kept| drop(fs::remove_file(&kept.path)));
        let mut bytes: u64 = entries.iter().map(|kept| kept.bytes).sum();
        if bytes <= LIMIT {
            return Ok(());
        }
        entries.sort_by_key(|kept| kept.used);
        for kept in entries {
            if bytes <= KEPT {
                break;
            }
            // Another process may have been faster.
            let _ = fs::remove_file(&kept.path);
            bytes -= kept.bytes;
        }
        Ok(())
    }

    pub fn usage(&self) -> io::Result<Usage> {
        let (entries, _) = self.files()?;
        let bytes = entries.iter().map(|kept| kept.bytes).sum();
        Ok(Usage { entries: entries.len() as u64, bytes, limit: LIMIT })
    }

    /// Removes all entries; how many there were. Files that are not the cache's stay.
    pub fn clear(&self) -> io::Result<u64> {
        let (entries, _) = self.files()?;
        for kept in &entries {
            match fs::remove_file(&kept.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(entries.len() as u64)
    }

    /// Entries, and files that are being written.
    fn files(&self) -> io::Result<(Vec<Kept>, Vec<Kept>)> {
        let (mut entries, mut others) = (Vec::new(), Vec::new());
        for entry in fs::read_dir(&self.path)?.flatten() {
            let path = entry.path();
            // What is gone meanwhile is not there.
            let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
            if !metadata.is_file() {
                continue;
            }
            let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            let kept = Kept { bytes: metadata.len(), used, path };
            if kept.path.extension().is_some_and(|extension| extension == EXTENSION) {
                entries.push(kept);
            } else if kept.path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".tmp")) {
                others.push(kept);
            }
        }
        Ok((entries, others))
    }
}

/// Writes down that an entry was used. It does not matter when that fails.
fn note_use(file: &File, last: Option<SystemTime>) {
    if last.is_none_or(|last| last.elapsed().is_ok_and(|age| age > USE_GRAIN)) {
        let _ = file.set_modified(SystemTime::now());
    }
}
