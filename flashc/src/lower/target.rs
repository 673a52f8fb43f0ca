//! What to generate code for: the options of a lowering, and Cranelift set up for them.

use crate::ssa::Type;
use cranelift_codegen::CodegenError;
use cranelift_codegen::ir::types;
use cranelift_codegen::isa::{self, CallConv, OwnedTargetIsa, TargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use std::fmt;
use target_lexicon::{Architecture, Triple};

#[derive(Clone, Debug)]
pub struct LowerOptions {
    pub target: Triple,
    pub optimize: Optimize,
    pub cpu: Cpu,
    /// How many functions to compile at once; 0: as many as the machine has cores.
    pub threads: usize,
    /// The code can be printed as assembly: what of it is instructions has been found out.
    pub printable: bool,
}

impl LowerOptions {
    /// Optimised code for any processor of a target.
    pub fn new(target: Triple) -> LowerOptions {
        LowerOptions { target, optimize: Optimize::Speed, cpu: Cpu::Baseline, threads: 0, printable: true }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Optimize {
    None,
    Speed,
}

/// Which instructions may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cpu {
    /// Those that every processor of the architecture has.
    Baseline,
    /// Those of this machine.
    Native,
    /// Those of a processor by name (`haswell`, `znver3`), as Cranelift's presets list them.
    Named(String),
}

/// Why a program could not be lowered: what a user can meet without any bug of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LowerError {
    /// An architecture or a processor that we do not generate code for.
    Target(String),
    /// A function's code or frame is larger than the target allows; its name and what is too large.
    TooLarge { function: String, what: String },
    /// Two functions are exported to C by one name.
    Duplicate { symbol: String },
}

impl fmt::Display for LowerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LowerError::Target(message) => f.write_str(message),
            LowerError::TooLarge { function, what } => write!(f, "function `{function}` is too large: {what}"),
            LowerError::Duplicate { symbol } => write!(f, "`{symbol}` is exported twice"),
        }
    }
}

impl std::error::Error for LowerError {}

/// Checks that the target and processor exist, so that the driver can refuse them before work starts.
pub fn check_options(options: &LowerOptions) -> Result<(), LowerError> {
    Machine::new(options).map(drop)
}

/// Cranelift, set up.
pub struct Machine {
    pub triple: Triple,
    isa: OwnedTargetIsa,
    /// Without Cranelift's own optimiser, for long functions.
    isa_for_long: OwnedTargetIsa,
    /// With the linear allocator as well, for functions that are too large for the good one.
    isa_for_large: OwnedTargetIsa,
    /// Floats are rounded by an instruction.
    pub has_rounding: bool,
    /// Cranelift makes float constants by way of integers, and is asked for fast code.
    pub makes_floats_of_integers: bool,
    /// See [`LowerOptions`].
    pub printable: bool,
}

/// From this many instructions on, Cranelift's optimiser costs more than it gains: it computes a value again
/// in each block that no other use leads to, so that a chain of sums with a `return` after each becomes
/// quadratic, in time and in code.
const LONG_FUNCTION: usize = 1_000;
/// From this many instructions on, the backtracking register allocator becomes superlinear.
const LARGE_FUNCTION: usize = 20_000;

impl Machine {
    pub fn new(options: &LowerOptions) -> Result<Machine, LowerError> {
        let isa = build_isa(options, options.optimize, "backtracking")?;
        let isa_for_long = build_isa(options, Optimize::None, "backtracking")?;
        let isa_for_large = build_isa(options, Optimize::None, "single_pass")?;
        let is_x86 = options.target.architecture == Architecture::X86_64;
        let has_sse41 = || isa.isa_flags().iter().any(|flag| flag.name == "has_sse41" && flag.as_bool() == Some(true));
        let has_rounding = !is_x86 || has_sse41();
        let makes_floats_of_integers = is_x86 && options.optimize == Optimize::Speed;
        let triple = options.target.clone();
        let printable = options.printable;
        Ok(Machine { triple, isa, isa_for_long, isa_for_large, has_rounding, makes_floats_of_integers, printable })
    }

    pub fn isa(&self) -> &dyn TargetIsa {
        &*self.isa
    }

    /// Cranelift for a function of that many instructions.
    pub fn isa_for(&self, instructions: usize) -> &dyn TargetIsa {
        if instructions > LARGE_FUNCTION {
            &*self.isa_for_large
        } else if instructions > LONG_FUNCTION {
            &*self.isa_for_long
        } else {
            &*self.isa
        }
    }

    /// Between Flash functions.
    pub fn flash_convention(&self) -> CallConv {
        CallConv::Tail
    }

    /// Of runtime functions: SysV on x86-64 on every system, AAPCS64 on aarch64.
    pub fn native_convention(&self) -> CallConv {
        CallConv::SystemV
    }

    /// Of the target's C.
    pub fn c_convention(&self) -> CallConv {
        CallConv::triple_default(&self.triple)
    }
}

fn build_isa(options: &LowerOptions, optimize: Optimize, allocator: &str) -> Result<OwnedTargetIsa, LowerError> {
    let mut shared = settings::builder();
    let mut set = |name: &str, value: &str| {
        if let Err(error) = shared.set(name, value) {
            bug!("lower: setting {name} = {value}: {error}");
        }
    };
    set("opt_level", if optimize == Optimize::Speed { "speed" } else { "none" });
    set("regalloc_algorithm", allocator);
    set("enable_pinned_reg", "true");
    set("preserve_frame_pointers", "true");
    // Big frames touch each page in turn, so that they cannot step over the guard page.
    set("enable_probestack", "true");
    set("probestack_strategy", "inline");
    set("unwind_info", "true");
    set("machine_code_cfg_info", "true");
    // Everything is within 2 GB, and functions of other objects have a stub there: that makes all
    // code relative. (Cranelift's own `is_pic` would go by the GOT even to our own data.)
    set("is_pic", "false");
    set("use_colocated_libcalls", "true");
    // `build` hands over no more results than registers hold; this makes it a matter of speed only.
    set("enable_multi_ret_implicit_sret", "true");
    // The clamp below it costs an instruction at each jump table; no secrets to guard here.
    set("enable_table_access_spectre_mitigation", "false");
    set("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" });

    let triple = options.target.clone();
    let not_ours = || LowerError::Target(format!("no code generation for `{}`", options.target));
    if !matches!(triple.architecture, Architecture::X86_64 | Architecture::Aarch64(_)) {
        return Err(not_ours());
    }
    let mut builder = isa::lookup(triple).map_err(|_| not_ours())?;
    match &options.cpu {
        Cpu::Baseline => {}
        Cpu::Native if options.target.architecture == Triple::host().architecture => {
            for feature in native_features() {
                if let Err(error) = builder.enable(feature) {
                    bug!("lower: feature {feature}: {error}");
                }
            }
        }
        Cpu::Native => {
            return Err(LowerError::Target(format!("`native` is no processor of `{}`", options.target)));
        }
        Cpu::Named(name) => builder.enable(name).map_err(|_| {
            LowerError::Target(format!("`{}` knows no processor `{name}`", options.target.architecture))
        })?,
    }
    match builder.finish(settings::Flags::new(shared)) {
        Ok(isa) => Ok(isa),
        Err(CodegenError::Unsupported(what)) => Err(LowerError::Target(what)),
        Err(error) => bug!("lower: Cranelift: {error}"),
    }
}

/// This machine's instruction sets, in Cranelift's names.
#[cfg(target_arch = "x86_64")]
fn native_features() -> Vec<&'static str> {
    let mut found = Vec::new();
    macro_rules! detect {
        ($($feature:tt = $flag:literal),* $(,)?) => {
            $(if std::is_x86_feature_detected!($feature) { found.push($flag); })*
        };
    }
    detect! {
        "sse3" = "has_sse3", "ssse3" = "has_ssse3", "cmpxchg16b" = "has_cmpxchg16b",
        "sse4.1" = "has_sse41", "sse4.2" = "has_sse42", "popcnt" = "has_popcnt",
        "avx" = "has_avx", "avx2" = "has_avx2", "fma" = "has_fma",
        "bmi1" = "has_bmi1", "bmi2" = "has_bmi2", "lzcnt" = "has_lzcnt",
        "avx512bitalg" = "has_avx512bitalg", "avx512dq" = "has_avx512dq", "avx512f" = "has_avx512f",
        "avx512vl" = "has_avx512vl", "avx512vbmi" = "has_avx512vbmi",
    }
    found
}

#[cfg(not(target_arch = "x86_64"))]
fn native_features() -> Vec<&'static str> {
    Vec::new()
}

/// Cranelift's type of a value.
pub fn clif_type(ty: Type) -> types::Type {
    match ty {
        Type::I8 => types::I8,
        Type::I16 => types::I16,
        Type::I32 => types::I32,
        Type::I64 | Type::Ptr => types::I64,
        Type::F32 => types::F32,
        Type::F64 => types::F64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(target: &str, cpu: Cpu) -> LowerOptions {
        LowerOptions { cpu, ..LowerOptions::new(target.parse().expect("a triple")) }
    }

    #[test]
    fn known_targets_and_processors_are_accepted() {
        for target in ["x86_64-unknown-linux-gnu", "x86_64-pc-windows-msvc", "aarch64-unknown-linux-gnu"] {
            assert_eq!(check_options(&options(target, Cpu::Baseline)), Ok(()));
        }
        let native = LowerOptions { cpu: Cpu::Native, ..LowerOptions::new(Triple::host()) };
        assert_eq!(check_options(&native), Ok(()));
        assert_eq!(check_options(&options("x86_64-unknown-linux-gnu", Cpu::Named("haswell".into()))), Ok(()));
    }

    #[test]
    fn other_targets_and_processors_are_refused() {
        let refused = |target, cpu| matches!(check_options(&options(target, cpu)), Err(LowerError::Target(_)));
        assert!(refused("s390x-unknown-linux-gnu", Cpu::Baseline));
        assert!(refused("wasm32-unknown-unknown", Cpu::Baseline));
        assert!(refused("x86_64-unknown-linux-gnu", Cpu::Named("pdp11".into())));
    }
}
