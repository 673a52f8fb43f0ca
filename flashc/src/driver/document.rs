//! `import data from "./data.json"`: the module that a JSON document becomes. Its type is found from what is in it; the
//! text is read when the program starts, by `std:json`, so a large document costs the compiler little.

use crate::lexer::TokenKind;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The name under which a document's module exports it.
pub use crate::resolve::DOCUMENT;

/// What is known of a value's type.
#[derive(Clone, Debug, PartialEq)]
enum Shape {
    /// Of the elements of an empty array.
    Unknown,
    Null,
    Bool,
    /// Whole numbers between these.
    Int(i128, i128),
    Float,
    Text,
    Array(Box<Shape>),
    /// With all fields that were seen.
    Record(BTreeMap<String, Shape>),
    /// An object whose keys are no names of fields.
    Map(Box<Shape>),
    Optional(Box<Shape>),
    /// Values of more than one kind.
    Any,
}

/// The source of the module for a document, or what is wrong with it, in words.
pub fn module_source(text: &str) -> Result<String, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut ty = String::new();
    write_type(&shape(&value), &mut ty);
    let mut source = String::from("import { parse } from \"std:json\";\n");
    if ty.contains("Json") {
        source.push_str("import { Json } from \"std:json\";\n");
    }
    let _ = write!(source, "export let {DOCUMENT}: {ty} = parse(\"");
    write_literal(text, &mut source);
    source.push_str("\");\n");
    Ok(source)
}

/// A text as it stands between quotes.
fn write_literal(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
}

fn shape(value: &Value) -> Shape {
    match value {
        Value::Null => Shape::Null,
        Value::Bool(_) => Shape::Bool,
        Value::String(_) => Shape::Text,
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => Shape::Int(whole.into(), whole.into()),
            (None, Some(whole)) => Shape::Int(whole.into(), whole.into()),
            (None, None) => Shape::Float,
        },
        Value::Array(items) => {
            Shape::Array(Box::new(items.iter().fold(Shape::Unknown, |known, item| merge(known, shape(item)))))
        }
        Value::Object(fields) if !fields.is_empty() && fields.keys().all(|key| is_field_name(key)) => {
            Shape::Record(fields.iter().map(|(key, value)| (key.clone(), shape(value))).collect())
        }
        Value::Object(fields) => {
            let values = fields.values().fold(Shape::Unknown, |known, value| merge(known, shape(value)));
            Shape::Map(Box::new(values))
        }
    }
}

fn is_field_name(key: &str) -> bool {
    let mut chars = key.chars();
    let is_name = chars.next().is_some_and(|c| c == '_' || unicode_ident::is_xid_start(c))
        && chars.all(unicode_ident::is_xid_continue);
    is_name && TokenKind::keyword(key).is_none() && key != "_"
}

/// The shape of values of which some have one and some the other.
fn merge(a: Shape, b: Shape) -> Shape {
    match (a, b) {
        (Shape::Unknown, other) | (other, Shape::Unknown) => other,
        (Shape::Null, Shape::Null) => Shape::Null,
        (Shape::Null, Shape::Optional(inner)) | (Shape::Optional(inner), Shape::Null) => Shape::Optional(inner),
        (Shape::Null, other) | (other, Shape::Null) => optional(other),
        (Shape::Optional(a), Shape::Optional(b)) => optional(merge(*a, *b)),
        (Shape::Optional(a), b) | (b, Shape::Optional(a)) => optional(merge(*a, b)),
        (Shape::Bool, Shape::Bool) => Shape::Bool,
        (Shape::Text, Shape::Text) => Shape::Text,
        (Shape::Float, Shape::Float) => Shape::Float,
        (Shape::Int(a, b), Shape::Int(c, d)) => Shape::Int(a.min(c), b.max(d)),
        // Whole numbers that an `f64` does not hold stay what they are.
        (Shape::Int(a, b), Shape::Float) | (Shape::Float, Shape::Int(a, b)) => {
            if a >= -(1 << 53) && b <= 1 << 53 { Shape::Float } else { Shape::Any }
        }
        (Shape::Array(a), Shape::Array(b)) => Shape::Array(Box::new(merge(*a, *b))),
        (Shape::Map(a), Shape::Map(b)) => Shape::Map(Box::new(merge(*a, *b))),
        (Shape::Map(map), Shape::Record(fields)) | (Shape::Record(fields), Shape::Map(map)) => {
            Shape::Map(Box::new(fields.into_values().fold(*map, merge)))
        }
        (Shape::Record(a), Shape::Record(mut b)) => {
            let mut fields = BTreeMap::new();
            for (key, shape) in a {
                let shape = match b.remove(&key) {
                    Some(other) => merge(shape, other),
                    None => optional(shape),
                };
                fields.insert(key, shape);
            }
            fields.extend(b.into_iter().map(|(key, shape)| (key, optional(shape))));
            Shape::Record(fields)
        }
        _ => Shape::Any,
    }
}

/// What may be null, or missing.
fn optional(shape: Shape) -> Shape {
    match shape {
        // These have null among their values already.
        Shape::Optional(_) | Shape::Null | Shape::Any | Shape::Unknown => shape,
        other => Shape::Optional(Box::new(other)),
    }
}

fn write_type(shape: &Shape, out: &mut String) {
    match shape {
        Shape::Bool => out.push_str("bool"),
        Shape::Float => out.push_str("f64"),
        Shape::Text => out.push_str("str"),
        &Shape::Int(min, max) => out.push_str(if min >= i32::MIN.into() && max <= i32::MAX.into() {
            "i32"
        } else if max <= i64::MAX.into() {
            "i64"
        } else if min >= 0 {
            "u64"
        } else {
            "Json"
        }),
        Shape::Array(element) => {
            out.push('[');
            write_type(element, out);
            out.push(']');
        }
        Shape::Record(fields) => {
            out.push_str("{ ");
            for (index, (name, field)) in fields.iter().enumerate() {
                let comma = if index > 0 { ", " } else { "" };
                let _ = write!(out, "{comma}{name}: ");
                write_type(field, out);
            }
            out.push_str(" }");
        }
        Shape::Map(value) => {
            out.push_str("Map<str, ");
            write_type(value, out);
            out.push('>');
        }
        Shape::Optional(inner) => {
            let before = out.len();
            write_type(inner, out);
            if &out[before..] != "Json" {
                out.push('?');
            }
        }
        Shape::Unknown | Shape::Null | Shape::Any => out.push_str("Json"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn type_of(text: &str) -> String {
        let mut out = String::new();
        write_type(&shape(&serde_json::from_str(text).expect("JSON")), &mut out);
        out
    }

    #[test]
    fn types_are_found() {
        for (text, ty) in [
            ("1", "i32"),
            ("3000000000", "i64"),
            ("18446744073709551615", "u64"),
            ("1.0", "f64"),
            ("null", "Json"),
            ("[]", "[Json]"),
            ("{}", "Map<str, Json>"),
            ("[1, 2.5]", "[f64]"),
            ("[1, 3000000000]", "[i64]"),
            ("[-1, 18446744073709551615]", "[Json]"),
            ("[9007199254740993, 0.5]", "[Json]"),
            ("[1, null]", "[i32?]"),
            ("[1, \"x\"]", "[Json]"),
            ("[[], [1]]", "[[i32]]"),
            ("{\"b\": true, \"a\": [\"x\"]}", "{ a: [str], b: bool }"),
            ("[{\"a\": 1}, {\"a\": 2, \"b\": null}, {\"a\": null, \"b\": \"x\"}]", "[{ a: i32?, b: str? }]"),
            ("{\"in\": 1, \"x-y\": 2}", "Map<str, i32>"),
            ("[{\"a\": 1}, {\"a b\": 2.5}]", "[Map<str, f64>]"),
        ] {
            assert_eq!(type_of(text), ty, "{text}");
        }
    }
}
