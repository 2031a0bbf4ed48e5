//! A group of keys: a struct whose fields are structures of Redis, checked.

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields, FieldsNamed, LitStr, Path, Type};

use crate::attr::{Attrs, Site};
use crate::case::Case;
use crate::ctxt::Ctxt;
use crate::field::Member;
use crate::key::{self, Placeholder};
use crate::model::{crate_path, duration, rename_all};
use crate::suggest::suggest;

pub(crate) struct Group<'a> {
    pub(crate) input: &'a DeriveInput,
    pub(crate) crate_path: Path,
    /// The name in errors.
    pub(crate) name: String,
    pub(crate) key: LitStr,
    /// The declared type of the id.
    pub(crate) id: Option<&'a Type>,
    /// The number of placeholders in the key.
    pub(crate) parts: usize,
    pub(crate) fields: Vec<GroupField<'a>>,
}

/// A field of a group, in the struct's order.
pub(crate) struct GroupField<'a> {
    pub(crate) member: Member,
    pub(crate) ty: &'a Type,
    /// The template of its key.
    pub(crate) key: String,
    /// Milliseconds.
    pub(crate) ttl: Option<u64>,
}

/// The parts of the struct's attributes that its fields depend on.
struct Shared<'a> {
    key: &'a LitStr,
    placeholders: Vec<Placeholder>,
    case: Option<Case>,
    ttl: Option<u64>,
}

impl<'a> Group<'a> {
    pub(crate) fn check(ctxt: &Ctxt, input: &'a DeriveInput, attrs: &'a Attrs) -> Self {
        let crate_path = crate_path(ctxt, attrs);
        let (ttl, case) = (duration(ctxt, attrs), rename_all(ctxt, attrs));
        let fields = fields_of(ctxt, input);
        let key = attrs.text("key");
        if key.is_none() && !attrs.mentions("key") {
            let message = "a group of keys needs the beginning of its keys: add `#[redis(key = \"user:{id}\")]`";
            ctxt.error(&input.ident, message);
        }
        let placeholders = key.and_then(|key| prefix(ctxt, key));
        let parts = placeholders.as_ref().map_or(0, Vec::len);
        let shared = key.zip(placeholders).map(|(key, placeholders)| Shared {
            key,
            placeholders,
            case,
            ttl,
        });
        let checked = fields.map(|fields| check_fields(ctxt, fields, shared.as_ref()));
        Self {
            input,
            crate_path,
            name: input.ident.unraw().to_string(),
            key: key.cloned().unwrap_or_else(|| LitStr::new("", input.ident.span())),
            id: attrs.ty("id"),
            parts,
            fields: checked.unwrap_or_default(),
        }
    }
}

/// A group is a struct with named fields, because the names are parts of the keys.
fn fields_of<'a>(ctxt: &Ctxt, input: &'a DeriveInput) -> Option<&'a FieldsNamed> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) if !fields.named.is_empty() => return Some(fields),
            Fields::Unnamed(fields) if !fields.unnamed.is_empty() => {
                let message = "the keys of a group end with the names of its fields: write a struct with named fields";
                ctxt.error(fields, message);
            }
            _ => ctxt.error(&input.ident, "a group of keys needs a field for each key"),
        },
        Data::Enum(data) => {
            ctxt.error(data.enum_token, "a group of keys is a struct with a field for each key");
        }
        Data::Union(data) => {
            ctxt.error(data.union_token, "a group of keys is a struct with a field for each key");
        }
    }
    None
}

/// Returns the placeholders of the group's key, `None` if that has mistakes.
fn prefix(ctxt: &Ctxt, key: &LitStr) -> Option<Vec<Placeholder>> {
    let text = key.value();
    let placeholders = parse(ctxt, key)?;
    if text.ends_with(':') {
        let better = text.trim_end_matches(':');
        ctxt.error(
            key,
            format!(
                "a `:` is put between the key and the names of fields: write `key = \"{better}\"`"
            ),
        );
        return None;
    }
    Some(placeholders)
}

fn parse(ctxt: &Ctxt, key: &LitStr) -> Option<Vec<Placeholder>> {
    let report = |errors: Vec<String>| errors.iter().for_each(|error| ctxt.error(key, error));
    key::parse(&key.value()).map_err(report).ok()
}

/// Returns the fields with their keys, which are empty if the group's key has mistakes.
fn check_fields<'a>(
    ctxt: &Ctxt,
    fields: &'a FieldsNamed,
    shared: Option<&Shared<'_>>,
) -> Vec<GroupField<'a>> {
    let mut checked: Vec<GroupField<'_>> = Vec::new();
    for (at, field) in fields.named.iter().enumerate() {
        let attrs = Attrs::read(ctxt, &field.attrs, Site::GroupField);
        let member = Member::of(at, field);
        // rustc reports a second field of one name.
        if checked.iter().any(|other| other.member.handle == member.handle) {
            continue;
        }
        let key = field_key(ctxt, &member, &attrs, shared);
        let ttl = duration(ctxt, &attrs).or_else(|| shared.and_then(|shared| shared.ttl));
        let key = key.unwrap_or_default();
        one_field_per_key(ctxt, &checked, &member, &key, &attrs);
        checked.push(GroupField { member, ty: &field.ty, key, ttl });
    }
    checked
}

/// Returns the template of a field's key: its own, or the group's with the field's name.
fn field_key(
    ctxt: &Ctxt,
    member: &Member,
    attrs: &Attrs,
    shared: Option<&Shared<'_>>,
) -> Option<String> {
    if let (Some(_), Some(rename)) = (attrs.get("key"), attrs.get("rename")) {
        ctxt.error(&rename.name, "`rename` has no effect on a field with a `key` of its own");
    }
    if let Some(key) = attrs.text("key") {
        own_key(ctxt, key, &shared?.placeholders);
        return Some(key.value());
    }
    let plain = member.text();
    let case = shared.and_then(|shared| shared.case);
    let name = match attrs.text("rename") {
        Some(rename) => {
            valid_name(ctxt, rename);
            rename.value()
        }
        None => case.map_or(plain.clone(), |case| case.of_field(&plain)),
    };
    Some(format!("{}:{name}", shared?.key.value()))
}

/// A name is literal text. With a brace in it the key would be in another cluster slot.
fn valid_name(ctxt: &Ctxt, rename: &LitStr) {
    let name = rename.value();
    if name.is_empty() {
        ctxt.error(rename, "a field's part of the key must not be empty");
    } else if name.contains(['{', '}']) {
        let message =
            "a field's part of the key has no braces; a template of its own is `key = \"…\"`";
        ctxt.error(rename, message);
    }
}

/// A field's own key has exactly the placeholders of the group. Without one of them, groups
/// of different ids would share the key, and `delete_all` would delete it for all of them.
fn own_key(ctxt: &Ctxt, key: &LitStr, group: &[Placeholder]) {
    let Some(own) = parse(ctxt, key) else { return };
    let names = |placeholders: &[Placeholder], name: &str| {
        placeholders.iter().any(|placeholder| placeholder.field == name)
    };
    let mut unknown = false;
    for Placeholder { field, .. } in own.iter().filter(|own| !names(group, &own.field)) {
        unknown = true;
        let hint = suggest(field, group.iter().map(|placeholder| placeholder.field.as_str()));
        let message = format!("the key names `{field}`, which the group's key does not name{hint}");
        ctxt.error(key, message);
    }
    // A misspelled name is one mistake.
    for Placeholder { field, .. } in group.iter().filter(|it| !unknown && !names(&own, &it.field)) {
        let message = format!(
            "`{field}` is missing from the key: groups of different ids would share the key; \
             add `{{{field}}}`"
        );
        ctxt.error(key, message);
    }
}

/// Two fields under one key would be one structure with two types.
fn one_field_per_key(
    ctxt: &Ctxt,
    fields: &[GroupField<'_>],
    member: &Member,
    key: &str,
    attrs: &Attrs,
) {
    // A raw part has the same text for most values.
    let plain = |key: &str| key.replace(":raw}", "}");
    let same = |field: &&GroupField<'_>| !key.is_empty() && plain(&field.key) == plain(key);
    if let Some(other) = fields.iter().find(same) {
        let (name, other) = (member.text(), other.member.text());
        let tokens = attrs.text("key").or_else(|| attrs.text("rename"));
        let tokens = tokens.map_or(member.access.to_token_stream(), ToTokens::to_token_stream);
        ctxt.error(tokens, format!("`{name}` and `{other}` both have the key `{key}`"));
    }
}
