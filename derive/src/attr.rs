//! `#[redis(…)]` as written: names and values of attributes.

use proc_macro2::{Delimiter, Group, Span, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::token::Paren;
use syn::{Attribute, Ident, LitInt, LitStr, Token, Type};

use crate::ctxt::Ctxt;
use crate::hint;
use crate::suggest::suggest;

/// The place of an attribute.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Site {
    /// On a model.
    Struct,
    /// On a struct that models flatten.
    Flattened,
    /// On a field of either.
    Field,
    /// On an enum or a newtype that a field holds.
    Value,
    /// On a variant of such an enum.
    Variant,
    /// On a group of keys.
    Group,
    /// On a field of a group of keys.
    GroupField,
}

impl Site {
    fn name(self) -> &'static str {
        match self {
            Self::Struct => "a model",
            Self::Flattened => "a struct that is flattened",
            Self::Field => "a field",
            Self::Value => "a value",
            Self::Variant => "a variant",
            Self::Group => "a group of keys",
            Self::GroupField => "a field of a group of keys",
        }
    }

    /// Returns the attribute that a text without a name is most likely meant for.
    fn first(self) -> &'static str {
        match self {
            Self::Struct | Self::Group | Self::GroupField => "key",
            Self::Flattened | Self::Value => "rename_all",
            Self::Field | Self::Variant => "rename",
        }
    }
}

/// The form of an attribute's value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ValueForm {
    /// Nothing.
    Flag,
    /// `= "text"`
    Text,
    /// `= "text"`, as often as you like
    Texts,
    /// Nothing or `= "text"`
    FlagOrText,
    /// `= Some<Type>`
    Type,
    /// `= [Some<Type>, Another]`
    List,
    /// `(SomeType, Another)`
    Arguments,
    /// `= 3`
    Number,
}

struct KnownAttr {
    name: &'static str,
    form: ValueForm,
    site: Site,
}

const fn known(name: &'static str, form: ValueForm, site: Site) -> KnownAttr {
    KnownAttr { name, form, site }
}

const KNOWN: &[KnownAttr] = &[
    known("key", ValueForm::Text, Site::Struct),
    known("hash", ValueForm::Flag, Site::Struct),
    known("blob", ValueForm::Type, Site::Struct),
    known("ttl", ValueForm::Text, Site::Struct),
    known("on_update", ValueForm::Text, Site::Struct),
    known("rename_all", ValueForm::Text, Site::Struct),
    known("crate", ValueForm::Text, Site::Struct),
    known("name", ValueForm::Text, Site::Struct),
    known("codecs", ValueForm::List, Site::Struct),
    known("version", ValueForm::Number, Site::Struct),
    known("version_field", ValueForm::Text, Site::Struct),
    known("migrate", ValueForm::Arguments, Site::Struct),
    known("envelope", ValueForm::Text, Site::Struct),
    known("on_mismatch", ValueForm::Text, Site::Struct),
    known("rename_all", ValueForm::Text, Site::Flattened),
    known("crate", ValueForm::Text, Site::Flattened),
    known("rename", ValueForm::Text, Site::Field),
    known("alias", ValueForm::Texts, Site::Field),
    known("default", ValueForm::FlagOrText, Site::Field),
    known("skip", ValueForm::Flag, Site::Field),
    known("codec", ValueForm::Type, Site::Field),
    known("display", ValueForm::Flag, Site::Field),
    known("flatten", ValueForm::Flag, Site::Field),
    known("ttl", ValueForm::Text, Site::Field),
    known("revision", ValueForm::Flag, Site::Field),
    known("empty_as_none", ValueForm::Flag, Site::Field),
    known("unix", ValueForm::Flag, Site::Field),
    known("unix_ms", ValueForm::Flag, Site::Field),
    known("unix_float", ValueForm::Flag, Site::Field),
    known("bool", ValueForm::Text, Site::Field),
    known("none_as", ValueForm::Text, Site::Field),
    known("rename_all", ValueForm::Text, Site::Value),
    known("repr", ValueForm::Text, Site::Value),
    known("crate", ValueForm::Text, Site::Value),
    known("rename", ValueForm::Text, Site::Variant),
    known("alias", ValueForm::Texts, Site::Variant),
    known("other", ValueForm::Flag, Site::Variant),
    known("key", ValueForm::Text, Site::Group),
    known("id", ValueForm::Type, Site::Group),
    known("ttl", ValueForm::Text, Site::Group),
    known("rename_all", ValueForm::Text, Site::Group),
    known("crate", ValueForm::Text, Site::Group),
    known("key", ValueForm::Text, Site::GroupField),
    known("rename", ValueForm::Text, Site::GroupField),
    known("ttl", ValueForm::Text, Site::GroupField),
];

/// The attributes of a struct or of a field.
pub(crate) struct Attrs {
    items: Vec<Item>,
    /// The names of those that could not be read.
    unread: Vec<Ident>,
}

/// One attribute.
pub(crate) struct Item {
    pub(crate) name: Ident,
    pub(crate) value: Value,
}

#[derive(Clone)]
pub(crate) enum Value {
    None,
    Text(LitStr),
    Type(Box<Type>),
    Types(Vec<Type>),
    Number(LitInt),
}

impl Attrs {
    pub(crate) fn read(ctxt: &Ctxt, attributes: &[Attribute], site: Site) -> Self {
        let mut read = Self { items: Vec::new(), unread: Vec::new() };
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("redis")) {
            let Ok(list) = attribute.meta.require_list() else {
                ctxt.error(attribute, "expected `#[redis(…)]`");
                continue;
            };
            let parser = |input: ParseStream<'_>| read.list(ctxt, site, input);
            if let Err(error) = list.parse_args_with(parser) {
                ctxt.push(error);
            }
        }
        read
    }

    /// Reads a list of attributes; a mistake in one does not hide the next.
    fn list(&mut self, ctxt: &Ctxt, site: Site, input: ParseStream<'_>) -> syn::Result<()> {
        while !input.is_empty() {
            if let Some(text) = input.parse::<Option<LitStr>>()? {
                let name = Ident::new(site.first(), text.span());
                ctxt.push(syn::Error::new(
                    text.span(),
                    format!("a text without a name: write `{name} = …`"),
                ));
                self.unread.push(name);
                skip_to_comma(input)?;
                let _: Option<Token![,]> = input.parse()?;
                continue;
            }
            // `crate` is a keyword.
            let name = Ident::parse_any(input)?;
            if let Some(hint) = hint_of(site, &name, input) {
                ctxt.push(syn::Error::new(name.span(), hint.message));
                self.unread.extend(hint.meant.map(|meant| Ident::new(meant, name.span())));
                skip_to_comma(input)?;
                let _: Option<Token![,]> = input.parse()?;
                continue;
            }
            match read_one(site, &self.items, &name, input) {
                Ok(value) => self.items.push(Item { name, value }),
                Err(error) => {
                    ctxt.push(error);
                    self.unread.push(name);
                    skip_to_comma(input)?;
                }
            }
            if input.is_empty() {
                break;
            }
            if let Err(error) = input.parse::<Token![,]>() {
                ctxt.push(error);
                skip_to_comma(input)?;
                let _: Option<Token![,]> = input.parse()?;
            }
        }
        Ok(())
    }

    /// Returns `true` if the attribute is there, readable or not.
    pub(crate) fn mentions(&self, name: &str) -> bool {
        self.unread.iter().any(|unread| unread == name) || self.get(name).is_some()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.name == name)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&LitStr> {
        match &self.get(name)?.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns all values of an attribute that may be given several times.
    pub(crate) fn texts(&self, name: &str) -> impl Iterator<Item = &LitStr> {
        self.items.iter().filter(move |item| item.name == name).filter_map(|item| {
            match &item.value {
                Value::Text(text) => Some(text),
                _ => None,
            }
        })
    }

    pub(crate) fn ty(&self, name: &str) -> Option<&Type> {
        match &self.get(name)?.value {
            Value::Type(ty) => Some(ty),
            _ => None,
        }
    }

    /// Returns the types of a list; none if there is no list.
    pub(crate) fn types(&self, name: &str) -> &[Type] {
        match self.get(name).map(|item| &item.value) {
            Some(Value::Types(types)) => types,
            _ => &[],
        }
    }

    pub(crate) fn number(&self, name: &str) -> Option<&LitInt> {
        match &self.get(name)?.value {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Item> {
        self.items.iter()
    }
}

/// Returns a hint for an attribute that does not exist at this place.
fn hint_of(site: Site, name: &Ident, input: ParseStream<'_>) -> Option<hint::Hint> {
    let exists = KNOWN.iter().any(|known| known.site == site && *name == known.name);
    if exists { None } else { hint::of(site, name, input) }
}

fn read_one(
    site: Site,
    items: &[Item],
    name: &Ident,
    input: ParseStream<'_>,
) -> syn::Result<Value> {
    let text = name.to_string();
    let here = KNOWN.iter().find(|known| known.name == text && known.site == site);
    let Some(known) = here else { return Err(unknown(site, name)) };
    if known.form != ValueForm::Texts && items.iter().any(|item| item.name == *name) {
        return Err(syn::Error::new(name.span(), format!("`{text}` is given twice")));
    }
    match known.form {
        ValueForm::Flag if input.peek(Token![=]) || input.peek(Paren) => Err(syn::Error::new(
            name.span(),
            format!("`{text}` takes no value: write `#[redis({text})]`"),
        )),
        ValueForm::Flag => Ok(Value::None),
        ValueForm::FlagOrText if !input.peek(Token![=]) && !input.peek(Paren) => Ok(Value::None),
        ValueForm::Text | ValueForm::Texts | ValueForm::FlagOrText => {
            let example = match text.as_str() {
                "ttl" => "\"1h\"",
                "bool" => "\"True/False\"",
                _ => "\"…\"",
            };
            value(name, input, "text in quotes", example).map(Value::Text)
        }
        ValueForm::Type => {
            let example = if text == "id" { "u64" } else { "Json" };
            value(name, input, "a type, without quotes", example)
                .map(|ty| Value::Type(Box::new(ty)))
        }
        ValueForm::Number => value(name, input, "a number", "2").map(Value::Number),
        ValueForm::List if input.peek(Token![=]) => {
            input.parse::<Token![=]>()?;
            types(name, input, Delimiter::Bracket, " = [MsgPack, Json]")
        }
        ValueForm::List => types(name, input, Delimiter::Bracket, " = [MsgPack, Json]"),
        ValueForm::Arguments => types(name, input, Delimiter::Parenthesis, "(UserV1, UserV2)"),
    }
}

/// A list of types, at least one.
fn types(
    name: &Ident,
    input: ParseStream<'_>,
    delimiter: Delimiter,
    example: &str,
) -> syn::Result<Value> {
    let usage = || syn::Error::new(name.span(), format!("write `{name}{example}`"));
    let group: Group = input.parse().map_err(|_| usage())?;
    if group.delimiter() != delimiter {
        return Err(usage());
    }
    let parser = Punctuated::<Type, Token![,]>::parse_terminated;
    let types = parser.parse2(group.stream())?;
    if types.is_empty() { Err(usage()) } else { Ok(Value::Types(types.into_iter().collect())) }
}

fn value<T: Parse>(
    name: &Ident,
    input: ParseStream<'_>,
    what: &str,
    example: &str,
) -> syn::Result<T> {
    let usage = |span, says: &str| {
        syn::Error::new(span, format!("`{name}` {says}: write `{name} = {example}`"))
    };
    if !input.peek(Token![=]) {
        return Err(usage(name.span(), "needs a value"));
    }
    input.parse::<Token![=]>()?;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(usage(name.span(), "needs a value"));
    }
    let at = input.span();
    input.parse().map_err(|_| usage(at, &format!("takes {what}")))
}

fn unknown(site: Site, name: &Ident) -> syn::Error {
    let text = name.to_string();
    let here = site.name();
    let message = match KNOWN.iter().find(|known| known.name == text) {
        Some(_) if text == "version" && site == Site::Field => {
            "`version` is the version of a model; a field that counts the writes of its record is a `revision`".to_owned()
        }
        Some(known) => {
            format!("`{text}` is an attribute of {}, not of {here}", known.site.name())
        }
        None => {
            let names = KNOWN.iter().filter(|known| known.site == site).map(|known| known.name);
            format!("unknown attribute `{text}` of {here}{}", suggest(&text, names))
        }
    };
    syn::Error::new(name.span(), message)
}

/// Skips what cannot be parsed, up to the next attribute.
fn skip_to_comma(input: ParseStream<'_>) -> syn::Result<()> {
    let mut depth = 0_usize;
    while !input.is_empty() {
        if depth == 0 && input.peek(Token![,]) {
            return Ok(());
        }
        match input.parse::<TokenTree>()? {
            TokenTree::Punct(punct) if punct.as_char() == '<' => depth += 1,
            TokenTree::Punct(punct) if punct.as_char() == '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

impl Item {
    pub(crate) fn span(&self) -> Span {
        self.name.span()
    }
}
