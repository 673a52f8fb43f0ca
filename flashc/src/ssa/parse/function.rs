//! Reads one function's text: header, slots, scopes, blocks.

use super::super::op::Typing;
use super::super::text::shows_type;
use super::super::*;
use super::lex::Token;
use super::{Parser, number_after, type_named};
use rustc_hash::{FxHashMap, FxHashSet};

/// Numbers of values and blocks must be below this: their tables are as long as the highest.
const HIGHEST_NUMBER: u32 = 1 << 22;

/// After the word `function`.
pub(super) fn parse(parser: &mut Parser<'_>) -> Result<Function, String> {
    let symbol = parser.lexer.name()?;
    let signature = parser.signature()?;
    let mut function = Function {
        scopes: vec![Scope { function: symbol.clone(), inlined_at: None }],
        symbol,
        signature,
        convention: Convention::default(),
        linkage: Linkage::default(),
        hint: Hint::default(),
        is_coroutine: false,
        part: Part::default(),
        blocks: Vec::new(),
        layout: Vec::new(),
        insts: Vec::new(),
        values: Vec::new(),
        slots: Vec::new(),
        locations: Vec::new(),
    };
    loop {
        match parser.lexer.next() {
            Token::Punct('{') => break,
            Token::Word("export_c") => function.convention = Convention::ExportC,
            Token::Word("inline_always") => function.hint = Hint::InlineAlways,
            Token::Word("inline_never") => function.hint = Hint::InlineNever,
            Token::Word("cold") => function.hint = Hint::Cold,
            Token::Word("coroutine") => function.is_coroutine = true,
            Token::Word("start") => function.part = Part::Start,
            Token::Word("resume") => function.part = Part::Resume,
            Token::Word("as") => function.scopes[0].function = parser.string()?,
            other => return Err(parser.lexer.error(&format!("expected `{{`, found {other}"))),
        }
    }
    let mut body = Body {
        parser,
        function,
        locations: FxHashMap::default(),
        defined: FxHashSet::default(),
        used_values: Vec::new(),
        used_blocks: Vec::new(),
        block_lines: Vec::new(),
    };
    body.declarations()?;
    body.blocks()?;
    body.finish()
}

struct Body<'a, 'b> {
    parser: &'a mut Parser<'b>,
    function: Function,
    locations: FxHashMap<Location, Loc>,
    defined: FxHashSet<Value>,
    /// With their lines: checked when all definitions are known.
    used_values: Vec<(Value, u32)>,
    used_blocks: Vec<(Block, u32)>,
    block_lines: Vec<(Block, u32)>,
}

impl Body<'_, '_> {
    fn error(&self, message: &str) -> String {
        self.parser.lexer.error(message)
    }

    fn declarations(&mut self) -> Result<(), String> {
        loop {
            if self.parser.lexer.eat_word("slot") {
                let number = self.parser.numbered('s')?;
                if number as usize != self.function.slots.len() {
                    return Err(self.error(&format!("expected slot s{}", self.function.slots.len())));
                }
                let size = self.parser.lexer.integer()?;
                let align = if self.parser.lexer.eat_word("align") { self.parser.lexer.integer()? } else { 8 };
                self.function.slots.push(SlotData { size, align });
            } else if self.parser.lexer.eat_word("scope") {
                let number: u32 = self.parser.lexer.integer()?;
                if number as usize != self.function.scopes.len() {
                    return Err(self.error(&format!("expected scope {}", self.function.scopes.len())));
                }
                let function = self.parser.string()?;
                let inlined_at = self.location()?;
                self.function.scopes.push(Scope { function, inlined_at });
            } else {
                return Ok(());
            }
        }
    }

    fn blocks(&mut self) -> Result<(), String> {
        while !self.parser.lexer.eat('}') {
            let number = self.parser.numbered('b')?;
            let block = self.block_number(number)?;
            if self.function.layout.contains(&block) {
                return Err(self.error(&format!("a second {block}")));
            }
            self.function.layout.push(block);
            self.block_lines.push((block, self.parser.lexer.line()));
            if self.parser.lexer.eat('(') {
                while !self.parser.lexer.eat(')') {
                    let value = self.define()?;
                    self.parser.lexer.expect(':')?;
                    let ty = self.parser.ty()?;
                    let params = &mut self.function.blocks[block.index()].params;
                    let def = ValueDef::Param(block, params.len() as u32);
                    params.push(value);
                    self.function.values[value.index()] = ValueData { ty, def };
                    if self.parser.lexer.peek() != &Token::Punct(')') {
                        self.parser.lexer.expect(',')?;
                    }
                }
            }
            self.parser.lexer.expect(':')?;
            while !self.terminator(block)? {
                let inst = self.inst()?;
                self.function.blocks[block.index()].insts.push(inst);
            }
        }
        Ok(())
    }

    fn block_number(&mut self, number: u32) -> Result<Block, String> {
        if number >= HIGHEST_NUMBER {
            return Err(self.error("this block's number is too high"));
        }
        while self.function.blocks.len() <= number as usize {
            self.function.blocks.push(BlockData::default());
        }
        Ok(Block(number))
    }

    fn value_number(&mut self) -> Result<Value, String> {
        let number = self.parser.numbered('v')?;
        if number >= HIGHEST_NUMBER {
            return Err(self.error("this value's number is too high"));
        }
        Ok(Value(number))
    }

    /// A value that is defined here; numbers left out stay dead.
    fn define(&mut self) -> Result<Value, String> {
        let value = self.value_number()?;
        if !self.defined.insert(value) {
            return Err(self.error(&format!("a second {value}")));
        }
        while self.function.values.len() <= value.index() {
            let def = ValueDef::Param(Block(0), u32::MAX);
            self.function.values.push(ValueData { ty: Type::I64, def });
        }
        Ok(value)
    }

    fn value(&mut self) -> Result<Value, String> {
        let value = self.value_number()?;
        self.used_values.push((value, self.parser.lexer.line()));
        Ok(value)
    }

    /// Values with commas between; none where no value stands or where the next definition
    /// (`v1, v2 = `) starts.
    fn values<const N: usize>(&mut self) -> Result<SmallVec<[Value; N]>, String> {
        let mut values = SmallVec::new();
        let starts_value = matches!(self.parser.lexer.peek(), Token::Word(w) if number_after(w, 'v').is_some());
        if !starts_value || self.starts_definition() {
            return Ok(values);
        }
        values.push(self.value()?);
        while self.parser.lexer.eat(',') {
            values.push(self.value()?);
        }
        Ok(values)
    }

    fn starts_definition(&self) -> bool {
        let mut rest = self.parser.lexer.rest();
        loop {
            match (rest.next(), rest.next()) {
                (Some(Token::Word(_)), Some(Token::Punct(','))) => {}
                (Some(Token::Word(_)), Some(Token::Punct('='))) => return true,
                _ => return false,
            }
        }
    }

    fn arguments<const N: usize>(&mut self) -> Result<SmallVec<[Value; N]>, String> {
        self.parser.lexer.expect('(')?;
        let mut values = SmallVec::new();
        while !self.parser.lexer.eat(')') {
            values.push(self.value()?);
            if self.parser.lexer.peek() != &Token::Punct(')') {
                self.parser.lexer.expect(',')?;
            }
        }
        Ok(values)
    }

    fn inst(&mut self) -> Result<Inst, String> {
        let mut results: SmallVec<[Value; 2]> = SmallVec::new();
        if matches!(self.parser.lexer.peek(), Token::Word(w) if number_after(w, 'v').is_some()) {
            results.push(self.define()?);
            while self.parser.lexer.eat(',') {
                results.push(self.define()?);
            }
            self.parser.lexer.expect('=')?;
        }
        let token = self.parser.lexer.next();
        let Token::Word(word) = token else {
            return Err(self.error(&format!("expected an operation, found {token}")));
        };
        let (name, suffix) = word.split_once('.').map_or((word, None), |(name, ty)| (name, Some(ty)));
        let op = Op::ALL.iter().copied().find(|op| op.facts().name == name);
        let (Some(op), ty) = (op, suffix.map_or(Some(Type::Ptr), type_named)) else {
            return Err(self.error(&format!("no operation {word}")));
        };
        let Some(ty) = ty.filter(|_| shows_type(op) == suffix.is_some()) else {
            return Err(self.error(&format!("no operation {word}")));
        };
        let ty = if op == Op::NoOverflow { Type::I8 } else { ty };
        let line = self.parser.lexer.line();
        let (args, aux) = self.operands(op, ty)?;
        let types = self.result_types(op, ty, &aux);
        if types.len() != results.len() {
            let expected = if types.len() == 1 { "1 result".to_owned() } else { format!("{} results", types.len()) };
            return Err(format!("line {line}: {} names for {expected}", results.len()));
        }
        let inst = Inst(self.function.insts.len() as u32);
        for (index, (&value, ty)) in results.iter().zip(types).enumerate() {
            self.function.values[value.index()] = ValueData { ty, def: ValueDef::Result(inst, index as u32) };
        }
        let loc = match self.location()? {
            Some(loc) => loc,
            None => self.intern(Location { file: FileId(0), offset: 0, scope: ScopeId(0) }),
        };
        self.function.insts.push(InstData { op, ty, args, results, aux, loc });
        Ok(inst)
    }

    fn operands(&mut self, op: Op, ty: Type) -> Result<(SmallVec<[Value; 3]>, Aux), String> {
        let none = SmallVec::new();
        Ok(match op {
            Op::Iconst => (none, Aux::Imm(self.parser.lexer.integer()?)),
            Op::Fconst => (none, Aux::Imm(self.float(ty)?)),
            Op::Icmp => {
                let cc = self.condition(&IntCc::ALL, IntCc::name)?;
                (self.values()?, Aux::IntCc(cc))
            }
            Op::Fcmp => {
                let cc = self.condition(&FloatCc::ALL, FloatCc::name)?;
                (self.values()?, Aux::FloatCc(cc))
            }
            Op::SlotAddr => (none, Aux::Slot(Slot(self.parser.numbered('s')?))),
            Op::DataAddr => (none, Aux::Data(self.parser.data_name()?)),
            Op::DescriptorAddr | Op::Alloc => (none, Aux::Descriptor(DescriptorId(self.parser.numbered('t')?))),
            Op::FuncAddr => (none, Aux::Function(self.parser.function_name()?)),
            Op::ExternAddr => (none, Aux::Extern(self.parser.extern_name()?)),
            Op::GlobalAddr => (none, Aux::Global(self.parser.lexer.integer()?)),
            Op::Load | Op::Store => {
                let readonly = self.parser.lexer.eat_word("readonly");
                let mut args = none;
                args.push(self.value()?);
                let negative = matches!(self.parser.lexer.peek(), Token::Number(n) if n.starts_with('-'));
                let offset = if self.parser.lexer.eat('+') || negative { self.parser.lexer.integer()? } else { 0 };
                if op == Op::Store {
                    self.parser.lexer.expect(',')?;
                    args.push(self.value()?);
                }
                (args, Aux::Mem(Mem { offset, region: self.region()?, readonly }))
            }
            Op::Copy | Op::Zero => {
                let mut args = none;
                args.push(self.value()?);
                self.parser.lexer.expect(',')?;
                if op == Op::Copy {
                    args.push(self.value()?);
                    self.parser.lexer.expect(',')?;
                }
                let bytes = self.parser.lexer.integer()?;
                (args, Aux::Bytes(bytes, self.region()?))
            }
            Op::Call => {
                let callee = self.parser.function_name()?;
                (self.arguments()?, Aux::Function(callee))
            }
            Op::CallExtern => {
                let callee = self.parser.extern_name()?;
                (self.arguments()?, Aux::Extern(callee))
            }
            Op::CallRt => {
                let token = self.parser.lexer.next();
                let rt = match &token {
                    Token::Word(word) => Rt::from_name(word),
                    _ => None,
                };
                let rt = rt.ok_or_else(|| self.error(&format!("no runtime function {token}")))?;
                (self.arguments()?, Aux::Rt(rt))
            }
            Op::CallIndirect => {
                let mut args = none;
                args.push(self.value()?);
                args.extend(self.arguments::<3>()?);
                (args, Aux::Signature(Box::new(self.parser.signature()?)))
            }
            // The operand's type is known in the end.
            _ if op.facts().typing == Typing::Convert => (self.values()?, Aux::From(Type::I64)),
            _ => (self.values()?, Aux::None),
        })
    }

    fn condition<T: Copy>(&mut self, all: &[T], name: impl Fn(T) -> &'static str) -> Result<T, String> {
        let token = self.parser.lexer.next();
        let found = match &token {
            Token::Word(word) => all.iter().copied().find(|&cc| name(cc) == *word),
            _ => None,
        };
        found.ok_or_else(|| self.error(&format!("expected a condition, found {token}")))
    }

    fn float(&mut self, ty: Type) -> Result<i64, String> {
        let token = self.parser.lexer.next();
        let Token::Number(text) = token else {
            return Err(self.error(&format!("expected a number, found {token}")));
        };
        let bits = match (text.strip_prefix("0x"), ty) {
            (Some(digits), Type::F32) => u32::from_str_radix(digits, 16).ok().map(i64::from),
            (Some(digits), _) => u64::from_str_radix(digits, 16).ok().map(|bits| bits as i64),
            (None, Type::F32) => text.parse::<f32>().ok().map(|value| i64::from(value.to_bits())),
            (None, _) => text.parse::<f64>().ok().map(|value| value.to_bits() as i64),
        };
        bits.ok_or_else(|| self.error(&format!("expected a number, found `{text}`")))
    }

    /// `[name]` or `[r7]`; left out, it is any region.
    fn region(&mut self) -> Result<Region, String> {
        if !self.parser.lexer.eat('[') {
            return Ok(Region::ANY);
        }
        let token = self.parser.lexer.next();
        let region = match &token {
            Token::Word(word) => {
                self.parser.names.regions.get(*word).copied().or_else(|| number_after(word, 'r').map(Region))
            }
            _ => None,
        };
        let region = region.ok_or_else(|| self.error(&format!("no region {token}")))?;
        self.parser.lexer.expect(']')?;
        Ok(region)
    }

    fn result_types(&self, op: Op, ty: Type, aux: &Aux) -> Vec<Type> {
        match (op.facts().typing, aux) {
            (Typing::Call, Aux::Function(id)) => self.parser.names.signatures[id.index()].results.clone(),
            (Typing::Call, Aux::Signature(signature)) => signature.results.clone(),
            (Typing::Call, Aux::Rt(rt)) => rt.symbol().results.iter().map(|&ty| Type::from_abi(ty)).collect(),
            (Typing::Call, Aux::Extern(id)) => self.parser.names.extern_signatures[id.index()].results.clone(),
            (typing, _) => typing.results(ty).to_vec(),
        }
    }

    /// Reads the terminator if one stands next.
    fn terminator(&mut self, block: Block) -> Result<bool, String> {
        let Token::Word(word) = *self.parser.lexer.peek() else {
            return Ok(false);
        };
        if !matches!(word, "jump" | "branch" | "switch" | "return" | "try" | "unreachable") {
            return Ok(false);
        }
        self.parser.lexer.next();
        let terminator = match word {
            "jump" => Terminator::Jump(self.block_call()?),
            "branch" => {
                let condition = self.value()?;
                self.parser.lexer.expect(',')?;
                let then = self.block_call()?;
                self.parser.lexer.expect(',')?;
                Terminator::Branch { condition, then, otherwise: self.block_call()? }
            }
            "switch" => {
                let value = self.value()?;
                self.parser.lexer.expect(',')?;
                let default = self.block_call()?;
                self.parser.lexer.expect('[')?;
                let mut cases = Vec::new();
                while !self.parser.lexer.eat(']') {
                    let case = self.parser.lexer.integer()?;
                    self.parser.lexer.expect(':')?;
                    cases.push((case, self.block_call()?));
                    if self.parser.lexer.peek() != &Token::Punct(']') {
                        self.parser.lexer.expect(',')?;
                    }
                }
                Terminator::Switch { value, cases, default }
            }
            "return" => Terminator::Return(self.values()?),
            "try" => {
                let normal = self.block_call()?;
                self.parser.lexer.expect(',')?;
                Terminator::Try { normal, unwind: self.block_call()? }
            }
            _ => Terminator::Unreachable,
        };
        let loc = self.location()?;
        let data = &mut self.function.blocks[block.index()];
        data.terminator = terminator;
        data.loc = loc;
        Ok(true)
    }

    fn block_call(&mut self) -> Result<BlockCall, String> {
        let number = self.parser.numbered('b')?;
        let block = self.block_number(number)?;
        self.used_blocks.push((block, self.parser.lexer.line()));
        let has_arguments = self.parser.lexer.peek() == &Token::Punct('(');
        let args = if has_arguments { self.arguments()? } else { SmallVec::new() };
        Ok(BlockCall { block, args })
    }

    /// `#file:offset/scope`, if it stands next.
    fn location(&mut self) -> Result<Option<Loc>, String> {
        if !self.parser.lexer.eat('#') {
            return Ok(None);
        }
        let file = FileId(self.parser.lexer.integer()?);
        self.parser.lexer.expect(':')?;
        let offset = self.parser.lexer.integer()?;
        let scope = if self.parser.lexer.eat('/') { self.parser.lexer.integer()? } else { 0 };
        if scope as usize >= self.function.scopes.len() {
            return Err(self.error(&format!("there is no scope {scope}")));
        }
        Ok(Some(self.intern(Location { file, offset, scope: ScopeId(scope) })))
    }

    fn intern(&mut self, location: Location) -> Loc {
        let locations = &mut self.function.locations;
        *self.locations.entry(location).or_insert_with(|| {
            locations.push(location);
            Loc(locations.len() as u32 - 1)
        })
    }

    /// Checks that what was used exists, and fills in what follows from operands' types.
    fn finish(mut self) -> Result<Function, String> {
        if self.function.layout.is_empty() {
            return Err(self.error("a function needs a block"));
        }
        let blocks: FxHashSet<Block> = self.block_lines.iter().map(|(block, _)| *block).collect();
        let bad_value = self.used_values.iter().find(|(value, _)| !self.defined.contains(value));
        let bad_block = self.used_blocks.iter().find(|(block, _)| !blocks.contains(block));
        if let Some((value, line)) = bad_value {
            return Err(format!("line {line}: {value} is not defined"));
        }
        if let Some((block, line)) = bad_block {
            return Err(format!("line {line}: there is no {block}"));
        }
        for inst in &mut self.function.insts {
            if let (Aux::From(from), [operand]) = (&mut inst.aux, inst.args.as_slice()) {
                *from = self.function.values[operand.index()].ty;
            }
        }
        Ok(self.function)
    }
}
