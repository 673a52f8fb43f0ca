//! Link names: how the name of a Flash function or datum stands in object files and NASM text.
//! Both use the same, so that objects of either road link with each other. The mapping is
//! injective and keeps letters, digits, `_`, `.` and `$`, so names of C and of the runtime stay.

use std::fmt::Write;

/// Longest link name; NASM takes 4095. Longer ones end in a hash of the whole.
const LONGEST: usize = 1000;

/// The link name of a symbol: `main.fib` stays, `std:array.push<i32>` becomes `std#array.push~li32~g`.
///
/// `:` is `#`; `~l ~g ~s ~t ~_ ~.` are `<`, `>`, `[`, `]`, `,` and the space; `~hh` is any other byte. A
/// name that would not start with a letter or `_` gets `_~~` before it.
pub fn link_name(symbol: &str) -> String {
    let mut name = String::with_capacity(symbol.len() + 8);
    if !symbol.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        name.push_str("_~~");
    }
    for byte in symbol.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'$' => name.push(byte as char),
            b':' => name.push('#'),
            b'<' => name.push_str("~l"),
            b'>' => name.push_str("~g"),
            b'[' => name.push_str("~s"),
            b']' => name.push_str("~t"),
            b',' => name.push_str("~_"),
            b' ' => name.push_str("~."),
            _ => {
                let _ = write!(name, "~{byte:02x}");
            }
        }
    }
    if name.len() > LONGEST {
        name.truncate(LONGEST);
        let _ = write!(name, "~~{:016x}", fnv1a(symbol.as_bytes()));
    }
    name
}

fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &b| (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::link_name;

    #[test]
    fn plain_names_stay() {
        for name in ["main.fib", "flash_alloc", "memcpy", "a$b", "_start"] {
            assert_eq!(link_name(name), name);
        }
    }

    #[test]
    fn others_are_escaped_without_collisions() {
        assert_eq!(link_name("std:array.push<i32>"), "std#array.push~li32~g");
        assert_eq!(link_name("main.<closure>"), "main.~lclosure~g");
        assert_eq!(link_name("2d.f"), "_~~2d.f");
        assert_eq!(link_name("\u{e9}.f"), "_~~~c3~a9.f");
        let names = ["a<b", "a~lb", "a:b", "a#b", "a b", "a.b", "a~.b", "~", "~~", "", "_", "_~~"];
        let escaped: std::collections::HashSet<String> = names.iter().map(|n| link_name(n)).collect();
        assert_eq!(escaped.len(), names.len());
    }

    #[test]
    fn long_names_are_cut_but_stay_different() {
        let (a, b) = (format!("{}a", "x".repeat(5000)), format!("{}b", "x".repeat(5000)));
        assert!(link_name(&a).len() < 1100);
        assert_ne!(link_name(&a), link_name(&b));
    }
}
