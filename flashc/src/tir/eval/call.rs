//! Calls: of functions with a Flash body, and of the intrinsics that only compute.

use super::own::Method;
use super::place::Place;
use super::{CALL_DEPTH, EvalErrorKind, Evaluator, Exit, Frame, Value};
use crate::source::{Span, Symbol};
use crate::tir::{Body, Callee, Const, Expr, ExprKind, FloatTy, FuncId, Function, Intrinsic, Ty, TyKind, arith};

impl Evaluator<'_> {
    pub(super) fn call(&mut self, callee: &Callee, args: &[Expr], span: Span) -> Value {
        match callee {
            Callee::Function { function, type_args } => {
                let type_args: Vec<Ty> = type_args.iter().map(|&ty| self.resolve(ty)).collect();
                self.call_function(*function, type_args, args, span)
            }
            Callee::Value(_) => self.not_constant(span, "calling a function value"),
            Callee::Interface { interface, method, type_args } => {
                self.call_interface(*interface, *method, type_args, args, span)
            }
        }
    }

    /// The type arguments are this call's, without parameters left in them.
    pub(super) fn call_function(&mut self, id: FuncId, type_args: Vec<Ty>, args: &[Expr], span: Span) -> Value {
        let view = self.view;
        let Some(Some(function)) = view.functions.get(id.index()) else {
            return self.fail(span, EvalErrorKind::Unchecked(id));
        };
        if function.attributes.is_async {
            return self.not_constant(span, "calling an async function");
        }
        match &function.body {
            Body::Flash(body) => self.call_flash(function, body, type_args, args, span),
            Body::Declared => self.not_constant(span, "calling a method of an interface"),
            Body::Intrinsic(intrinsic) => {
                let values: Result<Vec<Const>, Exit> = args.iter().map(|arg| self.eval(arg)).collect();
                self.intrinsic(*intrinsic, &values?, &type_args, args, span)
            }
            Body::ExternC { .. } => self.not_constant(span, "calling a function of C"),
            Body::Native(rt) => {
                let values: Result<Vec<Const>, Exit> = args.iter().map(|arg| self.eval(arg)).collect();
                self.native(*rt, &function.name, &values?, span)
            }
        }
    }

    fn call_flash(&mut self, function: &Function, body: &Expr, type_args: Vec<Ty>, args: &[Expr], span: Span) -> Value {
        let mut frame = Frame { locals: vec![None; function.locals.len()], type_args };
        // Values of `mut self` parameters go back to their places after the call.
        let mut references: Vec<(usize, Place)> = Vec::new();
        for (&param, arg) in function.params.iter().zip(args) {
            let by_reference = function.locals.get(param.index()).is_some_and(|local| local.is_reference);
            let value = match (&arg.kind, by_reference) {
                (ExprKind::AddressOf(target), true) => match self.place(target)? {
                    Some(place) => {
                        let value = self.load(&place, target.span)?;
                        references.push((param.index(), place));
                        value
                    }
                    None => self.eval(target)?,
                },
                _ => self.eval(arg)?,
            };
            if let Some(slot) = frame.locals.get_mut(param.index()) {
                *slot = Some(value);
            }
        }
        let (value, callee) = self.run_frame(function, body, frame, span)?;
        for (param, place) in references {
            if let Some(Some(new)) = callee.locals.get(param) {
                self.write(&place, new.clone(), span)?;
            }
        }
        Ok(value)
    }

    /// A call with values that are known already, of a function of Flash.
    pub(super) fn call_values(&mut self, (id, type_args): Method, values: Vec<Const>, span: Span) -> Value {
        let view = self.view;
        let Some(Some(function)) = view.functions.get(id.index()) else {
            return self.fail(span, EvalErrorKind::Unchecked(id));
        };
        let Body::Flash(body) = &function.body else {
            return self.not_constant(span, &format!("calling `{}`", function.name));
        };
        let mut frame = Frame { locals: vec![None; function.locals.len()], type_args };
        for (&param, value) in function.params.iter().zip(values) {
            if let Some(slot) = frame.locals.get_mut(param.index()) {
                *slot = Some(value);
            }
        }
        Ok(self.run_frame(function, body, frame, span)?.0)
    }

    /// The body's value, and the frame as it is afterwards.
    fn run_frame(
        &mut self,
        function: &Function,
        body: &Expr,
        frame: Frame,
        span: Span,
    ) -> Result<(Const, Frame), Exit> {
        self.calls.push((function.name.clone(), span));
        let caller = std::mem::replace(&mut self.frame, frame);
        self.depth += CALL_DEPTH;
        let result = match self.eval(body) {
            Err(Exit::Return(value)) => Ok(value),
            other => other,
        };
        self.depth -= CALL_DEPTH;
        let callee = std::mem::replace(&mut self.frame, caller);
        let value = result?;
        self.calls.pop();
        Ok((value, callee))
    }

    fn intrinsic(
        &mut self,
        intrinsic: Intrinsic,
        values: &[Const],
        type_args: &[Ty],
        args: &[Expr],
        span: Span,
    ) -> Value {
        use Const::{Bool, Float, Int, Str};
        let operand = type_args.first().copied().or_else(|| args.first().map(|arg| arg.ty)).unwrap_or(Ty::VOID);
        let kind = self.kind(operand);
        let float = if let TyKind::Float(float) = kind { float } else { FloatTy::F64 };
        let rounded = |value: f64| Ok(Float(arith::round(float, value)));
        match (intrinsic, values) {
            (Intrinsic::StrLen, [Str(text)]) => Ok(Int(text.as_str().len() as i128)),
            (Intrinsic::StrByte, [Str(text), Int(index)]) => {
                let byte = usize::try_from(*index).ok().and_then(|index| text.as_str().as_bytes().get(index));
                byte.map_or_else(|| self.throws(span, "a byte outside of its text"), |byte| Ok(Int(i128::from(*byte))))
            }
            (Intrinsic::StrSlice, [Str(text), Int(start), Int(end)]) => {
                let range = usize::try_from(*start).ok().zip(usize::try_from(*end).ok());
                let slice = range.and_then(|(start, end)| text.as_str().get(start..end));
                slice.map_or_else(|| self.throws(span, "a range outside of its text"), |s| Ok(Str(Symbol::new(s))))
            }
            (Intrinsic::Sqrt, [Float(x)]) => rounded(x.sqrt()),
            (Intrinsic::Floor, [Float(x)]) => rounded(x.floor()),
            (Intrinsic::Ceil, [Float(x)]) => rounded(x.ceil()),
            (Intrinsic::Trunc, [Float(x)]) => rounded(x.trunc()),
            (Intrinsic::Nearest, [Float(x)]) => rounded(x.round_ties_even()),
            (Intrinsic::Abs, [Float(x)]) => rounded(x.abs()),
            (Intrinsic::CopySign, [Float(x), Float(y)]) => rounded(x.copysign(*y)),
            // A NaN on either side is the result.
            (Intrinsic::Min, [Float(x), Float(y)]) if !x.is_nan() && !y.is_nan() => rounded(x.min(*y)),
            (Intrinsic::Max, [Float(x), Float(y)]) if !x.is_nan() && !y.is_nan() => rounded(x.max(*y)),
            (Intrinsic::ToBits, [Float(x)]) => Ok(Int(match float {
                FloatTy::F32 => i128::from((*x as f32).to_bits()),
                FloatTy::F64 => i128::from(x.to_bits()),
            })),
            (Intrinsic::Equal, [a, b]) => Ok(Bool(self.equal(a, b, operand, span)?)),
            (Intrinsic::Show, [value]) => {
                let text = self.show(value, operand, false, span)?;
                Ok(Str(Symbol::new(&text)))
            }
            (Intrinsic::Panic, [Str(text)]) => self.throws(span, text.as_str()),
            (Intrinsic::AssertFailed, _) => self.throws(span, "an assertion does not hold"),
            (_, [Int(a), rest @ ..]) if matches!(kind, TyKind::Int(_)) => {
                self.int_intrinsic(intrinsic, *a, rest, kind, span)
            }
            _ => self.not_constant(span, &format!("the intrinsic {intrinsic:?}")),
        }
    }

    fn int_intrinsic(&mut self, intrinsic: Intrinsic, a: i128, rest: &[Const], kind: TyKind, span: Span) -> Value {
        let TyKind::Int(int) = kind else { return self.not_constant(span, "this intrinsic") };
        let bits = int.bits();
        let unsigned = (a & ((1_i128 << bits) - 1)) as u64;
        let pair =
            |(value, overflowed): (i128, bool)| Ok(Const::Aggregate(vec![Const::Int(value), Const::Bool(overflowed)]));
        let count = |count: u32| Ok(Const::Int(i128::from(count)));
        match (intrinsic, rest) {
            (Intrinsic::AddOverflow, [Const::Int(b)]) => {
                pair(arith::overflowing(int, Some(a + b), arith::add(int, a, *b)))
            }
            (Intrinsic::SubOverflow, [Const::Int(b)]) => {
                pair(arith::overflowing(int, Some(a - b), arith::sub(int, a, *b)))
            }
            (Intrinsic::MulOverflow, [Const::Int(b)]) => {
                pair(arith::overflowing(int, a.checked_mul(*b), arith::mul(int, a, *b)))
            }
            (Intrinsic::CountOnes, []) => count(unsigned.count_ones()),
            (Intrinsic::LeadingZeros, []) => count(unsigned.leading_zeros() - (64 - bits)),
            (Intrinsic::TrailingZeros, []) => count(unsigned.trailing_zeros().min(bits)),
            (Intrinsic::RotateLeft | Intrinsic::RotateRight, [Const::Int(by)]) => {
                let by = (by & i128::from(bits - 1)) as u32;
                let left = if intrinsic == Intrinsic::RotateLeft { by } else { (bits - by) % bits };
                let wide = u128::from(unsigned);
                let turned = if left == 0 { wide } else { (wide << left) | (wide >> (bits - left)) };
                Ok(Const::Int(int.wrap(turned as i128)))
            }
            (Intrinsic::Abs, []) => Ok(Const::Int(int.wrap(a.abs()))),
            (Intrinsic::Min, [Const::Int(b)]) => Ok(Const::Int(a.min(*b))),
            (Intrinsic::Max, [Const::Int(b)]) => Ok(Const::Int(a.max(*b))),
            (Intrinsic::FromBits, []) => self.not_constant(span, "the intrinsic FromBits"),
            _ => self.not_constant(span, &format!("the intrinsic {intrinsic:?}")),
        }
    }
}
