//! The addresses of the runtime's symbols by name, for the loader of `flash-rt`; from the one table in
//! `flash-abi`, so that a native that is missing does not link.

macro_rules! address_table {
    ($($id:ident $name:ident)*) => {
        unsafe extern "C" {
            $(fn $name();)*
        }
        const ADDRESSES: &[unsafe extern "C" fn()] = &[$($name),*];
    };
}

flash_abi::for_each_runtime_symbol!(address_table);

/// The address of a runtime symbol.
pub fn symbol_address(name: &str) -> Option<*const u8> {
    let symbol = flash_abi::symbols::Rt::from_name(name)?;
    Some(ADDRESSES.get(symbol as usize).copied()? as *const u8)
}
