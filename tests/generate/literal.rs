//! Values without operands: constants of every type, with a bias to those at the borders.

use super::Generator;
use super::types::{Int, Ty};

const TEXTS: &[&str] = &[
    "",
    "a",
    "b",
    "ab",
    "é",
    "€uro",
    "𝄞",
    "0",
    "-7",
    "x y",
    "Aß",
    "\\n",
    "\\\"q\\\"",
    "long text, longer than 24 bytes",
];
const CHARS: &[&str] = &["a", "b", "Z", "0", " ", "é", "ß", "€", "𝄞", "\\n", "\\u{10ffff}", "\\0"];
const FLOATS: &[&str] = &[
    "0.0",
    "1.0",
    "-1.0",
    "0.5",
    "2.5",
    "-0.0",
    "1e10",
    "-3.75",
    "0.1",
    "1e-7",
    "123456.789",
    "1e21",
    "3.0",
    "255.0",
    "4294967296.0",
];

impl Int {
    fn interesting(self, bits: u64) -> i128 {
        let (least, most) = self.limits();
        let special = [0, 1, 2, 3, 5, 7, 10, 31, 32, 63, 64, 100, 127, least, least + 1, most, most - 1, most / 2 + 1];
        let value = special[(bits % special.len() as u64) as usize];
        if bits >> 32 & 3 == 0 && self.signed { (-value).clamp(least, most) } else { value }
    }

    pub fn limits(self) -> (i128, i128) {
        if self.signed { (-(1 << (self.bits - 1)), (1 << (self.bits - 1)) - 1) } else { (0, (1 << self.bits) - 1) }
    }

    pub fn write(self, value: i128) -> String {
        if value < 0 { format!("({value}{})", self.name()) } else { format!("{value}{}", self.name()) }
    }
}

impl Generator {
    /// A literal that says its own type.
    pub fn literal(&mut self, ty: &Ty) -> String {
        match ty {
            Ty::Int(int) => {
                let bits = self.rng.bits();
                let value = match self.rng.below(4) {
                    0 => i128::from(bits % 10),
                    1 => {
                        let (least, most) = int.limits();
                        least + i128::from(bits) % (most - least + 1)
                    }
                    _ => int.interesting(bits),
                };
                int.write(value)
            }
            Ty::F64 | Ty::F32 => {
                let text = self.rng.pick(FLOATS);
                let suffix = if *ty == Ty::F32 { "f32" } else { "" };
                if text.starts_with('-') { format!("({text}{suffix})") } else { format!("{text}{suffix}") }
            }
            Ty::Bool => if self.rng.chance(50) { "true" } else { "false" }.into(),
            Ty::Char => format!("'{}'", self.rng.pick(CHARS)),
            Ty::Str => format!("\"{}\"", self.rng.pick(TEXTS)),
            _ => self.build(ty, 0),
        }
    }
}
