//! Natives that need a heap, called as compiled code would.

use super::buffer::*;
use super::text::*;
use super::{Str, bytes, static_text};
use crate::gc;
use crate::thread::{self, StackKind};
use flash_abi::ABI_VERSION;
use flash_abi::context::Context;
use flash_abi::program::{MAGIC, Program};
use std::collections::HashSet;
use std::ptr::null;

/// Calls `test` with the context of a thread that runs no program.
fn with_context(test: impl FnOnce(*mut Context) + Send) {
    let run = || {
        let program = Program {
            magic: MAGIC,
            abi_version: ABI_VERSION,
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
        };
        // SAFETY: this new thread has no context yet, and the program outlives the context.
        unsafe {
            let ctx = thread::create(&program, StackKind::Own).expect("memory for a thread");
            test(ctx);
            thread::destroy(ctx);
        }
    };
    std::thread::scope(|scope| scope.spawn(run).join().expect("the test"));
}

fn shown(text: Str) -> String {
    // SAFETY: the tests collect only when they hold no text any more.
    String::from_utf8(unsafe { bytes(text.data, text.len) }.to_vec()).expect("UTF-8")
}

fn concat_texts(ctx: *mut Context, a: Str, b: &'static str) -> Str {
    let b = static_text(b);
    // SAFETY: live texts and this thread's context.
    unsafe { flash_str_concat(ctx, a.data, a.len, b.data, b.len) }
}

#[test]
fn appending_leaves_other_texts_alone() {
    with_context(|ctx| {
        let a = concat_texts(ctx, static_text("start"), "-a");
        let b = concat_texts(ctx, a, "-b");
        let c = concat_texts(ctx, a, "-c");
        let b2 = concat_texts(ctx, b, "-more");
        let b3 = concat_texts(ctx, b, "-other");
        let texts = [a, b, c, b2, b3].map(shown);
        assert_eq!(texts, ["start-a", "start-a-b", "start-a-c", "start-a-b-more", "start-a-b-other"]);
    });
}

#[test]
fn appending_copies_seldom() {
    with_context(|ctx| {
        let mut text = static_text("x");
        let mut other = static_text("y");
        let mut places = HashSet::new();
        for _ in 0..10_000 {
            text = concat_texts(ctx, text, "ab");
            // What is built at the same time does not disturb.
            let part = concat_texts(ctx, static_text("k"), "=v;");
            other = concat_texts(ctx, other, "12");
            assert_eq!(part.len, 4);
            places.insert(text.data);
            places.insert(other.data);
        }
        assert_eq!((text.len, other.len), (20_001, 20_001));
        assert!(shown(text).ends_with("bab") && shown(other).ends_with("212"));
        assert!(places.len() < 40, "{} buffers", places.len());
    });
}

#[test]
fn a_collection_ends_appending() {
    with_context(|ctx| {
        let mut text = static_text("x");
        for _ in 0..10 {
            text = concat_texts(ctx, text, "ab");
        }
        let before = text.data;
        // SAFETY: this thread's context. The text is kept by `hold`.
        unsafe {
            let held = gc::hold(ctx, text.data.cast_mut());
            gc::collect(ctx);
            text = concat_texts(ctx, text, "c");
            gc::release(ctx, held);
        }
        assert_ne!(text.data, before);
        assert_eq!(shown(text), "xababababababababababc");
    });
}

#[test]
fn buffers_are_used_again() {
    with_context(|ctx| {
        // SAFETY: buffers are used between `new` and `finish`; live texts and this thread's context.
        unsafe {
            let first = flash_buf_new(ctx);
            flash_buf_i64(ctx, first, -42);
            flash_buf_str(ctx, first, b" and ".as_ptr(), 5);
            flash_buf_f64(ctx, first, 1.0);
            assert_eq!(shown(flash_buf_finish(ctx, first)), "-42 and 1.0");
            let second = flash_buf_new(ctx);
            assert_eq!(first, second);
            flash_buf_char(ctx, second, 'é' as u32);
            flash_buf_bool(ctx, second, 1);
            let before = static_text("before ");
            assert_eq!(shown(flash_buf_finish_after(ctx, second, before.data, before.len)), "before étrue");
            let empty = flash_buf_new(ctx);
            assert_eq!(shown(flash_buf_finish(ctx, empty)), "");
        }
    });
}

#[test]
fn texts_are_changed_and_found() {
    with_context(|ctx| {
        let s = static_text("naïve Straße");
        let (part, by) = (static_text("a"), static_text("[a]"));
        // SAFETY: live texts and this thread's context.
        unsafe {
            assert_eq!(shown(flash_str_to_upper(ctx, s.data, s.len)), "NAÏVE STRASSE");
            assert_eq!(shown(flash_str_to_lower(ctx, s.data, s.len)), "naïve straße");
            let replaced = flash_str_replace_all(ctx, s.data, s.len, part.data, part.len, by.data, by.len);
            assert_eq!(shown(replaced), "n[a]ïve Str[a]ße");
            assert_eq!(shown(flash_str_repeat(ctx, part.data, part.len, 3)), "aaa");
            assert_eq!(flash_str_last_index_of(ctx, s.data, s.len, part.data, part.len), 10);
            assert_eq!(flash_str_index_of(ctx, s.data, s.len, part.data, part.len, 2), 10);
            let padded = static_text(" \u{a0} x\t");
            assert_eq!(shown(flash_str_trim_start(ctx, padded.data, padded.len)), "x\t");
            assert_eq!(shown(flash_str_trim_end(ctx, padded.data, padded.len)), " \u{a0} x");
            assert!(flash_str_from_utf8(ctx, [0xffu8].as_ptr(), 1).data.is_null());
            let c_text = flash_str_to_c(ctx, s.data, s.len);
            assert_eq!(shown(flash_str_from_c(ctx, c_text)), "naïve Straße");
        }
    });
}
