//! Natives that allocate, with a collection at every allocation: texts stay what they are.
#![cfg(target_arch = "x86_64")]

use flash_abi::context::Context;
use flash_abi::object::Str;
use flash_abi::program::{MAGIC, Program};
use flash_runtime::gc;
use flash_runtime::natives::text::*;
use flash_runtime::natives::{buffer, new_text, text as text_of};
use flash_runtime::thread::{self, StackKind};
use std::ptr::null;

static PROGRAM: SharedProgram = SharedProgram(Program {
    magic: MAGIC,
    abi_version: flash_abi::ABI_VERSION,
    reserved: 0,
    globals_size: 0,
    globals_descriptor: null(),
    entry: null(),
    text: null(),
    text_size: 0,
    functions: null(),
    function_count: 0,
    sites: null(),
    site_count: 0,
    locations: null(),
    location_count: 0,
    files: null(),
    file_count: 0,
    strings: null(),
    strings_size: 0,
    handlers: null(),
    handler_count: 0,
    errors: null(),
    error_count: 0,
    describe: null(),
});

struct SharedProgram(Program);

// SAFETY: never written.
unsafe impl Sync for SharedProgram {}

/// A context on this thread's own stack, which the collector scans.
fn context(mode: &str) -> *mut Context {
    // SAFETY: this file's tests run one after the other, in one function; the program lives for ever.
    unsafe {
        std::env::set_var("FLASH_GC", mode);
        thread::create(&raw const PROGRAM.0, StackKind::Callers).expect("memory")
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % limit
    }
}

/// Random operations on texts, against the same on Rust's strings. The texts lie in an array on the stack.
fn texts_agree(ctx: *mut Context, steps: usize) {
    let mut random = Random(7);
    // SAFETY: the context is this thread's; every `Str` comes from a native and is on the scanned stack.
    unsafe {
        let mut texts = [new_text(ctx, "Grüße"); 16];
        let mut model: Vec<String> = vec!["Grüße".to_string(); 16];
        for step in 0..steps {
            let (a, b, to) = (random.below(16), random.below(16), random.below(16));
            let (x, y) = (texts[a], texts[b]);
            let (result, expected): (Str, String) = match random.below(7) {
                0 => (flash_str_to_upper(ctx, x.data, x.len), model[a].to_uppercase()),
                1 => (flash_str_to_lower(ctx, x.data, x.len), model[a].to_lowercase()),
                2 => (flash_str_repeat(ctx, x.data, x.len, 2), model[a].repeat(2)),
                3 => {
                    let number = step.to_string();
                    (new_text(ctx, &number), number)
                }
                4 => {
                    let out = buffer::flash_buf_new(ctx);
                    buffer::flash_buf_str(ctx, out, x.data, x.len);
                    buffer::flash_buf_i64(ctx, out, -7);
                    buffer::flash_buf_str(ctx, out, y.data, y.len);
                    (buffer::flash_buf_finish(ctx, out), format!("{}-7{}", model[a], model[b]))
                }
                _ => (flash_str_concat(ctx, x.data, x.len, y.data, y.len), format!("{}{}", model[a], model[b])),
            };
            assert_eq!(text_of(result.data, result.len), expected);
            // Long ones would only make it slow.
            if expected.len() < 2000 {
                (texts[to], model[to]) = (result, expected);
            } else {
                (texts[to], model[to]) = (new_text(ctx, "x"), "x".to_string());
            }
            for (kept, expected) in texts.iter().zip(&model) {
                assert_eq!(text_of(kept.data, kept.len), expected);
            }
        }
    }
}

#[test]
fn texts_survive_collections() {
    for (mode, steps) in [("stress,verify", 3_000), ("stress", 20_000), ("verify", 100_000)] {
        let ctx = context(mode);
        texts_agree(ctx, steps);
        // SAFETY: made above; nothing of it is used any more.
        unsafe {
            assert!(gc::collections(ctx) >= if mode.contains("stress") { steps / 2 } else { 1 });
            thread::destroy(ctx);
        }
    }
}
