//! Packages: `flash.toml`, the nearest one above a file, says what a bare specifier (`import x from "name"`)
//! means. `[imports]` maps specifiers, exactly or by a prefix that ends with `/`; `[dependencies]` names packages
//! by the directory of their own `flash.toml`. There is no package manager yet, so a dependency without a path
//! is an error that says so.

use super::load::Reader;
use crate::diagnostics::{Diagnostic, nearest, with_suggestion};
use crate::source::{FileId, SourceMap, Span};
use rustc_hash::FxHashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

const FILE_NAME: &str = "flash.toml";

/// Directories above a file are searched up to this height.
const MAX_HEIGHT: usize = 64;

/// A text where it stands in a manifest.
#[derive(Clone, Debug)]
struct Text {
    value: String,
    span: Span,
}

/// One `flash.toml`.
#[derive(Debug)]
struct Manifest {
    directory: PathBuf,
    /// `[package] name`
    name: Option<Text>,
    /// `[package] main`
    main: Option<Text>,
    dependencies: Vec<(Text, Dependency)>,
    imports: Vec<(Text, Text)>,
}

#[derive(Debug)]
enum Dependency {
    Path(Text),
    /// A version alone, or nothing that is understood.
    Elsewhere(Span),
}

/// What a bare specifier means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    File(PathBuf),
    /// `std:NAME`
    Std(String),
}

/// The manifests read so far, by directory. `None`: there is none.
#[derive(Clone, Default)]
pub(super) struct Packages {
    known: FxHashMap<PathBuf, Option<Found<Rc<Manifest>>>>,
}

/// Where and for what a specifier stands.
pub(super) struct Request<'a> {
    pub reader: &'a dyn Reader,
    /// Directory of the file that imports.
    pub directory: &'a Path,
    pub specifier: &'a str,
    pub span: Span,
}

type Found<T> = Result<T, Box<Diagnostic>>;

impl Packages {
    /// What the specifier means.
    pub(super) fn find(&mut self, request: &Request<'_>, sources: &mut SourceMap) -> Found<Meaning> {
        let Some(manifest) = self.nearest(request, sources)? else {
            return Err(Box::new(
                not_found(request).note(format!("packages are named in `{FILE_NAME}`; there is none above this file")),
            ));
        };
        let text = request.specifier;
        if let Some(target) = manifest.mapped(text) {
            return self.mapped(request, &manifest, &target, sources);
        }
        self.dependency(request, &manifest, text, sources)
    }

    /// The target of an import map: a file, a module of std, or a package.
    fn mapped(
        &mut self,
        request: &Request<'_>,
        manifest: &Manifest,
        target: &Text,
        sources: &mut SourceMap,
    ) -> Found<Meaning> {
        let text = target.value.as_str();
        if let Some(name) = text.strip_prefix("std:") {
            return Ok(Meaning::Std(name.to_owned()));
        }
        if text.starts_with("./") || text.starts_with("../") || Path::new(text).is_absolute() {
            return Ok(Meaning::File(manifest.directory.join(text)));
        }
        self.dependency(request, manifest, text, sources)
    }

    fn dependency(
        &mut self,
        request: &Request<'_>,
        manifest: &Manifest,
        text: &str,
        sources: &mut SourceMap,
    ) -> Found<Meaning> {
        let (name, rest) = split_name(text);
        let Some((key, dependency)) = manifest.dependencies.iter().find(|(key, _)| key.value == name) else {
            let known = manifest.dependencies.iter().map(|(key, _)| key.value.as_str());
            let known = known.chain(manifest.imports.iter().map(|(key, _)| key.value.as_str()));
            let near = nearest(name, known).map(|near| format!("\"{near}{rest}\""));
            let place = manifest.directory.join(FILE_NAME);
            let diagnostic =
                not_found(request).label(format!("`{}` does not name it", super::load::normalise(&place).display()));
            return Err(Box::new(with_suggestion(diagnostic, request.span, near.as_deref())));
        };
        let path = match dependency {
            Dependency::Path(path) => path,
            Dependency::Elsewhere(span) => {
                return Err(Box::new(
                    Diagnostic::error("E0902", request.span, format!("cannot find the package `{name}`"))
                        .label("there is no package manager yet")
                        .secondary(*span, "this gives no path")
                        .note(format!("write `{name} = {{ path = \"../{name}\" }}`")),
                ));
            }
        };
        let directory = manifest.directory.join(&path.value);
        let package = match self.read(request.reader, &directory, sources) {
            Some(package) => package?,
            None => {
                return Err(Box::new(
                    Diagnostic::error("E0209", path.span, format!("there is no `{FILE_NAME}` in `{}`", path.value))
                        .label(format!("looked for {}", super::load::normalise(&directory.join(FILE_NAME)).display()))
                        .secondary(request.span, "imported here"),
                ));
            }
        };
        match &package.name {
            Some(own) if own.value != key.value => {
                return Err(Box::new(
                    Diagnostic::error("E0209", own.span, format!("this package is called `{}`", own.value))
                        .secondary(key.span, format!("but named `{}` here", key.value)),
                ));
            }
            _ => {}
        }
        let inside = match rest.strip_prefix('/') {
            Some(rest) => rest,
            None => package.main.as_ref().map_or("main.fl", |main| main.value.as_str()),
        };
        let file = super::load::normalise(Path::new(inside));
        if file.is_absolute() || file.starts_with("..") {
            let message = format!("`{text}` leads out of the package `{name}`");
            return Err(Box::new(Diagnostic::error("E0208", request.span, message)));
        }
        if rest.is_empty() && request.reader.read(&package.directory.join(&file)).is_err() {
            let span = package.main.as_ref().or(package.name.as_ref()).map_or(path.span, |text| text.span);
            return Err(Box::new(
                Diagnostic::error("E0209", span, format!("the package `{name}` has no file `{inside}`"))
                    .label("`main` in `[package]` names the module that is imported")
                    .secondary(request.span, "imported here"),
            ));
        }
        Ok(Meaning::File(package.directory.join(file)))
    }

    /// The manifest of the file's directory or the nearest one above.
    fn nearest(&mut self, request: &Request<'_>, sources: &mut SourceMap) -> Found<Option<Rc<Manifest>>> {
        let mut directory = request.directory.to_owned();
        for _ in 0..MAX_HEIGHT {
            if let Some(manifest) = self.read(request.reader, &directory, sources) {
                return manifest.map(Some);
            }
            let here = if directory.as_os_str().is_empty() { Path::new(".") } else { &directory };
            if request.reader.canonical(here).parent().is_none() {
                break;
            }
            directory = match (directory.file_name(), directory.parent()) {
                (Some(_), Some(parent)) => parent.to_owned(),
                _ => directory.join(".."),
            };
        }
        Ok(None)
    }

    fn read(&mut self, reader: &dyn Reader, directory: &Path, sources: &mut SourceMap) -> Option<Found<Rc<Manifest>>> {
        let directory = super::load::normalise(directory);
        if let Some(known) = self.known.get(&directory) {
            return known.clone();
        }
        let path = directory.join(FILE_NAME);
        let manifest = match reader.read(&path) {
            Ok(text) => Some(parse(directory.clone(), &path, text, sources).map(Rc::new)),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                let file = sources.add(path.to_string_lossy().into_owned(), String::new());
                Some(Err(wrong(Span::new(file, 0, 0), "this file is not UTF-8 text")))
            }
            Err(_) => None,
        };
        self.known.insert(directory, manifest.clone());
        manifest
    }
}

fn not_found(request: &Request<'_>) -> Diagnostic {
    Diagnostic::error("E0208", request.span, format!("cannot find the package `{}`", request.specifier))
}

/// `name` and `/rest`, or `@scope/name` and `/rest`.
fn split_name(text: &str) -> (&str, &str) {
    let from = if text.starts_with('@') { text.find('/').map_or(text.len(), |at| at + 1) } else { 0 };
    let end = text[from..].find('/').map_or(text.len(), |at| from + at);
    text.split_at(end)
}

impl Manifest {
    /// What `[imports]` makes of a specifier: an exact key first, then the longest prefix.
    fn mapped(&self, text: &str) -> Option<Text> {
        if let Some((_, target)) = self.imports.iter().find(|(key, _)| key.value == text) {
            return Some(target.clone());
        }
        let prefixes = self.imports.iter().filter(|(key, _)| key.value.ends_with('/') && text.starts_with(&key.value));
        let (key, target) = prefixes.max_by_key(|(key, _)| key.value.len())?;
        Some(Text { value: format!("{}{}", target.value, &text[key.value.len()..]), span: target.span })
    }
}

fn wrong(span: Span, message: impl Into<String>) -> Box<Diagnostic> {
    Box::new(Diagnostic::error("E0209", span, message))
}

/// Reads the parts that matter here; others are other tools'.
fn parse(directory: PathBuf, path: &Path, text: String, sources: &mut SourceMap) -> Found<Manifest> {
    let file = sources.add(path.to_string_lossy().into_owned(), text);
    let text = &sources.file(file).text;
    let table = match DeTable::parse(text) {
        Ok(table) => table.into_inner(),
        Err(error) => {
            let range = error.span().unwrap_or(0..0);
            return Err(wrong(
                Span::new(file, range.start, range.end),
                format!("this is not TOML: {}", error.message()),
            ));
        }
    };
    let reader = Sections { file };
    let mut manifest = Manifest { directory, name: None, main: None, dependencies: Vec::new(), imports: Vec::new() };
    for (key, value) in &table {
        let name = key.get_ref().as_ref();
        match name {
            "package" => {
                for (key, value) in reader.table(value, name)? {
                    match key.get_ref().as_ref() {
                        "name" => manifest.name = Some(reader.text(value, "name")?),
                        "main" => manifest.main = Some(reader.text(value, "main")?),
                        "version" => drop(reader.text(value, "version")?),
                        _ => {}
                    }
                }
            }
            "dependencies" => {
                for (key, value) in reader.table(value, name)? {
                    let dependency = reader.dependency(value)?;
                    manifest.dependencies.push((reader.key(key), dependency));
                }
            }
            "imports" => {
                for (key, value) in reader.table(value, name)? {
                    let (key, target) = (reader.key(key), reader.text(value, "an import")?);
                    if key.value.ends_with('/') != target.value.ends_with('/') {
                        let message = "a prefix that ends with `/` maps to one that ends with `/`";
                        return Err(wrong(target.span, message));
                    }
                    manifest.imports.push((key, target));
                }
            }
            other => {
                if let Some(near) = nearest(other, ["package", "dependencies", "imports"]) {
                    let span = reader.span(key.span());
                    let diagnostic = Diagnostic::error("E0209", span, format!("there is no section `{other}`"));
                    return Err(Box::new(with_suggestion(diagnostic, span, Some(near))));
                }
            }
        }
    }
    Ok(manifest)
}

struct Sections {
    file: FileId,
}

impl Sections {
    fn span(&self, range: std::ops::Range<usize>) -> Span {
        Span::new(self.file, range.start, range.end)
    }

    fn key(&self, key: &Spanned<std::borrow::Cow<'_, str>>) -> Text {
        Text { value: key.get_ref().to_string(), span: self.span(key.span()) }
    }

    fn table<'t, 'i>(&self, value: &'t Spanned<DeValue<'i>>, name: &str) -> Found<&'t DeTable<'i>> {
        match value.get_ref() {
            DeValue::Table(table) => Ok(table),
            _ => Err(wrong(self.span(value.span()), format!("`{name}` is a section: write `[{name}]`"))),
        }
    }

    fn text(&self, value: &Spanned<DeValue<'_>>, what: &str) -> Found<Text> {
        match value.get_ref() {
            DeValue::String(text) => Ok(Text { value: text.to_string(), span: self.span(value.span()) }),
            _ => Err(wrong(self.span(value.span()), format!("{what} is a text"))),
        }
    }

    fn dependency(&self, value: &Spanned<DeValue<'_>>) -> Found<Dependency> {
        let span = self.span(value.span());
        match value.get_ref() {
            DeValue::String(_) => Ok(Dependency::Elsewhere(span)),
            DeValue::Table(table) => {
                let path = table.iter().find(|(key, _)| key.get_ref().as_ref() == "path");
                match path {
                    Some((_, path)) => Ok(Dependency::Path(self.text(path, "`path`")?)),
                    None => Ok(Dependency::Elsewhere(span)),
                }
            }
            _ => Err(wrong(span, "a dependency is written `name = { path = \"../name\" }`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::split_name;

    #[test]
    fn names_of_packages() {
        assert_eq!(split_name("a"), ("a", ""));
        assert_eq!(split_name("a/b/c.fl"), ("a", "/b/c.fl"));
        assert_eq!(split_name("@s/a"), ("@s/a", ""));
        assert_eq!(split_name("@s/a/b.fl"), ("@s/a", "/b.fl"));
    }
}
