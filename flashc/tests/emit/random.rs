//! Random functions over all that our lowering may ask of Cranelift: arithmetic of every width, memory,
//! calls, tables, floats, vectors, branches. They are compiled and assembled, not run.

use crate::compile::{compile, isa};
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::*;
use cranelift_codegen::ir::*;
use cranelift_codegen::isa::{CallConv, TargetFrontendConfig};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use flashc::lower::machine::*;

/// xorshift64*
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % n
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// Functions, data they name, and imports.
pub fn random_program(triple: &str, flags: &[&str], seed: u64, count: usize) -> MachineProgram {
    let isa = isa(triple, flags);
    let mut random = Random::new(seed);
    let special = ["main.<closure>", "std:array.push<i32>", "times", "rax", "a.b", "a.b.b1"];
    let mut symbols: Vec<String> =
        (0..count).map(|n| special.get(n).map_or(format!("main.f{n}"), |s| s.to_string())).collect();
    let data_start = symbols.len();
    symbols.extend(["text", "numbers", "root", "empty", "wait"].map(String::from));
    let import_start = symbols.len();
    symbols.extend(["ext_alloc", "ext_fail", "extadd"].map(String::from));
    let is_elf = !triple.contains("windows");
    let functions = (0..count)
        .map(|_| {
            Generator {
                random: &mut random,
                functions: count,
                data_start,
                import_start,
                is_elf,
                is_pic: flags.contains(&"pic"),
            }
            .function(isa.default_call_conv(), isa.frontend_config())
        })
        .collect();
    compile(&isa, functions, &symbols, data(&symbols))
}

fn data(symbols: &[String]) -> Vec<MachineData> {
    let plain = |symbol: &str, align, bytes: &[u8]| MachineData {
        symbol: symbol.into(),
        is_public: false,
        section: DataSection::ReadOnly,
        align,
        bytes: bytes.to_vec(),
        relocations: Vec::new(),
    };
    let mut numbers: Vec<u8> = (0u32..40).flat_map(|n| (n * n).to_le_bytes()).collect();
    numbers.extend([0; 100]);
    numbers.extend(b"i32\0Point");
    let mut root = plain("root", 16, &[7; 64]);
    root.section = DataSection::ReadOnlyRelocated;
    root.is_public = true;
    let address = |offset, symbol: &str, addend, kind| Relocation { offset, kind, symbol: symbol.into(), addend };
    root.relocations = vec![
        address(8, "text", 3, RelocationKind::Abs64),
        address(16, &symbols[1], 0, RelocationKind::Abs64),
        address(24, "ext_alloc", 8, RelocationKind::Abs64),
        address(40, "numbers", -4, RelocationKind::Relative32),
        address(44, &symbols[2], 1, RelocationKind::Relative32),
    ];
    vec![
        plain("text", 1, "let x = \"a\\\";\n\t// gr\u{fc}\u{df}e \u{1f600}\r\n`%macro`\\\0ab\u{7f}".as_bytes()),
        root,
        plain("numbers", 4, &numbers),
        plain("empty", 8, &[]),
        plain("wait", 8, &0x1234_5678_9abc_def0u64.to_le_bytes()),
    ]
}

struct Generator<'r> {
    random: &'r mut Random,
    functions: usize,
    data_start: usize,
    import_start: usize,
    is_elf: bool,
    /// Addresses come from the GOT: only of imports.
    is_pic: bool,
}

/// Values of each type that are at hand.
#[derive(Clone, Default)]
struct Pool(Vec<(Type, Value)>);

const INTS: [Type; 4] = [I8, I16, I32, I64];
const VECTORS: [Type; 6] = [I8X16, I16X8, I32X4, I64X2, F32X4, F64X2];

impl Pool {
    fn any(&self, random: &mut Random, ty: Type) -> Value {
        let all: Vec<Value> = self.0.iter().filter(|v| v.0 == ty).map(|v| v.1).collect();
        random.pick(&all)
    }
}

impl Generator<'_> {
    fn function(&mut self, convention: CallConv, frontend: TargetFrontendConfig) -> Function {
        let convention = self.random.pick(&[convention, CallConv::Tail]);
        let mut signature = Signature::new(convention);
        let params = [I8, I16, I32, I64, I64, F32, F64, I32, I64];
        signature.params.extend(params.map(AbiParam::new));
        signature.returns.push(AbiParam::new(self.random.pick(&[I64, F64, I32])));
        let mut function = Function::with_name_signature(UserFuncName::default(), signature.clone());
        let mut context = FunctionBuilderContext::new();
        let mut builder = FunctionBuilder::new(&mut function, &mut context);
        let entry = builder.create_block();
        builder.append_block_params_for_function_params(entry);
        builder.switch_to_block(entry);
        builder.set_srcloc(SourceLoc::new(1));
        let mut pool = Pool(params.into_iter().zip(builder.block_params(entry).to_vec()).collect());
        for ty in VECTORS {
            let scalar = pool
                .any(self.random, if ty.lane_type() == F32 || ty.lane_type() == F64 { ty.lane_type() } else { I64 });
            let scalar = if ty.lane_type().is_int() && ty.lane_type() != I64 {
                builder.ins().ireduce(ty.lane_type(), scalar)
            } else {
                scalar
            };
            let vector = builder.ins().splat(ty, scalar);
            pool.0.push((ty, vector));
        }
        self.straight(&mut builder, &mut pool, 12);
        let count = 2 + self.random.below(7);
        let blocks: Vec<Block> = (0..count).map(|_| builder.create_block()).collect();
        self.terminate(&mut builder, &pool, &blocks, 0);
        for (index, &block) in blocks.iter().enumerate() {
            builder.switch_to_block(block);
            builder.set_srcloc(SourceLoc::new(2 + index as u32));
            let mut local = pool.clone();
            let length = 3 + self.random.below(12);
            self.straight(&mut builder, &mut local, length);
            self.terminate(&mut builder, &local, &blocks, index);
        }
        builder.seal_all_blocks();
        builder.finalize(frontend);
        function
    }

    fn terminate(&mut self, b: &mut FunctionBuilder<'_>, pool: &Pool, blocks: &[Block], at: usize) {
        let target = |random: &mut Random| {
            let index = if random.below(4) == 0 {
                random.below(blocks.len())
            } else {
                (at + 1 + random.below(2)).min(blocks.len() - 1)
            };
            blocks[index]
        };
        let last = at + 1 == blocks.len();
        match self.random.below(if last { 2 } else { 8 }) {
            0 | 1 => {
                let ty = b.func.signature.returns[0].value_type;
                let value = pool.any(self.random, ty);
                b.ins().return_(&[value]);
            }
            2 => {
                let block = target(self.random);
                b.ins().jump(block, &[]);
            }
            3 => {
                let index = pool.any(self.random, I32);
                let count = 3 + self.random.below(9);
                let entries: Vec<BlockCall> =
                    (0..count).map(|_| BlockCall::new(target(self.random), [], &mut b.func.dfg.value_lists)).collect();
                let default = BlockCall::new(target(self.random), [], &mut b.func.dfg.value_lists);
                let table = b.create_jump_table(JumpTableData::new(default, &entries));
                b.ins().br_table(index, table);
            }
            4 if b.func.signature.call_conv == CallConv::Tail && self.random.below(2) == 0 => {
                let mut signature = Signature::new(CallConv::Tail);
                signature.params.extend([I64, F64].map(AbiParam::new));
                signature.returns = b.func.signature.returns.clone();
                let signature = b.import_signature(signature);
                let arguments = [pool.any(self.random, I64), pool.any(self.random, F64)];
                let index =
                    if self.random.below(3) == 0 { self.import_start } else { self.random.below(self.functions) };
                let name = self.name(b, index);
                let callee = b.import_function(ExtFuncData { name, signature, colocated: true, patchable: false });
                b.ins().return_call(callee, &arguments);
            }
            4 if self.random.below(6) == 0 => {
                b.ins().trap(TrapCode::unwrap_user(1));
            }
            _ => {
                let ty = self.random.pick(&INTS);
                let (x, y) = (pool.any(self.random, ty), pool.any(self.random, ty));
                let condition = if self.random.below(4) == 0 {
                    let (x, y) = (pool.any(self.random, F64), pool.any(self.random, F64));
                    let cc = self.float_cc();
                    b.ins().fcmp(cc, x, y)
                } else {
                    let cc = self.int_cc();
                    b.ins().icmp(cc, x, y)
                };
                let (yes, no) = (target(self.random), target(self.random));
                b.ins().brif(condition, yes, &[], no, &[]);
            }
        }
    }

    fn int_cc(&mut self) -> IntCC {
        use IntCC::*;
        self.random.pick(&[
            Equal,
            NotEqual,
            SignedLessThan,
            SignedGreaterThanOrEqual,
            SignedGreaterThan,
            SignedLessThanOrEqual,
            UnsignedLessThan,
            UnsignedGreaterThanOrEqual,
            UnsignedGreaterThan,
            UnsignedLessThanOrEqual,
        ])
    }

    fn float_cc(&mut self) -> FloatCC {
        use FloatCC::*;
        self.random.pick(&[
            Equal,
            NotEqual,
            LessThan,
            LessThanOrEqual,
            GreaterThan,
            GreaterThanOrEqual,
            Ordered,
            Unordered,
            UnorderedOrLessThan,
            UnorderedOrGreaterThanOrEqual,
        ])
    }

    /// A constant of one of the sizes that encodings tell apart.
    fn constant(&mut self) -> i64 {
        let noise = self.random.below(1 << 31) as i64;
        match self.random.below(12) {
            0 => 0,
            1 => 1,
            2 => -1,
            3 => noise % 127,
            4 => -(noise % 128),
            5 => 128,
            6 => noise % 70000,
            7 => 0x7fff_ffff,
            8 => 0xffff_ffff,
            9 => noise << 31 | noise,
            10 => -noise,
            _ => 1 << (noise % 63),
        }
    }

    fn offset(&mut self) -> i32 {
        self.random.pick(&[0, 0, 1, 8, 16, 127, -8, -128, 128, 4096, -70000, 1 << 20])
    }

    fn straight(&mut self, b: &mut FunctionBuilder<'_>, pool: &mut Pool, count: usize) {
        for _ in 0..count {
            match self.random.below(16) {
                0..=4 => self.integer(b, pool),
                5 => self.compare(b, pool),
                6 | 7 => self.float(b, pool),
                8 => self.convert(b, pool),
                9..=11 => self.memory(b, pool),
                12 => self.call(b, pool),
                13 => self.address(b, pool),
                14 => self.vector(b, pool),
                _ => self.check(b, pool),
            }
        }
    }

    fn integer(&mut self, b: &mut FunctionBuilder<'_>, pool: &mut Pool) {
        let ty = self.random.pick(&INTS);
        let x = pool.any(self.random, ty);
        let y = if self.random.below(2) == 0 {
            let mask = if ty == I64 { -1 } else { (1i64 << ty.bits()) - 1 };
            let constant = self.constant() & mask;
            b.ins().iconst(ty, constant)
        } else if self.random.below(3) == 0 {
            let base = pool.any(self.random, I64);
            let offset = self.offset();
            b.ins().load(ty, MemFlagsData::new(), base, offset)
        } else {
            pool.any(self.random, ty)
        };
        let value = match self.random.below(30) {
            0..=2 => b.ins().iadd(x, y),
            3 | 4 => b.ins().isub(x, y),
            5 | 6 => b.ins().imul(x, y),
            7 => b.ins().band(x, y),
            8 => b.ins().bor(x, y),
            9 => b.ins().bxor(x, y),
            10 => b.ins().ishl(x, y),
            11 => b.ins().ushr(x, y),
            12 => b.ins().sshr(x, y),
            13 => b.ins().rotl(x, y),
            14 => b.ins().rotr(x, y),
            15 => b.ins().sdiv(x, y),
            16 => b.ins().udiv(x, y),
            17 => b.ins().srem(x, y),
            18 => b.ins().urem(x, y),
            19 => b.ins().ineg(x),
            20 => b.ins().bnot(x),
            21 => b.ins().clz(x),
            22 => b.ins().ctz(x),
            23 => b.ins().popcnt(x),
            24 if ty != I8 => b.ins().bswap(x),
            25 => b.ins().smax(x, y),
            26 => b.ins().umin(x, y),
            27 => b.ins().iabs(x),
            28 => b.ins().smulhi(x, y),
            _ => {
                let (value, flag) = match self.random.below(4) {
                    0 => b.ins().sadd_overflow(x, y),
                    1 => b.ins().ssub_overflow(x, y),
                    2 => b.ins().uadd_overflow(x, y),
                    _ => b.ins().smul_overflow(x, y),
                };
                pool.0.push((I8, flag));
                value
            }
        };
        pool.0.push((ty, value));
    }

    fn compare(&mut self, b: &mut FunctionBuilder<'_>, pool: &mut Pool) {
        let ty = self.random.pick(&INTS);
        let (x, y) = (pool.any(self.random, ty), pool.any(self.random, ty));
        let cc = self.int_cc();
        let flag = match self.random.below(3) {
            0 => {
                let mask = if ty == I64 { -1 } else { (1i64 << ty.bits()) - 1 };
                let constant = self.constant() & mask;
                let y = b.ins().iconst(ty, constant);
                b.ins().icmp(cc, x, y)
            }
            1 => b.ins().icmp(cc, x, y),
            _ => {
                let (x, y) = (pool.any(self.random, F32), pool.any(self.random, F32));
                let cc = self.float_cc();
                b.ins().fcmp(cc, x, y)
            }
        };
        pool.0.push((I8, flag));
        let ty = self.random.pick(&[I8, I16, I32, I64, F32, F64]);
        let (x, y) = (pool.any(self.random, ty), pool.any(self.random, ty));
        let value = b.ins().select(flag, x, y);
        pool.0.push((ty, value));
    }

    fn float(&mut self, b: &mut FunctionBuilder<'_>, pool: &mut Pool) {
        let ty = self.random.pick(&[F32, F64]);
        let x = pool.any(self.random, ty);
        let y = match self.random.below(3) {
            0 if ty == F64 => b.ins().f64const(1.5 + self.random.0 as f64),
            0 => b.ins().f32const(0.1 + self.random.0 as f32),
            _ => pool.any(self.random, ty),
        };
        let value = match self.random.below(14) {
            0 => b.ins().fadd(x, y),
            1 => b.ins().fsub(x, y),
            2 => b.ins().fmul(x, y),
            3 => b.ins().fdiv(x, y),
            4 => b.ins().sqrt(x),
            5 => b.ins().fneg(x),
            6 => b.ins().fabs(x),
            7 => b.ins().fmin(x, y),
            8 => b.ins().fmax(x, y),
            9 => b.ins().fcopysign(x, y),
            10 => b.ins().floor(x),
            11 => b.ins().ceil(x),
            12 => b.ins().trunc(x),
            _ => b.ins().nearest(x),
        };
        pool.0.push((ty, value));
    }

    fn convert(&mut self, b: &mut FunctionBuilder<'_>, pool: &mut Pool) {
        let int = self.random.pick(&[I32, I64]);
        let float = self.random.pick(&[F32, F64]);
        let (i, f) = (pool.any(self.random, int), pool.any(self.random, float));
        let (ty, value) = match self.random.below(12) {
            0 => (float, b.ins().fcvt_from_sint(float, i)),
            1 => (float, b.ins().fcvt_from_uint(float, i)),
            2 => (int, b.ins().fcvt_to_sint_sat(int, f)),
            3 => (int, b.ins().fcvt_to_uint_sat(int, f)),
            4 => {
                let x = pool.any(self.random, F32);
                (F64, b.ins().fpromote(F64, x))
            }
            5 => {
                let x = pool.any(self.random, F64);
                (F32, b.ins().fdemote(F32, x))
            }
            6 => {
                let x = pool.any(self.random, F64);
                (I64, b.ins().bitcast(I64, MemFlagsData::new(), x))
            }
            7 => {
                let x = pool.any(self.random, I32);
                (F32, b.ins().bitcast(F32, MemFlagsData::new(), x))
            }
            8 => {
                let from = self.random.pick(&[I8, I16, I32]);
                let x = pool.any(self.random, from);
                (I64, b.ins().uextend(I64, x))
            }
            9 => {
                let from = self.random.pick(&[I8, I16, I32]);
                let x = pool.any(self.random, from);
                (I64, b.ins().sextend(I64, x))
            }
            10 => {
                let x = pool.any(self.random, I8);
                (I32, b.ins().sextend(I32, x))
            }
            _ => {
                let to = self.random.pick(&[I8, I16, I32]);
                let x = pool.any(self.random, I64);
                (to, b.ins().ireduce(to, x))
            }
        };
        pool.0.push((ty, value));
    }

    fn memory(&mut self, b: &mut FunctionBuilder<'_>, pool: &mut Pool) {
        let flags = MemFlagsData::trusted();
        let mut base = pool.any(self.random, I64);
        if self.random.below(2) == 0 {
            let index = pool.any(self.random, I64);
            let shift = self.random.below(5) as i64;
            let scaled = b.ins().ishl_imm_u(index, shift);
            base = if self.random.below(6) == 0 { scaled } else { b.ins().iadd(base, scaled) };
        }
        if self.random.below(8) == 0 {
            base = b.ins().get_pinned_reg(I64);
        }
        let offset = self.offset();
        let ty = self.random.pick(&[I8, I16, I32, I64, F32, F64, I32X4, F64X2]);
        match self.random.below(9) {
            0..=2 => {
                let value = b.ins().load(ty, flags, base, offset);
                pool.0.push((ty, value));
            }
            3 | 4 => {
                let value = pool.any(self.random, ty);
                b.ins().store(flags, value, base, offset);
            }
            5 => {
                let int = self.random.pick(&INTS);
                let constant = self.constant();
                let mask = if int == I64 { -1 } else { (1i64 << int.bits()) - 1 };
                let value = b.ins().iconst(int, constant & mask);
                b.ins().store(flags, value, base, offset);
            }
            6 => {
                let value = match self.random.below(4) {
                    0 => b.ins().uload8(I64, flags, base, offset),
                    1 => b.ins().sload8(I64, flags, base, offset),
                    2 => b.ins().uload16(I64, flags, base, offset),
                    _ => b.ins().sload32(flags, base, offset),
                };
                pool.0.push((I64, value));
            }
            7 => {
                // Read, change, write: one instruction.
                let int = self.random.pick(&INTS);
                let old = b.ins().load(int, flags, base, offset);
                let other = pool.any(self.random, int);
                let new = match self.random.below(4) {
                    0 => b.ins().iadd(old, other),
                    1 => b.ins().iadd_imm_s(old, 1),
                    2 => b.ins().bxor(old, other),
                    _ => b.ins().isub(old, other),
                };
                b.ins().store(flags, new, base, offset);
            }
            _ => {
                let size = self.random.pick(&[8, 64, 400, 5000]);
                let slot = b.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, size, 3));
                let value = pool.any(self.random, ty);
                b.ins().stack_store(I64, value, slot, 0);
                let address = b.ins().stack_addr(I64, slot, 0);
                pool.0.push((I64, address));
                let value = b.ins().stack_load(I64, I32, slot, 4);
                pool.0.push((I32, value));
            }
        }
    }

    fn name(&mut self, b: &mut FunctionBuilder<'_>, index: usize) -> ExternalName {
        let name = UserExternalName { namespace: 0, index: index as u32 };
        ExternalName::user(b.func.declare_imported_user_function(name))
    }

    fn call(&mut self, b: &mut FunctionBuilder<'_>, pool: &mut Pool) {
        let mut signature = Signature::new(if self.is_elf { CallConv::SystemV } else { CallConv::WindowsFastcall });
        signature.params.extend([I64, I32, F64].map(AbiParam::new));
        signature.returns.push(AbiParam::new(I64));
        let arguments = [pool.any(self.random, I64), pool.any(self.random, I32), pool.any(self.random, F64)];
        let signature = b.import_signature(signature);
        let call = if self.random.below(5) == 0 {
            let callee = pool.any(self.random, I64);
            b.ins().call_indirect(signature, callee, &arguments)
        } else {
            let is_import = self.random.below(2) == 0;
            let index =
                if is_import { self.import_start + self.random.below(3) } else { self.random.below(self.functions) };
            let name = self.name(b, index);
            let callee = b.import_function(ExtFuncData { name, signature, colocated: true, patchable: false });
            if self.random.below(6) == 0 && (is_import || !self.is_pic) {
                let address = b.ins().func_addr(I64, callee);
                pool.0.push((I64, address));
            }
            b.ins().call(callee, &arguments)
        };
        let value = b.inst_results(call)[0];
        pool.0.push((I64, value));
    }

    fn address(&mut self, b: &mut FunctionBuilder<'_>, pool: &mut Pool) {
        let index = self.data_start + self.random.below(5);
        let is_foreign = self.is_pic || self.random.below(3) == 0;
        let index = if is_foreign { self.import_start + self.random.below(3) } else { index };
        let name = self.name(b, index);
        let offset = if is_foreign { 0 } else { self.random.pick(&[0, 0, 8, -4]) };
        let symbol =
            GlobalValueData::Symbol { name, offset: immediates::Imm64::new(offset), colocated: true, tls: false };
        let global = b.create_global_value(symbol);
        let address = b.ins().symbol_value(I64, global);
        pool.0.push((I64, address));
        if self.random.below(2) == 0 {
            let ty = self.random.pick(&[I8, I32, I64, F64]);
            let value = b.ins().load(ty, MemFlagsData::trusted(), address, 8);
            pool.0.push((ty, value));
        }
    }

    fn vector(&mut self, b: &mut FunctionBuilder<'_>, pool: &mut Pool) {
        let ty = self.random.pick(&VECTORS);
        let (x, y) = (pool.any(self.random, ty), pool.any(self.random, ty));
        let is_float = ty.lane_type().is_float();
        let lane = self.random.below(ty.lane_count() as usize) as u8;
        let value = match self.random.below(10) {
            0 | 1 if is_float => b.ins().fadd(x, y),
            2 if is_float => b.ins().fmul(x, y),
            3 if is_float => b.ins().sqrt(x),
            4 if is_float => b.ins().fdiv(x, y),
            0 | 1 => b.ins().iadd(x, y),
            2 => b.ins().isub(x, y),
            3 => b.ins().band(x, y),
            4 => {
                let cc = self.random.pick(&[IntCC::Equal, IntCC::SignedGreaterThan]);
                b.ins().icmp(cc, x, y)
            }
            5 if !is_float && ty != I8X16 => b.ins().imul(x, y),
            6 => b.ins().bxor(x, y),
            7 => {
                let scalar = b.ins().extractlane(x, lane);
                pool.0.push((ty.lane_type(), scalar));
                return;
            }
            8 => {
                let scalar = pool.any(self.random, ty.lane_type());
                b.ins().insertlane(x, scalar, lane)
            }
            _ => {
                let scalar = pool.any(self.random, ty.lane_type());
                b.ins().splat(ty, scalar)
            }
        };
        pool.0.push((ty, value));
    }

    fn check(&mut self, b: &mut FunctionBuilder<'_>, pool: &mut Pool) {
        match self.random.below(3) {
            0 => {
                let (x, y) = (pool.any(self.random, I64), pool.any(self.random, I64));
                let fails = b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, x, y);
                b.ins().trapnz(fails, TrapCode::unwrap_user(2));
            }
            1 => {
                let (x, y) = (pool.any(self.random, I32), pool.any(self.random, I32));
                let value = b.ins().uadd_overflow_trap(x, y, TrapCode::unwrap_user(3));
                pool.0.push((I32, value));
            }
            _ => {
                let value = pool.any(self.random, I64);
                b.ins().trapz(value, TrapCode::unwrap_user(4));
            }
        }
    }
}
