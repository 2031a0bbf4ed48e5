//! Blobs: the container attributes `blob`, `codecs` and `envelope`, and the `#[serde(…)]`
//! attributes that not every codec can keep.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::{Attribute, DeriveInput, Type};

use crate::attr::Attrs;
use crate::ctxt::Ctxt;
use crate::suggest::suggest;
use crate::versions::Versions;

/// The codecs and versions of a blob.
pub(crate) struct Blob<'a> {
    /// The codec that writes.
    pub(crate) codec: &'a Type,
    /// The codecs that are only read.
    pub(crate) older: &'a [Type],
    pub(crate) versions: Versions<'a>,
    /// A variant of `Envelope`.
    pub(crate) envelope: Option<&'static str>,
    pub(crate) self_describing_only: Vec<SelfDescribingOnly>,
}

/// A `#[serde(…)]` attribute that needs a codec that stores the names of fields.
pub(crate) struct SelfDescribingOnly {
    pub(crate) name: String,
    pub(crate) span: Span,
}

/// The attributes that only a blob has.
const ONLY_BLOBS: [&str; 1] = ["envelope"];

/// Returns the blob that the attributes describe, `None` if they describe a hash.
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
            "`version_field` is for hashes: a blob has its version in its envelope",
        );
    }
    let listed = attrs.types("codecs");
    if let (Some(blob), Some(_)) = (attrs.get("blob"), attrs.get("codecs")) {
        ctxt.error(&blob.name, "`codecs` names the codec that writes first, so leave `blob` out");
    }
    let (codec, older) = match (attrs.ty("blob"), listed) {
        (Some(codec), _) => (codec, &[][..]),
        (None, [codec, older @ ..]) => (codec, older),
        // The attribute could not be parsed, which is reported.
        (None, []) => return None,
    };
    let versions = Versions::check(ctxt, &input.ident, attrs);
    let envelope = envelope(ctxt, attrs, versions.current);
    let self_describing_only = self_describing_only(input);
    Some(Blob { codec, older, versions, envelope, self_describing_only })
}

fn envelope(ctxt: &Ctxt, attrs: &Attrs, version: Option<u8>) -> Option<&'static str> {
    let text = attrs.text("envelope")?;
    let known = [("none", "None"), ("short", "Short"), ("full", "Full")];
    let value = text.value();
    let Some((name, variant)) = known.into_iter().find(|(name, _)| *name == value) else {
        let hint = suggest(&value, known.map(|(name, _)| name));
        ctxt.error(text, format!("unknown envelope{hint}; it is one of `none`, `short`, `full`"));
        return None;
    };
    if name == "none" && version.is_some() {
        ctxt.error(text, "the envelope holds the version: leave `envelope` or `version` out");
    }
    Some(variant)
}

fn self_describing_only(input: &DeriveInput) -> Vec<SelfDescribingOnly> {
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

/// Finds the attributes by their names alone: serde checks their values.
fn serde_names(attribute: &Attribute, found: &mut Vec<SelfDescribingOnly>) {
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
                found.push(SelfDescribingOnly { name, span: ident.span() });
            }
        }
        starts = matches!(&token, TokenTree::Punct(comma) if comma.as_char() == ',');
    }
}
