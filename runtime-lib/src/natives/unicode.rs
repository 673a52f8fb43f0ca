//! Natives of `str` and `char` that need Unicode's tables: what people see as one character, normal forms, folding of
//! case, columns in a terminal, general categories. ASCII takes a short way.

use super::{new_text, static_text, text};
use crate::native;
use flash_abi::context::Context;
use flash_abi::object::Str;
use icu_casemap::CaseMapper;
use std::borrow::Cow;
use std::cmp::Ordering;
use unicode_normalization::{
    IsNormalized, UnicodeNormalization, is_nfc_quick, is_nfd_quick, is_nfkc_quick, is_nfkd_quick,
};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

native! {
    /// (text, offset) -> where the extended grapheme cluster ends that starts there.
    fn flash_str_grapheme_end(_ctx: *mut Context, a: *const u8, a_len: i64, at: i64) -> i64 {
        // SAFETY: a live text.
        grapheme_end(unsafe { text(a, a_len) }, at.clamp(0, a_len) as usize) as i64
    }

    /// (text, offset) -> where the word, or the stretch between words, ends that starts there.
    fn flash_str_word_end(_ctx: *mut Context, a: *const u8, a_len: i64, at: i64) -> i64 {
        // SAFETY: a live text.
        let rest = unsafe { text(a, a_len) }.get(at.clamp(0, a_len) as usize..).unwrap_or_default();
        at + rest.split_word_bounds().next().map_or(0, str::len) as i64
    }

    /// (text, 0 NFC, 1 NFD, 2 NFKC, 3 NFKD)
    fn flash_str_normalize(ctx: *mut Context, a: *const u8, a_len: i64, form: i32) -> Str {
        // SAFETY: a live text, and this thread's context.
        unsafe {
            match normalized(text(a, a_len), form) {
                Some(normal) => new_text(ctx, &normal),
                None => Str { data: a, len: a_len },
            }
        }
    }

    /// Columns that a terminal gives to the text.
    fn flash_str_width(_ctx: *mut Context, a: *const u8, a_len: i64) -> i64 {
        // SAFETY: a live text.
        unsafe { text(a, a_len) }.width() as i64
    }

    fn flash_str_fold(ctx: *mut Context, a: *const u8, a_len: i64) -> Str {
        // SAFETY: a live text, and this thread's context.
        unsafe {
            match folded(text(a, a_len)) {
                Cow::Borrowed(_) => Str { data: a, len: a_len },
                Cow::Owned(new) => new_text(ctx, &new),
            }
        }
    }

    /// -1, 0 or 1: as `flash_str_compare` of both texts with their case folded.
    fn flash_str_compare_folded(_ctx: *mut Context, a: *const u8, a_len: i64, b: *const u8, b_len: i64) -> i32 {
        // SAFETY: live texts.
        match unsafe { compare_folded(text(a, a_len), text(b, b_len)) } {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        }
    }

    /// Unicode's general category: two letters such as `Lu`.
    fn flash_char_category(_ctx: *mut Context, c: u32) -> Str {
        static_text(char::from_u32(c).map_or("Cn", |c| category(c.general_category())))
    }

    /// Columns that a terminal gives to the scalar: 0, 1 or 2.
    fn flash_char_width(_ctx: *mut Context, c: u32) -> i32 {
        char::from_u32(c).and_then(|c| c.width()).unwrap_or(0) as i32
    }
}

fn grapheme_end(text: &str, at: usize) -> usize {
    if !text.is_char_boundary(at) {
        return at;
    }
    let mut cursor = GraphemeCursor::new(at, text.len(), true);
    cursor.next_boundary(text, 0).ok().flatten().unwrap_or(text.len())
}

/// The text in a normal form, unless it is surely in it already.
fn normalized(text: &str, form: i32) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let chars = text.chars();
    let is_normal = match form {
        0 => is_nfc_quick(chars),
        1 => is_nfd_quick(chars),
        2 => is_nfkc_quick(chars),
        _ => is_nfkd_quick(chars),
    };
    if is_normal == IsNormalized::Yes {
        return None;
    }
    Some(match form {
        0 => text.nfc().collect(),
        1 => text.nfd().collect(),
        2 => text.nfkc().collect(),
        _ => text.nfkd().collect(),
    })
}

fn folded(text: &str) -> Cow<'_, str> {
    if !text.is_ascii() {
        return CaseMapper::new().fold_string(text);
    }
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

fn compare_folded(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() {
        return a.bytes().map(|c| c.to_ascii_lowercase()).cmp(b.bytes().map(|c| c.to_ascii_lowercase()));
    }
    folded(a).as_bytes().cmp(folded(b).as_bytes())
}

/// The short name of a category.
fn category(category: GeneralCategory) -> &'static str {
    match category {
        GeneralCategory::UppercaseLetter => "Lu",
        GeneralCategory::LowercaseLetter => "Ll",
        GeneralCategory::TitlecaseLetter => "Lt",
        GeneralCategory::ModifierLetter => "Lm",
        GeneralCategory::OtherLetter => "Lo",
        GeneralCategory::NonspacingMark => "Mn",
        GeneralCategory::SpacingMark => "Mc",
        GeneralCategory::EnclosingMark => "Me",
        GeneralCategory::DecimalNumber => "Nd",
        GeneralCategory::LetterNumber => "Nl",
        GeneralCategory::OtherNumber => "No",
        GeneralCategory::ConnectorPunctuation => "Pc",
        GeneralCategory::DashPunctuation => "Pd",
        GeneralCategory::OpenPunctuation => "Ps",
        GeneralCategory::ClosePunctuation => "Pe",
        GeneralCategory::InitialPunctuation => "Pi",
        GeneralCategory::FinalPunctuation => "Pf",
        GeneralCategory::OtherPunctuation => "Po",
        GeneralCategory::MathSymbol => "Sm",
        GeneralCategory::CurrencySymbol => "Sc",
        GeneralCategory::ModifierSymbol => "Sk",
        GeneralCategory::OtherSymbol => "So",
        GeneralCategory::SpaceSeparator => "Zs",
        GeneralCategory::LineSeparator => "Zl",
        GeneralCategory::ParagraphSeparator => "Zp",
        GeneralCategory::Control => "Cc",
        GeneralCategory::Format => "Cf",
        GeneralCategory::Surrogate => "Cs",
        GeneralCategory::PrivateUse => "Co",
        GeneralCategory::Unassigned => "Cn",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graphemes_are_what_people_see() {
        let family = "👨‍👩‍👧🇩🇪e\u{301}\r\nx";
        let mut ends = Vec::new();
        let mut at = 0;
        while at < family.len() {
            at = grapheme_end(family, at);
            ends.push(at);
        }
        assert_eq!(ends, [18, 26, 29, 31, 32]);
    }

    #[test]
    fn cases_fold_in_all_scripts() {
        assert_eq!(folded("Straße ΣΑΣ"), "strasse σασ");
        assert_eq!(compare_folded("MASSE", "Maße"), Ordering::Equal);
        assert_eq!(compare_folded("a", "B"), Ordering::Less);
    }

    #[test]
    fn normal_forms() {
        assert_eq!(normalized("e\u{301}", 0).as_deref(), Some("é"));
        assert_eq!(normalized("é", 1).as_deref(), Some("e\u{301}"));
        assert_eq!(normalized("ﬁ", 2).as_deref(), Some("fi"));
        assert_eq!(normalized("é", 0), None);
    }
}
