//! Control flow: predecessors of each block, and the reachable blocks in reverse postorder.

use crate::ssa::{Block, Function};

/// Edges between the blocks that the entry reaches.
#[derive(Debug)]
pub struct Cfg {
    /// By block: one entry an edge, so a block that jumps here twice is named twice. Only
    /// reachable predecessors, in reverse postorder.
    predecessors: Vec<Vec<Block>>,
    /// Reachable blocks, every one after its dominators; the entry first.
    pub order: Vec<Block>,
    /// By block: place in `order`, or `u32::MAX` when unreachable.
    position: Vec<u32>,
}

impl Cfg {
    pub fn new(function: &Function) -> Cfg {
        let order = reverse_postorder(function);
        let mut position = vec![u32::MAX; function.blocks.len()];
        for (index, block) in order.iter().enumerate() {
            position[block.index()] = index as u32;
        }
        let mut predecessors = vec![Vec::new(); function.blocks.len()];
        for &block in &order {
            for target in function.block(block).terminator.targets() {
                predecessors[target.block.index()].push(block);
            }
        }
        Cfg { predecessors, order, position }
    }

    pub fn predecessors(&self, block: Block) -> &[Block] {
        &self.predecessors[block.index()]
    }

    pub fn is_reachable(&self, block: Block) -> bool {
        self.position[block.index()] != u32::MAX
    }

    /// Place in reverse postorder; only for reachable blocks.
    pub fn position(&self, block: Block) -> usize {
        self.position[block.index()] as usize
    }
}

/// Depth first without recursion: user code may make very long chains of blocks.
fn reverse_postorder(function: &Function) -> Vec<Block> {
    let mut seen = vec![false; function.blocks.len()];
    let mut order = Vec::with_capacity(function.layout.len());
    let mut stack = vec![(function.entry(), 0)];
    seen[function.entry().index()] = true;
    while let Some((block, next)) = stack.last_mut() {
        let targets = function.block(*block).terminator.targets();
        // Last target first, so that the first one comes earliest in the order.
        match targets.len().checked_sub(*next + 1).map(|index| targets[index].block) {
            Some(target) => {
                *next += 1;
                if !std::mem::replace(&mut seen[target.index()], true) {
                    stack.push((target, 0));
                }
            }
            None => {
                order.push(*block);
                stack.pop();
            }
        }
    }
    order.reverse();
    order
}
