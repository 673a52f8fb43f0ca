//! Who calls whom: the groups of functions that call each other (strongly connected components),
//! callees before callers, in an order that depends on the module only.

use crate::ssa::{Aux, DataTarget, FuncId, Function, Module, Op};

#[derive(Debug)]
pub struct CallGraph {
    /// By function: direct callees and functions whose address it takes (a closure's code, which may be
    /// called directly one day), each once, in the order of the code.
    pub callees: Vec<Vec<FuncId>>,
    /// By function: how many direct calls there are in the whole module.
    pub call_sites: Vec<u32>,
    /// By function: whether its address is taken, or it is known outside.
    pub is_visible: Vec<bool>,
    /// Groups, every one behind those that it calls.
    pub groups: Vec<Vec<FuncId>>,
    /// By function: place of its group in `groups`.
    pub group_of: Vec<u32>,
}

impl CallGraph {
    pub fn new(module: &Module) -> CallGraph {
        let count = module.functions.len();
        let mut graph = CallGraph {
            callees: Vec::with_capacity(count),
            call_sites: vec![0; count],
            is_visible: vec![false; count],
            groups: Vec::new(),
            group_of: vec![0; count],
        };
        for function in &module.functions {
            let callees = graph.scan(module, function);
            graph.callees.push(callees);
        }
        for (index, function) in module.functions.iter().enumerate() {
            let id = Some(FuncId(index as u32));
            let is_exported = function.convention == crate::ssa::Convention::ExportC;
            if is_exported || module.entry == id || module.describe == id {
                graph.is_visible[index] = true;
            }
        }
        for data in &module.data {
            for (_, target) in &data.relocations {
                if let DataTarget::Function(id) = target {
                    graph.is_visible[id.index()] = true;
                }
            }
        }
        graph.find_groups();
        graph
    }

    fn scan(&mut self, module: &Module, function: &Function) -> Vec<FuncId> {
        let mut callees = Vec::new();
        let mut seen = rustc_hash::FxHashSet::default();
        let mut add = |id: FuncId| {
            if seen.insert(id) {
                callees.push(id);
            }
        };
        for &block in &function.layout {
            for &inst in &function.block(block).insts {
                let data = function.inst(inst);
                match data.aux {
                    Aux::Function(id) => {
                        add(id);
                        if data.op == Op::Call {
                            self.call_sites[id.index()] += 1;
                        } else {
                            self.is_visible[id.index()] = true;
                        }
                    }
                    Aux::Data(data) => {
                        for (_, target) in &module.data[data.index()].relocations {
                            if let DataTarget::Function(id) = target {
                                add(*id);
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
        callees
    }

    /// Tarjan's algorithm, without recursion.
    fn find_groups(&mut self) {
        const NEW: u32 = u32::MAX;
        let count = self.callees.len();
        let (mut number, mut low) = (vec![NEW; count], vec![0; count]);
        let (mut on_stack, mut stack, mut next) = (vec![false; count], Vec::new(), 0);
        for root in 0..count {
            if number[root] != NEW {
                continue;
            }
            let mut walk = vec![(root, 0)];
            while let Some(&mut (node, ref mut edge)) = walk.last_mut() {
                if *edge == 0 && number[node] == NEW {
                    number[node] = next;
                    low[node] = next;
                    next += 1;
                    stack.push(node);
                    on_stack[node] = true;
                }
                if let Some(callee) = self.callees[node].get(*edge) {
                    *edge += 1;
                    let callee = callee.index();
                    if number[callee] == NEW {
                        walk.push((callee, 0));
                    } else if on_stack[callee] {
                        low[node] = low[node].min(number[callee]);
                    }
                    continue;
                }
                walk.pop();
                if let Some(&(parent, _)) = walk.last() {
                    low[parent] = low[parent].min(low[node]);
                }
                if low[node] == number[node] {
                    let mut group = Vec::new();
                    while let Some(member) = stack.pop() {
                        on_stack[member] = false;
                        self.group_of[member] = self.groups.len() as u32;
                        group.push(FuncId(member as u32));
                        if member == node {
                            break;
                        }
                    }
                    group.sort_unstable();
                    self.groups.push(group);
                }
            }
        }
    }

    /// Whether a function may call itself, over others too.
    pub fn is_recursive(&self, id: FuncId) -> bool {
        self.groups[self.group_of[id.index()] as usize].len() > 1 || self.callees[id.index()].contains(&id)
    }
}
