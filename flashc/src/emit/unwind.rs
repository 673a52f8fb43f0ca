//! Unwind tables: how a debugger, a profiler or an exception of another language walks through Flash
//! frames. ELF gets `.eh_frame` by gimli, with distances instead of addresses (absolute ones would
//! be text relocations in a position-independent program); COFF gets `.pdata` and `.xdata`.

use super::section::{GimliSection, Patch, PatchKind, PatchTarget, Section, TEXT_SYMBOL};
use crate::lower::machine::{MachineFunction, MachineProgram};
use cranelift_codegen::isa::unwind::UnwindInfo;
use gimli::write::{Address, CallFrameInstruction, CommonInformationEntry, EhFrame, FrameTable};
use gimli::{Encoding, Format, Register};
use iced_x86::{Code, Decoder, DecoderOptions, Register as X86};
use target_lexicon::Architecture;

/// The unwind sections of a program, in the order in which they are written.
pub fn sections(program: &MachineProgram) -> Vec<Section> {
    let has = |wanted: fn(&UnwindInfo) -> bool| program.functions.iter().any(|f| f.unwind.as_ref().is_some_and(wanted));
    let mut sections = Vec::new();
    if has(|info| matches!(info, UnwindInfo::SystemV(_))) {
        sections.push(eh_frame(program));
    }
    if has(|info| matches!(info, UnwindInfo::WindowsX64(_))) {
        sections.extend(windows(program));
    }
    sections
}

fn eh_frame(program: &MachineProgram) -> Section {
    let mut table = FrameTable::default();
    let cie = table.add_cie(common_information(program.target.architecture));
    for function in &program.functions {
        if let Some(UnwindInfo::SystemV(info)) = &function.unwind {
            let start = Address::Symbol { symbol: TEXT_SYMBOL, addend: i64::from(function.text_offset) };
            table.add_fde(cie, info.to_fde(start));
        }
    }
    let mut section = EhFrame(GimliSection::new());
    if let Err(error) = table.write_eh_frame(&mut section) {
        crate::bug!("emit: .eh_frame: {error}");
    }
    section.0.finish(".eh_frame")
}

/// The state at a function's first instruction.
fn common_information(architecture: Architecture) -> CommonInformationEntry {
    let encoding = Encoding { format: Format::Dwarf32, version: 1, address_size: 8 };
    let mut cie = match architecture {
        Architecture::X86_64 => {
            let (rsp, return_address) = (Register(7), Register(16));
            let mut cie = CommonInformationEntry::new(encoding, 1, -8, return_address);
            cie.add_instruction(CallFrameInstruction::Cfa(rsp, 8));
            cie.add_instruction(CallFrameInstruction::Offset(return_address, -8));
            cie
        }
        Architecture::Aarch64(_) => {
            let (sp, link) = (Register(31), Register(30));
            let mut cie = CommonInformationEntry::new(encoding, 4, -8, link);
            cie.add_instruction(CallFrameInstruction::Cfa(sp, 0));
            cie
        }
        other => crate::bug!("emit: no unwind tables for {other}"),
    };
    cie.fde_address_encoding = gimli::DwEhPe(gimli::DW_EH_PE_pcrel.0 | gimli::DW_EH_PE_sdata4.0);
    cie
}

/// `.xdata` with a description of each prologue, `.pdata` with the functions' ranges.
fn windows(program: &MachineProgram) -> [Section; 2] {
    let mut descriptions = Section { name: ".xdata", ..Section::default() };
    let mut ranges = Section { name: ".pdata", ..Section::default() };
    for function in &program.functions {
        let Some(UnwindInfo::WindowsX64(info)) = &function.unwind else { continue };
        let mut emitted = vec![0; info.emit_size()];
        info.emit(&mut emitted);
        let description = describe_prologue(function, &emitted);
        let start = i64::from(function.text_offset);
        let fields = [
            (PatchTarget::Text, start),
            (PatchTarget::Text, start + function.code.len() as i64),
            (PatchTarget::Section(".xdata"), descriptions.bytes.len() as i64),
        ];
        for (target, addend) in fields {
            let offset = ranges.bytes.len() as u32;
            ranges.patches.push(Patch { offset, kind: PatchKind::ImageRelative32, target, addend });
            ranges.bytes.extend([0; 4]);
        }
        descriptions.bytes.extend(description);
    }
    [descriptions, ranges]
}

const UWOP_PUSH_NONVOL: u8 = 0;
const UWOP_ALLOC_LARGE: u8 = 1;
const UWOP_ALLOC_SMALL: u8 = 2;
const UWOP_SET_FPREG: u8 = 3;
const UWOP_SAVE_NONVOL: u8 = 4;
const UWOP_SAVE_XMM128: u8 = 8;
const RBP: u8 = 5;

/// UNWIND_INFO of a function. Cranelift's own says which registers are saved, but counts their places
/// in units that Windows reads differently; so the places are read off the prologue's
/// instructions. Every prologue is `push rbp; mov rbp, rsp; sub rsp, n; saves below rbp`. We say
/// that it allocates the area of the saves and then points rbp to `area` above rsp, which is where
/// it points; that is exact from the end of the prologue on.
fn describe_prologue(function: &MachineFunction, emitted: &[u8]) -> Vec<u8> {
    let prologue = emitted.get(1).copied().unwrap_or(0);
    let mut saves = saved_registers(&function.code, usize::from(prologue));
    // What Windows can say; no convention saves more.
    if saves.iter().any(|save| save.below_frame > 240) {
        saves.clear();
    }
    let area = saves.iter().map(|save| save.below_frame).max().unwrap_or(0).next_multiple_of(16);
    // Latest first.
    let mut codes: Vec<u8> = Vec::new();
    for save in saves.iter().rev() {
        let place = area - save.below_frame;
        let (operation, scaled) =
            if save.is_xmm { (UWOP_SAVE_XMM128, place / 16) } else { (UWOP_SAVE_NONVOL, place / 8) };
        codes.extend([save.end, save.register << 4 | operation]);
        codes.extend((scaled as u16).to_le_bytes());
    }
    let frame_set = if saves.is_empty() { 4.min(prologue) } else { saves[0].end.min(prologue) };
    codes.extend([frame_set, UWOP_SET_FPREG]);
    match area {
        0 => {}
        8..=128 => codes.extend([frame_set, (((area - 8) / 8) as u8 * 16) | UWOP_ALLOC_SMALL]),
        _ => {
            codes.extend([frame_set, UWOP_ALLOC_LARGE]);
            codes.extend(((area / 8) as u16).to_le_bytes());
        }
    }
    codes.extend([1, RBP << 4 | UWOP_PUSH_NONVOL]);
    let mut bytes = vec![1, prologue, (codes.len() / 2) as u8, ((area / 16) as u8) << 4 | RBP];
    bytes.extend(codes);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// A callee-saved register that the prologue stores.
struct Save {
    register: u8,
    is_xmm: bool,
    /// Bytes from the place up to where rbp points.
    below_frame: u32,
    /// Offset of the next instruction.
    end: u8,
}

fn saved_registers(code: &[u8], prologue: usize) -> Vec<Save> {
    let mut saves = Vec::new();
    let mut allocated = 0;
    for instruction in &mut Decoder::new(64, &code[..prologue.min(code.len())], DecoderOptions::NONE) {
        let is_xmm = match instruction.code() {
            Code::Sub_rm64_imm8 | Code::Sub_rm64_imm32 if instruction.op0_register() == X86::RSP => {
                allocated += instruction.immediate(1) as u32;
                continue;
            }
            Code::Mov_rm64_r64 => false,
            Code::Movdqu_xmmm128_xmm
            | Code::Movdqa_xmmm128_xmm
            | Code::Movups_xmmm128_xmm
            | Code::Movaps_xmmm128_xmm => true,
            Code::VEX_Vmovdqu_xmmm128_xmm | Code::VEX_Vmovups_xmmm128_xmm => true,
            _ => continue,
        };
        if instruction.memory_base() != X86::RSP {
            continue;
        }
        let Some(below_frame) = allocated.checked_sub(instruction.memory_displacement64() as u32) else { continue };
        saves.push(Save {
            register: instruction.op1_register().number() as u8,
            is_xmm,
            below_frame,
            end: instruction.next_ip() as u8,
        });
    }
    saves
}

#[cfg(test)]
mod tests {
    use super::*;

    fn describe(code: &[u8]) -> Vec<u8> {
        let function = MachineFunction {
            symbol: String::new(),
            name: String::new(),
            is_public: false,
            role: flash_abi::program::ROLE_PLAIN,
            text_offset: 0,
            align: 16,
            code: code.to_vec(),
            relocations: Vec::new(),
            lines: Vec::new(),
            sites: Vec::new(),
            handlers: Vec::new(),
            block_starts: vec![0],
            data_ranges: Vec::new(),
            unwind: None,
        };
        describe_prologue(&function, &[1, code.len() as u8])
    }

    #[test]
    fn a_plain_frame_is_two_codes() {
        // push rbp; mov rbp, rsp
        let codes = [0x04, UWOP_SET_FPREG, 0x01, 0x50];
        assert_eq!(describe(&[0x55, 0x48, 0x89, 0xe5]), [&[1, 4, 2, 5][..], &codes].concat());
    }

    #[test]
    fn saves_are_counted_from_below_the_lowest() {
        let code = [
            &[0x55, 0x48, 0x89, 0xe5][..],
            &[0x48, 0x83, 0xec, 0x40],             // sub rsp, 64
            &[0x48, 0x89, 0x5c, 0x24, 0x20],       // mov [rsp+32], rbx
            &[0xf3, 0x0f, 0x7f, 0x74, 0x24, 0x30], // movdqu [rsp+48], xmm6
        ];
        let expected = [
            1, 19, 7, 0x25, // 32 bytes of saves below rbp
            19, 0x68, 1, 0, // xmm6 at 16
            13, 0x34, 0, 0, // rbx at 0
            13, 0x03, 13, 0x32, // rbp is 32 above rsp, which went down by 32
            1, 0x50, 0, 0,
        ];
        assert_eq!(describe(&code.concat()), expected);
    }
}
