//! Assembles `asm/` for the target. The offsets of the context's fields come from `flash-abi`, so
//! that assembly and Rust cannot disagree.

use flash_abi::context;

fn main() {
    println!("cargo:rerun-if-changed=../asm");
    let target = std::env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    let os = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if !matches!(target.as_str(), "x86_64" | "aarch64") || os != "linux" {
        println!("cargo:warning=the Flash runtime has no assembly for {target} on {os}");
        return;
    }
    // `main` is an object of its own: a linker takes it from the archive only when nobody else has one.
    cc::Build::new()
        .file(format!("../asm/{target}/runtime.S"))
        .file(format!("../asm/{target}/main.S"))
        .define("FLASH_FAIL_PC", context::FAIL_PC.to_string().as_str())
        .define("FLASH_FAIL_FRAME", context::FAIL_FRAME.to_string().as_str())
        .compile("flash_asm");
}
