//! Removes functions, data, descriptors and externs that nothing reachable names any more, and numbers
//! the rest anew. What can be reached from outside (the entry, exported functions) stays.
//! A library without entry keeps all its functions.

use crate::ssa::{Aux, Convention, DataId, DataTarget, DescriptorId, ExternId, FuncId, Module, Terminator};
use flash_abi::symbols::Rt;

/// Runs the pass on the module.
pub fn run(module: &mut Module) {
    let is_library = module.entry.is_none();
    drop_errors(module);
    let mut reached = Reached {
        functions: vec![false; module.functions.len()],
        data: vec![false; module.data.len()],
        descriptors: vec![false; module.descriptors.len()],
        externs: vec![false; module.externs.len()],
        work: Vec::new(),
    };
    for (index, function) in module.functions.iter().enumerate() {
        let id = FuncId(index as u32);
        let is_known = function.convention == Convention::ExportC || function.is_replaceable();
        if is_library || is_known || module.entry == Some(id) {
            reached.target(DataTarget::Function(id));
        }
    }
    for (index, data) in module.data.iter().enumerate() {
        if data.is_import && !data.relocations.is_empty() {
            reached.target(DataTarget::Data(DataId(index as u32)));
        }
    }
    reached.target_of(module.describe.map(DataTarget::Function));
    reached.target_of(module.errors.map(DataTarget::Data));
    while let Some(item) = reached.work.pop() {
        match item {
            DataTarget::Function(id) => {
                let function = &module.functions[id.index()];
                for block in &function.layout {
                    for &inst in &function.block(*block).insts {
                        reached.aux(&function.inst(inst).aux);
                    }
                }
            }
            DataTarget::Data(id) => {
                module.data[id.index()].relocations.iter().for_each(|(_, target)| reached.target(*target));
            }
            DataTarget::Descriptor(_) => {}
        }
    }
    let functions = keep(&mut module.functions, &reached.functions);
    let data = keep(&mut module.data, &reached.data);
    let descriptors = keep(&mut module.descriptors, &reached.descriptors);
    let externs = keep(&mut module.externs, &reached.externs);
    let renumber = |target: &mut DataTarget| match target {
        DataTarget::Function(id) => *id = FuncId(functions[id.index()]),
        DataTarget::Data(id) => *id = DataId(data[id.index()]),
        DataTarget::Descriptor(id) => *id = DescriptorId(descriptors[id.index()]),
    };
    for item in &mut module.data {
        item.relocations.iter_mut().for_each(|(_, target)| renumber(target));
    }
    module.entry = module.entry.map(|id| FuncId(functions[id.index()]));
    module.describe = module.describe.map(|id| FuncId(functions[id.index()]));
    module.errors = module.errors.map(|id| DataId(data[id.index()]));
    for function in &mut module.functions {
        for block in &function.layout {
            for inst in &function.blocks[block.index()].insts {
                match &mut function.insts[inst.index()].aux {
                    Aux::Function(id) => *id = FuncId(functions[id.index()]),
                    Aux::Data(id) => *id = DataId(data[id.index()]),
                    Aux::Descriptor(id) => *id = DescriptorId(descriptors[id.index()]),
                    Aux::Extern(id) => *id = ExternId(externs[id.index()]),
                    _ => {}
                }
            }
        }
    }
}

/// Without handlers nobody needs what failing checks become, and without any `throw` nothing is described.
fn drop_errors(module: &mut Module) {
    let blocks = || module.functions.iter().flat_map(|f| f.layout.iter().map(move |&block| (f, f.block(block))));
    let has_handlers = blocks().any(|(_, block)| matches!(block.terminator, Terminator::Try { .. }));
    let throws = |rt: &Aux| matches!(rt, Aux::Rt(Rt::Throw | Rt::Rethrow));
    let has_throws = blocks().any(|(f, block)| block.insts.iter().any(|&inst| throws(&f.inst(inst).aux)));
    if !has_handlers {
        module.errors = None;
    }
    if !has_handlers && !has_throws {
        module.describe = None;
    }
}

struct Reached {
    functions: Vec<bool>,
    data: Vec<bool>,
    descriptors: Vec<bool>,
    externs: Vec<bool>,
    work: Vec<DataTarget>,
}

impl Reached {
    fn target(&mut self, target: DataTarget) {
        let flag = match target {
            DataTarget::Function(id) => &mut self.functions[id.index()],
            DataTarget::Data(id) => &mut self.data[id.index()],
            DataTarget::Descriptor(id) => &mut self.descriptors[id.index()],
        };
        if !std::mem::replace(flag, true) {
            self.work.push(target);
        }
    }

    fn target_of(&mut self, target: Option<DataTarget>) {
        if let Some(target) = target {
            self.target(target);
        }
    }

    fn aux(&mut self, aux: &Aux) {
        match aux {
            Aux::Function(id) => self.target(DataTarget::Function(*id)),
            Aux::Data(id) => self.target(DataTarget::Data(*id)),
            Aux::Descriptor(id) => self.target(DataTarget::Descriptor(*id)),
            Aux::Extern(id) => self.externs[id.index()] = true,
            _ => {}
        }
    }
}

/// Keeps the flagged items; gives the new number of each.
fn keep<T>(items: &mut Vec<T>, flags: &[bool]) -> Vec<u32> {
    let numbers = flags.iter().scan(0, |next, &flag| {
        let number = *next;
        *next += u32::from(flag);
        Some(number)
    });
    let numbers = numbers.collect();
    let mut flag = flags.iter();
    items.retain(|_| flag.next().copied().unwrap_or(true));
    numbers
}
