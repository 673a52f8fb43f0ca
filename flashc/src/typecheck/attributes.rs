//! What attributes of functions mean.

use super::entity::Special;
use crate::ast::{Attribute, Literal};
use crate::source::Symbol;
use crate::tir::{Inline, Intrinsic};

pub(super) fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes.iter().find(|a| a.name.name.as_str() == name)
}

/// The first positional text of `#[name("text")]`.
pub(super) fn text(attributes: &[Attribute], name: &str) -> Option<Symbol> {
    let attribute = find(attributes, name)?;
    attribute.args.iter().find_map(|arg| match (&arg.name, &arg.value) {
        (None, Some(Literal::Str(text))) => Some(*text),
        _ => None,
    })
}

pub(super) fn inline(attributes: &[Attribute]) -> Inline {
    if find(attributes, "inline").is_some() || find(attributes, "hot").is_some() {
        Inline::Always
    } else if find(attributes, "noinline").is_some() || find(attributes, "cold").is_some() {
        Inline::Never
    } else {
        Inline::Auto
    }
}

pub(super) fn special(attributes: &[Attribute]) -> Special {
    if find(attributes, "format_args").is_some() {
        Special::FormatArgs
    } else if find(attributes, "assert").is_some() {
        Special::Assert
    } else {
        Special::None
    }
}

/// The intrinsic of a name as std writes it: snake_case of the variant.
pub(super) fn intrinsic(name: &str) -> Option<Intrinsic> {
    Some(match name {
        "array_len" => Intrinsic::ArrayLen,
        "array_capacity" => Intrinsic::ArrayCapacity,
        "array_set_len" => Intrinsic::ArraySetLen,
        "array_reserve" => Intrinsic::ArrayReserve,
        "array_get" => Intrinsic::ArrayGet,
        "array_set" => Intrinsic::ArraySet,
        "array_move" => Intrinsic::ArrayMove,
        "array_copy" => Intrinsic::ArrayCopy,
        "str_len" => Intrinsic::StrLen,
        "str_byte" => Intrinsic::StrByte,
        "str_slice" => Intrinsic::StrSlice,
        "sqrt" => Intrinsic::Sqrt,
        "floor" => Intrinsic::Floor,
        "ceil" => Intrinsic::Ceil,
        "trunc" => Intrinsic::Trunc,
        "nearest" => Intrinsic::Nearest,
        "abs" => Intrinsic::Abs,
        "min" => Intrinsic::Min,
        "max" => Intrinsic::Max,
        "copy_sign" => Intrinsic::CopySign,
        "to_bits" => Intrinsic::ToBits,
        "from_bits" => Intrinsic::FromBits,
        "add_overflow" => Intrinsic::AddOverflow,
        "sub_overflow" => Intrinsic::SubOverflow,
        "mul_overflow" => Intrinsic::MulOverflow,
        "count_ones" => Intrinsic::CountOnes,
        "leading_zeros" => Intrinsic::LeadingZeros,
        "trailing_zeros" => Intrinsic::TrailingZeros,
        "rotate_left" => Intrinsic::RotateLeft,
        "rotate_right" => Intrinsic::RotateRight,
        "pointer_offset" => Intrinsic::PointerOffset,
        "pointer_address" => Intrinsic::PointerAddress,
        "pointer_from_address" => Intrinsic::PointerFromAddress,
        "str_address" => Intrinsic::StrAddress,
        "size_of" => Intrinsic::SizeOf,
        "show" => Intrinsic::Show,
        "equal" => Intrinsic::Equal,
        "plus" => Intrinsic::Plus,
        "times" => Intrinsic::Times,
        "zero" => Intrinsic::Zero,
        "one" => Intrinsic::One,
        "same_key" => Intrinsic::SameKey,
        "hash" => Intrinsic::Hash,
        "show_into" => Intrinsic::ShowInto,
        "show_alone" => Intrinsic::ShowAlone,
        "plain_key" => Intrinsic::PlainKey,
        "array_pointer" => Intrinsic::ArrayPointer,
        "array_zero" => Intrinsic::ArrayZero,
        "json_read" => Intrinsic::JsonRead,
        "json_write" => Intrinsic::JsonWrite,
        "json_key" => Intrinsic::JsonKey,
        "json_read_key" => Intrinsic::JsonReadKey,
        "promise_settle" => Intrinsic::PromiseSettle,
        "promise_of" => Intrinsic::PromiseOf,
        "promise_value" => Intrinsic::PromiseValue,
        "is_promise" => Intrinsic::IsPromise,
        "initialize_std" => Intrinsic::InitializeStd,
        "copied_globals" => Intrinsic::CopiedGlobals,
        "panic" => Intrinsic::Panic,
        "assert_failed" => Intrinsic::AssertFailed,
        _ => return None,
    })
}
