//! How a runtime function that compiled code calls is declared: the `native!` macro hides the
//! calling convention, which is SysV on x86-64 on every system and the target's C convention
//! elsewhere (see `flash_abi::symbols`). Every native takes the context as its first parameter.

/// Declares functions that compiled code calls by their names. Write them as ordinary functions:
///
/// ```ignore
/// native! {
///     /// (a, b) -> a + b
///     fn flash_str_concat(ctx: *mut Context, a: *const u8, a_len: i64, b: *const u8, b_len: i64) -> Str {
///         ...
///     }
/// }
/// ```
///
/// The body is that of an `unsafe fn`: operations on the arguments need their own `unsafe` block.
#[macro_export]
macro_rules! native {
    ($($(#[$meta:meta])* fn $name:ident($($arg:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block)*) => {$(
        $(#[$meta])*
        ///
        /// # Safety
        /// Called by compiled code only, with the arguments that the table of runtime symbols says.
        #[cfg(target_arch = "x86_64")]
        #[unsafe(no_mangle)]
        pub unsafe extern "sysv64" fn $name($($arg: $type),*) $(-> $result)? $body

        $(#[$meta])*
        ///
        /// # Safety
        /// Called by compiled code only, with the arguments that the table of runtime symbols says.
        #[cfg(not(target_arch = "x86_64"))]
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($($arg: $type),*) $(-> $result)? $body
    )*};
}
