//! Cranelift's output as a [`MachineFunction`]: relocations by symbol, source places, call sites,
//! extents of code, unwind information.

use super::extents::{self, Extents};
use super::function::Environment;
use super::machine::{Handler, LineRange, MachineFunction, Relocation, RelocationKind, SourceFrame, SourcePlace};
use super::names::{Target, libcall_symbol};
use crate::source::SourceMap;
use crate::ssa::{self, Loc, Part};
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::ir::{self, ExternalName};
use cranelift_codegen::isa::TargetIsa;

use cranelift_codegen::{CompiledCode, FinalizedMachExceptionHandler, FinalizedMachReloc, FinalizedRelocTarget};
use flash_abi::program::{ROLE_PLAIN, ROLE_RESUME, ROLE_START};
use target_lexicon::Architecture;

/// All functions start at a multiple of this.
pub const FUNCTION_ALIGN: u32 = 16;

/// Who the code is.
pub struct Identity<'a> {
    pub symbol: String,
    pub name: String,
    pub is_public: bool,
    /// The SSA that its source locations refer to; `None` of a wrapper.
    pub ssa: Option<&'a ssa::Function>,
}

/// Takes the code out. `text_offset` is set later, when all sizes are known.
pub fn collect(
    env: Environment<'_>,
    sources: &SourceMap,
    identity: Identity<'_>,
    isa: &dyn TargetIsa,
    func: &ir::Function,
    compiled: &CompiledCode,
) -> MachineFunction {
    let code = compiled.code_buffer().to_vec();
    let buffer = &compiled.buffer;
    let traps = buffer.traps().iter().map(|trap| trap.offset);
    let is_x86_64 = env.machine.triple.architecture == Architecture::X86_64;
    let extents = if env.machine.printable || !is_x86_64 {
        extents::find(&env.machine.triple, &code, &compiled.bb_starts, traps)
    } else {
        Extents { block_starts: Vec::new(), data_ranges: Vec::new() }
    };
    let unwind = match compiled.create_unwind_info(isa) {
        Ok(unwind) => unwind,
        Err(error) => bug!("lower: unwind information of {}: {error}", identity.symbol),
    };
    let (lines, sites) = match identity.ssa {
        Some(ssa) => collect_places(ssa, sources, compiled),
        None => Default::default(),
    };
    MachineFunction {
        symbol: identity.symbol,
        name: identity.name,
        is_public: identity.is_public,
        role: identity.ssa.map_or(ROLE_PLAIN, |ssa| match ssa.part {
            Part::None => ROLE_PLAIN,
            Part::Start => ROLE_START,
            Part::Resume => ROLE_RESUME,
        }),
        text_offset: 0,
        align: buffer.alignment.max(FUNCTION_ALIGN),
        code,
        relocations: buffer.relocs().iter().map(|reloc| relocation(env, func, reloc)).collect(),
        lines,
        sites,
        handlers: collect_handlers(compiled),
        block_starts: extents.block_starts,
        data_ranges: extents.data_ranges,
        unwind,
    }
}

fn relocation(env: Environment<'_>, func: &ir::Function, reloc: &FinalizedMachReloc) -> Relocation {
    let FinalizedRelocTarget::ExternalName(name) = &reloc.target else {
        bug!("lower: relocation against the function itself")
    };
    let (symbol, is_import) = match name {
        ExternalName::User(name) => {
            let target = Target::from_cranelift(&func.params.user_named_funcs()[*name]);
            (env.names.symbol(target).to_owned(), target.is_import())
        }
        ExternalName::LibCall(call) => (libcall_symbol(*call).to_owned(), true),
        ExternalName::TestCase(_) | ExternalName::KnownSymbol(_) => bug!("lower: relocation against {name:?}"),
    };
    let kind = match reloc.kind {
        Reloc::Abs8 => RelocationKind::Abs64,
        // Cranelift writes this one for addresses of near symbols, too.
        Reloc::X86CallPCRel4 if is_import => RelocationKind::Plt32,
        Reloc::X86CallPCRel4 | Reloc::X86PCRel4 => RelocationKind::Relative32,
        Reloc::X86CallPLTRel4 => RelocationKind::Plt32,
        Reloc::X86GOTPCRel4 => RelocationKind::Got32,
        Reloc::Arm64Call => RelocationKind::Aarch64Call,
        Reloc::Aarch64AdrPrelPgHi21 => RelocationKind::Aarch64AdrPage,
        Reloc::Aarch64AddAbsLo12Nc => RelocationKind::Aarch64AddLo12,
        Reloc::Aarch64AdrGotPage21 => RelocationKind::Aarch64GotPage,
        Reloc::Aarch64Ld64GotLo12Nc => RelocationKind::Aarch64GotLo12,
        other => bug!("lower: relocation {other:?}"),
    };
    Relocation { offset: reloc.offset, kind, symbol, addend: reloc.addend }
}

/// Source of every code range, and of every call by its return address.
fn collect_places(
    ssa: &ssa::Function,
    sources: &SourceMap,
    compiled: &CompiledCode,
) -> (Vec<LineRange>, Vec<(u32, SourcePlace)>) {
    let mut places = Places { ssa, sources, known: vec![None; ssa.locations.len()] };
    let ranges = compiled.buffer.get_srclocs_sorted();
    let mut lines: Vec<LineRange> = Vec::new();
    for range in ranges {
        let Some(place) = decode(range.loc).and_then(|loc| places.place(loc)) else { continue };
        if range.start == range.end {
            continue;
        }
        match lines.last_mut() {
            Some(last) if last.end == range.start && last.place == place => last.end = range.end,
            _ => lines.push(LineRange { start: range.start, end: range.end, place }),
        }
    }
    let mut sites: Vec<(u32, SourcePlace)> = Vec::new();
    for call in compiled.buffer.call_sites() {
        // The call instruction is what ends at the return address.
        let inside = call.ret_addr - 1;
        let after = ranges.partition_point(|range| range.start <= inside);
        let range = ranges[..after].last().filter(|range| inside < range.end);
        if let Some(place) = range.and_then(|range| decode(range.loc)).and_then(|loc| places.place(loc)) {
            sites.push((call.ret_addr, place));
        }
    }
    sites.sort_by_key(|(pc, _)| *pc);
    (lines, sites)
}

/// Where calls go on when something is thrown out of them.
fn collect_handlers(compiled: &CompiledCode) -> Vec<Handler> {
    let mut handlers: Vec<Handler> = Vec::new();
    for call in compiled.buffer.call_sites() {
        for handler in call.exception_handlers {
            let (FinalizedMachExceptionHandler::Default(target), Some(frame_size)) = (handler, call.frame_offset)
            else {
                bug!("lower: a handler that takes less than everything, or whose frame has no size")
            };
            handlers.push(Handler { pc: call.ret_addr, target: *target, frame_size });
        }
    }
    handlers.sort_by_key(|handler| handler.pc);
    handlers
}

/// `function` writes a location as its number plus 1.
fn decode(location: ir::SourceLoc) -> Option<Loc> {
    if location.is_default() { None } else { location.bits().checked_sub(1).map(Loc) }
}

/// The places of a function's locations, each worked out once.
struct Places<'a> {
    ssa: &'a ssa::Function,
    sources: &'a SourceMap,
    known: Vec<Option<SourcePlace>>,
}

impl Places<'_> {
    /// `None`: the SSA was read from text that has no locations.
    fn place(&mut self, loc: Loc) -> Option<SourcePlace> {
        if let Some(place) = self.known.get(loc.index())? {
            return Some(place.clone());
        }
        let mut frames = Vec::new();
        let mut next = Some(loc);
        while let Some(loc) = next {
            let location = self.ssa.locations[loc.index()];
            let scope = &self.ssa.scopes[location.scope.index()];
            let (line, column) = self.sources.file(location.file).line_column(location.offset);
            frames.push(SourceFrame { file: location.file, line, column, function: scope.function.clone() });
            next = scope.inlined_at;
        }
        let place = SourcePlace { frames };
        self.known[loc.index()] = Some(place.clone());
        Some(place)
    }
}
