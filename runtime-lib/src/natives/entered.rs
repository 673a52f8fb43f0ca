//! The objects that are being written, each inside of the one before: whether one is among them.

use std::collections::HashSet;

/// So many are looked through one by one.
const SHALLOW: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Entered {
    objects: Vec<*const u8>,
    /// The same, once they are more.
    deep: HashSet<*const u8>,
}

impl Entered {
    /// Goes into an object; false when it is inside of itself.
    pub fn enter(&mut self, object: *const u8) -> bool {
        let is_known = if self.deep.is_empty() { self.objects.contains(&object) } else { self.deep.contains(&object) };
        if is_known {
            return false;
        }
        self.objects.push(object);
        if !self.deep.is_empty() {
            self.deep.insert(object);
        } else if self.objects.len() > SHALLOW {
            self.deep.extend(&self.objects);
        }
        true
    }

    /// Leaves the innermost one.
    pub fn leave(&mut self) {
        let Some(object) = self.objects.pop() else { return };
        self.deep.remove(&object);
        if self.objects.len() <= SHALLOW {
            self.deep.clear();
        }
    }

    pub fn clear(&mut self) {
        self.objects.clear();
        self.deep.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_inside_once() {
        let mut entered = Entered::default();
        let bytes = [0_u8; 100];
        for byte in &bytes {
            assert!(entered.enter(byte));
        }
        assert!(!entered.enter(&bytes[3]) && !entered.enter(&bytes[99]));
        for _ in 0..60 {
            entered.leave();
        }
        assert!(!entered.enter(&bytes[39]) && entered.enter(&bytes[40]));
        for _ in 0..30 {
            entered.leave();
        }
        assert!(!entered.enter(&bytes[10]) && entered.enter(&bytes[11]) && entered.deep.is_empty());
    }
}
