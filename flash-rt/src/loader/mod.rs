//! The in-process linker: takes an ELF object in memory, lays its sections out in one mapping, applies its
//! relocations and makes code executable, never writable at the same time. A broken object is an error.
//!
//! `layout` decides where everything goes, `relocate` patches it, `symbols` finds what the object imports, `debugger`
//! lets gdb see it, `pieces` loads one object after the other into one space.

mod debugger;
mod layout;
mod pieces;
mod relocate;
mod symbols;

pub use pieces::Pieces;
pub use symbols::{find_symbol, load_library};

use flash_abi::program::{PROGRAM_SYMBOL, Program};
use flash_runtime::memory::Mapping;
use layout::{Access, Layout};
use std::fmt;

/// Why an object could not be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// The bytes are no object, or contradict themselves.
    Broken(String),
    /// An object of another machine, or with something in it that this linker does not know.
    Unsupported(String),
    /// Symbols that nobody defines.
    Undefined(Vec<String>),
    /// The system has no memory for the mapping.
    OutOfMemory,
    /// The object holds no program, or one that this runtime refuses.
    NoProgram(String),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Broken(what) => write!(f, "the object is broken: {what}"),
            LoadError::Unsupported(what) => write!(f, "the object cannot be loaded here: {what}"),
            LoadError::Undefined(names) => write!(f, "undefined symbols: {}", names.join(", ")),
            LoadError::OutOfMemory => f.write_str("the system has no memory to map the program"),
            LoadError::NoProgram(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for LoadError {}

/// Where a symbol that an object does not define is: an address, or none.
pub type Resolver<'a> = &'a dyn Fn(&str) -> Option<usize>;

/// An object mapped into this process. Dropping it unmaps the code: nothing may be running it.
#[derive(Debug)]
pub struct Loaded {
    mapping: Mapping,
    /// Defined symbols and their offsets in the mapping, sorted by name.
    symbols: Vec<(String, usize)>,
    /// Lets debuggers see the code while it is mapped.
    _registration: Option<debugger::Registration>,
}

/// Loads an object for this machine; imports are looked up by `resolve` ([`find_symbol`] for programs).
pub fn load(object: &[u8], resolve: Resolver<'_>) -> Result<Loaded, LoadError> {
    let layout = Layout::of(object)?;
    if layout.architecture() != layout::host() {
        return Err(LoadError::Unsupported(format!("it is for {:?}", layout.architecture())));
    }
    // Near the runtime, which is part of this executable: most calls then need no stub.
    let mapping = Mapping::zeroed_near(layout.size(), load as *const () as usize).ok_or(LoadError::OutOfMemory)?;
    // SAFETY: the mapping was just made, is readable and writable, and nobody else knows it.
    let image = unsafe { std::slice::from_raw_parts_mut(mapping.start(), mapping.size()) };
    layout.link(image, mapping.start() as usize, resolve, &|_| None)?;
    protect(&layout, mapping.start(), false)?;
    let registration = if layout.has_debug_info() {
        debugger::register(object, &layout.section_addresses(mapping.start()))
    } else {
        None
    };
    Ok(Loaded { symbols: layout.defined_symbols(), _registration: registration, mapping })
}

/// Gives each part of an image the access it asks for; constants with addresses in them may have to stay writable.
fn protect(layout: &Layout<'_>, base: *mut u8, keeps_data_writable: bool) -> Result<(), LoadError> {
    for (access, range) in layout.parts().clone() {
        let protection = match access {
            Access::Execute => libc::PROT_READ | libc::PROT_EXEC,
            Access::Read if !keeps_data_writable => libc::PROT_READ,
            Access::Read | Access::Write => continue,
        };
        let start = base.wrapping_add(range.start);
        // SAFETY: the part is page-aligned and inside the image, which is not borrowed any more.
        if !range.is_empty() && unsafe { libc::mprotect(start.cast(), range.len(), protection) } != 0 {
            return Err(LoadError::OutOfMemory);
        }
        if access == Access::Execute {
            flush_instruction_cache(start, range.len());
        }
    }
    Ok(())
}

/// Makes new code visible to instruction fetch where the processor does not do so by itself.
fn flush_instruction_cache(start: *mut u8, size: usize) {
    #[cfg(target_arch = "aarch64")]
    {
        unsafe extern "C" {
            fn __clear_cache(start: *mut u8, end: *mut u8);
        }
        // SAFETY: the range is mapped.
        unsafe { __clear_cache(start, start.wrapping_add(size)) };
    }
    #[cfg(not(target_arch = "aarch64"))]
    let _ = (start, size);
}

impl Loaded {
    /// The address of a symbol that the object defines.
    pub fn symbol(&self, name: &str) -> Option<*const u8> {
        let index = self.symbols.binary_search_by(|(symbol, _)| symbol.as_str().cmp(name)).ok()?;
        Some(self.mapping.start().wrapping_add(self.symbols[index].1))
    }

    /// The object's program. Its tables are those of the mapping; whether the runtime takes them is another matter.
    pub fn program(&self) -> Result<*const Program, LoadError> {
        let missing = || LoadError::NoProgram("the object holds no Flash program".to_string());
        let address = self.symbol(PROGRAM_SYMBOL).ok_or_else(missing)?;
        let room = self.mapping.end() as usize - address as usize;
        if room < size_of::<Program>() || !(address as usize).is_multiple_of(align_of::<Program>()) {
            return Err(LoadError::Broken("the program's tables do not fit".to_string()));
        }
        Ok(address.cast())
    }
}
