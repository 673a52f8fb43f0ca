//! Names as NASM text spells them: link names, with `$` before those that NASM reserves, and the
//! stem of local labels, which must not meet a global name (NASM joins `main.fib` and `.b3`).

use crate::emit::symbol::link_name;
use crate::lower::machine::MachineProgram;
use iced_x86::Register;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;

/// Words of NASM's own that are not registers. Names of instructions may be symbols: a label has a
/// colon here, and operands are no instructions.
const KEYWORDS: &str = "byte word dword qword tword oword yword zword near far short strict rel abs seg wrt \
    nosplit to ptr times equ db dw dd dq dt do dy dz resb resw resd resq rest reso resy resz incbin section \
    segment global extern static common required bits default absolute org group import export uppercase \
    cpu float warning align alignb sectalign struc endstruc istruc iend at use16 use32 library a16 a32 a64 \
    o16 o32 o64 rep repe repne repz repnz lock bnd nobnd wait evex vex3 xacquire xrelease asize osize list \
    debug in map unreachable asp osp osabi segr6 segr7";

/// The spelled names of a program's symbols.
pub(super) struct Names {
    spelled: FxHashMap<String, String>,
    /// Link names of what the program defines.
    defined: BTreeSet<String>,
    reserved: FxHashSet<String>,
}

impl Names {
    pub fn new(program: &MachineProgram) -> Names {
        let mut reserved: FxHashSet<String> = Register::values().map(|r| format!("{r:?}").to_lowercase()).collect();
        reserved.extend(KEYWORDS.split_whitespace().map(str::to_owned));
        for number in 8..32 {
            reserved.extend(["", "b", "l", "w", "d"].map(|size| format!("r{number}{size}")));
        }
        let functions = program.functions.iter().map(|f| &f.symbol);
        let defined = functions.chain(program.data.iter().map(|d| &d.symbol)).map(|s| link_name(s)).collect();
        Names { spelled: FxHashMap::default(), defined, reserved }
    }

    /// The symbol as an identifier of NASM.
    pub fn spell(&mut self, symbol: &str) -> &str {
        if !self.spelled.contains_key(symbol) {
            let name = link_name(symbol);
            let reserved = self.reserved.contains(&name.to_lowercase());
            let spelled = if reserved { format!("${name}") } else { name };
            self.spelled.insert(symbol.to_owned(), spelled);
        }
        &self.spelled[symbol]
    }

    pub fn is_defined(&self, symbol: &str) -> bool {
        self.defined.contains(&link_name(symbol))
    }

    /// What to put after the `.` of every local label of a symbol, so that none is a global name:
    /// nearly always nothing.
    pub fn local_stem(&self, symbol: &str) -> String {
        let name = link_name(symbol);
        let mut stem = String::new();
        loop {
            let start = format!("{name}.{stem}");
            let mut near = self.defined.range(start.clone()..).take_while(|next| next.starts_with(&start));
            let any = near.any(|next| LOCAL_KINDS.iter().any(|kind| next[start.len()..].starts_with(kind)));
            if !any {
                return stem;
            }
            stem.push('_');
        }
    }
}

/// First words of local labels: blocks, jump tables, constants, the end.
const LOCAL_KINDS: [&str; 4] = ["b", "table", "const", "end"];
