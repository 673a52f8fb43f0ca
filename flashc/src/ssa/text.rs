//! The text form of SSA: what `--emit ssa` shows and goldens compare, and what [`super::parse`] reads.
//! Printing the same module gives the same text. Values and blocks keep their numbers, so that
//! the text before and after a pass can be compared line by line.
//!
//! ```text
//! region r7 Point.x
//! function @main.twice(i64) -> i64 as "twice" {
//! b0(v0: i64):
//!     v1 = iadd.i64 v0, v0
//!     return v1
//! }
//! ```

use super::op::Typing;
use super::*;
use std::fmt::Write;

/// Names of the regions below [`Region::FIRST_FREE`].
pub const FIXED_REGIONS: [&str; Region::FIRST_FREE as usize] =
    ["any", "array.data", "array.len", "array.capacity", "closure", "str", "stack"];

/// What to print besides what the program does.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Source places (`#file:offset/scope`) and inlined scopes.
    pub locations: bool,
}

/// The module's text, without source places.
pub fn print(module: &Module) -> String {
    print_with(module, Options::default())
}

/// The module's text.
pub fn print_with(module: &Module, options: Options) -> String {
    let mut out = String::new();
    let regions = RegionNames::new(module);
    print_declarations(module, &regions, &mut out);
    for function in &module.functions {
        if !out.is_empty() {
            out.push('\n');
        }
        Printer { module, function, options, regions: &regions, out: &mut out }.function();
    }
    out
}

/// One function's text, without source places.
pub fn print_function(module: &Module, function: &Function) -> String {
    let mut out = String::new();
    let regions = RegionNames::new(module);
    Printer { module, function, options: Options::default(), regions: &regions, out: &mut out }.function();
    out
}

/// How each region is written: by its name where that is unique and plain, else by number.
struct RegionNames(Vec<String>);

impl RegionNames {
    fn new(module: &Module) -> RegionNames {
        let mut counts = rustc_hash::FxHashMap::default();
        let fixed = FIXED_REGIONS.iter().copied();
        let free = module.regions.iter().skip(FIXED_REGIONS.len()).map(String::as_str);
        for name in fixed.clone().chain(free.clone()) {
            *counts.entry(name).or_insert(0) += 1;
        }
        let names = fixed.chain(free).enumerate().map(|(number, name)| {
            if is_plain_word(name) && counts[name] == 1 && !is_numbered(name, 'r') {
                name.to_owned()
            } else {
                format!("r{number}")
            }
        });
        RegionNames(names.collect())
    }

    fn get(&self, region: Region) -> String {
        self.0.get(region.index()).cloned().unwrap_or_else(|| region.to_string())
    }
}

fn is_plain_word(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.')
}

fn is_numbered(name: &str, prefix: char) -> bool {
    name.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
}

fn print_declarations(module: &Module, regions: &RegionNames, out: &mut String) {
    for (number, name) in module.regions.iter().enumerate().skip(FIXED_REGIONS.len()) {
        if regions.0[number] == *name {
            let _ = writeln!(out, "region r{number} {name}");
        } else {
            let _ = writeln!(out, "region r{number} {}", quoted(name.as_bytes()));
        }
    }
    if module.globals_size != 0 || !module.globals_pointers.is_empty() {
        let _ = writeln!(out, "globals {} [{}]", module.globals_size, comma_separated(&module.globals_pointers));
    }
    if let Some(entry) = module.entry {
        let _ = writeln!(out, "entry {}", function_name(module, entry));
    }
    if let Some(errors) = module.errors {
        let _ = writeln!(out, "errors {}", data_name(module, errors));
    }
    if let Some(describe) = module.describe {
        let _ = writeln!(out, "describe {}", function_name(module, describe));
    }
    for external in &module.externs {
        let _ = writeln!(out, "extern {}{}", name(&external.symbol), signature(&external.signature));
    }
    for (number, descriptor) in module.descriptors.iter().enumerate() {
        let kind = match descriptor.kind {
            flash_abi::object::KIND_FIXED => "fixed".to_owned(),
            flash_abi::object::KIND_BUFFER => "buffer".to_owned(),
            other => format!("kind {other}"),
        };
        let slots = descriptor.slots.iter().map(|slot| {
            use flash_abi::object::{SLOT_AMBIGUOUS, SLOT_EXACT, SLOT_FLAGS};
            let exact = if slot & SLOT_EXACT != 0 { " exact" } else { "" };
            let ambiguous = if slot & SLOT_AMBIGUOUS != 0 { " ambiguous" } else { "" };
            format!("{}{exact}{ambiguous}", slot & !SLOT_FLAGS)
        });
        let (size, text) = (descriptor.size, quoted(descriptor.name.as_bytes()));
        let local = if descriptor.is_local { " local" } else { "" };
        let _ = writeln!(out, "descriptor t{number} {text} {kind} {size} [{}]{local}", comma_separated(slots));
    }
    for data in &module.data {
        let _ = write!(out, "data {} align {} {}", name(&data.name), data.align, quoted(&data.bytes));
        if !data.relocations.is_empty() {
            let relocations = data.relocations.iter().map(|(offset, target)| match target {
                DataTarget::Function(id) => format!("{offset}: function {}", function_name(module, *id)),
                DataTarget::Data(id) => format!("{offset}: data {}", data_name(module, *id)),
                DataTarget::Descriptor(id) => format!("{offset}: descriptor {id}"),
            });
            let _ = write!(out, " {{ {} }}", comma_separated(relocations));
        }
        out.push('\n');
    }
}

fn comma_separated(items: impl IntoIterator<Item = impl ToString>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

/// Bytes in quotes, with everything that is not printable ASCII escaped.
fn quoted(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for &byte in bytes {
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            0x20..0x7f => out.push(byte as char),
            _ => {
                let _ = write!(out, "\\x{byte:02x}");
            }
        }
    }
    out.push('"');
    out
}

/// Whether a byte may stand in a name that is written without quotes.
pub(super) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.:$<>*?".contains(&byte)
}

fn name(text: &str) -> String {
    if !text.is_empty() && text.bytes().all(is_name_byte) {
        format!("@{text}")
    } else {
        format!("@{}", quoted(text.as_bytes()))
    }
}

fn function_name(module: &Module, id: FuncId) -> String {
    module.functions.get(id.index()).map_or_else(|| id.to_string(), |f| name(&f.symbol))
}

fn data_name(module: &Module, id: DataId) -> String {
    module.data.get(id.index()).map_or_else(|| id.to_string(), |d| name(&d.name))
}

fn extern_name(module: &Module, id: ExternId) -> String {
    module.externs.get(id.index()).map_or_else(|| id.to_string(), |e| name(&e.symbol))
}

fn signature(signature: &Signature) -> String {
    let params = comma_separated(signature.params.iter().map(|ty| ty.name()));
    match signature.results.as_slice() {
        [] => format!("({params})"),
        [one] => format!("({params}) -> {}", one.name()),
        many => format!("({params}) -> ({})", comma_separated(many.iter().map(|ty| ty.name()))),
    }
}

/// Whether the type stands after the operation's name; the others have a type of their own.
pub(super) fn shows_type(op: Op) -> bool {
    match op.facts().typing {
        Typing::Block | Typing::Call | Typing::Offset => false,
        Typing::Make => matches!(op, Op::Iconst | Op::Fconst),
        Typing::Check => !matches!(op, Op::NonNull | Op::NoOverflow),
        _ => true,
    }
}

impl IntCc {
    pub const ALL: [IntCc; 10] = [
        IntCc::Eq,
        IntCc::Ne,
        IntCc::Slt,
        IntCc::Sle,
        IntCc::Sgt,
        IntCc::Sge,
        IntCc::Ult,
        IntCc::Ule,
        IntCc::Ugt,
        IntCc::Uge,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            IntCc::Eq => "eq",
            IntCc::Ne => "ne",
            IntCc::Slt => "slt",
            IntCc::Sle => "sle",
            IntCc::Sgt => "sgt",
            IntCc::Sge => "sge",
            IntCc::Ult => "ult",
            IntCc::Ule => "ule",
            IntCc::Ugt => "ugt",
            IntCc::Uge => "uge",
        }
    }
}

impl FloatCc {
    pub const ALL: [FloatCc; 6] = [FloatCc::Eq, FloatCc::Ne, FloatCc::Lt, FloatCc::Le, FloatCc::Gt, FloatCc::Ge];

    pub const fn name(self) -> &'static str {
        match self {
            FloatCc::Eq => "eq",
            FloatCc::Ne => "ne",
            FloatCc::Lt => "lt",
            FloatCc::Le => "le",
            FloatCc::Gt => "gt",
            FloatCc::Ge => "ge",
        }
    }
}

struct Printer<'a> {
    module: &'a Module,
    function: &'a Function,
    options: Options,
    regions: &'a RegionNames,
    out: &'a mut String,
}

impl Printer<'_> {
    fn function(mut self) {
        let function = self.function;
        let _ = write!(self.out, "function {}{}", name(&function.symbol), signature(&function.signature));
        if function.convention == Convention::ExportC {
            self.out.push_str(" export_c");
        }
        self.out.push_str(match function.hint {
            Hint::None => "",
            Hint::InlineAlways => " inline_always",
            Hint::InlineNever => " inline_never",
            Hint::Cold => " cold",
        });
        if function.is_coroutine {
            self.out.push_str(" coroutine");
        }
        self.out.push_str(match function.part {
            Part::None => "",
            Part::Start => " start",
            Part::Resume => " resume",
        });
        if let Some(scope) = function.scopes.first()
            && scope.function != function.symbol
        {
            let _ = write!(self.out, " as {}", quoted(scope.function.as_bytes()));
        }
        self.out.push_str(" {\n");
        if self.options.locations {
            for (number, scope) in function.scopes.iter().enumerate().skip(1) {
                let _ = write!(self.out, "    scope {number} {}", quoted(scope.function.as_bytes()));
                self.location(scope.inlined_at);
                self.out.push('\n');
            }
        }
        for (number, slot) in function.slots.iter().enumerate() {
            let _ = writeln!(self.out, "    slot s{number} {} align {}", slot.size, slot.align);
        }
        for &block in &function.layout {
            self.block(block);
        }
        self.out.push_str("}\n");
    }

    fn block(&mut self, block: Block) {
        let function = self.function;
        let data = function.block(block);
        if data.params.is_empty() {
            let _ = writeln!(self.out, "{block}:");
        } else {
            let params = data.params.iter().map(|&p| format!("{p}: {}", function.value_type(p).name()));
            let _ = writeln!(self.out, "{block}({}):", comma_separated(params));
        }
        for &inst in &data.insts {
            self.out.push_str("    ");
            self.inst(inst);
            if self.options.locations {
                self.location(Some(function.inst(inst).loc));
            }
            self.out.push('\n');
        }
        self.out.push_str("    ");
        self.terminator(&data.terminator);
        if self.options.locations {
            self.location(data.loc);
        }
        self.out.push('\n');
    }

    fn inst(&mut self, inst: Inst) {
        let InstData { op, ty, args, results, aux, .. } = self.function.inst(inst);
        if !results.is_empty() {
            let _ = write!(self.out, "{} = ", comma_separated(results));
        }
        self.out.push_str(op.facts().name);
        if shows_type(*op) {
            let _ = write!(self.out, ".{}", ty.name());
        }
        let module = self.module;
        let text = match (aux, args.as_slice()) {
            (Aux::Imm(bits), _) if *op == Op::Fconst => float(*ty, *bits),
            (Aux::Imm(value), _) => value.to_string(),
            (Aux::IntCc(cc), args) => format!("{} {}", cc.name(), comma_separated(args)),
            (Aux::FloatCc(cc), args) => format!("{} {}", cc.name(), comma_separated(args)),
            (Aux::Mem(mem), [address, stored @ ..]) => {
                let readonly = if mem.readonly { "readonly " } else { "" };
                let offset = if mem.offset == 0 { String::new() } else { format!("{:+}", mem.offset) };
                let stored = stored.iter().map(|value| format!(", {value}")).collect::<String>();
                format!("{readonly}{address}{offset}{stored} [{}]", self.regions.get(mem.region))
            }
            (Aux::Bytes(bytes, region), args) => {
                format!("{}, {bytes} [{}]", comma_separated(args), self.regions.get(*region))
            }
            (Aux::Slot(slot), _) => slot.to_string(),
            (Aux::Descriptor(id), _) => id.to_string(),
            (Aux::Data(id), _) => data_name(module, *id),
            (Aux::Global(offset), _) => offset.to_string(),
            (Aux::Function(id), _) if *op == Op::FuncAddr => function_name(module, *id),
            (Aux::Extern(id), _) if *op == Op::ExternAddr => extern_name(module, *id),
            (Aux::Function(id), args) => format!("{}({})", function_name(module, *id), comma_separated(args)),
            (Aux::Extern(id), args) => format!("{}({})", extern_name(module, *id), comma_separated(args)),
            (Aux::Rt(rt), args) => format!("{}({})", rt.symbol().name, comma_separated(args)),
            (Aux::Signature(callee), [code, args @ ..]) => {
                format!("{code}({}) {}", comma_separated(args), signature(callee))
            }
            (_, args) => comma_separated(args),
        };
        if !text.is_empty() {
            let _ = write!(self.out, " {text}");
        }
    }

    fn terminator(&mut self, terminator: &Terminator) {
        let text = match terminator {
            Terminator::Jump(target) => format!("jump {}", block_call(target)),
            Terminator::Branch { condition, then, otherwise } => {
                format!("branch {condition}, {}, {}", block_call(then), block_call(otherwise))
            }
            Terminator::Switch { value, cases, default } => {
                let cases = cases.iter().map(|(case, target)| format!("{case}: {}", block_call(target)));
                format!("switch {value}, {} [{}]", block_call(default), comma_separated(cases))
            }
            Terminator::Return(values) if values.is_empty() => "return".to_owned(),
            Terminator::Return(values) => format!("return {}", comma_separated(values)),
            Terminator::Try { normal, unwind } => format!("try {}, {}", block_call(normal), block_call(unwind)),
            Terminator::Unreachable => "unreachable".to_owned(),
        };
        self.out.push_str(&text);
    }

    fn location(&mut self, loc: Option<Loc>) {
        let Some(location) = loc.and_then(|loc| self.function.locations.get(loc.index())) else { return };
        let _ = write!(self.out, " #{}:{}", location.file.0, location.offset);
        if location.scope.0 != 0 {
            let _ = write!(self.out, "/{}", location.scope.0);
        }
    }
}

fn block_call(call: &BlockCall) -> String {
    if call.args.is_empty() {
        call.block.to_string()
    } else {
        format!("{}({})", call.block, comma_separated(&call.args))
    }
}

/// The shortest text that reads back; the bits where there is none (NaN, infinity).
fn float(ty: Type, bits: i64) -> String {
    match ty {
        Type::F32 => match f32::from_bits(bits as u32) {
            value if value.is_finite() => format!("{value:?}"),
            _ => format!("{:#x}", bits as u32),
        },
        _ => match f64::from_bits(bits as u64) {
            value if value.is_finite() => format!("{value:?}"),
            _ => format!("{bits:#x}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use crate::ssa::parse::parse_module;
    use crate::ssa::text::{Options, print, print_with};
    use crate::ssa::verify::verify;

    /// Every declaration, operand form and terminator once.
    const EVERYTHING: &str = r#"region r7 Point.x
region r8 "odd name"
globals 24 [8, 16]
entry @main
errors @str.0
describe @main
extern @getpid() -> i32
descriptor t0 "Point" fixed 24 [8, 16 exact]
descriptor t1 "buffer" buffer 8 [0]
descriptor t2 "async main" fixed 32 [24 ambiguous] local
data @str.0 align 1 "text \"quoted\" \\ \n\x00\xff"
data @closure.main align 8 "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" { 0: descriptor t0, 8: function @main }

function @main() -> i64 export_c inline_never as "start" {
    slot s0 16 align 8
b0:
    v0 = iconst.i64 -3
    v1 = fconst.f64 1.5
    v2 = fconst.f32 0x7fc00000
    v3 = iadd.i64 v0, v0
    v4 = icmp.i64 slt v0, v3
    v5 = select.i64 v4, v0, v3
    v6 = itrunc.i32 v5
    v7, v8 = sadd_overflow.i32 v6, v6
    no_overflow v8
    v9 = slot_addr s0
    v10 = data_addr @closure.main
    v11 = descriptor_addr t1
    v12 = func_addr @"odd, name"
    v13 = extern_addr @getpid
    v14 = global_addr 8
    v15 = context
    v16 = alloc t0
    v17 = ptr_add v16, v0
    v18 = load.i64 readonly v16+8 [Point.x]
    store.i64 v16-8, v18 [r8]
    v19 = fcmp.f64 lt v1, v1
    copy v9, v16, 16 [stack]
    zero v9, 16 [stack]
    bounds.i64 v18, v3
    nonnull v17
    nonzero.i64 v18
    branch v4, b1(v3), b3
b1(v20: i64):
    v21, v22 = call @"odd, name"(v20, v1)
    try b2(v21), b4(v1)
b2(v23: i64):
    v24 = call_indirect v12(v23, v1) (i64, f64) -> i64
    call_rt flash_print(v9, v24)
    v25 = call_extern @getpid()
    switch v25, b3 [0: b3, -7: b5(v23)]
b3:
    unreachable
b4(v26: f64, v27: ptr):
    jump b5(v0)
b5(v28: i64):
    return v28
}

function @"odd, name"(i64, f64) -> (i64, f64) cold {
b0(v0: i64, v1: f64):
    return v0, v1
}

function @waits(ptr) inline_never coroutine {
b0(v0: ptr):
    v1 = coroutine_self
    suspend
    return
}

function @starts(ptr) start {
b0(v0: ptr):
    return
}

function @resumes(ptr) resume {
b0(v0: ptr):
    return
}
"#;

    #[test]
    fn text_reads_back_the_same() {
        let module = parse_module(EVERYTHING).unwrap();
        assert_eq!(print(&module), EVERYTHING);
        verify(&module).unwrap();
    }

    #[test]
    fn locations_read_back_the_same() {
        let text = "function @f(i64) {\n    scope 1 \"g\" #0:5\n    scope 2 \"h\" #1:7/1\nb0(v0: i64):\n    \
                    v1 = ineg.i64 v0 #0:3\n    v2 = ineg.i64 v1 #1:9/2\n    return #0:4\n}\n";
        let module = parse_module(text).unwrap();
        assert_eq!(print_with(&module, Options { locations: true }), text);
        verify(&module).unwrap();
    }
}
