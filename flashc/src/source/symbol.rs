//! Interned names: one place in memory for each text, so that names are compared by address and hashed without
//! being read. The hash depends on the text alone: whatever order comes of it is the same in every run.

use rustc_hash::FxHasher;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{PoisonError, RwLock};

/// An interned name or string. Equal text is equal symbol; the text lives as long as the process.
#[derive(Clone, Copy)]
pub struct Symbol(&'static Name);

struct Name {
    hash: u64,
    text: Box<str>,
}

static NAMES: RwLock<Names> = RwLock::new(Names { slots: Vec::new(), count: 0 });

/// A hash table with open addressing; a power of two of slots, at most half of them taken.
struct Names {
    slots: Vec<Option<&'static Name>>,
    count: usize,
}

impl Names {
    fn find(&self, hash: u64, text: &str) -> Option<&'static Name> {
        self.probe(hash).map_while(|index| self.slots[index]).find(|name| name.hash == hash && *name.text == *text)
    }

    fn insert(&mut self, name: &'static Name) {
        if self.count * 2 >= self.slots.len() {
            let size = (self.slots.len() * 2).max(8192);
            let old = std::mem::replace(&mut self.slots, vec![None; size]);
            self.count = 0;
            old.into_iter().flatten().for_each(|name| self.insert(name));
        }
        if let Some(free) = self.probe(name.hash).find(|&index| self.slots[index].is_none()) {
            self.slots[free] = Some(name);
            self.count += 1;
        }
    }

    /// Where a name of this hash may lie, the likeliest first.
    fn probe(&self, hash: u64) -> impl Iterator<Item = usize> + use<> {
        let size = self.slots.len();
        (0..size).map(move |step| (hash as usize).wrapping_add(step) & (size - 1))
    }
}

impl Symbol {
    pub fn new(text: &str) -> Symbol {
        let mut hasher = FxHasher::default();
        hasher.write(text.as_bytes());
        let hash = hasher.finish();
        if let Some(name) = NAMES.read().unwrap_or_else(PoisonError::into_inner).find(hash, text) {
            return Symbol(name);
        }
        let mut names = NAMES.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(name) = names.find(hash, text) {
            return Symbol(name);
        }
        let name: &'static Name = Box::leak(Box::new(Name { hash, text: text.into() }));
        names.insert(name);
        Symbol(name)
    }

    pub fn as_str(self) -> &'static str {
        &self.0.text
    }
}

impl PartialEq for Symbol {
    fn eq(&self, other: &Symbol) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Symbol {}

impl Hash for Symbol {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.hash);
    }
}

impl PartialOrd for Symbol {
    fn partial_cmp(&self, other: &Symbol) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By text.
impl Ord for Symbol {
    fn cmp(&self, other: &Symbol) -> Ordering {
        if self == other { Ordering::Equal } else { self.as_str().cmp(other.as_str()) }
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_one_symbol() {
        let many: Vec<Symbol> = (0..20_000).map(|n| Symbol::new(&format!("name{n}"))).collect();
        for (n, symbol) in many.iter().enumerate() {
            let text = format!("name{n}");
            assert_eq!(*symbol, Symbol::new(&text));
            assert_eq!(symbol.as_str(), text);
        }
        assert_ne!(many[0], many[1]);
        assert!(Symbol::new("a") < Symbol::new("b"));
    }
}
