//! Natural loops: a header that dominates the source of a back edge, and the blocks from which
//! that source is reached without the header. Loops with the same header are one loop; cycles
//! without such a header (no Flash source makes them) are not found.

use super::{Cfg, Dominators};
use crate::ssa::{Block, Function};

#[derive(Debug)]
pub struct Loop {
    pub header: Block,
    /// With the header, in reverse postorder.
    pub blocks: Vec<Block>,
    /// Sources of back edges, one entry each edge.
    pub latches: Vec<Block>,
    /// Index of the closest loop around, if any.
    pub parent: Option<usize>,
    /// From 1.
    pub depth: u32,
}

#[derive(Debug)]
pub struct Loops {
    /// Outer loops before the loops inside them.
    pub loops: Vec<Loop>,
    /// By block: index of the innermost loop.
    innermost: Vec<Option<u32>>,
}

impl Loops {
    pub fn new(function: &Function, cfg: &Cfg, dominators: &Dominators) -> Loops {
        let mut loops: Vec<Loop> = Vec::new();
        let mut innermost: Vec<Option<u32>> = vec![None; function.blocks.len()];
        // Headers in reverse postorder: outer ones first, so that an inner loop overwrites.
        let mut mark = vec![u32::MAX; function.blocks.len()];
        for &header in &cfg.order {
            let is_latch = |&&source: &&Block| dominators.dominates(header, source);
            let latches: Vec<Block> = cfg.predecessors(header).iter().filter(is_latch).copied().collect();
            if latches.is_empty() {
                continue;
            }
            let index = loops.len() as u32;
            mark[header.index()] = index;
            let mut blocks = vec![header];
            let mut work = latches.clone();
            while let Some(block) = work.pop() {
                if std::mem::replace(&mut mark[block.index()], index) != index {
                    blocks.push(block);
                    work.extend(cfg.predecessors(block));
                }
            }
            blocks.sort_unstable_by_key(|&block| cfg.position(block));
            let parent = innermost[header.index()].map(|parent| parent as usize);
            let depth = parent.map_or(1, |parent| loops[parent].depth + 1);
            for block in &blocks {
                innermost[block.index()] = Some(index);
            }
            loops.push(Loop { header, blocks, latches, parent, depth });
        }
        Loops { loops, innermost }
    }

    /// Index of the innermost loop that the block is in; `None` for blocks that are newer than this.
    pub fn innermost(&self, block: Block) -> Option<usize> {
        self.innermost.get(block.index()).copied().flatten().map(|index| index as usize)
    }

    pub fn depth(&self, block: Block) -> u32 {
        self.innermost(block).map_or(0, |index| self.loops[index].depth)
    }

    /// Whether the block is in the loop of this index, or in one inside it.
    pub fn contains(&self, index: usize, block: Block) -> bool {
        let mut current = self.innermost(block);
        while let Some(inner) = current {
            if inner == index {
                return true;
            }
            current = self.loops[inner].parent;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ssa::parse::parse_module;

    #[test]
    fn nested_loops() {
        let text = "function @f(i8) {\nb0(v0: i8):\n jump b1\nb1:\n branch v0, b2, b5\nb2:\n branch v0, b3, b4\nb3:\n \
                    jump b2\nb4:\n jump b1\nb5:\n return\n}\n";
        let module = parse_module(text).unwrap();
        let function = &module.functions[0];
        let cfg = Cfg::new(function);
        let loops = Loops::new(function, &cfg, &Dominators::new(function, &cfg));
        assert_eq!(loops.loops.len(), 2);
        assert_eq!(loops.loops[1].parent, Some(0));
        let depths: Vec<u32> = (0..6).map(|b| loops.depth(Block(b))).collect();
        assert_eq!(depths, [0, 1, 2, 2, 1, 0]);
        assert!(loops.contains(0, Block(3)) && !loops.contains(1, Block(4)));
    }
}
