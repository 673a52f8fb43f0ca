//! Tokens: what the lexer gives and the parser reads, and how they are called in messages.

use crate::source::{Span, Symbol};

/// One token and where it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Token {
    pub kind: TokenKind,
    pub span: Span,
    /// Nothing but spaces and comments stands before it on its line.
    pub first_on_line: bool,
}

macro_rules! tokens {
    (punctuation { $($punct:ident = $punct_text:literal,)* } keywords { $($keyword:ident = $keyword_text:literal,)* }) => {
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum TokenKind {
            Ident(Symbol),
            /// `'outer`, without the quote.
            Label(Symbol),
            Int { value: u64, suffix: Option<Symbol> },
            Float { value: f64, suffix: Option<Symbol> },
            Char(char),
            /// A string with its escapes replaced.
            Str(Symbol),
            /// `b"..."`: every character stands for the byte of its number.
            Bytes(Symbol),
            /// The opening quote of a template; texts and expressions follow, then `TemplateEnd`.
            TemplateStart,
            TemplateText(Symbol),
            /// `${`; tokens of an expression follow, then `ExprEnd`.
            ExprStart,
            ExprEnd,
            TemplateEnd,
            /// A `///` line without the slashes and one space.
            Doc(Symbol),
            /// The block of a function, in the outline of a module.
            Body,
            /// Text that is no token; a diagnostic has been reported.
            Error,
            Eof,
            $($punct,)*
            $($keyword,)*
        }

        impl TokenKind {
            /// The text of punctuation and keywords.
            pub fn text(self) -> Option<&'static str> {
                match self {
                    $(TokenKind::$punct => Some($punct_text),)*
                    $(TokenKind::$keyword => Some($keyword_text),)*
                    _ => None,
                }
            }

            /// The keyword that this word is, if it is one.
            pub fn keyword(word: &str) -> Option<TokenKind> {
                match word {
                    $($keyword_text => Some(TokenKind::$keyword),)*
                    _ => None,
                }
            }

            /// A name, or a keyword where names of members are allowed.
            pub fn word(self) -> Option<Symbol> {
                match self {
                    TokenKind::Ident(name) => Some(name),
                    $(TokenKind::$keyword => Some(Symbol::new($keyword_text)),)*
                    _ => None,
                }
            }

            /// Every operator and bracket, for tests that want all of them.
            pub const PUNCTUATION: &'static [&'static str] = &[$($punct_text,)*];
            /// Every reserved word.
            pub const KEYWORDS: &'static [&'static str] = &[$($keyword_text,)*];
        }
    };
}

tokens! {
    punctuation {
        LeftParen = "(", RightParen = ")", LeftBracket = "[", RightBracket = "]", LeftBrace = "{", RightBrace = "}",
        Semicolon = ";", Comma = ",", Colon = ":", Dot = ".", DotDot = "..", DotDotEqual = "..=", Ellipsis = "...",
        Question = "?", QuestionDot = "?.", QuestionQuestion = "??", Arrow = "->", FatArrow = "=>", Hash = "#", At = "@",
        Equal = "=", EqualEqual = "==", Bang = "!", BangEqual = "!=",
        Less = "<", LessEqual = "<=", Greater = ">", GreaterEqual = ">=",
        Plus = "+", Minus = "-", Star = "*", Slash = "/", Percent = "%",
        Amp = "&", AmpAmp = "&&", Pipe = "|", PipePipe = "||", Caret = "^", Tilde = "~",
        ShiftLeft = "<<", ShiftRight = ">>", ShiftRightLogical = ">>>",
        PlusEqual = "+=", MinusEqual = "-=", StarEqual = "*=", SlashEqual = "/=", PercentEqual = "%=",
        AmpEqual = "&=", PipeEqual = "|=", CaretEqual = "^=",
        ShiftLeftEqual = "<<=", ShiftRightEqual = ">>=", ShiftRightLogicalEqual = ">>>=",
        AmpAmpEqual = "&&=", PipePipeEqual = "||=", QuestionQuestionEqual = "??=",
    }
    keywords {
        As = "as", Async = "async", Await = "await", Break = "break", Catch = "catch", Class = "class", Const = "const",
        Continue = "continue", Defer = "defer", Else = "else", Enum = "enum", Export = "export", Extern = "extern",
        False = "false", Finally = "finally", Fn = "fn", For = "for", If = "if", Impl = "impl", Import = "import",
        In = "in", Interface = "interface", Is = "is", Let = "let", Loop = "loop", Match = "match", Mut = "mut",
        Null = "null", Return = "return", SelfValue = "self", Spawn = "spawn", Struct = "struct", Throw = "throw",
        True = "true", Try = "try", Unsafe = "unsafe", While = "while",
    }
}

impl TokenKind {
    /// What a message calls it.
    pub fn describe(self) -> String {
        match self {
            TokenKind::Ident(name) => format!("`{name}`"),
            TokenKind::Label(name) => format!("the label `'{name}`"),
            TokenKind::Int { .. } | TokenKind::Float { .. } => "a number".to_owned(),
            TokenKind::Char(_) => "a character".to_owned(),
            TokenKind::Str(_) | TokenKind::Bytes(_) => "a string".to_owned(),
            TokenKind::TemplateStart | TokenKind::TemplateText(_) | TokenKind::TemplateEnd => "a template".to_owned(),
            TokenKind::ExprStart => "`${`".to_owned(),
            TokenKind::ExprEnd => "the `}` of a template".to_owned(),
            TokenKind::Doc(_) => "a doc comment".to_owned(),
            TokenKind::Body => "the body of a function".to_owned(),
            TokenKind::Error => "text that means nothing".to_owned(),
            TokenKind::Eof => "the end of the file".to_owned(),
            other => {
                let text = other.text().unwrap_or_default();
                let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic());
                if is_word { format!("the keyword `{text}`") } else { format!("`{text}`") }
            }
        }
    }
}
