//! Natives of `std:url`: parsing, changing and resolving by the WHATWG's rules, and percent-encoding. A URL is its text and the
//! offsets of its parts, so `std:url` reads parts by itself.

use super::{NULL_TEXT, new_text, problem, text};
use crate::native;
use flash_abi::context::Context;
use flash_abi::object::Str;
use url::{Url, quirks};

native! {
    /// (text, base or null, array of 15) -> the URL's text, or null and a problem. Writes the offsets of its parts.
    fn flash_url_parse(
        ctx: *mut Context, a: *const u8, a_len: i64, base: *const u8, base_len: i64, places: *mut i64,
    ) -> Str {
        // SAFETY: live texts (the base may be null), an array of 15, and this thread's context.
        unsafe {
            let base = if base.is_null() { None } else { Some(text(base, base_len)) };
            match parse(text(a, a_len), base) {
                Ok(url) => give(ctx, &url, places),
                Err(words) => {
                    problem::keep(words, 0);
                    NULL_TEXT
                }
            }
        }
    }

    /// (URL, part, value, array of 15) -> the text of the changed URL, or null when it cannot be changed so.
    fn flash_url_set(
        ctx: *mut Context, a: *const u8, a_len: i64, part: i32, value: *const u8, value_len: i64, places: *mut i64,
    ) -> Str {
        // SAFETY: live texts, an array of 15, and this thread's context.
        unsafe {
            let Ok(mut url) = Url::parse(text(a, a_len)) else { return NULL_TEXT };
            match set(&mut url, part, text(value, value_len)) {
                Ok(()) => give(ctx, &url, places),
                Err(()) => NULL_TEXT,
            }
        }
    }

    fn flash_url_origin(ctx: *mut Context, a: *const u8, a_len: i64) -> Str {
        // SAFETY: a live text, and this thread's context.
        unsafe {
            let origin = Url::parse(text(a, a_len)).map(|url| quirks::origin(&url));
            new_text(ctx, &origin.unwrap_or_else(|_| "null".to_owned()))
        }
    }

    /// (domain, 1 to ASCII or 0 to Unicode) -> empty when it is none.
    fn flash_url_domain(ctx: *mut Context, a: *const u8, a_len: i64, to_ascii: u8) -> Str {
        // SAFETY: a live text, and this thread's context.
        unsafe {
            let domain = text(a, a_len);
            let made = if to_ascii & 1 == 1 { quirks::domain_to_ascii(domain) } else { quirks::domain_to_unicode(domain) };
            new_text(ctx, &made)
        }
    }

    /// The path that a `file:` URL is for, or null.
    fn flash_url_to_path(ctx: *mut Context, a: *const u8, a_len: i64) -> Str {
        // SAFETY: a live text, and this thread's context.
        unsafe {
            let path = Url::parse(text(a, a_len)).ok().and_then(|url| url.to_file_path().ok());
            match path.as_deref().and_then(std::path::Path::to_str) {
                Some(path) => new_text(ctx, path),
                None => NULL_TEXT,
            }
        }
    }

    /// The `file:` URL of an absolute path, or null.
    fn flash_url_from_path(ctx: *mut Context, a: *const u8, a_len: i64) -> Str {
        // SAFETY: a live text, and this thread's context.
        unsafe {
            match Url::from_file_path(text(a, a_len)) {
                Ok(url) => new_text(ctx, url.as_str()),
                Err(()) => NULL_TEXT,
            }
        }
    }

    /// (text, set): 0 a component, 1 a whole URI, 2 a value of a form.
    fn flash_percent_encode(ctx: *mut Context, a: *const u8, a_len: i64, set: i32) -> Str {
        // SAFETY: a live text, and this thread's context.
        unsafe {
            let plain = text(a, a_len);
            if plain.bytes().all(|b| is_kept(b, set)) {
                return Str { data: a, len: a_len };
            }
            new_text(ctx, &encode(plain, set))
        }
    }

    /// (text, 1 for a form's rules) -> null and a problem when it is not well-formed; a form always is.
    fn flash_percent_decode(ctx: *mut Context, a: *const u8, a_len: i64, form: u8) -> Str {
        // SAFETY: a live text, and this thread's context.
        unsafe {
            match decode(text(a, a_len), form & 1 == 1) {
                Ok(plain) => new_text(ctx, &plain),
                Err((words, place)) => {
                    problem::keep(words, place);
                    NULL_TEXT
                }
            }
        }
    }
}

/// The URL's text; writes where its scheme ends, and start and end of username, password, host, port, path, query, fragment.
///
/// # Safety
/// This thread's context, and an array of 15.
unsafe fn give(ctx: *mut Context, url: &Url, places: *mut i64) -> Str {
    // SAFETY: promised by the caller.
    unsafe {
        std::slice::from_raw_parts_mut(places, 15).copy_from_slice(&parts(url));
        new_text(ctx, url.as_str())
    }
}

fn parts(url: &Url) -> [i64; 15] {
    let host = url.host_str().unwrap_or_default();
    let parts = [
        url.username(),
        url.password().unwrap_or_default(),
        host,
        quirks::port(url),
        url.path(),
        url.query().unwrap_or_default(),
        url.fragment().unwrap_or_default(),
    ];
    let mut places = [0; 15];
    places[0] = url.scheme().len() as i64;
    for (index, part) in parts.into_iter().enumerate().filter(|(_, part)| !part.is_empty()) {
        // Every part is a stretch of the whole text.
        let start = part.as_ptr() as i64 - url.as_str().as_ptr() as i64;
        places[1 + index * 2] = start;
        places[2 + index * 2] = start + part.len() as i64;
    }
    places
}

fn parse(text: &str, base: Option<&str>) -> Result<Url, String> {
    let parsed = match base {
        None => Url::parse(text),
        Some(base) => {
            let base = Url::parse(base).map_err(|error| format!("the base `{base}`: {error}"))?;
            base.join(text)
        }
    };
    parsed.map_err(|error| error.to_string())
}

/// Sets a part as the setters of the WHATWG's `URL` do; refuses what those pass over.
fn set(url: &mut Url, part: i32, value: &str) -> Result<(), ()> {
    match part {
        0 => quirks::set_protocol(url, value),
        1 => quirks::set_username(url, value),
        2 => quirks::set_password(url, value),
        3 => quirks::set_host(url, value),
        4 => quirks::set_hostname(url, value),
        5 => quirks::set_port(url, value),
        6 if url.cannot_be_a_base() => Err(()),
        6 => {
            quirks::set_pathname(url, value);
            Ok(())
        }
        7 => {
            quirks::set_search(url, value);
            Ok(())
        }
        _ => {
            quirks::set_hash(url, value);
            Ok(())
        }
    }
}

/// Bytes that stay as they are, as of `encodeURIComponent`, `encodeURI`, and the form's encoder.
fn is_kept(byte: u8, set: i32) -> bool {
    let also: &[u8] = match set {
        0 => b"-_.!~*'()",
        1 => b"-_.!~*'();/?:@&=+$,#",
        _ => b"*-._",
    };
    byte.is_ascii_alphanumeric() || also.contains(&byte)
}

fn encode(text: &str, set: i32) -> String {
    let mut made = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        match byte {
            b' ' if set == 2 => made.push('+'),
            _ if is_kept(byte, set) => made.push(char::from(byte)),
            _ => {
                made.push('%');
                for digit in [byte >> 4, byte & 15] {
                    made.push(char::from(b"0123456789ABCDEF"[digit as usize]));
                }
            }
        }
    }
    made
}

fn decode(text: &str, form: bool) -> Result<String, (String, usize)> {
    let bytes = text.as_bytes();
    let mut made = Vec::with_capacity(bytes.len());
    // Where in the text each byte came from would cost much; places are found again when something is wrong.
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digit = |offset: usize| bytes.get(at + offset).and_then(|&d| char::from(d).to_digit(16));
        match (byte, digit(1), digit(2)) {
            (b'%', Some(high), Some(low)) => {
                made.push((high * 16 + low) as u8);
                at += 2;
            }
            (b'%', ..) if !form => return Err(("`%` without two hexadecimal digits".to_owned(), at)),
            (b'+', ..) if form => made.push(b' '),
            _ => made.push(byte),
        }
        at += 1;
    }
    match String::from_utf8(made) {
        Ok(text) => Ok(text),
        Err(error) if form => Ok(String::from_utf8_lossy(error.as_bytes()).into_owned()),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let mut at = 0;
            for _ in 0..valid {
                at += if bytes.get(at) == Some(&b'%') { 3 } else { 1 };
            }
            Err(("the escapes are not UTF-8".to_owned(), at))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_encoding_goes_both_ways() {
        assert_eq!(encode("a b/ü&", 0), "a%20b%2F%C3%BC%26");
        assert_eq!(encode("a b/ü&", 1), "a%20b/%C3%BC&");
        assert_eq!(encode("a b~", 2), "a+b%7E");
        assert_eq!(decode("a%20b%2F%C3%BC", false), Ok("a b/ü".to_owned()));
        assert_eq!(decode("a+b%zz%ff", true), Ok("a b%zz\u{fffd}".to_owned()));
        assert_eq!(decode("ab%2", false).map_err(|e| e.1), Err(2));
        assert_eq!(decode("a%20%ff", false).map_err(|e| e.1), Err(4));
    }

    #[test]
    fn parts_lie_where_they_are() {
        for text in [
            "http://user:pass@host.example:81/path?query#fragment",
            "http://user@host.example/",
            "http://:pass@host.example:81?q",
            "mailto:a@b.c",
            "file:///a/b#f",
            "http://[::1]:3000/",
            "data:,x?y",
        ] {
            let url = Url::parse(text).expect("a URL");
            let places = parts(&url);
            let part = |index: usize| &url.as_str()[places[index] as usize..places[index + 1] as usize];
            assert_eq!(part(1), url.username());
            assert_eq!(part(3), url.password().unwrap_or_default());
            assert_eq!(part(5), url.host_str().unwrap_or_default());
            assert_eq!(part(7), url.port().map(|port| port.to_string()).unwrap_or_default());
            assert_eq!(part(9), url.path());
            assert_eq!(part(11), url.query().unwrap_or_default());
            assert_eq!(part(13), url.fragment().unwrap_or_default());
        }
    }

    #[test]
    fn parts_that_cannot_be_set() {
        let mut mail = Url::parse("mailto:a@b.c").expect("a URL");
        assert_eq!(set(&mut mail, 4, "x.y"), Err(()));
        assert_eq!(set(&mut mail, 6, "/x"), Err(()));
        let mut web = Url::parse("http://a.b/").expect("a URL");
        assert_eq!(set(&mut web, 5, "99999"), Err(()));
        assert_eq!(set(&mut web, 5, "81"), Ok(()));
        assert_eq!(web.as_str(), "http://a.b:81/");
    }
}
