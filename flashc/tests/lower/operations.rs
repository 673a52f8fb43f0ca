//! Every operation on edge values, against what Rust computes.

use crate::harness::{roads, run};
use std::fmt::Write;

/// Cases of one object: functions in SSA text, their C declarations, and checks.
#[derive(Default)]
struct Cases {
    ssa: String,
    declarations: String,
    /// Per function: what it does, its types, and rows of arguments with the expected result.
    tables: Vec<Table>,
}

struct Table {
    what: String,
    params: Vec<Ty>,
    result: Ty,
    rows: Vec<(Vec<u64>, u64)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ty {
    Int(u32),
    F32,
    F64,
}

impl Ty {
    fn ssa(self) -> String {
        match self {
            Ty::Int(bits) => format!("i{bits}"),
            Ty::F32 => "f32".to_owned(),
            Ty::F64 => "f64".to_owned(),
        }
    }

    fn c(self) -> String {
        match self {
            Ty::Int(bits) => format!("uint{bits}_t"),
            Ty::F32 => "float".to_owned(),
            Ty::F64 => "double".to_owned(),
        }
    }

    /// A C expression of the type with the bits of another.
    fn value(self, bits: &str) -> String {
        match self {
            Ty::Int(_) => bits.to_owned(),
            Ty::F32 => format!("f32({bits})"),
            Ty::F64 => format!("f64({bits})"),
        }
    }

    /// A C expression of the bits of one of the type.
    fn bits(self, expression: &str) -> String {
        match self {
            Ty::Int(_) => expression.to_owned(),
            Ty::F32 => format!("bits32({expression})"),
            Ty::F64 => format!("bits64({expression})"),
        }
    }

    fn is_nan(self, bits: u64) -> bool {
        match self {
            Ty::Int(_) => false,
            Ty::F32 => f32::from_bits(bits as u32).is_nan(),
            Ty::F64 => f64::from_bits(bits).is_nan(),
        }
    }
}

impl Cases {
    /// A function whose body is given: parameters are `v0` and on. Gives its number.
    fn function(&mut self, what: &str, params: &[Ty], result: Ty, body: &str, returned: &str) -> usize {
        let number = self.tables.len();
        let types = params.iter().map(|ty| ty.ssa()).collect::<Vec<_>>().join(", ");
        let block = params.iter().enumerate().map(|(i, ty)| format!("v{i}: {}", ty.ssa())).collect::<Vec<_>>();
        let result_ty = result.ssa();
        let _ = writeln!(
            self.ssa,
            "function @t{number}({types}) -> {result_ty} export_c {{\nb0({}):\n{body}    return {returned}\n}}\n",
            block.join(", ")
        );
        let c_params = params.iter().map(|ty| ty.c()).collect::<Vec<_>>().join(", ");
        let _ = writeln!(self.declarations, "{} t{number}({c_params});", result.c());
        self.tables.push(Table { what: what.to_owned(), params: params.to_vec(), result, rows: Vec::new() });
        number
    }

    fn check(&mut self, number: usize, args: &[u64], expected: u64) {
        self.tables[number].rows.push((args.to_vec(), expected));
    }

    /// As [`Cases::op`], with the operation in a loop (of one turn), where constants are handled
    /// otherwise; `constant` is the text of an operand that is one.
    fn op_in_loop(
        &mut self,
        op: &str,
        ty: Ty,
        constant: Option<(&str, bool)>,
        inputs: &[Vec<u64>],
        expected: impl Fn(&[u64]) -> u64,
    ) {
        let params = vec![ty; inputs[0].len()];
        let name = ty.ssa();
        let operands = match (constant, inputs[0].len()) {
            (None, 1) => "v10".to_owned(),
            (None, _) => "v10, v11".to_owned(),
            (Some((_, true)), _) => "v12, v10".to_owned(),
            (Some((_, false)), _) => "v10, v12".to_owned(),
        };
        let second = if inputs[0].len() > 1 { "v1" } else { "v0" };
        let constant = constant.map_or(String::new(), |(text, _)| format!("    v12 = fconst.{name} {text}\n"));
        let body = format!(
            "    v20 = iconst.i64 0\n    jump b1(v0, {second}, v20)
b1(v10: {name}, v11: {name}, v21: i64):
{constant}    v13 = {op}.{name} {operands}
    v22 = iconst.i64 1
    v23 = iadd.i64 v21, v22
    v24 = icmp.i64 ult v23, v22
    branch v24, b1(v13, v11, v23), b2
b2:
"
        );
        let number = self.function(&format!("{op}.{name} in a loop"), &params, ty, &body, "v13");
        for input in inputs {
            self.check(number, input, expected(input));
        }
    }

    /// `op.ty` of as many operands as `inputs` has columns; `None`: no case.
    fn op(
        &mut self,
        op: &str,
        params: &[Ty],
        result: Ty,
        inputs: &[Vec<u64>],
        expected: impl Fn(&[u64]) -> Option<u64>,
    ) {
        let operands = (0..params.len()).map(|i| format!("v{i}")).collect::<Vec<_>>().join(", ");
        let last = format!("v{}", params.len());
        let number = self.function(op, params, result, &format!("    {last} = {op} {operands}\n"), &last);
        for input in inputs {
            if let Some(value) = expected(input) {
                self.check(number, input, value);
            }
        }
    }

    fn run(&self) {
        let mut c = self.declarations.clone();
        c.push_str(
            "static void check(const char *what, const uint64_t *row, uint64_t got) {
    int is_nan = row[3] == 32 ? (uint32_t)(got << 1) > 0xff000000 : (got << 1) > 0xffe0000000000000;
    if (row[3] ? !is_nan : got != row[4])
        printf(\"%s %llx %llx %llx: got %llx, want %llx\\n\", what, (long long)row[0], (long long)row[1],
            (long long)row[2], (long long)got, (long long)row[4]);
}
",
        );
        let mut main = String::new();
        for (number, table) in self.tables.iter().enumerate() {
            let _ = writeln!(c, "static const uint64_t rows{number}[][5] = {{");
            for (args, expected) in &table.rows {
                let arg = |i: usize| args.get(i).copied().unwrap_or_default();
                let nan = match table.result {
                    result if !result.is_nan(*expected) => 0,
                    Ty::F32 => 32,
                    _ => 64,
                };
                let _ = writeln!(c, "{{{:#x}, {:#x}, {:#x}, {nan}, {expected:#x}}},", arg(0), arg(1), arg(2));
            }
            c.push_str("};\n");
            let args = table.params.iter().enumerate().map(|(i, ty)| ty.value(&format!("rows{number}[i][{i}]")));
            let call = table.result.bits(&format!("t{number}({})", args.collect::<Vec<_>>().join(", ")));
            let _ = writeln!(
                main,
                "for (int i = 0; i < {}; i++) check(\"{}\", rows{number}[i], {call});",
                table.rows.len(),
                table.what
            );
        }
        let _ = writeln!(c, "int main(void) {{\n{main}printf(\"done\\n\");\nreturn 0; }}");
        for road in roads() {
            let outcome = run(&self.ssa, &c, &road);
            let shown: String = outcome.stdout.lines().take(20).collect::<Vec<_>>().join("\n");
            assert_eq!((shown.as_str(), outcome.exit), ("done", Some(0)), "{}", road.name);
        }
    }
}

fn mask(bits: u32) -> u64 {
    u64::MAX >> (64 - bits)
}

fn signed(bits: u32, value: u64) -> i64 {
    (value << (64 - bits)) as i64 >> (64 - bits)
}

fn edges(bits: u32) -> Vec<u64> {
    let least = 1_u64 << (bits - 1);
    let some = [0, 1, 2, 3, 7, 10, 0x55, u64::MAX, u64::MAX - 1, u64::MAX - 6, least, least - 1, least + 1];
    let mut edges: Vec<u64> = some.iter().map(|value| value & mask(bits)).collect();
    edges.push(0x9e37_79b9_7f4a_7c15 & mask(bits));
    edges.dedup();
    edges
}

fn pairs(values: &[u64]) -> Vec<Vec<u64>> {
    values.iter().flat_map(|&a| values.iter().map(move |&b| vec![a, b])).collect()
}

fn singles(values: &[u64]) -> Vec<Vec<u64>> {
    values.iter().map(|&a| vec![a]).collect()
}

const WIDTHS: [u32; 4] = [8, 16, 32, 64];

#[test]
fn integer_arithmetic() {
    let mut cases = Cases::default();
    for bits in WIDTHS {
        let ty = Ty::Int(bits);
        let values = edges(bits);
        let s = |value: u64| i128::from(signed(bits, value));
        let wrap = |value: i128| value as u64 & mask(bits);
        let mut binary = |name: &str, f: &dyn Fn(u64, u64) -> Option<u64>| {
            cases.op(&format!("{name}.i{bits}"), &[ty, ty], ty, &pairs(&values), |v| f(v[0], v[1]));
        };
        binary("iadd", &|a, b| Some(a.wrapping_add(b) & mask(bits)));
        binary("isub", &|a, b| Some(a.wrapping_sub(b) & mask(bits)));
        binary("imul", &|a, b| Some(a.wrapping_mul(b) & mask(bits)));
        binary("sdiv", &|a, b| (b != 0).then(|| wrap(s(a) / s(b))));
        binary("udiv", &|a, b| (b != 0).then(|| a / b));
        binary("srem", &|a, b| (b != 0).then(|| wrap(s(a) % s(b))));
        binary("urem", &|a, b| (b != 0).then(|| a % b));
        binary("and", &|a, b| Some(a & b));
        binary("or", &|a, b| Some(a | b));
        binary("xor", &|a, b| Some(a ^ b));
        let count = |b: u64| (b % u64::from(bits)) as u32;
        binary("shl", &|a, b| Some((a << count(b)) & mask(bits)));
        binary("sshr", &|a, b| Some((signed(bits, a) >> count(b)) as u64 & mask(bits)));
        binary("ushr", &|a, b| Some(a >> count(b)));
        let rotate = |a: u64, n: u32| if n == 0 { a } else { ((a << n) | (a >> (bits - n))) & mask(bits) };
        binary("rotl", &|a, b| Some(rotate(a, count(b))));
        binary("rotr", &|a, b| Some(rotate(a, (bits - count(b)) % bits)));
        binary("smin", &|a, b| Some(wrap(s(a).min(s(b)))));
        binary("smax", &|a, b| Some(wrap(s(a).max(s(b)))));
        binary("umin", &|a, b| Some(a.min(b)));
        binary("umax", &|a, b| Some(a.max(b)));
        let mut unary = |name: &str, f: &dyn Fn(u64) -> u64| {
            cases.op(&format!("{name}.i{bits}"), &[ty], ty, &singles(&values), |v| Some(f(v[0])));
        };
        unary("ineg", &|a| a.wrapping_neg() & mask(bits));
        unary("not", &|a| !a & mask(bits));
        unary("clz", &|a| u64::from(a.leading_zeros() - (64 - bits)));
        unary("ctz", &|a| u64::from(a.trailing_zeros().min(bits)));
        unary("popcnt", &|a| u64::from(a.count_ones()));
    }
    cases.run();
}

#[test]
fn division_by_constants() {
    let mut cases = Cases::default();
    for bits in WIDTHS {
        let ty = Ty::Int(bits);
        let values = edges(bits);
        for divisor in [1, 2, 3, 7, 10, u64::MAX, u64::MAX - 1, u64::MAX - 6, 1 << (bits - 1)] {
            let divisor = divisor & mask(bits);
            let by = signed(bits, divisor);
            for op in ["sdiv", "srem", "udiv", "urem"] {
                let body = format!("    v1 = iconst.i{bits} {by}\n    v2 = {op}.i{bits} v0, v1\n");
                let number = cases.function(&format!("{op}.i{bits} by {by}"), &[ty], ty, &body, "v2");
                for &a in &values {
                    let (sa, sb) = (i128::from(signed(bits, a)), i128::from(by));
                    let expected = match op {
                        "sdiv" => (sa / sb) as u64 & mask(bits),
                        "srem" => (sa % sb) as u64 & mask(bits),
                        "udiv" => a / divisor,
                        _ => a % divisor,
                    };
                    cases.check(number, &[a], expected);
                }
            }
        }
    }
    cases.run();
}

#[test]
fn comparisons_selection_and_overflow() {
    let mut cases = Cases::default();
    for bits in WIDTHS {
        let ty = Ty::Int(bits);
        let values = edges(bits);
        let s = |value: u64| i128::from(signed(bits, value));
        type Test = fn(i128, i128) -> bool;
        let conditions: [(&str, bool, Test); 10] = [
            ("eq", false, |a, b| a == b),
            ("ne", false, |a, b| a != b),
            ("slt", true, |a, b| a < b),
            ("sle", true, |a, b| a <= b),
            ("sgt", true, |a, b| a > b),
            ("sge", true, |a, b| a >= b),
            ("ult", false, |a, b| a < b),
            ("ule", false, |a, b| a <= b),
            ("ugt", false, |a, b| a > b),
            ("uge", false, |a, b| a >= b),
        ];
        for (cc, is_signed, test) in conditions {
            let get = |value: u64| if is_signed { s(value) } else { i128::from(value) };
            cases.op(&format!("icmp.i{bits} {cc}"), &[ty, ty], Ty::Int(8), &pairs(&values), |v| {
                Some(u64::from(test(get(v[0]), get(v[1]))))
            });
        }
        let choices: Vec<Vec<u64>> = [0, 1].iter().map(|&c| vec![c, values[3], values[4]]).collect();
        cases.op(&format!("select.i{bits}"), &[Ty::Int(8), ty, ty], ty, &choices, |v| {
            Some(if v[0] != 0 { v[1] } else { v[2] })
        });
        type Wide = fn(i128, i128) -> i128;
        let overflowing: [(&str, bool, Wide); 6] = [
            ("sadd_overflow", true, |a, b| a + b),
            ("ssub_overflow", true, |a, b| a - b),
            ("smul_overflow", true, |a, b| a * b),
            ("uadd_overflow", false, |a, b| a + b),
            ("usub_overflow", false, |a, b| a - b),
            ("umul_overflow", false, |a, b| a.wrapping_mul(b)),
        ];
        for (op, is_signed, f) in overflowing {
            let get = |value: u64| if is_signed { s(value) } else { i128::from(value) };
            let body = format!("    v2, v3 = {op}.i{bits} v0, v1\n");
            let value = cases.function(&format!("{op}.i{bits}"), &[ty, ty], ty, &body, "v2");
            let flag = cases.function(&format!("{op}.i{bits} flag"), &[ty, ty], Ty::Int(8), &body, "v3");
            for pair in pairs(&values) {
                let exact = f(get(pair[0]), get(pair[1]));
                let wrapped = exact as u64 & mask(bits);
                // Products of two `u64` may not fit even an `i128`; then they are negative here.
                let overflows = get(wrapped) != exact;
                cases.check(value, &pair, wrapped);
                cases.check(flag, &pair, u64::from(overflows));
            }
        }
    }
    cases.run();
}

fn f64_edges() -> Vec<u64> {
    let numbers = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        -0.5,
        0.49999999999999994,
        1.5,
        2.5,
        -1.5,
        -2.5,
        0.1,
        127.6,
        -128.7,
        255.9,
        1e10,
        32768.5,
        -32769.5,
        65536.0,
        2147483647.5,
        -2147483649.0,
        4294967296.0,
        4503599627370495.5,
        9007199254740993.0,
        9.3e18,
        -9.3e18,
        1.9e19,
        1e300,
        -1e300,
        f64::MIN_POSITIVE,
        5e-324,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
    ];
    numbers.iter().map(|n: &f64| n.to_bits()).collect()
}

fn f32_edges() -> Vec<u64> {
    let numbers = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        -0.5,
        0.49999997,
        1.5,
        2.5,
        -1.5,
        -2.5,
        0.1,
        127.6,
        -128.7,
        255.9,
        1e10,
        32768.5,
        8388607.5,
        -8388607.5,
        8388609.0,
        2147483647.0,
        4294967296.0,
        9.3e18,
        -9.3e18,
        1.9e19,
        1e38,
        f32::MIN_POSITIVE,
        1e-45,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::NAN,
    ];
    numbers.iter().map(|n: &f32| u64::from(n.to_bits())).collect()
}

/// IEEE 754-2019 minimum (`is_max`: maximum): NaN if either is, -0 below +0.
fn extremum(a: f64, b: f64, is_max: bool) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else if a == b {
        if a.is_sign_negative() != is_max { a } else { b }
    } else if (a < b) != is_max {
        a
    } else {
        b
    }
}

/// The operations on `f64`; on `f32` they are those of `f64` rounded, which is the same for each of them.
fn binary_float(op: &str, a: f64, b: f64) -> f64 {
    match op {
        "fadd" => a + b,
        "fsub" => a - b,
        "fmul" => a * b,
        "fdiv" => a / b,
        "fmin" => extremum(a, b, false),
        "fmax" => extremum(a, b, true),
        _ => a.copysign(b),
    }
}

fn unary_float(op: &str, a: f64) -> f64 {
    match op {
        "fneg" => -a,
        "fabs" => a.abs(),
        "sqrt" => a.sqrt(),
        "floor" => a.floor(),
        "ceil" => a.ceil(),
        "ftrunc" => a.trunc(),
        _ => a.round_ties_even(),
    }
}

#[test]
fn float_arithmetic() {
    let mut cases = Cases::default();
    let (doubles, singles_) = (f64_edges(), f32_edges());
    for op in ["fadd", "fsub", "fmul", "fdiv", "fmin", "fmax", "fcopysign"] {
        cases.op(&format!("{op}.f64"), &[Ty::F64, Ty::F64], Ty::F64, &pairs(&doubles), |v| {
            Some(binary_float(op, f64::from_bits(v[0]), f64::from_bits(v[1])).to_bits())
        });
        cases.op(&format!("{op}.f32"), &[Ty::F32, Ty::F32], Ty::F32, &pairs(&singles_), |v| {
            let (a, b) = (f32::from_bits(v[0] as u32), f32::from_bits(v[1] as u32));
            Some(u64::from((binary_float(op, f64::from(a), f64::from(b)) as f32).to_bits()))
        });
    }
    for op in ["fneg", "fabs", "sqrt", "floor", "ceil", "ftrunc", "nearest"] {
        cases.op(&format!("{op}.f64"), &[Ty::F64], Ty::F64, &singles(&doubles), |v| {
            Some(unary_float(op, f64::from_bits(v[0])).to_bits())
        });
        cases.op(&format!("{op}.f32"), &[Ty::F32], Ty::F32, &singles(&singles_), |v| {
            let a = f32::from_bits(v[0] as u32);
            Some(u64::from((unary_float(op, f64::from(a)) as f32).to_bits()))
        });
    }
    type Test = fn(f64, f64) -> bool;
    let conditions: [(&str, Test); 6] = [
        ("eq", |a, b| a == b),
        ("ne", |a, b| a != b),
        ("lt", |a, b| a < b),
        ("le", |a, b| a <= b),
        ("gt", |a, b| a > b),
        ("ge", |a, b| a >= b),
    ];
    for (cc, test) in conditions {
        cases.op(&format!("fcmp.f64 {cc}"), &[Ty::F64, Ty::F64], Ty::Int(8), &pairs(&doubles), |v| {
            Some(u64::from(test(f64::from_bits(v[0]), f64::from_bits(v[1]))))
        });
        cases.op(&format!("fcmp.f32 {cc}"), &[Ty::F32, Ty::F32], Ty::Int(8), &pairs(&singles_), |v| {
            let get = |bits: u64| f64::from(f32::from_bits(bits as u32));
            Some(u64::from(test(get(v[0]), get(v[1]))))
        });
    }
    for op in ["fneg", "fabs", "floor", "ceil", "ftrunc", "nearest"] {
        let f = |a: f64| unary_float(op, a);
        cases.op_in_loop(op, Ty::F64, None, &singles(&doubles), |v| f(f64::from_bits(v[0])).to_bits());
        cases.op_in_loop(op, Ty::F32, None, &singles(&singles_), |v| {
            u64::from((f(f64::from(f32::from_bits(v[0] as u32))) as f32).to_bits())
        });
    }
    for op in ["fadd", "fsub", "fmul", "fdiv", "fmin", "fmax", "fcopysign"] {
        cases.op_in_loop(op, Ty::F64, None, &pairs(&doubles[..12]), |v| {
            binary_float(op, f64::from_bits(v[0]), f64::from_bits(v[1])).to_bits()
        });
        for is_first in [true, false] {
            cases.op_in_loop(op, Ty::F64, Some(("-2.5", is_first)), &singles(&doubles), |v| {
                let a = f64::from_bits(v[0]);
                let (a, b) = if is_first { (-2.5, a) } else { (a, -2.5) };
                binary_float(op, a, b).to_bits()
            });
            cases.op_in_loop(op, Ty::F32, Some(("-2.5", is_first)), &singles(&singles_), |v| {
                let a = f64::from(f32::from_bits(v[0] as u32));
                let (a, b) = if is_first { (-2.5, a) } else { (a, -2.5) };
                u64::from((binary_float(op, a, b) as f32).to_bits())
            });
        }
    }
    let choices = vec![vec![0, doubles[2], doubles[3]], vec![1, doubles[2], doubles[3]]];
    cases.op("select.f64", &[Ty::Int(8), Ty::F64, Ty::F64], Ty::F64, &choices, |v| {
        Some(if v[0] != 0 { v[1] } else { v[2] })
    });
    cases.run();
}

#[test]
fn conversions() {
    let mut cases = Cases::default();
    for from in WIDTHS {
        let values = edges(from);
        for to in WIDTHS {
            let types = (Ty::Int(from), Ty::Int(to));
            if from < to {
                convert(&mut cases, "sext", types, &values, |v| signed(from, v) as u64 & mask(to));
                convert(&mut cases, "zext", types, &values, |v| v);
            } else if from > to {
                convert(&mut cases, "itrunc", types, &values, |v| v & mask(to));
            }
        }
        let s = |v| signed(from, v);
        convert(&mut cases, "sint_to_float", (Ty::Int(from), Ty::F64), &values, |v| (s(v) as f64).to_bits());
        convert(&mut cases, "uint_to_float", (Ty::Int(from), Ty::F64), &values, |v| (v as f64).to_bits());
        convert(&mut cases, "sint_to_float", (Ty::Int(from), Ty::F32), &values, |v| u64::from((s(v) as f32).to_bits()));
        convert(&mut cases, "uint_to_float", (Ty::Int(from), Ty::F32), &values, |v| u64::from((v as f32).to_bits()));

        let to_signed = |value: f64| match from {
            8 => value as i8 as u64,
            16 => value as i16 as u64,
            32 => value as i32 as u64,
            _ => value as i64 as u64,
        };
        let to_unsigned = |value: f64| match from {
            8 => u64::from(value as u8),
            16 => u64::from(value as u16),
            32 => u64::from(value as u32),
            _ => value as u64,
        };
        let wide = |bits: u64| f64::from(f32::from_bits(bits as u32));
        let int = Ty::Int(from);
        let (doubles, floats) = (f64_edges(), f32_edges());
        convert(&mut cases, "float_to_sint", (Ty::F64, int), &doubles, |v| to_signed(f64::from_bits(v)) & mask(from));
        convert(&mut cases, "float_to_uint", (Ty::F64, int), &doubles, |v| to_unsigned(f64::from_bits(v)));
        convert(&mut cases, "float_to_sint", (Ty::F32, int), &floats, |v| to_signed(wide(v)) & mask(from));
        convert(&mut cases, "float_to_uint", (Ty::F32, int), &floats, |v| to_unsigned(wide(v)));
    }
    let (doubles, floats) = (f64_edges(), f32_edges());
    convert(&mut cases, "fpromote", (Ty::F32, Ty::F64), &floats, |v| f64::from(f32::from_bits(v as u32)).to_bits());
    convert(&mut cases, "fdemote", (Ty::F64, Ty::F32), &doubles, |v| u64::from((f64::from_bits(v) as f32).to_bits()));
    convert(&mut cases, "bitcast", (Ty::F64, Ty::Int(64)), &doubles, |v| v);
    convert(&mut cases, "bitcast", (Ty::Int(32), Ty::F32), &floats, |v| v);
    cases.run();
}

fn convert(cases: &mut Cases, op: &str, (from, to): (Ty, Ty), values: &[u64], f: impl Fn(u64) -> u64) {
    cases.op(&format!("{op}.{}", to.ssa()), &[from], to, &singles(values), |v| Some(f(v[0])));
}
