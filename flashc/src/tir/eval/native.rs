//! Natives of the runtime that only compute with texts: what they give is the same while compiling.

use super::{Evaluator, Value};
use crate::source::{Span, Symbol};
use crate::tir::Const;
use flash_abi::symbols::Rt;
use std::cmp::Ordering;

impl Evaluator<'_> {
    /// The native's result; `name` is for the message where it is not one of these.
    pub(super) fn native(&mut self, rt: Rt, name: &str, values: &[Const], span: Span) -> Value {
        use Const::{Int, Str};
        let text = |text: &str| Ok(Str(Symbol::new(text)));
        let offset = |found: Option<usize>| Ok(Int(found.map_or(-1, |at| at as i128)));
        match (rt, values) {
            (Rt::StrCompare, [Str(a), Str(b)]) => Ok(Int(match a.as_str().cmp(b.as_str()) {
                Ordering::Less => -1,
                Ordering::Equal => 0,
                Ordering::Greater => 1,
            })),
            (Rt::StrIndexOf, [Str(whole), Str(part), Int(start)]) => {
                let start = usize::try_from(*start).unwrap_or(0);
                // From the middle of a character on nothing begins.
                let boundary = (start..=whole.as_str().len()).find(|&at| whole.as_str().is_char_boundary(at));
                offset(boundary.and_then(|from| whole.as_str()[from..].find(part.as_str()).map(|at| from + at)))
            }
            (Rt::StrLastIndexOf, [Str(whole), Str(part)]) => offset(whole.as_str().rfind(part.as_str())),
            (Rt::StrToUpper, [Str(whole)]) => text(&whole.as_str().to_uppercase()),
            (Rt::StrToLower, [Str(whole)]) => text(&whole.as_str().to_lowercase()),
            (Rt::StrTrimStart, [Str(whole)]) => text(whole.as_str().trim_start()),
            (Rt::StrTrimEnd, [Str(whole)]) => text(whole.as_str().trim_end()),
            (Rt::StrRepeat, [Str(whole), Int(count)]) => {
                let count = usize::try_from(*count).unwrap_or(0);
                let size = (whole.as_str().len() as u64).saturating_mul(count as u64);
                self.grow(span, size)?;
                text(&whole.as_str().repeat(count))
            }
            (Rt::StrReplaceAll, [Str(whole), Str(part), Str(by)]) => {
                let new = whole.as_str().replace(part.as_str(), by.as_str());
                self.grow(span, new.len() as u64)?;
                text(&new)
            }
            _ => self.not_constant(span, &format!("calling `{name}`")),
        }
    }
}
