//! Tells instructions from the jump tables, constants and padding that lie among them, by walking
//! the code from the places known to be instructions. `emit` needs it to print assembly.

use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction, OpKind};
use target_lexicon::{Architecture, Triple};

/// Where code is.
pub struct Extents {
    /// Starts of basic blocks and every other target of a branch, sorted; 0 is among them.
    pub block_starts: Vec<u32>,
    /// What is not code, sorted.
    pub data_ranges: Vec<(u32, u32)>,
}

/// Walks the code from `blocks` (starts of basic blocks) and `traps` (instructions that trap).
pub fn find(triple: &Triple, code: &[u8], blocks: &[u32], traps: impl Iterator<Item = u32>) -> Extents {
    let step = match triple.architecture {
        Architecture::X86_64 => step_x86_64,
        _ => step_aarch64,
    };
    let mut walk = Walk { starts: vec![false; code.len()], covered: vec![false; code.len()], pending: vec![0] };
    for &block in blocks {
        walk.add_target(block);
    }
    walk.pending.extend(traps);
    while let Some(start) = walk.pending.pop() {
        let mut offset = start as usize;
        while offset < code.len() && !walk.covered[offset] {
            let (length, goes_on) = step(code, offset, &mut walk);
            let end = (offset + length).min(code.len());
            walk.covered[offset..end].fill(true);
            offset = end;
            if !goes_on {
                break;
            }
        }
    }
    let mut starts = walk.starts;
    if let Some(first) = starts.first_mut() {
        *first = true;
    }
    let block_starts = (0..code.len() as u32).filter(|&offset| starts[offset as usize]).collect();
    Extents { block_starts, data_ranges: gaps(&walk.covered) }
}

struct Walk {
    starts: Vec<bool>,
    covered: Vec<bool>,
    pending: Vec<u32>,
}

impl Walk {
    fn add_target(&mut self, offset: u32) {
        if let Some(start) = self.starts.get_mut(offset as usize)
            && !*start
        {
            *start = true;
            self.pending.push(offset);
        }
    }
}

/// Ranges where nothing is covered.
fn gaps(covered: &[bool]) -> Vec<(u32, u32)> {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for (offset, _) in covered.iter().enumerate().filter(|(_, covered)| !**covered) {
        match ranges.last_mut() {
            Some((_, end)) if *end == offset as u32 => *end += 1,
            _ => ranges.push((offset as u32, offset as u32 + 1)),
        }
    }
    ranges
}

/// Length of the instruction there, and whether control may go on to the next.
fn step_x86_64(code: &[u8], offset: usize, walk: &mut Walk) -> (usize, bool) {
    let mut decoder = Decoder::with_ip(64, &code[offset..], offset as u64, DecoderOptions::NONE);
    let mut instruction = Instruction::default();
    decoder.decode_out(&mut instruction);
    if instruction.is_invalid() {
        bug!("lower: no instruction at {offset:#x} of code we made");
    }
    let target = || match instruction.op0_kind() {
        OpKind::NearBranch64 => Some(instruction.near_branch64() as u32),
        _ => None,
    };
    let goes_on = match instruction.flow_control() {
        FlowControl::Next | FlowControl::Call | FlowControl::IndirectCall => true,
        FlowControl::ConditionalBranch => {
            target().into_iter().for_each(|target| walk.add_target(target));
            true
        }
        FlowControl::UnconditionalBranch => {
            target().into_iter().for_each(|target| walk.add_target(target));
            false
        }
        _ => false,
    };
    (instruction.len(), goes_on)
}

/// As [`step_x86_64`]. Each instruction is a word; only branches need to be known.
fn step_aarch64(code: &[u8], offset: usize, walk: &mut Walk) -> (usize, bool) {
    let Some(word) = code.get(offset..offset + 4) else { return (4, false) };
    let word = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
    // Sign-extends a field of so many bits from bit `low` on, counted in words.
    let displacement = |low: u32, bits: u32| ((word << (32 - low - bits)) as i32 >> (32 - bits)) * 4;
    let mut branch = |distance: i32| walk.add_target((offset as i32 + distance) as u32);
    let goes_on = if word & 0xfc00_0000 == 0x1400_0000 {
        branch(displacement(0, 26));
        false
    } else if word & 0xff00_0010 == 0x5400_0000 || word & 0x7e00_0000 == 0x3400_0000 {
        // b.cond, cbz, cbnz
        branch(displacement(5, 19));
        true
    } else if word & 0x7e00_0000 == 0x3600_0000 {
        // tbz, tbnz
        branch(displacement(5, 14));
        true
    } else {
        // br, ret, udf
        !(word & 0xffff_fc1f == 0xd61f_0000 || word & 0xffff_fc1f == 0xd65f_0000 || word >> 16 == 0)
    };
    (4, goes_on)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x86_64_constants_after_the_code_are_data() {
        // test eax, eax; je +2; jmp -6; ret; padding; 8 bytes of constant
        let mut code = vec![0x85, 0xc0, 0x74, 0x02, 0xeb, 0xfa, 0xc3, 0x00];
        code.extend([0xff; 8]);
        let found = find(&Triple::host(), &code, &[0], std::iter::empty());
        if matches!(Triple::host().architecture, Architecture::X86_64) {
            assert_eq!(found.block_starts, [0, 6]);
            assert_eq!(found.data_ranges, [(7, 16)]);
        }
    }

    #[test]
    fn aarch64_branches_are_followed() {
        // cbz x0, +8; b +8; ret; word of data; ret
        let words = [0xb400_0040_u32, 0x1400_0003, 0xd65f_03c0, 0xffff_ffff, 0xd65f_03c0];
        let code: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let triple = "aarch64-unknown-linux-gnu".parse().expect("a triple");
        let found = find(&triple, &code, &[0], std::iter::empty());
        assert_eq!(found.block_starts, [0, 8, 16]);
        assert_eq!(found.data_ranges, [(12, 16)]);
    }
}
