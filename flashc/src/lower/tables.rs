//! The data of a program: its constants, type descriptors, and the tables of `flash_abi::program`
//! by which the runtime starts it and says where it failed. Only what something refers to is kept.

use super::function::Environment;
use super::machine::{DataSection, MachineData, MachineFunction, Relocation, RelocationKind, SourceFrame, SourcePlace};
use super::names::{DESCRIBE, ENTRY, FIXUPS, GLOBALS_DESCRIPTOR, THUNK_PREFIX, Target};
use crate::source::{FileId, SourceMap};
use crate::ssa::{DataId, DataTarget, Descriptor, DescriptorId, ExternId};
use flash_abi::ABI_VERSION;
use flash_abi::object::{DESCRIPTOR_LOCAL, DESCRIPTOR_SIZE, KIND_FIXED};
use flash_abi::program::{ERROR_CLASSES, MAGIC, PASSED, PROGRAM_SYMBOL, StringRange};
use indexmap::{IndexMap, IndexSet};
use rustc_hash::{FxHashMap, FxHashSet};

const FUNCTIONS: &str = "flash$functions";
const SITES: &str = "flash$sites";
const HANDLERS: &str = "flash$handlers";
const LOCATIONS: &str = "flash$locations";
const FILES: &str = "flash$files";
const STRINGS: &str = "flash$strings";

/// All data of the program, in emission order.
pub fn build(
    env: Environment<'_>,
    sources: &SourceMap,
    functions: &[MachineFunction],
    text_size: u32,
) -> Vec<MachineData> {
    let mut data = referenced_data(env, functions);
    let globals = Descriptor {
        name: "globals".to_owned(),
        kind: KIND_FIXED,
        is_local: false,
        size: env.module.globals_size,
        slots: env.module.globals_pointers.clone(),
    };
    data.push(read_only(GLOBALS_DESCRIPTOR.to_owned(), 8, descriptor_bytes(&globals)));
    data.extend(Tables::new(sources).build(env, functions, text_size));
    data
}

fn read_only(symbol: String, align: u32, bytes: Vec<u8>) -> MachineData {
    let section = DataSection::ReadOnly;
    MachineData { symbol, is_public: false, section, align, bytes, relocations: Vec::new() }
}

/// Constants, descriptors and cells of C functions that code refers to, directly or by other data.
fn referenced_data(env: Environment<'_>, functions: &[MachineFunction]) -> Vec<MachineData> {
    let module = env.module;
    let mut wanted: FxHashSet<&str> =
        functions.iter().flat_map(|f| &f.relocations).map(|relocation| &*relocation.symbol).collect();
    let symbol = |target: DataTarget| env.names.symbol(name_of(target));
    let imported = module.data.iter().filter(|data| data.is_import);
    wanted.extend(imported.filter(|data| !data.relocations.is_empty()).map(|data| &*data.name));
    wanted.extend(module.errors.map(|errors| symbol(DataTarget::Data(errors))));
    let mut pending: Vec<usize> = Vec::new();
    let mut kept = vec![false; module.data.len()];
    let by_symbol: FxHashMap<&str, usize> =
        module.data.iter().enumerate().map(|(index, data)| (&*data.name, index)).collect();
    pending.extend(wanted.iter().filter_map(|symbol| by_symbol.get(symbol)));
    while let Some(index) = pending.pop() {
        if std::mem::replace(&mut kept[index], true) {
            continue;
        }
        for &(_, target) in &module.data[index].relocations {
            let symbol = symbol(target);
            wanted.insert(symbol);
            pending.extend(by_symbol.get(symbol));
        }
    }

    let own = module.data.iter().enumerate().filter(|(index, data)| kept[*index] && !data.is_import);
    let constants = own.map(|(index, data)| {
        let relocations = data.relocations.iter().map(|&(offset, target)| address(offset, symbol(target)));
        let relocations: Vec<Relocation> = relocations.collect();
        let section = if relocations.is_empty() { DataSection::ReadOnly } else { DataSection::ReadOnlyRelocated };
        MachineData {
            symbol: env.names.symbol(Target::Data(DataId(index as u32))).to_owned(),
            is_public: false,
            section,
            align: data.align.max(1),
            bytes: data.bytes.clone(),
            relocations,
        }
    });
    let descriptors = module.descriptors.iter().enumerate().filter_map(|(index, descriptor)| {
        let symbol = env.names.symbol(Target::Descriptor(DescriptorId(index as u32)));
        wanted.contains(symbol).then(|| read_only(symbol.to_owned(), 8, descriptor_bytes(descriptor)))
    });
    let cells = (0..module.externs.len()).map(|index| ExternId(index as u32)).filter_map(|id| {
        let symbol = env.names.symbol(Target::ExternCell(id));
        wanted.contains(symbol).then(|| MachineData {
            section: DataSection::ReadOnlyRelocated,
            relocations: vec![address(0, env.names.symbol(Target::Extern(id)))],
            ..read_only(symbol.to_owned(), 8, vec![0; 8])
        })
    });
    constants.chain(descriptors).chain(cells).chain(fixups(env)).collect()
}

/// [`FIXUPS`]: pairs of addresses, the second of which is to be written to the first. They are in earlier modules of
/// a session.
fn fixups(env: Environment<'_>) -> Option<MachineData> {
    let mut relocations = Vec::new();
    for data in env.module.data.iter().filter(|data| data.is_import) {
        for &(offset, target) in &data.relocations {
            let at = relocations.len() as u32 * 8;
            relocations.push(Relocation { addend: i64::from(offset), ..address(at, &data.name) });
            relocations.push(address(at + 8, env.names.symbol(name_of(target))));
        }
    }
    let bytes = vec![0; relocations.len() * 8];
    (!relocations.is_empty()).then(|| MachineData {
        section: DataSection::ReadOnlyRelocated,
        is_public: true,
        relocations,
        ..read_only(FIXUPS.to_owned(), 8, bytes)
    })
}

fn name_of(target: DataTarget) -> Target {
    match target {
        DataTarget::Function(id) => Target::Function(id),
        DataTarget::Data(id) => Target::Data(id),
        DataTarget::Descriptor(id) => Target::Descriptor(id),
    }
}

fn address(offset: u32, symbol: &str) -> Relocation {
    Relocation { offset, kind: RelocationKind::Abs64, symbol: symbol.to_owned(), addend: 0 }
}

/// As `flash_abi::object::Descriptor` says.
fn descriptor_bytes(descriptor: &Descriptor) -> Vec<u8> {
    let mut bytes = Vec::new();
    for word in [descriptor.size, descriptor.slots.len() as u32, descriptor.name.len() as u32] {
        bytes.extend(word.to_le_bytes());
    }
    let flags = if descriptor.is_local { DESCRIPTOR_LOCAL } else { 0 };
    bytes.extend([descriptor.kind, flags, 0, 0]);
    debug_assert_eq!(bytes.len(), DESCRIPTOR_SIZE as usize);
    for slot in &descriptor.slots {
        bytes.extend(slot.to_le_bytes());
    }
    bytes.extend(descriptor.name.bytes());
    bytes
}

/// The tables while they grow.
struct Tables<'a> {
    sources: &'a SourceMap,
    strings: Vec<u8>,
    interned: FxHashMap<String, StringRange>,
    /// Frames with their callers: the key of a row of `locations`.
    locations: IndexMap<(SourceFrame, u32), ()>,
    /// Files that locations name, in the order of the table.
    files: IndexSet<FileId>,
}

impl<'a> Tables<'a> {
    fn new(sources: &'a SourceMap) -> Tables<'a> {
        Tables {
            sources,
            strings: Vec::new(),
            interned: FxHashMap::default(),
            locations: IndexMap::new(),
            files: IndexSet::new(),
        }
    }

    fn build(mut self, env: Environment<'_>, functions: &[MachineFunction], text_size: u32) -> Vec<MachineData> {
        let mut function_rows = Vec::new();
        let mut site_rows = Vec::new();
        let mut handler_rows = Vec::new();
        let own = env.module.functions.iter().filter(|function| !function.is_import()).count();
        for (index, function) in functions.iter().enumerate() {
            let start = function.text_offset;
            // Wrappers come after the module's functions; stack traces do not show them.
            let is_wrapper = index >= own;
            let name = match () {
                () if is_wrapper && function.symbol.starts_with(THUNK_PREFIX) => PASSED,
                () if is_wrapper => StringRange::default(),
                () if function.name.is_empty() => PASSED,
                () => self.intern(&function.name),
            };
            push_words(
                &mut function_rows,
                [start, start + function.code.len() as u32, name.offset, name.len, function.role],
            );
            for (pc, place) in &function.sites {
                let location = self.location(place);
                push_words(&mut site_rows, [start + pc, location]);
            }
            for handler in &function.handlers {
                push_words(&mut handler_rows, [start + handler.pc, start + handler.target, handler.frame_size]);
            }
        }
        let location_rows = self.location_rows();
        let file_rows = self.file_rows();

        let counts = Counts {
            functions: functions.len(),
            sites: site_rows.len() / size_of::<flash_abi::program::Site>(),
            locations: self.locations.len(),
            files: self.files.len(),
            handlers: handler_rows.len() / size_of::<flash_abi::program::Handler>(),
        };
        let root = root(env, functions, text_size, &counts, self.strings.len());
        vec![
            read_only(FUNCTIONS.to_owned(), 4, function_rows),
            read_only(SITES.to_owned(), 4, site_rows),
            read_only(LOCATIONS.to_owned(), 4, location_rows),
            read_only(FILES.to_owned(), 4, file_rows),
            read_only(STRINGS.to_owned(), 1, self.strings),
            read_only(HANDLERS.to_owned(), 4, handler_rows),
            root,
        ]
    }

    fn intern(&mut self, text: &str) -> StringRange {
        if let Some(&range) = self.interned.get(text) {
            return range;
        }
        let range = StringRange { offset: self.strings.len() as u32, len: text.len() as u32 };
        self.strings.extend(text.bytes());
        self.interned.insert(text.to_owned(), range);
        range
    }

    /// Index of the place's innermost row. Rows of callers come before the rows inlined in them.
    fn location(&mut self, place: &SourcePlace) -> u32 {
        let mut row = 0;
        for frame in place.frames.iter().rev() {
            self.files.insert(frame.file);
            let (index, _) = self.locations.insert_full((frame.clone(), row), ());
            row = index as u32 + 1;
        }
        row.saturating_sub(1)
    }

    fn location_rows(&mut self) -> Vec<u8> {
        let mut rows = Vec::new();
        for index in 0..self.locations.len() {
            let Some(((frame, inlined_at), ())) = self.locations.get_index(index) else { break };
            let (line, column, inlined_at) = (frame.line, frame.column, *inlined_at);
            let file = self.files.get_index_of(&frame.file).unwrap_or_default() as u32;
            let name = frame.function.clone();
            let name = self.intern(&name);
            push_words(&mut rows, [file, line, column, name.offset, name.len, inlined_at]);
        }
        rows
    }

    /// The text of std's own files is left out: nobody mends it there, and it is the same everywhere.
    fn file_rows(&mut self) -> Vec<u8> {
        let mut rows = Vec::new();
        let files: Vec<FileId> = self.files.iter().copied().collect();
        for id in files {
            let file = self.sources.file(id);
            let path = self.intern(&file.path);
            let text = if file.path.starts_with("std:") {
                StringRange::default()
            } else {
                let range = StringRange { offset: self.strings.len() as u32, len: file.text.len() as u32 };
                self.strings.extend(file.text.bytes());
                range
            };
            push_words(&mut rows, [path.offset, path.len, text.offset, text.len]);
        }
        rows
    }
}

fn push_words<const N: usize>(rows: &mut Vec<u8>, words: [u32; N]) {
    rows.extend(words.iter().flat_map(|word| word.to_le_bytes()));
}

struct Counts {
    functions: usize,
    sites: usize,
    locations: usize,
    files: usize,
    handlers: usize,
}

/// `flash_abi::program::Program`, field by field.
fn root(
    env: Environment<'_>,
    functions: &[MachineFunction],
    text_size: u32,
    counts: &Counts,
    strings_size: usize,
) -> MachineData {
    let mut bytes = Vec::new();
    let mut relocations = Vec::new();
    let number = |bytes: &mut Vec<u8>, value: u64| bytes.extend(value.to_le_bytes());
    let mut pointer = |bytes: &mut Vec<u8>, symbol: Option<&str>| {
        relocations.extend(symbol.map(|symbol| address(bytes.len() as u32, symbol)));
        bytes.extend([0; 8]);
    };
    number(&mut bytes, MAGIC);
    // The version and the reserved word after it.
    number(&mut bytes, u64::from(ABI_VERSION));
    number(&mut bytes, u64::from(env.module.globals_size));
    pointer(&mut bytes, Some(GLOBALS_DESCRIPTOR));
    pointer(&mut bytes, env.module.entry.map(|_| ENTRY));
    // The first function lies at the start of the text section.
    pointer(&mut bytes, functions.first().map(|first| &*first.symbol));
    number(&mut bytes, u64::from(text_size));
    let tables = [
        (FUNCTIONS, counts.functions),
        (SITES, counts.sites),
        (LOCATIONS, counts.locations),
        (FILES, counts.files),
        (STRINGS, strings_size),
        (HANDLERS, counts.handlers),
    ];
    for (symbol, count) in tables {
        pointer(&mut bytes, Some(symbol));
        number(&mut bytes, count as u64);
    }
    let errors = env.module.errors;
    pointer(&mut bytes, errors.map(|data| env.names.symbol(Target::Data(data))));
    number(&mut bytes, errors.map_or(0, |_| ERROR_CLASSES.len() as u64));
    pointer(&mut bytes, env.module.describe.map(|_| DESCRIBE));
    MachineData {
        symbol: PROGRAM_SYMBOL.to_owned(),
        is_public: true,
        section: DataSection::ReadOnlyRelocated,
        align: 8,
        bytes,
        relocations,
    }
}

#[cfg(all(test, target_pointer_width = "64"))]
mod tests {
    use flash_abi::program::{ErrorClass, File, Function, Handler, Location, Program, Site};
    use std::mem::{offset_of, size_of};

    /// The rows above are written by hand; they must be the structures that the runtime reads.
    #[test]
    fn rows_are_laid_out_as_the_abi_says() {
        assert_eq!([size_of::<Function>(), size_of::<Site>()], [20, 8]);
        assert_eq!([size_of::<Location>(), size_of::<File>()], [24, 16]);
        assert_eq!([size_of::<Handler>(), offset_of!(Handler, frame_size)], [12, 8]);
        assert_eq!(offset_of!(Location, inlined_at), 20);
        let pointers = [
            offset_of!(Program, globals_descriptor),
            offset_of!(Program, entry),
            offset_of!(Program, text),
            offset_of!(Program, functions),
            offset_of!(Program, sites),
            offset_of!(Program, locations),
            offset_of!(Program, files),
            offset_of!(Program, strings),
            offset_of!(Program, handlers),
            offset_of!(Program, errors),
            offset_of!(Program, describe),
        ];
        assert_eq!(pointers, [24, 32, 40, 56, 72, 88, 104, 120, 136, 152, 168]);
        assert_eq!(size_of::<Program>(), 176);
        assert_eq!(size_of::<ErrorClass>(), 16);
    }
}
