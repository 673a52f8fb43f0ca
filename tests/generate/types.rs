//! The types of generated programs: how they are written, what they can do, and random ones.

use super::Generator;

/// An integer type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Int {
    pub bits: u32,
    pub signed: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Ty {
    Int(Int),
    F32,
    F64,
    Bool,
    Char,
    Str,
    Tuple(Vec<Ty>),
    Optional(Box<Ty>),
    Array(Box<Ty>),
    Fixed(Box<Ty>, usize),
    Struct(usize),
    Class(usize),
    Enum(usize),
    /// The generic types of the prelude.
    Duo(Box<Ty>, Box<Ty>),
    Cell(Box<Ty>),
    Choice(Box<Ty>, Box<Ty>),
    Function(Vec<Ty>, Box<Ty>),
    Pointer(Box<Ty>),
    Map(Box<Ty>, Box<Ty>),
    Set(Box<Ty>),
    /// `{ a: A, b: B }`
    Anonymous(Box<Ty>, Box<Ty>),
}

pub const I32: Ty = Ty::Int(Int { bits: 32, signed: true });
pub const I64: Ty = Ty::Int(Int { bits: 64, signed: true });
pub const U64: Ty = Ty::Int(Int { bits: 64, signed: false });

impl Int {
    pub fn name(self) -> String {
        format!("{}{}", if self.signed { 'i' } else { 'u' }, self.bits)
    }
}

/// A field of a struct or class.
#[derive(Clone, Debug)]
pub struct Field {
    pub name: String,
    pub ty: Ty,
    pub default: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Record {
    pub name: String,
    pub fields: Vec<Field>,
}

#[derive(Clone, Debug)]
pub struct Variant {
    pub name: String,
    pub fields: Vec<Ty>,
    /// `V { f0: .. }` instead of `V(..)`.
    pub is_named: bool,
}

#[derive(Clone, Debug)]
pub struct EnumType {
    pub name: String,
    pub variants: Vec<Variant>,
}

impl Ty {
    pub fn int(bits: u32, signed: bool) -> Ty {
        Ty::Int(Int { bits, signed })
    }

    pub fn name(&self) -> String {
        let list = |tys: &[Ty]| tys.iter().map(Ty::name).collect::<Vec<_>>().join(", ");
        match self {
            Ty::Int(int) => int.name(),
            Ty::F32 => "f32".into(),
            Ty::F64 => "f64".into(),
            Ty::Bool => "bool".into(),
            Ty::Char => "char".into(),
            Ty::Str => "str".into(),
            Ty::Tuple(parts) => format!("({})", list(parts)),
            Ty::Optional(inner) => match **inner {
                Ty::Function(..) | Ty::Pointer(_) => format!("({})?", inner.name()),
                _ => format!("{}?", inner.name()),
            },
            Ty::Array(item) => format!("[{}]", item.name()),
            Ty::Fixed(item, count) => format!("[{}; {count}]", item.name()),
            Ty::Struct(index) => format!("S{index}"),
            Ty::Class(index) => format!("C{index}"),
            Ty::Enum(index) => format!("E{index}"),
            Ty::Duo(a, b) => format!("Duo<{}, {}>", a.name(), b.name()),
            Ty::Cell(a) => format!("Cell<{}>", a.name()),
            Ty::Choice(a, b) => format!("Choice<{}, {}>", a.name(), b.name()),
            Ty::Function(params, result) => format!("fn({}) -> {}", list(params), result.name()),
            Ty::Pointer(inner) => format!("*{}", inner.name()),
            Ty::Map(key, value) => format!("Map<{}, {}>", key.name(), value.name()),
            Ty::Set(item) => format!("Set<{}>", item.name()),
            Ty::Anonymous(a, b) => format!("{{ a: {}, b: {} }}", a.name(), b.name()),
        }
    }

    pub fn is_int(&self) -> bool {
        matches!(self, Ty::Int(_))
    }

    pub fn is_number(&self) -> bool {
        matches!(self, Ty::Int(_) | Ty::F32 | Ty::F64)
    }

    pub fn is_scalar(&self) -> bool {
        self.is_number() || matches!(self, Ty::Bool | Ty::Char)
    }
}

impl Generator {
    /// Whether all of the type's parts fit.
    fn all_parts(&self, ty: &Ty, fits: &dyn Fn(&Ty) -> bool) -> bool {
        fits(ty)
            && match ty {
                Ty::Tuple(parts) => parts.iter().all(|part| self.all_parts(part, fits)),
                Ty::Optional(inner)
                | Ty::Array(inner)
                | Ty::Set(inner)
                | Ty::Fixed(inner, _)
                | Ty::Cell(inner)
                | Ty::Pointer(inner) => self.all_parts(inner, fits),
                Ty::Duo(a, b) | Ty::Choice(a, b) | Ty::Map(a, b) | Ty::Anonymous(a, b) => {
                    self.all_parts(a, fits) && self.all_parts(b, fits)
                }
                Ty::Struct(index) => self.structs[*index].fields.iter().all(|f| self.all_parts(&f.ty, fits)),
                // Fields of classes may be their own type.
                Ty::Class(_) => true,
                Ty::Enum(index) => {
                    self.enums[*index].variants.iter().flat_map(|v| &v.fields).all(|ty| self.all_parts(ty, fits))
                }
                _ => true,
            }
    }

    /// What the evaluator of constants knows.
    pub fn is_constant(&self, ty: &Ty) -> bool {
        self.all_parts(ty, &|ty| {
            !matches!(
                ty,
                Ty::Array(_)
                    | Ty::Map(..)
                    | Ty::Set(_)
                    | Ty::Class(_)
                    | Ty::Cell(_)
                    | Ty::Function(..)
                    | Ty::Pointer(_)
            )
        })
    }

    /// What has a form in JSON.
    pub fn is_json(&self, ty: &Ty) -> bool {
        self.all_parts(ty, &|ty| match ty {
            Ty::Map(key, _) => key.is_int() || matches!(**key, Ty::Str | Ty::Char | Ty::Bool),
            Ty::Function(..) | Ty::Pointer(_) => false,
            // Its fields may be anything.
            Ty::Class(_) => false,
            _ => true,
        })
    }

    pub fn int_type(&mut self) -> Ty {
        let (bits, signed) = *self.rng.choose(&[
            (32, true),
            (32, true),
            (64, true),
            (64, true),
            (8, true),
            (16, true),
            (8, false),
            (16, false),
            (32, false),
            (64, false),
        ]);
        Ty::int(bits, signed)
    }

    pub fn scalar_type(&mut self) -> Ty {
        match self.rng.below(10) {
            0 => Ty::F64,
            1 => Ty::F32,
            2 => Ty::Bool,
            3 => Ty::Char,
            _ => self.int_type(),
        }
    }

    /// A random type that values of may be anywhere (no functions and pointers).
    pub fn data_type(&mut self, depth: usize) -> Ty {
        let is_pure = self.is_pure;
        if depth == 0 {
            return if self.rng.chance(20) { Ty::Str } else { self.scalar_type() };
        }
        let inner = |g: &mut Generator| Box::new(g.data_type(depth - 1));
        match self.rng.below(20) {
            0 | 1 => {
                let count = self.rng.between(2, 4);
                Ty::Tuple((0..count).map(|_| *inner(self)).collect())
            }
            2 | 3 => loop {
                let ty = inner(self);
                if !matches!(*ty, Ty::Optional(_)) {
                    return Ty::Optional(ty);
                }
            },
            4 | 5 if !is_pure => Ty::Array(inner(self)),
            4..=6 => {
                let count = self.rng.between(1, 5);
                Ty::Fixed(inner(self), count)
            }
            7 | 8 if !self.structs.is_empty() => {
                let index = self.rng.below(self.structs.len());
                let ty = Ty::Struct(index);
                if is_pure && !self.is_constant(&ty) { self.scalar_type() } else { ty }
            }
            9 if !self.enums.is_empty() => {
                let ty = Ty::Enum(self.rng.below(self.enums.len()));
                if is_pure && !self.is_constant(&ty) { self.scalar_type() } else { ty }
            }
            10 if !self.classes.is_empty() && !is_pure => Ty::Class(self.rng.below(self.classes.len())),
            11 => Ty::Duo(inner(self), inner(self)),
            12 if !is_pure => Ty::Cell(inner(self)),
            13 => Ty::Choice(inner(self), inner(self)),
            14 => Ty::Str,
            15 if !is_pure => {
                let key = match self.rng.below(4) {
                    0 => Ty::Str,
                    1 => Ty::Char,
                    _ => self.int_type(),
                };
                Ty::Map(Box::new(key), inner(self))
            }
            16 => Ty::Anonymous(inner(self), inner(self)),
            17 if !is_pure => {
                let item = if self.rng.chance(70) { self.data_type(0) } else { *inner(self) };
                Ty::Set(Box::new(item))
            }
            _ => self.scalar_type(),
        }
    }

    /// A random type of a variable: functions too.
    pub fn variable_type(&mut self) -> Ty {
        if !self.is_pure && self.rng.chance(8) {
            let count = self.rng.below(3);
            let params = (0..count).map(|_| self.data_type(0)).collect();
            return Ty::Function(params, Box::new(self.data_type(0)));
        }
        let depth = *self.rng.choose(&[0, 0, 0, 1, 1, 2]);
        self.data_type(depth)
    }

    pub fn declare_types(&mut self) {
        for index in 0..self.rng.between(1, 4) {
            let is_plain = self.rng.chance(50);
            self.is_pure = is_plain;
            let count = *self.rng.choose(&[1, 2, 3, 3, 4, 5, 9, 12]);
            let fields = self.fields(count, 1);
            self.structs.push(Record { name: format!("S{index}"), fields });
        }
        for index in 0..self.rng.below(3) {
            self.is_pure = self.rng.chance(50);
            let variants = (0..self.rng.between(1, 5))
                .map(|v| {
                    let count = *self.rng.choose(&[0, 1, 1, 2, 3]);
                    let fields = (0..count).map(|_| self.data_type(1)).collect();
                    Variant { name: format!("V{v}"), fields, is_named: count > 0 && self.rng.chance(30) }
                })
                .collect();
            self.enums.push(EnumType { name: format!("E{index}"), variants });
        }
        self.is_pure = false;
        for index in 0..self.rng.below(3) {
            let count = self.rng.between(1, 4);
            let mut fields = self.fields(count, 1);
            if self.rng.chance(60) {
                let ty = Ty::Optional(Box::new(Ty::Class(index)));
                fields.push(Field { name: "next".into(), ty, default: Some("null".into()) });
            }
            self.classes.push(Record { name: format!("C{index}"), fields });
        }
    }

    fn fields(&mut self, count: usize, depth: usize) -> Vec<Field> {
        (0..count)
            .map(|index| {
                let depth = if self.rng.chance(30) { depth } else { 0 };
                let ty = self.data_type(depth);
                let default = (ty.is_scalar() && self.rng.chance(20)).then(|| self.literal(&ty));
                Field { name: format!("f{index}"), ty, default }
            })
            .collect()
    }

    /// The declarations of the types.
    pub fn print_types(&mut self) -> String {
        let mut text = String::new();
        let record = |keyword: &str, record: &Record| {
            let fields: Vec<_> = record
                .fields
                .iter()
                .map(|f| {
                    let default = f.default.as_ref().map_or(String::new(), |d| format!(" = {d}"));
                    format!("{}: {}{default}", f.name, f.ty.name())
                })
                .collect();
            format!("{keyword} {} {{ {} }}\n", record.name, fields.join(", "))
        };
        for r in &self.structs {
            text += &record("struct", r);
        }
        for r in &self.classes {
            text += &record("class", r);
        }
        for e in &self.enums {
            let variants: Vec<_> = e
                .variants
                .iter()
                .map(|v| match (v.fields.is_empty(), v.is_named) {
                    (true, _) => v.name.clone(),
                    (_, true) => {
                        let fields: Vec<_> =
                            v.fields.iter().enumerate().map(|(i, ty)| format!("x{i}: {}", ty.name())).collect();
                        format!("{} {{ {} }}", v.name, fields.join(", "))
                    }
                    _ => format!("{}({})", v.name, v.fields.iter().map(Ty::name).collect::<Vec<_>>().join(", ")),
                })
                .collect();
            text += &format!("enum {} {{ {} }}\n", e.name, variants.join(", "));
        }
        text
    }
}
