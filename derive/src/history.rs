//! What the container attributes say about the versions of a hash:
//! `version_field`, `version`, `migrate` and `on_mismatch`.

use syn::{LitStr, Type};

use crate::attr::Attrs;
use crate::blob;
use crate::ctxt::Ctxt;
use crate::field::{Field, MARKER, Role};

/// Where a hash keeps its version, and what was before it.
pub(crate) struct History<'a> {
    pub(crate) field: LitStr,
    pub(crate) version: u8,
    /// The structs of the versions before, oldest first.
    pub(crate) past: &'a [Type],
    pub(crate) is_miss: bool,
}

/// The attributes that need a version.
const OF_VERSIONS: [&str; 3] = ["version", "migrate", "on_mismatch"];

/// The history that the attributes describe, if there is one.
pub(crate) fn check<'a>(
    ctxt: &Ctxt,
    attrs: &'a Attrs,
    fields: &[Field<'_>],
) -> Option<History<'a>> {
    if !attrs.mentions("version_field") {
        for item in attrs.iter().filter(|item| OF_VERSIONS.iter().any(|name| item.name == name)) {
            ctxt.error(
                &item.name,
                format!(
                    "`{}` needs a place for the version, and a hash has none of its own: add \
                 `version_field = \"_v\"`, or write `blob = Json` to store the struct as one value",
                    item.name
                ),
            );
        }
        return None;
    }
    let version = blob::version(ctxt, attrs);
    let past = blob::past(ctxt, attrs, version);
    let is_miss = blob::on_mismatch(ctxt, attrs);
    let field = attrs.text("version_field")?;
    free_name(ctxt, field, fields);
    // What a list of old versions needs, it is told.
    if !attrs.mentions("version") && !attrs.mentions("migrate") {
        ctxt.error(field, "there is no version to keep: add `version = 1`");
    }
    Some(History { field: field.clone(), version: version?, past, is_miss })
}

/// The version has a field to itself.
fn free_name(ctxt: &Ctxt, field: &LitStr, fields: &[Field<'_>]) {
    let name = field.value();
    let is_stored = fields.iter().any(|field| match &field.role {
        Role::Stored(stored) => {
            stored.name == name || stored.aliases.iter().any(|alias| alias.value() == name)
        }
        Role::Key | Role::Skipped | Role::Flat { .. } => false,
    });
    if name.is_empty() {
        ctxt.error(field, "the version needs a field with a name, such as `_v`");
    } else if name == MARKER {
        ctxt.error(field, "`_` marks a record without fields; take another name, such as `_v`");
    } else if is_stored {
        ctxt.error(
            field,
            format!(
                "`{name}` is a field of the struct; the version needs one of its own, such as `_v`"
            ),
        );
    }
}
