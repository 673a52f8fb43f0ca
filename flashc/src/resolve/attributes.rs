//! Which attributes there are, where they may stand and what they take. What they do is decided where it is done;
//! `#[cfg]` has done its work in the parser.

use crate::ast::{Attribute, FieldDecl, Item, ItemKind, Literal, Method};
use crate::diagnostics::{Diagnostic, nearest, with_suggestion};

/// What an attribute stands at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Function,
    /// Declared without a body: in `extern`, or in an interface.
    Declaration,
    /// `export extern "C" fn`
    Exported,
    ExternBlock,
    Const,
    Type,
    Field,
    Test,
    Other(&'static str),
}

/// What stands in the parentheses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Nothing,
    Text,
    MaybeText,
    /// Checked by the parser.
    Condition,
}

struct Known {
    name: &'static str,
    takes: Takes,
    places: &'static [Place],
    /// Where it may stand, in words.
    words: &'static str,
}

const FUNCTIONS: &[Place] = &[Place::Function, Place::Exported];

const fn known(name: &'static str, takes: Takes, places: &'static [Place], words: &'static str) -> Known {
    Known { name, takes, places, words }
}

const KNOWN: &[Known] = &[
    Known { name: "cfg", takes: Takes::Condition, places: &[], words: "anywhere" },
    known(
        "deprecated",
        Takes::MaybeText,
        &[Place::Function, Place::Exported, Place::Declaration, Place::Const, Place::Type],
        "at a function, constant or type",
    ),
    known("inline", Takes::Nothing, FUNCTIONS, "at a function with a body"),
    known("noinline", Takes::Nothing, FUNCTIONS, "at a function with a body"),
    known("hot", Takes::Nothing, FUNCTIONS, "at a function with a body"),
    known("cold", Takes::Nothing, FUNCTIONS, "at a function with a body"),
    known("link_name", Takes::Text, &[Place::Declaration, Place::Exported], "at a function of `extern \"C\"`"),
    known("link", Takes::Text, &[Place::ExternBlock], "at an `extern \"C\"` block"),
    known("ignore", Takes::MaybeText, &[Place::Test], "at a test"),
];

/// Checks the attributes of an item and of its members.
pub fn check_item_attributes(item: &Item, is_std: bool, diagnostics: &mut Vec<Diagnostic>) {
    let mut check = Check { is_std, diagnostics };
    let place = match &item.kind {
        ItemKind::Function(function) if function.extern_abi.is_some() => Place::Exported,
        ItemKind::Function(function) if function.body.is_none() => Place::Declaration,
        ItemKind::Function(_) => Place::Function,
        ItemKind::Extern(_) => Place::ExternBlock,
        ItemKind::Const(_) => Place::Const,
        ItemKind::Record(_) | ItemKind::Enum(_) | ItemKind::Interface(_) | ItemKind::Alias(_) => Place::Type,
        ItemKind::Test(_) => Place::Test,
        ItemKind::Import(_) => Place::Other("an import"),
        ItemKind::Export { .. } => Place::Other("a list of exports"),
        ItemKind::Impl(_) => Place::Other("an `impl`"),
        ItemKind::Statement(_) => Place::Other("a statement"),
    };
    check.all(&item.attributes, place);
    match &item.kind {
        ItemKind::Record(decl) => {
            check.fields(&decl.fields);
            check.methods(&decl.methods);
        }
        ItemKind::Enum(decl) => check.methods(&decl.methods),
        ItemKind::Interface(decl) => check.methods(&decl.methods),
        ItemKind::Impl(block) => check.methods(&block.methods),
        ItemKind::Extern(block) => check.methods(&block.functions),
        _ => {}
    }
}

struct Check<'d> {
    is_std: bool,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl Check<'_> {
    fn fields(&mut self, fields: &[FieldDecl]) {
        fields.iter().for_each(|field| self.all(&field.attributes, Place::Field));
    }

    fn methods(&mut self, methods: &[Method]) {
        for method in methods {
            let declared = method.function.body.is_none();
            self.all(&method.attributes, if declared { Place::Declaration } else { Place::Function });
        }
    }

    fn all(&mut self, attributes: &[Attribute], place: Place) {
        for (index, attribute) in attributes.iter().enumerate() {
            let name = attribute.name.name.as_str();
            let Some(known) = KNOWN.iter().find(|k| k.name == name) else {
                // Those of std are between std and the compiler.
                if !self.is_std {
                    self.unknown(attribute);
                }
                continue;
            };
            let misplaced = known.takes != Takes::Condition && !known.places.contains(&place);
            // Intrinsics have no body and may be inlined all the same.
            if misplaced && !self.is_std {
                self.misplaced(attribute, known, place);
                continue;
            }
            self.arguments(attribute, known);
            let earlier = &attributes[..index];
            if known.takes != Takes::Condition
                && let Some(first) = earlier.iter().find(|a| a.name.name.as_str() == name)
            {
                self.diagnostics.push(
                    Diagnostic::error("E0117", attribute.span, format!("`#[{name}]` stands here twice"))
                        .secondary(first.span, "the first one")
                        .fix(attribute.span, "remove it", ""),
                );
            }
            let opposite = match name {
                "noinline" => &["inline", "hot"][..],
                "inline" | "hot" => &["noinline"][..],
                _ => &[],
            };
            if let Some(other) = earlier.iter().find(|a| opposite.contains(&a.name.name.as_str())) {
                let message = format!("`#[{name}]` and `#[{}]` contradict each other", other.name.name);
                self.diagnostics
                    .push(Diagnostic::error("E0117", attribute.span, message).secondary(other.span, "the other one"));
            }
        }
    }

    fn unknown(&mut self, attribute: &Attribute) {
        let name = attribute.name;
        if name.name.as_str().is_empty() {
            return;
        }
        let candidates = KNOWN.iter().map(|k| k.name);
        let near = match name.name.as_str() {
            "obsolete" | "Deprecated" | "Obsolete" => Some("deprecated"),
            "always_inline" | "force_inline" | "inline_always" => Some("inline"),
            "no_inline" | "never_inline" => Some("noinline"),
            "skip" => Some("ignore"),
            other => nearest(other, candidates),
        };
        let mut diagnostic = Diagnostic::error("E0116", name.span, format!("there is no attribute `{}`", name.name));
        diagnostic = match name.name.as_str() {
            "test" => diagnostic.note("a test is written `test \"name\" { ... }`"),
            "derive" => diagnostic.note("`Show`, `Eq` and `Hash` are derived by themselves"),
            "main" | "entry" => diagnostic.note("the program begins at `fn main()` of its entry module"),
            "allow" | "warn" | "expect" => {
                diagnostic.note("a name that begins with `_` is not warned about; `flashc -w` hides warnings")
            }
            _ => diagnostic,
        };
        self.diagnostics.push(with_suggestion(diagnostic, name.span, near));
    }

    fn misplaced(&mut self, attribute: &Attribute, known: &Known, place: Place) {
        let here = match place {
            Place::Function | Place::Exported => "a function",
            Place::Declaration => "a function without a body",
            Place::ExternBlock => "an `extern` block",
            Place::Const => "a constant",
            Place::Type => "a type",
            Place::Field => "a field",
            Place::Test => "a test",
            Place::Other(words) => words,
        };
        self.diagnostics.push(
            Diagnostic::error("E0117", attribute.span, format!("`#[{}]` does not apply to {here}", known.name))
                .label(format!("it stands {}", known.words)),
        );
    }

    fn arguments(&mut self, attribute: &Attribute, known: &Known) {
        let name = known.name;
        let is_text = match attribute.args.as_slice() {
            [only] => only.name.is_none() && matches!(only.value, Some(Literal::Str(_))),
            _ => false,
        };
        let none = attribute.args.is_empty();
        let message = match known.takes {
            Takes::Nothing if !none => format!("`#[{name}]` takes nothing"),
            Takes::Text if !is_text => format!("`#[{name}]` takes a text"),
            Takes::MaybeText if !is_text && !none => format!("`#[{name}]` takes a text or nothing"),
            _ => return,
        };
        let right = match known.takes {
            Takes::Nothing => format!("#[{name}]"),
            _ => format!("#[{name}(\"...\")]"),
        };
        let mut diagnostic = Diagnostic::error("E0118", attribute.span, message).label(format!("write `{right}`"));
        if known.takes == Takes::Nothing {
            diagnostic = diagnostic.fix(attribute.span, format!("write `{right}`"), right);
        }
        self.diagnostics.push(diagnostic);
    }
}
