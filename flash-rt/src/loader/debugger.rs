//! Tells a debugger about mapped code, by the interface that gdb and lldb watch for: a list of object files in
//! memory and a function that they have a breakpoint in. The copy of the object that is listed says at which
//! addresses its sections are; the debugger does the rest. Nothing happens for objects without debug information.

use std::collections::BTreeMap;
use std::ptr::null_mut;
use std::sync::Mutex;

/// `struct jit_code_entry` of the interface.
#[repr(C)]
struct Entry {
    next: *mut Entry,
    previous: *mut Entry,
    object: *const u8,
    size: u64,
}

/// `struct jit_descriptor` of the interface.
#[repr(C)]
struct Descriptor {
    version: u32,
    action: u32,
    relevant: *mut Entry,
    first: *mut Entry,
}

const REGISTER: u32 = 1;
const UNREGISTER: u32 = 2;

/// Read by debuggers, by this name.
#[unsafe(no_mangle)]
static mut __jit_debug_descriptor: Descriptor =
    Descriptor { version: 1, action: 0, relevant: null_mut(), first: null_mut() };

/// Debuggers stop here, by this name, and read the descriptor.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn __jit_debug_register_code() {
    // Something that is not optimised away.
    std::hint::black_box(());
}

/// Held by whoever changes the descriptor.
static LIST: Mutex<()> = Mutex::new(());

/// A registered object; taken off the list when dropped.
#[derive(Debug)]
pub struct Registration {
    entry: *mut Entry,
    /// What `entry` points to.
    _object: Vec<u8>,
}

// SAFETY: the entry is only touched under `LIST`.
unsafe impl Send for Registration {}
// SAFETY: as above.
unsafe impl Sync for Registration {}

/// Lists an object whose sections (by index) have been mapped to these addresses.
pub fn register(object: &[u8], addresses: &BTreeMap<usize, usize>) -> Option<Registration> {
    let mut object = object.to_vec();
    for (&section, &address) in addresses {
        set_section_address(&mut object, section, address)?;
    }
    let entry = Entry { next: null_mut(), previous: null_mut(), object: object.as_ptr(), size: object.len() as u64 };
    let entry = Box::into_raw(Box::new(entry));
    let _guard = LIST.lock().ok()?;
    // SAFETY: the list is ours under the lock; entries in it live until they are taken off.
    unsafe {
        let descriptor = &raw mut __jit_debug_descriptor;
        (*entry).next = (*descriptor).first;
        if let Some(first) = (*entry).next.as_mut() {
            first.previous = entry;
        }
        (*descriptor).first = entry;
        (*descriptor).relevant = entry;
        (*descriptor).action = REGISTER;
    }
    __jit_debug_register_code();
    Some(Registration { entry, _object: object })
}

/// Patches `sh_addr` of a section header of a 64-bit ELF file.
fn set_section_address(object: &mut [u8], section: usize, address: usize) -> Option<()> {
    let headers = u64::from_le_bytes(*object.get(0x28..)?.first_chunk()?);
    let at = usize::try_from(headers).ok()?.checked_add(section.checked_mul(64)?)?.checked_add(16)?;
    *object.get_mut(at..)?.first_chunk_mut()? = (address as u64).to_le_bytes();
    Some(())
}

impl Drop for Registration {
    fn drop(&mut self) {
        let _guard = LIST.lock();
        // SAFETY: as in `register`; the entry was made there and is taken off before it is freed.
        unsafe {
            let descriptor = &raw mut __jit_debug_descriptor;
            let (next, previous) = ((*self.entry).next, (*self.entry).previous);
            match previous.as_mut() {
                Some(previous) => previous.next = next,
                None => (*descriptor).first = next,
            }
            if let Some(next) = next.as_mut() {
                next.previous = previous;
            }
            (*descriptor).relevant = self.entry;
            (*descriptor).action = UNREGISTER;
            __jit_debug_register_code();
            drop(Box::from_raw(self.entry));
        }
    }
}
