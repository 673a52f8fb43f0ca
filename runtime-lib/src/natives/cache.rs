//! A bounded table of what natives make at some cost and keep between calls, such as compiled patterns. Whoever asks holds
//! a stamp, which says where the value lies and which one it was: when the table is full, the value that was used longest
//! ago makes way, and its stamp finds nothing any more. Then the caller makes the value again. So nothing has to be freed,
//! and a stamp of another thread (whose tables are its own) is never taken for one of this thread.

use std::rc::Rc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Low bits of a stamp: the place in the table.
const PLACE_BITS: u32 = 12;

/// Stamps made in this process.
static STAMPS: AtomicI64 = AtomicI64::new(1);

struct Entry<T> {
    stamp: i64,
    used: u64,
    value: Rc<T>,
}

/// The table; one for each thread and kind of value.
pub struct Cache<T> {
    entries: Vec<Entry<T>>,
    limit: usize,
    clock: u64,
}

impl<T> Cache<T> {
    /// An empty table for so many values, at most 4096.
    pub const fn new(limit: usize) -> Cache<T> {
        Cache { entries: Vec::new(), limit, clock: 0 }
    }

    /// Keeps a value; its stamp, which is above zero.
    pub fn insert(&mut self, value: T) -> i64 {
        self.clock += 1;
        let place = if self.entries.len() < self.limit.min(1 << PLACE_BITS) {
            self.entries.len()
        } else {
            (0..self.entries.len()).min_by_key(|&i| self.entries[i].used).unwrap_or(0)
        };
        let stamp = STAMPS.fetch_add(1, Ordering::Relaxed) << PLACE_BITS | place as i64;
        let entry = Entry { stamp, used: self.clock, value: Rc::new(value) };
        match self.entries.get_mut(place) {
            Some(old) => *old = entry,
            None => self.entries.push(entry),
        }
        stamp
    }

    /// The value of a stamp, if it is still there.
    pub fn get(&mut self, stamp: i64) -> Option<Rc<T>> {
        let place = (stamp & ((1 << PLACE_BITS) - 1)) as usize;
        let entry = self.entries.get_mut(place).filter(|entry| entry.stamp == stamp)?;
        self.clock += 1;
        entry.used = self.clock;
        Some(Rc::clone(&entry.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_used_longest_ago_makes_way() {
        let mut cache = Cache::new(2);
        let (a, b) = (cache.insert("a"), cache.insert("b"));
        assert_eq!(cache.get(a).as_deref(), Some(&"a"));
        let c = cache.insert("c");
        assert_eq!(cache.get(b), None);
        assert_eq!(cache.get(a).as_deref(), Some(&"a"));
        assert_eq!(cache.get(c).as_deref(), Some(&"c"));
        assert_eq!(cache.get(0), None);
        assert_eq!(cache.get(-1), None);
    }
}
