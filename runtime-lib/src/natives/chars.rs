//! Natives of `char`: Unicode's classes and case mappings. ASCII is decided in Flash.

use crate::native;
use flash_abi::context::Context;

const ALPHABETIC: i32 = 1;
const NUMERIC: i32 = 2;
const WHITESPACE: i32 = 4;
const UPPER: i32 = 8;
const LOWER: i32 = 16;
const CONTROL: i32 = 32;

native! {
    /// The bits of `std:char`.
    fn flash_char_class(_ctx: *mut Context, c: u32) -> i32 {
        char::from_u32(c).map_or(0, class)
    }

    fn flash_char_to_upper(_ctx: *mut Context, c: u32) -> u32 {
        char::from_u32(c).map_or(c, |c| only(c, c.to_uppercase()))
    }

    fn flash_char_to_lower(_ctx: *mut Context, c: u32) -> u32 {
        char::from_u32(c).map_or(c, |c| only(c, c.to_lowercase()))
    }
}

fn class(c: char) -> i32 {
    let bits = [
        (c.is_alphabetic(), ALPHABETIC),
        (c.is_numeric(), NUMERIC),
        (c.is_whitespace(), WHITESPACE),
        (c.is_uppercase(), UPPER),
        (c.is_lowercase(), LOWER),
        (c.is_control(), CONTROL),
    ];
    bits.iter().filter(|(holds, _)| *holds).map(|(_, bit)| bit).sum()
}

/// The mapping when it is one scalar, else the scalar that was mapped.
fn only(c: char, mut mapped: impl Iterator<Item = char>) -> u32 {
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one as u32,
        _ => c as u32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes() {
        assert_eq!(class('ß'), ALPHABETIC | LOWER);
        assert_eq!(class('É'), ALPHABETIC | UPPER);
        assert_eq!(class('٣'), NUMERIC);
        assert_eq!(class('\u{a0}'), WHITESPACE);
        assert_eq!(class('\u{85}'), WHITESPACE | CONTROL);
        assert_eq!(class('!'), 0);
    }

    #[test]
    fn maps_to_one_scalar_only() {
        assert_eq!(only('é', 'é'.to_uppercase()), 'É' as u32);
        assert_eq!(only('ß', 'ß'.to_uppercase()), 'ß' as u32);
    }
}
