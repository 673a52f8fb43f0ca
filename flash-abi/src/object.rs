//! Heap objects and the descriptors that tell the collector where their pointers are.
//!
//! Every object starts with one header word: the address of its [`Descriptor`] in the low 48
//! bits; the high 16 bits belong to the collector and are zero in a new object. Sizes are
//! multiples of [`OBJECT_ALIGN`]. A pointer slot may hold null, an address outside the heap
//! (literals, static closures, stack), an object's start, or an address inside an object.

/// Size of the header word in bytes.
pub const HEADER_SIZE: u32 = 8;
/// Alignment of every object, in bytes.
pub const OBJECT_ALIGN: u32 = 8;
/// The part of a header word that is the descriptor's address.
pub const HEADER_ADDRESS_MASK: u64 = (1 << 48) - 1;

/// `kind` of an object of fixed size: class instance, closure, cell, array header.
pub const KIND_FIXED: u8 = 0;
/// `kind` of a buffer: header, `u64` count of elements at [`BUFFER_COUNT`], elements from
/// [`BUFFER_DATA`] on. The element's size and pointers stand in the descriptor.
pub const KIND_BUFFER: u8 = 1;

/// Offset of a buffer's element count (`u64`), in bytes.
pub const BUFFER_COUNT: u32 = 8;
/// Offset of a buffer's first element, in bytes.
pub const BUFFER_DATA: u32 = 16;

/// Offsets in the object that a `[T]` value points to, in bytes. Its data pointer is
/// null or `BUFFER_DATA` into a buffer, whose count is the capacity.
pub const ARRAY_DATA: u32 = 8;
pub const ARRAY_LEN: u32 = 16;
pub const ARRAY_CAPACITY: u32 = 24;
pub const ARRAY_SIZE: u32 = 32;

/// Offset of the code address in a closure object; captured values follow. Closure code takes
/// the closure object as its first argument.
pub const CLOSURE_CODE: u32 = 8;
pub const CLOSURE_CAPTURES: u32 = 16;

/// Offset of the value in a cell (the heap home of a shared or address-taken variable).
pub const CELL_VALUE: u32 = 8;

/// What unwinding carries, an object of the runtime: the address of the error's object and of its dispatch table
/// for `Error`, together a value of that interface. The trace follows.
pub const THROWN_ERROR: u32 = 8;
pub const THROWN_TABLE: u32 = 16;

/// Fixed part of a descriptor, 8-aligned in read-only data and free of relocations. After it
/// come `pointer_count` slots (`u32` each), then `name_len` bytes of the type's name (UTF-8).
///
/// A slot is a byte offset, a multiple of 8: from the object's start for [`KIND_FIXED`], from the element's start
/// for [`KIND_BUFFER`]. Its bit 0 ([`SLOT_EXACT`]) says that the word is null, outside the heap,
/// or exactly an object's start, never an address inside one. Its bit 1 ([`SLOT_AMBIGUOUS`]) says that the word may
/// be anything, and an address only by its looks, as words on the stack are (frames of coroutines have such).
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Descriptor {
    /// Bytes of the whole object with header (fixed), or of one element (buffer).
    pub size: u32,
    pub pointer_count: u32,
    pub name_len: u32,
    pub kind: u8,
    /// The first byte: 0 or [`DESCRIPTOR_LOCAL`]; the others 0.
    pub reserved: [u8; 3],
}

/// The objects belong to their thread and cannot be copied to another heap: what they stand for is not in them.
pub const DESCRIPTOR_LOCAL: u8 = 1;

/// Size of a descriptor's fixed part in bytes; the slots start here.
pub const DESCRIPTOR_SIZE: u32 = 16;
/// Bit of a slot: the word is an object's start if it points into the heap at all.
pub const SLOT_EXACT: u32 = 1;
/// Bit of a slot: the word may be anything; if it looks like an address in an object, the object lives.
pub const SLOT_AMBIGUOUS: u32 = 2;
/// What of a slot is not its offset.
pub const SLOT_FLAGS: u32 = SLOT_EXACT | SLOT_AMBIGUOUS;

const _: () = assert!(core::mem::size_of::<Descriptor>() == DESCRIPTOR_SIZE as usize);

/// A `str` as natives take and return it: two registers, in this order. Never null (an empty
/// `str` has any non-null address); a `str?` that is `null` has a null address.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Str {
    pub data: *const u8,
    pub len: i64,
}
