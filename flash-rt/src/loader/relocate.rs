//! Relocations: patches the fields of an image with addresses. Every access is inside the image and every value is
//! checked to fit its field.

use super::LoadError;
use object::{Architecture, elf};

/// Bytes and alignment of a stub, on both machines.
pub const STUB_SIZE: u64 = 16;
pub const STUB_ALIGN: u64 = 16;

/// What a relocation refers to.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub address: usize,
    /// Of the stub that jumps there, when the symbol has one.
    pub stub: Option<usize>,
    /// Of the table entry that holds the address, when the symbol has one.
    pub table_entry: Option<usize>,
    pub addend: i64,
}

/// Whether a relocation of this type may be that of a call, which goes by a stub when its target is far.
pub fn may_be_call(architecture: Architecture, kind: u32) -> bool {
    match architecture {
        Architecture::X86_64 => matches!(kind, elf::R_X86_64_PLT32 | elf::R_X86_64_PC32),
        _ => matches!(kind, elf::R_AARCH64_CALL26 | elf::R_AARCH64_JUMP26),
    }
}

/// Whether a relocation of this type refers to the table of addresses.
pub fn uses_table(architecture: Architecture, kind: u32) -> bool {
    match architecture {
        Architecture::X86_64 => {
            matches!(kind, elf::R_X86_64_GOTPCREL | elf::R_X86_64_GOTPCRELX | elf::R_X86_64_REX_GOTPCRELX)
        }
        _ => matches!(kind, elf::R_AARCH64_ADR_GOT_PAGE | elf::R_AARCH64_LD64_GOT_LO12_NC),
    }
}

/// An image that is being linked for an address.
pub struct Patcher<'a> {
    pub image: &'a mut [u8],
    pub base: usize,
    pub architecture: Architecture,
}

fn outside() -> LoadError {
    LoadError::Broken("a relocation outside the image".to_string())
}

fn too_far(kind: u32) -> LoadError {
    LoadError::Unsupported(format!("the target of a relocation of type {kind} is too far away"))
}

fn unknown(kind: u32) -> LoadError {
    LoadError::Unsupported(format!("relocations of type {kind}"))
}

impl Patcher<'_> {
    fn field<const N: usize>(&mut self, at: usize) -> Result<&mut [u8; N], LoadError> {
        let rest = self.image.get_mut(at..).ok_or_else(outside)?;
        rest.first_chunk_mut().ok_or_else(outside)
    }

    /// Stores a 64-bit address.
    pub fn write_address(&mut self, at: usize, address: usize) -> Result<(), LoadError> {
        *self.field(at)? = (address as u64).to_le_bytes();
        Ok(())
    }

    fn write_word(&mut self, at: usize, word: u32) -> Result<(), LoadError> {
        *self.field(at)? = word.to_le_bytes();
        Ok(())
    }

    /// Writes a stub: a jump to the address in a table entry.
    pub fn write_stub(&mut self, at: usize, table_entry: usize) -> Result<(), LoadError> {
        let place = self.base.wrapping_add(at);
        if self.architecture == Architecture::X86_64 {
            // jmp *entry(%rip); ud2
            let distance = i32::try_from(table_entry as i64 - (place as i64 + 6)).map_err(|_| outside())?;
            *self.field::<2>(at)? = [0xff, 0x25];
            self.write_word(at + 2, distance as u32)?;
            *self.field::<2>(at + 6)? = [0x0f, 0x0b];
            return Ok(());
        }
        // adrp x16, entry; ldr x16, [x16, entry]; br x16
        self.write_word(at, 0x9000_0010)?;
        self.write_word(at + 4, 0xf940_0210)?;
        self.write_word(at + 8, 0xd61f_0200)?;
        let target = Target { address: table_entry, stub: None, table_entry: None, addend: 0 };
        self.apply_aarch64(elf::R_AARCH64_ADR_PREL_PG_HI21, at, target)?;
        self.apply_aarch64(elf::R_AARCH64_LDST64_ABS_LO12_NC, at + 4, target)
    }

    /// Applies a relocation to the field at this offset.
    pub fn apply(&mut self, kind: u32, at: usize, target: Target) -> Result<(), LoadError> {
        match self.architecture {
            Architecture::X86_64 => self.apply_x86_64(kind, at, target),
            _ => self.apply_aarch64(kind, at, target),
        }
    }

    fn apply_x86_64(&mut self, kind: u32, at: usize, target: Target) -> Result<(), LoadError> {
        let place = self.base.wrapping_add(at) as i64;
        let value = (target.address as i64).wrapping_add(target.addend);
        let relative = value.wrapping_sub(place);
        match kind {
            elf::R_X86_64_NONE => Ok(()),
            elf::R_X86_64_64 => self.write_address(at, value as usize),
            elf::R_X86_64_PC64 => self.write_address(at, relative as usize),
            elf::R_X86_64_32 => {
                let value = u32::try_from(value).map_err(|_| too_far(kind))?;
                self.write_word(at, value)
            }
            elf::R_X86_64_32S => {
                let value = i32::try_from(value).map_err(|_| too_far(kind))?;
                self.write_word(at, value as u32)
            }
            elf::R_X86_64_PC32 | elf::R_X86_64_PLT32 => {
                let is_call = kind == elf::R_X86_64_PLT32 || self.is_call_field(at);
                let distance = match (i32::try_from(relative), target.stub) {
                    (Ok(distance), _) => distance,
                    (Err(_), Some(stub)) if is_call => {
                        let relative = (stub as i64).wrapping_add(target.addend).wrapping_sub(place);
                        i32::try_from(relative).map_err(|_| too_far(kind))?
                    }
                    (Err(_), _) => return Err(too_far(kind)),
                };
                self.write_word(at, distance as u32)
            }
            elf::R_X86_64_GOTPCREL | elf::R_X86_64_GOTPCRELX | elf::R_X86_64_REX_GOTPCRELX => {
                let entry = target.table_entry.ok_or_else(outside)? as i64;
                let relative = entry.wrapping_add(target.addend).wrapping_sub(place);
                self.write_word(at, i32::try_from(relative).map_err(|_| too_far(kind))? as u32)
            }
            _ => Err(unknown(kind)),
        }
    }

    /// Whether the field is that of `call` or `jmp`: assemblers that do not say PLT mean it.
    fn is_call_field(&self, at: usize) -> bool {
        at.checked_sub(1).and_then(|opcode| self.image.get(opcode)).is_some_and(|opcode| matches!(opcode, 0xe8 | 0xe9))
    }

    fn apply_aarch64(&mut self, kind: u32, at: usize, target: Target) -> Result<(), LoadError> {
        let place = self.base.wrapping_add(at) as i64;
        let mut value = (target.address as i64).wrapping_add(target.addend);
        if uses_table(Architecture::Aarch64, kind) {
            value = target.table_entry.ok_or_else(outside)? as i64;
        }
        let mut relative = value.wrapping_sub(place);
        let page = (value & !0xfff).wrapping_sub(place & !0xfff);
        let is_call = may_be_call(Architecture::Aarch64, kind);
        if let Some(stub) = target.stub.filter(|_| is_call && !fits(relative >> 2, 26)) {
            relative = (stub as i64).wrapping_sub(place);
        }
        match kind {
            elf::R_AARCH64_NONE => Ok(()),
            elf::R_AARCH64_ABS64 => self.write_address(at, value as usize),
            elf::R_AARCH64_PREL64 => self.write_address(at, relative as usize),
            elf::R_AARCH64_PREL32 => self.write_word(at, i32::try_from(relative).map_err(|_| too_far(kind))? as u32),
            elf::R_AARCH64_CALL26 | elf::R_AARCH64_JUMP26 => self.insert(kind, at, relative >> 2, 26, 0),
            elf::R_AARCH64_CONDBR19 | elf::R_AARCH64_LD_PREL_LO19 => self.insert(kind, at, relative >> 2, 19, 5),
            elf::R_AARCH64_TSTBR14 => self.insert(kind, at, relative >> 2, 14, 5),
            elf::R_AARCH64_ADR_PREL_LO21 => self.insert_adr(kind, at, relative),
            elf::R_AARCH64_ADR_PREL_PG_HI21 | elf::R_AARCH64_ADR_PREL_PG_HI21_NC | elf::R_AARCH64_ADR_GOT_PAGE => {
                self.insert_adr(kind, at, page >> 12)
            }
            elf::R_AARCH64_ADD_ABS_LO12_NC | elf::R_AARCH64_LDST8_ABS_LO12_NC => self.insert_low(at, value, 0),
            elf::R_AARCH64_LDST16_ABS_LO12_NC => self.insert_low(at, value, 1),
            elf::R_AARCH64_LDST32_ABS_LO12_NC => self.insert_low(at, value, 2),
            elf::R_AARCH64_LDST64_ABS_LO12_NC | elf::R_AARCH64_LD64_GOT_LO12_NC => self.insert_low(at, value, 3),
            elf::R_AARCH64_LDST128_ABS_LO12_NC => self.insert_low(at, value, 4),
            _ => Err(unknown(kind)),
        }
    }

    /// Puts a signed number of `bits` bits into an instruction at bit `shift`.
    fn insert(&mut self, kind: u32, at: usize, value: i64, bits: u32, shift: u32) -> Result<(), LoadError> {
        if !fits(value, bits) {
            return Err(too_far(kind));
        }
        let mask = ((1 << bits) - 1) << shift;
        self.patch(at, mask, (value as u32) << shift)
    }

    /// The split 21-bit immediate of `adr` and `adrp`.
    fn insert_adr(&mut self, kind: u32, at: usize, value: i64) -> Result<(), LoadError> {
        if !fits(value, 21) {
            return Err(too_far(kind));
        }
        let value = value as u32;
        self.patch(at, 0x60ff_ffe0, (value & 3) << 29 | (value >> 2 & 0x7_ffff) << 5)
    }

    /// The low 12 bits of an address, scaled by the size of what is loaded.
    fn insert_low(&mut self, at: usize, value: i64, scale: u32) -> Result<(), LoadError> {
        let low = (value & 0xfff) as u32;
        if !low.is_multiple_of(1 << scale) {
            return Err(LoadError::Broken("a load from an address that is not aligned".to_string()));
        }
        self.patch(at, 0x003f_fc00, (low >> scale) << 10)
    }

    fn patch(&mut self, at: usize, mask: u32, bits: u32) -> Result<(), LoadError> {
        let field = self.field::<4>(at)?;
        *field = (u32::from_le_bytes(*field) & !mask | bits & mask).to_le_bytes();
        Ok(())
    }
}

/// Whether a number is one of so many bits, signed.
fn fits(value: i64, bits: u32) -> bool {
    let limit = 1i64 << (bits - 1);
    (-limit..limit).contains(&value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Applies one relocation to an instruction at offset 8 of an image at 0x1_0000_0000.
    fn patched(kind: u32, instruction: u32, target: Target) -> Result<u32, LoadError> {
        let mut image = [0; 16];
        image[8..12].copy_from_slice(&instruction.to_le_bytes());
        let base = 0x1_0000_0000;
        Patcher { image: &mut image, base, architecture: Architecture::Aarch64 }.apply(kind, 8, target)?;
        Ok(u32::from_le_bytes([image[8], image[9], image[10], image[11]]))
    }

    fn at(address: usize) -> Target {
        Target { address, stub: Some(0x1_0000_0100), table_entry: Some(0x1_0000_2008), addend: 0 }
    }

    // Expected words are what aarch64-linux-gnu-as gives for the same operands.
    #[test]
    fn aarch64_instructions_take_addresses() {
        assert_eq!(patched(elf::R_AARCH64_CALL26, 0x9400_0000, at(0x1_0000_0010)), Ok(0x9400_0002)); // bl .+8
        assert_eq!(patched(elf::R_AARCH64_CALL26, 0x9400_0000, at(0xffff_fff8)), Ok(0x97ff_fffc)); // bl .-16
        assert_eq!(patched(elf::R_AARCH64_CALL26, 0x9400_0000, at(0x7fff_0000_0000)), Ok(0x9400_003e)); // bl the stub
        assert_eq!(patched(elf::R_AARCH64_CONDBR19, 0x5400_0000, at(0x1_0000_0000)), Ok(0x54ff_ffc0)); // b.eq .-8
        assert_eq!(patched(elf::R_AARCH64_ADR_PREL_PG_HI21, 0x9000_0000, at(0x1_0000_3abc)), Ok(0xf000_0000)); // adrp x0, 3 pages
        assert_eq!(patched(elf::R_AARCH64_ADD_ABS_LO12_NC, 0x9100_0000, at(0x1_0000_3abc)), Ok(0x912a_f000)); // add x0, x0, #0xabc
        assert_eq!(patched(elf::R_AARCH64_LDST64_ABS_LO12_NC, 0xf940_0000, at(0x1_0000_3ab8)), Ok(0xf945_5c00)); // ldr x0, [x0, #0xab8]
        assert_eq!(patched(elf::R_AARCH64_ADR_GOT_PAGE, 0x9000_0000, at(0)), Ok(0xd000_0000)); // adrp x0, 2 pages
        assert_eq!(patched(elf::R_AARCH64_LD64_GOT_LO12_NC, 0xf940_0000, at(0)), Ok(0xf940_0400)); // ldr x0, [x0, #8]
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        assert!(patched(elf::R_AARCH64_LDST64_ABS_LO12_NC, 0xf940_0000, at(0x1_0000_3abc)).is_err());
        assert!(patched(elf::R_AARCH64_CONDBR19, 0x5400_0000, at(0x2_0000_0000)).is_err());
        assert!(patched(elf::R_AARCH64_ADR_PREL_PG_HI21, 0x9000_0000, at(0x9_0000_0000)).is_err());
        assert!(patched(0xffff, 0, at(0)).is_err());
    }

    #[test]
    fn fields_outside_the_image_are_errors() {
        let mut image = [0; 16];
        let mut patcher = Patcher { image: &mut image, base: 0x1000, architecture: Architecture::X86_64 };
        assert!(patcher.apply(elf::R_X86_64_64, 9, at(0)).is_err());
        assert!(patcher.apply(elf::R_X86_64_PC32, usize::MAX, at(0)).is_err());
        assert!(patcher.write_stub(12, 0x1000).is_err());
    }
}
