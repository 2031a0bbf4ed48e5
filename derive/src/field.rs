//! The fields of a hash model, or of a struct that models flatten.

use proc_macro2::Span;
use quote::{ToTokens, format_ident};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{ExprPath, Fields, GenericArgument, Ident, LitStr, PathArguments, Type, Visibility};

use crate::attr::{Attrs, Item};
use crate::case::Case;
use crate::ctxt::Ctxt;
use crate::ttl;

/// A field, in the struct's order.
pub(crate) struct Field<'a> {
    pub(crate) member: Member,
    pub(crate) ty: &'a Type,
    pub(crate) vis: &'a Visibility,
    pub(crate) role: Role,
}

impl Field<'_> {
    /// Whether users can name it, or fields in it.
    pub(crate) fn has_handle(&self) -> bool {
        !matches!(self.role, Role::Key | Role::Skipped)
    }
}

/// How a field is called in code.
#[derive(Clone)]
pub(crate) struct Member {
    /// `name`, or `0` in a tuple struct.
    pub(crate) access: syn::Member,
    /// The name of its handle: `name`, or `_0`.
    pub(crate) handle: Ident,
}

pub(crate) enum Role {
    /// It is in the key.
    Key,
    /// It is not stored: its default on reading.
    Skipped,
    /// The fields of a struct, whose names get this one before them.
    Flat {
        name: String,
    },
    Stored(Stored),
}

pub(crate) struct Stored {
    pub(crate) name: String,
    pub(crate) how: How,
    pub(crate) default: Fallback,
    pub(crate) aliases: Vec<LitStr>,
    /// Milliseconds.
    pub(crate) ttl: Option<u64>,
}

/// How a field is stored.
pub(crate) enum How {
    Plain,
    Codec(Box<Type>),
    /// Through `Display`, at the attribute's place.
    Shown {
        option: bool,
        span: Span,
    },
    EmptyAsNone(Span),
    Version,
}

/// What a field is that the hash does not have.
pub(crate) enum Fallback {
    None,
    Default,
    Path(Box<ExprPath>),
}

/// The name that Redis' missing empty hash takes; see `hash::MARKER` in core.
pub(crate) const MARKER: &str = "_";

impl Member {
    pub(crate) fn of(at: usize, field: &syn::Field) -> Self {
        match &field.ident {
            Some(ident) => {
                Self { access: syn::Member::Named(ident.clone()), handle: ident.clone() }
            }
            None => {
                let span = field.ty.span();
                let index = syn::Index { index: at as u32, span };
                Self {
                    access: syn::Member::Unnamed(index),
                    handle: format_ident!("_{at}", span = span),
                }
            }
        }
    }

    /// Its name as text: `name`, `type` (of `r#type`), `0`.
    pub(crate) fn text(&self) -> String {
        match &self.access {
            syn::Member::Named(ident) => ident.unraw().to_string(),
            syn::Member::Unnamed(index) => index.index.to_string(),
        }
    }
}

/// The fields with what their attributes say.
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
            Role::Key
        } else {
            role(ctxt, &member, &field.ty, attrs, case)
        };
        Field { member, ty: &field.ty, vis: &field.vis, role }
    };
    let fields: Vec<_> = fields.iter().enumerate().zip(attrs).map(check).collect();
    distinct_names(ctxt, &fields);
    one_version(ctxt, &fields);
    fields
}

/// An attribute that would do nothing is a misunderstanding.
fn no_effect(ctxt: &Ctxt, attrs: &Attrs, on: impl Fn(&Item) -> bool, field: &str) {
    for item in attrs.iter().filter(|item| on(item)) {
        ctxt.error(&item.name, format!("`{}` has no effect on a field {field}", item.name));
    }
}

fn role(ctxt: &Ctxt, member: &Member, ty: &Type, attrs: &Attrs, case: Option<Case>) -> Role {
    if attrs.get("skip").is_some() {
        let other = |item: &Item| item.name != "skip" && item.name != "default";
        no_effect(ctxt, attrs, other, "that is skipped");
        return Role::Skipped;
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
        return Role::Flat { name };
    }
    if attrs.get("version").is_some() {
        let other = |item: &Item| item.name != "version" && item.name != "rename";
        no_effect(ctxt, attrs, other, "that counts the writes");
        let (how, default) = (How::Version, Fallback::None);
        return Role::Stored(Stored { name, how, default, aliases: Vec::new(), ttl: None });
    }
    let aliases: Vec<LitStr> = attrs.texts("alias").cloned().collect();
    for alias in &aliases {
        valid_name(ctxt, alias.span(), &alias.value());
    }
    let ttl = attrs.text("ttl").and_then(|text| {
        ttl::parse_of_field(&text.value()).map_err(|error| ctxt.error(text, error)).ok()
    });
    Role::Stored(Stored {
        name,
        how: how(ctxt, ty, attrs),
        default: fallback(ctxt, attrs),
        aliases,
        ttl,
    })
}

/// A field is stored in one way.
fn how(ctxt: &Ctxt, ty: &Type, attrs: &Attrs) -> How {
    let mut said = ["codec", "display", "empty_as_none"].into_iter().filter_map(|it| attrs.get(it));
    let Some(first) = said.next() else { return How::Plain };
    for other in said {
        let (one, two) = (&first.name, &other.name);
        ctxt.error(two, format!("`{one}` and `{two}` both say how the field is stored; keep one"));
    }
    match attrs.ty("codec") {
        Some(codec) => How::Codec(Box::new(codec.clone())),
        None if first.name == "display" => How::Shown { option: is_option(ty), span: first.span() },
        None => How::EmptyAsNone(first.span()),
    }
}

/// Whether a type is spelled `Option<…>`.
///
/// The one place where the derive looks at how a type is called: that `Option`
/// has no `Display` cannot be relied on by traits, since a later Rust may give
/// it one. A wrong guess (an alias of another name) does not compile; it never
/// stores something else.
fn is_option(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    let last = path.path.segments.last();
    last.is_some_and(|last| {
        last.ident == "Option"
            && matches!(&last.arguments, PathArguments::AngleBracketed(arguments)
                if matches!(arguments.args.first(), Some(GenericArgument::Type(_))))
    })
}

fn fallback(ctxt: &Ctxt, attrs: &Attrs) -> Fallback {
    match (attrs.get("default"), attrs.text("default")) {
        (None, _) => Fallback::None,
        (Some(_), None) => Fallback::Default,
        (Some(_), Some(path)) => match path.parse::<ExprPath>() {
            Ok(path) => Fallback::Path(Box::new(path)),
            Err(_) => {
                let message =
                    "`default` is not a path; write for example `default = \"Status::new\"`";
                ctxt.error(path, message);
                Fallback::Default
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
            Role::Stored(stored) => (&stored.name, &stored.aliases),
            Role::Flat { name } => (name, &[]),
            Role::Key | Role::Skipped => continue,
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

fn one_version(ctxt: &Ctxt, fields: &[Field<'_>]) {
    let counts =
        |field: &&Field<'_>| matches!(&field.role, Role::Stored(Stored { how: How::Version, .. }));
    for field in fields.iter().filter(counts).skip(1) {
        ctxt.error(&field.member.access, "a record has one version; this is a second one");
    }
}
