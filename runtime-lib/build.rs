//! Assembles `asm/` for the target.

fn main() {
    println!("cargo:rerun-if-changed=../asm");
}
