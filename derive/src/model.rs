//! The model: what the struct and its attributes mean, checked.

use proc_macro2::Span;
use quote::{ToTokens, format_ident};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, Generics, Ident, LitStr, Path, Type, parse_quote};

use crate::attr::{Attrs, Site};
use crate::blob::{self, Blob};
use crate::case::{self, Case};
use crate::ctxt::Ctxt;
use crate::field::{self, Field, FieldRole, Member};
use crate::key::{self, Placeholder};
use crate::suggest::suggest;
use crate::ttl;
use crate::versions::HashVersions;

/// A model without mistakes.
pub(crate) struct Model<'a> {
    pub(crate) input: &'a DeriveInput,
    pub(crate) crate_path: Path,
    /// The name in errors and envelopes.
    pub(crate) name: String,
    pub(crate) key: LitStr,
    /// Milliseconds.
    pub(crate) ttl: Option<u64>,
    /// `true` if an update sets the TTL again.
    pub(crate) refresh: bool,
    /// The types of the fields that the key names, in the key's order.
    pub(crate) parts: Vec<Part<'a>>,
    pub(crate) storage: Storage<'a>,
    /// The versions of a hash, if it has any.
    pub(crate) versions: Option<HashVersions<'a>>,
}

pub(crate) struct Part<'a> {
    pub(crate) member: Member,
    pub(crate) ty: &'a Type,
}

pub(crate) enum Storage<'a> {
    Hash(Vec<Field<'a>>),
    Blob(Blob<'a>),
}

/// A struct that models flatten.
pub(crate) struct FlattenedStruct<'a> {
    pub(crate) input: &'a DeriveInput,
    pub(crate) crate_path: Path,
    pub(crate) fields: Vec<Field<'a>>,
}

impl<'a> FlattenedStruct<'a> {
    pub(crate) fn check(ctxt: &Ctxt, input: &'a DeriveInput, attrs: &'a Attrs) -> Option<Self> {
        let crate_path = crate_path(ctxt, attrs);
        let fields = fields_of(ctxt, input, "a flattened type");
        no_lifetimes(ctxt, input);
        let case = rename_all(ctxt, attrs);
        let fields = fields.filter(|_| input.generics.lifetimes().next().is_none())?;
        let attrs: Vec<_> =
            fields.iter().map(|field| Attrs::read(ctxt, &field.attrs, Site::Field)).collect();
        let mut fields = field::check(ctxt, fields, &attrs, |_| false, case);
        no_flattened_parameters(ctxt, &input.generics, &mut fields);
        for field in fields.iter().filter(|field| field.is_revision()) {
            let message = "`revision` counts the writes of a whole record: move it to the model";
            ctxt.error(&field.member.access, message);
        }
        Some(Self { input, crate_path, fields })
    }
}

impl<'a> Model<'a> {
    /// Returns the model and reports its mistakes to `ctxt`; `None` if it has no fields.
    pub(crate) fn check(ctxt: &Ctxt, input: &'a DeriveInput, attrs: &'a Attrs) -> Option<Self> {
        let crate_path = crate_path(ctxt, attrs);
        let fields = fields_of(ctxt, input, "a model");
        no_lifetimes(ctxt, input);
        let ttl = duration(ctxt, attrs);
        let refresh = on_update(ctxt, attrs);
        let case = rename_all(ctxt, attrs);
        let key = attrs.text("key");
        if key.is_none() && !attrs.mentions("key") {
            missing_key(ctxt, input, fields);
        }
        // An impl for a struct with lifetimes would report more mistakes.
        let fields = fields.filter(|_| input.generics.lifetimes().next().is_none())?;
        let placeholders =
            key.map(|key| placeholders(ctxt, input, key, fields)).unwrap_or_default();
        let storage = storage(ctxt, input, attrs, fields, &placeholders, case);
        let versions = match &storage {
            Storage::Hash(fields) if !is_blob(attrs) => {
                HashVersions::check(ctxt, &input.ident, attrs, fields)
            }
            Storage::Hash(_) | Storage::Blob(_) => None,
        };
        let part = |name: &str| find(fields, name);
        let mut parts: Vec<_> =
            placeholders.iter().filter_map(|placeholder| part(&placeholder.field)).collect();
        // Where the key is wrong, an `id` is most likely what it should name.
        if parts.is_empty() && ctxt.has_mistakes() {
            parts.extend(part("id"));
        }
        let key = key.cloned().unwrap_or_else(|| LitStr::new("", input.ident.span()));
        let name = name(ctxt, input, attrs);
        Some(Self { input, crate_path, name, key, ttl, refresh, parts, storage, versions })
    }
}

/// Returns the name of the struct of field handles, unlike any in the fields' types.
pub(crate) fn handles(input: &DeriveInput) -> Ident {
    let mut name = format_ident!("{}Fields", input.ident.unraw(), span = Span::call_site());
    let tokens = input.to_token_stream().to_string();
    while tokens.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| name == word) {
        name = format_ident!("{name}_");
    }
    name
}

/// Returns `crate = "path"`, or `::redis_model`.
pub(crate) fn crate_path(ctxt: &Ctxt, attrs: &Attrs) -> Path {
    if let Some(text) = attrs.text("crate")
        && text.parse::<Path>().is_err()
    {
        let message = "`crate` is not a path; write for example `crate = \"my_app::redis_model\"`";
        ctxt.error(text, message);
    }
    crate_path_or_default(attrs)
}

/// Returns the path to the library, without a report of mistakes in it.
pub(crate) fn crate_path_or_default(attrs: &Attrs) -> Path {
    let named = attrs.text("crate").and_then(|text| text.parse().ok());
    named.unwrap_or_else(|| parse_quote!(::redis_model))
}

/// Returns `name = "…"`, or the struct's own name.
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

/// A model is a struct with fields.
fn fields_of<'a>(ctxt: &Ctxt, input: &'a DeriveInput, what: &str) -> Option<&'a Fields> {
    match &input.data {
        Data::Struct(data) if !data.fields.is_empty() => return Some(&data.fields),
        Data::Struct(_) => {
            ctxt.error(&input.ident, "a struct without fields holds nothing to store");
        }
        Data::Enum(data) => ctxt.error(
            data.enum_token,
            format!(
                "{what} is a struct; an enum can be a field of one: `#[derive(RedisValue)]`, or a codec"
            ),
        ),
        Data::Union(data) => ctxt
            .error(data.union_token, format!("{what} is a struct; a union cannot be stored")),
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

/// The positions of a flattened struct's fields are known only of a concrete struct.
fn no_flattened_parameters(ctxt: &Ctxt, generics: &Generics, fields: &mut [Field<'_>]) {
    for field in fields.iter_mut().filter(|field| field.is_flattened()) {
        let flattened = field::in_option(field.ty).unwrap_or(field.ty);
        let flattened = flattened.to_token_stream().to_string();
        if generics.type_params().any(|parameter| parameter.ident == flattened) {
            let message = "a type parameter cannot be flattened: name the struct, which may itself have type parameters";
            ctxt.error(field.ty, message);
            field.role = FieldRole::Skipped(None);
        }
    }
}

fn missing_key(ctxt: &Ctxt, input: &DeriveInput, fields: Option<&Fields>) {
    let name = Case::Lower.of_field(&input.ident.unraw().to_string().to_lowercase());
    let mut message = format!("a model needs a key: add `#[redis(key = \"{name}:{{id}}\")]`");
    if fields.is_some_and(is_tuple) {
        message += " and give the fields names, which are those in the hash";
    }
    ctxt.error(&input.ident, message);
}

fn is_tuple(fields: &Fields) -> bool {
    matches!(fields, Fields::Unnamed(_))
}

pub(crate) fn duration(ctxt: &Ctxt, attrs: &Attrs) -> Option<u64> {
    let text = attrs.text("ttl")?;
    ttl::parse(&text.value()).map_err(|error| ctxt.error(text, error)).ok()
}

fn on_update(ctxt: &Ctxt, attrs: &Attrs) -> bool {
    let Some(text) = attrs.text("on_update") else { return false };
    let refresh = text.value() == "refresh";
    if !refresh && text.value() != "keep" {
        let hint = suggest(&text.value(), ["keep", "refresh"]);
        ctxt.error(text, format!("an update does `keep` or `refresh` the TTL{hint}"));
    }
    if refresh && !attrs.mentions("ttl") {
        ctxt.error(text, "there is no TTL to refresh: add `ttl = \"…\"`");
    }
    refresh
}

pub(crate) fn rename_all(ctxt: &Ctxt, attrs: &Attrs) -> Option<Case> {
    let text = attrs.text("rename_all")?;
    let case = Case::parse(&text.value());
    if case.is_none() {
        let hint = suggest(&text.value(), case::NAMES);
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
            let names: Vec<_> =
                fields.iter().enumerate().map(|(at, field)| Member::of(at, field).text()).collect();
            let hint = if is_tuple(fields) {
                // `{0}` is possible, but the stored names would be numbers, too.
                let name = &input.ident;
                format!(
                    ": fields need names, so write `struct {name} {{ {field}: …, … }}` (in a tuple \
                     struct the first field is `{{0}}`)"
                )
            } else {
                suggest(field, names.iter().map(String::as_str))
            };
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
    if !is_blob(attrs) {
        let in_key = |member: &str| placeholders.iter().any(|it| member == it.field);
        let attrs: Vec<_> = fields.iter().map(read).collect();
        let mut fields = field::check(ctxt, fields, &attrs, in_key, case);
        no_flattened_parameters(ctxt, &input.generics, &mut fields);
        return Storage::Hash(fields);
    };
    for name in ["hash", "rename_all", "on_update"] {
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
            format!("`{item}` is for hashes: the codec decides what a blob holds (`#[serde(…)]`)"),
        );
    }
    match blob {
        Some(blob) => Storage::Blob(blob),
        // The attribute could not be parsed, which is reported.
        None => Storage::Hash(Vec::new()),
    }
}

fn is_blob(attrs: &Attrs) -> bool {
    attrs.mentions("blob") || attrs.mentions("codecs")
}

fn find<'a>(fields: &'a Fields, name: &str) -> Option<Part<'a>> {
    let members = fields.iter().enumerate().map(|(at, field)| (Member::of(at, field), field));
    let mut named = members.filter(|(member, _)| member.text() == name);
    named.next().map(|(member, field)| Part { member, ty: &field.ty })
}

impl Part<'_> {
    pub(crate) fn span(&self) -> Span {
        self.ty.span()
    }
}
