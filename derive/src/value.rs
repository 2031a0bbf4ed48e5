//! A value: an enum without data, or a newtype, checked.

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Data, DataEnum, DeriveInput, Expr, Fields, Ident, LitStr, Path, Type};

use crate::attr::{Attrs, Site};
use crate::case::Case;
use crate::ctxt::Ctxt;
use crate::model::{crate_path, rename_all};
use crate::suggest::suggest;

pub(crate) struct Value<'a> {
    pub(crate) input: &'a DeriveInput,
    pub(crate) crate_path: Path,
    pub(crate) kind: Kind<'a>,
}

pub(crate) enum Kind<'a> {
    /// A struct of one field: it is stored as that.
    Newtype { member: syn::Member, ty: &'a Type },
    /// Stored as its variant's name.
    Names { variants: Vec<Variant<'a>>, other: Option<Other<'a>> },
    /// Stored as its variant's discriminant.
    Numbers { variants: Vec<Variant<'a>>, other: Option<Other<'a>> },
    /// Not a value, which is reported.
    Mistake,
}

pub(crate) struct Variant<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) name: String,
    pub(crate) aliases: Vec<LitStr>,
    /// The last discriminant that is written out, and how many variants ago.
    pub(crate) discriminant: (Option<&'a Expr>, i64),
}

/// The variant for stored values that no other variant has.
pub(crate) struct Other<'a> {
    pub(crate) ident: &'a Ident,
    /// The type of the stored value, if the variant keeps it.
    pub(crate) keeps: Option<&'a Type>,
}

impl<'a> Value<'a> {
    pub(crate) fn check(ctxt: &Ctxt, input: &'a DeriveInput, attrs: &Attrs) -> Self {
        let crate_path = crate_path(ctxt, attrs);
        for lifetime in input.generics.lifetimes() {
            ctxt.error(lifetime, "a value owns what is in it: use `String` for `&str`");
        }
        let kind = match &input.data {
            Data::Struct(data) => newtype(ctxt, input, &data.fields, attrs),
            Data::Enum(data) => variants(ctxt, input, data, attrs),
            Data::Union(data) => {
                ctxt.error(data.union_token, "a union cannot be stored");
                Kind::Mistake
            }
        };
        Self { input, crate_path, kind }
    }
}

fn newtype<'a>(ctxt: &Ctxt, input: &DeriveInput, fields: &'a Fields, attrs: &Attrs) -> Kind<'a> {
    for item in attrs.iter().filter(|item| item.name == "rename_all" || item.name == "repr") {
        ctxt.error(&item.name, format!("`{}` is for enums", item.name));
    }
    for field in fields {
        // Reports what is there: a field of a value has no attributes.
        let attrs = Attrs::read(ctxt, &field.attrs, Site::Field);
        for item in attrs.iter() {
            ctxt.error(
                &item.name,
                format!("`{}` has no effect here: a newtype is stored as what is in it", item.name),
            );
        }
    }
    let mut all = fields.iter().enumerate();
    match (all.next(), all.next()) {
        (Some((at, field)), None) => {
            let member = crate::field::Member::of(at, field).access;
            Kind::Newtype { member, ty: &field.ty }
        }
        (None, _) => {
            ctxt.error(&input.ident, "a struct without fields holds nothing to store");
            Kind::Mistake
        }
        (Some(_), Some(_)) => {
            ctxt.error(
                &input.ident,
                "a value is one field: store a struct of several with `#[redis(codec = Json)]`, \
                 or derive `RedisFields` and `#[redis(flatten)]` it",
            );
            Kind::Mistake
        }
    }
}

fn variants<'a>(ctxt: &Ctxt, input: &DeriveInput, data: &'a DataEnum, attrs: &Attrs) -> Kind<'a> {
    let case = rename_all(ctxt, attrs);
    let numbers = repr(ctxt, attrs);
    if numbers && let Some(item) = attrs.get("rename_all") {
        ctxt.error(&item.name, "`rename_all` has no effect where numbers are stored");
    }
    let (mut variants, mut other) = (Vec::new(), None);
    let mut discriminant: (Option<&Expr>, i64) = (None, -1);
    let mut mistaken = false;
    for variant in &data.variants {
        let attrs = Attrs::read(ctxt, &variant.attrs, Site::Variant);
        discriminant = match &variant.discriminant {
            Some((_, expr)) => (Some(expr), 0),
            None => (discriminant.0, discriminant.1 + 1),
        };
        let is_other = attrs.get("other").is_some();
        let keeps = match (&variant.fields, is_other) {
            (Fields::Unit, _) => None,
            (Fields::Unnamed(fields), true) if fields.unnamed.len() == 1 => {
                fields.unnamed.first().map(|field| &field.ty)
            }
            (fields, _) => {
                mistaken = true;
                ctxt.error(
                    fields,
                    "a variant with data is not one value: store the enum with `#[redis(codec = Json)]` \
                     instead of deriving `RedisValue`",
                );
                continue;
            }
        };
        if is_other {
            if other.is_some() {
                ctxt.error(&variant.ident, "there is an `other` variant already");
            }
            if keeps.is_some() {
                // Without a name of its own.
                for item in attrs.iter().filter(|item| item.name != "other") {
                    ctxt.error(
                        &item.name,
                        format!(
                            "`{}` has no effect on a variant that keeps what was stored",
                            item.name
                        ),
                    );
                }
                other = Some(Other { ident: &variant.ident, keeps });
                continue;
            }
            other = Some(Other { ident: &variant.ident, keeps });
        }
        variants.push(self::variant(ctxt, variant, &attrs, case, numbers, discriminant));
    }
    if data.variants.is_empty() {
        ctxt.error(&input.ident, "an enum without variants has no values to store");
        return Kind::Mistake;
    }
    distinct(ctxt, &variants);
    match (mistaken, numbers) {
        (true, _) => Kind::Names { variants: Vec::new(), other: None },
        (false, true) => Kind::Numbers { variants, other },
        (false, false) => Kind::Names { variants, other },
    }
}

fn variant<'a>(
    ctxt: &Ctxt,
    variant: &'a syn::Variant,
    attrs: &Attrs,
    case: Option<Case>,
    numbers: bool,
    discriminant: (Option<&'a Expr>, i64),
) -> Variant<'a> {
    if numbers {
        for item in attrs.iter().filter(|item| item.name != "other") {
            ctxt.error(
                &item.name,
                format!("`{}` has no effect where numbers are stored", item.name),
            );
        }
    }
    let plain = variant.ident.unraw().to_string();
    let name = match attrs.text("rename") {
        Some(rename) => rename.value(),
        None => case.map_or(plain.clone(), |case| case.of_variant(&plain)),
    };
    if name.is_empty() {
        let tokens =
            attrs.text("rename").map_or(variant.ident.to_token_stream(), ToTokens::to_token_stream);
        ctxt.error(tokens, "a variant's name must not be empty");
    }
    let aliases = attrs.texts("alias").cloned().collect();
    Variant { ident: &variant.ident, name, aliases, discriminant }
}

fn repr(ctxt: &Ctxt, attrs: &Attrs) -> bool {
    let Some(text) = attrs.text("repr") else { return false };
    let numbers = text.value() == "int";
    if !numbers && text.value() != "name" {
        let hint = suggest(&text.value(), ["int", "name"]);
        ctxt.error(text, format!("an enum is stored as `int` or as `name`{hint}"));
    }
    numbers
}

/// Two variants under one name would be read as one.
fn distinct(ctxt: &Ctxt, variants: &[Variant<'_>]) {
    let mut known: Vec<(String, &Ident)> = Vec::new();
    for variant in variants {
        let own = std::iter::once((variant.name.clone(), variant.ident.to_token_stream()));
        let aliases = variant.aliases.iter().map(|it| (it.value(), it.to_token_stream()));
        for (name, tokens) in own.chain(aliases) {
            match known.iter().find(|(taken, _)| *taken == name) {
                Some((_, other)) if *other == variant.ident => {
                    ctxt.error(tokens, format!("`{other}` has the name `{name}` twice"));
                }
                Some((_, other)) => {
                    let ident = variant.ident;
                    ctxt.error(
                        tokens,
                        format!("`{ident}` and `{other}` are both stored as `{name}`"),
                    );
                }
                None => known.push((name, variant.ident)),
            }
        }
    }
}
