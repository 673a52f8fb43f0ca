//! What people mean who come from other languages: types, values and methods under the names that they have
//! there. Only words; what is wrong is found where these are used.

use crate::diagnostics::Diagnostic;
use crate::source::{Span, Symbol};

/// A hint for a name: what to write, and whether that can stand in its place as it is.
pub(super) struct Hint {
    pub(super) text: &'static str,
    /// Replace the name by the text.
    pub(super) is_fix: bool,
}

const fn fix(text: &'static str) -> Option<Hint> {
    Some(Hint { text, is_fix: true })
}

const fn note(text: &'static str) -> Option<Hint> {
    Some(Hint { text, is_fix: false })
}

impl Hint {
    /// With the hint, as a fix or in words.
    pub(super) fn add(self, diagnostic: Diagnostic, span: Span) -> Diagnostic {
        if self.is_fix {
            diagnostic.fix(span, format!("write `{}`", self.text), self.text)
        } else {
            diagnostic.note(self.text)
        }
    }
}

/// The type that is called so elsewhere.
pub(super) fn foreign_type(name: Symbol) -> Option<Hint> {
    match name.as_str() {
        "int" | "Int" | "integer" | "Integer" | "int32" | "Int32" | "int32_t" => fix("i32"),
        "long" | "Long" | "int64" | "Int64" | "int64_t" | "isize" | "ssize_t" => fix("i64"),
        "short" | "Short" | "int16" | "Int16" | "int16_t" => fix("i16"),
        "int8" | "Int8" | "int8_t" | "sbyte" => fix("i8"),
        "byte" | "Byte" | "uint8" | "UInt8" | "uint8_t" => fix("u8"),
        "ushort" | "uint16" | "UInt16" | "uint16_t" => fix("u16"),
        "uint" | "UInt" | "uint32" | "UInt32" | "uint32_t" | "unsigned" => fix("u32"),
        "ulong" | "uint64" | "UInt64" | "uint64_t" | "usize" | "size_t" => fix("u64"),
        "float32" | "Float32" => fix("f32"),
        "float" | "Float" | "double" | "Double" | "float64" | "Float64" | "number" | "Number" => fix("f64"),
        "string" | "String" | "Str" | "text" | "Text" | "string_view" => fix("str"),
        "boolean" | "Boolean" | "Bool" | "_Bool" => fix("bool"),
        "Char" | "rune" | "character" | "Character" => fix("char"),
        "unit" | "Unit" | "None" | "undefined" | "nil" | "null" | "Void" => fix("void"),
        "Never" | "noreturn" | "NoReturn" | "Nothing" => fix("never"),
        "i128" | "u128" | "int128" | "bigint" | "BigInt" => note("the largest integers are `i64` and `u64`"),
        "Vec" | "List" | "Array" | "ArrayList" | "Slice" | "list" | "array" | "vector" | "Vector" => {
            note("an array of `T` is written `[T]`, one of fixed length `[T; N]`")
        }
        "Option" | "Optional" | "Maybe" | "Nullable" => note("a `T` that may be missing is written `T?`"),
        "Result" | "Either" | "Expected" => note("errors are thrown, not returned: the result type is that of success"),
        "Box" | "Rc" | "Arc" | "Ref" | "RefCell" | "Pointer" | "Ptr" | "shared_ptr" | "unique_ptr" => {
            note("memory is collected: a `class` is a reference already, and `*T` is a pointer")
        }
        "HashMap" | "Dict" | "dict" | "Dictionary" | "map" | "BTreeMap" | "Object" | "Hashtable" => fix("Map"),
        "HashSet" | "set" | "BTreeSet" => fix("Set"),
        "Tuple" | "tuple" | "Pair" => note("a tuple is written `(A, B)`"),
        "Fn" | "FnMut" | "FnOnce" | "Func" | "Function" | "function" | "func" | "Action" | "Callable" => {
            note("the type of a function is written `fn(A, B) -> C`")
        }
        "any" | "Any" | "object" | "dynamic" | "unknown" | "mixed" | "interface" => {
            note("every value has one type; use a type parameter `<T>`, an interface or an `enum`")
        }
        "auto" | "var" | "let" => note("leave the type out: it is inferred from the value"),
        _ => None,
    }
}

/// Modules of std whose namespace people use without the import.
const STD_NAMES: &[&str] = &["fs", "json", "math", "mem", "process", "time"];

/// What to say of a name that nothing here has.
pub(super) fn foreign_name(name: Symbol, diagnostic: Diagnostic, span: Span) -> Option<Diagnostic> {
    let text = name.as_str();
    if STD_NAMES.contains(&text) {
        return Some(diagnostic.note(format!("write `import {text} from \"std:{text}\";` at the top of the file")));
    }
    foreign_value(name).map(|hint| hint.add(diagnostic, span))
}

/// The value or function that is called so elsewhere.
fn foreign_value(name: Symbol) -> Option<Hint> {
    match name.as_str() {
        "nil" | "None" | "undefined" | "NULL" | "nullptr" | "Null" | "Nil" | "none" | "nothing" => fix("null"),
        "True" | "TRUE" | "YES" | "yes" => fix("true"),
        "False" | "FALSE" | "NO" | "no" => fix("false"),
        "brake" | "brk" => fix("break"),
        "contine" | "continu" | "next" => fix("continue"),
        "this" | "This" | "me" => fix("self"),
        "Some" | "Just" => note("a `T` is a `T?` as it is: leave the `Some` out"),
        "Ok" => note("a result is returned as it is; errors are thrown with `throw`"),
        "Err" => note("errors are thrown: `throw Error(\"what went wrong\");`"),
        "len" | "length" | "size" | "count" | "sizeof" => note("it is a method: `x.len()`"),
        "str" | "string" | "String" | "toString" | "repr" => note("`x.to_str()` or `` `${x}` `` gives a value as text"),
        "parseInt" | "int" | "Integer" | "atoi" => note("`text.to_i32()` reads a number; `x as i32` converts one"),
        "parseFloat" | "float" | "Number" | "atof" => note("`text.to_f64()` reads a number; `x as f64` converts one"),
        "Math" => note("`import math from \"std:math\";`, and numbers have methods: `x.sqrt()`"),
        "range" | "xrange" => note("a range is written `a..b`, or `a..=b` with its end"),
        "printf" | "echo" | "puts" | "print_line" | "writeLine" | "printLn" => fix("println"),
        "System" | "sys" | "os" => note("`import process from \"std:process\";`"),
        "input" | "readline" | "prompt" | "gets" | "scanf" => note("`console.readline(\"prompt\")` reads a line"),
        "open" | "fopen" | "require" => note("`import fs from \"std:fs\";` reads and writes files"),
        "INT_MAX" | "MAX_INT" => fix("i32.MAX"),
        "INT_MIN" | "MIN_INT" => fix("i32.MIN"),
        "typeof" | "type" | "instanceof" => note("`x is T` tests the type of a value"),
        "malloc" | "calloc" | "free" | "delete" => note("memory is collected; there is nothing to free"),
        "raise" | "panic!" => note("`throw error` throws, `panic(\"text\")` gives up"),
        "fallthrough" => note("an arm of `match` ends by itself; `1 | 2 => ...` joins cases"),
        "default" => note("the arm of `match` for everything else is `_ => ...`"),
        "NaN" | "NAN" => fix("f64.NAN"),
        "Infinity" | "INFINITY" => fix("f64.INFINITY"),
        "not" => note("`!x` negates a condition"),
        "and" => note("`a && b` joins conditions"),
        "or" => note("`a || b` joins conditions"),
        "elif" | "elsif" | "elseif" => note("write `else if`"),
        _ => None,
    }
}

/// Keywords that are statements by themselves, nearly: `brake`, `contine`.
pub(super) const LONE_KEYWORDS: &[&str] = &["break", "continue", "return", "self", "true", "false", "null"];

/// Names that a method may have here when it is called so elsewhere, the likeliest first.
pub(super) fn foreign_members(name: &str) -> &'static [&'static str] {
    match name {
        "length" | "size" | "count" | "Length" | "Count" | "lenght" | "lengths" => &["len"],
        "append" | "add" | "push_back" | "insert_last" | "Add" | "put_last" => &["push", "add", "concat"],
        "remove_last" | "pop_back" => &["pop"],
        "contains" | "include" | "has_value" | "Contains" => &["includes", "has", "contains"],
        "contains_key" | "containsKey" | "has_key" | "hasKey" | "includes" => &["has", "includes"],
        "put" | "insert" | "store" => &["set", "insert", "add"],
        "erase" | "remove" | "unset" | "del" => &["delete", "remove"],
        "for_each" | "forEach" | "each" | "foreach" => &["for_each"],
        "where" | "select_if" | "keep" => &["filter"],
        "select" | "collect_map" | "transform" => &["map"],
        "fold" | "inject" | "aggregate" | "foldl" | "accumulate" => &["reduce", "fold"],
        "every" | "all_of" | "every_one" => &["every", "all"],
        "some" | "any_of" => &["some", "any"],
        "all" => &["every"],
        "any" => &["some"],
        "strip" | "trimmed" => &["trim"],
        "lstrip" | "trim_left" | "trimLeft" => &["trim_start"],
        "rstrip" | "trim_right" | "trimRight" => &["trim_end"],
        "upper" | "toUpper" | "to_upper" | "uppercase" | "upcase" | "to_uppercase" | "toUpperCase" => {
            &["to_upper_case", "to_uppercase", "to_upper"]
        }
        "lower" | "toLower" | "to_lower" | "lowercase" | "downcase" | "to_lowercase" | "toLowerCase" => {
            &["to_lower_case", "to_lowercase", "to_lower"]
        }
        "substr" | "substring" | "sub" | "mid" => &["slice", "substring"],
        "startswith" | "startsWith" | "has_prefix" | "hasPrefix" => &["starts_with"],
        "endswith" | "endsWith" | "has_suffix" | "hasSuffix" => &["ends_with"],
        "find_index" | "indexOf" | "position" | "index" => &["index_of", "find_index"],
        "char_at" | "charAt" | "at" => &["char_at", "at", "get"],
        "charCodeAt" | "codePointAt" => &["char_at", "byte_at"],
        "characters" | "to_chars" => &["chars"],
        "to_string" | "toString" | "str" | "string" | "String" => &["to_str"],
        "clone" | "dup" | "copied" | "to_vec" | "to_owned" => &["copy", "clone", "slice"],
        "is_null" | "is_none" | "isNull" | "is_nil" => &[],
        "unwrap" | "expect" | "get_value" | "value" => &[],
        "empty" | "isEmpty" | "Empty" => &["is_empty"],
        "joined" | "implode" => &["join"],
        "first" | "front" | "head" => &["first", "at"],
        "last" | "back" | "tail" => &["last", "at"],
        "sort_with" | "sort_by_key" | "sorted_by" | "sortBy" => &["sort_by"],
        "sorted" | "to_sorted" => &["sorted", "to_sorted", "sort"],
        "reversed" | "to_reversed" => &["reversed", "to_reversed", "reverse"],
        "power" | "exp" | "pow" => &["pow", "powi", "powf"],
        _ => &[],
    }
}

/// What to write instead of a method of optionals elsewhere.
pub(super) fn foreign_optional_member(name: &str) -> Option<&'static str> {
    Some(match name {
        "is_null" | "is_none" | "isNull" | "is_nil" | "isEmpty" => "write `x == null`",
        "is_some" | "is_present" | "isPresent" | "has_value" | "hasValue" => "write `x != null`",
        "unwrap" | "expect" | "get" | "value" => "`x!` gives the value, and throws when it is null",
        "unwrap_or" | "get_or" | "or_else" | "orElse" | "unwrap_or_default" | "unwrap_or_else" | "value_or" => {
            "`x ?? other` gives another value when it is null"
        }
        "map" | "and_then" | "flat_map" | "if_let" => "`if let v = x { ... }` or `x?.method()` goes on with the value",
        _ => return None,
    })
}
