//! The dominator tree of the reachable blocks, after Cooper, Harvey and Kennedy, "A Simple, Fast
//! Dominance Algorithm"; with pre- and postorder numbers, so that a question takes constant time.

use super::Cfg;
use crate::ssa::{Block, Function};

#[derive(Debug)]
pub struct Dominators {
    /// By block; `None` for the entry and for unreachable blocks.
    immediate: Vec<Option<Block>>,
    children: Vec<Vec<Block>>,
    /// By block: entering and leaving it in a walk of the tree; (0, 0) when unreachable.
    interval: Vec<(u32, u32)>,
    entry: Block,
}

impl Dominators {
    pub fn new(function: &Function, cfg: &Cfg) -> Dominators {
        let immediate = immediate_dominators(function, cfg);
        let mut children = vec![Vec::new(); function.blocks.len()];
        for &block in &cfg.order {
            if let Some(parent) = immediate[block.index()] {
                children[parent.index()].push(block);
            }
        }
        let entry = function.entry();
        let mut interval = vec![(0, 0); function.blocks.len()];
        let mut clock = 1;
        let mut stack = vec![(entry, 0)];
        interval[entry.index()].0 = clock;
        while let Some((block, next)) = stack.last_mut() {
            clock += 1;
            if let Some(&child) = children[block.index()].get(*next) {
                *next += 1;
                interval[child.index()].0 = clock;
                stack.push((child, 0));
            } else {
                interval[block.index()].1 = clock;
                stack.pop();
            }
        }
        Dominators { immediate, children, interval, entry }
    }

    /// The closest other block on every way to this one.
    pub fn immediate(&self, block: Block) -> Option<Block> {
        self.immediate[block.index()]
    }

    /// Blocks whose immediate dominator this one is, in reverse postorder.
    pub fn children(&self, block: Block) -> &[Block] {
        &self.children[block.index()]
    }

    /// Whether every way to `block` leads through `dominator`; a block dominates itself. False when
    /// either is unreachable.
    pub fn dominates(&self, dominator: Block, block: Block) -> bool {
        let (outer, inner) = (self.interval[dominator.index()], self.interval[block.index()]);
        outer.0 != 0 && inner.0 != 0 && outer.0 <= inner.0 && inner.1 <= outer.1
    }

    /// Blocks in preorder of the tree: each after its dominators, subtrees together.
    pub fn preorder(&self) -> Vec<Block> {
        let mut order = Vec::new();
        let mut stack = vec![self.entry];
        while let Some(block) = stack.pop() {
            order.push(block);
            stack.extend(self.children(block).iter().rev());
        }
        order
    }
}

fn immediate_dominators(function: &Function, cfg: &Cfg) -> Vec<Option<Block>> {
    // By place in reverse postorder; the entry is its own while the loop runs.
    const UNKNOWN: usize = usize::MAX;
    let mut dominator = vec![UNKNOWN; cfg.order.len()];
    dominator[0] = 0;
    let mut changed = true;
    while changed {
        changed = false;
        for (index, &block) in cfg.order.iter().enumerate().skip(1) {
            let mut common = UNKNOWN;
            for &predecessor in cfg.predecessors(block) {
                let other = cfg.position(predecessor);
                if dominator[other] == UNKNOWN {
                    continue;
                }
                common = if common == UNKNOWN { other } else { intersect(&dominator, common, other) };
            }
            if dominator[index] != common {
                dominator[index] = common;
                changed = true;
            }
        }
    }
    let mut immediate = vec![None; function.blocks.len()];
    for (index, &block) in cfg.order.iter().enumerate().skip(1) {
        immediate[block.index()] = Some(cfg.order[dominator[index]]);
    }
    immediate
}

fn intersect(dominator: &[usize], mut left: usize, mut right: usize) -> usize {
    while left != right {
        while left > right {
            left = dominator[left];
        }
        while right > left {
            right = dominator[right];
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ssa::parse::parse_module;

    #[test]
    fn diamond_with_a_loop() {
        let text = "function @f(i8) {\nb0(v0: i8):\n branch v0, b1, b2\nb1:\n jump b3\nb2:\n jump b3\nb3:\n \
                    branch v0, b4, b5\nb4:\n jump b3\nb5:\n return\nb6:\n jump b5\n}\n";
        let module = parse_module(text).unwrap();
        let function = &module.functions[0];
        let cfg = Cfg::new(function);
        let dominators = Dominators::new(function, &cfg);
        let of = |block: u32| dominators.immediate(Block(block)).map(|b| b.0);
        assert_eq!(
            [of(0), of(1), of(2), of(3), of(4), of(5), of(6)],
            [None, Some(0), Some(0), Some(0), Some(3), Some(3), None]
        );
        assert!(dominators.dominates(Block(3), Block(4)) && !dominators.dominates(Block(1), Block(3)));
        assert!(!dominators.dominates(Block(0), Block(6)) && dominators.dominates(Block(5), Block(5)));
    }
}
