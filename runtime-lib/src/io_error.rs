//! Failures of the system, as natives hand them to Flash: the name of the error (`ENOENT`) and words for it. The last
//! one of each thread is kept until `flash_last_error` asks for it; `IoError` is what Flash makes of it.

use crate::natives::text::without_number;
use crate::natives::{new_text, static_text};
use flash_abi::context::Context;
use flash_abi::object::Str;
use std::cell::{Cell, RefCell};
use std::io;

thread_local! {
    static LAST_ERROR: RefCell<String> = const { RefCell::new(String::new()) };
    static LAST_CODE: Cell<&'static str> = const { Cell::new("EIO") };
}

crate::native! {
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

/// Keeps an error for `flash_last_error`.
pub fn remember(error: &io::Error) {
    remember_parts(code(error), reason(error));
}

/// As [`remember`], of an error that was taken apart on another thread.
pub fn remember_parts(code: &'static str, reason: String) {
    LAST_CODE.set(code);
    LAST_ERROR.set(reason);
}

/// The error in the system's words, without its number.
pub fn reason(error: &io::Error) -> String {
    without_number(&error.to_string()).into_owned()
}

/// The name that systems have for an error.
pub fn code(error: &io::Error) -> &'static str {
    #[cfg(unix)]
    if let Some((_, name)) = error.raw_os_error().and_then(|number| NAMES.iter().find(|(n, _)| *n == number)) {
        return name;
    }
    match error.kind() {
        io::ErrorKind::NotFound => "ENOENT",
        io::ErrorKind::PermissionDenied => "EACCES",
        io::ErrorKind::AlreadyExists => "EEXIST",
        io::ErrorKind::IsADirectory => "EISDIR",
        io::ErrorKind::NotADirectory => "ENOTDIR",
        io::ErrorKind::DirectoryNotEmpty => "ENOTEMPTY",
        io::ErrorKind::InvalidData => "EILSEQ",
        io::ErrorKind::StorageFull => "ENOSPC",
        io::ErrorKind::QuotaExceeded => "EDQUOT",
        io::ErrorKind::FileTooLarge => "EFBIG",
        io::ErrorKind::InvalidInput => "EINVAL",
        io::ErrorKind::InvalidFilename => "ENAMETOOLONG",
        io::ErrorKind::ReadOnlyFilesystem => "EROFS",
        io::ErrorKind::CrossesDevices => "EXDEV",
        io::ErrorKind::TooManyLinks => "EMLINK",
        io::ErrorKind::ResourceBusy => "EBUSY",
        io::ErrorKind::ExecutableFileBusy => "ETXTBSY",
        io::ErrorKind::BrokenPipe => "EPIPE",
        io::ErrorKind::WouldBlock => "EAGAIN",
        io::ErrorKind::Interrupted => "EINTR",
        io::ErrorKind::TimedOut => "ETIMEDOUT",
        io::ErrorKind::OutOfMemory => "ENOMEM",
        io::ErrorKind::Unsupported => "ENOTSUP",
        io::ErrorKind::AddrInUse => "EADDRINUSE",
        io::ErrorKind::AddrNotAvailable => "EADDRNOTAVAIL",
        io::ErrorKind::ConnectionRefused => "ECONNREFUSED",
        io::ErrorKind::ConnectionReset => "ECONNRESET",
        io::ErrorKind::ConnectionAborted => "ECONNABORTED",
        io::ErrorKind::NotConnected => "ENOTCONN",
        io::ErrorKind::HostUnreachable => "EHOSTUNREACH",
        io::ErrorKind::NetworkUnreachable => "ENETUNREACH",
        io::ErrorKind::NetworkDown => "ENETDOWN",
        _ => "EIO",
    }
}

#[cfg(unix)]
macro_rules! names {
    ($($name:ident)*) => { &[$((libc::$name, stringify!($name))),*] };
}

/// The errors that files, processes and sockets have.
#[cfg(unix)]
const NAMES: &[(i32, &str)] = names! {
    EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT EBUSY EEXIST EXDEV ENODEV
    ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EDEADLK
    ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP EILSEQ EOVERFLOW ENOTSOCK EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT
    EPROTONOSUPPORT ENOTSUP EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET ECONNABORTED
    ECONNRESET ENOBUFS EISCONN ENOTCONN ETIMEDOUT ECONNREFUSED EHOSTUNREACH EALREADY EINPROGRESS ESTALE EDQUOT
    ECANCELED
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_names_and_words() {
        let error = std::fs::remove_file("/nonexistent/file").expect_err("nothing there");
        assert_eq!((code(&error), reason(&error).as_str()), ("ENOENT", "No such file or directory"));
        let own = io::Error::new(io::ErrorKind::InvalidData, "not valid UTF-8 at byte 3");
        assert_eq!((code(&own), reason(&own).as_str()), ("EILSEQ", "not valid UTF-8 at byte 3"));
        #[cfg(unix)]
        assert_eq!(code(&io::Error::from_raw_os_error(libc::EMFILE)), "EMFILE");
    }
}
