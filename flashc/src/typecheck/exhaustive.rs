//! Exhaustiveness and unreachable arms, by the usual algorithm: a row of patterns is useful when it
//! matches a value that no row before it matches, and that value is shown to the user.

use super::body::Body;
use crate::diagnostics::Diagnostic;
use crate::source::{Span, Symbol};
use crate::tir::{Const, Expr, FloatTy, Pattern, PatternKind, Ty, TyKind};

/// A pattern without what does not matter here.
#[derive(Clone, Debug)]
enum Pat {
    Any,
    Make(Make, Vec<Pat>),
    Or(Vec<Pat>),
}

/// The outermost part of a value.
#[derive(Clone, Debug, PartialEq)]
enum Make {
    Null,
    Some,
    /// A tuple or struct: there is no other.
    Only,
    /// Integers and chars, inclusive. A bool is 0 or 1.
    Range(i128, i128),
    Variant(u32),
    /// A value of an interface type that is of this one.
    Type(Ty),
    /// A string or float.
    Const(Const),
}

impl Body<'_, '_> {
    /// Reports missing cases and arms that are never reached.
    pub(super) fn check_arms(&mut self, arms: &[(Pattern, Option<Expr>)], ty: Ty, span: Span) {
        if self.has_error_type(ty) || arms.iter().any(|(pattern, _)| is_broken(pattern)) {
            return;
        }
        let mut rows: Vec<Vec<Pat>> = Vec::with_capacity(arms.len());
        for (pattern, guard) in arms {
            let row = vec![self.simplify(pattern)];
            if self.useful(&rows, &row, &[ty]).is_none() {
                self.report(
                    Diagnostic::warning("W0103", pattern.span, "this arm is never reached")
                        .label("the arms before it match all that it does"),
                );
            } else if guard.is_none() {
                rows.push(row);
            }
        }
        let Some(missing) = self.useful(&rows, &[Pat::Any], &[ty]).and_then(|mut w| w.pop()) else { return };
        let last = arms.last().map(|(p, _)| p.span);
        let guarded = arms.iter().any(|(_, guard)| guard.is_some());
        let missing = match missing.as_str() {
            "_" => "every other value".to_owned(),
            "a value" => "a value that is not null".to_owned(),
            _ => self.missing_variants(&rows, ty).unwrap_or_else(|| format!("`{missing}`")),
        };
        let mut diagnostic = Diagnostic::error("E0360", span, format!("the match does not cover {missing}"));
        if let Some(last) = last {
            diagnostic = diagnostic.secondary(last, "add an arm for it, or `_ => ...`, behind this");
        }
        if guarded {
            diagnostic = diagnostic.note("an arm with `if` does not count: its condition may be false");
        }
        self.report(diagnostic);
    }

    /// All variants that are left, when they are several.
    fn missing_variants(&mut self, rows: &[Vec<Pat>], ty: Ty) -> Option<String> {
        let TyKind::Nominal(id, _) = *self.kind(ty) else { return None };
        let count = self.cx.nominals[id.index()].variants.len() as u32;
        let mut missing = Vec::new();
        for index in 0..count {
            let pattern = Pat::Make(Make::Variant(index), Vec::new());
            missing.extend(self.useful(rows, &[pattern], &[ty]).and_then(|mut words| words.pop()));
        }
        let words: Vec<String> = missing.iter().take(4).map(|word| format!("`{word}`")).collect();
        match missing.len() {
            0 | 1 => None,
            n if n > words.len() => Some(format!("{} and {} more", words.join(", "), n - words.len())),
            _ => words.split_last().map(|(last, rest)| format!("{} and {last}", rest.join(", "))),
        }
    }

    /// A value that none of the patterns matches, in words.
    pub(super) fn uncovered(&mut self, patterns: &[Pattern], ty: Ty) -> Option<String> {
        if self.has_error_type(ty) {
            return None;
        }
        let rows: Vec<Vec<Pat>> = patterns.iter().map(|p| vec![self.simplify(p)]).collect();
        self.useful(&rows, &[Pat::Any], &[ty]).and_then(|mut w| w.pop())
    }

    fn has_error_type(&self, ty: Ty) -> bool {
        match self.kind(ty) {
            TyKind::Error | TyKind::Never => true,
            TyKind::Tuple(types) => types.iter().any(|&t| self.has_error_type(t)),
            TyKind::Optional(inner) => self.has_error_type(*inner),
            _ => false,
        }
    }

    fn simplify(&self, pattern: &Pattern) -> Pat {
        match &pattern.kind {
            PatternKind::Wildcard | PatternKind::Bind(_, None) => Pat::Any,
            PatternKind::Bind(_, Some(inner)) => self.simplify(inner),
            PatternKind::Const(Const::Null) => Pat::Make(Make::Null, Vec::new()),
            PatternKind::Const(value) => match point(value) {
                Some(n) => Pat::Make(Make::Range(n, n), Vec::new()),
                None => Pat::Make(Make::Const(value.clone()), Vec::new()),
            },
            PatternKind::Range(first, last) => {
                let Some((least, greatest)) = self.domain(pattern.ty) else {
                    // Floats: a range covers nothing that could be counted on.
                    return Pat::Make(Make::Const(Const::Void), Vec::new());
                };
                let first = first.as_ref().and_then(point).unwrap_or(least);
                let last = last.as_ref().and_then(point).unwrap_or(greatest);
                Pat::Make(Make::Range(first, last), Vec::new())
            }
            PatternKind::Some(inner) => Pat::Make(Make::Some, vec![self.simplify(inner)]),
            PatternKind::Type(inner) => {
                let made = Pat::Make(Make::Type(self.shallow(inner.ty)), vec![self.simplify(inner)]);
                match self.kind(pattern.ty) {
                    TyKind::Optional(_) => Pat::Make(Make::Some, vec![made]),
                    _ => made,
                }
            }
            PatternKind::Tuple(parts) => Pat::Make(Make::Only, parts.iter().map(|p| self.simplify(p)).collect()),
            PatternKind::Fields(fields) => {
                let count = match self.kind(pattern.ty) {
                    TyKind::Nominal(id, _) => self.cx.nominals[id.index()].fields.len(),
                    TyKind::Record(known) => known.len(),
                    _ => return Pat::Any,
                };
                let mut parts = vec![Pat::Any; count];
                for (index, field) in fields {
                    if let Some(part) = parts.get_mut(*index as usize) {
                        *part = self.simplify(field);
                    }
                }
                Pat::Make(Make::Only, parts)
            }
            PatternKind::Or(parts) => Pat::Or(parts.iter().map(|p| self.simplify(p)).collect()),
            PatternKind::Variant { index, fields } => {
                Pat::Make(Make::Variant(*index), fields.iter().map(|p| self.simplify(p)).collect())
            }
        }
    }

    /// Least and greatest value, where a type's values are numbered.
    fn domain(&self, ty: Ty) -> Option<(i128, i128)> {
        match self.kind(ty) {
            TyKind::Int(int) => Some(((*int).min(), (*int).max())),
            TyKind::Char => Some((0, i128::from(u32::from(char::MAX)))),
            TyKind::Bool => Some((0, 1)),
            _ => None,
        }
    }

    /// Types of the parts of a value made this way.
    fn part_types(&mut self, make: &Make, ty: Ty) -> Vec<Ty> {
        match (make, self.kind(ty).clone()) {
            (Make::Some, TyKind::Optional(inner)) => vec![inner],
            (Make::Type(ty), _) => vec![*ty],
            (Make::Only, TyKind::Tuple(types)) => types,
            (Make::Only, TyKind::Record(fields)) => fields.into_iter().map(|(_, t)| t).collect(),
            (Make::Variant(index), TyKind::Nominal(id, args)) => {
                let variants = &self.cx.nominals[id.index()].variants;
                let fields: Vec<Ty> =
                    variants.get(*index as usize).map_or(Vec::new(), |v| v.fields.iter().map(|f| f.ty).collect());
                self.cx.types.substitute_all(&fields, &args)
            }
            (Make::Only, TyKind::Nominal(id, args)) => {
                let fields: Vec<Ty> = self.cx.nominals[id.index()].fields.iter().map(|f| f.ty).collect();
                self.cx.types.substitute_all(&fields, &args)
            }
            _ => Vec::new(),
        }
    }

    /// A row of values, in words, that `row` matches and none of `rows` does.
    fn useful(&mut self, rows: &[Vec<Pat>], row: &[Pat], types: &[Ty]) -> Option<Vec<String>> {
        let Some((head, rest)) = row.split_first() else {
            return if rows.is_empty() { Some(Vec::new()) } else { None };
        };
        let (&ty, rest_types) = types.split_first()?;
        match head {
            Pat::Or(parts) => parts.iter().find_map(|part| {
                let mut row = vec![part.clone()];
                row.extend_from_slice(rest);
                self.useful(rows, &row, types)
            }),
            Pat::Make(Make::Range(first, last), _) => {
                let pieces = split(*first, *last, rows);
                pieces
                    .into_iter()
                    .find_map(|(a, b)| self.useful_made(rows, &Make::Range(a, b), &[], rest, ty, rest_types))
            }
            Pat::Make(make, parts) => self.useful_made(rows, make, parts, rest, ty, rest_types),
            Pat::Any => self.useful_any(rows, rest, ty, rest_types),
        }
    }

    fn useful_made(
        &mut self,
        rows: &[Vec<Pat>],
        make: &Make,
        parts: &[Pat],
        rest: &[Pat],
        ty: Ty,
        rest_types: &[Ty],
    ) -> Option<Vec<String>> {
        let part_types = self.part_types(make, ty);
        let count = part_types.len();
        let inner_rows = specialise(rows, make, count);
        let mut row: Vec<Pat> = parts.to_vec();
        row.resize(count, Pat::Any);
        row.extend_from_slice(rest);
        let mut types = part_types;
        types.extend_from_slice(rest_types);
        let mut found = self.useful(&inner_rows, &row, &types)?;
        let rest_words = found.split_off(count);
        let mut words = vec![self.words(make, &found, ty)];
        words.extend(rest_words);
        Some(words)
    }

    fn useful_any(&mut self, rows: &[Vec<Pat>], rest: &[Pat], ty: Ty, rest_types: &[Ty]) -> Option<Vec<String>> {
        let all: Option<Vec<Make>> = match self.kind(ty) {
            TyKind::Optional(_) => Some(vec![Make::Null, Make::Some]),
            TyKind::Tuple(_) | TyKind::Record(_) => Some(vec![Make::Only]),
            TyKind::Nominal(id, _) if self.cx.nominals[id.index()].is_enum() => {
                let count = self.cx.nominals[id.index()].variants.len() as u32;
                Some((0..count).map(Make::Variant).collect())
            }
            // There may always be another type that implements an interface.
            TyKind::Nominal(id, _) if self.cx.nominals[id.index()].is_interface() => None,
            TyKind::Nominal(..) => Some(vec![Make::Only]),
            _ => self.domain(ty).map(|(least, greatest)| {
                split(least, greatest, rows).into_iter().map(|(a, b)| Make::Range(a, b)).collect()
            }),
        };
        let mut present = Vec::new();
        rows.iter().for_each(|row| makes(&row[0], &mut present));
        let missing = match &all {
            Some(all) => all.iter().find(|make| !present.iter().any(|p| covers(p, make))),
            None => None,
        };
        if all.is_none() || missing.is_some() {
            // Something is left that no row asks for: only rows that ask nothing matter.
            let defaults = default_rows(rows);
            let found = self.useful(&defaults, rest, rest_types)?;
            let word = match missing {
                Some(Make::Range(..) | Make::Only) if present.is_empty() => "_".to_owned(),
                Some(_) if present.is_empty() && !rows.is_empty() => "_".to_owned(),
                Some(make) => {
                    let count = self.part_types(make, ty).len();
                    self.words(make, &vec!["_".to_owned(); count], ty)
                }
                None => "_".to_owned(),
            };
            let mut words = vec![word];
            words.extend(found);
            return Some(words);
        }
        all.unwrap_or_default().iter().find_map(|make| self.useful_made(rows, make, &[], rest, ty, rest_types))
    }

    fn words(&self, make: &Make, parts: &[String], ty: Ty) -> String {
        match make {
            Make::Null => "null".to_owned(),
            Make::Some => parts.first().filter(|p| *p != "_").cloned().unwrap_or_else(|| "a value".to_owned()),
            Make::Only => match self.kind(ty) {
                TyKind::Nominal(id, _) => {
                    let info = &self.cx.nominals[id.index()];
                    named_parts(info.name.as_str(), info.fields.iter().map(|f| f.name), parts)
                }
                TyKind::Record(fields) => named_parts("", fields.iter().map(|(n, _)| *n), parts),
                _ => format!("({})", parts.join(", ")),
            },
            Make::Variant(index) => match self.kind(ty) {
                TyKind::Nominal(id, _) => {
                    let info = &self.cx.nominals[id.index()];
                    match info.variants.get(*index as usize) {
                        Some(v) if v.is_named => {
                            let name = format!("{}.{}", info.name, v.name);
                            named_parts(&name, v.fields.iter().map(|f| f.name), parts)
                        }
                        Some(v) if parts.is_empty() => format!("{}.{}", info.name, v.name),
                        Some(v) => format!("{}.{}({})", info.name, v.name, parts.join(", ")),
                        None => "_".to_owned(),
                    }
                }
                _ => "_".to_owned(),
            },
            Make::Range(first, last) => self.range_words(*first, *last, ty),
            Make::Type(ty) => format!("_: {}", self.cx.show(*ty)),
            Make::Const(value) => match value {
                Const::Str(text) => format!("{:?}", text.as_str()),
                Const::Float(x) => x.to_string(),
                _ => "_".to_owned(),
            },
        }
    }

    fn range_words(&self, first: i128, last: i128, ty: Ty) -> String {
        let domain = self.domain(ty);
        let one = |n: i128| match self.kind(ty) {
            TyKind::Bool => (n != 0).to_string(),
            TyKind::Char => match u32::try_from(n).ok().and_then(char::from_u32) {
                Some(c) => format!("{c:?}"),
                None => format!("'\\u{{{n:x}}}'"),
            },
            TyKind::Float(FloatTy::F32 | FloatTy::F64) => "_".to_owned(),
            _ => n.to_string(),
        };
        match domain {
            Some((least, greatest)) if first == least && last == greatest => "_".to_owned(),
            _ if first == last => one(first),
            Some((least, _)) if first == least => format!("..={}", one(last)),
            Some((_, greatest)) if last == greatest => format!("{}..", one(first)),
            _ => format!("{}..={}", one(first), one(last)),
        }
    }
}

/// Something in the pattern has been reported.
pub(super) fn is_broken(pattern: &Pattern) -> bool {
    pattern.ty == Ty::ERROR
        || match &pattern.kind {
            PatternKind::Bind(_, Some(inner)) | PatternKind::Some(inner) | PatternKind::Type(inner) => is_broken(inner),
            PatternKind::Tuple(parts) | PatternKind::Or(parts) | PatternKind::Variant { fields: parts, .. } => {
                parts.iter().any(is_broken)
            }
            PatternKind::Fields(fields) => fields.iter().any(|(_, p)| is_broken(p)),
            _ => false,
        }
}

fn named_parts(name: &str, fields: impl Iterator<Item = Symbol>, parts: &[String]) -> String {
    let told: Vec<String> = fields.zip(parts).filter(|(_, p)| *p != "_").map(|(f, p)| format!("{f}: {p}")).collect();
    let space = if name.is_empty() { "" } else { " " };
    if told.len() == parts.len() {
        format!("{name}{space}{{ {} }}", told.join(", "))
    } else if told.is_empty() {
        format!("{name}{space}{{ .. }}")
    } else {
        format!("{name}{space}{{ {}, .. }}", told.join(", "))
    }
}

fn point(value: &Const) -> Option<i128> {
    match value {
        Const::Int(n) => Some(*n),
        Const::Char(c) => Some(i128::from(u32::from(*c))),
        Const::Bool(b) => Some(i128::from(*b)),
        _ => None,
    }
}

/// The scalar value before this one.
pub(super) fn char_before(c: char) -> Option<char> {
    let code = u32::from(c).checked_sub(1)?;
    char::from_u32(code).or(Some('\u{d7ff}'))
}

/// Whether everything made as `b` is made as `a` too.
fn covers(a: &Make, b: &Make) -> bool {
    match (a, b) {
        (Make::Range(first, last), Make::Range(a, b)) => first <= a && b <= last,
        _ => a == b,
    }
}

/// The range in pieces, each of which every row's range contains or leaves alone.
fn split(first: i128, last: i128, rows: &[Vec<Pat>]) -> Vec<(i128, i128)> {
    let mut present = Vec::new();
    rows.iter().for_each(|row| makes(&row[0], &mut present));
    let mut starts = vec![first];
    for make in &present {
        if let Make::Range(a, b) = make {
            starts.extend([*a, *b + 1].into_iter().filter(|s| first < *s && *s <= last));
        }
    }
    starts.sort_unstable();
    starts.dedup();
    let ends = starts.iter().skip(1).map(|s| s - 1).chain([last]);
    starts.iter().copied().zip(ends).collect()
}

fn makes(pat: &Pat, found: &mut Vec<Make>) {
    match pat {
        Pat::Any => {}
        Pat::Make(make, _) => found.push(make.clone()),
        Pat::Or(parts) => parts.iter().for_each(|p| makes(p, found)),
    }
}

/// The rows that match values made this way, with the parts in front.
fn specialise(rows: &[Vec<Pat>], make: &Make, count: usize) -> Vec<Vec<Pat>> {
    let mut result = Vec::new();
    for row in rows {
        specialise_row(row, make, count, &mut result);
    }
    result
}

fn specialise_row(row: &[Pat], make: &Make, count: usize, result: &mut Vec<Vec<Pat>>) {
    let Some((head, rest)) = row.split_first() else { return };
    match head {
        Pat::Any => {
            let mut made = vec![Pat::Any; count];
            made.extend_from_slice(rest);
            result.push(made);
        }
        Pat::Make(own, parts) if covers(own, make) => {
            let mut made = parts.clone();
            made.resize(count, Pat::Any);
            made.extend_from_slice(rest);
            result.push(made);
        }
        Pat::Make(..) => {}
        Pat::Or(parts) => {
            for part in parts {
                let mut one = vec![part.clone()];
                one.extend_from_slice(rest);
                specialise_row(&one, make, count, result);
            }
        }
    }
}

fn default_rows(rows: &[Vec<Pat>]) -> Vec<Vec<Pat>> {
    fn asks_nothing(pat: &Pat) -> bool {
        match pat {
            Pat::Any => true,
            Pat::Make(..) => false,
            Pat::Or(parts) => parts.iter().any(asks_nothing),
        }
    }
    rows.iter().filter(|row| row.first().is_some_and(asks_nothing)).map(|row| row[1..].to_vec()).collect()
}
