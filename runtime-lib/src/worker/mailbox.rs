//! Queues of parcels between threads. Anybody may put something in; one thread takes it out, whose loop is told when
//! there is something, or when there will be nothing any more.

use crate::event_loop::{READABLE, Remote};
use crate::gc::Parcel;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Default)]
struct Mailbox {
    parcels: VecDeque<Parcel>,
    /// The loop of the thread that takes, and the token it knows this by.
    receiver: Option<(Remote, i64)>,
    is_closed: bool,
}

#[derive(Default)]
struct Mailboxes {
    next: i64,
    /// By number. One that is closed and empty is gone.
    open: Option<HashMap<i64, Mailbox>>,
}

static MAILBOXES: Mutex<Mailboxes> = Mutex::new(Mailboxes { next: 0, open: None });

fn all() -> MutexGuard<'static, Mailboxes> {
    // Nobody fails while holding it.
    MAILBOXES.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Mailboxes {
    fn get(&mut self, id: i64) -> Option<&mut Mailbox> {
        self.open.as_mut()?.get_mut(&id)
    }
}

impl Mailbox {
    fn tell(&self) {
        if let Some((remote, token)) = &self.receiver {
            remote.post(*token, READABLE);
        }
    }
}

/// A new one, empty.
pub fn open() -> i64 {
    let mut all = all();
    all.next += 1;
    let id = all.next;
    all.open.get_or_insert_default().insert(id, Mailbox::default());
    id
}

/// From now on this loop is told; it is told at once if there is something.
pub fn listen(id: i64, remote: Remote, token: i64) {
    let mut all = all();
    let Some(mailbox) = all.get(id) else { return remote.post(token, READABLE) };
    mailbox.receiver = Some((remote, token));
    if mailbox.is_closed || !mailbox.parcels.is_empty() {
        mailbox.tell();
    }
}

/// False when it is closed.
pub fn send(id: i64, parcel: Parcel) -> bool {
    let mut all = all();
    let Some(mailbox) = all.get(id).filter(|mailbox| !mailbox.is_closed) else { return false };
    mailbox.parcels.push_back(parcel);
    // More than one: the receiver has been told and takes all.
    if mailbox.parcels.len() == 1 {
        mailbox.tell();
    }
    true
}

/// The oldest parcel.
pub fn take(id: i64) -> Option<Parcel> {
    let mut all = all();
    let mailbox = all.get(id)?;
    let parcel = mailbox.parcels.pop_front();
    if mailbox.is_closed && mailbox.parcels.is_empty() {
        all.open.as_mut()?.remove(&id);
    }
    parcel
}

/// Nothing more goes in. What is in it can still be taken.
pub fn close(id: i64) {
    let mut all = all();
    let Some(mailbox) = all.get(id) else { return };
    mailbox.is_closed = true;
    mailbox.tell();
    if mailbox.parcels.is_empty() {
        all.open.as_mut().map(|open| open.remove(&id));
    }
}

/// Closed, and empty: there is nothing any more.
pub fn is_over(id: i64) -> bool {
    all().get(id).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_mailbox_takes_nothing() {
        let id = open();
        assert!(!is_over(id));
        assert!(take(id).is_none());
        close(id);
        assert!(is_over(id));
        assert!(take(id).is_none());
    }
}
