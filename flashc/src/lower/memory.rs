//! Loads, stores, copies and inline allocation.

use super::function::FunctionLowering;
use super::names::Target;
use super::target::clif_type;
use crate::ssa::{self, Aux, DescriptorId, InstData, Op, Region, Type};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, AliasRegionData, InstBuilder, MemFlagsData, types};
use flash_abi::context::{ALLOC_CURSOR, ALLOC_LIMIT};
use flash_abi::object::OBJECT_ALIGN;
use flash_abi::symbols::Rt;

/// Copies and fills of up to so many bytes are inline.
const INLINE_BYTES: u32 = 128;
/// Regions beyond this many share: Cranelift counts the kinds of accesses of a function in 16 bits.
const REGION_COUNT: u32 = 8192;
/// Regions of ours that the SSA does not have: the allocation cursor, its limit (which only the
/// runtime changes), and headers of new objects.
const CURSOR_REGION: u32 = REGION_COUNT;
const LIMIT_REGION: u32 = REGION_COUNT + 1;
const HEADER_REGION: u32 = REGION_COUNT + 2;

impl FunctionLowering<'_, '_> {
    pub fn lower_memory(&mut self, inst: &InstData) {
        match (inst.op, &inst.aux) {
            (Op::Load, Aux::Mem(mem)) => {
                let address = self.value(inst.args[0]);
                let mut flags = self.in_region(mem.region).with_aligned();
                if mem.readonly && self.is_always_readable(inst.args[0], mem.offset, inst.ty) {
                    flags = flags.with_readonly().with_can_move();
                }
                let value = self.builder.ins().load(clif_type(inst.ty), flags, address, mem.offset);
                self.define(inst.results[0], value);
            }
            (Op::Store, Aux::Mem(mem)) => {
                let (address, value) = (self.value(inst.args[0]), self.value(inst.args[1]));
                let flags = self.in_region(mem.region).with_aligned();
                self.builder.ins().store(flags, value, address, mem.offset);
            }
            (Op::Copy, &Aux::Bytes(size, region)) => {
                self.lower_copy(self.value(inst.args[0]), self.value(inst.args[1]), size, region);
            }
            (Op::Zero, &Aux::Bytes(size, region)) => self.lower_zero(self.value(inst.args[0]), size, region),
            (Op::Alloc, &Aux::Descriptor(id)) => {
                let object = self.lower_alloc(id);
                self.define(inst.results[0], object);
            }
            _ => bug!("lower: `{}` without its place", inst.op.facts().name),
        }
    }

    /// Whether the address may be read anywhere in the function. Cranelift puts a load that may
    /// move before loops, and so before the checks inside them that guard it: what never changes
    /// may still be out of bounds or behind null. The optimiser knows better and moves such loads itself.
    fn is_always_readable(&self, address: ssa::Value, offset: i32, ty: Type) -> bool {
        let Some(def) = self.function.def_inst(address) else { return false };
        let def = self.function.inst(def);
        let within = |size: usize| offset >= 0 && offset as usize + ty.bytes() as usize <= size;
        match (def.op, &def.aux) {
            (Op::Context, _) => true,
            (Op::GlobalAddr, &Aux::Global(at)) => within(self.env.module.globals_size.saturating_sub(at) as usize),
            (Op::DataAddr, Aux::Data(id)) => within(self.env.module.data[id.index()].bytes.len()),
            _ => false,
        }
    }

    /// Flags of an access that does not fail, in a region.
    ///
    /// To Cranelift a store without region touches all regions, but a load without region sees
    /// none of their stores. A function with a load of any region therefore uses no regions at all.
    fn in_region(&mut self, region: Region) -> MemFlagsData {
        let flags = MemFlagsData::new().with_notrap();
        if region == Region::ANY || self.mixes_regions {
            return flags;
        }
        self.with_region(flags, region.0 % REGION_COUNT)
    }

    fn with_region(&mut self, flags: MemFlagsData, user_id: u32) -> MemFlagsData {
        let regions = &mut self.builder.func.dfg.alias_regions;
        let region = regions.get(user_id).unwrap_or_else(|| {
            let description = format!("r{user_id}").into();
            regions.insert(AliasRegionData { user_id, description })
        });
        flags.with_alias_region(Some(region))
    }

    fn lower_copy(&mut self, to: ir::Value, from: ir::Value, size: u32, region: Region) {
        if size > INLINE_BYTES {
            let size = self.iconst(Type::I64, i64::from(size));
            let config = self.env.machine.isa().frontend_config();
            self.builder.call_memcpy(config, to, from, size);
            return;
        }
        let flags = self.in_region(region);
        for (ty, offset) in pieces(size) {
            let piece = self.builder.ins().load(ty, flags, from, offset);
            self.builder.ins().store(flags, piece, to, offset);
        }
    }

    fn lower_zero(&mut self, to: ir::Value, size: u32, region: Region) {
        if size > INLINE_BYTES {
            let size = self.iconst(Type::I64, i64::from(size));
            let zero = self.builder.ins().iconst(types::I8, 0);
            let config = self.env.machine.isa().frontend_config();
            self.builder.call_memset(config, to, zero, size);
            return;
        }
        let flags = self.in_region(region);
        for (ty, offset) in pieces(size) {
            let zero = if ty.is_vector() {
                let zeros = self.builder.func.dfg.constants.insert([0; 16].as_slice().into());
                self.builder.ins().vconst(ty, zeros)
            } else {
                self.builder.ins().iconst(ty, 0)
            };
            self.builder.ins().store(flags, zero, to, offset);
        }
    }

    /// Takes the object off the context's allocation region, where memory is zero; when that is
    /// used up, the runtime makes it.
    fn lower_alloc(&mut self, id: DescriptorId) -> ir::Value {
        let size = self.env.module.descriptors[id.index()].size.next_multiple_of(OBJECT_ALIGN);
        let fits = self.builder.create_block();
        let full = self.builder.create_block();
        let done = self.builder.create_block();
        let object = self.builder.append_block_param(done, types::I64);
        self.builder.set_cold_block(full);

        let cursor_flags = self.with_region(MemFlagsData::trusted(), CURSOR_REGION);
        let limit_flags = self.with_region(MemFlagsData::trusted(), LIMIT_REGION);
        let context = self.context();
        let cursor = self.builder.ins().load(types::I64, cursor_flags, context, ALLOC_CURSOR as i32);
        let limit = self.builder.ins().load(types::I64, limit_flags, context, ALLOC_LIMIT as i32);
        let end = self.builder.ins().iadd_imm_u(cursor, i64::from(size));
        let is_full = self.builder.ins().icmp(IntCC::UnsignedGreaterThan, end, limit);
        self.builder.ins().brif(is_full, full, &[], fits, &[]);

        self.builder.switch_to_block(full);
        let descriptor = self.symbol_address(Target::Descriptor(id));
        let made = self.call_native(Rt::Alloc, &[descriptor])[0];
        self.builder.ins().jump(done, &[made.into()]);

        self.builder.switch_to_block(fits);
        let context = self.context();
        self.builder.ins().store(cursor_flags, end, context, ALLOC_CURSOR as i32);
        let descriptor = self.symbol_address(Target::Descriptor(id));
        let header_flags = self.with_region(MemFlagsData::trusted(), HEADER_REGION);
        self.builder.ins().store(header_flags, descriptor, cursor, 0);
        self.builder.ins().jump(done, &[cursor.into()]);

        self.builder.switch_to_block(done);
        object
    }
}

/// Cuts so many bytes into pieces of 16, 8, 4, 2 and 1, with their offsets.
fn pieces(size: u32) -> impl Iterator<Item = (types::Type, i32)> {
    let kinds = [(types::I8X16, 16), (types::I64, 8), (types::I32, 4), (types::I16, 2), (types::I8, 1)];
    let mut offset = 0;
    std::iter::from_fn(move || {
        let left = size - offset;
        let &(ty, bytes) = kinds.iter().find(|(_, bytes)| *bytes <= left)?;
        offset += bytes;
        Some((ty, (offset - bytes) as i32))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_every_byte_once() {
        for size in 0..=INLINE_BYTES {
            let mut next = 0;
            for (ty, offset) in pieces(size) {
                assert_eq!(offset, next);
                next += ty.bytes() as i32;
            }
            assert_eq!(next, size as i32);
        }
    }
}
