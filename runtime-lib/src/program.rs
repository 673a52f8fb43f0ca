//! The compiled programs of this process: refuses what this runtime cannot run, and answers which
//! Flash function and source place a code address belongs to. Lookups neither lock nor allocate, so
//! that a signal handler may ask.

use flash_abi::ABI_VERSION;
use flash_abi::program::{
    ErrorClass, Function, Handler, Location, MAGIC, PASSED, Program, ROLE_PLAIN, Site, StringRange,
};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, Ordering};

/// A list that only grows; a program that is gone leaves its node with null in it.
struct Node {
    program: AtomicPtr<Program>,
    next: *mut Node,
}

static PROGRAMS: AtomicPtr<Node> = AtomicPtr::new(null_mut());

/// Why a program cannot run here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The tables do not start as those of a Flash program.
    NotAProgram,
    /// Compiled for another version of the runtime.
    OtherVersion(u32),
}

impl Refused {
    /// The reason in words.
    pub fn message(self) -> String {
        match self {
            Refused::NotAProgram => "this is not a compiled Flash program".to_string(),
            Refused::OtherVersion(found) => format!(
                "the program was compiled for another version of the Flash runtime \
                 (its ABI version is {found}, the runtime's is {ABI_VERSION}): compile it again"
            ),
        }
    }
}

/// Checks a program's tables and makes its code known. A program that is known already stays so.
///
/// # Safety
/// `program` points to at least the magic number and version of a [`Program`], and if these are right to
/// valid tables, all of which stay in place until [`unregister`].
pub unsafe fn register(program: *const Program) -> Result<(), Refused> {
    // SAFETY: promised by the caller; the magic is read before anything else is believed.
    unsafe {
        if program.is_null() || (*program).magic != MAGIC {
            return Err(Refused::NotAProgram);
        }
        if (*program).abi_version != ABI_VERSION {
            return Err(Refused::OtherVersion((*program).abi_version));
        }
    }
    if programs().any(|known| std::ptr::eq(known, program)) {
        return Ok(());
    }
    let node = Box::into_raw(Box::new(Node { program: AtomicPtr::new(program.cast_mut()), next: null_mut() }));
    let mut head = PROGRAMS.load(Ordering::Acquire);
    loop {
        // SAFETY: the node is ours until the exchange succeeds.
        unsafe { (*node).next = head };
        match PROGRAMS.compare_exchange_weak(head, node, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return Ok(()),
            Err(now) => head = now,
        }
    }
}

/// Forgets a program whose code is about to be unmapped.
pub fn unregister(program: *const Program) {
    for node in nodes() {
        let _ = node.program.compare_exchange(program.cast_mut(), null_mut(), Ordering::AcqRel, Ordering::Relaxed);
    }
}

/// The program that was registered last, or null.
pub fn latest() -> *const Program {
    programs().next().map_or(std::ptr::null(), |program| program)
}

fn nodes() -> impl Iterator<Item = &'static Node> {
    let mut next = PROGRAMS.load(Ordering::Acquire);
    std::iter::from_fn(move || {
        // SAFETY: nodes are never freed, and `next` is not written after the node was published.
        let node = unsafe { next.as_ref() }?;
        next = node.next;
        Some(node)
    })
}

fn programs() -> impl Iterator<Item = &'static Program> {
    // SAFETY: `register` was promised that a program's tables stay while it is in the list.
    nodes().filter_map(|node| unsafe { node.program.load(Ordering::Acquire).as_ref() })
}

/// A slice of a table; empty when the table has no address.
///
/// # Safety
/// `data` is null or has `count` elements that live as long as the program.
unsafe fn table<T>(data: *const T, count: u64) -> &'static [T] {
    if data.is_null() {
        return &[];
    }
    // SAFETY: promised by the caller.
    unsafe { std::slice::from_raw_parts(data, count as usize) }
}

/// A code address in a program.
#[derive(Clone, Copy)]
pub struct CodePlace {
    program: &'static Program,
    offset: u32,
}

/// The program and offset of a code address, when it is Flash code.
pub fn find(pc: usize) -> Option<CodePlace> {
    programs().find_map(|program| {
        // A return address may be that of a call at the text's very end.
        let offset = pc.checked_sub(program.text as usize)?;
        (offset as u64 <= program.text_size && !program.text.is_null())
            .then_some(CodePlace { program, offset: u32::try_from(offset).ok()? })
    })
}

impl CodePlace {
    fn sites(self) -> &'static [Site] {
        // SAFETY: the tables of a registered program are valid.
        unsafe { table(self.program.sites, self.program.site_count) }
    }

    /// The source place of the call that returns exactly here.
    pub fn call_site(self) -> Option<SourcePlace> {
        let sites = self.sites();
        let index = sites.binary_search_by_key(&self.offset, |site| site.pc).ok()?;
        self.location(sites.get(index)?.location)
    }

    /// The handler of the call that returns exactly here: its address, and the size of the frame.
    pub fn handler(self) -> Option<(usize, usize)> {
        // SAFETY: the tables of a registered program are valid.
        let handlers: &[Handler] = unsafe { table(self.program.handlers, self.program.handler_count) };
        let handler = handlers.get(handlers.binary_search_by_key(&self.offset, |handler| handler.pc).ok()?)?;
        Some((self.program.text as usize + handler.target as usize, handler.frame_size as usize))
    }

    /// The tables that this is found by.
    pub fn program(self) -> *const Program {
        self.program
    }

    /// What its program makes failing checks into, by their number among `flash_abi::program::ERROR_CLASSES`.
    pub fn error_classes(self) -> &'static [ErrorClass] {
        // SAFETY: the tables of a registered program are valid.
        unsafe { table(self.program.errors, self.program.error_count) }
    }

    /// See `flash_abi::program::Program::describe`.
    pub fn describe(self) -> *const u8 {
        self.program.describe
    }

    /// The source place of the next call at or after this address in the same function: the best guess for
    /// an instruction that crashed.
    pub fn next_site(self) -> Option<SourcePlace> {
        let function = self.function()?;
        let sites = self.sites();
        let site = sites.get(sites.partition_point(|site| site.pc <= self.offset))?;
        if site.pc > function.end { None } else { self.location(site.location) }
    }

    fn location(self, index: u32) -> Option<SourcePlace> {
        // SAFETY: the tables of a registered program are valid.
        let locations = unsafe { table(self.program.locations, self.program.location_count) };
        Some(SourcePlace { program: self.program, location: locations.get(index as usize)? })
    }

    fn function(self) -> Option<&'static Function> {
        // SAFETY: the tables of a registered program are valid.
        let functions = unsafe { table(self.program.functions, self.program.function_count) };
        let function = functions.get(functions.partition_point(|f| f.start <= self.offset).checked_sub(1)?)?;
        (self.offset <= function.end).then_some(function)
    }

    /// The name of the function around this address.
    pub fn function_name(self) -> &'static [u8] {
        self.function().map_or(b"?", |function| string(self.program, function.name))
    }

    /// What the function around this address is, one of the `ROLE_` constants.
    pub fn role(self) -> u32 {
        self.function().map_or(ROLE_PLAIN, |function| function.role)
    }

    /// Whether this is code that C calls, so that no error passes it.
    pub fn is_barrier(self) -> bool {
        self.function().is_some_and(|function| function.name.len == 0 && function.name != PASSED)
    }

    /// Whether this is the first instruction of a function: its frame does not exist yet.
    pub fn is_function_start(self) -> bool {
        self.function().is_some_and(|function| function.start == self.offset)
    }
}

/// A place in a program's source.
#[derive(Clone, Copy)]
pub struct SourcePlace {
    program: &'static Program,
    location: &'static Location,
}

impl SourcePlace {
    /// From 1.
    pub fn line(self) -> u32 {
        self.location.line
    }

    /// From 1, in Unicode scalar values.
    pub fn column(self) -> u32 {
        self.location.column
    }

    /// Name of the Flash function that the source belongs to.
    pub fn function(self) -> &'static [u8] {
        string(self.program, self.location.function)
    }

    /// Path of the file.
    pub fn path(self) -> &'static [u8] {
        self.file().map_or(b"?", |file| string(self.program, file.path))
    }

    /// Whether it is in the standard library.
    pub fn is_std(self) -> bool {
        self.path().starts_with(b"std:")
    }

    /// The source line itself, without its end; none when the text was left out.
    pub fn text(self) -> Option<&'static [u8]> {
        let text = string(self.program, self.file()?.text);
        let index = (self.location.line as usize).checked_sub(1)?;
        let line = text.split(|&byte| byte == b'\n').nth(index)?;
        (!text.is_empty()).then(|| line.strip_suffix(b"\r").unwrap_or(line))
    }

    /// The call that was inlined around this place.
    pub fn caller(self) -> Option<SourcePlace> {
        // SAFETY: the tables of a registered program are valid.
        let locations = unsafe { table(self.program.locations, self.program.location_count) };
        let index = self.location.inlined_at.checked_sub(1)?;
        Some(SourcePlace { location: locations.get(index as usize)?, ..self })
    }

    fn file(self) -> Option<&'static flash_abi::program::File> {
        // SAFETY: the tables of a registered program are valid.
        let files = unsafe { table(self.program.files, self.program.file_count) };
        files.get(self.location.file as usize)
    }
}

fn string(program: &'static Program, range: StringRange) -> &'static [u8] {
    // SAFETY: the tables of a registered program are valid.
    let strings = unsafe { table(program.strings, program.strings_size) };
    let start = range.offset as usize;
    strings.get(start..start + range.len as usize).unwrap_or(b"?")
}
