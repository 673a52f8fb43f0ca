//! Where the sections of an object go in the mapping: code and its stubs, then what is read-only once it is
//! relocated, with the table of addresses (GOT), then what stays writable; each part on pages of its own.

use super::relocate::{self, Target};
use super::{LoadError, Resolver};
use flash_runtime::memory::PAGE;
use object::read::elf::{ElfFile64, FileHeader};
use object::{
    Architecture, Object, ObjectSection, ObjectSymbol, RelocationFlags, RelocationTarget, SectionFlags, SectionIndex,
    SectionKind, SymbolIndex, SymbolKind, SymbolSection, elf,
};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

type File<'a> = ElfFile64<'a>;

/// What a part of the mapping may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Execute,
    Read,
    Write,
}

/// The architecture this process runs on.
pub fn host() -> Architecture {
    if cfg!(target_arch = "aarch64") { Architecture::Aarch64 } else { Architecture::X86_64 }
}

/// Largest mapping: all of it must be within reach of 32-bit relative relocations.
const MAX_SIZE: u64 = 1 << 30;

/// An object with a place for everything in it.
pub struct Layout<'a> {
    file: File<'a>,
    /// Offset in the mapping of each section that is loaded.
    sections: BTreeMap<usize, usize>,
    /// Offset of each symbol that has memory but no section.
    commons: BTreeMap<usize, usize>,
    /// Undefined symbols that relocations refer to.
    undefined: BTreeSet<usize>,
    /// Offsets of the stubs and table entries that relocations need, by symbol.
    stubs: BTreeMap<usize, usize>,
    table: BTreeMap<usize, usize>,
    parts: [(Access, Range<usize>); 3],
}

/// Hands out offsets, one behind the other.
struct Cursor(u64);

impl Cursor {
    fn take(&mut self, size: u64, align: u64) -> Result<usize, LoadError> {
        let align = align.max(1);
        let start = self.0.checked_next_multiple_of(align).filter(|_| align.is_power_of_two() && align <= PAGE as u64);
        let end = start.and_then(|start| start.checked_add(size)).filter(|&end| end <= MAX_SIZE);
        let (Some(start), Some(end)) = (start, end) else {
            return Err(LoadError::Broken("a section's size or alignment is out of bounds".to_string()));
        };
        self.0 = end;
        Ok(start as usize)
    }

    fn page(&mut self) -> usize {
        self.0 = self.0.next_multiple_of(PAGE as u64);
        self.0 as usize
    }
}

pub(super) fn broken(error: object::Error) -> LoadError {
    LoadError::Broken(error.to_string())
}

impl<'a> Layout<'a> {
    /// Reads an object and places its parts.
    pub fn of(bytes: &'a [u8]) -> Result<Layout<'a>, LoadError> {
        let file = File::parse(bytes).map_err(broken)?;
        if !matches!(file.architecture(), Architecture::X86_64 | Architecture::Aarch64) || !file.is_little_endian() {
            return Err(LoadError::Unsupported("its machine is neither x86-64 nor aarch64".to_string()));
        }
        if file.elf_header().e_type(file.endian()) != elf::ET_REL {
            return Err(LoadError::Unsupported("it is not a relocatable object".to_string()));
        }
        let Needs { undefined, stubs, table } = needs(&file)?;
        let (mut cursor, mut sections, mut commons) = (Cursor(0), BTreeMap::new(), BTreeMap::new());
        place(&file, Access::Execute, &mut cursor, &mut sections)?;
        let stubs = each(&stubs, &mut cursor, relocate::STUB_SIZE, relocate::STUB_ALIGN)?;
        let code_end = cursor.page();
        place(&file, Access::Read, &mut cursor, &mut sections)?;
        let table = each(&table, &mut cursor, 8, 8)?;
        let read_end = cursor.page();
        place(&file, Access::Write, &mut cursor, &mut sections)?;
        for symbol in file.symbols().filter(|symbol| symbol.is_common()) {
            // A common symbol's value is its alignment.
            commons.insert(symbol.index().0, cursor.take(symbol.size(), symbol.address())?);
        }
        let parts = [
            (Access::Execute, 0..code_end),
            (Access::Read, code_end..read_end),
            (Access::Write, read_end..cursor.page()),
        ];
        Ok(Layout { file, sections, commons, undefined, stubs, table, parts })
    }

    pub fn architecture(&self) -> Architecture {
        self.file.architecture()
    }

    /// Whether the object says which source its code came from.
    pub fn has_debug_info(&self) -> bool {
        self.file.section_by_name(".debug_info").is_some()
    }

    /// Where the sections of an image are, by their index.
    pub fn section_addresses(&self, base: *mut u8) -> BTreeMap<usize, usize> {
        self.sections.iter().map(|(&section, &offset)| (section, base as usize + offset)).collect()
    }

    /// Bytes of the mapping.
    pub fn size(&self) -> usize {
        self.parts[2].1.end
    }

    /// The parts of the mapping, page-aligned.
    pub fn parts(&self) -> &[(Access, Range<usize>); 3] {
        &self.parts
    }

    /// Fills the image that will be at address `base`: contents, table of addresses, stubs, relocations. What `instead`
    /// knows is taken from there, although the object defines it.
    pub fn link(
        &self,
        image: &mut [u8],
        base: usize,
        resolve: Resolver<'_>,
        instead: Resolver<'_>,
    ) -> Result<(), LoadError> {
        for (&index, &offset) in &self.sections {
            let section = self.file.section_by_index(SectionIndex(index)).map_err(broken)?;
            let data = section.data().map_err(broken)?;
            let room = image.get_mut(offset..).and_then(|rest| rest.get_mut(..data.len()));
            room.ok_or_else(|| LoadError::Broken("a section lies outside the image".to_string()))?
                .copy_from_slice(data);
        }
        let mut imports = self.resolve_imports(resolve)?;
        for symbol in self.file.symbols().filter(|symbol| symbol.is_global() && !symbol.is_undefined()) {
            if let Some(address) = symbol.name().ok().and_then(instead) {
                imports.insert(symbol.index().0, address);
            }
        }
        let address = |symbol: SymbolIndex| self.symbol_address(symbol, base, &imports);
        let mut patcher = relocate::Patcher { image, base, architecture: self.architecture() };
        for (&symbol, &entry) in &self.table {
            patcher.write_address(entry, address(SymbolIndex(symbol))?)?;
        }
        for (symbol, &stub) in &self.stubs {
            patcher.write_stub(stub, base + self.table[symbol])?;
        }
        for (&index, &offset) in &self.sections {
            let section = self.file.section_by_index(SectionIndex(index)).map_err(broken)?;
            for (at, relocation) in section.relocations() {
                let RelocationTarget::Symbol(symbol) = relocation.target() else {
                    return Err(LoadError::Broken("a relocation without a symbol".to_string()));
                };
                let RelocationFlags::Elf { r_type } = relocation.flags() else {
                    return Err(LoadError::Broken("a relocation that is not ELF's".to_string()));
                };
                if relocation.has_implicit_addend() {
                    return Err(LoadError::Unsupported("relocations without addends".to_string()));
                }
                let target = Target {
                    address: address(symbol)?,
                    stub: self.stubs.get(&symbol.0).map(|stub| base + stub),
                    table_entry: self.table.get(&symbol.0).map(|entry| base + entry),
                    addend: relocation.addend(),
                };
                let field = usize::try_from(at).ok().filter(|&at| at < section.size() as usize);
                let field = field.ok_or_else(|| LoadError::Broken("a relocation outside its section".to_string()))?;
                patcher.apply(r_type, offset + field, target)?;
            }
        }
        Ok(())
    }

    /// The addresses of the symbols that the object does not define; all that are missing at once.
    fn resolve_imports(&self, resolve: Resolver<'_>) -> Result<BTreeMap<usize, usize>, LoadError> {
        let (mut found, mut missing) = (BTreeMap::new(), BTreeSet::new());
        for &index in &self.undefined {
            let symbol = self.file.symbol_by_index(SymbolIndex(index)).map_err(broken)?;
            let name = symbol.name().map_err(broken)?;
            match resolve(name) {
                Some(address) => found.insert(symbol.index().0, address),
                None if symbol.is_weak() => found.insert(symbol.index().0, 0),
                None => {
                    missing.insert(name.to_string());
                    continue;
                }
            };
        }
        if missing.is_empty() { Ok(found) } else { Err(LoadError::Undefined(missing.into_iter().collect())) }
    }

    fn symbol_address(
        &self,
        index: SymbolIndex,
        base: usize,
        imports: &BTreeMap<usize, usize>,
    ) -> Result<usize, LoadError> {
        if let Some(&address) = imports.get(&index.0) {
            return Ok(address);
        }
        let symbol = self.file.symbol_by_index(index).map_err(broken)?;
        match symbol.section() {
            SymbolSection::Absolute => Ok(symbol.address() as usize),
            _ => Ok(base.wrapping_add(self.symbol_offset(&symbol).ok_or_else(|| {
                LoadError::Unsupported(format!(
                    "symbol `{}` is in no section that is loaded",
                    symbol.name().unwrap_or("?")
                ))
            })?)),
        }
    }

    /// Where a symbol with memory is in the mapping.
    fn symbol_offset<'b>(&self, symbol: &impl ObjectSymbol<'b>) -> Option<usize> {
        if symbol.is_common() {
            return self.commons.get(&symbol.index().0).copied();
        }
        let start = self.sections.get(&symbol.section_index()?.0)?;
        let offset = start.checked_add(usize::try_from(symbol.address()).ok()?)?;
        (offset <= self.size()).then_some(offset)
    }

    /// Bytes of a symbol that the object defines.
    pub fn symbol_size(&self, name: &str) -> usize {
        let found = self.file.symbols().find(|symbol| symbol.name() == Ok(name) && !symbol.is_undefined());
        found.map_or(0, |symbol| symbol.size() as usize)
    }

    /// Every defined global symbol with its offset, sorted by name.
    pub fn defined_symbols(&self) -> Vec<(String, usize)> {
        let mut symbols: Vec<_> = self
            .file
            .symbols()
            .filter(|symbol| symbol.is_global() && !symbol.is_undefined())
            .filter_map(|symbol| Some((symbol.name().ok()?.to_string(), self.symbol_offset(&symbol)?)))
            .collect();
        symbols.sort();
        symbols
    }
}

/// Gives each symbol of a set a place.
fn each(
    symbols: &BTreeSet<usize>,
    cursor: &mut Cursor,
    size: u64,
    align: u64,
) -> Result<BTreeMap<usize, usize>, LoadError> {
    symbols.iter().map(|&symbol| Ok((symbol, cursor.take(size, align)?))).collect()
}

/// Places the sections that ask for this access.
fn place(
    file: &File<'_>,
    access: Access,
    cursor: &mut Cursor,
    sections: &mut BTreeMap<usize, usize>,
) -> Result<(), LoadError> {
    for section in file.sections() {
        if access_of(&section)? == Some(access) {
            sections.insert(section.index().0, cursor.take(section.size(), section.align())?);
        }
    }
    Ok(())
}

/// What a section is for; none when it is not loaded.
fn access_of<'b>(section: &impl ObjectSection<'b>) -> Result<Option<Access>, LoadError> {
    let SectionFlags::Elf { sh_flags } = section.flags() else { return Ok(None) };
    let has = |flag: u32| sh_flags & u64::from(flag) != 0;
    let name = section.name().map_err(broken)?;
    // Nothing in this process unwinds through mapped code, and notes are for linkers.
    if !has(elf::SHF_ALLOC) || name == ".eh_frame" || section.kind() == SectionKind::Note {
        return Ok(None);
    }
    if has(elf::SHF_TLS) {
        return Err(LoadError::Unsupported("thread-local variables".to_string()));
    }
    Ok(Some(match () {
        () if has(elf::SHF_EXECINSTR) && has(elf::SHF_WRITE) => {
            return Err(LoadError::Unsupported("code that is writable".to_string()));
        }
        () if has(elf::SHF_EXECINSTR) => Access::Execute,
        // Constants with addresses in them: read-only once these are filled in.
        () if !has(elf::SHF_WRITE) || name.starts_with(".data.rel.ro") => Access::Read,
        () => Access::Write,
    }))
}

/// What relocations ask for besides places of the object itself.
#[derive(Default)]
struct Needs {
    undefined: BTreeSet<usize>,
    /// Calls reach these by a stub, which jumps through their table entry.
    stubs: BTreeSet<usize>,
    /// The addresses of these are loaded from the table.
    table: BTreeSet<usize>,
}

fn needs(file: &File<'_>) -> Result<Needs, LoadError> {
    let mut needs = Needs::default();
    for section in file.sections() {
        if access_of(&section)?.is_none() {
            continue;
        }
        for (_, relocation) in section.relocations() {
            let (RelocationTarget::Symbol(index), RelocationFlags::Elf { r_type }) =
                (relocation.target(), relocation.flags())
            else {
                continue;
            };
            let symbol = file.symbol_by_index(index).map_err(broken)?;
            if symbol.kind() == SymbolKind::Tls {
                return Err(LoadError::Unsupported("thread-local variables".to_string()));
            }
            let is_stub = symbol.is_undefined() && relocate::may_be_call(file.architecture(), r_type);
            if symbol.is_undefined() {
                needs.undefined.insert(index.0);
            }
            if is_stub {
                needs.stubs.insert(index.0);
            }
            if is_stub || relocate::uses_table(file.architecture(), r_type) {
                needs.table.insert(index.0);
            }
        }
    }
    Ok(needs)
}
