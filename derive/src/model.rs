//! The model: what the struct and its attributes mean, checked.

use proc_macro2::Span;
use quote::{ToTokens, format_ident};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, Ident, LitStr, Path, Type, Visibility, parse_quote};

use crate::attr::{Attrs, Site};
use crate::blob::{self, Blob};
use crate::case::{self, Case};
use crate::ctxt::Ctxt;
use crate::key::{self, Placeholder};
use crate::{spell, ttl};

/// A model without mistakes.
pub(crate) struct Model<'a> {
    pub(crate) input: &'a DeriveInput,
    pub(crate) krate: Path,
    /// The name in errors and envelopes.
    pub(crate) name: String,
    pub(crate) key: LitStr,
    /// Milliseconds.
    pub(crate) ttl: Option<u64>,
    /// The types of the fields that the key names, in the key's order.
    pub(crate) parts: Vec<Part<'a>>,
    pub(crate) storage: Storage<'a>,
}

pub(crate) struct Part<'a> {
    pub(crate) member: &'a Ident,
    pub(crate) ty: &'a Type,
}

pub(crate) enum Storage<'a> {
    Hash(Vec<Field<'a>>),
    Blob(Blob<'a>),
}

/// A field of a hash model, in the struct's order.
pub(crate) struct Field<'a> {
    pub(crate) member: &'a Ident,
    pub(crate) ty: &'a Type,
    pub(crate) vis: &'a Visibility,
    pub(crate) role: Role,
}

pub(crate) enum Role {
    /// It is in the key.
    Key,
    /// It is not stored: its default on reading.
    Skipped,
    Stored {
        name: String,
        codec: Option<Box<Type>>,
        default: bool,
    },
}

/// The name that Redis' missing empty hash takes; see `hash::MARKER` in core.
const MARKER: &str = "_";

impl<'a> Model<'a> {
    /// The model, with its mistakes told to `ctxt`; none if it has no fields to speak of.
    pub(crate) fn check(ctxt: &Ctxt, input: &'a DeriveInput, attrs: &'a Attrs) -> Option<Self> {
        let krate = krate(ctxt, attrs);
        let fields = named_fields(ctxt, input);
        no_lifetimes(ctxt, input);
        let ttl = duration(ctxt, attrs);
        let case = rename_all(ctxt, attrs);
        let key = attrs.text("key");
        if key.is_none() && !attrs.mentions("key") {
            missing_key(ctxt, input);
        }
        // What borrows could not be stubbed without more mistakes.
        let fields = fields.filter(|_| input.generics.lifetimes().next().is_none())?;
        let placeholders =
            key.map(|key| placeholders(ctxt, input, key, fields)).unwrap_or_default();
        let storage = storage(ctxt, input, attrs, fields, &placeholders, case);
        let part = |name: &str| find(fields, name).map(|(member, ty)| Part { member, ty });
        let mut parts: Vec<_> =
            placeholders.iter().filter_map(|placeholder| part(&placeholder.field)).collect();
        // Where the key is wrong, an `id` is most likely what it should name.
        if parts.is_empty() && ctxt.has_mistakes() {
            parts.extend(part("id"));
        }
        let key = key.cloned().unwrap_or_else(|| LitStr::new("", input.ident.span()));
        Some(Self { input, krate, name: name(ctxt, input, attrs), key, ttl, parts, storage })
    }

    /// The name of the struct of field handles, unlike any in the fields' types.
    pub(crate) fn handles(&self) -> Ident {
        let mut name = format_ident!("{}Fields", self.input.ident.unraw());
        let tokens = self.input.to_token_stream().to_string();
        while tokens.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| name == word) {
            name = format_ident!("{name}_");
        }
        name
    }
}

/// `crate = "path"`, or `::redis_model`.
pub(crate) fn krate(ctxt: &Ctxt, attrs: &Attrs) -> Path {
    let named = attrs.text("crate").map(|text| (text, text.parse::<Path>()));
    match named {
        Some((_, Ok(path))) => path,
        Some((text, Err(_))) => {
            ctxt.error(
                text,
                "`crate` is not a path; write for example `crate = \"my_app::redis_model\"`",
            );
            parse_quote!(::redis_model)
        }
        None => parse_quote!(::redis_model),
    }
}

/// `name = "…"`, or the struct's own.
fn name(ctxt: &Ctxt, input: &DeriveInput, attrs: &Attrs) -> String {
    match attrs.text("name") {
        Some(name) if name.value().is_empty() => {
            ctxt.error(name, "a model's name must not be empty")
        }
        Some(name) => return name.value(),
        None => {}
    }
    input.ident.unraw().to_string()
}

/// A model is a struct with named fields.
fn named_fields<'a>(ctxt: &Ctxt, input: &'a DeriveInput) -> Option<&'a Fields> {
    match &input.data {
        Data::Struct(data) if matches!(data.fields, Fields::Named(_)) => return Some(&data.fields),
        Data::Struct(data) if matches!(data.fields, Fields::Unit) => {
            ctxt.error(&input.ident, "a unit struct holds nothing to store");
        }
        Data::Struct(data) => {
            ctxt.error(&data.fields, "a model needs named fields, for its key and its hash to name")
        }
        Data::Enum(data) => {
            ctxt.error(data.enum_token, "a model is a struct; an enum can be a field of one")
        }
        Data::Union(data) => {
            ctxt.error(data.union_token, "a model is a struct; a union cannot be stored")
        }
    }
    None
}

/// A model is made of what a reply holds, so it borrows from nothing.
fn no_lifetimes(ctxt: &Ctxt, input: &DeriveInput) {
    for lifetime in input.generics.lifetimes() {
        ctxt.error(
            lifetime,
            "a model owns its fields: use `String` for `&str`, `Vec<u8>` for `&[u8]`",
        );
    }
}

fn missing_key(ctxt: &Ctxt, input: &DeriveInput) {
    let name = Case::Lower.of_field(&input.ident.unraw().to_string().to_lowercase());
    ctxt.error(
        &input.ident,
        format!("a model needs a key: add `#[redis(key = \"{name}:{{id}}\")]`"),
    );
}

fn duration(ctxt: &Ctxt, attrs: &Attrs) -> Option<u64> {
    let text = attrs.text("ttl")?;
    ttl::parse(&text.value()).map_err(|error| ctxt.error(text, error)).ok()
}

fn rename_all(ctxt: &Ctxt, attrs: &Attrs) -> Option<Case> {
    let text = attrs.text("rename_all")?;
    let case = Case::parse(&text.value());
    if case.is_none() {
        let hint = spell::hint(&text.value(), case::NAMES);
        let names = case::NAMES.map(|name| format!("`{name}`")).join(", ");
        ctxt.error(text, format!("unknown case{hint}; it is one of {names}"));
    }
    case
}

/// Every placeholder is a field of the struct.
fn placeholders(
    ctxt: &Ctxt,
    input: &DeriveInput,
    key: &LitStr,
    fields: &Fields,
) -> Vec<Placeholder> {
    let placeholders = match key::parse(&key.value()) {
        Ok(placeholders) => placeholders,
        Err(errors) => {
            errors.iter().for_each(|error| ctxt.error(key, error));
            return Vec::new();
        }
    };
    for Placeholder { field, .. } in &placeholders {
        if find(fields, field).is_none() {
            let names: Vec<_> = fields.iter().filter_map(name_of).collect();
            let hint = spell::hint(field, names.iter().map(String::as_str));
            ctxt.error(
                key,
                format!("the key names `{field}`, which is not a field of the struct{hint}"),
            );
        }
    }
    if placeholders.is_empty() && find(fields, "id").is_some() {
        id_is_missing(ctxt, input, key);
    }
    placeholders
}

/// A struct with an `id` and a key without one would keep all its records
/// under a single key. (A struct without an `id` may be the only one.)
fn id_is_missing(ctxt: &Ctxt, input: &DeriveInput, key: &LitStr) {
    let (name, key_text) = (&input.ident, key.value());
    let message = format!(
        "`id` is missing from the key: every `{name}` would be stored under one key; \
         write `key = \"{key_text}:{{id}}\"`"
    );
    ctxt.error(key, message);
}

fn storage<'a>(
    ctxt: &Ctxt,
    input: &'a DeriveInput,
    attrs: &'a Attrs,
    fields: &'a Fields,
    placeholders: &[Placeholder],
    case: Option<Case>,
) -> Storage<'a> {
    let read = |field: &'a syn::Field| Attrs::read(ctxt, &field.attrs, Site::Field);
    let blob = blob::check(ctxt, input, attrs);
    if !attrs.mentions("blob") && !attrs.mentions("codecs") {
        let in_key =
            |member: &Ident| placeholders.iter().any(|it| *member.unraw().to_string() == it.field);
        let fields = fields.iter().filter_map(|field| {
            let member = field.ident.as_ref()?;
            let attrs = read(field);
            let role = if in_key(member) {
                key_field(ctxt, &attrs)
            } else {
                stored_field(ctxt, member, &attrs, case)
            };
            Some(Field { member, ty: &field.ty, vis: &field.vis, role })
        });
        let fields: Vec<_> = fields.collect();
        distinct_names(ctxt, &fields);
        return Storage::Hash(fields);
    };
    for name in ["hash", "rename_all"] {
        if let Some(item) = attrs.get(name) {
            ctxt.error_at(
                item.span(),
                format!("`{name}` is for hashes, and `blob` makes this a blob"),
            );
        }
    }
    for item in fields
        .iter()
        .map(read)
        .flat_map(|attrs| attrs.iter().map(|it| it.name.clone()).collect::<Vec<_>>())
    {
        ctxt.error(
            &item,
            format!(
                "`{item}` is for hashes: what a blob holds is for its codec to say (`#[serde(…)]`)"
            ),
        );
    }
    match blob {
        Some(blob) => Storage::Blob(blob),
        // Unreadable, and told so.
        None => Storage::Hash(Vec::new()),
    }
}

/// What the key names is not stored a second time.
fn key_field(ctxt: &Ctxt, attrs: &Attrs) -> Role {
    for item in attrs.iter() {
        ctxt.error(
            &item.name,
            format!("`{}` has no effect on a field that the key names", item.name),
        );
    }
    Role::Key
}

fn stored_field(ctxt: &Ctxt, member: &Ident, attrs: &Attrs, case: Option<Case>) -> Role {
    if attrs.get("skip").is_some() {
        for item in attrs.iter().filter(|item| item.name != "skip" && item.name != "default") {
            ctxt.error(
                &item.name,
                format!("`{}` has no effect on a field that is skipped", item.name),
            );
        }
        return Role::Skipped;
    }
    let plain = member.unraw().to_string();
    let name = match attrs.text("rename") {
        Some(rename) => rename.value(),
        None => case.map_or(plain.clone(), |case| case.of_field(&plain)),
    };
    let at = attrs.text("rename").map_or(member.span(), LitStr::span);
    valid_name(ctxt, at, &name);
    Role::Stored {
        name,
        codec: attrs.ty("codec").cloned().map(Box::new),
        default: attrs.get("default").is_some(),
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
    let mut known: Vec<(&str, &Ident)> = Vec::new();
    for field in fields {
        let Role::Stored { name, .. } = &field.role else { continue };
        match known.iter().find(|(taken, _)| taken == name) {
            Some((_, other)) => {
                ctxt.error(
                    field.member,
                    format!("`{}` and `{other}` are both stored as `{name}`", field.member),
                );
            }
            None => known.push((name, field.member)),
        }
    }
}

fn name_of(field: &syn::Field) -> Option<String> {
    field.ident.as_ref().map(|member| member.unraw().to_string())
}

fn find<'a>(fields: &'a Fields, name: &str) -> Option<(&'a Ident, &'a Type)> {
    let field = fields.iter().find(|field| name_of(field).is_some_and(|known| known == name))?;
    field.ident.as_ref().map(|member| (member, &field.ty))
}

impl Part<'_> {
    pub(crate) fn span(&self) -> Span {
        self.ty.span()
    }
}
