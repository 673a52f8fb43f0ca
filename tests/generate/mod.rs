//! Generates random programs that are right by construction: they check, they end, and what they print is defined. So
//! every road must print the same. A seed always gives the same program.
//!
//! Names are unique but for deliberate shadowing. Costs are estimated while generating, so that loops in calls in loops do not run for
//! hours. In functions that are "pure" only what the evaluator of constants knows is used; they are
//! called at compile time and at run time.

mod expr;
mod literal;
mod program;
mod rng;
mod stmt;
mod types;

use rng::Rng;
use types::{EnumType, Record, Ty};

/// A variable in scope.
#[derive(Clone, Debug)]
struct Var {
    name: String,
    ty: Ty,
    is_mutable: bool,
}

/// A function that may be called.
#[derive(Clone, Debug)]
struct Callable {
    name: String,
    params: Vec<Ty>,
    result: Ty,
    is_pure: bool,
    cost: u64,
    /// The first argument is the receiver.
    is_method: bool,
    /// The receiver is changed.
    is_mutating: bool,
    /// The first parameter says how deep it may call itself.
    is_recursive: bool,
}

/// Steps that one function may take, as estimated.
const MAX_COST: u64 = 4_000;

struct Generator {
    rng: Rng,
    structs: Vec<Record>,
    classes: Vec<Record>,
    enums: Vec<EnumType>,
    callables: Vec<Callable>,
    scope: Vec<Var>,
    /// Statements being written, indented.
    out: String,
    indent: usize,
    next_id: usize,
    is_pure: bool,
    /// Checks may fail.
    is_risky: bool,
    /// How often what is being written runs in one call, and what the call costs so far.
    times: u64,
    cost: u64,
    /// Statements that may still be written in this function.
    budget: usize,
    /// Loops around, innermost last: their labels.
    loops: Vec<String>,
    /// What `return` takes here.
    result: Option<Ty>,
    /// The function itself, while it may still call itself.
    recursion: Option<(Callable, usize)>,
}

/// The program of a seed.
pub fn program(seed: u64) -> String {
    let mut generator = Generator {
        rng: Rng::new(seed),
        structs: Vec::new(),
        classes: Vec::new(),
        enums: Vec::new(),
        callables: Vec::new(),
        scope: Vec::new(),
        out: String::new(),
        indent: 0,
        next_id: 0,
        is_pure: false,
        is_risky: false,
        times: 1,
        cost: 0,
        budget: 0,
        loops: Vec::new(),
        result: None,
        recursion: None,
    };
    generator.program(seed)
}

impl Generator {
    fn fresh(&mut self, prefix: &str) -> String {
        self.next_id += 1;
        format!("{prefix}{}", self.next_id)
    }

    fn line(&mut self, text: &str) {
        for _ in 0..self.indent {
            self.out.push_str("    ");
        }
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn declare(&mut self, name: &str, ty: &Ty, is_mutable: bool) {
        self.scope.push(Var { name: name.to_owned(), ty: ty.clone(), is_mutable });
    }

    /// Variables that no later one hides.
    fn visible(&self) -> Vec<Var> {
        let mut seen: Vec<&str> = Vec::new();
        let mut found = Vec::new();
        for var in self.scope.iter().rev() {
            if !seen.contains(&var.name.as_str()) {
                seen.push(&var.name);
                found.push(var.clone());
            }
        }
        found
    }

    /// What is written by `work` runs `times` as often.
    fn repeated<T>(&mut self, times: u64, work: impl FnOnce(&mut Generator) -> T) -> T {
        let outer = self.times;
        self.times *= times;
        let result = work(self);
        self.times = outer;
        result
    }

    /// Variables of `work` end with it.
    fn scoped<T>(&mut self, work: impl FnOnce(&mut Generator) -> T) -> T {
        let len = self.scope.len();
        let result = work(self);
        self.scope.truncate(len);
        result
    }
}
