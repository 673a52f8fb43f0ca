//! Temporary files and directories, and files that are replaced in one step.

use super::paths;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Makes a new directory in `parent`, which only this user may enter. The affixes are prefix and suffix with NUL between.
pub fn directory(parent: &str, affixes: &str) -> io::Result<String> {
    let (prefix, suffix) = affixes.split_once('\0').unwrap_or((affixes, ""));
    let mut builder = builder(prefix, suffix)?;
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    let directory = builder.tempdir_in(parent)?;
    paths::text(directory.keep())
}

/// Makes a new empty file in `parent`, which only this user may read.
pub fn file(parent: &str, affixes: &str) -> io::Result<String> {
    let (prefix, suffix) = affixes.split_once('\0').unwrap_or((affixes, ""));
    let file = builder(prefix, suffix)?.tempfile_in(parent)?;
    let (_, path) = file.keep().map_err(|error| error.error)?;
    paths::text(path)
}

/// A builder for names with these affixes, which must not lead elsewhere.
fn builder<'a>(prefix: &'a str, suffix: &'a str) -> io::Result<tempfile::Builder<'a, 'a>> {
    if [prefix, suffix].iter().any(|part| part.contains(std::path::is_separator)) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a prefix or suffix is part of a name, not a path"));
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix).suffix(suffix);
    Ok(builder)
}

/// Writes a file beside the one that is meant and puts it in its place when it is complete and on the disk: whoever
/// reads sees the old contents or the new ones, never a part. The mode stays what it was.
pub fn write_atomic(path: &str, data: &[u8]) -> io::Result<()> {
    // A link stays one: what it leads to is replaced.
    let target = fs::canonicalize(path).unwrap_or_else(|_| Path::new(path).to_owned());
    let old = match fs::metadata(&target) {
        Ok(metadata) if metadata.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
        Ok(metadata) => Some(metadata.permissions()),
        Err(_) => None,
    };
    let parent = match target.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".flash-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(parent)?;
    file.write_all(data)?;
    if let Some(permissions) = old {
        file.as_file().set_permissions(permissions)?;
    }
    file.as_file().sync_all()?;
    file.persist(&target).map_err(|error| error.error)?;
    #[cfg(unix)]
    if let Ok(directory) = File::open(parent) {
        // The new name is to survive a crash, too; file systems that cannot do that are no failure.
        let _ = directory.sync_all();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_with_its_mode() {
        let at = tempfile::tempdir().expect("a temporary directory");
        let path = at.path().join("a").to_string_lossy().into_owned();
        write_atomic(&path, b"one").expect("a new file");
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o640)).expect("a mode");
        write_atomic(&path, b"two").expect("a replaced file");
        assert_eq!(fs::read(&path).expect("a file"), b"two");
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            assert_eq!(fs::metadata(&path).expect("a file").mode() & 0o777, 0o640);
        }
        assert_eq!(fs::read_dir(at.path()).expect("a directory").count(), 1);
    }

    #[test]
    fn names_have_their_affixes() {
        let at = tempfile::tempdir().expect("a temporary directory");
        let parent = at.path().to_string_lossy().into_owned();
        let made = file(&parent, "a-\0.txt").expect("a file");
        assert!(made.starts_with(&format!("{parent}/a-")) && made.ends_with(".txt"), "{made}");
        assert!(directory(&parent, "../x").is_err());
    }
}
