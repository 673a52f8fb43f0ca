//! Items as text.

use super::super::*;
use super::{Dumper, join, params_text, path_text, result_text, type_text};
use std::fmt::Write as _;

impl Dumper {
    pub(super) fn item(&mut self, item: &Item) {
        self.head(&item.attributes, item.doc.as_deref());
        let export = if item.export.is_some() { "export " } else { "" };
        match &item.kind {
            ItemKind::Import(import) => {
                let names = match &import.names {
                    ImportNames::Namespace(name) => format!(" {}", name.name),
                    ImportNames::Names(names) => format!(" {{ {} }}", import_names_text(names)),
                    ImportNames::None => String::new(),
                };
                self.line(format!("import{names} from {:?}", import.from.value));
            }
            ItemKind::Export { names, from } => {
                let from = from.as_ref().map(|f| format!(" from {:?}", f.value)).unwrap_or_default();
                self.line(format!("export {{ {} }}{from}", import_names_text(names)));
            }
            ItemKind::Function(function) => self.function(export, function),
            ItemKind::Const(item) => {
                let ty = item.ty.as_ref().map(|t| format!(": {}", type_text(t))).unwrap_or_default();
                self.labelled(&format!("{export}const {}{ty}", item.name.name), &item.value);
            }
            ItemKind::Record(decl) => {
                let kind = match decl.kind {
                    RecordKind::Struct => "struct",
                    RecordKind::Class => "class",
                };
                self.node(format!("{export}{kind} {}{}", decl.name.name, generics_text(&decl.generics)), |d| {
                    decl.fields.iter().for_each(|f| d.field(f));
                    d.methods(&decl.methods);
                });
            }
            ItemKind::Enum(item) => {
                self.node(format!("{export}enum {}{}", item.name.name, generics_text(&item.generics)), |d| {
                    item.variants.iter().for_each(|v| d.variant(v));
                    d.methods(&item.methods);
                });
            }
            ItemKind::Interface(item) => {
                let mut text = format!("{export}interface {}{}", item.name.name, generics_text(&item.generics));
                if !item.supers.is_empty() {
                    let _ = write!(text, ": {}", join(&item.supers, type_text));
                }
                self.node(text, |d| d.methods(&item.methods));
            }
            ItemKind::Impl(item) => {
                let interface = item.interface.as_ref().map(|i| format!("{} for ", type_text(i))).unwrap_or_default();
                let generics = generics_text(&item.generics);
                let more: String = item.more_targets.iter().map(|ty| format!(", {}", type_text(ty))).collect();
                self.node(format!("impl{generics} {interface}{}{more}", type_text(&item.target)), |d| {
                    d.methods(&item.methods);
                });
            }
            ItemKind::Alias(item) => {
                let generics = generics_text(&item.generics);
                self.line(format!("{export}type {}{generics} = {}", item.name.name, type_text(&item.ty)));
            }
            ItemKind::Extern(block) => {
                self.node(format!("extern {:?}", block.abi.value), |d| d.methods(&block.functions));
            }
            ItemKind::Test(test) => self.block(&format!("test {:?}", test.name.value), &test.body),
            ItemKind::Statement(stmt) => {
                if item.export.is_some() {
                    self.node("export", |d| d.stmt(stmt));
                } else {
                    self.stmt(stmt);
                }
            }
        }
    }

    fn head(&mut self, attributes: &[Attribute], doc: Option<&str>) {
        for line in doc.unwrap_or_default().lines() {
            self.line(format!("/// {line}"));
        }
        for attribute in attributes {
            let args = join(&attribute.args, |arg| {
                let name = arg.name.map(|n| n.name.to_string());
                let value = arg.value.as_ref().map(super::literal_text);
                [name, value].into_iter().flatten().collect::<Vec<_>>().join(" = ")
            });
            self.line(format!("#[{}({args})]", attribute.name.name));
        }
    }

    fn function(&mut self, prefix: &str, function: &Function) {
        let mut text = prefix.to_owned();
        if let Some(abi) = &function.extern_abi {
            let _ = write!(text, "extern {:?} ", abi.value);
        }
        text.push_str(if function.is_unsafe { "unsafe " } else { "" });
        text.push_str(if function.is_async { "async " } else { "" });
        let generics = generics_text(&function.generics);
        let result = result_text(function.result.as_ref());
        let _ = write!(text, "fn {}{generics}({}){result}", function.name.name, params_text(&function.params));
        self.node(text, |d| {
            d.defaults(&function.params);
            if let Some(body) = &function.body {
                d.block("body", body);
            }
        });
    }

    fn methods(&mut self, methods: &[Method]) {
        for method in methods {
            self.head(&method.attributes, method.doc.as_deref());
            self.function(if method.is_private { "private " } else { "" }, &method.function);
        }
    }

    fn field(&mut self, field: &FieldDecl) {
        self.head(&field.attributes, field.doc.as_deref());
        let private = if field.is_private { "private " } else { "" };
        self.node(format!("{private}field {}: {}", field.name.name, type_text(&field.ty)), |d| {
            d.optional("default", field.default.as_ref());
        });
    }

    fn variant(&mut self, variant: &Variant) {
        self.head(&[], variant.doc.as_deref());
        let fields = match &variant.fields {
            VariantFields::Positional(types) => format!("({})", join(types, type_text)),
            _ => String::new(),
        };
        self.node(format!("variant {}{fields}", variant.name.name), |d| {
            if let VariantFields::Named(fields) = &variant.fields {
                fields.iter().for_each(|f| d.field(f));
            }
            d.optional("value", variant.value.as_ref());
        });
    }
}

fn import_names_text(names: &[ImportName]) -> String {
    join(names, |n| match n.alias {
        Some(alias) => format!("{} as {}", n.name.name, alias.name),
        None => n.name.name.to_string(),
    })
}

fn generics_text(generics: &[GenericParam]) -> String {
    if generics.is_empty() {
        return String::new();
    }
    let params = join(generics, |g| {
        let bounds: Vec<String> = g.bounds.iter().map(type_text).collect();
        let bounds = if bounds.is_empty() { String::new() } else { format!(": {}", bounds.join(" + ")) };
        let default = g.default.as_ref().map(|ty| format!(" = {}", type_text(ty))).unwrap_or_default();
        format!("{}{bounds}{default}", path_text(std::slice::from_ref(&g.name)))
    });
    format!("<{params}>")
}
