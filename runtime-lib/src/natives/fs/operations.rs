//! What can be done with files, by name: `std:fs` calls these now, or the pool does. Each takes a [`Request`] and gives
//! an [`Outcome`]; none touches Flash's heap, nor what belongs to a thread.

use super::{paths, temporary};
use crate::pool::Outcome;
use std::fs::{self, File, FileType, Metadata, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::mem::ManuallyDrop;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What an operation works on.
#[derive(Debug)]
pub struct Request<'a> {
    pub path: &'a str,
    /// Contents, or another path.
    pub data: &'a [u8],
    pub a: i64,
    pub b: i64,
}

type Operation = fn(&Request) -> io::Result<Outcome>;

/// Every operation by its name in `std/fs*.fl`.
const OPERATIONS: &[(&str, Operation)] = &[
    ("read text", |r| read_text(r.path).map(Outcome::Text)),
    ("read bytes", |r| fs::read(r.path).map(Outcome::Bytes)),
    ("write", |r| unit(write(r))),
    ("write atomic", |r| unit(temporary::write_atomic(r.path, r.data))),
    ("copy", |r| paths::copy(r.path, other(r)?, r.a != 0).map(|bytes| Outcome::Number(bytes as i64))),
    ("copy directory", |r| unit(paths::copy_directory(r.path, other(r)?, r.a != 0))),
    ("rename", |r| unit(fs::rename(r.path, other(r)?))),
    ("remove", |r| unit(paths::remove(r.path))),
    ("remove all", |r| unit(paths::remove_all(r.path))),
    ("stat", |r| Ok(numbers(&fs::metadata(r.path)?))),
    ("lstat", |r| Ok(numbers(&fs::symlink_metadata(r.path)?))),
    ("list", |r| list(r.path).map(Outcome::Text)),
    ("make directory", |r| unit(if r.a != 0 { fs::create_dir(r.path) } else { fs::create_dir_all(r.path) })),
    ("temporary directory", |r| temporary::directory(r.path, other(r)?).map(Outcome::Text)),
    ("temporary file", |r| temporary::file(r.path, other(r)?).map(Outcome::Text)),
    ("symlink", |r| unit(paths::symlink(other(r)?, r.path))),
    ("link", |r| unit(fs::hard_link(other(r)?, r.path))),
    ("read link", |r| paths::text(fs::read_link(r.path)?).map(Outcome::Text)),
    ("real path", |r| paths::text(fs::canonicalize(r.path)?).map(Outcome::Text)),
    ("set mode", |r| unit(paths::set_mode(r.path, r.a))),
    ("set times", |r| unit(set_times(r))),
    ("truncate", |r| unit(OpenOptions::new().write(true).open(r.path)?.set_len(size(r.a)?))),
    ("open", |r| Ok(Outcome::Number(open(r)?))),
    ("file read", |r| {
        let mut room = vec![0; usize::try_from(r.b).unwrap_or(0)];
        let count = read_file(r.a, &mut room)?;
        room.truncate(count);
        Ok(Outcome::Bytes(room))
    }),
    ("file write", |r| unit(write_file(r.a, r.data))),
    ("file seek", |r| seek(r).map(|at| Outcome::Number(at as i64))),
    ("file truncate", |r| unit(borrowed(r.a)?.set_len(size(r.b)?))),
    ("file sync", |r| unit(borrowed(r.a)?.sync_all())),
    ("file stat", |r| Ok(numbers(&borrowed(r.a)?.metadata()?))),
    ("file close", |r| unit(close(r.a))),
];

/// Does the operation of a name.
pub fn perform(name: &str, request: &Request) -> io::Result<Outcome> {
    let Some((_, operation)) = OPERATIONS.iter().find(|(n, _)| *n == name) else {
        return Err(io::Error::new(io::ErrorKind::Unsupported, format!("there is no operation `{name}`")));
    };
    operation(request)
}

fn unit(result: io::Result<()>) -> io::Result<Outcome> {
    result.map(|()| Outcome::Unit)
}

/// The data as another path.
fn other<'a>(request: &Request<'a>) -> io::Result<&'a str> {
    std::str::from_utf8(request.data).map_err(|_| io::ErrorKind::InvalidInput.into())
}

fn size(value: i64) -> io::Result<u64> {
    u64::try_from(value).map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "a size cannot be negative"))
}

fn read_text(path: &str) -> io::Result<String> {
    String::from_utf8(fs::read(path)?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        io::Error::new(io::ErrorKind::InvalidData, format!("not valid UTF-8 at byte {at}"))
    })
}

/// `a`: 0 in place of what is there, 1 behind it, 2 only when nothing is there; `b`: the mode of a new file, or -1.
fn write(request: &Request) -> io::Result<()> {
    let mut options = OpenOptions::new();
    match request.a {
        1 => options.append(true).create(true),
        2 => options.write(true).create_new(true),
        _ => options.write(true).create(true).truncate(true),
    };
    with_mode(&mut options, request.b);
    options.open(request.path)?.write_all(request.data)
}

/// A new file's mode, where systems have such.
fn with_mode(options: &mut OpenOptions, mode: i64) {
    #[cfg(unix)]
    if let Ok(mode) = u32::try_from(mode) {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(mode);
    }
    #[cfg(not(unix))]
    let _ = (options, mode);
}

/// Kind (a character, see [`kind`]) and name of each entry, sorted by name, each ended by NUL. A name that is not UTF-8
/// is shown with U+FFFD.
fn list(path: &str) -> io::Result<String> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let kind = entry.file_type().map_or(b'u', kind);
        entries.push((entry.file_name().to_string_lossy().into_owned(), kind));
    }
    entries.sort();
    let mut text = String::new();
    for (name, kind) in entries {
        text.push(kind as char);
        text.push_str(&name);
        text.push('\0');
    }
    Ok(text)
}

/// What a thing is, as a character.
fn kind(kind: FileType) -> u8 {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return b'p';
        }
        if kind.is_socket() {
            return b's';
        }
        if kind.is_block_device() {
            return b'b';
        }
        if kind.is_char_device() {
            return b'c';
        }
    }
    match kind {
        _ if kind.is_file() => b'f',
        _ if kind.is_dir() => b'd',
        _ if kind.is_symlink() => b'l',
        _ => b'u',
    }
}

/// Kind, size, nanoseconds since 1970 of the last change, the last access and the birth (or the least number), mode,
/// user, group, inode, device, links, bytes on the disk: twelve numbers of 8 bytes.
fn numbers(metadata: &Metadata) -> Outcome {
    let time = |time: io::Result<SystemTime>| time.map_or(i64::MIN, nanoseconds);
    let own = own_numbers(metadata);
    let all = [
        i64::from(kind(metadata.file_type())),
        metadata.len() as i64,
        time(metadata.modified()),
        time(metadata.accessed()),
        time(metadata.created()),
    ];
    Outcome::Bytes(all.iter().chain(&own).flat_map(|number| number.to_le_bytes()).collect())
}

#[cfg(unix)]
fn own_numbers(metadata: &Metadata) -> [i64; 7] {
    use std::os::unix::fs::MetadataExt;
    [
        i64::from(metadata.mode() & 0o7777),
        i64::from(metadata.uid()),
        i64::from(metadata.gid()),
        metadata.ino() as i64,
        metadata.dev() as i64,
        metadata.nlink() as i64,
        metadata.blocks() as i64 * 512,
    ]
}

#[cfg(not(unix))]
fn own_numbers(metadata: &Metadata) -> [i64; 7] {
    let mode = if metadata.permissions().readonly() { 0o444 } else { 0o666 };
    [mode, 0, 0, 0, 0, 1, metadata.len() as i64]
}

fn nanoseconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |n| -n),
    }
}

fn system_time(nanoseconds: i64) -> SystemTime {
    let distance = Duration::from_nanos(nanoseconds.unsigned_abs());
    if nanoseconds < 0 { UNIX_EPOCH - distance } else { UNIX_EPOCH + distance }
}

/// `a`: nanoseconds of the last access, `b`: of the last change.
fn set_times(request: &Request) -> io::Result<()> {
    let times = fs::FileTimes::new().set_accessed(system_time(request.a)).set_modified(system_time(request.b));
    // A directory can only be opened for reading, and whoever owns a file may set its times through that, too.
    File::open(request.path)?.set_times(times)
}

const READ: i64 = 1;
const WRITE: i64 = 2;
const APPEND: i64 = 4;
const TRUNCATE: i64 = 8;
const CREATE: i64 = 16;
const MUST_BE_NEW: i64 = 32;

/// `a`: bits as above; `b`: the mode of a new file, or -1. The number of the open file.
fn open(request: &Request) -> io::Result<i64> {
    let is = |bit: i64| request.a & bit != 0;
    let mut options = OpenOptions::new();
    options.read(is(READ)).write(is(WRITE)).append(is(APPEND)).truncate(is(TRUNCATE));
    options.create(is(CREATE)).create_new(is(MUST_BE_NEW));
    with_mode(&mut options, request.b);
    let file = options.open(request.path)?;
    if file.metadata().is_ok_and(|m| m.is_dir()) {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    Ok(number(file))
}

/// Reads once into the room; how many bytes came, 0 at the end.
pub fn read_file(file: i64, room: &mut [u8]) -> io::Result<usize> {
    let mut file = borrowed(file)?;
    loop {
        match file.read(room) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// Writes everything.
pub fn write_file(file: i64, data: &[u8]) -> io::Result<()> {
    borrowed(file)?.write_all(data)
}

/// `path` says where `b` counts from.
fn seek(request: &Request) -> io::Result<u64> {
    let mut file = borrowed(request.a)?;
    file.seek(match request.path {
        "current" => SeekFrom::Current(request.b),
        "end" => SeekFrom::End(request.b),
        _ => SeekFrom::Start(size(request.b)?),
    })
}

#[cfg(unix)]
fn number(file: File) -> i64 {
    use std::os::fd::IntoRawFd;
    i64::from(file.into_raw_fd())
}

#[cfg(windows)]
fn number(file: File) -> i64 {
    use std::os::windows::io::IntoRawHandle;
    file.into_raw_handle() as i64
}

/// An open file by its number, which stays open.
#[cfg(unix)]
fn borrowed(number: i64) -> io::Result<ManuallyDrop<File>> {
    use std::os::fd::FromRawFd;
    match i32::try_from(number) {
        // SAFETY: Flash's `File` has the descriptor open and owns it; nobody closes it here.
        Ok(fd) if fd >= 0 => Ok(ManuallyDrop::new(unsafe { File::from_raw_fd(fd) })),
        _ => Err(io::Error::from_raw_os_error(libc::EBADF)),
    }
}

/// As above, of a handle.
#[cfg(windows)]
fn borrowed(number: i64) -> io::Result<ManuallyDrop<File>> {
    use std::os::windows::io::FromRawHandle;
    if number == -1 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: Flash's `File` has the handle open and owns it; nobody closes it here.
    Ok(ManuallyDrop::new(unsafe { File::from_raw_handle(number as _) }))
}

fn close(number: i64) -> io::Result<()> {
    #[cfg(unix)]
    {
        let fd = i32::try_from(number).map_err(|_| io::Error::from_raw_os_error(libc::EBADF))?;
        // SAFETY: Flash's `File` owns the descriptor and forgets it now. A failure (a delayed write) is told; the
        // descriptor is gone in any case.
        if unsafe { libc::close(fd) } != 0 {
            let error = io::Error::last_os_error();
            return if error.kind() == io::ErrorKind::Interrupted { Ok(()) } else { Err(error) };
        }
    }
    #[cfg(not(unix))]
    drop(ManuallyDrop::into_inner(borrowed(number)?));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request<'a>(path: &'a str, data: &'a [u8]) -> Request<'a> {
        Request { path, data, a: 0, b: -1 }
    }

    #[test]
    fn lists_are_sorted() {
        let text = list(env!("CARGO_MANIFEST_DIR")).expect("this crate's directory");
        let names: Vec<&str> = text.split_terminator('\0').map(|entry| &entry[1..]).collect();
        assert!(names.is_sorted());
        assert!(names.contains(&"Cargo.toml") && text.contains("dsrc\0"));
    }

    #[test]
    fn a_full_disk_is_told() {
        let error = perform("write", &request("/dev/full", b"x")).expect_err("no space");
        assert_eq!(crate::io_error::code(&error), "ENOSPC");
    }

    #[test]
    fn unknown_operations_are_refused() {
        assert!(perform("format the disk", &request("/", b"")).is_err());
    }

    #[test]
    fn times_before_1970_are_negative() {
        assert_eq!(nanoseconds(system_time(-5)), -5);
        assert_eq!(nanoseconds(system_time(7)), 7);
    }
}
