//! Why the last native of this thread could not do what it was asked for: words, and a place in the text that it was
//! given. What natives of `std:regex`, `std:url` and `std:date` leave behind when they give `null`.

use super::new_text;
use crate::native;
use flash_abi::context::Context;
use flash_abi::object::Str;
use std::cell::{Cell, RefCell};

thread_local! {
    static WORDS: RefCell<String> = const { RefCell::new(String::new()) };
    static PLACE: Cell<i64> = const { Cell::new(0) };
}

/// Keeps the words and the place until the next problem.
pub fn keep(words: impl Into<String>, place: usize) {
    WORDS.set(words.into());
    PLACE.set(place as i64);
}

native! {
    /// The words.
    fn flash_problem(ctx: *mut Context) -> Str {
        let words = WORDS.with_borrow(String::clone);
        // SAFETY: this thread's context.
        unsafe { new_text(ctx, &words) }
    }

    /// The place: an offset in bytes.
    fn flash_problem_at(_ctx: *mut Context) -> i64 {
        PLACE.get()
    }
}
