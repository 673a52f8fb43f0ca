//! Async functions and `await`: which types are promises, and where one may wait.

use super::Checker;
use super::entity::Entity;

/// Where `Promise` is, in programs that have it.
const PROMISES: &str = "std:promise";

impl Checker<'_> {
    /// From here on `Promise<T>` is what `await` takes.
    pub(super) fn find_promise(&mut self) {
        if let Some(Entity::Nominal(id)) = self.std_entity(PROMISES, "Promise") {
            self.types.set_promise(id);
        }
    }
}
