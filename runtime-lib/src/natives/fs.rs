//! Natives of `std:fs`. A failing one says so by its result and leaves the reason for `flash_last_error`.

use super::text::without_number;
use super::{NULL_TEXT, new_text, static_text, text};
use crate::native;
use flash_abi::context::Context;
use flash_abi::object::Str;
use std::cell::{Cell, RefCell};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};

thread_local! {
    static LAST_ERROR: RefCell<String> = const { RefCell::new(String::new()) };
    static LAST_CODE: Cell<&'static str> = const { Cell::new("EIO") };
}

native! {
    /// (path) -> text, or null. What is not UTF-8 is an error.
    fn flash_fs_read_text(ctx: *mut Context, path: *const u8, path_len: i64) -> Str {
        // SAFETY: a live text, and this thread's context.
        unsafe {
            match read_text(text(path, path_len)) {
                Ok(contents) => new_text(ctx, &contents),
                Err(error) => {
                    remember(&error);
                    NULL_TEXT
                }
            }
        }
    }

    /// (path, text, append) -> 1 or 0.
    fn flash_fs_write_text(
        _ctx: *mut Context, path: *const u8, path_len: i64, contents: *const u8, contents_len: i64, append: u8,
    ) -> u8 {
        // SAFETY: live texts.
        let (path, contents) = unsafe { (text(path, path_len), text(contents, contents_len)) };
        succeeded(if append & 1 == 1 {
            OpenOptions::new().append(true).create(true).open(path).and_then(|mut f| f.write_all(contents.as_bytes()))
        } else {
            fs::write(path, contents)
        })
    }

    /// (path) -> 1 or 0. A file, a link, or an empty directory.
    fn flash_fs_remove(_ctx: *mut Context, path: *const u8, path_len: i64) -> u8 {
        // SAFETY: a live text.
        let path = unsafe { text(path, path_len) };
        let is_directory = fs::symlink_metadata(path).is_ok_and(|m| m.is_dir());
        succeeded(if is_directory { fs::remove_dir(path) } else { fs::remove_file(path) })
    }

    /// 0 nothing there, 1 file, 2 directory, 3 other.
    fn flash_fs_kind(_ctx: *mut Context, path: *const u8, path_len: i64) -> i32 {
        // SAFETY: a live text.
        match fs::metadata(unsafe { text(path, path_len) }) {
            Ok(metadata) if metadata.is_file() => 1,
            Ok(metadata) if metadata.is_dir() => 2,
            Ok(_) => 3,
            Err(_) => 0,
        }
    }

    /// (path) -> 1 or 0. With the directories above it; one that is there already is fine.
    fn flash_fs_make_directory(_ctx: *mut Context, path: *const u8, path_len: i64) -> u8 {
        // SAFETY: a live text.
        succeeded(fs::create_dir_all(unsafe { text(path, path_len) }))
    }

    /// (path) -> names separated by NUL, sorted, or null.
    fn flash_fs_list(ctx: *mut Context, path: *const u8, path_len: i64) -> Str {
        // SAFETY: a live text, and this thread's context.
        unsafe {
            match list(text(path, path_len)) {
                Ok(names) => new_text(ctx, &names.join("\0")),
                Err(error) => {
                    remember(&error);
                    NULL_TEXT
                }
            }
        }
    }

    /// Words for the last native of this thread that failed.
    fn flash_last_error(ctx: *mut Context) -> Str {
        let words = LAST_ERROR.with_borrow(String::clone);
        // SAFETY: this thread's context.
        unsafe { new_text(ctx, &words) }
    }

    /// What went wrong with it, as a name such as `ENOENT`.
    fn flash_last_error_code(_ctx: *mut Context) -> Str {
        static_text(LAST_CODE.get())
    }
}

/// The name that systems have for an error.
fn code(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "ENOENT",
        io::ErrorKind::PermissionDenied => "EACCES",
        io::ErrorKind::AlreadyExists => "EEXIST",
        io::ErrorKind::IsADirectory => "EISDIR",
        io::ErrorKind::NotADirectory => "ENOTDIR",
        io::ErrorKind::DirectoryNotEmpty => "ENOTEMPTY",
        io::ErrorKind::InvalidData => "EILSEQ",
        io::ErrorKind::StorageFull => "ENOSPC",
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidFilename => "EINVAL",
        io::ErrorKind::ReadOnlyFilesystem => "EROFS",
        _ => "EIO",
    }
}

fn read_text(path: &str) -> io::Result<String> {
    let mut contents = Vec::new();
    File::open(path)?.read_to_end(&mut contents)?;
    String::from_utf8(contents).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        io::Error::new(io::ErrorKind::InvalidData, format!("not valid UTF-8 at byte {at}"))
    })
}

fn list(path: &str) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn succeeded(result: io::Result<()>) -> u8 {
    if let Err(error) = &result {
        remember(error);
    }
    u8::from(result.is_ok())
}

pub(crate) fn remember(error: &io::Error) {
    let words = without_number(&error.to_string()).into_owned();
    LAST_ERROR.set(words);
    LAST_CODE.set(code(error));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_worded() {
        assert_eq!(succeeded(fs::remove_file("/nonexistent/file")), 0);
        assert_eq!(LAST_ERROR.with_borrow(String::clone), "No such file or directory");
        assert!(read_text("/nonexistent/file").is_err());
    }

    #[test]
    fn lists_are_sorted() {
        let names = list(env!("CARGO_MANIFEST_DIR")).expect("this crate's directory");
        assert!(names.is_sorted());
        assert!(names.contains(&"Cargo.toml".to_owned()));
    }
}
