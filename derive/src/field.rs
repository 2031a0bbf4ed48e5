//! The fields of a hash model, or of a struct that models flatten.

use proc_macro2::Span;
use quote::{ToTokens, format_ident};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{
    Attribute, ExprPath, Fields, GenericArgument, Ident, LitStr, PathArguments, Type,
    VisRestricted, Visibility,
};

use crate::attr::{Attrs, Item, Value};
use crate::case::Case;
use crate::ctxt::Ctxt;
use crate::ttl;

/// A field, in the struct's order.
pub(crate) struct Field<'a> {
    pub(crate) member: Member,
    pub(crate) ty: &'a Type,
    /// The visibility of its handle.
    pub(crate) vis: Visibility,
    /// The user's documentation of the field.
    pub(crate) docs: Vec<&'a Attribute>,
    pub(crate) role: FieldRole,
}

impl Field<'_> {
    /// Returns `true` if the hash has the field, or fields in it.
    pub(crate) fn is_stored(&self) -> bool {
        matches!(self.role, FieldRole::Stored(_) | FieldRole::Flattened { .. })
    }

    pub(crate) fn is_flattened(&self) -> bool {
        matches!(self.role, FieldRole::Flattened { .. })
    }

    pub(crate) fn is_revision(&self) -> bool {
        matches!(&self.role, FieldRole::Stored(Stored { encoding: Encoding::Revision, .. }))
    }
}

/// The name of a field in code.
#[derive(Clone)]
pub(crate) struct Member {
    /// `name`, or `0` in a tuple struct.
    pub(crate) access: syn::Member,
    /// The name of its handle: `name`, or `_0`.
    pub(crate) handle: Ident,
}

/// The place of a field's value.
pub(crate) enum FieldRole {
    /// In the key.
    Key,
    /// Not stored: a read record has the default.
    Skipped(Option<Box<ExprPath>>),
    /// The fields of a struct, whose names get this one before them.
    Flattened {
        name: String,
    },
    Stored(Stored),
}

pub(crate) struct Stored {
    pub(crate) name: String,
    pub(crate) encoding: Encoding,
    /// The text of `None`.
    pub(crate) none_as: Option<LitStr>,
    pub(crate) default: DefaultValue,
    pub(crate) aliases: Vec<LitStr>,
    /// Milliseconds.
    pub(crate) ttl: Option<u64>,
}

/// The stored form of a field.
pub(crate) enum Encoding {
    Plain,
    Codec(Box<Type>),
    /// Through `Display`; the span is the attribute's.
    AsDisplay {
        option: bool,
        span: Span,
    },
    EmptyAsNone(Span),
    Unix(UnixUnit, Span),
    /// As the text of `true` or that of `false`.
    Bool {
        texts: [String; 2],
        span: Span,
    },
    Revision,
}

/// A unit of unix time.
#[derive(Clone, Copy)]
pub(crate) enum UnixUnit {
    Seconds,
    Millis,
    FractionalSeconds,
}

/// The value of a field that the hash does not have.
pub(crate) enum DefaultValue {
    None,
    /// The type's own default.
    Type,
    Path(Box<ExprPath>),
}

/// The name of the field of records that have no other; see `hash::MARKER` in core.
pub(crate) const MARKER: &str = "_";

impl Member {
    pub(crate) fn of(at: usize, field: &syn::Field) -> Self {
        match &field.ident {
            Some(ident) => {
                let mut handle = ident.clone();
                handle.set_span(handle_span(ident.span()));
                Self { access: syn::Member::Named(ident.clone()), handle }
            }
            None => {
                let span = field.ty.span();
                let index = syn::Index { index: at as u32, span };
                Self {
                    access: syn::Member::Unnamed(index),
                    handle: format_ident!("_{at}", span = handle_span(span)),
                }
            }
        }
    }

    /// Returns the name as text: `name`, `type` (of `r#type`), `0`.
    pub(crate) fn text(&self) -> String {
        match &self.access {
            syn::Member::Named(ident) => ident.unraw().to_string(),
            syn::Member::Unnamed(index) => index.index.to_string(),
        }
    }
}

/// Returns the span of a handle: at the user's field, but not the user's code, so that no
/// lint is about it.
fn handle_span(field: Span) -> Span {
    Span::mixed_site().located_at(field)
}

fn handle_visibility(field: &Visibility) -> Visibility {
    let mut visibility = field.clone();
    if let Visibility::Public(token)
    | Visibility::Restricted(VisRestricted { pub_token: token, .. }) = &mut visibility
    {
        token.span = handle_span(token.span);
    }
    visibility
}

/// Returns the fields with what their attributes say.
pub(crate) fn check<'a>(
    ctxt: &Ctxt,
    fields: &'a Fields,
    attrs: &[Attrs],
    in_key: impl Fn(&str) -> bool,
    case: Option<Case>,
) -> Vec<Field<'a>> {
    let check = |((at, field), attrs): ((usize, &'a syn::Field), &Attrs)| {
        let member = Member::of(at, field);
        let role = if in_key(&member.text()) {
            no_effect(ctxt, attrs, |_| true, "that the key names");
            FieldRole::Key
        } else {
            role(ctxt, &member, &field.ty, attrs, case)
        };
        let docs = field.attrs.iter().filter(|attr| attr.path().is_ident("doc")).collect();
        Field { member, ty: &field.ty, vis: handle_visibility(&field.vis), docs, role }
    };
    let mut checked: Vec<Field<'_>> = Vec::new();
    for field in fields.iter().enumerate().zip(attrs).map(check) {
        // rustc reports a second field of one name, once if it has no handle.
        if !checked.iter().any(|other| other.member.handle == field.member.handle) {
            checked.push(field);
        }
    }
    let fields = checked;
    distinct_names(ctxt, &fields);
    one_revision(ctxt, &fields);
    fields
}

/// An attribute that would do nothing is a misunderstanding.
fn no_effect(ctxt: &Ctxt, attrs: &Attrs, on: impl Fn(&Item) -> bool, field: &str) {
    for item in attrs.iter().filter(|item| on(item)) {
        ctxt.error(&item.name, format!("`{}` has no effect on a field {field}", item.name));
    }
}

fn role(ctxt: &Ctxt, member: &Member, ty: &Type, attrs: &Attrs, case: Option<Case>) -> FieldRole {
    if attrs.get("skip").is_some() {
        let other = |item: &Item| item.name != "skip" && item.name != "default";
        no_effect(ctxt, attrs, other, "that is skipped");
        let path = match default(ctxt, attrs) {
            DefaultValue::Path(path) => Some(path),
            DefaultValue::None | DefaultValue::Type => None,
        };
        return FieldRole::Skipped(path);
    }
    let plain = member.text();
    let name = match attrs.text("rename") {
        Some(rename) => rename.value(),
        None => case.map_or(plain.clone(), |case| case.of_field(&plain)),
    };
    let span = attrs.text("rename").map_or(member.access.span(), LitStr::span);
    valid_name(ctxt, span, &name);
    if attrs.get("flatten").is_some() {
        let other = |item: &Item| item.name != "flatten" && item.name != "rename";
        no_effect(ctxt, attrs, other, "that is flattened: write it on the fields of its struct");
        return FieldRole::Flattened { name };
    }
    if attrs.get("revision").is_some() {
        let other = |item: &Item| item.name != "revision" && item.name != "rename";
        no_effect(ctxt, attrs, other, "that counts the writes");
        let (encoding, default) = (Encoding::Revision, DefaultValue::None);
        return FieldRole::Stored(Stored {
            name,
            encoding,
            none_as: None,
            default,
            aliases: Vec::new(),
            ttl: None,
        });
    }
    let aliases: Vec<LitStr> = attrs.texts("alias").cloned().collect();
    for alias in &aliases {
        valid_name(ctxt, alias.span(), &alias.value());
    }
    let ttl = attrs.text("ttl").and_then(|text| {
        ttl::parse_of_field(&text.value()).map_err(|error| ctxt.error(text, error)).ok()
    });
    let encoding = encoding(ctxt, ty, attrs);
    let none_as = none_as(ctxt, &encoding, attrs);
    FieldRole::Stored(Stored {
        name,
        encoding,
        none_as,
        default: default(ctxt, attrs),
        aliases,
        ttl,
    })
}

/// A field has one encoding.
fn encoding(ctxt: &Ctxt, ty: &Type, attrs: &Attrs) -> Encoding {
    let mut named = attrs.iter().filter(|item| ENCODINGS.iter().any(|name| item.name == name));
    let Some(first) = named.next() else { return Encoding::Plain };
    for other in named {
        let (one, two) = (&first.name, &other.name);
        ctxt.error(two, format!("`{one}` and `{two}` both say how the field is stored; keep one"));
    }
    let span = first.span();
    match (first.name.to_string().as_str(), &first.value) {
        (_, Value::Type(codec)) => Encoding::Codec(codec.clone()),
        (_, Value::Text(texts)) => Encoding::Bool { texts: bool_texts(ctxt, texts), span },
        // `none_as` is around the encoding of the value in the `Option`.
        ("display", _) => {
            let option = is_option(ty) && !attrs.mentions("none_as");
            Encoding::AsDisplay { option, span }
        }
        ("unix", _) => Encoding::Unix(UnixUnit::Seconds, span),
        ("unix_ms", _) => Encoding::Unix(UnixUnit::Millis, span),
        ("unix_float", _) => Encoding::Unix(UnixUnit::FractionalSeconds, span),
        _ => Encoding::EmptyAsNone(span),
    }
}

/// The attributes that say how a field is stored.
const ENCODINGS: [&str; 7] =
    ["codec", "display", "empty_as_none", "unix", "unix_ms", "unix_float", "bool"];

/// The two texts of a `bool` differ, so that each is read as one value.
fn bool_texts(ctxt: &Ctxt, attribute: &LitStr) -> [String; 2] {
    let value = attribute.value();
    let texts = value.split_once('/').filter(|(yes, no)| yes != no && !no.contains('/'));
    let Some((yes, no)) = texts else {
        let message = "`bool` takes two different texts with a `/` between them, for true and for false; write for example `bool = \"True/False\"`";
        ctxt.error(attribute, message);
        return [String::new(), String::new()];
    };
    [yes.to_owned(), no.to_owned()]
}

/// `None` has one text, which is that of no other value.
fn none_as(ctxt: &Ctxt, encoding: &Encoding, attrs: &Attrs) -> Option<LitStr> {
    let item = attrs.get("none_as")?;
    let text = attrs.text("none_as")?;
    match encoding {
        Encoding::EmptyAsNone(_) => {
            let message = "`empty_as_none` and `none_as` both say how `None` is stored; keep one";
            ctxt.error(&item.name, message);
            return None;
        }
        Encoding::Bool { texts, .. } if texts.contains(&text.value()) && texts[0] != texts[1] => {
            let message = "the text of `None` is one of the texts of `bool`; write another one";
            ctxt.error(text, message);
        }
        _ => {}
    }
    Some(text.clone())
}

/// Returns `true` if a type is spelled `Option<…>`.
///
/// Only here the derive looks at the name of a type: traits cannot rely on `Option`
/// having no `Display`, because a later Rust may give it one. A wrong guess (an alias of
/// another name) does not compile; it never stores something else.
fn is_option(ty: &Type) -> bool {
    in_option(ty).is_some()
}

/// Returns the `V` of a type that is spelled `Option<V>`.
pub(crate) fn in_option(ty: &Type) -> Option<&Type> {
    let path = match ty {
        // A type that a `macro_rules` macro passes on, or one in parentheses.
        Type::Group(group) => return in_option(&group.elem),
        Type::Paren(paren) => return in_option(&paren.elem),
        Type::Path(path) => &path.path,
        _ => return None,
    };
    let last = path.segments.last().filter(|last| last.ident == "Option")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    }
}

fn default(ctxt: &Ctxt, attrs: &Attrs) -> DefaultValue {
    match (attrs.get("default"), attrs.text("default")) {
        (None, _) => DefaultValue::None,
        (Some(_), None) => DefaultValue::Type,
        (Some(_), Some(path)) => match path.parse::<ExprPath>() {
            Ok(path) => DefaultValue::Path(Box::new(path)),
            Err(_) => {
                let message =
                    "`default` is not a path; write for example `default = \"Status::new\"`";
                ctxt.error(path, message);
                DefaultValue::Type
            }
        },
    }
}

fn valid_name(ctxt: &Ctxt, at: Span, name: &str) {
    if name.is_empty() {
        ctxt.error_at(at, "a field's name in the hash must not be empty");
    } else if name == MARKER {
        ctxt.error_at(at, "`_` is the name of the marker that keeps empty records; add `#[redis(rename = \"…\")]`");
    }
}

/// Two fields under one name would overwrite each other.
fn distinct_names(ctxt: &Ctxt, fields: &[Field<'_>]) {
    let mut known: Vec<(String, String)> = Vec::new();
    for field in fields {
        let (name, aliases): (&str, &[LitStr]) = match &field.role {
            FieldRole::Stored(stored) => (&stored.name, &stored.aliases),
            FieldRole::Flattened { name } => (name, &[]),
            FieldRole::Key | FieldRole::Skipped(_) => continue,
        };
        let member = field.member.text();
        let own = std::iter::once((name.to_owned(), field.member.access.to_token_stream()));
        let others = aliases.iter().map(|alias| (alias.value(), alias.to_token_stream()));
        for (name, tokens) in own.chain(others) {
            match known.iter().find(|(taken, _)| *taken == name) {
                Some((_, other)) if *other == member => {
                    ctxt.error(tokens, format!("`{member}` has the name `{name}` twice"));
                }
                Some((_, other)) => {
                    ctxt.error(
                        tokens,
                        format!("`{member}` and `{other}` are both stored as `{name}`"),
                    );
                }
                None => known.push((name, member.clone())),
            }
        }
    }
}

fn one_revision(ctxt: &Ctxt, fields: &[Field<'_>]) {
    for field in fields.iter().filter(|field| field.is_revision()).skip(1) {
        ctxt.error(&field.member.access, "a record has one revision; this is a second one");
    }
}
