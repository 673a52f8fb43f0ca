//! A section made of bytes and the addresses to fill in, for tables that stand beside code and data:
//! unwind tables and debug information. Object files and NASM text write the same ones.

use gimli::LittleEndian;
use gimli::write::{EndianVec, RelocateWriter, Relocation, RelocationTarget};

/// Bytes with holes for addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    pub name: &'static str,
    pub bytes: Vec<u8>,
    /// Sorted by offset.
    pub patches: Vec<Patch>,
}

/// An address to fill in. The field's bytes are zero; the addend is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patch {
    pub offset: u32,
    pub kind: PatchKind,
    pub target: PatchTarget,
    pub addend: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchKind {
    /// 64-bit address.
    Abs64,
    /// 32 bits: distance from the field.
    Relative32,
    /// 32 bits: offset from the start of the target's section (between debug sections).
    SectionOffset32,
    /// 32 bits: COFF's distance from the start of the image.
    ImageRelative32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchTarget {
    /// The start of the text section.
    Text,
    /// The start of another such section.
    Section(&'static str),
}

/// A section that gimli writes into. The only symbol it may name is [`TEXT_SYMBOL`].
#[derive(Clone, Debug)]
pub(crate) struct GimliSection {
    writer: EndianVec<LittleEndian>,
    patches: Vec<Patch>,
}

/// The start of the text section as gimli's addresses name it.
pub(crate) const TEXT_SYMBOL: usize = 0;

impl GimliSection {
    pub fn new() -> GimliSection {
        GimliSection { writer: EndianVec::new(LittleEndian), patches: Vec::new() }
    }

    pub fn finish(self, name: &'static str) -> Section {
        let mut patches = self.patches;
        patches.sort_by_key(|patch| patch.offset);
        Section { name, bytes: self.writer.into_vec(), patches }
    }
}

impl RelocateWriter for GimliSection {
    type Writer = EndianVec<LittleEndian>;

    fn writer(&self) -> &Self::Writer {
        &self.writer
    }

    fn writer_mut(&mut self) -> &mut Self::Writer {
        &mut self.writer
    }

    fn relocate(&mut self, relocation: Relocation) {
        let is_relative = relocation.eh_pe.is_some_and(|pe| pe.application() == gimli::DW_EH_PE_pcrel);
        let kind = match (relocation.size, is_relative) {
            (4, true) => PatchKind::Relative32,
            (4, false) => PatchKind::SectionOffset32,
            (8, false) => PatchKind::Abs64,
            (size, _) => crate::bug!("emit: gimli asked for a relocation of {size} bytes"),
        };
        let target = match relocation.target {
            RelocationTarget::Symbol(TEXT_SYMBOL) => PatchTarget::Text,
            RelocationTarget::Symbol(symbol) => crate::bug!("emit: gimli named symbol {symbol}"),
            RelocationTarget::Section(id) => PatchTarget::Section(id.name()),
        };
        self.patches.push(Patch { offset: relocation.offset as u32, kind, target, addend: relocation.addend });
    }
}
