//! Reads the text form of SSA that [`super::text`] writes: for goldens of passes and lowering.
//! Never panics, whatever the text; what it accepts names only things that exist, and types that are
//! found from the text. The rest of SSA's invariants are for [`super::verify`].

mod function;
mod lex;

use super::text::FIXED_REGIONS;
use super::*;
use lex::{Lexer, Token};
use rustc_hash::FxHashMap;

/// The module of a text, or the first mistake with its line.
pub fn parse_module(text: &str) -> Result<Module, String> {
    let mut parser = Parser { lexer: Lexer::new(text)?, module: Module::default(), names: Names::default() };
    parser.declare_names()?;
    parser.module_items()?;
    Ok(parser.module)
}

/// Everything that may be named before it is declared.
#[derive(Default)]
struct Names {
    functions: FxHashMap<String, FuncId>,
    signatures: Vec<Signature>,
    data: FxHashMap<String, DataId>,
    externs: FxHashMap<String, ExternId>,
    extern_signatures: Vec<Signature>,
    regions: FxHashMap<String, Region>,
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    module: Module,
    names: Names,
}

impl Parser<'_> {
    /// First walk: names of functions with their signatures, data and externs.
    fn declare_names(&mut self) -> Result<(), String> {
        for (number, name) in FIXED_REGIONS.iter().enumerate() {
            self.names.regions.insert((*name).to_owned(), Region(number as u32));
        }
        while self.lexer.peek() != &Token::End {
            match self.lexer.next() {
                Token::Word("function") => {
                    let name = self.lexer.name()?;
                    let id = FuncId(self.names.signatures.len() as u32);
                    if self.names.functions.insert(name.clone(), id).is_some() {
                        return Err(self.lexer.error(&format!("a second function @{name}")));
                    }
                    let signature = self.signature()?;
                    self.names.signatures.push(signature);
                    self.skip_body()?;
                }
                Token::Word("data") => {
                    let name = self.lexer.name()?;
                    let id = DataId(self.names.data.len() as u32);
                    if self.names.data.insert(name.clone(), id).is_some() {
                        return Err(self.lexer.error(&format!("a second data @{name}")));
                    }
                    while !matches!(self.lexer.peek(), Token::Str(_) | Token::End) {
                        self.lexer.next();
                    }
                    self.lexer.next();
                    if self.lexer.peek() == &Token::Punct('{') {
                        self.skip_body()?;
                    }
                }
                Token::Word("extern") => {
                    let name = self.lexer.name()?;
                    let id = ExternId(self.names.externs.len() as u32);
                    if self.names.externs.insert(name.clone(), id).is_some() {
                        return Err(self.lexer.error(&format!("a second extern @{name}")));
                    }
                    let signature = self.signature()?;
                    self.names.extern_signatures.push(signature);
                }
                _ => {}
            }
        }
        self.lexer.rewind();
        Ok(())
    }

    /// To behind the next `}`; braces do not nest.
    fn skip_body(&mut self) -> Result<(), String> {
        loop {
            match self.lexer.next() {
                Token::Punct('}') => return Ok(()),
                Token::End => return Err(self.lexer.error("expected `}`")),
                _ => {}
            }
        }
    }

    fn module_items(&mut self) -> Result<(), String> {
        loop {
            match self.lexer.next() {
                Token::End => return Ok(()),
                Token::Word("region") => self.region()?,
                Token::Word("globals") => {
                    self.module.globals_size = self.lexer.integer()?;
                    self.module.globals_pointers = self.bracketed(|p| p.lexer.integer())?;
                }
                Token::Word("entry") => {
                    let id = self.function_name()?;
                    self.module.entry = Some(id);
                }
                Token::Word("errors") => {
                    let id = self.data_name()?;
                    self.module.errors = Some(id);
                }
                Token::Word("describe") => {
                    let id = self.function_name()?;
                    self.module.describe = Some(id);
                }
                Token::Word("extern") => {
                    let symbol = self.lexer.name()?;
                    let signature = self.signature()?;
                    self.module.externs.push(Extern { symbol, signature });
                }
                Token::Word("descriptor") => self.descriptor()?,
                Token::Word("data") => self.data()?,
                Token::Word("function") => {
                    let function = function::parse(self)?;
                    self.module.functions.push(function);
                }
                other => return Err(self.lexer.error(&format!("expected a declaration, found {other}"))),
            }
        }
    }

    fn region(&mut self) -> Result<(), String> {
        let number = self.numbered('r')?;
        let name = match self.lexer.next() {
            Token::Word(word) => word.to_owned(),
            Token::Str(bytes) => self.text(bytes)?,
            other => return Err(self.lexer.error(&format!("expected the region's name, found {other}"))),
        };
        if self.module.regions.is_empty() {
            self.module.regions = FIXED_REGIONS.iter().map(|name| (*name).to_owned()).collect();
        }
        if number as usize != self.module.regions.len() {
            return Err(self.lexer.error(&format!("expected region r{}", self.module.regions.len())));
        }
        self.names.regions.insert(name.clone(), Region(number));
        self.module.regions.push(name);
        Ok(())
    }

    fn descriptor(&mut self) -> Result<(), String> {
        let number = self.numbered('t')?;
        if number as usize != self.module.descriptors.len() {
            return Err(self.lexer.error(&format!("expected descriptor t{}", self.module.descriptors.len())));
        }
        let name = self.string()?;
        let kind = match self.lexer.next() {
            Token::Word("fixed") => flash_abi::object::KIND_FIXED,
            Token::Word("buffer") => flash_abi::object::KIND_BUFFER,
            Token::Word("kind") => self.lexer.integer()?,
            other => return Err(self.lexer.error(&format!("expected the descriptor's kind, found {other}"))),
        };
        let size = self.lexer.integer()?;
        let slots = self.bracketed(|p| {
            let slot: u32 = p.lexer.integer()?;
            let exact = if p.lexer.eat_word("exact") { flash_abi::object::SLOT_EXACT } else { 0 };
            let ambiguous = if p.lexer.eat_word("ambiguous") { flash_abi::object::SLOT_AMBIGUOUS } else { 0 };
            Ok(slot | exact | ambiguous)
        })?;
        let is_local = self.lexer.eat_word("local");
        self.module.descriptors.push(Descriptor { name, kind, is_local, size, slots });
        Ok(())
    }

    fn data(&mut self) -> Result<(), String> {
        let name = self.lexer.name()?;
        let align = if self.lexer.eat_word("align") { self.lexer.integer()? } else { 1 };
        let Token::Str(bytes) = self.lexer.next() else {
            return Err(self.lexer.error("expected the data's bytes in quotes"));
        };
        let mut relocations = Vec::new();
        if self.lexer.eat('{') {
            while !self.lexer.eat('}') {
                let offset = self.lexer.integer()?;
                self.lexer.expect(':')?;
                let target = match self.lexer.next() {
                    Token::Word("function") => DataTarget::Function(self.function_name()?),
                    Token::Word("data") => DataTarget::Data(self.data_name()?),
                    Token::Word("descriptor") => DataTarget::Descriptor(DescriptorId(self.numbered('t')?)),
                    other => return Err(self.lexer.error(&format!("expected what the address is of, found {other}"))),
                };
                relocations.push((offset, target));
                if self.lexer.peek() != &Token::Punct('}') {
                    self.lexer.expect(',')?;
                }
            }
        }
        self.module.data.push(Data { name, bytes, align, relocations, is_import: false });
        Ok(())
    }

    /// `(types)`, then `-> type`, `-> (types)` or nothing.
    fn signature(&mut self) -> Result<Signature, String> {
        let params = self.types()?;
        let results = match self.lexer.peek() {
            Token::Arrow => {
                self.lexer.next();
                if self.lexer.peek() == &Token::Punct('(') { self.types()? } else { vec![self.ty()?] }
            }
            _ => Vec::new(),
        };
        Ok(Signature { params, results })
    }

    fn types(&mut self) -> Result<Vec<Type>, String> {
        self.lexer.expect('(')?;
        self.list(')', |p| p.ty())
    }

    fn ty(&mut self) -> Result<Type, String> {
        let token = self.lexer.next();
        match &token {
            Token::Word(word) => type_named(word),
            _ => None,
        }
        .ok_or_else(|| self.lexer.error(&format!("expected a type, found {token}")))
    }

    fn bracketed<T>(&mut self, item: impl FnMut(&mut Self) -> Result<T, String>) -> Result<Vec<T>, String> {
        self.lexer.expect('[')?;
        self.list(']', item)
    }

    /// Items with commas between, up to and with the closing bracket.
    fn list<T>(&mut self, close: char, mut item: impl FnMut(&mut Self) -> Result<T, String>) -> Result<Vec<T>, String> {
        let mut items = Vec::new();
        while !self.lexer.eat(close) {
            items.push(item(self)?);
            if self.lexer.peek() != &Token::Punct(close) {
                self.lexer.expect(',')?;
            }
        }
        Ok(items)
    }

    /// The number of a word such as `t12`.
    fn numbered(&mut self, prefix: char) -> Result<u32, String> {
        let token = self.lexer.next();
        let number = match &token {
            Token::Word(word) => number_after(word, prefix),
            _ => None,
        };
        number.ok_or_else(|| self.lexer.error(&format!("expected `{prefix}` and a number, found {token}")))
    }

    fn function_name(&mut self) -> Result<FuncId, String> {
        let name = self.lexer.name()?;
        self.names.functions.get(&name).copied().ok_or_else(|| self.lexer.error(&format!("no function @{name}")))
    }

    fn data_name(&mut self) -> Result<DataId, String> {
        let name = self.lexer.name()?;
        self.names.data.get(&name).copied().ok_or_else(|| self.lexer.error(&format!("no data @{name}")))
    }

    fn extern_name(&mut self) -> Result<ExternId, String> {
        let name = self.lexer.name()?;
        self.names.externs.get(&name).copied().ok_or_else(|| self.lexer.error(&format!("no extern @{name}")))
    }

    fn string(&mut self) -> Result<String, String> {
        match self.lexer.next() {
            Token::Str(bytes) => self.text(bytes),
            other => Err(self.lexer.error(&format!("expected text in quotes, found {other}"))),
        }
    }

    fn text(&self, bytes: Vec<u8>) -> Result<String, String> {
        String::from_utf8(bytes).map_err(|_| self.lexer.error("this text is not UTF-8"))
    }
}

fn type_named(name: &str) -> Option<Type> {
    const ALL: [Type; 7] = [Type::I8, Type::I16, Type::I32, Type::I64, Type::F32, Type::F64, Type::Ptr];
    ALL.into_iter().find(|ty| ty.name() == name)
}

fn number_after(word: &str, prefix: char) -> Option<u32> {
    let digits = word.strip_prefix(prefix)?;
    if digits.bytes().all(|b| b.is_ascii_digit()) { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::parse_module;

    #[test]
    fn mistakes_have_a_line() {
        let cases = [
            ("function @f() {\nb0:\n    v1 = iconst.i64 1\n    return v2\n}", "line 4: v2 is not defined"),
            ("function @f() {\nb0:\n    jump b7\n}", "line 3: there is no b7"),
            ("function @f() {\nb0:\n    call @g()\n    return\n}", "line 3: no function @g"),
            ("function @f() {\nb0:\n    v1 = iadd.bool v1, v1\n    return\n}", "line 3: no operation iadd.bool"),
            ("function @f() {\nb0:\n    v1, v2 = iconst.i64 1\n    return\n}", "line 3: 2 names for 1 result"),
            ("function @f(", "line 1: expected a type, found the end"),
            ("region r9 x", "line 1: expected region r7"),
            ("data @x \"abc", "line 1: the text in quotes does not end"),
        ];
        for (text, message) in cases {
            assert_eq!(parse_module(text).map(|_| ()).unwrap_err(), message, "for {text:?}");
        }
    }

    #[test]
    fn broken_text_never_panics() {
        let text = "region r7 x\ndata @d align 1 \"a\\n\" { 0: function @f }\nfunction @f(i64) -> i64 {\n    \
                    slot s0 8 align 8\nb0(v0: i64):\n    v1 = load.i64 readonly v0+8 [x]\n    switch v1, b0(v1) [1: b0(v0)]\n}\n";
        let mut seed = 1u64;
        for _ in 0..3000 {
            let mut bytes = text.as_bytes().to_vec();
            for _ in 0..3 {
                seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                let (place, kind) = ((seed >> 33) as usize % bytes.len(), seed >> 60);
                match kind {
                    0..8 => bytes[place] = b" {}()[]:=,@\"v0b1\\"[(seed >> 20) as usize % 17],
                    8..12 => bytes.truncate(place.max(1)),
                    _ => drop(bytes.remove(place)),
                }
                if bytes.is_empty() {
                    break;
                }
            }
            let _ = parse_module(&String::from_utf8_lossy(&bytes)).map(|m| crate::ssa::verify::verify(&m));
        }
    }
}
