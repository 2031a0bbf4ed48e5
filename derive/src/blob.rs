//! What the container attributes say about a blob: `codecs`, `version`,
//! `migrate`, `envelope` and `on_mismatch`; and the `#[serde(…)]` attributes
//! that not every codec can keep.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::{Attribute, DeriveInput, Type};

use crate::attr::Attrs;
use crate::ctxt::Ctxt;
use crate::spell;

/// How a blob is written and read.
pub(crate) struct Blob<'a> {
    /// The codec that writes.
    pub(crate) codec: &'a Type,
    /// Those that are only read.
    pub(crate) older: &'a [Type],
    pub(crate) version: Option<u8>,
    /// The structs of the versions before, oldest first.
    pub(crate) past: &'a [Type],
    /// A variant of `Envelope`.
    pub(crate) envelope: Option<&'static str>,
    pub(crate) is_miss: bool,
    pub(crate) needs_names: Vec<NeedsNames>,
}

/// A `#[serde(…)]` attribute that only works where fields are stored by name.
pub(crate) struct NeedsNames {
    pub(crate) name: String,
    pub(crate) span: Span,
}

/// The attributes that only a blob has.
const ONLY_BLOBS: [&str; 1] = ["envelope"];

/// The blob that the attributes describe; none if they describe a hash.
pub(crate) fn check<'a>(ctxt: &Ctxt, input: &DeriveInput, attrs: &'a Attrs) -> Option<Blob<'a>> {
    let is_blob = attrs.mentions("blob") || attrs.mentions("codecs");
    if !is_blob {
        for item in attrs.iter().filter(|item| ONLY_BLOBS.iter().any(|name| item.name == name)) {
            ctxt.error(&item.name, format!(
                "`{}` is for blobs, and this is a hash: write `blob = Json` to store the struct as one value",
                item.name
            ));
        }
        return None;
    }
    if let Some(item) = attrs.get("version_field") {
        ctxt.error(
            &item.name,
            "`version_field` is for hashes: a blob's version stands in its envelope",
        );
    }
    let listed = attrs.types("codecs");
    if let (Some(blob), Some(_)) = (attrs.get("blob"), attrs.get("codecs")) {
        ctxt.error(&blob.name, "`codecs` names the codec that writes first, so leave `blob` out");
    }
    let (codec, older) = match (attrs.ty("blob"), listed) {
        (Some(codec), _) => (codec, &[][..]),
        (None, [codec, older @ ..]) => (codec, older),
        // Unreadable, and told so.
        (None, []) => return None,
    };
    let version = version(ctxt, attrs);
    let past = past(ctxt, attrs, version);
    let envelope = envelope(ctxt, attrs, version);
    let is_miss = on_mismatch(ctxt, attrs);
    Some(Blob { codec, older, version, past, envelope, is_miss, needs_names: needs_names(input) })
}

pub(crate) fn version(ctxt: &Ctxt, attrs: &Attrs) -> Option<u8> {
    let number = attrs.number("version")?;
    match number.base10_parse::<u8>() {
        Ok(version @ 1..=254) => Some(version),
        _ => {
            ctxt.error(number, "a version is a number from 1 to 254");
            None
        }
    }
}

/// The old versions are those right before the current one.
pub(crate) fn past<'a>(ctxt: &Ctxt, attrs: &'a Attrs, version: Option<u8>) -> &'a [Type] {
    let past = attrs.types("migrate");
    let Some(item) = attrs.get("migrate") else { return past };
    match version {
        None if !attrs.mentions("version") => {
            let next = past.len() + 1;
            ctxt.error(
                &item.name,
                format!("`migrate` needs the current version: add `version = {next}`"),
            );
        }
        Some(version) if past.len() >= usize::from(version) => {
            ctxt.error(&item.name, format!(
                "version {version} has {} before it, but `migrate` lists {}: raise `version` with each change",
                version - 1,
                past.len()
            ));
        }
        _ => {}
    }
    past
}

fn envelope(ctxt: &Ctxt, attrs: &Attrs, version: Option<u8>) -> Option<&'static str> {
    let text = attrs.text("envelope")?;
    let known = [("none", "None"), ("short", "Short"), ("full", "Full")];
    let value = text.value();
    let Some((name, variant)) = known.into_iter().find(|(name, _)| *name == value) else {
        let hint = spell::hint(&value, known.map(|(name, _)| name));
        ctxt.error(text, format!("unknown envelope{hint}; it is one of `none`, `short`, `full`"));
        return None;
    };
    if name == "none" && version.is_some() {
        ctxt.error(text, "the envelope holds the version: leave `envelope` or `version` out");
    }
    Some(variant)
}

pub(crate) fn on_mismatch(ctxt: &Ctxt, attrs: &Attrs) -> bool {
    let Some(text) = attrs.text("on_mismatch") else { return false };
    let value = text.value();
    if !["error", "miss"].contains(&value.as_str()) {
        let hint = spell::hint(&value, ["error", "miss"]);
        ctxt.error(text, format!("unknown reaction{hint}; it is one of `error`, `miss`"));
    }
    value == "miss"
}

fn needs_names(input: &DeriveInput) -> Vec<NeedsNames> {
    let fields = match &input.data {
        syn::Data::Struct(data) => data.fields.iter().flat_map(|field| &field.attrs).collect(),
        syn::Data::Enum(_) | syn::Data::Union(_) => Vec::new(),
    };
    let mut found = Vec::new();
    for attribute in input.attrs.iter().chain(fields) {
        serde_names(attribute, &mut found);
    }
    found
}

/// Finds the attributes by their names alone: what they say is serde's matter.
fn serde_names(attribute: &Attribute, found: &mut Vec<NeedsNames>) {
    let Ok(list) = attribute.meta.require_list() else { return };
    if !list.path.is_ident("serde") {
        return;
    }
    let tokens: TokenStream = list.tokens.clone();
    let mut starts = true;
    for token in tokens {
        if let TokenTree::Ident(ident) = &token
            && starts
        {
            let name = ident.to_string();
            if ["flatten", "untagged", "tag", "skip_serializing_if"].contains(&name.as_str()) {
                found.push(NeedsNames { name, span: ident.span() });
            }
        }
        starts = matches!(&token, TokenTree::Punct(comma) if comma.as_char() == ',');
    }
}
