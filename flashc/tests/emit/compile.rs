//! Cranelift functions to a `MachineProgram`, as `lower` does it but without a language in front, so
//! that this room's tests can use any code.

use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{ExternalName, Function};
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{Context, FinalizedRelocTarget};
use flashc::lower::machine::*;
use iced_x86::{Decoder, DecoderOptions, FlowControl};
use target_lexicon::Triple;

/// The generator for a target, with flags of the instruction set.
pub fn isa(triple: &str, flags: &[&str]) -> OwnedTargetIsa {
    let triple: Triple = triple.parse().unwrap();
    let mut shared = settings::builder();
    for (name, value) in [
        ("opt_level", "speed"),
        ("is_pic", if flags.contains(&"pic") { "true" } else { "false" }),
        ("preserve_frame_pointers", "true"),
        ("unwind_info", "true"),
        ("machine_code_cfg_info", "true"),
        ("enable_pinned_reg", "true"),
        ("enable_llvm_abi_extensions", "true"),
    ] {
        shared.set(name, value).unwrap();
    }
    let mut builder = cranelift_codegen::isa::lookup(triple).unwrap();
    for flag in flags.iter().filter(|flag| **flag != "pic") {
        builder.enable(flag).unwrap();
    }
    builder.finish(settings::Flags::new(shared)).unwrap()
}

/// Compiles functions whose external names `(0, n)` are `symbols[n]`. The `n`th function defines
/// `symbols[n]`; data defines what it names; the rest is imported.
pub fn compile(
    isa: &OwnedTargetIsa,
    functions: Vec<Function>,
    symbols: &[String],
    data: Vec<MachineData>,
) -> MachineProgram {
    let mut program =
        MachineProgram { target: isa.triple().clone(), functions: Vec::new(), data, imports: Vec::new(), text_size: 0 };
    for (index, function) in functions.into_iter().enumerate() {
        let mut compiled = compile_function(isa, function, symbols);
        compiled.symbol = symbols[index].clone();
        compiled.name = symbols[index].clone();
        compiled.is_public = index % 3 == 0;
        compiled.text_offset = program.text_size.next_multiple_of(compiled.align);
        program.text_size = compiled.text_offset + compiled.code.len() as u32;
        program.functions.push(compiled);
    }
    let defined: Vec<&String> =
        program.functions.iter().map(|f| &f.symbol).chain(program.data.iter().map(|d| &d.symbol)).collect();
    program.imports = symbols.iter().filter(|s| !defined.contains(s)).cloned().collect();
    program
}

fn compile_function(isa: &OwnedTargetIsa, function: Function, symbols: &[String]) -> MachineFunction {
    let mut context = Context::for_function(function);
    context.compile(&**isa, &mut ControlPlane::default()).unwrap_or_else(|e| panic!("{e:?}"));
    let compiled = context.compiled_code().unwrap();
    let unwind = compiled.create_unwind_info(&**isa).unwrap();
    let code = compiled.code_buffer().to_vec();
    let name_of = |name: &ExternalName| match name {
        ExternalName::User(reference) => {
            symbols[context.func.params.user_named_funcs()[*reference].index as usize].clone()
        }
        name => panic!("{name:?}"),
    };
    let relocations = compiled.buffer.relocs().iter().map(|reloc| {
        let FinalizedRelocTarget::ExternalName(name) = &reloc.target else { panic!("{reloc:?}") };
        let symbol = name_of(name);
        let kind = match reloc.kind {
            Reloc::Abs8 => RelocationKind::Abs64,
            Reloc::X86PCRel4 => RelocationKind::Relative32,
            Reloc::X86CallPCRel4 if symbol.starts_with("ext") => RelocationKind::Plt32,
            Reloc::X86CallPCRel4 => RelocationKind::Relative32,
            Reloc::X86CallPLTRel4 => RelocationKind::Plt32,
            Reloc::X86GOTPCRel4 => RelocationKind::Got32,
            Reloc::Arm64Call => RelocationKind::Aarch64Call,
            Reloc::Aarch64AdrGotPage21 => RelocationKind::Aarch64GotPage,
            Reloc::Aarch64Ld64GotLo12Nc => RelocationKind::Aarch64GotLo12,
            Reloc::Aarch64AdrPrelPgHi21 => RelocationKind::Aarch64AdrPage,
            Reloc::Aarch64AddAbsLo12Nc => RelocationKind::Aarch64AddLo12,
            kind => panic!("{kind:?}"),
        };
        Relocation { offset: reloc.offset, kind, symbol, addend: reloc.addend }
    });
    // Tail calls are jumps whose target is not here.
    let calls: Vec<usize> = compiled.buffer.relocs().iter().map(|reloc| reloc.offset as usize).collect();
    let mut block_starts = compiled.bb_starts.clone();
    block_starts.push(0);
    block_starts.sort_unstable();
    block_starts.dedup();
    let traps = compiled.buffer.traps().iter().map(|trap| trap.offset);
    let starts: Vec<u32> = block_starts.iter().copied().chain(traps).collect();
    let is_x86 = isa.triple().architecture == target_lexicon::Architecture::X86_64;
    let mut lines: Vec<LineRange> = Vec::new();
    for range in compiled.buffer.get_srclocs_sorted().iter().filter(|r| !r.loc.is_default()) {
        lines.push(LineRange { start: range.start, end: range.end, place: crate::debugger::place(range.loc.bits()) });
    }
    MachineFunction {
        symbol: String::new(),
        name: String::new(),
        is_public: false,
        role: flash_abi::program::ROLE_PLAIN,
        text_offset: 0,
        align: 32,
        relocations: relocations.collect(),
        lines,
        sites: Vec::new(),
        handlers: Vec::new(),
        block_starts,
        data_ranges: if is_x86 { data_ranges(&code, &starts, &calls) } else { Vec::new() },
        unwind,
        code,
    }
}

/// What no walk from a block's start reaches.
fn data_ranges(code: &[u8], starts: &[u32], calls: &[usize]) -> Vec<(u32, u32)> {
    let mut is_code = vec![false; code.len()];
    let mut pending = starts.to_vec();
    while let Some(start) = pending.pop() {
        let mut at = start as usize;
        while at < code.len() && !is_code[at] {
            let instruction = Decoder::with_ip(64, &code[at..], at as u64, DecoderOptions::NONE).decode();
            let end = at + instruction.len();
            is_code[at..end].fill(true);
            at = end;
            let flow = instruction.flow_control();
            let is_branch = matches!(flow, FlowControl::ConditionalBranch | FlowControl::UnconditionalBranch);
            if is_branch && !calls.contains(&(end - 4)) {
                pending.push(instruction.near_branch64() as u32);
            }
            if matches!(
                flow,
                FlowControl::UnconditionalBranch
                    | FlowControl::IndirectBranch
                    | FlowControl::Return
                    | FlowControl::Exception
            ) {
                break;
            }
        }
    }
    let mut ranges = Vec::new();
    let mut at = 0;
    for run in is_code.chunk_by(|a, b| a == b) {
        if !run[0] {
            ranges.push((at, at + run.len() as u32));
        }
        at += run.len() as u32;
    }
    ranges
}
