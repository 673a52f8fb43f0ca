//! Natives of `std:os`: the machine and its user.

use super::{NULL_TEXT, new_text, text};
use crate::native;
use flash_abi::context::Context;
use flash_abi::object::Str;

native! {
    /// (what) -> a text about the machine or its user, or null when the system does not tell.
    fn flash_os_text(ctx: *mut Context, what: *const u8, what_len: i64) -> Str {
        // SAFETY: a live text.
        match system::text(unsafe { text(what, what_len) }) {
            // SAFETY: this thread's context.
            Some(found) => unsafe { new_text(ctx, &found) },
            None => NULL_TEXT,
        }
    }

    /// (what) -> a number about them, or -1.
    fn flash_os_number(_ctx: *mut Context, what: *const u8, what_len: i64) -> i64 {
        // SAFETY: a live text.
        match unsafe { text(what, what_len) } {
            "cpu count" => std::thread::available_parallelism().map_or(1, |count| count.get() as i64),
            what => system::number(what).unwrap_or(-1),
        }
    }
}

#[cfg(unix)]
mod system {
    use std::ffi::CStr;
    use std::mem::MaybeUninit;

    pub fn text(what: &str) -> Option<String> {
        match what {
            "hostname" => uname(|name| name.nodename.as_ptr()),
            "release" => uname(|name| name.release.as_ptr()),
            "version" => uname(|name| name.version.as_ptr()),
            "user" => user(|user| user.pw_name),
            "home" => user(|user| user.pw_dir),
            "shell" => user(|user| user.pw_shell),
            _ => None,
        }
    }

    pub fn number(what: &str) -> Option<i64> {
        // SAFETY: these take nothing and cannot fail.
        let (uid, gid) = unsafe { (libc::getuid(), libc::getgid()) };
        match what {
            "user id" => Some(uid.into()),
            "group id" => Some(gid.into()),
            "page size" => setting(libc::_SC_PAGESIZE),
            "total memory" => Some(setting(libc::_SC_PHYS_PAGES)? * setting(libc::_SC_PAGESIZE)?),
            "free memory" => free_memory(),
            "uptime ms" => uptime_ms(),
            "load 1" => load(0),
            "load 5" => load(1),
            "load 15" => load(2),
            _ => None,
        }
    }

    fn setting(name: i32) -> Option<i64> {
        // SAFETY: takes any number.
        let value = unsafe { libc::sysconf(name) };
        (value > 0).then_some(value)
    }

    /// What programs can still get, without that others must give way.
    #[cfg(target_os = "linux")]
    fn free_memory() -> Option<i64> {
        let report = std::fs::read_to_string("/proc/meminfo").ok()?;
        let line = report.lines().find(|line| line.starts_with("MemAvailable:"))?;
        line.split_whitespace().nth(1)?.parse::<i64>().ok().map(|kilobytes| kilobytes * 1024)
    }

    #[cfg(not(target_os = "linux"))]
    fn free_memory() -> Option<i64> {
        None
    }

    #[cfg(target_os = "linux")]
    fn uptime_ms() -> Option<i64> {
        let mut time = MaybeUninit::<libc::timespec>::uninit();
        // SAFETY: fills the value it is given when it succeeds.
        unsafe {
            (libc::clock_gettime(libc::CLOCK_BOOTTIME, time.as_mut_ptr()) == 0).then(|| {
                let time = time.assume_init();
                time.tv_sec * 1000 + time.tv_nsec / 1_000_000
            })
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn uptime_ms() -> Option<i64> {
        None
    }

    /// In thousandths.
    fn load(index: usize) -> Option<i64> {
        let mut loads = [0.0; 3];
        // SAFETY: room for three numbers.
        let count = unsafe { libc::getloadavg(loads.as_mut_ptr(), 3) };
        (usize::try_from(count).ok()? > index).then(|| (loads[index] * 1000.0) as i64)
    }

    fn uname(field: impl Fn(&libc::utsname) -> *const libc::c_char) -> Option<String> {
        let mut name = MaybeUninit::<libc::utsname>::uninit();
        // SAFETY: fills the value it is given when it succeeds; its fields are null-terminated.
        unsafe {
            if libc::uname(name.as_mut_ptr()) != 0 {
                return None;
            }
            let name = name.assume_init();
            Some(CStr::from_ptr(field(&name)).to_string_lossy().into_owned())
        }
    }

    /// A field of this user's entry in the table of users.
    fn user(field: impl Fn(&libc::passwd) -> *mut libc::c_char) -> Option<String> {
        let mut entry = MaybeUninit::<libc::passwd>::uninit();
        let mut room = vec![0; 16 * 1024];
        let mut found = std::ptr::null_mut();
        // SAFETY: fills the entry with addresses into the room, and says so by `found`; texts are null-terminated.
        unsafe {
            let id = libc::getuid();
            libc::getpwuid_r(id, entry.as_mut_ptr(), room.as_mut_ptr(), room.len(), &mut found);
            if found.is_null() {
                return None;
            }
            let value = field(&*found);
            (!value.is_null()).then(|| CStr::from_ptr(value).to_string_lossy().into_owned())
        }
    }
}

#[cfg(not(unix))]
mod system {
    pub fn text(what: &str) -> Option<String> {
        let variable = match what {
            "hostname" => "COMPUTERNAME",
            "user" => "USERNAME",
            "home" => "USERPROFILE",
            "shell" => "ComSpec",
            _ => return None,
        };
        std::env::var(variable).ok()
    }

    pub fn number(_what: &str) -> Option<i64> {
        None
    }
}
