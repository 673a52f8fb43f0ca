//! The standard library's sources, embedded when the compiler is built.

/// Name without `std:` and text of every module of std, sorted by name.
pub const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/std_files.rs"));

/// The text of `std:NAME`.
pub fn text(name: &str) -> Option<&'static str> {
    FILES.binary_search_by_key(&name, |(n, _)| n).ok().map(|index| FILES[index].1)
}
