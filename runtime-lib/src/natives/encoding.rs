//! Natives of `std:encoding`: base64, hexadecimal, UTF-8 and UTF-16. Decoders write to an array that the caller made large
//! enough; a negative result is the place of a mistake and its kind (see `wrong`).

use super::{new_text, new_text_of, text};
use crate::native;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{DecodeError, DecodeSliceError, Engine};
use flash_abi::context::Context;
use flash_abi::object::Str;
use hex::FromHexError;

const CONFIG: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
/// By bits: 1 the alphabet for URLs, 2 without `=` at the end.
const ENGINES: [GeneralPurpose; 4] = [
    GeneralPurpose::new(&STANDARD, CONFIG),
    GeneralPurpose::new(&URL_SAFE, CONFIG),
    GeneralPurpose::new(&STANDARD, CONFIG.with_encode_padding(false)),
    GeneralPurpose::new(&URL_SAFE, CONFIG.with_encode_padding(false)),
];

// What is wrong, as in `std:encoding`.
const CHARACTER: i64 = 0;
const LENGTH: i64 = 1;
const PADDING: i64 = 2;
const LAST_BITS: i64 = 3;

/// The place and the kind of a mistake as one negative number.
fn wrong(place: usize, kind: i64) -> i64 {
    -(1 + place as i64 * 4 + kind)
}

/// The bytes at an address, which may be any when there are none.
///
/// # Safety
/// There are `len` live bytes.
pub unsafe fn span<'a>(data: *const u8, len: i64) -> &'a [u8] {
    if len <= 0 {
        return &[];
    }
    // SAFETY: promised by the caller.
    unsafe { std::slice::from_raw_parts(data, len as usize) }
}

/// As [`span`], to be written.
///
/// # Safety
/// There are `len` live bytes that nobody else uses now.
pub unsafe fn span_mut<'a>(data: *mut u8, len: i64) -> &'a mut [u8] {
    if len <= 0 {
        return &mut [];
    }
    // SAFETY: promised by the caller.
    unsafe { std::slice::from_raw_parts_mut(data, len as usize) }
}

native! {
    /// (bytes, variant)
    fn flash_base64_encode(ctx: *mut Context, data: *const u8, len: i64, variant: i32) -> Str {
        // SAFETY: live bytes, and this thread's context.
        unsafe { new_text(ctx, &ENGINES[(variant & 3) as usize].encode(span(data, len))) }
    }

    /// (text, variant, room) -> number of bytes, or what is wrong.
    fn flash_base64_decode(_ctx: *mut Context, a: *const u8, a_len: i64, variant: i32, out: *mut u8, room: i64) -> i64 {
        // SAFETY: a live text, and an array with this room.
        let (encoded, out) = unsafe { (text(a, a_len), span_mut(out, room)) };
        decode_base64(encoded, variant, out)
    }

    fn flash_hex_encode(ctx: *mut Context, data: *const u8, len: i64) -> Str {
        // SAFETY: live bytes, and this thread's context.
        unsafe { new_text(ctx, &hex::encode(span(data, len))) }
    }

    /// (text, room) -> number of bytes, or what is wrong.
    fn flash_hex_decode(_ctx: *mut Context, a: *const u8, a_len: i64, out: *mut u8, room: i64) -> i64 {
        // SAFETY: a live text, and an array with this room.
        let (encoded, out) = unsafe { (text(a, a_len), span_mut(out, room)) };
        let count = encoded.len() / 2;
        let Some(out) = out.get_mut(..count) else { return wrong(0, LENGTH) };
        match hex::decode_to_slice(encoded, out) {
            Ok(()) => count as i64,
            Err(FromHexError::InvalidHexCharacter { index, .. }) => wrong(index, CHARACTER),
            Err(_) => match encoded.bytes().position(|b| !b.is_ascii_hexdigit()) {
                Some(index) => wrong(index, CHARACTER),
                None => wrong(encoded.len(), LENGTH),
            },
        }
    }

    /// The text of bytes; U+FFFD for what is not UTF-8.
    fn flash_utf8_decode(ctx: *mut Context, data: *const u8, len: i64) -> Str {
        // SAFETY: live bytes, and this thread's context.
        unsafe { new_text(ctx, &String::from_utf8_lossy(span(data, len))) }
    }

    /// How many of the bytes are UTF-8, until the first that are not.
    fn flash_utf8_valid(_ctx: *mut Context, data: *const u8, len: i64) -> i64 {
        // SAFETY: live bytes.
        match std::str::from_utf8(unsafe { span(data, len) }) {
            Ok(text) => text.len() as i64,
            Err(error) => error.valid_up_to() as i64,
        }
    }

    /// (text, array with room for as many units as the text has bytes) -> number of units.
    fn flash_utf16_encode(_ctx: *mut Context, a: *const u8, a_len: i64, out: *mut u16) -> i64 {
        let mut count = 0;
        // SAFETY: a live text, which has at most as many units as bytes.
        unsafe {
            for unit in text(a, a_len).encode_utf16() {
                *out.add(count) = unit;
                count += 1;
            }
        }
        count as i64
    }

    /// The text of UTF-16 units; U+FFFD for half of a pair.
    fn flash_utf16_decode(ctx: *mut Context, data: *const u16, count: i64) -> Str {
        // SAFETY: live units, and this thread's context.
        unsafe {
            let units = if count <= 0 { &[] } else { std::slice::from_raw_parts(data, count as usize) };
            new_text(ctx, &String::from_utf16_lossy(units))
        }
    }

    /// The place of the first unit that is half of a pair alone, or -1.
    fn flash_utf16_wrong(_ctx: *mut Context, data: *const u16, count: i64) -> i64 {
        // SAFETY: live units.
        let units = if count <= 0 { &[] } else { unsafe { std::slice::from_raw_parts(data, count as usize) } };
        let mut place = 0;
        for scalar in char::decode_utf16(units.iter().copied()) {
            match scalar {
                Ok(scalar) => place += scalar.len_utf16() as i64,
                Err(_) => return place,
            }
        }
        -1
    }

    /// The text of bytes that are each a scalar value of their own, as in Latin-1.
    fn flash_latin1_decode(ctx: *mut Context, data: *const u8, len: i64) -> Str {
        // SAFETY: live bytes, and this thread's context.
        unsafe {
            let bytes = span(data, len);
            if bytes.is_ascii() {
                return new_text_of(ctx, bytes);
            }
            new_text(ctx, &bytes.iter().map(|&b| char::from(b)).collect::<String>())
        }
    }
}

fn decode_base64(encoded: &str, variant: i32, out: &mut [u8]) -> i64 {
    match ENGINES[(variant & 3) as usize].decode_slice(encoded, out) {
        Ok(count) => count as i64,
        Err(DecodeSliceError::DecodeError(error)) => match error {
            DecodeError::InvalidByte(place, _) => wrong(place, CHARACTER),
            DecodeError::InvalidLength(_) => wrong(encoded.len(), LENGTH),
            DecodeError::InvalidLastSymbol { offset, .. } => wrong(offset, LAST_BITS),
            DecodeError::InvalidPadding => wrong(encoded.find('=').unwrap_or(encoded.len()), PADDING),
        },
        Err(DecodeSliceError::OutputSliceTooSmall) => wrong(0, LENGTH),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_says_what_is_wrong() {
        let decoded = |text: &str, variant| {
            let mut out = [0; 64];
            let count = decode_base64(text, variant, &mut out);
            (count, out[..count.max(0) as usize].to_vec())
        };
        assert_eq!(decoded("SGk=", 0), (2, b"Hi".to_vec()));
        assert_eq!(decoded("SGk", 0), (2, b"Hi".to_vec()));
        assert_eq!(decoded("-_-_", 1).0, 3);
        assert_eq!(decoded("SG k", 0).0, wrong(2, CHARACTER));
        assert_eq!(decoded("SGkqS", 0).0, wrong(5, LENGTH));
        assert_eq!(decoded("SGl=", 0).0, wrong(2, LAST_BITS));
        assert_eq!(decoded("SG=k", 0).0, wrong(2, CHARACTER));
    }
}
