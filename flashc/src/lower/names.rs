//! Link names: which symbol stands behind each external name that Cranelift sees. The only place
//! that knows the name spaces, so what `function` declares and `code` reads back cannot disagree.

use crate::ssa::{Convention, DataId, DescriptorId, ExternId, FuncId, Module};
use cranelift_codegen::ir::{LibCall, UserExternalName};
use flash_abi::symbols::{ALL, Rt};
use rustc_hash::FxHashSet;

/// What an external name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// The Flash-convention code of a function.
    Function(FuncId),
    Data(DataId),
    Descriptor(DescriptorId),
    Rt(Rt),
    /// Code of ours with the Flash convention that calls a runtime function.
    Thunk(Rt),
    Extern(ExternId),
    /// A word of our own data that holds an `extern "C"` function's address.
    ExternCell(ExternId),
}

const FUNCTION: u32 = 0;
const DATA: u32 = 1;
const DESCRIPTOR: u32 = 2;
const RT: u32 = 3;
const EXTERN: u32 = 4;
const EXTERN_CELL: u32 = 5;
const THUNK: u32 = 6;

impl Target {
    pub fn to_cranelift(self) -> UserExternalName {
        let (namespace, index) = match self {
            Target::Function(id) => (FUNCTION, id.0),
            Target::Data(id) => (DATA, id.0),
            Target::Descriptor(id) => (DESCRIPTOR, id.0),
            Target::Rt(rt) => (RT, rt as u32),
            Target::Thunk(rt) => (THUNK, rt as u32),
            Target::Extern(id) => (EXTERN, id.0),
            Target::ExternCell(id) => (EXTERN_CELL, id.0),
        };
        UserExternalName::new(namespace, index)
    }

    pub fn from_cranelift(name: &UserExternalName) -> Target {
        match name.namespace {
            FUNCTION => Target::Function(FuncId(name.index)),
            DATA => Target::Data(DataId(name.index)),
            DESCRIPTOR => Target::Descriptor(DescriptorId(name.index)),
            RT => Target::Rt(ALL[name.index as usize]),
            THUNK => Target::Thunk(ALL[name.index as usize]),
            EXTERN => Target::Extern(ExternId(name.index)),
            EXTERN_CELL => Target::ExternCell(ExternId(name.index)),
            other => bug!("lower: name space {other} of an external name"),
        }
    }

    /// Defined by another object.
    pub fn is_import(self) -> bool {
        matches!(self, Target::Rt(_) | Target::Extern(_))
    }
}

/// The link names of a module.
pub struct Names {
    functions: Vec<String>,
    data: Vec<String>,
    descriptors: Vec<String>,
    externs: Vec<String>,
    extern_cells: Vec<String>,
    /// By runtime function.
    thunks: Vec<String>,
}

// No name of a Flash program has a `$` in it, so these meet none.

/// Of the Flash-convention code of an exported C function, whose plain name is the wrapper's.
pub const FLASH_SUFFIX: &str = "$flash";
/// The wrapper that `Program::entry` points to.
pub const ENTRY: &str = "flash$entry";
/// The wrapper that `Program::describe` points to.
pub const DESCRIBE: &str = "flash$describe";
/// What the names of thunks start with.
pub const THUNK_PREFIX: &str = "thunk$";
/// See `tables::fixups`.
pub const FIXUPS: &str = "flash$fixups";
/// The descriptor of the globals area.
pub const GLOBALS_DESCRIPTOR: &str = "flash$globals";

impl Names {
    pub fn new(module: &Module) -> Names {
        let functions = module.functions.iter().map(|f| match f.convention {
            Convention::Flash => f.symbol.clone(),
            Convention::ExportC => format!("{}{FLASH_SUFFIX}", f.symbol),
        });
        // Types of one name may come from different modules.
        let mut taken = FxHashSet::default();
        let descriptors = module.descriptors.iter().enumerate().map(|(index, descriptor)| {
            let mut name = format!("type${}", descriptor.name);
            while !taken.insert(name.clone()) {
                name = format!("{name}${index}");
            }
            name
        });
        Names {
            functions: functions.collect(),
            data: module.data.iter().map(|d| d.name.clone()).collect(),
            descriptors: descriptors.collect(),
            externs: module.externs.iter().map(|e| e.symbol.clone()).collect(),
            thunks: ALL.iter().map(|rt| format!("{THUNK_PREFIX}{}", rt.symbol().name)).collect(),
            extern_cells: module.externs.iter().map(|e| format!("extern${}", e.symbol)).collect(),
        }
    }

    pub fn symbol(&self, target: Target) -> &str {
        match target {
            Target::Function(id) => &self.functions[id.index()],
            Target::Data(id) => &self.data[id.index()],
            Target::Descriptor(id) => &self.descriptors[id.index()],
            Target::Rt(rt) => rt.symbol().name,
            Target::Thunk(rt) => &self.thunks[rt as usize],
            Target::Extern(id) => &self.externs[id.index()],
            Target::ExternCell(id) => &self.extern_cells[id.index()],
        }
    }
}

/// The C library's function behind a call that Cranelift adds by itself.
pub fn libcall_symbol(call: LibCall) -> &'static str {
    match call {
        LibCall::CeilF32 => "ceilf",
        LibCall::CeilF64 => "ceil",
        LibCall::FloorF32 => "floorf",
        LibCall::FloorF64 => "floor",
        LibCall::TruncF32 => "truncf",
        LibCall::TruncF64 => "trunc",
        LibCall::NearestF32 => "nearbyintf",
        LibCall::NearestF64 => "nearbyint",
        LibCall::FmaF32 => "fmaf",
        LibCall::FmaF64 => "fma",
        LibCall::Memcpy => "memcpy",
        LibCall::Memset => "memset",
        LibCall::Memmove => "memmove",
        LibCall::Memcmp => "memcmp",
        LibCall::Probestack | LibCall::ElfTlsGetAddr | LibCall::ElfTlsGetOffset | LibCall::X86Pshufb => {
            bug!("lower: Cranelift calls {call}, which nothing asked for")
        }
    }
}
