//! Natives of `std:crypto`: hash functions, random bytes of the system, comparing in constant time. The state of a hash that is
//! being made is bytes in an array of the caller's: it needs no handle, is copied as an array is, and is freed with it.

use super::encoding::{span, span_mut};
use crate::native;
use flash_abi::context::Context;
use hmac::{EagerHash, Hmac, KeyInit};
use sha2::digest::common::hazmat::{SerializableState, SerializedState};
use sha2::digest::{Digest, FixedOutput, Update};
use std::mem::ManuallyDrop;
use subtle::ConstantTimeEq;

/// Does `$body` with `$hash` as the type of hash function number `$algorithm`, as in `std:crypto`.
macro_rules! with_hash {
    ($algorithm:expr, $hash:ident => $body:expr) => {
        match $algorithm {
            0 => {
                type $hash = md5::Md5;
                $body
            }
            1 => {
                type $hash = sha1::Sha1;
                $body
            }
            2 => {
                type $hash = sha2::Sha224;
                $body
            }
            3 => {
                type $hash = sha2::Sha256;
                $body
            }
            4 => {
                type $hash = sha2::Sha384;
                $body
            }
            _ => {
                type $hash = sha2::Sha512;
                $body
            }
        }
    };
}

native! {
    /// (algorithm, bytes, room) -> bytes of the hash, or -1 when there is no room for it.
    fn flash_hash_once(
        _ctx: *mut Context, algorithm: i32, data: *const u8, len: i64, out: *mut u8, room: i64,
    ) -> i64 {
        // SAFETY: live bytes, and an array with this room.
        let (data, out) = unsafe { (span(data, len), span_mut(out, room)) };
        with_hash!(algorithm, Hash => put(&Hash::digest(data), out))
    }

    /// (algorithm, room) -> bytes of the state of a hash of nothing.
    fn flash_hash_start(_ctx: *mut Context, algorithm: i32, out: *mut u8, room: i64) -> i64 {
        // SAFETY: an array with this room.
        let out = unsafe { span_mut(out, room) };
        with_hash!(algorithm, Hash => put(&Hash::default().serialize(), out))
    }

    /// (algorithm, state, bytes) -> 1, or 0 when the state is none.
    fn flash_hash_update(
        _ctx: *mut Context, algorithm: i32, state: *mut u8, state_len: i64, data: *const u8, len: i64,
    ) -> u8 {
        // SAFETY: live bytes; the state's array is another one.
        let (data, state) = unsafe { (span(data, len), span_mut(state, state_len)) };
        u8::from(with_hash!(algorithm, Hash => update::<Hash>(state, data)))
    }

    /// (algorithm, state, room) -> bytes of the hash, or -1.
    fn flash_hash_finish(
        _ctx: *mut Context, algorithm: i32, state: *const u8, state_len: i64, out: *mut u8, room: i64,
    ) -> i64 {
        // SAFETY: live bytes, and an array with this room.
        let (state, out) = unsafe { (span(state, state_len), span_mut(out, room)) };
        with_hash!(algorithm, Hash => finish::<Hash>(state, out))
    }

    /// (algorithm, key, bytes, room) -> bytes of the keyed hash, or -1 when there is no room for it.
    fn flash_hmac_once(
        _ctx: *mut Context, algorithm: i32, key: *const u8, key_len: i64, data: *const u8, len: i64, out: *mut u8,
        room: i64,
    ) -> i64 {
        // SAFETY: live bytes, and an array with this room.
        let (key, data, out) = unsafe { (span(key, key_len), span(data, len), span_mut(out, room)) };
        with_hash!(algorithm, Hash => {
            let mut mac = keyed::<Hash>(key);
            Update::update(&mut mac, data);
            put(&mac.finalize_fixed(), out)
        })
    }

    /// (algorithm, key, state): begins a keyed hash in a place that is large enough.
    fn flash_hmac_start(_ctx: *mut Context, algorithm: i32, key: *const u8, key_len: i64, state: *mut u8) {
        // SAFETY: live bytes; std gives `HMAC_ROOM` bytes.
        with_hash!(algorithm, Hash => unsafe {
            store(ManuallyDrop::new(keyed::<Hash>(span(key, key_len))), state)
        });
    }

    /// (algorithm, state, bytes): adds to a keyed hash.
    fn flash_hmac_update(_ctx: *mut Context, algorithm: i32, state: *mut u8, data: *const u8, len: i64) {
        with_hash!(algorithm, Hash => {
            // SAFETY: live bytes, and a state that `flash_hmac_start` has written for the same algorithm.
            unsafe {
                let mut mac = stored::<Hash>(state);
                Update::update(&mut *mac, span(data, len));
                store(mac, state);
            }
        });
    }

    /// (algorithm, state, room) -> bytes of the keyed hash; the state stays as it is.
    fn flash_hmac_finish(_ctx: *mut Context, algorithm: i32, state: *const u8, out: *mut u8, room: i64) -> i64 {
        // SAFETY: as above, and an array with this room.
        with_hash!(algorithm, Hash => unsafe {
            put(&Hmac::clone(&stored::<Hash>(state)).finalize_fixed(), span_mut(out, room))
        })
    }

    /// Fills an array with random bytes of the system; 1, or 0 when it has none to give.
    fn flash_random_fill(_ctx: *mut Context, out: *mut u8, len: i64) -> u8 {
        // SAFETY: an array of this length.
        u8::from(getrandom::fill(unsafe { span_mut(out, len) }).is_ok())
    }

    /// Whether both are equal. The time depends on the lengths only.
    fn flash_equal_in_constant_time(_ctx: *mut Context, a: *const u8, a_len: i64, b: *const u8, b_len: i64) -> u8 {
        // SAFETY: live bytes.
        u8::from(bool::from(unsafe { span(a, a_len).ct_eq(span(b, b_len)) }))
    }
}

fn put(bytes: &[u8], out: &mut [u8]) -> i64 {
    match out.get_mut(..bytes.len()) {
        Some(out) => {
            out.copy_from_slice(bytes);
            bytes.len() as i64
        }
        None => -1,
    }
}

/// Bytes that `std:crypto` has for the state of a keyed hash.
const HMAC_ROOM: usize = 512;

fn keyed<H: EagerHash>(key: &[u8]) -> Hmac<H> {
    match Hmac::new_from_slice(key) {
        Ok(mac) => mac,
        Err(_) => unreachable!("keys may be of any length"),
    }
}

/// Writes a keyed hash to where Flash keeps it: plain bytes, which nobody drops.
///
/// # Safety
/// `HMAC_ROOM` bytes may be written there.
unsafe fn store<H: EagerHash>(mac: ManuallyDrop<Hmac<H>>, state: *mut u8) {
    const { assert!(size_of::<Hmac<H>>() <= HMAC_ROOM) };
    // SAFETY: promised by the caller, and it fits.
    unsafe { state.cast::<ManuallyDrop<Hmac<H>>>().write_unaligned(mac) }
}

/// Reads it again.
///
/// # Safety
/// [`store`] has written it there, or where it was copied from. `std:crypto` sees to that: nobody else can make or write
/// the place, which is private and behind a pointer.
unsafe fn stored<H: EagerHash>(state: *const u8) -> ManuallyDrop<Hmac<H>> {
    // SAFETY: promised by the caller; it owns no memory and is not dropped, so that it may be read more than once.
    unsafe { state.cast::<ManuallyDrop<Hmac<H>>>().read_unaligned() }
}

fn load<H: SerializableState>(state: &[u8]) -> Option<H> {
    H::deserialize(&SerializedState::<H>::try_from(state).ok()?).ok()
}

fn update<H: SerializableState + Update>(state: &mut [u8], data: &[u8]) -> bool {
    let Some(mut hash) = load::<H>(state) else { return false };
    hash.update(data);
    put(&hash.serialize(), state) >= 0
}

fn finish<H: SerializableState + FixedOutput>(state: &[u8], out: &mut [u8]) -> i64 {
    load::<H>(state).map_or(-1, |hash| put(&hash.finalize_fixed(), out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_pieces_as_at_once() {
        for algorithm in 0..6 {
            with_hash!(algorithm, Hash => {
                let mut state = [0; 256];
                let size = put(&Hash::default().serialize(), &mut state) as usize;
                for piece in [&b"The quick "[..], b"", &[b'x'; 300]] {
                    assert!(update::<Hash>(&mut state[..size], piece));
                }
                let mut out = [0; 64];
                let len = finish::<Hash>(&state[..size], &mut out) as usize;
                let whole = [&b"The quick "[..], &[b'x'; 300]].concat();
                assert_eq!(out[..len], Hash::digest(&whole)[..]);
                assert_eq!(finish::<Hash>(&state[..size - 1], &mut out), -1);
            });
        }
    }
}
