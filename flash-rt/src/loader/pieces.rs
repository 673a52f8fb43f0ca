//! Objects that refer to each other, loaded one after the other into one space: what a session is made of. A later one
//! finds the symbols of the earlier ones. Calls of functions that may be replaced go over a jump of two instructions
//! whose target lies in a cell, so that all code, running or not, finds the newest. Code is never writable; the data of
//! an object stays so, because a later one may fill its dispatch tables.

use super::layout::Layout;
use super::{LoadError, debugger, find_symbol, layout, protect};
use flash_abi::program::{PROGRAM_SYMBOL, Program};
use flash_runtime::memory::{Mapping, PAGE};
use object::Architecture;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Address space for all objects; only what is used costs memory. All of it is within reach of relative calls.
const SPACE: usize = 512 << 20;
/// Bytes of a jump, and of a cell.
const JUMP: usize = 8;
const JUMPS_PER_PAGE: usize = PAGE / JUMP;
/// See `flashc`'s `lower::tables`: pairs of addresses, the second of which belongs into the first.
const FIXUPS: &str = "flash$fixups";

/// The loaded objects.
#[derive(Debug)]
pub struct Pieces {
    space: Mapping,
    used: usize,
    /// Addresses of what the objects define; of a function that may be replaced, of its jump.
    symbols: HashMap<String, usize>,
    /// Cells of the functions that may be replaced.
    cells: HashMap<String, usize>,
    /// Of the page of jumps that is being filled: its address, and how many there are.
    page: usize,
    jumps: usize,
    registrations: Vec<debugger::Registration>,
}

impl Pieces {
    pub fn new() -> Result<Pieces, LoadError> {
        let space = Mapping::zeroed_near(SPACE, Pieces::new as *const () as usize).ok_or(LoadError::OutOfMemory)?;
        let (symbols, cells) = (HashMap::new(), HashMap::new());
        Ok(Pieces { space, used: 0, symbols, cells, page: 0, jumps: JUMPS_PER_PAGE, registrations: Vec::new() })
    }

    /// Room for so many bytes, which are zero.
    fn take(&mut self, size: usize) -> Result<*mut u8, LoadError> {
        let size = size.next_multiple_of(PAGE);
        if size > self.space.size() - self.used {
            return Err(LoadError::OutOfMemory);
        }
        let start = self.space.start().wrapping_add(self.used);
        self.used += size;
        Ok(start)
    }

    /// Loads an object. `replaceable`: functions that it defines and that another object may define again.
    pub fn load(&mut self, object: &[u8], replaceable: &[String]) -> Result<*const Program, LoadError> {
        let layout = Layout::of(object)?;
        if layout.architecture() != layout::host() {
            return Err(LoadError::Unsupported(format!("it is for {:?}", layout.architecture())));
        }
        for name in replaceable {
            if !self.cells.contains_key(name) {
                let (jump, cell) = self.new_jump()?;
                self.symbols.insert(name.clone(), jump);
                self.cells.insert(name.clone(), cell);
            }
        }
        let size = layout.size();
        let start = self.take(size)?;
        // SAFETY: the room was just taken, is readable and writable, and nobody else knows it.
        let image = unsafe { std::slice::from_raw_parts_mut(start, size) };
        let resolve = |name: &str| self.symbols.get(name).copied().or_else(|| find_symbol(name));
        let instead = |name: &str| self.cells.contains_key(name).then(|| self.symbols.get(name).copied()).flatten();
        layout.link(image, start as usize, &resolve, &instead)?;
        protect(&layout, start, true)?;
        if layout.has_debug_info() {
            self.registrations.extend(debugger::register(object, &layout.section_addresses(start)));
        }
        let mut program = None;
        for (name, offset) in layout.defined_symbols() {
            let address = start as usize + offset;
            if name == PROGRAM_SYMBOL {
                program = Some(address as *const Program);
            } else if name == FIXUPS {
                // SAFETY: the table lies in the image; the compiler made it of words of earlier objects.
                unsafe { fill(address, layout.symbol_size(&name)) };
            } else if let Some(&cell) = self.cells.get(&name) {
                set_cell(cell, address);
            } else {
                self.symbols.insert(name, address);
            }
        }
        program.ok_or_else(|| LoadError::NoProgram("the object holds no Flash program".to_string()))
    }

    /// From now on calls of `old` reach `new`, both functions that may be replaced.
    pub fn replace(&mut self, old: &str, new: &str) {
        if let (Some(&cell), Some(&address)) = (self.cells.get(old), self.symbols.get(new)) {
            set_cell(cell, address);
        }
    }

    /// A jump, and the cell with its target.
    fn new_jump(&mut self) -> Result<(usize, usize), LoadError> {
        if self.jumps == JUMPS_PER_PAGE {
            // A page of jumps, then the page of their cells.
            let page = self.take(2 * PAGE)?;
            // SAFETY: the page was just taken.
            let code = unsafe { std::slice::from_raw_parts_mut(page, PAGE) };
            code.chunks_exact_mut(JUMP).for_each(|jump| jump.copy_from_slice(&jump_over(PAGE)));
            // SAFETY: as above; it is not written again.
            if unsafe { libc::mprotect(page.cast(), PAGE, libc::PROT_READ | libc::PROT_EXEC) } != 0 {
                return Err(LoadError::OutOfMemory);
            }
            super::flush_instruction_cache(page, PAGE);
            (self.page, self.jumps) = (page as usize, 0);
        }
        let jump = self.page + self.jumps * JUMP;
        self.jumps += 1;
        Ok((jump, jump + PAGE))
    }
}

/// Code that jumps to the address in the cell that lies `distance` bytes behind its start.
fn jump_over(distance: usize) -> [u8; JUMP] {
    if layout::host() == Architecture::X86_64 {
        // jmp *distance(%rip); the distance is from the end of the instruction, which has 6 bytes
        let [a, b, c, d] = (distance as u32 - 6).to_le_bytes();
        return [0xff, 0x25, a, b, c, d, 0x0f, 0x0b];
    }
    // ldr x16, distance; br x16
    let load = 0x5800_0010_u32 | (distance as u32 / 4) << 5;
    let [a, b, c, d] = load.to_le_bytes();
    let [e, f, g, h] = 0xd61f_0200_u32.to_le_bytes();
    [a, b, c, d, e, f, g, h]
}

fn set_cell(cell: usize, target: usize) {
    // SAFETY: cells are aligned words of our own writable pages that stay; other threads may be jumping over them.
    unsafe { AtomicUsize::from_ptr(cell as *mut usize) }.store(target, Ordering::Release);
}

/// Writes the second address of each pair to the first.
///
/// # Safety
/// The table has this many bytes; its first addresses are of words in the data of loaded objects.
unsafe fn fill(table: usize, size: usize) {
    // SAFETY: promised by the caller. Other threads may be reading the words.
    let pairs = unsafe { std::slice::from_raw_parts(table as *const [usize; 2], size / size_of::<[usize; 2]>()) };
    pairs.iter().for_each(|&[place, address]| set_cell(place, address));
}
