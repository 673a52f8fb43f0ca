//! A slow, plain interpreter of SSA: for tests that compare what a module does before and after the
//! optimiser. Memory is one area of bytes; calls outside are written down and give made-up results.

use super::eval::{evaluate, unsigned, wrap};
use super::*;

/// Where coroutines that tests run put their frame before each `suspend`, where they say that they are finished, and
/// a number that is one higher after each `suspend`: offsets in the globals area.
pub const FRAME: i64 = 32;
pub const IS_FINISHED: i64 = 40;
pub const TURNS: i64 = 48;

/// How a run ended, and what could be seen of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Calls to the runtime and to externs, with their integer arguments, in order.
    pub trace: Vec<String>,
    pub end: End,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    Returned(Vec<i64>),
    /// A check failed, with its operands.
    Failed(&'static str, Vec<i64>),
    /// Too many steps: nothing can be said.
    OutOfFuel,
    /// Something that correct programs never do.
    Broken(String),
}

const BASE: i64 = 0x1_0000;
const CODE: i64 = 0x7000_0000_0000;
const DESCRIPTORS: i64 = 0x6000_0000_0000;
const ERROR: i64 = 0x5555;

pub struct Interpreter<'a> {
    module: &'a Module,
    memory: Vec<u8>,
    globals: i64,
    data: Vec<i64>,
    fuel: u64,
    trace: Vec<String>,
}

impl<'a> Interpreter<'a> {
    pub fn new(module: &'a Module, fuel: u64) -> Interpreter<'a> {
        let mut this =
            Interpreter { module, memory: Vec::new(), globals: 0, data: Vec::new(), fuel, trace: Vec::new() };
        this.globals = this.allocate(module.globals_size);
        for data in &module.data {
            let address = this.allocate(data.bytes.len() as u32);
            this.data.push(address);
        }
        for (data, &address) in module.data.iter().zip(&this.data.clone()) {
            let start = (address - BASE) as usize;
            this.memory[start..start + data.bytes.len()].copy_from_slice(&data.bytes);
            for &(offset, target) in &data.relocations {
                let value = match target {
                    DataTarget::Function(id) => CODE + i64::from(id.0) * 16,
                    DataTarget::Data(id) => this.data[id.index()],
                    DataTarget::Descriptor(id) => DESCRIPTORS + i64::from(id.0) * 16,
                };
                let _ = this.write(address + i64::from(offset), Type::Ptr, value);
            }
        }
        this
    }

    /// Calls a function and says everything that could be seen.
    pub fn run(mut self, id: FuncId, args: &[i64]) -> Outcome {
        let end = match self.call(id, args.to_vec(), 0) {
            Ok(values) => End::Returned(values),
            Err(end) => end,
        };
        Outcome { trace: self.trace, end }
    }

    /// As `run`, of a coroutine that may have been split: resumes it until it is finished.
    pub fn run_coroutine(mut self, id: FuncId, args: &[i64]) -> Outcome {
        let end = match self.resume_to_end(id, args) {
            Ok(()) => End::Returned(Vec::new()),
            Err(end) => end,
        };
        Outcome { trace: self.trace, end }
    }

    fn resume_to_end(&mut self, id: FuncId, args: &[i64]) -> Result<(), End> {
        self.call(id, args.to_vec(), 0)?;
        while self.read(self.globals + IS_FINISHED, Type::I64)? == 0 {
            self.turn()?;
            let frame = self.read(self.globals + FRAME, Type::I64)?;
            let code = self.read(frame + 8, Type::I64)?;
            self.call(FuncId((code.wrapping_sub(CODE) / 16) as u32), vec![frame], 0)?;
        }
        Ok(())
    }

    /// What happens at a `suspend`.
    fn turn(&mut self) -> Result<(), End> {
        self.trace.push("suspend".to_owned());
        let turns = self.read(self.globals + TURNS, Type::I64)?;
        self.write(self.globals + TURNS, Type::I64, turns + 1)
    }

    fn allocate(&mut self, size: u32) -> i64 {
        let address = BASE + self.memory.len() as i64;
        self.memory.resize(self.memory.len() + size.max(8).next_multiple_of(8) as usize, 0);
        address
    }

    fn range(&self, address: i64, size: u32) -> Result<std::ops::Range<usize>, End> {
        let start = address.wrapping_sub(BASE);
        if start < 0 || start as u64 + u64::from(size) > self.memory.len() as u64 {
            return Err(End::Broken(format!("access at {address:#x}")));
        }
        Ok(start as usize..start as usize + size as usize)
    }

    fn read(&self, address: i64, ty: Type) -> Result<i64, End> {
        let range = self.range(address, ty.bytes())?;
        let mut bytes = [0; 8];
        bytes[..range.len()].copy_from_slice(&self.memory[range]);
        let bits = i64::from_le_bytes(bytes);
        Ok(if ty.is_float() { bits } else { wrap(ty, bits) })
    }

    fn write(&mut self, address: i64, ty: Type, value: i64) -> Result<(), End> {
        let range = self.range(address, ty.bytes())?;
        let count = range.len();
        self.memory[range].copy_from_slice(&value.to_le_bytes()[..count]);
        Ok(())
    }

    fn call(&mut self, id: FuncId, args: Vec<i64>, depth: u32) -> Result<Vec<i64>, End> {
        if depth > 100 {
            return Err(End::OutOfFuel);
        }
        let function = &self.module.functions[id.index()];
        let mut values = vec![0i64; function.values.len()];
        let slots: Vec<i64> = function.slots.iter().map(|slot| self.allocate(slot.size)).collect();
        let mut block = function.entry();
        let mut incoming = args;
        loop {
            let data = function.block(block);
            for (&param, &value) in data.params.iter().zip(&incoming) {
                values[param.index()] = value;
            }
            for &inst in &data.insts {
                self.fuel = self.fuel.checked_sub(1).ok_or(End::OutOfFuel)?;
                let data = function.inst(inst);
                let args: Vec<i64> = data.args.iter().map(|arg| values[arg.index()]).collect();
                let results = self.inst(data, &args, &slots, depth)?;
                for (&result, value) in data.results.iter().zip(results) {
                    values[result.index()] = value;
                }
            }
            self.fuel = self.fuel.checked_sub(1).ok_or(End::OutOfFuel)?;
            let get = |value: &Value| values[value.index()];
            let target = match &data.terminator {
                Terminator::Try { unwind, .. } if self.throws(function, data) => {
                    incoming = unwind.args.iter().map(get).chain([ERROR]).collect();
                    block = unwind.block;
                    continue;
                }
                Terminator::Jump(target) | Terminator::Try { normal: target, .. } => target,
                Terminator::Branch { condition, then, otherwise } => {
                    if get(condition) != 0 {
                        then
                    } else {
                        otherwise
                    }
                }
                Terminator::Switch { value, cases, default } => {
                    let value = get(value);
                    cases.iter().find(|(case, _)| *case == value).map_or(default, |(_, target)| target)
                }
                Terminator::Return(results) => return Ok(results.iter().map(get).collect()),
                Terminator::Unreachable => return Err(End::Broken("unreachable was reached".to_owned())),
            };
            incoming = target.args.iter().map(get).collect();
            block = target.block;
        }
    }

    /// Every third call outside throws, where there is a handler.
    fn throws(&self, function: &Function, data: &BlockData) -> bool {
        let is_outside = |&inst: &Inst| matches!(function.inst(inst).op, Op::CallRt | Op::CallExtern);
        data.insts.last().is_some_and(is_outside) && self.trace.len().is_multiple_of(3)
    }

    fn inst(&mut self, data: &InstData, args: &[i64], slots: &[i64], depth: u32) -> Result<Vec<i64>, End> {
        let failed = |holds: bool| {
            if holds { Ok(Vec::new()) } else { Err(End::Failed(data.op.facts().name, args.to_vec())) }
        };
        Ok(match (data.op, &data.aux) {
            (Op::SlotAddr, Aux::Slot(slot)) => vec![slots[slot.index()]],
            (Op::DataAddr, Aux::Data(id)) => vec![self.data[id.index()]],
            (Op::GlobalAddr, Aux::Global(offset)) => vec![self.globals + i64::from(*offset)],
            (Op::FuncAddr, Aux::Function(id)) => vec![CODE + i64::from(id.0) * 16],
            (Op::DescriptorAddr, Aux::Descriptor(id)) => vec![DESCRIPTORS + i64::from(id.0) * 16],
            (Op::Alloc, Aux::Descriptor(id)) => {
                let address = self.allocate(self.module.descriptors[id.index()].size);
                self.write(address, Type::Ptr, DESCRIPTORS + i64::from(id.0) * 16)?;
                vec![address]
            }
            (Op::Load, Aux::Mem(mem)) => vec![self.read(args[0].wrapping_add(i64::from(mem.offset)), data.ty)?],
            (Op::Store, Aux::Mem(mem)) => {
                self.write(args[0].wrapping_add(i64::from(mem.offset)), data.ty, args[1])?;
                vec![]
            }
            (Op::Copy, Aux::Bytes(bytes, _)) => {
                let from = self.range(args[1], *bytes)?;
                let to = self.range(args[0], *bytes)?;
                self.memory.copy_within(from, to.start);
                vec![]
            }
            (Op::Zero, Aux::Bytes(bytes, _)) => {
                let range = self.range(args[0], *bytes)?;
                self.memory[range].fill(0);
                vec![]
            }
            (Op::Bounds, _) => failed(unsigned(data.ty, args[0]) < unsigned(data.ty, args[1]))?,
            (Op::NonNull | Op::NonZero, _) => failed(args[0] != 0)?,
            (Op::NoOverflow, _) => failed(args[0] == 0)?,
            (Op::Call, Aux::Function(id)) => self.call(*id, args.to_vec(), depth + 1)?,
            (Op::CallIndirect, _) => {
                let index = args[0].wrapping_sub(CODE) / 16;
                if index < 0 || index >= self.module.functions.len() as i64 {
                    return Err(End::Broken(format!("call of {:#x}", args[0])));
                }
                self.call(FuncId(index as u32), args[1..].to_vec(), depth + 1)?
            }
            (Op::CallRt, Aux::Rt(rt)) => {
                self.trace.push(format!("{} {args:?}", rt.symbol().name));
                rt.symbol().results.iter().map(|_| self.trace.len() as i64).collect()
            }
            (Op::CallExtern, Aux::Extern(id)) => {
                let external = &self.module.externs[id.index()];
                self.trace.push(format!("{} {args:?}", external.symbol));
                external.signature.results.iter().map(|_| self.trace.len() as i64).collect()
            }
            // A coroutine that was not split goes on at once.
            (Op::CoroutineSelf, _) => vec![0],
            (Op::Suspend, _) => {
                self.turn()?;
                vec![]
            }
            _ => match evaluate(data, args) {
                Some(values) => values.to_vec(),
                // A NaN: any will do, as long as it is always the same.
                None if data.ty == Type::F32 => vec![i64::from(f32::NAN.to_bits())],
                None if data.ty.is_float() => vec![f64::NAN.to_bits() as i64],
                None if args.get(1) == Some(&0) => return Err(End::Broken("division by zero".to_owned())),
                None => bug!("interp: {} cannot be evaluated", data.op.facts().name),
            },
        })
    }
}
