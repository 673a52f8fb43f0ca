//! What a loaded object imports: runtime functions by the table of `flash-abi`, everything else from the C
//! libraries of this process.

use std::ffi::CString;

/// Libraries that are part of "the C library" for a programmer but not always loaded.
const C_LIBRARIES: &[&std::ffi::CStr] = &[c"libm.so.6"];

/// The address of a runtime symbol or, failing that, of a C symbol.
pub fn find_symbol(name: &str) -> Option<usize> {
    if let Some(address) = flash_runtime::symbol_address(name) {
        return Some(address as usize);
    }
    let name = CString::new(name).ok()?;
    find_c_symbol(libc::RTLD_DEFAULT, &name).or_else(|| {
        C_LIBRARIES.iter().find_map(|library| {
            // SAFETY: the name is null-terminated; the library stays loaded.
            let handle = unsafe { libc::dlopen(library.as_ptr(), libc::RTLD_LAZY | libc::RTLD_GLOBAL) };
            (!handle.is_null()).then(|| find_c_symbol(handle, &name)).flatten()
        })
    })
}

fn find_c_symbol(library: *mut libc::c_void, name: &CString) -> Option<usize> {
    // SAFETY: the name is null-terminated and the handle a library's or the default.
    let address = unsafe { libc::dlsym(library, name.as_ptr()) } as usize;
    (address != 0).then_some(address)
}
