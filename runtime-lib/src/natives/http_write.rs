//! Natives of `std:http` for writing: heads of responses and requests, and chunks, at the end of an array of bytes.

use super::number::push_i64;
use super::{byte_array, bytes};
use crate::native;
use flash_abi::context::Context;
use flash_abi::object::Str;
use std::cell::Cell;
use std::time::{SystemTime, UNIX_EPOCH};

/// `Connection: close`
const CLOSE: i32 = 1;
/// `Connection: keep-alive`, which only old clients need to be told
const KEEP_ALIVE: i32 = 2;
const CHUNKED: i32 = 4;
/// No `Date`: there is one among the fields.
const NO_DATE: i32 = 8;

/// Bytes of a head besides its fields, at most.
const HEAD_ROOM: usize = 256;
/// The length of a date.
const DATE_LENGTH: usize = 29;

thread_local! {
    /// The second that was written last, and its text.
    static DATE: Cell<(u64, [u8; DATE_LENGTH])> = const { Cell::new((u64::MAX, [0; DATE_LENGTH])) };
    /// What heads are put together in.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

native! {
    /// (output, status, its reason or nothing, flags, length of the body or -1, type of the body or nothing, names and
    /// values of fields in turn, what of the body goes with it): a response
    fn flash_http_respond(
        ctx: *mut Context, output: *mut u8, status: i32, reason: *const u8, reason_len: i64, flags: i32, length: i64,
        kind: *const u8, kind_len: i64, fields: *mut u8, body: *const u8, body_len: i64,
    ) {
        // SAFETY: live texts and live arrays.
        let (reason, kind, fields, body) = unsafe {
            (bytes(reason, reason_len), bytes(kind, kind_len), byte_array::texts(fields), bytes(body, body_len))
        };
        let mut head = SCRATCH.take();
        head.clear();
        head.reserve(HEAD_ROOM);
        push_status(&mut head, status, reason);
        if flags & NO_DATE == 0 {
            head.extend_from_slice(b"Date: ");
            head.extend_from_slice(&date());
            head.extend_from_slice(b"\r\n");
        }
        if !kind.is_empty() {
            push_field(&mut head, b"Content-Type", kind);
        }
        push_common(&mut head, flags, length, fields);
        // SAFETY: this thread's context and a live array.
        unsafe {
            byte_array::reserve(ctx, output, head.len() + body.len());
            byte_array::extend(ctx, output, &head);
            byte_array::extend(ctx, output, body);
        }
        SCRATCH.set(head);
    }

    /// (output, "GET /path", "host:port", flags, length of the body or -1, names and values of fields in turn): a request
    fn flash_http_ask(
        ctx: *mut Context, output: *mut u8, line: *const u8, line_len: i64, host: *const u8, host_len: i64, flags: i32,
        length: i64, fields: *mut u8,
    ) {
        // SAFETY: live texts and live arrays.
        let (line, host, fields) =
            unsafe { (bytes(line, line_len), bytes(host, host_len), byte_array::texts(fields)) };
        let mut head = SCRATCH.take();
        head.clear();
        head.extend_from_slice(line);
        head.extend_from_slice(b" HTTP/1.1\r\n");
        if !host.is_empty() {
            push_field(&mut head, b"Host", host);
        }
        push_common(&mut head, flags, length, fields);
        // SAFETY: this thread's context and a live array.
        unsafe { byte_array::extend(ctx, output, &head) };
        SCRATCH.set(head);
    }

    /// (output, text): the text as a chunk
    fn flash_http_chunk(ctx: *mut Context, output: *mut u8, data: *const u8, len: i64) {
        // SAFETY: this thread's context, a live array and a live text.
        unsafe { push_chunk(ctx, output, bytes(data, len)) }
    }

    /// (output, array): its bytes as a chunk
    fn flash_http_chunk_bytes(ctx: *mut Context, output: *mut u8, array: *mut u8) {
        // SAFETY: this thread's context and live arrays, which are two.
        unsafe { push_chunk(ctx, output, byte_array::contents(array)) }
    }

    /// Whether these may stand in a head as the name and the value of a field.
    fn flash_http_is_field(
        _ctx: *mut Context, name: *const u8, name_len: i64, value: *const u8, value_len: i64,
    ) -> u8 {
        // SAFETY: live texts.
        let (name, value) = unsafe { (bytes(name, name_len), bytes(value, value_len)) };
        u8::from(is_name(name) && value.iter().all(|&byte| byte >= b' ' && byte != 0x7f || byte == b'\t'))
    }
}

fn push_status(head: &mut Vec<u8>, status: i32, reason: &[u8]) {
    if status == 200 && reason.is_empty() {
        head.extend_from_slice(b"HTTP/1.1 200 OK\r\n");
        return;
    }
    head.extend_from_slice(b"HTTP/1.1 ");
    push_i64(head, status.into());
    head.push(b' ');
    head.extend_from_slice(if reason.is_empty() { reason_of(status).as_bytes() } else { reason });
    head.extend_from_slice(b"\r\n");
}

/// The fields that follow from the rest, those that were set, and the empty line.
fn push_common(head: &mut Vec<u8>, flags: i32, length: i64, fields: &[Str]) {
    if length >= 0 {
        head.extend_from_slice(b"Content-Length: ");
        push_i64(head, length);
        head.extend_from_slice(b"\r\n");
    }
    if flags & CHUNKED != 0 {
        head.extend_from_slice(b"Transfer-Encoding: chunked\r\n");
    }
    if flags & CLOSE != 0 {
        head.extend_from_slice(b"Connection: close\r\n");
    } else if flags & KEEP_ALIVE != 0 {
        head.extend_from_slice(b"Connection: keep-alive\r\n");
    }
    for pair in fields.chunks_exact(2) {
        if let [name, value] = pair {
            // SAFETY: texts in a live array are alive.
            let (name, value) = unsafe { (bytes(name.data, name.len), bytes(value.data, value.len)) };
            push_field(head, name, value);
        }
    }
    head.extend_from_slice(b"\r\n");
}

fn push_field(head: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    head.extend_from_slice(name);
    head.extend_from_slice(b": ");
    head.extend_from_slice(value);
    head.extend_from_slice(b"\r\n");
}

/// # Safety
/// `ctx` is this thread's context, and `output` a live array that the data is not part of.
unsafe fn push_chunk(ctx: *mut Context, output: *mut u8, data: &[u8]) {
    // An empty chunk would be the end.
    if data.is_empty() {
        return;
    }
    let size = format!("{:x}\r\n", data.len());
    // SAFETY: promised by the caller.
    unsafe {
        byte_array::reserve(ctx, output, size.len() + data.len() + 2);
        byte_array::extend(ctx, output, size.as_bytes());
        byte_array::extend(ctx, output, data);
        byte_array::extend(ctx, output, b"\r\n");
    }
}

fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|&byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// The time as HTTP writes it, made once a second.
fn date() -> [u8; DATE_LENGTH] {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (second, text) = DATE.get();
    if second == now {
        return text;
    }
    let text = date_of(now);
    DATE.set((now, text));
    text
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`, of the years 1970 to 9999.
fn date_of(seconds: u64) -> [u8; DATE_LENGTH] {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Years that begin in March, in cycles of 400 years (146,097 days) that begin in the year 0.
    let since = days + 719_468;
    let (cycle, day) = (since / 146_097, since % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month + 2) / 5 + 1;
    let month = (month + 2) % 12;
    let year = cycle * 400 + year + u64::from(month < 2);
    let text = format!(
        "{}, {day_of_month:02} {} {year:04} {:02}:{:02}:{:02} GMT",
        DAYS[(days % 7) as usize],
        MONTHS[month as usize],
        second / 3600,
        second / 60 % 60,
        second % 60
    );
    text.as_bytes().try_into().unwrap_or([b' '; DATE_LENGTH])
}

/// What a status means, in the words of its definition.
fn reason_of(status: i32) -> &'static str {
    match status {
        100 => "Continue",
        101 => "Switching Protocols",
        102 => "Processing",
        103 => "Early Hints",
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        203 => "Non-Authoritative Information",
        204 => "No Content",
        205 => "Reset Content",
        206 => "Partial Content",
        207 => "Multi-Status",
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Range Not Satisfiable",
        417 => "Expectation Failed",
        418 => "I'm a teapot",
        421 => "Misdirected Request",
        422 => "Unprocessable Content",
        423 => "Locked",
        424 => "Failed Dependency",
        425 => "Too Early",
        426 => "Upgrade Required",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        451 => "Unavailable For Legal Reasons",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        507 => "Insufficient Storage",
        511 => "Network Authentication Required",
        _ => "Unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_http() {
        let date = |seconds| String::from_utf8(date_of(seconds).to_vec()).expect("ASCII");
        assert_eq!(date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(date(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(date(951_782_400), "Tue, 29 Feb 2000 00:00:00 GMT");
        assert_eq!(date(4_107_542_399), "Sun, 28 Feb 2100 23:59:59 GMT");
        assert_eq!(date(4_107_542_400), "Mon, 01 Mar 2100 00:00:00 GMT");
    }

    #[test]
    fn heads_are_put_together() {
        let mut head = Vec::new();
        push_status(&mut head, 404, b"");
        let text = |text: &'static str| Str { data: text.as_ptr(), len: text.len() as i64 };
        push_common(&mut head, CLOSE, 3, &[text("X-A"), text("b")]);
        let expected = "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\nConnection: close\r\nX-A: b\r\n\r\n";
        assert_eq!(String::from_utf8(head).as_deref(), Ok(expected));
    }

    #[test]
    fn names_are_tokens() {
        assert!(is_name(b"X-Forwarded-For"));
        for wrong in ["", "a b", "a:", "a\r", "é"] {
            assert!(!is_name(wrong.as_bytes()), "{wrong:?}");
        }
    }
}
