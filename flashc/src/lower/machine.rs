//! Machine code as data: what `lower` gives and `emit` writes as ELF, COFF or NASM text, and what
//! both must agree on. All functions lie in one text section in the order given, each at its
//! alignment; `text_offset` is fixed here, so that tables can name code by offset.

use crate::source::FileId;
use cranelift_codegen::isa::unwind::UnwindInfo;

/// A compiled program.
#[derive(Debug)]
pub struct MachineProgram {
    pub target: target_lexicon::Triple,
    pub functions: Vec<MachineFunction>,
    /// Read-only constants, descriptors, tables and the `flash_program` root, in emission order.
    pub data: Vec<MachineData>,
    /// Symbols that other objects define: runtime functions and `extern "C"`.
    pub imports: Vec<String>,
    pub text_size: u32,
}

#[derive(Debug)]
pub struct MachineFunction {
    pub symbol: String,
    /// Name in stack traces and debug information.
    pub name: String,
    /// Visible outside the object.
    pub is_public: bool,
    /// One of `flash_abi::program`'s `ROLE_` constants.
    pub role: u32,
    pub text_offset: u32,
    pub align: u32,
    pub code: Vec<u8>,
    pub relocations: Vec<Relocation>,
    /// Source of each code range, sorted by `start`, not overlapping; ranges without source are left out.
    pub lines: Vec<LineRange>,
    /// Calls: return address as offset in the code, sorted.
    pub sites: Vec<(u32, SourcePlace)>,
    /// Calls that have a handler, sorted by return address.
    pub handlers: Vec<Handler>,
    /// Starts of basic blocks, sorted offsets; 0 is among them.
    pub block_starts: Vec<u32>,
    /// Where the instructions end and constants and jump tables that are not code begin; the
    /// code's length when there are none. Jump tables inside code are in `data_ranges`.
    pub data_ranges: Vec<(u32, u32)>,
    pub unwind: Option<UnwindInfo>,
}

/// As `flash_abi::program::Handler`, with offsets in the function's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    pub pc: u32,
    pub target: u32,
    pub frame_size: u32,
}

/// A place with the calls that were inlined around it, innermost first: the last is in the function itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SourcePlace {
    pub frames: Vec<SourceFrame>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SourceFrame {
    pub file: FileId,
    pub line: u32,
    pub column: u32,
    pub function: String,
}

#[derive(Clone, Debug)]
pub struct LineRange {
    pub start: u32,
    pub end: u32,
    pub place: SourcePlace,
}

#[derive(Debug)]
pub struct MachineData {
    pub symbol: String,
    pub is_public: bool,
    pub section: DataSection,
    pub align: u32,
    pub bytes: Vec<u8>,
    pub relocations: Vec<Relocation>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataSection {
    /// No addresses in it.
    ReadOnly,
    /// Read-only once the loader has filled the addresses in.
    ReadOnlyRelocated,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relocation {
    /// Of the field, in the function's code or the data's bytes.
    pub offset: u32,
    pub kind: RelocationKind,
    pub symbol: String,
    pub addend: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelocationKind {
    /// 64-bit address.
    Abs64,
    /// x86-64: 32 bits, relative to the field (S + A - P), to code or data of this object.
    Relative32,
    /// x86-64: 32 bits relative, of a call to a function of another object (may go by the PLT).
    Plt32,
    /// x86-64: 32 bits relative, to the GOT entry of a symbol of another object.
    Got32,
    /// aarch64: `bl`.
    Aarch64Call,
    /// aarch64: `adrp`, page of the symbol.
    Aarch64AdrPage,
    /// aarch64: `add`, low 12 bits of the symbol.
    Aarch64AddLo12,
    /// aarch64: `adrp`, page of the symbol's GOT entry.
    Aarch64GotPage,
    /// aarch64: `ldr`, low 12 bits of the GOT entry's address.
    Aarch64GotLo12,
}
