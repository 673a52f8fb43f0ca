//! Natives of `fs.watch`: a thread of the `notify` crate sees what changes, and posts to the loop that there is something
//! to take.

use crate::event_loop::{self, Remote};
use crate::io_error;
use crate::natives::{NULL_TEXT, new_text, text};
use flash_abi::context::Context;
use flash_abi::object::Str;
use notify::event::{ModifyKind, RenameMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Changes that wait at most: beyond them, one says that some were lost.
const MOST_WAITING: usize = 65_536;

type Queue = Arc<Mutex<VecDeque<String>>>;

/// A watcher; dropping it ends its thread.
struct Watching {
    _watcher: RecommendedWatcher,
    queue: Queue,
}

thread_local! {
    static WATCHERS: RefCell<(i64, BTreeMap<i64, Watching>)> = const { RefCell::new((0, BTreeMap::new())) };
}

crate::native! {
    /// (path, recursive, token of the loop) -> watcher, or -1 and the reason is in `flash_last_error`.
    fn flash_watch_start(_ctx: *mut Context, path: *const u8, path_len: i64, recursive: u8, token: i64) -> i64 {
        // SAFETY: a live text.
        match start(Path::new(unsafe { text(path, path_len) }), recursive & 1 == 1, token) {
            Ok(watching) => WATCHERS.with_borrow_mut(|(last, all)| {
                *last += 1;
                all.insert(*last, watching);
                *last
            }),
            Err(error) => {
                io_error::remember(&error);
                -1
            }
        }
    }

    /// (watcher) -> its next change: kind, path and other path, with NUL between; null when there is none.
    fn flash_watch_next(ctx: *mut Context, watcher: i64) -> Str {
        let next = WATCHERS.with_borrow(|(_, all)| all.get(&watcher).and_then(|watching| take(&watching.queue)));
        match next {
            // SAFETY: this thread's context.
            Some(change) => unsafe { new_text(ctx, &change) },
            None => NULL_TEXT,
        }
    }

    /// (watcher): ends it.
    fn flash_watch_stop(_ctx: *mut Context, watcher: i64) {
        let ended = WATCHERS.with_borrow_mut(|(_, all)| all.remove(&watcher));
        drop(ended);
    }
}

fn start(path: &Path, recursive: bool, token: i64) -> io::Result<Watching> {
    let queue = Queue::default();
    let remote = event_loop::remote()?;
    let told = queue.clone();
    let mut watcher =
        notify::recommended_watcher(move |event: notify::Result<Event>| note(&told, &remote, token, event))
            .map_err(failure)?;
    let mode = if recursive { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
    watcher.watch(path, mode).map_err(failure)?;
    Ok(Watching { _watcher: watcher, queue })
}

fn failure(error: notify::Error) -> io::Error {
    match error.kind {
        notify::ErrorKind::Io(error) => error,
        notify::ErrorKind::PathNotFound => io::Error::from_raw_os_error(libc::ENOENT),
        notify::ErrorKind::MaxFilesWatch => io::Error::from_raw_os_error(libc::ENOSPC),
        _ => io::Error::other(error.to_string()),
    }
}

fn take(queue: &Queue) -> Option<String> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}

/// On the watcher's thread: what has happened, as Flash is told.
fn note(queue: &Queue, remote: &Remote, token: i64, event: notify::Result<Event>) {
    let changes = match event {
        Ok(event) => changes(&event),
        Err(error) => vec![change("error", error.paths.first().map_or(Path::new(""), |path| path.as_path()), None)],
    };
    if changes.is_empty() {
        return;
    }
    let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    for change in changes {
        // A file that is being written changes all the time; once is enough until somebody looks.
        if queue.back() != Some(&change) {
            if queue.len() >= MOST_WAITING {
                queue.pop_front();
                if queue.front().is_none_or(|first| !first.starts_with("lost\0")) {
                    queue.push_front("lost\0\0".to_owned());
                }
            }
            queue.push_back(change);
        }
    }
    drop(queue);
    remote.post(token, 1);
}

fn changes(event: &Event) -> Vec<String> {
    if event.need_rescan() {
        return vec!["lost\0\0".to_owned()];
    }
    let all = |kind: &str| event.paths.iter().map(|path| change(kind, path, None)).collect();
    match event.kind {
        EventKind::Create(_) => all("create"),
        EventKind::Remove(_) => all("remove"),
        EventKind::Modify(ModifyKind::Name(RenameMode::Both)) => match &event.paths[..] {
            [from, to] => vec![change("rename", from, Some(to.as_path()))],
            _ => all("modify"),
        },
        // The two halves of a rename, whose other one may lie elsewhere. When both are known, a third event tells both.
        EventKind::Modify(ModifyKind::Name(RenameMode::From)) => all("remove"),
        EventKind::Modify(ModifyKind::Name(RenameMode::To)) => all("create"),
        EventKind::Modify(_) => all("modify"),
        EventKind::Access(_) | EventKind::Any | EventKind::Other => Vec::new(),
    }
}

fn change(kind: &str, path: &Path, to: Option<&Path>) -> String {
    let to = to.map(|to| to.to_string_lossy()).unwrap_or_default();
    format!("{kind}\0{}\0{to}", path.to_string_lossy())
}
