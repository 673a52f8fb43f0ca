//! What a loaded object imports: runtime functions by the table of `flash-abi`, everything else from the C
//! libraries of this process.

use std::ffi::CString;

/// Libraries that are part of "the C library" for a programmer but not always loaded.
const C_LIBRARIES: &[&std::ffi::CStr] = &[c"libm.so.6"];

/// Loads a C library that a program names: `name` as the linker's `-l` takes it, or a path.
pub fn load_library(name: &str) -> Result<(), String> {
    let candidates = if name.contains('/') {
        vec![name.to_owned()]
    } else {
        // Without development files there is only the name with the library's version.
        let plain = format!("lib{name}.so");
        let versions = (0..20).rev().map(|version| format!("{plain}.{version}"));
        std::iter::once(plain.clone()).chain(versions).collect()
    };
    let is_there = candidates.iter().any(|candidate| {
        let Ok(path) = CString::new(candidate.as_str()) else { return false };
        // SAFETY: the path is null-terminated. The library's initialisers run, which is what the program asks for.
        let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_LAZY | libc::RTLD_GLOBAL) };
        !handle.is_null()
    });
    if is_there { Ok(()) } else { Err(format!("cannot find the C library `{name}`, which the program links")) }
}

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
