//! Hints for the names that attributes have in other libraries.

use syn::parse::ParseStream;
use syn::{Ident, Lit, Token};

use crate::attr::Site;

/// The replacement for an attribute of another library.
pub(crate) struct Hint {
    /// The attribute that is meant, if there is one.
    pub(crate) meant: Option<&'static str>,
    pub(crate) message: String,
}

/// Returns what to write instead of the attribute, if it is one of another library.
/// `input` is behind the name.
pub(crate) fn of(site: Site, name: &Ident, input: ParseStream<'_>) -> Option<Hint> {
    let name = name.to_string();
    let has_key = matches!(site, Site::Struct | Site::Group | Site::GroupField);
    let is_field = site == Site::Field;
    let of_record = has_key || is_field;
    let (meant, instead) = match &*name {
        "expire" | "expires" | "expiry" | "expiration" | "expire_in" | "ex" | "px" | "timeout"
            if of_record =>
        {
            let unit = if name == "px" { "ms" } else { "s" };
            let time = number(input).map_or("15m".to_owned(), |number| format!("{number}{unit}"));
            ("ttl", format!("a time to live is `ttl = \"{time}\"`"))
        }
        "prefix" | "key_prefix" | "table" | "table_name" | "collection" | "namespace"
        | "keyspace" | "model_name"
            if has_key =>
        {
            let prefix = text(input).unwrap_or_else(|| "user".to_owned());
            let prefix = prefix.trim_end_matches(':');
            ("key", format!("the whole key is written: `key = \"{prefix}:{{id}}\"`"))
        }
        "with" | "json" | "serde" | "serialize" | "serialize_with" | "serializer" if is_field => {
            ("codec", "a field of any serde type is stored with `codec = Json`".to_owned())
        }
        "with" | "json" | "serde" | "serialize" | "serializer" | "format"
            if site == Site::Struct =>
        {
            let message = "to store the struct as one value, write `blob = Json`; a field takes \
                           `codec = Json`";
            ("blob", message.to_owned())
        }
        "primary_key" | "pk" | "id" if site == Site::Struct => {
            ("", "the key names the field of the id: `key = \"user:{id}\"`".to_owned())
        }
        "primary_key" | "pk" | "id" if is_field => {
            let message = "leave it out: the key names the field of the id, as in \
                           `#[redis(key = \"user:{id}\")]` on the struct";
            ("", message.to_owned())
        }
        "index" | "indexed" | "indexes" | "sortable" | "searchable" if of_record => {
            let message = "there are no indexes: keep the ids in a `structures::Set` or \
                           `SortedSet` for each value, and write it together with the record";
            ("", message.to_owned())
        }
        "unique" if of_record => {
            let message = "there are no unique fields: claim the value as the key of a model of \
                           its own with `create`, which says if it was free";
            ("", message.to_owned())
        }
        "name" | "column" | "field" if is_field => {
            ("rename", "the name in the hash is `rename = \"…\"`".to_owned())
        }
        "ignore" | "transient" if is_field => {
            ("skip", "a field that is not stored is `skip`".to_owned())
        }
        "skip_serializing_if" | "skip_none" if is_field => {
            ("", "leave it out: a field that is `None` is never stored".to_owned())
        }
        _ => return None,
    };
    let meant = (!meant.is_empty()).then_some(meant);
    Some(Hint { meant, message: format!("`{name}` is no attribute here; {instead}") })
}

/// Returns the number in `= 60` or `= "60"`.
fn number(input: ParseStream<'_>) -> Option<u64> {
    match value(input)? {
        Lit::Int(number) => number.base10_parse().ok(),
        Lit::Str(text) => text.value().parse().ok(),
        _ => None,
    }
}

fn text(input: ParseStream<'_>) -> Option<String> {
    match value(input)? {
        Lit::Str(text) => Some(text.value()),
        _ => None,
    }
}

/// Looks at a value without taking it.
fn value(input: ParseStream<'_>) -> Option<Lit> {
    let input = input.fork();
    input.parse::<Token![=]>().ok()?;
    input.parse().ok()
}
