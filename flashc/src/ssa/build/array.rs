//! Growable arrays `[T]`: a header object of address, length and capacity, and a buffer.

use super::aggregate::is_zero;
use super::function::FnBuilder;
use super::module::Root;
use super::place::Place;
use crate::ssa::{IntCc, Mem, Region, Type, Value};
use crate::tir::{Expr, Ty, TyKind};
use flash_abi::object::{ARRAY_CAPACITY, ARRAY_DATA, ARRAY_LEN, BUFFER_DATA};
use flash_abi::symbols::Rt;

impl<'a> FnBuilder<'_, 'a> {
    pub fn element_ty(&self, array: Ty) -> Ty {
        match *self.cx.kind(array) {
            TyKind::Array(element) => element,
            _ => bug!("build: `{}` is no array", self.cx.type_name(array)),
        }
    }

    /// `[a, b, c]`
    pub fn array_literal(&mut self, items: &'a [Expr], ty: Ty) -> Value {
        let element = self.element_ty(ty);
        if items.is_empty() {
            return self.new_array(element, None);
        }
        let count = self.e.iconst(Type::I64, items.len() as i64);
        let data = self.new_buffer(element, count);
        let area = self.cx.area(Root::Element(element));
        if let Some(bytes) = self.constant_items(items, element) {
            if bytes.iter().any(|&byte| byte != 0) {
                let region = self.cx.region(area, 0);
                self.copy_bytes(bytes, element, data, region);
            }
            return self.new_array(element, Some((data, count)));
        }
        let size = self.cx.layout(element).size;
        for (index, item) in items.iter().enumerate() {
            let offset = (index as u64 * u64::from(size)) as i32;
            let place = Place::Memory { address: data, offset, area, ty: element, readonly: false };
            self.expr_into(item, &place);
        }
        self.new_array(element, Some((data, count)))
    }

    /// `[v; n]`
    pub fn array_repeat(&mut self, value: &'a Expr, count: &'a Expr, ty: Ty) -> Value {
        let element = self.element_ty(ty);
        let vals = (!self.is_made_anew(value)).then(|| self.owned(value));
        let count = self.one(count);
        if self.e.is_dead() {
            return count;
        }
        if self.e.as_iconst(count).is_none_or(|count| count < 0) {
            self.check_count(count);
        }
        let data = self.new_buffer(element, count);
        if !is_zero(value) {
            let area = self.cx.area(Root::Element(element));
            let size = self.cx.layout(element).size;
            self.count_loop(count, |this, index| {
                let address = this.e.element_addr(data, index, size);
                let place = Place::Memory { address, offset: 0, area, ty: element, readonly: false };
                this.fill_element(&place, value, vals.as_ref());
            });
        }
        self.new_array(element, Some((data, count)))
    }

    /// Fails when a number of elements is negative.
    fn check_count(&mut self, count: Value) {
        let (fails, goes_on) = (self.e.new_block(), self.e.new_block());
        let zero = self.e.iconst(Type::I64, 0);
        let is_negative = self.e.icmp(IntCc::Slt, Type::I64, count, zero);
        self.e.branch(is_negative, fails, goes_on);
        let message = "the number of elements of an array is negative";
        let data = self.cx.text(message);
        self.e.in_cold_block(fails, |e| {
            let address = e.data_addr(data);
            let length = e.iconst(Type::I64, message.len() as i64);
            e.fail(Rt::FailPanic, address, Some(length));
        });
        self.e.begin(goes_on);
    }

    /// The address of the first element of a new buffer.
    pub fn new_buffer(&mut self, element: Ty, count: Value) -> Value {
        let descriptor = self.cx.buffer_descriptor(element);
        let descriptor = self.e.descriptor_addr(descriptor);
        let buffer = self.e.call_rt(Rt::AllocBuffer, &[descriptor, count])[0];
        self.e.ptr_offset(buffer, BUFFER_DATA as i32)
    }

    /// A header for a full buffer of that many elements, or of an empty array.
    pub fn new_array(&mut self, element: Ty, buffer: Option<(Value, Value)>) -> Value {
        let descriptor = self.cx.array_descriptor(element);
        let array = self.e.alloc(descriptor);
        if let Some((data, count)) = buffer {
            let words = [
                (Type::Ptr, data, ARRAY_DATA, Region::ARRAY_DATA),
                (Type::I64, count, ARRAY_LEN, Region::ARRAY_LEN),
                (Type::I64, count, ARRAY_CAPACITY, Region::ARRAY_CAPACITY),
            ];
            for (ty, value, offset, region) in words {
                self.e.store(ty, value, array, Mem { offset: offset as i32, region, readonly: false });
            }
        }
        array
    }
}
