//! `try` and `catch`: calls and checks in the body go on at a landing when they throw; it looks for the
//! clause of the error's class and throws on what none of them takes.

use super::control::Sink;
use super::function::FnBuilder;
use crate::ssa::{IntCc, Mem, Op, Region, Type, Value};
use crate::tir::{Catch, Expr, Ty};
use flash_abi::object::HEADER_ADDRESS_MASK;
use flash_abi::symbols::Rt;

impl<'a> FnBuilder<'_, 'a> {
    pub fn try_(&mut self, body: &'a Expr, catches: &'a [Catch], sink: &Sink) {
        let (landing, error) = self.e.new_landing();
        let join = self.e.new_block();
        let outer = self.e.set_handler(Some(landing));
        self.put(body, sink);
        self.e.set_handler(outer);
        self.e.jump(join);
        self.e.begin(landing);
        for clause in catches {
            let next = self.e.new_block();
            if let Some(ty) = clause.ty {
                let fits = self.is_of_class(error, ty);
                let taken = self.e.new_block();
                self.e.branch(fits, taken, next);
                self.e.begin(taken);
            }
            if let Some(local) = clause.local {
                self.declare(local);
                let place = self.local(local);
                self.write(&place, &[error]);
            }
            self.put(&clause.body, sink);
            self.e.jump(join);
            // Nothing gets there behind a clause that takes everything.
            self.e.begin(next);
        }
        if !self.e.is_dead() {
            self.e.fail(Rt::Throw, error, None);
        }
        self.e.begin(join);
    }

    /// Whether an object is of exactly this class.
    fn is_of_class(&mut self, object: Value, ty: Ty) -> Value {
        let ty = self.ty(ty);
        let descriptor = self.cx.class_descriptor(ty);
        let mem = Mem { offset: 0, region: Region::ANY, readonly: false };
        // The rest of the header is the collector's.
        let header = self.e.load(Type::I64, object, mem);
        let mask = self.e.iconst(Type::I64, HEADER_ADDRESS_MASK as i64);
        let header = self.e.binary(Op::And, Type::I64, header, mask);
        let descriptor = self.e.descriptor_addr(descriptor);
        let descriptor = self.e.bitcast(descriptor, Type::I64);
        self.e.icmp(IntCc::Eq, Type::I64, header, descriptor)
    }
}
