//! The environment variables of the program. They are the process's, and what the program changed lies beside them:
//! C's own table is never written, because other threads may be reading it. Children get both together.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::sync::RwLock;

/// What the program set (or removed).
static CHANGES: RwLock<BTreeMap<OsString, Option<OsString>>> = RwLock::new(BTreeMap::new());

/// Whether a variable may have this name.
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0'])
}

/// The value of a variable.
pub fn get(name: &str) -> Option<OsString> {
    // The system's function fails the process on names that cannot be.
    if !is_name(name) {
        return None;
    }
    if let Ok(changes) = CHANGES.read()
        && let Some(change) = changes.get(OsStr::new(name))
    {
        return change.clone();
    }
    std::env::var_os(name)
}

/// Sets a variable, or removes it. The name must be one.
pub fn set(name: &str, value: Option<&str>) {
    if let Ok(mut changes) = CHANGES.write() {
        changes.insert(name.into(), value.map(Into::into));
    }
}

/// All variables, sorted by name.
pub fn all() -> BTreeMap<OsString, OsString> {
    let mut all: BTreeMap<OsString, OsString> = std::env::vars_os().collect();
    if let Ok(changes) = CHANGES.read() {
        for (name, change) in changes.iter() {
            match change {
                Some(value) => all.insert(name.clone(), value.clone()),
                None => all.remove(name),
            };
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_lie_over_the_processes() {
        set("FLASH_UNIT_TEST", Some("1"));
        assert_eq!(get("FLASH_UNIT_TEST"), Some("1".into()));
        assert!(all().contains_key(OsStr::new("FLASH_UNIT_TEST")));
        assert!(std::env::var_os("FLASH_UNIT_TEST").is_none());
        set("FLASH_UNIT_TEST", None);
        assert_eq!(get("FLASH_UNIT_TEST"), None);
        assert_eq!(get("A=B"), None);
    }
}
