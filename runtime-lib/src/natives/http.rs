//! Natives of `std:http` for reading: the heads of requests and responses, their fields, and chunked bodies. What
//! two readers could understand differently is refused here, so that nothing can be smuggled past a proxy.

use super::http_chunks::Chunks;
use super::{NULL_TEXT, byte_array, bytes, new_text, new_text_of, text};
use crate::native;
use flash_abi::context::Context;
use flash_abi::object::Str;
use httparse::{Error, Header, ParserConfig, Request, Response, Status};
use std::mem::MaybeUninit;

/// Fields that a head may have.
const MAX_FIELDS: usize = 128;

/// Where the facts about a head stand in the array that natives fill; `std/http_wire.fl` has the same list.
mod fact {
    /// What is wrong: 0 (nothing; without a head, it is not complete) or a status of HTTP.
    pub const PROBLEM: usize = 0;
    /// Bytes of the input that the head takes.
    pub const TAKEN: usize = 1;
    /// Where the fields begin in the text.
    pub const FIELDS: usize = 2;
    /// `Content-Length`, or -1.
    pub const LENGTH: usize = 3;
    pub const FLAGS: usize = 4;
    /// Of a request: where its target begins and ends, and the `?` in it (or its end).
    pub const TARGET: usize = 5;
    pub const TARGET_END: usize = 6;
    pub const QUERY: usize = 7;
    /// Of a response, and where its reason begins and ends.
    pub const STATUS: usize = 5;
    pub const REASON: usize = 6;
    pub const REASON_END: usize = 7;
    pub const COUNT: usize = 8;
}

const KEEP_ALIVE: i64 = 1;
const CHUNKED: i64 = 2;
const EXPECT_CONTINUE: i64 = 4;
const UPGRADE: i64 = 8;
const HTTP_1_0: i64 = 16;
const IS_HEAD: i64 = 32;
const SAYS_CLOSE: i64 = 64;

native! {
    /// (input, where it begins, how much of it was there the last time, most bytes of a head, facts) -> the head as
    /// text, or null: `facts[0]` tells whether it is incomplete or wrong
    fn flash_http_request(
        ctx: *mut Context, input: *mut u8, from: i64, seen: i64, limit: i64, facts: *mut u8,
    ) -> Str {
        // SAFETY: this thread's context and live arrays.
        unsafe { head_text(ctx, input, from, seen, limit, facts, request_facts) }
    }

    /// As `flash_http_request`.
    fn flash_http_response(
        ctx: *mut Context, input: *mut u8, from: i64, seen: i64, limit: i64, facts: *mut u8,
    ) -> Str {
        // SAFETY: this thread's context and live arrays.
        unsafe { head_text(ctx, input, from, seen, limit, facts, response_facts) }
    }

    /// (head, where its fields begin, name, how many of this name to pass over) -> value, or null
    fn flash_http_field(
        _ctx: *mut Context, head: *const u8, head_len: i64, from: i64, name: *const u8, name_len: i64, skip: i64,
    ) -> Str {
        // SAFETY: live texts.
        let (head, name) = unsafe { (bytes(head, head_len), bytes(name, name_len)) };
        let fields = usize::try_from(from).ok().and_then(|from| head.get(from..)).unwrap_or(&[]);
        let found = fields_of(fields).filter(|(n, _)| n.eq_ignore_ascii_case(name)).nth(skip.max(0) as usize);
        found.map_or(NULL_TEXT, |(_, value)| Str { data: value.as_ptr(), len: value.len() as i64 })
    }

    /// (input, from, to, output, state of three numbers) -> bytes taken, or -1: what is there is no chunked body
    fn flash_http_chunks(
        ctx: *mut Context, input: *mut u8, from: i64, to: i64, output: *mut u8, state: *mut u8,
    ) -> i64 {
        // SAFETY: live arrays; input and output are two.
        let (input, state) = unsafe { (byte_array::range(input, from, to), byte_array::elements_mut(state)) };
        let mut chunks = Chunks::load(state);
        // SAFETY: this thread's context and a live array, which no native reads meanwhile.
        let taken = chunks.read(input, |body| unsafe { byte_array::extend(ctx, output, body) });
        chunks.store(state);
        taken.map_or(-1, |taken| taken as i64)
    }

    /// (text of a target or of a form, whether `+` is a space) -> what `%XX` stands for; what is no UTF-8 becomes
    /// U+FFFD
    fn flash_http_decode(ctx: *mut Context, data: *const u8, len: i64, plus: u8) -> Str {
        // SAFETY: a live text.
        let encoded = unsafe { bytes(data, len) };
        if !encoded.iter().any(|byte| matches!(byte, b'%' | b'+')) {
            return Str { data, len };
        }
        let plain = decode(encoded, plus & 1 == 1);
        // SAFETY: this thread's context.
        unsafe { new_text(ctx, &String::from_utf8_lossy(&plain)) }
    }

    /// (text) -> the same with `%XX` for all but letters, digits and `-_.~`
    fn flash_http_encode(ctx: *mut Context, data: *const u8, len: i64) -> Str {
        // SAFETY: a live text.
        let encoded = encode(unsafe { bytes(data, len) });
        // SAFETY: this thread's context.
        unsafe { new_text(ctx, &encoded) }
    }

    /// (address or empty, address or what is relative to the first) -> "scheme host port target", the target with its
    /// query; or null
    fn flash_http_url(ctx: *mut Context, base: *const u8, base_len: i64, data: *const u8, len: i64) -> Str {
        // SAFETY: live texts.
        let parts = unsafe { url_parts(text(base, base_len), text(data, len)) };
        // SAFETY: this thread's context.
        parts.map_or(NULL_TEXT, |parts| unsafe { new_text(ctx, &parts) })
    }
}

/// What is wrong with a head: a status of HTTP, or `INCOMPLETE`.
type Problem = u16;
const INCOMPLETE: Problem = 0;

/// Finds the facts about a head; the number of bytes that it takes.
type Facts = fn(&[u8], &mut [i64; fact::COUNT]) -> Result<usize, Problem>;

/// The head that begins in the input, as text.
///
/// # Safety
/// `ctx` is this thread's context; the arrays are live ones of `u8` and of `i64`.
unsafe fn head_text(
    ctx: *mut Context,
    input: *mut u8,
    from: i64,
    seen: i64,
    limit: i64,
    facts: *mut u8,
    find: Facts,
) -> Str {
    // SAFETY: promised by the caller.
    let (input, out) = unsafe { (byte_array::range(input, from, i64::MAX), byte_array::elements_mut::<i64>(facts)) };
    let mut found = [0; fact::COUNT];
    let head = complete_head(input, seen.max(0) as usize, limit.max(0) as usize, &mut found, find);
    found[fact::PROBLEM] = head.as_ref().err().copied().unwrap_or(0).into();
    for (to, fact) in out.iter_mut().zip(found) {
        *to = fact;
    }
    match head {
        // SAFETY: this thread's context; a borrowed head was found to be UTF-8, the other one is a `String`.
        Ok(Head::Input(head)) => unsafe { new_text_of(ctx, head) },
        // SAFETY: as above.
        Ok(Head::Latin(head)) => unsafe { new_text(ctx, &head) },
        Err(_) => NULL_TEXT,
    }
}

enum Head<'a> {
    Input(&'a [u8]),
    Latin(String),
}

fn complete_head<'a>(
    input: &'a [u8],
    seen: usize,
    limit: usize,
    found: &mut [i64; fact::COUNT],
    find: Facts,
) -> Result<Head<'a>, Problem> {
    const TOO_LARGE: Problem = 431;
    // What came piece by piece is not parsed from its beginning again for each piece.
    if seen > 0 && !has_end(input.get(seen.saturating_sub(3)..).unwrap_or(&[])) {
        return Err(if input.len() > limit { TOO_LARGE } else { INCOMPLETE });
    }
    let taken = match find(input, found) {
        Err(INCOMPLETE) if input.len() > limit => return Err(TOO_LARGE),
        taken => taken?,
    };
    if taken > limit {
        return Err(TOO_LARGE);
    }
    found[fact::TAKEN] = taken as i64;
    let head = input.get(..taken).unwrap_or(&[]);
    if head.is_ascii() || std::str::from_utf8(head).is_ok() {
        return Ok(Head::Input(head));
    }
    // Values of other times are Latin-1.
    let latin: String = head.iter().map(|&byte| char::from(byte)).collect();
    find(latin.as_bytes(), found)?;
    found[fact::TAKEN] = taken as i64;
    Ok(Head::Latin(latin))
}

/// Whether a head may end here.
fn has_end(input: &[u8]) -> bool {
    input.windows(3).any(|w| w == b"\n\r\n") || input.windows(2).any(|w| w == b"\n\n")
}

fn request_facts(input: &[u8], found: &mut [i64; fact::COUNT]) -> Result<usize, Problem> {
    let mut fields = [const { MaybeUninit::<Header>::uninit() }; MAX_FIELDS];
    let mut request = Request::new(&mut []);
    let config = ParserConfig::default();
    let taken = parsed(config.parse_request_with_uninit_headers(&mut request, input, &mut fields))?;
    let (Some(method), Some(target), Some(version)) = (request.method, request.path, request.version) else {
        return Err(400);
    };
    let facts = body_facts(input, taken, request.headers, version == 0)?;
    if version == 1 && facts.hosts != 1 {
        return Err(400);
    }
    if facts.flags & CHUNKED != 0 && version == 0 {
        return Err(400);
    }
    if !(target.starts_with('/') || target == "*" || method == "CONNECT" || target.contains("://")) {
        return Err(400);
    }
    let start = offset(input, target.as_bytes());
    found[fact::TARGET] = start as i64;
    found[fact::TARGET_END] = (start + target.len()) as i64;
    found[fact::QUERY] = (start + target.find('?').unwrap_or(target.len())) as i64;
    found[fact::FIELDS] = fields_start(input, taken, request.headers) as i64;
    found[fact::LENGTH] = facts.length;
    found[fact::FLAGS] = facts.flags | if method == "HEAD" { IS_HEAD } else { 0 };
    Ok(taken)
}

fn response_facts(input: &[u8], found: &mut [i64; fact::COUNT]) -> Result<usize, Problem> {
    let mut fields = [const { MaybeUninit::<Header>::uninit() }; MAX_FIELDS];
    let mut response = Response::new(&mut []);
    let config = ParserConfig::default();
    let taken = parsed(config.parse_response_with_uninit_headers(&mut response, input, &mut fields))?;
    let (Some(status), Some(version)) = (response.code, response.version) else { return Err(400) };
    let facts = body_facts(input, taken, response.headers, version == 0)?;
    let reason = response.reason.unwrap_or("");
    let start = if reason.is_empty() { 0 } else { offset(input, reason.as_bytes()) };
    found[fact::STATUS] = i64::from(status);
    found[fact::REASON] = start as i64;
    found[fact::REASON_END] = (start + reason.len()) as i64;
    found[fact::FIELDS] = fields_start(input, taken, response.headers) as i64;
    found[fact::LENGTH] = facts.length;
    found[fact::FLAGS] = facts.flags;
    Ok(taken)
}

fn parsed(result: httparse::Result<usize>) -> Result<usize, Problem> {
    match result {
        Ok(Status::Complete(taken)) => Ok(taken),
        Ok(Status::Partial) => Err(INCOMPLETE),
        Err(Error::TooManyHeaders) => Err(431),
        Err(Error::Version) => Err(505),
        Err(_) => Err(400),
    }
}

/// Where a part of the input begins.
fn offset(input: &[u8], part: &[u8]) -> usize {
    (part.as_ptr() as usize).wrapping_sub(input.as_ptr() as usize)
}

/// Where the first field begins; the head's end when there is none.
fn fields_start(input: &[u8], taken: usize, fields: &[Header<'_>]) -> usize {
    fields.first().map_or(taken, |field| offset(input, field.name.as_bytes()))
}

/// What fields say of the body and the connection.
struct BodyFacts {
    length: i64,
    flags: i64,
    hosts: u32,
}

fn body_facts(input: &[u8], taken: usize, fields: &[Header<'_>], is_1_0: bool) -> Result<BodyFacts, Problem> {
    let mut facts = BodyFacts { length: -1, flags: if is_1_0 { HTTP_1_0 } else { KEEP_ALIVE }, hosts: 0 };
    let (mut codings, mut says_close) = (0, false);
    for field in fields {
        let name = field.name.as_bytes();
        match name.len() {
            4 if name.eq_ignore_ascii_case(b"host") => facts.hosts += 1,
            6 if name.eq_ignore_ascii_case(b"expect") => {
                if !field.value.eq_ignore_ascii_case(b"100-continue") {
                    return Err(417);
                }
                facts.flags |= EXPECT_CONTINUE;
            }
            7 if name.eq_ignore_ascii_case(b"upgrade") => facts.flags |= UPGRADE,
            10 if name.eq_ignore_ascii_case(b"connection") => {
                for word in field.value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
                    if word.eq_ignore_ascii_case(b"close") {
                        says_close = true;
                    } else if word.eq_ignore_ascii_case(b"keep-alive") {
                        facts.flags |= KEEP_ALIVE;
                    }
                }
            }
            14 if name.eq_ignore_ascii_case(b"content-length") => {
                let length = decimal(field.value).ok_or(400_u16)?;
                if facts.length >= 0 && facts.length != length {
                    return Err(400);
                }
                facts.length = length;
            }
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => {
                codings += 1;
                if !field.value.eq_ignore_ascii_case(b"chunked") {
                    return Err(501);
                }
                facts.flags |= CHUNKED;
            }
            _ => {}
        }
    }
    if says_close {
        facts.flags = facts.flags & !KEEP_ALIVE | SAYS_CLOSE;
    }
    if codings > 1 || codings == 1 && facts.length >= 0 {
        return Err(400);
    }
    // A line that ends without `\r` is one line to some and none to others.
    let head = input.get(..taken).unwrap_or(&[]);
    let is_bare = |at: usize| at > 0 && head.get(at - 1) != Some(&b'\r');
    let mut ends = head.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    if ends.any(|(at, _)| is_bare(at)) {
        return Err(400);
    }
    Ok(facts)
}

/// A length: digits, nothing else.
fn decimal(value: &[u8]) -> Option<i64> {
    if value.is_empty() || value.len() > 18 {
        return None;
    }
    value.iter().try_fold(0_i64, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))
}

/// Names and values of the fields in a head that was found to be right.
fn fields_of(fields: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = fields;
    std::iter::from_fn(move || {
        let end = rest.iter().position(|&byte| byte == b'\n')?;
        let (line, next) = rest.split_at(end + 1);
        rest = next;
        let colon = line.iter().position(|&byte| byte == b':')?;
        let (name, value) = line.split_at(colon);
        Some((name, value.get(1..).unwrap_or(&[]).trim_ascii()))
    })
}

fn decode(encoded: &[u8], plus: bool) -> Vec<u8> {
    let digit = |at: usize| encoded.get(at).and_then(|&byte| char::from(byte).to_digit(16));
    let mut plain = Vec::with_capacity(encoded.len());
    let mut at = 0;
    while let Some(&byte) = encoded.get(at) {
        at += 1;
        match (byte, digit(at), digit(at + 1)) {
            (b'%', Some(high), Some(low)) => {
                plain.push((high * 16 + low) as u8);
                at += 2;
            }
            (b'+', ..) if plus => plain.push(b' '),
            _ => plain.push(byte),
        }
    }
    plain
}

fn encode(plain: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = String::with_capacity(plain.len());
    for &byte in plain {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push(char::from(DIGITS[usize::from(byte >> 4)]));
            encoded.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
    encoded
}

fn url_parts(base: &str, url: &str) -> Option<String> {
    let url = if base.is_empty() { url::Url::parse(url).ok()? } else { url::Url::parse(base).ok()?.join(url).ok()? };
    // IPv6 addresses stand in brackets there, and nowhere else.
    let host = url.host_str()?.trim_matches(['[', ']']);
    let port = url.port_or_known_default()?;
    let query = url.query().map_or_else(String::new, |query| format!("?{query}"));
    Some(format!("{} {host} {port} {}{query}", url.scheme(), url.path()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(input: &[u8]) -> Result<[i64; fact::COUNT], Problem> {
        let mut found = [0; fact::COUNT];
        complete_head(input, 0, 16_384, &mut found, request_facts).map(|_| found)
    }

    fn flags(fields: &str) -> Result<i64, Problem> {
        request(format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n").as_bytes()).map(|found| found[fact::FLAGS])
    }

    #[test]
    fn a_request_has_its_facts() {
        let input = b"POST /a/b?c=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\nbody";
        let found = request(input).expect("a right request");
        assert_eq!(&input[found[fact::TARGET] as usize..found[fact::TARGET_END] as usize], b"/a/b?c=1");
        assert_eq!(input[found[fact::QUERY] as usize], b'?');
        assert!(input[found[fact::FIELDS] as usize..].starts_with(b"Host"));
        assert_eq!((found[fact::LENGTH], found[fact::FLAGS]), (12, KEEP_ALIVE));
        assert!(input[found[fact::TAKEN] as usize..].starts_with(b"body"));
    }

    #[test]
    fn what_is_incomplete_waits() {
        assert_eq!(request(b"GET / HTTP/1.1\r\nHost: x\r\n"), Err(INCOMPLETE));
        assert_eq!(request(b""), Err(INCOMPLETE));
        let mut found = [0; fact::COUNT];
        let parts = complete_head(b"GET / HTTP/1.1\r\nHost: x\r\n", 20, 16_384, &mut found, request_facts);
        assert_eq!(parts.err(), Some(INCOMPLETE));
        let long = [b"GET /".as_slice(), &[b'a'; 20_000]].concat();
        assert_eq!(request(&long), Err(431));
    }

    #[test]
    fn what_could_be_smuggled_is_refused() {
        assert_eq!(flags("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), Err(400));
        assert_eq!(flags("Content-Length: 3\r\nContent-Length: 4\r\n"), Err(400));
        assert_eq!(flags("Content-Length: 3\r\nContent-Length: 3\r\n"), Ok(KEEP_ALIVE));
        for wrong in ["+3", "3, 3", "-1", "0x3", "", "3 3", "9999999999999999999"] {
            assert_eq!(flags(&format!("Content-Length: {wrong}\r\n")), Err(400), "{wrong}");
        }
        assert_eq!(flags("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), Err(400));
        assert_eq!(flags("Transfer-Encoding: gzip, chunked\r\n"), Err(501));
        assert_eq!(flags("Transfer-Encoding : chunked\r\n"), Err(400));
        assert_eq!(flags("A: b\n"), Err(400));
        assert_eq!(flags("A: b\r\n folded\r\n"), Err(400));
        assert_eq!(flags("Host: b\r\n"), Err(400));
        assert_eq!(request(b"GET / HTTP/1.1\r\n\r\n"), Err(400));
        assert_eq!(request(b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), Err(400));
        assert_eq!(request(b"GET / HTTP/2.0\r\n\r\n"), Err(505));
    }

    #[test]
    fn connections_are_kept_or_not() {
        assert_eq!(flags(""), Ok(KEEP_ALIVE));
        assert_eq!(flags("Connection: Close\r\n"), Ok(SAYS_CLOSE));
        assert_eq!(flags("Expect: 100-Continue\r\n"), Ok(KEEP_ALIVE | EXPECT_CONTINUE));
        let old = request(b"HEAD / HTTP/1.0\r\nConnection: foo, keep-alive\r\n\r\n").expect("a right request");
        assert_eq!(old[fact::FLAGS], HTTP_1_0 | KEEP_ALIVE | IS_HEAD);
    }

    #[test]
    fn values_in_latin_1_become_text() {
        let input = b"GET / HTTP/1.1\r\nHost: \xe9\r\nA: b\r\n\r\n";
        let mut found = [0; fact::COUNT];
        let Ok(Head::Latin(head)) = complete_head(input, 0, 100, &mut found, request_facts) else { panic!("a head") };
        assert_eq!(head, "GET / HTTP/1.1\r\nHost: é\r\nA: b\r\n\r\n");
        assert_eq!(found[fact::TAKEN], input.len() as i64);
    }

    #[test]
    fn a_response_has_its_facts() {
        let input = b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n";
        let mut found = [0; fact::COUNT];
        assert_eq!(response_facts(input, &mut found), Ok(input.len()));
        assert_eq!((found[fact::STATUS], found[fact::FLAGS]), (404, KEEP_ALIVE | CHUNKED));
        assert_eq!(&input[found[fact::REASON] as usize..found[fact::REASON_END] as usize], b"Not Found");
    }

    #[test]
    fn fields_are_found() {
        let fields: Vec<_> = fields_of(b"A: 1 \r\nb:\t2\r\n\r\n").collect();
        assert_eq!(fields, [(b"A".as_slice(), b"1".as_slice()), (b"b", b"2")]);
    }

    #[test]
    fn percents_are_decoded_and_encoded() {
        assert_eq!(decode(b"a%20b+c%zz%", true), b"a b c%zz%");
        assert_eq!(decode(b"a+b%2", false), b"a+b%2");
        assert_eq!(encode("a b/é".as_bytes()), "a%20b%2F%C3%A9");
    }

    #[test]
    fn addresses_have_parts() {
        assert_eq!(url_parts("", "http://[::1]:8080/a?b#c").as_deref(), Some("http ::1 8080 /a?b"));
        assert_eq!(url_parts("https://a.b/c/d", "../e").as_deref(), Some("https a.b 443 /e"));
        assert_eq!(url_parts("", "/relative"), None);
    }
}
