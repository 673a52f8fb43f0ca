//! How values of each type look: as scalars ("leaves") and in memory. A value of at most
//! [`MAX_SCALARS`] leaves without a fixed array inside is in the scalar class and lives in SSA
//! values; any other is in the memory class and stands for itself as the address of its storage.
//!
//! Optionals of references and of `str` use a null address; others have a tag byte before the
//! payload. "Parts" number what may have a memory region of its own inside a type: each leaf, but
//! a fixed array, whatever its length, is one.

use super::module::ModuleBuilder;
use crate::ast::RecordKind;
use crate::ssa::Type;
use crate::tir::contain;
use crate::tir::{FloatTy, IntTy, NominalKind, Ty, TyKind};
use flash_abi::object::{HEADER_SIZE, SLOT_EXACT};
use std::rc::Rc;

/// More leaves than this put a value in memory.
pub const MAX_SCALARS: usize = 8;

/// What the collector has to know of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointer {
    No,
    /// Null, outside the heap, or an object's start.
    Exact,
    /// Perhaps inside an object.
    Inside,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    pub ty: Type,
    pub offset: u32,
    pub pointer: Pointer,
}

#[derive(Debug)]
pub struct Layout {
    pub size: u32,
    pub align: u32,
    /// Every scalar in order; empty when there is a fixed array inside.
    pub leaves: Vec<Leaf>,
    pub is_scalar: bool,
    /// A fixed array is inside.
    pub has_array: bool,
    pub parts: u32,
}

impl Layout {
    fn leaf(ty: Type, pointer: Pointer) -> Layout {
        let size = ty.bytes();
        Layout {
            size,
            align: size,
            leaves: vec![Leaf { ty, offset: 0, pointer }],
            is_scalar: true,
            has_array: false,
            parts: 1,
        }
    }
}

/// A field of a tuple, record, struct or class instance.
#[derive(Clone, Copy, Debug)]
pub struct FieldLayout {
    pub ty: Ty,
    /// From the start of the value, or of the class's object.
    pub offset: u32,
    /// Index of its first leaf and part.
    pub leaf: usize,
    pub part: u32,
}

#[derive(Debug)]
pub struct Fields {
    pub fields: Vec<FieldLayout>,
    pub size: u32,
    pub align: u32,
    pub parts: u32,
}

/// An enum: its tag is the first leaf. Variants share the other leaves, so that an address is
/// always where the collector looks for one.
#[derive(Debug)]
pub struct EnumLayout {
    pub tag: Type,
    /// No variant has fields: the tag is the variant's integer value instead of its index.
    pub is_c_like: bool,
    pub layout: Rc<Layout>,
    pub variants: Vec<VariantLayout>,
}

/// Where a variant has its fields.
#[derive(Debug)]
pub enum VariantLayout {
    /// Leaf indices of each field.
    Inline(Vec<Vec<usize>>),
    /// In an object that holds a tuple of them (`contents`), whose address is this leaf: where they lead
    /// back to the enum, and where one of them is no scalars.
    Boxed { leaf: usize, contents: Ty },
}

fn align_to(offset: u32, align: u32) -> u32 {
    offset.saturating_add(align - 1) / align * align
}

impl ModuleBuilder<'_> {
    pub fn kind(&self, ty: Ty) -> &TyKind {
        self.types.kind(ty)
    }

    pub fn layout(&mut self, ty: Ty) -> Rc<Layout> {
        if let Some(layout) = self.layouts.get(&ty) {
            return layout.clone();
        }
        let layout = self.compute_layout(ty);
        self.layouts.insert(ty, layout.clone());
        layout
    }

    fn compute_layout(&mut self, ty: Ty) -> Rc<Layout> {
        let layout = match *self.kind(ty) {
            TyKind::Void | TyKind::Never => {
                Layout { size: 0, align: 1, leaves: Vec::new(), is_scalar: true, has_array: false, parts: 0 }
            }
            TyKind::Bool => Layout::leaf(Type::I8, Pointer::No),
            TyKind::Char => Layout::leaf(Type::I32, Pointer::No),
            TyKind::Int(int) => Layout::leaf(int_type(int), Pointer::No),
            TyKind::Float(float) => Layout::leaf(float_type(float), Pointer::No),
            TyKind::Str => Layout {
                size: 16,
                align: 8,
                leaves: vec![
                    Leaf { ty: Type::Ptr, offset: 0, pointer: Pointer::Inside },
                    Leaf { ty: Type::I64, offset: 8, pointer: Pointer::No },
                ],
                is_scalar: true,
                has_array: false,
                parts: 2,
            },
            TyKind::Array(_) | TyKind::Function(..) => Layout::leaf(Type::Ptr, Pointer::Exact),
            TyKind::Pointer(_) => Layout::leaf(Type::Ptr, Pointer::Inside),
            TyKind::FixedArray(element, count) => {
                let element = self.layout(element);
                let size = u64::from(element.size).saturating_mul(count);
                let size = u32::try_from(size).unwrap_or(u32::MAX);
                Layout { size, align: element.align, leaves: Vec::new(), is_scalar: false, has_array: true, parts: 1 }
            }
            TyKind::Optional(inner) => {
                let payload = self.layout(inner);
                if self.has_niche(inner) {
                    return payload;
                }
                let offset = align_to(1, payload.align);
                let mut leaves = vec![Leaf { ty: Type::I8, offset: 0, pointer: Pointer::No }];
                leaves.extend(
                    payload.leaves.iter().map(|leaf| Leaf { offset: leaf.offset.saturating_add(offset), ..*leaf }),
                );
                let has_array = payload.has_array;
                if has_array {
                    leaves.clear();
                }
                let size = align_to(payload.size.saturating_add(offset), payload.align);
                let is_scalar = !has_array && leaves.len() <= MAX_SCALARS;
                Layout { size, align: payload.align, leaves, is_scalar, has_array, parts: payload.parts + 1 }
            }
            TyKind::Tuple(_) | TyKind::Record(_) => self.fields_layout(ty),
            TyKind::Nominal(id, _) => match &self.tree.nominals[id.index()].kind {
                NominalKind::Record { kind: RecordKind::Class, .. } => Layout::leaf(Type::Ptr, Pointer::Exact),
                NominalKind::Record { kind: RecordKind::Struct, .. } => self.fields_layout(ty),
                NominalKind::Enum { .. } => return self.enum_layout(ty).layout.clone(),
                // The object, then the dispatch table.
                NominalKind::Interface { .. } => Layout {
                    size: 16,
                    align: 8,
                    leaves: vec![
                        Leaf { ty: Type::Ptr, offset: 0, pointer: Pointer::Exact },
                        Leaf { ty: Type::Ptr, offset: 8, pointer: Pointer::No },
                    ],
                    is_scalar: true,
                    has_array: false,
                    parts: 2,
                },
            },
            TyKind::Param(_, name) => bug!("build: type parameter `{}` was not replaced", name),
            TyKind::Error => bug!("build: type of an error in a checked program"),
        };
        Rc::new(layout)
    }

    fn fields_layout(&mut self, ty: Ty) -> Layout {
        let fields = self.fields(ty);
        let mut leaves = Vec::new();
        let mut has_array = false;
        for field in &fields.fields {
            let layout = self.layout(field.ty);
            has_array |= layout.has_array;
            leaves.extend(
                layout.leaves.iter().map(|leaf| Leaf { offset: leaf.offset.saturating_add(field.offset), ..*leaf }),
            );
        }
        if has_array {
            leaves.clear();
        }
        let is_scalar = !has_array && leaves.len() <= MAX_SCALARS;
        Layout { size: fields.size, align: fields.align, leaves, is_scalar, has_array, parts: fields.parts }
    }

    /// The fields of a tuple, record, struct or class, from the start of the value or object.
    pub fn fields(&mut self, ty: Ty) -> Rc<Fields> {
        if let Some(fields) = self.fields.get(&ty) {
            return fields.clone();
        }
        let start = if self.is_class(ty) { HEADER_SIZE } else { 0 };
        let mut size = start;
        let (mut align, mut leaf, mut part) = (1, 0, 0);
        let mut fields = Vec::new();
        for ty in self.field_types(ty) {
            let layout = self.layout(ty);
            let offset = align_to(size, layout.align);
            fields.push(FieldLayout { ty, offset, leaf, part });
            size = offset.saturating_add(layout.size);
            align = align.max(layout.align);
            leaf += layout.leaves.len();
            part += layout.parts;
        }
        let align = if start > 0 { HEADER_SIZE } else { align };
        let fields = Rc::new(Fields { fields, size: align_to(size, align), align, parts: part });
        self.fields.insert(ty, fields.clone());
        fields
    }

    fn field_types(&mut self, ty: Ty) -> Vec<Ty> {
        match self.kind(ty).clone() {
            TyKind::Tuple(types) => types,
            TyKind::Record(fields) => fields.into_iter().map(|(_, ty)| ty).collect(),
            TyKind::Nominal(id, args) => match &self.tree.nominals[id.index()].kind {
                NominalKind::Record { fields, .. } => {
                    fields.iter().map(|field| self.types.substitute(field.ty, &args)).collect()
                }
                _ => bug!("build: fields of an enum or interface"),
            },
            _ => bug!("build: fields of a type without fields"),
        }
    }

    /// The names of the fields; tuples' are numbers.
    pub fn field_names(&self, ty: Ty) -> Vec<String> {
        match self.kind(ty) {
            TyKind::Tuple(types) => (0..types.len()).map(|index| index.to_string()).collect(),
            TyKind::Record(fields) => fields.iter().map(|(name, _)| name.to_string()).collect(),
            TyKind::Nominal(id, _) => match &self.tree.nominals[id.index()].kind {
                NominalKind::Record { fields, .. } => fields.iter().map(|field| field.name.to_string()).collect(),
                _ => bug!("build: fields of an enum or interface"),
            },
            _ => bug!("build: fields of a type without fields"),
        }
    }

    pub fn enum_layout(&mut self, ty: Ty) -> Rc<EnumLayout> {
        if let Some(layout) = self.enums.get(&ty) {
            return layout.clone();
        }
        let TyKind::Nominal(id, args) = self.kind(ty).clone() else { bug!("build: layout of no enum") };
        let tree = self.tree;
        let NominalKind::Enum { variants } = &tree.nominals[id.index()].kind else { bug!("build: no enum") };
        let is_c_like = variants.iter().all(|variant| variant.fields.is_empty());
        let is_small = variants.iter().all(|variant| i32::try_from(variant.value).is_ok());
        let tag = if is_small || !is_c_like { Type::I32 } else { Type::I64 };
        let mut leaves = vec![Leaf { ty: tag, offset: 0, pointer: Pointer::No }];
        let mut size = tag.bytes();
        let mut placed = Vec::new();
        for variant in variants {
            let mut taken = vec![true];
            taken.resize(leaves.len(), false);
            let mut place = |field: &[Leaf]| {
                let mut indices = Vec::new();
                for leaf in field {
                    let fits = |(index, l): (usize, &Leaf)| !taken[index] && l.ty == leaf.ty;
                    let index = leaves.iter().enumerate().position(fits).unwrap_or_else(|| {
                        let offset = align_to(size, leaf.ty.bytes());
                        size = offset + leaf.ty.bytes();
                        leaves.push(Leaf { offset, ..*leaf });
                        taken.push(false);
                        leaves.len() - 1
                    });
                    taken[index] = true;
                    if leaves[index].pointer != leaf.pointer {
                        leaves[index].pointer = Pointer::Inside;
                    }
                    indices.push(index);
                }
                indices
            };
            let types: Vec<Ty> = variant.fields.iter().map(|field| self.types.substitute(field.ty, &args)).collect();
            placed.push(if self.is_boxed(ty, placed.len(), &types) {
                let address = Leaf { ty: Type::Ptr, offset: 0, pointer: Pointer::Exact };
                let leaf = place(&[address])[0];
                VariantLayout::Boxed { leaf, contents: self.types.intern(TyKind::Tuple(types)) }
            } else {
                VariantLayout::Inline(types.into_iter().map(|ty| place(&self.layout(ty).leaves)).collect())
            });
        }
        let align = leaves.iter().map(|leaf| leaf.ty.bytes()).max().unwrap_or(1);
        let parts = leaves.len() as u32;
        let is_scalar = leaves.len() <= MAX_SCALARS;
        let layout = Rc::new(Layout { size: align_to(size, align), align, leaves, is_scalar, has_array: false, parts });
        let layout = Rc::new(EnumLayout { tag, is_c_like, layout, variants: placed });
        self.enums.insert(ty, layout.clone());
        layout
    }

    /// Whether the fields of an enum's variant are in an object of their own. When they lead back to
    /// the enum they have no layout yet.
    fn is_boxed(&mut self, ty: Ty, variant: usize, fields: &[Ty]) -> bool {
        let nominals = &self.tree.nominals;
        contain::is_recursive(&mut self.types, nominals, ty, variant) || fields.iter().any(|&ty| self.is_memory(ty))
    }

    pub fn is_class(&self, ty: Ty) -> bool {
        let TyKind::Nominal(id, _) = self.kind(ty) else { return false };
        matches!(self.tree.nominals[id.index()].kind, NominalKind::Record { kind: RecordKind::Class, .. })
    }

    pub fn is_enum(&self, ty: Ty) -> bool {
        let TyKind::Nominal(id, _) = self.kind(ty) else { return false };
        matches!(self.tree.nominals[id.index()].kind, NominalKind::Enum { .. })
    }

    /// The first leaf is an address that is never null, so that null can mean the empty optional.
    pub fn has_niche(&self, ty: Ty) -> bool {
        match self.kind(ty) {
            TyKind::Str | TyKind::Array(_) | TyKind::Function(..) | TyKind::Pointer(_) => true,
            TyKind::Nominal(..) => self.is_class(ty) || self.is_interface(ty),
            _ => false,
        }
    }

    /// Where an optional's payload lies: first leaf (and part), byte offset.
    pub fn payload(&mut self, inner: Ty) -> (usize, u32) {
        if self.has_niche(inner) { (0, 0) } else { (1, align_to(1, self.layout(inner).align)) }
    }

    /// The machine types that a value is, as parameter, result or variable.
    pub fn scalars(&mut self, ty: Ty) -> Vec<Type> {
        let layout = self.layout(ty);
        if layout.is_scalar { layout.leaves.iter().map(|leaf| leaf.ty).collect() } else { vec![Type::Ptr] }
    }

    pub fn is_memory(&mut self, ty: Ty) -> bool {
        !self.layout(ty).is_scalar
    }

    /// Appends the descriptor slots of a value of this type that lies at `base`.
    pub fn pointer_slots(&mut self, ty: Ty, base: u32, slots: &mut Vec<u32>) {
        let layout = self.layout(ty);
        if !layout.has_array {
            for leaf in &layout.leaves {
                match leaf.pointer {
                    Pointer::No => {}
                    Pointer::Exact => slots.push((base + leaf.offset) | SLOT_EXACT),
                    Pointer::Inside => slots.push(base + leaf.offset),
                }
            }
            return;
        }
        match *self.kind(ty) {
            TyKind::FixedArray(element, count) => {
                let mut one = Vec::new();
                self.pointer_slots(element, 0, &mut one);
                if one.is_empty() {
                    return;
                }
                let size = self.layout(element).size;
                for index in 0..u32::try_from(count).unwrap_or(u32::MAX) {
                    slots.extend(one.iter().map(|slot| base + index * size + slot));
                }
            }
            TyKind::Optional(inner) => {
                let (_, offset) = self.payload(inner);
                self.pointer_slots(inner, base + offset, slots);
            }
            _ => {
                let fields = self.fields(ty);
                for field in &fields.fields {
                    self.pointer_slots(field.ty, base + field.offset, slots);
                }
            }
        }
    }
}

pub fn int_type(int: IntTy) -> Type {
    match int {
        IntTy::I8 | IntTy::U8 => Type::I8,
        IntTy::I16 | IntTy::U16 => Type::I16,
        IntTy::I32 | IntTy::U32 => Type::I32,
        IntTy::I64 | IntTy::U64 => Type::I64,
    }
}

pub fn float_type(float: FloatTy) -> Type {
    match float {
        FloatTy::F32 => Type::F32,
        FloatTy::F64 => Type::F64,
    }
}
