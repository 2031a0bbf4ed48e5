//! The versions of a struct, of blobs and hashes alike: `version`, `migrate` and
//! `on_mismatch`; and `version_field`, which only hashes have.

use quote::ToTokens;
use syn::{Ident, LitStr, Type};

use crate::attr::Attrs;
use crate::ctxt::Ctxt;
use crate::field::{Field, FieldRole, MARKER};
use crate::suggest::suggest;

/// The versions of a model.
pub(crate) struct Versions<'a> {
    pub(crate) current: Option<u8>,
    /// The structs of the older versions, oldest first.
    pub(crate) older: &'a [Type],
    /// `on_mismatch = "miss"`
    pub(crate) mismatch_is_none: bool,
}

/// The versions of a hash, and the field that holds them.
pub(crate) struct HashVersions<'a> {
    pub(crate) field: LitStr,
    pub(crate) current: u8,
    pub(crate) older: &'a [Type],
    pub(crate) mismatch_is_none: bool,
}

impl<'a> Versions<'a> {
    pub(crate) fn check(ctxt: &Ctxt, model: &Ident, attrs: &'a Attrs) -> Self {
        let current = current(ctxt, attrs);
        let older = older(ctxt, model, attrs, current);
        Self { current, older, mismatch_is_none: on_mismatch(ctxt, attrs) }
    }
}

/// The attributes that need a version.
const OF_VERSIONS: [&str; 3] = ["version", "migrate", "on_mismatch"];

impl<'a> HashVersions<'a> {
    /// Returns the versions that the attributes describe, if there are any.
    pub(crate) fn check(
        ctxt: &Ctxt,
        model: &Ident,
        attrs: &'a Attrs,
        fields: &[Field<'_>],
    ) -> Option<Self> {
        if !attrs.mentions("version_field") {
            for item in attrs.iter().filter(|item| OF_VERSIONS.iter().any(|name| item.name == name))
            {
                let name = &item.name;
                let message = format!(
                    "`{name}` needs a place for the version, and a hash has none of its own: add \
                     `version_field = \"_v\"`, or write `blob = Json` to store the struct as one value"
                );
                ctxt.error(name, message);
            }
            return None;
        }
        let Versions { current, older, mismatch_is_none } = Versions::check(ctxt, model, attrs);
        let field = attrs.text("version_field")?;
        let is_free = is_free(ctxt, field, fields);
        // `migrate` without `version` is reported on its own.
        if is_free && !attrs.mentions("version") && !attrs.mentions("migrate") {
            ctxt.error(field, "there is no version to keep: add `version = 1`");
        }
        Some(Self { field: field.clone(), current: current?, older, mismatch_is_none })
    }
}

fn current(ctxt: &Ctxt, attrs: &Attrs) -> Option<u8> {
    let number = attrs.number("version")?;
    match number.base10_parse::<u8>() {
        Ok(version @ 1..=254) => Some(version),
        _ => {
            ctxt.error(number, "a version is a number from 1 to 254");
            None
        }
    }
}

/// Returns the old versions, which are those right before the current one.
fn older<'a>(ctxt: &Ctxt, model: &Ident, attrs: &'a Attrs, current: Option<u8>) -> &'a [Type] {
    let older = attrs.types("migrate");
    let Some(item) = attrs.get("migrate") else { return older };
    match current {
        None if !attrs.mentions("version") => {
            let next = older.len() + 1;
            let message = format!("`migrate` needs the current version: add `version = {next}`");
            ctxt.error(&item.name, message);
        }
        Some(version) if older.len() >= usize::from(version) => {
            let (before, listed) = (version - 1, older.len());
            let message = format!(
                "version {version} has {before} before it, but `migrate` lists {listed}: \
                 raise `version` with each change"
            );
            ctxt.error(&item.name, message);
        }
        _ => {}
    }
    let text = |ty: &Type| ty.to_token_stream().to_string();
    for (at, ty) in older.iter().enumerate() {
        if text(ty) == "Self" || *model == text(ty) {
            ctxt.error(ty, "a version cannot be migrated from itself: list the old struct");
        } else if older[..at].iter().any(|other| text(other) == text(ty)) {
            ctxt.error(ty, "this version is listed twice");
        }
    }
    older
}

fn on_mismatch(ctxt: &Ctxt, attrs: &Attrs) -> bool {
    let Some(text) = attrs.text("on_mismatch") else { return false };
    let value = text.value();
    if !["error", "miss"].contains(&value.as_str()) {
        let hint = suggest(&value, ["error", "miss"]);
        ctxt.error(text, format!("unknown reaction{hint}; it is one of `error`, `miss`"));
    }
    value == "miss"
}

/// Reports a version field that is not the version's own, and returns `false` for it.
fn is_free(ctxt: &Ctxt, field: &LitStr, fields: &[Field<'_>]) -> bool {
    let name = field.value();
    let is_taken = fields.iter().any(|field| match &field.role {
        FieldRole::Stored(stored) => stored.name == name,
        FieldRole::Key => field.member.text() == name,
        FieldRole::Skipped(_) | FieldRole::Flattened { .. } => false,
    });
    let of_alias = fields.iter().find(|field| match &field.role {
        FieldRole::Stored(stored) => stored.aliases.iter().any(|alias| alias.value() == name),
        _ => false,
    });
    let message = if name.is_empty() {
        "the version needs a field with a name, such as `_v`".to_owned()
    } else if name == MARKER {
        "`_` marks a record without fields; take another name, such as `_v`".to_owned()
    } else if is_taken {
        format!("`{name}` is a field of the struct; the version needs one of its own, such as `_v`")
    } else if let Some(field) = of_alias {
        format!(
            "`{name}` is an alias of the field `{}`, which would read the version as its value; \
             the version needs a name of its own, such as `_{}`",
            field.member.text(),
            if name == "_v" { "version" } else { "v" }
        )
    } else {
        return true;
    };
    ctxt.error(field, message);
    false
}
