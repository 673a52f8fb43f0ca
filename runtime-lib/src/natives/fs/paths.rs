//! Copying, removing and linking: what works on paths and needs more than one call of the system.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

fn refused(kind: io::ErrorKind, words: &str) -> io::Error {
    io::Error::new(kind, words)
}

/// A path as text. (One that is not UTF-8 has none.)
pub fn text(path: PathBuf) -> io::Result<String> {
    path.into_os_string().into_string().map_err(|_| refused(io::ErrorKind::InvalidData, "the path is not UTF-8"))
}

/// Copies a file with its mode; the number of bytes.
pub fn copy(from: &str, to: &str, must_be_new: bool) -> io::Result<u64> {
    if fs::metadata(from)?.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if must_be_new {
        OpenOptions::new().write(true).create_new(true).open(to)?;
    } else if is_same(from, to) {
        // Opening the target would empty the source.
        return Err(refused(io::ErrorKind::InvalidInput, "both are the same file"));
    }
    fs::copy(from, to)
}

fn is_same(a: &str, b: &str) -> bool {
    match (identity(a), identity(b)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

#[cfg(unix)]
fn identity(path: &str) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).ok().map(|m| (m.dev(), m.ino()))
}

#[cfg(not(unix))]
fn identity(path: &str) -> Option<PathBuf> {
    fs::canonicalize(path).ok()
}

/// Copies a directory and all that is in it; symbolic links stay links.
pub fn copy_directory(from: &str, to: &str, must_be_new: bool) -> io::Result<()> {
    let source = fs::canonicalize(from)?;
    if !fs::metadata(&source)?.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    if must_be_new {
        fs::create_dir(to)?
    } else {
        fs::create_dir_all(to)?
    }
    let target = fs::canonicalize(to)?;
    if target.starts_with(&source) {
        return Err(refused(io::ErrorKind::InvalidInput, "the target lies inside the source"));
    }
    // A list instead of recursion: directories may be nested more deeply than a stack is.
    let mut left = vec![(source, target)];
    while let Some((source, target)) = left.pop() {
        for entry in fs::read_dir(&source)? {
            let entry = entry?;
            let (from, to) = (entry.path(), target.join(entry.file_name()));
            let kind = entry.file_type()?;
            if kind.is_dir() {
                match fs::create_dir(&to) {
                    Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                    _ => left.push((from, to)),
                }
            } else if kind.is_symlink() {
                let aim = fs::read_link(&from)?;
                if fs::symlink_metadata(&to).is_ok() {
                    fs::remove_file(&to)?;
                }
                symlink_path(&aim, &to)?;
            } else {
                fs::copy(&from, &to)?;
            }
        }
        fs::set_permissions(&target, fs::metadata(&source)?.permissions())?;
    }
    Ok(())
}

/// Removes a file, a link, or an empty directory.
pub fn remove(path: &str) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_dir() { fs::remove_dir(path) } else { fs::remove_file(path) }
}

/// Removes whatever is there, with all that is in it. Links are removed, not followed.
pub fn remove_all(path: &str) -> io::Result<()> {
    if !fs::symlink_metadata(path)?.is_dir() {
        return fs::remove_file(path);
    }
    if fs::canonicalize(path)?.parent().is_none() {
        return Err(refused(io::ErrorKind::InvalidInput, "this is the root of the file system"));
    }
    fs::remove_dir_all(path)
}

/// Makes `path` a symbolic link to `aim`.
pub fn symlink(aim: &str, path: &str) -> io::Result<()> {
    symlink_path(Path::new(aim), Path::new(path))
}

#[cfg(unix)]
fn symlink_path(aim: &Path, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(aim, path)
}

#[cfg(windows)]
fn symlink_path(aim: &Path, path: &Path) -> io::Result<()> {
    let full = path.parent().unwrap_or(Path::new("")).join(aim);
    if full.is_dir() {
        std::os::windows::fs::symlink_dir(aim, path)
    } else {
        std::os::windows::fs::symlink_file(aim, path)
    }
}

/// Who may read, write and execute.
#[cfg(unix)]
pub fn set_mode(path: &str, mode: i64) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = u32::try_from(mode).ok().filter(|mode| *mode <= 0o7777);
    let mode = mode.ok_or_else(|| refused(io::ErrorKind::InvalidInput, "a mode is at most 0o7777"))?;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

/// Who may write.
#[cfg(not(unix))]
pub fn set_mode(path: &str, mode: i64) -> io::Result<()> {
    let mut permissions = fs::metadata(path)?.permissions();
    permissions.set_readonly(mode & 0o200 == 0);
    fs::set_permissions(path, permissions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_not_copied_onto_itself() {
        let at = tempfile::tempdir().expect("a temporary directory");
        let path = at.path().join("a").to_string_lossy().into_owned();
        fs::write(&path, "kept").expect("a file");
        assert!(copy(&path, &path, false).is_err());
        assert_eq!(fs::read_to_string(&path).expect("a file"), "kept");
    }

    #[test]
    fn the_root_is_not_removed() {
        assert!(remove_all("/").is_err());
        assert!(remove_all("/../").is_err());
    }

    #[test]
    fn a_directory_is_not_copied_into_itself() {
        let at = tempfile::tempdir().expect("a temporary directory");
        let path = at.path().to_string_lossy().into_owned();
        assert!(copy_directory(&path, &format!("{path}/inner"), false).is_err());
    }
}
