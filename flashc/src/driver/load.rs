//! Loads a program: reads and parses the entry module and, transitively, what it imports.
//! Files come through a [`Reader`]; std is embedded. Modules of one wave are parsed in parallel;
//! the result does not depend on the number of threads.

use super::document;
use super::package::{Meaning, Packages, Request};
use super::stdlib;
use crate::ast::{self, ItemKind, StrLiteral};
use crate::diagnostics::Diagnostic;
use crate::lexer::TokenKind;
use crate::parser::{ParseOptions, Target};
use crate::resolve::{LoadedModule, ModuleGraph, ModuleIndex, Trees, nearest};
use crate::source::{FileId, Span, Symbol};
use crate::{lexer, parser};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

/// Where source files come from.
pub trait Reader {
    fn read(&self, path: &Path) -> io::Result<String>;

    /// One path for a file that has several. Called only for files that were read.
    fn canonical(&self, path: &Path) -> PathBuf {
        normalise(path)
    }

    /// Names of the `.fl` files in a directory, to suggest one for a mistyped import.
    fn modules_in(&self, directory: &Path) -> Vec<String>;
}

/// The file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct FileReader;

impl Reader for FileReader {
    fn read(&self, path: &Path) -> io::Result<String> {
        std::fs::read_to_string(path)
    }

    fn canonical(&self, path: &Path) -> PathBuf {
        std::fs::canonicalize(path).unwrap_or_else(|_| normalise(path))
    }

    fn modules_in(&self, directory: &Path) -> Vec<String> {
        let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
        let names = entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned());
        names.filter(|name| name.ends_with(".fl")).collect()
    }
}

/// The file system, and an entry module whose text comes from elsewhere: standard input, a command line.
#[derive(Clone, Copy, Debug)]
pub struct TextReader<'a> {
    /// What the text is called; imports are relative to its directory.
    pub path: &'a Path,
    pub text: &'a str,
}

impl Reader for TextReader<'_> {
    fn read(&self, path: &Path) -> io::Result<String> {
        if path == self.path { Ok(self.text.to_owned()) } else { FileReader.read(path) }
    }

    fn canonical(&self, path: &Path) -> PathBuf {
        if path == self.path { path.to_owned() } else { FileReader.canonical(path) }
    }

    fn modules_in(&self, directory: &Path) -> Vec<String> {
        FileReader.modules_in(directory)
    }
}

/// Files in memory, for tests.
#[derive(Clone, Debug, Default)]
pub struct MemoryReader {
    pub files: FxHashMap<PathBuf, String>,
}

impl Reader for MemoryReader {
    fn read(&self, path: &Path) -> io::Result<String> {
        self.files.get(&normalise(path)).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn modules_in(&self, directory: &Path) -> Vec<String> {
        let inside = self.files.keys().filter(|path| path.parent() == Some(directory));
        inside.filter_map(|path| path.file_name()).map(|name| name.to_string_lossy().into_owned()).collect()
    }
}

/// Loads the program whose entry module is the file at `path`, for a target that `#[cfg]` asks about. The trees of its
/// modules go to `trees`. An error is the entry file's; what is wrong with imports or with any text is a diagnostic.
pub fn load<'a>(
    path: &Path,
    reader: &dyn Reader,
    target: Target,
    trees: &'a Trees,
) -> io::Result<(ModuleGraph<'a>, Vec<Diagnostic>)> {
    Ok(load_text(path, entry_text(path, reader)?, reader, target, trees))
}

/// As [`load`], with the entry module's text given.
pub fn load_text<'a>(
    path: &Path,
    text: String,
    reader: &dyn Reader,
    target: Target,
    trees: &'a Trees,
) -> (ModuleGraph<'a>, Vec<Diagnostic>) {
    let mut loader = Loader::new(reader, target, trees);
    let diagnostics = loader.load(path, text);
    (loader.graph, diagnostics)
}

/// The text of an entry module: a file, or `std:NAME`, which only has tests to run.
pub(super) fn entry_text(path: &Path, reader: &dyn Reader) -> io::Result<String> {
    match std_name(path) {
        Some(name) => stdlib::text(name).map(str::to_owned).ok_or_else(|| io::ErrorKind::NotFound.into()),
        None => reader.read(path),
    }
}

/// `NAME` of a path `std:NAME`.
fn std_name(path: &Path) -> Option<&str> {
    path.to_str()?.strip_prefix("std:")
}

/// Loads entry modules, one after the other, and what they import: each module once.
#[derive(Clone)]
pub(super) struct Loader<'r, 'a> {
    reader: &'r dyn Reader,
    target: Target,
    trees: &'a Trees,
    packages: Packages,
    slots: Vec<Slot>,
    known: FxHashMap<ModuleKey, usize>,
    prelude: Option<usize>,
    demands: Demands,
    pub graph: ModuleGraph<'a>,
}

/// What the prelude exports only to programs that have a use for it: those whose own modules name it, or contain one
/// of the words that `#[on_demand("word", ...)]` lists.
#[derive(Clone, Default)]
struct Demands {
    /// The imports, until they are followed.
    specifiers: Vec<Option<StrLiteral>>,
    /// The number of the import that a word asks for.
    words: FxHashMap<Symbol, u32>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum ModuleKey {
    Std(String),
    File(PathBuf),
}

/// A module in the order of discovery.
#[derive(Clone)]
struct Slot {
    file: FileId,
    name: Symbol,
    is_std: bool,
    is_document: bool,
    /// As the user writes it; imports are relative to its directory.
    path: PathBuf,
    /// Until it is in the graph.
    parsed: Option<(ast::Module, Vec<Diagnostic>)>,
    index: Option<ModuleIndex>,
    /// The on-demand imports that its words ask for, a bit each.
    demanded: u64,
    imports: FxHashMap<Symbol, Option<usize>>,
}

impl<'r, 'a> Loader<'r, 'a> {
    pub fn new(reader: &'r dyn Reader, target: Target, trees: &'a Trees) -> Loader<'r, 'a> {
        Loader {
            reader,
            target,
            trees,
            packages: Packages::default(),
            slots: Vec::new(),
            known: FxHashMap::default(),
            prelude: None,
            demands: Demands::default(),
            graph: ModuleGraph::default(),
        }
    }

    /// Adds an entry module and all that is new of what it imports to the graph.
    pub fn load(&mut self, path: &Path, text: String) -> Vec<Diagnostic> {
        self.load_edited(path, text, |_| ())
    }

    /// As [`Loader::load`], with a change to the entry module's tree.
    pub fn load_edited(&mut self, path: &Path, text: String, edit: impl FnOnce(&mut ast::Module)) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        let mut wave = self.slots.len();
        if let (None, Some(text)) = (self.prelude, stdlib::text("prelude")) {
            let prelude = self.add_std("prelude", text);
            self.parse(prelude);
            self.find_demands(prelude);
            self.prelude = Some(prelude);
        }
        let entry = match std_name(path) {
            Some("prelude") => self.prelude.unwrap_or(0),
            Some(name) => self.add_std(name, &text),
            None => self.add_file(path, text),
        };
        self.parse(wave);
        if let Some((tree, _)) = &mut self.slots[entry].parsed {
            edit(tree);
        }
        while wave < self.slots.len() {
            self.parse(wave);
            let next = self.slots.len();
            for index in wave..next {
                self.follow_imports(index, &mut diagnostics);
            }
            if let Some(prelude) = self.prelude {
                self.follow_demands(prelude, wave, &mut diagnostics);
            }
            wave = next;
        }
        self.finish(entry, &mut diagnostics);
        diagnostics
    }

    fn add_std(&mut self, name: &str, text: &str) -> usize {
        let path = format!("std:{name}");
        let file = self.graph.sources.add(path.clone(), text.to_owned());
        let symbol = Symbol::new(&path);
        self.add_slot(ModuleKey::Std(name.to_owned()), file, symbol, true, PathBuf::from(path))
    }

    fn add_file(&mut self, path: &Path, text: String) -> usize {
        let file = self.graph.sources.add(path.to_string_lossy().into_owned(), text);
        let stem = path.file_stem().map_or("main".into(), |s| s.to_string_lossy());
        let key = ModuleKey::File(self.reader.canonical(path));
        self.add_slot(key, file, Symbol::new(&stem), false, path.to_owned())
    }

    /// A document is understood at once, and imports nothing.
    fn add_document(&mut self, path: &Path, text: String) -> usize {
        let index = self.add_file(path, text);
        let file = self.slots[index].file;
        // No name of a variable has a dot, so this one is only found by importing the whole.
        let name = path.file_name().map_or("document.json".into(), |name| name.to_string_lossy());
        let parsed = document::module(file, &self.graph.sources.file(file).text, Symbol::new(&name));
        let slot = &mut self.slots[index];
        slot.parsed = Some(parsed);
        slot.is_document = true;
        index
    }

    fn add_slot(&mut self, key: ModuleKey, file: FileId, name: Symbol, is_std: bool, path: PathBuf) -> usize {
        let index = self.slots.len();
        self.known.insert(key, index);
        self.slots.push(Slot {
            file,
            name,
            is_std,
            is_document: false,
            path,
            parsed: None,
            index: None,
            demanded: 0,
            imports: FxHashMap::default(),
        });
        index
    }

    /// Parses all modules from `first` on.
    fn parse(&mut self, first: usize) {
        let (sources, words) = (&self.graph.sources, &self.demands.words);
        let options = ParseOptions { target: Some(self.target), ..ParseOptions::default() };
        let parse_one = |slot: &mut Slot| {
            if slot.parsed.is_some() {
                return;
            }
            let text = &sources.file(slot.file).text;
            let (tokens, mut diagnostics) = lexer::lex(slot.file, text);
            // Modules of std import what they need.
            if !slot.is_std {
                let wanted = tokens.iter().filter_map(|token| words.get(&word(token.kind)?));
                slot.demanded = wanted.fold(0, |all, &demand| all | 1 << demand);
            }
            let (module, more) = parser::parse_with(slot.file, text, tokens, options);
            diagnostics.extend(more);
            slot.parsed = Some((module, diagnostics));
        };
        let slots = &mut self.slots[first..];
        // Starting the thread pool costs more than parsing a few small files.
        let bytes: usize = slots.iter().map(|slot| sources.file(slot.file).text.len()).sum();
        if slots.len() > 1 && bytes > 200_000 {
            slots.par_iter_mut().for_each(parse_one);
        } else {
            slots.iter_mut().for_each(parse_one);
        }
    }

    fn follow_imports(&mut self, index: usize, diagnostics: &mut Vec<Diagnostic>) {
        let Some((module, _)) = &self.slots[index].parsed else { return };
        let is_prelude = self.slots[index].is_std && self.slots[index].name.as_str() == "std:prelude";
        let later = module.items.iter().filter(|item| is_prelude && on_demand(item).is_some());
        let later: Vec<Symbol> = later.filter_map(from).collect();
        for specifier in specifiers(module) {
            if !later.contains(&specifier.value) {
                self.follow(index, &specifier, diagnostics);
            }
        }
    }

    fn follow(&mut self, index: usize, specifier: &StrLiteral, diagnostics: &mut Vec<Diagnostic>) {
        if self.slots[index].imports.contains_key(&specifier.value) {
            return;
        }
        let target = match self.find(index, specifier) {
            Ok(target) => Some(target),
            Err(diagnostic) => {
                diagnostics.push(*diagnostic);
                None
            }
        };
        self.slots[index].imports.insert(specifier.value, target);
    }

    /// What the prelude, which has been parsed, exports on demand.
    fn find_demands(&mut self, prelude: usize) {
        let Some((module, _)) = &self.slots[prelude].parsed else { return };
        for item in &module.items {
            let ItemKind::Export { names, from: Some(from) } = &item.kind else { continue };
            let Some(attribute) = on_demand(item) else { continue };
            let number = self.demands.specifiers.len() as u32;
            let listed = attribute.args.iter().filter_map(|arg| match &arg.value {
                Some(ast::Literal::Str(word)) => Some(*word),
                _ => None,
            });
            let words = names.iter().map(|name| name.local().name).chain(listed);
            self.demands.words.extend(words.map(|word| (word, number)));
            self.demands.specifiers.push(Some(from.clone()));
        }
        debug_assert!(self.demands.specifiers.len() <= 64, "a bit for each");
    }

    /// Follows the imports that the modules from `first` on ask for.
    fn follow_demands(&mut self, prelude: usize, first: usize, diagnostics: &mut Vec<Diagnostic>) {
        let demanded = self.slots[first..].iter().fold(0, |all, slot| all | slot.demanded);
        for number in 0..self.demands.specifiers.len() {
            if demanded >> number & 1 == 0 {
                continue;
            }
            if let Some(specifier) = self.demands.specifiers[number].take() {
                self.follow(prelude, &specifier, diagnostics);
            }
        }
    }

    fn find(&mut self, importer: usize, specifier: &StrLiteral) -> Result<usize, Box<Diagnostic>> {
        let text = specifier.value.as_str();
        let span = specifier.span;
        if let Some(name) = text.strip_prefix("std:") {
            return self.find_std(name, span);
        }
        let written = Path::new(text);
        let path = if text.starts_with("./") || text.starts_with("../") {
            let directory = self.slots[importer].path.parent().unwrap_or(Path::new(""));
            normalise(&directory.join(written))
        } else if written.is_absolute() {
            written.to_owned()
        } else {
            let directory = self.slots[importer].path.parent().unwrap_or(Path::new("")).to_owned();
            let request = Request { reader: self.reader, directory: &directory, specifier: text, span };
            match self.packages.find(&request, &mut self.graph.sources) {
                Ok(Meaning::File(path)) => normalise(&path),
                Ok(Meaning::Std(name)) => return self.find_std(&name, span),
                Err(diagnostic) => return Err(Box::new(self.bare_name(text, specifier, *diagnostic))),
            }
        };
        let is_document = path.extension().is_some_and(|e| e == "json");
        if path.extension().is_some_and(|e| e != "fl") && !is_document {
            let message = format!("`{text}` is no module: modules are `.fl` files, documents `.json`");
            return Err(Box::new(Diagnostic::error("E0204", span, message)));
        }
        if let Some(&known) = self.known.get(&ModuleKey::File(self.reader.canonical(&path))) {
            return Ok(known);
        }
        match self.reader.read(&path) {
            Ok(source) if is_document => Ok(self.add_document(&path, source)),
            Ok(source) => Ok(self.add_file(&path, source)),
            Err(error) => Err(Box::new(self.unreadable(text, specifier, &path, &error))),
        }
    }

    fn find_std(&mut self, name: &str, span: Span) -> Result<usize, Box<Diagnostic>> {
        if let Some(&known) = self.known.get(&ModuleKey::Std(name.to_owned())) {
            return Ok(known);
        }
        let Some(source) = stdlib::text(name) else {
            let mut diagnostic = Diagnostic::error("E0204", span, format!("there is no module `std:{name}`"))
                .label("not in the standard library");
            if let Some(near) = nearest(name, stdlib::FILES.iter().map(|(n, _)| *n)) {
                let near = format!("\"std:{near}\"");
                diagnostic = diagnostic.fix(span, format!("did you mean `{near}`?"), near);
            }
            return Err(Box::new(diagnostic));
        };
        Ok(self.add_std(name, source))
    }

    /// What else a specifier may have meant that is no package.
    fn bare_name(&self, text: &str, specifier: &StrLiteral, diagnostic: Diagnostic) -> Diagnostic {
        if diagnostic.code != "E0208" || diagnostic.fix.is_some() {
            return diagnostic;
        }
        if stdlib::text(text).is_some() {
            let fixed = format!("\"std:{text}\"");
            return diagnostic.fix(specifier.span, format!("did you mean `{fixed}`?"), fixed);
        }
        if text.ends_with(".fl") {
            let fixed = format!("\"./{text}\"");
            return diagnostic.fix(specifier.span, format!("for a file, write `{fixed}`"), fixed);
        }
        diagnostic.note("modules of the standard library are written `std:NAME`, files `./name.fl`")
    }

    fn unreadable(&self, text: &str, specifier: &StrLiteral, path: &Path, error: &io::Error) -> Diagnostic {
        let message = match error.kind() {
            io::ErrorKind::NotFound => format!("cannot find the module `{text}`"),
            io::ErrorKind::InvalidData => format!("the module `{text}` is not UTF-8 text"),
            io::ErrorKind::IsADirectory => format!("`{text}` is a directory, not a module"),
            _ => format!("cannot read the module `{text}`: {error}"),
        };
        if error.kind() == io::ErrorKind::IsADirectory {
            return self.directory(text, specifier, path, message);
        }
        if error.kind() == io::ErrorKind::InvalidData {
            return Diagnostic::error("E0204", specifier.span, message).note("save the file in that encoding");
        }
        let diagnostic =
            Diagnostic::error("E0204", specifier.span, message).label(format!("looked for {}", path.display()));
        let Some(name) = path.file_name().map(|n| n.to_string_lossy().into_owned()) else { return diagnostic };
        let mut names = self.reader.modules_in(path.parent().unwrap_or(Path::new("")));
        names.sort();
        let with_extension = format!("{name}.fl");
        let near = if names.contains(&with_extension) {
            Some(with_extension.as_str())
        } else {
            nearest(&name, names.iter().map(String::as_str))
        };
        match near {
            Some(near) => {
                let directory = text.rsplit_once('/').map_or("", |(d, _)| d);
                let fixed = format!("\"{directory}/{near}\"");
                diagnostic.fix(specifier.span, format!("did you mean `{fixed}`?"), fixed)
            }
            None => diagnostic,
        }
    }

    /// A directory has no meaning of its own; most likely one of its modules was meant.
    fn directory(&self, text: &str, specifier: &StrLiteral, path: &Path, message: String) -> Diagnostic {
        let diagnostic = Diagnostic::error("E0204", specifier.span, message);
        let names = self.reader.modules_in(path);
        let stem = path.file_name().map(|name| format!("{}.fl", name.to_string_lossy())).unwrap_or_default();
        let likely = ["main.fl", "index.fl", "mod.fl", "lib.fl", stem.as_str()];
        match likely.iter().find(|name| names.iter().any(|n| n == *name)) {
            Some(name) => {
                let fixed = format!("\"{}/{name}\"", text.trim_end_matches('/'));
                diagnostic.fix(specifier.span, format!("did you mean `{fixed}`?"), fixed)
            }
            None => diagnostic.note("import one of its modules by its name"),
        }
    }

    /// Puts the new modules into the graph, dependencies first.
    fn finish(&mut self, entry: usize, diagnostics: &mut Vec<Diagnostic>) {
        let mut on_demand: Vec<usize> = match self.prelude {
            Some(prelude) if self.slots[prelude].index.is_some() => {
                self.slots[prelude].imports.values().copied().flatten().collect()
            }
            _ => Vec::new(),
        };
        on_demand.sort_unstable();
        let order = self.dependency_order(self.prelude.into_iter().chain(on_demand).chain([entry]));
        let first = self.graph.modules.len();
        for (number, &slot) in order.iter().enumerate() {
            self.slots[slot].index = Some(ModuleIndex((first + number) as u32));
        }
        for &slot in &order {
            let Some((tree, found)) = self.slots[slot].parsed.take() else { continue };
            diagnostics.extend(found);
            let imports = self.imported(slot);
            let slot = &self.slots[slot];
            self.graph.modules.push(Rc::new(LoadedModule {
                file: slot.file,
                name: slot.name,
                is_std: slot.is_std,
                is_document: slot.is_document,
                ast: self.trees.add(tree),
                imports,
            }));
        }
        self.graph.entry = self.slots[entry].index;
        self.graph.prelude = self.prelude.and_then(|prelude| self.slots[prelude].index);
        if let (Some(slot), Some(index)) = (self.prelude, self.graph.prelude)
            && index.index() < first
        {
            let imports = self.imported(slot);
            let prelude = &mut self.graph.modules[index.index()];
            *prelude = Rc::new(LoadedModule { imports, ..LoadedModule::clone(prelude) });
        }
    }

    /// What a module imports, by the modules' places in the graph.
    fn imported(&self, slot: usize) -> FxHashMap<Symbol, Option<ModuleIndex>> {
        let index_of = |target: Option<usize>| target.and_then(|slot| self.slots[slot].index);
        self.slots[slot].imports.iter().map(|(&specifier, &target)| (specifier, index_of(target))).collect()
    }

    /// The slots that are not in the graph yet. Depth first, without recursion: a chain of imports may be long.
    fn dependency_order(&self, roots: impl Iterator<Item = usize>) -> Vec<usize> {
        let mut order = Vec::with_capacity(self.slots.len());
        let mut visited: Vec<bool> = self.slots.iter().map(|slot| slot.index.is_some()).collect();
        let mut stack: Vec<(usize, Vec<usize>)> = Vec::new();
        for root in roots {
            if std::mem::replace(&mut visited[root], true) {
                continue;
            }
            stack.push((root, self.dependencies(root)));
            while let Some((slot, rest)) = stack.last_mut() {
                let slot = *slot;
                match rest.pop() {
                    Some(next) if visited[next] => {}
                    Some(next) => {
                        visited[next] = true;
                        let dependencies = self.dependencies(next);
                        stack.push((next, dependencies));
                    }
                    None => {
                        order.push(slot);
                        stack.pop();
                    }
                }
            }
        }
        order
    }

    /// In the order of the source, last one first.
    fn dependencies(&self, slot: usize) -> Vec<usize> {
        let Some((module, _)) = &self.slots[slot].parsed else { return Vec::new() };
        let imports = &self.slots[slot].imports;
        let found = specifiers(module).into_iter().filter_map(|s| imports.get(&s.value).copied().flatten());
        let mut found: Vec<usize> = found.collect();
        found.reverse();
        found
    }
}

/// What a module imports, in source order.
fn specifiers(module: &ast::Module) -> Vec<StrLiteral> {
    let of_item = |item: &ast::Item| match &item.kind {
        ItemKind::Import(import) => Some(import.from.clone()),
        ItemKind::Export { from, .. } => from.clone(),
        _ => None,
    };
    module.items.iter().filter_map(of_item).collect()
}

/// The module that an `export ... from` passes on.
fn from(item: &ast::Item) -> Option<Symbol> {
    match &item.kind {
        ItemKind::Export { from, .. } => from.as_ref().map(|from| from.value),
        _ => None,
    }
}

/// `#[on_demand]` of an item of the prelude.
fn on_demand(item: &ast::Item) -> Option<&ast::Attribute> {
    item.attributes.iter().find(|attribute| attribute.name.name.as_str() == "on_demand")
}

/// A token that may ask for something: a name, or a word of async code.
fn word(kind: TokenKind) -> Option<Symbol> {
    match kind {
        TokenKind::Ident(name) => Some(name),
        TokenKind::Async | TokenKind::Await | TokenKind::Spawn => kind.text().map(Symbol::new),
        _ => None,
    }
}

/// The path without `.` and, where the text alone tells, without `..`.
pub(super) fn normalise(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(result.components().next_back(), Some(Component::Normal(_))) => {
                result.pop();
            }
            other => result.push(other),
        }
    }
    result
}
