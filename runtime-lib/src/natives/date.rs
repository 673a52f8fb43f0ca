//! Natives of `std:date`: moments in time zones, by jiff with the system's zone database (or its own where there is none). A moment is
//! seconds and nanoseconds since 1970; a zone is the name that IANA has for it, `UTC`, an offset such as `+02:00`, or `local`.

use super::{NULL_TEXT, new_text, problem, text};
use crate::native;
use flash_abi::context::Context;
use flash_abi::object::Str;
use jiff::civil::{self, Time};
use jiff::fmt::temporal::{DateTimeParser, Pieces};
use jiff::fmt::{rfc2822, strtime};
use jiff::tz::{Offset, TimeZone};
use jiff::{Error, Span, Timestamp, Unit, Zoned, ZonedDifference};
use std::time::{SystemTime, UNIX_EPOCH};

/// Numbers that `put` writes.
const FIELDS: usize = 12;

/// How a text spells a moment, as in `std:date`.
const RFC_2822: i32 = 1;

native! {
    /// Nanoseconds since 1970 of the wall clock.
    fn flash_wall_clock_ns(_ctx: *mut Context) -> i64 {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |ns| -ns),
        }
    }

    /// (seconds, nanoseconds, zone, fields) -> the zone's name, or null and a problem.
    fn flash_date_at(
        ctx: *mut Context, seconds: i64, nanoseconds: i32, zone: *const u8, zone_len: i64, fields: *mut i64,
    ) -> Str {
        // SAFETY: a live text, an array of `FIELDS`, and this thread's context.
        unsafe { give(ctx, fields, at(seconds, nanoseconds, text(zone, zone_len))) }
    }

    /// (fields with year, month, day, hour, minute, second, nanosecond in front; zone) -> as `flash_date_at`.
    fn flash_date_of(ctx: *mut Context, fields: *mut i64, zone: *const u8, zone_len: i64) -> Str {
        // SAFETY: a live text, an array of `FIELDS`, and this thread's context.
        unsafe {
            let parts = std::slice::from_raw_parts(fields, 7).to_vec();
            give(ctx, fields, of(&parts, text(zone, zone_len)))
        }
    }

    /// (text, how, zone of what does not say it, fields) -> as `flash_date_at`.
    fn flash_date_parse(
        ctx: *mut Context, a: *const u8, a_len: i64, how: i32, zone: *const u8, zone_len: i64, fields: *mut i64,
    ) -> Str {
        // SAFETY: live texts, an array of `FIELDS`, and this thread's context.
        unsafe {
            let (spelled, zone) = (text(a, a_len), text(zone, zone_len));
            let parsed = if how == RFC_2822 { rfc2822::parse(spelled).map_err(words) } else { parse(spelled, zone) };
            give(ctx, fields, parsed)
        }
    }

    /// (text, format, zone of what does not say it, fields) -> as `flash_date_at`.
    fn flash_date_scan(
        ctx: *mut Context, a: *const u8, a_len: i64, format: *const u8, format_len: i64, zone: *const u8, zone_len: i64,
        fields: *mut i64,
    ) -> Str {
        // SAFETY: live texts, an array of `FIELDS`, and this thread's context.
        unsafe { give(ctx, fields, scan(text(a, a_len), text(format, format_len), text(zone, zone_len))) }
    }

    /// (seconds, nanoseconds, zone, format) -> null and a problem when the format is wrong.
    fn flash_date_format(
        ctx: *mut Context, seconds: i64, nanoseconds: i32, zone: *const u8, zone_len: i64, format: *const u8, format_len: i64,
    ) -> Str {
        // SAFETY: live texts, and this thread's context.
        unsafe {
            let format = text(format, format_len);
            let shown = at(seconds, nanoseconds, text(zone, zone_len))
                .and_then(|zoned| strtime::format(format, &zoned).map_err(words));
            match shown {
                Ok(shown) => new_text(ctx, &shown),
                Err(words) => {
                    problem::keep(words, 0);
                    NULL_TEXT
                }
            }
        }
    }

    /// (fields with seconds, nanoseconds, years, months, weeks, days in front; zone) -> as `flash_date_at`.
    fn flash_date_add(ctx: *mut Context, fields: *mut i64, zone: *const u8, zone_len: i64) -> Str {
        // SAFETY: a live text, an array of `FIELDS`, and this thread's context.
        unsafe {
            let parts = std::slice::from_raw_parts(fields, 6).to_vec();
            give(ctx, fields, add(&parts, text(zone, zone_len)))
        }
    }

    /// (fields with two moments in front, zone, largest unit) -> 1, or 0 and a problem. Writes the years, months, weeks, days,
    /// hours, minutes, seconds and nanoseconds in between.
    fn flash_date_until(_ctx: *mut Context, fields: *mut i64, zone: *const u8, zone_len: i64, largest: i32) -> u8 {
        // SAFETY: a live text, and an array of `FIELDS`.
        let (zone, fields) = unsafe { (text(zone, zone_len), std::slice::from_raw_parts_mut(fields, FIELDS)) };
        match until(fields, zone, largest) {
            Ok(span) => {
                let below = span.get_milliseconds() * 1_000_000 + span.get_microseconds() * 1_000 + span.get_nanoseconds();
                let parts = [
                    i64::from(span.get_years()),
                    i64::from(span.get_months()),
                    i64::from(span.get_weeks()),
                    i64::from(span.get_days()),
                    i64::from(span.get_hours()),
                    span.get_minutes(),
                    span.get_seconds(),
                    below,
                ];
                fields[..8].copy_from_slice(&parts);
                1
            }
            Err(words) => {
                problem::keep(words, 0);
                0
            }
        }
    }
}

fn words(error: Error) -> String {
    error.to_string()
}

/// The zone's name; writes the fields.
///
/// # Safety
/// An array of `FIELDS`, and this thread's context.
unsafe fn give(ctx: *mut Context, fields: *mut i64, zoned: Result<Zoned, String>) -> Str {
    match zoned {
        Ok(zoned) => {
            // SAFETY: promised by the caller.
            put(&zoned, unsafe { std::slice::from_raw_parts_mut(fields, FIELDS) });
            // SAFETY: promised by the caller.
            unsafe { new_text(ctx, &zone_name(&zoned)) }
        }
        Err(words) => {
            problem::keep(words, 0);
            NULL_TEXT
        }
    }
}

fn put(zoned: &Zoned, fields: &mut [i64]) {
    let moment = zoned.timestamp();
    // Nanoseconds count upwards also before 1970.
    let (mut seconds, mut nanoseconds) = (moment.as_second(), moment.subsec_nanosecond());
    if nanoseconds < 0 {
        seconds -= 1;
        nanoseconds += 1_000_000_000;
    }
    let is_summer = zoned.time_zone().to_offset_info(moment).dst().is_dst();
    let values = [
        seconds,
        i64::from(nanoseconds),
        i64::from(zoned.year()),
        i64::from(zoned.month()),
        i64::from(zoned.day()),
        i64::from(zoned.hour()),
        i64::from(zoned.minute()),
        i64::from(zoned.second()),
        i64::from(zoned.offset().seconds()),
        i64::from(zoned.weekday().to_monday_one_offset()),
        i64::from(zoned.day_of_year()),
        i64::from(is_summer),
    ];
    fields[..FIELDS].copy_from_slice(&values);
}

fn zone_name(zoned: &Zoned) -> String {
    let zone = zoned.time_zone();
    match zone.iana_name() {
        Some("Etc/Unknown") | None => {
            let offset = zoned.offset();
            if offset == Offset::UTC { "UTC".to_owned() } else { offset_name(offset.seconds()) }
        }
        Some(name) => name.to_owned(),
    }
}

/// `+02:00`, with seconds when there are any.
fn offset_name(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let all = seconds.unsigned_abs();
    let (hours, minutes, rest) = (all / 3600, all / 60 % 60, all % 60);
    let rest = if rest == 0 { String::new() } else { format!(":{rest:02}") };
    format!("{sign}{hours:02}:{minutes:02}{rest}")
}

fn zone(name: &str) -> Result<TimeZone, String> {
    match name {
        "UTC" | "Z" => Ok(TimeZone::UTC),
        "local" => TimeZone::try_system().map_err(|error| format!("the system's time zone is not known: {error}")),
        _ if name.starts_with(['+', '-']) => {
            let offset = DateTimeParser::new().parse_time_zone(name);
            offset.map_err(|_| format!("`{name}` is no offset, such as `+02:00`"))
        }
        _ => TimeZone::get(name).map_err(|_| format!("there is no time zone `{name}`")),
    }
}

fn at(seconds: i64, nanoseconds: i32, zone_text: &str) -> Result<Zoned, String> {
    let moment =
        Timestamp::new(seconds, nanoseconds).map_err(|_| "the moment lies outside of the years -9999 to 9999")?;
    Ok(moment.to_zoned(zone(zone_text)?))
}

fn of(parts: &[i64], zone_text: &str) -> Result<Zoned, String> {
    let &[year, month, day, hour, minute, second, nanosecond] = parts else { return Err(String::new()) };
    let small = |value: i64| i8::try_from(value).unwrap_or(i8::MAX);
    let date = civil::Date::new(i16::try_from(year).unwrap_or(i16::MAX), small(month), small(day))
        .map_err(|_| format!("there is no date {year:04}-{month:02}-{day:02}"))?;
    let nanosecond_part = i32::try_from(nanosecond).unwrap_or(i32::MAX);
    let time = Time::new(small(hour), small(minute), small(second), nanosecond_part)
        .map_err(|_| format!("there is no time {hour:02}:{minute:02}:{second:02} and {nanosecond} nanoseconds"))?;
    date.to_datetime(time).to_zoned(zone(zone_text)?).map_err(words)
}

/// ISO 8601, RFC 3339, RFC 9557. What has neither offset nor zone is in the given one.
fn parse(spelled: &str, zone_text: &str) -> Result<Zoned, String> {
    let pieces = Pieces::parse(spelled).map_err(words)?;
    if pieces.time_zone_annotation().is_some() {
        return DateTimeParser::new().parse_zoned(spelled).map_err(words);
    }
    let moment = pieces.date().to_datetime(pieces.time().unwrap_or_else(Time::midnight));
    let zone = match pieces.to_numeric_offset() {
        Some(offset) if offset == Offset::UTC => TimeZone::UTC,
        Some(offset) => offset.to_time_zone(),
        None => zone(zone_text)?,
    };
    moment.to_zoned(zone).map_err(words)
}

fn scan(spelled: &str, format: &str, zone_text: &str) -> Result<Zoned, String> {
    let parts = strtime::parse(format, spelled).map_err(words)?;
    if parts.offset().is_some() || parts.iana_time_zone().is_some() {
        return parts.to_zoned().map_err(words);
    }
    // Seconds since 1970.
    if let Ok(moment) = parts.to_timestamp() {
        return Ok(moment.to_zoned(TimeZone::UTC));
    }
    let date = parts.to_date().map_err(words)?;
    let time = parts.to_time().unwrap_or_else(|_| Time::midnight());
    date.to_datetime(time).to_zoned(zone(zone_text)?).map_err(words)
}

fn add(parts: &[i64], zone_text: &str) -> Result<Zoned, String> {
    let &[seconds, nanoseconds, years, months, weeks, days] = parts else { return Err(String::new()) };
    let start = at(seconds, i32::try_from(nanoseconds).unwrap_or(0), zone_text)?;
    let span = Span::new()
        .try_years(years)
        .and_then(|span| span.try_months(months))
        .and_then(|span| span.try_weeks(weeks))
        .and_then(|span| span.try_days(days));
    let sum = span.and_then(|span| start.checked_add(span));
    sum.map_err(|_| "the moment lies outside of the years -9999 to 9999".to_owned())
}

fn until(fields: &[i64], zone_text: &str, largest: i32) -> Result<Span, String> {
    let nanoseconds = |index: usize| i32::try_from(fields[index]).unwrap_or(0);
    let start = at(fields[0], nanoseconds(1), zone_text)?;
    let end = at(fields[2], nanoseconds(3), zone_text)?;
    let largest = match largest {
        0 => Unit::Year,
        1 => Unit::Month,
        2 => Unit::Week,
        3 => Unit::Day,
        4 => Unit::Hour,
        5 => Unit::Minute,
        _ => Unit::Second,
    };
    start.until(ZonedDifference::new(&end).largest(largest)).map_err(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(zoned: Result<Zoned, String>) -> String {
        zoned.map_or_else(|words| words, |zoned| zoned.to_string())
    }

    #[test]
    fn texts_say_their_zone_or_take_the_given_one() {
        assert_eq!(shown(parse("2024-02-29T12:00:00Z", "Europe/Berlin")), "2024-02-29T12:00:00+00:00[UTC]");
        assert_eq!(shown(parse("2024-02-29T12:00+02:00", "UTC")), "2024-02-29T12:00:00+02:00[+02:00]");
        assert_eq!(shown(parse("2024-02-29", "+05:30")), "2024-02-29T00:00:00+05:30[+05:30]");
        assert!(parse("2024-02-30", "UTC").is_err());
        assert_eq!(shown(scan("29.02.2024", "%d.%m.%Y", "UTC")), "2024-02-29T00:00:00+00:00[UTC]");
        assert_eq!(shown(scan("0", "%s", "UTC")), "1970-01-01T00:00:00+00:00[UTC]");
    }

    #[test]
    fn months_end_where_they_end() {
        let start = of(&[2024, 1, 31, 10, 0, 0, 0], "UTC").expect("a moment");
        let seconds = start.timestamp().as_second();
        assert_eq!(shown(add(&[seconds, 0, 0, 1, 0, 0], "UTC")), "2024-02-29T10:00:00+00:00[UTC]");
        assert_eq!(shown(of(&[2023, 2, 29, 0, 0, 0, 0], "UTC")), "there is no date 2023-02-29");
        assert_eq!(shown(of(&[2023, 2, 28, 25, 0, 0, 0], "UTC")), "there is no time 25:00:00 and 0 nanoseconds");
    }

    #[test]
    fn offsets_have_names() {
        assert_eq!(offset_name(-12_600), "-03:30");
        assert_eq!(zone("-03:30").map(|zone| zone.iana_name().map(str::to_owned)), Ok(None));
        assert!(zone("Nowhere/City").is_err());
        assert!(zone("+99:99").is_err());
    }
}
