//! Checks the invariants of SSA that `ssa/mod.rs` and `ssa/op.rs` state. Run between passes in debug
//! builds, on all text that tests parse, and by nobody in release builds. Changes nothing.

use super::analysis::{Cfg, Dominators};
use super::op::Typing;
use super::*;
use rustc_hash::{FxHashMap, FxHashSet};

/// The first broken invariant of a module, with function, block and instruction.
pub fn verify(module: &Module) -> Result<(), String> {
    let signatures: Vec<Signature> = module.functions.iter().map(|f| f.signature.clone()).collect();
    verify_module(module, &signatures)?;
    module
        .functions
        .iter()
        .filter(|function| !function.is_import())
        .try_for_each(|function| verify_with(module, &signatures, function))
}

/// The first broken invariant of a function that is, or will be, in `module`.
pub fn verify_function(module: &Module, function: &Function) -> Result<(), String> {
    let signatures: Vec<Signature> = module.functions.iter().map(|f| f.signature.clone()).collect();
    verify_with(module, &signatures, function)
}

/// As [`verify_function`], when the functions have been taken out of the module: `signatures` are theirs.
pub fn verify_with(module: &Module, signatures: &[Signature], function: &Function) -> Result<(), String> {
    let mut verifier = Verifier {
        module,
        signatures,
        function,
        place: vec![None; function.values.len()],
        throwing: FxHashMap::default(),
    };
    verifier.run().map_err(|message| format!("{}: {message}", function.symbol))
}

fn verify_module(module: &Module, signatures: &[Signature]) -> Result<(), String> {
    let mut symbols = FxHashSet::default();
    for function in &module.functions {
        check(symbols.insert(&function.symbol), || format!("two functions are called {}", function.symbol))?;
    }
    if let Some(entry) = module.entry {
        let signature = signatures.get(entry.index()).ok_or_else(|| format!("the entry {entry} does not exist"))?;
        let is_entry = signature.params.is_empty() && signature.results == [Type::I64];
        check(is_entry, || "the entry must take nothing and return i64".to_owned())?;
    }
    if let Some(describe) = module.describe {
        let signature = signatures.get(describe.index()).ok_or_else(|| format!("{describe} does not exist"))?;
        let fits = signature.params.is_empty() && signature.results == [Type::I64];
        check(fits, || "what describes errors must take nothing and return i64".to_owned())?;
    }
    check(module.errors.is_none_or(|data| data.index() < module.data.len()), || "the errors do not exist".to_owned())?;
    for data in &module.data {
        check(data.align.is_power_of_two(), || format!("data {}: alignment {}", data.name, data.align))?;
        for &(offset, target) in &data.relocations {
            let exists = match target {
                DataTarget::Function(id) => id.index() < signatures.len(),
                DataTarget::Data(id) => id.index() < module.data.len(),
                DataTarget::Descriptor(id) => id.index() < module.descriptors.len(),
            };
            check(exists, || format!("data {}: {target:?} does not exist", data.name))?;
            let fits = offset as usize + 8 <= data.bytes.len();
            check(fits, || format!("data {}: the address at {offset} is outside", data.name))?;
        }
    }
    for pointer in &module.globals_pointers {
        let fits = pointer + 8 <= module.globals_size;
        check(fits, || format!("globals: the pointer at {pointer} is outside"))?;
    }
    Ok(())
}

fn check(holds: bool, message: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(message()) }
}

struct Verifier<'a> {
    module: &'a Module,
    signatures: &'a [Signature],
    function: &'a Function,
    /// By value: the block that defines it, and its place there (0 for parameters).
    place: Vec<Option<(Block, u32)>>,
    /// Last instructions of `try` blocks, and the block where their results do not exist.
    throwing: FxHashMap<Inst, Block>,
}

impl Verifier<'_> {
    fn run(&mut self) -> Result<(), String> {
        self.layout()?;
        self.definitions()?;
        for &block in &self.function.layout {
            self.block(block).map_err(|message| format!("{block}: {message}"))?;
        }
        self.dominance()?;
        self.locations()
    }

    fn layout(&self) -> Result<(), String> {
        let function = self.function;
        let mut seen = vec![false; function.blocks.len()];
        for &block in &function.layout {
            let data = seen.get_mut(block.index()).ok_or_else(|| format!("{block} does not exist"))?;
            check(!std::mem::replace(data, true), || format!("{block} stands twice in the layout"))?;
        }
        let entry = *function.layout.first().ok_or("no entry block")?;
        for &block in &function.layout {
            for target in function.block(block).terminator.targets() {
                let exists = seen.get(target.block.index()) == Some(&true);
                check(exists, || format!("{block} jumps to {}, which is not in the layout", target.block))?;
                check(target.block != entry, || format!("{block} jumps to the entry"))?;
            }
        }
        check(!function.is_coroutine || function.signature.results.is_empty(), || {
            "a coroutine has no results".to_owned()
        })?;
        let params = &function.block(entry).params;
        self.known(params)?;
        let types: Vec<Type> = params.iter().map(|&param| function.value_type(param)).collect();
        check(types == function.signature.params, || "the entry's parameters are not the signature's".to_owned())
    }

    fn known(&self, values: &[Value]) -> Result<(), String> {
        match values.iter().find(|value| value.index() >= self.function.values.len()) {
            Some(value) => Err(format!("{value} does not exist")),
            None => Ok(()),
        }
    }

    fn definitions(&mut self) -> Result<(), String> {
        let function = self.function;
        let mut seen = vec![false; function.insts.len()];
        for &block in &function.layout {
            let data = function.block(block);
            for (index, &param) in data.params.iter().enumerate() {
                self.define(param, ValueDef::Param(block, index as u32), (block, 0))?;
            }
            for (index, &inst) in data.insts.iter().enumerate() {
                let first = seen.get_mut(inst.index()).map(|seen| !std::mem::replace(seen, true));
                check(first == Some(true), || format!("{block}: {inst} stands twice or does not exist"))?;
                for (number, &result) in function.inst(inst).results.iter().enumerate() {
                    self.define(result, ValueDef::Result(inst, number as u32), (block, index as u32 + 1))?;
                }
            }
            if let Terminator::Try { unwind, .. } = &data.terminator {
                let last = *data.insts.last().ok_or_else(|| format!("{block}: nothing there can throw"))?;
                self.throwing.insert(last, unwind.block);
            }
        }
        Ok(())
    }

    fn define(&mut self, value: Value, def: ValueDef, place: (Block, u32)) -> Result<(), String> {
        self.known(&[value])?;
        check(self.function.values[value.index()].def == def, || format!("{value} is said to be defined elsewhere"))?;
        check(self.place[value.index()].is_none(), || format!("{value} is defined twice"))?;
        self.place[value.index()] = Some(place);
        Ok(())
    }

    fn block(&self, block: Block) -> Result<(), String> {
        let function = self.function;
        for &inst in &function.block(block).insts {
            let data = function.inst(inst);
            self.inst(data).map_err(|message| {
                let args: Vec<String> = data.args.iter().map(Value::to_string).collect();
                format!("{inst} ({} {}): {message}", data.op.facts().name, args.join(", "))
            })?;
        }
        self.terminator(block)
    }

    fn inst(&self, data: &InstData) -> Result<(), String> {
        self.known(&data.args)?;
        let in_place = self.function.is_coroutine || !matches!(data.op, Op::Suspend | Op::CoroutineSelf);
        check(in_place, || "stands in a function that is no coroutine".to_owned())?;
        let facts = data.op.facts();
        if let Some(arity) = facts.arity {
            check(data.args.len() == arity as usize, || format!("needs {arity} operands"))?;
        }
        self.aux(data)?;
        self.type_allowed(data)?;
        let (params, results) = self.expected_types(data)?;
        check(params.len() == data.args.len(), || format!("needs {} operands", params.len()))?;
        for (&arg, &ty) in data.args.iter().zip(&params) {
            self.has_type(arg, ty)?;
        }
        check(results.len() == data.results.len(), || format!("has {} results", results.len()))?;
        for (&result, &ty) in data.results.iter().zip(&results) {
            self.has_type(result, ty)?;
        }
        check(data.loc.index() < self.function.locations.len(), || "has no location".to_owned())
    }

    fn has_type(&self, value: Value, ty: Type) -> Result<(), String> {
        let actual = self.function.value_type(value);
        check(actual == ty, || format!("{value} is {}, not {}", actual.name(), ty.name()))
    }

    /// Types of operands and results.
    fn expected_types(&self, data: &InstData) -> Result<(Vec<Type>, Vec<Type>), String> {
        let ty = data.ty;
        let count = data.args.len();
        let params = match data.op.facts().typing {
            Typing::Same | Typing::Test | Typing::Overflow | Typing::Check => vec![ty; count],
            Typing::Convert => match data.aux {
                Aux::From(from) => vec![from],
                _ => return Err("has no operand type".to_owned()),
            },
            Typing::Make => Vec::new(),
            Typing::Select => vec![Type::I8, ty, ty],
            Typing::Load => vec![Type::Ptr],
            Typing::Store => vec![Type::Ptr, ty],
            Typing::Block => vec![Type::Ptr; count],
            Typing::Offset => vec![Type::Ptr, Type::I64],
            Typing::Call => return self.call_types(data),
        };
        Ok((params, data.op.facts().typing.results(ty).to_vec()))
    }

    fn call_types(&self, data: &InstData) -> Result<(Vec<Type>, Vec<Type>), String> {
        Ok(match &data.aux {
            Aux::Function(id) => {
                let signature = &self.signatures[id.index()];
                (signature.params.clone(), signature.results.clone())
            }
            Aux::Extern(id) => {
                let signature = &self.module.externs[id.index()].signature;
                (signature.params.clone(), signature.results.clone())
            }
            Aux::Rt(rt) => {
                let symbol = rt.symbol();
                let types = |types: &[AbiType]| types.iter().map(|&ty| Type::from_abi(ty)).collect::<Vec<_>>();
                (types(symbol.params), types(symbol.results))
            }
            Aux::Signature(signature) => {
                let params = std::iter::once(Type::Ptr).chain(signature.params.iter().copied()).collect();
                (params, signature.results.clone())
            }
            Aux::None if data.op == Op::Suspend => (Vec::new(), Vec::new()),
            _ => return Err("does not say what it calls".to_owned()),
        })
    }

    /// The operation has the extra that it needs, and what it names exists.
    fn aux(&self, data: &InstData) -> Result<(), String> {
        let (op, module) = (data.op, self.module);
        let fits = match &data.aux {
            Aux::None => {
                let typing = op.facts().typing;
                let plain = matches!(typing, Typing::Same | Typing::Select | Typing::Overflow);
                let alone = matches!(op, Op::Context | Op::CoroutineSelf | Op::Suspend);
                plain || matches!(typing, Typing::Check | Typing::Offset) || alone
            }
            Aux::Imm(imm) => {
                let bits = data.ty.bytes() * 8;
                let in_range = bits == 64 || (*imm << (64 - bits)) >> (64 - bits) == *imm;
                (op == Op::Iconst && in_range) || (op == Op::Fconst && (bits == 64 || *imm >> bits == 0))
            }
            Aux::IntCc(_) => op == Op::Icmp,
            Aux::FloatCc(_) => op == Op::Fcmp,
            Aux::Mem(_) => matches!(op, Op::Load | Op::Store),
            Aux::Bytes(..) => matches!(op, Op::Copy | Op::Zero),
            Aux::Slot(slot) => op == Op::SlotAddr && slot.index() < self.function.slots.len(),
            Aux::Function(id) => matches!(op, Op::Call | Op::FuncAddr) && id.index() < self.signatures.len(),
            Aux::Extern(id) => matches!(op, Op::CallExtern | Op::ExternAddr) && id.index() < module.externs.len(),
            Aux::Data(id) => op == Op::DataAddr && id.index() < module.data.len(),
            Aux::Descriptor(id) => {
                matches!(op, Op::DescriptorAddr | Op::Alloc) && id.index() < module.descriptors.len()
            }
            Aux::Global(offset) => op == Op::GlobalAddr && *offset <= module.globals_size,
            Aux::Rt(_) => op == Op::CallRt,
            Aux::Signature(_) => op == Op::CallIndirect,
            Aux::From(_) => op.facts().typing == Typing::Convert,
        };
        check(fits, || format!("{:?} does not fit", data.aux))
    }

    /// The types that an operation exists for.
    fn type_allowed(&self, data: &InstData) -> Result<(), String> {
        let ty = data.ty;
        let allowed = match data.op {
            Op::Fconst | Op::Fadd | Op::Fsub | Op::Fmul | Op::Fdiv | Op::Fneg | Op::Fabs | Op::Sqrt => ty.is_float(),
            Op::Floor | Op::Ceil | Op::Ftrunc | Op::Nearest | Op::Fmin | Op::Fmax => ty.is_float(),
            Op::Fcopysign | Op::Fcmp => ty.is_float(),
            Op::Icmp | Op::Iconst => !ty.is_float(),
            Op::Select | Op::Load | Op::Store => true,
            Op::NoOverflow => ty == Type::I8,
            op => match (op.facts().typing, &data.aux) {
                (Typing::Convert, Aux::From(from)) => converts(op, *from, ty),
                (Typing::Same | Typing::Overflow, _) | (Typing::Check, _) if op != Op::NonNull => ty.is_int(),
                (Typing::Make, _) | (Typing::Check, _) => ty == Type::Ptr,
                _ => true,
            },
        };
        check(allowed, || format!("does not exist for {}", ty.name()))
    }

    fn terminator(&self, block: Block) -> Result<(), String> {
        let function = self.function;
        let terminator = &function.block(block).terminator;
        let mut values = Vec::new();
        terminator.for_each_value(|value| values.push(value));
        self.known(&values)?;
        match terminator {
            Terminator::Branch { condition, .. } => self.has_type(*condition, Type::I8)?,
            Terminator::Switch { value, cases, .. } => {
                let ty = function.value_type(*value);
                check(ty.is_int(), || format!("switch of {}", ty.name()))?;
                let bits = ty.bytes() * 8;
                let mut seen = FxHashSet::default();
                for (case, _) in cases {
                    let in_range = bits == 64 || (case << (64 - bits)) >> (64 - bits) == *case;
                    check(in_range, || format!("case {case} is not an {}", ty.name()))?;
                    check(seen.insert(*case), || format!("case {case} stands twice"))?;
                }
            }
            Terminator::Return(values) => {
                let types: Vec<Type> = values.iter().map(|&value| function.value_type(value)).collect();
                check(types == function.signature.results, || "returns other types than the signature".to_owned())?;
            }
            Terminator::Try { .. } => {
                let last = function.block(block).insts.last().map(|&inst| function.inst(inst).op);
                let class = last.map(|op| op.facts().class);
                let throws = matches!(class, Some(op::Class::Call | op::Class::Check)) && last != Some(Op::Suspend);
                check(throws, || "the last instruction cannot throw".to_owned())?;
            }
            Terminator::Jump(_) | Terminator::Unreachable => {}
        }
        for (index, target) in terminator.targets().into_iter().enumerate() {
            let params = &function.block(target.block).params;
            let is_unwind = index == 1 && matches!(terminator, Terminator::Try { .. });
            let expected = if is_unwind { params.len().saturating_sub(1) } else { params.len() };
            let count_fits = target.args.len() == expected && (!is_unwind || !params.is_empty());
            check(count_fits, || format!("wrong number of arguments for {}", target.block))?;
            for (&arg, &param) in target.args.iter().zip(params) {
                self.has_type(arg, function.value_type(param))?;
            }
            if is_unwind && let Some(&error) = params.last() {
                self.has_type(error, Type::Ptr)?;
            }
        }
        Ok(())
    }

    /// Definitions before uses. In unreachable blocks every use only needs a definition.
    fn dominance(&self) -> Result<(), String> {
        let function = self.function;
        let cfg = Cfg::new(function);
        let dominators = Dominators::new(function, &cfg);
        for &block in &function.layout {
            let data = function.block(block);
            let available = |value: Value, at: u32| {
                let (defined, place) =
                    self.place[value.index()].ok_or_else(|| format!("{block}: {value} is not defined"))?;
                let is_before = if defined == block { place <= at } else { dominators.dominates(defined, block) };
                let unwind = function.def_inst(value).and_then(|inst| self.throwing.get(&inst));
                let is_lost = unwind.is_some_and(|&unwind| dominators.dominates(unwind, block));
                let holds = !cfg.is_reachable(block) || (is_before && !is_lost);
                check(holds, || format!("{block}: {value} is used where its definition does not dominate"))
            };
            for (index, &inst) in data.insts.iter().enumerate() {
                function.inst(inst).args.iter().try_for_each(|&arg| available(arg, index as u32))?;
            }
            let mut values = Vec::new();
            data.terminator.for_each_value(|value| values.push(value));
            values.iter().try_for_each(|&value| available(value, u32::MAX))?;
            if let Terminator::Try { unwind, .. } = &data.terminator
                && let Some(&last) = data.insts.last()
            {
                let lost = unwind.args.iter().find(|&&arg| function.def_inst(arg) == Some(last));
                check(lost.is_none(), || format!("{block}: the result does not exist when it throws"))?;
            }
        }
        Ok(())
    }

    fn locations(&self) -> Result<(), String> {
        let function = self.function;
        check(!function.scopes.is_empty(), || "no scope".to_owned())?;
        for location in &function.locations {
            let exists = (location.scope.0 as usize) < function.scopes.len();
            check(exists, || format!("{} does not exist", location.scope))?;
        }
        for scope in &function.scopes {
            let exists = scope.inlined_at.is_none_or(|loc| loc.index() < function.locations.len());
            check(exists, || format!("scope {}: its call has no location", scope.function))?;
        }
        Ok(())
    }
}

fn converts(op: Op, from: Type, to: Type) -> bool {
    match op {
        Op::Sext | Op::Zext => from.is_int() && to.is_int() && from.bytes() < to.bytes(),
        Op::Itrunc => from.is_int() && to.is_int() && from.bytes() > to.bytes(),
        Op::SintToFloat | Op::UintToFloat => from.is_int() && to.is_float(),
        Op::FloatToSint | Op::FloatToUint => from.is_float() && to.is_int(),
        Op::Fpromote => (from, to) == (Type::F32, Type::F64),
        Op::Fdemote => (from, to) == (Type::F64, Type::F32),
        Op::Bitcast => from.bytes() == to.bytes() && from != to,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::verify;
    use crate::ssa::parse::parse_module;

    #[test]
    fn names_the_broken_invariant() {
        let cases = [
            ("() -> i64 {\nb0:\n return\n}", "@: b0: returns other types than the signature"),
            ("(i64) {\nb0:\n return\n}", "@: the entry's parameters are not the signature's"),
            (
                "() {\nb0:\n v0 = iadd.i64 v1, v1\n v1 = iconst.i64 1\n return\n}",
                "@: b0: v1 is used where its definition does not dominate",
            ),
            (
                "(i8) {\nb0(v0: i8):\n branch v0, b1, b2\nb1:\n v1 = iconst.i64 1\n jump b2\nb2:\n nonzero.i64 v1\n return\n}",
                "@: b2: v1 is used where its definition does not dominate",
            ),
            ("(i32) {\nb0(v0: i32):\n v1 = iadd.i64 v0, v0\n return\n}", "@: b0: i0 (iadd v0, v0): v0 is i32, not i64"),
            (
                "(f64) {\nb0(v0: f64):\n v1 = iadd.f64 v0, v0\n return\n}",
                "@: b0: i0 (iadd v0, v0): does not exist for f64",
            ),
            ("() {\nb0:\n v0 = iconst.i8 200\n return\n}", "@: b0: i0 (iconst ): Imm(200) does not fit"),
            ("() {\nb0:\n jump b0\n}", "@: b0 jumps to the entry"),
            ("(i8) {\nb0(v0: i8):\n switch v0, b1 [1: b1, 1: b1]\nb1:\n return\n}", "@: b0: case 1 stands twice"),
            ("(i8) {\nb0(v0: i8):\n switch v0, b1 [200: b1]\nb1:\n return\n}", "@: b0: case 200 is not an i8"),
            ("(i8) {\nb0(v0: i8):\n jump b1\nb1(v1: i8):\n return\n}", "@: b0: wrong number of arguments for b1"),
            ("() {\nb0:\n try b1, b1\nb1:\n return\n}", "@: b0: nothing there can throw"),
            (
                "(i64) -> i64 {\nb0(v0: i64):\n v1 = call @f(v0)\n try b1, b2\nb1:\n return v0\nb2(v2: ptr):\n return v1\n}",
                "@: b2: v1 is used where its definition does not dominate",
            ),
            ("() {\nb0:\n suspend\n return\n}", "@: b0: i0 (suspend ): stands in a function that is no coroutine"),
            (
                "() coroutine {\nb0:\n suspend\n try b1, b2\nb1:\n return\nb2(v0: ptr):\n return\n}",
                "@: b0: the last instruction cannot throw",
            ),
            ("() -> i64 coroutine {\nb0:\n unreachable\n}", "@: a coroutine has no results"),
            ("(i64) {\nb0(v0: i64):\n v1 = alloc t0\n return\n}", "@: b0: i0 (alloc ): Descriptor(t0) does not fit"),
        ];
        for (text, message) in cases {
            let module = parse_module(&format!("function @f{text}")).unwrap();
            assert_eq!(verify(&module).unwrap_err(), message.replace('@', "f"), "for {text}");
        }
    }
}
