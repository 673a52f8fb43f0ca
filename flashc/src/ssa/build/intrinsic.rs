//! The operations that std declares without a body: code in place of a call. They check nothing.

use super::arith::overflow_op;
use super::emitter::Vals;
use super::expr::single;
use super::function::FnBuilder;
use super::layout::{float_type, int_type};
use super::module::Area;
use super::place::Place;
use crate::ssa::{Mem, Op, Region, Type, Value};
use crate::tir::{BinaryOp, FloatTy, IntTy, Intrinsic, Ty, TyKind};
use flash_abi::object::ARRAY_CAPACITY;
use flash_abi::object::ARRAY_LEN;
use flash_abi::symbols::Rt;

impl FnBuilder<'_, '_> {
    /// `args` are the values of the parameters; `result` is the declared result type.
    pub fn intrinsic(
        &mut self,
        intrinsic: Intrinsic,
        type_args: &[Ty],
        args: &[Vals],
        result: Ty,
        into: Option<Value>,
    ) -> Vals {
        let flat: Vec<Value> = args.iter().flatten().copied().collect();
        let arg = |index: usize| match flat.get(index) {
            Some(&value) => value,
            None => bug!("build: {:?} has too few arguments", intrinsic),
        };
        let first_ty = type_args.first().copied().unwrap_or(result);
        match intrinsic {
            Intrinsic::ArrayLen => single(self.array_len(arg(0))),
            Intrinsic::ArrayCapacity => {
                let mem = Mem { offset: ARRAY_CAPACITY as i32, region: Region::ARRAY_CAPACITY, readonly: false };
                single(self.e.load(Type::I64, arg(0), mem))
            }
            Intrinsic::ArraySetLen => {
                let mem = Mem { offset: ARRAY_LEN as i32, region: Region::ARRAY_LEN, readonly: false };
                self.e.store(Type::I64, arg(1), arg(0), mem);
                Vals::new()
            }
            Intrinsic::ArrayReserve => {
                let descriptor = self.cx.buffer_descriptor(first_ty);
                let descriptor = self.e.descriptor_addr(descriptor);
                self.e.call_rt(Rt::ArrayReserve, &[arg(0), descriptor, arg(1)])
            }
            Intrinsic::ArrayGet => {
                let place = self.element_place(arg(0), arg(1), first_ty);
                let vals = self.read(&place);
                self.result_into(vals, result, into)
            }
            Intrinsic::ArraySet => {
                let place = self.element_place(arg(0), arg(1), first_ty);
                self.write(&place, &flat[2..]);
                Vals::new()
            }
            Intrinsic::ArrayMove => self.move_elements(first_ty, arg(0), arg(1), arg(0), arg(2), arg(3)),
            Intrinsic::ArrayCopy => self.move_elements(first_ty, arg(0), arg(1), arg(2), arg(3), arg(4)),
            Intrinsic::StrLen => single(arg(1)),
            Intrinsic::StrByte => {
                let address = self.e.ptr_add(arg(0), arg(2));
                let mem = Mem { offset: 0, region: Region::STR_BYTES, readonly: true };
                single(self.e.load(Type::I8, address, mem))
            }
            Intrinsic::StrSlice => {
                let address = self.e.ptr_add(arg(0), arg(2));
                let length = self.e.binary(Op::Isub, Type::I64, arg(3), arg(2));
                Vals::from_slice(&[address, length])
            }
            Intrinsic::StrAddress => single(self.e.bitcast(arg(0), Type::I64)),
            Intrinsic::PointerOffset => {
                let target = self.target_ty(first_ty, result);
                let size = self.cx.layout(target).size;
                single(self.e.element_addr(arg(0), arg(1), size))
            }
            Intrinsic::PointerAddress => single(self.e.bitcast(arg(0), Type::I64)),
            Intrinsic::PointerFromAddress => single(self.e.bitcast(arg(0), Type::Ptr)),
            Intrinsic::SizeOf => {
                let size = self.cx.layout(first_ty).size;
                single(self.e.iconst(Type::I64, i64::from(size)))
            }
            Intrinsic::Show => self.show(first_ty, &flat),
            Intrinsic::Equal => {
                let half = flat.len() / 2;
                if result == Ty::BOOL {
                    single(self.equal(first_ty, &flat[..half], &flat[half..]))
                } else {
                    single(self.order(first_ty, &flat[..half], &flat[half..]))
                }
            }
            Intrinsic::Plus => single(self.binary(BinaryOp::Add, first_ty, arg(0), arg(1))),
            Intrinsic::Times => single(self.binary(BinaryOp::Mul, first_ty, arg(0), arg(1))),
            Intrinsic::Zero if self.cx.is_memory(first_ty) => {
                let place = match into {
                    Some(address) => {
                        Place::Memory { address, offset: 0, area: Area::ANY, ty: first_ty, readonly: false }
                    }
                    None => self.temp(first_ty),
                };
                self.zero_place(&place);
                self.read(&place)
            }
            Intrinsic::Zero => self.dummy(first_ty),
            Intrinsic::One => match *self.cx.kind(first_ty) {
                TyKind::Float(FloatTy::F64) => single(self.e.fconst(Type::F64, 1f64.to_bits() as i64)),
                TyKind::Float(FloatTy::F32) => single(self.e.fconst(Type::F32, i64::from(1f32.to_bits()))),
                TyKind::Int(int) => single(self.e.iconst(int_type(int), 1)),
                _ => bug!("build: one of what is no number"),
            },
            Intrinsic::SameKey => {
                let half = flat.len() / 2;
                single(self.same_key(first_ty, &flat[..half], &flat[half..]))
            }
            Intrinsic::Hash => single(self.hash(first_ty, &flat)),
            Intrinsic::ShowInto => {
                self.write_shown(arg(0), first_ty, &flat[1..], true);
                Vals::new()
            }
            Intrinsic::ShowAlone => {
                self.write_shown(arg(0), first_ty, &flat[1..], false);
                Vals::new()
            }
            Intrinsic::PlainKey => match *self.cx.kind(first_ty) {
                TyKind::Float(float) => {
                    let zero = self.e.zero_of(float_type(float));
                    single(self.e.binary(Op::Fadd, float_type(float), arg(0), zero))
                }
                _ => self.result_into(flat.iter().copied().collect(), first_ty, into),
            },
            Intrinsic::ArrayPointer => single(self.element_address(arg(0), arg(1), first_ty)),
            Intrinsic::ArrayZero => {
                let place = self.element_place(arg(0), arg(1), first_ty);
                self.zero_place(&place);
                Vals::new()
            }
            Intrinsic::JsonWrite => {
                self.json_write(arg(0), first_ty, &flat[1..]);
                Vals::new()
            }
            Intrinsic::JsonRead => {
                let vals = self.json_read(&single(arg(0)), result);
                if into.is_some() { self.result_into(vals, result, into) } else { vals }
            }
            Intrinsic::JsonKey => self.json_key(first_ty, &flat),
            Intrinsic::JsonReadKey => self.json_read_key(result, arg(0), &flat[1..]),
            Intrinsic::PromiseSettle => {
                self.settle(arg(0), first_ty, flat[1..].iter().copied().collect());
                Vals::new()
            }
            Intrinsic::PromiseOf => self.promise_of(first_ty, flat.iter().copied().collect()),
            Intrinsic::PromiseValue => self.promise_value(arg(0), result, into),
            Intrinsic::IsPromise => {
                let is_promise = self.cx.types.awaited(first_ty).is_some();
                single(self.e.iconst(Type::I8, i64::from(is_promise)))
            }
            Intrinsic::InitializeStd => {
                self.initialize_std();
                Vals::new()
            }
            Intrinsic::CopiedGlobals => single(self.copied_globals_address()),
            Intrinsic::Panic => self.fail_with_text(Rt::FailPanic, arg(0), arg(1)),
            Intrinsic::AssertFailed => self.fail_with_text(Rt::FailAssert, arg(0), arg(1)),
            _ => self.number_intrinsic(intrinsic, &flat, result),
        }
    }

    fn fail_with_text(&mut self, rt: Rt, address: Value, length: Value) -> Vals {
        self.e.fail(rt, address, Some(length));
        Vals::new()
    }

    /// `PointerOffset`'s parameter may be the pointer's type or what it points to.
    fn target_ty(&self, ty: Ty, result: Ty) -> Ty {
        match (self.cx.kind(ty), self.cx.kind(result)) {
            (_, TyKind::Pointer(target)) => *target,
            _ => ty,
        }
    }

    /// A value of the memory class that was read from a place has to get out of it.
    fn result_into(&mut self, vals: Vals, ty: Ty, into: Option<Value>) -> Vals {
        if !self.cx.is_memory(ty) {
            return vals;
        }
        let place = match into {
            Some(address) => Place::Memory { address, offset: 0, area: Area::ANY, ty, readonly: false },
            None => self.temp(ty),
        };
        self.write(&place, &vals);
        self.read(&place)
    }

    fn move_elements(
        &mut self,
        element: Ty,
        to: Value,
        to_index: Value,
        from: Value,
        from_index: Value,
        count: Value,
    ) -> Vals {
        let to = self.element_address(to, to_index, element);
        let from = self.element_address(from, from_index, element);
        let size = self.cx.layout(element).size;
        let size = self.e.iconst(Type::I64, i64::from(size));
        let bytes = self.e.binary(Op::Imul, Type::I64, count, size);
        self.e.call_rt(Rt::MemMove, &[to, from, bytes])
    }

    /// Operations on one scalar type, which the first argument has.
    fn number_intrinsic(&mut self, intrinsic: Intrinsic, args: &[Value], result: Ty) -> Vals {
        let Some(&a) = args.first() else { bug!("build: {:?} without arguments", intrinsic) };
        let b = args.get(1).copied().unwrap_or(a);
        let ty = self.e.type_of(a);
        let unary = |this: &mut Self, op| single(this.e.unary(op, ty, a));
        let binary = |this: &mut Self, op| single(this.e.binary(op, ty, a, b));
        match intrinsic {
            Intrinsic::Sqrt => unary(self, Op::Sqrt),
            Intrinsic::Floor => unary(self, Op::Floor),
            Intrinsic::Ceil => unary(self, Op::Ceil),
            Intrinsic::Trunc => unary(self, Op::Ftrunc),
            Intrinsic::Nearest => unary(self, Op::Nearest),
            Intrinsic::CopySign => binary(self, Op::Fcopysign),
            Intrinsic::Abs if ty.is_float() => unary(self, Op::Fabs),
            Intrinsic::Min if ty.is_float() => binary(self, Op::Fmin),
            Intrinsic::Max if ty.is_float() => binary(self, Op::Fmax),
            Intrinsic::Abs => {
                if !self.is_signed(result) {
                    return single(a);
                }
                let negative = self.e.unary(Op::Ineg, ty, a);
                single(self.e.binary(Op::Smax, ty, a, negative))
            }
            Intrinsic::Min if self.is_signed(result) => binary(self, Op::Smin),
            Intrinsic::Min => binary(self, Op::Umin),
            Intrinsic::Max if self.is_signed(result) => binary(self, Op::Smax),
            Intrinsic::Max => binary(self, Op::Umax),
            Intrinsic::ToBits | Intrinsic::FromBits => {
                let to = match *self.cx.kind(result) {
                    TyKind::Float(float) => float_type(float),
                    TyKind::Int(int) => int_type(int),
                    _ => bug!("build: bits as `{}`", self.cx.type_name(result)),
                };
                single(self.e.bitcast(a, to))
            }
            Intrinsic::AddOverflow => self.overflow(BinaryOp::Add, a, b, result),
            Intrinsic::SubOverflow => self.overflow(BinaryOp::Sub, a, b, result),
            Intrinsic::MulOverflow => self.overflow(BinaryOp::Mul, a, b, result),
            Intrinsic::CountOnes => self.count(Op::Popcnt, a, result),
            Intrinsic::LeadingZeros => self.count(Op::Clz, a, result),
            Intrinsic::TrailingZeros => self.count(Op::Ctz, a, result),
            Intrinsic::RotateLeft | Intrinsic::RotateRight => {
                let op = if intrinsic == Intrinsic::RotateLeft { Op::Rotl } else { Op::Rotr };
                let count = self.e.resize(b, ty, false);
                single(self.e.binary(op, ty, a, count))
            }
            _ => bug!("build: {:?} is no operation on numbers", intrinsic),
        }
    }

    fn is_signed(&self, ty: Ty) -> bool {
        self.cx.types.as_int(ty).is_some_and(IntTy::is_signed)
    }

    /// A number of bits, as whatever integer the declaration gives.
    fn count(&mut self, op: Op, value: Value, result: Ty) -> Vals {
        let ty = self.e.type_of(value);
        let count = self.e.unary(op, ty, value);
        let to = self.cx.scalars(result).first().copied().unwrap_or(ty);
        single(self.e.resize(count, to, false))
    }

    fn overflow(&mut self, op: BinaryOp, a: Value, b: Value, result: Ty) -> Vals {
        let number = self.cx.fields(result).fields.first().and_then(|field| self.cx.types.as_int(field.ty));
        let Some(int) = number else { bug!("build: overflow of what is no integer") };
        let (value, overflows) = self.e.overflow(overflow_op(op, int), int_type(int), a, b);
        Vals::from_slice(&[value, overflows])
    }
}
