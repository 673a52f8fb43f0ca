//! The tables that a compiled program carries, so that the runtime can start it and say where it
//! failed. All are read-only; only the addresses in [`Program`] itself need relocations.
//! "Text offset" is a byte offset from [`Program::text`]: one object has one text section.

/// First eight bytes of a [`Program`].
pub const MAGIC: u64 = u64::from_le_bytes(*b"FLASHPRG");

/// Symbol of the [`Program`] in every object that holds a whole program.
pub const PROGRAM_SYMBOL: &str = "flash_program";

/// The root of a program's tables, the object's one symbol that the runtime looks for.
#[repr(C)]
#[derive(Debug)]
pub struct Program {
    pub magic: u64,
    pub abi_version: u32,
    pub reserved: u32,
    /// Bytes of the globals area.
    pub globals_size: u64,
    /// A `KIND_FIXED` descriptor whose slots are offsets in the globals area.
    pub globals_descriptor: *const crate::object::Descriptor,
    /// Runs every module's top level, dependencies first, then `main`; returns the exit code.
    /// Called with the C convention of SysV on x86-64 (AAPCS64 on aarch64) by the runtime's entry
    /// assembly, with the pinned register set. Null in an object without an entry.
    pub entry: *const u8,
    pub text: *const u8,
    pub text_size: u64,
    pub functions: *const Function,
    pub function_count: u64,
    pub sites: *const Site,
    pub site_count: u64,
    pub locations: *const Location,
    pub location_count: u64,
    pub files: *const File,
    pub file_count: u64,
    /// Names and source texts that the tables refer to by byte offset.
    pub strings: *const u8,
    pub strings_size: u64,
    pub handlers: *const Handler,
    pub handler_count: u64,
    /// By [`ERROR_CLASSES`]; null in a program without handlers, where failing checks end the program.
    pub errors: *const ErrorClass,
    pub error_count: u64,
    /// Code that asks an error about itself, with the convention of `entry`: takes a value of `Error` in the
    /// context's `fail_a` and `fail_b`, and leaves there its message (address and length), in `fail_c` and
    /// `fail_d` its cause. Null in a program that throws nothing.
    pub describe: *const u8,
}

/// The classes of `std:error` whose instances failing checks throw, in the order of `Program::errors`. Behind the
/// header they have the check's operands, at most two words, as the context's `fail_a` and `fail_b`.
pub const ERROR_CLASSES: [&str; 10] = [
    "BoundsError",
    "NullError",
    "DivisionError",
    "OverflowError",
    "AssertionError",
    "PanicError",
    "RangeError",
    "ConversionError",
    "StackOverflowError",
    "OutOfMemoryError",
];

/// What the runtime needs to make an instance of an error's class.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ErrorClass {
    pub descriptor: *const crate::object::Descriptor,
    /// The class's dispatch table for `Error`.
    pub table: *const u8,
}

/// A range of `Program::strings`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct StringRange {
    pub offset: u32,
    pub len: u32,
}

/// A compiled function, sorted by `start`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Text offsets: first byte, and first byte after.
    pub start: u32,
    pub end: u32,
    /// Name as a stack trace shows it (`Point.len`, `<closure in main>`). Empty of code that stands
    /// in no source and is not shown: [`PASSED`], or else code that C calls, which no error passes, such as the
    /// program's entry.
    pub name: StringRange,
    /// One of the `ROLE_` constants.
    pub role: u32,
}

/// Most functions.
pub const ROLE_PLAIN: u32 = 0;
/// Makes the frame of a coroutine and calls its `ROLE_RESUME` function, on behalf of whoever called the coroutine.
pub const ROLE_START: u32 = 1;
/// The body of a coroutine. Whoever calls it, unless that is its `ROLE_START` function, has nothing to do with it: they
/// only go on where it waited.
pub const ROLE_RESUME: u32 = 2;

/// The name of code that stands in no source and that errors pass.
pub const PASSED: StringRange = StringRange { offset: 1, len: 0 };

/// A place in the code where the program may fail or call, sorted by `pc`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Site {
    /// Text offset of the return address of a call.
    pub pc: u32,
    /// Index in `Program::locations`.
    pub location: u32,
}

/// A call that has a handler for what is thrown out of it, sorted by `pc`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    /// Text offset of the call's return address.
    pub pc: u32,
    /// Text offset of the handler. It is entered with the frame pointer of the call, the stack pointer
    /// `frame_size` below it, the pinned register, the error in the first register of exceptions (rax on
    /// x86-64, x0 on aarch64), and anything in all others.
    pub target: u32,
    /// Bytes from the frame pointer down to the stack pointer.
    pub frame_size: u32,
}

/// A place in the source, with the chain of calls that were inlined there.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    /// Index in `Program::files`.
    pub file: u32,
    /// From 1.
    pub line: u32,
    /// From 1, in Unicode scalar values.
    pub column: u32,
    /// The Flash function that this source belongs to.
    pub function: StringRange,
    /// 1 + index in `Program::locations` of the call that was inlined, or 0.
    pub inlined_at: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct File {
    /// Path as the compiler was given it.
    pub path: StringRange,
    /// The source text, for the excerpt beside a failure; empty when it was left out.
    pub text: StringRange,
}
